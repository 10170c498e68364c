"""Pieces that several reports share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mvtcase.report.document import (
    NOTHING,
    Bullets,
    Card,
    Document,
    Pairs,
    Para,
    Section,
    Table,
    Tone,
    bold,
    chip,
    code,
    joined,
    soft,
)
from mvtcase.wording import Said, count, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mvtcase.report.document import Block, Inline
    from mvtcase.report.facts import (
        Advice,
        Custody,
        Details,
        Life,
        Marking,
        Method,
        Summary,
    )
    from mvtcase.report.incident import ItemFact
    from mvtcase.wording import Message

_NO_FRACTION = re.compile(r"(?<=\d\d:\d\d:\d\d)\.0+$")
_SINGLE = say("Where two examiners are spoken of, one may stand behind it.")


def moment(text: str | None) -> str | Message:
    """Return a time as given but for a fraction of nothing; unknown stays unknown.

    Times of our clock are written as people read them where the document is laid out.
    """
    return _NO_FRACTION.sub("", text) if text else say("unknown")


def day(text: str | None) -> str | Message:
    """Return the day of a time; unknown stays unknown."""
    return text[:10] if text else say("unknown")


def document(
    facts: Any,  # noqa: ANN401  # the facts of any report: all have details, marking and custody
    name: Message,
    blocks: Iterator[Block],
    *,
    title: str | Message,
    lead: Inline,
) -> Document:
    """Return a report as a document; the foot of each page says which, which edition, and where it stands."""
    details, marking = facts.details, facts.marking
    edition = re.split("[:：]", details.edition_words)[0]
    alone = details.single_examiner
    single = (say("One examiner's judgement is enough: {why}", why=alone.rstrip(".")),) if alone else ()
    foot = joined((details.report, edition, life_line(details), *single), say(". "))
    return Document(
        name=name,
        title=title,
        lead=lead,
        blocks=(
            *((Para(details.edition_words, Tone.NOTICE),) if details.edition != "outside" else ()),
            *(
                (
                    Para(
                        (bold(say("One examiner's judgement is enough in this case:")), f" {alone} ", _SINGLE),
                        Tone.NOTICE,
                    ),
                )
                if alone
                else ()
            ),
            *blocks,
        ),
        foot=(foot, say(".")),
        language=details.language,
        zone=details.time_zone,
        marking=marking.label,
        colour=marking.colour,
        meaning=marking.meaning,
        properties=properties(details, facts.custody),
    )


def properties(details: Details, custody: Custody) -> dict[str, str]:
    """Return what stands in a file's metadata: which report, where it stands, and the head of the chain."""
    life = details.life
    told = {
        "report": details.report,
        "case": details.case,
        "edition": details.edition,
        "state": str(life_line(details)),
        "written": details.written_at,
        "author": details.organisation or details.examiner,
        "reviewed by": life.reviewed_by,
        "released by": life.released_by,
        "supersedes": life.supersedes,
        "superseded by": life.superseded_by,
        "errata": "; ".join(text for _, _, text in life.errata),
        "custody head": custody.head,
    }
    return {name: value for name, value in told.items() if value}


def life_line(details: Details) -> Message | Said:
    """Return where a report stands in one line, for the foot of a page."""
    life = details.life
    if life.superseded_by:
        return say("superseded by {report}", report=life.superseded_by)
    return Said(life.state)


def life(details: Details) -> Iterator[tuple[Inline, Inline]]:
    """Yield who wrote, reviewed and released a report, what it replaces, and what was corrected since."""
    told: Life = details.life
    yield say("State"), bold(life_line(details))
    yield say("Written by"), (details.examiner, ", ", moment(details.written_at))
    yield (
        say("Reviewed by"),
        (told.reviewed_by, ", ", moment(told.reviewed_at)) if told.reviewed_by else say("nobody yet"),
    )
    yield (
        say("Released by"),
        (told.released_by, ", ", moment(told.released_at)) if told.released_by else say("nobody yet"),
    )
    if told.supersedes:
        yield say("Supersedes"), told.supersedes
    if told.superseded_by:
        yield say("Superseded by"), bold(told.superseded_by)
    for who, at, text in told.errata:
        yield say("Erratum"), (text, " (", who, ", ", moment(at), ")")


def facts_of_case(details: Details, marking: Marking) -> Pairs:
    """Return the incident's details: case, authors, organisation, scope, and where the report stands."""
    rows: list[tuple[Inline, Inline]] = [
        (say("Report"), details.report),
        (say("Case"), details.case),
        (say("About"), details.scope),
        (say("Organisation"), details.organisation or NOTHING),
        (say("Contact of the organisation"), details.contact or NOTHING),
        (say("Examiners"), ", ".join(details.examiners)),
        (say("Case opened"), moment(details.opened_at)),
        (say("Marking"), (marking.label, say(". "), marking.meaning)),
        *life(details),
    ]
    return Pairs(tuple(rows))


def bottom_line(summary: Summary) -> Section:
    """Return what a minister may quote: what is known, how sure it is, what comes next."""
    return Section(
        say("Bottom line"),
        (
            Para(run_on(summary.bottom_line), Tone.RESULT),
            Card(say("How sure this is"), (Bullets(summary.how_sure),), "quiet"),
            Card(say("What comes next"), (Bullets(summary.next_steps, ordered=True),), "quiet"),
        ),
        "bottom-line",
    )


def run_on(sentences: Sequence[str]) -> str:
    """Return sentences as one text; Chinese has no space between them."""
    return "".join(each if each.endswith("。") else f"{each} " for each in sentences).rstrip()


def advice(recommendations: Sequence[Advice], for_all: Sequence[str]) -> Section:
    """Return what to do, by status, then for everybody."""
    cards = (
        Card(
            (chip(each.words, each.status), " ", soft(count("{n} official", "{n} officials", each.officials))),
            (Bullets(each.steps),),
            "quiet",
        )
        for each in recommendations
    )
    everybody = Card(say("For everybody in the affected groups"), (Bullets(tuple(for_all)),), "quiet")
    return Section(say("Recommendations"), (everybody, *cards), "recommendations")


def lines(title: Message, sentences: Sequence[str], anchor: str) -> Section:
    """Return a part that is a list of sentences."""
    return Section(title, (Bullets(tuple(sentences)),), anchor)


def method(facts: Method, more: tuple[Block, ...] = ()) -> Section:
    """Return with what the examination was done, step by step, as NIST SP 800-86 and 800-101r1 ask."""
    steps = (
        say(
            "Collection: each acquisition was registered with a hash of "
            "every file; originals are opened for reading only."
        ),
        say(
            "Examination: MVT's and the plugins' modules ran in a confined process; "
            "each has an outcome, and what was not examined is a gap."
        ),
        say(
            "Analysis: alerts became findings, judged by examiners; the status "
            "follows from outcomes and findings by one fixed table."
        ),
        say("Reporting: numbers count everybody; this report names the head of the chain of custody."),
    )
    tools = Pairs(
        (
            *((name, version) for name, version in facts.tools),
            (say("Modules by"), ", ".join(facts.plugins) or NOTHING),
            (say("Scans"), str(facts.scans)),
            (say("Confinement"), "; ".join(facts.sandboxes) or NOTHING),
            (say("Positive control"), " ".join(facts.control)),
        )
    )
    sets = Table(
        name=say("Indicator sets"),
        head=(
            say("indicator set"),
            say("version"),
            say("publisher, licence"),
            say("usable"),
            say("not usable"),
            say("SHA-256"),
        ),
        rows=tuple(
            (
                one.name,
                one.version,
                f"{one.publisher}, {one.licence}",
                str(one.usable),
                str(one.unusable),
                code(one.sha256),
            )
            for one in facts.sets
        ),
        numbers=frozenset({3, 4}),
    )
    shown = (sets,) if facts.sets else ()
    legal = Section(say("Legal basis and consent"), (Para(facts.consent), *more))
    return Section(
        say("Method"),
        (
            Para(
                say(
                    "Phones were examined with Amnesty International's Mobile "
                    "Verification Toolkit (MVT), run by mvtcase."
                )
            ),
            Bullets(steps),
            tools,
            *shown,
            legal,
        ),
        "method",
    )


def items_table(items: Sequence[ItemFact], results: Mapping[str, Sequence[tuple[str, str]]]) -> Table:
    """Return the items of evidence: what was received, when, from which phone; hashes of it and of its scans' results.

    Few columns: on paper each cell of a hundred phones costs time, and nine beside each other are hard to read.
    """
    return Table(
        name=say("Items of evidence"),
        head=(
            say("item"),
            say("official"),
            say("phone"),
            say("what was taken"),
            say("taken"),
            say("received"),
            say("SHA-256 of the manifest, and of each scan's results"),
        ),
        rows=tuple(
            (
                each.acquisition,
                each.who,
                (f"{each.device}: {each.what}", *((say(", "), each.serial) if each.serial else ())),
                (each.kind, say("; "), say("files"), say(": "), f"{each.files:,}"),
                moment(each.taken_at) if each.taken_at else NOTHING,
                (moment(each.received_at), ", ", each.received_by),
                _hashes(each.manifest_sha256, results.get(each.acquisition, ())),
            )
            for each in items
        ),
        under=((4, 3), (5, 3)),
        beside=((1, 0), (2, 0)),
    )


def _hashes(manifest: str, results: Sequence[tuple[str, str]]) -> Inline:
    return (code(manifest), *(part for scan, digest in results for part in (f"\n{scan}: ", code(digest))))


_TERMS = (
    (say("indicator"), say("a name, address or file that somebody published as belonging to spyware")),
    (say("finding"), say("something a module or the second reader raised; it is judged by people")),
    (say("line"), say("findings of one phone with one cause, told once")),
    (say("lead"), say("a finding that ordinary phones show too; it makes no status alone")),
    (say("gap"), say("something that should have been examined and was not")),
    (say("reach"), say("which traces, over which time, the data could have shown")),
    (say("dismissed"), say("judged false or benign, with a reason, by as many examiners as it takes")),
    (say("match"), say("a published indicator was found and not dismissed")),
    (
        say("CRITICAL to INFORMATIONAL"),
        say("how MVT grades an alert; it is no verdict: a link that was sent is CRITICAL"),
    ),
    (say("ATT&CK for Mobile"), say("MITRE's list of how phones are attacked, each way with a number")),
    (say("SHA-256"), say("a fingerprint of data: whoever has the same bytes gets the same")),
    (say("TLP"), say("Traffic Light Protocol 2.0: to whom this may be shown")),
)


def definitions() -> Section:
    """Return what the words of a report mean."""
    return Section(say("Definitions"), (Pairs(_TERMS),), "definitions")


def custody(facts: Custody) -> Section:
    """Return the head of the chain and how to check it."""
    return Section(
        say("Chain of custody"),
        (
            Para(
                say(
                    "Every change to this case is one link in a hash chain. When this report was written the chain had "
                    "{events} events, and its newest digest was",
                    events=facts.events,
                )
            ),
            Para(code(facts.head), Tone.DIGEST),
            Para(
                say(
                    "To check: run {command} with this digest on the case: the chain must still hold it, at event "
                    "{events}, whatever was added since. Whoever owns the file could rebuild the chain, which is why "
                    "the digest stands here, outside of the file.",
                    command="mvtcase custody verify --head",
                    events=facts.events,
                )
            ),
        ),
        "custody",
    )


def signatures(details: Details) -> Section:
    """Return where examiner and reviewer sign, and help to be reached."""
    line = "_" * 28
    told = details.life
    return Section(
        say("Signatures"),
        (
            Table(
                name=say("Signatures"),
                head=(say("as"), say("name"), say("date"), say("signature")),
                rows=(
                    (say("examiner"), details.examiner, day(details.written_at), line),
                    (
                        say("reviewer"),
                        told.reviewed_by or NOTHING,
                        day(told.reviewed_at) if told.reviewed_at else NOTHING,
                        line,
                    ),
                ),
            ),
        ),
        "signatures",
    )
