"""What a place in a phone is: its name, whose published facts it follows, what stands there, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.phones.ios_phone import PhoneFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from mvtcase.phones.ios_phone import Desk
    from mvtcase.phones.plants import PlantKind


@dataclass(frozen=True, slots=True)
class Place:
    """A place on an iPhone; `build` returns the files that hold a value there, instead of or beside the phone's own."""

    name: str
    source: str
    kinds: tuple[PlantKind, ...]
    build: Callable[[Desk, str], list[PhoneFile]]


def both(domain: str, path: str, device_path: str, content: bytes) -> list[PhoneFile]:
    """Return a file that backups and dumps hold."""
    return [PhoneFile(source="added", domain=domain, relative_path=path, device_path=device_path, content=content)]


def device(path: str, content: bytes) -> PhoneFile:
    """Return a file that only dumps hold."""
    return PhoneFile(source="added", device_path=path, content=content)
