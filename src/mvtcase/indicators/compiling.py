"""Sets compiled into one match set file for the worker, kept by what went into it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from mvtcase.canon import digest
from mvtcase.errors import IndicatorFileError
from mvtcase.indicators.ledger import READER_VERSION
from mvtcase.matchset import FORMAT_VERSION, read_matchset, write_matchset

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from mvtcase.indicators.ledger import Reading
    from mvtcase.indicators.passport import Passport
    from mvtcase.matchset import Collection, MatchSet
    from mvtcase.model import IndicatorSet


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledSets:
    """The match set file of some sets in their order, and the number of indicators the worker must count in it.

    `set_names` maps the file name that a match carries to the set it stands for; `key` is the same for the same sets
    in the same order.
    """

    matchset_path: Path
    sets: tuple[IndicatorSet, ...]
    total: int
    set_names: Mapping[str, str]
    key: str


def compile_sets(passports: Sequence[Passport], read: Callable[[Passport], Reading], cache: Path) -> CompiledSets:
    """Return the compiled form of sets, from the cache folder when it is there whole.

    Raises `IndicatorFileError` when a set no longer holds what its passport says, `OSError` when the cache cannot be
    written.
    """
    names = file_names(passports)
    sources = [passport.sha256 for passport in passports]
    key = digest(
        [
            READER_VERSION,
            FORMAT_VERSION,
            [[p.name, p.sha256, p.kind, p.family, n] for p, n in zip(passports, names, strict=True)],
        ]
    )
    path = cache / f"{key}.matchset"
    matchset = _cached(path, sources)
    total = sum(passport.usable for passport in passports)
    if matchset is None or matchset.count != total:  # what a passport promises, not what the cache says of itself
        cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        collections = _collections(passports, names, read)
        matchset = write_matchset(path, collections, sources)
    return CompiledSets(
        matchset_path=path,
        sets=tuple(passport.to_indicator_set() for passport in passports),
        total=total,
        set_names={name: passport.name for passport, name in zip(passports, names, strict=True)},
        key=key,
    )


def file_names(passports: Sequence[Passport]) -> list[str]:
    """Return a file name for each set that no other of them has, its own where it is free."""
    taken: set[str] = set()
    given: list[str] = []
    for passport in passports:
        path, name, number = PurePath(passport.file_name), passport.file_name, 1
        while name.casefold() in taken:
            number += 1
            name = f"{path.stem}~{number}{path.suffix}"
        taken.add(name.casefold())
        given.append(name)
    return given


def _cached(path: Path, sources: Sequence[str]) -> MatchSet | None:
    try:
        matchset = read_matchset(path)
    except (OSError, ValueError):
        return None
    return matchset if list(matchset.sources) == list(sources) else None


def _collections(
    passports: Sequence[Passport], names: Sequence[str], read: Callable[[Passport], Reading]
) -> list[Collection]:
    collections: list[Collection] = []
    for passport, name in zip(passports, names, strict=True):
        reading = read(passport)
        if reading.usable != passport.usable:
            raise IndicatorFileError(
                "The indicator set {passport} ({version}) holds {usable} usable indicators, and its "
                "passport says {usable_2}.",
                passport=passport.name,
                version=passport.version,
                usable=reading.usable,
                usable_2=passport.usable,
            )
        collections += [
            replace(each, file_name=name, file_path=f"{passport.name}/{passport.version}/{name}")
            for each in reading.collections
        ]
    return collections
