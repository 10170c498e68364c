"""`mvtcase scan`: run, list, show, prune; `mvtcase recheck`: run, list."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import output, progress
from mvtcase.cli.cluster import ClusterKeys, ClusterOption, joined
from mvtcase.cli.sought import Limit, Number
from mvtcase.cli.state import shown, state_of, words
from mvtcase.errors import InputError, NotFoundError
from mvtcase.escape import visible
from mvtcase.model import ScanState
from mvtcase.wording import Kept, do, say
from mvtcase.workflow.payloads import Sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.table import Table

    from mvtcase.cli.progress import ScanProgress, StepLines
    from mvtcase.cli.state import State
    from mvtcase.engine.job import Secret
    from mvtcase.model import Acquisition
    from mvtcase.workflow.claims import ScanFiles
    from mvtcase.workflow.payloads import OneScan, Scans, ScanShown
    from mvtcase.workflow.pruning import Pruned
    from mvtcase.workflow.triage import Triaged

app = typer.Typer(
    no_args_is_help=True, help="Scans: MVT's checks over an acquisition, in a box, with every outcome kept."
)
recheck_app = typer.Typer(
    no_args_is_help=True, help="Rechecks: stored results against other indicators, without the phone."
)


MAX_PASSWORD_BYTES = 4096
_OTHERS_CAN_READ = 0o077


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
    second_reader: Annotated[
        bool,
        typer.Option(
            "--second-reader/--no-second-reader",
            "--sweep/--no-sweep",
            help="Read every file's values without MVT's parsers as well.",
        ),
    ] = True,
    stock_matcher: Annotated[bool, typer.Option("--stock-matcher", help="Match with MVT's own code, slower.")] = False,
    stock: Annotated[
        bool, typer.Option("--stock", help="Run MVT's own code everywhere, slower; the answers are the same.")
    ] = False,
    allow_foreign_modules: Annotated[
        bool, typer.Option("--allow-foreign-modules", help="Run modules of other installed MVT plugins too.")
    ] = False,
    despite_control: Annotated[
        str, typer.Option("--despite-control", metavar="REASON", help="Go on where the control fails; leaves a gap.")
    ] = "",
    unsandboxed: Annotated[
        bool, typer.Option("--unsandboxed", help="Go on where no sandbox works; reports say what that means.")
    ] = False,
    cluster: ClusterOption = None,
    cluster_keys: ClusterKeys = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 10, 11 or 12 by the worst status found.")
    ] = False,
) -> None:
    """Scan acquisitions. Needs the data owner's consent, which '--yes' never skips."""
    state = state_of(context)
    desk = replace(state.desk(), unsandboxed=unsandboxed)
    with joined(cluster, cluster_keys) as nodes, progress.scanning(state) as on_event:
        request = workflow.scans.Request(
            acquisitions=tuple(acquisition or ()),
            official=official,
            device=device,
            everything=everything,
            sets=tuple(iocs or ()),
            jobs=jobs or (2 * nodes.slots if nodes else desk.settings.jobs),
            cluster=nodes,
            sweep=second_reader,
            stock_matcher=stock_matcher,
            stock=stock,
            allow_foreign_modules=allow_foreign_modules,
            despite_control=despite_control,
            age_identity=age_identity,
            password=read_password_file(password_file) if password_file else None,
            ask_password=asking(on_event),
            on_event=on_event,
            on_step=on_event.batch,
        )
        outcome = workflow.scans.run(desk, request)
    output.show(state, outcome, summary)
    if exit_code:
        found = [each.status for each in outcome.data.scans if each.status]
        state.exit_code = workflow.status.worst_exit_code(found) or state.exit_code


@app.command("list")
def list_scans(
    context: typer.Context,
    device: Annotated[str | None, typer.Option("--device", help="Only of this device.")] = None,
    limit: Limit = None,
    page: Number = 1,
) -> None:
    """List the scans, oldest first; page 1 holds the newest."""
    output.answer(
        context,
        lambda desk: workflow.scans.list_scans(desk, device=device, sheet=Sheet(limit=limit, page=page)),
        lambda data: [_listed(data.scans)],
    )


@app.command("show")
def show(
    context: typer.Context,
    scan: Annotated[str, typer.Argument(help="Id (S-0001).")],
    files: Annotated[bool, typer.Option("--files", help="Who read each acquired file, instead.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="How many alerts; default: all.")] = None,
) -> None:
    """Show a scan: every module's outcome, the gaps, the alerts."""
    if files:
        output.answer(context, lambda desk: workflow.claims.files(desk, scan), _files)
        return
    output.answer(context, lambda desk: workflow.scans.show(desk, scan, limit=limit), _whole)


@app.command("prune")
def prune(
    context: typer.Context,
    preview: Annotated[bool, typer.Option("--preview", help="Only show what would go.")] = False,
) -> None:
    """Destroy result files of old scans that no finding was first seen in; outcomes, alerts and findings stay."""
    state = state_of(context)
    outcome = workflow.pruning.prune(state.desk(), confirm=lambda plan: not preview and _may_prune(state, plan))
    output.show(
        state, outcome, lambda data: [output.record("Result files", data, ("scans", "files", "bytes", "destroyed"))]
    )


def _may_prune(state: State, plan: Pruned) -> bool:
    """Return whether an examiner wants result files destroyed. Raises `InputError` where nobody can be asked."""
    if state.yes:
        return True
    told = say(
        "Destroys {files:# result file|# result files} of {scans:# scan|# scans}, {bytes} bytes, for good.",
        files=plan.files,
        scans=len(plan.scans),
        bytes=f"{plan.bytes:,}",
    )
    if state.as_json or not sys.stdin.isatty():
        raise InputError("{what}", hint=say("Go on with {0}.", do(yes=True)), what=told)
    output.say([told])
    return typer.confirm(words(say("Go on?")), err=True)


def _files(data: ScanFiles) -> Iterable[Table]:
    yield output.records(
        say("Files of {id}", id=data.id), ("place", "file", "bytes", "modules", "reader", "note"), data.files
    )


@recheck_app.command("run")
def recheck(
    context: typer.Context,
    scan: Annotated[list[str] | None, typer.Argument(help="Ids (S-0001).")] = None,
    everything: Annotated[bool, typer.Option("--all", help="The latest finished scan of every acquisition.")] = False,
    iocs: Annotated[
        list[str] | None, typer.Option("--iocs", metavar="SET", help="Indicator set; may be given again.")
    ] = None,
    despite_control: Annotated[
        str, typer.Option("--despite-control", metavar="REASON", help="Go on where the control fails; leaves a gap.")
    ] = "",
    unsandboxed: Annotated[
        bool, typer.Option("--unsandboxed", help="Go on where no sandbox works; reports say what that means.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, help="Rechecks at once; default: as many as cores.")
    ] = None,
    with_evidence: Annotated[
        bool, typer.Option("--with-evidence", help="Read the evidence again where it is at hand.")
    ] = False,
    cluster: ClusterOption = None,
    cluster_keys: ClusterKeys = None,
) -> None:
    """Compare earlier scans' stored results with indicator sets (retro-hunt)."""
    state = state_of(context)
    desk = replace(state.desk(), unsandboxed=unsandboxed)
    if cluster and with_evidence:
        raise InputError("Evidence is read again on this machine only.", hint=say("Leave {0} out.", do(cluster=True)))
    with joined(cluster, cluster_keys) as nodes, progress.scanning(state) as on_event:
        request = workflow.rechecks.Request(
            scans=tuple(scan or ()),
            everything=everything,
            sets=tuple(iocs or ()),
            jobs=jobs or (2 * nodes.slots if nodes else desk.settings.jobs),
            cluster=nodes,
            with_evidence=with_evidence,
            despite_control=despite_control,
            on_event=on_event,
        )
        outcome = workflow.rechecks.run(desk, request)
    output.show(state, outcome, summary)


@recheck_app.command("list")
def list_rechecks(context: typer.Context) -> None:
    """List the rechecks."""
    output.answer(context, workflow.rechecks.list_rechecks, summary)


def read_password_file(path: Path) -> Secret:
    """Return the password in the first line of a file. Raises `NotFoundError` or `InputError`."""
    from mvtcase.engine.job import Secret

    if not path.is_file():
        raise NotFoundError("There is no password file {path}.", path=path)
    if os.name == "posix" and path.stat().st_mode & _OTHERS_CAN_READ:
        output.say([say("Note: others can read {path}; 'chmod 600' it.", path=path)])
    with path.open("rb") as handle:
        data = handle.read(MAX_PASSWORD_BYTES + 1)
    try:
        line = data.decode("utf-8-sig").split("\n")[0].rstrip("\r")
    except UnicodeDecodeError:
        raise InputError("{path} is not UTF-8 text.", path=path) from None
    if not line or len(data) > MAX_PASSWORD_BYTES:
        raise InputError("{path} holds no password in its first line.", path=path)
    return Secret(value=line)


def asking(bars: ScanProgress | StepLines) -> Callable[[Acquisition], Secret | None]:
    """Return what asks for the password of an encrypted acquisition, and gets None where nobody can be asked.

    Who is asked again is told why; no bar is drawn over the question.
    """
    from mvtcase.engine.job import Secret

    asked: set[str] = set()

    def ask(acquisition: Acquisition) -> Secret | None:
        if not sys.stdin.isatty():
            return None
        with bars.paused():
            if acquisition.id in asked:
                typer.echo(visible(words(say("That password does not open {id}.", id=acquisition.id))), err=True)
            asked.add(acquisition.id)
            question = say("Password of {id} ({kind})", id=acquisition.id, kind=shown(acquisition.kind))
            typed = typer.prompt(visible(words(question)), hide_input=True, err=True)
        return Secret(value=str(typed)) if typed else None

    return ask


def summary(data: Scans | Triaged) -> Iterable[Table]:
    """Return what a batch of scans gave: a line each, then what was not examined."""
    yield _listed(data.scans)
    gaps = [[each.id, gap.module, gap.outcome, gap.reason] for each in data.scans for gap in each.gaps]
    if gaps:
        yield output.table("Not examined", ("scan", "module", "outcome", "reason"), gaps)


def _listed(scans: Iterable[ScanShown]) -> Table:
    columns = ("id", "of", "kind", "examined", "alerts", "findings", "status", "beside it")
    return output.table("Scans", columns, [_row(each) for each in scans])


def _row(one: ScanShown) -> Sequence[object]:
    examined = one.completeness if one.state is ScanState.FINISHED else one.state
    alerts = ", ".join(f"{count} {level}" for level, count in one.alerts.items() if count)
    of = f"{one.acquisition} {one.device}"
    return [one.id, of, one.kind, examined, alerts or say("none"), len(one.findings), one.status, output.beside(one)]


def _whole(data: OneScan) -> Iterable[Table]:
    one = data.scan
    names = ("id", "acquisition", "device", "kind", "command", "state", "completeness", "status", "indicators_loaded")
    more = ("sandbox", "control_passed_at", "started_at", "duration_ms", "error", "limitations", "reach_words")
    sets = [f"{each.name} {each.version} ({each.sha256[:12]})" for each in one.sets]
    yield output.record(say("Scan {id}", id=one.id), one, (*names, *more), sets=sets, error=Kept(one.error or ""))
    columns = ("part", "module", "outcome", "records", "source_rows", "alerts", "reason", "error")
    yield output.records("Modules", columns, one.modules)
    yield output.records("Not examined", ("module", "outcome", "reason"), one.gaps)
    yield output.records("Alerts, verbatim", ("level", "module", "message"), one.raised)
