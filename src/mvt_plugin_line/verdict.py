"""The one summary of an account: sealing on, off, changed from on to off, or unknown, with its basis and reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum

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
from .runs import direct, flips_of, has_baseline, sealed_after, state_of, transitions_of
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
    states: tuple[tuple[str, ChatState], ...]

    def count(self, state: ChatState) -> int:
        """Return how many chats are in a state."""
        return Counter(each for _, each in self.states)[state]


def judge(account: Account) -> Verdict:
    """Return the verdict on one account."""
    summary = summarise(account)
    findings = posture_findings(account)
    if summary.sealing is Sealing.UNKNOWN:
        findings = (*findings, cannot_tell(summary.reason))
    baseline = has_baseline(account.chats)
    states = tuple((chat.mid, state_of(chat, baseline=baseline)) for chat in account.chats)
    return Verdict(findings=findings, summary=summary, states=states)


def summarise(account: Account) -> Summary:
    """Return the summary: the strongest source that speaks decides, and contradictions are said, not hidden."""
    return (
        _by_flip(account)
        or _by_switch_off(account)
        or _by_peers_off(account)
        or _by_switch_on(account)
        or _by_messages(account)
        or Summary(sealing=Sealing.UNKNOWN, basis="R7", reason=unknown_reason(account), **_times(account))
    )


def _by_flip(account: Account) -> Summary | None:
    flips = flips_of(account.chats)
    if not flips:
        return None
    last = flips[-1]
    window = {
        "last_sealed_ms": last.last_sealed_ms,
        "first_unsealed_ms": last.first_unsealed_ms,
        "resealed_ms": last.resealed_ms,
    }
    chats = len(last.followers)
    if last.resealed_ms is None:
        switch = {0: "; the account switch reads off", 1: "; yet the account switch reads on", None: ""}
        reason = f"{chats} chats went unsealed together{INFERENCE}{switch.get(account.switch, '')}"
        return Summary(sealing=Sealing.CHANGED, basis="R3", reason=reason, **window)
    if account.switch == 0:
        reason = f"the account switch reads off; {chats} chats had been unsealed before and sealed again"
        return Summary(sealing=Sealing.OFF, basis="R1", reason=reason, **window)
    reason = f"{chats} chats were unsealed for a time and are sealed again since {minute(last.resealed_ms)}{INFERENCE}"
    return Summary(sealing=Sealing.ON, basis="R3", reason=reason, **window)


def _by_switch_off(account: Account) -> Summary | None:
    if account.switch != 0:
        return None
    reason = "the account switch E2EE_ENABLE reads 0 (off); it carries no time"
    return Summary(sealing=Sealing.OFF, basis="R1", reason=reason, **_times(account))


def _by_peers_off(account: Account) -> Summary | None:
    if not most_peers_unusable(account):
        return None
    peers = len(active_peers(account))
    if account.switch == 1 or _last_states_sealed(account):
        reason = f"contradiction: nearly all of {peers} active chats are held as not sealable, other data says sealed"
        return Summary(sealing=Sealing.UNKNOWN, basis="R7", reason=reason, **_times(account))
    reason = f"nearly all of {peers} active chats are held as not sealable{INFERENCE}"
    return Summary(sealing=Sealing.OFF, basis="R5", reason=reason, **_times(account))


def _by_switch_on(account: Account) -> Summary | None:
    if account.switch != 1:
        return None
    reason = "the account switch E2EE_ENABLE reads 1 (on) on this phone"
    return Summary(sealing=Sealing.ON, basis="R1", reason=reason, last_sealed_ms=_last_sealed(account))


def _by_messages(account: Account) -> Summary | None:
    """Sealed messages at the end tell that the account seals: an unsealed account makes all its chats plain."""
    if not account.messages_complete or not _last_states_sealed(account):
        return None
    chats = direct(account.chats)
    open_ones = [each for chat in chats for each in transitions_of(chat) if each.resealed_ms is None]
    if any(not sealed_after(each, chats) for each in open_ones):
        return None
    reason = f"the last messages of {_sealed_now(account)} one-to-one chats are sealed{INFERENCE}"
    return Summary(sealing=Sealing.ON, basis="R2", reason=reason, last_sealed_ms=_last_sealed(account))


def unknown_reason(account: Account) -> str:
    """Return why nothing can be told: what could not be read first, then what the readable part lacks."""
    reasons = [f"{gap.source}: {gap.reason}" for gap in account.gaps if gap.damaged]
    reasons += [f"{gap.source}: {gap.reason}" for gap in account.gaps if not gap.damaged]
    lacking = no_baseline_reason(account)
    if lacking:
        reasons.append(lacking)
    elif _transitions(account):
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


def _transitions(account: Account) -> bool:
    return any(transitions_of(chat) for chat in direct(account.chats))


def _sealed_now(account: Account) -> int:
    chats = direct(account.chats)
    baseline = has_baseline(chats)
    with_marks = (chat for chat in chats if baseline and chat.marks)
    return sum(state_of(chat, baseline=True) is ChatState.SEALED for chat in with_marks)


def _last_states_sealed(account: Account) -> bool:
    return _sealed_now(account) > 0


def _times(account: Account) -> dict[str, int | None]:
    """Return the newest sealed message of a direct chat, and the start of a transition that has not ended."""
    chats = direct(account.chats)
    lasting = [each.first_unsealed_ms for chat in chats for each in transitions_of(chat) if each.resealed_ms is None]
    return {"last_sealed_ms": _last_sealed(account), "first_unsealed_ms": min(lasting, default=None)}


def _last_sealed(account: Account) -> int | None:
    sealed = [mark.at_ms for chat in direct(account.chats) for mark in chat.marks if mark.sealed]
    return max(sealed, default=None)
