"""STIX files read into MVT's collections in linear time.

MVT compares each indicator with each report reference and each relationship, and each value with each value before it.
Here the same questions are asked of dictionaries. A file of a shape that MVT would stumble over goes to MVT's own
loader, so it gets the same collections or the same exception. Facts: `Indicators.parse_stix2`, release 2026.10.26.
"""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING, Any

from mvt.common.indicators import Indicators

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence
    from logging import Logger

PATTERN_TYPES: dict[str, str] = {
    "domain-name:value": "domains",
    "ipv4-addr:value": "domains",
    "process:name": "processes",
    "email-addr:value": "emails",
    "file:name": "file_names",
    "file:path": "file_paths",
    "file:hashes.md5": "files_md5",
    "file:hashes.sha1": "files_sha1",
    "file:hashes.sha256": "files_sha256",
    "app:cert.md5": "app_cert_hashes",
    "app:cert.sha1": "app_cert_hashes",
    "app:cert.sha256": "app_cert_hashes",
    "app:id": "app_ids",
    "configuration-profile:id": "ios_profile_ids",
    "android-property:name": "android_property_names",
    "url:value": "urls",
}
"""The left sides of a pattern that MVT knows, and the list of a collection each one goes to."""

LOWERED = frozenset({"domain-name:value", "email-addr:value"})

logger = logging.getLogger(__name__)


def new_collection(
    identity: object, name: object, description: object, file_name: object, file_path: object
) -> dict[str, Any]:
    """Return an empty collection of MVT's own making."""
    # Made by MVT so that a list it adds in a later release is there too; the method uses nothing of its object.
    make = Indicators._new_collection  # noqa: SLF001 - MVT has no public way to make one
    collection: dict[str, Any] = make(None, identity, name, description, file_name, file_path)
    return collection


def load_collections(paths: Sequence[str], *, strict: bool = True, log: Logger = logger) -> list[dict[str, Any]]:
    """Return the collections MVT would hold after parsing these STIX files in this order.

    Strict, it raises what MVT raises: `ValueError` on a pattern without exactly one "=", `KeyError` on an object
    without its id, and so on. Otherwise an indicator with such a pattern is left out with a warning, and the rest is
    kept.
    """
    read = _read_as_stock if strict else _read_leniently
    return [collection for path in paths for collection in read(path, log)]


def read_stix(path: str, log: Logger, *, strict: bool = True) -> list[dict[str, Any]]:
    """Return the collections of one STIX file.

    Raises some exception on every file over which MVT's loader may stumble, so that the caller asks that one instead.
    Text that is no JSON gives no collection and a warning, as in MVT.
    """
    with open(path, encoding="utf-8") as handle:  # noqa: PTH123 - MVT is given texts, and they may be no valid path
        try:
            data = json.load(handle)
        except json.JSONDecodeError:
            log.warning("Unable to parse STIX2 indicator file. The file is corrupted or in the wrong format!")
            return []
    builders = _filled(data, path, log, strict=strict)
    log.info("Parsing STIX2 indicators file at path '%s'", path)
    for builder in builders:
        log.debug('Extracted %d indicators for collection with name "%s"', builder.count, builder.name)
    return [builder.finished() for builder in builders]


class _Builder:
    """One collection being filled; its lists are dictionaries so that a duplicate is seen at once."""

    __slots__ = ("_labels", "_lists", "name")

    def __init__(self, identity: object, name: object, description: object, path: str) -> None:
        self.name = name
        self._labels = (identity, name, description, os.path.basename(path), path)  # noqa: PTH119 - as MVT names it
        self._lists: dict[str, dict[str, None]] = {}

    @property
    def count(self) -> int:
        return sum(map(len, self._lists.values()))

    def add(self, pattern: Any, log: Logger) -> None:  # noqa: ANN401 - MVT takes what the JSON holds and raises on what is no text
        left, value = pattern.strip("[]").split("=")
        key = _normal_key(left.strip())
        kind = PATTERN_TYPES.get(key)
        if kind is None:
            log.debug("Can't add indicator %s, type %s not supported", value, key)
            return
        value = value.lower() if key in LOWERED else value
        self._lists.setdefault(kind, {})[value.replace("'", "").strip()] = None

    def finished(self) -> dict[str, Any]:
        collection = new_collection(*self._labels)
        collection.update((kind, list(values)) for kind, values in self._lists.items())
        collection["count"] = self.count
        return collection


def _filled(data: Any, path: str, log: Logger, *, strict: bool) -> list[_Builder]:  # noqa: ANN401 - what a JSON file holds
    objects = data.get("objects", [])
    # Each is asked for its name, one whose id comes again, too: MVT stumbles over it.
    malware = {
        entry["id"]: (entry["id"], entry["name"], entry.get("description", ""))
        for entry in _of_type(objects, "malware")
    }
    reports = _of_type(objects, "report")
    labels = [*malware.values()]
    labels += [(entry["id"], entry.get("name", ""), entry.get("description", "")) for entry in reports]
    builders = [_Builder(*label, path) for label in labels]
    default = _Builder("0", "Default collection", "Collection with IOCs unrelated to malware or reports", path)
    # Reversed, because of collections with one id MVT takes the first.
    by_id = {label[0]: builder for label, builder in zip(reversed(labels), reversed(builders), strict=True)}
    membership = _membership(malware, reports, _of_type(objects, "relationship"))
    for indicator in _of_type(objects, "indicator"):
        owner = membership.get(indicator["id"])
        _add(default if owner is None else by_id[owner], indicator, log, strict=strict)
    return [*builders, default] if default.count else builders


def _of_type(objects: Iterable[dict[str, Any]], wanted: str) -> list[dict[str, Any]]:
    return [entry for entry in objects if entry.get("type", "") == wanted]


def _membership(
    malware: Container[object], reports: Iterable[dict[str, Any]], relationships: Iterable[dict[str, Any]]
) -> dict[object, object]:
    """Return the collection each indicator goes to: the last report naming it, else its first related malware."""
    by_relationship: dict[object, object] = {}
    for relationship in relationships:
        source, target = relationship["source_ref"], relationship["target_ref"]
        if target in malware:
            by_relationship.setdefault(source, target)
        else:
            # An unhashable source is MVT's to judge, so it must raise here.
            hash(source)
    by_report = {ref: report["id"] for report in reports for ref in report.get("object_refs", [])}
    # A report without an id counts for MVT as none.
    return by_relationship | {ref: owner for ref, owner in by_report.items() if owner is not None}


def _add(builder: _Builder, indicator: dict[str, Any], log: Logger, *, strict: bool) -> None:
    try:
        builder.add(indicator.get("pattern", ""), log)
    except (ValueError, AttributeError):
        if strict:
            raise
        log.warning("Left out indicator %s: MVT cannot read its pattern", indicator["id"])


def _normal_key(key: str) -> str:
    for separator in ("hashes.", "cert."):
        if separator in key:
            prefix, _, algorithm = key.partition(separator)
            return prefix + separator + algorithm.replace("'", "").replace("-", "").lower()
    return key


def _read_leniently(path: str, log: Logger) -> list[dict[str, Any]]:
    return read_stix(path, log, strict=False)


def _read_as_stock(path: str, log: Logger) -> list[dict[str, Any]]:
    try:
        return read_stix(path, log)
    except Exception:  # noqa: BLE001 - whatever is wrong with the file, MVT's own code decides what happens then
        return _stock_collections(path, log)


def _stock_collections(path: str, log: Logger) -> list[dict[str, Any]]:
    stock = Indicators(log)
    stock.parse_stix2(path)
    collections: list[dict[str, Any]] = stock.ioc_collections
    return collections
