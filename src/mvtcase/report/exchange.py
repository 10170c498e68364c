"""The findings of a case as tables and lines that other programs read: CSV, JSON, XLSX, Timesketch.

In an outside edition findings of people who may have no row are left out, as in reports, but for the indicators that
stand: those are no personal data. Everybody else stands under the pseudonym, or under the name where the caller asks
for names and the publication level is `named`. What is left out is said inside each file.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.canon import StrEnum, parse_timestamp
from mvtcase.escape import csv_cell, visible
from mvtcase.findings.normalise import SILENT
from mvtcase.findings.review import stands, state_of
from mvtcase.model import Publication, TimeBasis
from mvtcase.report import evidence
from mvtcase.report.crowds import FEWEST_TOGETHER
from mvtcase.report.document import LONGEST_CELL, fitting
from mvtcase.report.layout import office
from mvtcase.report.publication import shown_indicator
from mvtcase.wording import say, translator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mvtcase.model import Finding, IndicatorRef, Json, SealingSeen
    from mvtcase.report.facts import TimelineFact
    from mvtcase.report.view import View
    from mvtcase.wording import Message

NAMESPACE = uuid.UUID("7c9f2a6e-0a1d-5b51-9b43-6f2f8f5f0c11")
SCHEMA = "mvtcase-findings/1"
NO_TIME = "1970-01-01T00:00:00Z"
"""The pseudo-time of what has no known time: Timesketch takes no line without one."""
COLUMNS = (
    "finding", "official", "device", "groups", "status", "evidence_class", "level", "module", "title", "indicator",
    "indicator_type", "family", "set", "event_time", "event_time_basis", "alerts",
)  # fmt: skip
_OF_INDICATOR = ("indicator", "indicator_type", "family", "set")


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The bytes of an export and what it leaves out."""

    data: bytes
    left: tuple[Message, ...]


def caller(view: View, official: str, *, with_names: bool) -> str:
    """Return how an official who may have a row is called in an export."""
    one = next(each.official for each in view.shown if each.official.id == official)
    named = with_names and one.publication is Publication.NAMED
    return visible(one.name if named else one.pseudonym)


def matched(view: View) -> list[Finding]:
    """Return the findings that matched an indicator which may be told, and are no mere posture or heuristic.

    Dismissed ones are among them.
    """
    return [one for one in view.told_apart if _matched(one)]


def _matched(one: Finding) -> bool:
    return one.indicator is not None and not one.indicator.withheld and one.evidence_class not in SILENT


def found_alone(view: View) -> list[IndicatorRef]:
    """Return the indicators that stand at people without a row alone, of any class, in an order that tells nothing.

    One that was dismissed at somebody with a row is among them: of the others nobody said that it is false.

    A caller says of them that they were found and nothing more: neither where, nor when, nor how often.
    """
    told = {(one.indicator.type, one.indicator.value) for one in matched(view) if one.indicator and stands(one)}
    hidden = (one for one in view.findings if not view.has_row(one.official) and stands(one))
    others = (one.indicator for one in hidden if one.indicator and not one.indicator.withheld)
    alone = {(each.type, each.value): each for each in others if (each.type, each.value) not in told}
    return [alone[key] for key in sorted(alone)]


def left_of(view: View, *, told: Sequence[Finding] | None = None) -> tuple[Message, ...]:
    """Return what an export leaves out: findings of people without a row, and all that `told` does not hold."""
    notes = []
    hidden = len(view.findings) - len(view.told_apart)
    if view.is_outside and 0 < len(view.counted_only) < FEWEST_TOGETHER:
        notes.append(say("Left out: whatever was found at people who may be in no row."))
    elif hidden:
        told_of = view.number(hidden)
        notes.append(say("Left out: findings of people who may be in no row ({number}).", number=told_of))
    if view.is_outside:
        notes.append(say("Left out: names and texts of the evidence that may not be shown."))
    embargoed = sum(bool(one.indicator and one.indicator.withheld) for one in view.told_apart)
    if told is not None and embargoed:
        notes.append(say("Left out: findings of indicators under embargo ({number}).", number=embargoed))
    silent = [one for one in view.told_apart if told is not None and not _matched(one)]
    if number := sum(one.indicator is None for one in silent):
        notes.append(
            say("Left out: findings that rest on a rule and on no published indicator ({number}).", number=str(number))
        )
    if number := sum(one.indicator is not None and not one.indicator.withheld for one in silent):
        notes.append(
            say(
                "Left out: findings of a published indicator's text where no module reads it ({number}).",
                number=str(number),
            )
        )
    return tuple(notes)


def left_of_table(view: View) -> tuple[Message, ...]:
    """Return what a table of the findings leaves out."""
    rest = say("Left out: the records' own fields, judgements, observations, and what was examined.")
    alone = (say("A line without a finding is an indicator that was found at people who may be in no row."),)
    return (*left_of(view), rest, *(alone if found_alone(view) else ()))


def about(view: View, left: Sequence[Message]) -> str:
    """Return one English line on what a file is: its marking, its case, and what it leaves out."""
    case = view.book.case
    edition = f"edition {view.occasion.edition}"
    return " ".join((f"TLP:{case.tlp}; case {case.id}; {edition}.", *map(str, left)))


def export_id(kind: str, *parts: str) -> str:
    """Return an identifier that the same content always has, in the form of a random one, as STIX 2.1 wants them."""
    digest = hashlib.sha256(chr(0).join((NAMESPACE.hex, kind, *parts)).encode("utf-8", "surrogatepass")).digest()
    return f"{kind}--{uuid.UUID(bytes=digest[:16], version=4)}"


def utc(text: str | None) -> str | None:
    """Return a device's UTC time as STIX, MISP and Timesketch write times, None where it is no time."""
    shape = re.match(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)", text or "")
    if shape is None:
        return None
    try:
        parse_timestamp(f"{shape[1]}T{shape[2]}Z")
    except ValueError:
        return None
    return f"{shape[1]}T{shape[2]}Z"


def moment_of(one: Finding) -> str | None:
    """Return the time of a finding's event where its clock is known to be UTC."""
    return utc(one.event_time) if one.event_time_basis is TimeBasis.UTC else None


def as_csv(view: View, *, with_names: bool) -> Export:
    """Return a line for each finding; no cell can become a formula, no indicator a link; the last line is about all."""
    text, left = io.StringIO(newline=""), left_of_table(view)
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in _rows(view, with_names=with_names):
        writer.writerow([csv_cell(value) for value in row])
    writer.writerow([f"# {about(view, left)}"])
    return Export(data=b"\xef\xbb\xbf" + text.getvalue().encode(), left=left)


def as_json(view: View, *, with_names: bool) -> Export:
    """Return the findings as JSON records with the columns of the CSV, under the marking of the case."""
    left, case = left_of_table(view), view.book.case
    whole: dict[str, Json] = {
        "schema": SCHEMA,
        "marking": f"TLP:{case.tlp}",
        "edition": str(view.occasion.edition),
        "case": case.id,
        "written_at": view.occasion.written_at,
        "left_out": [str(each) for each in left],
        "findings": [dict(zip(COLUMNS, map(_plain, row), strict=True)) for row in _rows(view, with_names=with_names)],
    }
    return Export(data=(json.dumps(whole, indent=2, ensure_ascii=True) + "\n").encode(), left=left)


def _plain(value: object) -> Json:
    return value if isinstance(value, int) else str(value)


def as_xlsx(view: View, *, with_names: bool) -> Export:
    """Return the findings as a workbook in the language of the occasion; every cell is text or a number."""
    from openpyxl import Workbook  # noqa: PLC0415  # slow to load

    left, tongue = left_of_table(view), translator(view.occasion.language)
    book = Workbook()
    sheet = book.active
    sheet.title = tongue.text("Findings")
    sheet.append([tongue.text(name.replace("_", " ")) for name in COLUMNS])
    for number, row in enumerate(_rows(view, with_names=with_names), start=2):
        for place, value in enumerate(row, start=1):
            cell = sheet.cell(number, place)
            told = tongue.text(value) if isinstance(value, StrEnum) else str(value)
            cell.value = value if isinstance(value, int) else fitting(visible(told), LONGEST_CELL, tongue)
            cell.data_type = "n" if isinstance(value, int) else "s"  # a text that begins with '=' is no formula
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    note = book.create_sheet(tongue.text("About"))
    for line in (about(view, ()), *map(tongue.word, left)):
        note.append([line])
    for each in book.worksheets:
        each.oddHeader.center.text = each.oddFooter.center.text = f"TLP:{view.book.case.tlp}"
    at = parse_timestamp(view.occasion.written_at).replace(tzinfo=None)
    properties = {
        "title": f"{sheet.title} {view.book.case.id}",
        "author": visible(view.occasion.organisation) or office.OURSELVES,
        "keywords": f"TLP:{view.book.case.tlp}",
        "language": view.occasion.language,
        "created": at,
        "modified": at,
    }
    return Export(data=office.saved(book, properties), left=left)


def _rows(view: View, *, with_names: bool) -> Iterator[list[object]]:
    """Yield a row for each finding that may have one, and one for each indicator that stands in none of them."""
    for one in view.told_apart:
        yield _row(view, one, with_names=with_names)
    for ref in found_alone(view):
        told = dict.fromkeys(COLUMNS, "") | dict(zip(_OF_INDICATOR, _of_indicator(ref), strict=True))
        yield [told[name] for name in COLUMNS]


def _of_indicator(ref: IndicatorRef) -> list[str]:
    return [shown_indicator(ref.value, ref.type), ref.type, ref.family, ref.set]


def _row(view: View, one: Finding, *, with_names: bool) -> list[object]:
    who, ref = caller(view, one.official, with_names=with_names), one.indicator
    groups = next(each.groups for each in view.shown if each.official.id == one.official)
    return [
        one.id,
        who,
        one.device,
        "; ".join(view.veil.text(group.name) for group in groups),
        state_of(one),
        one.evidence_class,
        one.level,
        one.module,
        view.title(one),
        *(_of_indicator(ref) if ref else [""] * len(_OF_INDICATOR)),
        one.event_time or "unknown",
        one.event_time_basis,
        one.alerts,
    ]


def as_timesketch(view: View, sealing: dict[str, SealingSeen], *, with_names: bool) -> Export:
    """Return JSON lines that Timesketch imports; what has no known time stands at a pseudo-time that says so.

    Times of a device's local clock are written as if they were UTC and say so in `clock`.
    """
    moments = evidence.timeline(view, sealing)
    names = {view.who(one.official.id): caller(view, one.official.id, with_names=with_names) for one in view.rows}
    undated = sum(utc(one.at) is None for one in moments)
    left = left_of(view)
    if untold := sum(map(evidence.is_untold, view.told_apart)):
        left = (*left, say("Left out: findings about settings, of little weight ({number}).", number=str(untold)))
    if undated:
        left = (
            *left,
            say(
                "{n:# moment has|# moments have} no known time, put at 1970-01-01 and marked as a pseudo-time.",
                n=undated,
            ),
        )
    lines = [_head(view, left), *(_line(view, one, names) for one in moments)]
    return Export(data="".join(f"{json.dumps(each, ensure_ascii=True)}\n" for each in lines).encode(), left=left)


def _head(view: View, left: Sequence[Message]) -> dict[str, Json]:
    return {
        **_times(NO_TIME),
        "timestamp_desc": "about this export (pseudo-time)",
        "message": about(view, left),
        "data_type": "mvtcase:about",
        "pseudo_time": True,
        "tlp": str(view.book.case.tlp),
    }


def _line(view: View, one: TimelineFact, names: dict[str, str]) -> dict[str, Json]:
    moment = utc(one.at)
    return {
        **_times(moment or NO_TIME),
        "timestamp_desc": f"{one.kind} ({one.basis})" if moment else f"{one.kind} (no time known: pseudo-time)",
        "message": one.what,
        "official": names.get(one.who, one.who),
        "clock": str(one.basis),
        "data_type": f"mvtcase:{one.kind}",
        "pseudo_time": moment is None,
        "tlp": str(view.book.case.tlp),
    }


def _times(moment: str) -> dict[str, Json]:
    """Return a time as Timesketch wants it: as text, and in microseconds, which its older releases do not reckon."""
    return {"datetime": moment, "timestamp": int(parse_timestamp(moment).timestamp()) * 1_000_000}
