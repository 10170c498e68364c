"""JSON records set right: one odd package, file or message does not hide the others."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest

from mvtcase.engine.worker.preflight.json_recovery import UnfitJsonError, repaired_json

RECORDS: list[dict[str, Any]] = [
    {"path": f"/data/{number}", "time": number, "date": str(number), "system": False} for number in range(10)
]


def set_right(records: list[Any]) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Return records set right and what was changed."""
    data, repair = repaired_json(json.dumps(records).encode())
    return json.loads(data), repair.fixed


def test_records_without_fault_stay_as_they_are() -> None:
    """Nothing is changed that is like the others."""
    assert set_right(RECORDS) == (RECORDS, {})


@pytest.mark.parametrize(
    ("key", "odd", "neutral"),
    [("time", "noon", 0), ("time", 2**60, 0), ("date", "noon", "0"), ("path", None, ""), ("system", "yes", False)],
)
def test_an_odd_value_becomes_a_neutral_one(key: str, odd: object, neutral: object) -> None:
    """The record keeps its other values, which may be what is looked for."""
    records, fixed = set_right([*RECORDS, {**RECORDS[0], key: odd}])
    assert records[-1] == {**RECORDS[0], key: neutral}
    assert fixed == {key: 1}


def test_a_missing_key_is_added() -> None:
    """A message without a body ends MVT's module; with an empty one it is read."""
    records, fixed = set_right([*RECORDS, {"path": "x", "time": 1, "date": "2"}])
    assert records[-1]["system"] is False
    assert fixed == {"system": 1}


def test_a_key_that_few_records_have_is_nobodys_duty() -> None:
    """Optional fields are not added to all."""
    records, fixed = set_right([*RECORDS, {**RECORDS[0], "extra": 1}])
    assert "extra" not in records[0]
    assert fixed == {}


def test_what_is_no_record_is_left_out() -> None:
    """A number among the records is none."""
    assert set_right([*RECORDS, 7, None])[0] == RECORDS


def test_a_torn_list_keeps_its_whole_records() -> None:
    """What was written before the tear is examined, and the tear is told."""
    data, repair = repaired_json(json.dumps(RECORDS).encode()[:-20])
    assert json.loads(data) == RECORDS[:-1]
    assert repair.lost


def test_lines_of_records_are_read() -> None:
    """AndroidQF also writes one record on each line."""
    data, _ = repaired_json(b"\n".join(json.dumps(record).encode() for record in RECORDS))
    assert json.loads(data) == RECORDS


def test_compressed_records_stay_compressed() -> None:
    """Android backups hold their messages so."""
    data, _ = repaired_json(zlib.compress(json.dumps(RECORDS).encode()))
    assert json.loads(zlib.decompress(data)) == RECORDS


def test_bytes_that_are_no_utf8_do_not_stop_the_rest() -> None:
    """A broken name is shown with escapes."""
    data, _ = repaired_json(json.dumps(RECORDS).encode().replace(b"/data/3", b"/data/\xff"))
    assert json.loads(data)[2] == RECORDS[2]


@pytest.mark.parametrize("data", [b"", b"<html>", b"[]", b"{", b"[1, 2]", b"[" * 100_000])
def test_a_file_without_records_cannot_be_saved(data: bytes) -> None:
    """It is damaged, and nothing is made up."""
    with pytest.raises(UnfitJsonError):
        repaired_json(data)
