"""What was read of LINE, as small frozen records: the rules and the results are functions of these alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class ChatKind(str, Enum):
    """What a chat is; only direct chats speak about one peer, and only they feed the rules."""

    DIRECT = "direct"
    GROUP = "group"
    NEVER_SEALED = "never_sealed"
    """Official accounts, OpenChat and Keep, which LINE does not seal by design."""
    UNKNOWN = "unknown"


class ChatState(str, Enum):
    """Whether a chat is sealed as far as the data says."""

    SEALED = "sealed"
    UNSEALED = "unsealed"
    UNKNOWN = "unknown"


class Platform(str, Enum):
    """Whose LINE it is."""

    IOS = "ios"
    ANDROID = "android"


@dataclass(frozen=True, slots=True)
class Mark:
    """One written text without a link: when (Unix milliseconds), whether it says `e2eeVersion` 1 or 2, who wrote it."""

    at_ms: int
    sealed: bool
    outgoing: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Neighbouring messages of one chat that agree; times are Unix milliseconds of the first and the last of them.

    `sent` counts those that the account's owner wrote.
    """

    sealed: bool
    first_ms: int
    last_ms: int
    messages: int
    sent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A sealed run followed by an unsealed one: between the two times (Unix milliseconds) sealing went off.

    `resealed_ms` is the first sealed message after the unsealed run, None while it lasts.
    """

    chat: str
    last_sealed_ms: int
    first_unsealed_ms: int
    last_unsealed_ms: int
    resealed_ms: int | None = None
    sealed_before: int
    unsealed_messages: int
    unsealed_sent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """One chat: its telling messages in any order, and LINE's own record of its key, when there is one.

    `usable` is Android's `userinfo.usable`, or on iOS whether `ZCURRENTKEYID` is above 0; None when there is no such
    row. `had_key` tells that LINE once held a key of this peer's, which official accounts have not. `two_way` tells
    that both sides wrote. `left_out` counts rows that rule R8 keeps out of the runs.
    """

    mid: str
    kind: ChatKind
    name: str = ""
    marks: tuple[Mark, ...] = ()
    messages: int = 0
    left_out: int = 0
    two_way: bool = False
    last_ms: int | None = None
    usable: bool | None = None
    had_key: bool = False
    content_types: str | int | None = None
    """The content types negotiated for sealing, as LINE stores them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnKey:
    """One of the account's own key pairs, without the keys: the number and the stored time (Unix milliseconds)."""

    key_id: int | None
    created_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that could not be read, and why; `damaged` marks what exists but is broken, `rows` what was skipped."""

    source: str
    reason: str
    damaged: bool = False
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMessage:
    """A message (or a sender's name) that carries something to compare with indicators."""

    chat: str
    sender: str | None
    sender_name: str
    outgoing: bool | None
    at_ms: int | None
    raw_time: str
    links: tuple[str, ...]
    domains: tuple[str, ...]
    emails: tuple[str, ...]
    text: str


class EntryKind(str, Enum):
    """What a row of one of LINE's smaller stores is; the value is the record's name in the results."""

    VISIT = "line_page_visit"
    SEARCH = "line_search"
    CONTACT = "line_matched_contact"
    ATTACHMENT = "line_attachment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row of a smaller store that carries something to compare with indicators; `text` is what it says."""

    kind: EntryKind
    at_ms: int | None
    raw_time: str
    text: str
    links: tuple[str, ...]
    domains: tuple[str, ...]
    emails: tuple[str, ...]
    file_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message of LINE's own account about a login, a verification code or an account move."""

    chat: str
    kind: str
    at_ms: int | None
    raw_time: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Everything read of one LINE account; `mid` is None when the data does not tell it."""

    platform: Platform
    label: str
    mid: str | None
    chats: tuple[Chat, ...] = ()
    switch: int | None = None
    """Android's `E2EE_ENABLE`: 1 on, 0 off, None when absent or unreadable."""
    own_keys: tuple[OwnKey, ...] = ()
    own_keys_known: bool = False
    """Whether the account's own key rows could be told from its peers' ones."""
    messages_complete: bool = False
    """Whether the message table was read to its end."""
    links: tuple[LinkMessage, ...] = ()
    entries: tuple[Entry, ...] = ()
    notices: tuple[Notice, ...] = ()
    gaps: tuple[Gap, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    """Counts of what was met while reading, by name."""
    preferences: tuple[tuple[str, str], ...] = ()
    """Raw preference values, without a verdict."""
    sources: tuple[str, ...] = ()
