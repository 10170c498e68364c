"""The running processes in androidqf's `processes.txt`: the collector's JSON, or what `ps -A` printed."""

from __future__ import annotations

from typing import Any

from mvt.android.artifacts.processes import Processes
from mvt.plugin import AndroidQFModule, DatabaseNotFoundError

from mvtcase_readers.trees import parse_json

_PARTLY_READ = "Examined in part or not at all: %s (%s)"
_NUMBERS = ("uid", "pid", "ppid")
_TEXTS = ("state", "path", "context")


class AQFCollectedProcesses(Processes, AndroidQFModule):
    """Compares the processes of `processes.txt` with process and app indicators, where there is no `ps.txt`."""

    slug = "aqf_collected_processes"
    supported_commands = (("android", "check-androidqf"),)

    def run(self) -> None:
        """Read the list; raises `DatabaseNotFoundError` where there is none or MVT's own module reads the older one."""
        if self._get_files_by_pattern("*/ps.txt"):
            raise DatabaseNotFoundError("ps.txt is there, which MVT's own module reads")
        files = self._get_files_by_pattern("*/processes.txt")
        if not files:
            raise DatabaseNotFoundError("no processes.txt")
        self.results: list[dict[str, Any]] = []
        text = self._get_file_content(files[0]).decode("utf-8", "replace").strip()
        if text.startswith("["):
            self._take(parse_json(text))
        else:
            self._take_table(text)

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

    def _take(self, listed: list[Any]) -> None:
        for entry in listed:
            if isinstance(entry, dict) and _command(entry):
                self.results.append(_result(entry))
        odd = len(listed) - len(self.results)
        if odd:
            self.log.error(_PARTLY_READ, "processes.txt", f"{odd} entries name no process")

    def _take_table(self, text: str) -> None:
        self.parse(text)
        rows = len(text.splitlines()) - 1
        if len(self.results) < max(rows, 1):
            self.log.error(_PARTLY_READ, "processes.txt", f"{len(self.results)} of {max(rows, 0)} lines are processes")


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
