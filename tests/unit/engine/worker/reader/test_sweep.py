"""The sweep over files and what is packed in them, its alerts, its bounds and what it says it did not see."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine.events import alert_of
from mvtcase.engine.worker.reader import sweep, sweep_unfold
from mvtcase.engine.worker.task import Task
from mvtcase.matchset import Collection, MatchSet
from mvtcase.model import AlertSource, EvidenceKind, Level

if TYPE_CHECKING:
    from pathlib import Path

LINK = b"see https://planted.example.net/r/1 now\n"
SETS = MatchSet(
    collections=(
        Collection(
            id="1",
            name="Invented",
            file_name="invented.stix2",
            values={"domains": ("planted.example.net",), "processes": ("plantedprocessd",)},
        ),
    )
)


def swept(target: Path, kind: EvidenceKind = EvidenceKind.ANDROIDQF) -> list[dict[str, Any]]:
    """Return the events of a sweep over evidence."""
    events: list[dict[str, Any]] = []
    task = Task(
        name="scan",
        kind=kind,
        target=target,
        results=target.with_name("results"),
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
    sweep.run(task, SETS, lambda event, **fields: events.append({"event": event, **fields}))  # type: ignore[arg-type]
    return events


def places(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return file and container of each alert."""
    return [(each["data"]["file"], each["data"]["container"]) for each in events if each["event"] == "alert"]


def sentences(events: list[dict[str, Any]]) -> str:
    """Return all limitations in one text."""
    return " ".join(each["text"] for each in events if each["event"] == "limitation")


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


FILLED = LINK + b"filler that makes it worth packing " * 40
PACKED = {
    "plain.txt": (FILLED, ""),
    "a.zip": (zipped("in/note.txt", FILLED), "in/note.txt"),
    "a.gz": (gzip.compress(FILLED), "gzip"),
    "two.gz": (gzip.compress(b"first") + gzip.compress(FILLED), "gzip"),
    "blob": (zlib.compress(FILLED), "zlib"),
    "a.tar": (tarred("in/note.txt", zlib.compress(FILLED)), "in/note.txt!zlib"),
    "a.tar.gz": (gzip.compress(tarred("note.txt", FILLED)), "gzip!note.txt"),
    "nested.zip": (zipped("inner.zip", zipped("x.gz", gzip.compress(FILLED))), "inner.zip!x.gz!gzip"),
    "backup.ab": (
        b"ANDROID BACKUP\n5\n1\nnone\n" + zlib.compress(tarred("apps/notes", FILLED)),
        "backup.tar!apps/notes",
    ),
    "open.ab": (
        b"ANDROID BACKUP\n5\n0\nnone\n" + tarred("apps/notes", zlib.compress(FILLED)),
        "backup.tar!apps/notes!zlib",
    ),
}


@pytest.mark.parametrize("name", PACKED)
def test_a_string_is_found_in_whatever_it_is_packed(name: str, tmp_path: Path) -> None:
    """Zip, gzip, zlib, tar and Android backups, also inside one another; the alert says where."""
    content, container = PACKED[name]
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / name).write_bytes(content)
    assert places(swept(tmp_path / "evidence")) == [(name, container)]


def test_the_alert_is_one_the_parent_reads(tmp_path: Path) -> None:
    """Level, source, message, indicator and place are those of the contract."""
    path = tmp_path / "note.txt"
    path.write_bytes(b"x" * 10 + LINK * 3)
    (event,) = [each for each in swept(path) if each["event"] == "alert"]
    alert = alert_of(event)
    assert (alert.source, alert.level, alert.module) == (AlertSource.SWEEP, Level.MEDIUM, "sweep")
    assert alert.message == "indicator string present in note.txt, not reported by any module"
    assert alert.indicator is not None
    assert (alert.indicator.value, alert.indicator.family, alert.indicator.set) == (
        "planted.example.net",
        "Invented",
        "invented",
    )
    assert event["data"]["offset"] == 10 + LINK.index(b"planted")
    assert (event["data"]["count"], event["data"]["encoding"]) == (3, "ascii")


def test_what_cannot_be_looked_into_is_said(tmp_path: Path) -> None:
    """Encrypted, damaged and endless archives cost themselves, and the limitation counts them."""
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "cut.gz").write_bytes(gzip.compress(os.urandom(100_000))[:50_000])
    (folder / "locked.ab").write_bytes(b"ANDROID BACKUP\n5\n1\nAES-256\n" + os.urandom(100))
    (folder / "whole.zip").write_bytes(zipped("note.txt", FILLED))
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("/dev/zero")
    events = swept(folder)
    assert places(events) == [("whole.zip", "note.txt")]
    assert "1 archives, or files in them, are encrypted" in sentences(events)


def test_a_bomb_is_searched_in_part_and_the_rest_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What unfolds beyond the bound is given up, and the next file is searched."""
    monkeypatch.setattr(sweep_unfold, "LEAST_BOUND", 1 << 20)
    monkeypatch.setattr(sweep_unfold, "MAX_RATIO", 2)
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "bomb.gz").write_bytes(gzip.compress(bytes(64 << 20)))
    (folder / "note.txt").write_bytes(LINK)
    events = swept(folder)
    assert places(events) == [("note.txt", "")]
    assert "1 files unfold beyond all bounds" in sentences(events)


def test_archives_in_archives_end_at_a_depth(tmp_path: Path) -> None:
    """A chain of archives longer than the bound ends there."""
    content = FILLED
    for _ in range(9):
        content = zipped("x.zip", content)
    (tmp_path / "chain.zip").write_bytes(content)
    events = swept(tmp_path / "chain.zip")
    assert places(events) == []
    assert "1 files unfold beyond all bounds" in sentences(events)


def test_alerts_are_bounded_for_each_indicator(tmp_path: Path) -> None:
    """An indicator in very many files is named in some, and the rest is counted."""
    folder = tmp_path / "evidence"
    folder.mkdir()
    for number in range(sweep.MAX_FILES_PER_INDICATOR + 5):
        (folder / f"{number:03}.txt").write_bytes(LINK)
    events = swept(folder)
    assert len(places(events)) == sweep.MAX_FILES_PER_INDICATOR
    assert "5 more places" in sentences(events)


def test_when_time_is_up_the_sweep_says_how_far_it_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unfinished sweep is a gap, and the scan goes on to its end."""
    monkeypatch.setattr(sweep, "_seconds_left", lambda _: -1.0)
    (tmp_path / "note.txt").write_bytes(LINK * 100)
    (problem,) = [each for each in swept(tmp_path / "note.txt") if each["event"] == "problem"]
    assert (problem["module"], problem["outcome"]) == ("sweep", "timed_out")
    assert "time was up" in problem["reason"]


def test_progress_comes_to_its_end(tmp_path: Path) -> None:
    """The last progress event names all bytes of the evidence."""
    (tmp_path / "note.txt").write_bytes(LINK * 1000)
    last = [each for each in swept(tmp_path / "note.txt") if each["event"] == "progress"][-1]
    assert (last["index"], last["total"]) == (len(LINK) * 1000, len(LINK) * 1000)


def test_holes_of_sparse_files_take_no_time(tmp_path: Path) -> None:
    """A file of a terabyte that holds one line is searched at once, and the offset is the right one."""
    path = tmp_path / "sparse.bin"
    with path.open("wb") as handle:
        handle.seek(1 << 40)
        handle.write(LINK)
    (event,) = [each for each in swept(path) if each["event"] == "alert"]
    assert event["data"]["offset"] == (1 << 40) + LINK.index(b"planted")
