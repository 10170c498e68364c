"""The records that say everything about a kind of evidence, without defaults: nothing of a new kind is left out."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mvtcase.kinds.words import EvidenceKind, Opener, Platform, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One MVT command: platform and name as plugin declarations write them, and the part its modules run under.

    `parts` are the nested commands it can start, in MVT's order.
    """

    platform: Platform
    name: str
    part: str
    parts: tuple[str, ...]

    @property
    def line(self) -> str:
        """The command as a person would type it into plain MVT."""
        return f"mvt-{self.platform} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyModule:
    """A module that must have been examined; `reason` says why every phone feeds it, `source` where that is known from.

    `may_be_empty` is True where a healthy phone can give no record at all and nothing else tells that from a loss.
    `stand_in` is another module of the part that reads the same content from another file: one of the two is enough.
    """

    part: str
    slug: str
    reason: str
    source: str
    may_be_empty: bool
    stand_in: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limitation:
    """A sentence on what a kind never carries; it is not printed where one of the modules `unless` read something."""

    text: str
    unless: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Everything about one kind of evidence."""

    name: EvidenceKind
    words: str
    """What reports call it."""
    looks_for: str
    """What a path of this kind is told by, in words."""
    platform: Platform
    command: Command
    opener: Opener
    named_by_manifest: bool
    """Whether the files have hashes for names, and Manifest.db says where on the phone each one lay."""
    links_are_normal: bool
    """Whether links among the files are a property of every phone and no sign of tampering."""
    key_modules: tuple[KeyModule, ...]
    limitations: tuple[Limitation, ...]
    never_whole: str
    """Why this program can never examine all of it, "" where it can."""
    compared_types: frozenset[str]
    """The types of indicators, as MVT names them, that some module compares in it."""
    traces: Mapping[str, Trace]
    """What sort of trace each module holds, by its slug; a module that is not named here holds none."""
    telling: Mapping[str, Trace]
    """Files that must not go unread, as patterns (`fnmatch`, `*` runs over folders too) of their place on the phone."""

    def telling_trace(self, place: str) -> Trace | None:
        """Return what a file at this place would tell, None where it is no telling file."""
        names, others = _ends(tuple(self.telling))
        if place.rpartition("/")[2] not in names and others.match(place) is None:
            return None
        return next((trace for pattern, trace in self.telling.items() if fnmatch.fnmatchcase(place, pattern)), None)

    def limits(self, read: Collection[str]) -> tuple[str, ...]:
        """Return the sentences on what it never carries, but for those that the modules `read` speak against."""
        return tuple(each.text for each in self.limitations if not each.unless & set(read))


@cache
def _ends(patterns: tuple[str, ...]) -> tuple[frozenset[str], re.Pattern[str]]:
    """Return the file names that patterns end in, and one expression for those that end otherwise.

    Nearly every file of a phone tells nothing, and this says so at one look.
    """
    last = {each: each.rpartition("/")[2] for each in patterns}
    others = [each for each, name in last.items() if _WILD.search(name)]
    return frozenset(last.values()), re.compile("|".join(map(fnmatch.translate, others)) or r"(?!)")


_WILD = re.compile(r"[*?\[]")


def key_modules(part: str, source: str, reasons: Mapping[str, str]) -> tuple[KeyModule, ...]:
    """Return key modules that must hold records, by slug, each with why every phone feeds it."""
    return tuple(
        KeyModule(part=part, slug=slug, reason=reason, source=source, may_be_empty=False, stand_in="")
        for slug, reason in reasons.items()
    )


def never(text: str, *unless: str) -> Limitation:
    """Return a limitation, with the modules that would show that it does not hold for this acquisition."""
    return Limitation(text=text, unless=frozenset(unless))


def part_name(command_name: str) -> str:
    """Return the part that the modules of an MVT command run under: `check-intrusion-logs` gives `intrusion_logs`."""
    return command_name.removeprefix("check-").replace("-", "_")
