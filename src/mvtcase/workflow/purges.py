"""Destroying what a case holds of a person, after a withdrawal or when the agreed time is over; a tombstone stays.

It goes in steps, each of which can be cut short at any moment: the tombstone is written and says what is to go; files
go; rows go; the case file is written anew. Started again, it goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.canon import canonical_json, parse_timestamp
from mvtcase.errors import ConflictError
from mvtcase.model import CaseState, OfficialState, PurgeGrounds, PurgeState, ReportState, RosterState
from mvtcase.store import purging, queries
from mvtcase.wording import do, say
from mvtcase.workflow import moving, report_files
from mvtcase.workflow.desk import Outcome, OutcomeStatus
from mvtcase.workflow.officials import require_reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from mvtcase.model import Official, Report, Tombstone
    from mvtcase.store.purging import Holdings
    from mvtcase.store.store import Store
    from mvtcase.wording import Message
    from mvtcase.workflow.desk import Desk

_SHORTEST_NAME = 4
_SHORTEST_OTHER_NAME = 2
"""Characters of a text that tells a person: fewer letters, or Chinese characters, are found everywhere."""
_LOOKED_AT_AT_ONCE = 1 << 22
_EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A copy that a purge cannot reach: what it is, and where it was last known to be."""

    what: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """What a purge destroyed, or would destroy, and what it cannot reach; `left` are files that still name the person.

    `tombstones` are empty before it began.
    """

    officials: tuple[str, ...]
    rows: int
    files: tuple[str, ...]
    outside: tuple[Outside, ...]
    left: tuple[str, ...]
    tombstones: tuple[Tombstone, ...]


Confirm = Callable[[Purge], bool]


def purge_official(
    desk: Desk, named: str, *, reason: str, confirm: Confirm, at_request: bool = False
) -> Outcome[Purge]:
    """Destroy what a case holds of a person: evidence copies, results, attachments, findings, reports, identity.

    The person withdrew, the time agreed is over, or asked for it (`at_request`); else raises `ConflictError`. One that
    was cut short goes on. The reason stays in the case and must name nobody.
    """
    why = require_reason(reason)
    with desk.open_case(to_change=True) as store:
        begun = _begun(store, named)
        if begun is not None:
            return _finish(desk, store, [begun], ())
        one = queries.official(store, named)
        grounds = PurgeGrounds.REQUEST if at_request else _grounds(desk, store, one)
        return _purge(desk, store, [one], grounds, why, confirm)


def purge_case(desk: Desk, *, reason: str, confirm: Confirm) -> Outcome[Purge]:
    """Destroy what a case holds of everybody, and close it; its chain of custody and the tombstones stay."""
    why = require_reason(reason)
    with desk.open_case(to_change=True) as store:
        counted = [each for each in queries.officials(store, every=True) if each.state is not OfficialState.MERGED]
        outcome = _purge(desk, store, counted, PurgeGrounds.CASE, why, confirm)
        if outcome.data.tombstones or not counted:
            case = queries.case_file(store)
            with store.change("case.closed", actor=desk.actor, subject=case.id) as change:
                change.update("case_file", case.uuid, state=CaseState.CLOSED)
        return outcome


def _begun(store: Store, named: str) -> Tombstone | None:
    stone = next((each for each in queries.tombstones(store) if named in {each.official, each.id}), None)
    if stone is not None and stone.state is PurgeState.DONE:
        raise ConflictError("What the case held of {named} was destroyed on {at}.", named=named, at=stone.done_at)
    return stone


def _grounds(desk: Desk, store: Store, one: Official) -> PurgeGrounds:
    consents = queries.consents(store, one.id)
    if one.roster is RosterState.WITHDRAWN or (consents and all(each.withdrawn_at for each in consents)):
        return PurgeGrounds.WITHDRAWN
    until = consents[-1].retain_until if consents else None
    if until is not None and parse_timestamp(until) <= desk.clock():
        return PurgeGrounds.EXPIRED
    raise ConflictError(
        "{official} withdrew nothing, and the time agreed is not over.",
        hint=say(
            "First {0}; or, where the person asks for it, {1}.",
            do("consent withdraw", one.id),
            do("official purge", one.id, at_request=True),
        ),
        official=one.id,
    )


def _purge(
    desk: Desk, store: Store, people: Sequence[Official], grounds: PurgeGrounds, reason: str, confirm: Confirm
) -> Outcome[Purge]:
    held = {one.id: purging.holdings(store, _ids_of(store, one)) for one in people}
    files = {one.id: tuple(_files_of(store, one, held[one.id])) for one in people}
    plan = Purge(
        officials=tuple(held),
        rows=sum(len(uuids) for each in held.values() for uuids in each.rows.values()),
        files=tuple(dict.fromkeys(name for some in files.values() for name in some)),
        outside=tuple(_outside(store, held.values())),
        left=(),
        tombstones=(),
    )
    pending = [each for each in queries.tombstones(store) if each.state is not PurgeState.DONE]
    if not (people or pending) or (people and not confirm(plan)):
        return Outcome(data=plan, messages=("Nothing was destroyed.",))
    begun = [_begin(desk, store, one, held[one.id], files[one.id], grounds, reason) for one in people]
    return _finish(desk, store, [*pending, *begun], plan.outside)


def _ids_of(store: Store, one: Official) -> list[str]:
    """Return the ids that a person stands under: the one that counts, and those that were merged into it."""
    ids = [one.id]
    for each in queries.officials(store, every=True):
        if each.merged_into in ids:
            ids.append(each.id)
    return ids


def _files_of(store: Store, one: Official, held: Holdings) -> Iterator[str]:
    """Yield the folders and files of the case folder that hold a person's data, relative to it."""
    yield from (f"acquisitions/{each}" for each in held.ids["acquisition"])
    yield from (f"scans/{each}" for each in held.ids["scan"])
    own = {*_attachments(store, held.ids["official"])}
    others = [each.id for each in queries.officials(store, every=True) if each.id not in held.ids["official"]]
    yield from (f"attachments/{each}" for each in sorted(own - {*_attachments(store, others)}))
    written = (each for each in report_files.written(store) if _may_name(store, each.report, one, held))
    yield from (file.path for each in written for file in each.every_file)
    # An export holds everybody's findings, under a pseudonym at best.
    yield from store.folder.listed("exports")


def _attachments(store: Store, officials: Iterable[str]) -> Iterator[str]:
    for official in officials:
        found = [each.document_sha256 for each in queries.consents(store, official)]
        found += [each.attachment_sha256 for each in queries.observations(store, official)]
        yield from filter(None, found)


def _may_name(store: Store, report: Report, one: Official, held: Holdings) -> bool:
    """Return whether a report can name a person: it is on the person, or on several people since the person came."""
    if report.target in held.ids["official"]:
        return True
    about_one = any(report.target == each.id for each in queries.officials(store, every=True))
    since = moving.first_event(store, "official", one.uuid)
    return not about_one and moving.first_event(store, "report", report.uuid) > since


def _outside(store: Store, held: Iterable[Holdings]) -> Iterator[Outside]:
    """Yield the copies that nothing here can destroy."""
    holdings = list(held)
    acquisitions = {name for each in holdings for name in each.ids["acquisition"]}
    for acquisition in queries.acquisitions(store):
        if acquisition.id in acquisitions and not acquisition.imported:
            yield Outside(what=f"the original of {acquisition.id}", where=acquisition.path)
    for event in queries.custody_events(store):
        if event.action == "export.written":
            yield Outside(what="an export", where=f"{event.subject}, written {event.at[:10]}")
    for report in queries.reports(store):
        if report.state is not ReportState.DRAFT:
            yield Outside(what=f"copies of report {report.id} given away", where=report.state)
    people = {name for each in holdings for name in each.ids["official"]}
    if any(mark.mark == "letter_sent" and mark.official in people for mark in queries.roster_marks(store)):
        yield Outside(what="the letter", where="with the person")
    yield Outside(what="backups and snapshots of this disk", where="wherever they are kept")


def _begin(
    desk: Desk,
    store: Store,
    one: Official,
    held: Holdings,
    files: Sequence[str],
    grounds: PurgeGrounds,
    reason: str,
) -> Tombstone:
    """Write the tombstone: from here on the person is nowhere shown, and the rest follows whatever happens."""
    reports = [each for each in queries.reports(store) if each.path in files]
    with store.change("official.purge_begun", actor=desk.actor, subject=one.id, grounds=str(grounds)) as change:
        added = change.new_id("tombstone")
        change.insert(
            "tombstone",
            id=added,
            official=one.id,
            grounds=grounds,
            reason=reason,
            state=PurgeState.BEGUN,
            digest="",
            counts={"files": _files_in(store.folder.file(each) for each in files)},
            ids={"report_file": " ".join(each.id for each in reports)},
            pending=list(files),
            begun_at=change.at,
            begun_by=desk.actor,
        )
        for each in held.ids["official"]:
            row = next(known for known in queries.officials(store, every=True) if known.id == each)
            change.update("official", row.uuid, roster=RosterState.WITHDRAWN)
        for report in reports:
            change.update("report", report.uuid, outdated=f"its file was destroyed with {added}")
    return next(each for each in queries.tombstones(store) if each.id == added)


def _files_in(paths: Iterable[Path]) -> int:
    return sum(
        1 if path.is_file() else sum(each.is_file() for each in path.rglob("*")) for path in paths if path.exists()
    )


def _finish(desk: Desk, store: Store, stones: Sequence[Tombstone], outside: Sequence[Outside]) -> Outcome[Purge]:
    """Take every step that is left for some tombstones."""
    names: list[str] = []
    officials = {each.id: each for each in queries.officials(store, every=True)}
    for stone in stones:
        if stone.state is PurgeState.BEGUN:
            held = purging.holdings(store, _ids_of(store, officials[stone.official]))
            own = _names(store, held)
            names += own
            for path in stone.pending:
                store.folder.remove(path)
            _empty(desk, store, stone, held, own)
    purging.forget_pages(store)
    for stone in stones:
        with store.change("official.purged", actor=desk.actor, subject=stone.official, tombstone=stone.id) as change:
            change.update("tombstone", stone.uuid, state=PurgeState.DONE, done_at=change.at)
    purging.forget_pages(store)
    done = {each.id: each for each in queries.tombstones(store)}
    left = tuple(_still_naming(desk.workspace.cases, names))
    data = Purge(
        officials=tuple(each.official for each in stones),
        rows=sum(number for each in stones for table, number in done[each.id].counts.items() if table != "files"),
        files=tuple(path for each in stones for path in each.pending),
        outside=tuple(outside),
        left=left,
        tombstones=tuple(done[each.id] for each in stones),
    )
    return Outcome(
        data=data,
        status=OutcomeStatus.PARTIAL if left else OutcomeStatus.SUCCESS,
        messages=(*_told(outside), *_told_left(left)),
    )


def _empty(desk: Desk, store: Store, stone: Tombstone, held: Holdings, names: Sequence[str]) -> None:
    with store.change("official.rows_destroyed", actor=desk.actor, subject=stone.official) as change:
        kept = purging.destroy_rows(store, change, held, names, stone.id)
        counts = {**stone.counts, **_mapping(kept["counts"])}
        ids = {**stone.ids, **_mapping(kept["ids"])}
        change.update(
            "tombstone",
            stone.uuid,
            state=PurgeState.EMPTIED,
            digest=kept["digest"],
            counts=counts,
            ids=ids,
            events=kept["events"],
            pending=[],
        )


def _mapping(value: object) -> dict[str, object]:
    return dict(value) if isinstance(value, dict) else {}


def _names(store: Store, held: Holdings) -> list[str]:
    """Return the texts that tell a person: name, pseudonym, contact, a phone's marks, where its data lie."""
    texts: list[str | None] = []
    for one in queries.officials(store, every=True):
        if one.id in held.ids["official"]:
            texts += [one.name, one.pseudonym, *one.contact.split(", ")]
            texts += [each.given_by for each in queries.consents(store, one.id)]
    for device in queries.devices(store):
        if device.id in held.ids["device"]:
            seen = device.identity
            texts += [seen.name, seen.udid, seen.serial, seen.imei, seen.phone_number]
    for acquisition in queries.acquisitions(store):
        if acquisition.id in held.ids["acquisition"]:
            texts.append(acquisition.path)
    told = {text.strip() for text in texts if text}
    return sorted((text for text in told if _is_telling(text)), key=len, reverse=True)


def _is_telling(text: str) -> bool:
    return len(text) >= (_SHORTEST_NAME if text.isascii() else _SHORTEST_OTHER_NAME)


def _still_naming(cases: Path, names: Sequence[str]) -> Iterator[str]:
    """Yield the files below the cases that still name a person; copies of others' evidence are not looked at."""
    needles = {each for name in names for each in (name.encode(), canonical_json(name)[1:-1].encode())}
    longest = max(map(len, needles), default=0)
    for path in sorted(cases.rglob("*")):
        if path.is_file() and not path.is_symlink() and _EVIDENCE not in path.relative_to(cases).parts[2:-1]:
            with path.open("rb") as handle:
                tail = b""
                while piece := handle.read(_LOOKED_AT_AT_ONCE):
                    if any(needle in tail + piece for needle in needles):
                        yield str(path.relative_to(cases))
                        break
                    tail = piece[-longest:] if longest else b""


def _told(outside: Sequence[Outside]) -> tuple[Message, ...]:
    return tuple(
        say("Not reached, and for you to see to: {what} ({where}).", what=each.what, where=each.where)
        for each in outside
    )


def _told_left(left: Sequence[str]) -> tuple[Message, ...]:
    return tuple(
        say(
            "{path} still holds a text that tells the person: it is somebody else's or of another case, look at it.",
            path=each,
        )
        for each in left
    )
