"""The guide to taking acquisitions, and what an acquisition says of itself the moment it is added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mvtcase.errors import InputError
from mvtcase.model import EvidenceKind
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.sysdiagnose import SysdiagnosePhone, build_sysdiagnose
from mvtcase.workflow import acquisitions, guide
from mvtcase.workflow.acquisitions import Registration

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.workflow.desk import Desk

SMS = "3d0d7e5fb2ce288813306e4d4636395e047a3d28"
"""sms.db in a backup, as every public list of such names has it."""


def test_what_vanishes_first_is_taken_first(desk: Desk) -> None:
    """Running programs are gone with a restart; what each step adds, nothing before it has."""
    (ios,) = guide.guide(desk, platform="ios").data.guides
    assert [each.kind for each in ios.steps] == [EvidenceKind.SYSDIAGNOSE, EvidenceKind.IOS_BACKUP_ENCRYPTED]
    added = [trace for each in ios.steps for trace in each.adds]
    assert len(added) == len(set(added)) > 5
    assert {each.platform for each in guide.guide(desk).data.guides} == {"ios", "android"}


@pytest.mark.parametrize(
    ("version", "menu"), [("12.4", "Settings > Privacy >"), ("17.5", "Privacy & Security"), ("", "Privacy & Security")]
)
def test_steps_are_those_of_the_version(version: str, menu: str, desk: Desk) -> None:
    """Menus moved between releases; without a version the newest are shown."""
    (ios,) = guide.guide(desk, platform="ios", os_version=version).data.guides
    assert any(menu in str(step) for step in ios.steps[0].steps)


@pytest.mark.parametrize(("version", "count"), [("17", 1), ("17.2", 0), ("26.1", 1), ("16.7", 0)])
def test_a_version_without_its_minor_number_may_be_any_of_them(version: str, count: int, desk: Desk) -> None:
    """Stolen Device Protection came with 17.3: who writes 17 may hold a phone that has it."""
    (ios,) = guide.guide(desk, platform="ios", os_version=version).data.guides
    assert sum("Stolen Device" in str(step) for step in ios.steps[1].steps) == count


def test_what_a_version_does_not_have_is_left_out(desk: Desk) -> None:
    """Intrusion logs exist since Android 16."""
    kinds = {
        version: {each.kind for each in guide.guide(desk, platform="android", os_version=version).data.guides[0].steps}
        for version in ("14", "16")
    }
    assert kinds["16"] - kinds["14"] == {EvidenceKind.INTRUSION_LOGS}


@pytest.mark.parametrize(("platform", "version"), [("windows", None), ("ios", "newest")])
def test_an_unknown_phone_is_an_error(platform: str, version: str | None, desk: Desk) -> None:
    """Nothing is guessed."""
    with pytest.raises(InputError):
        guide.guide(desk, platform=platform, os_version=version)


def test_for_an_official_it_says_what_lacks(desk: Desk, tmp_path: Path) -> None:
    """By the phones of the case: what was taken is marked, with its id, and the rest is listed."""
    built = build_sysdiagnose(tmp_path / "sysdiagnose", SysdiagnosePhone(), archive=True)
    added = acquisitions.add(desk, built.path, Registration(official="O-0001")).data.acquisition
    (one,) = guide.guide(desk, official="O-0001").data.guides
    assert one.device == added.device
    assert [each.taken for each in one.steps] == [added.id, ""]
    assert one.missing == ("iOS backup, encrypted",)


def test_a_backup_says_what_it_lacks(desk: Desk, tmp_path: Path) -> None:
    """A missing message database is named at once, while the phone can be asked again."""
    whole = build_ios_backup(tmp_path / "whole", IosPhone(seed=1))
    outcome = acquisitions.add(desk, whole.path, Registration(official="O-0001"))
    assert outcome.data.prospect is not None
    assert (outcome.data.prospect.blind, outcome.data.prospect.packed) == ((), False)
    assert "messages and calls" in outcome.data.prospect.carries
    assert any("guide" in str(each) for each in outcome.messages)
    holed = build_ios_backup(tmp_path / "holed", IosPhone(seed=2))
    (holed.path / SMS[:2] / SMS).unlink()
    prospect = acquisitions.add(desk, holed.path, Registration(official="O-0001")).data.prospect
    assert prospect is not None
    assert prospect.blind == ("sms",)
    assert "messages and calls" in prospect.lacks


def test_a_collection_says_what_its_files_can_show(desk: Desk, tmp_path: Path) -> None:
    """Of a folder the names tell; what no acquisition of the kind carries is said too."""
    built = build_androidqf(tmp_path / "androidqf", AndroidPhone())
    prospect = acquisitions.add(desk, built.path, Registration(official="O-0001")).data.prospect
    assert prospect is not None
    assert "processes" in prospect.carries
    assert prospect.never
