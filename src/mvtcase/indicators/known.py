"""Published indicator files known by their hash: who published them, where, when and under which licence."""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from mvtcase.indicators.catalog import builtin_folder
from mvtcase.indicators.passport import Details

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE = "known-files.tsv"
_RAW = "https://raw.githubusercontent.com"
_READ_BEFORE_OTHERS = (".stix2", ".json", ".csv")
"""Endings of files that hold the same set as one that is not read, the best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFile:
    """One published file: the repository that it lies in, its place there, the day of this version, its title."""

    sha256: str
    repository: str
    path: str
    date: str
    title: str

    @property
    def folder(self) -> str:
        """The folder it lies in, which holds what belongs to one report."""
        return self.path.rpartition("/")[0]

    @property
    def details(self) -> Details:
        """What an import should say of it."""
        publisher, licence, branch = _PUBLISHERS[self.repository]
        return Details(
            title=self.title,
            publisher=publisher,
            licence=licence,
            tlp="CLEAR",
            source_url=f"{_RAW}/{self.repository}/{branch}/{self.path}",
            published_at=self.date,
        )


_PUBLISHERS = {
    "AmnestyTech/investigations": ("Amnesty International", "CC-BY-2.0", "master"),
    "AssoEchap/stalkerware-indicators": ("Echap", "CC-BY-4.0", "master"),
    "citizenlab/malware-indicators": ("The Citizen Lab", "CC-BY-NC-SA-4.0", "master"),
    "mvt-project/mvt-indicators": ("MVT project", "MIT", "main"),
}


def known_file(sha256: str) -> KnownFile | None:
    """Return the published file that has this hash, None when none is known."""
    return _table().get(sha256)


def same_set(sha256: str) -> str:
    """Return where the set of a known file is published in a form that is read; empty where nothing is known."""
    given = known_file(sha256)
    if given is None:
        return ""
    beside = [each for each in _table().values() if (each.repository, each.folder) == (given.repository, given.folder)]
    found = (each for ending in _READ_BEFORE_OTHERS for each in beside if each.path.endswith(ending))
    best = next((each for each in found if each.sha256 != sha256), None)
    return best.details.source_url if best else ""


def completed(details: Details, sha256: str) -> Details:
    """Return what a person says of a file, and where that is silent, what is known of the published one."""
    given = known_file(sha256)
    if given is None:
        return details
    told = {each.name: getattr(details, each.name) or getattr(given.details, each.name) for each in fields(Details)}
    return replace(details, **told)


@lru_cache(maxsize=1)
def _table() -> Mapping[str, KnownFile]:
    path = builtin_folder() / TABLE
    with path.open(encoding="utf-8", newline="") as handle:
        return {row["sha256"]: KnownFile(**row) for row in csv.DictReader(handle, dialect="excel-tab")}
