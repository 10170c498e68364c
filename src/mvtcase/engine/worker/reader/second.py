"""The second reader: every file's values, taken apart without MVT's parsers and compared with the sets' indicators.

It opens containers as what they are (`mvtcase_readers.values`), compares each term of each value, and says of every
file how far it was read. Files of no known form are read as bytes.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import re
import resource
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvtcase import kinds
from mvtcase.engine.events import CLAIMS_FILE, PRIVATE_FOLDER, READ_FILE
from mvtcase.engine.safe_json import safe_text
from mvtcase.engine.worker.reader import claims as claiming
from mvtcase.engine.worker.reader import index as indexing
from mvtcase.engine.worker.reader.alerts import MODULE, Teller
from mvtcase.engine.worker.reader.claims import Claim, Claims
from mvtcase.engine.worker.reader.comparing import Comparer
from mvtcase.engine.worker.reader.files import Acquisition
from mvtcase.engine.worker.reader.index import StoredIndex, StoredIndexError, ValueIndex
from mvtcase.engine.worker.reader.known import Known
from mvtcase.engine.worker.reader.notices import Notices
from mvtcase.engine.worker.reader.paths import rooted
from mvtcase.engine.worker.reader.roles import role_of
from mvtcase.engine.worker.reader.terms import Sort, Term, terms_of, terms_of_path
from mvtcase.engine.worker.run.opened import read_opened
from mvtcase.kinds.inside import inside
from mvtcase.model import ModuleOutcome
from mvtcase.wording import Reason, why
from mvtcase_readers.regular import UnreadableError, open_regular
from mvtcase_readers.values import Bounds, Extent, Place, read_values, worst

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mvtcase.engine.worker.emitter import Emitter
    from mvtcase.engine.worker.reader.files import Acquired
    from mvtcase.engine.worker.reader.index import Hit
    from mvtcase.engine.worker.task import ModuleKey, Task
    from mvtcase.matchset import MatchSet
    from mvtcase_readers.values import Batch, Content, Reading

PROGRESS_SECONDS = 1.0
FILE_BOUNDS = Bounds(seconds=1800.0)
"""How long one file may take before it is left with a bound reached."""

TIME_SHARE = 0.8
"""The part of the worker's time after which the reader stops by itself, so that the scan still comes to its end."""

MAX_CUT = 50
ASKED = "asked by "
"""Stands before the part and slug of a module in the index's list of files."""

ASKED_ROLES = {
    "check_process": "process", "check_file_path_process": "path", "check_file_path": "path", "check_file_name": "file",
    "check_app_id": "bundleid", "check_profile": "profileid", "check_file_hash": "hash",
}  # fmt: skip
"""What stands in a check's question, in the words of columns."""

MANIFEST = "/Manifest.db"
"""The list of a backup's files."""

NAME = "second reader"
AT_HAND, LOST = "at_hand", "lost"
"""Files in the results that name the file being read, and those whose reading ended a worker of this scan."""

SELDOM = (200_000, 20, 20)
"""New objects after which Python looks for rings that nobody holds, and how much more seldom among old ones."""

_HASHED = ("md5", "sha1", "sha256")
_PIECE = 1 << 20
_FILE_ID = re.compile("[0-9a-f]{40}")


def _not_listed(batch: Batch) -> Iterator[int]:
    """Yield which texts of a backup's list are no path in it: that is its own column, or the record that repeats it.

    Of the record, what a link leads to and addresses that a file came from are values of their own. A file's name in
    the backup is the SHA-1 of its path, and no file's hash.
    """
    for numbers, column in batch.stretches():
        for number in numbers:
            text = batch.texts[number]
            name = (batch.place(number).column if column is None else column).lower()
            if name == "file":
                if text.startswith(("/", "..")) or ":" in text:
                    yield number
            elif name != "relativepath" and not (name == "fileid" and _FILE_ID.fullmatch(text)):
                yield number


class _OutOfTimeError(Exception):
    """The reader must stop now."""


class _FileOutOfTimeError(Exception):
    """The file at hand must be left."""


def run(task: Task, matchset: MatchSet, emit: Emitter) -> None:
    """Read the evidence and send hits as `alert` events, `progress` on the way, and the `claims` at the end."""
    SecondReader(task, known_of(task, matchset), emit).run()


def known_of(task: Task, matchset: MatchSet) -> Known:
    """Return the indicators of a task's sets as this reader looks them up."""
    return Known.of(matchset, task.set_names, android=kinds.of(task.kind).platform is kinds.Platform.ANDROID)


def run_stored(task: Task, matchset: MatchSet, emit: Emitter, examined: frozenset[ModuleKey] = frozenset()) -> None:
    """Compare what an earlier scan took apart, and send alerts as reading the evidence again would.

    What modules asked the matcher is compared where they are not among the `examined`: those answered for themselves.

    What the index does not answer for is sent as a `problem`.
    """
    known = known_of(task, matchset)
    stored = StoredIndex(task.target / "mvt" / indexing.FILE_NAME)
    hits: dict[int, list[Hit]] = defaultdict(list)
    try:
        for hit in stored.hits(known):
            asker = _asker(stored.files[hit.spot.file][0])
            if asker is None or asker not in examined:
                hits[hit.spot.file].append(hit)
    except StoredIndexError as error:
        reason = why("reader.no_index", error=safe_text(str(error), 200))
        emit("problem", module=NAME, outcome=str(ModuleOutcome.NOT_RUN), reason=reason.data)
        return
    teller = Teller(emit)
    for number in sorted(hits):
        teller.tell(hits[number], stored.files[number])
    teller.end()
    if skimmed := int(stored.facts.get("skimmed", 0)) + int(stored.facts.get("unread", 0)):
        emit("limitation", reason=why("reader.skimmed", count=skimmed).data)
    cut = [why("reader.cut", value=safe_text(value, 200)) for value in stored.cut]
    for reason in (*cut[:MAX_CUT], *_unanswered(stored.facts, known)):
        emit("problem", module=NAME, outcome=str(ModuleOutcome.NOT_RUN), reason=reason.data)


def _asker(file: str) -> ModuleKey | None:
    """Return the module that a place in the index stands for, None where it is a file."""
    if not file.startswith(ASKED):
        return None
    part, _, slug = file.removeprefix(ASKED).partition("/")
    return part, slug


def _unanswered(facts: Mapping[str, Any], known: Known) -> Iterator[Reason]:
    if facts.get("unkept"):
        yield why("reader.unkept", count=int(facts["unkept"]))
    missing = [name for name in _HASHED if name not in facts.get("hashes", ()) and known.by_type.get(f"files_{name}")]
    if missing:
        yield why("reader.unhashed", hashes=", ".join(missing))


def claim_only(task: Task, emit: Emitter) -> None:
    """Send the claims of the modules alone, where the reader is switched off."""
    acquisition = Acquisition(task)
    claims = Claims(task.kind, [Claim(file=each) for each in acquisition.files()], acquisition.missing)
    claims.add_modules(task.results / "mvt")
    claims.write(task.results / "mvt" / CLAIMS_FILE)
    emit("claims", **claims.summary())


@dataclass(slots=True)
class SecondReader:
    """One reading of an acquisition: what it looks for, how far it is, what it found and could not read."""

    task: Task
    known: Known
    emit: Emitter
    acquisition: Acquisition = field(init=False)
    index: ValueIndex = field(init=False)
    comparer: Comparer = field(init=False)
    teller: Teller = field(init=False)
    notices: Notices = field(default_factory=Notices)
    claims: list[Claim] = field(default_factory=list)
    total: int = 0
    done: int = 0
    begun: int = 0
    """Bytes of the files before the one at hand."""
    ends: float = 0.0
    file_ends: float = 0.0
    last_progress: float = 0.0
    mark: int = -1
    """The open file that names the one at hand."""

    def __post_init__(self) -> None:
        self.acquisition = Acquisition(self.task)
        self.index = ValueIndex(self.known)
        self.comparer = Comparer(self.index)
        self.teller = Teller(self.emit)

    def run(self) -> None:
        """Read all files, then write claims and index and say what was not read."""
        # What is kept are texts in lists and tuples, by the million, and no rings of objects: to look for those often
        # costs a tenth of the time.
        gc.set_threshold(*SELDOM)
        files = self.acquisition.files()
        self.total = sum(file.size for file in files)
        self.ends = time.monotonic() + _seconds_left(self.task)
        self.claims = [Claim(file=file) for file in files]
        lost = self._lost()
        try:
            for number, claim in enumerate(self.claims):
                self._one(number, claim, lost)
        except _OutOfTimeError:
            self._problem(ModuleOutcome.TIMED_OUT, why("reader.late", done=self.done, total=self.total))
        for folder in self.acquisition.unread:
            self._problem(ModuleOutcome.DENIED, why("reader.folder", folder=safe_text(folder, 300)))
        examined = {each.place for each in self.task.inside}
        for name, kind in inside([file.place or file.name for file in files], self.task.kind):
            if name in examined:
                continue
            self._problem(
                ModuleOutcome.NOT_RUN, why("reader.inside", file=safe_text(name, 300), kind=kinds.of(kind).words)
            )
        self._send_progress()
        self._finish()

    def _finish(self) -> None:
        folder = self.task.results / "mvt"
        claims = Claims(self.task.kind, self.claims, self.acquisition.missing)
        claims.add_modules(folder)
        claims.write(folder / CLAIMS_FILE)
        files = [(safe_text(claim.file.name, 1000), claim.file.place) for claim in self.claims]
        files += self._see_names(len(files))
        files += self._take_asked(folder, len(files))
        self.index.write(folder / indexing.FILE_NAME, files, self._facts())
        self._list_read()
        for module, reason in claims.gaps():
            self.emit("problem", module=module, outcome=str(ModuleOutcome.NOT_RUN), reason=reason.data)
        self.emit("claims", **claims.summary())
        self.teller.end()
        for proposal in self.notices.proposals():
            self.emit("limitation", reason=proposal.data)
        if self.mark >= 0:
            os.close(self.mark)
        (folder / AT_HAND).unlink(missing_ok=True)

    def _list_read(self) -> None:
        """Write down what was read to its end, for whoever compares it with what was registered."""
        private = self.task.results / PRIVATE_FOLDER
        private.mkdir(mode=0o700, exist_ok=True)
        lines = (json.dumps([each.file.name, each.sha256.hex()]) for each in self.claims if each.sha256)
        descriptor = os.open(private / READ_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as listing:
            listing.writelines(f"{line}\n" for line in lines)

    def _see_names(self, first: int) -> list[tuple[str, str]]:
        """Compare what has a name and no content, links with what they lead to, and return the names."""
        names = [*((name, "") for name in self.acquisition.empty), *self.task.names]
        for number, (name, leads_to) in enumerate(names, first):
            named = [name, os.path.normpath(os.path.join(os.path.dirname(name), leads_to))] if leads_to else [name]  # noqa: PTH118, PTH120 - of the phone, not of this machine
            hits = [
                hit for path in named for hit in self._see(number, path, "path", terms_of_path(rooted(path)), Place)
            ]
            self.teller.tell(hits, (safe_text(name, 1000), ""))
        return [(safe_text(name, 1000), "") for name, _ in names]

    def _take_asked(self, folder: Path, first: int) -> list[tuple[str, str]]:
        """Take into the index what MVT's modules asked the matcher, and return a name for each module."""
        names: list[tuple[str, str]] = []
        for run in read_opened(folder):
            for check, values in dict(run.get("asked") or {}).items():
                role = ASKED_ROLES.get(check, "")
                for value in values:
                    # Its alerts are the module's own in this scan: only the index is filled.
                    list(self._see(first + len(names), "", role, terms_of(value, role_of(role)), Place))
            names.append((f"{ASKED}{run['part']}/{run['slug']}", ""))
        return names

    def _facts(self) -> dict[str, Any]:
        """Return what a recheck must know of the index: its hashes, how many files were not read, or skimmed."""
        extents = Counter(claim.extent for claim in self.claims)
        unread, skimmed = extents[claiming.NOT_READ], extents[str(Extent.SKIMMED)]
        return {"hashes": list(self._hashes()), "unread": unread, "skimmed": skimmed}

    def _one(self, number: int, claim: Claim, lost: frozenset[str]) -> None:
        file = claim.file
        named = (file.rooted, *(self.acquisition.only_listed if file.rooted == MANIFEST else ()))
        hits = [hit for path in named for hit in self._see(number, path, "path", terms_of_path(path), Place)]
        if file.name in lost:
            claim.extent, claim.note = str(Extent.UNREADABLE), "reading it ended the worker"
            self._problem(ModuleOutcome.FAILED, why("reader.fatal", file=claim.shown))
        else:
            self._mark(file.name)
            self._read(number, claim, hits)
        self.teller.tell(hits, (file.name, file.place))
        self.notices.end_of_file(claim.shown)
        self.done = self.begun = self.begun + file.size

    def _read(self, number: int, claim: Claim, hits: list[Hit]) -> None:
        self.file_ends = time.monotonic() + FILE_BOUNDS.seconds_for(claim.file.size)
        extents: list[Extent] = []

        def batch(batch: Batch) -> None:
            hits.extend(self._batch(number, claim.file, batch))

        def file(content: Content, place: Place) -> None:
            pieces = (piece for _, piece in content.pieces())
            hits.extend(self._hash(number, claim, pieces, place, "the hash of a file inside"))

        def reading(_label: str, reading: Reading) -> None:
            # A text that was given as it stands was only not looked into for more texts.
            if reading.extent is not Extent.SKIMMED and (reading.form, reading.extent) != ("text", Extent.TOO_DEEP):
                extents.append(reading.extent)

        try:
            with open_regular(claim.file.path) as handle:
                # Small files are read once: what is hashed is what is taken apart.
                data = handle.read(_PIECE)
                is_all = len(data) < _PIECE
                pieces = chain((data,), iter(lambda: handle.read(_PIECE), b""))
                hits.extend(self._hash(number, claim, (data,) if is_all else pieces))
                whole = read_values(
                    data if is_all else handle,
                    path=Path(claim.file.path),
                    tick=self._tick,
                    take=batch,
                    say=reading,
                    beside=lambda suffix: self.acquisition.beside(claim.file, suffix),
                    file=file,
                )
            claim.extent, claim.form = str(worst((whole.extent, *extents))), whole.form
            claim.values, claim.note = whole.values, safe_text(whole.note, 300)
        except _FileOutOfTimeError:
            claim.extent, claim.note = str(Extent.BOUNDED), "it took too long"
        except (OSError, UnreadableError) as error:
            claim.extent, claim.note = str(Extent.UNREADABLE), safe_text(f"{type(error).__name__}: {error}", 300)

    def _batch(self, number: int, file: Acquired, batch: Batch) -> Iterator[Hit]:
        inside = batch.place(0).inside
        path = f"{file.rooted}!{inside}" if inside else file.rooted
        wanted: Sequence[int] = range(len(batch.texts))
        if file.rooted == MANIFEST:
            # Each is seen as the path of its own file, under the domain that says whose it is.
            wanted = wanted if inside else list(_not_listed(batch))
        yield from self.comparer.see(number, path, batch, wanted)
        self.notices.look(path, batch.texts)

    def _see(
        self, number: int, path: str, role: str, terms: Iterable[Term], place: Callable[[], Place]
    ) -> Iterator[Hit]:
        for term in terms:
            yield from self.index.see(term, number, path, role, place)

    def _hashes(self) -> tuple[str, ...]:
        """Return the hashes to take: SHA-256 of every file for later, the others where a set has some."""
        return tuple(name for name in _HASHED if name == "sha256" or self.known.by_type.get(f"files_{name}"))

    def _hash(
        self,
        number: int,
        claim: Claim,
        pieces: Iterable[bytes],
        place: Place | None = None,
        what: str = "the file's own hash",
    ) -> list[Hit]:
        hashers = [hashlib.new(name, usedforsecurity=False) for name in self._hashes()]
        for piece in pieces:
            for hasher in hashers:
                hasher.update(piece)
            self._tick(0)
        terms = [Term(Sort.HEX, hasher.hexdigest(), context=what) for hasher in hashers]
        path = claim.file.rooted
        if place is None:
            claim.sha256 = hashers[-1].digest()
        elif place.inside:
            path = f"{path}!{place.inside}"
        return list(self._see(number, path, "hash", terms, lambda: place or Place()))

    def _tick(self, count: int) -> None:
        self.done += count
        now = time.monotonic()
        if now > self.ends:
            raise _OutOfTimeError
        if now > self.file_ends:
            raise _FileOutOfTimeError
        if now - self.last_progress > PROGRESS_SECONDS:
            self._send_progress()

    def _send_progress(self) -> None:
        self.last_progress = time.monotonic()
        self.emit("progress", index=min(self.done, self.total), total=self.total)

    def _problem(self, outcome: ModuleOutcome, reason: Reason) -> None:
        self.emit("problem", module=MODULE, outcome=str(outcome), reason=reason.data)

    def _mark(self, name: str) -> None:
        """Write down which file is at hand, so that the next worker leaves it out if this one dies of it."""
        if self.mark < 0:
            self.mark = os.open(self.task.results / "mvt" / AT_HAND, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.pwrite(self.mark, os.fsencode(name) + b"\0", 0)

    def _lost(self) -> frozenset[str]:
        """Return the files that ended earlier workers of this scan; the last one's is still marked as at hand."""
        folder = self.task.results / "mvt"
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        with os.fdopen(os.open(folder / LOST, flags, 0o600), "ab+") as lost:
            if (folder / AT_HAND).is_file():
                lost.write((folder / AT_HAND).read_bytes().partition(b"\0")[0] + b"\0")
            lost.seek(0)
            names = frozenset(os.fsdecode(name) for name in lost.read().split(b"\0") if name)
        if not names:
            (folder / LOST).unlink()
        return names


def _seconds_left(task: Task) -> float:
    """Return how long the reader may take, by the clock and by the CPU time that the worker may use."""
    limit, _ = resource.getrlimit(resource.RLIMIT_CPU)
    by_clock = task.seconds_left * TIME_SHARE - (time.monotonic() - task.began)
    if limit == resource.RLIM_INFINITY:
        return by_clock
    return min(by_clock, limit * TIME_SHARE - time.process_time())
