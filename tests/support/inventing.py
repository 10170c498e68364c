"""Cases drawn from a seed: officials, phones, scans, findings and judgements of every sort that the store can hold."""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from typing import TYPE_CHECKING

from mvtcase import model
from mvtcase.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mvtcase.store.folder import Workspace
    from mvtcase.store.store import Change

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


@contextlib.contextmanager
def invented_case(
    workspace: Workspace, seed: int, *, officials: int, fixed: Sequence[str] | None = None
) -> Iterator[Store]:
    """Give the store of a new case of so many officials, the same for the same seed."""
    workspace.create()
    with Store.create(workspace.new_case_folder("inquiry")) as store:
        with store.change("invented", actor="Ada") as change:
            made = Invention(change, seed)
            change.insert(
                "case_file",
                id="C-0001",
                slug="i",
                title="I",
                tlp="AMBER",
                state="open",
                created_at="2026-01-01T00:00:00.000000Z",
                created_by="Ada",
                fixed_sets=fixed,
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
            for _ in range(officials):
                made.official()
        yield store
