"""Every page for reading: its address, the verb whose answer it shows, its template; one list, in the menu's order."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mvtcase import workflow
from mvtcase.errors import InputError
from mvtcase.model import FindingState, Level, NextStep, Order, Stage, Status
from mvtcase.store.sought import Sought
from mvtcase.store.words import MAX_QUERY, SHORTEST
from mvtcase.wording import Said, said
from mvtcase.workflow.payloads import Sheet

if TYPE_CHECKING:
    from mvtcase.workflow.desk import Desk, Outcome

Asked = dict[str, str]
"""The parts of an address and its query by name; a part wins over a query of its name."""
LINES = 100
"""Incident lines or moments on a page."""
SCANS = 30
"""Scans on a page: each is read with its modules."""
GRAVEST = 50
"""Findings or alerts that stand on the page of what they are about, the gravest; the queue has all."""
_PART = re.compile(r"{(\w+)}")
ELSEWHERE = 12
"""Incident lines about the same value that stand beside a finding."""
_LONGEST_PAGE = 7
Told = Mapping[str, "Outcome[Any] | None"]
"""The answers that a page has so far: its own verb's is the `outcome`."""
Read = Callable[["Desk", Asked], "Outcome[Any]"]
Beside = Callable[["Desk", Asked, Told], "Outcome[Any] | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: `read` calls the verb named `command`; `menu` is its word in the menu, empty where it has none.

    `about` names the parts of address or query that are of one person: to read what they name is written down.
    `beside` are verbs whose answers stand on the page too, and not in its JSON; each can be None. `options` says with
    which flags the verb answers as an address asks.
    """

    path: str
    template: str
    command: str
    read: Read
    menu: Said | str = ""
    about: tuple[str, ...] = ()
    options: Callable[[Asked], tuple[str, ...]] = lambda _: ()
    beside: Mapping[str, Beside] = field(default_factory=dict)

    def typed(self, asked: Asked) -> tuple[str, ...]:
        """Return the verb as the examiner types it to be answered as an address asks: its words, things and flags."""
        things = (asked[each] for each in _PART.findall(self.path) if each != "case")
        return (*self.command.split(), *things, *self.options(asked))


def _flags(*fixed: str, **named: str) -> Callable[[Asked], tuple[str, ...]]:
    """Return what gives the flags of a verb: some always, others as the address asks, by the name that they have there.

    A name that ends in an underscore is that of a flag which takes no value.
    """

    def told(asked: Asked) -> tuple[str, ...]:
        pairs = ((flag, asked.get(name.strip("_"), ""), name) for name, flag in named.items())
        return (*fixed, *(word for flag, given, name in pairs if given for word in _flag(flag, given, name)))

    return told


def _flag(flag: str, given: str, name: str) -> tuple[str, ...]:
    return (f"--{flag}",) if name.endswith("_") else (f"--{flag}", given)


def _sought(asked: Asked, status: FindingState | None = None) -> Sought:
    """Return what an address looks for among findings. Raises `InputError` on a word that is none of its set."""
    return Sought(
        official=asked.get("official") or None,
        device=asked.get("device") or None,
        group=asked.get("group") or None,
        family=asked.get("family") or None,
        text=asked.get("text") or None,
        indicator=asked.get("indicator") or None,
        level=one_of(Level, asked["level"], "level") if asked.get("level") else None,
        dismissed=asked.get("dismissed") == "yes",
        undisposed=asked.get("undisposed") == "yes",
        status=status,
    )


def number_of_page(asked: Mapping[str, str]) -> int:
    """Return the page of a long list that an address asks for, the first where it asks for none."""
    given = asked.get("page", "1")
    return int(given) if given.isascii() and given.isdigit() and len(given) < _LONGEST_PAGE else 1


def _sheet(asked: Asked, limit: int = LINES) -> Sheet:
    return Sheet(limit=limit, page=number_of_page(asked))


def _scans(desk: Desk, asked: Asked) -> Outcome[Any]:
    return workflow.scans.list_scans(desk, device=asked.get("device") or None, sheet=_sheet(asked, SCANS))


def _queue(desk: Desk, asked: Asked) -> Outcome[Any]:
    wish = workflow.seeking.Wish(sought=_sought(asked), mine=asked.get("mine") == "yes")
    return workflow.findings.list_findings(desk, wish, limit=LINES, page=number_of_page(asked))


def _second_look(desk: Desk, asked: Asked) -> Outcome[Any]:
    """Return the findings that one examiner has judged and that wait for another: confirmed ones, else dismissed."""
    wish = workflow.seeking.Wish(sought=_sought(asked, status=_awaited(asked)), mine=asked.get("mine") == "yes")
    return workflow.findings.list_findings(desk, wish, limit=LINES, page=number_of_page(asked))


def _awaited(asked: Asked) -> FindingState:
    return FindingState.CONFIRMED_ONCE if asked.get("to") == "confirm" else FindingState.DISMISSED_ONCE


def one_of(kind: type[Any], text: str, what: str) -> Any:  # noqa: ANN401  # the enum's member
    """Return the member of a closed set that a text names. Raises `InputError`."""
    try:
        return kind(text)
    except ValueError:
        raise InputError("{given!r} is no {what}.", given=text, what=what) from None


def _part(verb: Callable[..., Outcome[Any]], name: str, **limit: int) -> Callable[[Desk, Asked], Outcome[Any]]:
    return lambda desk, asked: verb(desk, asked[name], **limit)


def _plain(verb: Callable[[Desk], Outcome[Any]]) -> Callable[[Desk, Asked], Outcome[Any]]:
    return lambda desk, _: verb(desk)


def _status(desk: Desk, asked: Asked) -> Outcome[Any]:
    return workflow.status.status(
        desk,
        group=asked.get("group") or None,
        only=one_of(Status, asked["status"], "status") if asked.get("status") else None,
        next_step=one_of(NextStep, asked["next"], "next step") if asked.get("next") else None,
        order=one_of(Order, asked.get("sort") or Order.WORST, "order"),
    )


def _standing(asked: Asked) -> tuple[str, ...]:
    return ("--sort", asked.get("sort") or str(Order.WORST), *_of_people(asked))


_of_people = _flags(group="group", status="status", next="next")


def _roster(desk: Desk, asked: Asked) -> Outcome[Any]:
    mark = one_of(Stage, asked["mark"], "mark") if asked.get("mark") else None
    return workflow.roster.roster(desk, group=asked.get("group") or None, mark=mark)


def _timeline(desk: Desk, asked: Asked) -> Outcome[Any]:
    read_date = workflow.consents.read_date
    span = workflow.timeline.Span(
        kinds=(asked["kind"],) if asked.get("kind") else (),
        device=asked.get("device") or None,
        since=read_date(asked["since"]) if asked.get("since") else None,
        until=read_date(asked["until"], end_of_day=True) if asked.get("until") else None,
    )
    who = {name: asked.get(name) or None for name in ("official", "group")}
    return workflow.timeline.timeline(desk, **who, span=span, sheet=_sheet(asked))


def _difference(desk: Desk, asked: Asked) -> Outcome[Any]:
    return workflow.diffs.diff(desk, asked["before"], asked["after"])


def _beside(read: Read) -> Beside:
    return lambda desk, asked, _: read(desk, asked)


def _pane(desk: Desk, asked: Asked, _: Told) -> Outcome[Any] | None:
    return workflow.findings.show(desk, asked["at"]) if asked.get("at") else None


def _elsewhere(desk: Desk, _: Asked, told: Told) -> Outcome[Any] | None:
    """Return the incident lines about the value that the finding shown is about, on every phone of the case."""
    shown = told.get("pane", told["outcome"])
    indicator = shown.data.finding.indicator if shown else None
    if indicator is None:
        return None
    wish = workflow.seeking.Wish(sought=_sought(naming(indicator.value)))
    return workflow.findings.list_findings(desk, wish, limit=ELSEWHERE)


def naming(value: str) -> Asked:
    """Return what an address asks for to find all that names a value, or where no search can hold it, its matches."""
    phrase = '"{}"'.format(value.replace('"', '""'))
    can_be_sought = value.isprintable() and len(value) >= SHORTEST and len(phrase) <= MAX_QUERY
    return {"text": phrase} if can_be_sought else {"indicator": value}


def _mine(desk: Desk, _: Asked) -> Outcome[Any]:
    wish = workflow.seeking.Wish(sought=Sought(undisposed=True), mine=True)
    return workflow.findings.list_findings(desk, wish, limit=1)


def _second_flags(asked: Asked) -> tuple[str, ...]:
    return ("--status", str(_awaited(asked)), *_of_lines(asked))


_reports = _plain(workflow.reports.list_reports)
_PEOPLE, _DEVICES, _FINDINGS = "people/{official}", "devices/{device}", "findings/{finding}"
_of_lines = _flags(
    "--limit", str(LINES), page="page", text="text", indicator="indicator", level="level", group="group",
    official="official", device="device", family="family", undisposed_="undisposed", mine_="mine",
    dismissed_="dismissed",
)  # fmt: skip
_some = {"options": _flags("--limit", str(GRAVEST))}
_LINES: Mapping[str, Any] = {"template": "queue", "about": ("at",), "beside": {"pane": _pane, "elsewhere": _elsewhere}}
_TABLE: tuple[tuple[str, str, Read, str, Mapping[str, Any]], ...] = (
    # address below the case, verb, what reads it, word in the menu, what differs from most
    ("", "status", _status, said("Desk"),
     {"template": "desk", "options": _standing, "beside": {"mine": _beside(_mine)}}),
    ("people", "status", _status, said("People"), {"options": _standing}),
    (_PEOPLE, "official show", _part(workflow.officials.show, "official", limit=GRAVEST), "",
     {"template": "person", "about": ("official",), "beside": {"letters": _beside(_reports)}, **_some}),
    (_DEVICES, "device show", _part(workflow.devices.show, "device", limit=GRAVEST), "",
     {"template": "device", "about": ("device",), "beside": {"scans": _beside(_scans)}, **_some}),
    ("roster", "roster", _roster, said("Roster"), {"options": _flags(group="group", mark="list")}),
    ("due", "case due", _plain(workflow.roster.due), said("Visits"), {}),
    ("queue", "finding list", _queue, said("Queue"), {**_LINES, "options": _of_lines}),
    (_FINDINGS, "finding show", _part(workflow.findings.show, "finding"), "",
     {"template": "finding", "about": ("finding",), "beside": {"elsewhere": _elsewhere}}),
    ("second", "finding list", _second_look, said("Second look"), {**_LINES, "options": _second_flags}),
    ("matrix", "status", _status, said("Matrix"), {"options": _standing}),
    ("timeline", "timeline", _timeline, said("Timeline"), {"about": ("official", "device"), "options": _flags(
        "--limit", str(LINES), page="page", official="official", group="group", device="device", kind="kind",
        since="since", until="until")}),
    ("links", "correlate", _plain(workflow.correlation.links), said("Links"), {}),
    ("sealing", "status", _plain(workflow.sealing.status), said("Sealing"), {"options": _flags("--sealing")}),
    ("sets", "iocs list", _plain(workflow.iocs.list_sets), said("Sets"), {"beside": {"standing": _beside(_status)}}),
    ("sets/{set}", "iocs show", _part(workflow.iocs.show, "set"), "", {"template": "set"}),
    ("scans", "scan list", _scans, said("Scans"),
     {"options": _flags("--limit", str(SCANS), page="page", device="device")}),
    ("scans/{scan}", "scan show", _part(workflow.scans.show, "scan", limit=GRAVEST), "",
     {"template": "scan", "about": ("scan",), **_some}),
    ("diff/{before}/{after}", "diff", _difference, "", {"template": "diff", "about": ("after",)}),
    ("reports", "report list", _reports, said("Reports"), {}),
    ("custody", "custody log", _plain(workflow.custody.log), said("Custody"), {}),
)  # fmt: skip
PAGES = (
    Page(path="/", template="cases", command="case list", read=_plain(workflow.cases.list_cases)),
    *(
        Page(path=f"/c/{{case}}/{at}", command=command, read=read, menu=menu, **{"template": at, **more})
        for at, command, read, menu, more in _TABLE
    ),
)
"""Every page whose answer is a verb's; the folder chooser and report files stand in `site`."""
NEXT: Mapping[str, str] = {
    "acquisition": "people",
    "consent": "people",
    "official": "people",
    "device": "people",
    "scan": "scans",
    "recheck": "scans",
    "finding": "queue",
    "report": "reports",
    "iocs": "sets",
    "custody": "custody",
    "sealing": "sealing",
}
"""Where a step is taken in the console, by the noun of its verb."""
