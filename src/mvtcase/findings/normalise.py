"""Alerts to findings: one for each thing seen, with an id derived from what it is about and from nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from mvtcase.canon import canonical_json, digest
from mvtcase.findings.ratings import LINE, rate, weigh_together
from mvtcase.kinds import TRACES, Trace
from mvtcase.model import AlertSource, EvidenceClass, Finding, Platform, Rating, TimeBasis
from mvtcase.wording import said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mvtcase.model import Device, Json, RawAlert


ID_DIGITS = 16
MAX_DETAIL_CHARACTERS = 20_000
MAX_TITLE_CHARACTERS = 300
MAX_PATH = 4096
MAX_FOLDERS_NAMED = 50
_SPACE, _QUOTE = re.compile(r"[\s\"]"), re.compile(r"[\n\"]")
_OWN_FIELDS = frozenset({"matched_indicator", "matched_indicators"})
"""Fields that speak of the indicator, not of the event: they change with the set's file name."""

_ONLY_SEEN = frozenset({Rating.CONTEXT, Rating.MENTION})
"""Weights of an indicator whose text was seen where it shows nothing."""

_AROUND = frozenset({"context"})
"""Fields that are shown and say nothing of what a finding is about: a recheck has no text around a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What alerts are seen in: the device, the scan, and paths of this run that must not enter an identity."""

    device: Device
    scan: str
    run_paths: tuple[str, ...] = ()


def normalise(alerts: Sequence[RawAlert], context: Context) -> tuple[tuple[Finding, tuple[int, ...]], ...]:
    """Return findings, each with the places of its alerts, in the order first seen.

    Alerts about the same event of the same module and indicator make one finding; its level is the highest of theirs.
    What the second reader found joins a module's finding of the same indicator and class: it was seen twice. So does
    what it found at a place that says nothing, whatever the module's class.
    """
    found: dict[str, tuple[Finding, list[int]]] = {}
    of_modules: dict[object, str] = {}
    for place, alert in enumerate(alerts):
        finding = _finding(alert, context)
        value = alert.indicator and (alert.indicator.type, alert.indicator.value)
        vague = finding.evidence_class is EvidenceClass.HEURISTIC
        same = value if vague else (finding.evidence_class, value)
        if alert.source is AlertSource.SWEEP and same in of_modules:
            found[of_modules[same]][1].append(place)
            continue
        if alert.source is not AlertSource.SWEEP and value is not None:
            of_modules.setdefault(value, finding.id)
            of_modules.setdefault((finding.evidence_class, value), finding.id)
        known = found.setdefault(finding.id, (finding, []))
        known[1].append(place)
        if finding.level.rank > known[0].level.rank:
            found[finding.id] = (replace(known[0], level=finding.level, title=finding.title), known[1])
    weighed = weigh_together([one for one, _ in found.values()])
    return tuple(
        (replace(one, alerts=len(places)), tuple(places))
        for one, (_, places) in zip(weighed, found.values(), strict=True)
    )


def _finding(alert: RawAlert, context: Context) -> Finding:
    event = _stable(alert.event, context.run_paths)
    moment, basis = event_time(alert, context.device.platform)
    rating, rule = rate(alert)
    return Finding(
        id=finding_id(alert, event, context),
        device=context.device.id,
        official=context.device.official,
        evidence_class=EvidenceClass.HEURISTIC if alert.indicator and rating in _ONLY_SEEN else evidence_class(alert),
        level=alert.level,
        module=alert.module,
        title=_title(_without_paths(alert.message, context.run_paths)),
        indicator=alert.indicator,
        event_time=moment,
        event_time_basis=basis,
        first_scan=context.scan,
        detail=_detail(event),
        rating=rating,
        rule=rule,
    )


def finding_id(alert: RawAlert, event: Json, context: Context) -> str:
    """Return `F-` and the first 16 hex digits of the hash of what the alert is about.

    That is the device's fingerprint, the module, the indicator's value and type, and the event; the message too where
    no indicator says what was found in it. Scan, set version, level and time of the scan are left out.
    """
    indicator = alert.indicator
    if alert.source is AlertSource.SWEEP and isinstance(event, dict):
        event = {name: value for name, value in event.items() if name not in _AROUND}
    about: dict[str, Json] = {
        "device": context.device.fingerprint,
        "module": alert.module,
        "indicator": [indicator.type, indicator.value] if indicator else None,
        "event": event,
        "message": None if indicator else _without_paths(alert.message, context.run_paths),
    }
    return f"F-{digest(about)[:ID_DIGITS]}"


def unlike_its_alerts(finding: Finding, alerts: Sequence[tuple[RawAlert, Context]]) -> str:
    """Return how a stored finding differs from what its alerts give, empty when it does not.

    What a release may judge otherwise than an earlier one, such as the finer evidence class, is not compared; that an
    indicator match is never made silent is.
    """
    if not alerts:
        return said("rests on no alert")
    if {context.device.id for _, context in alerts} != {finding.device}:
        return said("is about another device than its alerts")
    own = [alert for alert, context in alerts if finding.id in _derived_ids(alert, context)]
    if not own and any(r"\ud" in alert.message for alert, _ in alerts):  # stored as a visible escape: it cannot be told
        own = [alert for alert, _ in alerts]
    if not own:
        return said("its id does not follow from its alerts")
    if finding.level.rank < max(alert.level.rank for alert in own):
        return said("its level is not the highest of its alerts")
    telling = [one for one in own if one.indicator and one.source is AlertSource.MVT and rate(one)[0] not in _ONLY_SEEN]
    if telling and (finding.indicator is None or finding.evidence_class in SILENT):
        return said("hides an indicator that matched")
    return ""


def renamed(finding: str, alerts: Sequence[tuple[RawAlert, Context]], device: Device) -> str:
    """Return the id that a finding has on another phone, where its alerts were in fact seen there."""
    for alert, context in alerts:
        there = replace(context, device=device)
        for old, new in zip(_derived_ids(alert, context), _derived_ids(alert, there), strict=True):
            if old == finding:
                return new
    return f"F-{digest([finding, device.fingerprint])[:ID_DIGITS]}"


def _derived_ids(alert: RawAlert, context: Context) -> Iterator[str]:
    """Yield a finding's id as its alert gives it; where the case's own folders lay then is what the alert names."""
    text = f"{alert.message}\n{canonical_json(alert.event)}"
    ends: list[tuple[int, int]] = []
    if "/working" in text or f"/scans/{context.scan}" in text:  # a pattern for each scan is slow to compile
        own = re.compile(rf"/(?:working|scans/{re.escape(context.scan)})(?=[/\"\s]|$)")
        ends = [each.span() for each in islice(own.finditer(text), MAX_FOLDERS_NAMED)]
    for before in (_SPACE, _QUOTE):
        named = {_path_ending(text[max(0, start - MAX_PATH) : end], before) for start, end in ends}
        here = replace(context, run_paths=(*context.run_paths, *named)) if named else context
        stable = not any(
            each in text for each in (*_OWN_FIELDS, *(canonical_json(each)[1:-1] for each in here.run_paths))
        )
        yield finding_id(alert, alert.event if stable else _stable(alert.event, here.run_paths), here)


def _path_ending(text: str, before: re.Pattern[str]) -> str:
    """Return the path that a text ends with: from the first slash after the last of what can stand before one."""
    last = before.split(text)[-1]
    return last[last.find("/") :]


def _stable(event: Json, run_paths: Iterable[str]) -> Json:
    """Return an event without what changes from run to run."""
    if isinstance(event, str):
        return _without_paths(event, run_paths)
    if isinstance(event, list):
        return [_stable(item, run_paths) for item in event]
    if isinstance(event, dict):
        kept = ((name, value) for name, value in event.items() if name not in _OWN_FIELDS)
        return {_without_paths(name, run_paths): _stable(value, run_paths) for name, value in kept}
    return event


def _without_paths(text: str, run_paths: Iterable[str]) -> str:
    for path in sorted(filter(None, run_paths), key=len, reverse=True):
        text = text.replace(path, "<evidence>")
    return text


def _title(message: str) -> str:
    line = re.sub(r"\s+", " ", message).strip() or "Alert without a message"
    return line if len(line) <= MAX_TITLE_CHARACTERS else f"{line[: MAX_TITLE_CHARACTERS - 1]}…"


def _detail(event: Json) -> dict[str, Json]:
    detail: dict[str, Json] = event if isinstance(event, dict) else {"value": event}
    text = canonical_json(detail)
    if len(text) <= MAX_DETAIL_CHARACTERS:
        return detail
    return {"shortened": text[:MAX_DETAIL_CHARACTERS], "characters": len(text), "note": "the alert holds all of it"}


_FIELDS = (
    "isodate",
    "first_isodate",
    "live_isodate",
    "timestamp",
    "event_time",
    "date",
    "last_visit_time",
    "last_update_time",
    "first_install_time",
    "install_date",
    "last_modified",
    "modified_time",
    "changed_time",
    "start_date",
    "created_date",
    "creation_date",
    "last_seen_isodate",
)
"""Names of event fields that hold the time of the event, the most telling first (read in MVT 2026.10.26's modules)."""

_SHAPE = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)(?:[ T](?P<time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?\s*(?P<zone>Z|UTC|[+-]\d\d:?\d\d)?"
)
_EPOCH = "1970-01-01"
_MAC_EPOCH = "2001-01-01"


def event_time(alert: RawAlert, platform: Platform) -> tuple[str | None, TimeBasis]:
    """Return the time of an alert's event as the device gave it, and the clock it was read from.

    None with `unknown` where no field holds a time, or only one of the zero points that stand for "never".
    """
    for text in _candidates(alert.event, alert.event_time):
        shape = _SHAPE.fullmatch(text.strip())
        if shape is None or _means_never(shape):
            continue
        return text.strip(), _basis(shape, platform)
    return None, TimeBasis.UNKNOWN


def _candidates(event: Json, given: str) -> list[str]:
    texts = [given]
    if isinstance(event, dict):
        values = [event.get(name) for name in _FIELDS]
        texts += [value for value in values if isinstance(value, str)]
    return [text for text in texts if text and len(text) < 64]  # noqa: PLR2004  # no time is longer


def _means_never(shape: re.Match[str]) -> bool:
    midnight = (shape["time"] or "00:00:00").startswith("00:00:00")
    return shape["date"] in {_EPOCH, _MAC_EPOCH} and midnight


def _basis(shape: re.Match[str], platform: Platform) -> TimeBasis:
    zone = shape["zone"]
    if zone in {"Z", "UTC", "+0000", "+00:00"} or (zone is None and platform is Platform.IOS):
        return TimeBasis.UTC
    return TimeBasis.DEVICE_LOCAL if zone is not None or platform is Platform.ANDROID else TimeBasis.UNKNOWN


SILENT = frozenset({EvidenceClass.HEURISTIC, EvidenceClass.POSTURE})
"""Classes that say nothing of an indicator."""
_LINKS = frozenset({"domains", "urls"})
_OF_PLACES = {
    str(each): each
    for each in (EvidenceClass.ATTEMPT, EvidenceClass.EXPOSURE, EvidenceClass.EXECUTION, EvidenceClass.ARTEFACT)
}
"""What the second reader and LINE's modules may say of a place; `lead` and `mention` are heuristic."""


def evidence_class(alert: RawAlert) -> EvidenceClass:
    """Return the evidence class of an alert.

    With an indicator, by where it was found and its type: a process that ran is execution, a link that somebody sent an
    attempt, a link that the phone opened exposure, anything else that is or was on the phone an artefact. Without,
    posture for settings, heuristic for the rest. What the second reader found says itself what its place shows; where
    the place says nothing it is heuristic.
    """
    slug = alert.module.lower()
    named = str(alert.event.get("place_class")) if isinstance(alert.event, dict) else ""
    if alert.source is AlertSource.SWEEP or (slug.startswith(LINE) and named in _OF_PLACES):
        return _OF_PLACES.get(named, EvidenceClass.HEURISTIC)
    if alert.indicator is None:
        is_posture = TRACES.get(slug) is Trace.POSTURE or slug.startswith(LINE)
        return EvidenceClass.POSTURE if is_posture else EvidenceClass.HEURISTIC
    return _with_indicator(TRACES.get(slug), alert.indicator.type)


def _with_indicator(trace: Trace | None, kind: str) -> EvidenceClass:
    if kind in _LINKS:
        return EvidenceClass.ATTEMPT if trace in {Trace.MESSAGE, Trace.ACCOUNT} else EvidenceClass.EXPOSURE
    if kind == "emails":
        return EvidenceClass.ATTEMPT
    if kind in {"processes", "app_ids"} and trace is Trace.EXECUTION:
        return EvidenceClass.EXECUTION
    return EvidenceClass.ARTEFACT
