"""The one summary of an account: sealing on, off, changed from on to off, or unknown, with its basis and reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum

from .course import Course, course_of
from .records import Account, ChatState, Platform
from .rules import (
    INFERENCE,
    RuleFinding,
    active_peers,
    cannot_tell,
    most_peers_unusable,
    no_baseline_reason,
    posture_findings,
)
from .times import minute


class Sealing(str, Enum):
    """How Letter Sealing stood for the account when the data was taken."""

    ON = "on"
    OFF = "off"
    CHANGED = "changed_on_off"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The verdict on one account: `basis` names the rule it rests on; times are Unix milliseconds."""

    sealing: Sealing
    basis: str
    reason: str
    last_sealed_ms: int | None = None
    first_unsealed_ms: int | None = None
    resealed_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All rules applied to one account: the findings (R7 among them where nothing can be told) and the summary."""

    findings: tuple[RuleFinding, ...]
    summary: Summary
    course: Course

    def count(self, state: ChatState) -> int:
        """Return how many chats are in a state."""
        return Counter(self.course.states.values())[state]


def judge(account: Account) -> Verdict:
    """Return the verdict on one account."""
    course = course_of(account.chats)
    summary = summarise(account, course)
    findings = posture_findings(account, course)
    if summary.sealing is Sealing.UNKNOWN:
        findings = (*findings, cannot_tell(summary.reason))
    return Verdict(findings=findings, summary=summary, course=course)


def summarise(account: Account, course: Course) -> Summary:
    """Return the summary: the strongest source that speaks decides, and contradictions are said, not hidden."""
    return (
        _by_flip(account, course)
        or _by_switch_off(account, course)
        or _by_peers_off(account, course)
        or _by_switch_on(account, course)
        or _by_messages(account, course)
        or Summary(sealing=Sealing.UNKNOWN, basis="R7", reason=unknown_reason(account, course), **_times(course))
    )


def _by_flip(account: Account, course: Course) -> Summary | None:
    """Return changed where the last flip goes on, and on where sealing came back, with the times of both."""
    if not course.flips:
        return None
    last = course.flips[-1]
    chats = len(last.followers)
    if last.resealed_ms is None:
        switch = {0: "; the account switch reads off", 1: "; yet the account switch reads on", None: ""}
        return Summary(
            sealing=Sealing.CHANGED,
            basis="R3",
            reason=f"{chats} chats went unsealed together{INFERENCE}{switch.get(account.switch, '')}",
            last_sealed_ms=last.last_sealed_ms,
            first_unsealed_ms=last.first_unsealed_ms,
        )
    if account.switch == 0 or not account.messages_complete:
        return None
    return Summary(
        sealing=Sealing.ON,
        basis="R3",
        reason=f"{chats} chats were unsealed from {minute(last.first_unsealed_ms)} and are sealed again since "
        f"{minute(last.resealed_ms)}{INFERENCE}",
        last_sealed_ms=course.last_sealed_ms,
        first_unsealed_ms=last.first_unsealed_ms,
        resealed_ms=last.resealed_ms,
    )


def _by_switch_off(account: Account, course: Course) -> Summary | None:
    if account.switch != 0:
        return None
    reason = "the account switch E2EE_ENABLE reads 0 (off); it carries no time"
    return Summary(sealing=Sealing.OFF, basis="R1", reason=reason, **_times(course))


def _by_peers_off(account: Account, course: Course) -> Summary | None:
    if not most_peers_unusable(account):
        return None
    peers = len(active_peers(account))
    if account.switch == 1 or course.sealed_now:
        reason = f"contradiction: nearly all of {peers} active chats are held as not sealable, other data says sealed"
        return Summary(sealing=Sealing.UNKNOWN, basis="R7", reason=reason, **_times(course))
    reason = f"nearly all of {peers} active chats are held as not sealable{INFERENCE}"
    return Summary(sealing=Sealing.OFF, basis="R5", reason=reason, **_times(course))


def _by_switch_on(account: Account, course: Course) -> Summary | None:
    if account.switch != 1:
        return None
    reason = "the account switch E2EE_ENABLE reads 1 (on) on this phone"
    return Summary(sealing=Sealing.ON, basis="R1", reason=reason, last_sealed_ms=course.last_sealed_ms)


def _by_messages(account: Account, course: Course) -> Summary | None:
    """Sealed messages at the end tell that the account seals: an unsealed account makes all its chats plain."""
    if not account.messages_complete or not course.sealed_now:
        return None
    if any(not course.times.sealed_after(each) for each in course.lasting):
        return None
    reason = f"the last messages of {course.sealed_now} one-to-one chats are sealed{INFERENCE}"
    return Summary(sealing=Sealing.ON, basis="R2", reason=reason, last_sealed_ms=course.last_sealed_ms)


def unknown_reason(account: Account, course: Course) -> str:
    """Return why nothing can be told: what could not be read first, then what the readable part lacks."""
    reasons = [f"{gap.source}: {gap.reason}" for gap in account.gaps if gap.damaged]
    reasons += [f"{gap.source}: {gap.reason}" for gap in account.gaps if not gap.damaged]
    lacking = no_baseline_reason(account, course)
    if lacking:
        reasons.append(lacking)
    elif course.transitions:
        reasons.append("too few chats speak about the change to tell the account from its peers")
    else:
        reasons.append("the messages do not show how sealing stood at the end")
    peers = active_peers(account)
    held = sum(chat.usable is True for chat in peers)
    if held:
        reasons.append(
            f"LINE holds keys for {held} of {len(peers)} active chats, which does not show that it uses them"
        )
    if account.platform is Platform.IOS:
        reasons.append("no account switch is known on iOS")
    return "; ".join(dict.fromkeys(reasons))


def _times(course: Course) -> dict[str, int | None]:
    """Return the newest sealed message of a direct chat, and the start of a transition that has not ended."""
    starts = [each.first_unsealed_ms for each in course.lasting]
    return {"last_sealed_ms": course.last_sealed_ms, "first_unsealed_ms": min(starts, default=None)}
