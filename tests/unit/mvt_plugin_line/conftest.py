"""Fixtures of the LINE plugin's tests: MVT's settings stay out of the user's home, and what a module logged is kept."""

from __future__ import annotations

import logging
import os
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# MVT writes its settings file when it is imported, so this has to stand before any test module is.
_OWN_FOLDER = tempfile.mkdtemp(prefix="mvtcase-tests-")
os.environ["MVT_CONFIG_FOLDER"] = _OWN_FOLDER
os.environ["MVT_DATA_FOLDER"] = _OWN_FOLDER
os.environ["MVT_NETWORK_ACCESS_ALLOWED"] = "false"


class LineRun:
    """One module that ran over evidence: its records and alerts, and the lines it logged."""

    def __init__(self, module: Any, log: list[logging.LogRecord]) -> None:
        self.module = module
        self.results: list[dict[str, Any]] = module.results
        self.alerts: list[Any] = module.alertstore.alerts
        self.errors = [record.getMessage() for record in log if record.levelno >= logging.ERROR and record.levelno < 60]

    def of(self, record: str) -> list[dict[str, Any]]:
        """Return the records of one kind."""
        return [result for result in self.results if result["record"] == record]

    @property
    def summary(self) -> dict[str, Any]:
        """Return the only summary."""
        (summary,) = self.of("line_sealing_summary")
        return summary

    def rules(self) -> list[str]:
        """Return the rules that spoke, in order."""
        return [each["rule"] for each in self.of("line_rule")]


class _Keeper(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def _run(module_class: type[Any], target: Path | None, *, indicators: Any = None, **attributes: Any) -> LineRun:
    keeper = _Keeper()
    log = logging.Logger("line-test")  # noqa: LOG001 - a logger of this run alone, in no hierarchy
    log.addHandler(keeper)
    module = module_class(target_path=None if target is None else str(target), log=log)
    module.indicators = indicators
    for name, value in attributes.items():
        setattr(module, name, value)
    module.run()
    module.check_indicators()
    module.to_timeline()
    return LineRun(module, keeper.records)


@pytest.fixture(autouse=True)
def _no_log_file_left_open() -> Iterator[None]:
    """Close the log files that MVT's commands attach to its logger and keep."""
    yield
    logger = logging.getLogger("mvt")
    for handler in [each for each in logger.handlers if isinstance(each, logging.FileHandler)]:
        logger.removeHandler(handler)
        handler.close()


@pytest.fixture
def run_line() -> Callable[..., LineRun]:
    """Return a function that runs a module of the plugin over a path, as MVT does, and returns what came of it."""
    return _run
