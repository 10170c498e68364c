"""The sentences people read: kept as data below, worded here in the language of a catalogue."""

from __future__ import annotations

from mvtcase.wording.catalogues import Translator, languages, translator
from mvtcase.wording.told import NO_REASON, Message, Reason, Step, do, reason_of, say, text_of, together, why

__all__ = [
    "NO_REASON",
    "Message",
    "Reason",
    "Step",
    "Translator",
    "do",
    "languages",
    "reason_of",
    "say",
    "text_of",
    "together",
    "translator",
    "why",
]
