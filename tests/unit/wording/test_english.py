"""The closed set of reasons: every code in use is worded, with just its parameters, and every one worded is in use."""

from __future__ import annotations

import ast
import string
from pathlib import Path
from typing import Any

import mvtcase
from mvtcase import errors
from mvtcase.engine.outcomes import TEMPLATES
from mvtcase.engine.worker.reader.claims import NOT_READ
from mvtcase.model import ModuleOutcome
from mvtcase.wording.english import SENTENCES, TEXT
from mvtcase_readers.values import Extent

SOURCE = Path(mvtcase.__file__).parent
TREES = {
    path: ast.parse(path.read_text("utf-8"))
    for path in sorted(SOURCE.rglob("*.py"))
    if path.relative_to(SOURCE).parts[:2] != ("wording", "english.py")
}
DYNAMIC = {f"outcome.{each}" for each in ModuleOutcome} | {f"read.{each}" for each in (NOT_READ, *Extent)}
DYNAMIC |= {TEXT, "several"}
"""Codes that are put together, or made without `why`."""


def _calls() -> list[tuple[Path, ast.Call]]:
    return [
        (path, node)
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "why"
    ]


def _parameters(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_every_reason_given_is_worded() -> None:
    """With just the parameters of its sentence."""
    calls = [(node.args[0], node) for _, node in _calls()]
    assert len(calls) > 40
    for code, node in calls:
        if isinstance(code, ast.Constant):
            given = {each.arg for each in node.keywords}
            assert _parameters(SENTENCES[str(code.value)]) == given, code.value


def test_every_sentence_is_given_somewhere() -> None:
    """A code that nothing names is dead."""
    named = {node.value for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert set(SENTENCES) - DYNAMIC <= named


def test_what_mvt_logs_is_worded() -> None:
    """Every template that means something has a sentence without parameters."""
    codes = {code for _, code in TEMPLATES.values() if code}
    assert codes <= set(SENTENCES)
    assert {_parameters(SENTENCES[code]) == set() for code in codes} == {True}


def test_outcomes_that_are_a_gap_have_a_sentence() -> None:
    """Where nothing closer is known; and so has every way of reading a file that is not all of it."""
    assert {f"read.{each}" for each in (NOT_READ, *Extent)} - {"read.full"} <= set(SENTENCES)
    assert {f"outcome.{each}" for each in ModuleOutcome} - {"outcome.checked", "outcome.extracted"} <= set(SENTENCES)


SAYING = {name for name in vars(errors) if name.endswith("Error")} | {"say"}
SAID: list[tuple[Path, Any]] = [
    (path, node)
    for path, tree in TREES.items()
    for node in ast.walk(tree)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING and node.args
]


def test_the_sentence_of_an_error_or_message_is_fixed() -> None:
    """What changes in it is a parameter, so that a catalogue can hold it; faces and the worker speak English alone."""
    put_together = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path, node in SAID
        if path.relative_to(SOURCE).parts[0] != "cli" and "worker" not in path.parts
        for text in (node.args[0], *(each.value for each in node.keywords if each.arg == "hint"))
        if isinstance(text, (ast.JoinedStr, ast.BinOp))
    ]
    assert put_together == []


def test_what_a_check_saw_is_a_sentence_or_a_name() -> None:
    """A text put together, or fixed and not the catalogue's, would stay English in every language."""
    checks = [
        (path, each.value)
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Check"
        for each in node.keywords
        if each.arg in {"seen", "hint"} and path.parent.name == "workflow"
    ]
    assert len(checks) > 20
    assert [f"{path.name}:{text.lineno}" for path, value in checks for text in _bare(value)] == []


def _bare(value: ast.expr) -> list[ast.expr]:
    """Return the texts in an expression that no call which marks or words them holds."""
    if isinstance(value, (ast.JoinedStr, ast.BinOp)) or (isinstance(value, ast.Constant) and value.value):
        return [value]
    inner = (
        [value.body, value.orelse]
        if isinstance(value, ast.IfExp)
        else value.values
        if isinstance(value, ast.BoolOp)
        else []
    )
    return [text for each in inner for text in _bare(each)]


def test_errors_and_messages_have_just_the_parameters_of_their_sentence() -> None:
    """One that lacks a parameter could not be worded, and would hide what it was raised for."""
    for path, node in SAID:
        sentence = node.args[0]
        given = {each.arg for each in node.keywords} - ({"hint"} if node.func.id != "say" else set())
        if any(isinstance(each, ast.Starred) for each in node.args):
            continue
        if isinstance(sentence, ast.Constant) and None not in given and (given or node.args[1:]):
            steps = {str(number) for number, _ in enumerate(node.args[1:])}
            assert _parameters(str(sentence.value)) == given | steps, f"{path.relative_to(SOURCE)}:{node.lineno}"
