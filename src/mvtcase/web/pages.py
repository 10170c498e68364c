"""Every page for reading: its address, the verb whose answer it shows, its template; one list, in the menu's order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvtcase import workflow
from mvtcase.errors import InputError, NotFoundError
from mvtcase.model import FindingState
from mvtcase.store.sought import Sought
from mvtcase.wording import Said, do, said, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mvtcase.workflow.desk import Desk, Outcome

Asked = dict[str, str]
"""The parts of an address and its query by name; a part wins over a query of its name."""
MAX_FOLDERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: `read` calls the verb named `command`; `menu` is its word in the menu, empty where it has none.

    `about` names the part of the address that is a person's record: to read such a page is written down in the chain.
    """

    path: str
    template: str
    command: str
    read: Callable[[Desk, Asked], Outcome[Any]]
    menu: Said | str = ""
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """The folders below one that the examiner may choose from, with the way back up; `here` is relative to the root."""

    here: str
    up: str | None
    folders: tuple[str, ...]
    files: tuple[str, ...]


def _second_look(desk: Desk, asked: Asked) -> Outcome[Any]:
    """Return the findings that one examiner has judged and that wait for another."""
    outcome = _queue(desk, asked)
    waiting = {FindingState.CONFIRMED_ONCE, FindingState.DISMISSED_ONCE}
    found = tuple(each for each in outcome.data.findings if each.status in waiting)
    return replace(outcome, data=replace(outcome.data, findings=found))


def _queue(desk: Desk, asked: Asked) -> Outcome[Any]:
    sought = Sought(
        official=asked.get("official") or None,
        device=asked.get("device") or None,
        dismissed=asked.get("dismissed") == "yes",
    )
    return workflow.findings.list_findings(desk, workflow.seeking.Wish(sought=sought))


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
    return workflow.status.status(desk, group=asked.get("group") or None)


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
        command="status --sealing",
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
