"""Affected groups: add and list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.errors import ConflictError, InputError
from mvtcase.store import queries
from mvtcase.workflow.desk import Outcome

if TYPE_CHECKING:
    from mvtcase.model import Group
    from mvtcase.workflow.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class OneGroup:
    """What `group add` returns."""

    group: Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """What `group list` returns."""

    groups: tuple[Group, ...]


def add(desk: Desk, name: str, *, parent: str | None = None) -> Outcome[OneGroup]:
    """Add a group, inside another one or not. Raises `ConflictError` when the name is taken."""
    if not name.strip():
        raise InputError("A group needs a name.")
    with desk.open_case(to_change=True) as store:
        if any(each.name == name.strip() for each in queries.groups(store)):
            raise ConflictError("There is a group {strip!r} already.", strip=name.strip())
        above = queries.group(store, parent).id if parent else None
        with store.change("group.added", actor=desk.actor, name=name.strip()) as change:
            added = change.new_id("affected_group")
            change.payload["subject"] = added
            change.insert("affected_group", id=added, name=name.strip(), parent=above)
        return Outcome(data=OneGroup(group=queries.group(store, added)))


def list_groups(desk: Desk) -> Outcome[Groups]:
    """Return all groups."""
    with desk.open_case() as store:
        return Outcome(data=Groups(groups=queries.groups(store)))
