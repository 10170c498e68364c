"""Slow functions of MVT's and equal ones: dates, hosts, redirects, the times of files.

Each gives what the original gives, by the same rules, and hands over to the original where its shorter way does not
hold. Facts: `mvt/common/utils.py`, `mvt/ios/modules/backup/manifest.py` and `mixed/safari_history.py`, 2026.10.26.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mvt.common import utils
from mvt.common.url import URL
from mvt.common.utils import convert_mactime_to_datetime
from mvt.ios.modules.backup.manifest import Manifest
from mvt.ios.modules.mixed.safari_history import SafariHistory

from mvtcase.engine.worker.match.domains import has_public_suffix, plain_host

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_YEAR = 1000
"""Python writes years with four digits, C's `strftime` does not fill them up everywhere."""

CACHED = 1 << 16

convert_datetime_to_iso_as_mvt = utils.convert_datetime_to_iso
convert_unix_to_iso_as_mvt = utils.convert_unix_to_iso
convert_timestamp_as_mvt: Callable[[Any], str] = Manifest._convert_timestamp  # noqa: SLF001 - a seam
serialize_as_mvt = Manifest.serialize
find_injections_as_mvt = SafariHistory._find_injections  # noqa: SLF001 - a seam


def convert_datetime_to_iso(date_time: Any) -> str:  # noqa: ANN401 - as MVT's
    """Return a moment as MVT writes it, in UTC where it has a zone."""
    if type(date_time) is datetime and date_time.year >= FIRST_YEAR:
        if date_time.tzinfo is None:
            return date_time.isoformat(" ", "microseconds")
        if date_time.tzinfo is timezone.utc:
            return date_time.isoformat(" ", "microseconds")[:-6]
    text: str = convert_datetime_to_iso_as_mvt(date_time)
    return text


def convert_unix_to_iso(timestamp: Any) -> str:  # noqa: ANN401 - as MVT's
    """Return seconds since 1970 as MVT writes them, "" for what is none."""
    if type(timestamp) in _NUMBERS and -_MOST < timestamp < _MOST:
        return _cached_iso(timestamp)
    text: str = convert_unix_to_iso_as_mvt(timestamp)
    return text


_NUMBERS = frozenset({int, float})
_MOST = 1 << 63
"""What a cache holds must be small."""


@lru_cache(maxsize=CACHED)
def _cached_iso(timestamp: float) -> str:
    try:
        return convert_datetime_to_iso(datetime.fromtimestamp(float(timestamp), tz=timezone.utc))
    except Exception:  # noqa: BLE001 - as MVT does
        return ""


def convert_timestamp(moment: Any) -> str:  # noqa: ANN401 - as MVT's
    """Return a time of the manifest as MVT writes it."""
    return convert_unix_to_iso(moment) if type(moment) is int else convert_timestamp_as_mvt(moment)


class Probe:
    """Stands for MVT's `URL` where only asked whether a text is one; raises as it does where it is none."""

    def __init__(self, text: str) -> None:
        if not isinstance(text, str) or not _is_plain_url(text):
            URL(text)


def _is_plain_url(text: str) -> bool:
    """Return whether a text is a URL, False also where only MVT can tell; raises where it is surely none."""
    host = plain_host(text)
    if host is None:
        return False
    if not has_public_suffix(host[1]):
        raise ValueError("no public suffix")
    return True


_EVENTS = {
    (modified, changed, born): f"{'M' if modified else '-'}-{'C' if changed else '-'}{'B' if born else '-'}"
    for modified in (False, True)
    for changed in (False, True)
    for born in (False, True)
}


def serialize(self: Manifest, record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the timeline's rows of a file: one for each of its times."""
    if "modified" not in record or "status_changed" not in record:
        return []
    born, modified, changed = record["created"], record["modified"], record["status_changed"]
    data = f"{record['relative_path']} - {record['domain']}"
    name = self.__class__.__name__
    return [
        {
            "timestamp": moment,
            "module": name,
            "event": _EVENTS[moment == modified, moment == changed, moment == born],
            "data": data,
        }
        for moment in {born, modified, changed}
    ]


def find_injections(self: SafariHistory) -> None:
    """Raise MVT's alerts about fast redirects, with one look at each visit instead of one for each pair of visits."""
    try:
        visits = _by_visit(self.results)
    except Exception:  # noqa: BLE001 - results of an unknown shape are for MVT to judge
        find_injections_as_mvt(self)
        return
    for result in self.results:
        if not result["url"].lower().startswith("http://") or not result["redirect_destination"]:
            continue
        origin = _domain(result)
        for redirect in visits.get((result["safari_history_db"], result["redirect_destination"]), ()):
            target = _domain(redirect)
            if origin != target:
                _report_redirect(self, result, redirect, origin, target)


def _by_visit(results: list[dict[str, Any]]) -> dict[tuple[Any, Any], list[dict[str, Any]]]:
    """Return the visits by database and id; raises for what cannot be looked up so."""
    found: dict[tuple[Any, Any], list[dict[str, Any]]] = defaultdict(list)
    for each in results:
        found[each["safari_history_db"], each["visit_id"]].append(each)
        hash(each["redirect_destination"])
    return found


def _domain(visit: dict[str, Any]) -> str:
    try:
        domain: str = URL(visit["url"]).domain
    except Exception:  # noqa: BLE001 - as MVT does
        return ""
    return domain


def _report_redirect(
    self: SafariHistory, result: dict[str, Any], redirect: dict[str, Any], origin: str, target: str
) -> None:
    self.log.info('Found HTTP redirect to different domain: "%s" -> "%s"', origin, target)
    elapsed = convert_mactime_to_datetime(redirect["timestamp"]) - convert_mactime_to_datetime(result["timestamp"])
    if elapsed.seconds == 0:
        self.alertstore.medium(
            f"Redirect took less than a second! ({elapsed.microseconds / 1000} milliseconds)",
            utils.convert_mactime_to_iso(result["timestamp"]),
            result,
        )
