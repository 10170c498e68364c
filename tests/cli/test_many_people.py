"""A hundred and twenty officials and a hundred and thirty phones: put right, judged to the end and reported.

Every call that the team makes is counted. Phones are built from seeds; the engine behind the command line is a fake
that answers for each phone by its serial number.
"""

from __future__ import annotations

import json
import plistlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.model import IndicatorRef, Level, RawAlert
from mvtcase.model.reach import measured
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import FakeEngine, Reply

    from mvtcase.engine.job import EngineResult

pytestmark = pytest.mark.slow

PEOPLE, SECOND, UPGRADED = 120, 10, 3
REPLACED = range(1, 6)
"""The first people have a second phone: of five the old one was replaced, the others carry two."""
NOISY, LURED = range(20, 82), range(90, 97)
WRONG, RIGHT = 17, 18
"""The label on this person's phone named the other one."""
MOST_CALLS = 40
UNITS = ("院本部", "外交委員會", "國防委員會", "秘書處")
AD = IndicatorRef(value="cdn.ads.example", type="domains", family="Old list", set="tiny")
LURE = IndicatorRef(value="lure.example", type="domains", family="Pegasus", set="tiny")


def _alert(about: IndicatorRef, module: str) -> RawAlert:
    event: Any = {
        "url": f"https://{about.value}/1",
        "text": f"see https://{about.value}/1",
        "isodate": "2026-09-01 01:02:03",
    }
    return RawAlert(
        module=module, level=Level.CRITICAL, message=f"Found {about.value}", event_time="", event=event, indicator=about
    )


@dataclass
class Team:
    """The calls of an inquiry, each counted."""

    run: Callable[..., Reply]
    calls: list[str] = field(default_factory=list)

    def do(self, *words: object, by: str = "Ada", code: int | tuple[int, ...] = (0, 1)) -> dict[str, Any]:
        """Make a call and return its data."""
        self.calls.append(" ".join(map(str, words)))
        return self.look(*words, by=by, code=code)

    def look(self, *words: object, by: str = "Ada", code: int | tuple[int, ...] = (0, 1)) -> dict[str, Any]:
        """Make a call that only the test needs."""
        reply = self.run("-w", "many", "--json", "--yes", "--examiner", by, *words)
        assert reply.code in (code if isinstance(code, tuple) else (code,)), (words, reply.envelope["errors"])
        return dict(reply.data)


def _folders(place: Path) -> Path:
    """Build every phone, and the tables that come with them."""
    phones = place / "phones"
    rows = ["folder,official"]
    for number in range(1, PEOPLE + 1):
        build_ios_backup(phones / f"phone-{number:03d}", IosPhone(seed=number, messages=1))
        owner = RIGHT if number == WRONG else number
        rows.append(f"phone-{number:03d},L-{owner:03d}")
    for number in range(1, SECOND + 1):
        build_ios_backup(phones / f"second-{number:03d}", IosPhone(seed=1000 + number, messages=1))
        rows.append(f"second-{number:03d},L-{number:03d}")
    for number in range(101, 101 + UPGRADED):
        upgraded = IosPhone(seed=number, messages=2, ios_version="26.1")
        build_ios_backup(phones / f"upgraded-{number:03d}", upgraded)
        rows.append(f"upgraded-{number:03d},L-{number:03d}")
    (place / "owners.csv").write_text("\n".join(rows), "utf-8")
    people = [f"L-{n:03d},人員{n:03d},委員 {n},{UNITS[n % 4]},09{n:08d},僅職稱" for n in range(1, PEOPLE + 1)]
    (place / "roster.csv").write_text("編號,姓名,職稱,單位,電話,公開程度\n" + "\n".join(people), "big5")
    told = "nature;privacy;retention;disposal"
    forms = [f"L-{n:03d},人員{n:03d},phone,{told},2027-12-31" for n in range(1, PEOPLE + 1)]
    (place / "forms.csv").write_text("編號,姓名,scope,informed,retain until\n" + "\n".join(forms), "utf-8-sig")
    (place / "tiny.txt").write_text("cdn.ads.example\nlure.example\n")
    return phones


def _answering(engine: FakeEngine) -> None:
    """Let the engine answer for each phone: a false positive, a lure, or nothing."""
    alerts = {IosPhone(seed=number).serial: (_alert(AD, "safari_history"),) for number in NOISY}
    alerts |= {IosPhone(seed=number).serial: (_alert(LURE, "sms"),) for number in LURED}

    def answer(job: Any, *, on_event: object) -> EngineResult:
        del on_event
        serial = plistlib.loads((job.target / "Info.plist").read_bytes())["Serial Number"]
        result = engine.answer
        return replace(
            result,
            alerts=alerts.get(serial, ()),
            indicators_loaded=job.expected_indicators,
            reach=measured(job.kind, result.modules),
        )

    engine.run = answer  # type: ignore[method-assign]  # one answer for all will not do


@pytest.fixture(scope="module")
def team(place: Path, engine: FakeEngine, run: Callable[..., Reply], patch: pytest.MonkeyPatch) -> Team:
    """Give a team that did the whole inquiry, from the roster to the released report."""
    from mvtcase.workflow.desk import RealEngine  # noqa: PLC0415  # the fixture `engine` put a fake behind it

    _folders(place)
    _answering(engine)
    patch.setattr(RealEngine, "run_scan", staticmethod(engine.run))
    team = Team(run)
    team.do("init", place / "many")
    team.do("case", "new", "Many 2026")
    team.do("examiner", "add", "Ben", "--role", "reviewer")
    team.do("iocs", "import", place / "tiny.txt", "--name", "tiny", "--type", "domains")
    team.do("case", "set", "--sets", "tiny")
    team.do("official", "import", place / "roster.csv", "--add-groups")
    team.do("official", "import", place / "roster.csv")
    team.do("consent", "record", "--csv", place / "forms.csv")
    team.do("acquisition", "add", place / "phones", "--recursive", "--owners", place / "owners.csv")
    _put_right(team)
    team.do("scan", "run", "--all", "--jobs", "2")
    team.do("status")
    _judge(team)
    _report(team)
    return team


def _put_right(team: Team) -> None:
    devices = team.do("device", "list")["devices"]
    serial = IosPhone(seed=WRONG).serial
    wrong = next(each["id"] for each in devices if each["identity"]["serial"] == serial)
    team.do("device", "move", wrong, "--to", f"O-{WRONG:04d}", "--reason", "the label named the wrong person")
    for number in REPLACED:
        old = next(each["id"] for each in devices if each["identity"]["serial"] == IosPhone(seed=number).serial)
        team.do("device", "set", old, "--state", "replaced")


def _judge(team: Team) -> None:
    for about, verdict in ((AD, "false_positive"), (LURE, "confirmed")):
        why = ("--as", verdict, "--reason", "looked at every record of it")
        for examiner in ("Ada", "Ben"):
            team.do("finding", "dispose", "--indicator", about.value, *why, by=examiner)


def _report(team: Team) -> None:
    team.do("status")
    team.do("roster")
    team.do("case", "due")
    (report,) = team.do("report", "write", "incident", "--format", "json")["reports"]
    team.do("report", "review", report["id"], by="Ben")
    team.do("report", "release", report["id"])
    for unit in UNITS:
        team.do("report", "write", "group", unit, "--format", "json")
    team.do("export", "csv")
    team.do("custody", "verify", code=0)


def test_the_inquiry_takes_no_more_calls_than_a_day_has_patience_for(team: Team) -> None:
    """From an empty folder to a released report, with every mistake put right."""
    assert len(team.calls) <= MOST_CALLS, "\n".join(team.calls)


def test_everybody_stands_where_the_phones_say(team: Team) -> None:
    """Sixty-two false positives are dismissed, seven lures confirmed, and nobody is left waiting for a judgement."""
    data = team.look("status")
    assert data["counts"]["targeted"] == len(LURED)
    assert data["counts"]["indicator_match"] == 0
    assert sum(data["counts"].values()) == PEOPLE
    assert sum(each["dismissed"] for each in data["officials"]) == len(NOISY)
    assert [each["id"] for each in data["officials"] if each["status"] == "targeted"] == [
        f"O-{number:04d}" for number in LURED
    ]
    devices = [device for each in data["officials"] for device in each["devices"]]
    assert len(devices) == PEOPLE + SECOND
    assert sum(each["state"] == "replaced" for each in devices) == len(REPLACED)
    phones = {each["id"]: len(each["devices"]) for each in data["officials"]}
    assert (phones[f"O-{WRONG:04d}"], phones[f"O-{RIGHT:04d}"]) == (1, 1)


def test_every_output_counts_alike(team: Team, place: Path) -> None:
    """Status, roster, reports, groups and findings tell the same numbers of the same case."""
    counts = team.look("status")["counts"]
    groups = team.look("group", "list")["groups"]
    by_group = [team.look("status", "--group", each["name"])["counts"] for each in groups]
    assert {status: sum(each[status] for each in by_group) for status in counts} == counts
    (everybody, *_) = team.look("roster")["groups"]
    assert (everybody["people"], everybody["counts"]["scanned"]) == (PEOPLE, PEOPLE)
    assert everybody["counts"]["consented"] == PEOPLE
    assert everybody["counts"]["phone_replaced"] == len(REPLACED)
    findings = team.look("finding", "list")["findings"]
    assert len(findings) == len(NOISY) + len(LURED)
    shown = team.look("case", "show")
    assert (shown["officials"], shown["devices"], shown["findings"]) == (PEOPLE, PEOPLE + SECOND, len(findings))
    assert shown["acquisitions"] == shown["scans"] == PEOPLE + SECOND + UPGRADED
    told = _statuses(json.loads(Path(team.look("report", "list")["reports"][0]["path"]).read_text("utf-8")))
    assert {name: told.get(name, 0) for name in counts} == counts
    exported = Path(team.look("export", "csv", "--output", place / "again.csv")["export"]["path"]).read_text("utf-8")
    assert sum(line.startswith("F-") for line in exported.splitlines()) == len(findings)


def _statuses(report: dict[str, Any]) -> dict[str, int]:
    """Return how many officials a report counts at each status: its first list of statuses with counts."""
    for rows in report.values():
        if isinstance(rows, list) and rows and all({"status", "count"} <= set(each) for each in rows):
            return {each["status"]: each["count"] for each in rows}
    raise AssertionError("the report counts nobody")


def test_the_same_roster_again_changed_nothing(team: Team) -> None:
    """It was imported twice."""
    again = team.look("official", "import", "roster.csv")
    assert (again["new"], again["changed"], len(again["unchanged"])) == ([], [], PEOPLE)
