"""A case of many people, built from a seed, and how long each verb takes on it.

    python benchmarks/store.py                         1,000 officials, 1,200 phones, 100,000 findings
    python benchmarks/store.py --officials 100         a tenth of it
    python benchmarks/store.py --only status,correlate

Each verb is a call of its own, as a person makes it: the figures are CPU seconds and hold the start of Python and the
imports. Peak is the largest resident memory of that process.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from mvtcase import model
from mvtcase.canon import digest, timestamp
from mvtcase.model.reach import measured
from mvtcase.store.folder import Workspace
from mvtcase.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase.store.store import Change

SEED = 20261128
START = datetime(2026, 8, 1, tzinfo=timezone.utc)
FINDINGS_PER_OFFICIAL = 100
FLOOD = 20_000
"""Like findings of one noisy phone."""
MODULES = ("sms", "safari_history", "datausage", "calls", "webkit_resource_load_statistics", "manifest", "tcc")
CALLS = {
    "status": ("status",),
    "status --json": ("--json", "status"),
    "finding list": ("finding", "list"),
    "finding list --text": ("finding", "list", "--text", "lure-7.example"),
    "official show": ("official", "show", "O-0007"),
    "device show": ("device", "show", "D-0007"),
    "roster": ("roster",),
    "correlate": ("correlate",),
    "timeline": ("timeline", "--official", "O-0007"),
    "report group": ("report", "write", "group", "Office 1", "--edition", "internal"),
    "report incident": ("report", "write", "incident"),
}


class Builder:
    """Writes one official after the other, with phones, scans and findings, drawn from a seed."""

    def __init__(self, change: Change, *, officials: int) -> None:
        self.change = change
        self.dice = random.Random(SEED)  # the same case every time
        self.officials = officials
        self.devices = 0
        self.alerts = 0

    def official(self, number: int) -> None:
        """Write one official with one phone, every fifth with two."""
        official = f"O-{number:04d}"
        self.change.insert(
            "official", id=official, pseudonym=f"P-{number:04d}", name=f"Person {number}",
            publication="role", roster="consented",
        )  # fmt: skip
        self.change.insert("membership", official=official, affected_group=f"G-{1 + number % 10:04d}")
        self.change.insert(
            "consent", id=f"K-{number:04d}", official=official, given_by=f"Person {number}", method="written",
            scope="device examination", given_at=timestamp(START), recorded_by="Ada",
            **{f"informed_{point}": True for point in model.ConsentPoint},
        )  # fmt: skip
        for place in range(2 if number % 5 == 0 else 1):
            self.phone(official, findings=FINDINGS_PER_OFFICIAL * 5 // 6 if place == 0 else FINDINGS_PER_OFFICIAL // 10)

    def phone(self, official: str, *, findings: int) -> None:
        """Write a phone with an acquisition, a scan and its findings; the seventh is a noisy one."""
        self.devices += 1
        number = self.devices
        device, scan = f"D-{number:04d}", f"S-{number:04d}"
        self.change.insert(
            "device", id=device, official=official, label=f"phone {number}", platform="ios",
            fingerprint=f"udid:{number}", state="in_use", identity={"platform": "ios", "product_type": "iPhone14,5"},
        )  # fmt: skip
        self.change.insert(
            "acquisition", id=f"A-{number:04d}", device=device, official=official, kind="ios_backup", path="/nowhere",
            encrypted=False, files=20_000, bytes=1 << 30, manifest_sha256="0" * 64, identity={"platform": "ios"},
            registered_at=timestamp(START), registered_by="Ada", imported=False, state="registered",
        )  # fmt: skip
        self.scan(scan, number)
        flood = FLOOD if number == 7 and self.officials >= 1_000 else 0
        for place in range(flood):
            self.finding(place, device, official, scan, flooding=True)
        for place in range(findings - FLOOD // 1_200 if self.officials >= 1_000 else findings):
            self.finding(place, device, official, scan)

    def scan(self, scan: str, number: int) -> None:
        """Write a finished scan with forty modules and a gap."""
        runs = [model.ModuleRun(module=slug, slug=slug, origin="mvt", outcome=model.ModuleOutcome.CHECKED, records=9,
                                first_time="2026-08-01", last_time="2026-11-01") for slug in MODULES]  # fmt: skip
        reach = [each.json for each in measured(model.EvidenceKind.IOS_BACKUP, runs)]
        self.change.insert(
            "scan", id=scan, acquisition=f"A-{number:04d}", device=f"D-{number:04d}", kind="ios_backup",
            command="mvt-ios check-backup", state="finished", completeness="full", indicators_loaded=5453,
            tools={"mvt": "2026.10.26"}, started_at=timestamp(START), finished_at=timestamp(START), examiner="Ada",
            reach=reach, sequence=1, claims={"files": 20_000, "claimed": 19_000, "second_reader": 20_000},
        )  # fmt: skip
        for place in range(40):
            slug = MODULES[place % len(MODULES)]
            self.change.insert("module_run", scan=scan, ordinal=place, module=slug, slug=slug, origin="mvt",
                               outcome="checked", records=9)  # fmt: skip
        self.change.insert("gap", scan=scan, ordinal=0, module="tcc", outcome="no_source", reason="not there")

    def finding(self, place: int, device: str, official: str, scan: str, *, flooding: bool = False) -> None:
        """Write one finding with its alert: most of them leads and context, a few lures."""
        sort = "redirect" if flooding else self.dice.choices(("lead", "context", "redirect", "lure"), (50, 40, 9, 1))[0]
        at = START + timedelta(seconds=self.dice.randrange(86_400 * 90))
        moment = f"{at:%Y-%m-%d %H:%M:%S}"
        host = f"host-{self.dice.randrange(400)}.example"
        value = f"lure-{self.dice.randrange(30)}.example" if sort == "lure" else None
        detail = {"isodate": moment, "text": f"see https://{value or host}/{place}", "n": place,
                  "sender": f"+44770{place % 90:06d}"}  # fmt: skip
        rating, rule = {
            "lead": ("lead", f"no-binary process{self.dice.randrange(60)}x"),
            "context": ("context", f"no-binary com.apple.{place}"),
            "redirect": ("suspicious", "redirect-fast"),
            "lure": ("", ""),
        }[sort]
        finding = f"F-{digest([device, place, sort, flooding])[:16]}"
        about = {"value": value, "type": "domains", "family": f"family {place % 3}", "set": "pegasus"}
        indicator = {f"indicator_{name}": value and text for name, text in about.items()}
        module = self.dice.choice(MODULES)
        self.alerts += 1
        alert = self.change.insert(
            "alert", scan=scan, ordinal=self.alerts, source="mvt", module=module, level="MEDIUM",
            message=f"Alert {sort}", event_time=moment, event=detail, witnessed=False, **indicator,
        )  # fmt: skip
        self.change.insert(
            "finding", id=finding, device=device, official=official,
            evidence_class="attempt" if value else "heuristic", level="CRITICAL" if value else "MEDIUM", module=module,
            title=f"Alert {sort} {place}", event_time=moment, event_time_basis="unknown", detail=detail,
            first_scan=scan, rating=rating, rule=rule, **indicator,
        )  # fmt: skip
        self.change.insert("finding_alert", finding=finding, alert=alert)


def build(workspace: Workspace, *, officials: int) -> None:
    """Make a workspace with one case of so many officials; the chain of custody holds."""
    workspace.create()
    with Store.create(workspace.new_case_folder("many")) as store:
        with store.change("case.created", actor="Ada") as change:
            change.insert("case_file", id="C-0001", slug="many", title="Many", tlp="AMBER", state="open",
                          created_at=change.at, created_by="Ada")  # fmt: skip
            for number in range(1, 11):
                change.insert("affected_group", id=f"G-{number:04d}", name=f"Office {number}")
        with store.change("invented", actor="Ada") as change:
            made = Builder(change, officials=officials)
            for number in range(1, officials + 1):
                made.official(number)
        store.index_words()


def measure(workspace: Path, arguments: tuple[str, ...]) -> tuple[float, int, str]:
    """Return CPU seconds, peak bytes and the last words of one call in a process of its own."""
    before = _cpu_of_children()
    code = (
        "import re, sys; from mvtcase.cli.app import main; import atexit;"
        # The peak that `getrusage` tells begins with that of the process which started this one.
        "atexit.register(lambda: sys.stderr.write("
        "'\\nPEAK ' + re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1]));"
        "sys.argv[0] = 'mvtcase'; sys.exit(main())"
    )
    call = [sys.executable, "-c", code, "-w", str(workspace), "--examiner", "Ada", *arguments]
    done = subprocess.run(call, capture_output=True, text=True, timeout=900, check=False)  # our own program
    seconds = _cpu_of_children() - before
    peak = int(done.stderr.rpartition("PEAK ")[2] or 0) << 10
    told = "" if done.returncode in {0, 1} else done.stderr.strip()[-300:]
    return seconds, peak, told


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def figures(workspace: Path, wanted: str) -> Iterator[str]:
    """Yield a line for each verb measured."""
    for name, arguments in CALLS.items():
        if wanted and name not in wanted.split(","):
            continue
        seconds, peak, told = measure(workspace, arguments)
        yield f"{name:24} {seconds:7.2f} s {peak >> 20:6} MiB {told}"


def main() -> None:
    """Build the case, or take the one that is there, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--officials", type=int, default=1_000)
    parser.add_argument("--keep", type=Path, help="Folder for the case, taken again where it is there.")
    parser.add_argument("--only", default="", help="Verbs to measure, with commas between.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.keep or Path(scratch) / "workspace"
        if not folder.exists():
            before = time.perf_counter()
            build(Workspace(folder), officials=asked.officials)
            sys.stdout.write(f"built in {time.perf_counter() - before:.0f} s\n")
        for line in figures(folder, asked.only):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        sys.stdout.write(json.dumps({"peak of the builder, MiB": _peak() >> 20}) + "\n")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


if __name__ == "__main__":
    main()
