"""How fast the second reader takes values apart, by kind of file, beside `sha256sum` over the same bytes.

Run `python benchmarks/reader.py [--megabytes N] [--only TEXT] [--profile] [--markdown]`. All figures are CPU time of
one core; the ratio is that of the same run. `--markdown` writes the table into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import plistlib
import pstats
import random
import resource
import sqlite3
import struct
import subprocess
import tempfile
import time
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from mvtcase.engine.worker.reader import second
from mvtcase.engine.worker.task import Task
from mvtcase.matchset import Collection, MatchSet
from mvtcase.model import EvidenceKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DOCUMENT = Path(__file__).parent.parent / "docs" / "benchmarks.md"
START, END = "<!-- reader: begin -->", "<!-- reader: end -->"
TITLE = "## The second reader by kind of file"
INTRODUCTION = """`benchmarks/reader.py`, %d MB of each kind but small files, 5,450 indicators that nothing matches. CPU
time of one core, hash of the file included; read the ratio, since other work on the machine slows both columns."""
DOMAINS, OTHERS = 5_000, 450
"""Indicators looked for: as many as all published sets hold together."""

SMALL_FILES = 1_500
SYLLABLES = ("ka", "mo", "ri", "sen", "tal", "vo", "be", "nu", "dor", "li", "pas", "go", "chi", "wen", "yu")
HAN = "今天下午三點在辦公室開會請準時到謝謝你明天見資料已經寄出收到了沒問題我晚一點再打電話給老師孩子學校台北高雄火車票"
ENDINGS = ("com", "net", "org", "com.tw", "io")


class Source:
    """Seeded words, hosts and moments, drawn from a stock of some size as a phone's are."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.words = ["".join(self.dice.choices(SYLLABLES, k=self.dice.randint(1, 4))) for _ in range(4_000)]
        self.hosts = [f"{self.word()}{self.word()}.{self.dice.choice(ENDINGS)}" for _ in range(2_000)]
        self.apps = [f"com.{self.word()}.{self.word()}" for _ in range(150)]
        self.moment = datetime(2026, 3, 1, tzinfo=timezone.utc)

    def word(self) -> str:
        """Return a word of the stock."""
        return self.dice.choice(self.words)

    def text(self) -> str:
        """Return a message: Chinese or English, one in eight with a link."""
        dice = self.dice
        body = "".join(dice.choices(HAN, k=dice.randint(4, 60))) if dice.random() < 0.5 else self.sentence(4, 24)
        return f"{body} {self.link()}" if dice.random() < 0.12 else body

    def sentence(self, least: int, most: int) -> str:
        """Return some words and a stop."""
        return " ".join(self.dice.choices(self.words, k=self.dice.randint(least, most))) + self.dice.choice(".!?")

    def link(self) -> str:
        """Return a link to a host of the stock."""
        dice = self.dice
        return f"https://www.{dice.choice(self.hosts)}/{self.word()}/{self.word()}?id={dice.randrange(10**6)}"

    def installed(self) -> str:
        """Return an app with the user that it runs as."""
        number = self.dice.randrange(len(self.apps))
        return f"{self.apps[number]}/u0a{number + 100}"

    def later(self) -> datetime:
        """Return a moment shortly after the last."""
        self.moment += timedelta(milliseconds=self.dice.randrange(1, 400))
        return self.moment


def messages(source: Source, folder: Path, size: int) -> None:
    """A database of messages, as `sms.db`: texts, the same texts as attributed bodies, and identifiers."""
    with closing(sqlite3.connect(folder / "sms.db")) as made:
        made.execute("CREATE TABLE message (guid TEXT, text TEXT, service TEXT, account TEXT, body BLOB, date INTEGER)")
        made.execute("CREATE INDEX by_guid ON message (guid)")
        while _pages(made) < size:
            rows = []
            for _ in range(500):
                text = source.text()
                guid = f"{source.dice.getrandbits(128):032X}"
                guid = f"{guid[:8]}-{guid[8:12]}-{guid[12:16]}-{guid[16:20]}-{guid[20:]}"
                account = (
                    f"p:+8869{source.dice.randrange(10**8):08}" if source.dice.random() < 0.01 else "p:+886912345678"
                )
                rows.append((guid, text, "iMessage", account, attributed(text), source.dice.getrandbits(60)))
            made.executemany("INSERT INTO message VALUES (?,?,?,?,?,?)", rows)
        made.commit()


def attributed(text: str) -> bytes:
    """Return a text as `attributedBody` holds it."""
    raw = text.encode()
    size = bytes([len(raw)]) if len(raw) < 0x81 else b"\x81" + struct.pack("<H", len(raw))
    return (
        b"\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject\x00\x85\x92"
        b"\x84\x84\x84\x08NSString\x01\x94\x84\x01+" + size + raw + b"\x86\x84\x02iI\x01\x10\x92\x84\x84\x84"
        b"\x0cNSDictionary\x00\x94\x84\x01i\x01\x92\x84\x96\x96\x1d__kIMMessagePartAttributeName\x86\x92\x84\x84\x84"
        b"\x08NSNumber\x00\x84\x84\x07NSValue\x00\x94\x84\x01*\x84\x99\x99\x00\x86\x86\x86"
    )


def visits(source: Source, folder: Path, size: int) -> None:
    """A database of visited pages, as `History.db`."""
    dice = source.dice
    with closing(sqlite3.connect(folder / "History.db")) as made:
        made.execute("CREATE TABLE history_items (id INTEGER PRIMARY KEY, url TEXT UNIQUE, domain_expansion TEXT)")
        made.execute("CREATE TABLE history_visits (history_item INTEGER, visit_time REAL, title TEXT)")
        while _pages(made) < size:
            links = [source.link() for _ in range(500)]
            made.executemany(
                "INSERT OR IGNORE INTO history_items VALUES (NULL,?,?)", [(link, link[12:20]) for link in links]
            )
            rows = [(dice.randrange(10**5), dice.random() * 1e9, source.sentence(3, 8)) for _ in range(1500)]
            made.executemany("INSERT INTO history_visits VALUES (?,?,?)", rows)
        made.commit()


def interactions(source: Source, folder: Path, size: int) -> None:
    """A database of usage, as `knowledgeC.db`: numbers, app ids and small property lists."""
    dice = source.dice
    held = {"bundle": source.apps[0], "weights": [1, 2, 3], "uti": "public.plain-text"}
    blob = plistlib.dumps(held, fmt=plistlib.FMT_BINARY)
    with closing(sqlite3.connect(folder / "knowledgeC.db")) as made:
        made.execute(
            "CREATE TABLE ZOBJECT (ZUUID TEXT, ZSTREAMNAME TEXT, ZVALUESTRING TEXT, ZSTARTDATE REAL, ZMETADATA BLOB)"
        )
        while _pages(made) < size:
            rows = []
            for _ in range(500):
                uuid = str(UUID(int=dice.getrandbits(128))).upper()
                kept = blob if dice.random() < 0.3 else None
                rows.append((uuid, "/app/usage", dice.choice(source.apps), dice.random() * 1e9, kept))
            made.executemany("INSERT INTO ZOBJECT VALUES (?,?,?,?,?)", rows)
        made.commit()


def _pages(made: sqlite3.Connection) -> int:
    return int(made.execute("PRAGMA page_count").fetchone()[0]) * int(made.execute("PRAGMA page_size").fetchone()[0])


def system_log(source: Source, folder: Path, size: int) -> None:
    """A log as iOS writes it."""
    dice, word = source.dice, source.word
    place = "/private/var/mobile/Containers/Data/Application"
    forms: tuple[Callable[[], str], ...] = (
        lambda: (
            f"[{dice.choice(source.apps)}:connection] [C{dice.randrange(9999)} {dice.choice(source.hosts)}:443 tcp]"
        ),
        lambda: f"Setting power state of {word()} to {dice.randrange(99)}, reason {word()}",
        lambda: f"<private> {source.sentence(3, 9)} (0x{dice.getrandbits(32):x})",
        lambda: f"Container for {dice.choice(source.apps)} at {place}/{word()}/Library",
        lambda: f"{word()}: {word()}={dice.randrange(10**6)} {word()}={word()} took {dice.random():.6f}s",
    )
    with (folder / "system.log").open("w") as out:
        while out.tell() < size:
            for _ in range(1000):
                program = dice.choice(source.words)
                moment = f"{source.later():%Y-%m-%d %H:%M:%S.%f}+0800 0x{dice.randrange(1 << 20):x}"
                begins = f"{moment}  Default  0x0  {dice.randrange(900)}  0  {program}: ({program.title()}Core)"
                out.write(f"{begins} {dice.choice(forms)()}\n")


def android_log(source: Source, folder: Path, size: int) -> None:
    """A log as Android writes it."""
    dice, word = source.dice, source.word
    forms: tuple[Callable[[], str], ...] = (
        lambda: f"I ActivityManager: Start proc {dice.randrange(30000)}:{source.installed()} for service",
        lambda: f"D {word().title()}: {source.sentence(3, 12)}",
        lambda: f"W {word().title()}Service: {word()}({dice.randrange(999)}) failed: {word()} at {word()}",
        lambda: f"I am_proc_bound: [0,{dice.randrange(30000)},{dice.choice(source.apps)}]",
    )
    with (folder / "logcat.txt").open("w") as out:
        while out.tell() < size:
            for _ in range(1000):
                moment = f"{source.later():%m-%d %H:%M:%S.%f}"[:-3]
                out.write(f"{moment}  {dice.randrange(9999):4}  {dice.randrange(9999):4} {dice.choice(forms)()}\n")


def prose(source: Source, folder: Path, size: int) -> None:
    """Notes and talk in plain text, Chinese and English."""
    with (folder / "notes.txt").open("w") as out:
        while out.tell() < size:
            out.writelines(source.text() + "\n" for _ in range(1000))


def json_lines(source: Source, folder: Path, size: int) -> None:
    """Lines of JSON, as intrusion logs have them."""
    dice = source.dice
    with (folder / "dns_event.json").open("w") as out:
        while out.tell() < size:
            for _ in range(1000):
                line = {
                    "hostname": dice.choice(source.hosts),
                    "package_name": dice.choice(source.apps),
                    "event_time": source.later().isoformat(),
                    "ip_addresses": [f"203.0.113.{dice.randrange(255)}"],
                }
                out.write(json.dumps(line) + "\n")


def json_document(source: Source, folder: Path, size: int) -> None:
    """One document, as AndroidQF's lists are."""
    files: list[dict[str, object]] = []
    while len(files) * 150 < size:
        path = f"/data/app/{source.word()}/{source.dice.choice(source.apps)}-{source.word()}/base.apk"
        files.append({"path": path, "size": source.dice.randrange(10**7), "mode": "-rw-r--r--", "user_name": "system"})
    (folder / "files.json").write_text(json.dumps(files, indent=1))


def property_lists(source: Source, folder: Path, size: int) -> None:
    """Binary property lists of some 50 KB: dictionaries of settings and lists of records."""
    for number in range(max(1, size // 50_000)):
        held = {
            f"{source.word()}{at}": {"id": source.dice.choice(source.apps), "on": True, "title": source.text()}
            for at in range(350)
        }
        (folder / f"{number}.plist").write_bytes(plistlib.dumps(held, fmt=plistlib.FMT_BINARY))


def media(source: Source, folder: Path, size: int) -> None:
    """Photos: a header, what cameras write into it, and packed bytes."""
    for number in range(max(1, size // (3 << 20))):
        head = b"\xff\xd8\xff\xe1\x00\x10Exif\0\0MM\0*iPhone 15\0" + source.sentence(4, 9).encode()
        (folder / f"IMG_{number:04}.JPG").write_bytes(head + source.dice.randbytes(3 << 20))


def small_files(source: Source, folder: Path, size: int) -> None:
    """Files of some hundred bytes: settings, notes, thumbnails and identifiers."""
    dice = source.dice
    del size
    for number in range(SMALL_FILES):
        kept: tuple[Callable[[], bytes], ...] = (
            lambda: plistlib.dumps({source.word(): True, "id": dice.choice(source.apps)}, fmt=plistlib.FMT_BINARY),
            lambda: json.dumps({source.word(): dice.randrange(99), "name": source.word()}).encode(),
            lambda: b"\xff\xd8\xff\xe0" + dice.randbytes(1500),
            f"{source.sentence(4, 12)}\n".encode,
        )
        below = folder / f"{number % 64:02x}"
        below.mkdir(exist_ok=True)
        (below / f"{dice.getrandbits(160):040x}").write_bytes(dice.choice(kept)())


KINDS: dict[str, Callable[[Source, Path, int], None]] = {
    "messages (SQLite)": messages,
    "visited pages (SQLite)": visits,
    "usage (SQLite)": interactions,
    "iOS log": system_log,
    "Android log": android_log,
    "prose, Chinese and English": prose,
    "lines of JSON": json_lines,
    "JSON document": json_document,
    "binary property lists": property_lists,
    "photos": media,
    "small files": small_files,
}


def indicators() -> MatchSet:
    """Return as many indicators as are published, none of which the bytes hold."""
    source = Source(99)
    values = {
        "domains": tuple(f"{source.word()}-{number}.invented" for number in range(DOMAINS)),
        "processes": tuple(f"{source.word()}{number}implantd" for number in range(OTHERS // 3)),
        "emails": tuple(f"{source.word()}{number}@mail.invented" for number in range(OTHERS // 3)),
        "file_paths": tuple(f"/private/var/tmp/{source.word()}{number}" for number in range(OTHERS // 3)),
    }
    return MatchSet(collections=(Collection(id="1", name="Invented", file_name="invented.stix2", values=values),))


def task_for(target: Path, results: Path) -> Task:
    """Return the task of a scan of a folder."""
    (results / "mvt").mkdir(parents=True)
    empty: frozenset[str] = frozenset()
    return Task(
        name="scan", kind=EvidenceKind.ANDROIDQF, target=target, results=results, matchset=target,
        expected_indicators=1, set_names={}, stock_matcher=False, sweep=True, allow_foreign_modules=False,
        password=None, finished=frozenset(), skipped=frozenset(), steps_done=empty, steps_lost=empty,
    )  # fmt: skip


def hashed(folder: Path) -> float:
    """Return the CPU seconds of `sha256sum` over all files."""
    names = [str(path) for path in folder.rglob("*") if path.is_file()]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        ["xargs", "-0", "sha256sum", "-b"], input="\0".join(names).encode(), check=True, stdout=subprocess.DEVNULL
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def read(folder: Path, sets: MatchSet, *, profile: bool) -> tuple[float, int]:
    """Return the CPU seconds of a reading, and how many distinct terms its index holds."""
    emit: Any = lambda event, **fields: None  # noqa: ARG005, E731 - nobody listens
    with tempfile.TemporaryDirectory() as results:
        task = task_for(folder, Path(results) / "scan")
        began = time.process_time()
        reader = second.SecondReader(task, second.known_of(task, sets), emit)
        if profile:
            profiler = cProfile.Profile()
            profiler.runcall(reader.run)
            pstats.Stats(profiler).sort_stats("tottime").print_stats(30)
        else:
            reader.run()
        return time.process_time() - began, len(reader.index.entries)


HEAD = ("kind of file", "MB", "MB/s", "sha256sum, MB/s", "× sha256sum", "distinct terms per MB", "µs per file")


def rows(megabytes: int, only: str, *, profile: bool) -> Iterator[tuple[str, ...]]:
    """Yield a line of the table for each kind."""
    sets = indicators()
    for name, make in KINDS.items():
        if only not in name:
            continue
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "evidence"
            folder.mkdir()
            make(Source(7), folder, megabytes << 20)
            sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
            reading, terms = read(folder, sets, profile=profile)
            hashing, size = hashed(folder), sum(sizes) / 1e6
            each = f"{reading / len(sizes) * 1e6:.0f}" if name == "small files" else ""
            speeds = f"{size / reading:.1f}", f"{size / hashing:.0f}", f"{reading / hashing:.1f}"
            yield name, f"{size:.1f}", *speeds, f"{terms / size:.0f}", each


def main() -> None:
    """Measure, print, and write the table where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=16)
    parser.add_argument("--only", default="")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    lines = [HEAD, ("---",) * len(HEAD)]
    for row in rows(options.megabytes, options.only, profile=options.profile):
        print(" | ".join(row), flush=True)
        lines.append(row)
    if options.markdown:
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        text = DOCUMENT.read_text(encoding="utf-8")
        before, _, rest = text.partition(START)
        after = rest.partition(END)[2] or "\n"
        section = f"{START}\n{TITLE}\n\n{INTRODUCTION % options.megabytes}\n\n{table}\n{END}"
        DOCUMENT.write_text(f"{before.rstrip()}\n\n{section}{after}", encoding="utf-8")


if __name__ == "__main__":
    os.umask(0o077)
    main()
