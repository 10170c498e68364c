"""`mvtcase consent`: record, withdraw, show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import output
from mvtcase.cli.state import state_of
from mvtcase.errors import InputError
from mvtcase.model import ConsentMethod
from mvtcase.wording import do, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from mvtcase.workflow.consents import Consents, Gate

app = typer.Typer(
    no_args_is_help=True, help="The data owner's consent, without which no scan runs (MVT License 1.1, section 3.0)."
)
Official = Annotated[str, typer.Argument(help="Id (O-0001) or pseudonym of the data owner.")]
CONSENT_COLUMNS = (
    "id",
    "given_by",
    "method",
    "scope",
    "informed",
    "given_at",
    "expires_at",
    "retain_until",
    "withdrawn_at",
)


@app.command("record")
def record(  # a consent form has this many fields
    context: typer.Context,
    official: Annotated[
        str | None, typer.Argument(help="Id (O-0001) or pseudonym of the data owner; not with --csv.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Who gave it: the data owner, as written on the form.")] = "",
    scope: Annotated[str, typer.Option("--scope", help="What was consented to.")] = "",
    informed: Annotated[
        str, typer.Option("--informed", help="What the person was told of: nature,privacy,retention,disposal.")
    ] = "",
    method: Annotated[ConsentMethod, typer.Option("--method", help="How it was given.")] = ConsentMethod.WRITTEN,
    given: Annotated[str | None, typer.Option("--given", metavar="DATE", help="When; default: now.")] = None,
    expires: Annotated[str | None, typer.Option("--expires", metavar="DATE", help="Last day it holds.")] = None,
    retain: Annotated[
        str | None, typer.Option("--retain-until", metavar="DATE", help="Last day on which the data may be kept.")
    ] = None,
    device_owner: Annotated[str, typer.Option("--device-owner", help="Who owns the device, if another.")] = "",
    document: Annotated[Path | None, typer.Option("--document", help="The signed form; a copy is kept.")] = None,
    batch: Annotated[
        Path | None,
        typer.Option("--csv", help="A table of signed forms: official, by, scope, informed, given, document …"),
    ] = None,
) -> None:
    """Record a consent as it was given, or a batch of signed forms."""
    state = state_of(context)
    if batch is not None:
        output.show(state, workflow.consents.record_batch(state.desk(), batch), _many)
        return
    if official is None:
        raise InputError("Whose consent?", hint=say("{0}.", do("consent record", "OFFICIAL", by="NAME")))
    outcome = workflow.consents.record(
        state.desk(),
        official,
        by=by,
        method=method,
        scope=scope,
        informed=workflow.consents.read_points(informed),
        given_at=workflow.consents.read_date(given) if given else None,
        expires_at=workflow.consents.read_date(expires, end_of_day=True) if expires else None,
        retain_until=workflow.consents.read_date(retain, end_of_day=True) if retain else None,
        device_owner=device_owner,
        document=document,
    )
    output.show(state, outcome, lambda data: [output.record("Consent", data.consent)])


@app.command("withdraw")
def withdraw(
    context: typer.Context,
    official: Official,
    reason: Annotated[str, typer.Option("--reason", help="As given; the person need not give one.")] = "",
) -> None:
    """Take back an official's consent: no scan runs from now on."""
    output.answer(context, lambda desk: workflow.consents.withdraw(desk, official, reason=reason), _many)


@app.command("show")
def show(context: typer.Context, official: Official) -> None:
    """Show an official's consents and whether they allow a scan now."""
    output.answer(context, lambda desk: workflow.consents.show(desk, official), _gate)


def _many(data: Consents) -> Iterable[Table]:
    yield output.records("Consents", CONSENT_COLUMNS, data.consents)


def _gate(data: Gate) -> Iterable[Table]:
    yield from _many(data)
    yield output.record("Gate", data, ("scan_allowed", "reason"))
