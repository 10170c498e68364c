"""Any value MVT puts into an alert as JSON that can always be sent: only the offending parts are replaced, visibly.

A part is offending when JSON, SQLite or memory could not take it: bytes that are no UTF-8, lone surrogates, NaN,
integers beyond 64 bits, texts of megabytes, cycles and deep nesting. In its place stands a marker between `⟦` and `⟧`
that says what was there and, for texts and bytes, the SHA-256 of all of it.
"""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mvtcase.canon import sha256_bytes, sha256_text, storable_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from mvtcase.model import Json

TEXT_LIMIT = 16_384
"""Characters of one text that are kept."""

TOTAL_LIMIT = 262_144
"""Characters of all texts of one value that are kept; with `NODE_LIMIT` this bounds an event's size."""

NODE_LIMIT = 20_000
DEPTH_LIMIT = 40
INTEGER_BITS = 63


def safe_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """Return a text that UTF-8 and SQLite accept and that is no longer than `limit` and a marker."""
    kept = storable_text(text[:limit])
    if len(text) > limit:
        return f"{kept}⟦cut, {len(text)} characters in all, sha256 {sha256_text(text)}⟧"
    if kept != text:
        return f"{kept}⟦lone surrogates escaped, sha256 {sha256_text(text)}⟧"
    return kept


def safe_json(value: object) -> Json:
    """Return a value as JSON of bounded size, whatever it is; never raises on what evidence can hold."""
    return _Encoder().encode(value, 0)


class _Encoder:
    """One encoding with its budget; containers on the way down are remembered to see a cycle."""

    def __init__(self) -> None:
        self._nodes = NODE_LIMIT
        self._characters = TOTAL_LIMIT
        self._open: set[int] = set()

    def encode(self, value: object, depth: int) -> Json:
        self._nodes -= 1
        if value is None or isinstance(value, bool):
            return value
        scalar = _scalar_encoder(value)
        if scalar is not None:
            return self._spend(scalar(value))
        return self._container(value, depth)

    def _spend(self, encoded: Json) -> Json:
        if not isinstance(encoded, str):
            return encoded
        if len(encoded) > max(self._characters, 0):
            return f"⟦text of {len(encoded)} characters left out, sha256 {sha256_text(encoded)}⟧"
        self._characters -= len(encoded)
        return encoded

    def _container(self, value: object, depth: int) -> Json:
        plain = _as_plain_container(value)
        if plain is None:
            return self._spend(_described(value))
        refusal = self._refusal(value, depth)
        if refusal:
            return f"⟦{type(value).__name__} of {len(plain)} items left out: {refusal}⟧"
        self._open.add(id(value))
        try:
            if isinstance(plain, dict):
                return self._object(plain, depth)
            return self._array(plain, depth)
        finally:
            self._open.discard(id(value))

    def _refusal(self, value: object, depth: int) -> str:
        if id(value) in self._open:
            return "it contains itself"
        if depth >= DEPTH_LIMIT:
            return "nested too deep"
        return "" if self._nodes > 0 else "too large"

    def _object(self, items: dict[object, object], depth: int) -> Json:
        encoded: dict[str, Json] = {}
        for count, (key, each) in enumerate(items.items()):
            if self._nodes <= 0:
                encoded["⟦left out⟧"] = f"⟦{len(items) - count} more items: too large⟧"
                break
            encoded[_key_text(key)] = self.encode(each, depth + 1)
        return encoded

    def _array(self, items: list[object], depth: int) -> Json:
        encoded: list[Json] = []
        for count, each in enumerate(items):
            if self._nodes <= 0:
                encoded.append(f"⟦{len(items) - count} more items: too large⟧")
                break
            encoded.append(self.encode(each, depth + 1))
        return encoded


def _key_text(key: object) -> str:
    encoder = _scalar_encoder(key)
    encoded = encoder(key) if encoder is not None else _described(key)
    return safe_text(encoded if isinstance(encoded, str) else str(encoded), 1024)


def _scalar_encoder(value: object) -> Callable[[object], Json] | None:
    for kind, encoder in _SCALARS:
        if isinstance(value, kind):
            return encoder
    return None


def _enum_json(value: object) -> Json:
    return safe_text(str(value.name)) if isinstance(value, enum.Enum) else None


def _text_json(value: object) -> Json:
    return safe_text(str(value))


def _bytes_json(value: object) -> Json:
    data = bytes(value)  # type: ignore[call-overload]  # only bytes and bytearray come here, see _SCALARS
    try:
        return safe_text(data.decode("utf-8"))
    except UnicodeDecodeError:
        kept = data[:TEXT_LIMIT].decode("utf-8", "backslashreplace")
        return f"{kept}⟦{len(data)} bytes, no UTF-8, sha256 {sha256_bytes(data)}⟧"


def _integer_json(value: object) -> Json:
    if not isinstance(value, int) or value.bit_length() <= INTEGER_BITS:
        return value  # type: ignore[return-value]  # an int, see _SCALARS
    # Hexadecimal, because Python refuses to write integers of thousands of digits in decimal.
    return f"⟦integer {hex(value)[:64]}, {value.bit_length()} bits, sha256 {sha256_text(hex(value))}⟧"


def _float_json(value: object) -> Json:
    number = value if isinstance(value, float) else 0.0
    return number if math.isfinite(number) else f"⟦{number}⟧"


_SCALARS: tuple[tuple[type | tuple[type, ...], Callable[[object], Json]], ...] = (
    (enum.Enum, _enum_json),
    (str, _text_json),
    ((bytes, bytearray), _bytes_json),
    (int, _integer_json),
    (float, _float_json),
)
"""Looked through in order: an enum member may also be a text or a number."""


def _as_plain_container(value: object) -> dict[object, object] | list[object] | None:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name, None) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    return None


def _described(value: object) -> str:
    """Return what `str` gives, as MVT's own encoder does, or the type's name where that fails."""
    try:
        return safe_text(str(value))
    except Exception:  # noqa: BLE001 - any object at all may come here, and the alert must still be sent
        return f"⟦{type(value).__name__}⟧"
