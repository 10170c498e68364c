"""`mvtcase case`: new, list, show, close, reopen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase.cli import output
from mvtcase.cli.data import at, items
from mvtcase.cli.state import state_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.table import Table

app = typer.Typer(no_args_is_help=True, help="Inquiries: one case is one folder with one SQLite file.")


@app.command("new")
def new(
    context: typer.Context,
    title: Annotated[str, typer.Argument(help="What people call the inquiry.")],
    slug: Annotated[str | None, typer.Option("--slug", help="Folder name; default: made from the title.")] = None,
    tlp: Annotated[
        str, typer.Option("--tlp", help="Marking of every report: RED, AMBER+STRICT, AMBER, GREEN or CLEAR (TLP 2.0).")
    ] = "AMBER+STRICT",
    description: Annotated[str, typer.Option("--description", help="Free text.")] = "",
) -> None:
    """Start a case."""
    from mvtcase.workflow import cases

    state = state_of(context)
    output.show(state, cases.new(state.desk(), title, slug=slug, tlp=tlp, description=description), _one)


@app.command("list")
def list_cases(context: typer.Context) -> None:
    """List the cases of the workspace."""
    from mvtcase.workflow import cases

    state = state_of(context)
    output.show(state, cases.list_cases(state.desk()), _many)


@app.command("show")
def show(context: typer.Context) -> None:
    """Show one case and how much it holds."""
    from mvtcase.workflow import cases

    state = state_of(context)
    output.show(state, cases.show(state.desk()), _one)


@app.command("close")
def close(context: typer.Context) -> None:
    """Close a case: nothing changes it until it is reopened."""
    from mvtcase.workflow import cases

    state = state_of(context)
    output.show(state, cases.close(state.desk()), _one)


@app.command("reopen")
def reopen(context: typer.Context) -> None:
    """Reopen a closed case."""
    from mvtcase.workflow import cases

    state = state_of(context)
    output.show(state, cases.reopen(state.desk()), _one)


def _one(data: Mapping[str, object]) -> Iterable[Table]:
    one = at(data, "case")
    counted = {
        name: data[name]
        for name in ("folder", "officials", "devices", "acquisitions", "scans", "findings")
        if name in data
    }
    shown = {name: one[name] for name in ("id", "slug", "title", "tlp", "state", "created_at", "created_by")}
    yield output.facts(f"Case {one['id']}", {**shown, **counted})


def _many(data: Mapping[str, object]) -> Iterable[Table]:
    columns = ("id", "slug", "title", "tlp", "state")
    yield output.table("Cases", columns, [[each[name] for name in columns] for each in items(data, "cases")])
