"""The chain of custody: read it, add a note, and verify rows and files against it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.canon import GENESIS, person_key, sha256_file
from mvtcase.engine.events import HASHES_FILE
from mvtcase.engine.results_folder import changed_since_hashed
from mvtcase.errors import ChainBrokenError, InputError
from mvtcase.findings.normalise import unlike_its_alerts
from mvtcase.store import custody as chain
from mvtcase.store import incoming, purging, queries, signatures
from mvtcase.store.custody import Difference
from mvtcase.wording import Kept, do, say
from mvtcase.workflow import attachments, clocks, report_files, witnesses
from mvtcase.workflow.desk import Outcome, require_identity
from mvtcase.workflow.recording import contexts, settled_case
from mvtcase.workflow.report_files import HOW_TO_CHECK
from mvtcase.workflow.seeking import LINE, line_named
from mvtcase.workflow.witnesses import MINISIG, read_keys, wrong_signature

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from mvtcase.model import CustodyEvent, Note
    from mvtcase.store.store import Store
    from mvtcase.wording import Message
    from mvtcase.workflow.clocks import ClockJump, RunningBack
    from mvtcase.workflow.desk import Desk


_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What `custody log` returns, oldest event first."""

    events: tuple[CustodyEvent, ...]
    head: str
    times_running_back: tuple[RunningBack, ...]
    clock_jumps: tuple[ClockJump, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OneNote:
    """What `custody note` returns."""

    note: Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """What `custody verify` returns of a chain that holds: its number of events, signed up to event `signed_to`."""

    holds: bool
    events: int
    head: str
    times_running_back: tuple[RunningBack, ...] = ()
    clock_jumps: tuple[ClockJump, ...] = ()
    signed_to: int = 0
    signed_by: tuple[str, ...] = ()


def log(desk: Desk, *, person: str | None = None, examiner: str | None = None, since: str = "") -> Outcome[Chain]:
    """Return the events of the chain, oldest first: all, or those about an official, of an examiner, since a time.

    An event is about somebody when it is on the person, or wrote what hangs on the person: phones, scans, findings.
    Raises `NotFoundError`, and `InputError` where `since` is no time.
    """
    if since and not _TIME.fullmatch(since):
        raise InputError(
            "{given!r} is no time.", hint="Write it as 2026-11-24, or 2026-11-24T08:30 (UTC).", given=since
        )
    with desk.open_case() as store:
        every = queries.custody_events(store)
        about = _about(store, queries.official(store, person).id) if person else None
        events = tuple(
            each
            for each in every
            if each.at >= since.removesuffix("Z")
            and (examiner is None or person_key(examiner) in {person_key(each.actor), person_key(_registered(each))})
            and (about is None or bool(about & {each.sequence, each.subject, each.payload.get("official")}))
        )
        back, jumped = clocks.running_back(every), clocks.jumps(store, every)
        found = Chain(events=events, head=store.custody_head(), times_running_back=back, clock_jumps=jumped)
        return Outcome(data=found, messages=clocks.told_of(back, jumped))


def _registered(event: CustodyEvent) -> str:
    """Return the id that an examiner had in the register when the event was written, empty where in none."""
    return str(event.payload.get("examiner_id", ""))


def _about(store: Store, official: str) -> set[object]:
    """Return ids of a person and of what hangs on the person, and the numbers of events that wrote any of it."""
    held = purging.holdings(store, [official])
    uuids = json.dumps([uuid for some in held.rows.values() for uuid in some])
    query = "SELECT DISTINCT sequence FROM custody_row WHERE row_uuid IN (SELECT value FROM json_each(?))"
    return {row["sequence"] for row in store.rows(query, (uuids,))} | {
        each for ids in held.ids.values() for each in ids
    }


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """What `custody sign` returns."""

    events: int
    head: str
    signed_by: str


def sign(desk: Desk) -> Outcome[SignedHead]:
    """Sign the head of the chain as it is. Raises `WrongKeyError` when no identity is at hand."""
    require_identity(desk)
    with desk.open_case(to_change=True) as store:  # which signs the head when it is left
        sequence, head = chain.head(store.connection)
    return Outcome(data=SignedHead(events=sequence, head=head, signed_by=desk.actor))


def looked_at(desk: Desk, subject: str) -> None:
    """Write down that the examiner read a person's record; on a medium that cannot be written to nothing is.

    `subject` is the id of an official, device, finding, incident line or scan, or the digest of an attachment. Raises
    `NotFoundError`.
    """
    with desk.open_case() as store:
        official = _person(store, subject)
        if not store.read_only:
            with store.change("person.read", actor=desk.actor, subject=subject, official=official):
                pass


def _person(store: Store, subject: str) -> str:
    """Return the id of the official whom a record is about. Raises `NotFoundError`."""
    if attachments.DIGEST.fullmatch(subject):
        return queries.owner_of_attachment(store, subject)
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


def verify(
    desk: Desk, *, head: str | None = None, keys: Path | None = None, against: Path | None = None
) -> Outcome[Holds]:
    """Return the head of a chain that holds. Raises `ChainBrokenError` naming what differs otherwise.

    Looks at every stored row, at the findings against their alerts, at the chains that were merged, at signatures, and
    at the files the case vouches for: manifests, kept results, reports, attachments, indicator sets, bundles. Originals
    are `acquisition verify`'s: they may be on a medium that is not here. With `keys`, a list of public keys, somebody
    on it must have signed the head. `head` is one printed in a report, `against` another laptop's bundle or a time
    stamp of this chain: the chain must still hold what they name. Times that run backwards are told, and break nothing.
    """
    listed = read_keys(keys) if keys else None
    with desk.open_case() as store, store.folder.listing_damage() as damaged:
        broken = [*store.verify(), *signatures.unlike_origins(store), *signatures.differences(store, listed)]
        broken += [*_verify_head(store, head), *_verify_findings(store), *_verify_sets(desk, store)]
        broken += [*_verify_bundles(store), *(witnesses.differences(store, against) if against else ())]
        broken += _verify_files(store, listed)
        _require_whole(store, [*broken, *_named(damaged)])
    with settled_case(desk) as store:
        events = queries.custody_events(store)
        found = Holds(
            holds=True,
            events=len(events),
            head=store.custody_head(),
            times_running_back=clocks.running_back(events),
            clock_jumps=clocks.jumps(store, events),
            signed_to=signatures.covered_to(store, listed),
            signed_by=tuple(sorted({each.examiner for each in signatures.signed(store)})),
        )
        return Outcome(data=found, messages=_told(found, compared=bool(head or against)))


def _require_whole(store: Store, broken: Sequence[Difference]) -> None:
    if broken:
        listed = tuple(say("{where}: {what}", where=each.where, what=Kept(each.what)) for each in broken[:20])
        more = f" (and {len(broken) - 20} more)" if len(broken) > 20 else ""  # noqa: PLR2004  # as many as listed
        raise ChainBrokenError(
            "The chain of custody of {slug} does not hold: {listed}{more}.",
            hint="Keep the case as it is, compare with a backup, and note what happened.",
            slug=store.folder.slug,
            listed=listed,
            more=more,
        )


def _told(found: Holds, *, compared: bool) -> tuple[Message, ...]:
    notes = [*clocks.told_of(found.times_running_back, found.clock_jumps)]
    if not found.signed_to:
        notes.append(say("No head of this chain is signed: whoever owns the file can have built it anew."))
    elif found.signed_to < found.events:
        notes.append(say("The events after {n} are signed by nobody.", n=found.signed_to))
    if not compared:
        notes.append(
            say(
                "An end that was cut off, or an older copy put back, does not show by the chain alone: it takes the "
                "newest printed head ({0}), or a time stamp or another laptop's bundle ({1}).",
                do(head="HEAD"),
                do(against="FILE"),
            )
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


def _verify_sets(desk: Desk, store: Store) -> Iterator[Difference]:
    """Look at the indicator sets that this case names and this workspace holds: their bytes must be those named."""
    library = desk.library
    for each in queries.indicator_sets(store):
        if library.is_altered(each.name, each.sha256):
            yield Difference(where=f"indicator set {each.name}", what="its bytes are not those that scans named")


def _verify_bundles(store: Store) -> Iterator[Difference]:
    """Look at the bundles that still lie where they were written."""
    for event in queries.custody_events(store):
        if event.action != "bundle.exported":
            continue
        path = store.folder.file(f"exports/{event.payload.get('file', '')}")
        if path.is_file() and not chain.is_file(path, str(event.payload.get("sha256"))):
            from mvtcase.workflow import bundle_files  # noqa: PLC0415  # slow to load, and few bundles are changed

            yield Difference(where=f"bundle {path.name}", what=bundle_files.what_differs(path))


def _verify_findings(store: Store) -> Iterator[Difference]:
    """Derive each finding again from the alerts it rests on, and look for alerts that no finding rests on."""
    of_scan = contexts(store)
    # An id that somebody changed leads nowhere: what it should lead to is then missing, and that is told.
    for finding, alerts in queries.findings_with_alerts(store):
        what = unlike_its_alerts(finding, [(alert, of_scan[scan]) for scan, alert in alerts if scan in of_scan])
        if what:
            yield Difference(where=f"finding {finding.id}", what=what)
    for uuid in queries.alerts_without_finding(store):
        yield Difference(where=f"alert {uuid}", what="belongs to no finding")


def _named(damaged: Mapping[str, str]) -> Iterator[Difference]:
    """Name the damaged crates of a sealed case, with what was in them where that can be told."""
    for crate, unit in damaged.items():
        what = f"what is sealed of {unit} is damaged or was changed" if unit else "is damaged, or no part of this case"
        yield Difference(where=f"sealed/{crate}", what=what)


def _verify_keys(store: Store) -> Iterator[Difference]:
    """Compare the key file of a sealed case with the newest one that the chain names."""
    if store.folder.sealed and incoming.named_keys(store) != sha256_file(store.folder.key_file):
        yield Difference(where="the key file", what="is not the one that the chain names")


def _verify_files(store: Store, keys: Mapping[str, str] | None) -> Iterator[Difference]:
    yield from _verify_keys(store)
    for acquisition in queries.acquisitions(store):
        if not chain.is_file(store.folder.manifest(acquisition.id), acquisition.manifest_sha256):
            yield Difference(where=f"manifest of {acquisition.id}", what="missing or not the one registered")
    for scan in queries.scan_places(store):
        if scan["results_sha256"]:
            yield from _verify_results(store.folder.results(scan["id"]), scan["id"], scan["results_sha256"])
            store.folder.forget(f"scans/{scan['id']}")
    yield from _verify_reports(store, keys)
    yield from _verify_attachments(store)


def _verify_reports(store: Store, keys: Mapping[str, str] | None) -> Iterator[Difference]:
    destroyed = {each for stone in queries.tombstones(store) for each in stone.ids.get("report_file", "").split()}
    known = set()
    for each in report_files.written(store):
        for file in each.every_file:
            path = store.folder.file(file.path)
            store.folder.file(file.path + MINISIG)
            known |= {file.path, file.path + MINISIG, f"reports/{each.report.id}{HOW_TO_CHECK}"}
            if what := wrong_signature(path, keys):
                yield Difference(where=f"signature of report {each.report.id}, {file.format}", what=what)
            if each.report.id not in destroyed and not chain.is_file(path, file.sha256):
                yield Difference(where=f"report {each.report.id}, {file.format}", what="the file is missing or changed")
    for inside in store.folder.listed("reports"):
        if inside not in known:
            yield Difference(where=inside, what="no report of this case is in it")


def _verify_results(results: Path, scan: str, digest: str) -> Iterator[Difference]:
    if not chain.is_file(results / HASHES_FILE, digest):
        yield Difference(where=f"results of {scan}", what="the list of hashes is missing or changed")
        return
    for name, what in changed_since_hashed(results):
        yield Difference(where=f"results of {scan}: {name}", what=what)


def _verify_attachments(store: Store) -> Iterator[Difference]:
    for digest in queries.attached(store):
        if not chain.is_file(store.folder.file(f"attachments/{digest}"), digest):
            yield Difference(where=f"attachment {digest[:12]}", what="the file is missing or changed")
