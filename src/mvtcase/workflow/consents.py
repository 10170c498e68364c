"""The data owner's consent: record, withdraw, show, and the gate that no scan passes without it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from mvtcase.canon import parse_timestamp, timestamp
from mvtcase.errors import (
    ConsentExpiredError,
    ConsentIncompleteError,
    ConsentMissingError,
    ConsentWithdrawnError,
    InputError,
)
from mvtcase.model import ConsentMethod, ConsentPoint, RosterState
from mvtcase.store import queries
from mvtcase.wording import do, say
from mvtcase.workflow.attachments import keep
from mvtcase.workflow.desk import Outcome

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from mvtcase.model import Consent, Official
    from mvtcase.store.store import Store
    from mvtcase.wording import Message
    from mvtcase.workflow.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class OneConsent:
    """What `consent record` returns."""

    consent: Consent


@dataclass(frozen=True, slots=True, kw_only=True)
class Consents:
    """An official's consents, oldest first."""

    consents: tuple[Consent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate(Consents):
    """An official's consents, whether they allow a scan now, and why not."""

    scan_allowed: bool
    reason: str


def read_points(text: str) -> frozenset[ConsentPoint]:
    """Return the points a comma list names. Raises `InputError` on an unknown one."""
    names = [each.strip() for each in text.split(",") if each.strip()]
    try:
        return frozenset(ConsentPoint(name) for name in names)
    except ValueError:
        raise InputError(
            "{given!r} names an unknown point.",
            hint=say("Known: {consentpoint}.", consentpoint=", ".join(ConsentPoint)),
            given=text,
        ) from None


def read_date(text: str, *, end_of_day: bool = False) -> str:
    """Return a date or UTC time in our form; a bare date is its first moment, or its last. Raises `InputError`."""
    whole_day = "T23:59:59Z" if end_of_day else "T00:00:00Z"
    full = f"{text}{whole_day}" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text
    try:
        return timestamp(parse_timestamp(full))
    except ValueError:
        raise InputError(
            "{given!r} is no date.", hint="Write 2026-11-24 or 2026-11-24T09:30:00Z (UTC).", given=text
        ) from None


def refuse_future(desk: Desk, at: str | None, what: str) -> None:
    """Raise `InputError` on a time that is more than a day ahead: a day is left for zones and clocks that go wrong."""
    if at is not None and parse_timestamp(at) > desk.clock() + timedelta(days=1):
        raise InputError(
            "{what} cannot be in the future: {at}.", hint="Dates are year-month-day, in UTC.", what=what, at=at
        )


def record(  # noqa: PLR0913  # a consent form has this many fields
    desk: Desk,
    named: str,
    *,
    by: str,
    method: ConsentMethod,
    scope: str,
    informed: frozenset[ConsentPoint],
    given_at: str | None = None,
    expires_at: str | None = None,
    device_owner: str = "",
    document: Path | None = None,
) -> Outcome[OneConsent]:
    """Record a consent as it was given; an incomplete one is recorded too, and allows no scan."""
    if not by.strip() or not scope.strip():
        raise InputError("A consent needs the name of the data owner and what was consented to.")
    refuse_future(desk, given_at, "The day on which a consent was given")
    if expires_at is not None and parse_timestamp(expires_at) <= desk.clock():
        raise InputError("A consent that ran out on {at} allows nothing.", hint="Check the year.", at=expires_at)
    with desk.open_case(to_change=True) as store:
        one = queries.official(store, named)
        kept = keep(store.folder, document) if document else None
        with store.change("consent.recorded", actor=desk.actor) as change:
            added = change.new_id("consent")
            change.payload |= {"subject": added, "official": one.id}
            change.insert(
                "consent",
                id=added,
                official=one.id,
                given_by=by.strip(),
                method=method,
                scope=scope.strip(),
                given_at=given_at or change.at,
                expires_at=expires_at,
                device_owner=device_owner.strip(),
                document_sha256=kept,
                recorded_by=desk.actor,
                **{f"informed_{point}": point in informed for point in ConsentPoint},
            )
            if one.roster in {RosterState.INVITED, RosterState.UNREACHABLE, RosterState.WITHDRAWN}:
                change.update("official", one.uuid, roster=RosterState.CONSENTED)
        data = OneConsent(consent=queries.consents(store, one.id)[-1])
        return Outcome(data=data, messages=_what_is_missing(informed))


def _what_is_missing(informed: frozenset[ConsentPoint]) -> tuple[Message, ...]:
    missing = [str(point) for point in ConsentPoint if point not in informed]
    if not missing:
        return ()
    text = "The person was not informed of: {missing}. This consent allows no scan."
    return (say(text, missing=", ".join(missing)),)


def withdraw(desk: Desk, named: str, *, reason: str = "") -> Outcome[Consents]:
    """Take back every standing consent of an official. Raises `ConsentMissingError` when there is none."""
    with desk.open_case(to_change=True) as store:
        one = queries.official(store, named)
        standing = [each for each in queries.consents(store, one.id) if each.withdrawn_at is None]
        if not standing:
            raise ConsentMissingError("{one} has no standing consent to withdraw.", one=one.id)
        with store.change("consent.withdrawn", actor=desk.actor, subject=one.id) as change:
            for each in standing:
                change.update("consent", each.uuid, withdrawn_at=change.at, withdrawal_reason=reason)
            change.update("official", one.uuid, roster=RosterState.WITHDRAWN)
        return Outcome(
            data=Consents(consents=queries.consents(store, one.id)),
            messages=(say("What was found so far stays in the case; dispose of it as the consent form says."),),
        )


def show(desk: Desk, named: str) -> Outcome[Gate]:
    """Return an official's consents, and whether they allow a scan now."""
    with desk.open_case() as store:
        one = queries.official(store, named)
        consents = queries.consents(store, one.id)
        try:
            require(store, one, desk.clock())
            allowed, why = True, ""
        except (ConsentMissingError, ConsentIncompleteError, ConsentExpiredError, ConsentWithdrawnError) as error:
            allowed, why = False, str(error)
        return Outcome(data=Gate(consents=consents, scan_allowed=allowed, reason=why))


def require(store: Store, official: Official, now: datetime) -> Consent:
    """Return the consent that allows a scan of an official's devices now; the gate every scan passes.

    The MVT License 1.1, section 3.0 with 1.15 to 1.17, demands the data owner's consent, informed of the nature of the
    procedure, its privacy implications, the retention and the disposal of the data. Of several that were not withdrawn
    the newest rules, which is the person's latest word. Raises the `ConsentError` that says what is missing.
    """
    if official.roster is RosterState.REFUSED:
        raise ConsentMissingError(
            "{official} refused the examination.",
            hint=say(
                "Should the person agree after all: {0}, then {1}.",
                do("official set", official.id, roster="invited"),
                do("consent record", official.id),
            ),
            official=official.id,
        )
    consents = queries.consents(store, official.id)
    if not consents:
        raise ConsentMissingError("No consent of {official}, the data owner, is recorded.", official=official.id)
    standing = [each for each in consents if each.withdrawn_at is None]
    if not standing:
        raise ConsentWithdrawnError(
            "{official} withdrew the consent on {withdrawn_at}.",
            official=official.id,
            withdrawn_at=consents[-1].withdrawn_at,
        )
    if official.roster is RosterState.WITHDRAWN:
        raise ConsentWithdrawnError("{official} withdrew the consent, as the roster says.", official=official.id)
    newest = standing[-1]
    if newest.expires_at is not None and parse_timestamp(newest.expires_at) <= now:
        raise ConsentExpiredError(
            "The consent of {official} ran out on {expires_at}.",
            official=official.id,
            expires_at=newest.expires_at,
        )
    missing = sorted(frozenset(ConsentPoint) - newest.informed)
    if missing:
        raise ConsentIncompleteError(
            "{official} was not informed of: {missing}.", official=official.id, missing=", ".join(missing)
        )
    return newest
