"""The built-in sets: rebuilt to the same bytes, each value with its source, equal to what was published."""

from __future__ import annotations

import csv
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from mvtcase.indicators.catalog import builtin_folder, load_catalog
from mvtcase.indicators.files import read_set
from mvtcase.indicators.library import IndicatorLibrary
from shared import REAL_SETS

ROOT = Path(__file__).parents[2]
TABLES = sorted(path.stem for path in (ROOT / "iocs").glob("*.csv"))


def _script(name: str) -> Any:
    specification = importlib.util.spec_from_file_location(name, ROOT / f"scripts/{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    # Dataclasses look their module up by name.
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


def _objects(kind: str) -> list[dict[str, Any]]:
    bundle = json.loads((ROOT / "iocs/pegasus-starter.stix2").read_text("utf-8"))
    return [each for each in bundle["objects"] if each["type"] == kind]


def _values(path: Path) -> set[tuple[str, str]]:
    reading = read_set(path.read_bytes(), path.name)
    return {(kind, value) for each in reading.collections for kind, held in each.values.items() for value in held}


def test_building_the_starter_set_again_gives_the_same_bytes() -> None:
    """The file in the repository is what its script builds."""
    assert _script("build_starter_set").build().encode() == (ROOT / "iocs/pegasus-starter.stix2").read_bytes()


def test_every_indicator_of_the_starter_set_names_its_source() -> None:
    """Each carries publisher, title with a date, and address of the report it was restated from."""
    for indicator in _objects("indicator"):
        (reference,) = indicator["external_references"]
        assert reference["url"].startswith("https://")
        assert reference["description"].endswith((" 2017)", " 2024)"))
        assert reference["source_name"] in {"Kaspersky", "Google"}


def test_the_starter_set_holds_only_what_the_published_sets_lack() -> None:
    """No value stands twice, and each belongs to the one family."""
    published = {value for name in TABLES for _, value in _values(ROOT / f"iocs/{name}.csv")}
    own = {value for _, value in _values(ROOT / "iocs/pegasus-starter.stix2")}
    assert own
    assert not own & published
    (malware,) = _objects("malware")
    related = {each["source_ref"] for each in _objects("relationship") if each["target_ref"] == malware["id"]}
    assert related == {each["id"] for each in _objects("indicator")}


def test_all_built_in_values_are_usable(tmp_path: Path) -> None:
    """On a fresh machine without a network a scan compares with 5,453 values of 15 sets, each with its passport."""
    passports = IndicatorLibrary(tmp_path).list_sets()
    assert len(passports) == 15
    assert sum(each.usable for each in passports) == 5453
    for each in passports:
        assert each.unusable == ()
        assert each.publisher
        assert each.licence
        assert each.families
        assert each.built_in
        assert (each.published_at and each.as_of) or each.name == "pegasus-starter"


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_its_columns(name: str) -> None:
    """Each row of a table names type, value, family, and a report with its day that the table of sources holds."""
    with (ROOT / f"iocs/{name}.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert rows
    assert all(all(row.values()) for row in rows)
    sources = _script("build_builtin_sets").SOURCES[name]
    assert {row["date"]: row["report"] for row in rows}.items() <= sources.items()
    assert len({(row["type"], row["value"]) for row in rows}) == len(rows)


@pytest.mark.shared
@pytest.mark.parametrize("name", TABLES)
def test_a_table_holds_what_was_published_value_by_value(name: str) -> None:
    """Type and value of every indicator of the published file, and no other."""
    path = REAL_SETS / f"{name}.stix2"
    if not path.is_file():
        pytest.skip("the published sets are not beside the checkout")
    assert _values(ROOT / f"iocs/{name}.csv") == _values(path)


def test_a_pattern_that_is_no_single_comparison_is_not_restated() -> None:
    """A value must not be lost or mangled in silence."""
    pattern = "[domain-name:value = 'a.example' OR domain-name:value = 'b.example']"
    bundle = {"objects": [{"type": "indicator", "pattern": pattern, "valid_from": "2026-01-01"}]}
    with pytest.raises(ValueError, match="no single comparison"):
        _script("build_builtin_sets").table(bundle, "pegasus", {})


@pytest.mark.parametrize(
    ("value", "day"),
    [
        *((value, "2021-12-06") for value in ("tisppd", "updaterd", "wifip2ppd")),
        *((value, "2022-01-31") for value in ("jlmvskrd", "passsd")),
        ("krystynajasinska86@gmail.com", "2022-03-21"),
        ("stagegrad", "2024-01-26"),
        ("pine-sales.com", "2018-08-01"),
    ],
)
def test_a_row_names_the_report_that_was_first(value: str, day: str) -> None:
    """The day is that of the publication in which the value first stood, not that of the file it was read from."""
    with (ROOT / "iocs/pegasus.csv").open(encoding="utf-8") as handle:
        (row,) = (each for each in csv.DictReader(handle) if each["value"] == value)
    assert row["date"] == day


def test_a_source_that_is_none_is_refused() -> None:
    """A row of a day on which no report was published stops the script."""
    with pytest.raises(ValueError, match="no report's day"):
        _script("build_builtin_sets").source_of(
            "candiru", "domain-name:value", "a.example", {("domain-name:value", "a.example"): "2020-01-01"}
        )


def test_files_of_the_folder() -> None:
    """What the catalog names is there, every table is named, and so are the licences."""
    folder = builtin_folder()
    catalog = load_catalog()
    assert {each.file for each in catalog.built_in} == {"pegasus-starter.stix2", *(f"{name}.csv" for name in TABLES)}
    assert "CC0" in (folder / "LICENSE").read_text("utf-8")
    licences = (folder / "LICENSE-SETS.md").read_text("utf-8")
    assert all(name in licences for name in TABLES)
