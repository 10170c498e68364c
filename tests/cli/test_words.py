"""Steps as commands: what the floors below tell as data can be typed, and none of them speaks command line itself."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer

import mvtcase
from mvtcase import errors
from mvtcase.cli.app import app
from mvtcase.cli.output import described
from mvtcase.cli.state import command, words
from mvtcase.wording import do, say

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(mvtcase.__file__).parent
FILES = [
    each
    for each in sorted(SOURCE.rglob("*.py"))
    if each.relative_to(SOURCE).parts[0] not in {"cli", "__init__.py", "reasons.py"}
]


def _verbs() -> dict[str, set[str]]:
    """Return every verb with the names of its options, the program's own under ''."""
    root: Any = typer.main.get_command(app)
    found = {"": _options(root)}
    for name, noun in root.commands.items():
        found |= {f"{name} {verb}": _options(each) for verb, each in getattr(noun, "commands", {}).items()}
        found |= {} if hasattr(noun, "commands") else {name: _options(noun)}
    return found


def _options(one: Any) -> set[str]:  # typer's own classes are private
    return {text.lstrip("-") for each in one.params for text in (*each.opts, *each.secondary_opts)} | {"help"}


VERBS = _verbs()
SPEECH = re.compile(rf"\bmvtcase ({'|'.join({verb.split()[0] for verb in VERBS if verb})})\b|(?<=['`\s])--[a-z]")
NO_SPEECH = {"mvtcase demo", "mvtcase custody verify --head"}
"""The seed of the demo's invented names, and what the reader of a report on paper types to check its head."""
QUOTED = re.compile(rf"['`]({'|'.join(verb for verb in VERBS if ' ' in verb)})\b")


def _texts(tree: ast.AST) -> Iterator[ast.Constant]:
    """Yield every text that is no docstring and no comment on a name."""
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node


def test_no_floor_below_speaks_command_line() -> None:
    """What to do next is a step there: `do("case list")`."""
    assert len(FILES) > 300
    spoken = {
        (str(path.relative_to(SOURCE)), text)
        for path in FILES
        for text in {str(each.value) for each in _texts(ast.parse(path.read_text("utf-8")))} - NO_SPEECH
        if SPEECH.search(text) or QUOTED.search(text)
    }
    assert spoken == set()


@pytest.mark.parametrize("text", ["Use 'mvtcase case list'.", "Name it with '--slug'.", "See 'acquisition list'."])
def test_command_line_is_known_when_seen(text: str) -> None:
    """The test above can fail."""
    assert SPEECH.search(text) or QUOTED.search(text)


def test_every_step_can_be_taken() -> None:
    """The verb exists and has the options; an option without a verb exists somewhere."""
    steps = [
        (node.args, node.keywords)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "do"
    ]
    assert len(steps) > 30
    for arguments, options in steps:
        verb = ast.literal_eval(arguments[0]) if arguments else ""
        known = VERBS[verb] | VERBS[""] if verb else set().union(*VERBS.values())
        assert {(each.arg or "").rstrip("_").replace("_", "-") for each in options} <= known, verb


def test_a_step_is_printed_as_the_command_to_type() -> None:
    """Without a verb only the options, for the call that was just made; the program's own stand before the verb."""
    assert command(do("scan run", all=True, case="C-1")) == "'mvtcase --case C-1 scan run --all'"
    assert command(do("scan run", "A-0001", all=True, jobs="2")) == "'mvtcase scan run A-0001 --all --jobs 2'"
    assert command(do(slug="SLUG")) == "'--slug SLUG'"
    assert words(say("Next: {0}.", do("status"))) == "Next: 'mvtcase status'."


def test_the_envelope_holds_the_step_as_data() -> None:
    """Beside the hint in words."""
    error = errors.ConflictError("The case is closed.", hint=say("Use {0} first.", do("case reopen")))
    assert described(error.code, error.message, error.hint) == {
        "code": "input.conflict",
        "message": "The case is closed.",
        "hint": "Use 'mvtcase case reopen' first.",
        "step": {"verb": "case reopen", "arguments": [], "options": {}},
    }
    assert described("machine", "x")["step"] is None
