"""The span of a module's records: times that the phone wrote, up to the moment its evidence was taken."""

from __future__ import annotations

import json
import plistlib
import zipfile
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine.worker.run.times import NOT_OF_THE_PHONE, span, taken_at
from mvtcase.kinds import EvidenceKind
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.bugreport import build_bugreport
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.sysdiagnose import SysdiagnosePhone, build_sysdiagnose

if TYPE_CHECKING:
    from pathlib import Path

IPHONE, BUGREPORT = EvidenceKind.IOS_BACKUP, EvidenceKind.BUGREPORT


def module(timeline: Any = (), results: Any = (), slug: str = "sms") -> Any:
    """Return what looks like a module that ran."""
    return SimpleNamespace(timeline=list(timeline), results=results, get_slug=lambda: slug)


def of(kind: EvidenceKind, target: Path) -> Any:
    """Return as much of a task as is looked at."""
    return SimpleNamespace(kind=kind, target=target)


def test_the_span_is_that_of_the_timeline() -> None:
    """To the second, in whatever order and notation the times come."""
    times = ["2026-08-12T10:00:00.123456", "2019-01-03 00:00:01", "2026-11-20 09:59:59.000000"]
    found = span(module({"timestamp": each} for each in times), IPHONE, None)
    assert found == ("2019-01-03 00:00:01", "2026-11-20 09:59:59")


def test_modules_without_a_timeline_have_times_in_their_records() -> None:
    """As MVT's module of Android messages."""
    assert span(module(results=[{"isodate": "2026-01-02 03:04:05"}, {"isodate": ""}]), IPHONE, None) == (
        "2026-01-02 03:04:05",
        "2026-01-02 03:04:05",
    )


@pytest.mark.parametrize(
    "odd", ["", None, "1970-01-01 00:00:00", "2001-01-01 00:00:00", "9999-01-01 00:00:00", "yesterday", 7, ["x"]]
)
def test_times_that_no_phone_can_have_been_at_widen_nothing(odd: Any) -> None:
    """An empty field or a tampered one must not claim years of records."""
    assert span(module([{"timestamp": odd}, {"timestamp": "2026-01-02 03:04:05"}]), IPHONE, None) == (
        "2026-01-02 03:04:05",
        "2026-01-02 03:04:05",
    )
    assert span(module([{"timestamp": odd}]), IPHONE, None) == (None, None)


@pytest.mark.parametrize("results", [None, {}, {"a": 1}, ["text"], [None]])
def test_records_of_any_shape_have_no_times(results: Any) -> None:
    """A module's results are what the module says they are."""
    assert span(module(results=results), IPHONE, None) == (None, None)


def test_nothing_is_recorded_after_the_evidence_was_taken() -> None:
    """An event of next month, or a tampered clock, reaches no further than the acquisition."""
    found = module([{"timestamp": "2026-10-01 00:00:00"}, {"timestamp": "2026-10-07 00:00:00"}])
    assert span(found, IPHONE, "2026-10-06 01:41:00") == ("2026-10-01 00:00:00", "2026-10-01 00:00:00")


def test_what_is_planned_is_not_recorded() -> None:
    """A calendar holds when its events are made and changed; when they take place says nothing of its records."""
    events = [("start_date", "2011-05-01 09:00:00"), ("last_modified", "2026-03-02 09:00:00")]
    assert span(module({"event": event, "timestamp": time} for event, time in events), IPHONE, None) == (
        "2026-03-02 09:00:00",
        "2026-03-02 09:00:00",
    )


def test_the_times_of_androids_own_build_are_no_records() -> None:
    """Files of /system and system apps bear 1 January 2009, in every time zone, so that builds are alike."""
    told = ["2008-12-31 16:00:00", "2009-01-01 08:00:00", "2026-11-11 17:30:00"]
    found = span(module(({"timestamp": each} for each in told), slug="dumpsys_packages"), BUGREPORT, None)
    assert found == ("2026-11-11 17:30:00", "2026-11-11 17:30:00")


@pytest.mark.parametrize("slug", sorted(NOT_OF_THE_PHONE))
def test_the_times_of_files_on_this_machine_are_none_of_the_phones(slug: str) -> None:
    """Whoever unpacked or copied a folder set them."""
    assert span(module([{"timestamp": "2026-11-11 17:30:00"}], slug=slug), IPHONE, None) == (None, None)


@pytest.mark.parametrize(
    ("source", "taken", "counts"),
    [
        ("zip_metadata", "2026-11-20 17:30:00", True),
        ("zip_metadata", None, False),
        ("filesystem_metadata", "2026-11-20 17:30:00", False),
    ],
)
def test_a_bugreports_own_zip_keeps_the_phones_times(source: str, taken: str | None, counts: bool) -> None:  # noqa: FBT001 - a parametrised fact
    """An unpacked one, or a zip that somebody packed at a time nobody can tell, does not."""
    told = "2026-11-11 17:30:00"
    found = module([{"timestamp": told}], [{"timestamp_source": source}], "bugreport_timestamps")
    assert span(found, BUGREPORT, taken) == ((told, told) if counts else (None, None))


def test_a_backup_says_when_it_was_taken(tmp_path: Path) -> None:
    """By the latest of its own lists' dates, in UTC."""
    root = build_ios_backup(tmp_path / "phone", IosPhone(seed=1)).path
    told = plistlib.loads((root / "Info.plist").read_bytes())["Last Backup Date"]
    assert taken_at(of(IPHONE, root)) == told.isoformat(" ")
    (root / "Status.plist").write_bytes(plistlib.dumps({"Date": datetime(2026, 12, 9, 8, 7, 6)}))  # noqa: DTZ001 - as plists have it
    assert taken_at(of(IPHONE, root)) == "2026-12-09 08:07:06"


@pytest.mark.parametrize("folder", [False, True])
def test_a_bugreport_says_when_it_was_taken(tmp_path: Path, folder: bool) -> None:  # noqa: FBT001 - a parametrised fact
    """In the first line of its long text, by the phone's clock."""
    phone = AndroidPhone(seed=1)
    path = tmp_path / ("report" if folder else "report.zip")
    assert taken_at(of(BUGREPORT, build_bugreport(path, phone, folder=folder).path)) == f"{phone.wall_clock}"


def test_a_bugreport_that_lost_its_first_line_is_dated_by_its_name(tmp_path: Path) -> None:
    """`bugreport-DEVICE-BUILD-YEAR-…`, by the phone's clock."""
    with zipfile.ZipFile(tmp_path / "report.zip", "w") as archive:
        archive.writestr("main_entry.txt", "bugreport-husky-AP3A.1-2026-11-20-17-30-05.txt")
        archive.writestr("bugreport-husky-AP3A.1-2026-11-20-17-30-05.txt", "text")
    assert taken_at(of(BUGREPORT, tmp_path / "report.zip")) == "2026-11-20 17:30:05"


def test_androidqf_says_when_it_was_taken(tmp_path: Path) -> None:
    """When it ended, else when it began; by the phone's clock, or far enough ahead where nobody knows its zone."""
    root = build_androidqf(tmp_path / "phone", AndroidPhone(seed=1)).path
    record = {"started": "2026-11-20T09:30:00.123456789Z", "completed": "2026-11-20T17:40:00+08:00"}
    (root / "acquisition.json").write_text(json.dumps(record))
    (root / "getprop.txt").write_text("[persist.sys.timezone]: [Asia/Taipei]\n")
    assert taken_at(of(EvidenceKind.ANDROIDQF, root)) == "2026-11-20 17:40:00"
    (root / "acquisition.json").write_text(json.dumps({**record, "completed": "0001-01-01T00:00:00Z"}))
    assert taken_at(of(EvidenceKind.ANDROIDQF, root)) == "2026-11-20 17:30:00"
    (root / "getprop.txt").write_text("[persist.sys.timezone]: [Nowhere/Land]\n")
    assert taken_at(of(EvidenceKind.ANDROIDQF, root)) is None
    (root / "getprop.txt").write_text("")
    assert taken_at(of(EvidenceKind.ANDROIDQF, root)) == "2026-11-20 23:30:00"


def test_a_sysdiagnose_says_when_it_was_taken(tmp_path: Path) -> None:
    """In its name with an offset, or in its log where somebody renamed the folder."""
    root = build_sysdiagnose(tmp_path / "phone", SysdiagnosePhone(seed=1), archive=False).path
    told = taken_at(of(EvidenceKind.SYSDIAGNOSE, root))
    assert told == "2026-10-14 08:20:05"
    assert taken_at(of(EvidenceKind.SYSDIAGNOSE, root.rename(tmp_path / "renamed"))) in {told, None}


@pytest.mark.parametrize("kind", list(EvidenceKind))
def test_evidence_that_says_nothing_raises_nothing(tmp_path: Path, kind: EvidenceKind) -> None:
    """A missing or damaged list is told elsewhere; no time of ours stands in for the phone's."""
    for name in ("Info.plist", "acquisition.json", "getprop.txt", "main_entry.txt"):
        (tmp_path / name).write_bytes(b"\xff\x00{")
    assert taken_at(of(kind, tmp_path)) is None
    assert taken_at(of(kind, tmp_path / "missing")) is None
