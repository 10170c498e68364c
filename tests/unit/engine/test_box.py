"""The box: what it is made of on any machine, and what each sandbox that works on this machine keeps from a worker."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mvtcase.engine import box
from mvtcase.engine.box import (
    BUBBLEWRAP,
    LANDLOCK,
    NONE,
    WRAPPERS,
    Box,
    available,
    linked_folders,
    needed_files,
    needed_folders,
    works,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SANDBOXES = [BUBBLEWRAP, LANDLOCK]

ATTEMPTS = """
import json, os, socket, subprocess, sys
base = sys.argv[1]
def can(attempt):
    try:
        attempt()
    except OSError:
        return False
    return True
def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as made:
        made.settimeout(2)
        made.connect(address)
def send():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.sendto(b"x", ("192.0.2.1", 53))
def touch(path):
    before = os.stat(path).st_mtime_ns
    os.utime(path, (1, 1))
    if os.stat(path).st_mtime_ns == before:
        raise OSError("nothing happened")
print(json.dumps({
    "connect": can(lambda: connect(socket.AF_INET, ("127.0.0.1", int(sys.argv[2])))),
    "datagram": can(send),
    "resolve": can(lambda: socket.getaddrinfo("planted.example.net", 80)),
    "local socket": can(lambda: connect(socket.AF_UNIX, base + "/socket")),
    "read evidence": can(lambda: open(base + "/evidence/a").read()),
    "list evidence": can(lambda: os.listdir(base + "/evidence")),
    "write evidence": can(lambda: open(base + "/evidence/a", "r+").write("y")),
    "add to evidence": can(lambda: open(base + "/evidence/b", "w")),
    "remove evidence": can(lambda: os.unlink(base + "/evidence/a")),
    "rename evidence": can(lambda: os.rename(base + "/evidence/a", base + "/private/a")),
    "touch evidence": can(lambda: touch(base + "/evidence/a")),
    "read the store": can(lambda: open(base + "/case.sqlite").read()),
    "list the case": can(lambda: os.stat(base + "/case.sqlite/.").st_size) or "case.sqlite" in
        (os.listdir(base) if can(lambda: os.listdir(base)) else []),
    "write private": can(lambda: open(base + "/private/x", "w").write("y")),
    "write results": can(lambda: open(base + "/results/x", "w").write("y")),
    "write elsewhere": can(lambda: open(base + "/x", "w").write("y")),
    "read passwords": can(lambda: open("/etc/passwd").read()),
    "run a shell": can(lambda: subprocess.run(["/bin/sh", "-c", "true"])),
    "run sqlite3": can(lambda: subprocess.run(["/usr/bin/sqlite3", "-version"])),
    "read its libraries": can(lambda: __import__("sqlite3").connect(":memory:")),
}))
"""
ALLOWED = {"read evidence", "list evidence", "write private", "write results", "read its libraries"}


@pytest.fixture(params=SANDBOXES)
def sandbox(request: pytest.FixtureRequest) -> str:
    """Return the name of each sandbox that works here; one that does not is skipped."""
    name = str(request.param)
    if not works(name):
        pytest.skip(f"{name} does not work on this machine")
    return name


@pytest.fixture
def case_folder(tmp_path: Path) -> Path:
    """Return a folder with a case store, evidence, and a worker's folders."""
    for name in ("evidence", "private", "results"):
        (tmp_path / name).mkdir()
    (tmp_path / "evidence" / "a").write_text("evidence")
    (tmp_path / "case.sqlite").write_text("the store")
    return tmp_path


@pytest.fixture
def attempt(case_folder: Path) -> Callable[[str], dict[str, bool]]:
    """Return a function that runs the attempts in a sandbox, with somebody listening outside of it."""
    import socket  # noqa: PLC0415 - only the listener outside needs it

    def run(name: str) -> dict[str, bool]:
        described = Box(
            read_only=(case_folder / "evidence",),
            writable=(case_folder / "results",),
            temporary=case_folder / "private",
        )
        with socket.create_server(("127.0.0.1", 0)) as network, socket.socket(socket.AF_UNIX) as local:
            local.bind(str(case_folder / "socket"))
            local.listen()
            port = str(network.getsockname()[1])
            argv = [sys.executable, "-I", "-c", ATTEMPTS, str(case_folder), port]
            done = subprocess.run(
                WRAPPERS[name](argv, described), capture_output=True, check=True, cwd=case_folder / "private", env={}
            )
        answers: dict[str, bool] = json.loads(done.stdout.splitlines()[-1])
        return answers

    return run


def test_a_boxed_worker_reaches_only_what_it_was_given(
    sandbox: str, attempt: Callable[[str], dict[str, bool]], case_folder: Path
) -> None:
    """No network, no store, no program, no change of the evidence; its own folders and libraries work."""
    answers = attempt(sandbox)
    assert {what for what, done in answers.items() if done} == ALLOWED
    assert (case_folder / "evidence" / "a").read_text() == "evidence"
    assert [path.name for path in (case_folder / "evidence").iterdir()] == ["a"]


def test_without_a_box_the_attempts_succeed(attempt: Callable[[str], dict[str, bool]]) -> None:
    """The attempts can tell: without a sandbox the same program reaches the listener, the store and the evidence."""
    answers = attempt(NONE)
    assert {"connect", "local socket", "read the store", "write evidence", "read passwords"} <= {
        what for what, done in answers.items() if done
    }


def test_a_boxed_program_keeps_its_events_pipe_and_its_status(sandbox: str, case_folder: Path) -> None:
    """The descriptor for events reaches the worker, and so does its exit status the parent."""
    program = "import os, sys; os.write(1, b'heard'); sys.exit(3)"
    argv = WRAPPERS[sandbox]([sys.executable, "-I", "-c", program], Box(temporary=case_folder / "private"))
    done = subprocess.run(argv, capture_output=True, check=False, env={}, cwd=case_folder / "private")
    assert (done.stdout, done.returncode) == (b"heard", 3)


def test_the_best_sandbox_is_taken_and_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Bubblewrap where it works, else Landlock, else none; the name says which it was."""
    for working, expected in (({BUBBLEWRAP, LANDLOCK}, BUBBLEWRAP), ({LANDLOCK}, LANDLOCK), (set[str](), NONE)):
        available.cache_clear()
        monkeypatch.setattr(box, "works", working.__contains__)
        assert available() == expected
        argv, name = (
            box.wrap([sys.executable, "-c", "pass"], Box(temporary=tmp_path))
            if expected != NONE
            else (box.wrap(["x"], Box()))
        )
        assert name == expected
        assert argv[-1] == ("pass" if expected != NONE else "x")
    available.cache_clear()


def test_a_sandbox_that_cannot_start_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without the program, or where it fails, falls back; the trial itself decides, not its presence."""
    works.cache_clear()
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert not works(BUBBLEWRAP)
    works.cache_clear()
    monkeypatch.setattr(shutil, "which", lambda _: "/bin/false")
    assert not works(BUBBLEWRAP)
    works.cache_clear()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not works(LANDLOCK)
    works.cache_clear()


def test_no_folder_with_programs_is_shown() -> None:
    """Folders are libraries only; of programs there is the interpreter under its names, nothing else."""
    assert not [folder for folder in needed_folders() if Path(folder).name in {"bin", "sbin"}]
    assert not {"/usr", "/", sys.prefix, sys.base_prefix, str(Path.home())} & set(needed_folders())
    assert sys.executable in needed_files()
    assert not [name for name in needed_files() if Path(name).name.startswith("sqlite")]
    assert all(Path(folder).is_symlink() for folder, _ in linked_folders())


def test_evidence_that_is_not_there_is_the_workers_business(sandbox: str, tmp_path: Path) -> None:
    """A path that vanished does not keep the worker from starting and saying so itself."""
    described = Box(read_only=(tmp_path / "gone",), temporary=tmp_path)
    argv = WRAPPERS[sandbox]([sys.executable, "-I", "-c", "print('here')"], described)
    assert subprocess.run(argv, capture_output=True, check=True, env={}, cwd=tmp_path).stdout == b"here\n"


PROCESSES = """
import os, signal, subprocess, sys, threading
from mvtcase.engine.launcher import forbid_processes
forbid_processes()
for attempt in (os.fork, lambda: subprocess.run([sys.executable, "-c", ""]), lambda: os.execv(sys.executable, ["x"]),
                lambda: os.posix_spawn(sys.executable, ["x"], {}), lambda: os.kill(os.getppid(), 0),
                lambda: os.kill(-1, 0), lambda: os.killpg(0, 0), lambda: os.kill(1, 0)):
    try:
        attempt()
    except OSError:
        continue
    sys.exit(1)
worker = threading.Thread(target=lambda: print("a thread runs", flush=True))
worker.start()
worker.join()
signal.raise_signal(signal.SIGTERM)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="seccomp is Linux's")
def test_a_worker_starts_no_process_and_signals_itself_alone() -> None:
    """Not as root either, for whom the kernel bounds no number; threads go on, and it can end itself."""
    done = subprocess.run([sys.executable, "-c", PROCESSES], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip()) == (-signal.SIGTERM, "a thread runs"), done.stderr


MEMORY = Path("/dev/shm")  # noqa: S108 - the folder that the test is about


@pytest.mark.skipif(not works(BUBBLEWRAP) or not MEMORY.is_dir(), reason="no bubblewrap, or no /dev/shm")
def test_a_workspace_in_memory_can_be_boxed() -> None:
    """Below /dev/shm, where an analyst keeps what shall never reach a disk."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        place = Path(folder)
        script = "import pathlib, sys; pathlib.Path(sys.argv[1], 'x').write_text('y')"
        argv = box.bubblewrap([sys.executable, "-I", "-c", script, folder], Box(temporary=place))
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, env={})
        assert done.returncode == 0, done.stderr
        assert (place / "x").read_text() == "y"


@pytest.mark.skipif(not works(BUBBLEWRAP) or not MEMORY.is_dir(), reason="no bubblewrap, or no /dev/shm")
def test_a_program_in_memory_can_be_boxed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Python imports may lie below /dev/shm too: the box's own devices had covered it."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        (Path(folder) / "m.py").write_text("print('here')")
        monkeypatch.setattr(box, "needed_folders", lambda before=box.needed_folders: (*before(), folder))
        argv = box.bubblewrap([sys.executable, "-I", f"{folder}/m.py"], Box())
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, env={})
        assert (done.returncode, done.stdout) == (0, "here\n"), done.stderr
