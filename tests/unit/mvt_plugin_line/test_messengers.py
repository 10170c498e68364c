"""WhatsApp Business and Viber: a link in a message is found in a backup and in a dump, beside WhatsApp itself."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from mvt.plugin import DatabaseNotFoundError

from messengers import LINK, examined, put
from mvt_plugin_line import modules
from mvt_plugin_line.messengers import BUSINESS, VIBER, VIBER_FILE, ViberIOS, WhatsappBusiness, backup_id
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_fs import build_ios_file_system
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.plants import Plant, PlantKind
from mvtcase.phones.sqlite_files import database

if TYPE_CHECKING:
    from pathlib import Path

PLANTED = IosPhone(messages=4, plants=(Plant(PlantKind.URLS, LINK, "whatsapp"),))
_VIBER = """
CREATE TABLE ZVIBERMESSAGE (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, ZCONVERSATION INTEGER, ZPHONENUMINDEX INTEGER,
    ZDATE TIMESTAMP, ZSTATEDATE TIMESTAMP, ZSTATE VARCHAR, ZTEXT VARCHAR, ZMETADATA VARCHAR, ZSYSTEMTYPE VARCHAR);
"""
VIBER_DATABASE = database(
    _VIBER,
    {
        "ZVIBERMESSAGE": [
            {"ZTEXT": "See you at ten", "ZDATE": 800_000_000.5, "ZSTATE": "received"},
            {"ZTEXT": f"look: {LINK} now", "ZDATE": 800_000_100, "ZSTATE": "received"},
            {"ZTEXT": None, "ZDATE": None, "ZSTATE": "delivered"},
        ]
    },
)


def _chats(backup: Path) -> bytes:
    name = backup_id("AppDomainGroup-group.net.whatsapp.WhatsApp.shared", "ChatStorage.sqlite")
    return (backup / name[:2] / name).read_bytes()


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A ChatStorage.sqlite with the link in a message."""
    return _chats(build_ios_backup(tmp_path_factory.mktemp("chats") / "planted", PLANTED).path)


def test_a_link_in_whatsapp_business_is_found_in_a_backup(tmp_path: Path, planted: bytes) -> None:
    """Under the hash of its own app group."""
    backup = build_ios_backup(tmp_path / "backup", IosPhone(messages=2)).path
    with pytest.raises(DatabaseNotFoundError):
        examined(WhatsappBusiness, backup, is_backup=True, is_fs_dump=False)
    name = backup_id(BUSINESS, "ChatStorage.sqlite")
    put(backup / name[:2] / name, planted)
    alerts = examined(WhatsappBusiness, backup, is_backup=True, is_fs_dump=False).alertstore.alerts
    assert [alert.matched_indicator.value for alert in alerts] == ["planted.example.net"]
    assert alerts[0].module == "whatsapp_business"


def test_of_a_dump_the_database_that_mvt_leaves_is_read(tmp_path: Path, planted: bytes) -> None:
    """MVT takes the first of the two app groups."""
    dump = build_ios_file_system(tmp_path / "dump", IosPhone(messages=2)).path
    with pytest.raises(DatabaseNotFoundError):
        examined(WhatsappBusiness, dump, is_backup=False, is_fs_dump=True)
    groups = dump / "private/var/mobile/Containers/Shared/AppGroup"
    (own,) = groups.glob("*/ChatStorage.sqlite")
    plain = own.read_bytes()
    for name in ("00000000-0000-4000-8000-000000000000", "FFFFFFFF-FFFF-4FFF-8FFF-FFFFFFFFFFFF"):
        put(groups / name / "ChatStorage.sqlite", planted)
    shutil.rmtree(own.parent)
    assert plain != planted
    assert examined(WhatsappBusiness, dump, is_backup=False, is_fs_dump=True).alertstore.alerts


@pytest.mark.parametrize("is_backup", [True, False])
def test_a_link_in_viber_is_found(tmp_path: Path, *, is_backup: bool) -> None:
    """With the message's own time, and once for a message."""
    name = backup_id(VIBER, VIBER_FILE)
    place = f"{name[:2]}/{name}" if is_backup else f"private/var/mobile/Containers/Shared/AppGroup/A-1/{VIBER_FILE}"
    with pytest.raises(DatabaseNotFoundError):
        examined(ViberIOS, tmp_path, is_backup=is_backup, is_fs_dump=not is_backup)
    put(tmp_path / place, VIBER_DATABASE)
    found = examined(ViberIOS, tmp_path, is_backup=is_backup, is_fs_dump=not is_backup)
    assert len(found.results) == 3
    (alert,) = found.alertstore.alerts
    assert alert.event["links"] == [LINK]
    assert alert.event_time.startswith("2026-05-09")
    assert [found.serialize(each) != {} for each in found.results] == [False, True, False]


def test_mvt_can_order_them() -> None:
    """A module that replaces none says `None`: MVT ends the whole command on anything else that is no module."""
    assert all(each.replaces is None or isinstance(each.replaces, type) for each in modules())
