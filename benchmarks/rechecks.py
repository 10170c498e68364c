"""Measure rechecks: a new set of 1,000 indicators that nothing matches, against the stored results of many phones.

Run `python benchmarks/rechecks.py [PHONES]`. Three ways are timed on the same results: MVT's own `check-iocs` in a loop
(on a few of them, scaled up), a replay of everything, and the join that `recheck run` takes where nothing can match.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from mvtcase.cli.app import run
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.workflow.joins import Joiner

PHONES, STOCK_SAMPLE, INDICATORS = 100, 3, 1000
POINTS = "nature,privacy,retention,disposal"


def call(workspace: Path, *arguments: object) -> dict[str, Any]:
    """Return the data of one call."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        run(["--json", "--examiner", "Ada", "-w", str(workspace), *map(str, arguments)])
    answer: dict[str, Any] = json.loads(printed.getvalue())
    assert not answer["errors"], answer["errors"]  # noqa: S101 - a benchmark of what failed says nothing
    data: dict[str, Any] = answer["data"]
    return data


def prepare(workspace: Path, phones: int) -> list[str]:
    """Register and scan synthetic backups, import the new set, and return the scans."""
    call(workspace, "init", workspace)
    call(workspace, "case", "new", "Speed", "--slug", "speed")
    for number in range(phones):
        path = build_ios_backup(workspace / f"evidence/{number}", IosPhone(seed=number)).path
        person = call(workspace, "official", "add", "--name", f"Person {number}", "--role", "Member")["official"]["id"]
        how = ("--by", "them", "--method", "written", "--scope", "a phone", "--informed", POINTS)
        call(workspace, "consent", "record", person, *how)
        call(workspace, "acquisition", "add", path, "--official", person)
    scans = [each["id"] for each in call(workspace, "scan", "run", "--all", "--jobs", os.cpu_count() or 1)["scans"]]
    lines = "\n".join(f"host{number}.nowhere.example" for number in range(INDICATORS))
    (workspace / "new_domains.txt").write_text(lines, "utf-8")
    call(workspace, "iocs", "import", workspace / "new_domains.txt")
    return scans


def stock_loop(workspace: Path, scans: list[str]) -> float:
    """Return the seconds that MVT's `check-iocs` takes for one phone's results."""
    indicators = [{"type": "indicator", "id": str(n), "pattern": f"[domain-name:value='host{n}.nowhere.example']"}
                  for n in range(INDICATORS)]  # fmt: skip
    bundle = workspace / "new.stix2"
    bundle.write_text(json.dumps({"objects": indicators}), "utf-8")
    began = time.monotonic()
    for scan in scans[:STOCK_SAMPLE]:
        results = workspace / f"cases/speed/scans/{scan}/results/mvt/backup"
        command = [str(Path(sys.executable).with_name("mvt-ios")), "check-iocs", "--iocs", str(bundle), str(results)]
        environment = {**os.environ, "MVT_CONFIG_FOLDER": str(workspace), "MVT_DATA_FOLDER": str(workspace)}
        subprocess.run(command, check=True, capture_output=True, env=environment)
    return (time.monotonic() - began) / min(STOCK_SAMPLE, len(scans))


def main(phones: int) -> None:
    """Print the seconds of each way."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        scans = prepare(workspace, phones)
        stock = stock_loop(workspace, scans) * len(scans)
        call(workspace, "iocs", "selftest")  # the control of these sets, which is remembered, is no part of it
        began, cpu = time.monotonic(), time.process_time()
        joined = call(workspace, "recheck", "run", "--all")["scans"]
        join, cpu = time.monotonic() - began, time.process_time() - cpu
        answer, Joiner.answer = Joiner.answer, lambda *_: None  # type: ignore[method-assign]
        began = time.monotonic()
        call(workspace, "recheck", "run", *scans[:STOCK_SAMPLE])
        replay = (time.monotonic() - began) / min(STOCK_SAMPLE, len(scans)) * len(scans)
        Joiner.answer = answer  # type: ignore[method-assign]
    print(f"{len(joined)} phones, {INDICATORS} new indicators, none of which matches:")
    print(
        f"stock loop {stock:.1f} s, replay {replay:.1f} s, join {join:.1f} s ({cpu:.1f} s of CPU): "
        f"1/{stock / join:.0f} of stock"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PHONES)
