"""The recorder at its edges: alerts that cannot be written, modules that call `sys.exit`, crashes at every boundary."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import mvt.common.command as mvt_command
import pytest
from mvt.common.command import Command
from mvt.common.indicators import Indicators
from mvt.common.module import DatabaseNotFoundError, MVTModule
from mvt.ios.cmd_check_backup import CmdIOSCheckBackup

from mvtcase.engine.events import Ledger, take_safely
from mvtcase.engine.worker.emitter import Emitter
from mvtcase.engine.worker.run.recorder import Recorder
from mvtcase.engine.worker.task import task_of
from mvtcase.model import AlertSource, EvidenceKind, ModuleOutcome
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.plants import Plant, PlantKind
from mvtcase.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mvtcase.engine.job import EngineResult

pytestmark = pytest.mark.engine


class Endless(dict[str, Any]):
    """An event that contains itself."""

    def __init__(self) -> None:
        super().__init__(text="\udcff", number=2**80)
        self["self"] = self


class Plain(MVTModule):  # type: ignore[misc]  # MVT has no types
    """A module that raises one alert about whatever `event` is."""

    event: Any = "an event"

    def run(self) -> None:
        """Extract one record."""
        self.results = [{"a": 1}]

    def check_indicators(self) -> None:
        """Raise one alert."""
        self.alertstore.high("told", "", self.event)


class Unwritable(Plain):
    """A module whose alert no JSON writer can take."""

    event = Endless()


class Leaving(Plain):
    """A module whose library calls `sys.exit` after an alert."""

    def check_indicators(self) -> None:
        """Raise one alert and leave."""
        super().check_indicators()
        raise SystemExit(1)


class Absent(Plain):
    """A module without a source."""

    def run(self) -> None:
        """Find nothing."""
        raise DatabaseNotFoundError("nothing here")


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Ledger]]:
    """Return a function that runs modules in this process under a recorder and returns what it sent."""
    from mvt.common.alerts import AlertStore  # noqa: PLC0415 - restored below

    monkeypatch.setattr(Command, "run", Command.run)
    monkeypatch.setattr(Command, "_ordered_modules", Command._ordered_modules)
    monkeypatch.setattr(AlertStore, "add", AlertStore.add)
    monkeypatch.setattr(mvt_command, "run_module", mvt_command.run_module)
    fields = {
        "task": "scan", "kind": "ios_backup", "target": str(tmp_path), "results": str(tmp_path / "out"),
        "matchset": "", "expected_indicators": 1, "set_names": {}, "encrypted": False, "stock_matcher": False,
        "sweep": False, "allow_foreign_modules": False, "password": None, "finished": [], "skipped": [],
        "steps_done": [], "steps_lost": [],
    }  # fmt: skip
    (tmp_path / "out" / "mvt").mkdir(parents=True)

    def run(*modules: type[MVTModule], **changes: Any) -> Ledger:
        events = tmp_path / "events"
        descriptor = os.open(events, os.O_RDWR | os.O_CREAT)
        recorder = Recorder(task_of({**fields, **changes}), Emitter(descriptor))
        recorder.install()
        command = CmdIOSCheckBackup(target_path=str(tmp_path), results_path=str(tmp_path / "out"), iocs=Indicators())
        command.modules = list(modules)
        command.run()
        os.close(descriptor)
        ledger = Ledger()
        assert all(take_safely(ledger, json.loads(line)) for line in events.read_bytes().splitlines())
        return ledger

    logger = logging.getLogger("mvt")
    before = list(logger.handlers)
    yield run
    for handler in set(logger.handlers) - set(before):
        logger.removeHandler(handler)
        handler.close()


def outcomes(ledger: Ledger) -> dict[str, ModuleOutcome]:
    """Return the outcomes by slug."""
    return {run.slug: run.outcome for run in ledger.modules.values()}


def test_an_alert_that_cannot_be_written_is_sent_all_the_same(recorded: Callable[..., Ledger]) -> None:
    """MVT would lose it, and all others, when it writes its files; here the offending parts alone are marked."""
    ledger = recorded(Unwritable, Plain)
    assert [alert.module for alert in ledger.alerts] == ["unwritable", "plain"]
    data = ledger.alerts[0].event
    assert isinstance(data, dict)
    assert str(data["text"]).startswith("\\udcff⟦")
    assert "contains itself" in str(data["self"])
    assert outcomes(ledger) == {"unwritable": ModuleOutcome.EXTRACTED, "plain": ModuleOutcome.EXTRACTED}


def test_an_alert_whose_event_takes_all_memory_is_sent_without_it(
    recorded: Callable[..., Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That something was found is never lost to what was found."""

    def exhausted(value: object) -> None:
        raise MemoryError

    monkeypatch.setattr("mvtcase.engine.worker.run.recorder.safe_json", exhausted)
    ledger = recorded(Plain)
    (alert,) = ledger.alerts
    assert outcomes(ledger) == {"plain": ModuleOutcome.EXTRACTED}
    assert (alert.message, alert.event) == ("told", "⟦event left out: MemoryError⟧")


def test_a_module_that_leaves_is_a_failed_module(recorded: Callable[..., Ledger]) -> None:
    """Its alert is kept and the next module runs."""
    ledger = recorded(Leaving, Plain)
    assert [alert.module for alert in ledger.alerts] == ["leaving", "plain"]
    assert outcomes(ledger) == {"leaving": ModuleOutcome.FAILED, "plain": ModuleOutcome.EXTRACTED}


def test_alerts_are_sent_once_although_commands_store_them_again(recorded: Callable[..., Ledger]) -> None:
    """A command's store is given the alerts of its modules; they are the same ones."""
    assert len(recorded(Plain).alerts) == 1


def test_a_module_that_is_to_be_skipped_does_not_run(recorded: Callable[..., Ledger]) -> None:
    """What hung in an earlier worker is left out, what finished there is not done again."""
    ledger = recorded(Plain, Absent, finished=[["backup", "plain"]], skipped=[["backup", "absent"]])
    assert ledger.alerts == []
    assert outcomes(ledger) == {"plain": ModuleOutcome.NOT_RUN, "absent": ModuleOutcome.NOT_RUN}


def test_an_absent_source_is_told_by_the_exceptions_type(recorded: Callable[..., Ledger]) -> None:
    """Its text is only for people."""
    run = recorded(Absent).modules["backup", "absent"]
    assert (run.outcome, run.reason) == (ModuleOutcome.NO_SOURCE, "nothing here")


def test_alerts_survive_the_death_of_the_worker_at_every_boundary(
    examine_with_mvt: Callable[..., EngineResult], tmp_path: Path
) -> None:
    """Whatever prefix of the events was written, every alert in it is read back and nothing is finished."""
    phone = IosPhone(plants=(Plant(PlantKind.DOMAINS, "planted.example.net", "sms"),))
    built = build_ios_backup(tmp_path / "backup", phone)
    whole = examine_with_mvt(EvidenceKind.IOS_BACKUP, built.path)
    lines = (tmp_path / "results-0" / "events.jsonl").read_bytes().splitlines()
    for end in range(1, len(lines)):
        ledger = Ledger()
        for line in lines[:end]:
            take_safely(ledger, json.loads(line))
        told = [json.loads(line) for line in lines[:end] if b'"event":"alert"' in line]
        by_mvt = [event["message"] for event in told if event.get("source", "mvt") == "mvt"]
        assert [alert.message for alert in ledger.alerts if alert.source is AlertSource.MVT] == by_mvt
        assert not ledger.result().finished
    assert len(whole.alerts) > 1


def test_far_process_ids_hang_no_module(examine_with_mvt: Callable[..., EngineResult], tmp_path: Path) -> None:
    """Rows 2^62 apart: MVT would count from one to the other before it compares a single name."""
    built = build_ios_backup(tmp_path / "backup", IosPhone())
    (path,) = built.path.glob("0d/0d609c54856a9bb2d56729df1d68f2958a88426b")
    with closing(sqlite3.connect(path)) as connection, connection:
        (first,) = connection.execute("SELECT min(Z_PK) FROM ZPROCESS").fetchone()
        connection.execute("UPDATE ZPROCESS SET Z_PK = ? WHERE Z_PK = ?", (1 << 62, first))
        connection.execute("UPDATE ZLIVEUSAGE SET ZHASPROCESS = ? WHERE ZHASPROCESS = ?", (1 << 62, first))
    result = examine_with_mvt(EvidenceKind.IOS_BACKUP, built.path, limits=Limits(module_seconds=60, wall_seconds=200))
    assert result.finished
    assert any("process ids" in gap.reason for gap in result.gaps)
    (run,) = [each for each in result.modules if each.slug == "datausage"]
    assert run.outcome is ModuleOutcome.CHECKED
