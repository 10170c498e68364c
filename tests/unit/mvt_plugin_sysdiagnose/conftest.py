"""The real modules over built sysdiagnoses, in this process; MVT's settings are kept out of the home folder."""

from __future__ import annotations

import itertools
import json
import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

# MVT reads its environment and writes its settings file when it is imported: both are redirected for that moment only.
_FOLDER = tempfile.mkdtemp(prefix="mvtcase-tests-")
_REDIRECTION = {"MVT_CONFIG_FOLDER": _FOLDER, "MVT_DATA_FOLDER": _FOLDER, "MVT_NETWORK_ACCESS_ALLOWED": "false"}
_BEFORE = {name: os.environ.get(name) for name in _REDIRECTION}
os.environ.update(_REDIRECTION)

from mvt.common.indicators import Indicators  # noqa: E402 - after the redirection
from mvt.common.module import run_module  # noqa: E402

from mvt_plugin_sysdiagnose.modules import MODULES  # noqa: E402

for _name, _value in _BEFORE.items():
    if _value is None:
        del os.environ[_name]
    else:
        os.environ[_name] = _value

if TYPE_CHECKING:
    from mvt_plugin_sysdiagnose.base import SysdiagnoseModule


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What one module left behind."""

    module: SysdiagnoseModule
    log: list[logging.LogRecord]

    @property
    def alerts(self) -> list[tuple[str, str]]:
        """Level name and message of every alert."""
        return [(alert.level.name, alert.message) for alert in self.module.alertstore.alerts]

    @property
    def critical(self) -> list[Any]:
        """The critical alerts themselves."""
        return [alert for alert in self.module.alertstore.alerts if alert.level.name == "CRITICAL"]

    @property
    def states(self) -> dict[str, str]:
        """The state of every source."""
        return {record["source"]: record["state"] for record in self.module.source_states}

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """The records of one kind."""
        return [record for record in self.module.results if record["record"] == kind]

    @property
    def crashed(self) -> list[str]:
        """What MVT's runner logged with an exception that no module meant to raise."""
        meant = ("There might be no data", "database seems to be corrupted")
        return [
            record.getMessage()
            for record in self.log
            if record.exc_info and not any(text in record.getMessage() for text in meant)
        ]


class Examine(Protocol):
    """Runs the modules over a sysdiagnose folder."""

    def __call__(self, folder: Path, *patterns: str, only: str | None = None) -> dict[str, Examined]:
        """Return what each module left, by slug; `patterns` are the STIX patterns of the indicators."""


@pytest.fixture
def examine(tmp_path: Path) -> Examine:
    """A runner of the real modules with indicators given as STIX patterns."""

    def run(folder: Path, *patterns: str, only: str | None = None) -> dict[str, Examined]:
        indicators = _indicators(tmp_path / "tiny.stix2", patterns)
        modules = [module for module in MODULES if only in (None, module.slug)]
        return {str(module.slug): _examined(module, folder, indicators) for module in modules}

    return run


def _indicators(path: Path, patterns: tuple[str, ...]) -> Any:
    objects: list[dict[str, object]] = [{"type": "malware", "id": "malware--1", "name": "TestSpy"}]
    for number, pattern in enumerate(patterns):
        own = f"indicator--{number}"
        objects.append({"type": "indicator", "id": own, "pattern": pattern})
        objects.append({"type": "relationship", "source_ref": own, "target_ref": "malware--1"})
    path.write_text(json.dumps({"type": "bundle", "objects": objects}))
    indicators = Indicators()
    indicators.load_indicators_files([str(path)], load_default=False)
    return indicators


_NUMBERS = itertools.count()


class _Keeper(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.kept: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        record.getMessage()
        self.kept.append(record)


def _examined(module: type[SysdiagnoseModule], folder: Path, indicators: Any) -> Examined:
    keeper = _Keeper()
    log = logging.getLogger(f"mvtcase.tests.{module.slug}.{next(_NUMBERS)}")
    log.setLevel(logging.DEBUG)
    log.addHandler(keeper)
    instance = module(target_path=str(folder), log=log)
    parent = folder.absolute().parent
    names = [os.path.relpath(Path(root) / name, parent) for root, _, found in os.walk(folder) for name in found]
    instance.from_sysdiagnose_folder(str(folder), names)
    instance.indicators = indicators if indicators.total_ioc_count else None
    run_module(instance)
    return Examined(module=instance, log=keeper.kept)
