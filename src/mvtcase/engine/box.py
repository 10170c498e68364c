"""The sandbox a worker is started in: bubblewrap where it works, else Landlock with seccomp, else the limits alone.

In a box the worker sees the evidence read-only, its own folders, and what Python needs: no network, no case store, no
program it could start but its own interpreter. Each sandbox is tried once on this machine before it is relied on.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from typing_extensions import Protocol

from mvtcase.engine.box_paths import SYSTEM_FILES, linked_folders, needed_files, needed_folders

if TYPE_CHECKING:
    from pathlib import Path

BUBBLEWRAP = "bubblewrap"
LANDLOCK = "landlock"
NONE = "none"

PROBE_SECONDS = 30
_PROBE = "import ctypes, sqlite3, importlib.util as u, mvtcase.engine.worker.emitter; assert u.find_spec('mvt')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What a boxed worker may touch: paths it may read, paths it may write, and nothing of the network.

    `temporary` is its private folder, where it starts; `temporary_bytes` is what its files may take there, which the
    parent watches (`engine.disk_watch`), because a kernel's own limit would take the memory for it.
    """

    read_only: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    temporary: Path | None = None
    temporary_bytes: int = 0


class Wrap(Protocol):
    """A function that turns a command line into one that runs in a box, and names the sandbox."""

    def __call__(self, argv: list[str], box: Box, /) -> tuple[list[str], str]:
        """Return the wrapped command line and the sandbox's name, `none` where there is no sandbox."""


def wrap(argv: list[str], box: Box, /) -> tuple[list[str], str]:
    """Return the command line in the best sandbox that works on this machine, and its name."""
    name = available()
    return WRAPPERS[name](argv, box), name


@cache
def available() -> str:
    """Return which sandbox works on this machine: `bubblewrap`, `landlock` or `none`; tried once per process."""
    return next((name for name in (BUBBLEWRAP, LANDLOCK) if works(name)), NONE)


@cache
def works(name: str) -> bool:
    """Return whether a sandbox starts the interpreter and lets it find all it needs."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        argv = WRAPPERS[name]([sys.executable, "-I", "-c", _PROBE], Box())
        done = subprocess.run(argv, capture_output=True, timeout=PROBE_SECONDS, check=False, cwd="/", env={})
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def bubblewrap(argv: list[str], box: Box) -> list[str]:
    """Return the command line in a bubblewrap of its own: a file system of what it may see, and no network.

    Raises `FileNotFoundError` when the program is not installed.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise FileNotFoundError("bwrap is not installed")
    mounts = [
        *(word for folder, target in linked_folders() for word in ("--symlink", target, folder)),
        *_binds("--ro-bind-try", needed_folders()),
        *_binds("--ro-bind-try", needed_files()),
        *("--dev", "/dev"),
        *_binds("--ro-bind-try", map(_absolute, box.read_only)),
        *_binds("--bind", map(_absolute, (*box.writable, *_private(box)))),
        # Last, because a workspace may lie below /dev/shm.
        *("--remount-ro", "/dev", "--remount-ro", "/"),
    ]
    where = ["--chdir", _absolute(box.temporary)] if box.temporary else ["--chdir", "/"]
    return [program, *_isolation(), "--die-with-parent", *mounts, *where, "--", *argv]


def landlock(argv: list[str], box: Box) -> list[str]:
    """Return the command line behind a launcher that gives up the network and all but the named paths."""
    rules = {
        "execute": [*needed_folders(), *needed_files()],
        "read": [*SYSTEM_FILES, *map(_absolute, box.read_only)],
        "write": ["/dev/null", *map(_absolute, (*box.writable, *_private(box)))],
    }
    return [sys.executable, "-I", "-m", "mvtcase.engine.launcher", json.dumps(rules), *argv]


def _unboxed(argv: list[str], _box: Box) -> list[str]:
    return argv


WRAPPERS = {BUBBLEWRAP: bubblewrap, LANDLOCK: landlock, NONE: _unboxed}
"""What each sandbox makes of a command line."""


def _isolation() -> list[str]:
    """Root may look at evidence of any owner, so it keeps its user and that one right; others get a user of their own.

    A root that may not make namespaces without a user of its own (as in many containers) is caught by the probe.
    """
    if os.geteuid() != 0:
        return ["--unshare-all"]
    spaces = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    return [*spaces, "--cap-drop", "ALL", "--cap-add", "CAP_DAC_READ_SEARCH"]


def _private(box: Box) -> tuple[Path, ...]:
    return (box.temporary,) if box.temporary else ()


def _binds(option: str, paths: object) -> list[str]:
    return [word for path in paths for word in (option, path, path)]  # type: ignore[attr-defined]


def _absolute(path: Path) -> str:
    return str(path.absolute())
