"""Values out of files: containers are opened as what their bytes say they are, and every text is given with its place.

`read_values` reads one file. Nothing is skipped silently: each container met is told with how far it was read.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from mvtcase_readers.regular import UnreadableError

from .contents import Content, database_of, opened
from .shapes import Batch, Bounds, Extent, Place, Reading, Value, worst
from .sniffing import form_of
from .walk import Walk, said

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Batch", "Bounds", "Content", "Extent", "Place", "Reading", "Value", "read_values", "worst"]


_BOUNDS = Bounds()


def read_values(
    source: Path | BinaryIO | bytes,
    *,
    path: Path | None = None,
    tick: Callable[[int], None],
    take: Callable[[Batch], None],
    say: Callable[[str, Reading], None],
    beside: Callable[[str], Path | None] | None = None,
    file: Callable[[Content, Place], None] | None = None,
    bounds: Bounds = _BOUNDS,
) -> Reading:
    """Read one file, and return how far the file itself was read; `say` hears the same of each container in it.

    `take` gets the texts, many at once; `tick` the bytes read since it was last called, and may raise to stop. What one
    of the three raises comes out of here unchanged. `beside` finds what belongs to the file under its name and a suffix
    (`-wal`), which in a backup stands elsewhere; an empty suffix asks for the database that a log belongs to. Without
    `beside`, siblings of a path are taken; `path` says where bytes or a handle come from. `file` gets whole files out
    of archives, streams and mails, to be hashed.
    """
    try:
        content = _content(source, path, beside)
    except (OSError, UnreadableError) as error:
        return Reading(form="unreadable", extent=Extent.UNREADABLE, note=said(error))
    walk = Walk(bounds=bounds, on_bytes=tick, on_batch=take, on_reading=say, form_of=form_of, on_file=file)
    try:
        return walk.file(content)
    finally:
        if isinstance(source, Path):
            content.close()


def _content(
    source: Path | BinaryIO | bytes, path: Path | None, beside: Callable[[str], Path | None] | None
) -> Content:
    if not isinstance(source, Path):
        return Content(source, path=path, beside=_opening(beside) if beside else None)
    return opened(source, _opening(beside or (lambda suffix: _sibling(source, suffix))))


def _opening(beside: Callable[[str], Path | None]) -> Callable[[str], Content | None]:
    def found(suffix: str) -> Content | None:
        path = beside(suffix)
        try:
            return opened(path) if path is not None else None
        except (OSError, UnreadableError):
            return None

    return found


def _sibling(path: Path, suffix: str) -> Path | None:
    found = path.with_name(path.name + suffix if suffix else database_of(path.name))
    if found == path:
        return None
    return found if found.is_file() and not found.is_symlink() else None
