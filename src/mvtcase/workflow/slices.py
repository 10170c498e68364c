"""A slice: what another lab needs to check one finding, without the phone, the case or the rest of a person's life."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvtcase.canon import canonical_json, new_uuid, timestamp
from mvtcase.engine.events import HASHES_FILE
from mvtcase.engine.packed import left_files, read_result, result_bytes
from mvtcase.errors import BundleError, ConflictError, InputError, MvtcaseError
from mvtcase.evidence import manifest
from mvtcase.findings.normalise import Context, unlike_its_alerts
from mvtcase.model import CustodyEvent, Device, Platform
from mvtcase.store import custody, merging, queries
from mvtcase.store.folder import PRIVATE_FOLDER
from mvtcase.wording import Kept, count, do, said, say
from mvtcase.workflow import bundle_files, bundles
from mvtcase.workflow.desk import Outcome, require_identity
from mvtcase.workflow.recording import settled_case
from mvtcase_readers.regular import read_bounded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mvtcase.model import Acquisition, Finding, Scan
    from mvtcase.store.store import Store
    from mvtcase.wording import Message
    from mvtcase.workflow.desk import Desk

WHOLE_BYTES = 256 << 10
"""Bytes of a file that travels whole; of a larger one what stands around the indicator does."""
_AROUND_BYTES = 2 << 10
_MAX_FILE_BYTES = 512 << 20
_MAX_RESULT_BYTES = 64 << 20
_TOLD, _PART, _LIST = "slice/finding.json", "slice/part", "slice/results.sha256"
_OF_DEVICE = ("id", "platform", "fingerprint")
_OF_ACQUISITION = ("id", "kind", "files", "bytes", "manifest_sha256", "acquired_at", "registered_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was checked: `holds` is None where this laptop lacks what it takes; `seen` tells more."""

    what: str
    holds: bool | None
    seen: str | Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What `bundle inspect --verify` returns; `holds` when nothing that could be checked failed."""

    finding: str
    holds: bool
    checks: tuple[Check, ...]


def cut(desk: Desk, named: str, *, to: Sequence[str], output: Path | None = None) -> Outcome[bundles.OneBundle]:
    """Write a slice of one finding for some recipients: rows with their seals, the record, the part of the file.

    Whose phone it is stays here; its fingerprint travels, since the finding's id rests on it.
    """
    by = require_identity(desk)
    if not to:
        raise InputError("Who may open it?", hint=say("Name an age key with {0}.", do(to="KEY")))
    with settled_case(desk) as store:
        recipients = [bundles.recipient(store, each) for each in to]
        one = queries.finding(store, named)
        path = output.expanduser().absolute() if output else (
            store.folder.own_exports() / f"{one.id}{bundles.ENDING}")  # fmt: skip
        if path.exists():
            raise ConflictError("{path} exists already.", path=path)
        path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        told, files = _gathered(store, one)
        label = {
            "bundle": new_uuid(), "made_at": timestamp(desk.clock()), "origin": "slice", "examiner": desk.actor,
            "tlp": str(queries.case_file(store).tlp), "counts": {"finding": 1}, "evidence": _PART in files,
            **bundles.heads(store),
        }  # fmt: skip
        every = [(_TOLD, canonical_json(told).encode()), *files.items()]
        bundle_files.write(path, iter(every), label, recipients, by)
        shown = bundles.shown(path, bundle_files.read_label(path))
        if not store.read_only:
            with store.change("bundle.sliced", actor=desk.actor, subject=one.id, sha256=shown.sha256):
                pass  # the file lies outside the case; the event alone names it
        return Outcome(data=bundles.OneBundle(bundle=shown))


def _gathered(store: Store, one: Finding) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return what a slice says, and the files beside that."""
    rows = _rows(store, one)
    scans = {row["id"]: queries.scan(store, row["id"]) for row in rows["scan"]}
    last = scans[rows["alert"][-1]["scan"]]
    acquisition = queries.acquisition(store, last.acquisition)
    device = queries.device(store, one.device)
    records = _records(store, last, rows)
    part, about = _part(store, acquisition, one)
    uuids = {row["uuid"] for some in rows.values() for row in some}
    told = {
        "rows": rows,
        "device": {name: str(getattr(device, name)) for name in _OF_DEVICE} | {
            "os_version": device.identity.os_version, "product_type": device.identity.product_type},
        "acquisition": {name: getattr(acquisition, name) for name in _OF_ACQUISITION},
        "run_paths": [acquisition.path],
        "records": records,
        "part": about,
        "custody": list(_events(store, uuids)),
    }  # fmt: skip
    files = {_PART: part} if part else {}
    listed = store.folder.results(last.id) / HASHES_FILE
    if listed.is_file():
        files[_LIST] = read_bounded(listed, _MAX_RESULT_BYTES)
    return told, files


def _rows(store: Store, one: Finding) -> dict[str, list[dict[str, Any]]]:
    """Return the rows a finding rests on, as they are sealed; those that name its person stay out."""
    alerts = {row["uuid"] for row in store.rows("SELECT alert AS uuid FROM finding_alert WHERE finding = ?", (one.id,))}
    every = {
        table: merging.rows_of(store, table) for table in ("scan", "alert", "module_run", "indicator_set", "finding")
    }
    found = {
        "finding": [row for row in every["finding"] if row["id"] == one.id],
        "alert": [row for row in every["alert"] if row["uuid"] in alerts],
    }
    scans = {row["scan"] for row in found["alert"]}
    modules = {row["module"] for row in found["alert"]}
    names = {row["indicator_set"] for row in found["alert"]}
    found["scan"] = [row for row in every["scan"] if row["id"] in scans]
    found["module_run"] = [row for row in every["module_run"] if row["scan"] in scans and row["slug"] in modules]
    found["indicator_set"] = [row for row in every["indicator_set"] if row["name"] in names]
    return found


def _records(store: Store, scan: Scan, rows: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the records of MVT's own results that the alerts were raised about, each with the file it stands in."""
    events = [json.loads(row["event"]) for row in rows["alert"]]
    modules = {row["module"] for row in rows["alert"]}
    found: list[dict[str, Any]] = []
    results = store.folder.results(scan.id)
    for path in left_files(results):
        if path.suffix == ".json" and path.stem in modules and result_bytes(path) <= _MAX_RESULT_BYTES:
            held = json.loads(read_result(path, _MAX_RESULT_BYTES))
            inside = path.relative_to(results).as_posix()
            records = held if isinstance(held, list) else []
            found += [{"file": inside, "record": one} for one in records if any(_is_of(one, event) for event in events)]
    return found


def _is_of(record: Any, event: Any) -> bool:  # noqa: ANN401  # JSON
    """Tell whether an event is about a record: all that both say is the same, and something is."""
    if not isinstance(record, dict) or not isinstance(event, dict):
        return bool(record == event)
    both = {name for name in record.keys() & event.keys() if not str(name).startswith("matched_")}
    return bool(both) and all(record[name] == event[name] for name in both)


def _part(store: Store, acquisition: Acquisition, one: Finding) -> tuple[bytes, dict[str, Any]]:
    """Return the part of the evidence's file that a finding names, with what the manifest says of the file."""
    root, texts = Path(acquisition.path), _texts(dict(one.detail))
    if not root.exists():
        return b"", {"why": said("the evidence is not here")}
    for entry in manifest.read_manifest(store.folder.manifest(acquisition.id)):
        if entry.what == "file" and entry.path and any(text.endswith(entry.path) for text in texts):
            path = manifest.located(root, entry.path)
            if not custody.is_file(path, entry.sha256) or entry.size > _MAX_FILE_BYTES:
                return b"", {"why": said("the file is too large, or no longer what was registered")}
            data = read_bounded(path, _MAX_FILE_BYTES)
            start, end = (0, len(data)) if len(data) <= WHOLE_BYTES else _around(data, one)
            told = {"path": entry.path, "sha256": entry.sha256, "size": entry.size, "from": start, "to": end}
            return data[start:end], told
    return b"", {"why": said("the finding names no file of the evidence")}


def _around(data: bytes, one: Finding) -> tuple[int, int]:
    place = data.find((one.indicator.value if one.indicator else one.title).encode())
    return (max(0, place - _AROUND_BYTES), place + _AROUND_BYTES) if place >= 0 else (0, 0)


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []


def _events(store: Store, uuids: set[str]) -> Iterator[dict[str, Any]]:
    """Yield the events that wrote some rows, each with all that it wrote."""
    for event in queries.custody_events(store):
        query = "SELECT table_name, row_uuid, row_sha256 FROM custody_row WHERE sequence = ? ORDER BY ordinal"
        rows = [[*row] for row in store.rows(query, (event.sequence,))]
        if any(uuid in uuids for _, uuid, _ in rows):
            fields = {name: getattr(event, name) for name in type(event).__slots__}
            yield {"event": {**fields, "payload": dict(event.payload)}, "rows": rows}


def check(desk: Desk, path: Path) -> Outcome[Checked]:
    """Open a slice and check each thing in it; nothing of it is written down anywhere. Raises `BundleError`."""
    label = bundle_files.read_label(path)
    if wrong := bundle_files.wrong_chunks(path, label):
        raise bundles.broken_chunks(wrong, path)
    with tempfile.TemporaryDirectory(prefix="mvtcase-") as private:
        bundle_files.unpack(path, label, require_identity(desk), Path(private))
        try:
            told = json.loads((Path(private) / _TOLD).read_bytes())
            part = (Path(private) / _PART).read_bytes() if (Path(private) / _PART).exists() else b""
            checks = tuple(_checks(desk, label, told, part, Path(private)))
            finding = str(told["rows"]["finding"][0]["id"])
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise BundleError("This is no slice that can be read.") from error
    done = Checked(finding=finding, holds=all(each.holds is not False for each in checks), checks=checks)
    return Outcome(data=done)


def _checks(desk: Desk, label: bundle_files.Label, told: Any, part: bytes, folder: Path) -> Iterator[Check]:  # noqa: ANN401  # JSON
    yield Check(
        what=said("signature and chunks"),
        holds=True,
        seen=say("by {examiner}, {key}", examiner=label.told["examiner"], key=f"ed25519:{label.public_key}"),
    )
    yield _seals(told)
    finding, alerts = told["rows"]["finding"][0], told["rows"]["alert"]
    yield _identity(told)
    value = finding["indicator_value"]
    if value is None:
        yield Check(what=said("indicator"), holds=None, seen=say("the finding rests on a rule, on no indicator"))
        return
    seen = sum(value.lower() in canonical_json(each["event"]).lower() for each in alerts)
    holding = say("in {seen} of {all}: {value}", seen=seen, all=len(alerts), value=value)
    yield Check(what=said("indicator in the alerts"), holds=bool(seen), seen=holding)
    yield _indicator(desk, told, finding)
    held = [each for each in told["records"] if value.lower() in canonical_json(each["record"]).lower()]
    files = ", ".join(sorted({each["file"] for each in held})) or said("no result file")
    records = say("{number} of {file}", number=count("{n} record", "{n} records", len(held)), file=files)
    yield Check(what=said("records"), holds=bool(held) or None, seen=records)
    listed = folder / _LIST
    results = {row["results_sha256"] for row in told["rows"]["scan"]}
    sealed = any(custody.is_file(listed, each) for each in results if each) if listed.exists() else None
    kept = ", ".join(filter(None, results)) or said("none was kept")
    yield Check(what=said("list of result files"), holds=sealed, seen=kept)
    about = told["part"]
    if part:
        whole = about["to"] - about["from"] == about["size"]
        sound = custody.is_file(folder / _PART, about["sha256"]) if whole else len(part) == about["to"] - about["from"]
        where = {"path": about["path"], "start": about["from"], "end": about["to"], "size": about["size"]}
        yield Check(what=said("file"), holds=sound, seen=say("{path}, bytes {start}-{end} of {size}", **where))
    else:
        yield Check(what=said("file"), holds=None, seen=Kept(about.get("why", "")))


def _seals(told: Any) -> Check:  # noqa: ANN401  # JSON
    """Compare each row with its newest seal, and each event with its own digest."""
    seals: dict[tuple[str, str], tuple[str, Any]] = {}
    for line in told["custody"]:
        rows = [custody.WrittenRow(table=each[0], uuid=each[1], digest=each[2]) for each in line["rows"]]
        event = CustodyEvent(**line["event"])
        sound = event.payload["rows_sha256"] == custody.rows_digest(rows)
        if custody.event_digest(event) != event.digest or not sound:
            return Check(what=said("seals"), holds=False, seen=say("event {number} was changed", number=event.sequence))
        for row in rows:
            seals[row.table, row.uuid] = (row.digest, event.payload["columns"][row.table])  # type: ignore[index,call-overload]  # JSON
    for table, rows_of in told["rows"].items():
        for row in rows_of:
            sealed, columns = seals[table, row["uuid"]]
            if custody.values_digest(table, {name: row[name] for name in columns}) != sealed:
                unlike = say("{table} {row} is not what its event says", table=table, row=row["uuid"])
                return Check(what=said("seals"), holds=False, seen=unlike)
    number = count("{n} row", "{n} rows", sum(map(len, told["rows"].values())))
    events = count("{n} event", "{n} events", len(told["custody"]))
    return Check(what=said("seals"), holds=True, seen=say("{rows}, {events}", rows=number, events=events))


def _identity(told: Any) -> Check:  # noqa: ANN401  # JSON
    """Derive the finding's id anew from its alerts and the phone's fingerprint."""
    finding, alerts = queries.finding_from(told["rows"]["finding"][0]), queries.alerts_from(told["rows"]["alert"])
    phone = told["device"]
    device = Device(id=finding.device, uuid="", official="", label="", platform=Platform(phone["platform"]),
                    fingerprint=phone["fingerprint"])  # fmt: skip
    pairs = [(alert, Context(device=device, scan=row["scan"], run_paths=tuple(told["run_paths"])))
             for alert, row in zip(alerts, told["rows"]["alert"], strict=True)]  # fmt: skip
    unlike = unlike_its_alerts(finding, pairs)
    return Check(what=said("finding from its alerts"), holds=not unlike,
                 seen=unlike or say("{finding} follows", finding=finding.id))  # fmt: skip


def _indicator(desk: Desk, told: Any, finding: Any) -> Check:  # noqa: ANN401  # JSON
    """Look the indicator up in the lab's own copy of the set, where it has one of the same bytes."""
    for row in told["rows"]["indicator_set"]:
        try:
            passport = desk.library.get(row["name"], row["sha256"])
            values = {value.lower() for _, value in desk.library.reading(passport).entries}
        except MvtcaseError:
            continue
        held = finding["indicator_value"].lower() in values
        own = say("{set} {digest}, own copy", set=row["name"], digest=row["sha256"][:16])
        return Check(what=said("indicator in the set"), holds=held, seen=own)
    names = ", ".join(f"{row['name']} {row['sha256']}" for row in told["rows"]["indicator_set"])
    return Check(what=said("indicator in the set"), holds=None, seen=say("this lab lacks {names}", names=names))
