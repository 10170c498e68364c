"""Rechecks without a replay: where nothing of the new indicators stands in what a scan stored, its answer is known.

A replay compares the results that modules stored, and the terms of the value index, with the indicators. Whatever a
module asks, an indicator can only match where its telling part stands in those files: so each file is searched once,
for the telling parts of all that is new, in any case and as JSON writes them. Where none stands, the alerts are those
that the scan's modules raised when they compared, and no worker is started. In every doubt the whole is replayed.
"""

from __future__ import annotations

import gzip
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import ahocorasick

from mvtcase.engine.events import EVENTS_FILE, MVT_FOLDER, Ledger, iterate_events, take_safely
from mvtcase.engine.results_folder import write_hashes
from mvtcase.errors import IndicatorError, InputError
from mvtcase.files import regular_files
from mvtcase.indicators.verdicts import IndicatorType
from mvtcase.model import AlertSource, ModuleOutcome
from mvtcase.wording import why
from mvtcase_readers.regular import UnreadableError, open_regular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from mvtcase.engine.coverage import Known
    from mvtcase.engine.job import EngineResult
    from mvtcase.model import Scan
    from mvtcase.workflow.control import Choice
    from mvtcase.workflow.desk import Desk

JOINED = "stored results searched"
INDEX = "values.jsonl.gz"
MAX_FILE = 512 << 20
PIECE = 8 << 20
OVERLAP = 4096
CUT = 15
"""Phones cut the names of processes here, at the shortest."""
SHORT = 6
"""Names below this length count where they stand as whole words only."""

_PLAIN = frozenset({ModuleOutcome.CHECKED, ModuleOutcome.EXTRACTED, ModuleOutcome.EMPTY, ModuleOutcome.NO_SOURCE})
_NOT_RESULTS = frozenset({"alerts.json", "info.json", "claims.json"})
_HASHES = {"files_md5": "md5", "files_sha1": "sha1", "files_sha256": "sha256"}
_NAMES = frozenset({IndicatorType.PROCESSES, IndicatorType.FILE_NAMES, IndicatorType.APP_IDS})
"""Types that MVT compares as whole names."""
_WORD = re.compile(r"[a-z0-9]")


@dataclass(slots=True)
class Joiner:
    """Answers rechecks of one batch: what is new to scans that know the same sets is compiled once."""

    desk: Desk
    choice: Choice
    _compiled: dict[frozenset[tuple[str, str]], Any] = field(default_factory=dict)

    def answer(self, scan: Scan, results: Path) -> Ledger | None:
        """Return what a replay of a scan's results would say, None where only a replay can tell."""
        if any(scan.tools.get(name) != version for name, version in self.choice.tools.items()):
            return None
        try:
            automaton = self._new_to(scan)
            if automaton is None or not _is_answered_for(results, self.choice.counts):
                return None
            ledger = _replayed(results)
            if ledger is None or self._is_gone(scan, ledger) or _stands_in(results, automaton):
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

    def _new_to(self, scan: Scan) -> Any:  # noqa: ANN401 - the automaton has no types
        """Return the telling parts of what a scan was not compared with, None where something has none."""
        pinned = frozenset((each.name, each.sha256) for each in scan.sets)
        if pinned not in self._compiled:
            self._compiled[pinned] = self._compile(pinned)
        return self._compiled[pinned]

    def _compile(self, pinned: frozenset[tuple[str, str]]) -> Any:  # noqa: ANN401 - as above
        automaton = ahocorasick.Automaton()
        for passport in self.choice.passports:
            if (passport.name, passport.sha256) in pinned:
                continue
            for kind, value in self.desk.library.reading(passport).entries:
                if kind == IndicatorType.IOS_PROFILE_IDS:
                    return None  # MVT looks for the phone's text inside the indicator, not the other way round
                for part in telling_parts(kind, value):
                    whole = len(part) < SHORT and kind in _NAMES and automaton.get(part, (part, True))[1]
                    automaton.add_word(part, (part, whole))
        automaton.make_automaton()
        return automaton


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
    elif kind == IndicatorType.APP_CERT_HASHES:
        plain = plain.replace(":", "")
    forms = {plain, *_international(plain)}
    forms |= {json.dumps(each)[1:-1] for each in forms}
    yield from {form.encode("utf-8", "backslashreplace").decode("latin-1").lower() for form in forms if form}


def _international(host: str) -> Iterator[str]:
    with suppress(UnicodeError):
        yield host.encode("idna").decode("ascii")
    with suppress(UnicodeError):
        yield host.encode("ascii").decode("idna")


def _is_answered_for(results: Path, counts: Mapping[str, int]) -> bool:
    """Return whether the value index holds every term, and every sort of hash that is looked for."""
    with open_regular(results / MVT_FOLDER / INDEX) as raw, gzip.GzipFile(fileobj=raw) as packed:
        facts = json.loads(packed.readline(1 << 20))
    held = set(facts.get("hashes", ()))
    return not facts.get("unkept") and all(not counts.get(kind) or name in held for kind, name in _HASHES.items())


def _replayed(results: Path) -> Ledger | None:
    """Return what a replay would have raised, from a scan's own events; None where a replay might say more or less."""
    ledger, kept = Ledger(), list[bool]()
    for event in iterate_events(results / EVENTS_FILE):
        name = event["event"]
        if name == "lost":
            return None
        if name == "alert":
            kept.append(event.get("checked") is True or event.get("source") == AlertSource.SWEEP)
            if not kept[-1]:
                continue
        elif name == "amended":
            place = len(kept) - int(event["back"])
            if not 0 <= place < len(kept) or not kept[place]:
                continue
            event = {**event, "back": sum(kept[place:])}  # noqa: PLW2901 - counted among those that are kept
        if not take_safely(ledger, event):
            return None
    ended = ledger.done and ledger.error is None and not ledger.left_out
    if not ended or any(run.outcome not in _PLAIN for run in ledger.modules.values()):
        return None
    ledger.modules = {key: replace(run, alerts=0) for key, run in ledger.modules.items()}
    return ledger


def _stands_in(results: Path, automaton: Any) -> bool:  # noqa: ANN401 - as above
    """Return whether a telling part stands in the stored results or in the value index."""
    if not len(automaton):
        return False
    for path in regular_files(results / MVT_FOLDER):
        if path.name == INDEX:
            with open_regular(path) as raw, gzip.GzipFile(fileobj=raw) as packed:
                if _any_in(packed.read, automaton):
                    return True
        elif path.suffix == ".json" and path.name not in _NOT_RESULTS:
            with open_regular(path) as handle:
                if _any_in(handle.read, automaton):
                    return True
    return False


def _any_in(read: Callable[[int], bytes], automaton: Any) -> bool:  # noqa: ANN401 - as above
    rest, done = "", 0
    while piece := read(PIECE):
        done += len(piece)
        if done > MAX_FILE:
            return True  # too much to search: it is replayed
        text = rest + piece.decode("latin-1").lower()
        for end, (part, whole) in automaton.iter(text):
            if not whole or _is_whole(text, end + 1 - len(part), end + 1):
                return True
        rest = text[-OVERLAP:]
    return False


def _is_whole(text: str, start: int, end: int) -> bool:
    return not _WORD.match(text[start - 1 : start] if start else "") and not _WORD.match(text[end : end + 1])
