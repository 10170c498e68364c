"""Records in the shapes of the CLI contract: the one place where keys of the JSON output are named."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from mvtcase.findings.review import state_of
from mvtcase.findings.status import WORDS
from mvtcase.model import Level
from mvtcase.model.reach import of_scan, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mvtcase import model
    from mvtcase.casebook import Casebook, DeviceStanding, OfficialStanding
    from mvtcase.model import Json
    from mvtcase.model.reach import Reach


def plain(record: object) -> dict[str, Json]:
    """Return a record's fields as JSON values, in the order of the record."""
    return {name: _plain(value) for name, value in asdict(record).items()}  # type: ignore[call-overload]  # all are records


def _plain(value: object) -> Json:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return [_plain(item) for item in sorted(value)]
    return cast("Json", value)


def case(one: model.CaseFile) -> dict[str, Json]:
    """Return `data.case`."""
    return plain(one)


def device(standing: DeviceStanding) -> dict[str, Json]:
    """Return one device of `status`."""
    last = standing.last_scan
    return {
        "id": standing.device.id,
        "label": standing.device.label,
        "platform": str(standing.device.platform),
        "state": str(standing.device.state),
        "status": str(standing.status),
        "completeness": str(standing.completeness),
        "gaps": gaps(standing.gaps),
        "last_scan": last.id if last else None,
        "sandbox": last.sandbox if last else None,
        "stale": [plain(each) for each in standing.stale],
        "reach": reach(standing.reach),
        "reach_words": sentence(standing.reach),
        "findings": [one.id for one in standing.findings],
    }


def official(standing: OfficialStanding) -> dict[str, Json]:
    """Return one official of `status`."""
    return {
        "id": standing.official.id,
        "pseudonym": standing.official.pseudonym,
        "name": standing.official.name,
        "role": standing.official.role,
        "roster": str(standing.official.roster),
        "publication": str(standing.official.publication),
        "status": str(standing.status),
        "status_words": WORDS[standing.status],
        "reach": reach(standing.reach),
        "reach_words": sentence(standing.reach),
        "groups": [group.name for group in standing.groups],
        "devices": [device(each) for each in standing.devices],
    }


def status(book: Casebook, officials: Sequence[OfficialStanding]) -> dict[str, Json]:
    """Return `data` of `status` for some of the case's officials."""
    tally = Counter(one.status for one in officials)
    return {
        "case": case(book.case),
        "counts": {str(each): tally.get(each, 0) for each in WORDS},
        "officials": [official(each) for each in officials],
        "custody_head": book.custody_head,
    }


def reach(found: Iterable[Reach]) -> list[Json]:
    """Return `reach[]`, every class of traces, with why those that are not carried are not."""
    return [each.json for each in found]


def gaps(found: Iterable[model.Gap]) -> list[Json]:
    """Return `gaps[]`."""
    return [{"module": gap.module, "outcome": str(gap.outcome), "reason": gap.reason} for gap in found]


def module(run: model.ModuleRun) -> dict[str, Json]:
    """Return one of `modules[]`."""
    return plain(run)


def scan(
    one: model.Scan,
    *,
    alerts: Sequence[model.RawAlert],
    findings: Sequence[str],
    status: model.Status | None,
) -> dict[str, Json]:
    """Return one of `data.scans[]`."""
    levels = Counter(alert.level for alert in alerts)
    return {
        "id": one.id,
        "acquisition": one.acquisition,
        "device": one.device,
        "kind": str(one.kind),
        "command": one.command,
        "state": str(one.state),
        "status": str(status) if status else None,
        "completeness": str(one.completeness),
        "indicators_loaded": one.indicators_loaded,
        "sets": [plain(each) for each in one.sets],
        "modules": [module(run) for run in one.modules],
        "alerts": {level.value: levels.get(level, 0) for level in reversed(Level)},
        "findings": list(findings),
        "gaps": gaps(one.gaps),
        "limitations": list(one.limitations),
        "reach": reach(of_scan(one)),
        "reach_words": sentence(of_scan(one)),
        "sandbox": one.sandbox,
        "tools": dict(one.tools),
        "control_passed_at": one.control_passed_at,
        "recheck_of": one.recheck_of,
        "error": one.error,
        "started_at": one.started_at,
        "finished_at": one.finished_at,
        "duration_ms": one.duration_ms,
    }


def finding(one: model.Finding) -> dict[str, Json]:
    """Return one of `data.findings[]`."""
    return {
        "id": one.id,
        "device": one.device,
        "official": one.official,
        "status": str(state_of(one.dispositions)),
        "evidence_class": str(one.evidence_class),
        "level": str(one.level),
        "module": one.module,
        "title": one.title,
        "indicator": plain(one.indicator) if one.indicator else None,
        "event_time": one.event_time,
        "event_time_basis": str(one.event_time_basis),
        "alerts": one.alerts,
        "dispositions": [plain(each) for each in one.dispositions],
        "first_scan": one.first_scan,
        "detail": dict(one.detail),
    }


def acquisition(one: model.Acquisition) -> dict[str, Json]:
    """Return `data.acquisition`."""
    return plain(one)
