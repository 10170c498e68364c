"""The linear loader against MVT's own, on random bundles, damaged ones and the real sets."""

from __future__ import annotations

import copy
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mvt.common.indicators import Indicators

from mvtcase.engine.worker.match.loader import load_collections
from mvtcase.engine.worker.match.matcher import FastIndicators
from shared import REAL_SETS

if TYPE_CHECKING:
    from pathlib import Path

LOG = logging.getLogger("test.loader")

IDS = st.sampled_from(["a", "b", "a", "b", "c", "0", "", None, None, 1, True])
KEYS = st.sampled_from(
    [
        "domain-name:value",
        "ipv4-addr:value ",
        "process:name",
        "email-addr:value",
        "file:name",
        "file:path",
        "file:hashes.'SHA-256'",
        "file:hashes.md5",
        "file:hashes.SHA1",
        "app:cert.'SHA-1'",
        "app:cert.md5",
        "app:id",
        "configuration-profile:id",
        "android-property:name",
        "url:value",
        "ipv6-addr:value",
        "x-cert.hashes.y",
    ]
)
VALUES = st.sampled_from(["'A.example'", "'a.example'", " ' a.example ' ", "'it''s'", '"B"', "", "[x]", "İ"])
PATTERNS = st.builds(lambda key, value: f"[{key}={value}]", KEYS, VALUES)
BROKEN_PATTERNS = st.sampled_from(["", "[a]", "[url:value='x=y']", "[a='b' OR c='d']", None, 7])


def objects(patterns: st.SearchStrategy[Any], *, whole: bool) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for STIX objects; not whole, any of their fields may be missing or of a wrong kind."""
    ids = IDS if whole else IDS | st.sampled_from([[], ["a"], {}, 1.5])
    optional = {"description": st.sampled_from(["", "text", None])}
    fields: list[dict[str, st.SearchStrategy[Any]]] = [
        {"type": st.just("malware"), "id": ids, "name": st.sampled_from(["one", "two", None])},
        {"type": st.just("report"), "id": ids, "name": st.just("report"), "object_refs": st.lists(ids, max_size=4)},
        {"type": st.just("indicator"), "id": ids, "pattern": patterns},
        {"type": st.just("relationship"), "source_ref": ids, "target_ref": ids},
        {"type": st.sampled_from(["identity", "", None])},
    ]
    if whole:
        return st.one_of([st.fixed_dictionaries(required, optional=optional) for required in fields])
    return st.one_of([st.fixed_dictionaries({}, optional=entry | optional) for entry in fields])


def bundles(patterns: st.SearchStrategy[Any], *, whole: bool) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for bundles of up to 20 objects."""
    return st.fixed_dictionaries({"objects": st.lists(objects(patterns, whole=whole), max_size=20)})


def stock_result(paths: list[str]) -> tuple[object, ...]:
    """Return MVT's collections and total after parsing the files, or the class of its exception and what it left."""
    stock = Indicators(LOG)
    return _result(stock, paths)


def fast_result(paths: list[str]) -> tuple[object, ...]:
    """Return the same of our class."""
    return _result(FastIndicators(LOG), paths)


def _result(indicators: Any, paths: list[str]) -> tuple[object, ...]:
    raised = None
    try:
        for path in paths:
            indicators.parse_stix2(path)
    except Exception as error:  # noqa: BLE001 - whatever MVT raises is its answer
        raised = type(error)
    return raised, indicators.ioc_collections, indicators.total_ioc_count


def both_agree(paths: list[str]) -> tuple[object, ...]:
    """Assert that class and function give MVT's result, and return it."""
    expected = stock_result(paths)
    assert fast_result(paths) == expected
    raised, collections, _ = expected
    if raised is None:
        assert load_collections(paths) == collections
    else:
        with pytest.raises(Exception) as caught:  # noqa: PT011 - any class, compared on the next line
            load_collections(paths)
        assert caught.type is raised
    return expected


def test_membership_follows_mvts_order(tmp_path: Path) -> None:
    """The last report naming an indicator wins over relationships, of which the first to a malware counts."""
    malware = [{"type": "malware", "id": name, "name": name} for name in ("m1", "m2")]
    reports = [
        {"type": "report", "id": "r1", "name": "r1", "object_refs": ["i1", "i4"]},
        {"type": "report", "id": "r2", "name": "r2", "object_refs": ["i1", "i1"]},
        {"type": "report", "id": None, "name": "none", "object_refs": ["i4"]},
    ]
    indicators = [{"type": "indicator", "id": f"i{n}", "pattern": f"[app:id='{n}']"} for n in range(1, 6)]
    pairs = [("i1", "m1"), ("i2", "x"), ("i2", "m2"), ("i2", "m1"), ("i4", "m1"), ("i5", "r1")]
    related = [{"type": "relationship", "source_ref": source, "target_ref": target} for source, target in pairs]
    path = _written(tmp_path / "one.stix2", {"objects": [*related, *indicators, *reports, *malware]})
    both_agree([path])
    held = {collection["name"]: collection["app_ids"] for collection in load_collections([path])}
    assert held == {"m1": ["4"], "m2": ["2"], "r1": [], "r2": ["1"], "none": [], "Default collection": ["3", "5"]}


@settings(max_examples=250, deadline=None, database=None)
@given(first=bundles(PATTERNS, whole=True), second=bundles(PATTERNS, whole=True))
def test_whole_bundles_give_mvts_collections(
    tmp_path_factory: pytest.TempPathFactory, first: dict[str, Any], second: dict[str, Any]
) -> None:
    """Membership, order, duplicates and counts are MVT's, over several files and with ids used twice."""
    folder = tmp_path_factory.mktemp("sets")
    paths = [_written(folder / "one.stix2", first), _written(folder / "two.stix2", second)]
    assert both_agree(paths)[0] is None


@settings(max_examples=300, deadline=None, database=None)
@given(bundle=bundles(PATTERNS | BROKEN_PATTERNS, whole=False))
@example(bundle={"objects": [{"type": "malware", "id": "m"}, {"type": "malware", "id": "m", "name": "a name"}]})
def test_damaged_bundles_have_mvts_outcome(tmp_path_factory: pytest.TempPathFactory, bundle: dict[str, Any]) -> None:
    """Missing and mistyped fields and unreadable patterns raise what MVT raises, or pass where MVT lets them pass."""
    both_agree([_written(tmp_path_factory.mktemp("sets") / "one.stix2", bundle)])


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{}", b"[]", b"null", b"7", b'"x"', b"<html>", b"\xef\xbb\xbf{}", b"\xff", b"[" * 100_000),
        *(
            b'{"objects": null}',
            b'{"objects": {"a": 1}}',
            b'{"objects": [1]}',
            b'{"objects": [[]]}',
            b'{"objects": ""}',
        ),
    ],
)
def test_files_that_are_no_bundle_have_mvts_outcome(tmp_path: Path, content: bytes) -> None:
    """What is no JSON, no bundle or nothing at all gives no collection or MVT's exception."""
    path = tmp_path / "one.stix2"
    path.write_bytes(content)
    both_agree([str(path)])


def test_a_missing_file_is_mvts_exception(tmp_path: Path) -> None:
    """A path without a file raises in both, and our object stays usable."""
    assert both_agree([str(tmp_path / "none.stix2")])[0] is FileNotFoundError


BUNDLE: dict[str, Any] = {
    "objects": [
        {"type": "malware", "id": "m1", "name": "one"},
        {"type": "indicator", "id": "i1", "pattern": "[domain-name:value='A.example']"},
        {"type": "indicator", "id": "i2", "pattern": "[url:value='http://a.example/?q=1']"},
        {"type": "relationship", "source_ref": "i1", "target_ref": "m1"},
    ]
}


def test_without_strictness_an_unreadable_pattern_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The rest of the file is kept and the indicator left out is named in a warning."""
    path = _written(tmp_path / "one.stix2", BUNDLE)
    with pytest.raises(ValueError, match="too many values"):
        load_collections([path])
    collections = load_collections([path], strict=False, log=LOG)
    assert [(collection["name"], collection["domains"]) for collection in collections] == [("one", ["a.example"])]
    assert "Left out indicator i2" in caplog.text


def test_without_strictness_a_file_of_another_shape_still_raises(tmp_path: Path) -> None:
    """Only patterns are forgiven: a bundle without its ids is no bundle."""
    bundle = copy.deepcopy(BUNDLE)
    del bundle["objects"][3]["source_ref"]
    with pytest.raises(KeyError):
        load_collections([_written(tmp_path / "one.stix2", bundle)], strict=False)


def test_a_failed_file_leaves_the_loaded_ones(tmp_path: Path) -> None:
    """After an exception the indicators of the files before are still there and still matched."""
    good = copy.deepcopy(BUNDLE)
    del good["objects"][2]
    fast = FastIndicators(LOG)
    fast.parse_stix2(_written(tmp_path / "good.stix2", good))
    assert fast.check_url("http://a.example/") is not None
    with pytest.raises(ValueError, match="too many values"):
        fast.parse_stix2(_written(tmp_path / "bad.stix2", BUNDLE))
    assert fast.check_url("http://a.example/") is not None
    assert [collection["stix2_file_name"] for collection in fast.ioc_collections] == ["good.stix2"]


def test_loading_more_makes_new_indexes(tmp_path: Path) -> None:
    """A file loaded after the first check is matched too, as `load_indicators_files` may be called at any time."""
    bundle = copy.deepcopy(BUNDLE)
    del bundle["objects"][2]
    fast = FastIndicators(LOG)
    assert fast.check_url("http://a.example/") is None
    fast.load_indicators_files([_written(tmp_path / "good.stix2", bundle)], load_default=False)
    assert fast.check_url("http://a.example/") is not None


@pytest.mark.shared
@pytest.mark.skipif(not REAL_SETS.is_dir(), reason="the real indicator sets are not beside the checkout")
def test_real_sets_give_mvts_collections() -> None:
    """Every real set gives MVT's collections; Pegasus has its 1,549 indicators."""
    paths = sorted(str(path) for path in REAL_SETS.glob("*.stix2"))
    assert both_agree(paths)[0] is None
    pegasus = load_collections([path for path in paths if path.endswith("pegasus.stix2")])
    assert sum(collection["count"] for collection in pegasus) == 1549


def _written(path: Path, bundle: dict[str, Any]) -> str:
    path.write_text(json.dumps(bundle), encoding="utf-8")
    return str(path)
