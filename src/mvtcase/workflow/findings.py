"""Findings: the incident lines and records of a case, one finding in full, and what to look at next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mvtcase.canon import person_key, spelled
from mvtcase.errors import InputError
from mvtcase.findings.lines import group_lines, line_key
from mvtcase.findings.ratings import in_words, rule_named
from mvtcase.findings.review import state_of
from mvtcase.model import FindingState
from mvtcase.report import sentences
from mvtcase.store import queries, sought
from mvtcase.store.sought import LineFound, Sought
from mvtcase.wording import Kept, do, say
from mvtcase.workflow import allowing, payloads
from mvtcase.workflow.desk import Outcome
from mvtcase.workflow.rates import base_rate
from mvtcase.workflow.seeking import EVERYTHING, LINE, line_named, line_shown, read, resolved

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mvtcase.findings.ratings import Rule
    from mvtcase.model import Finding, IndicatorSet, Note, RawAlert, Verdict
    from mvtcase.store.queries import Condition
    from mvtcase.store.store import Store
    from mvtcase.wording import Message
    from mvtcase.workflow.desk import Desk
    from mvtcase.workflow.rates import BaseRate
    from mvtcase.workflow.seeking import LineShown, Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What `finding list` returns: a page of incident lines and the findings in them, and how much there is in all."""

    findings: tuple[payloads.FindingShown, ...]
    lines: tuple[LineShown, ...]
    found: sought.Numbers
    allowed: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The set that an indicator came in: who published it, and where to read about it."""

    name: str
    version: str
    publisher: str
    source_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeFinding(payloads.FindingShown):
    """A finding with every alert behind it, the record of its rule, how common its thing is here, and its line."""

    raised: tuple[RawAlert, ...]
    base_rate: BaseRate | None
    rated: Rule | None
    weighs: str
    means: str
    does_not_mean: str
    published: Published | None
    assigned_to: str | None
    notes: tuple[Note, ...]
    line: LineShown


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingInFull:
    """What `finding show` returns."""

    finding: WholeFinding


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """What `finding next` returns: the gravest finding that waits, None where none does, and how much is left."""

    finding: WholeFinding | None
    who: str
    found: sought.Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What `finding dispose` returns: the finding as it stands now where one was named, and all that was judged.

    `lines` are the incident lines that these are in; with `preview` nothing was written down.
    """

    finding: payloads.FindingShown | None
    judged: tuple[str, ...]
    lines: tuple[LineShown, ...]
    preview: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """What `finding assign` returns: to whom, empty for nobody any more, and which findings."""

    examiner: str
    findings: tuple[str, ...]


def list_findings(desk: Desk, wish: Wish = EVERYTHING, *, limit: int | None = None, page: int = 1) -> Outcome[Findings]:
    """Return what is wished for, the gravest line that waits for somebody first; without a limit all of it."""
    if page < 1 or (limit is not None and limit < 1):
        raise InputError("Pages and limits are counted from 1.")
    with desk.open_case() as store:
        meant = resolved(desk, store, wish)
        counted = sought.numbers(store, meant)
        shown = sought.lines(store, meant, limit=limit, skipped=(page - 1) * (limit or 0))
        found = sought.condition(store, meant)
        records = read(store, found if limit is None else sought.within(found, shown))
        entries = allowing.standing(store, desk.clock())
    lines = tuple(line_shown(each, entries) for each in group_lines(records))
    pages = 1 if limit is None else max(1, -(-counted.lines // limit))
    return Outcome(
        data=Findings(
            findings=tuple(map(payloads.finding, records)),
            lines=lines,
            found=counted,
            allowed=sum(each.waiting for each in lines if each.allowed),
            page=page,
            pages=pages,
        ),
        messages=_how_much(counted, page, pages),
    )


def _how_much(counted: sought.Numbers, page: int, pages: int) -> tuple[Message, ...]:
    numbers = say(
        "{findings:# finding|# findings} in {lines:# line|# lines}; {undisposed} not judged yet.",
        findings=counted.findings,
        lines=counted.lines,
        undisposed=counted.undisposed,
    )
    if pages == 1:
        return (numbers,)
    more = say("Page {page} of {pages}; {0} shows the next.", do(page=str(page % pages + 1)), page=page, pages=pages)
    return (numbers, more)


def lines_of(desk: Desk, store: Store, among: Condition) -> tuple[LineShown, ...]:
    """Return the incident lines of some findings as they are shown."""
    proposed = allowing.standing(store, desk.clock())
    return tuple(line_shown(each, proposed) for each in group_lines(read(store, among)))


def show(desk: Desk, named: str) -> Outcome[FindingInFull]:
    """Return a finding with its alerts, verbatim; of an incident line the first that nobody has judged."""
    with desk.open_case() as store:
        return Outcome(data=FindingInFull(finding=_whole(desk, store, _named(store, named))))


def _named(store: Store, named: str) -> Finding:
    if not named.startswith(LINE):
        return read(store, queries.of_finding(queries.finding(store, named).id))[0]
    inside = read(store, sought.condition(store, Sought(line=line_named(store, named))))
    return min(inside, key=lambda one: (bool(one.dispositions), one.event_time or "~", one.id))


def upcoming(desk: Desk, wish: Wish = EVERYTHING, *, skipped: int = 0) -> Outcome[Upcoming]:
    """Return the gravest of what is wished for that nobody has judged, after so many lines passed over."""
    wish = replace(wish, sought=replace(wish.sought, undisposed=True))
    with desk.open_case() as store:
        meant = resolved(desk, store, wish)
        counted = sought.numbers(store, meant)
        first = sought.lines(store, meant, limit=1, skipped=skipped)
        one = None
        if first:
            inside = read(store, sought.within(sought.condition(store, meant), first))
            one = min(inside, key=lambda each: (each.event_time or "~", each.id))
        whole = None if one is None else _whole(desk, store, one)
        person = queries.official(store, one.official) if one else None
        who = ", ".join(filter(None, (person.name or person.pseudonym, person.role))) if person else ""
    return Outcome(data=Upcoming(finding=whole, who=who, found=counted), messages=_how_much(counted, 1, 1))


def _whole(desk: Desk, store: Store, one: Finding) -> WholeFinding:
    meant = Sought(line=LineFound(device=one.device, key=line_key(one)))
    (line,) = group_lines(read(store, sought.condition(store, meant)))
    return payloads.filled(
        WholeFinding,
        payloads.finding(one),
        raised=queries.alerts_of_finding(store, one.id),
        base_rate=base_rate(store, one),
        rated=rule_named(one.rule),
        weighs=Kept(in_words(one)),
        means=sentences.CLASS_MEANS[one.evidence_class],
        does_not_mean=sentences.CLASS_DOES_NOT_MEAN[one.evidence_class],
        published=_published(queries.indicator_sets(store), one),
        assigned_to=queries.assignees(store, [one.id]).get(one.id),
        notes=queries.notes(store, about=one.id),
        line=line_shown(line, allowing.standing(store, desk.clock())),
    )


def _published(known: tuple[IndicatorSet, ...], one: Finding) -> Published | None:
    of_it = [each for each in known if one.indicator is not None and each.name == one.indicator.set]
    return payloads.filled(Published, of_it[-1]) if of_it else None


def dispose(desk: Desk, named: str, *, verdict: Verdict, reason: str) -> Outcome[Judged]:
    """Record a judgement on a finding or on all of an incident line; the latest stands, earlier ones stay.

    A reason is needed. What joins the line later is not judged by it.
    """
    _require_reason(reason)
    with desk.open_case(to_change=True) as store:
        if named.startswith(LINE):
            line = line_named(store, named)
            meant = read(store, sought.condition(store, Sought(line=line)))
            key = line.key
        else:
            meant, key = (queries.finding(store, named),), ""
        _write(desk, store, meant, verdict, reason.strip(), key=key)
        return _told(desk, store, meant, alone=not key)


def dispose_all(
    desk: Desk,
    wish: Wish,
    *,
    verdict: Verdict,
    reason: str,
    allowed: str | None = None,
    only: Collection[str] | None = None,
    preview: bool = False,
) -> Outcome[Judged]:
    """Record one judgement with one reason on all that is wished for, or on what an entry of the allow-list fits.

    With `preview` nothing is written: what would be judged is returned; `only` are the findings that were seen so.
    """
    _require_reason(reason)
    if not wish.is_narrowed and allowed is None:
        raise InputError("Judging a whole case at once is no judgement.", hint="Say which findings are meant.")
    with desk.open_case(to_change=not preview) as store:
        meant = read(store, sought.condition(store, resolved(desk, store, wish)))
        if allowed is not None:
            entry = allowing.entry_standing(store, desk.clock(), allowed)
            fitting = {one for line in group_lines(meant) if entry.fits(line) for one in line.findings}
            meant = tuple(one for one in meant if one.id in fitting)
        meant = tuple(one for one in meant if only is None or one.id in only)
        if not meant:
            raise InputError("Nothing in the case is meant by that.", hint=say("See {0}.", do("finding list")))
        if not preview:
            _write(desk, store, meant, verdict, reason.strip(), by_query=True)
        return _told(desk, store, meant, preview=preview)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise InputError("A judgement needs its reason.", hint=say("Give it with {0}.", do(reason="TEXT")))


def _write(
    desk: Desk, store: Store, meant: Sequence[Finding], verdict: Verdict, reason: str, *, key: str = "",
    by_query: bool = False,
) -> None:  # fmt: skip
    """Write one judgement on each finding; those of a line keep the line's key, which says that it was judged whole."""
    subject = meant[0].id if len(meant) == 1 else f"{len(meant)} findings"
    with store.change("finding.disposed", actor=desk.actor, subject=subject, verdict=str(verdict)) as change:
        for one in meant:
            change.insert(
                "disposition",
                id=change.new_id("disposition"),
                finding=one.id,
                verdict=verdict,
                reason=reason,
                line=line_key(one) if by_query else key,
                examiner=_as_spelled_before(one, desk.actor),
                at=change.at,
            )


def _as_spelled_before(one: Finding, actor: str) -> str:
    """Return an examiner's name as an earlier judgement has it: a view counts names, and knows no case but ASCII's."""
    known = {person_key(each.examiner): each.examiner for each in reversed(one.dispositions)}
    return known.get(person_key(actor), actor)


def _told(
    desk: Desk, store: Store, meant: Sequence[Finding], *, alone: bool = False, preview: bool = False
) -> Outcome[Judged]:
    after = read(store, queries.of_findings([one.id for one in meant]))
    entries = allowing.standing(store, desk.clock())
    return Outcome(
        data=Judged(
            finding=payloads.finding(after[0]) if alone else None,
            judged=tuple(one.id for one in after),
            lines=tuple(line_shown(each, entries) for each in group_lines(after)),
            preview=preview,
        ),
        messages=_what_would(after) if preview else _what_next(after, alone=alone),
    )


def _what_would(after: Sequence[Finding]) -> tuple[Message, ...]:
    return (say("{number:# finding|# findings} would be judged; nothing is written yet.", number=len(after)),)


def _what_next(after: Sequence[Finding], *, alone: bool) -> tuple[Message, ...]:
    states = [state_of(one) for one in after]
    told: list[Message] = [] if alone else [say("Judged: {number:# finding|# findings}.", number=len(after))]
    if FindingState.CONFIRMED_ONCE in states:
        told.append(say("A confirmation needs two examiners: one more has to confirm it."))
    if FindingState.DISMISSED_ONCE in states:
        told.append(say("Dismissing what is grave needs two examiners: it counts until one more dismisses it."))
    return tuple(told)


def assign(desk: Desk, wish: Wish = EVERYTHING, *, named: Sequence[str] = (), to: str) -> Outcome[Assigned]:
    """Say who is to look at findings, named or wished for; an empty name takes them from whoever had them."""
    with desk.open_case(to_change=True) as store:
        meant = [one for each in named for one in _meant(store, each)]
        if wish.is_narrowed:
            among = sought.condition(store, resolved(desk, store, wish))
            meant += [one.id for one in queries.findings(store, among)]
        if not meant:
            raise InputError("Nothing in the case is meant by that.", hint=say("See {0}.", do("finding list")))
        subject = meant[0] if len(meant) == 1 else f"{len(meant)} findings"
        with store.change("finding.assigned", actor=desk.actor, subject=subject) as change:
            for one in dict.fromkeys(meant):
                change.insert(
                    "finding_assignment", finding=one, examiner=spelled(to), at=change.at, assigned_by=desk.actor
                )
    return Outcome(data=Assigned(examiner=spelled(to), findings=tuple(dict.fromkeys(meant))))


def _meant(store: Store, named: str) -> tuple[str, ...]:
    if not named.startswith(LINE):
        return (queries.finding(store, named).id,)
    line = line_named(store, named)
    return tuple(one.id for one in queries.findings(store, sought.condition(store, Sought(line=line))))
