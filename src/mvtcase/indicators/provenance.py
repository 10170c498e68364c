"""What a STIX bundle says about itself: who published it, when, under which marking, about which families."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mvtcase.indicators.ledger import Origin
from mvtcase.indicators.verdicts import shortened
from mvtcase.model import Tlp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_REFERENCES = 100

_TLP_MARKINGS = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": Tlp.CLEAR,
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": Tlp.GREEN,
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": Tlp.AMBER,
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": Tlp.RED,
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": Tlp.CLEAR,
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": Tlp.GREEN,
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": Tlp.AMBER,
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": Tlp.AMBER_STRICT,
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": Tlp.RED,
}
"""The fixed ids of the TLP markings: STIX 2.1 section 7.2.1.4 (TLP 1.0) and the OASIS extension for TLP 2.0."""

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z")


def origin_of(objects: Mapping[str, list[dict[str, Any]]]) -> Origin:
    """Return what the objects of a bundle, by their types, say about its origin."""
    named = [*objects.get("malware", []), *objects.get("report", [])]
    reports = [shortened(name) for name in _texts(objects.get("report", []), "name")]
    return Origin(
        title=reports[0] if len(reports) == 1 else "",
        publisher=_publisher(objects.get("identity", [])),
        tlp=_tlp(objects),
        published_at=_published(objects),
        references=tuple(dict.fromkeys(_references(named)))[:MAX_REFERENCES],
        families=tuple(dict.fromkeys(shortened(name) for name in _texts(objects.get("malware", []), "name"))),
    )


def _texts(entries: list[dict[str, Any]], key: str) -> Iterator[str]:
    return (entry[key] for entry in entries if isinstance(entry.get(key), str) and entry[key].strip())


def _publisher(identities: list[dict[str, Any]]) -> str:
    return shortened(next(_texts(identities, "name"), ""))


def _published(objects: Mapping[str, list[dict[str, Any]]]) -> str | None:
    """Return the latest time at which an object of the bundle was changed."""
    moments = (
        entry.get(key)
        for entries in objects.values()
        for entry in entries
        for key in ("modified", "published", "created")
    )
    return max((each for each in moments if isinstance(each, str) and _MOMENT.fullmatch(each)), default=None)


def _tlp(objects: Mapping[str, list[dict[str, Any]]]) -> str:
    """Return the strictest TLP marking that any object carries."""
    order = [Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.AMBER_STRICT, Tlp.RED]
    found = {
        _TLP_MARKINGS[reference]
        for entries in objects.values()
        for entry in entries
        if isinstance(entry.get("object_marking_refs"), list)
        for reference in entry["object_marking_refs"]
        if isinstance(reference, str) and reference in _TLP_MARKINGS
    }
    return str(max(found, key=order.index)) if found else ""


def _references(entries: list[dict[str, Any]]) -> Iterator[str]:
    for entry in entries:
        references = entry.get("external_references")
        for reference in references if isinstance(references, list) else ():
            url = reference.get("url") if isinstance(reference, dict) else None
            if isinstance(url, str) and url.startswith(("https://", "http://")):
                yield shortened(url)
