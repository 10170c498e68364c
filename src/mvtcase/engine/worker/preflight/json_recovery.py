"""A second try at a JSON file of records that broke its module: odd values set right, torn ends cut off.

As with databases: one odd value must not keep all other records from being looked at.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from mvtcase.engine.worker.preflight.recovery import Repair

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 1 << 30
COMMON_SHARE = 0.5
"""A key that more than this share of the records has, and a type that more than this share of its values have, are
taken for what every record should have."""

Record = dict[str, Any]


class UnfitJsonError(Exception):
    """The file holds no records that could be saved."""


def repaired_json(data: bytes) -> tuple[bytes, Repair]:
    """Return a file of records with odd values set right, and what was done to it.

    A record is a JSON object in a list or on a line; the file may be compressed by zlib, as in Android backups. A value
    of another kind than most records have under that key becomes 0 or an empty text, a key that most have and one lacks
    is added so, and what follows a tear is left out. Raises `UnfitJsonError` when there is no record.
    """
    plain = _inflated(data)
    text = (data if plain is None else plain).decode("utf-8", "backslashreplace")
    repair = Repair()
    records = [record for record in _records(text, repair) if isinstance(record, dict)]
    if not records:
        raise UnfitJsonError("it holds no record that could be saved")
    repair.copied = len(records)
    defaults = _defaults(records)
    written = json.dumps([_set_right(record, defaults, repair) for record in records]).encode("ascii")
    return (written if plain is None else zlib.compress(written)), repair


def _inflated(data: bytes) -> bytes | None:
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(data, MAX_BYTES)
    except zlib.error:
        return None
    if inflater.unconsumed_tail:
        raise UnfitJsonError(f"it is larger than {MAX_BYTES} bytes")
    return plain


def _records(text: str, repair: Repair) -> Iterator[object]:
    """Yield the objects of a list, or of lines, up to the first place that is no JSON."""
    decoder = json.JSONDecoder()
    position = _past(text, 0, "[ \t\r\n")
    while position < len(text) and text[position] != "]":
        try:
            record, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            repair.lost = True
            return
        yield record
        position = _past(text, position, ", \t\r\n")


def _past(text: str, position: int, letters: str) -> int:
    while position < len(text) and text[position] in letters:
        position += 1
    return position


def _defaults(records: list[Record]) -> dict[str, str]:
    """Return for each common key the common kind of its values."""
    kinds: dict[str, Counter[str]] = {}
    for record in records:
        for key, value in record.items():
            kinds.setdefault(key, Counter())[_kind(value)] += 1
    common = {key: counter.most_common(1)[0] for key, counter in kinds.items()}
    return {key: kind for key, (kind, count) in common.items() if count > COMMON_SHARE * len(records)}


def _kind(value: object) -> str:
    """Return the kind of a value; whole and broken numbers are one, texts of digits another than texts."""
    if isinstance(value, str):
        return "digits" if value.isascii() and value.isdigit() else "text"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "number" if abs(value) <= _LAST_NUMBER else "beyond"
    return type(value).__name__


_NEUTRAL: dict[str, object] = {"number": 0, "digits": "0", "text": "", "bool": False, "list": [], "dict": {}}
_LAST_NUMBER = 2**53


def _set_right(record: Record, defaults: dict[str, str], repair: Repair) -> Record:
    right = dict(record)
    for key, kind in defaults.items():
        found = _kind(right[key]) if key in right else "missing"
        if found == kind or (kind == "text" and found == "digits"):
            continue
        right[key] = _NEUTRAL.get(kind)
        repair.fixed[key] = repair.fixed.get(key, 0) + 1
    return right
