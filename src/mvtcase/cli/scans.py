"""`mvtcase scan`: run, list, show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mvtcase.cli import output, progress
from mvtcase.cli.data import at, items
from mvtcase.cli.secrets import ask_for, read_password_file
from mvtcase.cli.state import state_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.table import Table

app = typer.Typer(
    no_args_is_help=True, help="Scans: MVT's checks over an acquisition, in a box, with every outcome kept."
)


@app.command("run")
def run(
    context: typer.Context,
    acquisition: Annotated[list[str] | None, typer.Argument(help="Ids (A-0001); default: the only one.")] = None,
    official: Annotated[str | None, typer.Option("--official", help="All acquisitions of this official.")] = None,
    device: Annotated[str | None, typer.Option("--device", help="All acquisitions of this device.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that were not scanned with these sets yet.")] = False,
    iocs: Annotated[
        list[str] | None, typer.Option("--iocs", metavar="SET", help="Indicator set; may be given again.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, help="Phones at once; default: as many as cores.")
    ] = None,
    password_file: Annotated[
        Path | None, typer.Option("--password-file", help="File with the backup password; else it is asked for.")
    ] = None,
    age_identity: Annotated[
        Path | None, typer.Option("--age-identity", help="age identity file of AndroidQF archives.")
    ] = None,
    sweep: Annotated[
        bool, typer.Option("--sweep/--no-sweep", help="Search every byte for the indicators as well.")
    ] = True,
    stock_matcher: Annotated[bool, typer.Option("--stock-matcher", help="Match with MVT's own code, slower.")] = False,
    allow_foreign_modules: Annotated[
        bool, typer.Option("--allow-foreign-modules", help="Run modules of other installed MVT plugins too.")
    ] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 10, 11 or 12 by the worst status found.")
    ] = False,
) -> None:
    """Scan acquisitions. Needs the data owner's consent, which '--yes' never skips."""
    from mvtcase.workflow import scans, status

    state = state_of(context)
    desk = state.desk()
    with progress.scanning(state) as on_event:
        request = scans.Request(
            acquisitions=tuple(acquisition or ()),
            official=official,
            device=device,
            everything=everything,
            sets=tuple(iocs or ()),
            jobs=jobs or desk.settings.jobs,
            sweep=sweep,
            stock_matcher=stock_matcher,
            allow_foreign_modules=allow_foreign_modules,
            age_identity=age_identity,
            password=read_password_file(password_file) if password_file else None,
            ask_password=ask_for,
            on_event=on_event,
        )
        outcome = scans.run(desk, request)
    output.show(state, outcome, summary)
    if exit_code:
        found = [str(each["status"]) for each in items(outcome.data, "scans") if each["status"]]
        state.exit_code = status.worst_exit_code(found) or state.exit_code


@app.command("list")
def list_scans(context: typer.Context) -> None:
    """List the scans."""
    from mvtcase.workflow import scans

    state = state_of(context)
    output.show(state, scans.list_scans(state.desk()), lambda data: [_listed(items(data, "scans"))])


@app.command("show")
def show(context: typer.Context, scan: Annotated[str, typer.Argument(help="Id (S-0001).")]) -> None:
    """Show a scan: every module's outcome, the gaps, the alerts."""
    from mvtcase.workflow import scans

    state = state_of(context)
    output.show(state, scans.show(state.desk(), scan), _whole)


def summary(data: Mapping[str, object]) -> Iterable[Table]:
    """Return what a batch of scans gave: a line each, then what was not examined."""
    scans = items(data, "scans")
    yield _listed(scans)
    gaps = [[each["id"], gap["module"], gap["outcome"], gap["reason"]] for each in scans for gap in each["gaps"]]
    if gaps:
        yield output.table("Not examined", ("scan", "module", "outcome", "reason"), gaps)


def _listed(scans: Sequence[Mapping[str, Any]]) -> Table:
    columns = ("id", "of", "kind", "examined", "alerts", "findings", "status")
    return output.table("Scans", columns, [_row(each) for each in scans])


def _row(one: Mapping[str, Any]) -> Sequence[object]:
    examined = one["completeness"] if one["state"] == "finished" else one["state"]
    alerts = ", ".join(f"{count} {level}" for level, count in one["alerts"].items() if count)
    of = f"{one['acquisition']} {one['device']}"
    return [one["id"], of, one["kind"], examined, alerts or "none", len(one["findings"]), one["status"]]


def _whole(data: Mapping[str, object]) -> Iterable[Table]:
    one = at(data, "scan")
    names = ("id", "acquisition", "device", "kind", "command", "state", "completeness", "status", "indicators_loaded")
    more = ("sandbox", "control_passed_at", "started_at", "duration_ms", "error", "limitations")
    sets = [f"{each['name']} {each['version']} ({each['sha256'][:12]})" for each in one["sets"]]
    yield output.facts(f"Scan {one['id']}", {**{name: one[name] for name in (*names, *more)}, "sets": sets})
    columns = ("part", "module", "outcome", "records", "source_rows", "alerts", "reason", "error")
    yield output.table("Modules", columns, [[each[name] for name in columns] for each in one["modules"]])
    gaps = ("module", "outcome", "reason")
    yield output.table("Not examined", gaps, [[each[name] for name in gaps] for each in one["gaps"]])
    rows = [[each["level"], each["module"], each["message"]] for each in one["raised"]]
    yield output.table("Alerts, verbatim", ("level", "module", "message"), rows)
