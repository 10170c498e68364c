"""An embargoed set through the real MVT: what it holds is found, and told nowhere but by its number."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.cli.app import run as run_command_line
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.plants import Plant, PlantKind

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.engine

SECRETS = ((PlantKind.DOMAINS, "hushed.example.net"), (PlantKind.PROCESSES, "hushhushd"))
SEARCHED = ("events.jsonl", "worker.log", "mvt/**/command.log", "mvt/**/alerts.json", "mvt/**/info.json")


@pytest.fixture(scope="module")
def told(
    start_responder: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory, real_control: None
) -> tuple[Any, dict[str, str]]:
    """Return the scan of a phone that holds two embargoed values, and every text that came out, by its source."""
    del real_control
    responder = start_responder()
    texts: dict[str, str] = {}

    def say(*verb: object) -> None:
        for form in ((), ("--json",)):
            printed, told = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(told):
                run_command_line([*form, "-w", str(responder.workspace), *map(str, verb)])
            texts[" ".join(map(str, (*form, *verb)))] = printed.getvalue() + told.getvalue()

    facts = ("--source", "a partner", "--reason", "seen in a lure", "--tlp", "RED")
    for kind, value in SECRETS:
        responder("iocs", "add", value, "--type", kind, *facts)
    phone = IosPhone(seed=811, plants=tuple(Plant(kind, value) for kind, value in SECRETS))
    scan = responder.scan(build_ios_backup(tmp_path_factory.mktemp("red") / "backup", phone).path)
    findings = [each["id"] for each in responder.findings()]
    output = tmp_path_factory.mktemp("out")
    for verb in (
        ("status",), ("finding", "list"), *(("finding", "show", each) for each in findings),
        ("scan", "show", scan["id"]),
        ("timeline",), ("correlate",), ("coverage",), ("official", "show", "P-0001"), ("device", "list"),
        ("iocs", "list"), ("iocs", "show", "house-red"), ("iocs", "selftest", "--iocs", "house-red"),
        ("custody", "log"), ("recheck", "run", scan["id"]), ("iocs", "pack", output / "sets.pack"),
        *(("export", form, "--output", output / form) for form in ("csv", "stix", "misp", "timesketch")),
        *(("report", "write", "incident", "--format", form, "--output", output) for form in ("html", "md", "json")),
    ):  # fmt: skip
        say(*verb)
    results = responder.workspace / "cases/trial/scans"
    for path in [*output.rglob("*"), *(each for name in SEARCHED for each in results.glob(f"*/results/{name}"))]:
        if path.is_file():
            texts[str(path)] = path.read_bytes().decode("utf-8", "replace")
    texts["the case"] = (responder.workspace / "cases/trial/case.sqlite").read_bytes().decode("latin-1")
    return scan, texts


def test_what_an_embargoed_set_holds_is_found(told: tuple[Any, dict[str, str]]) -> None:
    """The phone matches, and the findings name set and number."""
    scan, texts = told
    assert scan["status"] == "indicator_match"
    listed = texts["--json finding list"]
    assert "house-red, entry 1" in listed
    assert "house-red, entry 2" in listed


@pytest.mark.parametrize("value", [value for _, value in SECRETS])
def test_no_output_holds_an_embargoed_value(value: str, told: tuple[Any, dict[str, str]]) -> None:
    """Terminal, JSON, reports, exports, packs, logs, MVT's own alerts and the case file are searched."""
    _, texts = told
    assert len(texts) > 40
    assert [source for source, text in texts.items() if value in text.lower()] == []
