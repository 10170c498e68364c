"""The chain of custody: read it, add a note, and verify rows and files against it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from mvtcase.canon import GENESIS, sha256_file
from mvtcase.engine.events import HASHES_FILE
from mvtcase.engine.results_folder import changed_since_hashed
from mvtcase.errors import ChainBrokenError, InputError
from mvtcase.findings.normalise import Context, unlike_its_alerts
from mvtcase.store import queries
from mvtcase.store.custody import Difference
from mvtcase.wording import say
from mvtcase.workflow import report_files
from mvtcase.workflow.desk import Outcome
from mvtcase.workflow.recording import settled_case
from mvtcase.workflow.seeking import LINE, line_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from mvtcase.model import CustodyEvent, Note
    from mvtcase.store.store import Store
    from mvtcase.wording import Message
    from mvtcase.workflow.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What `custody log` returns, oldest event first."""

    events: tuple[CustodyEvent, ...]
    head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneNote:
    """What `custody note` returns."""

    note: Note


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningBack:
    """An event whose time is before that of the event it follows."""

    event: int
    at: str
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """What `custody verify` returns of a chain that holds; `events` is their number."""

    holds: bool
    events: int
    head: str
    times_running_back: tuple[RunningBack, ...] = ()


def log(desk: Desk) -> Outcome[Chain]:
    """Return every event of the chain, oldest first."""
    with desk.open_case() as store:
        return Outcome(data=Chain(events=queries.custody_events(store), head=store.custody_head()))


def note(desk: Desk, text: str, *, about: str | None = None) -> Outcome[OneNote]:
    """Add a free remark to the chain, on the case or on one finding, device or official."""
    if not text.strip():
        raise InputError("A note needs a text.")
    with desk.open_case(to_change=True) as store:
        on = _thing(store, about) if about else ""
        with store.change("note.added", actor=desk.actor) as change:
            added = change.new_id("note")
            change.payload["subject"] = added
            change.insert("note", id=added, text=text.strip(), about=on, at=change.at, examiner=desk.actor)
        return Outcome(data=OneNote(note=queries.notes(store)[-1]))


def looked_at(desk: Desk, subject: str) -> None:
    """Write down that the examiner read a person's record; on a medium that cannot be written to nothing is.

    `subject` is the id of an official, device, finding, incident line or scan. Raises `NotFoundError`.
    """
    with desk.open_case() as store:
        official = _person(store, subject)
        if not store.read_only:
            with store.change("person.read", actor=desk.actor, subject=subject, official=official):
                pass


def _person(store: Store, subject: str) -> str:
    """Return the id of the official whom a record is about. Raises `NotFoundError`."""
    if subject.startswith(LINE):
        return queries.device(store, line_named(store, subject).device).official
    if subject.startswith("F-"):
        return queries.finding(store, subject).official
    if subject.startswith("S-"):
        return queries.device(store, queries.scan(store, subject).device).official
    return queries.device(store, subject).official if subject.startswith("D-") else queries.official(store, subject).id


def _thing(store: Store, named: str) -> str:
    """Return the id of a finding, device or official. Raises `NotFoundError`."""
    if named.startswith("F-"):
        return queries.finding(store, named).id
    return queries.device(store, named).id if named.startswith("D-") else queries.official(store, named).id


def verify(desk: Desk, *, head: str | None = None) -> Outcome[Holds]:
    """Return the head of a chain that holds. Raises `ChainBrokenError` naming what differs otherwise.

    Looks at every stored row, at the findings against their alerts, and at the files the case vouches for: manifests,
    kept results, reports, attachments. Originals are `acquisition verify`'s: they may be on a medium that is not here.
    `head` is one printed in a report: the chain must still hold it. Times that run backwards are told, and break
    nothing: a clock may have been set right.
    """
    with desk.open_case() as store:
        _require_whole(store, (*store.verify(), *_verify_head(store, head), *_verify_findings(store)))
    with settled_case(desk) as store:
        events = queries.custody_events(store)
        backwards = tuple(
            RunningBack(event=after.sequence, at=after.at, before=before.at)
            for before, after in pairwise(events)
            if after.at < before.at
        )
        return Outcome(
            data=Holds(holds=True, events=len(events), head=store.custody_head(), times_running_back=backwards),
            messages=_told(head, backwards),
        )


def _require_whole(store: Store, broken: Sequence[Difference]) -> None:
    broken = (*broken, *_verify_files(store))
    if broken:
        listed = "; ".join(f"{each.where}: {each.what}" for each in broken[:20])
        more = f" (and {len(broken) - 20} more)" if len(broken) > 20 else ""  # noqa: PLR2004  # as many as listed
        raise ChainBrokenError(
            "The chain of custody of {slug} does not hold: {listed}{more}.",
            hint="Keep the case as it is, compare with a backup, and note what happened.",
            slug=store.folder.slug,
            listed=listed,
            more=more,
        )


def _told(head: str | None, backwards: Sequence[RunningBack]) -> tuple[Message, ...]:
    notes = [
        say("The time runs backwards at event {n}: {at} after {before}.", n=each.event, at=each.at, before=each.before)
        for each in backwards
    ]
    if head is None:
        notes.append(
            say("Verify with the head printed in a report as well, to see that nothing before it was cut off.")
        )
    return tuple(notes)


def _verify_head(store: Store, printed: str | None) -> Iterator[Difference]:
    """Look for the heads that reports were written at: a chain cut short or built anew lacks them."""
    known = {GENESIS, *(each.digest for each in queries.custody_events(store))}
    for report in queries.reports(store):
        if report.custody_head not in known:
            yield Difference(where=f"report {report.id}", what="the head it was written at is not in the chain")
    if printed is not None and printed.strip().lower() not in known:
        yield Difference(where=f"head {printed.strip()[:16]}", what="is not in the chain")


def _verify_findings(store: Store) -> Iterator[Difference]:
    """Derive each finding again from the alerts it rests on, and look for alerts that no finding rests on."""
    devices = {each.id: each for each in queries.devices(store)}
    acquired = {each.id: each.path for each in queries.acquisitions(store)}
    of_scan = {
        each.id: Context(device=devices[each.device], scan=each.id, run_paths=(acquired[each.acquisition],))
        for each in queries.scans(store)
        if each.device in devices and each.acquisition in acquired
    }
    # An id that somebody changed leads nowhere: what it should lead to is then missing, and that is told.
    for finding, alerts in queries.findings_with_alerts(store):
        what = unlike_its_alerts(finding, [(alert, of_scan[scan]) for scan, alert in alerts if scan in of_scan])
        if what:
            yield Difference(where=f"finding {finding.id}", what=what)
    for uuid in queries.alerts_without_finding(store):
        yield Difference(where=f"alert {uuid}", what="belongs to no finding")


def _verify_files(store: Store) -> Iterator[Difference]:
    for acquisition in queries.acquisitions(store):
        if not _is(store.folder.manifest(acquisition.id), acquisition.manifest_sha256):
            yield Difference(where=f"manifest of {acquisition.id}", what="missing or not the one registered")
    for scan in queries.scans(store):
        if scan.results_sha256:
            yield from _verify_results(store.folder.results(scan.id), scan.id, scan.results_sha256)
    destroyed = {each for stone in queries.tombstones(store) for each in stone.ids.get("report_file", "").split()}
    known = set()
    for each in report_files.written(store):
        for file in each.every_file:
            known.add(store.folder.path / file.path)
            if each.report.id not in destroyed and not _is(store.folder.path / file.path, file.sha256):
                yield Difference(where=f"report {each.report.id}, {file.format}", what="the file is missing or changed")
    for path in sorted(store.folder.reports.rglob("*")):
        if path not in known:
            yield Difference(where=f"reports/{path.name}", what="no report of this case is in it")
    yield from _verify_attachments(store)


def _verify_results(results: Path, scan: str, digest: str) -> Iterator[Difference]:
    if not _is(results / HASHES_FILE, digest):
        yield Difference(where=f"results of {scan}", what="the list of hashes is missing or changed")
        return
    for name, what in changed_since_hashed(results):
        yield Difference(where=f"results of {scan}: {name}", what=what)


def _verify_attachments(store: Store) -> Iterator[Difference]:
    consents = (consent for one in queries.officials(store) for consent in queries.consents(store, one.id))
    wanted = {each.document_sha256 for each in consents}
    wanted |= {each.attachment_sha256 for each in queries.observations(store)}
    for digest in sorted(filter(None, wanted)):
        if not _is(store.folder.attachments / digest, digest):
            yield Difference(where=f"attachment {digest[:12]}", what="the file is missing or changed")


def _is(path: Path, digest: str) -> bool:
    try:
        return sha256_file(path) == digest
    except OSError:
        return False
