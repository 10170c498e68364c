"""Evidence of every kind, built once, and the hostile archives that control does not build."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mvtcase.files import destroy
from mvtcase.phones.adb_backup import build_adb_backup
from mvtcase.phones.android import age_identity, build_androidqf, build_androidqf_zip, encrypt_age
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.bugreport import Layout, build_bugreport
from mvtcase.phones.encrypted import encrypt_ios_backup
from mvtcase.phones.intrusion_logs import build_intrusion_logs
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_fs import build_ios_file_system
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.sysdiagnose import SysdiagnosePhone, build_sysdiagnose
from shared import SHARED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SAMPLES = SHARED / "samples" / "mvt"


@pytest.fixture(scope="session")
def evidence_of(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Every kind of evidence, healthy, by a short name; tests must not change it."""
    at = tmp_path_factory.mktemp("evidence")
    iphone, android = IosPhone(messages=6), AndroidPhone()
    (at / "key.txt").write_text(f"# an invented key\n{age_identity()}\n")
    built = {
        "ios": build_ios_backup(at / "ios", iphone).path,
        "ios_fs": build_ios_file_system(at / "dump", iphone).path,
        "sysdiagnose": build_sysdiagnose(at / "archive", SysdiagnosePhone()).path,
        "sysdiagnose_folder": build_sysdiagnose(at / "folder", SysdiagnosePhone(), archive=False).path,
        "androidqf": build_androidqf(at / "androidqf", android).path,
        "androidqf_zip": build_androidqf_zip(at / "acquisition.zip", android).path,
        "androidqf_flat_zip": build_androidqf_zip(at / "flat.zip", android, top_folder=False).path,
        "bugreport": build_bugreport(at / "report.zip", android).path,
        "bugreport_samsung": build_bugreport(at / "samsung.zip", android, layout=Layout.SAMSUNG).path,
        "bugreport_wrapped": build_bugreport(at / "feedback.zip", android, wrapped=True).path,
        "bugreport_folder": build_bugreport(at / "bugreport", android, folder=True).path,
        "logs": build_intrusion_logs(at / "logs", android).path,
        "logs_zip": build_intrusion_logs(at / "logs.zip", android, zipped=True).path,
        "ab": build_adb_backup(at / "plain.ab", android).path,
        "ab_encrypted": build_adb_backup(at / "encrypted.ab", android, password="correct horse").path,
        "key": at / "key.txt",
    }
    built["ios_encrypted"] = encrypt_ios_backup(built["ios"], at / "encrypted", "correct horse")
    secret = (at / "key.txt").read_text().splitlines()[1]
    built["age"] = encrypt_age(built["androidqf_flat_zip"], secret)
    return built


@pytest.fixture(scope="session")
def mvt_samples() -> Path:
    """MVT's own test evidence beside the checkout; the test is skipped where there is none."""
    if not SAMPLES.is_dir():
        pytest.skip("the real samples are not beside this checkout")
    return SAMPLES


@pytest.fixture
def state_of() -> Callable[[Path], dict[str, tuple[int, int, bytes]]]:
    """Return a function that gives mode, mtime and bytes of everything below a path, to compare afterwards."""
    return _state_of


def _state_of(root: Path) -> dict[str, tuple[int, int, bytes]]:
    paths = [root, *sorted(root.rglob("*"))] if root.is_dir() else [root]
    found = {}
    for path in paths:
        status = path.lstat()
        data = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found[str(path)] = (status.st_mode, status.st_mtime_ns, data)
    return found


@pytest.fixture
def nested(tmp_path: Path) -> Iterator[Callable[[str, int], Path]]:
    """Return a function that nests a folder in itself so many times around one file; pytest itself cannot remove it."""
    root = tmp_path / "nested"

    def made(name: str, depth: int) -> Path:
        here = Path.cwd()
        root.mkdir()
        try:
            os.chdir(root)
            for _ in range(depth):
                Path(name).mkdir()
                os.chdir(name)
            Path("file").write_bytes(b"x")
        finally:
            os.chdir(here)
        return root

    yield made
    destroy(root)


@pytest.fixture
def zip_at(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a deflated zip of names and bytes."""

    def written(name: str, members: Mapping[str, bytes]) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, data in members.items():
                archive.writestr(member, data)
        return path

    return written


@pytest.fixture
def tar_at(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a tar.gz of members, each a name with bytes or a ready `TarInfo`."""

    def written(name: str, members: list[tuple[str, bytes] | tarfile.TarInfo], *, tail: bytes | None = None) -> Path:
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w") as archive:
            for member in members:
                if isinstance(member, tarfile.TarInfo):
                    archive.addfile(member)
                else:
                    info = tarfile.TarInfo(member[0])
                    info.size = len(member[1])
                    archive.addfile(info, io.BytesIO(member[1]))
        path = tmp_path / name
        path.write_bytes(gzip.compress(raw.getvalue() if tail is None else raw.getvalue().rstrip(b"\0") + tail))
        return path

    return written
