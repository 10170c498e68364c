"""Faults of files: each is what its name says, and impossible ones are refused."""

from __future__ import annotations

import plistlib
import sqlite3
import stat
from typing import TYPE_CHECKING

import pytest

from mvtcase.phones.damage import ROW_DAMAGES, Damage, damaged, row_count, write_damaged
from mvtcase.phones.ios_phone import Anatomy
from mvtcase.phones.sqlite_files import database, opened

ANATOMY = Anatomy(table="note", text="body", date="written")
HEALTHY = database(
    "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT, written REAL);",
    {"note": [{"id": number, "body": f"note {number}", "written": float(number)} for number in range(1, 201)]},
)

if TYPE_CHECKING:
    from pathlib import Path
IN_PLACE = {Damage.SYMLINK, Damage.FIFO, Damage.FOLDER, Damage.UNREADABLE}
OF_PLISTS = {Damage.PLIST_CYCLE, Damage.PLIST_BOMB}


def written(tmp_path: Path, damage: Damage | None) -> Path:
    """Return the path of the healthy database written with a fault."""
    path = tmp_path / "evidence" / "note.db"
    path.parent.mkdir()
    write_damaged(path, HEALTHY, damage, ANATOMY, outside=tmp_path / "outside")
    return path


def test_no_damage_is_the_bytes_themselves(tmp_path: Path) -> None:
    """None writes what was given."""
    assert written(tmp_path, None).read_bytes() == HEALTHY


@pytest.mark.parametrize("damage", sorted(set(Damage) - IN_PLACE - OF_PLISTS))
def test_damage_is_stable_and_changes_the_bytes(damage: Damage) -> None:
    """The same fault gives the same bytes, other than the healthy ones."""
    once = damaged(HEALTHY, damage, ANATOMY)
    assert once == damaged(HEALTHY, damage, ANATOMY)
    assert once != HEALTHY


@pytest.mark.parametrize("damage", sorted(ROW_DAMAGES))
def test_row_damage_touches_one_row_of_a_sound_database(damage: Damage) -> None:
    """All rows are still there, and SQLite finds the file sound."""
    content = damaged(HEALTHY, damage, ANATOMY)
    assert row_count(content, "note") == 200
    with opened(content) as connection, opened(HEALTHY) as healthy:
        assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        connection.text_factory = healthy.text_factory = bytes
        query = "SELECT id, body, written FROM note ORDER BY id"
        pairs = zip(connection.execute(query), healthy.execute(query), strict=True)
        assert [mine != theirs for mine, theirs in pairs].count(True) == 1


def test_bad_utf8_row_cannot_be_decoded() -> None:
    """The one row raises where Python decodes it."""
    with opened(damaged(HEALTHY, Damage.BAD_UTF8_ROW, ANATOMY)) as connection, pytest.raises(sqlite3.OperationalError):
        connection.execute("SELECT body FROM note").fetchall()


@pytest.mark.parametrize("damage", [Damage.NOISE, Damage.HEADER, Damage.TRUNCATED, Damage.NOISE_INSIDE])
def test_broken_file_is_no_whole_database(damage: Damage) -> None:
    """Reading every row fails, or the file is smaller than its header says."""
    content = damaged(HEALTHY, damage, ANATOMY)
    try:
        with opened(content) as connection:
            sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    except sqlite3.DatabaseError:
        sound = False
    assert not sound


def test_table_can_be_missing_empty_or_a_view() -> None:
    """Each of the three is told apart by the schema alone."""
    kinds = {}
    for damage in (Damage.TABLE_MISSING, Damage.NO_ROWS, Damage.VIEW_INSTEAD_OF_TABLE, Damage.ENDLESS_VIEW):
        with opened(damaged(HEALTHY, damage, ANATOMY)) as connection:
            kinds[damage] = connection.execute("SELECT type FROM sqlite_master WHERE name = 'note'").fetchall()
    assert kinds == {
        Damage.TABLE_MISSING: [],
        Damage.NO_ROWS: [("table",)],
        Damage.VIEW_INSTEAD_OF_TABLE: [("view",)],
        Damage.ENDLESS_VIEW: [("view",)],
    }


def test_endless_view_goes_on_past_its_rows() -> None:
    """It gives more rows than were ever stored."""
    with opened(damaged(HEALTHY, Damage.ENDLESS_VIEW, ANATOMY)) as connection:
        # A planner that walks the endless side first gives no row at all: then this ends the query with an error.
        connection.set_progress_handler(lambda: 1, 10_000_000)
        assert len(connection.execute("SELECT * FROM note LIMIT 1000").fetchall()) == 1000


def test_things_in_place_of_a_file(tmp_path: Path) -> None:
    """A link leads out of the evidence, a pipe is a pipe, a folder a folder."""
    for number, damage in enumerate((Damage.SYMLINK, Damage.FIFO, Damage.FOLDER, Damage.UNREADABLE)):
        place = tmp_path / str(number)
        place.mkdir()
        path = written(place, damage)
        mode = path.lstat().st_mode
        if damage is Damage.SYMLINK:
            assert path.resolve().is_relative_to(place / "outside")
        elif damage is Damage.FIFO:
            assert stat.S_ISFIFO(mode)
        elif damage is Damage.FOLDER:
            assert stat.S_ISDIR(mode)
        else:
            assert stat.S_IMODE(mode) == 0


@pytest.mark.parametrize("damage", sorted({*ROW_DAMAGES, Damage.TABLE_MISSING, Damage.ENDLESS_VIEW}))
def test_what_is_no_database_cannot_have_a_rows_fault(damage: Damage) -> None:
    """A plist with a damaged row would be healthier than its name says."""
    with pytest.raises(ValueError, match="only a database"):
        damaged(b"plist", damage, None)


def test_table_without_dates_cannot_have_a_bad_date() -> None:
    """The fault would change nothing."""
    with pytest.raises(ValueError, match="cannot be damaged"):
        damaged(HEALTHY, Damage.TEXT_DATE, Anatomy(table="note", text="body"))


def test_hostile_plists_are_small_and_well_formed() -> None:
    """Python reads both: one holds itself, the other unfolds to 10**9 numbers through shared references."""
    content = plistlib.dumps({"a": 1, "b": [2]}, fmt=plistlib.FMT_BINARY)
    cycle = plistlib.loads(damaged(content, Damage.PLIST_CYCLE, None))
    assert cycle["a"] is cycle
    assert cycle["b"] is cycle
    bomb = damaged(content, Damage.PLIST_BOMB, None)
    assert len(bomb) < 1_000
    level, depth = plistlib.loads(bomb)["b"], 0
    while isinstance(level, list):
        assert len(level) == 10
        level, depth = level[0], depth + 1
    assert (level, depth) == (7, 9)


def test_what_is_no_plist_cannot_be_a_hostile_one() -> None:
    """A database named as such would be another fault."""
    with pytest.raises(ValueError, match="only a property list"):
        damaged(HEALTHY, Damage.PLIST_CYCLE, ANATOMY)
