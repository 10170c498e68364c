"""The positive control: what is planted must be found, or no scan runs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine.job import EngineResult
from mvtcase.errors import ControlFailedError, InputError, NoUsableIndicatorError
from mvtcase.indicators.sampling import sample_for_control
from mvtcase.model import Completeness, EvidenceKind, IndicatorRef, Level, RawAlert
from mvtcase.workflow import control, iocs, scans

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.engine.job import DecryptJob, DecryptResult, EngineEvent, RecheckJob, ScanJob
    from mvtcase.workflow.desk import Desk


@dataclass
class Finder:
    """An engine that finds every one of these values in whatever it is shown."""

    values: list[str]
    jobs: list[ScanJob] = field(default_factory=list)

    def run_scan(self, job: ScanJob, *, on_event: Callable[[EngineEvent], None]) -> EngineResult:
        """Name all values."""
        self.jobs.append(job)
        alerts = tuple(
            RawAlert(
                module="sms",
                level=Level.CRITICAL,
                message="m",
                event_time="",
                event={},
                indicator=IndicatorRef(value=value.upper(), type="domains", family="f", set="s"),
            )
            for value in self.values
        )
        return EngineResult(finished=True, completeness=Completeness.FULL, alerts=alerts)

    def run_decrypt(self, job: DecryptJob, *, on_event: Callable[[EngineEvent], None]) -> DecryptResult:
        """Never asked."""
        raise NotImplementedError

    def run_recheck(self, job: RecheckJob, *, on_event: Callable[[EngineEvent], None]) -> EngineResult:
        """Never asked."""
        raise NotImplementedError


class SysdiagnoseBlind(Finder):
    """An engine that finds nothing in a sysdiagnose."""

    def run_scan(self, job: ScanJob, *, on_event: Callable[[EngineEvent], None]) -> EngineResult:
        """Name all values but there."""
        result = super().run_scan(job, on_event=on_event)
        return replace(result, alerts=()) if job.kind is EvidenceKind.SYSDIAGNOSE else result


class EndsEarly(Finder):
    """A finder whose worker dies before it finds anything."""

    def run_scan(self, job: ScanJob, *, on_event: Callable[[EngineEvent], None]) -> EngineResult:
        """Say why it ended."""
        result = super().run_scan(job, on_event=on_event)
        return replace(result, finished=False, error="no memory", alerts=())


@pytest.fixture
def finder(desk: Desk) -> Finder:
    """Give an engine that finds all that is planted from the active sets."""
    active = [each.samples for each in desk.library.active()]
    samples = [sample_for_control(chosen, per_type=3) for chosen in (active, *([each] for each in active))]
    return Finder(values=[value for sample in samples for _, value in sample])


@pytest.fixture
def proven(desk: Desk, finder: Finder) -> Desk:
    """Give a desk that insists on the control."""
    return replace(desk, engine=finder, with_control=True)


def test_the_selftest_tells_what_was_planted_and_found(proven: Desk, finder: Finder) -> None:
    """In a phone of each platform and in a sysdiagnose, and it says what no spot can hold."""
    data: Any = iocs.selftest(proven).json
    assert data["planted"] == len(data["checks"]) > 5
    assert {each["platform"] for each in data["checks"]} == {"ios_backup", "androidqf", "sysdiagnose"}
    assert all(each["found"] and each["where"] for each in data["checks"])
    assert "processes" in data["types"]
    assert not set(data["types"]) & set(data["types_not_planted"])
    assert {each["name"] for each in data["sets"]} == {each.name for each in proven.library.active()}
    assert all(not job.target.exists() for job in finder.jobs)


def test_one_plant_that_is_not_found_fails_the_control(proven: Desk, finder: Finder) -> None:
    """It is named with its place, and nothing is remembered."""
    missed = "bh"
    finder.values[:] = [value for value in finder.values if value != missed]
    with pytest.raises(ControlFailedError, match=rf"processes {missed} \("):
        iocs.selftest(proven, ["tiny"])
    with pytest.raises(ControlFailedError, match="3 of 6"):
        control.require_control(proven, control.choose(proven, ["tiny"]))


def test_an_engine_that_ends_early_is_told_as_that(proven: Desk, finder: Finder) -> None:
    """Plants that nobody looked for are not told as looked for and not found."""
    ended = replace(proven, engine=EndsEarly(values=finder.values))
    with pytest.raises(ControlFailedError, match="the engine ended early: no memory"):
        iocs.selftest(ended, ["tiny"])


def test_a_set_of_which_nothing_can_be_planted_proves_nothing(proven: Desk) -> None:
    """The selftest and the scan say so alike, and what to do."""
    proven.library.import_bytes(b"10.0.0.1\n", "odd.txt", name="odd", kind="domains")
    for verb in (
        lambda: iocs.selftest(proven, ["odd"]),
        lambda: control.require_control(proven, control.choose(proven, ["odd"])),
    ):
        with pytest.raises(ControlFailedError, match="could plant none") as caught:
            verb()
        assert "iocs" in caught.value.hint


def test_a_scan_without_a_passing_control_does_not_begin(
    proven: Desk, finder: Finder, add_phone: Callable[..., str]
) -> None:
    """It would prove nothing."""
    add_phone()
    finder.values.clear()
    with pytest.raises(ControlFailedError):
        scans.run(proven, scans.Request())
    data: Any = scans.list_scans(proven).json
    assert data["scans"] == []


def test_a_control_that_fails_stops_its_own_kind_only(
    proven: Desk, finder: Finder, add_phone: Callable[..., str]
) -> None:
    """What a sysdiagnose misses says nothing of a backup; a sysdiagnose is refused, naming plant and place."""
    add_phone()
    blind = replace(proven, engine=SysdiagnoseBlind(values=finder.values))
    choice = control.require_control(blind, control.choose(blind), (EvidenceKind.IOS_BACKUP, EvidenceKind.SYSDIAGNOSE))
    assert control.proven(choice, EvidenceKind.IOS_BACKUP).control_passed_at is not None
    assert control.control_gaps(choice, EvidenceKind.IOS_FILE_SYSTEM) == ()
    with pytest.raises(ControlFailedError, match="sysdiagnose: "):
        control.proven(choice, EvidenceKind.SYSDIAGNOSE)
    assert len(scans.run(blind, scans.Request()).data.scans) == 1


def test_an_examiner_may_go_on_despite_the_control_and_leaves_a_gap(
    proven: Desk, finder: Finder, add_phone: Callable[..., str]
) -> None:
    """With a reason, which stands in the gap beside what was missed; the scan is not full."""
    add_phone()
    finder.values.clear()
    (scan,) = scans.run(proven, scans.Request(despite_control="a known hole")).data.scans
    assert scan.control_passed_at is None
    job = finder.jobs[-1]
    (gap,) = job.known.problems
    assert gap.module == "positive control"
    assert "a known hole" in gap.reason


def test_a_control_that_passed_is_remembered_for_these_sets_and_tools(
    proven: Desk, finder: Finder, add_phone: Callable[..., str]
) -> None:
    """The scan carries its time; other sets are tried anew."""
    add_phone()
    data: Any = scans.run(proven, scans.Request()).json
    looks = len(finder.jobs)
    passed = data["scans"][0]["control_passed_at"]
    assert passed is not None
    again: Any = scans.run(proven, scans.Request(acquisitions=("A-0001",))).json
    assert again["scans"][0]["control_passed_at"] == passed
    assert len(finder.jobs) == looks + 1
    control.require_control(proven, control.choose(proven, ["tiny"]))
    assert len(finder.jobs) > looks + 1
    newer = replace(control.choose(proven), tools={"mvt": "2027.1.1"})
    assert control.require_control(proven, newer).control_passed_at != passed


@pytest.mark.parametrize("text", ["", "[]", '{"passed_at": 5}', "{", '{"passed_at": null}'])
def test_a_damaged_memory_of_a_control_is_no_pass(proven: Desk, finder: Finder, text: str) -> None:
    """The control runs again."""
    choice = control.choose(proven, ["tiny"])
    control.require_control(proven, choice)
    looks = len(finder.jobs)
    for memory in (proven.workspace.iocs / ".control").glob("*.json"):
        memory.write_text(text)
    assert control.require_control(proven, choice).control_passed_at is not None
    assert len(finder.jobs) > looks


def test_sets_are_switched_linted_imported_and_packed(desk: Desk, tmp_path: Path) -> None:
    """As the verbs show it."""
    (tmp_path / "list.txt").write_text("evil.example\nnot a domain\n")
    linted: Any = iocs.lint(desk, [tmp_path / "list.txt"], kind="domains")
    assert linted.status == "partial"
    assert linted.json["files"][0]["set"]["usable"] == 1
    imported: Any = iocs.import_files(desk, [tmp_path / "list.txt"], name="mine", kind="domains").json["imported"]
    assert (imported[0]["name"], imported[0]["usable"], imported[0]["added"]) == ("mine", 1, 1)
    off: Any = iocs.switch(desk, "mine", on=False).json["sets"]
    assert {each["name"]: each["active"] for each in off}["mine"] is False
    assert "mine" not in {each.name for each in control.choose(desk).sets}
    assert [each.name for each in control.choose(desk, ["mine"]).sets] == ["mine"]
    packed: Any = iocs.pack(desk, tmp_path / "sets.zip").json
    assert {each["name"] for each in packed["sets"]} >= {"mine", "tiny"}
    shown: Any = iocs.show(desk, "mine").json
    assert shown["set"]["unusable_indicators"][0]["reason"]
    with pytest.raises(InputError):
        iocs.import_files(desk, [tmp_path / "list.txt", tmp_path / "list.txt"], name="two")


def test_without_any_active_set_no_scan_is_begun(desk: Desk, add_phone: Callable[..., str]) -> None:
    """Comparing with nothing would find nothing."""
    add_phone()
    for each in desk.library.list_sets():
        iocs.switch(desk, each.name, on=False)
    with pytest.raises(NoUsableIndicatorError):
        scans.run(desk, scans.Request())
