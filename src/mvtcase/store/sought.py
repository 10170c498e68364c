"""Finding the work: which findings are meant, and the incident lines they make, counted, sorted and paged by SQLite."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from mvtcase.canon import canonical_json
from mvtcase.model import Level
from mvtcase.store.queries import Condition
from mvtcase.store.words import matching

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mvtcase.model import EvidenceClass, FindingState
    from mvtcase.store.store import Store

_JUDGED = "EXISTS (SELECT 1 FROM disposition d WHERE d.finding = f.id)"
_INSIDE = """
WITH RECURSIVE inside(id) AS (SELECT ? UNION SELECT g.id FROM affected_group g JOIN inside i ON g.parent = i.id)
SELECT official FROM membership WHERE affected_group IN (SELECT id FROM inside)
"""
_GIVEN = "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)"
_CONDITIONS = {
    "evidence_class": "f.evidence_class = ?",
    "level": "f.level IN (SELECT value FROM json_each(?))",
    "module": "f.module = ?",
    "indicator": "f.indicator_value = ?",
    "family": "f.indicator_family = ? COLLATE NOCASE",
    "set_": "f.indicator_set = ?",
    "group": f"f.official IN ({_INSIDE})",
    "official": "f.official = ?",
    "device": "f.device = ?",
    "since": "f.first_scan IN (SELECT id FROM scan WHERE coalesce(finished_at, started_at) >= ?)",
    "assignee": "? = (SELECT a.examiner FROM finding_assignment a WHERE a.finding = f.id "
    "ORDER BY a.uuid DESC LIMIT 1) COLLATE NOCASE",
}
"""What each wish says of the findings `f`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFound:
    """An incident line, by its phone and by what its findings have in common."""

    device: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which findings are meant; a wish that is None or False asks for nothing.

    `level` is the lowest meant, `group`, `official` and `device` are ids, `since` the earliest moment (UTC) at which
    the scan that first found it ended, `text` words or a query of FTS5.
    """

    status: FindingState | None = None
    evidence_class: EvidenceClass | None = None
    level: Level | None = None
    module: str | None = None
    indicator: str | None = None
    family: str | None = None
    set_: str | None = None
    group: str | None = None
    official: str | None = None
    device: str | None = None
    since: str | None = None
    assignee: str | None = None
    undisposed: bool = False
    dismissed: bool = False
    line: LineFound | None = None
    text: str | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was wished for at all."""
        return any(getattr(self, each.name) for each in fields(self))


ANYTHING = Sought()


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """How many findings a query meets, in how many lines, and how many of them nobody has judged."""

    findings: int
    lines: int
    undisposed: int


def condition(store: Store, sought: Sought) -> Condition:
    """Return the condition for what is sought. Raises `InputError` on a text that cannot be looked for."""
    parts = list(_parts(store, sought))
    text = " AND ".join(part for part, _ in parts)
    return Condition(text=f"WHERE {text}" if text else "", values=tuple(value for _, own in parts for value in own))


def _parts(store: Store, sought: Sought) -> Iterator[tuple[str, Sequence[object]]]:
    for name, part in _CONDITIONS.items():
        value = getattr(sought, name)
        if name == "level" and value is not None:
            value = canonical_json([each for each in Level if each.rank >= value.rank])
        if value is not None:
            yield part, [value]
    if sought.undisposed or sought.status == "open":
        yield f"NOT {_JUDGED}", ()
    elif sought.status is not None:
        yield "f.id IN (SELECT id FROM finding_state WHERE state = ?)", [sought.status]
    if sought.dismissed:
        yield "f.id IN (SELECT id FROM finding_state WHERE state IN ('false_positive','benign'))", ()
    if sought.line is not None:
        yield "f.device = ? AND f.line = ?", (sought.line.device, sought.line.key)
    if sought.text is not None:
        store.index_words()
        yield matching(sought.text)


def every_line(store: Store) -> tuple[LineFound, ...]:
    """Return all incident lines of the case, in no order that says anything."""
    rows = store.rows("SELECT device, line AS key FROM finding GROUP BY device, line")
    return tuple(LineFound(**dict(row)) for row in rows)


def numbers(store: Store, sought: Sought) -> Numbers:
    """Return how much is sought there is."""
    found = condition(store, sought)
    query = f"""
SELECT coalesce(sum(n), 0) AS findings, count(*) AS lines, coalesce(sum(open), 0) AS undisposed FROM (
  SELECT count(*) AS n, sum(NOT {_JUDGED}) AS open FROM finding f {found.text} GROUP BY f.device, f.line)
"""  # noqa: S608  # conditions of our own, values apart
    (row,) = store.rows(query, found.values)
    return Numbers(**dict(row))


def lines(store: Store, sought: Sought, *, limit: int | None = None, skipped: int = 0) -> tuple[LineFound, ...]:
    """Return the incident lines of what is sought, the gravest that waits for somebody first, a page of them."""
    found = condition(store, sought)
    query = f"""
SELECT f.device, f.line AS key FROM finding f {found.text} GROUP BY f.device, f.line
ORDER BY sum(NOT {_JUDGED}) = 0, max(f.severity) DESC, f.device, f.line LIMIT ? OFFSET ?
"""  # noqa: S608  # as above
    rows = store.rows(query, (*found.values, -1 if limit is None else limit, skipped))
    return tuple(LineFound(**dict(row)) for row in rows)


def within(sought: Condition, page: Sequence[LineFound]) -> Condition:
    """Return the condition for those of the findings sought that are in some incident lines."""
    cut = [each for each in page if "\0" in each.key]  # where SQLite's JSON ends a text
    given = canonical_json([[each.device, each.key] for each in page if each not in cut])
    parts = [f"(f.device, f.line) IN ({_GIVEN})", *["(f.device = ? AND f.line = ?)"] * len(cut)]
    inside = f"({' OR '.join(parts)})"
    text = f"{sought.text} AND {inside}" if sought.text else f"WHERE {inside}"
    return Condition(text=text, values=(*sought.values, given, *(v for each in cut for v in (each.device, each.key))))
