"""`mvtcase official`: add, list, show, import, set; `mvtcase group`: add, list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import findings, output
from mvtcase.cli.consents import CONSENT_COLUMNS
from mvtcase.model import Publication, RosterState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from mvtcase.workflow.officials import OfficialInFull, Officials

app = typer.Typer(no_args_is_help=True, help="Officials: the people whose phones these are (the data owners).")
group_app = typer.Typer(no_args_is_help=True, help="Affected groups: party caucuses, ministries, offices. Groups nest.")

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
    person = workflow.officials.Person(
        name=name,
        role=role,
        contact=contact,
        pseudonym=pseudonym,
        publication=publication,
        roster=roster,
        groups=tuple(group or ()),
    )
    output.answer(
        context,
        lambda desk: workflow.officials.add(desk, person),
        lambda data: [output.record("Official", data.official)],
    )


@app.command("list")
def list_officials(context: typer.Context) -> None:
    """List the officials with where each stands."""
    output.answer(context, workflow.officials.list_officials, _many)


@app.command("import")
def import_csv(
    context: typer.Context,
    path: Annotated[
        Path, typer.Argument(help="CSV: name, role, groups (a;b), publication, contact, pseudonym, roster.")
    ],
) -> None:
    """Add every official of a CSV roster, or none."""
    output.answer(context, lambda desk: workflow.officials.import_csv(desk, path), _many)


@app.command("show")
def show(context: typer.Context, official: Annotated[str, typer.Argument(help="Id (O-0001) or pseudonym.")]) -> None:
    """Show an official with devices, consents, findings and observations."""
    output.answer(context, lambda desk: workflow.officials.show(desk, official), _whole)


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
    given = {"name": name, "role": role, "contact": contact, "publication": publication, "roster": roster}
    changes = {column: str(value) for column, value in given.items() if value is not None}
    output.answer(
        context,
        lambda desk: workflow.officials.change_official(desk, official, changes, tuple(group or ())),
        lambda data: [output.record("Official", data.official)],
    )


def _many(data: Officials) -> Iterable[Table]:
    columns = ("id", "pseudonym", "name", "role", "groups", "roster", "publication")
    yield output.records("Officials", columns, data.officials)


def _whole(data: OfficialInFull) -> Iterable[Table]:
    one = data.official
    names = ("id", "pseudonym", "name", "role", "groups", "roster", "publication", "status", "status_words")
    yield output.record(f"Official {one.id}", one, (*names, "dismissed", "leads"))
    columns = ("id", "label", "platform", "state", "status", "dismissed", "leads", "completeness", "last_scan")
    yield output.records("Devices", columns, one.devices)
    yield output.records("Consents", CONSENT_COLUMNS, one.consents)
    yield findings.listed(one.findings)
    yield output.records("Observations", ("id", "at", "kind", "value", "method"), one.observations)


@group_app.command("add")
def add_group(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="As shown in reports.")],
    parent: Annotated[str | None, typer.Option("--parent", help="The group it belongs to, by name or id.")] = None,
) -> None:
    """Add a group."""
    output.answer(
        context,
        lambda desk: workflow.groups.add(desk, name, parent=parent),
        lambda data: [output.record("Group", data.group)],
    )


@group_app.command("list")
def list_groups(context: typer.Context) -> None:
    """List the groups."""
    output.answer(
        context,
        workflow.groups.list_groups,
        lambda data: [output.records("Groups", ("id", "name", "parent"), data.groups)],
    )
