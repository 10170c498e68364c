"""`mvtcase custody`: log, verify, note."""

from __future__ import annotations

from typing import Annotated

import typer

from mvtcase.cli import output
from mvtcase.cli.data import at, items
from mvtcase.cli.state import state_of

app = typer.Typer(no_args_is_help=True, help="The chain of custody: every change of the case, hash-chained.")
_COLUMNS = ("sequence", "at", "actor", "action", "subject", "digest")


@app.command("log")
def log(context: typer.Context) -> None:
    """Print the chain, oldest event first."""
    from mvtcase.workflow import custody

    state = state_of(context)
    output.show(
        state,
        custody.log(state.desk()),
        lambda data: [
            output.table("Chain of custody", _COLUMNS, [[e[n] for n in _COLUMNS] for e in items(data, "events")])
        ],
    )


@app.command("verify")
def verify(context: typer.Context) -> None:
    """Check every stored row and kept file against the chain."""
    from mvtcase.workflow import custody

    state = state_of(context)
    output.show(state, custody.verify(state.desk()), lambda data: [output.facts("Chain of custody", data)])


@app.command("note")
def note(context: typer.Context, text: Annotated[str, typer.Argument(help="The remark.")]) -> None:
    """Add a remark to the chain."""
    from mvtcase.workflow import custody

    state = state_of(context)
    output.show(state, custody.note(state.desk(), text), lambda data: [output.facts("Note", at(data, "note"))])
