"""The JSON contract: one envelope for every verb, with the keys and types that other programs rely on."""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer.main

from laptops import new_identity
from mvtcase.cli.app import app
from mvtcase.indicators import update
from mvtcase.indicators.sampling import sample_for_control
from mvtcase.keys import ring
from mvtcase.model import Gap, IndicatorRef, Level, ModuleOutcome, RawAlert, Status
from mvtcase.phones.adb_backup import build_adb_backup
from mvtcase.phones.android_phone import AndroidPhone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import FakeEngine, Reply

MAYBE = type(None)
GAP = {"module": str, "outcome": str, "reason": str}
ALERT_COUNTS = dict.fromkeys(map(str, Level), int)
_TOLD = "name model product_type os_version os_build udid serial imei phone_number last_backup_at"
IDENTITY: dict[str, Any] = dict.fromkeys(_TOLD.split(), (str, MAYBE))
CASE = {"id": str, "slug": str, "title": str}
DEVICE = {
    "id": str,
    "label": str,
    "platform": str,
    "status": str,
    "completeness": str,
    "gaps": [GAP],
    "last_scan": (str, MAYBE),
    "stale": [{"what": str}],
}
STATUS = {
    "case": CASE,
    "counts": dict.fromkeys(map(str, Status), int),
    "officials": [
        {"id": str, "pseudonym": str, "name": str, "status": str, "groups": [str], "devices": [DEVICE]},
    ],
}
MODULE = {
    "module": str,
    "slug": str,
    "outcome": str,
    "records": (int, MAYBE),
    "alerts": int,
    "error": (str, MAYBE),
}
SCAN = {
    "id": str,
    "acquisition": str,
    "device": str,
    "kind": str,
    "command": str,
    "status": (str, MAYBE),
    "completeness": str,
    "indicators_loaded": int,
    "modules": [MODULE],
    "alerts": ALERT_COUNTS,
    "findings": [str],
    "gaps": [GAP],
    "duration_ms": int,
}
FINDING = {
    "id": str,
    "device": str,
    "official": str,
    "status": str,
    "evidence_class": str,
    "level": str,
    "module": str,
    "title": str,
    "indicator": ({"value": str, "type": str, "family": str, "set": str}, MAYBE),
    "event_time": (str, MAYBE),
    "event_time_basis": str,
    "alerts": int,
    "dispositions": [{"verdict": str, "examiner": str, "reason": str, "at": str}],
}
ACQUISITION = {
    "id": str,
    "device": str,
    "official": str,
    "kind": str,
    "encrypted": bool,
    "files": int,
    "bytes": int,
    "manifest_sha256": str,
    "identity": IDENTITY,
}
REPORT = {"id": str, "kind": str, "format": str, "path": str, "sha256": str, "state": str}
SHAPES: dict[str, Any] = {
    "status": STATUS,
    "scan run": {"scans": [SCAN]},
    "scan list": {"scans": [SCAN]},
    "scan show": {"scan": SCAN},
    "recheck run": {"scans": [SCAN]},
    "recheck list": {"scans": [SCAN]},
    "finding list": {"findings": [FINDING]},
    "finding show": {"finding": FINDING},
    "finding dispose": {"finding": FINDING},
    "acquisition add": {"acquisition": ACQUISITION},
    "acquisition list": {"acquisitions": [ACQUISITION]},
    "report write": {"reports": [REPORT]},
    "report list": {"reports": [REPORT]},
    "case new": {"case": CASE},
    "case list": {"cases": [CASE]},
    "case show": {"case": CASE},
    "triage": {"scans": [SCAN], "status": STATUS, "reports": [REPORT]},
    "demo": {"scans": [SCAN], "status": STATUS},
}
MATCH = RawAlert(
    module="datausage",
    level=Level.CRITICAL,
    message="m",
    event_time="",
    event={"isodate": "2026-09-01 01:02:03"},
    indicator=IndicatorRef(value="bh", type="processes", family="Pegasus", set="tiny"),
)
GAP_SEEN = Gap(module="sms", outcome=ModuleOutcome.DAMAGED, reason="sms.db is damaged")


def misfits(value: Any, shape: Any, where: str = "data") -> Iterator[str]:
    """Give every place where a value is not of a shape: missing keys and wrong types, additions allowed."""
    if isinstance(shape, tuple):
        if all(any(True for _ in misfits(value, one, where)) for one in shape):
            yield f"{where} is {value!r}"
    elif type(value) is not (type(shape) if isinstance(shape, (dict, list)) else shape):
        yield f"{where} is {value!r}"
    elif isinstance(shape, list):
        for place, each in enumerate(value):
            yield from misfits(each, shape[0], f"{where}[{place}]")
    elif isinstance(shape, dict):
        yield from (f"{where}.{name} is missing" for name in shape if name not in value)
        for name, inner in shape.items():
            yield from misfits(value[name], inner, f"{where}.{name}") if name in value else ()


def test_the_measure_itself_can_fail() -> None:
    """A missing key, a wrong type and a wrong element are told."""
    assert list(misfits({"a": 1}, {"a": int, "b": str})) == ["data.b is missing"]
    assert list(misfits({"a": [1, True]}, {"a": [int]})) == ["data.a[1] is True"]
    assert list(misfits({"a": None}, {"a": (str, MAYBE)})) == []
    assert list(misfits([], {"a": int})) == ["data is []"]


def _verbs() -> set[str]:
    def walk(command: Any, words: tuple[str, ...]) -> Iterator[str]:
        below = getattr(command, "commands", None)
        if below is None:
            yield " ".join(words)
            return
        for name, one in below.items():
            yield from walk(one, (*words, name))

    servers = {"serve", "cluster scheduler", "cluster worker"}  # they answer with pages, or to each other
    return {verb for verb in walk(typer.main.get_command(app), ()) if verb not in servers}


Say = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def replies(
    case: Path,
    backup: Path,
    engine: FakeEngine,
    patch: pytest.MonkeyPatch,
    run: Callable[..., Reply],
    result: Callable[..., Any],
) -> dict[str, Reply]:
    """Give what every verb answers in the course of one case."""
    given: dict[str, Reply] = {}

    def say(*words: object, code: int | tuple[int, ...] = 0, at: Path | None = case) -> dict[str, Any]:
        reply = run(*(("-w", at) if at else ()), "--json", *words)
        envelope = reply.envelope
        assert reply.code in (code if isinstance(code, tuple) else (code,)), (words, envelope["errors"], reply.err)
        given[envelope["command"]] = reply
        return dict(envelope["data"])

    engine.answer = result(MATCH, gaps=(GAP_SEEN,))
    _cases(say, case, patch)
    _people(say, case.parent)
    _evidence(say, backup)
    _sets(say, case.parent)
    _scans(say)
    _answers(say, case)
    _bundles(say, case.parent, patch)
    _others(say, case.parent, backup, patch)
    engine.answer = result(*_finds_everything(case))
    say("iocs", "selftest")
    patch.setattr(update, "update", _no_network)
    say("iocs", "update", code=4)
    return given


def _cases(say: Say, case: Path, patch: pytest.MonkeyPatch) -> None:
    say("init", case, at=None)
    say("doctor", code=(0, 1))
    say("case", "new", "Other", "--slug", "other")
    patch.setenv("MVTCASE_CASE", "line-2021")
    say("case", "list")
    say("case", "show")
    say("case", "set", "--single-examiner", "nobody else")
    say("case", "set", "--single-examiner", "")
    say("case", "close")
    say("case", "reopen")
    say("examiner", "add", "Ben")
    say("examiner", "list")
    say("examiner", "set", "Ben", "--role", "reviewer")
    say("examiner", "password", "Ben", "--remove")
    say("group", "add", "Caucus", "--parent", "Legislature")
    say("group", "list")


def _people(say: Say, place: Path) -> None:
    (place / "roster.csv").write_text("name,role\nBo Example,Envoy\n")
    say("official", "add", "--role", "Envoy", "--publication", "role")
    say("official", "import", place / "roster.csv")
    say("official", "list")
    say("official", "show", "O-0001")
    say("official", "set", "O-0001", "--publication", "named")
    say("official", "add", "--name", "Bo E.")
    say("official", "merge", "O-0004", "--into", "O-0003", "--reason", "one person")
    say("official", "add", "--name", "Bo B.")
    say("official", "remove", "O-0005", "--reason", "mistyped")
    say("consent", "record", "O-0002", "--by", "B", "--scope", "phone", "--informed", "nature")
    say("consent", "show", "O-0001")
    say("consent", "withdraw", "O-0002", "--reason", "no more")


def _evidence(say: Say, backup: Path) -> None:
    say("device", "add", "O-0002", "--label", "spare", "--serial", "S1")
    say("device", "list")
    say("device", "show", "D-0001")
    say("device", "move", "D-0002", "--to", "O-0001", "--reason", "swapped")
    say("device", "set", "D-0002", "--state", "lost")
    say("acquisition", "add", backup, "--official", "O-0001")
    say("acquisition", "list")
    say("acquisition", "show", "A-0001")
    say("acquisition", "verify")
    say("acquisition", "guide", "--official", "O-0001")


def _sets(say: Say, place: Path) -> None:
    (place / "list.txt").write_text("bh\n")
    say("iocs", "lint", place / "list.txt", "--type", "processes")
    say("iocs", "import", place / "list.txt", "--name", "tiny", "--type", "processes")
    say("iocs", "add", "plain.example", "--type", "domain", "--source", "a partner", "--reason", "seen in a lure")
    say("iocs", "list")
    say("iocs", "show", "tiny")
    say("iocs", "disable", "tiny")
    say("iocs", "enable", "tiny")
    say("iocs", "pack", place / "sets.zip")


def _scans(say: Say) -> None:
    say("scan", "run", code=1)
    say("scan", "run", "--all")
    say("scan", "run", "A-0001", code=1)
    say("scan", "list")
    say("scan", "show", "S-0001", "--files")
    say("scan", "show", "S-0001")
    say("recheck", "run", "--all", code=1)
    say("recheck", "list")
    (finding,) = say("finding", "list")["findings"]
    say("finding", "show", finding["id"])
    say("finding", "next")
    say("finding", "assign", finding["id"], "--to", "Ben")
    say("allow", "add", "--value", "bh", "--reason", "a lab tool")
    say("allow", "agree", "L-0001", "--examiner", "Ben")
    say("allow", "list")
    say("allow", "end", "L-0001", "--reason", "not ours")
    say("finding", "dispose", finding["id"], "--as", "needs_expert", "--reason", "ask")
    say("finding", "list")


def _answers(say: Say, case: Path) -> None:
    say("observe", "add", "O-0001", "line.letter_sealing", "off", "--method", "screen")
    say("observe", "list")
    say("observe", "due", "--every", "4w")
    say("status", code=1)
    say("roster")
    say("case", "set", "--scan-interval", "30d")
    say("case", "due")
    say("timeline")
    say("correlate")
    say("coverage", "--files")
    say("diff", "S-0001", "S-0002")
    say("cluster", "keys", case.parent / "keys", "--node", "alder")
    folder = say("canary", "plan", case.parent / "canary", "--platform", "ios")["folder"]
    say("canary", "check", f"{folder}/canary.json", "A-0001", code=1)
    say("report", "write", "incident", "--format", "html,json")
    say("report", "write", "incident", "--format", "json")
    say("--examiner", "Ben", "report", "review", "R-0002")
    say("report", "release", "R-0002")
    say("report", "supersede", "R-0001", "--by", "R-0002")
    say("report", "erratum", "R-0002", "It was Tuesday.")
    say("report", "diff", "R-0002")
    say("report", "rebuild", "R-0002")
    say("report", "allow", "B-0001", "--reason", "It names nobody.")
    say("report", "list")
    say("export", "csv")
    say("bundle", "export", "--with-names")
    say("--yes", "scan", "prune")
    say("custody", "note", "seen")
    say("custody", "log")
    say("custody", "verify")
    say("acquisition", "set", "A-0001", "--state", "set_aside", "--reason", "why not")
    nameless = build_adb_backup(case.parent / "phone.ab", AndroidPhone(seed=4)).path
    say("acquisition", "add", nameless, "--official", "O-0001")
    say("acquisition", "move", "A-0002", "--to", "O-0001", "--reason", "another phone of theirs")


def _bundles(say: Say, place: Path, patch: pytest.MonkeyPatch) -> None:
    keys = new_identity()
    patch.setattr(ring.Keys, "identity", lambda _self: keys)
    (place / "keys.txt").write_text(f"Ada {keys.public_keys[1]}\n")
    own, bundle = ("--identity-file", "ada.id"), place / "case.mvtbundle"
    say("custody", "handover", "--from", "Ada", "--to", "Ben", "--item", "A-0001", "--reason", "second lab")
    say("custody", "timestamp", "--authority", "nowhere", "--roots", "x", "-o", place / "x.tsr", code=2)
    say("custody", "sign", *own)
    (finding,) = say("finding", "list")["findings"]
    say("bundle", "slice", finding["id"], *own, "--to", keys.recipient)
    say("bundle", "export", *own, "--to", keys.recipient, "-o", bundle, "--without-evidence")
    say("bundle", "inspect", bundle)
    patch.setenv("MVTCASE_CASE", "other")
    say("bundle", "import", bundle, *own, "--keys", place / "keys.txt", "--preview")
    say("bundle", "decisions")
    say("bundle", "decide", "M-0001", "--keep", "here", "--reason", "asked", code=2)
    patch.setenv("MVTCASE_CASE", "line-2021")


def _others(say: Say, place: Path, backup: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("MVTCASE_CASE", "other")
    consent = ("--consent-by", "B", "--informed", "nature,privacy,retention,disposal")
    say("official", "add", "--role", "Envoy")
    say("triage", backup, "--official", "O-0001", *consent, "--format", "json", code=1)
    # The other case holds the same backup, and says so.
    say("official", "purge", "O-0001", "--reason", "asked for", "--at-request", "--yes", code=1)
    say("case", "purge", "--reason", "over", "--yes")
    patch.delenv("MVTCASE_CASE")
    _sealed(say, place, patch)
    say("demo", place / "demo", at=None)


def _sealed(say: Say, place: Path, patch: pytest.MonkeyPatch) -> None:
    (place / "words").write_text("four words of mine\n")
    held = ("--identity-file", place / "own.identity", "--passphrase-file", place / "words")
    say("examiner", "identity", place / "own.identity", *held[2:])
    say("case", "new", "Locked", "--slug", "locked")
    patch.setenv("MVTCASE_CASE", "locked")
    say("examiner", "add", "Cyd")
    say("case", "seal", *held)
    say("case", "rekey", *held)
    say("examiner", "remove", "Cyd", *held)
    say("case", "unseal", *held)
    patch.delenv("MVTCASE_CASE")


def _finds_everything(case: Path) -> list[RawAlert]:
    from mvtcase.indicators.library import IndicatorLibrary  # noqa: PLC0415  # only the selftest asks

    samples = [each.samples for each in IndicatorLibrary(case / "iocs").active()]
    values = (value for _, value in sample_for_control(samples, per_type=3))
    return [
        RawAlert(
            module="sms",
            level=Level.LOW,
            message="m",
            event_time="",
            event={},
            indicator=IndicatorRef(value=value, type="domains", family="f", set="s"),
        )
        for value in values
    ]


def _no_network(*_args: object, **_more: object) -> None:
    from mvtcase.errors import UpdateError  # noqa: PLC0415  # as the real one does

    raise UpdateError("No network.")


def test_every_verb_answers_with_one_envelope(replies: dict[str, Reply]) -> None:
    """A verb added later cannot be forgotten here; nothing else is on stdout."""
    assert set(replies) == _verbs()
    for command, reply in replies.items():
        envelope = reply.envelope
        assert list(envelope) == ["schema", "command", "status", "data", "messages", "errors"]
        assert (envelope["schema"], envelope["command"]) == ("mvtcase/1", command)
        assert reply.out.isascii()
        assert all(isinstance(each, str) for each in envelope["messages"])


def test_status_and_exit_code_belong_together(replies: dict[str, Reply]) -> None:
    """Success is 0, partial 1 (but for the demo, whose gaps are its story), an error its own."""
    for command, reply in replies.items():
        envelope = reply.envelope
        expected = {"success": 0, "partial": 0 if command == "demo" else 1}.get(envelope["status"], reply.code)
        assert reply.code == expected, command
        assert bool(envelope["errors"]) == (envelope["status"] == "error")
        for error in envelope["errors"]:
            assert list(error) == ["code", "message", "hint", "step"]


@pytest.mark.parametrize("command", sorted(SHAPES))
def test_the_keys_of_the_contract_are_there(replies: dict[str, Reply], command: str) -> None:
    """Each of its type, in every element."""
    assert list(misfits(replies[command].data, SHAPES[command])) == []


@pytest.fixture(scope="module")
def schemas() -> Any:
    """Give the script that derives the schemas of docs/json from the types of the payloads."""
    place = Path(__file__).parents[2] / "scripts/json_schemas.py"
    spec = importlib.util.spec_from_file_location("json_schemas", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _wrong(schemas: Any, envelope: Any) -> list[str]:
    """Return what in an envelope is not as the schema of its verb says, a key that it does not name included."""
    jsonschema = pytest.importorskip("jsonschema", reason="a checkout set up before it was needed")
    told = schemas.strict(schemas.schema(envelope["command"]))
    jsonschema.Draft202012Validator.check_schema(told)
    return [each.message for each in jsonschema.Draft202012Validator(told).iter_errors(envelope)]


@pytest.mark.parametrize("command", sorted(_verbs()))
def test_what_a_verb_prints_is_what_its_schema_says(replies: dict[str, Reply], schemas: Any, command: str) -> None:
    """Every key with its type, and no key beyond."""
    assert _wrong(schemas, replies[command].envelope) == []


def test_every_way_of_a_verb_is_in_its_schema(replies: dict[str, Reply], schemas: Any, other_ways: list[Reply]) -> None:
    """The options that make a verb return something else, and errors."""
    for reply in other_ways:
        assert _wrong(schemas, reply.envelope) == []


@pytest.fixture(scope="module")
def other_ways(replies: dict[str, Reply], run: Callable[..., Reply], case: Path, backup: Path) -> list[Reply]:
    """Give what verbs answer that return something else with an option, and what one answers that fails."""
    here = ("-w", case, "-c", "line-2021", "--json")
    return [
        run(*here, "acquisition", "add", backup.parent, "--official", "O-0001", "--recursive"),
        run(*here, "status", "--sealing"),
        run(*here, "scan", "show", "S-9999"),
    ]


def test_a_schema_notices_what_is_missing_or_too_much(replies: dict[str, Reply], schemas: Any) -> None:
    """A key gone, a key more, a word of no closed set, and data after an error."""
    good = replies["finding list"].envelope
    assert _wrong(schemas, good) == []
    for change in ({"more": 1}, {"level": "WORST"}, {"alerts": "1"}, {"level": None}):
        bad = copy.deepcopy(good)
        bad["data"]["findings"][0] |= change
        assert _wrong(schemas, bad)
    del bad["data"]["findings"][0]["level"]
    assert _wrong(schemas, bad)
    assert _wrong(schemas, {**good, "status": "error"})


def test_the_lists_of_the_contract_are_not_empty(replies: dict[str, Reply]) -> None:
    """What is checked element by element has elements."""
    (scan,) = replies["scan run"].data["scans"]
    assert scan["modules"]
    assert scan["gaps"]
    assert scan["findings"]
    assert replies["finding dispose"].data["finding"]["dispositions"]
    assert replies["status"].data["officials"][0]["devices"][0]["gaps"]
    assert len(replies["demo"].data["status"]["officials"]) == 8
    assert replies["recheck run"].data["scans"][0]["recheck_of"]


def test_passwords_never_come_up(replies: dict[str, Reply]) -> None:
    """No field of any answer is called so."""
    told = {"acquisition guide", "examiner password"}  # which says when to set one; whose name it is
    assert not [command for command, reply in replies.items() if "password" in reply.out and command not in told]
    assert not [command for command, reply in replies.items() if '"password"' in reply.out]
