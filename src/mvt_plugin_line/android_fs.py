"""LINE in an Android file system dump: a module, and the MVT command that runs it, for MVT has no such command.

From Python: `CmdAndroidCheckLineFS(target_path=…, results_path=…, ioc_files=[…]).run()`; on the command line:
`mvt-android check-line-fs PATH`.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvt.common.command import save_timeline
from mvt.plugin import Command, DatabaseNotFoundError, MVTModule

from .android_db import read_account
from .android_files import in_dump
from .checks import LineChecks, is_domain

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMAND = "check-line-fs"
_LOG = logging.getLogger("mvt.ext.line.android_fs")


class LineAndroidFS(LineChecks):
    """Reads LINE of every Android user: the account switch, peers, sealed and unsealed runs, own keys, links."""

    slug = "line_android_fs"
    supported_commands = (("android", COMMAND),)

    def run(self) -> None:
        """Read every user's LINE; raises `DatabaseNotFoundError` when there is none below the given path."""
        folders = in_dump(Path(self.target_path)) if self.target_path else ()
        if not folders:
            raise DatabaseNotFoundError("LINE's data folder is not in this file system dump")
        for folder in folders:
            self.add_account(read_account(folder, is_domain))
        self.log.info("Read LINE of %d Android users", len(folders))


class CmdAndroidCheckLineFS(Command):
    """The MVT command that runs `LineAndroidFS` (and custom modules that name it) over a file system dump."""

    def __init__(
        self,
        target_path: str | None = None,
        results_path: str | None = None,
        ioc_files: Sequence[str] | None = None,
        *,
        custom_modules: Sequence[type[Any]] = (),
        **options: Any,  # noqa: ANN401 - handed on to MVT's Command as given
    ) -> None:
        super().__init__(
            target_path=target_path,
            results_path=results_path,
            ioc_files=list(ioc_files or ()),
            custom_modules=list(custom_modules),
            **{"log": _LOG, **options},
        )
        self.platform = "android"
        self.name = COMMAND
        self.modules = [LineAndroidFS]

    def init(self) -> None:
        """Say what is checked."""
        self.log.info("Checking LINE in the Android file system at: %s", self.target_path)

    def module_init(self, module: MVTModule) -> None:
        """Prepare nothing: the module needs the target path alone."""

    def finish(self) -> None:
        """Finish nothing."""

    def _store_timeline(self) -> None:
        """Store the timeline under the heading UTC: MVT takes any `CmdAndroid…` for device-local times."""
        if self.results_path and self.timeline:
            save_timeline(self.timeline, str(Path(self.results_path) / "timeline.csv"), is_utc=True)
