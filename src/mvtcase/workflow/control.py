"""The positive control: a sample of the sets' own indicators, planted in synthetic phones; all must be found."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.canon import canonical_json, digest, timestamp
from mvtcase.engine.job import ScanJob
from mvtcase.errors import ControlFailedError
from mvtcase.evidence import workspaces
from mvtcase.files import write_atomically
from mvtcase.indicators.sampling import sample_for_control
from mvtcase.model import EvidenceKind
from mvtcase.phones import android_spots, ios_spots
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.plants import Plant, PlantKind
from mvtcase.phones.sysdiagnose import build_sysdiagnose
from mvtcase.phones.sysdiagnose_phone import SysdiagnosePhone, plantable
from mvtcase.store.folder import PRIVATE_FOLDER
from mvtcase.wording import do, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from mvtcase.engine.job import EngineEvent
    from mvtcase.model import Json, RawAlert
    from mvtcase.phones.plants import BuiltEvidence
    from mvtcase.workflow.desk import Desk
    from mvtcase.workflow.sets import Choice

SAMPLES_PER_TYPE = 3
_IOS = frozenset(
    kind for spot in ios_spots.SPOTS.values() if ios_spots.IosEvidence.BACKUP in spot.evidence for kind in spot.kinds
)
_ANDROID = frozenset(kind for spot in android_spots.SPOTS.values() if spot.reported for kind in spot.kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One planted indicator, where it was put, and whether the engine raised an alert that names it."""

    value: str
    type: str
    platform: str
    where: str
    found: bool


def unheard(event: EngineEvent) -> None:
    """Hear nothing: the default where nobody watches."""


def passed_at(desk: Desk, choice: Choice, *, on_event: Callable[[EngineEvent], None] = unheard) -> str:
    """Return when the control of this combination of sets and tools passed, running it when it never did.

    Raises `ControlFailedError` naming what was not found.
    """
    remembered = _remembered(desk, choice)
    if remembered is not None:
        return remembered
    checks, at = run(desk, choice, on_event=on_event)
    missed = [check for check in checks if not check.found]
    if missed:
        listed = "; ".join(f"{check.type} {check.value} ({check.platform}: {check.where})" for check in missed[:5])
        raise ControlFailedError(
            f"The positive control failed: {len(missed)} of {len(checks)} planted indicators were not found. {listed}"
        )
    return at


def run(
    desk: Desk, choice: Choice, *, on_event: Callable[[EngineEvent], None] = unheard
) -> tuple[tuple[Check, ...], str]:
    """Run the control and return what became of each plant and when; a pass is remembered for these sets and tools.

    Raises `ControlFailedError` when no indicator of the sets can be planted: then nothing can be proven.
    """
    sample = sample_for_control(choice.passports, per_type=SAMPLES_PER_TYPE)
    plants = [Plant(PlantKind(kind), value) for kind, value in sample]
    home = desk.workspace.iocs / ".control"
    home.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    workspaces.sweep_leftovers(home)
    with workspaces.workspace(home) as work:
        checks = (
            *_on_ios(desk, choice, work, [each for each in plants if each.kind in _IOS], on_event),
            *_on_android(desk, choice, work, [each for each in plants if each.kind in _ANDROID], on_event),
            *_on_sysdiagnose(desk, choice, work, [each for each in plants if each.kind in plantable()], on_event),
        )
    if not checks:
        raise ControlFailedError(
            "The positive control could plant none of the chosen sets' indicators: nothing shows that a scan works.",
            hint=say("Choose the built-in set too; {0} may be given again.", do(iocs="SET")),
        )
    at = timestamp(desk.clock())
    if all(check.found for check in checks):
        _remember(desk, choice, at, len(checks))
    return checks, at


def _on_ios(
    desk: Desk, choice: Choice, work: Path, plants: Sequence[Plant], on_event: Callable[[EngineEvent], None]
) -> list[Check]:
    if not plants:
        return []
    built = build_ios_backup(work / "ios", IosPhone(plants=tuple(plants)))
    return _look(desk, choice, work, built, EvidenceKind.IOS_BACKUP, on_event)


def _on_android(
    desk: Desk, choice: Choice, work: Path, plants: Sequence[Plant], on_event: Callable[[EngineEvent], None]
) -> list[Check]:
    if not plants:
        return []
    built = build_androidqf(work / "androidqf", AndroidPhone(plants=tuple(plants)))
    return _look(desk, choice, work, built, EvidenceKind.ANDROIDQF, on_event)


def _on_sysdiagnose(
    desk: Desk, choice: Choice, work: Path, plants: Sequence[Plant], on_event: Callable[[EngineEvent], None]
) -> list[Check]:
    if not plants:
        return []
    built = build_sysdiagnose(work / "sysdiagnose", SysdiagnosePhone(plants=tuple(plants)), archive=False)
    return _look(desk, choice, work, built, EvidenceKind.SYSDIAGNOSE, on_event)


def _look(  # all of it belongs to one run
    desk: Desk,
    choice: Choice,
    work: Path,
    built: BuiltEvidence,
    kind: EvidenceKind,
    on_event: Callable[[EngineEvent], None],
) -> list[Check]:
    result = desk.engine.run_scan(
        ScanJob(
            kind=kind,
            target=built.path,
            results=work / f"results-{kind}",
            matchset=choice.matchset,
            expected_indicators=choice.total,
            set_names=choice.set_names,
            limits=desk.settings.limits,
            evidence_bytes=0,
            sweep=False,
        ),
        on_event=on_event,
    )
    return [
        Check(
            value=each.plant.value,
            type=str(each.plant.kind),
            platform=str(kind),
            where=each.where,
            found=any(_names(alert, each.plant) for alert in result.alerts),
        )
        for each in built.planted
        if each.reported_by_mvt
    ]


def _names(alert: RawAlert, plant: Plant) -> bool:
    return alert.indicator is not None and alert.indicator.value.casefold() == plant.value.casefold()


def _memory(desk: Desk, choice: Choice) -> Path:
    key = digest([choice.key, dict(choice.tools)])
    return desk.workspace.iocs / ".control" / f"{key}.json"


def _remembered(desk: Desk, choice: Choice) -> str | None:
    try:
        record = json.loads(_memory(desk, choice).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    at = record.get("passed_at") if isinstance(record, dict) else None
    return at if isinstance(at, str) else None


def _remember(desk: Desk, choice: Choice, at: str, planted: int) -> None:
    record: Json = {"passed_at": at, "planted": planted, "sets": [each.sha256 for each in choice.sets]}
    write_atomically(_memory(desk, choice), canonical_json(record).encode())
