"""Messages collected while a table is read: sealing marks by chat, links, notices, and counts of what was odd.

Shared by the iOS and the Android reader; message texts are not kept unless they carry a link or a notice.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from .links import Found, find
from .notices import is_official_name, notice_kind
from .records import Chat, ChatKind, Gap, LinkMessage, Mark, Notice
from .times import plausible_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_EXCERPT = 500
"""Characters of a message text that are kept, and only of messages with a link or a notice."""
SHARED_WITHIN_MS = 60_000
"""How close one text goes to several chats when it is shared from elsewhere and not written."""
NO_MID = "#"
"""First character of the name given to a chat whose id could not be read."""
MOST_KEPT = 100_000
"""Link messages kept of one account."""


_ODD = {
    "messages_with_unusable_time": "a time that no message can have",
    "messages_with_unreadable_metadata": "metadata that could not be read",
    "odd_rows": "values of a wrong type, searched for links and left out of the sealing comparison",
    "texts_searched_in_part": "more text or links than are searched",
    "link_messages_beyond_the_limit": "links, more than are kept",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatHead:
    """What a chat is called and what kind it is, before its messages are read."""

    mid: str
    kind: ChatKind
    name: str = ""
    usable: bool | None = None
    had_key: bool = False
    content_types: str | int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One row of a message table; `sealed` is None where the row does not tell, `left_out` where rule R8 applies.

    `sealable` marks a text that somebody wrote and LINE's server has taken.
    """

    chat: str
    sender: str | None
    sender_name: str
    outgoing: bool | None
    time: object
    text: str
    extra: tuple[str, ...] = ()
    sealable: bool
    sealed: bool | None
    left_out: bool
    odd: bool = False
    """A value has a wrong type: the row is searched for links and kept out of the sealing comparison."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A mark, and which of all texts it is."""

    mark: Mark
    words: int


@dataclass(slots=True)
class _Thread:
    said: list[_Said] = field(default_factory=list)
    messages: int = 0
    left_out: int = 0
    sent: bool = False
    received: bool = False
    last_ms: int | None = None


@dataclass(slots=True)
class Collector:
    """Takes messages one by one, the newest row first, and gives the chats, links and notices of an account."""

    is_domain: Callable[[str], bool]
    heads: Mapping[str, ChatHead]
    counts: Counter[str] = field(default_factory=Counter)
    links: list[LinkMessage] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    senders: set[str] = field(default_factory=set)
    _threads: dict[str, _Thread] = field(default_factory=dict)

    def add(self, message: Message) -> None:
        """Take one message."""
        thread = self._threads.setdefault(message.chat, _Thread())
        at_ms = plausible_ms(message.time)
        thread.messages += 1
        if message.sender:
            self.senders.add(message.sender)
        thread.sent |= message.outgoing is True
        thread.received |= message.outgoing is False
        self.counts["messages"] += 1
        self.counts["odd_rows"] += message.odd
        if at_ms is None:
            self.counts["messages_with_unusable_time"] += 1
        else:
            thread.last_ms = max(at_ms, thread.last_ms or at_ms)
        linked = self._search(message, at_ms)
        self._mark(thread, message, at_ms, linked=linked)

    def _mark(self, thread: _Thread, message: Message, at_ms: int | None, *, linked: bool) -> None:
        """Count a message for sealing, unless it holds a link: what other services send is plain by design."""
        if message.left_out:
            thread.left_out += 1
            return
        if message.odd or not message.sealable or not message.text.strip():
            return
        self.counts["sealable_messages"] += 1
        if message.sealed is None:
            self.counts["messages_with_unreadable_metadata"] += 1
        elif linked:
            self.counts["texts_with_a_link"] += 1
        elif at_ms is not None:
            self.counts["messages_marked_sealed"] += message.sealed
            thread.said.append(_Said(Mark(at_ms, message.sealed, message.outgoing), hash(message.text)))

    def _search(self, message: Message, at_ms: int | None) -> bool:
        """Keep what can be compared with indicators and notices, and return whether the message holds a link."""
        found = find("\n".join((message.text, *message.extra)), self.is_domain)
        named = find(message.sender_name, self.is_domain)
        self.counts["texts_searched_in_part"] += found.partly
        if found or named:
            self._keep_link(message, at_ms, found, named)
        self._search_notice(message, at_ms)
        return bool(found)

    def _search_notice(self, message: Message, at_ms: int | None) -> None:
        head = self.heads.get(message.chat)
        if head is None or message.outgoing is True or not message.text:
            return
        if head.kind is ChatKind.NEVER_SEALED or is_official_name(head.name) or is_official_name(message.sender_name):
            self._keep_notice(message, at_ms)

    def _keep_link(self, message: Message, at_ms: int | None, found: Found, named: Found) -> None:
        if len(self.links) >= MOST_KEPT:
            self.counts["link_messages_beyond_the_limit"] += 1
            return
        self.links.append(
            LinkMessage(
                chat=message.chat,
                sender=message.sender,
                sender_name=message.sender_name,
                outgoing=message.outgoing,
                at_ms=at_ms,
                raw_time=raw(message.time),
                links=(*found.links, *named.links),
                domains=(*found.domains, *named.domains),
                emails=(*found.emails, *named.emails),
                text=message.text[:MOST_EXCERPT],
            )
        )

    def _keep_notice(self, message: Message, at_ms: int | None) -> None:
        kind = notice_kind(message.text)
        if kind is not None and len(self.notices) < MOST_KEPT:
            notice = Notice(
                chat=message.chat,
                kind=kind.value,
                at_ms=at_ms,
                raw_time=raw(message.time),
                text=message.text[:MOST_EXCERPT],
            )
            self.notices.append(notice)

    def gaps(self) -> tuple[Gap, ...]:
        """Return how many rows were skipped or taken in part, one gap for each reason."""
        return tuple(
            Gap(source="messages", reason=f"{self.counts[name]} rows with {words}", rows=self.counts[name])
            for name, words in _ODD.items()
            if self.counts[name]
        )

    def chats(self) -> tuple[Chat, ...]:
        """Return every chat with messages or with a record of its own, in the order of their mids."""
        empty = _Thread()
        mids = sorted({*self.heads, *self._threads})
        telling = {said.mark.outgoing for thread in self._threads.values() for said in thread.said if said.mark.sealed}
        shared = self._shared()
        return tuple(self._chat(mid, self._threads.get(mid, empty), telling, shared) for mid in mids)

    def _shared(self) -> set[_Said]:
        """Return the unsealed texts that went to several chats within a minute: shared from elsewhere, not written."""
        sent = [
            (said, chat)
            for chat, thread in self._threads.items()
            for said in thread.said
            if said.mark.outgoing and not said.mark.sealed
        ]
        sent.sort(key=lambda each: (each[0].words, each[0].mark.at_ms))
        return {
            said
            for (one, here), (other, there) in pairwise(sent)
            if one.words == other.words and here != there and other.mark.at_ms - one.mark.at_ms <= SHARED_WITHIN_MS
            for said in (one, other)
        }

    def _chat(self, mid: str, thread: _Thread, telling: set[bool | None], shared: set[_Said]) -> Chat:
        head = self.heads.get(mid) or ChatHead(mid=mid, kind=kind_of_mid(mid))
        # Where one side's texts never carry the mark, its absence there tells nothing.
        counted = [
            said.mark
            for said in thread.said
            if said.mark.sealed or (said.mark.outgoing in (telling or {said.mark.outgoing}) and said not in shared)
        ]
        # Messages came newest first; rows of one time keep the order in which they were stored.
        counted.reverse()
        return Chat(
            mid=mid,
            kind=head.kind,
            name=head.name,
            marks=tuple(sorted(counted, key=lambda mark: mark.at_ms)),
            messages=thread.messages,
            left_out=thread.left_out,
            two_way=thread.sent and thread.received,
            last_ms=thread.last_ms,
            usable=head.usable,
            had_key=head.had_key,
            content_types=head.content_types,
        )


def kind_of_mid(mid: str) -> ChatKind:
    """Return the kind of chat an id stands for: `u` people and official accounts, `c` groups, `r` rooms."""
    first = mid[:1]
    if first == NO_MID:
        return ChatKind.UNKNOWN
    if first == "u":
        return ChatKind.DIRECT
    return ChatKind.GROUP if first in {"c", "r"} else ChatKind.NEVER_SEALED


def text_of(value: object) -> tuple[str, bool]:
    """Return a stored text, and whether it is odd: bytes are read as UTF-8 so that no link in them is lost."""
    if isinstance(value, str) or value is None:
        return value or "", False
    return (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)), True


def raw(value: object) -> str:
    """Return a stored value as a short text, for times that are none."""
    return str(value)[:40]
