"""Which indicators of a set the positive control plants: a fixed sample of every type that can be planted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mvtcase.canon import sha256_text
from mvtcase.indicators.verdicts import IndicatorType
from mvtcase.indicators.wordlists import HOST_ENDINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mvtcase.matchset import Collection

KEPT_PER_TYPE = 24
KEPT_PATHS = 200
"""Paths and file names can stand before one another in MVT's walk, so more of them are kept to be compared."""

TRUNCATED_NAME_LENGTH = 16

_HOST = re.compile(r"(?:[a-z0-9-]+\.)+(?P<ending>[a-z]{2,})")
_FORMS: dict[str, tuple[re.Pattern[str], str]] = {
    IndicatorType.URLS: (
        re.compile(r"https?://[a-z0-9.-]+(?::\d+)?/[A-Za-z0-9_./?=&%~-]*", re.ASCII),
        "a URL that is cut elsewhere when it stands in a text",
    ),
    IndicatorType.EMAILS: (re.compile(r"[a-z0-9._+-]+@[a-z0-9.-]+", re.ASCII), "no ordinary e-mail address"),
    IndicatorType.PROCESSES: (re.compile(r"[A-Za-z0-9._-]{2,64}", re.ASCII), "a process name in other characters"),
    IndicatorType.FILE_NAMES: (re.compile(r"[A-Za-z0-9._+-]{2,128}", re.ASCII), "a file name in other characters"),
    IndicatorType.FILE_PATHS: (
        re.compile(r"/[A-Za-z0-9._+/-]{2,512}", re.ASCII),
        "a relative path, or other characters",
    ),
    IndicatorType.APP_IDS: (re.compile(r"[A-Za-z0-9_.-]{3,}", re.ASCII), "an app id in other characters"),
    IndicatorType.IOS_PROFILE_IDS: (re.compile(r"[A-Za-z0-9._-]{3,}", re.ASCII), "a profile id in other characters"),
    IndicatorType.ANDROID_PROPERTY_NAMES: (
        re.compile(r"[A-Za-z0-9._-]{2,}", re.ASCII),
        "a property in other characters",
    ),
}


def sample_for_control(sets: Sequence[Mapping[str, Sequence[str]]], per_type: int = 3) -> tuple[tuple[str, str], ...]:
    """Return types and values to plant: of every usable type that can be planted, a few, from all sets in turn.

    `sets` are the samples in the sets' passports; the same sets give the same sample.
    A path that another set's path or file name would be named for is left out.
    """
    held = {kind: {v for each in sets for v in each.get(kind, ())} for kind in IndicatorType}
    sample: list[tuple[str, str]] = []
    for kind in IndicatorType:
        turns = _in_turn([each.get(kind, ()) for each in sets])
        chosen = dict.fromkeys(value for value in turns if not _overshadowed(kind, value, held))
        sample += [(str(kind), value) for value in list(chosen)[:per_type]]
    return tuple(sample)


def plantable_samples(collections: Iterable[Collection]) -> dict[str, tuple[str, ...]]:
    """Return the values of each type that can be planted, at most `KEPT_PER_TYPE`, in an order of their own."""
    values: dict[str, set[str]] = {}
    for collection in collections:
        for kind, held in collection.values.items():
            values.setdefault(kind, set()).update(held)
    samples: dict[str, tuple[str, ...]] = {}
    for kind, all_held in sorted(values.items()):
        fit = sorted((each for each in all_held if not why_not_plantable(kind, each)), key=sha256_text)
        many = kind in {IndicatorType.FILE_PATHS, IndicatorType.FILE_NAMES}
        samples[kind] = tuple(fit[: KEPT_PATHS if many else KEPT_PER_TYPE])
    return {kind: chosen for kind, chosen in samples.items() if chosen}


def why_not_plantable(kind: str, value: str) -> str:
    """Return why the control cannot plant an indicator and surely have it named, empty when it can."""
    if kind == IndicatorType.DOMAINS:
        return _why_not_domain(value)
    if kind == IndicatorType.PROCESSES and len(value) == TRUNCATED_NAME_LENGTH:
        return "a name of 16 characters, which MVT may take for the beginning of another"
    pattern, reason = _FORMS.get(kind, (None, ""))
    return reason if pattern is not None and not pattern.fullmatch(value) else ""


def _why_not_domain(value: str) -> str:
    found = _HOST.fullmatch(value)
    if found is None:
        return "no ordinary host name: MVT parses no link to it"
    ending = found["ending"]
    return "" if len(ending) == 2 or ending in HOST_ENDINGS else "an ending that MVT may not know"  # noqa: PLR2004 - a country's


def _overshadowed(kind: IndicatorType, value: str, held: Mapping[IndicatorType, set[str]]) -> bool:
    if kind is not IndicatorType.FILE_PATHS:
        return False
    others = (other for other in held[kind] if other != value)
    base_name = value.rstrip("/").rpartition("/")[2]
    return base_name in held[IndicatorType.FILE_NAMES] or any(value.startswith(each.rstrip("/")) for each in others)


def _in_turn(lists: Sequence[Sequence[str]]) -> Iterator[str]:
    for place in range(max(map(len, lists), default=0)):
        for values in lists:
            if place < len(values):
                yield values[place]
