"""The built-in set: rebuilt to the same bytes, every fact with its public source, everything usable by MVT itself."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

from mvtcase.indicators.catalog import builtin_folder, load_catalog
from mvtcase.indicators.library import IndicatorLibrary

ROOT = Path(__file__).parents[2]


def _script() -> Any:
    specification = importlib.util.spec_from_file_location("build_starter_set", ROOT / "scripts/build_starter_set.py")
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


def test_building_again_gives_the_same_bytes() -> None:
    """The file in the repository is what its script builds."""
    assert _script().build().encode() == (ROOT / "iocs/pegasus-starter.stix2").read_bytes()


def test_every_indicator_names_its_source() -> None:
    """Each indicator carries publisher, title and address of the report it was restated from."""
    for indicator in _objects("indicator"):
        (reference,) = indicator["external_references"]
        assert reference["url"].startswith("https://")
        assert reference["description"]
        assert reference["source_name"] in {"Amnesty International", "The Citizen Lab", "Kaspersky", "Google"}


def test_every_indicator_belongs_to_pegasus() -> None:
    """Each indicator has its relationship to the one family."""
    (malware,) = _objects("malware")
    assert malware["name"] == "Pegasus"
    related = {each["source_ref"] for each in _objects("relationship") if each["target_ref"] == malware["id"]}
    assert related == {each["id"] for each in _objects("indicator")}


def test_no_fact_twice() -> None:
    """No value stands under two reports."""
    patterns = [each["pattern"] for each in _objects("indicator")]
    assert len(patterns) == len(set(patterns)) > 100


def test_passport(tmp_path: Path) -> None:
    """The set comes with a passport in which everything is usable, for MVT's own reader too."""
    (passport,) = IndicatorLibrary(tmp_path).list_sets()
    assert (passport.name, passport.families, passport.tlp) == ("pegasus-starter", ("Pegasus",), "CLEAR")
    assert passport.unusable == ()
    assert passport.adjustments == ()
    assert passport.stock == {"loads": passport.in_file}
    assert set(passport.counts) == {"app_ids", "domains", "emails", "file_names", "file_paths", "processes"}
    assert passport.licence == "CC0-1.0"


def test_files_of_the_folder() -> None:
    """What the catalog names is there, and so is the licence."""
    folder = builtin_folder()
    assert all((folder / each.file).is_file() for each in load_catalog().built_in)
    assert "CC0" in (folder / "LICENSE").read_text("utf-8")
