"""Opening a case and changing it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from mvtcase.errors import (
    CaseDamagedError,
    CaseLockedError,
    CaseTooNewError,
    NotFoundError,
    StoreError,
)
from mvtcase.store import queries, store
from mvtcase.store.folder import CASE_FILE, CaseFolder
from mvtcase.store.store import Store, stored

if TYPE_CHECKING:
    from pathlib import Path


def test_a_change_and_its_event_are_committed_together(small_case: Store) -> None:
    """What was written is there with an event that names it."""
    assert queries.official(small_case, "O-0001").groups == ("G-0001",)
    events = queries.custody_events(small_case)
    assert [event.action for event in events] == ["case.created", "acquisition.registered"]
    assert events[0].payload["rows"] == 4


def test_an_error_inside_a_change_leaves_neither_row_nor_event(small_case: Store) -> None:
    """Nothing is half-written."""
    before = small_case.custody_head()

    def fail() -> None:
        with small_case.change("note.added", actor="Ada") as change:
            change.insert("note", id="N-0001", text="x", at=change.at, examiner="Ada")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert queries.notes(small_case) == ()
    assert small_case.custody_head() == before


def test_changes_made_together_stand_or_fall_as_one(small_case: Store) -> None:
    """Each has its own event; an error in one undoes all, and a later change stands by itself again."""

    def note(*ids: str) -> None:
        for each in ids:
            with small_case.change("note.added", actor="Ada") as change:
                change.insert("note", id=each, text="x", at=change.at, examiner="Ada")

    def fail() -> None:
        with small_case.together():
            note("N-0001")
            raise RuntimeError

    before = len(queries.custody_events(small_case))
    with pytest.raises(RuntimeError):
        fail()
    assert queries.notes(small_case) == ()
    with small_case.together():
        note("N-0001", "N-0002")
    note("N-0003")
    assert len(queries.custody_events(small_case)) == before + 3
    assert (len(queries.notes(small_case)), small_case.verify()) == (3, ())


def test_a_row_against_the_rules_is_refused_with_the_reason(small_case: Store) -> None:
    """A word outside a closed set never enters."""
    with pytest.raises(StoreError, match="CHECK"), small_case.change("x", actor="Ada") as change:
        change.update("official", queries.official(small_case, "O-0001").uuid, roster="vanished")


def test_a_row_that_refers_to_nothing_is_refused(small_case: Store) -> None:
    """Foreign keys are on."""
    with pytest.raises(StoreError, match="FOREIGN KEY"), small_case.change("x", actor="Ada") as change:
        change.insert("membership", official="O-0099", affected_group="G-0001")


@pytest.mark.parametrize("table", ["custody_event", "custody_row", "module_run", "note", "official", "scan"])
def test_no_row_is_ever_deleted(small_case: Store, table: str) -> None:
    """The triggers forbid it, whoever asks."""
    with small_case.change("note.added", actor="Ada") as change:
        change.insert("note", id="N-0001", text="x", at=change.at, examiner="Ada")
        change.insert("module_run", scan="S-0001", ordinal=0, module="M", slug="m", origin="mvt")
    with pytest.raises(sqlite3.IntegrityError, match="keeps every row"):
        small_case.connection.execute(f"DELETE FROM {table}")


def test_changing_a_row_that_is_not_there_is_an_error(small_case: Store) -> None:
    """An update never passes silently over nothing."""
    with pytest.raises(NotFoundError), small_case.change("x", actor="Ada") as change:
        change.update("official", "no-such-uuid", name="x")


def test_ids_count_up_past_ten_thousand(small_case: Store) -> None:
    """Ids are numbers, not sorted texts."""
    with small_case.change("x", actor="Ada") as change:
        change.insert("note", id="N-9999", text="x", at=change.at, examiner="Ada")
        assert change.new_id("note") == "N-10000"


def test_hostile_text_is_stored_and_read_back_escaped(small_case: Store) -> None:
    """SQLite refuses lone surrogates; they arrive as visible escapes."""
    uuid = queries.official(small_case, "O-0001").uuid
    with small_case.change("x", actor="Ada") as change:
        change.update("official", uuid, name="a\udcffb\x00c")
    assert queries.official(small_case, "O-0001").name == "a\\udcffb\x00c"
    assert small_case.verify() == ()


def test_structures_are_stored_as_canonical_json() -> None:
    """Equal values give equal text, whatever their order and size."""
    assert stored({"b": [1 << 70], "a": "\udcff"}) == '{"a":"\\udcff","b":[1180591620717411303424]}'


def test_two_writers_wait_for_each_other(small_case: Store) -> None:
    """Many changes from two threads all arrive, in one unbroken chain."""

    def write(name: str) -> None:
        with Store.open(small_case.folder) as own:
            for _ in range(20):
                with own.change("note.added", actor=name) as change:
                    change.insert("note", id=change.new_id("note"), text=name, at=change.at, examiner=name)

    threads = [threading.Thread(target=write, args=(name,)) for name in ("Ada", "Ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(queries.notes(small_case)) == 40
    assert small_case.verify() == ()


def test_a_case_held_by_another_process_is_a_clear_error(small_case: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the wait, the error says who holds what and what to do."""
    monkeypatch.setattr(store, "LOCK_WAIT_SECONDS", 0.05)
    small_case.connection.execute("BEGIN IMMEDIATE")
    with (
        Store.open(small_case.folder) as other,
        pytest.raises(CaseLockedError, match="inquiry") as caught,
        other.change("x", actor="Ben"),
    ):
        pass
    small_case.connection.execute("ROLLBACK")
    assert "Wait" in caught.value.hint


def test_kill_nine_in_the_middle_of_a_change_leaves_a_case_that_verifies(small_case: Store) -> None:
    """What was not committed is gone, what was is whole."""
    script = f"""
import os, signal
from pathlib import Path
from mvtcase.store.folder import CaseFolder
from mvtcase.store.store import Store
store = Store.open(CaseFolder(Path({str(small_case.folder.path)!r})))
for number in range(3):
    with store.change("note.added", actor="Ada") as change:
        change.insert("note", id=change.new_id("note"), text="kept", at=change.at, examiner="Ada")
with store.change("note.added", actor="Ada") as change:
    change.insert("note", id=change.new_id("note"), text="lost", at=change.at, examiner="Ada")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert done.returncode == -9
    with Store.open(small_case.folder) as again:
        assert [note.text for note in queries.notes(again)] == ["kept"] * 3
        assert again.verify() == ()


def test_an_empty_folder_holds_no_case(tmp_path: Path) -> None:
    """The error says where was looked."""
    with pytest.raises(NotFoundError, match=CASE_FILE):
        Store.open(CaseFolder(tmp_path))


def test_a_file_that_is_no_database_is_a_damaged_case(tmp_path: Path) -> None:
    """Noise is told apart from an empty folder."""
    (tmp_path / CASE_FILE).write_bytes(b"noise" * 1000)
    with pytest.raises(CaseDamagedError):
        Store.open(CaseFolder(tmp_path))


def test_a_database_of_something_else_is_no_case(tmp_path: Path) -> None:
    """A SQLite file without our steps is never filled with our tables."""
    with sqlite3.connect(tmp_path / CASE_FILE) as other:
        other.execute("CREATE TABLE cookies (name TEXT)")
    with pytest.raises(CaseDamagedError, match="no case"):
        Store.open(CaseFolder(tmp_path))


def test_a_case_of_a_later_release_is_left_alone(small_case: Store) -> None:
    """An older release could lose what it does not know."""
    small_case.connection.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('mvtcase', 'm999_future', 'x')"
    )
    with pytest.raises(CaseTooNewError):
        Store.open(small_case.folder)


def test_a_second_case_cannot_be_made_in_the_same_folder(small_case: Store) -> None:
    """Nothing is ever created over something."""
    with pytest.raises(StoreError, match="exists"):
        Store.create(small_case.folder)


def test_the_case_file_is_private(small_case: Store) -> None:
    """Nobody else on the machine reads a case."""
    assert small_case.folder.case_file.stat().st_mode & 0o077 == 0
    assert small_case.folder.path.stat().st_mode & 0o077 == 0
