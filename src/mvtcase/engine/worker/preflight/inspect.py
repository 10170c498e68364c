"""The look at the evidence before MVT sees it, with our own readers: problems that MVT passes over in silence.

What lies in folders (links, pipes, depth, archives) was looked at when the evidence was staged; databases are looked at
when a module opens them (`integrity`). Here is what only the whole shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.engine.safe_json import safe_text
from mvtcase.engine.worker.preflight import Problem, android, ios, sysdiagnose
from mvtcase.engine.worker.preflight.messengers import encrypted_messengers
from mvtcase.kinds.layouts import LAYOUTS
from mvtcase.model import EvidenceKind, Gap
from mvtcase.wording import why
from mvtcase_readers.drift import drifts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mvtcase.engine.worker.preflight import Found
    from mvtcase.engine.worker.task import Task


def _android_file_system(task: Task) -> Iterator[Found]:
    """Yield what only limits the look at a dump of an Android phone."""
    yield from encrypted_messengers(task.target)


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
    EvidenceKind.ANDROID_FILE_SYSTEM: _android_file_system,
}


def _drift(task: Task) -> Iterator[str]:
    """Yield what is not laid out as the readers expect: sentences to report, no gaps."""
    known = LAYOUTS.get(task.kind)
    for each in drifts(task.target, known) if known is not None else ():
        yield why("drift", file=safe_text(each.file, 200), what=safe_text(each.what, 200))


def inspect(task: Task) -> Iterator[Gap | str]:
    """Yield what is missing, damaged or hostile in the evidence as gaps, and what only limits it as sentences."""
    yield from _drift(task)
    look = _LOOKS.get(task.kind)
    for found in look(task) if look is not None else ():
        yield (
            Gap(module=found.module, outcome=found.outcome, reason=found.reason)
            if isinstance(found, Problem)
            else found
        )
