"""What travels between coordinator and nodes: a word in JSON and one zip, encrypted with age to who may open them.

The word may hold a password: it is never written to a disk, so that a node that is killed leaves none.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import time
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyrage

from mvtcase.canon import sha256_bytes
from mvtcase.errors import EngineError
from mvtcase.evidence.unpack import Budget, Notes, unpack_zip
from mvtcase.files import regular_files
from mvtcase_readers.regular import UnreadableError, open_untouched
from mvtcase_readers.trees import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from mvtcase.cluster.keys import Keys
    from mvtcase.model import Json
    from mvtcase.settings import Limits

FORMAT = "mvtcase-cluster/1"
MAX_BYTES = 1 << 30
"""A parcel over this is not sent: it stands in the memory of three machines."""

_PACKING = 1000
"""How much smaller the JSON of results may get by packing."""
_CHUNK = 1 << 20


def files_of(folder: Path, below: str) -> list[tuple[str, Path]]:
    """Return the regular files of a folder with the names they have in a parcel."""
    return [(f"{below}/{path.relative_to(folder).as_posix()}", path) for path in regular_files(folder)]


def seal(work: Path, word: Mapping[str, Json], files: Iterable[tuple[str, Path]], keys: Keys) -> list[bytes]:
    """Return a parcel for the machines that these keys encrypt to: its digest, the sealed word, the sealed zip.

    Raises `EngineError` when it would be too large, and `OSError`.
    """
    path = work / "parcel.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, source in files:
            _add(archive, name, source)
    if path.stat().st_size > MAX_BYTES:
        raise EngineError("{bytes} bytes are too much to send.", bytes=path.stat().st_size)
    spoken = json.dumps({"format": FORMAT, **word}).encode("ascii")
    sealed = [bytes(pyrage.encrypt(each, list(keys.recipients))) for each in (spoken, path.read_bytes())]
    path.unlink()
    return [sha256_bytes(b"".join(sealed)).encode("ascii"), *sealed]


def _add(archive: zipfile.ZipFile, name: str, source: Path) -> None:
    with os.fdopen(open_untouched(source), "rb") as handle:
        changed = max(os.fstat(handle.fileno()).st_mtime, 315_619_200)  # zip knows no time before 1980
        info = zipfile.ZipInfo(name, date_time=time.gmtime(changed)[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(info, "w", force_zip64=True) as member:
            while piece := handle.read(_CHUNK):
                member.write(piece)


def opened(work: Path, parcel: object, keys: Keys, limits: Limits) -> dict[str, Any]:
    """Unpack a parcel into `work`, bounded, and return its word.

    Raises `EngineError` on anything that is not a whole parcel for this machine, whoever sent it.
    """
    try:
        digest, *sealed = (bytes(each) for each in parcel)  # type: ignore[attr-defined]
        if sha256_bytes(b"".join(sealed)).encode("ascii") != digest:
            raise EngineError("What came is not what was sent.")
        path = work / "parcel.zip"
        spoken, packed = (bytes(pyrage.decrypt(each, [keys.identity])) for each in sealed)
        word = parse_json(spoken)
        path.write_bytes(packed)
        notes = Notes()
        unpack_zip(path, work, Budget.of(replace(limits, archive_ratio=_PACKING)), notes)
        path.unlink()
    except (TypeError, ValueError, pyrage.DecryptError, UnreadableError) as error:
        raise EngineError("What came is no parcel for this machine: {error}.", error=error) from error
    if notes.gaps() or not isinstance(word, dict) or word.get("format") != FORMAT:
        told = "; ".join(str(each.reason) for each in notes.gaps()) or "of another release"
        raise EngineError("What came cannot be used: {told}.", told=told)
    return word


def tools() -> dict[str, str]:
    """Return the versions that must be the same on all machines of a cluster."""
    names = ("mvtcase", "mvt", "distributed")
    plugins = {
        f"plugin {each.name}": each.dist.version if each.dist else "unknown"
        for each in importlib.metadata.entry_points(group="mvt.modules")
    }
    return {name: importlib.metadata.version(name) for name in names} | plugins
