"""Bugreports as dumpstate writes them: `main_entry.txt`, the long text, and the copied files below `FS/`."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from mvtcase.canon import StrEnum
from mvtcase.phones.android_damage import AndroidDamage, apply_damage, dated_zip, fixed_zip, without_members
from mvtcase.phones.android_dumpsys import Crash, dumpsys_text, tombstone_message, tombstone_text
from mvtcase.phones.android_files import properties, running
from mvtcase.phones.android_spots import AndroidEvidence, Placement, place
from mvtcase.phones.plants import BuiltEvidence, PlantKind

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from mvtcase.phones.android_phone import AndroidPhone

MAIN_ENTRY = "main_entry.txt"
_LABEL = "u:r:untrusted_app:s0:c512,c768"
_MOUNTINFO = (
    "23 1 254:6 / / ro,relatime shared:1 - erofs /dev/block/dm-6 ro,seclabel",
    "31 23 254:9 / /vendor ro,relatime shared:4 - erofs /dev/block/dm-9 ro,seclabel",
    "44 23 254:53 / /data rw,nosuid,nodev,noatime shared:19 - f2fs /dev/block/dm-53 rw,seclabel",
)
_WRAPPER_LOGS = {"com.example.feedback/anr_trace.txt": b"no trace\n", "tcpdump/readme.txt": b"capture was off\n"}


class Layout(StrEnum):
    """Where a bugreport begins: Android's own, Samsung's `dumpState_*.log`, or an older tool's `dumpsys.txt`.

    Samsung's name comes without model and time too, and with capitals or without (as public tools that read the logs of
    its phones list them).
    """

    ANDROID = "android"
    SAMSUNG = "samsung"
    SAMSUNG_UNNAMED = "samsung_unnamed"
    DUMPSYS = "dumpsys"


class Writing(StrEnum):
    """How `dumpsys` writes: as AOSP in English, with the digits of an Arabic phone, with a priority in each heading."""

    USUAL = "usual"
    ARABIC = "arabic"
    PRIORITIES = "priorities"


_ARABIC = str.maketrans("0123456789", "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669")
_TIMES = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?|\d\d-\d\d \d\d:\d\d:\d\d\.\d+|(?<= )\+\d+[dhms]\w*")


def build_bugreport(
    path: Path,
    phone: AndroidPhone,
    *,
    layout: Layout = Layout.ANDROID,
    writing: Writing = Writing.USUAL,
    folder: bool = False,
    wrapped: bool = False,
    damage: AndroidDamage | None = None,
) -> BuiltEvidence:
    """Return a bugreport written to `path`: a zip, a `folder`, or a zip `wrapped` in a manufacturer's zip of logs.

    `damage` is one of the general kinds, done to the zip or, in a folder, to the long text, or `NO_ENTRY_POINT`.
    Raises `ValueError` when a plant fits nowhere.
    """
    placement = place(phone.plants, [AndroidEvidence.BUGREPORT])
    if folder:
        _write_folder(path, phone, bugreport_members(phone, placement, layout), damage)
    else:
        inner = bugreport_bytes(phone, placement, layout=layout, writing=writing, damage=damage)
        path.write_bytes(wrapped_bytes(phone, inner) if wrapped else inner)
    return BuiltEvidence(path=path, planted=placement.planted())


def bugreport_bytes(
    phone: AndroidPhone,
    placement: Placement,
    *,
    layout: Layout = Layout.ANDROID,
    writing: Writing = Writing.USUAL,
    damage: AndroidDamage | None = None,
) -> bytes:
    """Return the bytes of a bugreport zip with the plants of `placement` in it."""
    members = bugreport_members(phone, placement, layout, writing)
    whole = dated_zip(members)
    if damage is AndroidDamage.NO_ENTRY_POINT:
        return without_members(whole, {MAIN_ENTRY} if layout is Layout.ANDROID else {text_name(phone, layout)})
    return apply_damage(whole, damage, phone.random("bugreport damage")) if damage else whole


def wrapped_bytes(phone: AndroidPhone, bugreport: bytes) -> bytes:
    """Return a manufacturer's archive: app logs and, among them, the bugreport's own zip."""
    stamp = f"{phone.wall_clock:%Y-%m-%d-%H%M%S}"
    return fixed_zip({**_WRAPPER_LOGS, f"bugreport-{phone.device}-{stamp}.zip": bugreport}, phone.wall_clock)


def bugreport_members(
    phone: AndroidPhone,
    placement: Placement,
    layout: Layout = Layout.ANDROID,
    writing: Writing = Writing.USUAL,
) -> dict[str, tuple[bytes, datetime]]:
    """Return the bugreport's files by name, each with the wall clock of its last change."""
    text = text_name(phone, layout)
    now = phone.wall_clock
    members = {text: (dumpstate_text(phone, placement, writing).encode(), now)}
    if layout is Layout.ANDROID:
        members |= {MAIN_ENTRY: (text.encode(), now), "version.txt": (b"2.0", now)}
        members["dumpstate_log.txt"] = (b"dumpstate: done\n", now)
    members["FS/data/anr/anr_2026-11-17-08-12-44-021"] = (b"----- pid 4222 -----\n", now - timedelta(days=3))
    members["FS/data/misc/recovery/ro.build.fingerprint"] = (phone.fingerprint.encode(), now - timedelta(days=40))
    for pid in (1, 4200):
        members[f"FS/proc/{pid}/mountinfo"] = (_mountinfo(placement).encode(), now)
    return members | _tombstones(phone, placement)


def text_name(phone: AndroidPhone, layout: Layout = Layout.ANDROID) -> str:
    """Return the name of the member that holds the long text."""
    names = {
        Layout.ANDROID: f"bugreport-{phone.device}-{phone.build_id}-{phone.wall_clock:%Y-%m-%d-%H-%M-%S}.txt",
        Layout.SAMSUNG: f"dumpState_{phone.model}_{phone.wall_clock:%Y%m%d%H%M}.log",
        Layout.SAMSUNG_UNNAMED: "dumpState.log",
        Layout.DUMPSYS: "bugreport/dumpsys.txt",
    }
    return names[layout]


def dumpstate_text(phone: AndroidPhone, placement: Placement, writing: Writing = Writing.USUAL) -> str:
    """Return the long text: head, properties, process table, then every dumpsys section."""
    return "".join(
        (
            _head(phone),
            "------ SYSTEM PROPERTIES (getprop) ------\n",
            properties(phone, placement.at("dumpsys_get_prop")),
            "------ 0.101s was the duration of 'SYSTEM PROPERTIES' ------\n\n",
            "------ PROCESSES AND THREADS (ps -A -T -Z -O pri,nice,rtprio,sched,pcy,time) ------\n",
            _threads(phone, placement.at("processes")),
            "------ 0.220s was the duration of 'PROCESSES AND THREADS' ------\n\n",
            "------ DUMPSYS (/system/bin/dumpsys) ------\n",
            _written(dumpsys_text(phone, placement), writing),
        )
    )


def _head(phone: AndroidPhone) -> str:
    """Return the head since Android 12, where the serial number moved from the command line to the boot configuration.

    AOSP `frameworks/native/cmds/dumpstate/dumpstate.cpp`.
    """
    now = phone.wall_clock
    return (
        "=" * 56 + f"\n== dumpstate: {now:%Y-%m-%d %H:%M:%S}\n" + "=" * 56 + "\n\n"
        f"Build: {phone.build_id}\nBuild fingerprint: '{phone.fingerprint}'\nBootloader: unknown\nRadio: unknown\n"
        f"Network: (unknown)\nAndroid SDK version: {phone.sdk}\nSDK extensions: [ad_services=15, r=15, s=15]\n"
        "Kernel: Linux version 6.1.99-android14-11 #1 SMP PREEMPT\nCommand line: bootconfig console=ttynull\n"
        f'Bootconfig: androidboot.hardware = "{phone.device}"\nandroidboot.serialno = "{phone.serial_number}"\n\n'
        "Uptime: up 0 weeks, 2 days, 3 hours, 11 minutes\nBugreport format version: 2.0\n"
        "Dumpstate info: id=1 pid=8405 dry_run=0 parallel_run=1 args=dumpstate -S bugreport_mode=default\n\n"
    )


def _written(dumpsys: str, writing: Writing) -> str:
    if writing is Writing.ARABIC:
        return _TIMES.sub(lambda match: match[0].translate(_ARABIC), dumpsys)
    return dumpsys.replace("OF SERVICE ", "OF SERVICE NORMAL ") if writing is Writing.PRIORITIES else dumpsys


def _threads(phone: AndroidPhone, planted: tuple[str, ...]) -> str:
    rows = ["LABEL USER PID TID PPID VSZ RSS WCHAN ADDR S PRI NI RTPRIO SCH PCY TIME CMD"]
    rows += [
        f"{_LABEL} {user} {pid} {pid} 1 {pid * 1021} {pid * 13} do_epoll_wait 0 S 19 0 - 0 fg 00:00:0{pid % 10} {name}"
        for user, pid, name in running(phone, planted)
    ]
    return "".join(f"{row}\n" for row in rows)


def _mountinfo(placement: Placement) -> str:
    points = [*placement.at("mountinfo", PlantKind.FILE_PATHS)]
    points += [f"/mnt/vendor/{name}" for name in placement.at("mountinfo", PlantKind.FILE_NAMES)]
    added = (
        f"{90 + number} 23 0:{60 + number} / {point} ro,relatime shared:{30 + number} - tmpfs tmpfs ro,seclabel"
        for number, point in enumerate(points)
    )
    return "".join(f"{line}\n" for line in (*_MOUNTINFO, *added))


def _tombstones(phone: AndroidPhone, placement: Placement) -> dict[str, tuple[bytes, datetime]]:
    crashed = ("com.whatsapp", *placement.at("tombstones"))
    members: dict[str, tuple[bytes, datetime]] = {}
    for number, process in enumerate(crashed):
        crash = Crash(phone=phone, process=process, number=number)
        name = f"FS/data/tombstones/tombstone_{number:02d}"
        members[name] = (tombstone_text(crash).encode(), crash.at)
        members[f"{name}.pb"] = (tombstone_message(crash), crash.at)
    return members


def _write_folder(
    path: Path, phone: AndroidPhone, members: dict[str, tuple[bytes, datetime]], damage: AndroidDamage | None
) -> None:
    entry = MAIN_ENTRY if MAIN_ENTRY in members else next(iter(members))
    long_text = next(iter(members))
    for name, (data, moment) in members.items():
        if damage is AndroidDamage.NO_ENTRY_POINT and name == entry:
            continue
        broken = damage if name == long_text and damage is not AndroidDamage.NO_ENTRY_POINT else None
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(apply_damage(data, broken, phone.random("bugreport damage")) if broken else data)
        seconds = phone.instant(moment)
        os.utime(target, (seconds, seconds))
