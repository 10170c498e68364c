"""Where the answer goes: narrow terminals, closed and full streams; what a verb stored is said, and nothing breaks."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from mvtcase.cli import output
from mvtcase.cli.tables import fitted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Reply

WORDS = st.lists(st.text("abcdefgh 台", min_size=0, max_size=24), min_size=1, max_size=7)
NAMES = ("id", "official", "title", "phone", "digest", "status", "note")


def program(case: Path, call: str, *, redirect: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own, its streams as a shell's redirection says."""
    line = f"{shlex.quote(sys.executable)} -m mvtcase -w {shlex.quote(str(case))} {call} {redirect}"
    here = {**os.environ, "MVTCASE_EXAMINER": "Ada", "MVTCASE_CASE": "line-2021", **environment}
    return subprocess.run(
        ["/bin/sh", "-c", line], env=here, capture_output=True, text=True, check=False, timeout=60
    )  # our own line


def notes(run: Callable[..., Reply], case: Path) -> list[str]:
    """Return the remarks in the chain."""
    log = run("-w", case, "-c", "line-2021", "--json", "custody", "log").data["events"]
    return [each["action"] for each in log if each["action"] == "note.added"]


@pytest.mark.parametrize("columns", ["1", "0", "-5", "abc", "3"])
def test_no_terminal_is_too_narrow(
    run: Callable[..., Reply], case: Path, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    """However little room there is said to be, the answer is printed."""
    monkeypatch.setenv("COLUMNS", columns)
    for verb in ("status", "custody log", "official show O-0001", "--help"):
        reply = run("-w", case, *verb.split())
        assert reply.code in {0, 1}
        assert "Aldith" in reply.out or verb in {"custody log", "--help"}, verb


@pytest.mark.parametrize("redirect", [">&-", "2>&-", ">&- 2>&-", "<&-", "> /dev/null"])
@pytest.mark.parametrize("form", ["", "--json"])
def test_a_closed_stream_is_nobody_listening(run: Callable[..., Reply], case: Path, redirect: str, form: str) -> None:
    """The verb does its work and ends as ever."""
    before = len(notes(run, case))
    done = program(case, f"{form} custody note seen", redirect=redirect)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert len(notes(run, case)) == before + 1


@pytest.mark.parametrize("form", ["", "--json"])
def test_an_answer_that_cannot_be_written_says_what_is_stored(run: Callable[..., Reply], case: Path, form: str) -> None:
    """The exit status is the machine's, and nobody has to guess whether to do it again."""
    before = len(notes(run, case))
    done = program(case, f"{form} custody note seen", redirect="> /dev/full")
    assert (done.returncode, "Traceback" in done.stderr) == (74, False)
    assert "could not be written" in done.stderr
    assert "is stored" in done.stderr
    assert len(notes(run, case)) == before + 1


def test_an_error_that_cannot_be_written_keeps_its_status(case: Path) -> None:
    """Neither stream takes anything; what is left is the exit status, which never reads as done."""
    assert program(case, "--json scan show S-9999", redirect="> /dev/full 2> /dev/full").returncode == 2
    assert program(case, "scan show S-9999", redirect="2> /dev/full").returncode == 2
    assert program(case, "no-such-verb", redirect="2> /dev/full").returncode == 2


def test_a_reader_who_goes_away_is_no_defect(case: Path) -> None:
    """As with 'head': no traceback."""
    done = program(case, "custody log", redirect="| true")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "call", ["acquisition add LONG --official O-0001", "-w LONG status", "init LONG", "iocs import LONG"]
)
def test_a_path_that_no_system_takes_is_an_error(run: Callable[..., Reply], case: Path, call: str) -> None:
    """Of too long a name, and of too long a whole."""
    for long in ("a" * 5000, "/".join(["ab"] * 2000)):
        reply = run("-w", case, *(long if each == "LONG" else each for each in call.split()))
        assert reply.code not in {0, 1, 70}
        assert "Traceback" not in reply.err


@given(rows=st.lists(WORDS, min_size=1, max_size=4), width=st.integers(40, 160))
def test_a_table_fits_without_breaking_a_word(rows: list[list[str]], width: int) -> None:
    """Whatever stands in it: lines keep within the width, words stay whole, and what is dropped is named."""
    count = max(map(len, rows))
    drawn = output.table("Some", NAMES[:count], [[*row, *([""] * (count - len(row)))] for row in rows])
    first = [str(each) for each in drawn.columns[0].cells]
    if max(map(len, first)) * 2 > width:
        return
    screen = Console(width=width, file=io.StringIO())
    screen.print(fitted(drawn, width))
    assert isinstance(screen.file, io.StringIO)
    lines = screen.file.getvalue().splitlines()
    shown = {str(each.header) for each in drawn.columns}
    assert all(cell_len(line) <= width for line in lines)
    for name in NAMES[:count]:
        assert name in shown or any(name in line for line in lines[-3:])


def test_status_fits_eighty_columns(run: Callable[..., Reply], case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids and statuses whole on one line, at the width that terminals begin with."""
    monkeypatch.setenv("COLUMNS", "80")
    reply = run("-w", case, "-c", "line-2021", "status")
    assert max(map(len, reply.out.splitlines())) <= 80
    for word in ("O-0001", "not_examined", "registered,"):
        assert word in reply.out
    assert json.dumps(reply.out).isascii()
