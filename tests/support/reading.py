"""The second reader alone over a folder of files, and small files to give it."""

from __future__ import annotations

import io
import sqlite3
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

from mvtcase.engine.worker.reader import second
from mvtcase.engine.worker.task import Task
from mvtcase.matchset import Collection, MatchSet

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.model import EvidenceKind


def task_for(target: Path, kind: EvidenceKind) -> Task:
    """Return a scan task whose results go beside the evidence."""
    results = target.with_name("results")
    (results / "mvt").mkdir(parents=True, exist_ok=True)
    return Task(
        name="scan",
        kind=kind,
        target=target,
        results=results,
        matchset=target,
        expected_indicators=2,
        set_names={"invented.stix2": "invented"},
        stock_matcher=False,
        sweep=True,
        allow_foreign_modules=False,
        password=None,
        finished=frozenset(),
        skipped=frozenset(),
        steps_done=frozenset(),
        steps_lost=frozenset(),
    )


def invented(**values: tuple[str, ...]) -> MatchSet:
    """Return one collection of invented indicators, by type."""
    return MatchSet(collections=(Collection(id="1", name="Invented", file_name="invented.stix2", values=values),))


def reading(target: Path, kind: EvidenceKind, sets: MatchSet) -> list[dict[str, Any]]:
    """Return the events of a reading of evidence."""
    events: list[dict[str, Any]] = []
    emit: Any = lambda event, **fields: events.append({"event": event, **fields})  # noqa: E731
    second.run(task_for(target, kind), sets, emit)
    return events


def of(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Return the events of one kind."""
    return [each for each in events if each["event"] == kind]


def database(path: Path, table: str, columns: str, *rows: tuple[object, ...]) -> None:
    """Write a SQLite file with one table."""
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE {table} ({columns})")
        for row in rows:
            connection.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)
    connection.close()


def tarred(name: str, content: bytes) -> bytes:
    """Return a tar of one file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    """Return a compressed zip of one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()
