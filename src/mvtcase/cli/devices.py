"""`mvtcase device`: add, list, show, set, move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import findings, output
from mvtcase.cli.sought import Gravest
from mvtcase.cli.state import state_of
from mvtcase.model import DeviceIdentity, DeviceState, Platform
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from mvtcase.workflow.devices import DeviceInFull, Moved, OneDevice

app = typer.Typer(no_args_is_help=True, help="Phones and tablets; most are made by 'acquisition add' by themselves.")


@app.command("add")
def add(
    context: typer.Context,
    official: Annotated[str, typer.Argument(help="Whose device it is.")],
    label: Annotated[str, typer.Option("--label", help="What people call it.")] = "",
    platform: Annotated[Platform, typer.Option("--platform", help="Its operating system.")] = Platform.UNKNOWN,
    model: Annotated[str | None, typer.Option("--model", help="As people name it, such as iPhone 15.")] = None,
    udid: Annotated[str | None, typer.Option("--udid", help="An iPhone's unique id.")] = None,
    serial: Annotated[str | None, typer.Option("--serial", help="Serial number.")] = None,
    imei: Annotated[str | None, typer.Option("--imei", help="IMEI; dial *#06# to see it.")] = None,
    owner: Annotated[str, typer.Option("--owner", help="The device owner, where it is not the official.")] = "",
) -> None:
    """Add a device by hand, before anything was taken from it."""
    identity = DeviceIdentity(platform=platform, model=model, udid=udid, serial=serial, imei=imei)
    output.answer(
        context, lambda desk: workflow.devices.add(desk, official, label=label, identity=identity, owner=owner), _one
    )


@app.command("list")
def list_devices(context: typer.Context) -> None:
    """List the devices with their status."""
    columns = ("id", "official", "label", "platform", "state", "status", "dismissed", "leads", "completeness")
    output.answer(
        context, workflow.devices.list_devices, lambda data: [output.records("Devices", columns, data.devices)]
    )


@app.command("show")
def show(
    context: typer.Context, device: Annotated[str, typer.Argument(help="Id (D-0001).")], limit: Gravest = None
) -> None:
    """Show a device with what was examined on it and what was found."""
    by_line = limit is None and not state_of(context).as_json
    output.answer(context, lambda desk: workflow.devices.show(desk, device, limit=limit, by_line=by_line), _whole)


@app.command("set")
def change(
    context: typer.Context,
    device: Annotated[str, typer.Argument(help="Id (D-0001).")],
    to: Annotated[DeviceState | None, typer.Option("--state", help="What became of it.")] = None,
    label: Annotated[str | None, typer.Option("--label", help="What people call it.")] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", help="The device owner, where it is not the official.")
    ] = None,
) -> None:
    """Change what became of a device, its label or its owner."""
    output.answer(
        context, lambda desk: workflow.devices.change_device(desk, device, state=to, label=label, owner=owner), _one
    )


@app.command("move")
def move(
    context: typer.Context,
    device: Annotated[str, typer.Argument(help="Id (D-0001).")],
    to: Annotated[str, typer.Option("--to", help="Whose it is, by id or pseudonym; the person must have agreed.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the case.")],
) -> None:
    """Put a device that was entered under the wrong official under the right one, with all that was found on it."""
    output.answer(context, lambda desk: workflow.devices.move(desk, device, to=to, reason=reason), _moved)


def _moved(data: Moved) -> Iterable[Table]:
    yield from _one(data)
    if data.outdated:
        yield output.table("Reports to be superseded", ("id",), [[each] for each in data.outdated])


def _one(data: OneDevice) -> Iterable[Table]:
    yield output.record(say("Device {id}", id=data.device.id), data.device)


def _whole(data: DeviceInFull) -> Iterable[Table]:
    one = data.device
    names = ("id", "official", "label", "platform", "fingerprint", "state", "owner", "status", "dismissed", "leads")
    yield output.record(
        say("Device {id}", id=one.id), one, (*names, "completeness", "last_scan", "sandbox", "identity")
    )
    columns = ("id", "kind", "files", "bytes", "registered_at", "state")
    yield output.records("Acquisitions", columns, one.acquisitions)
    yield output.records("Not examined", ("module", "outcome", "reason"), one.gaps)
    yield findings.lines_of(data.lines) if data.lines else findings.listed(one.findings)
