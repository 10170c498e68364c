"""What a hostile input is, and the indicators planted in all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.phones.plants import Plant, PlantKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mvtcase.model import EvidenceKind

DOMAIN = "planted.example.net"

_VALUES: Mapping[PlantKind, str] = {
    PlantKind.DOMAINS: DOMAIN,
    PlantKind.URLS: "https://planted.example.net/r/4fQ2x",
    PlantKind.EMAILS: "planted@example.net",
    PlantKind.PROCESSES: "plantedprocessd",
    PlantKind.FILE_NAMES: "plantedlibrary.dylib",
    PlantKind.FILE_PATHS: "/private/var/tmp/planted-folder/agent",
    PlantKind.APP_IDS: "net.example.planted",
    PlantKind.IOS_PROFILE_IDS: "5B1D3C6E-4F0A-4B7E-9A52-0C7D1E2F3A4B",
    PlantKind.ANDROID_PROPERTY_NAMES: "persist.planted.example",
}

INDICATORS: Mapping[str, tuple[str, ...]] = {str(kind): (value,) for kind, value in _VALUES.items()}
"""The indicators to scan every input with: one of each kind, each planted in some of the inputs."""

_PREFERENCE = tuple(_VALUES)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostileInput:
    """One input: a name, the group it is counted in, its kind, and the function that builds it into a new folder.

    `slow` marks those that take their time to build or to examine. `may_refuse` marks those that need not be
    recognised at all.
    """

    name: str
    group: str
    kind: EvidenceKind
    build: Callable[[Path], Path]
    slow: bool = False
    may_refuse: bool = False


def plant_at(spot: str | None, kinds: frozenset[PlantKind]) -> Plant:
    """Return the plant for a spot, of the first kind that fits there."""
    kind = next(each for each in _PREFERENCE if each in kinds)
    return Plant(kind, _VALUES[kind], spot)
