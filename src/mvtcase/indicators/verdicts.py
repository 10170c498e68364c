"""What becomes of each indicator of a file: used as it stands, used after an adjustment, or refused with a reason."""

from __future__ import annotations

from dataclasses import dataclass

from mvtcase.canon import StrEnum


class Stock(StrEnum):
    """What MVT 2026.10.26 itself does with an indicator (`Indicators._process_indicator`)."""

    LOADS = "loads"
    MANGLES = "mangles"
    """It counts the indicator, and then compares another value than the one meant."""
    DROPS = "drops"
    ABORTS = "aborts"
    """It raises on the pattern, which ends the whole run with nothing checked."""


class IndicatorType(StrEnum):
    """The lists an indicator can stand in, by MVT's names (`mvtcase.matchset.INDICATOR_TYPES`)."""

    DOMAINS = "domains"
    PROCESSES = "processes"
    EMAILS = "emails"
    FILE_NAMES = "file_names"
    FILE_PATHS = "file_paths"
    FILES_MD5 = "files_md5"
    FILES_SHA1 = "files_sha1"
    FILES_SHA256 = "files_sha256"
    APP_CERT_HASHES = "app_cert_hashes"
    APP_IDS = "app_ids"
    IOS_PROFILE_IDS = "ios_profile_ids"
    ANDROID_PROPERTY_NAMES = "android_property_names"
    URLS = "urls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usable:
    """One value that can be compared; `notes` say what was adjusted, `remarks` what a reader should know."""

    type: IndicatorType
    value: str
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a value cannot be compared."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """One indicator of a file that is not compared: where it stands, as it was written, why, and what MVT does."""

    where: str
    given: str
    reason: str
    stock: Stock


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """One indicator that is compared in another form than it was written."""

    where: str
    given: str
    type: str
    value: str
    note: str
    stock: Stock


MAX_SHOWN = 300


def shortened(text: str) -> str:
    """Return a text short enough for a passport, in characters every terminal and file can hold."""
    shown = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}… ({len(text)} characters)"
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")


def validity_of(revoked: object, valid_until: object) -> str:
    """Return what a publisher says of an indicator's validity: that it was revoked, or until when; empty else."""
    if revoked is True or str(revoked).lower() in {"1", "true", "yes"}:
        return "revoked by its publisher"
    return f"valid until {shortened(valid_until)[:10]}" if isinstance(valid_until, str) and valid_until.strip() else ""
