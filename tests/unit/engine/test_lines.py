"""Lines from pipes: as they come, bounded, from several writers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mvtcase.engine import lines as lines_module
from mvtcase.engine.lines import LineReader

if TYPE_CHECKING:
    import pytest


def test_lines_come_whole_and_the_last_one_at_the_end() -> None:
    """A line torn over two writes is one line, and what is left when the writer goes is one too."""
    reader, writer = os.pipe()
    with LineReader({"a": reader}) as lines:
        os.write(writer, b"one\ntw")
        assert list(lines.read(1)) == [("a", b"one\n")]
        os.write(writer, b"o\nthree")
        assert list(lines.read(1)) == [("a", b"two\n")]
        os.close(writer)
        assert list(lines.read(1)) == [("a", b"three")]
        assert lines.at_end("a")
    os.close(reader)


def test_waiting_ends_when_nothing_comes() -> None:
    """The caller gets its turn to look at the clock."""
    reader, writer = os.pipe()
    with LineReader({"a": reader}) as lines:
        assert list(lines.read(0.01)) == []
        assert not lines.at_end("a")
    os.close(writer)
    os.close(reader)


def test_a_line_over_the_bound_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that never ends its line cannot fill the memory."""
    monkeypatch.setattr(lines_module, "MAX_LINE_BYTES", 10)
    reader, writer = os.pipe()
    with LineReader({"a": reader}) as lines:
        os.write(writer, b"x" * 30)
        assert list(lines.read(1)) == [("a", b"x" * 30)]
        os.write(writer, b"y\n")
        assert list(lines.read(1)) == [("a", b"y\n")]
    os.close(writer)
    os.close(reader)


def test_several_pipes_keep_their_lines_apart() -> None:
    """What the worker prints never mixes with its events."""
    one, two = os.pipe(), os.pipe()
    with LineReader({"a": one[0], "b": two[0]}) as lines:
        os.write(one[1], b"x")
        os.write(two[1], b"y\n")
        assert list(lines.read(1)) == [("b", b"y\n")]
        os.write(one[1], b"\n")
        assert list(lines.read(1)) == [("a", b"x\n")]
    for descriptor in (*one, *two):
        os.close(descriptor)
