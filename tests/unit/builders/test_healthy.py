"""The corpus of healthy phones: large, of all kinds, each noise also with a real trace, and of the kinds it says."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from builders.healthy import healthy
from mvtcase.evidence import intake
from mvtcase.model import EvidenceKind

if TYPE_CHECKING:
    from builders.planted_inputs import SoundInput

_CORPUS = healthy()


def test_the_corpus_is_large_enough_to_give_a_rate() -> None:
    """At least 90 healthy phones of every kind, 10 typical combinations, and 200 with a trace among the noise."""
    halves = Counter(each.half for each in _CORPUS)
    assert halves["healthy"] >= 90
    assert halves["real trace"] >= 200
    assert sum(each.typical for each in _CORPUS if each.half == "healthy") >= 10
    assert {each.kind for each in _CORPUS if each.half == "healthy"} >= set(EvidenceKind) - _ELSEWHERE


_ELSEWHERE = {EvidenceKind.ANDROID_FILE_SYSTEM, EvidenceKind.ANDROIDQF_AGE}
"""Kinds whose builders stand with LINE's."""


def test_every_noise_is_also_tried_with_a_real_trace() -> None:
    """What quietens a noise cannot quieten a trace unseen."""
    noises = {each.group for each in _CORPUS if each.half == "healthy"}
    traced = {each.group for each in _CORPUS if each.half == "real trace"}
    assert noises - traced == set()


@pytest.mark.parametrize(
    "given", [each for each in _CORPUS if not each.slow and not each.typical][::37], ids=lambda given: given.name
)
def test_an_input_is_the_kind_that_it_says(given: SoundInput, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Noise leaves the carrier what it is."""
    evidence = given.build(tmp_path_factory.mktemp("healthy"))
    assert intake.identify(evidence).kind is given.kind
