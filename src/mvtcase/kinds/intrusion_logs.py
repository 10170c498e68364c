"""Android's intrusion logs: events of network and security that the phone kept for its owner."""

from __future__ import annotations

from mvtcase.kinds.record import Command, Kind, key_modules, never
from mvtcase.kinds.shared import FILES, HASHES, INTRUSION_LOG_TRACES, LINKS, MVT_MODULES
from mvtcase.kinds.words import EvidenceKind, Opener, Platform, Trace

INTRUSION_LOGS = Kind(
    name=EvidenceKind.INTRUSION_LOGS,
    words="Android intrusion logs",
    looks_for="a folder or zip of .txt files with one JSON event (security_event, dns_event …) a line",
    platform=Platform.ANDROID,
    command=Command(platform=Platform.ANDROID, name="check-intrusion-logs", part="intrusion_logs", parts=()),
    opener=Opener.NOTHING,
    named_by_manifest=False,
    links_are_normal=False,
    key_modules=key_modules(
        "intrusion_logs",
        MVT_MODULES,
        {
            "dns_event": "every phone with a network resolves names",
            "connect_event": "every phone with a network opens connections",
            "security_event": "Android records process starts and unlocks",
        },
    ),
    limitations=(
        never("Intrusion logs carry network and security events of the days they cover, no messages and no files."),
    ),
    never_whole="",
    compared_types=FILES | LINKS | HASHES | {"app_ids", "processes", "app_cert_hashes"},
    traces=INTRUSION_LOG_TRACES,
    telling={"*.txt": Trace.LINK_OPENED},
)
