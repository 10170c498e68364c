"""`mvtcase official`: add, list, show, import, set, merge, remove; `mvtcase group`: add, list."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import findings, output
from mvtcase.cli.consents import CONSENT_COLUMNS
from mvtcase.cli.sought import Gravest
from mvtcase.cli.state import state_of, words
from mvtcase.errors import InputError
from mvtcase.model import Publication, RosterState
from mvtcase.wording import do, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from mvtcase.cli.state import State
    from mvtcase.workflow.enrolment import Imported
    from mvtcase.workflow.officials import OfficialInFull, Officials, OneOfficial
    from mvtcase.workflow.purges import Purge

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
        _one,
    )


@app.command("list")
def list_officials(context: typer.Context) -> None:
    """List the officials with where each stands."""
    output.answer(context, workflow.officials.list_officials, _many)


@app.command("import")
def import_roster(
    context: typer.Context,
    path: Annotated[
        Path | None,
        typer.Argument(help="CSV (UTF-8 or Big5) or XLSX: id, name, role, groups (a;b), publication, contact …"),
    ] = None,
    add_groups: Annotated[bool, typer.Option("--add-groups", help="Add the groups that the case lacks.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")] = False,
    template: Annotated[
        bool, typer.Option("--template", help="Write an empty roster: to the file named, else to the screen.")
    ] = False,
) -> None:
    """Bring a roster into the case, as often as it changes: adds who is new, changes whose entry differs."""
    state = state_of(context)
    if template:
        typer.echo(workflow.enrolment.template(path), nl=False)
        return
    if path is None:
        raise InputError("Which roster?", hint=say("{0} writes an empty one.", do("official import", template=True)))
    outcome = workflow.enrolment.import_roster(
        state.desk(), path, confirm=lambda told: _may_go_on(state, told), add_groups=add_groups, dry_run=dry_run
    )
    output.show(state, outcome, _imported)


def _may_go_on(state: State, told: Imported) -> bool:
    """Return whether an examiner wants what an import would do. Raises `InputError` where nobody can be asked."""
    if state.yes:
        return True
    names = ", ".join(told.by_name)
    question = f"{len(told.new)} new, {len(told.changed)} changed, {len(told.unchanged)} unchanged."
    if names:
        question += f" Known by name and role alone, and taken for the same people: {names}."
    if state.as_json or not sys.stdin.isatty():
        raise InputError(question, hint=say("Look with {0}, then go on with {1}.", do(dry_run=True), do(yes=True)))
    output.draw_all(_imported(told), stderr=True)
    return typer.confirm(f"{question} Go on?", err=True)


def _imported(data: Imported) -> Iterable[Table]:
    if data.officials:
        yield from _many(data)
    elif data.new:
        yield output.table("New", ("name",), [[name] for name in data.new])
    if data.changed:
        rows = [
            [each.id, each.name, difference.column, difference.before, difference.after]
            for each in data.changed
            for difference in each.differences
        ]
        yield output.table("Changed", ("id", "name", "column", "before", "after"), rows)
    numbers = {"new": len(data.new), "changed": len(data.changed), "unchanged": len(data.unchanged)}
    yield output.facts("Roster", numbers)


@app.command("merge")
def merge(
    context: typer.Context,
    official: Annotated[str, typer.Argument(help="The entry to give up, by id (O-0009) or pseudonym.")],
    into: Annotated[str, typer.Option("--into", help="The entry to keep.")],
    reason: Annotated[str, typer.Option("--reason", help="Why they are one person; it stays in the case.")],
) -> None:
    """Make two entries of one person one."""
    output.answer(context, lambda desk: workflow.officials.merge(desk, official, into=into, reason=reason), _one)


@app.command("remove")
def remove(
    context: typer.Context,
    official: Annotated[str, typer.Argument(help="Id (O-0001) or pseudonym.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the case.")],
) -> None:
    """Take out an official who was entered by mistake and to whom nothing is attached."""
    output.answer(context, lambda desk: workflow.officials.remove(desk, official, reason=reason), _one)


@app.command("show")
def show(
    context: typer.Context,
    official: Annotated[str, typer.Argument(help="Id (O-0001) or pseudonym.")],
    limit: Gravest = None,
) -> None:
    """Show an official with devices, consents, findings and observations."""
    by_line = limit is None and not state_of(context).as_json
    output.answer(context, lambda desk: workflow.officials.show(desk, official, limit=limit, by_line=by_line), _whole)


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
        _one,
    )


@app.command("purge")
def purge(
    context: typer.Context,
    official: Annotated[str, typer.Argument(help="Id (O-0001), pseudonym, or the tombstone of one cut short.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, naming nobody; it stays in the case.")],
    at_request: Annotated[
        bool, typer.Option("--at-request", help="The person asks for it, and withdrew nothing before.")
    ] = False,
) -> None:
    """Destroy what the case holds of a person who withdrew, or whose time is over; a tombstone stays."""
    state = state_of(context)
    outcome = workflow.purges.purge_official(
        state.desk(), official, reason=reason, confirm=lambda plan: may_destroy(state, plan), at_request=at_request
    )
    output.show(state, outcome, purged)


def may_destroy(state: State, plan: Purge) -> bool:
    """Return whether an examiner wants a purge. Raises `InputError` where nobody can be asked."""
    if state.yes:
        return True
    people = ", ".join(plan.officials[:5]) + (f" and {len(plan.officials) - 5} more" if plan.officials[5:] else "")
    question = say(
        "Destroys {rows} rows and {files} folders and files of {people}, for good.",
        rows=plan.rows,
        files=len(plan.files),
        people=people,
    )
    if state.as_json or not sys.stdin.isatty():
        raise InputError("{question}", question=question, hint=say("Go on with {0}.", do(yes=True)))
    output.draw_all(_reached_not(plan), stderr=True)
    output.say([question])
    return typer.confirm(words(say("Go on?")), err=True)


def purged(data: Purge) -> Iterable[Table]:
    """Return what a purge did as tables."""
    columns = ("id", "official", "grounds", "state", "digest", "done_at")
    yield output.records("Tombstones", columns, data.tombstones)
    yield from _reached_not(data)


def _reached_not(data: Purge) -> Iterable[Table]:
    yield output.records("Copies that are not reached", ("what", "where"), data.outside)


def _one(data: OneOfficial) -> Iterable[Table]:
    yield output.record("Official", data.official)


def _many(data: Officials) -> Iterable[Table]:
    columns = ("id", "pseudonym", "name", "role", "groups", "roster", "publication")
    yield output.records("Officials", columns, data.officials)


def _whole(data: OfficialInFull) -> Iterable[Table]:
    one = data.official
    names = ("id", "pseudonym", "name", "role", "groups", "roster", "publication", "status", "status_words")
    yield output.record(say("Official {id}", id=one.id), one, (*names, "dismissed", "leads"))
    columns = ("id", "label", "platform", "state", "status", "dismissed", "leads", "completeness", "last_scan")
    yield output.records("Devices", columns, one.devices)
    yield output.records("Consents", CONSENT_COLUMNS, one.consents)
    yield findings.lines_of(data.lines) if data.lines else findings.listed(one.findings)
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
