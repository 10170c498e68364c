"""Write what a scan found: sets, module runs, gaps, alerts and findings, inside the caller's transaction."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from mvtcase.model import Finding, IndicatorRef, IndicatorSet, Level, ModuleRun, RawAlert, TimeBasis
from mvtcase.store import queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mvtcase.model import Gap
    from mvtcase.store.store import Change, Store

_OF_A_RUN = tuple(each.name for each in fields(ModuleRun))


def pin_sets(store: Store, change: Change, scan: str, sets: Iterable[IndicatorSet]) -> None:
    """Record which indicator sets a scan compares with, each version of a set once per case."""
    for known in _known_sets(store, change, sets):
        change.insert("scan_set", scan=scan, indicator_set=known)


def _known_sets(store: Store, change: Change, sets: Iterable[IndicatorSet]) -> list[str]:
    """Return the ids of indicator sets, those written that the case does not know yet."""
    known = queries.indicator_sets_by_sha256(store)
    found = []
    for each in sets:
        if each.sha256 not in known:
            known[each.sha256] = change.new_id("indicator_set")
            columns = {**asdict(each), "counts": dict(each.counts), "families": list(each.families)}
            change.insert("indicator_set", id=known[each.sha256], **columns)
        found.append(known[each.sha256])
    return found


def is_noted(store: Store, active: Iterable[IndicatorSet]) -> bool:
    """Return whether just these indicator sets are recorded as those that scans use."""
    return queries.case_file(store).active_sets == tuple(sorted(each.sha256 for each in active))


def note_active(store: Store, change: Change, active: Iterable[IndicatorSet]) -> None:
    """Record which indicator sets scans use now: whoever opens the file alone sees what is due, too."""
    active = tuple(active)
    _known_sets(store, change, active)
    digests = sorted(each.sha256 for each in active)
    case = queries.case_file(store)
    if [*case.active_sets] != digests:
        change.update("case_file", case.uuid, active_sets=digests)


def add_modules(change: Change, scan: str, modules: Iterable[ModuleRun]) -> None:
    """Record every module of a scan with its outcome."""
    for place, run in enumerate(modules):
        change.insert("module_run", scan=scan, ordinal=place, **{name: getattr(run, name) for name in _OF_A_RUN})


def add_gaps(change: Change, scan: str, gaps: Iterable[Gap]) -> None:
    """Record what should have been examined in a scan and was not."""
    for place, gap in enumerate(gaps):
        change.insert("gap", scan=scan, ordinal=place, **asdict(gap))


def add_alerts(change: Change, scan: str, alerts: Iterable[RawAlert]) -> list[str]:
    """Record alerts verbatim and return their UUIDs in the same order."""
    return [_add_alert(change, scan, place, alert) for place, alert in enumerate(alerts)]


def _add_alert(change: Change, scan: str, place: int, alert: RawAlert) -> str:
    return change.insert(
        "alert",
        scan=scan,
        ordinal=place,
        source=alert.source,
        part=alert.part,
        module=alert.module,
        level=alert.level,
        message=alert.message,
        event_time=alert.event_time,
        event=_as_structure(alert.event),
        witnessed=alert.witnessed,
        **_indicator_columns(alert.indicator),
    )


def _as_structure(event: object) -> object:
    """Return an event so that it is stored as JSON even when it is a plain text or number."""
    return event if isinstance(event, (dict, list)) else {"value": event}


def _indicator_columns(indicator: IndicatorRef | None) -> dict[str, str | None]:
    if indicator is None:
        return dict.fromkeys(f"indicator_{name}" for name in IndicatorRef.__slots__)
    return {f"indicator_{name}": getattr(indicator, name) for name in IndicatorRef.__slots__}


def add_findings(
    store: Store,
    change: Change,
    found: Sequence[tuple[Finding, Sequence[int]]],
    alert_uuids: Sequence[str],
) -> None:
    """Record findings with links to their alerts (places in `alert_uuids`); a known one gains alerts and keeps its id.

    Its level rises when a new alert's is higher, and an event time is filled in where none was known.
    """
    among = queries.of_findings([finding.id for finding, _ in found])
    known = {one.id: one for one in queries.findings(store, among)}
    uuids = {
        row["id"]: row["uuid"]
        for row in store.rows(f"SELECT f.id, f.uuid FROM finding f {among.text}", among.values)  # noqa: S608  # own text
    }
    for finding, places in found:
        if finding.id not in known:
            change.insert("finding", **_finding_columns(finding))
        else:
            changed = _sharpened(known[finding.id], finding)
            if changed:
                change.update("finding", uuids[finding.id], **changed)
        for place in places:
            change.insert("finding_alert", finding=finding.id, alert=alert_uuids[place])


def _finding_columns(finding: Finding) -> dict[str, object]:
    return {
        "id": finding.id,
        "device": finding.device,
        "official": finding.official,
        "evidence_class": finding.evidence_class,
        "level": finding.level,
        "module": finding.module,
        "title": finding.title,
        "event_time": finding.event_time,
        "event_time_basis": finding.event_time_basis,
        "detail": dict(finding.detail),
        "rating": finding.rating,
        "rule": finding.rule,
        "first_scan": finding.first_scan,
        **_indicator_columns(finding.indicator),
    }


def _sharpened(known: Finding, seen: Finding) -> Mapping[str, object]:
    changed: dict[str, Level | str | TimeBasis] = {}
    if seen.level.rank > known.level.rank:
        changed["level"] = seen.level
    if known.event_time is None and seen.event_time is not None:
        changed |= {"event_time": seen.event_time, "event_time_basis": seen.event_time_basis}
    return changed
