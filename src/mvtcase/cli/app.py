"""The `mvtcase` command: global options, the nouns below it, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Annotated

import typer

from mvtcase.cli import (
    acquisitions,
    analysis,
    cases,
    consents,
    devices,
    findings,
    iocs,
    observations,
    officials,
    output,
    reports,
    scans,
    top,
)
from mvtcase.cli.state import State
from mvtcase.errors import MvtcaseError
from mvtcase.escape import visible
from mvtcase.wording import do, say

app = typer.Typer(
    name="mvtcase",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=True,
    help="Examine many phones with MVT in one case, and say who was examined, with what result, and how sure that is.",
    epilog="A first look: 'mvtcase demo'. One phone in one command: 'mvtcase triage PATH'.",
)
for name, noun in {
    "case": cases.app,
    "group": officials.group_app,
    "official": officials.app,
    "consent": consents.app,
    "device": devices.app,
    "acquisition": acquisitions.app,
    "iocs": iocs.app,
    "scan": scans.app,
    "recheck": scans.recheck_app,
    "finding": findings.app,
    "observe": observations.app,
    "report": reports.app,
    "custody": cases.chain,
}.items():
    app.add_typer(noun, name=name)
top.register(app)
analysis.register(app)

MACHINE_FAILED = 74
"""Exit status when the disk or a path refused (`EX_IOERR` of sysexits)."""
DEFECT = 70
"""Exit status of a defect of mvtcase itself (`EX_SOFTWARE` of sysexits)."""
STOPPED = 130
"""Exit status after Ctrl-C: 128 and the number of SIGINT, as shells count."""
_last_state = State()
_ANYWHERE = frozenset({"--json", "--yes"})


@app.callback()
def main_options(
    context: typer.Context,
    workspace: Annotated[
        str | None,
        typer.Option(
            "--workspace", "-w", metavar="DIR", help="The workspace; default: the nearest parent with 'cases'."
        ),
    ] = None,
    case: Annotated[
        str | None,
        typer.Option("--case", "-c", metavar="CASE", help="The case by id or slug; default: the only open one."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON envelope on stdout and nothing else there.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before going on; never skips the consent.")] = False,
    examiner: Annotated[
        str,
        typer.Option(
            "--examiner", metavar="NAME", help="Who is working; default: MVTCASE_EXAMINER or the settings file."
        ),
    ] = "",
) -> None:
    """Take the global options, which stand before the verb."""
    global _last_state  # noqa: PLW0603  # 'main' prints errors after typer has torn the context down
    _last_state = State(workspace=workspace, case=case, as_json=as_json, yes=yes, examiner=examiner)
    context.obj = _last_state


def main() -> None:
    """Run the command line; the exit status is the contract of docs/cli.md.

    A defect is printed whole and ends with 70 (`EX_SOFTWARE`): Python's own 1 would read as "done, with gaps".
    """
    try:
        code = run(sys.argv[1:])
    except Exception:  # noqa: BLE001  # printed, not swallowed
        # An exception can quote evidence: it is escaped like any other.
        sys.stderr.write(visible(traceback.format_exc(), keep_lines=True))
        code = DEFECT
    sys.exit(code)


def run(arguments: list[str]) -> int:  # noqa: PLR0911  # one for each way a call can end
    """Run one call and return its exit status: 0 done, 1 done with gaps, else the error's own."""
    global _last_state  # noqa: PLW0603  # as above
    _last_state = State(as_json="--json" in arguments)
    try:
        status_of_call = app(flags_first(arguments), standalone_mode=False, prog_name="mvtcase")
    except MvtcaseError as error:
        output.print_error(_last_state, error)
        return error.exit_status
    except (KeyboardInterrupt, typer.Abort):
        return _stopped()
    except typer.Exit as stop:
        return _stopped() if stop.exit_code == STOPPED else stop.exit_code
    except (BrokenPipeError, SystemExit):  # typer and rich make the second of the first, with the status of gaps
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  # nobody reads; Python flushes at exit
        return 141
    except OSError as error:
        return _refuse("machine", f"The machine refused: {error}.", MACHINE_FAILED)
    except Exception as error:  # noqa: BLE001  # typer's own errors have no public class; others are raised again
        return _usage(error)
    if status_of_call == STOPPED:  # typer makes this of a Ctrl-C inside a verb
        return _stopped()
    return _last_state.exit_code or (status_of_call if isinstance(status_of_call, int) else 0)


def _stopped() -> int:
    """Print how to go on after Ctrl-C, and return the exit status shells know it by."""
    return _refuse("stopped", "Stopped. What was finished is stored; the same command goes on with the rest.", STOPPED)


def _refuse(code: str, sentence: str, exit_status: int) -> int:
    """Print why the call ended, which is no reason of the error tree, and return the exit status given."""
    if _last_state.as_json:
        output.print_envelope(_last_state, "error", errors=[output.described(code, sentence)])
    output.say([sentence])
    return exit_status


def flags_first(arguments: list[str]) -> list[str]:
    """Return the arguments with `--json` and `--yes` in front, where people often write them behind the verb."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    head, tail = arguments[:end], arguments[end:]
    flags = [each for each in head if each in _ANYWHERE]
    return [*flags, *(each for each in head if each not in _ANYWHERE), *tail]


def _usage(error: Exception) -> int:
    """Print what typer says of a wrong call; anything else is a defect and is raised."""
    show = getattr(error, "show", None)
    if show is None:
        raise error
    if _last_state.as_json:
        hint = say("See {0}.", do(help=True))
        output.print_envelope(_last_state, "error", errors=[output.described("input.usage", str(error), hint)])
    show()
    return int(getattr(error, "exit_code", 2))
