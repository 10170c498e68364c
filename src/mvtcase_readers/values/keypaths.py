"""Texts out of trees of keys and values, gathered with their key paths; paths are written out only when asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .shapes import Batch, Place

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST_PATH = 64
ROOT = 0


@dataclass(slots=True)
class Tree:
    """Nodes with their parents and keys, and the texts that stand at nodes."""

    parents: list[int] = field(default_factory=lambda: [-1])
    keys: list[str | int] = field(default_factory=lambda: [""])
    texts: list[str] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)

    def below(self, parent: int, key: str | int) -> int:
        """Return a new node below another, under a key or as an item of a list."""
        self.parents.append(parent)
        self.keys.append(key)
        return len(self.keys) - 1

    def add(self, text: str, node: int) -> None:
        """Take in a text that stands at a node."""
        self.texts.append(text)
        self.nodes.append(node)

    def path(self, node: int) -> str:
        """Return the key path of a node, as `payload.urls[2]`; of a very deep one, its end."""
        parts: list[str] = []
        while node > ROOT and len(parts) < _LONGEST_PATH:
            key = self.keys[node]
            parts.append(f"[{key}]" if isinstance(key, int) else f".{key}")
            node = self.parents[node]
        return "".join(reversed(parts)).removeprefix(".")

    def roles(self) -> list[str]:
        """Return for each text the two nearest names above it, lower-case: `processes.name`; items have their list's.

        A node stands behind the one above it, so that one pass names all.
        """
        nearest, named = [""], [""]
        for key, parent in zip(self.keys[1:], self.parents[1:], strict=True):
            if type(key) is str and key:
                name, above = key.lower(), nearest[parent]
                nearest.append(name)
                named.append(f"{above}.{name}" if above else name)
            else:
                nearest.append(nearest[parent])
                named.append(named[parent])
        return [named[node] for node in self.nodes]

    def batch(self, place: Place) -> Batch:
        """Return all texts as a batch below a place."""
        return Batch(texts=self.texts, place=self.place_of(place), roles=self.roles(), column=place.column)

    def place_of(self, place: Place) -> Callable[[int], Place]:
        """Return what gives the place of a text by its number."""
        return lambda index: place.at_key(self.path(self.nodes[index]))
