"""The rules R1 to R8: what the records of one LINE account say about Letter Sealing, and how sure that is.

Every finding is a posture finding, an indicator at most and never a proof: sealing that is off shows no spyware, and
sealing that is on clears nothing. None carries an indicator. Sources of each rule: `docs/line.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvt.plugin import AlertLevel

from .course import MINIMUM_CHATS, Course, Flip
from .records import Account, Platform, Transition
from .runs import direct
from .times import minute

if TYPE_CHECKING:
    from .records import Chat


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: its id, the level of its alert, and its plain sentence; `inference` marks what no source states."""

    id: str
    level: AlertLevel
    sentence: str
    inference: bool


RULES = {
    rule.id: rule
    for rule in (
        Rule(
            id="R1",
            level=AlertLevel.MEDIUM,
            sentence="LINE's account switch for Letter Sealing (E2EE_ENABLE) is off on this phone",
            inference=False,
        ),
        Rule(
            id="R2",
            level=AlertLevel.INFORMATIONAL,
            sentence="A chat's messages were sealed and then were not",
            inference=True,
        ),
        Rule(
            id="R3",
            level=AlertLevel.MEDIUM,
            sentence="Most one-to-one chats went unsealed together, which fits sealing switched off for the account",
            inference=True,
        ),
        Rule(
            id="R4",
            level=AlertLevel.LOW,
            sentence="A single chat went unsealed, which fits a change on the other person's side",
            inference=True,
        ),
        Rule(
            id="R5",
            level=AlertLevel.LOW,
            sentence="LINE holds most active one-to-one chats as not sealable, which fits sealing off for the account",
            inference=True,
        ),
        Rule(
            id="R6",
            level=AlertLevel.LOW,
            sentence="The account got a new key of its own after its chats went unsealed, which fits a new "
            "registration, a reinstallation or a takeover",
            inference=True,
        ),
        Rule(
            id="R7",
            level=AlertLevel.INFORMATIONAL,
            sentence="Whether Letter Sealing is on cannot be told from this data",
            inference=False,
        ),
        Rule(
            id="R8",
            level=AlertLevel.INFORMATIONAL,
            sentence="Restored, migrated or undecryptable messages were left out of the sealing comparison",
            inference=False,
        ),
    )
}
"""Every rule by its id. Only R1 and R3 are strong enough for MEDIUM; nothing here may look like an indicator match."""

INFERENCE = " (inference: no published source states this)"
PEERS_SHARE = 0.8
"""Of the active direct chats with a key record, the share held as not sealable that makes R5 speak of the account."""
NEW_KEY_MS = 30 * 24 * 3600 * 1000
"""How long after a transition a new own key is taken to go with it."""
ACTIVE_MS = 90 * 24 * 3600 * 1000
"""A chat is active when its last message is at most this much older than the account's newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFinding:
    """One rule that spoke: the sentence to print, the chats it is about, and the window in Unix milliseconds."""

    rule: Rule
    sentence: str
    chats: tuple[str, ...] = ()
    last_sealed_ms: int | None = None
    first_unsealed_ms: int | None = None
    resealed_ms: int | None = None
    at_ms: int | None = None


def finding(rule_id: str, detail: str, **window: int | tuple[str, ...] | None) -> RuleFinding:
    """Return a finding of a rule: its sentence, the detail, and the mark of an inference where the rule is one."""
    rule = RULES[rule_id]
    sentence = f"{rule.sentence}: {detail}{INFERENCE if rule.inference else ''}"
    return RuleFinding(rule=rule, sentence=sentence, **window)  # type: ignore[arg-type]  # the names are the fields'


def posture_findings(account: Account, course: Course) -> tuple[RuleFinding, ...]:
    """Return what R1 to R6 and R8 find in one account, in rule order; R7 follows from the verdict (`verdict.py`)."""
    return (
        *switch_findings(account),
        *transition_findings(course),
        *flip_findings(course),
        *single_findings(course),
        *peer_findings(account),
        *key_findings(account, course),
        *exclusion_findings(account),
    )


def switch_findings(account: Account) -> tuple[RuleFinding, ...]:
    """Return R1 where Android's account switch reads 0; LINE stores no time beside it."""
    if account.switch != 0:
        return ()
    detail = (
        "the value carries no time; any logged-in client, LINE's server or the user can have changed it. "
        "Users could switch it off themselves in 2021"
    )
    return (finding("R1", detail),)


def transition_findings(course: Course) -> tuple[RuleFinding, ...]:
    """Return R2 for every change from sealed to unsealed of a direct chat."""
    return tuple(
        finding("R2", f"{window_words(each)}, {each.unsealed_messages} unsealed messages", **_window(each))
        for each in course.transitions
    )


def flip_findings(course: Course) -> tuple[RuleFinding, ...]:
    """Return R3 for every moment at which most direct chats turned together."""
    found = []
    for flip in course.flips:
        chats = len(flip.followers)
        detail = (
            f"{chats} of {chats + flip.still_sealed} chats that speak about it, {window_words(flip)}. "
            "The user, any logged-in client or LINE's server can have done it"
        )
        found.append(
            finding(
                "R3",
                detail,
                chats=tuple(each.chat for each in flip.followers),
                last_sealed_ms=flip.last_sealed_ms,
                first_unsealed_ms=flip.first_unsealed_ms,
                resealed_ms=flip.resealed_ms,
                at_ms=flip.first_unsealed_ms,
            )
        )
    return tuple(found)


def single_findings(course: Course) -> tuple[RuleFinding, ...]:
    """Return R4 for every transition of a direct chat that belongs to no whole-phone flip."""
    return tuple(
        finding("R4", f"{window_words(each)}; {_others_words(each, course)}", **_window(each)) for each in course.lone
    )


def _others_words(transition: Transition, course: Course) -> str:
    during, later = course.times.sealed_during(transition), course.times.sealed_after(transition)
    if during:
        return f"{during} other chats had sealed messages in that time"
    if later:
        return f"{later} other chats had sealed messages later"
    return "no other chat has a sealed message in that time or later, so it may as well be the account"


def active_peers(account: Account) -> tuple[Chat, ...]:
    """Return the direct chats in which both sides wrote lately, of peers that were sealed or had a key at least once.

    LINE holds a record of official accounts as well, which are never sealed.
    """
    newest = max((chat.last_ms for chat in account.chats if chat.last_ms is not None), default=0)
    return tuple(
        chat
        for chat in direct(account.chats)
        if chat.usable is not None and (chat.usable or chat.had_key or any(mark.sealed for mark in chat.marks))
        if chat.two_way and chat.last_ms is not None and newest - chat.last_ms <= ACTIVE_MS
    )


def most_peers_unusable(account: Account) -> bool:
    """Return whether R5 speaks of the account: enough active chats, and nearly all of them held as not sealable."""
    peers = active_peers(account)
    unusable = sum(chat.usable is False for chat in peers)
    return len(peers) >= MINIMUM_CHATS and unusable >= PEERS_SHARE * len(peers)


def peer_findings(account: Account) -> tuple[RuleFinding, ...]:
    """Return R5 where LINE's own key records hold nearly all active chats as not sealable."""
    if not most_peers_unusable(account):
        return ()
    peers = active_peers(account)
    unusable = tuple(chat.mid for chat in peers if chat.usable is False)
    field = "usable=0" if account.platform is Platform.ANDROID else "no current key"
    detail = (
        f"{len(unusable)} of {len(peers)} chats ({field}). The record is a last state without a time and heals itself"
    )
    return (finding("R5", detail, chats=unusable),)


def key_findings(account: Account, course: Course) -> tuple[RuleFinding, ...]:
    """Return R6 for every own key made in the thirty days after a direct chat went unsealed."""
    starts = [each.first_unsealed_ms for each in course.transitions]
    if not starts or not account.own_keys_known:
        return ()
    found = []
    for key in account.own_keys:
        if key.created_ms is None:
            continue
        earlier = [start for start in starts if 0 < key.created_ms - start <= NEW_KEY_MS]
        if earlier:
            detail = f"key made {minute(key.created_ms)}, chats unsealed from {minute(min(earlier))}"
            found.append(finding("R6", detail, first_unsealed_ms=min(earlier), at_ms=key.created_ms))
    return tuple(found)


def exclusion_findings(account: Account) -> tuple[RuleFinding, ...]:
    """Return R8 with the number of rows that were left out of the runs, where there are any."""
    left_out = sum(chat.left_out for chat in account.chats)
    return (finding("R8", f"{left_out} messages"),) if left_out else ()


def cannot_tell(reason: str) -> RuleFinding:
    """Return R7, the result that says why nothing can be told."""
    return finding("R7", reason)


def no_baseline_reason(account: Account, course: Course) -> str | None:
    """Return why the messages tell nothing about sealing, or None when they do."""
    if not account.chats:
        return "no chat could be read"
    if not any(chat.marks for chat in account.chats):
        return "no written text with a readable time, and only those show sealing"
    if not course.baseline:
        return "no message says it was sealed, so the missing mark tells nothing"
    if not any(chat.marks for chat in direct(account.chats)):
        return "only groups, official accounts or OpenChat, which do not speak about this account"
    return None


def window_words(each: Transition | Flip) -> str:
    """Return a transition's or a flip's window in words."""
    start = f"last sealed {minute(each.last_sealed_ms)}, first unsealed {minute(each.first_unsealed_ms)}"
    return start if each.resealed_ms is None else f"{start}, sealed again {minute(each.resealed_ms)}"


def _window(each: Transition) -> dict[str, int | tuple[str, ...] | None]:
    return {
        "chats": (each.chat,),
        "last_sealed_ms": each.last_sealed_ms,
        "first_unsealed_ms": each.first_unsealed_ms,
        "resealed_ms": each.resealed_ms,
        "at_ms": each.first_unsealed_ms,
    }
