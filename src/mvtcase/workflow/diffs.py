"""Two scans side by side: which modules ended otherwise, which alerts and findings are new, which are gone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mvtcase.canon import digest
from mvtcase.errors import ConflictError
from mvtcase.store import queries
from mvtcase.workflow import shapes
from mvtcase.workflow.desk import Outcome

if TYPE_CHECKING:
    from mvtcase.model import Json, ModuleRun, RawAlert, Scan
    from mvtcase.store.store import Store
    from mvtcase.workflow.desk import Desk


def diff(desk: Desk, before: str, after: str) -> Outcome:
    """Return what changed from one scan of a device to another; scans of different devices are refused."""
    with desk.open_case() as store:
        old, new = queries.scan(store, before), queries.scan(store, after)
        if old.device != new.device:
            raise ConflictError(
                f"{old.id} is of {old.device}, {new.id} of {new.device}.", hint="Compare two scans of one device."
            )
        data: dict[str, object] = {
            "before": _head(old),
            "after": _head(new),
            "modules": _modules(old, new),
            "alerts": _alerts(store, old, new),
            "findings": _findings(store, old, new),
            "gaps": {
                "added": shapes.gaps(each for each in new.gaps if each not in old.gaps),
                "gone": shapes.gaps(each for each in old.gaps if each not in new.gaps),
            },
        }
        notes = (_note(old, new),) if _sets(old) != _sets(new) else ()
        return Outcome(data=data, messages=notes)


def _note(old: Scan, new: Scan) -> str:
    return f"{old.id} and {new.id} compared with different indicator sets: a finding can come or go for that alone."


def _head(scan: Scan) -> dict[str, Json]:
    return {
        "id": scan.id,
        "acquisition": scan.acquisition,
        "started_at": scan.started_at,
        "completeness": str(scan.completeness),
        "indicators_loaded": scan.indicators_loaded,
        "sets": _sets(scan),
        "tools": dict(scan.tools),
    }


def _sets(scan: Scan) -> list[Json]:
    return [f"{each.name} {each.sha256[:12]}" for each in scan.sets]


def _modules(old: Scan, new: Scan) -> list[dict[str, Json]]:
    """Return the modules whose outcome or number of records differs; None where a module is in one scan only."""
    was, now = _by_place(old), _by_place(new)
    return [
        {
            "part": place[0],
            "slug": place[1],
            "before": _told(was.get(place)),
            "after": _told(now.get(place)),
        }
        for place in sorted({*was, *now})
        if _told(was.get(place)) != _told(now.get(place))
    ]


def _by_place(scan: Scan) -> dict[tuple[str, str], ModuleRun]:
    return {(run.part, run.slug): run for run in scan.modules}


def _told(run: ModuleRun | None) -> dict[str, Json] | None:
    return None if run is None else {"outcome": str(run.outcome), "records": run.records, "alerts": run.alerts}


def _alerts(store: Store, old: Scan, new: Scan) -> dict[str, list[dict[str, Json]]]:
    was, now = _tally(store, old), _tally(store, new)
    return {"added": _more(now, was), "gone": _more(was, now)}


def _tally(store: Store, scan: Scan) -> tuple[Counter[str], dict[str, RawAlert]]:
    raised = queries.alerts(store, scan.id)
    return Counter(map(_key, raised)), {_key(alert): alert for alert in raised}


def _key(alert: RawAlert) -> str:
    return digest([alert.part, alert.module, str(alert.level), alert.message, alert.event])


def _more(
    here: tuple[Counter[str], dict[str, RawAlert]], there: tuple[Counter[str], dict[str, RawAlert]]
) -> list[dict[str, Json]]:
    """Return the alerts raised more often here than there, with how many more."""
    return [
        {"module": alert.module, "level": str(alert.level), "message": alert.message, "times": times}
        for key, times in (here[0] - there[0]).items()
        if (alert := here[1][key])
    ]


def _findings(store: Store, old: Scan, new: Scan) -> dict[str, list[dict[str, Json]]]:
    was, now = set(queries.findings_of_scan(store, old.id)), set(queries.findings_of_scan(store, new.id))
    known = {one.id: shapes.finding(one) for one in queries.findings(store) if one.id in was | now}
    return {"added": [known[each] for each in sorted(now - was)], "gone": [known[each] for each in sorted(was - now)]}
