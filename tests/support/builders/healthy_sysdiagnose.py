"""Healthy sysdiagnoses with what ordinary ones show; names as Apple's own files write them (EC-DIGIT-CSIRC/sysdiagnose)."""

from __future__ import annotations

import json
import plistlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from builders.healthy_inputs import REPORTED, WIDE_NEIGHBOUR
from builders.planted_forms import tracev3
from builders.planted_sysdiagnose import sysdiagnose
from mvtcase.phones.sysdiagnose_phone import SysdiagnosePhone

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Members = dict[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class SysdiagnoseNoise:
    """One thing that healthy sysdiagnoses show."""

    name: str
    source: str
    edits: tuple[Callable[[Members], None], ...] = ()
    phone: dict[str, object] = field(default_factory=dict)


def build_noisy_sysdiagnose(
    noises: tuple[SysdiagnoseNoise, ...], seed: int, folder: Path, trace: Callable[[Members], None] | None = None
) -> Path:
    """Return a packed sysdiagnose with these noises; `trace` is done last."""
    fields: dict[str, object] = {"seed": seed}
    for noise in noises:
        fields |= noise.phone

    def edit(members: Members) -> None:
        for noise in noises:
            for change in noise.edits:
                change(members)
        if trace is not None:
            trace(members)

    return sysdiagnose(folder, SysdiagnosePhone(**fields), edit)  # type: ignore[arg-type]


def _without(*names: str) -> Callable[[Members], None]:
    def edit(members: Members) -> None:
        for name in [each for each in members if each.rsplit("/", 1)[-1].startswith(names)]:
            del members[name]

    return edit


def _added(name: str, data: bytes) -> Callable[[Members], None]:
    def edit(members: Members) -> None:
        members[name] = members.get(name, b"") + data

    return edit


def _report(kind: str, body: dict[str, object]) -> bytes:
    return (
        json.dumps({"bug_type": kind, "timestamp": "2026-10-10 08:00:00.00 +0800"}) + "\n" + json.dumps(body)
    ).encode()


def _profile(number: int, payload: str, address: str) -> Callable[[Members], None]:
    content = {
        "PayloadType": "Configuration", "PayloadUUID": f"3A51D0C2-77AA-4F0E-9B1C-5E6F7081920{number}", "PayloadDisplayName": "Ministry",
        "PayloadContent": [{"PayloadType": payload, "ServerURL": address, "PayloadUUID": f"7B0{number}D0C2-77AA-4F0E-9B1C-5E6F70819200"}],
    }  # fmt: skip
    return _added(f"logs/MCState/Shared/profile-noise{number}.stub", plistlib.dumps(content))


SYSDIAGNOSE_NOISES: tuple[SysdiagnoseNoise, ...] = (
    *(SysdiagnoseNoise(name=f"nothing special, iOS {version}", source="the base phone", phone={"ios_version": version}) for version in (14, 15, 16, 17, 18, 26)),
    SysdiagnoseNoise(name="just restarted", source="iOS 26 empties shutdown.log on restart", phone={"ios_version": 26}, edits=(_without("shutdown"),)),
    SysdiagnoseNoise(
        name="crashes of Apple's processes", source="Apple, JSON crash reports",
        edits=tuple(_added(f"crashes_and_spins/{name}-2026-10-10-080000.ips", _report("309", {"procName": name, "procPath": f"/usr/libexec/{name}", "pid": 9})) for name in ("backboardd", "mediaserverd", "assistantd")),
    ),
    SysdiagnoseNoise(name="memory pressure", source="Apple, jetsam event reports", edits=(_added("crashes_and_spins/JetsamEvent-2026-10-09-080000.ips", _report("298", {"largestProcess": "WhatsApp", "processes": [{"pid": number, "name": name, "rpages": 90} for number, name in enumerate(("WhatsApp", "SpringBoard", "jp.naver.line", "bird", "com.apple.WebKi"))]})),)),
    SysdiagnoseNoise(name="device management", source="Apple, device management payloads", edits=(_profile(1, "com.apple.mdm", "https://mdm.ministry.example/checkin"), _profile(2, "com.apple.notificationsettings", ""), _profile(3, "com.apple.vpn.managed", ""))),
    SysdiagnoseNoise(name="many associated domains", source="swcutil show", edits=(_added("swcutil_show.txt", "".join(f"Service:              applinks\nApp ID:               ABCDE12345.org.example.a{number}\nDomain:               {host}\n" for number, host in enumerate([f"app{n}.example.com" for n in range(300)] + [link.split("/")[2] for link in WIDE_NEIGHBOUR])).encode()),)),
    SysdiagnoseNoise(name="unified log", source="mandiant/macos-UnifiedLogs", edits=(_added("system_logs.logarchive/Persist/0000000000000b01.tracev3", tracev3("backboardd event delivered, bh payload", "com.apple.backboardd")),)),
    SysdiagnoseNoise(name="a page of a report in the log", source="Safari's log lines", edits=(_added("transparency.log", json.dumps({"page": f"report on {', '.join(REPORTED)}"}).encode()),)),
    SysdiagnoseNoise(name="statistics of the log", source="EC-DIGIT-CSIRC logdata_statistics", edits=(_added("system_logs.logarchive/Extra/logdata.statistics.0.jsonl", b"".join(json.dumps({"processList": [{"process": f"/usr/libexec/{name}", "cnt": 9}]}).encode() + b"\n" for name in ("backupd", "bird", "locationd", "nsurlsessiond"))),)),
    SysdiagnoseNoise(name="TestFlight app", source="Apple TestFlight", edits=(_added("logs/MobileInstallation/mobile_installation.log.0", b"Wed Oct 14 08:00:00 2026 [211] <notice> (0x16f0) -[MIInstaller performInstallationWithError:]: Installing <MIInstallableBundle ID=tw.example.beta; Version=1.0>\n"),)),
)  # fmt: skip
"""Each noise by itself."""
