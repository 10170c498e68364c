"""Findings, indicators and the timeline as a report shows them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mvtcase import kinds
from mvtcase.escape import visible
from mvtcase.findings.lines import line_key
from mvtcase.findings.ratings import heading
from mvtcase.findings.review import DISMISSED, stands, state_of
from mvtcase.model import EvidenceClass, Level, Rating
from mvtcase.report import sentences as words
from mvtcase.report.crowds import FEWEST_TOGETHER, least
from mvtcase.report.facts import DispositionFact, FindingFact, IndicatorFact, IndicatorRow, LinkFact, TimelineFact
from mvtcase.report.publication import HIDDEN, shown_indicator
from mvtcase.report.view import LONG, SENTENCE, SHORT
from mvtcase.wording import Said, say, translator

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from mvtcase.model import Finding, IndicatorRef, IndicatorSet, Observation, Scan, SealingSeen
    from mvtcase.report.view import SeenLink, View


def findings(view: View) -> tuple[FindingFact, ...]:
    """Return every finding of everybody who may have a row; those of others are in the numbers alone."""
    sets = view.sets
    return tuple(finding(view, one, sets) for one in sorted(view.told_apart, key=_weight))


def _weight(one: Finding) -> tuple[bool, bool, int, int]:
    """Return the place of a finding: standing before settled, weighty before minor, by class, then by level."""
    return (not stands(one), _is_minor(one), _PLACES[one.evidence_class], -one.level.rank)


_PLACES = {each: place for place, each in enumerate(words.CLASS_NAME)}


_QUIET = frozenset({Rating.CONTEXT, Rating.POSTURE, Rating.MENTION, Rating.LEAD})


def _is_minor(one: Finding) -> bool:
    """Return whether a finding has a row and no card: nothing published, nothing judged, and of little weight."""
    if one.indicator or one.dispositions or one.level.rank > Level.MEDIUM.rank:
        return False
    return one.level is not Level.MEDIUM or one.rating in _QUIET


def finding(view: View, one: Finding, sets: Mapping[str, IndicatorSet]) -> FindingFact:
    """Return one finding as a report tells it."""
    state = state_of(one)
    swept = one.module == words.SWEEP and one.evidence_class is EvidenceClass.HEURISTIC
    return FindingFact(
        id=one.id,
        who=view.who(one.official),
        device=one.device if view.has_row(one.official) else "",
        title=view.title(one),
        evidence_class=str(one.evidence_class),
        class_name=words.CLASS_NAME[one.evidence_class],
        means=words.SWEEP_MEANS if swept else words.CLASS_MEANS[one.evidence_class],
        does_not_mean=words.SWEEP_DOES_NOT_MEAN if swept else words.CLASS_DOES_NOT_MEAN[one.evidence_class],
        level=str(one.level),
        module=visible(one.module)[:SHORT],
        alerts=one.alerts,
        indicator=_indicator(one.indicator, sets) if one.indicator else None,
        event_time=visible(one.event_time) if one.event_time else None,
        basis=words.BASIS_WORDS[one.event_time_basis],
        state=str(state),
        state_words=words.REVIEW_WORDS[state],
        stands=state not in DISMISSED,
        minor=_is_minor(one),
        dispositions=tuple(
            DispositionFact(
                at=each.at,
                examiner=visible(each.examiner),
                verdict=words.VERDICT_WORDS[each.verdict],
                reason=view.text(one.id, each.reason, limit=LONG),
            )
            for each in one.dispositions
        ),
    )


def _indicator(ref: IndicatorRef, sets: Mapping[str, IndicatorSet]) -> IndicatorFact:
    used = sets.get(ref.set)
    return IndicatorFact(
        value=shown_indicator(ref.value, ref.type),
        type=visible(ref.type),
        family=visible(ref.family)[:SHORT] or words.UNKNOWN,
        set=visible(ref.set),
        version=visible(used.version) if used else words.UNKNOWN,
        publisher=visible(used.publisher) if used and used.publisher else words.UNKNOWN,
        licence=visible(used.licence) if used and used.licence else words.UNKNOWN,
    )


def indicators(view: View) -> tuple[IndicatorRow, ...]:
    """Return each matched indicator once, the most often matched first; one that was dismissed was not found."""
    by_value: dict[tuple[str, str], list[Finding]] = {}
    for one in view.findings:
        if one.indicator and stands(one):
            by_value.setdefault((one.indicator.type, one.indicator.value), []).append(one)
    sets = view.sets
    size = least if view.is_outside else int
    ordered = sorted(by_value.items(), key=lambda each: (-size(_people(each[1])), -size(len(each[1])), each[0]))
    return tuple(_indicator_row(view, matched, sets) for _, matched in ordered)


def _people(found: Sequence[Finding]) -> int:
    return len({one.official for one in found})


def _indicator_row(view: View, matched: list[Finding], sets: Mapping[str, IndicatorSet]) -> IndicatorRow:
    ref = matched[0].indicator
    assert ref is not None  # noqa: S101  # only findings with an indicator are gathered
    told = matched if _dated(view, {one.official for one in matched}) else ()
    times = sorted(visible(one.event_time) for one in told if one.event_time)
    return IndicatorRow(
        indicator=_indicator(ref, sets),
        findings=view.number(len(matched)),
        officials=view.number(_people(matched)),
        first_seen=times[0] if times else None,
        last_seen=times[-1] if times else None,
    )


def links(view: View, seen: Sequence[SeenLink], *, naming: bool = True) -> tuple[LinkFact, ...]:
    """Return what links people in this report; with `naming`, those who may have a row are named."""
    refs = [one.indicator for one in view.findings if one.indicator]
    types, families = {ref.value: ref.type for ref in reversed(refs)}, {ref.family for ref in refs}
    shown = view.shows_texts and naming
    if view.is_outside:
        seen = sorted(seen, key=lambda each: (-least(len(each.officials)), each.kind, each.value))
    return tuple(
        LinkFact(
            kind=each.kind,
            meaning=view.word(each.meaning),
            value=_link_value(each, types, families, shown=shown),
            officials=view.number(len(each.officials)),
            who=tuple(sorted(view.who(one) for one in each.officials if view.has_row(one))) if naming else (),
            findings=view.number(each.findings),
            first=visible(each.first) if each.first and _dated(view, each.officials) else None,
            last=visible(each.last) if each.last and _dated(view, each.officials) else None,
        )
        for each in seen
    )


def _dated(view: View, people: Collection[str]) -> bool:
    """Return whether the first and last time of some people may be told: among few in no row it is somebody's own."""
    hidden = sum(not view.has_row(one) for one in people)
    return not view.is_outside or hidden == 0 or hidden >= FEWEST_TOGETHER


def _link_value(link: SeenLink, types: Mapping[str, str], families: AbstractSet[str], *, shown: bool) -> str:
    """Return what is shared: indicators as they are; senders, hosts and moments for the case team alone."""
    if link.value in types:
        return shown_indicator(link.value, types[link.value])
    if link.value in families:
        return visible(link.value)[: SHORT * 2]
    if not shown:
        return HIDDEN
    return visible(shown_indicator(link.value, "") if link.kind in {"host", "sender"} else link.value)[: SHORT * 2]


def timeline(view: View, sealing: Mapping[str, SealingSeen]) -> tuple[TimelineFact, ...]:
    """Return all moments in order, those of unknown time last."""
    owners = {each.device.id: each.device.official for each in view.devices}
    moments = [
        *_finding_moments(view),
        *(_observed(view, each) for each in view.observations),
        *_taken(view),
        *(_scanned(view, each, owners[each.device]) for each in view.scans if view.has_row(owners[each.device])),
        *_sealing_changes(view, sealing),
    ]
    return tuple(
        sorted(moments, key=lambda one: (one.at is None, (one.at or "").replace(" ", "T"), one.kind, one.what))
    )


def _finding_moments(view: View) -> Iterator[TimelineFact]:
    """Yield findings as moments, those of one line and one day as one; minor posture would bury the rest."""
    days: dict[tuple[str, str, str], list[Finding]] = {}
    for one in view.told_apart:
        if not is_untold(one):
            days.setdefault((one.device, line_key(one), (one.event_time or "")[:10]), []).append(one)
    for together in days.values():
        first = min(together, key=lambda one: one.event_time or "")
        times = f"{len(together)} × " if len(together) > 1 else ""
        yield TimelineFact(
            at=visible(first.event_time) if first.event_time else None,
            basis=view.word(words.BASIS_WORDS[first.event_time_basis]),
            kind="finding",
            who=view.who(first.official),
            what=f"{times}{_class_and_title(view, first, alone=len(together) == 1)}",
            minor=all(map(_is_minor, together)),
        )


def is_untold(one: Finding) -> bool:
    """Return whether a finding is no moment of the timeline."""
    return _is_minor(one) and one.evidence_class is EvidenceClass.POSTURE


def _class_and_title(view: View, one: Finding, *, alone: bool) -> str:
    told = heading(one.title, one.rule, one.indicator, alone=alone)
    name, title = view.word(words.CLASS_NAME[one.evidence_class]), view.title(one, told=told, limit=SENTENCE)
    return title if title.startswith(name) else view.word(say("{kind}: {what}", kind=name, what=title))


def _observed(view: View, one: Observation) -> TimelineFact:
    told = view.word(one.value) if one.value in _PLAIN_VALUES else view.text(one.id, one.value, limit=200)
    how = f" ({view.word(one.method)})" if one.method and view.shows_texts else ""
    note = view.text(one.id, _noted(view, one.note), limit=200)
    kind = view.word(words.OBSERVED.get(one.kind, "")) or view.veil.text(one.kind, limit=SHORT)
    return TimelineFact(
        at=one.at,
        basis="UTC",
        kind="observation",
        who=view.who(one.official),
        what=view.word(say(": ")).join(filter(None, (kind, f"{told}{how}".strip(), note))),
    )


def _noted(view: View, note: str) -> str:
    """Return a note piece by piece in the report's language where a rule wrote it; people's notes stay as they are."""
    if not _OF_A_RULE.match(note):
        return note
    return view.word(say("; ")).join(map(translator(view.occasion.language).again, note.split("; ")))


_OF_A_RULE = re.compile(r"R\d: ")
_PLAIN_VALUES = frozenset({"on", "off", "unknown", "yes", "no", "none"})
"""Values of observations that tell nothing but what they say."""


def _taken(view: View) -> Iterator[TimelineFact]:
    for device in (each for one in view.rows for each in one.devices):
        for one in device.acquisitions:
            yield TimelineFact(
                at=visible(one.acquired_at) if one.acquired_at else one.registered_at,
                basis=words.AS_TOLD if one.acquired_at else "UTC",
                kind="acquisition",
                who=view.who(one.official),
                what=view.word(
                    say(
                        "{id}: {kind} of {device}, {files:# file|# files}",
                        id=one.id,
                        kind=Said(kinds.of(one.kind).words),
                        device=one.device,
                        files=f"{one.files:,}",
                    )
                ),
            )


def _scanned(view: View, scan: Scan, official: str) -> TimelineFact:
    what = say(
        "{id}: {acquisition} examined, {completeness}",
        id=scan.id,
        acquisition=scan.acquisition,
        completeness=Said(scan.completeness),
    )
    if scan.recheck_of:
        what = say(
            "{id}: stored results of {recheck_of} compared again, with other indicators",
            id=scan.id,
            recheck_of=scan.recheck_of,
        )
    return TimelineFact(
        at=scan.finished_at or scan.started_at,
        basis="UTC",
        kind="scan",
        who=view.who(official),
        what=view.word(what),
    )


def _sealing_changes(view: View, sealing: Mapping[str, SealingSeen]) -> Iterator[TimelineFact]:
    for one in view.rows:
        seen = sealing.get(one.official.id)
        if seen and seen.last_on and seen.first_off:
            yield TimelineFact(
                at=seen.first_off,
                basis="UTC",
                kind="change",
                who=view.who(one.official.id),
                what=view.word(
                    say("LINE Letter Sealing changed from on to off, some time after {moment}", moment=seen.last_on)
                ),
            )
