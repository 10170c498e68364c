"""A property list of a known layout is read as the long way reads it, whatever was changed in it."""

from __future__ import annotations

import plistlib
import random
from typing import Any

import pytest

from mvtcase_readers.values import Batch, Reading, bplist, read_values
from mvtcase_readers.values.layouts import Layouts


def _record(rng: random.Random) -> dict[str, Any]:
    """Return a file's record as a backup's list keeps it (MBFile, in `Manifest.db`), with other values each time."""
    path = rng.choice(("Library/SMS/sms.db", "Media/圖片/1.jpg", "a", "", "x" * 300, "https://host.example/a?b=c"))
    archived: list[Any] = [
        "$null",
        {"$class": plistlib.UID(5), "RelativePath": plistlib.UID(2), "Digest": plistlib.UID(3),
         "Target": plistlib.UID(4), "Size": rng.randrange(1 << 40), "Inode": rng.randrange(1 << rng.randrange(1, 40))},
        path,
        rng.randbytes(rng.choice((20, 32, 5))),
        {"NS.keys": [plistlib.UID(2)], "NS.objects": [plistlib.UID(3)], "$class": plistlib.UID(5)},
        {"$classes": ["MBFile", "NSObject"], "$classname": "MBFile"},
    ]  # fmt: skip
    return {"$archiver": "NSKeyedArchiver", "$objects": archived, "$top": {"root": plistlib.UID(1)}, "$version": 100000}


def _settings(rng: random.Random) -> dict[str, Any]:
    texts = [rng.choice(("evil.example", '{"u":"https://a.example/b"}', "&#104;ost", "圖")) for _ in range(3)]
    many = {f"Key{each}": rng.randrange(9) for each in range(rng.choice((2, 3)))}
    deep = [texts[1], {"Deep": texts[2], "Data": rng.randbytes(30)}]
    return {"Home": texts[0], "List": deep, "On": rng.random() < 0.5, "Many": many}


def _told(data: bytes) -> list[object]:
    """Return all that reading a list gives, and what it says of itself."""
    told: list[object] = []

    def take(batch: Batch) -> None:
        told.extend(("text", value.text, value.role, value.whole, *value.place) for value in batch.values())

    def say(inside: str, reading: Reading) -> None:
        told.append((inside, reading))

    told.append(read_values(data, tick=lambda _: None, take=take, say=say))
    return told


@pytest.fixture
def the_long_way(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Read without any layout."""

    def read(data: bytes) -> list[object]:
        with monkeypatch.context() as patch:
            patch.setattr(bplist, "_LAYOUTS", Layouts())
            return _told(data)

    return read


@pytest.mark.parametrize("seed", range(6))
def test_layouts_change_no_answer(seed: int, the_long_way: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of a few layouts, sound and with bytes changed and offsets moved, give what they gave the long way."""
    rng = random.Random(seed)  # noqa: S311 - an example, no secret
    monkeypatch.setattr(bplist, "_LAYOUTS", Layouts())
    counted: list[int] = []
    monkeypatch.setattr(bplist, "_give", _counting(bplist._give, counted))
    for number in range(120):
        data = plistlib.dumps(rng.choice((_record, _settings))(rng), fmt=plistlib.FMT_BINARY)
        if number % 3 == 2:
            data = _changed(data, rng)
        assert _told(data) == the_long_way(data)
    assert len(counted) > 40


def _changed(data: bytes, rng: random.Random) -> bytes:
    raw = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        # Offsets and the trailer stand at the end, and matter most.
        at = rng.choice((rng.randrange(8, len(raw)), len(raw) - 1 - rng.randrange(min(120, len(raw) - 8))))
        raw[at] = rng.choice((rng.randrange(256), raw[at] ^ 1, raw[rng.randrange(8, len(raw))]))
    return bytes(raw)


def _counting(function: Any, counted: list[int]) -> Any:
    def counting(*arguments: Any) -> Any:
        counted.append(1)
        return function(*arguments)

    return counting
