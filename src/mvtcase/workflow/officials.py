"""Officials: add, list, show, change, and import a roster from CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from mvtcase.canon import new_uuid
from mvtcase.casebook import lonely, overlaid, overview
from mvtcase.errors import ConflictError, InputError, NotFoundError
from mvtcase.model import Publication, RosterState
from mvtcase.store import queries
from mvtcase.wording import do, say
from mvtcase.workflow import payloads
from mvtcase.workflow.desk import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mvtcase import model
    from mvtcase.store.store import Change, Store
    from mvtcase.workflow.desk import Desk

MAX_CSV_BYTES = 8 << 20
MAX_PEOPLE = 10_000
CSV_COLUMNS = ("name", "role", "groups", "publication", "contact", "pseudonym", "roster")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is written down about an official when adding one; `groups` are ids or names."""

    name: str = ""
    role: str = ""
    contact: str = ""
    pseudonym: str = ""
    publication: Publication = Publication.WITHHELD
    roster: RosterState = RosterState.INVITED
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
    """What `official show` returns."""

    official: WholeOfficial


def add(desk: Desk, person: Person) -> Outcome[OneOfficial]:
    """Add one official and return it."""
    with desk.open_case(to_change=True) as store:
        added = _add_all(desk, store, [person], action="official.added")[0]
        return Outcome(
            data=OneOfficial(official=queries.official(store, added)),
            messages=(say("Next: record the consent with {0}.", do("consent record", added)),),
        )


def _add_all(desk: Desk, store: Store, people: Sequence[Person], *, action: str) -> list[str]:
    taken = {each.pseudonym for each in queries.officials(store)}
    resolved = [(person, tuple(queries.group(store, name).id for name in person.groups)) for person in people]
    with store.change(action, actor=desk.actor, count=len(people)) as change:
        added = [_insert(change, person, groups, taken) for person, groups in resolved]
        change.payload["subject"] = added[0] if len(added) == 1 else f"{added[0]}…{added[-1]}"
    return added


def _insert(change: Change, person: Person, groups: tuple[str, ...], taken: set[str]) -> str:
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
        publication=person.publication,
        roster=person.roster,
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


def show(desk: Desk, named: str) -> Outcome[OfficialInFull]:
    """Return an official with devices, status, consents and observations."""
    with desk.open_case() as store:
        one = queries.official(store, named)
        book = overview(store, desk.newest())
        standing = next(each for each in book.officials if each.official.id == one.id)
        found = overlaid(queries.findings(store, queries.of_official(one.id)), lonely(store))
        whole = payloads.filled(
            WholeOfficial,
            payloads.official(standing),
            contact=one.contact,
            consents=standing.consents,
            findings=tuple(map(payloads.finding, found)),
            observations=queries.observations(store, one.id),
        )
        return Outcome(data=OfficialInFull(official=whole))


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


def import_csv(desk: Desk, path: Path) -> Outcome[Officials]:
    """Add every official of a CSV roster, or none.

    The first line names the columns (name, role, groups separated by `;`, publication, contact, pseudonym, roster).
    Raises `InputError` naming the line that cannot be used.
    """
    people = read_roster(path)
    with desk.open_case(to_change=True) as store:
        added = _add_all(desk, store, people, action="official.imported")
        return Outcome(data=Officials(officials=tuple(queries.official(store, each) for each in added)))


def read_roster(path: Path) -> list[Person]:
    """Return the people of a CSV roster. Raises `InputError` or `NotFoundError`."""
    if not path.is_file():
        raise NotFoundError("There is no file {path}.", path=path)
    if path.stat().st_size > MAX_CSV_BYTES:
        raise InputError(
            "{path} is larger than {max_csv_bytes} MiB: no roster is.", path=path, max_csv_bytes=MAX_CSV_BYTES >> 20
        )
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "{path} is not UTF-8: {reason}.", hint="Save it as 'CSV UTF-8'.", path=path, reason=error.reason
        ) from None
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    _require_columns(path, rows.fieldnames or ())
    try:
        people = [_person(path, rows.line_num, row) for row in islice(rows, MAX_PEOPLE + 1)]
    except csv.Error as error:
        raise InputError("{path}, line {line_num}: {error}.", path=path, line_num=rows.line_num, error=error) from None
    if len(people) > MAX_PEOPLE:
        raise InputError(
            "{path} names more than {max_people} people: no roster does.", path=path, max_people=MAX_PEOPLE
        )
    if not people:
        raise InputError(
            "{path} names nobody.", hint="The first line names the columns, the others the officials.", path=path
        )
    return people


def _require_columns(path: Path, names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in CSV_COLUMNS]
    if not names or unknown or len(set(names)) < len(names):
        wrong = f"unknown columns {', '.join(unknown)}" if unknown else "a column twice" if names else "no columns"
        raise InputError(
            "{path} has {wrong}.",
            hint=say("Known columns: {csv_columns}.", csv_columns=", ".join(CSV_COLUMNS)),
            path=path,
            wrong=wrong,
        )


def _person(path: Path, line: int, row: Mapping[str | None, str | None]) -> Person:
    if None in row:
        raise InputError("{path}, line {line}: more cells than columns.", path=path, line=line)
    cells = {str(name): (value or "").strip() for name, value in row.items()}
    if not any(cells.values()):
        raise InputError(
            "{path}, line {line}: nothing stands in it.", hint="Take the empty line out.", path=path, line=line
        )
    groups = tuple(each.strip() for each in cells.pop("groups", "").split(";") if each.strip())
    try:
        publication = Publication(cells.pop("publication", "") or Publication.WITHHELD)
        roster = RosterState(cells.pop("roster", "") or RosterState.INVITED)
    except ValueError as error:
        raise InputError("{path}, line {line}: {error}.", path=path, line=line, error=error) from None
    return replace(Person(), **cells, publication=publication, roster=roster, groups=groups)
