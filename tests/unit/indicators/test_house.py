"""House indicators, embargo, validity and age: what is said of a set beside its values."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.errors import ConflictError, InputError
from mvtcase.indicators.catalog import builtin_folder
from mvtcase.indicators.house import HOUSE, HOUSE_RED, Addition, add, validity, withheld
from mvtcase.indicators.library import IndicatorLibrary
from mvtcase.indicators.passport import Details
from mvtcase.model import Tlp

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 28, tzinfo=timezone.utc)
FIRST = Addition(value="evil[.]example", type="domain", source="a partner", reason="seen in a lure", added="2026-11-28")


@pytest.fixture
def library(tmp_path: Path) -> IndicatorLibrary:
    """Return an empty library whose clock stands still."""
    return IndicatorLibrary(tmp_path / "iocs", clock=lambda: NOW)


def test_entries_keep_their_numbers(library: IndicatorLibrary) -> None:
    """Each addition is a new version of the house set, with the earlier ones before it."""
    for place, value in enumerate(("evil.example", "a.example", "z.example"), 1):
        done = add(library, replace(FIRST, value=value), tlp=Tlp.AMBER)
        assert library.reading(done.passport).entries[place - 1] == ("domains", value)
    assert len(library.versions(HOUSE)) == 3
    assert library.get(HOUSE).tlp == "AMBER"


def test_the_same_value_twice_names_its_entry(library: IndicatorLibrary) -> None:
    """However it is written: it is compared in one form."""
    add(library, FIRST, tlp=Tlp.AMBER)
    with pytest.raises(ConflictError, match="entry 1"):
        add(library, replace(FIRST, value="EVIL.example"), tlp=Tlp.AMBER)


@pytest.mark.parametrize(("kind", "value"), [("nonsense", "x"), ("domain", "*.evil.example"), ("process", "")])
def test_what_cannot_be_compared_is_refused(kind: str, value: str, library: IndicatorLibrary) -> None:
    """A house set holds nothing that would silently never match."""
    with pytest.raises(InputError):
        add(library, replace(FIRST, type=kind, value=value), tlp=Tlp.AMBER)
    assert library.versions(HOUSE) == ()


def test_red_values_have_a_set_of_their_own(library: IndicatorLibrary) -> None:
    """They are told by set and number; a process also where phones cut its name; others are told as they are."""
    add(library, FIRST, tlp=Tlp.AMBER)
    add(library, replace(FIRST, value="secret.example"), tlp=Tlp.RED)
    add(library, replace(FIRST, value="averylongprocessname", type="process"), tlp=Tlp.RED)
    with pytest.raises(ConflictError, match="TLP:RED"):
        add(library, FIRST, tlp=Tlp.GREEN, name=HOUSE_RED)
    assert withheld(library, library.active()) == {
        "secret.example": "house-red, entry 1",
        "averylongprocessname": "house-red, entry 2",
        "averylongprocess": "house-red, entry 2",
    }


def test_an_embargo_can_come_later(library: IndicatorLibrary, tmp_path: Path) -> None:
    """The same file imported again with another marking is under it from then on; packs leave it behind."""
    (tmp_path / "partner.txt").write_text("evil.example\n", "utf-8")
    library.import_file(tmp_path / "partner.txt")
    assert not library.get("partner").embargoed
    done = library.import_file(tmp_path / "partner.txt", details=Details(tlp="RED"))
    assert (done.state, library.get("partner").embargoed) == ("unchanged", True)
    packed = library.pack(tmp_path / "sets.pack")
    assert "partner" not in {each.name for each in packed}
    assert "partner" in {each.name for each in library.pack(tmp_path / "all.pack", with_embargoed=True)}


def test_the_same_bytes_are_not_read_two_ways_under_one_name(library: IndicatorLibrary, tmp_path: Path) -> None:
    """Hashes of files imported once more as certificates would be silently left as they were."""
    (tmp_path / "partner.txt").write_text("ab" * 32, "utf-8")
    library.import_file(tmp_path / "partner.txt", kind="sha256")
    with pytest.raises(ConflictError, match="another type"):
        library.import_file(tmp_path / "partner.txt", kind="certificate")


def _indicator(value: str, **more: Any) -> dict[str, Any]:
    return {"type": "indicator", "id": f"indicator--{value}", "pattern": f"[domain-name:value='{value}']", **more}


def test_revoked_and_past_indicators_say_so(library: IndicatorLibrary, tmp_path: Path) -> None:
    """What its publisher took back, or gave an end that is past; an end to come says nothing yet."""
    objects = [
        _indicator("a.example", revoked=True),
        _indicator("b.example", valid_until="2026-01-31T00:00:00Z"),
        _indicator("c.example", valid_until="2027-01-31T00:00:00Z"),
        _indicator("d.example"),
    ]
    (tmp_path / "set.stix2").write_text(json.dumps({"objects": objects}), "utf-8")
    passport = library.import_file(tmp_path / "set.stix2").passport
    assert validity(library, [passport.to_indicator_set()], "2026-11-28") == {
        ("set", "domains", "a.example"): "revoked by its publisher",
        ("set", "domains", "b.example"): "valid until 2026-01-31",
    }
    assert len(passport.validity) == 3


def test_sets_grow_old_until_somebody_looks(tmp_path: Path) -> None:
    """A built-in set is as of the day of its source; an update that finds nothing newer makes it fresh."""
    library = IndicatorLibrary(tmp_path / "iocs", clock=lambda: NOW, builtin=builtin_folder())
    assert "pegasus" in library.outdated("2026-11-28")
    assert library.as_of(library.get("pegasus")) == "2024-12-16"
    library.note_checked("pegasus")
    assert "pegasus" not in library.outdated("2026-11-28")
    assert "pegasus" in library.outdated("2027-03-01")
