"""Officials: add, list, show, change, and put right those entered twice or by mistake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.canon import new_uuid
from mvtcase.casebook import overview
from mvtcase.errors import ConflictError, InputError
from mvtcase.model import OfficialState, Publication, RosterState
from mvtcase.store import queries
from mvtcase.wording import do, say
from mvtcase.workflow import findings, moving, payloads
from mvtcase.workflow.desk import Outcome
from mvtcase.workflow.seeking import LineShown, read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mvtcase import model
    from mvtcase.store.store import Change
    from mvtcase.workflow.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is written down about an official when adding one; `groups` are ids or names.

    Nothing said of publication means withheld, nothing said of the roster invited.
    """

    name: str = ""
    role: str = ""
    contact: str = ""
    pseudonym: str = ""
    register_id: str = ""
    publication: Publication | None = None
    roster: RosterState | None = None
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOfficial:
    """What is written down about one official."""

    official: model.Official


@dataclass(frozen=True, slots=True, kw_only=True)
class Officials:
    """What is written down about several officials."""

    officials: tuple[model.Official, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeOfficial(payloads.OfficialStatus):
    """An official with everything the case holds about the person."""

    contact: str
    consents: tuple[model.Consent, ...]
    findings: tuple[payloads.FindingShown, ...]
    observations: tuple[model.Observation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialInFull:
    """What `official show` returns: an official with the gravest findings, and how many there are in all.

    `lines` are the incident lines that all of them make; none where only so many findings were asked for.
    """

    official: WholeOfficial
    findings: int
    lines: tuple[LineShown, ...] = ()


def add(desk: Desk, person: Person) -> Outcome[OneOfficial]:
    """Add one official and return it."""
    with desk.open_case(to_change=True) as store:
        resolved = tuple(queries.group(store, name).id for name in person.groups)
        with store.change("official.added", actor=desk.actor, count=1) as change:
            added = insert(change, person, resolved, {each.pseudonym for each in queries.officials(store, every=True)})
            change.payload["subject"] = added
        return Outcome(
            data=OneOfficial(official=queries.official(store, added)),
            messages=(say("Next: record the consent with {0}.", do("consent record", added)),),
        )


def insert(change: Change, person: Person, groups: Sequence[str], taken: set[str]) -> str:
    """Write a new official inside the caller's transaction and return the id; `taken` are pseudonyms, and grows."""
    pseudonym = person.pseudonym.strip() or _new_pseudonym(taken)
    if pseudonym in taken:
        raise ConflictError(
            "The pseudonym {pseudonym!r} is taken.",
            hint=say("Choose another with {0}.", do(pseudonym="TEXT")),
            pseudonym=pseudonym,
        )
    taken.add(pseudonym)
    added = change.new_id("official")
    change.insert(
        "official",
        id=added,
        pseudonym=pseudonym,
        name=person.name.strip(),
        role=person.role.strip(),
        contact=person.contact.strip(),
        register_id=person.register_id,
        publication=person.publication or Publication.WITHHELD,
        roster=person.roster or RosterState.INVITED,
    )
    for group in dict.fromkeys(groups):
        change.insert("membership", official=added, affected_group=group)
    return added


def _new_pseudonym(taken: set[str]) -> str:
    """Return a pseudonym that says nothing of the person or of the order of adding."""
    while True:
        pseudonym = f"P-{new_uuid()[-6:].upper()}"
        if pseudonym not in taken:
            return pseudonym


def list_officials(desk: Desk) -> Outcome[Officials]:
    """Return all officials."""
    with desk.open_case() as store:
        return Outcome(data=Officials(officials=queries.officials(store)))


def show(desk: Desk, named: str, *, limit: int | None = None, by_line: bool = False) -> Outcome[OfficialInFull]:
    """Return an official with devices, status, consents, observations and findings, or so many of them, the gravest.

    With `by_line` the incident lines stand alone, without the findings in them.
    """
    with desk.open_case() as store:
        one = queries.official(store, named)
        (standing,) = overview(store, desk.newest(), one.id).officials
        ids = queries.finding_ids(store, (each.device.id for each in standing.devices))
        of_it = queries.of_official(one.id)
        found = () if by_line else read(store, queries.gravest(of_it, limit))
        whole = payloads.filled(
            WholeOfficial,
            payloads.official(standing, ids),
            contact=one.contact,
            consents=standing.consents,
            findings=tuple(map(payloads.finding, found)),
            observations=queries.observations(store, one.id),
        )
        number = sum(weight.number for each in standing.devices for weight in each.weights)
        lines = findings.lines_of(desk, store, of_it) if limit is None else ()
        return Outcome(data=OfficialInFull(official=whole, findings=number, lines=lines))


def change_official(
    desk: Desk, named: str, changes: Mapping[str, str], groups: Sequence[str] = ()
) -> Outcome[OneOfficial]:
    """Change columns of an official and add it to groups; `changes` holds new values by column."""
    if not changes and not groups:
        raise InputError("Nothing to change was given.", hint=say("See {0}.", do("official set", help=True)))
    with desk.open_case(to_change=True) as store:
        one = queries.official(store, named)
        joined = dict.fromkeys(queries.group(store, name).id for name in groups)
        with store.change(
            "official.changed", actor=desk.actor, subject=one.id, columns=",".join(sorted(changes))
        ) as change:
            if changes:
                change.update("official", one.uuid, **changes)
            for group in joined:
                if group not in one.groups:
                    change.insert("membership", official=one.id, affected_group=group)
        return Outcome(data=OneOfficial(official=queries.official(store, one.id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged(OneOfficial):
    """Who is counted from now on, under which id the person stood too, and the reports that have to be written anew."""

    merged: str
    outdated: tuple[str, ...]


def merge(desk: Desk, named: str, *, into: str, reason: str) -> Outcome[Merged]:
    """Make two entries of one person one: all that the first has goes to the second, and its id leads there.

    Raises `ConflictError` when both are one already, or one agreed and the other did not: the person says which holds.
    """
    why = require_reason(reason)
    with desk.open_case(to_change=True) as store:
        gone, kept = queries.official(store, named), queries.official(store, into)
        if gone.id == kept.id:
            raise ConflictError("{kept} is one person already.", kept=kept.id)
        _refuse_two_words(gone, kept)
        with store.change("official.merged", actor=desk.actor, subject=gone.id, into=kept.id, reason=why) as change:
            moving.hand_over(change, store, moving.OF_OFFICIAL, gone.id, to=kept.id)
            for group in gone.groups:
                if group not in kept.groups:
                    change.insert("membership", official=kept.id, affected_group=group)
            learnt = {name: getattr(gone, name) for name in _FILLED_IN if not getattr(kept, name)}
            roster = gone.roster if kept.roster in _UNDECIDED else kept.roster
            change.update("official", kept.uuid, **learnt, roster=roster)
            change.update("official", gone.uuid, state=OfficialState.MERGED, merged_into=kept.id)
            why_outdated = f"{gone.id} and {kept.id} are one person"
            outdated = moving.outdate(change, store, (gone, kept), why_outdated)
        official = queries.official(store, kept.id)
        return Outcome(
            data=Merged(official=official, merged=gone.id, outdated=outdated), messages=moving.told(outdated)
        )


_FILLED_IN = ("name", "role", "contact", "register_id")
_UNDECIDED = frozenset({RosterState.INVITED, RosterState.UNREACHABLE})


def _refuse_two_words(gone: model.Official, kept: model.Official) -> None:
    words = {gone.roster, kept.roster} - _UNDECIDED
    if len(words) > 1:
        raise ConflictError(
            "{gone} is {roster} and {kept} is {roster_2}: one person's latest word holds.",
            hint=say("Say which with {0}.", do("official set", gone.id, roster=str(kept.roster))),
            gone=gone.id,
            roster=gone.roster,
            kept=kept.id,
            roster_2=kept.roster,
        )


def remove(desk: Desk, named: str, *, reason: str) -> Outcome[OneOfficial]:
    """Take out an official who was entered by mistake: the name goes, the id is never given again.

    Raises `ConflictError` when anything is attached to the person.
    """
    why = require_reason(reason)
    with desk.open_case(to_change=True) as store:
        one = queries.official(store, named)
        attached = moving.attached_to(store, one.id)
        if attached:
            raise ConflictError(
                "{one} has {attached}.",
                hint=say(
                    "The same person twice: {0}. Somebody whose data has to go: {1}.",
                    do("official merge", one.id, into="OFFICIAL"),
                    do("official purge", one.id),
                ),
                one=one.id,
                attached=", ".join(attached),
            )
        with store.change("official.removed", actor=desk.actor, subject=one.id, reason=why) as change:
            nothing = dict.fromkeys(_FILLED_IN, "")
            change.update("official", one.uuid, **nothing, state=OfficialState.REMOVED)
            change.forget([one.uuid])
        removed = next(each for each in queries.officials(store, every=True) if each.id == one.id)
        return Outcome(data=OneOfficial(official=removed))


def require_reason(text: str) -> str:
    """Return a reason without blanks around it. Raises `InputError` when none was given."""
    if not text.strip():
        raise InputError("Say why.", hint=say("Give it with {0}.", do(reason="TEXT")))
    return text.strip()
