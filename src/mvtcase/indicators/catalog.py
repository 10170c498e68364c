"""The catalog `iocs/catalog.toml`: which sets come with mvtcase, and where `iocs update` fetches the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli

import mvtcase
from mvtcase.errors import IndicatorFileError
from mvtcase.indicators.passport import Details

if TYPE_CHECKING:
    from collections.abc import Mapping

CATALOG_NAME = "catalog.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One set: its name, its file (built in) or URL (to be fetched), and what the catalog says of it."""

    name: str
    file: str = ""
    url: str = ""
    details: Details = field(default_factory=Details)


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A published list of sets as MVT's `download-iocs` reads it; `names` maps a path in it to our name for the set.

    `classes` maps a path to the class of family that its set is about. `raw_url` is the address of a file on GitHub
    with the places `{owner}`, `{repo}`, `{branch}` and `{path}`.
    """

    name: str
    url: str
    raw_url: str
    names: Mapping[str, str]
    licences: Mapping[str, str]
    classes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """A catalog file read. `allow_loopback_http` is for tests: plain http to 127.0.0.1 besides https."""

    built_in: tuple[Source, ...] = ()
    sources: tuple[Source, ...] = ()
    indexes: tuple[Index, ...] = ()
    allow_loopback_http: bool = False


def builtin_folder() -> Path:
    """Return the folder of the sets that come with mvtcase: inside an installed package, else the checkout's own."""
    package = Path(mvtcase.__file__).resolve().parent
    packed = package / "_iocs"
    return packed if packed.is_dir() else package.parents[1] / "iocs"


def load_catalog(path: Path | None = None) -> Catalog:
    """Return a catalog file's content, by default that of the one that comes with mvtcase.

    Raises `IndicatorFileError` when it is missing or no catalog.
    """
    path = path or builtin_folder() / CATALOG_NAME
    try:
        table = tomli.loads(path.read_text("utf-8"))
        return Catalog(
            built_in=tuple(map(_source, table.get("builtin", []))),
            sources=tuple(map(_source, table.get("source", []))),
            indexes=tuple(map(_index, table.get("index", []))),
            allow_loopback_http=table.get("allow_loopback_http") is True,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndicatorFileError("The catalog {path} cannot be read: {error}.", path=path, error=error) from error


def _source(table: dict[str, Any]) -> Source:
    keys = ("title", "publisher", "licence", "tlp", "published_at", "family", "as_of")
    return Source(
        name=str(table["name"]),
        file=str(table.get("file", "")),
        url=str(table.get("url", "")),
        details=Details(
            **{key: str(table[key]) for key in keys if key in table},
            source_url=str(table.get("source_url", table.get("url", ""))),
            references=tuple(map(str, table.get("references", []))),
            family_class=str(table.get("class", "")),
        ),
    )


def _index(table: dict[str, Any]) -> Index:
    return Index(
        name=str(table["name"]),
        url=str(table["url"]),
        raw_url=str(table["raw_url"]),
        names={str(path): str(name) for path, name in table.get("names", {}).items()},
        licences={str(repository): str(licence) for repository, licence in table.get("licences", {}).items()},
        classes={str(path): str(name) for path, name in table.get("classes", {}).items()},
    )
