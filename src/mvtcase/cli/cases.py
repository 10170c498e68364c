"""`mvtcase case`: new, list, show, set, seal, unseal and others; `mvtcase custody`: log, verify, sign and others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import output
from mvtcase.cli.officials import may_destroy, purged
from mvtcase.cli.state import new_passphrase, state_of
from mvtcase.errors import InputError
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from mvtcase.workflow.cases import NewCase, OneCase
    from mvtcase.workflow.desk import Desk, Outcome
    from mvtcase.workflow.sealed import Formed, Wish

Recovery = Annotated[bool, typer.Option("--recovery", help="Make a recovery key, shown once, for paper.")]
WithPassphrase = Annotated[bool, typer.Option("--with-passphrase", help="Let a passphrase open it too; asked for.")]
app = typer.Typer(no_args_is_help=True, help="Inquiries: one case is one folder with one SQLite file.")
chain = typer.Typer(no_args_is_help=True, help="The chain of custody: every change of the case, hash-chained.")


@app.command("new")
def new(
    context: typer.Context,
    title: Annotated[str, typer.Argument(help="What people call the inquiry.")],
    slug: Annotated[str | None, typer.Option("--slug", help="Folder name; default: made from the title.")] = None,
    tlp: Annotated[
        str, typer.Option("--tlp", help="Marking of every report: RED, AMBER+STRICT, AMBER, GREEN or CLEAR (TLP 2.0).")
    ] = "AMBER+STRICT",
    description: Annotated[str, typer.Option("--description", help="Free text.")] = "",
    sealed: Annotated[bool, typer.Option("--sealed", help="Encrypt the case; your identity opens it.")] = False,
    recovery: Recovery = False,
    with_passphrase: WithPassphrase = False,
) -> None:
    """Start a case."""

    def make(desk: Desk) -> Outcome[NewCase]:
        wish = _wish(recovery, with_passphrase) if sealed else None
        return workflow.cases.new(desk, title, slug=slug, tlp=tlp, description=description, sealed=wish)

    output.answer(context, make, _one)


@app.command("seal")
def seal(
    context: typer.Context,
    recovery: Recovery = False,
    with_passphrase: WithPassphrase = False,
) -> None:
    """Encrypt an open case: the sealed one is verified before the open one is destroyed."""
    output.answer(context, lambda desk: workflow.sealed.seal(desk, _wish(recovery, with_passphrase)), _form)


@app.command("unseal")
def unseal(context: typer.Context) -> None:
    """Decrypt a sealed case for good: its files lie in clear again."""
    output.answer(context, workflow.sealed.unseal, _form)


@app.command("rekey")
def rekey(
    context: typer.Context,
    recovery: Recovery = False,
    with_passphrase: WithPassphrase = False,
) -> None:
    """Put a sealed case under a new key: only active examiners open it from then on."""
    output.answer(context, lambda desk: workflow.sealed.rekey(desk, _wish(recovery, with_passphrase)), _form)


def _wish(recovery: bool, with_passphrase: bool) -> Wish:
    from mvtcase.workflow.sealed import Wish

    chosen = new_passphrase(say("New passphrase of the case")).value if with_passphrase else ""
    if with_passphrase and not chosen:
        raise InputError("A passphrase is needed.")
    return Wish(recovery=recovery, passphrase=chosen)


def _form(data: Formed) -> Iterable[Table]:
    yield output.record("Case", data, ("folder", "sealed", "people"))


@app.command("list")
def list_cases(context: typer.Context) -> None:
    """List the cases of the workspace."""
    columns = ("id", "slug", "title", "tlp", "state")
    output.answer(context, workflow.cases.list_cases, lambda data: [output.records("Cases", columns, data.cases)])


@app.command("show")
def show(context: typer.Context) -> None:
    """Show one case and how much it holds."""
    output.answer(context, workflow.cases.show, _one)


@app.command("set")
def change(
    context: typer.Context,
    sets: Annotated[
        str | None, typer.Option("--sets", metavar="A,B", help="Hold the case to these indicator sets.")
    ] = None,
    all_sets: Annotated[bool, typer.Option("--all-sets", help="Hold the case to every active set again.")] = False,
    single_examiner: Annotated[
        str | None,
        typer.Option("--single-examiner", metavar="REASON", help="One examiner is enough, and why; empty: two again."),
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", metavar="LANG", help="Language of the case's reports: en or zh-TW.")
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option("--time-zone", "--timezone", metavar="ZONE", help="Zone of the times shown, such as Asia/Taipei."),
    ] = None,
    interval: Annotated[
        str | None,
        typer.Option("--scan-interval", metavar="DAYS", help="How often to scan again, such as 30d; empty: never."),
    ] = None,
) -> None:
    """Change what a case's results rest on, and how it is told: sets, examiners who must agree, language, time zone."""
    state = state_of(context)
    if single_examiner is not None:
        outcome = workflow.cases.set_single_examiner(state.desk(), single_examiner)
    if language is not None or time_zone is not None:
        outcome = workflow.cases.set_shown(state.desk(), language=language, time_zone=time_zone)
    if interval is not None:
        outcome = workflow.cases.set_interval(state.desk(), interval)
    others = (single_examiner, language, time_zone, interval)
    if sets is not None or all_sets or all(each is None for each in others):
        names = tuple(filter(None, (each.strip() for each in sets.split(",")))) if sets is not None else None
        outcome = workflow.cases.hold_to(state.desk(), names, every=all_sets)
    output.show(state, outcome, _one)


@app.command("purge")
def purge(
    context: typer.Context,
    reason: Annotated[str, typer.Option("--reason", help="Why, naming nobody; it stays in the case.")],
) -> None:
    """Destroy what a case holds of everybody, and close it; chain of custody and tombstones stay."""
    state = state_of(context)
    outcome = workflow.purges.purge_case(state.desk(), reason=reason, confirm=lambda plan: may_destroy(state, plan))
    output.show(state, outcome, purged)


@app.command("due")
def due(
    context: typer.Context,
    group: Annotated[str | None, typer.Option("--group", help="Only this group and those inside it.")] = None,
    within: Annotated[str, typer.Option("--within", metavar="DAYS", help="Due by when, such as 7d.")] = "1d",
) -> None:
    """List which phones have to be seen or scanned, by interval, new sets and decay: tomorrow's visits."""
    columns = ("who", "device", "label", "by", "why")
    output.answer(
        context,
        lambda desk: workflow.roster.due(desk, group=group, within=workflow.sealing.read_interval(within)),
        lambda data: [output.records("Due", columns, data.due)],
    )


@app.command("close")
def close(context: typer.Context) -> None:
    """Close a case: nothing changes it until it is reopened."""
    output.answer(context, workflow.cases.close, _one)


@app.command("reopen")
def reopen(context: typer.Context) -> None:
    """Reopen a closed case."""
    output.answer(context, workflow.cases.reopen, _one)


def _one(data: OneCase) -> Iterable[Table]:
    names = ("folder", "officials", "devices", "acquisitions", "scans", "findings")
    counted = {name: getattr(data, name) for name in names if hasattr(data, name)}
    shown = (
        "id",
        "slug",
        "title",
        "tlp",
        "state",
        "fixed_sets",
        "language",
        "time_zone",
        "scan_interval_days",
        "created_at",
        "created_by",
    )
    yield output.record(say("Case {id}", id=data.case.id), data.case, shown, **counted)


@chain.command("log")
def log(
    context: typer.Context,
    person: Annotated[
        str | None, typer.Option("--person", metavar="ID", help="Only what is about this official and their phones.")
    ] = None,
    examiner: Annotated[
        str | None, typer.Option("--examiner", metavar="NAME", help="Only what this examiner did, by name or id.")
    ] = None,
    since: Annotated[str, typer.Option("--since", metavar="TIME", help="Only from this day or time on (UTC).")] = "",
) -> None:
    """Print the chain, oldest event first; who read a person's page in the console stands in it too."""
    columns = ("sequence", "at", "actor", "action", "subject", "digest")
    output.answer(
        context,
        lambda desk: workflow.custody.log(desk, person=person, examiner=examiner, since=since),
        lambda data: [output.records("Chain of custody", columns, data.events)],
    )


@chain.command("verify")
def verify(
    context: typer.Context,
    head: Annotated[str | None, typer.Option(help="A head printed in a report: the chain must hold it.")] = None,
    keys: Annotated[
        Path | None, typer.Option("--keys", metavar="FILE", help="Public keys, a line each: NAME KEY; they must sign.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option("--against", metavar="FILE", help="Another laptop's bundle, or a time stamp.")
    ] = None,
) -> None:
    """Check every stored row and kept file against the chain, findings against their alerts, and signatures."""
    state = state_of(context)
    output.show(
        state,
        workflow.custody.verify(state.desk(), head=head, keys=keys, against=against),
        lambda data: [output.record("Chain of custody", data, ("holds", "events", "signed_to", "signed_by", "head"))],
    )


@chain.command("sign")
def sign(context: typer.Context) -> None:
    """Sign the head of the chain with your identity, where a verb ran without it."""
    output.answer(
        context,
        workflow.custody.sign,
        lambda data: [output.record("Chain of custody", data, ("events", "head", "signed_by"))],
    )


@chain.command("timestamp")
def stamp(
    context: typer.Context,
    authority: Annotated[str, typer.Option("--authority", metavar="URL", help="A time stamp authority (RFC 3161).")],
    roots: Annotated[Path, typer.Option("--roots", metavar="FILE", help="Its root certificates (PEM).")],
    destination: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where its answer goes.")],
) -> None:
    """Have the head of the chain stamped: nothing but a hash leaves, and only now."""
    output.answer(
        context,
        lambda desk: workflow.stamps.stamp(desk, authority, roots, output=destination),
        lambda data: [output.record("Time stamp", data)],
    )


@chain.command("handover")
def handover(
    context: typer.Context,
    giver: Annotated[str, typer.Option("--from", metavar="NAME", help="Who gives.")] = "",
    taker: Annotated[str, typer.Option("--to", metavar="NAME", help="Who takes.")] = "",
    item: Annotated[str, typer.Option("--item", help="What: a phone or acquisition by id, or a thing in words.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    attach: Annotated[
        Path | None, typer.Option("--attach", metavar="FILE", help="The scan of the signed form of '--form'.")
    ] = None,
    form: Annotated[str, typer.Option("--form", metavar="ID", help="The handover that a scan belongs to.")] = "",
    to_file: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where the form goes; default: the case's exports."),
    ] = None,
) -> None:
    """Write down a handover and print its form for two signatures; or attach the scan of one that was signed."""
    verbs = workflow.handovers
    output.answer(
        context,
        lambda desk: (
            verbs.attach(desk, form, attach)
            if attach
            else verbs.hand_over(
                desk, verbs.Handing(giver=giver, taker=taker, item=item, reason=reason, output=to_file)
            )
        ),
        lambda data: [output.record("Handover", data.handover)],
    )


@chain.command("note")
def note(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="The remark.")],
    about: Annotated[
        str | None, typer.Option("--about", metavar="ID", help="A finding, device or official; default: the case.")
    ] = None,
) -> None:
    """Add a remark to the chain."""
    output.answer(
        context,
        lambda desk: workflow.custody.note(desk, text, about=about),
        lambda data: [output.record("Note", data.note)],
    )
