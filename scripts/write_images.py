"""Make the pictures in docs/images from a run of the demo: its status tables, its report's first page, its console.

Needs Chromium; run it with the Python of `.venv`. Look at the pictures before you commit them.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright
from pypdfium2 import PdfDocument
from rich.console import Console
from rich.terminal_theme import TerminalTheme

from mvtcase.cli.analysis import status_tables
from mvtcase.wording import languages
from mvtcase.workflow import demo

if TYPE_CHECKING:
    from mvtcase.workflow.payloads import CaseStatus

IMAGES = Path(__file__).parent.parent / "docs/images"
COLUMNS = 128
REPORT_SIZE = (1000, 1250)
COLOURS = 128
WIDE, NARROW, PAPER_SCALE, GAP = (1280, 1000), (390, 1000), 1.1, 20
"""Of the report in each language: two windows, how large a page of paper is, and what is between two pictures."""
CONSOLE_SIZES = {
    "desk": ("", (1280, 900)),
    "people": ("people", (1280, 900)),
    "queue": ("queue", (1280, 1100)),
    "device": ("devices/D-0001", (1280, 900)),
    "person": ("people/O-0001", (390, 1200)),
    "queue-narrow": ("queue", (390, 1200)),
}
"""Pictures of the console: the page, and the window that it is taken in; of the queue with its first line open."""
THEME = TerminalTheme(
    (255, 255, 255),
    (30, 30, 30),
    [
        (30, 30, 30),
        (190, 30, 30),
        (20, 120, 50),
        (160, 110, 0),
        (30, 80, 170),
        (130, 40, 130),
        (0, 110, 120),
        (90,) * 3,
    ],
)


def main() -> None:
    """Run the demo in a temporary folder and take the pictures."""
    os.environ["COLUMNS"] = str(COLUMNS)
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        outcome = demo.play(Path(home) / "demo", jobs=None, on_event=lambda *_: None, tell=print)
        reports = [Path(path) for path in outcome.data.reports]
        page = next(path for path in reports if path.suffix == ".html")
        svg = Path(home) / "status.svg"
        size = draw_status(outcome.data.status, svg)
        photograph(svg, IMAGES / "status.png", size)
        photograph(page, IMAGES / "report.png", REPORT_SIZE)
        photograph_reports(Path(home) / "demo", Path(home))
        photograph_console(Path(home) / "demo")


def draw_status(status: CaseStatus, target: Path) -> tuple[int, int]:
    """Write the status tables as SVG and return its size in pixels."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for table in status_tables(status):
        console.print(table)
    svg = console.export_svg(title="mvtcase status", theme=THEME)
    target.write_text(svg, "utf-8")
    _, _, width, height = svg.partition('viewBox="')[2].partition('"')[0].split(" ")
    return int(float(width)) + 1, int(float(height)) + 1


def photograph(page: Path, target: Path, size: tuple[int, int]) -> None:
    """Write what Chromium shows of a page as a small PNG. Raises `CalledProcessError`."""
    browser = shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
    with tempfile.TemporaryDirectory() as profile:
        shot = Path(profile) / "shot.png"
        flags = ["--headless=new", "--no-sandbox", "--hide-scrollbars", f"--user-data-dir={profile}"]
        area = [f"--window-size={size[0]},{size[1]}", f"--screenshot={shot}", page.as_uri()]
        subprocess.run([browser, *flags, *area], check=True, capture_output=True, timeout=120)
        keep(shot, target, size)


def photograph_reports(workspace: Path, folder: Path) -> None:
    """Write what an incident report and a letter look like in each language: in a browser, on a telephone, on paper."""
    pages: dict[str, dict[str, list[Image.Image]]] = {"narrow": {}, "paper": {}, "letter": {}}
    for language in languages():
        for kind in (["incident"], ["letter", "O-0001"]):
            call = ["-w", str(workspace), "--examiner", "Ada Example", "--language", language, "report", "write", *kind]
            place = ["--format", "html,pdf", "--output", str(folder / f"{language}-{kind[0]}")]
            subprocess.run(
                [sys.executable, "-m", "mvtcase", *call, *place], check=True, capture_output=True, timeout=300
            )
        (html,), (pdf,), (letter,) = (
            folder.glob(f"{language}-{each}") for each in ("incident/*.html", "incident/*.pdf", "letter/*.pdf")
        )
        wide = seen_by_a_browser(html, WIDE)
        keep(wide, IMAGES / f"report-wide-{language[:2]}.png", WIDE)
        pages["narrow"][language] = [seen_by_a_browser(html, NARROW)]
        pages["paper"][language] = [on_paper(pdf, 1)]
        pages["letter"][language] = [on_paper(letter, 0)]
    for name, by_language in pages.items():
        beside([each for pictures in by_language.values() for each in pictures], IMAGES / f"report-{name}.png")


def seen_by_a_browser(page: Path, size: tuple[int, int]) -> Image.Image:
    """Return what Chromium shows of a page in a window of a size."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        window = browser.new_page(viewport={"width": size[0], "height": size[1]})
        window.goto(page.as_uri())
        shot = Image.open(io.BytesIO(window.screenshot()))
        browser.close()
    return shot


def on_paper(pdf: Path, place: int) -> Image.Image:
    """Return a page of a PDF."""
    with PdfDocument(pdf) as document:
        picture: Image.Image = document[place].render(scale=PAPER_SCALE).to_pil()
        return picture.copy()


def beside(pictures: list[Image.Image], target: Path) -> None:
    """Write pictures beside each other as one."""
    width = sum(each.width for each in pictures) + GAP * (len(pictures) - 1)
    whole = Image.new("RGB", (width, max(each.height for each in pictures)), (200, 205, 212))
    at = 0
    for each in pictures:
        whole.paste(each, (at, 0))
        at += each.width + GAP
    keep(whole, target, whole.size)


def keep(shot: Path | Image.Image, target: Path, size: tuple[int, int]) -> None:
    """Write a picture small."""
    seen = Image.open(shot) if isinstance(shot, Path) else shot
    picture = seen.convert("RGB").crop((0, 0, *size))
    picture.quantize(COLOURS).save(target, optimize=True)
    print(f"wrote {target.name}: {target.stat().st_size >> 10} KB")


def photograph_console(workspace: Path) -> None:
    """Write what Chromium shows of the console at the demo's workspace."""
    call = [sys.executable, "-m", "mvtcase", "--examiner", "Ada Example", "serve", "--port", "0"]
    with (
        subprocess.Popen(call, cwd=workspace, stderr=subprocess.PIPE, text=True) as serving,
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory() as folder,
    ):
        told = ""
        while "token=" not in told and serving.stderr is not None:
            told += serving.stderr.readline()
        address = next(word for word in told.split() if word.startswith("http"))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(address)
        for name, (at, size) in CONSOLE_SIZES.items():
            page.set_viewport_size({"width": size[0], "height": size[1]})
            page.goto(f"{address.partition('/enter')[0]}/c/demo/{at}")
            if at == "queue":
                page.locator("a.row").first.click()
                page.wait_for_load_state("networkidle")
                page.locator("#pane").scroll_into_view_if_needed()
            page.screenshot(path=Path(folder) / "shot.png")
            keep(Path(folder) / "shot.png", IMAGES / f"console-{name}.png", size)
        browser.close()
        serving.terminate()


if __name__ == "__main__":
    main()
