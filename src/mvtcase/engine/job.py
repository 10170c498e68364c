"""What the workflow asks of the engine and what it gets back: plain frozen records on both sides."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003 - the records are read at run time by their users' type checks
from typing import TYPE_CHECKING

from mvtcase.engine.coverage import Known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mvtcase.kinds.inside import Inside
    from mvtcase.model import Completeness, EvidenceKind, Gap, Json, ModuleRun, RawAlert
    from mvtcase.model.reach import Reach
    from mvtcase.settings import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A password or key that never shows in a repr, a log or an argument list; it travels on the child's stdin only."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanJob:
    """One scan: plain readable evidence at `target`, results into the folder `results`, which must not exist yet.

    `expected_indicators` is what the sets' passports say; `set_names` maps a collection's file name to its set's name;
    `evidence_bytes` stretches the limits, `known` goes to the judge of completeness. A decrypted iTunes backup keeps
    the kind it had before.
    """

    kind: EvidenceKind
    target: Path
    results: Path
    matchset: Path
    expected_indicators: int
    set_names: Mapping[str, str]
    limits: Limits
    evidence_bytes: int
    stock_matcher: bool = False
    stock: bool = False
    """Whether MVT's own functions run everywhere, also where a faster one was proven equal."""
    sweep: bool = True
    allow_foreign_modules: bool = False
    password: Secret | None = None
    known: Known = field(default_factory=Known)
    withheld: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Values of embargoed sets, each with the words that are said in its place."""
    inside: tuple[Inside, ...] = ()
    """Acquisitions inside this one, staged, to be examined as their own kinds in the same scan."""
    names: tuple[tuple[str, str], ...] = ()
    """Links and other entries without content, each with what it leads to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecryptJob:
    """One iTunes backup to be decrypted from `source` (only read) into the new private folder `target`.

    Exactly one of `password` and `key` (hexadecimal, as `DecryptResult.key` gave it) is set.
    """

    source: Path
    target: Path
    limits: Limits
    evidence_bytes: int = 0
    password: Secret | None = None
    key: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckJob:
    """An earlier scan's stored results in `results` compared with other indicators, without the phone; `out` is new."""

    results: Path
    kind: EvidenceKind
    out: Path
    matchset: Path
    expected_indicators: int
    set_names: Mapping[str, str]
    limits: Limits
    stock_matcher: bool = False
    allow_foreign_modules: bool = False
    known: Known = field(default_factory=Known)
    withheld: Mapping[str, str] = field(default_factory=dict, repr=False)
    evidence: Path | None = None
    """The evidence, readable, where the second reader shall read it again."""
    heard: tuple[Mapping[str, Json], ...] = ()
    """What modules said that need not be asked again: a worker takes them for done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineEvent:
    """What just happened, for progress bars: `index` of `total` modules of what is known so far.

    `what` is `started`, `module_started`, `alert`, `module_finished`, `sweep`, `decrypt` (where index and total count
    files) or `working`, which comes a few times a second while there is no news. A listener that raises ends the
    worker.
    """

    what: str
    module: str = ""
    index: int = 0
    total: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineResult:
    """What became of a scan; everything that happened to a module is in here, never an exception.

    `finished` is False when the worker could not be brought to its end; `error` then says why. `results_sha256` is the
    digest of `results.sha256`, the list of the hashes of all result files. `claims` says who read the files.
    """

    finished: bool
    completeness: Completeness
    error: str | None = None
    modules: tuple[ModuleRun, ...] = ()
    alerts: tuple[RawAlert, ...] = ()
    gaps: tuple[Gap, ...] = ()
    limitations: tuple[str, ...] = ()
    reach: tuple[Reach, ...] = ()
    indicators_loaded: int = 0
    tools: Mapping[str, str] = field(default_factory=dict)
    sandbox: str = "none"
    command: str = ""
    duration_ms: int = 0
    results_sha256: str | None = None
    claims: Mapping[str, Json] = field(default_factory=dict)
    read: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """The files that the second reader read to their end, by their names below the target, with their SHA-256."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecryptResult:
    """How many files were decrypted, which could not be (each a gap), and the key for the next backup of that phone."""

    files: int
    failed: tuple[Gap, ...] = ()
    key: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """What an earlier worker of the same scan got through, so that the next one goes on after it.

    `finished` and `skipped` name modules as (part, slug): the first are done, the second must not run again.
    `steps_done` and `steps_lost` name steps outside of modules that are done or must not be tried again.
    """

    finished: frozenset[tuple[str, str]] = frozenset()
    skipped: frozenset[tuple[str, str]] = frozenset()
    steps_done: frozenset[str] = frozenset()
    steps_lost: frozenset[str] = frozenset()


def job_line(fields: Mapping[str, Json]) -> bytes:
    """Return the one line of JSON that the worker reads from its stdin."""
    return json.dumps(dict(fields)).encode("ascii") + b"\n"


def scan_fields(job: ScanJob, resumption: Resumption) -> dict[str, Json]:
    """Return a scan job as the worker reads it; the limits are already scaled."""
    return {
        "task": "scan",
        "kind": str(job.kind),
        "target": str(job.target),
        "results": str(job.results),
        "matchset": str(job.matchset),
        "expected_indicators": job.expected_indicators,
        "set_names": dict(job.set_names),
        "withheld": dict(job.withheld),
        "stock_matcher": job.stock_matcher or job.stock,
        "stock": job.stock,
        "sweep": job.sweep,
        "allow_foreign_modules": job.allow_foreign_modules,
        "password": job.password.value if job.password else None,
        "inside": [[str(each.kind), each.place, str(each.target)] for each in job.inside],
        "names": [list(each) for each in job.names],
        **resumption_fields(resumption),
    }


WORKER_BYTES = 200 << 20
BYTES_PER_FILE = 2_500
"""What a worker takes with nothing to read, and what each file of a backup adds (`benchmarks/scans.py`)."""


def memory_needed(files: int) -> int:
    """Return about how many bytes a scan of so many files takes at its peak."""
    return WORKER_BYTES + files * BYTES_PER_FILE


def recheck_fields(job: RecheckJob, resumption: Resumption) -> dict[str, Json]:
    """Return a recheck job as the worker reads it: its target is the earlier scan's results folder."""
    return {
        "task": "recheck",
        "kind": str(job.kind),
        "target": str(job.results),
        "results": str(job.out),
        "matchset": str(job.matchset),
        "expected_indicators": job.expected_indicators,
        "set_names": dict(job.set_names),
        "withheld": dict(job.withheld),
        "stock_matcher": job.stock_matcher,
        "sweep": False,
        "evidence": None if job.evidence is None else str(job.evidence),
        "answered": [
            [each["part"], each["slug"]]
            for each in job.heard
            if each["event"] == "finished" and each["outcome"] != "no_source"
        ],
        "allow_foreign_modules": job.allow_foreign_modules,
        "password": None,
        **resumption_fields(resumption),
    }


def resumption_fields(resumption: Resumption) -> dict[str, Json]:
    """Return what an earlier worker got through as the next one reads it."""
    return {
        "finished": [list(each) for each in sorted(resumption.finished)],
        "skipped": [list(each) for each in sorted(resumption.skipped)],
        "steps_done": [*sorted(resumption.steps_done)],
        "steps_lost": [*sorted(resumption.steps_lost)],
    }
