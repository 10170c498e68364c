"""Match sets meet MVT's collections, and STIX files are compiled once."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest
from mvt.common.indicators import Indicators

from mvtcase.engine.worker.match import compiled as module
from mvtcase.engine.worker.match.compiled import collections_of, compiled_stix, matchset_collections
from mvtcase.engine.worker.match.loader import load_collections
from mvtcase.matchset import INDICATOR_TYPES, Collection, MatchSet

if TYPE_CHECKING:
    from pathlib import Path

LOG = logging.getLogger("test.compiled")
HELD = Collection(
    id="malware--1",
    name="Example",
    description="text",
    file_name="one.stix2",
    file_path="sets/one.stix2",
    values={"urls": ("http://a.example/?q=1",), "domains": ("b.example", "c.example")},
)


def test_collections_have_mvts_shape() -> None:
    """The dictionaries have exactly MVT's keys, in MVT's order, with lists and the count filled in."""
    collection = next(collections_of(MatchSet(collections=(HELD,))))
    expected = Indicators(LOG)._new_collection("malware--1", "Example", "text", "one.stix2", "sets/one.stix2")
    assert list(collection) == list(expected)
    assert collection == expected | {
        "urls": ["http://a.example/?q=1"],
        "domains": ["b.example", "c.example"],
        "count": 3,
    }


def test_mvt_has_no_list_that_a_match_set_lacks() -> None:
    """A list that a later MVT adds must be noticed, as its indicators would never reach the matcher."""
    empty = Indicators(LOG)._new_collection()
    assert tuple(key for key, value in empty.items() if isinstance(value, list)) == INDICATOR_TYPES


def test_collections_return_unchanged() -> None:
    """From match set to MVT's dictionaries and back is the identity; labels that are no text become text."""
    assert list(matchset_collections(collections_of(MatchSet(collections=(HELD,))))) == [HELD]
    odd = Indicators(LOG)._new_collection(7, None, None, "f", "p")
    assert next(matchset_collections([odd])) == Collection(id="7", name="", file_name="f", file_path="p")


@pytest.fixture
def stix(tmp_path: Path) -> Path:
    """Return a STIX file with one malware family and two domains, one of them related to it."""
    objects = [
        {"type": "malware", "id": "m", "name": "family"},
        {"type": "indicator", "id": "i", "pattern": "[domain-name:value='a.example']"},
        {"type": "indicator", "id": "j", "pattern": "[domain-name:value='b.example']"},
        {"type": "relationship", "source_ref": "i", "target_ref": "m"},
    ]
    path = tmp_path / "one.stix2"
    path.write_text(json.dumps({"objects": objects}), encoding="utf-8")
    return path


def test_stix_is_compiled_once(stix: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time the cache answers without parsing, with the same collections MVT would have."""
    cache = tmp_path / "cache"
    cache.mkdir()
    first = compiled_stix([stix], cache)
    assert list(collections_of(first)) == load_collections([str(stix)])
    monkeypatch.setattr(module, "load_collections", pytest.fail)
    assert compiled_stix([stix], cache) == first


def test_a_damaged_cache_is_compiled_anew(stix: Path, tmp_path: Path) -> None:
    """A cache file that does not have its digest is neither used nor in the way."""
    cache = tmp_path / "cache"
    cache.mkdir()
    first = compiled_stix([stix], cache)
    (held,) = cache.iterdir()
    held.write_bytes(held.read_bytes().replace(b"a.example", b"x.example"))
    assert compiled_stix([stix], cache) == first
    assert b"a.example" in held.read_bytes()


def test_changed_bytes_are_another_compiled_set(stix: Path, tmp_path: Path) -> None:
    """The cache goes by content: a file changed under the same name is compiled again."""
    cache = tmp_path / "cache"
    cache.mkdir()
    compiled_stix([stix], cache)
    stix.write_text(stix.read_text(encoding="utf-8").replace("a.example", "c.example"), encoding="utf-8")
    assert compiled_stix([stix], cache).collections[0].values["domains"] == ("c.example",)
    assert len(list(cache.iterdir())) == 2
