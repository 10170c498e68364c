"""`mvtcase report`: write, list, review, release, supersede."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import output

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from mvtcase.workflow.reports import Reports, ReportsShown

app = typer.Typer(no_args_is_help=True, help="Reports: what can be said, to whom, and what cannot.")
_Id = Annotated[str, typer.Argument(help="Id of the report, such as R-0001.")]


@app.command("write")
def write(
    context: typer.Context,
    kind: Annotated[
        str,
        typer.Argument(
            help="incident (the case, a group or one official), group (in numbers) or letter (to one official)."
        ),
    ],
    target: Annotated[
        str | None, typer.Argument(help="A group or an official, by id, name or pseudonym; default: the whole case.")
    ] = None,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", "-f", help="html, pdf, json, md; several with commas. Default: html."),
    ] = None,
    edition: Annotated[
        str | None,
        typer.Option(
            "--edition",
            help="internal (everything, for the case team), named (everybody by name) or outside (as publication "
            "levels allow). Default: internal for incident, outside for group.",
        ),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--output", help="Where to write when the case is on a read-only medium.")
    ] = None,
) -> None:
    """Write a report as a draft. Everybody is in its numbers; edition and publication levels decide who is named."""
    wanted = formats or ("html",)
    output.answer(
        context,
        lambda desk: workflow.reports.write(desk, kind, target=target, formats=wanted, edition=edition, output=folder),
        _table,
    )


@app.command("list")
def list_reports(context: typer.Context) -> None:
    """List reports, and whether each file is still what was written."""
    output.answer(context, workflow.reports.list_reports, _table)


@app.command("review")
def review(context: typer.Context, report: _Id) -> None:
    """Mark a draft as reviewed; somebody other than its writer does this."""
    output.answer(context, lambda desk: workflow.reports.review(desk, report), _table)


@app.command("release")
def release(context: typer.Context, report: _Id) -> None:
    """Mark a reviewed report as released."""
    output.answer(context, lambda desk: workflow.reports.release(desk, report), _table)


@app.command("supersede")
def supersede(
    context: typer.Context,
    report: _Id,
    by: Annotated[str, typer.Option("--by", help="Id of the newer report that replaces it.")],
) -> None:
    """Mark a report as replaced by a newer one."""
    output.answer(context, lambda desk: workflow.reports.supersede(desk, report, by=by), _table)


def _table(data: Reports | ReportsShown) -> Iterable[Table]:
    columns = ("id", "kind", "target", "format", "state", "written_at", "written_by", "path", "file")
    rows = [[getattr(each, name, None) for name in columns] for each in data.reports]
    yield output.table("Reports", columns, rows)
