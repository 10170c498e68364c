"""The queue of what waits, walked in the terminal: a record laid out for reading, then a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.text import Text

from mvtcase import workflow
from mvtcase.cli import output
from mvtcase.cli.state import words
from mvtcase.escape import visible
from mvtcase.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mvtcase.cli.state import State
    from mvtcase.workflow.findings import Upcoming, WholeFinding
    from mvtcase.workflow.seeking import Wish

KEYS = {
    "c": Verdict.CONFIRMED,
    "f": Verdict.FALSE_POSITIVE,
    "b": Verdict.BENIGN,
    "e": Verdict.NEEDS_EXPERT,
}
_ASKED = "[c]onfirmed [f]alse positive [b]enign needs [e]xpert, the whole line with a capital; [n]ext [m]ine [q]uit"
MAX_READ = 2000
"""Characters of one text of the evidence that are laid out; `finding show` has all of it."""
_TELLING = {
    "who wrote": ("phone_number", "address", "sender", "sender_mid", "from_jid", "ZFROMJID", "from_mid", "handle"),
    "text": ("text", "body", "message", "ZTEXT", "content", "snippet"),
    "link": ("url", "link", "links", "origin", "redirect_destination", "found"),
    "process": ("proc_name", "process", "process_name", "bundle_id", "package_name", "client", "identifier"),
    "file": ("path", "relative_path", "file_path", "on_phone"),
    "around it": ("context",),
}
"""Fields of an event under what a person looks for; the others are in `finding show`."""


def walk(state: State, wish: Wish) -> None:
    """Show one finding after the other until nobody waits or the person has had enough."""
    skipped = judged = 0
    while True:
        desk = state.desk()
        upcoming = workflow.findings.upcoming(desk, wish, skipped=skipped)
        output.draw_all(page(upcoming.data))
        one = upcoming.data.finding
        if one is None:
            break
        key = typer.prompt(_ASKED, default="n", show_default=False, err=True).strip()[:1]
        if key in {"q", "Q"}:
            break
        if key == "m":
            workflow.findings.assign(desk, named=[one.id], to=desk.actor)
        verdict = KEYS.get(key.lower())
        if verdict is None:
            skipped += 1
            continue
        reason = typer.prompt("Reason", err=True)
        named = one.line.id if key.isupper() else one.id
        output.say(workflow.findings.dispose(desk, named, verdict=verdict, reason=reason).messages)
        judged += 1
    state.done = True
    state.exit_code = 0
    output.say([f"Judged {judged}, passed over {skipped}."])


def page(data: Upcoming) -> Iterable[Text]:
    """Return a finding as a page to read: what, who, when, the record, the indicator, and what to make of it."""
    if data.finding is None:
        return [Text("Nothing waits.")]
    return [Text("\n".join(_lines(data)))]


def _lines(data: Upcoming) -> Iterator[str]:
    one = data.finding
    assert one is not None  # noqa: S101  # asked by the caller
    yield f"\n{one.id}  {one.level}  {one.evidence_class}  {visible(words(one.line.words))}"
    yield f"  person      {visible(data.who)} ({one.official}), phone {one.device}"
    yield f"  when        {one.event_time or 'unknown'} ({one.event_time_basis})"
    for name, told in (*_told_by_the_phone(one), *_made_of_it(one)):
        yield f"  {name:11} {visible(told)}"


def _told_by_the_phone(one: WholeFinding) -> Iterator[tuple[str, str]]:
    """Yield what a person looks for in the record itself."""
    for name, fields in _TELLING.items():
        for field in fields:
            value = one.detail.get(field)
            if value not in (None, "", [], {}):
                yield name, str(value)[:MAX_READ]
    if one.indicator:
        source = one.published.source_url or one.published.publisher if one.published else ""
        of_it = f"{one.indicator.family}, set {one.indicator.set} {source}"
        yield "indicator", f"{one.indicator.value} ({one.indicator.type}), {of_it}"


def _made_of_it(one: WholeFinding) -> Iterator[tuple[str, str]]:
    """Yield what it means, what commonly explains it and what to look at next."""
    yield "it means", one.means
    yield "but", one.does_not_mean
    if one.rated:
        yield "often", f"{one.rated.causes} ({one.rated.common})"
        yield "look for", one.rated.unusual
    if one.base_rate:
        yield "how common", one.base_rate.words
    if one.line.allowed:
        yield "allow-list", f"{one.line.allowed} names it as ordinary"
    line = one.line
    if line.joined_later:
        yield "line", f"{line.joined_later} of {line.records} in {line.id} came after the line was judged"
    elif line.records > 1:
        yield "line", f"{line.id} holds {line.records} like this"
    for note in one.notes:
        yield "note", f"{note.text} ({note.examiner})"
