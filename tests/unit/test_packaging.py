"""What travels with an installed mvtcase: indicators, templates, plugins, the command."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Give the wheel of this checkout, built without a network."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed here; 'make wheel' fetches it")
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run([*build, "--wheel-dir", str(folder), str(ROOT)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("mvtcase-*.whl")
    return zipfile.ZipFile(path)


def _files(folder: Path, pattern: str) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob(pattern) if path.is_file()}


def test_the_wheel_holds_indicators_templates_and_plugins(wheel: zipfile.ZipFile) -> None:
    """All of the source, every template, every built-in set with its licence."""
    names = set(wheel.namelist())
    sources = _files(ROOT / "src", "*.py") | _files(ROOT / "src", "*.j2") | _files(ROOT / "src", "*.css")
    assert sources <= names
    assert {f"mvtcase/_iocs/{name}" for name in _files(ROOT / "iocs", "*") if "__pycache__" not in name} <= names
    assert any(name.endswith(".stix2") for name in names)
    assert "mvtcase/_iocs/catalog.toml" in names
    assert not [name for name in names if name.startswith(("tests", "cases", "docs"))]


def test_the_wheel_holds_nothing_that_only_tests_need(wheel: zipfile.ZipFile) -> None:
    """Builders of hostile and damaged evidence, variants and invented reports stay in the checkout."""
    builders = {path.name for path in (ROOT / "tests/support/builders").glob("*.py")} - {"__init__.py"}
    assert len(builders) > 10
    travelling = [name for name in wheel.namelist() if Path(name).name in builders]
    assert travelling == []


def test_the_wheel_declares_command_plugins_and_licence(wheel: zipfile.ZipFile) -> None:
    """As pip and MVT look for them."""
    (points,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    text = wheel.read(points).decode()
    for line in ("mvtcase = mvtcase.cli.app:main", "[mvt.modules]", "mvt_plugin_line =", "mvt_plugin_sysdiagnose ="):
        assert line in text
    (metadata,) = [name for name in wheel.namelist() if name.endswith("METADATA")]
    described = wheel.read(metadata).decode()
    assert "License-Expression: Apache-2.0" in described
    assert "Requires-Dist: mvt==2026.10.26" in described


def test_what_is_declared_can_be_loaded() -> None:
    """Every entry point of the installed distribution is there."""
    points = importlib.metadata.distribution("mvtcase").entry_points
    assert {point.name for point in points} >= {"mvtcase", "mvt_plugin_line", "mvt_plugin_sysdiagnose"}
    for point in points:
        assert importlib.util.find_spec(point.module) is not None, point


def test_the_command_runs_as_a_module() -> None:
    """`python -m mvtcase` is the command, where no script folder is on the PATH."""
    done = subprocess.run([sys.executable, "-m", "mvtcase", "--help"], check=True, capture_output=True, text=True)
    assert "Usage: mvtcase" in done.stdout


@pytest.mark.slow
def test_the_wheelhouse_installs_with_no_index(tmp_path: Path) -> None:
    """The archive alone makes a working command in a new environment, with pip's index switched off."""
    script = [sys.executable, str(ROOT / "scripts/wheelhouse.py"), str(tmp_path)]
    built = subprocess.run(script, check=False, capture_output=True, text=True)
    if built.returncode:
        pytest.skip("the wheels could not be fetched here")
    with tarfile.open(built.stdout.strip()) as archive:
        archive.extractall(tmp_path, filter="data")
    install = [str(tmp_path / "mvtcase-wheelhouse/install.sh"), str(tmp_path / "env")]
    offline = {"PATH": "/usr/bin:/bin", "PYTHON": sys.executable, "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    done = subprocess.run(install, check=False, capture_output=True, text=True, env=offline)
    assert done.returncode == 0, done.stderr
    command = [str(tmp_path / "env/bin/mvtcase"), "--json", "--workspace", str(tmp_path / "work"), "iocs", "list"]
    subprocess.run([command[0], "init", str(tmp_path / "work")], check=True, capture_output=True, env=offline)
    listed = subprocess.run(command, check=True, capture_output=True, text=True, env=offline)
    assert '"pegasus' in listed.stdout
