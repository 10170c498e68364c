"""Reading an outcome's data for tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping


def at(data: Mapping[str, object], name: str) -> Mapping[str, Any]:
    """Return the object under a key of an outcome's data."""
    return cast("Mapping[str, Any]", data[name])


def items(data: Mapping[str, object], name: str) -> list[Mapping[str, Any]]:
    """Return the list of objects under a key of an outcome's data."""
    return cast("list[Mapping[str, Any]]", data[name])
