"""Invented people."""

from __future__ import annotations

import random

from mvtcase.phones.people import invent


def seeded(seed: int) -> random.Random:
    """Return a generator in a known state."""
    return random.Random(seed)  # noqa: S311 - predictability is the point


def test_people_are_distinct_and_reproducible() -> None:
    """The same generator state gives the same people, no two alike."""
    people = invent(seeded(1), 300)
    assert people == invent(seeded(1), 300)
    assert len({person.name for person in people}) == 300
    assert len({person.phone for person in people}) == 300


def test_people_are_nobody() -> None:
    """Numbers lie in the range kept for fiction, addresses in a domain kept for documentation."""
    for person in (*invent(seeded(2), 50), *invent(seeded(3), 500)):
        assert 447_700_900_000 <= int(person.digits) <= 447_700_900_997  # the last two are strangers'
        assert person.email.endswith("@example.org")
