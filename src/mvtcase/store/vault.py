"""Files of a sealed case: each unit of the case folder one encrypted crate, unpacked into a private view when used.

A unit is the results of one scan, the manifest of one acquisition, one attachment or one file of a report. Its crate is
named by a keyed hash, so that neither names nor numbers of the case stand on the disk. A crate is a row of age messages
of a bounded size, the first of which lists what is in it, and its size is a multiple of 64 KiB.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import io
import json
import os
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any

import zstandard

from mvtcase.canon import new_uuid
from mvtcase.errors import CaseDamagedError
from mvtcase.files import destroy, regular_files, written
from mvtcase.keys import ring
from mvtcase.wording import do, say
from mvtcase_readers.regular import open_untouched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

FORMAT = "mvtcase-crate/1"
FOLDER = "sealed"
SLICE_BYTES = 4 << 20
_LEVEL = 1
"""Of zstandard: more makes results little smaller and sealing far slower."""
_MOST_MESSAGE = 64 << 20
_LENGTH_BYTES = 4
WHOLE = ("scans", "acquisitions")
"""Folders whose every subfolder is one unit; in the others every file is one."""
UNITS = (*WHOLE, "attachments", "reports", "exports")


class Vault:
    """The crates of one sealed case, written and read with its key."""

    def __init__(self, home: Path, secret: str) -> None:
        import pyrage  # noqa: PLC0415  # slow to load, and few cases are sealed

        self.home = home
        self._age = pyrage
        self._identity = pyrage.x25519.Identity.from_str(secret)
        self._recipient = self._identity.to_public()
        self._naming = derived(secret, "names")
        self._told: dict[str, str] | None = None

    def name_of(self, unit: str) -> str:
        """Return the name that something of the case has on the disk."""
        return hmac.new(self._naming, unit.encode("utf-8", "surrogateescape"), "sha256").hexdigest()[:32]

    def crate(self, unit: str) -> Path:
        """Return where the crate of a unit lies, or would."""
        return self.home / FOLDER / self.name_of(unit)

    def write(self, unit: str, root: Path) -> dict[str, str]:
        """Keep a unit as it stands below `root`, in place of the crate that was there; all of it or nothing.

        Returns the SHA-256 of every file, of the bytes that were read.
        """
        files = files_of(root, unit)
        listed = [(os.fsencode(each.relative_to(root)).decode("latin-1"), each.stat().st_size) for each in files]
        hashed = [_Sum() for _ in files]
        pack = zstandard.ZstdCompressor(level=_LEVEL).compress
        self._write(unit, listed, map(pack, _slices(zip(files, listed, hashed, strict=True))))
        return {_name(name): one.hasher.hexdigest() for (name, _), one in zip(listed, hashed, strict=True)}

    @contextlib.contextmanager
    def listing_damage(self) -> Iterator[dict[str, str]]:
        """Give a mapping that is filled with the units of damaged crates, by crate; meanwhile none raises an error."""
        self._told = {}
        try:
            yield self._told
        finally:
            self._told = None

    def take_over(self, unit: str, other: Vault) -> dict[str, str]:
        """Keep a unit as another vault holds it, without unpacking it, and return the SHA-256 of every file there."""
        with other._opened(unit) as handle:
            head = other._head(handle, other.crate(unit), unit)
            self._write(unit, head["files"], other._packed(handle, other.crate(unit), str(head["id"])))
        return other.sums(unit)

    def _write(self, unit: str, listed: Sequence[Sequence[Any]], packed: Iterable[bytes]) -> None:
        target = self.crate(unit)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        with written(target) as handle:
            self._fill(handle, unit, listed, packed)

    def _fill(self, handle: IO[bytes], unit: str, listed: Sequence[Sequence[Any]], packed: Iterable[bytes]) -> None:
        crate = new_uuid()
        head = {"format": FORMAT, "unit": unit, "id": crate, "files": listed}
        self._put(handle, json.dumps(head).encode())
        for number, piece in enumerate(packed):
            self._put(handle, b"%s %d\n" % (crate.encode(), number) + piece)
        handle.write(bytes(_LENGTH_BYTES))
        handle.write(bytes(-handle.tell() % ring.GRAIN))

    def _put(self, handle: IO[bytes], plain: bytes) -> None:
        message = self._age.encrypt(plain, [self._recipient])
        handle.write(len(message).to_bytes(_LENGTH_BYTES, "big") + message)

    def read(self, unit: str, root: Path) -> bool:
        """Unpack a unit below `root`; False where the case holds none. Raises `CaseDamagedError`, and then has none."""
        try:
            return self._give(unit, lambda inside: _file(root / inside))
        except CaseDamagedError:
            destroy(root / unit)
            if self._told is None:
                raise
            self._told[self.crate(unit).name] = unit
            return False

    def sums(self, unit: str) -> dict[str, str]:
        """Return the SHA-256 of every file in the crate of a unit."""
        found: dict[str, _Sum] = {}
        self._give(unit, lambda inside: found.setdefault(str(inside), _Sum()))
        return {name: one.hasher.hexdigest() for name, one in found.items()}

    def _opened(self, unit: str) -> IO[bytes]:
        return os.fdopen(open_untouched(self.crate(unit)), "rb")

    def _give(self, unit: str, open_sink: Callable[[PurePosixPath], contextlib.AbstractContextManager[Any]]) -> bool:
        try:
            handle = self._opened(unit)
        except FileNotFoundError:
            return False
        crate = self.crate(unit)
        try:
            with handle:
                head = self._head(handle, crate, unit)
                rest, pieces = memoryview(b""), self._pieces(handle, crate, str(head["id"]))
                for name, size in head["files"]:
                    with open_sink(_inside(unit, name)) as sink:
                        rest = _unpack(sink, int(size), rest, pieces)
                if rest or any(True for _ in pieces):
                    raise _damaged(crate)
        except (EOFError, ValueError, zstandard.ZstdError) as error:
            raise _damaged(crate) from error
        return True

    def _head(self, handle: IO[bytes], crate: Path, unit: str = "") -> dict[str, Any]:
        try:
            head = dict(json.loads(self._take(handle, crate) or b"{}"))
            sound = head.get("format") == FORMAT and self.name_of(head["unit"]) == crate.name
        except (ValueError, TypeError, LookupError, AttributeError):
            sound = False
        if not sound or (unit and head["unit"] != unit):
            raise _damaged(crate)
        return head

    def _take(self, handle: IO[bytes], crate: Path) -> bytes | None:
        length = int.from_bytes(handle.read(_LENGTH_BYTES), "big")
        if not length:
            return None
        try:
            return bytes(self._age.decrypt(handle.read(min(length, _MOST_MESSAGE)), [self._identity]))
        except self._age.DecryptError as error:
            raise _damaged(crate) from error

    def _pieces(self, handle: IO[bytes], crate: Path, known: str) -> Iterator[bytes]:
        unpack = zstandard.ZstdDecompressor().decompress
        return (unpack(piece, max_output_size=SLICE_BYTES) for piece in self._packed(handle, crate, known))

    def _packed(self, handle: IO[bytes], crate: Path, known: str) -> Iterator[bytes]:
        number = 0
        while (plain := self._take(handle, crate)) is not None:
            told, _, packed = plain.partition(b"\n")
            if told != b"%s %d" % (known.encode(), number):
                raise _damaged(crate)
            number += 1
            yield packed

    def units(self) -> Iterator[str]:
        """Yield every unit that the case holds, in the order of their names on the disk. Raises `CaseDamagedError`."""
        folder = self.home / FOLDER
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if not path.name.startswith("."):
                try:
                    with path.open("rb") as handle:
                        yield str(self._head(handle, path)["unit"])
                except CaseDamagedError:
                    if self._told is None:
                        raise
                    self._told.setdefault(path.name, "")

    def remove(self, unit: str) -> None:
        """Destroy the crate of a unit, if there is one."""
        self.crate(unit).unlink(missing_ok=True)


def _damaged(crate: Path) -> CaseDamagedError:
    return CaseDamagedError(
        "What is sealed in {crate} is damaged or was changed.",
        hint=say("Keep the folder as it is, restore a backup beside it; {0} names everything.", do("custody verify")),
        crate=crate,
    )


def derived(secret: str, purpose: str) -> bytes:
    """Return 32 bytes for one purpose, out of a case's key."""
    return hmac.new(secret.encode(), f"mvtcase {purpose}".encode(), hashlib.sha256).digest()


def unit_of(inside: PurePosixPath) -> str | None:
    """Return the unit that a path inside of the case folder belongs to, None where it is kept nowhere."""
    parts = inside.parts
    if len(parts) < 2 or parts[0] not in UNITS or parts[1].startswith("."):  # noqa: PLR2004  # folder and name
        return None
    if parts[0] in WHOLE and "." in parts[1]:  # on its way out
        return None
    return "/".join(parts[:2])


def units_below(root: Path) -> list[str]:
    """Return the units that stand in clear below a folder, those without a file left out."""
    found = []
    for part in UNITS:
        for path in sorted((root / part).iterdir()) if (root / part).is_dir() else ():
            unit = unit_of(PurePosixPath(part, path.name))
            if unit and not path.is_symlink() and (path.is_file() or (part in WHOLE and regular_files(path))):
                found.append(unit)
    return found


def files_of(root: Path, unit: str) -> list[Path]:
    """Return the files of a unit that stands in clear below a folder."""
    top = root / unit
    return regular_files(top) if top.is_dir() else [top]


def _slices(files: Iterable[tuple[Path, tuple[str, int], _Sum]]) -> Iterator[bytes]:
    """Yield the bytes of files, one after another, in slices of one size; each file as long as was listed."""
    held = io.BytesIO()
    for path, (_, size), hashed in files:
        left = size
        with os.fdopen(open_untouched(path), "rb", buffering=0) as handle:
            while left:
                piece = handle.read(min(left, SLICE_BYTES - held.tell()))
                if not piece:
                    raise OSError(f"{path.name} became shorter while it was sealed")
                left -= len(piece)
                hashed.write(piece)
                held.write(piece)
                if held.tell() == SLICE_BYTES:
                    yield held.getvalue()
                    held = io.BytesIO()
    if held.tell():
        yield held.getvalue()


class _Sum(contextlib.nullcontext[Any]):
    """A sink that only hashes what comes."""

    def __init__(self) -> None:
        super().__init__(self)
        self.hasher = hashlib.sha256()

    def write(self, data: bytes | memoryview) -> None:
        """Take some bytes."""
        self.hasher.update(data)


@contextlib.contextmanager
def _file(target: Path) -> Iterator[IO[bytes]]:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(target, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as handle:
        yield handle
        handle.flush()
        os.fsync(handle.fileno())


def _unpack(sink: Any, size: int, rest: memoryview, pieces: Iterator[bytes]) -> memoryview:  # noqa: ANN401  # a file or a hash
    """Give one file of `size` bytes from what is left of a slice and those after it; return what is left then."""
    while size:
        rest = rest or memoryview(next(pieces, b""))
        if not rest:
            raise EOFError("a sealed file is shorter than it was")
        sink.write(rest[:size])
        rest, size = rest[size:], size - min(size, len(rest))
    return rest


def _name(written: str) -> str:
    """Return a path as the system has it, from how it is written: as the characters that its bytes number."""
    return os.fsdecode(written.encode("latin-1"))


def _inside(unit: str, name: str) -> PurePosixPath:
    """Return where a file of a unit goes. Raises `ValueError` where that is not inside of it."""
    inside = PurePosixPath(_name(name))
    if ".." in inside.parts or unit_of(inside) != unit:
        raise ValueError("a sealed file lies outside of its unit")
    return inside
