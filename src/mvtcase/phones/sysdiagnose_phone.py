"""The invented iPhone behind a synthetic sysdiagnose, and where in it indicators can be planted."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from mvtcase.phones.plants import Plant, Planted, PlantKind

BUILDS = {14: ("14.8.1", "18H107"), 15: ("15.7.6", "19H349"), 16: ("16.7.2", "20H115"), 17: ("17.5.1", "21F90")} | {
    18: ("18.5", "22F76"),
    26: ("26.1", "23B85"),
}
"""The version and build that stands for each iOS version whose layout can be built."""

STAGING = "/private/var/db/com.apple.xpc.roleaccountd.staging"
"""Where Pegasus' processes were published to run from (Kaspersky, iShutdown, 2024)."""

_PROCESS = frozenset({PlantKind.PROCESSES})
_FILES = frozenset({PlantKind.FILE_PATHS, PlantKind.FILE_NAMES})
_LINKS = frozenset({PlantKind.DOMAINS, PlantKind.URLS})
_APPS = frozenset({PlantKind.APP_IDS})


@dataclass(frozen=True, slots=True)
class Spot:
    """What a place in the sysdiagnose can hold, the slug of the module that reads it, a sentence, its first version."""

    kinds: frozenset[PlantKind]
    module: str
    where: str
    since: int = 0


SPOTS: dict[str, Spot] = {
    "shutdown_log": Spot(_PROCESS | _FILES, "sysdiagnose_shutdown_log", "still running at a shutdown, shutdown log"),
    "ps": Spot(_PROCESS | _FILES, "sysdiagnose_processes", "running process, ps.txt"),
    "ps_thread": Spot(_PROCESS | _FILES, "sysdiagnose_processes", "running process, ps_thread.txt"),
    "taskinfo": Spot(_PROCESS, "sysdiagnose_processes", "running task, taskinfo.txt"),
    "spindump": Spot(_PROCESS | _FILES, "sysdiagnose_processes", "sampled process, spindump-nosymbols.txt"),
    "binary_locations": Spot(_PROCESS | _FILES, "sysdiagnose_processes", "binary known to tailspin"),
    "jetsam_table": Spot(_PROCESS, "sysdiagnose_processes", "process in memory, jetsam_priority.csv"),
    "task_table": Spot(_PROCESS, "sysdiagnose_processes", "running task, taskSummary.csv"),
    "running_board": Spot(_PROCESS | _APPS, "sysdiagnose_processes", "managed process, RunningBoard"),
    "shared_cache": Spot(_PROCESS | _FILES, "sysdiagnose_processes", "library of a shared cache, olddsc"),
    "log_statistics_text": Spot(
        _PROCESS | _FILES, "sysdiagnose_log_statistics", "program that wrote the log, logdata.statistics.txt"
    ),
    "log_statistics": Spot(
        _PROCESS | _FILES, "sysdiagnose_log_statistics", "program that wrote the log, logdata.statistics.jsonl", 16
    ),
    "crash": Spot(_PROCESS | _FILES | _APPS, "sysdiagnose_crashes", "crashed process, crash report"),
    "jetsam": Spot(_PROCESS, "sysdiagnose_crashes", "process in memory, jetsam report"),
    "profile": Spot(
        _LINKS | {PlantKind.IOS_PROFILE_IDS}, "sysdiagnose_profiles", "installed configuration profile, MCState"
    ),
    "activation": Spot(_LINKS | _PROCESS, "sysdiagnose_activation", "address or client, mobileactivationd.log"),
    "pairings": Spot(_PROCESS, "sysdiagnose_activation", "computer's program that asked the phone, lockdownd.log"),
    "permissions": Spot(_APPS | _PROCESS, "sysdiagnose_installations", "app with a permission, TCC.db"),
    "installation": Spot(
        _APPS | _PROCESS | _FILES, "sysdiagnose_installations", "installed bundle, mobile_installation.log"
    ),
    "powerlog": Spot(_PROCESS | _APPS, "sysdiagnose_network_usage", "process that used the network, power log"),
    "network_extensions": Spot(_LINKS | _APPS, "sysdiagnose_network_usage", "VPN or DNS setting"),
    "associated_domains": Spot(
        _APPS | {PlantKind.DOMAINS}, "sysdiagnose_network_usage", "associated domain, swcutil_show.txt"
    ),
}
"""Every spot. A sysdiagnose holds no file hash, e-mail address or certificate that MVT could compare."""

_PREFERRED = {
    PlantKind.PROCESSES: "shutdown_log",
    PlantKind.FILE_PATHS: "shutdown_log",
    PlantKind.FILE_NAMES: "crash",
    PlantKind.APP_IDS: "installation",
    PlantKind.DOMAINS: "associated_domains",
    PlantKind.URLS: "activation",
    PlantKind.IOS_PROFILE_IDS: "profile",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SysdiagnosePhone:
    """An invented iPhone: its iOS version, the seed of all chance, what is planted, and when the archive was made.

    `ios_version` is one of `BUILDS`; `restarts` is how often the shutdown log tells of one. Raises `ValueError` for an
    unknown version or a plant that fits nowhere.
    """

    ios_version: int = 17
    seed: int = 1
    plants: tuple[Plant, ...] = ()
    created: datetime = datetime(2026, 10, 14, 16, 20, 5, tzinfo=timezone(timedelta(hours=8)))
    restarts: int = 6

    def __post_init__(self) -> None:
        if self.ios_version not in BUILDS:
            raise ValueError(f"no layout for iOS {self.ios_version}; known: {', '.join(map(str, BUILDS))}")
        for plant in self.plants:
            if self.ios_version < SPOTS[spot_of(plant)].since:
                raise ValueError(f"iOS {self.ios_version} has no {spot_of(plant)}")

    @property
    def version(self) -> str:
        """The full version, such as `17.5.1`."""
        return BUILDS[self.ios_version][0]

    @property
    def build(self) -> str:
        """The build, such as `21F90`."""
        return BUILDS[self.ios_version][1]

    @property
    def name(self) -> str:
        """The name iOS gives the archive, without `.tar.gz`."""
        return f"sysdiagnose_{self.created:%Y.%m.%d_%H-%M-%S%z}_iPhone-OS_iPhone_{self.build}"

    @property
    def os_text(self) -> str:
        """The version as reports write it."""
        return f"iPhone OS {self.version} ({self.build})"

    def random(self, purpose: str) -> random.Random:
        """Return the chance for one purpose: adding a file changes no other one."""
        return random.Random(f"{self.seed}/{self.ios_version}/{purpose}")

    def planted_at(self, spot: str, *kinds: PlantKind) -> tuple[str, ...]:
        """Return the values planted at a spot, only those of the given kinds where any are given."""
        return tuple(
            plant.value for plant in self.plants if spot_of(plant) == spot and (not kinds or plant.kind in kinds)
        )

    def planted_paths(self, spot: str) -> tuple[str, ...]:
        """Return the full paths that planted processes and files have at a spot."""
        return tuple(
            plant.value if plant.kind is PlantKind.FILE_PATHS else f"{STAGING}/{plant.value}"
            for plant in self.plants
            if spot_of(plant) == spot and plant.kind in _PROCESS | _FILES
        )

    def planted(self) -> tuple[Planted, ...]:
        """Return what is planted, with the module that must report it."""
        return tuple(
            Planted(plant=plant, module=SPOTS[spot_of(plant)].module, where=SPOTS[spot_of(plant)].where)
            for plant in self.plants
        )


def plantable() -> frozenset[PlantKind]:
    """Return the kinds of indicator that have a default spot in a sysdiagnose."""
    return frozenset(_PREFERRED)


def spot_of(plant: Plant) -> str:
    """Return the spot of a plant. Raises `ValueError` when it fits nowhere: one left out would be a false control."""
    spot = plant.spot or _PREFERRED.get(plant.kind, "")
    if spot not in SPOTS or plant.kind not in SPOTS[spot].kinds:
        raise ValueError(f"a sysdiagnose holds no {plant.kind.value} at {spot or 'any place'}")
    return spot


@dataclass(frozen=True, slots=True, kw_only=True)
class SysdiagnoseFile:
    """One file of the archive: the source it belongs to, as the modules call it, its path and its bytes."""

    source: str
    path: str
    content: bytes
