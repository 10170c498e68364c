"""Findings: judged by examiners, with the status that follows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.errors import AmbiguousError, ConflictError, InputError, NotFoundError
from mvtcase.model import IndicatorRef, Level, Verdict
from mvtcase.store import queries
from mvtcase.store.sought import Sought
from mvtcase.workflow import allowing, cases, custody, findings, reports, scans, status
from mvtcase.workflow.seeking import Wish

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
    data: Any = findings.list_findings(desk, wishing(**which)).json
    return list(data["findings"])


def wishing(*, line: str | None = None, mine: bool = False, **which: Any) -> Wish:
    """Return a wish for findings."""
    return Wish(sought=Sought(**which), line=line, mine=mine)


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
    assert any("finding list" in str(each) for each in outcome.messages)
    listed: Any = findings.list_findings(desk, wishing(dismissed=True)).json["findings"]
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
    assert any("nobody else" in str(each) for each in status.status(desk).messages)
    written = [
        *reports.write(desk, "incident", formats=("html", "md")).data.reports,
        *reports.write(desk, "group", target="Legislature", formats=("html", "md"), edition="internal").data.reports,
        *reports.write(desk, "letter", target="O-0001", formats=("html", "md")).data.reports,
    ]
    for each in written:
        text = Path(each.path).read_text("utf-8")
        assert "There is nobody else." in text
        margin = text.partition("@bottom-left")[2].partition("}")[0]
        assert each.kind == "letter" or each.format != "html" or "nobody\\20 else" in margin
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


@pytest.fixture
def noisy(desk: Desk, add_phone: Callable[..., str], engine: FakeEngine, found: Callable[..., EngineResult]) -> Desk:
    """Give a desk at a case of one phone with a match and forty like redirects."""
    match = found()
    redirects = tuple(
        replace(
            match.alerts[0],
            module="safari_history",
            level=Level.MEDIUM,
            message=f"Redirect took less than a second! ({place} milliseconds)",
            event={"url": f"https://ads-{place}.example/{place}", "isodate": f"2026-08-{1 + place % 20:02d} 10:00:00"},
            indicator=None,
        )
        for place in range(40)
    )
    engine.answer = replace(match, alerts=(*match.alerts, *redirects))
    add_phone()
    scans.run(desk, scans.Request())
    return desk


def test_like_findings_are_listed_as_one_line_with_all_records_below(noisy: Desk) -> None:
    """The numbers of the list are those of the status."""
    listed = findings.list_findings(noisy).data
    assert [each.records for each in listed.lines] == [1, 40]
    assert (listed.found.findings, listed.found.lines, listed.found.undisposed) == (41, 2, 41)
    assert len(listed.findings) == 41 == len(status.status(noisy).data.officials[0].devices[0].findings)
    assert "40 times from 2026-08-01 to 2026-08-20: Redirect took" in str(listed.lines[1].words)
    page = findings.list_findings(noisy, limit=1, page=2).data
    assert (len(page.findings), len(page.lines), page.pages) == (40, 1, 2)


def test_judging_a_line_judges_what_is_in_it_and_not_what_joins_later(
    noisy: Desk, engine: FakeEngine, add_phone: Callable[..., str]
) -> None:
    """Forty judgements with one reason, in one event; the forty-first record says that it came later."""
    line = findings.list_findings(noisy).data.lines[1].id
    told = findings.dispose(noisy, line, verdict=Verdict.BENIGN, reason="an advertiser")
    assert (len(told.data.judged), told.data.finding) == (40, None)
    with noisy.open_case() as store:
        assert queries.custody_events(store)[-1].subject == "40 findings"
    assert status.status(noisy).data.officials[0].dismissed == 40
    more = replace(engine.answer.alerts[-1], event={"url": "https://ads.example", "isodate": "2026-09-01 10:00:00"})
    engine.answer = replace(engine.answer, alerts=(*engine.answer.alerts, more))
    scans.run(noisy, scans.Request())
    (joined,) = (each for each in findings.list_findings(noisy).data.lines if each.id == line)
    assert (joined.records, joined.waiting, joined.joined_later) == (41, 1, 1)
    assert findings.upcoming(noisy, skipped=1).data.finding is not None
    custody.verify(noisy)


def test_the_queue_begins_with_the_gravest_and_ends(noisy: Desk) -> None:
    """It shows what the record says, what it means and where its indicator was published, until nobody waits."""
    first = findings.upcoming(noisy).data
    assert first.finding is not None
    assert (first.finding.module, first.who) == ("datausage", "Aldith Fernvale")
    assert first.finding.published is not None
    assert first.finding.published.name == "tiny"
    findings.dispose(noisy, first.finding.line.id, verdict=Verdict.NEEDS_EXPERT, reason="ask")
    second = findings.upcoming(noisy).data
    assert second.finding is not None
    assert second.finding.rated is not None
    findings.dispose(noisy, second.finding.line.id, verdict=Verdict.BENIGN, reason="an advertiser")
    assert findings.upcoming(noisy).data.finding is None


def test_many_are_judged_by_one_wish_after_a_look(noisy: Desk) -> None:
    """A preview writes nothing; without saying which nothing is judged; what was not seen is not judged."""
    wish = wishing(module="safari_history", text="ads-3")
    seen = findings.dispose_all(noisy, wish, verdict=Verdict.BENIGN, reason="ads", preview=True)
    assert len(seen.data.judged) == 11
    assert status.status(noisy).data.officials[0].dismissed == 0
    findings.dispose_all(noisy, wish, verdict=Verdict.BENIGN, reason="ads", only=seen.data.judged[:10])
    assert status.status(noisy).data.officials[0].dismissed == 10
    assert len(_findings(noisy, status="benign")) == 10 == len(_findings(noisy, dismissed=True))
    with pytest.raises(InputError):
        findings.dispose_all(noisy, Wish(), verdict=Verdict.BENIGN, reason="all of it")
    with pytest.raises(InputError):
        _findings(noisy, text='"unfinished')


def test_work_is_shared_out(noisy: Desk) -> None:
    """Whoever asks for the own work gets it; the latest assignment stands."""
    line = findings.list_findings(noisy).data.lines[1].id
    assert len(findings.assign(noisy, named=[line], to=" Ben ").data.findings) == 40
    ben = replace(noisy, examiner="ben")
    assert len(_findings(ben, mine=True)) == 40
    assert _findings(noisy, mine=True) == []
    findings.assign(noisy, named=[line], to="")
    assert _findings(ben, mine=True) == []


def test_notes_stand_beside_what_they_are_about(noisy: Desk) -> None:
    """On a finding, a device or an official; the case's own notes stay its own."""
    one = _findings(noisy)[0]["id"]
    for about in (one, "D-0001", "O-0001", None):
        custody.note(noisy, f"look again at {about}", about=about)
    assert [each.text for each in findings.show(noisy, one).data.finding.notes] == [f"look again at {one}"]
    with pytest.raises(NotFoundError):
        custody.note(noisy, "x", about="D-0009")


def test_the_allow_list_proposes_and_hides_nothing(noisy: Desk) -> None:
    """An indicator takes two; a rule is marked at once; the numbers stay, and judging by it is a judgement."""
    listed = findings.list_findings(noisy).data
    rule = listed.lines[1].rule
    added = allowing.add(noisy, rule=rule, reason="our own test page").data.entry
    assert added.state == "stands"
    after = findings.list_findings(noisy).data
    assert (after.found, [each.allowed for each in after.lines], after.allowed) == (listed.found, [None, "L-0001"], 40)
    value = allowing.add(noisy, value="bh", reason="a lab tool").data.entry
    with pytest.raises(ConflictError):
        allowing.agree(noisy, value.id)
    with pytest.raises(ConflictError):
        findings.dispose_all(noisy, Wish(), verdict=Verdict.BENIGN, reason="x", allowed=value.id)
    assert allowing.agree(replace(noisy, examiner="Ben"), value.id).data.entry.state == "stands"
    findings.dispose_all(noisy, Wish(), verdict=Verdict.BENIGN, reason="as agreed", allowed=added.id)
    assert status.status(noisy).data.officials[0].dismissed == 40
    assert allowing.end(noisy, added.id, reason="the page is gone").data.entry.state == "ended"
    assert [each.state for each in allowing.list_entries(noisy, workspace=True).data.entries] == ["ended", "stands"]
    with pytest.raises(NotFoundError):
        allowing.add(noisy, rule="no-such-rule", reason="x")
    custody.verify(noisy)
