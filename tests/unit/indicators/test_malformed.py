"""Malformed sets: each gives a clear error or a listed reason, none crashes, none lowers what good sets find."""

from __future__ import annotations

import gzip
import json
import os
from typing import TYPE_CHECKING

import pytest

from mvtcase.errors import IndicatorError, IndicatorFileError, NoUsableIndicatorError
from mvtcase.matchset import read_matchset

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.indicators.library import IndicatorLibrary


def bundle(*patterns: object) -> bytes:
    """Return the bytes of a bundle with these patterns."""
    objects = [{"type": "indicator", "id": f"indicator--{n}", "pattern": each} for n, each in enumerate(patterns)]
    return json.dumps({"type": "bundle", "objects": objects}).encode()


GOOD = "[domain-name:value='good.example']"

ERRORS: dict[str, bytes] = {
    "empty": b"",
    "only space": b" \n\t ",
    "empty object": b"{}",
    "empty list": b"[]",
    "a number": b"5",
    "a text": b'"text"',
    "null": b"null",
    "no objects": b'{"type": "bundle"}',
    "objects is an object": b'{"objects": {"a": 1}}',
    "objects is empty": b'{"objects": []}',
    "cut short": bundle(GOOD)[:-20],
    "garbage behind": bundle(GOOD) + b"}",
    "two bundles": bundle(GOOD) + bundle(GOOD),
    "web page": b"<!DOCTYPE html><html><body>404</body></html>",
    "xml": b"<?xml version='1.0'?><stix:STIX_Package/>",
    "utf-16": bundle(GOOD).decode().encode("utf-16"),
    "latin-1": b'{"objects": [{"type": "indicator", "name": "caf\xe9"}]}',
    "nul bytes": b"\x00" * 100,
    "gzip": gzip.compress(bundle(GOOD)),
    "zip": b"PK\x03\x04" + b"\x00" * 40,
    "nested lists": b"[" * 100_000,
    "nested objects": b'{"objects": ' + b'[{"a": ' * 50_000,
    "misp event": b'{"Event": {"Attribute": []}}',
    "huge number": b'{"objects": ' + b"9" * 10_000,
    "no indicator": b'{"objects": [{"type": "malware", "id": "m", "name": "M"}]}',
}
UNUSABLE: dict[str, tuple[object, str]] = {
    "and": ("[file:name='a' AND file:size=5]", "AND"),
    "followed by": ("[file:name='a'] FOLLOWEDBY [file:name='b']", "FOLLOWEDBY"),
    "like": ("[file:name LIKE 'a%']", "LIKE"),
    "matches": ("[file:name MATCHES 'a.*']", "MATCHES"),
    "not": ("[file:name NOT = 'a']", "NOT"),
    "no grammar": ("file name is a", "STIX pattern"),
    "open quote": ("[file:name='a]", "STIX pattern"),
    "no text": (None, "pattern"),
    "a list": (["[file:name='a']"], "pattern"),
    "unknown type": ("[ipv6-addr:value='2001:db8::1']", "no check"),
    "mutex": ("[mutex:name='a']", "no check"),
    "empty value": ("[domain-name:value='']", "empty"),
    "only quotes": ('[domain-name:value=""]', "empty"),
    "every file": ("[file:path='/']", "every file"),
    "every phone": ("[file:path='/private/var']", "every phone"),
    "one character": ("[file:path='a']", "too short"),
    "short hash": ("[file:hashes.'SHA-256'='abcd']", "length"),
    "no hash": ("[file:hashes.MD5='not a hash']", "hexadecimal"),
    "domain with path": ("[domain-name:value='evil.example/x']", "path"),
    "wildcard": ("[domain-name:value='*.evil.example']", "wildcard"),
    "network": ("[ipv4-addr:value='192.0.2.0/24']", "range"),
    "surrogate": ("[domain-name:value='evil\ud800.example']", "damaged"),
    "control character": ("[process:name='evil\u001b[31m']", "control"),
    "number": ("[file:name=5]", "no text"),
    "very long": ("[file:name='" + "a" * 9000 + "']", "longer"),
    "deep": ("[" + "(" * 3000 + "file:name='a'" + ")" * 3000 + "]", "deep"),
}


def test_there_are_enough() -> None:
    """There are more than the thirty malformed sets that the project promises."""
    assert len(ERRORS) + len(UNUSABLE) >= 50


@pytest.mark.parametrize("case", ERRORS)
def test_error(case: str, indicator_library: IndicatorLibrary, tmp_path: Path) -> None:
    """A file that is no set is a clear error, lint says the same, and nothing is imported."""
    path = tmp_path / "bad.stix2"
    path.write_bytes(ERRORS[case])
    with pytest.raises(IndicatorError, match=r"bad\.stix2.*\.") as raised:
        indicator_library.import_file(path)
    report = indicator_library.lint(path)
    assert report.problems == (str(raised.value),)
    assert not report.importable
    assert not indicator_library.folder.exists()


@pytest.mark.parametrize("case", UNUSABLE)
def test_listed(case: str, indicator_library: IndicatorLibrary, tmp_path: Path) -> None:
    """An indicator that cannot be compared is listed with its reason, and the good one beside it is compared."""
    pattern, reason = UNUSABLE[case]
    path = tmp_path / "mixed.stix2"
    path.write_bytes(bundle(pattern, GOOD, pattern))
    passport = indicator_library.import_file(path).passport
    assert (passport.in_file, passport.usable, len(passport.unusable)) == (3, 1, 2)
    assert all(reason in each.reason for each in passport.unusable)
    values = read_matchset(indicator_library.compile([passport]).matchset_path).collections[0].values
    assert values == {"domains": ("good.example",)}


@pytest.mark.parametrize("case", UNUSABLE)
def test_nothing_usable(case: str, indicator_library: IndicatorLibrary, tmp_path: Path) -> None:
    """A set with nothing to compare is refused and says why."""
    path = tmp_path / "useless.stix2"
    path.write_bytes(bundle(UNUSABLE[case][0]))
    with pytest.raises(NoUsableIndicatorError, match="none can be compared") as raised:
        indicator_library.import_file(path)
    assert UNUSABLE[case][1] in raised.value.hint
    assert indicator_library.versions("useless") == ()


def test_good_sets_find_as_much_beside_bad_ones(
    indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path], tmp_path: Path
) -> None:
    """What a good set gives to a scan is the same after every malformed set was tried."""
    indicator_library.import_file(bundle_file(GOOD, "[process:name='evild']", name="good.stix2"))
    before = indicator_library.compile(indicator_library.active())
    for number, data in enumerate([*ERRORS.values(), *(bundle(pattern) for pattern, _ in UNUSABLE.values())]):
        path = tmp_path / f"bad-{number}.stix2"
        path.write_bytes(data)
        with pytest.raises(IndicatorError):
            indicator_library.import_file(path)
    after = indicator_library.compile(indicator_library.active())
    assert (after.key, after.total) == (before.key, before.total)


def test_byte_order_mark(indicator_library: IndicatorLibrary, tmp_path: Path) -> None:
    """A byte order mark, on which MVT drops the file, is read over."""
    path = tmp_path / "bom.stix2"
    path.write_bytes(b"\xef\xbb\xbf" + bundle(GOOD))
    assert indicator_library.import_file(path).passport.usable == 1


def test_folder_missing_and_fifo(indicator_library: IndicatorLibrary, tmp_path: Path) -> None:
    """A folder, a missing file and a pipe are clear errors, and none is waited for."""
    pipe = tmp_path / "pipe.stix2"
    os.mkfifo(pipe)
    for path, words in (
        (tmp_path, "is a folder"),
        (tmp_path / "none.stix2", "cannot be read"),
        (pipe, "no regular file"),
    ):
        with pytest.raises(IndicatorFileError, match=words):
            indicator_library.import_file(path)
        assert words in indicator_library.lint(path).problems[0]


def test_too_large(indicator_library: IndicatorLibrary, tmp_path: Path) -> None:
    """A file over the bound is not read."""
    path = tmp_path / "large.stix2"
    with path.open("wb") as handle:
        handle.truncate((512 << 20) + 1)
    with pytest.raises(IndicatorFileError, match="larger"):
        indicator_library.import_file(path)
