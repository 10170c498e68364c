"""Read the case's records: each function returns frozen records, ordered as people expect them."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from mvtcase import model
from mvtcase.canon import canonical_json, storable_text
from mvtcase.errors import AmbiguousError, NotFoundError
from mvtcase.store import custody, schema
from mvtcase.wording import Said, reason_of
from mvtcase.wording.english import TEXT

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, ItemsView, Iterable, Iterator, Sequence, ValuesView

    from mvtcase.store.store import Store, Written
    from mvtcase.wording import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A WHERE clause on the findings `f`, with its values; without a text it is every finding."""

    text: str = ""
    values: tuple[object, ...] = ()


ALL = Condition()
JUDGED = Condition(text="WHERE f.id IN (SELECT finding FROM disposition)")
IN_ORDER = "coalesce(place, CAST(substr(id, 3) AS INTEGER)), uuid"
"""The order in which rows were written down, which no clock changes, and which is the same on every laptop."""


def _where(**named: object) -> Condition:
    """Return the condition that some columns hold what is asked for; a column of which nothing is asked is left out.

    One text for all ("is null or equals") would read the table from end to end whatever is asked.
    """
    given = {name: value for name, value in named.items() if value is not None}
    text = " AND ".join(f"{name} = ?" for name in given)
    return Condition(text=f"WHERE {text}" if text else "", values=tuple(given.values()))


def case_file(store: Store) -> model.CaseFile:
    """Return the inquiry this file holds. Raises `NotFoundError` when it was never filled in."""
    row = _only(_read(store, "case_file"), "a case in this file")
    return model.CaseFile(
        **{
            **dict(row),
            "tlp": model.Tlp(row["tlp"]),
            "state": model.CaseState(row["state"]),
            "active_sets": tuple(json.loads(row["active_sets"])),
            "fixed_sets": None if row["fixed_sets"] is None else tuple(json.loads(row["fixed_sets"])),
        }
    )


def here(store: Store, named: str) -> str:
    """Return the short id here of a thing named as on another laptop (`O-0007@taichung`); any other text as it is."""
    their_id, at, origin = named.rpartition("@")
    if not at:
        return named
    for row in store.rows(
        "SELECT table_name, row_uuid FROM alias WHERE their_id = ? AND origin = ?", (their_id, origin)
    ):
        for found in store.rows(f"SELECT id FROM {row['table_name']} WHERE uuid = ?", (row["row_uuid"],)):  # noqa: S608
            return str(found["id"])
    return named


def groups(store: Store) -> tuple[model.Group, ...]:
    """Return all groups by id."""
    return tuple(model.Group(**dict(row)) for row in _read(store, "affected_group", "ORDER BY length(id), id"))


def group(store: Store, named: str) -> model.Group:
    """Return a group by id or name. Raises `NotFoundError`."""
    rows = _read(store, "affected_group", "WHERE id = ?1 OR name = ?1 ORDER BY id = ?1 DESC", (named,))
    return model.Group(**dict(_only(rows, f"group {named!r}")))


def officials(store: Store, *, every: bool = False) -> tuple[model.Official, ...]:
    """Return the officials by id, each with the ids of the groups; with `every` also those merged or removed."""
    return _officials(store, "WHERE ?1 IS NULL AND (?2 OR state = 'active')", every=every)


def _officials(store: Store, which: str, one: str | None = None, *, every: bool = False) -> tuple[model.Official, ...]:
    joined: dict[str, list[str]] = {}
    grouped = "SELECT official, affected_group FROM membership WHERE ?1 IS NULL OR official = ?1 "
    for row in store.rows(f"{grouped} ORDER BY length(affected_group), affected_group", (one,)):
        joined.setdefault(row["official"], []).append(row["affected_group"])
    return tuple(
        model.Official(
            **{
                **dict(row),
                "publication": model.Publication(row["publication"]),
                "roster": model.RosterState(row["roster"]),
                "state": model.OfficialState(row["state"]),
                "groups": tuple(joined.get(row["id"], ())),
            }
        )
        for row in _read(store, "official", f"{which} ORDER BY length(id), id", (one, every))
    )


def official(store: Store, named: str) -> model.Official:
    """Return an official by id, pseudonym or the id in the roster; an id is nobody else's. Raises `NotFoundError`.

    One that was merged into another gives the other.
    """
    for each in _officials(store, "WHERE id = ?1 AND state = 'active' AND merged_into IS NULL AND ?2 = 0", named):
        return each
    known = officials(store, every=True)
    by_name = {each.register_id: each for each in known if each.register_id}
    by_name |= {each.pseudonym: each for each in known} | {each.id: each for each in known}
    one = by_name.get(storable_text(here(store, named)))
    while one is not None and one.merged_into is not None:
        one = by_name[one.merged_into]
    if one is None or one.state is not model.OfficialState.ACTIVE:
        raise _not_found(f"official {named!r}")
    return one


def owner_of_attachment(store: Store, digest: str) -> str:
    """Return the id of the official whose consent or observation holds an attachment, empty where nobody's does."""
    kept = "SELECT official FROM consent WHERE document_sha256 = ?1 UNION SELECT official FROM observation WHERE"
    rows = store.rows(f"{kept} attachment_sha256 = ?1 ORDER BY 1", (digest,))
    return str(rows[0]["official"]) if rows else ""


def consents(store: Store, official: str | None = None) -> tuple[model.Consent, ...]:
    """Return all consents, or one official's, oldest first."""
    whose = _where(official=official)
    rows = _read(store, "consent", f"{whose.text} ORDER BY length(id), id", whose.values)
    return tuple(_consent(row) for row in rows)


def _consent(row: sqlite3.Row) -> model.Consent:
    values = dict(row)
    informed = frozenset(point for point in model.ConsentPoint if values.pop(f"informed_{point}"))
    return model.Consent(**{**values, "method": model.ConsentMethod(row["method"]), "informed": informed})


def examiners(store: Store) -> tuple[model.Examiner, ...]:
    """Return the register of examiners by id, empty where nobody keeps one."""
    return tuple(
        model.Examiner(
            **{
                **dict(row),
                "role": model.ExaminerRole(row["role"]),
                "active": bool(row["active"]),
                "public_keys": tuple(json.loads(row["public_keys"])),
            }
        )
        for row in _read(store, "examiner", "ORDER BY length(id), id")
    )


def roster_marks(store: Store, official: str | None = None) -> tuple[model.RosterMark, ...]:
    """Return all roster marks, or one official's, in the order of the time they speak of."""
    whose = _where(official=official)
    rows = _read(store, "roster_mark", f"{whose.text} ORDER BY at, recorded_at, uuid", whose.values)
    return tuple(model.RosterMark(**dict(row)) for row in rows)


def tombstones(store: Store) -> tuple[model.Tombstone, ...]:
    """Return what is left of people whose data was destroyed, in the order of that."""
    return tuple(
        model.Tombstone(
            **{
                **dict(row),
                "grounds": model.PurgeGrounds(row["grounds"]),
                "state": model.PurgeState(row["state"]),
                **{name: json.loads(row[name]) for name in ("counts", "ids", "events")},
                "pending": tuple(json.loads(row["pending"])),
            }
        )
        for row in _read(store, "tombstone", "ORDER BY length(id), id")
    )


def devices(store: Store, official: str | None = None) -> tuple[model.Device, ...]:
    """Return all devices, or one official's, by id."""
    whose = _where(official=official)
    rows = _read(store, "device", f"{whose.text} ORDER BY length(id), id", whose.values)
    return tuple(_device(row) for row in rows)


def device(store: Store, named: str) -> model.Device:
    """Return a device by id. Raises `NotFoundError`."""
    return _device(_only(_read(store, "device", "WHERE id = ?", (here(store, named),)), f"device {named!r}"))


def _device(row: sqlite3.Row) -> model.Device:
    return model.Device(
        **{
            **dict(row),
            "platform": model.Platform(row["platform"]),
            "state": model.DeviceState(row["state"]),
            "identity": identity_from_json(row["identity"]),
        }
    )


def identity_from_json(text: str) -> model.DeviceIdentity:
    """Return the device identity that a JSON column holds."""
    values = json.loads(text)
    return model.DeviceIdentity(**{**values, "platform": model.Platform(values.get("platform", "unknown"))})


def acquisitions(
    store: Store, device: str | None = None, *, official: str | None = None
) -> tuple[model.Acquisition, ...]:
    """Return all acquisitions, or one device's or official's, by id."""
    whose = _where(device=device, official=official)
    rows = _read(store, "acquisition", f"{whose.text} ORDER BY length(id), id", whose.values)
    return tuple(_acquisition(row) for row in rows)


def acquisition(store: Store, named: str) -> model.Acquisition:
    """Return an acquisition by id. Raises `NotFoundError`."""
    return _acquisition(
        _only(_read(store, "acquisition", "WHERE id = ?", (here(store, named),)), f"acquisition {named!r}")
    )


def _acquisition(row: sqlite3.Row) -> model.Acquisition:
    return model.Acquisition(
        **{
            **dict(row),
            "kind": model.EvidenceKind(row["kind"]),
            "encrypted": bool(row["encrypted"]),
            "imported": bool(row["imported"]),
            "state": model.AcquisitionState(row["state"]),
            "identity": identity_from_json(row["identity"]),
        }
    )


def indicator_sets_by_sha256(store: Store) -> dict[str, str]:
    """Return the id of every pinned indicator set by its digest."""
    return {row["sha256"]: row["id"] for row in store.rows("SELECT id, sha256 FROM indicator_set")}


def indicator_sets(store: Store) -> tuple[model.IndicatorSet, ...]:
    """Return all indicator sets that scans of this case named, by id."""
    return tuple(_indicator_set(row) for row in _read(store, "indicator_set", "ORDER BY length(id), id"))


def _indicator_set(row: sqlite3.Row) -> model.IndicatorSet:
    values = {name: row[name] for name in model.IndicatorSet.__slots__}
    return model.IndicatorSet(
        **{**values, "counts": json.loads(row["counts"]), "families": tuple(json.loads(row["families"]))}
    )


def paths(store: Store) -> tuple[str, ...]:
    """Return where the original of each acquisition was."""
    return tuple(row["path"] for row in store.rows("SELECT path FROM acquisition ORDER BY length(id), id"))


def scans(
    store: Store,
    acquisition: str | None = None,
    *,
    official: str | None = None,
    among: Collection[str] | None = None,
    in_full: bool = True,
) -> tuple[model.Scan, ...]:
    """Return all scans, or an acquisition's, an official's or some by id, oldest first, with sets, modules and gaps.

    Unless `in_full`, modules are read only of scans whose reach follows from them, those of 0.1.0.
    """
    asked = {
        "acquisition = ?": acquisition,
        "id IN (SELECT value FROM json_each(?))": None if among is None else canonical_json(sorted(among)),
        "acquisition IN (SELECT a.id FROM acquisition a WHERE a.official = ?)": official,
    }
    inside = " AND ".join(text for text, value in asked.items() if value is not None) or "1"
    values = tuple(value for value in asked.values() if value is not None)
    rows = _read(store, "scan", f"WHERE {inside} ORDER BY {IN_ORDER}", values)
    whose = f"WHERE scan IN (SELECT id FROM scan WHERE {inside})"  # noqa: S608  # a text of our own
    old = "" if in_full else " AND scan IN (SELECT id FROM scan WHERE reach = '[]')"
    known = {row["id"]: _indicator_set(row) for row in _read(store, "indicator_set")}
    sets = _by_scan(_read(store, "scan_set", f"{whose} ORDER BY indicator_set", values))
    modules = _by_scan(_read(store, "module_run", f"{whose}{old} ORDER BY scan, ordinal", values))
    gaps = _by_scan(_read(store, "gap", f"{whose} ORDER BY scan, ordinal", values))
    return tuple(
        _scan(
            row,
            tuple(known[each["indicator_set"]] for each in sets.get(row["id"], ())),
            modules.get(row["id"], ()),
            gaps.get(row["id"], ()),
        )
        for row in rows
    )


def attached(store: Store) -> tuple[str, ...]:
    """Return the SHA-256 of every file that is kept beside a consent, an observation or a handover."""
    query = (
        "SELECT document_sha256 AS digest FROM consent UNION SELECT attachment_sha256 FROM observation "
        "UNION SELECT scan_sha256 FROM handover ORDER BY 1"
    )
    return tuple(row["digest"] for row in store.rows(query) if row["digest"])


def scan_places(store: Store) -> tuple[sqlite3.Row, ...]:
    """Return what each scan was of, and the digest of its results, oldest first: no more than says where they are."""
    columns = "id, uuid, device, acquisition, results_sha256"
    return tuple(store.rows(f"SELECT {columns} FROM scan ORDER BY {IN_ORDER}"))  # noqa: S608  # a text of our own


def of_official(official: str) -> Condition:
    """Return the condition for the findings of an official, by id."""
    return Condition(text="WHERE f.official = ?", values=(official,))


def of_finding(finding: str) -> Condition:
    """Return the condition for one finding, by id."""
    return Condition(text="WHERE f.id = ?", values=(finding,))


def of_findings(named: Sequence[str]) -> Condition:
    """Return the condition for some findings, by id."""
    return Condition(text="WHERE f.id IN (SELECT value FROM json_each(?))", values=(canonical_json(named),))


def of_device(device: str) -> Condition:
    """Return the condition for the findings of a device, by id."""
    return Condition(text="WHERE f.device = ?", values=(device,))


def gravest(among: Condition, limit: int | None) -> Condition:
    """Return the condition for so many of some findings, the gravest; for all of them without a limit."""
    if limit is None:
        return among
    order = "ORDER BY f.severity DESC, f.id LIMIT ?"
    return Condition(text=f"{among.text} {order}", values=(*among.values, limit))


def open_decisions(store: Store) -> int:
    """Return how many differences of merged cases wait for somebody's decision."""
    return int(store.rows("SELECT count(*) AS number FROM decision WHERE kept IS NULL")[0]["number"])


def running(store: Store) -> tuple[str, ...]:
    """Return the ids of the scans that were begun and have not ended."""
    return tuple(row["id"] for row in store.rows("SELECT id FROM scan WHERE state = 'running' ORDER BY length(id), id"))


def scan(store: Store, named: str) -> model.Scan:
    """Return a scan by id. Raises `NotFoundError`."""
    for each in scans(store, among=(here(store, named),)):
        return each
    raise _not_found(f"scan {named!r}")


def scan_ids(store: Store, device: str | None = None) -> tuple[str, ...]:
    """Return the ids of all scans, or of a device's, oldest first."""
    whose = _where(device=device)
    rows = store.rows(f"SELECT id FROM scan {whose.text} ORDER BY {IN_ORDER}", whose.values)  # noqa: S608  # own text
    return tuple(row["id"] for row in rows)


def number_of_findings(store: Store) -> int:
    """Return how many findings the case holds."""
    return int(store.rows("SELECT count(*) AS number FROM finding")[0]["number"])


def first_scans(store: Store) -> frozenset[str]:
    """Return the ids of the scans that first found some finding."""
    return frozenset(row["first_scan"] for row in store.rows("SELECT DISTINCT first_scan FROM finding"))


def is_pruned(store: Store, scan: str) -> bool:
    """Return whether a scan's result files were destroyed because nothing rested on them."""
    query = (
        "SELECT 1 FROM custody_event e, json_each(e.payload, '$.results_sha256') k "
        "WHERE e.action = 'scan.pruned' AND k.key = ? LIMIT 1"
    )
    return bool(store.rows(query, (scan,)))


def _by_scan(rows: Iterable[sqlite3.Row]) -> dict[str, list[sqlite3.Row]]:
    sorted_out: dict[str, list[sqlite3.Row]] = {}
    for row in rows:
        sorted_out.setdefault(row["scan"], []).append(row)
    return sorted_out


def _scan(
    row: sqlite3.Row, sets: tuple[model.IndicatorSet, ...], modules: Sequence[sqlite3.Row], gaps: Sequence[sqlite3.Row]
) -> model.Scan:
    return model.Scan(
        **{
            **dict(row),
            "kind": model.EvidenceKind(row["kind"]),
            "state": model.ScanState(row["state"]),
            "completeness": model.Completeness(row["completeness"]),
            "tools": json.loads(row["tools"]),
            "limitations": tuple(reason_of(each) for each in json.loads(row["limitations"])),
            "claims": json.loads(row["claims"]),
            "reach": tuple(json.loads(row["reach"])),
            "sets": sets,
            "modules": tuple(_module_run(each) for each in modules),
            "gaps": tuple(_gap(each) for each in gaps),
        }
    )


_RUN = tuple(each.name for each in fields(model.ModuleRun) if each.init)


def _module_run(row: sqlite3.Row) -> model.ModuleRun:
    values = {name: row[name] for name in _RUN}
    values["outcome"] = model.ModuleOutcome(row["outcome"])
    values["reason"] = _reason(row["reason_code"], row["reason_params"], row["reason"])
    values["messages"] = () if row["messages"] == "[]" else tuple(json.loads(row["messages"]))
    return model.ModuleRun(**values)


@lru_cache(maxsize=1024)  # thousands of runs have few reasons
def _reason(code: str, params: str, text: str) -> Reason:
    """Return a row's reason; one of version 0.1.0 is words alone."""
    kept = json.loads(params)
    return reason_of({"code": code, "params": kept} if kept or code != TEXT else text)


def _gap(row: sqlite3.Row) -> model.Gap:
    return model.Gap(
        module=row["module"],
        outcome=model.ModuleOutcome(row["outcome"]),
        reason=_reason(row["code"], row["params"], row["reason"]),
    )


def alerts(store: Store, scan: str, limit: int | None = None) -> tuple[model.RawAlert, ...]:
    """Return a scan's alerts in the order they were raised, or so many of them."""
    some = (scan, -1 if limit is None else limit)
    return tuple(_alert(row) for row in _read(store, "alert", "WHERE scan = ? ORDER BY ordinal LIMIT ?", some))


def alert_levels(store: Store, scan: str) -> dict[str, int]:
    """Return how many alerts of each level a scan raised."""
    rows = store.rows("SELECT level, count(*) AS number FROM alert WHERE scan = ? GROUP BY level", (scan,))
    return {row["level"]: row["number"] for row in rows}


def alerts_of_finding(store: Store, finding: str) -> tuple[model.RawAlert, ...]:
    """Return the alerts a finding was built from, in the order they were raised."""
    built_from = (
        "WHERE uuid IN (SELECT alert FROM finding_alert WHERE finding = ?) ORDER BY length(scan), scan, ordinal"
    )
    rows = _read(store, "alert", built_from, (finding,))
    return tuple(_alert(row) for row in rows)


def _alert(row: sqlite3.Row | Mapping[str, Any]) -> model.RawAlert:
    return model.RawAlert(
        module=row["module"],
        level=model.Level(row["level"]),
        message=row["message"],
        event_time=row["event_time"],
        event=cast("model.Json", json.loads(row["event"])),
        part=row["part"],
        indicator=_indicator(row),
        witnessed=bool(row["witnessed"]),
        source=model.AlertSource(row["source"]),
    )


def _indicator(row: sqlite3.Row | Mapping[str, Any]) -> model.IndicatorRef | None:
    if row["indicator_value"] is None:
        return None
    return _named(*(row[each] for each in _INDICATOR))


_INDICATOR = ("indicator_value", "indicator_type", "indicator_family", "indicator_set")


@lru_cache(maxsize=4096)  # a hundred thousand findings have few indicators
def _named(value: str, kind: str | None, family: str | None, origin: str | None) -> model.IndicatorRef:
    return model.IndicatorRef(value=value, type=kind or "", family=family or "", set=origin or "")


def dispositions(store: Store, among: Condition = ALL) -> dict[str, tuple[model.Disposition, ...]]:
    """Return the dispositions of some findings by finding id, in the order of recording, which no clock changes."""
    inside = f"WHERE finding IN (SELECT f.id FROM finding f {among.text})" if among.text else ""  # noqa: S608  # own text
    found: dict[str, list[model.Disposition]] = {}
    for row in _read(store, "disposition", f"{inside} ORDER BY {IN_ORDER}", among.values):
        values = {name: row[name] for name in model.Disposition.__slots__}
        one = model.Disposition(**{**values, "verdict": model.Verdict(row["verdict"])})
        found.setdefault(one.finding, []).append(one)
    return {finding: tuple(all_of_it) for finding, all_of_it in found.items()}


def findings(store: Store, among: Condition = ALL) -> tuple[model.Finding, ...]:
    """Return some findings, or all, worst level first, each with its dispositions and number of alerts."""
    judged = dispositions(store, among)
    (alone,) = store.rows("SELECT count(single_examiner) AS said FROM case_file")
    needed = 1 if alone["said"] else 2
    columns = ", ".join(f"f.{name}" for name in schema.tables()["finding"])
    counted = "(SELECT count(*) FROM finding_alert x WHERE x.finding = f.id) AS alerts"
    rows = store.rows(f"SELECT {columns}, {counted} FROM finding f {among.text}", among.values)  # noqa: S608  # own names
    found = [_finding(row, judged.get(row["id"], ()), needed) for row in rows]
    return tuple(sorted(found, key=lambda one: (-one.level.rank, one.device, one.module, one.id)))


def finding_times(store: Store, among: Condition = ALL) -> list[sqlite3.Row]:
    """Return what a timeline tells of some findings, or of all: whose they are, when, and their words."""
    columns = "f.id, f.official, f.device, f.event_time, f.event_time_basis, f.evidence_class, f.title, f.rule"
    columns += ", f.indicator_value, f.indicator_type, f.indicator_family, f.indicator_set"
    return store.rows(f"SELECT {columns} FROM finding f {among.text}", among.values)  # noqa: S608  # own names


def weights(store: Store, official: str | None = None) -> list[sqlite3.Row]:
    """Return how many findings of each device, or of each of an official's, weigh alike, whatever was judged of them.

    `matched` of each number name an indicator.
    """
    whose = "" if official is None else "WHERE official = ?"
    return store.rows(
        "SELECT device, evidence_class, level, rating, count(*) AS number, count(indicator_value) AS matched "  # noqa: S608
        f"FROM finding {whose} GROUP BY 1, 2, 3, 4",
        () if official is None else (official,),
    )


def judged_weights(store: Store, official: str | None = None) -> list[sqlite3.Row]:
    """Return what weighs in the findings that somebody judged, or in those of an official among them."""
    return weighing(store, (row["finding"] for row in store.rows("SELECT DISTINCT finding FROM disposition")), official)


def rare_leads(store: Store, *, phones: int) -> list[sqlite3.Row]:
    """Return the leads whose rule and thing one phone alone shows, of so many or more of its kind of evidence.

    Those are id and rule; whether such a thing says anything is not asked here.
    """
    return store.rows(
        "WITH examined AS (SELECT DISTINCT kind, device FROM scan WHERE state = 'finished'), "
        "alone AS (SELECT f.rule, min(f.device) AS device FROM finding f JOIN examined e ON e.device = f.device "
        "WHERE f.rating = 'lead' GROUP BY e.kind, f.rule COLLATE NOCASE "
        "HAVING count(DISTINCT f.device) = 1 AND (SELECT count(*) FROM examined x WHERE x.kind = e.kind) >= ?) "
        "SELECT DISTINCT f.id, f.rule FROM alone a JOIN finding f "
        "ON f.device = a.device AND f.rating = 'lead' AND f.rule = a.rule COLLATE NOCASE",
        (phones,),
    )


def weighing(store: Store, named: Iterable[str], official: str | None = None) -> list[sqlite3.Row]:
    """Return what weighs in some findings, by id, or in those of an official among them."""
    query = (
        "SELECT id, device, rating, evidence_class, level, indicator_value IS NOT NULL AS matched, state "
        "FROM finding_state WHERE id IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR official = ?2)"
    )
    return store.rows(query, (canonical_json(sorted(named)), official))


_OWNERS = {
    "disposition": "SELECT f.official FROM disposition d JOIN finding f ON f.id = d.finding WHERE d.uuid",
    "consent": "SELECT official FROM consent WHERE uuid",
    "observation": "SELECT official FROM observation WHERE uuid",
    "roster_mark": "SELECT official FROM roster_mark WHERE uuid",
}
"""Whose a row is that changes how one person stands, and nobody else."""
_NOBODYS = frozenset({"note", "finding_assignment", "allow_entry", "allow_word", "report", "handover"})
"""Tables whose rows change nobody's status."""


def owners(store: Store, written: Written) -> frozenset[str] | None:
    """Return the officials who may stand otherwise since some rows were written; None where it may be anybody."""
    found: set[str] = set()
    for table in written.keys() - _NOBODYS:
        if table not in _OWNERS:
            return None
        query = f"{_OWNERS[table]} IN (SELECT value FROM json_each(?))"  # noqa: S608  # own text
        rows = store.rows(query, (canonical_json(written[table]),))
        if len(rows) < len(written[table]):  # some are gone
            return None
        found |= {row["official"] for row in rows}
    return frozenset(found)


def finding_ids(store: Store, devices: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the ids of the findings of some devices, the gravest first."""
    rows = store.rows(
        "SELECT device, group_concat(id, ' ') AS ids FROM (SELECT device, id FROM finding "
        "WHERE device IN (SELECT value FROM json_each(?)) ORDER BY device, severity DESC, id) GROUP BY device",
        (canonical_json(sorted(devices)),),
    )
    return {row["device"]: tuple(row["ids"].split(" ")) for row in rows}


def finding(store: Store, named: str) -> model.Finding:
    """Return a finding by id or by an unmistakable beginning of it. Raises `NotFoundError` or `AmbiguousError`."""
    begins = "SELECT id FROM finding WHERE id >= ?1 AND substr(id, 1, length(?1)) = ?1 ORDER BY id"
    fitting = [row["id"] for row in store.rows(begins, (named,))]
    if len(fitting) == 1 or storable_text(named) in fitting:
        return findings(store, Condition(text="WHERE f.id = ?", values=(fitting[0],)))[0]
    if fitting:
        raise AmbiguousError(
            "{named!r} begins {fitting} findings.", hint="Give more of the id.", named=named, fitting=len(fitting)
        )
    raise _not_found(f"finding {named!r}")


class _Detail(Mapping[str, "model.Json"]):
    """An event as it is stored, read anew by each who asks: a hundred thousand of them at once stay small."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __getitem__(self, name: str) -> model.Json:
        return self._held()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held())

    def __len__(self) -> int:
        return len(self._held())

    def items(self) -> ItemsView[str, model.Json]:
        return self._held().items()

    def values(self) -> ValuesView[model.Json]:
        return self._held().values()

    def __repr__(self) -> str:
        return repr(self._held())

    def _held(self) -> dict[str, model.Json]:
        return _parsed(self._text)


@lru_cache(maxsize=4)
def _parsed(text: str) -> dict[str, model.Json]:
    """Return an event; who reads one asks it several times in a row."""
    return cast("dict[str, model.Json]", json.loads(text))


_CLASSES = {each.value: each for each in model.EvidenceClass}
_LEVELS = {each.value: each for each in model.Level}
_BASES = {each.value: each for each in model.TimeBasis}
_RATINGS = {each.value: each for each in model.Rating}
"""Closed sets by their words: of a hundred thousand findings, calling an enumeration takes as long as all the rest."""


def _finding(row: sqlite3.Row | Mapping[str, Any], judged: tuple[model.Disposition, ...], needed: int) -> model.Finding:
    return model.Finding(
        id=row["id"],
        device=row["device"],
        official=row["official"],
        evidence_class=_CLASSES[row["evidence_class"]],
        level=_LEVELS[row["level"]],
        module=sys.intern(row["module"]),
        title=row["title"],
        indicator=_indicator(row),
        event_time=row["event_time"],
        event_time_basis=_BASES[row["event_time_basis"]],
        alerts=row["alerts"],
        dispositions=judged,
        first_scan=sys.intern(row["first_scan"]),
        detail=_Detail(row["detail"]),
        rating=_RATINGS[row["rating"]],
        rule=row["rule"],
        examiners_needed=needed,
    )


_TOGETHER = 500
"""Findings whose alerts are read at once."""


def findings_with_alerts(store: Store) -> Iterator[tuple[model.Finding, list[tuple[str, model.RawAlert]]]]:
    """Give each finding with the alerts it was built from, each with the scan that raised it."""
    waiting = list(findings(store))
    for start in range(0, len(waiting), _TOGETHER):
        some = waiting[start : start + _TOGETHER]
        marks = ", ".join("?" * len(some))
        ids = tuple(one.id for one in some)
        chosen = f"WHERE uuid IN (SELECT alert FROM finding_alert WHERE finding IN ({marks}))"  # noqa: S608  # marks alone
        raised = {row["uuid"]: (row["scan"], _alert(row)) for row in _read(store, "alert", chosen, ids)}
        owners: dict[str, list[str]] = defaultdict(list)
        for row in store.rows(f"SELECT finding, alert FROM finding_alert WHERE finding IN ({marks})", ids):  # noqa: S608
            owners[row["alert"]].append(row["finding"])
        its_own: dict[str, list[tuple[str, model.RawAlert]]] = defaultdict(list)
        for uuid, told in raised.items():
            for finding in owners[uuid]:
                its_own[finding].append(told)
        yield from ((one, its_own[one.id]) for one in some)


def alerts_by_scan(store: Store, finding: str) -> list[tuple[str, model.RawAlert]]:
    """Return the alerts that a finding was built from, each with the scan that raised it."""
    its_own = "WHERE uuid IN (SELECT alert FROM finding_alert WHERE finding = ?)"
    return [(row["scan"], _alert(row)) for row in _read(store, "alert", its_own, (finding,))]


def alerts_without_finding(store: Store) -> tuple[str, ...]:
    """Return the UUIDs of alerts that no finding was built from."""
    query = "SELECT uuid FROM alert WHERE uuid NOT IN (SELECT alert FROM finding_alert) ORDER BY uuid"
    return tuple(row["uuid"] for row in store.rows(query))


def findings_of_scan(store: Store, scan: str) -> tuple[str, ...]:
    """Return the ids of the findings that a scan's alerts belong to."""
    rows = store.rows(
        "SELECT DISTINCT x.finding FROM finding_alert x JOIN alert a ON a.uuid = x.alert WHERE a.scan = ? ORDER BY 1",
        (scan,),
    )
    return tuple(row["finding"] for row in rows)


def finding_from(row: Mapping[str, Any]) -> model.Finding:
    """Return the finding that a row of another case holds, without judgements."""
    return _finding({**row, "alerts": 0}, (), 2)


def alerts_from(rows: Iterable[Mapping[str, Any]]) -> tuple[model.RawAlert, ...]:
    """Return the alerts that rows of another case hold."""
    return tuple(_alert(row) for row in rows)


def observations(store: Store, official: str | None = None) -> tuple[model.Observation, ...]:
    """Return all observations, or one official's, in the order of the time they speak of."""
    whose = _where(official=official)
    rows = _read(store, "observation", f"{whose.text} ORDER BY at, recorded_at, {IN_ORDER}", whose.values)
    return tuple(model.Observation(**dict(row)) for row in rows)


def notes(store: Store, about: str | None = None) -> tuple[model.Note, ...]:
    """Return all notes, or those on one thing, oldest first."""
    whose = _where(about=about)
    rows = _read(store, "note", f"{whose.text} ORDER BY length(id), id", whose.values)
    return tuple(model.Note(**dict(row)) for row in rows)


def assignees(store: Store, named: Sequence[str]) -> dict[str, str]:
    """Return who is to look at some findings, by finding; the latest assignment stands, an empty one is none."""
    rows = _read(
        store,
        "finding_assignment",
        "WHERE finding IN (SELECT value FROM json_each(?)) ORDER BY uuid",
        (canonical_json(named),),
    )
    return {row["finding"]: row["examiner"] for row in rows if row["examiner"]}


def allow_entries(store: Store) -> list[sqlite3.Row]:
    """Return the entries of the allow-list, oldest first."""
    return _read(store, "allow_entry", "ORDER BY length(id), id")


def allow_words(store: Store) -> list[sqlite3.Row]:
    """Return what examiners said of entries of the allow-list, oldest first."""
    return _read(store, "allow_word", "ORDER BY uuid")


def reports(store: Store) -> tuple[model.Report, ...]:
    """Return all reports, oldest first."""
    return tuple(
        model.Report(**{**dict(row), "state": model.ReportState(row["state"])})
        for row in _read(store, "report", "ORDER BY length(id), id")
    )


def custody_events(store: Store) -> tuple[model.CustodyEvent, ...]:
    """Return the chain of custody, oldest event first; read once for each head."""
    head = custody.head(store.connection)
    if store.chain is None or store.chain[0] != head:
        store.chain = (head, tuple(custody.events(store.connection)))
    return store.chain[1]


def _read(store: Store, table: str, rest: str = "", values: Sequence[object] = ()) -> list[sqlite3.Row]:
    """Return rows of a table with its own columns, named: one that somebody added by hand disturbs nothing."""
    return store.rows(f"SELECT {', '.join(schema.tables()[table])} FROM {table} {rest}", values)  # noqa: S608  # own names


def _only(rows: Sequence[sqlite3.Row], what: str) -> Any:  # noqa: ANN401  # a row is a mapping of plain values
    if not rows:
        raise _not_found(what)
    return rows[0]


def _not_found(what: str) -> NotFoundError:
    kind, mark, named = what.partition(" '")
    return NotFoundError(
        "This case holds no {what}{named}.",
        hint="The 'list' verbs show what it holds.",
        what=Said(kind),
        named=f"{mark}{named}",
    )
