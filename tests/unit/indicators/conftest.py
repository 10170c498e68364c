"""Fixtures of the indicator tests: an empty library with a clock of its own, and small STIX bundles."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.indicators import library
from mvtcase.indicators.catalog import builtin_folder
from mvtcase.indicators.library import IndicatorLibrary
from shared import REAL_SETS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

START = datetime(2026, 11, 24, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def one_built_in_set(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one small set alone come with mvtcase: what a library does is not a matter of how many do."""
    folder = tmp_path_factory.mktemp("builtin")
    shutil.copy(builtin_folder() / "pegasus-starter.stix2", folder)
    described = 'name = "pegasus-starter"\nfile = "pegasus-starter.stix2"\npublisher = "mvtcase"\nlicence = "CC0-1.0"'
    (folder / "catalog.toml").write_text(f"[[builtin]]\n{described}\n", encoding="utf-8")
    monkeypatch.setattr(library, "builtin_folder", lambda: folder)


@pytest.fixture
def indicator_library(tmp_path: Path) -> IndicatorLibrary:
    """Return a library over an empty folder; its clock moves a second with every look."""
    ticks = iter(range(10_000))
    return IndicatorLibrary(tmp_path / "iocs", clock=lambda: START + timedelta(seconds=next(ticks)))


@pytest.fixture
def bundle_file(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a bundle of patterns under one malware and returns its path."""

    def write(*patterns: str, name: str = "invented.stix2", family: str = "Invented") -> Path:
        objects: list[dict[str, Any]] = [{"type": "malware", "id": "malware--1", "name": family}]
        for number, pattern in enumerate(patterns):
            identity = f"indicator--{number}"
            objects.append(
                {"type": "indicator", "id": identity, "pattern": pattern, "modified": "2026-01-02T03:04:05.000Z"}
            )
            objects.append(
                {
                    "type": "relationship",
                    "id": f"relationship--{number}",
                    "source_ref": identity,
                    "target_ref": "malware--1",
                }
            )
        path = tmp_path / name
        path.write_text(json.dumps({"type": "bundle", "id": "bundle--1", "objects": objects}), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def real_sets() -> tuple[Path, ...]:
    """Return the real indicator sets beside the checkout, or skip the test."""
    files = tuple(sorted(REAL_SETS.glob("*.stix2")))
    if not files:
        pytest.skip("the real indicator sets are not beside this checkout")
    return files
