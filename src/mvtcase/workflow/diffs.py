"""Two scans side by side: which modules ended otherwise, which alerts and findings are new, which are gone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from mvtcase.canon import digest
from mvtcase.errors import ConflictError
from mvtcase.model import ModuleOutcome
from mvtcase.model.reach import of_scan, sentence
from mvtcase.store import queries
from mvtcase.wording import say
from mvtcase.workflow import payloads
from mvtcase.workflow.contents import Content, contents
from mvtcase.workflow.desk import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mvtcase.model import Completeness, Gap, Level, ModuleRun, RawAlert, Scan
    from mvtcase.store.store import Store
    from mvtcase.wording import Message
    from mvtcase.workflow.desk import Desk

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One of the two scans."""

    id: str
    acquisition: str
    started_at: str
    completeness: Completeness
    indicators_loaded: int
    sets: tuple[str, ...]
    tools: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleTold:
    """How a module ended in one of the two scans."""

    outcome: ModuleOutcome
    records: int | None
    alerts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleChange:
    """A module that ended otherwise; None where it is in one scan only."""

    part: str
    slug: str
    before: ModuleTold | None
    after: ModuleTold | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChange:
    """An alert that was raised more often in one scan, and how much more often."""

    module: str
    level: Level
    message: str
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed(Generic[Thing]):
    """What only the later scan has, and what only the earlier one has."""

    added: tuple[Thing, ...]
    gone: tuple[Thing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Two:
    """What was told of the phone by the earlier scan and by the later one, in words."""

    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What `diff` returns."""

    before: Head
    after: Head
    modules: tuple[ModuleChange, ...]
    alerts: Changed[AlertChange]
    findings: Changed[payloads.FindingShown]
    gaps: Changed[Gap]
    things: Mapping[Content, Changed[str]] | None
    system: Two
    reach: Two
    coverage: Two


def diff(desk: Desk, before: str, after: str) -> Outcome[Difference]:
    """Return what changed from one scan of a device to another; scans of different devices are refused."""
    with desk.open_case() as store:
        old, new = queries.scan(store, before), queries.scan(store, after)
        if old.device != new.device:
            raise ConflictError(
                "{old} is of {device}, {new} of {device_2}.",
                hint="Compare two scans of one device.",
                old=old.id,
                device=old.device,
                new=new.id,
                device_2=new.device,
            )
        data = Difference(
            before=_head(old),
            after=_head(new),
            modules=_modules(old, new),
            alerts=_alerts(store, old, new),
            findings=_findings(store, old, new),
            gaps=Changed(
                added=tuple(each for each in new.gaps if each not in old.gaps),
                gone=tuple(each for each in old.gaps if each not in new.gaps),
            ),
            things=_things(store, old, new),
            system=Two(before=_system(store, old), after=_system(store, new)),
            reach=Two(before=sentence(of_scan(old)), after=sentence(of_scan(new))),
            coverage=Two(before=_coverage(old), after=_coverage(new)),
        )
        notes = (_note(old, new),) if _sets(old) != _sets(new) else ()
        return Outcome(data=data, messages=notes)


def _things(store: Store, old: Scan, new: Scan) -> Mapping[Content, Changed[str]] | None:
    """Return which apps, profiles, certificates and processes came and went; None where results were not kept."""
    was, now = contents(store.folder.results(old.id)), contents(store.folder.results(new.id))
    if was is None or now is None:
        return None
    return {
        thing: Changed(added=tuple(sorted(now[thing] - was[thing])), gone=tuple(sorted(was[thing] - now[thing])))
        for thing in Content
    }


def _system(store: Store, scan: Scan) -> str:
    """Return the system that an acquisition tells of, empty where it tells of none."""
    identity = queries.acquisition(store, scan.acquisition).identity
    told = (identity.os_version, identity.os_build and f"({identity.os_build})", identity.security_patch)
    return " ".join(filter(None, (str(identity.platform), *told)))


def _coverage(scan: Scan) -> str:
    examined = sum(run.outcome in _EXAMINED for run in scan.modules)
    return f"{scan.completeness}, {examined} of {len(scan.modules)} modules examined, {len(scan.gaps)} gaps"


_EXAMINED = frozenset({ModuleOutcome.CHECKED, ModuleOutcome.EXTRACTED, ModuleOutcome.RECOVERED})


def _note(old: Scan, new: Scan) -> Message:
    return say(
        "{old} and {new} compared with different indicator sets: a finding can come or go for that alone.",
        old=old.id,
        new=new.id,
    )


def _head(scan: Scan) -> Head:
    return payloads.filled(Head, scan, sets=_sets(scan))


def _sets(scan: Scan) -> tuple[str, ...]:
    return tuple(f"{each.name} {each.sha256[:12]}" for each in scan.sets)


def _modules(old: Scan, new: Scan) -> tuple[ModuleChange, ...]:
    """Return the modules whose outcome or number of records differs."""
    was, now = _by_place(old), _by_place(new)
    compared = (
        ModuleChange(part=part, slug=slug, before=_told(was.get((part, slug))), after=_told(now.get((part, slug))))
        for part, slug in sorted({*was, *now})
    )
    return tuple(each for each in compared if each.before != each.after)


def _by_place(scan: Scan) -> dict[tuple[str, str], ModuleRun]:
    return {(run.part, run.slug): run for run in scan.modules}


def _told(run: ModuleRun | None) -> ModuleTold | None:
    return None if run is None else payloads.filled(ModuleTold, run)


def _alerts(store: Store, old: Scan, new: Scan) -> Changed[AlertChange]:
    was, now = _tally(store, old), _tally(store, new)
    return Changed(added=_more(now, was), gone=_more(was, now))


def _tally(store: Store, scan: Scan) -> tuple[Counter[str], dict[str, RawAlert]]:
    raised = queries.alerts(store, scan.id)
    return Counter(map(_key, raised)), {_key(alert): alert for alert in raised}


def _key(alert: RawAlert) -> str:
    return digest([alert.part, alert.module, str(alert.level), alert.message, alert.event])


def _more(
    here: tuple[Counter[str], dict[str, RawAlert]], there: tuple[Counter[str], dict[str, RawAlert]]
) -> tuple[AlertChange, ...]:
    """Return the alerts raised more often here than there, with how many more."""
    return tuple(
        AlertChange(module=alert.module, level=alert.level, message=alert.message, times=times)
        for key, times in (here[0] - there[0]).items()
        if (alert := here[1][key])
    )


def _findings(store: Store, old: Scan, new: Scan) -> Changed[payloads.FindingShown]:
    was, now = set(queries.findings_of_scan(store, old.id)), set(queries.findings_of_scan(store, new.id))
    among = queries.of_findings(sorted(was | now))
    known = {one.id: payloads.finding(one) for one in queries.findings(store, among)}
    return Changed(
        added=tuple(known[each] for each in sorted(now - was)), gone=tuple(known[each] for each in sorted(was - now))
    )
