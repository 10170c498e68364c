"""The mass of files of a phone in use: pictures, caches and settings of many apps, as many as are asked for.

They are written one by one and hold no traces: what they are for is to be read, in the numbers of a real phone.
"""

from __future__ import annotations

import json
import plistlib
import random
from typing import TYPE_CHECKING

from mvtcase.phones.ios_phone import IosPhone, PhoneFile, unix_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mvtcase.phones.ios_phone import Desk

SOURCE = "bulk"
_APPS = 120
"""Apps on a phone in use, each with a domain of its own."""

_FOLDER = 400
"""Files in one folder."""


def phone_of_size(files: int, *, seed: int = 1) -> IosPhone:
    """Return a phone with so many files beside its own, and as many messages and visits as go with them."""
    return IosPhone(seed=seed, files=files, messages=max(40, files // 20), visits=files // 10)


def bulk_files(desk: Desk) -> Iterator[PhoneFile]:
    """Yield the phone's mass of files; the same each time they are asked for."""
    for number in range(desk.phone.files):
        rng = random.Random(f"{desk.phone.seed}:{number}")
        ending, write = _SORTS[number % len(_SORTS)]
        app = rng.randrange(_APPS)
        yield PhoneFile(
            source=SOURCE,
            domain=f"AppDomain-org.example.app{app:03d}",
            relative_path=f"Library/{_PLACES[app % len(_PLACES)]}/{number // _FOLDER:04d}/{number:07d}.{ending}",
            content=write(desk, rng, number),
        )


def _picture(_desk: Desk, rng: random.Random, _number: int) -> bytes:
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + rng.randbytes(rng.randrange(1_500, 6_000)) + b"\xff\xd9"


def _settings(desk: Desk, rng: random.Random, number: int) -> bytes:
    values = {f"Setting{each}": rng.randrange(10**6) for each in range(12)}
    told = {"LastOpened": unix_seconds(desk.phone.backed_up) - number, "Home": _link(rng), **values}
    return plistlib.dumps(told, fmt=plistlib.FMT_BINARY)


def _answer(_desk: Desk, rng: random.Random, number: int) -> bytes:
    items = [{"id": number * 100 + each, "link": _link(rng), "title": f"Item {each}"} for each in range(10)]
    return json.dumps({"items": items}).encode()


def _page(_desk: Desk, rng: random.Random, number: int) -> bytes:
    lines = "".join(f'<p>Entry {number}.{each} <a href="{_link(rng)}">more</a></p>' for each in range(10))
    return f"<html><body>{lines}</body></html>".encode()


def _link(rng: random.Random) -> str:
    return f"https://www{rng.randrange(400)}.example.com/{rng.randrange(10**6):x}"


_PLACES = ("Caches", "Preferences", "Application Support/files", "WebKit/LocalStorage")
_SORTS: tuple[tuple[str, Callable[[Desk, random.Random, int], bytes]], ...] = (
    ("jpg", _picture),
    ("plist", _settings),
    ("jpg", _picture),
    ("json", _answer),
    ("html", _page),
    ("heic", _picture),
)
