"""Reports: write and list; what may be shown is decided below, in `mvtcase.report`."""

from __future__ import annotations

import gc
import hashlib
import json
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mvtcase.canon import sha256_bytes
from mvtcase.casebook import read as read_casebook
from mvtcase.errors import CaseReadOnlyError, ConflictError, InputError, NotFoundError
from mvtcase.files import write_atomically, written
from mvtcase.model import Report, ReportState
from mvtcase.report.publication import Edition, face_of, is_withheld
from mvtcase.report.render import Format, render_all, to_keep
from mvtcase.store import queries
from mvtcase.store.folder import PRIVATE_FOLDER
from mvtcase.wording import Message, do, say
from mvtcase.workflow import payloads, report_files
from mvtcase.workflow.desk import Outcome
from mvtcase.workflow.editions import Kind, read_edition, read_kind
from mvtcase.workflow.recording import settled_case, undecided
from mvtcase.workflow.report_making import Target, at, facts_of, kept, look_of, look_over, occasion_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import Any

    from mvtcase.casebook import Casebook, Newest
    from mvtcase.model import Json, Official
    from mvtcase.report.view import Occasion
    from mvtcase.store.store import Store
    from mvtcase.workflow.desk import Desk

PRIVATE_FILE_ENDING = "facts.json"
"""How the file ends that keeps what a report says, so that it can be laid out again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownReport(Report):
    """One file of a report: the same number for every format, with where the report stands."""

    superseded_by: str
    errata: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportsShown:
    """Files of reports, each with its whole path."""

    reports: tuple[ShownReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedReport(ShownReport):
    """A file of a report with whether it is still what was written."""

    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """What `report list` returns."""

    reports: tuple[ListedReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A report before it is filed: its pages by format, what it says as JSON, and the occasion."""

    occasion: Occasion
    pages: tuple[tuple[Format, bytes], ...]
    facts: bytes
    wish: dict[str, Any]


def write(
    desk: Desk,
    kind: str,
    *,
    target: str | None = None,
    formats: Sequence[str] = ("html",),
    edition: str | None = None,
    output: Path | None = None,
    everybody: bool = False,
) -> Outcome[ReportsShown]:
    """Write a report as draft files in the case folder, one for each format and all under one number.

    `target` is a group, an official or a device; without one the whole case is meant. `edition` is `outside` for a
    report on a group unless it is given, `internal` for others. With `output` the files go to that folder too, with a
    manifest; from a case that cannot be written to they go there alone, and the case knows nothing of them. With
    `everybody` a letter to each official is written. Raises `InputError` on an unknown kind or format,
    `ConflictError` when the report would single somebody out, `RenderError` when a format cannot be made; then nothing
    is written.
    """
    chosen, wanted = read_kind(kind), read_formats(formats)
    meant = read_edition(edition, chosen)
    with settled_case(desk, to_change=True) as store:
        if store.read_only and output is None:
            raise CaseReadOnlyError(
                "The case {slug} cannot be written to.",
                hint=say("Name a folder with {0}.", do(output="FOLDER")),
                slug=store.folder.slug,
            )
        targets = _targets(store, chosen, target, meant, everybody=everybody)
        newest = desk.newest()
        book, first = read_casebook(store, newest), _next_number(store)
        now = occasion_of(desk, store, book, chosen, meant)
        occasions = [at(now, f"R-{first + place:04d}", each) for place, each in enumerate(targets)]
        if output is not None:
            _require_free(output, occasions, wanted)
        with nullcontext() if everybody else _unwatched():
            made = [_make(desk, book, newest, each, wanted) for each in occasions]
        with nullcontext() if output is None else _put(output, made):
            if store.read_only:
                note = (
                    "The case is on a read-only medium: it does not know of this report, and its number may be "
                    "given again."
                )
                return Outcome(
                    data=ReportsShown(reports=tuple(_beside(desk, each, output) for each in made)), messages=(note,)
                )
            for each in made:
                _keep(desk, store, each)
        return Outcome(
            data=shown(store, [each.occasion.report for each in made]),
            messages=(
                *undecided(store),
                *_not_listed(book, chosen, meant),
                *(
                    (say("The files and a manifest are in {folder}; nothing was sent.", folder=output),)
                    if output
                    else ()
                ),
                say("A draft: another examiner looks at it with {0}.", do("report review", "REPORT")),
            ),
        )


@contextmanager
def _unwatched() -> Iterator[None]:
    """Look for no circles among the millions of boxes of one report, neither meanwhile nor right afterwards."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.unfreeze()  # all that is there now counts as old
        if was_on:
            gc.enable()


def _make(desk: Desk, book: Casebook, newest: Newest, occasion: Occasion, formats: Sequence[Format]) -> _Made:
    kind = Kind(occasion.kind)
    facts = facts_of(book, kind, occasion)
    pages = render_all(facts, kind, formats, look_of(desk.settings))
    wish, told = kept(book, occasion, newest, facts), b"".join(to_keep(facts))
    if occasion.edition is Edition.OUTSIDE:
        named = file_name(occasion.report, str(kind), str(occasion.edition))
        every = (*pages, (Format.JSON, told))
        look_over(book, occasion, [(f"{named}.{form}", page) for form, page in every])
    return _Made(occasion=occasion, pages=pages, facts=told, wish=wish)


def _not_listed(book: Casebook, kind: Kind, edition: Edition) -> tuple[Message, ...]:
    """Return a note on people who are in the numbers and in no row, so that nobody looks for them in vain."""
    withheld = sum(is_withheld(one.official) for one in book.officials)
    if kind is not Kind.INCIDENT or edition is not Edition.OUTSIDE or not withheld:
        return ()
    return (
        say(
            "Withheld: {withheld} of {all} officials; they are in every number and in no row. With their agreement, "
            "{0} changes that.",
            do("official set", "OFFICIAL", publication="role"),
            withheld=withheld,
            all=len(book.officials),
        ),
    )


def read_formats(texts: Sequence[str]) -> tuple[Format, ...]:
    """Return formats from texts, each possibly several with commas between. Raises `InputError`."""
    names = [name.strip().lower() for text in texts for name in text.split(",") if name.strip()]
    hint = say("Use some of {format}.", format=", ".join(Format))
    if unknown := [name for name in names if name not in {*Format}]:
        raise InputError("There is no format {given}.", hint=hint, given=unknown[0])
    if not names:
        raise InputError("No format was named.", hint=hint)
    return tuple(Format(name) for name in dict.fromkeys(names))


def _targets(store: Store, kind: Kind, named: str | None, edition: Edition, *, everybody: bool) -> list[Target]:
    if not everybody:
        return [_target(store, kind, named, edition)]
    if kind is not Kind.LETTER or named is not None:
        raise InputError("Only letters are written to everybody at once, and then nobody is named.")
    return [Target(official=each) for each in queries.officials(store)]


def _target(store: Store, kind: Kind, named: str | None, edition: Edition) -> Target:
    """Return whom or what a report is about. Raises `InputError`, `NotFoundError` or `ConflictError`."""
    if named is None:
        if kind is Kind.INCIDENT:
            return Target()
        raise InputError(
            "The report {kind} needs to know about whom.",
            hint=say("Use {0}.", do("report write", str(kind), "TARGET")),
            kind=kind,
        )
    if kind is Kind.GROUP:
        return Target(group=queries.group(store, named))
    if kind is Kind.DEVICE:
        device = queries.device(store, named)
        return Target(device=device.id, official=_may_be_shown(queries.official(store, device.official), edition))
    if kind is Kind.LETTER:
        return Target(official=_official(store, named))
    try:
        return Target(group=queries.group(store, named))
    except NotFoundError:
        return Target(official=_may_be_shown(_official(store, named), edition))


def _may_be_shown(official: Official, edition: Edition) -> Official:
    """Return an official whom a report may be about alone. Raises `ConflictError`."""
    if edition is Edition.OUTSIDE and face_of(official) is None:
        raise ConflictError(
            "{official} is shown in counts at most, and this report would be about nobody else.",
            hint="Write the person's own 'letter' or an internal edition, or change the publication level with the "
            "person's agreement.",
            official=official.id,
        )
    return official


def _official(store: Store, named: str) -> Official:
    """Return the official of an id, a pseudonym, or a name that only one person has."""
    fitting = [one for one in queries.officials(store) if one.name and one.name.casefold() == named.strip().casefold()]
    return fitting[0] if len(fitting) == 1 else queries.official(store, named)


def _next_number(store: Store) -> int:
    return max((int(each.id.partition("-")[2]) for each in queries.reports(store)), default=0) + 1


def file_name(report: str, kind: str, edition: str) -> str:
    """Return how a report's files are called: number, kind and, but for letters, the edition; nobody's name."""
    return f"{report}-{kind}" if kind == Kind.LETTER else f"{report}-{kind}-{edition}"


def _keep(desk: Desk, store: Store, made: _Made) -> None:
    """Write files and the row. Raises `ConflictError` when another process took the number printed in the pages."""
    occasion = made.occasion
    name = file_name(occasion.report, occasion.kind, str(occasion.edition))
    target = Target(group=occasion.group, official=occasion.official, device=occasion.device).id
    with store.change("report.written", actor=desk.actor, subject=occasion.report, **made.wish) as change:
        if change.new_id("report") != occasion.report:
            raise ConflictError("Another report was written at the same moment.", hint="Write this one again.")
        files = [filed(store, f"{name}.{form}", str(form), [page]) for form, page in made.pages]
        facts = filed(store, f"{name}.{PRIVATE_FILE_ENDING}", "facts", [made.facts])
        told: dict[str, Json] = {"kind": str(occasion.kind), "target": target, "files": [*files], "facts": facts}
        told["look"] = look_of(desk.settings).digest
        change.payload.update(told)
        first = report_files.ReportFile(**files[0])
        change.insert(
            "report",
            id=occasion.report,
            kind=occasion.kind,
            format=first.format,
            target=target,
            path=first.path,
            sha256=first.sha256,
            number=occasion.report,
            edition=str(occasion.edition),
            language=occasion.language,
            state=ReportState.DRAFT,
            custody_head=occasion.head,
            written_at=occasion.written_at,
            written_by=desk.actor,
        )


def filed(store: Store, name: str, form: str, pieces: Iterable[bytes]) -> dict[str, Any]:
    """Write a file of a report, given in pieces, and return what the chain says of it."""
    path, digest = store.folder.reports / name, hashlib.sha256()
    with written(path) as handle:
        for each in pieces:
            digest.update(each)
            handle.write(each)
    return {"format": form, "path": str(path.relative_to(store.folder.path)), "sha256": digest.hexdigest()}


def _require_free(folder: Path, occasions: Sequence[Occasion], formats: Sequence[Format]) -> None:
    """Raise `ConflictError` when a file that a call is to write to a folder is there already."""
    files = (_outside(folder, each, form) for each in occasions for form in formats)
    for path in (folder / _MANIFEST, *files):
        if path.exists():
            raise ConflictError("{path} exists already.", hint="Choose another folder.", path=path)


@contextmanager
def _put(folder: Path, made: Sequence[_Made]) -> Iterator[None]:
    """Write files and a manifest to a folder outside of the case; they go again when the case cannot keep them."""
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    listed = []
    try:
        for each in made:
            for form, page in each.pages:
                path = _outside(folder, each.occasion, form)
                about = each.occasion.official.id if each.occasion.official else each.occasion.device
                listed.append(
                    {"report": each.occasion.report, "to": about, "file": path.name, "sha256": sha256_bytes(page)}
                )
                write_atomically(path, page)
        write_atomically(folder / _MANIFEST, (json.dumps({"files": listed}, indent=2) + "\n").encode())
        yield
    except BaseException:
        for name in (_MANIFEST, *(each["file"] for each in listed)):
            (folder / name).unlink(missing_ok=True)
        raise


_MANIFEST = "manifest.json"


def _outside(folder: Path, occasion: Occasion, form: Format) -> Path:
    return folder.absolute() / f"{file_name(occasion.report, occasion.kind, str(occasion.edition))}.{form}"


def _beside(desk: Desk, made: _Made, folder: Path | None) -> ShownReport:
    assert folder is not None  # noqa: S101  # asked for before anything is made
    occasion, (form, page) = made.occasion, made.pages[0]
    return ShownReport(
        id=occasion.report,
        uuid="",
        kind=str(occasion.kind),
        format=str(form),
        path=str(_outside(folder, occasion, form)),
        sha256=sha256_bytes(page),
        state=ReportState.DRAFT,
        written_at=occasion.written_at,
        written_by=desk.actor,
        custody_head=occasion.head,
        number=occasion.report,
        edition=str(occasion.edition),
        language=occasion.language,
        superseded_by="",
        errata=(),
    )


def shown(store: Store, numbers: Iterable[str]) -> ReportsShown:
    """Return every file of some reports."""
    wanted = set(numbers)
    found = [each for each in report_files.written(store) if each.report.id in wanted]
    return ReportsShown(
        reports=tuple(
            payloads.filled(ShownReport, replace(each.report, **_of(file)), path=_path(store, file), **_told(each))
            for each in found
            for file in each.files
        )
    )


def list_reports(desk: Desk) -> Outcome[Reports]:
    """Return every file of every report, and whether it is still what was written."""
    with desk.open_case() as store:
        listed = [
            payloads.filled(
                ListedReport,
                replace(each.report, **_of(file)),
                path=_path(store, file),
                file=report_files.file_state(store.folder, file),
                **_told(each),
            )
            for each in report_files.written(store)
            for file in each.files
        ]
        return Outcome(data=Reports(reports=tuple(listed)))


def _of(file: report_files.ReportFile) -> dict[str, Any]:
    return {"format": file.format, "sha256": file.sha256}


def _told(each: report_files.Written) -> dict[str, Any]:
    return {
        "superseded_by": each.life.superseded_by,
        "errata": tuple(text for _, _, text in each.life.errata),
    }


def _path(store: Store, file: report_files.ReportFile) -> str:
    return str(store.folder.home / file.path)
