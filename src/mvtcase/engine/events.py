"""The fold from a scan's events to its result, and the reading of an interrupted scan's events from its folder.

Events are JSON objects with a key `event`. The parent writes `job` first and `worker` with each start; the worker sends
`hello`, `refused`, `plan`, `step`, `started`, `alert`, `amended`, `finished`, `problem`, `limitation`, `progress`,
`claims`, `done` and `used` (time and memory, for `benchmarks/`); the parent adds `lost` when a worker ended before its
end. What is not understood is left out, never trusted.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mvtcase.canon import sha256_file
from mvtcase.engine.coverage import Known, assess
from mvtcase.engine.job import EngineResult
from mvtcase.engine.packed import open_result
from mvtcase.engine.safe_json import safe_json
from mvtcase.model import (
    AlertSource,
    EvidenceKind,
    Gap,
    IndicatorRef,
    Level,
    ModuleOutcome,
    ModuleRun,
    RawAlert,
)
from mvtcase.wording import Reason, reason_of, why
from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.trees import MAX_DEPTH, openings, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mvtcase.model import Json

EVENTS_FILE = "events.jsonl"
HASHES_FILE = "results.sha256"
CLAIMS_FILE = "claims.jsonl.gz"
MVT_FOLDER = "mvt"
PRIVATE_FOLDER = "private"
READ_FILE = "read.jsonl"
"""In the private folder: the files that the second reader read to their end, each with its SHA-256."""


MAX_KEPT_BYTES = 256 << 20
_EVENT_BYTES = 1024
"""What the events of one scan may take together, a kilobyte added for each: as records they take more."""

MAX_LINE_BYTES = 8 << 20
"""An event line over this is no event of ours; the safe encoding keeps them under a megabyte."""

INTERRUPTED = "The scan was interrupted before its end."

UNCONFINED = why("worker.unconfined")
"""What it means that neither bubblewrap nor Landlock worked."""

ModuleKey = tuple[str, str]
"""A module in a scan: the part it ran under and its slug."""


@dataclass(slots=True)
class Ledger:
    """Everything that the events of one scan said so far."""

    known: Known = field(default_factory=Known)
    kind: EvidenceKind | None = None
    command: str = ""
    sandbox: str = "none"
    indicators_loaded: int = 0
    tools: dict[str, str] = field(default_factory=dict)
    modules: dict[ModuleKey, ModuleRun] = field(default_factory=dict)
    alerts: list[RawAlert] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    limitations: list[Reason] = field(default_factory=list)
    claims: dict[str, Json] = field(default_factory=dict)
    inside: dict[int, tuple[EvidenceKind, str]] = field(default_factory=dict)
    """Acquisitions inside this one by number: kind and place."""
    second_reader: list[RawAlert] = field(default_factory=list)
    raised_before: list[RawAlert] = field(default_factory=list)
    """Alerts of the running module from an earlier try at it, which it raises again."""
    steps: dict[str, bool] = field(default_factory=dict)
    lost_steps: set[str] = field(default_factory=set)
    running: ModuleKey | None = None
    refusal: tuple[str, str] | None = None
    done: bool = False
    error: str | None = None

    kept_bytes: int = 0
    left_out: int = 0

    def has_room(self, event: Mapping[str, Any], size: int) -> bool:
        """Return whether an event of so many bytes is kept, and count it; one that is not becomes part of one gap.

        Half of the room is kept for alerts that name an indicator, and for what becomes of modules.
        """
        if event["event"] in _OF_THE_PARENT:
            return True
        is_plain = event["event"] == "alert" and not event.get("indicator")
        if self.kept_bytes + size + _EVENT_BYTES > (MAX_KEPT_BYTES // 2 if is_plain else MAX_KEPT_BYTES):
            self.left_out += 1
            return False
        self.kept_bytes += size + _EVENT_BYTES
        return True

    def take(self, event: Mapping[str, Any]) -> None:
        """Add what one event says; raises `KeyError`, `TypeError` or `ValueError` on one of another shape."""
        handler = _HANDLERS.get(str(event["event"]))
        if handler is not None:
            handler(self, event)

    @property
    def finished_modules(self) -> frozenset[ModuleKey]:
        """The modules that came to their end, whatever became of them."""
        return frozenset(key for key, run in self.modules.items() if run.outcome is not ModuleOutcome.NOT_RUN)

    def open_step(self) -> str | None:
        """Return the innermost step outside of modules that was started and not finished."""
        return next((name for name in reversed(self.steps) if not self.steps[name]), None)

    def result(self, *, duration_ms: int = 0, results_sha256: str | None = None) -> EngineResult:
        """Return the scan's result as far as the events go."""
        finished = self.done and self.error is None
        raised = Counter((alert.part, alert.module) for alert in self.alerts)
        modules = tuple(
            run if run.alerts >= (found := raised[run.part, run.slug]) else replace(run, alerts=found)
            for run in self.modules.values()
        )
        kind = self.kind or EvidenceKind.IOS_BACKUP
        judged = assess(
            kind=kind,
            finished=finished,
            indicators_loaded=self.indicators_loaded,
            modules=modules,
            extra_gaps=(*self.gaps, *self._flood()),
            known=replace(self.known or Known(), told=frozenset(each.code for each in self.limitations)),
            inside=self.inside,
        )
        return EngineResult(
            finished=finished,
            error=None if finished else (self.error or INTERRUPTED),
            completeness=judged.completeness,
            modules=modules,
            alerts=tuple(self.alerts),
            gaps=judged.gaps,
            reach=judged.reach,
            limitations=tuple(dict.fromkeys((*judged.limitations, *self.limitations))),
            claims=dict(self.claims),
            indicators_loaded=self.indicators_loaded,
            tools=dict(self.tools),
            sandbox=self.sandbox,
            command=self.command,
            duration_ms=duration_ms,
            results_sha256=results_sha256,
        )

    def _flood(self) -> tuple[Gap, ...]:
        if not self.left_out:
            return ()
        reason = why("worker.too_much", count=self.left_out)
        return (Gap(module="worker", outcome=ModuleOutcome.DAMAGED, reason=reason),)


def read_events(results: Path, *, error: str | None = None) -> EngineResult:
    """Return what an interrupted scan, or one that failed with an `error`, had found, from the events in its folder.

    Nothing counts as finished unless the events say so. A torn last line is left out. Raises `FileNotFoundError` when
    there is no events file, `OSError` and `UnreadableError` when it cannot be read.
    """
    ledger = read_ledger(results)
    ledger.error = error or ledger.error
    return ledger.result(results_sha256=_hashes_digest(results))


def read_ledger(results: Path) -> Ledger:
    """Return the ledger of a results folder's events; lines that are no events are left out. Raises as readers do."""
    ledger = Ledger()
    for event in iterate_events(results / EVENTS_FILE):
        take_safely(ledger, event)
    return ledger


def take_safely(ledger: Ledger, event: Mapping[str, Any]) -> bool:
    """Add an event to a ledger and return whether it was understood."""
    try:
        ledger.take(event)
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    return True


def iterate_events(path: Path, but: tuple[bytes, ...] = ()) -> Iterator[dict[str, Any]]:
    """Yield the events of a file in order, leaving out what is no JSON object or longer than an event can be.

    Lines that begin as one of `but` are not read.
    """
    with open_result(path) as handle:
        while line := handle.readline(MAX_LINE_BYTES):
            event = None if line.startswith(but) else parse_event(line)
            if event is not None:
                yield event


def parse_event(line: bytes) -> dict[str, Any] | None:
    """Return the event of a line, or None when it is none.

    What no worker of ours sends (`NaN`, nesting without end, lone surrogates, integers that no store holds) is refused
    or made harmless: a worker that was taken over can cost its own scan some meaning, and never an error later on.
    """
    text = line.decode("utf-8", "backslashreplace")
    try:
        event: object = parse_json(text, MAX_LINE_BYTES, walked=True)
    except UnreadableError:
        return None
    if openings(text) > MAX_DEPTH or _UNSTORABLE.search(text):
        event = safe_json(event)
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


_UNSTORABLE = re.compile(r"\\u[dD][89a-fA-F]|\d{19}")
"""How a surrogate is written, and numbers of 64 bits or more: only lines that hold them are looked through."""


def alert_of(event: Mapping[str, Any]) -> RawAlert:
    """Return the alert of an `alert` event; raises `KeyError` or `ValueError` on one of another shape."""
    indicator = event.get("indicator")
    return RawAlert(
        module=str(event["module"]),
        part=str(event.get("part", "")),
        level=Level(event["level"]),
        message=str(event["message"]),
        event_time=str(event.get("event_time") or ""),
        event=event.get("data"),
        indicator=None if indicator is None else _indicator(indicator),
        witnessed=bool(event.get("witnessed", False)),
        source=AlertSource(event.get("source", AlertSource.MVT)),
    )


def _indicator(fields: Mapping[str, Any]) -> IndicatorRef:
    return IndicatorRef(
        value=str(fields["value"]), type=str(fields["type"]), family=str(fields["family"]), set=str(fields["set"])
    )


def _take_job(ledger: Ledger, event: Mapping[str, Any]) -> None:
    ledger.kind = EvidenceKind(event["kind"])
    if event.get("encrypted") and ledger.kind is EvidenceKind.IOS_BACKUP:  # as version 0.1.0 wrote it
        ledger.kind = EvidenceKind.IOS_BACKUP_ENCRYPTED
    ledger.command = str(event.get("command", ""))
    ledger.indicators_loaded = 0


def _take_worker(ledger: Ledger, event: Mapping[str, Any]) -> None:
    ledger.sandbox = str(event.get("sandbox", "none"))
    if ledger.sandbox == "none" and UNCONFINED not in ledger.limitations:
        ledger.limitations.append(UNCONFINED)
    ledger.running = None
    ledger.steps = {name: finished for name, finished in ledger.steps.items() if finished}


def _take_hello(ledger: Ledger, event: Mapping[str, Any]) -> None:
    ledger.tools = {str(name): str(version) for name, version in event["tools"].items()}
    ledger.indicators_loaded = int(event["indicators"])


def _take_refused(ledger: Ledger, event: Mapping[str, Any]) -> None:
    ledger.refusal = (str(event["code"]), str(event["message"]))


def _take_plan(ledger: Ledger, event: Mapping[str, Any]) -> None:
    for each in event["modules"]:
        run = ModuleRun(
            module=str(each["module"]), slug=str(each["slug"]), origin=str(each["origin"]), part=str(event["part"])
        )
        ledger.modules.setdefault((run.part, run.slug), run)


def _take_step(ledger: Ledger, event: Mapping[str, Any]) -> None:
    ledger.steps[str(event["name"])] = bool(event["finished"])


def _take_started(ledger: Ledger, event: Mapping[str, Any]) -> None:
    ledger.running = (str(event["part"]), str(event["slug"]))
    tried = ledger.running in ledger.finished_modules
    ledger.raised_before = [each for each in ledger.alerts if tried and (each.part, each.module) == ledger.running]
    if ledger.running not in ledger.modules:
        _take_plan(ledger, {"part": event["part"], "modules": [event]})


def _take_alert(ledger: Ledger, event: Mapping[str, Any]) -> None:
    alert = alert_of(event)
    # A worker that goes on where another died reads the evidence from its beginning.
    if alert not in (ledger.second_reader if alert.source is AlertSource.SWEEP else ledger.raised_before):
        ledger.alerts.append(alert)
    if alert.source is AlertSource.SWEEP:
        ledger.second_reader.append(alert)


def _take_amended(ledger: Ledger, event: Mapping[str, Any]) -> None:
    """MVT wrote to an alert's event after it had raised it; `back` counts from the last alert."""
    place = len(ledger.alerts) - int(event["back"])
    if 0 <= place < len(ledger.alerts) and ledger.alerts[place].message == event["message"]:
        ledger.alerts[place] = replace(ledger.alerts[place], event=event["data"])


def _take_inside(ledger: Ledger, event: Mapping[str, Any]) -> None:
    ledger.inside[int(event["number"])] = (EvidenceKind(event["kind"]), str(event["place"])[:1000])


def _take_claims(ledger: Ledger, event: Mapping[str, Any]) -> None:
    unclaimed: list[Json] = [
        {"path": str(each["path"]), "bytes": _count(each["bytes"]) or 0, "telling": bool(each["telling"])}
        for each in event["unclaimed"][:MAX_UNCLAIMED]
    ]
    counts = {name: _count(event.get(name)) or 0 for name in _CLAIM_COUNTS}
    extents: dict[str, Json] = {str(name)[:32]: _count(number) for name, number in dict(event["extents"]).items()}
    ledger.claims = {**counts, "extents": extents, "unclaimed": unclaimed}


MAX_UNCLAIMED = 50
_CLAIM_COUNTS = ("files", "claimed", "second_reader", "missing", "unclaimed_files")


def _take_finished(ledger: Ledger, event: Mapping[str, Any]) -> None:
    key = (str(event["part"]), str(event["slug"]))
    known = ledger.modules.get(key)
    origin = known.origin if known is not None else str(event.get("origin", ""))
    ledger.modules[key] = ModuleRun(
        module=str(event["module"]),
        slug=key[1],
        origin=origin,
        part=key[0],
        outcome=ModuleOutcome(event["outcome"]),
        records=_count(event.get("records")),
        source_rows=_count(event.get("source_rows")),
        alerts=_count(event.get("alerts")) or 0,
        error=None if event.get("error") is None else str(event["error"]),
        reason=reason_of(event.get("reason", "")),
        messages=tuple(map(str, event.get("messages", ()))),
        duration_ms=_count(event.get("duration_ms")) or 0,
        first_time=_moment(event.get("first_time")),
        last_time=_moment(event.get("last_time")),
    )
    ledger.running = None


def _take_problem(ledger: Ledger, event: Mapping[str, Any]) -> None:
    gap = Gap(module=str(event["module"]), outcome=ModuleOutcome(event["outcome"]), reason=reason_of(event["reason"]))
    if gap not in ledger.gaps:
        ledger.gaps.append(gap)


def _take_limitation(ledger: Ledger, event: Mapping[str, Any]) -> None:
    ledger.limitations.append(reason_of(event.get("reason", event.get("text"))))


def _take_done(ledger: Ledger, event: Mapping[str, Any]) -> None:
    ledger.done = True
    ledger.error = None if event.get("error") is None else str(event["error"])


def _take_lost(ledger: Ledger, event: Mapping[str, Any]) -> None:
    """The parent's word on a worker that ended early: what was running gets its outcome, the rest stays as it was."""
    reason = reason_of(event["reason"])
    outcome = ModuleOutcome(event["outcome"])
    running, step = ledger.running, ledger.open_step()
    if running is not None:
        ledger.modules[running] = replace(ledger.modules[running], outcome=outcome, reason=reason, error=str(reason))
    elif step is not None:
        ledger.lost_steps.add(step)
        _take_problem(ledger, {"module": step, "outcome": outcome, "reason": reason.data})
    ledger.running = None
    if event.get("final"):
        ledger.error = str(reason)


def _moment(value: object) -> str | None:
    """Return a time of the phone as MVT writes it, to the second; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value[:19]).isoformat(" ")
    except ValueError:
        return None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


_OF_THE_PARENT = frozenset({"job", "worker", "lost"})

_HANDLERS = {
    "job": _take_job,
    "worker": _take_worker,
    "hello": _take_hello,
    "refused": _take_refused,
    "plan": _take_plan,
    "step": _take_step,
    "started": _take_started,
    "alert": _take_alert,
    "amended": _take_amended,
    "finished": _take_finished,
    "problem": _take_problem,
    "limitation": _take_limitation,
    "claims": _take_claims,
    "inside": _take_inside,
    "done": _take_done,
    "lost": _take_lost,
}


def _hashes_digest(results: Path) -> str | None:
    path = results / HASHES_FILE
    return sha256_file(path) if path.is_file() else None
