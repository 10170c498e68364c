"""The letter as a document: two pages at most, in plain words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mvtcase.report.document import Bullets, Para, Section, Tone, bold, joined
from mvtcase.report.pages import parts
from mvtcase.report.plain_words import day, listed
from mvtcase.wording import say, translator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase.report.document import Block, Document, Inline
    from mvtcase.report.facts import Life
    from mvtcase.report.letter import LetterFacts, LookedAt
    from mvtcase.wording import Translator


def page(facts: LetterFacts) -> Document:
    """Return the letter: personal, so the marking of the case is not on it."""
    details = facts.details
    made = parts.document(
        facts,
        say("Personal letter"),
        _blocks(facts),
        title=say("The examination of your phone"),
        lead=say("Dear {who},", who=facts.who),
    )
    personal = say("Personal and confidential: for {who} only.", who=facts.who)
    single = details.single_examiner
    alone = (
        (Para(say("In this matter one person's judgement is enough: {why}", why=single), Tone.SMALL),) if single else ()
    )
    blocks = tuple(each for each in made.blocks if isinstance(each, Section))
    return replace(
        made,
        blocks=(Para(personal, Tone.SMALL), *_since(facts), *alone, *blocks),
        foot=say("{report}: {state}", report=details.report, state=parts.life_line(details)),
        marking="",
        meaning="",
        contents=False,
        properties={name: value for name, value in made.properties.items() if name not in {"custody head", "edition"}},
    )


def _since(facts: LetterFacts) -> Iterator[Para]:
    """Yield what was corrected since the letter was released, and which one before it no longer holds."""
    life = facts.details.life
    for _, at, text in life.errata:
        yield Para(bold(say("Correction of {day}: {what}", day=day(at), what=text)))
    if life.supersedes:
        yield Para(say("This letter takes the place of an earlier one, {report}.", report=life.supersedes))


def _blocks(facts: LetterFacts) -> Iterator[Block]:
    details = facts.details
    yield Section(say("The result"), (Para(bold(facts.result), Tone.RESULT),))
    told = translator(details.language)
    seen = tuple(_looked_at(each, told) for each in facts.looked_at) or (Para(say("None of your phones so far.")),)
    yield Section(say("What we looked at"), (*seen, *((Para(facts.explained),) if facts.explained else ())))
    if facts.found:
        yield Section(say("What we found"), (_each(facts.found),))
    yield Section(say("What this does not mean"), tuple(Para(each) for each in facts.does_not_mean))
    yield Section(say("What to do today"), (Bullets(facts.steps, ordered=True),))
    yield Section(say("Whom to call"), (_each(facts.call),))
    signed: tuple[Inline, ...] = (
        (details.examiner, details.organisation) if details.organisation else (details.examiner,)
    )
    yield Section(
        say("Your agreement"),
        (
            Para(facts.consent),
            Para(
                (
                    joined(signed),
                    say(", "),
                    day(details.written_at),
                    say(". "),
                    say("Our reference: {report}", report=details.report),
                    say("."),
                    *_seen_by(details.life),
                )
            ),
        ),
    )


def _seen_by(life: Life) -> Iterator[Inline]:
    """Yield who read a letter before it left, and who let it leave."""
    if life.reviewed_by and life.reviewed_at:
        yield say(" Reviewed by {who} on {day}.", who=life.reviewed_by, day=day(life.reviewed_at))
    if life.released_by and life.released_at:
        yield say(" Released by {who} on {day}.", who=life.released_by, day=day(life.released_at))


def _each(texts: tuple[Inline, ...]) -> Block:
    return Para(texts[0]) if len(texts) == 1 else Bullets(texts)


def _looked_at(one: LookedAt, told: Translator) -> Para:
    text: list[Inline] = [bold(one.what)]
    sentences = []
    if one.taken:
        text += [say(", "), say("copied on {day}", day=listed([day(each) for each in one.taken.split(", ")]))]
    text.append(say(". "))
    if one.could_show:
        sentences.append(say("The copy could show: {what}.", what=one.could_show))
    if one.in_part:
        sentences.append(say("A part of this could not be read: {what}.", what=one.in_part))
    if one.could_not:
        sentences.append(say("It could not show: {what}.", what=one.could_not))
    if not one.could_show and not one.could_not:
        sentences.append(say("It has not been examined."))
    return Para((*text, parts.run_on([told.word(each) for each in sentences])))
