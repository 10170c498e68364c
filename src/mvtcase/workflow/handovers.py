"""Handovers: who gave what to whom and why, with a form for two signatures, whose scan is kept and hashed."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.errors import ConflictError, InputError, NotFoundError
from mvtcase.escape import visible
from mvtcase.files import write_atomically
from mvtcase.store import queries
from mvtcase.store.folder import PRIVATE_FOLDER
from mvtcase.wording import do, say, translator
from mvtcase.workflow import attachments
from mvtcase.workflow.desk import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.store.store import Store
    from mvtcase.workflow.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Handing:
    """What is given, by whom, to whom and why; `item` is the id of a phone or acquisition, or a thing in words.

    The form goes to `output`, else to the exports of the case.
    """

    giver: str
    taker: str
    item: str
    reason: str
    output: Path | None = None


_FORM = "{}-handover.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverShown:
    """A handover; `head` is that of the chain when it was written down, `form` the page to sign."""

    id: str
    item: str
    device: str | None
    given_by: str
    taken_by: str
    reason: str
    at: str
    scan_sha256: str | None
    form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneHandover:
    """What `custody handover` returns."""

    handover: HandoverShown


def hand_over(desk: Desk, wish: Handing) -> Outcome[OneHandover]:
    """Write down a handover and make its form. Raises `InputError` when something about it is not said."""
    said = {"from": wish.giver, "to": wish.taker, "item": wish.item, "reason": wish.reason}
    if missing := [name for name, text in said.items() if not text.strip()]:
        raise InputError("A handover needs {missing}.", missing=", ".join(f"--{each}" for each in missing))
    with desk.open_case(to_change=True) as store:
        place = wish.output.expanduser().absolute() if wish.output else store.folder.own_exports()
        if wish.output and place.exists():
            raise ConflictError("{path} exists already.", path=place)
        device, item = _thing(store, wish.item.strip())
        with store.change("custody.handed_over", actor=desk.actor) as change:
            named = change.new_id("handover")
            change.payload["subject"] = named
            change.insert("handover", id=named, item=item, device=device, given_by=wish.giver.strip(),
                          taken_by=wish.taker.strip(), reason=wish.reason.strip(), at=change.at,
                          recorded_by=desk.actor)  # fmt: skip
        form = place if wish.output else place / _FORM.format(named)
        _write(desk, store, _shown(store, named, form), form)
        told = say("Print {form}, have both sign it, then {0}.",
                   do("custody handover", form=named, attach="SCAN"), form=form)  # fmt: skip
        return Outcome(data=OneHandover(handover=_shown(store, named, form)), messages=(told,))


def _thing(store: Store, named: str) -> tuple[str | None, str]:
    """Return the phone that a thing is or was taken from, and the thing in words that stay true."""
    if named.startswith("A-"):
        one = queries.acquisition(store, named)
        return one.device, f"{one.id}, {one.kind}, {one.bytes:,} bytes, manifest {one.manifest_sha256}"
    if named.startswith("D-"):
        phone = queries.device(store, named)
        return phone.id, f"{phone.id}, {phone.platform}, {phone.fingerprint}"
    return None, named


def _shown(store: Store, named: str, form: Path | None = None) -> HandoverShown:
    names = ("id", "item", "device", "given_by", "taken_by", "reason", "at", "scan_sha256")
    for row in store.rows(f"SELECT {', '.join(names)} FROM handover WHERE id = ?", (named,)):  # noqa: S608  # own names
        own = store.folder.home / "exports" / _FORM.format(named)
        return HandoverShown(**dict(row), form=str(form or ("" if store.folder.sealed else own)))
    raise NotFoundError("This case holds no handover {named!r}.", named=named)


def _write(desk: Desk, store: Store, one: HandoverShown, path: Path) -> None:
    """Write the form to be signed; without the network, in one page."""
    case = queries.case_file(store)
    word = translator(desk.language_of(case)).word
    rows = (
        (say("Case"), case.id),
        (say("Item"), one.item),
        (say("Given by"), one.given_by),
        (say("Taken by"), one.taken_by),
        (say("Reason"), one.reason),
        (say("Time (UTC)"), one.at),
        (say("Head of the chain of custody"), store.custody_head()),
    )
    told = "".join(f"<tr><th>{_text(word(name))}</th><td>{_text(value)}</td></tr>" for name, value in rows)
    lines = (say("Given: name, date, signature"), say("Taken: name, date, signature"))
    signed = "".join(f"<p>{_text(word(each))}<br><br>_______________________________</p>" for each in lines)
    title = f"{_text(word(say('Handover')))} {one.id}"
    page = (
        f"<!doctype html><html><head><meta charset=utf-8><title>{title}</title><style>body{{font:12pt sans-serif;"
        "margin:2cm}th{text-align:left;vertical-align:top;padding:4pt 12pt 4pt 0}td{overflow-wrap:anywhere}</style>"
        f"</head><body><h1>{title}</h1><p>TLP:{case.tlp}</p><table>{told}</table>{signed}</body></html>"
    )
    path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    write_atomically(path, page.encode())


def _text(value: object) -> str:
    return html.escape(visible(str(value)))


def attach(desk: Desk, named: str, scan: Path) -> Outcome[OneHandover]:
    """Keep the scan of a signed form with the case, hashed. Raises `ConflictError` when one is kept already."""
    with desk.open_case(to_change=True) as store:
        if _shown(store, named).scan_sha256 is not None:
            raise ConflictError("The signed form of {named} is kept already.", named=named)
        digest = attachments.keep(store.folder, scan)
        (row,) = store.rows("SELECT uuid FROM handover WHERE id = ?", (named,))
        with store.change("custody.form_attached", actor=desk.actor, subject=named, sha256=digest) as change:
            change.update("handover", row["uuid"], scan_sha256=digest)
        return Outcome(data=OneHandover(handover=_shown(store, named)))
