"""logd's statistics, tables of processes, permissions and lockdownd's log, in the forms that public sources show."""

from __future__ import annotations

import plistlib
import sqlite3
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from mvt_plugin_sysdiagnose.archive import Content
from mvt_plugin_sysdiagnose.device import Device
from mvt_plugin_sysdiagnose.parsers.databases import parse_permissions
from mvt_plugin_sysdiagnose.parsers.log_statistics import parse_statistics_lines, parse_statistics_text
from mvt_plugin_sysdiagnose.parsers.process_tables import parse_process_table, parse_running_board, parse_shared_cache
from mvt_plugin_sysdiagnose.parsers.service_logs import parse_service_log

if TYPE_CHECKING:
    from pathlib import Path

DEVICE = Device(ios_version=17, created=datetime(2026, 10, 14, 16, 20, 5, tzinfo=timezone(timedelta(hours=8))))

TEXT = b"""--- !logd statistics record
type  : File Rotate
file  : /private/var/db/diagnostics/Persist/0000000000000a1b.tracev3
time  : 2025-04-07 07:42:54-0700
total : 9733361
procs :
    - [    3117304,  32.0, /usr/libexec/backboardd ]
    - [     188800,   1.9, /private/var/containers/Bundle/Application/4B6E/Some App.app/Some App ]
--- !logd statistics record
type  : Memory Rollover
time  : not a time
procs :
    - [        123,   0.1, /kernel ]
"""


def _content(data: bytes, name: str = "file") -> Content:
    return Content(name=name, data=data)


def test_the_text_of_logd_gives_programs_with_their_moment() -> None:
    """Form: an excerpt of a real sysdiagnose published in a report on a public contest, and logd's own strings."""
    parsed = parse_statistics_text(_content(TEXT), DEVICE)
    assert [each.get("path") for each in parsed.records] == [
        "/usr/libexec/backboardd",
        "/private/var/containers/Bundle/Application/4B6E/Some App.app/Some App",
        "/kernel",
    ]
    assert [each["isodate"][:19] for each in parsed.records] == ["2025-04-07 14:42:54", "2025-04-07 14:42:54", ""]
    assert parsed.records[0]["process"] == "backboardd"
    assert parsed.problem == ""


def test_lines_of_json_give_the_same_and_a_broken_one_is_told() -> None:
    """Keys: `type`, `file`, `unixTime`, `totalBytes`, `processList`, each with `process`."""
    line = b'{"type":"File Rotate","unixTime":1744036974,"processList":[{"process":"/usr/libexec/nfcd","size":3}]}\n'
    parsed = parse_statistics_lines(_content(line + b'{"type":\n' + line), DEVICE)
    assert [each["process"] for each in parsed.records] == ["nfcd", "nfcd"]
    assert parsed.records[0]["isodate"][:19] == "2025-04-07 14:42:54"
    assert "1 lines" in parsed.problem


@pytest.mark.parametrize(
    "table",
    [
        b"#,pid,name,priority_name,footprint\n0,77,net.example.agent,IDLE,12\n",
        b"Process Name,PID,Threads\nnet.example.agent,77,3\n",
        b'\n"pid","command"\n"77","net.example.agent"\n',
    ],
)
def test_a_table_is_read_by_the_names_of_its_columns(table: bytes) -> None:
    """They differ by version and tool."""
    (process,) = parse_process_table(_content(table), DEVICE).records
    assert (process["process"], process["pid"]) == ("net.example.agent", 77)


def test_a_table_without_a_column_of_names_is_a_problem() -> None:
    """Nothing unread passes for an empty table."""
    assert parse_process_table(_content(b"a,b\n1,2\n"), DEVICE).problem
    assert parse_process_table(_content(b"pid,name\n5,\n"), DEVICE).problem


def test_running_board_names_bundles_and_programs() -> None:
    """`app<bundle>`, `osservice<label>`, `anon<name>`."""
    text = b"[app<com.example.hidden((null))>:12] [anon<agentd>(501):13] [osservice<com.apple.nfcd>:14]\n"
    records = parse_running_board(_content(text), DEVICE).records
    assert [each.get("bundle_id") or each["process"] for each in records] == [
        "com.example.hidden",
        "agentd",
        "com.apple.nfcd",
    ]


def test_a_shared_cache_gives_libraries_outside_the_sealed_system() -> None:
    """Thousands of Apple's own are left out."""
    held = {"Binaries": [{"Path": "/usr/lib/dyld"}, {"Path": "/private/var/tmp/x.dylib"}, {"UUID_String": "x"}]}
    records = parse_shared_cache(_content(plistlib.dumps(held)), DEVICE).records
    assert [each["path"] for each in records] == ["/private/var/tmp/x.dylib"]


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        ("service, client, client_type, auth_value, last_modified", ("S", "com.example.spy", 0, 2, 1_700_000_000)),
        ("service, client, client_type, allowed", ("S", "com.example.spy", 0, 1)),
    ],
)
def test_permissions_of_old_and_new_layouts_name_the_app(tmp_path: Path, columns: str, row: tuple[object, ...]) -> None:
    """Old ones have no time and another column for the answer."""
    path = tmp_path / "TCC.db"
    connection = sqlite3.connect(path)
    connection.execute(f"CREATE TABLE access ({columns})")
    connection.execute(f"INSERT INTO access VALUES ({','.join('?' * len(row))})", row)
    connection.commit()
    connection.close()
    (permission,) = parse_permissions(Content(name="TCC.db", data=path.read_bytes(), path=str(path)), DEVICE).records
    assert permission["bundle_id"] == "com.example.spy"
    assert permission["isodate"][:10] == ("2023-11-14" if len(row) > 4 else "")


def test_lockdownd_names_who_asked_the_phone() -> None:
    """The requester is the computer's program; the time is the phone's, by the archive's offset."""
    line = b"10/13/21 07:57:42.888066 pid=69 handle_get_value: AMPDevicesAgent attempting to get [PhoneNumber]\n"
    (asked,) = parse_service_log(_content(line), DEVICE).records
    assert asked["process"] == "AMPDevicesAgent"
    assert asked["isodate"][:19] == "2021-10-12 23:57:42"
