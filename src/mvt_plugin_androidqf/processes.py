"""The running processes in androidqf's `processes.json` or `processes.txt`: the collector's list, or what `ps` printed.

androidqf's `modules/processes.go`: the collector's list goes to `processes.json` since v1.8.0 (October 2025) and went
to `processes.txt` before; what `ps -A` prints, where no collector runs on the phone, goes to `processes.txt` always.
"""

from __future__ import annotations

from typing import Any

from mvt.android.artifacts.processes import Processes
from mvt.plugin import AndroidQFModule, DatabaseNotFoundError

from mvtcase_readers.trees import parse_json

_PARTLY_READ = "Examined in part or not at all: %s (%s)"
_NAMES = ("processes.json", "processes.txt")
_NUMBERS = ("uid", "pid", "ppid")
_TEXTS = ("state", "path", "context")


class AQFCollectedProcesses(Processes, AndroidQFModule):
    """Compares the processes of `processes.json` and `processes.txt`; of those that `ps.txt` names MVT tells itself."""

    slug = "aqf_collected_processes"
    supported_commands = (("android", "check-androidqf"),)

    def run(self) -> None:
        """Read the lists; raises `DatabaseNotFoundError` where there is none beside the one that MVT itself reads."""
        files = [file for name in _NAMES for file in self._get_files_by_pattern(f"*/{name}")]
        if not files:
            raise DatabaseNotFoundError(f"no {' or '.join(_NAMES)}")
        self.results: list[dict[str, Any]] = []
        for file in files:
            self._read(file)
        told = self._told_by_mvt()
        # A program that hides from one list may stand in the other: only what both name is told once.
        self.results = [each for each in self.results if (each.get("pid"), each["command"]) not in told]

    def _told_by_mvt(self) -> set[tuple[object, object]]:
        """Return process id and name of every process in `ps.txt`."""
        other = Processes()
        for file in self._get_files_by_pattern("*/ps.txt")[:1]:
            other.parse(self._get_file_content(file).decode("utf-8", "replace"))
        return {(each.get("pid"), each.get("command")) for each in other.results}

    def _read(self, file: str) -> None:
        name = file.rsplit("/", 1)[-1]
        text = self._get_file_content(file).decode("utf-8", "replace").strip()
        if text.startswith("["):
            self._take(name, parse_json(text))
        else:
            self._take_table(name, text)

    def check_indicators(self) -> None:
        """Compare the name each process gives itself, and then the program it really runs where that is another."""
        super().check_indicators()
        if not self.indicators:
            return
        for result in self.results:
            program = str(result.get("path", "")).removesuffix(" (deleted)").rsplit("/", 1)[-1]
            if not program or program == str(result["command"]).rsplit("/", 1)[-1]:
                continue
            match = self.indicators.check_process(program)
            if match:
                self.alertstore.critical(match.message, "", result, matched_indicator=match.ioc)

    def _take(self, name: str, listed: list[Any]) -> None:
        taken = [_result(entry) for entry in listed if isinstance(entry, dict) and _command(entry)]
        self.results += taken
        odd = len(listed) - len(taken)
        if odd:
            self.log.error(_PARTLY_READ, name, f"{odd} entries name no process")

    def _take_table(self, name: str, text: str) -> None:
        before = self.results
        self.results = []
        self.parse(text)
        rows = len(text.splitlines()) - 1
        if len(self.results) < max(rows, 1):
            self.log.error(_PARTLY_READ, name, f"{len(self.results)} of {max(rows, 0)} lines are processes")
        self.results = before + self.results


def _command(entry: dict[str, Any]) -> str:
    """Return what a process calls itself: its first argument or, as kernel threads have none, its short name."""
    arguments = entry.get("command_line")
    first = arguments[0] if isinstance(arguments, list) and arguments else ""
    named = first if isinstance(first, str) and first else entry.get("filename")
    return named.strip("()[]") if isinstance(named, str) else ""


def _result(entry: dict[str, Any]) -> dict[str, Any]:
    kept = {name: entry[name] for name in _NUMBERS if isinstance(entry.get(name), int)}
    kept |= {name: entry[name] for name in _TEXTS if isinstance(entry.get(name), str)}
    return {**kept, "command": _command(entry)}
