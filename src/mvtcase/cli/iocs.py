"""`mvtcase iocs`: list, show, lint, import, enable, disable, pack, update, selftest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase.cli import output, progress
from mvtcase.cli.data import at, items
from mvtcase.cli.state import state_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.table import Table

app = typer.Typer(
    no_args_is_help=True, help="Indicator sets: pinned by hash, with a passport that says what is in them."
)
Name = Annotated[str, typer.Argument(metavar="SET", help="Name, or NAME@SHA256-PREFIX for an earlier version.")]
Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="STIX 2.0/2.1, a list, or CSV with a type column.")
]
Kind = Annotated[str | None, typer.Option("--type", help="Type of all values of a plain list, such as domains.")]


@app.command("list")
def list_sets(context: typer.Context) -> None:
    """List the sets in their latest version."""
    from mvtcase.workflow import iocs

    state = state_of(context)
    output.show(state, iocs.list_sets(state.desk()), _listed)


@app.command("show")
def show(context: typer.Context, name: Name) -> None:
    """Print a set's passport: provenance, counts, and every indicator that cannot be used with its reason."""
    from mvtcase.workflow import iocs

    state = state_of(context)
    output.show(state, iocs.show(state.desk(), name), lambda data: _passport(at(data, "set")))


@app.command("lint")
def lint(context: typer.Context, files: Files, kind: Kind = None) -> None:
    """Read files and say what in them can be compared, and what cannot and why; imports nothing."""
    from mvtcase.workflow import iocs

    state = state_of(context)
    output.show(state, iocs.lint(state.desk(), files, kind=kind), _linted)


@app.command("import")
def import_files(
    context: typer.Context,
    files: Files,
    name: Annotated[str | None, typer.Option("--name", help="Name of the set; default: the file's.")] = None,
    kind: Kind = None,
) -> None:
    """Import files, or a pack made by 'iocs pack', in full or not at all."""
    from mvtcase.workflow import iocs

    state = state_of(context)
    output.show(state, iocs.import_files(state.desk(), files, name=name, kind=kind), _imported)


@app.command("enable")
def enable(context: typer.Context, name: Name) -> None:
    """Use a set in scans that name none."""
    from mvtcase.workflow import iocs

    state = state_of(context)
    output.show(state, iocs.switch(state.desk(), name, on=True), _listed)


@app.command("disable")
def disable(context: typer.Context, name: Name) -> None:
    """Leave a set out of scans that name none."""
    from mvtcase.workflow import iocs

    state = state_of(context)
    output.show(state, iocs.switch(state.desk(), name, on=False), _listed)


@app.command("pack")
def pack(context: typer.Context, path: Annotated[Path, typer.Argument(help="The file to write.")]) -> None:
    """Write all sets into one file with hashes, for a laptop without a network."""
    from mvtcase.workflow import iocs

    state = state_of(context)
    output.show(state, iocs.pack(state.desk(), path), _packed)


@app.command("update")
def update(
    context: typer.Context,
    catalog: Annotated[Path | None, typer.Option("--catalog", help="Another catalog.toml.")] = None,
) -> None:
    """Fetch the sets of the catalog, import what is new and show what changed."""
    from mvtcase.workflow import iocs

    state = state_of(context)
    output.show(state, iocs.update(state.desk(), catalog=catalog), _imported)


@app.command("selftest")
def selftest(
    context: typer.Context,
    name: Annotated[list[str] | None, typer.Option("--iocs", metavar="SET", help="Set; may be given again.")] = None,
) -> None:
    """Plant a sample of the sets' indicators in synthetic phones; the real engine must find them (the control)."""
    from mvtcase.workflow import iocs

    state = state_of(context)
    with progress.scanning(state) as on_event:
        outcome = iocs.selftest(state.desk(), name or (), on_event=lambda event: on_event("control", event))
    output.show(state, outcome, _tested)


def _listed(data: Mapping[str, object]) -> Iterable[Table]:
    columns = ("name", "title", "version", "publisher", "usable", "unusable", "built_in", "active")
    yield output.table("Indicator sets", columns, [[each[name] for name in columns] for each in items(data, "sets")])


def _packed(data: Mapping[str, object]) -> Iterable[Table]:
    columns = ("name", "version", "usable", "sha256")
    yield output.table(f"Packed into {data['path']}", columns, [[e[n] for n in columns] for e in items(data, "sets")])


def _imported(data: Mapping[str, object]) -> Iterable[Table]:
    columns = ("name", "version", "state", "usable", "unusable", "added", "removed", "sha256")
    yield output.table("Imported", columns, [[each[name] for name in columns] for each in items(data, "imported")])


def _passport(one: Mapping[str, object]) -> Iterable[Table]:
    lists = {"unusable_indicators", "adjustments"}
    yield output.facts(f"Set {one['name']}", {name: _flat(value) for name, value in one.items() if name not in lists})
    for title, name in (("Not usable", "unusable_indicators"), ("Adjusted", "adjustments")):
        rows = items(one, name)
        if rows:
            columns = tuple(rows[0])
            yield output.table(title, columns, [[each[column] for column in columns] for each in rows])


def _flat(value: object) -> object:
    return [f"{count} {name}" for name, count in value.items()] if isinstance(value, dict) else value


def _linted(data: Mapping[str, object]) -> Iterable[Table]:
    for each in items(data, "files"):
        verdict = {"importable": each["importable"], "problems": each["problems"], "hint": each["hint"]}
        yield output.facts(str(each["path"]), verdict)
        if each["set"]:
            yield from _passport(each["set"])


def _tested(data: Mapping[str, object]) -> Iterable[Table]:
    columns = ("type", "value", "platform", "where", "found")
    yield output.table(
        "Planted and found", columns, [[each[name] for name in columns] for each in items(data, "checks")]
    )
    yield output.facts("Positive control", {name: data[name] for name in ("passed_at", "planted", "types")})
