"""Dumps that came as two partitions, or as the data partition alone: told, and laid out as the phone has them.

Cellebrite UFED writes the partitions of an iPhone to `filesystem1` (the system) and `filesystem2` (what the phone
mounts at `/private/var`), with a description `.ufd` beside them; other tools name the folders otherwise. They are told
by what is in them, not by their names, and examined as one phone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.evidence.glance import Partition
from mvtcase.evidence.looks import FOLDER

if TYPE_CHECKING:
    from mvtcase.evidence.glance import Glance

_LOOKED_AT = 50
"""Folders of a folder that are looked at in search of partitions."""

_IOS_DATA = ("containers", "db", "root", "wireless", "Keychains", "networkd")
_ANDROID_DATA = ("user", "user_de", "app", "system", "misc")


def ios_partitions(glance: Glance) -> tuple[Partition, ...]:
    """Return the partitions of an iPhone that a folder holds apart, or the data partition that it is."""
    if _is_ios_data(glance, ""):
        return (Partition(folder="", place="private/var"),)
    return _paired(
        data=[name for name in _folders(glance) if _is_ios_data(glance, name)],
        system=[name for name in _folders(glance) if glance.has_folder(name, "System", "Library", "CoreServices")],
        place="private/var",
        system_place="",
    )


def _is_ios_data(glance: Glance, name: str) -> bool:
    at = (name,) if name else ()
    return glance.has_folder(*at, "mobile", "Library") and any(glance.has_folder(*at, each) for each in _IOS_DATA)


def android_partitions(glance: Glance) -> tuple[Partition, ...]:
    """Return the partitions of an Android phone that a folder holds apart, nothing where it holds none."""
    return _paired(
        data=[name for name in _folders(glance) if _is_android_data(glance, name)],
        system=[name for name in _folders(glance) if glance.has_folder(name, "priv-app")],
        place="data",
        system_place="system",
    )


def _is_android_data(glance: Glance, name: str) -> bool:
    return glance.has_folder(name, "data") and any(glance.has_folder(name, each) for each in _ANDROID_DATA)


def _folders(glance: Glance) -> list[str]:
    return [name for name, what in glance.names.items() if what == FOLDER][:_LOOKED_AT]


def _paired(data: list[str], system: list[str], place: str, system_place: str) -> tuple[Partition, ...]:
    if len(data) != 1 or len(system) != 1 or data == system:
        return ()
    return (Partition(folder=system[0], place=system_place), Partition(folder=data[0], place=place))
