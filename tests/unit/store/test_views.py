"""The SQL views say the same as the Python tables, over a case of many random officials, phones and findings."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from mvtcase import casebook, model
from mvtcase.findings.review import state_of
from mvtcase.store import queries
from mvtcase.store.folder import CaseFolder, Workspace
from mvtcase.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from mvtcase.casebook import Casebook
    from mvtcase.store.store import Change

OFFICIALS = 220
EXAMINERS = ("Ada", " ada", "ADA ", "Ben", "Cleo")
SETS = {1: True, 2: True, 3: True, 4: False}
"""The numbers of the indicator sets, and whether scans use them."""
GROUPS = ("G-0001", "G-0002", "G-0003")


class Invention:
    """Rows of everything that the views look at, drawn from all values that there are."""

    def __init__(self, change: Change, seed: int) -> None:
        self.change = change
        self.dice = random.Random(seed)  # noqa: S311  # the same case every time
        self.numbers: Counter[str] = Counter()

    def name(self, prefix: str) -> str:
        """Return the next id."""
        self.numbers[prefix] += 1
        return f"{prefix}-{self.numbers[prefix]:04d}"

    def some(self, words: Sequence[str], upto: int) -> Iterator[str]:
        """Give a few of some words, repeated or not."""
        for _ in range(self.dice.randint(0, upto)):
            yield self.dice.choice(words)

    def official(self) -> None:
        """Write an official with groups and up to three phones."""
        official = self.name("O")
        self.change.insert("official", id=official, pseudonym=official, publication="role", roster="consented")
        for group in self.dice.sample(GROUPS, self.dice.randint(0, 3)):
            self.change.insert("membership", official=official, affected_group=group)
        for state in self.some([*model.DeviceState, model.DeviceState.IN_USE], 3):
            self.device(official, state)
        for _ in range(self.dice.choice((0, 0, 0, 1, 3))):
            self.observation(official)

    def device(self, official: str, state: str) -> None:
        """Write a phone with up to three acquisitions and sometimes findings."""
        device = self.name("D")
        self.change.insert(
            "device",
            id=device,
            official=official,
            label=device,
            platform="ios",
            fingerprint=device,
            state=state,
            identity={},
        )
        scans = [
            scan
            for state in self.some([*["registered"] * 4, "set_aside"], 3)
            for scan in self.acquisition(device, official, state)
        ]
        for _ in range(self.dice.choice((0, 0, 1, 2)) if scans else 0):
            self.finding(device, official, scans[0])

    def observation(self, official: str) -> None:
        """Write down a threat notification, or that there was none, or something else."""
        vendor, day = self.dice.choice(("apple", "meta")), self.dice.choice(("2026-01-01", "2026-01-02"))
        self.change.insert(
            "observation",
            id=self.name("B"),
            official=official,
            kind=self.dice.choice([f"{vendor}.threat_notification"] * 3 + ["line.version"]),
            value=self.dice.choice(("mail", "banner", "None ")),
            at=day,
            recorded_at=day,
            recorded_by=self.dice.choice([*EXAMINERS, "mvtcase"]),
        )

    def acquisition(self, device: str, official: str, state: str) -> list[str]:
        """Write an acquisition with up to three scans, most of them finished in full; return the scans' ids."""
        acquisition = self.name("A")
        self.change.insert(
            "acquisition",
            id=acquisition,
            device=device,
            official=official,
            kind="ios_backup",
            path="/nowhere",
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
        scans: list[str] = []
        for completeness in self.some([*model.Completeness, *["full"] * 4], 3):
            scans.append(self.name("S"))
            self.change.insert(
                "scan",
                id=scans[-1],
                acquisition=acquisition,
                device=device,
                kind="ios_backup",
                command="",
                state=self.dice.choice([*model.ScanState, *["finished"] * 4]),
                completeness=completeness,
                started_at=f"2026-01-0{self.dice.randint(1, 3)}T00:00:00.000000Z",
                examiner="Ada",
                recheck_of=scans[0] if len(scans) > 1 and self.dice.random() < 0.3 else None,
            )
            self.looked_at(scans[-1])
        return scans

    def looked_at(self, scan: str) -> None:
        """Write what a scan compared with, read and left out; most compared with every set and read processes."""
        for number in SETS:
            if self.dice.random() < 0.98:
                self.change.insert("scan_set", scan=scan, indicator_set=f"I-{number}")
        self.change.insert(
            "module_run",
            scan=scan,
            ordinal=0,
            module="m",
            slug=self.dice.choice(["datausage"] * 15 + ["sms"]),
            origin="",
            outcome=self.dice.choice(["checked"] * 40 + [*model.ModuleOutcome]),
            records=self.dice.choice([1] * 30 + [0, None]),
        )
        for reason in self.some(("r1", "r2"), 1):
            self.change.insert("gap", scan=scan, ordinal=0, module="m", outcome="failed", reason=reason)

    def finding(self, device: str, official: str, scan: str) -> None:
        """Write a finding with up to four dispositions, some at the same moment."""
        finding = self.name("F")
        self.change.insert(
            "finding",
            id=finding,
            device=device,
            official=official,
            evidence_class=self.dice.choice([*model.EvidenceClass]),
            level=self.dice.choice([*model.Level]),
            module="sms",
            title="t",
            indicator_value=self.dice.choice((None, "bh", "")),
            event_time_basis="unknown",
            detail={},
            first_scan=scan,
            rating=self.dice.choice([*model.Rating, *[""] * 6]),
        )
        for place, verdict in enumerate(self.some([*model.Verdict, *["confirmed"] * 4], 4)):
            self.change.insert(
                "disposition",
                id=self.name("V"),
                finding=finding,
                verdict=verdict,
                reason="r",
                examiner=self.dice.choice(EXAMINERS),
                at=f"2026-02-0{1 + place // 2}",
            )


@pytest.fixture(scope="module", params=range(3))
def big_case(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Store]:
    """Give a case in which every status and state occurs; it is only read."""
    workspace = Workspace(tmp_path_factory.mktemp("views"))
    workspace.create()
    with Store.create(workspace.new_case_folder("inquiry")) as store:
        with store.change("invented", actor="Ada") as change:
            made = Invention(change, request.param)
            change.insert(
                "case_file",
                id="C-0001",
                slug="i",
                title="I",
                tlp="AMBER",
                state="open",
                created_at="",
                created_by="Ada",
                fixed_sets=["set-1", "set-3"] if request.param == 2 else None,
                active_sets=[str(number) * 64 for number, active in SETS.items() if active],
            )
            for number in SETS:
                change.insert(
                    "indicator_set",
                    id=f"I-{number}",
                    name=f"set-{number}",
                    sha256=str(number) * 64,
                    version="1",
                    usable=number,
                    unusable=0,
                    counts={},
                    families=[],
                )
            for group in GROUPS:
                change.insert("affected_group", id=group, name=group)
            for _ in range(OFFICIALS):
                made.official()
        yield store


def _book(store: Store) -> Casebook:
    sets = {
        f"set-{number}": model.IndicatorSet(name=f"set-{number}", sha256=str(number) * 64, version="1")
        for number, active in SETS.items()
        if active
    }
    return casebook.read(store, casebook.Newest(sets=sets, tools={}))


def _same_numbers(store: Store) -> None:
    columns = "status, dismissed, leads FROM"
    devices = {tuple(row) for row in store.rows(f"SELECT device, {columns} device_status")}
    officials = {tuple(row) for row in store.rows(f"SELECT official, {columns} official_status")}
    book = _book(store)
    assert officials == {(one.official.id, str(one.status), one.dismissed, one.leads) for one in book.officials}
    assert devices == {
        (each.device.id, str(each.status), each.dismissed, each.leads) for one in book.officials for each in one.devices
    }


def test_the_views_know_a_team_of_one(big_case: Store, tmp_path: Path) -> None:
    """Where the case says that one examiner is enough, they count as the program does."""
    folder = CaseFolder(tmp_path / "alone")
    folder.create()
    big_case.connection.execute("VACUUM INTO ?", (str(folder.case_file),))
    with Store.open(folder) as store:
        with store.change("case.single_examiner", actor="Ada") as change:
            change.update("case_file", queries.case_file(store).uuid, single_examiner="nobody else")
        viewed = {row["id"]: row["state"] for row in store.rows("SELECT id, state FROM finding_state")}
        assert viewed == {one.id: str(state_of(one)) for one in queries.findings(store)}
        assert not {"confirmed_once", "dismissed_once"} & set(viewed.values())
        _same_numbers(store)


def test_the_view_of_findings_says_what_the_review_says(big_case: Store) -> None:
    """Where each finding stands, two spellings of one examiner counted once."""
    viewed = {row["id"]: row["state"] for row in big_case.rows("SELECT id, state FROM finding_state")}
    assert viewed == {one.id: str(state_of(one)) for one in queries.findings(big_case)}
    assert set(viewed.values()) == {str(each) for each in model.FindingState}


def test_the_view_of_devices_says_what_the_status_table_says(big_case: Store) -> None:
    """Status and completeness of every phone, and what stands beside them."""
    _same_numbers(big_case)
    rows = big_case.rows("SELECT device, status, completeness FROM device_status")
    standings = [each for one in _book(big_case).officials for each in one.devices]
    assert {row["device"]: (row["status"], row["completeness"]) for row in rows} == {
        each.device.id: (str(each.status), str(each.completeness)) for each in standings
    }
    assert {row["status"] for row in rows} == {str(each) for each in model.Status}
    assert {row["completeness"] for row in rows} == {str(each) for each in model.Completeness}


def test_the_view_of_acquisitions_counts_the_sets_that_are_due(big_case: Store) -> None:
    """What a recheck answered for is not due; what a case is not held to is not either."""
    rows = big_case.rows("SELECT device, max(sets_due) AS due FROM acquisition_coverage GROUP BY device")
    standings = {each.device.id: each for one in _book(big_case).officials for each in one.devices}
    assert {row["device"]: bool(row["due"]) for row in rows} == {
        name: each.due is not None for name, each in standings.items() if each.acquisitions
    }
    assert {bool(row["due"]) for row in rows} == {True, False}


def test_the_view_of_officials_says_what_the_status_table_says(big_case: Store) -> None:
    """The worst of the phones, and no trace only where each phone in use was examined."""
    rows = {row["official"]: row["status"] for row in big_case.rows("SELECT official, status FROM official_status")}
    assert rows == {one.official.id: str(one.status) for one in _book(big_case).officials}
    assert set(rows.values()) == {str(each) for each in model.Status}


def test_the_view_of_groups_counts_their_own_officials(big_case: Store) -> None:
    """A count for each group and status, none for what does not occur."""
    rows = big_case.rows("SELECT affected_group, status, officials FROM group_status")
    expected = Counter((group, str(one.status)) for one in _book(big_case).officials for group in one.official.groups)
    assert {(row["affected_group"], row["status"]): row["officials"] for row in rows} == expected


def test_an_indicator_without_a_value_is_an_indicator_in_both(big_case: Store) -> None:
    """An empty text is no null: whoever reads the file and whoever reads the program see the same."""
    rows = big_case.rows("SELECT id, indicator_value FROM finding")
    by_id = {one.id: one for one in queries.findings(big_case)}
    assert all((row["indicator_value"] is None) == (by_id[row["id"]].indicator is None) for row in rows)
