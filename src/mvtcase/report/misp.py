"""A case as a MISP event: an object for each indicator that was found, and a sighting for each finding of it.

It names nobody. `to_ids` is said only of what two examiners confirmed; what was dismissed is a false-positive sighting.
"""

from __future__ import annotations

import ipaddress
import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.canon import parse_timestamp
from mvtcase.escape import visible
from mvtcase.findings.review import DISMISSED, stands, state_of
from mvtcase.model import FindingState
from mvtcase.report.exchange import NAMESPACE, Export, about, found_alone, left_of, matched, moment_of
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mvtcase.model import Finding, IndicatorRef, Json
    from mvtcase.report.view import View

_SEEN, _FALSE_POSITIVE = "0", "1"
"""MISP's types of sightings."""
_NETWORK, _INSTALLATION = "Network activity", "Payload installation"


@dataclass(frozen=True, slots=True)
class _Form:
    """How MISP writes an indicator: the object's template, the attribute's place in it, its type and category."""

    template: str
    relation: str
    type: str
    category: str


_TEMPLATES = {
    "domain-ip": ("43b3b146-77eb-4931-b4cc-b66c60f28734", "11", "network"),
    "url": ("60efb77b-40b5-4c46-871b-ed1ed999fce5", "10", "network"),
    "email": ("a0c666e0-fc65-4be8-b48f-3423d788b552", "19", "network"),
    "process": ("02aeef94-ac23-455c-addb-731757ceafb5", "10", "misc"),
    "file": ("688c46fb-5edb-40a3-8273-1af7923e2215", "25", "file"),
    "android-app": ("92836f23-4730-4eae-82ac-9f00d5299735", "2", "file"),
    "x509": ("d1ab756a-26b5-4349-9f43-765630f0911c", "14", "network"),
}
"""Identifier, version and meta-category of the object templates that the MISP project publishes."""
_FORMS = {
    "domains": _Form("domain-ip", "domain", "domain", _NETWORK),
    "urls": _Form("url", "url", "url", _NETWORK),
    "emails": _Form("email", "from", "email-src", "Payload delivery"),
    "processes": _Form("process", "name", "text", "Other"),
    "file_names": _Form("file", "filename", "filename", _INSTALLATION),
    "file_paths": _Form("file", "fullpath", "text", "Other"),
    "files_md5": _Form("file", "md5", "md5", _INSTALLATION),
    "files_sha1": _Form("file", "sha1", "sha1", _INSTALLATION),
    "files_sha256": _Form("file", "sha256", "sha256", _INSTALLATION),
    "app_ids": _Form("android-app", "appid", "text", "Other"),
}
_CERTIFICATES = {32: "md5", 40: "sha1", 64: "sha256"}


def as_misp(view: View) -> Export:
    """Return the event."""
    case, found = view.book.case, matched(view)
    by_indicator: dict[tuple[str, str], tuple[IndicatorRef, list[Finding]]] = {}
    for one in found:
        if one.indicator:
            by_indicator.setdefault((one.indicator.type, one.indicator.value), (one.indicator, []))[1].append(one)
    alone = {(ref.type, ref.value): ref for ref in found_alone(view)}
    for key, ref in alone.items():
        by_indicator.setdefault(key, (ref, []))
    left = left_of(view, told=found)
    if undated := sum(moment_of(one) is None for one in found):
        left = (
            *left,
            say("{n:# sighting has|# sightings have} no time: none is known, or not by a UTC clock.", n=undated),
        )
    objects, attributes = [], [_note(view, about(view, left))]
    for key, (ref, those) in by_indicator.items():
        form, attribute = _attribute(view, ref, those, elsewhere=key in alone)
        if form is None:
            attributes.append(attribute)
        else:
            objects.append(_object(view, form, attribute))
    event: dict[str, Json] = {
        "uuid": _uuid(view, "event"),
        "info": view.veil.text(case.title),
        "date": view.occasion.written_at[:10],
        "timestamp": _epoch(view.occasion.written_at),
        "analysis": "1",
        "threat_level_id": "4",
        "distribution": "0",
        "published": False,
        "Tag": [{"name": f"tlp:{str(case.tlp).lower()}"}],
        "Attribute": attributes,
        "Object": objects,
    }
    return Export(data=(json.dumps({"Event": event}, indent=2, ensure_ascii=True) + "\n").encode(), left=left)


def _uuid(view: View, *parts: str) -> str:
    return str(uuid.uuid5(NAMESPACE, "\0".join(("misp", view.book.case.uuid, *parts))))


def _epoch(moment: str) -> str:
    return str(int(parse_timestamp(moment).timestamp()))


def _note(view: View, text: str) -> Json:
    return {
        "uuid": _uuid(view, "note"),
        "type": "comment",
        "category": "Internal reference",
        "value": text,
        "to_ids": False,
        "disable_correlation": True,
    }


def _form(ref: IndicatorRef) -> _Form | None:
    """Return how MISP writes an indicator, None where it has no object for it."""
    if ref.type == "app_cert_hashes":
        kind = f"x509-fingerprint-{_CERTIFICATES.get(len(ref.value), 'sha256')}"
        return _Form("x509", kind, kind, _NETWORK)
    if ref.type == "domains" and _is_address(ref.value):
        return _Form("domain-ip", "ip", "ip-dst", _NETWORK)
    return _FORMS.get(ref.type)


def _is_address(value: str) -> bool:
    try:
        return bool(ipaddress.ip_address(value))
    except ValueError:
        return False


def _attribute(
    view: View, ref: IndicatorRef, found: Sequence[Finding], *, elsewhere: bool
) -> tuple[_Form | None, dict[str, Json]]:
    form = _form(ref)
    standing = [one for one in found if stands(one)]
    times = sorted(filter(None, map(moment_of, standing)))
    people = len({one.official for one in standing})
    classes = ", ".join(sorted({str(one.evidence_class) for one in found}))
    counted = f"findings standing: {len(standing)}, dismissed: {len(found) - len(standing)}; officials: {people}"
    counted = f"of people in rows, {counted}" if view.counted_only else counted
    numbers = "; ".join(
        [*((counted, classes) if found else ()), *(["found at people who may be in no row"] if elsewhere else [])]
    )
    attribute: dict[str, Json] = {
        "uuid": _uuid(view, "attribute", ref.type, ref.value),
        "type": form.type if form else "text",
        "category": form.category if form else "Other",
        "value": ref.value,
        "to_ids": any(state_of(one) is FindingState.CONFIRMED for one in found),
        "comment": visible(f"MVT type {ref.type}; family {ref.family or 'unknown'}; set {ref.set}; {numbers}"),
        "Sighting": [_sighting(view, one) for one in found],
    }
    return form, attribute | ({"first_seen": times[0], "last_seen": times[-1]} if times else {})


def _sighting(view: View, one: Finding) -> Json:
    """Return a sighting; without a known time it has none, and the receiving server dates it by its arrival."""
    told: dict[str, Json] = {
        "uuid": _uuid(view, "sighting", one.id),
        "type": _FALSE_POSITIVE if state_of(one) in DISMISSED else _SEEN,
        "source": f"mvtcase {one.id}",
    }
    moment = moment_of(one)
    return told | ({"date_sighting": _epoch(moment)} if moment else {})


def _object(view: View, form: _Form, attribute: dict[str, Json]) -> Json:
    template, version, category = _TEMPLATES[form.template]
    return {
        "uuid": _uuid(view, "object", str(attribute["uuid"])),
        "name": form.template,
        "meta-category": category,
        "template_uuid": template,
        "template_version": version,
        "distribution": "5",
        "Attribute": [attribute | {"object_relation": form.relation}],
    }
