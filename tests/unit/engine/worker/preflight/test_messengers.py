"""A messenger whose messages are encrypted is named as what was not read; a plain database is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mvtcase.engine.worker.preflight.messengers import encrypted_messengers

if TYPE_CHECKING:
    from pathlib import Path

PLACES = {
    "Signal": "data/data/org.thoughtcrime.securesms/databases/signal.db",
    "WeChat": "data/data/com.tencent.mm/MicroMsg/0a1b/EnMicroMsg.db",
    "Telegram": "private/var/mobile/Containers/Shared/AppGroup/A/telegram-data/account-1/postbox/db/db_sqlite",
    "WhatsApp": "data/media/0/WhatsApp/Databases/msgstore.db.crypt15",
}


@pytest.mark.parametrize("app", PLACES)
def test_an_encrypted_database_is_named_with_its_app(tmp_path: Path, app: str) -> None:
    """Once for an app, however many files it has."""
    for suffix in ("", ".1") if app == "WhatsApp" else ("",):
        path = tmp_path / f"{PLACES[app]}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(range(256)))
    told, *more = map(str, encrypted_messengers(tmp_path))
    assert app in told
    # What opens it is said of the one that gives its owner a passphrase.
    assert bool(more) is (app == "Signal")
    assert ("2 files" in told) is (app == "WhatsApp")


def test_a_plain_database_is_no_limitation(tmp_path: Path) -> None:
    """The second reader reads it like any other."""
    path = tmp_path / PLACES["Signal"]
    path.parent.mkdir(parents=True)
    path.write_bytes(b"SQLite format 3\0" + bytes(100))
    assert list(encrypted_messengers(tmp_path)) == []
