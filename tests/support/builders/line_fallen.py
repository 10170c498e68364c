"""LINE accounts that fell: one for each rule with the rules it must raise, and pairs of phones that hold one chat."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mvtcase.phones.line_stories import (
    LAST_DAY,
    ContentType,
    LineAccount,
    LineChat,
    LineMessage,
    healthy_account,
    single_peer_unsealed,
    unsealed_from,
    with_messages,
    with_new_key,
)
from mvtcase.workflow.sealing_pairs import Strength

if TYPE_CHECKING:
    from collections.abc import Sequence

FELL = LAST_DAY - timedelta(days=6)
ALL, SHARED, NO_CHAT = slice(None), slice(1), slice(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two people with one chat: whose chats fell, what must be said of it, and how much stands behind that."""

    first: slice
    second: slice
    account_of: int | None
    """0 or 1; None where it cannot be told."""
    strength: Strength


PAIRS = (
    # The chat is plain on both phones; the other chats tell.
    Pair(first=ALL, second=SHARED, account_of=0, strength=Strength.ONE_SOURCE),
    Pair(first=SHARED, second=ALL, account_of=1, strength=Strength.ONE_SOURCE),
    Pair(first=ALL, second=ALL, account_of=None, strength=Strength.NONE),
    Pair(first=SHARED, second=SHARED, account_of=None, strength=Strength.NONE),
    # The chat is plain on one phone and sealed on the other.
    Pair(first=ALL, second=NO_CHAT, account_of=0, strength=Strength.TWO_SOURCES),
    Pair(first=NO_CHAT, second=ALL, account_of=1, strength=Strength.TWO_SOURCES),
    Pair(first=SHARED, second=slice(1, None), account_of=None, strength=Strength.NONE),
)


def sound_pair(seed: int = 41) -> tuple[LineAccount, LineAccount]:
    """Return two accounts with the same chat in front: what the one sends the other receives."""
    one, other = healthy_account(seed=seed, messages=60), healthy_account(seed=seed + 1, messages=60)
    texts = one.chats[0].messages
    return _with(one, other.mid, texts), _with(
        other, one.mid, [replace(each, outgoing=not each.outgoing) for each in texts]
    )


def _with(account: LineAccount, peer: str, texts: Sequence[LineMessage]) -> LineAccount:
    return replace(account, chats=(LineChat(mid=peer, name="peer", messages=tuple(texts)), *account.chats[1:]))


def fell(account: LineAccount, only: slice) -> LineAccount:
    """Return the account with some of its chats unsealed from `FELL` on; the switch reads as before."""
    turned = unsealed_from(account, FELL).chats
    chats = list(account.chats)
    chats[only] = turned[only]
    return replace(account, chats=tuple(chats))


def fallen() -> dict[str, tuple[LineAccount, frozenset[str], frozenset[str]]]:
    """Return accounts by name, each with the rules that it must raise on an iPhone and on Android."""
    base = healthy_account(seed=51, chats=8, messages=24)
    whole = with_new_key(unsealed_from(base, FELL), FELL + timedelta(days=2))
    for_days = unsealed_from(base, FELL, until=FELL + timedelta(days=4))
    old = LAST_DAY - timedelta(days=30)
    restored = with_messages(base, lambda held: tuple(replace(m, restored=m.at < old) for m in held))
    moved = with_messages(
        base, lambda held: tuple(replace(m, content=ContentType.MIGRATED) if m.at < old else m for m in held)
    )
    rules = {
        "switched off": (whole, "R2 R3 R5", "R1 R2 R3 R5 R6"),
        "off for four days": (for_days, "R2 R3", "R2 R3"),
        "one peer": (single_peer_unsealed(base, FELL), "R2 R4", "R2 R4"),
        "nothing to compare": (replace(with_messages(base, lambda _: ()), switch=None), "R7", "R7"),
        "restored": (restored, "", "R8"),
        "moved": (moved, "R8", ""),
    }
    return {
        name: (account, frozenset(iphone.split()), frozenset(android.split()))
        for name, (account, iphone, android) in rules.items()
    }
