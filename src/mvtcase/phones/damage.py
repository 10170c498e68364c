"""Faults that can be put into a file of synthetic evidence, as seen in the field or as an attacker would."""

from __future__ import annotations

import os
import plistlib
import random
import struct
from typing import TYPE_CHECKING

from mvtcase.canon import StrEnum
from mvtcase.phones.sqlite_files import edited, opened

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.phones.ios_phone import Anatomy


class Damage(StrEnum):
    """One fault of one file."""

    NOISE = "noise"
    """Random bytes of the same length."""
    NOISE_INSIDE = "noise_inside"
    """The header stands, the second half is random."""
    TRUNCATED = "truncated"
    """Only the first half is there."""
    EMPTY = "empty"
    """No byte at all."""
    HEADER = "header"
    """The first 100 bytes are zero."""
    TABLE_MISSING = "table_missing"
    """A database without its main table."""
    NO_ROWS = "no_rows"
    """A database whose main table is empty: a healthy source with nothing in it."""
    BAD_UTF8_ROW = "bad_utf8_row"
    """One row's text is not UTF-8."""
    BLOB_TEXT = "blob_text"
    """One row's text is a BLOB."""
    TEXT_DATE = "text_date"
    """One row's date is a word."""
    NULL_DATE = "null_date"
    """One row has no date."""
    FAR_DATE = "far_date"
    """One row's date lies outside of any calendar."""
    VIEW_INSTEAD_OF_TABLE = "view_instead_of_table"
    """A view with the same rows stands where the table was."""
    ENDLESS_VIEW = "endless_view"
    """A view that gives its rows again and again stands where the table was."""
    PLIST_CYCLE = "plist_cycle"
    """A property list whose every value is the list itself."""
    PLIST_BOMB = "plist_bomb"
    """A property list of a few hundred bytes whose every value is a thousand million numbers when written out."""
    SYMLINK = "symlink"
    """A link to a file outside of the evidence."""
    FIFO = "fifo"
    """A named pipe that nobody writes to."""
    FOLDER = "folder"
    """A folder of that name."""
    UNREADABLE = "unreadable"
    """A file without read permission (root reads it all the same)."""


ROW_DAMAGES = frozenset({
    Damage.BAD_UTF8_ROW, Damage.BLOB_TEXT, Damage.TEXT_DATE, Damage.NULL_DATE, Damage.FAR_DATE,
})  # fmt: skip
"""Faults of a single row: every other row can still be read."""

_IN_PLACE_OF_FILE = frozenset({Damage.SYMLINK, Damage.FIFO, Damage.FOLDER, Damage.UNREADABLE})
_SQL = {
    Damage.TABLE_MISSING: "DROP TABLE {table}",
    Damage.NO_ROWS: "DELETE FROM {table}",
    Damage.BAD_UTF8_ROW: "UPDATE {table} SET {text} = CAST(X'C328FF' AS TEXT) {first}",
    Damage.BLOB_TEXT: "UPDATE {table} SET {text} = X'00FF10' {first}",
    Damage.TEXT_DATE: "UPDATE {table} SET {date} = 'yesterday' {first}",
    Damage.NULL_DATE: "UPDATE {table} SET {date} = NULL {first}",
    Damage.FAR_DATE: "UPDATE {table} SET {date} = 9.0e18 {first}",
    Damage.VIEW_INSTEAD_OF_TABLE: (
        "ALTER TABLE {table} RENAME TO {table}_kept; CREATE VIEW {table} AS SELECT * FROM {table}_kept"
    ),
    Damage.ENDLESS_VIEW: (
        "ALTER TABLE {table} RENAME TO {table}_kept; CREATE VIEW {table} AS "
        "WITH RECURSIVE endless(step) AS (SELECT 1 UNION ALL SELECT step + 1 FROM endless) "
        "SELECT {table}_kept.* FROM endless CROSS JOIN {table}_kept"
    ),
}


def write_damaged(path: Path, content: bytes, damage: Damage | None, anatomy: Anatomy | None, *, outside: Path) -> None:
    """Write a file with a fault, or as it is for None; `outside` is the folder a link points into.

    Raises `ValueError` where the file cannot have that fault (a row's in a file that is no database), so that no test
    runs on evidence that is healthier than its name says.
    """
    if damage is None:
        path.write_bytes(content)
    elif damage in _IN_PLACE_OF_FILE:
        _put_in_place(path, content, damage, outside)
    else:
        path.write_bytes(damaged(content, damage, anatomy))


def possible_damages(content: bytes, anatomy: Anatomy | None) -> tuple[Damage, ...]:
    """Return the faults that a file can have, in the order of the enum."""
    lists = {Damage.PLIST_CYCLE, Damage.PLIST_BOMB}
    possible = {*_IN_PLACE_OF_FILE, *_REWRITES} - (set() if _is_property_list(content) else lists)
    if anatomy is not None:
        possible |= {damage for damage, sql in _SQL.items() if anatomy.date or "{date}" not in sql}
    return tuple(damage for damage in Damage if damage in possible)


def _is_property_list(content: bytes) -> bool:
    return content.startswith((b"bplist00", b"<?xml"))


def damaged(content: bytes, damage: Damage, anatomy: Anatomy | None) -> bytes:
    """Return the bytes with a fault inside; raises `ValueError` where they cannot have it."""
    rewrite = _REWRITES.get(damage)
    if rewrite is not None:
        return rewrite(content, random.Random(f"{damage}:{len(content)}"))
    if anatomy is None:
        raise ValueError(f"only a database can be damaged by {damage}")
    return _damaged_database(content, damage, anatomy)


def _plist_keys(content: bytes) -> tuple[str, ...]:
    if not _is_property_list(content):
        raise ValueError("only a property list can be damaged as one")
    entries = plistlib.loads(content)
    return tuple(entries) if isinstance(entries, dict) else ()


_REWRITES: dict[Damage, Callable[[bytes, random.Random], bytes]] = {
    Damage.NOISE: lambda content, rng: rng.randbytes(len(content)),
    Damage.NOISE_INSIDE: lambda content, rng: content[: len(content) // 2] + rng.randbytes(-(-len(content) // 2)),
    Damage.TRUNCATED: lambda content, _: content[: len(content) // 2],
    Damage.EMPTY: lambda _, __: b"",
    Damage.HEADER: lambda content, _: bytes(min(100, len(content))) + content[100:],
    Damage.PLIST_CYCLE: lambda content, _: hostile_plist(_plist_keys(content), cycle=True),
    Damage.PLIST_BOMB: lambda content, _: hostile_plist(_plist_keys(content), cycle=False),
}
"""Faults that need to know nothing of the file but its bytes."""


def _damaged_database(content: bytes, damage: Damage, anatomy: Anatomy) -> bytes:
    statements = _SQL.get(damage)
    if statements is None or ("{date}" in statements and anatomy.date is None):
        raise ValueError(f"the database of {anatomy.table} cannot be damaged by {damage}")
    words = {"table": anatomy.table, "text": anatomy.text, "date": anatomy.date}
    script = statements.format(**words, first=f"WHERE rowid = (SELECT min(rowid) FROM {anatomy.table})")

    def edit(connection: sqlite3.Connection) -> None:
        for statement in script.split(";"):
            connection.execute(statement)

    return edited(content, edit)


def _put_in_place(path: Path, content: bytes, damage: Damage, outside: Path) -> None:
    match damage:
        case Damage.SYMLINK:
            outside.mkdir(parents=True, exist_ok=True)
            target = outside / path.name
            target.write_bytes(content)
            path.symlink_to(target)
        case Damage.FIFO:
            os.mkfifo(path)
        case Damage.FOLDER:
            path.mkdir()
        case _:
            path.write_bytes(content)
            path.chmod(0)


def row_count(content: bytes, table: str) -> int:
    """Return the rows of a table, the number an examiner should be told."""
    with opened(content) as connection:
        return int(connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])


_DICTIONARY, _ARRAY, _ASCII, _INTEGER = 0xD0, 0xA0, 0x50, 0x10
_LONG = 0x0F
_WIDTH = 8
_LEVELS = 9
_REFERENCE_BYTES = 2


def hostile_plist(keys: tuple[str, ...], *, cycle: bool) -> bytes:
    """Return a dictionary whose every value is the dictionary itself, or arrays of arrays of 10**9 numbers in all.

    The second is 9 arrays of ten references each to the next: a few hundred bytes that JSON turns into gigabytes.
    """
    names = keys or ("key",)
    first_array = 1 + len(names)
    values = [0 if cycle else first_array] * len(names)
    objects = [_sized(_DICTIONARY, len(names)) + _references([*range(1, first_array), *values])]
    objects += [_sized(_ASCII, len(name)) + name.encode("ascii", "replace") for name in names]
    objects += [_sized(_ARRAY, 10) + _references([first_array + level + 1] * 10) for level in range(_LEVELS)]
    objects.append(bytes([_INTEGER, 7]))
    return _assembled(objects)


def _sized(marker: int, count: int) -> bytes:
    if count < _LONG:
        return bytes([marker | count])
    return bytes([marker | _LONG, _INTEGER | 1]) + struct.pack(">H", count)


def _references(numbers: list[int]) -> bytes:
    return b"".join(struct.pack(">H", number) for number in numbers)


def _assembled(objects: list[bytes]) -> bytes:
    head, offsets = b"bplist00", []
    for content in objects:
        offsets.append(len(head))
        head += content
    table = b"".join(struct.pack(">Q", offset) for offset in offsets)
    trailer = bytes(6) + bytes([_WIDTH, _REFERENCE_BYTES]) + struct.pack(">QQQ", len(objects), 0, len(head))
    return head + table + trailer
