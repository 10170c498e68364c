"""The technical report on one phone: every module, every file nobody read, every line with its records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mvtcase.escape import visible
from mvtcase.report import evidence, narrative
from mvtcase.report import examined as coverage
from mvtcase.report import sentences as words
from mvtcase.report.incident import custody, details, items, marking
from mvtcase.report.lines import lines
from mvtcase.report.view import SHORT, view_of
from mvtcase.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mvtcase.casebook import Casebook
    from mvtcase.model import ModuleRun, Scan, SealingSeen
    from mvtcase.report.facts import Custody, Details, DeviceFact, FindingFact, Marking, Method
    from mvtcase.report.incident import ItemFact
    from mvtcase.report.lines import LineFact
    from mvtcase.report.view import Occasion, SeenLink, View


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleFact:
    """One module in one scan."""

    scan: str
    module: str
    origin: str
    outcome: str
    words: str
    records: int | None
    alerts: int
    first: str | None
    last: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFact:
    """How many files a scan had and who read them; `unclaimed` are paths of files that nobody read."""

    scan: str
    files: int
    claimed: int
    second_reader: int
    unclaimed_files: int
    unclaimed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """Everything the technical report on one phone says."""

    marking: Marking
    details: Details
    who: str
    device: DeviceFact
    modules: tuple[ModuleFact, ...]
    claims: tuple[ClaimFact, ...]
    lines: tuple[LineFact, ...]
    findings: tuple[FindingFact, ...]
    items: tuple[ItemFact, ...]
    method: Method
    limits: tuple[str, ...]
    custody: Custody
    consent: str = ""
    consent_id: str = ""


def device(
    book: Casebook, occasion: Occasion, sealed: Mapping[str, SealingSeen], links: Sequence[SeenLink] = ()
) -> DeviceFacts:
    """Return what the report on the occasion's device says; it speaks of one phone, so nothing links it to others."""
    del sealed, links
    view = view_of(book, occasion)
    (person,) = coverage.people(view)
    (seen,) = person.devices
    (standing,) = view.devices
    found = evidence.findings(view)
    scope = view.word(say("{device} of {who}", device=seen.id, who=person.who))
    return DeviceFacts(
        marking=marking(book.case.tlp),
        details=replace(details(view), scope=scope),
        who=person.who,
        device=seen,
        modules=tuple(_module(view, scan, run) for scan in standing.latest for run in scan.modules),
        claims=tuple(_claims(view, standing.latest)),
        lines=lines(view, found),
        findings=found,
        items=tuple(items(view)),
        method=narrative.method(view),
        limits=view.told(words.LIMITS),
        custody=custody(view),
        consent=person.consent,
        consent_id=person.consent_id,
    )


def _module(view: View, scan: Scan, run: ModuleRun) -> ModuleFact:
    return ModuleFact(
        scan=scan.id,
        module=visible(run.module)[:SHORT],
        origin=visible(run.origin)[:SHORT],
        outcome=str(run.outcome),
        words=view.word(words.OUTCOME_WORDS[run.outcome]),
        records=run.records,
        alerts=run.alerts,
        first=visible(run.first_time) if run.first_time else None,
        last=visible(run.last_time) if run.last_time else None,
        reason=coverage.reason(view, run.reason),
    )


def _claims(view: View, scans: Sequence[Scan]) -> Iterator[ClaimFact]:
    """Yield who read the files of each scan; paths are of the evidence, and stand where texts may."""
    for scan in scans:
        told = scan.claims
        if not told:
            continue
        listed = told.get("unclaimed")
        paths = (
            [str(each.get("path", "")) for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        )
        yield ClaimFact(
            scan=scan.id,
            files=_number(told.get("files")),
            claimed=_number(told.get("claimed")),
            second_reader=_number(told.get("second_reader")),
            unclaimed_files=_number(told.get("unclaimed_files")),
            unclaimed=tuple(filter(None, (view.text("", each, limit=SHORT * 2) for each in paths))),
        )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
