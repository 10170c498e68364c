"""The corpus of hostile inputs: enough of each kind, named apart, the same sample every time, damaged as it says."""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from builders import hostile_sqlite
from builders.hostile import DOMAIN, INDICATORS, corpus, healthy_inputs, sample
from builders.hostile_inputs import plant_at
from builders.hostile_sqlite import CHANGES, write_ahead_log
from mvtcase.matchset import INDICATOR_TYPES
from mvtcase.model import EvidenceKind
from mvtcase.phones.ios_phone import Anatomy
from mvtcase.phones.plants import PlantKind
from mvtcase.phones.sqlite_files import database, opened

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = database(
    "CREATE TABLE access (client TEXT, service TEXT); CREATE INDEX by_service ON access(service);",
    {"access": [{"client": f"net.example.{number}", "service": f"s{number}"} for number in range(300)]},
)
ANATOMY = Anatomy(table="access", text="client")


def test_there_are_enough_of_every_kind() -> None:
    """Several hundred, of all kinds that can be built without a secret, each under a name of its own."""
    inputs = list(corpus())
    assert len(inputs) >= 150
    assert {each.kind for each in inputs} >= {
        EvidenceKind.IOS_BACKUP_ENCRYPTED,
        EvidenceKind.IOS_FILE_SYSTEM,
        EvidenceKind.SYSDIAGNOSE,
        EvidenceKind.ANDROIDQF,
        EvidenceKind.BUGREPORT,
        EvidenceKind.ANDROID_BACKUP,
        EvidenceKind.INTRUSION_LOGS,
    }
    twice = [name for name, count in Counter((each.group, each.name) for each in inputs).items() if count > 1]
    assert twice == []


def test_the_sample_is_the_same_every_time_and_holds_every_group() -> None:
    """A test that changes from run to run would hide what it found."""
    first = [(each.group, each.name) for each in sample(8)]
    assert first == [(each.group, each.name) for each in sample(8)]
    assert {group for group, _ in first} == {each.group for each in corpus()}


def test_healthy_inputs_are_of_all_kinds() -> None:
    """At least twelve, so that caution has something to lose."""
    healthy = list(healthy_inputs())
    assert len(healthy) >= 12
    assert {each.kind for each in healthy} >= {each.kind for each in corpus()}


def test_the_indicators_are_those_that_are_planted() -> None:
    """One of each type, under the names of the match set; a spot gets the first that fits it."""
    assert set(INDICATORS) <= set(INDICATOR_TYPES)
    assert plant_at("sms", frozenset({PlantKind.URLS, PlantKind.DOMAINS})).value == DOMAIN
    assert plant_at(None, frozenset({PlantKind.APP_IDS})).value in INDICATORS["app_ids"]


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_takes_rows_away_or_hides_them(name: str, tmp_path: Path) -> None:
    """No change leaves the rows readable under their own names and as texts: a test on it would prove nothing."""
    path = tmp_path / "a.db"
    path.write_bytes(CHANGES[name](CONTENT, ANATOMY))
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        rows = connection.execute(
            "SELECT client FROM access WHERE service = 's7' AND typeof(client) = 'text'"
        ).fetchall()
    except sqlite3.Error:
        rows = []
    finally:
        connection.close()
    assert rows == []


def test_changes_that_leave_a_sound_database() -> None:
    """UTF-16 keeps every row, a huge text keeps all others."""
    with opened(hostile_sqlite.in_utf16(CONTENT, ANATOMY)) as connection:
        assert connection.execute("PRAGMA encoding").fetchone() == ("UTF-16le",)
        assert connection.execute("SELECT count(*) FROM access").fetchone() == (300,)


def test_rows_of_a_write_ahead_log_are_not_in_the_main_file(tmp_path: Path) -> None:
    """The pair has the rows, the main file alone has not."""
    content, journal = write_ahead_log(CONTENT, "INSERT INTO access VALUES ('late', 'late')")
    for name, beside in (("with.db", journal), ("without.db", b"")):
        (tmp_path / name).write_bytes(content)
        if beside:
            (tmp_path / f"{name}-wal").write_bytes(beside)
    counted = {}
    for name in ("with.db", "without.db"):
        connection = sqlite3.connect(tmp_path / name)
        counted[name] = connection.execute("SELECT count(*) FROM access").fetchone()[0]
        connection.close()
    assert counted == {"with.db": 301, "without.db": 300}
