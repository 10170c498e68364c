"""Placing plants: every spot usable, defaults by evidence, nothing left out in silence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mvtcase.phones.android_spots import SPOTS, AndroidEvidence, place
from mvtcase.phones.plants import Plant, PlantKind

ANDROID_KINDS = sorted(set(PlantKind) - {PlantKind.EMAILS, PlantKind.IOS_PROFILE_IDS})


@pytest.mark.parametrize("kind", ANDROID_KINDS)
def test_every_kind_has_a_default_in_an_acquisition(kind: PlantKind) -> None:
    """An AndroidQF acquisition takes every kind that any Android module compares."""
    planted = place([Plant(kind, "value")], AndroidEvidence).planted()
    assert len(planted) == 1
    assert planted[0].module


@pytest.mark.parametrize("spot", SPOTS)
def test_every_spot_takes_its_kinds(spot: str) -> None:
    """Each spot named explicitly takes each of its kinds and reports its own module."""
    plants = [Plant(kind, f"{kind}-value", spot) for kind in sorted(SPOTS[spot].kinds)]
    placement = place(plants, [SPOTS[spot].evidence])
    assert placement.at(spot) == tuple(plant.value for plant in plants)
    assert {(found.module, found.reported_by_mvt) for found in placement.planted()} == {
        (SPOTS[spot].module, SPOTS[spot].reported)
    }


def test_the_default_follows_the_evidence() -> None:
    """A domain goes into a message where there are messages, into a name lookup where there are logs."""
    domain = Plant(PlantKind.DOMAINS, "x.example")
    assert place([domain], AndroidEvidence).planted()[0].module == "sms"
    assert place([domain], [AndroidEvidence.INTRUSION_LOGS]).planted()[0].module == "dns_event"


@pytest.mark.parametrize(
    ("plant", "evidence"),
    [
        (Plant(PlantKind.EMAILS, "a@example.org"), AndroidEvidence.ANDROIDQF),
        (Plant(PlantKind.DOMAINS, "x.example"), AndroidEvidence.BUGREPORT),
        (Plant(PlantKind.APP_IDS, "com.x", "no_such_spot"), AndroidEvidence.ANDROIDQF),
        (Plant(PlantKind.APP_IDS, "com.x", "sms"), AndroidEvidence.BACKUP),
        (Plant(PlantKind.APP_IDS, "com.x", "dumpsys_packages"), AndroidEvidence.BACKUP),
    ],
)
def test_a_plant_that_fits_nowhere_raises(plant: Plant, evidence: AndroidEvidence) -> None:
    """No module, no spot of that name, wrong kind for the spot or spot of other evidence: each is an error."""
    with pytest.raises(ValueError, match=r"no place"):
        place([plant], [evidence])


def test_a_process_that_mvt_passes_over_crashes_instead() -> None:
    """MVT skips gatekeeperd in process tables, so by default it is planted as a crash, and elsewhere as unreported."""
    process = Plant(PlantKind.PROCESSES, "gatekeeperd")
    usual = place([process], AndroidEvidence).planted()[0]
    assert (usual.module, usual.reported_by_mvt) == ("tombstones", True)
    forced = place([replace(process, spot="aqf_processes")], AndroidEvidence).planted()[0]
    assert (forced.module, forced.reported_by_mvt) == ("aqf_processes", False)


def test_a_www_domain_is_known_to_be_missed() -> None:
    """MVT cuts `www.` off the link but not off the indicator, so such a plant is recorded as unreported."""
    domains = [Plant(PlantKind.DOMAINS, "www.planted.example"), Plant(PlantKind.DOMAINS, "planted.example")]
    placed = place(domains, AndroidEvidence).planted()
    assert {found.plant.value: found.reported_by_mvt for found in placed} == {
        "www.planted.example": False,
        "planted.example": True,
    }


def test_values_are_told_apart_by_kind() -> None:
    """A spot that holds several kinds gives each its own values."""
    placement = place(
        [Plant(PlantKind.FILE_PATHS, "/data/x", "aqf_files"), Plant(PlantKind.FILE_NAMES, "y.bin", "aqf_files")],
        AndroidEvidence,
    )
    assert placement.at("aqf_files", PlantKind.FILE_NAMES) == ("y.bin",)
    assert placement.within(AndroidEvidence.BACKUP).by_spot == {}
