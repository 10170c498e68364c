"""Printing: tables for people on stdout, notes on stderr, or with `--json` one envelope and nothing else on stdout."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mvtcase.cli.words import words
from mvtcase.escape import visible
from mvtcase.wording import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from _typeshed import DataclassInstance

    from mvtcase.cli.state import State
    from mvtcase.errors import MvtcaseError
    from mvtcase.workflow.desk import Outcome, Payload

SCHEMA = "mvtcase/1"
_OUR_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_STYLES = {
    "confirmed": "bold white on red",
    "targeted": "bold red",
    "indicator_match": "bold red",
    "suspicious": "bold yellow",
    "inconclusive": "yellow",
    "no_trace": "green",
    "not_examined": "dim",
    "full": "green",
    "partial": "yellow",
    "blind": "red",
    "CRITICAL": "bold red",
    "HIGH": "red",
    "MEDIUM": "yellow",
    "failed": "red",
    "damaged": "red",
    "timed_out": "red",
    "denied": "red",
    "interrupted": "yellow",
    "off": "bold yellow",
}
"""Colours of words with a meaning; a word without one is plain. Colour never carries what the word does not say."""


_WHOLE = frozenset(
    {"id", "official", "device", "status", "level", "class", "state", "outcome", "completeness", "examined", "kind"}
    | {"platform", "scan", "verdict", "sequence", "subject", "roster", "publication", "tlp", "field", "sealing", "due"}
)
"""Columns of short words that are never broken over lines; the others share what room is left."""
_TITLE_WIDTH = 78
_PIPE_WIDTH = 160
"""Characters of a line where no terminal says its width."""


def console(*, stderr: bool = False) -> Console:
    """Return a console that obeys NO_COLOR and plain pipes and highlights nothing by itself."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _PIPE_WIDTH
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def cell(value: object) -> Text:
    """Return a table cell: evidence text escaped, known words coloured."""
    if value is None or value == "":
        return Text("-", style="dim")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, frozenset):
        value = sorted(value)
    if isinstance(value, (list, tuple)):
        return Text(", ".join(visible(str(each)) for each in value) or "-")
    text = _moment(visible(words(value)))
    return Text(text, style=_STYLES.get(text, ""))


def _moment(text: str) -> str:
    """Return a time of our clock as people write it; any other text as it is."""
    return f"{text[:10]} {text[11:16]} UTC" if _OUR_TIME.fullmatch(text) else text


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return a table with escaped cells."""
    drawn = Table(
        title=Text(visible(title)),
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        min_width=min(len(title), _TITLE_WIDTH),  # a title is broken at the table's width
    )
    for name in columns:
        drawn.add_column(name, overflow="fold", no_wrap=name in _WHOLE)
    for row in rows:
        drawn.add_row(*(cell(value) for value in row))
    return drawn


def facts(title: str, values: Mapping[str, object]) -> Table:
    """Return one thing's fields as a two-column table."""
    return table(title, ("field", "value"), [(name.replace("_", " "), value) for name, value in values.items()])


def record(title: str, one: DataclassInstance, names: Sequence[str] = (), **more: object) -> Table:
    """Return the fields of a record named, or all, and `more` as a table; of a record inside it, what is known."""
    shown: dict[str, object] = {}
    for name in names or [each.name for each in fields(one)]:
        value = getattr(one, name)
        if is_dataclass(value):
            shown |= {each.name: known for each in fields(value) if (known := getattr(value, each.name))}
        else:
            shown[name] = value
    return facts(title, {**shown, **more})


def records(title: str, columns: Sequence[str], listed: Iterable[DataclassInstance]) -> Table:
    """Return a table of records, a column for each field named."""
    return table(title, columns, [[getattr(each, name) for name in columns] for each in listed])


def show(state: State, outcome: Outcome[Payload], draw: Callable[[Payload], Iterable[Table | Text]]) -> None:
    """Print an outcome: the envelope with `--json`, else what `draw` makes of its data, then its messages on stderr."""
    state.exit_code = state.exit_code if state.exit_code is not None else int(outcome.status == "partial")
    if state.as_json:
        print_envelope(state, str(outcome.status), data=outcome.json, messages=outcome.messages)
        return
    screen = console()
    for drawn in draw(outcome.data):
        screen.print(drawn)
    say(outcome.messages)


def say(messages: Iterable[str | Message]) -> None:
    """Print sentences for people on stderr."""
    screen = console(stderr=True)
    for message in messages:
        screen.print(Text(visible(words(message))))


def print_error(state: State, error: MvtcaseError) -> None:
    """Print why a verb stopped: what happened to what, then what to do."""
    if state.as_json:
        print_envelope(state, "error", errors=[described(error.code, error.message, error.hint)])
    screen = console(stderr=True)
    screen.print(Text.assemble(("error ", "bold red"), (f"[{error.code}] ", "dim"), visible(words(error.message))))
    if error.hint:
        screen.print(Text.assemble(("  → ", "bold"), visible(words(error.hint))))


def described(code: str, message: str | Message, hint: str | Message = "") -> dict[str, object]:
    """Return one of `errors[]`; `step` is the first that the hint names, None when it names none."""
    steps = hint.steps if isinstance(hint, Message) else ()
    step = (
        {"verb": steps[0].verb, "arguments": [*steps[0].arguments], "options": {**steps[0].options}} if steps else None
    )
    return {"code": code, "message": visible(words(message)), "hint": visible(words(hint)), "step": step}


def print_envelope(
    state: State,
    status: str,
    *,
    data: Mapping[str, object] | None = None,
    messages: Sequence[str | Message] = (),
    errors: Sequence[Mapping[str, object]] = (),
) -> None:
    """Print the one JSON envelope of this call on stdout."""
    envelope = {
        "schema": SCHEMA,
        "command": state.command,
        "status": status,
        "data": data if data is not None else {},
        "messages": [words(each) for each in messages],
        "errors": list(errors),
    }
    sys.stdout.write(json.dumps(envelope, ensure_ascii=True, indent=2, default=words) + "\n")
    sys.stdout.flush()
