"""What the archive says about itself: iOS version, moment of creation and time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING, Final

from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.trees import parse_plist

from .clock import CREATION_BASIS, NO_TIME, Stamp, archive_moment, of_moment
from .shelf import MEBIBYTE, plain

if TYPE_CHECKING:
    from datetime import datetime

    from .archive import Archive, Content

_HEAD_BYTES: Final = MEBIBYTE
_BUILD = re.compile(r"(?<![0-9A-Za-z])(\d{2})[A-Z]\d{1,5}[a-z]?(?![0-9A-Za-z])")
_OS_VERSION = re.compile(r"(?:iPhone OS|iOS|iPadOS) (\d{1,2})(?:\.\d{1,3}){0,3} \(")
_REMOTECTL_VERSION = re.compile(r"OSVersion => (\d{1,2})(?:\.\d{1,3}){0,3}\s")
_BUILDS_BEHIND: Final = 4
"""iOS 14 has builds 18…, iOS 18 has 22…"""
_FIRST_BUILD_BY_YEAR: Final = 23
"""iOS 26 has builds 23…: Apple numbers by year from there on."""
_BY_YEAR_AHEAD: Final = 3
_OLDEST_BUILD: Final = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """The frame in which the files of one archive are read; every part may be unknown."""

    ios_version: int | None = None
    created: datetime | None = None

    @property
    def offset(self) -> timezone | None:
        """The device's offset from UTC at the moment the archive was made."""
        moment = self.created
        delta = moment.utcoffset() if moment is not None else None
        return timezone(delta) if delta is not None else None

    @property
    def creation_stamp(self) -> Stamp:
        """The moment of creation, for what ran at that moment."""
        return of_moment(self.created, CREATION_BASIS) if self.created is not None else NO_TIME


def version_of_build(build: str) -> int | None:
    """Return the major iOS version of a build such as `19H349`, None when the text holds none."""
    found = _BUILD.search(build)
    if found is None:
        return None
    number = int(found[1])
    if number < _OLDEST_BUILD:
        return None
    return number + _BY_YEAR_AHEAD if number >= _FIRST_BUILD_BY_YEAR else number - _BUILDS_BEHIND


def read_device(archive: Archive) -> Device:
    """Return what is known of the device; nothing that cannot be read raises."""
    log = _head(archive, "sysdiagnose.log")
    return Device(
        ios_version=_ios_version(archive),
        created=archive_moment(log, archive.root, *_folders(archive)),
    )


def _folders(archive: Archive) -> list[str]:
    # A sysdiagnose may lie one folder deeper, as when a responder passed the folder around it.
    return list(dict.fromkeys(part for name in archive.names[:200] for part in name.split("/")[1:3]))


def _ios_version(archive: Archive) -> int | None:
    by_plist = _version_of_plist(archive)
    if by_plist is not None:
        return by_plist
    found = _REMOTECTL_VERSION.search(_head(archive, "remotectl_dumpstate.txt"))
    if found is None:
        found = _OS_VERSION.search(_head(archive, "spindump-nosymbols.txt"))
    if found is not None:
        return int(found[1])
    for name in (archive.root, *_folders(archive)):
        if name.startswith("sysdiagnose_"):
            return version_of_build(name.rsplit("_", 1)[-1])
    return None


def _version_of_plist(archive: Archive) -> int | None:
    content = _content(archive, "logs/SystemVersion/SystemVersion.plist")
    if content is None:
        return None
    try:
        loaded = parse_plist(content.data)
    except UnreadableError:
        return None
    text = plain(loaded.get("ProductVersion"), 20) if isinstance(loaded, dict) else ""
    major = text.split(".", 1)[0]
    return int(major) if major.isascii() and major.isdigit() and len(major) <= 2 else None  # noqa: PLR2004 - two digits


def _head(archive: Archive, pattern: str) -> str:
    content = _content(archive, pattern)
    return content.data.decode("utf-8", "replace") if content is not None else ""


def _content(archive: Archive, pattern: str) -> Content | None:
    names = archive.find((pattern,))
    try:
        return archive.read(names[0], _HEAD_BYTES) if names else None
    except UnreadableError:
        return None
