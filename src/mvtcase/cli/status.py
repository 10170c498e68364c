"""`mvtcase status`: the detection status of everybody in the case or of a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mvtcase.cli import output
from mvtcase.cli.data import at, items
from mvtcase.cli.state import state_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.table import Table

MAX_GAPS_SHOWN = 3


def register(app: typer.Typer) -> None:
    """Add the verbs of this module to the program."""
    app.command("status")(show_status)


def show_status(
    context: typer.Context,
    group: Annotated[str | None, typer.Option("--group", help="Only this group and those inside it.")] = None,
    sealing: Annotated[bool, typer.Option("--sealing", help="LINE Letter Sealing instead: on, off, changed …")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 10, 11 or 12 by the worst status.")] = False,
) -> None:
    """Show who was examined, with what result, and how sure that is."""
    from mvtcase.workflow import sealing as watch
    from mvtcase.workflow import status

    state = state_of(context)
    if sealing:
        output.show(state, watch.status(state.desk(), group=group), _sealing)
        return
    outcome = status.status(state.desk(), group=group)
    output.show(state, outcome, status_tables)
    if exit_code:
        state.exit_code = (
            status.worst_exit_code(str(e["status"]) for e in items(outcome.data, "officials")) or state.exit_code
        )


def status_tables(data: Mapping[str, object]) -> Iterable[Table]:
    """Return a case's counts and officials as tables."""
    case = at(data, "case")
    officials = items(data, "officials")
    counts = [[status, count] for status, count in at(data, "counts").items() if count]
    yield output.table(
        f"{case['title']} ({case['slug']}), TLP:{case['tlp']}: officials by status", ("status", "officials"), counts
    )
    columns = ("official", "who", "groups", "status", "device", "device status", "examined", "not examined", "stale")
    yield output.table("Officials", columns, [row for one in officials for row in _rows(one)])


def _rows(one: Mapping[str, Any]) -> list[Sequence[object]]:
    who = one["name"] or one["role"] or one["pseudonym"]
    waiting = "" if one["roster"] in {"consented", "invited"} else f" ({one['roster']})"
    lead = [one["id"], f"{who}{waiting}", one["groups"], one["status"]]
    if not one["devices"]:
        return [[*lead, None, None, None, None, None]]
    return [
        [
            *(lead if place == 0 else ("", "", "", "")),
            f"{each['id']} {each['label']}",
            each["status"],
            each["completeness"],
            _gaps(each["gaps"]),
            [f"{stale['what']}: {stale['remedy']}" for stale in each["stale"]],
        ]
        for place, each in enumerate(one["devices"])
    ]


def _gaps(gaps: Sequence[Mapping[str, Any]]) -> str:
    shown = "; ".join(f"{gap['module']} {gap['outcome']}" for gap in gaps[:MAX_GAPS_SHOWN])
    more = f" and {len(gaps) - MAX_GAPS_SHOWN} more" if len(gaps) > MAX_GAPS_SHOWN else ""
    return f"{shown}{more}"


def _sealing(data: Mapping[str, object]) -> Iterable[Table]:
    columns = ("group", "on", "off", "changed_on_off", "conflicting", "unknown")
    yield output.table(
        "LINE Letter Sealing by group", columns, [[e[n] for n in columns] for e in items(data, "groups")]
    )
    names = ("id", "pseudonym", "name", "groups", "sealing", "window", "last_seen", "method", "due")
    yield output.table("Officials", names, [[each[name] for name in names] for each in items(data, "officials")])
