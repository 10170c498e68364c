"""What an archive says about itself, and that nothing in it can make that reading fail."""

from __future__ import annotations

import plistlib
from typing import TYPE_CHECKING

import pytest

from mvt_plugin_sysdiagnose.archive import Archive
from mvt_plugin_sysdiagnose.device import Device, read_device, version_of_build

if TYPE_CHECKING:
    from pathlib import Path

ROOT = "sysdiagnose_2023.05.24_13-29-15-0700_iPhone-OS_iPhone_19H349"


def _read(tmp_path: Path, files: dict[str, bytes], root: str = ROOT) -> Device:
    for name, content in files.items():
        path = tmp_path / root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return read_device(Archive(names=[f"{root}/{name}" for name in files], parent=str(tmp_path)))


@pytest.mark.parametrize(
    ("build", "version"),
    [
        ("18H107", 14),
        ("19H349", 15),
        ("22F76", 18),
        ("23B85", 26),
        ("24A5260n", 27),
        ("09A1", None),
        ("", None),
        ("iPhone", None),
        ("1234567", None),
    ],
)
def test_a_build_gives_the_version(build: str, version: int | None) -> None:
    """Builds run four ahead of iOS up to 18, and three behind its year's number from 26 on."""
    assert version_of_build(build) == version


@pytest.mark.parametrize(
    ("name", "content", "version"),
    [
        ("logs/SystemVersion/SystemVersion.plist", plistlib.dumps({"ProductVersion": "16.7.2"}), 16),
        ("logs/SystemVersion/SystemVersion.plist", plistlib.dumps({"ProductVersion": 7}), 7),
        ("logs/SystemVersion/SystemVersion.plist", plistlib.dumps(["16"]), 15),
        ("logs/SystemVersion/SystemVersion.plist", b"garbage", 15),
        ("remotectl_dumpstate.txt", b"\tProperties: {\n\t\tOSVersion => 26.1\n", 26),
        ("spindump-nosymbols.txt", b"OS Version:       iPhone OS 17.5.1 (Build 21F90)\n", 17),
        ("README.txt", b"", 15),
    ],
)
def test_the_version_comes_from_the_best_source_there_is(
    tmp_path: Path, name: str, content: bytes, version: int
) -> None:
    """The version file first, then the dump state, the spindump and the archive's name; damage falls through."""
    assert _read(tmp_path, {name: content}).ios_version == version


def test_the_offset_comes_from_the_collection_log(tmp_path: Path) -> None:
    """The log's name of the archive is the device's own; a renamed folder does not matter."""
    log = b"Output at '/x/sysdiagnose_2026.10.14_16-20-05+0800_iPhone-OS_iPhone_21F90.tar.gz'\n"
    device = _read(tmp_path, {"sysdiagnose.log": log}, root="renamed")
    assert str(device.offset) == "UTC+08:00"
    assert device.creation_stamp.isodate == "2026-10-14 08:20:05.000000"
    assert device.creation_stamp.basis == "archive_creation"


def test_a_folder_around_the_sysdiagnose_does_not_matter(tmp_path: Path) -> None:
    """Offset and version are found one folder deeper too."""
    device = _read(tmp_path, {"x/ps.txt": b""}, root=f"around/{ROOT}")
    assert (str(device.offset), device.ios_version) == ("UTC-07:00", 15)
    assert device.created is not None


def test_an_archive_that_says_nothing_is_of_unknown_version(tmp_path: Path) -> None:
    """Nothing known is None, and times have no basis."""
    device = _read(tmp_path, {"ps.txt": b""}, root="folder")
    assert (device.ios_version, device.offset, device.creation_stamp.isodate) == (None, None, "")
