"""The passport of an indicator set: where it comes from, what it holds, and what in it cannot be compared and why."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from mvtcase.canon import sha256_bytes
from mvtcase.indicators.ledger import READER_VERSION
from mvtcase.indicators.sampling import plantable_samples
from mvtcase.indicators.verdicts import Adjustment, Stock, Unusable
from mvtcase.model import IndicatorSet, Tlp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mvtcase.indicators.ledger import Reading

SHORT_HASH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What a person or a catalog says of a set; where it is silent, the file's own words stand."""

    title: str = ""
    publisher: str = ""
    source_url: str = ""
    licence: str = ""
    tlp: str = ""
    published_at: str | None = None
    references: tuple[str, ...] = ()
    family: str = ""
    """The family of what the file itself puts under none."""
    family_class: str = ""
    """What sort of spyware it is about, such as `stalkerware`; empty for mercenary spyware and what nobody sorted."""
    as_of: str | None = None
    """The day on which the set was known to be what is published, where that is not the day of its import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passport:
    """One version of one indicator set.

    `in_file` counts the file's indicators, `extra` the values beyond one each that splitting OR and IN gave, and
    `in_file + extra == usable + duplicates + len(unusable)`. `counts` are usable indicators by MVT's type names.
    `stock` counts what MVT's own reader would do with them. `number` orders the versions of a set; a built-in one is 0.
    """

    name: str
    file_name: str
    sha256: str
    size: int
    version: str
    format: str
    number: int = 0
    built_in: bool = False
    title: str = ""
    publisher: str = ""
    source_url: str = ""
    licence: str = ""
    tlp: str = ""
    published_at: str | None = None
    imported_at: str | None = None
    references: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    in_file: int = 0
    extra: int = 0
    usable: int = 0
    duplicates: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    stock: Mapping[str, int] = field(default_factory=dict)
    unusable: tuple[Unusable, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    remarks: tuple[str, ...] = ()
    kind: str | None = None
    """The type given for all values of a list."""
    family: str = ""
    """The family given for what the file itself puts under none."""
    family_class: str = ""
    as_of: str | None = None
    validity: Mapping[str, str] = field(default_factory=dict)
    """What the publisher says of some indicators' validity, by type and value with a space between."""
    samples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values of each type that the positive control can plant."""
    reader: int = READER_VERSION

    @property
    def embargoed(self) -> bool:
        """Whether no report, export, terminal or log may print this set's values: it is marked TLP:RED."""
        return self.tlp.upper().removeprefix("TLP:") == Tlp.RED

    @property
    def details(self) -> Details:
        """What was said of the set beyond the file's own words, for reading it once more."""
        return Details(**{each.name: getattr(self, each.name) for each in fields(Details)})

    def to_indicator_set(self) -> IndicatorSet:
        """Return the set as a scan names it."""
        return IndicatorSet(
            name=self.name,
            sha256=self.sha256,
            version=self.version,
            publisher=self.publisher,
            source_url=self.source_url,
            licence=self.licence,
            published_at=self.published_at,
            imported_at=self.imported_at,
            usable=self.usable,
            unusable=len(self.unusable),
            counts=dict(self.counts),
            families=self.families,
        )

    def to_json(self) -> str:
        """Return the passport as readable JSON text."""
        return json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def make_passport(name: str, file_name: str, data: bytes, reading: Reading, details: Details) -> Passport:
    """Return the passport of a set's bytes as read, without the marks of an import (time and number)."""
    sha256, origin = sha256_bytes(data), reading.origin
    published = details.published_at or origin.published_at
    return Passport(
        name=name,
        file_name=file_name,
        sha256=sha256,
        size=len(data),
        version=f"{published[:10] if published else 'undated'}-{sha256[:SHORT_HASH]}",
        format=reading.format,
        title=details.title or origin.title or ", ".join(origin.families[:3]) or name,
        publisher=details.publisher or origin.publisher,
        source_url=details.source_url,
        licence=details.licence,
        tlp=details.tlp or origin.tlp,
        published_at=published,
        references=tuple(dict.fromkeys((*details.references, *origin.references))),
        families=origin.families,
        in_file=reading.in_file,
        extra=reading.extra,
        usable=reading.usable,
        duplicates=reading.duplicates,
        counts=reading.counts(),
        stock=dict(reading.stock),
        unusable=reading.unusable,
        adjustments=reading.adjustments,
        remarks=reading.remarks,
        family=details.family,
        family_class=details.family_class,
        as_of=details.as_of,
        validity={" ".join(entry): said for entry, said in reading.validity.items()},
        samples=plantable_samples(reading.collections),
    )


def passport_from_json(text: str) -> Passport:
    """Return the passport that a text written by `Passport.to_json` holds.

    Raises `ValueError` when it is none; a key of a later release is passed over.
    """
    try:
        held: Any = json.loads(text)
        known = {each.name for each in fields(Passport)}
        passport = Passport(**{key: value for key, value in held.items() if key in known})
        return replace(
            passport,
            references=tuple(passport.references),
            families=tuple(passport.families),
            remarks=tuple(passport.remarks),
            samples={kind: tuple(values) for kind, values in passport.samples.items()},
            unusable=tuple(_rebuilt(Unusable, entry) for entry in held.get("unusable", ())),
            adjustments=tuple(_rebuilt(Adjustment, entry) for entry in held.get("adjustments", ())),
        )
    except (TypeError, AttributeError, KeyError, RecursionError) as error:
        raise ValueError(f"no passport: {error}") from error


def _rebuilt(record: Any, entry: dict[str, Any]) -> Any:  # noqa: ANN401 - one of two records, as JSON gave it
    return record(**{**entry, "stock": Stock(entry["stock"])})
