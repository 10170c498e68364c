"""`mvtcase iocs`: list, show, lint, import, enable, disable, pack, update, selftest."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import output, progress
from mvtcase.cli.state import state_of
from mvtcase.indicators.house import Addition
from mvtcase.indicators.passport import Details
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from mvtcase.workflow.iocs import Imports, Linted, SelfTest, Sets, Updated, WholeSet

app = typer.Typer(
    no_args_is_help=True, help="Indicator sets: pinned by hash, with a passport that says what is in them."
)
Name = Annotated[str, typer.Argument(metavar="SET", help="Name, or NAME@SHA256-PREFIX for an earlier version.")]
Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="STIX 2, MISP, CSV, a list named for its type, TinyCheck, YAML.")
]
Kind = Annotated[str | None, typer.Option("--type", help="Type of all values of a plain list, such as domains.")]


@app.command("list")
def list_sets(context: typer.Context) -> None:
    """List the sets in their latest version."""
    output.answer(context, workflow.iocs.list_sets, _listed)


@app.command("show")
def show(context: typer.Context, name: Name) -> None:
    """Print a set's passport: provenance, counts, and every indicator that cannot be used with its reason."""
    output.answer(context, lambda desk: workflow.iocs.show(desk, name), lambda data: _passport(data.set_))


@app.command("lint")
def lint(context: typer.Context, files: Files, kind: Kind = None) -> None:
    """Read files and say what in them can be compared, and what cannot and why; imports nothing."""
    output.answer(context, lambda desk: workflow.iocs.lint(desk, files, kind=kind), _linted)


@app.command("import")
def import_files(
    context: typer.Context,
    files: Files,
    name: Annotated[str | None, typer.Option("--name", help="Name of the set; default: the file's.")] = None,
    kind: Kind = None,
    publisher: Annotated[str, typer.Option("--publisher", help="Who published it.")] = "",
    licence: Annotated[str, typer.Option("--licence", help="Under which licence.")] = "",
    source_url: Annotated[str, typer.Option("--source-url", help="Where it was published.")] = "",
    tlp: Annotated[str, typer.Option("--tlp", help="Marking; the values of a RED set are printed nowhere.")] = "",
    family: Annotated[str, typer.Option("--family", help="Family of what the file puts under none.")] = "",
) -> None:
    """Import files, or a pack made by 'iocs pack', in full or not at all.

    A list is read by its name (domains.txt, processes.txt), else line by line, and each guess is printed.
    """
    details = Details(publisher=publisher, licence=licence, source_url=source_url, tlp=tlp, family=family)
    output.answer(
        context,
        lambda desk: workflow.iocs.import_files(desk, files, name=name, kind=kind, details=details),
        _imported,
    )


@app.command("add")
def add(
    context: typer.Context,
    value: Annotated[str, typer.Argument(help="The value, or '-' to read it from stdin, where no history keeps it.")],
    kind: Annotated[str, typer.Option("--type", help="Its type, such as domain, process or sha256.")],
    source: Annotated[str, typer.Option("--source", help="Who it comes from.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is looked for.")],
    tlp: Annotated[str, typer.Option("--tlp", help="Marking; a RED value is printed nowhere.")] = "AMBER",
    family: Annotated[str, typer.Option("--family", help="The family it belongs to.")] = "",
    valid_until: Annotated[str, typer.Option("--valid-until", metavar="DATE", help="Its last day.")] = "",
    name: Annotated[str | None, typer.Option("--name", help="Another set than 'house' or 'house-red'.")] = None,
) -> None:
    """Add an indicator of your own to the house set; those marked RED are told by their number only."""
    if value == "-":
        value = typer.prompt("Value", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    given = Addition(
        value=value.strip(), type=kind, source=source, reason=reason, family=family, valid_until=valid_until
    )
    output.answer(context, lambda desk: workflow.iocs.add(desk, given, tlp=tlp, name=name), _imported)


@app.command("enable")
def enable(context: typer.Context, name: Name) -> None:
    """Use a set in scans that name none."""
    output.answer(context, lambda desk: workflow.iocs.switch(desk, name, on=True), _listed)


@app.command("disable")
def disable(context: typer.Context, name: Name) -> None:
    """Leave a set out of scans that name none."""
    output.answer(context, lambda desk: workflow.iocs.switch(desk, name, on=False), _listed)


@app.command("pack")
def pack(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="The file to write.")],
    with_embargoed: Annotated[bool, typer.Option("--with-embargoed", help="Sets marked RED as well.")] = False,
) -> None:
    """Write all sets into one file with hashes, for a laptop without a network; sets marked RED stay behind."""
    columns = ("name", "version", "usable", "sha256")
    output.answer(
        context,
        lambda desk: workflow.iocs.pack(desk, path, with_embargoed=with_embargoed),
        lambda data: [output.records(say("Packed into {path}", path=data.path), columns, data.sets)],
    )


@app.command("update")
def update(
    context: typer.Context,
    catalog: Annotated[Path | None, typer.Option("--catalog", help="Another catalog.toml.")] = None,
    classes: Annotated[
        list[str] | None, typer.Option("--with", metavar="CLASS", help="Also sets of this class: stalkerware.")
    ] = None,
) -> None:
    """Fetch the sets of the catalog, import what is new and show what changed."""
    output.answer(context, lambda desk: workflow.iocs.update(desk, catalog=catalog, classes=classes or ()), _imported)


@app.command("selftest")
def selftest(
    context: typer.Context,
    name: Annotated[list[str] | None, typer.Option("--iocs", metavar="SET", help="Set; may be given again.")] = None,
) -> None:
    """Plant a sample of the sets' indicators in synthetic phones; the real engine must find them (the control)."""
    state = state_of(context)
    with progress.scanning(state) as on_event:
        outcome = workflow.iocs.selftest(state.desk(), name or (), on_event=lambda event: on_event("control", event))
    output.show(state, outcome, _tested)


def _listed(data: Sets) -> Iterable[Table]:
    columns = ("name", "title", "version", "publisher", "usable", "unusable", "built_in", "as_of", "active")
    yield output.records("Indicator sets", columns, data.sets)


def _imported(data: Imports | Updated) -> Iterable[Table]:
    columns = ("name", "version", "state", "usable", "unusable", "added", "removed", "sha256")
    yield output.records("Imported", columns, data.imported)
    for each in data.imported:
        if each.guessed:
            yield output.records(f"Types guessed in {each.name}", ("where", "value", "type"), each.guessed)


def _passport(one: WholeSet) -> Iterable[Table]:
    names = [each.name for each in fields(one) if each.name not in {"unusable_indicators", "adjustments"}]
    yield output.facts(say("Set {name}", name=one.name), {name: _flat(getattr(one, name)) for name in names})
    if one.unusable_indicators:
        yield output.records("Not usable", ("where", "given", "reason", "stock"), one.unusable_indicators)
    if one.adjustments:
        columns = ("where", "given", "type", "value", "note", "stock")
        yield output.records("Adjusted", columns, one.adjustments)


def _flat(value: object) -> object:
    return [f"{count} {name}" for name, count in value.items()] if isinstance(value, dict) else value


def _linted(data: Linted) -> Iterable[Table]:
    for each in data.files:
        yield output.record(each.path, each, ("importable", "problems", "hint"))
        if each.set_:
            yield from _passport(each.set_)


def _tested(data: SelfTest) -> Iterable[Table]:
    yield output.records("Planted and found", ("type", "value", "platform", "where", "found"), data.checks)
    yield output.record("Positive control", data, ("passed_at", "planted", "types"))
