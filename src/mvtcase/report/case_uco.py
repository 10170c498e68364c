"""A case in the Cyber-investigation Analysis Standard Expression (CASE/UCO 1.x) as JSON-LD.

The investigation, the phones and what was taken from them, the scans as actions with their tools, and each indicator
that was found with the findings on it. Every node's identifier ends in a UUID that the same content always has.
"""

from __future__ import annotations

import ipaddress
import json
import re
import uuid
from typing import TYPE_CHECKING

from mvtcase import kinds
from mvtcase.escape import visible
from mvtcase.findings.review import state_of
from mvtcase.report.exchange import NAMESPACE, Export, about, caller, found_alone, left_of, matched, moment_of
from mvtcase.report.publication import Edition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase.model import Acquisition, Finding, IndicatorRef, Json, Scan
    from mvtcase.report.view import View

CONTEXT = {
    "kb": "http://example.org/kb/",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-analysis": "https://ontology.unifiedcyberontology.org/uco/analysis/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "uco-marking": "https://ontology.unifiedcyberontology.org/uco/marking/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_HASHES = {"files_md5": "MD5", "files_sha1": "SHA1", "files_sha256": "SHA256"}
_DIGITS = re.compile("(?:[0-9A-Fa-f]{2})+")
_Node = dict[str, "Json"]


def as_case_uco(view: View, *, with_names: bool) -> Export:
    """Return the graph; serial numbers and the like stand in it only in an internal edition."""
    found = matched(view)
    left = left_of(view, told=found)
    tlp = str(view.book.case.tlp)
    statement = _node("uco-marking:StatementMarking", "statement", tlp) | {
        "uco-marking:definitionType": "statement",
        "uco-marking:statement": f"TLP:{tlp}",
    }
    marking = _node("uco-marking:MarkingDefinition", "marking", tlp) | {
        "uco-marking:definitionType": "statement",
        "uco-marking:definition": [statement],
    }
    nodes = [*_people(view, with_names=with_names), *_phones(view), *_scans(view), *_found(view, found)]
    investigation = _node("case-investigation:Investigation", "case", view.book.case.uuid) | {
        "uco-core:name": view.veil.text(view.book.case.title),
        "uco-core:description": about(view, left),
        "case-investigation:investigationForm": "incident",
        "uco-core:object": [_to(each) for each in nodes],
    }
    marked: _Node = {"uco-core:objectMarking": [_to(marking)]}
    graph: list[Json] = [marking, *(each | marked for each in (investigation, *nodes))]
    whole: _Node = {"@context": dict(CONTEXT), "@graph": graph}
    return Export(data=(json.dumps(whole, indent=2, ensure_ascii=True) + "\n").encode(), left=left)


def _node(kind: str, *parts: str) -> _Node:
    name = kind.rpartition(":")[2].lower()
    return {"@id": f"kb:{name}-{uuid.uuid5(NAMESPACE, chr(0).join(parts))}", "@type": kind}


def _to(node: _Node) -> Json:
    return {"@id": node["@id"]}


def _typed(value: str, kind: str) -> Json:
    return {"@type": f"xsd:{kind}", "@value": value}


def _hash(method: str, value: str, *parts: str) -> _Node:
    return _node("uco-types:Hash", "hash", method, value, *parts) | {
        "uco-types:hashMethod": method,
        "uco-types:hashValue": _typed(value, "hexBinary"),
    }


def _people(view: View, *, with_names: bool) -> Iterator[_Node]:
    for one in view.rows:
        yield _node("uco-identity:Person", "person", one.official.uuid) | {
            "uco-core:name": caller(view, one.official.id, with_names=with_names)
        }


def _phones(view: View) -> Iterator[_Node]:
    """Yield the devices and acquisitions of everybody who may have a row."""
    for device in (each for one in view.rows for each in one.devices):
        identity = device.device.identity
        facet = _node("uco-observable:DeviceFacet", "device facet", device.device.uuid) | {
            "uco-observable:deviceType": visible(str(device.device.platform)),
            "uco-observable:model": visible(identity.model or identity.product_type or "unknown"),
        }
        if view.occasion.edition is Edition.INTERNAL and identity.serial:
            facet["uco-observable:serialNumber"] = visible(identity.serial)
        phone = _node("uco-observable:MobileDevice", "device", device.device.uuid) | {
            "uco-core:name": device.device.id,
            "uco-core:hasFacet": [facet],
        }
        yield phone
        for each in device.acquisitions:
            yield from _taken(each, phone)


def _taken(one: Acquisition, phone: _Node) -> Iterator[_Node]:
    content = _node("uco-observable:ContentDataFacet", "manifest facet", one.uuid) | {
        "uco-observable:hash": [_hash("SHA256", one.manifest_sha256, one.uuid)],
    }
    data = _node("uco-observable:ObservableObject", "acquisition data", one.uuid) | {
        "uco-core:name": one.id,
        "uco-core:description": f"{kinds.of(one.kind).words}; the hash is over the manifest of every file",
        "uco-core:hasFacet": [content],
    }
    yield data
    yield _node("case-investigation:ProvenanceRecord", "acquisition", one.uuid) | {
        "case-investigation:exhibitNumber": one.id,
        "uco-core:description": f"{one.files} files registered at {one.registered_at}",
        "uco-core:object": [_to(phone), _to(data)],
    }


def _scans(view: View) -> Iterator[_Node]:
    tools: dict[str, _Node] = {}
    shown = {each.device.id for one in view.rows for each in one.devices}
    for scan in view.scans:
        if scan.device in shown:
            yield from _scanned(view, scan, tools)
    yield from tools.values()


def _scanned(view: View, scan: Scan, tools: dict[str, _Node]) -> Iterator[_Node]:
    used = []
    for name, version in sorted(scan.tools.items()):
        tool = _node("uco-tool:Tool", "tool", name, version) | {
            "uco-core:name": visible(name),
            "uco-tool:version": visible(version),
        }
        used.append(tools.setdefault(str(tool["@id"]), tool))
    acquisition = next(a for d in view.devices for a in d.acquisitions if a.id == scan.acquisition)
    data = _node("uco-observable:ObservableObject", "acquisition data", acquisition.uuid)
    action = _node("case-investigation:InvestigativeAction", "scan", scan.uuid) | {
        "uco-core:name": f"{scan.id}: {visible(scan.command)}",
        "uco-core:description": f"completeness {scan.completeness}; indicators {scan.indicators_loaded}",
        "uco-action:startTime": _typed(scan.started_at, "dateTime"),
        "uco-action:instrument": [_to(each) for each in used],
        "uco-action:object": [_to(data)],
    }
    if scan.finished_at:
        action["uco-action:endTime"] = _typed(scan.finished_at, "dateTime")
    yield action


def _found(view: View, found: list[Finding]) -> Iterator[_Node]:
    """Yield each finding, and the thing that each indicator is about, found at somebody who has a row or not."""
    for one in found:
        assert one.indicator is not None  # noqa: S101  # only matched findings come here
        told = f"{one.evidence_class}, {state_of(one)}: {view.title(one)}"
        yield _node("uco-core:Annotation", "finding", one.id) | {
            "uco-core:name": one.id,
            "uco-core:statement": f"{told}; event time {moment_of(one) or 'unknown or not UTC'}; device {one.device}",
            "uco-core:tag": [str(one.evidence_class), str(state_of(one))],
            "uco-core:object": [_to(_thing(one.indicator))],
        }
    things = [_thing(ref) for ref in (*(one.indicator for one in found), *found_alone(view)) if ref]
    yield from {str(each["@id"]): each for each in reversed(things)}.values()


def _thing(ref: IndicatorRef) -> _Node:
    """Return the observable that an indicator is about."""
    kind, facet = _facet(ref)
    return _node(f"uco-observable:{kind}", "indicator", ref.type, ref.value) | {
        "uco-core:name": visible(f"{ref.family or 'unknown family'}: {ref.value}"),
        "uco-core:description": visible(f"indicator of MVT type {ref.type}, set {ref.set}"),
        **({"uco-core:hasFacet": [facet]} if facet else {}),
    }


def _facet(ref: IndicatorRef) -> tuple[str, _Node | None]:
    value = visible(ref.value)
    if ref.type == "domains":
        name = _address_kind(ref.value)
        return name, _node(f"uco-observable:{name}Facet", "facet", ref.type, ref.value) | _valued(name, value)
    simple = {
        "urls": ("URL", "fullValue", value),
        "emails": ("EmailAddress", "addressValue", value),
        "file_names": ("File", "fileName", value),
        "file_paths": ("File", "filePath", value),
    }
    if ref.type in _HASHES and _DIGITS.fullmatch(ref.value):
        facet = _node("uco-observable:ContentDataFacet", "facet", ref.type, ref.value)
        return "File", facet | {"uco-observable:hash": [_hash(_HASHES[ref.type], ref.value, "indicator", ref.type)]}
    if ref.type not in simple:
        return "Process" if ref.type == "processes" else "ObservableObject", None
    kind, field, told = simple[ref.type]
    return kind, _node(f"uco-observable:{kind}Facet", "facet", ref.type, ref.value) | {f"uco-observable:{field}": told}


def _address_kind(value: str) -> str:
    try:
        return f"IPv{ipaddress.ip_address(value).version}Address"
    except ValueError:
        return "DomainName"


def _valued(kind: str, value: str) -> _Node:
    return {f"uco-observable:{'value' if kind == 'DomainName' else 'addressValue'}": value}
