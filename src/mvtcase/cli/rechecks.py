"""`mvtcase recheck`: run, list."""

from __future__ import annotations

from typing import Annotated

import typer

from mvtcase.cli import output, progress
from mvtcase.cli.scans import summary
from mvtcase.cli.state import state_of

app = typer.Typer(no_args_is_help=True, help="Rechecks: stored results against other indicators, without the phone.")


@app.command("run")
def run(
    context: typer.Context,
    scan: Annotated[list[str] | None, typer.Argument(help="Ids (S-0001).")] = None,
    everything: Annotated[bool, typer.Option("--all", help="The latest finished scan of every acquisition.")] = False,
    iocs: Annotated[
        list[str] | None, typer.Option("--iocs", metavar="SET", help="Indicator set; may be given again.")
    ] = None,
) -> None:
    """Compare earlier scans' stored results with indicator sets (retro-hunt)."""
    from mvtcase.workflow import rechecks

    state = state_of(context)
    with progress.scanning(state) as on_event:
        outcome = rechecks.run(
            state.desk(), scan or (), everything=everything, set_names=tuple(iocs or ()), on_event=on_event
        )
    output.show(state, outcome, summary)


@app.command("list")
def list_rechecks(context: typer.Context) -> None:
    """List the rechecks."""
    from mvtcase.workflow import rechecks

    state = state_of(context)
    output.show(state, rechecks.list_rechecks(state.desk()), summary)
