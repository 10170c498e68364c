"""Ask the whole program about sound phones with one planted value, and about healthy ones, and print both rates.

Run `PYTHONPATH=tests/support python benchmarks/verdicts.py [--half planted|healthy|"real trace"] [--kind TEXT]
[--group TEXT] [--name TEXT] [--every N] [--jobs N] [--all]`. A planted phone must never be called `no_trace`; a healthy
one must not be accused, and be called `no_trace` unless something was really not examined; a healthy one with a real
trace must be accused. With `--later` planted phones are scanned with another set first, and rechecked with the real
one as if it had been published since: what only a scan with it finds is printed. With `--sets FOLDER`
healthy phones are asked about with the published sets of a folder too.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import sys
import tempfile
from collections import Counter, defaultdict
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING

from asking import ACCUSING, Bench, Later, Said, stix
from builders.healthy import healthy
from builders.planted import planted
from mvtcase.engine import warm
from mvtcase.engine.box import Box
from mvtcase.phones.plants import PlantKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from builders.planted_inputs import SoundInput

EARLIER = "published-earlier"
_WRONG: dict[str, Callable[[Said], bool]] = {
    "planted": lambda said: said.status in {"no_trace", "refused"},
    "healthy": lambda said: said.status != "no_trace" and not _too_narrow(said),
    "real trace": lambda said: said.status not in ACCUSING,
}


def _too_narrow(said: Said) -> bool:
    """Return whether a healthy phone was not cleared only because its evidence could not show what ran on it."""
    return said.status == "inconclusive" and bool(said.gaps) and all(gap.startswith("reach ") for gap in said.gaps)


@cache
def everything() -> list[SoundInput]:
    """Return all inputs; their builders cannot be sent to another process, their numbers can."""
    return [*planted(), *healthy()]


def asked(number: int, workspace: str, sets: list[str]) -> Said:
    """Return what is said of one input, in a process of its own."""
    given = everything()[number]
    with tempfile.TemporaryDirectory(prefix="verdict-") as name:
        path = given.build(Path(name))
        return Bench(Path(workspace), sets=sets).ask([path])


def asked_later(number: int, workspace: str, sets: list[str]) -> Later:
    """Return what a recheck with a later set left out of one input, in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="verdict-") as name:
        path = everything()[number].build(Path(name))
        return Bench(Path(workspace), sets=sets).ask_later(path, EARLIER)


def prepared(
    folder: Path,
    indicators: Iterable[Mapping[PlantKind, tuple[str, ...]]],
    published: Path | None,
    *,
    built_in: bool,
) -> list[str]:
    """Return the names of the sets in a new workspace whose positive control has passed."""
    bench = Bench(folder)
    for number, each in enumerate(indicators):
        bench.add_set(stix(folder / f"invented-{number}.stix2", each))
    for path in sorted(published.glob("*.stix2")) if published else ():
        bench.add_set(path)
    if not built_in:
        bench.only_these()
    return bench.sets


def warmed(folder: str) -> None:
    """Fork the workers of this process's scans from one parent, as a batch does: each would load MVT anew."""
    stack = contextlib.ExitStack()
    box = Box(read_only=(Path(tempfile.gettempdir()),), writable=(Path(folder),))
    stack.enter_context(warm.serving(box, Path(folder) / "warm"))
    Finalize(None, stack.close, exitpriority=1)


def later(wanted: list[tuple[int, SoundInput]], jobs: int) -> int:
    """Print what rechecks missed without a gap, then how many were asked; return 1 when anything was missed."""
    wrong = found = 0
    with (
        tempfile.TemporaryDirectory(prefix="verdicts-") as folder,
        multiprocessing.Pool(jobs, warmed, (folder,), maxtasksperchild=20) as pool,
    ):
        bench = Bench(Path(folder))
        bench.add_set(stix(Path(folder) / f"{EARLIER}.stix2", {PlantKind.DOMAINS: ("earlier.example.org",)}))
        bench.add_set(stix(Path(folder) / "later.stix2", wanted[0][1].indicators))
        tasks = [(each, pool.apply_async(asked_later, (number, folder, bench.sets))) for number, each in wanted]
        for given, task in tasks:
            said = task.get()
            found += bool(said.found)
            wrong += bool(said.missed) and not said.gaps
            if said.missed or not said.found:
                print(
                    f"{given.name}: missed {sorted(said.missed)}, found {len(said.found)}, gaps {said.gaps}", flush=True
                )
    print(f"rechecked with a later set: {len(wanted)}, with findings {found}, missed without a gap {wrong}")
    return int(wrong > 0)


def main() -> int:
    """Print every wrong answer, then the tables; return 1 when anything was wrong."""
    options = _options()
    wanted = [(number, each) for number, each in enumerate(everything()) if _chosen(each, options)][:: options.every]
    if options.later:
        return later([one for one in wanted if one[1].half == "planted"], options.jobs)
    answers: list[tuple[SoundInput, Said]] = []
    with tempfile.TemporaryDirectory(prefix="verdicts-") as folder:
        workspaces = {
            half: (
                Path(folder) / half.replace(" ", "-"),
                [each.indicators for _, each in wanted if each.half == half][:1],
            )
            for half in _WRONG
        }
        prepared_sets = {}
        for half, (place, indicators) in workspaces.items():
            if indicators:
                place.mkdir()
                prepared_sets[half] = prepared(
                    place, indicators, options.sets if half != "planted" else None, built_in=half == "healthy"
                )
        with multiprocessing.Pool(options.jobs, warmed, (folder,), maxtasksperchild=20) as pool:
            tasks = [
                (each, pool.apply_async(asked, (number, str(workspaces[each.half][0]), prepared_sets[each.half])))
                for number, each in wanted
            ]
            for given, task in tasks:
                said = task.get()
                answers.append((given, said))
                if _WRONG[given.half](said) or options.all:
                    _print_one(given, said, options.width)
    if options.halves is not None:
        planted_ones = [said for given, said in answers if given.half == "planted"]
        missed = sum(_WRONG["planted"](said) for said in planted_ones)
        options.halves.write_text(json.dumps({"sound, one value planted": [len(planted_ones), missed]}))
    return _print_tables(answers)


def _chosen(each: SoundInput, options: argparse.Namespace) -> bool:
    texts = (
        (options.half, each.half),
        (options.kind, each.kind),
        (options.group, each.group),
        (options.name, each.name),
    )
    return all(wanted in text for wanted, text in texts) and not (options.quick and each.slow)


def _print_one(given: SoundInput, said: Said, width: int) -> None:
    why = said.refused or "; ".join([*(rule for rule in said.rules if given.half != "planted"), *said.gaps])
    print(
        f"{given.half:10} {said.status:15} {said.completeness:8} {said.seconds:5.1f} s  {given.name}  | {why[:width]}",
        flush=True,
    )


def _print_tables(answers: list[tuple[SoundInput, Said]]) -> int:
    wrong = 0
    for half, is_wrong in _WRONG.items():
        mine = [(given, said) for given, said in answers if given.half == half]
        if not mine:
            continue
        wrong += sum(is_wrong(said) for _, said in mine)
        for title, key in (("kind of evidence", "kind"), ("planted" if half == "planted" else "noise", "group")):
            print(f"\n{half}, by {title}")
            _print_counts([(str(getattr(given, key)), said) for given, said in mine])
    _print_rules([(given, said) for given, said in answers if given.half == "healthy"])
    typical = [said for given, said in answers if given.typical and given.half == "healthy"]
    if typical:
        print(f"typical combinations accused: {sum(said.status in ACCUSING for said in typical)} of {len(typical)}")
    return 1 if wrong else 0


def _print_counts(rows: list[tuple[str, Said]]) -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for name, said in rows:
        counts[name][said.status] += 1
        counts["all"][said.status] += 1
    statuses = ("no_trace", "inconclusive", "suspicious", "indicator_match", "refused")
    print(f"| | n | {' | '.join(statuses)} |\n| --- | ---: | {' | '.join('---:' for _ in statuses)} |")
    for name, found in counts.items():
        total = sum(found.values())
        cells = [
            f"{found[status]} ({100 * found[status] / total:.0f} %)" if found[status] else "0" for status in statuses
        ]
        print(f"| {name} | {total} | {' | '.join(cells)} |")


def _print_rules(answers: list[tuple[SoundInput, Said]]) -> None:
    rules: Counter[str] = Counter()
    for _, said in answers:
        if said.status in ACCUSING:
            rules.update({rule for rule in said.rules if not rule.endswith(("LOW]", "INFORMATIONAL]"))})
    for rule, count in rules.most_common(60):
        print(f"{count:5}  {rule}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    for name in ("half", "kind", "group", "name"):
        parser.add_argument(f"--{name}", default="", help=f"only inputs whose {name} holds this")
    parser.add_argument("--every", type=int, default=1, help="one of so many")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--sets", type=Path, help="a folder of published indicator sets, for healthy phones")
    parser.add_argument("--halves", type=Path, help="where the counts of the planted half go, for hostile.py")
    parser.add_argument("--all", action="store_true", help="print every input, not the wrong ones only")
    parser.add_argument("--later", action="store_true", help="recheck planted phones with a set published later")
    parser.add_argument("--quick", action="store_true", help="without the inputs that are slow by nature")
    parser.add_argument("--width", type=int, default=300, help="characters of the reasons to print")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
