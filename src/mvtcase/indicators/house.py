"""House indicators, added one by one; and what of a set is said beside its values: embargo and validity."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.errors import ConflictError, IndicatorError, InputError
from mvtcase.indicators.passport import Details
from mvtcase.indicators.types import weigh_as, worded_kind
from mvtcase.indicators.verdicts import IndicatorType, Refused
from mvtcase.model import Tlp
from mvtcase.wording import do, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mvtcase.indicators.library import ImportOutcome, IndicatorLibrary
    from mvtcase.indicators.passport import Passport
    from mvtcase.model import IndicatorSet

HOUSE, HOUSE_RED = "house", "house-red"
COLUMNS = ("type", "value", "family", "source", "reason", "added", "valid_until")
_FILE_NAME = "house.csv"
_CUT_NAME = 16
"""Phones cut names of processes here; MVT matches them all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """One indicator of the team's own: what it is, where it comes from, why it is looked for, and until when."""

    value: str
    type: str
    source: str
    reason: str
    family: str = ""
    added: str = ""
    valid_until: str = ""


def add(library: IndicatorLibrary, addition: Addition, *, tlp: Tlp, name: str | None = None) -> ImportOutcome:
    """Add an indicator to a house set and return the set's new version; entries keep their numbers for good.

    What is marked RED goes to a set of its own, whose values are printed nowhere. Raises `InputError` when the value
    cannot be compared, `ConflictError` when the set has it or carries another marking.
    """
    kind = worded_kind(addition.type)
    weighed = weigh_as(kind, addition.value) if kind else Refused(reason=f"{addition.type!r} is no type of indicator")
    if isinstance(weighed, Refused):
        raise InputError("The value cannot be compared: {reason}.", reason=weighed.reason)
    name = name or (HOUSE_RED if tlp is Tlp.RED else HOUSE)
    text = f"{','.join(COLUMNS)}\n"
    versions = library.versions(name)
    if versions:
        latest = versions[-1]
        _require_fitting(latest, tlp)
        held = library.reading(latest).entries
        if (str(weighed.type), weighed.value) in held:
            number = held.index((str(weighed.type), weighed.value)) + 1
            raise ConflictError("{name} holds it already, as entry {number}.", name=name, number=number)
        text = library.data(latest).decode("utf-8")
    row = io.StringIO()
    values = (kind, addition.value, addition.family, addition.source, addition.reason)
    csv.writer(row, lineterminator="\n").writerow((*values, addition.added, addition.valid_until))
    details = Details(title="House indicators", publisher="this team", tlp=tlp, published_at=addition.added or None)
    return library.import_bytes(f"{text}{row.getvalue()}".encode(), _FILE_NAME, name=name, details=details)


def _require_fitting(latest: Passport, tlp: Tlp) -> None:
    if latest.file_name != _FILE_NAME:
        raise ConflictError("{name} is no house set.", name=latest.name)
    if latest.tlp != tlp:
        raise ConflictError(
            "{name} is marked TLP:{has}, and the indicator TLP:{given}.",
            hint=say("Choose another set with {0}.", do(name="NAME")),
            name=latest.name,
            has=latest.tlp,
            given=tlp,
        )


def withheld(library: IndicatorLibrary, passports: Iterable[Passport]) -> dict[str, str]:
    """Return the values of the embargoed sets among these, each with what is said in its place."""
    labels: dict[str, str] = {}
    for passport in passports:
        if not passport.embargoed:
            continue
        for number, (kind, value) in enumerate(library.reading(passport).entries, 1):
            label = f"{passport.name}, entry {number}"
            labels.setdefault(value, label)
            if kind == IndicatorType.PROCESSES and len(value) > _CUT_NAME:
                labels.setdefault(value[:_CUT_NAME], label)
    return labels


def validity(library: IndicatorLibrary, sets: Iterable[IndicatorSet], day: str) -> Mapping[tuple[str, str, str], str]:
    """Return by set, type and value what a match should say: revoked, or valid until a day before this one."""
    told: dict[tuple[str, str, str], str] = {}
    for each in sets:
        with suppress(IndicatorError, InputError):  # a set that is gone says nothing more
            for entry, said in library.get(each.name, each.sha256).validity.items():
                kind, _, value = entry.partition(" ")
                if not said.startswith("valid until ") or said.removeprefix("valid until ") < day:
                    told[each.name, kind, value] = said
    return told
