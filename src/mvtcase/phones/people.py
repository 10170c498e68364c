"""Invented people with addresses from the ranges reserved for fiction and documentation.

Telephone numbers come from Ofcom's drama range (+44 7700 900000 to 900999), mail from `example.org` (RFC 2606).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

_GIVEN = (
    "Aldith", "Bramwen", "Cosmira", "Dorvane", "Elowick", "Fennimar", "Gwendra", "Halvor", "Isaune", "Jorvik",
    "Kesmira", "Luneth", "Maerwyn", "Nerissel", "Orlanna", "Perrin", "Quillan", "Rosmund", "Sylvaine", "Tamsine",
    "Ulrika", "Verrick", "Wystan", "Yseulda",
)  # fmt: skip
_FAMILY = (
    "Ashgrove", "Brackwater", "Cinderhall", "Dunmarrow", "Eastmere", "Fernvale", "Greywillow", "Hollowby", "Ivorscale",
    "Kettlewick", "Lanternby", "Mossbridge", "Netherfold", "Oakenshade", "Pebblewarden", "Quarrington", "Rookhollow",
    "Saltmarsh", "Thornquist", "Underhay", "Vellacourt", "Windlethorpe", "Yarrowfen",
)  # fmt: skip
_STRANGERS = 998


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One invented person as an address book holds them; the phone number is in E.164 form."""

    given: str
    family: str
    phone: str
    email: str

    @property
    def name(self) -> str:
        """Return the full name."""
        return f"{self.given} {self.family}"

    @property
    def digits(self) -> str:
        """Return the phone number without its plus sign, as chat apps write it."""
        return self.phone.lstrip("+")


def invent(rng: random.Random, count: int) -> tuple[Person, ...]:
    """Return `count` distinct invented people, the same for the same state of `rng`; at most 500."""
    pairs = rng.sample([(given, family) for given in _GIVEN for family in _FAMILY], count)
    drawn = rng.sample(range(1000), count)
    # The last two are the strangers' whose messages phones hold.
    free = (number for number in range(_STRANGERS) if number not in drawn)
    numbers = [number if number < _STRANGERS else next(free) for number in drawn]
    return tuple(
        Person(
            given=given,
            family=family,
            phone=f"+447700900{number:03d}",
            email=f"{given}.{family}@example.org".lower(),
        )
        for (given, family), number in zip(pairs, numbers, strict=True)
    )
