"""Android's intrusion logs (Advanced Protection): one text file of JSON lines per day, as a folder or a zip.

The records follow an export of Android 16: one counter over all types, name and connection events in milliseconds,
security events in nanoseconds (MVT 2026.10.26, modules/intrusion_logs).
"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from mvtcase.phones.android_damage import AndroidDamage, apply_damage, fixed_zip
from mvtcase.phones.android_spots import AndroidEvidence, Placement, place
from mvtcase.phones.plants import BuiltEvidence, PlantKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from mvtcase.phones.android_phone import AndroidPhone

_DAYS = 3
_STEP = timedelta(minutes=47)
_HOSTS = {
    "jp.naver.line.android": ("legy.example.net", "203.0.113.20"),
    "com.whatsapp": ("chat.example.net", "203.0.113.31"),
    "org.mozilla.firefox": ("news.example.org", "198.51.100.7"),
    "com.google.android.gms": ("push.example.com", "192.0.2.55"),
}
_NESTED = "2026-older.zip"
_INNER_DAMAGE = frozenset({AndroidDamage.TEXT_TIME, AndroidDamage.BAD_NESTED_ZIP})
_BROWSER = "org.mozilla.firefox"

Record = tuple["datetime", str, dict[str, object]]


def build_intrusion_logs(
    path: Path, phone: AndroidPhone, *, zipped: bool = False, damage: AndroidDamage | None = None
) -> BuiltEvidence:
    """Return three days of intrusion logs, written as a folder, or as a zip when `zipped`.

    `damage`: `TEXT_TIME` writes every time as text, `BAD_NESTED_ZIP` adds an unreadable archive of
    older days, any other kind is done to the newest day's file, or to the zip. Raises `ValueError` when a plant fits
    nowhere.
    """
    placement = place(phone.plants, [AndroidEvidence.INTRUSION_LOGS])
    inside = None if zipped and damage not in _INNER_DAMAGE else damage
    members = log_members(phone, placement, damage=inside)
    if zipped:
        whole = fixed_zip(members, phone.wall_clock)
        path.write_bytes(apply_damage(whole, damage, phone.random("intrusion zip")) if damage and not inside else whole)
    else:
        path.mkdir(parents=True)
        for name, data in members.items():
            (path / name).write_bytes(data)
    return BuiltEvidence(path=path, planted=placement.planted())


def log_members(phone: AndroidPhone, placement: Placement, *, damage: AndroidDamage | None = None) -> dict[str, bytes]:
    """Return the files by name, `YYYY-MM-DD.txt`, with the plants of `placement` in them."""
    ordered = sorted(itertools.chain(_routine(phone), _planted(phone, placement)), key=lambda record: record[0])
    days: dict[str, list[str]] = defaultdict(list)
    for number, (moment, kind, event) in enumerate(ordered):
        time = _event_time(moment, kind)
        shown = str(time) if damage is AndroidDamage.TEXT_TIME else time
        line = {kind: {"event_id": number, "event_time": shown, **event}}
        days[f"{phone.local(moment):%Y-%m-%d}.txt"].append(json.dumps(line))
    members = {name: "".join(f"{line}\n" for line in lines).encode() for name, lines in days.items()}
    rng = phone.random("intrusion damage")
    if damage is AndroidDamage.BAD_NESTED_ZIP:
        return {_NESTED: rng.randbytes(2048), **members}
    if damage and damage not in _INNER_DAMAGE:
        newest = max(members)
        members[newest] = apply_damage(members[newest], damage, rng)
    return members


def _event_time(moment: datetime, kind: str) -> int:
    milliseconds = int(moment.timestamp() * 1000)
    return milliseconds * 1_000_000 if kind == "security_event" else milliseconds


def _routine(phone: AndroidPhone) -> Iterator[Record]:
    start = phone.taken_at - timedelta(days=_DAYS)
    rng = phone.random("intrusion logs")
    yield start, "security_event", {"logging_started": {}}
    for number in range(int(timedelta(days=_DAYS) / _STEP)):
        moment = start + _STEP * number + timedelta(seconds=rng.randrange(600))
        package, (host, address) = rng.choice(sorted(_HOSTS.items()))
        yield moment, "dns_event", _resolved(package, host, address)
        yield moment + timedelta(milliseconds=206), "connect_event", _connected(package, address)
        yield moment + timedelta(seconds=5), "security_event", _everyday(rng.randrange(4), package, number)


def _everyday(choice: int, package: str, number: int) -> dict[str, object]:
    events: tuple[dict[str, object], ...] = (
        {"app_process_start": {"process": package, "uid": 10100 + number, "pid": 4000 + number, "seinfo": "default"}},
        {"keyguard_dismissed": {}},
        {"keyguard_dismiss_auth_attempt": {"success": True, "method_strength": 1}},
        {"key_generated": {"success": True, "key_id": f"session_{number}", "uid": 10100 + number}},
    )
    return events[choice]


def _resolved(package: str, host: str, address: str) -> dict[str, object]:
    return {"package_name": package, "hostname": host, "ip_addresses": [f"/{address}"], "ip_addresses_count": 1}


def _connected(package: str, address: str) -> dict[str, object]:
    return {"package_name": package, "port": 443, "ip_address": f"/{address}"}


def _planted(phone: AndroidPhone, placement: Placement) -> Iterator[Record]:
    moment = phone.taken_at - timedelta(hours=7)
    for host in placement.at("dns_event", PlantKind.DOMAINS):
        yield moment, "dns_event", _resolved(_BROWSER, host, "203.0.113.66")
    for package in placement.at("dns_event", PlantKind.APP_IDS):
        yield moment, "dns_event", _resolved(package, "cdn.example.net", "203.0.113.67")
    for address in placement.at("connect_event", PlantKind.DOMAINS):
        yield moment, "connect_event", _connected(_BROWSER, address)
    for package in placement.at("connect_event", PlantKind.APP_IDS):
        yield moment, "connect_event", _connected(package, "203.0.113.68")
    for package in placement.at("security_event", PlantKind.APP_IDS):
        yield (
            moment,
            "security_event",
            {"package_installed": {"package_name": package, "version_code": 7, "user_id": 0}},
        )
    for target in placement.at("security_event", PlantKind.FILE_PATHS):
        yield moment, "security_event", {"adb_sync_send_file": {"path": target}}
