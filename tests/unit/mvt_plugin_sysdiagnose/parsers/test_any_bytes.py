"""No bytes, and no mutation of a real file, make a parser do anything but return records or raise ValueError."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mvt_plugin_sysdiagnose.archive import Content
from mvt_plugin_sysdiagnose.device import Device
from mvt_plugin_sysdiagnose.modules import MODULES
from mvtcase.phones.sysdiagnose import BUILDS, SysdiagnosePhone, sysdiagnose_files

if TYPE_CHECKING:
    from mvt_plugin_sysdiagnose.base import Reading

READINGS = {reading.source.key: reading for module in MODULES for reading in module.readings}
DEVICE = Device(ios_version=17, created=datetime(2026, 10, 14, 16, 20, 5, tzinfo=timezone(timedelta(hours=8))))
MUTATIONS = 12


def _survives(reading: Reading, data: bytes, name: str) -> bool:
    """Return whether the parser read the bytes; whatever it returned can be stored, with a time and its basis."""
    try:
        parsed = reading.parser(Content(name=name, data=data), DEVICE)
    except ValueError:
        return False
    for record in parsed.records:
        assert record["record"]
        assert set(record) >= {"isodate", "time_text", "time_basis"}
        text = json.dumps(record, allow_nan=False)
        assert len(text) < 1_000_000
        json.loads(text.encode("utf-8"))
    return True


@pytest.mark.parametrize("key", READINGS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None, derandomize=True)
@given(data=st.binary(max_size=2000))
def test_any_bytes(key: str, data: bytes) -> None:
    """Bytes of any kind are read or refused."""
    _survives(READINGS[key], data, "logs/file-2026-10-14-120000.ips")


def _mutated(content: bytes, chance: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(max(len(data), 1))
        match chance.randrange(5):
            case 0:
                del data[at : at + chance.randrange(1, 400)]
            case 1:
                data[at:at] = chance.randbytes(chance.randrange(1, 60))
            case 2:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 3:
                data[at:at] = data[at : at + 300] * chance.randrange(1, 5)
            case _:
                data[at : at + 4] = chance.choice([b"\n\n\n\n", b"\x00\xff\xfe\x1b", b"9999", b'":{"', b"-1-1"])
    return bytes(data)


@pytest.mark.parametrize("version", [14, 26])
def test_mutations_of_every_file(version: int) -> None:
    """Files of two layouts with parts cut, doubled, flipped and filled: never an unforeseen exception."""
    assert version in BUILDS
    chance = random.Random(version)  # noqa: S311 - a fixed seed is the point
    tried = read = 0
    for file in sysdiagnose_files(SysdiagnosePhone(ios_version=version)):
        reading = READINGS.get(file.source)
        for _ in range(MUTATIONS if reading is not None else 0):
            assert reading is not None
            tried += 1
            read += _survives(reading, _mutated(file.content, chance), file.path)
    assert tried > 200
    assert read > tried // 2
