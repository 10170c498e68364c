"""Which form a container has, by its bytes and never by its name."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from . import archives, bplist, json_texts, markup, protobuf, sqlite_live, sqlite_logs, streams, texts, typedstream
from .shapes import Extent
from .walk import Form

if TYPE_CHECKING:
    from .contents import Content
    from .shapes import Place
    from .walk import Walk

_MOST_PROTOBUF = 16 << 20
_JSON = re.compile(rb"[\s\x1e]*[{\[]\s*[\"{\[\]}0-9tfn-]")
_MARKUP = re.compile(rb"\s*<(?:[!?/]|[a-zA-Z][\w:.-]*[\s/>])")


def _skim(walk: Walk, content: Content, place: Place) -> str:
    walk.skim(content, place)
    return ""


def _nothing(walk: Walk, content: Content, place: Place) -> str:
    del walk, content, place
    return ""


_EMPTY = Form(name="empty", read=_nothing)
_UNKNOWN = Form(name="unknown", read=_skim, extent=Extent.SKIMMED)
_LINES = Form(name="text", read=texts.read_lines)
_TABLE = Form(name="table of texts", read=texts.read_table)
_JSON_FORM = Form(name="json", read=json_texts.read_json)
_MARKUP_FORM = Form(name="markup", read=markup.read_markup)
_PROTOBUF = Form(name="protobuf", read=protobuf.read_protobuf)
_TAR = Form(name="tar", read=archives.read_tar)
_ZLIB = Form(name="zlib", read=streams.read_zlib)

_MARKS: tuple[tuple[bytes, Form], ...] = (
    (b"SQLite format 3\0", Form(name="sqlite", read=sqlite_live.read_sqlite)),
    *((mark, Form(name="sqlite wal", read=sqlite_logs.read_wal)) for mark in sqlite_logs.WAL_MARKS),
    (sqlite_logs.JOURNAL_MARK, Form(name="sqlite journal", read=sqlite_logs.read_journal)),
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
    *((mark, Form(name=name, read=streams.read_unknown_packing)) for mark, name in (
        (b"bvx", "lzfse"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07", "rar"),
    )),
    *((mark, Form(name=name, read=_skim, extent=Extent.SKIMMED)) for mark, name in (
        (b"\xff\xd8\xff", "jpeg"), (b"\x89PNG\r\n", "png"), (b"GIF8", "gif"), (b"RIFF", "riff"),
        (b"\xfe\xed\xfa", "mach-o"), (b"\xcf\xfa\xed\xfe", "mach-o"), (b"\x7fELF", "elf"),
    )),
)  # fmt: skip
_BY_FOUR = {mark[:4]: (mark, form) for mark, form in _MARKS if len(mark) >= 4}  # noqa: PLR2004 - the bytes looked up
_SHORT = tuple((mark, form) for mark, form in _MARKS if len(mark) < 4)  # noqa: PLR2004 - as above


def form_of(content: Content) -> Form:
    """Return the form of a container: by the mark at its start, then as text, then as a message, or unknown."""
    head = content.head
    if not head:
        return _EMPTY
    return _marked(head) or _text(content) or _unmarked(content, head)


def _marked(head: bytes) -> Form | None:
    mark, form = _BY_FOUR.get(head[:4], (b"", None))
    if form is not None and head.startswith(mark):
        return form
    if head[257:262] == b"ustar":
        return _TAR
    if _is_zlib(head):
        return _ZLIB
    return next((form for mark, form in _SHORT if head.startswith(mark)), None)


def _is_zlib(head: bytes) -> bool:
    if len(head) < 8 or head[0] & 0x0F != 8 or head[0] >> 4 > 7 or (head[0] << 8 | head[1]) % 31:  # noqa: PLR2004 - RFC 1950
        return False
    try:
        return bool(zlib.decompressobj().decompress(head, 64))
    except zlib.error:
        return False


def _text(content: Content) -> Form | None:
    name = texts.encoding(content)
    if name is None:
        return None
    start = content.head[:256]
    if name.startswith("utf-16"):
        start = start.replace(b"\0", b"")
    start = start.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    if _JSON.match(start):
        return _JSON_FORM
    if _MARKUP.match(start):
        return _MARKUP_FORM
    return _TABLE if texts.marker(content) else _LINES


def _unmarked(content: Content, head: bytes) -> Form:
    if content.size <= _MOST_PROTOBUF:
        data = head if content.size == len(head) else content.at(0, content.size)
        if protobuf.is_message(data):
            return _PROTOBUF
    return _UNKNOWN
