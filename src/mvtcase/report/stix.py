"""A case as a STIX 2.1 bundle: the indicators that were found, what was observed, and a sighting for each finding.

Ids are derived from the content, so that the same case gives the same ids. A finding that was dismissed is a revoked
sighting: who received it before learns that it no longer holds.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

import stix2

from mvtcase.escape import visible
from mvtcase.findings.review import stands, state_of
from mvtcase.model import Tlp
from mvtcase.report.exchange import Export, about, caller, export_id, left_of, matched, moment_of
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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


_ANY = re.compile(r".+", re.DOTALL)
_SHAPES = {
    "domains": re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.?)+|[0-9A-Fa-f:]+"),
    "urls": re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"<>\\^`{|}\x00-\x1f\x7f-\uffff]+"),
    "emails": re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+"),
}
"""What a value must look like to be an observable of its kind; other values stay patterns alone."""


def as_stix(view: View, *, with_names: bool) -> Export:
    """Return the bundle. A sighting names nobody shown only in counts, and has a time only where its clock is UTC."""
    case, found = view.book.case, matched(view)
    marking = _marking(case.tlp)
    at = case.created_at
    reporter = stix2.Identity(
        id=export_id("identity", "reporter", view.occasion.organisation),
        name=visible(view.occasion.organisation) or "unknown",
        identity_class="organization",
        created=at,
        modified=at,
    )
    common = {"object_marking_refs": [marking["id"]], "created_by_ref": reporter.id}
    objects: dict[str, Any] = {marking["id"]: marking, reporter.id: reporter}
    for one in found:
        for made in _objects_of(view, one, common, with_names=with_names):
            objects.setdefault(made["id"], made)
    undated = sum(moment_of(one) is None for one in found)
    left = left_of(view, told=found)
    if undated:
        left = (*left, say("{n} sightings have no time: none is known, or not by a UTC clock.", n=undated))
    note = stix2.Note(
        id=export_id("note", case.uuid),
        content=about(view, left),
        object_refs=[reporter.id],
        created=at,
        modified=max(at, view.occasion.written_at),
        **common,
    )
    bundle = stix2.Bundle(*objects.values(), note, id=export_id("bundle", view.book.custody_head), allow_custom=True)
    return Export(data=(str(bundle.serialize(indent=2, ensure_ascii=True)) + "\n").encode(), left=left)


def _objects_of(view: View, one: Finding, common: dict[str, Any], *, with_names: bool) -> list[Any]:
    ref = one.indicator
    assert ref is not None  # noqa: S101  # only matched findings come here
    at = view.book.case.created_at
    indicator = stix2.Indicator(
        id=export_id("indicator", ref.type, ref.value),
        name=visible(f"{ref.family or 'unknown family'}: {ref.value}"),
        description=visible(f"MVT type {ref.type}; set {ref.set}"),
        indicator_types=["malicious-activity"],
        pattern=pattern_of(ref),
        pattern_type="stix",
        valid_from=at,
        created=at,
        modified=at,
        external_references=[{"source_name": visible(ref.set) or "mvt", "external_id": visible(ref.type)}],
        **common,
    )
    who = caller(view, one.official, with_names=with_names)
    where = stix2.Identity(
        id=export_id("identity", who), name=who, identity_class="individual", created=at, modified=at, **common
    ) if who else None  # fmt: skip
    seen = _observed(one, ref, at, common)
    sighting = stix2.Sighting(
        id=export_id("sighting", one.id),
        sighting_of_ref=indicator.id,
        observed_data_refs=[seen[-1]["id"]] if seen else None,
        where_sighted_refs=[where.id] if where else None,
        count=max(1, one.alerts),
        description=f"{one.evidence_class}, {state_of(one)}: {view.title(one)}",
        created=at,
        modified=max(at, *(each.at for each in one.dispositions), ""),
        revoked=not stands(one),
        **_times(one),
        **common,
    )
    return [each for each in (indicator, where, *seen, sighting) if each is not None]


def _times(one: Finding) -> dict[str, str]:
    moment = moment_of(one)
    return {"first_seen": moment, "last_seen": moment} if moment else {}


def _observed(one: Finding, ref: IndicatorRef, at: str, common: dict[str, Any]) -> list[Any]:
    """Return the observable and the observed data, nothing where no time or no observable of STIX is known."""
    make, moment = _OBSERVABLES.get(ref.type), moment_of(one)
    if make is None or moment is None or not _SHAPES.get(ref.type, _ANY).fullmatch(ref.value):
        return []
    thing = make(ref.value, {"object_marking_refs": common["object_marking_refs"]})
    data = stix2.ObservedData(
        id=export_id("observed-data", one.id),
        first_observed=moment,
        last_observed=moment,
        number_observed=max(1, one.alerts),
        object_refs=[thing.id],
        created=at,
        modified=at,
        **common,
    )
    return [thing, data]


def pattern_of(ref: IndicatorRef) -> str:
    """Return the STIX pattern of an indicator."""
    if ref.type == "domains":
        return f"[{_address(ref.value)}:value = {_quoted(ref.value)}]"
    if ref.type == "file_paths":
        folder, _, name = ref.value.rstrip("/").rpartition("/")
        whole = f"file:name = {_quoted(name)}"
        return f"[{whole} AND file:parent_directory_ref.path = {_quoted(folder or '/')}]" if folder else f"[{whole}]"
    if ref.type in _HASH_TYPES:
        return f"[file:hashes.'{_HASH_TYPES[ref.type]}' = {_quoted(ref.value)}]"
    if ref.type == "app_cert_hashes":
        kind = _HASHES.get(len(ref.value), "SHA-256")
        return f"[x509-certificate:hashes.'{kind}' = {_quoted(ref.value)}]"
    return f"[{_PROPERTIES.get(ref.type, 'x-mvt-indicator:value')} = {_quoted(ref.value)}]"


def _address(value: str) -> str:
    try:
        return f"ipv{ipaddress.ip_address(value).version}-addr"
    except ValueError:
        return "domain-name"


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _domain(value: str, marked: Mapping[str, Any]) -> Any:  # noqa: ANN401  # the library has no types
    kinds = {"ipv4-addr": stix2.IPv4Address, "ipv6-addr": stix2.IPv6Address, "domain-name": stix2.DomainName}
    return kinds[_address(value)](value=value, **marked)


_OBSERVABLES: dict[str, Callable[[str, Mapping[str, Any]], Any]] = {
    "domains": _domain,
    "urls": lambda value, marked: stix2.URL(value=value, **marked),
    "emails": lambda value, marked: stix2.EmailAddress(value=value, **marked),
    "processes": lambda value, marked: stix2.Process(id=export_id("process", value), command_line=value, **marked),
    "file_names": lambda value, marked: stix2.File(name=value, **marked),
    "file_paths": lambda value, marked: stix2.File(name=value.rstrip("/").rpartition("/")[2], **marked),
    "files_md5": lambda value, marked: stix2.File(hashes={"MD5": value}, **marked),
    "files_sha1": lambda value, marked: stix2.File(hashes={"SHA-1": value}, **marked),
    "files_sha256": lambda value, marked: stix2.File(hashes={"SHA-256": value}, **marked),
    "app_ids": lambda value, marked: stix2.Software(name=value, **marked),
}
"""What makes the observable of an indicator's type."""


def _marking(tlp: Tlp) -> dict[str, Any]:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": _TLP_MARKING[tlp],
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{tlp}",
        "extensions": {_TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": str(tlp).lower()}},
    }
