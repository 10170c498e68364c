"""Values in forms of their own are alerts, and names of what has no content are; talk of them is not."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import plistlib
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from builders import planted_kept as kept
from builders.planted_forms import tracev3
from mvtcase.engine.worker.reader import second
from mvtcase.engine.worker.reader.alerts import LINES_BESIDE, PROGRAMS_LENGTH
from mvtcase.engine.worker.reader.index import StoredIndex
from mvtcase.engine.worker.reader.known import Known
from mvtcase.model import EvidenceKind
from reading import database, invented, of, reading, task_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BLANK, LONG = "/private/var/mobile/Library/Application Support/kept", "com.kept.program.of.a.very.long.name.agentd"
ATTACHED = "/private/var/mobile/Library/SMS/Attachments/0a/10/kept"
WIDE_URL = "https://files.kept.example/\u770b/4f"
HOST, PATH, PROGRAM = (
    "kept-host.example",
    "/private/var/db/com.kept.staging/agentd",
    b"\x7fELF\x02" + b"kept stage" * 60,
)
PROFILE, URL, NAME = "0E5B7C1A-93D4-4C55-8B7E-51A2F6C9D3A0", "https://files.kept.example/r/4f", "kept-agent.dylib"
DIGEST = hashlib.sha256(PROGRAM).hexdigest()
SUM = "8f14e45fceea167a5a36dedd4bea2543"
PROCESSES = (LONG, "keptrelayd", *(f"kept{number}relayd" for number in range(PROGRAMS_LENGTH)))
LISTED = tuple(f"listed{number}.example" for number in range(10))
SETS = invented(
    domains=(HOST, *LISTED),
    urls=(URL, WIDE_URL),
    file_paths=(PATH, BLANK, ATTACHED),
    file_names=(NAME, "kept agent.pdf"),
    files_md5=(SUM,),
    emails=("kept@sender.example",),
    app_ids=("com.kept.app",),
    ios_profile_ids=(PROFILE,),
    processes=PROCESSES,
    files_sha256=tuple(hashlib.sha256(each).hexdigest() for each in (PROGRAM, kept.large_picture())),
)


def _told(folder: Path, kind: EvidenceKind = EvidenceKind.IOS_FILE_SYSTEM) -> list[tuple[str, str]]:
    """Return value and class of each alert."""
    alerts = of(reading(folder, kind, SETS), "alert")
    return [(each["indicator"]["value"], each["data"]["place_class"]) for each in alerts]


FILES = {
    "network state": ("state.json", kept.network_state(HOST), HOST),
    "certificate": ("ca.cer", kept.certificate(HOST), HOST),
    "certificate as text": ("ca.pem", kept.pem(HOST), HOST),
    "big-endian text": ("keys.bin", kept.big_endian(HOST), HOST),
    "packed text of a picture": ("a.png", kept.picture(HOST), HOST),
    "part of a mail": ("31.2.emlxpart", kept.attachment_part(HOST), HOST),
    "where a file came from": ("b.tar", kept.came_from(HOST), HOST),
    "changed files": ("fsevents", kept.changed_files(PATH), PATH),
    "link to a file": ("last.plist", kept.file_link(PATH), PATH),
    "link to a file in a text": ("a.txt", f"opened file://localhost{PATH}\n".encode(), PATH),
    "path without its first slash": ("paths.bin", b"\x81\x01" + PATH[1:].encode() + b"\x81\x02" * 9, PATH),
    "signed profile": ("x.mobileconfig", kept.signed_profile(PROFILE), PROFILE),
    "name of a file among bytes": ("names.bin", b"\x81\x01" + NAME.encode() + b"\x81\x02" * 9, NAME),
    "removed file": ("list.txt", f"/sdcard/DCIM/.trashed-1790000000-{NAME}\n".encode(), NAME),
    "link with its port": ("port.txt", URL.replace(".example/", ".example:443/").encode(), URL),
    "registry of devices": ("ioreg.txt", b'"IOUserClientCreator" = "pid 345, keptrelayd"\n', "keptrelayd"),
    "what keeps it awake": ("pmset.txt", b"pid 345(keptrelayd): [0x1] 00:00:11\n", "keptrelayd"),
    "panic": ("panic.txt", b"12 threads: pid 345: keptrelayd\n", "keptrelayd"),
    "sockets": ("ss.txt", b'tcp users:(("other",pid=3,fd=1),("keptrelayd",pid=345,fd=12))\n', "keptrelayd"),
    "services": ("launchctl.txt", b"services = {\n\t\t     0   (pe) \tkeptrelayd\n}\n", "keptrelayd"),
    "table with numbers' columns": ("t.txt", b"PID COMMAND %CPU #TH\n345 keptrelayd 0.0 2\n", "keptrelayd"),
    "report on power": ("log.txt", b"copied /var/x/keptrelayd.cpu_resource-2026-10-10-080000.ips\n", "keptrelayd"),
    "a report by its name": ("log2.txt", b"removed keptrelayd-2026-10-10-080000.ips now\n", "keptrelayd"),
    "zip behind a photo": ("a.jpg", kept.behind_a_photo(kept.zipped_text(HOST)), HOST),
    "gzip behind a photo": ("b.jpg", kept.behind_a_photo(gzip.compress(f"https://{HOST}/a ".encode() * 50)), HOST),
    "package of a jailbreak": ("x.deb", kept.package(HOST), HOST),
    "result of a search": ("bing.txt", kept.searched(HOST).encode(), HOST),
    "link into an app": ("app.txt", f"android-app://com.android.chrome/https/{HOST}/x\n".encode(), HOST),
    "data in a log": ("app.log", kept.printed_data(HOST), HOST),
    "Chinese as old lists write it": ("old.log", f'text = "\\U8acb\\U770b{HOST}";\n'.encode(), HOST),
    "program in base64": ("p.json", kept.coded_program(PROGRAM), hashlib.sha256(PROGRAM).hexdigest()),
    "unified log as text": (
        "show.txt",
        b"2026-10-14 08:00:00.000000+0800 0x12     Default     0x0     345    0    keptrelayd: (CFNetwork) x\n",
        "keptrelayd",
    ),
    "log taken over a cable": (
        "cable.txt",
        b"Oct 14 08:00:00 iPhone keptrelayd(CFNetwork)[345] <Notice>: x\n",
        "keptrelayd",
    ),
    "connections": (
        "netstat.txt",
        b"tcp4  0  0  10.0.0.2.50000  1.2.3.4.443  ESTABLISHED  1  2  keptrelayd:345  00102\n",
        "keptrelayd",
    ),
    "who may go on": ("board.txt", b"Acquiring assertion targeting [daemon<keptrelayd>:345]\n", "keptrelayd"),
    "services as they come": (
        "launchd.log",
        b"2026-10-14 08:00:00.000 (pid/345 [keptrelayd]) <Notice>: created\n",
        "keptrelayd",
    ),
    "what may keep memory": (
        "kernel.log",
        b"memorystatus: set assertion priority(3) target keptrelayd:345\n",
        "keptrelayd",
    ),
    "report of a crash in a log": (
        "crash.log",
        b"Formulating fatal 309 report for corpse[345] keptrelayd\n",
        "keptrelayd",
    ),
    "link with a letter coded": ("tilde.txt", WIDE_URL.replace("4f", "%34f").encode(), WIDE_URL),
    "attachment of a message": (
        "home.plist",
        plistlib.dumps({"a": ATTACHED.replace("/private/var/mobile", "~")}),
        ATTACHED,
    ),
    "a name cut at thirty-two": ("JetsamEvent.ips", json.dumps({"processes": [{"name": LONG[:32]}]}).encode(), LONG),
    "client of locationd": ("clients.plist", plistlib.dumps({f"e{PATH}:": {"Whitelisted": False}}), PATH),
    "older client of locationd": ("old.plist", plistlib.dumps({f"com.apple.locationd.executable-{PATH}": {}}), PATH),
    "client of locationd in a log": ("clients.log", f"client e{PATH}: asked\n".encode(), PATH),
    "path with a blank in a log": ("support.log", f"opened {BLANK}/agent now\n".encode(), BLANK),
    "path with a blank in a link": ("blank.txt", f"see file://{BLANK.replace(' ', '%20')} now\n".encode(), BLANK),
    "name with a blank in a link": (
        "name.txt",
        b"GET https://files.example.org/a/kept%20agent.pdf?x=1\n",
        "kept agent.pdf",
    ),
    "link with other letters": ("letters.txt", "see https://files.kept.example/\u770b/4f now\n".encode(), WIDE_URL),
    "link with other letters, coded": ("coded.txt", b"see https://files.kept.example/%e7%9c%8b/4f now\n", WIDE_URL),
    "link with the root's dot": ("dot.txt", URL.replace(".example/", ".example./").encode(), URL),
    "address of a mailbox": (
        "boxes.txt",
        b"imap://kept%40sender.example@imap.example.org/INBOX\n",
        "kept@sender.example",
    ),
    "topic of messages": ("topic.txt", b"topic com.kept.app.voip\n", "com.kept.app"),
    "container in the cloud": ("cloud.txt", b"container iCloud.com.kept.app\n", "com.kept.app"),
    "folder of iCloud Drive": (
        "drive.txt",
        b"/private/var/mobile/Library/Drive/iCloud~com~kept~app/x\n",
        "com.kept.app",
    ),
    "cookies by their name": ("com.kept.app.binarycookies", b"cook", "com.kept.app"),
    "hash as data in a log": (
        "hash.log",
        f"got <{' '.join(DIGEST[at : at + 8] for at in range(0, 64, 8))}>\n".encode(),
        DIGEST,
    ),
    "hash in base64": (
        "hash.json",
        json.dumps({"hash": base64.b64encode(bytes.fromhex(DIGEST)).decode()}).encode(),
        DIGEST,
    ),
    "program among bytes by itself": (
        "code.bin",
        b"\xfa\xde\x0c\x02\0\0keptrelayd\0" + bytes(range(256)),
        "keptrelayd",
    ),
    "program in an entry of the unified log": ("1.tracev3", tracev3("keptrelayd", "com.apple.x"), "keptrelayd"),
    "list of launchd": ("list.txt", b"loading /Library/LaunchDaemons/keptrelayd.plist\n", "keptrelayd"),
    "MD5 where one is expected": ("sums.plist", plistlib.dumps({"md5": bytes.fromhex(SUM)}), SUM),
    "LZ4 in a page": ("store.db", kept.page(HOST), HOST),
}


@pytest.mark.parametrize("name", FILES)
def test_a_value_is_found_in_the_form_that_keeps_it(evidence: Path, name: str) -> None:
    """Each is told, and none only as what may be one."""
    file, content, value = FILES[name]
    (evidence / file).write_bytes(content)

    assert [found for found, shown in _told(evidence) if shown not in {"lead", "mention"}] == [value]


def test_a_large_picture_in_a_database_is_hashed(evidence: Path) -> None:
    """A photo kept in a row may be the one that was published."""
    database(evidence / "a.db", "z", "id INTEGER, b BLOB", (1, kept.large_picture()))

    assert [value for value, _ in _told(evidence)] == [hashlib.sha256(kept.large_picture()).hexdigest()]


def test_names_without_content_are_compared(evidence: Path) -> None:
    """Empty folders, and links that staging left out with what they lead to; a recheck asks them too."""
    (evidence / PATH[1:]).mkdir(parents=True)
    events: list[dict[str, Any]] = []
    task = replace(
        task_for(evidence, EvidenceKind.IOS_FILE_SYSTEM),
        names=(("usr/libexec/keptrelayd", ""), ("private/var/db/x", "com.kept.staging/agentd")),
    )

    emit: Any = lambda event, **fields: events.append({"event": event, **fields})  # noqa: E731
    second.run(task, SETS, emit)

    told = {(each["data"]["file"], each["indicator"]["value"]) for each in of(events, "alert")}
    assert told == {(PATH[1:], PATH), ("usr/libexec/keptrelayd", "keptrelayd"), ("private/var/db/x", PATH)}
    stored = StoredIndex(task.results / "mvt" / "values.jsonl.gz")
    assert {hit.match.indicator["value"] for hit in stored.hits(Known.of(SETS, {}))} == {PATH, "keptrelayd"}


def test_a_page_in_a_log_hides_nothing_else_of_the_log(evidence: Path) -> None:
    """Ten hosts that a line names are a list; a process that another line names is none of it."""
    lines = [f"reader shows {', '.join(LISTED)}", *["nothing here"] * 2000, "Start proc 4233:keptrelayd/u0a99 for x"]
    (evidence / "logcat.txt").write_text("\n".join(lines))

    told = dict(_told(evidence, EvidenceKind.ANDROIDQF))

    assert told["keptrelayd"] != "mention"
    assert "mention" in told.values()


def test_files_of_an_archive_are_no_list_together(evidence: Path) -> None:
    """Ten hosts in ten files of a backup are ten finds."""
    files = {f"apps/org.example.a{number}/f/x.bin": f"https://{host}/a".encode() for number, host in enumerate(LISTED)}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    (evidence / "backup.zip").write_bytes(packed.getvalue())

    assert {value for value, shown in _told(evidence) if shown != "mention"} == set(LISTED)


ABOUT = {
    "an article": ("a.txt", f"NSO Group's Pegasus used the domain {HOST} against reporters.".encode()),
    "an article in a page": ("f.html", f"<p>Amnesty: NSO's Pegasus used <b>{HOST}</b> then.</p>".encode()),
    "an article in Chinese": ("b.txt", f"國際特赦組織指出飛馬間諜軟體曾使用 {HOST} 這個網域。".encode()),
    "a content blocker": (
        "c.json",
        json.dumps([{"trigger": {"url-filter": ".*", "if-domain": [f"*{HOST}"]}}]).encode(),
    ),
    "a copy in an archive": ("d.txt", f"https://web.archive.org/web/20210718/https://{HOST}/".encode()),
    "a result of MVT's": ("e.json", json.dumps([{"matched_indicator": {"value": HOST}}]).encode()),
    "a list of processes": ("processes.txt", "\n".join(PROCESSES[1:]).encode()),
}


@pytest.mark.parametrize("name", ABOUT)
def test_what_only_speaks_of_an_indicator_is_a_mention(evidence: Path, name: str) -> None:
    """It is told, and accuses nobody."""
    file, content = ABOUT[name]
    (evidence / file).write_bytes(content)

    assert {shown for _, shown in _told(evidence)} == {"mention"}


ARTICLE = f"NSO Group's Pegasus used the domain {HOST} against reporters."


def _page_and_traffic(folder: Path) -> None:
    database(folder / "a.db", "articles", "id INTEGER, body TEXT", (1, ARTICLE))
    with closing(sqlite3.connect(folder / "a.db")) as connection, connection:
        connection.execute("CREATE TABLE peers (id INTEGER, host TEXT)")
        connection.execute("INSERT INTO peers VALUES (1, ?)", (HOST,))


def _story_and_traffic(folder: Path) -> None:
    told = {"news": [{"body": ARTICLE, "tags": [HOST]}], "peers": [{"host": HOST}]}
    (folder / "state.json").write_text(json.dumps(told))


def _page_and_log(folder: Path) -> None:
    lines = [ARTICLE, *["nothing"] * (2 * LINES_BESIDE), HOST]
    (folder / "bugreport-1.txt").write_text("\n".join(lines))


def _lure(folder: Path) -> None:
    (folder / "private/var/mobile/Library/SMS").mkdir(parents=True)
    text = f"Found a known suspicious domain on your phone, see https://{HOST}/r"
    database(folder / "private/var/mobile/Library/SMS/other.db", "message", "id INTEGER, text TEXT", (1, text))


@pytest.mark.parametrize("lay", [_page_and_traffic, _story_and_traffic, _page_and_log, _lure])
def test_an_article_hides_nothing_else_that_its_file_holds(evidence: Path, lay: Callable[[Path], None]) -> None:
    """What somebody wrote of a host says nothing of who else went there, and words of a report hide no message."""
    lay(evidence)

    assert "mention" not in {shown for _, shown in _told(evidence)}


def test_a_page_of_indicators_in_a_log_hides_nothing_below_it(evidence: Path) -> None:
    """It is a list; a process that started some seconds later, and a link that was opened, are none of it."""
    later = [f"I am_proc_start: [0,4321,10234,{PROCESSES[1]},service,x]", f"connected to {URL}"]
    lines = ["Indicators of compromise", *LISTED, *["nothing"] * (2 * LINES_BESIDE), *later]
    (evidence / "bugreport-1.txt").write_text("\n".join(lines))

    told = dict(_told(evidence, EvidenceKind.BUGREPORT))
    assert "mention" not in {told.pop(PROCESSES[1]), told.pop(URL)}
    assert "mention" in told.values()


def test_a_table_of_blocked_hosts_is_a_mention(evidence: Path) -> None:
    """A program against fraud carries what nobody opened."""
    database(evidence / "a.db", "blacklist", "id INTEGER, host TEXT", (1, "phish.example.org"), (2, HOST))

    assert {shown for _, shown in _told(evidence)} == {"mention"}


def test_a_longer_name_among_bytes_is_another(evidence: Path) -> None:
    """What stands before a name's first letter is of the name."""
    (evidence / "names.bin").write_bytes(b"\x81\x01my." + NAME.encode() + b"\x81\x02" * 9)

    assert {shown for _, shown in _told(evidence)} == {"lead"}


@pytest.mark.parametrize("text", [f"Amnesty on Pegasus: https://{HOST}/a", f"Pegasus? NSO? check {HOST}/now"])
def test_a_link_in_words_about_spyware_stays_a_find(evidence: Path, text: str) -> None:
    """Lures speak of spyware, too: what can be opened counts."""
    (evidence / "a.txt").write_text(text)

    assert {shown for _, shown in _told(evidence)} == {"heuristic"}
