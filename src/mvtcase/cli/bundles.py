"""`mvtcase bundle`: export, inspect, import, decisions, decide, slice."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import output
from mvtcase.cli.state import heading, sentence, state_of
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from mvtcase.cli.state import State
    from mvtcase.workflow.bundles import OneBundle
    from mvtcase.workflow.merges import Decisions, Merged

app = typer.Typer(no_args_is_help=True, help="The case itself, for another laptop.")
_Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to; default: the case's 'exports'.")
]
_To = Annotated[
    list[str] | None,
    typer.Option("--to", metavar="KEY", help="Who can open it: an age key, or a registered examiner; again for more."),
]


@app.command("export")
def export_bundle(
    context: typer.Context,
    destination: _Output = None,
    with_names: Annotated[bool, typer.Option("--with-names", help="Needed, since the case holds every name.")] = False,
    to: _To = None,
    officials: Annotated[
        list[str] | None, typer.Option("--official", metavar="ID", help="Only these people; again for more.")
    ] = None,
    without_evidence: Annotated[
        bool, typer.Option("--without-evidence", help="Leave the acquisitions themselves here.")
    ] = False,
    name: Annotated[str, typer.Option("--as", metavar="NAME", help="What this laptop is called, as 'taichung'.")] = "",
    edition: Annotated[
        str | None, typer.Option("--edition", metavar="EDITION", help="Only internal: a bundle holds everything.")
    ] = None,
) -> None:
    """Write the case for another laptop: signed and sealed with '--to', else a plain archive without evidence."""
    if not to:
        exports = workflow.exports
        output.answer(
            context,
            lambda desk: exports.export(
                desk, exports.BUNDLE, output=destination, with_names=with_names, edition=edition
            ),
            lambda data: [output.record("Export", data.export)],
        )
        return
    wish = workflow.bundles.Wish(
        to=tuple(to), officials=tuple(officials or ()), evidence=not without_evidence, name=name, output=destination,
        edition=edition,
    )  # fmt: skip
    output.answer(context, lambda desk: workflow.bundles.export(desk, wish), _bundle)


@app.command("inspect")
def inspect(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The bundle.")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Open a slice as well, and check each thing in it; needs your identity.")
    ] = False,
) -> None:
    """Show what a bundle holds and who signed it, without opening it; every chunk is checked."""
    if verify:
        output.answer(
            context,
            lambda desk: workflow.slices.check(desk, path),
            lambda data: [output.records("Checked", ("what", "holds", "seen"), data.checks)],
        )
        return
    output.answer(context, lambda desk: workflow.bundles.inspect(desk, path), _bundle)


def _bundle(data: OneBundle) -> Iterable[Table]:
    one = data.bundle
    counts = ", ".join(f"{number} {sentence(heading(name))}" for name, number in one.counts.items())
    names = (
        "origin",
        "examiner",
        "signed_by",
        "made_at",
        "tlp",
        "edition",
        "evidence",
        "events",
        "head",
        "chunks",
        "path",
    )
    yield output.record("Bundle", one, names, holds=counts)


@app.command("import")
def take_in(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The bundle.")],
    keys: Annotated[
        Path | None, typer.Option("--keys", metavar="FILE", help="Public keys of signers, a line each: NAME KEY.")
    ] = None,
    name: Annotated[str, typer.Option("--as", metavar="NAME", help="Call its laptop so here.")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="Only show what would come.")] = False,
) -> None:
    """Merge a bundle into the case: checked, shown first, all of it or nothing; what differs is left to decide."""
    state = state_of(context)
    wish = workflow.merges.Wish(keys=keys, name=name, preview=preview)
    outcome = workflow.merges.take_in(state.desk(), path, wish, confirm=lambda plan: _may_merge(state, plan))
    output.show(state, outcome, _merged)


def _may_merge(state: State, plan: Merged) -> bool:
    """Show what would come, and ask; where nobody can be asked, only '--yes' merges."""
    if state.yes or state.as_json or not sys.stdin.isatty():
        return state.yes
    output.draw_all(_merged(plan), stderr=True)
    return typer.confirm(sentence("Merge this?"), err=True)


def _merged(data: Merged) -> Iterable[Table]:
    tallies = (data.new, data.newer, data.same, data.conflicts, data.left_out)
    tables = dict.fromkeys(name for tally in tallies for name in tally)
    rows = [[heading(name), *(tally.get(name) for tally in tallies)] for name in tables]
    title = say("Bundle of {origin}, signed by {examiner}", origin=data.origin, examiner=data.examiner)
    yield output.table(title, ("what", "new", "newer", "same", "conflicts", "left_out"), rows)
    if data.decisions:
        yield _decisions_table(data)


def _decisions_table(data: Merged | Decisions) -> Table:
    rows = [
        [
            one.id,
            one.kind,
            one.about,
            *("; ".join(f"{side}: {', '.join(map(str, values.values()))}" for side, values in one.said.items()),),
            one.kept or say("open"),
        ]
        for one in data.decisions
    ]
    return output.table("Where laptops differ", ("id", "kind", "about", "said", "kept"), rows)


@app.command("decisions")
def decisions(context: typer.Context) -> None:
    """Show on what laptops differ, what is open first."""
    output.answer(context, workflow.merges.decisions, lambda data: [_decisions_table(data)])


@app.command("decide")
def decide(
    context: typer.Context,
    named: Annotated[str, typer.Argument(metavar="DECISION", help="Its id, as M-0001.")],
    keep: Annotated[str, typer.Option("--keep", metavar="SIDE", help="'here', the other laptop's name, or 'both'.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
) -> None:
    """Settle what two laptops differ on."""
    output.answer(
        context,
        lambda desk: workflow.merges.decide(desk, named, keep, reason),
        lambda data: [_decisions_table(data)],
    )


@app.command("slice")
def cut_slice(
    context: typer.Context,
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="The finding to be checked by another lab.")],
    to: _To = None,
    destination: _Output = None,
) -> None:
    """Write the smallest evidence of one finding, signed and sealed, for a lab without phone and case."""
    output.answer(
        context,
        lambda desk: workflow.slices.cut(desk, finding, to=tuple(to or ()), output=destination),
        _bundle,
    )
