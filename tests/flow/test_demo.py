"""The demo's phones are what real ones are: only encrypted backups carry what iOS keeps for them."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from mvtcase.evidence import intake
from mvtcase.kinds import EvidenceKind
from mvtcase.workflow import demo

if TYPE_CHECKING:
    from pathlib import Path

VALUES = {"processes": "bh", "domains": "planted.example.net", "app_ids": "net.example.planted"}
PHONES = [(number, role) for number, role in enumerate(demo.CAST, start=1) if role.acquired and not role.android]


@pytest.mark.parametrize(("number", "role"), PHONES)
def test_an_unencrypted_phone_carries_no_browsing_history(number: int, role: demo.Role, tmp_path: Path) -> None:
    """Else the reports would say of one phone that it carries none and that all of it was examined."""
    folder = demo._build(tmp_path / "phone", number, role, VALUES)
    if role.encrypted:
        assert intake.identify(folder).kind is EvidenceKind.IOS_BACKUP_ENCRYPTED
        return
    connection = sqlite3.connect(folder / "Manifest.db")
    paths = {path for (path,) in connection.execute("SELECT relativePath FROM Files")}
    connection.close()
    assert "Library/SMS/sms.db" in paths
    assert not {"Library/Safari/History.db", "Library/CallHistoryDB/CallHistory.storedata"} & paths
