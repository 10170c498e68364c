"""What a case file of this release holds: every table with its columns, every other object with its text."""

from __future__ import annotations

import json
import sqlite3
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import zstandard

from mvtcase.canon import digest, kept_beside, sha256_bytes
from mvtcase.store import migrations, views

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

PACKED = frozenset({("alert", "event")})
"""Columns whose long texts are kept packed; their type is ANY, and whoever reads them gets the text."""
PACKED_PAST = 1024
_MOST_UNPACKED = 256 << 20
_MARK = b"\x28\xb5\x2f\xfd"
"""How zstandard begins; no text does, since these bytes are no UTF-8."""
_DAMAGED = '{"unreadable":"what was packed here is damaged"}'
_KEPT = (None, 1)
"""The numbers of steps whose outcome is kept: all, and those of 0.1.0, by which old seals are checked."""


@cache
def tables(steps: int | None = None) -> Mapping[str, Mapping[str, str | None]]:
    """Return the columns of every table after so many steps (None: all), each with the SQL text of its default."""
    made = _of_release()[str(steps)] if steps in _KEPT else _after(steps)
    return dict(made["columns"])


@cache
def expected() -> Mapping[tuple[str, str], str]:
    """Return the SQL text of every object of a new case by type and name."""
    return {(kind, name): text for kind, name, text in _of_release()["None"]["objects"]}


@cache
def _of_release() -> Mapping[str, Any]:
    """Return what a case holds after the steps asked for again and again; made once for the files of a release."""
    folder = Path(migrations.__file__)
    texts = [sha256_bytes(each.read_bytes()) for each in (*sorted(folder.parent.glob("m*.py")), Path(views.__file__))]
    made: Mapping[str, Any] = kept_beside(
        folder,
        digest(texts)[:16],
        lambda: json.dumps({str(steps): _after(steps) for steps in _KEPT}).encode(),
        json.loads,
    )
    return made


def _after(steps: int | None) -> Mapping[str, Any]:
    connection = _empty_case(steps)
    try:
        found = objects(connection)
        columns = {
            name: {row[1]: row[4] for row in connection.execute(f"PRAGMA table_info({name})")}
            for (_, name), text in found.items()
            if text.startswith("CREATE TABLE")
        }
        return {"columns": columns, "objects": [[*key, text] for key, text in found.items()]}
    finally:
        connection.close()


def packed(text: str) -> str | bytes:
    """Return a text as a packed column keeps it: as it is when it is short, else packed where that is less."""
    if len(text) <= PACKED_PAST:
        return text
    data = text.encode()
    small = zstandard.ZstdCompressor().compress(data)
    return small if len(small) < len(data) else text


def unpacked(held: bytes) -> str:
    """Return the text that a packed column holds; where somebody damaged it, JSON that says so and breaks its seal."""
    if not held.startswith(_MARK):
        return held.decode("utf-8", "replace")
    try:
        if not 0 <= zstandard.frame_content_size(held) <= _MOST_UNPACKED:
            return _DAMAGED
        return zstandard.ZstdDecompressor().decompress(held).decode()
    except (zstandard.ZstdError, ValueError):
        return _DAMAGED


def connect(module: Any, path: os.PathLike[str] | str, **options: Any) -> sqlite3.Connection:  # noqa: ANN401  # two modules
    """Return a connection to a case file by SQLite's or SQLCipher's module, from which packed columns come as text."""
    module.register_converter("ANY", unpacked)
    opened: sqlite3.Connection = module.connect(
        path, isolation_level=None, detect_types=module.PARSE_DECLTYPES, **options
    )
    return opened


def objects(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """Return the SQL text of every object of an open case by type and name, without SQLite's own or the steps'."""
    query = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name <> '_sqlite_migrations'"
    return {(kind, name): text for kind, name, text in connection.execute(query) if not name.startswith("sqlite_")}


def _empty_case(steps: int | None) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrations.take_steps(connection, migrations.STEPS[:steps])
    return connection
