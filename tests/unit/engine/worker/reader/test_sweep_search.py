"""Streaming search: no place is missed or counted twice, whatever the pieces, encodings and holes."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mvtcase.engine.worker.reader.sweep_keys import Key
from mvtcase.engine.worker.reader.sweep_search import Hit, Searcher

if TYPE_CHECKING:
    from collections.abc import Iterator

NEEDLES = {
    b"evil.example.com": Key(value="evil.example.com", type="domains", fields={}),
    b"mallory@evil.example.com": Key(value="mallory@evil.example.com", type="emails", fields={}),
    b"/private/var/tmp/evil": Key(value="/private/var/tmp/evil", type="file_paths", fields={}),
    "b\u00fcro.example.com".encode(): Key(value="b\u00fcro.example.com", type="domains", fields={}),
}
SEARCHER = Searcher(NEEDLES)


def pieces_of(content: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield a content in pieces of a size."""
    for start in range(0, len(content), size):
        yield start, content[start : start + size]


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 20])
@pytest.mark.parametrize("encoding", ["ascii", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("before", [0, 1, 4090, 4095, 4096, 8191])
def test_a_value_is_found_once_wherever_the_pieces_are_cut(size: int, encoding: str, before: int) -> None:
    """Over the edges of pieces and pages, in both byte orders and at odd offsets, with its exact offset."""
    noise = random.Random(7).randbytes(before)  # noqa: S311 - the same noise every time
    content = noise + "\n".encode(encoding) + "evil.example.com".encode(encoding) + "\n".encode(encoding) + noise
    hits = SEARCHER.search(pieces_of(content, size))
    width = 1 if encoding == "ascii" else 2
    shown = "ascii" if encoding == "ascii" else "utf-16"
    # Of a big-endian letter the first byte is zero, and the search sees the second.
    expected = before + width + (encoding == "utf-16-be")
    assert hits == {b"evil.example.com": Hit(offset=expected, encoding=shown, count=1)}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([b" ", b"x", b"\0", b"evil.example.com ", b"/private/var/tmp/evil\n"]), max_size=60))
def test_every_place_is_counted_once(parts: list[bytes]) -> None:
    """The count over any pieces is that of the whole content."""
    content = b"".join(parts)
    whole = SEARCHER.search([(0, content)])
    for size in (1, 3, 50):
        assert SEARCHER.search(pieces_of(content, size)) == whole


def test_a_hole_parts_what_stands_around_it() -> None:
    """Bytes before and after a hole in a sparse file are no neighbours."""
    hits = SEARCHER.search([(0, b"evil.exam"), (1 << 30, b"ple.com\nevil.example.com")])
    assert hits == {b"evil.example.com": Hit(offset=(1 << 30) + 8, encoding="ascii", count=1)}


def test_capitals_several_values_and_other_scripts_are_found() -> None:
    """Each by the longest and the shortest indicator that stands there whole."""
    content = "To: MALLORY@Evil.Example.com; https://b\u00fcro.example.com/".encode()
    assert set(SEARCHER.search([(0, content)])) == {
        b"mallory@evil.example.com",
        b"evil.example.com",
        "b\u00fcro.example.com".encode(),
    }


def test_without_indicators_nothing_is_read() -> None:
    """A set of hashes alone gives the sweep nothing to look for."""
    assert Searcher({}).search(iter([(0, b"evil.example.com")])) == {}
