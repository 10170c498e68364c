"""MVT's command classes by kind of evidence, with nested commands that cannot end one another."""

from __future__ import annotations

import importlib.metadata
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvt.android import cmd_check_backup
from mvt.android.cmd_check_androidqf import CmdAndroidCheckAndroidQF, NoAndroidQFBackup, NoAndroidQFBugReport
from mvt.android.cmd_check_backup import CmdAndroidCheckBackup
from mvt.android.cmd_check_bugreport import CmdAndroidCheckBugreport
from mvt.android.cmd_check_intrusion_logs import CmdAndroidCheckIntrusionLogs
from mvt.android.parsers.backup import InvalidBackupPassword
from mvt.common.module_loader import MODULES_ENTRY_POINT_GROUP, load_custom_modules
from mvt.ios.cmd_check_backup import CmdIOSCheckBackup
from mvt.ios.cmd_check_fs import CmdIOSCheckFS
from mvt.ios.cmd_check_sysdiagnose import CmdIOSCheckSysdiagnose

from mvt_plugin_line.android_fs import CmdAndroidCheckLineFS
from mvtcase import kinds
from mvtcase.engine.worker.run.recorder import load_step
from mvtcase.engine.worker.task import spellings
from mvtcase.model import ModuleOutcome
from mvtcase.wording import why
from mvtcase_readers.regular import check_regular

if TYPE_CHECKING:
    from collections.abc import Callable

    from mvt.common.command import Command
    from mvt.common.indicators import Indicators
    from mvt.common.module import MVTModule

    from mvtcase.engine.worker.run.recorder import Recorder
    from mvtcase.engine.worker.task import Task
    from mvtcase.model import EvidenceKind


class CmdAndroidCheckAndroidQFApart(CmdAndroidCheckAndroidQF):
    """AndroidQF's command whose nested commands each stand alone: a broken bugreport costs the bugreport, no more.

    The name begins as MVT's does, because MVT takes the timeline's clock from it.
    """

    recorder: Recorder

    def run_bugreport_cmd(self) -> bool:
        """Run the bugreport's modules where there is one; return whether it was there."""
        return self._apart("bugreport", super().run_bugreport_cmd)

    def run_backup_cmd(self) -> bool:
        """Run the backup's modules where there is one; return whether it was there."""
        return self._apart("backup", super().run_backup_cmd)

    def run_intrusion_logs_cmd(self) -> bool:
        """Run the intrusion logs' modules where there are any; return whether they were there."""
        return self._apart("intrusion_logs", super().run_intrusion_logs_cmd)

    def load_bugreport(self) -> Any:  # noqa: ANN401 - a ZipFile
        """Open bugreport.zip as MVT does, and say so when there is none."""
        self._check_named("bugreport.zip")
        try:
            return super().load_bugreport()
        except NoAndroidQFBugReport:
            if self._is_before_bugreports():
                self.recorder.emit("limitation", reason=why("androidqf.before_bugreports").data)
            else:
                self.recorder.problem("bugreport", ModuleOutcome.NO_SOURCE, why("androidqf.no_bugreport"))
            raise

    def load_backup(self) -> Any:  # noqa: ANN401 - bytes
        """Read backup.ab as MVT does, and say so when there is none."""
        self._check_named("backup.ab")
        try:
            return super().load_backup()
        except NoAndroidQFBackup:
            if self._backup_was_tried():
                self.recorder.problem("backup", ModuleOutcome.NO_SOURCE, why("androidqf.no_backup"))
            else:
                self.recorder.emit("limitation", reason=why("androidqf.none_chosen").data)
            raise

    def _is_before_bugreports(self) -> bool:
        """Return whether a release took it that took no bug report: v1.7.0 took the first and told its own version."""
        record = self._own_record("acquisition.json")
        return record != b"" and b'"androidqf_version"' not in record and not self._lists("bugreport.zip")

    def _lists(self, name: str) -> bool:
        return name.encode() in self._own_record("hashes.csv") + self._own_record("command.log")

    def _backup_was_tried(self) -> bool:
        """Return whether the collector's own records speak of a backup, or there are none that could."""
        texts = [self._own_record(name) for name in ("command.log", "hashes.csv")]
        return not any(texts) or any(map(_BACKUP_TRIED.search, texts))

    def _own_record(self, ending: str) -> bytes:
        files: list[str] = getattr(self, "_CmdAndroidCheckAndroidQF__files", [])
        for file_path in files:
            if file_path.replace("\\", "/").rsplit("/", 1)[-1] == ending:
                content: bytes = self._get_file_content(file_path)
                return content
        return b""

    def _get_file_content(self, file_path: str) -> Any:  # noqa: ANN401 - bytes
        """Read a file as MVT does, unless a pipe, device or link out of the folder stands in its place."""
        self._check(file_path)
        return super()._get_file_content(file_path)

    def _check(self, file_path: str) -> None:
        if self.target_path and Path(self.target_path).is_dir():
            parent = Path(self.target_path).absolute().parent
            check_regular(parent / file_path, Path(self.target_path))

    def _check_named(self, ending: str) -> None:
        """Check the file that MVT is going to pick by the end of its name."""
        files: list[str] = getattr(self, "_CmdAndroidCheckAndroidQF__files", [])
        for file_path in files:
            if file_path.endswith(ending):
                self._check(file_path)
                return

    def _apart(self, part: str, run: Callable[[], bool]) -> bool:
        if load_step(part) in self.recorder.task.steps_lost:
            return False
        return self.recorder.nested(part, run)


_BACKUP_TRIED = re.compile(rb"Generating a backup|Backup completed|get backup|backup\.ab")
"""What AndroidQF logs when it was told to take a backup (`modules/backup.go`), and the file it lists then."""


def _in_each_spelling(parse: Callable[..., bytes]) -> Callable[..., bytes]:
    """Return MVT's reader of Android backups, which tries a password composed and decomposed too."""

    def parsed(data: bytes, password: str | None = None) -> bytes:
        *others, last = spellings(password)
        for each in others:
            with suppress(InvalidBackupPassword):
                return parse(data, password=each)
        return parse(data, password=last)

    return parsed


cmd_check_backup.parse_backup_file = _in_each_spelling(cmd_check_backup.parse_backup_file)

_NESTED: tuple[type[Command], ...] = (CmdAndroidCheckBugreport, CmdAndroidCheckBackup, CmdAndroidCheckIntrusionLogs)

CLASSES: dict[str, type[Command]] = {
    "mvt-ios check-backup": CmdIOSCheckBackup,
    "mvt-ios check-fs": CmdIOSCheckFS,
    "mvt-ios check-sysdiagnose": CmdIOSCheckSysdiagnose,
    "mvt-android check-androidqf": CmdAndroidCheckAndroidQFApart,
    "mvt-android check-bugreport": CmdAndroidCheckBugreport,
    "mvt-android check-backup": CmdAndroidCheckBackup,
    "mvt-android check-intrusion-logs": CmdAndroidCheckIntrusionLogs,
    "mvt-android check-line-fs": CmdAndroidCheckLineFS,
}
"""The classes by the command lines that `mvtcase.kinds` names."""

_STORING = ("_store_timeline", "_store_alerts_timeline", "_store_alerts", "_store_urls", "_store_info")


def command_for(
    task: Task, indicators: Indicators, plugins: list[type[MVTModule]], recorder: Recorder, folder: str = ""
) -> Command:
    """Return MVT's command for a task, ready to run; its summaries go into a folder of the results."""
    command = CLASSES[kinds.of(task.kind).command.line](
        target_path=str(task.target),
        results_path=str(task.results / "mvt" / folder),
        iocs=indicators,
        module_options={"interactive": False, "fast_mode": False, "backup_password": task.password},
        disable_version_check=True,
        disable_indicator_check=True,
        custom_modules=plugins,
    )
    command.recorder = recorder
    for name in _STORING:
        setattr(command, name, _forgiving(name, getattr(command, name), recorder))
    return command


def _forgiving(name: str, store: Callable[[], None], recorder: Recorder) -> Callable[[], None]:
    """MVT's summary files come last; one that cannot be written must neither stop the others nor count."""

    def stored() -> None:
        try:
            store()
        except Exception as error:  # noqa: BLE001 - anything an alert's event can hold may break the writing
            reason = why("command.summary", error=type(error).__name__, what=name)
            recorder.emit("limitation", reason=reason.data)

    return stored


def module_classes(kind: EvidenceKind) -> dict[str, tuple[str, str, list[type[MVTModule]]]]:
    """Return platform, command and MVT's own modules of every part that evidence of this kind can have."""
    facts = kinds.of(kind).command
    chain = (CLASSES[facts.line], *(_NESTED if facts.parts else ()))
    found: dict[str, tuple[str, str, list[type[MVTModule]]]] = {}
    for cls in chain:
        command = cls(target_path=None, results_path=None)
        found[kinds.part_name(command.name)] = (command.platform, command.name, list(command.modules))
    return found


OUR_DISTRIBUTION = "mvtcase"


class ForeignModulesError(Exception):
    """Plugin packages that are neither MVT's nor ours are installed; the message names them."""


def load_plugins(*, allow_foreign: bool) -> list[type[MVTModule]]:
    """Return the plugin modules by MVT's own loader.

    Raises `ForeignModulesError` when a package that is not ours registers modules and that was not allowed: an
    installed plugin can replace a module of MVT's.
    """
    foreign = sorted({name for name in plugin_distributions() if name != OUR_DISTRIBUTION})
    if foreign and not allow_foreign:
        raise ForeignModulesError(", ".join(foreign))
    return list(load_custom_modules())


def plugin_distributions() -> dict[str, str]:
    """Return the distributions that register MVT modules with their versions."""
    found: dict[str, str] = {}
    for point in importlib.metadata.entry_points(group=MODULES_ENTRY_POINT_GROUP):
        distribution = point.dist
        name = distribution.name if distribution is not None else f"unknown:{point.name}"
        found[name] = distribution.version if distribution is not None else ""
    return found
