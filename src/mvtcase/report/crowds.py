"""Numbers that single nobody out: of people who are in no row, no cell of fewer than five, and none by subtraction.

In outside editions exact numbers are given of one thing only, how many people stand at each status, of the people a
report is about and of their groups. Whatever else counts people is given as a band. Cells that are too small are
merged, step by step along `LADDER`; a group whose numbers would tell of few people beside another's is not given apart.
What released reports gave is looked at too: the difference of two reports is a number as well.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mvtcase.errors import ConflictError
from mvtcase.model import Status
from mvtcase.wording import Said, do, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mvtcase.wording import Message

FEWEST_TOGETHER = 5
"""Fewer people than this cannot hide in a number: who knows the others knows them."""
FOUND = frozenset({Status.CONFIRMED, Status.TARGETED, Status.INDICATOR_MATCH, Status.SUSPICIOUS})
"""The statuses at which something was found that is confirmed or is to be reviewed."""
_BANDS: tuple[tuple[int, str], ...] = (
    (5, Said("fewer than 5")),
    (10, Said("5 to 9")),
    (20, Said("10 to 19")),
    (50, Said("20 to 49")),
    (100, Said("50 to 99")),
)
_BOUNDS = (0, 1, *(bound for bound, _ in _BANDS))
_MOST, _ENOUGH, SOME = Said("100 or more"), Said("5 or more"), Said("some")

_MATCH = (Status.CONFIRMED, Status.TARGETED, Status.INDICATOR_MATCH)
_NOTHING = (Status.INCONCLUSIVE, Status.NO_TRACE)
_FOUND = (*_MATCH, Status.SUSPICIOUS)
LADDER: tuple[tuple[tuple[Status, ...], ...], ...] = (
    tuple((each,) for each in Status),
    (_MATCH, (Status.SUSPICIOUS,), (Status.INCONCLUSIVE,), (Status.NO_TRACE,), (Status.NOT_EXAMINED,)),
    (_MATCH, (Status.SUSPICIOUS,), _NOTHING, (Status.NOT_EXAMINED,)),
    (_FOUND, _NOTHING, (Status.NOT_EXAMINED,)),
    ((*_FOUND, *_NOTHING), (Status.NOT_EXAMINED,)),
    (tuple(Status),),
)
"""How statuses are merged, finest first; each rung merges cells of the one before."""
EXAMINED, TOTAL = 4, 5
"""The rungs that tell no more than who was examined, and no more than how many people there are."""


def band(number: int) -> int | str:
    """Return a number of people or things that may be told outside: nought as it is, others as a span."""
    return next((words for bound, words in _BANDS if number < bound), _MOST) if number else 0


def parts(numbers: Sequence[int], seen: Sequence[int]) -> tuple[int | str, ...]:
    """Return how many are in each part of a whole whose number is known, as bands; `seen` of each part are in rows.

    Six people of whom "5 to 9" did one thing and "fewer than 5" the other are five and one: where bands leave a few
    people in no row only one number, every part is a span as wide as the whole.
    """
    hidden = [number - rows for number, rows in zip(numbers, seen, strict=True)]
    everybody = sum(hidden)
    spans = [_span(number, rows, everybody) for number, rows in zip(numbers, seen, strict=True)]
    fewest, most = sum(low for low, _ in spans), sum(high for _, high in spans)
    pinned = any(
        0 < each < FEWEST_TOGETHER and max(low, everybody - most + high) == min(high, everybody - fewest + low)
        for each, (low, high) in zip(hidden, spans, strict=True)
    )
    if not pinned:
        return tuple(map(band, numbers))
    return tuple(
        f"{max(1, rows)}–{rows + everybody}" if number else 0 for number, rows in zip(numbers, seen, strict=True)
    )


def _span(number: int, seen: int, everybody: int) -> tuple[int, int]:
    """Return the fewest and the most people in no row that a band leaves beside those in rows."""
    high = next((bound - 1 for bound in _BOUNDS if bound > number), seen + everybody)
    return max(0, least(number) - seen), min(high - seen, everybody)


def least(number: int) -> int:
    """Return the least number of the band that a number is in: what is in order by it tells no more than the bands."""
    return max(bound for bound in _BOUNDS if bound <= number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one report gave of one population: `key` is a group's id or empty for the case; people as they are now.

    `rows` are those of them who had a row in it, each with the status of then.
    """

    report: str
    key: str
    rung: int
    counts: tuple[int, ...]
    people: frozenset[str] = field(repr=False)
    rows: Mapping[str, Status] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """How many people stand at one of some statuses."""

    statuses: tuple[Status, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The numbers of one population at a rung of the ladder."""

    key: str
    rung: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Everybody's status, the sets of people within whom nobody may stand out, and what was given before."""

    statuses: Mapping[str, Status]
    hiding: tuple[frozenset[str], ...]
    before: tuple[Given, ...] = ()

    def counted(self, key: str, people: frozenset[str], rung: int) -> Counted:
        """Return a population's numbers at a rung."""
        return Counted(
            key=key,
            rung=rung,
            cells=tuple(Cell(statuses=each, count=self._count(people, each)) for each in LADDER[rung]),
        )

    def rung(self, people: frozenset[str]) -> int:
        """Return the finest rung on which a report about these people gives nobody away.

        Raises `ConflictError` where none does, or where merging would hide a match among few.
        """
        hidden = min(filter(None, (len(people & each) for each in self.hiding)), default=0)
        if 0 < hidden < FEWEST_TOGETHER:
            raise _too_few(hidden, len(people))
        for rung in range(TOTAL + 1):
            if self._clear(people, rung) and not self._misleads(people, rung):
                return rung
        raise _too_few(None, len(people))

    def groups(self, groups: Mapping[str, frozenset[str]], scope: frozenset[str], first: int) -> dict[str, int]:
        """Return the groups that can be given apart, each with its rung: as many as can be, as finely as they can."""
        options = [self._apart(groups, scope, rung) for rung in range(first, EXAMINED + 1)]
        best = max(options, key=len, default=())
        rung = first + options.index(best) if best else first
        return dict.fromkeys(best, rung)

    def found(self, people: frozenset[str]) -> int | str:
        """Return how many of some people have a finding that awaits or passed review, as a band of few or more."""
        number = self._count(people, _FOUND)
        if number == 0:
            return 0
        return band(1) if number < FEWEST_TOGETHER else _ENOUGH

    def _apart(self, groups: Mapping[str, frozenset[str]], scope: frozenset[str], rung: int) -> tuple[str, ...]:
        accepted: dict[str, frozenset[str]] = {}
        for key, people in sorted(groups.items(), key=lambda one: (-len(one[1]), one[0])):
            others = (scope, *accepted.values())
            if people == scope or (
                self._clear(people, rung, others) and all(self._alone(each, rung) for each in _regions(people, others))
            ):
                accepted[key] = people
        return tuple(key for key in groups if key in accepted)

    def _clear(self, people: frozenset[str], rung: int, beside: Sequence[frozenset[str]] = ()) -> bool:
        """Return whether a population's numbers tell of nobody, alone and beside what was given before.

        `beside` are populations whose numbers the same report gives.
        """
        if not self._alone(people, rung):
            return False
        for each in self.before:
            common = max(rung, each.rung)
            # What moved by enough in each of two cells can have moved by too few in both together.
            if any(self._has_moved(people, each, level) for level in range(common, TOTAL)):
                return False
            if not all(self._alone(region, common) for region in _regions(people, (each.people,))):
                return False
        return all(
            self._alone(region, level)
            for level in {rung, *(each.rung for each in self.before if each.rung > rung)}
            for region in _left(people, (*beside, *(each.people for each in self.before if each.rung <= level)))
        )

    def _has_moved(self, people: frozenset[str], before: Given, rung: int) -> bool:
        """Return whether numbers differ from those given of the same people, or of more or fewer, by too few.

        Who joined, left or changed the status since then is in that difference; whom rows show is taken out of it.
        """
        if not (people <= before.people or before.people <= people):
            return False
        then = merged(before, rung)
        return not all(
            self._tells_of_nobody(people, before, each, statuses, count)
            for statuses, count in zip(LADDER[rung], then, strict=True)
            for each in self.hiding
        )

    def _tells_of_nobody(
        self, people: frozenset[str], before: Given, hiding: frozenset[str], statuses: Sequence[Status], then: int
    ) -> bool:
        """Return whether a number and that of before differ by none or enough of those who are in no row.

        Rows tell who joined and left; where the rows of then are known, they tell of those too who changed the status.
        """
        now = self._count(people, statuses)
        if _is_enough(max(0, abs(now - then) - self._count((people ^ before.people) - hiding, statuses))):
            return True
        if (people & before.people) - hiding != before.rows.keys() & people:
            return False  # whoever was shown in one of both alone is in the difference
        seen = sum(status in statuses for status in before.rows.values())
        return _is_enough(abs(self._count(people & hiding, statuses) - (then - seen)))

    def _alone(self, region: frozenset[str], rung: int) -> bool:
        """Return whether every cell of a region is empty or holds enough people."""
        return all(
            _is_enough(self._count(region & each, statuses)) for each in self.hiding for statuses in LADDER[rung]
        ) and all(_is_enough(len(region & each)) for each in self.hiding)

    def _misleads(self, people: frozenset[str], rung: int) -> bool:
        """Return whether a rung hides a match among so few that its absence, or its bearer, could be guessed."""
        if rung < EXAMINED or not self._count(people, _FOUND):
            return False
        examined = (*_FOUND, *_NOTHING)
        among = min((self._count(people & each, examined) for each in self.hiding if people & each), default=0)
        return rung == TOTAL or among < 2 * FEWEST_TOGETHER - 1

    def _count(self, people: Iterable[str], statuses: Sequence[Status]) -> int:
        tally = Counter(self.statuses[each] for each in people)
        return sum(tally[each] for each in statuses)


def _regions(people: frozenset[str], others: Sequence[frozenset[str]]) -> Iterator[frozenset[str]]:
    """Yield whom the numbers of some people tell of beside those of each other population: differences, overlaps."""
    yield people
    for other in others:
        yield from (people - other, other - people, people & other)


def _left(people: frozenset[str], others: Sequence[frozenset[str]]) -> Iterator[frozenset[str]]:
    """Yield who is left of a whole less all its parts, where some people are the whole or one of the parts."""
    every = (people, *others)
    for whole in every:
        if people <= whole:
            yield whole - frozenset[str]().union(*(each for each in every if each < whole))


def _is_enough(number: int) -> bool:
    return number == 0 or number >= FEWEST_TOGETHER


def merged(given: Given, rung: int) -> tuple[int, ...]:
    """Return the numbers of an earlier report merged to a coarser rung."""
    cells = dict(zip(LADDER[given.rung], given.counts, strict=True))
    return tuple(sum(cells[each] for each in cells if set(each) <= set(statuses)) for statuses in LADDER[rung])


def _too_few(hidden: int | None, everybody: int) -> ConflictError:
    """Return why an outside edition cannot be written: few people are in no row, or few stand apart by status."""
    who = (
        say("people in no row: {few} of {all}", few=hidden, all=everybody)
        if hidden
        else say("of {all} in all some stand apart by their status", all=everybody)
    )
    return ConflictError(
        "This would single people out ({who}). Fewer than {fewest} cannot hide in its numbers, alone or beside a "
        "released report, and leaving them out would make the numbers untrue.",
        hint=say(
            "With their agreement, {0} changes that; else write about a larger group, or {1} for the case team.",
            do("official set", "OFFICIAL", publication="role"),
            do(edition="internal"),
        ),
        who=who,
        fewest=FEWEST_TOGETHER,
    )


def merged_words(statuses: Sequence[Status], words: Mapping[Status, str]) -> Message | str:
    """Return what a cell of several statuses is called."""
    if len(statuses) == 1:
        return words[statuses[0]]
    return _MERGED[tuple(statuses)]


_MERGED: Mapping[tuple[Status, ...], Message] = {
    _MATCH: say("a published indicator was found, or more was confirmed"),
    _NOTHING: say("examined, without such a finding; for part of them no statement is possible"),
    _FOUND: say("a published indicator or something unusual was found"),
    (*_FOUND, *_NOTHING): say("examined"),
    tuple(Status): say("on the roster"),
}
