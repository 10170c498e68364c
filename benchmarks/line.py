"""LINE through the whole program: ordinary accounts, accounts that fell, and pairs of phones that hold one chat.

Run `PYTHONPATH=tests/support python benchmarks/line.py [--keep FOLDER] [--every N]`; takes about half an hour. Each
account is a phone of its own official (an iTunes backup and an Android dump), registered, scanned in one batch and
asked for by the command line. An ordinary account must never be called switched off, each rule must be raised by the
account that was built for it, and of each pair the right account, or nobody, must be named.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builders.healthy_line import healthy_line
from builders.line_android import write_line_android_fs
from builders.line_fallen import PAIRS, fallen, fell, sound_pair
from mvtcase.phones.line_ios import line_ios_files, write_line_backup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase.phones.line_stories import LineAccount

_BASE = [sys.executable, "-m", "mvtcase", "--json", "--yes", "--examiner", "Bench"]
_OFF = frozenset({"off", "changed_on_off", "conflicting"})
_SPEAKING = frozenset({"R1", "R3", "R5", "R6"})
"""Rules that speak of the account, not of a peer."""
_FORMS = ("ios", "android")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """One phone with a LINE account: `name` says what is to be said of it."""

    name: str
    form: str
    account: LineAccount
    rules: frozenset[str] = frozenset()

    def write(self, folder: Path) -> None:
        """Write it as evidence."""
        if self.form == "ios":
            write_line_backup(folder, line_ios_files(self.account))
        else:
            write_line_android_fs(folder, self.account)


def phones(every: int) -> Iterator[Phone]:
    """Yield every phone: ordinary ones (each `every`th), one for each rule, and both of each pair in three forms."""
    for name, account in [*healthy_line()][::every]:
        yield from (Phone(name=f"ordinary: {name}", form=form, account=account) for form in _FORMS)
    for name, (account, *rules) in fallen().items():
        for form, wanted in zip(_FORMS, rules, strict=True):
            yield Phone(name=f"fallen: {name}", form=form, account=account, rules=wanted)
    for number, pair in enumerate(PAIRS):
        for mix, forms in enumerate((_FORMS, _FORMS[::-1], ("ios", "ios"), ("android", "android"))):
            both = sound_pair(100 + 40 * number + 4 * mix)
            for side, (account, only) in enumerate(zip(both, (pair.first, pair.second), strict=True)):
                yield Phone(name=f"pair {number} {mix} {side}", form=forms[side], account=fell(account, only))


class Case:
    """A case that is asked by the command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.call("init", folder / "workspace")
        self.call("case", "new", "Line", "--slug", "line")

    def call(self, *words: object) -> dict[str, Any]:
        """Return the data of one call. Raises `SystemExit` with what was printed where there is none."""
        place = [] if words[0] == "init" else ["-w", str(self.folder / "workspace")]
        done = subprocess.run([*_BASE, *place, *map(str, words)], capture_output=True, text=True, check=False)
        if done.returncode > 1:
            raise SystemExit(f"{words[:2]} ended {done.returncode}: {done.stdout[-600:]} {done.stderr[-600:]}")
        return dict(json.loads(done.stdout)["data"])

    def fill(self, given: list[Phone]) -> dict[str, Phone]:
        """Register all phones, one official each, and return them by official."""
        evidence = self.folder / "evidence"
        roster = [{"name": f"Person {number:03d} Invented"} for number in range(len(given))]
        _write(self.folder / "roster.csv", roster)
        self.call("official", "import", self.folder / "roster.csv")
        ids = {one["name"]: one["id"] for one in self.call("official", "list")["officials"]}
        found = {ids[row["name"]]: phone for row, phone in zip(roster, given, strict=True)}
        forms = {"scope": "all", "informed": "nature,privacy,retention,disposal", "given": "2026-11-01"}
        told = {"by": "Invented", "method": "oral_witnessed", **forms}
        _write(self.folder / "consents.csv", [{"official": one, **told} for one in found])
        self.call("consent", "record", "--csv", self.folder / "consents.csv")
        for one, phone in found.items():
            phone.write(evidence / one)
            self.call("acquisition", "add", evidence / one, "--official", one)
        return found


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def _rules_raised(case: Case) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for one in case.call("finding", "list", "--limit", 100_000)["findings"]:
        if str(one["title"]).startswith("LINE R"):
            found[one["official"]].add(str(one["title"])[5:7])
    return found


def _told_pairs(sealing: dict[str, Any], names: dict[str, str]) -> dict[str, set[tuple[str, str]]]:
    """Return, by the pair's name, which account was named and how much stands behind it."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for one in sealing["pairs"]:
        name = names[one["officials"][0]].rpartition(" ")[0]
        found[name].add((names.get(one["account_of"], "")[-1:], one["strength"]))
    return found


def main() -> int:
    """Print the counts, and return 1 when one of them is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, help="leave the case here")
    parser.add_argument("--every", type=int, default=1, help="ask each Nth ordinary account only")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="line-") as scratch:
        case = Case(options.keep or Path(scratch))
        found = case.fill([*phones(options.every)])
        case.call("scan", "run", "--all")
        return _report(found, case)


def _report(found: dict[str, Phone], case: Case) -> int:
    sealing, rules = case.call("status", "--sealing"), _rules_raised(case)
    said = {one["id"]: one["sealing"] for one in sealing["officials"]}
    wrong: list[str] = []
    for form in _FORMS:
        ordinary = [one for one, phone in found.items() if phone.form == form and phone.name.startswith("ordinary")]
        flips = [one for one in ordinary if said[one] in _OFF or rules[one] & _SPEAKING]
        wrong += [f"{found[one].name} ({form}): {said[one]} {sorted(rules[one])}" for one in flips]
        print(f"{form}: ordinary accounts {len(ordinary)}, flips reported {len(flips)}")
    for one, phone in found.items():
        if phone.name.startswith("fallen"):
            missing = phone.rules - rules[one]
            wrong += [f"{phone.name} ({phone.form}): not raised: {sorted(missing)}"] if missing else []
            print(f"{phone.form}: {phone.name}: {said[one]}, raised {' '.join(sorted(rules[one]))}")
    told = _told_pairs(sealing, {one: phone.name for one, phone in found.items()})
    for number, pair in enumerate(PAIRS):
        wanted = {("" if pair.account_of is None else str(pair.account_of), str(pair.strength))}
        right = sum(told[f"pair {number} {mix}"] == wanted for mix in range(4))
        wrong += [] if right == 4 else [f"pair {number}: {[told[f'pair {number} {mix}'] for mix in range(4)]}"]
        print(f"pair {number}: {right} of 4 as they must be: {sorted(wanted)}")
    print(*(f"WRONG {each}" for each in wrong), sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
