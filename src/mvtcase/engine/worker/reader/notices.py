"""Texts of threat notifications: what vendors write to people whom they saw being attacked.

A notification is an observation that a person records; the reader only proposes it, and only where the vendor's own
sender stands in the same file: a forwarded warning is no notification.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mvtcase.engine.safe_json import safe_text
from mvtcase.engine.worker.reader.roles import PlaceClass, place_class
from mvtcase.wording import Reason, why

if TYPE_CHECKING:
    from collections.abc import Sequence

_VENDORS = {
    "Apple": (
        re.compile(
            r"state-sponsored attackers may be (?:targeting|remotely)|targeted mercenary spyware attack"
            r"|apple detected that you are being targeted"
            r"|Apple.{0,40}(?:傭兵間諜軟體|國家(?:支持|資助|級)的?攻擊者)",
            re.IGNORECASE,
        ),
        re.compile(r"threat-notifications@(?:email\.)?apple\.com", re.IGNORECASE),
    ),
    "Google": (
        re.compile(
            r"government-backed attackers may be trying to (?:steal|access)|政府(?:在背後)?(?:支持|撐腰)的攻擊者",
            re.IGNORECASE,
        ),
        re.compile(r"no-reply@accounts\.google\.com", re.IGNORECASE),
    ),
    "WhatsApp": (
        re.compile(
            r"WhatsApp.{0,80}(?:spyware company|interrupted the activities|sophisticated (?:cyber ?)?attack)"
            r"|WhatsApp.{0,60}間諜軟體",
            re.IGNORECASE | re.DOTALL,
        ),
        re.compile(r"support@support\.whatsapp\.com|\b0@s\.whatsapp\.net|16505361212", re.IGNORECASE),
    ),
    "Meta": (
        re.compile(
            r"(?:Facebook|Instagram|Meta).{0,80}(?:surveillance-for-hire|government-backed|sophisticated attackers)"
            r"|(?:Facebook|Instagram|Meta).{0,60}(?:監控業者|政府支持的駭客)",
            re.IGNORECASE | re.DOTALL,
        ),
        re.compile(r"security@(?:facebookmail|mail\.instagram|support\.facebook)\.com", re.IGNORECASE),
    ),
}
"""By vendor: words of its warnings, in English and in Chinese as used in Taiwan, and who sends them."""

_WORTH_A_LOOK = (
    *("sponsored", "mercenary", "being targeted", "government-backed", "spyware", "sophisticated", "interrupted"),
    *("surveillance-for-hire", "間諜軟體", "攻擊者", "監控業者", "駭客"),
)
_SENDERS = ("threat-notif", "accounts.google", "whatsapp", "facebook", "instagram", "16505361212")
LONGEST = 20_000


@dataclass(slots=True)
class Notices:
    """What was seen in the file at hand, and what is proposed."""

    texts: set[str] = field(default_factory=set)
    senders: set[str] = field(default_factory=set)
    found: dict[tuple[str, str], None] = field(default_factory=dict)

    def look(self, place: str, texts: Sequence[str]) -> None:
        """Look at texts of a file where messages are kept."""
        if place_class(place, "", "") is not PlaceClass.MESSAGE:
            return
        together = "\n".join(text[:LONGEST] for text in texts).lower()
        if not any(word in together for word in (*_WORTH_A_LOOK, *_SENDERS)):
            return
        for text in texts:
            folded = text[:LONGEST].lower()
            if any(word in folded for word in _WORTH_A_LOOK):
                self.texts |= {vendor for vendor, (words, _) in _VENDORS.items() if words.search(text[:LONGEST])}
            if any(word in folded for word in _SENDERS):
                self.senders |= {vendor for vendor, (_, sender) in _VENDORS.items() if sender.search(text[:LONGEST])}

    def end_of_file(self, name: str) -> None:
        """Keep what the file at hand amounts to."""
        for vendor in sorted(self.texts & self.senders):
            self.found[vendor, name] = None
        self.texts.clear()
        self.senders.clear()

    def proposals(self) -> list[Reason]:
        """Return one reason to look for each vendor and file: what to look at, and what to record if it holds."""
        return [why("reader.notification", file=safe_text(name, 300), vendor=vendor) for vendor, name in self.found]
