"""Measure rechecks: a new set of 1,000 indicators against the stored results of many phones, and MVT's own loop.

Run `python benchmarks/rechecks.py [--phones N] [--runs N] [--keep FOLDER] [--markdown]`. Every call is a process of its
own, its start included; the control of the new sets, which is remembered, ran before. Stock's loop (`mvt-ios
check-iocs` for each phone) is measured on a few phones and multiplied. `cal` is a loop of a million additions beside
each call: on a busy machine all numbers grow with it.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvtcase.cli.app import run
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.plants import Plant, PlantKind

if TYPE_CHECKING:
    from collections.abc import Sequence

PHONES, RUNS, STOCK_SAMPLE, INDICATORS = 100, 3, 3, 1000
POINTS = "nature,privacy,retention,disposal"
scans = importlib.import_module("scans")  # benchmarks/ is no package


def call(workspace: Path, *arguments: object) -> dict[str, Any]:
    """Return the data of one call in this process."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        run(["--json", "--examiner", "Ada", "-w", str(workspace), *map(str, arguments)])
    answer: dict[str, Any] = json.loads(printed.getvalue())
    assert not answer["errors"], answer["errors"]  # noqa: S101 - a benchmark of what failed says nothing
    data: dict[str, Any] = answer["data"]
    return data


def register(workspace: Path, number: int, phone: IosPhone) -> None:
    """Build a backup and register it for somebody who consented."""
    path = build_ios_backup(workspace / f"evidence/{number}", phone).path
    person = call(workspace, "official", "add", "--name", f"Person {number}", "--role", "Member")["official"]["id"]
    how = ("--by", "them", "--method", "written", "--scope", "a phone", "--informed", POINTS)
    call(workspace, "consent", "record", person, *how)
    call(workspace, "acquisition", "add", path, "--official", person)


def planted(number: int) -> str:
    """Return the domain that a message of one phone leads to."""
    return f"planted{number}.example.org"


def prepare(workspace: Path, phones: int) -> None:
    """Register and scan synthetic backups, each with a domain that no set names yet."""
    if workspace.is_dir():
        return
    call(workspace, "init", workspace)
    call(workspace, "case", "new", "Speed", "--slug", "speed")
    for number in range(phones):
        register(workspace, number, IosPhone(seed=number, plants=(Plant(PlantKind.DOMAINS, planted(number)),)))
    call(workspace, "scan", "run", "--all", "--jobs", os.cpu_count() or 1)


def new_set(workspace: Path, name: str, matching: int) -> None:
    """Make a set of 1,000 domains the only new one; some of them stand in one phone each."""
    for each in call(workspace, "iocs", "list")["sets"]:
        if each["name"].startswith("run"):
            call(workspace, "iocs", "disable", each["name"])
    values = [planted(number) for number in range(matching)]
    values += [f"host{number}.{name}.nowhere.example" for number in range(INDICATORS - matching)]
    (workspace / f"{name}.txt").write_text("\n".join(values), "utf-8")
    call(workspace, "iocs", "import", workspace / f"{name}.txt")
    call(workspace, "iocs", "selftest")


def stock_loop(bench: Any, phones: int) -> tuple[float, float]:  # noqa: ANN401 - a class of a module without a package
    """Return CPU and wall seconds of MVT's `check-iocs` for all phones, from those of a few."""
    indicators = [{"type": "indicator", "id": str(n), "pattern": f"[domain-name:value='host{n}.nowhere.example']"}
                  for n in range(INDICATORS)]  # fmt: skip
    bundle = bench.home / "new.stix2"
    bundle.write_text(json.dumps({"objects": indicators}), "utf-8")
    results = sorted((bench.home / "workspace/cases/speed/scans").glob("*/results/mvt/backup"))[:STOCK_SAMPLE]
    runs = [
        scans.measured(
            (scans.BIN / "mvt-ios", "check-iocs", "--iocs", bundle, each), bench.environment, bench.home / "stock.log"
        )
        for each in results
    ]
    cpu, wall = (statistics.median(getattr(each, what) for each in runs) for what in ("cpu", "wall"))
    return cpu * phones, wall * phones


def recheck(bench: Any) -> tuple[float, float, int]:  # noqa: ANN401 - as above
    """Return CPU and wall seconds of a recheck of all, and how many phones were replayed; workers are counted in."""
    argv = (
        scans.BIN / "mvtcase",
        "--json",
        "--examiner",
        "Ada",
        "-w",
        bench.home / "workspace",
        "recheck",
        "run",
        "--all",
    )
    run = bench.with_workers(scans.measured(argv, bench.environment, bench.home / "ours.log"))
    done = json.loads((bench.home / "ours.log").read_text("utf-8"))["data"]["scans"]
    return run.cpu, run.wall, sum("searched" not in each["command"] for each in done)


def cal() -> float:
    """Return the seconds of a million additions."""
    began, total = time.perf_counter(), 0
    for number in range(1_000_000):
        total += number
    return time.perf_counter() - began


def measured(bench: Any, phones: int, runs: int) -> list[str]:  # noqa: ANN401 - as above
    """Return the rows of the table."""
    rows = []
    for matching in (0, 1, phones // 10):
        taken = []
        for number in range(runs):
            # A set of this run alone: what was rechecked with a set is not rechecked again.
            new_set(bench.home / "workspace", f"run{os.getpid()}x{matching}x{number}", matching)
            loop, ours, beside = stock_loop(bench, phones), recheck(bench), cal()
            taken.append((*loop, *ours, beside))
            print(matching, taken[-1], flush=True)
        cpu, wall, own_cpu, own_wall, replayed, beside = map(statistics.median, zip(*taken, strict=True))
        rows.append(
            f"| {matching} | {cpu:.0f} | {wall:.0f} | {own_cpu:.1f} | {own_wall:.1f} | {replayed:.0f} | "
            f"1/{cpu / own_cpu:.0f} | 1/{wall / own_wall:.0f} | {beside:.2f} |"
        )
    return rows


def section(rows: Sequence[str], phones: int, runs: int) -> str:
    """Return the section of the page."""
    told = (
        f"`python benchmarks/rechecks.py --markdown`: a new set of {INDICATORS:,} domains against the results of "
        f"{phones} iOS backups of `phones/`, medians of {runs}; some of them stand in one phone each. Stock's loop is "
        f"`mvt-ios check-iocs` for each phone (from {STOCK_SAMPLE}), ours `recheck run --all`, both with the start of "
        "their processes; the positive control of the set was remembered. `cal` is a loop of a million additions "
        "(0.08 s when the machine is quiet)."
    )
    names = (
        "phones that match", "stock, CPU s", "wall s", "ours, CPU s", "wall s", "replayed", "CPU of stock's",
        "wall of stock's", "cal, s",
    )  # fmt: skip
    head = f"| {' | '.join(names)} |\n|{' ---: |' * len(names)}"
    return "\n".join(("## Rechecks", "", told, "", head, *rows))


def main() -> None:
    """Measure and print or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phones", type=int, default=PHONES)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--keep", type=Path, help="folder in which phones and workspace stay for the next time")
    parser.add_argument("--markdown", action="store_true", help="write the section into docs/benchmarks.md")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = scans.Bench(asked.keep.absolute() if asked.keep else Path(folder))
        bench.home.mkdir(exist_ok=True)
        prepare(bench.home / "workspace", asked.phones)
        text = section(measured(bench, asked.phones, asked.runs), asked.phones, asked.runs)
    if asked.markdown:
        scans.replace_section("rechecks", text)
    print(text)


if __name__ == "__main__":
    main()
