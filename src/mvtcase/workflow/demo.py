"""The demo: the whole job on eight invented officials in two groups, on synthetic phones with built-in indicators."""

from __future__ import annotations

import contextlib
import random
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mvtcase.engine.job import Secret
from mvtcase.errors import ConflictError, MvtcaseError
from mvtcase.indicators.sampling import sample_for_control
from mvtcase.model import ConsentMethod, ConsentPoint, Publication, RosterState
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.damage import Damage
from mvtcase.phones.encrypted import encrypt_ios_backup
from mvtcase.phones.ios import ENCRYPTED_ONLY, build_ios_backup
from mvtcase.phones.ios_phone import IosPhone, Oddity
from mvtcase.phones.line_ios import line_ios_files
from mvtcase.phones.line_stories import healthy_account, unsealed_from
from mvtcase.phones.people import invent
from mvtcase.phones.plants import Plant, PlantKind
from mvtcase.settings import Settings
from mvtcase.store import queries
from mvtcase.store.folder import Workspace
from mvtcase.store.store import Store
from mvtcase.wording import do, say
from mvtcase.workflow import (
    acquisitions,
    cases,
    consents,
    custody,
    groups,
    observations,
    officials,
    payloads,
    reports,
    scans,
    sealing,
    status,
)
from mvtcase.workflow.desk import Desk, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mvtcase.engine.job import EngineEvent
    from mvtcase.phones.ios_phone import PhoneFile

MARK = ".mvtcase-demo"
EXAMINER = "Demo Examiner"
PASSWORD = "demo"  # noqa: S105 - of an invented phone
LEGISLATURE, MINISTRY = "Legislature", "Ministry of Foreign Affairs"
SEALED_OFF = datetime(2026, 8, 14, 21, 40, tzinfo=timezone.utc)
"""When Letter Sealing of the phone with the LINE story went off."""
LAST_MESSAGE = datetime(2026, 9, 10, 18, 0, tzinfo=timezone.utc)
NEXT_STEPS = (
    do("status"),
    do("status", sealing=True),
    do("finding list"),
    do("scan show", "S-0001"),
    do("custody verify"),
    do("serve", open_=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One official of the story: what becomes of the person's phone, and how much a report may show."""

    role: str
    group: str
    story: str
    publication: Publication
    plants: tuple[PlantKind, ...] = ()
    oddities: frozenset[Oddity] = frozenset()
    damage: Mapping[str, Damage] = field(default_factory=dict)
    android: bool = False
    encrypted: bool = False
    roster: RosterState = RosterState.CONSENTED
    acquired: bool = True
    line: str = ""


CAST = (
    Role(
        role="Speaker of the Legislature",
        group=LEGISLATURE,
        story="a process named in the indicators used the network; Letter Sealing went off in August",
        publication=Publication.ROLE,
        plants=(PlantKind.PROCESSES,),
        line="unsealed",
    ),
    Role(
        role="Legislator, defence committee",
        group=LEGISLATURE,
        story="received a message with a link to a domain of the indicators",
        publication=Publication.NAMED,
        plants=(PlantKind.DOMAINS,),
        line="sealed",
    ),
    Role(
        role="Legislator, budget committee",
        group=LEGISLATURE,
        story="something unusual without any indicator",
        publication=Publication.COUNTED,
        oddities=frozenset({Oddity.FAST_REDIRECT}),
        encrypted=True,
    ),
    Role(
        role="Chief of staff",
        group=LEGISLATURE,
        story="the message database is damaged, so nobody can say what it held",
        publication=Publication.ROLE,
        damage={"sms": Damage.NOISE},
    ),
    Role(
        role="Deputy minister",
        group=MINISTRY,
        story="nothing found in what could be examined",
        publication=Publication.NAMED,
        line="sealed",
    ),
    Role(
        role="Spokesperson",
        group=MINISTRY,
        story="declined the examination",
        publication=Publication.WITHHELD,
        roster=RosterState.REFUSED,
        acquired=False,
    ),
    Role(
        role="Ambassador",
        group=MINISTRY,
        story="agreed, and is abroad: nothing was taken yet",
        publication=Publication.ROLE,
        acquired=False,
    ),
    Role(
        role="Political secretary",
        group=MINISTRY,
        story="an Android phone with an app named in the indicators",
        publication=Publication.ROLE,
        plants=(PlantKind.APP_IDS,),
        android=True,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What `demo` returns; `reports` are paths."""

    workspace: str
    evidence: str
    status: payloads.CaseStatus
    sealing: sealing.SealingStatus
    scans: tuple[payloads.ScanShown, ...]
    reports: tuple[str, ...]
    custody_head: str


def play(
    folder: Path,
    *,
    jobs: int | None,
    on_event: Callable[[str, EngineEvent], None],
    tell: Callable[[str], None],
    over_judgements: bool = False,
) -> Outcome[Played]:
    """Do the whole job in a new folder and return the status, the reports and what to type next.

    An earlier demo in the folder is replaced, one with somebody's judgements only when that is wanted; any other
    content is left alone. Raises `ConflictError`.
    """
    home = _fresh(folder.expanduser().absolute(), over_judgements=over_judgements)
    cases.init(home)
    (home / MARK).touch()
    # Nothing that is hostile is examined here.
    desk = Desk(workspace=Workspace(home), examiner=EXAMINER, settings=Settings(), unsandboxed=True)
    tell("Eight invented officials, two groups; nobody here exists.")
    _enrol(desk)
    tell("Building six synthetic phones and registering what was taken from them …")
    _acquire(desk, home / "evidence")
    tell("Positive control, then MVT in a child process for each phone …")
    request = scans.Request(
        everything=True, jobs=jobs or desk.settings.jobs, password=Secret(value=PASSWORD), on_event=on_event
    )
    scanned = scans.run(desk, request)
    _observe(desk)
    written = reports.write(desk, "incident", formats=("html", "json"))
    verified = custody.verify(desk)
    standing = status.status(desk)
    return Outcome(
        data=Played(
            workspace=str(home),
            evidence=str(home / "evidence"),
            status=standing.data,
            sealing=sealing.status(desk).data,
            scans=scanned.data.scans,
            reports=tuple(each.path for each in written.data.reports),
            custody_head=verified.data.head,
        ),
        messages=(
            *scanned.messages,
            say("Go on in the folder {folder}:", folder=folder),
            *(say("{0}", step) for step in NEXT_STEPS),
        ),
    )


def _fresh(home: Path, *, over_judgements: bool) -> Path:
    if home.exists() and not home.is_dir():
        raise ConflictError("{home} is no folder.", hint="Name another one.", home=home)
    if home.exists() and any(home.iterdir()):
        if not (home / MARK).is_file():
            raise ConflictError("{home} is not empty and no demo.", hint="Name another folder.", home=home)
        if not over_judgements and _is_judged(Workspace(home)):
            raise ConflictError(
                "Somebody judged findings in the demo in {home}.",
                hint=say("Replace it with {0}.", do(yes=True)),
                home=home,
            )
        shutil.rmtree(home)
    return home


def _is_judged(workspace: Workspace) -> bool:
    for folder in workspace.case_folders():
        with contextlib.suppress(MvtcaseError), Store.open(folder) as store:
            if any(finding.dispositions for finding in queries.findings(store)):
                return True
    return False


def _enrol(desk: Desk) -> None:
    cases.new(desk, "Demo: LINE accounts 2026", slug="demo")
    for name in (LEGISLATURE, MINISTRY):
        groups.add(desk, name)
    people = invent(random.Random("mvtcase demo"), len(CAST))  # noqa: S311  # invented people, always the same
    for number, (person, role) in enumerate(zip(people, CAST, strict=True), start=1):
        officials.add(
            desk,
            officials.Person(
                name=person.name,
                role=role.role,
                publication=role.publication,
                roster=role.roster if role.roster is RosterState.REFUSED else RosterState.INVITED,
                groups=(role.group,),
            ),
        )
        if role.roster is not RosterState.REFUSED:
            consents.record(
                desk,
                f"O-{number:04d}",
                by=person.name,
                method=ConsentMethod.WRITTEN,
                scope="examination of the phone named below",
                informed=frozenset(ConsentPoint),
                device_owner="" if role.group == LEGISLATURE else role.group,
            )


def _acquire(desk: Desk, evidence: Path) -> None:
    values = dict(reversed(sample_for_control([each.samples for each in desk.library.active()], per_type=1)))
    for number, role in enumerate(CAST, start=1):
        if role.acquired:
            path = _build(evidence / f"phone-{number}", number, role, values)
            acquisitions.add(desk, path, acquisitions.Registration(official=f"O-{number:04d}"))


def _build(folder: Path, number: int, role: Role, values: Mapping[str, str]) -> Path:
    plants = tuple(Plant(kind, values[kind]) for kind in role.plants)
    if role.android:
        return build_androidqf(folder, AndroidPhone(seed=number, plants=plants)).path
    phone = IosPhone(seed=number, plants=plants, oddities=role.oddities, extra_files=_line_files(number, role.line))
    if role.encrypted:  # browsing history is what iOS puts into encrypted backups only
        with TemporaryDirectory() as plain:
            return encrypt_ios_backup(build_ios_backup(Path(plain) / "phone", phone).path, folder, PASSWORD)
    return build_ios_backup(folder, phone, missing=ENCRYPTED_ONLY, damage=role.damage).path


def _line_files(seed: int, story: str) -> tuple[PhoneFile, ...]:
    if not story:
        return ()
    account = healthy_account(seed=seed, last=LAST_MESSAGE)
    return line_ios_files(unsealed_from(account, SEALED_OFF) if story == "unsealed" else account)


def _observe(desk: Desk) -> None:
    """Write down what a responder saw on the screens of two people."""
    seen_on = SEALED_OFF - timedelta(days=60)
    for official, value, moment in (("O-0004", "on", seen_on), ("O-0007", "unknown", seen_on)):
        observations.add(
            desk,
            official,
            observations.Seen(
                kind=observations.LETTER_SEALING,
                value=value,
                method="screen" if value == "on" else "statement",
                at=moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            ),
        )
