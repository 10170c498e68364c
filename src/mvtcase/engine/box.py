"""The sandbox a worker is started in: bubblewrap where it works, else Landlock with seccomp, else the limits alone.

In a box the worker sees the evidence read-only, its own folders, and what Python needs: no network, no case store, no
program it could start but its own interpreter. Each sandbox is tried once on this machine before it is relied on.
"""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

BUBBLEWRAP = "bubblewrap"
LANDLOCK = "landlock"
NONE = "none"

PROBE_SECONDS = 30
_PROBE = "import ctypes, sqlite3, importlib.util as u, mvtcase.engine.worker.emitter; assert u.find_spec('mvt')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What a boxed worker may touch: paths it may read, paths it may write, and nothing of the network.

    `temporary` is its private folder, where it starts; `temporary_bytes` is what its files may take there, which the
    parent watches (`engine.process`), because a kernel's own limit would take the memory for it.
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


def make_private(private: Path) -> None:
    """Make a worker's private folder with its home, its temporary folder and the empty folder its PATH names."""
    private.mkdir(mode=0o700)
    for name in ("home", "tmp", "empty"):
        (private / name).mkdir(mode=0o700)


def worker_environment(private: Path) -> dict[str, str]:
    """Return all of the worker's environment: nothing is inherited.

    PATH names an empty folder, because MVT repairs malformed databases with a `sqlite3` shell where it finds one.
    """
    return {
        "HOME": str(private / "home"),
        "TMPDIR": str(private / "tmp"),
        "PATH": str(private / "empty"),
        "MVT_CONFIG_FOLDER": str(private / "home"),
        "MVT_DATA_FOLDER": str(private / "home"),
        "MVT_NETWORK_ACCESS_ALLOWED": "false",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "NO_COLOR": "1",
        "COLUMNS": "200",
    }


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
        *("--dev", "/dev"),
        *_binds("--ro-bind-try", needed_folders()),
        *_binds("--ro-bind-try", needed_files()),
        *_binds("--ro-bind-try", map(_absolute, box.read_only)),
        *_binds("--bind", map(_absolute, (*box.writable, *_private(box)))),
        # Last, because a workspace may lie below /dev/shm, and this program too.
        *("--remount-ro", "/dev", "--remount-ro", "/"),
    ]
    where = ["--chdir", _absolute(box.temporary)] if box.temporary else ["--chdir", "/"]
    return [program, *_isolation(), "--die-with-parent", *mounts, *where, "--", *argv]


def landlock(argv: list[str], box: Box) -> list[str]:
    """Return the command line behind a launcher that gives up the network and all but the named paths."""
    return [sys.executable, "-I", "-m", "mvtcase.engine.launcher", json.dumps(landlock_rules(box)), *argv]


def landlock_rules(box: Box) -> dict[str, list[str]]:
    """Return what Landlock shall leave to a worker, as the launcher reads it."""
    return {
        "execute": [*needed_folders(), *needed_files()],
        "read": [*SYSTEM_FILES, *map(_absolute, box.read_only)],
        "write": ["/dev/null", *map(_absolute, (*box.writable, *_private(box)))],
    }


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
