"""What to take from a phone, in which order and how, so that the most can be told of it; for an official, what lacks.

Menu paths by version: Apple, iPhone User Guide of each release ("Settings > Privacy & Security" since iOS 16, "Transfer
or Reset iPhone" since iOS 15) and "Getting a sysdiagnose"; Google, "Configure on-device developer options" and
"Capture and read bug reports"; AndroidQF's README. Times are what a phone of 64 to 256 GB takes over a cable.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase import kinds
from mvtcase.errors import InputError
from mvtcase.model import AcquisitionState, DeviceState, EvidenceKind, Platform
from mvtcase.store import queries
from mvtcase.wording import Message, Said, do, say
from mvtcase.workflow.desk import Outcome

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mvtcase.store.store import Store
    from mvtcase.workflow.desk import Desk

OLDEST = (0,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """One thing to take: what it is, what it adds, the steps on the phone by version, how long, what vanishes when."""

    kind: EvidenceKind
    what: Message
    steps: tuple[tuple[tuple[int, ...], tuple[Message, ...]], ...]
    minutes: str
    vanishes: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideStep:
    """One thing to take as it is shown; `adds` are the traces that nothing before it holds, `taken` where it is."""

    number: int
    kind: EvidenceKind
    what: Message
    adds: tuple[str, ...]
    steps: tuple[Message, ...]
    minutes: str
    vanishes: Message
    taken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneGuide:
    """The guide for one phone, or for any phone of a platform where `device` is empty."""

    platform: Platform
    os_version: str
    device: str
    first: tuple[Message, ...]
    steps: tuple[GuideStep, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guides:
    """What `acquisition guide` returns."""

    guides: tuple[PhoneGuide, ...]


_FIRST = (
    say("Do not restart, switch off, update or clean up the phone: what runs now, and the newest logs, would be gone."),
    say("Charge it, keep it unlocked and in sight of its owner. Write down the time that it shows and your own."),
    say("Do not open links or messages on it, and install nothing that a step does not name."),
)

_SYSDIAGNOSE_KEYS = (
    say("Press both volume keys and the side or top key together for one to one and a half seconds, and let go."),
    say("A short vibration means that it began (an iPad gives none). A screenshot means: pressed too briefly."),
    say("Wait ten minutes. The phone can be used, but must not be restarted."),
)
_SYSDIAGNOSE_SEND = say(
    "Choose the newest entry sysdiagnose_… .tar.gz, tap Share, and send it to the laptop by AirDrop."
)
_BACKUP = (
    say("Connect by cable, tap Trust, and enter the phone's passcode on the phone."),
    say("In Finder (Apple Devices or iTunes on Windows) choose this computer, not iCloud."),
    say("Tick 'Encrypt local backup' and set a new password that is used for nothing else. Start."),
)
_UNKNOWN = say(
    "Where an unknown password is set already: finish every other step first; the next one takes it away, and settings "
    "with it. In Settings:"
)
_DELAYED = say("With Stolen Device Protection on, that reset waits for an hour where the phone is not at home.")
_IOS = (
    Taking(
        kind=EvidenceKind.SYSDIAGNOSE,
        what=say("A sysdiagnose, before anything else and before any restart"),
        minutes="10-15",
        vanishes=say("Running programs: at the next restart. Logs: after days to weeks."),
        steps=(
            (
                (16,),
                (
                    *_SYSDIAGNOSE_KEYS,
                    say("Settings > Privacy & Security > Analytics & Improvements > Analytics Data."),
                    _SYSDIAGNOSE_SEND,
                ),
            ),
            (
                OLDEST,
                (
                    *_SYSDIAGNOSE_KEYS,
                    say("Settings > Privacy > Analytics & Improvements > Analytics Data."),
                    _SYSDIAGNOSE_SEND,
                ),
            ),
        ),
    ),
    Taking(
        kind=EvidenceKind.IOS_BACKUP_ENCRYPTED,
        what=say("A backup to the laptop, encrypted with a password made up for it"),
        minutes="30-120",
        vanishes=say("Messages that the phone deletes by itself, and browsing history: after 30 days to a year."),
        steps=(
            (
                (17, 3),
                (*_BACKUP, _UNKNOWN, say("General > Transfer or Reset iPhone > Reset > Reset All Settings."), _DELAYED),
            ),
            ((15,), (*_BACKUP, _UNKNOWN, say("General > Transfer or Reset iPhone > Reset > Reset All Settings."))),
            ((11,), (*_BACKUP, _UNKNOWN, say("General > Reset > Reset All Settings."))),
            (OLDEST, (*_BACKUP, say("A backup password that nobody knows cannot be taken away before iOS 11."))),
        ),
    ),
)

_DEVELOPER = (
    say("Settings > About phone: tap 'Build number' seven times (Samsung: About phone > Software information)."),
    say("Settings > System > Developer options (or Settings > Developer options): switch on USB debugging."),
)
_ANDROID = (
    Taking(
        kind=EvidenceKind.ANDROIDQF,
        what=say("A collection by AndroidQF, with everything that it offers, text messages too"),
        minutes="10-30",
        vanishes=say(
            "Running programs: at the next restart. The log: after hours to days. Crash reports: the last 32."
        ),
        steps=(
            (
                OLDEST,
                (
                    *_DEVELOPER,
                    say("Connect by cable, start AndroidQF on the laptop, and allow debugging on the phone."),
                    say("Choose the backup of text messages, confirm it on the phone, and give it no password."),
                    say("Let it copy the apps that no store installed. Wait until it says that it is done."),
                    say("Switch USB debugging off again."),
                ),
            ),
        ),
    ),
    Taking(
        kind=EvidenceKind.INTRUSION_LOGS,
        what=say("The intrusion logs, where the phone had them switched on before"),
        minutes="5-10",
        vanishes=say("Entries are kept for a limited time. What was not logged then cannot be logged now."),
        steps=(
            (
                (16,),
                (
                    say("Settings > Security & privacy > Advanced Protection: see whether intrusion logging is on."),
                    say("Download the logs there, confirm with the screen lock, and send the file to the laptop."),
                    say("Where it is off: switch it on now, for the next time."),
                ),
            ),
        ),
    ),
    Taking(
        kind=EvidenceKind.BUGREPORT,
        what=say("A bug report, where AndroidQF cannot be used"),
        minutes="5-10",
        vanishes=say("Histories of apps, battery and processes: after days."),
        steps=(
            (
                OLDEST,
                (
                    *_DEVELOPER,
                    say(
                        "Developer options > Take bug report > Full report. Wait for the notice, five minutes or more."
                    ),
                    say("Tap the notice to share the zip file to the laptop, or use 'adb bugreport' over the cable."),
                ),
            ),
        ),
    ),
)
_TAKINGS = {Platform.IOS: _IOS, Platform.ANDROID: _ANDROID}

_SAME = {
    EvidenceKind.IOS_BACKUP_ENCRYPTED: {EvidenceKind.IOS_FILE_SYSTEM},
    EvidenceKind.BUGREPORT: {EvidenceKind.ANDROIDQF},
}
"""What stands in for a thing to take, having all that it has."""


def guide(
    desk: Desk, *, platform: str | None = None, os_version: str | None = None, official: str | None = None
) -> Outcome[Guides]:
    """Return what to take from a phone and how; for an official, for each phone and with what is still missing.

    Raises `InputError` when the platform or the version is none.
    """
    if official is None:
        wanted = [Platform(_platform(platform))] if platform else [Platform.IOS, Platform.ANDROID]
        guides = tuple(_for_phone(each, os_version or "", "", {}) for each in wanted)
        return Outcome(data=Guides(guides=guides))
    with desk.open_case() as store:
        guides = tuple(_for_official(store, queries.official(store, official).id, platform, os_version))
    lacking = sum(len(each.missing) for each in guides)
    told = say(
        "Still missing: {count}. Register what was taken with {0}.", do("acquisition add", "PATH"), count=lacking
    )
    return Outcome(data=Guides(guides=guides), messages=(told,) if lacking else ())


def _for_official(store: Store, official: str, platform: str | None, os_version: str | None) -> Iterator[PhoneGuide]:
    devices = [
        each for each in queries.devices(store) if each.official == official and each.state is DeviceState.IN_USE
    ]
    chosen = [each for each in devices if each.identity.platform in _TAKINGS]
    for device in chosen:
        if platform is None or device.identity.platform == _platform(platform):
            taken = {
                each.kind: each.id
                for each in queries.acquisitions(store)
                if each.device == device.id and each.state is AcquisitionState.REGISTERED
            }
            version = os_version or device.identity.os_version or ""
            yield _for_phone(device.identity.platform, version, device.id, taken)
    if not chosen:
        for each in [Platform(_platform(platform))] if platform else [Platform.IOS, Platform.ANDROID]:
            yield _for_phone(each, os_version or "", "", {})


def _platform(text: str) -> Platform:
    given = {"iphone": "ios", "ipad": "ios"}.get(text.lower(), text.lower())
    if given not in {str(each) for each in _TAKINGS}:
        raise InputError("{given} is no platform.", hint="Use ios or android.", given=text)
    return Platform(given)


def _for_phone(platform: Platform, os_version: str, device: str, taken: dict[EvidenceKind, str]) -> PhoneGuide:
    version = _version(os_version)
    seen: set[str] = set()
    shown: list[GuideStep] = []
    for taking in _TAKINGS[platform]:
        steps = next((steps for least, steps in taking.steps if _since(version, least)), None)
        if steps is None:
            continue
        traces = dict.fromkeys(Said(trace.words) for trace in kinds.of(taking.kind).traces.values())
        shown.append(
            GuideStep(
                number=len(shown) + 1,
                kind=taking.kind,
                what=taking.what,
                adds=tuple(each for each in traces if each not in seen),
                steps=steps,
                minutes=taking.minutes,
                vanishes=taking.vanishes,
                taken=_taken(taking.kind, taken),
            )
        )
        seen |= set(traces)
    missing = tuple(kinds.of(each.kind).words for each in shown if not each.taken)
    return PhoneGuide(
        platform=platform, os_version=os_version, device=device, first=_FIRST, steps=tuple(shown), missing=missing
    )


def _since(version: tuple[int, ...] | None, least: tuple[int, ...]) -> bool:
    """Return whether a version is at least another; of one given as 17 alone, any 17 may be meant."""
    return version is None or version >= least[: len(version)]


def _taken(kind: EvidenceKind, taken: dict[EvidenceKind, str]) -> str:
    fitting: Collection[EvidenceKind] = {kind, *_SAME.get(kind, set())}
    return next((number for each, number in taken.items() if each in fitting), "")


def _version(text: str) -> tuple[int, ...] | None:
    """Return a version as numbers, None where none is given: then the newest steps are shown."""
    if not text:
        return None
    if not re.match(r"\d{1,3}(?:\.\d{1,3}){0,3}", text):
        raise InputError("{given} is no version of an operating system.", hint="Write it as 17.5 or 15.", given=text)
    return tuple(int(each) for each in re.findall(r"\d{1,3}", text)[:4])
