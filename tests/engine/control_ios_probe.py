"""Run MVT's iOS commands, one for each line of standard input, and write what every module found to a file each.

Started as a child process: MVT is never imported by the tests themselves.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

from mvt.ios.cmd_check_backup import CmdIOSCheckBackup
from mvt.ios.cmd_check_fs import CmdIOSCheckFS
from mvt.ios.decrypt import DecryptBackup

COMMANDS = {"check-backup": CmdIOSCheckBackup, "check-fs": CmdIOSCheckFS}


class Errors(logging.Handler):
    """Keeps what MVT logged as an error: a module that died says so nowhere else."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the sentence of one record, alerts aside."""
        if "Error in running" in record.getMessage() or record.levelno == logging.ERROR:
            self.lines.append(record.getMessage())


def decrypted(job: dict[str, Any]) -> None:
    """Decrypt the job's backup as MVT's decrypt-backup does, so that its target can be checked."""
    decryption = DecryptBackup(job["encrypted"], job["target"])
    decryption.decrypt_with_password(job["password"])
    decryption.process_backup()


def main() -> None:
    """Answer every job and say so with a line each."""
    for line in sys.stdin:
        errors = Errors()
        logging.getLogger().addHandler(errors)
        answer(json.loads(line), errors)
        logging.getLogger().removeHandler(errors)
        sys.stdout.write("answered\n")
        sys.stdout.flush()


def answer(job: dict[str, Any], errors: Errors) -> None:
    """Run the command of a job and write what it found where the job says."""
    if "encrypted" in job:
        decrypted(job)
    command = COMMANDS[job["command"]](
        target_path=job["target"],
        ioc_files=[job["indicators"]],
        disable_version_check=True,
        disable_indicator_check=True,
    )
    command.run()
    modules = {
        module.get_slug(): {
            "records": len(module.results),
            "alerts": [
                {
                    "level": alert.level.name,
                    "message": alert.message,
                    "indicator": getattr(alert.matched_indicator, "value", None),
                }
                for alert in module.alertstore.alerts
            ],
        }
        for module in command.executed
    }
    Path(job["answer"]).write_text(json.dumps({"modules": modules, "errors": errors.lines}), encoding="utf-8")


if __name__ == "__main__":
    main()
