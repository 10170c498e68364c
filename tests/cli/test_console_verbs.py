"""What the console shows is what the verbs print, and what is done in it is stored as the verbs store it."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from browsing import Browser, serving
from mvtcase.canon import sha256_bytes
from mvtcase.cli.state import command
from mvtcase.model import ConsentPoint
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.store.folder import Workspace
from mvtcase.web.console import Console
from mvtcase.web.door import Door
from mvtcase.web.listening import LOOPBACK, listen
from mvtcase.web.pages import PAGES
from mvtcase.workflow.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mvtcase.engine.job import EngineResult
    from mvtcase.model import RawAlert

READ = "person.read"
FORM = b"%PDF-1.4 signed"
SHOT = b"\x89PNG seen"
VOLATILE = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r"\d{4}-?\d\d-?\d\d(T\d{6})?"), "DAY"),
    (re.compile(r'"(bytes|seconds|ran)":[\d.]+'), "SIZE"),
)
"""What two runs of one day differ in by nature, with the word that stands for it."""


@pytest.fixture
def morning(case: Path, engine: Any, result: Callable[..., EngineResult], hostile_alert: RawAlert) -> Path:
    """Give a workspace as it was in the morning: one phone registered, and an engine that will find something."""
    engine.answer = result(hostile_alert)
    return case


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Callable[[Path], tuple[Console, Browser]]]:
    """Give a function that serves a workspace, and a browser that was let in there."""
    running = []

    def made(workspace: Path) -> tuple[Console, Browser]:
        desk = Desk(workspace=Workspace(workspace), examiner="Ada", unsandboxed=True)
        console = Console(desk=desk, door=Door(), names=frozenset(), evidence_root=tmp_path, typed=command)
        place = listen(LOOPBACK, 0)
        served = serving(console, place)
        served.__enter__()
        running.append(served)
        browser = Browser(place.listening.getsockname()[1])
        browser.enter(console.door.new_token())
        return console, browser

    yield made
    for each in running:
        each.__exit__(None, None, None)


def finding_of(workspace: Path) -> str:
    """Return the id of the first finding."""
    with closing(sqlite3.connect(workspace / "cases" / "line-2021" / "case.sqlite")) as store:
        ((found,),) = store.execute("SELECT id FROM finding ORDER BY id LIMIT 1").fetchall()
        return str(found)


def day(files: Path, found: Callable[[], str]) -> Iterator[tuple[str, str, dict[str, object], tuple[object, ...]]]:
    """Yield who does what: as a form with its fields, and as a verb with its words; `found` tells the finding's id."""
    form, shot, second = files / "form.pdf", files / "shot.png", files / "second"
    yield (
        "Ada", "consent", {"official": "O-0001", "by": "Aldith Fernvale", "method": "written", "scope": "phone",
                           "informed": list(ConsentPoint), "document": form},
        ("consent", "record", "O-0001", "--by", "Aldith Fernvale", "--method", "written", "--scope", "phone",
         "--informed", ",".join(ConsentPoint), "--document", form),
    )  # fmt: skip
    yield (
        "Ada", "observe", {"official": "O-0001", "kind": "line.version", "value": "14.1", "method": "screen",
                           "note": "seen", "attachment": shot},
        ("observe", "add", "O-0001", "line.version", "14.1", "--method", "screen", "--note", "seen",
         "--attachment", shot),
    )  # fmt: skip
    yield (
        "Ada", "register", {"official": "O-0001", "path": str(second)},
        ("acquisition", "add", second, "--official", "O-0001"),
    )  # fmt: skip
    yield "Ada", "scan", {"acquisition": "A-0001"}, ("scan", "run", "A-0001", "--unsandboxed")
    one = found()
    yield "Ada", "assign", {"finding": one, "to": "Ben"}, ("finding", "assign", one, "--to", "Ben")
    yield "Ada", "note", {"text": "a remark", "about": one}, ("custody", "note", "a remark", "--about", one)
    for who in ("Ada", "Ben"):
        judged = ("finding", "dispose", one, "--as", "confirmed", "--reason", "seen")
        yield who, "dispose", {"finding": one, "verdict": "confirmed", "reason": "seen"}, judged
    yield (
        "Ben", "write", {"kind": "incident", "format": ["html", "md"], "edition": "internal"},
        ("report", "write", "incident", "-f", "html,md", "--edition", "internal"),
    )  # fmt: skip
    yield "Ada", "review", {"report": "R-0001"}, ("report", "review", "R-0001")
    yield "Ada", "release", {"report": "R-0001"}, ("report", "release", "R-0001")
    yield "Ada", "export", {"format": "csv", "edition": "internal"}, ("export", "csv", "--edition", "internal")
    yield "Ada", "recheck", {}, ("recheck", "run", "--all", "--unsandboxed")
    yield "Ada", "note", {"text": "the day is over"}, ("custody", "note", "the day is over")
    yield (
        "Ada",
        "withdraw",
        {"official": "O-0001", "reason": "why"},
        ("consent", "withdraw", "O-0001", "--reason", "why"),
    )
    yield "Ada", "verify", {}, ("custody", "verify")


def test_a_day_is_stored_alike_by_console_and_command_line(
    morning: Path, at: Callable[[Path], tuple[Console, Browser]], run: Callable[..., Any], tmp_path: Path
) -> None:
    """The same day done by forms and by verbs: every row of every table, and every event in full, but who read what."""
    ours, theirs = tmp_path / "console", tmp_path / "terminal"
    for each in (ours, theirs):
        shutil.copytree(morning, each)
    (tmp_path / "form.pdf").write_bytes(FORM)
    (tmp_path / "shot.png").write_bytes(SHOT)
    build_ios_backup(tmp_path / "second", IosPhone(seed=2, messages=2))
    console, browser = at(ours)
    for who, action, fields, _ in day(tmp_path, lambda: finding_of(ours)):
        console.desk = replace(console.desk, examiner=who)
        answer = browser.do(action, **fields)
        assert answer.status == 303, (action, answer.text)
        for thread in console.works._threads.values():
            thread.join(60)
    assert [work.ended for work in console.works.of("line-2021") if not work.done] == []
    for who, _, _, words in day(tmp_path, lambda: finding_of(theirs)):
        reply = run("-w", theirs, "--examiner", who, "--json", *words)
        assert reply.code in {0, 1}, (words, reply.err)
    one, other = contents(ours), contents(theirs)
    assert one.keys() == other.keys()
    for table in one:
        assert one[table] == other[table], table
    assert sum(map(len, one.values())) > 100, "the day left something to compare"


def contents(workspace: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a case by table, without who read what, and with words for what differs by nature."""
    with closing(sqlite3.connect(workspace / "cases" / "line-2021" / "case.sqlite")) as store:
        store.row_factory = sqlite3.Row
        tables = [
            each["name"] for each in store.execute("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE TABLE%'")
        ]
        rows = {each: [dict(row) for row in store.execute(f"SELECT * FROM {each}")] for each in tables}  # own
    kept = sorted(each["sequence"] for each in rows["custody_event"] if each["action"] != READ)
    written = sorted(rows["custody_row"], key=lambda each: (each["sequence"], each["ordinal"]))
    known = {each["row_uuid"]: f"{each['table_name']} {place}" for place, each in enumerate(written)}

    def plain(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = value.replace(str(workspace), "WORKSPACE")
        text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", lambda found: known.get(found[0], "UUID"), text)
        text = re.sub(r"[0-9a-f]{64}", lambda found: STAYS.get(found[0], "DIGEST"), text)
        for pattern, word in VOLATILE:
            text = pattern.sub(word, text)
        return text

    for table in ("custody_event", "custody_row"):
        own = [each for each in rows[table] if each["sequence"] in kept]
        rows[table] = [{**each, "sequence": kept.index(each["sequence"])} for each in own]
    return {
        table: sorted(({name: plain(each[name]) for name in each} for each in own), key=str)
        for table, own in rows.items()
    }


STAYS = {sha256_bytes(FORM): "FORM", sha256_bytes(SHOT): "SHOT"}
"""Digests that are the same however the day was spent."""


@pytest.mark.parametrize(
    "query",
    [{}, {"group": "Legislature", "sort": "name", "kind": "finding", "level": "HIGH", "page": "1", "mark": "scanned"},
     {"official": "O-0001", "undisposed": "yes", "to": "confirm", "next": "letter", "device": "D-0001"}],
)  # fmt: skip
def test_the_json_of_every_page_is_what_its_command_prints(
    morning: Path, at: Callable[[Path], tuple[Console, Browser]], run: Callable[..., Any], query: dict[str, str]
) -> None:
    """Each page names a command; with `--json` that prints the page's JSON, whatever the address asks for."""
    run("-w", morning, "--json", "scan", "run", "--all", "--unsandboxed")
    _, browser = at(morning)
    parts = {"case": "line-2021", "official": "O-0001", "device": "D-0001", "finding": finding_of(morning)}
    parts |= {"scan": "S-0001", "before": "S-0001", "after": "S-0001", "set": "pegasus-starter"}
    for page in PAGES:
        path = page.path.format(**parts)
        told = json.loads(browser.ask("GET", f"{path}?{urlencode({**query, 'as': 'json'})}").text)
        words = page.typed({**query, **{name: given for name, given in parts.items() if f"{{{name}}}" in page.path}})
        printed = run("-w", morning, "--json", *words).envelope
        for each in (told, printed):
            each["data"].pop("custody_head", None)  # reading a person's page is an event itself
        assert told == printed, words
