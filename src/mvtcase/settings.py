"""The one settings record: defaults, then the settings file, then what the caller says."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import platformdirs
import tomli

from mvtcase.errors import InputError
from mvtcase.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds for one scan's worker: seconds of wall and CPU time, bytes of memory, files and temporary disk.

    `wall_seconds` and `cpu_seconds` grow with the evidence by `seconds_per_gib`; a module may take `module_seconds`
    before it is killed and the others run again without it.
    """

    wall_seconds: int = 3600
    module_seconds: int = 900
    cpu_seconds: int = 3600
    seconds_per_gib: int = 240
    memory_bytes: int = 4 * GIB
    file_bytes: int = 16 * GIB
    temporary_bytes: int = 64 * GIB
    archive_members: int = 2_000_000
    archive_ratio: int = 200

    def scaled(self, evidence_bytes: int) -> Limits:
        """Return these limits with time stretched for evidence of so many bytes."""
        extra = int(evidence_bytes / GIB * self.seconds_per_gib)
        return replace(
            self,
            wall_seconds=self.wall_seconds + extra,
            cpu_seconds=self.cpu_seconds + extra,
            module_seconds=self.module_seconds + extra,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpLine:
    """An organisation to turn to; `checked_on` is the day somebody looked whether it takes requests.

    One that has `paused` is kept and sent to nobody.
    """

    name: str
    contact: str
    checked_on: str
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a person or an installation decides once.

    `language` is that of what is written where neither call nor case names one; `logo` is a picture for reports,
    `templates` a folder with a `page.html.j2` or `style.css` that goes before ours. With `warm_workers` the workers of
    a batch are forked from one parent that loaded MVT once; without it, each is started by itself.
    """

    examiner: str = ""
    organisation: str = ""
    contact: str = ""
    language: str = ""
    logo: str = ""
    templates: str = ""
    help_lines: tuple[HelpLine, ...] = ()
    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)
    warm_workers: bool = True
    limits: Limits = field(default_factory=Limits)


def settings_path() -> Path:
    """Return where the settings file is looked for; `MVTCASE_SETTINGS` names another."""
    named = os.environ.get("MVTCASE_SETTINGS")
    return Path(named) if named else Path(platformdirs.user_config_dir("mvtcase")) / "settings.toml"


def load_settings(path: Path | None = None) -> Settings:
    """Return the settings of a file, defaults where it (or the file itself) is silent.

    Raises `InputError` on a file that is no TOML, on an unknown name and on a value of the wrong type.
    """
    path = path or settings_path()
    if not path.is_file():
        return Settings()
    try:
        table = tomli.loads(path.read_text("utf-8"))
    except (tomli.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError(
            "The settings file {path} cannot be read: {error}.", hint="Mend or remove it.", path=path, error=error
        ) from error
    given = table.pop("limits", {})
    if not isinstance(given, dict):
        raise InputError("In the settings file {path}, limits must be a table.", hint="See docs/cli.md.", path=path)
    limits = _overlay(Limits(), given, path)
    lines = _help_lines(table.pop("help_lines", []), path)
    return replace(_overlay(Settings(), table, path), limits=limits, help_lines=lines)


def save_settings(values: Mapping[str, str], path: Path | None = None) -> Path:
    """Write texts to the settings file, the rest of it as it was, and return where it is.

    Raises `InputError` when the file, or what it would become, cannot be used; then it stays as it was.
    """
    path = path or settings_path()
    load_settings(path)
    held = path.read_text("utf-8") if path.is_file() else ""
    first = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
    head, table, rest = held.partition("\n[") if not held.startswith("[") else ("", "", held)
    kept = [line for line in head.splitlines() if line.partition("=")[0].strip() not in values]
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_atomically(path, ("\n".join((*first, *kept)) + (table or "\n") + rest).encode())
    return path


def _help_lines(given: object, path: Path) -> tuple[HelpLine, ...]:
    """Return the help lines of a file. Raises `InputError` on one without name, contact or the day it was checked."""
    try:
        lines = tuple(HelpLine(**each) for each in cast("list[dict[str, Any]]", given))
        for each in lines:
            date.fromisoformat(each.checked_on)
    except (TypeError, ValueError) as error:
        raise InputError(
            "In the settings file {path}, each of help_lines needs name, contact and checked_on (a day): {error}.",
            hint="See docs/cli.md.",
            path=path,
            error=error,
        ) from error
    return lines


def _overlay(base: _Record, table: Mapping[str, object], path: Path) -> _Record:
    """Return a record with the table's values in place of its own."""
    known = {each.name for each in fields(base) if each.name not in {"limits", "help_lines"}}
    for name, value in table.items():
        if name not in known:
            raise InputError(
                "The settings file {path} has an unknown name {name!r}.", hint="See docs/cli.md.", path=path, name=name
            )
        wanted = type(getattr(base, name))
        if type(value) is not wanted or (wanted is int and cast("int", value) < 1):
            raise InputError(
                "In the settings file {path}, {name} must be a {name_2}.",
                hint="See docs/cli.md.",
                path=path,
                name=name,
                name_2=wanted.__name__,
            )
    return replace(base, **table)  # type: ignore[arg-type]  # checked name by name just above


if TYPE_CHECKING:
    from typing import TypeVar

    _Record = TypeVar("_Record", Settings, Limits)
