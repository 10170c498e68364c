"""Configuration profiles: the stubs the phone keeps of what is installed, and the events of settings they manage."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from mvt_plugin_sysdiagnose.clock import NO_TIME, UTC_BASIS, Stamp, of_moment
from mvt_plugin_sysdiagnose.shelf import MAX_LINE_CHARACTERS, MAX_PLIST_NODES, is_bundle, is_host, plain
from mvtcase_readers.regular import lines
from mvtcase_readers.trees import parse_plist, walk

from .result import Parsed, record

if TYPE_CHECKING:
    from mvt_plugin_sysdiagnose.archive import Content
    from mvt_plugin_sysdiagnose.device import Device


_IDENTIFIERS = frozenset({"PayloadUUID", "PayloadIdentifier"})
_HOST_KEYS = ("URL", "Server", "Host", "Address", "Domain", "Proxy")
_MAX_VALUES = 500


def parse_profile(content: Content, _device: Device) -> Parsed:
    """Return the `profile` of one stub: names, identifiers, payload types and every address in it.

    Raises `ValueError` when the stub is no property list.
    """
    loaded = parse_plist(content.data, walked=True)
    if not isinstance(loaded, dict):
        return Parsed(problem="it is no dictionary")
    identifiers: dict[str, None] = {}
    types: dict[str, None] = {}
    addresses: dict[str, None] = {}
    for key, value in walk(loaded, MAX_PLIST_NODES):
        if not isinstance(value, str) or not value:
            continue
        if key in _IDENTIFIERS:
            identifiers[plain(value)] = None
        elif key == "PayloadType":
            types[plain(value)] = None
        elif "://" in value or (any(word in key for word in _HOST_KEYS) and is_host(value)):
            addresses[plain(value)] = None
    profile = record(
        "profile",
        _moment(loaded.get("InstallDate")),
        name=plain(loaded.get("PayloadDisplayName")),
        organization=plain(loaded.get("PayloadOrganization")),
        description=plain(loaded.get("PayloadDescription")),
        profile_ids=list(identifiers)[:_MAX_VALUES],
        payload_types=list(types)[:_MAX_VALUES],
        urls=list(addresses)[:_MAX_VALUES],
    )
    return Parsed(records=[profile], problem="" if identifiers else "it names no profile identifier")


def parse_profile_events(content: Content, _device: Device) -> Parsed:
    """Return one `setting_event` per managed setting, with the process that set it. Raises `ValueError` on damage."""
    loaded = parse_plist(content.data, walked=True)
    records = [
        record(
            "setting_event",
            _moment(value.get("timestamp")),
            process=plain(value.get("process")),
            setting=plain(key),
            event=plain(value.get("event")),
        )
        for key, value in walk(loaded, MAX_PLIST_NODES)
        if isinstance(value, dict) and isinstance(value.get("process"), str)
    ]
    return Parsed(records=records)


def _moment(value: object) -> Stamp:
    return of_moment(value, UTC_BASIS) if isinstance(value, datetime) else NO_TIME


_MAX_DISTINCT = 20_000


def parse_network_extensions(content: Content, device: Device) -> Parsed:
    """Return one `network_setting` per address or bundle in a settings file. Raises `ValueError` on damage."""
    held = parse_plist(content.data, walked=True)
    texts = dict.fromkeys(value for _, value in walk(held, MAX_PLIST_NODES) if isinstance(value, str))
    records = []
    for text in list(texts)[:_MAX_DISTINCT]:
        if "://" in text or is_host(text):
            records.append(record("network_setting", device.creation_stamp, urls=[plain(text)]))
        elif is_bundle(text):
            records.append(record("network_setting", device.creation_stamp, bundle_id=plain(text)))
    problem = f"only the first {_MAX_DISTINCT} distinct values were kept" if len(texts) > _MAX_DISTINCT else ""
    return Parsed(records=records, problem=problem)


def parse_associated_domains(content: Content, device: Device) -> Parsed:
    """Return one `associated_domain` per app and domain that `swcutil` listed."""
    known = b"Service:" in content.data or b"DATABASE" in content.data or not content.data.strip()
    parsed = Parsed(problem="" if known else "it is no list of associated domains")
    app = ""
    for line in lines(content.data, MAX_LINE_CHARACTERS):
        key, _, value = line.strip().partition(":")
        value = value.strip()
        if key == "App ID" and value:
            # The first label is the developer's team.
            app = value.split(".", 1)[-1]
        elif key == "Domain" and value:
            domain = value.split(" ", 1)[0].removeprefix("*.").split("?", 1)[0]
            parsed.records.append(
                record("associated_domain", device.creation_stamp, bundle_id=plain(app), urls=[plain(domain)])
            )
    return parsed
