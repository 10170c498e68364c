"""The long text of a bugreport is found without an entry, and put into the form in which MVT reads it."""

from __future__ import annotations

import pytest

from mvtcase_readers.dumpstate import has_entry, long_text, usual

HEAD = b"=" * 56 + b"\n== dumpstate: 2026-11-20 17:30:00\n"


def test_the_long_text_is_told_by_its_first_lines() -> None:
    """Names only say what is tried first; a text that is another one is passed over."""
    heads = {"readme.txt": b"hello", "report/bugreport-x.txt": HEAD, "notes.txt": b""}
    assert long_text(list(heads), heads.__getitem__) == "report/bugreport-x.txt"
    assert long_text(["readme.txt"], heads.__getitem__) == ""


def test_an_entry_is_what_mvt_begins_with() -> None:
    """The names are MVT's own."""
    assert has_entry(["x", "main_entry.txt"])
    assert has_entry(["a/dumpsys.txt"])
    assert not has_entry(["bugreport.txt", "a/main_entry.txt"])


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_priority_is_taken_out_of_a_heading_that_has_no_plain_twin(end: bytes) -> None:
    """The whole dump of a service is the one without priority; the short one before it stays what it is."""
    text = end.join(
        (b"DUMP OF SERVICE CRITICAL activity:", b"DUMP OF SERVICE HIGH package:", b"DUMP OF SERVICE activity:")
    )
    assert usual(text) == text.replace(b"HIGH ", b"")
    assert usual(text.replace(b"HIGH ", b"")) == text.replace(b"HIGH ", b"")


@pytest.mark.parametrize("digits", ["٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "০১২৩৪৫৬৭৮৯", "၀၁၂၃၄၅၆၇၈၉"], ids=ascii)
def test_digits_of_other_languages_become_plain_ones(digits: str) -> None:
    """Letters around them stay, and so do bytes that are no text."""
    assert usual(f"é{digits}字".encode() + b"\xff") == "é0123456789字".encode() + b"\xff"
    assert usual("\u0661\u066b\u0665".encode()) == b"1.5"
