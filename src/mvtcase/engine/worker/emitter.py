"""The one way out of the worker: JSON lines on a descriptor of their own, each written at once.

What an embargoed set holds leaves the worker under its number in the set only: in events, and in MVT's log.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mvtcase.canon import canonical_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mvtcase.model import Json

SHORT = 5
"""Values below this length are hidden as whole words only: they are parts of too many others."""


class Withheld:
    """Puts a name such as `house-red, entry 3` in place of each value that must not be told."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = {
            spelled.lower(): label
            for value, label in labels.items()
            for spelled in (value, value.replace("/", "\\/"), quote(value, safe=""))
        }
        longest_first = sorted(self._labels, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_as_pattern, longest_first)) or r"(?!)", re.IGNORECASE)

    def text(self, text: str) -> str:
        """Return a text without the values."""
        return self._pattern.sub(lambda found: self._labels.get(found.group().lower(), "withheld"), text)

    def json(self, value: Json) -> Json:
        """Return a JSON value without the values, in keys too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.json(each) for each in value]
        if isinstance(value, dict):
            return {self.text(key): self.json(each) for key, each in value.items()}
        return value

    def event(self, fields: dict[str, Json]) -> dict[str, Json]:
        """Return an event without the values; what stands around a value may spell it another way, so it goes too."""
        told = self.json(fields)
        assert isinstance(told, dict)  # noqa: S101  # as was given
        data = told.get("data")
        if told.get("indicator") != fields.get("indicator") and isinstance(data, dict):
            data.pop("context", None)
        return told

    def install(self) -> None:
        """Keep the values out of whatever is logged from now on; templates of other records stay what they are."""
        make = logging.getLogRecordFactory()

        def record(*args: Any, **named: Any) -> logging.LogRecord:  # noqa: ANN401 - as logging calls it
            made = make(*args, **named)
            text = made.getMessage()
            if self.text(text) != text:
                made.msg, made.args = self.text(text), ()
            return made

        logging.setLogRecordFactory(record)


def _as_pattern(value: str) -> str:
    escaped = re.escape(value)
    return rf"(?<![A-Za-z0-9]){escaped}(?![A-Za-z0-9])" if len(value) < SHORT else escaped


class Emitter:
    """Writes events to a descriptor; unbuffered, so that a crash right after loses none."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._withheld: Withheld | None = None

    def withhold(self, labels: Mapping[str, str]) -> Withheld | None:
        """Tell each of these values under its label from now on, also in the log; None where there are none."""
        if labels:
            self._withheld = Withheld(labels)
            self._withheld.install()
        return self._withheld

    def __call__(self, event: str, **fields: Json) -> None:
        """Send one event; raises `BrokenPipeError` when the parent is gone."""
        self.send({"event": event, **fields})

    def send(self, fields: Mapping[str, Json]) -> None:
        """Send an event given as a mapping with a key `event`."""
        told = dict(fields) if self._withheld is None else self._withheld.event(dict(fields))
        remaining = memoryview(canonical_json(told).encode("ascii") + b"\n")
        with self._lock:
            while remaining:
                remaining = remaining[os.write(self._descriptor, remaining) :]
