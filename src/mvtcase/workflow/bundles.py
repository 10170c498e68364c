"""Bundles: one signed, sealed file that carries a case, or some of its people, to another laptop or to an expert."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvtcase import workspaces
from mvtcase.canon import new_uuid, sha256_file, timestamp
from mvtcase.engine.results_folder import unpacked
from mvtcase.errors import BundleError, ConflictError, InputError, RenderError
from mvtcase.evidence import manifest
from mvtcase.files import regular_files
from mvtcase.keys import SIGNS
from mvtcase.report.publication import Edition
from mvtcase.store import custody, merging, purging, queries
from mvtcase.store.folder import PRIVATE_FOLDER
from mvtcase.wording import do, say
from mvtcase.workflow import bundle_files
from mvtcase.workflow.desk import Outcome, require_identity
from mvtcase.workflow.editions import require_internal
from mvtcase.workflow.recording import settled_case

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mvtcase.canon import Json
    from mvtcase.model import Acquisition
    from mvtcase.store.merging import Row
    from mvtcase.store.store import Store
    from mvtcase.wording import Message
    from mvtcase.workflow.desk import Desk

ENDING = ".mvtbundle"
ORIGIN = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
ROWS, CHAIN = "rows.jsonl", "chain.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to put into a bundle, and for whom: age keys, or registered examiners by id or name."""

    to: tuple[str, ...]
    officials: tuple[str, ...] = ()
    evidence: bool = True
    name: str = ""
    output: Path | None = None
    edition: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleShown:
    """What a bundle says of itself to anybody; `signed_by` is a key, `examiner` the name that goes with it there."""

    bundle: str
    made_at: str
    origin: str
    examiner: str
    signed_by: str
    tlp: str
    edition: str
    counts: Mapping[str, int]
    evidence: bool
    head: str
    events: int
    merged: tuple[Mapping[str, str], ...]
    files: int
    bytes: int
    chunks: int
    wrong_chunks: tuple[int, ...]
    sha256: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneBundle:
    """What `bundle export --to` and `bundle inspect` return."""

    bundle: BundleShown


def export(desk: Desk, wish: Wish) -> Outcome[OneBundle]:
    """Write a bundle of the case, or of some officials, that only those it is for can open; evidence too, if wished.

    Reports stay: they are papers of their laptop. Raises `WrongKeyError` without an identity, `ConflictError` when the
    file is there already.
    """
    by, edition = require_identity(desk), require_internal(wish.edition)
    with settled_case(desk) as store:
        recipients = [recipient(store, each) for each in wish.to]
        name = wish.name or store.folder.slug[:32].strip("-")
        if not ORIGIN.fullmatch(name):
            raise InputError("{name!r} cannot name a laptop: small letters, digits and hyphens, 32 at most.", name=name)
        path = wish.output.expanduser().absolute() if wish.output else _own_place(desk, store, name)
        if path.exists():
            raise ConflictError(
                "{path} exists already.", hint=say("Choose another with {0}.", do(output="FILE")), path=path
            )
        load = _Load(store, [queries.official(store, each).id for each in wish.officials])
        left: list[Message] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
            label = {
                "bundle": new_uuid(), "made_at": timestamp(desk.clock()), "origin": name, "examiner": desk.actor,
                "tlp": str(queries.case_file(store).tlp), "counts": load.counts, "evidence": wish.evidence,
                "edition": edition, **heads(store),
            }  # fmt: skip
            bundle_files.write(path, _files(store, load, left, evidence=wish.evidence), label, recipients, by)
        except OSError as error:
            raise RenderError("{path} cannot be written: {strerror}.", path=path, strerror=error.strerror) from error
        made = shown(path, bundle_files.read_label(path))
        if not store.read_only:
            load.note(desk.actor, made, len(recipients))
        return Outcome(data=OneBundle(bundle=made), messages=tuple(left))


def recipient(store: Store, named: str) -> str:
    """Return the age key that somebody is named by: itself, or that of a registered examiner. Raises `InputError`."""
    if named.startswith("age1"):
        return named
    for each in queries.examiners(store):
        if named in {each.id, each.name}:
            for key in each.public_keys:
                if key.startswith("age1"):
                    return key
    raise InputError(
        "{named!r} is neither an age key nor a registered examiner with one.",
        hint=say("{0} shows the register.", do("examiner list")),
        named=named,
    )


def _own_place(desk: Desk, store: Store, name: str) -> Path:
    moment = timestamp(desk.clock())[:19].replace("-", "").replace(":", "")
    return store.folder.own_exports() / f"{moment}-{name}{ENDING}"


def heads(store: Store) -> dict[str, Any]:
    """Return the heads of this chain and of those that were merged into it."""
    events = queries.custody_events(store)
    origins = store.rows("SELECT id, genesis, head FROM origin ORDER BY id")
    return {
        "genesis": events[0].digest,
        "head": events[-1].digest,
        "events": len(events),
        "merged": [dict(each) for each in origins],
    }


class _Load:
    """The rows that go into a bundle: all of a case, or those of some officials with what they refer to."""

    def __init__(self, store: Store, officials: Sequence[str]) -> None:
        self._store = store
        every = {table: merging.rows_of(store, table) for table in merging.REFERS}
        self.rows: dict[str, list[Row]] = every if not officials else _of(store, every, officials)
        self.uuids = {row["uuid"] for rows in self.rows.values() for row in rows}
        self.partial = bool(officials)
        self.portable = merging.Portable(lambda table: every[table])
        self.seen = merging.seen_versions(store)

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of what people count."""
        return {each: len(self.rows[each]) for each in ("official", "device", "acquisition", "scan", "finding")}

    def lines(self) -> Iterator[bytes]:
        """Yield each row as it travels."""
        for table, rows in self.rows.items():
            for row in rows:
                yield _line({"table": table, "row": row, "seen": sorted(self.seen.get(row["uuid"], ()))})

    def note(self, actor: str, shown: BundleShown, recipients: int) -> None:
        """Write down that a bundle left, and which versions of changing rows it carried."""
        path = Path(shown.path)
        told: dict[str, Json] = {"bundle": shown.bundle, "sha256": shown.sha256, "counts": {**shown.counts},
                "recipients": recipients,
                "evidence": shown.evidence,
                "file": path.name if path.parent == self._store.folder.home / "exports" else ""}  # fmt: skip
        with self._store.change("bundle.exported", actor=actor, subject=shown.origin, **told) as change:
            for table in merging.CHANGES:
                for row in self.rows[table]:
                    merging.note_seen(change, self.seen, row["uuid"], {self.portable.content(table, row)})


def _of(store: Store, every: Mapping[str, list[Row]], officials: Sequence[str]) -> dict[str, list[Row]]:
    wanted = {uuid for rows in purging.holdings(store, officials).rows.values() for uuid in rows}
    wanted |= {row["uuid"] for row in every["case_file"]}
    devices = {row["id"] for row in every["device"] if row["uuid"] in wanted}
    wanted |= {row["uuid"] for row in every["handover"] if row["device"] in devices}
    by_id = {(table, row["id"]): (table, row) for table, rows in every.items() for row in rows if "id" in row}
    waiting = [(table, row) for table, rows in every.items() for row in rows if row["uuid"] in wanted]
    while waiting:
        table, row = waiting.pop()
        for named in merging.referenced([row], table):
            if named in by_id and by_id[named][1]["uuid"] not in wanted:
                wanted.add(by_id[named][1]["uuid"])
                waiting.append(by_id[named])
    return {table: [row for row in rows if row["uuid"] in wanted] for table, rows in every.items()}


def _files(store: Store, load: _Load, left: list[Message], *, evidence: bool) -> Iterator[tuple[str, Path | bytes]]:
    yield CHAIN, b"".join(_chain(store, load))
    yield ROWS, b"".join(load.lines())
    yield from _attachments(store, load)
    ids = {row["id"] for table in ("scan", "acquisition") for row in load.rows[table]}
    for scan in (each for each in queries.scans(store, in_full=False) if each.id in ids and each.results_sha256):
        with workspaces.workspace(store.folder.working) as plain:
            results = unpacked(store.folder.results(scan.id), plain / "results")
            for path in regular_files(results):
                yield f"scans/{scan.uuid}/results/{path.relative_to(results).as_posix()}", path
        store.folder.forget(f"scans/{scan.id}")
    for one in (each for each in queries.acquisitions(store) if each.id in ids):
        yield f"manifests/{one.uuid}", store.folder.manifest(one.id)
        if evidence:
            yield from _evidence(store, one, left)


def _attachments(store: Store, load: _Load) -> Iterator[tuple[str, Path | bytes]]:
    columns = {"consent": "document_sha256", "observation": "attachment_sha256", "handover": "scan_sha256"}
    for name in sorted({row[column] for table, column in columns.items() for row in load.rows[table] if row[column]}):
        yield f"attachments/{name}", store.folder.file(f"attachments/{name}")


def _evidence(store: Store, one: Acquisition, left: list[Message]) -> Iterator[tuple[str, Path | bytes]]:
    entries = list(manifest.read_manifest(store.folder.manifest(one.id)))
    root = Path(one.path)
    if not root.exists() or any(each.what != "file" for each in entries):
        left.append(say("The evidence of {id} stays behind: it is not here, or holds links.", id=one.id))
        return
    for each in entries:
        inside = f"/{each.path}" if root.is_dir() else ""
        yield f"evidence/{one.uuid}/{root.name}{inside}", manifest.located(root, each.path)


def _chain(store: Store, load: _Load) -> Iterator[bytes]:
    """Yield each event with the rows it wrote; of one that is about other people only, its digest and link."""
    written: dict[int, list[list[str]]] = {}
    for row in store.rows("SELECT * FROM custody_row ORDER BY sequence, ordinal"):
        written.setdefault(row["sequence"], []).append([row["table_name"], row["row_uuid"], row["row_sha256"]])
    ids = {row["id"] for rows in load.rows.values() for row in rows if "id" in row}
    for event in queries.custody_events(store):
        rows = written.get(event.sequence, [])
        told = not load.partial or event.subject in ids or any(uuid in load.uuids for _, uuid, _ in rows)
        if told and custody.event_digest(event) == event.digest:
            yield _line({"event": {name: getattr(event, name) for name in type(event).__slots__}, "rows": rows})
        else:
            stub = {"sequence": event.sequence, "previous": event.previous, "digest": event.digest}
            yield _line({"event": stub, "gone": [uuid for _, uuid, sealed in rows if sealed == custody.GONE]})


def _line(value: object) -> bytes:
    return json.dumps(value, default=dict, separators=(",", ":")).encode() + b"\n"


def inspect(desk: Desk, path: Path) -> Outcome[OneBundle]:
    """Return what a bundle holds and who made it, without opening it; every chunk and the signature are checked."""
    del desk  # anybody may look
    found = shown(path, bundle_files.read_label(path))
    if found.wrong_chunks:
        raise broken_chunks(found.wrong_chunks, path)
    return Outcome(data=OneBundle(bundle=found))


def broken_chunks(numbers: Iterable[int], path: Path) -> BundleError:
    """Return the error for chunks that are not what was signed."""
    return BundleError(
        "Chunk {numbers} of {path} is not what was signed.",
        hint="Have it sent again; nothing was taken from it.",
        numbers=", ".join(map(str, numbers)),
        path=path,
    )


def shown(path: Path, label: bundle_files.Label) -> BundleShown:
    """Return what a bundle says of itself, with the chunks that are not what was signed. Raises `BundleError`."""
    told = label.told
    try:
        return BundleShown(
            bundle=str(told["bundle"]), made_at=str(told["made_at"]), origin=str(told["origin"]),
            examiner=str(told["examiner"]), signed_by=f"{SIGNS}{label.public_key}", tlp=str(told["tlp"]),
            edition=str(told.get("edition", Edition.INTERNAL)),
            counts={str(name): int(number) for name, number in told["counts"].items()},
            evidence=bool(told["evidence"]), head=str(told["head"]), events=int(told["events"]),
            merged=tuple({str(name): str(value) for name, value in each.items()} for each in told["merged"]),
            files=int(told["files"]), bytes=int(told["bytes"]), chunks=len(label.chunks),
            wrong_chunks=bundle_files.wrong_chunks(path, label), sha256=sha256_file(path), path=str(path),
        )  # fmt: skip
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise BundleError("The label of the bundle cannot be read.") from error
