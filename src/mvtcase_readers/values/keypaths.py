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

    def role(self, node: int) -> str:
        """Return the two nearest names above a node, lower-case, as `processes.name`; a list's items have its own."""
        names: list[str] = []
        for _ in range(_LONGEST_PATH):
            key = self.keys[node]
            if isinstance(key, str) and key:
                names.insert(0, key.lower())
            node = self.parents[node]
            if node <= ROOT or len(names) > 1:
                break
        return ".".join(names)

    def batch(self, place: Place) -> Batch:
        """Return all texts as a batch below a place."""
        roles = [self.role(node) for node in self.nodes]
        return Batch(texts=self.texts, place=self.place_of(place), roles=roles)

    def place_of(self, place: Place) -> Callable[[int], Place]:
        """Return what gives the place of a text by its number."""
        return lambda index: place.at_key(self.path(self.nodes[index]))
