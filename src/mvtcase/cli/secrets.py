"""Passwords: asked for without echo or read from a file; never on the command line, in the environment or in a log."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import typer

from mvtcase.errors import InputError, NotFoundError
from mvtcase.escape import visible

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.engine.job import Secret
    from mvtcase.model import Acquisition

MAX_PASSWORD_BYTES = 4096
_OTHERS_CAN_READ = 0o077


def read_password_file(path: Path) -> Secret:
    """Return the password in the first line of a file. Raises `NotFoundError` or `InputError`."""
    from mvtcase.engine.job import Secret

    if not path.is_file():
        raise NotFoundError(f"There is no password file {path}.")
    if os.name == "posix" and path.stat().st_mode & _OTHERS_CAN_READ:
        typer.echo(visible(f"Note: others can read {path}; 'chmod 600' it."), err=True)
    with path.open("rb") as handle:
        data = handle.read(MAX_PASSWORD_BYTES + 1)
    try:
        line = data.decode("utf-8-sig").split("\n")[0].rstrip("\r")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text.") from None
    if not line or len(data) > MAX_PASSWORD_BYTES:
        raise InputError(f"{path} holds no password in its first line.")
    return Secret(value=line)


def ask_for(acquisition: Acquisition) -> Secret | None:
    """Return the password typed for an encrypted acquisition, None where nobody can be asked."""
    from mvtcase.engine.job import Secret

    if not sys.stdin.isatty():
        return None
    typed = typer.prompt(visible(f"Password of {acquisition.id} ({acquisition.kind})"), hide_input=True, err=True)
    return Secret(value=str(typed)) if typed else None
