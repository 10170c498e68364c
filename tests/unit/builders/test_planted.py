"""The corpus of sound phones with one planted value: large enough, evenly spread, and of the kinds it says."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pytest

from builders.planted import planted
from builders.planted_forms import lz4_block, segb_v1, segb_v2
from mvtcase.evidence import intake
from mvtcase.model import EvidenceKind
from mvtcase.phones.plants import PlantKind

if TYPE_CHECKING:
    from builders.planted_inputs import SoundInput

_CORPUS = planted()
_ENOUGH = {
    EvidenceKind.IOS_BACKUP: ("domains", "urls", "emails", "app_ids", "file_names"),
    EvidenceKind.IOS_FILE_SYSTEM: ("domains", "urls", "emails", "app_ids", "file_names", "file_paths", "processes"),
    EvidenceKind.SYSDIAGNOSE: ("processes", "file_paths", "app_ids", "domains", "ios_profile_ids"),
    EvidenceKind.ANDROIDQF: ("domains", "urls", "app_ids", "processes", "file_paths", "files_sha256", "files_sha1"),
    EvidenceKind.BUGREPORT: ("domains", "app_ids", "processes", "file_paths"),
    EvidenceKind.ANDROID_BACKUP: ("domains", "urls", "emails"),
    EvidenceKind.INTRUSION_LOGS: ("domains", "app_ids"),
}
"""What each kind of evidence can hold in three places or more."""


def test_the_corpus_is_large_and_holds_every_class_of_indicator() -> None:
    """There are far more than 250 inputs, and each type of indicator is in some of them."""
    assert len(_CORPUS) > 250
    assert {each.group for each in _CORPUS} == {str(kind) for kind in PlantKind}


@pytest.mark.parametrize("kind", list(_ENOUGH))
def test_each_class_stands_in_three_places_of_each_kind_that_can_hold_it(kind: EvidenceKind) -> None:
    """No reader can pass by knowing the one place that is tried."""
    places: dict[str, set[str]] = defaultdict(set)
    for each in _CORPUS:
        if each.kind is kind:
            places[each.group].add(each.name.split(" in ", 1)[1])
    assert {name: len(places[name]) >= 3 for name in _ENOUGH[kind]} == dict.fromkeys(_ENOUGH[kind], True)


@pytest.mark.parametrize("given", _CORPUS[::29], ids=lambda given: given.name)
def test_an_input_is_the_kind_that_it_says(given: SoundInput, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The carrier stays recognisable evidence: nothing is found or missed for being odd."""
    evidence = given.build(tmp_path_factory.mktemp("planted"))
    assert intake.identify(evidence).kind is given.kind


def test_every_place_names_whose_facts_it_follows() -> None:
    """A place without an outside source would test our readers against themselves."""
    assert all(each.source for each in _CORPUS)
    assert len(Counter(each.source for each in _CORPUS)) > 60


def test_packed_forms_hold_their_content_as_their_descriptions_say() -> None:
    """An LZ4 block refers back instead of repeating; Biome streams begin with their heads."""
    packed = lz4_block(b"the same words again and " * 20 + b"the end of the block")
    assert len(packed) < 80
    assert segb_v1([b"record"])[52:56] == b"SEGB"
    assert segb_v2([b"record"])[:4] == b"SEGB"
