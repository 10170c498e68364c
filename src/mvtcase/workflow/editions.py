"""Which reports and editions there are, and which of them a text names: what writes no report need not load one."""

from __future__ import annotations

from mvtcase.canon import StrEnum
from mvtcase.errors import InputError
from mvtcase.report.publication import Edition
from mvtcase.wording import do, say

ALLOWED = "report.text_allowed"
"""The event by which a text of the evidence may leave the case team."""


class Kind(StrEnum):
    """Which reports there are."""

    INCIDENT = "incident"
    GROUP = "group"
    DEVICE = "device"
    LETTER = "letter"


def read_edition(text: str | None, kind: Kind) -> Edition:
    """Return the edition a text names, without one the usual one of a kind of report. Raises `InputError`."""
    if text is None:
        return Edition.OUTSIDE if kind is Kind.GROUP else Edition.INTERNAL
    try:
        return Edition(text.lower())
    except ValueError:
        raise InputError(
            "There is no edition {given}.", hint=say("Use one of {edition}.", edition=", ".join(Edition)), given=text
        ) from None


def require_internal(text: str | None) -> Edition:
    """Return the edition of what is the case itself, for which a text may name no other one. Raises `InputError`."""
    edition = read_edition(text, Kind.INCIDENT)
    if edition is not Edition.INTERNAL:
        raise InputError(
            "A bundle is the case itself: its rows are sealed as they are, so nothing in them can be left out.",
            hint=say("For readers outside there is {0}.", do("export", "FORMAT", edition="outside")),
        )
    return edition


def read_kind(text: str) -> Kind:
    """Return the kind a text names. Raises `InputError`."""
    try:
        return Kind(text.lower())
    except ValueError:
        raise InputError(
            "There is no report {given!r}.", hint=say("Use one of {kind}.", kind=", ".join(Kind)), given=text
        ) from None
