"""Canary: harmless markers that a team plants on its own phone of a new version, to prove that each reader sees them.

Domains and addresses are of `example.org`, which is nobody's; a number drawn for the purpose keeps them apart from
everything else on the phone.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from mvtcase import kinds
from mvtcase.canon import new_uuid
from mvtcase.casebook import latest_finished
from mvtcase.errors import InputError
from mvtcase.files import write_atomically
from mvtcase.kinds import EvidenceKind, Platform
from mvtcase.model import AlertSource
from mvtcase.store import queries
from mvtcase.wording import Message, Said, do, say
from mvtcase.workflow.desk import Outcome, OutcomeStatus
from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.trees import read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from mvtcase.model import RawAlert
    from mvtcase.workflow.desk import Desk

SECOND_READER = "second reader"
"""Where no module compares a thing: our own reading of every file's values has to see it."""

LIST, SET, CHECKLIST = "canary.json", "canary.stix2", "checklist.md"
MAX_BYTES = 1 << 20
_PATTERNS = {
    "domains": "domain-name:value",
    "emails": "email-addr:value",
    "app_ids": "app:id",
    "file_names": "file:name",
    "processes": "process:name",
}
_DUMP, _SEALED = str(EvidenceKind.IOS_FILE_SYSTEM), str(EvidenceKind.IOS_BACKUP_ENCRYPTED)
_IPHONES = (str(EvidenceKind.IOS_BACKUP), _SEALED, _DUMP)
_COLLECTED = (str(EvidenceKind.ANDROIDQF), str(EvidenceKind.ANDROIDQF_AGE))
_TEXTS = (*_COLLECTED, str(EvidenceKind.ANDROID_BACKUP))
_REPORTS, _DIAGNOSES = (str(EvidenceKind.BUGREPORT),), (str(EvidenceKind.SYSDIAGNOSE),)
_APPS = {Platform.IOS: ("org.wikimedia.wikipedia", "Wikipedia"), Platform.ANDROID: ("org.wikipedia", "org.wikipedia")}
"""The app that is installed where nobody names another (Wikipedia), and what its process is called."""

_STEPS = {
    "page": say("Open https://{value}/ in Safari; that it cannot be loaded does not matter."),
    "line": say("From another account, send this one a LINE message with https://{value}/"),
    "calendar": say("Add an appointment and invite {value}"),
    "contact": say("Add a contact with the e-mail address {value}"),
    "note": say("Write a note with the link https://{value}/"),
    "file": say("Save a file with the name {value} into the folder Download."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """One harmless thing: its value as an indicator has it, what to do on the phone, and who must see it.

    `evidence` names the kinds of acquisitions that carry it; with none, every acquisition has to show it.
    """

    name: str
    type: str
    value: str
    how: Message
    reader: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What `canary plan` returns: the markers, and the folder with checklist, list and indicator set."""

    folder: str
    platform: Platform
    markers: tuple[Marker, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Who saw a marker in a scan; `seen` says whether the reader that must see it did."""

    name: str
    value: str
    reader: str
    seen: bool
    seen_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What `canary check` returns."""

    acquisition: str
    scan: str
    sightings: tuple[Sighting, ...]


def plan(folder: Path, platform: Platform, *, app: str = "", words: Callable[[object], str] = str) -> Outcome[Planned]:
    """Write a checklist, a list of markers and their indicator set into a new folder.

    `app` is the id of an app that the team installs for the purpose; `words` gives the checklist's sentences in its
    language. Raises `InputError` for a folder that is there.
    """
    if folder.exists():
        raise InputError("{folder} is there already.", hint="Name a new folder.", folder=folder)
    markers = tuple(_markers(platform, secrets.token_hex(4), app))
    folder.mkdir(parents=True, mode=0o700)
    held = {"platform": str(platform), "markers": [{**asdict(each), "how": str(each.how)} for each in markers]}
    write_atomically(folder / LIST, json.dumps(held, indent=1).encode())
    write_atomically(folder / SET, json.dumps(_bundle(markers), indent=1).encode())
    write_atomically(folder / CHECKLIST, _checklist(markers, words).encode())
    return Outcome(
        data=Planned(folder=str(folder), platform=platform, markers=markers),
        messages=(
            say("Do what {file} says on a phone of your own, then acquire it.", file=folder / CHECKLIST),
            say("Next: {0}.", do("iocs import", str(folder / SET))),
        ),
    )


def _markers(platform: Platform, token: str, app: str) -> Iterable[Marker]:
    host = f"canary-{token}.example.org"
    yield Marker(
        name="message",
        type="domains",
        value=f"message.{host}",
        how=say(
            "From another phone, send this one a text message (SMS) with the link {link}",
            link=f"https://message.{host}/a",
        ),
        reader="sms",
        evidence=_IPHONES if platform is Platform.IOS else _TEXTS,
    )
    yield from _of_app(platform, app)
    yield from _of_iphones(host) if platform is Platform.IOS else _of_androids(token)


def _of_app(platform: Platform, app: str) -> Iterable[Marker]:
    usual, process = _APPS[platform]
    how = (
        say("Install the app {app} from the store and open it.", app=app)
        if app
        else say(
            "Install Wikipedia from the store and open it. If the phone has it, take another app, and name it for this "
            "checklist."
        )
    )
    readers = (
        {"applications": _IPHONES, "sysdiagnose_installations": _DIAGNOSES}
        if platform is Platform.IOS
        else {"aqf_packages": _COLLECTED, "dumpsys_packages": _REPORTS}
    )
    for reader, evidence in readers.items():
        yield Marker(name="app", type="app_ids", value=app or usual, how=how, reader=reader, evidence=evidence)
    if app and platform is Platform.IOS:
        return  # An iPhone's processes are called by a name that the app's id does not tell.
    yield Marker(
        name="process",
        type="processes",
        value=app or process,
        how=say("Leave that app open while the phone is acquired."),
        reader="sysdiagnose_processes" if platform is Platform.IOS else "aqf_collected_processes",
        evidence=_DIAGNOSES if platform is Platform.IOS else _COLLECTED,
    )


def _of_iphones(host: str) -> Iterable[Marker]:
    for name, kind, value, reader, evidence in (
        ("page", "domains", f"page.{host}", "safari_history", (_SEALED, _DUMP)),
        ("line", "domains", f"line.{host}", "line_ios", _IPHONES),
        ("calendar", "emails", f"guest@{host}", "calendar", _IPHONES),
        ("contact", "emails", f"contact@{host}", SECOND_READER, _IPHONES),
        ("note", "domains", f"note.{host}", SECOND_READER, _IPHONES),
    ):
        yield _marker(name, kind, value, reader, evidence)


def _of_androids(token: str) -> Iterable[Marker]:
    yield _marker("file", "file_names", f"canary-{token}.txt", "aqf_files", _COLLECTED)


def _marker(name: str, kind: str, value: str, reader: str, evidence: tuple[str, ...]) -> Marker:
    step = _STEPS[name]
    how = replace(step, params={"value": value})
    return Marker(name=name, type=kind, value=value, how=how, reader=reader, evidence=evidence)


def _bundle(markers: Iterable[Marker]) -> dict[str, Any]:
    malware = f"malware--{new_uuid()}"
    objects: list[dict[str, Any]] = [{"type": "malware", "id": malware, "name": "Canary", "is_family": False}]
    for kind, value in dict.fromkeys((each.type, each.value) for each in markers):
        own = f"indicator--{new_uuid()}"
        pattern = f"[{_PATTERNS[kind]}='{value}']"
        objects.append({"type": "indicator", "id": own, "pattern": pattern, "pattern_type": "stix"})
        objects.append(
            {
                "type": "relationship",
                "id": f"relationship--{new_uuid()}",
                "relationship_type": "indicates",
                "source_ref": own,
                "target_ref": malware,
            }
        )
    return {"type": "bundle", "id": f"bundle--{new_uuid()}", "objects": objects}


def _checklist(markers: Iterable[Marker], words: Callable[[object], str]) -> str:
    """Return the steps in the order in which they are done, below each who must see it in which acquisition."""
    seen_by: dict[str, list[str]] = {}
    for each in markers:
        places = [words(Said(kinds.of(EvidenceKind(kind)).words)) for kind in each.evidence]
        row = say(
            "{value}: seen by {reader} in {places}", value=each.value, reader=each.reader, places="; ".join(places)
        )
        seen_by.setdefault(words(each.how), []).append(f"  - {words(row)}\n")
    steps = "".join(f"- [ ] {how}\n{''.join(rows)}" for how, rows in seen_by.items())
    return f"# Canary\n\n{words(_BEFORE)}\n\n{steps}\n" + "".join(
        f"{number}. {words(each)}\n" for number, each in enumerate(_AFTER, 1)
    )


_BEFORE = say(
    "Markers for a phone of your own, never for somebody else's. Write down the version of the phone's system and of "
    "the tool that acquires it."
)
_AFTER = (
    say("Acquire the phone, and register it: {0}.", do("acquisition add", "PATH", official="OFFICIAL")),
    say("Make the markers a set: {0}.", do("iocs import", SET)),
    say("Compare with it: {0}.", do("scan run", "A-0001", iocs="canary")),
    say("See who saw which marker: {0}.", do("canary check", LIST, "A-0001")),
    say("Take the set out of later scans: {0}.", do("iocs disable", "canary")),
)


def check(desk: Desk, markers: Path, acquisition: str) -> Outcome[Checked]:
    """Return who saw each marker that an acquisition carries in its last scan; partial when its reader missed one.

    Raises `InputError` when the list cannot be read or there is no finished scan.
    """
    wanted = read(markers)
    with desk.open_case() as store:
        one = queries.acquisition(store, acquisition)
        scan = latest_finished(queries.scans(store, one.id, in_full=False)).get(one.id)
        if scan is None:
            raise InputError(
                "{acquisition} was not scanned.", hint=say("{0} does it.", do("scan run", one.id)), acquisition=one.id
            )
        seen = _seen(queries.alerts(store, scan.id))
    due = [each for each in wanted if not each.evidence or one.kind in each.evidence]
    if not due:
        raise InputError(
            "{acquisition} is of a kind that carries none of these markers.",
            hint=say(
                "They are in: {kinds}.", kinds=", ".join(dict.fromkeys(k for each in wanted for k in each.evidence))
            ),
            acquisition=one.id,
        )
    sightings = tuple(_sighting(each, seen.get(each.value.lower(), frozenset())) for each in due)
    lost = [each for each in sightings if not each.seen]
    return Outcome(
        data=Checked(acquisition=one.id, scan=scan.id, sightings=sightings),
        status=OutcomeStatus.PARTIAL if lost else OutcomeStatus.SUCCESS,
        messages=tuple(
            say("{name} was not seen by {reader}: report it with the version.", name=each.name, reader=each.reader)
            for each in lost
        ),
    )


def _seen(alerts: Iterable[RawAlert]) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for each in alerts:
        if each.indicator is not None:
            who = SECOND_READER if each.source is AlertSource.SWEEP else each.module.lower()
            value = each.indicator.value.lower()
            found[value] = found.get(value, frozenset()) | {who}
    return found


def _sighting(marker: Marker, seen_by: frozenset[str]) -> Sighting:
    return Sighting(
        name=marker.name,
        value=marker.value,
        reader=marker.reader,
        seen=marker.reader in seen_by,
        seen_by=tuple(sorted(seen_by)),
    )


def read(path: Path) -> list[Marker]:
    """Return the markers of a plan's list. Raises `InputError` where it is none."""
    try:
        held = read_json(path, MAX_BYTES)
        return [_marker_of(each) for each in held["markers"]]
    except (UnreadableError, TypeError, KeyError, AttributeError) as error:
        raise InputError("{path} is no list of markers: {error}.", path=path, error=error) from error


def _marker_of(held: Mapping[str, Any]) -> Marker:
    return Marker(**{**held, "how": Message(str(held["how"])), "evidence": tuple(held.get("evidence", ()))})
