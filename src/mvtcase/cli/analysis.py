"""`mvtcase status`, `timeline`, `correlate`, `diff` and `export`: the case seen across officials and scans."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from mvtcase import workflow
from mvtcase.casebook import Remedy
from mvtcase.cli import output
from mvtcase.cli.sought import Drawn, Number
from mvtcase.cli.state import sentence, shown, state_of, words
from mvtcase.model import DeviceState, NextStep, Order, RosterState, Stage, Status
from mvtcase.wording import Said, do, say
from mvtcase.workflow.payloads import Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.table import Table

    from mvtcase.wording import Message
    from mvtcase.workflow.claims import Coverage
    from mvtcase.workflow.correlation import Links, LinkShown
    from mvtcase.workflow.desk import Desk, Outcome
    from mvtcase.workflow.diffs import Difference, ModuleTold
    from mvtcase.workflow.payloads import CaseStatus, DeviceStatus, OfficialStatus
    from mvtcase.workflow.roster import Roster
    from mvtcase.workflow.sealing import OfficialSealing, SealingStatus
    from mvtcase.workflow.timeline import Timeline

PEOPLE = 120
"""People whom two screens hold."""
FEW = 12
"""People of whom every gap is shown without being asked for, and who are named beside a link."""
MOMENTS = 1_000
"""How many moments of a timeline are drawn at once."""
MANY = 200
"""Links that a terminal is given, the most telling first."""


def show_status(  # who is shown, how much, in what order
    context: typer.Context,
    group: Annotated[str | None, typer.Option("--group", help="Only this group and those inside it.")] = None,
    only: Annotated[Status | None, typer.Option("--status", help="Only who stands so.")] = None,
    next_step: Annotated[NextStep | None, typer.Option("--next", help="Only for whom this is to be done next.")] = None,
    order: Annotated[Order | None, typer.Option("--sort", help="By what; default: worst first.")] = None,
    gaps: Annotated[bool, typer.Option("--gaps", help="Every gap, and what each phone's data could show.")] = False,
    everybody: Annotated[bool, typer.Option("--all", help=f"Everybody, not only the first {PEOPLE}.")] = False,
    sealing: Annotated[bool, typer.Option("--sealing", help="LINE Letter Sealing instead: on, off, changed …")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 10, 11 or 12 by the worst status.")] = False,
) -> None:
    """Show how everybody stands, the worst first, and what is to be done next for each person."""
    if sealing:
        output.answer(context, lambda desk: workflow.sealing.status(desk, group=group), _sealing)
        return
    whole = everybody or gaps or exit_code or state_of(context).as_json
    as_listed = order or (Order.ID if state_of(context).as_json else Order.WORST)
    outcome = output.answer(
        context,
        lambda desk: workflow.status.status(
            desk, group=group, only=only, next_step=next_step, order=as_listed, most=None if whole else PEOPLE
        ),
        lambda data: status_tables(data, gaps=gaps),
    )
    if exit_code:
        worst = workflow.status.worst_exit_code(one.status for one in outcome.data.officials)
        state_of(context).exit_code = worst or state_of(context).exit_code


def status_tables(data: CaseStatus, *, gaps: bool = False) -> Iterable[Table | Text]:
    """Return a case's counts and officials, a line each; of a few people, or with `gaps`, also what was not read."""
    counts = [[status, count] for status, count in data.counts.items() if count]
    case = data.case
    title = say("{title} ({slug}), TLP:{tlp}: officials by status", title=case.title, slug=case.slug, tlp=str(case.tlp))
    yield output.table(title, ("status", "officials"), counts)
    columns = ("id", "who", "status", "next", "beside it", "examined", "groups", "what was not, and why")
    rows = [_row(one) for one in data.officials]
    yield output.lines("Officials", columns, rows, drop=("groups", "what was not, and why", "beside it", "examined"))
    if data.left:
        yield Text(words(say("{left} more people: {0}.", do("status", all=True), left=data.left)))
    if gaps or len(data.officials) <= FEW:
        yield from _phones([each for one in data.officials for each in one.devices])


def _row(one: OfficialStatus) -> Sequence[object]:
    who = one.name or one.role or one.pseudonym
    away = "" if one.roster in {RosterState.CONSENTED, RosterState.INVITED} else f" ({shown(one.roster)})"
    told = dict.fromkeys(each.completeness for each in one.devices if each.last_scan)
    next_step = one.next_.what if one.next_ and one.next_.step else ""
    groups = ", ".join(one.groups)
    return [one.id, f"{who}{away}", one.status, next_step, output.beside(one), "/".join(map(shown, told)), groups,
            _in_a_phrase(one)]  # fmt: skip


def _in_a_phrase(one: OfficialStatus) -> str:
    """Return the gaps of a person's phones in a phrase: how many of each outcome, and what is stale."""
    tally = Counter(gap.outcome for each in one.devices for gap in each.gaps)
    stale = {words(told) for each in one.devices for told in _stale(each)}
    return ", ".join([*(f"{count} {shown(outcome)}" for outcome, count in tally.most_common()), *sorted(stale)])


def _phones(phones: Sequence[DeviceStatus]) -> Iterable[Table]:
    """Return every gap of some phones with its reason, and what their data could have shown."""
    columns = ("phone", "status", "beside it", "examined", "what was not, and why")
    yield output.table("Phones", columns, [_phone(each) for each in phones])
    seen = [[f"{each.id} {each.label}", each.status, each.reach_words] for each in phones if each.reach]
    if seen:
        yield output.table("What the phones' data could have shown", ("phone", "status", "traces"), seen)


def _phone(one: DeviceStatus) -> Sequence[object]:
    state = "" if one.state is DeviceState.IN_USE else f", {shown(one.state)}"
    gaps = [f"{gap.module}: {shown(gap.reason or gap.outcome)}" for gap in one.gaps]
    beside, missing = output.beside(one), "; ".join([*map(words, _stale(one)), *gaps])
    return [f"{one.id} {one.label}{state}", one.status, beside, one.completeness, missing]


def _stale(one: DeviceStatus) -> Iterable[Message]:
    if one.recheck_due:
        due = one.recheck_due
        yield say(
            "recheck due: {sets:# set|# sets}, {indicators:# indicator|# indicators}",
            sets=f"{due.sets:,}",
            indicators=f"{due.indicators:,}",
        )
    for each in one.stale:
        if each.remedy is not Remedy.RECHECK:
            yield say("stale: {what}, {remedy}", what=each.what, remedy=sentence(each.remedy.replace("_", " ")))


def show_roster(
    context: typer.Context,
    group: Annotated[str | None, typer.Option("--group", help="Only this group and those inside it.")] = None,
    listed: Annotated[
        Stage | None, typer.Option("--list", help="Who is behind a number: consented, scanned, …")
    ] = None,
) -> None:
    """Count how far everybody has come, per group; '--list' opens a number into its people."""
    output.answer(
        context,
        lambda desk: workflow.roster.roster(desk, group=group, mark=listed),
        lambda data: _roster(data, listed),
    )


def _roster(data: Roster, listed: Stage | None) -> Iterable[Table | Text]:
    if listed is not None:
        rows = [[one.id, one.name or one.pseudonym, one.role, ", ".join(one.groups)] for one in data.people]
        title = say("{mark}: {number}", mark=listed, number=len(rows))
        yield output.lines(title, ("id", "who", "role", "groups"), rows, drop=("groups", "role"))
        return
    names = [each.group for each in data.groups]
    tallies = [[Said("people"), *(each.people for each in data.groups)]]
    tallies += [[mark, *(each.counts[mark] for each in data.groups)] for mark in Stage]
    yield output.table("Roster", ("", *names), tallies)


def _sealing(data: SealingStatus) -> Iterable[Table]:
    columns = ("group", "on", "off", "changed_on_off", "conflicting", "unknown")
    yield output.records("LINE Letter Sealing by group", columns, data.groups)
    names = ("id", "who", "sealing", "last on", "first off", "last seen", "by", "due")
    yield output.table("Officials", names, [_sealing_row(each) for each in data.officials])
    if data.pairs:
        titles = ("officials", "from", "to", "whose account", "strength", "why (inference)")
        rows = [
            (", ".join(p.officials), p.first, p.last, p.account_of or "cannot tell", p.strength, p.reason)
            for p in data.pairs
        ]
        yield output.table("One chat on two phones", titles, rows)


def _sealing_row(one: OfficialSealing) -> Sequence[object]:
    who = ", ".join([one.name or one.pseudonym, *one.groups])
    return [
        one.id,
        who,
        Said(one.sealing.replace("_", " ")),
        one.last_on,
        one.first_off,
        one.last_seen,
        Said(one.method),
        one.due,
    ]


def timeline(  # which moments, in what form
    context: typer.Context,
    official: Annotated[str | None, typer.Option("--official", help="Only of this official.")] = None,
    group: Annotated[str | None, typer.Option("--group", help="Only this group and those inside it.")] = None,
    device: Annotated[str | None, typer.Option("--device", help="Only of this device.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="finding, scan, observation, …; again for more.")
    ] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="DATE", help="From when (UTC).")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="To when (UTC).")] = None,
    form: Annotated[str | None, typer.Option("--format", metavar="FORM", help="csv or jsonl: a moment a line.")] = None,
    limit: Drawn = None,
    page: Number = 1,
) -> None:
    """Show everything that happened in order; phones' own clocks stand apart, what has no known time comes last."""
    verbs, read_date = workflow.timeline, workflow.consents.read_date
    span = verbs.Span(
        kinds=tuple(kind or ()),
        device=device,
        since=read_date(since) if since else None,
        until=read_date(until, end_of_day=True) if until else None,
    )

    # A table of everything takes minutes to draw, and nobody reads it; whoever asks for data gets all of it.
    most = limit or (None if form or state_of(context).as_json else MOMENTS)

    def told(desk: Desk) -> Outcome[Timeline]:
        return verbs.timeline(desk, official=official, group=group, span=span, sheet=Sheet(limit=most, page=page))

    if form is None:
        output.answer(context, told, _timeline)
        return
    state = state_of(context)
    outcome = told(state.desk())
    state.done, state.exit_code = True, 0
    for line in verbs.written(outcome.data.events, verbs.read_form(form)):
        sys.stdout.write(f"{line}\n")
    output.say(outcome.messages)


def _timeline(data: Timeline) -> Iterable[Table | Text]:
    columns = ("at", "basis", "kind", "official", "device", "what", "ref")
    placed = [[e.shown, e.basis, Said(e.kind), e.official, e.device, e.what, e.ref] for e in data.events if e.shown]
    yield output.table(say("Timeline, in {zone}", zone=data.time_zone), columns, placed)
    loose = [
        [e.at or say("unknown"), e.basis, Said(e.kind), e.official, e.device, e.what, e.ref]
        for e in data.events
        if not e.shown
    ]
    if loose:
        yield output.table("By the phone's own clock, or at an unknown time", columns, loose)
    if data.pages > 1:
        more = do(page=str(data.page % data.pages + 1))
        told = say("Page {page} of {pages}; {0} shows the next.", more, page=data.page, pages=data.pages)
        yield Text(words(told))


def correlate(
    context: typer.Context,
    hours: Annotated[int, typer.Option("--hours", help="Events this close together count as one cluster.")] = 24,
    workspace: Annotated[bool, typer.Option("--whole-workspace", help="Over every case of the workspace.")] = False,
    noise: Annotated[bool, typer.Option("--noise", help="Also what most people or phones share.")] = False,
) -> None:
    """Show what links officials, the rarer the better, and who showed it first; noise stands apart with its reason."""
    output.answer(
        context,
        lambda desk: workflow.correlation.links(desk, hours=hours, workspace=workspace),
        lambda data: _links(data, noise=noise),
    )


def _links(data: Links, *, noise: bool) -> Iterable[Table | Text]:
    columns = ("link", "what", "officials", "first", "last", "findings", "weight")
    yield output.table("Links between officials", columns, [_link(each) for each in data.links[:MANY]])
    if len(data.links) > MANY:
        told = say(
            "{shown} of {number} links are shown; {0} gives all.", do(json=True), shown=MANY, number=len(data.links)
        )
        yield Text(words(told))
    if data.first_seen:
        first = [[e.at, e.official, e.kind, e.value, e.finding, e.officials] for e in data.first_seen[:MANY]]
        yield output.table("Who showed it first", ("at", "official", "link", "what", "finding", "officials"), first)
    if noise:
        rows = [[Said(each.meaning), each.value, len(each.officials), each.noise] for each in data.noise[:MANY]]
        yield output.table("Noise", ("link", "what", "officials", "reason"), rows)
    elif data.noise:
        yield Text(
            words(say("{number} more say nothing here: {0}.", do("correlate", noise=True), number=len(data.noise)))
        )


def _link(one: LinkShown) -> Sequence[object]:
    who = [" ".join(filter(None, (each.case, each.id, each.pseudonym))) for each in one.officials[:FEW]]
    if len(one.officials) > FEW:
        who.append(words(say("and {number} more", number=len(one.officials) - FEW)))
    unknown = say("unknown")
    return [
        Said(one.meaning),
        one.value,
        who,
        one.first or unknown,
        one.last or unknown,
        len(one.findings) or None,
        one.weight,
    ]


def coverage(
    context: typer.Context,
    files: Annotated[bool, typer.Option("--files", help="Which files were acquired and read by nobody.")] = False,
) -> None:
    """Show what was acquired and not read, over all latest scans, worst first."""
    del files  # the one thing there is to show; other parts of the coverage stand in `status` and `scan show`
    output.answer(context, workflow.claims.coverage, _unread)


def _unread(data: Coverage) -> Iterable[Table]:
    columns = ("kind", "file", "acquisitions", "by_no_module", "by_nobody")
    yield output.records("Acquired, and read by no module", columns, data.files)


def diff(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="SCAN", help="The earlier scan.")],
    after: Annotated[str, typer.Argument(metavar="SCAN", help="The later scan of the same device.")],
) -> None:
    """Show what changed from one scan of a device to another: modules, alerts, findings, gaps."""
    output.answer(context, lambda desk: workflow.diffs.diff(desk, before, after), _diff)


def _diff(data: Difference) -> Iterable[Table]:
    names = ("id", "acquisition", "started_at", "completeness", "indicators_loaded", "sets")
    rows = [[name.replace("_", " "), *(getattr(head, name) for head in (data.before, data.after))] for name in names]
    yield output.table("Scans", ("field", "before", "after"), rows)
    told = [[name, getattr(data, name).before, getattr(data, name).after] for name in ("system", "coverage", "reach")]
    yield output.table("The phone", ("field", "before", "after"), told)
    changed_things = [
        [way, thing, name]
        for thing, changed in (data.things or {}).items()
        for way, names in (("added", changed.added), ("gone", changed.gone))
        for name in names
    ]
    yield output.table("Apps, profiles, certificates, processes", ("change", "what", "name"), changed_things)
    modules = [[each.part, each.slug, _module(each.before), _module(each.after)] for each in data.modules]
    yield output.table("Modules that ended otherwise", ("part", "module", "before", "after"), modules)
    findings, alerts, gaps = data.findings, data.alerts, data.gaps
    for title, columns, added, gone in (
        ("Findings", ("id", "evidence_class", "level", "module", "title"), findings.added, findings.gone),
        ("Alerts", ("module", "level", "message", "times"), alerts.added, alerts.gone),
        ("Gaps", ("module", "outcome", "reason"), gaps.added, gaps.gone),
    ):
        ways = (("added", added), ("gone", gone))
        shown = [[way, *(getattr(each, name) for name in columns)] for way, changed in ways for each in changed]
        yield output.table(title, ("change", *columns), shown)


def _module(told: ModuleTold | None) -> str:
    if told is None:
        return words(say("not in this scan"))
    number = "?" if told.records is None else told.records
    return words(say("{outcome}, {n:# record|# records}", outcome=shown(told.outcome), n=number))


def export(
    context: typer.Context,
    form: Annotated[str, typer.Argument(metavar="FORMAT", help="csv, json, xlsx, stix, misp, timesketch or case-uco.")],
    destination: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to; default: the case's 'exports'.")
    ] = None,
    with_names: Annotated[
        bool, typer.Option("--with-names", help="Name those whose publication level is 'named'.")
    ] = False,
    edition: Annotated[
        str | None,
        typer.Option("--edition", help="outside (as publication levels allow), named or internal. Default: outside."),
    ] = None,
) -> None:
    """Write the findings for other programs; what is left out is said, on the terminal and in the file."""
    output.answer(
        context,
        lambda desk: workflow.exports.export(desk, form, output=destination, with_names=with_names, edition=edition),
        lambda data: [output.record("Export", data.export)],
    )
