"""The findings of a case in the forms that other programs read: CSV, STIX 2.1, MISP, Timesketch.

Withheld officials are left out; findings of those shown only in counts name nobody; everybody else stands under the
pseudonym, or under the name where the caller asks for names and the publication level is `named`.
"""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
from typing import TYPE_CHECKING, Any

import stix2

from mvtcase.canon import parse_timestamp
from mvtcase.escape import csv_cell, visible
from mvtcase.findings.review import stands, state_of
from mvtcase.model import EvidenceClass, Publication, TimeBasis, Tlp
from mvtcase.report import evidence
from mvtcase.report.publication import face_of, shown_indicator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mvtcase.model import Finding, IndicatorRef, Json
    from mvtcase.report.facts import TimelineFact
    from mvtcase.report.view import SealingSeen, View

_NAMESPACE = uuid.UUID("7c9f2a6e-0a1d-5b51-9b43-6f2f8f5f0c11")
_TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
_TLP_MARKING = {
    Tlp.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    Tlp.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Tlp.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Tlp.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    Tlp.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
"""The TLP 2.0 marking definitions that OASIS publishes for STIX 2.1."""
_STIX_PATTERNS = {
    "domains": "domain-name:value",
    "urls": "url:value",
    "emails": "email-addr:value",
    "processes": "process:name",
    "file_names": "file:name",
    "file_paths": "file:path",
    "files_md5": "file:hashes.MD5",
    "files_sha1": "file:hashes.'SHA-1'",
    "files_sha256": "file:hashes.'SHA-256'",
    "app_ids": "app:id",
    "app_cert_hashes": "app:cert.sha256",
    "ios_profile_ids": "configuration-profile:id",
    "android_property_names": "android-property:name",
}
"""MVT's type names as the object paths that MVT itself reads from STIX patterns."""
_MISP_TYPES = {
    "domains": ("domain", "Network activity"),
    "urls": ("url", "Network activity"),
    "emails": ("email-src", "Payload delivery"),
    "file_names": ("filename", "Payload installation"),
    "file_paths": ("filename", "Payload installation"),
    "files_md5": ("md5", "Payload installation"),
    "files_sha1": ("sha1", "Payload installation"),
    "files_sha256": ("sha256", "Payload installation"),
    "app_ids": ("mobile-application-id", "Payload installation"),
}
_CSV_COLUMNS = (
    "finding", "official", "device", "groups", "status", "evidence_class", "level", "module", "title", "indicator",
    "indicator_type", "family", "set", "event_time", "event_time_basis", "alerts",
)  # fmt: skip


def caller(view: View, official: str, *, with_names: bool) -> str:
    """Return how an official is called in an export; empty for those shown only in counts."""
    one = next(each.official for each in view.shown if each.official.id == official)
    if face_of(one) is None:
        return ""
    named = with_names and one.publication is Publication.NAMED
    return visible(one.name if named else one.pseudonym)


def as_csv(view: View, *, with_names: bool) -> str:
    """Return one line for each finding; no cell can become a formula, no indicator a link."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_CSV_COLUMNS)
    for one in view.listed:
        writer.writerow([csv_cell(value) for value in _csv_row(view, one, with_names=with_names)])
    return text.getvalue()


def _csv_row(view: View, one: Finding, *, with_names: bool) -> list[object]:
    who, ref = caller(view, one.official, with_names=with_names), one.indicator
    groups = next(each.groups for each in view.shown if each.official.id == one.official)
    return [
        one.id,
        who,
        one.device if who else "",
        "; ".join(view.veil.text(group.name) for group in groups) if who else "",
        state_of(one),
        one.evidence_class,
        one.level,
        one.module,
        view.veil.text(one.title),
        view.veil.text(shown_indicator(ref.value, ref.type)) if ref else "",
        ref.type if ref else "",
        ref.family if ref else "",
        ref.set if ref else "",
        one.event_time or "unknown",
        one.event_time_basis,
        one.alerts,
    ]


def as_stix(view: View, *, with_names: bool) -> str:
    """Return a STIX 2.1 bundle: each indicator that stands, and a sighting for each finding of it.

    Ids are derived from the content, so that the same case gives the same ids. A sighting names nobody shown only in
    counts, and carries no time where the clock is not known to be UTC.
    """
    marking = _tlp_marking(view.book.case.tlp)
    reporter = stix2.Identity(
        id=_id("identity", "reporter", view.occasion.organisation),
        name=visible(view.occasion.organisation) or "unknown",
        identity_class="organization",
        created=view.book.case.created_at,
        modified=view.book.case.created_at,
    )
    common = {"object_marking_refs": [marking["id"]], "created_by_ref": reporter.id, "allow_custom": True}
    objects: dict[str, Any] = {marking["id"]: marking, reporter.id: reporter}
    for one in _matched(view):
        for made in _stix_objects(view, one, common, with_names=with_names):
            objects.setdefault(made.id, made)
    bundle = stix2.Bundle(*objects.values(), id=_id("bundle", view.book.custody_head), allow_custom=True)
    return str(bundle.serialize(indent=2, ensure_ascii=True)) + "\n"


def _matched(view: View) -> list[Finding]:
    """Return findings that matched an indicator which may be told, stand, and are no mere posture or heuristic."""
    silent = {EvidenceClass.POSTURE, EvidenceClass.HEURISTIC}
    matched = (one for one in view.listed if one.indicator and not one.indicator.withheld)
    return [one for one in matched if one.evidence_class not in silent and stands(one)]


def _stix_objects(view: View, one: Finding, common: dict[str, Any], *, with_names: bool) -> list[Any]:
    ref = one.indicator
    assert ref is not None  # noqa: S101  # only matched findings come here
    at = view.book.case.created_at
    indicator = stix2.Indicator(
        id=_id("indicator", ref.type, ref.value),
        name=visible(f"{ref.family or 'unknown family'}: {ref.value}"),
        pattern=f"[{_STIX_PATTERNS.get(ref.type, 'x-mvtcase-indicator:value')} = '{_stix_text(ref.value)}']",
        pattern_type="stix",
        valid_from=at,
        created=at,
        modified=at,
        **common,
    )
    who = caller(view, one.official, with_names=with_names)
    where = stix2.Identity(
        id=_id("identity", who), name=who, identity_class="individual", created=at, modified=at, **common
    ) if who else None  # fmt: skip
    times = _stix_times(one)
    sighting = stix2.Sighting(
        id=_id("sighting", one.id),
        sighting_of_ref=indicator.id,
        where_sighted_refs=[where.id] if where else None,
        count=max(1, one.alerts),
        description=f"{one.evidence_class}, {state_of(one)}: {view.veil.text(one.title)}",
        created=at,
        modified=at,
        **times,
        **common,
    )
    return [each for each in (indicator, where, sighting) if each is not None]


def _stix_times(one: Finding) -> dict[str, str]:
    moment = _utc(one.event_time) if one.event_time_basis is TimeBasis.UTC else None
    return {"first_seen": moment, "last_seen": moment} if moment else {}


def _utc(text: str | None) -> str | None:
    """Return a device's UTC time as STIX, MISP and Timesketch write times, None where it is no time."""
    shape = re.match(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)", text or "")
    if shape is None:
        return None
    try:
        parse_timestamp(f"{shape[1]}T{shape[2]}Z")
    except ValueError:
        return None
    return f"{shape[1]}T{shape[2]}Z"


def _stix_text(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _tlp_marking(tlp: Tlp) -> dict[str, Any]:
    label = str(tlp).lower()
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": _TLP_MARKING[tlp],
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{tlp}",
        "extensions": {_TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": label}},
    }


def _id(kind: str, *parts: str) -> str:
    return f"{kind}--{uuid.uuid5(_NAMESPACE, chr(0).join(parts))}"


def as_misp(view: View) -> str:
    """Return a MISP event with one attribute for each indicator that stands; it names nobody."""
    by_indicator: dict[IndicatorRef, list[Finding]] = {}
    for one in _matched(view):
        if one.indicator:
            by_indicator.setdefault(one.indicator, []).append(one)
    event: dict[str, Json] = {
        "uuid": str(uuid.uuid5(_NAMESPACE, view.book.case.uuid)),
        "info": view.veil.text(view.book.case.title),
        "date": view.occasion.written_at[:10],
        "analysis": "1",
        "threat_level_id": "4",
        "distribution": "0",
        "published": False,
        "Tag": [{"name": f"tlp:{str(view.book.case.tlp).lower()}"}],
        "Attribute": [_misp_attribute(view, ref, found) for ref, found in by_indicator.items()],
    }
    return json.dumps({"Event": event}, indent=2, ensure_ascii=True) + "\n"


def _misp_attribute(view: View, ref: IndicatorRef, found: Sequence[Finding]) -> dict[str, Json]:
    kind, category = _MISP_TYPES.get(ref.type, ("text", "Artifacts dropped"))
    utc = sorted(filter(None, (_utc(one.event_time) for one in found if one.event_time_basis is TimeBasis.UTC)))
    attribute: dict[str, Json] = {
        "uuid": str(uuid.uuid5(_NAMESPACE, f"{view.book.case.uuid}\0{ref.type}\0{ref.value}\0{ref.set}")),
        "type": kind,
        "category": category,
        "value": ref.value,
        "to_ids": kind != "text",
        "comment": visible(
            f"MVT type {ref.type}; family {ref.family or 'unknown'}; set {ref.set}; {len(found)} findings at "
            f"{len({one.official for one in found})} officials; "
            f"{', '.join(sorted({str(one.evidence_class) for one in found}))}"
        ),
    }
    return attribute | ({"first_seen": utc[0], "last_seen": utc[-1]} if utc else {})


def as_timesketch(view: View, sealing: dict[str, SealingSeen], *, with_names: bool) -> tuple[str, int]:
    """Return JSON lines that Timesketch imports, and how many moments had no time and are not among them.

    Times of a device's local clock are written as if they were UTC and say so in `clock`.
    """
    moments = evidence.timeline(view, sealing)
    names = _renamed(view, with_names=with_names)
    lines = [line for one in moments if (line := _timesketch_line(one, names)) is not None]
    return "".join(f"{line}\n" for line in lines), len(moments) - len(lines)


def _renamed(view: View, *, with_names: bool) -> dict[str, str]:
    return {view.who(one.official.id): caller(view, one.official.id, with_names=with_names) for one in view.rows}


def _timesketch_line(one: TimelineFact, names: dict[str, str]) -> str | None:
    moment = _utc(one.at)
    if moment is None:
        return None
    return json.dumps(
        {
            "datetime": moment,
            "timestamp_desc": f"{one.kind} ({one.basis})",
            "message": one.what,
            "official": names.get(one.who, one.who),
            "clock": one.basis,
            "data_type": f"mvtcase:{one.kind}",
        },
        ensure_ascii=True,
    )
