"""Batches of texts on their way into the value index: each distinct piece is taken apart once, and not where it stands.

Of free texts only the words that can hold something are looked at (`telling`). A piece that stood in more places of a
file than the index keeps is passed over there. What is an indicator is seen in its whole text, as a person would.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from mvtcase.engine.worker.reader.index import BARE, PER_FILE
from mvtcase.engine.worker.reader.named import LONGEST_NAME, named_in
from mvtcase.engine.worker.reader.roles import PlaceClass, Role, is_record_of_processes, place_class, role_of
from mvtcase.engine.worker.reader.spellings import plain
from mvtcase.engine.worker.reader.telling import across, as_a_whole, words
from mvtcase.engine.worker.reader.terms import may_hold, terms_as_a_whole, terms_of, terms_of_name, terms_of_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mvtcase.engine.worker.reader.index import Entry, Hit, ValueIndex
    from mvtcase.engine.worker.reader.terms import Term
    from mvtcase_readers.values import Batch


class Piece(NamedTuple):
    """Terms with their entries in the index, and whether one of them is an indicator."""

    pairs: tuple[tuple[Term, Entry], ...]
    hits: bool


LONGEST_KEPT = 512
MOST_KEPT = 200_000
MOST_COUNTED = 500_000
"""Letters of a piece whose terms are kept, how many pieces are kept, and of how many of one file places are counted."""


@dataclass(slots=True)
class Comparer:
    """Takes texts apart and gives their terms to the index."""

    index: ValueIndex
    known: dict[object, Piece] = field(default_factory=dict)
    """Terms of the pieces that were taken apart."""
    counts: dict[tuple[PlaceClass, Role, bool], dict[Any, int]] = field(default_factory=dict)
    """How often pieces stood in the file at hand, by class and role of the place."""
    file: int = -1

    def see(self, file: int, path: str, batch: Batch, wanted: Sequence[int]) -> Iterator[Hit]:
        """Take in those texts of a batch that are wanted, all from one container, and yield what they hit."""
        if file != self.file:
            self.file = file
            self.counts.clear()
        for seeing, positions in self._kinds(path, batch, wanted):
            if seeing.role is Role.FREE and batch.whole:
                yield from seeing.free(positions)
            else:
                yield from seeing.each(positions)

    def _kinds(self, path: str, batch: Batch, wanted: Sequence[int]) -> Iterator[tuple[_Seeing, Sequence[int]]]:
        """Yield the texts that are seen alike: of one role, at places of one class."""
        if batch.roles is None:
            yield _Seeing(self, path, role_of(batch.role), place_class(path, "", batch.role), batch), wanted
            return
        by_name: dict[str, list[int]] = {}
        by_kind: dict[tuple[Role, PlaceClass], list[int]] = defaultdict(list)
        for position in wanted:
            name = batch.roles[position]
            positions = by_name.get(name)
            if positions is None:
                positions = by_name[name] = by_kind[role_of(name), place_class(path, "", name)]
            positions.append(position)
        for (role, found), positions in by_kind.items():
            yield _Seeing(self, path, role, found, batch), positions

    def piece(self, key: object, length: int, made: Callable[..., Iterable[Term]], *given: str) -> Piece:
        """Return the terms of a piece, taken apart now or earlier."""
        piece = self.known.get(key)
        if piece is None:
            pairs = tuple((term, self.index.entry(term)) for term in made(*given))
            piece = Piece(pairs, any(entry.matches for _, entry in pairs))
            if length <= LONGEST_KEPT:
                if len(self.known) >= MOST_KEPT:
                    self.known.clear()
                self.known[key] = piece
        return piece


class _Seeing:
    """The texts of one batch that stand in one role, at places of one class."""

    def __init__(self, comparer: Comparer, path: str, role: Role, found: PlaceClass, batch: Batch) -> None:
        self.comparer = comparer
        self.batch = batch
        self.role = role
        self.running = is_record_of_processes(path)
        self.found = found
        self.where = (comparer.file, found, role)
        self.counts = comparer.counts.setdefault((found, role, batch.whole), {})
        if len(self.counts) > MOST_COUNTED:
            self.counts.clear()

    def each(self, positions: Iterable[int]) -> Iterator[Hit]:
        """See texts as a whole, one by one; of runs of bytes those that may hold something."""
        if not self.batch.whole:
            positions = [at for at in positions if may_hold(self.batch.texts[at])]
        for position in positions:
            text = self.batch.texts[position]
            if self.counts.get(text, 0) <= PER_FILE:
                piece = self._piece(
                    text, (self.role, self.running, self.batch.whole, text), len(text), self._terms, text
                )
                yield from self._take(piece, position)

    def _terms(self, text: str) -> Iterable[Term]:
        return terms_of(text, self.role, raw=not self.batch.whole, running=self.running)

    def _piece(
        self, counted: object, key: object, length: int, made: Callable[..., Iterable[Term]], *given: str
    ) -> Piece:
        """Return the terms of a piece, and count it; of what holds nothing, or in enough places, no more is asked."""
        piece = self.comparer.piece(key, length, made, *given)
        if not piece.hits:
            self.counts[counted] = self.counts.get(counted, 0) + 1 if piece.pairs else PER_FILE + 1
        return piece

    def _take(self, piece: Piece, position: int, *, alone: bool = True) -> Iterator[Hit]:
        comparer = self.comparer
        for term, entry in piece.pairs:
            if entry.takes(self.where):
                place = self.batch.place(position)
                name = self.batch.role_of(position)
                yield from comparer.index.put(entry, term, comparer.file, self.found, name, place, alone=alone)

    def free(self, positions: Sequence[int]) -> Iterator[Hit]:
        """See free texts: their telling words, the names that lines announce, and what is told by a whole text."""
        texts = self.batch.texts
        if self.running:
            single = {at for at in positions if len(texts[at]) <= LONGEST_NAME and len(texts[at].split(None, 1)) == 1}
            yield from self.each(sorted(single))
            positions = [at for at in positions if at not in single]
        lines = _Lines([texts[at] for at in positions])
        whole = {lines.at(offset) for offset in across(lines.data)}
        for offset, length, piece in self._pieces(lines):
            number = lines.at(offset)
            if piece.hits:
                whole.add(number)
            elif number not in whole:
                list(self._take(piece, positions[number], alone=len(lines.texts[number]) - length <= BARE))
        yield from self.each(positions[number] for number in sorted(whole))

    def _pieces(self, lines: _Lines) -> Iterator[tuple[int, int, Piece]]:
        """Yield the pieces that hold terms and do not stand in enough places yet: offset and length of each."""
        data, counts = lines.data, self.counts
        for start, end in words(data):
            word = data[start:end]
            if counts.get(word, 0) <= PER_FILE:
                piece = self._piece(word, word, len(word), terms_of_word, word.decode("utf-8", "replace"))
                yield start, len(word), piece
        for name, start, _ in named_in(data):
            key = b"\n" + name
            if counts.get(key, 0) <= PER_FILE:
                yield start, len(name), self._piece(key, key, len(key), terms_of_name, name.decode("utf-8", "replace"))
        for offset in as_a_whole(data):
            text = lines.texts[lines.at(offset)]
            whole = ("whole", text)
            if counts.get(whole, 0) <= PER_FILE:
                yield offset, len(text), self._piece(whole, whole, len(text), terms_as_a_whole, text)


class _Lines:
    """Texts as lines of bytes."""

    def __init__(self, texts: Sequence[str]) -> None:
        joined = "\n".join(texts)
        self.texts = texts
        if not joined.isascii():
            self.texts = list(map(plain, texts))
            joined = "\n".join(self.texts)
        self.data = joined.encode("utf-8", "replace")
        self._starts: list[int] = []

    def at(self, offset: int) -> int:
        """Return the number of the text that stands at an offset."""
        if not self._starts:
            is_ascii = len(self.data) == sum(map(len, self.texts)) + len(self.texts) - 1
            raw = self.texts if is_ascii else [text.encode("utf-8", "replace") for text in self.texts]
            self._starts = list(accumulate((len(text) + 1 for text in raw), initial=0))
        return bisect_right(self._starts, offset, hi=len(self.texts)) - 1
