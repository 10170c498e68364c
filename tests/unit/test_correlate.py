"""What links officials: shared things, close times, overlapping windows, and what links nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mvtcase.casebook import Casebook
from mvtcase.correlate import DEFAULT_WINDOW, Link, LinkKind, Window, links, of_findings, path_shape
from mvtcase.model import (
    CaseFile,
    CaseState,
    Disposition,
    EvidenceClass,
    Finding,
    IndicatorRef,
    Level,
    Rating,
    Tlp,
    Verdict,
)

if TYPE_CHECKING:
    from mvtcase.model import Json

CASE = CaseFile(
    id="C-0001",
    uuid="c",
    slug="c",
    title="c",
    tlp=Tlp.RED,
    state=CaseState.OPEN,
    created_at="2026-01-01T00:00:00.000000Z",
    created_by="Ada",
)


def _finding(
    number: int,
    *,
    value: str | None = None,
    at: str | None = None,
    detail: dict[str, Json] | None = None,
    level: Level = Level.CRITICAL,
    kind: EvidenceClass = EvidenceClass.ATTEMPT,
    verdict: Verdict | None = None,
) -> Finding:
    judged = [
        Disposition(uuid="v", finding="f", verdict=verdict, reason="r", examiner=examiner, at="t")
        for examiner in ("Ada", "Ben")
        if verdict
    ]
    return Finding(
        id=f"F-{number}",
        device=f"D-{number}",
        official=f"O-{number}",
        evidence_class=kind,
        level=level,
        module="sms",
        title="t",
        indicator=IndicatorRef(value=value, type="domains", family=f"family of {value}", set="s") if value else None,
        event_time=at,
        detail=detail or {},
        dispositions=tuple(judged),
    )


def _links(
    *findings: Finding, windows: tuple[Window, ...] = (), within: timedelta = DEFAULT_WINDOW
) -> dict[LinkKind, Link]:
    book = Casebook(
        case=CASE, groups=(), officials=(), scans=(), findings=findings, observations=(), custody_head="0" * 64
    )
    return {each.kind: each for each in links(book, windows, within=within)}


def test_the_same_indicator_and_family_link_two_officials() -> None:
    """With the findings it rests on, and the first and last time known."""
    found = _links(
        _finding(1, value="a.example", at="2026-01-02 00:00:00"), _finding(2, value="a.example"), _finding(3, value="b")
    )
    assert set(found) == {LinkKind.INDICATOR, LinkKind.FAMILY}
    link = found[LinkKind.INDICATOR]
    assert (link.officials, link.findings) == (("O-1", "O-2"), ("F-1", "F-2"))
    assert (link.first, link.last) == ("2026-01-02 00:00:00", "2026-01-02 00:00:00")


def test_one_official_alone_is_linked_to_nobody() -> None:
    """Two findings on one person's phone are no link."""
    first = _finding(1, value="a.example", at="2026-01-02 00:00:00")
    assert _links(first, first) == {}


@pytest.mark.parametrize("verdict", [Verdict.FALSE_POSITIVE, Verdict.BENIGN])
def test_what_was_judged_false_or_benign_links_nobody(verdict: Verdict) -> None:
    """A judgement takes a finding out of the reckoning."""
    assert _links(_finding(1, value="a.example"), _finding(2, value="a.example", verdict=verdict)) == {}


def test_the_same_sender_and_host_link() -> None:
    """Read from the event's own fields, at any depth, the matched indicator left out."""
    one = _finding(1, detail={"phone_number": "+447700900001", "text": "see https://Odd.Example/a"})
    two = _finding(2, detail={"phone_number": "+447700900001", "links": [{"deep": "http://odd.example./b"}]})
    found = _links(one, two)
    assert set(found) == {LinkKind.SENDER, LinkKind.HOST}
    assert found[LinkKind.HOST].value == "odd.example"


def test_a_host_that_is_the_matched_indicator_is_not_told_twice() -> None:
    """The indicator's own link says it already."""
    detail: dict[str, Json] = {"text": "https://a.example/x"}
    found = _links(_finding(1, value="a.example", detail=detail), _finding(2, value="a.example", detail=detail))
    assert LinkKind.HOST not in found


def test_a_very_deep_event_is_read_without_falling() -> None:
    """Evidence may nest a hundred thousand deep."""
    deep: Json = "https://odd.example/"
    for _ in range(100_000):
        deep = [deep]
    assert (
        _links(_finding(1, detail={"a": deep}), _finding(2, detail={"a": deep}))[LinkKind.HOST].value == "odd.example"
    )


def test_events_close_in_time_form_a_cluster() -> None:
    """A run ends where the gap to the next is longer than the window."""
    times = ("2026-01-02 00:00:00", "2026-01-02 20:00:00", "2026-01-03 19:00:00", "2026-02-01 00:00:00")
    findings = [_finding(number, value=f"v{number}", at=at) for number, at in enumerate(times, start=1)]
    cluster = _links(*findings)[LinkKind.TIME]
    assert cluster.officials == ("O-1", "O-2", "O-3")
    assert cluster.value == "2026-01-02 00:00 to 2026-01-03 19:00"
    assert LinkKind.TIME not in _links(*findings, within=timedelta(hours=1))


def test_unknown_and_impossible_times_and_weak_findings_form_no_cluster() -> None:
    """What has no time is near nothing, and a low heuristic says too little."""
    weak = [_finding(n, at="2026-01-02 00:00:00", kind=EvidenceClass.HEURISTIC, level=Level.LOW) for n in (1, 2)]
    assert _links(*weak) == {}
    assert LinkKind.TIME not in _links(
        _finding(1, value="a", at="2026-99-02 00:00:00"), _finding(2, value="b", at="soon")
    )


def test_sealing_windows_that_share_a_moment_link() -> None:
    """The overlap is the window in which one hand could have switched both off."""
    windows = (
        Window(official="O-1", last_on="2026-06-01T00:00:00.000000Z", first_off="2026-06-10T00:00:00.000000Z"),
        Window(official="O-2", last_on="2026-06-05T00:00:00.000000Z", first_off="2026-06-20T00:00:00.000000Z"),
        Window(official="O-3", last_on="2026-07-01T00:00:00.000000Z", first_off="2026-07-02T00:00:00.000000Z"),
    )
    link = _links(windows=windows)[LinkKind.SEALING_WINDOW]
    assert link.officials == ("O-1", "O-2")
    assert (link.first, link.last) == ("2026-06-05T00:00:00.000000Z", "2026-06-10T00:00:00.000000Z")


def test_links_of_most_officials_come_first() -> None:
    """Three sharing a family stand before two sharing an indicator."""
    findings = (
        _finding(1, value="a"),
        _finding(2, value="a"),
        _finding(3, value="b"),
        _finding(4, value="b"),
        _finding(5, value="b"),
    )
    book = Casebook(
        case=CASE, groups=(), officials=(), scans=(), findings=findings, observations=(), custody_head="0" * 64
    )
    assert [len(each.officials) for each in links(book)] == [3, 3, 2, 2]


def _many(number: int, **more: object) -> list[Finding]:
    return [replace(_finding(place, at=f"2026-01-{place:02d} 00:00:00"), **more) for place in range(1, number + 1)]  # type: ignore[arg-type]  # as the test says


def test_what_most_people_here_share_is_noise_with_its_reason_and_stands_last() -> None:
    """Six of nine people link to one host, two to another: the rare one leads, the common one says why it does not."""
    common = _many(6, detail={"text": "https://cdn.example/x"})
    rare = [replace(one, id=f"R{one.id}", detail={"text": "https://odd.example/x"}) for one in common[:2]]
    found = of_findings([*common, *rare], people=9)
    hosts = [each for each in found if each.kind is LinkKind.HOST]
    assert [(each.value, each.noise is None) for each in hosts] == [("odd.example", True), ("cdn.example", False)]
    assert "6 of 9" in str(hosts[1].noise)
    assert hosts[0].weight > hosts[1].weight
    assert found.index(hosts[1]) > found.index(hosts[0])


def test_a_published_indicator_is_no_noise_however_many_share_it() -> None:
    """A campaign that reached everybody is a campaign."""
    found = of_findings([_finding(number, value="a.example") for number in range(1, 10)], people=9)
    assert all(each.noise is None for each in found)


def test_what_ordinary_phones_show_is_noise() -> None:
    """By the rating of what raised it."""
    found = of_findings(_many(2, detail={"proc_name": "launchd"}, rating=Rating.CONTEXT), people=9)
    assert [(each.kind, str(each.noise)) for each in found] == [(LinkKind.PROCESS, "ordinary phones show it too")]


def test_clusters_do_not_chain_through_noise() -> None:
    """Two lures a month apart are no cluster because of the noise of every day between them."""
    lures = [_finding(1, value="a", at="2026-01-01 00:00:00"), _finding(2, value="b", at="2026-01-30 00:00:00")]
    detail: dict[str, Json] = {"sender": "bank"}
    between = [
        replace(_finding(100 + day, at=f"2026-01-{day:02d} 00:00:00", kind=EvidenceClass.HEURISTIC, detail=detail),
                rating=Rating.SUSPICIOUS)
        for day in range(1, 31)
    ]  # fmt: skip
    found = of_findings([*lures, *between], people=32)
    assert [each.kind for each in found if each.noise is None and {"O-1", "O-2"} <= set(each.officials)] == []


@pytest.mark.parametrize(
    ("kind", "detail", "value"),
    [
        (LinkKind.ATTACHMENT, {"sha256": "A" * 64}, "a" * 64),
        (LinkKind.CERTIFICATE, {"thumbprint": "AB:CD"}, "ab:cd"),
        (LinkKind.PROFILE, {"profile_id": "org.example.mdm"}, "org.example.mdm"),
        (LinkKind.PROCESS, {"proc_name": "roleaboutd"}, "roleaboutd"),
        (LinkKind.URL_PATH, {"text": "https://one.example/track/a81b9c/go?x"}, "/track/*/go"),
    ],
)
def test_files_certificates_profiles_processes_and_shapes_of_links_link(
    kind: LinkKind, detail: dict[str, Json], value: str
) -> None:
    """Whatever field of the event names them; of a link what varies from person to person is left out."""
    found = _links(_finding(1, detail=detail), _finding(2, detail=detail))
    assert found[kind].value == value


@pytest.mark.parametrize("path", ["", "/", "/a", "/index.html", "/123/456", "/watch"])
def test_a_path_that_says_nothing_has_no_shape(path: str) -> None:
    """Only digits, or no part that varies."""
    assert path_shape(path) == ""


def test_the_same_minute_is_told_once() -> None:
    """A minute tells the day and the cluster of the same people better; who was first is named."""
    one, two = _finding(1, value="a", at="2026-01-02 10:00:05"), _finding(2, value="b", at="2026-01-02 10:00:40")
    found = _links(one, two)
    assert set(found) == {LinkKind.MINUTE}
    assert (found[LinkKind.MINUTE].first_official, found[LinkKind.MINUTE].first_finding) == ("O-1", "F-1")
