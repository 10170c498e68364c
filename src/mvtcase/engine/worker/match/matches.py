"""Which indicator an alert is about, also where MVT does not say: the check that returned the match is the witness."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from mvt.common.indicators import IndicatorMatch, Indicators

from mvtcase.engine.safe_json import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from logging import Logger

    from mvtcase.model import Json


MAX_REMEMBERED = 4096
MAX_ARGUMENT = 4096
SHORTEST_PART = 4
"""An event's text shorter than this does not tie it to an argument it is part of."""


@dataclass(slots=True)
class _Match:
    argument: str
    indicator: Any
    used: bool = False


class Matches:
    """The matches that checks returned to the module that is running, the latest last."""

    def __init__(self, set_names: Mapping[str, str]) -> None:
        self._set_names = set_names
        self._held: deque[_Match] = deque(maxlen=MAX_REMEMBERED)

    def forget(self) -> None:
        """Forget everything; another module begins."""
        self._held.clear()

    def witness(self, name: str, value: Any, match: Any) -> None:  # noqa: ANN401 - what MVT's checks take and return
        """Remember a match: the check's name, what it was asked about and what it returned."""
        del name
        argument = value if isinstance(value, str) else str(value)
        self._held.append(_Match(argument=argument[:MAX_ARGUMENT], indicator=match.ioc))

    def indicator_of(self, alert: Any, data: Json) -> tuple[dict[str, Json] | None, bool]:  # noqa: ANN401 - MVT's Alert
        """Return the indicator of an alert as event fields, or None, and whether it is known from a witness only.

        `data` is the alert's event, safely encoded.
        """
        stated = alert.matched_indicator
        if stated is None and isinstance(alert.event, dict):
            stated = alert.event.get("matched_indicator")
        if stated is not None:
            self._mark_used(stated)
            return self._fields(stated), False
        texts = [*_texts(data), safe_text(str(alert.message))]
        for match in reversed(self._held):
            if not match.used and _belongs(match.argument, texts):
                match.used = True
                return self._fields(match.indicator), True
        return None, False

    def _mark_used(self, indicator: object) -> None:
        for match in reversed(self._held):
            if not match.used and match.indicator == indicator:
                match.used = True
                return

    def _fields(self, indicator: Any) -> dict[str, Json]:  # noqa: ANN401 - MVT's Indicator, or its fields as a mapping
        get = indicator.get if isinstance(indicator, dict) else lambda name, other="": getattr(indicator, name, other)
        file_name = str(get("stix2_file_name", ""))
        return {
            "value": safe_text(str(get("value", ""))),
            "type": safe_text(str(get("type", ""))),
            "family": safe_text(str(get("name", ""))),
            "set": self._set_names.get(file_name, safe_text(file_name)),
        }


def _belongs(argument: str, texts: list[str]) -> bool:
    """Conservative: what was checked stands in the alert, or what the alert is about is the end of what was checked."""
    bare = argument.lstrip("/")
    if not bare:
        return False
    return any(bare in text or (len(text) >= SHORTEST_PART and bare.endswith(text)) for text in texts)


def _texts(data: Json) -> Iterator[str]:
    pending: list[Json] = [data]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)


OnMatch = Callable[[str, Any, IndicatorMatch], None]
"""Hears the name of the check, the value it was asked about (as the module gave it) and the match it returned."""

WITNESSED_CHECKS: tuple[str, ...] = (
    "check_url",
    "check_process",
    "check_email",
    "check_file_name",
    "check_file_path",
    "check_file_path_process",
    "check_profile",
    "check_file_hash",
    "check_app_certificate_hash",
    "check_app_id",
    "check_android_property_name",
)
"""The checks of one value. The others (`check_urls`, `check_domain`, `check_processes`, …) are made of these and are
witnessed through them."""

IndicatorsClass = TypeVar("IndicatorsClass", bound=type)


def witnessed(cls: IndicatorsClass) -> IndicatorsClass:
    """Return the class with its checks changed to tell `self.on_match` of every match they return to a module.

    A match is told once: a check that asks another one on the way, as `check_file_path` asks `check_file_name`, tells
    of it alone. With the network allowed MVT checks URLs in threads, so `on_match` must then bear being called from
    them.
    """
    for name in WITNESSED_CHECKS:
        setattr(cls, name, _witnessed_check(name, getattr(cls, name)))
    return cls


def asking(cls: IndicatorsClass) -> IndicatorsClass:
    """Return the class with its checks changed to tell `self.on_ask` of every text they are asked about."""
    cls.on_ask = None  # type: ignore[attr-defined]  # set by whoever wants to hear
    for name in WITNESSED_CHECKS:
        setattr(cls, name, _asking_check(name, getattr(cls, name)))
    return cls


def _asking_check(name: str, check: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(check)
    def asked(self: Any, value: Any = None, *args: Any, **named: Any) -> Any:  # noqa: ANN401 - MVT's checks take and return untyped values
        if self.on_ask is not None and type(value) is str:
            self.on_ask(name, value)
        return check(self, value, *args, **named)

    return asked


def _witnessed_check(name: str, check: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(check)
    def told(self: Any, *args: Any, **named: Any) -> Any:  # noqa: ANN401 - MVT's checks take and return untyped values
        if self.on_match is None or getattr(_inside, "check", False):
            return check(self, *args, **named)
        _inside.check = True
        try:
            match = check(self, *args, **named)
        finally:
            _inside.check = False
        if match is not None:
            self.on_match(name, *args, *named.values(), match)
        return match

    return told


_inside = threading.local()


@asking
@witnessed
class WitnessedIndicators(Indicators):
    """Stock MVT matching, answer for answer, that tells `on_match` of every match."""

    def __init__(self, log: Logger, on_match: OnMatch | None = None) -> None:
        super().__init__(log)
        self.on_match = on_match
