"""The nouns of a case as frozen records.

Times of our clock are texts as `canon.timestamp` writes them. Times of a device are texts as given, with a basis. Ids
are short and human (`O-0007`); every stored row has a UUIDv7 beside its id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mvtcase.kinds.words import EvidenceKind, Platform
from mvtcase.model.enums import (
    AcquisitionState,
    AlertSource,
    CaseState,
    Completeness,
    DeviceState,
    EvidenceClass,
    Level,
    ModuleOutcome,
    Rating,
    ReportState,
    ScanState,
    TimeBasis,
    Tlp,
    Verdict,
)
from mvtcase.wording import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mvtcase.canon import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """One inquiry.

    `fixed_sets` are the indicator sets it is held to, None for every active one; `active_sets` the digests of those
    that scans used when last noted; `single_examiner` says why one examiner's judgement is enough, None where it takes
    two. `time_zone` and `language` are what times and words are shown in, None where nobody chose; scans older than
    `scan_interval_days` are due again.
    """

    id: str
    uuid: str
    slug: str
    title: str
    tlp: Tlp
    state: CaseState
    created_at: str
    created_by: str
    description: str = ""
    fixed_sets: tuple[str, ...] | None = None
    active_sets: tuple[str, ...] = ()
    single_examiner: str | None = None
    time_zone: str | None = None
    language: str | None = None
    scan_interval_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceIdentity:
    """What an acquisition says about the phone it was taken from; None where it says nothing.

    `collector` is the tool that took it, with its version: of the acquisition alone, never of a device.
    """

    platform: Platform = Platform.UNKNOWN
    name: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    product_type: str | None = None
    os_version: str | None = None
    os_build: str | None = None
    udid: str | None = None
    serial: str | None = None
    imei: str | None = None
    phone_number: str | None = None
    last_backup_at: str | None = None
    security_patch: str | None = None
    collector: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One phone or tablet; `fingerprint` (`udid:…`, `serial:…`, `imei:…`, `uuid:…`) never changes once given."""

    id: str
    uuid: str
    official: str
    label: str
    platform: Platform
    fingerprint: str
    state: DeviceState = DeviceState.IN_USE
    identity: DeviceIdentity = field(default_factory=DeviceIdentity)
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """One taking of data from one device.

    `path` is where the original is, `imported` says whether that is in the case folder; `bytes` counts all files.
    """

    id: str
    uuid: str
    device: str
    official: str
    kind: EvidenceKind
    path: str
    encrypted: bool
    files: int
    bytes: int
    manifest_sha256: str
    identity: DeviceIdentity
    registered_at: str
    registered_by: str
    acquired_at: str | None = None
    imported: bool = False
    state: AcquisitionState = AcquisitionState.REGISTERED
    state_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorSet:
    """One pinned version of an indicator set as a scan names it; `counts` are usable indicators by MVT's type names."""

    name: str
    sha256: str
    version: str
    publisher: str = ""
    source_url: str = ""
    licence: str = ""
    published_at: str | None = None
    imported_at: str | None = None
    usable: int = 0
    unusable: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    families: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that should have been examined and was not: the reason in words, and as a code with parameters."""

    module: str
    outcome: ModuleOutcome
    reason: str
    code: str = field(init=False, default="text")
    params: Mapping[str, Json] = field(init=False, default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        _spell_out(self, "code", "params")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleRun:
    """One module in one scan; `part` is the command it ran under (`androidqf`, `bugreport`, `backup`, …).

    `records` and `source_rows` are counts, None when unknown; `duration_ms` is wall time; `first_time` and `last_time`
    bound the times in its records, None when none was told.
    """

    module: str
    slug: str
    origin: str
    part: str = ""
    outcome: ModuleOutcome = ModuleOutcome.NOT_RUN
    records: int | None = None
    source_rows: int | None = None
    alerts: int = 0
    error: str | None = None
    reason: str = ""
    reason_code: str = field(init=False, default="text")
    reason_params: Mapping[str, Json] = field(init=False, default_factory=dict, hash=False)
    first_time: str | None = None
    last_time: str | None = None
    messages: tuple[str, ...] = ()
    duration_ms: int = 0

    def __post_init__(self) -> None:
        _spell_out(self, "reason_code", "reason_params")


def _spell_out(record: Gap | ModuleRun, code: str, params: str) -> None:
    """Set a record's fields of the code and the parameters from its reason."""
    told = text_of(record.reason).data
    object.__setattr__(record, "reason", text_of(record.reason))
    object.__setattr__(record, code, told["code"])
    object.__setattr__(record, params, told["params"])


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorRef:
    """Which indicator matched: its value and MVT type, the malware family (collection) and the set it came in."""

    value: str
    type: str
    family: str
    set: str

    @property
    def withheld(self) -> bool:
        """Whether the set is embargoed: `value` is then the indicator's number in it."""
        return self.value.startswith(f"{self.set}, entry ")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAlert:
    """What MVT said, verbatim, as the recorder heard it at the moment it was raised.

    `module` is the slug MVT names, `event` the alert's event as JSON; `witnessed` is True when MVT gave no
    `matched_indicator` and the indicator is known from the check call that returned it.
    """

    module: str
    level: Level
    message: str
    event_time: str
    event: Json
    part: str = ""
    indicator: IndicatorRef | None = None
    witnessed: bool = False
    source: AlertSource = AlertSource.MVT


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """An examiner's judgement on a finding; append-only. `line` is the incident line judged as one, empty for none."""

    uuid: str
    finding: str
    verdict: Verdict
    reason: str
    examiner: str
    at: str
    line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The unit of review; `id` is derived from what it is about, so the same evidence gives the same finding.

    `examiners_needed` is how many people must agree on a judgement that changes much: one, where the case says so.
    """

    id: str
    device: str
    official: str
    evidence_class: EvidenceClass
    level: Level
    module: str
    title: str
    indicator: IndicatorRef | None = None
    event_time: str | None = None
    event_time_basis: TimeBasis = TimeBasis.UNKNOWN
    alerts: int = 0
    dispositions: tuple[Disposition, ...] = ()
    first_scan: str = ""
    detail: Mapping[str, Json] = field(default_factory=dict)
    rating: Rating = Rating.UNRATED
    rule: str = ""
    examiners_needed: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Something a responder (or the program) saw and recorded about an official; append-only."""

    id: str
    uuid: str
    official: str
    kind: str
    value: str
    at: str
    recorded_at: str
    recorded_by: str
    method: str = ""
    device: str | None = None
    note: str = ""
    attachment_sha256: str | None = None
    attachment_name: str = ""
    scan: str | None = None
    place: int | None = None

    @property
    def order(self) -> tuple[int, str]:
        """What its place among the others goes by: the order they were written down in, whatever the clock."""
        return _order(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One MVT command over one acquisition with named indicator sets.

    `sequence` is the custody event that began it, None in cases of 0.1.0; `claims` says how many files there were and
    who read them, `reach` which traces over which time the evidence could have shown.
    """

    id: str
    uuid: str
    acquisition: str
    device: str
    kind: EvidenceKind
    command: str
    state: ScanState
    started_at: str
    examiner: str
    completeness: Completeness = Completeness.BLIND
    indicators_loaded: int = 0
    sets: tuple[IndicatorSet, ...] = ()
    tools: Mapping[str, str] = field(default_factory=dict)
    sandbox: str = "none"
    control_passed_at: str | None = None
    finished_at: str | None = None
    duration_ms: int = 0
    error: str | None = None
    recheck_of: str | None = None
    results_sha256: str | None = None
    modules: tuple[ModuleRun, ...] = ()
    gaps: tuple[Gap, ...] = ()
    limitations: tuple[str, ...] = ()
    sequence: int | None = None
    claims: Mapping[str, Json] = field(default_factory=dict)
    reach: tuple[Mapping[str, Json], ...] = ()
    place: int | None = None

    @property
    def order(self) -> tuple[int, str]:
        """What its place among the others goes by: the order they were written down in, whatever the clock."""
        return _order(self)


def _order(record: Scan | Observation) -> tuple[int, str]:
    """Return the number of a record's id on the laptop where it was written down, and its UUID."""
    return (int(record.id.rpartition("-")[2]) if record.place is None else record.place, record.uuid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A free remark in the chain of custody, `about` a finding, device or official, or the case where it is empty."""

    id: str
    uuid: str
    text: str
    at: str
    examiner: str
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One written report file; several formats of one report share its `number`.

    `outdated` says why it has to be superseded, `erratum` what is wrong in it; both are empty while it stands.
    """

    id: str
    uuid: str
    kind: str
    format: str
    path: str
    sha256: str
    state: ReportState
    written_at: str
    written_by: str
    target: str = ""
    custody_head: str = ""
    number: str = ""
    edition: str = ""
    language: str = ""
    reviewed_by: str | None = None
    reviewed_at: str | None = None
    released_by: str | None = None
    released_at: str | None = None
    outdated: str = ""
    erratum: str = ""
    supersedes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyEvent:
    """One link in the case's hash chain."""

    sequence: int
    uuid: str
    at: str
    actor: str
    action: str
    subject: str
    payload: Mapping[str, Json]
    previous: str
    digest: str
