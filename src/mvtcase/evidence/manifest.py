"""The hash manifest of an acquisition: one line per file, and the comparison that refuses altered evidence.

The manifest is a text file of canonical JSON lines in the order of `walk`, so `sha256sum` of it is the digest
that the custody chain records. Whatever is no regular file is listed with what it is, and never opened.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import json
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from mvtcase.canon import HASH_CHUNK_BYTES, StrEnum, canonical_json
from mvtcase.errors import EvidenceAlteredError, EvidenceHostileError, EvidenceMissingError
from mvtcase.evidence.looks import FILE, UNREADABLE
from mvtcase.evidence.walk import Entry, sort_key, walk
from mvtcase.wording import do, say
from mvtcase_readers.regular import open_untouched

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

OnProgress = Callable[[int, int, "int | None"], None]
"""Hears files done, bytes done and, where known, bytes in all."""

MAX_LISTED = 1_000
"""Irregular entries and differences held in memory; the manifest file lists all, a last difference counts the rest."""

_NAMED_IN_ERROR = 5
_LINE_BYTES = 64 << 10


class Irregular(NamedTuple):
    """An entry that is no regular readable file: `what` is `link`, `fifo`, `socket`, `device` or `unreadable`."""

    path: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What hashing an acquisition gave; `digest` is the SHA-256 of the manifest file, `irregular` its first entries."""

    files: int
    bytes: int
    digest: str
    irregular: tuple[Irregular, ...] = ()
    irregular_count: int = 0


class ManifestEntry(NamedTuple):
    """One line of a manifest; `what` is `file` or what `Irregular` names, size in bytes, `mode` the permission bits."""

    path: str
    what: str
    size: int = 0
    sha256: str = ""
    mtime_ns: int = 0
    mode: int = 0


class DifferenceKind(StrEnum):
    """How evidence differs from its manifest; `more` counts differences that are not listed."""

    CHANGED = "changed"
    MISSING = "missing"
    ADDED = "added"
    IRREGULAR = "irregular"
    MANIFEST = "manifest"
    MORE = "more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One way in which evidence is not what was registered."""

    path: str
    what: DifferenceKind
    detail: str = ""


def hash_evidence(root: Path, out: Path, *, on_progress: OnProgress | None = None) -> Manifest:
    """Write the manifest of a file or folder to `out` (atomically, mode 0600) and return what it adds up to.

    Streams: memory does not grow with the number of files. Raises `EvidenceMissingError` when the root is gone and
    `OSError` when the manifest cannot be written.
    """
    temporary = out.with_name(f".{out.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            manifest = _hash_all(root, handle.write, on_progress)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(out)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return manifest


def _hash_all(root: Path, write: Callable[[bytes], object], on_progress: OnProgress | None) -> Manifest:
    hasher = hashlib.sha256()
    counter = _Counter(root, on_progress)
    listed: list[Irregular] = []
    irregular = 0
    for entry in entries(root, on_bytes=counter.add_bytes):
        line = (canonical_json(_as_line(entry)) + "\n").encode("ascii")
        hasher.update(line)
        write(line)
        if entry.what == FILE:
            counter.add_file()
            continue
        irregular += 1
        if len(listed) < MAX_LISTED:
            listed.append(Irregular(entry.path, entry.what))
    return Manifest(
        files=counter.files,
        bytes=counter.bytes,
        digest=hasher.hexdigest(),
        irregular=tuple(listed),
        irregular_count=irregular,
    )


class _Counter:
    """Files and bytes done, told to whoever listens; the sum of sizes is looked up first only if someone does."""

    def __init__(self, root: Path, on_progress: OnProgress | None) -> None:
        self.files = 0
        self.bytes = 0
        self._tell = on_progress
        self._total = None if on_progress is None else sum(entry.size for entry in _walked(root))

    def add_bytes(self, count: int) -> None:
        self.bytes += count
        if self._tell is not None:
            self._tell(self.files, self.bytes, self._total)

    def add_file(self) -> None:
        self.files += 1
        if self._tell is not None:
            self._tell(self.files, self.bytes, self._total)


def entries(root: Path, *, on_bytes: Callable[[int], None] | None = None) -> Iterator[ManifestEntry]:
    """Yield the manifest entry of everything at or below a root as it is now. Raises `EvidenceMissingError`."""
    for entry in _walked(root):
        yield _hashed(root, entry, on_bytes)


def _walked(root: Path) -> Iterator[Entry]:
    try:
        yield from walk(root)
    except FileNotFoundError as error:
        raise EvidenceMissingError("There is nothing at {root!r} any more.", root=str(root)) from error


def _hashed(root: Path, entry: Entry, on_bytes: Callable[[int], None] | None) -> ManifestEntry:
    if entry.what != FILE:
        return ManifestEntry(path=entry.path, what=entry.what, mtime_ns=entry.mtime_ns, mode=entry.mode)
    try:
        # A text and not a Path: those keep every part of every name they ever saw.
        size, sha256 = _hash_regular(f"{root}/{entry.path}" if entry.path else root, on_bytes)
    except OSError as error:
        if error.errno == errno.ENOSPC:  # pragma: no cover - reading cannot fill a disk; never mistake it for evidence
            raise
        return ManifestEntry(path=entry.path, what=UNREADABLE, mtime_ns=entry.mtime_ns, mode=entry.mode)
    return ManifestEntry(path=entry.path, what=FILE, size=size, sha256=sha256, mtime_ns=entry.mtime_ns, mode=entry.mode)


def _hash_regular(path: Path | str, on_bytes: Callable[[int], None] | None) -> tuple[int, str]:
    """Return size and SHA-256 of a file; a FIFO or device put in its place since the walk is refused by `OSError`."""
    hasher = hashlib.sha256()
    size = 0
    descriptor = open_untouched(path)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        # Python takes memory for as much as is asked for, however small the file; a file may have grown meanwhile.
        at_once = min(status.st_size + 1, HASH_CHUNK_BYTES)
        while piece := os.read(descriptor, at_once):
            hasher.update(piece)
            size += len(piece)
            if on_bytes is not None:
                on_bytes(len(piece))
    finally:
        os.close(descriptor)
    return size, hasher.hexdigest()


def located(root: Path, path: str) -> Path:
    """Return where a manifest's path is below a root; "" is the root itself."""
    return root / path if path else root


def _as_line(entry: ManifestEntry) -> dict[str, object]:
    line: dict[str, object] = {"mode": entry.mode, "mtime_ns": entry.mtime_ns, "path": entry.path, "type": entry.what}
    return line | {"sha256": entry.sha256, "size": entry.size} if entry.what == FILE else line


def read_manifest(path: Path) -> Iterator[ManifestEntry]:
    """Yield the entries of a manifest file. Raises `EvidenceAlteredError` on a line that is none, and `OSError`."""
    with path.open("rb") as handle:
        for line in iter(lambda: handle.readline(_LINE_BYTES), b""):
            yield _parsed(line, path)


def _parsed(line: bytes, path: Path) -> ManifestEntry:
    try:
        fields = json.loads(line.decode("ascii"))
        return ManifestEntry(
            path=fields["path"],
            what=fields["type"],
            size=fields.get("size", 0),
            sha256=fields.get("sha256", ""),
            mtime_ns=fields["mtime_ns"],
            mode=fields["mode"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EvidenceAlteredError("The manifest {path!r} holds a line that is none.", path=str(path)) from error


def compare(
    root: Path,
    manifest_file: Path,
    expected_digest: str,
    *,
    read: Mapping[str, str] | None = None,
    bytes_too: bool = True,
    on_progress: OnProgress | None = None,
) -> tuple[Difference, ...]:
    """Return how evidence differs from its manifest now, nothing when it is byte for byte the same.

    Bytes, names and types count; times and permissions do not, since a copy to another medium changes them. Without
    `bytes_too`, names, types and sizes alone. What was `read` already, by path with its SHA-256, is not read again. At
    most `MAX_LISTED` differences, then one of kind `more` that counts the rest. A manifest that is missing or not the
    registered one is the only difference told. Raises `EvidenceMissingError` when the evidence is gone.
    """
    problem = _manifest_problem(manifest_file, expected_digest)
    if problem:
        return (Difference(path=str(manifest_file), what=DifferenceKind.MANIFEST, detail=problem),)
    counter, known = _Counter(root, on_progress), read or {}

    def hashed(new: Entry, old: ManifestEntry) -> str:
        sha256 = (known.get(old.path) if bytes_too else old.sha256) or _hashed(root, new, counter.add_bytes).sha256
        counter.add_file()
        return sha256

    differences = _differences(root, manifest_file, hashed)
    listed = list(itertools.islice(differences, MAX_LISTED))
    rest = sum(1 for _ in differences)
    if rest:
        listed.append(Difference(path="", what=DifferenceKind.MORE, detail=f"{rest} more"))
    return tuple(listed)


def _manifest_problem(manifest_file: Path, expected_digest: str) -> str:
    try:
        _, digest = _hash_regular(manifest_file, None)
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    return "" if digest == expected_digest else "is not the manifest that was registered"


def _differences(
    root: Path, manifest_file: Path, hashed: Callable[[Entry, ManifestEntry], str]
) -> Iterator[Difference]:
    """Yield differences by walking manifest and evidence side by side; both are in the order of `walk`.

    `hashed` gives the SHA-256 of a file as it is now, nothing when it cannot be read.
    """
    known, present = read_manifest(manifest_file), _walked(root)
    old, new = next(known, None), next(present, None)
    while old is not None or new is not None:
        if old is not None and new is not None and old.path == new.path:
            yield from _difference(root, old, new, hashed)
            old, new = next(known, None), next(present, None)
        elif old is not None and _comes_first(old, new):
            yield Difference(path=old.path, what=DifferenceKind.MISSING)
            old = next(known, None)
        elif new is not None:
            yield Difference(path=new.path, what=DifferenceKind.ADDED, detail=new.what)
            new = next(present, None)


def _comes_first(one: ManifestEntry | Entry, other: ManifestEntry | Entry | None) -> bool:
    return other is None or sort_key(one.path) < sort_key(other.path)


def _difference(
    root: Path, old: ManifestEntry, new: Entry, hashed: Callable[[Entry, ManifestEntry], str]
) -> Iterator[Difference]:
    if new.what != FILE or old.what != FILE:
        # A file that could not be read at registration stays `unreadable` in the manifest though the walk says `file`.
        now = new.what if new.what != FILE else _hashed(root, new, None).what
        if now != old.what:
            yield Difference(path=old.path, what=DifferenceKind.IRREGULAR, detail=f"was {old.what}, is {now}")
        return
    if new.size != old.size:
        yield Difference(path=old.path, what=DifferenceKind.CHANGED, detail=f"was {old.size} bytes, is {new.size}")
        return
    sha256 = hashed(new, old)
    if sha256 != old.sha256:
        detail = "same size, other bytes" if sha256 else "cannot be read any more"
        yield Difference(path=old.path, what=DifferenceKind.CHANGED, detail=detail)


def require_unchanged(
    root: Path,
    manifest_file: Path,
    expected_digest: str,
    *,
    read: Mapping[str, str] | None = None,
    bytes_too: bool = True,
) -> None:
    """Return quietly when evidence is what was registered; what else is given means what it means to `compare`.

    Raises `EvidenceAlteredError` naming the first differences and `EvidenceMissingError` when it is gone.
    """
    differences = compare(root, manifest_file, expected_digest, read=read, bytes_too=bytes_too)
    if not differences:
        return
    named = [_in_words(each) for each in differences[:_NAMED_IN_ERROR]]
    more = len(differences) - len(named)
    named += [f"{more} more"] if more else []
    raise EvidenceAlteredError("{path!r} is not what was registered: {named}", path=str(root), named="; ".join(named))


def _in_words(difference: Difference) -> str:
    detail = f" ({difference.detail})" if difference.detail else ""
    return f"{difference.path or 'the file itself'!r} {difference.what}{detail}"


def copy_evidence(root: Path, target: Path, manifest_file: Path, *, on_progress: OnProgress | None = None) -> None:
    """Copy evidence to a new place and verify every byte against its manifest; files 0600, folders 0700, mtimes kept.

    Raises `EvidenceHostileError` when the manifest lists anything but regular files, `EvidenceAlteredError` when what
    was read is not what the manifest says, and `OSError`. What was copied until then stays for the caller to remove.
    """
    counter = _Counter(root, on_progress)
    for entry in read_manifest(manifest_file):
        if entry.what != FILE:
            raise EvidenceHostileError(
                "{entry!r} is {what}: only regular files are imported.",
                hint=say("Register the evidence where it is, without {0}.", do(import_=True)),
                entry=entry.path,
                what=entry.what,
            )
        _copy_one(located(root, entry.path), located(target, entry.path), entry, counter)
        counter.add_file()


def _copy_one(source: Path, target: Path, entry: ManifestEntry, counter: _Counter) -> None:
    make_private_folders(target.parent)
    hasher = hashlib.sha256()
    reader = open_untouched(source)
    with os.fdopen(reader, "rb", buffering=0) as original:
        if not stat.S_ISREG(os.fstat(reader).st_mode):
            raise EvidenceAlteredError("{entry!r} is no regular file any more.", entry=entry.path)
        writer = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(writer, "wb") as copy:
            while piece := original.read(HASH_CHUNK_BYTES):
                hasher.update(piece)
                copy.write(piece)
                counter.add_bytes(len(piece))
            copy.flush()
            os.fsync(copy.fileno())
    if hasher.hexdigest() != entry.sha256:
        raise EvidenceAlteredError("{entry!r} is not what was registered; the copy was stopped.", entry=entry.path)
    os.utime(target, ns=(entry.mtime_ns, entry.mtime_ns))


def make_private_folders(folder: Path) -> None:
    """Create a folder and its missing parents with mode 0700, whatever the umask."""
    missing: list[Path] = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=0o700)
