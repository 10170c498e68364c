"""What a call loads before it works: its own verb and what that needs, nothing that other verbs need."""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from mvtcase.cli import app
from mvtcase.indicators.library import IndicatorLibrary
from mvtcase.wording import catalogues

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = frozenset(
    {"mvt", "babel", "jinja2", "openpyxl", "docx", "stix2", "stix2patterns", "antlr4", "yaml", "starlette", "uvicorn"}
    | {
        "weasyprint",
        "requests",
        "cryptography",
        "ahocorasick",
        "pyrage",
        "lz4",
        "mvtcase.report.render",
        "mvtcase.phones",
    }
    | {"mvtcase.engine.runner", "mvtcase.engine.worker", "mvtcase.correlate", "mvtcase.cli.scans", "mvtcase.web"}
)


def loaded(workspace: Path, *words: str) -> set[str]:
    """Return the modules that a call of its own process loaded."""
    code = (
        "import json, sys; from mvtcase.cli.app import run; code = run(sys.argv[1:]);"
        "print(json.dumps([code, *sys.modules]), file=sys.stderr)"
    )
    call = [sys.executable, "-c", code, "-w", str(workspace), "--examiner", "Ada", *words]
    done = subprocess.run(call, capture_output=True, text=True, timeout=60, check=True)
    code_of_call, *names = json.loads(done.stderr.splitlines()[-1])
    assert code_of_call in {0, 1}
    return set(names)


@pytest.mark.parametrize("words", [("status",), ("--language", "zh-TW", "finding", "list")])
def test_a_verb_loads_nothing_that_it_does_not_need(case: Path, words: tuple[str, ...]) -> None:
    """Least of all MVT, which only the worker may load."""
    # Made once on a machine, as Python compiles its modules.
    catalogues.translator("zh-TW")
    IndicatorLibrary(case / "iocs").names()
    assert sorted(HEAVY & loaded(case, *words)) == []


@pytest.mark.parametrize(("wanted", "given"), [(str, "html"), (list[str], ["html", "pdf"]), (bool, True)])
def test_plain_values_are_taken_as_they_are(wanted: object, given: object) -> None:
    """Typer's own reader of an option, which this one does not have, would load pydantic for them."""
    option = SimpleNamespace(multiple=True, nargs=1, type_descriptor=SimpleNamespace(annotation=wanted))
    assert app._AsGiven().coerce(given, option, None) is given


def test_a_compiled_catalogue_says_what_the_catalogue_says(tmp_path: Path) -> None:
    """One that was changed since, or that cannot be read, is compiled again."""
    path = tmp_path / "mvtcase.po"
    head = 'msgid ""\nmsgstr "Plural-Forms: nplurals=1; plural=0;\\n"\n\nmsgid "Hello"\nmsgstr '
    for text in ('"A"', '"Bee"'):
        path.write_text(head + text, "utf-8")
        assert catalogues._read("x", path).text("Hello") == text.strip('"')
        assert catalogues._read("x", path).text("Hello") == text.strip('"')
    (kept,) = (tmp_path / "__pycache__").iterdir()
    kept.write_bytes(b"broken")
    assert catalogues._read("x", path).text("Hello") == "Bee"
