"""The error tree: as drawn, with stable codes and the exit statuses of the contract."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mvtcase import errors
from mvtcase.errors import MvtcaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

EXIT_STATUSES = {
    "InputError": 2,
    "EvidenceError": 3,
    "IndicatorError": 4,
    "EngineError": 5,
    "CustodyError": 6,
    "StoreError": 7,
    "ReportError": 8,
    "ConsentError": 9,
}
CODES = {
    "error", "input", "input.not_found", "input.ambiguous", "input.conflict", "input.workspace", "evidence",
    "evidence.unknown", "evidence.several", "evidence.altered", "evidence.missing",
    "evidence.hostile", "evidence.password", "indicator", "indicator.file", "indicator.none_usable",
    "indicator.missing", "indicator.control_failed", "indicator.update", "engine", "engine.start",
    "engine.indicator_count", "engine.foreign_module", "custody", "custody.broken", "store", "store.locked",
    "store.damaged", "store.too_new", "report", "report.render", "consent", "consent.missing", "consent.incomplete",
    "consent.expired", "consent.withdrawn",
}  # fmt: skip
"""The codes that were released: programs compare with them, so none may change or go."""


def _below(error: type[MvtcaseError]) -> Iterator[type[MvtcaseError]]:
    yield error
    for one in error.__subclasses__():
        if one.__module__ == errors.__name__:
            yield from _below(one)


ALL = list(_below(MvtcaseError))


def _drawn() -> dict[str, str]:
    """Return, for each class of the drawing, the class above it."""
    above: dict[int, str] = {}
    parents: dict[str, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        found = re.search(r"(\w+Error)\b", line)
        if found and (line.startswith("Mvtcase") or "─" in line):
            depth = found.start()
            higher = [each for each in above if each < depth]
            parents[found[1]] = above[max(higher)] if higher else ""
            above = {each: name for each, name in above.items() if each < depth} | {depth: found[1]}
    return parents


def test_the_drawing_is_the_tree() -> None:
    """Every class stands in it, below the class it is made from, in the order of the file."""
    actual = {one.__name__: (one.__bases__[0].__name__ if one is not MvtcaseError else "") for one in ALL}
    assert _drawn() == actual
    assert list(_drawn()) == [one.__name__ for one in ALL]


def test_the_drawing_names_the_exit_statuses() -> None:
    """As the classes have them."""
    drawn = dict(re.findall(r"(\w+Error) +(\d)\b", errors.__doc__ or ""))
    assert {name: int(status) for name, status in drawn.items()} == {"MvtcaseError": 1, **EXIT_STATUSES}


@pytest.mark.parametrize("error", ALL, ids=lambda one: one.__name__)
def test_every_error_has_code_status_and_sentence(error: type[MvtcaseError]) -> None:
    """The code begins with its family's, the status is the family's."""
    family = next((one for one in ALL if issubclass(error, one) and one.__name__ in EXIT_STATUSES), MvtcaseError)
    assert error.exit_status == EXIT_STATUSES.get(family.__name__, 1)
    assert error.code == family.code or error.code.startswith(f"{family.code}.")
    assert (error.__doc__ or "").rstrip().endswith(".")


def test_codes_are_unique_and_none_was_lost() -> None:
    """A code names one reason, and stays."""
    codes = [error.code for error in ALL]
    assert len(set(codes)) == len(codes)
    assert set(codes) >= CODES


def test_a_hint_is_the_callers_or_the_errors_own() -> None:
    """The message is what happened, the hint what to do."""
    assert str(errors.CaseLockedError("x").hint) == str(errors.CaseLockedError.default_hint) != ""
    assert str(errors.CaseLockedError("x", hint="y").hint) == "y"
    assert (str(errors.InputError("x")), str(errors.InputError("x").hint)) == ("x", "")
