"""Where an indicator can be planted on an Android phone, and which MVT module must then report it.

A spot is named as the slug of the module that reads it. Two modules share a slug with one of the other command, so
`mountinfo` is the bugreport's `mounts`, and `mms` is the other file that the backup's `sms` module reads. The last five
spots lie where MVT does not look: they are for the sweep.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.canon import StrEnum
from mvtcase.phones.plants import Plant, Planted, PlantKind

if TYPE_CHECKING:
    from collections.abc import Iterable


class AndroidEvidence(StrEnum):
    """The forms in which a phone's content reaches an examiner; an AndroidQF acquisition can hold the other three."""

    ANDROIDQF = "androidqf"
    BUGREPORT = "bugreport"
    BACKUP = "backup"
    INTRUSION_LOGS = "intrusion_logs"


_APPS = frozenset({PlantKind.APP_IDS})
_DOMAINS = frozenset({PlantKind.DOMAINS})
_LINKS = frozenset({PlantKind.DOMAINS, PlantKind.URLS})
_WORDS = _APPS | _LINKS | {PlantKind.EMAILS}
_HASHES = frozenset({PlantKind.FILES_MD5, PlantKind.FILES_SHA1, PlantKind.FILES_SHA256})
_PATHS = frozenset({PlantKind.FILE_PATHS, PlantKind.FILE_NAMES})
_PROPERTIES = frozenset({PlantKind.ANDROID_PROPERTY_NAMES})
_RUNNING = frozenset({PlantKind.PROCESSES, PlantKind.APP_IDS})


@dataclass(frozen=True, slots=True)
class Spot:
    """What a spot can hold, the part of the evidence it lies in, the module that reads it, and a sentence."""

    kinds: frozenset[PlantKind]
    evidence: AndroidEvidence
    module: str
    where: str
    reported: bool = True
    """False where MVT reads the place without comparing it, or (module "") reads it not at all."""


def _aqf(kinds: frozenset[PlantKind], module: str, where: str) -> Spot:
    return Spot(kinds, AndroidEvidence.ANDROIDQF, module, where)


def _bug(kinds: frozenset[PlantKind], module: str, where: str) -> Spot:
    return Spot(kinds, AndroidEvidence.BUGREPORT, module, where)


def _log(kinds: frozenset[PlantKind], module: str, where: str) -> Spot:
    return Spot(kinds, AndroidEvidence.INTRUSION_LOGS, module, where)


def _silent(kinds: frozenset[PlantKind], evidence: AndroidEvidence, where: str, module: str = "") -> Spot:
    return Spot(kinds, evidence, module, where, reported=False)


SPOTS: dict[str, Spot] = {
    "aqf_packages": _aqf(
        _APPS | {PlantKind.APP_CERT_HASHES, PlantKind.FILES_SHA256}, "aqf_packages", "installed app, packages.json"
    ),
    "aqf_files": _aqf(_PATHS | _HASHES, "aqf_files", "file on the phone, files.json"),
    "aqf_processes": _aqf(_RUNNING, "aqf_processes", "running process, ps.txt"),
    "aqf_get_prop": _aqf(_PROPERTIES, "aqf_get_prop", "system property, getprop.txt"),
    "mounts": _aqf(_PATHS, "mounts", "mount point, mounts.json"),
    "sms": Spot(_LINKS, AndroidEvidence.BACKUP, "sms", "link in a received message, backup.ab"),
    "mms": Spot(_LINKS, AndroidEvidence.BACKUP, "sms", "link in a received multimedia message, backup.ab"),
    "dumpsys_packages": _bug(_APPS, "dumpsys_packages", "installed app, dumpsys package"),
    "dumpsys_activities": _bug(_APPS, "dumpsys_activities", "activity of an app, dumpsys package"),
    "dumpsys_receivers": _bug(_APPS, "dumpsys_receivers", "broadcast receiver of an app, dumpsys package"),
    "dumpsys_appops": _bug(_APPS, "dumpsys_appops", "permission use of an app, dumpsys appops"),
    "dumpsys_accessibility": _bug(_APPS, "dumpsys_accessibility", "accessibility service, dumpsys accessibility"),
    "dumpsys_battery_daily": _bug(_APPS, "dumpsys_battery_daily", "update of an app, dumpsys batterystats"),
    "dumpsys_battery_history": _bug(_APPS, "dumpsys_battery_history", "job of an app, dumpsys batterystats"),
    "dumpsys_platform_compat": _bug(_APPS, "dumpsys_platform_compat", "override of an app, dumpsys platform_compat"),
    "dbinfo": _bug(_APPS, "dbinfo", "database of an app, dumpsys dbinfo"),
    "dumpsys_get_prop": _bug(_PROPERTIES, "dumpsys_get_prop", "system property, bugreport"),
    "processes": _bug(_RUNNING, "processes", "running process, bugreport"),
    "tombstones": _bug(frozenset({PlantKind.PROCESSES}), "tombstones", "crashed process, tombstone"),
    "mountinfo": _bug(_PATHS, "mounts", "mount point, FS/proc/PID/mountinfo"),
    "dns_event": _log(_APPS | {PlantKind.DOMAINS}, "dns_event", "name resolved by an app, intrusion log"),
    "connect_event": _log(_APPS | {PlantKind.DOMAINS}, "connect_event", "connection of an app, intrusion log"),
    "security_event": _log(_APPS | {PlantKind.FILE_PATHS}, "security_event", "security event, intrusion log"),
    "sms_text": _silent(
        _DOMAINS, AndroidEvidence.BACKUP, "link without http:// in a received message, backup.ab", "sms"
    ),
    "backup_files": _silent(_WORDS, AndroidEvidence.BACKUP, "file of another app, backup.ab"),
    "aqf_settings": _silent(_DOMAINS, AndroidEvidence.ANDROIDQF, "private DNS, settings_global.txt", "aqf_settings"),
    "logcat": _silent(_WORDS, AndroidEvidence.ANDROIDQF, "line of logcat.txt"),
    "dumpsys_connectivity": _silent(_WORDS, AndroidEvidence.BUGREPORT, "request log, dumpsys connectivity"),
}
"""Every spot. MVT 2026.10.26 compares no e-mail address and no profile on Android: only silent spots hold e-mails."""

_PREFERRED: dict[PlantKind, tuple[str, ...]] = {
    PlantKind.APP_IDS: ("aqf_packages", "dumpsys_packages", "security_event"),
    PlantKind.APP_CERT_HASHES: ("aqf_packages",),
    PlantKind.PROCESSES: ("aqf_processes", "processes"),
    PlantKind.FILE_PATHS: ("aqf_files", "mountinfo", "security_event"),
    PlantKind.FILE_NAMES: ("aqf_files", "mountinfo"),
    PlantKind.FILES_MD5: ("aqf_files",),
    PlantKind.FILES_SHA1: ("aqf_files",),
    PlantKind.FILES_SHA256: ("aqf_files",),
    PlantKind.DOMAINS: ("sms", "dns_event"),
    PlantKind.URLS: ("sms",),
    PlantKind.ANDROID_PROPERTY_NAMES: ("aqf_get_prop", "dumpsys_get_prop"),
}

NEVER_COMPARED = frozenset({"gatekeeperd"})
"""Android's own daemon of that name: MVT passes over it in process tables although indicator sets list it."""

_PROCESS_TABLES = frozenset({"aqf_processes", "processes"})


@dataclass(frozen=True, slots=True)
class Placement:
    """The plants of one build, each at its spot."""

    by_spot: dict[str, tuple[Plant, ...]]

    def at(self, spot: str, *kinds: PlantKind) -> tuple[str, ...]:
        """Return the values planted at a spot, only those of the given kinds where any are given."""
        return tuple(plant.value for plant in self.by_spot.get(spot, ()) if not kinds or plant.kind in kinds)

    def planted(self) -> tuple[Planted, ...]:
        """Return the record of what was placed, in the order of the spots."""
        return tuple(
            Planted(
                plant=plant,
                module=about.module,
                where=about.where,
                reported_by_mvt=about.reported and _can_match(plant, spot),
            )
            for spot, about in SPOTS.items()
            for plant in self.by_spot.get(spot, ())
        )

    def within(self, evidence: AndroidEvidence) -> Placement:
        """Return only what lies in one part of the evidence."""
        return Placement({spot: plants for spot, plants in self.by_spot.items() if SPOTS[spot].evidence == evidence})


def place(plants: Iterable[Plant], evidence: Iterable[AndroidEvidence]) -> Placement:
    """Return every plant at a spot that the given forms of evidence have.

    Raises `ValueError` when a plant fits nowhere: an indicator left out in silence would be a false control.
    """
    available = frozenset(evidence)
    by_spot: dict[str, list[Plant]] = defaultdict(list)
    for plant in plants:
        by_spot[_spot_of(plant, available)].append(plant)
    return Placement({spot: tuple(group) for spot, group in by_spot.items()})


def _can_match(plant: Plant, spot: str) -> bool:
    """Tell whether MVT can match this value at a spot where it compares others.

    It takes a leading `www.` from the host of every link and leaves it on the indicator, so such a pair never meets.
    """
    if plant.kind is PlantKind.DOMAINS:
        return not plant.value.lower().startswith("www.")
    return not (plant.value in NEVER_COMPARED and spot in _PROCESS_TABLES)


def _spot_of(plant: Plant, available: frozenset[AndroidEvidence]) -> str:
    usual = ("tombstones",) if plant.value in NEVER_COMPARED else _PREFERRED.get(plant.kind, ())
    wanted = (plant.spot,) if plant.spot else usual
    for name in wanted:
        spot = SPOTS.get(name)
        if spot and plant.kind in spot.kinds and spot.evidence in available:
            return name
    raise ValueError(f"no place for {plant.kind} {plant.value!r} (spot {plant.spot}) in {sorted(available)}")
