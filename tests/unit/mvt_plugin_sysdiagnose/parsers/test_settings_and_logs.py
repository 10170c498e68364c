"""The parsers of profiles, service logs and network settings."""

from __future__ import annotations

import plistlib
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from mvt_plugin_sysdiagnose.archive import Content
from mvt_plugin_sysdiagnose.device import Device
from mvt_plugin_sysdiagnose.parsers.profiles import (
    parse_associated_domains,
    parse_network_extensions,
    parse_profile,
    parse_profile_events,
)
from mvt_plugin_sysdiagnose.parsers.service_logs import parse_service_log
from mvtcase_readers.trees import walk

if TYPE_CHECKING:
    from mvt_plugin_sysdiagnose.parsers.result import Parsed

DEVICE = Device(created=datetime(2023, 5, 24, 13, 29, 15, tzinfo=timezone(timedelta(hours=-7))))


def _content(data: str | bytes) -> Content:
    return Content(name="x", data=data if isinstance(data, bytes) else data.encode())


def _values(parsed: Parsed, kind: str, field: str) -> list[object]:
    return [record[field] for record in parsed.records if record["record"] == kind]


def test_a_profile_gives_identifiers_types_and_addresses() -> None:
    """Identifiers and addresses are found at any depth; the installation time is UTC."""
    stub = {
        "PayloadUUID": "A-UUID-OF-8",
        "PayloadDisplayName": "Update",
        "InstallDate": datetime(2024, 3, 1, 12, 0, 0),  # noqa: DTZ001 - property lists hold naive UTC
        "PayloadContent": [
            {
                "PayloadType": "com.apple.mdm",
                "ServerURL": "https://mdm.evil.example.net/x",
                "PayloadUUID": "INNER-UUID",
            },
            {"VPN": {"RemoteAddress": "vpn.evil.example.net", "AuthName": "a.b"}},
        ],
    }
    (record,) = parse_profile(_content(plistlib.dumps(stub)), DEVICE).records
    assert set(record["profile_ids"]) == {"A-UUID-OF-8", "INNER-UUID"}
    assert record["payload_types"] == ["com.apple.mdm"]
    assert set(record["urls"]) == {"https://mdm.evil.example.net/x", "vpn.evil.example.net"}
    assert (record["isodate"], record["time_basis"], record["name"]) == ("2024-03-01 12:00:00.000000", "utc", "Update")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"bplist00",
        b"<plist",
        b"\x00" * 99,
        b"bplist00" + b"\xff" * 64,
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x 'y'>]>",
    ],
)
def test_what_is_no_property_list_raises(data: bytes) -> None:
    """Damage and entity bombs are told to the caller as a ValueError."""
    with pytest.raises(ValueError, match="no readable property list"):
        parse_profile(_content(data), DEVICE)


def test_a_cycle_and_shared_parts_do_not_multiply() -> None:
    """One part shared a million million times is walked once, and a list that holds itself ends."""
    loop: dict[str, object] = {"PayloadUUID": "A-UUID-OF-8"}
    shared: list[object] = ["x" * 100]
    for _ in range(40):
        shared = [shared, shared]
    loop["PayloadContent"] = shared
    (record,) = parse_profile(_content(plistlib.dumps(loop, fmt=plistlib.FMT_BINARY)), DEVICE).records
    assert record["profile_ids"] == ["A-UUID-OF-8"]
    endless: list[object] = []
    endless.append(endless)
    assert len(list(walk(endless, 100))) == 1


def test_setting_events_name_the_process() -> None:
    """Who set a managed setting is a process that is compared."""
    events = {"a": {"b": {"process": "bh", "event": "set", "timestamp": datetime(2024, 3, 1)}}}  # noqa: DTZ001 - as above
    (record,) = parse_profile_events(_content(plistlib.dumps(events)), DEVICE).records
    assert (record["process"], record["setting"], record["event"]) == ("bh", "b", "set")


LOG = """Wed May 24 12:58:04 2023 [173] <debug> (0x16bf9b000) MA: send: https://evil.example.net/a?b=1
Wed May 24 12:58:05 2023 [72] <notice> (0x16be43000) Install of "/var/mobile/x.app" requested by itunesstored (pid 188)
  Installing <MIInstallableBundle ID=com.example.agent; Version=12>
Wed May 24 12:59:05 2023 [72] <err> (0x16be43000) [file:///private/var/tmp/bh]: {
    MCMMetadataIdentifier = "com.example.agent";
}
"""


def test_a_service_log_gives_addresses_paths_bundles_and_requesters() -> None:
    """Every kind of subject is found, in continued lines too, once each with first and last time in UTC."""
    parsed = parse_service_log(_content(LOG), DEVICE)
    assert _values(parsed, "log_url", "urls") == [["https://evil.example.net/a?b=1"]]
    assert _values(parsed, "log_path", "path") == ["/var/mobile/x.app", "/private/var/tmp/bh"]
    assert _values(parsed, "log_process", "process") == ["itunesstored"]
    (bundle,) = [record for record in parsed.records if record.get("bundle_id") == "com.example.agent"]
    assert (bundle["occurrences"], bundle["isodate"]) == (2, "2023-05-24 19:58:05.000000")
    assert (bundle["last_seen"], bundle["time_basis"]) == ("2023-05-24 19:59:05.000000", "archive_offset")


def test_without_an_offset_the_time_stays_local_text() -> None:
    """Device local time is never passed off as UTC."""
    record = parse_service_log(_content(LOG), Device()).records[0]
    assert (record["isodate"], record["time_basis"]) == ("", "device_local")
    assert record["time_text"] == "Wed May 24 12:58:04 2023"


@pytest.mark.parametrize("piece", [b"a-", b"a.", b"/a", b"://", b"a://", b"(", b"requested by "])
def test_a_hostile_service_log_is_bounded(piece: bytes) -> None:
    """Megabytes without a line end, or of separators, give few, short values; a quadratic search would never end."""
    parsed = parse_service_log(_content(piece * 1_000_000), DEVICE)
    assert len(parsed.records) < 5_000
    assert all(len(str(record.get("path") or record.get("urls"))) <= 1_100 for record in parsed.records)
    assert parsed.problem


def test_text_of_another_kind_is_a_problem() -> None:
    """A log without a single line of its form is a gap."""
    assert parse_service_log(_content("<html></html>\n"), DEVICE).problem
    assert parse_service_log(_content("\n\n"), DEVICE).problem == ""


def test_network_settings_give_addresses_and_apps() -> None:
    """Texts of the archived objects are sorted into hosts, addresses and bundles; others are left out."""
    objects = ["$null", "vpn.example.org", "com.example.vpnclient", "https://dns.example.org/q", "Office VPN", 7]
    parsed = parse_network_extensions(_content(plistlib.dumps({"$objects": objects})), DEVICE)
    urls = [url for record in parsed.records for url in record.get("urls", ())]
    assert sorted(urls) == ["https://dns.example.org/q", "vpn.example.org"]
    assert [record["bundle_id"] for record in parsed.records if "bundle_id" in record] == ["com.example.vpnclient"]


def test_associated_domains_come_with_their_app() -> None:
    """Team, wildcard and query are cut from what swcutil lists."""
    text = "Service: applinks\nApp ID:  TEAM1.com.example.app\nDomain:  *.evil.example.net?mode=developer\n"
    (record,) = parse_associated_domains(_content(text), DEVICE).records
    assert (record["bundle_id"], record["urls"]) == ("com.example.app", ["evil.example.net"])
    assert parse_associated_domains(_content("<html>"), DEVICE).problem


def test_an_app_id_of_two_labels_is_read_where_the_log_says_that_it_is_one() -> None:
    """Published ones have two labels (`com.vodaservices`); a word with a dot elsewhere in a log is none."""
    line = (
        "Wed May 24 12:58:05 2023 [72] <notice> (0x16be43000) Installing <MIInstallableBundle ID=xx.an; Version=1.2>\n"
    )
    parsed = parse_service_log(_content(line + line.replace("ID=xx.an", "at file.txt")), DEVICE)
    assert _values(parsed, "log_bundle", "bundle_id") == ["xx.an"]
