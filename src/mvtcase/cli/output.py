"""Printing: tables for people on stdout, notes on stderr, or with `--json` one envelope and nothing else on stdout."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from mvtcase import wording
from mvtcase.cli.state import heading, sentence, shown, state_of, words
from mvtcase.cli.tables import GAP, WHOLE, Heading, Sheet, fitted
from mvtcase.escape import visible
from mvtcase.wording import Message
from mvtcase.workflow.payloads import envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import typer
    from _typeshed import DataclassInstance
    from rich.table import Table

    from mvtcase.cli.state import State
    from mvtcase.errors import MvtcaseError
    from mvtcase.workflow.desk import Desk, Outcome, Payload
    from mvtcase.workflow.payloads import DeviceStatus, OfficialStatus, ScanShown

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


_STDERR = 2
_PIPE_WIDTH = 160
"""Characters of a line where no terminal says its width."""
_NARROWEST = 40
"""Characters of the shortest line that is drawn for; a narrower terminal breaks it by itself."""
_SHORTEST_NAME = 12
"""Characters that are left of a name where a line is too narrow."""


def open_streams() -> None:
    """Put a stream where one is closed: what is said then reaches nobody, and no file takes its place."""
    while (nowhere := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        pass
    os.close(nowhere)
    sys.stdin, sys.stdout, sys.stderr = (
        stream or os.fdopen(number, mode, encoding="utf-8")
        for number, (stream, mode) in enumerate(((sys.stdin, "r"), (sys.stdout, "w"), (sys.stderr, "w")))
    )


def close_streams(code: int, *, refused: int) -> int:
    """Flush what was printed and return the exit status: `refused` where it could not be written to the end."""
    for name in ("stdout", "stderr"):
        try:
            getattr(sys, name).flush()
        except OSError:  # noqa: PERF203  # the other stream may still work
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123  # flushed at exit
            code = code if code > 1 else refused
    return code


def console(*, stderr: bool = False) -> Console:
    """Return a console that obeys NO_COLOR and plain pipes and highlights nothing by itself."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _PIPE_WIDTH
    made = Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)
    made.width = max(made.width, _NARROWEST)
    return made


def cell(value: object) -> Text:
    """Return a table cell: evidence text escaped, known words coloured."""
    if value is None or value == "":
        return Text("-", style="dim")
    if isinstance(value, bool):
        return Text(sentence("yes" if value else "no"))
    if isinstance(value, frozenset):
        value = sorted(value)
    if isinstance(value, dict):
        value = [f"{name} {count}" for name, count in value.items()]
    if isinstance(value, (list, tuple)):
        return Text(", ".join(visible(shown(each)) for each in value) or "-")
    return Text(_moment(visible(shown(value))), style=_STYLES.get(str(value), ""))


def _moment(text: str) -> str:
    """Return a time of our clock as people write it; any other text as it is."""
    return f"{text[:10]} {text[11:16]} UTC" if _OUR_TIME.fullmatch(text) else text


def lines(title: str | Message, columns: Sequence[str], rows: Sequence[Sequence[object]], drop: Sequence[str]) -> Text:
    """Return rows of one line each: where they are too wide the columns of `drop` go, one after the other.

    What is still too wide is cut at the end of the second column, a name. Long lists are drawn faster than as a table.
    """
    width, shown_cells = console().width, [[cell(value) for value in row] for row in rows]
    names = [*columns]
    heads = [heading(name) for name in names]
    wide = [max([cell_len(head), *(one[place].cell_len for one in shown_cells)]) for place, head in enumerate(heads)]
    for name in drop:
        if sum(wide) + GAP * (len(wide) - 1) <= width:
            break
        place = names.index(name)
        names, heads, wide = ([*each[:place], *each[place + 1 :]] for each in (names, heads, wide))
        shown_cells = [[*each[:place], *each[place + 1 :]] for each in shown_cells]
    over = sum(wide) + GAP * (len(wide) - 1) - width
    if over > 0 and len(wide) > 1:
        wide[1] = max(_SHORTEST_NAME, wide[1] - over)
    drawn = Text(overflow="ignore", no_wrap=True).append(f"{visible(sentence(title))}\n", style="bold")
    for one in ([Text(head, style="bold") for head in heads], *shown_cells):
        for place, text in enumerate(one):
            text.truncate(wide[place], overflow="ellipsis", pad=place < len(one) - 1)
            drawn.append_text(text).append(" " * GAP if place < len(one) - 1 else "\n")
    return drawn


def table(title: str | Message, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Sheet:
    """Return a table with escaped cells."""
    drawn = Sheet(title=Text(visible(sentence(title)), style="bold"))
    for name in columns:
        drawn.add_column(Heading(name), overflow="fold", no_wrap=name in WHOLE)
    for row in rows:
        drawn.add_row(*(cell(value) for value in row))
    return drawn


def beside(one: DeviceStatus | OfficialStatus | ScanShown) -> Message:
    """Return the numbers that stand beside a status."""
    return wording.say("{dismissed} dismissed, {leads:# lead|# leads}", dismissed=one.dismissed, leads=one.leads)


def facts(title: str | Message, values: Mapping[str, object]) -> Table:
    """Return one thing's fields as a two-column table."""
    return table(title, ("field", "value"), [(heading(name), value) for name, value in values.items()])


def record(title: str | Message, one: DataclassInstance, names: Sequence[str] = (), **more: object) -> Table:
    """Return the fields of a record named, or all, and `more` as a table; of a record inside it, what is known."""
    shown: dict[str, object] = {}
    for name in names or [each.name for each in fields(one)]:
        value = getattr(one, name)
        if is_dataclass(value):
            shown |= {each.name: known for each in fields(value) if (known := getattr(value, each.name))}
        else:
            shown[name] = value
    return facts(title, {**shown, **more})


def records(title: str | Message, columns: Sequence[str], listed: Iterable[DataclassInstance]) -> Table:
    """Return a table of records, a column for each field named."""
    return table(title, columns, [[getattr(each, name) for name in columns] for each in listed])


def answer(
    context: typer.Context,
    verb: Callable[[Desk], Outcome[Payload]],
    draw: Callable[[Payload], Iterable[Table | Text]],
) -> Outcome[Payload]:
    """Call a verb at the desk that this call is about, print its outcome and return it."""
    state = state_of(context)
    outcome = verb(state.desk())
    show(state, outcome, draw)
    return outcome


def show(state: State, outcome: Outcome[Payload], draw: Callable[[Payload], Iterable[Table | Text]]) -> None:
    """Print an outcome: the envelope with `--json`, else what `draw` makes of its data, then its messages on stderr."""
    state.done = True
    state.exit_code = state.exit_code if state.exit_code is not None else int(outcome.status == "partial")
    if state.as_json:
        print_envelope(state, str(outcome.status), data=outcome.json, messages=outcome.messages)
        return
    draw_all(draw(outcome.data))
    say(outcome.messages)


def draw_all(drawn: Iterable[Table | Text], *, stderr: bool = False) -> None:
    """Print tables, each fitted to the screen."""
    screen = console(stderr=stderr)
    for each in drawn:
        screen.print(fitted(each, screen.width) if isinstance(each, Sheet) else each)


def say(messages: Iterable[str | Message]) -> None:
    """Print sentences for people on stderr."""
    screen = console(stderr=True)
    for message in messages:
        screen.print(Text(visible(sentence(message))))


def print_error(state: State, error: MvtcaseError) -> None:
    """Print why a verb stopped: what happened to what, then what to do."""
    if state.as_json:
        print_envelope(state, "error", errors=[described(error.code, error.message, error.hint)])
    screen = console(stderr=True)
    label = (f"{sentence('error')} ", "bold red")
    screen.print(Text.assemble(label, (f"[{error.code}] ", "dim"), visible(words(error.message))))
    if error.hint:
        screen.print(Text.assemble(("  → ", "bold"), visible(words(error.hint))))


def described(code: str, message: str | Message, hint: str | Message = "") -> dict[str, object]:
    """Return one of `errors[]`; `step` is the first that the hint names, None when it names none."""
    steps = hint.steps if isinstance(hint, Message) else ()
    step = (
        {"verb": steps[0].verb, "arguments": [*steps[0].arguments], "options": {**steps[0].options}} if steps else None
    )
    return {"code": code, "message": visible(sentence(message)), "hint": visible(sentence(hint)), "step": step}


def print_envelope(
    state: State,
    status: str,
    *,
    data: Mapping[str, object] | None = None,
    messages: Sequence[str | Message] = (),
    errors: Sequence[Mapping[str, object]] = (),
) -> None:
    """Print the one JSON envelope of this call on stdout."""
    told = envelope(state.command, status, data=data, messages=map(sentence, messages), errors=errors)
    sys.stdout.write(json.dumps(told, ensure_ascii=True, indent=2, default=words) + "\n")
    sys.stdout.flush()
