"""`mvtcase finding`: list, show, dispose."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import output
from mvtcase.model import Verdict
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from mvtcase.workflow.findings import FindingInFull
    from mvtcase.workflow.payloads import FindingShown

app = typer.Typer(no_args_is_help=True, help="Findings: the units of review; an alert is not a verdict.")
MAX_TITLE_SHOWN = 110
_INDICATOR = ("value", "type", "family", "set")
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
)


@app.command("list")
def list_findings(
    context: typer.Context,
    official: Annotated[str | None, typer.Option("--official", help="Only of this official.")] = None,
    device: Annotated[str | None, typer.Option("--device", help="Only of this device.")] = None,
    dismissed: Annotated[bool, typer.Option("--dismissed", help="Only what was dismissed, with the reasons.")] = False,
) -> None:
    """List findings, worst level first."""
    output.answer(
        context,
        lambda desk: workflow.findings.list_findings(desk, official=official, device=device, dismissed=dismissed),
        lambda data: [_reasons(data.findings) if dismissed else listed(data.findings)],
    )


@app.command("show")
def show(context: typer.Context, finding: Annotated[str, typer.Argument(help="Id, or its beginning.")]) -> None:
    """Show a finding with the alerts it was built from, verbatim."""
    output.answer(context, lambda desk: workflow.findings.show(desk, finding), _whole)


@app.command("dispose")
def dispose(
    context: typer.Context,
    finding: Annotated[str, typer.Argument(help="Id, or its beginning.")],
    verdict: Annotated[Verdict, typer.Option("--as", help="The judgement.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the case.")],
) -> None:
    """Record your judgement on a finding; the latest stands. To confirm, or to dismiss what is grave, takes two."""
    output.answer(
        context,
        lambda desk: workflow.findings.dispose(desk, finding, verdict=verdict, reason=reason),
        lambda data: [_facts(data.finding)],
    )


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
    value = one.indicator.value if one.indicator else ""
    return one.title if value in one.title else f"{value}: {one.title}"


def _short(title: str) -> str:
    return title if len(title) <= MAX_TITLE_SHOWN else f"{title[: MAX_TITLE_SHOWN - 1]}…"


def _facts(one: FindingShown, **more: object) -> Table:
    known = {f"indicator_{name}": getattr(one.indicator, name) for name in _INDICATOR} if one.indicator else {}
    return output.record(say("Finding {id}", id=one.id), one, _SHOWN, **known, **more)


_RECORD = ("rating", "says", "common", "evidence", "causes", "unusual", "source")
"""What is shown of a rule's record."""


def _whole(data: FindingInFull) -> Iterable[Table]:
    one = data.finding
    yield _facts(one, **({"base_rate": one.base_rate.words} if one.base_rate else {}))
    if one.rated is not None:
        yield output.record(say("Rule {id}", id=one.rated.id), one.rated, _RECORD, weighs=one.weighs)
    yield output.records("Dispositions", ("at", "examiner", "verdict", "reason"), one.dispositions)
    rows = [[each.level, each.message, json.dumps(each.event, ensure_ascii=False)] for each in one.raised]
    yield output.table("Alerts, verbatim", ("level", "message", "event"), rows)
