"""The job as the worker read it from its stdin."""

from __future__ import annotations

import math
import time
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvtcase.kinds.inside import Inside
from mvtcase.model import EvidenceKind

if TYPE_CHECKING:
    from collections.abc import Mapping

ModuleKey = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A scan or recheck: what to examine, with what, and what an earlier worker of the same scan got through.

    `target` is the evidence (for a recheck the earlier scan's results), `results` the folder of the new scan.
    """

    name: str
    kind: EvidenceKind
    target: Path
    results: Path
    matchset: Path
    expected_indicators: int
    set_names: Mapping[str, str]
    stock_matcher: bool
    sweep: bool
    allow_foreign_modules: bool
    password: str | None = field(repr=False)
    finished: frozenset[ModuleKey]
    skipped: frozenset[ModuleKey]
    steps_done: frozenset[str]
    steps_lost: frozenset[str]
    withheld: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Values of embargoed sets, each with the words that are said in its place."""
    seconds_left: float = math.inf
    """Seconds of wall time that the scan has left when this worker begins."""

    began: float = field(default_factory=time.monotonic)
    """When that was, by the monotonic clock; the process itself may have stood ready long before."""

    inside: tuple[Inside, ...] = ()
    """Acquisitions inside this one, to be examined as their own kinds."""

    names: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Links and other entries without content, each with what it leads to."""

    stock: bool = False
    """Whether MVT's own functions run, without the faster ones that take their place."""

    evidence: Path | None = None
    """For a recheck, the evidence where it is at hand to be read again."""

    answered: frozenset[ModuleKey] = frozenset()
    """For a recheck, the finished modules whose questions need not be asked again."""


def task_of(fields: Mapping[str, Any]) -> Task:
    """Return the task of a job line's fields; raises `KeyError` or `ValueError` when it is no job of this release."""
    return Task(
        name=fields["task"],
        kind=EvidenceKind(fields["kind"]),
        target=Path(fields["target"]),
        results=Path(fields["results"]),
        matchset=Path(fields["matchset"]),
        expected_indicators=int(fields["expected_indicators"]),
        set_names=dict(fields["set_names"]),
        stock_matcher=bool(fields["stock_matcher"]),
        stock=bool(fields.get("stock")),
        sweep=bool(fields["sweep"]),
        allow_foreign_modules=bool(fields["allow_foreign_modules"]),
        password=fields["password"],
        withheld=dict(fields.get("withheld") or {}),
        evidence=None if fields.get("evidence") is None else Path(fields["evidence"]),
        inside=tuple(
            Inside(kind=EvidenceKind(kind), place=place, target=Path(target))
            for kind, place, target in fields.get("inside", ())
        ),
        names=tuple((name, leads_to) for name, leads_to in fields.get("names", ())),
        answered=_keys(fields.get("answered", [])),
        finished=_keys(fields["finished"]),
        skipped=_keys(fields["skipped"]),
        steps_done=frozenset(fields["steps_done"]),
        steps_lost=frozenset(fields["steps_lost"]),
        seconds_left=float(fields.get("seconds_left", math.inf)),
    )


def _keys(pairs: list[list[str]]) -> frozenset[ModuleKey]:
    return frozenset((part, slug) for part, slug in pairs)


def spellings(password: str | None) -> tuple[str | None, ...]:
    """Return a password as it was given, then composed and decomposed: keyboards differ in how they write accents."""
    if password is None:
        return (None,)
    return tuple(dict.fromkeys((password, *(unicodedata.normalize(form, password) for form in ("NFC", "NFD")))))
