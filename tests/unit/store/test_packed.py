"""What an alert was raised about: long texts are kept packed, seals look through, and every reader gets the text."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from mvtcase.model import Level, RawAlert
from mvtcase.store import filing, migrations, queries, schema
from mvtcase.store.migrations import m007_pack_alerts

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.canon import Json
    from mvtcase.store.store import Store

LONG: dict[str, Json] = {"text": "see https://lure.example/ " * 100, "n": 7}
SHORT: dict[str, Json] = {"text": "see https://lure.example/"}


@pytest.fixture
def alerted(small_case: Store) -> Store:
    """Give a case whose scan raised a long alert and a short one."""
    raised = [
        RawAlert(module="sms", level=Level.HIGH, message="m", event_time="", event=event) for event in (LONG, SHORT)
    ]
    with small_case.change("test", actor="Ada") as change:
        filing.add_alerts(change, "S-0001", raised)
    return small_case


def _kept(path: Path) -> list[tuple[str, int]]:
    with closing(sqlite3.connect(path)) as plain:
        return list(plain.execute("SELECT typeof(event), length(event) FROM alert ORDER BY ordinal"))


def test_a_long_alert_is_kept_packed_and_read_as_it_was(alerted: Store) -> None:
    """In the file it is a fraction of its text, a short one stays text, and both come back whole and verify."""
    (long, size), (short, _) = _kept(alerted.folder.case_file)
    assert (long, short) == ("blob", "text")
    assert size < len(json.dumps(LONG)) / 10
    assert [each.event for each in queries.alerts(alerted, "S-0001")] == [LONG, SHORT]
    assert alerted.verify() == ()


@pytest.mark.parametrize(
    "forged",
    [
        "x'28b52ffd00'",  # cut short
        "x'28b52ffda0000000f0'",  # says that it unpacks to gigabytes
        "CAST(replace(CAST(event AS BLOB), x'6c757265', x'6c757266') AS BLOB)",  # another letter inside
        '\'{"text":"another"}\'',
    ],
)
def test_what_somebody_did_to_a_packed_alert_is_found(alerted: Store, forged: str) -> None:
    """The seal breaks, the case stays readable, and nothing is unpacked without bound."""
    alerted.connection.execute("DROP TRIGGER alert_no_update")
    alerted.connection.execute(f"UPDATE alert SET event = {forged} WHERE ordinal = 0")
    alerted.connection.execute(schema.expected()["trigger", "alert_no_update"])
    assert [each.what for each in alerted.verify()] == ["differs from what the chain says was written"]
    assert len(queries.alerts(alerted, "S-0001")) == 2


def test_a_case_of_before_is_packed_by_its_migration() -> None:
    """The step packs what is long, leaves the text what it was, and puts the guards back."""
    before, event = migrations.STEPS[: migrations.STEPS.index(m007_pack_alerts)], json.dumps(LONG)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as old:
        old.execute("PRAGMA legacy_alter_table = ON")
        migrations.take_steps(old, before)
        old.execute(
            "INSERT INTO alert (uuid, scan, ordinal, source, module, level, message, event_time, event) "
            "VALUES ('u', 'S', 0, 'mvt', 'sms', 'HIGH', '', '', ?), ('v', 'S', 1, 'mvt', 'sms', 'HIGH', '', '', '{}')",
            (event,),
        )
        assert migrations.take_steps(old, migrations.STEPS)[0] == "m007_pack_alerts"
        (long,), (short,) = old.execute("SELECT event FROM alert ORDER BY ordinal").fetchall()
        assert isinstance(long, bytes)
        assert (schema.unpacked(long), short) == (event, "{}")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            old.execute("UPDATE alert SET event = '{}'")
