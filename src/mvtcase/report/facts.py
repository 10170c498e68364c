"""What a report says, as frozen records of plain values: the templates lay these out and add nothing of their own.

Every text in here is fit to be shown: personal data covered by publication level, links broken, control characters
visible. Times are texts as given; `None` means unknown and is printed so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

SCHEMA = "mvtcase-report/2"
Shown: TypeAlias = int | str
"""A number as it is, or in outside editions as a band, such as "fewer than 5"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """The Traffic Light Protocol 2.0 marking."""

    label: str
    meaning: str
    colour: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Which report on which case, when and by whom; `scope` says in words whom it is about.

    `single_examiner` says why one examiner's judgement is enough in this case, and is empty where it takes two.
    """

    report: str
    kind: str
    case: str
    title: str
    description: str
    opened_at: str
    written_at: str
    examiner: str
    examiners: tuple[str, ...]
    organisation: str
    contact: str
    scope: str
    edition: str
    edition_words: str
    single_examiner: str
    language: str
    life: Life
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """Where a report stands: who wrote, reviewed and released it and when, what it replaces and what replaced it.

    `errata` are corrections made after the release, each as who, when and what.
    """

    state: str = "draft"
    reviewed_by: str = ""
    reviewed_at: str | None = None
    released_by: str = ""
    released_at: str | None = None
    supersedes: str = ""
    superseded_by: str = ""
    errata: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many officials stand at one status, or at one of several that are given together.

    `share` is a percentage of those counted; `dismissed` and `leads` count their findings that were dismissed, and the
    leads that stand: in outside editions as bands.
    """

    status: str
    statuses: tuple[str, ...]
    words: str
    count: int
    share: float
    dismissed: Shown
    leads: Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTally:
    """The officials of one group by status; one that is not given apart has no numbers of its own."""

    group: str
    total: int | None
    tallies: tuple[Tally, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The executive summary in whole sentences: the bottom line, how sure it is, what comes next; then the rest."""

    bottom_line: tuple[str, ...]
    how_sure: tuple[str, ...]
    next_steps: tuple[str, ...]
    sentences: tuple[str, ...]
    unknowns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GapFact:
    """Something that should have been examined and was not."""

    module: str
    outcome: str
    words: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFact:
    """One scan that counts; `outcomes` are numbers of modules by outcome in words."""

    id: str
    acquisition: str
    kind: str
    command: str
    acquired_at: str | None
    files: int
    manifest_sha256: str
    started_at: str
    finished_at: str | None
    completeness: str
    modules: int
    outcomes: tuple[tuple[str, int], ...]
    indicators_loaded: int
    sandbox: str
    control_passed_at: str | None
    results_sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFact:
    """One device, its status, and how much of it was examined."""

    id: str
    what: str
    state: str
    status: str
    words: str
    reach: str
    dismissed: Shown
    leads: Shown
    completeness: str | None
    completeness_words: str
    compared: tuple[str, ...]
    key_facts: tuple[str, ...]
    gaps: tuple[GapFact, ...]
    limitations: tuple[str, ...]
    stale: tuple[str, ...]
    scans: tuple[ScanFact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFact:
    """One official who may have a row; `notifications` are vendors' warnings to the person, in words.

    `consent` is what the latest consent says, `consent_id` which one it is.

    `found` says whether something was found that was confirmed or is to be reviewed.
    """

    who: str
    role: str
    groups: tuple[str, ...]
    roster: str
    consent: str
    status: str
    found: bool
    words: str
    reach: str
    dismissed: Shown
    leads: Shown
    notifications: tuple[str, ...]
    devices: tuple[DeviceFact, ...]
    consent_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedCoverage:
    """The coverage of officials shown only in counts, without a word on whose it is."""

    officials: Shown
    devices: Shown
    completeness: tuple[tuple[str, Shown], ...]
    gaps: tuple[tuple[str, Shown], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorFact:
    """A matched indicator, defanged, with the set it came in."""

    value: str
    type: str
    family: str
    set: str
    version: str
    publisher: str
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionFact:
    """One judgement on a finding."""

    at: str
    examiner: str
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingFact:
    """One finding with what its class means and does not; `minor`: nothing published, nothing judged, little weight."""

    id: str
    who: str
    device: str
    title: str
    evidence_class: str
    class_name: str
    means: str
    does_not_mean: str
    level: str
    module: str
    alerts: int
    indicator: IndicatorFact | None
    event_time: str | None
    basis: str
    state: str
    state_words: str
    stands: bool
    minor: bool
    dispositions: tuple[DispositionFact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineFact:
    """One moment: `kind` is finding, observation, acquisition, scan or change; None where the time is unknown.

    `minor` is what a page leaves to the JSON where there are too many moments.
    """

    at: str | None
    basis: str
    kind: str
    who: str
    what: str
    minor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingRow:
    """LINE Letter Sealing of one official who may have a row; `looks` are times with what was seen, oldest first."""

    who: str
    groups: tuple[str, ...]
    sealing: str
    last_on: str | None
    first_off: str | None
    last_seen: str | None
    method: str
    status: str
    looks: tuple[tuple[str, str], ...] = ()
    due: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingGroup:
    """LINE Letter Sealing counted over a group; `overlap`: off or changed, and also an indicator match or worse."""

    group: str
    on: Shown
    off: Shown
    changed: Shown
    conflicting: Shown
    unknown: Shown
    overlap: Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingFacts:
    """What observations say about LINE Letter Sealing; the first of `groups` counts everybody shown.

    `due` counts those to be asked again: never asked, or not for thirty days.
    """

    groups: tuple[SealingGroup, ...]
    rows: tuple[SealingRow, ...]
    due: Shown
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorRow:
    """One indicator over the whole report: in how many findings, with how many officials, first and last seen."""

    indicator: IndicatorFact
    findings: Shown
    officials: Shown
    first_seen: str | None
    last_seen: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFact:
    """What two or more officials share; `who` names those who may be named, `officials` counts all."""

    kind: str
    meaning: str
    value: str
    officials: Shown
    who: tuple[str, ...]
    findings: Shown
    first: str | None
    last: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCount:
    """How many standing findings of one evidence class there are, and at how many officials."""

    class_name: str
    means: str
    does_not_mean: str
    findings: Shown
    officials: Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What to do for the officials at one status, or at one of several that are given together."""

    status: str
    words: str
    officials: Shown
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFact:
    """One pinned indicator set that scans in this report compared with."""

    name: str
    version: str
    publisher: str
    licence: str
    source_url: str
    sha256: str
    usable: int
    unusable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """With what the examination was done."""

    tools: tuple[tuple[str, str], ...]
    plugins: tuple[str, ...]
    sets: tuple[SetFact, ...]
    scans: Shown
    sandboxes: tuple[str, ...]
    control: tuple[str, ...]
    consent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """The head of the custody chain when the report was written."""

    head: str
    events: int
