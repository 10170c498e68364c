"""Property lists and JSON of the evidence: read whole within bounds, and walked so that cycles cannot hurt."""

from __future__ import annotations

import itertools
import json
import plistlib
import struct
from typing import TYPE_CHECKING, Any

from .regular import UnreadableError, read_bounded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES = 64 << 20
"""A real Info.plist carries the icons of every app and grows to some 20 MB."""

MAX_VALUES = 3_000_000
MAX_DEPTH = 200

_TRAILER = struct.Struct(">6xBBQQQ")


def parse_plist(data: bytes, limit: int = MAX_BYTES, *, walked: bool = False) -> Any:  # noqa: ANN401 - any value
    """Return the value of a property list's bytes, within bounds; raises `UnreadableError` with the reason.

    One that will be `walked`, each container once, may hold itself and share its parts.
    """
    _check_size(data, limit)
    _check_claim(data)
    try:
        held = plistlib.loads(data)
    except UnreadableError:
        raise
    except Exception as error:
        # plistlib lets nearly every built-in exception through on damaged bytes, ExpatError and MemoryError among them.
        raise UnreadableError(f"no readable property list: {type(error).__name__}: {error}") from error
    if not walked:
        check_tree(held)
    return held


def read_plist(path: Path, limit: int = MAX_BYTES) -> dict[str, Any] | None:
    """Return the dictionary of a property list, None when there is none; never raises on what a file holds."""
    try:
        held = parse_plist(read_bounded(path, limit), limit)
    except (OSError, UnreadableError):
        return None
    return held if isinstance(held, dict) else None


_JSON = json.JSONDecoder(parse_constant=str)
"""Made once: logs of events hold many short texts."""


def parse_json(data: bytes | str, limit: int = MAX_BYTES, values: int = MAX_VALUES, *, walked: bool = False) -> Any:  # noqa: ANN401 - JSON is any value
    """Return the value of JSON text, within bounds; raises `UnreadableError` with the reason.

    `NaN` and the infinities, which JSON does not know, become texts. Depth and number of values are not bounded for
    who says that the value will be `walked` with bounds of its own.
    """
    _check_size(data, limit)
    try:
        held = _JSON.decode(data) if isinstance(data, str) else json.loads(data, parse_constant=str)
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError(f"no readable JSON: {type(error).__name__}: {str(error)[:200]}") from error
    # What opens fewer brackets than the bounds allow cannot exceed them; short texts are not walked again.
    if not walked and openings(data) > MAX_DEPTH:
        check_tree(held, values)
    return held


def read_json(path: Path, limit: int = MAX_BYTES, values: int = MAX_VALUES) -> Any:  # noqa: ANN401 - JSON is any value
    """Return the value of a JSON file. Raises `UnreadableError` when it is no regular file, too large or no JSON."""
    try:
        return parse_json(read_bounded(path, limit), limit, values)
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror or type(error).__name__}") from error


def check_tree(held: object, most: int = MAX_VALUES) -> None:
    """Raise `UnreadableError` when a value contains itself, is nested too deeply or unfolds to too many values."""
    above: list[int] = []
    pending: list[Iterator[object]] = [iter((held,))]
    values = 0
    while pending:
        for value in pending[-1]:
            values += 1
            inside = _inside(value)
            if inside is None:
                continue
            if id(value) in above:
                raise UnreadableError("the value contains itself")
            if len(above) >= MAX_DEPTH:
                raise UnreadableError(f"the value is nested in more than {MAX_DEPTH} levels")
            above.append(id(value))
            pending.append(inside)
            break
        else:
            pending.pop()
            del above[-1:]
        if values > most:
            raise UnreadableError(f"the value unfolds to more than {most} values")


def walk(value: object, limit: int) -> Iterator[tuple[str, object]]:
    """Yield every key and value below a value, containers included, each container once, at most `limit` of them.

    A list's items carry the list's own key.
    """
    waiting: list[tuple[str, object]] = [("", value)]
    seen: set[int] = set()
    count = 0
    while waiting and count < limit:
        key, node = waiting.pop()
        count += 1
        if isinstance(node, (dict, list)):
            if id(node) in seen:
                continue
            seen.add(id(node))
            children = node.items() if isinstance(node, dict) else ((key, item) for item in node)
            waiting.extend((str(name), child) for name, child in itertools.islice(children, limit))
        yield key, node


def _check_size(data: bytes | str, limit: int) -> None:
    if len(data) > limit:
        raise UnreadableError(f"larger than {limit} bytes")


def _check_claim(data: bytes) -> None:
    """Refuse a binary property list that claims more objects than it has bytes: plistlib allocates by the claim."""
    if not data.startswith(b"bplist00"):
        return
    *_, objects, _top, _table = (
        _TRAILER.unpack(data[-_TRAILER.size :]) if len(data) >= _TRAILER.size else (1 << 63,) * 3
    )
    if int(objects) > len(data):
        raise UnreadableError("no readable property list: it claims more objects than it has bytes")


def openings(data: bytes | str) -> int:
    """Return how many brackets JSON text opens: it is nested in no more levels."""
    return data.count(b"[") + data.count(b"{") if isinstance(data, bytes) else data.count("[") + data.count("{")


def _inside(value: object) -> Iterator[object] | None:
    if isinstance(value, dict):
        return iter(value.values())
    return iter(value) if isinstance(value, list) else None
