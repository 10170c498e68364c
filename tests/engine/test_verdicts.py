"""A few phones of the corpora through the whole program: planted ones are not cleared, healthy ones not accused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asking import ACCUSING, Bench, stix
from builders.healthy import healthy
from builders.healthy_inputs import HEALTHY_INDICATORS
from builders.planted import planted

if TYPE_CHECKING:
    from builders.planted_inputs import SoundInput

pytestmark = pytest.mark.engine

_PLANTED = (
    "ios_backup: emails in handle",
    "ios_file_system: domains in cookie",
    "androidqf: processes in processes.json",
    "sysdiagnose: processes in logdata.statistics",
)
_HEALTHY = (
    "ios_backup_encrypted: legislator in Taipei",
    "ios_file_system: names that iOS carries",
    "androidqf: Samsung in Taiwan",
    "bugreport: com.android.shell vibrates",
)


def _named(corpus: list[SoundInput], names: tuple[str, ...]) -> list[SoundInput]:
    return [each for each in corpus if each.name in names and each.half != "real trace"]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Give a workspace with the corpora's indicators alone, whose control has passed."""
    folder = tmp_path_factory.mktemp("bench")
    made = Bench(folder)
    made.add_set(stix(folder / "invented.stix2", HEALTHY_INDICATORS))
    made.only_these()
    return made


@pytest.mark.parametrize("given", _named(planted(), _PLANTED), ids=lambda given: given.name)
def test_a_planted_phone_is_accused(given: SoundInput, bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One value in one ordinary place is found, whichever reader finds it."""
    said = bench.ask([given.build(tmp_path_factory.mktemp("phone"))])
    assert said.status in ACCUSING, said


@pytest.mark.parametrize("given", _named(healthy(), _HEALTHY), ids=lambda given: given.name)
def test_a_healthy_phone_is_not_accused(
    given: SoundInput, bench: Bench, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Several ordinary noises together accuse nobody."""
    said = bench.ask([given.build(tmp_path_factory.mktemp("phone"))])
    assert said.status not in ACCUSING, said


def test_the_names_above_exist() -> None:
    """A renamed input would leave its test out in silence."""
    assert len(_named(planted(), _PLANTED)) == len(_PLANTED)
    assert len(_named(healthy(), _HEALTHY)) == len(_HEALTHY)
