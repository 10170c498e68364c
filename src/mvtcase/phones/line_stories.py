"""LINE accounts with a story about Letter Sealing: what happened to whose chats, and when.

The databases follow published descriptions (`docs/line.md`), for no real LINE database was looked at. The same
arguments give the same bytes. `line_ios.py` and `line_android.py` write an account as the files of a phone.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from mvtcase.canon import StrEnum
from mvtcase.phones.people import invent

if TYPE_CHECKING:
    from collections.abc import Callable

LAST_DAY = datetime(2021, 7, 20, 9, 0, tzinfo=timezone.utc)
"""When the newest message of a story was written, unless it says otherwise: the days of the incident."""

_WORDS = (
    "The meeting moved to three.",
    "Did you read the draft?",
    "下午三點開會",
    "收到 謝謝",
    "I am on the train.",
    "明天見",
    "Call me when you can.",
    "資料已經寄出了",
)
_OFFICIAL_NAME = "LINE"
LOGIN_NOTICE = "登入通知 您的帳號已在其他裝置登入。"
"""Words of a login notice; the template of 2021 is not known."""


class LineChatKind(StrEnum):
    """What a chat is; the first letter of a chat's id and iOS's `ZTYPE` follow from it."""

    DIRECT = "direct"
    GROUP = "group"
    OFFICIAL = "official"
    OPEN_CHAT = "open_chat"


class ContentType(StrEnum):
    """The kinds of content a message of a story can have."""

    TEXT = "text"
    LOCATION = "location"
    IMAGE = "image"
    CALL = "call"
    STICKER = "sticker"
    FILE = "file"
    RICH = "rich"
    EVENT = "event"
    FLEX = "flex"
    UNDECRYPTED = "undecrypted"
    MIGRATED = "migrated"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineMessage:
    """One message: `at` is an aware datetime; `sealed` writes `e2eeVersion` 2 into its metadata.

    `entries` are further entries of the metadata; `waiting` marks one that LINE's server has not taken yet.
    """

    at: datetime
    text: str = ""
    outgoing: bool = False
    sealed: bool = True
    content: ContentType = ContentType.TEXT
    restored: bool = False
    entries: tuple[tuple[str, str], ...] = ()
    waiting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChat:
    """One chat; `usable` is LINE's own last state of the peer's key, None for no such row.

    `had_key` tells whether LINE ever held a key of the peer's: official accounts have a record without one.
    """

    mid: str
    name: str
    kind: LineChatKind = LineChatKind.DIRECT
    messages: tuple[LineMessage, ...] = ()
    usable: bool | None = True
    had_key: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAccount:
    """One LINE account; `switch` is Android's `E2EE_ENABLE` (None: no row), `own_keys` when its key pairs were made."""

    mid: str
    chats: tuple[LineChat, ...]
    switch: int | None = 1
    own_keys: tuple[datetime, ...] = (datetime(2020, 3, 1, tzinfo=timezone.utc),)


def line_mid(rng: random.Random, first: str = "u") -> str:
    """Return an invented LINE id: a letter (`u` person, `c` group, `m` OpenChat) and 32 hexadecimal digits."""
    return first + f"{rng.getrandbits(128):032x}"


def healthy_account(
    *, seed: int = 1, chats: int = 6, messages: int = 20, last: datetime = LAST_DAY, groups: int = 1
) -> LineAccount:
    """Return an account whose direct and group chats are sealed to the end, with LINE's own official chat beside them.

    Each chat has `messages` messages over the sixty days before `last`.
    """
    rng = random.Random(f"{seed}:line")
    people = invent(rng, chats + groups)
    built = [_chat(rng, person.name, LineChatKind.DIRECT, messages, last) for person in people[:chats]]
    built += [_chat(rng, f"{person.family} office", LineChatKind.GROUP, messages, last) for person in people[chats:]]
    official = LineChat(
        mid=line_mid(rng),
        name=_OFFICIAL_NAME,
        kind=LineChatKind.OFFICIAL,
        usable=None,
        messages=(LineMessage(at=last - timedelta(days=50), text="Welcome to LINE.", sealed=False),),
    )
    return LineAccount(mid=line_mid(rng), chats=(*built, official))


def _chat(rng: random.Random, name: str, kind: LineChatKind, count: int, last: datetime) -> LineChat:
    backs = sorted((rng.randrange(3_600, 60 * 86_400) for _ in range(count)), reverse=True)
    messages = tuple(
        LineMessage(at=last - timedelta(seconds=back), text=rng.choice(_WORDS), outgoing=index % 2 == 0)
        for index, back in enumerate(backs)
    )
    return LineChat(
        mid=line_mid(rng, "u" if kind is LineChatKind.DIRECT else "c"), name=name, kind=kind, messages=messages
    )


def unsealed_from(account: LineAccount, when: datetime, *, until: datetime | None = None) -> LineAccount:
    """Return the account with every chat unsealed from `when` on (to `until`, if given): its own sealing went off.

    The switch then reads 0 and the peers are held as not usable, unless it ended.
    """
    chats = tuple(_unsealed(chat, when, until) for chat in account.chats)
    return replace(account, chats=chats, switch=account.switch if until else 0)


def single_peer_unsealed(account: LineAccount, when: datetime, *, chat: int = 0) -> LineAccount:
    """Return the account with one direct chat unsealed from `when` on: that peer's sealing went off."""
    chats = list(account.chats)
    chats[chat] = _unsealed(chats[chat], when, None)
    return replace(account, chats=tuple(chats))


def _unsealed(chat: LineChat, when: datetime, until: datetime | None) -> LineChat:
    messages = tuple(
        replace(message, sealed=False) if message.at >= when and (until is None or message.at < until) else message
        for message in chat.messages
    )
    usable = chat.usable if until or chat.usable is None else False
    return replace(chat, messages=messages, usable=usable)


def two_accounts(when: datetime, *, seed: int = 1) -> tuple[LineAccount, LineAccount]:
    """Return a healthy account and one that went unsealed at `when`, as one phone can hold them."""
    return healthy_account(seed=seed), unsealed_from(healthy_account(seed=seed + 1), when)


def with_message(
    account: LineAccount, text: str, at: datetime, *, chat: int = 0, outgoing: bool = False
) -> LineAccount:
    """Return the account with one more message, for instance one with a planted link, sealed as the one before it."""
    before = [each for each in account.chats[chat].messages if each.at <= at]
    sealed = before[-1].sealed if before else True
    message = LineMessage(at=at, text=text, outgoing=outgoing, sealed=sealed)
    return with_messages(account, lambda messages: (*messages, message), chat=chat)


def with_link(account: LineAccount, value: str, *, at: datetime = LAST_DAY, chat: int = 0) -> LineAccount:
    """Return the account with a received message that carries a link: a URL as given, or `https://` and a domain."""
    link = value if "://" in value else f"https://{value}/"
    return with_message(account, f"請看 {link} 謝謝", at, chat=chat)


def with_messages(
    account: LineAccount,
    change: Callable[[tuple[LineMessage, ...]], tuple[LineMessage, ...]],
    *,
    chat: int | None = None,
) -> LineAccount:
    """Return the account with the messages of one chat (None: of every chat) changed, then put in time order."""
    chats = tuple(
        replace(each, messages=tuple(sorted(change(each.messages), key=lambda message: message.at)))
        if chat in (None, index)
        else each
        for index, each in enumerate(account.chats)
    )
    return replace(account, chats=chats)


def with_login_notice(account: LineAccount, at: datetime) -> LineAccount:
    """Return the account with a login notice from LINE's official chat."""
    official = next(index for index, chat in enumerate(account.chats) if chat.kind is LineChatKind.OFFICIAL)
    return with_message(account, LOGIN_NOTICE, at, chat=official)


def with_new_key(account: LineAccount, at: datetime) -> LineAccount:
    """Return the account with one more key pair of its own, as a new registration makes one."""
    return replace(account, own_keys=(*account.own_keys, at))
