"""An invented case without a store: gold files, layout tests and previews of templates are made from it.

People are invented, domains are reserved ones (RFC 2606), digests are counted up, and no clock is asked.
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar, cast

from mvtcase.casebook import Casebook, DeviceStanding, OfficialStanding, Remedy, Stale
from mvtcase.findings import review
from mvtcase.findings import status as table
from mvtcase.model import (
    Acquisition,
    CaseFile,
    CaseState,
    Completeness,
    Consent,
    ConsentMethod,
    ConsentPoint,
    Device,
    DeviceIdentity,
    DeviceState,
    Disposition,
    EvidenceClass,
    EvidenceKind,
    Finding,
    Gap,
    Group,
    IndicatorRef,
    IndicatorSet,
    Level,
    ModuleOutcome,
    ModuleRun,
    Observation,
    Official,
    Platform,
    Publication,
    RosterState,
    Scan,
    ScanState,
    SealingSeen,
    TimeBasis,
    Tlp,
    Verdict,
)
from mvtcase.model.reach import of_scan, suffices
from mvtcase.report.publication import Edition
from mvtcase.report.view import Occasion

_Record = TypeVar("_Record")
WRITTEN = "2026-11-24T09:30:00.000000Z"
_SCANNED = "2026-11-23T14:00:00.000000Z"
GROUPS = (
    Group(id="G-0001", uuid="g1", name="Legislature"),
    Group(id="G-0002", uuid="g2", name="Budget Committee", parent="G-0001"),
    Group(id="G-0003", uuid="g3", name="City Council"),
)
SET = IndicatorSet(
    name="pegasus-starter",
    sha256="a1" * 32,
    version="2026-11-01",
    publisher="mvtcase",
    source_url="https://indicators.example.org/pegasus.stix2",
    licence="CC0-1.0",
    usable=1549,
    unusable=3,
    counts={"domains": 1500, "processes": 49},
    families=("Pegasus",),
)
_MODULES_IOS = (
    ("Manifest", ModuleOutcome.CHECKED),
    ("BackupInfo", ModuleOutcome.EXTRACTED),
    ("SMS", ModuleOutcome.CHECKED),
    ("Datausage", ModuleOutcome.CHECKED),
    ("TCC", ModuleOutcome.CHECKED),
    ("SafariHistory", ModuleOutcome.NO_SOURCE),
    ("WebkitIndexedDB", ModuleOutcome.NO_SOURCE),
    ("Calls", ModuleOutcome.EMPTY),
)
_LIMITATIONS = ("An unencrypted iTunes backup carries no Safari history and no health data.",)


def occasion(*, kind: str = "incident") -> Occasion:
    """Return when and by whom the example's report is written."""
    return Occasion(
        report="R-0001",
        kind=kind,
        written_at=WRITTEN,
        examiner="Isaune Fernvale",
        organisation="Example CERT",
        contact="cert@example.org",
        events=57,
    )


def inside(*, kind: str = "incident") -> Occasion:
    """Return the same for the case team."""
    return replace(occasion(kind=kind), edition=Edition.INTERNAL)


def sealing() -> dict[str, SealingSeen]:
    """Return the LINE Letter Sealing of the example's officials."""
    window: dict[str, Any] = {"last_on": "2026-06-01T08:00:00.000000Z", "first_off": "2026-06-14T19:20:00.000000Z"}
    return {
        "O-0001": SealingSeen(sealing="changed_on_off", last_seen=_SCANNED, method="backup", **window),
        "O-0002": SealingSeen(sealing="off", last_seen=_SCANNED, method="screen"),
        "O-0003": SealingSeen(sealing="on", last_seen=_SCANNED, method="screen"),
        "O-0005": SealingSeen(sealing="unknown", last_seen=_SCANNED, method="statement"),
        "O-0009": SealingSeen(sealing="off", last_seen=_SCANNED, method="screen"),
    }


_FOUND: dict[str, tuple[Finding, ...]] = {}
"""The findings of each device that was built."""


def _worst_first(one: Finding) -> int:
    return -one.level.rank


TIMES = 6
"""How often each person of the example stands in the crowd."""


def crowd() -> Casebook:
    """Return the example six times over: enough people for outside editions, of whom half may be in no row."""
    book = casebook()
    officials = tuple(_another(one, time) for time in range(TIMES) for one in book.officials)
    devices = [each for one in officials for each in one.devices]
    return replace(
        book,
        officials=officials,
        scans=tuple(scan for each in devices for scan in each.latest),
        findings=tuple(_another(one, time) for time in range(TIMES) for one in book.findings),
    )


_IDS = re.compile(r"^([ODASKF])-(\w+)$")


def _another(record: _Record, time: int) -> _Record:
    """Return a record of the example for another person; all but the first of six are withheld."""
    if isinstance(record, tuple):
        return cast("_Record", tuple(_another(each, time) for each in record))
    if isinstance(record, str) and not isinstance(record, Enum):
        return cast("_Record", _IDS.sub(rf"\g<1>-{time}\g<2>", record))
    if not is_dataclass(record) or isinstance(record, type):
        return record
    changed = {each.name: _another(getattr(record, each.name), time) for each in fields(record) if each.init}
    if isinstance(record, Official):
        changed |= {"name": f"{record.name}{'abcdef'[time]}", "pseudonym": f"{record.pseudonym}{time}"}
        changed |= {"publication": Publication.WITHHELD} if time else {}
    return replace(record, **changed)


def casebook() -> Casebook:
    """Return the example: nine officials in three groups, every status but one, every publication level."""
    officials = tuple(_standing(number, *row) for number, row in enumerate(_PEOPLE, start=1))
    devices = [each for one in officials for each in one.devices]
    return Casebook(
        case=CaseFile(
            id="C-0001",
            uuid="c1",
            slug="line-2026",
            title="Chat accounts of the legislature, 2026",
            tlp=Tlp.AMBER_STRICT,
            state=CaseState.OPEN,
            created_at="2026-11-20T08:00:00.000000Z",
            created_by="Isaune Fernvale",
            description="LINE users in the legislature and the city council saw that Letter Sealing was off.",
        ),
        groups=GROUPS,
        officials=officials,
        scans=tuple(scan for each in devices for scan in each.latest),
        findings=tuple(sorted((one for each in devices for one in _FOUND[each.device.id]), key=_worst_first)),
        observations=_OBSERVATIONS,
        custody_head="c0ffee" * 10 + "2026",
    )


def _finding(number: int, kind: EvidenceClass, level: Level, module: str, title: str) -> Finding:
    return Finding(
        id=f"F-{number:016x}",
        device="",
        official="",
        evidence_class=kind,
        level=level,
        module=module,
        title=title,
        alerts=1,
    )


def _ref(value: str, kind: str) -> IndicatorRef:
    return IndicatorRef(value=value, type=kind, family="Pegasus", set=SET.name)


def _judged(finding: Finding, *judgements: tuple[Verdict, str, str]) -> Finding:
    dispositions = tuple(
        Disposition(
            uuid=f"{finding.id}-{place}",
            finding=finding.id,
            verdict=verdict,
            reason=reason,
            examiner=examiner,
            at=f"2026-11-24T08:{place:02d}:00.000000Z",
        )
        for place, (verdict, examiner, reason) in enumerate(judgements)
    )
    return replace(finding, dispositions=dispositions)


_PROCESS = _judged(
    replace(
        _finding(1, EvidenceClass.EXECUTION, Level.CRITICAL, "datausage", 'Found a known suspicious process name "bh"'),
        indicator=_ref("bh", "processes"),
        event_time="2026-06-14 18:41:07.000000",
        event_time_basis=TimeBasis.UTC,
    ),
    (Verdict.CONFIRMED, "Isaune Fernvale", "Ran once, with data sent, twenty minutes before sealing went off."),
    (Verdict.CONFIRMED, "Wystan Rookhollow", "Seen independently in the second acquisition."),
)
_LINK = replace(
    _finding(2, EvidenceClass.ATTEMPT, Level.CRITICAL, "sms", "Message with https://update.evil.example/x?id=7"),
    indicator=_ref("update.evil.example", "domains"),
    event_time="2026-06-14 09:12:44.000000",
    event_time_basis=TimeBasis.UTC,
)
_OTHER_LINK = replace(_LINK, id=f"F-{3:016x}", event_time=None, event_time_basis=TimeBasis.UNKNOWN)
_ODD = replace(
    _finding(4, EvidenceClass.HEURISTIC, Level.HIGH, "aqf_packages", "Installed package comes from no known store"),
    event_time="2026-05-02 11:00:00",
    event_time_basis=TimeBasis.DEVICE_LOCAL,
)
_TARGETED = _judged(
    replace(_LINK, id=f"F-{5:016x}"),
    (Verdict.CONFIRMED, "Isaune Fernvale", "The message is on the phone."),
    (Verdict.CONFIRMED, "Wystan Rookhollow", "Read on the phone itself."),
)
_DISMISSED = _judged(
    replace(_LINK, id=f"F-{7:016x}", indicator=_ref("news.example", "domains"), title="Visited news.example"),
    (Verdict.FALSE_POSITIVE, "Isaune Fernvale", "The set names a newspaper by mistake."),
    (Verdict.FALSE_POSITIVE, "Wystan Rookhollow", "The publisher took it back."),
)
_BENIGN = _judged(
    replace(_finding(6, EvidenceClass.POSTURE, Level.MEDIUM, "aqf_settings", "Unknown sources are allowed"), alerts=2),
    (Verdict.BENIGN, "Wystan Rookhollow", "Set by the person to install the ministry's own app."),
)

_NAMED, _ROLE, _COUNTED, _WITHHELD = Publication
_IN, _NO = RosterState.CONSENTED, RosterState.REFUSED
_GAP = Gap(module="SMS", outcome=ModuleOutcome.DAMAGED, reason="sms.db is no readable SQLite file")
_PEOPLE: tuple[
    tuple[str, str, Publication, RosterState, tuple[str, ...], Platform | None, tuple[Gap, ...], tuple[Finding, ...]],
    ...,
] = (
    ("Aldith Ashgrove", "Speaker", _NAMED, _IN, ("G-0001",), Platform.IOS, (), (_PROCESS, _LINK)),
    ("Bramwen Brackwater", "Legislator", _ROLE, _IN, ("G-0001", "G-0002"), Platform.IOS, (), (_OTHER_LINK,)),
    ("Cosmira Cinderhall", "Legislator", _ROLE, _IN, ("G-0001",), Platform.IOS, (), ()),
    ("Dorvane Dunmarrow", "Councillor", _ROLE, _IN, ("G-0003",), Platform.ANDROID, (), (_ODD, _BENIGN, _DISMISSED)),
    ("Elowick Eastmere", "Councillor", _COUNTED, _IN, ("G-0003",), Platform.IOS, (_GAP,), (_TARGETED,)),
    ("Fennimar Fernvale", "Legislator", _ROLE, _IN, ("G-0002",), Platform.IOS, (_GAP,), ()),
    ("Gwendra Greywillow", "Clerk", _ROLE, _NO, ("G-0001",), None, (), ()),
    ("Halvor Hollowby", "Councillor", _COUNTED, RosterState.UNREACHABLE, ("G-0003",), None, (), ()),
    ("Jorvik Ivorscale", "Deputy Mayor", _WITHHELD, _IN, ("G-0003",), Platform.IOS, (), ()),
)
_OBSERVATIONS = (
    Observation(
        id="B-0001",
        uuid="b1",
        official="O-0002",
        kind="line.letter_sealing",
        value="off",
        method="screen",
        at="2026-11-21T10:00:00.000000Z",
        recorded_at="2026-11-21T10:05:00.000000Z",
        recorded_by="Isaune Fernvale",
        note="Seen in three chats; see https://line.example.org/help",
    ),
    Observation(
        id="B-0002",
        uuid="b2",
        official="O-0003",
        kind="apple.threat_notification",
        value="mail and banner",
        method="screen",
        at="2026-11-18T06:00:00.000000Z",
        recorded_at="2026-11-21T11:00:00.000000Z",
        recorded_by="Isaune Fernvale",
    ),
)


def _standing(  # noqa: PLR0917  # one row of the table above
    number: int,
    name: str,
    role: str,
    publication: Publication,
    roster: RosterState,
    groups: tuple[str, ...],
    platform: Platform | None,
    gaps: tuple[Gap, ...],
    findings: tuple[Finding, ...],
) -> OfficialStanding:
    official = Official(
        id=f"O-{number:04d}",
        uuid=f"o{number}",
        pseudonym=f"P-{number * 7919:06X}",
        name=name,
        role=role,
        contact=f"{name.partition(' ')[0].lower()}@mail.example.org",
        publication=publication,
        roster=roster,
        groups=groups,
    )
    told = review.notifications([each for each in _OBSERVATIONS if each.official == official.id])
    devices = () if platform is None else (_device(number, official, platform, gaps, findings),)
    return OfficialStanding(
        official=official,
        status=table.with_notifications(
            table.official_status([(each.device.state, each.status) for each in devices]),
            seen_by=review.seen_by(told),
            needed=2,
        ),
        groups=tuple(group for group in GROUPS if group.id in groups),
        devices=devices,
        consents=(_consent(number, official),) if roster is RosterState.CONSENTED else (),
        notifications=told,
    )


def _consent(number: int, official: Official) -> Consent:
    return Consent(
        id=f"K-{number:04d}",
        uuid=f"k{number}",
        official=official.id,
        given_by=official.name,
        method=ConsentMethod.WRITTEN,
        scope="device examination",
        informed=frozenset(ConsentPoint),
        given_at="2026-11-20T09:00:00.000000Z",
        recorded_by="Isaune Fernvale",
    )


def _device(
    number: int, official: Official, platform: Platform, gaps: tuple[Gap, ...], findings: tuple[Finding, ...]
) -> DeviceStanding:
    device = Device(
        id=f"D-{number:04d}",
        uuid=f"d{number}",
        official=official.id,
        label=f"{official.name}'s phone",
        platform=platform,
        fingerprint=f"serial:SERIAL{number:06d}",
        identity=_identity(number, platform),
    )
    acquisition = _acquisition(number, device)
    scan = _scan(number, acquisition, gaps)
    own = tuple(replace(each, device=device.id, official=official.id, first_scan=scan.id) for each in findings)
    stale = (Stale(what="mvt", used="2026.9.1", newer="2026.10.26", remedy=Remedy.SCAN_AGAIN),) if number == 1 else ()
    _FOUND[device.id] = own
    weights = tuple(map(table.weigh, own))
    view = table.DeviceView(
        findings=weights,
        coverage=(scan.completeness,),
        state=DeviceState.IN_USE,
        sees_execution=suffices(of_scan(scan)),
    )
    return DeviceStanding(
        device=device,
        status=table.device_status(view),
        completeness=table.device_completeness(view),
        acquisitions=(acquisition,),
        latest=(scan,),
        weights=weights,
        gaps=scan.gaps,
        stale=stale,
        reach=of_scan(scan),
        compared=scan.sets,
    )


def _identity(number: int, platform: Platform) -> DeviceIdentity:
    ios = platform is Platform.IOS
    return DeviceIdentity(
        platform=platform,
        product_type="iPhone14,5" if ios else None,
        model=None if ios else "Example Phone 9",
        os_version="17.5.1" if ios else "14",
        serial=f"SERIAL{number:06d}",
        phone_number=f"+44770090{number:04d}",
    )


def _acquisition(number: int, device: Device) -> Acquisition:
    return Acquisition(
        id=f"A-{number:04d}",
        uuid=f"a{number}",
        device=device.id,
        official=device.official,
        kind=EvidenceKind.IOS_BACKUP if device.platform is Platform.IOS else EvidenceKind.ANDROIDQF,
        path=f"evidence/{device.id}",
        encrypted=False,
        files=1200 + number,
        bytes=1 << 30,
        manifest_sha256=f"{number:02d}" * 32,
        identity=device.identity,
        registered_at=f"2026-11-22T10:{number:02d}:00.000000Z",
        registered_by="Isaune Fernvale",
        acquired_at=f"2026-11-22T09:{number:02d}:00.000000Z",
    )


def _run(name: str, outcome: ModuleOutcome) -> ModuleRun:
    read = outcome in {ModuleOutcome.CHECKED, ModuleOutcome.EXTRACTED}
    return ModuleRun(
        module=name,
        slug={"BackupInfo": "backup_info", "SafariHistory": "safari_history"}.get(name, name.lower()),
        origin="mvt 2026.10.26",
        outcome=outcome,
        records=12 if read else None,
        first_time="2026-08-12 07:00:00" if read else None,
        last_time="2026-11-20 21:30:00" if read else None,
    )


def _scan(number: int, acquisition: Acquisition, gaps: tuple[Gap, ...]) -> Scan:
    broken = {gap.module: gap.outcome for gap in gaps}
    return Scan(
        id=f"S-{number:04d}",
        uuid=f"s{number}",
        acquisition=acquisition.id,
        device=acquisition.device,
        kind=acquisition.kind,
        command="check-backup" if acquisition.kind is EvidenceKind.IOS_BACKUP else "check-androidqf",
        state=ScanState.FINISHED,
        started_at=_SCANNED,
        examiner="Isaune Fernvale",
        completeness=Completeness.PARTIAL if gaps else Completeness.FULL,
        indicators_loaded=SET.usable,
        sets=(SET,),
        tools={"mvt": "2026.10.26", "mvtcase": "0.1.0"},
        sandbox="bubblewrap, no network",
        control_passed_at="2026-11-23T13:00:00.000000Z",
        finished_at=f"2026-11-23T14:{number:02d}:30.000000Z",
        duration_ms=30_000,
        results_sha256=f"{number + 50:02d}" * 32,
        modules=tuple(_run(name, broken.get(name, outcome)) for name, outcome in _MODULES_IOS),
        gaps=gaps,
        limitations=_LIMITATIONS,
    )
