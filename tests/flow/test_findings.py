"""Findings: judged by examiners, with the status that follows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.errors import AmbiguousError, InputError, NotFoundError
from mvtcase.model import IndicatorRef, Level, Verdict
from mvtcase.store import queries
from mvtcase.workflow import cases, custody, findings, reports, scans, status

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.flow.conftest import FakeEngine

    from mvtcase.engine.job import EngineResult
    from mvtcase.workflow.desk import Desk

LINK = {
    "module": "sms",
    "indicator": IndicatorRef(value="evil.example", type="domains", family="Pegasus", set="tiny"),
    "event": {"text": "look", "isodate": "2026-09-01 01:02:03"},
}


def _findings(desk: Desk, **which: Any) -> list[dict[str, Any]]:
    data: Any = findings.list_findings(desk, **which).json
    return list(data["findings"])


def _status(desk: Desk) -> str:
    data: Any = status.status(desk).json
    return str(data["officials"][0]["status"])


@pytest.fixture
def scanned(desk: Desk, add_phone: Callable[..., str], engine: FakeEngine) -> Callable[[EngineResult], str]:
    """Give a function that scans a phone with this result and returns the finding's id."""

    def scan(answer: EngineResult) -> str:
        engine.answer = answer
        add_phone()
        scans.run(desk, scans.Request())
        return str(_findings(desk)[0]["id"])

    return scan


def test_a_confirmation_of_execution_needs_two_examiners(
    desk: Desk, scanned: Callable[[EngineResult], str], found: Callable[..., EngineResult]
) -> None:
    """One alone changes nothing; the same person twice is one."""
    finding = scanned(found())
    assert _status(desk) == "indicator_match"
    first = findings.dispose(desk, finding, verdict=Verdict.CONFIRMED, reason="seen")
    assert "one more" in first.messages[0]
    findings.dispose(replace(desk, examiner=" ADA "), finding, verdict=Verdict.CONFIRMED, reason="seen again")
    assert (_status(desk), _findings(desk)[0]["status"]) == ("indicator_match", "confirmed_once")
    second = findings.dispose(replace(desk, examiner="Ben"), finding, verdict=Verdict.CONFIRMED, reason="me too")
    assert second.messages == ()
    assert (_status(desk), _findings(desk)[0]["status"]) == ("confirmed", "confirmed")
    assert len(_findings(desk)[0]["dispositions"]) == 3
    custody.verify(desk)


def test_a_confirmed_attempt_is_an_attack_on_the_person(
    desk: Desk, scanned: Callable[[EngineResult], str], found: Callable[..., EngineResult]
) -> None:
    """A link that was received shows that somebody sent it."""
    finding = scanned(found(**LINK))
    assert _findings(desk)[0]["evidence_class"] == "attempt"
    findings.dispose(desk, finding, verdict=Verdict.CONFIRMED, reason="known lure")
    assert _status(desk) == "indicator_match"
    findings.dispose(replace(desk, examiner="Ben"), finding, verdict=Verdict.CONFIRMED, reason="known lure")
    assert _status(desk) == "targeted"


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict.FALSE_POSITIVE, "no_trace"),
        (Verdict.BENIGN, "no_trace"),
        (Verdict.NEEDS_EXPERT, "indicator_match"),
    ],
)
def test_the_latest_judgement_stands_and_earlier_ones_stay(
    desk: Desk,
    scanned: Callable[[EngineResult], str],
    found: Callable[..., EngineResult],
    verdict: Verdict,
    expected: str,
) -> None:
    """A changed mind is seen in the record."""
    finding = scanned(found())
    findings.dispose(desk, finding, verdict=verdict, reason="so it seems")
    assert _status(desk) == "indicator_match"
    findings.dispose(replace(desk, examiner="Ben"), finding, verdict=verdict, reason="to me too")
    assert _status(desk) == expected
    findings.dispose(desk, finding, verdict=Verdict.NEEDS_EXPERT, reason="not sure any more")
    assert _status(desk) == "indicator_match"
    assert [each["verdict"] for each in _findings(desk)[0]["dispositions"]] == [verdict, verdict, "needs_expert"]


def test_a_dismissed_finding_stays_dismissed_when_scanned_again(
    desk: Desk, scanned: Callable[[EngineResult], str], found: Callable[..., EngineResult]
) -> None:
    """Its identity survives the scan, and so does the judgement."""
    finding = scanned(found())
    for one in (desk, replace(desk, examiner="Ben")):
        findings.dispose(one, finding, verdict=Verdict.FALSE_POSITIVE, reason="our own tool")
    scans.run(desk, scans.Request())
    assert _status(desk) == "no_trace"
    assert [each["id"] for each in _findings(desk)] == [finding]


def test_what_was_dismissed_is_a_number_beside_every_status(
    desk: Desk, scanned: Callable[[EngineResult], str], found: Callable[..., EngineResult]
) -> None:
    """At official, device and scan, with a message that leads to the reasons; one alone dismisses nothing grave."""
    finding = scanned(found())
    first = findings.dispose(desk, finding, verdict=Verdict.BENIGN, reason="our own tool")
    assert "one more" in first.messages[0]
    told: Any = status.status(desk).json["officials"]
    assert (told[0]["status"], told[0]["dismissed"]) == ("indicator_match", 0)
    findings.dispose(replace(desk, examiner="Ben"), finding, verdict=Verdict.BENIGN, reason="I built it")
    outcome = status.status(desk)
    official: Any = outcome.json["officials"][0]
    assert (official["status"], official["dismissed"], official["leads"]) == ("no_trace", 1, 0)
    assert (official["devices"][0]["dismissed"], official["devices"][0]["leads"]) == (1, 0)
    scan: Any = scans.list_scans(desk).json["scans"][0]
    assert (scan["status"], scan["dismissed"], scan["leads"]) == ("no_trace", 1, 0)
    assert "finding list" in str(outcome.messages[-1])
    listed: Any = findings.list_findings(desk, dismissed=True).json["findings"]
    assert [each["reason"] for each in listed[0]["dispositions"]] == ["our own tool", "I built it"]


def test_a_team_of_one_is_said_to_be_one(
    desk: Desk, scanned: Callable[[EngineResult], str], found: Callable[..., EngineResult]
) -> None:
    """One judgement is enough from then on, in the chain with its reason, in the status and in every report."""
    finding = scanned(found())
    findings.dispose(desk, finding, verdict=Verdict.BENIGN, reason="our own tool")
    with pytest.raises(InputError):
        cases.set_single_examiner(desk, None)
    cases.set_single_examiner(desk, " There is nobody else. ")
    assert (_status(desk), _findings(desk)[0]["status"]) == ("no_trace", "benign")
    with desk.open_case() as store:
        assert queries.custody_events(store)[-1].payload["single_examiner"] == "There is nobody else."
    assert "nobody else" in str(status.status(desk).messages[-1])
    written = [
        *reports.write(desk, "incident", formats=("html", "md")).data.reports,
        *reports.write(desk, "group", target="Legislature", formats=("html", "md"), edition="internal").data.reports,
        *reports.write(desk, "letter", target="O-0001", formats=("html", "md")).data.reports,
    ]
    for each in written:
        text = Path(each.path).read_text("utf-8")
        assert "There is nobody else." in text
        assert each.format != "html" or "bottom-left" in text.split("There is nobody else.")[0]
    cases.set_single_examiner(desk, "")
    assert (_status(desk), _findings(desk)[0]["status"]) == ("indicator_match", "dismissed_once")
    custody.verify(desk)


def test_something_unusual_without_an_indicator_is_suspicious(
    desk: Desk, scanned: Callable[[EngineResult], str], found: Callable[..., EngineResult]
) -> None:
    """From MEDIUM on."""
    scanned(found(indicator=None, module="safari_history", level=Level.MEDIUM))
    assert _status(desk) == "suspicious"


def test_a_judgement_needs_a_reason_and_a_finding(
    desk: Desk, scanned: Callable[[EngineResult], str], found: Callable[..., EngineResult]
) -> None:
    """A mistyped id judges nothing."""
    finding = scanned(found())
    with pytest.raises(InputError):
        findings.dispose(desk, finding, verdict=Verdict.BENIGN, reason="  ")
    with pytest.raises(NotFoundError):
        findings.dispose(desk, "F-nothing", verdict=Verdict.BENIGN, reason="x")
    assert _findings(desk)[0]["dispositions"] == []


def test_a_finding_is_named_by_an_unmistakable_beginning(
    desk: Desk, add_phone: Callable[..., str], engine: FakeEngine, found: Callable[..., EngineResult]
) -> None:
    """A beginning of several is never guessed at."""
    one, two = found(), found(**LINK)
    engine.answer = replace(one, alerts=(*one.alerts, *two.alerts))
    add_phone()
    scans.run(desk, scans.Request())
    first, second = _findings(desk)
    assert first["id"][:8] != second["id"][:8]
    shown: Any = findings.show(desk, first["id"][:8]).json["finding"]
    assert shown["id"] == first["id"]
    with pytest.raises(AmbiguousError):
        findings.show(desk, "F-")


def test_a_finding_is_shown_with_its_alerts_verbatim(
    desk: Desk, scanned: Callable[[EngineResult], str], found: Callable[..., EngineResult]
) -> None:
    """Whatever stands in them."""
    hostile = {"a": "\x1b[31m<script>", "b": [1, None, "=HYPERLINK(1)"], "matched_indicator": "x"}
    finding = scanned(found(event=hostile, message="line one\nline two \u202e"))
    shown: Any = findings.show(desk, finding).json["finding"]
    assert shown["raised"][0]["event"] == hostile
    assert shown["raised"][0]["message"] == "line one\nline two \u202e"
    assert shown["title"] == "line one line two \u202e"


def test_findings_are_listed_by_official_and_device(
    desk: Desk,
    join: Callable[..., str],
    add_phone: Callable[..., str],
    engine: FakeEngine,
    found: Callable[..., EngineResult],
) -> None:
    """Two phones with the same trace are two findings."""
    engine.answer = found()
    add_phone()
    add_phone(join("Bo Example"), seed=2)
    scans.run(desk, scans.Request(everything=True))
    assert len(_findings(desk)) == 2
    assert [each["official"] for each in _findings(desk, official="O-0002")] == ["O-0002"]
    assert [each["device"] for each in _findings(desk, device="D-0001")] == ["D-0001"]
    with pytest.raises(NotFoundError):
        _findings(desk, official="O-0009")
