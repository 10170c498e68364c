"""What was and was not examined, device by device, with the reason for every hole."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mvtcase import kinds
from mvtcase.escape import visible
from mvtcase.findings.status import NOTIFIED, WORDS
from mvtcase.model import Completeness, ModuleOutcome, Platform, Status
from mvtcase.model.reach import sentence
from mvtcase.report import sentences as words
from mvtcase.report.crowds import FOUND
from mvtcase.report.facts import CountedCoverage, DeviceFact, GapFact, PersonFact, ScanFact
from mvtcase.report.plain_words import listed
from mvtcase.report.publication import face_of
from mvtcase.report.view import SHORT
from mvtcase.wording import Reason, Said, say, text_of
from mvtcase.wording.english import SENTENCES, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase.casebook import DeviceStanding, OfficialStanding
    from mvtcase.model import Consent, DeviceIdentity, Gap, IndicatorSet, Observation, Scan
    from mvtcase.report.view import View
    from mvtcase.wording import Message

_EXAMINED = frozenset({ModuleOutcome.CHECKED, ModuleOutcome.EXTRACTED, ModuleOutcome.EMPTY})
_OS_NAME = {Platform.IOS: "iOS", Platform.ANDROID: "Android", Platform.UNKNOWN: "system"}


def people(view: View) -> tuple[PersonFact, ...]:
    """Return a row for everybody who may have one."""
    return tuple(_person(view, one) for one in view.rows)


def _person(view: View, one: OfficialStanding) -> PersonFact:
    face = face_of(one.official)
    return PersonFact(
        who=face.who if face else "",
        role=face.role if face else "",
        groups=tuple(view.veil.text(group.name, limit=SHORT) for group in one.groups),
        roster=words.ROSTER_WORDS[one.official.roster],
        consent=view.word(_consent(view, one.consents)),
        status=str(one.status),
        found=one.status in FOUND,
        words=view.word(NOTIFIED[one.status] if one.rests_on_notification else WORDS[one.status]),
        reach=view.word(sentence(one.reach)),
        dismissed=one.dismissed,
        leads=one.leads,
        notifications=tuple(_notification(view, each) for each in one.notifications),
        devices=tuple(_device(view, each) for each in one.devices),
        consent_id=one.consents[-1].id if one.consents else "",
    )


def _notification(view: View, one: Observation) -> str:
    """Return a vendor's warning in words: whose it was, when, and what was seen of it."""
    seen = view.text(one.id, one.value)
    return view.word(
        say(
            "Threat notification by {vendor}, {day}{seen}; recorded by {by}.",
            vendor=words.vendor(one.kind),
            day=one.at[:10],
            seen=f": {seen}" if seen else "",
            by=visible(one.recorded_by),
        )
    )


def _consent(view: View, consents: tuple[Consent, ...]) -> Message:
    """Return what the latest consent says, without naming anybody."""
    if not consents:
        return say("No consent is recorded, and nothing was examined under one.")
    latest = consents[-1]
    if latest.withdrawn_at:
        return say("The consent was withdrawn on {day}.", day=latest.withdrawn_at[:10])
    return say(
        "Consent of {day}, {method}; informed of {informed}.{ended}",
        day=latest.given_at[:10],
        method=words.CONSENT_METHOD_WORDS[latest.method],
        informed=listed([words.POINT_WORDS[each] for each in sorted(latest.informed, key=str)]),
        ended=say(" It has ended since.") if latest.expires_at and latest.expires_at < view.occasion.written_at else "",
    )


def _device(view: View, one: DeviceStanding) -> DeviceFact:
    scanned = bool(one.latest)
    return DeviceFact(
        id=one.device.id,
        what=what(view, one.device.identity, one.device.platform),
        state=words.DEVICE_STATE_WORDS[one.device.state],
        status=str(one.status),
        words=WORDS[one.status],
        reach=view.word(sentence(one.reach)),
        compared=view.told(map(_compared, one.compared)),
        dismissed=one.dismissed,
        leads=one.leads,
        completeness=str(one.completeness) if scanned else None,
        completeness_words=words.COMPLETENESS_WORDS[one.completeness] if scanned else words.NOT_EXAMINED,
        key_facts=view.told(fact for scan in one.latest for fact in _key_facts(scan, several=len(one.latest) > 1)),
        gaps=tuple(_gap(view, gap) for gap in one.gaps),
        limitations=tuple(dict.fromkeys(visible(text) for scan in one.latest for text in view.told(scan.limitations))),
        stale=view.told(_stale(one)),
        scans=tuple(_scan(one, scan) for scan in one.latest),
    )


def _compared(used: IndicatorSet) -> Message:
    named = {"name": visible(used.name), "version": visible(used.version)}
    if used.usable == 1:
        return say("{name} {version} (1 indicator)", **named)
    return say("{name} {version} ({number:# indicator|# indicators})", **named, number=f"{used.usable:,}")


def what(view: View, identity: DeviceIdentity, platform: Platform) -> str:
    """Return which phone it is in words: model and system."""
    model = identity.model or identity.product_type or words.PLATFORM_WORDS[platform]
    told = view.word(model) if identity.os_version is None else f"{model}, {_OS_NAME[platform]} {identity.os_version}"
    return visible(told)[:SHORT]


def _stale(one: DeviceStanding) -> Iterator[Message]:
    if one.due:
        yield say(
            "recheck due: {sets:# indicator set|# indicator sets}, {indicators:# indicator|# indicators} not "
            "compared yet",
            sets=f"{one.due.sets:,}",
            indicators=f"{one.due.indicators:,}",
        )
    for each in one.stale:
        if each.used:
            yield say(
                "{what}: {used} was used, {newer} is at hand",
                what=visible(each.what),
                used=visible(each.used),
                newer=visible(each.newer),
            )


def _gap(view: View, gap: Gap) -> GapFact:
    return GapFact(
        module=visible(gap.module)[:SHORT],
        outcome=str(gap.outcome),
        words=words.OUTCOME_WORDS[gap.outcome],
        reason=reason(view, gap.reason),
    )


def reason(view: View, said: str) -> str:
    """Return why something was not examined; outside, without what the evidence itself put into the sentence."""
    if view.shows_texts:
        return view.veil.text(view.word(said))
    told = said if isinstance(said, Reason) else text_of(said)
    return "" if told.code == TEXT else visible(view.word(told.mapped(_left_out)))


def _left_out(text: str) -> str:
    return text if text in SENTENCES or (text.isidentifier() and text.islower() and text.isascii()) else "…"


def _key_facts(scan: Scan, *, several: bool) -> Iterator[Message]:
    tally = Counter(run.outcome for run in scan.modules)
    total = len(scan.modules)
    lead = f"{scan.id}: " if several else ""
    examined = sum(tally[each] for each in _EXAMINED)
    yield say("{lead}{n} of {total} modules examined their source", lead=lead, n=examined, total=total)
    for outcome in ModuleOutcome:
        if outcome not in _EXAMINED and tally[outcome]:
            what = words.OUTCOME_WORDS[outcome]
            yield say("{lead}{n} of {total}: {what}", lead=lead, n=tally[outcome], total=total, what=what)
    yield say("{lead}{n:# indicator|# indicators} compared", lead=lead, n=f"{scan.indicators_loaded:,}")


def _scan(device: DeviceStanding, scan: Scan) -> ScanFact:
    acquisition = next(each for each in device.acquisitions if each.id == scan.acquisition)
    tally = Counter(run.outcome for run in scan.modules)
    return ScanFact(
        id=scan.id,
        acquisition=acquisition.id,
        kind=Said(kinds.of(acquisition.kind).words),
        command=visible(scan.command)[:SHORT],
        acquired_at=visible(acquisition.acquired_at) if acquisition.acquired_at else None,
        files=acquisition.files,
        manifest_sha256=acquisition.manifest_sha256,
        started_at=scan.started_at,
        finished_at=scan.finished_at,
        completeness=str(scan.completeness),
        modules=len(scan.modules),
        outcomes=tuple((words.OUTCOME_WORDS[each], tally[each]) for each in ModuleOutcome if tally[each]),
        indicators_loaded=scan.indicators_loaded,
        sandbox=visible(scan.sandbox),
        control_passed_at=scan.control_passed_at,
        results_sha256=scan.results_sha256,
    )


def counted_only(view: View) -> CountedCoverage | None:
    """Return the coverage of those shown only in counts, None when there is nobody."""
    if not view.counted_only:
        return None
    devices = [each for one in view.counted_only for each in one.devices]
    seen = Counter(str(each.completeness) if each.latest else str(Status.NOT_EXAMINED) for each in devices)
    gaps = Counter(
        f"{visible(gap.module)[:SHORT]}: {view.word(words.OUTCOME_WORDS[gap.outcome])}"
        for each in devices
        for gap in each.gaps
        if each.latest
    )
    order = [each for each in (*map(str, Completeness), str(Status.NOT_EXAMINED)) if seen[each]]
    return CountedCoverage(
        officials=view.number(len(view.counted_only)),
        devices=view.number(len(devices)),
        completeness=tuple(zip(order, view.split([seen[each] for each in order], [0] * len(order)), strict=True)),
        gaps=tuple((name, view.number(number)) for name, number in sorted(gaps.items())),
    )
