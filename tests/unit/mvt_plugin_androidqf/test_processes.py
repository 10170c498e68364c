"""The processes of a present-day AndroidQF acquisition: both forms of processes.txt, odd ones and broken ones."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from mvt.common.indicators import Indicators
from mvt.common.module import DatabaseNotFoundError

from mvt_plugin_androidqf import AQFCollectedProcesses

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = "USER PID PPID VSZ RSS WCHAN ADDR S NAME\nroot 1 0 10 10 0 0 S init\nu0_a1 77 1 10 10 0 0 S net.example.app\n"


def entry(**changes: Any) -> dict[str, Any]:
    """Return one process as androidqf's collector writes it."""
    usual = {"pid": 77, "uid": 10001, "ppid": 1, "state": "S", "filename": "(le.app)", "path": ""}
    return {**usual, "command_line": ["net.example.app"], **changes}


def read(folder: Path, files: dict[str, str], *, planted: str = "") -> tuple[Any, list[str]]:
    """Return the module after it ran over an acquisition of some files, and what it logged as errors."""
    home = folder / "acquisition"
    home.mkdir()
    for name, text in files.items():
        (home / name).write_text(text, "utf-8")
    errors: list[str] = []
    log = logging.Logger("test")  # noqa: LOG001 - a logger of this run alone
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: errors.append(record.getMessage())  # type: ignore[method-assign]  # keeps the words
    log.addHandler(handler)
    module = AQFCollectedProcesses(target_path=str(home), log=log)
    module.from_dir(str(folder), [f"acquisition/{name}" for name in files])
    if planted:
        module.indicators = Indicators(log=log)
        collection = module.indicators._new_collection("1", "Invented", "", "invented.stix2", "invented.stix2")
        collection["processes"].append(planted)
        module.indicators.ioc_collections.append(collection)
        module.indicators.total_ioc_count += 1
    module.run()
    module.check_indicators()
    return module, [each for each in errors if each.startswith("Examined in part")]


COLLECTED = json.dumps([entry(), entry(pid=1, command_line=["init"])])


@pytest.mark.parametrize(
    "files",
    [{"processes.json": COLLECTED}, {"processes.txt": COLLECTED}, {"processes.txt": PLAIN}],
    ids=["since v1.8.0", "before", "ps"],
)
def test_all_forms_are_read_and_compared(files: dict[str, str], tmp_path: Path) -> None:
    """The collector's JSON under both its names and the output of ps give the same names to the indicators."""
    module, errors = read(tmp_path, files, planted="net.example.app")
    assert {each["command"] for each in module.results} == {"net.example.app", "init"}
    assert [alert.matched_indicator.value for alert in module.alertstore.alerts] == ["net.example.app"]
    assert errors == []


def test_a_process_is_known_by_the_program_it_runs_too(tmp_path: Path) -> None:
    """A process writes its own command line: one that calls itself otherwise is still found by its file."""
    hidden = entry(command_line=["system_server"], path="/data/local/tmp/plantedd (deleted)")
    module, _ = read(tmp_path, {"processes.txt": json.dumps([hidden])}, planted="plantedd")
    assert [alert.event["command"] for alert in module.alertstore.alerts] == ["system_server"]


def test_two_lists_are_both_read(tmp_path: Path) -> None:
    """Where an acquisition holds both files no process of either is left out."""
    files = {"processes.json": COLLECTED, "processes.txt": PLAIN.replace("net.example.app", "plantedd")}
    module, errors = read(tmp_path, files, planted="plantedd")
    assert {each["command"] for each in module.results} == {"net.example.app", "init", "plantedd"}
    assert len(module.alertstore.alerts) == 1
    assert errors == []


def test_a_kernel_thread_has_its_short_name(tmp_path: Path) -> None:
    """Without a command line the name from the process table stands, its brackets taken off."""
    module, errors = read(tmp_path, {"processes.txt": json.dumps([entry(command_line=[], filename="(kswapd0)")])})
    assert [each["command"] for each in module.results] == ["kswapd0"]
    assert errors == []


def test_without_a_list_of_its_own_it_says_so(tmp_path: Path) -> None:
    """No list is no empty list."""
    with pytest.raises(DatabaseNotFoundError):
        read(tmp_path, {"ps.txt": PLAIN})


def test_beside_the_list_that_mvt_reads_only_what_that_one_lacks_is_told(tmp_path: Path) -> None:
    """Nothing is reported twice, and what hides from one list is found in the other."""
    other = f"{PLAIN}u0_a2 78 1 10 10 0 0 S plantedd\n"
    module, _ = read(tmp_path, {"processes.txt": other, "ps.txt": PLAIN}, planted="plantedd")
    assert [each["command"] for each in module.results] == ["plantedd"]
    assert len(module.alertstore.alerts) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "adb: device offline",
        json.dumps([entry(), {"pid": 5}, "text", None]),
        f"{PLAIN}u0_a2 not-a-number 1 10 10 0 0 S plantedd\n",
    ],
)
def test_what_could_not_be_read_is_said(text: str, tmp_path: Path) -> None:
    """A list read in part is an error in the log, which a case takes as a gap."""
    _, errors = read(tmp_path, {"processes.txt": text})
    assert len(errors) == 1


@pytest.mark.parametrize("text", ["[{", "[1e999999999,", "[" * 100_000])
def test_broken_json_is_an_error_of_the_module(text: str, tmp_path: Path) -> None:
    """MVT logs what a module raises; nothing broken passes for an empty list."""
    with pytest.raises((ValueError, RecursionError)):
        read(tmp_path, {"processes.txt": text})
