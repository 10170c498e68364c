"""The whole job through the command line and the real MVT: real samples, damage, hostile text, time, interruptions."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from builders.line import LAST_DAY, healthy_account, line_ios_files, unsealed_from
from builders.stix_bundles import write_stix_bundle
from mvtcase.cli.app import run as run_command_line
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.damage import Damage
from mvtcase.phones.encrypted import encrypt_ios_backup
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.plants import Plant, PlantKind
from mvtcase.phones.sysdiagnose import SysdiagnosePhone, build_sysdiagnose
from shared import SHARED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.engine

LINK = Plant(PlantKind.DOMAINS, "planted.example.net")
PROCESS = Plant(PlantKind.PROCESSES, "plantedd")
HOSTILE = (
    "<script>alert(1)</script> https://planted.example.net/x",
    '=HYPERLINK("http://evil.example.org","open") https://planted.example.net/x',
    "\x1b[2J\x1b]8;;http://evil.example.org\x07open https://planted.example.net/x",
    "\u202etxt.exe [bold red]markup[/] https://planted.example.net/x",
)
WAIT_SECONDS = 60


@pytest.fixture(scope="module")
def samples() -> Path:
    """Return MVT's own test artefacts beside the checkout, or skip the test."""
    if not (SHARED / "samples" / "mvt").is_dir():
        pytest.skip("the real samples are not beside this checkout")
    return SHARED


@pytest.mark.shared
def test_mvts_own_samples_give_what_plain_mvt_gives(samples: Path, responder: Any) -> None:
    """The backup's 28 modules and two alerts, the AndroidQF's ten, and a status that the coverage supports."""
    responder("iocs", "import", samples / "iocs" / "pegasus.stix2")
    evidence = samples / "samples" / "mvt"
    before = [(str(path), path.lstat().st_mtime_ns, path.lstat().st_size) for path in sorted(evidence.rglob("*"))]
    backup = responder.scan(evidence / "ios_backup", "--iocs", "pegasus")
    assert len([each for each in backup["modules"] if "mvt@" in each["origin"]]) == 28
    assert {level: count for level, count in backup["alerts"].items() if count} == {"LOW": 1, "INFORMATIONAL": 1}
    assert (backup["indicators_loaded"], backup["status"], backup["completeness"]) == (1549, "inconclusive", "partial")
    android = responder.scan(evidence / "androidqf", "--iocs", "pegasus")
    found = {level: count for level, count in android["alerts"].items() if count}
    assert found == {"HIGH": 4, "MEDIUM": 5, "INFORMATIONAL": 1}
    assert (android["status"], android["completeness"]) == ("suspicious", "partial")
    after = [(str(path), path.lstat().st_mtime_ns, path.lstat().st_size) for path in sorted(evidence.rglob("*"))]
    assert after == before


@pytest.fixture(scope="module")
def watcher(start_responder: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a responder who looks for one planted link and one process."""
    responder = start_responder()
    bundle = write_stix_bundle(tmp_path_factory.mktemp("sets") / "planted.stix2", (LINK, PROCESS))
    responder("iocs", "import", bundle)
    return responder


@pytest.mark.parametrize(
    ("source", "damage"),
    [
        ("sms", Damage.NOISE),
        ("sms", Damage.TRUNCATED),
        ("sms", Damage.EMPTY),
        ("manifest_db", Damage.TRUNCATED),
        ("manifest_db", Damage.EMPTY),
    ],
)
def test_a_damaged_phone_is_never_without_trace(source: str, damage: Damage, watcher: Any, tmp_path: Path) -> None:
    """MVT ends with status 0 on each of these; the case says what was not examined."""
    number = sum(f"{source}{damage}".encode())
    built = build_ios_backup(tmp_path / "backup", IosPhone(seed=number), damage={source: damage})
    scan = watcher.scan(built.path)
    assert (scan["status"], scan["completeness"]) == ("inconclusive", "partial")
    assert scan["gaps"]
    assert all(gap["reason"] for gap in scan["gaps"])


def test_a_set_without_indicators_is_refused(watcher: Any, tmp_path: Path) -> None:
    """A scan that compares with nothing cannot even be asked for."""
    (tmp_path / "empty.stix2").write_text('{"type": "bundle", "id": "bundle--1", "objects": []}', "utf-8")
    refused = watcher.typed("iocs", "import", tmp_path / "empty.stix2")
    assert (refused["status"], refused["exit"]) == ("error", 4)
    watcher.register(build_ios_backup(tmp_path / "backup", IosPhone(seed=77)).path)
    unknown = watcher.typed("scan", "run", "--all", "--iocs", "empty")
    assert (unknown["status"], unknown["exit"]) == ("error", 4)


def test_scanning_twice_gives_the_same_findings_once(watcher: Any, tmp_path: Path) -> None:
    """A finding is what it is about: a second scan of the same evidence adds none and renames none."""
    phone = IosPhone(seed=501, plants=(LINK, PROCESS))
    acquisition = watcher.register(build_ios_backup(tmp_path / "backup", phone).path)
    first, second = (watcher("scan", "run", acquisition)["scans"][0] for _ in range(2))
    assert first["id"] != second["id"]
    assert sorted(first["findings"]) == sorted(second["findings"])
    ids = [each["id"] for each in watcher.findings()]
    assert len(ids) == len(set(ids))
    assert set(first["findings"]) <= set(ids)


def test_hostile_text_is_shown_as_text(start_responder: Callable[[], Any], tmp_path: Path) -> None:
    """Markup, formulas, escape sequences and turned writing reach terminal and report as what they are: letters."""
    responder = start_responder()
    responder("iocs", "import", write_stix_bundle(tmp_path / "planted.stix2", (LINK,)))
    phone = IosPhone(seed=502, device_name="<b>=cmd|' /C'!A0[red]\u202e", extra_messages=HOSTILE)
    scan = responder.scan(build_ios_backup(tmp_path / "backup", phone).path)
    assert scan["status"] == "indicator_match"
    stored = json.dumps([each["event"] for each in responder.alerts(scan["id"])])
    assert "<script>" in stored
    for verb in (("finding", "list"), ("scan", "show", scan["id"]), ("device", "list"), ("timeline",), ("status",)):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            run_command_line(["-w", str(responder.workspace), *verb])
        assert not {"\x1b", "\u202e", "\x07"} & set(printed.getvalue()), verb
    responder("official", "set", "O-0001", "--publication", "named")
    for report in responder("report", "write", "incident", "--format", "html,json")["reports"]:
        text = Path(responder.workspace, report["path"]).read_text("utf-8")
        assert not {"\x1b", "\u202e", "\x07"} & set(text)
        assert "<script>alert" not in text or report["format"] == "json"
        assert "https://planted.example.net" not in text


def test_a_changed_byte_in_any_table_is_found(start_responder: Callable[[], Any], tmp_path: Path) -> None:
    """Whatever a careless hand changes in the file of the case, `custody verify` no longer holds."""
    responder = start_responder()
    responder("iocs", "import", write_stix_bundle(tmp_path / "planted.stix2", (LINK,)))
    responder("group", "add", "Legislature")
    responder.scan(build_ios_backup(tmp_path / "backup", IosPhone(seed=503, plants=(LINK,)), missing=("tcc",)).path)
    responder("observe", "add", "O-0001", "line.letter_sealing", "on", "--method", "screen")
    responder("custody", "note", "a note")
    assert responder("custody", "verify", status="success")["holds"]
    database = responder.workspace / "cases" / "trial" / "case.sqlite"
    shutil.copy(database, tmp_path / "whole.sqlite")
    changed = 0
    for statement in list(_byte_changes(database)):
        shutil.copy(tmp_path / "whole.sqlite", database)
        for tail in ("-wal", "-shm"):
            Path(f"{database}{tail}").unlink(missing_ok=True)
        connection = sqlite3.connect(database)
        connection.executescript(statement)
        connection.close()
        refused = responder.typed("custody", "verify")
        assert (refused["status"], refused["exit"]) == ("error", 6), statement
        changed += 1
    assert changed >= 15


def _byte_changes(database: Path) -> Iterator[str]:
    """Yield a script for each table with rows that adds a letter to one text of its first row."""
    connection = sqlite3.connect(database)
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%sqlite_%'")
    for (table,) in tables.fetchall():
        names = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")') if row[2] == "TEXT"]
        free = [each for each in names if each in _FREE_TEXTS]
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name=?", (table,))
        drops = "".join(f'DROP TRIGGER "{name}";' for (name,) in triggers.fetchall())
        if free and connection.execute(f'SELECT count("{free[0]}") FROM "{table}"').fetchone()[0]:
            yield f'PRAGMA foreign_keys=OFF; {drops} UPDATE "{table}" SET "{free[0]}" = "{free[0]}" || \'x\';'
    connection.close()


_FREE_TEXTS = (
    *("title", "name", "role", "scope", "label", "path", "message", "reason", "text", "note", "payload", "module"),
    *("subject", "slug", "started_at", "recorded_at", "official", "finding", "scan", "at"),
)


def test_new_indicators_find_old_traces_without_the_phone(start_responder: Callable[[], Any], tmp_path: Path) -> None:
    """A newer set makes a status stale, a recheck of what is stored finds the trace, and the status is fresh again."""
    responder = start_responder()
    for version, plants in (("old", ()), ("new", (LINK, PROCESS))):
        (tmp_path / version).mkdir()
        write_stix_bundle(tmp_path / version / "watch.stix2", plants)
    responder("iocs", "import", tmp_path / "old" / "watch.stix2")
    responder.register(build_ios_backup(tmp_path / "ios", IosPhone(seed=504, plants=(LINK, PROCESS))).path)
    responder.register(build_androidqf(tmp_path / "aqf", AndroidPhone(seed=505, plants=(LINK,))).path)
    phone = SysdiagnosePhone(seed=506, plants=(Plant(PROCESS.kind, PROCESS.value, "powerlog"),))
    responder.register(build_sysdiagnose(tmp_path / "sysdiagnose", phone).path)
    responder("scan", "run", "--all", "--jobs", "2")
    assert _standing(responder) == {("no_trace", ())}
    responder("iocs", "import", tmp_path / "new" / "watch.stix2")
    assert _standing(responder) == {("inconclusive", ("recheck",))}
    for folder in ("ios", "aqf", "sysdiagnose"):
        shutil.rmtree(tmp_path / folder)
    rechecked = responder("recheck", "run", "--all", status="success")["scans"]
    assert [scan["status"] for scan in rechecked] == ["indicator_match"] * 3
    assert _standing(responder) == {("indicator_match", ())}
    assert responder("custody", "verify")["holds"]


def _standing(responder: Any) -> set[tuple[str, tuple[str, ...]]]:
    """Return the statuses of all devices, each with what must be done to make it fresh."""
    return {
        (device["status"], tuple(sorted(each["remedy"] for each in device["stale"])))
        for official in responder("status")["officials"]
        for device in official["devices"]
    }


def test_a_pack_carries_the_sets_to_another_laptop(watcher: Any, responder: Any, tmp_path: Path) -> None:
    """One file, and the other workspace holds the same versions by hash."""

    def held(one: Any) -> dict[str, str]:
        return {each["name"]: each["sha256"] for each in one("iocs", "list")["sets"]}

    assert held(responder) != held(watcher)
    watcher("iocs", "pack", tmp_path / "sets.zip")
    responder("iocs", "import", tmp_path / "sets.zip")
    assert held(responder) == held(watcher)


def test_the_story_of_letter_sealing(start_responder: Callable[[], Any], tmp_path: Path) -> None:
    """Sealing that went off is told from sealing that is on, watched over time, and is no indicator match."""
    responder = start_responder()
    account = healthy_account(seed=1)
    for number, told in enumerate((account, unsealed_from(account, LAST_DAY - timedelta(days=10)))):
        phone = IosPhone(seed=510 + number, extra_files=line_ios_files(told))
        responder.register(build_ios_backup(tmp_path / f"phone-{number}", phone).path)
    scans = responder("scan", "run", "--all", "--jobs", "2")["scans"]
    assert {(scan["status"], scan["completeness"]) for scan in scans} == {("no_trace", "full")}
    posture = [each for each in responder.findings() if each["title"].startswith("LINE R")]
    assert {(each["official"], each["evidence_class"]) for each in posture} == {("O-0002", "posture")}

    def sealing() -> list[str]:
        return [each["sealing"] for each in responder("status", "--sealing")["officials"]]

    assert sealing() == ["on", "changed_on_off"]
    responder("observe", "add", "O-0001", "line.letter_sealing", "off", "--method", "screen")
    assert sealing() == ["changed_on_off", "changed_on_off"]
    assert [each["id"] for each in responder("observe", "due", "--every", "30d")["due"]] == ["O-0002"]


class Terminal:
    """A call in a process of its own, which can be interrupted like one at a terminal."""

    def __init__(self, responder: Any, *arguments: object) -> None:
        self.responder = responder
        self.known = set(self.events())
        self.process = subprocess.Popen(
            [str(Path(sys.executable).with_name("mvtcase")), "--json", "-w", str(responder.workspace)]
            + [str(each) for each in arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def events(self) -> list[Path]:
        """Return the files of events of all scans of the case."""
        return sorted(self.responder.workspace.glob("cases/trial/scans/*/results/events.jsonl"))

    def until(self, seen: Callable[[], object]) -> None:
        """Wait until something can be seen while the call runs."""
        end = time.monotonic() + WAIT_SECONDS
        while not seen():
            assert time.monotonic() < end
            assert self.process.poll() is None
            time.sleep(0.005)

    def modules_ran(self, count: int, scans: int = 1) -> bool:
        """Return whether so many modules were started in each of so many new scans."""
        texts = [path.read_text("utf-8") for path in self.events() if path not in self.known]
        return len([text for text in texts if text.count('"event":"started"') >= count]) >= scans

    def end(self, how: signal.Signals) -> tuple[int, str, str]:
        """Send a signal and return exit status and what was printed."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=WAIT_SECONDS)
        return self.process.returncode, out, err


def test_a_killed_batch_goes_on_where_it_was(start_responder: Callable[[], Any], tmp_path: Path) -> None:
    """After kill -9 nothing counts that did not end, no worker lives on, and the same command does what is missing."""
    responder = start_responder()
    for number in range(3):
        responder.register(build_ios_backup(tmp_path / f"{number}", IosPhone(seed=520 + number, messages=2000)).path)
    responder("iocs", "selftest")
    batch = Terminal(responder, "scan", "run", "--all", "--jobs", "1")
    batch.until(lambda: batch.modules_ran(4))
    batch.end(signal.SIGKILL)
    begun = len(responder("scan", "list")["scans"])
    shown = Counter(device["status"] for each in responder("status")["officials"] for device in each["devices"])
    assert (shown["no_trace"], shown["not_examined"]) == (begun - 1, 4 - begun)
    resumed = responder("scan", "run", "--all", "--jobs", "2")["scans"]
    assert len(resumed) == 4 - begun
    states = Counter(each["state"] for each in responder("scan", "list")["scans"])
    assert states == {"interrupted": 1, "finished": 3}
    assert responder("scan", "run", "--all")["scans"] == []
    assert responder("custody", "verify")["holds"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_stops_also_what_hangs_and_says_how_to_go_on(
    jobs: int, start_responder: Callable[[], Any], tmp_path: Path
) -> None:
    """Workers that make no sound any more do not hold the responder up."""
    responder = start_responder()
    for number in range(jobs):
        responder.register(build_ios_backup(tmp_path / f"{number}", IosPhone(seed=530 + number, messages=2000)).path)
    responder("iocs", "selftest")
    batch = Terminal(responder, "scan", "run", "--all", "--jobs", jobs)
    batch.until(lambda: batch.modules_ran(2, scans=jobs))
    for path in batch.events():
        (worker,) = [json.loads(line) for line in path.read_bytes().splitlines() if b'"event":"worker"' in line]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker["pid"], signal.SIGSTOP)
    status, printed, said = batch.end(signal.SIGINT)
    assert status == 130
    assert json.loads(printed)["errors"][0]["code"] == "stopped"
    assert "goes on" in said
    assert {each["state"] for each in responder("scan", "list")["scans"]} <= {"interrupted", "finished"}
    assert _standing(responder) <= {("not_examined", ()), ("no_trace", ())}
    responder("scan", "run", "--all", "--jobs", "2")
    assert _standing(responder) == {("no_trace", ())}


def test_decrypted_files_do_not_outlive_a_kill(start_responder: Callable[[], Any], tmp_path: Path) -> None:
    """A wrong password is an error at once, and what a killed scan had decrypted is wiped at the next start."""
    responder = start_responder()
    plain = build_ios_backup(tmp_path / "plain", IosPhone(seed=540))
    encrypted = encrypt_ios_backup(plain.path, tmp_path / "encrypted", "wisteria-42")
    for name in ("wisteria-42", "wrong"):
        (tmp_path / name).write_text(f"{name}\n", "utf-8")
        (tmp_path / name).chmod(0o600)
    acquisition = responder.register(encrypted)
    refused = responder.typed("scan", "run", acquisition, "--password-file", tmp_path / "wrong")
    assert (refused["exit"], refused["errors"][0]["code"]) == (3, "evidence.password")
    assert _standing(responder) == {("not_examined", ())}

    def decrypted() -> list[Path]:
        return [each for each in responder.workspace.glob("cases/trial/working/*/decrypted/*/*") if each.is_file()]

    scan = Terminal(responder, "scan", "run", acquisition, "--password-file", tmp_path / "wisteria-42")
    scan.until(decrypted)
    scan.end(signal.SIGKILL)
    assert decrypted()
    finished = responder("scan", "run", acquisition, "--password-file", tmp_path / "wisteria-42")["scans"][0]
    assert (finished["status"], finished["completeness"]) == ("no_trace", "full")
    assert list(responder.workspace.glob("cases/trial/working/*")) == []
