"""The contract with MVT 2026.10.26: the seams and the silences that this program leans on.

When a test here fails after an update of MVT, the recorder, the outcome templates or the coverage table need a look.
"""

from __future__ import annotations

import inspect
import logging
import re
from pathlib import Path
from typing import Any

import mvt
import mvt.common.command as mvt_command
import pytest
import tomli
from mvt.common.alerts import Alert, AlertLevel, AlertStore
from mvt.common.command import Command
from mvt.common.indicators import Indicator, Indicators
from mvt.common.module import DatabaseNotFoundError, MVTModule
from mvt.common.module_loader import get_module_origin, load_custom_modules
from mvt.common.version import MVT_VERSION
from mvt.ios.modules.base import IOSExtraction

from mvtcase.engine.outcomes import MISSING_FILES, TEMPLATES, UNRESOLVED_LINK
from mvtcase.engine.versions import PINNED_MVT
from mvtcase.engine.worker.run.commands import CLASSES, module_classes
from mvtcase.engine.worker.run.notes import ALERT_LEVELS
from mvtcase.kinds import KINDS, Kind
from mvtcase.model import Level

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]


class Probe(MVTModule):  # type: ignore[misc]  # MVT has no types
    """A module of the tests' own, to be run by a command."""

    supported_commands = (("ios", "check-backup"),)

    def run(self) -> None:
        """Read nothing."""

    def check_indicators(self) -> None:
        """Compare nothing."""


def test_the_pinned_release_is_installed_and_pinned_everywhere() -> None:
    """Code, packaging and installation speak of one release."""
    dependencies = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert f"mvt=={PINNED_MVT}" in dependencies
    assert MVT_VERSION == PINNED_MVT


def test_every_module_runs_through_one_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Replacing `command.run_module` sees the modules of a command; `module_init` is called just before."""
    seen: list[str] = []

    class Small(Command):  # type: ignore[misc]  # MVT has no types
        def module_init(self, module: Any) -> None:
            seen.append("init")

    monkeypatch.setattr(mvt_command, "run_module", lambda module: seen.append(type(module).__name__))
    command = Small(target_path=str(tmp_path), iocs=Indicators())
    command.modules = [Probe]
    command.platform, command.name = "ios", "check-backup"
    command.run()
    assert seen == ["init", "Probe"]


def test_run_module_calls_run_and_check_of_the_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recorder watches the two methods by putting its own on the instance."""
    seen: list[str] = []
    module = Probe()
    monkeypatch.setattr(module, "run", lambda: seen.append("run"), raising=False)
    monkeypatch.setattr(module, "check_indicators", lambda: seen.append("check"), raising=False)
    mvt_command.run_module(module)
    assert seen == ["run", "check"]


def test_run_module_swallows_what_a_module_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing comes out but a log line, which is why the recorder watches from inside."""
    module = Probe()

    def absent() -> None:
        raise DatabaseNotFoundError

    monkeypatch.setattr(module, "run", absent, raising=False)
    assert mvt_command.run_module(module) is None


@pytest.mark.parametrize("level", ["info", "low", "medium", "high", "critical"])
def test_every_alert_goes_through_one_method(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    """The shortcuts of the store all end in `add`."""
    added: list[Alert] = []
    monkeypatch.setattr(AlertStore, "add", lambda _, alert: added.append(alert))
    getattr(AlertStore(), level)("message", "", {})
    assert [alert.message for alert in added] == ["message"]


def test_no_module_puts_alerts_past_the_store() -> None:
    """MVT's sources append to the store's list in one place only."""
    package = Path(inspect.getfile(mvt)).parent
    pattern = re.compile(r"alerts\.append\(")
    places = [path for path in package.rglob("*.py") if pattern.search(path.read_text("utf-8"))]
    assert {path.name for path in places} == {"alerts.py"}


def test_levels_are_ours_and_their_log_levels_are_known() -> None:
    """An alert's level is one of ours by name, and alerts are told from errors by their log level."""
    assert {level.name for level in AlertLevel} == {str(level) for level in Level}
    from mvt.common import log as mvt_log  # noqa: PLC0415 - beside what it is compared with

    known = {mvt_log.INFO_ALERT, mvt_log.LOW_ALERT, mvt_log.MEDIUM_ALERT, mvt_log.HIGH_ALERT, mvt_log.CRITICAL_ALERT}
    assert known == ALERT_LEVELS
    assert not known & {logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL}


def test_an_indicator_has_the_four_fields_we_name() -> None:
    """Value, type, family and the set's file."""
    assert list(inspect.signature(Indicator).parameters) == ["value", "type", "name", "stix2_file_name"]


def test_the_plan_of_a_command_is_known_before_it_runs() -> None:
    """The recorder asks `_ordered_modules` what is going to run."""
    assert "_ordered_modules" in inspect.getsource(Command.run)
    assert callable(Command._ordered_modules)


def test_stored_results_go_back_into_a_module(tmp_path: Path) -> None:
    """`from_json` fills a module that `check_indicators` can then be run on."""
    (tmp_path / "probe.json").write_text('[{"a": 1}]', "utf-8")
    assert Probe.from_json(str(tmp_path / "probe.json"), log=logging.getLogger("mvt")).results == [{"a": 1}]


def test_our_plugins_are_found_by_mvts_own_loader() -> None:
    """Both packages register their modules, under our distribution."""
    modules = load_custom_modules()
    assert {get_module_origin(each).name for each in modules} == {"mvtcase"}
    packages = {each.__module__.partition(".")[0] for each in modules}
    assert packages == {"mvt_plugin_androidqf", "mvt_plugin_line", "mvt_plugin_sysdiagnose"}


def test_every_kind_maps_to_the_command_its_table_names() -> None:
    """The lines that `kinds` names and the worker's table of classes speak of the same commands."""
    assert set(CLASSES) == {kind.command.line for kind in KINDS}
    for line, cls in CLASSES.items():
        command = cls(target_path=None, results_path=None)
        assert f"mvt-{command.platform} {command.name}" == line


def slugs_of(kind: Kind) -> set[tuple[str, str]]:
    """Return part and slug of every module, MVT's and ours, that can run on evidence of a kind."""
    own = module_classes(kind.name)
    found = {(part, each.get_slug()) for part, (_, _, classes) in own.items() for each in classes}
    for each in load_custom_modules():
        places = set(each.supported_commands)
        found |= {(part, each.get_slug()) for part, (platform, name, _) in own.items() if (platform, name) in places}
    return found


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.name))
def test_every_module_that_a_kind_names_runs_on_it(kind: Kind) -> None:
    """A slug that no module has would be a gap for ever, a trace never carried, or a finding of the wrong class."""
    known = slugs_of(kind)
    slugs = {slug for _, slug in known}
    assert {(row.part, row.slug) for row in kind.key_modules} <= known
    assert {(row.part, row.stand_in) for row in kind.key_modules if row.stand_in} <= known
    assert set(kind.traces) <= slugs
    assert {slug for limit in kind.limitations for slug in limit.unless} <= slugs


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.name))
def test_every_module_that_runs_on_a_kind_has_its_trace(kind: Kind) -> None:
    """A module without one would hold records that no reach speaks of."""
    assert {slug for _, slug in slugs_of(kind)} == set(kind.traces)


def test_every_template_we_know_stands_in_mvts_sources() -> None:
    """A template that MVT, or one of our plugins, reworded would silently lose its meaning."""
    packages = [Path(inspect.getfile(mvt)).parent, *(ROOT / "src").glob("mvt_plugin_*")]
    source = "".join(path.read_text("utf-8") for package in packages for path in package.rglob("*.py"))
    # Adjacent literals are one text in Python and several in its source.
    joined = re.sub(r'"\s*\n?\s*f?"', "", source)
    missing = [template for template in (*TEMPLATES, UNRESOLVED_LINK, MISSING_FILES) if template not in joined]
    assert missing == []


def test_mvt_repairs_databases_with_a_shell_found_on_path() -> None:
    """This is why the worker's PATH names an empty folder."""
    source = inspect.getsource(IOSExtraction._recover_sqlite_db_if_needed)
    assert 'shutil.which("sqlite3")' in source
