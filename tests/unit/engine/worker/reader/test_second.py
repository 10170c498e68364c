"""The second reader over files: alerts with places, claims, the value index, its bounds and what it did not read."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import time
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine.events import CLAIMS_FILE, PRIVATE_FOLDER, READ_FILE, alert_of
from mvtcase.engine.results_folder import read_to_their_end
from mvtcase.engine.worker.reader import index, second
from mvtcase.engine.worker.reader.alerts import LIST_LENGTH, MAX_FILES_PER_INDICATOR
from mvtcase.engine.worker.reader.index import StoredIndex, StoredIndexError
from mvtcase.engine.worker.reader.known import Known
from mvtcase.engine.worker.run.opened import FILE_NAME as OPENED
from mvtcase.matchset import Collection, MatchSet
from mvtcase.model import AlertSource, EvidenceKind, Level
from mvtcase.wording import reason_of
from reading import database, invented, of, reading, tarred, task_for, zipped

if TYPE_CHECKING:
    from pathlib import Path

HOST = "planted.example.net"
LINK = f"see https://{HOST}/r/1 now\n".encode()
LISTED = tuple(f"listed{number}.example" for number in range(LIST_LENGTH))
SETS = invented(
    domains=(HOST, *LISTED),
    processes=("plantedprocessd", "bh"),
    emails=("bad@mail.example",),
)


def read(target: Path, kind: EvidenceKind = EvidenceKind.ANDROIDQF, sets: MatchSet = SETS) -> list[dict[str, Any]]:
    """Return the events of a reading of evidence."""
    return reading(target, kind, sets)


def claims_of(target: Path) -> dict[str, dict[str, Any]]:
    """Return the claims of a reading by file."""
    text = gzip.decompress((target.with_name("results") / "mvt" / CLAIMS_FILE).read_bytes()).decode()
    return {each["file"]: each for each in map(json.loads, text.splitlines())}


PACKED = {
    "a.txt": LINK,
    "a.zip": zipped("in/note.txt", LINK),
    "a.gz": gzip.compress(LINK),
    "a.tar.gz": gzip.compress(tarred("note.txt", LINK)),
    "nested.zip": zipped("inner.zip", zipped("x.gz", gzip.compress(LINK))),
    "backup.ab": b"ANDROID BACKUP\n5\n1\nnone\n" + zlib.compress(tarred("apps/notes", LINK)),
    "a.json": json.dumps({"a": [{"url": f"https://{HOST}/x"}]}).encode(),
    "raw.bin": os.urandom(64) + b"\0" + HOST.encode() + b"\0" + os.urandom(64),
}


def test_it_says_what_it_read_with_its_hash(evidence: Path) -> None:
    """Small and large files as they are, in names of any bytes; what it could not read is not among them."""
    large = os.urandom(3 << 20)
    names = {"a.bin": large, "folder/empty": b"", os.fsdecode(b"odd\xff\n.txt"): LINK}
    for name, data in names.items():
        (evidence / name).parent.mkdir(exist_ok=True)
        (evidence / name).write_bytes(data)
    (evidence / "link").symlink_to("a.bin")
    read(evidence)
    told = read_to_their_end(evidence.with_name("results") / PRIVATE_FOLDER / READ_FILE)
    assert told == {name: hashlib.sha256(data).hexdigest() for name, data in names.items()}


@pytest.mark.parametrize("name", PACKED)
def test_an_address_is_found_in_whatever_it_is_packed(name: str, evidence: Path) -> None:
    """Archives in archives, JSON and plain bytes: one alert that names the file."""
    (evidence / name).write_bytes(PACKED[name])
    (alert,) = of(read(evidence), "alert")
    assert (alert["data"]["file"], alert["indicator"]["value"]) == (name, HOST)


@pytest.mark.parametrize(
    ("name", "table", "columns", "row", "shown", "level"),
    [
        ("sms.db", "message", "text", (f"go to {HOST}",), "attempt", Level.HIGH),
        ("sms.db", "handle", "id", (HOST,), "attempt", Level.HIGH),
        ("History.db", "visits", "url", (f"https://{HOST}/",), "exposure", Level.HIGH),
        ("DataUsage.sqlite", "ZPROCESS", "ZPROCNAME", ("bh",), "execution", Level.HIGH),
        ("CallHistory.storedata", "ZCALLRECORD", "ZADDRESS", ("bad@mail.example",), "attempt", Level.HIGH),
        ("other.db", "things", "a", (HOST,), "heuristic", Level.MEDIUM),
        ("sms.db", "message", "text", (f"they use {HOST.replace('.', '[.]')}",), "mention", Level.LOW),
        ("other.db", "things", "proc_name", ("plantedprocessd",), "artefact", Level.HIGH),
    ],
)
def test_the_place_says_what_a_hit_shows(
    name: str, table: str, columns: str, row: tuple[object, ...], shown: str, level: Level, evidence: Path
) -> None:
    """A message is an attempt, a visit exposure, a process table execution; the row and column are named."""
    database(evidence / name, table, columns, row)
    (event,) = of(read(evidence), "alert")
    data = event["data"]
    assert (data["place_class"], event["level"]) == (shown, level.name)
    assert (data["table"], data["row"], data["column"]) == (table, 1, columns)
    assert f"{name}: {table}.{columns}, row 1" in event["message"]
    alert = alert_of(event)
    assert (alert.source, alert.module) == (AlertSource.SWEEP, "sweep")


def test_a_list_is_told_in_one_line(evidence: Path) -> None:
    """Ten indicators in one file of no messages are a list: one mention, and not ten findings."""
    (evidence / "filter.txt").write_text("\n".join(LISTED))
    (alert,) = of(read(evidence), "alert")
    assert (alert["data"]["place_class"], alert["data"]["listed"], alert["level"]) == ("mention", LIST_LENGTH, "LOW")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("新聞:間諜軟體使用 {}、{} 與 {} 等網域", ["mention"]),
        ("the report names {}, {} and {}", ["mention"]),
        ("go to {}", ["attempt"]),
        ("{} or {}", ["attempt"] * 2),
        ("see https://{}/a, {} and {}", ["attempt"] * 3),
    ],
)
def test_a_message_that_names_three_without_a_link_is_a_report(text: str, shown: list[str], evidence: Path) -> None:
    """Forwarded news names domains; one or two, or any written as a link, may be meant to be opened."""
    database(evidence / "sms.db", "message", "text", (text.format(*LISTED),))
    assert [each["data"]["place_class"] for each in of(read(evidence), "alert")] == shown
    (evidence / "sms.db").unlink()
    (evidence / "sms.json").write_text(json.dumps([{"body": "早安", "address": "+1"}, {"body": text.format(*LISTED)}]))
    assert [each["data"]["place_class"] for each in of(read(evidence), "alert")] == shown


@pytest.mark.parametrize(
    "line",
    [
        "0.0.0.0 {}",
        "127.0.0.1\t{} # ads",
        "||{}^$third-party",
        "address=/{}/0.0.0.0",
        'local-zone: "{}" always_nxdomain',
    ],
)
def test_a_line_of_a_filter_is_a_mention(line: str, evidence: Path) -> None:
    """An ad blocker's list may name one indicator only; what it names is kept from being opened."""
    others = [line.format(f"ads{number}.tracker.example.org") for number in range(40)]
    (evidence / "filter.txt").write_text("\n".join([*others[:20], line.format(HOST), *others[20:]]))
    assert [each["data"]["place_class"] for each in of(read(evidence), "alert")] == ["mention"]


@pytest.mark.parametrize("line", ["203.0.113.7 {}", "https://{}/a^", "go to {}"])
def test_what_only_looks_like_a_filter_is_no_mention(line: str, evidence: Path) -> None:
    """A hosts file that leads somewhere blocks nothing, and a link is none of a filter's lines."""
    (evidence / "hosts").write_text(line.format(HOST))
    assert [each["data"]["place_class"] for each in of(read(evidence), "alert")] != ["mention"]


def test_ten_messages_are_no_list(evidence: Path) -> None:
    """Each of ten messages with a link of its own is an attempt."""
    database(evidence / "sms.db", "message", "text", *((f"see https://{host}/a",) for host in LISTED))
    alerts = of(read(evidence), "alert")
    assert [each["data"]["place_class"] for each in alerts] == ["attempt"] * LIST_LENGTH


def test_a_message_counts_beside_a_text_that_names_the_same_indicator(evidence: Path) -> None:
    """A news text that lists ten in one row, and first, hides no message that leads to one of them in another."""
    news = "reported were " + ", ".join((*LISTED, HOST))
    database(evidence / "sms.db", "message", "text", *((news,) for _ in range(5)), (f"see https://{HOST}/a",))
    found = {each["data"]["place_class"]: each["data"] for each in of(read(evidence), "alert")}
    assert found["attempt"]["value"] == HOST
    assert "mention" in found


def test_a_history_of_many_visits_is_no_list(evidence: Path) -> None:
    """A phone that asked for ten names of an attack in its log of lookups was exposed, and mentions nothing."""
    lines = "".join(json.dumps({"hostname": host, "time": number}) + "\n" for number, host in enumerate(LISTED))
    (evidence / "intrusion_logs").mkdir()
    (evidence / "intrusion_logs/dns_event.json").write_text(lines)
    alerts = of(read(evidence), "alert")
    assert [each["data"]["place_class"] for each in alerts] == ["exposure"] * LIST_LENGTH


def test_every_file_has_a_claim(evidence: Path) -> None:
    """Who read what, with rows and extent; what is encrypted and read by nobody is listed as unclaimed."""
    (evidence / "note.txt").write_bytes(LINK)
    (evidence / "ps.txt").write_bytes(b"PID NAME\n1 init\n")
    (evidence / "backup.ab").write_bytes(b"ANDROID BACKUP\n5\n1\nAES-256\n" + os.urandom(100))
    results = evidence.with_name("results") / "mvt"
    results.mkdir(parents=True)
    line = {"part": "androidqf", "slug": "aqf_processes", "module": "P", "records": 1, "compared": True}
    (results / OPENED).write_text(json.dumps({**line, "files": ["ps.txt"]}) + "\n")
    events = read(evidence)
    (summary,) = of(events, "claims")
    assert (summary["files"], summary["claimed"], summary["unclaimed_files"]) == (3, 1, 1)
    assert summary["unclaimed"][0]["path"] == "backup.ab"
    assert summary["unclaimed"][0]["telling"]
    found = claims_of(evidence)
    assert found["ps.txt"]["modules"] == {"aqf_processes": 1}
    assert (found["note.txt"]["reader"], found["backup.ab"]["reader"]) == ("full", "encrypted")
    (gap,) = of(events, "problem")
    assert "backup.ab" in reason_of(gap["reason"])
    assert "encrypted" in reason_of(gap["reason"])


def test_a_module_that_compares_nothing_leaves_a_gap_where_its_source_was_not_read(evidence: Path) -> None:
    """Calls are extracted and never compared: without the second reader's look at them they are not examined."""
    (evidence / "calls.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    results = evidence.with_name("results") / "mvt"
    results.mkdir(parents=True)
    line = {"part": "fs", "slug": "calls", "module": "Calls", "records": 9, "compared": False, "files": ["calls.db"]}
    (results / OPENED).write_text(json.dumps(line) + "\n")
    reasons = [reason_of(each["reason"]) for each in of(read(evidence, EvidenceKind.IOS_FILE_SYSTEM), "problem")]
    assert any("compares nothing" in reason and "calls.db" in reason for reason in reasons)


def test_the_index_answers_a_later_set_as_the_reading_would(evidence: Path) -> None:
    """What was taken apart is stored: a set published later hits the same files and places, without the phone."""
    (evidence / "note.txt").write_bytes(LINK)
    database(evidence / "sms.db", "message", "text", (f"go to {HOST}",))
    (evidence / "raw.bin").write_bytes(b"\0\1\2" + HOST.encode() + b"\0" * 9)
    earlier = MatchSet(collections=(Collection(id="1", name="Other", values={"domains": ("other.example",)}),))
    assert of(read(evidence, sets=earlier), "alert") == []
    stored = StoredIndex(evidence.with_name("results") / "mvt" / index.FILE_NAME)
    later = Known.of(SETS, {})
    from_index = {(stored.files[hit.spot.file][0], hit.spot.place_class, hit.spot.row) for hit in stored.hits(later)}
    from_phone = {
        (each["data"]["file"], each["data"]["place_class"], each["data"].get("row"))
        for each in of(read(evidence), "alert")
    }
    assert from_index == from_phone
    assert len(from_index) == 3


def test_a_damaged_index_is_said_to_be_one(evidence: Path) -> None:
    """A recheck must not take what it cannot read for nothing found."""
    (evidence / "note.txt").write_bytes(LINK)
    read(evidence)
    path = evidence.with_name("results") / "mvt" / index.FILE_NAME
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(StoredIndexError):
        list(StoredIndex(path).hits(Known.of(SETS, {})))


def test_a_file_that_ended_a_worker_is_left_out_by_the_next(evidence: Path) -> None:
    """One hostile file costs itself and no other."""
    (evidence / "killer.txt").write_bytes(LINK)
    (evidence / "note.txt").write_bytes(LINK)
    results = evidence.with_name("results") / "mvt"
    results.mkdir(parents=True)
    (results / second.AT_HAND).write_text("killer.txt")
    events = read(evidence)
    assert [each["data"]["file"] for each in of(events, "alert")] == ["note.txt"]
    assert any("killer.txt could not be read" in reason_of(each["reason"]) for each in of(events, "problem"))


def test_alerts_are_bounded_for_each_indicator(evidence: Path) -> None:
    """An indicator in very many files is named in some, and the rest is counted."""
    for number in range(MAX_FILES_PER_INDICATOR + 5):
        (evidence / f"{number:03}.txt").write_bytes(LINK)
    events = read(evidence)
    assert len(of(events, "alert")) == MAX_FILES_PER_INDICATOR


def test_when_time_is_up_it_says_how_far_it_came(evidence: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unfinished reading is a gap, and the claims say which files nobody came to."""
    monkeypatch.setattr(second, "_seconds_left", lambda _: -1.0)
    (evidence / "note.txt").write_bytes(LINK * 100)
    events = read(evidence)
    problem = next(each for each in of(events, "problem") if each["module"] == "sweep")
    assert problem["outcome"] == "timed_out"
    assert of(events, "claims")[0]["unclaimed_files"] == 1


def test_a_notification_is_proposed_only_from_its_sender(evidence: Path) -> None:
    """Apple's words with Apple's sender are proposed; a friend who forwards them is no notification."""
    text = "ALERT: Apple detected a targeted mercenary spyware attack against your iPhone"
    sender = "threat-notifications@email.apple.com"
    database(evidence / "sms.db", "message", "text, sender", (text, sender))
    (proposed,) = (reason_of(each["reason"]) for each in of(read(evidence), "limitation"))
    assert "threat notification by Apple" in proposed
    (evidence / "sms.db").unlink()
    database(evidence / "sms.db", "message", "text, sender", (text, "friend@example.org"))
    assert of(read(evidence), "limitation") == []


def test_progress_comes_to_its_end(evidence: Path) -> None:
    """The last progress event names all bytes of the evidence."""
    (evidence / "note.txt").write_bytes(LINK * 1000)
    last = of(read(evidence), "progress")[-1]
    assert (last["index"], last["total"]) == (len(LINK) * 1000, len(LINK) * 1000)


def test_a_place_in_an_archive_counts_as_a_place(evidence: Path) -> None:
    """Messages in an Android backup are messages, though the file is one archive."""
    texts = json.dumps([{"address": "1", "body": f"see {HOST}"}]).encode()
    content = tarred("apps/com.android.providers.telephony/d_f/000000_sms_backup", texts)
    (evidence / "backup.ab").write_bytes(b"ANDROID BACKUP\n5\n0\nnone\n" + content)
    (alert,) = of(read(evidence), "alert")
    assert alert["data"]["place_class"] == "attempt"


@pytest.mark.parametrize(
    ("path", "found"),
    [("/usr/libexec/BackupAgent", 0), ("/private/var/tmp/BackupAgent", 1), ("/usr/libexec/plantedprocessd", 1)],
)
def test_a_stock_name_counts_where_the_system_keeps_none_of_it(path: str, found: int, evidence: Path) -> None:
    """A name that every phone carries in its place is an indicator anywhere else."""
    sets = MatchSet(
        collections=(Collection(id="1", name="I", values={"processes": ("BackupAgent", "plantedprocessd")}),)
    )
    (evidence / "a.log").write_text(f"remaining client pid: 88 ({path})\n")
    assert len(of(read(evidence, sets=sets), "alert")) == found


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("private/var/mobile/sysdiagnose_2026.11.20_iPhone.tar.gz", EvidenceKind.IOS_FILE_SYSTEM, True),
        ("sysdiagnose_2026.11.20_iPhone/sysdiagnose.log", EvidenceKind.IOS_FILE_SYSTEM, True),
        ("data/media/0/bugreport-2026.zip", EvidenceKind.ANDROID_FILE_SYSTEM, True),
        ("bugreport.zip", EvidenceKind.ANDROIDQF, False),
        ("backup.ab", EvidenceKind.ANDROIDQF, False),
        ("private/var/mobile/Containers/a/Manifest.db", EvidenceKind.IOS_FILE_SYSTEM, False),
    ],
)
def test_an_acquisition_inside_another_is_a_gap_that_names_it(
    name: str, kind: EvidenceKind, *, told: bool, evidence: Path
) -> None:
    """Its values are compared, and no module examined it as what it is."""
    (evidence / name).parent.mkdir(parents=True, exist_ok=True)
    (evidence / name).write_bytes(gzip.compress(LINK))
    events = read(evidence, kind)
    named = [each for each in of(events, "problem") if each["reason"]["code"] == "reader.inside"]
    assert bool(named) is told
    assert not told or named[0]["reason"]["params"]["file"] == name.removesuffix("/sysdiagnose.log")


def rechecked(
    evidence: Path,
    kind: EvidenceKind = EvidenceKind.ANDROIDQF,
    examined: frozenset[tuple[str, str]] = frozenset(),
) -> list[dict[str, Any]]:
    """Return the events of a recheck with the sets, after a reading with a set that knows nothing."""
    other = MatchSet(collections=(Collection(id="1", name="Earlier", values={"domains": ("other.example",)}),))
    reading(evidence, kind, other)
    events: list[dict[str, Any]] = []
    task = replace(task_for(evidence, kind), target=evidence.with_name("results"))
    emit: Any = lambda event, **fields: events.append({"event": event, **fields})  # noqa: E731
    second.run_stored(task, SETS, emit, examined)
    return events


def shown(events: list[dict[str, Any]]) -> set[tuple[object, ...]]:
    """Return level and sentence of each alert."""
    return {(each["level"], each["message"]) for each in of(events, "alert")}


@pytest.mark.parametrize("lists", [0, 4, 12])
def test_a_message_after_lists_that_name_the_same_address_is_found_by_a_recheck(lists: int, evidence: Path) -> None:
    """Lists of indicators are no finding; the one message among them that only leads there is."""
    rows = [" ".join((HOST, *LISTED))] * lists
    database(evidence / "sms.db", "message", "text TEXT", *((row,) for row in [*rows, f"see https://{HOST}/x now"]))
    again = rechecked(evidence)
    assert of(again, "problem") == []
    assert shown(again) == shown(read(evidence))
    assert "HIGH" in {level for level, _ in shown(again)}


def test_a_value_in_more_places_than_are_kept_is_a_gap_of_the_recheck(evidence: Path) -> None:
    """The index of a scan is bounded; what it left out is named, not passed over."""
    rows = [f"{number} {' '.join((HOST, *LISTED))}" for number in range(index.PER_FILE)]
    database(evidence / "sms.db", "message", "text TEXT", *((row,) for row in [*rows, f"see https://{HOST}/x now"]))
    again = rechecked(evidence)
    named = [each["reason"]["params"].get("value") for each in of(again, "problem")]
    assert HOST in named
    assert shown(again) < shown(read(evidence))


def test_lines_of_a_log_are_all_alike_to_a_recheck(evidence: Path) -> None:
    """A thousand lines of one file say no more than the first: nothing is left out that could tell."""
    (evidence / "dumpsys.txt").write_text(f"start {HOST}\n" * 1000)
    again = rechecked(evidence)
    assert of(again, "problem") == []
    assert shown(again) == shown(read(evidence))


@pytest.mark.parametrize("lost", [True, False])
def test_what_a_module_asked_answers_where_its_results_are_lost(lost: bool, evidence: Path) -> None:  # noqa: FBT001 - a parametrised fact
    """The questions of MVT's modules are kept with the values; a module that can be rechecked answers for itself."""
    (evidence / "x").write_bytes(b"-")
    asked = {
        "check_process": ["plantedprocessd", "launchd"],
        "check_url": [f"https://{HOST}/a"],
        "check_email": ["BAD@mail.example"],
    }
    run = {"part": "backup", "slug": "sms", "files": [], "asked": asked}
    task_for(evidence, EvidenceKind.IOS_BACKUP)
    (evidence.with_name("results") / "mvt" / OPENED).write_text(json.dumps(run) + "\n")
    examined = frozenset() if lost else frozenset({("backup", "sms")})
    again = rechecked(evidence, EvidenceKind.IOS_BACKUP, examined)
    told = {each["indicator"]["value"] for each in of(again, "alert")}
    assert told == ({"plantedprocessd", HOST, "bad@mail.example"} if lost else set())
    assert {each["data"]["file"] for each in of(again, "alert")} == ({"asked by backup/sms"} if lost else set())
    assert of(read(evidence, EvidenceKind.IOS_BACKUP), "alert") == []


def test_the_list_of_a_backup_is_seen_as_the_paths_of_its_files(evidence: Path) -> None:
    """A name in the Manifest says nothing without its domain; the same column of another database is read as ever."""
    name, columns = "ab" + "0" * 38, "fileID, domain, relativePath, flags"
    (evidence / "ab").mkdir()
    row = (name, "AppDomain-org.example.notes", "payload", 1)
    database(evidence / "Manifest.db", "Files", columns, row)
    database(evidence / "ab" / name, "Files", columns, row)
    named = Collection(id="1", name="Invented", file_name="x.stix2", values={"file_names": ("payload",)})
    sets = MatchSet(collections=(named,))
    alerts = [each["data"]["file"] for each in of(read(evidence, EvidenceKind.IOS_BACKUP, sets), "alert")]
    assert alerts
    assert "Manifest.db" not in alerts


def test_only_a_hash_is_a_name_of_a_file_in_a_backup(evidence: Path) -> None:
    """The SHA-1 of a path is no file's hash, whatever a set says; an address in its place is one."""
    columns, known = "fileID, domain, relativePath, flags", "3d0d7e5fb2ce288813306e4d4636395e047a3d28"
    database(evidence / "Manifest.db", "Files", columns, (known, "HomeDomain", "Library/SMS/sms.db", 1))
    named = Collection(
        id="1", name="Invented", file_name="x.stix2", values={"files_sha1": (known,), "domains": (HOST,)}
    )
    assert of(read(evidence, EvidenceKind.IOS_BACKUP, MatchSet(collections=(named,))), "alert") == []
    (evidence / "Manifest.db").unlink()
    database(evidence / "Manifest.db", "Files", columns, (HOST, "HomeDomain", "x", 1))
    (alert,) = of(read(evidence, EvidenceKind.IOS_BACKUP, MatchSet(collections=(named,))), "alert")
    assert alert["indicator"]["value"] == HOST


@pytest.mark.parametrize("flags", [1, 2, 4])
def test_what_a_backup_only_lists_is_seen_by_its_path(flags: int, evidence: Path) -> None:
    """A folder, a link and a file whose content is missing have a place on the phone too."""
    row = ("ab" + "0" * 38, "HomeDomain", "Library/x/planted.plist", flags)
    database(evidence / "Manifest.db", "Files", "fileID, domain, relativePath, flags", row)
    path = "/private/var/mobile/Library/x/planted.plist"
    named = Collection(id="1", name="Invented", file_name="x.stix2", values={"file_paths": (path,)})
    (alert,) = of(read(evidence, EvidenceKind.IOS_BACKUP, MatchSet(collections=(named,))), "alert")
    assert alert["indicator"]["value"] == path


@pytest.mark.parametrize(("data", "skimmed"), [(b"a text\n", 0), (b"\xff\xd8\xff\xe1" + bytes(range(256)) * 4, 1)])
def test_a_recheck_says_of_how_many_files_it_knows_no_form(evidence: Path, data: bytes, skimmed: int) -> None:
    """What is coded in a photo was not taken apart, so a later set cannot be looked for there."""
    (evidence / "other").write_bytes(data)
    told = [each["reason"] for each in of(rechecked(evidence), "limitation")]
    assert [each["params"]["count"] for each in told if each["code"] == "reader.skimmed"] == [skimmed] * bool(skimmed)


def test_time_counts_from_the_job_on(evidence: Path) -> None:
    """A forked worker's process has stood ready for as long as its batch runs: that takes nothing from its phones."""
    task = replace(task_for(evidence, EvidenceKind.ANDROIDQF), seconds_left=1000.0)
    assert 1000 * second.TIME_SHARE - 60 < second._seconds_left(task) <= 1000 * second.TIME_SHARE
    late = replace(task, began=time.monotonic() - 500)
    assert second._seconds_left(late) <= 1000 * second.TIME_SHARE - 500
