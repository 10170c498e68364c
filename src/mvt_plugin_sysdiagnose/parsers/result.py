"""What a parser hands back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mvt_plugin_sysdiagnose.archive import Content
    from mvt_plugin_sysdiagnose.clock import Stamp
    from mvt_plugin_sysdiagnose.device import Device
    from mvt_plugin_sysdiagnose.shelf import Record

    Parser = Callable[[Content, Device], "Parsed"]


@dataclass(slots=True, kw_only=True)
class Parsed:
    """The records of one file.

    `problem` says what of it could not be examined, "" when all of it was; `nothing` says why it holds nothing although
    it is whole.
    """

    records: list[Record] = field(default_factory=list)
    problem: str = ""
    nothing: str = ""


def record(kind: str, stamp: Stamp, **fields: object) -> Record:
    """Return a record with its kind and its time, without the fields that hold nothing."""
    kept = {name: value for name, value in fields.items() if value not in (None, "", [], ())}
    return {"record": kind, **stamp.fields(), **kept}
