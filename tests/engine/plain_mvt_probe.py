"""Run one of MVT's commands as plain MVT would and write every alert it raises, in order, as JSON.

Started as a child process: MVT is never imported by the tests themselves, and nothing of mvtcase is imported here.
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
from pathlib import Path
from typing import Any

import mvt.common.command
from mvt.common.module_loader import load_custom_modules
from mvt.common.utils import CustomJSONEncoder

COMMANDS = {
    "ios_backup": ("mvt.ios.cmd_check_backup", "CmdIOSCheckBackup"),
    "ios_file_system": ("mvt.ios.cmd_check_fs", "CmdIOSCheckFS"),
    "sysdiagnose": ("mvt.ios.cmd_check_sysdiagnose", "CmdIOSCheckSysdiagnose"),
    "androidqf": ("mvt.android.cmd_check_androidqf", "CmdAndroidCheckAndroidQF"),
    "bugreport": ("mvt.android.cmd_check_bugreport", "CmdAndroidCheckBugreport"),
    "android_backup": ("mvt.android.cmd_check_backup", "CmdAndroidCheckBackup"),
    "intrusion_logs": ("mvt.android.cmd_check_intrusion_logs", "CmdAndroidCheckIntrusionLogs"),
    "android_file_system": ("mvt_plugin_line.android_fs", "CmdAndroidCheckLineFS"),
}


def alerts_of(job: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the alerts of every module that the command runs, those of nested commands too, as they are raised."""
    raised: list[dict[str, Any]] = []
    run_module = mvt.common.command.run_module

    def watched(module: Any) -> None:
        run_module(module)
        for alert in module.alertstore.alerts:
            event = json.loads(json.dumps(alert.event, cls=CustomJSONEncoder))
            raised.append({"module": alert.module, "level": alert.level.name, "message": alert.message, "event": event})

    mvt.common.command.run_module = watched
    place, name = COMMANDS[job["kind"]]
    command = getattr(importlib.import_module(place), name)(
        target_path=job["target"],
        ioc_files=job["indicators"],
        module_options={"interactive": False, "backup_password": job.get("password")},
        disable_version_check=True,
        disable_indicator_check=True,
        custom_modules=load_custom_modules(),
    )
    try:
        command.run()
    finally:
        mvt.common.command.run_module = run_module
    return raised


def main() -> None:
    """Answer every job of the file given as the only argument into the file that each job names."""
    logging.disable(logging.CRITICAL)
    for job in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
        Path(job["answer"]).write_text(json.dumps(alerts_of(job)), encoding="utf-8")


if __name__ == "__main__":
    main()
