"""Sysdiagnoses: told by their name or by files that only they hold, as an archive or unpacked."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mvtcase.evidence.glance import Glance, Identified
from mvtcase.evidence.looks import FOLDER, entry_type
from mvtcase.evidence.readers.base import TEXT_BYTES, Facts, Job, Reader, Staged, in_place, text, unpacked
from mvtcase.kinds import EvidenceKind

if TYPE_CHECKING:
    from mvtcase.evidence.parts import Parts

_MARKS = (
    "sysdiagnose.log",
    "remotectl_dumpstate.txt",
    "system_logs.logarchive",
    "crashes_and_spins",
    "spindump-nosymbols.txt",
    "swcutil_show.txt",
    "taskinfo.txt",
    "tailspin-info.txt",
    "otctl_status.txt",
    "summaries",
    "ps.txt",
    "ps_thread.txt",
    "WiFi",
    "logs",
)
_OWN = frozenset(_MARKS) - {"ps.txt", "WiFi", "logs", "summaries"}
_NAME = re.compile(r"(?:IN_PROGRESS_)?sysdiagnose_\d{4}\.", re.IGNORECASE)
_REMOTE_LINE = re.compile(r"^\s*(\w{1,40}) => ([^\r\n]{0,512})$", re.MULTILINE)
_NAMED_BY_MODEL = re.compile(r"sysdiagnose_[\d.]+_[\d-]+[+-]?\d*_[^_/]+_([^_/]+)_([0-9]{2}[A-Z][0-9A-Za-z]+)")


def detect(glance: Glance) -> Identified | None:
    """Recognise a sysdiagnose: the archive by its name or members, the folder by its name or two of its files."""
    named = _NAME.match(glance.path.name) is not None
    found = Identified(kind=EvidenceKind.SYSDIAGNOSE, root=glance.path)
    if glance.is_folder:
        marks = set(_MARKS) & set(glance.names)
        own = marks & _OWN
        return found if own and (named or len(marks) > 1) else None
    if glance.is_gzip or glance.is_tar or (named and glance.is_file):
        return found if named or _has_members(glance.tar_members) else None
    return None


def _has_members(members: tuple[str, ...]) -> bool:
    inside = {part for name in members for part in name.split("/")[1:2]}
    return any(_NAME.match(name.split("/")[0]) for name in members) or bool(inside & _OWN)


def identity(parts: Parts) -> Facts:
    """Return what the device's own lists and the archive's name say of the phone."""
    remote_name, activation_name = "*/remotectl_dumpstate.txt", "*/logs/MobileActivation/collection_oob_request.txt"
    contents = parts.contents((remote_name, activation_name), TEXT_BYTES)
    remote = _remote(contents[remote_name])
    body = _activation(contents[activation_name])
    named = _NAMED_BY_MODEL.search(parts.label)
    return {
        "product_type": text(remote.get("ProductType"), body.get("productType")),
        "os_version": text(remote.get("OSVersion"), body.get("os-version")),
        "os_build": text(remote.get("BuildVersion"), body.get("os-build"), named.group(2) if named else None),
        "udid": text(remote.get("UniqueDeviceID"), body.get("udid")),
        "serial": text(remote.get("SerialNumber"), body.get("serial-number")),
        "imei": text(body.get("imei"), remote.get("IMEI")),
        "name": text(remote.get("DeviceName")),
        "model": text(remote.get("ModelName"), named.group(1) if named else None),
    }


def _remote(data: bytes) -> dict[str, str]:
    """Return the properties `remotectl dumpstate` prints of the phone itself; the first of a name wins."""
    properties: dict[str, str] = {}
    for match in _REMOTE_LINE.finditer(data.decode("utf-8", "replace")):
        properties.setdefault(match.group(1), match.group(2).strip())
    return properties


def _activation(data: bytes) -> dict[str, Any]:
    text = data.decode("utf-8", "replace")
    start = text.find("{", text.find("BODY:")) if "BODY:" in text else -1
    return json_object(text, start) if start >= 0 else {}


def json_object(data: str, start: int = 0) -> dict[str, Any]:
    """Return the JSON object that begins at a place in a text, an empty one where none does."""
    try:
        value, _ = json.JSONDecoder().raw_decode(data, start)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def stage(found: Identified, job: Job) -> Staged:
    """Use the folder, or unpack the archive."""
    return in_place(found, job) if entry_type(found.root) == FOLDER else unpacked(found, job, detect)


READER = Reader(kinds=(EvidenceKind.SYSDIAGNOSE,), detect=detect, identity=identity, stage=stage, packed=True)
