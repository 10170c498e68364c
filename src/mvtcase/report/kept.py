"""Facts kept as JSON, and read back as the records they were: a report is laid out again without asking the case."""

from __future__ import annotations

import dataclasses
import json
import types
from functools import cache
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from mvtcase.errors import RenderError
from mvtcase.model import Status
from mvtcase.report import crowds, device, facts, group, incident, letter, lines, pictures

if TYPE_CHECKING:
    from collections.abc import Mapping

_KINDS: Mapping[str, type] = {
    "incident": incident.IncidentFacts,
    "group": group.GroupFacts,
    "letter": letter.LetterFacts,
    "device": device.DeviceFacts,
}
_NAMES: dict[str, Any] = {
    name: value
    for module in (facts, crowds, lines, pictures, incident, group, letter, device)
    for name, value in vars(module).items()
    if dataclasses.is_dataclass(value) or name == "Shown"
} | {"Status": Status, "pictures": pictures}


def read(kind: str, held: bytes) -> Any:  # noqa: ANN401  # the facts of any kind of report
    """Return the facts of a report of a kind from their JSON. Raises `RenderError` where they are none."""
    try:
        return _made(_KINDS[kind], json.loads(held))
    except (KeyError, TypeError, ValueError) as error:
        raise RenderError("The kept facts of this report cannot be read: {error}.", error=error) from error


def _made(wanted: Any, value: Any) -> Any:  # noqa: ANN401  # types and values of every sort
    if dataclasses.is_dataclass(wanted):
        hints = _hints(wanted)  # type: ignore[arg-type]  # a record's type can be hashed
        return wanted(**{name: _made(hint, value[name]) for name, hint in hints.items() if name in value})  # type: ignore[operator]
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin is tuple:
        return tuple(_made(each, item) for each, item in zip(_each(inner, len(value)), value, strict=True))
    if origin in {Union, types.UnionType}:
        records = [each for each in inner if dataclasses.is_dataclass(each) or get_origin(each) is tuple]
        return _made(records[0], value) if records and value is not None else value
    return Status(value) if wanted is Status else value


def _each(inner: tuple[Any, ...], length: int) -> tuple[Any, ...]:
    return (inner[0],) * length if inner[1:] == (Ellipsis,) else inner


@cache
def _hints(wanted: Any) -> dict[str, Any]:  # noqa: ANN401  # a record's type
    return get_type_hints(wanted, localns=_NAMES)
