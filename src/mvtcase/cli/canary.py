"""`mvtcase canary`: plan harmless markers for a phone of one's own, and prove that each reader sees them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import output
from mvtcase.cli.state import state_of, words
from mvtcase.errors import InputError
from mvtcase.model import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from mvtcase.workflow.canary import Checked, Planned

app = typer.Typer(
    no_args_is_help=True,
    help="Canary: harmless markers on a phone of your own, to prove that each reader still sees a new version's data.",
)


@app.command("plan")
def plan(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for checklist, markers and their set.")],
    platform: Annotated[Platform, typer.Option("--platform", help="ios or android.")],
    app_id: Annotated[
        str, typer.Option("--app", metavar="ID", help="An app that you install for it; default: Wikipedia.")
    ] = "",
) -> None:
    """Write a checklist of markers and the indicator set that finds them."""
    if platform is Platform.UNKNOWN:
        raise InputError("Say ios or android.")
    state = state_of(context)
    outcome = workflow.canary.plan(folder.expanduser().absolute(), platform, app=app_id, words=words)
    output.show(state, outcome, _planned)


@app.command("check")
def check(
    context: typer.Context,
    markers: Annotated[Path, typer.Argument(metavar="FILE", help="The canary.json of the plan.")],
    acquisition: Annotated[str, typer.Argument(help="Id of the scanned acquisition (A-0001).")],
) -> None:
    """Say which marker was seen by whom, and which was lost."""
    output.answer(context, lambda desk: workflow.canary.check(desk, markers, acquisition), _checked)


def _planned(data: Planned) -> Iterable[Table]:
    steps = {str(each.how): each.how for each in data.markers}.values()
    yield output.table("Markers", ("", "do"), list(enumerate(steps, 1)))


def _checked(data: Checked) -> Iterable[Table]:
    rows = [[each.name, each.value, each.reader, each.seen, each.seen_by] for each in data.sightings]
    yield output.table(f"Markers in {data.scan}", ("marker", "value", "must be seen by", "was", "seen by"), rows)
