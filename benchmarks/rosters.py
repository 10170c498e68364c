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
import io
import json
import random
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvtcase import model
from mvtcase.canon import timestamp
from mvtcase.casebook import read as read_casebook
from mvtcase.errors import ConflictError, RenderError
from mvtcase.model.reach import measured
from mvtcase.report.crowds import Given
from mvtcase.report.net import require_nobody_in
from mvtcase.report.publication import Edition
from mvtcase.report.render import Format, render
from mvtcase.report.view import Occasion, view_of
from mvtcase.store.folder import Workspace
from mvtcase.store.store import Store
from mvtcase.workflow import editions, exports, report_life, report_making, reports, status
from mvtcase.workflow.desk import Desk

if TYPE_CHECKING:
    from mvtcase.casebook import Casebook
    from mvtcase.store.store import Change

START = datetime(2026, 8, 1, tzinfo=timezone.utc)
FEWEST = 5
FORMS = ("html", "md", "docx", "xlsx", "json")
SURNAMES = ("Lin", "Will", "May", "Link", "Thornquist", "Li", "Saltmarsh", "Grace", "Report", "O'Brackwater", "Group")
GIVEN = ("Example", "Yseulda", "An", "Case", "Letter", "Jo", "Éloïse", "Halvor", "Open", "Bo", "Mark", "Phone")
CHINESE = (
    "王小明",
    "林月燈",
    "陳大文",
    "歐陽小雨",
    "李安",
    "張指標",
    "方法",
    "紀錄",
    "黃文件",
    "全國",
    "應用程",
    "游戲雲",
)
STATUSES = [str(each) for each in model.Status]
HIDDEN = {"counted", "withheld"}
SHARED = 25
"""How many rosters take their people from one pair of cases."""
RUNS = [
    model.ModuleRun(module=slug, slug=slug, origin="mvt", outcome=model.ModuleOutcome.CHECKED, records=9,
                    first_time="2026-08-01", last_time="2026-11-01") for slug in ("sms", "datausage", "manifest")
]  # fmt: skip
REACH = [each.json for each in measured(model.EvidenceKind.IOS_BACKUP, RUNS)]
FINDINGS = {
    "confirmed": ("execution", "CRITICAL", "processes", "bh", 2),
    "targeted": ("attempt", "CRITICAL", "domains", "update.evil.example", 2),
    "indicator_match": ("attempt", "CRITICAL", "domains", "lure-7.example", 0),
    "suspicious": ("heuristic", "MEDIUM", None, None, 0),
}


@dataclass
class Clock:
    """A clock that stands, so that both cases of a seed have the same times."""

    now: datetime = datetime(2026, 11, 24, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        """Return when everything happens."""
        return self.now


@dataclass
class Person:
    """One official as a case was made: what stays, and in `secret` what differs between the two cases of a seed."""

    id: str
    level: str
    status: str
    groups: list[str]
    secret: dict[str, str] = field(default_factory=dict)


class Maker:
    """Writes one case of a seed; `twin` chooses the identities."""

    def __init__(self, seed: int, twin: str, crowd: int = 0) -> None:
        self.twin, self.crowd = twin, crowd
        self.dice = random.Random(seed)  # what both cases share
        self.own = random.Random(f"{seed} {twin}")  # what they do not
        self.same = random.Random(f"{seed} same")  # who is the same person in both
        self.groups: dict[str, str | None] = {}
        self.people: list[Person] = []
        self.alerts = 0

    def build(self, workspace: Workspace) -> None:
        """Write the case."""
        workspace.create()
        with Store.create(workspace.new_case_folder("seeded"), clock=Clock(START)) as store:
            with store.change("case.created", actor="Ada") as change:
                change.insert("case_file", id="C-0001", slug="seeded", title="Chat accounts, 2026", tlp="AMBER",
                              state="open", created_at=change.at, created_by="Ada")  # fmt: skip
                for number in range(1, self.dice.randint(2, 5)):
                    name, parent = f"G-{number:04d}", f"G-{number - 1:04d}"
                    self.groups[name] = parent if number > 1 and self.dice.random() < 0.5 else None
                    change.insert("affected_group", id=name, name=f"Committee {number}", parent=self.groups[name])
            with store.change("invented", actor="Ada") as change:
                hidden = self.dice.choice([0.2, 0.6, 1.0])
                for number in range(1, 1 + (self.crowd or self.dice.randint(6, 48))):
                    self.person(change, number, 1.0 if self.crowd else hidden)

    def person(self, change: Change, number: int, hidden: float) -> None:
        """Write one official with a phone, what was found on it, and what was seen of the account."""
        dice = self.dice
        level = dice.choice(sorted(HIDDEN)) if dice.random() < hidden else dice.choice(["named", "role"])
        groups = [each for each in self.groups if dice.random() < 0.5]
        one = Person(id=f"O-{number:04d}", level=level, status=dice.choice(STATUSES), groups=groups)
        self.people.append(one)
        # The first is to get a letter and is the same person in both; who is named has one name in both.
        own = self.same if number == 1 else self.own
        shown = self.same if number == 1 or level == "named" else self.own
        role = self.same if number == 1 or level not in HIDDEN else self.own
        one.secret = {
            "name": name(shown),
            "pseudonym": f"P-{letters(role)}",
            "role": f"Member for {letters(role)}",
            "contact": f"{letters(own).lower()}@mail.example.org",
            "serial": letters(own), "udid": f"0000{own.randrange(10**4):04d}-{letters(own)}{letters(own)}",
            "imei": f"35{own.randrange(10**13):013d}", "phone": f"+8869{own.randrange(10**8):08d}",
        }  # fmt: skip
        secret = one.secret
        change.insert(
            "official", id=one.id, pseudonym=secret["pseudonym"], name=secret["name"], role=secret["role"],
            contact=secret["contact"], publication=level,
            roster=dice.choice(["consented"] * 6 + ["invited", "refused", "unreachable"]),
        )  # fmt: skip
        for group in groups:
            change.insert("membership", official=one.id, affected_group=group)
        change.insert(
            "consent", id=f"K-{number:04d}", official=one.id, given_by=secret["name"], method="written",
            scope=f"the phone of {secret['name']}", given_at=timestamp(START), recorded_by="Ada",
            **{f"informed_{point}": True for point in model.ConsentPoint},
        )  # fmt: skip
        self.phone(change, one, number)
        self.seen(change, one, number)

    def phone(self, change: Change, one: Person, number: int) -> None:
        """Write a phone, whose every text holds what must not be told."""
        secret, about = one.secret, self.told(one)
        change.insert(
            "device", id=f"D-{number:04d}", official=one.id, label=f"{secret['name']}'s phone", platform="ios",
            fingerprint=f"udid:{secret['udid']}", state="in_use", owner=secret["name"],
            identity={"platform": "ios", "product_type": "iPhone14,5", "model": "iPhone 13", "name": secret["name"],
                      "os_version": "26.0", "serial": secret["serial"], "udid": secret["udid"],
                      "imei": secret["imei"], "phone_number": secret["phone"]},
        )  # fmt: skip
        if one.status == "not_examined":
            return
        change.insert(
            "acquisition", id=f"A-{number:04d}", device=f"D-{number:04d}", official=one.id, kind="ios_backup",
            path=f"/evidence/{about}", encrypted=False, files=2_000, bytes=1 << 20, manifest_sha256="0" * 64,
            identity={"platform": "ios"}, registered_at=timestamp(START), registered_by="Ada", imported=False,
            state="registered",
        )  # fmt: skip
        whole = one.status != "inconclusive"
        change.insert(
            "scan", id=f"S-{number:04d}", acquisition=f"A-{number:04d}", device=f"D-{number:04d}", kind="ios_backup",
            command="mvt-ios check-backup", state="finished", completeness="full" if whole else "partial",
            indicators_loaded=5453, tools={"mvt": "2026.10.26"}, started_at=timestamp(START),
            finished_at=timestamp(START), examiner="Ada", reach=REACH, sequence=number,
            claims={"files": 2_000, "claimed": 1_900, "second_reader": 2_000, "unclaimed_files": 1,
                    "unclaimed": [{"path": f"Media/{about}.jpg", "bytes": 9, "telling": False}]},
        )  # fmt: skip
        for place, run in enumerate(RUNS):
            change.insert("module_run", scan=f"S-{number:04d}", ordinal=place, module=run.module, slug=run.slug,
                          origin="mvt", outcome="checked", records=9, reason=f"read {about}")  # fmt: skip
        if not whole:
            change.insert("gap", scan=f"S-{number:04d}", ordinal=0, module="tcc", outcome="damaged",
                          reason=f"Media/{about} is damaged")  # fmt: skip
        self.found(change, one, number)

    def found(self, change: Change, one: Person, number: int) -> None:
        """Write what was found: what makes the status, a lead, and now and then something that was dismissed."""
        wanted = [(FINDINGS[one.status], one.status)] if one.status in FINDINGS else []
        wanted += [(("heuristic", "MEDIUM", None, None, 0), "lead")] if self.dice.random() < 0.5 else []
        wanted += [(("attempt", "HIGH", "domains", "old.example", -2), "dismissed")] if self.dice.random() < 0.3 else []
        for place, ((kind, level, sort, value, judged), why) in enumerate(wanted):
            self.alerts += 1
            about, finding = self.told(one), f"F-{number:012x}{place:04x}"
            moment = f"2026-0{self.dice.randint(1, 9)}-1{self.dice.randint(0, 9)} 08:00:00"
            told = {"value": value, "type": sort, "family": value and "Pegasus", "set": value and "starter"}
            indicator = {f"indicator_{each}": text for each, text in told.items()}
            detail = {"isodate": moment, "text": f"call {about}", "sender": one.secret["phone"]}
            alert = change.insert(
                "alert", scan=f"S-{number:04d}", ordinal=self.alerts, source="mvt", module="sms", level=level,
                message=f"Message from {about}", event_time=moment, event=detail, witnessed=False, **indicator,
            )  # fmt: skip
            change.insert(
                "finding", id=finding, device=f"D-{number:04d}", official=one.id, evidence_class=kind, level=level,
                module="sms", title=f"Message from {about}", event_time=moment, event_time_basis="utc", detail=detail,
                first_scan=f"S-{number:04d}", rating="lead" if why == "lead" else "" if value else "suspicious",
                rule="" if value else "redirect-fast", **indicator,
            )  # fmt: skip
            change.insert("finding_alert", finding=finding, alert=alert)
            for turn in range(abs(judged)):
                change.insert(
                    "disposition", id=f"V-{self.alerts:04d}{turn}", finding=finding,
                    verdict="confirmed" if judged > 0 else "benign", reason=f"{about} said so",
                    examiner=("Ada", "Bo")[turn], at=timestamp(START),
                )  # fmt: skip

    def seen(self, change: Change, one: Person, number: int) -> None:
        """Write what was seen of the account, with free text beside it."""
        if self.dice.random() < 0.6:
            for day, value in ((0, "on"), (20, self.dice.choice(["on", "off"]))):
                at = timestamp(START + timedelta(days=day))
                change.insert(
                    "observation", id=f"B-{number:04d}{day}", official=one.id, kind="line.letter_sealing", value=value,
                    method="screen", at=at, recorded_at=at, recorded_by="Ada", note=f"as {self.told(one)} showed",
                )  # fmt: skip
        if self.dice.random() < 0.2:
            at = timestamp(START)
            change.insert(
                "observation", id=f"B-{number:04d}99", official=one.id, kind="x.heard", value=self.told(one),
                at=at, recorded_at=at, recorded_by="Ada",
            )  # fmt: skip

    def told(self, one: Person) -> str:
        """Return what must not be told of a person, in one of the forms that file names and messages have."""
        secret, name = one.secret, one.secret["name"]
        forms = (name, name.replace(" ", "%20"), name.replace(" ", "_"), name[1:], secret["contact"], secret["phone"],
                 secret["serial"], secret["udid"].replace("-", ""), secret["pseudonym"], secret["imei"])  # fmt: skip
        return f"{self.own.choice(forms)} {self.own.choice(forms)}"


def name(dice: random.Random) -> str:
    """Return a name: Chinese, Latin, short, or one that is a word."""
    return dice.choice(CHINESE) if dice.random() < 0.4 else f"{dice.choice(GIVEN)} {dice.choice(SURNAMES)}"


def letters(dice: random.Random) -> str:
    """Return eight letters that no word is."""
    return "".join(dice.choice("XQZVKJ0123456789") for _ in range(8))


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
        self.released: list[dict[tuple[frozenset[str], frozenset[str]], int]] = []

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
        self.released.append(now)
        rows = {one.id for one in self.people if one.level not in HIDDEN} if not group else set()
        for before in self.released:
            for (some, which), (other, what) in ((a, b) for a in now for b in before):
                if which == what and len(which) < len(STATUSES) and (some <= other or other <= some):
                    difference = abs(now[some, which] - before[other, what])
                    visible = sum(stands[each] in which for each in rows & (some ^ other))
                    self.expect(
                        difference - visible <= 0 or difference - visible >= FEWEST,
                        f"{group or 'case'}: {sorted(which)} differ by {difference}, {visible} in rows",
                    )
        for people, which in now:
            hiding = sum(stands[one.id] in which for one in self.people if one.level in HIDDEN and one.id in people)
            self.expect(hiding == 0 or hiding >= FEWEST, f"{group or 'case'}: {hiding} stand at {sorted(which)}")

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


class Quick(Trial):
    """A roster of some people of a base, in other groups and at other levels; reports are made without the verbs."""

    def __init__(self, seed: int) -> None:
        self.prepare(seed, ("json",))
        self.base, self.turn = Base.of(seed // SHARED * SHARED), 0
        self.before: list[list[Given]] = [[], []]
        self.dice = random.Random(f"roster {seed}")
        number = self.dice.randint(2, 4)
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
        groups = [each for each in self.groups if self.dice.random() < 0.5]
        secret = {
            "name": name(self.dice),
            "pseudonym": f"P-{letters(self.dice)}",
            "role": f"Member {letters(self.dice)}",
        }
        return Person(id=official, level=level, status="", groups=groups, secret=secret)

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
        """Take the base as it is after findings were judged; some people join, and some change their groups."""
        self.turn = 1
        self.people += [self.somebody(each, 1.0) for each in self.late[: self.dice.randint(0, 3)]]
        for one in self.dice.sample(self.people, self.dice.randint(0, 2)):
            one.groups = [each for each in self.groups if self.dice.random() < 0.5]
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
        self.given = [
            Given(report="", key=each.key, rung=each.rung, counts=tuple(cell.count for cell in each.cells),
                  people=self.members(each.key)) for each in getattr(facts, "numbers", ())
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
