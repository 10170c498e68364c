"""An invented Android phone: what is installed, what runs and what was said, before any tool writes it down."""

from __future__ import annotations

import base64
import random
import uuid
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from mvtcase.phones.people import invent

if TYPE_CHECKING:
    from mvtcase.phones.plants import Plant

TAKEN_AT = datetime(2026, 11, 20, 9, 30, tzinfo=timezone.utc)
"""The default moment of acquisition; every other time in the evidence is counted back from it."""

PLAY_STORE = "com.android.vending"
NO_INSTALLER = "null"
FIRST_APP_UID = 10100
ADB_KEY_BYTES = 524  # the size of adb's RSA public key structure
_ADB_USER = "examiner@fieldkit"


def current_patch_level() -> str:
    """Return the first of this month, or 2026-11-05 before December 2026, as Android writes patch levels.

    MVT warns of a patch level more than six months before *today*, so a level fixed for ever would turn every healthy
    control phone into a warning one day.
    """
    newest = max(date(2026, 11, 5), datetime.now(tz=timezone.utc).date().replace(day=1))
    return newest.isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class AndroidApp:
    """One installed app; `installer` is the package that installed it, "null" for none (system apps, `adb install`)."""

    package: str
    version_name: str = "1.0.0"
    version_code: int = 100
    installer: str = PLAY_STORE
    system: bool = False
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AndroidMessage:
    """One text message; `sender` is a phone number or a short code, `sent` turns its direction round."""

    sender: str
    body: str
    at: datetime
    sent: bool = False
    mms: bool = False


def _system(package: str, version_code: int = 36) -> AndroidApp:
    return AndroidApp(
        package=package, version_name="16", version_code=version_code, installer=NO_INSTALLER, system=True
    )


DEFAULT_APPS: tuple[AndroidApp, ...] = (
    _system("android"),
    _system("com.android.systemui"),
    _system("com.android.settings"),
    _system("com.android.phone"),
    _system("com.android.providers.telephony"),
    _system("com.google.android.gms", 254912035),
    _system("com.android.vending", 84923140),
    _system("com.google.android.marvin.talkback", 60132104),
    AndroidApp(package="com.whatsapp", version_name="2.26.24.78", version_code=262478004),
    AndroidApp(package="jp.naver.line.android", version_name="16.12.1", version_code=161210331),
    AndroidApp(package="org.thoughtcrime.securesms", version_name="8.12.4", version_code=161204),
    AndroidApp(package="com.google.android.apps.maps", version_name="26.46.01", version_code=1068212345),
    AndroidApp(package="org.mozilla.firefox", version_name="149.0.1", version_code=2016152343),
)

_SMALL_TALK = (
    "The committee meets at ten tomorrow, same room.",
    "Running late, please start without me.",
    "Did the printer ever send the second draft?",
    "Your one-time code is 481 516. Never share it.",
    "The timetable is at https://travel.example.org/timetable",
    "Thanks, read it. Let us speak after the session.",
    "Parcel delivered to the reception desk.",
    "Can you bring the blue folder?",
)
_OUT_OF_HOURS = timedelta(hours=5, minutes=17)


@dataclass(frozen=True, slots=True, kw_only=True)
class AndroidPhone:
    """The specification of one phone; equal specifications give equal evidence, byte for byte.

    `timezone_name` and `utc_offset_hours` must agree: MVT reads the name, the zip members carry the wall clock.
    `root_binaries`, `enabled_accessibility` and an app with installer "null" are what MVT's heuristics warn of.
    """

    seed: int = 1
    brand: str = "google"
    manufacturer: str = "Google"
    model: str = "Pixel 9"
    device: str = "tokay"
    build_id: str = "BP4A.261105.004"
    incremental: str = "14208733"
    android_version: str = "16"
    sdk: int = 36
    security_patch: str = field(default_factory=current_patch_level)
    serial: str | None = None
    imei: str | None = None
    phone_number: str | None = None
    locale: str = "en-GB"
    timezone_name: str = "Asia/Taipei"
    utc_offset_hours: int = 8
    taken_at: datetime = TAKEN_AT
    apps: tuple[AndroidApp, ...] = DEFAULT_APPS
    messages: tuple[AndroidMessage, ...] | None = None
    root_binaries: tuple[str, ...] = ()
    enabled_accessibility: tuple[str, ...] = ()
    plants: tuple[Plant, ...] = ()

    def random(self, purpose: str) -> random.Random:
        """Return a generator for one purpose, so that a change in one part of the evidence leaves the others alone."""
        return random.Random(f"{self.seed}/{self.model}/{purpose}")

    @property
    def fingerprint(self) -> str:
        """Return the build fingerprint, `brand/product/device:version/id/incremental:user/release-keys`."""
        head = f"{self.brand}/{self.device}/{self.device}:{self.android_version}"
        return f"{head}/{self.build_id}/{self.incremental}:user/release-keys"

    @property
    def serial_number(self) -> str:
        """Return the serial number: the given one, or one made from the seed."""
        return self.serial or "".join(self.random("serial").choices("0123456789ABCDEFGHJKLMNPRSTVWXYZ", k=11))

    @property
    def imei_number(self) -> str:
        """Return the IMEI: the given one, or one with the test prefix 00 and a correct check digit."""
        if self.imei:
            return self.imei
        body = "00" + "".join(self.random("imei").choices("0123456789", k=12))
        return body + luhn_digit(body)

    @property
    def own_number(self) -> str:
        """Return the phone's own number in E.164 form."""
        return self.phone_number or invent(self.random("owner"), 1)[0].phone

    @property
    def acquisition_uuid(self) -> str:
        """Return the UUID that names the acquisition's folder and archive."""
        return str(uuid.UUID(int=self.random("uuid").getrandbits(128), version=4))

    @property
    def adb_host_key(self) -> str:
        """Return the public ADB key of the examiner's computer, which the phone trusts since the acquisition."""
        key = self.random("adb").randbytes(ADB_KEY_BYTES)
        return f"{base64.b64encode(key).decode('ascii')} {_ADB_USER}"

    @property
    def wall_clock(self) -> datetime:
        """Return the moment of acquisition as the phone's own clock shows it, without a zone."""
        return self.local(self.taken_at)

    def local(self, moment: datetime) -> datetime:
        """Return an aware moment as the phone's wall clock shows it, without a zone."""
        offset = timezone(timedelta(hours=self.utc_offset_hours))
        return moment.astimezone(offset).replace(tzinfo=None)

    def instant(self, wall_clock: datetime) -> float:
        """Return the Unix time of a moment on the phone's wall clock."""
        return wall_clock.replace(tzinfo=timezone(timedelta(hours=self.utc_offset_hours))).timestamp()

    def talk(self) -> tuple[AndroidMessage, ...]:
        """Return the stored messages: the given ones, or invented everyday talk of the weeks before."""
        if self.messages is not None:
            return self.messages
        rng = self.random("messages")
        friends = invent(rng, len(_SMALL_TALK))
        return tuple(
            AndroidMessage(
                sender=friend.phone,
                body=body,
                at=self.taken_at - _OUT_OF_HOURS * (number + 1) - timedelta(seconds=rng.randrange(3600)),
                sent=number % 3 == 2,
                mms=number == len(_SMALL_TALK) - 1,
            )
            for number, (friend, body) in enumerate(zip(friends, _SMALL_TALK, strict=True))
        )

    def with_plants(self, *plants: Plant) -> AndroidPhone:
        """Return the same phone with these plants added."""
        return replace(self, plants=(*self.plants, *plants))


def luhn_digit(body: str) -> str:
    """Return the check digit of an IMEI's first fourteen digits."""
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(body)]
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)
