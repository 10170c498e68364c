"""The console in a real browser: by keyboard, without scripts, at two widths; nothing leaves, nothing is reported.

`MVTCASE_PEOPLE=120` makes the case as large as the largest team's, and `MVTCASE_EVERY=1` asks axe everything in each
language and scheme, where the suite asks of the second language and the second scheme what can differ in them.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browsing import benchmark
from builders import report_example as example
from mvtcase import workflow
from mvtcase.report.incident import incident
from mvtcase.report.publication import Edition
from mvtcase.report.render import Format, render
from mvtcase.store.folder import Workspace
from mvtcase.web.console import Console
from mvtcase.web.door import Door
from mvtcase.web.listening import LOOPBACK, listen, server
from mvtcase.web.site import make_site
from mvtcase.wording import translator
from mvtcase.workflow.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.browser
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if CHROMIUM is None or importlib.util.find_spec("playwright") is None:
    pytest.skip("needs Chromium and Playwright", allow_module_level=True)

from playwright.sync_api import Page, sync_playwright  # noqa: E402  # skipped without it

PEOPLE = int(os.environ.get("MVTCASE_PEOPLE", "5"))
MANY = 100
PAGES = (
    "", "people", "people/O-0001", "devices/D-0001", "roster", "due", "queue", "second", "second?to=confirm", "matrix",
    "timeline", "links", "sealing", "sets", "sets/pegasus-starter", "scans", "scans/S-0001", "diff/S-0001/S-0001",
    "reports", "custody", "choose/O-0001",
)  # fmt: skip
"""The pages of a case; the first is the desk."""
AXE = "axe.run({resultTypes: ['violations']%s}).then(r => r.violations.map(v => [v.impact, v.id, v.nodes[0].html]))"
EVERY = bool(os.environ.get("MVTCASE_EVERY"))
OF_COLOUR = "" if EVERY else ", runOnly: ['color-contrast', 'link-in-text-block', 'target-size']"
"""What differs between light and dark, wide and narrow."""
OF_WORDS = "" if EVERY else ", rules: {'color-contrast': {enabled: false}}"
"""What differs between languages: all but colours."""
NAME = "林小明 <script>alert(1)</script>"


@dataclass(frozen=True)
class Place:
    """A console that is served in this process."""

    console: Console
    root: str

    def address(self) -> str:
        """Return an address that lets a browser in."""
        return f"{self.root}/enter?token={self.console.door.new_token()}"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a workspace with a case of some people with findings; one has a hostile name."""
    folder = tmp_path_factory.mktemp("console") / "workspace"
    builder = benchmark("store")
    if PEOPLE < MANY:
        builder.FINDINGS_PER_OFFICIAL = 6  # axe takes long for long pages
    builder.build(Workspace(folder), officials=PEOPLE)
    desk = Desk(workspace=Workspace(folder), examiner="Ada", case="many")
    workflow.officials.change_official(desk, "O-0001", {"name": NAME})
    seen = workflow.observations.Seen(kind="line.letter_sealing", value="off", method="screen")
    workflow.observations.add(desk, "O-0001", seen)
    return folder


@pytest.fixture(scope="module")
def place(workspace: Path) -> Iterator[Callable[..., Place]]:
    """Give a function that serves a console for an examiner in a language."""
    running: list[tuple[Any, threading.Thread]] = []

    def served(examiner: str = "Ada", language: str = "en") -> Place:
        at = listen(LOOPBACK, 0)
        desk = Desk(workspace=Workspace(workspace), examiner=examiner)
        console = Console(
            desk=desk, door=Door(), names=at.names, evidence_root=workspace.parent, tongue=translator(language)
        )
        one = server(make_site(console))
        thread = threading.Thread(target=one.run, kwargs={"sockets": [at.listening]}, daemon=True)
        thread.start()
        running.append((one, thread))
        while not one.started:
            time.sleep(0.01)
        return Place(console, at.address)

    yield served
    for one, thread in running:
        one.should_exit = True
        thread.join(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Give a headless Chromium."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


def entered(browser: Any, place: Place, **how: Any) -> tuple[Page, str, list[str]]:
    """Return a page that has entered, the case's address, and the list of what goes wrong on it from then on."""
    page = browser.new_context(**how).new_page()
    page.set_default_timeout(60_000)
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(place.root) else wrong.append(request.url))
    page.goto(place.address())
    return page, f"{place.root}/c/many/", wrong


def test_tables_of_a_report_fit_a_telephone(browser: Any) -> None:
    """Up to four columns, whatever long names stand in them; only wider ones are moved sideways, in a box of theirs."""
    book, occasion = example.casebook(), replace(example.occasion(), edition=Edition.INTERNAL)
    long = tuple(replace(one, title=f"{one.title} {'com.example.' * 12}") for one in book.findings)
    facts = incident(replace(book, findings=long), occasion, example.sealing())
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.set_content(render(facts, "incident", Format.HTML).decode())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = "each => !each.querySelector('th:nth-child(5)') && each.scrollWidth > each.parentElement.clientWidth + 1"
    assert page.evaluate(f"[...document.querySelectorAll('table')].filter({wide}).map(each => each.innerText)") == []
    page.close()


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_no_page_has_a_serious_fault(browser: Any, place: Callable[..., Place], language: str) -> None:
    """On every page, in both languages, light and wide, dark and narrow: no serious fault, nothing sideways."""
    spec = importlib.util.find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.origin is not None
    axe = (Path(spec.origin).parent / "axe.min.js").read_text("utf-8")
    page, root, wrong = entered(browser, place(language=language))
    page.goto(f"{root}queue")
    row = page.locator("a.row").first.get_attribute("href")
    finding = str(row).partition("at=")[2].partition("#")[0]
    names = [root + name for name in (*PAGES, f"queue{row}", f"findings/{finding}")]
    there = root.partition("/c/")[0]
    refused = {f"{root}nowhere": 404, f"{root}people?sort=shoe": 400, f"{there}/enter?token=used": 403}
    for name in (f"{there}/", *names, *refused):
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 900})
        assert (answer := page.goto(name)) is not None
        assert (name, answer.status) == (name, refused.get(name, 200))
        assert page.locator("html").get_attribute("lang") == language
        page.evaluate(axe)
        found = page.evaluate(AXE % ("" if language == "en" else OF_WORDS))
        if EVERY:
            page.emulate_media(color_scheme="dark")
            found += page.evaluate(AXE % "")
            page.set_viewport_size({"width": 390, "height": 900})
            page.emulate_media(color_scheme="light")
            found += page.evaluate(AXE % "")
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 390, "height": 900})
        found += page.evaluate(AXE % OF_COLOUR) if language == "en" or EVERY else []
        assert [each for each in found if each[0] in {"serious", "critical"}] == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    assert [each for each in wrong if "the server responded with a status of 4" not in each] == []


class Keys:
    """A person at the keyboard alone: keys of the console, Tab, Enter and typing."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go(self, address: str) -> None:
        """Follow a link of the page, by the end of its address, reached by Tab."""
        self._tab(f"a[href$='{address}']")
        self.send()

    def _tab(self, selector: str) -> None:
        for _ in range(400):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
                return
        pytest.fail(f"no Tab leads to {selector} on {self.page.url}")

    def open_first(self) -> None:
        """Open the first line of a list."""
        self.page.keyboard.press("j")
        self.send()

    def judge(self, verdict: int, reason: str) -> None:
        """Judge the finding that is open."""
        self.page.keyboard.press(str(verdict))
        self.page.keyboard.press("d")
        self.page.keyboard.type(reason)
        self.page.keyboard.press("Tab")
        self.send()

    def fill(self, key: str, text: str) -> None:
        """Fill and send the form of one field that a key leads to."""
        self.page.keyboard.press(key)
        self.page.keyboard.type(text)
        self.send()

    def send(self) -> None:
        """Press Enter and wait for what comes."""
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def press(self, action: str) -> None:
        """Send a form by its button, reached by Tab."""
        self._tab(f"form[action$='/{action}'] button")
        self.send()

    def write_report(self, group: str) -> None:
        """Write a group's internal report."""
        self._tab("form[action$='/write'] [name=kind]")
        self.page.keyboard.type("group")
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(group)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type("internal")
        self.press("write")


class Clicks(Keys):
    """A person at a browser without scripts: links, fields and buttons."""

    def go(self, address: str) -> None:
        """Follow a link of the page, by the end of its address."""
        self.page.locator(f"a[href$='{address}']").first.click()

    def open_first(self) -> None:
        """Open the first line of a list."""
        self.page.locator("a.row").first.click()

    def judge(self, verdict: int, reason: str) -> None:
        """Judge the finding that is open."""
        self.page.locator("form[action$='/dispose'] [name=verdict]").nth(verdict - 1).check()
        self.page.locator("form[action$='/dispose'] [name=reason]").fill(reason)
        self.press("dispose")

    def fill(self, key: str, text: str) -> None:
        """Fill and send the form of one field that a key would lead to."""
        self.page.locator(f"[data-focus={key}]").fill(text)
        self.press({"a": "assign", "n": "note"}[key])

    def press(self, action: str) -> None:
        """Send a form by its button."""
        self.page.locator(f"form[action$='/{action}'] button").first.click()

    def write_report(self, group: str) -> None:
        """Write a group's internal report."""
        form = self.page.locator("form[action$='/write']")
        form.locator("[name=kind]").select_option("group")
        form.locator("[name=target]").fill(group)
        form.locator("[name=edition]").select_option("internal")
        self.press("write")


@pytest.mark.parametrize("hand", [Keys, Clicks])
def test_a_leads_day(browser: Any, place: Callable[..., Place], workspace: Path, hand: type[Keys]) -> None:
    """From opening to a released group report, by keyboard alone and again without scripts; a second one agrees."""
    scripts = hand is Keys
    page, _, wrong = entered(browser, place("Ada"), java_script_enabled=scripts)
    other, _, _ = entered(browser, place("Ben"), java_script_enabled=scripts)
    lead, second = hand(page), hand(other)
    lead.go("/c/many/")
    lead.go("/many/people")
    lead.open_first()
    assert "/people/O-" in page.url
    lead.go("/many/queue")
    lead.open_first()
    finding = page.url.partition("at=")[2].partition("#")[0]
    lead.fill("n", "jk: seen at the desk")
    lead.fill("a", "Ben")
    assert finding in page.url, "a remark and an assignment leave the finding open"
    lead.judge(1, "sent by nobody known")
    second.go("/c/many/")
    second.go("/many/second")
    second.go("?to=confirm")
    second.open_first()
    second.judge(1, "seen, and agreed")
    desk = Desk(workspace=Workspace(workspace), examiner="Ada", case="many")
    judged = workflow.findings.show(desk, finding).data.finding
    assert [each.examiner for each in judged.dispositions] == ["Ada", "Ben"]
    assert judged.assigned_to == "Ben"
    assert [each.text for each in judged.notes] == ["jk: seen at the desk"]
    lead.go("/many/reports")
    lead.write_report("Office 2")
    second.go("/many/reports")
    second.press("review")
    lead.go("/many/reports")
    lead.press("release")
    newest = workflow.reports.list_reports(replace(desk)).data.reports[-1]
    assert (newest.kind, newest.state, newest.released_by) == ("group", "released", "Ada")
    lead.go(f"/{newest.id}/preview")
    assert page.locator("h1").count() == 1
    assert wrong == []


def test_it_works_without_scripts(browser: Any, place: Callable[..., Place]) -> None:
    """With scripts off every page opens, and leaving works."""
    page, root, _ = entered(browser, place(), java_script_enabled=False)
    for name in PAGES:
        page.goto(root + name)
        assert page.locator("h1").count() == 1
    page.goto(f"{root}people")
    assert "林小明" in page.content()
    page.goto(f"{root}custody")
    with page.expect_navigation():
        page.locator("form.leave button").click()
    for _ in range(2):
        page.go_back()
        assert "token" not in page.url
        assert page.locator("h1").count() == 0, "what was read before is not shown to who comes after"
    page.goto(f"{root}people")
    assert "林小明" not in page.content()


def test_a_page_elsewhere_cannot_reach_it(browser: Any, place: Callable[..., Place], tmp_path: Path) -> None:
    """A page of another origin in the same browser sends a form with the cookie at hand, and nothing is written."""
    page, root, _ = entered(browser, place())
    evil = tmp_path / "evil.html"
    evil.write_text(f'<form method="post" action="{root}do/note"><input name="text" value="forged"></form>')
    page.goto(evil.as_uri())
    page.evaluate("document.forms[0].submit()")
    time.sleep(0.5)
    page.goto(f"{root}custody?as=json")
    assert "note.added" not in page.content() or "forged" not in page.content()


def test_the_verb_serves_it(browser: Any, workspace: Path) -> None:
    """`mvtcase serve` prints an address that opens the console, and ends when it is told to."""
    call = [sys.executable, "-m", "mvtcase", "-w", str(workspace), "--examiner", "Ada", "serve", "--port", "0"]
    with subprocess.Popen(call, stderr=subprocess.PIPE, text=True) as serving:
        assert serving.stderr is not None
        text = ""
        for line in serving.stderr:
            text += line
            if "token=" in line:
                break
        page = browser.new_page()
        page.goto(next(word for word in text.split() if word.startswith("http")))
        assert "Many" in page.locator("main").inner_text()
        serving.terminate()
        assert serving.wait(20) is not None
