"""The bottom line says no more of a result than the numbers that may be told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mvtcase.model import Status
from mvtcase.report.crowds import TOTAL
from mvtcase.report.summary import _bottom_line


@pytest.mark.parametrize("status", [Status.NO_TRACE, Status.NOT_EXAMINED])
def test_what_may_not_be_counted_is_not_called_no_trace(status: Status) -> None:
    """Where even who was examined is not told, the same is said whatever the result is."""
    view: Any = SimpleNamespace(shown=(), is_outside=True)
    numbers: Any = SimpleNamespace(rung=TOTAL, cells=[SimpleNamespace(statuses=(status,), count=3)])
    (said,) = _bottom_line(view, numbers)
    assert "is not told here" in str(said)
    numbers.rung = 0
    assert any("No trace" in str(one) for one in _bottom_line(view, numbers)) is (status is Status.NO_TRACE)
