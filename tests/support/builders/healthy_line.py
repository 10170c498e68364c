"""LINE accounts that nobody touched, with what ordinary ones hold beside sealed talk.

LINE's help (contentId 50000087) names what is not sealed by design: what other services send, stickers, official accounts,
OpenChat. Kinds of content: Thrift `ContentType`; entries of metadata: LINE's URL schemes and share pages.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from builders.healthy_inputs import TALK, news
from mvtcase.phones.line_stories import (
    LAST_DAY,
    ContentType,
    LineAccount,
    LineChat,
    LineChatKind,
    LineMessage,
    healthy_account,
    single_peer_unsealed,
    with_messages,
    with_new_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

_SOON = LAST_DAY + timedelta(hours=1)
_OLD = LAST_DAY - timedelta(days=30)
_VIDEO = "https://youtu.be/dQw4w9WgXcQ"
_CARD = (("AGENT_NAME", "Recipes"), ("AGENT_LINK", "line://app/1234567890-abcdefgh?url=https%3A%2F%2Fexample.com%2Fr"))


def _plain(at: datetime, text: str = "", **fields: object) -> LineMessage:
    return replace(LineMessage(at=at, text=text, outgoing=True, sealed=False), **fields)  # type: ignore[arg-type]


def _to(account: LineAccount, messages: Sequence[LineMessage], *, chats: int = 3, apart: int = 1) -> LineAccount:
    """Return the account with the messages in its first chats, `apart` seconds between one chat and the next."""
    for chat in range(chats):
        late = [replace(each, at=each.at + timedelta(seconds=apart * chat)) for each in messages]
        account = with_messages(account, lambda held, late=late: (*held, *late), chat=chat)  # type: ignore[misc]
    return account


def _many(count: int, text: str = "", every: timedelta = timedelta(minutes=3), **fields: object) -> list[LineMessage]:
    return [_plain(_SOON + number * every, text, **fields) for number in range(count)]


def _each(account: LineAccount, change: Callable[[LineMessage], LineMessage], kind: LineChatKind | None = None) -> LineAccount:  # fmt: skip
    chats = tuple(
        replace(chat, messages=tuple(map(change, chat.messages))) if kind in (None, chat.kind) else chat
        for chat in account.chats
    )
    return replace(account, chats=chats)


def _before(when: datetime, **fields: object) -> Callable[[LineMessage], LineMessage]:
    return lambda each: replace(each, **fields) if each.at < when else each  # type: ignore[arg-type]


def _official(account: LineAccount, count: int, text: str = "您好,請問需要什麼服務?") -> LineAccount:
    """Return the account with official accounts that answer: LINE keeps a record of each, without a key."""
    donor = healthy_account(seed=900, chats=count, groups=0)
    talk = [_plain(_SOON + timedelta(minutes=number), text, outgoing=number % 2 == 0) for number in range(6)]
    official = [
        replace(chat, kind=LineChatKind.OFFICIAL, name=f"Service {number}", messages=tuple(talk), usable=False, had_key=False)
        for number, chat in enumerate(donor.chats[:count])
    ]  # fmt: skip
    return replace(account, chats=(*account.chats, *official))


def _group_call(account: LineAccount) -> LineAccount:
    """Return the account after group calls: rows of events and calls in every group and with every caller."""
    rows = [*_many(4, "", content=ContentType.CALL), *_many(4, "LINE群組通話已開始", content=ContentType.EVENT)]
    return _to(account, rows, chats=7)


def _clock_set_back(account: LineAccount) -> LineAccount:
    return _each(account, lambda each: replace(each, at=each.at - timedelta(days=900)) if each.outgoing else each)


def _only(kind: LineChatKind, first: str) -> LineAccount:
    """Return an account that is in OpenChats or groups besides its sealed talk; those are plain."""
    account, more = healthy_account(seed=31), healthy_account(seed=32)
    added = [
        replace(
            chat,
            kind=kind,
            mid=first + chat.mid[1:],
            usable=None,
            messages=tuple(replace(m, sealed=m.at < _OLD) for m in chat.messages),
        )
        for chat in more.chats[:5]
    ]
    return replace(account, chats=(*account.chats, *added))


def _memo(account: LineAccount) -> LineAccount:
    """Return the account with notes and links to itself, in the chat that LINE keeps for that."""
    memo = LineChat(
        mid=account.mid, name="Keep", kind=LineChatKind.OFFICIAL, usable=None, messages=tuple(_many(6, _VIDEO))
    )
    return replace(account, chats=(*account.chats, memo))


def _reinstalled(account: LineAccount) -> LineAccount:
    """Return the account after LINE was installed anew: the history came from a backup, without marks."""
    return with_new_key(_each(account, _before(_OLD, sealed=False, restored=True)), _OLD)


def healthy_line() -> Iterable[tuple[str, LineAccount]]:
    """Yield each account with what it shows; none of them was ever switched off."""
    base = healthy_account(seed=3, chats=8, messages=24)
    shares = {
        "a video to three chats": _many(1, _VIDEO),
        "a video to three chats, twice": _many(2, _VIDEO),
        "a link a day for a week": _many(
            7, "看這個 https://www.ly.gov.tw/Pages/List.aspx?nodeid=151", timedelta(days=1)
        ),
        "short links": _many(3, "https://reurl.cc/3xAmp1e"),
        "an address without https": _many(3, "請看 www.ly.gov.tw 的公告"),
        "an invitation to a group": _many(2, "https://line.me/R/ti/g2/aBcD1234?utm_source=invitation"),
        "a place from a map": _many(2, "https://maps.app.goo.gl/aBcD1234 立法院"),
        "a redirect inside LINE": _many(2, "https://line.me/R/nv/?u=https%3A%2F%2Fwww.ly.gov.tw%2F"),
        "news that name domains": _many(2, news()[0]),
        "e-mail addresses": _many(2, "service@ly.gov.tw"),
        "a note without a link": _many(1, "明天九點在中央大樓集合"),
        "two notes without a link": [_plain(_SOON, "明天九點集合"), _plain(_SOON + timedelta(minutes=2), "請帶證件")],
        "a recipe's card": _many(3, "這道菜很好吃", entries=_CARD),
        "a card in JSON": _many(3, "分享", entries=(("FLEX_JSON", '{"uri":"https:\\/\\/example.com\\/a"}'),)),
        "stickers": _many(6, "", content=ContentType.STICKER, entries=(("STKID", "52002734"), ("STKPKGID", "11537"))),
        "pictures": _many(4, "", content=ContentType.IMAGE),
        "files": _many(4, "議程.pdf", content=ContentType.FILE),
        "RICH cards": _many(4, "活動通知", content=ContentType.RICH),
        "flex messages": _many(4, "活動通知", content=ContentType.FLEX),
        "shared places": _many(4, "台北市中正區", content=ContentType.LOCATION),
        "events": _many(4, "已收回訊息", content=ContentType.EVENT),
        "taken back": _many(4, ""),
        "blank texts": _many(4, " \n"),
        "nothing sent for want of a network": _many(4, "到了嗎?", waiting=True),
    }
    for name, messages in shares.items():
        yield f"shared to three chats: {name}", _to(base, messages)
    friends = [replace(each, outgoing=False) for each in _many(3, _VIDEO)]
    yield "videos from eight friends", _to(base, friends, chats=8)
    yield "New Year's greetings to everybody", _to(base, [*_many(1, "新年快樂!"), *_many(1, "恭喜發財")], chats=8)
    yield (
        "links both ways for a month",
        _to(
            base, [replace(m, outgoing=n % 3 == 0) for n, m in enumerate(_many(30, _VIDEO, timedelta(days=1)))], chats=6
        ),
    )
    yield "everyday talk in zh-TW", _to(base, [replace(m, sealed=True, text=text) for m, text in zip(_many(8), TALK, strict=False)], chats=6)  # fmt: skip
    yield "group calls", _group_call(base)
    yield "four official accounts", _official(base, 4)
    yield "twenty official accounts and few friends", _official(healthy_account(seed=5, chats=3), 20)
    yield "official accounts that send links", _official(base, 12, f"限時優惠 {_VIDEO} www.example.com")
    yield "OpenChats", _only(LineChatKind.OPEN_CHAT, "m")
    yield "groups with an unsealed member", _only(LineChatKind.GROUP, "c")
    yield "notes to oneself", _memo(base)
    yield "reinstalled, history from a backup", _reinstalled(base)
    yield "moved to a new phone, placeholders", _each(base, _before(_OLD, content=ContentType.MIGRATED, sealed=False))
    yield "from before Letter Sealing", _each(base, _before(_OLD, sealed=False))
    yield "a new key of its own", with_new_key(base, _SOON)
    yield "one friend on an old client", single_peer_unsealed(base, LAST_DAY - timedelta(days=90))
    yield "one friend reinstalled", single_peer_unsealed(base, _OLD)
    yield "two friends on old clients", single_peer_unsealed(single_peer_unsealed(base, _OLD), _OLD, chat=1)
    yield "marks on received texts only", _each(base, lambda m: replace(m, sealed=m.sealed and not m.outgoing))
    yield "marks on sent texts only", _each(base, lambda m: replace(m, sealed=m.sealed and m.outgoing))
    yield "no marks at all", replace(_each(base, lambda m: replace(m, sealed=False)), switch=None)
    yield "texts that nobody answers", _each(base, lambda m: replace(m, outgoing=True))
    yield "few messages", healthy_account(seed=6, messages=3)
    yield "a busy account", healthy_account(seed=8, chats=40, messages=30, groups=10)
    yield "never written anything", with_messages(base, lambda _: ())
    yield "installed and nobody in it", replace(base, chats=())
    yield "a clock that was set back", _clock_set_back(base)
    yield "switch never synchronised", replace(base, switch=None)
