"""A second attempt at a module whose database broke the first: when it is worth it, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mvtcase.engine.outcomes import Cause, classify, worst_note
from mvtcase.model import ModuleOutcome
from mvtcase.wording import together

if TYPE_CHECKING:
    from mvt.common.module import MVTModule

    from mvtcase.engine.worker.run.attempt import Attempt

_CARRIED = (
    "is_backup", "is_fs_dump", "indicators", "dependency_modules", "serial",
    "parent_path", "files", "archive", "backup_path", "ab", "tar",
)  # fmt: skip
"""What a command gives its modules, on iOS and on Android."""
_GIVEN_BACK = ("results", "timeline", "url_results", "alertstore", "file_path")


def can_be_helped(attempt: Attempt) -> bool:
    """Return whether a module failed over a database that it could open."""
    if not attempt.sources.any:
        return False
    if attempt.failure is not None:
        return attempt.failure.cause in {Cause.CORRUPTED, Cause.OTHER}
    # MVT swallows some failures and logs them; what they say is as good as the exception.
    swallowed = worst_note(attempt.notes)
    return swallowed is not None and swallowed[0] in {ModuleOutcome.FAILED, ModuleOutcome.DAMAGED}


def fresh_copy(module: MVTModule) -> MVTModule:
    """Return a new module as MVT would make it, with what the command gave the first one."""
    again = type(module)(
        target_path=module.target_path,
        results_path=module.results_path,
        module_options=module.module_options,
        log=module.log,
    )
    for name in _CARRIED:
        if hasattr(module, name):
            setattr(again, name, getattr(module, name))
    return again


def adopt(module: MVTModule, again: MVTModule) -> None:
    """Give the first module what the second found, for MVT's summary files and for modules that depend on it."""
    for name in _GIVEN_BACK:
        setattr(module, name, getattr(again, name))


def recovered(first: Attempt, second: Attempt, done: str) -> Attempt:
    """Return the second attempt as one of a recovery: why the first failed and what was done to the copies."""
    _, reason = classify(first.facts())
    return replace(second, sources=first.sources, recovered=together(reason, done))
