"""Canary: what a team plants on its own phone is looked for by the reader that must see it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase import kinds
from mvtcase.errors import InputError
from mvtcase.kinds import EvidenceKind, Platform
from mvtcase.wording import Message, translator
from mvtcase.workflow import acquisitions, canary, scans
from mvtcase.workflow.canary import LIST, SECOND_READER, SET
from mvtcase.workflow.desk import OutcomeStatus

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flow.conftest import FakeEngine

    from mvtcase.engine.job import EngineResult
    from mvtcase.workflow.desk import Desk

SEEN_BY_A_MODULE = {"name": "process", "type": "processes", "value": "BH", "how": "", "reader": "datausage"}
"""The fake engine's alert names this value, from this module."""


@pytest.mark.parametrize("platform", [Platform.IOS, Platform.ANDROID])
def test_a_plan_is_a_checklist_with_a_set_that_can_be_loaded(desk: Desk, tmp_path: Path, platform: Platform) -> None:
    """Every marker is on the list for people and an indicator of the set, and no two plans share their values."""
    first = canary.plan(tmp_path / "first", platform).data.markers
    text = (tmp_path / "first" / "checklist.md").read_text()
    assert all(each.value in text and each.reader in text for each in first)
    assert text.count("- [ ] ") == len({str(each.how) for each in first}) < len(first)
    assert [each.how for each in canary.read(tmp_path / "first" / LIST)] == [Message(str(each.how)) for each in first]
    imported = desk.library.import_bytes((tmp_path / "first" / SET).read_bytes(), SET, name="canary")
    assert sum(imported.passport.counts.values()) == len({(each.type, each.value) for each in first})
    chinese = translator("zh_TW")
    again = canary.plan(tmp_path / "again", platform, app="org.example.other", words=chinese.word).data.markers
    assert all(chinese.word(each.how) in (tmp_path / "again" / "checklist.md").read_text() for each in again)
    assert {each.value for each in first}.isdisjoint({each.value for each in again})
    assert {SECOND_READER, "sms"} & {each.reader for each in again}
    with pytest.raises(InputError, match="already"):
        canary.plan(tmp_path / "first", platform)


def _markers(folder: Path, *markers: dict[str, Any]) -> Path:
    (folder / LIST).write_text(json.dumps({"markers": markers}))
    return folder / LIST


def test_a_marker_that_its_reader_lost_is_named(
    desk: Desk, engine: FakeEngine, match: EngineResult, backup: Path, tmp_path: Path
) -> None:
    """One seen by another reader alone is lost too: it is the reader that is tried."""
    engine.answer = match
    acquisitions.add(desk, backup, acquisitions.Registration(official="O-0001"))
    wanted = _markers(tmp_path, SEEN_BY_A_MODULE, {**SEEN_BY_A_MODULE, "name": "note", "reader": SECOND_READER})
    with pytest.raises(InputError, match="not scanned"):
        canary.check(desk, wanted, "A-0001")
    scans.run(desk, scans.Request())
    outcome = canary.check(desk, wanted, "A-0001")
    assert outcome.status is OutcomeStatus.PARTIAL
    assert [(each.name, each.seen, each.seen_by) for each in outcome.data.sightings] == [
        ("process", True, ("datausage",)),
        ("note", False, ("datausage",)),
    ]
    assert [str(each) for each in outcome.messages] == [
        "note was not seen by second reader: report it with the version."
    ]


def test_only_what_an_acquisition_carries_is_asked_of_it(
    desk: Desk, engine: FakeEngine, match: EngineResult, backup: Path, tmp_path: Path
) -> None:
    """A marker of a sysdiagnose is not lost because a backup does not show it."""
    engine.answer = match
    acquisitions.add(desk, backup, acquisitions.Registration(official="O-0001"))
    scans.run(desk, scans.Request())
    other = {**SEEN_BY_A_MODULE, "reader": "sysdiagnose_processes", "evidence": ["sysdiagnose"]}
    own = {**SEEN_BY_A_MODULE, "evidence": ["ios_backup"]}
    outcome = canary.check(desk, _markers(tmp_path, own, other), "A-0001")
    assert [(each.reader, each.seen) for each in outcome.data.sightings] == [("datausage", True)]
    with pytest.raises(InputError, match="none of these markers"):
        canary.check(desk, _markers(tmp_path, other), "A-0001")


@pytest.mark.parametrize("platform", [Platform.IOS, Platform.ANDROID])
def test_every_reader_of_a_plan_is_one(tmp_path: Path, platform: Platform) -> None:
    """A module that must see a marker is one that its kinds of evidence run."""
    for each in canary.plan(tmp_path / "plan", platform, app="org.example.app").data.markers:
        for kind in each.evidence:
            known = {SECOND_READER, *kinds.of(EvidenceKind(kind)).traces}
            assert each.reader in known, (kind, each.reader)


@pytest.mark.parametrize("text", ["", "[]", '{"markers": [{"name": 1}]}', '{"markers": 3}'])
def test_a_list_that_is_none_is_refused(desk: Desk, tmp_path: Path, text: str) -> None:
    """Nothing is checked against half a list."""
    (tmp_path / LIST).write_text(text)
    with pytest.raises(InputError, match="no list of markers"):
        canary.check(desk, tmp_path / LIST, "A-0001")
