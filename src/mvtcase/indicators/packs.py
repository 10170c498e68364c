"""Packs: all sets of a library in one file with their hashes, to be carried to a laptop without a network."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mvtcase.canon import canonical_json, sha256_bytes
from mvtcase.errors import IndicatorFileError
from mvtcase.files import write_atomically
from mvtcase.indicators.files import MAX_FILE_BYTES, MIB, PACK_MAGIC, read_bytes
from mvtcase.indicators.passport import Passport, passport_from_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FORMAT = "mvtcase-pack"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
MAX_SETS = 1000
MAX_MANIFEST_BYTES = 64 * MIB
MAX_TOTAL_BYTES = 1024 * MIB
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedSet:
    """One set of a pack: what its passport said where it was packed, and its bytes, which have that passport's hash."""

    passport: Passport
    data: bytes


def is_pack(path: Path) -> bool:
    """Return whether a file begins as a pack does; False also when it cannot be read."""
    try:
        with path.open("rb") as handle:
            return handle.read(len(PACK_MAGIC)) == PACK_MAGIC
    except OSError:
        return False


def write_pack(path: Path, sets: Sequence[tuple[Passport, bytes]]) -> None:
    """Write a pack; the same sets give the same bytes. Raises `OSError`."""
    entries = [{"member": _member(each), "sha256": each.sha256, "passport": each.to_json()} for each, _ in sets]
    manifest = {"format": FORMAT, "version": FORMAT_VERSION, "sets": entries}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, MANIFEST, canonical_json(manifest).encode("ascii"))
        for passport, data in sets:
            _add(archive, _member(passport), data)
    write_atomically(path, buffer.getvalue())


def read_pack(path: Path) -> tuple[PackedSet, ...]:
    """Return the sets of a pack, every one with the hash its manifest gives.

    Members are read by the manifest's names into memory, never written by them. Raises `IndicatorFileError`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(read_bytes(path))) as archive:
            manifest: Any = json.loads(_read(archive, MANIFEST, MAX_MANIFEST_BYTES))
            return tuple(_sets(archive, manifest))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndicatorFileError(
            "{path} is no readable pack of indicator sets: {error}.", path=path, error=error
        ) from error
    except (RuntimeError, NotImplementedError, RecursionError, EOFError, OSError) as error:
        raise IndicatorFileError("{path} is a damaged or encrypted pack: {error}.", path=path, error=error) from error


def _sets(archive: zipfile.ZipFile, manifest: dict[str, Any]) -> list[PackedSet]:
    if manifest.get("format") != FORMAT or manifest.get("version") != FORMAT_VERSION:
        raise ValueError("its manifest is of another format or release")
    entries = manifest["sets"]
    if len(entries) > MAX_SETS:
        raise ValueError(f"it names more than {MAX_SETS} sets")
    left, found = MAX_TOTAL_BYTES, []
    for entry in entries:
        data = _read(archive, entry["member"], min(MAX_FILE_BYTES, left))
        left -= len(data)
        passport = passport_from_json(entry["passport"])
        if not sha256_bytes(data) == entry["sha256"] == passport.sha256:
            raise ValueError(f"{passport.name} does not have the hash written in the manifest")
        found.append(PackedSet(passport=passport, data=data))
    return found


def _read(archive: zipfile.ZipFile, member: str, limit: int) -> bytes:
    with archive.open(member) as handle:
        data = handle.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"{member} is larger than {limit} bytes")
    return data


def _member(passport: Passport) -> str:
    return f"sets/{passport.name}/{passport.sha256[:16]}"


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, date_time=_EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)
