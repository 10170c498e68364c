"""Acquisitions inside a staged one, made plain for MVT like any other: bounded, private, the evidence only read."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING

from mvtcase import kinds
from mvtcase.errors import MvtcaseError
from mvtcase.evidence import intake
from mvtcase.evidence.archives import ArchiveProblem
from mvtcase.evidence.inventory import copy_file
from mvtcase.evidence.looks import FILE
from mvtcase.evidence.manifest import make_private_folders
from mvtcase.evidence.unpack import Budget, MemberProblem, safe_parts
from mvtcase.evidence.walk import walk
from mvtcase.kinds.inside import MAX_INSIDE, Inside, inside
from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.sqlite import opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mvtcase.kinds import EvidenceKind
    from mvtcase.model import Gap
    from mvtcase.settings import Limits

_MOST_ROWS = 5_000_000


def stage_inside(target: Path, kind: EvidenceKind, work: Path, limits: Limits) -> tuple[list[Inside], list[Gap]]:
    """Return what lies inside a staged acquisition, ready for its own modules, and what staging it lost.

    What is encrypted, is no such thing or cannot be staged is left out: the worker names it as not examined.
    """
    if not target.is_dir():
        return [], []
    files = dict(_listed(target) if kinds.of(kind).named_by_manifest else _walked(target))
    found: list[Inside] = []
    gaps: list[Gap] = []
    for number, (place, expected) in enumerate(inside(files, kind)):
        if len(found) == MAX_INSIDE:
            break
        folder = work / f"inside-{number}"
        try:
            make_private_folders(folder)
            here = intake.detect(_root(files, target, place, folder, limits))
            if here is None or here.kind is not expected or here.encrypted:
                continue
            staged = intake.stage(here, folder, limits)
        except (MvtcaseError, ArchiveProblem, MemberProblem, OSError):
            continue
        found.append(Inside(kind=expected, place=place, target=staged.target))
        gaps += staged.problems
    return found, gaps


def _root(files: Mapping[str, str], target: Path, place: str, work: Path, limits: Limits) -> Path:
    """Return the file, or the folder, at a place; one whose files have hashes for names is laid out anew."""
    if place in files:
        return target / files[place]
    if (target / place).is_dir():
        return target / place
    budget = Budget.of(limits)
    root = work / "laid-out" / place.rpartition("/")[2]
    for name, path in files.items():
        if name.startswith(f"{place}/"):
            budget.spend_member()
            copy = root.joinpath(*safe_parts(name[len(place) + 1 :]))
            make_private_folders(copy.parent)
            copy_file(target / path, copy, budget)
    return root


def _walked(target: Path) -> Iterator[tuple[str, str]]:
    yield from ((entry.path, entry.path) for entry in walk(target) if entry.what == FILE)


def _stored(target: Path) -> Iterator[str]:
    """Yield the names of a backup's regular files that lie where a backup keeps them."""
    for folder in target.iterdir():
        if len(folder.name) == 2 and folder.is_dir() and not folder.is_symlink():  # noqa: PLR2004 - a hash's first two digits
            with suppress(OSError), os.scandir(folder) as entries:
                yield from (
                    each.name
                    for each in entries
                    if each.is_file(follow_symlinks=False) and each.name.startswith(folder.name)
                )


def _listed(target: Path) -> Iterator[tuple[str, str]]:
    """Yield the files of a backup by domain and path, with where they are below it.

    Nothing is yielded where its list cannot be read: its module says so.
    """
    query = "SELECT fileID, domain, relativePath FROM Files WHERE flags = 1 LIMIT ?"
    present = set(_stored(target))
    try:
        with opened(target / "Manifest.db") as connection:
            for name, domain, relative in connection.execute(query, (_MOST_ROWS,)):
                if name in present:
                    yield f"{domain}-{relative}", f"{name[:2]}/{name}"
    except (sqlite3.Error, OSError, UnreadableError):
        return
