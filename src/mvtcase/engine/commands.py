"""Which MVT command examines which kind of evidence, as plain facts: the worker maps the names to MVT's classes."""

from __future__ import annotations

from dataclasses import dataclass

from mvtcase.model import EvidenceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One MVT command: platform and name as plugin declarations write them, and the part its modules run under.

    `parts` are the nested commands it can start, in MVT's order.
    """

    platform: str
    name: str
    part: str
    parts: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The command as a person would type it into plain MVT."""
        return f"mvt-{self.platform} {self.name}"


_IOS_BACKUP = Command(platform="ios", name="check-backup", part="backup")
_ANDROIDQF = Command(
    platform="android", name="check-androidqf", part="androidqf", parts=("bugreport", "backup", "intrusion_logs")
)

COMMANDS: dict[EvidenceKind, Command] = {
    EvidenceKind.IOS_BACKUP: _IOS_BACKUP,
    EvidenceKind.IOS_BACKUP_ENCRYPTED: _IOS_BACKUP,
    EvidenceKind.IOS_FILE_SYSTEM: Command(platform="ios", name="check-fs", part="fs"),
    EvidenceKind.SYSDIAGNOSE: Command(platform="ios", name="check-sysdiagnose", part="sysdiagnose"),
    EvidenceKind.ANDROIDQF: _ANDROIDQF,
    EvidenceKind.ANDROIDQF_AGE: _ANDROIDQF,
    EvidenceKind.BUGREPORT: Command(platform="android", name="check-bugreport", part="bugreport"),
    EvidenceKind.ANDROID_BACKUP: Command(platform="android", name="check-backup", part="backup"),
    EvidenceKind.INTRUSION_LOGS: Command(platform="android", name="check-intrusion-logs", part="intrusion_logs"),
    # MVT has no such command; mvt_plugin_line brings one.
    EvidenceKind.ANDROID_FILE_SYSTEM: Command(platform="android", name="check-line-fs", part="line_fs"),
}


def part_name(command_name: str) -> str:
    """Return the part that the modules of an MVT command run under: `check-intrusion-logs` gives `intrusion_logs`."""
    return command_name.removeprefix("check-").replace("-", "_")
