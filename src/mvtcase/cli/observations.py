"""`mvtcase observe`: add, list, due."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import output

app = typer.Typer(no_args_is_help=True, help="Observations: what a responder saw on a screen or was told.")


@app.command("add")
def add(
    context: typer.Context,
    official: Annotated[str, typer.Argument(help="About whom: id or pseudonym.")],
    kind: Annotated[
        str,
        typer.Argument(help="line.letter_sealing, apple.threat_notification, …; one of your own begins with 'x.'."),
    ],
    value: Annotated[str, typer.Argument(help="What was seen; for line.letter_sealing: on, off or unknown.")],
    when: Annotated[
        str | None, typer.Option("--at", metavar="DATE", help="When it was so (UTC); default: now.")
    ] = None,
    method: Annotated[str, typer.Option("--method", help="screen, statement or backup.")] = "",
    device: Annotated[str | None, typer.Option("--device", help="On which device.")] = None,
    attachment: Annotated[Path | None, typer.Option("--attachment", help="A screenshot; a copy is kept.")] = None,
    note: Annotated[str, typer.Option("--note", help="Free text.")] = "",
) -> None:
    """Record an observation; a wrong one is corrected by a later one with the same '--at'."""
    seen = workflow.observations.Seen(
        kind=kind,
        value=value,
        method=method,
        at=workflow.consents.read_date(when) if when else None,
        note=note,
        device=device,
        attachment=attachment,
    )
    output.answer(
        context,
        lambda desk: workflow.observations.add(desk, official, seen),
        lambda data: [output.record("Observation", data.observation)],
    )


@app.command("list")
def list_observations(
    context: typer.Context,
    official: Annotated[str | None, typer.Option("--official", help="Only of this official.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Only of this kind.")] = None,
) -> None:
    """List observations in the order of the time they speak of."""
    columns = ("id", "at", "official", "device", "kind", "value", "method", "recorded_by", "note", "attachment_name")
    output.answer(
        context,
        lambda desk: workflow.observations.list_observations(desk, official=official, kind=kind),
        lambda data: [output.records("Observations", columns, data.observations)],
    )


@app.command("due")
def due(
    context: typer.Context,
    every: Annotated[
        str, typer.Option("--every", metavar="DAYS", help="How often to look again, such as 30d.")
    ] = "30d",
    group: Annotated[str | None, typer.Option("--group", help="Only this group and those inside it.")] = None,
    kind: Annotated[str, typer.Option("--kind", help="Which observation.")] = "line.letter_sealing",
) -> None:
    """List who must be asked again: continuous watching of a high-profile group."""
    columns = ("id", "pseudonym", "name", "groups", "value", "last_seen", "days_overdue")
    output.answer(
        context,
        lambda desk: workflow.sealing.due(desk, every=every, group=group, kind=kind),
        lambda data: [output.records("Due to be asked again", columns, data.due)],
    )
