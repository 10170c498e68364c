"""The console in a real browser: by keyboard, without scripts, at two widths; nothing leaves, nothing is reported."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.browser
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if CHROMIUM is None or importlib.util.find_spec("playwright") is None:
    pytest.skip("needs Chromium and Playwright", allow_module_level=True)

from playwright.sync_api import Page, sync_playwright  # noqa: E402  # skipped without it

PAGES = [
    "",
    "people",
    "people/O-0001",
    "queue",
    "second",
    "matrix",
    "timeline",
    "links",
    "sealing",
    "sets",
    "scans",
    "reports",
    "custody",
]
"""The pages of a case; the first is the desk."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Give a function that starts `mvtcase serve` at a small case and returns the address it prints."""
    work = tmp_path_factory.mktemp("console")
    program = [sys.executable, "-m", "mvtcase", "--examiner", "Ada Example"]
    for call in (
        ("init", "."),
        ("case", "new", "LINE 2021", "--slug", "line"),
        ("group", "add", "Legislature"),
        ("official", "add", "--name", "林小明", "--group", "Legislature", "--publication", "named"),
        ("observe", "add", "O-0001", "line.letter_sealing", "off", "--method", "screen"),
    ):
        subprocess.run([*program, *call], cwd=work, check=True, capture_output=True)
    running: list[subprocess.Popen[str]] = []

    def end() -> None:
        for each in running:
            each.terminate()
            each.communicate(timeout=20)
        running.clear()

    def started() -> str:
        end()
        serving = subprocess.Popen([*program, "serve", "--port", "0"], cwd=work, stderr=subprocess.PIPE, text=True)
        running.append(serving)
        assert serving.stderr is not None
        text = ""
        while "token=" not in text:
            text += serving.stderr.readline()
        return next(word for word in text.split() if word.startswith("http"))

    yield started
    end()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Give a headless Chromium."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


def entered(browser: Any, address: str, **how: Any) -> tuple[Page, str, list[str]]:
    """Return a page that has entered, the case's address, and the list of what goes wrong on it from then on."""
    page = browser.new_context(**how).new_page()
    wrong: list[str] = []
    root = address.partition("/enter")[0]
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(root) else wrong.append(request.url))
    page.goto(address)
    return page, f"{root}/c/line/", wrong


def test_no_page_has_a_serious_fault(browser: Any, address: Callable[[], str]) -> None:
    """On every page, light and dark, wide and narrow: no fault that axe calls serious, nothing sideways, no request."""
    folder = importlib.util.find_spec("axe_playwright_python")
    assert folder is not None
    assert folder.origin is not None
    axe = (Path(folder.origin).parent / "axe.min.js").read_text("utf-8")
    began = address()
    page, root, wrong = entered(browser, began)
    for scheme, width in (("light", 1280), ("dark", 390)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its words
        page.set_viewport_size({"width": width, "height": 900})
        for name in PAGES:
            page.goto(root + name)
            page.evaluate(axe)
            found = page.evaluate("axe.run().then(r => r.violations.map(v => [v.impact, v.id, v.nodes[0].html]))")
            assert [each for each in found if each[0] in {"serious", "critical"}] == [], (name, scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
    assert wrong == []


def test_a_day_by_keyboard(browser: Any, address: Callable[[], str]) -> None:
    """With the keyboard alone a person is found, an observation recorded and a report written."""
    page, root, wrong = entered(browser, address())
    page.goto(f"{root}people")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/O-0001")
    assert page.locator("h1").inner_text() == "林小明"
    page.locator('form[action$="/observe"] [name=kind]').focus()
    page.keyboard.type("line.version")
    page.keyboard.press("Tab")
    page.keyboard.type("14.1")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("td", has_text="14.1").count() == 1
    page.goto(f"{root}reports")
    page.locator('form[action$="/write"] button').focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("td", has_text="draft").count() == 1
    page.goto(f"{root}custody")
    page.keyboard.press("n")
    page.keyboard.type("jk: written in the field")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("td", has_text="note.added").count() == 1
    assert wrong == []


def test_it_works_without_scripts(browser: Any, address: Callable[[], str]) -> None:
    """With scripts off every page opens, a form is sent, and leaving works."""
    page, root, _ = entered(browser, address(), java_script_enabled=False)
    for name in PAGES:
        page.goto(root + name)
        assert page.locator("h1").count() == 1
    page.goto(f"{root}custody")
    page.locator('form[action$="/note"] input[name=text]').fill("without scripts")
    page.locator('form[action$="/note"] button').click()
    assert page.locator("td", has_text="note.added").count() >= 1
    page.locator("form.leave button").click()
    page.goto(f"{root}people")
    assert "林小明" not in page.content()


def test_a_page_elsewhere_cannot_reach_it(browser: Any, address: Callable[[], str], tmp_path: Path) -> None:
    """A page of another origin in the same browser sends a form with the cookie at hand, and nothing is written."""
    page, root, _ = entered(browser, address())
    evil = tmp_path / "evil.html"
    evil.write_text(f'<form method="post" action="{root}do/note"><input name="text" value="forged"></form>')
    page.goto(evil.as_uri())
    page.evaluate("document.forms[0].submit()")
    time.sleep(0.5)
    page.goto(f"{root}custody")
    page.goto(f"{root}timeline")
    assert "forged" not in page.content()
