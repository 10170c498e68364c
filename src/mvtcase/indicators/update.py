"""New versions of the sets named in a catalog: fetched first, each then imported whole or not at all."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import yaml

from mvtcase.errors import ConflictError, IndicatorError, InputError, UpdateError
from mvtcase.indicators.catalog import Source
from mvtcase.indicators.fetching import HttpsFetcher
from mvtcase.indicators.files import MIB
from mvtcase.indicators.passport import Details

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from mvtcase.indicators.catalog import Catalog, Index
    from mvtcase.indicators.fetching import Fetch
    from mvtcase.indicators.library import ImportOutcome, IndicatorLibrary

    OnProgress = Callable[[str, int, int], None]

MAX_INDEX_BYTES = 4 * MIB
MAX_SETS = 500

_PART = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_PATH = re.compile(r"[A-Za-z0-9_. -]{1,200}(?:/[A-Za-z0-9_. -]{1,200})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatedSet:
    """What became of one set: imported (`outcome`), or why not (`failure`); then the version at hand stays."""

    name: str
    url: str
    etag: str = ""
    sha256: str = ""
    outcome: ImportOutcome | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateReport:
    """What an update did, set by set; `failures` are sentences, also about an index that could not be read."""

    sets: tuple[UpdatedSet, ...]
    failures: tuple[str, ...] = ()
    left_out: tuple[Source, ...] = ()
    """Sets of a class that nobody asked for, and that are not at hand."""


def update(
    library: IndicatorLibrary,
    catalog: Catalog,
    *,
    classes: Collection[str] = (),
    fetch: Fetch | None = None,
    on_progress: OnProgress | None = None,
) -> UpdateReport:
    """Fetch every set a catalog names and import what is new; return what changed.

    Sets of a class of their own, such as stalkerware, are fetched when `classes` name it or they are at hand already.
    `on_progress` hears the name of the set being fetched, its place and how many there are. What cannot be fetched or
    read leaves the version at hand as it is and is listed. Raises `UpdateError` when nothing at all could be fetched.
    """
    fetch = fetch or HttpsFetcher(allow_loopback_http=catalog.allow_loopback_http)
    named, failures = _all_sources(catalog, fetch)
    sources = [each for each in named if _is_wanted(each, library, classes)]
    updated = []
    for place, source in enumerate(sources, 1):
        if on_progress is not None:
            on_progress(source.name, place, len(sources))
        updated.append(_updated(library, source, fetch))
    failures += [f"{each.name}: {each.failure}" for each in updated if each.failure]
    if not any(each.outcome for each in updated):
        raise UpdateError("No indicator set could be fetched. {failures}", failures=" ".join(failures[:5]))
    left_out = tuple(each for each in named if each not in sources)
    return UpdateReport(sets=tuple(updated), failures=tuple(failures), left_out=left_out)


def _is_wanted(source: Source, library: IndicatorLibrary, classes: Collection[str]) -> bool:
    family_class = source.details.family_class
    return not family_class or family_class in classes or bool(library.versions(source.name))


def _updated(library: IndicatorLibrary, source: Source, fetch: Fetch) -> UpdatedSet:
    result = UpdatedSet(name=source.name, url=source.url)
    try:
        fetched = fetch(source.url)
        result = replace(result, etag=fetched.etag)
        file_name = source.url.rpartition("/")[2]
        details = replace(source.details, source_url=source.url)
        outcome = library.import_bytes(fetched.data, file_name, name=source.name, details=details)
    except (IndicatorError, ConflictError, InputError) as error:
        return replace(result, failure=str(error))
    library.note_checked(source.name)
    return replace(result, outcome=outcome, sha256=outcome.passport.sha256)


def _all_sources(catalog: Catalog, fetch: Fetch) -> tuple[list[Source], list[str]]:
    """Return the catalog's own sources and those of its indexes, each address and name once."""
    sources = {source.url: source for source in catalog.sources if source.url}
    failures = []
    for index in catalog.indexes:
        listed, failure = _indexed(index, fetch)
        failures += [failure] if failure else []
        failures += [f"{index.name}: {each.name} has no address." for each in listed if not each.url]
        for source in listed:
            sources.setdefault(source.url, source)
    sources.pop("", None)
    if len(sources) > MAX_SETS:
        failures.append(f"Only {MAX_SETS} of {len(sources)} sets are fetched.")
    return _with_own_names(list(sources.values())[:MAX_SETS]), failures


def _indexed(index: Index, fetch: Fetch) -> tuple[list[Source], str]:
    try:
        return read_index(fetch(index.url).data, index), ""
    except UpdateError as error:
        return [], f"{index.name}: {error}"


def _with_own_names(sources: Sequence[Source]) -> list[Source]:
    taken: set[str] = set()
    named = []
    for source in sources:
        name, number = source.name, 1
        while name in taken:
            number += 1
            name = f"{source.name}-{number}"
        taken.add(name)
        named.append(replace(source, name=name))
    return named


def read_index(data: bytes, index: Index) -> list[Source]:
    """Return the sets of an index as MVT's `IndicatorsUpdates` reads it; those without a usable address have none.

    Raises `UpdateError` when it is no index.
    """
    if len(data) > MAX_INDEX_BYTES:
        raise UpdateError(
            "The index {url} is larger than {max_index_bytes} bytes.", url=index.url, max_index_bytes=MAX_INDEX_BYTES
        )
    try:
        held: Any = yaml.safe_load(data)
        entries = held["indicators"]
    except (yaml.YAMLError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise UpdateError("The index {url} cannot be read.", url=index.url) from error
    if not isinstance(entries, list):
        raise UpdateError("The index {url} lists no sets.", url=index.url)
    return list(_listed(entries, index))


def _listed(entries: Sequence[Any], index: Index) -> Iterator[Source]:
    for number, entry in enumerate(entries, 1):
        place = _place(entry, index) if isinstance(entry, dict) else None
        if place is None:
            yield Source(name=f"entry {number}")
            continue
        url, path, repository = place
        yield Source(
            name=index.names.get(path, path.rpartition("/")[2].rpartition(".")[0] or path),
            url=url,
            details=_details(entry, index.licences.get(repository, ""), index.classes.get(path, "")),
        )


def _place(entry: dict[str, Any], index: Index) -> tuple[str, str, str] | None:
    """Return the address of an entry, its path and its repository; None where the entry names none."""
    github = entry.get("github")
    if entry.get("type") == "github" and isinstance(github, dict):
        owner, repo, path = (str(github.get(key, "")) for key in ("owner", "repo", "path"))
        branch = str(github.get("branch", "main"))
        if not all(map(_PART.fullmatch, (owner, repo, branch))) or not _PATH.fullmatch(path) or ".." in path:
            return None
        url = index.raw_url.format(owner=owner, repo=repo, branch=branch, path=path.replace(" ", "%20"))
        return url, path, f"{owner}/{repo}"
    address = entry.get("download_url")
    return (address, address, "") if isinstance(address, str) and address else None


def _details(entry: dict[str, Any], licence: str, family_class: str) -> Details:
    return Details(
        title=str(entry.get("name", ""))[:300],
        publisher=", ".join(_texts(entry.get("sources"))),
        licence=licence,
        family_class=family_class,
        references=tuple(_texts(entry.get("references"))),
    )


def _texts(values: object) -> list[str]:
    return [each[:300] for each in values if isinstance(each, str)][:20] if isinstance(values, list) else []
