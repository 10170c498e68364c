"""Property lists that contain themselves or unfold without end are refused where they are read; others are not."""

from __future__ import annotations

import plistlib
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine.worker.safety import plist_guard as guards
from mvtcase.engine.worker.safety.plist_guard import HostilePlistError, check_plist
from mvtcase.phones.hostile_plists import hostile_plist

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def guarded() -> Iterator[None]:
    """Install the guard and take it away again."""
    before = plistlib.load
    guards.install()
    yield
    plistlib.load = before


@pytest.mark.usefixtures("guarded")
@pytest.mark.parametrize("cycle", [True, False])
def test_hostile_lists_raise_where_they_are_read(cycle: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """By `loads`, too, which reads by `load`."""
    with pytest.raises(HostilePlistError):
        plistlib.loads(hostile_plist(("a", "b"), cycle=cycle))


@pytest.mark.usefixtures("guarded")
def test_ordinary_lists_are_read_as_ever() -> None:
    """Lists that name one value twice are no cycles."""
    shared = [1, 2, 3]
    held: dict[str, Any] = {"a": shared, "b": shared, "c": {"d": [shared, "text"]}, "e": b"bytes"}
    for form in (plistlib.FMT_BINARY, plistlib.FMT_XML):
        assert plistlib.loads(plistlib.dumps(held, fmt=form)) == held


def test_depth_is_bounded() -> None:
    """A list nested deeper than any phone writes would end Python's own recursion later."""
    held: list[object] = []
    for _ in range(guards.MAX_DEPTH + 5):
        held = [held]
    with pytest.raises(HostilePlistError, match="levels"):
        check_plist(held)
