"""How MVT's results, alerts and timelines are written and told apart, with C's speed and equal values.

`json` writes with C only where nothing is indented, so records are written some hundreds at a time, a line each time:
no second copy of all results is held. Facts: `mvt/common/module.py` and `command.py`, 2026.10.26.
"""

from __future__ import annotations

import csv
import os
from dataclasses import asdict, is_dataclass
from itertools import islice
from operator import itemgetter
from typing import IO, TYPE_CHECKING, Any

from mvt.common import module as mvt_module
from mvt.common.utils import CustomJSONEncoder

if TYPE_CHECKING:
    from mvt.common.command import Command
    from mvt.common.module import MVTModule

AT_ONCE = 256
"""Records that are written as one piece."""

ROW = ("timestamp", "module", "event", "data")
_ROW_KEYS = frozenset(ROW)
_SIMPLE = frozenset({str, type(None)})

deduplicate_as_mvt = mvt_module.MVTModule._deduplicate_timeline  # noqa: SLF001 - a seam
save_timeline_as_mvt = mvt_module.save_timeline


def save_to_json(self: MVTModule) -> None:
    """Store a module's results and alerts in its two files; what cannot be written is logged as MVT logs it."""
    if not self.results_path:
        return
    name = self.get_slug()
    if self.results:
        with open(os.path.join(self.results_path, f"{name}.json"), "w", encoding="utf-8") as handle:  # noqa: PTH118, PTH123 - as MVT does
            try:
                write_json(self.results, handle)
            except Exception as error:  # noqa: BLE001 - as MVT does
                template = "Unable to store results of module %s to file %s: %s"
                self.log.error(template, self.__class__.__name__, f"{name}.json", error)  # noqa: TRY400 - as MVT does
    if self.alertstore.alerts:
        with open(os.path.join(self.results_path, f"{name}_detected.json"), "w", encoding="utf-8") as handle:  # noqa: PTH118, PTH123 - as above
            write_json(self.alertstore.as_json(), handle)


def store_alerts(self: Command) -> None:
    """Store a command's alerts, where there are any."""
    alerts = self.alertstore.as_json() if self.results_path else ()
    if alerts:
        _store(self, "alerts.json", alerts)


def store_urls(self: Command) -> None:
    """Store the links that a command's modules came upon, where there are any."""
    if self.results_path and self.url_results:
        _store(self, "urls.json", self.url_results)


def _store(command: Command, name: str, values: list[Any]) -> None:
    with open(os.path.join(command.results_path, name), "w", encoding="utf-8") as handle:  # noqa: PTH118, PTH123 - as MVT does
        write_json(values, handle)


def write_json(value: Any, handle: IO[str]) -> None:  # noqa: ANN401 - whatever modules hold
    """Write results as JSON with the values that MVT's encoder gives; raises what `json` raises."""
    encode = CustomJSONEncoder().encode
    if not isinstance(value, list):
        handle.write(encode(value if isinstance(value, dict) else [_plain(each) for each in value]))
        return
    left = iter(value)
    mark = "[\n"
    while records := [_plain(each) for each in islice(left, AT_ONCE)]:
        handle.write(mark + encode(records)[1:-1])
        mark = ",\n"
    handle.write("[]" if mark == "[\n" else "\n]")


def _plain(record: Any) -> Any:  # noqa: ANN401 - as above
    return asdict(record) if is_dataclass(record) and not isinstance(record, type) else record


def deduplicate_timeline(timeline: list[Any]) -> list[Any]:
    """Return the different rows of a timeline, each once; rows of other than four texts are told apart as MVT does."""
    found: dict[tuple[Any, ...], Any] = {}
    others = []
    for record in timeline:
        if type(record) is dict and record.keys() == _ROW_KEYS:
            key = (record["timestamp"], record["module"], record["event"], record["data"])
            if _SIMPLE.issuperset(map(type, key)):
                found[key] = record
                continue
        others.append(record)
    return [*found.values(), *(deduplicate_as_mvt(others) if others else ())]


def save_timeline(timeline: list[Any], timeline_path: str, is_utc: bool = True) -> None:  # noqa: FBT001, FBT002 - as MVT's
    """Write a timeline's rows, sorted, row by row."""
    try:
        ordered = sorted(timeline, key=itemgetter("timestamp"))
        with open(timeline_path, "w", encoding="utf-8") as handle:  # noqa: PTH123 - as MVT does
            rows = csv.writer(handle, delimiter=",", quotechar='"', quoting=csv.QUOTE_ALL, escapechar="\\")
            rows.writerow(["UTC Timestamp" if is_utc else "Device Local Timestamp", "Plugin", "Event", "Description"])
            rows.writerows(map(itemgetter(*ROW), ordered))
    except Exception:  # noqa: BLE001 - rows without a time, or of another shape: MVT's own way decides what becomes of them
        save_timeline_as_mvt(timeline, timeline_path, is_utc=is_utc)
