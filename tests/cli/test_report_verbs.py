"""The report and analysis verbs at the command line: the envelope's keys, plain tables, exit statuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.cli.app import run

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Give a function that runs one call in a workspace with a case and one official, and returns status and data."""
    monkeypatch.setenv("MVTCASE_SETTINGS", str(tmp_path / "none.toml"))
    monkeypatch.setenv("MVTCASE_EXAMINER", "Ada")
    monkeypatch.setenv("MVTCASE_WORKSPACE", str(tmp_path / "work"))

    def make(*arguments: str, examiner: str = "Ada") -> tuple[int, Any]:
        capsys.readouterr()
        status = run(["--json", "--examiner", examiner, *arguments])
        return status, json.loads(capsys.readouterr().out)

    run(["init", str(tmp_path / "work")])
    make("case", "new", "LINE 2026", "--slug", "line-2026")
    make("group", "add", "Legislature")
    make("official", "add", "--name", "Bramwen Saltmarsh", "--publication", "role", "--group", "Legislature")
    make("observe", "add", "O-0001", "line.letter_sealing", "on", "--at", "2026-06-01")
    make("observe", "add", "O-0001", "line.letter_sealing", "off", "--at", "2026-06-20")
    return make


def test_a_report_is_written_reviewed_and_released(call: Callable[..., Any]) -> None:
    """The contract: data.reports[]{id, kind, format, path, sha256, state}; a second pair of eyes reviews."""
    status, envelope = call("report", "write", "incident", "--format", "html,json,md")
    reports = envelope["data"]["reports"]
    assert (status, envelope["command"], envelope["status"]) == (0, "report write", "success")
    assert [each["format"] for each in reports] == ["html", "json", "md"]
    assert all({"id", "kind", "format", "path", "sha256", "state"} <= set(each) for each in reports)
    assert all(Path(each["path"]).is_file() for each in reports)
    assert call("report", "review", "R-0001")[0] == 2
    assert call("report", "review", "R-0001", examiner="Grace")[1]["data"]["reports"][0]["state"] == "reviewed"
    assert call("report", "release", "R-0001")[1]["data"]["reports"][0]["state"] == "released"
    call("report", "write", "incident")
    assert call("report", "supersede", "R-0001", "--by", "R-0002")[0] == 2
    assert call("report", "review", "R-0002", examiner="Grace")[0] == 0
    assert call("report", "release", "R-0002")[0] == 0
    assert call("report", "supersede", "R-0001", "--by", "R-0002")[0] == 0
    assert call("report", "erratum", "R-0002", "It was Tuesday.")[0] == 0
    assert call("report", "diff", "R-0002")[1]["data"]["differences"] == []
    assert call("report", "rebuild", "R-0002")[1]["data"]["files"][0]["same"] is True
    listed = call("report", "list")[1]["data"]["reports"]
    assert [each["state"] for each in listed] == ["superseded"] * 3 + ["released"]


def test_group_reports_and_letters_need_a_target(call: Callable[..., Any]) -> None:
    """Without one the call is wrong; with one it works."""
    assert call("report", "write", "letter")[1]["errors"][0]["code"] == "input"
    assert call("report", "write", "group", "Legislature")[1]["errors"][0]["code"] == "input.conflict"
    assert call("report", "write", "group", "Legislature", "--edition", "internal")[0] == 0
    assert call("report", "write", "letter", "O-0001")[0] == 0


def test_the_sealing_story_reaches_the_report(call: Callable[..., Any]) -> None:
    """Two looks, a change, its window and its place in the timeline."""
    report = call("report", "write", "incident", "--format", "json")[1]["data"]["reports"][0]
    told = json.loads(Path(report["path"]).read_text())
    (row,) = told["sealing"]["rows"]
    assert (row["sealing"], row["last_on"][:10], row["first_off"][:10]) == (
        "changed from on to off",
        "2026-06-01",
        "2026-06-20",
    )
    assert [each["kind"] for each in told["timeline"]] == ["observation", "change", "observation"]


def test_the_analysis_verbs_answer_on_an_empty_case(call: Callable[..., Any], tmp_path: Path) -> None:
    """Nothing scanned yet: a timeline of observations, no link, exports without findings."""
    assert {each["kind"] for each in call("timeline")[1]["data"]["events"]} == {"observation", "change"}
    assert call("correlate")[1]["data"] == {"links": [], "noise": [], "first_seen": [], "window_hours": 24}
    for form in ("csv", "json", "xlsx", "stix", "misp", "timesketch", "case-uco"):
        made = call("export", form, "--output", str(tmp_path / form))[1]["data"]["export"]
        assert Path(made["path"]).stat().st_size == made["bytes"]
    assert call("export", "case")[0] == 2
    assert call("export", "case", "--with-names")[0] == 0
    assert call("bundle", "export")[0] == 2
    bundle = call("bundle", "export", "--with-names", "--output", str(tmp_path / "case.zip"))[1]["data"]["export"]
    assert Path(bundle["path"]).stat().st_size == bundle["bytes"]
    assert call("diff", "S-0001", "S-0002")[1]["errors"][0]["code"] == "input.not_found"


def test_a_long_timeline_is_drawn_by_pages_and_given_whole(
    call: Callable[..., Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal shows a page of moments and how to see the next; JSON holds all of them."""
    monkeypatch.setattr("mvtcase.cli.analysis.MOMENTS", 1)
    assert len(call("timeline")[1]["data"]["events"]) == 3
    assert run(["timeline"]) == 0
    assert "Page 1 of 3; '--page 2' shows the next." in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [("timeline",), ("correlate",), ("report", "list"), ("report", "write", "incident"), ("export", "csv")],
)
def test_people_read_tables(
    call: Callable[..., Any], capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    """Without '--json' each verb prints a table and no escape code."""
    assert run(list(arguments)) == 0
    shown = capsys.readouterr().out
    assert shown.strip()
    assert "\x1b" not in shown
