"""`mvtcase official`: add, list, show, import, set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase.cli import findings, output
from mvtcase.cli.data import at, items
from mvtcase.cli.state import state_of
from mvtcase.model import Publication, RosterState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.table import Table

app = typer.Typer(no_args_is_help=True, help="Officials: the people whose phones these are (the data owners).")

Groups = Annotated[list[str] | None, typer.Option("--group", help="A group, by name or id; may be given again.")]


@app.command("add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Option("--name", help="The person's name; never in logs.")] = "",
    role: Annotated[str, typer.Option("--role", help="The office held.")] = "",
    group: Groups = None,
    publication: Annotated[
        Publication, typer.Option("--publication", help="How much a report may show of this person.")
    ] = Publication.WITHHELD,
    contact: Annotated[str, typer.Option("--contact", help="How to reach the person; never in reports.")] = "",
    pseudonym: Annotated[str, typer.Option("--pseudonym", help="Stands for the person; default: a random one.")] = "",
    roster: Annotated[RosterState, typer.Option("--roster", help="Where the person stands.")] = RosterState.INVITED,
) -> None:
    """Add an official."""
    from mvtcase.workflow import officials

    state = state_of(context)
    person = officials.Person(
        name=name,
        role=role,
        contact=contact,
        pseudonym=pseudonym,
        publication=publication,
        roster=roster,
        groups=tuple(group or ()),
    )
    output.show(
        state, officials.add(state.desk(), person), lambda data: [output.facts("Official", at(data, "official"))]
    )


@app.command("list")
def list_officials(context: typer.Context) -> None:
    """List the officials with where each stands."""
    from mvtcase.workflow import officials

    state = state_of(context)
    output.show(state, officials.list_officials(state.desk()), _many)


@app.command("import")
def import_csv(
    context: typer.Context,
    path: Annotated[
        Path, typer.Argument(help="CSV: name, role, groups (a;b), publication, contact, pseudonym, roster.")
    ],
) -> None:
    """Add every official of a CSV roster, or none."""
    from mvtcase.workflow import officials

    state = state_of(context)
    output.show(state, officials.import_csv(state.desk(), path), _many)


@app.command("show")
def show(context: typer.Context, official: Annotated[str, typer.Argument(help="Id (O-0001) or pseudonym.")]) -> None:
    """Show an official with devices, consents, findings and observations."""
    from mvtcase.workflow import officials

    state = state_of(context)
    output.show(state, officials.show(state.desk(), official), _whole)


@app.command("set")
def change(
    context: typer.Context,
    official: Annotated[str, typer.Argument(help="Id (O-0001) or pseudonym.")],
    name: Annotated[str | None, typer.Option("--name", help="The person's name; never in logs.")] = None,
    role: Annotated[str | None, typer.Option("--role", help="The office held.")] = None,
    contact: Annotated[str | None, typer.Option("--contact", help="How to reach the person; never in reports.")] = None,
    publication: Annotated[
        Publication | None, typer.Option("--publication", help="How much a report may show of this person.")
    ] = None,
    roster: Annotated[RosterState | None, typer.Option("--roster", help="Where the person stands.")] = None,
    group: Groups = None,
) -> None:
    """Change what is written down about an official, or add the person to a group."""
    from mvtcase.workflow import officials

    state = state_of(context)
    given = {"name": name, "role": role, "contact": contact, "publication": publication, "roster": roster}
    changes = {column: str(value) for column, value in given.items() if value is not None}
    outcome = officials.change_official(state.desk(), official, changes, tuple(group or ()))
    output.show(state, outcome, lambda data: [output.facts("Official", at(data, "official"))])


def _many(data: Mapping[str, object]) -> Iterable[Table]:
    columns = ("id", "pseudonym", "name", "role", "groups", "roster", "publication")
    yield output.table("Officials", columns, [[each[name] for name in columns] for each in items(data, "officials")])


def _whole(data: Mapping[str, object]) -> Iterable[Table]:
    one = at(data, "official")
    names = ("id", "pseudonym", "name", "role", "groups", "roster", "publication", "status", "status_words")
    yield output.facts(f"Official {one['id']}", {name: one[name] for name in names})
    columns = ("id", "label", "platform", "state", "status", "completeness", "last_scan")
    yield output.table("Devices", columns, [[each[name] for name in columns] for each in items(one, "devices")])
    points = ("id", "given_by", "method", "scope", "informed", "given_at", "expires_at", "withdrawn_at")
    yield output.table("Consents", points, [[each[name] for name in points] for each in items(one, "consents")])
    yield findings.listed(items(one, "findings"))
    seen = ("id", "at", "kind", "value", "method")
    yield output.table("Observations", seen, [[each[name] for name in seen] for each in items(one, "observations")])
