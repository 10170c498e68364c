"""The seams: functions of the pinned MVT that equal and faster ones take the place of, inside the worker alone.

Each is proven against the original on the release that `engine.versions.SEAMS_FOR` names; on any other all are off.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import mvt.ios.modules.backup.manifest as mvt_manifest
from mvt.common import module as mvt_module
from mvt.common import utils
from mvt.common.command import Command
from mvt.common.module import MVTModule
from mvt.common.version import MVT_VERSION
from mvt.ios.modules.backup.manifest import Manifest
from mvt.ios.modules.mixed.safari_history import SafariHistory

from mvtcase.engine.versions import SEAMS_FOR
from mvtcase.engine.worker.run import shortcuts, storing
from mvtcase.engine.worker.run.blobs import BlobReader

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
