"""Observations: what a responder saw on a screen or was told, kept beside what the scans found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mvtcase.errors import ConflictError, InputError
from mvtcase.store import queries
from mvtcase.wording import said, say
from mvtcase.workflow.attachments import keep
from mvtcase.workflow.consents import refuse_future
from mvtcase.workflow.desk import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.model import Observation
    from mvtcase.store.store import Change
    from mvtcase.workflow.desk import Desk

LETTER_SEALING = "line.letter_sealing"
KINDS: dict[str, frozenset[str]] = {
    LETTER_SEALING: frozenset({"on", "off", "unknown"}),
    "line.linked_devices": frozenset(),
    "line.login_notice": frozenset(),
    "line.version": frozenset(),
    "line.premium_backup": frozenset({"on", "off", "unknown"}),
    "apple.threat_notification": frozenset(),
    "google.threat_notification": frozenset(),
    "meta.threat_notification": frozenset(),
    "whatsapp.threat_notification": frozenset(),
    "ios.lockdown_mode": frozenset({"on", "off", "unknown"}),
    "suspicious_message": frozenset(),
    "device.time_zone": frozenset(),
}
"""The known kinds with the values each takes; empty where any text will do."""
OWN = "x."
"""How a kind of one's own begins."""
METHODS = said(("screen", "statement", "backup"))
_KIND = re.compile(r"[a-z][a-z0-9_.]{1,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen: `at` is when it was so (UTC), None for now; `attachment` a screenshot to keep with it."""

    kind: str
    value: str
    method: str = ""
    at: str | None = None
    note: str = ""
    device: str | None = None
    attachment: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OneObservation:
    """What `observe add` returns."""

    observation: Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """What `observe list` returns."""

    observations: tuple[Observation, ...]


def add(desk: Desk, official: str, seen: Seen) -> Outcome[OneObservation]:
    """Record an observation; a wrong one is corrected by a later one, never changed."""
    _require_known(seen)
    refuse_future(desk, seen.at, "What was seen")
    with desk.open_case(to_change=True) as store:
        one = queries.official(store, official)
        if seen.device and queries.device(store, seen.device).official != one.id:
            raise ConflictError("{device} is not a device of {one}.", device=seen.device, one=one.id)
        kept = keep(store.folder, seen.attachment) if seen.attachment else None
        with store.change("observation.recorded", actor=desk.actor, kind=seen.kind) as change:
            added = insert(change, one.id, seen, actor=desk.actor, attachment_sha256=kept)
            change.payload["subject"] = added
        shown = next(each for each in queries.observations(store, one.id) if each.id == added)
        return Outcome(data=OneObservation(observation=shown))


def _require_known(seen: Seen) -> None:
    if not _KIND.fullmatch(seen.kind):
        raise InputError(
            "{kind!r} is no kind.", hint="Small letters, digits, dots, underscores: 'line.version'.", kind=seen.kind
        )
    if seen.kind not in KINDS and not seen.kind.startswith(OWN):
        near = get_close_matches(seen.kind, KINDS, n=1, cutoff=0.0)[0]
        raise InputError(
            "{kind} is not a known kind: a mistyped one would be counted nowhere.",
            hint=say(
                "Did you mean {near}? A kind of your own begins with {own}: {example}.",
                near=near,
                own=OWN,
                example=f"{OWN}{seen.kind}"[:64],
            ),
            kind=seen.kind,
        )
    allowed = KINDS.get(seen.kind, frozenset())
    if allowed and seen.value not in allowed:
        raise InputError(
            "{kind} cannot be {seen!r}.",
            hint=say("Use one of {allowed}.", allowed=", ".join(sorted(allowed))),
            kind=seen.kind,
            seen=seen.value,
        )
    if not seen.value.strip():
        raise InputError("An observation needs a value.")
    if seen.method and seen.method not in METHODS:
        raise InputError(
            "{method!r} is no method.",
            hint=say("Use one of {methods}.", methods=", ".join(METHODS)),
            method=seen.method,
        )


def insert(
    change: Change,
    official: str,
    seen: Seen,
    *,
    actor: str,
    attachment_sha256: str | None = None,
    scan: str | None = None,
) -> str:
    """Write an observation inside the caller's transaction and return its id."""
    added = change.new_id("observation")
    change.insert(
        "observation",
        id=added,
        official=official,
        device=seen.device,
        kind=seen.kind,
        value=seen.value.strip(),
        method=seen.method,
        at=seen.at or change.at,
        recorded_at=change.at,
        recorded_by=actor,
        note=seen.note,
        attachment_sha256=attachment_sha256,
        attachment_name=seen.attachment.name if seen.attachment else "",
        scan=scan,
    )
    return added


def list_observations(desk: Desk, *, official: str | None = None, kind: str | None = None) -> Outcome[Observations]:
    """Return observations in the order of the time they speak of."""
    with desk.open_case() as store:
        wanted = queries.official(store, official).id if official else None
        found = tuple(each for each in queries.observations(store, wanted) if kind in {None, each.kind})
        return Outcome(data=Observations(observations=found))
