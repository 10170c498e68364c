"""The emitter: one line an event, and nothing that an embargoed set holds."""

from __future__ import annotations

import json
import logging
import os
from typing import Any

import pytest

from mvtcase.engine.worker.emitter import Emitter, Withheld

LABELS = {"secret.example": "red, entry 1", "bh": "red, entry 2", "https://a.example/x y": "red, entry 3"}


def _sent(fields: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
    read, write = os.pipe()
    emit = Emitter(write)
    if labels:
        emit._withheld = Withheld(labels)
    emit.send(fields)
    os.close(write)
    with os.fdopen(read) as pipe:
        told: dict[str, Any] = json.loads(pipe.readline())
    return told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("see https://Login.SECRET.example/x", "see https://Login.red, entry 1/x"),
        ("process bh ran", "process red, entry 2 ran"),
        ("bhutan", "bhutan"),
        (r"https:\/\/a.example\/x y", "red, entry 3"),
        ("u=https%3A%2F%2Fa.example%2Fx%20y", "u=red, entry 3"),
        ("nothing", "nothing"),
    ],
)
def test_a_value_goes_out_under_its_number(text: str, told: str) -> None:
    """Whatever its case, also as JSON and links write it; a short value only as a whole word."""
    assert _sent({"event": "x", "data": {text: [text]}}, LABELS)["data"] == {told: [told]}


def test_what_stands_around_a_value_goes_with_it() -> None:
    """The text around a match may spell the value in base64; of other matches it stays."""
    for value, kept in (("secret.example", False), ("other.example", True)):
        event = {"event": "alert", "indicator": {"value": value}, "data": {"context": "c2VjcmV0", "path": "/x"}}
        assert ("context" in _sent(event, LABELS)["data"]) is kept


def test_without_an_embargo_nothing_changes() -> None:
    """An event is sent as it is."""
    assert _sent({"event": "x", "text": "secret.example"}, {}) == {"event": "x", "text": "secret.example"}


def test_the_log_holds_no_value(caplog: pytest.LogCaptureFixture) -> None:
    """A record that would is rewritten; the template of any other stays, since it tells what the line means."""
    make = logging.getLogRecordFactory()
    try:
        Withheld(LABELS).install()
        with caplog.at_level(logging.INFO):
            logging.getLogger("mvt.x").info("Found %s", "https://secret.example/")
            logging.getLogger("mvt.x").info("Read %d rows", 3)
    finally:
        logging.setLogRecordFactory(make)
    assert [each.getMessage() for each in caplog.records] == ["Found https://red, entry 1/", "Read 3 rows"]
    assert caplog.records[1].msg == "Read %d rows"
