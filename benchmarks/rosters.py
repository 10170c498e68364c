"""Seeded cases, each made twice with other identities: does any report or export tell them apart, is every number true?

    python benchmarks/rosters.py                   1,000 cases; about a quarter of an hour of one core
    python benchmarks/rosters.py --first 40 --only 3

Two cases of one seed differ in nothing but what an outside edition must not tell: names, contacts, pseudonyms and roles
of those who may not be shown so, serial numbers, and whatever phones and examiners wrote in free text. Outside editions
of both must be the same bytes but for hashes and random ids. All formats are laid out from what the JSON holds: JSON is
compared in all cases, every format and the whole life of reports, by the verbs, in each 50th (PDF: each 200th).
Numbers are compared with the verb `status`, and whoever holds all released reports of a case subtracts each from each.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roster_cases import HIDDEN, Clock, Person, letters, name  # type: ignore[import-not-found]  # beside this file
from roster_trials import Trial  # type: ignore[import-not-found]  # beside this file

from mvtcase import model
from mvtcase.canon import timestamp
from mvtcase.errors import ConflictError, RenderError
from mvtcase.report.crowds import Given
from mvtcase.report.net import require_nobody_in
from mvtcase.report.publication import Edition, face_of
from mvtcase.report.render import Format, render
from mvtcase.report.view import Occasion, view_of
from mvtcase.workflow import editions, exports, report_making

if TYPE_CHECKING:
    from mvtcase.casebook import Casebook

FORMS = ("html", "md", "docx", "xlsx", "json")
SHARED = 25
"""How many rosters take their people from one pair of cases."""


@dataclass
class Base:
    """Two cases of one seed as they were read, before and after findings were judged, and what `status` says."""

    books: tuple[list[Casebook], list[Casebook]]
    standings: tuple[dict[str, Any], dict[str, Any]]

    @classmethod
    @cache
    def of(cls, seed: int) -> Base:
        """Return the cases of a seed: many people, none of them named, of whom each roster takes some."""
        with tempfile.TemporaryDirectory() as folder:
            trial = Trial(seed, Path(folder), forms=(), crowd=48)
            first, said = trial.read(), trial.told()
            trial.move()
            return cls(books=(first, trial.read()), standings=(said, trial.told()))


class Quick(Trial):  # type: ignore[misc]  # a script beside this one has no types
    """A roster of some people of a base, in other groups and at other levels; reports are made without the verbs."""

    def __init__(self, seed: int) -> None:
        self.prepare(seed, ("json",))
        self.base, self.turn = Base.of(seed // SHARED * SHARED), 0
        self.before: list[list[Given]] = [[], []]
        self.dice = random.Random(f"roster {seed}")
        number = self.dice.randint(2, 4)
        self.other = random.Random(f"parted {seed}")
        self.parted = self.other.random() < 0.4  # party caucuses: nobody is in two, and few are in none
        self.groups = {f"G-{n:04d}": f"G-{n - 1:04d}" if n > 1 and self.dice.random() < 0.5 else None
                       for n in range(1, number + 1)}  # fmt: skip
        everybody = sorted(self.base.standings[0])
        chosen = self.dice.sample(everybody[1:], self.dice.randint(5, len(everybody) - 4))
        hidden = self.dice.choice([0.2, 0.6, 1.0])
        self.people = [self.somebody(each, hidden) for each in ["O-0001", *chosen]]
        self.late = [each for each in everybody if each not in {one.id for one in self.people}][:3]
        self.books = [self.varied(twin) for twin in range(2)]

    def somebody(self, official: str, hidden: float) -> Person:
        """Return a person of the roster with a level and groups of this roster."""
        level = self.dice.choice(sorted(HIDDEN)) if self.dice.random() < hidden else self.dice.choice(["named", "role"])
        secret = {
            "name": name(self.dice),
            "pseudonym": f"P-{letters(self.dice)}",
            "role": f"Member {letters(self.dice)}",
        }
        return Person(id=official, level=level, status="", groups=self.some_groups(), secret=secret)

    def some_groups(self) -> list[str]:
        """Return the groups of a person."""
        if self.parted:
            return [self.dice.choice(sorted(self.groups))] if self.dice.random() < 0.9 else []
        return [each for each in self.groups if self.dice.random() < 0.5]

    def varied(self, twin: int) -> Casebook:
        """Return a case of the base as this roster has it: who is named, or in a role, is called the same in both."""
        book, groups = self.base.books[self.turn][twin], {
            key: model.Group(id=key, uuid=key, name=f"Committee {int(key[2:])}", parent=parent)
            for key, parent in self.groups.items()
        }  # fmt: skip
        standing = {one.official.id: one for one in book.officials}
        officials = []
        for one in sorted(self.people, key=lambda each: each.id):
            shown = {"named": ("name", "pseudonym", "role"), "role": ("pseudonym", "role")}.get(one.level, ())
            changed: dict[str, Any] = {each: one.secret[each] for each in shown if one.id != "O-0001"}
            official = replace(standing[one.id].official, publication=model.Publication(one.level),
                               groups=tuple(one.groups), **changed)  # fmt: skip
            officials.append(
                replace(standing[one.id], official=official, groups=tuple(groups[each] for each in one.groups))
            )
        inside = {one.id for one in self.people}
        phones = {each.device.id for one in officials for each in one.devices}
        return replace(
            book,
            groups=tuple(groups.values()),
            officials=tuple(officials),
            findings=tuple(each for each in book.findings if each.official in inside),
            observations=tuple(each for each in book.observations if each.official in inside),
            scans=tuple(each for each in book.scans if each.device in phones),
        )

    def move(self) -> None:
        """Take the base after findings were judged; some people join, are shown no more, or change their groups."""
        self.turn = 1
        shown = [one for one in self.people if one.level not in HIDDEN and one.id != "O-0001"]
        for one in self.other.sample(shown, min(len(shown), self.other.randint(0, 2))):
            one.level = "withheld"  # whoever agreed may change their mind
        self.people += [self.somebody(each, 1.0) for each in self.late[: self.dice.randint(0, 3)]]
        for one in self.dice.sample(self.people, self.dice.randint(0, 2)):
            one.groups = self.some_groups()
        self.books = [self.varied(twin) for twin in range(2)]

    def told(self) -> dict[str, Any]:
        """Return what the verb `status` says of each person of the roster."""
        inside = {one.id for one in self.people}
        return {key: value for key, value in self.base.standings[self.turn].items() if key in inside}

    def files(self, twin: int, kind: str, target: str, edition: str) -> dict[str, bytes]:
        """Return the JSON of a report, looked over as the verb does; of one that is refused, why."""
        book = self.books[twin]
        occasion = self.occasion(twin, kind, target, edition)
        try:
            facts = report_making.facts_of(book, editions.Kind(kind), occasion)
            made = render(facts, kind, Format.JSON)
            if twin == 0:
                report_making.look_over(book, occasion, [(f"R-0001-{kind}-{edition}.json", made)])
        except ConflictError as error:
            return {"refused": str(error).encode()}
        except RenderError as error:
            self.expect(False, f"{kind} {target}: the last net stopped what says nothing: {error}")
            return {}
        rows = {one.official.id: one.status for one in book.officials if kind == "incident" and face_of(one.official)}
        self.given = [
            Given(report="", key=each.key, rung=each.rung, counts=tuple(cell.count for cell in each.cells),
                  people=(inside := self.members(each.key)),
                  rows={key: status for key, status in rows.items() if key in inside})
            for each in getattr(facts, "numbers", ())
        ]  # fmt: skip
        return {"json": made}

    def occasion(self, twin: int, kind: str, target: str, edition: str) -> Occasion:
        """Return the occasion of a report."""
        book = self.books[twin]
        people = {one.official.id: one.official for one in book.officials}
        return Occasion(
            report="R-0001", kind=kind, written_at=timestamp(Clock().now), examiner="Ada", edition=Edition(edition),
            language=self.language, group=next((each for each in book.groups if each.id == target), None),
            official=people.get(target.replace("D-", "O-")), device=target if target.startswith("D-") else "",
            before=tuple(self.before[twin]) if edition == "outside" else (),
        )  # fmt: skip

    def released_by(self, twin: int, kind: str, group: str) -> dict[str, bytes]:
        """Return the JSON of an outside edition, whose numbers later ones look at."""
        self.given = []
        made = self.files(twin, kind, group, "outside")
        # Whoever is in a group now is who the chain's numbers are compared with, as the verb does.
        self.before[twin] = [replace(each, people=self.members(each.key)) for each in self.before[twin]] + self.given
        return {"refused": b""} if "refused" in made else made

    def facts(self, kind: str, target: str, edition: str) -> Any:  # noqa: ANN401  # JSON
        """Return what a report says; of internal ones the numbers alone, which is what they are asked for."""
        if edition != "internal":
            return json.loads(self.files(0, kind, target, edition)["json"])
        made = report_making.facts_of(self.books[0], editions.Kind(kind), self.occasion(0, kind, target, edition))
        return {"tallies": [asdict(each) for each in made.tallies], "groups": [asdict(each) for each in made.groups]}

    def exported(self, twin: int, form: str, *, with_names: bool) -> dict[str, bytes]:
        """Return the bytes of an export, looked over as the verb does."""
        view = view_of(self.books[twin], self.occasion(twin, "export", "", "outside"))
        ending = exports.ENDINGS[exports.ExportFormat(form)]
        data = exports.MAKERS[exports.ExportFormat(form)](view, with_names).data
        try:
            if twin == 0:
                require_nobody_in(view, [(ending, data)])
        except RenderError as error:
            self.expect(False, f"export {form}: the last net stopped what says nothing: {error}")
            return {}
        return {ending.rpartition(".")[2]: data}


def main() -> None:
    """Try every seed and tell what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=0, help="The first seed.")
    parser.add_argument("--only", type=int, default=1_000, help="How many seeds.")
    parser.add_argument(
        "--forms", type=int, default=50, help="Each how manieth goes through the verbs, in all formats."
    )
    parser.add_argument("--paper", type=int, default=200, help="Each how manieth is written as PDF too.")
    asked = parser.parse_args()
    whole, wrong = Counter[str](), 0
    for seed in range(asked.first, asked.first + asked.only):
        forms = ("json",) if seed % asked.forms else FORMS if seed % asked.paper else (*FORMS, "pdf")
        with tempfile.TemporaryDirectory() as folder:
            trial = Trial(seed, Path(folder), forms=forms) if len(forms) > 1 else Quick(seed)
            trial.run()
        whole.update(trial.counts)
        wrong += bool(trial.wrong)
        if seed % 20 == 0:
            sys.stdout.write(f"at seed {seed}\n")
        for each in trial.wrong[:6]:
            sys.stdout.write(f"seed {seed} ({trial.language}): {each}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{asked.only} cases, {wrong} of them with something wrong; {dict(whole)}\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
