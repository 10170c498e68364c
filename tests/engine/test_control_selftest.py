"""The positive control with the real MVT: every planted type is found, and a blind engine is caught."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.plants import PlantKind
from shared import REAL_SETS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("real_control")]

SPOTLESS = {"files_md5", "files_sha1", "urls"}
"""Types that none of the published sets beside the checkout holds."""


@pytest.fixture(scope="module")
def published_sets() -> list[Path]:
    """Return the published indicator sets beside the checkout, or skip the test."""
    if not REAL_SETS.is_dir():
        pytest.skip("the real indicator sets are not beside this checkout")
    return sorted(REAL_SETS.glob("*.stix2"))


def missed(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what was planted and not found."""
    return [each for each in data["checks"] if not each["found"]]


def test_the_built_in_set_is_found_on_both_platforms_and_in_a_sysdiagnose(responder: Any) -> None:
    """A fresh installation proves its own indicators, every type of them, before it scans anything."""
    data = responder("iocs", "selftest", status="success")
    assert missed(data) == []
    assert data["types_not_planted"] == []
    assert {each["platform"] for each in data["checks"]} == {"ios_backup", "androidqf", "sysdiagnose"}
    assert {each["type"] for each in data["checks"]} == set(data["types"]) >= {"domains", "processes", "app_ids"}


@pytest.mark.shared
def test_all_published_sets_together_are_found(responder: Any, published_sets: list[Path]) -> None:
    """Every type that they hold is planted and found, whichever set gives the value."""
    responder("iocs", "import", *published_sets)
    data = responder("iocs", "selftest", status="success")
    assert missed(data) == []
    assert data["types_not_planted"] == []
    assert set(data["types"]) == {str(kind) for kind in PlantKind} - SPOTLESS
    assert len(data["sets"]) == len(published_sets) + 1


PAIRS = (("pegasus", "novispy"), ("rcs", "wyrmspy_dragonegg"), ("cytrox", "candiru"), ("eaglemsgspy", "darksword"))


@pytest.mark.shared
def test_each_published_set_alone_and_in_pairs_is_found_in_every_kind(
    responder: Any, published_sets: list[Path]
) -> None:
    """None stops a scan: two-label app ids in an installation log stopped every scan of every phone."""
    responder("iocs", "import", *published_sets)
    for names in (*((path.stem,) for path in published_sets), *PAIRS):
        data = responder("iocs", "selftest", *(word for name in names for word in ("--iocs", name)), status="success")
        assert missed(data) == [], names


@pytest.mark.shared
def test_the_published_sets_lose_no_indicator(responder: Any, published_sets: list[Path]) -> None:
    """What is in a file is usable, a duplicate, or listed with its reason; Pegasus gives the 1,549 that MVT counts."""
    responder("iocs", "import", *published_sets)
    listed = {each["name"]: each for each in responder("iocs", "list")["sets"]}
    assert listed["pegasus"]["usable"] == 1549
    for name in (path.stem for path in published_sets):
        one = responder("iocs", "show", name)["set"]
        assert one["in_file"] == one["usable"] + one["duplicates"] + one["unusable"] - one["extra"], name
        assert len(one["unusable_indicators"]) == one["unusable"]
        assert all(each["reason"] for each in one["unusable_indicators"])


def test_domains_that_begin_with_www_are_found_where_mvt_strips_it(responder: Any, tmp_path: Path) -> None:
    """MVT takes www. off every link before it compares: our matcher compares the whole host first."""
    (tmp_path / "www.txt").write_text("www.planted-site.com\n", "utf-8")
    responder("iocs", "import", tmp_path / "www.txt", "--type", "domains", "--name", "www")
    data = responder("iocs", "selftest", "--iocs", "www", status="success")
    assert missed(data) == []
    assert {each["value"] for each in data["checks"]} == {"www.planted-site.com"}


def test_the_first_scan_runs_the_control_and_says_when_it_passed(start_responder: Callable[[], Any]) -> None:
    """Nobody has to think of it; the second scan with the same sets and tools relies on the first."""
    responder = start_responder()
    folder = responder.workspace / "evidence"
    first = responder.scan(build_ios_backup(folder / "first", IosPhone(seed=1)).path)
    second = responder.scan(build_ios_backup(folder / "second", IosPhone(seed=2)).path)
    assert first["control_passed_at"]
    assert second["control_passed_at"] == first["control_passed_at"]
