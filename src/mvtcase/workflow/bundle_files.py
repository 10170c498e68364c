r"""The file a bundle is: sealed with age for those who may open it, hashed in chunks, signed by who made it.

    "mvtcase-bundle/1\n" | age( zstd( records ) ) | label | signature (64 bytes) | length of the label (8) | "MVTC-END"

The label is JSON that anybody may read: who made it, for how much, and the sha256 of each chunk of the sealed part. A
record is the length of its head (4 bytes), the head (JSON: name, bytes) and the bytes. Everything is hostile until the
signature under the label and every chunk have been checked, and bounded after that as well: a signer can be careless.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast

import pyrage
import zstandard
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mvtcase.canon import canonical_json, new_uuid
from mvtcase.errors import BundleError, WrongKeyError
from mvtcase.files import sync_folder
from mvtcase_readers.regular import open_untouched

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from mvtcase.keys.identities import Identity

MAGIC, END = b"mvtcase-bundle/1\n", b"MVTC-END"
CHUNK_BYTES = 4 << 20
MAX_LABEL_BYTES = 16 << 20
MAX_HEAD_BYTES = 16 << 10
MAX_FILES = 2_000_000
MAX_RATIO = 400
"""Bytes unpacked for each byte packed, beyond which a bundle is a bomb; case files shrink to a tenth."""
_FREE_BYTES = 64 << 20
"""Bytes that may be unpacked whatever the ratio."""
_WINDOW_BYTES = 8 << 20
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAME = re.compile(
    rf"(?:rows|chain)\.jsonl|case\.json|attachments/[0-9a-f]{{64}}|manifests/{_UUID}|(?:scans|evidence)/{_UUID}/.+|"
    r"slice/[a-z0-9._-]+",
    re.DOTALL,
)
_MAX_DEPTH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a bundle says of itself to anybody, once its signature was checked."""

    told: Mapping[str, Any]
    chunks: tuple[str, ...]
    sealed_bytes: int
    public_key: str


def write(path: Path, files: Iterator[tuple[str, Path | bytes]], label: Mapping[str, Any], to: Sequence[str],
          by: Identity) -> Label:  # fmt: skip
    """Write a bundle of named files for some age public keys, whole or not at all, and return its label.

    Raises `WrongKeyError` for a recipient that is no key, `OSError`.
    """
    incoming = path.with_name(f".{path.name}.{new_uuid()}")
    try:
        with os.fdopen(os.open(incoming, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "w+b") as handle:
            handle.write(MAGIC)
            sealed = _Sealed(handle)
            packed = _Packed(files)
            pyrage.encrypt_io(packed, sealed, [pyrage.x25519.Recipient.from_str(each) for each in to])
            sealed.close()
            signed = {**label, "bytes": packed.bytes, "files": packed.count, "chunks": sealed.hashes,
                      "sealed_bytes": sealed.bytes, "chunk_bytes": CHUNK_BYTES, "key": by.verify_key}  # fmt: skip
            text = canonical_json(signed).encode()
            if len(text) > MAX_LABEL_BYTES:
                raise BundleError("There is too much for one bundle; export fewer officials at once.")
            handle.write(text + by.signing_key.sign(MAGIC + text) + struct.pack(">Q", len(text)) + END)
            handle.flush()
            os.fsync(handle.fileno())
        incoming.replace(path)
    except pyrage.RecipientError as error:
        raise WrongKeyError("One of those it is for is no age public key: {error}.", error=error) from error
    finally:
        incoming.unlink(missing_ok=True)
    sync_folder(path.parent)
    return _label(text)


class _Packed:
    """The records of files as one compressed stream, for a reader that pulls."""

    def __init__(self, files: Iterator[tuple[str, Path | bytes]]) -> None:
        self.bytes = self.count = 0
        self._pieces = self._compressed(files)
        self._left = b""

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, empty at the end."""
        while len(self._left) < size or size < 0:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._left += piece
        cut = len(self._left) if size < 0 else size
        piece, self._left = self._left[:cut], self._left[cut:]
        return piece

    def _compressed(self, files: Iterator[tuple[str, Path | bytes]]) -> Iterator[bytes]:
        packer = zstandard.ZstdCompressor(level=3).compressobj()
        for name, source in files:
            for piece in self._record(name, source):
                self.bytes += len(piece)
                if packed := packer.compress(piece):
                    yield packed
        yield packer.flush()

    def _record(self, name: str, source: Path | bytes) -> Iterator[bytes]:
        self.count += 1
        if isinstance(source, bytes):
            yield _head(name, len(source)) + source
            return
        with os.fdopen(open_untouched(source), "rb") as handle:
            left = os.fstat(handle.fileno()).st_size
            yield _head(name, left)
            while left and (piece := handle.read(min(left, 1 << 20))):
                left -= len(piece)
                yield piece
        if left:
            raise BundleError("{name} shrank while it was read.", name=source.name)


def _head(name: str, size: int) -> bytes:
    text = json.dumps({"name": name, "bytes": size}).encode()
    return struct.pack(">I", len(text)) + text


class _Sealed:
    """Where the sealed part goes: written on, and hashed in chunks."""

    def __init__(self, handle: IO[bytes]) -> None:
        self._handle, self._chunk, self._in_chunk = handle, hashlib.sha256(), 0
        self.hashes: list[str] = []
        self.bytes = 0

    def write(self, data: bytes) -> int:
        self._handle.write(data)
        self.bytes += len(data)
        view = memoryview(data)
        while view:
            piece, view = view[: CHUNK_BYTES - self._in_chunk], view[CHUNK_BYTES - self._in_chunk :]
            self._chunk.update(piece)
            self._in_chunk += len(piece)
            if self._in_chunk == CHUNK_BYTES:
                self.close()
        return len(data)

    def flush(self) -> None:
        """Do nothing: the file is flushed once, at its end."""

    def close(self) -> None:
        """End the chunk that was begun."""
        if self._in_chunk:
            self.hashes.append(self._chunk.hexdigest())
            self._chunk, self._in_chunk = hashlib.sha256(), 0


def read_label(path: Path) -> Label:
    """Return a bundle's label, its signature checked against the key that it names. Raises `BundleError`.

    Whose key that is, and whether the chunks are whole, is not asked here: see `check_chunks`.
    """
    with _opened(path) as handle:
        size = os.fstat(handle.fileno()).st_size
        tail = 16
        if size < len(MAGIC) + 64 + tail or handle.read(len(MAGIC)) != MAGIC:
            raise BundleError("{path} is no bundle of mvtcase.", path=path)
        handle.seek(size - tail)
        length, end = struct.unpack(">Q8s", handle.read(tail))
        if end != END or not 0 < length <= min(MAX_LABEL_BYTES, size - len(MAGIC) - 64 - tail):
            raise BundleError("{path} is cut short, or was not written to its end.", path=path)
        handle.seek(size - tail - 64 - length)
        text, signature = handle.read(length), handle.read(64)
    label = _label(text)
    if label.sealed_bytes != size - tail - 64 - length - len(MAGIC):
        raise BundleError("{path} holds more or less than its label says.", path=path)
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(label.public_key)).verify(signature, MAGIC + text)
    except (InvalidSignature, ValueError) as error:
        raise BundleError("The signature under the label of {path} does not fit.", path=path) from error
    return label


def _label(text: bytes) -> Label:
    try:
        told = json.loads(text)
        chunks = tuple(told["chunks"])
        label = Label(told=told, chunks=chunks, sealed_bytes=int(told["sealed_bytes"]), public_key=str(told["key"]))
        sound = (
            all(isinstance(each, str) for each in chunks)
            and told["chunk_bytes"] == CHUNK_BYTES
            and len(chunks) == -(-label.sealed_bytes // CHUNK_BYTES)
            and 0 <= told["files"] <= MAX_FILES
            and 0 <= told["bytes"] <= _FREE_BYTES + MAX_RATIO * label.sealed_bytes
        )
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise BundleError("The label of the bundle cannot be read.") from error
    if not sound:
        raise BundleError("The label of the bundle says what cannot be: it would unpack beyond all bounds.")
    return label


def wrong_chunks(path: Path, label: Label) -> tuple[int, ...]:
    """Return the numbers, from 1, of the chunks of a bundle that are not what was signed."""
    with _opened(path) as handle:
        handle.seek(len(MAGIC))
        left, wrong = label.sealed_bytes, []
        for number, expected in enumerate(label.chunks, start=1):
            piece = handle.read(min(CHUNK_BYTES, left))
            left -= len(piece)
            if hashlib.sha256(piece).hexdigest() != expected:
                wrong.append(number)
    return tuple(wrong)


def what_differs(path: Path) -> str:
    """Return in words how a bundle differs from what was written, as far as its own label tells."""
    try:
        numbers = wrong_chunks(path, read_label(path))
    except BundleError as error:
        return str(error)
    return f"chunk {', '.join(map(str, numbers))} is not what was signed" if numbers else "is another bundle"


def unpack(path: Path, label: Label, opens: Identity, folder: Path) -> None:
    """Write what a bundle holds below an empty private folder. Raises `WrongKeyError` or `BundleError`.

    The caller has checked the label and every chunk.
    """
    target = _Unpacked(folder, most=int(label.told["bytes"]), files=int(label.told["files"]))
    try:
        with _opened(path) as handle:
            handle.seek(len(MAGIC))
            source, sink = _Bounded(handle, label.sealed_bytes), cast("IO[bytes]", target)
            with zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES).stream_writer(sink, closefd=False) as out:
                pyrage.decrypt_io(source, out, [pyrage.x25519.Identity.from_str(opens.age_secret)])
        target.end()
    except pyrage.DecryptError as error:
        raise target.refused or WrongKeyError("The bundle was not made for this identity.") from error
    except (zstandard.ZstdError, OSError, ValueError) as error:
        raise target.refused or BundleError("The bundle cannot be unpacked: {error}.", error=error) from error
    finally:
        target.close()


class _Bounded:
    def __init__(self, handle: IO[bytes], left: int) -> None:
        self._handle, self._left = handle, left

    def read(self, size: int = -1) -> bytes:
        piece = self._handle.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(piece)
        return piece


class _Unpacked:
    """Where the records of a bundle go, piece by piece."""

    def __init__(self, folder: Path, *, most: int, files: int) -> None:
        self.refused: BundleError | None = None
        self._folder, self._most, self._files = folder, most, files
        self._held, self._left = bytearray(), 0
        self._out: IO[bytes] | None = None

    def write(self, data: bytes) -> int:
        try:
            self._count(len(data))
            self._take(memoryview(data))
        except BundleError as error:
            self.refused = error
            raise ValueError(str(error)) from error
        return len(data)

    def _count(self, size: int) -> None:
        self._most -= size
        if self._most < 0:
            raise BundleError("The bundle unpacks to more than its label says.")

    def flush(self) -> None:
        """Do nothing: each file is flushed when it ends."""

    def _take(self, view: memoryview) -> None:
        while view:
            if self._out is not None:
                piece, view = view[: self._left], view[self._left :]
                self._out.write(piece)
                self._left -= len(piece)
                self._finish()
                continue
            wanted = 4 if len(self._held) < 4 else 4 + struct.unpack(">I", self._held[:4])[0]  # noqa: PLR2004  # see above
            if wanted > MAX_HEAD_BYTES:
                raise BundleError("A record of the bundle has a head beyond all bounds.")
            piece, view = view[: wanted - len(self._held)], view[wanted - len(self._held) :]
            self._held += piece
            if len(self._held) == wanted > 4:  # noqa: PLR2004  # as above
                self._begin(bytes(self._held[4:]))
                self._held.clear()

    def _begin(self, head: bytes) -> None:
        self._files -= 1
        name, self._left = _named(head)
        if self._files < 0:
            raise BundleError("The bundle holds more files than its label says.")
        path = self._folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._out = os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600), "wb")
        except (OSError, ValueError) as error:
            raise BundleError("A file of the bundle cannot be unpacked: {error}.", error=error) from error
        self._finish()

    def _finish(self) -> None:
        if self._out is not None and not self._left:
            self.close()

    def close(self) -> None:
        """Close the file that was begun."""
        if self._out is not None:
            self._out.close()
            self._out = None

    def end(self) -> None:
        """Raise `BundleError` where something is missing."""
        if self._out is not None or self._held or self._files or self._most:
            raise BundleError("The bundle holds less than its label says.")


def _named(head: bytes) -> tuple[str, int]:
    """Return the name and size of a record. Raises `BundleError` for a name that may lead anywhere else."""
    try:
        told = json.loads(head)
        name, size = told["name"], told["bytes"]
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise BundleError("A record of the bundle cannot be read.") from error
    if not isinstance(name, str) or type(size) is not int or size < 0:
        raise BundleError("A record of the bundle cannot be read.")
    parts = name.split("/")
    if not _NAME.fullmatch(name) or {"", ".", ".."} & {*parts} or "\0" in name or len(parts) > _MAX_DEPTH:
        raise BundleError("The bundle names a file that may lie in no bundle.")
    return name, size


def _opened(path: Path) -> IO[bytes]:
    try:
        return os.fdopen(open_untouched(path), "rb")
    except OSError as error:
        raise BundleError("{path} cannot be read: {error}.", path=path, error=error.strerror) from error
