"""Mail, mailboxes, vCards and calendars: headers unfolded and decoded, parts opened as what they are.

Written for hostile mail: parts are split and decoded level by level, never by recursion.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from typing import TYPE_CHECKING

from .contents import Content
from .encodings import decoded, unescaped
from .shapes import Batch, Extent, Place
from .texts import encoding, give_texts

if TYPE_CHECKING:
    from .walk import Walk

_KNOWN = (
    rb"(?:received|return-path|delivered-to|mime-version|message-id|subject|from|to|date|content-type|reply-to|sender)"
)
_FIELD = rb"[!-9;-~]{1,76}:[^\n]*\n(?:[ \t][^\n]*\n)*"
_MAIL = re.compile(
    rb"(?:\d{1,12}\s*\n)?(?:From [^\n]*\n)?(?:" + _FIELD + rb"){0,6}?" + _KNOWN + rb":[^\n]*\n(?:[ \t][^\n]*\n)*"
    rb"(?:[!-9;-~]{1,76}:|\r?\n)",
    re.IGNORECASE,
)
_LENGTH = re.compile(rb"(\d{1,12})\s*\n")
_MAILBOX = re.compile(rb"(?:\A|\n)From [^\n]*\n")
_BLANK = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_WORD = re.compile(r"=\?([^?\s]{1,64})\?([bBqQ])\?([^?]*)\?=(?:\s+(?==\?))?")
_PARAMETER = re.compile(r';\s{0,64}([\w-]{1,40})(?:\*(\d{1,3}))?(\*?)\s{0,8}=\s{0,8}(?:"([^"]*)"|([^;\s]*))')
_SOFT = re.compile(rb"=(?:\r?\n|[0-9A-F]{2})")
_DEEPEST = 30
_MOST_PARTS = 10_000


def is_mail(head: bytes) -> bool:
    """Return whether first bytes are a mail's: header fields, one of them a mail's own."""
    return _MAIL.match(head) is not None


def read_mail(walk: Walk, content: Content, place: Place) -> str:
    """Give a mail's headers and parts; of a mailbox those of all mails, of an .emlx file the list after it too."""
    data = content.all(walk.bounds.held)
    walk.progress(len(data))
    length = _LENGTH.match(data)
    if length:
        end = length.end() + int(length[1])
        mails, rest = [data[length.end() : end]], data[end:]
    else:
        mails, rest = _MAILBOX.split(data), b""
    for number, mail in enumerate(mails):
        if mail.strip():
            _Mail(walk, place.at_key(f"mail {number}") if len(mails) > 1 else place).read(mail)
    if rest.strip():
        walk.cell(Content(rest), place.within("emlx"))
    return ""


class _Mail:
    """One mail on its way: its parts that wait to be read."""

    def __init__(self, walk: Walk, place: Place) -> None:
        self.walk = walk
        self.place = place
        self.parts = 0
        self.waiting: list[tuple[bytes, int]] = []

    def read(self, mail: bytes) -> None:
        """Give the headers and bodies of all parts."""
        self.waiting.append((mail, 0))
        while self.waiting:
            part, depth = self.waiting.pop()
            self.parts += 1
            if self.parts > _MOST_PARTS or depth > _DEEPEST:
                self.walk.limit(Extent.BOUNDED, "too many parts in parts of a mail")
                self._open(part, "part")
                continue
            self._part(part, depth)

    def _part(self, part: bytes, depth: int) -> None:
        end = _BLANK.search(part)
        if part.startswith((b"\n", b"\r\n")):
            head, body = b"", part
        else:
            head, body = (part[: end.start()], part[end.end() :]) if end else (part, b"")
        fields = self._headers(head)
        kind = fields.get("content-type", "")
        parameters = _parameters(kind)
        if "encrypted" in kind.lower() or "enveloped-data" in kind.lower():
            self.walk.limit(Extent.ENCRYPTED, "an encrypted mail")
        boundary = parameters.get("boundary", "")
        if boundary and kind.lower().lstrip().startswith("multipart/"):
            pieces = (b"\n" + body).split(b"\n--" + boundary.encode("utf-8", "replace"))
            self._open(pieces[0], "preamble")
            for piece in pieces[1:]:
                # What follows the mark on its line belongs to no part; two hyphens end the list.
                line, _, inner = piece.partition(b"\n")
                if line.startswith(b"--"):
                    self._open(inner, "after the parts")
                else:
                    self.waiting.append((inner, depth + 1))
        elif kind.lower().lstrip().startswith("message/rfc822"):
            self.waiting.append((_decoded_body(body, fields), depth + 1))
        else:
            self._body(body, fields, parameters)

    def _headers(self, head: bytes) -> dict[str, str]:
        text = decoded(head, "utf-8")
        fields: dict[str, str] = {}
        names: list[str] = []
        texts: list[str] = []
        for line in _split_fields(text):
            name, _, value = line.partition(":")
            for form in dict.fromkeys((_FOLD.sub(" ", value), _FOLD.sub("", value))):
                names.append(name.strip())
                texts.append(_words(form).strip())
            fields.setdefault(names[-1].lower() if names else "", _FOLD.sub(" ", value))
            for joined in _parameters(_FOLD.sub(" ", value)).values():
                names.append(name.strip())
                texts.append(_words(joined))
        place = self.place
        batch = Batch(
            texts=texts, place=lambda index: place.at_key(names[index]), roles=[name.lower() for name in names]
        )
        give_texts(self.walk, batch)
        return fields

    def _body(self, body: bytes, fields: dict[str, str], parameters: dict[str, str]) -> None:
        plain = _decoded_body(body, fields)
        kind = fields.get("content-type", "text/plain").lower()
        if "text/" in kind and parameters.get("charset"):
            # Where the name is no encoding's, the bytes tell for themselves.
            with contextlib.suppress(LookupError, ValueError):
                plain = plain.decode(parameters["charset"], "replace").encode("utf-8", "surrogatepass")
        self._open(plain, "body")
        if plain is body and _SOFT.search(body):
            # Quoted-printable that no header announces.
            self._open(binascii.a2b_qp(body), "body")

    def _open(self, data: bytes, name: str) -> None:
        if data.strip():
            content, place = Content(data), self.place.at_key(f"{name} {self.parts}")
            self.walk.whole(content, place)
            self.walk.cell(content, place)


def _split_fields(text: str) -> list[str]:
    return [line for line in re.split(r"\r?\n(?![ \t])", text) if line.strip()]


def _words(text: str) -> str:
    return _WORD.sub(_word, text) if "=?" in text else text


def _word(found: re.Match[str]) -> str:
    raw = found[3].encode("utf-8", "replace")
    try:
        data = _from_base64(raw) if found[2] in "bB" else binascii.a2b_qp(raw, header=True)
        return data.decode(found[1].partition("*")[0], "replace")
    except (LookupError, ValueError):
        return found[0]


def _parameters(value: str) -> dict[str, str]:
    """Return a header's parameters; those written in several pieces (RFC 2231) are put together."""
    pieces: dict[str, list[tuple[int, str]]] = {}
    for found in _PARAMETER.finditer(value):
        pieces.setdefault(found[1].lower(), []).append((int(found[2] or 0), found[4] or found[5] or ""))
    return {
        name: "".join(text for _, text in sorted(found, key=lambda piece: piece[0])) for name, found in pieces.items()
    }


def _decoded_body(body: bytes, fields: dict[str, str]) -> bytes:
    told = fields.get("content-transfer-encoding", "").strip().lower()
    if told == "base64":
        return _from_base64(body)
    return binascii.a2b_qp(body) if told == "quoted-printable" else body


_NO_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))


def _from_base64(data: bytes) -> bytes:
    plain = data.translate(None, _NO_BASE64)
    return base64.b64decode(plain[: len(plain) - (len(plain) % 4 == 1)] + b"=" * (-len(plain) % 4 % 3))


def read_cards(walk: Walk, content: Content, place: Place) -> str:
    """Give the properties of vCards and calendars, unfolded and decoded."""
    data = content.all(walk.bounds.held)
    walk.progress(len(data))
    text = decoded(data, encoding(content) or "utf-8").replace("\r\n", "\n")
    names: list[str] = []
    texts: list[str] = []
    for line in _card_lines(text):
        name, _, value = line.partition(":")
        shown = name.partition(";")[0].rpartition(".")[2]
        for part in _card_values(walk, name, value, place.at_key(shown)):
            names.append(shown)
            texts.append(part)
        if ";" in name:
            names.append(shown)
            texts.append(name.partition(";")[2])
    batch = Batch(texts=texts, place=lambda index: place.at_key(names[index]), roles=[name.lower() for name in names])
    give_texts(walk, batch)
    return ""


_CARD_FOLD = re.compile(r"\n[ \t]")


def _card_lines(text: str) -> list[str]:
    """Return whole properties: folded lines joined, and those of quoted-printable that go on after an equals sign."""
    lines: list[str] = []
    quoted = False
    for line in _CARD_FOLD.sub("", text).split("\n"):
        if quoted:
            lines[-1] += "\n" + line
        else:
            lines.append(line)
        quoted = line.endswith("=") and "QUOTED-PRINTABLE" in lines[-1][:200].upper()
    return lines


def _card_values(walk: Walk, name: str, value: str, place: Place) -> list[str]:
    upper = name.upper()
    if "QUOTED-PRINTABLE" in upper:
        data = binascii.a2b_qp(value.encode("utf-8", "replace"))
        return [decoded(data, "utf-8")]
    if "ENCODING=B" in upper or "BASE64" in upper:
        walk.cell(Content(_from_base64(value.encode("utf-8", "replace"))), place)
        return []
    plain = unescaped(value)
    return [value, plain] if plain != value else [value]
