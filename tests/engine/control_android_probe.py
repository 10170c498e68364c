"""Run MVT commands named in a job file and print, as JSON lines, what every module (nested ones too) found.

Started as a child process: MVT is never imported by the tests themselves.
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
from pathlib import Path
from typing import Any

import mvt.common.command

COMMANDS = {
    "androidqf": ("mvt.android.cmd_check_androidqf", "CmdAndroidCheckAndroidQF"),
    "bugreport": ("mvt.android.cmd_check_bugreport", "CmdAndroidCheckBugreport"),
    "backup": ("mvt.android.cmd_check_backup", "CmdAndroidCheckBackup"),
    "intrusion_logs": ("mvt.android.cmd_check_intrusion_logs", "CmdAndroidCheckIntrusionLogs"),
}


def probe(job: dict[str, Any]) -> dict[str, Any]:
    """Return what one command did: its modules in order and the exception that ended it, if any."""
    modules: list[dict[str, Any]] = []
    run_module = mvt.common.command.run_module

    def watched(module: Any) -> None:
        run_module(module)
        alerts = [
            {
                "level": alert.level.name,
                "message": alert.message,
                "indicator": getattr(alert.matched_indicator, "value", None),
            }
            for alert in module.alertstore.alerts
        ]
        package = type(module).__module__.split(".")[3]
        modules.append({"slug": module.get_slug(), "of": package, "records": len(module.results), "alerts": alerts})

    mvt.common.command.run_module = watched
    place, name = COMMANDS[job["command"]]
    command = getattr(importlib.import_module(place), name)(
        target_path=job["target"],
        ioc_files=[job["indicators"]],
        module_options={"interactive": False, **job.get("options", {})},
        disable_version_check=True,
        disable_indicator_check=True,
    )
    error = None
    try:
        command.run()
    except (Exception, SystemExit) as problem:  # noqa: BLE001 - whatever ended the command is the answer
        error = f"{type(problem).__name__}: {problem}"
    finally:
        mvt.common.command.run_module = run_module
    return {"modules": modules, "error": error}


def main() -> None:
    """Answer every job of the file given as the only argument."""
    logging.disable(logging.CRITICAL)
    for job in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
        sys.stdout.write(json.dumps(probe(job)) + "\n")


if __name__ == "__main__":
    main()
