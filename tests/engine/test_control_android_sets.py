"""Real indicator sets planted whole in the synthetic phone: the control finds what MVT can find of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mvtcase.phones.android import AndroidPhone, build_androidqf
from mvtcase.phones.plants import Plant, PlantKind
from shared import REAL_SETS

AskAndroidMvt = Callable[[Path, list[dict[str, Any]]], list[dict[str, Any]]]
pytestmark = [pytest.mark.engine, pytest.mark.shared]

REAL_TYPES = {
    "domainname:value": PlantKind.DOMAINS,
    "url:value": PlantKind.URLS,
    "process:name": PlantKind.PROCESSES,
    "file:name": PlantKind.FILE_NAMES,
    "file:path": PlantKind.FILE_PATHS,
    "file:hashes.md5": PlantKind.FILES_MD5,
    "file:hashes.sha1": PlantKind.FILES_SHA1,
    "file:hashes.sha256": PlantKind.FILES_SHA256,
    "app:id": PlantKind.APP_IDS,
    "app:cert.md5": PlantKind.APP_CERT_HASHES,
    "app:cert.sha1": PlantKind.APP_CERT_HASHES,
    "app:cert.sha256": PlantKind.APP_CERT_HASHES,
    "androidproperty:name": PlantKind.ANDROID_PROPERTY_NAMES,
}


@pytest.mark.skipif(not REAL_SETS.is_dir(), reason="the real indicator sets are not here")
def test_real_indicators_are_found_at_their_usual_places(tmp_path: Path, ask_android_mvt: AskAndroidMvt) -> None:
    """Every indicator of real sets is found where the builder says that MVT reports it, and nowhere else."""
    jobs, plans = [], []
    for path in sorted(REAL_SETS.glob("*.stix2")):
        plants = tuple(real_plants(json.loads(path.read_text(encoding="utf-8"))))
        built = build_androidqf(tmp_path / path.stem, AndroidPhone().with_plants(*plants))
        jobs.append({"command": "androidqf", "target": str(built.path), "indicators": str(path)})
        plans.append({found.plant.value.lower(): found.reported_by_mvt for found in built.planted})
    assert sum(len(plan) for plan in plans) > 1000
    for plan, answer in zip(plans, ask_android_mvt(tmp_path, jobs), strict=True):
        matched = {
            alert["indicator"].lower()
            for module in answer["modules"]
            for alert in module["alerts"]
            if alert["indicator"]
        }
        assert {value: value in matched for value in plan} == plan


def real_plants(bundle: dict[str, Any]) -> Iterator[Plant]:
    """Yield the indicators of a bundle as plants, of those types that have a usual place on Android."""
    for entry in bundle["objects"]:
        if entry["type"] == "indicator":
            key, value = entry["pattern"].strip("[]").split("=")
            kind = REAL_TYPES.get(key.strip().lower().replace("'", "").replace("-", ""))
            if kind:
                yield Plant(kind, value.strip().replace("'", ""))
