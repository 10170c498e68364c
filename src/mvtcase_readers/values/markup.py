"""XML, HTML and XML property lists: texts, attributes, comments and paths, by one pass that expands no entities."""

from __future__ import annotations

import base64
import binascii
import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from .contents import Content
from .encodings import decoded
from .keypaths import ROOT, Tree
from .shapes import Extent, Place
from .texts import encoding, give_texts, read_lines

if TYPE_CHECKING:
    from .walk import Walk

_NAME = r"[^\s<>/=\"']{1,256}"
_TOKEN = re.compile(
    rf"<!--(?P<comment>.*?)(?:-->|\Z)|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)|<(?P<slash>/?)(?P<name>{_NAME})(?P<rest>[^<>]*)>?"
    r"|(?P<text>[^<]+|<)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"(?:^|(?<=[\s\"'/]))([^\s=\"'<>/]{1,64})\s{0,16}=\s{0,16}(?:\"([^\"]*)\"?|'([^']*)'?|([^\s\"'>]+))"
)
_TELLING = re.compile(r"[.@\uff0e\u3002\uff61\uff20&%]|//|:/")
"""What no element or attribute is called, but hosts, addresses and links are."""
_QUOTED = re.compile(r"\"([^\"]*)\"?|'([^']*)'?")
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}encoding\s{0,8}=\s{0,8}["']([A-Za-z0-9._-]{1,40})""")
_INLINE = frozenset({"a", "b", "i", "u", "em", "strong", "span", "font", "wbr", "small", "big", "sub", "sup", "mark"})
_OFFICE_BREAKS = frozenset({"w:p", "w:br", "w:cr", "w:tab", "w:tc", "w:tr", "w:tbl", "a:p", "a:br", "a:tc"})
_OFFICE = ("w:", "a:", "text:span", "text:a")
"""What breaks a line in Word and PowerPoint, where all else may stand within a word (ECMA-376); and spans of ODF."""
_OF_CELLS = frozenset({"r", "t", "rpr", "sz", "rfont", "family", "scheme", "charset", "color"})
"""The same in the shared texts of a spreadsheet."""
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)


def read_markup(walk: Walk, content: Content, place: Place) -> str:
    """Give the texts and attributes of a document with the path of the elements, or of keys in a property list."""
    if content.size > walk.bounds.held:
        return read_lines(walk, content, place)
    data = content.all(walk.bounds.held)
    walk.progress(len(data))
    text = _as_text(data, content)
    if "<!ENTITY" in text:
        walk.limit(Extent.SKIMMED, "it declares entities of its own, which are not put in")
    is_plist = "<plist" in text[:2000] or "<!DOCTYPE plist" in text[:2000]
    (_Plist if is_plist else _Document)(walk, place).read(text)
    return "property list" if is_plist else ""


def _as_text(data: bytes, content: Content) -> str:
    told = _ENCODING.match(data[:400].lstrip())
    if told and (encoding(content) or "utf-8") in {"utf-8", "cp950", "latin-1"}:
        try:
            return data.decode(told[1].decode())
        except (LookupError, ValueError):
            pass
    return decoded(data, encoding(content) or "utf-8").lstrip("\ufeff")


@lru_cache(maxsize=4096)
def _is_inline(name: str) -> bool:
    return name in _INLINE or name in _OF_CELLS or (name.startswith(_OFFICE) and name not in _OFFICE_BREAKS)


class _Document:
    """A document on its way: the open elements, the texts so far, and the text that inline tags cut into pieces."""

    def __init__(self, walk: Walk, place: Place) -> None:
        self.walk = walk
        self.place = place
        self.tree = Tree()
        self.open: list[tuple[str, int]] = []
        self.joined: list[str] = []

    def read(self, text: str) -> None:
        """Take the document apart and give what it holds."""
        for token in _TOKEN.finditer(text):
            name = token["name"]
            if name is not None:
                self.tag(name, token)
            else:
                self.text(html.unescape(token["text"]) if token["text"] else token["cdata"] or token["comment"] or "")
        self.end_of_line()
        give_texts(self.walk, self.tree.batch(self.place))

    @property
    def node(self) -> int:
        """The innermost open element."""
        return self.open[-1][1] if self.open else ROOT

    def tag(self, name: str, token: re.Match[str]) -> None:
        """Open or close an element, and take in its attributes."""
        name = name.lower()
        if not _is_inline(name):
            self.end_of_line()
        if token["slash"]:
            self.close(name)
            return
        rest = token["rest"]
        if _TELLING.search(name + rest[:2]):
            # No element's name: an address in angle brackets, as mails have them.
            self.tree.add(html.unescape(token["name"] + rest).strip(), self.node)
        node = self.tree.below(self.node, name)
        self.attributes(name, rest, node)
        if not rest.endswith(("/", "?")) and name not in _VOID and name[0] not in "!?":
            self.open.append((name, node))

    def close(self, name: str) -> None:
        """Close an element and what was left open in it; an end without a beginning is passed over."""
        for depth in range(len(self.open) - 1, max(-1, len(self.open) - 64), -1):
            if self.open[depth][0] == name:
                del self.open[depth:]
                return

    def attributes(self, name: str, rest: str, node: int) -> None:
        """Take in attributes, and what a declaration quotes: entities that are declared stand there."""
        if name[0] in "!?":
            for found in _QUOTED.finditer(rest):
                self.tree.add(html.unescape(found[1] or found[2] or ""), node)
            return
        for found in _ATTRIBUTE.finditer(rest):
            value = html.unescape(found[2] or found[3] or found[4] or "")
            if value:
                self.tree.add(value, self.tree.below(node, found[1].lower()))
            if _TELLING.search(found[1]):
                self.tree.add(found[1], node)
        bare = _ATTRIBUTE.sub(" ", rest) if _TELLING.search(rest) else ""
        if _TELLING.search(bare):
            self.tree.add(html.unescape(bare).strip(), node)

    def text(self, text: str) -> None:
        """Take in a text as it stands and as a part of what inline tags do not interrupt."""
        self.joined.append(text)
        if text.strip():
            self.tree.add(text.strip(), self.node)

    def end_of_line(self) -> None:
        """Give what stood between two tags that break a line as one text, when it came in several."""
        if len(self.joined) > 1:
            self.tree.add("".join(self.joined), self.node)
        self.joined.clear()


class _Plist(_Document):
    """A property list: paths are those of its keys, and data are opened as what they are."""

    def __init__(self, walk: Walk, place: Place) -> None:
        super().__init__(walk, place)
        self.key = ROOT
        self.pieces: list[str] = []

    def tag(self, name: str, token: re.Match[str]) -> None:
        """Open or close a dictionary, list or value."""
        name = name.lower()
        if token["slash"]:
            self.value(name)
            self.close(name)
            return
        if name in {"dict", "array"} and not token["rest"].endswith("/"):
            self.open.append((name, self.target()))
        elif name[0] in "!?":
            self.attributes(name, token["rest"], ROOT)
        self.pieces.clear()

    def target(self) -> int:
        """Return the node of the next value: below the last key of a dictionary, or a list's next item."""
        if self.open and self.open[-1][0] == "array":
            return self.tree.below(self.node, 0)
        return self.key if self.open else ROOT

    def text(self, text: str) -> None:
        """Take in a piece of a value."""
        self.pieces.append(text)

    def value(self, name: str) -> None:
        """Take in a whole value when its element ends."""
        text = "".join(self.pieces)
        self.pieces.clear()
        if name == "key":
            self.key = self.tree.below(self.node, text)
            self.tree.add(text, self.key)
        elif name == "data":
            self.data(text)
        elif text.strip():
            self.tree.add(text, self.target())

    def end_of_line(self) -> None:
        """Take in a value that is not closed before the end."""
        if self.pieces:
            self.value("string")

    def data(self, text: str) -> None:
        """Open data as what they are."""
        try:
            data = base64.b64decode("".join(text.split()) + "==")
        except (binascii.Error, ValueError):
            self.walk.limit(Extent.DAMAGED, "data that are no base64")
            self.tree.add(text, self.target())
            return
        self.walk.cell(Content(data), self.place.at_key(self.tree.path(self.target())))
