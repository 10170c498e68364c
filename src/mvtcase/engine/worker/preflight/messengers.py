"""Messengers whose databases are encrypted: found by name and first bytes, and told as what was not read.

Where the names are from: the artifacts of iLEAPP and ALEAPP. The keys lie in the phone's keystore or keychain, which no
dump carries, or in a passphrase that Signal showed its user once.
"""

from __future__ import annotations

import fnmatch
import itertools
import os
from typing import TYPE_CHECKING

from mvtcase.engine.safe_json import safe_text
from mvtcase.wording import Reason, why
from mvtcase_readers.regular import UnreadableError, read_head
from mvtcase_readers.sqlite import HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_ENTRIES = 2_000_000
_ENCRYPTED = {
    "*/org.thoughtcrime.securesms/databases/signal.db": "Signal",
    "*/grdb/signal.sqlite": "Signal",
    "*/Signal/Backups/signal-*.backup": "Signal",
    "*/telegram-data/account-*/postbox/db/db_sqlite": "Telegram",
    "*/MicroMsg/*/EnMicroMsg.db": "WeChat",
    "*/com.whatsapp*/*/msgstore*.crypt*": "WhatsApp",
    "*/WhatsApp*/Databases/msgstore*.crypt*": "WhatsApp",
}


def encrypted_messengers(root: Path) -> Iterator[Reason]:
    """Yield a sentence for each database of a messenger that is encrypted; a plain one is read like any other."""
    told: dict[str, tuple[str, int]] = {}
    for place in itertools.islice(_files(root), MAX_ENTRIES):
        app = next((name for pattern, name in _ENCRYPTED.items() if fnmatch.fnmatchcase(f"/{place}", pattern)), "")
        if app and not _is_plain(root / place):
            first, count = told.get(app, (place, 0))
            told[app] = (first, count + 1)
    for app, (place, count) in told.items():
        yield why("messenger.encrypted", app=app, count=count, file=safe_text(place, 300))
        if app == "Signal":
            yield why("messenger.signal")


def _is_plain(path: Path) -> bool:
    try:
        return read_head(path, len(HEADER)) in {HEADER, b""}
    except (OSError, UnreadableError):
        return True  # whoever could not read it says so


def _files(root: Path) -> Iterator[str]:
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(root / folder) as entries:
                found = list(entries)
        except OSError:
            continue
        for entry in found:
            name = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                pending.append(name)
            elif entry.is_file(follow_symlinks=False):
                yield name
