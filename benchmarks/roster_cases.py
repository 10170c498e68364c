"""Cases of invented people for `rosters.py`: two of a seed differ in nothing but what must not be told of anybody."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from mvtcase import model
from mvtcase.canon import timestamp
from mvtcase.model.reach import measured
from mvtcase.store.store import Store

if TYPE_CHECKING:
    from mvtcase.store.folder import Workspace
    from mvtcase.store.store import Change

START = datetime(2026, 8, 1, tzinfo=timezone.utc)
SURNAMES = ("Lin", "Will", "May", "Link", "Thornquist", "Li", "Saltmarsh", "Grace", "Report", "O'Brackwater", "Group")
GIVEN = (
    "Example",
    "Wan",
    "Long",
    "Yseulda",
    "An",
    "Case",
    "Letter",
    "Jo",
    "Éloïse",
    "Halvor",
    "Open",
    "Bo",
    "Mark",
    "Phone",
)
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
    "林佳龍 Lin Chia-lung",
    "Wang Kuo-chiang (王國強)",
)
STATUSES = [str(each) for each in model.Status]
HIDDEN = {"counted", "withheld"}
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
                 unicodedata.normalize("NFD", name), "\u200b".join(name), secret["contact"].replace("@", "+news@"),
                 f"0{secret['phone'][4:7]} {secret['phone'][7:]}", f"{secret['imei'][:2]}-{secret['imei'][2:]}",
                 secret["serial"], secret["udid"].replace("-", ""), secret["pseudonym"], secret["imei"])  # fmt: skip
        return f"{self.own.choice(forms)} {self.own.choice(forms)}"


def name(dice: random.Random) -> str:
    """Return a name: Chinese, Latin, short, or one that is a word."""
    return dice.choice(CHINESE) if dice.random() < 0.4 else f"{dice.choice(GIVEN)} {dice.choice(SURNAMES)}"


def letters(dice: random.Random) -> str:
    """Return eight letters that no word is."""
    return "".join(dice.choice("XQZVKJ0123456789") for _ in range(8))
