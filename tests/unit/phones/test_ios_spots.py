"""Where indicators can be planted on an iPhone."""

from __future__ import annotations

import pytest

from mvtcase.phones.ios_spots import SPOTS, IosEvidence, place, plantable
from mvtcase.phones.plants import Plant, PlantKind


def test_default_spots_exist_for_all_that_mvt_checks() -> None:
    """Both forms of evidence hold what MVT compares there; hashes and Android's kinds have no place."""
    everywhere = {
        PlantKind.DOMAINS,
        PlantKind.URLS,
        PlantKind.EMAILS,
        PlantKind.PROCESSES,
        PlantKind.FILE_NAMES,
        PlantKind.FILE_PATHS,
        PlantKind.APP_IDS,
    }
    assert set(plantable(IosEvidence.BACKUP)) == everywhere | {PlantKind.IOS_PROFILE_IDS}
    assert set(plantable(IosEvidence.FILE_SYSTEM)) == everywhere


def test_domain_becomes_a_link_only_where_links_are() -> None:
    """In a message it is a link, in WebKit's statistics a name."""
    plants = (
        Plant(PlantKind.DOMAINS, "lure.example"),
        Plant(PlantKind.DOMAINS, "lure.example", "webkit_resource_load_statistics"),
    )
    values, planted = place(plants, IosEvidence.BACKUP)
    assert values["sms"][0].value == "https://lure.example/r/4fQ2x"
    assert values["webkit_resource_load_statistics"][0].value == "lure.example"
    assert [entry.module for entry in planted] == ["sms", "webkit_resource_load_statistics"]


@pytest.mark.parametrize("spot", ["attributed_body", "sms_bare_link", "sms_without_handle"])
def test_what_mvt_passes_over_is_said(spot: str) -> None:
    """A test must not wait for an alert that MVT cannot raise."""
    _, planted = place([Plant(PlantKind.DOMAINS, "lure.example", spot)], IosEvidence.BACKUP)
    assert (planted[0].module, planted[0].reported_by_mvt) == ("sms", False)


@pytest.mark.parametrize(
    ("plant", "evidence"),
    [
        (Plant(PlantKind.FILES_SHA256, "0" * 64), IosEvidence.BACKUP),
        (Plant(PlantKind.ANDROID_PROPERTY_NAMES, "x"), IosEvidence.FILE_SYSTEM),
        (Plant(PlantKind.PROCESSES, "x", "shutdown_log"), IosEvidence.BACKUP),
        (Plant(PlantKind.DOMAINS, "lure.example", "manifest"), IosEvidence.FILE_SYSTEM),
        (Plant(PlantKind.EMAILS, "a@lure.example", "sms"), IosEvidence.BACKUP),
        (Plant(PlantKind.DOMAINS, "lure.example", "nowhere"), IosEvidence.BACKUP),
    ],
)
def test_plant_without_a_place_is_refused(plant: Plant, evidence: IosEvidence) -> None:
    """An indicator that lands nowhere would make a self-test pass for nothing."""
    with pytest.raises(ValueError, match="has no place"):
        place([plant], evidence)


def test_every_spot_says_where() -> None:
    """Each spot has a kind, a form of evidence, and words for people."""
    assert all(spot.kinds and spot.evidence and spot.where for spot in SPOTS.values())
