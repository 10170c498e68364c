"""The look at the evidence before MVT sees it, with our own readers: problems that MVT passes over in silence.

What lies in folders (links, pipes, depth, archives) was looked at when the evidence was staged; databases are looked at
when a module opens them (`integrity`). Here is what only the whole shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.engine.worker.preflight import Problem, android, ios, sysdiagnose
from mvtcase.model import EvidenceKind, Gap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mvtcase.engine.worker.preflight import Found
    from mvtcase.engine.worker.task import Task

_LOOKS: Mapping[EvidenceKind, Callable[[Task], Iterator[Found]]] = {
    EvidenceKind.IOS_BACKUP: ios.backup,
    EvidenceKind.IOS_BACKUP_ENCRYPTED: ios.backup,
    EvidenceKind.IOS_FILE_SYSTEM: ios.file_system,
    EvidenceKind.SYSDIAGNOSE: sysdiagnose.sysdiagnose,
    EvidenceKind.INTRUSION_LOGS: android.intrusion_logs,
    EvidenceKind.ANDROIDQF: android.androidqf,
    EvidenceKind.ANDROIDQF_AGE: android.androidqf,
    EvidenceKind.BUGREPORT: android.bugreport,
    EvidenceKind.ANDROID_BACKUP: android.backup,
}


def inspect(task: Task) -> Iterator[Gap | str]:
    """Yield what is missing, damaged or hostile in the evidence as gaps, and what only limits it as sentences."""
    look = _LOOKS.get(task.kind)
    for found in look(task) if look is not None else ():
        yield (
            Gap(module=found.module, outcome=found.outcome, reason=found.reason)
            if isinstance(found, Problem)
            else found
        )
