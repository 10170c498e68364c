"""Values are found where they stand, with the place a person can open."""

from __future__ import annotations

import base64
import gzip
import io
import plistlib
import sqlite3
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest

from mvtcase_readers.values import Bounds, Extent, Reading, Value, read_values

if TYPE_CHECKING:
    from pathlib import Path


_BOUNDS = Bounds()


def _read(source: bytes | Path, bounds: Bounds = _BOUNDS) -> tuple[Reading, dict[str, Reading], list[Value]]:
    values: list[Value] = []
    readings: dict[str, Reading] = {}
    reading = read_values(
        source,
        tick=lambda _: None,
        take=lambda batch: values.extend(batch.values()),
        say=readings.__setitem__,
        bounds=bounds,
    )
    return reading, readings, values


def _zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def _database(path: Path, *cells: object) -> bytes:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE note (Z_PK INTEGER PRIMARY KEY, ZBODY)")
    connection.executemany("INSERT INTO note VALUES (?, ?)", [(100 + row, cell) for row, cell in enumerate(cells)])
    connection.commit()
    connection.close()
    return path.read_bytes()


@pytest.mark.parametrize("digest", [bytes(range(20)), bytes(range(100, 132))])
def test_a_hash_kept_as_bytes_is_given_in_hexadecimal(tmp_path: Path, digest: bytes) -> None:
    """In a cell and in a property list; iOS's store of trusted certificates keeps SHA-1 and SHA-256 so."""
    listed = plistlib.dumps({"pinned": digest}, fmt=plistlib.FMT_BINARY)
    for source in (_database(tmp_path / "x", digest), listed, plistlib.dumps({"pinned": digest})):
        assert digest.hex() in {value.text for value in _read(source)[2]}
        (tmp_path / "x").unlink(missing_ok=True)


def test_the_place_of_a_value_deep_inside_says_each_step(tmp_path: Path) -> None:
    """A text in a plist in gzip in a cell of a database in a zip is found with row, column and key."""
    held = plistlib.dumps({"payload": {"urls": ["https://evil.example/a"]}}, fmt=plistlib.FMT_BINARY)
    packed = _zipped(**{"HomeDomain/x.db": _database(tmp_path / "x", "text", gzip.compress(held))})
    reading, _, values = _read(packed)
    assert reading.extent is Extent.FULL
    (found,) = [value for value in values if value.text == "https://evil.example/a"]
    place = found.place
    assert (place.inside, place.table, place.row, place.column) == ("HomeDomain/x.db", "note", 101, "ZBODY")
    assert place.key == "gzip.payload.urls[0]"
    assert found.role == "payload.urls"


@pytest.mark.parametrize(
    "data",
    [
        rb'{"a": ["https:\/\/evil.example\/x", 1e999999, {"b": null}]}',
        rb'{"a": "https:\/\/evil\u002eexample\/x", "a": "twice"}',
        rb'[{"a": "https://evil.example/x"',
        b'<a href="https&#58;//evil.example/x">',
        b"<p>https://evil<b>.example</b>/x</p>",
        "https://evil.example/x\r\n".encode("utf-16"),
        "許功蓋 https://evil.example/x\n".encode("cp950"),
        zlib.compress(b"https://evil.example/x"),
        plistlib.dumps({"a": zlib.compress(b"https://evil.example/x")}),
        plistlib.dumps(["é https://evil.example/x"], fmt=plistlib.FMT_BINARY),
    ],
)
def test_each_form_s_own_way_of_writing_is_undone(data: bytes) -> None:
    """A value is found however its container writes characters, in damaged containers too."""
    assert any("https://evil.example/x" in value.text for value in _read(data)[2])


def test_a_later_value_under_the_same_key_does_not_hide_the_first() -> None:
    """JSON that holds one key twice gives both values, though most readers forget one."""
    assert {"one", "two"} <= {value.text for value in _read(b'{"a": "one", "a": "two"}')[2]}


def test_what_the_caller_raises_comes_out_unchanged() -> None:
    """A caller stops the reading at any depth by raising in one of his functions."""

    def stop(_: object) -> None:
        raise ValueError("time is up")

    with pytest.raises(ValueError, match="time is up"):
        read_values(_zipped(a=b'{"a": "b"}'), tick=lambda _: None, take=stop, say=lambda *_: None)


def test_bounds_are_told() -> None:
    """Members that unfold beyond the bounds, or stand too deep, say so; what came before is given."""
    bomb = gzip.compress(b"evil.example\n" + bytes(1 << 20))
    small = Bounds(least_unfolded=1 << 16, ratio=1)
    reading, _, values = _read(bomb, small)
    assert reading.extent is Extent.BOUNDED
    deep = b"evil.example"
    for _ in range(8):
        deep = gzip.compress(deep)
    _, readings, _ = _read(deep, Bounds(depth=4))
    assert Extent.TOO_DEEP in {found.extent for found in readings.values()}
    assert values is not None


def test_an_encrypted_member_is_told() -> None:
    """A member that needs a password makes the zip encrypted, never silence."""
    packed = bytearray(_zipped(a=b"x" * 40))
    packed[6] |= 1
    packed[packed.find(b"PK\x01\x02") + 8] |= 1
    reading, readings, _ = _read(bytes(packed))
    assert reading.extent is Extent.ENCRYPTED
    assert readings["a"].extent is Extent.ENCRYPTED


@pytest.mark.parametrize(
    ("lines", "encoding"), [(30, "utf-8"), (5_300, "utf-8"), (2_700, "utf-16-be"), (2_700, "utf-16-le")]
)
def test_each_line_of_a_file_is_given_once_with_its_number(tmp_path: Path, lines: int, encoding: str) -> None:
    """Of a file that fits into a buffer, and of ones that are read in several pieces, whatever a letter takes."""
    log = tmp_path / "system.log"
    text = "".join(f"line {number} {'x' * 1000}\n" for number in range(1, lines + 1))
    log.write_bytes(("" if encoding == "utf-8" else "\ufeff").encode(encoding) + text.encode(encoding))
    given = [(value.place.row, int(value.text.split(" ", 2)[1])) for value in _read(log)[2] if value.text]
    assert given == [(number, number) for number in range(1, lines + 1)]


def test_bytes_on_both_sides_of_a_hole_are_given(tmp_path: Path) -> None:
    """Holes are passed over, and the offsets stay those of the file."""
    sparse = tmp_path / "image.bin"
    with sparse.open("wb") as out:
        out.write(b"\xff\x01before-the-hole\0\x01")
        out.seek(40 << 20)
        out.write(b"\x01\0\x02behind-the-hole\x01\xff")
    found = {value.text.strip("\0"): value.place.offset for value in _read(sparse)[2]}
    assert found["before-the-hole"] == 2
    assert found["behind-the-hole"] == (40 << 20) + 3


def test_a_line_that_is_read_in_pieces_is_cut_between_letters() -> None:
    """What stands where it is cut is given whole, in Chinese too; of a packed one that it was cut is said."""
    for before in range(3):
        line = "今天" * 700_000 + "x" * before + "在例え.jp的" + "三點" * 100
        reading, _, values = _read(line.encode())
        assert any("例え.jp" in value.text for value in values)
        assert all("今" in value.text or "三" in value.text for value in values if len(value.text) > 1000)
        assert reading.extent is Extent.FULL
    packed = base64.b64encode(bytes(range(200)) * 20_000)
    assert _read(b"data:text/plain;base64," + packed)[0].extent is Extent.BOUNDED


def test_a_database_may_take_as_long_as_its_size_needs(tmp_path: Path) -> None:
    """Ten years of messages are no bound, a small database that takes that long is one."""
    _database(tmp_path / "sms.db", *["a text"] * 4_000)
    late = -60.0
    assert _read(tmp_path / "sms.db", Bounds(seconds=late, seconds_per_byte=1.0))[0].extent is Extent.FULL
    assert _read(tmp_path / "sms.db", Bounds(seconds=late, seconds_per_byte=0.0))[0].extent is not Extent.FULL
