"""Indicator sets: list, show, lint, import, update, pack, and the self-test that proves they can be found."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from mvtcase.canon import timestamp
from mvtcase.casebook import overview
from mvtcase.errors import ControlFailedError, InputError, NotFoundError, StoreError
from mvtcase.findings.review import PROGRAM
from mvtcase.indicators import house, packs
from mvtcase.indicators.catalog import load_catalog
from mvtcase.indicators.lists import GUESSED
from mvtcase.indicators.passport import Details
from mvtcase.model import CaseState, Tlp
from mvtcase.store import filing, queries
from mvtcase.store.store import Store
from mvtcase.wording import Message, do, say
from mvtcase.workflow import control, payloads
from mvtcase.workflow.control import choose
from mvtcase.workflow.desk import Outcome, OutcomeStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from mvtcase.casebook import Newest
    from mvtcase.engine.job import EngineEvent
    from mvtcase.indicators.catalog import Source
    from mvtcase.indicators.house import Addition
    from mvtcase.indicators.library import ImportOutcome, LintReport
    from mvtcase.indicators.passport import Passport
    from mvtcase.indicators.verdicts import Adjustment, Unusable
    from mvtcase.model import Json
    from mvtcase.workflow.desk import Desk

MAX_LISTED_CHANGES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class SetShown:
    """An indicator set: where it comes from and how many of its indicators can be compared."""

    name: str
    title: str
    version: str
    publisher: str
    licence: str
    tlp: str
    source_url: str
    published_at: str | None
    imported_at: str | None
    sha256: str
    built_in: bool
    in_file: int
    usable: int
    duplicates: int
    unusable: int
    counts: Mapping[str, int]
    families: tuple[str, ...]
    family_class: str
    as_of: str | None
    embargoed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSet(SetShown):
    """A set with whether scans use it that name none."""

    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sets:
    """What `iocs list` returns."""

    sets: tuple[ListedSet, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeSet(SetShown):
    """A set with every indicator that cannot be compared, or is in another form than it was written."""

    references: tuple[str, ...]
    remarks: tuple[str, ...]
    validity: Mapping[str, str]
    extra: int
    stock: Mapping[str, int]
    unusable_indicators: tuple[Unusable, ...]
    adjustments: tuple[Adjustment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version of a set."""

    version: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneSet:
    """What `iocs show` returns; `set_` is the version meant."""

    set_: WholeSet
    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LintedFile:
    """What a file holds, and what keeps it from being imported."""

    path: str
    importable: bool
    problems: tuple[str, ...]
    hint: str | Message
    set_: WholeSet | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """What `iocs lint` returns."""

    files: tuple[LintedFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An indicator that a version has more or less than the one before."""

    change: str
    type: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported(SetShown):
    """What an import did: `state` is `new`, `unchanged` or `new_version`; not all `changes` need be listed.

    `guessed` are the lines whose type nobody gave and the file's name does not tell.
    """

    state: str
    added: int
    removed: int
    changes: tuple[Change, ...]
    guessed: tuple[Adjustment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """What `iocs import` returns."""

    imported: tuple[Imported, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched(Imported):
    """An import from the network."""

    url: str
    etag: str


Import = TypeVar("Import", bound=Imported)
Shown = TypeVar("Shown", bound=SetShown)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFetched:
    """A set that could not be fetched or read, and why."""

    name: str
    url: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """What `iocs update` returns."""

    imported: tuple[Fetched, ...]
    failed: tuple[NotFetched, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What `iocs pack` returns."""

    path: str
    sets: tuple[SetShown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned(Version):
    """A set in the version that was tested."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTest:
    """What `iocs selftest` returns: what became of each planted indicator."""

    passed_at: str
    planted: int
    types: tuple[str, ...]
    types_not_planted: tuple[str, ...]
    sets: tuple[Pinned, ...]
    checks: tuple[control.Check, ...]


def list_sets(desk: Desk) -> Outcome[Sets]:
    """Return the latest version of every set, and whether scans use it that name none."""
    library = desk.library
    off = library.disabled()
    listed = (_shown(ListedSet, each, active=each.name not in off) for each in library.list_sets())
    return Outcome(data=Sets(sets=tuple(listed)))


def _shown(kind: type[Shown], passport: Passport, **more: object) -> Shown:
    counted = {"unusable": len(passport.unusable), "embargoed": passport.embargoed}
    return payloads.filled(kind, passport, **counted, **more)


def show(desk: Desk, named: str) -> Outcome[OneSet]:
    """Return a set's passport, every indicator that cannot be used with its reason, and its versions.

    `named` is a name or `NAME@SHA256-PREFIX`. Raises `IndicatorSetMissingError`.
    """
    name, _, prefix = named.partition("@")
    passport = desk.library.get(name, prefix or None)
    versions = tuple(payloads.filled(Version, each) for each in desk.library.versions(name))
    return Outcome(data=OneSet(set_=_whole(passport), versions=versions))


def _whole(passport: Passport) -> WholeSet:
    passport = _tellable(passport)
    return _shown(WholeSet, passport, unusable_indicators=passport.unusable)


WITHHELD = "(withheld)"


def _tellable(passport: Passport) -> Passport:
    """Return a passport without values where its set is embargoed."""
    if not passport.embargoed:
        return passport
    return replace(
        passport,
        unusable=tuple(replace(each, given=WITHHELD) for each in passport.unusable),
        adjustments=tuple(replace(each, given=WITHHELD, value=WITHHELD) for each in passport.adjustments),
        validity={f"entry {n}": said for n, said in enumerate(passport.validity.values(), 1)},
    )


def lint(desk: Desk, paths: Sequence[Path], *, kind: str | None = None) -> Outcome[Linted]:
    """Return what each file holds and what is wrong with it; nothing is imported."""
    reports = [desk.library.lint(path, kind) for path in paths]
    good = all(each.importable and not (each.passport and each.passport.unusable) for each in reports)
    return Outcome(
        data=Linted(files=tuple(_linted(each) for each in reports)),
        status=OutcomeStatus.SUCCESS if good else OutcomeStatus.PARTIAL,
    )


def _linted(report: LintReport) -> LintedFile:
    whole = _whole(report.passport) if report.passport else None
    return payloads.filled(
        LintedFile, report, path=str(report.path), importable=report.importable, hint=report.hint or "", set_=whole
    )


def import_files(
    desk: Desk,
    paths: Sequence[Path],
    *,
    name: str | None = None,
    kind: str | None = None,
    details: Details | None = None,
) -> Outcome[Imports]:
    """Import files or packs as sets, each in full or not at all; the first that cannot be stops the rest.

    The same bytes again change nothing; other bytes under a known name are a new version. Raises `InputError` also when
    `details` hold a marking that is none.
    """
    details = details or Details()
    if details.tlp:
        details = replace(details, tlp=_tlp(details.tlp))
    if name is not None and len(paths) > 1:
        raise InputError("A name was given for one set, and several files.")
    done: list[ImportOutcome] = []
    for path in paths:
        if packs.is_pack(path):
            done += desk.library.import_pack(path)
        else:
            done.append(desk.library.import_file(path, name=name, kind=kind, details=details))
    return Outcome(
        data=Imports(imported=tuple(_imported(Imported, each) for each in done)),
        messages=(*_unused(done), *_noted(desk)),
    )


def _tlp(text: str) -> str:
    given = text.upper().removeprefix("TLP:").replace("WHITE", Tlp.CLEAR)
    if given not in set(Tlp):
        raise InputError("{given} is no TLP marking.", hint=say("Use one of {tlp}.", tlp=", ".join(Tlp)), given=text)
    return given


def _imported(kind: type[Import], outcome: ImportOutcome, **more: object) -> Import:
    hidden = outcome.passport.embargoed
    outcome = replace(outcome, passport=_tellable(outcome.passport))
    listed = (("added", outcome.added[:MAX_LISTED_CHANGES]), ("removed", outcome.removed[:MAX_LISTED_CHANGES]))
    told = {
        "state": outcome.state,
        "added": len(outcome.added),
        "removed": len(outcome.removed),
        "changes": tuple(
            Change(change=what, type=t, value=WITHHELD if hidden else v) for what, values in listed for t, v in values
        ),
        "guessed": tuple(each for each in outcome.passport.adjustments if each.note.startswith(GUESSED)),
    }
    return _shown(kind, outcome.passport, **told, **more)


def _unused(done: Iterable[ImportOutcome]) -> Iterable[Message]:
    for each in done:
        count = len(each.passport.unusable)
        if count:
            name = each.passport.name
            yield say(
                "Not compared of {name}: {count:# entry|# entries}; {0} says why.",
                do("iocs show", name),
                count=count,
                name=name,
            )


def _noted(desk: Desk) -> Iterator[Message]:
    """Write the active sets down in every open case, and give for each what is due in it, with the step to take."""
    newest = desk.newest()
    for folder in desk.workspace.case_folders():
        with contextlib.suppress(NotFoundError, StoreError), Store.open(folder, clock=desk.clock) as store:
            if queries.case_file(store).state is CaseState.OPEN:
                _note(store, newest)
                desk.sign(store)
                yield from _due_in(store, newest)


def _note(store: Store, newest: Newest) -> None:
    if filing.is_noted(store, newest.sets.values()):
        return
    versions: dict[str, Json] = {name: each.sha256 for name, each in newest.sets.items()}
    with store.change("sets.noted", actor=PROGRAM, sets=versions) as change:
        filing.note_active(store, change, newest.sets.values())


def _due_in(store: Store, newest: Newest) -> Iterator[Message]:
    due = [each.due for one in overview(store, newest).officials for each in one.devices if each.due]
    if due:
        yield say(
            "{case}: {phones:# phone was|# phones were} not compared with up to {sets:# set|# sets} of "
            "{indicators:# indicator|# indicators}; {0} does it.",
            do("recheck run", all=True, case=store.folder.slug),
            case=store.folder.slug,
            phones=len(due),
            sets=max(each.sets for each in due),
            indicators=f"{max(each.indicators for each in due):,}",
        )


def switch(desk: Desk, named: str, *, on: bool) -> Outcome[Sets]:
    """Switch a set on or off for scans that name none."""
    desk.library.switch(named, on=on)
    return replace(list_sets(desk), messages=tuple(_noted(desk)))


def add(desk: Desk, addition: Addition, *, tlp: str = Tlp.AMBER, name: str | None = None) -> Outcome[Imports]:
    """Add one indicator of the team's own, with its source and the reason, and return the set's new version.

    Raises `InputError` when it cannot be compared, `ConflictError` when the set has it already.
    """
    missing = [each for each in ("value", "source", "reason") if not getattr(addition, each).strip()]
    if missing:
        raise InputError("An indicator needs its {missing}.", missing=" and ".join(missing))
    addition = replace(addition, added=timestamp(desk.clock())[:10])
    done = house.add(desk.library, addition, tlp=Tlp(_tlp(tlp)), name=name)
    entry = len(desk.library.reading(done.passport).entries)
    told = say("{name}, entry {entry}.", name=done.passport.name, entry=entry)
    return Outcome(data=Imports(imported=(_imported(Imported, done),)), messages=(told, *_noted(desk)))


def pack(desk: Desk, path: Path, *, with_embargoed: bool = False) -> Outcome[Packed]:
    """Write every set into one file with hashes, for a laptop without a network; embargoed ones only when asked."""
    sets = desk.library.pack(path, with_embargoed=with_embargoed)
    packed = (_shown(SetShown, each) for each in sets)
    return Outcome(
        data=Packed(path=str(path), sets=tuple(packed)),
        messages=(say("Carry it over and use {0} there.", do("iocs import", path.name)),),
    )


def update(
    desk: Desk,
    *,
    catalog: Path | None = None,
    classes: Sequence[str] = (),
    on_progress: Callable[[str, int, int], None] | None = None,
) -> Outcome[Updated]:
    """Fetch the sets of the catalog, import what is new, and return what changed. Raises `UpdateError`.

    `classes` name sorts of spyware that are left out unless asked for, such as stalkerware.
    """
    from mvtcase.indicators import update as updating  # noqa: PLC0415  # loads what speaks to the network

    report = updating.update(desk.library, load_catalog(catalog), classes=classes, on_progress=on_progress)
    return Outcome(
        data=Updated(
            imported=tuple(
                _imported(Fetched, each.outcome, url=each.url, etag=each.etag)
                for each in report.sets
                if each.outcome is not None
            ),
            failed=tuple(
                NotFetched(name=each.name, url=each.url, reason=each.failure)
                for each in report.sets
                if each.outcome is None
            ),
        ),
        status=OutcomeStatus.PARTIAL if report.failures else OutcomeStatus.SUCCESS,
        messages=(*report.failures, *_left_out(report.left_out), *_noted(desk)),
    )


def _left_out(sources: Sequence[Source]) -> Iterator[Message]:
    for family_class in dict.fromkeys(each.details.family_class for each in sources):
        names = ", ".join(each.name for each in sources if each.details.family_class == family_class)
        yield say("Left out: {names}; {0} fetches it.", do("iocs update", with_=family_class), names=names)


def selftest(
    desk: Desk, named: Sequence[str] = (), *, on_event: Callable[[EngineEvent], None] = control.unheard
) -> Outcome[SelfTest]:
    """Run the positive control on the sets named, or all active ones, and return what became of each plant.

    Raises `ControlFailedError` when one was not.
    """
    choice = choose(desk, named)
    checks, at = control.run(desk, choice, on_event=on_event)
    missed = [check for check in checks if not check.found]
    if missed:
        listed = "; ".join(f"{check.type} {check.value} ({check.platform}: {check.where})" for check in missed)
        raise ControlFailedError(
            "{missed} of {checks} planted indicators were not found: {listed}.",
            missed=len(missed),
            checks=len(checks),
            listed=listed,
        )
    tested = sorted({check.type for check in checks})
    untested = sorted({kind for each in choice.sets for kind, n in each.counts.items() if n} - set(tested))
    return Outcome(
        data=SelfTest(
            passed_at=at,
            planted=len(checks),
            types=tuple(tested),
            types_not_planted=tuple(untested),
            sets=tuple(payloads.filled(Pinned, each) for each in choice.sets),
            checks=tuple(checks),
        ),
        messages=tuple(
            say("No spot can hold an indicator of type {type}; it was not tried.", type=each) for each in untested
        ),
    )
