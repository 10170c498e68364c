"""The runner with pretended workers: crashes, hangs, torn lines and refusals, without MVT."""

from __future__ import annotations

import json
import os
import stat
import time
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.canon import sha256_file
from mvtcase.engine.events import read_events
from mvtcase.engine.job import Secret
from mvtcase.engine.runner import run_scan
from mvtcase.errors import ForeignModuleError, IndicatorCountError, WorkerStartError
from mvtcase.model import Completeness, ModuleOutcome
from mvtcase.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.engine.job import EngineEvent, EngineResult, ScanJob

Fake = Any


def quiet(event: EngineEvent) -> None:
    """Hear an event and do nothing."""


def outcomes(result: EngineResult) -> dict[str, ModuleOutcome]:
    """Return the outcomes of a result by slug."""
    return {run.slug: run.outcome for run in result.modules}


def test_a_scan_that_comes_to_its_end(scan_job: Callable[..., ScanJob], fake_worker: Fake) -> None:
    """Modules, alerts, tools, sandbox and command of the worker's words stand in the result."""
    program = "hello(); plan('sms'); start('sms'); alert('sms', 'found'); finish('sms'); send('done', error=None)"
    heard: list[EngineEvent] = []
    result = run_scan(scan_job(), on_event=heard.append, wrap=fake_worker(program))
    assert result.finished
    assert result.error is None
    assert outcomes(result) == {"sms": ModuleOutcome.CHECKED}
    assert [alert.message for alert in result.alerts] == ["found"]
    assert result.modules[0].alerts == 1
    assert (result.sandbox, result.command, result.indicators_loaded) == ("pretend", "mvt-ios check-backup", 3)
    assert result.tools == {"mvt": "x"}
    assert [event.what for event in heard] == ["started", "module_started", "alert", "module_finished"]
    assert [event.index for event in heard] == [0, 1, 1, 1]
    assert (heard[-1].index, heard[-1].total) == (1, 1)


def test_results_are_private_hashed_and_never_reused(
    scan_job: Callable[..., ScanJob], fake_worker: Fake, tmp_path: Path
) -> None:
    """One new folder per scan, for its owner only, with a list of hashes whose digest is the result's."""
    job = scan_job()
    result = run_scan(job, on_event=quiet, wrap=fake_worker("hello(); print('chatter'); send('done', error=None)"))
    assert stat.S_IMODE(job.results.stat().st_mode) == 0o700
    assert {path.name for path in job.results.iterdir()} == {
        "events.jsonl",
        "mvt",
        "results.sha256",
        "words.bin",
        "worker.log",
    }
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in job.results.iterdir())
    assert result.results_sha256 == sha256_file(job.results / "results.sha256")
    listed = (job.results / "results.sha256").read_text("ascii")
    assert f'{sha256_file(job.results / "events.jsonl")}  "events.jsonl"\n' in listed
    with pytest.raises(FileExistsError):
        run_scan(job, on_event=quiet, wrap=fake_worker(""))


def test_a_crash_in_a_module_costs_that_module_alone(scan_job: Callable[..., ScanJob], fake_worker: Fake) -> None:
    """The worker is started again without it, what was done is not done twice, and no alert is lost."""
    program = """
hello(); plan('first', 'second', 'third')
for slug in ('first', 'second', 'third'):
    if skipped(slug):
        continue
    start(slug)
    alert(slug, slug)
    if slug == 'second':
        os.kill(os.getpid(), signal.SIGSEGV)
    finish(slug)
send('done', error=None)
"""
    result = run_scan(scan_job(), on_event=quiet, wrap=fake_worker(program))
    assert result.finished
    assert outcomes(result) == {
        "first": ModuleOutcome.CHECKED,
        "second": ModuleOutcome.FAILED,
        "third": ModuleOutcome.CHECKED,
    }
    assert [alert.message for alert in result.alerts] == ["first", "second", "third"]
    crashed = next(run for run in result.modules if run.slug == "second")
    assert "SIGSEGV" in crashed.reason
    assert crashed.alerts == 1


def test_a_hang_in_a_module_costs_that_module_alone(scan_job: Callable[..., ScanJob], fake_worker: Fake) -> None:
    """Past its time the group is killed, also what the worker started, and the others still run."""
    program = """
hello(); plan('first', 'second')
for slug in ('first', 'second'):
    if skipped(slug):
        continue
    start(slug)
    while slug == 'first':
        send('progress', index=1, total=2); time.sleep(0.05)
    finish(slug)
send('done', error=None)
"""
    result = run_scan(scan_job(), on_event=quiet, wrap=fake_worker(program))
    assert result.finished
    assert outcomes(result) == {"first": ModuleOutcome.TIMED_OUT, "second": ModuleOutcome.CHECKED}


def test_a_hang_while_a_nested_command_is_opened_costs_that_part(
    scan_job: Callable[..., ScanJob], fake_worker: Fake
) -> None:
    """A backup.ab that asks for endless key derivation is a gap, and the bugreport is still examined."""
    program = """
hello(); send('step', name='examine', finished=False)
if 'load backup' not in job['steps_lost']:
    send('step', name='load backup', finished=False); time.sleep(60)
plan('sms'); start('sms'); finish('sms')
send('step', name='examine', finished=True); send('done', error=None)
"""
    result = run_scan(scan_job(), on_event=quiet, wrap=fake_worker(program))
    assert result.finished
    assert outcomes(result) == {"sms": ModuleOutcome.CHECKED}
    assert ("load backup", ModuleOutcome.TIMED_OUT) in {(gap.module, gap.outcome) for gap in result.gaps}


def test_the_scan_itself_has_an_end(scan_job: Callable[..., ScanJob], fake_worker: Fake) -> None:
    """Past the wall clock nothing is started again; what did not run says so."""
    program = "hello(); plan('first', 'second'); start('first'); alert('first', 'kept'); time.sleep(60)"
    job = scan_job(limits=Limits(module_seconds=60, wall_seconds=1))
    result = run_scan(job, on_event=quiet, wrap=fake_worker(program))
    assert not result.finished
    assert result.error is not None
    assert result.completeness is Completeness.BLIND
    assert outcomes(result) == {"first": ModuleOutcome.TIMED_OUT, "second": ModuleOutcome.NOT_RUN}
    assert [alert.message for alert in result.alerts] == ["kept"]


def test_a_worker_that_dies_every_time_is_given_up(scan_job: Callable[..., ScanJob], fake_worker: Fake) -> None:
    """A crash outside of any module cannot be gone around."""
    program = "hello(); send('step', name='examine', finished=False); os.kill(os.getpid(), signal.SIGKILL)"
    result = run_scan(scan_job(), on_event=quiet, wrap=fake_worker(program))
    assert not result.finished
    assert "SIGKILL" in (result.error or "")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("start", WorkerStartError),
        ("indicator_count", IndicatorCountError),
        ("foreign_module", ForeignModuleError),
    ],
)
def test_a_refusal_is_an_error_of_its_own(
    scan_job: Callable[..., ScanJob], fake_worker: Fake, code: str, error: type[Exception]
) -> None:
    """What makes the worker refuse stops the verb, before any module ran."""
    with pytest.raises(error, match="because"):
        run_scan(scan_job(), on_event=quiet, wrap=fake_worker(f"send('refused', code='{code}', message='because')"))


def test_a_worker_that_cannot_start_says_what_it_printed(scan_job: Callable[..., ScanJob], fake_worker: Fake) -> None:
    """A broken installation is told with its own last words."""
    with pytest.raises(WorkerStartError, match="no such thing"):
        run_scan(scan_job(), on_event=quiet, wrap=fake_worker("raise ImportError('no such thing')"))


def test_lines_that_are_no_events_are_left_out(scan_job: Callable[..., ScanJob], fake_worker: Fake) -> None:
    """A torn, foreign or malformed line changes nothing and stops nothing."""
    program = """
hello(); plan('sms'); start('sms')
for line in (b'{"event"', b'[]', b'\\xff\\xfe', b'{"event": 5}', b'{"event": "alert"}', b'[' * 100000):
    os.write(pipe, line + b'\\n')
finish('sms'); send('done', error=None)
"""
    result = run_scan(scan_job(), on_event=quiet, wrap=fake_worker(program))
    assert result.finished
    assert outcomes(result) == {"sms": ModuleOutcome.CHECKED}


def test_the_worker_inherits_nothing(
    scan_job: Callable[..., ScanJob], fake_worker: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No variable of the parent reaches the worker, its PATH holds no program, and its folders are private ones."""
    monkeypatch.setenv("MVT_STIX2", "elsewhere")
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    program = """
import shutil
seen = dict(os.environ)
send('hello', indicators=3, tools={k: v for k, v in seen.items()} | {
    'umask': oct(os.umask(0)), 'shell': str(shutil.which('sqlite3')), 'session': str(os.getsid(0) == os.getpid()),
    'descriptors': str(sorted(int(n) for n in os.listdir('/proc/self/fd')))})
send('done', error=None)
"""
    tools = run_scan(scan_job(), on_event=quiet, wrap=fake_worker(program)).tools
    assert "MVT_STIX2" not in tools
    assert "PYTHONPATH" not in tools
    assert tools["MVT_NETWORK_ACCESS_ALLOWED"] == "false"
    assert tools["TZ"] == "UTC"
    assert (tools["umask"], tools["shell"], tools["session"]) == ("0o77", "None", "True")


def test_the_password_travels_on_stdin_only(scan_job: Callable[..., ScanJob], fake_worker: Fake) -> None:
    """Neither the argument list nor the environment nor any file of the results holds it."""
    program = """
secret = 'esroh'[::-1]
assert job['password'].endswith(secret)
shown = open('/proc/self/cmdline').read() + open('/proc/self/environ').read()
send('hello', indicators=3, tools={'leaked': str(secret in shown)})
send('done', error=None)
"""
    job = scan_job(password=Secret(value="correct horse"))
    assert "horse" not in repr(job)
    result = run_scan(job, on_event=quiet, wrap=fake_worker(program))
    assert result.tools["leaked"] == "False"
    assert all(b"horse" not in path.read_bytes() for path in job.results.rglob("*") if path.is_file())


def test_ctrl_c_ends_the_worker_and_goes_on_up(scan_job: Callable[..., ScanJob], fake_worker: Fake) -> None:
    """No process is left behind, and the events are there for the workflow to file."""
    job = scan_job(limits=Limits(module_seconds=60, wall_seconds=60))

    def interrupt(event: EngineEvent) -> None:
        if event.what == "alert":
            raise KeyboardInterrupt

    program = "hello(); plan('sms'); start('sms'); alert('sms', 'kept'); time.sleep(60)"
    with pytest.raises(KeyboardInterrupt):
        run_scan(job, on_event=interrupt, wrap=fake_worker(program))
    pid = _worker_pid(job.results)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    salvaged = read_events(job.results)
    assert [alert.message for alert in salvaged.alerts] == ["kept"]
    assert not salvaged.finished
    assert not (job.results / "private").exists()


def test_a_listener_can_stop_a_worker_that_says_nothing(scan_job: Callable[..., ScanJob], fake_worker: Fake) -> None:
    """While a module works in silence the listener is asked a few times a second; what it raises ends the worker."""
    job = scan_job(limits=Limits(module_seconds=60, wall_seconds=60))

    class StoppedError(Exception):
        pass

    def stop(event: EngineEvent) -> None:
        if (event.what, event.module) == ("working", "Sms"):
            raise StoppedError

    with pytest.raises(StoppedError):
        run_scan(job, on_event=stop, wrap=fake_worker("hello(); plan('sms'); start('sms'); time.sleep(60)"))
    pid = _worker_pid(job.results)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_killed_parent_leaves_events_and_no_worker(
    scan_job: Callable[..., ScanJob], fake_worker: Fake, tmp_path: Path
) -> None:
    """`kill -9` of the parent loses no alert; the worker ends with the pipe that nobody reads any more."""
    job = scan_job(limits=Limits(module_seconds=60, wall_seconds=60))
    program = """
hello(); plan('sms'); start('sms'); alert('sms', 'kept')
while True:
    send('progress', index=1, total=2); time.sleep(0.02)
"""
    child = os.fork()
    if child == 0:
        run_scan(job, on_event=quiet, wrap=fake_worker(program))
        os._exit(0)
    _wait_for(lambda: b'"alert"' in _bytes(job.results / "events.jsonl"))
    os.kill(child, 9)
    os.waitpid(child, 0)
    pid = _worker_pid(job.results)
    _wait_for(lambda: not _is_alive(pid))
    salvaged = read_events(job.results)
    assert [alert.message for alert in salvaged.alerts] == ["kept"]
    assert outcomes(salvaged) == {"sms": ModuleOutcome.NOT_RUN}
    assert salvaged.error == "The scan was interrupted before its end."


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _worker_pid(results: Path) -> int:
    events = map(json.loads, (results / "events.jsonl").read_text("ascii").splitlines())
    return int(next(event["pid"] for event in events if event["event"] == "worker"))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("what was waited for did not happen")


HUNGRY = (
    "hello(); plan('big', 'small')\n"
    "done = {tuple(each) for each in job['finished']}\n"
    "if ('backup', 'big') not in done:\n"
    "    start('big'); alert('big', 'kept')\n"
    "    {ending}\n"
    "if ('backup', 'small') not in done:\n"
    "    start('small'); finish('small')\n"
    "send('done', error=None)"
)
STARVES = (
    "finish('big', outcome='failed', records=0, reason={'code': 'module.memory', 'params': {'gib': 4}})"
    " if ('backup', 'small') not in done else finish('big')"
)


def test_a_module_that_ran_out_of_memory_is_tried_once_more_alone(
    scan_job: Callable[..., ScanJob], fake_worker: Fake
) -> None:
    """In a fresh worker that finds everything else done; what it raises again counts once."""
    result = run_scan(scan_job(), on_event=quiet, wrap=fake_worker(HUNGRY.replace("{ending}", STARVES)))
    assert result.finished
    assert outcomes(result) == {"big": ModuleOutcome.CHECKED, "small": ModuleOutcome.CHECKED}
    assert [alert.message for alert in result.alerts] == ["kept"]


def test_a_module_that_never_has_memory_enough_is_named_so_and_given_up(
    scan_job: Callable[..., ScanJob], fake_worker: Fake
) -> None:
    """Twice, no more, and the others are done."""
    ending = "finish('big', outcome='failed', records=0, reason={'code': 'module.memory', 'params': {'gib': 4}})"
    result = run_scan(scan_job(), on_event=quiet, wrap=fake_worker(HUNGRY.replace("{ending}", ending)))
    assert result.finished
    assert outcomes(result) == {"big": ModuleOutcome.FAILED, "small": ModuleOutcome.CHECKED}
    assert any("4 GiB of memory" in gap.reason for gap in result.gaps)


def test_what_a_worker_says_is_bounded(
    scan_job: Callable[..., ScanJob], fake_worker: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood is a gap with its number; an alert that names an indicator still finds room, on the disk too."""
    monkeypatch.setattr("mvtcase.engine.events.MAX_KEPT_BYTES", 40_000)
    program = (
        "hello(); plan('sms'); start('sms')\n"
        "for number in range(500): alert('sms', f'odd {number}', None)\n"
        "alert('sms', 'named')\n"
        "finish('sms'); send('done', error=None)"
    )
    job = scan_job()
    result = run_scan(job, on_event=quiet, wrap=fake_worker(program))
    assert result.finished
    assert len(result.alerts) < 40
    assert result.alerts[-1].message == "named"
    assert any("of its events were left out" in gap.reason for gap in result.gaps)
    assert len((job.results / "events.jsonl").read_bytes().splitlines()) < 60
