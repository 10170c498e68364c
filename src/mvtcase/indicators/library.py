"""The library of a workspace: the sets that come with mvtcase and the imported ones, in all their versions."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from mvtcase.canon import canonical_json, digest, kept_beside, sha256_bytes, timestamp, utc_now
from mvtcase.errors import (
    AmbiguousError,
    ConflictError,
    IndicatorError,
    IndicatorFileError,
    IndicatorSetMissingError,
    NoUsableIndicatorError,
)
from mvtcase.files import write_atomically
from mvtcase.indicators.catalog import builtin_folder, load_catalog
from mvtcase.indicators.files import read_bytes, read_set
from mvtcase.indicators.passport import Details, make_passport, passport_from_json
from mvtcase.indicators.verdicts import shortened
from mvtcase.indicators.versions import VersionStore, safe_file_name, set_name
from mvtcase.wording import Message, do, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mvtcase.canon import Clock
    from mvtcase.indicators import packs
    from mvtcase.indicators.compiling import CompiledSets
    from mvtcase.indicators.ledger import Reading
    from mvtcase.indicators.passport import Passport
    from mvtcase.model import IndicatorSet
    from mvtcase.wording import Message

CHECKED = "checked.json"
OUTDATED_DAYS = 90
NEW, UNCHANGED, NEW_VERSION = "new", "unchanged", "new_version"

Value = tuple[str, str]
"""The type and the value of one indicator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintReport:
    """What a file holds, imported or not: its passport when it can be read, and what keeps it from being imported."""

    path: Path
    problems: tuple[str, ...] = ()
    hint: Message | None = None
    passport: Passport | None = None

    @property
    def importable(self) -> bool:
        """Whether `import_file` would take the file."""
        return not self.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOutcome:
    """What an import did: `state` is `new`, `unchanged` or `new_version`; what the version before held more or less."""

    passport: Passport
    state: str
    added: tuple[Value, ...] = ()
    removed: tuple[Value, ...] = ()


class IndicatorLibrary:
    """The indicator sets over an `iocs` folder, the built-in ones among them; nothing is written before an import."""

    def __init__(self, folder: Path, *, clock: Clock = utc_now, builtin: Path | None = None) -> None:
        self.folder = folder
        self._clock = clock
        self._builtin_folder = builtin or builtin_folder()
        self._versions = VersionStore(folder)
        self._builtin: dict[str, Passport] | None = None

    def names(self) -> tuple[str, ...]:
        """Return the names of all sets: the built-in ones first, then the imported ones in order."""
        built_in = self._built_in()
        return (*built_in, *(name for name in self._versions.names() if name not in built_in))

    def list_sets(self) -> tuple[Passport, ...]:
        """Return the passport of the latest version of every set. Raises `IndicatorFileError` when one is damaged."""
        return tuple(versions[-1] for name in self.names() if (versions := self.versions(name)))

    def versions(self, name: str) -> tuple[Passport, ...]:
        """Return the passports of all versions of a set, the latest last; none when there is no such set."""
        return self._with_built_in(name, self._versions.of(name))

    def _with_built_in(self, name: str, kept: tuple[Passport, ...]) -> tuple[Passport, ...]:
        built_in = self._built_in().get(name)
        if built_in is None:
            return kept
        # What an earlier release brought stays for the scans that used it. What this one brings is the latest until a
        # later publication was imported.
        others = tuple(each for each in kept if each.sha256 != built_in.sha256)
        overtaken = any((each.published_at or "") >= (built_in.published_at or "0") for each in others)
        return (built_in, *others) if overtaken else (*others, built_in)

    def get(self, name: str, sha256_prefix: str | None = None) -> Passport:
        """Return the latest version of a set, or the one whose SHA-256 begins so.

        Raises `IndicatorSetMissingError`, or `AmbiguousError` when several versions begin so.
        """
        versions = self.versions(name)
        fitting = [each for each in versions if each.sha256.startswith((sha256_prefix or "").lower())]
        if not fitting:
            which = f"{name} of version {sha256_prefix}" if versions else name
            raise IndicatorSetMissingError("There is no indicator set {which}.", which=which)
        if sha256_prefix and len(fitting) > 1:
            raise AmbiguousError(
                "Several versions of {name} begin with {sha256_prefix}.", name=name, sha256_prefix=sha256_prefix
            )
        return fitting[-1]

    def active(self, names: Sequence[str] = ()) -> tuple[Passport, ...]:
        """Return the sets named (`NAME` or `NAME@SHA256-PREFIX`) in that order, or the latest of all not switched off.

        The order is part of the meaning: where two sets hold a value, it decides which one a match names. Raises
        `IndicatorSetMissingError`.
        """
        if not names:
            off = self.disabled()
            return tuple(each for each in self.list_sets() if each.name not in off)
        chosen: dict[tuple[str, str], Passport] = {}
        for text in names:
            name, _, prefix = text.partition("@")
            passport = self.get(name, prefix or None)
            chosen.setdefault((passport.name, passport.sha256), passport)
        return tuple(chosen.values())

    def disabled(self) -> frozenset[str]:
        """Return the names of the sets that are switched off, which a scan leaves out unless it names them."""
        path = self._switches()
        if not path.is_file():
            return frozenset()
        try:
            return frozenset(json.loads(read_bytes(path))["off"])
        except (ValueError, KeyError, TypeError) as error:
            raise IndicatorFileError(
                "{path} cannot be read.", hint="Remove it: all sets are then on.", path=path
            ) from error

    def switch(self, name: str, *, on: bool) -> None:
        """Switch a set on or off for scans that name none. Raises `IndicatorSetMissingError`."""
        self.get(name)
        off = self.disabled() - {name} if on else self.disabled() | {name}
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self._switches(), canonical_json({"off": sorted(off)}).encode("ascii"))

    def note_checked(self, name: str) -> None:
        """Note that a set is what its publisher has today."""
        days = {**self._checked(), name: timestamp(self._clock())[:10]}
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self.folder / CHECKED, canonical_json(days).encode("ascii"))

    def as_of(self, passport: Passport) -> str:
        """Return the day as of which a set's version is what its publisher had, empty where nothing says so."""
        days = (self._checked().get(passport.name), passport.as_of or passport.imported_at, passport.published_at)
        return next((each[:10] for each in days if each), "")

    def outdated(self, today: str) -> dict[str, str]:
        """Return the active sets that were not compared with their publisher's for long, each with its day."""
        limit = (date.fromisoformat(today) - timedelta(days=OUTDATED_DAYS)).isoformat()
        days = {each.name: self.as_of(each) for each in self.active()}
        return {name: day for name, day in sorted(days.items(), key=itemgetter(1)) if day and day < limit}

    def _checked(self) -> dict[str, str]:
        with suppress(IndicatorFileError, ValueError, AttributeError):
            held = json.loads(read_bytes(self.folder / CHECKED))
            return {str(name): str(day) for name, day in held.items()}
        return {}

    def reading(self, passport: Passport) -> Reading:
        """Return the account of a version: its collections and every indicator. Raises `IndicatorFileError`."""
        return read_set(self.data(passport), passport.file_name, kind=passport.kind, family=passport.family)

    def data(self, passport: Passport) -> bytes:
        """Return a version's bytes as they came. Raises `IndicatorFileError` when they are others now."""
        if not passport.built_in:
            return self._versions.data(passport)
        data = read_bytes(self._builtin_folder / passport.file_name)
        if sha256_bytes(data) != passport.sha256:
            raise IndicatorFileError(
                "The built-in indicator set {passport} changed while it was read.", passport=passport.name
            )
        return data

    def is_altered(self, name: str, sha256: str) -> bool:
        """Tell whether a copy of a set's version, the built-in one or one that is kept here, has other bytes by now."""
        try:
            for each in (each for each in self._versions.of(name) if each.sha256 == sha256):
                self._versions.data(each)
            if (built_in := self._built_in().get(name)) and built_in.sha256 == sha256:
                self.data(built_in)
        except (IndicatorError, OSError):
            return True
        return False

    def lint(self, path: Path, kind: str | None = None) -> LintReport:
        """Return what a file holds and what keeps it from being imported; content never makes it raise.

        Raises `InputError` when `kind` is no type of indicator.
        """
        from mvtcase.indicators.known import completed  # noqa: PLC0415  # most verbs import no set

        try:
            data = read_bytes(path)
            reading = read_set(data, path.name, kind=kind)
        except IndicatorError as error:
            return LintReport(path=path, problems=(str(error),), hint=error.hint)
        details = completed(Details(), sha256_bytes(data))
        passport = make_passport(shortened(path.stem), path.name, data, reading, details)
        problems = () if reading.usable else (_none_usable(path.name, reading),)
        return LintReport(path=path, problems=problems, passport=passport)

    def import_file(
        self, path: Path, *, name: str | None = None, kind: str | None = None, details: Details | None = None
    ) -> ImportOutcome:
        """Import a file as a set, or as a new version of the set of that name; all of it or nothing.

        `kind` is the type of all values of a plain list. Under the name of a built-in set it is a version of that set.
        Raises `IndicatorFileError`, `NoUsableIndicatorError`, `InputError`, `ConflictError`.
        """
        data = read_bytes(path)
        return self.import_bytes(data, path.name, name=name or self._name_of(path, data), kind=kind, details=details)

    def _name_of(self, path: Path, data: bytes) -> str:
        """Return the name of a file's set: of a published one its set's, and never one that several reports share."""
        from mvtcase.indicators.known import known_file  # noqa: PLC0415  # most verbs import no set
        from mvtcase.indicators.types import is_common_stem  # noqa: PLC0415  # as above

        known = known_file(sha256_bytes(data))
        if known is not None:
            url = known.details.source_url
            built_in = next((each.name for each in self._built_in().values() if each.source_url == url), "")
            if built_in:
                return built_in
        if not is_common_stem(path.stem):
            return path.stem
        folder = known.folder or known.repository if known is not None else path.resolve().parent.as_posix()
        telling = [part for part in folder.split("/") if part and not is_common_stem(part)]
        return f"{telling[-1] if telling else folder}-{path.stem}"

    def import_bytes(
        self, data: bytes, file_name: str, *, name: str, kind: str | None = None, details: Details | None = None
    ) -> ImportOutcome:
        """Import a set's bytes; see `import_file`."""
        from mvtcase.indicators.known import completed  # noqa: PLC0415  # most verbs import no set

        name, file_name = set_name(name), safe_file_name(file_name)
        details = completed(details or Details(), sha256_bytes(data))
        reading = read_set(data, file_name, kind=kind, family=details.family)
        if not reading.usable:
            raise NoUsableIndicatorError(_none_usable(file_name, reading), hint=_reasons(reading))
        passport = replace(make_passport(name, file_name, data, reading, details), kind=kind)
        return self._keep(passport, data, reading)

    def import_pack(self, path: Path) -> tuple[ImportOutcome, ...]:
        """Import every set of a pack that this library has not; nothing when one of them is damaged.

        Raises `IndicatorFileError`.
        """
        from mvtcase.indicators import packs  # noqa: PLC0415  # most verbs read no pack

        return tuple(self._import_packed(each) for each in packs.read_pack(path))

    def pack(self, path: Path, *, with_embargoed: bool = False) -> tuple[Passport, ...]:
        """Write all sets, each in its latest version, into one file with their hashes, and return what is in it.

        Embargoed sets stay behind unless asked for.
        """
        from mvtcase.indicators import packs  # noqa: PLC0415  # most verbs write no pack

        passports = tuple(each for each in self.list_sets() if with_embargoed or not each.embargoed)
        packs.write_pack(path, [(each, self.data(each)) for each in passports])
        return passports

    def compile(self, passports: Sequence[Passport]) -> CompiledSets:
        """Return the sets compiled for the worker, in this order; safe with other processes doing the same.

        Raises `IndicatorFileError` when a set is no longer what its passport says, `NoUsableIndicatorError` when none
        is given.
        """
        if not passports:
            raise NoUsableIndicatorError("No indicator set was chosen: a scan would compare with nothing.")
        from mvtcase.indicators.compiling import compile_sets  # noqa: PLC0415  # most verbs compare nothing

        compiled = compile_sets(passports, self.reading, self.folder / ".compiled")
        for passport in passports:
            if passport.built_in:
                self._keep_built_in(passport)
        return compiled

    def staleness(self, used: IndicatorSet) -> Passport | None:
        """Return the latest version of a set when a scan used an earlier one, None when it is up to date.

        A version that this library does not know is taken for newer only when it was published later.
        """
        versions = self.versions(used.name)
        if not versions or versions[-1].sha256 == used.sha256:
            return None
        latest = versions[-1]
        known = any(each.sha256 == used.sha256 for each in versions)
        later = bool(used.published_at and latest.published_at and used.published_at > latest.published_at)
        return None if later and not known else latest

    def _keep(self, passport: Passport, data: bytes, reading: Reading) -> ImportOutcome:
        kept = self._versions.whole(passport.name)
        versions = self._with_built_in(passport.name, kept)
        same = next((each for each in versions if each.sha256 == passport.sha256), None)
        if same is not None:
            return ImportOutcome(passport=self._described_anew(same, passport), state=UNCHANGED)
        number = max((each.number for each in kept), default=0) + 1
        passport = replace(passport, number=number, imported_at=timestamp(self._clock()))
        self._versions.add(passport, data)
        before = _values(self.reading(versions[-1])) if versions else frozenset()
        after = _values(reading)
        return ImportOutcome(
            passport=passport,
            state=NEW_VERSION if versions else NEW,
            added=tuple(sorted(after - before)),
            removed=tuple(sorted(before - after)),
        )

    def _described_anew(self, kept: Passport, given: Passport) -> Passport:
        """Return a version of the same bytes with what was said of it now: a set must be put under embargo later too.

        Raises `ConflictError` when it shall be read otherwise than it was, which makes other indicators of it.
        """
        if kept.built_in:
            return kept
        if (kept.kind, kept.family) != (given.kind, given.family):
            raise ConflictError(
                "{name} holds these bytes already, read with another type or family.",
                hint=say("Import them under another name with {0}.", do(name="NAME")),
                name=kept.name,
            )
        told = {key: getattr(given, key) or getattr(kept, key) for key in ("publisher", "source_url", "licence", "tlp")}
        described = replace(kept, **told)
        if described != kept:
            self._versions.describe(described)
        return described

    def _keep_built_in(self, passport: Passport) -> None:
        """Keep a built-in set that a scan uses: the next release of mvtcase brings another one in its place."""
        kept = self._versions.whole(passport.name)
        if all(each.sha256 != passport.sha256 for each in kept):
            copy = replace(passport, built_in=False, number=len(kept) + 1, imported_at=timestamp(self._clock()))
            self._versions.add(copy, self.data(passport))

    def _import_packed(self, packed: packs.PackedSet) -> ImportOutcome:
        described = packed.passport
        return self.import_bytes(
            packed.data,
            described.file_name,
            name=described.name,
            kind=described.kind,
            details=described.details,
        )

    def _built_in(self) -> dict[str, Passport]:
        if self._builtin is None:
            catalog = self._builtin_folder / "catalog.toml"
            sources = load_catalog(catalog).built_in
            files = [catalog, *(self._builtin_folder / each.file for each in sources)]
            found = [each.stat() for each in files if each.is_file()]
            stamp = tuple((each.st_ino, each.st_mtime_ns, each.st_size) for each in found)
            self._builtin = dict(_passports_of(self._builtin_folder, stamp))
        return self._builtin

    def _switches(self) -> Path:
        return self.folder / "disabled.json"


@lru_cache(maxsize=4)
def _passports_of(folder: Path, stamp: tuple[tuple[int, int, int], ...]) -> tuple[tuple[str, Passport], ...]:
    """Return the passports of the sets in a folder; read anew only when a file there, or a reader, is another one."""
    readers = sorted((each.name, each.stat().st_mtime_ns) for each in Path(__file__).parent.glob("*.py"))
    made = kept_beside(folder / "catalog.toml", digest([stamp, readers])[:16], lambda: _packed(folder), _unpacked)
    return tuple((each.name, each) for each in made)


def _packed(folder: Path) -> bytes:
    made = []
    for source in load_catalog(folder / "catalog.toml").built_in:
        data = read_bytes(folder / source.file)
        passport = make_passport(source.name, source.file, data, read_set(data, source.file), source.details)
        made.append(replace(passport, built_in=True).to_json())
    return json.dumps(made).encode()


def _unpacked(kept: bytes) -> tuple[Passport, ...]:
    return tuple(map(passport_from_json, json.loads(kept)))


def _values(reading: Reading) -> frozenset[Value]:
    return frozenset(
        (kind, value) for each in reading.collections for kind, values in each.values.items() for value in values
    )


def _none_usable(file_name: str, reading: Reading) -> str:
    if not reading.in_file:
        return f"{file_name} holds no indicator."
    return f"{file_name} holds {reading.in_file} entries, and none can be compared."


def _reasons(reading: Reading) -> str:
    reasons = dict.fromkeys(each.reason for each in reading.unusable)
    return "; ".join(list(reasons)[:5])
