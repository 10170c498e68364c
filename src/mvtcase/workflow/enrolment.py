"""A roster brought into the case as often as it changes: who is new, whose entry differs, who is as before."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mvtcase.canon import person_key
from mvtcase.errors import AmbiguousError, ConflictError, InputError, NotFoundError
from mvtcase.model import Publication, RosterState
from mvtcase.store import queries
from mvtcase.wording import do, say
from mvtcase.workflow import rosters
from mvtcase.workflow.desk import Outcome
from mvtcase.workflow.officials import Officials, Person, insert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from mvtcase.model import Official
    from mvtcase.store.store import Change, Store
    from mvtcase.wording import Message
    from mvtcase.workflow.desk import Desk
    from mvtcase.workflow.rosters import Row

COLUMNS: rosters.Names = {
    "id": ("no", "no.", "編號", "員工編號", "識別碼"),
    "name": ("fullname", "姓名", "名字"),
    "role": ("title", "position", "office", "職稱", "職務", "職位"),
    "groups": ("group", "unit", "department", "party", "單位", "部門", "機關", "黨團", "群組"),
    "contact": (
        *("phone", "telephone", "mobile", "email", "e-mail"),
        *("電話", "手機", "聯絡方式", "聯絡電話", "電子郵件", "信箱"),
    ),
    "publication": ("公開程度", "公開"),
    "pseudonym": ("代號", "化名"),
    "roster": ("state", "狀態"),
}
"""The columns of a roster with the headers that mean each, in English and in Traditional Chinese."""
_HEADERS = ("編號", "姓名", "職稱", "單位", "電話", "公開程度", "代號", "狀態")
_PUBLICATION: Mapping[str, tuple[str, ...]] = {
    "named": ("具名", "公開姓名"),
    "role": ("職稱", "僅職稱"),
    "counted": ("計入", "僅計數"),
    "withheld": ("不公開", "保密"),
}
_ROSTER: Mapping[str, tuple[str, ...]] = {
    "invited": ("已邀請", "邀請"),
    "consented": ("已同意", "同意"),
    "refused": ("已拒絕", "拒絕"),
    "unreachable": ("無法聯絡", "聯絡不上"),
    "withdrawn": ("已撤回", "撤回"),
}
_UNDECIDED = frozenset({RosterState.INVITED, RosterState.UNREACHABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One column of an official that a roster says otherwise."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """An official whose entry differs from the roster's; `by_name` where no id says that it is the same person."""

    id: str
    name: str
    differences: tuple[Difference, ...]
    by_name: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported(Officials):
    """What an import did, or would do: `officials` are those added; `by_name` those no id says are the same people."""

    new: tuple[str, ...]
    changed: tuple[Changed, ...]
    unchanged: tuple[str, ...]
    by_name: tuple[str, ...]


@dataclass(kw_only=True)
class _Plan:
    new: list[Person] = field(default_factory=list)
    changed: list[tuple[Official, Person, Changed]] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    by_name: list[str] = field(default_factory=list)
    namesakes: list[str] = field(default_factory=list)


def import_roster(
    desk: Desk, path: Path, *, confirm: Callable[[Imported], bool], add_groups: bool = False, dry_run: bool = False
) -> Outcome[Imported]:
    """Bring a roster (CSV or XLSX) into the case: add who is new, change whose entry differs, or do nothing at all.

    A person is known by the roster's id column, else by name and role. `confirm` sees what would be done before it is
    done, and says whether to go on; it is not asked where people are only added and nobody is known by name alone.
    Raises `InputError` naming the line that cannot be used.
    """
    people = [_person(path, row) for row in rosters.read(path, COLUMNS, many=frozenset({"contact"}))]
    with desk.open_case(to_change=True) as store:
        missing = _require_groups(store, people, add=add_groups)
        plan = _plan(store, people)
        told = _told(store, plan, ())
        if dry_run or not (plan.new or plan.changed) or not (_may_be_done(told) or confirm(told)):
            return Outcome(data=told, messages=("Nothing was changed.",))
        with store.change("official.imported", actor=desk.actor, count=len(people)) as change:
            for name in missing:
                change.insert("affected_group", id=change.new_id("affected_group"), name=name)
            added = _carry_out(change, store, plan)
            change.payload["subject"] = f"{added[0]}…{added[-1]}" if len(added) > 1 else "".join(added)
        return Outcome(data=_told(store, plan, added), messages=_advice(plan, added))


def _may_be_done(told: Imported) -> bool:
    """Return whether nothing of a plan can go wrong unseen: it only adds, and takes nobody for somebody else."""
    return not told.changed and not told.by_name


def _require_groups(store: Store, people: Iterable[Person], *, add: bool) -> list[str]:
    known = {name for each in queries.groups(store) for name in (each.id, each.name)}
    missing = list(dict.fromkeys(name for one in people for name in one.groups if name not in known))
    if missing and not add:
        raise NotFoundError(
            "This case holds no group {names}.",
            hint=say("Add each with {0}, or all of them with {1}.", do("group add", "NAME"), do(add_groups=True)),
            names=", ".join(map(repr, missing)),
        )
    return missing


def _person(path: Path, row: Row) -> Person:
    cells = dict(row.cells)
    publication = rosters.word(path, row, "publication", _PUBLICATION)
    roster = rosters.word(path, row, "roster", _ROSTER)
    groups = tuple(each.strip() for each in re.split("[;\uff1b]", cells.get("groups", "")) if each.strip())
    return Person(
        name=cells.get("name", ""),
        role=cells.get("role", ""),
        contact=cells.get("contact", ""),
        pseudonym=cells.get("pseudonym", ""),
        register_id=cells.get("id", ""),
        publication=Publication(publication) if publication else None,
        roster=RosterState(roster) if roster else None,
        groups=groups,
    )


def _plan(store: Store, people: Sequence[Person]) -> _Plan:
    known = queries.officials(store, every=True)
    active = {each.id: each for each in queries.officials(store)}
    by_id: dict[str, Official] = {}
    by_name: dict[tuple[str, str], list[Official]] = {}
    for each in known:
        # Somebody entered twice and merged is found by either entry.
        counted = active.get(queries.official(store, each.id).id) if each.merged_into else active.get(each.id)
        if counted is None:
            continue
        if each.register_id:
            by_id[each.register_id] = counted
        by_name.setdefault((person_key(each.name), person_key(each.role)), []).append(counted)
    names = {person_key(each.name) for each in active.values() if each.name}
    groups = {name: each.id for each in queries.groups(store) for name in (each.name, each.id)}
    plan, seen = _Plan(), set[str]()
    for one in people:
        official = by_id.get(one.register_id) if one.register_id else None
        found_by_name = official is None
        official = official or _by_name(by_name, one)
        if official is None:
            plan.new.append(one)
            plan.namesakes += [one.name] if person_key(one.name) in names else []
            continue
        _refuse_twice(official, seen)
        plan.by_name += [official.id] if found_by_name else []
        differences = _differences(official, one, groups)
        if differences:
            told = Changed(id=official.id, name=official.name, differences=differences, by_name=found_by_name)
            plan.changed.append((official, one, told))
        else:
            plan.unchanged.append(official.id)
    return plan


def _by_name(by_name: Mapping[tuple[str, str], Sequence[Official]], one: Person) -> Official | None:
    """Return the one official with a person's name and role; somebody with another id in the roster is another."""
    fitting = by_name.get((person_key(one.name), person_key(one.role)), ()) if one.name else ()
    fitting = [each for each in dict.fromkeys(fitting) if not (each.register_id and one.register_id)]
    if len(fitting) > 1:
        raise AmbiguousError(
            "{name} fits several officials: {ids}.",
            hint="Give each a line with the id of the roster, in a column 'id'.",
            name=one.name,
            ids=", ".join(each.id for each in fitting),
        )
    return fitting[0] if fitting else None


def _refuse_twice(official: Official, seen: set[str]) -> None:
    if official.id in seen:
        raise ConflictError(
            "The roster names {official} twice.", hint="Give each line an id, in a column 'id'.", official=official.id
        )
    seen.add(official.id)


def _differences(official: Official, one: Person, groups: Mapping[str, str]) -> tuple[Difference, ...]:
    """Return what a roster says otherwise; an empty cell says nothing, and a decided person's word is the case's."""
    said = {name: getattr(one, name) for name in ("name", "role", "contact", "pseudonym", "register_id", "publication")}
    if official.roster in _UNDECIDED:
        said["roster"] = one.roster
    found = [
        Difference(column=name, before=str(getattr(official, name)), after=str(value))
        for name, value in said.items()
        if value and value != getattr(official, name)
    ]
    joined = [name for name in one.groups if groups.get(name) not in official.groups]
    if joined:
        found.append(Difference(column="groups", before="", after="; ".join(joined)))
    return tuple(found)


def _told(store: Store, plan: _Plan, added: Sequence[str]) -> Imported:
    return Imported(
        officials=tuple(queries.official(store, each) for each in added),
        new=tuple(one.name or one.role for one in plan.new),
        changed=tuple(told for _, _, told in plan.changed),
        unchanged=tuple(plan.unchanged),
        by_name=tuple(plan.by_name),
    )


def _carry_out(change: Change, store: Store, plan: _Plan) -> list[str]:
    taken = {each.pseudonym for each in queries.officials(store, every=True)}
    groups = {name: each.id for each in queries.groups(store) for name in (each.name, each.id)}
    for official, one, told in plan.changed:
        columns = {each.column: each.after for each in told.differences if each.column != "groups"}
        if columns.get("pseudonym") in taken:
            raise ConflictError("The pseudonym {pseudonym!r} is taken.", pseudonym=columns["pseudonym"])
        change.update("official", official.uuid, **columns)
        for group in dict.fromkeys(groups[name] for name in one.groups):
            if group not in official.groups:
                change.insert("membership", official=official.id, affected_group=group)
    return [insert(change, one, tuple(groups[name] for name in one.groups), taken) for one in plan.new]


def _advice(plan: _Plan, added: Sequence[str]) -> tuple[Message, ...]:
    notes: list[Message] = []
    if plan.namesakes:
        notes.append(
            say(
                "Added beside somebody of the same name and another role: {names}. The same person: {0}.",
                do("official merge", "OFFICIAL", into="OFFICIAL"),
                names=", ".join(plan.namesakes),
            )
        )
    if added:
        notes.append(say("Next: record their consents, one by one or with {0}.", do("consent record", csv="FILE")))
    return tuple(notes)


def template(path: Path | None) -> str:
    """Return an empty roster as CSV text with headers in both languages, or write it to a new CSV or XLSX file.

    Raises `ConflictError` when the file exists, `InputError` for another kind of file.
    """
    heads = [f"{column} {header}" for column, header in zip(COLUMNS, _HEADERS, strict=True)]
    text = io.StringIO(newline="")
    csv.writer(text).writerow(heads)
    if path is None:
        return text.getvalue()
    if path.exists():
        raise ConflictError("{path} exists already.", hint="Name a new file.", path=path)
    if path.suffix.lower() == ".csv":
        path.write_text(text.getvalue(), "utf-8-sig", newline="")
    elif path.suffix.lower() == ".xlsx":
        _workbook(path, heads)
    else:
        raise InputError("{path} is neither .csv nor .xlsx.", path=path)
    return text.getvalue()


def _workbook(path: Path, heads: Sequence[str]) -> None:
    import openpyxl  # noqa: PLC0415  # takes a while, and most rosters are CSV
    from openpyxl.utils import get_column_letter  # noqa: PLC0415  # as above

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(heads)
    for number in range(1, len(heads) + 1):
        # Text, so that a telephone number keeps its leading zero.
        sheet.column_dimensions[get_column_letter(number)].number_format = "@"
    book.save(path)
