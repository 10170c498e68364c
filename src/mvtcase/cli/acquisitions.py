"""`mvtcase acquisition`: add, list, show, verify, set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import output, progress
from mvtcase.cli.state import state_of
from mvtcase.model import AcquisitionState
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from mvtcase.workflow.acquisitions import Acquisitions, OneAcquisition, Originals, WholeAcquisition

app = typer.Typer(no_args_is_help=True, help="Acquisitions: what was taken from a phone, hashed and never written to.")
Acquisition = Annotated[str, typer.Argument(help="Id (A-0001).")]


@app.command("add")
def add(  # options explain themselves in their help
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="Backup, AndroidQF, bugreport, sysdiagnose …; its kind is recognised.")],
    official: Annotated[str, typer.Option("--official", help="Whose phone it was taken from.")],
    device: Annotated[
        str | None, typer.Option("--device", help="Of which device; default: told by its identity.")
    ] = None,
    label: Annotated[str, typer.Option("--label", help="What to call a new device.")] = "",
    acquired: Annotated[str | None, typer.Option("--acquired", metavar="DATE", help="When it was taken.")] = None,
    copy_in: Annotated[bool, typer.Option("--import", help="Copy it into the case folder, hashes verified.")] = False,
    recursive: Annotated[bool, typer.Option("--recursive", help="Register every phone below the folder.")] = False,
) -> None:
    """Register an acquisition: recognise its kind and device, hash every file, write nothing to it."""
    state = state_of(context)
    wish = workflow.acquisitions.Registration(
        official=official,
        device=device,
        label=label,
        copy_in=copy_in,
        acquired_at=workflow.consents.read_date(acquired) if acquired else None,
    )
    desk = state.desk()
    with progress.hashing(state) as on_progress:
        if recursive:
            many = workflow.acquisitions.add_all(desk, path, wish, on_progress=on_progress)
        else:
            one = workflow.acquisitions.add(desk, path, wish, on_progress=on_progress)
    if recursive:
        output.show(state, many, _many)
    else:
        output.show(state, one, _one)


@app.command("list")
def list_acquisitions(context: typer.Context) -> None:
    """List the acquisitions."""
    output.answer(context, workflow.acquisitions.list_acquisitions, _many)


@app.command("show")
def show(context: typer.Context, acquisition: Acquisition) -> None:
    """Show an acquisition and the scans of it."""
    output.answer(context, lambda desk: workflow.acquisitions.show(desk, acquisition), _whole)


@app.command("verify")
def verify(
    context: typer.Context,
    acquisition: Annotated[list[str] | None, typer.Argument(help="Ids; default: all.")] = None,
) -> None:
    """Hash originals again and compare them with what was registered."""
    state = state_of(context)
    with progress.hashing(state) as on_progress:
        outcome = workflow.acquisitions.verify(state.desk(), acquisition or [], on_progress=on_progress)
    output.show(state, outcome, _verified)


@app.command("set")
def change(
    context: typer.Context,
    acquisition: Acquisition,
    to: Annotated[AcquisitionState, typer.Option("--state", help="Whether it counts for the device's status.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the case.")],
) -> None:
    """Set an acquisition aside, with a reason, or make it count again."""
    output.answer(
        context, lambda desk: workflow.acquisitions.set_aside(desk, acquisition, state=to, reason=reason), _one
    )


def _one(data: OneAcquisition) -> Iterable[Table]:
    names = ("id", "device", "official", "kind", "encrypted", "path", "files", "bytes", "manifest_sha256", "state")
    yield output.record(say("Acquisition {id}", id=data.acquisition.id), data.acquisition, (*names, "identity"))


def _whole(data: WholeAcquisition) -> Iterable[Table]:
    yield from _one(data)
    yield output.records("Scans", ("id", "state", "completeness"), data.scans)


def _many(data: Acquisitions) -> Iterable[Table]:
    columns = ("id", "device", "official", "kind", "encrypted", "files", "bytes", "registered_at", "state")
    yield output.records("Acquisitions", columns, data.acquisitions)


def _verified(data: Originals) -> Iterable[Table]:
    rows = [
        [each.id, each.path, each.unchanged, [f"{one.path} ({one.what})" for one in each.differences]]
        for each in data.acquisitions
    ]
    yield output.table("Originals", ("id", "path", "unchanged", "differences"), rows)
