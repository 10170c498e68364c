"""What the kept results of a scan name: apps, profiles, certificates and processes, read bounded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mvtcase.canon import StrEnum
from mvtcase.engine.packed import left_files, read_result, result_bytes
from mvtcase_readers.regular import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MAX_FILE_BYTES = 64 << 20
MAX_ALL_BYTES = 512 << 20
MAX_NAMES = 50_000
MAX_NAME = 300


class Content(StrEnum):
    """What results name that comes and goes between two looks at a phone."""

    APPS = "apps"
    PROFILES = "profiles"
    CERTIFICATES = "certificates"
    PROCESSES = "processes"


_FIELDS: Mapping[str, Content] = {
    **dict.fromkeys(("softwareVersionBundleId", "bundle_id", "package_name"), Content.APPS),
    **dict.fromkeys(("PayloadIdentifier", "PayloadUUID", "profile_id", "profile_uuid"), Content.PROFILES),
    **dict.fromkeys(("certificate", "certificate_sha256", "certificate_sha1", "thumbprint"), Content.CERTIFICATES),
    **dict.fromkeys(("proc_name", "process", "process_name"), Content.PROCESSES),
}
"""The fields of MVT's records, and of our plugins', that name such a thing."""


def contents(results: Path) -> Mapping[Content, frozenset[str]] | None:
    """Return what the kept results of a scan name; None where none were kept or they are more than can be read."""
    found: dict[Content, set[str]] = {thing: set() for thing in Content}
    left = MAX_ALL_BYTES
    files = [path for path in left_files(results) if path.suffix == ".json"]
    for path in files:
        size = result_bytes(path)
        left -= size
        if size > MAX_FILE_BYTES or left < 0:
            return None
        for thing, name in _names(path):
            if len(found[thing]) < MAX_NAMES:
                found[thing].add(name)
    return {thing: frozenset(names) for thing, names in found.items()} if files else None


def _names(path: Path) -> Iterator[tuple[Content, str]]:
    """Yield the things that the records of one result file name; a file of another form names none."""
    try:
        records = json.loads(read_result(path, MAX_FILE_BYTES))
    except (OSError, UnreadableError, ValueError, RecursionError):
        return
    waiting: list[object] = [records]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            for field, value in one.items():
                thing = _FIELDS.get(field)
                if thing is not None and isinstance(value, str) and value.strip():
                    yield thing, value.strip()[:MAX_NAME]
                elif isinstance(value, (dict, list)):
                    waiting.append(value)
