"""The parser of crash reports: JSON and text bodies, jetsam, stacks, and reports that lie."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from mvt_plugin_sysdiagnose.archive import Content
from mvt_plugin_sysdiagnose.device import Device
from mvt_plugin_sysdiagnose.parsers.crash_reports import parse_crash_report, parse_crash_summary

if TYPE_CHECKING:
    from mvt_plugin_sysdiagnose.parsers.result import Parsed

HEADER = {"app_name": "bh", "bundleID": "", "bug_type": "309", "timestamp": "2025-11-22 19:29:43.50 -0500"}
TEXT = """{"app_name":"bh","timestamp":"2021-07-10 12:00:00.00 +0200","bug_type":"109"}
Incident Identifier: X
Process:             bh [435]
Path:                /private/var/tmp/bh
Identifier:          com.example.bh
Parent Process:      launchd [1]

Date/Time:           2021-07-10 11:59:59.1234 +0200
Binary Images:
0x1 - 0x2 bh arm64  <aabb> /private/var/tmp/bh
0x3 - 0x4 dyld arm64 <ccdd> /usr/lib/dyld
"""


def _parse(data: str | bytes, name: str = "crashes_and_spins/report.ips", *, truncated: bool = False) -> Parsed:
    raw = data if isinstance(data, bytes) else data.encode()
    return parse_crash_report(Content(name=name, data=raw, truncated=truncated), Device())


def _json_report(body: object, header: object = HEADER) -> str:
    return f"{json.dumps(header)}\n{json.dumps(body, indent=1)}"


def _crashes(parsed: Parsed) -> list[dict[str, Any]]:
    return [record for record in parsed.records if record["record"] == "crash"]


def test_a_json_report_gives_process_path_and_bundle() -> None:
    """Since iOS 15 header and body are JSON, and times with an offset become UTC."""
    body = {
        "procName": "bh",
        "procPath": "/private/var/tmp/bh",
        "bundleInfo": {"CFBundleIdentifier": "com.example.bh"},
        "captureTime": "2025-11-22 19:29:43.4815 -0500",
        "parentProc": "launchd",
        "usedImages": [{"path": "/private/var/tmp/x.dylib"}, {"path": "/usr/lib/dyld"}, "no image", {"path": 3}],
    }
    parsed = _parse(_json_report(body))
    header, crash = _crashes(parsed)
    assert (header["process"], header["bug_type"]) == ("bh", "309")
    assert (crash["path"], crash["bundle_id"]) == ("/private/var/tmp/bh", "com.example.bh")
    assert crash["isodate"] == "2025-11-23 00:29:43.481500"
    assert [record["path"] for record in parsed.records if record["record"] == "loaded_image"] == [
        "/private/var/tmp/x.dylib"
    ]
    assert parsed.problem == ""


def test_a_text_report_gives_the_same() -> None:
    """Up to iOS 14 it is text below one line of JSON."""
    parsed = _parse(TEXT)
    _, crash = _crashes(parsed)
    assert (crash["process"], crash["path"], crash["bundle_id"]) == ("bh", "/private/var/tmp/bh", "com.example.bh")
    assert (crash["parent"], crash["isodate"]) == ("launchd", "2021-07-10 09:59:59.123400")
    assert parsed.problem == ""


def test_a_text_report_without_its_json_line_is_read() -> None:
    """A report whose first line is gone still names its process."""
    (crash,) = _crashes(_parse(TEXT.split("\n", 1)[1]))
    assert crash["process"] == "bh"


@pytest.mark.parametrize(
    "body",
    [
        {"processes": [{"name": "bh", "pid": 3}, "odd", {"name": 5}, {}]},
        {"processByPid": {"3": {"procname": "bh"}, "4": None}},
        {"processes": [{"procName": "bh"}]},
        {"largestProcess": "bh"},
        {"responsibleProc": "bh"},
    ],
)
def test_every_list_of_processes_is_read(body: dict[str, object]) -> None:
    """Jetsam and stack reports list processes under several names; odd entries are left out."""
    header = {"bug_type": "298", "timestamp": "2025-11-22 19:29:43.00 -0500"}
    names = [record["process"] for record in _parse(_json_report(body, header)).records if "process" in record]
    assert names == ["bh"]


@pytest.mark.parametrize(
    ("name", "process"),
    [
        ("bh-2021-07-10-120000.ips", "bh"),
        ("ExcUserFault_bh-2021-07-10-120000.ips", "bh"),
        ("bh.cpu_resource-2021-07-10-120000.ips", "bh"),
        ("bh_2021-07-10-12-00-00.ips", "bh"),
        ("My-App-2021-07-10-120000.000.ips", "My-App"),
        ("JetsamEvent-2021-07-10-120000.ips", None),
        ("stacks-2021-07-10-120000.ips", None),
        ("nothing.ips", None),
    ],
)
def test_the_name_of_a_report_names_its_process(name: str, process: str | None) -> None:
    """Even a report of zero bytes tells by its name which process it was about."""
    parsed = _parse(b"", f"crashes_and_spins/{name}")
    assert [record["process"] for record in parsed.records] == ([process] if process else [])
    assert parsed.problem == "it is empty"


@pytest.mark.parametrize(
    "data",
    [
        b"\x00" * 500,
        b"<html>sign in</html>",
        b"[1, 2, 3]\n{}",
        json.dumps(HEADER).encode() + b'\n{"procName": "b',
        json.dumps(HEADER).encode() + b"\n" + b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"app_name": "' + b"x" * 3_000_000,
    ],
)
def test_a_damaged_report_is_a_problem(data: bytes) -> None:
    """Whatever cannot be read as a report is named as a gap and raises nothing."""
    assert _parse(data).problem


def test_a_report_beyond_the_limit_is_a_gap_with_its_header_compared() -> None:
    """A report larger than the limit is cut: its header is still compared, and the rest is named as a gap."""
    parsed = _parse(json.dumps(HEADER).encode() + b'\n{"processes": [', truncated=True)
    assert _crashes(parsed)[0]["process"] == "bh"
    assert "larger than" in parsed.problem


def test_odd_values_in_a_report_do_no_harm() -> None:
    """Numbers, lists, surrogates and impossible times where texts belong give records that can be stored."""
    header = {"app_name": ["x"], "bundleID": 5, "timestamp": "9999-99-99 99:99:99.00 +9999", "bug_type": None}
    body = {
        "procName": "\ud800\u202ebh",
        "procPath": {"a": 1},
        "pid": 10**40,
        "bundleInfo": "x",
        "usedImages": {"a": 1},
    }
    parsed = _parse(_json_report(body, header))
    assert json.dumps(parsed.records).encode("utf-8")
    crash = _crashes(parsed)[1]
    assert crash["process"] == "\\ud800\\x202ebh"
    assert "pid" not in crash


def test_the_summary_names_reports_that_are_gone() -> None:
    """The list of reports is compared too; its times are device local and use the archive's offset."""
    created = datetime(2026, 10, 14, 16, 20, 5, tzinfo=timezone(timedelta(hours=8)))
    text = "Crashes:\n/private/var/mobile/Library/Logs/CrashReporter/bh-2026-07-10-120000.ips, 20 bytes\n/odd, 3\n"
    (record,) = parse_crash_summary(Content(name="s", data=text.encode()), Device(created=created)).records
    assert (record["process"], record["isodate"]) == ("bh", "2026-07-10 04:00:00.000000")
    assert record["time_basis"] == "archive_offset"
    (unknown,) = parse_crash_summary(Content(name="s", data=text.encode()), Device()).records
    assert (unknown["isodate"], unknown["time_basis"]) == ("", "device_local")


def test_an_analytics_report_of_many_objects_is_whole() -> None:
    """Bodies of one JSON object a line are no damage; the processes and bundles they name are compared."""
    lines = [
        {"_marker": "<metadata>"},
        {"message": {"Count": 1, "name": "bh", "reason": "highwater"}, "name": "JetsamAggregationV3"},
        {"message": {"process_name": "bh2", "bundleID": "com.example.bh", "x": 5}},
        {"name": 7},
    ]
    parsed = _parse(json.dumps(HEADER) + "\n" + "\n".join(map(json.dumps, lines)) + "\n")
    named = [record.get("process") or record.get("bundle_id") for record in parsed.records[1:]]
    assert (named, parsed.problem) == (["bh", "bh2", "com.example.bh"], "")


def test_a_body_that_breaks_off_is_compared_as_far_as_it_goes() -> None:
    """The gap is told, and the names before the break are compared all the same."""
    body = json.dumps({"procName": "bh", "procPath": "/private/var/tmp/bh", "rest": "x" * 50}, indent=1)
    parsed = _parse(f"{json.dumps(HEADER)}\n{body[:60]}".replace("/", "\\/"))
    salvaged = [record for record in parsed.records if record.get("role") == "salvaged"]
    assert [record.get("process") or record.get("path") for record in salvaged] == ["bh", "/private/var/tmp/bh"]
    assert parsed.problem == "its JSON body is damaged"
    later = _parse(_json_report({"procName": "bh"}) + '\n{"message": {"name": "bh2"')
    assert later.problem == "its JSON is damaged after 1 objects"
    assert "bh2" in [record.get("process") for record in later.records]
