"""Coverage, evidence, sealing and narrative: each part of the facts from the example case."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import mvtcase.report
from builders import report_example as example
from mvtcase import kinds
from mvtcase.escape import defang
from mvtcase.findings.status import WORDS
from mvtcase.model import EvidenceClass, IndicatorSet, Level, ModuleOutcome, Publication, Scan, Status
from mvtcase.report import evidence, narrative, numbers, plain_words, sealing, summary
from mvtcase.report import examined as coverage
from mvtcase.report import sentences as words
from mvtcase.report import view as view_module
from mvtcase.report.device import device
from mvtcase.report.group import group
from mvtcase.report.incident import incident
from mvtcase.report.layout.markdown import markdown
from mvtcase.report.publication import HIDDEN, UNATTRIBUTED, Edition
from mvtcase.report.render import PAGES
from mvtcase.report.view import view_of
from mvtcase.wording import Translator, translator, why

if TYPE_CHECKING:
    from mvtcase.casebook import Casebook
    from mvtcase.report.incident import IncidentFacts
    from mvtcase.report.view import SeenLink, View


@pytest.fixture
def outside() -> IncidentFacts:
    """Give the outside edition about fifty-four people, nine in a row at most."""
    return incident(example.crowd(), replace(example.inside(), edition=Edition.OUTSIDE), {})


def test_only_named_and_role_have_rows(outside: IncidentFacts) -> None:
    """Six rows of fifty-four; all others are in the numbers alone, and how many they are is a band."""
    assert [one.who for one in outside.people][:2] == ["Aldith Ashgrovea", "P-003DDE0"]
    assert (len(outside.people), outside.counted, outside.withheld) == (6, 54, "20 to 49")
    assert outside.counted_only is not None
    assert outside.counted_only.officials == "20 to 49"


def test_everybody_is_in_every_count(book: Casebook, facts: IncidentFacts, outside: IncidentFacts) -> None:
    """The city council has four members and four are counted; every tally is the status table's, merged or not."""
    totals = {each.group: each.total for each in facts.groups}
    assert totals == {"Legislature": 5, "Budget Committee": 2, "City Council": 4}
    assert {each.status: each.count for each in facts.tallies} == {
        str(status): sum(one.status is status for one in book.officials) for status in WORDS
    }
    many = example.crowd().officials
    for each in outside.tallies:
        assert each.count == sum(str(one.status) in each.statuses for one in many)


@pytest.mark.parametrize("edition", list(Edition))
def test_no_edition_leaves_anything_out_of_a_number(edition: Edition) -> None:
    """With everybody withheld the numbers stay; who hides is in no row of an outside edition, and none of theirs is."""
    book = example.crowd()
    hidden = tuple(
        replace(one, official=replace(one.official, publication=Publication.WITHHELD)) for one in book.officials
    )
    told = incident(replace(book, officials=hidden), replace(example.inside(), edition=edition), {})
    assert sum(each.count for each in told.tallies) == told.counted == len(book.officials)
    assert len(told.indicators) == 2
    if edition is Edition.OUTSIDE:
        assert (told.people, told.findings, told.lines, told.timeline) == ((), (), (), ())
        assert told.unlisted == "20 to 49"
    else:
        assert [one.who for one in told.people] == [one.official.name for one in book.officials]
        assert len(told.findings) == len(book.findings)
        assert sum(line.records for line in told.lines) == len(book.findings)


def test_texts_of_the_evidence_leave_the_team_only_when_let_out(book: Casebook) -> None:
    """The case team reads what the case holds; others read the class and the indicator, until the item is allowed."""
    person = book.officials[0].official
    odd = replace(book.findings[0], title=f"Seen by the harbour master at {person.contact}")
    case = replace(book, findings=(odd,))
    inside = incident(case, replace(example.inside(), edition=Edition.INTERNAL), {})
    assert defang(person.contact) in inside.findings[0].title
    named = replace(example.inside(), edition=Edition.NAMED)
    assert incident(case, named, {}).findings[0].title == "Execution: bh"
    assert incident(case, named, {}).findings[0].dispositions[0].reason == ""
    allowed = incident(case, replace(named, allowed=frozenset({odd.id})), {})
    assert allowed.findings[0].title == "Seen by the harbour master at [not shown]"


def test_coverage_names_every_gap_with_its_reason(facts: IncidentFacts) -> None:
    """A damaged source is a gap, what this kind of data never carries is not, and both are there."""
    device = facts.people[5].devices[0]
    assert [(gap.module, gap.words) for gap in device.gaps] == [("SMS", words.OUTCOME_WORDS[ModuleOutcome.DAMAGED])]
    assert device.gaps[0].reason == "sms.db is no readable SQLite file"
    assert device.limitations
    assert (device.completeness, device.status) == ("partial", "inconclusive")
    assert "2 of 8: no source in this data" in device.key_facts


def test_a_device_that_was_never_scanned_has_no_completeness(book: Casebook) -> None:
    """Nothing is called partial that was not looked at."""
    one = book.officials[0]
    bare = replace(one.devices[0], latest=(), acquisitions=(), gaps=())
    people = tuple(replace(each, devices=(bare,)) if each is one else each for each in book.officials)
    device = coverage.people(view_of(replace(book, officials=people), example.inside()))[0].devices[0]
    assert (device.completeness, device.completeness_words, device.scans) == (None, "Not examined.", ())


def test_each_person_has_a_sentence_on_consent(facts: IncidentFacts) -> None:
    """The licence's clause is answered person by person, without naming who signed."""
    assert facts.people[0].consent.startswith("Consent of 2026-11-20, written; informed of disposal, nature")
    assert facts.people[6].consent.startswith("No consent is recorded")
    assert [each.consent_id for each in (facts.people[0], facts.people[6])] == ["K-0001", ""]


def test_a_withdrawn_or_ended_consent_is_told(book: Casebook) -> None:
    """What no longer stands says so."""
    (consent,) = book.officials[0].consents
    gone = replace(consent, withdrawn_at="2026-11-23T00:00:00.000000Z")
    ended = replace(consent, expires_at="2026-11-22T00:00:00.000000Z")
    view = view_of(book, example.inside())
    assert str(coverage._consent(view, (gone,))) == "The consent was withdrawn on 2026-11-23."
    assert str(coverage._consent(view, (ended,))).endswith("It has ended since.")


def test_findings_are_defanged_and_attributed(facts: IncidentFacts, outside: IncidentFacts) -> None:
    """A finding of somebody shown only in counts stands in no row."""
    link = {one.id: one for one in facts.findings}[f"F-{2:016x}"]
    assert link.title == "Message with hxxps://update[.]evil[.]example/x?id=7"
    assert link.indicator is not None
    assert (link.indicator.value, link.indicator.licence) == ("update[.]evil[.]example", "CC0-1.0")
    assert {one.who for one in outside.findings} <= {one.who for one in outside.people}


def test_the_weightiest_finding_comes_first_and_settled_ones_last(facts: IncidentFacts) -> None:
    """Execution before attempts before heuristics; what was judged benign at the end."""
    classes = [one.evidence_class for one in facts.findings]
    assert classes == ["execution", "attempt", "attempt", "attempt", "heuristic", "attempt", "posture"]
    assert [one.stands for one in facts.findings] == [True] * 5 + [False] * 2


def test_a_dismissed_indicator_was_not_found(facts: IncidentFacts) -> None:
    """It stands among the findings with its reasons, and not in the table of indicators."""
    (dismissed,) = (one for one in facts.findings if one.indicator and not one.stands)
    assert [each.reason for each in dismissed.dispositions][1] == "The publisher took it back."
    assert dismissed.indicator is not None
    assert dismissed.indicator.value not in {row.indicator.value for row in facts.indicators}
    assert [each.dismissed for each in facts.tallies if each.dismissed] == [2]


def test_a_low_finding_without_indicator_is_minor(view: View) -> None:
    """It goes to the table at the end; with a judgement it does not."""
    low = replace(view.book.findings[-2], level=Level.LOW, indicator=None, dispositions=())
    assert evidence._is_minor(low)
    assert not evidence._is_minor(replace(low, level=Level.MEDIUM))
    assert not evidence._is_minor(view.book.findings[0])


def test_what_only_the_sweep_saw_is_not_called_unusual_behaviour(view: View) -> None:
    """A published text in a file is told apart from something that a rule found odd."""
    found = next(one for one in view.book.findings if one.evidence_class is EvidenceClass.HEURISTIC)
    swept = evidence.finding(view, replace(found, module="sweep"), {})
    assert swept.means == words.SWEEP_MEANS
    assert "news article" in swept.does_not_mean
    assert evidence.finding(view, found, {}).means == words.CLASS_MEANS[EvidenceClass.HEURISTIC]


def test_the_timeline_is_in_order_with_unknown_times_last(facts: IncidentFacts) -> None:
    """Two findings have no time, and none is made up for them."""
    times = [one.at.replace(" ", "T") for one in facts.timeline if one.at]
    assert times == sorted(times)
    assert [one.at for one in facts.timeline[-2:]] == [None, None]
    assert {one.kind for one in facts.timeline} == {"finding", "observation", "acquisition", "scan", "change"}


def test_the_timeline_says_nothing_of_who_is_in_no_row(outside: IncidentFacts) -> None:
    """Nothing of theirs happens at a time that could be looked up."""
    assert outside.timeline
    assert {one.who for one in outside.timeline} <= {one.who for one in outside.people}


def test_indicators_are_counted_over_officials(facts: IncidentFacts) -> None:
    """The domain was found at three officials, one of them shown only in counts."""
    domain = facts.indicators[0]
    assert (domain.indicator.value, domain.officials, domain.findings) == ("update[.]evil[.]example", 3, 3)
    assert domain.first_seen == "2026-06-14 09:12:44.000000"


def test_links_count_everybody_and_name_only_who_may_be_named(
    book: Casebook, view: View, links: tuple[SeenLink, ...]
) -> None:
    """Three officials, two of them with a row; outside as a band without the times of so few; in numbers, nobody."""
    assert evidence.links(view_of(book, example.inside()), links)[0].officials == 3
    (link,) = evidence.links(view, links)
    assert (link.value, link.officials) == ("update[.]evil[.]example", "fewer than 5")
    assert (link.who, link.first) == (("Aldith Ashgrove", "P-003DDE"), None)
    assert evidence.links(view, links, naming=False)[0].who == ()
    sender = replace(links[0], kind="sender", value="+447700900999")
    assert evidence.links(view, (sender,), naming=False)[0].value == HIDDEN


def test_sealing_counts_and_overlap(facts: IncidentFacts) -> None:
    """One changed, one off, one on; two of them also matched an indicator; everybody is counted."""
    assert facts.sealing is not None
    everybody = facts.sealing.groups[0]
    assert (everybody.on, everybody.off, everybody.changed, everybody.unknown) == (1, 2, 1, 5)
    assert everybody.overlap == 2
    assert [row.who for row in facts.sealing.rows][:3] == [
        "Aldith Ashgrove",
        "Bramwen Brackwater",
        "Cosmira Cinderhall",
    ]
    due = [row.who for row in facts.sealing.rows if row.due]
    assert facts.sealing.due == len(due) == 4
    assert f"4 officials ({', '.join(due)})." in facts.recommendations_for_all[0]
    assert facts.sealing.rows[0].first_off == "2026-06-14T19:20:00.000000Z"


def test_there_is_no_sealing_part_when_nobody_was_asked(view: View) -> None:
    """No table of unknowns."""
    assert sealing.facts(view, {}) is None


def test_an_unheard_of_sealing_state_is_unknown(view: View) -> None:
    """A word the report does not know never becomes a verdict."""
    told = sealing.facts(view, {"O-0001": replace(example.sealing()["O-0001"], sealing="sideways")})
    assert told is not None
    assert told.rows[0].sealing == "unknown"


def test_the_summary_says_what_is_not_known(facts: IncidentFacts) -> None:
    """Refused, unreachable, inconclusive, gaps, stale: each has its sentence."""
    unknown = " ".join(facts.summary.unknowns)
    for word in (
        "1 refused the examination",
        "1 could not be reached",
        "no statement",
        "2 gaps",
        "recheck",
    ):
        assert word in unknown
    assert facts.summary.sentences[0] == "Of 9 officials, 7 were examined, with 7 devices."


def test_the_methodology_is_unknown_until_something_is_confirmed(book: Casebook) -> None:
    """Open findings and matches make no method; two examiners do, as the status table has it."""
    confirmed = narrative.methodology(view_of(book, example.inside()), {})
    assert confirmed == (
        "Links or messages from published attack infrastructure were sent to 1 official.",
        "A program named as published spyware ran on phones of 1 official.",
    )
    opened = replace(book, findings=tuple(replace(one, dispositions=()) for one in book.findings))
    assert narrative.methodology(view_of(opened, example.inside()), {})[0].startswith("Unknown.")


def test_the_impact_is_unknown_without_a_confirmation(book: Casebook) -> None:
    """No trace and open matches have no impact that could be told."""
    calm = replace(book, officials=book.officials[1:4])
    view = view_of(calm, example.inside())
    assert narrative.impact(view, numbers.counted(view))[0] == "Unknown. No attack has been confirmed so far."


def test_advice_is_given_for_the_statuses_that_occur(facts: IncidentFacts) -> None:
    """Each with how many it is for, worst first, after what a vendor's warning asks for."""
    assert (facts.recommendations[0].officials, facts.recommendations[0].steps) == (1, words.NOTIFIED)
    given = [each.status for each in facts.recommendations[1:]]
    assert given == [str(status) for status in Status if any(t.count and t.status == status for t in facts.tallies)]
    assert all(each.steps for each in facts.recommendations)


def test_a_scan_without_control_is_told(book: Casebook) -> None:
    """A report does not let a missing positive control pass in silence."""
    scans = [replace(each, control_passed_at=None) for each in book.scans]
    told = narrative.method(view_of(_with_scans(book, scans), example.inside())).control
    assert "ran without a passed positive control" in " ".join(told)


def _with_scans(book: Casebook, scans: list[Scan]) -> Casebook:
    return replace(book, scans=tuple(scans))


def test_a_group_narrows_everything(book: Casebook) -> None:
    """The budget committee has two members; nothing of others is in its report."""
    view = view_of(book, replace(example.inside(), group=book.groups[1]))
    assert {one.official.id for one in view.shown} == {"O-0002", "O-0006"}
    assert {one.official for one in view.findings} == {"O-0002"}
    assert {scan.device for scan in view.scans} == {"D-0002", "D-0006"}
    assert {one.official for one in view.observations} == {"O-0002"}


@pytest.mark.parametrize("level", [Publication.COUNTED, Publication.WITHHELD])
def test_who_may_have_no_row_is_called_nothing(book: Casebook, level: Publication) -> None:
    """The one way in which a report calls people knows no name to give away."""
    people = tuple(replace(one, official=replace(one.official, publication=level)) for one in book.officials)
    view = view_of(replace(book, officials=people), replace(example.inside(), edition=Edition.OUTSIDE))
    assert {view.who(one.official.id) for one in book.officials} == {UNATTRIBUTED}


def test_every_word_of_the_program_has_its_sentence() -> None:
    """No enum value can reach a template without words."""
    for table, words_of in (
        (EvidenceClass, words.CLASS_MEANS),
        (EvidenceClass, words.CLASS_DOES_NOT_MEAN),
        (EvidenceClass, words.CLASS_NAME),
        (Status, words.RECOMMENDATIONS),
        (Status, plain_words.RESULT),
        (Status, plain_words.STEPS),
        (Status, plain_words.DOES_NOT_MEAN),
        (Status, WORDS),
        (ModuleOutcome, words.OUTCOME_WORDS),
    ):
        assert set(words_of) == set(table)


def test_no_report_ever_says_what_the_data_cannot_support() -> None:
    """The words clean, safe and infected stand in no sentence and no template."""
    folder = Path(mvtcase.report.__file__).parent
    texts = [*folder.rglob("*.py"), *folder.glob("templates/*.j2")]
    assert len(texts) > 15
    for path in texts:
        assert not re.search(r"\b(clean|safe|infected)\b", path.read_text("utf-8"), re.IGNORECASE), path.name


def test_a_report_speaks_another_language_by_its_catalogue_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its summary, and the reasons and limitations it lists; what the catalogue lacks stays English."""
    written = {
        "{n} official": ("⟪{n} Person⟫", "⟪{n} Personen⟫"),
        "no indicator was loaded": ("⟪kein Merkmal⟫",),
    }
    tongue = Translator("xx", written, lambda n: int(n != 1))
    monkeypatch.setattr(view_module, "translator", lambda language: tongue if language == "xx" else translator())
    occasion = replace(example.inside(), language="xx")
    seen = view_of(example.casebook(), occasion)
    told = summary.summary(seen, numbers.counted(seen))
    assert any("Personen⟫" in each for each in told.sentences)
    assert "Who was behind an attack, and what was read or taken from a phone, is unknown." in told.unknowns
    assert seen.told([why("indicators.none")]) == ("⟪kein Merkmal⟫",)
    plain = view_of(example.casebook(), example.inside())
    assert plain.told([why("indicators.none")]) == ("no indicator was loaded",)


def test_what_letters_say_a_copy_never_holds_is_what_its_kind_says() -> None:
    """They go by the sentence: one that is worded anew must not fall out of the letters."""
    known = {each.text for kind in kinds.KINDS for each in kind.limitations}
    assert plain_words.LEFT_OUT.keys() <= known


@pytest.mark.parametrize(("usable", "told"), [(1, "a 2 (1 indicator)"), (1_549, "a 2 (1,549 indicators)")])
def test_a_set_of_one_indicator_is_told_in_the_singular(usable: int, told: str) -> None:
    """And large numbers with their commas."""
    used = IndicatorSet(name="a", sha256="0" * 64, version="2", usable=usable)
    assert str(coverage._compared(used)) == told


def test_lines_and_moments_are_titled_in_the_report_s_language(book: Casebook) -> None:
    """The records keep their own titles, which are English; what the report says of them is Chinese."""
    chinese = replace(example.inside(kind="incident"), language="zh-TW")
    facts = incident(book, chinese, example.sealing())
    assert all(each.title.startswith("已公布的指標") for each in facts.lines if each.indicator)
    assert not [each.what for each in facts.timeline if "Found" in each.what]
    assert 'Found a known suspicious process name "bh"' in {each.title for each in facts.findings}


def test_a_device_report_names_the_consent_and_the_hashes_of_the_scans(book: Casebook) -> None:
    """Whoever checks the work of one phone finds on what ground it was done, and the results it rests on."""
    one = book.officials[0]
    facts = device(book, replace(example.inside(kind="device"), official=one.official, device="D-0001"), {})
    told = markdown(PAGES["device"](facts))
    assert f"({one.consents[-1].id})" in told.partition("Legal basis and consent")[2].partition("## Limits")[0]
    assert {scan.results_sha256 for scan in facts.device.scans if scan.results_sha256} <= set(told.split())
    assert facts.device.scans


def test_a_note_of_a_rule_is_in_the_report_s_language_and_one_of_a_person_stays(book: Casebook) -> None:
    """Piece by piece, with its numbers; what an observation is about is said in words, not as a code."""
    seen = book.observations[0]
    told = "R3: 6 chats went unsealed together (inference: no published source states this); LINE account ios-1"
    notes = (replace(seen, kind="line.letter_sealing", note=told), replace(seen, id="B-2", note="Seen; by me"))
    occasion = replace(example.inside(kind="incident"), language="zh-TW")
    facts = incident(replace(book, observations=notes), occasion, {})
    ours, theirs = (each.what for each in facts.timeline if each.kind == "observation")
    if "Seen" in ours:
        ours, theirs = theirs, ours
    assert ours.startswith("LINE Letter Sealing")
    assert "6 個聊天室一起變為未加密" in ours
    assert ours.endswith("LINE 帳號 ios-1")
    assert theirs.endswith("Seen; by me")


def test_a_group_report_names_nobody_and_does_not_say_that_it_does(book: Casebook) -> None:
    """Its internal edition is for the exact numbers."""
    facts = group(book, replace(example.inside(kind="group"), group=book.groups[0]), {})
    assert "names everybody" not in facts.details.edition_words
    assert facts.details.edition_words.startswith("Internal edition: ")
