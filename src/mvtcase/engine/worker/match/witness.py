"""The witness of a match: MVT drops the matched indicator on some alerts, the check that returned it knows it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from mvt.common.indicators import IndicatorMatch, Indicators

if TYPE_CHECKING:
    from logging import Logger

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


@witnessed
class WitnessedIndicators(Indicators):
    """Stock MVT matching, answer for answer, that tells `on_match` of every match."""

    def __init__(self, log: Logger, on_match: OnMatch | None = None) -> None:
        super().__init__(log)
        self.on_match = on_match
