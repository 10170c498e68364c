"""Merging and bounding records, and making the evidence's texts storable."""

from __future__ import annotations

import pytest

from mvt_plugin_sysdiagnose import shelf as texts
from mvt_plugin_sysdiagnose.shelf import Shelf
from mvtcase_readers.regular import lines


def _listed(process: str, isodate: str, **fields: object) -> dict[str, object]:
    return {
        "record": "crash_process",
        "process": process,
        "isodate": isodate,
        "time_text": isodate,
        "time_basis": "utc",
    } | fields


def test_equal_subjects_are_one_record_with_first_and_last_time() -> None:
    """A process in fifty jetsam reports is one record that counts them."""
    shelf = Shelf()
    for isodate in ("2024-01-02", "2024-01-01", "2024-01-03", ""):
        shelf.add(_listed("bh", isodate))
    shelf.add(_listed("other", "2024-01-01"))
    (record, _) = shelf.records
    assert (record["occurrences"], record["isodate"], record["last_seen"]) == (4, "2024-01-01", "2024-01-03")


def test_events_are_kept_apart() -> None:
    """Two crashes of one process are two records."""
    shelf = Shelf()
    for _ in range(2):
        shelf.add({"record": "crash", "process": "bh", "isodate": ""})
    assert len(shelf.records) == 2


def test_a_full_shelf_counts_what_it_refuses() -> None:
    """A flood is bounded, counted, and merging goes on."""
    shelf = Shelf(limit=2)
    for process in ("a", "b", "c", "d", "a"):
        shelf.add(_listed(process, ""))
    assert (len(shelf.records), shelf.refused, shelf.records[0]["occurrences"]) == (2, 2, 2)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bh", "bh"),
        (None, ""),
        (5, "5"),
        ("\ud800", "\\ud800"),
        ("a\x1b[31m\x00", "a\\x1b[31m\\x00"),
        ("a\u202eb", "a\\x202eb"),
        ("a\tb", "a\tb"),
        ("x" * 5000, "x" * 1024),
        ("辦公室", "辦公室"),
    ],
)
def test_texts_are_bounded_and_printable(value: object, expected: str) -> None:
    """Controls, bidi marks and lone surrogates become visible; other scripts stay as they are."""
    assert texts.plain(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, 5),
        ("17", 17),
        (True, None),
        (-1, None),
        (2**60, None),
        ("9" * 5000, None),
        ("x", None),
        (1.5, None),
        ("٣", None),
    ],
)
def test_whole_numbers_fit_every_store(value: object, expected: int | None) -> None:
    """Numbers beyond what JSON readers and SQLite hold are no numbers."""
    assert texts.whole_number(value) == expected


def test_lines_are_cut_at_the_longest_examined() -> None:
    """A line of megabytes is cut; the next one is read."""
    first, second = lines(b"a" * 1_000_000 + b"\r\nsecond\r", 16_384)
    assert (len(first), second) == (16_384, "second")


@pytest.mark.parametrize("data", [b"", b"\n", b"a", b"a\n", b"a\n\nb", b"\xff\n\xc3("])
def test_lines_are_those_of_a_split(data: bytes) -> None:
    """Every byte belongs to a line, the last one included."""
    assert list(lines(data, 100)) == [line.decode("utf-8", "replace") for line in data.split(b"\n")]


@pytest.mark.parametrize(
    ("text", "bundle", "host"),
    [
        ("com.example.app", True, False),
        ("evil.example.net", True, True),
        ("example.org", False, True),
        ("1.2.3.4", True, False),
        ("no dots", False, False),
        ("a" * 300 + ".example.net", True, False),
        ("group.com.example", True, False),
    ],
)
def test_bundles_and_hosts_are_told_apart(text: str, bundle: bool, host: bool) -> None:  # noqa: FBT001 - parametrised
    """A reversed name is a bundle; a host is asked for as a domain."""
    assert (texts.is_bundle(text), texts.is_host(text)) == (bundle, host)
