"""Property lists and JSON: hostile ones are refused within bounds, ordinary ones are read as ever."""

from __future__ import annotations

import os
import plistlib
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.phones.damage import hostile_plist
from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.trees import MAX_DEPTH, check_tree, parse_json, parse_plist, read_json, read_plist, walk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("cycle", [True, False])
def test_endless_property_lists_are_refused(cycle: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """A few hundred bytes that contain themselves, or unfold to 10**9 numbers."""
    with pytest.raises(UnreadableError, match=r"contains itself|unfolds"):
        parse_plist(hostile_plist(("a", "b"), cycle=cycle))


def test_ordinary_property_lists_are_read_as_ever() -> None:
    """Lists that name one value twice are no cycles."""
    shared = [1, 2, 3]
    held: dict[str, Any] = {"a": shared, "b": shared, "c": {"d": [shared, "text"]}, "e": b"bytes"}
    for form in (plistlib.FMT_BINARY, plistlib.FMT_XML):
        assert parse_plist(plistlib.dumps(held, fmt=form)) == held


def test_a_property_list_that_claims_more_objects_than_bytes_is_refused_unread() -> None:
    """The library reserves memory by the claim."""
    data = plistlib.dumps({"a": 1}, fmt=plistlib.FMT_BINARY)
    lying = data[:-24] + (1 << 40).to_bytes(8, "big") + data[-16:]
    with pytest.raises(UnreadableError, match="claims more objects"):
        parse_plist(lying)


@pytest.mark.parametrize(
    "data", [b"", b"noise", b"bplist00", b"<plist><dict><key>a</key></plist>", b"bplist00" + b"\xff" * 40]
)
def test_damaged_property_lists_are_refused_in_words(data: bytes) -> None:
    """Whatever the library raises becomes one error with the reason."""
    with pytest.raises(UnreadableError, match="no readable property list"):
        parse_plist(data)


def test_depth_is_bounded() -> None:
    """A value nested deeper than any phone writes would end Python's own recursion later."""
    held: list[object] = []
    for _ in range(MAX_DEPTH + 5):
        held = [held]
    with pytest.raises(UnreadableError, match="levels"):
        check_tree(held)


@pytest.mark.parametrize("text", ["[" * 200_000, "[" * 300 + "]" * 300, '{"a":', "", "1" * 5000])
def test_hostile_json_is_refused(text: str) -> None:
    """Brackets without end, deep nesting, half an object, nothing, an integer of thousands of digits."""
    for data in (text, text.encode()):
        with pytest.raises(UnreadableError):
            parse_json(data)


def test_ordinary_json_is_read_and_what_is_no_number_becomes_text() -> None:
    """A long flat list is within the bounds; `NaN` is no JSON value."""
    assert parse_json('[{"a": NaN}]') == [{"a": "NaN"}]
    assert len(parse_json("[" + ",".join(["{}"] * 1000) + "]")) == 1000


def test_size_is_bounded() -> None:
    """What is larger than asked for is not parsed at all."""
    with pytest.raises(UnreadableError, match="larger than 3 bytes"):
        parse_json("[1,2,3]", 3)


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    """A pipe, a folder and a missing file give an answer at once."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "missing"):
        assert read_plist(path) is None
        with pytest.raises(UnreadableError):
            read_json(path)


def test_a_cycle_is_walked_once() -> None:
    """Every container comes once, however often it is named."""
    held: dict[str, Any] = {"a": [1, 2]}
    held["self"] = held
    assert sorted(key for key, _ in walk(held, 100)) == ["", "a", "a", "a"]
    assert len(list(walk([[]] * 1000, 10))) <= 10
