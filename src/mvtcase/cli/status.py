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
    columns = ("id", "who", "status", "phone", "examined", "what was not, and why")
    yield output.table("Officials", columns, [row for one in officials for row in _rows(one)])


def _rows(one: Mapping[str, Any]) -> list[Sequence[object]]:
    who = one["name"] or one["role"] or one["pseudonym"]
    waiting = "" if one["roster"] in {"consented", "invited"} else f" ({one['roster']})"
    person = [one["id"], ", ".join([f"{who}{waiting}", *one["groups"]])]
    devices = one["devices"]
    if len(devices) == 1:
        return [[*person, one["status"], *_phone(devices[0])]]
    rows: list[Sequence[object]] = [[*person, one["status"], None, None, None]]
    return [*rows, *(["", "", each["status"], *_phone(each)] for each in devices)]


def _phone(one: Mapping[str, Any]) -> Sequence[object]:
    state = "" if one["state"] == "in_use" else f", {one['state']}"
    gaps = [f"{gap['module']}: {gap['reason'] or gap['outcome']}" for gap in one["gaps"][:MAX_GAPS_SHOWN]]
    more = [f"{len(one['gaps']) - MAX_GAPS_SHOWN} more"] if len(one["gaps"]) > MAX_GAPS_SHOWN else []
    stale = [f"stale: {each['what']}, {each['remedy'].replace('_', ' ')}" for each in one["stale"]]
    return [f"{one['id']} {one['label']}{state}", one["completeness"], "; ".join([*gaps, *more, *stale])]


def _sealing(data: Mapping[str, object]) -> Iterable[Table]:
    columns = ("group", "on", "off", "changed_on_off", "conflicting", "unknown")
    yield output.table(
        "LINE Letter Sealing by group", columns, [[e[n] for n in columns] for e in items(data, "groups")]
    )
    names = ("id", "who", "sealing", "last on", "first off", "last seen", "by", "due")
    yield output.table("Officials", names, [_sealing_row(each) for each in items(data, "officials")])


def _sealing_row(one: Mapping[str, Any]) -> Sequence[object]:
    who = ", ".join([one["name"] or one["pseudonym"], *one["groups"]])
    return [one["id"], who, *(one[name] for name in ("sealing", "last_on", "first_off", "last_seen", "method", "due"))]
