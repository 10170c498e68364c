"""The life of reports as the chain of custody tells it: their files, who reviewed and released them, and errata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mvtcase.canon import sha256_bytes
from mvtcase.model import ReportState
from mvtcase.store import queries
from mvtcase.wording import said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mvtcase.model import CustodyEvent, Report
    from mvtcase.report.facts import Life
    from mvtcase.store.folder import CaseFolder
    from mvtcase.store.store import Store

HOW_TO_CHECK = "-how-to-check.txt"
"""The end of the name of the page that lies beside the files of a signed report."""
REPORT_EVENTS = ("report.", "export.", "custody.")
"""How events begin that change nothing that a report says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFile:
    """One file of a report; `path` is relative to the case folder."""

    format: str
    path: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A report with everything the chain tells of it: `wish` is what was asked for, empty for reports of 0.1.0."""

    report: Report
    files: tuple[ReportFile, ...]
    facts: ReportFile | None
    wish: Mapping[str, Any]
    events: tuple[CustodyEvent, ...]
    superseded_by: str
    look: str | None = None
    """The digest of the logo and the templates that its files were laid out with; None where it was not kept."""

    @property
    def life(self) -> Life:
        """Where it stands, as its events tell."""
        return _life(self.report, self.events, self.superseded_by)

    @property
    def every_file(self) -> tuple[ReportFile, ...]:
        """Its files, and that which keeps what it says."""
        return (*self.files, *((self.facts,) if self.facts else ()))

    @property
    def was_released(self) -> bool:
        """Whether it ever left the case team."""
        return any(each.action == "report.released" for each in self.events)


def written(store: Store) -> tuple[Written, ...]:
    """Return every report of a case, oldest first."""
    events: dict[str, list[CustodyEvent]] = {}
    for each in queries.custody_events(store):
        if each.action.startswith("report."):
            events.setdefault(each.subject, []).append(each)
    reports = queries.reports(store)
    replaced = {each.supersedes: each.id for each in reports if each.supersedes}
    return tuple(_written(one, tuple(events.get(one.id, ())), replaced.get(one.id, "")) for one in reports)


def _written(report: Report, events: tuple[CustodyEvent, ...], superseded_by: str) -> Written:
    wish: Mapping[str, Any] = next((each.payload for each in events if each.action == "report.written"), {})
    filed: list[Any] = [each.payload for each in events if each.payload.get("files")]
    files = tuple(ReportFile(**each) for each in filed[-1]["files"]) if filed else (_own(report),)
    kept = wish.get("facts")
    return Written(
        report=report,
        files=files,
        facts=ReportFile(**kept) if isinstance(kept, dict) else None,
        wish=wish if filed else {},
        events=events,
        superseded_by=superseded_by,
        look=filed[-1].get("look") if filed else None,
    )


def _own(report: Report) -> ReportFile:
    return ReportFile(format=report.format, path=report.path, sha256=report.sha256)


def _life(report: Report, events: Sequence[CustodyEvent], superseded_by: str) -> Life:
    from mvtcase.report.facts import Life  # noqa: PLC0415  # slow to load, and rarely asked for

    by_action = {each.action: each for each in events}
    reviewed, released = by_action.get("report.reviewed"), by_action.get("report.released")
    return Life(
        state=str(report.state),
        reviewed_by=reviewed.actor if reviewed else "",
        reviewed_at=reviewed.at if reviewed else None,
        released_by=released.actor if released else "",
        released_at=released.at if released else None,
        supersedes=", ".join(_told(events, "report.supersedes", "old")) or report.supersedes or "",
        superseded_by=next(iter(_told(events, "report.superseded", "by")), superseded_by)
        if report.state is ReportState.SUPERSEDED
        else "",
        errata=tuple(
            (each.actor, each.at, str(each.payload.get("text", "")))
            for each in events
            if each.action == "report.erratum"
        ),
    )


def _told(events: Sequence[CustodyEvent], action: str, key: str) -> list[str]:
    """Return the reports that events of a sort name; the row of one that replaces several names the last alone."""
    return [str(each.payload[key]) for each in events if each.action == action and key in each.payload]


def file_state(folder: CaseFolder, file: ReportFile) -> str:
    """Return whether a file is still what was written."""
    path = folder.file(file.path)
    if not path.is_file():
        return said("missing")
    return said("as written") if sha256_bytes(path.read_bytes()) == file.sha256 else said("altered")
