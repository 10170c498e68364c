"""The synthetic file system dump."""

from __future__ import annotations

import hashlib
import plistlib
from typing import TYPE_CHECKING

import pytest

from mvtcase.phones.damage import Damage
from mvtcase.phones.ios_fs import build_ios_file_system
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.plants import Plant, PlantKind

if TYPE_CHECKING:
    from pathlib import Path


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file by its path below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_same_seed_gives_same_bytes_and_times(tmp_path: Path) -> None:
    """Two dumps of a phone agree, the times of their folders too."""
    for name in ("a", "b"):
        build_ios_file_system(tmp_path / name, IosPhone(seed=4))
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    times = {path.stat().st_mtime for path in (tmp_path / "a").rglob("*")}
    assert times == {IosPhone(seed=4).backed_up.timestamp()}


def test_layout_is_the_devices(tmp_path: Path) -> None:
    """The files lie where iOS keeps them, those no backup carries among them."""
    build_ios_file_system(tmp_path, IosPhone())
    for path in (
        "private/var/mobile/Library/SMS/sms.db",
        "private/var/db/diagnostics/shutdown.log",
        "private/var/networkd/netusage.sqlite",
        "private/var/mobile/Library/Image Cache/Favicons/Favicons.db",
        "private/var/Keychains/Analytics/ckks_analytics.db",
    ):
        assert (tmp_path / path).is_file()


def test_dump_tells_whose_it_is(tmp_path: Path) -> None:
    """The plists in which iOS keeps its identity carry the phone's own."""
    phone = IosPhone(seed=9)
    build_ios_file_system(tmp_path, phone)
    ark = plistlib.loads((tmp_path / "private/var/root/Library/Lockdown/data_ark.plist").read_bytes())
    version = plistlib.loads((tmp_path / "System/Library/CoreServices/SystemVersion.plist").read_bytes())
    assert (ark["-UniqueDeviceID"], ark["-SerialNumber"]) == (phone.udid, phone.serial)
    assert (version["ProductVersion"], version["ProductBuildVersion"]) == (phone.ios_version, phone.build)


def test_planted_client_is_in_the_last_shutdown(tmp_path: Path) -> None:
    """A process remains at the last restart, as shutdown.log writes it."""
    phone = IosPhone(plants=(Plant(PlantKind.PROCESSES, "ctlprocd", "shutdown_log"),))
    evidence = build_ios_file_system(tmp_path, phone)
    log = (tmp_path / "private/var/db/diagnostics/shutdown.log").read_text(encoding="utf-8")
    assert log.count("(/private/var/db/ctlprocd)") == 1
    assert log.rstrip().rsplit("SIGTERM", 2)[1].count("ctlprocd") == 1
    assert evidence.planted[0].module == "shutdown_log"


def test_missing_and_damaged_sources(tmp_path: Path) -> None:
    """A source can be left out or damaged; an unknown one is refused."""
    build_ios_file_system(tmp_path / "a", IosPhone(), missing={"sms"}, damage={"shutdown_log": Damage.EMPTY})
    assert not (tmp_path / "a" / "private/var/mobile/Library/SMS/sms.db").exists()
    assert (tmp_path / "a" / "private/var/db/diagnostics/shutdown.log").stat().st_size == 0
    with pytest.raises(ValueError, match="manifest_db"):
        build_ios_file_system(tmp_path / "b", IosPhone(), missing={"manifest_db"})


def test_file_name_is_planted_by_name_alone(tmp_path: Path) -> None:
    """The dump holds a file of the planted name."""
    build_ios_file_system(tmp_path, IosPhone(plants=(Plant(PlantKind.FILE_NAMES, "ctl.bin"),)))
    assert (tmp_path / "private/var/tmp/ctl.bin").is_file()
