"""Bundles of planted indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import stix2

from builders.stix_bundles import ANCHOR, stix_bundle, write_stix_bundle
from mvtcase.phones.plants import Plant, PlantKind

if TYPE_CHECKING:
    from pathlib import Path


def test_every_kind_makes_a_valid_stix_indicator() -> None:
    """The stix2 library reads the whole bundle."""
    hashes = {PlantKind.FILES_MD5: "a" * 32, PlantKind.FILES_SHA1: "b" * 40, PlantKind.FILES_SHA256: "c" * 64}
    plants = [Plant(kind, hashes.get(kind, f"value-{kind}")) for kind in PlantKind]
    bundle: Any = stix2.parse(stix_bundle(plants), allow_custom=True)
    patterns = [thing.pattern for thing in bundle.objects if thing.type == "indicator"]
    assert len(patterns) == len(PlantKind) + 1
    assert f"[domain-name:value='{ANCHOR.value}']" in patterns
    assert f"[file:hashes.'SHA-256'='{'c' * 64}']" in patterns


def test_the_same_value_is_listed_once() -> None:
    """One value planted at two spots is one indicator."""
    plants = [Plant(PlantKind.DOMAINS, "lure.example", spot) for spot in ("sms", "whatsapp")]
    objects = stix_bundle(plants)["objects"]
    assert isinstance(objects, list)
    assert len([thing for thing in objects if thing["type"] == "indicator"]) == 2


def test_written_bundle_is_stable(tmp_path: Path) -> None:
    """The same plants give the same file."""
    plants = [Plant(PlantKind.PROCESSES, "ctlprocd")]
    first = write_stix_bundle(tmp_path / "a.stix2", plants).read_bytes()
    assert first == write_stix_bundle(tmp_path / "b.stix2", plants).read_bytes()


@pytest.mark.parametrize("value", ["O'Neill", "https://lure.example/?a=b"])
def test_value_that_mvt_cannot_read_is_refused(value: str) -> None:
    """MVT splits a pattern at every equals sign and drops every apostrophe."""
    with pytest.raises(ValueError, match="cannot read"):
        stix_bundle([Plant(PlantKind.URLS, value)])
