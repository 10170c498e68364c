"""Compressed streams: gzip, zlib, bzip2, xz, zstd, LZ4 with Apple's and Mozilla's framing, LZFSE; all within bounds."""

from __future__ import annotations

import bz2
import hashlib
import itertools
import lzma
import re
import struct
import zlib
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

try:
    import lz4.block
    import lz4.frame
except ImportError:  # No wheel for an odd machine: what is packed so is told as not taken apart.
    lz4 = None
from .bplist import embedded
from .contents import BoundError, Content, Stretch, spooled
from .shapes import CERTIFICATE, Extent
from .walk import UnknownFormError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .contents import Readable
    from .shapes import Place
    from .walk import Walk


def _library(name: str) -> Any:  # noqa: ANN401 - a module without types, or None where it is not installed
    try:
        return import_module(name)
    except ImportError:
        return None


lzfse, zstandard = _library("lzfse"), _library("zstandard")

_READ = 1 << 16
_LZMA_MEMORY = 256 << 20
_GZIP_MARK = b"\x1f\x8b"
_GZIP_NAME = re.compile(rb"\x1f\x8b\x08[\x08-\x0b\x18-\x1b].{6}([^\0]{1,255})\0", re.DOTALL)
"""The header of a packed file that says its name and has no extra field before it (RFC 1952)."""
_LZ4_WINDOW = 64 << 10
_MOST_BLOCK = 64 << 20


class Inflated:
    """The bytes of a deflated stream, of several gzip members one after another; damage raises after the last good."""

    def __init__(self, handle: Readable, bits: int, *, single: bool = False) -> None:
        self._handle = handle
        self._bits = bits
        self._single = single
        self._inflater = zlib.decompressobj(bits)
        self._rest = b""
        self._over = False
        self.after = b""
        """What stands after the stream, or its beginning."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes, none at the end. Raises `zlib.error` on damage, `EOFError` on a cut stream."""
        while not self._over:
            self._rest = self._rest or self._handle.read(_READ)
            if not self._rest and not self._inflater.eof:
                self._over = True
                raise EOFError("the compressed stream is cut")
            data = self._inflater.decompress(self._rest, size)
            self._rest = self._inflater.unconsumed_tail
            if self._inflater.eof:
                self._next()
            if data:
                return data
        return b""

    def _next(self) -> None:
        rest = self._inflater.unused_data or self._handle.read(_READ)
        if self._single or not rest.startswith(_GZIP_MARK[: len(rest)]) or not rest:
            self._over = True
            self.after = rest
            return
        self._rest = rest
        self._inflater = zlib.decompressobj(self._bits)


class _Decompressor(Protocol):
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes | None: ...


class _Unpacked:
    """The bytes of a stream by one of the standard library's decompressors or LZ4's, which behave alike."""

    def __init__(self, handle: Readable, make: type[_Decompressor] | object, mark: bytes) -> None:
        self._handle = handle
        self._make = make
        self._mark = mark
        self._unpacker: _Decompressor = make()  # type: ignore[operator]
        self._over = False
        self.after = b""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes, none at the end. Raises what the decompressor raises, `EOFError` when cut."""
        while not self._over:
            fresh = self._handle.read(_READ) if self._unpacker.needs_input else b""
            if not fresh and self._unpacker.needs_input:
                self._over = True
                raise EOFError("the compressed stream is cut")
            data = self._unpacker.decompress(fresh, size)
            if self._unpacker.eof:
                self._next()
            if data:
                return data
        return b""

    def _next(self) -> None:
        rest = self._unpacker.unused_data or b""
        rest += self._handle.read(_READ)
        if not rest.startswith(self._mark):
            self._over = True
            self.after = rest
            return
        self._handle = _Chained(rest, self._handle)
        self._unpacker = self._make()  # type: ignore[operator]


class _Chained:
    """Bytes and then a stream."""

    def __init__(self, first: bytes, then: Readable) -> None:
        self._first = first
        self._then = then

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes, none at the end."""
        if self._first:
            piece, self._first = self._first[:size], self._first[size:]
            return piece
        return self._then.read(size)


def _lzma() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(memlimit=_LZMA_MEMORY)


def _whole(walk: Walk, content: Content, stream: Readable, place: Place) -> None:
    """Read what a stream gives; of a damaged one, the packed bytes are skimmed too: it may be something else."""
    if walk.member(stream, place).extent is Extent.DAMAGED:
        walk.limit(Extent.DAMAGED, "the stream, or what it holds, is damaged")
        walk.skim(content, place)
    elif getattr(stream, "after", b"").strip(b"\0"):
        walk.limit(Extent.SKIMMED, "bytes after the end of the stream")
        walk.skim(content, place)


def read_gzip(walk: Walk, content: Content, place: Place) -> str:
    """Give what a gzip file holds, all members after one another, and the name that the packed file had."""
    named = _GZIP_NAME.match(content.head)
    if named is not None:
        walk.one(named[1].decode("latin-1"), place._replace(key="name"), "path")
    _whole(walk, content, Inflated(content.file(), zlib.MAX_WBITS | 16), place.within("gzip"))
    return ""


def read_zlib(walk: Walk, content: Content, place: Place) -> str:
    """Give what a zlib stream holds."""
    _whole(walk, content, Inflated(content.file(), zlib.MAX_WBITS, single=True), place.within("zlib"))
    return ""


def read_bz2(walk: Walk, content: Content, place: Place) -> str:
    """Give what a bzip2 file holds."""
    _whole(walk, content, _Unpacked(content.file(), bz2.BZ2Decompressor, b"BZh"), place.within("bzip2"))
    return ""


def read_xz(walk: Walk, content: Content, place: Place) -> str:
    """Give what an xz or lzma file holds."""
    _whole(walk, content, _Unpacked(content.file(), _lzma, b"\xfd7zXZ"), place.within("xz"))
    return ""


class _Zstd:
    """The bytes of one or several zstd frames."""

    def __init__(self, handle: Readable) -> None:
        unpacker = zstandard.ZstdDecompressor(max_window_size=_MOST_WINDOW)
        self._stream = unpacker.stream_reader(handle, read_size=_READ, read_across_frames=True)

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes, none at the end. Raises `ValueError` on damage."""
        try:
            data: bytes = self._stream.read(size)
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from error
        return data


def read_zstd(walk: Walk, content: Content, place: Place) -> str:
    """Give what a zstd file holds."""
    if zstandard is None:
        raise UnknownFormError("zstd, for which no library is installed")
    _whole(walk, content, _Zstd(content.file()), place.within("zstd"))
    return ""


def read_lzfse(walk: Walk, content: Content, place: Place) -> str:
    """Give what Apple's LZFSE or LZVN blocks hold. Raises `BoundError` when they claim too much."""
    unpacked = _unfolded(content.all(walk.bounds.held), walk.bounds.held)
    walk.member(Stretch(Content(unpacked), 0), place.within("lzfse"))
    return ""


def _unfolded(data: bytes, most: int) -> bytes:
    if lzfse is None:
        raise UnknownFormError("LZFSE, for which no library is installed")
    # The library gives all at once: no more than what is marked like a block says that it unfolds to.
    if sum(int.from_bytes(found[1], "little") for found in _LZFSE_BLOCK.finditer(data)) > most:
        raise BoundError("its blocks claim to unfold beyond all bounds")
    try:
        unpacked: bytes = lzfse.decompress(data)
    except lzfse.error as error:
        raise ValueError(str(error)) from error
    return unpacked


def read_mozilla_lz4(walk: Walk, content: Content, place: Place) -> str:
    """Give what Mozilla's framing of one LZ4 block holds: sessions and bookmarks of Firefox."""
    data = content.all(walk.bounds.held)
    size = int.from_bytes(data[len(MOZILLA) : len(MOZILLA) + 4], "little")
    if size > _MOST_BLOCK:
        raise BoundError("its block claims to unfold beyond all bounds")
    unpacked = unpacked_block(data[len(MOZILLA) + 4 :], size)
    walk.member(Stretch(Content(unpacked), 0), place.within("lz4"))
    return ""


def give_certificates(walk: Walk, data: bytes, place: Place) -> None:
    """Give the hashes of certificates among some bytes: what an app was signed with is published so."""
    at = data.find(CERTIFICATE)
    for _ in range(_MOST_CERTIFICATES):
        if at < 0:
            break
        for start in (at - before for before in _BEFORE_VERSION if at >= before):
            if data[start : start + 2] == _LONG_SEQUENCE and data[start + 4] == _LONG_SEQUENCE[0]:
                whole = data[start : start + 4 + int.from_bytes(data[start + 2 : start + 4], "big")]
                for name in ("md5", "sha1", "sha256"):
                    digest = hashlib.new(name, whole, usedforsecurity=False).hexdigest()
                    walk.one(digest, place.at_key(f"{name.upper()} of the certificate at {start}"))
        at = data.find(CERTIFICATE, at + 1)


def read_unknown(walk: Walk, content: Content, place: Place) -> str:
    """Give the runs of bytes of no known form, and what is packed by gzip or zlib or a property list among them.

    Caches of browsers keep what a server sent behind a header of their own, packed as it came; Gmail has a byte before
    each message that it packs (ALEAPP, gmailEmails).
    """
    walk.skim(content, place)
    if content.size <= _MOST_BARE and _unpacks(content.at(0, _TRIED), bare=True):
        _inflated(walk, content, 0, place, bits=-zlib.MAX_WBITS)
    tries, before = 0, b""
    for offset, piece in content.pieces():
        data = before + piece
        base = offset - len(before)
        for found in itertools.islice(_PACKED.finditer(data), _MOST_TRIES - tries):
            tries += 1
            at, is_gzip = base + found.start(), found.lastindex is None
            if found.end() > len(before) and (is_gzip or _unpacks(content.at(at, _TRIED))):
                _inflated(walk, content, at, place, bits=zlib.MAX_WBITS | (16 if is_gzip else 0))
        for start, plist in chain(embedded(data), _written_lists(data)):
            walk.cell(Content(plist), place.within(f"plist at {base + start}"))
        give_certificates(walk, data, place)
        before = piece[-2:]
    if content.size <= _MOST_SEARCHED:
        _give_marked(walk, content, place)
    return ""


def read_media(walk: Walk, content: Content, place: Place) -> str:
    """Give the runs of a picture, film or program, and what hangs behind it: of most of a phone no more is searched."""
    walk.skim(content, place)
    _give_marked(walk, content, place, start=max(0, content.size - _TAIL))
    return ""


def _give_marked(walk: Walk, content: Content, place: Place, start: int | None = None) -> None:
    """Give what longer marks tell among other bytes: gzip, xz, zstd, LZFSE, Apple's LZ4, and a zip at the end."""
    end = content.at(max(0, content.size - _ZIP_END), _ZIP_END)
    if b"PK\x05\x06" in end:
        walk.cell(content, place.within("zip at the end"), form=walk.form_of(Content(end[end.rindex(b"PK\x05\x06") :])))
    tries, after = 0, 0
    marks = _LONG_MARKS if start is None else (*_LONG_MARKS, _GZIP_HEAD)
    for offset, piece in content.pieces() if start is None else [(start, content.at(start, _TAIL))]:
        for found, mark in sorted(_marks_in(piece, marks)):
            at = offset + found
            if at < after or tries >= _MOST_MARKS:
                continue
            tries += 1
            try:
                inner = spooled(_stream_at(walk, content, at, mark), walk.spend, walk.bounds.held)
            except (ValueError, BoundError, UnknownFormError):
                continue
            # What follows such a stream belongs to none: an error at its end says nothing.
            if inner.size >= _LEAST_UNPACKED and not (mark == _GZIP_HEAD and inner.cut):
                after = at + 1 if mark[:3] != _LZFSE_END[:3] else offset + piece.rfind(_LZFSE_END)
                walk.whole(inner, place)
                walk.cell(inner, place.within(f"packed at {at}"))
            inner.close()


def _marks_in(data: bytes, marks: tuple[bytes, ...]) -> Iterator[tuple[int, bytes]]:
    # One by one: each is a search of the C library's, where a pattern of all takes ten times as long.
    for mark in marks:
        at = data.find(mark)
        while at >= 0:
            yield at, mark
            at = data.find(mark, at + 1)


def _stream_at(walk: Walk, content: Content, at: int, mark: bytes) -> Readable:
    """Return the stream that a mark begins. Raises what its library does not unpack, or where there is none."""
    rest = Stretch(content, at)
    if mark == _GZIP_HEAD:
        return Inflated(rest, zlib.MAX_WBITS | 16, single=True)
    if mark.startswith(b"\xfd7z"):
        return _Unpacked(rest, _lzma, b"\xfd7zXZ")
    if mark == b"bv41":
        return AppleBlocks(rest)
    if mark.startswith(_LZFSE_END[:3]):
        packed = rest.read(_MOST_MARKED)
        packed = packed[: packed.find(_LZFSE_END) + len(_LZFSE_END)]
        return Stretch(Content(_unfolded(packed, walk.bounds.held)), 0)
    if zstandard is None:
        raise UnknownFormError("zstd, for which no library is installed")
    return _Zstd(rest)


def _written_lists(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the property lists in XML that stand among other bytes, as signed profiles have them."""
    start = data.find(b"<plist")
    while start >= 0 and (end := data.find(b"</plist>", start)) >= 0:
        yield start, data[start : end + len(b"</plist>")]
        start = data.find(b"<plist", end)


def read_png(walk: Walk, content: Content, place: Place) -> str:
    """Give the runs of a picture's bytes, and the texts that it holds packed (PNG, `zTXt` and `iTXt`)."""
    walk.skim(content, place)
    offset = _PNG_HEAD
    for _ in range(_MOST_CHUNKS):
        size, kind = int.from_bytes(content.at(offset, 4), "big"), content.at(offset + 4, 4)
        if kind in {b"zTXt", b"iTXt"}:
            found = _PACKED.search(content.at(offset + 8, min(size, _TRIED)))
            if found is not None:
                _inflated(walk, content, offset + 8 + found.start(), place, bits=zlib.MAX_WBITS)
        offset += size + 12
        if offset >= content.size:
            break
    return ""


def _unpacks(data: bytes, *, bare: bool = False) -> bool:
    """Return whether bytes begin a zlib stream, or one without its two bytes of mark: these stand in many others."""
    try:
        unpacked = zlib.decompressobj(-zlib.MAX_WBITS if bare else zlib.MAX_WBITS).decompress(data, _TRIED)
    except zlib.error:
        return False
    return len(unpacked) >= _LEAST_UNPACKED


def _inflated(walk: Walk, content: Content, offset: int, place: Place, *, bits: int) -> None:
    """Read what begins like a packed stream where it is: one that comes to its end."""
    inner = spooled(Inflated(Stretch(content, offset), bits, single=True), walk.spend, walk.bounds.held)
    if inner.cut is None and inner.size:
        name = "gzip" if bits > zlib.MAX_WBITS else "zlib" if bits > 0 else "deflate"
        walk.whole(inner, place)
        walk.cell(inner, place.within(f"{name} at {offset}"))
    inner.close()


MOZILLA = b"mozLz40\0"
_MOST_WINDOW = 128 << 20
_MOST_TRIES = 2000
_PNG_HEAD, _MOST_CHUNKS = 8, 10_000
_LONG_SEQUENCE, _BEFORE_VERSION, _MOST_CERTIFICATES = b"\x30\x82", (8, 7), 100
_ZIP_END, _TAIL, _MOST_SEARCHED, _MOST_MARKS, _MOST_MARKED = 1024, 256 << 10, 32 << 20, 20, 16 << 20
_GZIP_HEAD, _LZFSE_END = b"\x1f\x8b\x08", b"bvx$"
_LONG_MARKS = (b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"bvx", b"bv41")
_PACKED = re.compile(rb"\x1f\x8b\x08|(\x78[\x01\x5e\x9c\xda])")
_TRIED, _LEAST_UNPACKED = 4096, 16
_MOST_BARE = 4 << 20
"""Bytes of a value in which a stream without a mark is looked for: RFC 1951, as apps keep it in a cell."""
_LZFSE_BLOCK = re.compile(rb"bvx[12n-](.{4})", re.DOTALL)


def read_lz4(walk: Walk, content: Content, place: Place) -> str:
    """Give what an LZ4 frame holds."""
    _require_lz4()
    _whole(
        walk,
        content,
        _Unpacked(content.file(), lz4.frame.LZ4FrameDecompressor, b"\x04\x22\x4d\x18"),
        place.within("lz4"),
    )
    return ""


def _require_lz4() -> None:
    if lz4 is None:
        raise UnknownFormError("LZ4, for which no library is installed")


def read_apple_lz4(walk: Walk, content: Content, place: Place) -> str:
    """Give what Apple's framing of LZ4 blocks holds; LZFSE, which has the same framing, raises `UnknownFormError`."""
    _whole(walk, content, AppleBlocks(content.file()), place.within("lz4"))
    return ""


class AppleBlocks:
    """The bytes of `bv41` (LZ4) and `bv4-` (stored) blocks up to their end mark `bv4$`."""

    def __init__(self, handle: Readable) -> None:
        self._handle = handle
        self._window = b""

    def read(self, size: int, /) -> bytes:
        """Return the next block, none at the end. Raises `ValueError` on damage."""
        del size
        mark = self._handle.read(4)
        if mark == b"bv4-":
            (count,) = struct.unpack("<I", self._handle.read(4))
            data = self._handle.read(min(count, _MOST_BLOCK))
        elif mark == b"bv41":
            count, packed = struct.unpack("<II", self._handle.read(8))
            if count > _MOST_BLOCK or packed > _MOST_BLOCK:
                raise ValueError("an LZ4 block of impossible size")
            data = unpacked_block(self._handle.read(packed), count, self._window)
        elif mark in {b"bv4$", b""}:
            return b""
        else:
            raise UnknownFormError(f"blocks marked {mark!r}")
        self._window = (self._window + data)[-_LZ4_WINDOW:]
        return data


def unpacked_block(packed: bytes, size: int, window: bytes = b"") -> bytes:
    """Return the bytes of an LZ4 block, which may refer to those before it. Raises `ValueError` on damage."""
    _require_lz4()
    try:
        data: bytes = lz4.block.decompress(packed, uncompressed_size=size, dict=window)
    except lz4.block.LZ4BlockError as error:
        raise ValueError(str(error)) from error
    return data


def read_unknown_packing(walk: Walk, content: Content, place: Place) -> str:
    """Raise `UnknownFormError`: the first bytes tell a packing that nobody here can undo."""
    del walk, place
    raise UnknownFormError(f"packed in a way that cannot be undone here ({content.head[:4]!r})")
