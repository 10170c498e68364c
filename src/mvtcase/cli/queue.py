"""The queue of what waits, walked in the terminal: a record laid out for reading, then a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from mvtcase import workflow
from mvtcase.cli import output
from mvtcase.cli.state import sentence, shown, words
from mvtcase.escape import visible
from mvtcase.model import Verdict
from mvtcase.wording import say

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
_NEXT = "n"
_MINE = "m"
_QUIT = "q"
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

_NAMES = (
    *("person", "when", "who wrote", "text", "link", "process", "file", "around it", "indicator", "it means", "but"),
    *("often", "look for", "how common", "allow-list", "incident line", "note"),
)
"""What stands before each part of a page."""


def walk(state: State, wish: Wish) -> None:
    """Show one finding after the other until nobody waits or the person has had enough."""
    skipped = judged = 0
    while True:
        desk = state.desk()
        upcoming = workflow.findings.upcoming(desk, wish, skipped=skipped)
        output.draw_all(page(upcoming.data))
        one = upcoming.data.finding
        key = _QUIT if one is None else _key()
        if one is None or key == _QUIT:
            break
        if key == _MINE:
            workflow.findings.assign(desk, named=[one.id], to=desk.actor)
        verdict = KEYS.get(key.lower())
        if verdict is None:
            skipped += 1
            continue
        reason = typer.prompt(sentence("Reason"), err=True)
        named = one.line.id if key.isupper() else one.id
        output.say(workflow.findings.dispose(desk, named, verdict=verdict, reason=reason).messages)
        judged += 1
    state.done = True
    state.exit_code = 0
    output.say([say("Judged {judged}, passed over {skipped}.", judged=judged, skipped=skipped)])


def _key() -> str:
    """Return the key of what a person wants done with a finding, asked until it is one of them."""
    known = (_NEXT, _MINE, _QUIT, *KEYS, *map(str.upper, KEYS))
    output.say(
        [
            say("c confirmed, f false positive, b benign, e needs an expert; a capital letter judges the whole line"),
            say("n next, m mine, q quit"),
        ]
    )
    while True:
        key = str(typer.prompt(sentence("Key"), default=_NEXT, err=True)).strip()
        if key in known:
            return key
        output.say([say("There is no key {key!r}.", key=key)])


def page(data: Upcoming) -> Iterable[Table | Text]:
    """Return a finding as a page to read: what, who, when, the record, the indicator, and what to make of it."""
    one = data.finding
    if one is None:
        return [Text(sentence("Nothing waits."))]
    drawn = Table.grid(padding=(0, 2))
    drawn.add_column(no_wrap=True, min_width=max(cell_len(sentence(each)) for each in _NAMES))
    drawn.add_column(overflow="fold")
    for name, told in (*_whose(one, data.who), *_told_by_the_phone(one), *_made_of_it(one)):
        drawn.add_row(sentence(name), Text(visible(shown(told))))
    head = f"{one.id}  {one.level}  {shown(one.evidence_class)}  {visible(words(one.line.words))}"
    return [Text(f"\n{head}", style="bold"), drawn]


def _whose(one: WholeFinding, who: str) -> Iterator[tuple[str, object]]:
    yield "person", say("{who} ({official}), phone {device}", who=who, official=one.official, device=one.device)
    when = one.event_time or sentence("unknown")
    yield "when", say("{when} ({basis})", when=when, basis=shown(one.event_time_basis))


def _told_by_the_phone(one: WholeFinding) -> Iterator[tuple[str, object]]:
    """Yield what a person looks for in the record itself."""
    for name, fields in _TELLING.items():
        for field in fields:
            value = one.detail.get(field)
            if value not in (None, "", [], {}):
                yield name, str(value)[:MAX_READ]
    if one.indicator:
        source = one.published.source_url or one.published.publisher if one.published else ""
        of_it = f"{one.indicator.family}, set {one.indicator.set} {source}".strip()
        yield "indicator", f"{one.indicator.value} ({one.indicator.type}), {of_it}"


def _made_of_it(one: WholeFinding) -> Iterator[tuple[str, object]]:
    """Yield what it means, what commonly explains it and what to look at next."""
    yield "it means", one.means
    yield "but", one.does_not_mean
    if one.rated:
        yield "often", f"{words(one.rated.causes)} ({words(one.rated.common)})"
        yield "look for", one.rated.unusual
    if one.base_rate:
        yield "how common", one.base_rate.words
    if one.line.allowed:
        yield "allow-list", say("{entry} names it as ordinary", entry=one.line.allowed)
    line = one.line
    if line.joined_later:
        yield (
            "line",
            say(
                "{later} of {records} in {line} came after the line was judged",
                later=line.joined_later,
                records=line.records,
                line=line.id,
            ),
        )
    elif line.records > 1:
        yield "incident line", say("{line} holds {records} like this", line=line.id, records=line.records)
    for note in one.notes:
        yield "note", f"{note.text} ({note.examiner})"
