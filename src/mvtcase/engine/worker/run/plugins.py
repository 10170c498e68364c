"""The modules that other packages bring into MVT: ours are loaded, others are refused before their code runs."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

from mvt.common.module_loader import MODULES_ENTRY_POINT_GROUP, load_custom_modules

if TYPE_CHECKING:
    from mvt.common.module import MVTModule

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
