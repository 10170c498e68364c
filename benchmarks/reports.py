"""What every report of a case of many people costs: CPU, memory and pages, in both languages.

    python benchmarks/reports.py                       120 officials, 144 phones
    python benchmarks/reports.py --officials 20        a sixth of it
    python benchmarks/reports.py --markdown            write the section of docs/benchmarks.md anew

Each call is a process of its own, as a person makes it: the figures are CPU seconds and hold the start of Python and
the imports. Peak is the largest resident memory of that process.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import store  # type: ignore[import-not-found]  # beside this file

from mvtcase.store.folder import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

LANGUAGES = ("en", "zh-TW")
CALLS = {
    "120 letters, PDF": ("letter", "--all", "--format", "pdf"),
    "incident, internal, HTML and PDF": ("incident", "--format", "html,pdf"),
    "incident, internal, DOCX and XLSX": ("incident", "--format", "docx,xlsx"),
    "incident, outside, HTML and PDF": ("incident", "--edition", "outside", "--format", "html,pdf"),
    "group, outside, HTML and PDF": ("group", "Office 1", "--format", "html,pdf"),
    "device, HTML and PDF": ("device", "D-0001", "--format", "html,pdf"),
}
DOCS = Path(__file__).parents[1] / "docs/benchmarks.md"
HEAD = """## Reports

Written by `python benchmarks/reports.py --markdown`: 120 officials, 144 phones, 11,600 findings, from a seed; 2 cores
shared with other work. Each line is one call; the time holds the start of Python.

| report | language | CPU | peak | pages of PDF |
| --- | --- | ---: | ---: | ---: |
"""


def figures(workspace: Path, wanted: str) -> Iterator[tuple[str, str, float, int, str]]:
    """Yield report, language, CPU seconds, peak bytes, and pages or what went wrong, of each call."""
    for name, arguments in CALLS.items():
        for language in LANGUAGES:
            if wanted and wanted not in name:
                continue
            folder = workspace / "written"
            call = ("--language", language, "report", "write", *arguments, "--output", str(folder))
            seconds, peak, told = store.measure(workspace, call)
            yield name, language, seconds, peak, told or pages(folder)
            shutil.rmtree(folder, ignore_errors=True)


def pages(folder: Path) -> str:
    """Return how many pages the PDFs of a folder have, and the most of one where there are several."""
    counted = [_pages(each) for each in folder.glob("*.pdf")]
    return f"{sum(counted)}{f' (at most {max(counted)})' if len(counted) > 1 else ''}" if counted else ""


def _pages(path: Path) -> int:
    program = shutil.which("pdfinfo") or "pdfinfo"
    told = subprocess.run([program, str(path)], capture_output=True, text=True, check=True).stdout
    return int(next(line for line in told.splitlines() if line.startswith("Pages:")).split()[1])


def main() -> None:
    """Build the case, or take the one that is there, and print or write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--officials", type=int, default=120)
    parser.add_argument("--keep", type=Path, help="Folder for the case, taken again where it is there.")
    parser.add_argument("--only", default="", help="A part of the name of what to measure.")
    parser.add_argument("--markdown", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.keep or Path(scratch) / "workspace"
        if not folder.exists():
            store.build(Workspace(folder), officials=asked.officials)
        lines, whole, most = [], 0.0, 0
        for name, language, seconds, peak, told in figures(folder, asked.only):
            whole, most = whole + seconds, max(most, peak)
            lines.append(f"| {name} | {language} | {seconds:.1f} s | {peak >> 20} MiB | {told} |")
            sys.stdout.write(f"{lines[-1]}\n")
            sys.stdout.flush()
    lines.append(f"| **all of these** | both | **{whole:.1f} s** | **{most >> 20} MiB** | |")
    sys.stdout.write(f"{lines[-1]}\n")
    if asked.markdown:
        _write("\n".join(lines))


def _write(lines: str) -> None:
    text = DOCS.read_text("utf-8")
    begin, end = "<!-- reports: begin -->", "<!-- reports: end -->"
    if begin not in text:
        text = f"{text.rstrip()}\n\n{begin}\n{end}\n"
    before, _, rest = text.partition(begin)
    DOCS.write_text(f"{before}{begin}\n{HEAD}{lines}\n{end}{rest.partition(end)[2]}", "utf-8")


if __name__ == "__main__":
    main()
