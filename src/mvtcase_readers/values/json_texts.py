"""JSON and lines of JSON: every text and every key with its key path, of broken or very deep documents too."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from .encodings import decoded, unescaped
from .keypaths import ROOT, Tree
from .shapes import Batch, Extent, Place
from .texts import encoding, give_texts, read_lines

if TYPE_CHECKING:
    from .contents import Content
    from .walk import Walk

_STRING = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"?(\s{0,16}:)?|([{}\[\]])', re.DOTALL)
"""A string, closed or not (so that every attempt ends where it began to fail), or a bracket."""


class _Pairs(list[tuple[str, object]]):
    """An object as its pairs: JSON may hold one key twice, and a dict would forget the first."""


_BROKEN = re.compile(r"\s*(?:\{\s*\"|\[\s*[\"{\[])")
_CONTAINERS = frozenset({list, _Pairs})

# Numbers are not asked for: their length is the cheapest thing to make of them, and of millions of digits too.
_DECODER = json.JSONDecoder(object_pairs_hook=_Pairs, parse_int=len, parse_float=len, strict=False)


def read_json(walk: Walk, content: Content, place: Place) -> str:
    """Give the texts and keys of a document, of several after one another, or of lines that are each one."""
    if content.size > walk.bounds.held:
        # Too large to be held as one: line by line, escapes undone all the same, without key paths.
        return read_lines(walk, content, place)
    data = content.all(walk.bounds.held)
    text = decoded(data, encoding(content) or "utf-8").lstrip("\ufeff")
    walk.progress(len(data))
    tree = Tree()
    position, documents = 0, 0
    while position < len(text):
        position = _blank(text, position)
        if position >= len(text):
            break
        try:
            held, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            _give_rest(walk, text[position:], tree, place, is_rest=position > 0)
            break
        if type(held) is str or type(held) in _CONTAINERS:
            _gather(tree, held, tree.below(ROOT, documents) if documents else ROOT)
        documents += 1
    give_texts(walk, tree.batch(place))
    return f"{documents} documents" if documents > 1 else ""


_SPACE = re.compile(r"[\s,\x1e]*")


def _blank(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _gather(tree: Tree, held: object, root: int) -> None:
    """Take in all texts and keys; written out, since documents hold millions."""
    texts, nodes, keys, parents = tree.texts, tree.nodes, tree.keys, tree.parents
    waiting = [(held, root)]
    while waiting:
        value, node = waiting.pop()
        kind = type(value)
        if kind is str:
            texts.append(value)  # type: ignore[arg-type]  # its type was looked at
            nodes.append(node)
            continue
        item: Any
        for number, item in enumerate(value):  # type: ignore[arg-type]  # pairs or a list
            key: Any
            key, below = item if kind is _Pairs else (number, item)
            child = len(keys)
            keys.append(key)
            parents.append(node)
            if kind is _Pairs:
                texts.append(key)
                nodes.append(child)
            if type(below) is str:
                texts.append(below)
                nodes.append(child)
            elif type(below) in _CONTAINERS:
                waiting.append((below, child))


def _give_rest(walk: Walk, text: str, tree: Tree, place: Place, *, is_rest: bool) -> None:
    """Give what is no JSON: of a broken document all strings, of a plain text (as in crash reports) its lines.

    A single line that only began as JSON does, such as `[wlan0] up`, is not asked again what it is.
    """
    if _BROKEN.match(text):
        walk.limit(Extent.DAMAGED, "not all of it is JSON")
        _scan(text, tree)
    else:
        lines = text.split("\n")
        batch = Batch(texts=lines, place=lambda _: place, role=place.role)
        give_texts(walk, batch, forms=is_rest or len(lines) > 1)


def _scan(text: str, tree: Tree) -> None:
    """Take every string out of a text that is no whole JSON; keys are followed as far as brackets allow."""
    above: list[int] = []
    node = ROOT
    for found in _STRING.finditer(text):
        bracket = found[3]
        if bracket is None:
            string = unescaped(found[1])
            if found[2]:
                node = tree.below(above[-1] if above else ROOT, string)
            tree.add(string, node)
        elif bracket in "{[":
            above.append(node)
        elif bracket in "}]" and above:
            node = above.pop()
