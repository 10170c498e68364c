"""`mvtcase examiner`: add, identity, list, password, remove, set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import output
from mvtcase.cli.state import new_passphrase, state_of
from mvtcase.model import ExaminerRole
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from mvtcase.workflow.desk import Desk, Outcome
    from mvtcase.workflow.examiners import PublicKeys, Register

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
    public_key: Annotated[
        list[str] | None,
        typer.Option("--public-key", metavar="KEY", help="The person's age1… or ed25519:…; may be repeated."),
    ] = None,
    identity: Annotated[
        Path | None,
        typer.Option("--identity", metavar="FILE", help="The person's identity file, made where there is none."),
    ] = None,
) -> None:
    """Register an examiner; whoever registers the first one becomes lead.

    The passphrase of new keys is asked for twice; where nobody can be asked, the first line of the input is taken.
    """

    def register(desk: Desk) -> Outcome[Register]:
        own = _keys_in(identity).data.public_keys if identity else ()
        return workflow.examiners.add(desk, name, role, (*(public_key or ()), *own))

    output.answer(context, register, _table)


@app.command("remove")
def remove(context: typer.Context, name: Name) -> None:
    """Say that somebody works on the case no more; a sealed case gets a new key."""
    output.answer(context, lambda desk: workflow.examiners.remove(desk, name), _table)


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
            desk, name, None if remove else new_passphrase(say("New password of {name}", name=name))
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
    state = state_of(context)
    output.show(state, _keys_in(file, state.passphrase_file), lambda data: [output.record("Identity", data)])


def _keys_in(file: Path, passphrase: Path | None = None) -> Outcome[PublicKeys]:
    question = say("New passphrase of the identity")
    return workflow.examiners.identity(file, lambda: new_passphrase(question, passphrase))


def _table(data: Register) -> Iterable[Table]:
    columns = ("id", "name", "role", "active", "registered_at", "registered_by")
    yield output.records("Examiners", columns, data.examiners)
