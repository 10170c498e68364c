"""Calls as people and programs make them: exit codes, errors, help, hostile text, passwords."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import typer.main

from mvtcase.cli import app as cli
from mvtcase.cli import output
from mvtcase.errors import ChainBrokenError, MvtcaseError
from mvtcase.model import Gap, Level, ModuleOutcome, RawAlert
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.androidqf_layouts import AndroidQFLayout
from mvtcase.phones.encrypted import encrypt_ios_backup
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.report.layout import paper
from mvtcase.workflow import cases, doctor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.conftest import FakeEngine, Reply

PASSWORD = "xyzzy-plugh-4711"  # of a synthetic backup


def _commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield words, command
    for name, one in getattr(command, "commands", {}).items():
        yield from _commands(one, (*words, name))


ALL = dict(_commands(typer.main.get_command(cli.app)))


@pytest.fixture(scope="module")
def scanned(
    case: Path,
    engine: FakeEngine,
    run: Callable[..., Reply],
    result: Callable[..., Any],
    hostile_alert: RawAlert,
    hostile: str,
) -> Path:
    """Give a case full of hostile text: names, alerts, gaps, notes, observations."""
    gap = Gap(module=hostile, outcome=ModuleOutcome.DAMAGED, reason=hostile)
    engine.answer = result(hostile_alert, gaps=(gap,))
    text = hostile.replace("\x00", "").strip()
    for words in (
        ("group", "add", text),
        ("official", "set", "O-0001", "--name", text, "--role", text, "--group", text, "--publication", "named"),
        ("device", "set", "D-0001", "--label", text, "--owner", text),
        ("observe", "add", "O-0001", "line.version", text, "--note", text),
        ("custody", "note", text),
    ):
        assert run("-w", case, *words).code == 0, words
    assert run("-w", case, "scan", "run").code == 1
    return case


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_verb_explains_itself(run: Callable[..., Reply], words: tuple[str, ...]) -> None:
    """A sentence for the verb and one for each option, in its help and in the list of its noun."""
    reply = run(*words, "--help")
    assert reply.code == 0
    assert reply.err == ""
    first = (ALL[words].help or "").strip()
    assert len(first) > 10
    assert first.endswith(".")
    assert first.split()[0] in reply.out
    for option in ALL[words].params:
        assert getattr(option, "help", "x"), f"{words} {option.name}"


def test_no_argument_shows_the_help(run: Callable[..., Reply]) -> None:
    """And so does a noun without a verb."""
    assert "Usage" in (run().out + run().err)
    assert "Usage" in (run("case").out + run("case").err)


def _codes(error: type[MvtcaseError]) -> Iterator[type[MvtcaseError]]:
    yield error
    for one in error.__subclasses__():
        yield from _codes(one)


@pytest.mark.parametrize("error", list(_codes(MvtcaseError)), ids=lambda error: error.code)
def test_every_error_ends_with_its_own_status(
    run: Callable[..., Reply], case: Path, monkeypatch: pytest.MonkeyPatch, error: type[MvtcaseError]
) -> None:
    """People read what happened and what to do, programs the stable code."""

    def fail(_desk: object) -> None:
        raise error("What \x1b[31mhappened [red].", hint="What to do.")

    monkeypatch.setattr(cases, "show", fail)
    reply = run("-w", case, "case", "show")
    assert (reply.code, reply.out) == (error.exit_status, "")
    assert f"[{error.code}]" in reply.err
    assert "What \\x1b[31mhappened [red]." in reply.err
    assert "What to do." in reply.err
    told = run("-w", case, "--json", "case", "show")
    assert told.code == error.exit_status
    assert told.envelope["status"] == "error"
    assert told.envelope["errors"] == [
        {"code": error.code, "message": "What \\x1b[31mhappened [red].", "hint": "What to do.", "step": None}
    ]


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["status", "--group", "Nobody"], 2, "input.not_found"),
        (["scan", "show", "S-0099"], 2, "input.not_found"),
        (["acquisition", "add", "nothing-here", "--official", "O-0001"], 3, None),
        (["iocs", "show", "nothing"], 4, "indicator.missing"),
        (["report", "write", "novel"], 2, "input"),
        (["observe", "due", "--every", "often"], 2, "input"),
        (["consent", "record", "O-0001", "--by", "A", "--scope", "s", "--informed", "money"], 2, "input"),
        (["no-such-verb"], 2, "input.usage"),
        (["case", "no-such-verb"], 2, "input.usage"),
        (["status", "--no-such-option"], 2, "input.usage"),
        (["scan", "run", "--jobs", "0"], 2, "input.usage"),
        (["official", "add", "--publication", "loud"], 2, "input.usage"),
        (["consent", "record", "O-0001"], 2, "input"),
        (["finding", "dispose", "F-1", "--as", "clean", "--reason", "x"], 2, "input.usage"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_a_wrong_call_is_told_in_both_forms(
    run: Callable[..., Reply], case: Path, words: list[str], code: int, error: str | None
) -> None:
    """On stderr for people, as an envelope for programs, with the same exit status."""
    plain = run("-w", case, *words)
    assert (plain.code, plain.out) == (code, "")
    assert plain.err.strip()
    told = run("-w", case, *words, "--json")
    assert told.code == code
    (described,) = told.envelope["errors"]
    assert error in {None, described["code"]}
    assert described["message"]
    assert told.envelope["data"] == {}


def test_without_a_workspace_the_error_says_how_to_make_one(run: Callable[..., Reply], place: Path) -> None:
    """In both forms."""
    reply = run("--json", "status")
    assert (reply.code, reply.envelope["errors"][0]["code"]) == (2, "input.workspace")
    assert "mvtcase init" in reply.envelope["errors"][0]["hint"]
    assert run("doctor").code in {0, 1}


def test_without_an_examiner_nothing_is_changed(
    run: Callable[..., Reply], case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading needs none; the settings file may name one."""
    monkeypatch.delenv("MVTCASE_EXAMINER")
    assert run("-w", case, "custody", "note", "x").code == 2
    assert run("-w", case, "case", "show").code == 0
    settings = case.parent / "own.toml"
    settings.write_text('examiner = "Ben"\n')
    monkeypatch.setenv("MVTCASE_SETTINGS", str(settings))
    assert run("-w", case, "--json", "custody", "note", "x").data["note"]["examiner"] == "Ben"
    settings.write_text("examiner = 5\n")
    assert run("-w", case, "case", "show").code == 2


def test_a_defect_a_refusing_disk_and_ctrl_c_are_told_apart(
    run: Callable[..., Reply], case: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """None of them looks like 'done, with gaps'."""

    def fail_with(error: BaseException) -> None:
        def fail(_desk: object) -> None:
            raise error

        monkeypatch.setattr(cases, "show", fail)

    fail_with(OSError(28, "No space left on device", "/x\x1b"))
    reply = run("-w", case, "--json", "case", "show")
    assert (reply.code, reply.envelope["errors"][0]["code"]) == (74, "machine")
    assert "No space left" in reply.err
    fail_with(KeyboardInterrupt())
    reply = run("-w", case, "--json", "case", "show")
    assert (reply.code, reply.envelope["errors"][0]["code"]) == (130, "stopped")
    fail_with(RuntimeError("a defect"))
    monkeypatch.setattr(sys, "argv", ["mvtcase", "-w", str(case), "case", "show"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 70
    assert "a defect" in capsys.readouterr().err


def test_exit_codes_say_the_worst_status_when_asked(
    run: Callable[..., Reply],
    case: Path,
    backup: Path,
    engine: FakeEngine,
    result: Callable[..., Any],
    hostile_alert: RawAlert,
) -> None:
    """12 for no statement, 11 for something unusual, 10 for a match; without the option 0 and 1."""
    workspace = case.parent / "codes"
    run("init", workspace)
    run("-w", workspace, "case", "new", "Codes")
    run("-w", workspace, "official", "add")
    run("-w", workspace, "acquisition", "add", backup, "--official", "O-0001")
    informed = ("--informed", "nature,privacy,retention,disposal")
    run("-w", workspace, "consent", "record", "O-0001", "--by", "A", "--scope", "s", *informed)

    def codes() -> tuple[int, int, int]:
        scan = ("-w", workspace, "scan", "run", "A-0001", "--exit-code")
        return run(*scan).code, run("-w", workspace, "status", "--exit-code").code, run("-w", workspace, "status").code

    engine.answer = result(gaps=(Gap(module="sms", outcome=ModuleOutcome.DAMAGED, reason="r"),))
    assert codes() == (12, 12, 1)
    engine.answer = result()
    assert codes() == (0, 0, 0)
    unusual = RawAlert(module="safari_history", level=Level.MEDIUM, message="m", event_time="", event={})
    engine.answer = result(unusual)
    assert codes() == (11, 11, 0)
    engine.answer = result(hostile_alert)
    assert codes() == (10, 10, 0)


SHOWN = (
    "status",
    "status --sealing",
    "finding list",
    "scan list",
    "scan show S-0001",
    "official list",
    "official show O-0001",
    "device list",
    "device show D-0001",
    "group list",
    "observe list",
    "observe due",
    "timeline",
    "custody log",
    "case show",
    "acquisition show A-0001",
    "recheck run S-0001",
)


@pytest.mark.parametrize("verb", SHOWN)
def test_hostile_text_is_shown_and_never_obeyed(
    run: Callable[..., Reply], scanned: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """No control character reaches the terminal; markup, scripts and formulas stand there as text."""
    monkeypatch.setenv("COLUMNS", "400")
    reply = run("-w", scanned, *verb.split())
    printed = reply.out + reply.err
    assert reply.code in {0, 1}
    assert not {each for each in printed if (ord(each) < 32 and each != "\n") or each in "\x7f\x9b\u202e\u200b"}
    if verb in {"status", "finding list", "observe list", "scan show S-0001", "official show O-0001"}:
        assert "<script>alert(1)</script>" in printed
        assert "\\x1b[31m" in printed
        assert "\\u202e" in printed
        assert "[red]x[/red]" in printed


def test_a_finding_is_shown_with_its_hostile_alert(
    run: Callable[..., Reply], scanned: Path, hostile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In JSON it is verbatim and ASCII."""
    monkeypatch.setenv("COLUMNS", "400")
    (finding,) = run("-w", scanned, "--json", "finding", "list").data["findings"]
    reply = run("-w", scanned, "--json", "finding", "show", finding["id"])
    assert reply.out.isascii()
    assert reply.data["finding"]["raised"][0]["message"] == hostile
    shown = run("-w", scanned, "finding", "show", finding["id"])
    assert "\x1b" not in shown.out
    assert "\\x1b]0;title\\x07" in shown.out


def test_colours_mean_something_and_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a word is coloured; with NO_COLOR, or without a terminal, nothing is."""
    monkeypatch.setenv("TERM", "xterm-256color")
    drawn = output.table("t", ("status",), [["indicator_match"], ["[red]x"]])
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", _Terminal())
    screen = output.console()
    with screen.capture() as coloured:
        screen.print(drawn)
    assert "\x1b[" in coloured.get()
    assert "[red]x" in coloured.get()
    monkeypatch.delenv("FORCE_COLOR")
    monkeypatch.setenv("NO_COLOR", "1")
    screen = output.console()
    with screen.capture() as plain:
        screen.print(drawn)
    assert "38;5" not in plain.get()
    assert "\x1b[31" not in plain.get()


class _Terminal:
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        """Hold nothing."""


@pytest.mark.parametrize(
    "arguments",
    [
        ("--workspace", "W", "--case", "line-2021", "--json", "--examiner", "Bo", "custody", "note", "seen"),
        ("custody", "note", "seen", "--workspace", "W", "--case", "line-2021", "--json", "--examiner", "Bo"),
        ("custody", "-w", "W", "note", "--json", "-c", "line-2021", "seen", "--examiner", "Bo"),
    ],
)
def test_global_options_stand_before_or_behind_the_verb(
    run: Callable[..., Reply], case: Path, arguments: tuple[str, ...]
) -> None:
    """All of them, with their values; the one behind the verb counts where both are given."""
    reply = run("--case", "other", *(case if each == "W" else each for each in arguments))
    assert (reply.code, reply.data["note"]["examiner"]) == (0, "Bo")


def test_what_stands_behind_two_hyphens_is_no_option(run: Callable[..., Reply], case: Path) -> None:
    """A remark may look like an option."""
    reply = run("-w", case, "custody", "note", "--json", "--", "--yes")
    assert reply.data["note"]["text"] == "--yes"


def test_yes_never_skips_the_consent(
    run: Callable[..., Reply], case: Path, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does triage, when nobody can be asked."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    path = build_ios_backup(case.parent / "evidence" / "second", IosPhone(seed=9, messages=2)).path
    official = run("-w", case, "--json", "official", "add").data["official"]["id"]
    added = run("-w", case, "--json", "acquisition", "add", path, "--official", official).data["acquisition"]["id"]
    looks = len(engine.scans)
    assert run("-w", case, "--yes", "scan", "run", added).code == 9
    nobody = run("-w", case, "--yes", "triage", path, "--official", official)
    assert nobody.code == 2
    assert "--consent-by" in nobody.err
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    assert run("-w", case, "--yes", "triage", path, "--official", official).code == 9
    assert len(engine.scans) == looks


def test_a_password_goes_from_its_file_to_the_engine_and_nowhere_else(
    run: Callable[..., Reply], case: Path, backup: Path, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No answer, log, file of the workspace or environment holds it; others reading the file is remarked on."""
    locked = encrypt_ios_backup(backup, case.parent / "evidence" / "locked", PASSWORD)
    path = getattr(locked, "path", None) or case.parent / "evidence" / "locked"
    added = run("-w", case, "--json", "acquisition", "add", path, "--official", "O-0001").data["acquisition"]["id"]
    secret = case.parent / "password.txt"
    secret.write_bytes(b"\xef\xbb\xbf" + PASSWORD.encode() + b"\r\nsecond line\n")
    secret.chmod(0o644)
    refused = run("-w", case, "scan", "run", added)
    assert (refused.code, "evidence.password" in refused.err) == (3, True)
    replies = [run("-w", case, *form, "scan", "run", added, "--password-file", secret) for form in ((), ("--json",))]
    assert [job.password.value for job in engine.decrypts if job.password] == [PASSWORD, PASSWORD]
    assert "chmod 600" in replies[0].err
    secret.chmod(0o600)
    quiet = run("-w", case, "scan", "run", added, "--password-file", secret)
    assert "chmod" not in quiet.err
    assert PASSWORD not in "".join(reply.out + reply.err for reply in (*replies, quiet))
    assert PASSWORD not in str(os.environ)
    files = [each for each in case.rglob("*") if each.is_file()]
    assert len(files) >= 10
    assert not [each for each in files if PASSWORD.encode() in each.read_bytes()]


@pytest.mark.parametrize("content", [b"", b"\nsecond", b"\xff\xfe", b"x" * 5000])
def test_a_file_without_a_password_is_refused(run: Callable[..., Reply], case: Path, content: bytes) -> None:
    """Before anything runs."""
    secret = case.parent / "bad.txt"
    secret.write_bytes(content)
    assert run("-w", case, "scan", "run", "A-0001", "--password-file", secret).code == 2
    assert run("-w", case, "scan", "run", "A-0001", "--password-file", case).code == 2


def test_a_broken_chain_ends_with_its_status(
    run: Callable[..., Reply], case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a script notices."""
    manifest = case / "cases" / "line-2021" / "acquisitions" / "A-0001" / "manifest.jsonl"
    data = manifest.read_bytes()
    manifest.write_bytes(data + b" ")
    assert run("-w", case, "custody", "verify").code == ChainBrokenError.exit_status == 6
    manifest.write_bytes(data)
    assert run("-w", case, "custody", "verify").code == 0


def test_doctor_says_what_is_wrong_and_what_to_do(
    run: Callable[..., Reply], case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each check by name; something wrong makes it partial."""
    monkeypatch.setattr(doctor, "PINNED_MVT", "1.0")
    monkeypatch.setattr(doctor, "MIN_FREE_BYTES", 1 << 62)
    monkeypatch.setattr(paper, "version", _no_library)
    monkeypatch.delenv("MVTCASE_EXAMINER")
    reply = run("-w", case, "--json", "doctor")
    checks = {each["name"]: each for each in reply.data["checks"]}
    assert (reply.code, reply.envelope["status"]) == (1, "partial")
    assert [checks[name]["good"] for name in ("python", "mvt", "disk", "examiner", "indicator sets")] == [
        *(True, False, False, False),
        True,
    ]
    assert "mvt==1.0" in checks["mvt"]["hint"]
    assert any("mvt==1.0" in message for message in reply.envelope["messages"])
    assert checks["pdf reports"]["seen"] == "cannot load library 'libpango'"
    assert "Pango" in checks["pdf reports"]["hint"]


def _no_library() -> str:
    raise OSError("cannot load library 'libpango'")


HEAVY = ("mvt", "stix2", "weasyprint", "requests", "jinja2", "cryptography", "ahocorasick")
LOOK = f"""
import json, sys
sys.argv = ["mvtcase", "--help"]
from mvtcase.cli.app import main
try:
    main()
finally:
    print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]), file=sys.stderr)
"""


def test_help_is_answered_without_the_heavy_floors() -> None:
    """Neither MVT nor the libraries of the engine and the reports are loaded; a true process, as people start it."""
    done = subprocess.run([sys.executable, "-c", LOOK], check=False, capture_output=True, text=True)
    assert done.returncode == 0
    assert "Usage: mvtcase" in done.stdout
    assert json.loads(done.stderr.splitlines()[-1]) == []


def test_the_program_runs_as_a_process_of_its_own(case: Path) -> None:
    """One envelope on stdout, the exit status of the contract, and a reader that goes away is no crash."""
    start = [sys.executable, "-c", "from mvtcase.cli.app import main; main()", "-w", str(case)]
    done = subprocess.run([*start, "--json", "status"], check=False, capture_output=True, text=True)
    assert (done.returncode, json.loads(done.stdout)["command"], done.stderr) == (1, "status", "")
    with subprocess.Popen([*start, "--json", "custody", "log"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as gone:
        assert gone.stdout is not None
        assert gone.stderr is not None
        gone.stdout.close()
        said = gone.stderr.read()
        assert gone.wait() == 141
    assert b"Traceback" not in said
    assert b"Exception ignored" not in said


def test_doctor_compares_evidence_with_what_is_known(run: Callable[..., Reply], tmp_path: Path) -> None:
    """What a tool or a phone does differently is listed, with what to report; ordinary evidence is as expected."""
    folder = build_androidqf(tmp_path / "acquisition", AndroidPhone(), layout=AndroidQFLayout.TODAY).path
    assert "as the readers expect" in " ".join(run("doctor", "--evidence", folder).out.split())
    (folder / "processes.json").rename(folder / "process_list.json")
    told = run("--json", "doctor", "--evidence", folder)
    assert told.code == 1
    drifts = [each for each in told.data["checks"] if each["name"] == "drift"]
    assert [each["seen"] for each in drifts] == ["process_list.json: unknown name"]
