"""What can be done in the console: each form calls the verb that the command line calls, and nothing else."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvtcase import workflow
from mvtcase.engine.job import Secret
from mvtcase.errors import InputError
from mvtcase.model import ConsentMethod, ConsentPoint, Verdict
from mvtcase.web.pages import one_of
from mvtcase.wording import Message, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.datastructures import FormData

    from mvtcase.web.console import Console
    from mvtcase.workflow.desk import Desk, Outcome

MAX_ATTACHMENT_BYTES = 32 << 20
MAX_NAME = 60
"""Characters of a file's name, the last: no file system takes more than 255 bytes."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was sent."""

    data: FormData

    def text(self, name: str) -> str:
        """Return a field's text, empty without one."""
        value = self.data.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def exactly(self, name: str) -> str:
        """Return a field's text as it was typed, blanks and all: a password may begin with one."""
        value = self.data.get(name, "")
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Return all texts of a field, such as those of boxes that were ticked."""
        return tuple(each for each in self.data.getlist(name) if isinstance(each, str))

    @contextlib.contextmanager
    def file(self, name: str) -> Iterator[Path | None]:
        """Give an uploaded file as a private one of its own for as long as it is needed, None without one."""
        given = self.data.get(name)
        if given is None or isinstance(given, str) or not given.filename:
            yield None
            return
        content = given.file.read(MAX_ATTACHMENT_BYTES + 1)
        if len(content) > MAX_ATTACHMENT_BYTES:
            raise InputError("The file is larger than {limit} MiB.", limit=MAX_ATTACHMENT_BYTES >> 20)
        with tempfile.TemporaryDirectory(prefix="mvtcase-upload-") as folder:
            path = Path(folder) / file_name(given.filename)
            with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as handle:
                handle.write(content)
            yield path


def file_name(given: str) -> str:
    """Return the name under which an uploaded file is kept: what the browser gave may be a path, or no name at all."""
    last = given.replace("\\", "/").rpartition("/")[2]
    plain = re.sub(r"[^\w.,()+ -]", "_", last)[-MAX_NAME:]
    return plain if plain.strip(". ") else "attachment"


def dispose(desk: Desk, form: Filled, _: Console) -> Outcome[Any]:
    """Record a judgement on a finding."""
    verdict = one_of(Verdict, form.text("verdict"), "judgement")
    return workflow.findings.dispose(desk, form.text("finding"), verdict=verdict, reason=form.text("reason"))


def assign(desk: Desk, form: Filled, _: Console) -> Outcome[Any]:
    """Say who is to look at a finding or line."""
    return workflow.findings.assign(desk, named=(form.text("finding"),), to=form.text("to"))


def observe(desk: Desk, form: Filled, _: Console) -> Outcome[Any]:
    """Record what was seen about an official."""
    with form.file("attachment") as attachment:
        seen = workflow.observations.Seen(
            kind=form.text("kind"),
            value=form.text("value"),
            method=form.text("method"),
            note=form.text("note"),
            device=form.text("device") or None,
            attachment=attachment,
        )
        return workflow.observations.add(desk, form.text("official"), seen)


def consent(desk: Desk, form: Filled, _: Console) -> Outcome[Any]:
    """Record a consent, with the signed form where one was given."""
    points = frozenset(one_of(ConsentPoint, each, "point of information") for each in form.texts("informed"))
    with form.file("document") as document:
        return workflow.consents.record(
            desk,
            form.text("official"),
            by=form.text("by"),
            method=one_of(ConsentMethod, form.text("method"), "way of consent"),
            scope=form.text("scope"),
            informed=points,
            document=document,
        )


def withdraw(desk: Desk, form: Filled, _: Console) -> Outcome[Any]:
    """Take back an official's consents."""
    return workflow.consents.withdraw(desk, form.text("official"), reason=form.text("reason"))


def register(desk: Desk, form: Filled, console: Console) -> Outcome[Any]:
    """Register the acquisition at a path; those who reach the console from elsewhere name none but of its folder."""
    if not form.text("path"):
        raise InputError("Say where the acquisition is.")
    path = console.below_root(form.text("path")) if console.shared else Path(form.text("path"))
    wish = workflow.acquisitions.Registration(official=form.text("official"), device=form.text("device") or None)
    return workflow.acquisitions.add(desk, path, wish)


def scan(desk: Desk, form: Filled, console: Console) -> Message:
    """Begin to scan acquisitions, or all that is due."""
    _require_to_change(desk)
    password = form.exactly("password")
    console.works.scan(desk, form.texts("acquisition"), Secret(value=password) if password else None)
    return say("The scan runs; it goes on when this page is closed.")


def recheck(desk: Desk, _: Filled, console: Console) -> Message:
    """Begin to recheck all stored results."""
    _require_to_change(desk)
    console.works.recheck(desk)
    return say("The recheck runs; it goes on when this page is closed.")


def stop(desk: Desk, form: Filled, console: Console) -> Message:
    """Stop a piece of work on this case."""
    _require_to_change(desk)
    with contextlib.suppress(ValueError):
        console.works.stop(desk.case or "", int(form.text("work")))
    return say("It stops after the module at work; what was found is stored.")


def _require_to_change(desk: Desk) -> None:
    """Raise `ConflictError` when the case is closed or the examiner only reads it, before any work begins."""
    with desk.open_case(to_change=True):
        pass


def write(desk: Desk, form: Filled, _: Console) -> Outcome[Any]:
    """Write a report as a draft."""
    return workflow.reports.write(
        desk,
        form.text("kind"),
        target=form.text("target") or None,
        formats=form.texts("format") or ("html",),
        edition=form.text("edition") or None,
    )


def review(desk: Desk, form: Filled, _: Console) -> Outcome[Any]:
    """Mark a draft as reviewed."""
    return workflow.report_life.review(desk, form.text("report"))


def release(desk: Desk, form: Filled, _: Console) -> Outcome[Any]:
    """Release a reviewed report."""
    return workflow.report_life.release(desk, form.text("report"))


def export(desk: Desk, form: Filled, _: Console) -> Outcome[Any]:
    """Write an export into the case folder."""
    return workflow.exports.export(desk, form.text("format"), edition=form.text("edition") or None)


def note(desk: Desk, form: Filled, _: Console) -> Outcome[Any]:
    """Add a remark to the chain of custody, on the case or on one thing in it."""
    return workflow.custody.note(desk, form.text("text"), about=form.text("about") or None)


def verify(desk: Desk, _: Filled, __: Console) -> Outcome[Any]:
    """Verify the chain of custody."""
    return workflow.custody.verify(desk)


ACTIONS: dict[str, Callable[[Desk, Filled, Console], Outcome[Any] | Message]] = {
    each.__name__: each
    for each in (
        dispose,
        assign,
        observe,
        consent,
        withdraw,
        register,
        scan,
        recheck,
        stop,
        write,
        review,
        release,
        export,
        note,
        verify,
    )
}
"""What each form does, by the last part of its address."""
