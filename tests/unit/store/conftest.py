"""A case in a temporary folder, empty or with one of everything."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from mvtcase.model import DeviceIdentity, Platform
from mvtcase.store.folder import Workspace
from mvtcase.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)


@pytest.fixture
def empty_case(tmp_path: Path) -> Iterator[Store]:
    """Give a case that holds nothing but its tables."""
    workspace = Workspace(tmp_path / "workspace")
    workspace.create()
    with Store.create(workspace.new_case_folder("inquiry"), clock=lambda: NOON) as store:
        yield store


@pytest.fixture
def small_case(empty_case: Store) -> Store:
    """Give a case with one official, device, acquisition and running scan."""
    identity = DeviceIdentity(platform=Platform.IOS, udid="00008110-000A", model="iPhone 15")
    with empty_case.change("case.created", actor="Ada", subject="C-0001") as change:
        change.insert(
            "case_file",
            id=change.new_id("case_file"),
            slug="inquiry",
            title="Inquiry",
            tlp="AMBER",
            state="open",
            created_at=change.at,
            created_by="Ada",
        )
        change.insert("affected_group", id=change.new_id("affected_group"), name="Legislature")
        change.insert(
            "official",
            id=change.new_id("official"),
            pseudonym="P-1",
            name="Aldith Fernvale",
            publication="role",
            roster="consented",
        )
        change.insert("membership", official="O-0001", affected_group="G-0001")
    with empty_case.change("acquisition.registered", actor="Ada", subject="A-0001") as change:
        change.insert(
            "device",
            id=change.new_id("device"),
            official="O-0001",
            label="phone",
            platform="ios",
            fingerprint="udid:00008110-000A",
            state="in_use",
            identity=asdict(identity),
        )
        change.insert(
            "acquisition",
            id=change.new_id("acquisition"),
            device="D-0001",
            official="O-0001",
            kind="ios_backup",
            path="/nowhere",
            encrypted=False,
            files=3,
            bytes=30,
            manifest_sha256="0" * 64,
            identity=asdict(identity),
            registered_at=change.at,
            registered_by="Ada",
            imported=False,
            state="registered",
        )
        change.insert(
            "scan",
            id=change.new_id("scan"),
            acquisition="A-0001",
            device="D-0001",
            kind="ios_backup",
            command="",
            state="running",
            completeness="blind",
            started_at=change.at,
            examiner="Ada",
        )
    return empty_case
