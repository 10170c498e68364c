"""Which form a container has, by its bytes and never by its name."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from . import (
    apple_logs,
    archives,
    bplist,
    json_texts,
    letters,
    leveldb,
    markup,
    pdf,
    protobuf,
    sqlite_live,
    sqlite_logs,
    streams,
    texts,
    typedstream,
)
from .encodings import has_other_bytes
from .shapes import Extent
from .walk import Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from .contents import Content
    from .shapes import Place
    from .walk import Walk

_TRIED = 4096
"""Bytes that a stream without a mark must unpack to: two bytes of its header fit many bytes by chance."""
_LEAST_CUT = 64
_MOST_PROTOBUF, _MOST_AMBIGUOUS = 16 << 20, 64 << 10
_JSON = re.compile(rb"[\s\x1e]*[{\[]\s*[\"{\[\]}0-9tfn-]")
_CARD = re.compile(rb"\s*BEGIN:V[A-Z]+", re.IGNORECASE)
_MARKUP = re.compile(rb"\s*<(?:[!?/]|[a-zA-Z][\w:.-]*[\s/>])")


def _skim(walk: Walk, content: Content, place: Place) -> str:
    walk.skim(content, place)
    return ""


def _nothing(walk: Walk, content: Content, place: Place) -> str:
    del walk, content, place
    return ""


_EMPTY = Form(name="empty", read=_nothing)
_UNKNOWN = Form(name="unknown", read=streams.read_unknown, extent=Extent.SKIMMED)
_LINES = Form(name="text", read=texts.read_lines)
_TABLE = Form(name="table of texts", read=texts.read_table)
_JSON_FORM = Form(name="json", read=json_texts.read_json)
_MARKUP_FORM = Form(name="markup", read=markup.read_markup)
_PROTOBUF = Form(name="protobuf", read=protobuf.read_protobuf)
_MAIL = Form(name="mail", read=letters.read_mail)
_CARDS = Form(name="cards", read=letters.read_cards)
_PDF = Form(name="pdf", read=pdf.read_pdf)
_SEGB = Form(name="segb", read=apple_logs.read_segb)
_LEVELDB = Form(name="leveldb", read=leveldb.read_table)
_REALM = Form(name="realm", read=_skim, extent=Extent.SKIMMED)
_TAR = Form(name="tar", read=archives.read_tar)
_ZLIB = Form(name="zlib", read=streams.read_zlib)

_MARKS: tuple[tuple[bytes, Form], ...] = (
    (b"SQLite format 3\0", Form(name="sqlite", read=sqlite_live.read_sqlite)),
    *((mark, Form(name="sqlite wal", read=sqlite_logs.read_wal)) for mark in sqlite_logs.WAL_MARKS),
    (sqlite_logs.JOURNAL_MARK, Form(name="sqlite journal", read=sqlite_logs.read_journal)),
    (apple_logs.TRACE_MARK + b"\x11\0\0\0", Form(name="tracev3", read=apple_logs.read_trace)),
    (b"\x99\x88\x77\x66", Form(name="uuidtext", read=apple_logs.read_nul_texts)),
    (b"hcsd", Form(name="uuidtext", read=apple_logs.read_nul_texts)),
    (apple_logs.SEGB, _SEGB),
    *((mark, Form(name="changed files", read=apple_logs.read_changes)) for mark in apple_logs.CHANGES),
    (apple_logs.COOKIES, Form(name="cookies", read=apple_logs.read_cookies)),
    (b"%PDF", _PDF),
    (bplist.MAGIC, Form(name="bplist", read=bplist.read_bplist)),
    (typedstream.MAGIC, Form(name="typedstream", read=typedstream.read_typedstream)),
    (b"PK\x03\x04", Form(name="zip", read=archives.read_zip)),
    (b"PK\x05\x06", Form(name="zip", read=archives.read_zip)),
    (b"ANDROID BACKUP\n", Form(name="android backup", read=archives.read_backup)),
    (b"\x1f\x8b\x08", Form(name="gzip", read=streams.read_gzip)),
    (b"BZh", Form(name="bzip2", read=streams.read_bz2)),
    (b"\xfd7zXZ\0", Form(name="xz", read=streams.read_xz)),
    (b"\x04\x22\x4d\x18", Form(name="lz4", read=streams.read_lz4)),
    (b"bv41", Form(name="apple lz4", read=streams.read_apple_lz4)),
    (b"bv4-", Form(name="apple lz4", read=streams.read_apple_lz4)),
    *((mark, Form(name="lzfse", read=streams.read_lzfse)) for mark in (b"bvx2", b"bvxn", b"bvx1", b"bvx-")),
    (b"\x28\xb5\x2f\xfd", Form(name="zstd", read=streams.read_zstd)),
    (streams.MOZILLA, Form(name="mozilla lz4", read=streams.read_mozilla_lz4)),
    (b"\x89PNG\r\n", Form(name="png", read=streams.read_png, extent=Extent.SKIMMED)),
    *((mark, Form(name=name, read=streams.read_unknown_packing)) for mark, name in (
        (b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07", "rar"),
    )),
    *((mark, Form(name=name, read=streams.read_media, extent=Extent.SKIMMED)) for mark, name in (
        (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"), (b"RIFF", "riff"),
        (b"\xfe\xed\xfa", "mach-o"), (b"\xcf\xfa\xed\xfe", "mach-o"), (b"\x7fELF", "elf"),
    )),
)  # fmt: skip
_BY_FOUR = {mark[:4]: (mark, form) for mark, form in _MARKS if len(mark) >= 4}  # noqa: PLR2004 - the bytes looked up
_SHORT = tuple((mark, form) for mark, form in _MARKS if len(mark) < 4)  # noqa: PLR2004 - as above


_AT = (
    (257, b"ustar", _TAR),
    (apple_logs.SEGB_AT, apple_logs.SEGB, _SEGB),
    (16, b"T-DB", _REALM),
    (4, b"ftyp", Form(name="film or photo", read=streams.read_media, extent=Extent.SKIMMED)),
)
"""Marks that stand after the first bytes."""


def _read_both(walk: Walk, content: Content, place: Place) -> str:
    texts.read_lines(walk, content, place)
    return protobuf.read_protobuf(walk, content, place)


_AMBIGUOUS = Form(name="text or protobuf", read=_read_both)


def form_of(content: Content) -> Form:
    """Return the form of a container: by the mark at its start, then as text, then as a message, or unknown."""
    head = content.head
    if not head:
        return _EMPTY
    text = _marked(content, head) or _text(content)
    if text is not None and text is not _LINES:
        return text
    return _message(content, head, plain=text is not None) or text or _unmarked(content, head)


def _marked(content: Content, head: bytes) -> Form | None:
    mark, form = _BY_FOUR.get(head[:4], (b"", None))
    if form is not None and head.startswith(mark):
        return form
    if _is_zlib(head, whole=content.size == len(head)):
        return _ZLIB
    at_offset = next((form for at, mark, form in _AT if head[at : at + len(mark)] == mark), None)
    return at_offset or next((form for mark, form in _SHORT if head.startswith(mark)), None)


def _is_zlib(head: bytes, *, whole: bool) -> bool:
    if len(head) < 8 or head[0] & 0x0F != 8 or head[0] >> 4 > 7 or (head[0] << 8 | head[1]) % 31:  # noqa: PLR2004 - RFC 1950
        return False
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(head, _TRIED)
    except zlib.error:
        return False
    # A short stream must end, or have given enough before it is cut.
    return bool(data) and (not whole or inflater.eof or len(data) >= _LEAST_CUT)


def _text(content: Content) -> Form | None:
    name = texts.encoding(content)
    if name is None:
        return None
    start = content.head
    if name.startswith("utf-16"):
        start = start.replace(b"\0", b"")
    start = start.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    by_start = next((form for mark, form in _TEXT_STARTS if mark(start)), None)
    return by_start or (_PDF if b"%PDF-" in content.head else _TABLE if texts.marker(content) else _LINES)


_TEXT_STARTS: tuple[tuple[Callable[[bytes], object], Form], ...] = (
    (_CARD.match, _CARDS),
    (_JSON.match, _JSON_FORM),
    (_MARKUP.match, _MARKUP_FORM),
    (letters.is_mail, _MAIL),
)


def _unmarked(content: Content, head: bytes) -> Form:
    if b"%PDF-" in head:
        return _PDF
    if content.size > leveldb.FOOTER and content.at(content.size - 8, 8) == leveldb.MARK:
        return _LEVELDB
    return _UNKNOWN


def _message(content: Content, head: bytes, *, plain: bool) -> Form | None:
    """Return the form of a message, which has no mark: its bytes are one to the last, and no plain text's.

    A short text can look like a message by chance, and a message like a text: such bytes are read as both.
    """
    plain = plain and not has_other_bytes(head)
    if content.size > (_MOST_AMBIGUOUS if plain else _MOST_PROTOBUF):
        return None
    data = head if content.size == len(head) else content.at(0, content.size)
    if not protobuf.is_message(data):
        return None
    return _AMBIGUOUS if plain else _PROTOBUF
