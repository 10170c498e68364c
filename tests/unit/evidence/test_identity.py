"""The phone's identity is read where the kind carries it, and hostile content never raises."""

from __future__ import annotations

import os
import plistlib
import shutil
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from mvtcase.evidence.intake import identify, read_identity
from mvtcase.evidence.readers.base import MAX_TEXT
from mvtcase.model import DeviceIdentity, Platform
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.androidqf_layouts import AndroidQFLayout
from mvtcase.phones.ios_phone import IosPhone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


@pytest.mark.parametrize("name", ["ios", "ios_encrypted"])
def test_backup_tells_all_of_the_phone(evidence_of: Mapping[str, Path], name: str) -> None:
    """An iTunes backup, encrypted or not, gives every field of an iPhone."""
    phone = IosPhone(messages=6)
    found = read_identity(identify(evidence_of[name]))
    assert found == DeviceIdentity(
        platform=Platform.IOS,
        name=phone.device_name,
        model=phone.product_name,
        product_type=phone.product_type,
        os_version=phone.ios_version,
        os_build=phone.build,
        udid=phone.udid,
        serial=phone.serial,
        imei=phone.imei,
        phone_number=phone.phone_number,
        last_backup_at=phone.backed_up.strftime("%Y-%m-%dT%H:%M:%SZ"),
        collector="iTunes 12.13.7",
    )


@pytest.mark.parametrize(
    ("layout", "told"),
    [
        (AndroidQFLayout.V1_5, "AndroidQF"),
        (AndroidQFLayout.V1_7, "AndroidQF v1.7.1"),
        (AndroidQFLayout.V1_8, "AndroidQF v1.8.0"),
    ],
)
def test_androidqf_tells_its_own_version(tmp_path: Path, layout: AndroidQFLayout, told: str) -> None:
    """Old releases told none; a folder without its record says nothing of the tool."""
    folder = build_androidqf(tmp_path / "a", AndroidPhone(), layout=layout).path
    assert read_identity(identify(folder)).collector == told
    (folder / "acquisition.json").unlink()
    assert read_identity(identify(folder)).collector is None


def test_manifest_speaks_where_info_is_lost(evidence_of: Mapping[str, Path], tmp_path: Path) -> None:
    """Without Info.plist the lockdown part of Manifest.plist gives the same phone."""
    backup = tmp_path / "backup"
    shutil.copytree(evidence_of["ios"], backup)
    locked = {"DeviceName": "Phone of nobody", "UniqueDeviceID": "00008110-0001", "SerialNumber": "X1"}
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc).replace(tzinfo=None)
    (backup / "Info.plist").write_bytes(b"noise")
    (backup / "Manifest.plist").write_bytes(plistlib.dumps({"Lockdown": locked, "Date": moment}))
    found = read_identity(identify(backup))
    assert (found.name, found.udid, found.serial) == ("Phone of nobody", "00008110-0001", "X1")
    assert found.last_backup_at == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(
    "name",
    ["androidqf", "androidqf_zip", "androidqf_flat_zip", "bugreport", "bugreport_samsung", "bugreport_wrapped",
     "bugreport_folder"],
)  # fmt: skip
def test_android_evidence_tells_the_properties(evidence_of: Mapping[str, Path], name: str) -> None:
    """AndroidQF and bugreports of every shape give the system properties' fields."""
    phone = AndroidPhone()
    found = read_identity(identify(evidence_of[name]))
    assert (found.manufacturer, found.model, found.product_type) == (phone.manufacturer, phone.model, phone.device)
    assert (found.os_version, found.os_build) == (phone.android_version, phone.build_id)
    assert found.security_patch == phone.security_patch
    assert found.serial


@pytest.mark.parametrize("name", ["sysdiagnose", "sysdiagnose_folder"])
def test_sysdiagnose_tells_the_phone(evidence_of: Mapping[str, Path], name: str) -> None:
    """Archive and folder of a sysdiagnose give type, version, build and serial."""
    found = read_identity(identify(evidence_of[name]))
    assert (found.product_type, found.os_version, found.os_build) == ("iPhone14,5", "17.5.1", "21F90")
    assert found.serial == "SYNTHETIC00"


def test_sysdiagnose_reads_the_activation_request(tmp_path: Path) -> None:
    """UDID and IMEI come from the activation request; the folder's name gives the build when nothing else does."""
    folder = tmp_path / "sysdiagnose_2026.01.02_03-04-05+0000_iPhone-OS_iPhone_21F90"
    place = folder / "logs" / "MobileActivation"
    place.mkdir(parents=True)
    (folder / "sysdiagnose.log").write_text("x")
    (place / "collection_oob_request.txt").write_text(
        'BODY: {"udid": "0000-1", "imei": "356", "productType": "iP1,1"}\n'
    )
    found = read_identity(identify(folder))
    assert (found.udid, found.imei, found.product_type, found.os_build) == ("0000-1", "356", "iP1,1", "21F90")


def test_file_system_dump_tells_the_phone(tmp_path: Path) -> None:
    """A dump's SystemVersion, data_ark, gestalt cache and radio settings give the identity."""
    cache = (
        "private/var/containers/Shared/SystemGroup/systemgroup.com.apple.mobilegestaltcache/Library/Caches/"
        "com.apple.MobileGestalt.plist"
    )
    contents: dict[str, dict[str, object]] = {
        "System/Library/CoreServices/SystemVersion.plist": {"ProductVersion": "17.1", "ProductBuildVersion": "21B1"},
        "private/var/root/Library/Lockdown/data_ark.plist": {"-DeviceName": "Nobody's phone"},
        cache: {"CacheExtra": {"VasUgeSzVyHdB27g2XpN0g": "SER1", "h9jDsbgj7xIVeIQ8S3/X3Q": "iPhone15,2"}},
        "private/var/wireless/Library/Preferences/com.apple.commcenter.plist": {"PhoneNumber": "+447700900000"},
    }
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(plistlib.dumps(content))
    (tmp_path / "private/var/mobile").mkdir()
    found = read_identity(identify(tmp_path))
    assert (found.os_version, found.os_build, found.name) == ("17.1", "21B1", "Nobody's phone")
    assert (found.serial, found.product_type, found.phone_number) == ("SER1", "iPhone15,2", "+447700900000")


def test_android_file_system_reads_build_properties(tmp_path: Path) -> None:
    """An Android dump's build.prop gives model and version."""
    (tmp_path / "data" / "data").mkdir(parents=True)
    (tmp_path / "system").mkdir()
    (tmp_path / "system/build.prop").write_text("ro.product.model=Pixel\nro.build.version.release=15\n")
    found = read_identity(identify(tmp_path))
    assert (found.model, found.os_version) == ("Pixel", "15")


@pytest.mark.parametrize("name", ["logs", "ab", "ab_encrypted", "age"])
def test_silent_kinds_give_only_the_platform(evidence_of: Mapping[str, Path], name: str) -> None:
    """Kinds that say nothing readable of the phone give its platform and nothing invented."""
    assert read_identity(identify(evidence_of[name])) == DeviceIdentity(platform=Platform.ANDROID)


_HOSTILE_PLISTS = {
    "noise": os.urandom(300),
    "object count of exabytes": b"bplist00" + b"\x51A" + b"\x08" + bytes([0] * 6 + [1, 1]) + b"\x7f" + b"\xff" * 23,
    "deep": b"<plist>" + b"<array>" * 50_000 + b"</array>" * 50_000 + b"</plist>",
    "cycle": b"bplist00\xa1\x00\x08" + bytes([0] * 6 + [1, 1] + [0] * 7 + [1] + [0] * 15 + [10]),
    "entities": b'<!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    b"<plist><dict><key>IMEI</key><string>&b;</string></dict></plist>",
    "no dictionary": plistlib.dumps([1, 2]),
    "year 99999": b"<plist><dict><key>Last Backup Date</key><date>99999-01-01T00:00:00Z</date></dict></plist>",
    "wrong types": plistlib.dumps({"Device Name": [1], "IMEI": True, "Serial Number": -4, "Last Backup Date": "soon"}),
}  # fmt: skip


@pytest.mark.parametrize("content", _HOSTILE_PLISTS.values(), ids=_HOSTILE_PLISTS)
def test_hostile_property_lists_give_nothing(evidence_of: Mapping[str, Path], tmp_path: Path, content: bytes) -> None:
    """Bombs, cycles, noise and wrong types in every property list leave the fields empty."""
    backup = tmp_path / "backup"
    backup.mkdir()
    shutil.copy(evidence_of["ios"] / "Manifest.db", backup)
    for name in ("Info.plist", "Manifest.plist", "Status.plist"):
        (backup / name).write_bytes(content)
    assert read_identity(identify(backup)) == DeviceIdentity(platform=Platform.IOS)


def test_names_are_kept_as_given_and_cut(tmp_path: Path) -> None:
    """Escapes, markup and direction marks stay for whoever shows them to escape; a megabyte of name is cut."""
    hostile = "\x1b[31m<script>\u202e=HYPERLINK(1)"
    for length, expected in ((0, hostile), (1 << 20, (hostile + "x" * MAX_TEXT)[:MAX_TEXT])):
        info = {"Device Name": hostile + "x" * length}
        # A property list in XML cannot hold control characters; the binary form can.
        (tmp_path / "Info.plist").write_bytes(plistlib.dumps(info, fmt=plistlib.FMT_BINARY))
        (tmp_path / "Manifest.db").write_bytes(b"")
        assert read_identity(identify(tmp_path)).name == expected


def test_links_inside_are_not_followed(evidence_of: Mapping[str, Path], tmp_path: Path) -> None:
    """An Info.plist or main_entry.txt that leads elsewhere is not read."""
    backup = tmp_path / "backup"
    backup.mkdir()
    (backup / "Manifest.db").write_bytes(b"")
    (backup / "Info.plist").symlink_to(evidence_of["ios"] / "Info.plist")
    report = tmp_path / "report"
    report.mkdir()
    secret = tmp_path / "secret.txt"
    secret.write_text("[ro.serialno]: [SECRET]\n")
    (report / "main_entry.txt").write_text("../secret.txt")
    assert read_identity(identify(backup)).name is None
    assert read_identity(identify(report)).serial is None


def test_properties_beyond_a_piece_are_found(tmp_path: Path, zip_at: Callable[..., Path]) -> None:
    """A property that lies across the border of two pieces of a long dumpstate is read."""
    line = b"\n[ro.product.model]: [Pixel 9]\n[ro.serialno]: [SER9]\n"
    text = b"x" * ((1 << 20) - 20) + line + b"y" * 1000
    path = zip_at("report.zip", {"main_entry.txt": b"long.txt", "long.txt": text})
    found = read_identity(identify(path))
    assert (found.model, found.serial) == ("Pixel 9", "SER9")


def test_damaged_archives_give_nothing(evidence_of: Mapping[str, Path], tmp_path: Path) -> None:
    """A bugreport cut in half has no identity and raises nothing."""
    path = tmp_path / "bugreport.zip"
    data = evidence_of["bugreport"].read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert read_identity(identify(path)) == DeviceIdentity(platform=Platform.ANDROID)
