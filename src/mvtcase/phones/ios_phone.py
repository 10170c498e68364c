"""The specification of a synthetic iPhone, and the desk its content is written at."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from mvtcase.canon import StrEnum
from mvtcase.phones.people import Person, invent

if TYPE_CHECKING:
    from mvtcase.phones.plants import Plant, PlantKind

MAC_EPOCH = datetime(2001, 1, 1, tzinfo=timezone.utc)
"""Core Data and iOS count seconds from here."""

_MODELS = (
    ("iPhone17,3", "iPhone 16", "27.0.1", "24A446"),
    ("iPhone16,1", "iPhone 15 Pro", "26.6.2", "23G90"),
    ("iPhone15,4", "iPhone 15", "18.7.10", "22H374"),
)
_SERIAL_LETTERS = "CDFGHJKLMNPQRTVWXY0123456789"


class Oddity(StrEnum):
    """Something strange, without any indicator, that MVT's own heuristics raise at MEDIUM or above."""

    DELETED_PROCESS = "deleted_process"
    """A process record cut out of DataUsage (HIGH, datausage)."""
    FAST_REDIRECT = "fast_redirect"
    """An HTTP visit redirected to another domain within a second (MEDIUM, safari_history)."""
    THREAT_NOTIFICATION = "threat_notification"
    """Apple's warning of a state-sponsored attack, received as a message (HIGH, sms)."""
    TEMPORARY_ATTACHMENT = "temporary_attachment"
    """A received attachment in /var/tmp ending in -1 (MEDIUM, sms_attachments)."""
    SIDELOADED_APP = "sideloaded_app"
    """An app from neither the App Store nor a device manager (MEDIUM, applications; none without indicators)."""
    HIDING_PROFILE = "hiding_profile"
    """A configuration profile that hides notifications (MEDIUM, configuration_profiles)."""
    NULLS_IN_LOOKUP = "nulls_in_lookup"
    """An identity lookup with NUL bytes in the address (HIGH, id_status_cache)."""
    BACKDATED_INVITATION = "backdated_invitation"
    """A calendar event named as QuaDream's exploit named its own (HIGH, calendar)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IosPhone:
    """An invented iPhone and its owner; every field left empty is filled from the seed.

    `last_backup` is an aware UTC datetime: nothing on the phone is later. `messages` counts SMS and iMessages (WhatsApp
    has half as many); `attributed_body_only` of them carry their text only in `attributedBody`, as recent iOS does, and
    `without_handle` of them are joined to no correspondent, as those sent to a group are: MVT's query leaves them out.
    `visits` are those in Safari's history; `files` are further files of apps, see `ios_bulk.phone_of_size`.
    `extra_messages` are texts received from a stranger, as they are: for words that try to escape a terminal or a page.
    """

    seed: int = 1
    device_name: str = ""
    product_type: str = ""
    product_name: str = ""
    ios_version: str = ""
    build: str = ""
    udid: str = ""
    serial: str = ""
    imei: str = ""
    phone_number: str = ""
    last_backup: datetime | None = None
    messages: int = 40
    attributed_body_only: int = 0
    without_handle: int = 0
    extra_messages: tuple[str, ...] = ()
    photos: int = 12
    visits: int = 36
    files: int = 0
    lockdown_mode: bool = False
    plants: tuple[Plant, ...] = ()
    oddities: frozenset[Oddity] = frozenset()
    extra_files: tuple[PhoneFile, ...] = ()
    """Files of apps this package does not know, put beside its own."""

    def __post_init__(self) -> None:
        for name, value in _identity(self).items():
            if not getattr(self, name):
                object.__setattr__(self, name, value)

    @property
    def backed_up(self) -> datetime:
        """Return the moment of the last backup."""
        if self.last_backup is None:
            raise ValueError("a phone's last backup is filled in when the phone is made")
        return self.last_backup


def _identity(phone: IosPhone) -> dict[str, object]:
    rng = random.Random(f"{phone.seed}:identity")
    owner = invent(rng, 1)[0]
    models = [model for model in _MODELS if model[0] == phone.product_type] or _MODELS
    product_type, product_name, version, build = rng.choice(models)
    return {
        "device_name": f"{owner.given}'s iPhone",
        "product_type": product_type,
        "product_name": product_name,
        "ios_version": version,
        "build": build,
        "udid": f"{rng.randrange(0x8101, 0x8150):08X}-{rng.getrandbits(64):016X}",
        "serial": "".join(rng.choices(_SERIAL_LETTERS, k=10)),
        # 00 is the reporting body of test equipment: no handset that was sold carries it.
        "imei": with_check_digit(f"00101{rng.randrange(10**9):09d}"),
        "phone_number": owner.phone,
        "last_backup": datetime(2026, 9, 14, 6, 0, tzinfo=timezone.utc) + timedelta(minutes=rng.randrange(40_000)),
    }


def with_check_digit(digits: str) -> str:
    """Return the digits with their Luhn check digit, as an IMEI ends in one."""
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return digits + str(-sum(value // 10 + value % 10 for value in doubled) % 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anatomy:
    """Where a database's own rows are, so that a fault can be put into one of them."""

    table: str
    text: str
    date: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneFile:
    """One file of a phone: where a backup lists it, where the device keeps it, and its bytes.

    An empty `domain` keeps it out of backups, an empty `device_path` (relative to the root) out of file system dumps.
    """

    source: str
    domain: str = ""
    relative_path: str = ""
    device_path: str = ""
    content: bytes = field(repr=False)
    anatomy: Anatomy | None = None

    @property
    def file_id(self) -> str:
        """Return the name the file has in a backup: the SHA-1 of its domain and path."""
        return file_id(self.domain, self.relative_path)


def file_id(domain: str, relative_path: str) -> str:
    """Return the SHA-1 that names a file in a backup and in its Manifest.db."""
    return hashlib.sha1(f"{domain}-{relative_path}".encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A planted value as its spot holds it: a link for a domain, a path for a file name."""

    kind: PlantKind
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What each writer of a database works with: the phone, the people around its owner, and what is planted where."""

    phone: IosPhone
    people: tuple[Person, ...]
    planted: dict[str, tuple[Written, ...]]

    @classmethod
    def of(cls, phone: IosPhone, planted: dict[str, tuple[Written, ...]]) -> Desk:
        """Return the desk of a phone with the values planted at each spot."""
        return cls(phone=phone, people=invent(random.Random(f"{phone.seed}:people"), 14), planted=planted)

    def rng(self, source: str) -> random.Random:
        """Return a random generator of this phone for one source, so that sources do not disturb each other."""
        return random.Random(f"{self.phone.seed}:{source}")

    def at(self, spot: str, kind: PlantKind | None = None) -> tuple[str, ...]:
        """Return the values planted at a spot, those of one kind if given."""
        return tuple(written.value for written in self.planted.get(spot, ()) if kind in (None, written.kind))

    def has(self, oddity: Oddity) -> bool:
        """Say whether the phone has an oddity."""
        return oddity in self.phone.oddities

    def moments(self, rng: random.Random, count: int, *, days: int = 200) -> list[datetime]:
        """Return `count` moments of the last `days` before the backup, oldest first, all at least an hour before it."""
        span = days * 86_400
        backs = sorted((3600 + rng.randrange(span) for _ in range(count)), reverse=True)
        return [self.phone.backed_up - timedelta(seconds=back) for back in backs]


def mac_seconds(moment: datetime) -> float:
    """Return the seconds since 2001 that Core Data stores."""
    return (moment - MAC_EPOCH).total_seconds()


def mac_nanoseconds(moment: datetime) -> int:
    """Return the nanoseconds since 2001 that sms.db stores."""
    return int(mac_seconds(moment)) * 1_000_000_000


def unix_seconds(moment: datetime) -> int:
    """Return the seconds since 1970."""
    return int(moment.timestamp())


def chrome_microseconds(moment: datetime) -> int:
    """Return the microseconds since 1601 that Chrome stores."""
    return (unix_seconds(moment) + 11_644_473_600) * 1_000_000


def naive(moment: datetime) -> datetime:
    """Return the UTC moment without its zone, the form property lists hold."""
    return moment.astimezone(timezone.utc).replace(tzinfo=None)
