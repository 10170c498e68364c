"""Damaged and hostile sysdiagnoses: every damage of every source, as folder and as archive."""

from __future__ import annotations

import gzip
from functools import partial
from typing import TYPE_CHECKING

from builders.hostile_inputs import HostileInput, plant_at
from mvtcase.model import EvidenceKind
from mvtcase.phones.sysdiagnose import build_sysdiagnose
from mvtcase.phones.sysdiagnose_damage import ON_DISK_ONLY, SysdiagnoseDamage
from mvtcase.phones.sysdiagnose_phone import SPOTS, SysdiagnosePhone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_SOURCES: Mapping[str, str] = {
    "shutdown_log": "shutdown_log",
    "ps": "ps",
    "crashes": "crash",
    "taskinfo": "taskinfo",
    "spindump": "spindump",
    "profiles": "profile",
    "activation": "activation",
    "installation": "installation",
    "powerlog": "powerlog",
    "network_extensions": "network_extensions",
    "associated_domains": "associated_domains",
}
_KIND = EvidenceKind.SYSDIAGNOSE
_READABLE = frozenset({SysdiagnoseDamage.IMPOSSIBLE_TIMES, SysdiagnoseDamage.CONTROL_CHARACTERS})


def sysdiagnose_inputs() -> Iterator[HostileInput]:
    """Yield damaged sysdiagnoses."""
    for source, spot in _SOURCES.items():
        for damage in SysdiagnoseDamage:
            build = partial(_damaged, source, spot, damage)
            yield HostileInput(name=f"{source} {damage}", group="sysdiagnose sources", kind=_KIND, build=build)
        if source in {"shutdown_log", "ps"}:
            build = partial(_without, source, spot)
            yield HostileInput(name=f"no {source}", group="sysdiagnose sources", kind=_KIND, build=build)
    for name, rewrite in _TEXT_REWRITES.items():
        build = partial(_rewritten_text, rewrite)
        yield HostileInput(name=f"ps.txt {name}", group="sysdiagnose texts", kind=_KIND, build=build)
    for name, rewrite in _ARCHIVE_REWRITES.items():
        build = partial(_rewritten, rewrite)
        yield HostileInput(
            name=f"archive {name}", group="sysdiagnose archives", kind=_KIND, build=build, may_refuse=True
        )


def _phone(spot: str) -> SysdiagnosePhone:
    return SysdiagnosePhone(plants=(plant_at(spot, SPOTS[spot].kinds),))


def _damaged(source: str, spot: str, damage: SysdiagnoseDamage, folder: Path) -> Path:
    packed = damage not in ON_DISK_ONLY and source == "ps"
    return build_sysdiagnose(folder / "sysdiagnose", _phone(spot), archive=packed, damage={source: damage}).path


def _without(source: str, spot: str, folder: Path) -> Path:
    return build_sysdiagnose(folder / "sysdiagnose", _phone(spot), archive=False, missing=(source,)).path


def _rewritten_text(rewrite: Callable[[bytes], bytes], folder: Path) -> Path:
    built = build_sysdiagnose(folder / "sysdiagnose", _phone("ps"), archive=False)
    path = built.path / "ps.txt"
    path.write_bytes(rewrite(path.read_bytes()))
    return built.path


_TEXT_REWRITES: Mapping[str, Callable[[bytes], bytes]] = {
    "of a header only": lambda data: data.split(b"\n", 1)[0] + b"\n",
    "of five lines": lambda data: b"\n".join(data.split(b"\n")[:5]) + b"\n",
    "without its header": lambda data: data.split(b"\n", 1)[1],
    "in UTF-16": lambda data: data.decode().encode("utf-16"),
    "without columns": lambda data: data.replace(b" ", b""),
}


def _rewritten(rewrite: Callable[[bytes], bytes], folder: Path) -> Path:
    built = build_sysdiagnose(folder / "sysdiagnose", _phone("ps"))
    built.path.write_bytes(rewrite(built.path.read_bytes()))
    return built.path


def _tar_cut(data: bytes) -> bytes:
    """Return a sound gzip of the first third of the archive."""
    plain = gzip.decompress(data)
    return gzip.compress(plain[: len(plain) // 3 // 512 * 512])


_ARCHIVE_REWRITES: Mapping[str, Callable[[bytes], bytes]] = {
    "cut in the middle": lambda data: data[: len(data) // 2],
    "without its checksum": lambda data: data[:-8],
    "with a wrong checksum": lambda data: data[:-8] + b"\0" * 8,
    "of a third of the files": _tar_cut,
    "with noise in the middle": lambda data: data[: len(data) // 2] + bytes(64) + data[len(data) // 2 + 64 :],
    "empty": lambda _: b"",
    "of zeros": lambda data: gzip.compress(bytes(len(data))),
}
