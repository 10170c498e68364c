"""`mvtcase group`: add, list."""

from __future__ import annotations

from typing import Annotated

import typer

from mvtcase.cli import output
from mvtcase.cli.data import at, items
from mvtcase.cli.state import state_of

app = typer.Typer(no_args_is_help=True, help="Affected groups: party caucuses, ministries, offices. Groups nest.")
_COLUMNS = ("id", "name", "parent")


@app.command("add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="As shown in reports.")],
    parent: Annotated[str | None, typer.Option("--parent", help="The group it belongs to, by name or id.")] = None,
) -> None:
    """Add a group."""
    from mvtcase.workflow import groups

    state = state_of(context)
    output.show(
        state, groups.add(state.desk(), name, parent=parent), lambda data: [output.facts("Group", at(data, "group"))]
    )


@app.command("list")
def list_groups(context: typer.Context) -> None:
    """List the groups."""
    from mvtcase.workflow import groups

    state = state_of(context)
    output.show(
        state,
        groups.list_groups(state.desk()),
        lambda data: [
            output.table("Groups", _COLUMNS, [[each[name] for name in _COLUMNS] for each in items(data, "groups")])
        ],
    )
