"""What a module and the code it calls logged, counted by template; formatted text is kept as an example only."""

from __future__ import annotations

import logging
from dataclasses import replace

from mvtcase.engine.outcomes import MISSING_FILES, TEMPLATES, UNRESOLVED_LINK, Note
from mvtcase.engine.safe_json import safe_text

MAX_TEMPLATES = 200
MAX_EXAMPLE = 300
ALERT_LEVELS = frozenset({25, 35, 45, 55, 65})
"""The levels MVT logs its alerts at; an alert is recorded where it is added, not where it is logged."""


class NoteTaker(logging.Handler):
    """A log handler that counts records of interest by level and template until they are taken."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._notes: dict[tuple[int, str], Note] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Count a record when its template is known or its level is a warning or worse."""
        template = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        if record.levelno in ALERT_LEVELS or not _is_of_interest(record.levelno, template):
            return
        key = (record.levelno, template[:MAX_EXAMPLE])
        known = self._notes.get(key)
        if known is not None:
            self._notes[key] = replace(known, count=known.count + 1)
        elif len(self._notes) < MAX_TEMPLATES:
            self._notes[key] = _note(record, template)

    def take(self) -> list[Note]:
        """Return the notes since the last call and forget them."""
        notes = list(self._notes.values())
        self._notes.clear()
        return notes


def _is_known(template: str) -> bool:
    return template in TEMPLATES or template in {UNRESOLVED_LINK, MISSING_FILES}


def _is_of_interest(level: int, template: str) -> bool:
    return level >= logging.WARNING or _is_known(template)


def _note(record: logging.LogRecord, template: str) -> Note:
    # A template is ours to match on only as it stands in MVT's source, so it is kept whole when it is a known one.
    known = template if _is_known(template) else safe_text(template, MAX_EXAMPLE)
    return Note(level=record.levelno, template=known, example=_example(record), exception=_exception_name(record))


def _example(record: logging.LogRecord) -> str:
    try:
        return safe_text(record.getMessage(), MAX_EXAMPLE)
    except Exception:  # noqa: BLE001 - formatting runs `str` of anything; the record still counts
        return ""


def _exception_name(record: logging.LogRecord) -> str:
    arguments = record.args if isinstance(record.args, tuple) else ()
    named = next((type(each).__name__ for each in arguments if isinstance(each, BaseException)), "")
    if named or not record.exc_info:
        return named
    return record.exc_info[0].__name__ if record.exc_info[0] is not None else ""
