"""The compiled form of indicator sets, as the worker reads it: a match set file in place of STIX.

The format itself is `mvtcase.matchset`, which the parent writes too; here it meets MVT's collections.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mvtcase.engine.worker.match.loader import new_collection
from mvtcase.matchset import INDICATOR_TYPES, Collection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mvtcase.matchset import MatchSet


def collections_of(matchset: MatchSet) -> Iterator[dict[str, Any]]:
    """Yield the collections of a match set as the dictionaries MVT keeps in `ioc_collections`."""
    for held in matchset.collections:
        collection = new_collection(held.id, held.name, held.description, held.file_name, held.file_path)
        collection.update((kind, list(values)) for kind, values in held.values.items())
        collection["count"] = held.count
        yield collection


def matchset_collections(collections: Iterable[Mapping[str, Any]]) -> Iterator[Collection]:
    """Yield MVT's collections as collections of a match set; labels that are no text are written as text."""
    for collection in collections:
        yield Collection(
            id=_label(collection["id"]),
            name=_label(collection["name"]),
            description=_label(collection["description"]),
            file_name=_label(collection["stix2_file_name"]),
            file_path=_label(collection["stix2_file_path"]),
            values={kind: tuple(collection[kind]) for kind in INDICATOR_TYPES if collection[kind]},
        )


def _label(value: object) -> str:
    return "" if value is None else str(value)
