"""A case as a STIX 2.1 bundle: the indicators that were found, what was observed, and a sighting for each finding told.

Ids are derived from the content, so that the same case gives the same ids. A finding that was dismissed is a revoked
sighting: who received it before learns that it no longer holds.
"""

from __future__ import annotations

import ipaddress
import json
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mvtcase.escape import visible
from mvtcase.findings.review import stands, state_of
from mvtcase.model import Tlp
from mvtcase.report.exchange import Export, about, caller, export_id, found_alone, left_of, matched, moment_of
from mvtcase.wording import say

if TYPE_CHECKING:
    from mvtcase.model import Finding, IndicatorRef
    from mvtcase.report.view import View

_TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
_TLP_MARKING = {
    Tlp.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    Tlp.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Tlp.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Tlp.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    Tlp.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
"""The TLP 2.0 marking definitions that OASIS publishes for STIX 2.1."""
_HASHES = {32: "MD5", 40: "SHA-1", 64: "SHA-256"}
"""Names of hashes by how many digits they have."""
_HASH_TYPES = {"files_md5": "MD5", "files_sha1": "SHA-1", "files_sha256": "SHA-256"}
_HASHED = frozenset({*_HASH_TYPES, "app_cert_hashes"})
_PROPERTIES = {
    "urls": "url:value",
    "emails": "email-addr:value",
    "processes": "process:image_ref.name",
    "file_names": "file:name",
    "app_ids": "software:name",
    "ios_profile_ids": "x-mvt-configuration-profile:profile_id",
    "android_property_names": "x-mvt-android-property:name",
}
"""MVT's types as object paths of STIX 2.1; what it has no object for is a custom one, whose name begins with `x-`."""


_DERIVED = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""The namespace in which STIX 2.1 derives ids of observables."""
_ANY = re.compile(r".+", re.DOTALL)
_SHAPES = {
    "domains": re.compile(
        r"(?=.{1,253}\Z)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.|\Z))+|[0-9A-Fa-f:]{2,45}"
    ),
    "urls": re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"<>\\^`{|}\x00-\x1f\x7f-\uffff]+"),
    "emails": re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+"),
    "files_md5": re.compile(r"[0-9A-Fa-f]{32}"),
    "files_sha1": re.compile(r"[0-9A-Fa-f]{40}"),
    "files_sha256": re.compile(r"[0-9A-Fa-f]{64}"),
    "app_cert_hashes": re.compile(r"(?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})"),
}
"""What a value must look like to be an observable of its kind; other values stay patterns alone."""


def as_stix(view: View, *, with_names: bool) -> Export:
    """Return the bundle. A sighting has a time only where its clock is UTC; of people in no row there is none."""
    case, found = view.book.case, matched(view)
    marking = _marking(case.tlp)
    at = _moment(case.created_at)
    reporter = _object(
        "identity",
        export_id("identity", "reporter", view.occasion.organisation),
        created=at,
        modified=at,
        name=visible(view.occasion.organisation) or "unknown",
        identity_class="organization",
    )
    common = _Common(at=at, reporter=reporter["id"], markings=[marking["id"]])
    objects = {marking["id"]: marking, reporter["id"]: reporter}
    every = [*(_objects_of(view, one, common, with_names=with_names) for one in found)]
    every += [[_indicator(ref, common)] for ref in found_alone(view)]
    for made in (each for those in every for each in those):
        objects.setdefault(made["id"], made)
    undated = sum(moment_of(one) is None for one in found)
    left = left_of(view, told=found)
    if undated:
        left = (
            *left,
            say("{n:# sighting has|# sightings have} no time: none is known, or not by a UTC clock.", n=undated),
        )
    note = common.object(
        "note",
        export_id("note", case.uuid),
        modified=_moment(max(case.created_at, view.occasion.written_at)),
        content=about(view, left),
        object_refs=[reporter["id"]],
    )
    bundle = {"type": "bundle", "id": export_id("bundle", view.book.custody_head), "objects": [*objects.values(), note]}
    return Export(data=(json.dumps(bundle, indent=2, ensure_ascii=True) + "\n").encode(), left=left)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Common:
    """What the objects of a bundle have in common: the case's time, who reports, and the marking."""

    at: str
    reporter: str
    markings: list[str]

    def object(self, kind: str, named: str, **values: object) -> dict[str, Any]:
        """Return an object of STIX that we vouch for."""
        told: dict[str, Any] = {"created_by_ref": self.reporter, "created": self.at, "modified": self.at, **values}
        return _object(kind, named, **told, object_marking_refs=self.markings)


def _object(kind: str, named: str, **values: object) -> dict[str, Any]:
    """Return an object of STIX without what is not known."""
    told = {name: value for name, value in values.items() if value is not None}
    return {"type": kind, "spec_version": "2.1", "id": named, **told}


def _moment(at: str) -> str:
    """Return a time of our clock as STIX writes it: at least three digits of a second, and no zeros behind those."""
    seconds, _, fraction = at.removesuffix("Z").partition(".")
    return f"{seconds}.{fraction[:3]:0<3}{fraction[3:].rstrip('0')}Z"


def _indicator(ref: IndicatorRef, common: _Common) -> dict[str, Any]:
    return common.object(
        "indicator",
        export_id("indicator", ref.type, ref.value),
        name=visible(f"{ref.family or 'unknown family'}: {ref.value}"),
        description=visible(f"MVT type {ref.type}; set {ref.set}"),
        indicator_types=["malicious-activity"],
        pattern=pattern_of(ref),
        pattern_type="stix",
        pattern_version="2.1",
        valid_from=common.at,
        external_references=[{"source_name": visible(ref.set) or "mvt", "external_id": visible(ref.type)}],
    )


def _objects_of(view: View, one: Finding, common: _Common, *, with_names: bool) -> list[dict[str, Any]]:
    ref = one.indicator
    assert ref is not None  # noqa: S101  # only matched findings come here
    indicator, who = _indicator(ref, common), caller(view, one.official, with_names=with_names)
    where = common.object("identity", export_id("identity", who), name=who, identity_class="individual")
    seen = _observed(one, ref, common)
    moment = moment_of(one)
    sighting = common.object(
        "sighting",
        export_id("sighting", one.id),
        modified=_moment(max(view.book.case.created_at, *(each.at for each in one.dispositions), "")),
        description=f"{one.evidence_class}, {state_of(one)}: {view.title(one)}",
        first_seen=moment,
        last_seen=moment,
        count=max(1, one.alerts),
        sighting_of_ref=indicator["id"],
        observed_data_refs=[seen[-1]["id"]] if seen else None,
        where_sighted_refs=[where["id"]],
        revoked=True if not stands(one) else None,
    )
    return [indicator, where, *seen, sighting]


def _observed(one: Finding, ref: IndicatorRef, common: _Common) -> list[dict[str, Any]]:
    """Return the observable and the observed data, nothing where no time or no observable of STIX is known."""
    moment = moment_of(one)
    if ref.type not in _OBSERVABLES or moment is None or not _SHAPES.get(ref.type, _ANY).fullmatch(ref.value):
        return []
    thing = _observable(ref, common.markings)
    data = common.object(
        "observed-data",
        export_id("observed-data", one.id),
        first_observed=moment,
        last_observed=moment,
        number_observed=max(1, one.alerts),
        object_refs=[thing["id"]],
    )
    return [thing, data]


def _observable(ref: IndicatorRef, markings: list[str]) -> dict[str, Any]:
    """Return the observable of an indicator, with the id that the standard derives from what it is."""
    kind, name = _OBSERVABLES[ref.type]
    if ref.type == "domains":
        kind = _address(ref.value)
    if ref.type == "processes":
        return _object(kind, export_id("process", ref.value), command_line=ref.value, object_marking_refs=markings)
    value = ref.value.rstrip("/").rpartition("/")[2] if ref.type == "file_paths" else ref.value
    about = {"hashes": {name: value}} if ref.type in _HASH_TYPES else {name: value}
    # What RFC 8785 writes of one text; only that of lone surrogates, which no observable holds, would differ.
    text = json.dumps(about, ensure_ascii=False, separators=(",", ":"))
    return _object(kind, f"{kind}--{uuid.uuid5(_DERIVED, text)}", **about, object_marking_refs=markings)


def pattern_of(ref: IndicatorRef) -> str:
    """Return the STIX pattern of an indicator."""
    if ref.type == "domains":
        return f"[{_address(ref.value)}:value = {_quoted(ref.value)}]"
    if ref.type == "file_paths":
        folder, _, name = ref.value.rstrip("/").rpartition("/")
        whole = f"file:name = {_quoted(name)}"
        return f"[{whole} AND file:parent_directory_ref.path = {_quoted(folder or '/')}]" if folder else f"[{whole}]"
    if ref.type in _HASHED and not _SHAPES[ref.type].fullmatch(ref.value):
        return f"[x-mvt-indicator:value = {_quoted(ref.value)}]"
    if ref.type in _HASH_TYPES:
        return f"[file:hashes.'{_HASH_TYPES[ref.type]}' = {_quoted(ref.value)}]"
    if ref.type == "app_cert_hashes":
        return f"[x509-certificate:hashes.'{_HASHES[len(ref.value)]}' = {_quoted(ref.value)}]"
    return f"[{_PROPERTIES.get(ref.type, 'x-mvt-indicator:value')} = {_quoted(ref.value)}]"


def _address(value: str) -> str:
    try:
        return f"ipv{ipaddress.ip_address(value).version}-addr"
    except ValueError:
        return "domain-name"


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


_OBSERVABLES = {
    "domains": ("domain-name", "value"),
    "urls": ("url", "value"),
    "emails": ("email-addr", "value"),
    "processes": ("process", "command_line"),
    "file_names": ("file", "name"),
    "file_paths": ("file", "name"),
    "files_md5": ("file", "MD5"),
    "files_sha1": ("file", "SHA-1"),
    "files_sha256": ("file", "SHA-256"),
    "app_ids": ("software", "name"),
}
"""What the observable of an indicator's type is, and what holds its value."""


def _marking(tlp: Tlp) -> dict[str, Any]:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": _TLP_MARKING[tlp],
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{tlp}",
        "extensions": {_TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": str(tlp).lower()}},
    }
