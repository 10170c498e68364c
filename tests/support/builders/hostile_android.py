"""Damaged and hostile evidence of Android phones: AndroidQF, bugreports, backups, intrusion logs."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from functools import partial
from typing import TYPE_CHECKING

from builders.hostile_inputs import HostileInput, plant_at
from mvtcase.model import EvidenceKind
from mvtcase.phones.adb_backup import build_adb_backup
from mvtcase.phones.android import build_androidqf, build_androidqf_zip
from mvtcase.phones.android_damage import AndroidDamage, fixed_zip
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.android_spots import SPOTS
from mvtcase.phones.bugreport import Layout, build_bugreport
from mvtcase.phones.intrusion_logs import build_intrusion_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_GENERAL = (
    AndroidDamage.EMPTY,
    AndroidDamage.TRUNCATED,
    AndroidDamage.NOISE,
    AndroidDamage.INVALID_UTF8,
    AndroidDamage.NOT_JSON,
)
_IN_FOLDER = (AndroidDamage.SYMLINK, AndroidDamage.FIFO, AndroidDamage.FOLDER)
_ARCHIVE = (AndroidDamage.BAD_CRC, AndroidDamage.PASSWORD)
_PARTS: Mapping[str, str] = {
    "packages.json": "aqf_packages",
    "files.json": "aqf_files",
    "ps.txt": "aqf_processes",
    "getprop.txt": "aqf_get_prop",
    "mounts.json": "mounts",
    "backup.ab": "sms",
    "bugreport.zip": "dumpsys_packages",
}
_SERVICES: Mapping[str, str] = {
    "package": "dumpsys_packages",
    "appops": "dumpsys_appops",
    "accessibility": "dumpsys_accessibility",
    "batterystats": "dumpsys_battery_daily",
    "platform_compat": "dumpsys_platform_compat",
    "dbinfo": "dbinfo",
}


def android_inputs() -> Iterator[HostileInput]:
    """Yield damaged acquisitions of Android phones."""
    yield from _acquisitions()
    yield from _rewritten_parts()
    yield from _bugreports()
    yield from _backups()
    yield from _intrusion_logs()


def phone_with(spot: str) -> AndroidPhone:
    """Return the phone with one plant at a spot."""
    return AndroidPhone(plants=(plant_at(spot, SPOTS[spot].kinds),))


def _acquisitions() -> Iterator[HostileInput]:
    kind, group = EvidenceKind.ANDROIDQF, "androidqf parts"
    for part, spot in _PARTS.items():
        damages: tuple[AndroidDamage, ...] = (*_GENERAL, *_IN_FOLDER)
        damages += (*_ARCHIVE, AndroidDamage.NO_ENTRY_POINT) if part == "bugreport.zip" else ()
        damages += (AndroidDamage.BODYLESS_MESSAGE,) if part == "backup.ab" else ()
        for damage in damages:
            build = partial(_damaged_part, spot, part, damage)
            yield HostileInput(name=f"{part} {damage}", group=group, kind=kind, build=build)
        if part != "mounts.json":
            # Older releases of androidqf wrote none.
            build = partial(_without_part, spot, part)
            yield HostileInput(name=f"no {part}", group=group, kind=kind, build=build)
    for damage in (AndroidDamage.TRUNCATED, AndroidDamage.NOISE, AndroidDamage.BAD_CRC, AndroidDamage.PASSWORD):
        build = partial(_damaged_archive, damage)
        yield HostileInput(name=f"archive {damage}", group=group, kind=kind, build=build, may_refuse=True)
    yield HostileInput(name="backup.ab encrypted", group=group, kind=kind, build=_encrypted_backup_inside)


def _damaged_part(spot: str, part: str, damage: AndroidDamage, folder: Path) -> Path:
    outside = folder / "outside"
    return build_androidqf(folder / "phone", phone_with(spot), damage={part: damage}, outside=outside).path


def _without_part(spot: str, part: str, folder: Path) -> Path:
    return build_androidqf(folder / "phone", phone_with(spot), missing=(part,)).path


def _damaged_archive(damage: AndroidDamage, folder: Path) -> Path:
    return build_androidqf_zip(folder / "phone.zip", phone_with("aqf_packages"), archive_damage=damage).path


def _encrypted_backup_inside(folder: Path) -> Path:
    return build_androidqf(folder / "phone", phone_with("sms"), backup_password="not given").path


def _rewritten_parts() -> Iterator[HostileInput]:
    for (part, spot, name), rewrite in _REWRITES.items():
        yield HostileInput(
            name=f"{part} {name}",
            group="androidqf contents",
            kind=EvidenceKind.ANDROIDQF,
            build=partial(_rewritten, spot, part, rewrite),
        )


def _rewritten(spot: str, part: str, rewrite: Callable[[bytes], bytes], folder: Path) -> Path:
    built = build_androidqf(folder / "phone", phone_with(spot))
    path = built.path / part
    path.write_bytes(rewrite(path.read_bytes()))
    return built.path


def _as_json(change: Callable[[list[object]], object]) -> Callable[[bytes], bytes]:
    return lambda data: json.dumps(change(json.loads(data))).encode()


def _first_line(data: bytes) -> bytes:
    return data.split(b"\n", 1)[0] + b"\n"


_DEEP = 50_000
_REWRITES: Mapping[tuple[str, str, str], Callable[[bytes], bytes]] = {
    ("packages.json", "aqf_packages", "an empty list"): lambda _: b"[]",
    ("packages.json", "aqf_packages", "an object"): _as_json(lambda entries: {"packages": entries}),
    ("packages.json", "aqf_packages", "nested too deeply"): lambda _: b"[" * _DEEP + b"]" * _DEEP,
    ("packages.json", "aqf_packages", "of nulls"): _as_json(lambda entries: [None] * len(entries)),
    ("packages.json", "aqf_packages", "with a byte order mark"): lambda data: b"\xef\xbb\xbf" + data,
    ("packages.json", "aqf_packages", "in UTF-16"): lambda data: data.decode().encode("utf-16"),
    ("files.json", "aqf_files", "an empty list"): lambda _: b"[]",
    ("files.json", "aqf_files", "of numbers"): _as_json(lambda entries: list(range(len(entries)))),
    ("files.json", "aqf_files", "a number without end"): lambda _: b'[{"path": ' + b"9" * 100_000 + b"}]",
    ("files.json", "aqf_files", "with lines of JSON cut"): lambda data: data.replace(b"}", b"", 1),
    ("ps.txt", "aqf_processes", "a header only"): _first_line,
    ("ps.txt", "aqf_processes", "an error message"): lambda _: b"/system/bin/sh: ps: not found\n",
    ("getprop.txt", "aqf_get_prop", "blank"): lambda _: b"\n\n\n",
    ("getprop.txt", "aqf_get_prop", "one quadratic line"): lambda data: b"[" + b"a]: [" * 40_000 + data,
    ("getprop.txt", "aqf_get_prop", "without brackets"): lambda data: data.replace(b"[", b"").replace(b"]", b""),
    ("backup.ab", "sms", "of version 99"): lambda data: data.replace(b"\n5\n", b"\n99\n", 1),
    ("backup.ab", "sms", "with its end cut"): lambda data: data[:-200],
    ("backup.ab", "sms", "header only"): lambda data: data[: data.index(b"none\n") + 5],
    ("bugreport.zip", "dumpsys_packages", "an empty archive"): lambda _: fixed_zip({}, AndroidPhone().wall_clock),
    ("mounts.json", "mounts", "an empty list"): lambda _: b"[]",
}


def _bugreports() -> Iterator[HostileInput]:
    kind = EvidenceKind.BUGREPORT
    for damage in (*_GENERAL, *_ARCHIVE, AndroidDamage.NO_ENTRY_POINT):
        for layout in (Layout.ANDROID, Layout.SAMSUNG):
            build = partial(_damaged_bugreport, damage, layout, False)
            name = f"zip of {layout} {damage}"
            yield HostileInput(name=name, group="bugreports", kind=kind, build=build, may_refuse=True)
    for damage in (*_GENERAL, AndroidDamage.NO_ENTRY_POINT):
        build = partial(_damaged_bugreport, damage, Layout.ANDROID, True)
        yield HostileInput(name=f"folder {damage}", group="bugreports", kind=kind, build=build, may_refuse=True)
    for service, spot in _SERVICES.items():
        for name, change in _SECTION_CHANGES.items():
            build = partial(_changed_section, spot, service, change)
            yield HostileInput(name=f"{service} {name}", group="bugreport sections", kind=kind, build=build)
    for name, (spot, rewrite) in _TEXT_CHANGES.items():
        yield HostileInput(
            name=name, group="bugreport sections", kind=kind, build=partial(_changed_text, spot, rewrite)
        )


def _damaged_bugreport(damage: AndroidDamage, layout: Layout, folder_form: bool, folder: Path) -> Path:  # noqa: FBT001 - bound once above
    path = folder / ("bugreport" if folder_form else "bugreport.zip")
    phone = phone_with("dumpsys_packages")
    return build_bugreport(path, phone, layout=layout, folder=folder_form, damage=damage).path


def _section(service: str) -> re.Pattern[str]:
    start = rf"-{{20,}}\nDUMP OF SERVICE {service}:\n"
    end = rf"-{{9}} [\d.]+s was the duration of dumpsys {service}\b[^\n]*\n"
    return re.compile(f"{start}(?P<body>.*?)(?P<end>{end})", re.DOTALL)


def _table(name: str) -> re.Pattern[str]:
    return re.compile(rf"------ {name}.*?(?=------ [A-Z])", re.DOTALL)


_SECTION_CHANGES: Mapping[str, Callable[[re.Match[str]], str]] = {
    "section gone": lambda _: "",
    "section empty": lambda found: found[0].replace(found["body"], ""),
    "section timed out": lambda found: found[0].replace(
        found["body"], "*** SERVICE DUMP TIMEOUT (10000ms) EXPIRED ***\n\n"
    ),
    "section cut": lambda found: found[0][: len(found[0]) // 10] + "\n",
    "service not found": lambda found: found[0].replace(found["body"], "Can't find service\n"),
}


def _changed_section(spot: str, service: str, change: Callable[[re.Match[str]], str], folder: Path) -> Path:
    return _changed_text(spot, lambda text: _section(service).sub(change, text), folder)


_TEXT_CHANGES: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "text cut in the middle": ("dumpsys_platform_compat", lambda text: text[: len(text) // 2]),
    "text cut before its last section": (
        "dumpsys_platform_compat",
        lambda text: text[: text.rindex("DUMP OF SERVICE p")],
    ),
    "no section at all": ("dumpsys_packages", lambda _: "== dumpstate: 2026-11-20 17:30:00\n"),
    "no DUMPSYS headline": ("dumpsys_packages", lambda text: text.replace("DUMP OF SERVICE", "DUMP OF")),
    "no process table": ("processes", lambda text: _table("PROCESSES AND").sub("", text)),
    "no properties": ("dumpsys_get_prop", lambda text: _table("SYSTEM PROP").sub("", text)),
    "all lines one line": ("dumpsys_packages", lambda text: text.replace("\n", " ")),
    "carriage returns": ("dumpsys_packages", lambda text: text.replace("\n", "\r")),
}  # fmt: skip


def _changed_text(spot: str, rewrite: Callable[[str], str], folder: Path) -> Path:
    built = build_bugreport(folder / "bugreport.zip", phone_with(spot))
    with zipfile.ZipFile(built.path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    text = next(name for name in members if name.startswith("bugreport-"))
    members[text] = rewrite(members[text].decode()).encode()
    built.path.write_bytes(fixed_zip(members, AndroidPhone().wall_clock))
    return built.path


def _backups() -> Iterator[HostileInput]:
    for damage in (*_GENERAL, AndroidDamage.BODYLESS_MESSAGE):
        build = partial(_damaged_backup, damage)
        yield HostileInput(
            name=f"backup {damage}", group="backups", kind=EvidenceKind.ANDROID_BACKUP, build=build, may_refuse=True
        )
    for name, rewrite in _BACKUP_REWRITES.items():
        build = partial(_rewritten_backup, rewrite)
        yield HostileInput(name=f"backup {name}", group="backups", kind=EvidenceKind.ANDROID_BACKUP, build=build)


def _damaged_backup(damage: AndroidDamage, folder: Path) -> Path:
    return build_adb_backup(folder / "backup.ab", phone_with("sms"), damage=damage).path


def _rewritten_backup(rewrite: Callable[[bytes], bytes], folder: Path) -> Path:
    built = build_adb_backup(folder / "backup.ab", phone_with("sms"))
    head, data = built.path.read_bytes().split(b"none\n", 1)
    built.path.write_bytes(head + b"none\n" + rewrite(data))
    return built.path


def _repacked(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda data: zlib.compress(change(zlib.decompress(data)))


def _torn_stream(data: bytes) -> bytes:
    """Return a stream that holds the first half of the archive and never ends."""
    packer = zlib.compressobj()
    plain = zlib.decompress(data)
    return packer.compress(plain[: len(plain) // 2]) + packer.flush(zlib.Z_SYNC_FLUSH)


_BACKUP_REWRITES: Mapping[str, Callable[[bytes], bytes]] = {
    "stream cut": lambda data: data[:-8],
    "stream torn between two blocks": _torn_stream,
    "stream with a wrong checksum": lambda data: data[:-4] + b"\0\0\0\0",
    "without messages": _repacked(lambda tar: tar.replace(b"_sms_backup", b"_xyz_backup")),
    "archive of zeros": _repacked(lambda tar: bytes(len(tar))),
    "archive cut to its first entry": _repacked(lambda tar: tar[:1024]),
    "not compressed although it says so": zlib.decompress,
}


def _intrusion_logs() -> Iterator[HostileInput]:
    damages = (*_GENERAL, AndroidDamage.TEXT_TIME, AndroidDamage.BAD_NESTED_ZIP)
    kind = EvidenceKind.INTRUSION_LOGS
    for damage in damages:
        build = partial(_damaged_logs, damage, False)
        yield HostileInput(name=f"logs {damage}", group="intrusion logs", kind=kind, build=build, may_refuse=True)
    for damage in (*_ARCHIVE, AndroidDamage.TRUNCATED, AndroidDamage.NOISE, AndroidDamage.EMPTY):
        build = partial(_damaged_logs, damage, True)
        yield HostileInput(
            name=f"zip of logs {damage}", group="intrusion logs", kind=kind, build=build, may_refuse=True
        )
    yield HostileInput(
        name="every second day gone", group="intrusion logs", kind=kind, build=_holes_in_logs, may_refuse=True
    )


def _damaged_logs(damage: AndroidDamage, zipped: bool, folder: Path) -> Path:  # noqa: FBT001 - bound once above
    path = folder / ("logs.zip" if zipped else "intrusion_logs")
    return build_intrusion_logs(path, phone_with("dns_event"), zipped=zipped, damage=damage).path


def _holes_in_logs(folder: Path) -> Path:
    built = build_intrusion_logs(folder / "intrusion_logs", phone_with("dns_event"))
    for path in built.path.glob("*.txt"):
        path.write_bytes(b"")
    return built.path
