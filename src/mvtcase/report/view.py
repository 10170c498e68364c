"""What one report may look at: the case, narrowed to its scope and to those whose publication level lets them in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from mvtcase.findings.ratings import rule_named
from mvtcase.model import Publication
from mvtcase.report import sentences
from mvtcase.report.crowds import SOME, Crowd, band
from mvtcase.report.crowds import parts as parts_of
from mvtcase.report.facts import Life
from mvtcase.report.publication import (
    UNATTRIBUTED,
    Edition,
    Veil,
    can_be_clicked,
    face_of,
    shown_indicator,
)
from mvtcase.wording import ENGLISH, say, translator

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mvtcase.casebook import Casebook, DeviceStanding, OfficialStanding
    from mvtcase.model import (
        EvidenceClass,
        Finding,
        Group,
        IndicatorRef,
        IndicatorSet,
        Observation,
        Official,
        Scan,
    )
    from mvtcase.report.crowds import Given
    from mvtcase.report.facts import Shown
    from mvtcase.report.publication import Face
    from mvtcase.settings import HelpLine
    from mvtcase.wording import Message


SHORT, SENTENCE, LONG = 80, 240, 700
"""How long texts may be: of a name or a cell of a table, and of a paragraph."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Which report is written, when and by whom; `events` is the length of the custody chain; no target: the case.

    `head` is the chain's newest digest then, empty for that of the case as it is; `before` is what released reports
    gave in numbers, `shown_before` whom those on one person were about; `allowed` are findings and observations whose
    own texts may leave the case team; times of our clock are shown in `time_zone`.
    """

    report: str
    kind: str
    written_at: str
    examiner: str
    organisation: str = ""
    contact: str = ""
    edition: Edition = Edition.OUTSIDE
    events: int = 0
    group: Group | None = None
    official: Official | None = None
    device: str = ""
    language: str = ENGLISH
    time_zone: str = "UTC"
    head: str = ""
    life: Life = field(default_factory=Life)
    before: tuple[Given, ...] = ()
    shown_before: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()
    help_lines: tuple[HelpLine, ...] = ()
    lessons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLink:
    """What officials in this report share, as the caller found it among those whom the report may look at."""

    kind: str
    meaning: str
    value: str
    officials: tuple[str, ...]
    findings: int
    first: str | None = None
    last: str | None = None


@dataclass(frozen=True, kw_only=True)  # without slots: what is asked for many times is kept
class View:
    """The part of a case that one report is about; `shown` is everybody in it, `faces` those who may have a row."""

    book: Casebook
    occasion: Occasion
    shown: tuple[OfficialStanding, ...]
    faces: Mapping[str, Face] = field(repr=False)
    veil: Veil = field(repr=False)
    tells_total_only: bool = False
    """Whether so few people stand apart that no number but that of all of them may be told."""

    @cached_property
    def rows(self) -> tuple[OfficialStanding, ...]:
        """The officials who may have a row of their own."""
        return tuple(one for one in self.shown if one.official.id in self.faces)

    @property
    def counted_only(self) -> tuple[OfficialStanding, ...]:
        """The officials who are in the counts and in no row."""
        return tuple(one for one in self.shown if one.official.id not in self.faces)

    @cached_property
    def devices(self) -> tuple[DeviceStanding, ...]:
        """The devices of everybody shown."""
        return tuple(each for one in self.shown for each in one.devices)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of everybody shown, worst level first."""
        inside = {one.official.id for one in self.shown}
        return tuple(each for each in self.book.findings if each.official in inside)

    @cached_property
    def told_apart(self) -> tuple[Finding, ...]:
        """The findings that stand in rows of a report: those of people who may have a row."""
        return tuple(each for each in self.findings if each.official in self.faces)

    @property
    def is_outside(self) -> bool:
        """Whether numbers of people must single nobody out."""
        return self.occasion.edition is Edition.OUTSIDE

    @property
    def shows_texts(self) -> bool:
        """Whether texts out of the evidence and of examiners may stand here as they are."""
        return self.occasion.edition is Edition.INTERNAL

    def number(self, number: int) -> Shown:
        """Return a number of people or things as this edition may tell it."""
        if self.tells_total_only and number:
            return SOME
        return band(number) if self.is_outside else number

    def parts(self, *parts: Collection[OfficialStanding]) -> tuple[Shown, ...]:
        """Return how many people are in each part of a whole whose number is told."""
        rows = [sum(self.has_row(one.official.id) for one in each) for each in parts]
        return self.split([len(each) for each in parts], rows)

    def split(self, numbers: Sequence[int], rows: Sequence[int]) -> tuple[Shown, ...]:
        """Return the numbers of the parts of a whole; `rows` of each part can be told from rows."""
        if self.tells_total_only or not self.is_outside:
            return tuple(map(self.number, numbers))
        return parts_of(numbers, rows)

    def part(self, those: Collection[OfficialStanding], of: Iterable[OfficialStanding]) -> Shown:
        """Return how many people are a part of others, whose number is told."""
        inside = {one.official.id for one in those}
        return self.parts(those, [one for one in of if one.official.id not in inside])[0]

    def crowd(self, *, rows: bool = True) -> Crowd:
        """Return among whom nobody may stand out; without `rows` nobody is visible in this report."""
        everybody = {one.official.id: one for one in self.book.officials}
        hidden = frozenset(key for key, one in everybody.items() if face_of(one.official) is None)
        # Who had a row in a released report hides nobody: whoever has that report takes the person out of a number.
        told = self.occasion.shown_before.union(*(each.rows for each in self.occasion.before))
        hiding = dict.fromkeys((hidden, hidden - told) if rows else (hidden, hidden - told, frozenset(everybody)))
        return Crowd(
            statuses={key: one.status for key, one in everybody.items()},
            hiding=tuple(hiding) if self.is_outside else (),
            before=self.occasion.before if self.is_outside else (),
        )

    def text(self, item: str, value: str, *, limit: int = SHORT) -> str:
        """Return a text out of the evidence, or of an examiner, where it may stand; empty elsewhere."""
        may = self.shows_texts or item in self.occasion.allowed
        return self.veil.text(value, limit=limit) if may else ""

    def title(self, one: Finding, *, told: Message | None = None, limit: int = LONG) -> str:
        """Return what a finding is about: its own words where they may stand, else its class with indicator or rule.

        What is `told` stands for its own words, which are English, where somebody reads the report's language.
        """
        own = self.text(one.id, self.word(told) if told else one.title, limit=limit)
        return own or _without_own_words(
            self.occasion.language, one.evidence_class, one.indicator, one.rule.partition(" ")[0], one.module
        )

    @cached_property
    def observations(self) -> tuple[Observation, ...]:
        """The observations of everybody who may have a row."""
        inside = {one.official.id for one in self.rows}
        return tuple(each for each in self.book.observations if each.official in inside)

    @cached_property
    def scans(self) -> tuple[Scan, ...]:
        """The latest finished scan of each acquisition of everybody shown, and the rechecks of those devices."""
        latest = {scan.id for device in self.devices for scan in device.latest}
        inside = {device.device.id for device in self.devices}
        return tuple(
            scan
            for scan in self.book.scans
            if scan.id in latest or (scan.recheck_of and scan.device in inside and scan.finished_at)
        )

    @cached_property
    def sets(self) -> dict[str, IndicatorSet]:
        """The indicator sets of those scans by name, the last used version of each."""
        return {used.name: used for scan in self.scans for used in scan.sets}

    def told(self, said: Iterable[str | Message]) -> tuple[str, ...]:
        """Return sentences and reasons in the language of the report."""
        return tuple(map(translator(self.occasion.language).word, said))

    def word(self, said: str | Message) -> str:
        """Return one sentence in the language of the report."""
        return translator(self.occasion.language).word(said)

    def who(self, official: str) -> str:
        """Return how an official is called here."""
        face = self.faces.get(official)
        return face.who if face else self.word(UNATTRIBUTED)

    def has_row(self, official: str) -> bool:
        """Return whether an official may have a row."""
        return official in self.faces


def view_of(book: Casebook, occasion: Occasion, *, rows: bool = True) -> View:
    """Return what a report on this occasion may look at: everybody in its scope is in the numbers.

    Without `rows` nobody is in a row, whatever the publication levels.
    """
    if occasion.edition is not Edition.OUTSIDE:
        book = replace(book, officials=tuple(map(_named, book.officials)))
    shown = book.members(occasion.group.id) if occasion.group else book.officials
    if occasion.official:
        shown = tuple(one for one in shown if one.official.id == occasion.official.id)
    if occasion.device:
        shown = tuple(replace(one, devices=_only(one, occasion.device)) for one in shown)
        book = replace(book, findings=tuple(each for each in book.findings if each.device == occasion.device))
    return View(
        book=book,
        occasion=occasion,
        shown=shown,
        faces={one.official.id: face for one in shown if rows and (face := face_of(one.official))},
        veil=Veil(
            book.officials if rows else map(_nobody, book.officials),
            (ref.value for each in book.findings if (ref := each.indicator) and can_be_clicked(ref.type)),
            unclickable=(ref.value for each in book.findings if (ref := each.indicator)),
            covers=occasion.edition is not Edition.INTERNAL,
        ),
    )


@lru_cache(maxsize=4096)  # ten thousand findings are of few sorts
def _without_own_words(
    language: str, evidence_class: EvidenceClass, indicator: IndicatorRef | None, rule: str, module: str
) -> str:
    word, record = translator(language).word, rule_named(rule)
    kind = word(record.says) if record else module
    told = shown_indicator(indicator.value, indicator.type) if indicator else kind
    return word(say("{kind}: {what}", kind=sentences.CLASS_NAME[evidence_class], what=told))


def _only(one: OfficialStanding, device: str) -> tuple[DeviceStanding, ...]:
    return tuple(each for each in one.devices if each.device.id == device)


def _nobody(one: OfficialStanding) -> OfficialStanding:
    return replace(one, official=replace(one.official, publication=Publication.WITHHELD))


def _named(one: OfficialStanding) -> OfficialStanding:
    return replace(one, official=replace(one.official, publication=Publication.NAMED))
