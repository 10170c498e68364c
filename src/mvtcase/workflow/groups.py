"""Affected groups: add and list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.errors import ConflictError, InputError
from mvtcase.store import queries
from mvtcase.workflow import shapes
from mvtcase.workflow.desk import Outcome

if TYPE_CHECKING:
    from mvtcase.workflow.desk import Desk


def add(desk: Desk, name: str, *, parent: str | None = None) -> Outcome:
    """Add a group, inside another one or not. Raises `ConflictError` when the name is taken."""
    if not name.strip():
        raise InputError("A group needs a name.")
    with desk.open_case(to_change=True) as store:
        if any(each.name == name.strip() for each in queries.groups(store)):
            raise ConflictError(f"There is a group {name.strip()!r} already.")
        above = queries.group(store, parent).id if parent else None
        with store.change("group.added", actor=desk.actor, name=name.strip()) as change:
            added = change.new_id("affected_group")
            change.payload["subject"] = added
            change.insert("affected_group", id=added, name=name.strip(), parent=above)
        return Outcome(data={"group": shapes.plain(queries.group(store, added))})


def list_groups(desk: Desk) -> Outcome:
    """Return all groups."""
    with desk.open_case() as store:
        return Outcome(data={"groups": [shapes.plain(each) for each in queries.groups(store)]})
