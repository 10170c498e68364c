"""`mvtcase acquisition`: add, list, show, verify, set, move."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import output, progress
from mvtcase.cli.state import state_of
from mvtcase.errors import InputError
from mvtcase.escape import visible
from mvtcase.model import AcquisitionState, Platform
from mvtcase.wording import do, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rich.table import Table

    from mvtcase.cli.state import State
    from mvtcase.workflow.acquisitions import Acquisitions, OneAcquisition, Originals, WholeAcquisition
    from mvtcase.workflow.guide import Guides
    from mvtcase.workflow.misplaced import MovedAcquisition
    from mvtcase.workflow.owners import Phone

app = typer.Typer(no_args_is_help=True, help="Acquisitions: what was taken from a phone, hashed and never written to.")
Acquisition = Annotated[str, typer.Argument(help="Id (A-0001).")]


@app.command("add")
def add(  # options explain themselves in their help
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="Backup, AndroidQF, bugreport, sysdiagnose …; its kind is recognised.")],
    official: Annotated[
        str, typer.Option("--official", help="Whose phone it was taken from; asked for each of several phones.")
    ] = "",
    device: Annotated[
        str | None, typer.Option("--device", help="Of which device; default: told by its identity.")
    ] = None,
    label: Annotated[str, typer.Option("--label", help="What to call a new device.")] = "",
    acquired: Annotated[str | None, typer.Option("--acquired", metavar="DATE", help="When it was taken.")] = None,
    copy_in: Annotated[bool, typer.Option("--import", help="Copy it into the case folder, hashes verified.")] = False,
    recursive: Annotated[bool, typer.Option("--recursive", help="Register every phone below the folder.")] = False,
    owners: Annotated[
        Path | None,
        typer.Option("--owners", metavar="CSV", help="Whose each phone is: folder or serial, official."),
    ] = None,
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
    whose = _whose(state, official, owners) if recursive else None
    if not official and whose is None:
        raise InputError("Whose phone is it?", hint=say("Say it with {0}.", do(official="OFFICIAL")))
    with progress.hashing(state) as on_progress:
        if recursive:
            many = workflow.acquisitions.add_all(desk, path, wish, whose=whose, on_progress=on_progress)
        else:
            one = workflow.acquisitions.add(desk, path, wish, on_progress=on_progress)
    if recursive:
        output.show(state, many, _many)
    else:
        output.show(state, one, _one)


def _whose(state: State, official: str, owners: Path | None) -> Callable[[Phone], str] | None:
    """Return who tells whose each phone of a folder is; None where all are one official's and nobody can be asked."""
    if owners is not None:
        return workflow.owners.read(owners)
    if state.yes or state.as_json or not sys.stdin.isatty():
        return None

    def ask(phone: Phone) -> str:
        if phone.alone and official:
            return official
        return str(typer.prompt(f"Whose phone is {visible(str(phone))}?", default=official or None, err=True))

    return ask


@app.command("guide")
def guide(
    context: typer.Context,
    platform: Annotated[
        str | None, typer.Argument(help="ios or android; default: both, or the official's phones.")
    ] = None,
    os_version: Annotated[
        str | None, typer.Option("--os", metavar="VERSION", help="Its version, such as 17.5.")
    ] = None,
    official: Annotated[str | None, typer.Option("--official", help="Say what is still missing of this one.")] = None,
) -> None:
    """Say what to take from a phone, in which order and how, for the most to be told of it."""
    output.answer(
        context,
        lambda desk: workflow.guide.guide(desk, platform=platform, os_version=os_version, official=official),
        _guides,
    )


_PLATFORMS = {Platform.IOS: "iOS", Platform.ANDROID: "Android"}


def _guides(data: Guides) -> Iterable[Table]:
    for one in data.guides:
        phone = " ".join(filter(None, (_PLATFORMS[one.platform], one.os_version, one.device)))
        first = [[number, text] for number, text in enumerate(one.first, 1)]
        yield output.table(say("{phone}: before anything", phone=phone), ("", "do"), first)
        for step in one.steps:
            done = say("{what} (taken: {id})", what=step.what, id=step.taken) if step.taken else step.what
            rows = [[number, text] for number, text in enumerate(step.steps, 1)]
            facts = (
                (say("minutes"), step.minutes),
                (say("adds"), step.adds or say("traces of the same sorts, written down by another part of the phone")),
                (say("vanishes"), step.vanishes),
            )
            rows += [list(each) for each in facts]
            yield output.table(say("{number}. {what}", number=step.number, what=done), ("", "do"), rows)


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


@app.command("move")
def move(
    context: typer.Context,
    acquisition: Acquisition,
    to: Annotated[str, typer.Option("--to", help="Whose it is, by id or pseudonym; the person must have agreed.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the case.")],
    device: Annotated[
        str | None,
        typer.Option("--device", help="Of which of the person's devices; default: as it tells, else a new one"),
    ] = None,
) -> None:
    """Put an acquisition registered under the wrong official or device under the right one, with all it showed."""
    output.answer(
        context,
        lambda desk: workflow.misplaced.move(desk, acquisition, to=to, device=device, reason=reason),
        _moved,
    )


def _moved(data: MovedAcquisition) -> Iterable[Table]:
    yield from _one(data)
    if data.outdated:
        yield output.table("Reports to be superseded", ("id",), [[each] for each in data.outdated])


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
