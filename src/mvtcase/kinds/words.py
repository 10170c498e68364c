"""The closed sets of words about evidence: platforms, kinds, traces, what opens it."""

from __future__ import annotations

from mvtcase.canon import StrEnum


class Platform(StrEnum):
    """The operating system family of a device."""

    IOS = "ios"
    ANDROID = "android"
    UNKNOWN = "unknown"


class EvidenceKind(StrEnum):
    """What an acquisition is, as the detectors tell it; `mvtcase.kinds` says everything else of each."""

    IOS_BACKUP = "ios_backup"
    IOS_BACKUP_ENCRYPTED = "ios_backup_encrypted"
    IOS_FILE_SYSTEM = "ios_file_system"
    SYSDIAGNOSE = "sysdiagnose"
    ANDROIDQF = "androidqf"
    ANDROIDQF_AGE = "androidqf_age"
    BUGREPORT = "bugreport"
    ANDROID_BACKUP = "android_backup"
    INTRUSION_LOGS = "intrusion_logs"
    ANDROID_FILE_SYSTEM = "android_file_system"


class Trace(StrEnum):
    """What sort of trace a module or file holds: its reach is made of these."""

    MESSAGE = "message"
    LINK_OPENED = "link_opened"
    EXECUTION = "execution"
    PERSISTENCE = "persistence"
    APP = "app"
    PROFILE = "profile"
    ACCOUNT = "account"
    POSTURE = "posture"

    @property
    def words(self) -> str:
        """What a person calls these traces, in the plural."""
        return _TRACE_WORDS[self]


_TRACE_WORDS = {
    Trace.MESSAGE: "messages and calls",
    Trace.LINK_OPENED: "links opened",
    Trace.EXECUTION: "processes",
    Trace.PERSISTENCE: "files on the phone",
    Trace.APP: "apps and their permissions",
    Trace.PROFILE: "configuration profiles",
    Trace.ACCOUNT: "contacts and accounts",
    Trace.POSTURE: "settings",
}


class Opener(StrEnum):
    """What a person must give before evidence of a kind can be read."""

    NOTHING = "nothing"
    PASSWORD = "password"  # noqa: S105 - a word, no secret
    PASSWORD_IF_ENCRYPTED = "password_if_encrypted"  # noqa: S105 - a word, no secret
    AGE_IDENTITY = "age_identity"
