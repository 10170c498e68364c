"""LINE's version, installer and install times, as `dumpsys package` prints them (bug reports, AndroidQF)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mvt.android.artifacts.dumpsys_packages import DumpsysPackagesArtifact

from .android_files import PACKAGE
from .rows import APP

if TYPE_CHECKING:
    from .rows import Result

MOST_BLOCK = 262_144
"""Characters of one package's block that are read."""
_SECTION = b"DUMP OF SERVICE package:"
_BLOCK = re.compile(rb"^  Package \[" + re.escape(PACKAGE.encode()) + rb"\].*$", re.MULTILINE)
_END = re.compile(rb"^(?:  Package \[|\S)", re.MULTILINE)


def has_packages(dump: bytes) -> bool:
    """Return whether the dump holds the list of installed packages at all."""
    return _SECTION in dump


def line_block(dump: bytes) -> str | None:
    """Return the lines about LINE, None when LINE is not among the packages."""
    start = _BLOCK.search(dump)
    if start is None:
        return None
    end = _END.search(dump, start.end(), start.end() + MOST_BLOCK)
    stop = end.start() if end else start.end() + MOST_BLOCK
    return dump[start.end() : stop].decode("utf-8", "replace")


def app_result(block: str, source: str, installer: str | None = None) -> Result:
    """Return the `line_app` record; times are the device's own, as printed, in a time zone the dump does not name."""
    details: dict[str, Any] = DumpsysPackagesArtifact.parse_dumpsys_package_for_details(block)
    installs = {
        str(user.get("user_id")): str(user["first_install_time"])[:200]
        for user in details["users"]
        if user.get("first_install_time")
    }
    return {
        "record": APP,
        "platform": "android",
        "package": PACKAGE,
        "version_name": _text(details["version_name"]),
        "version_code": _text(details["version_code"]),
        "installer": _text(details["installer"]) or installer,
        "first_install": min(installs.values(), default=None),
        "first_install_by_user": installs,
        "last_update": _text(details["last_update_time"]),
        "time_basis": "device_local",
        "source": source,
        "isodate": "",
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)[:200]
