"""What verbs ask of a case of thousands: where one person or scan is meant, nothing is read from end to end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mvtcase.store import schema
from mvtcase.workflow import findings, officials, scans, status
from mvtcase.workflow.seeking import EVERYTHING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    import pytest
    from tests.flow.conftest import FakeEngine

    from mvtcase.engine.job import EngineResult
    from mvtcase.workflow.desk import Desk

GROWING = r"finding|alert|finding_alert|disposition|module_run|gap|custody_row|custody_event"
"""Tables that grow with what was found and done; short names for them in queries are spelt out below."""
_NAMES = {"f": "finding", "n": "finding_number", "t": "finding_text"}
BY_PERSON = frozenset({"scan", "show"})


def _asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that fills with every statement that a connection to a case is given."""
    said: list[str] = []
    real = schema.connect

    def connect(*arguments: object, **named: object) -> sqlite3.Connection:
        opened = real(*arguments, **named)  # type: ignore[arg-type]  # handed through
        opened.set_trace_callback(said.append)
        return opened

    monkeypatch.setattr(schema, "connect", connect)
    return said


def _read_whole(desk: Desk, statements: list[str]) -> dict[str, str]:
    """Return the tables that grow and are read row by row without an index, each with a statement that does."""
    found: dict[str, str] = {}
    with desk.open_case() as store:
        for text in dict.fromkeys(statements):
            if not re.match(r"\s*(SELECT|WITH|UPDATE|DELETE)", text) or text.endswith("ORDER BY sequence DESC LIMIT 1"):
                continue  # the chain's head is the last row, and the first one read
            for row in store.connection.execute(f"EXPLAIN QUERY PLAN {text}").fetchall():
                scanned = re.fullmatch(r"SCAN (\w+)", row["detail"])
                if scanned and re.fullmatch(GROWING, _NAMES.get(scanned[1], scanned[1])):
                    found[scanned[1]] = text
    return found


def test_no_hot_verb_reads_a_table_that_grows_from_end_to_end(
    desk: Desk,
    engine: FakeEngine,
    match: EngineResult,
    add_phone: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A scan with its recording, the status, a page of findings, an official: every plan goes by an index."""
    add_phone()
    engine.answer = match
    verbs: dict[str, Callable[[], object]] = {
        "scan": lambda: scans.run(desk, scans.Request()),
        "status": lambda: status.status(desk),
        "list": lambda: findings.list_findings(desk, EVERYTHING, limit=20),
        "show": lambda: officials.show(desk, "O-0001", limit=10),
    }
    for name, verb in verbs.items():
        with monkeypatch.context() as patched:
            said = _asked(patched)
            verb()
        assert len(said) > 5, name
        assert _read_whole(desk, said) == {}, name
        if name in BY_PERSON:
            weighed = [text for text in said if "count(indicator_value)" in text]
            assert all("official = " in text for text in weighed), name
