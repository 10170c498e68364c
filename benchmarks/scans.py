"""Measure whole scans of big synthetic backups against `mvt-ios check-backup` on the same evidence and indicators.

Run `python benchmarks/scans.py [--files N …] [--sets pegasus all] [--batch N …] [--runs N] [--keep FOLDER]
[--markdown]`. Ways of one size and set alternate within one run, so that what else the machine does falls on all of
them; a ratio is that of the medians of one run. CPU is what the command and all of its children used, by the kernel's
own account; the peak is that of the largest of its processes. The positive control, which is remembered for a
combination of sets, ran before.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvtcase.engine.events import MAX_KEPT_BYTES
from mvtcase.engine.packed import read_result
from mvtcase.matchset import read_matchset
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_bulk import phone_of_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mvtcase.matchset import Collection

SIZES = (20_000, 200_000, 600_000)
SETS = {"pegasus": ("--iocs", "pegasus"), "all": ()}
STOCK, OURS, ALONE, AS_STOCK = "stock", "ours", "no second reader", "ours, --stock"
WAYS: dict[str, tuple[str, ...]] = {OURS: (), ALONE: ("--no-second-reader",), AS_STOCK: ("--stock",)}
BATCH = 8
POINTS = "nature,privacy,retention,disposal"
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one command cost: CPU and wall seconds, the peak of its largest process in bytes, CPU seconds by phase."""

    cpu: float
    wall: float
    peak: int
    phases: dict[str, float]

    @property
    def by_phase(self) -> str:
        """The seconds of each phase in one line."""
        return ", ".join(f"{step} {seconds:.1f}" for step, seconds in self.phases.items())


def measured(argv: Sequence[object], environment: dict[str, str], log: Path) -> Run:
    """Run a command and return what it and its children cost; raises where it fails."""
    began = time.monotonic()
    with log.open("wb") as out, (log.with_suffix(".err")).open("wb") as errors:
        child = subprocess.Popen([str(each) for each in argv], stdout=out, stderr=errors, env=environment)
        _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in {0, 1}:
        raise RuntimeError(
            f"{argv[0]} ended with {child.returncode}: {log.with_suffix('.err').read_text('utf-8')[-800:]}"
        )
    # ru_maxrss counts kibibytes on Linux.
    return Run(cpu=used.ru_utime + used.ru_stime, wall=time.monotonic() - began, peak=used.ru_maxrss << 10, phases={})


@dataclass(frozen=True, slots=True)
class Bench:
    """A folder with phones, a workspace in which they are registered, and indicator bundles for stock MVT."""

    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every command: MVT's settings stay here, and nothing goes out."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MVT_", "MVTCASE_"))}
        mvt = {"MVT_CONFIG_FOLDER": str(self.home / "mvt"), "MVT_DATA_FOLDER": str(self.home / "mvt")}
        return {**kept, **mvt, "MVT_NETWORK_ACCESS_ALLOWED": "false"}

    def call(self, *arguments: object) -> Any:  # noqa: ANN401 - JSON of any verb
        """Return the data of one call of mvtcase."""
        argv = [BIN / "mvtcase", "--json", "--examiner", "Ada", "-w", self.home / "workspace", *arguments]
        run = subprocess.run(
            [str(each) for each in argv], capture_output=True, text=True, check=False, env=self.environment
        )
        answer = json.loads(run.stdout)
        if answer["errors"]:
            raise RuntimeError(str(answer["errors"]))
        return answer["data"]

    def prepare(self) -> None:
        """Make the workspace, with the controls of all combinations of sets passed."""
        if (self.home / "workspace").is_dir():
            return
        self.call("init", self.home / "workspace")
        self.call("case", "new", "Speed", "--slug", "speed")
        for chosen in SETS.values():
            self.call("iocs", "selftest", *chosen)

    def phone(self, files: int, number: int = 0) -> tuple[Path, str]:
        """Return a registered phone of a size, built where it is not there: its backup and the acquisition's id."""
        path = self.home / "phones" / f"{files}-{number}"
        note = path.with_suffix(".id")
        if not note.is_file():
            shutil.rmtree(path, ignore_errors=True)
            # Every phone is one of its own: a device belongs to one person.
            build_ios_backup(path, phone_of_size(files, seed=files + number))
            person = self.call("official", "add", "--name", f"Person {number}", "--role", "Member")["official"]["id"]
            how = ("--by", "them", "--method", "written", "--scope", "a phone", "--informed", POINTS)
            self.call("consent", "record", person, *how)
            note.write_text(self.call("acquisition", "add", path, "--official", person)["acquisition"]["id"], "utf-8")
        return path, note.read_text("utf-8")

    def bundle(self, name: str) -> Path:
        """Return the indicators of a combination of sets as one STIX bundle that MVT reads."""
        path = self.home / f"{name}.stix2"
        if not path.is_file():
            chosen = None if name == "all" else name
            newest = max((self.home / "workspace/iocs/.compiled").iterdir(), key=lambda each: each.stat().st_size)
            collections = read_matchset(newest).collections
            wanted = [each for each in collections if chosen is None or chosen in each.file_name]
            path.write_text(json.dumps({"type": "bundle", "objects": list(_objects(wanted))}), "utf-8")
        return path

    def stock(self, path: Path, name: str) -> Run:
        """Return what MVT's own command costs."""
        with tempfile.TemporaryDirectory(dir=self.home) as out:
            argv = (BIN / "mvt-ios", "check-backup", "--iocs", self.bundle(name), "--output", out, path)
            return measured(argv, self.environment, self.home / "stock.log")

    def ours(self, acquisition: str, name: str, options: Sequence[str]) -> Run:
        """Return what one scan costs, by phases."""
        argv = (*self._command, "scan", "run", acquisition, *SETS[name], *options)
        return self.with_workers(measured(argv, self.environment, self.home / "ours.log"))

    def batch(self, arguments: Sequence[object]) -> Run:
        """Return what a batch costs."""
        argv = (*self._command, "scan", "run", *arguments)
        return self.with_workers(measured(argv, self.environment, self.home / "ours.log"))

    @property
    def _command(self) -> tuple[object, ...]:
        return (BIN / "mvtcase", "--json", "--examiner", "Ada", "-w", self.home / "workspace")

    def with_workers(self, run: Run) -> Run:
        """Return a run with what its workers used, which bubblewrap, their parent, does not hand on."""
        phases: dict[str, float] = defaultdict(float, command=run.cpu)
        peak = run.peak
        for scan in json.loads((self.home / "ours.log").read_text("utf-8"))["data"]["scans"]:
            events = self.home / f"workspace/cases/speed/scans/{scan['id']}/results/events.jsonl"
            for line in read_result(events, MAX_KEPT_BYTES).splitlines():
                event = json.loads(line)
                if event["event"] == "step" and event["finished"]:
                    phases[str(event["name"]).partition(" ")[0]] += event["cpu_ms"] / 1000
                if event["event"] == "used":
                    phases["worker"] += event["cpu_ms"] / 1000
                    peak = max(peak, event["peak_bytes"])
        cpu = run.cpu + phases["worker"]
        phases["worker"] -= sum(phases[step] for step in phases if step not in {"command", "worker"})
        return Run(cpu=cpu, wall=run.wall, peak=peak, phases=dict(phases))


_PATTERNS = {
    "domains": "domain-name:value", "urls": "url:value", "emails": "email-addr:value", "processes": "process:name",
    "file_names": "file:name", "file_paths": "file:path", "files_md5": "file:hashes.md5",
    "files_sha1": "file:hashes.sha1", "files_sha256": "file:hashes.sha256", "app_ids": "app:id",
    "app_cert_hashes": "app:cert.sha256", "ios_profile_ids": "configuration-profile:id",
    "android_property_names": "android-property:name",
}  # fmt: skip


def _objects(collections: Iterable[Collection]) -> Iterable[dict[str, object]]:
    for family in collections:
        malware = f"malware--{family.id}"
        yield {"type": "malware", "id": malware, "name": family.name}
        for kind, values in family.values.items():
            for value in values:
                told = f"indicator--{family.id}-{kind}-{value}"
                yield {"type": "indicator", "id": told, "pattern": f"[{_PATTERNS[kind]}='{value}']"}
                yield {"type": "relationship", "id": f"r-{told}", "source_ref": told, "target_ref": malware}


def compare(bench: Bench, files: int, name: str, runs: int, ways: Sequence[str]) -> dict[str, list[Run]]:
    """Return the runs of each way, which alternate."""
    path, acquisition = bench.phone(files)
    found: dict[str, list[Run]] = defaultdict(list)
    for number in range(runs):
        for way in (STOCK, *ways):
            run = bench.stock(path, name) if way == STOCK else bench.ours(acquisition, name, WAYS[way])
            found[way].append(run)
            told = f"{files:>7} files, {name}, run {number + 1}: {way:<17} {run.cpu:7.1f} s CPU {run.wall:7.1f} s"
            print(f"{told} {run.peak / 1e6:7.0f} MB  {run.by_phase}", file=sys.stderr, flush=True)
    return found


def rows_of(files: int, name: str, found: dict[str, list[Run]]) -> list[str]:
    """Return the table's rows: medians of each way, with its ratio to stock's."""
    stock = _median(found[STOCK])
    rows = []
    for way, runs in found.items():
        one = _median(runs)
        numbers = f"{one.cpu:.1f} | {one.cpu / stock.cpu:.2f} | {one.wall:.1f} | {one.peak / 1e6:.0f}"
        rows.append(
            f"| {files:,} | {name} | {way} | {numbers} | {one.peak / stock.peak:.2f} | {len(runs)} | {one.by_phase} |"
        )
    return rows


def _median(runs: Sequence[Run]) -> Run:
    steps = runs[0].phases
    return Run(
        cpu=statistics.median(each.cpu for each in runs),
        wall=statistics.median(each.wall for each in runs),
        peak=int(statistics.median(each.peak for each in runs)),
        phases={step: statistics.median(each.phases.get(step, 0.0) for each in runs) for step in steps},
    )


def compare_batch(bench: Bench, files: int, runs: int, ways: Sequence[str]) -> list[str]:
    """Return the rows of a batch against a shell loop over stock; the ways alternate."""
    phones = [bench.phone(files, number) for number in range(BATCH)]
    ids = [each for _, each in phones]
    found: dict[str, list[Run]] = defaultdict(list)
    for _ in range(runs):
        for way in (STOCK, *ways):
            if way == STOCK:
                each = [bench.stock(path, "all") for path, _ in phones]
                run = Run(cpu=sum(one.cpu for one in each), wall=sum(one.wall for one in each), peak=0, phases={})
            else:
                run = bench.batch((*ids, "--jobs", 2, *WAYS[way]))
            found[way].append(run)
            print(f"{BATCH} x {files}: {way}: {run}", file=sys.stderr, flush=True)
    stock = _median(found[STOCK])
    rows = []
    for way, taken in found.items():
        one = _median(taken)
        times = f"{stock.cpu / one.cpu:.1f} | {one.wall:.1f} | {stock.wall / one.wall:.1f}"
        rows.append(f"| {BATCH} x {files:,} | {way} | {one.cpu:.1f} | {times} | {runs} | {one.by_phase} |")
    return rows


def section(rows: Sequence[str], batches: Sequence[str], minutes: float) -> str:
    """Return the section of the page."""
    head = (
        "| files | sets | way | CPU s | of stock | wall s | peak MB | of stock | runs | CPU s by phase |\n"
        "| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"
    )
    told = (
        f"Written by `python benchmarks/scans.py --markdown`. Machine: {os.cpu_count()} cores shared with other work, "
        f"Python {platform.python_version()}, {platform.system()}; the run took {minutes:.0f} min. Medians; ways "
        "alternate. The evidence is an iTunes backup of `phones/` of so many files; `stock` is `mvt-ios check-backup` "
        "with the same indicators. `ours` has everything on: hashes verified, the second reader, claims, recording in "
        "the case. Phases: `command` is the command around the worker (hashes, staging, recording), `worker` its start."
    )
    return "\n".join(("## Scans", "", told, "", head, *rows, *batch_section(batches)))


def batch_section(batches: Sequence[str]) -> tuple[str, ...]:
    """Return the part of the page about batches, nothing where none was measured."""
    told = "`scan run --jobs 2` of several phones with all sets; stock is a shell loop over `mvt-ios check-backup`."
    head = (
        "| phones | way | CPU s | times less than stock | wall s | times faster | runs | CPU s by phase |\n"
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |"
    )
    return ("", "### A batch", "", told, "", head, *batches) if batches else ()


def replace_section(name: str, text: str) -> None:
    """Write a section into the page, between its marks or at the end."""
    page = Path(__file__).parents[1] / "docs" / "benchmarks.md"
    start, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = page.read_text(encoding="utf-8").partition(start)
    after = rest.partition(end)[2] if found else "\n"
    page.write_text(f"{before.rstrip()}\n\n{start}\n{text}\n{end}{after}", encoding="utf-8")


def main() -> None:
    """Run all measurements and print or write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, nargs="*", default=SIZES)
    parser.add_argument("--sets", nargs="*", default=tuple(SETS), choices=tuple(SETS))
    parser.add_argument("--ways", nargs="*", default=(OURS, ALONE), choices=tuple(WAYS))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--batch", type=int, nargs="*", help="files of each phone of batches to measure, too")
    parser.add_argument("--keep", type=Path, help="folder in which phones and workspace stay for the next time")
    parser.add_argument("--markdown", action="store_true", help="write the section into docs/benchmarks.md")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options.keep.absolute() if options.keep else Path(folder))
        bench.home.mkdir(exist_ok=True)
        bench.prepare()
        rows = [
            row
            for files in options.files
            for name in options.sets
            for row in rows_of(files, name, compare(bench, files, name, options.runs, options.ways))
        ]
        sizes = options.batch if options.batch is not None else ()
        batches = [row for files in sizes for row in compare_batch(bench, files, options.runs, options.ways)]
    text = section(rows, batches, (time.monotonic() - began) / 60)
    if options.markdown:
        replace_section("scans", text)
    print(text)


if __name__ == "__main__":
    main()
