"""The parsers of process lists: two headers of ps, threads, tasks, samples, known binaries."""

from __future__ import annotations

import plistlib
from datetime import datetime, timedelta, timezone

import pytest

from mvt_plugin_sysdiagnose.archive import Content
from mvt_plugin_sysdiagnose.device import Device
from mvt_plugin_sysdiagnose.parsers import process_lists

CREATED = datetime(2026, 10, 14, 16, 20, 5, tzinfo=timezone(timedelta(hours=8)))
DEVICE = Device(ios_version=17, created=CREATED)
OLD = """USER  UID   PID  PPID  %CPU %MEM PRI NI      VSZ    RSS WCHAN    TT  STAT STARTED      TIME COMMAND
root    0     1     0   0.0  0.4  37  0  4226848   8912 -        ??  Ss   14Jan19   7:27.40 /sbin/launchd
mobile 501   77     1   0.0  0.4  37  0  4226848   8912 -        ??  Ss   14Jan19   7:27 /A/My App.app/My App -x /y
"""
NEW = """USER  UID PRSNA   PID  PPID        F  %CPU %MEM PRI NI  VSZ    RSS WCHAN    TT  STAT STARTED      TIME COMMAND
root  0     -     1     0     4004   0.0  0.0   0  0        0      0 -        ??  ?s   Tue09PM   0:00.00 /sbin/launchd
root  0     -   431     1     4004   0.0  0.0   0  0        0      0 -        ??  ?s   9PM   0:00.00 /private/var/tmp/bh
"""


def _content(text: str | bytes) -> Content:
    return Content(name="x", data=text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize(("text", "last"), [(OLD, "/A/My App.app/My App -x /y"), (NEW, "/private/var/tmp/bh")])
def test_both_headers_of_ps_are_read(text: str, last: str) -> None:
    """Columns are found by the header's names; times are the moment of creation in UTC, and say so."""
    first, second = process_lists.parse_ps(_content(text), DEVICE).records
    assert (first["pid"], first["path"], first["process"], first["user"]) == (1, "/sbin/launchd", "launchd", "root")
    assert second["path"] == last
    assert (first["isodate"], first["time_basis"]) == ("2026-10-14 08:20:05.000000", "archive_creation")


def test_a_command_with_blanks_is_compared_in_both_readings() -> None:
    """A blank can be part of a path or begin the arguments: the first word alone is kept as well."""
    record = process_lists.parse_ps(_content(OLD), DEVICE).records[1]
    assert record["other_paths"] == ["/A/My"]


def test_lines_that_are_cut_are_counted_and_the_others_read() -> None:
    """A line with too few columns is a gap, not a crash."""
    parsed = process_lists.parse_ps(_content(NEW + "root  0  -  9\n"), DEVICE)
    assert len(parsed.records) == 2
    assert "1 lines" in parsed.problem


def test_a_file_without_the_header_is_a_problem() -> None:
    """Without its header the columns are unknown: nothing is guessed."""
    assert process_lists.parse_ps(_content("root 0 1 /sbin/launchd\n"), DEVICE).problem
    assert process_lists.parse_ps(_content(b"\xff\xfe\x00"), DEVICE).problem


def test_threads_without_a_command_are_no_processes() -> None:
    """In ps_thread.txt only a process's first thread names it."""
    header = "USER PID TT %CPU STAT PRI STIME UTIME COMMAND"
    text = f"{header}\nroot 1 ?? 0.0 S 37T 0:0 0:0 /sbin/launchd\n     1    0.0 S 37T 0:0 0:0\n"
    assert [record["path"] for record in process_lists.parse_ps_thread(_content(text), DEVICE).records] == [
        "/sbin/launchd"
    ]


def test_fewer_tasks_than_declared_is_a_gap() -> None:
    """taskinfo.txt states how many tasks it lists: a shorter list was cut."""
    text = 'num tasks: 2\nprocess: "launchd" [1] [unique ID: 1]\n'
    parsed = process_lists.parse_taskinfo(_content(text), DEVICE)
    assert [(record["process"], record["pid"]) for record in parsed.records] == [("launchd", 1)]
    assert parsed.problem == "it declares 2 tasks and holds 1"
    whole = process_lists.parse_taskinfo(_content(text + 'process: "b"h" [2]\n'), DEVICE)
    assert (whole.problem, whole.records[1]["process"]) == ("", 'b"h')


def test_a_spindump_gives_processes_their_parents_and_foreign_libraries() -> None:
    """Samples carry their own time; libraries outside the system are kept, those of the system are not."""
    text = """Date/Time:        2023-05-24 13:29:15.759 -0700
Process:          bh [176]
Path:             /private/var/tmp/bh
Parent:           launchd [1]
  Thread 0x8b6    1 sample
  Binary Images:
           0x1 -   ???  bh      <BDBD> /private/var/tmp/bh
           0x2 -   0x3  Foundation <C3A8> /System/Library/Foundation
           0x4 -   0x5  hook    <C3A9> /private/var/tmp/hook.dylib
"""
    process, *images = process_lists.parse_spindump(_content(text), DEVICE).records
    assert (process["process"], process["pid"], process["path"], process["parent"]) == (
        "bh",
        176,
        "/private/var/tmp/bh",
        "launchd",
    )
    assert (process["isodate"], process["time_basis"]) == ("2023-05-24 20:29:15.759000", "utc")
    assert [image["path"] for image in images] == ["/private/var/tmp/bh", "/private/var/tmp/hook.dylib"]


def test_a_spindump_without_samples_says_so() -> None:
    """When sampling failed iOS writes "No samples": nothing was sampled, and nothing is damaged."""
    parsed = process_lists.parse_spindump(_content("Date/Time: x\nNo samples\n"), DEVICE)
    assert (parsed.nothing, parsed.problem, parsed.records) == ("it says: No samples", "", [])
    assert process_lists.parse_spindump(_content("Date/Time: x\n"), DEVICE).problem


def test_known_binaries_come_from_a_property_list() -> None:
    """Paths are kept with their UUID; values that are no text are left out; what is no property list raises."""
    records = process_lists.parse_binary_locations(
        _content(plistlib.dumps({"U": "/private/var/tmp/bh", "V": 3})), DEVICE
    )
    assert [(record["path"], record["process"]) for record in records.records] == [("/private/var/tmp/bh", "bh")]
    assert process_lists.parse_binary_locations(_content(plistlib.dumps(["x"])), DEVICE).problem
    with pytest.raises(ValueError, match="no readable property list"):
        process_lists.parse_binary_locations(_content(b"bplist00garbage"), DEVICE)
