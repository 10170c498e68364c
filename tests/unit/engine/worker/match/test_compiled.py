"""Match sets meet MVT's collections."""

from __future__ import annotations

import logging

from mvt.common.indicators import Indicators

from mvtcase.engine.worker.match.compiled import collections_of, matchset_collections
from mvtcase.matchset import INDICATOR_TYPES, Collection, MatchSet

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
