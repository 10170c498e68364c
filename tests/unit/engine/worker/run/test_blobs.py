"""Records of the manifest: what a known form gives is what `plistlib` gives, whatever the bytes."""

from __future__ import annotations

import io
import plistlib
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mvtcase.engine.worker.run.blobs import WANTED, BlobReader, Unusual, form_of
from mvtcase.phones.ios import file_record


def told(load: Any, blob: bytes) -> Any:
    """Return what MVT's module takes out of a record that was loaded so, or the sort of the failure."""
    try:
        record = load(io.BytesIO(blob))["$objects"][1]
        # As text, because a damaged record may hold itself.
        return repr({name: record.get(name.encode()) or record.get(name) for name in WANTED})
    except Exception as error:  # noqa: BLE001 - hostile bytes raise nearly anything
        return type(error)


def records(rng: random.Random, count: int) -> list[bytes]:
    """Return records of files and folders with paths and numbers of many lengths."""
    return [
        file_record("a/" * rng.randrange(9) + "é" * rng.randrange(2), rng.choice([None, 0, 7, 300, 1 << 40]),
                    rng.choice([0, 90_000, 1_700_000_000, 1 << 33]), rng.randrange(1 << 50))
        for _ in range(count)
    ]  # fmt: skip


def test_known_forms_give_what_plistlib_gives() -> None:
    """Nearly all records are read by a form, and every one of them gives the same numbers."""
    reader, asked = BlobReader(), []
    original = plistlib.load
    try:
        plistlib.load = lambda *given, **named: (asked.append(1), original(*given, **named))[1]  # type: ignore[func-returns-value]
        for blob in records(random.Random(1), 700):  # noqa: S311 - seeded test data
            held = reader.load(io.BytesIO(blob))
            assert told(lambda _, held=held: held, blob) == told(original, blob)
    finally:
        plistlib.load = original
    assert 0 < len(asked) < 400


@pytest.mark.parametrize("seed", range(3))
def test_a_changed_record_gives_what_plistlib_gives(seed: int) -> None:
    """One byte, or a stretch, of a record of a known form is another: the same numbers or the same failure."""
    rng = random.Random(seed)  # noqa: S311 - seeded test data
    reader = BlobReader()
    for blob in records(rng, 25):
        reader.load(io.BytesIO(blob))
        for _ in range(40):
            changed = bytearray(blob)
            at = rng.randrange(len(blob))
            changed[at : at + rng.choice([1, 1, 1, 3])] = rng.randbytes(rng.choice([1, 1, 1, 3]))
            assert told(reader.load, bytes(changed)) == told(plistlib.load, bytes(changed)), bytes(changed)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=120))
def test_any_bytes_are_left_to_plistlib(blob: bytes) -> None:
    """What is no record raises what `plistlib` raises."""
    assert told(BlobReader().load, blob) == told(plistlib.load, blob)


def test_a_form_is_not_learned_where_objects_share_bytes() -> None:
    """A number that lies over a dictionary's references would change them: no such record makes a form."""
    blob = bytearray(file_record("a", 7, 1_700_000_000, 5))
    form_of(bytes(blob))
    table = int.from_bytes(blob[-8:], "big")
    width = blob[-26]
    last = len(blob) - 32 - width
    # The last object is said to lie where the first does.
    blob[last : last + width] = blob[table : table + width]
    with pytest.raises(Unusual):
        form_of(bytes(blob))


def test_numbers_of_another_sort_make_no_form() -> None:
    """A time that is a date, and a mode that is a text, come from `plistlib` each time."""
    for odd in (plistlib.UID(2), "x", 1.5, None):
        archive: Any = {"$objects": ["$null", {"Birth": odd or True, "Mode": 1}], "$top": {"root": plistlib.UID(1)}}
        blob = plistlib.dumps(archive, fmt=plistlib.FMT_BINARY)
        reader = BlobReader()
        reader.load(io.BytesIO(blob))
        assert told(reader.load, blob) == told(plistlib.load, blob)
