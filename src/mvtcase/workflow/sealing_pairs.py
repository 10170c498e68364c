"""One chat on two phones: where the phones of both of its people were examined, whose LINE account lost its sealing.

An account whose sealing is off makes all its chats plain, on the correspondents' phones too (`docs/line.md`). So the
chat itself and the other chats of both phones say together whose account it was. All of it is an inference.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

from mvtcase.canon import StrEnum, parse_timestamp, timestamp
from mvtcase.casebook import latest_finished
from mvtcase.engine.events import MVT_FOLDER
from mvtcase.engine.packed import ENDING, read_result
from mvtcase.engine.safe_json import safe_text
from mvtcase.store import queries
from mvtcase.wording import why
from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.trees import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from mvtcase.store.store import Store

MAX_RESULT_BYTES = 64 << 20
MAX_WINDOWS = 20
"""Newest windows told of one pair."""
OTHERS = 2
"""Other chats that must speak about a window before they say how the account stood."""
SHARE = 0.8
"""Of the other chats that speak, the share that must agree."""


class Strength(StrEnum):
    """How much stands behind what is said of a pair."""

    TWO_SOURCES = "two_sources"
    """The chat differs between the phones, and their other chats agree."""
    ONE_SOURCE = "one_source"
    NONE = "none"
    """It cannot be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time in which the texts of a chat agreed; times in the case's form."""

    sealed: bool
    first: str
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One official's LINE account as a phone shows it: spans of its one-to-one chats by the peer's id, hashed."""

    official: str
    account: str
    chats: Mapping[str, Sequence[Span]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingPair:
    """What two phones that hold the same chat say of a time in which it was unsealed.

    `account_of` is the official whose account lost its sealing, empty where it cannot be told; `officials` are both.
    """

    officials: tuple[str, str]
    account_of: str
    first: str
    last: str
    strength: Strength
    reason: str


def pairs(store: Store) -> tuple[SealingPair, ...]:
    """Return what the latest scans of a case say of every two officials who wrote to each other."""
    return store.remembered("sealing pairs", lambda: _pairs(_sides(store)))


def _pairs(sides: Sequence[Side]) -> tuple[SealingPair, ...]:
    return tuple(
        pair
        for one, other in combinations(sides, 2)
        if one.official != other.official
        for pair in judge_pair(one, other)
    )


def judge_pair(one: Side, other: Side) -> tuple[SealingPair, ...]:
    """Return each time in which the chat of two accounts was unsealed on either phone, with whose account it was."""
    here, there = one.chats.get(other.account, ()), other.chats.get(one.account, ())
    if not here or not there:
        return ()
    found = [*_differing(one, other, here, there), *_differing(other, one, there, here)]
    found += [_alike(one, other, window) for window in _overlaps(here, there, sealed=(False, False))]
    if not found:
        found = [_alone(one, other, span) for span in (*here, *there) if not span.sealed]
    return tuple(sorted(found, key=lambda pair: pair.first)[-MAX_WINDOWS:])


Window = tuple[str, str]


def _overlaps(here: Sequence[Span], there: Sequence[Span], *, sealed: tuple[bool, bool]) -> Iterator[Window]:
    for one in here:
        for other in there:
            first, last = max(one.first, other.first), min(one.last, other.last)
            if (one.sealed, other.sealed) == sealed and first <= last:
                yield first, last


def _differing(fallen: Side, kept: Side, here: Sequence[Span], there: Sequence[Span]) -> Iterator[SealingPair]:
    """Yield the times in which the chat is unsealed on the one phone and sealed on the other."""
    for window in _overlaps(here, there, sealed=(False, True)):
        mine, theirs = _others(fallen, kept, window), _others(kept, fallen, window)
        if mine is True or theirs is False:
            yield _pair(fallen, kept, window, "", why("pair.contradiction"))
            continue
        strength = Strength.TWO_SOURCES if mine is False else Strength.ONE_SOURCE
        reason = why("pair.differs", fallen=fallen.official, kept=kept.official)
        yield _pair(fallen, kept, window, fallen.official, reason, strength)


def _alike(one: Side, other: Side, window: Window) -> SealingPair:
    """Return what the other chats say of a time in which both phones show the chat unsealed."""
    stood = (_others(one, other, window), _others(other, one, window))
    for fallen, kept, state in ((one, other, (False, True)), (other, one, (True, False))):
        if stood == state:
            reason = why("pair.others", fallen=fallen.official, kept=kept.official)
            return _pair(one, other, window, fallen.official, reason, Strength.ONE_SOURCE)
    return _pair(one, other, window, "", why("pair.both" if stood == (False, False) else "pair.silent"))


def _alone(one: Side, other: Side, span: Span) -> SealingPair:
    return _pair(one, other, (span.first, span.last), "", why("pair.alone"))


def _others(side: Side, peer: Side, window: Window) -> bool | None:
    """Return whether a phone's other chats were sealed (True) or unsealed (False) in a window; None if few speak."""
    told = [_state(spans, window) for mid, spans in side.chats.items() if mid != peer.account]
    speaking = [state for state in told if state is not None]
    sealed = sum(speaking)
    if len(speaking) < OTHERS:
        return None
    if sealed >= SHARE * len(speaking):
        return True
    return False if len(speaking) - sealed >= SHARE * len(speaking) else None


def _state(spans: Sequence[Span], window: Window) -> bool | None:
    """Return how a chat stood in a window, None where it says nothing or both."""
    states = {span.sealed for span in spans if span.first <= window[1] and span.last >= window[0]}
    return states.pop() if len(states) == 1 else None


def _pair(
    one: Side, other: Side, window: Window, whose: str, reason: str, strength: Strength = Strength.NONE
) -> SealingPair:
    officials = (min(one.official, other.official), max(one.official, other.official))
    return SealingPair(
        officials=officials, account_of=whose, first=window[0], last=window[1], strength=strength, reason=reason
    )


def _sides(store: Store) -> list[Side]:
    """Return each official's accounts, an account that several scans show by the latest of them."""
    latest = latest_finished(queries.scans(store, in_full=False))
    officials = {each.id: each.official for each in queries.devices(store)}
    found: dict[tuple[str, str], Side] = {}
    for each in queries.acquisitions(store):
        if each.id in latest:
            official = officials[each.device]
            for side in sides_in(store.folder.results(latest[each.id].id), official):
                found[official, side.account] = side
    return list(found.values())


def sides_in(results: Path, official: str) -> tuple[Side, ...]:
    """Return the accounts whose ids a scan's LINE results know, with their one-to-one chats."""
    chats: dict[str, dict[str, list[Span]]] = {}
    for path in line_files(results):
        for record in records_in(path, "line_chat")[0]:
            account, peer = record.get("account_mid_hash"), record.get("chat")
            if isinstance(account, str) and isinstance(peer, str) and record.get("kind") == "direct":
                chats.setdefault(account, {})[_hashed(peer)] = list(_spans(record.get("runs")))
    return tuple(Side(official=official, account=account, chats=held) for account, held in chats.items())


def _hashed(mid: str) -> str:
    # As `mvt_plugin_line` writes an account's own id, which it never gives in plain.
    return hashlib.sha256(mid.encode("utf-8", "surrogatepass")).hexdigest()


def _spans(runs: object) -> Iterator[Span]:
    for run in runs if isinstance(runs, list) else ():
        if isinstance(run, dict) and isinstance(run.get("sealed"), bool):
            first, last = moment(run.get("first")), moment(run.get("last"))
            if first and last:
                yield Span(sealed=run["sealed"], first=first, last=last)


def line_files(results: Path) -> list[Path]:
    """Return everything in the parts' folders that has the name of a LINE result, whatever it is; links are refused."""
    root = results / MVT_FOLDER
    folders = [folder for folder in sorted(root.glob("*")) if folder.is_dir() and not folder.is_symlink()]
    found = {each.with_name(each.name.removesuffix(ENDING)) for one in folders for each in one.glob("line_*.json*")}
    return sorted(each for each in found if each.suffix == ".json")


def records_in(path: Path, kind: str) -> tuple[list[dict[str, Any]], str]:
    """Return a result file's records of a kind, and a sentence when it cannot be read; it is as hostile as evidence."""
    try:
        records = parse_json(read_result(path, MAX_RESULT_BYTES), MAX_RESULT_BYTES)
    except (UnreadableError, OSError) as error:
        said = error.reason if isinstance(error, UnreadableError) else f"cannot be read: {error.strerror or error}"
        return [], why("worker.left", name=safe_text(path.name, 100), error=said)
    listed: Iterable[Any] = records if isinstance(records, list) else []
    return [record for record in listed if isinstance(record, dict) and record.get("record") == kind], ""


def moment(text: object) -> str | None:
    """Return a time of the results in our form, None where it is none."""
    try:
        return timestamp(parse_timestamp(str(text)))
    except ValueError:
        return None
