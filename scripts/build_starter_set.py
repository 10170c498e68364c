"""Build `iocs/pegasus-starter.stix2` from the facts below, which published sets lack: same facts, same bytes.

Every fact was published in the report named beside it and is restated here, not copied from anyone's indicator file.
Run `python scripts/build_starter_set.py` after changing them, and raise `MODIFIED`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import stix2

TARGET = Path(__file__).resolve().parents[1] / "iocs" / "pegasus-starter.stix2"
CREATED = "2026-11-24T00:00:00.000Z"
MODIFIED = "2026-11-28T00:00:00.000Z"
NAMESPACE = uuid.UUID("5f3b6b0e-6f6c-5a57-8f1c-0d2c1c6a9e44")


@dataclass(frozen=True)
class Report:
    """A public report: who published it, under which title with its date, where."""

    publisher: str
    title: str
    url: str


SHUTDOWN_2024 = Report(
    "Kaspersky",
    "A lightweight method to detect potential iOS malware (16 January 2024)",
    "https://securelist.com/shutdown-log-lightweight-ios-malware-detection-method/111734/",
)

CHRYSAOR_2017 = Report(
    "Google",
    "An Investigation of Chrysaor Malware on Android (3 April 2017)",
    "https://android-developers.googleblog.com/2017/04/an-investigation-of-chrysaor-malware-on.html",
)

FILE_PATHS: dict[Report, str] = {
    SHUTDOWN_2024: "/private/var/db/com.apple.xpc.roleaccountd.staging/rolexd",
}
APP_IDS: dict[Report, str] = {
    # Pegasus for Android, which Google named Chrysaor.
    CHRYSAOR_2017: "com.android.copy com.binary.sms.receiver com.network.android",
}
FACTS: tuple[tuple[str, str, dict[Report, str]], ...] = (
    ("file:path", "file path", FILE_PATHS),
    ("app:id", "Android app", APP_IDS),
)


def build() -> str:
    """Return the bundle's text."""
    identity = stix2.Identity(name="mvtcase", identity_class="organization", **_common("identity", "mvtcase"))
    common = {"created_by_ref": identity.id, "object_marking_refs": [stix2.TLP_WHITE]}
    reports = {report: None for *_, facts in FACTS for report in facts}
    malware = stix2.Malware(
        name="Pegasus",
        description="Spyware of NSO Group for iOS and Android, as publicly documented.",
        is_family=True,
        malware_types=["spyware"],
        external_references=[_reference(report) for report in reports],
        **_common("malware", "Pegasus"),
        **common,
    )
    objects: list[Any] = [identity, stix2.TLP_WHITE, malware]
    for left, noun, facts in FACTS:
        for report, values in facts.items():
            for value in sorted(values.split()):
                objects += _indicator(left, noun, value, report, malware, common)
    bundle = stix2.Bundle(*objects, id=_identifier("bundle", MODIFIED))
    return str(bundle.serialize(indent=1, sort_keys=True)) + "\n"


def _indicator(
    left: str,
    noun: str,
    value: str,
    report: Report,
    malware: Any,  # noqa: ANN401 - stix2 has no types
    common: dict[str, Any],
) -> tuple[Any, Any]:
    pattern = f"[{left} = '{value}']"
    indicator = stix2.Indicator(
        name=f"Pegasus {noun}",
        indicator_types=["malicious-activity"],
        pattern=pattern,
        pattern_type="stix",
        valid_from=CREATED,
        external_references=[_reference(report)],
        **_common("indicator", pattern),
        **common,
    )
    relationship = stix2.Relationship(
        relationship_type="indicates",
        source_ref=indicator.id,
        target_ref=malware.id,
        **_common("relationship", pattern),
        **common,
    )
    return indicator, relationship


def _reference(report: Report) -> dict[str, str]:
    return {"source_name": report.publisher, "description": report.title, "url": report.url}


def _common(kind: str, key: str) -> dict[str, str]:
    return {"id": _identifier(kind, key), "created": CREATED, "modified": MODIFIED}


def _identifier(kind: str, key: str) -> str:
    return f"{kind}--{uuid.uuid5(NAMESPACE, f'{kind}:{key}')}"


if __name__ == "__main__":
    TARGET.write_text(build(), encoding="utf-8")
    print(f"Wrote {TARGET.name}.")
