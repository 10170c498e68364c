"""A module of ours over a folder, with one planted host among its indicators."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from mvt.common.indicators import Indicators

if TYPE_CHECKING:
    from pathlib import Path

LINK = "https://planted.example.net/x"


def examined(module: type[Any], root: Path, **told: object) -> Any:
    """Return a module that examined a folder and compared what it found; `told` are its attributes."""
    log = logging.getLogger("test.messengers")
    made = module(target_path=str(root), log=log)
    for name, value in told.items():
        setattr(made, name, value)
    made.indicators = Indicators(log=log)
    collection = made.indicators._new_collection("1", "Invented", "", "invented.stix2", "invented.stix2")
    collection["domains"].append("planted.example.net")
    made.indicators.ioc_collections.append(collection)
    made.run()
    made.check_indicators()
    return made


def put(path: Path, data: bytes) -> None:
    """Write a file in folders that need not be there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
