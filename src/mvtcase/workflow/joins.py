"""Rechecks without a replay: where nothing of the new indicators stands in what a scan stored, its answer is known.

A replay compares the results that modules stored, and the terms of the value index, with the indicators. Whatever a
module asks, an indicator can only match where its telling part stands in those files. The words that the scan kept of
them deny most indicators; for what is left each file is searched once, in any case and as JSON writes it. Where none
stands, the alerts are those that the scan's modules raised when they compared, and no worker is started. In every doubt
the whole is replayed.
"""

from __future__ import annotations

import gzip
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import normalize

import ahocorasick

from mvtcase.engine import words
from mvtcase.engine.events import EVENTS_FILE, MVT_FOLDER, Ledger, iterate_events, take_safely
from mvtcase.engine.packed import open_result, read_result
from mvtcase.engine.results_folder import write_hashes
from mvtcase.errors import IndicatorError, InputError
from mvtcase.indicators.verdicts import IndicatorType
from mvtcase.model import AlertSource, ModuleOutcome
from mvtcase.wording import why
from mvtcase_readers.regular import UnreadableError, open_regular
from mvtcase_readers.trees import parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from mvtcase.engine.coverage import Known
    from mvtcase.engine.job import EngineResult
    from mvtcase.model import Scan
    from mvtcase.workflow.control import Choice
    from mvtcase.workflow.desk import Desk

JOINED = "stored results searched"
MAX_FILE = 512 << 20
PIECE = 8 << 20
OVERLAP = 4096
CUT = 15
"""Phones cut the names of processes here, at the shortest."""
SHORT = 6
"""Names below this length count where they stand as whole words only."""

_PLAIN = frozenset({ModuleOutcome.CHECKED, ModuleOutcome.EXTRACTED, ModuleOutcome.EMPTY, ModuleOutcome.NO_SOURCE})
_HASHES = {"files_md5": "md5", "files_sha1": "sha1", "files_sha256": "sha256"}
_NAMES = frozenset({IndicatorType.PROCESSES, IndicatorType.FILE_NAMES, IndicatorType.APP_IDS})
"""Types that MVT compares as whole names."""
_NO_NEWS = (b'{"event":"started",', b'{"event":"step",', b'{"event":"progress",')
"""How events begin that say no more than those which follow them; of all that a worker sends no other begins so."""
_WHOLE = frozenset(IndicatorType) - {
    IndicatorType.FILE_PATHS, IndicatorType.APP_IDS, IndicatorType.DOMAINS, IndicatorType.URLS
}  # fmt: skip
"""Types of which a value of one word is the whole of a word wherever it can match."""
_ANYWHERE = frozenset({IndicatorType.DOMAINS, IndicatorType.URLS, IndicatorType.APP_IDS})
"""Types of which such a value may stand within a word."""
ASKING = frozenset({"configuration_profiles.json", "profile_events.json"})
"""Results of the modules that ask for profiles' ids."""
_WORD = re.compile(r"[a-z0-9]")


@dataclass(slots=True)
class Joiner:
    """Answers rechecks of one batch: what is new to scans that know the same sets is compiled once."""

    desk: Desk
    choice: Choice
    heard: dict[str, tuple[dict[str, Any], ...]] = field(default_factory=dict)
    """By scan, what its modules said that nothing new can match in, for a replay of the others."""
    _compiled: dict[frozenset[tuple[str, str]], News] = field(default_factory=dict)

    def answer(self, scan: Scan, results: Path) -> Ledger | None:
        """Return what a replay of a scan's results would say, None where only a replay can tell."""
        if any(scan.tools.get(name) != version for name, version in self.choice.tools.items()):
            return None
        try:
            if not _is_answered_for(results, self.choice.counts):
                return None
            ledger = _replayed(results)
            if ledger is None or self._is_gone(scan, ledger):
                return None
            if where := self._new_to(scan).standing(results):
                self.heard[scan.id] = _heard_of_others(results, where)
                return None
        except (OSError, EOFError, ValueError, KeyError, TypeError, UnreadableError, IndicatorError, InputError):
            return None
        return ledger

    def result(self, ledger: Ledger, out: Path, known: Known) -> EngineResult:
        """Return an answer as the result of a recheck, which has a folder of its own."""
        kept = [each for each in ledger.limitations if each.code == "links.unresolved"]
        told = replace(
            ledger,
            known=known,
            indicators_loaded=self.choice.total,
            claims={},
            command=f"{ledger.command}, {JOINED}",
            limitations=[why("recheck.limit"), *kept],
        )
        out.mkdir(mode=0o700)
        (out / EVENTS_FILE).touch(mode=0o600)
        return told.result(results_sha256=write_hashes(out))

    def _is_gone(self, scan: Scan, ledger: Ledger) -> bool:
        """Return whether a set matched then that is not compared with now: what it alone found is no alert of today."""
        now = {(each.name, each.sha256) for each in self.choice.sets}
        gone = {each.name for each in scan.sets if (each.name, each.sha256) not in now}
        return any(each.indicator is not None and each.indicator.set in gone for each in ledger.alerts)

    def _new_to(self, scan: Scan) -> News:
        """Return what a scan was not compared with."""
        pinned = frozenset((each.name, each.sha256) for each in scan.sets)
        if pinned not in self._compiled:
            new = (each for each in self.choice.passports if (each.name, each.sha256) not in pinned)
            entries = (entry for each in new for entry in self.desk.library.reading(each).entries)
            self._compiled[pinned] = News.of(dict.fromkeys((str(kind), value) for kind, value in entries))
        return self._compiled[pinned]


class _Value(NamedTuple):
    """What is looked for of an indicator: the forms of its telling part, and what they ask of a scan's words."""

    parts: tuple[str, ...]
    asked: words.Needle | None
    whole: bool
    searchable: bool


@dataclass(frozen=True, slots=True)
class News:
    """Indicators that are new to some scans, as they are looked for in stored results."""

    values: tuple[_Value, ...]
    profiles: tuple[str, ...]
    """Profiles' ids: MVT looks for the phone's text inside of them, not the other way round."""

    @classmethod
    def of(cls, entries: Iterable[tuple[str, str]]) -> News:
        """Return indicators, each with its type, ready to be looked for."""
        entries = tuple(entries)
        return cls(
            tuple(_value(kind, value) for kind, value in entries),
            tuple(value for kind, value in entries if kind == IndicatorType.IOS_PROFILE_IDS),
        )

    def standing(self, results: Path) -> frozenset[str]:
        """Return the files of a scan's results in which one of them may match: all that a replay would find it in."""
        left = self.values
        with suppress(OSError, ValueError, UnreadableError):  # scans of earlier releases kept no words
            kept = words.Words(results)
            left = tuple(each for each in left if each.asked is None or kept.may_hold(each.asked))
        if not all(each.searchable for each in left):
            return frozenset(_name(path, results) for path in words.result_files(results))
        found = _stands_in(results, _automaton(left)) if left else frozenset()
        return found | _asked_inside(results, self.profiles)


def _value(kind: str, value: str) -> _Value:
    parts = tuple(telling_parts(kind, value))
    cut = kind == IndicatorType.PROCESSES and any(len(each) >= CUT for each in parts)
    single = kind in _ANYWHERE and any(len(words.words_of(each.encode("latin-1"))) < 2 for each in parts)  # noqa: PLR2004
    asked = None if single else words.needle(parts, whole=kind in _WHOLE and not cut)
    is_short = kind in _NAMES and all(len(each) < SHORT for each in parts)
    cased = {each for each in value if not each.isascii() and each.lower() != each.upper()}
    return _Value(parts, asked, is_short, bool(parts) and len(cased) < 2)  # noqa: PLR2004 - both in one case


def telling_parts(kind: str, value: str) -> Iterator[str]:
    """Yield what stands wherever an indicator can match, in small letters, as bytes of files write it."""
    plain = value.lower().strip()
    if kind in {IndicatorType.FILE_PATHS, IndicatorType.FILE_NAMES}:
        plain = plain.rstrip("/").rpartition("/")[2] or plain
    elif kind == IndicatorType.PROCESSES:
        plain = plain.rpartition("/")[2][:CUT]
    elif kind == IndicatorType.URLS:
        plain = re.split(r"[/?#]", plain.rpartition("://")[2] or plain)[0]
        plain = plain.rpartition("@")[2].partition(":")[0].removeprefix("www.")
    elif kind == IndicatorType.DOMAINS:
        plain = plain.partition(":")[0].removeprefix("www.")
    forms = {plain, *_international(plain)}
    if kind == IndicatorType.APP_CERT_HASHES:
        forms.add(plain.replace(":", ""))
    if kind == IndicatorType.EMAILS and "@" in plain:
        forms.add(plain.rpartition("@")[0] + "+")  # with a tag before its host
    if not plain.isascii():
        forms |= {normalize("NFKC", each) for each in forms} | {each.upper() for each in forms}
    forms |= {json.dumps(each)[1:-1] for each in forms}
    yield from {form.encode("utf-8", "backslashreplace").decode("latin-1").lower() for form in forms if form}


def _international(host: str) -> Iterator[str]:
    with suppress(UnicodeError):
        yield host.encode("idna").decode("ascii")
    with suppress(UnicodeError):
        yield host.encode("ascii").decode("idna")


def _is_answered_for(results: Path, counts: Mapping[str, int]) -> bool:
    """Return whether the value index holds every term, and every sort of hash that is looked for."""
    with open_regular(results / MVT_FOLDER / words.INDEX) as raw, gzip.GzipFile(fileobj=raw) as packed:
        facts = json.loads(packed.readline(1 << 20))
    held = set(facts.get("hashes", ()))
    return not facts.get("unkept") and all(not counts.get(kind) or name in held for kind, name in _HASHES.items())


def _replayed(results: Path) -> Ledger | None:
    """Return what a replay would have raised, from a scan's own events; None where a replay might say more or less."""
    ledger = Ledger()
    for event in _heard(results, lambda alert: _is_compared(alert) or alert.get("source") == AlertSource.SWEEP):
        if event["event"] == "lost" or not take_safely(ledger, event):
            return None
    ended = ledger.done and ledger.error is None and not ledger.left_out
    if not ended or any(run.outcome not in _PLAIN for run in ledger.modules.values()):
        return None
    ledger.modules = {key: replace(run, alerts=0) if run.alerts else run for key, run in ledger.modules.items()}
    return ledger


def _heard_of_others(results: Path, where: frozenset[str]) -> tuple[dict[str, Any], ...]:
    """Return what modules said whose results are in none of some files: what a replay of them would say again."""
    again = {(str(path.parent), path.stem) for path in map(PurePath, where)}

    def wanted(alert: dict[str, Any]) -> bool:
        return _is_compared(alert) and (alert["part"], alert["module"]) not in again

    told = []
    for event in _heard(results, wanted):
        if event["event"] == "finished" and (event["part"], event["slug"]) not in again:
            told.append({**event, "alerts": 0})
        elif event["event"] in {"alert", "amended", "plan"}:
            told.append(event)
    return tuple(told)


def _is_compared(alert: dict[str, Any]) -> bool:
    """Return whether a module raised an alert while it compared."""
    return alert.get("checked") is True and alert.get("source") != AlertSource.SWEEP


def _heard(results: Path, wanted: Callable[[dict[str, Any]], bool]) -> Iterator[dict[str, Any]]:
    """Yield a scan's events without the alerts that are not wanted, and what MVT wrote to those later."""
    kept = list[bool]()
    for event in iterate_events(results / EVENTS_FILE, but=_NO_NEWS):
        if event["event"] == "alert":
            kept.append(wanted(event))
            if not kept[-1]:
                continue
        elif event["event"] == "amended":
            place = len(kept) - int(event["back"])
            if not 0 <= place < len(kept) or not kept[place]:
                continue
            event = {**event, "back": sum(kept[place:])}  # noqa: PLW2901 - counted among those that are kept
        yield event


def _automaton(values: Iterable[_Value]) -> Any:  # noqa: ANN401 - the automaton has no types
    """Return what finds the telling parts of values; a part of one that may stand anywhere counts anywhere."""
    automaton = ahocorasick.Automaton()
    for each in values:
        for part in each.parts:
            automaton.add_word(part, (part, each.whole and automaton.get(part, (part, True))[1]))
    automaton.make_automaton()
    return automaton


def _stands_in(results: Path, automaton: Any) -> frozenset[str]:  # noqa: ANN401 - as above
    """Return the stored results, or the value index, in which a telling part stands."""
    found = set[str]()
    for path in words.result_files(results):
        with open_result(path) as raw:
            plain = path.name != words.INDEX
            read = partial(raw.read, PIECE)
            if _any_in(iter(read, b"") if plain else _with_addresses(gzip.GzipFile(fileobj=raw)), automaton):
                found.add(_name(path, results))
    return frozenset(found)


def _name(path: Path, results: Path) -> str:
    return str(path.relative_to(results / MVT_FOLDER))


def _with_addresses(packed: gzip.GzipFile) -> Iterator[bytes]:
    for piece in words.pieces(packed.read, b"\n"):
        yield piece
        yield " ".join(words.addresses_in(piece)).encode()


def _any_in(pieces: Iterable[bytes], automaton: Any) -> bool:  # noqa: ANN401 - as above
    rest, done = "", 0
    for piece in pieces:
        done += len(piece)
        if done > MAX_FILE or words.has_kelvin(piece):
            return True  # too much to search, or not to be searched so: it is replayed
        text = rest + piece.decode("latin-1").lower()
        for end, (part, whole) in automaton.iter(text):
            if not whole or _is_whole(text, end + 1 - len(part), end + 1):
                return True
        rest = text[-OVERLAP:]
    return False


def _is_whole(text: str, start: int, end: int) -> bool:
    begins = start == 0 or not _WORD.match(text[start - 1]) or text[start - 2 : start - 1] == "\\"  # JSON's \n or \t
    return begins and not _WORD.match(text[end : end + 1])


def _asked_inside(results: Path, profiles: Sequence[str]) -> frozenset[str]:
    """Return the results with a text that a module may ask for as a profile's id, and that stands within one."""
    lowered = [each.lower() for each in profiles]
    found = set[str]()
    for path in words.result_files(results) if lowered else ():
        if path.name in ASKING:
            texts = {each.lower() for each in _texts(parse_json(read_result(path, MAX_FILE), MAX_FILE, MAX_FILE))}
            if any(text and text in each for text in texts for each in lowered):
                found.add(_name(path, results))
    return frozenset(found)


def _texts(value: object) -> Iterator[str]:
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            pending += [*each, *each.values()]
        elif isinstance(each, list):
            pending += each
