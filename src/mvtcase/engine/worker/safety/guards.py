"""Guards before what MVT's modules open and read: only regular files of the evidence, only bounded property lists.

MVT's modules open what they find. A pipe would hold them for ever, a device fill the memory, and a link out of a file
system dump bring the analyst's own file into the results. SQLite opens files by itself; `preflight.sources` stands
before that.
"""

from __future__ import annotations

import builtins
import io
import os
import plistlib
import re
import sqlite3
import stat
import tarfile
from functools import wraps
from typing import TYPE_CHECKING, Any

from mvt.android.artifacts.dumpsys_adb import DumpsysADBArtifact
from mvt.android.parsers import backup

from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.sqlite import Bounds, Guarded, tame
from mvtcase_readers.trees import check_tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


OF_MODULES = Bounds(seconds=12 * 3600.0, copy_bytes=16 << 30)
"""How far modules read databases; one that reads for too long is ended with its worker, at the scan's own limit."""


MAX_ROUNDS = 1_000_000
"""Android writes 10,000."""


_DECLARATION = re.compile(rb"\A<\?xml[^>]{0,200}\?>")


class IrregularFileError(OSError):
    """Something else than a regular file of the evidence stands where one should be."""


def guard_evidence(target: Path) -> None:
    """Put the guard before the functions by which Python code opens files, for all paths below the evidence."""
    guarded = guarded_open(io.open, target)
    builtins.open = guarded
    io.open = guarded
    # It keeps a name of its own from when it was imported.
    tarfile.bltn_open = guarded  # type: ignore[attr-defined]  # an undocumented name


def guarded_open(original: Callable[..., Any], target: Path) -> Callable[..., Any]:
    """Return `open` with a look at what is opened; raises `IrregularFileError` for what must not be."""
    root = os.path.realpath(target)

    def guarded(file: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - whatever `open` takes and gives
        if isinstance(file, (str, bytes, os.PathLike)):
            check(os.path.abspath(os.fsdecode(file)), os.path.abspath(target), root)  # noqa: PTH100 - a text, not a Path
        return original(file, *arguments, **options)

    return guarded


def check(path: str, target: str, root: str) -> None:
    """Raise `IrregularFileError` when a path below the target leads to no regular file below its real root."""
    if path != target and not path.startswith(target + os.sep):
        return
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - a text, not a Path
    except OSError:
        # What is not there, or must not be read, is for `open` to say.
        return
    name = os.path.basename(path)  # noqa: PTH119 - a text, not a Path
    if not stat.S_ISREG(mode):
        raise IrregularFileError(f"{name} is no regular file")
    real = os.path.realpath(path)
    if real != root and not real.startswith(root + os.sep):
        raise IrregularFileError(f"{name} is a link out of the evidence")


def guard_databases() -> None:
    """Harden the databases that MVT opens by itself: copies that a module made of files of the evidence."""
    connect = sqlite3.connect

    @wraps(connect)
    def guarded(database: Any, *arguments: Any, **options: Any) -> sqlite3.Connection:  # noqa: ANN401 - sqlite3's own signature
        connection: sqlite3.Connection = connect(database, *arguments, **options)
        if "mode=ro" in str(database) and not isinstance(connection, Guarded):
            tame(connection, OF_MODULES)
        return connection

    sqlite3.connect = guarded  # type: ignore[assignment]  # an overloaded function


def guard_rounds() -> None:
    """Refuse Android backups that ask for more rounds of key derivation than Android writes: 2^31 would take hours."""
    derive = backup.decrypt_master_key

    @wraps(derive)
    def guarded(*arguments: Any, pbkdf2_rounds: int, **options: Any) -> Any:  # noqa: ANN401 - MVT's own signature
        if not 1 <= pbkdf2_rounds <= MAX_ROUNDS:
            raise UnreadableError(f"the backup asks for {pbkdf2_rounds} rounds of key derivation")
        return derive(*arguments, pbkdf2_rounds=pbkdf2_rounds, **options)

    backup.decrypt_master_key = guarded


def read_rootless_keys() -> None:
    """Read the list of trusted computers of Android 10 too, which has the keys side by side and nothing around them."""
    parse = DumpsysADBArtifact.parse_xml

    @wraps(parse)
    def rooted(self: DumpsysADBArtifact, xml_data: bytes) -> Any:  # noqa: ANN401 - MVT's own signature
        start = _DECLARATION.sub(b"", xml_data).lstrip()
        return parse(self, b"<keyStore>" + start + b"</keyStore>" if start.startswith(b"<adbKey ") else xml_data)

    DumpsysADBArtifact.parse_xml = rooted


def guard_plists() -> None:
    """Make every property list that is read from now on a bounded one; `plistlib.loads` reads by `plistlib.load`.

    Python's reader makes a few hundred bytes into objects that share their parts; whoever writes them out as JSON fills
    the memory, or never ends. Raising where such a list is read fails its module, and that is a gap.
    """
    load = plistlib.load

    @wraps(load)
    def guarded(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - plistlib's own signature
        held = load(*arguments, **options)
        check_tree(held)
        return held

    plistlib.load = guarded
