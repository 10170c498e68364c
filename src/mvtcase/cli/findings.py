"""`mvtcase finding`: list, show, next, dispose, assign; `mvtcase allow`: add, agree, end, list."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from mvtcase import workflow
from mvtcase.cli import output, queue
from mvtcase.cli.sought import PAGE, wished
from mvtcase.cli.state import shown, state_of, words
from mvtcase.findings.ratings import heading
from mvtcase.model import Verdict
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from mvtcase.workflow.findings import FindingInFull, Findings, Judged
    from mvtcase.workflow.payloads import FindingShown
    from mvtcase.workflow.seeking import LineShown, Wish

app = typer.Typer(no_args_is_help=True, help="Findings: the units of review; an alert is not a verdict.")
allow_app = typer.Typer(
    no_args_is_help=True, help="The allow-list: what is known to be ordinary. It proposes, never hides."
)
MAX_TITLE_SHOWN = 110
_INDICATOR = ("indicator_value", "indicator_type", "indicator_family", "indicator_set")
_SHOWN = (
    "id",
    "official",
    "device",
    "status",
    "evidence_class",
    "level",
    "module",
    "title",
    "event_time",
    "event_time_basis",
    "alerts",
    "first_scan",
    "assigned_to",
)


@app.command("list")
@wished
def list_findings(
    context: typer.Context,
    wish: Wish,
    records: Annotated[bool, typer.Option("--records", help="Every record, not the incident lines.")] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help=f"Lines on a page; default: {PAGE}, with --json all.")
    ] = None,
    page: Annotated[int, typer.Option("--page", min=1, help="Which page.")] = 1,
) -> None:
    """List incident lines, the gravest that waits for somebody first; the records stay below them."""
    size = limit or (None if state_of(context).as_json else PAGE)
    output.answer(
        context,
        lambda desk: workflow.findings.list_findings(desk, wish, limit=size, page=page),
        lambda data: _listed(data, records=records, dismissed=wish.sought.dismissed),
    )


@app.command("show")
def show(
    context: typer.Context, finding: Annotated[str, typer.Argument(help="Id of a finding or a line, or its beginning.")]
) -> None:
    """Show a finding with the alerts it was built from, verbatim; of a line the first that waits."""
    output.answer(context, lambda desk: workflow.findings.show(desk, finding), whole)


@app.command("next")
@wished
def next_finding(context: typer.Context, wish: Wish) -> None:
    """Walk what waits, the gravest first: each record laid out for reading, with keys to judge it."""
    state = state_of(context)
    if state.as_json or not sys.stdin.isatty():
        output.answer(context, lambda desk: workflow.findings.upcoming(desk, wish), queue.page)
        return
    queue.walk(state, wish)


@app.command("dispose")
@wished
def dispose(  # a judgement of one or of many
    context: typer.Context,
    wish: Wish,
    finding: Annotated[
        str | None, typer.Argument(help="Id of a finding or a line; else say which with options.")
    ] = None,
    *,
    verdict: Annotated[Verdict, typer.Option("--as", help="The judgement.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the case.")],
    allowed: Annotated[
        str | None, typer.Option("--allowed", metavar="ENTRY", help="Only what this entry of the allow-list fits.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Only show what would be judged.")] = False,
) -> None:
    """Record your judgement; the latest stands. To confirm, or to dismiss what is grave, takes two."""
    verbs = workflow.findings
    if finding is not None:
        output.answer(context, lambda desk: verbs.dispose(desk, finding, verdict=verdict, reason=reason), _judged)
        return
    state = state_of(context)
    seen = verbs.dispose_all(state.desk(), wish, verdict=verdict, reason=reason, allowed=allowed, preview=True)
    if preview or not (state.yes or _agreed(seen.data, verdict)):
        output.show(state, seen, _judged)
        return
    output.answer(
        context,
        lambda desk: verbs.dispose_all(
            desk, wish, verdict=verdict, reason=reason, allowed=allowed, only=frozenset(seen.data.judged)
        ),
        _judged,
    )


def _agreed(seen: Judged, verdict: Verdict) -> bool:
    """Return whether a person at the terminal wants this judged; where nobody can be asked nothing is."""
    if not sys.stdin.isatty():
        return False
    output.console(stderr=True).print(lines_of(seen.lines))
    return typer.confirm(f"Judge {len(seen.judged)} findings in {len(seen.lines)} lines as {verdict}?", err=True)


@app.command("assign")
@wished
def assign(
    context: typer.Context,
    wish: Wish,
    finding: Annotated[list[str] | None, typer.Argument(help="Ids of findings or lines; else say which.")] = None,
    *,
    to: Annotated[str, typer.Option("--to", metavar="NAME", help="Who is to look; empty: nobody any more.")],
) -> None:
    """Say who is to look at findings; 'finding list --mine' is that person's work."""
    output.answer(
        context,
        lambda desk: workflow.findings.assign(desk, wish, named=finding or (), to=to),
        lambda data: [output.facts("Assigned", {"to": data.examiner, "findings": len(data.findings)})],
    )


def _listed(data: Findings, *, records: bool, dismissed: bool) -> Iterable[Table]:
    yield _reasons(data.findings) if dismissed else listed(data.findings) if records else lines_of(data.lines)


def lines_of(lines: Iterable[LineShown]) -> Table:
    """Return incident lines as a table."""
    columns = ("id", "official", "device", "level", "class", "status", "what")
    rows = [[e.id, e.official, e.device, e.level, e.evidence_class, _stands(e), _short(_led(e))] for e in lines]
    return output.table("Findings by incident line", columns, rows)


def _led(line: LineShown) -> str:
    """Return a line in words, led by its indicator where it does not name it itself."""
    told, value = words(line.words), line.indicator.value if line.indicator else ""
    return told if value in told else f"{value}: {told}"


def _stands(line: LineShown) -> str:
    """Return where a line stands in review; what joined it after it was judged is said."""
    if line.joined_later:
        return words(say("{count} joined later", count=line.joined_later))
    states = ", ".join(map(shown, line.states))
    return words(say("{states}, {entry} fits", states=states, entry=line.allowed)) if line.allowed else states


def _reasons(found: Iterable[FindingShown]) -> Table:
    columns = ("id", "official", "level", "title", "status", "examiner", "reason")
    rows = [
        [one.id, one.official, one.level, _short(_with_indicator(one)), each.verdict, each.examiner, each.reason]
        for one in found
        for each in one.dispositions
    ]
    return output.table("Dismissed findings", columns, rows)


def listed(found: Iterable[FindingShown]) -> Table:
    """Return findings as a table."""
    columns = ("id", "official", "level", "class", "status", "title")
    rows = [[e.id, e.official, e.level, e.evidence_class, e.status, _short(_with_indicator(e))] for e in found]
    return output.table("Findings", columns, rows)


def _with_indicator(one: FindingShown) -> str:
    """Return a finding's title, led by the indicator where it does not name it itself."""
    told, value = words(heading(one.title, one.rule, one.indicator)), one.indicator.value if one.indicator else ""
    return told if value in told else f"{value}: {told}"


def _short(title: str) -> str:
    return title if len(title) <= MAX_TITLE_SHOWN else f"{title[: MAX_TITLE_SHOWN - 1]}…"


def _facts(one: FindingShown, **more: object) -> Table:
    known = {name: getattr(one.indicator, name.partition("_")[2]) for name in _INDICATOR} if one.indicator else {}
    fields = [name for name in _SHOWN if hasattr(one, name)]
    return output.record(say("Finding {id}", id=one.id), one, fields, **known, **more)


def _judged(data: Judged) -> Iterable[Table | Text]:
    if data.finding is not None:
        return [_facts(data.finding)]
    return [lines_of(data.lines)]


_RECORD = ("rating", "says", "common", "evidence", "causes", "unusual", "source")
"""What is shown of a rule's record."""
_MEANING = ("means", "does not mean", "line", "in this line")
_RATE, _PUBLISHED, _WEIGHS = ("base rate", "published by", "why it weighs so")


def whole(data: FindingInFull) -> Iterable[Table | Text]:
    """Return a finding in full as tables."""
    one = data.finding
    waits = say("{records}, {waiting} not judged yet", records=one.line.records, waiting=one.line.waiting)
    more = dict(zip(_MEANING, (one.means, one.does_not_mean, one.line.id, waits), strict=True))
    if one.base_rate:
        more[_RATE] = one.base_rate.words
    if one.published:
        more[_PUBLISHED] = f"{one.published.publisher or one.published.name} {one.published.source_url}".strip()
    yield _facts(one, **more)
    if one.rated is not None:
        yield output.record(say("Rule {id}", id=one.rated.id), one.rated, _RECORD, **{_WEIGHS: one.weighs})
    yield output.records("Dispositions", ("at", "examiner", "verdict", "reason"), one.dispositions)
    if one.notes:
        yield output.records("Notes", ("at", "examiner", "text"), one.notes)
    rows = [[each.level, each.message, json.dumps(each.event, ensure_ascii=False)] for each in one.raised]
    yield output.table("Alerts, verbatim", ("level", "message", "event"), rows)


@allow_app.command("add")
def allow_add(
    context: typer.Context,
    reason: Annotated[str, typer.Option("--reason", help="Why it is ordinary here.")],
    value: Annotated[str | None, typer.Option("--value", help="An indicator's value; another examiner agrees.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="A rule, with or without the thing it names.")] = None,
    expires: Annotated[str | None, typer.Option("--expires", metavar="DATE", help="Until when (UTC).")] = None,
) -> None:
    """Name something ordinary: its lines are marked, counted and proposed, and nothing is dismissed by it alone."""
    until = workflow.consents.read_date(expires, end_of_day=True) if expires else None
    output.answer(
        context,
        lambda desk: workflow.allowing.add(desk, value=value, rule=rule, reason=reason, expires_at=until),
        lambda data: [output.record("Allow-list", data.entry)],
    )


@allow_app.command("agree")
def allow_agree(context: typer.Context, entry: Annotated[str, typer.Argument(help="Its id, L-0001.")]) -> None:
    """Agree to an entry that another examiner proposed."""
    output.answer(
        context,
        lambda desk: workflow.allowing.agree(desk, entry),
        lambda data: [output.record("Allow-list", data.entry)],
    )


@allow_app.command("end")
def allow_end(
    context: typer.Context,
    entry: Annotated[str, typer.Argument(help="Its id, L-0001.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
) -> None:
    """End an entry; what was dismissed stays as it was judged."""
    output.answer(
        context,
        lambda desk: workflow.allowing.end(desk, entry, reason=reason),
        lambda data: [output.record("Allow-list", data.entry)],
    )


@allow_app.command("list")
def allow_list(
    context: typer.Context,
    workspace: Annotated[bool, typer.Option("--whole-workspace", help="Of every case of the workspace.")] = False,
) -> None:
    """List the allow-list with reasons, authors and where each entry stands."""
    columns = ("id", "case", "what", "value", "state", "reason", "examiner", "agreed_by", "expires_at")
    output.answer(
        context,
        lambda desk: workflow.allowing.list_entries(desk, workspace=workspace),
        lambda data: [output.records("Allow-list", columns, data.entries)],
    )
