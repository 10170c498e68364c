"""What an acquisition will be able to show, as far as names and sizes of files tell: said while the phone is there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase import kinds
from mvtcase.model import EvidenceKind, Platform
from mvtcase.wording import Message, Said, do, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mvtcase.kinds.words import Trace
    from mvtcase.model import Acquisition

_HOME = "HomeDomain-Library"
_MANIFEST = "Manifest.db"
_IN_BACKUP = {
    "sms": f"{_HOME}/SMS/sms.db",
    "datausage": "WirelessDomain-Library/Databases/DataUsage.sqlite",
    "tcc": f"{_HOME}/TCC/TCC.db",
    "os_analytics_ad_daily": f"{_HOME}/Preferences/com.apple.osanalytics.addaily.plist",
    "safari_history": f"{_HOME}/Safari/History.db",
    "interaction_c": f"{_HOME}/CoreDuet/People/interactionC.db",
    "calls": f"{_HOME}/CallHistoryDB/CallHistory.storedata",
}
"""Where iOS keeps what the key modules read; a backup names a file by the SHA-1 of its domain and place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What can be shown and what cannot: `carries` and `lacks` are sorts of traces, `blind` modules without their file.

    `never` says what no acquisition of this kind carries. `packed` is true where the files lie in an archive, whose
    names only the scan sees: then `carries` is what such an acquisition holds as a rule.
    """

    carries: tuple[str, ...]
    lacks: tuple[str, ...]
    blind: tuple[str, ...]
    never: tuple[str, ...]
    packed: bool


def of(kind: EvidenceKind, files: Iterable[tuple[str, int]]) -> Prospect:
    """Return what an acquisition of a kind can show, from the names and sizes of its files."""
    record = kinds.of(kind)
    names = [name for name, size in files if size]
    every = dict.fromkeys(record.traces.values())
    blind: tuple[str, ...] = ()
    packed = len(names) == 1 and names != [_MANIFEST]
    if packed:
        found = set(every)
    elif record.named_by_manifest:
        found, blind = _in_backup(kind, names)
    else:
        found = {trace for name in names if (trace := record.telling_trace(f"/{name}"))}
        found |= {trace for trace in every if trace not in set(record.telling.values())}
    return Prospect(
        carries=tuple(Said(each.words) for each in every if each in found),
        lacks=tuple(Said(each.words) for each in every if each not in found),
        blind=blind,
        never=record.limits(()),
        packed=packed,
    )


def _in_backup(kind: EvidenceKind, names: Iterable[str]) -> tuple[set[Trace], tuple[str, ...]]:
    record = kinds.of(kind)
    there = {name.rpartition("/")[2] for name in names}
    key = {each.slug for each in record.key_modules}
    places = {slug: place for slug, place in _IN_BACKUP.items() if slug in key}
    missing = tuple(slug for slug, place in places.items() if _hashed(place) not in there)
    blind = (*missing, *(("manifest",) if _MANIFEST not in there else ()))
    read = [slug for slug in record.traces if slug in places and slug not in missing]
    telling = {record.traces[slug] for slug in read}
    # What no place is known of by its hash is in every backup, or is seen by the scan alone.
    return telling | (set(record.traces.values()) - {record.traces[slug] for slug in places}), blind


def _hashed(place: str) -> str:
    return hashlib.sha1(place.encode(), usedforsecurity=False).hexdigest()


def told(acquisition: Acquisition, prospect: Prospect) -> Iterator[Message]:
    """Yield what to say at once, while the phone can still be asked again."""
    if prospect.carries:
        listed = prospect.carries
        yield (
            say("Such an acquisition can show: {listed}. What is in this archive, the scan tells.", listed=listed)
            if prospect.packed
            else say("By its files it can show: {listed}.", listed=listed)
        )
    if prospect.lacks:
        yield say("It cannot show: {listed}. No file of that sort is in it.", listed=prospect.lacks)
    if prospect.blind:
        yield say("Missing or empty: what {listed} read. Take it again if you can.", listed=", ".join(prospect.blind))
    yield from (say(each) for each in prospect.never)
    platform = kinds.of(acquisition.kind).platform
    if platform in {Platform.IOS, Platform.ANDROID}:
        guide = do("acquisition guide", str(platform), official=acquisition.official)
        yield say("What else to take while the phone is here: {0}.", guide)
