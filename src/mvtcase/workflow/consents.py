"""The data owner's consent: record one or a batch, withdraw, show, and the gate that no scan passes without it."""

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
    NotFoundError,
)
from mvtcase.model import ConsentMethod, ConsentPoint, RosterState
from mvtcase.store import queries
from mvtcase.wording import do, say
from mvtcase.workflow import rosters
from mvtcase.workflow.attachments import keep
from mvtcase.workflow.desk import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
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
    retain_until: str | None = None,
    device_owner: str = "",
    document: Path | None = None,
) -> Outcome[OneConsent]:
    """Record a consent as it was given; an incomplete one is recorded too, and allows no scan.

    `expires_at` is how long scans are allowed, `retain_until` how long what they found may be kept.
    """
    form = Form(
        official=named,
        by=by,
        method=method,
        scope=scope,
        informed=informed,
        given_at=given_at,
        expires_at=expires_at,
        retain_until=retain_until,
        device_owner=device_owner,
        document=document,
    )
    _refuse_unusable(desk, form)
    with desk.open_case(to_change=True) as store:
        one = queries.official(store, named)
        added = _insert(desk, store, one, form)
        data = OneConsent(consent=next(each for each in queries.consents(store, one.id) if each.id == added))
        return Outcome(data=data, messages=_what_is_missing(informed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A consent as it stands on its form."""

    official: str
    by: str
    method: ConsentMethod
    scope: str
    informed: frozenset[ConsentPoint]
    given_at: str | None = None
    expires_at: str | None = None
    retain_until: str | None = None
    device_owner: str = ""
    document: Path | None = None


def _refuse_unusable(desk: Desk, form: Form) -> None:
    if not form.by.strip() or not form.scope.strip():
        raise InputError("A consent needs the name of the data owner and what was consented to.")
    refuse_future(desk, form.given_at, "The day on which a consent was given")
    for at, what in ((form.expires_at, "allows nothing"), (form.retain_until, "lets nothing be kept")):
        if at is not None and parse_timestamp(at) <= desk.clock():
            raise InputError("A consent that ran out on {at} {what}.", hint="Check the year.", at=at, what=what)


def _insert(desk: Desk, store: Store, one: Official, form: Form) -> str:
    kept = keep(store.folder, form.document) if form.document else None
    with store.change("consent.recorded", actor=desk.actor) as change:
        added = change.new_id("consent")
        change.payload |= {"subject": added, "official": one.id}
        change.insert(
            "consent",
            id=added,
            official=one.id,
            given_by=form.by.strip(),
            method=form.method,
            scope=form.scope.strip(),
            given_at=form.given_at or change.at,
            expires_at=form.expires_at,
            retain_until=form.retain_until,
            device_owner=form.device_owner.strip(),
            document_sha256=kept,
            recorded_by=desk.actor,
            **{f"informed_{point}": point in form.informed for point in ConsentPoint},
        )
        if one.roster in {RosterState.INVITED, RosterState.UNREACHABLE, RosterState.WITHDRAWN}:
            change.update("official", one.uuid, roster=RosterState.CONSENTED)
    return added


COLUMNS: rosters.Names = {
    "official": ("id", "pseudonym", "編號", "代號"),
    "by": ("name", "givenby", "姓名", "同意人"),
    "scope": ("同意範圍", "範圍"),
    "informed": ("告知事項", "告知"),
    "method": ("方式",),
    "given": ("date", "同意日期", "日期"),
    "expires": ("有效期限", "到期日"),
    "retain": ("retainuntil", "保存期限"),
    "deviceowner": ("裝置所有人",),
    "document": ("file", "附件", "檔案"),
}
"""The columns of a batch of signed forms; the document is a path beside the table."""


def record_batch(desk: Desk, path: Path) -> Outcome[Consents]:
    """Record every consent of a table (CSV or XLSX), or none: each row is one signed form.

    Raises `InputError` naming the line that cannot be used, `NotFoundError` for an unknown person or document.
    """
    rows = rosters.read(path, COLUMNS)
    with desk.open_case(to_change=True) as store:
        forms = [_usable(desk, store, path, row) for row in rows]
        added = [_insert(desk, store, one, form) for one, form in forms]
        consents = tuple(
            consent
            for one in {one.id: one for one, _ in forms}.values()
            for consent in queries.consents(store, one.id)
            if consent.id in added
        )
        gaps = {str(line): line for _, form in forms for line in _what_is_missing(form.informed)}
        return Outcome(data=Consents(consents=consents), messages=tuple(gaps.values()))


def _usable(desk: Desk, store: Store, path: Path, row: rosters.Row) -> tuple[Official, Form]:
    """Return the form that a row is, with whose it is. Raises `InputError` naming the line."""
    try:
        form = _form(path, row)
        _refuse_unusable(desk, form)
        if form.document and not form.document.is_file():
            raise NotFoundError("There is no file {path}.", path=form.document)
        return queries.official(store, form.official), form
    except (InputError, ValueError) as error:
        raise InputError("{path}, line {line}: {error}", path=path, line=row.line, error=error) from None


def _form(path: Path, row: rosters.Row) -> Form:
    cells = row.cells
    named = cells.get("official", "")
    if not named:
        raise InputError("The official is missing.", hint="Give an id (O-0001), a pseudonym or the roster's id.")
    expires, retain = (
        read_date(cells[name], end_of_day=True) if name in cells else None for name in ("expires", "retain")
    )
    return Form(
        official=named,
        by=cells.get("by", ""),
        method=ConsentMethod(cells.get("method", ConsentMethod.WRITTEN)),
        scope=cells.get("scope", ""),
        informed=read_points(cells.get("informed", "").replace(";", ",")),
        given_at=read_date(cells["given"]) if "given" in cells else None,
        expires_at=expires,
        retain_until=retain,
        device_owner=cells.get("deviceowner", ""),
        document=path.parent / cells["document"] if "document" in cells else None,
    )


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

    Raises the `ConsentError` that says what is missing.
    """
    return allowing(official, queries.consents(store, official.id), now)


def allowing(official: Official, consents: Sequence[Consent], now: datetime) -> Consent:
    """Return that of an official's consents, oldest first, which allows a scan now.

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
