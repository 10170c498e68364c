"""Indicator sets: list, show, lint, import, update, pack, and the self-test that proves they can be found."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from mvtcase.errors import ControlFailedError, InputError
from mvtcase.indicators import packs
from mvtcase.indicators.catalog import load_catalog
from mvtcase.indicators.update import update as fetch_updates
from mvtcase.reasons import Message, do, say
from mvtcase.workflow import control
from mvtcase.workflow.desk import Outcome, OutcomeStatus
from mvtcase.workflow.sets import choose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from mvtcase.engine.job import EngineEvent
    from mvtcase.indicators.library import ImportOutcome, LintReport
    from mvtcase.indicators.passport import Passport
    from mvtcase.workflow.desk import Desk

MAX_LISTED_CHANGES = 50


def list_sets(desk: Desk) -> Outcome:
    """Return the latest version of every set, and whether scans use it that name none."""
    library = desk.library
    off = library.disabled()
    return Outcome(data={"sets": [{**_short(each), "active": each.name not in off} for each in library.list_sets()]})


def _short(passport: Passport) -> dict[str, object]:
    names = ("name", "title", "version", "publisher", "licence", "tlp", "source_url", "published_at", "imported_at")
    return {
        **{name: getattr(passport, name) for name in names},
        "sha256": passport.sha256,
        "built_in": passport.built_in,
        "in_file": passport.in_file,
        "usable": passport.usable,
        "duplicates": passport.duplicates,
        "unusable": len(passport.unusable),
        "counts": dict(passport.counts),
        "families": list(passport.families),
    }


def show(desk: Desk, named: str) -> Outcome:
    """Return a set's passport, every indicator that cannot be used with its reason, and its versions.

    `named` is a name or `NAME@SHA256-PREFIX`. Raises `IndicatorSetMissingError`.
    """
    name, _, prefix = named.partition("@")
    passport = desk.library.get(name, prefix or None)
    versions = [{"version": each.version, "sha256": each.sha256} for each in desk.library.versions(name)]
    return Outcome(data={"set": _whole(passport), "versions": versions})


def _whole(passport: Passport) -> dict[str, object]:
    return {
        **_short(passport),
        "references": list(passport.references),
        "remarks": list(passport.remarks),
        "extra": passport.extra,
        "stock": {str(name): count for name, count in passport.stock.items()},
        "unusable_indicators": [
            {name: str(value) for name, value in asdict(each).items()} for each in passport.unusable
        ],
        "adjustments": [{name: str(value) for name, value in asdict(each).items()} for each in passport.adjustments],
    }


def lint(desk: Desk, paths: Sequence[Path], *, kind: str | None = None) -> Outcome:
    """Return what each file holds and what is wrong with it; nothing is imported."""
    reports = [desk.library.lint(path, kind) for path in paths]
    good = all(each.importable and not (each.passport and each.passport.unusable) for each in reports)
    return Outcome(
        data={"files": [_linted(each) for each in reports]},
        status=OutcomeStatus.SUCCESS if good else OutcomeStatus.PARTIAL,
    )


def _linted(report: LintReport) -> dict[str, object]:
    return {
        "path": str(report.path),
        "importable": report.importable,
        "problems": list(report.problems),
        "hint": report.hint or "",
        "set": _whole(report.passport) if report.passport else None,
    }


def import_files(desk: Desk, paths: Sequence[Path], *, name: str | None = None, kind: str | None = None) -> Outcome:
    """Import files or packs as sets, each in full or not at all; the first that cannot be stops the rest.

    The same bytes again change nothing; other bytes under a known name are a new version.
    """
    if name is not None and len(paths) > 1:
        raise InputError("A name was given for one set, and several files.")
    done: list[ImportOutcome] = []
    for path in paths:
        if packs.is_pack(path):
            done += desk.library.import_pack(path)
        else:
            done.append(desk.library.import_file(path, name=name, kind=kind))
    return Outcome(data={"imported": [_imported(each) for each in done]}, messages=tuple(_unused(done)))


def _imported(outcome: ImportOutcome) -> dict[str, object]:
    return {
        **_short(outcome.passport),
        "state": outcome.state,
        "added": len(outcome.added),
        "removed": len(outcome.removed),
        "changes": [
            *({"change": "added", "type": t, "value": v} for t, v in outcome.added[:MAX_LISTED_CHANGES]),
            *({"change": "removed", "type": t, "value": v} for t, v in outcome.removed[:MAX_LISTED_CHANGES]),
        ],
    }


def _unused(done: Iterable[ImportOutcome]) -> Iterable[Message]:
    for each in done:
        count = len(each.passport.unusable)
        if count:
            name = each.passport.name
            yield say(
                "{count} indicators of {name} cannot be compared; {0} says why.",
                do("iocs show", name),
                count=count,
                name=name,
            )


def switch(desk: Desk, named: str, *, on: bool) -> Outcome:
    """Switch a set on or off for scans that name none."""
    desk.library.switch(named, on=on)
    return list_sets(desk)


def pack(desk: Desk, path: Path) -> Outcome:
    """Write every set into one file with hashes, for a laptop without a network."""
    packed = desk.library.pack(path)
    return Outcome(
        data={"path": str(path), "sets": [_short(each) for each in packed]},
        messages=(say("Carry it over and use {0} there.", do("iocs import", path.name)),),
    )


def update(
    desk: Desk, *, catalog: Path | None = None, on_progress: Callable[[str, int, int], None] | None = None
) -> Outcome:
    """Fetch the sets of the catalog, import what is new, and return what changed. Raises `UpdateError`."""
    report = fetch_updates(desk.library, load_catalog(catalog), on_progress=on_progress)
    return Outcome(
        data={
            "imported": [
                {**_imported(each.outcome), "url": each.url, "etag": each.etag}
                for each in report.sets
                if each.outcome is not None
            ],
            "failed": [
                {"name": each.name, "url": each.url, "reason": each.failure}
                for each in report.sets
                if each.outcome is None
            ],
        },
        status=OutcomeStatus.PARTIAL if report.failures else OutcomeStatus.SUCCESS,
        messages=report.failures,
    )


def selftest(
    desk: Desk, named: Sequence[str] = (), *, on_event: Callable[[EngineEvent], None] = control.unheard
) -> Outcome:
    """Run the positive control on the sets named, or all active ones, and return what became of each plant.

    Raises `ControlFailedError` when one was not.
    """
    choice = choose(desk, named)
    checks, at = control.run(desk, choice, on_event=on_event)
    missed = [check for check in checks if not check.found]
    if missed:
        listed = "; ".join(f"{check.type} {check.value} ({check.platform}: {check.where})" for check in missed)
        raise ControlFailedError(f"{len(missed)} of {len(checks)} planted indicators were not found: {listed}.")
    tested = sorted({check.type for check in checks})
    untested = sorted({kind for each in choice.sets for kind, n in each.counts.items() if n} - set(tested))
    return Outcome(
        data={
            "passed_at": at,
            "planted": len(checks),
            "types": list(tested),
            "types_not_planted": list(untested),
            "sets": [{"name": each.name, "version": each.version, "sha256": each.sha256} for each in choice.sets],
            "checks": [
                {"type": c.type, "value": c.value, "platform": c.platform, "where": c.where, "found": c.found}
                for c in checks
            ],
        },
        messages=tuple(f"No spot can hold an indicator of type {each}; it was not tried." for each in untested),
    )
