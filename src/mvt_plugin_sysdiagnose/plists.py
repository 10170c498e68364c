"""Property lists of the evidence, read and walked so that cycles, depth and size cannot hurt."""

from __future__ import annotations

import itertools
import plistlib
import struct
from typing import TYPE_CHECKING, Any, Final
from xml.parsers.expat import ExpatError

from .bounds import MAX_PLIST_NODES

if TYPE_CHECKING:
    from collections.abc import Iterator

PLIST_ERRORS: Final = (
    plistlib.InvalidFileException,
    ExpatError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    MemoryError,
    struct.error,
)
"""Everything a damaged or hostile property list makes `plistlib` raise."""


def load(data: bytes) -> Any:  # noqa: ANN401 - a property list is any value
    """Return the value of a property list. Raises `ValueError` with the reason when it is none."""
    try:
        return plistlib.loads(data)
    except PLIST_ERRORS as error:
        raise ValueError(f"no readable property list: {type(error).__name__}: {error}") from error


def walk(value: object) -> Iterator[tuple[str, object]]:
    """Yield every key and value below a property list, containers included, each container once.

    Stops after a fixed number of nodes; a list's items carry the list's own key.
    """
    waiting: list[tuple[str, object]] = [("", value)]
    seen: set[int] = set()
    count = 0
    while waiting and count < MAX_PLIST_NODES:
        key, node = waiting.pop()
        count += 1
        if isinstance(node, (dict, list)):
            if id(node) in seen:
                continue
            seen.add(id(node))
            children = node.items() if isinstance(node, dict) else ((key, item) for item in node)
            waiting.extend((str(name), child) for name, child in itertools.islice(children, MAX_PLIST_NODES))
        yield key, node
