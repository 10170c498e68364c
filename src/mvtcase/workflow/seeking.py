"""What somebody looks for among findings: wishes with their names resolved, and the incident lines that they meet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mvtcase.casebook import lonely, overlaid
from mvtcase.errors import NotFoundError
from mvtcase.findings.lines import PREFIX, line_id
from mvtcase.store import queries, sought
from mvtcase.store.sought import ANYTHING, Sought
from mvtcase.workflow import payloads

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mvtcase.findings.lines import IncidentLine
    from mvtcase.model import EvidenceClass, Finding, FindingState, IndicatorRef, Level, Rating
    from mvtcase.store.queries import Condition
    from mvtcase.store.store import Store
    from mvtcase.wording import Message
    from mvtcase.workflow.allowing import Entry
    from mvtcase.workflow.desk import Desk

LINE = PREFIX
"""How the id of an incident line begins; that of a finding begins `F-`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody looks for beside the fields of `Sought`: people by id or pseudonym, groups by id or name.

    `line` is the id of an incident line, `mine` asks for what is assigned to the examiner who asks.
    """

    sought: Sought = ANYTHING
    line: str | None = None
    mine: bool = False

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was wished for at all."""
        return self.sought.is_narrowed or self.line is not None or self.mine


EVERYTHING = Wish()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineShown:
    """An incident line as it is shown; `allowed` is the entry of the allow-list that proposes to dismiss it."""

    id: str
    device: str
    official: str
    evidence_class: EvidenceClass
    level: Level
    module: str
    title: str
    words: Message
    indicator: IndicatorRef | None
    rating: Rating
    rule: str
    records: int
    waiting: int
    joined_later: int
    alerts: int
    first: str | None
    last: str | None
    states: Mapping[FindingState, int]
    allowed: str | None
    findings: tuple[str, ...]


def resolved(desk: Desk, store: Store, wish: Wish) -> Sought:
    """Return a wish with the ids of what it names. Raises `NotFoundError`."""
    meant = wish.sought
    if meant.official:
        meant = replace(meant, official=queries.official(store, meant.official).id)
    if meant.group:
        meant = replace(meant, group=queries.group(store, meant.group).id)
    if wish.mine:
        meant = replace(meant, assignee=desk.actor)
    if wish.line:
        meant = replace(meant, line=line_named(store, wish.line))
    return meant


def line_named(store: Store, named: str) -> sought.LineFound:
    """Return an incident line by id or an unmistakable beginning of it. Raises `NotFoundError`."""
    fitting = [each for each in sought.every_line(store) if line_id(each.device, each.key).startswith(named)]
    if len(fitting) != 1:
        raise NotFoundError("This case holds no incident line {named!r}.", named=named)
    return fitting[0]


def read(store: Store, among: Condition) -> tuple[Finding, ...]:
    """Return findings as they weigh beside those of other phones."""
    return overlaid(queries.findings(store, among), lonely(store))


def line_shown(line: IncidentLine, entries: Iterable[Entry]) -> LineShown:
    """Return a line as it is shown."""
    entry = next((each.id for each in entries if each.fits(line)), None)
    more = {"words": line.words, "records": line.records, "waiting": line.waiting, "joined_later": line.joined_later}
    return payloads.filled(LineShown, line, allowed=entry, **more)
