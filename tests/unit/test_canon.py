"""Canonical forms: equal things have equal bytes, and evidence is opened without touching it."""

from __future__ import annotations

import math
import os
import socket
import time
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvtcase import canon
from mvtcase_readers.regular import open_untouched

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_canonical_json_is_ascii_and_reads_back(value: object) -> None:
    """Nothing is lost, and the same value gives the same text again."""
    import json  # noqa: PLC0415  # only to read back

    text = canon.canonical_json(value)
    assert text.isascii()
    assert json.loads(text) == value
    assert canon.canonical_json(json.loads(text)) == text


@given(st.dictionaries(st.text(), st.integers(), min_size=2))
def test_the_order_of_keys_says_nothing(value: dict[str, int]) -> None:
    """Whatever order they came in."""
    backwards = dict(reversed(value.items()))
    assert canon.digest(value) == canon.digest(backwards)


@pytest.mark.parametrize("value", [math.nan, math.inf, [-math.inf], {"a": math.nan}])
def test_numbers_that_are_none_have_no_form(value: object) -> None:
    """NaN is not equal to itself."""
    with pytest.raises(ValueError, match="JSON compliant"):
        canon.canonical_json(value)


@pytest.mark.parametrize("value", [b"bytes", {1, 2}, object(), Path("/x")])
def test_values_outside_of_json_are_refused(value: object) -> None:
    """Nothing is turned into a text by guessing."""
    with pytest.raises(TypeError):
        canon.canonical_json(value)


def test_known_texts_have_known_digests() -> None:
    """The form cannot drift without a case noticing."""
    assert canon.canonical_json({"b": [1, None, True], "a": "é\udcff"}) == '{"a":"\\u00e9\\udcff","b":[1,null,true]}'
    assert canon.sha256_text("") == canon.sha256_bytes(b"")
    assert canon.sha256_text("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert canon.digest({}) == canon.sha256_text("{}")
    assert len(canon.sha256_text("\udcff")) == 64


@given(st.datetimes(timezones=st.just(timezone.utc)))
def test_every_time_is_read_back(moment: datetime) -> None:
    """From the year 1 on, to the microsecond."""
    text = canon.timestamp(moment)
    assert canon.parse_timestamp(text) == moment
    assert len(text) == 27


@given(st.lists(st.datetimes(timezones=st.just(timezone.utc)), min_size=2))
def test_times_sort_as_their_texts(moments: list[datetime]) -> None:
    """The store orders texts."""
    assert sorted(map(canon.timestamp, moments)) == [canon.timestamp(moment) for moment in sorted(moments)]


def test_times_of_other_zones_become_utc() -> None:
    """A time without a zone is refused; a text without a fraction is read."""
    taipei = timezone(timedelta(hours=8))
    assert canon.timestamp(datetime(2026, 1, 1, 7, tzinfo=taipei)) == "2025-12-31T23:00:00.000000Z"
    assert canon.parse_timestamp("2026-01-01T00:00:00Z") == datetime(2026, 1, 1, tzinfo=timezone.utc)
    with pytest.raises(ValueError, match="zone"):
        canon.timestamp(datetime(2026, 1, 1))  # noqa: DTZ001  # what is refused


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00", "x" * 99]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    """By one kind of error."""
    with pytest.raises(ValueError, match=r"does not match|unconverted"):
        canon.parse_timestamp(text)


def test_ids_are_distinct_and_sort_by_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Version 7 of RFC 9562, a millisecond apart."""
    now = 1_800_000_000_000_000_000
    made = []
    for step in range(200):
        monkeypatch.setattr(time, "time_ns", lambda step=step: now + step * 1_000_000)
        made.append(canon.new_uuid())
    assert made == sorted(made)
    assert len(set(made)) == 200
    assert {(uuid.UUID(each).version, uuid.UUID(each).variant) for each in made} == {(7, uuid.RFC_4122)}
    monkeypatch.setattr(time, "time_ns", lambda: now)
    assert len({canon.new_uuid() for _ in range(500)}) == 500


def test_a_file_is_hashed_in_pieces(tmp_path: Path) -> None:
    """Each piece is told, and their sum is the file."""
    path = tmp_path / "f"
    path.write_bytes(b"x" * (canon.HASH_CHUNK_BYTES * 2 + 5))
    heard: list[int] = []
    assert canon.sha256_file(path, on_bytes=heard.append) == canon.sha256_bytes(path.read_bytes())
    assert heard == [canon.HASH_CHUNK_BYTES, canon.HASH_CHUNK_BYTES, 5]


def test_opening_leaves_the_access_time_alone(tmp_path: Path) -> None:
    """Where the system grants it, as to the owner here."""
    path = tmp_path / "f"
    path.write_bytes(b"x")
    os.utime(path, ns=(1, 2))
    canon.sha256_file(path)
    status = path.stat()
    assert (status.st_atime_ns, status.st_mtime_ns) == (1, 2)


def test_without_the_right_to_hide_the_access_a_file_is_still_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the owner may ask for it."""
    path = tmp_path / "f"
    path.write_bytes(b"x")
    really = os.open

    def refuse(name: Path, flags: int) -> int:
        if flags & os.O_NOATIME:
            raise PermissionError
        return really(name, flags)

    monkeypatch.setattr(os, "open", refuse)
    assert canon.sha256_file(path) == canon.sha256_bytes(b"x")


def test_links_are_not_followed(tmp_path: Path) -> None:
    """To a file, to a folder, to nothing."""
    (tmp_path / "f").write_bytes(b"x")
    for name, target in (("a", "f"), ("b", "."), ("c", "nothing")):
        (tmp_path / name).symlink_to(target)
        with pytest.raises(OSError, match="symbolic link"):
            open_untouched(tmp_path / name)


def test_a_fifo_keeps_nobody_waiting_and_a_socket_is_no_file(tmp_path: Path) -> None:
    """Reading what nobody writes ends at once."""
    os.mkfifo(tmp_path / "fifo")
    assert canon.sha256_file(tmp_path / "fifo") == canon.sha256_bytes(b"")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(tmp_path / "s"))
        with pytest.raises(OSError, match="s"):
            open_untouched(tmp_path / "s")


@given(st.text())
def test_storable_text_always_encodes(text: str) -> None:
    """And ordinary text is left as it is."""
    assert canon.storable_text(text).encode() == text.encode()


def test_broken_text_becomes_visible() -> None:
    """A lone surrogate is shown, not dropped."""
    assert canon.storable_text("a\udcffb\ud800") == "a\\udcffb\\ud800"


def test_words_of_a_closed_set_are_their_own_text() -> None:
    """In f-strings and in JSON."""

    class Colour(canon.StrEnum):
        RED = "red"

    assert [f"{Colour.RED}", str(Colour.RED)] == ["red", Colour.RED]
    assert canon.canonical_json([Colour.RED]) == '["red"]'
