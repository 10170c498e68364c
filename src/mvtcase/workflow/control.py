"""The positive control: a sample of the sets' own indicators, planted in synthetic phones; all must be found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mvtcase import kinds, workspaces
from mvtcase.canon import canonical_json, digest, timestamp
from mvtcase.engine.job import ScanJob
from mvtcase.errors import ControlFailedError, NoUsableIndicatorError
from mvtcase.files import write_atomically
from mvtcase.indicators.house import withheld
from mvtcase.indicators.sampling import sample_for_control
from mvtcase.model import EvidenceKind, Gap, ModuleOutcome, Platform
from mvtcase.store.folder import PRIVATE_FOLDER
from mvtcase.wording import do, say, why
from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.trees import read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from mvtcase.engine.job import EngineEvent
    from mvtcase.indicators.passport import Passport
    from mvtcase.model import IndicatorSet, Json, RawAlert
    from mvtcase.phones.plants import BuiltEvidence, Plant, PlantKind
    from mvtcase.workflow.desk import Desk


SAMPLES_PER_TYPE = 3
STAND_INS = (EvidenceKind.IOS_BACKUP, EvidenceKind.ANDROIDQF, EvidenceKind.SYSDIAGNOSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One planted indicator, where it was put, and whether the engine raised an alert that names it."""

    value: str
    type: str
    platform: str
    where: str
    found: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """When the control of a kind of evidence passed, None when it did not, and what it missed."""

    at: str | None
    planted: int = 0
    missed: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The sets of one scan: pinned, compiled into `matchset`, `total` indicators in all.

    `set_names` maps a collection's file name to its set; `key` stands for this combination of sets; `control_passed_at`
    is when the positive control last found everything planted with it, None before.
    """

    passports: tuple[Passport, ...]
    sets: tuple[IndicatorSet, ...]
    matchset: Path
    total: int
    set_names: Mapping[str, str]
    key: str
    tools: Mapping[str, str]
    active: tuple[IndicatorSet, ...]
    """The sets that scans use where none is named."""
    control_passed_at: str | None = None
    verdicts: Mapping[EvidenceKind, Verdict] = field(default_factory=dict)
    despite: str = ""
    """Why to go on where a control failed, in the examiner's words."""
    withheld: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Values of embargoed sets, each with the words that are said in its place."""

    @property
    def counts(self) -> Mapping[str, int]:
        """The usable indicators of all sets by MVT's type names."""
        total: Counter[str] = Counter()
        for each in self.sets:
            total.update(each.counts)
        return total


def unheard(event: EngineEvent) -> None:
    """Hear nothing: the default where nobody watches."""


def stand_in(kind: EvidenceKind) -> EvidenceKind:
    """Return the kind of synthetic phone that the control of a kind of evidence looks at."""
    if kind is EvidenceKind.SYSDIAGNOSE:
        return kind
    return EvidenceKind.IOS_BACKUP if kinds.of(kind).platform is Platform.IOS else EvidenceKind.ANDROIDQF


def verdicts(
    desk: Desk, choice: Choice, wanted: Iterable[EvidenceKind], *, on_event: Callable[[EngineEvent], None] = unheard
) -> dict[EvidenceKind, Verdict]:
    """Return what became of the control of each kind of evidence, running those that never passed with these sets."""
    found: dict[EvidenceKind, Verdict] = {}
    for each in dict.fromkeys(stand_in(kind) for kind in wanted):
        remembered = _remembered(desk, choice, each)
        if remembered is not None:
            found[each] = Verdict(at=remembered)
            continue
        checks, at = run(desk, choice, (each,), on_event=on_event)
        missed = tuple(check for check in checks if not check.found)
        found[each] = Verdict(at=None if missed else at, planted=len(checks), missed=missed)
    return found


def listed(missed: Sequence[Check]) -> str:
    """Return missed plants in words: what was planted, and where the engine should have found it."""
    return "; ".join(f"{check.type} {check.value} ({check.platform}: {check.where})" for check in missed[:5])


def run(
    desk: Desk,
    choice: Choice,
    of: Sequence[EvidenceKind] = STAND_INS,
    *,
    on_event: Callable[[EngineEvent], None] = unheard,
) -> tuple[tuple[Check, ...], str]:
    """Run the control and return what became of each plant and when; a pass is remembered for these sets and tools.

    Each kind of synthetic phone passes or fails by itself. Raises `ControlFailedError` when no indicator of the sets
    can be planted in any: then nothing can be proven.
    """
    from mvtcase.phones.plants import Plant, PlantKind  # noqa: PLC0415  # slow to load, and most controls are remembered

    sample = sample_for_control([each.samples for each in choice.passports], per_type=SAMPLES_PER_TYPE)
    spots = _plantable()
    plants = [Plant(PlantKind(kind), value) for kind, value in sample]
    if not any(each.kind in fitting for each in plants for fitting in spots.values()):
        raise ControlFailedError(
            "The positive control could plant none of the chosen sets' indicators: nothing shows that a scan works.",
            hint=say("Choose the built-in set too; {0} may be given again.", do(iocs="SET")),
        )
    home = home_of(desk)
    workspaces.sweep_leftovers(home)
    at = timestamp(desk.clock())
    checks: list[Check] = []
    for each in of:
        with workspaces.workspace(home) as work:
            found = _look(desk, choice, work, plants, each, on_event)
        if all(check.found for check in found):
            _remember(desk, choice, each, at, len(found))
        checks += found
    return tuple(checks), at


def _plantable() -> Mapping[EvidenceKind, frozenset[PlantKind]]:
    """Return what can be planted, and is reported, in each kind of synthetic phone."""
    from mvtcase.phones import android_spots, ios_spots  # noqa: PLC0415  # slow to load, as below
    from mvtcase.phones.sysdiagnose_phone import plantable  # noqa: PLC0415  # as above

    backup = (each for each in ios_spots.SPOTS.values() if ios_spots.IosEvidence.BACKUP in each.evidence)
    android = (each for each in android_spots.SPOTS.values() if each.reported)
    return {
        EvidenceKind.IOS_BACKUP: frozenset(kind for each in backup for kind in each.kinds),
        EvidenceKind.ANDROIDQF: frozenset(kind for each in android for kind in each.kinds),
        EvidenceKind.SYSDIAGNOSE: frozenset(plantable()),
    }


def _built(kind: EvidenceKind, work: Path, plants: Sequence[Plant]) -> BuiltEvidence | None:
    """Return a synthetic phone with what can be planted in its kind, None where nothing can."""
    from mvtcase.phones.android import build_androidqf  # noqa: PLC0415  # slow to load, and most controls are remembered
    from mvtcase.phones.android_phone import AndroidPhone  # noqa: PLC0415  # as above
    from mvtcase.phones.ios import build_ios_backup  # noqa: PLC0415  # as above
    from mvtcase.phones.ios_phone import IosPhone  # noqa: PLC0415  # as above
    from mvtcase.phones.sysdiagnose import build_sysdiagnose  # noqa: PLC0415  # as above
    from mvtcase.phones.sysdiagnose_phone import SysdiagnosePhone  # noqa: PLC0415  # as above

    fitting = tuple(each for each in plants if each.kind in _plantable()[kind])
    if not fitting:
        return None
    if kind is EvidenceKind.IOS_BACKUP:
        return build_ios_backup(work / "phone", IosPhone(plants=fitting))
    if kind is EvidenceKind.ANDROIDQF:
        return build_androidqf(work / "phone", AndroidPhone(plants=fitting))
    return build_sysdiagnose(work / "phone", SysdiagnosePhone(plants=fitting), archive=False)


def _look(  # all of it belongs to one run
    desk: Desk,
    choice: Choice,
    work: Path,
    plants: Sequence[Plant],
    kind: EvidenceKind,
    on_event: Callable[[EngineEvent], None],
) -> list[Check]:
    built = _built(kind, work, plants)
    if built is None:
        return []
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
            value=choice.withheld.get(each.plant.value, each.plant.value),
            type=str(each.plant.kind),
            platform=str(kind),
            where=each.where if result.finished else f"the engine ended early: {result.error}",
            found=any(_names(alert, each.plant) for alert in result.alerts),
        )
        for each in built.planted
        if each.reported_by_mvt
    ]


def _names(alert: RawAlert, plant: Plant) -> bool:
    return alert.indicator is not None and alert.indicator.value.casefold() == plant.value.casefold()


def home_of(desk: Desk) -> Path:
    """Return the folder in which controls run and are remembered, made where it was not there."""
    home = desk.workspace.iocs / ".control"
    home.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    return home


def _memory(desk: Desk, choice: Choice, kind: EvidenceKind) -> Path:
    key = digest([choice.key, dict(choice.tools), kind])
    return desk.workspace.iocs / ".control" / f"{key}.json"


def _remembered(desk: Desk, choice: Choice, kind: EvidenceKind) -> str | None:
    try:
        record = read_json(_memory(desk, choice, kind))
    except UnreadableError:
        return None
    at = record.get("passed_at") if isinstance(record, dict) else None
    return at if isinstance(at, str) else None


def _remember(desk: Desk, choice: Choice, kind: EvidenceKind, at: str, planted: int) -> None:
    record: Json = {"passed_at": at, "planted": planted, "sets": [each.sha256 for each in choice.sets]}
    write_atomically(_memory(desk, choice, kind), canonical_json(record).encode())


def choose(desk: Desk, named: Sequence[str] = ()) -> Choice:
    """Return the sets named, or all active ones, compiled.

    Raises `IndicatorSetMissingError` or `NoUsableIndicatorError`.
    """
    library = desk.library
    passports = library.active(tuple(named))
    if not passports:
        raise NoUsableIndicatorError(
            "No indicator set is active: a scan would compare with nothing.",
            hint=say("Import one with {0}.", do("iocs import", "FILE")),
        )
    compiled, newest = library.compile(passports), desk.newest()
    if compiled.total == 0:
        raise NoUsableIndicatorError("The chosen indicator sets hold no usable indicator.")
    return Choice(
        passports=tuple(passports),
        sets=compiled.sets,
        matchset=compiled.matchset_path,
        total=compiled.total,
        set_names=compiled.set_names,
        key=compiled.key,
        tools=dict(newest.tools),
        active=tuple(newest.sets.values()),
        withheld=withheld(library, passports),
    )


def require_control(
    desk: Desk, choice: Choice, wanted: Iterable[EvidenceKind] = tuple(EvidenceKind), *, despite: str = ""
) -> Choice:
    """Return the choice with what became of the positive control of each kind of evidence that is wanted.

    Raises `ControlFailedError` when it failed for all of them and nobody gave a reason to go on despite that: such a
    scan would prove nothing. What fails for one kind does not stop another.
    """
    if not desk.with_control:
        return choice
    proved = verdicts(desk, choice, wanted)
    choice = replace(choice, verdicts=proved, despite=despite)
    failed = [each for each in proved.values() if each.missed]
    if failed and len(failed) == len(proved) and not despite:
        raise _failure(failed)
    passed = max((each.at for each in proved.values() if each.at), default=None)
    return choice if failed else replace(choice, control_passed_at=passed)


def proven(choice: Choice, kind: EvidenceKind) -> Choice:
    """Return the choice for one kind of evidence, with the time its own control passed.

    Raises `ControlFailedError` when it failed and nobody gave a reason to go on despite that.
    """
    verdict = choice.verdicts.get(stand_in(kind))
    if verdict is None:
        return choice
    if verdict.missed and not choice.despite:
        raise _failure([verdict])
    return replace(choice, control_passed_at=verdict.at)


def control_gaps(choice: Choice, kind: EvidenceKind) -> tuple[Gap, ...]:
    """Return the gap that a control leaves which failed for a kind of evidence, and was gone past with a reason."""
    verdict = choice.verdicts.get(stand_in(kind))
    if verdict is None or not verdict.missed:
        return ()
    reason = why("control.despite", missed=listed(verdict.missed), reason=choice.despite)
    return (Gap(module="positive control", outcome=ModuleOutcome.FAILED, reason=reason),)


def _failure(failed: Sequence[Verdict]) -> ControlFailedError:
    missed = [check for each in failed for check in each.missed]
    return ControlFailedError(
        "The positive control failed: {missed} of {failed} planted indicators were not found. {missed_2}",
        missed=len(missed),
        failed=sum(each.planted for each in failed),
        missed_2=listed(missed),
    )
