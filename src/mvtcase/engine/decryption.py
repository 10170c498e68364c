"""The parent's side of a decryption: an iTunes backup into a private working folder, by a worker of its own."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mvtcase.engine import box as boxes
from mvtcase.engine.job import DecryptResult, EngineEvent, Secret
from mvtcase.engine.process import Setup, converse
from mvtcase.engine.results_folder import remove_tree
from mvtcase.errors import EngineError, EvidenceError, EvidenceHostileError, MvtcaseError, PasswordError
from mvtcase.model import Gap, ModuleOutcome
from mvtcase.wording import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mvtcase.engine.box import Wrap
    from mvtcase.engine.job import DecryptJob
    from mvtcase.model import Json

_REFUSALS: dict[str, type[MvtcaseError]] = {
    "password": PasswordError,
    "evidence": EvidenceError,
    "hostile": EvidenceHostileError,
}


@dataclass(slots=True)
class _Decryption:
    """What the worker said so far."""

    on_event: Callable[[EngineEvent], None]
    files: int = 0
    failed: list[Gap] = field(default_factory=list)
    key: Secret | None = None
    refusal: tuple[str, str] | None = None
    done: bool = False

    def started(self, sandbox: str, pid: int) -> None:
        """Note that a worker runs; the result has no place for its sandbox, the scan that follows names its own."""
        del sandbox, pid

    def is_module_running(self) -> bool:
        """Return False: a decryption that makes progress may go on."""
        return False

    def waiting(self) -> None:
        """Tell the progress bar that the worker is at work."""
        self.on_event(EngineEvent(what="working"))

    def hear(self, event: Mapping[str, Any]) -> None:
        """Keep what an event says; one of another shape is left out."""
        with suppress(KeyError, TypeError, ValueError):
            self._take(event)

    def _take(self, event: Mapping[str, Any]) -> None:
        match event["event"]:
            case "progress":
                index, total = int(event["index"]), int(event["total"])
                self.on_event(EngineEvent(what="decrypt", index=index, total=total))
            case "problem":
                reason = reason_of(event["reason"])
                gap = Gap(module=str(event["module"]), outcome=ModuleOutcome(event["outcome"]), reason=reason)
                self.failed.append(gap)
            case "key":
                self.key = Secret(value=str(event["key"]))
            case "refused":
                self.refusal = (str(event["code"]), str(event["message"]))
            case "done":
                self.files = int(event["files"])
                self.done = True


def run_decrypt(job: DecryptJob, *, on_event: Callable[[EngineEvent], None], wrap: Wrap = boxes.wrap) -> DecryptResult:
    """Decrypt an iTunes backup file by file into `job.target`, a folder that is made new, and return what failed.

    The original is only read. Raises `PasswordError` before any file is written when password or key is wrong,
    `EvidenceError` when the backup's own description is unusable, `EngineError` when the worker did not come to its
    end, and `FileExistsError` when the target is already there. The target is gone then; otherwise the
    caller destroys it.
    """
    job.target.mkdir(mode=0o700)
    private = job.target.with_name(f".{job.target.name}.private")
    boxes.make_private(private)
    hearing = _Decryption(on_event=on_event)
    try:
        ending = converse(_setup(job, private, wrap), decrypt_fields(job), hearing)
    finally:
        remove_tree(private)
        if not hearing.done:
            remove_tree(job.target)
    if hearing.refusal is not None:
        code, message = hearing.refusal
        raise _REFUSALS.get(code, EngineError)(message)
    if not hearing.done:
        raise EngineError("The backup could not be decrypted: {reason}.", reason=ending.reason)
    return DecryptResult(files=hearing.files, failed=tuple(hearing.failed), key=hearing.key)


def decrypt_fields(job: DecryptJob) -> dict[str, Json]:
    """Return a decrypt job as the worker reads it from its stdin, the secret in it."""
    return {
        "task": "decrypt",
        "source": str(job.source),
        "target": str(job.target),
        "password": job.password.value if job.password else None,
        "key": job.key.value if job.key else None,
    }


def _setup(job: DecryptJob, private: Path, wrap: Wrap) -> Setup:
    limits = job.limits.scaled(job.evidence_bytes)
    box = boxes.Box(
        read_only=(job.source,),
        writable=(job.target,),
        temporary=private,
        # The decrypted files stand there too.
        temporary_bytes=limits.temporary_bytes + 2 * job.evidence_bytes,
    )
    return Setup(
        private=private,
        log=private / "worker.log",
        box=box,
        wrap=wrap,
        limits=limits,
        began=time.monotonic(),
    )
