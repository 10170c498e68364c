"""`mvtcase report`: write, list, review, release, supersede, erratum, diff, rebuild, allow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import output
from mvtcase.wording import Said

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from mvtcase.workflow.reports import Reports, ReportsShown

app = typer.Typer(no_args_is_help=True, help="Reports: what can be said, to whom, and what cannot.")
_WORDS = frozenset({"kind", "edition", "file"})
"""Columns of words that the catalogue has."""
_Id = Annotated[str, typer.Argument(help="Id of the report, such as R-0001.")]


@app.command("write")
def write(
    context: typer.Context,
    kind: Annotated[
        str,
        typer.Argument(
            help="incident (the case, a group or one official), group (in numbers), device (technical) or letter (to "
            "one official)."
        ),
    ],
    target: Annotated[
        str | None,
        typer.Argument(help="A group, an official or a device, by id, name or pseudonym; default: the whole case."),
    ] = None,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format", "-f", help="html, pdf, docx, xlsx (its tables), json, md; several with commas. Default: html."
        ),
    ] = None,
    edition: Annotated[
        str | None,
        typer.Option(
            "--edition",
            help="internal (everything, for the case team), named (everybody by name) or outside (as publication "
            "levels allow). Default: outside for group, internal for the others.",
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--output", help="Write to this folder too, with a manifest; nothing is sent."),
    ] = None,
    everybody: Annotated[bool, typer.Option("--all", help="A letter to each official.")] = False,
) -> None:
    """Write a report as a draft. Everybody is in its numbers; edition and publication levels decide who is named.

    All formats have one number; in another language (--language) it is a report of its own, with a number of its own.
    """
    wanted = formats or ("html",)
    output.answer(
        context,
        lambda desk: workflow.reports.write(
            desk, kind, target=target, formats=wanted, edition=edition, output=folder, everybody=everybody
        ),
        _table,
    )


@app.command("list")
def list_reports(context: typer.Context) -> None:
    """List reports, and whether each file is still what was written."""
    output.answer(context, workflow.reports.list_reports, _table)


@app.command("review")
def review(context: typer.Context, report: _Id) -> None:
    """Mark a draft as reviewed, and show what changed since; somebody other than its writer does this."""
    output.answer(context, lambda desk: workflow.report_life.review(desk, report), _table)


@app.command("release")
def release(
    context: typer.Context,
    report: _Id,
    to_folder: Annotated[
        Path | None,
        typer.Option("--output", metavar="DIR", help="Copy it there too, with signatures; again at any time."),
    ] = None,
) -> None:
    """Mark a reviewed report as released; one that the case has left behind is refused."""
    output.answer(context, lambda desk: workflow.report_life.release(desk, report, output=to_folder), _table)


@app.command("supersede")
def supersede(
    context: typer.Context,
    report: _Id,
    by: Annotated[str, typer.Option("--by", help="Id of the newer report that replaces it.")],
) -> None:
    """Mark a report as replaced by a newer one, which was released."""
    output.answer(context, lambda desk: workflow.report_life.supersede(desk, report, by=by), _table)


@app.command("erratum")
def erratum(
    context: typer.Context, report: _Id, text: Annotated[str, typer.Argument(help="What was wrong, and what is right.")]
) -> None:
    """Add a correction to a released report; it stands on the page."""
    output.answer(context, lambda desk: workflow.report_life.erratum(desk, report, text), _table)


@app.command("allow")
def allow(
    context: typer.Context,
    item: Annotated[str, typer.Argument(help="Id of a finding or an observation.")],
    reason: Annotated[str, typer.Option("--reason", help="Why its text may leave the case team.")],
) -> None:
    """Let the text of one finding or observation stand in reports that leave the case team."""
    output.answer(context, lambda desk: workflow.report_life.allow(desk, item, reason), _table)


@app.command("diff")
def diff(
    context: typer.Context,
    report: _Id,
    before: Annotated[str | None, typer.Option("--from", help="The other report; default: the one before.")] = None,
) -> None:
    """Show what a report says otherwise than the one before it."""
    columns = ("what", "before", "after")
    output.answer(
        context,
        lambda desk: workflow.report_life.diff(desk, report, before=before),
        lambda data: [output.records(f"{data.before} to {data.after}", columns, data.differences)],
    )


@app.command("rebuild")
def rebuild(context: typer.Context, report: _Id) -> None:
    """Make a report again from the case as it was at the report's head, and compare the bytes."""
    columns = ("id", "format", "same", "sha256")
    output.answer(
        context,
        lambda desk: workflow.report_life.rebuild(desk, report),
        lambda data: [output.records("Made again", columns, data.files)],
    )


def _table(data: Reports | ReportsShown) -> Iterable[Table]:
    columns = ("id", "kind", "edition", "target", "format", "state", "written_at", "written_by", "path", "file")
    rows = [[Said(told) if isinstance(told := getattr(each, name, None), str) and name in _WORDS else told
             for name in columns] for each in data.reports]  # fmt: skip
    yield output.table("Reports", columns, rows)
