"""`mvtcase examiner`: add, identity, list, password, set."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import output
from mvtcase.cli.state import state_of, words
from mvtcase.escape import visible
from mvtcase.model import ExaminerRole
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from mvtcase.engine.job import Secret
    from mvtcase.wording import Message
    from mvtcase.workflow.examiners import Register

app = typer.Typer(
    no_args_is_help=True,
    help="The register of examiners. Once somebody is in it, the second examiner is another one of them.",
)
Name = Annotated[str, typer.Argument(help="The examiner's name, or id (E-0001).")]


@app.command("add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The name, as the person signs.")],
    role: Annotated[
        ExaminerRole, typer.Option("--role", help="lead keeps the register; a reader changes nothing.")
    ] = ExaminerRole.EXAMINER,
) -> None:
    """Register an examiner; whoever registers the first one becomes lead."""
    output.answer(context, lambda desk: workflow.examiners.add(desk, name, role), _table)


@app.command("list")
def list_examiners(context: typer.Context) -> None:
    """List who may work on the case."""
    output.answer(context, workflow.examiners.list_examiners, _table)


@app.command("set")
def change(
    context: typer.Context,
    name: Name,
    role: Annotated[ExaminerRole | None, typer.Option("--role", help="The new role.")] = None,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="Whether the person works on the case.")
    ] = None,
) -> None:
    """Change an examiner's role, or say that the person works on the case no more."""
    output.answer(
        context, lambda desk: workflow.examiners.change_examiner(desk, name, role=role, active=active), _table
    )


@app.command("password")
def password(
    context: typer.Context,
    name: Name,
    remove: Annotated[bool, typer.Option("--remove", help="Take it away: the person signs in no more.")] = False,
) -> None:
    """Set the password with which an examiner signs in to a console that others reach (`serve --listen`).

    It is asked for twice; where nobody can be asked, the first line of the input is taken.
    """
    output.answer(
        context,
        lambda desk: workflow.passwords.change(
            desk, name, None if remove else _asked(say("New password of {name}", name=name))
        ),
        lambda data: [output.records("Examiners", ("id", "name", "role", "active"), [data.examiner])],
    )


@app.command("identity")
def identity(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The identity file; made where there is none, never overwritten.")],
) -> None:
    """Make your own keys, or print their public halves, which you tell the others.

    The passphrase of new keys is asked for twice; where nobody can be asked, the first line of the input is taken.
    """
    outcome = workflow.examiners.identity(file, lambda: _asked(say("New passphrase of the identity")))
    output.show(state_of(context), outcome, lambda data: [output.record("Identity", data)])


def _asked(wanted: Message) -> Secret:
    from mvtcase.engine.job import Secret

    if not sys.stdin.isatty():
        return Secret(value=sys.stdin.readline().rstrip("\r\n"))
    question = visible(words(wanted))
    again = words(say("Once more"))
    return Secret(value=typer.prompt(question, hide_input=True, confirmation_prompt=again, err=True))


def _table(data: Register) -> Iterable[Table]:
    columns = ("id", "name", "role", "active", "registered_at", "registered_by")
    yield output.records("Examiners", columns, data.examiners)
