"""Write one archive with every pinned wheel and an installer, for a laptop that never sees a network.

`make wheelhouse` runs it: `python scripts/wheelhouse.py FOLDER` writes `mvtcase-VERSION-wheelhouse-PLATFORM.tar.gz`
there. The wheels fit this machine's system and Python version, so it is run on a machine like the one it is for.
Nothing of it is trusted unread: `SHA256SUMS` lists the wheels, and the installer checks it and asks no index.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
INSTALLER = """#!/bin/sh
# Install mvtcase from the wheels beside this file into FOLDER (default: mvtcase-env); asks no network.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-mvtcase-env}
(cd "$here" && sha256sum --quiet --check SHA256SUMS)
"${PYTHON:-python3}" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --no-index --find-links "$here/wheels" --no-cache-dir mvtcase
"$folder/bin/mvtcase" --help >/dev/null
echo "mvtcase is installed: $folder/bin/mvtcase"
"""


def build(folder: Path) -> Path:
    """Return the archive's path. Raises `subprocess.CalledProcessError` when pip cannot fetch or build a wheel."""
    with tempfile.TemporaryDirectory() as made:
        house = Path(made) / "mvtcase-wheelhouse"
        wheels = house / "wheels"
        wheels.mkdir(parents=True)
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
        pinned = ["--constraint", str(ROOT / "constraints.txt"), "--wheel-dir", str(wheels), str(ROOT)]
        subprocess.run([*pip, *pinned], check=True)
        (house / "SHA256SUMS").write_text(_sums(house, wheels), encoding="ascii")
        (house / "install.sh").write_text(INSTALLER, encoding="ascii")
        (house / "install.sh").chmod(0o755)
        (own,) = wheels.glob("mvtcase-*.whl")
        platform = f"{sysconfig.get_platform()}-py{sys.version_info.major}{sys.version_info.minor}"
        path = folder / f"mvtcase-{own.name.split('-')[1]}-wheelhouse-{platform}.tar.gz"
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(path, "w:gz") as archive:
            archive.add(house, arcname=house.name)
    return path


def _sums(house: Path, wheels: Path) -> str:
    listed = sorted(wheels.glob("*.whl"))
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(house).as_posix()}\n" for path in listed
    )


if __name__ == "__main__":
    print(build(Path(sys.argv[1])))
