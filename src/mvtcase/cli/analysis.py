"""`mvtcase timeline`, `correlate`, `diff` and `export`: the case seen across officials and scans."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mvtcase.cli import output
from mvtcase.cli.data import at, items
from mvtcase.cli.state import state_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.table import Table


def register(app: typer.Typer) -> None:
    """Add the verbs of this module to the program."""
    app.command("timeline")(timeline)
    app.command("correlate")(correlate)
    app.command("diff")(diff)
    app.command("export")(export)


def timeline(
    context: typer.Context,
    official: Annotated[str | None, typer.Option("--official", help="Only of this official.")] = None,
    group: Annotated[str | None, typer.Option("--group", help="Only of this group and those inside it.")] = None,
) -> None:
    """Show everything that happened in order; what has no known time comes last."""
    from mvtcase.workflow import timeline as moments

    state = state_of(context)
    output.show(state, moments.timeline(state.desk(), official=official, group=group), _timeline)


def _timeline(data: Mapping[str, object]) -> Iterable[Table]:
    columns = ("at", "basis", "kind", "official", "device", "what", "ref")
    rows = [[each["at"] or "unknown", *(each[name] for name in columns[1:])] for each in items(data, "events")]
    yield output.table("Timeline", columns, rows)


def correlate(
    context: typer.Context,
    hours: Annotated[int, typer.Option("--hours", help="Events this close together count as one cluster.")] = 24,
) -> None:
    """Show what links officials: shared indicators, senders and hosts, clusters in time, sealing windows."""
    from mvtcase.workflow import correlation

    state = state_of(context)
    output.show(state, correlation.links(state.desk(), hours=hours), _links)


def _links(data: Mapping[str, object]) -> Iterable[Table]:
    rows = [
        [
            each["meaning"],
            each["value"],
            [f"{one['id']} {one['pseudonym']}" for one in each["officials"]],
            each["first"] or "unknown",
            each["last"] or "unknown",
            len(each["findings"]) or None,
        ]
        for each in items(data, "links")
    ]
    yield output.table("Links between officials", ("link", "what", "officials", "first", "last", "findings"), rows)


def diff(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="SCAN", help="The earlier scan.")],
    after: Annotated[str, typer.Argument(metavar="SCAN", help="The later scan of the same device.")],
) -> None:
    """Show what changed from one scan of a device to another: modules, alerts, findings, gaps."""
    from mvtcase.workflow import diffs

    state = state_of(context)
    output.show(state, diffs.diff(state.desk(), before, after), _diff)


def _diff(data: Mapping[str, object]) -> Iterable[Table]:
    heads = [at(data, "before"), at(data, "after")]
    fields = ("id", "acquisition", "started_at", "completeness", "indicators_loaded", "sets")
    rows = [[name.replace("_", " "), *(head[name] for head in heads)] for name in fields]
    yield output.table("Scans", ("field", "before", "after"), rows)
    modules = [
        [each["part"], each["slug"], _module(each["before"]), _module(each["after"])] for each in items(data, "modules")
    ]
    yield output.table("Modules that ended otherwise", ("part", "module", "before", "after"), modules)
    for what, columns in (
        ("findings", ("id", "evidence_class", "level", "module", "title")),
        ("alerts", ("module", "level", "message", "times")),
        ("gaps", ("module", "outcome", "reason")),
    ):
        changed = at(data, what)
        shown = [[way, *(each[name] for name in columns)] for way in ("added", "gone") for each in changed[way]]
        yield output.table(what.capitalize(), ("change", *columns), shown)


def _module(told: Mapping[str, Any] | None) -> str:
    if told is None:
        return "not in this scan"
    return f"{told['outcome']}, {told['records'] if told['records'] is not None else '?'} records"


def export(
    context: typer.Context,
    form: Annotated[str, typer.Argument(metavar="FORMAT", help="csv, stix, misp, timesketch or case.")],
    destination: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to; default: the case's 'exports'.")
    ] = None,
    with_names: Annotated[
        bool, typer.Option("--with-names", help="Name those whose publication level is 'named'; needed for 'case'.")
    ] = False,
) -> None:
    """Write the findings for other programs, or the whole case without evidence for another laptop."""
    from mvtcase.workflow import exports

    state = state_of(context)
    outcome = exports.export(state.desk(), form, output=destination, with_names=with_names)
    output.show(state, outcome, lambda data: [output.facts("Export", at(data, "export"))])
