"""Archives made to fill a disk, to climb out of their folder, or to show one thing and hide another."""

from __future__ import annotations

import gzip
import io
import tarfile
import warnings
import zipfile
from functools import partial
from typing import TYPE_CHECKING

from builders.hostile_android import phone_with
from builders.hostile_inputs import DOMAIN, HostileInput
from mvtcase.model import EvidenceKind
from mvtcase.phones.adb_backup import build_adb_backup
from mvtcase.phones.android import build_androidqf_zip
from mvtcase.phones.bugreport import build_bugreport
from mvtcase.phones.sysdiagnose import build_sysdiagnose
from mvtcase.phones.sysdiagnose_phone import SysdiagnosePhone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_GIB = 1 << 30
_BOMB = 2 * _GIB


def archive_inputs() -> Iterator[HostileInput]:
    """Yield archives with tricks; what they plant stands in what they hide or break."""
    for name, tamper in _ZIP_TRICKS.items():
        yield HostileInput(
            name=f"androidqf zip {name}",
            group="archive tricks",
            kind=EvidenceKind.ANDROIDQF,
            build=partial(_tricked_androidqf, tamper),
            may_refuse=True,
        )
        yield HostileInput(
            name=f"bugreport zip {name}",
            group="archive tricks",
            kind=EvidenceKind.BUGREPORT,
            build=partial(_tricked_bugreport, tamper),
            may_refuse=True,
        )
    for name, add in _TAR_TRICKS.items():
        yield HostileInput(
            name=f"sysdiagnose {name}",
            group="archive tricks",
            kind=EvidenceKind.SYSDIAGNOSE,
            build=partial(_tricked_sysdiagnose, add),
            may_refuse=True,
        )
    yield HostileInput(
        name="backup that unfolds to 2 GiB",
        group="bombs",
        kind=EvidenceKind.ANDROID_BACKUP,
        build=_backup_bomb,
        slow=True,
    )


def _members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _tricked_androidqf(tamper: Callable[[dict[str, bytes], str], bytes], folder: Path) -> Path:
    built = build_androidqf_zip(folder / "phone.zip", phone_with("aqf_packages"))
    members = _members(built.path)
    built.path.write_bytes(tamper(members, next(name for name in members if name.endswith("packages.json"))))
    return built.path


def _tricked_bugreport(tamper: Callable[[dict[str, bytes], str], bytes], folder: Path) -> Path:
    built = build_bugreport(folder / "bugreport.zip", phone_with("dumpsys_packages"))
    members = _members(built.path)
    built.path.write_bytes(tamper(members, next(name for name in members if name.startswith("bugreport-"))))
    return built.path


def _packed(entries: list[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()


def _twice(members: dict[str, bytes], key: str, *, harmless_last: bool) -> bytes:
    """Return an archive with two members of the key's name: one without the plant."""
    harmless = members[key].replace(b"net.example.planted", b"net.example.ordinary")
    pair = [(key, members[key]), (key, harmless)]
    others = [(name, data) for name, data in members.items() if name != key]
    return _packed([*others, *(pair if harmless_last else reversed(pair))])


def _wrong_size(members: dict[str, bytes], key: str) -> bytes:
    data = bytearray(_packed(list(members.items())))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        info = archive.getinfo(key)
    central = data.rindex(key.encode()) - 46
    data[central + 24 : central + 28] = (info.file_size // 2).to_bytes(4, "little")
    return bytes(data)


def _bomb(members: dict[str, bytes], key: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            if name == key:
                with archive.open(name, "w", force_zip64=True) as member:
                    for _ in range(400):
                        member.write(bytes(1 << 20))
            else:
                archive.writestr(name, data)
    return buffer.getvalue()


_ZIP_TRICKS: Mapping[str, Callable[[dict[str, bytes], str], bytes]] = {
    "with a second, harmless member last": partial(_twice, harmless_last=True),
    "with a second, harmless member first": partial(_twice, harmless_last=False),
    "with a member that climbs out": lambda members, key: _packed([
        *((name, data) for name, data in members.items() if name != key), (f"../../{key}", members[key]),
    ]),
    "with an absolute name": lambda members, key: _packed([
        *((name, data) for name, data in members.items() if name != key), (f"/tmp/{key}", members[key]),  # noqa: S108 - what a hostile archive says
    ]),
    "with backslashes": lambda members, _: _packed([(name.replace("/", "\\"), data) for name, data in members.items()]),
    "with a wrong size": _wrong_size,
    "with a member that unfolds": _bomb,
    "with 5,000 empty members": lambda members, key: _packed([
        *((f"{key}.{number}", b"") for number in range(5000)),
        *((name, data) for name, data in members.items() if name != key),
    ]),
    "with its directory cut off": lambda members, _: _packed(list(members.items()))[:-60],
    "with bytes before it": lambda members, key: b"#!/bin/sh\n" + _packed(
        [(name, data) for name, data in members.items() if name != key]
    ),
}  # fmt: skip


def _tricked_sysdiagnose(add: Callable[[tarfile.TarFile, str], None], folder: Path) -> Path:
    """Write a sysdiagnose without ps.txt, and in its place what the trick adds."""
    source = build_sysdiagnose(folder / "plain", SysdiagnosePhone())
    target = folder / source.path.name
    with (
        gzip.open(source.path) as packed,
        tarfile.open(fileobj=packed) as old,
        tarfile.open(target, "w:gz") as new,
    ):
        for member in old:
            if member.name.endswith("/ps.txt"):
                add(new, member.name)
            else:
                new.addfile(member, old.extractfile(member))
    return target


def _add(new: tarfile.TarFile, name: str, kind: bytes, link: str = "", size: int = 0) -> None:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.size = kind, link, size
    new.addfile(member, io.BytesIO(bytes(size)) if size else None)


def _sparse(new: tarfile.TarFile, name: str) -> None:
    """Add a member of a few bytes that stands for 100 GB (GNU's sparse format 1.0)."""
    content = b"1\n107374182399\n1\n".ljust(512, b"\0") + b"x"
    member = tarfile.TarInfo(name)
    member.size = len(content)
    member.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": name,
        "GNU.sparse.realsize": "107374182400",
    }
    new.addfile(member, io.BytesIO(content))


_TAR_TRICKS: Mapping[str, Callable[[tarfile.TarFile, str], None]] = {
    "with ps.txt a link out": lambda new, name: _add(new, name, tarfile.SYMTYPE, "/etc/passwd"),
    "with ps.txt a link up": lambda new, name: _add(new, name, tarfile.SYMTYPE, "../" * 30 + "etc/passwd"),
    "with ps.txt a hard link out": lambda new, name: _add(new, name, tarfile.LNKTYPE, "/etc/passwd"),
    "with ps.txt a pipe": lambda new, name: _add(new, name, tarfile.FIFOTYPE),
    "with ps.txt a device": lambda new, name: _add(new, name, tarfile.CHRTYPE),
    "with ps.txt above its top": lambda new, name: _add(new, f"../../{name}", tarfile.REGTYPE, size=100),
    "with ps.txt sparse, 100 GB": _sparse,
    "with ps.txt empty": lambda new, name: _add(new, name, tarfile.REGTYPE),
    "without ps.txt": lambda _, __: None,
}


def _backup_bomb(folder: Path) -> Path:
    """Write a backup whose messages' file unfolds to gigabytes."""
    built = build_adb_backup(folder / "backup.ab", phone_with("sms"))
    head = built.path.read_bytes().split(b"none\n", 1)[0]
    import zlib  # noqa: PLC0415 - only here

    packer = zlib.compressobj(9)
    member = tarfile.TarInfo("apps/com.android.providers.telephony/d_f/000000_sms_backup")
    member.size = _BOMB
    with built.path.open("wb") as handle:
        handle.write(head + b"none\n" + packer.compress(member.tobuf()))
        for _ in range(_BOMB >> 20):
            handle.write(packer.compress(bytes(1 << 20)))
        handle.write(packer.compress(DOMAIN.encode().ljust(10240, b"\0")) + packer.flush())
    return built.path
