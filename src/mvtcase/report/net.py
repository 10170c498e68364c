"""The last net under reports that leave the case team: no finished file may hold what must not appear in it.

Outside editions are built of fields that may be shown, so that the net catches nothing; when it does, the write fails.
It looks at text as people would read it: composed, without case, percent signs undone, letters and digits joined. What
reports say by themselves is taken out of that text first: a name that is a word of it gives nobody away there.
"""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import ahocorasick

from mvtcase.errors import RenderError
from mvtcase.model import Publication
from mvtcase.report.publication import face_of, shown_indicator
from mvtcase.report.spellings import BROKEN, CJK, FEWEST_JOINED, RUNS, WORDS, Read, folded, is_named, joined, of_contact
from mvtcase.wording import ENGLISH, languages, translator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mvtcase.casebook import OfficialStanding
    from mvtcase.model import IndicatorRef, Official
    from mvtcase.report.view import View

_LONG_PIECE = {False: 12, True: 6}
"""How long a piece of our own sentences must be to be taken out of a text; true: of a text in Chinese, or joined."""
_PARAMETER = re.compile(r"\{\w*(?:![rs])?:?|[}#|]")
"""What parts the pieces of a sentence: its parameters, of those with two forms but their signs."""


def require_nobody(view: View, texts: Iterable[str]) -> None:
    """Raise `RenderError` where a finished text, or a file's name, holds what this edition must not tell of anybody."""
    # Most texts of a report stand in it many times, and nobody is named across two of them: each is read once.
    read = "\n".join(set(map(_as_read, set(texts))))
    for each in _in_one_line(text for one in view.findings if one.indicator for text in _of_indicator(one.indicator)):
        read = _without_whole(read, each)
    lines = set(read.split("\n"))
    known = {word for one in view.book.officials for word in _allowed(one.official)} | own_words() | _team(view)
    whole = "\n".join(set(map(joined, lines)))
    shown = {face.who for face in view.faces.values()}
    rest, run = _without_faces("\n".join(lines), whole, _in_one_line(sorted(shown, key=len, reverse=True)))
    words = frozenset(WORDS.findall(read.replace("_", " ")))
    runs = frozenset(RUNS.findall(rest))
    searched = Read(text=rest, run=run, runs=runs, words=words, known=frozenset(known), own=_short_words())
    for one in view.book.officials:
        if _is_identified(one, whole) or (
            one.official.publication is not Publication.NAMED
            and one.official.name not in shown
            and is_named(one.official.name, searched)
        ):
            raise RenderError(
                "What must not be told of {official} stands in the finished report: it was not written.",
                hint="Look for it in the case's title, in the names of groups, and in texts that were let out.",
                official=one.official.id,
            )


def _without_whole(text: str, piece: str) -> str:
    """Return a text without a piece where that is no part of a longer word: an indicator such as `bh` is in names."""
    kept, done, at = [], 0, text.find(piece)
    while at >= 0:
        end = at + len(piece)
        if not (_goes_on(text[at - 1 : at], piece[0]) or _goes_on(piece[-1], text[end : end + 1])):
            kept.append(text[done:at])
            done = end
        at = text.find(piece, end)
    return "\n".join((*kept, text[done:]))


def _goes_on(one: str, other: str) -> bool:
    """Return whether two characters, one after the other, are of one word."""
    return bool(RUNS.fullmatch(one + other)) and bool(one) and bool(other) and not CJK.search(one + other)


def _as_read(text: str) -> str:
    return _LINES_END.sub(BROKEN, " ".join(folded(text).split()))


def _of_indicator(ref: IndicatorRef) -> tuple[str, ...]:
    return (ref.value, shown_indicator(ref.value, ref.type), ref.family)


def _in_one_line(texts: Iterable[str]) -> tuple[str, ...]:
    """Return each folded text once that can stand in a line; what is in two could only be found by chance."""
    return tuple(told for each in dict.fromkeys(texts) if (told := folded(each)) and "\n" not in told)


def _without_faces(read: str, whole: str, shown: Iterable[str]) -> tuple[str, str]:
    """Return a text, and the same joined, without our own sentences and the names that may be shown.

    Two of those, one after the other, can look like a third name the other way round; a given name is not one's alone.
    """
    names = "|".join(re.escape(each).replace("\\ ", f"[ {BROKEN}]") for each in shown)
    rest = re.sub(rf"(?<!\w)(?:{names})(?!\w)", "\n", read) if names else read
    for each in shown:
        whole = whole.replace(joined(each), "\n") if CJK.search(each) else whole
    return _without_own(rest, is_joined=False), _without_own(whole, is_joined=True)


def require_nobody_in(view: View, files: Iterable[tuple[str, bytes]]) -> None:
    """Raise `RenderError` where finished files, each with its name, hold what this edition must not tell of anybody."""
    require_nobody(view, (text for name, data in files for text in (name, *texts_of_file(name, data))))


def texts_of_file(name: str, data: bytes) -> Iterator[str]:
    """Yield every text in a finished file as its reader sees it: pages, cells, attributes, names and metadata."""
    ending = name.rpartition(".")[2].casefold()
    if ending == "pdf":
        yield from _texts_of_pdf(data)
    elif ending in {"docx", "xlsx"}:
        yield from _texts_of_archive(data)
    elif ending == "html":
        page = _Shown()
        page.feed(data.decode("utf-8"))
        yield from page.texts
    elif ending in {"json", "jsonl", "jsonld", "stix2"}:
        for line in data.splitlines() if ending == "jsonl" else (data,):
            yield from texts_of(line)
    else:
        yield data.decode("utf-8")


def _texts_of_pdf(data: bytes) -> Iterator[str]:
    from pypdfium2 import PdfDocument  # noqa: PLC0415  # slow to load, and only this format needs it

    with PdfDocument(data) as document:
        yield from document.get_metadata_dict(skip_empty=True).values()
        yield from (each.get_title() for each in document.get_toc())
        for page in document:
            # A line of a page is no line of its text: names that are broken over two lines are whole again.
            # All of it: what runs over the edge of a page is not seen, but it is in the file.
            yield page.get_textpage().get_text_range().translate(_ENDS_OF_LINES)
            page.close()  # one page in memory at a time


_ENDS_OF_LINES = {2: "-", 0xFFFE: "-", 10: BROKEN, 13: None}
"""What PDFium gives for a hyphen at the end of a line, in older releases too, and for the end itself."""
_LINES_END = re.compile(rf"[ {BROKEN}]*{BROKEN}[ {BROKEN}]*")


def _texts_of_archive(data: bytes) -> Iterator[str]:
    """Yield the texts of a document's parts: what stands in one paragraph or cell is one text, however it is styled."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            yield name
            if name.endswith((".xml", ".rels")) and not _LOOKS.search(name):
                part = archive.read(name).decode("utf-8", "replace")
                yield from (html.unescape(each[2]) for each in _NAMED.finditer(part))
                yield from html.unescape(_TAG.sub("", _PART_END.sub("\n", part))).split("\n")


class _Shown(HTMLParser):
    """Keeps what a page shows, says in attributes and comments, but for the rules of its style sheet."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = [""]
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        if tag not in _INLINE:
            self.texts.append("")
        told = (value for name, value in attrs if value and (name in _TELLING or name.startswith(("aria-", "data-"))))
        self.texts += [each for each in told if not each.startswith("data:")]

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False
        if tag not in _INLINE:
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.texts += _COMMENT.findall(data)
        else:
            self.texts[-1] += data

    def handle_comment(self, data: str) -> None:
        self.texts.append(data)


_INLINE = frozenset({"b", "code", "span", "a", "tspan"})
_TELLING = frozenset({"content", "alt", "title", "href", "xlink:href", "src", "id", "name", "value", "label", "cite"})
_COMMENT = re.compile(r"/\*(.*?)\*/", re.DOTALL)
_LOOKS = re.compile(r"styles|theme|fontTable|settings|numbering")
"""Parts of a document that say how it looks: names of fonts and styles, and nothing of anybody."""
_NAMED = re.compile(r"""(?<=[\s:])(?:name|descr|title|author|tooltip|display|Target)=(["'])(.*?)\1""")
"""Attributes of documents that hold texts: names of sheets and places, alternative texts, authors, links."""
_TAG = re.compile(r"<[^>]*>")
_PART_END = re.compile(r"</(?:w:p|w:tc|si|c|row|[a-z]+:(?:title|creator|subject|description|keywords|lastModifiedBy))>")


def _team(view: View) -> set[str]:
    """Return the words of the names of those who worked on the case: a report names them."""
    life = view.occasion.life
    people = {view.occasion.examiner, view.occasion.organisation, view.occasion.contact}
    people |= {life.reviewed_by, life.released_by, *(who for who, _, _ in life.errata)}
    people |= {text for each in view.occasion.help_lines for text in (each.name, each.contact)}
    people |= {scan.examiner for scan in view.scans} | {
        each.examiner for one in view.findings for each in one.dispositions
    }
    return {word for each in people for word in WORDS.findall(folded(each))}


def _allowed(one: Official) -> Iterator[str]:
    face = face_of(one)
    if face:
        yield from WORDS.findall(folded(f"{face.who} {face.role}"))


def _is_identified(one: OfficialStanding, whole: str) -> bool:
    return any(len(each) >= FEWEST_JOINED and each in whole for each in _identities(one))


def _identities(one: OfficialStanding) -> Iterator[str]:
    """Yield, joined, what tells a person and is no name."""
    person = one.official
    yield from of_contact(person.contact)
    if face_of(person) is None:
        yield joined(folded(person.pseudonym))
    for identity in (each.device.identity for each in one.devices):
        yield from (joined(folded(each)) for each in (identity.udid, identity.serial, identity.imei) if each)
        yield from of_contact(identity.phone_number or "")


@cache
def own_words() -> frozenset[str]:
    """Return every word that reports say by themselves: a name that is such a word gives nobody away."""
    return frozenset(word for text in _own_pieces() for word in WORDS.findall(text))


@cache
def _own_pieces() -> frozenset[str]:
    """Return what stands between the parameters of every sentence, in every language."""
    tongues = [translator(each) for each in languages() if each != ENGLISH]
    texts = (text for tongue in tongues for english, told in tongue.sentences.items() for text in (english, *told))
    pieces = (" ".join(folded(piece).split()) for text in texts for piece in _PARAMETER.split(text))
    return frozenset(filter(None, pieces))


@cache
def _short_words() -> str:
    """Return the pieces that are too short to be taken out: headings and words in cells."""
    return "\n".join(each for piece in _own_pieces() if len(each := joined(piece)) < _LONG_PIECE[True])


@cache
def _own_sentences(*, is_joined: bool) -> Any:  # noqa: ANN401  # the library has no types
    spotter = ahocorasick.Automaton()
    for piece in _own_pieces():
        text = joined(piece) if is_joined else piece
        if len(text) >= _LONG_PIECE[is_joined or CJK.search(text) is not None]:
            spotter.add_word(text, len(text))
    spotter.make_automaton()
    return spotter


def _without_own(text: str, *, is_joined: bool) -> str:
    """Return a text with the pieces of our own sentences blotted out."""
    kept: list[str] = []
    done = 0
    # At the very end of a text the library passes over some: no line is the last.
    for last, length in _own_sentences(is_joined=is_joined).iter_long(f"{text.replace(BROKEN, ' ')}\n"):
        kept += (text[done : max(done, last - length + 1)], "\n" * length)
        done = last + 1
    return "".join((*kept, text[done:]))


def texts_of(facts: bytes) -> set[str]:
    """Return every text in the JSON of a report."""
    found: set[str] = set()
    waiting: list[list[object] | dict[str, object]] = [[json.loads(facts)]]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            each.pop("@context", None)  # addresses of vocabularies
        for value in each.values() if isinstance(each, dict) else each:
            if type(value) is str:
                found.add(value)
            elif isinstance(value, (dict, list)):
                waiting.append(value)
    return found
