"""A shell completes ids, names, kinds and formats; nothing is asked, changed or steered by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mvtcase.cli import app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.conftest import Reply

    Complete = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def complete(case: Path, run: Callable[..., Reply], patch: pytest.MonkeyPatch) -> Iterator[Complete]:
    """Give what the shell is answered for a line that is being typed."""
    run("-w", case, "group", "add", "\x1b]0;owned\x07")
    run("-w", case, "group", "add", "院本部")
    patch.setenv("MVTCASE_WORKSPACE", str(case))
    patch.setenv(app.ASKED_BY_SHELL, "complete_bash")
    app.program.cache_clear()

    def asked(line: str) -> list[str]:
        words = line.split(" ")
        patch.setenv("COMP_WORDS", line)
        patch.setenv("COMP_CWORD", str(len(words) - 1))
        return [each for each in run().out.splitlines() if each]

    yield asked
    patch.delenv(app.ASKED_BY_SHELL)
    app.program.cache_clear()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("mvtcase rep", ["report"]),
        ("mvtcase official show O-", ["O-0001"]),
        ("mvtcase acquisition move A-0001 --to O", ["O-0001"]),
        ("mvtcase device show D-0002", []),
        ("mvtcase scan run A-0", ["A-0001"]),
        ("mvtcase --case li", ["line-2021"]),
        ("mvtcase status --group 院", ["院本部"]),
        ("mvtcase report write le", ["letter"]),
        ("mvtcase report write incident --format js", ["json"]),
        ("mvtcase export st", ["stix"]),
        ("mvtcase observe add O-0001 line.let", ["line.letter_sealing"]),
        ("mvtcase scan run --iocs pegasus-s", ["pegasus-starter"]),
        ("mvtcase device set D-0001 --state los", ["lost"]),
    ],
)
def test_the_shell_completes_what_the_case_and_the_program_know(complete: Complete, line: str, told: list[str]) -> None:
    """Each from the table or the closed set that the verb takes it from."""
    assert complete(line) == told


def test_a_name_that_would_steer_the_terminal_is_not_offered(complete: Complete) -> None:
    """It stands in the case, and no key brings it to the screen."""
    assert complete("mvtcase status --group ") == ["院本部", "Legislature"]


def test_what_cannot_be_read_completes_nothing(complete: Complete, case: Path) -> None:
    """No error stands in the middle of what is being typed."""
    assert complete("mvtcase --case nothing official show ") == []
    assert complete(f"mvtcase -w {case.parent / 'nowhere'} official show O") == []
