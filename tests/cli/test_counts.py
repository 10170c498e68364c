"""No number of an output disagrees with another, over cases drawn from seeds."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from inventing import GROUPS, invented_case
from mvtcase.cli import analysis
from mvtcase.cli.app import run
from mvtcase.correlate import LinkKind
from mvtcase.store.folder import Workspace
from mvtcase.workflow.correlation import Linked, LinkShown


def data_of(workspace: Path, *words: object) -> dict[str, Any]:
    """Return the data of a call."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        run(["-w", str(workspace), "--json", "--examiner", "Ada", *map(str, words)])
    told = json.loads(printed.getvalue())
    assert not told["errors"], (words, told["errors"])
    return dict(told["data"])


def report_of(workspace: Path, *words: str) -> dict[str, Any]:
    """Return an internal report as JSON."""
    made = data_of(workspace, "report", "write", *words, "--format", "json", "--edition", "internal")["reports"][0]
    return dict(json.loads(Path(made["path"]).read_text("utf-8")))


def tallied(rows: list[dict[str, Any]], counted: str = "count") -> dict[str, int]:
    """Return what a report counts at each status."""
    return {each["status"]: each[counted] for each in rows}


@settings(max_examples=3, phases=[Phase.generate])  # a seed does not shrink to anything simpler
@given(seed=st.integers(0, 1 << 32), officials=st.integers(2, 14))
def test_status_roster_lists_reports_and_exports_count_alike(seed: int, officials: int) -> None:
    """Of people at each status, of groups, of phones, of findings and of what was dismissed."""
    with tempfile.TemporaryDirectory() as scratch:
        workspace = Path(scratch) / "work"
        with invented_case(Workspace(workspace), seed, officials=officials):
            pass
        told = data_of(workspace, "status")
        _people(workspace, told, officials)
        _groups(workspace, told)
        _findings(workspace, told, Path(scratch))


def _people(workspace: Path, told: dict[str, Any], officials: int) -> None:
    counts, people = told["counts"], told["officials"]
    assert sum(counts.values()) == len(people) == officials
    assert Counter(each["status"] for each in people) == Counter(counts)
    everybody = data_of(workspace, "roster")["groups"][0]
    assert everybody["people"] == officials
    for mark, number in everybody["counts"].items():
        assert len(data_of(workspace, "roster", "--list", mark)["people"]) == number if number else True
    scanned = sum(any(device["last_scan"] for device in each["devices"]) for each in people)
    assert everybody["counts"]["scanned"] == scanned
    report = report_of(workspace, "incident")
    assert tallied(report["tallies"]) == counts
    for beside in ("dismissed", "leads"):
        expected = Counter[str]()
        for each in people:
            expected[each["status"]] += each[beside]
        assert Counter(tallied(report["tallies"], beside)) == expected
    shown = data_of(workspace, "case", "show")
    assert (shown["officials"], shown["devices"]) == (officials, sum(len(each["devices"]) for each in people))


def _groups(workspace: Path, told: dict[str, Any]) -> None:
    rows = {each["group"]: each for each in data_of(workspace, "roster")["groups"]}
    for group in GROUPS:
        members = [each for each in told["officials"] if group in each["groups"]]
        own = data_of(workspace, "status", "--group", group)
        assert {each["id"] for each in own["officials"]} == {each["id"] for each in members}
        assert Counter(own["counts"]) == Counter(each["status"] for each in members)
        assert rows[group]["people"] == len(members) if members else group not in rows or not rows[group]["people"]
        if members:
            assert Counter(tallied(report_of(workspace, "group", group)["tallies"])) == Counter(own["counts"])


def _findings(workspace: Path, told: dict[str, Any], place: Path) -> None:
    listed = data_of(workspace, "finding", "list", "--limit", 1000)
    ids = {each["id"] for each in listed["findings"]}
    assert len(ids) == listed["found"]["findings"] == data_of(workspace, "case", "show")["findings"]
    by_state = Counter(each["status"] for each in listed["findings"])
    dismissed = by_state["false_positive"] + by_state["benign"]
    assert sum(each["dismissed"] for each in told["officials"]) == dismissed
    assert len(data_of(workspace, "finding", "list", "--dismissed", "--limit", 1000)["findings"]) == dismissed
    for person in told["officials"]:
        own = data_of(workspace, "finding", "list", "--official", person["id"], "--limit", 1000)["findings"]
        assert {each["id"] for each in own} == {
            each["id"] for each in listed["findings"] if each["official"] == person["id"]
        }
    for kind in ("json", "csv"):
        data_of(workspace, "export", kind, "--edition", "internal", "--output", place / f"out.{kind}")
    held = json.loads((place / "out.json").read_text("utf-8"))
    assert {each["finding"] for each in held["findings"]} == ids
    with (place / "out.csv").open(encoding="utf-8-sig", newline="") as table:
        first = {row[0] for row in csv.reader(table) if row}
    assert {each for each in first if each.startswith("F-")} == ids


def test_a_link_of_many_names_a_few_and_counts_the_rest() -> None:
    """A table of a thousand names for each link says nothing to anybody; the JSON has them all."""
    people = tuple(Linked(id=f"O-{number:04d}", pseudonym=f"P-{number}", case="") for number in range(1, 101))
    one = LinkShown(
        kind=LinkKind.HOST,
        value="host.example",
        meaning="",
        officials=people,
        findings=(),
        first=None,
        last=None,
        first_official=None,
        first_finding=None,
        weight=1,
        noise=None,
    )
    who: Any = analysis._link(one)[2]
    assert who == [
        *(f"{each.id} {each.pseudonym}" for each in people[: analysis.FEW]),
        f"and {100 - analysis.FEW} more",
    ]
