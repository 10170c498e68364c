"""The detectors for what is taken from Android phones."""

from __future__ import annotations

import fnmatch
import io
import re
import zipfile
import zlib

from mvtcase.evidence.glance import Glance, Identified
from mvtcase.evidence.looks import (
    FILE,
    FOLDER,
    MAX_NAMES,
    has_zip_directory,
    head,
    member_head,
    names_in,
    zip_member_head,
)
from mvtcase.model import EvidenceKind

_AB_MAGIC = b"ANDROID BACKUP\n"
_AGE_MAGICS = (b"age-encryption.org/v1", b"-----BEGIN AGE ENCRYPTED FILE-----")

# One of these is enough: nothing else writes them.
_QF_OWN = ("acquisition.json", "packages.json", "root_binaries.json", "getprop.txt")
_QF_MARKS = (
    *_QF_OWN,
    "files.json",
    "dumpsys.txt",
    "settings_*.txt",
    "ps.txt",
    "processes.json",
    "processes.txt",
    "backup.ab",
    "bugreport.zip",
    "intrusion_logs",
    "selinux.txt",
    "services.txt",
    "mounts.json",
    "env.txt",
    "command.log",
    "hashes.csv",
    "apks",
)
_QF_ENOUGH = 2

_BUGREPORT_TOP = ("main_entry.txt", "dumpState_*.log", "bugreport-*.txt", "dumpstate*.txt", "dumpstate_board.txt")
_BUGREPORT_NAME = re.compile(r"bugreport|dumpstate", re.IGNORECASE)
_EVENT_LINE = re.compile(rb'\s*\{\s*"[a-z_]{1,40}_event"\s*:')
_NESTED_BYTES = 64 << 20
_NESTED_TRIED = 8
_LOGS_TRIED = 50


def android_backup(glance: Glance) -> Identified | None:
    """Recognise an `adb backup` file by its first line; one with a destroyed header by its name."""
    if glance.is_file and (glance.head.startswith(_AB_MAGIC) or glance.path.suffix.lower() == ".ab"):
        return Identified(kind=EvidenceKind.ANDROID_BACKUP, root=glance.path, encrypted=_ab_is_encrypted(glance.head))
    return None


def _ab_is_encrypted(data: bytes) -> bool:
    lines = data[:200].split(b"\n")
    return data.startswith(_AB_MAGIC) and len(lines) > 3 and lines[3] != b"none"  # noqa: PLR2004 - the fourth line


def androidqf_age(glance: Glance) -> Identified | None:
    """Recognise an acquisition that AndroidQF encrypted with age."""
    if glance.is_file and (glance.head.startswith(_AGE_MAGICS) or glance.path.suffix.lower() == ".age"):
        return Identified(kind=EvidenceKind.ANDROIDQF_AGE, root=glance.path, encrypted=True)
    return None


def androidqf(glance: Glance) -> Identified | None:
    """Recognise an AndroidQF folder or zip by one file only it writes, or by two it commonly writes."""
    if not glance.top_names or not (glance.is_folder or glance.is_zip):
        return None
    # A bugreport may be unpacked beside its getprop.txt; its entry point is the stronger mark.
    own = glance.count(_QF_OWN) > 0 and glance.count(("main_entry.txt", "dumpState_*.log")) == 0
    if own or glance.count(_QF_MARKS) >= _QF_ENOUGH:
        return Identified(kind=EvidenceKind.ANDROIDQF, root=glance.path)
    return None


def bugreport(glance: Glance) -> Identified | None:
    """Recognise a bugreport folder or zip, and the zip of a manufacturer that holds one."""
    found = Identified(kind=EvidenceKind.BUGREPORT, root=glance.path)
    if glance.count(_BUGREPORT_TOP):
        return found
    if any(fnmatch.fnmatchcase(name, "*/dumpsys.txt") for name in glance.zip_members):
        return found
    if glance.is_zip and (inner := nested_bugreport(glance)):
        return Identified(kind=EvidenceKind.BUGREPORT, root=glance.path, wrapped=f"oem zip: {inner}")
    # A zip whose inside cannot be read is told by its name, to be registered with a gap rather than turned away.
    damaged = glance.is_file and glance.path.suffix.lower() == ".zip" and not has_zip_directory(glance.path)
    return found if damaged and _BUGREPORT_NAME.search(glance.path.name) else None


def nested_bugreport(glance: Glance) -> str:
    """Return the name of the zip inside a manufacturer's zip that is the bugreport, "" when there is none.

    Zips named like a bugreport come first, as MVT looks for them; others are looked into, a few and small ones.
    """
    zips = [name for name in glance.zip_members if name.lower().endswith(".zip")]
    named = [name for name in zips if _BUGREPORT_NAME.search(name.rsplit("/", 1)[-1])]
    if named:
        return named[0]
    return next((name for name in zips[:_NESTED_TRIED] if _is_nested_bugreport(glance, name)), "")


def _is_nested_bugreport(glance: Glance, name: str) -> bool:
    names = _nested_names(zip_member_head(glance.path, name, _NESTED_BYTES))
    return any(fnmatch.fnmatchcase(each, pattern) for each in names for pattern in (*_BUGREPORT_TOP, "*/dumpsys.txt"))


def _nested_names(data: bytes) -> list[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as inner:
            return inner.namelist()[:MAX_NAMES]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        return []


def intrusion_logs(glance: Glance) -> Identified | None:
    """Recognise Android intrusion logs: text files of JSON events, in folders or zips, zips nested once."""
    recognised = _folder_has_events(glance) if glance.is_folder else glance.is_zip and _zip_has_events(glance)
    return Identified(kind=EvidenceKind.INTRUSION_LOGS, root=glance.path) if recognised else None


def _folder_has_events(glance: Glance) -> bool:
    folders = [glance.path, *(glance.path / name for name, what in glance.names.items() if what == FOLDER)]
    for folder in folders[:_LOGS_TRIED]:
        files = [folder / name for name, what in names_in(folder).items() if what == FILE]
        texts = [path for path in files if path.suffix.lower() == ".txt"]
        if any(_EVENT_LINE.match(head(path, 4096)) for path in texts[:_LOGS_TRIED]):
            return True
        zips = [path for path in files if path.suffix.lower() == ".zip"]
        if folder == glance.path and any(_zip_has_events(Glance(path)) for path in zips[:_NESTED_TRIED]):
            # Several zips of one phone's daily logs are one acquisition.
            return True
    return False


def _zip_has_events(glance: Glance) -> bool:
    texts = [name for name in glance.zip_members if name.lower().endswith(".txt")]
    if any(_EVENT_LINE.match(zip_member_head(glance.path, name, 4096)) for name in texts[:_NESTED_TRIED]):
        return True
    zips = [name for name in glance.zip_members if name.lower().endswith(".zip")]
    return any(_nested_has_events(zip_member_head(glance.path, name, _NESTED_BYTES)) for name in zips[:_NESTED_TRIED])


def _nested_has_events(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as inner:
            texts = [name for name in inner.namelist()[:MAX_NAMES] if name.lower().endswith(".txt")]
            return any(_EVENT_LINE.match(member_head(inner, name, 4096)) for name in texts[:_NESTED_TRIED])
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, RuntimeError, KeyError, zlib.error):
        return False


def android_file_system(glance: Glance) -> Identified | None:
    """Recognise a dump of an Android file system, or of its data partition, by where apps keep their data."""
    whole = any(glance.has_folder(*mark) for mark in (("data", "data"), ("data", "user", "0"), ("data", "app")))
    partition = glance.has_folder("data") and any(
        glance.has_folder(name) for name in ("user", "user_de", "app", "system", "misc")
    )
    return Identified(kind=EvidenceKind.ANDROID_FILE_SYSTEM, root=glance.path) if whole or partition else None
