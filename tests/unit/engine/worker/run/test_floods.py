"""Floods: the first and the last of a kind go out, the rest is counted, and far process ids are not walked over."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mvtcase.engine.worker.run import floods
from mvtcase.engine.worker.run.floods import FIRST, LAST, MOST_MISSING, Floods, bound_missing


def alert(message: str, level: str = "LOW") -> Any:
    """Return what is looked at of an alert."""
    return SimpleNamespace(level=SimpleNamespace(name=level), message=message)


def test_alerts_of_one_kind_are_counted_beyond_the_first() -> None:
    """Names and numbers do not make another kind; the last few are given at the end."""
    held = Floods()
    sent = sum(held.admits(alert(f'Missing process {number} after "p{number}"'), "") for number in range(FIRST + 100))
    assert sent == FIRST
    ((message, count, last),) = held.ends()
    assert (count, len(last)) == (100 - LAST, LAST)
    assert str(FIRST + 99) in last[-1].message
    assert "Missing process" in message
    assert list(held.ends()) == []


def test_another_level_or_indicator_is_another_kind() -> None:
    """What names an indicator is not left out because something else flooded."""
    held = Floods()
    for number in range(FIRST + 1):
        held.admits(alert(f"odd {number}"), "")
    assert not held.admits(alert("odd 1"), "")
    assert held.admits(alert("odd 1"), "bh")
    assert held.admits(alert("odd 1", "HIGH"), "")


def test_ever_new_wording_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evidence may word every alert anew: beyond a number of kinds they are one, and few of them go out."""
    monkeypatch.setattr(floods, "MOST_KINDS", 10)
    monkeypatch.setattr(floods, "MOST", 50)
    held = Floods()
    words = ["".join(chr(97 + int(digit)) for digit in str(number)) for number in range(2000)]
    assert sum(held.admits(alert(word), "") for word in words) <= 50 + 10 * LAST
    assert held.admits(alert("x"), "") is False
    assert sum(count + len(last) for _, count, last in held.ends()) >= 2000 - 50 - 10 * LAST


@pytest.mark.parametrize(("ids", "missing"), [((1, 2**62), 2**62 - 3), ((1, 5, 900), None), ((), None)])
def test_far_process_ids_are_told_and_not_walked_over(ids: tuple[int, ...], missing: int | None) -> None:
    """MVT counts from the lowest to the highest; rows 2^62 apart would never end, and its comparison comes after."""
    walked: list[bool] = []
    told: list[int] = []
    module: Any = SimpleNamespace(results=[{"proc_id": each} for each in ids], find_deleted=lambda: walked.append(True))
    bound_missing(module, told.append)
    module.find_deleted()
    assert (told, bool(walked)) == (([missing], False) if missing else ([], True))
    assert MOST_MISSING <= FIRST


def test_other_modules_are_left_alone() -> None:
    """Only usage modules look for deleted processes."""
    module: Any = SimpleNamespace(results=[])
    bound_missing(module, lambda _: None)
    assert not hasattr(module, "find_deleted")
