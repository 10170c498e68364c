"""Whose each phone of a folder is: a question to somebody, or a table that says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.errors import InputError
from mvtcase.wording import do, say
from mvtcase.workflow import rosters

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.model import DeviceIdentity, EvidenceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A phone found below a folder, of which somebody says whose it is; `alone` where there is no other one there."""

    place: Path
    kind: EvidenceKind
    identity: DeviceIdentity
    alone: bool

    def __str__(self) -> str:
        marks = (self.identity.model or self.identity.product_type, self.identity.serial or self.identity.imei)
        return " ".join((self.place.name, *(f"({each})" for each in marks if each)))


COLUMNS: rosters.Names = {
    "folder": ("path", "file", "place", "資料夾", "檔案"),
    "serial": ("udid", "imei", "serialnumber", "序號"),
    "official": ("id", "owner", "pseudonym", "編號", "代號"),
}
"""The columns of a table that says whose each phone is: by the name of its folder, or by what is printed on it."""


def read(path: Path) -> Callable[[Phone], str]:
    """Return a function that gives the official of a phone by a table (CSV or XLSX).

    Raises `InputError` on a table that cannot be used; the function does for a phone that the table does not name.
    """
    table: dict[str, str] = {}
    for row in rosters.read(path, COLUMNS, many=frozenset({"serial"})):
        marks = [mark.strip() for mark in (row.cells.get("folder", ""), *row.cells.get("serial", "").split(","))]
        if "official" not in row.cells or not any(marks):
            raise InputError("{path}, line {line}: no phone, or no official.", path=path, line=row.line)
        table |= {mark.upper(): row.cells["official"] for mark in marks if mark}

    def whose(phone: Phone) -> str:
        marks = (phone.place.name, phone.place.stem, phone.identity.serial, phone.identity.udid, phone.identity.imei)
        named = {table[mark.upper()] for mark in marks if mark and mark.upper() in table}
        if len(named) != 1:
            raise InputError(
                "{path} does not say whose {phone} is.",
                hint=say("Add a row, or name the official with {0}.", do(official="OFFICIAL")),
                path=path,
                phone=str(phone),
            )
        return named.pop()

    return whose
