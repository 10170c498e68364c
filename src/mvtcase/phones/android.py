"""AndroidQF acquisitions of an invented phone: the folder, the zip and the age-encrypted archive.

The default phone feeds every module MVT 2026.10.26 runs on such an acquisition: 8 of its own, 16 on the bugreport
inside, 1 on the backup inside, and 3 on the intrusion logs.
"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

import pyrage

from mvtcase.phones import android_files as render
from mvtcase.phones.adb_backup import backup_bytes
from mvtcase.phones.android_damage import IN_PLACE_OF_FILE, AndroidDamage, apply_damage, fixed_zip
from mvtcase.phones.android_dumpsys import dumpsys_text
from mvtcase.phones.android_phone import AndroidApp, AndroidMessage, AndroidPhone
from mvtcase.phones.android_spots import AndroidEvidence, Placement, place
from mvtcase.phones.androidqf_layouts import AndroidQFLayout, in_layout, told
from mvtcase.phones.bugreport import bugreport_bytes
from mvtcase.phones.damage import Damage as PlaceDamage
from mvtcase.phones.damage import write_damaged
from mvtcase.phones.intrusion_logs import log_members
from mvtcase.phones.plants import BuiltEvidence

if TYPE_CHECKING:
    import random
    from collections.abc import Collection, Mapping
    from pathlib import Path

__all__ = [
    "AndroidApp",
    "AndroidDamage",
    "AndroidMessage",
    "AndroidPhone",
    "age_identity",
    "build_androidqf",
    "build_androidqf_zip",
    "encrypt_age",
]

_NOTHING: Mapping[str, AndroidDamage] = MappingProxyType({})
_IN_FOLDER = ("logs", "intrusion_logs")
_OWN_BUILDER = frozenset({"backup.ab", "bugreport.zip", "intrusion_logs"})
_IN_RECORDS: Mapping[str, frozenset[AndroidDamage]] = MappingProxyType(
    {
        "packages.json": frozenset({AndroidDamage.MISSING_FIELD}),
        "files.json": frozenset({AndroidDamage.MISSING_FIELD, AndroidDamage.ODD_TIMESTAMP}),
    }
)


def build_androidqf(
    folder: Path,
    phone: AndroidPhone,
    *,
    missing: Collection[str] = (),
    damage: Mapping[str, AndroidDamage] = _NOTHING,
    backup_password: str | None = None,
    outside: Path | None = None,
    layout: AndroidQFLayout | None = None,
    visited: tuple[str, ...] = (),
) -> BuiltEvidence:
    """Return an acquisition written to a new `folder`, as androidqf left it there before it wrote archives itself.

    `layout` is a release whose files it has; without one it has those of old and new releases together. `visited` are
    pages in the browser history that only the newest has.

    `missing` and `damage` name parts: a file ("packages.json", "bugreport.zip", "backup.ab", …) or a folder ("logs",
    "intrusion_logs"). hashes.csv lists the files as they were taken, before byte damage. A plant in a missing part is
    still reported as planted. `outside` is where a link in place of a part leads. Raises `ValueError` when a plant fits
    nowhere or a part does not exist, `FileExistsError` when the folder does.
    """
    placement = place(phone.plants, AndroidEvidence)
    inside = {part: done for part, done in damage.items() if done not in IN_PLACE_OF_FILE}
    members = _members(phone, placement, missing, inside, backup_password, layout, visited)
    if unknown := damage.keys() - inside.keys() - {_part_of(name) for name in members}:
        raise ValueError(f"an AndroidQF acquisition has no {sorted(unknown)}")
    folder.mkdir(parents=True)
    for number, (name, data) in enumerate(members.items()):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        done = damage.get(_part_of(name))
        instead = PlaceDamage(done) if done in IN_PLACE_OF_FILE else None
        write_damaged(target, data, instead, None, outside=outside or folder.with_name(f"{folder.name}-outside"))
        written = (phone.taken_at + timedelta(seconds=20 * number)).timestamp()
        os.utime(target, (written, written), follow_symlinks=False)
    return BuiltEvidence(path=folder, planted=placement.planted())


def build_androidqf_zip(
    path: Path,
    phone: AndroidPhone,
    *,
    top_folder: bool = True,
    missing: Collection[str] = (),
    damage: Mapping[str, AndroidDamage] = _NOTHING,
    archive_damage: AndroidDamage | None = None,
    backup_password: str | None = None,
) -> BuiltEvidence:
    """Return an acquisition written as a zip; `archive_damage` is done to the archive itself.

    With `top_folder` it is a folder somebody packed. Without, it is the `<uuid>.zip` that androidqf itself writes
    today, and there MVT 2026.10.26 finds none of its files, because its patterns all begin with a folder.
    """
    placement = place(phone.plants, AndroidEvidence)
    members = _members(phone, placement, missing, damage, backup_password)
    prefix = f"{phone.acquisition_uuid}/" if top_folder else ""
    whole = fixed_zip({prefix + name: data for name, data in members.items()}, phone.wall_clock)
    path.write_bytes(apply_damage(whole, archive_damage, phone.random("archive")) if archive_damage else whole)
    return BuiltEvidence(path=path, planted=placement.planted())


def age_identity() -> str:
    """Return a new age identity, the secret key text of an identity file (random: age has no use for a seed)."""
    return str(pyrage.x25519.Identity.generate())


def encrypt_age(path: Path, identity: str) -> Path:
    """Return `<path>.age`, the file encrypted to an identity's own recipient as androidqf does with its key.txt.

    age takes fresh randomness, so these bytes alone differ from build to build. Raises `pyrage.IdentityError`.
    """
    target = path.with_name(f"{path.name}.age")
    recipient = pyrage.x25519.Identity.from_str(identity).to_public()
    target.write_bytes(pyrage.encrypt(path.read_bytes(), [recipient]))
    return target


def _members(
    phone: AndroidPhone,
    placement: Placement,
    missing: Collection[str],
    damage: Mapping[str, AndroidDamage],
    backup_password: str | None,
    layout: AndroidQFLayout | None = None,
    visited: tuple[str, ...] = (),
) -> dict[str, bytes]:
    members = _collected(phone, placement, damage, backup_password)
    acquisition = render.acquisition(phone)
    if layout is not None:
        members = in_layout(members, layout, phone, visited)
        acquisition = told(acquisition, layout)
    members["acquisition.json"] = acquisition.encode()
    members["command.log"] = _command_log(phone).encode()
    known = {_part_of(name) for name in members} | {"hashes.csv"}
    if unknown := {*missing, *damage} - known:
        raise ValueError(f"an AndroidQF acquisition has no {sorted(unknown)}; it has {sorted(known)}")
    kept = {name: data for name, data in members.items() if _part_of(name) not in missing}
    if "hashes.csv" not in missing:
        kept["hashes.csv"] = render.hash_list(kept)
    rng = phone.random("damage")
    return {name: _after(name, data, damage.get(_part_of(name)), rng) for name, data in kept.items()}


def _after(name: str, data: bytes, damage: AndroidDamage | None, rng: random.Random) -> bytes:
    part = _part_of(name)
    inside = part in _OWN_BUILDER or damage in _IN_RECORDS.get(part, ())
    return data if damage is None or inside else apply_damage(data, damage, rng)


def _part_of(name: str) -> str:
    top = name.split("/", 1)[0]
    return top if top in _IN_FOLDER else name


def _collected(
    phone: AndroidPhone, placement: Placement, damage: Mapping[str, AndroidDamage], backup_password: str | None
) -> dict[str, bytes]:
    backup = placement.within(AndroidEvidence.BACKUP)
    bugreport = placement.within(AndroidEvidence.BUGREPORT)
    logs = placement.within(AndroidEvidence.INTRUSION_LOGS)
    return {
        "backup.ab": backup_bytes(phone, backup, password=backup_password, damage=damage.get("backup.ab")),
        **_text_files(phone, placement, damage),
        "bugreport.zip": bugreport_bytes(phone, bugreport, damage=damage.get("bugreport.zip")),
        **{f"logs/{name}": text.encode() for name, text in _logs(phone).items()},
        **{
            f"intrusion_logs/{name}": data
            for name, data in log_members(phone, logs, damage=damage.get("intrusion_logs")).items()
        },
    }


def _text_files(phone: AndroidPhone, placement: Placement, damage: Mapping[str, AndroidDamage]) -> dict[str, bytes]:
    packages = render.without_field(render.packages(phone, placement), "installer", damage.get("packages.json"))
    odd = damage.get("files.json") is AndroidDamage.ODD_TIMESTAMP
    files = render.without_field(render.files(phone, placement, odd_timestamp=odd), "path", damage.get("files.json"))
    names = placement.at("aqf_processes")
    texts = {
        "packages.json": json.dumps(packages, indent=4),
        "getprop.txt": render.properties(phone, placement.at("aqf_get_prop")),
        "dumpsys.txt": dumpsys_text(phone, Placement({})),
        "processes.txt": render.collector_processes(phone, names),
        "ps.txt": render.process_table(phone, names),
        "services.txt": "Found 2 services:\n0\tactivity: [android.app.IActivityManager]\n1\tadb: []\n",
        **{f"settings_{name}.txt": render.settings(name, phone, placement) for name in render.SETTINGS},
        "selinux.txt": "Enforcing\n",
        "env.txt": "ANDROID_DATA=/data\nEXTERNAL_STORAGE=/sdcard\nTMPDIR=/data/local/tmp\n",
        "logcat.txt": render.logcat(phone, placement),
        "root_binaries.json": json.dumps(list(phone.root_binaries)),
        "mounts.json": json.dumps(render.mounts(placement), indent=1),
        "files.json": json.dumps(files),
    }
    return {name: text.encode() for name, text in texts.items()}


def _logs(phone: AndroidPhone) -> dict[str, str]:
    return {
        "data/anr/anr_2026-11-17-08-12-44-021": "----- pid 4222 -----\nCmd line: com.whatsapp\n",
        "data/system/uiderrors.txt": f"{phone.wall_clock:%Y-%m-%d %H:%M}: No settings file; creating initial state\n",
        "sdcard/log/thermal.log": "0 31.5\n1 31.7\n",
    }


def _command_log(phone: AndroidPhone) -> str:
    steps = (
        "Started new acquisition",
        "Backup completed!",
        "Collecting device properties...",
        "Acquisition completed.",
    )
    return "".join(
        f"{phone.taken_at + timedelta(minutes=3 * number):%Y-%m-%dT%H:%M:%SZ} [INFO] {step}\n"
        for number, step in enumerate(steps)
    )
