"""What `rosters.py` does with a seed: writes what leaves the team of both cases, compares it, subtracts its numbers."""

from __future__ import annotations

import io
import json
import re
import subprocess
import zipfile
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roster_cases import HIDDEN, START, STATUSES, Clock, Maker  # type: ignore[import-not-found]  # beside this file

from mvtcase.canon import timestamp
from mvtcase.casebook import read as read_casebook
from mvtcase.errors import ConflictError, RenderError
from mvtcase.report.crowds import LADDER
from mvtcase.store.folder import Workspace
from mvtcase.workflow import exports, report_life, reports, status
from mvtcase.workflow.desk import Desk

if TYPE_CHECKING:
    from mvtcase.casebook import Casebook

FEWEST = 5


class Trial:
    """One seed: its two cases, what is written of both, and what was wrong."""

    def __init__(self, seed: int, folder: Path, *, forms: tuple[str, ...], crowd: int = 0) -> None:
        self.prepare(seed, forms)
        makers = [Maker(seed, twin, crowd) for twin in ("one", "other")]
        for made in makers:
            made.build(Workspace(folder / made.twin))
        self.desks = [self.desk(folder / made.twin, "Ada") for made in makers]
        self.people, self.groups, self.dice = makers[0].people, makers[0].groups, makers[0].dice

    def prepare(self, seed: int, forms: tuple[str, ...]) -> None:
        """Begin with nothing wrong and nothing released."""
        self.seed, self.forms, self.wrong, self.counts = seed, forms, list[str](), Counter[str]()
        self.language = ("en", "zh-TW")[seed % 2]
        self.released: list[tuple[dict[tuple[frozenset[str], frozenset[str]], int], dict[str, str]]] = []

    def desk(self, folder: Path, examiner: str) -> Desk:
        """Return somebody's desk at one of the cases."""
        return Desk(workspace=Workspace(folder), examiner=examiner, clock=Clock(), with_control=False,
                    language=self.language)  # fmt: skip

    def read(self) -> list[Casebook]:
        """Return both cases as a whole."""
        found = []
        for desk in self.desks:
            with desk.open_case() as store:
                found.append(read_casebook(store, desk.newest()))
        return found

    def told(self) -> dict[str, Any]:
        """Return what the verb `status` says of each person."""
        return {each["id"]: each for each in status.status(self.desks[0]).json["officials"]}

    def members(self, group: str) -> frozenset[str]:
        """Return who belongs to a group or one inside it; to none: everybody."""
        parents = self.groups
        inside = {group}
        for each, parent in parents.items():
            inside |= {each} if parent in inside else set()
        return frozenset(one.id for one in self.people if not group or inside & set(one.groups))

    def run(self) -> None:
        """Write everything, twice over where the case moves in between."""
        for turn in range(2):
            about = ["", *self.groups]
            self.dice.shuffle(about)
            for group in about:
                self.release(group)
            for group in about if len(self.forms) > 1 else ():
                self.draft("group" if group else "incident", group)
            if turn == 0:
                self.alone()
                self.export()
                self.move()
        self.inside()

    def inside(self) -> None:
        """Compare the numbers of internal editions with the verb `status`, and look for identities in named ones."""
        told = self.told()
        for group in ("", *self.groups):
            kind, members = "group" if group else "incident", self.members(group)
            facts = self.facts(kind, group, "internal")
            self.expect(sum(each["count"] for each in facts["tallies"]) == len(members), f"{kind} {group}: somebody")
            self.agree(f"{kind} {group}", facts["tallies"], members, told)
            for each in facts["groups"]:
                own = f"G-{int(each['group'].split()[1]):04d}"
                self.agree(f"{own} in {kind} {group}", each["tallies"], self.members(own) & members, told)
        text = json.dumps(self.facts("incident", "", "named"), ensure_ascii=False).casefold()
        for one in self.people:
            for what in ("contact", "serial", "udid", "imei", "phone"):
                secret = one.secret.get(what, "")
                self.expect(not secret or secret.casefold() not in text, f"named edition: {what} of {one.id}")

    def agree(self, what: str, tallies: Any, members: frozenset[str], told: dict[str, Any]) -> None:  # noqa: ANN401
        """Compare each number of an internal edition with what the verb says of each person."""
        for each in tallies:
            those = [told[one] for one in members if told[one]["status"] in each["statuses"]]
            for number, true in (("count", len(those)), ("dismissed", sum(one["dismissed"] for one in those)),
                                 ("leads", sum(one["leads"] for one in those))):  # fmt: skip
                self.expect(each[number] == true, f"{what}: {number} {each[number]}, and {true} by 'status'")

    def facts(self, kind: str, target: str, edition: str) -> Any:  # noqa: ANN401  # JSON
        """Return what a report says."""
        (written,) = reports.write(self.desks[0], kind, target=target or None, formats=["json"], edition=edition).json[
            "reports"
        ]
        return json.loads(Path(written["path"]).read_bytes())

    def draft(self, kind: str, target: str, *, edition: str = "outside") -> None:
        """Write one report on both cases in every format, and compare the bytes."""
        self.same(f"{kind} {target}", [self.files(twin, kind, target, edition) for twin in range(2)])

    def files(self, twin: int, kind: str, target: str, edition: str) -> dict[str, bytes]:
        """Return the files of one report; of one that is refused, why."""
        desk = self.desks[twin]
        try:
            made = reports.write(desk, kind, target=target or None, formats=self.forms, edition=edition).json["reports"]
        except ConflictError as error:
            return {"refused": str(error).encode()}
        except RenderError as error:
            self.expect(False, f"{kind} {target}: the last net stopped what says nothing: {error}")
            return {}
        return {each["format"]: Path(each["path"]).read_bytes() for each in made}

    def same(self, what: str, both: list[dict[str, bytes]]) -> None:
        """Note where two files differ that must not."""
        one, other = both
        self.counts["refused" if "refused" in one else "reports"] += 1
        self.expect(one.keys() == other.keys(), f"{what}: written of one case and not of the other")
        for form in one.keys() & other.keys():
            self.counts["files"] += 1
            mine, theirs = (plain(form, each[form]) for each in both)
            if mine != theirs:
                at = next((n for n, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b), 0)
                self.wrong.append(f"{what}.{form}: {mine[at - 60 : at + 60]!r} is {theirs[at - 60 : at + 60]!r}")

    def release(self, group: str) -> None:
        """Release an outside edition of both cases, and subtract its numbers from those that were released before."""
        said = [self.released_by(twin, "group" if group else "incident", group) for twin in range(2)]
        self.same(f"released {group or 'incident'}", said)
        if "json" in said[0]:
            self.subtract(group, json.loads(said[0]["json"]))

    def released_by(self, twin: int, kind: str, group: str) -> dict[str, bytes]:
        """Return the file of an outside edition that was reviewed and released; of one that is refused, why."""
        desk = self.desks[twin]
        try:
            made = reports.write(desk, kind, target=group or None, formats=["json"], edition="outside").json["reports"]
        except ConflictError:
            return {"refused": b""}
        except RenderError as error:
            self.expect(False, f"{kind} {group}: the last net stopped what says nothing: {error}")
            return {}
        report_life.review(self.desk(desk.workspace.path, "Bo"), made[0]["id"])
        (made,) = report_life.release(desk, made[0]["id"]).json["reports"]
        return {"json": Path(made["path"]).read_bytes()}

    def subtract(self, group: str, facts: Any) -> None:  # noqa: ANN401  # JSON
        """Subtract the numbers of a report from each other and from those of every report before it."""
        now = {(self.members(group), frozenset(each["statuses"])): each["count"] for each in facts["tallies"]}
        for told in facts["groups"]:
            own = next(one for one in self.groups if f"Committee {int(one[2:])}" == told["group"])
            now |= {(self.members(own), frozenset(each["statuses"])): each["count"] for each in told["tallies"]}
        stands = {key: each["status"] for key, each in self.told().items()}
        for (people, which), number in now.items():
            true = sum(stands[each] in which for each in people)
            self.expect(number == true, f"{group or 'case'} {sorted(which)}: {number}, and {true} are")
        now = merged(now)
        shown = {one.id for one in self.people if one.level not in HIDDEN}
        rows = {each: stands[each] for each in shown} if not group else {}
        self.released.append((now, rows))
        for before, then in self.released:
            for (some, which), (other, what) in ((a, b) for a in now for b in before):
                if which == what and len(which) < len(STATUSES) and (some <= other or other <= some):
                    difference = abs(now[some, which] - before[other, what])
                    visible = sum(stands[each] in which for each in rows.keys() & (some ^ other))
                    hidden = now[some, which] - sum(rows[each] in which for each in rows.keys() & some)
                    hidden -= before[other, what] - sum(then[each] in which for each in then.keys() & other)
                    alike = rows.keys() & some & other == then.keys() & some & other
                    self.expect(
                        difference - visible <= 0
                        or difference - visible >= FEWEST
                        or (alike and (hidden == 0 or abs(hidden) >= FEWEST)),
                        f"{group or 'case'}: {sorted(which)} differ by {difference}, {visible} in rows",
                    )
        self.leave(group, now, stands)
        self.fit(group, facts)
        told = {each for _, then in self.released for each in then}
        for people, which in now:
            hiding = sum(stands[each] in which for each in people - shown - told)
            self.expect(hiding == 0 or hiding >= FEWEST, f"{group or 'case'}: {hiding} never shown, {sorted(which)}")
            hiding = sum(stands[one.id] in which for one in self.people if one.level in HIDDEN and one.id in people)
            self.expect(hiding == 0 or hiding >= FEWEST, f"{group or 'case'}: {hiding} stand at {sorted(which)}")

    def fit(self, group: str, facts: Any) -> None:  # noqa: ANN401  # JSON
        """Look whether bands and the number of all leave a part of one to four people in no row only one number."""
        if not group or self.language != "en":
            return
        totals = {each["group"]: each["total"] for each in facts["groups"]}
        totals["Everybody in this report"] = facts["counted"]
        wholes = [(facts["counted"], [number for _, number in facts["roster"]])]
        wholes += [
            (totals[each["group"]], [each[name] for name in ("on", "off", "changed", "conflicting", "unknown")])
            for each in (facts["sealing"] or {"groups": ()})["groups"]
        ]
        for total, numbers in wholes:
            ends = [bounds(each, total) for each in numbers]
            for low, high in ends:
                least = max(low, total - sum(most for _, most in ends) + high)
                most = min(high, total - sum(fewest for fewest, _ in ends) + low)
                pinned = least == most and 0 < least < FEWEST
                self.expect(not pinned, f"{group}: {numbers} of {total} say that {least} are")

    def leave(self, group: str, now: dict[tuple[frozenset[str], frozenset[str]], int], stands: dict[str, str]) -> None:
        """Take from each whole that was ever given the parts of it that share nobody, and look who is left."""
        given = {key: number for numbers, _ in self.released for key, number in numbers.items()}
        hidden = {one.id for one in self.people if one.level in HIDDEN}
        for (whole, which), number in given.items():
            parts = [people for people, what in given if what == which and people < whole]
            for few in (each for size in (2, 3) for each in combinations(parts, size)):
                left = whole.difference(*few)
                if len(whole) != len(left) + sum(map(len, few)) or not any(
                    (each, which) in now for each in (whole, *few)
                ):
                    continue
                rest = number - sum(given[each, which] for each in few)
                hiding = sum(stands[each] in which for each in left & hidden)
                same = rest == sum(stands[each] in which for each in left)
                told = (
                    f"{group or 'case'}: {hiding} of {len(left)} in none of {len(few)} parts stand at {sorted(which)}"
                )
                self.expect(not same or hiding == 0 or hiding >= FEWEST, told)

    def move(self) -> None:
        """Let a few people's findings be judged, in both cases alike: the numbers move by some."""
        chosen = [n for n, one in enumerate(self.people) if one.status in {"indicator_match", "suspicious"}]
        chosen = chosen[: self.dice.randint(0, 8)]
        for desk in self.desks:
            with desk.open_case(to_change=True) as store, store.change("judged", actor="Ada") as change:
                for n in chosen:
                    for turn in range(2):
                        change.insert("disposition", id=f"V-9{n:04d}{turn}", finding=f"F-{n + 1:012x}0000",
                                      verdict="benign", reason="x", examiner=("Ada", "Bo")[turn],
                                      at=timestamp(START))  # fmt: skip

    def alone(self) -> None:
        """Write the letter of somebody who is the same in both cases, and the device report of somebody shown."""
        self.draft("letter", "O-0001", edition="internal")
        shown = next((one for one in self.people if one.level in {"named", "role"}), None)
        if shown:
            self.draft("device", f"D-{shown.id[2:]}")
            self.draft("incident", shown.id)

    def export(self) -> None:
        """Write every export of both cases; where only JSON of reports is compared, three of them in turn."""
        every = [each for each in exports.ExportFormat if each is not exports.BUNDLE]
        few = [every[(self.seed + place) % len(every)] for place in range(3)]
        for form in few if len(self.forms) == 1 else every:
            for named in (bool(self.seed % 3),) if len(self.forms) == 1 else (False, True):
                self.same(f"export {form}", [self.exported(twin, form, with_names=named) for twin in range(2)])

    def exported(self, twin: int, form: str, *, with_names: bool) -> dict[str, bytes]:
        """Return the bytes of an export."""
        desk = self.desks[twin]
        path = desk.workspace.path / f"{form}-{with_names}-{exports.ENDINGS[exports.ExportFormat(form)]}"
        try:
            exports.export(desk, form, output=path, edition="outside", with_names=with_names)
        except ConflictError as error:
            return {"refused": str(error).encode()}
        except RenderError as error:
            self.expect(False, f"export {form}: the last net stopped what says nothing: {error}")
            return {}
        return {path.name.rpartition(".")[2]: path.read_bytes()}

    def expect(self, holds: bool, what: str) -> None:  # noqa: FBT001  # as `assert`
        """Note what does not hold."""
        self.counts["looks"] += 1
        if not holds:
            self.wrong.append(what)


def bounds(shown: int | str, total: int) -> tuple[int, int]:
    """Return the fewest and the most that a number as a report tells it can be."""
    if isinstance(shown, int):
        return shown, shown
    ends = [int(each) for each in re.findall(r"\d+", shown)]
    return (1, ends[0] - 1) if shown.startswith("fewer") else ((ends or [1])[0], (*ends, total, total)[1])


def merged(
    numbers: dict[tuple[frozenset[str], frozenset[str]], int],
) -> dict[tuple[frozenset[str], frozenset[str]], int]:
    """Return numbers with all sums of theirs that reports give elsewhere: who has two cells has the coarser one."""
    told = dict(numbers)
    for people in {each for each, _ in numbers}:
        for cell in {frozenset(map(str, cell)) for rung in LADDER for cell in rung}:
            parts = [which for each, which in numbers if each == people and which <= cell]
            if sum(map(len, parts)) == len(cell):
                told[people, cell] = sum(numbers[people, which] for which in parts)
    return told


_RANDOM = re.compile(
    r"[0-9a-f]{64}|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|D:\d{14}Z?|\d{4}-\d\d-\d\dT[\d:.]+Z(?=</dcterms)"
)


def plain(form: str, data: bytes) -> str:
    """Return a file as text without hashes and random ids; packed ones unpacked, paper as another program reads it."""
    if form in {"docx", "xlsx"}:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            text = "\n".join(f"{each}\n{archive.read(each).decode('utf-8', 'replace')}" for each in archive.namelist())
    elif form == "pdf":
        text = subprocess.run(
            ["pdftotext", "-raw", "-", "-"], input=data, capture_output=True, check=True
        ).stdout.decode()
        text = re.sub(r"\s+", "", text)
    else:
        text = data.decode("utf-8")
    return _RANDOM.sub("#", text)
