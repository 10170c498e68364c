"""Plants: indicator values put into synthetic evidence, so that a scan can be asked whether it saw them.

The iOS and the Android builders share these words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.canon import StrEnum

if TYPE_CHECKING:
    from pathlib import Path


class PlantKind(StrEnum):
    """The type of a planted indicator, named as MVT names its collections (`mvt/common/indicators.py`)."""

    DOMAINS = "domains"
    URLS = "urls"
    EMAILS = "emails"
    PROCESSES = "processes"
    FILE_NAMES = "file_names"
    FILE_PATHS = "file_paths"
    FILES_MD5 = "files_md5"
    FILES_SHA1 = "files_sha1"
    FILES_SHA256 = "files_sha256"
    APP_IDS = "app_ids"
    APP_CERT_HASHES = "app_cert_hashes"
    IOS_PROFILE_IDS = "ios_profile_ids"
    ANDROID_PROPERTY_NAMES = "android_property_names"


@dataclass(frozen=True, slots=True)
class Plant:
    """One indicator value to put into evidence; `spot` names the place, None leaves it to the builder's default."""

    kind: PlantKind
    value: str
    spot: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One plant as it was placed: the slug of the MVT module that must report it, and where a person finds it."""

    plant: Plant
    module: str
    where: str
    reported_by_mvt: bool = True
    """False where the module is known to read the place without comparing it: there only the sweep can speak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltEvidence:
    """What a builder made: the path to hand to MVT and everything planted in it."""

    path: Path
    planted: tuple[Planted, ...] = ()
