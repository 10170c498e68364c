"""The case read as a whole: what has gone stale, what was never scanned, who belongs to which group."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase import casebook
from mvtcase.casebook import Newest, Remedy, latest_finished, staleness
from mvtcase.model import (
    Completeness,
    EvidenceClass,
    EvidenceKind,
    Finding,
    Gap,
    IndicatorSet,
    Level,
    ModuleOutcome,
    ModuleRun,
    Rating,
    Scan,
    ScanState,
    Status,
)
from mvtcase.store import filing as results
from mvtcase.store.folder import Workspace
from mvtcase.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

OLD = IndicatorSet(name="pegasus", sha256="1" * 64, version="1")
NEW = IndicatorSet(name="pegasus", sha256="2" * 64, version="2", usable=7)
OTHER = IndicatorSet(name="other", sha256="3" * 64, version="1")
RECHECK = Remedy.RECHECK
OLD_SET = ("indicator set pegasus", RECHECK)
NOTHING = Newest(sets={}, tools={})
GAP = Gap(module="sms", outcome=ModuleOutcome.DAMAGED, reason="sms.db is damaged")
RAN = ModuleRun(
    module="Datausage", slug="datausage", origin="mvt", part="backup", outcome=ModuleOutcome.CHECKED, records=1
)


def _scan(number: int = 1, **more: Any) -> Scan:
    given: dict[str, Any] = {
        "id": f"S-{number:04d}",
        "uuid": "u",
        "acquisition": "A-0001",
        "device": "D-0001",
        "kind": EvidenceKind.IOS_BACKUP,
        "command": "",
        "state": ScanState.FINISHED,
        "started_at": f"2026-01-{number % 28 + 1:02d}",
        "examiner": "Ada",
        "completeness": Completeness.FULL,
        "sets": (OLD,),
        "modules": (RAN,),
        "tools": {"mvt": "1", "python": "3"},
    }
    return Scan(**{**given, **more})


def test_the_latest_finished_scan_is_no_recheck_and_no_failure() -> None:
    """By its number, of this acquisition alone."""
    scans = [
        _scan(1),
        _scan(2),
        _scan(3, state=ScanState.FAILED),
        _scan(4, state=ScanState.RUNNING),
        _scan(5, recheck_of="S-0002"),
        _scan(6, acquisition="A-0002"),
    ]
    assert latest_finished(scans)["A-0001"].id == "S-0002"
    assert latest_finished(scans[2:4]) == {}


def test_the_later_scan_is_the_one_begun_later_in_the_chain() -> None:
    """A laptop's clock says nothing; the scan of another laptop stands where its own number put it."""
    scans = [_scan(1, started_at="2030", sequence=4), _scan(2, started_at="2026", sequence=9), _scan(3, place=1)]
    assert latest_finished(scans)["A-0001"].id == "S-0002"


def test_scans_of_the_same_moment_are_ordered_by_number() -> None:
    """Ten thousand comes after nine thousand nine hundred and ninety-nine."""
    scans = [_scan(10_000, started_at="2026"), _scan(9_999, started_at="2026")]
    assert latest_finished(scans)["A-0001"].id == "S-10000"


@pytest.mark.parametrize(
    ("newest", "compared", "at_hand", "expected"),
    [
        (NOTHING, (), True, []),
        (Newest(sets={"pegasus": OLD}, tools={"mvt": "1"}), (OLD,), True, []),
        (Newest(sets={"pegasus": NEW}, tools={}), (OLD,), True, [OLD_SET]),
        (Newest(sets={"pegasus": NEW}, tools={}), (OLD, NEW), True, []),
        (Newest(sets={"pegasus": OLD, "other": OTHER}, tools={}), (OLD,), True, [("indicator set other", RECHECK)]),
        (Newest(sets={}, tools={"mvt": "2"}), (), True, [("mvt", Remedy.SCAN_AGAIN)]),
        (Newest(sets={}, tools={"mvt": "2"}), (), False, [("mvt", Remedy.PHONE_NEEDED)]),
        (Newest(sets={}, tools={"mvtcase": "9"}), (), True, []),
        (
            Newest(sets={"pegasus": NEW}, tools={"mvt": "2"}),
            (OLD,),
            False,
            [OLD_SET, ("mvt", Remedy.PHONE_NEEDED)],
        ),
    ],
)  # fmt: skip
def test_what_was_not_compared_or_has_a_newer_version_is_stale(
    newest: Newest,
    compared: tuple[IndicatorSet, ...],
    at_hand: bool,  # noqa: FBT001  # a parametrised case
    expected: list[tuple[str, Remedy]],
) -> None:
    """A set not compared yet asks for a recheck; a newer tool for another scan, or for the phone without its data."""
    found = staleness(_scan(), compared, newest, at_hand=at_hand)
    assert [(each.what, each.remedy) for each in found] == expected


@pytest.mark.parametrize(("fixed", "due"), [(None, 2), (("pegasus",), 1), (("pegasus", "other"), 2), ((), 0)])
def test_a_case_held_to_some_sets_misses_no_others(fixed: tuple[str, ...] | None, due: int) -> None:
    """The examiner's list decides, and only for the sets on it."""
    newest = Newest(sets={"pegasus": NEW, "other": OTHER}, tools={})
    assert len(staleness(_scan(), (OLD,), newest, fixed=fixed)) == due


class Case:
    """A case in the making, with the rows that the casebook reads."""

    def __init__(self, store: Store, evidence: Path) -> None:
        self.store = store
        self.evidence = evidence
        with store.change("made", actor="Ada") as change:
            change.insert(
                "case_file",
                id="C-0001",
                slug="i",
                title="I",
                tlp="AMBER",
                state="open",
                created_at="",
                created_by="Ada",
            )
            for group, parent in (("G-0001", None), ("G-0002", "G-0001"), ("G-0003", "G-0002"), ("G-0004", None)):
                change.insert("affected_group", id=group, name=group, parent=parent)
            for number in range(1, 5):
                official = f"O-{number:04d}"
                change.insert("official", id=official, pseudonym=official, publication="role", roster="consented")
                change.insert("membership", official=official, affected_group=f"G-{number:04d}")
            change.insert(
                "device",
                id="D-0001",
                official="O-0001",
                label="p",
                platform="ios",
                fingerprint="f",
                state="in_use",
                identity={},
            )

    def acquisition(self, name: str, *, state: str = "registered", path: Path | None = None) -> None:
        """Add an acquisition of the one device."""
        with self.store.change("made", actor="Ada") as change:
            change.insert(
                "acquisition",
                id=name,
                device="D-0001",
                official="O-0001",
                kind="ios_backup",
                path=str(path or self.evidence),
                encrypted=False,
                files=1,
                bytes=1,
                manifest_sha256="0" * 64,
                identity={},
                registered_at="2026",
                registered_by="Ada",
                imported=False,
                state=state,
            )

    def scan(self, scan: Scan) -> None:
        """Add a scan."""
        with self.store.change("made", actor="Ada") as change:
            change.insert(
                "scan",
                **{
                    name: getattr(scan, name)
                    for name in ("id", "acquisition", "device", "kind", "command", "state", "completeness", "tools")
                },
                started_at=scan.started_at,
                examiner="Ada",
                error=scan.error,
                recheck_of=scan.recheck_of,
            )
            results.pin_sets(self.store, change, scan.id, scan.sets)
            results.add_gaps(change, scan.id, scan.gaps)
            results.add_modules(change, scan.id, scan.modules)

    def device(self, newest: Newest = NOTHING) -> casebook.DeviceStanding:
        """Return how the one device stands."""
        return casebook.read(self.store, newest).officials[0].devices[0]


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    """Give a case with four officials in nested groups and one device."""
    workspace = Workspace(tmp_path / "w")
    workspace.create()
    with Store.create(workspace.new_case_folder("i")) as store:
        yield Case(store, tmp_path)


def test_a_group_holds_its_descendants(case: Case) -> None:
    """However deep, and nobody else."""
    book = casebook.read(case.store, NOTHING)

    def members(group: str) -> list[str]:
        return [one.official.id for one in book.members(group)]

    assert members("G-0001") == ["O-0001", "O-0002", "O-0003"]
    assert members("G-0002") == ["O-0002", "O-0003"]
    assert members("G-0004") == ["O-0004"]
    assert members("G-0099") == []
    assert book.counts[Status.NOT_EXAMINED] == 4


def test_what_was_never_scanned_is_a_gap_with_its_reason(case: Case) -> None:
    """Not tried, tried and failed, or still running; a recheck is no try."""
    for name in ("A-0001", "A-0002", "A-0003"):
        case.acquisition(name)
    case.scan(_scan(1, acquisition="A-0002", state=ScanState.FAILED, error="no room"))
    case.scan(_scan(2, acquisition="A-0003", state=ScanState.RUNNING))
    case.scan(_scan(3, acquisition="A-0001", recheck_of="S-0001"))
    standing = case.device()
    assert standing.status is Status.NOT_EXAMINED
    assert standing.last_scan is None
    assert [(gap.module, gap.reason.split(":")[0]) for gap in standing.gaps] == [
        ("acquisition A-0001", "registered, and no scan of it was run yet"),
        ("acquisition A-0002", "scan S-0001 did not finish (failed)"),
        ("acquisition A-0003", "scan S-0002 did not finish (running)"),
    ]
    assert "no room" in standing.gaps[1].reason


def test_an_acquisition_set_aside_says_nothing(case: Case) -> None:
    """Neither for nor against."""
    case.acquisition("A-0001")
    case.acquisition("A-0002", state="set_aside")
    case.scan(_scan(1))
    case.scan(_scan(2, acquisition="A-0002", completeness=Completeness.BLIND))
    assert case.device().status is Status.NO_TRACE
    assert [scan.id for scan in case.device().latest] == ["S-0001"]


def test_a_recheck_of_the_latest_scan_clears_its_staleness(case: Case) -> None:
    """One of an earlier scan, one that failed, was blind, or has a gap of its own does not."""
    newest = Newest(sets={"pegasus": NEW}, tools={})
    case.acquisition("A-0001")
    case.scan(_scan(1))
    case.scan(_scan(2))
    assert case.device(newest).status is Status.INCONCLUSIVE
    case.scan(_scan(3, recheck_of="S-0001", sets=(NEW,)))
    case.scan(_scan(4, recheck_of="S-0002", sets=(NEW,), state=ScanState.FAILED))
    case.scan(_scan(5, recheck_of="S-0002", sets=(NEW,), completeness=Completeness.BLIND))
    assert case.device(newest).status is Status.INCONCLUSIVE
    case.scan(_scan(6, recheck_of="S-0002", sets=(NEW,), completeness=Completeness.PARTIAL, gaps=(GAP,)))
    due = case.device(newest).due
    assert due is not None
    assert (due.sets, due.indicators) == (1, 7)
    assert [each.sha256 for each in case.device(newest).compared] == [OLD.sha256]
    case.scan(_scan(7, recheck_of="S-0002", sets=(NEW,)))
    assert [each.sha256 for each in case.device(newest).compared] == [OLD.sha256, NEW.sha256]
    assert case.device(newest).due is None
    assert (case.device(newest).status, case.device(newest).stale) == (Status.NO_TRACE, ())


def test_a_recheck_of_a_scan_with_gaps_clears_what_it_compared(case: Case) -> None:
    """What was not examined then is no gap of the recheck's own; the status stays what the gaps make it."""
    newest = Newest(sets={"pegasus": NEW}, tools={})
    case.acquisition("A-0001")
    case.scan(_scan(1, completeness=Completeness.PARTIAL, gaps=(GAP,)))
    case.scan(_scan(2, recheck_of="S-0001", sets=(NEW,), completeness=Completeness.PARTIAL, gaps=(GAP,)))
    assert case.device(newest).due is None
    assert case.device(newest).status is Status.INCONCLUSIVE


def test_a_phone_of_which_no_programs_were_seen_is_inconclusive_and_says_why(case: Case) -> None:
    """Messages alone, read in full, are too narrow; a second acquisition with processes is enough."""
    case.acquisition("A-0001")
    case.scan(_scan(1, modules=(replace(RAN, slug="sms"),)))
    standing = case.device()
    assert (standing.status, standing.completeness) == (Status.INCONCLUSIVE, Completeness.FULL)
    assert [gap.code for gap in standing.gaps] == ["reach.too_narrow"]
    case.acquisition("A-0002")
    case.scan(_scan(2, acquisition="A-0002"))
    assert (case.device().status, case.device().gaps) == (Status.NO_TRACE, ())
    assert case.device().words.startswith("no trace found in: messages and calls as acquired, processes as acquired; ")


def test_a_newer_tool_is_told_and_is_no_recheck(case: Case) -> None:
    """The result stands with its age beside it; without the data only the phone helps."""
    newest = Newest(sets={}, tools={"mvt": "2"})
    case.acquisition("A-0001")
    case.acquisition("A-0002", path=Path("/nowhere/at/all"))
    case.scan(_scan(1))
    case.scan(_scan(2, acquisition="A-0002"))
    standing = case.device(newest)
    assert [each.remedy for each in standing.stale] == [Remedy.SCAN_AGAIN, Remedy.PHONE_NEEDED]
    assert standing.status is Status.NO_TRACE


def test_the_book_agrees_with_itself(case: Case) -> None:
    """It is read in one transaction, and its head is the chain's."""
    book = casebook.read(case.store, NOTHING)
    assert book.custody_head == case.store.custody_head()
    assert sum(book.counts.values()) == len(book.officials) == 4
    assert replace(book) == book


def test_a_lead_that_one_phone_of_five_shows_weighs_as_suspicious() -> None:
    """What four other phones of its kind do not show is unusual; on four phones nobody can tell."""
    scans = [replace(_scan(number), device=f"D-{number}") for number in range(1, 6)]
    lead = Finding(
        id="F-1", device="D-1", official="O-1", evidence_class=EvidenceClass.HEURISTIC, level=Level.MEDIUM,
        module="netusage", title="t", rating=Rating.LEAD, rule="no-binary agentx",
    )  # fmt: skip
    assert _weighed([lead], scans) == {Rating.SUSPICIOUS}
    assert _weighed([lead], scans[:4]) == {Rating.LEAD}
    assert _weighed([lead, replace(lead, id="F-2", device="D-2")], scans) == {Rating.LEAD}


def _weighed(leads: list[Finding], scans: list[Scan]) -> set[Rating]:
    alone = casebook._lonely(leads, ((each.kind, each.device) for each in scans))
    return {one.rating for one in casebook.overlaid(leads, alone)}
