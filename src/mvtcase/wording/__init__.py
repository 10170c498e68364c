"""The sentences people read: kept as data below, worded here in the language of a catalogue."""

from __future__ import annotations

from mvtcase.wording.catalogues import ENGLISH, Translator, language_of, languages, spoken, translator
from mvtcase.wording.told import (
    NO_REASON,
    Day,
    Kept,
    Message,
    Reason,
    Said,
    Step,
    Titled,
    count,
    do,
    reason_of,
    said,
    say,
    text_of,
    together,
    why,
)

__all__ = [
    "ENGLISH",
    "NO_REASON",
    "Day",
    "Kept",
    "Message",
    "Reason",
    "Said",
    "Step",
    "Titled",
    "Translator",
    "count",
    "do",
    "language_of",
    "languages",
    "reason_of",
    "said",
    "say",
    "spoken",
    "text_of",
    "together",
    "translator",
    "why",
]
