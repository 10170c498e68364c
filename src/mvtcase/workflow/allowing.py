"""The allow-list: what an inquiry knows to be ordinary. It proposes and counts; it hides nothing and judges nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.canon import StrEnum, parse_timestamp, person_key
from mvtcase.errors import ConflictError, InputError, NotFoundError
from mvtcase.findings.ratings import rule_named
from mvtcase.model.enums import AllowedThing, AllowWord
from mvtcase.store import queries
from mvtcase.store.store import Store
from mvtcase.wording import do, say
from mvtcase.workflow.desk import Outcome, readable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from mvtcase.findings.lines import IncidentLine
    from mvtcase.workflow.desk import Desk


class Standing(StrEnum):
    """Where an entry of the allow-list stands."""

    PROPOSED = "proposed"
    STANDS = "stands"
    EXPIRED = "expired"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of the allow-list with where it stands: `proposed` until as many examiners as it needs agree."""

    id: str
    what: AllowedThing
    value: str
    value_type: str
    reason: str
    expires_at: str | None
    at: str
    examiner: str
    agreed_by: tuple[str, ...]
    state: Standing
    case: str

    def fits(self, line: IncidentLine) -> bool:
        """Return whether a line is about what this entry names."""
        if self.what is AllowedThing.RULE:
            return line.indicator is None and self.value in {line.rule, line.rule.partition(" ")[0]}
        return line.indicator is not None and self.value == line.indicator.value


@dataclass(frozen=True, slots=True, kw_only=True)
class OneEntry:
    """What `allow add`, `allow agree` and `allow end` return."""

    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """What `allow list` returns."""

    entries: tuple[Entry, ...]


def add(
    desk: Desk,
    *,
    value: str | None = None,
    rule: str | None = None,
    reason: str,
    expires_at: str | None = None,
) -> Outcome[OneEntry]:
    """Propose that an indicator's value, or a rule with or without the thing it names, is ordinary here."""
    named = (value or rule or "").strip()
    if bool(value) == bool(rule) or not named or not reason.strip():
        raise InputError("An entry names one value or one rule, and gives its reason.")
    if rule and rule_named(rule) is None:
        raise NotFoundError(
            "There is no rule {rule!r}.", hint=say("{0} names a finding's.", do("finding show")), rule=rule
        )
    if expires_at is not None and parse_timestamp(expires_at) <= desk.clock():
        raise InputError("An entry that ran out on {at} proposes nothing.", hint="Check the year.", at=expires_at)
    with desk.open_case(to_change=True) as store:
        if any(each.value == named and each.state is not Standing.ENDED for each in entries(store, desk.clock())):
            raise ConflictError("The allow-list has {named!r} already.", named=named)
        with store.change("allow.proposed", actor=desk.actor) as change:
            added = change.new_id("allow_entry")
            change.payload["subject"] = added
            change.insert(
                "allow_entry",
                id=added,
                what=AllowedThing.VALUE if value else AllowedThing.RULE,
                value=named,
                value_type="indicator" if value else "",
                reason=reason.strip(),
                expires_at=expires_at,
                at=change.at,
                examiner=desk.actor,
            )
        return _told(desk, store, added)


def agree(desk: Desk, named: str) -> Outcome[OneEntry]:
    """Agree to an entry that another examiner proposed."""
    return _say(desk, named, AllowWord.AGREED, "")


def end(desk: Desk, named: str, *, reason: str) -> Outcome[OneEntry]:
    """End an entry: it proposes nothing from now on, and what was dismissed by it stays as it was judged."""
    if not reason.strip():
        raise InputError("Ending an entry needs its reason.")
    return _say(desk, named, AllowWord.ENDED, reason.strip())


def _say(desk: Desk, named: str, word: AllowWord, reason: str) -> Outcome[OneEntry]:
    with desk.open_case(to_change=True) as store:
        one = _entry(store, desk.clock(), named)
        if one.state is Standing.ENDED:
            raise ConflictError("{entry} was ended.", entry=one.id)
        if word is AllowWord.AGREED and person_key(desk.actor) == person_key(one.examiner):
            raise ConflictError("{entry} is your own proposal: another examiner agrees to it.", entry=one.id)
        with store.change(f"allow.{word}", actor=desk.actor, subject=one.id) as change:
            change.insert("allow_word", entry=one.id, word=word, reason=reason, at=change.at, examiner=desk.actor)
        return _told(desk, store, one.id)


def _told(desk: Desk, store: Store, named: str) -> Outcome[OneEntry]:
    one = _entry(store, desk.clock(), named)
    waiting = say("It takes another examiner: {0}.", do("allow agree", one.id))
    fitting = say("What it fits is proposed, not judged: {0}.", do("finding dispose", allowed=one.id))
    return Outcome(data=OneEntry(entry=one), messages=(waiting if one.state is Standing.PROPOSED else fitting,))


def _entry(store: Store, now: datetime, named: str) -> Entry:
    found = next((each for each in entries(store, now) if each.id == named), None)
    if found is None:
        raise NotFoundError("This case holds no entry {named!r}.", hint=say("See {0}.", do("allow list")), named=named)
    return found


def list_entries(desk: Desk, *, workspace: bool = False) -> Outcome[Entries]:
    """Return the allow-list of this case, or of every case of the workspace."""
    now = desk.clock()
    if not workspace:
        with desk.open_case() as store:
            return Outcome(data=Entries(entries=entries(store, now)))
    found: list[Entry] = []
    for folder in desk.workspace.case_folders():
        if readable(folder) is not None:
            with Store.open(folder, clock=desk.clock) as store:
                found += entries(store, now)
    return Outcome(data=Entries(entries=tuple(found)))


def standing(store: Store, now: datetime) -> tuple[Entry, ...]:
    """Return the entries that propose something now."""
    return tuple(each for each in entries(store, now) if each.state is Standing.STANDS)


def entry_standing(store: Store, now: datetime, named: str) -> Entry:
    """Return an entry that proposes something now. Raises `NotFoundError`, or `ConflictError` where it does not."""
    one = _entry(store, now, named)
    if one.state is not Standing.STANDS:
        raise ConflictError("{entry} proposes nothing now: it is {state}.", entry=one.id, state=one.state)
    return one


def entries(store: Store, now: datetime) -> tuple[Entry, ...]:
    """Return every entry with where it stands: an indicator's takes two examiners, unless one is enough here."""
    case = queries.case_file(store)
    needed = 1 if case.single_examiner else 2
    said: dict[str, list[sqlite3.Row]] = {}
    for word in queries.allow_words(store):
        said.setdefault(word["entry"], []).append(word)
    return tuple(_read(row, said.get(row["id"], ()), case.slug, now, needed) for row in queries.allow_entries(store))


def _read(row: sqlite3.Row, words: Sequence[sqlite3.Row], case: str, now: datetime, needed: int) -> Entry:
    agreed = tuple(dict.fromkeys(each["examiner"] for each in words if each["word"] == AllowWord.AGREED))
    people = {person_key(each) for each in (row["examiner"], *agreed)}
    if any(each["word"] == AllowWord.ENDED for each in words):
        state = Standing.ENDED
    elif row["expires_at"] is not None and parse_timestamp(row["expires_at"]) <= now:
        state = Standing.EXPIRED
    elif row["what"] == AllowedThing.VALUE and len(people) < needed:
        state = Standing.PROPOSED
    else:
        state = Standing.STANDS
    shown = {name: row[name] for name in ("id", "value", "value_type", "reason", "expires_at", "at", "examiner")}
    return Entry(**shown, what=AllowedThing(row["what"]), agreed_by=agreed, state=state, case=case)
