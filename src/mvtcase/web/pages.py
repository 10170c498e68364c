"""Every page for reading: its address, the verb whose answer it shows, its template; one list, in the menu's order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvtcase import workflow
from mvtcase.errors import InputError, NotFoundError
from mvtcase.model import FindingState, Level, NextStep, Order, Stage, Status
from mvtcase.store.sought import Sought
from mvtcase.wording import Said, do, said, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mvtcase.workflow.desk import Desk, Outcome

Asked = dict[str, str]
"""The parts of an address and its query by name; a part wins over a query of its name."""
MAX_FOLDERS = 500
LINES = 100
"""Incident lines on a page of the queue."""
_LONGEST_PAGE = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: `read` calls the verb named `command`; `menu` is its word in the menu, empty where it has none.

    `about` names the part of the address that is a person's record: to read such a page is written down in the chain.
    `options` are the flags with which the verb answers so.
    """

    path: str
    template: str
    command: str
    read: Callable[[Desk, Asked], Outcome[Any]]
    menu: Said | str = ""
    about: str = ""
    options: tuple[str, ...] = ()

    @property
    def typed(self) -> str:
        """The verb with its flags, as the examiner types it."""
        return " ".join((self.command, *(f"--{each}" for each in self.options)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """The folders below one that the examiner may choose from, with the way back up; `here` is relative to the root."""

    here: str
    up: str | None
    folders: tuple[str, ...]
    files: tuple[str, ...]


def _sought(asked: Asked, status: FindingState | None = None) -> Sought:
    """Return what an address looks for among findings. Raises `InputError` on a word that is none of its set."""
    return Sought(
        official=asked.get("official") or None,
        device=asked.get("device") or None,
        group=asked.get("group") or None,
        family=asked.get("family") or None,
        text=asked.get("text") or None,
        level=one_of(Level, asked["level"], "level") if asked.get("level") else None,
        dismissed=asked.get("dismissed") == "yes",
        undisposed=asked.get("undisposed") == "yes",
        status=status,
    )


def _page(asked: Asked) -> int:
    given = asked.get("page", "1")
    return int(given) if given.isascii() and given.isdigit() and len(given) < _LONGEST_PAGE else 1


def _queue(desk: Desk, asked: Asked) -> Outcome[Any]:
    wish = workflow.seeking.Wish(sought=_sought(asked), mine=asked.get("mine") == "yes")
    return workflow.findings.list_findings(desk, wish, limit=LINES, page=_page(asked))


def _second_look(desk: Desk, asked: Asked) -> Outcome[Any]:
    """Return the findings that one examiner has judged and that wait for another: confirmed ones, else dismissed."""
    wanted = FindingState.CONFIRMED_ONCE if asked.get("to") == "confirm" else FindingState.DISMISSED_ONCE
    wish = workflow.seeking.Wish(sought=_sought(asked, status=wanted))
    return workflow.findings.list_findings(desk, wish, limit=LINES, page=_page(asked))


def one_of(kind: type[Any], text: str, what: str) -> Any:  # noqa: ANN401  # the enum's member
    """Return the member of a closed set that a text names. Raises `InputError`."""
    try:
        return kind(text)
    except ValueError:
        raise InputError("{given!r} is no {what}.", given=text, what=what) from None


def folders(root: Path | None, here: str) -> Folders:
    """Return what is in a folder below `root`. Raises `InputError` without a root, `NotFoundError` outside of it."""
    if root is None:
        raise InputError(
            "No folder of evidence was named.",
            hint=say("Start {0}, or type the path.", do("serve", evidence_root="FOLDER")),
        )
    base = root.resolve()
    place = base if "\0" in here else (base / here).resolve()
    if "\0" in here or not place.is_relative_to(base) or not place.is_dir():
        raise NotFoundError("There is no folder {here} below the folder of evidence.", here=here)
    inside = sorted(each for each in place.iterdir() if not each.is_symlink())[:MAX_FOLDERS]
    relative = place.relative_to(base)
    return Folders(
        here="" if place == base else str(relative),
        up=None if place == base else ("" if relative.parent == Path() else str(relative.parent)),
        folders=tuple(each.name for each in inside if each.is_dir()),
        files=tuple(each.name for each in inside if each.is_file()),
    )


def _part(verb: Callable[[Desk, str], Outcome[Any]], name: str) -> Callable[[Desk, Asked], Outcome[Any]]:
    return lambda desk, asked: verb(desk, asked[name])


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


def _roster(desk: Desk, asked: Asked) -> Outcome[Any]:
    mark = one_of(Stage, asked["mark"], "mark") if asked.get("mark") else None
    return workflow.roster.roster(desk, group=asked.get("group") or None, mark=mark)


def _timeline(desk: Desk, asked: Asked) -> Outcome[Any]:
    return workflow.timeline.timeline(desk, official=asked.get("official") or None, group=asked.get("group") or None)


def _difference(desk: Desk, asked: Asked) -> Outcome[Any]:
    return workflow.diffs.diff(desk, asked["before"], asked["after"])


_CASE = "/c/{case}"
PAGES = (
    Page(path="/", template="cases", command="case list", read=_plain(workflow.cases.list_cases)),
    Page(path=f"{_CASE}/", template="desk", command="status", read=_status, menu=said("Desk")),
    Page(path=f"{_CASE}/people", template="people", command="status", read=_status, menu=said("People")),
    Page(
        path=f"{_CASE}/people/{{official}}",
        template="person",
        command="official show",
        read=_part(workflow.officials.show, "official"),
        about="official",
    ),
    Page(
        path=f"{_CASE}/devices/{{device}}",
        template="device",
        command="device show",
        read=_part(workflow.devices.show, "device"),
        about="device",
    ),
    Page(path=f"{_CASE}/roster", template="roster", command="roster", read=_roster, menu=said("Roster")),
    Page(
        path=f"{_CASE}/due",
        template="due",
        command="case due",
        read=_plain(workflow.roster.due),
        menu=said("Visits"),
    ),
    Page(path=f"{_CASE}/queue", template="queue", command="finding list", read=_queue, menu=said("Queue")),
    Page(
        path=f"{_CASE}/findings/{{finding}}",
        template="finding",
        command="finding show",
        read=_part(workflow.findings.show, "finding"),
        about="finding",
    ),
    Page(path=f"{_CASE}/second", template="queue", command="finding list", read=_second_look, menu=said("Second look")),
    Page(path=f"{_CASE}/matrix", template="matrix", command="status", read=_status, menu=said("Matrix")),
    Page(path=f"{_CASE}/timeline", template="timeline", command="timeline", read=_timeline, menu=said("Timeline")),
    Page(
        path=f"{_CASE}/links",
        template="links",
        command="correlate",
        read=_plain(workflow.correlation.links),
        menu=said("Links"),
    ),
    Page(
        path=f"{_CASE}/sealing",
        template="sealing",
        command="status",
        options=("sealing",),
        read=_plain(workflow.sealing.status),
        menu=said("Sealing"),
    ),
    Page(
        path=f"{_CASE}/sets",
        template="sets",
        command="iocs list",
        read=_plain(workflow.iocs.list_sets),
        menu=said("Sets"),
    ),
    Page(
        path=f"{_CASE}/scans",
        template="scans",
        command="scan list",
        read=_plain(workflow.scans.list_scans),
        menu=said("Scans"),
    ),
    Page(
        path=f"{_CASE}/scans/{{scan}}",
        template="scan",
        command="scan show",
        read=_part(workflow.scans.show, "scan"),
        about="scan",
    ),
    Page(path=f"{_CASE}/diff/{{before}}/{{after}}", template="diff", command="diff", read=_difference, about="after"),
    Page(
        path=f"{_CASE}/reports",
        template="reports",
        command="report list",
        read=_plain(workflow.reports.list_reports),
        menu=said("Reports"),
    ),
    Page(
        path=f"{_CASE}/custody",
        template="custody",
        command="custody log",
        read=_plain(workflow.custody.log),
        menu=said("Custody"),
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
