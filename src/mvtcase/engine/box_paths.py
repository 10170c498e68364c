"""What of the file system a Python worker needs to see, and no more: no folder with programs in it, no home."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from functools import cache
from pathlib import Path

_LIBRARIES = ("/lib", "/lib32", "/lib64", "/libx32", "/usr/lib", "/usr/lib64", "/usr/lib32", "/nix/store", "/gnu/store")
SYSTEM_FILES = (
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/dev/null",
    "/dev/zero",
    "/dev/urandom",
)
"""Files and folders that the C library and Python's clock read."""


@cache
def needed_folders() -> tuple[str, ...]:
    """Return the folders of libraries: the system's, and those on the import path of this interpreter."""
    system = [folder for folder in _LIBRARIES if Path(folder).is_dir() and not Path(folder).is_symlink()]
    wanted = [*system, *_interpreter_folders(), *_import_path()]
    return tuple(dict.fromkeys(path for path in wanted if Path(path).is_dir()))


@cache
def needed_files() -> tuple[str, ...]:
    """Return the interpreter under every name it is started by, what says where its libraries are, system files."""
    interpreter = Path(sys.executable)
    names = {str(interpreter), *_chain(interpreter)}
    homes = [f"{prefix}/pyvenv.cfg" for prefix in _prefixes()]
    files = [*sorted(names), *homes, *(name for name in SYSTEM_FILES if not name.startswith("/dev/"))]
    return tuple(path for path in files if Path(path).exists())


@cache
def linked_folders() -> tuple[tuple[str, str], ...]:
    """Return the library folders that are links on this system, with what they point to."""
    return tuple((folder, str(Path(folder).readlink())) for folder in _LIBRARIES if Path(folder).is_symlink())


def _prefixes() -> tuple[str, ...]:
    return tuple(dict.fromkeys((sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)))


def _interpreter_folders() -> list[str]:
    return [f"{prefix}/{name}" for prefix in _prefixes() for name in ("lib", "lib64", sys.platlibdir)]


def _import_path() -> list[str]:
    """Return the folders that an isolated interpreter imports from, those of editable installations included."""
    own = Path(__file__).resolve().parents[2]
    known = sysconfig.get_paths()
    named = [known[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders = [*named, *site.getsitepackages(), str(own)]
    return [os.path.realpath(folder) for folder in folders] + folders


def _chain(link: Path) -> list[str]:
    """Return what a link points to, link by link, up to the file itself."""
    found: list[str] = []
    while link.is_symlink() and len(found) < 40:  # noqa: PLR2004 - the kernel's own bound on links
        link = Path(os.path.normpath(link.parent / link.readlink()))
        found.append(str(link))
    return found
