"""Pages visited in Chrome and its kin, where AndroidQF could fetch their `History` databases from a rooted phone.

androidqf writes them below `browser_history/` with their `-wal` files, and a `manifest.json` that names browser,
package, profile and the path on the phone (pull request 122 of mvt-project/androidqf, for Chrome, Brave, Edge and
Samsung Internet). MVT 2026.10.26 has no module for it. Tables `urls` and `visits`: Chromium's own `history_database`.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvt.plugin import AndroidQFModule, DatabaseNotFoundError

from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.sqlite import Bounds, open_database

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARTLY_READ = "Examined in part or not at all: %s (%s)"
_FOLDER = "browser_history/"
_SQLITE = b"SQLite format 3\0"
_BOUNDS = Bounds(seconds=120.0)
_MOST_VISITS = 500_000
_MOST_BYTES = 1 << 30
_EPOCH = datetime(1601, 1, 1, tzinfo=timezone.utc)
_VISITS = """
    SELECT urls.url, urls.title, visits.visit_time, visits.transition FROM urls
    LEFT JOIN visits ON visits.url = urls.id ORDER BY visits.visit_time LIMIT ?
"""
"""A page without a visit was visited too: Chromium drops visits after ninety days."""


class AQFBrowserHistory(AndroidQFModule):
    """Compares the address of every page that a browser's history names."""

    slug = "aqf_browser_history"
    supported_commands = (("android", "check-androidqf"),)

    def run(self) -> None:
        """Read every database; raises `DatabaseNotFoundError` where the acquisition holds none."""
        self.results: list[dict[str, Any]] = []
        names = [name for name in self.files if _FOLDER in name.replace("\\", "/")]
        databases = [name for name in names if not name.endswith(("-wal", "-shm", "-journal", ".json"))]
        if not databases:
            raise DatabaseNotFoundError("no browser's history was acquired")
        for name in databases:
            with self._on_disk(name, f"{name}-wal" if f"{name}-wal" in names else "") as path:
                self._read(name, path)

    @contextlib.contextmanager
    def _on_disk(self, name: str, log: str) -> Iterator[Path]:
        """Give a private copy of a database and of what was written to it last."""
        with tempfile.TemporaryDirectory(prefix="mvt_browser_") as folder:
            path = Path(folder) / "History"
            for each, target in ((name, path), (log, path.with_name("History-wal"))):
                if each:
                    self._copy(each, target)
            yield path

    def _copy(self, name: str, target: Path) -> None:
        if self.archive is None:
            target.write_bytes(self._get_file_content(name))
            return
        if self.archive.getinfo(name).file_size <= _MOST_BYTES:
            with self.archive.open(name) as source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy)

    def _read(self, name: str, path: Path) -> None:
        shown = name.replace("\\", "/").split(_FOLDER, 1)[-1]
        try:
            with open_database(path, bounds=_BOUNDS) as database:
                database.require("urls", "id", "url", "title")
                database.require("visits", "url", "visit_time", "transition")
                self.results += [_visit(shown, row) for row in database.rows(_VISITS, _MOST_VISITS)]
                faults = list(database.faults)
        except (OSError, UnreadableError) as error:
            faults = [str(error)]
        for fault in faults:
            self.log.error(_PARTLY_READ, shown, fault)

    def check_indicators(self) -> None:
        """Compare every page."""
        for result in self.results if self.indicators else ():
            match = self.indicators.check_url(result["url"])
            if match:
                self.alertstore.critical(match.message, result["isodate"], result, matched_indicator=match.ioc)

    def serialize(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return a visit for the timeline, nothing of a page without a time."""
        if not record["isodate"]:
            return {}
        return {
            "timestamp": record["isodate"],
            "module": self.__class__.__name__,
            "event": "visit",
            "data": f"{record['url']} ({record['database']})",
        }


def _visit(database: str, row: tuple[Any, ...]) -> dict[str, Any]:
    url, title, when, transition = row
    return {
        "database": database,
        "url": str(url or ""),
        "title": str(title or "")[:1_000],
        "isodate": _moment(when),
        "transition": transition if isinstance(transition, int) else None,
    }


def _moment(microseconds: object) -> str:
    """Return Chromium's clock, microseconds since 1601, as MVT writes times; "" for none."""
    if not isinstance(microseconds, int) or not microseconds:
        return ""
    try:
        return (_EPOCH + timedelta(microseconds=microseconds)).strftime("%Y-%m-%d %H:%M:%S.%f")
    except (OverflowError, ValueError):
        return ""
