"""The match set file: what is written is read again, and what was damaged is refused in plain words."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mvtcase import matchset as module
from mvtcase.canon import canonical_json, sha256_bytes
from mvtcase.matchset import (
    INDICATOR_TYPES,
    Collection,
    MatchSet,
    matchset_name,
    read_matchset,
    write_matchset,
)

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = st.text(alphabet=st.characters(), max_size=6)
COLLECTIONS = st.builds(
    Collection,
    id=TEXTS,
    name=TEXTS,
    description=TEXTS,
    file_name=TEXTS,
    file_path=TEXTS,
    values=st.dictionaries(
        st.sampled_from(INDICATOR_TYPES), st.lists(TEXTS, min_size=1, max_size=3, unique=True).map(tuple)
    ),
)
SAMPLE = Collection(
    id="malware--1",
    name="Example",
    values={"urls": ("http://a.example/?q=1=2",), "domains": ("b.example", "c.example")},
)


@settings(max_examples=60, deadline=None, database=None)
@given(collections=st.lists(COLLECTIONS, max_size=3), sources=st.lists(st.just("0" * 64), max_size=2))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, collections: list[Collection], sources: list[str]
) -> None:
    """Any text survives, lone surrogates, quotes and "=" included, and so does the order of collections and values."""
    path = tmp_path_factory.mktemp("sets") / "one.matchset"
    written = write_matchset(path, collections, sources)
    assert read_matchset(path) == written == MatchSet(collections=tuple(collections), sources=tuple(sources))


def test_counts_are_those_of_mvt() -> None:
    """A set counts its values by type and in total, types without values as none."""
    matchset = MatchSet(collections=(SAMPLE, SAMPLE))
    assert (SAMPLE.count, matchset.count) == (3, 6)
    assert matchset.counts() == dict.fromkeys(INDICATOR_TYPES, 0) | {"urls": 2, "domains": 4}


def test_a_type_mvt_does_not_have_is_refused() -> None:
    """A misspelt type would be indicators that never match, so it is an error at once."""
    with pytest.raises(ValueError, match="no indicator type hostnames"):
        Collection(id="1", name="n", values={"hostnames": ("a",)})


def test_the_file_is_private_and_nothing_else_is_left(tmp_path: Path) -> None:
    """The file is its owner's alone, replaces an older one, and no half-written file stays beside it."""
    path = tmp_path / "one.matchset"
    path.write_bytes(b"older")
    write_matchset(path, [SAMPLE], ["0" * 64])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["one.matchset"]


def test_a_failed_write_leaves_the_older_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk fails before the rename, the file that was there stays and the new piece is removed."""
    path = tmp_path / "one.matchset"
    path.write_bytes(b"older")

    def fail(descriptor: int) -> None:
        raise OSError(descriptor, "disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_matchset(path, [SAMPLE], [])
    assert path.read_bytes() == b"older"
    assert [entry.name for entry in tmp_path.iterdir()] == ["one.matchset"]


def test_the_cache_name_depends_on_the_order_of_the_sources() -> None:
    """The first of two collections wins, so the same sets in another order are another match set."""
    assert matchset_name(["a", "b"]) != matchset_name(["b", "a"])
    assert matchset_name(["a", "b"]) == matchset_name(("a", "b"))
    assert matchset_name([]).endswith(".matchset")


@pytest.mark.parametrize("place", [*range(0, 300, 7), -1, -20])
def test_a_changed_byte_is_noticed(tmp_path: Path, place: int) -> None:
    """A flipped bit anywhere, in the header or the body, makes the file unusable."""
    path = tmp_path / "one.matchset"
    write_matchset(path, [SAMPLE], ["0" * 64])
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="cannot be used"):
        read_matchset(path)


@pytest.mark.parametrize("kept", [0, 1, 100, -1])
def test_a_shortened_file_is_noticed(tmp_path: Path, kept: int) -> None:
    """A file cut off anywhere makes no smaller set of indicators."""
    path = tmp_path / "one.matchset"
    write_matchset(path, [SAMPLE], [])
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match="cannot be used"):
        read_matchset(path)


def _forged(body: object, **header: object) -> bytes:
    text = (body if isinstance(body, str) else canonical_json(body)).encode("ascii")
    fields = {
        "format": "mvtcase-matchset",
        "version": 1,
        "sources": [],
        "collections": 0,
        "indicators": 0,
    } | header
    digest = sha256_bytes(canonical_json(fields).encode("ascii") + b"\n" + text)
    return json.dumps({"sha256": digest} | fields).encode("ascii") + b"\n" + text


LABELS = {"id": "1", "name": "n", "description": "", "file_name": "", "file_path": ""}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "header line is missing"),
        (b"[]\n[]", "no match set file"),
        (b"\xff\xfe\n[]", "no match set file"),
        (b"[" * 100_000 + b"\n", "no match set file"),
        (_forged([], format="other"), "no match set file"),
        (_forged([], version=2), "format version 2, this program reads 1"),
        (_forged([], sha256="0" * 64), "digest"),
        (_forged([], indicators=1), "as many indicators"),
        (_forged({}), "malformed"),
        (_forged("[[[["), "malformed"),
        (_forged("[" * 100_000), "malformed"),
        (_forged([{}]), "malformed"),
        (_forged([7]), "malformed"),
        (_forged([], sources="abc"), "malformed"),
        (_forged([LABELS | {"values": {"domains": "abc"}}]), "malformed"),
        (_forged([LABELS | {"values": {"domains": [1]}}]), "malformed"),
        (_forged([LABELS | {"values": {"hostnames": ["a"]}}]), "malformed"),
        (_forged([LABELS | {"values": {}, "name": None}]), "malformed"),
    ],
)
def test_forged_files_are_refused_in_plain_words(tmp_path: Path, content: bytes, reason: str) -> None:
    """A file that lies about itself or holds other things than texts is a ValueError with a sentence, never a crash."""
    path = tmp_path / "one.matchset"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=reason) as caught:
        read_matchset(path)
    assert str(path) in str(caught.value)


def test_a_file_over_the_bound_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is looked at before the content is."""
    path = tmp_path / "one.matchset"
    write_matchset(path, [SAMPLE], [])
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 100)
    with pytest.raises(ValueError, match="larger than 100 bytes"):
        read_matchset(path)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """A link in the cache folder is an error, whatever it points to."""
    write_matchset(tmp_path / "one.matchset", [SAMPLE], [])
    (tmp_path / "link.matchset").symlink_to(tmp_path / "one.matchset")
    with pytest.raises(OSError, match="link"):
        read_matchset(tmp_path / "link.matchset")
