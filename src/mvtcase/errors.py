"""The error tree: every reason a verb can stop, each with a stable code, a hint and an exit status.

MvtcaseError                     1
├── InputError                   2  the call or its arguments
│   ├── NotFoundError               no such case, official, device, scan …
│   ├── AmbiguousError              the call fits more than one thing
│   ├── ConflictError               it contradicts what the case already holds
│   ├── WorkspaceError              no workspace, or not usable as one
│   └── WrongKeyError               a key, passphrase or identity file that does not fit
├── EvidenceError                3  what was brought to be examined
│   ├── UnknownEvidenceError        no detector recognised it
│   ├── SeveralEvidenceError        the folder holds more than one phone
│   ├── EvidenceAlteredError        it is not what was registered
│   ├── EvidenceMissingError        it is no longer where it was
│   ├── EvidenceHostileError        over a bound, a link or device in the wrong place
│   └── PasswordError               wrong, or needed and not given
├── IndicatorError               4  indicator sets
│   ├── IndicatorFileError          a file that cannot be read as a set
│   ├── NoUsableIndicatorError      a set or choice of sets with nothing to compare
│   ├── IndicatorSetMissingError    no set of that name or version
│   ├── ControlFailedError          the positive control did not find what was planted
│   └── UpdateError                 sets could not be fetched
├── EngineError                  5  the worker child
│   ├── WorkerStartError            it did not start, or not the pinned MVT
│   ├── IndicatorCountError         it loaded another number than the passport says
│   ├── ForeignModuleError          a module of unknown origin wants to run
│   └── NoSandboxError              nothing on this machine confines it, and nobody said to go on
├── CustodyError                 6  the chain of custody
│   ├── ChainBrokenError            verify found a difference
│   └── BundleError                 a bundle that is damaged, hostile, or of an unknown signer
├── StoreError                   7  the case file
│   ├── CaseLockedError             another process holds it
│   ├── CaseReadOnlyError           it is on a medium that cannot be written to
│   ├── CaseDamagedError            it is not a readable case
│   ├── CaseSealedError             it is sealed, and nothing at hand opens it
│   └── CaseTooNewError             a later release of mvtcase wrote it
├── ReportError                  8  reports and exports
│   └── RenderError                 a format could not be written
└── ConsentError                 9  the data owner's consent
    ├── ConsentMissingError         none recorded
    ├── ConsentIncompleteError      one of the licence's four points is missing
    ├── ConsentExpiredError         past its end
    └── ConsentWithdrawnError       taken back
"""

from __future__ import annotations

from typing import ClassVar

from mvtcase.wording import Message, do, say


class MvtcaseError(Exception):
    """A reason for a verb to stop; `message` says what happened to what, `hint` what to do, with the steps to take."""

    code: ClassVar[str] = "error"
    exit_status: ClassVar[int] = 1
    default_hint: ClassVar[Message] = Message()

    def __init__(self, message: str, *, hint: str | Message = "", **params: object) -> None:
        super().__init__(message)
        self.message = say(message, **params)
        self.hint = (hint if isinstance(hint, Message) else say(hint)) or self.default_hint

    def __str__(self) -> str:
        return str(self.message)

    @property
    def whole(self) -> Message:
        """The message and the hint in one, for those who go on with the next of several things."""
        return say("{message} {hint}", message=self.message, hint=self.hint) if self.hint else self.message


class InputError(MvtcaseError):
    """The call or its arguments cannot be used as they are."""

    code = "input"
    exit_status = 2


class NotFoundError(InputError):
    """The case holds no such thing."""

    code = "input.not_found"


class AmbiguousError(InputError):
    """The call fits more than one thing, and guessing would be wrong."""

    code = "input.ambiguous"


class ConflictError(InputError):
    """The call contradicts what the case already holds."""

    code = "input.conflict"


class WorkspaceError(InputError):
    """There is no workspace here, or it is not usable as one."""

    code = "input.workspace"
    default_hint = say("Create one with {0}, or name one with {1}.", do("init", "DIR"), do(workspace="DIR"))


class WrongKeyError(InputError):
    """A passphrase, key or identity file does not open what it was given for."""

    code = "input.key"


class EvidenceError(MvtcaseError):
    """What was brought to be examined cannot be used as it is."""

    code = "evidence"
    exit_status = 3


class UnknownEvidenceError(EvidenceError):
    """No detector recognised the path; the message says what was tried."""

    code = "evidence.unknown"


class SeveralEvidenceError(EvidenceError):
    """The folder holds more than one acquisition; the message lists them."""

    code = "evidence.several"
    default_hint = say("Add one of them by its own path, or all with {0}.", do("acquisition add", recursive=True))


class EvidenceAlteredError(EvidenceError):
    """The evidence is not byte for byte what was registered."""

    code = "evidence.altered"
    default_hint = say(
        "Do not scan it. Find out what touched it; register the changed data as an acquisition of its own."
    )


class EvidenceMissingError(EvidenceError):
    """The evidence is not where it was registered."""

    code = "evidence.missing"
    default_hint = say("Mount the medium again at the same place, or register it at its new place.")


class EvidenceHostileError(EvidenceError):
    """The evidence passes a bound or holds a link, device or name that must not be followed."""

    code = "evidence.hostile"


class PasswordError(EvidenceError):
    """The password is wrong, or one is needed and none was given."""

    code = "evidence.password"
    default_hint = say(
        "Give it at the prompt or with {0}; it is never taken from the command line.",
        do(password_file="FILE"),  # noqa: S106  # no password
    )


class IndicatorError(MvtcaseError):
    """An indicator set cannot be used as it is."""

    code = "indicator"
    exit_status = 4


class IndicatorFileError(IndicatorError):
    """A file cannot be read as an indicator set."""

    code = "indicator.file"


class NoUsableIndicatorError(IndicatorError):
    """A set, or the choice of sets, holds nothing that can be compared."""

    code = "indicator.none_usable"


class IndicatorSetMissingError(IndicatorError):
    """There is no indicator set of that name or version."""

    code = "indicator.missing"
    default_hint = say("{0} shows the sets of this workspace.", do("iocs list"))


class ControlFailedError(IndicatorError):
    """The positive control did not find everything that was planted, so a scan would prove nothing."""

    code = "indicator.control_failed"
    default_hint = say(
        "{0} shows which planted indicators were not found; {1} goes on, and leaves a gap.",
        do("iocs selftest"),
        do(despite_control="REASON"),
    )


class UpdateError(IndicatorError):
    """New indicator sets could not be fetched; the old ones stay as they are."""

    code = "indicator.update"
    default_hint = say(
        "Check the connection, or carry the sets over with {0} and {1}.", do("iocs pack"), do("iocs import")
    )


class EngineError(MvtcaseError):
    """The worker child could not do its work."""

    code = "engine"
    exit_status = 5


class WorkerStartError(EngineError):
    """The worker did not start, or found another MVT than the pinned one."""

    code = "engine.start"
    default_hint = say("{0} checks the installation.", do("doctor"))


class IndicatorCountError(EngineError):
    """The worker loaded another number of indicators than the sets' passports say."""

    code = "engine.indicator_count"


class ForeignModuleError(EngineError):
    """A module that comes neither from the pinned MVT nor from mvtcase wants to run."""

    code = "engine.foreign_module"
    default_hint = say("Uninstall that plugin, then try again.")


class NoSandboxError(EngineError):
    """Neither bubblewrap nor Landlock works on this machine, and nobody said to examine hostile evidence without."""

    code = "engine.no_sandbox"
    default_hint = say(
        "Install bubblewrap, or use a Linux with Landlock. {0} goes on without, and every report says so.",
        do(unsandboxed=True),
    )


class CustodyError(MvtcaseError):
    """The chain of custody does not hold."""

    code = "custody"
    exit_status = 6


class ChainBrokenError(CustodyError):
    """Verification found a stored row, file or link that differs from what the chain says."""

    code = "custody.broken"


class BundleError(CustodyError):
    """A bundle is damaged or hostile, or nobody known signed it; nothing was taken from it."""

    code = "custody.bundle"


class StoreError(MvtcaseError):
    """The case file cannot be read or written."""

    code = "store"
    exit_status = 7


class CaseLockedError(StoreError):
    """Another process is writing to this case."""

    code = "store.locked"
    default_hint = say("Wait for the other call to finish, then try again.")


class CaseReadOnlyError(StoreError):
    """The case is on a medium that cannot be written to."""

    code = "store.read_only"
    default_hint = say("It can be read, verified and reported from; copy the case to a disk to change it.")


class CaseDamagedError(StoreError):
    """The file is not a readable case."""

    code = "store.damaged"


class CaseSealedError(StoreError):
    """The case is sealed, and no identity, passphrase or recovery key at hand opens it."""

    code = "store.sealed"
    default_hint = say("Name your identity file with {0}.", do(identity_file="FILE"))


class CaseTooNewError(StoreError):
    """A later release of mvtcase wrote this case."""

    code = "store.too_new"
    default_hint = say("Use the newer mvtcase; an older one could lose what it does not know.")


class ReportError(MvtcaseError):
    """A report or export cannot be made."""

    code = "report"
    exit_status = 8


class RenderError(ReportError):
    """A report could not be written in the format asked for."""

    code = "report.render"


class ConsentError(MvtcaseError):
    """The data owner's consent does not allow the scan (MVT License 1.1, section 3.0)."""

    code = "consent"
    exit_status = 9
    default_hint = say("Record it with {0} once the person has given it.", do("consent record", "OFFICIAL"))


class ConsentMissingError(ConsentError):
    """No consent of the data owner is recorded."""

    code = "consent.missing"


class ConsentIncompleteError(ConsentError):
    """The consent does not cover all four points the licence demands."""

    code = "consent.incomplete"


class ConsentExpiredError(ConsentError):
    """The consent has run out."""

    code = "consent.expired"


class ConsentWithdrawnError(ConsentError):
    """The data owner took the consent back."""

    code = "consent.withdrawn"
