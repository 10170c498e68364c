"""Which indicator an alert is about, also where MVT does not say: the check that returned the match is the witness."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mvtcase.engine.safe_json import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
