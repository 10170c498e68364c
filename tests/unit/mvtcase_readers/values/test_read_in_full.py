"""What the reader calls read in full, it has read in full: a value planted anywhere in it is given.

The evidence is made by other writers than ours (`builders.holders`).
"""

from __future__ import annotations

import gzip
import plistlib
import random
import sqlite3
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders.holders import HOLDERS, WRAPPERS, in_database
from mvtcase_readers.values import Batch, Extent, Reading, read_values

if TYPE_CHECKING:
    from collections.abc import Callable

SOUGHT = "https://evil-host.example/a/b?c=d"


def _read(data: bytes | BinaryIO, path: Path | None = None) -> tuple[list[tuple[str, Reading]], list[str]]:
    texts: list[str] = []
    readings: list[tuple[str, Reading]] = []

    def take(batch: Batch) -> None:
        texts.extend(value.text for value in batch.values())

    own = read_values(
        data,
        path=path,
        tick=lambda _: None,
        take=take,
        say=lambda inside, reading: readings.append((inside, reading)),
    )
    return [("", own), *readings], texts


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    holder=st.sampled_from(HOLDERS),
    wrappers=st.lists(st.sampled_from(WRAPPERS), max_size=4),
    seed=st.integers(0, 1 << 32),
    held=st.sampled_from(["in memory", "in a file"]),
)
def test_a_value_is_found_wherever_it_is_planted(
    holder: Callable[[str, random.Random], bytes],
    wrappers: list[Callable[[bytes, random.Random], bytes]],
    seed: int,
    held: str,
) -> None:
    """A text in any form, encoding and nesting is given, or the readings say what was not read in full.

    Small files are in memory when they are taken apart, larger ones are not.
    """
    dice = random.Random(seed)  # noqa: S311 - a seeded fake
    data = holder(SOUGHT, dice)
    for wrapper in wrappers:
        data = wrapper(data, dice)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(data)
        with path.open("rb") as handle:
            readings, texts = _read(data if held == "in memory" else handle, path)
    assert any(SOUGHT in text for text in texts), readings


def test_a_stream_behind_bytes_of_its_owner_is_unpacked() -> None:
    """Gmail keeps a byte before the zlib stream of each message (ALEAPP, gmailEmails), caches longer headers."""
    for before in (b"\x01", b"\x02\x00\x78\x9c\xff", b"\x00HTTP/1.1 200\x00" * 9):
        for pack in (zlib.compress, gzip.compress):
            _, texts = _read(before + pack(b"\x0a\x23<a href='" + SOUGHT.encode() + b"'>") + b"\xff\xfe")
            assert any(SOUGHT in text for text in texts), (before[:9], pack)
    bare = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    assert any(SOUGHT in text for text in _read(bare.compress(SOUGHT.encode() * 3) + bare.flush())[1])


def test_a_link_that_an_office_cuts_within_a_word_is_given_whole() -> None:
    """Word cuts runs for spelling and revisions, PowerPoint and spreadsheets for fonts (ECMA-376)."""
    half, other = SOUGHT[:18], SOUGHT[18:]
    for document in (
        f"<w:p><w:r><w:t>{half}</w:t></w:r><w:proofErr/><w:r><w:rPr><w:b/></w:rPr><w:t>{other}</w:t></w:r></w:p>",
        f"<a:p><a:r><a:t>{half}</a:t></a:r><a:r><a:rPr lang='en'/><a:t>{other}</a:t></a:r></a:p>",
        f"<si><r><t>{half}</t></r><r><rPr><sz val='9'/></rPr><t>{other}</t></r></si>",
        f"<text:p>{half}<text:span text:style-name='T1'>{other}</text:span></text:p>",
    ):
        assert any(SOUGHT in text for text in _read(f"<?xml version='1.0'?><doc>{document}</doc>".encode())[1]), (
            document
        )


def test_a_file_kept_in_a_cell_is_given_to_be_hashed() -> None:
    """Apple's Cache.db keeps what was loaded in a cell; the records of apps beside it are no files."""
    loaded, record = b"\xcf\xfa\xed\xfe" + b"program" * 60, plistlib.dumps({"a": "b" * 400}, fmt=plistlib.FMT_BINARY)
    files: list[bytes] = []
    with sqlite3.connect(":memory:") as made:
        made.execute("CREATE TABLE cfurl_cache_receiver_data (entry_ID INTEGER PRIMARY KEY, receiver_data BLOB)")
        made.executemany("INSERT INTO cfurl_cache_receiver_data VALUES (?, ?)", ((1, loaded), (2, record)))
        made.commit()
        kept = made.serialize() if hasattr(made, "serialize") else pytest.skip("this Python cannot serialise")
    read_values(
        kept,
        tick=lambda _: None,
        take=lambda _: None,
        say=lambda *_: None,
        file=lambda content, _: files.append(content.at(0, content.size)),
    )
    assert files == [loaded]


def test_few_bytes_that_could_be_letters_of_anything_are_no_text() -> None:
    """Packed and random bytes make East Asian characters two by two: as a text they would count as read in full."""
    dice = random.Random(7)  # noqa: S311 - a seeded fake
    for size in (16, 24, 40):
        forms = [_read(dice.randbytes(size))[0][0][1].form for _ in range(200)]
        assert sum("text" in form for form in forms) <= 4
    for text in (
        "請在明天下午三點前到辦公室",
        "連結在這裡 https://evil.example 請看",
        "これはテストです。",
        "안녕하세요 여러분",
    ):
        (_, own), *_ = _read(text.encode("utf-16-le"))[0]
        assert (own.form, own.extent) == ("text", Extent.FULL), text


def test_a_line_that_only_begins_like_json_is_no_container() -> None:
    """Android's lists of properties and buffers are full of them: each was opened ten times, then called too deep."""
    for line in ("[net.bt.name]: [Android]", f"[02:0x7781a9a800] {SOUGHT} [1080x1920:1088,  1]", "{not: json}"):
        readings, texts = _read(f"a line\n{line}\nanother\n".encode())
        assert {reading.extent for _, reading in readings} == {Extent.FULL}
        assert texts.count(line) == 2  # as a line, and as what it began like


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(size=st.integers(0, 9000), seed=st.integers(0, 1 << 32))
def test_a_text_in_a_cell_is_found_at_any_length(size: int, seed: int) -> None:
    """A text in a cell of a database is given at any length, over overflow pages too, deleted or not."""
    dice = random.Random(seed)  # noqa: S311 - a seeded fake
    text = "x" * size + SOUGHT + "y" * dice.randrange(5000)
    readings, texts = _read(in_database(text, dice))
    assert any(SOUGHT in found for found in texts), readings
    assert readings[0][1].extent is Extent.FULL


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    holder=st.sampled_from(HOLDERS),
    wrappers=st.lists(st.sampled_from(WRAPPERS), max_size=2),
    seed=st.integers(0, 1 << 32),
)
def test_damaged_bytes_raise_nothing(
    holder: Callable[[str, random.Random], bytes],
    wrappers: list[Callable[[bytes, random.Random], bytes]],
    seed: int,
) -> None:
    """A container with bytes changed, lost and added is read, and every text has a place and a role."""
    dice = random.Random(seed)  # noqa: S311 - a seeded fake
    data = holder(SOUGHT, dice)
    for wrapper in wrappers:
        data = wrapper(data, dice)
    held = bytearray(data)
    for _ in range(dice.choice([1, 3, 20])):
        at = dice.randrange(len(held) + 1)
        held[at : at + dice.randrange(3)] = bytes(dice.randrange(256) for _ in range(dice.randrange(1, 3)))
    assert _read(bytes(held))[0]
