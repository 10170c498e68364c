"""List every rule that MVT or one of our plugins can raise without an indicator, as it stands in their source.

Run `python scripts/list_rules.py` to see which rules of the pinned release have no record in `findings/rules.json`, and
which records have no rule. A rule is the file of a call that raises an alert and the text of its message, with `{}`
where something is put in. Calls that name a matched indicator are left out: those are matches, not rules.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
RECORDS = ROOT / "src" / "mvtcase" / "findings" / "rules.json"
PLUGINS = ("mvt_plugin_androidqf", "mvt_plugin_line", "mvt_plugin_sysdiagnose")
_LEVELS = frozenset({"critical", "high", "medium", "low", "info", "informational"})
_ANY = "{}"


class Rule(NamedTuple):
    """One rule: the file that raises it, and the text of its message with `{}` for what is put in."""

    source: str
    template: str


def rules() -> list[Rule]:
    """Return every rule of the installed MVT and of our plugins, in order."""
    found = {rule for package, path in _sources() for rule in _rules_in(package, path)}
    return sorted(found)


def _sources() -> Iterator[tuple[str, Path]]:
    spec = importlib.util.find_spec("mvt")
    if spec is None or spec.origin is None:
        raise SystemExit("MVT is not installed here")
    yield "mvt", Path(spec.origin).parent
    for name in PLUGINS:
        yield name, ROOT / "src" / name


def _rules_in(package: str, folder: Path) -> Iterator[Rule]:
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.py"))}
    helpers = {
        node.name: node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
    }
    for path, tree in trees.items():
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                message = _message_of(call)
                if message is None:
                    continue
                for template in _templates(message, function, helpers):
                    if template != _ANY:
                        yield Rule(f"{package}/{path.relative_to(folder).as_posix()}", template)
        for sentence in _sentences(tree):
            yield Rule(f"{package}/{path.relative_to(folder).as_posix()}", sentence)


def _sentences(tree: ast.Module) -> Iterator[str]:
    """Yield the messages of LINE's rules, which stand in a table: each has a record of its own."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        if {"id", "sentence"} <= set(named):
            yield f"LINE {_text_of(named['id'])}: {_text_of(named['sentence'])}: {_ANY}"


def _message_of(call: ast.Call) -> ast.expr | None:
    """Return the expression of an alert's message, None where a call raises none or names an indicator."""
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    if "matched_indicator" in named:
        return None
    if isinstance(call.func, ast.Name) and call.func.id == "Lead":
        return named.get("message")
    if not isinstance(call.func, ast.Attribute):
        return None
    owner = ast.unparse(call.func.value)
    if owner.endswith("alertstore") and call.func.attr in _LEVELS and call.args:
        return call.args[0]
    if owner == "self" and call.func.attr == "_alert" and len(call.args) > 1:
        return call.args[1]
    return None


def _templates(node: ast.expr, function: ast.FunctionDef, helpers: dict[str, ast.FunctionDef]) -> list[str]:
    if isinstance(node, ast.Name):
        values = _assigned(node.id, function)
        return [each for value in values for each in _templates(value, function, helpers)] if values else [_ANY]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in helpers:
        helper = helpers[node.func.id]
        returned = [each.value for each in ast.walk(helper) if isinstance(each, ast.Return) and each.value is not None]
        texts = [each for value in returned for each in _templates(value, helper, helpers)]
        return [text for text in texts if text not in {_ANY, "False"}] or [_ANY]
    return [_text_of(node)]


def _assigned(name: str, function: ast.FunctionDef) -> list[ast.expr]:
    """Return what a name is set to in a function, and each of these with what is added to it later."""
    values = _set_to(name, function)
    added = [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and node.target.id == name
    ]
    return [*values, *(ast.BinOp(left=value, op=ast.Add(), right=more) for value in values[:1] for more in added)]


def _set_to(name: str, function: ast.FunctionDef) -> list[ast.expr]:
    return [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    ]


def _text_of(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text_of(part) if isinstance(part, ast.Constant) else _ANY for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text_of(node.left) + _text_of(node.right)
    return _ANY


def main() -> int:
    """Print rules without a record and records without a rule; return 1 when there are any."""
    there = set(rules())
    known = {Rule(each["source"], each["template"]) for each in json.loads(RECORDS.read_text(encoding="utf-8"))}
    for rule in sorted(there - known):
        print(f"no record: {rule.source}: {rule.template}")
    for rule in sorted(known - there):
        print(f"no such rule: {rule.source}: {rule.template}")
    return 1 if there != known else 0


if __name__ == "__main__":
    sys.exit(main())
