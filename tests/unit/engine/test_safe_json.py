"""The safe encoding: whatever evidence puts into an alert, it is sent, and only the offending part is replaced."""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import json
from datetime import datetime
from typing import Any

import pytest

from mvtcase.canon import canonical_json
from mvtcase.engine.safe_json import DEPTH_LIMIT, NODE_LIMIT, TEXT_LIMIT, TOTAL_LIMIT, safe_json, safe_text


class Colour(enum.Enum):
    """A stand-in for MVT's alert level."""

    RED = 1


@dataclasses.dataclass
class Event:
    """A stand-in for MVT's dataclass events."""

    name: str
    colour: Colour


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -(2**63) + 1, 2**63 - 1, 1.5, "text", ["a", 1], {"a": {"b": []}}, "\x00\x1b[31m\u202e<script>"],
)
def test_plain_values_stay_as_they_are(value: Any) -> None:
    """What JSON and SQLite can take is verbatim, control characters and markup included."""
    assert safe_json(value) == value


def test_dataclasses_enums_tuples_and_sets_become_json() -> None:
    """MVT's own kinds of events keep their fields and names."""
    assert safe_json(Event(name="x", colour=Colour.RED)) == {"name": "x", "colour": "RED"}
    assert safe_json({"t": (1, 2), "s": {"b", "a"}}) == {"t": [1, 2], "s": ["a", "b"]}


def test_other_objects_become_their_text() -> None:
    """A datetime is written as MVT's own encoder writes it."""
    assert safe_json(datetime(2026, 1, 2, 3, 4)) == "2026-01-02 03:04:00"  # noqa: DTZ001 - MVT's times are naive


def test_an_object_whose_text_raises_is_named() -> None:
    """Even an object that cannot be shown does not lose the alert."""

    class Hostile:
        def __str__(self) -> str:
            raise RuntimeError

    assert safe_json({"x": Hostile(), "y": 1}) == {"x": "⟦Hostile⟧", "y": 1}


def test_utf8_bytes_are_text_and_other_bytes_are_escaped_with_their_hash() -> None:
    """Bytes that are no UTF-8 stay readable and can be told apart by their hash."""
    assert safe_json(b"plain") == "plain"
    encoded = safe_json(b"a\xff")
    assert isinstance(encoded, str)
    assert encoded.startswith("a\\xff⟦2 bytes, no UTF-8")
    assert hashlib.sha256(b"a\xff").hexdigest() in encoded


def test_lone_surrogates_are_escaped_and_say_so() -> None:
    """SQLite refuses lone surrogates, so they become visible escapes."""
    encoded = safe_text("a\udcff")
    encoded.encode("utf-8")
    assert encoded.startswith("a\\udcff⟦lone surrogates escaped, sha256 ")


def test_a_long_text_is_cut_with_its_length_and_hash() -> None:
    """A text of megabytes keeps its beginning, and the whole can still be identified."""
    text = "x" * (TEXT_LIMIT + 1)
    encoded = safe_text(text)
    assert encoded.startswith("x" * TEXT_LIMIT + "⟦cut")
    assert hashlib.sha256(text.encode()).hexdigest() in encoded


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_json_has_no_form_for_become_text(value: float) -> None:
    """NaN and infinities are visible markers."""
    assert safe_json([value]) == [f"⟦{value}⟧"]


@pytest.mark.parametrize("value", [2**63, -(2**64), 10**10_000], ids=["above", "below", "thousands of digits"])
def test_integers_beyond_sixty_four_bits_become_text(value: int) -> None:
    """Also those that Python refuses to write in decimal."""
    encoded = safe_json(value)
    assert isinstance(encoded, str)
    assert encoded.startswith("⟦integer ")


def test_a_cycle_is_cut_where_it_closes() -> None:
    """A property list that contains itself keeps everything but the inner copy."""
    value: dict[str, Any] = {"name": "x"}
    value["self"] = value
    assert safe_json(value) == {"name": "x", "self": "⟦dict of 2 items left out: it contains itself⟧"}


def test_the_same_list_twice_side_by_side_is_no_cycle() -> None:
    """Shared references are written out as long as there is room."""
    shared = [1]
    assert safe_json([shared, shared]) == [[1], [1]]


def test_shared_references_cannot_grow_without_bound() -> None:
    """Thirty doublings would be a billion items; the encoding stops at its budget."""
    value: list[Any] = ["x"]
    for _ in range(30):
        value = [value, value]
    encoded = canonical_json(safe_json(value))
    assert len(encoded) < 200 * NODE_LIMIT
    assert "too large" in encoded


def test_deep_nesting_is_cut() -> None:
    """A thousand levels would break every reader that recurses."""
    value: list[Any] = []
    for _ in range(1000):
        value = [value]
    encoded = canonical_json(safe_json(value))
    assert "nested too deep" in encoded
    assert encoded.count("[") == DEPTH_LIMIT


def test_many_long_texts_share_one_budget() -> None:
    """The event stays small enough to be read back, and each text left out is named by its hash."""
    encoded = safe_json(["y" * TEXT_LIMIT] * 100)
    assert isinstance(encoded, list)
    assert sum(1 for each in encoded if each == "y" * TEXT_LIMIT) == TOTAL_LIMIT // TEXT_LIMIT
    assert str(encoded[-1]).startswith(f"⟦text of {TEXT_LIMIT} characters left out, sha256 ")


def test_keys_that_are_no_text_become_text() -> None:
    """Keys of property lists can be bytes, numbers or None."""
    assert safe_json({b"a": 1, 2: 3, None: 4}) == {"a": 1, "2": 3, "None": 4}


def test_every_encoding_survives_canonical_json_and_back() -> None:
    """What comes out is always readable JSON of one meaning."""
    value = {"a": [b"\xff", float("nan"), 2**70, "\udc00"], "b": {1, 2}}
    encoded = safe_json(value)
    assert json.loads(canonical_json(encoded)) == encoded
