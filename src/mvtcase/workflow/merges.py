"""Taking a bundle into a case: verified, shown before anything changes, merged at one stroke, decided by people."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvtcase.canon import GENESIS
from mvtcase.engine.events import HASHES_FILE
from mvtcase.engine.results_folder import changed_since_hashed
from mvtcase.errors import BundleError, ConflictError, InputError, NotFoundError
from mvtcase.evidence import manifest
from mvtcase.files import destroy
from mvtcase.keys import SIGNS
from mvtcase.model import CustodyEvent, DecisionKind
from mvtcase.store import custody, incoming, merging, queries, schema
from mvtcase.wording import do, say
from mvtcase.workflow import bundle_files, bundles, moving
from mvtcase.workflow.desk import Outcome, require_identity
from mvtcase.workflow.witnesses import read_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mvtcase.store.merging import Incoming
    from mvtcase.store.store import Change, Store
    from mvtcase.workflow.desk import Desk

MAX_LINE_BYTES = 64 << 20
_EVIDENCE, _MANIFEST = "evidence", "manifest.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionShown:
    """Something on which two laptops differ; `kept` is the side that holds, None while nobody decided."""

    id: str
    kind: str
    about: str
    said: Mapping[str, Any]
    kept: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What `bundle decisions` and `bundle decide` return."""

    decisions: tuple[DecisionShown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What `bundle import` returns: rows by table, and what is left to decide; `merged` is False for a preview."""

    origin: str
    bundle: str
    signed_by: str
    examiner: str
    merged: bool
    new: Mapping[str, int] = field(default_factory=dict)
    newer: Mapping[str, int] = field(default_factory=dict)
    same: Mapping[str, int] = field(default_factory=dict)
    conflicts: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    decisions: tuple[DecisionShown, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How to take a bundle in: keys of signers who may be believed, another name for its laptop, or only to look."""

    keys: Path | None = None
    name: str = ""
    preview: bool = False


class _OnlyLookedError(Exception):
    """Ends a preview: what was written is rolled back."""


def take_in(
    desk: Desk, path: Path, wish: Wish, *, confirm: Callable[[Merged], bool] = lambda _: True
) -> Outcome[Merged]:
    """Merge a bundle into the case, or say what that would do; `confirm` sees the preview first.

    Raises `BundleError` for one that is damaged, hostile, or signed by nobody who is known here, `WrongKeyError` for
    one that was made for somebody else.
    """
    opens = require_identity(desk)
    label = bundle_files.read_label(path)
    if wrong := bundle_files.wrong_chunks(path, label):
        raise bundles.broken_chunks(wrong, path)
    with desk.open_case(to_change=True) as store:
        _require_known_signer(store, label, wish.keys)
        if incoming.is_merged(store, str(label.told["bundle"])):
            told = _told(label, str(label.told["origin"]), merged=True)
            return Outcome(data=told, messages=(say("This bundle was merged before; nothing changed."),))
        with incoming.staging(store, str(label.told["bundle"]), int(label.told["bytes"])) as staging:
            bundle_files.unpack(path, label, opens, staging)
            left = store.folder.sealed and (staging / _EVIDENCE).exists()
            if left:
                destroy(staging / _EVIDENCE)
            taking = _Taking(desk, store, label, staging, wish.name)
            shown = taking.run(commit=False)
            if wish.preview or not confirm(shown):
                return Outcome(data=shown, messages=(say("Nothing was changed; {0} merges it.", do(yes=True)),))
            done = taking.run(commit=True)
    without = (say("The evidence in the bundle was left out: a sealed case takes no copy."),) if left else ()
    return Outcome(data=done, messages=(*without, *_next(done)))


def _next(done: Merged) -> tuple[Any, ...]:
    if not any(each.kept is None for each in done.decisions):
        return ()
    return (say("The two sides differ: {0} shows on what, {1} settles it.", do("bundle decisions"),
                do("bundle decide", "M-…", keep="SIDE")),)  # fmt: skip


def _require_known_signer(store: Store, label: bundle_files.Label, keys: Path | None) -> None:
    known = {key for each in queries.examiners(store) for key in each.public_keys}
    known |= {row["public_key"] for row in store.rows("SELECT public_key FROM origin")}
    known |= set(read_keys(keys)) if keys else set()
    if f"{SIGNS}{label.public_key}" not in known:
        raise BundleError(
            "The bundle is signed with {key}, which nobody here knows.",
            hint=say(
                "Compare that key with its owner by telephone; then list it in a file and use {0}.", do(keys="FILE")
            ),
            key=f"{SIGNS}{label.public_key}",
        )


class _Taking:
    """One unpacked bundle, checked against the chain of its laptop."""

    def __init__(self, desk: Desk, store: Store, label: bundle_files.Label, staging: Path, name: str) -> None:
        self._desk, self._store, self._label, self._staging = desk, store, label, staging
        self._events, seals, gone = _checked_chain(staging / bundles.CHAIN, label)
        self._incoming = _checked_rows(staging / bundles.ROWS, seals, gone)
        self._origin = self._origin_of(name)
        _check_files(staging, self._incoming)

    def _origin_of(self, name: str) -> str:
        """Return the name of the laptop that this chain is of: the known one's, or a free one."""
        digests = {each["digest"] for each in self._events}
        if self._label.told["head"] in {each.digest for each in queries.custody_events(self._store)}:
            raise ConflictError("This is an older copy of this very case; there is nothing to merge.")
        known = self._store.rows("SELECT id, genesis, head FROM origin")
        for row in known:
            if row["genesis"] == self._label.told["genesis"] and (row["head"] in digests or self._is_older(row["id"])):
                return str(row["id"])
        wanted = name or str(self._label.told["origin"])
        if not bundles.ORIGIN.fullmatch(wanted) or wanted == "here":
            raise InputError("{name!r} cannot name a laptop.", hint=say("Use {0}.", do(as_="NAME")), name=wanted)
        taken = {row["id"] for row in known}
        while wanted in taken:
            wanted = f"{wanted[:27]}-{self._label.told['head'][:4]}" if "-" not in wanted[-5:] else f"{wanted[:30]}x"
        return wanted

    def _is_older(self, origin: str) -> bool:
        query = "SELECT 1 FROM custody_origin WHERE origin = ? AND event ->> '$.digest' = ?"
        return bool(self._store.rows(query, (origin, self._label.told["head"])))

    def run(self, *, commit: bool) -> Merged:
        """Merge everything in one transaction and return what changed; without `commit` nothing has."""
        told: Merged | None = None
        try:
            with self._store.change(incoming.MERGED, actor=self._desk.actor, subject=self._origin) as change:
                before = {row["id"] for row in self._store.rows("SELECT id FROM decision")}
                self._keep_origin(change)
                tally = merging.Merge(self._store, change, self._origin, self._desk.actor).take(self._incoming)
                self._place_evidence(change)
                found = tuple(each for each in _decisions(self._store) if each.id not in before)
                counted = {name: dict(getattr(tally, name)) for name in
                           ("new", "newer", "same", "conflicts", "left_out")}  # fmt: skip
                told = _told(self._label, self._origin, merged=commit, decisions=found, **counted)
                change.payload |= {"bundle": told.bundle, "head": str(self._label.told["head"]), **counted,
                                   "events": len(self._events), "signed_by": told.signed_by}  # fmt: skip
                self._stage(commit=commit)
        except _OnlyLookedError:
            pass
        if told is None:
            raise BundleError("The bundle could not be merged.")
        return told

    def _keep_origin(self, change: Change) -> None:
        """Write down whose chain this is, and the events of it that are not held yet."""
        label = self._label.told
        told = {"head": str(label["head"]), "events": len(self._events), "bundle": str(label["bundle"]),
                "public_key": f"{SIGNS}{self._label.public_key}", "merged_at": change.at,
                "merged_by": self._desk.actor}  # fmt: skip
        known = self._store.rows("SELECT uuid, events FROM origin WHERE id = ?", (self._origin,))
        if not known:
            change.insert("origin", id=self._origin, genesis=str(self._label.told["genesis"]), **told)
        elif known[0]["events"] <= len(self._events):
            change.update("origin", known[0]["uuid"], **told)
        held = known[0]["events"] if known else 0
        self._store.connection.executemany(
            "INSERT INTO custody_origin (origin, sequence, event) VALUES (?,?,?)",
            [(self._origin, each["sequence"], json.dumps(each, sort_keys=True)) for each in self._events[held:]],
        )

    def _place_evidence(self, change: Change) -> None:
        """Say where evidence that came along will lie."""
        for uuid in (each.name for each in incoming.children(self._staging / _EVIDENCE)):
            (root,) = incoming.children(self._staging / _EVIDENCE / uuid)
            for row in self._store.rows("SELECT id, imported FROM acquisition WHERE uuid = ?", (uuid,)):
                if not row["imported"]:
                    path = self._store.folder.acquisition(row["id"]) / _EVIDENCE / root.name
                    change.update("acquisition", uuid, path=str(path), imported=True)

    def _stage(self, *, commit: bool) -> None:
        """Lay files out as they will lie, by UUID; they go to their places once all is committed."""
        if not commit:
            raise _OnlyLookedError
        homes = self._staging / "acquisitions"
        for each in incoming.children(self._staging / "manifests"):
            (homes / each.name).mkdir(parents=True, exist_ok=True)
            each.rename(homes / each.name / _MANIFEST)
        for each in incoming.children(self._staging / _EVIDENCE):
            (homes / each.name).mkdir(parents=True, exist_ok=True)
            each.rename(homes / each.name / _EVIDENCE)
        if self._store.folder.sealed:
            incoming.seal(self._store, self._staging)
            return
        for folder, _, files in os.walk(self._staging):
            for name in files:
                with (Path(folder) / name).open("rb") as handle:
                    os.fsync(handle.fileno())


def _told(label: bundle_files.Label, origin: str, *, merged: bool, **more: Any) -> Merged:  # noqa: ANN401  # its fields
    told = label.told
    return Merged(origin=origin, bundle=str(told["bundle"]), signed_by=f"{SIGNS}{label.public_key}",
                  examiner=str(told["examiner"]), merged=merged, **more)  # fmt: skip


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open("rb") as handle:
            for line in iter(lambda: handle.readline(MAX_LINE_BYTES), b""):
                value = json.loads(line)
                if not isinstance(value, dict):
                    raise BundleError("The bundle holds a line that is no record.")
                yield value
    except (OSError, ValueError, RecursionError) as error:
        raise BundleError("The bundle cannot be read: {error}.", error=error) from error


Seals = dict[tuple[str, str], tuple[str, tuple[str, ...]]]


def _checked_chain(path: Path, label: bundle_files.Label) -> tuple[list[dict[str, Any]], Seals, frozenset[str]]:
    """Return a laptop's events, the newest seal of each row, and what was destroyed there. Raises `BundleError`."""
    events: list[dict[str, Any]] = []
    seals: Seals = {}
    gone: set[str] = set()
    previous, oldest = GENESIS, schema.tables(1)
    try:
        for line in _lines(path):
            event = line["event"]
            if (event["sequence"], event["previous"]) != (len(events) + 1, previous):
                raise BundleError("The chain in the bundle is broken at event {n}.", n=len(events) + 1)
            gone |= set(map(str, line.get("gone", ())))
            if "payload" in event:
                rows = [custody.WrittenRow(table=each[0], uuid=each[1], digest=each[2]) for each in line["rows"]]
                whole = custody.event_digest(CustodyEvent(**event)) == event["digest"]
                if not whole or event["payload"]["rows_sha256"] != custody.rows_digest(rows):
                    raise BundleError("Event {n} of the chain in the bundle was changed.", n=event["sequence"])
                named = event["payload"].get("columns", {})
                for row in rows:
                    columns = tuple(named.get(row.table) or oldest.get(row.table, ()))
                    seals[row.table, row.uuid] = (row.digest, columns)
                    gone |= {row.uuid} if row.digest == custody.GONE else set()
            previous = event["digest"]
            events.append(event)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise BundleError("The chain in the bundle cannot be read.") from error
    if (previous, len(events)) != (label.told["head"], label.told["events"]) or not events:
        raise BundleError("The chain in the bundle does not end at the head that its label names.")
    return events, seals, frozenset(gone)


def _checked_rows(path: Path, seals: Seals, gone: frozenset[str]) -> Incoming:
    """Return a bundle's rows, each compared with its seal. Raises `BundleError`."""
    rows: dict[str, list[tuple[dict[str, Any], frozenset[str]]]] = {}
    for line in _lines(path):
        try:
            table, row, seen = str(line["table"]), dict(line["row"]), frozenset(map(str, line["seen"]))
            if table not in merging.REFERS or row.keys() != {*merging.columns_of(table)}:
                raise BundleError("The bundle holds a row of {table} that this release does not know.", table=table)
            sealed, columns = seals[table, row["uuid"]]
            if custody.values_digest(table, {name: row[name] for name in columns if name in row}) != sealed:
                raise BundleError("A row of {table} in the bundle is not what its chain says.", table=table)
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError("The bundle holds a row that no event of its chain wrote.") from error
        rows.setdefault(table, []).append((row, seen))
    twice = Counter((table, row["uuid"]) for table, some in rows.items() for row, _ in some)
    if twice and max(twice.values()) > 1:
        raise BundleError("The bundle holds a row twice.")
    return merging.Incoming(rows=rows, gone=gone)


def _check_files(staging: Path, rows: Incoming) -> None:
    """Raise `BundleError` where a file is not what its row says, or belongs to no row of the bundle."""
    scans = {row["uuid"]: row["results_sha256"] for row, _ in rows.rows.get("scan", ())}
    taken = {row["uuid"]: row["manifest_sha256"] for row, _ in rows.rows.get("acquisition", ())}
    for part, known in (("scans", scans), ("manifests", taken), (_EVIDENCE, taken)):
        for each in incoming.children(staging / part):
            if not known.get(each.name):
                raise BundleError("The bundle holds files of {uuid}, of which it holds no row.", uuid=each.name)
    for uuid, sealed in scans.items():
        if sealed and not _are_results(staging / "scans" / uuid, sealed):
            raise BundleError("The results of a scan in the bundle are not those that its chain names.")
    for uuid, sealed in taken.items():
        if not custody.is_file(staging / "manifests" / uuid, sealed):
            raise BundleError("A manifest in the bundle is not the one that its chain names.")
    for path in incoming.children(staging / "attachments"):
        if not custody.is_file(path, path.name):
            raise BundleError("An attachment in the bundle is not what its name says.")
    _check_evidence(staging, taken)


def _check_evidence(staging: Path, taken: Mapping[str, str]) -> None:
    for each in incoming.children(staging / _EVIDENCE):
        if len(incoming.children(each)) != 1:
            raise BundleError("The evidence in the bundle has more than one root.")
        (root,) = incoming.children(each)
        if manifest.compare(root, staging / "manifests" / each.name, taken[each.name]):
            raise BundleError("The evidence in the bundle is not what its manifest says.")


def _are_results(folder: Path, sealed: str) -> bool:
    results = folder / "results"
    try:
        whole = custody.is_file(results / HASHES_FILE, sealed) and not changed_since_hashed(results)
    except (OSError, ValueError):
        return False
    return whole and [each.name for each in incoming.children(folder)] == [results.name]


def decisions(desk: Desk) -> Outcome[Decisions]:
    """Return everything on which laptops differ or differed, what is open first."""
    with desk.open_case() as store:
        return Outcome(data=Decisions(decisions=_decisions(store)))


def _decisions(store: Store) -> tuple[DecisionShown, ...]:
    rows = store.rows("SELECT * FROM decision ORDER BY kept IS NOT NULL, id")
    return tuple(
        DecisionShown(id=row["id"], kind=row["kind"], about=row["about"], said=json.loads(row["said"]),
                      kept=row["kept"] or _judged_again(store, row), reason=row["reason"])
        for row in rows
    )  # fmt: skip


def _judged_again(store: Store, row: Any) -> str | None:  # noqa: ANN401  # a row is a mapping of plain values
    """Return who judged a finding since two laptops were found to differ on it, None where nobody has."""
    if row["kind"] != DecisionKind.JUDGEMENT:
        return None
    (_, *after) = queries.dispositions(store, queries.of_finding(row["about"])).get(row["about"], ()) or (None,)
    marked = [place for place, each in enumerate(after) if each.examiner == merging.REDECIDED]
    later = after[marked[-1] + 1 :] if marked else []
    return later[-1].examiner if later else None


def decide(desk: Desk, named: str, keep: str, reason: str) -> Outcome[Decisions]:
    """Settle what two laptops differ on: `keep` is `here`, the other's name, or for people who look alike `both`."""
    if not reason.strip():
        raise InputError("A decision needs a reason.")
    with desk.open_case(to_change=True) as store:
        row = next(iter(store.rows("SELECT * FROM decision WHERE id = ?", (named,))), None)
        if row is None:
            raise NotFoundError("This case holds no decision {named!r}.", named=named)
        said = json.loads(row["said"])
        sides = (*said, "both") if row["kind"] == DecisionKind.PERSON else tuple(said)
        if keep not in sides:
            raise InputError(
                "{keep!r} is no side of it.", hint=say("Use one of {sides}.", sides=", ".join(sides)), keep=keep
            )
        if row["kept"] is not None:
            raise ConflictError("{named} was decided: {kept}.", named=named, kept=row["kept"])
        _require_own_verb(row, said, keep)
        with store.change("bundle.decided", actor=desk.actor, subject=named, about=row["about"], kept=keep) as change:
            if row["kind"] in {DecisionKind.VALUES, DecisionKind.PHONE}:
                change.update(row["table_name"], row["row_uuid"], **said[keep])
            if row["kind"] == DecisionKind.PHONE and "official" in said[keep]:
                moving.hand_over(change, store, moving.OF_DEVICE, row["about"], to=said[keep]["official"])
            change.update("decision", row["uuid"], kept=keep, reason=reason.strip(), at=change.at, examiner=desk.actor)
        return Outcome(data=Decisions(decisions=_decisions(store)))


def _require_own_verb(row: Any, said: Mapping[str, Any], keep: str) -> None:  # noqa: ANN401  # as above
    """Raise `ConflictError` where another verb is what decides."""
    if row["kind"] == DecisionKind.JUDGEMENT:
        raise ConflictError(
            "Judge {about} again: it stands until then.",
            hint=say("Use {0}.", do("finding dispose", row["about"])),
            about=row["about"],
        )
    if row["kind"] == DecisionKind.PERSON and keep != "both":
        one, other = (said[keep]["id"], next(each["id"] for side, each in said.items() if side != keep))
        raise ConflictError("{other} is merged into {one}.", hint=say("Use {0}, then keep both.",
                            do("official merge", other, into=one)), one=one, other=other)  # fmt: skip
    if row["kind"] == DecisionKind.PURGED and keep != "here":
        raise ConflictError(
            "What was destroyed there is destroyed here by a verb of its own.",
            hint=say("Use {0}.", do("official purge", row["about"], reason="REASON")),
        )
