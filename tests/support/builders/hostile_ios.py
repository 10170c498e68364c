"""Damaged and hostile evidence of iPhones: every fault of every file, and what no single file's fault is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from builders import hostile_sqlite
from builders.hostile_inputs import HostileInput, plant_at
from builders.hostile_ios_tampering import BACKUP_TAMPERINGS, DUMP_TAMPERINGS
from builders.ios_faults import ios_faults
from mvtcase.model import EvidenceKind
from mvtcase.phones.damage import Damage
from mvtcase.phones.ios import build_ios_backup, phone_files
from mvtcase.phones.ios_fs import build_ios_file_system, dump_files
from mvtcase.phones.ios_phone import Anatomy, Desk, IosPhone, PhoneFile
from mvtcase.phones.ios_spots import SPOTS, IosEvidence
from mvtcase.phones.sqlite_files import edited

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from builders.hostile_sqlite import Change
    from mvtcase.phones.plants import Plant

_KINDS = {IosEvidence.BACKUP: EvidenceKind.IOS_BACKUP_ENCRYPTED, IosEvidence.FILE_SYSTEM: EvidenceKind.IOS_FILE_SYSTEM}
_SPOT_OF = {"firefox": "firefox_history", "manifest_db": "manifest"}
_HARMLESS = frozenset({Damage.NO_ROWS, Damage.UNREADABLE})
"""An empty table is a healthy phone's too; a file without permissions is read by root."""

_REFUSED_BY_SCHEMA = frozenset(
    (source, Damage.NULL_DATE) for source in ("webkit_resource_load_statistics", "safari_favicon", "cache_files")
)
_KEY_SOURCES = ("sms", "datausage", "tcc", "safari_history", "manifest_db")


def ios_inputs() -> Iterator[HostileInput]:
    """Yield damaged backups and file system dumps."""
    for evidence in IosEvidence:
        yield from _faults(evidence)
        yield from _changes(evidence)
    yield from _losses()
    yield from _lost_joins()
    for evidence, tamperings in ((IosEvidence.BACKUP, BACKUP_TAMPERINGS), (IosEvidence.FILE_SYSTEM, DUMP_TAMPERINGS)):
        for name, tamper in tamperings.items():
            yield _input(evidence, f"tampered {evidence}", name, partial(_tampered, evidence, tamper))


def _tampered(evidence: IosEvidence, tamper: Callable[[Path, Path], None], folder: Path) -> Path:
    root, file = built_with(evidence, plant_at("sms", SPOTS["sms"].kinds), "sms", folder)
    tamper(root, path_in(root, file, evidence))
    return root


def _faults(evidence: IosEvidence) -> Iterator[HostileInput]:
    for source, damages in ios_faults(evidence).items():
        plant = _plant_for(source, evidence)
        for damage in damages:
            if plant is None:
                break
            if damage not in _HARMLESS and (source, damage) not in _REFUSED_BY_SCHEMA:
                build = partial(_faulty, evidence, plant, source, damage)
                yield _input(evidence, f"faults of {evidence}", f"{source} {damage}", build)


def _faulty(evidence: IosEvidence, plant: Plant, source: str, damage: Damage, folder: Path) -> Path:
    build = build_ios_backup if evidence is IosEvidence.BACKUP else build_ios_file_system
    return build(folder / "phone", IosPhone(plants=(plant,)), damage={source: damage}).path


def _changes(evidence: IosEvidence) -> Iterator[HostileInput]:
    sources = [name for name in _KEY_SOURCES if evidence is IosEvidence.BACKUP or name != "manifest_db"]
    for source in sources:
        for name, change in hostile_sqlite.CHANGES.items():
            build = partial(_changed, evidence, source, change)
            yield _input(evidence, f"databases of {evidence}", f"{source} {name}", build)
    slow = partial(_changed, evidence, "sms", hostile_sqlite.huge_text)
    yield _input(evidence, f"databases of {evidence}", "sms huge text", slow, slow=True)


def _changed(evidence: IosEvidence, source: str, change: Change, folder: Path) -> Path:
    plant = _plant_for(source, evidence)
    root, file = built_with(evidence, plant, source, folder)
    path = path_in(root, file, evidence)
    if file.anatomy is not None:
        path.write_bytes(change(path.read_bytes(), file.anatomy))
    return root


def built_with(evidence: IosEvidence, plant: Plant | None, source: str, folder: Path) -> tuple[Path, PhoneFile]:
    """Return healthy evidence with a plant, and the phone's file of a source."""
    phone = IosPhone(plants=(plant,) if plant else ())
    build = build_ios_backup if evidence is IosEvidence.BACKUP else build_ios_file_system
    root = build(folder / "phone", phone).path
    desk = Desk.of(phone, {})
    files = {file.source: file for file in (phone_files(desk) if evidence is IosEvidence.BACKUP else dump_files(desk))}
    manifest = PhoneFile(
        source="manifest_db",
        relative_path="Manifest.db",
        content=b"",
        anatomy=Anatomy(table="Files", text="relativePath"),
    )
    return root, files.get(source, manifest)


def path_in(root: Path, file: PhoneFile, evidence: IosEvidence) -> Path:
    """Return where a phone's file stands in its evidence."""
    if evidence is IosEvidence.FILE_SYSTEM:
        return root / file.device_path
    return root / file.file_id[:2] / file.file_id if file.domain else root / file.relative_path


_ONE_SIDE_GONE = (
    ("sms", "UPDATE message SET is_from_me = 1, handle_id = 9999"),
    ("safari_history", "DELETE FROM history_items"),
    ("safari_history", "DELETE FROM history_visits"),
    ("chrome_history", "DELETE FROM urls"),
    ("chrome_history", "DELETE FROM visits"),
    ("firefox", "DELETE FROM visits"),
    ("datausage", "DELETE FROM ZPROCESS"),
    ("shortcuts", "UPDATE ZSHORTCUT SET Z_PK = Z_PK + 1000"),
)
"""One side of a join of MVT's: the other stands, and nothing is read of it."""


def _lost_joins() -> Iterator[HostileInput]:
    for source, statement in _ONE_SIDE_GONE:
        build = partial(_changed, IosEvidence.BACKUP, source, partial(_after, statement))
        yield _input(IosEvidence.BACKUP, "lost joins", f"{source} after {statement}", build)


def _after(statement: str, content: bytes, anatomy: Anatomy) -> bytes:
    del anatomy

    def edit(connection: sqlite3.Connection) -> None:
        connection.execute(statement)

    return edited(content, edit)


def _losses() -> Iterator[HostileInput]:
    # No Safari: a plain backup carries no history that could be lost.
    for source in ("sms", "datausage", "tcc", "os_analytics_ad_daily"):
        plant = _plant_for(source, IosEvidence.BACKUP)
        if plant is not None:
            yield _input(IosEvidence.BACKUP, "lost files", f"{source} lost", partial(_lost, plant, source))
            yield _input(IosEvidence.BACKUP, "lost files", f"{source} never there", partial(_missing, plant, source))
    for source in ("sms", "datausage", "tcc", "shutdown_log"):
        plant = _plant_for(source, IosEvidence.FILE_SYSTEM)
        if plant is not None:
            build = partial(_missing_in_dump, plant, source)
            yield _input(IosEvidence.FILE_SYSTEM, "lost files", f"{source} never there", build)


def _lost(plant: Plant, source: str, folder: Path) -> Path:
    return build_ios_backup(folder / "phone", IosPhone(plants=(plant,)), lost=(source,)).path


def _missing(plant: Plant, source: str, folder: Path) -> Path:
    return build_ios_backup(folder / "phone", IosPhone(plants=(plant,)), missing=(source,)).path


def _missing_in_dump(plant: Plant, source: str, folder: Path) -> Path:
    # From iOS 26 on a phone that has just restarted has no shutdown log, and nothing is lost.
    phone = IosPhone(plants=(plant,), product_type="iPhone15,4")
    return build_ios_file_system(folder / "phone", phone, missing=(source,)).path


def _input(
    evidence: IosEvidence, group: str, name: str, build: Callable[[Path], Path], *, slow: bool = False
) -> HostileInput:
    return HostileInput(name=f"{evidence}: {name}", group=group, kind=_KINDS[evidence], build=build, slow=slow)


def _plant_for(source: str, evidence: IosEvidence) -> Plant | None:
    name = _SPOT_OF.get(source, source)
    spot = SPOTS.get(name)
    return plant_at(name, spot.kinds) if spot is not None and evidence in spot.evidence else None
