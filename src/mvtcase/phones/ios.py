"""Synthetic iTunes backups: an invented iPhone's content, healthy, with planted indicators, damaged, or incomplete.

Every module that MVT's check-backup runs finds its source here (`tests/engine/test_control_ios.py` holds it to that).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mvtcase.phones import ios_apps, ios_browsers, ios_browsing, ios_chats, ios_messages, ios_people, ios_system
from mvtcase.phones.damage import Damage, write_damaged
from mvtcase.phones.ios_manifest import TOP_LEVEL, top_level
from mvtcase.phones.ios_phone import Desk, IosPhone, Oddity, PhoneFile, unix_seconds
from mvtcase.phones.ios_spots import IosEvidence, place
from mvtcase.phones.plants import BuiltEvidence

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

__all__ = ["ENCRYPTED_ONLY", "Damage", "IosPhone", "Oddity", "build_ios_backup", "phone_files", "refuse_unknown"]

ENCRYPTED_ONLY = ("calls", "safari_history", "safari_browser_state")
"""Sources that iOS puts into encrypted backups only: as `missing` they turn the content into an unencrypted backup's.

Source: Apple, "About encrypted backups on your iPhone, iPad, or iPod touch" (website history, call history, Health).
"""

_WRITERS: tuple[Callable[[Desk], PhoneFile], ...] = (
    ios_messages.sms,
    ios_messages.calls,
    ios_people.contacts,
    ios_people.calendar,
    ios_people.interactions,
    ios_chats.whatsapp,
    ios_chats.whatsapp_contacts,
    ios_chats.whatsapp_identifiers,
    ios_browsing.safari_history,
    ios_browsing.safari_tabs,
    ios_browsing.safari_favicons,
    ios_browsing.webkit_statistics,
    ios_browsing.webkit_session_log,
    ios_browsers.chrome_history,
    ios_browsers.chrome_favicons,
    ios_browsers.firefox,
    ios_system.datausage,
    ios_system.netusage,
    ios_system.os_analytics,
    ios_system.tcc,
    ios_system.locationd_clients,
    ios_system.id_status_cache,
    ios_system.shortcuts,
    ios_system.global_preferences,
    ios_apps.profile_events,
)


def build_ios_backup(
    folder: Path,
    phone: IosPhone,
    *,
    missing: Collection[str] = (),
    lost: Collection[str] = (),
    damage: Mapping[str, Damage] | None = None,
) -> BuiltEvidence:
    """Write an iTunes backup of the phone into a new or empty folder and return what is planted in it.

    Sources are named as the MVT modules that read them (`sms`, `datausage`, `firefox`, …) or `manifest_db`,
    `info_plist`, `manifest_plist`, `status_plist`. A `missing` source was never backed up; a `lost` one is listed in
    Manifest.db, but its file is not there; a `damage` is put into a source's file. Raises `ValueError` for an unknown
    source, a plant without a place, and a fault that the file cannot have; `OSError` when writing fails.
    """
    damage = damage or {}
    spots, planted = place(phone.plants, IosEvidence.BACKUP)
    desk = Desk.of(phone, spots)
    files = [file for file in phone_files(desk) if file.domain]
    refuse_unknown({*missing, *lost, *damage}, {*(file.source for file in files), *TOP_LEVEL})
    listed = [file for file in files if file.source not in missing]
    folder.mkdir(parents=True, exist_ok=True)
    for file in [*listed, *top_level(desk, listed)]:
        if file.source not in lost and file.source not in missing:
            _write(folder, file, damage.get(file.source), unix_seconds(phone.backed_up))
    return BuiltEvidence(path=folder, planted=planted)


def phone_files(desk: Desk) -> list[PhoneFile]:
    """Return every file of the phone that a backup or a file system dump can carry."""
    return [
        *(write(desk) for write in _WRITERS),
        *ios_apps.configuration_profiles(desk),
        *ios_apps.metadata_files(desk),
        *ios_apps.plain_files(desk),
        *desk.phone.extra_files,
    ]


def refuse_unknown(named: Collection[str], known: Collection[str]) -> None:
    """Raise `ValueError` when a name is no source: a fault put nowhere would make a test pass for nothing."""
    unknown = sorted(set(named) - set(known))
    if unknown:
        raise ValueError(f"no such source on this phone: {', '.join(unknown)}; known: {', '.join(sorted(known))}")


def _write(folder: Path, file: PhoneFile, damage: Damage | None, modified: int) -> None:
    path = folder / file.file_id[:2] / file.file_id if file.domain else folder / file.relative_path
    path.parent.mkdir(exist_ok=True)
    outside = folder.with_name(f"{folder.name}-outside")
    write_damaged(path, file.content, damage, file.anatomy, outside=outside)
    if damage is not Damage.SYMLINK:
        os.utime(path, (modified, modified))
