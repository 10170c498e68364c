"""Exports: findings for other programs, and the whole case for another laptop."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mvtcase.canon import HASH_CHUNK_BYTES, StrEnum, new_uuid, sha256_file, timestamp
from mvtcase.casebook import read as read_casebook
from mvtcase.errors import ConflictError, InputError, RenderError
from mvtcase.files import write_atomically
from mvtcase.report import case_uco, exchange, misp
from mvtcase.report.net import require_nobody, require_nobody_in
from mvtcase.report.publication import Edition
from mvtcase.report.view import Occasion, view_of
from mvtcase.store import queries
from mvtcase.store.folder import CASE_FILE, PRIVATE_FOLDER
from mvtcase.wording import do, say
from mvtcase.workflow.desk import Outcome
from mvtcase.workflow.editions import ALLOWED, Kind, read_edition, require_internal
from mvtcase.workflow.payloads import as_json
from mvtcase.workflow.recording import require_decided, settled_case
from mvtcase.workflow.sealing import sealing_of
from mvtcase.workspaces import workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mvtcase.report.view import View
    from mvtcase.store.folder import CaseFolder
    from mvtcase.store.store import Store
    from mvtcase.wording import Message
    from mvtcase.workflow.desk import Desk

TRAVELLING = ("scans", "attachments", "reports")
"""Folders of a case that travel whole; of `acquisitions` the manifests do."""
MANIFEST = "SHA256SUMS.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)


class ExportFormat(StrEnum):
    """What an export can be; see each one's maker for what is in it."""

    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"
    STIX = "stix"
    MISP = "misp"
    TIMESKETCH = "timesketch"
    CASE_UCO = "case-uco"
    CASE = "case"


BUNDLE = ExportFormat.CASE
"""The whole case, as `bundle export` writes it; it was an export before, and still is under that name."""
ENDINGS = {
    ExportFormat.CSV: "findings.csv",
    ExportFormat.JSON: "findings.json",
    ExportFormat.XLSX: "findings.xlsx",
    ExportFormat.STIX: "sightings.stix2",
    ExportFormat.MISP: "misp-event.json",
    ExportFormat.TIMESKETCH: "timeline.jsonl",
    ExportFormat.CASE_UCO: "case-uco.jsonld",
    ExportFormat.CASE: "case.zip",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportShown:
    """A written export."""

    format: ExportFormat
    sha256: str
    bytes: int
    with_names: bool
    edition: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneExport:
    """What `export` returns."""

    export: ExportShown


def export(
    desk: Desk, wanted: str, *, output: Path | None = None, with_names: bool = False, edition: str | None = None
) -> Outcome[OneExport]:
    """Write an export and return where it is, its sha256 and size; the custody chain names it.

    Without names everybody stands under a pseudonym; with names those whose publication level is `named` do not. An
    internal or named edition names everybody. The case itself holds every name, so it travels only with names. Raises
    `ConflictError` when the file is there already.
    """
    form = read_format(wanted)
    chosen = require_internal(edition) if form is BUNDLE else read_edition(edition, Kind.GROUP)
    if form is BUNDLE and not with_names:
        raise ConflictError(
            "The case file holds every name.", hint=say("Say {0} if that is meant.", do(with_names=True))
        )
    with settled_case(desk) as store:
        if form is not BUNDLE and chosen is Edition.OUTSIDE:
            require_decided(store)
        path = output.expanduser().absolute() if output else _own_place(desk, store, form)
        if path.exists():
            raise ConflictError(
                "{path} exists already.", hint=say("Choose another with {0}.", do(output="FILE")), path=path
            )
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
            notes = _write(desk, store, form, path, chosen, with_names=with_names)
        except OSError as error:
            raise RenderError("{path} cannot be written: {strerror}.", path=path, strerror=error.strerror) from error
        if desk.identity is not None:
            from mvtcase.workflow import witnesses  # noqa: PLC0415  # only a signed export loads it

            witnesses.sign_file(path, desk.identity, f"{path.name} {desk.actor}")
        written = ExportShown(
            format=form,
            sha256=sha256_file(path),
            bytes=path.stat().st_size,
            with_names=with_names,
            edition=str(chosen),
            path=str(path),
        )
        told = {name: value for name, value in as_json(written).items() if name != "path"}
        if not store.read_only:
            with store.change("export.written", actor=desk.actor, subject=path.name, **told):
                pass  # the file lies outside the case file; the event alone names it
        return Outcome(data=OneExport(export=written), messages=notes)


def read_format(text: str) -> ExportFormat:
    """Return the export a text names. Raises `InputError`."""
    try:
        return ExportFormat(text.lower())
    except ValueError:
        raise InputError(
            "There is no export {given!r}.",
            hint=say(
                "Use one of {exportformat}.",
                exportformat=", ".join(each for each in ExportFormat if each is not BUNDLE),
            ),
            given=text,
        ) from None


def _own_place(desk: Desk, store: Store, form: ExportFormat) -> Path:
    folder = store.folder.own_exports()
    moment = timestamp(desk.clock())[:19].replace("-", "").replace(":", "")
    return folder / f"{moment}-{ENDINGS[form]}"


def _write(
    desk: Desk, store: Store, form: ExportFormat, path: Path, edition: Edition, *, with_names: bool
) -> tuple[Message, ...]:
    """Write an export's file and return what to tell."""
    if form is BUNDLE:
        pack_case(store, path)
        return (say("Evidence stays behind; its manifests are in the archive."),)
    view = _view(desk, store, edition)
    named = with_names or edition is not Edition.OUTSIDE
    if edition is Edition.OUTSIDE and exchange.found_alone(view):
        # Who bears it must not be guessed, no more than from a report's numbers, nor beside those that were released.
        from mvtcase.workflow import report_making  # noqa: PLC0415  # loads every kind of report

        before, shown = report_making.given_before(store, view.book), report_making.shown_before(store)
        beside = replace(view, occasion=replace(view.occasion, before=before, shown_before=shown))
        beside.crowd().rung(frozenset(one.official.id for one in view.shown))
    made = MAKERS[form](view, named)
    if edition is Edition.OUTSIDE:
        require_nobody(view, (path.name,))
        require_nobody_in(view, ((ENDINGS[form], made.data),))
    write_atomically(path, made.data)
    return made.left


def _as_stix(view: View, named: bool) -> exchange.Export:  # noqa: FBT001  # as the others below take it
    from mvtcase.report import stix  # noqa: PLC0415  # its library takes longer to load than any other export to write

    return stix.as_stix(view, with_names=named)


MAKERS: Mapping[ExportFormat, Callable[[View, bool], exchange.Export]] = {
    ExportFormat.CSV: lambda view, named: exchange.as_csv(view, with_names=named),
    ExportFormat.JSON: lambda view, named: exchange.as_json(view, with_names=named),
    ExportFormat.XLSX: lambda view, named: exchange.as_xlsx(view, with_names=named),
    ExportFormat.STIX: _as_stix,
    ExportFormat.MISP: lambda view, _: misp.as_misp(view),
    ExportFormat.TIMESKETCH: lambda view, named: exchange.as_timesketch(view, sealing_of(view.book), with_names=named),
    ExportFormat.CASE_UCO: lambda view, named: case_uco.as_case_uco(view, with_names=named),
}
"""What writes each export but the bundle."""


def _view(desk: Desk, store: Store, edition: Edition) -> View:
    book = read_casebook(store, desk.newest())
    occasion = Occasion(
        report="",
        kind="export",
        written_at=timestamp(desk.clock()),
        examiner=desk.actor,
        organisation=desk.settings.organisation,
        edition=edition,
        language=desk.language_of(book.case),
        allowed=frozenset(each.subject for each in queries.custody_events(store) if each.action == ALLOWED),
    )
    return view_of(book, occasion)


def pack_case(store: Store, path: Path) -> None:
    """Write a zip of the case without evidence: the database, kept results, attachments, reports, manifests, hashes.

    The database is a consistent copy made by SQLite, so that a running scan does no harm.
    """
    incoming = path.with_name(f".{path.name}.{new_uuid()}")
    try:
        with (
            workspace(store.folder.working) as work,
            os.fdopen(os.open(incoming, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as handle,
            zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            store.copy_to(work / CASE_FILE)
            sums = {CASE_FILE: _add(archive, CASE_FILE, work / CASE_FILE)}
            for each in travelling(store.folder):
                name = each.relative_to(store.folder.path).as_posix()
                sums[name] = _add(archive, name, each)
            archive.writestr(zipfile.ZipInfo(MANIFEST, _EPOCH), json.dumps({"files": sums}, indent=2) + "\n")
        incoming.replace(path)
    finally:
        incoming.unlink(missing_ok=True)


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> str:
    """Pack one file, and return the sha256 of the bytes that were packed."""
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    hasher = hashlib.sha256()
    with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
        while piece := source.read(HASH_CHUNK_BYTES):
            hasher.update(piece)
            target.write(piece)
    return hasher.hexdigest()


def travelling(folder: CaseFolder) -> list[Path]:
    """Return the regular files of a case that travel, in order; links and copies of evidence stay behind."""
    for part in (*TRAVELLING, "acquisitions"):
        folder.listed(part)  # what is sealed is unpacked
    found: list[Path] = []
    waiting = [folder.path / name for name in TRAVELLING]
    while waiting:
        path = waiting.pop()
        if path.is_symlink():
            continue
        if path.is_dir():
            waiting += path.iterdir()
        elif path.is_file():
            found.append(path)
    manifests = [each for each in folder.path.glob("acquisitions/*/manifest.jsonl") if not each.is_symlink()]
    return sorted([*found, *manifests])
