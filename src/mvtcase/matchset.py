"""The match set: the neutral, ordered form of the indicators a scan uses, and the one file it is kept in.

It stands between the indicator sets (which write it) and the worker's matcher (which reads it), and it carries what
STIX as MVT reads it cannot: any text is a value, also one holding "=" or a quote. The file has two lines::

    {"collections": …, "format": "mvtcase-matchset", "indicators": …, "sha256": …, "sources": […], "version": 1}
    [{"description": …, "file_name": …, "file_path": …, "id": …, "name": …, "values": {"domains": […], …}}, …]

The first line is the header, the second the ordered collections; both are canonical ASCII JSON, so lone surrogates
survive. The digest is that of both lines, taken while the header had none. JSON and not pickle or marshal, because
reading those runs what a hostile file says; and the standard library parses JSON in C, so half a million indicators
load in under a second.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mvtcase.canon import canonical_json, digest, sha256_bytes
from mvtcase.files import write_atomically
from mvtcase_readers.regular import open_untouched

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

FORMAT_NAME = "mvtcase-matchset"
FORMAT_VERSION = 1

MAX_FILE_BYTES = 1 << 30
"""A match set file over this is refused; half a million indicators take about 25 MB."""

INDICATOR_TYPES: tuple[str, ...] = (
    "domains",
    "processes",
    "emails",
    "file_names",
    "file_paths",
    "files_md5",
    "files_sha1",
    "files_sha256",
    "app_cert_hashes",
    "app_ids",
    "ios_profile_ids",
    "android_property_names",
    "urls",
)
"""The lists of a collection by the names MVT gives them (`Indicators._new_collection`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """One malware family, report or default collection with its indicators, as MVT groups them.

    `file_name` and `file_path` are those of the set's file as MVT would name them in matches and in `info.json`.
    `values` maps a name of `INDICATOR_TYPES` to its values in order and without duplicates; a type without any may be
    absent.
    Raises `ValueError` on a type that MVT does not have.
    """

    id: str
    name: str
    description: str = ""
    file_name: str = ""
    file_path: str = ""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = set(self.values) - set(INDICATOR_TYPES)
        if unknown:
            raise ValueError(f"MVT has no indicator type {', '.join(sorted(unknown))}")

    @property
    def count(self) -> int:
        """The number of indicators of all types."""
        return sum(map(len, self.values.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSet:
    """The ordered collections of all sets of a scan, and the SHA-256 of each set in loading order.

    The order is part of the meaning: where two collections hold a value, MVT answers with the first one, for domains
    with the last one.
    """

    collections: tuple[Collection, ...]
    sources: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """The number of indicators MVT would call `total_ioc_count`."""
        return sum(collection.count for collection in self.collections)

    def counts(self) -> dict[str, int]:
        """Return the number of indicators by type, every type named."""
        return {
            kind: sum(len(collection.values.get(kind, ())) for collection in self.collections)
            for kind in INDICATOR_TYPES
        }


def matchset_name(sources: Sequence[str]) -> str:
    """Return the file name under which the match set of these source digests, in this order, is cached."""
    return f"{digest([FORMAT_NAME, FORMAT_VERSION, *sources])}.matchset"


def write_matchset(path: Path, collections: Iterable[Collection], sources: Sequence[str]) -> MatchSet:
    """Write a match set file and return what was written: it is there whole or not at all, for its owner only.

    `sources` are the SHA-256 of the source sets in loading order. Raises `OSError`.
    """
    matchset = MatchSet(collections=tuple(collections), sources=tuple(sources))
    write_atomically(path, _encoded(matchset))
    return matchset


def read_matchset(path: Path) -> MatchSet:
    """Return the match set of a file, after checking its digest, counts and shape.

    Raises `ValueError` with a plain sentence when the file is damaged or of another version, `OSError` when it cannot
    be read.
    """
    content = _read_bounded(path)
    header_line, separator, body = content.partition(b"\n")
    if not separator:
        raise _unusable(path, "its header line is missing")
    header = _read_header(path, header_line)
    if header.pop("sha256", None) != _digest(header, body):
        raise _unusable(path, "its content does not have the digest written in its header")
    try:
        matchset = _decoded(json.loads(body), header["sources"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _unusable(path, "its collections are malformed") from error
    if (len(matchset.collections), matchset.count) != (header.get("collections"), header.get("indicators")):
        raise _unusable(path, "it does not hold as many indicators as its header says")
    return matchset


def _encoded(matchset: MatchSet) -> bytes:
    body = canonical_json([_collection_json(collection) for collection in matchset.collections]).encode("ascii")
    header = {
        "format": FORMAT_NAME,
        "version": FORMAT_VERSION,
        "sources": list(matchset.sources),
        "collections": len(matchset.collections),
        "indicators": matchset.count,
    }
    return _line(header | {"sha256": _digest(header, body)}) + body


def _line(header: Mapping[str, Any]) -> bytes:
    return canonical_json(header).encode("ascii") + b"\n"


def _digest(header: Mapping[str, Any], body: bytes) -> str:
    return sha256_bytes(_line(header) + body)


def _collection_json(collection: Collection) -> dict[str, object]:
    return {
        "id": collection.id,
        "name": collection.name,
        "description": collection.description,
        "file_name": collection.file_name,
        "file_path": collection.file_path,
        "values": {kind: list(values) for kind, values in collection.values.items() if values},
    }


def _read_bounded(path: Path) -> bytes:
    with os.fdopen(open_untouched(path), "rb") as handle:
        content = handle.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise _unusable(path, f"it is larger than {MAX_FILE_BYTES} bytes")
    return content


def _read_header(path: Path, line: bytes) -> dict[str, Any]:
    try:
        header: Any = json.loads(line)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or header.get("format") != FORMAT_NAME:
        raise _unusable(path, "it is no match set file")
    if header.get("version") != FORMAT_VERSION:
        raise _unusable(path, f"it has format version {header.get('version')!r}, this program reads {FORMAT_VERSION}")
    return header


def _decoded(body: Any, sources: Any) -> MatchSet:  # noqa: ANN401 - what a JSON file holds is not known before it is checked
    if not isinstance(body, list):
        raise TypeError("expected a list of collections")
    return MatchSet(
        collections=tuple(_decoded_collection(entry) for entry in body),
        sources=tuple(_texts(sources)),
    )


def _decoded_collection(entry: Any) -> Collection:  # noqa: ANN401 - as above
    labels = _texts([entry[key] for key in ("id", "name", "description", "file_name", "file_path")])
    return Collection(
        id=labels[0],
        name=labels[1],
        description=labels[2],
        file_name=labels[3],
        file_path=labels[4],
        values={kind: tuple(_texts(values)) for kind, values in entry["values"].items()},
    )


def _texts(values: Any) -> list[str]:  # noqa: ANN401 - as above
    if not isinstance(values, list) or not all(type(value) is str for value in values):
        raise TypeError("expected a list of texts")
    return values


def _unusable(path: Path, reason: str) -> ValueError:
    return ValueError(f"The match set {path} cannot be used: {reason}")
