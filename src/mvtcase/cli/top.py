"""The verbs without a noun: init, doctor, demo, triage."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import output, progress
from mvtcase.cli.analysis import status_tables
from mvtcase.cli.scans import asking, read_password_file, summary
from mvtcase.cli.state import sentence, state_of
from mvtcase.errors import InputError, WorkspaceError
from mvtcase.settings import load_settings
from mvtcase.wording import do, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rich.table import Table
    from rich.text import Text

    from mvtcase.cli.state import State
    from mvtcase.wording import Message
    from mvtcase.workflow.demo import Played
    from mvtcase.workflow.doctor import Checks
    from mvtcase.workflow.triage import Triaged


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where; default: here.")] = Path(),
    organisation: Annotated[str, typer.Option("--organisation", help="Whose reports these are.")] = "",
    contact: Annotated[str, typer.Option("--contact", help="How it is reached; stands in reports and letters.")] = "",
    logo: Annotated[str, typer.Option("--logo", metavar="FILE", help="PNG, JPEG or SVG for reports.")] = "",
    language: Annotated[
        str, typer.Option("--reports-in", metavar="LANG", help="Language of its reports: en or zh-TW.")
    ] = "",
) -> None:
    """Make a workspace; on a terminal it asks for the organisation that reports name."""
    state = state_of(context)
    told = {"organisation": organisation, "contact": contact, "logo": logo, "language": language}
    if not any(told.values()) and _may_ask(state) and not load_settings().organisation:
        told = {name: _ask_or_not(question) for name, question in _ORGANISATION.items()}
    output.show(state, workflow.cases.init(folder, told), lambda data: [output.record("Workspace", data)])


_ORGANISATION = {
    "organisation": say("Name of your organisation, for reports (empty: none)"),
    "contact": say("How it is reached, for reports and letters"),
    "logo": say("Its logo: a PNG, JPEG or SVG"),
    "language": say("Language of its reports: en or zh-TW"),
}


def _may_ask(state: State) -> bool:
    return sys.stdin.isatty() and not state.yes and not state.as_json


def _ask_or_not(question: Message) -> str:
    return str(typer.prompt(sentence(question), default="", show_default=False, err=True))


def doctor(
    context: typer.Context,
    evidence: Annotated[
        Path | None,
        typer.Option("--evidence", metavar="PATH", help="Also compare this with what is known of its kind."),
    ] = None,
) -> None:
    """Check whether this machine can do the work, and whether evidence looks as the readers expect."""
    state = state_of(context)
    try:
        desk = state.desk()
    except WorkspaceError:
        desk = None
    output.show(state, workflow.doctor.examine(desk, evidence), _checks)


def _checks(data: Checks) -> Iterable[Table]:
    rows = [[each.name, each.good, each.seen, "" if each.good else each.hint] for each in data.checks]
    yield output.table("This machine", ("name", "good", "seen", "hint"), rows)


def demo(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for the demo.")] = Path("demo"),
    jobs: Annotated[int | None, typer.Option("--jobs", min=1, help="Phones at once.")] = None,
) -> None:
    """Do the whole job on eight invented officials with synthetic phones and the built-in indicators."""
    state = state_of(context)
    with progress.scanning(state) as on_event:
        outcome = workflow.demo.play(
            folder, jobs=jobs, on_event=on_event, tell=_teller(state), over_judgements=state.yes
        )
    output.show(state, outcome, _demo_tables)
    state.exit_code = 0  # gaps are part of the story


def _teller(state: State) -> Callable[[str], None]:
    return (lambda _: None) if state.as_json else (lambda sentence: output.say([sentence]))


def _demo_tables(data: Played) -> Iterable[Table | Text]:
    yield from status_tables(data.status)
    yield output.record("What was made", data, ("workspace", "evidence", "reports", "custody_head"))


def triage(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="One phone's backup or other acquisition.")],
    official: Annotated[
        str | None, typer.Option("--official", help="Whose phone; default: asked, or a new one.")
    ] = None,
    iocs: Annotated[
        list[str] | None, typer.Option("--iocs", metavar="SET", help="Indicator set; may be given again.")
    ] = None,
    by: Annotated[str | None, typer.Option("--consent-by", help="Who gave the consent; default: asked.")] = None,
    informed: Annotated[
        str | None, typer.Option("--informed", help="nature,privacy,retention,disposal; default: asked one by one.")
    ] = None,
    scope: Annotated[str, typer.Option("--scope", help="What was consented to.")] = "device examination",
    password_file: Annotated[
        Path | None, typer.Option("--password-file", help="File with the backup password.")
    ] = None,
    formats: Annotated[str, typer.Option("--format", help="Formats of the report.")] = "html,json",
    unsandboxed: Annotated[
        bool, typer.Option("--unsandboxed", help="Go on where no sandbox works; reports say what that means.")
    ] = False,
) -> None:
    """Examine one phone in one command: asks for what it needs, ends with a status and a report."""
    state = state_of(context)
    asked = workflow.triage.Wish(
        path=path,
        official=official,
        sets=tuple(iocs or ()),
        consent_by=by,
        informed=informed,
        scope=scope,
        formats=tuple(each.strip() for each in formats.split(",") if each.strip()),
        password=read_password_file(password_file) if password_file else None,
    )
    with progress.scanning(state) as on_event:
        outcome = workflow.triage.examine(
            workflow.triage.Place(
                workspace=state.named_workspace,
                case=state.named_case,
                examiner=state.named_examiner,
                start=Path.cwd(),
                unsandboxed=unsandboxed,
            ),
            asked,
            workflow.triage.Person(ask=_ask, confirm=_confirm, ask_password=asking(on_event), on_event=on_event),
        )
    output.show(state, outcome, _triaged)


def _ask(question: str) -> str:
    return str(_answered(question, lambda: typer.prompt(sentence(question), err=True)))


def _confirm(question: str) -> bool:
    return bool(_answered(question, lambda: typer.confirm(sentence(question), err=True)))


def _answered(question: str, ask: Callable[[], object]) -> object:
    """Return what a person answers. Raises `InputError` with the options to give where nobody can be asked."""
    try:
        return ask()
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        needed = (
            do(examiner="NAME"),
            do(official="OFFICIAL"),
            do(consent_by="NAME"),
            do(informed="nature,privacy,retention,disposal"),
        )
        hint = say("Say it beforehand: {0}, {1}, {2}, {3}.", *needed)
        raise InputError("Nobody is here to answer: {question}", hint=hint, question=question) from None


def _triaged(data: Triaged) -> Iterable[Table | Text]:
    yield from summary(data)
    yield from status_tables(data.status)
    yield output.records("Reports", ("id", "kind", "format", "path"), data.reports)
