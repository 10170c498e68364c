"""The people of a case as frozen records: whose phones these are, who agreed to what, and who examines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mvtcase.model.enums import (
    ConsentMethod,
    ConsentPoint,
    ExaminerRole,
    OfficialState,
    Publication,
    PurgeGrounds,
    PurgeState,
    RosterState,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An affected group; `parent` is the id of the group it belongs to."""

    id: str
    uuid: str
    name: str
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Official:
    """The data owner: the person who uses the phone; `register_id` is the id in the roster that was imported."""

    id: str
    uuid: str
    pseudonym: str
    name: str = ""
    role: str = ""
    contact: str = ""
    publication: Publication = Publication.WITHHELD
    roster: RosterState = RosterState.INVITED
    register_id: str = ""
    state: OfficialState = OfficialState.ACTIVE
    merged_into: str | None = None
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A record of the data owner's consent; `given_by` must be the data owner, `device_owner` stands apart.

    Scans are allowed until `expires_at`; the data may be kept until `retain_until`, None where nothing was agreed.
    """

    id: str
    uuid: str
    official: str
    given_by: str
    method: ConsentMethod
    scope: str
    informed: frozenset[ConsentPoint]
    given_at: str
    recorded_by: str
    device_owner: str = ""
    expires_at: str | None = None
    retain_until: str | None = None
    withdrawn_at: str | None = None
    withdrawal_reason: str = ""
    document_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Examiner:
    """A person who may work on the case; `person_key` is the name as people are told apart."""

    id: str
    uuid: str
    name: str
    person_key: str
    role: ExaminerRole
    registered_at: str
    registered_by: str
    active: bool = True
    public_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterMark:
    """A step of the way with one official, such as `invited` or `letter_sent`; append-only."""

    uuid: str
    official: str
    mark: str
    at: str
    recorded_at: str
    recorded_by: str
    device: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """What is left of a person whose data was destroyed: that it was, when, why, and digests that prove the chain."""

    id: str
    uuid: str
    official: str
    grounds: PurgeGrounds
    reason: str
    state: PurgeState
    digest: str
    begun_at: str
    begun_by: str
    counts: Mapping[str, int] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)
    pending: tuple[str, ...] = ()
    done_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingSeen:
    """What all LINE Letter Sealing observations of one official say together, as the caller judged them.

    `sealing` is one of on, off, changed_on_off, conflicting, unknown; `last_on` and `first_off` bound a change; `looks`
    are times with what was seen, oldest first; `due` says whether it is time to look again.
    """

    sealing: str
    last_on: str | None = None
    first_off: str | None = None
    last_seen: str | None = None
    method: str = ""
    looks: tuple[tuple[str, str], ...] = ()
    due: bool = False
