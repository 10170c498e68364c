"""What a variant is, and the account and the small edits that the variants of both platforms start from."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from mvtcase.canon import StrEnum
from mvtcase.phones.line_stories import LAST_DAY, LineChatKind, healthy_account, unsealed_from, with_messages
from mvtcase.phones.sqlite_files import edited

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.phones.line_stories import LineAccount, LineMessage

SWITCHED_OFF_AT = LAST_DAY - timedelta(days=5)
FOREIGN_SCHEMA = "CREATE TABLE ZWAMESSAGE (Z_PK INTEGER PRIMARY KEY, ZTEXT VARCHAR);"
"""A table of another app."""


class LineEvidence(StrEnum):
    """How a variant is handed to MVT."""

    IOS_BACKUP = "ios_backup"
    ANDROID_DUMP = "android_dump"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineVariant:
    """One piece of evidence whose sealing cannot be told.

    `write` builds it in a new folder and returns that folder; `reason` is a part of the reason that must be given;
    `damaged` tells whether something exists and is broken, which must be logged as an error.
    """

    name: str
    evidence: LineEvidence
    reason: str
    damaged: bool
    write: Callable[[Path], Path]

    def __str__(self) -> str:
        return f"{self.evidence}-{self.name}"


@lru_cache(maxsize=1)
def base_account() -> LineAccount:
    """Return the healthy account that the variants start from, without Android's switch, which alone would tell."""
    return replace(healthy_account(seed=7, messages=40), switch=None)


def every_message(change: Callable[[LineMessage], LineMessage]) -> LineAccount:
    """Return the base account with every message changed."""
    return with_messages(base_account(), lambda messages: tuple(change(message) for message in messages))


def only_chats(kind: LineChatKind) -> LineAccount:
    """Return an account all of whose chats are of one kind and went unsealed."""
    account = unsealed_from(base_account(), SWITCHED_OFF_AT)
    first = {LineChatKind.GROUP: "c", LineChatKind.OPEN_CHAT: "m"}.get(kind, "u")
    chats = tuple(replace(chat, kind=kind, mid=first + chat.mid[1:], usable=None) for chat in account.chats)
    return replace(account, chats=chats, switch=None)


def two_chats_turned() -> LineAccount:
    """Return an account of two chats that both went unsealed: too few to tell the account from its peers."""
    account = unsealed_from(base_account(), SWITCHED_OFF_AT)
    return replace(account, chats=account.chats[:2], switch=None)


def after(content: bytes, statements: tuple[str, ...]) -> bytes:
    """Return a database after some SQL statements."""

    def execute(connection: sqlite3.Connection) -> None:
        for statement in statements:
            connection.execute(statement)

    return edited(content, execute)


def overwritten(content: bytes, start: int, filler: bytes) -> bytes:
    """Return bytes with some of them overwritten."""
    return content[:start] + filler + content[start + len(filler) :]


def noise(size: int) -> bytes:
    """Return bytes that are no file of any kind, always the same."""
    return random.Random("noise").randbytes(size)
