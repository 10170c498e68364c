"""The parser of the shutdown log, in the forms that logd writes and that damage leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mvt_plugin_sysdiagnose.archive import Content
from mvt_plugin_sysdiagnose.device import Device
from mvt_plugin_sysdiagnose.parsers.shutdown import parse_shutdown_log, split_uuid

if TYPE_CHECKING:
    from mvt_plugin_sysdiagnose.parsers.result import Parsed

UUID = "EBFB3E7F-4CA4-3656-8E9C-8CCF5995C34A"
LOG = f"""After 1.26s, these clients are still here:
\t\tremaining client pid: 155 (/usr/libexec/nfcd/{UUID})
\t\tremaining client pid: 2143 (/private/var/db/com.apple.xpc.roleaccountd.staging/bh/{UUID})
After 2.50s, these clients are still here:
\t\tremaining client pid: 2143 (/private/var/db/com.apple.xpc.roleaccountd.staging/bh/{UUID})
SIGTERM: [1700000000] All buffers flushed
After 1.26s, these clients are still here:
\t\tremaining client pid: 155 (/usr/libexec/nfcd)
"""


def _parse(text: str | bytes) -> Parsed:
    data = text if isinstance(text, bytes) else text.encode()
    return parse_shutdown_log(Content(name="shutdown.log", data=data), Device())


def test_a_restart_has_its_time_its_notices_and_its_clients() -> None:
    """Each SIGTERM line ends a restart: notices, delays and processes above it are its own."""
    event, nfcd, bh, *_ = _parse(LOG).records
    assert (event["isodate"], event["notices"], event["longest_delay"]) == ("2023-11-14 22:13:20.000000", 2, 2.5)
    assert (nfcd["path"], nfcd["binary_uuid"], nfcd["times_seen"]) == ("/usr/libexec/nfcd", UUID, 1)
    assert (bh["process"], bh["pid"], bh["times_seen"], bh["longest_delay"]) == ("bh", 2143, 2, 2.5)
    assert bh["time_text"] == "1700000000"


def test_a_shutdown_without_its_last_line_keeps_its_processes() -> None:
    """What stands behind the last SIGTERM line is kept, with an unknown time."""
    event, client = _parse(LOG).records[-2:]
    assert (event["reboot"], event["isodate"], event["time_basis"]) == (2, "", "unknown")
    assert client["path"] == "/usr/libexec/nfcd"


@pytest.mark.parametrize(
    ("line", "isodate"),
    [
        ("SIGTERM: [1700000000]", "2023-11-14 22:13:20.000000"),
        ("SIGTERM: [1767489112] (shutdown)", "2026-01-04 01:11:52.000000"),
        ("SIGTERM: graceful @1700000000 (utc)", "2023-11-14 22:13:20.000000"),
        ("SIGTERM: [0]", ""),
        ("SIGTERM: []", ""),
        ("SIGTERM: [99999999999]", "5138-11-16 09:46:39.000000"),
        ("SIGTERM: [999999999999999999999999]", ""),
    ],
)
def test_every_form_of_the_last_line_is_read(line: str, isodate: str) -> None:
    """The forms of several iOS versions give a time; an impossible number gives none and still ends the restart."""
    event, client = _parse(f"\t\tremaining client pid: 1 (/sbin/launchd)\n{line}\n").records
    assert event["isodate"] == client["isodate"] == isodate


@pytest.mark.parametrize(
    ("client", "path"),
    [
        (f"/usr/libexec/nfcd/{UUID}", "/usr/libexec/nfcd"),
        ("/usr/libexec/nfcd", "/usr/libexec/nfcd"),
        (f"/a (b)/c/{UUID.lower()}", "/a (b)/c"),
        (UUID, UUID),
        ("", ""),
    ],
)
def test_the_uuid_of_the_binary_is_no_part_of_the_path(client: str, path: str) -> None:
    """The log puts the binary's UUID behind the path; a base name is only right without it."""
    assert split_uuid(client)[0] == path


def test_a_path_with_brackets_stays_whole() -> None:
    """Brackets in a path do not cut it."""
    (_, client) = _parse(
        "\t\tremaining client pid: 7 (/a/My (new) App.app/My (new) App)\nSIGTERM: [1700000000]\n"
    ).records
    assert client["path"] == "/a/My (new) App.app/My (new) App"


def test_text_of_another_kind_is_a_problem_and_nothing_is_none() -> None:
    """A file with content but no line of this log is a gap; a blank one is not the parser's to judge."""
    assert "no line" in _parse("<html>\n").problem
    assert _parse("\n \n").problem == ""


def test_a_hostile_log_costs_little() -> None:
    """Endless lines, NULs and escape characters give bounded, printable records."""
    line = b"remaining client pid: 5 (" + b"(" * 5_000_000 + b")\n"
    records = _parse(line * 2 + b"remaining client pid: \x1b[31m (/x/\x00\xff)\nSIGTERM: [1700000000]\n").records
    assert len(records) == 3
    assert all(len(record.get("path", "")) <= 1024 for record in records)
    assert "\x00" not in records[-1]["path"]
    assert "\\x00" in records[-1]["path"]
