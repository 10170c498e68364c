"""A guard before every file that Python code opens below the evidence: regular files inside it, and nothing else.

MVT's modules open what they find. A pipe would hold them for ever, a device fill the memory, and a link out of a file
system dump bring the analyst's own file into the results. SQLite opens files by itself; `sources` stands before that.
"""

from __future__ import annotations

import builtins
import io
import os
import stat
import tarfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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
