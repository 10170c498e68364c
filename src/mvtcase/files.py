"""Files of our own: written whole or not at all, for their owner alone, and removed however deep they nest."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mvtcase.canon import new_uuid

if TYPE_CHECKING:
    from collections.abc import Iterator


def absolute(path: Path) -> Path:
    """Return a path that a person typed as an absolute one, without `..`: what is opened below it is told by its text.

    Links on the way stay what they are, so that evidence behind one is called as its examiner calls it.
    """
    whole = path.expanduser().absolute()
    return whole.resolve() if ".." in whole.parts else whole


@contextlib.contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write that only its owner can read and that replaces the old one in a single step at the end.

    Raises `OSError`; then, and whenever the writing is not ended, the old file stays as it was and nothing beside it.
    """
    incoming = path.with_name(f".{new_uuid()}")
    try:
        with os.fdopen(os.open(incoming, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        incoming.replace(path)
    finally:
        incoming.unlink(missing_ok=True)
    sync_folder(path.parent)


def write_atomically(path: Path, data: bytes) -> None:
    """Write a whole file as `written` does. Raises `OSError`."""
    with written(path) as handle:
        handle.write(data)


def sync_folder(folder: Path) -> None:
    """Force a folder's entries to the disk; Windows cannot open a folder, and there the rename alone has to do."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def regular_files(folder: Path) -> list[Path]:
    """Return all regular files below a folder in the order of their paths, following no link and at any depth."""
    return [*map(Path, paths_below(folder))]


def paths_below(folder: Path) -> list[str]:
    """Return the same as texts: of thousands a `Path` each takes longer than a look at them."""
    found: list[str] = []
    pending = [str(folder)]
    while pending:
        # What a worker nested or closed so that we cannot look is not part of the results.
        with contextlib.suppress(OSError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    found.append(entry.path)
    return sorted(found)


def destroy(folder: Path) -> None:
    """Remove a folder of ours with everything in it, however deep it nests; links in it are not followed.

    Every subfolder is first moved up to the top, so that no path grows long and nothing recurses. Quiet when the folder
    is gone. Raises `OSError` when something cannot be removed.
    """
    if not folder.is_dir() or folder.is_symlink():
        with contextlib.suppress(FileNotFoundError):
            folder.unlink()
        return
    # The top's own children move to a fresh name too, so no name of theirs can collide with a moved one.
    pit = folder.with_name(f"{folder.name}.removing-{new_uuid()}")
    pit.mkdir(mode=0o700)
    folder.rename(pit / "0")
    pending, count = ["0"], 1
    while pending:
        name = pending.pop()
        for child in _emptied(pit / name):
            moved = str(count)
            count += 1
            (pit / name / child).rename(pit / moved)
            pending.append(moved)
        (pit / name).rmdir()
    pit.rmdir()


def _emptied(folder: Path) -> list[str]:
    """Unlink all but the subfolders of a folder; return their names, each made movable."""
    folder.chmod(0o700)
    subfolders: list[str] = []
    with os.scandir(folder) as entries:
        found = [(entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in entries]
    for name, mode in found:
        if stat.S_ISDIR(mode):
            (folder / name).chmod(0o700)
            subfolders.append(name)
        else:
            (folder / name).unlink()
    return subfolders
