"""The queue at a real terminal: keys judge, a wrong key asks again, and what was said is stored."""

from __future__ import annotations

import os
import pty
import select
import sys
import time
from typing import TYPE_CHECKING

from mvtcase.model import IndicatorRef, Level, RawAlert

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import FakeEngine, Reply

    from mvtcase.engine.job import EngineResult
    from mvtcase.model import Json

PATIENCE = 60.0


class Terminal:
    """A call of the program at a terminal of 80 columns."""

    def __init__(self, *words: str) -> None:
        self.pid, self._handle = pty.fork()
        if self.pid == 0:
            os.environ |= {"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"}
            os.execv(sys.executable, [sys.executable, "-m", "mvtcase", *words])  # noqa: S606  # our own program

    def until(self, told: str) -> str:
        """Return what is shown up to a text; fails where it never comes."""
        seen, deadline = "", time.monotonic() + PATIENCE
        while told not in seen:
            assert select.select([self._handle], [], [], deadline - time.monotonic())[0], seen
            seen += os.read(self._handle, 65_536).decode()
        return seen

    def press(self, keys: str) -> None:
        """Type a line."""
        os.write(self._handle, f"{keys}\n".encode())

    def end(self) -> int:
        """Wait for the end of the call and return its exit status."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _alert(number: int) -> RawAlert:
    lure = IndicatorRef(value="lure.example", type="domains", family="Pegasus", set="tiny")
    text = f"see https://lure.example/{number}"
    event: Json = {"text": text, "phone_number": "+886900000000", "isodate": "2026-09-01"}
    return RawAlert(
        module="sms", level=Level.CRITICAL, message="A lure", event_time="", event=event, indicator=lure
    )  # fmt: skip


def test_a_person_walks_the_queue_with_keys(
    case: Path, engine: FakeEngine, run: Callable[..., Reply], result: Callable[..., EngineResult]
) -> None:
    """Who wrote, the text and the indicator are on the page; a capital letter judges the whole line."""
    engine.answer = result(_alert(1), _alert(2))
    run("-w", case, "scan", "run", "--yes")
    walked = Terminal("-w", str(case), "finding", "next")
    page = walked.until("Key [n]:")
    for told in (
        "person",
        "Aldith Fernvale",
        "who wrote",
        "+886900000000",
        "https://lure.example/1",
        "lure.example (dom",
    ):
        assert told in page
    assert all(len(line.rstrip()) <= 80 for line in page.splitlines())
    walked.press("x")
    assert "There is no key" in walked.until("Key [n]:")
    walked.press("c")
    walked.until("Reason:")
    walked.press("she has the message on the screen")
    assert "https://lure.example/2" in walked.until("Key [n]:")
    walked.press("C")
    walked.until("Reason:")
    walked.press("and this one")
    assert "Judged 2, passed over 0." in walked.until("passed over 0.")
    assert walked.end() == 0
    found = run("-w", case, "--json", "finding", "list").data["findings"]
    assert {each["status"] for each in found} == {"confirmed_once"}
    assert sorted(len(each["dispositions"]) for each in found) == [1, 2]
