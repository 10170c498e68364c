"""The console as a browser meets it, over a real socket: pages, forms, and what others try."""

from __future__ import annotations

import http.client
import json
import os
import re
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from browsing import Browser, benchmark, serving
from mvtcase import workflow
from mvtcase.engine.job import EngineEvent
from mvtcase.web.console import Console
from mvtcase.web.doing import ACTIONS
from mvtcase.web.door import Door
from mvtcase.web.listening import LOOPBACK, listen
from mvtcase.web.pages import PAGES, naming

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import FakeEngine  # type: ignore[import-not-found]  # of this folder
    from mvtcase.engine.job import EngineResult, RecheckJob, ScanJob
    from mvtcase.workflow.desk import Desk

NASTY = "<script>alert(1)</script>'\"&\u202e"


@pytest.fixture
def console(desk: Desk, tmp_path: Path) -> Console:
    """Give a console at the desk."""
    (tmp_path / "evidence").mkdir(exist_ok=True)
    return Console(desk=desk, door=Door(), names=frozenset(), evidence_root=tmp_path / "evidence", wait_seconds=10.0)


@pytest.fixture
def browser(console: Console) -> Iterator[Browser]:
    """Give a browser that was let in."""
    place = listen(LOOPBACK, 0)
    with serving(console, place):
        made = Browser(place.listening.getsockname()[1])
        assert made.enter(console.door.new_token()).status == 303
        yield made


@pytest.fixture
def scanned(desk: Desk, engine: FakeEngine, match: EngineResult, add_phone: Callable[..., str]) -> str:
    """Give the id of a finding of the one official's scanned phone."""
    add_phone()
    engine.answer = match
    workflow.scans.run(desk, workflow.scans.Request())
    return workflow.findings.list_findings(desk).data.findings[0].id


def test_every_page_opens(browser: Browser, scanned: str) -> None:
    """Each page of the list is there and whole."""
    parts = {"official": "O-0001", "device": "D-0001", "finding": scanned, "scan": "S-0001"}
    parts |= {"before": "S-0001", "after": "S-0001", "set": "tiny"}
    for page in PAGES:
        path = page.path.format(case="line-2021", **parts)
        shown = browser.ask("GET", path)
        assert (shown.status, path) == (200, path)
        assert shown.text.rstrip().endswith("</html>")


def test_every_form_has_an_action_and_every_action_a_form(browser: Browser, scanned: str) -> None:
    """No button leads nowhere, and nothing can be done that no page offers."""
    workflow_reports = browser.do("write", kind="incident", edition="internal")
    assert workflow_reports.status == 303
    offered: set[str] = set()
    for path in ("people/O-0001", "devices/D-0001", f"findings/{scanned}", "scans", "sets", "reports", "custody"):
        offered |= set(re.findall(r'action="/c/line-2021/do/(\w+)"', browser.read(path).text))
    assert offered <= set(ACTIONS)
    assert set(ACTIONS) - offered == {"release", "stop"}, "a release needs a reviewed report, a stop running work"


def test_hostile_text_is_text_on_every_page(browser: Browser, desk: Desk, scanned: str) -> None:
    """Names, labels and observations that hold markup are nothing but text; `benchmarks/console.py` tries 1,000."""
    attack = benchmark("console")
    parts = {"case": "line-2021", "device": "D-0001", "finding": scanned, "scan": "S-0001", "set": "tiny"}
    people = ["O-0001"]
    workflow.officials.change_official(desk, "O-0001", {"name": NASTY, "role": NASTY})
    for name in attack.hostile_names(20):
        person = workflow.officials.Person(name=name, role=name, contact=name, groups=("Legislature",))
        people.append(workflow.officials.add(desk, person).data.official.id)
    seen = workflow.observations.Seen(kind="suspicious_message", value=NASTY, note=NASTY, method="statement")
    workflow.observations.add(desk, "O-0001", seen)
    workflow.custody.note(desk, NASTY)
    pages = [each.path.format(**parts, official="O-0001", before="S-0001", after="S-0001") for each in PAGES]
    for path in (*pages, *(f"/c/line-2021/people/{each}" for each in people), f"/c/line-2021/queue?at={scanned}"):
        page = browser.ask("GET", path)
        assert (path, page.status, attack.attacks_in(page.text)) == (path, 200, [])


def test_a_finding_opens_whatever_its_indicator_is(
    browser: Browser, desk: Desk, engine: FakeEngine, match: EngineResult, add_phone: Callable[..., str]
) -> None:
    """A value that no search can hold as it stands is looked for all the same, and the link to all of it works."""
    add_phone()
    ((alert, indicator),) = [(each, each.indicator) for each in match.alerts if each.indicator]
    values = ['a "b" (c) AND', "\r\n", "%", "x" * 900, "\u202e<b>", 'or " --']
    named = (replace(alert, event={"at": each}, indicator=replace(indicator, value=each)) for each in values)
    engine.answer = replace(match, alerts=(*named,))
    workflow.scans.run(desk, workflow.scans.Request())
    found = workflow.findings.list_findings(desk).data.findings
    assert {each.indicator.value for each in found if each.indicator} == {*values}
    for each in found:
        assert browser.read(f"queue?at={each.id}").status == 200
    for value in values:
        assert browser.read(f"queue?{urlencode(naming(value))}").text.count('class="row"') == 1


def test_reading_a_person_is_written_down(browser: Browser, desk: Desk) -> None:
    """Who read which person's page stands in the chain; lists are no person's page."""
    browser.read("people/O-0001")
    browser.read("people")
    events = [each for each in workflow.custody.log(desk).data.events if each.action == "person.read"]
    assert [(each.actor, each.subject) for each in events] == [("Ada", "O-0001")]


def test_a_scan_runs_behind_the_page(
    browser: Browser, engine: FakeEngine, match: EngineResult, add_phone: Callable[..., str]
) -> None:
    """A scan begun in the console goes on without its page and shows where it stands; stopped, it keeps what it has."""
    add_phone()
    engine.answer = match
    going, seen = threading.Event(), threading.Event()

    def wait(_: ScanJob) -> None:
        seen.set()
        going.wait(20)

    engine.before = wait
    assert browser.do("scan").status == 303
    assert seen.wait(20)
    assert "runs" in browser.read("scans").text
    going.set()
    told = browser.read("progress")
    assert told.headers["content-type"].startswith("text/event-stream")
    assert json.loads(told.text.strip().split("\n\n")[-1].removeprefix("data: "))[0]["done"]
    assert json.loads(browser.read("?as=json").text)["data"]["counts"]["indicator_match"] == 1


def test_an_error_says_what_to_do_and_where(browser: Browser, desk: Desk, add_phone: Callable[..., str]) -> None:
    """A verb's error is a page with its sentences and a link to where its step is taken."""
    workflow.consents.withdraw(desk, "O-0001", reason="changed mind")
    add_phone()
    browser.do("scan", acquisition="A-0001")
    for _ in range(200):
        page = browser.read("scans").text
        if "runs</span>" not in page:
            break
        time.sleep(0.05)
    assert "consent" in page
    refused = browser.do("dispose", finding="F-none", verdict="benign", reason="x")
    assert refused.status == 404
    assert "F-none" in refused.text
    assert browser.do("dispose", finding="F-none", verdict="fine", reason="x").status == 400


def test_a_form_without_its_key_does_nothing(browser: Browser, desk: Desk) -> None:
    """The cookie alone sends no form: a page elsewhere that guessed an address changes nothing."""
    browser.form_key = "wrong"
    assert browser.do("note", text="forged").status == 403
    assert not any(each.action == "note.added" for each in workflow.custody.log(desk).data.events)


def test_others_are_refused(browser: Browser, console: Console) -> None:
    """Another name for this machine, a used token, no session: nothing is shown, and no name is in the answer."""
    for answer in (
        browser.ask("GET", "/c/line-2021/people", Host="evil.example"),
        Browser(browser.port).ask("GET", "/c/line-2021/people"),
        Browser(browser.port).ask("GET", "/enter?token=used"),
        browser.ask("POST", "/c/line-2021/do/note", "text=x", Origin="http://evil.example"),
    ):
        assert answer.status in {401, 403, 421}
        assert "Aldith" not in answer.text
    again = Browser(browser.port)
    again.enter(console.door.new_token())
    assert browser.read("people").status == 401, "who entered before is out"


def test_a_recheck_is_stopped(
    browser: Browser, desk: Desk, engine: FakeEngine, scanned: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recheck that is stopped is marked so at once, and what was found before it stands."""
    going, seen = threading.Event(), threading.Event()
    whole: Callable[..., EngineResult] = engine.run_recheck

    def slow(job: RecheckJob, *, on_event: Callable[[EngineEvent], None]) -> EngineResult:
        seen.set()
        going.wait(60)
        on_event(EngineEvent(what="module_started", module="sms", index=1, total=1))
        return whole(job, on_event=on_event)

    monkeypatch.setattr(engine, "run_recheck", slow)
    browser.do("recheck")
    assert seen.wait(60)
    browser.do("stop", work="1")
    going.set()
    browser.read("progress")
    assert "Stopped. What was found is stored" in browser.read("scans").text
    assert [each.state for each in workflow.rechecks.list_rechecks(desk).data.scans] == ["interrupted"]
    assert workflow.findings.show(desk, scanned).data.finding.id == scanned


def test_what_a_killed_server_left_goes_on(
    browser: Browser, desk: Desk, engine: FakeEngine, match: EngineResult, add_phone: Callable[..., str]
) -> None:
    """A scan that nobody runs any more has a button, and the case ends as if it had never been cut off."""
    add_phone()
    engine.answer = match

    def die(_: ScanJob) -> None:
        raise RuntimeError("killed")

    engine.before = die
    with pytest.raises(RuntimeError):
        workflow.scans.run(desk, workflow.scans.Request())
    assert "Go on with A-0001" in browser.read("scans").text
    engine.before = lambda _: None
    browser.do("scan", acquisition="A-0001")
    browser.read("progress")
    assert [each.state for each in workflow.scans.list_scans(desk).data.scans] == ["interrupted", "finished"]
    assert "Go on with" not in browser.read("scans").text.partition("S-0002")[2].partition("S-0001")[0]


@pytest.mark.parametrize("here", ["..", "../..", "/etc", "a/../../..", "%2e%2e", "\x00", "x" * 5000])
def test_the_chooser_stays_below_its_folder(browser: Browser, here: str) -> None:
    """No address shows a folder outside of the one that was named."""
    answer = browser.ask("GET", f"/c/line-2021/choose/O-0001?{urlencode({'in': here})}")
    assert answer.status in {400, 404}


def test_the_chooser_shows_no_links(browser: Browser, tmp_path: Path) -> None:
    """A link in the folder of evidence leads nowhere."""
    (tmp_path / "evidence" / "phone").mkdir()
    (tmp_path / "evidence" / "out").symlink_to("/etc")
    text = browser.ask("GET", "/c/line-2021/choose/O-0001").text
    assert "phone/" in text
    assert "out" not in re.findall(r"<li>(.*?)</li>", text)[-1]
    (tmp_path / "evidence" / os.fsdecode(b"\xb3\xf8.zip")).touch()
    (tmp_path / "evidence" / "\u202egpj.<b>").touch()
    text = browser.ask("GET", "/c/line-2021/choose/O-0001").text
    assert "1 more" in text, "a name in another encoding than the file system's stops nobody"
    assert benchmark("console").attacks_in(text) == []
    assert browser.ask("GET", "/c/line-2021/choose/O-0001?in=out").status == 404


@pytest.mark.parametrize("name", ["../case.sqlite", "%2e%2e%2fcase.sqlite", "x" * 64, "0" * 64])
def test_attachments_are_found_by_their_digest_alone(browser: Browser, name: str) -> None:
    """No address reads another file than an attachment."""
    assert browser.read(f"attachments/{name}").status == 404


def test_what_is_saved_is_never_run(browser: Browser, desk: Desk, tmp_path: Path) -> None:
    """An attachment and a report come as bytes to be saved, whatever they hold."""
    page = tmp_path / "shot.html"
    page.write_text("<script>alert(1)</script>")
    seen = workflow.observations.Seen(kind="line.version", value="1", attachment=page)
    kept = workflow.observations.add(desk, "O-0001", seen).data.observation.attachment_sha256
    browser.do("write", kind="incident", edition="internal", format="html")
    for path in (f"attachments/{kept}", "reports/R-0001/file"):
        answer = browser.read(path)
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/c/other/", "/c/line-2021/\\evil", ""])
def test_no_form_leads_elsewhere(browser: Browser, back: str) -> None:
    """However a form says where to go back to, it is a page of this case."""
    answer = browser.ask(
        "POST",
        "/c/line-2021/do/note",
        urlencode({"form_key": browser.form_key, "text": "x", "back": back}),
    )
    assert answer.headers["location"] == "/c/line-2021/"


def test_leaving_closes_the_door(browser: Browser) -> None:
    """Who leaves is out, with the same cookie too."""
    answer = browser.ask("POST", "/leave", urlencode({"form_key": browser.form_key}))
    assert "You left" in answer.text
    assert browser.read("").status == 401


def test_many_read_during_a_scan_while_one_dawdles(
    browser: Browser, engine: FakeEngine, match: EngineResult, add_phone: Callable[..., str]
) -> None:
    """A scan that runs, a client that sends nothing more, and two hundred readers at once: everybody is answered."""
    add_phone()
    engine.answer = match
    going, seen = threading.Event(), threading.Event()

    def wait(_: ScanJob) -> None:
        seen.set()
        going.wait(60)

    engine.before = wait
    browser.do("scan")
    assert seen.wait(20)
    slow = http.client.HTTPConnection("127.0.0.1", browser.port, timeout=30)
    slow.connect()
    assert slow.sock is not None
    slow.sock.sendall(b"POST /c/line-2021/do/note HTTP/1.1\r\nHost: x\r\n")
    answers: list[int] = []
    readers = [
        threading.Thread(target=lambda: answers.append(browser.read("people/O-0001").status)) for _ in range(200)
    ]
    for each in readers:
        each.start()
    for each in readers:
        each.join(60)
    slow.close()
    assert answers == [200] * 200
    going.set()
    browser.read("progress")
    assert json.loads(browser.read("?as=json").text)["data"]["counts"]["indicator_match"] == 1
