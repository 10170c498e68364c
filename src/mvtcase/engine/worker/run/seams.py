"""The seams: functions of the pinned MVT that equal and faster ones take the place of, inside the worker alone.

Each is proven against the original on the release that `engine.versions.SEAMS_FOR` names; on any other all are off.
`read_unusual_bugreports` alone gives more than the original, on every release.
"""

from __future__ import annotations

import fnmatch
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mvt.ios.modules.backup.manifest as mvt_manifest
from mvt.android.cmd_check_bugreport import CmdAndroidCheckBugreport
from mvt.android.modules.bugreport.base import BugReportModule
from mvt.common import module as mvt_module
from mvt.common import utils
from mvt.common.command import Command
from mvt.common.module import MVTModule
from mvt.common.version import MVT_VERSION
from mvt.ios.modules.backup.manifest import Manifest
from mvt.ios.modules.mixed.safari_history import SafariHistory

from mvtcase.engine.versions import SEAMS_FOR
from mvtcase.engine.worker.preflight.android import dumpstate_name
from mvtcase.engine.worker.run import shortcuts, storing
from mvtcase.engine.worker.run.blobs import BlobReader
from mvtcase_readers.dumpstate import HEAD_BYTES, TEXTS, has_entry, usual
from mvtcase_readers.regular import read_head

if TYPE_CHECKING:
    from collections.abc import Callable

_PACKAGES = ("mvt.", "mvt_plugin_")

_NAMES: tuple[tuple[Any, str, Any], ...] = (
    (MVTModule, "save_to_json", storing.save_to_json),
    (MVTModule, "_deduplicate_timeline", staticmethod(storing.deduplicate_timeline)),
    (Command, "_store_alerts", storing.store_alerts),
    (Command, "_store_urls", storing.store_urls),
    (Manifest, "_convert_timestamp", staticmethod(shortcuts.convert_timestamp)),
    (Manifest, "serialize", shortcuts.serialize),
    (SafariHistory, "_find_injections", shortcuts.find_injections),
    (mvt_manifest, "URL", shortcuts.Probe),
)
"""Classes and modules of MVT's, with the name and what takes its place."""

_FUNCTIONS: tuple[tuple[Callable[..., Any], Callable[..., Any]], ...] = (
    (utils.convert_datetime_to_iso, shortcuts.convert_datetime_to_iso),
    (utils.convert_unix_to_iso, shortcuts.convert_unix_to_iso),
    (mvt_module.save_timeline, storing.save_timeline),
)
"""Functions that modules took a name of their own for, wherever they did."""


def install() -> bool:
    """Put the faster functions into MVT where they are proven, and return whether they were."""
    if MVT_VERSION != SEAMS_FOR:
        return False
    for owner, name, function in _NAMES:
        setattr(owner, name, function)
    mvt_manifest.plistlib = BlobReader()
    replaced = {id(original): function for original, function in _FUNCTIONS}
    for name, module in list(sys.modules.items()):
        if name.startswith(_PACKAGES):
            _replace_names(module, replaced)
    return True


def _replace_names(module: Any, replaced: dict[int, Callable[..., Any]]) -> None:  # noqa: ANN401 - a module
    for name, value in list(vars(module).items()):
        if id(value) in replaced:
            setattr(module, name, replaced[id(value)])


def read_unusual_bugreports() -> None:
    """Let every module find the long text without an entry, and read it whatever its headings and digits are."""
    BugReportModule._get_dumpstate_file = _dumpstate  # noqa: SLF001 - the one place that every module reads through
    CmdAndroidCheckBugreport._has_dumpstate = staticmethod(_has_dumpstate)  # noqa: SLF001 - else it looks for a zip


def _dumpstate(module: BugReportModule) -> bytes | None:
    archive = module.zip_archive
    names = module.zip_files if archive else module.extract_files

    def head_of(name: str) -> bytes:
        if archive:
            with archive.open(name) as handle:
                return bytes(handle.read(HEAD_BYTES))
        return read_head(Path(module.extract_path or "") / name, HEAD_BYTES)

    name = dumpstate_name(names, head_of)
    return usual(module._get_file_content(name)) if name else None  # noqa: SLF001 - MVT's own, with its checks


def _has_dumpstate(names: list[str]) -> bool:
    return has_entry(names) or any(fnmatch.filter(names, pattern) for pattern in TEXTS[:-1])
