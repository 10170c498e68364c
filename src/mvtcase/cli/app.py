"""The `mvtcase` command: global options, the nouns below it, and the one place where errors become exit codes."""

from __future__ import annotations

import contextlib
import copy
import functools
import gc
import importlib
import inspect
import os
import re
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from mvtcase import workflow
from mvtcase.cli import output
from mvtcase.cli.state import State, sentence, speak, tongue
from mvtcase.errors import MvtcaseError
from mvtcase.escape import visible
from mvtcase.wording import ENGLISH, do, say, spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mvtcase.wording import Message

VERBS = {
    "init": ("top", "init"),
    "doctor": ("top", "doctor"),
    "demo": ("top", "demo"),
    "triage": ("top", "triage"),
    "status": ("analysis", "show_status"),
    "roster": ("analysis", "show_roster"),
    "timeline": ("analysis", "timeline"),
    "correlate": ("analysis", "correlate"),
    "coverage": ("analysis", "coverage"),
    "diff": ("analysis", "diff"),
    "export": ("analysis", "export"),
    "serve": ("serve", "serve"),
    "case": ("cases", "app"),
    "examiner": ("examiners", "app"),
    "group": ("officials", "group_app"),
    "official": ("officials", "app"),
    "consent": ("consents", "app"),
    "device": ("devices", "app"),
    "acquisition": ("acquisitions", "app"),
    "iocs": ("iocs", "app"),
    "scan": ("scans", "app"),
    "recheck": ("scans", "recheck_app"),
    "cluster": ("cluster", "app"),
    "finding": ("findings", "app"),
    "allow": ("findings", "allow_app"),
    "observe": ("observations", "app"),
    "report": ("reports", "app"),
    "custody": ("cases", "chain"),
    "canary": ("canary", "app"),
    "bundle": ("bundles", "app"),
}
"""In which module each verb or noun stands, and by what name: a call imports its own and no other."""


class _Verbs(Mapping[str, Any]):
    """The verbs and nouns by name, each made when it is asked for."""

    def __init__(self) -> None:
        self.finish: Callable[[Any, str], None] = lambda _command, _verb: None
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401  # typer's own classes are private
        if name not in self._made:
            module, inside = VERBS[name]
            found = getattr(importlib.import_module(f"mvtcase.cli.{module}"), inside)
            alone = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
            if isinstance(found, typer.Typer):
                alone.add_typer(found, name=name)
            else:
                alone.command(name)(found)
            self._made[name] = typer.main.get_group(alone).commands[name]
            self.finish(self._made[name], name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(VERBS)

    def __len__(self) -> int:
        return len(VERBS)


class _Program(TyperGroup):
    """The whole command line."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401  # as above
        super().__init__(**settings)
        self.commands: Any = _Verbs()


app = typer.Typer(
    name="mvtcase",
    cls=_Program,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=True,
    help="Examine many phones with MVT in one case, and say who was examined, with what result, and how sure that is.",
    epilog="A first look: 'mvtcase demo'. One phone in one command: 'mvtcase triage PATH'.",
)

MACHINE_FAILED = 74
"""Exit status when the disk or a path refused (`EX_IOERR` of sysexits)."""
DEFECT = 70
"""Exit status of a defect of mvtcase itself (`EX_SOFTWARE` of sysexits)."""
ASKED_BY_SHELL = "_MVTCASE_COMPLETE"
"""The environment variable by which a shell asks how a command line can go on."""
STOPPED = 130
"""Exit status after Ctrl-C: 128 and the number of SIGINT, as shells count."""
_last_state = State()
_FRAME = re.compile(
    r"^(?:Usage:|Options:|Arguments:|Commands:)|\[required\]|Show this message and exit\.|\[default: |\[OPTIONS\]",
    re.MULTILINE,
)
"""What typer itself writes around the help."""


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
    identity_file: Annotated[
        str,
        typer.Option(
            "--identity-file", metavar="FILE", help="Your own keys; their passphrase is asked for, or read from stdin."
        ),
    ] = "",
    language: Annotated[
        str,
        typer.Option(
            "--language",
            metavar="LANG",
            help="en or zh-TW; default: the environment's language (LANG), of what is written the case's.",
        ),
    ] = "",
    passphrase_file: Annotated[
        Path | None,
        typer.Option(
            "--passphrase-file", metavar="FILE", help="File or pipe with the passphrase; else it is asked for."
        ),
    ] = None,
) -> None:
    """Take the global options where they stand before the verb."""
    global _last_state  # noqa: PLW0603  # 'main' prints errors after typer has torn the context down
    _last_state = State(
        workspace=workspace,
        case=case,
        as_json=as_json,
        yes=yes,
        examiner=examiner,
        language=language,
        identity_file=identity_file,
        passphrase_file=passphrase_file,
    )
    context.obj = _last_state


@functools.cache
def program(language: str = ENGLISH) -> Any:  # noqa: ANN401  # typer's own classes are private
    """Return the program with its global options at every verb too, where people often write them.

    Its help is in a language, which is the one that this call prints in.
    """
    root: Any = typer.main.get_command(app)
    everywhere = [_behind_the_verb(each) for each in root.params if each.name in State.__dataclass_fields__]
    root.commands.finish = functools.partial(_finish, everywhere, language)
    root.get_params = functools.partial(_plainly, root.get_params)
    if ASKED_BY_SHELL in os.environ:
        from mvtcase.cli import completing

        completing.complete(root)
    if language != ENGLISH:
        _explain(root)
    return root


class _AsGiven:
    """Takes what needs no reading as it is: typer asks pydantic to, which takes longer to load than most verbs take."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:  # noqa: ANN401  # as above
        """Return the value of an option in the type that its verb asks for."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        wanted = param.type_descriptor.annotation
        if type(value) is wanted or (wanted == list[str] and type(value) is list and {*map(type, value)} <= {str}):
            return value
        if wanted is Path and type(value) is str:  # no path here is asked to be there, which its verb says better
            return Path(value)
        param._runtime_param = None  # noqa: SLF001  # the option's own reader is made
        return param.get_runtime_param().coerce(value, param=param, ctx=ctx)


_AS_GIVEN = _AsGiven()


def _plainly(own: Callable[[Any], list[Any]], context: Any) -> list[Any]:  # noqa: ANN401  # as above
    """Return the options of a command that take plain values, where typer reads them in the way that we know."""
    found = own(context)
    for each in found:
        if getattr(each, "_runtime_param", each) is None and hasattr(each, "type_descriptor"):
            each._runtime_param = _AS_GIVEN  # noqa: SLF001  # see the class
    return found


def _finish(everywhere: list[Any], language: str, command: Any, verb: str = "") -> None:  # noqa: ANN401  # as above
    """Give a command and all below it the global options, and its help in the language of this call."""
    own = {each.name for each in command.params}
    command.params += [each for each in everywhere if each.name not in own]
    command.get_params = functools.partial(_plainly, command.get_params)
    if language != ENGLISH:
        _explain(command)
    if ASKED_BY_SHELL in os.environ:
        from mvtcase.cli import completing

        completing.complete(command, verb)
    for name, each in getattr(command, "commands", {}).items():
        _finish(everywhere, language, each, f"{verb} {name}")


def _explain(command: Any) -> None:  # noqa: ANN401  # as above
    """Put the help of a command into the language of this call."""
    for name in ("help", "short_help", "epilog"):
        if text := getattr(command, name, None):
            setattr(command, name, sentence(inspect.cleandoc(text)))
    for option in command.params:
        if text := getattr(option, "help", None):
            option.help = sentence(text)
    command.get_help = functools.partial(_help_of, command.get_help)


def _help_of(plain: Callable[[Any], str], context: Any) -> str:  # noqa: ANN401  # as above
    return _FRAME.sub(lambda match: sentence(match[0]), plain(context))


def _behind_the_verb(option: Any) -> Any:  # noqa: ANN401  # as above
    again = copy.copy(option)
    again.expose_value, again.hidden, again.callback = False, True, _taken
    return again


def _taken(context: Any, option: Any, value: object) -> None:  # noqa: ANN401  # as above
    """Take the value of a global option behind the verb, where one was given."""
    if value:
        setattr(context.find_root().obj, option.name, value)


_RECORDS_BETWEEN_LOOKS = 100_000


def main() -> None:
    """Run the command line; the exit status is the contract of docs/cli.md.

    A defect is printed whole and ends with 70 (`EX_SOFTWARE`): Python's own 1 would read as "done, with gaps".
    """
    output.open_streams()
    # A call ends with its answer: looking for circles among a case's records takes longer than making them.
    gc.set_threshold(_RECORDS_BETWEEN_LOOKS, 20, 100)
    try:
        code = run(sys.argv[1:])
    except Exception:  # noqa: BLE001  # printed, not swallowed
        # An exception can quote evidence: it is escaped like any other.
        with contextlib.suppress(OSError):
            sys.stderr.write(visible(traceback.format_exc(), keep_lines=True))
        code = DEFECT
    code = output.close_streams(code, refused=MACHINE_FAILED)
    gc.freeze()  # what is left goes with the process: a last look for circles took half a second after some reports
    sys.exit(code)


def run(arguments: list[str]) -> int:  # noqa: PLR0911  # one for each way a call can end
    """Run one call and return its exit status: 0 done, 1 done with gaps, else the error's own."""
    global _last_state  # noqa: PLW0603  # as above
    _last_state = State(as_json="--json" in arguments)
    try:
        status_of_call = program(_spoken_in(arguments)).main(arguments, standalone_mode=False, prog_name="mvtcase")
    except MvtcaseError as error:
        with contextlib.suppress(OSError):  # the exit status says it all the same
            output.print_error(_last_state, error)
        return error.exit_status
    except (KeyboardInterrupt, typer.Abort):
        return _stopped()
    except typer.Exit as stop:
        return _stopped() if stop.exit_code == STOPPED else stop.exit_code
    except (BrokenPipeError, SystemExit):  # typer and rich make the second of the first, with the status of gaps
        if ASKED_BY_SHELL in os.environ:  # typer ends so after it answered a shell
            return 0
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  # nobody reads; Python flushes at exit
        return 141
    except OSError as error:
        return _machine_refused(error)
    except Exception as error:  # noqa: BLE001  # typer's own errors have no public class; others are raised again
        return _usage(error, as_json=_last_state.as_json or "--json" in arguments)
    if status_of_call == STOPPED:  # typer makes this of a Ctrl-C inside a verb
        return _stopped()
    return _last_state.exit_code or (status_of_call if isinstance(status_of_call, int) else 0)


def _spoken_in(arguments: Sequence[str]) -> str:
    """Return the language of a call, and print in it from now on: help is printed before options are read.

    Raises `InputError` when one is asked for that is not at hand.
    """
    pairs = zip(arguments, (*arguments, "")[1:], strict=True)
    asked = [after for each, after in pairs if each == "--language"]
    asked += [each.partition("=")[2] for each in arguments if each.startswith("--language=")]
    language = workflow.cases.read_language(asked[-1]) if asked else spoken(os.environ) or ENGLISH
    speak(language)
    return language


def _machine_refused(error: OSError) -> int:
    """Print what the disk or a path refused; where it was the answer that could not be written, the verb had ended."""
    if not _last_state.done:
        return _refuse("machine", say("The machine refused: {error}.", error=error), MACHINE_FAILED)
    with contextlib.suppress(OSError):
        told = say("The answer could not be written ({error}). What the verb had to store is stored.", error=error)
        output.say([told])
    return MACHINE_FAILED


def _stopped() -> int:
    """Print how to go on after Ctrl-C, and return the exit status shells know it by."""
    told = say("Stopped. What was finished is stored; the same command goes on with the rest.")
    return _refuse("stopped", told, STOPPED)


def _refuse(code: str, told: Message, exit_status: int) -> int:
    """Print why the call ended, which is no reason of the error tree, and return the exit status given."""
    with contextlib.suppress(OSError):
        if _last_state.as_json:
            output.print_envelope(_last_state, "error", errors=[output.described(code, told)])
        output.say([told])
    return exit_status


def _usage(error: Exception, *, as_json: bool) -> int:
    """Print what typer says of a wrong call; anything else is a defect and is raised."""
    show = getattr(error, "show", None)
    if show is None:
        raise error
    with contextlib.suppress(OSError):
        if as_json:
            hint = say("See {0}.", do(help=True))
            output.print_envelope(_last_state, "error", errors=[output.described("input.usage", str(error), hint)])
        if tongue().language == ENGLISH:
            show()
        else:
            _show_usage(error)
    return int(getattr(error, "exit_code", 2))


def _show_usage(error: Any) -> None:  # noqa: ANN401  # as above
    """Print what typer says of a wrong call in the language of this call."""
    context = getattr(error, "ctx", None)
    usage = _FRAME.sub(lambda match: sentence(match[0]), context.get_usage()) if context else ""
    output.say([*filter(None, [usage]), tongue().again(error.format_message())])
    output.say([say("See {0}.", do(help=True))])
