"""What MVT's own reader does with a pattern, told without MVT: `Indicators._process_indicator`, release 2026.10.26."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.indicators.types import ADDRESS, left_kind
from mvtcase.indicators.verdicts import IndicatorType, Stock

if TYPE_CHECKING:
    from mvtcase.indicators.verdicts import Usable


def stock_fate(pattern: object, ours: Usable | None = None) -> Stock:
    """Return what MVT does with a pattern; `MANGLES` where it would compare another value than `ours`."""
    if not isinstance(pattern, str):
        return Stock.ABORTS
    parts = pattern.strip("[]").split("=")
    if len(parts) != 2:  # noqa: PLR2004 - MVT unpacks the split into key and value
        return Stock.ABORTS
    kind = left_kind(parts[0].strip())
    if kind is None:
        return Stock.DROPS
    loaded = (IndicatorType.DOMAINS if kind == ADDRESS else kind, _stock_value(kind, parts[1]))
    if ours is None or loaded != (ours.type, ours.value):
        return Stock.MANGLES
    return Stock.LOADS


def _stock_value(kind: str, raw: str) -> str:
    lowered = raw.lower() if kind in {IndicatorType.DOMAINS, IndicatorType.EMAILS} else raw
    return lowered.replace("'", "").strip()
