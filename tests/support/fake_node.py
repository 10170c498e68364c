"""A node of a cluster whose engine is a fake: `python fake_node.py ADDRESS KEYS FOLDER A=B`.

A phone is held as long as a file `hold` lies beside its evidence; `held` beside it then names this process.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvtcase.cluster import node
from mvtcase.cluster.keys import read_keys
from mvtcase.engine.events import read_events
from mvtcase.engine.job import EngineEvent
from mvtcase.engine.results_folder import write_hashes

if TYPE_CHECKING:
    from collections.abc import Callable

    from mvtcase.engine.job import EngineResult, RecheckJob, ScanJob

INDICATOR = {"value": "bh", "type": "processes", "family": "Pegasus", "set": "tiny"}
ALERT: dict[str, Any] = {"event": "alert", "part": "backup", "module": "datausage", "level": "CRITICAL"}


class Runner:
    """An engine that finds a process on every phone."""

    def run_scan(self, job: ScanJob, *, on_event: Callable[[EngineEvent], None]) -> EngineResult:
        """Wait as long as the phone is held, then answer."""
        hold, held = job.target.with_name("hold"), job.target.with_name("held")
        while hold.exists():
            whole = held.with_name(f"held-{os.getpid()}")
            whole.write_text(str(os.getpid()), "ascii")
            whole.replace(held)
            on_event(EngineEvent(what="working"))
            time.sleep(0.05)
        held.unlink(missing_ok=True)  # whoever reads it later kills nobody who is at work on something else
        return self._answer(job.results, str(job.kind), job.expected_indicators)

    def run_decrypt(self, *_: object, **__: object) -> None:
        """Do nothing: the phones are not encrypted."""

    def run_recheck(self, job: RecheckJob, *, on_event: Callable[[EngineEvent], None]) -> EngineResult:
        """Answer from results that came along."""
        on_event(EngineEvent(what="working"))
        assert (job.results / "events.jsonl").is_file()
        return self._answer(job.out, str(job.kind), job.expected_indicators)

    def _answer(self, results: Path, kind: str, indicators: int) -> EngineResult:
        results.mkdir()
        events: list[dict[str, Any]] = [
            {"event": "job", "kind": kind, "command": "mvt-ios check-backup"},
            {"event": "worker", "sandbox": "bubblewrap"},
            {"event": "hello", "indicators": indicators, "tools": {"mvt": "2026.10.26"}},
            {**ALERT, "message": 'Found "bh"', "data": {"proc_name": "bh"}, "indicator": INDICATOR},
            {"event": "done"},
        ]
        (results / "events.jsonl").write_text("".join(json.dumps(each) + "\n" for each in events), "ascii")
        write_hashes(results)
        return read_events(results)


if __name__ == "__main__":
    node.runner = Runner()  # type: ignore[assignment,attr-defined]  # the seam
    address, keys, folder, evidence = sys.argv[1:]
    me = node.Node(keys=read_keys(Path(keys)), folder=Path(folder), evidence=node.evidence_maps([evidence]))
    node.serve(address, me, slots=1, memory_bytes=8 << 30, disk_bytes=64 << 30)
