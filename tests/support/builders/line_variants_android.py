"""Android dumps whose LINE databases are damaged, foreign, or silent about sealing."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from builders.line_android import PACKAGE, line_android_databases, write_line_databases
from builders.line_variant import (
    FOREIGN_SCHEMA,
    LineEvidence,
    LineVariant,
    after,
    base_account,
    every_message,
    noise,
    only_chats,
    overwritten,
    two_chats_turned,
)
from mvtcase.phones.line_stories import LAST_DAY, ContentType, LineChatKind, healthy_account, unsealed_from
from mvtcase.phones.sqlite_files import database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.phones.line_stories import LineAccount

_MESSAGES, _SEALING, _SWITCH = "naver_line", "e2ee", "line_general_key_value"
_UNREADABLE = "could not be read"
_NEITHER = "neither 0 nor 1"

_BYTES: tuple[tuple[str, str, dict[str, Callable[[bytes], bytes]]], ...] = (
    ("empty-files", "0 bytes", dict.fromkeys((_MESSAGES, _SEALING, _SWITCH), lambda _: b"")),
    ("noise", "not a SQLite database", dict.fromkeys((_MESSAGES, _SEALING), lambda _: noise(9000))),
    ("half-messages", "SQLite says", {_MESSAGES: lambda history: history[: len(history) // 2]}),
    (
        "zeroed-pages",
        "SQLite says",
        {_MESSAGES: lambda history: overwritten(history, 4096, bytes(len(history) - 4096))},
    ),
    ("another-app", "chat_history is missing", {_MESSAGES: lambda _: database(FOREIGN_SCHEMA, {})}),
)

_STATEMENTS: tuple[tuple[str, str, bool, str, tuple[str, ...]], ...] = (
    (
        "history-view",
        "no plain table",
        True,
        _MESSAGES,
        ("ALTER TABLE chat_history RENAME TO h", "CREATE VIEW chat_history AS SELECT * FROM h"),
    ),
    ("no-parameter-column", "lacks parameter", False, _MESSAGES, ("ALTER TABLE chat_history DROP COLUMN parameter",)),
    ("odd-parameter", _UNREADABLE, False, _MESSAGES, ("UPDATE chat_history SET parameter = 'e2eeVersion'",)),
    ("blob-parameter", _UNREADABLE, False, _MESSAGES, ("UPDATE chat_history SET parameter = x'00ff'",)),
    (
        "unknown-version",
        _UNREADABLE,
        False,
        _MESSAGES,
        ("UPDATE chat_history SET parameter = 'e2eeVersion' || char(9) || '9'",),
    ),
    ("text-times", "with a readable time", False, _MESSAGES, ("UPDATE chat_history SET created_time = 'noon'",)),
    (
        "never-sealed",
        "no message says it was sealed",
        False,
        _MESSAGES,
        ("UPDATE chat_history SET parameter = NULL",),
    ),
)

_WITHOUT_MESSAGES: tuple[tuple[str, str, bool, str, tuple[str, ...]], ...] = (
    ("switch-two", _NEITHER, False, _SWITCH, ("INSERT INTO key_value_int VALUES ('E2EE_ENABLE', 2)",)),
    ("switch-null", _NEITHER, False, _SWITCH, ("INSERT INTO key_value_int VALUES ('E2EE_ENABLE', NULL)",)),
    ("switch-text", _NEITHER, False, _SWITCH, ("INSERT INTO key_value_int VALUES ('E2EE_ENABLE', 'off')",)),
    (
        "switch-twice",
        _NEITHER,
        False,
        _SWITCH,
        (
            "DROP TABLE key_value_int",
            "CREATE TABLE key_value_int (key TEXT, value INTEGER)",
            "INSERT INTO key_value_int VALUES ('E2EE_ENABLE', 0), ('E2EE_ENABLE', 1)",
        ),
    ),
    (
        "switch-view",
        "no plain table",
        True,
        _SWITCH,
        ("DROP TABLE key_value_int", "CREATE VIEW key_value_int AS SELECT 'E2EE_ENABLE' AS key, 0 AS value"),
    ),
    ("switch-never-synchronised", "never synchronised", False, _SWITCH, ()),
    ("odd-peers", "unknown form", False, _SEALING, ("UPDATE userinfo SET usable = 7",)),
    ("no-usable-column", "lacks usable", True, _SEALING, ("ALTER TABLE userinfo DROP COLUMN usable",)),
)


def _contradiction() -> LineAccount:
    """Return an account whose switch reads on while every peer is held as not usable and no message tells."""
    account = unsealed_from(every_message(lambda message: replace(message, sealed=False)), LAST_DAY)
    return replace(account, switch=1)


_STORIES: tuple[tuple[str, str, Callable[[], LineAccount]], ...] = (
    (
        "undecrypted",
        "no written text",
        lambda: every_message(lambda m: replace(m, content=ContentType.UNDECRYPTED)),
    ),
    ("restored", "no written text", lambda: every_message(lambda m: replace(m, restored=True))),
    ("only-groups", "only groups", lambda: only_chats(LineChatKind.GROUP)),
    ("only-open-chat", "only groups", lambda: only_chats(LineChatKind.OPEN_CHAT)),
    ("two-chats-turned", "too few chats", lambda: replace(two_chats_turned(), own_keys=())),
    ("no-chats", "no chat could be read", lambda: replace(healthy_account(seed=9), chats=(), switch=None)),
    ("switch-on-peers-off", "contradiction", _contradiction),
)


def _variant(name: str, reason: str, write: Callable[[Path], Path], *, damaged: bool) -> LineVariant:
    return LineVariant(name=name, evidence=LineEvidence.ANDROID_DUMP, reason=reason, damaged=damaged, write=write)


@lru_cache(maxsize=1)
def _healthy_databases() -> tuple[tuple[str, bytes], ...]:
    return tuple(line_android_databases(base_account()).items())


def _with_changes(
    changes: dict[str, Callable[[bytes], bytes]], *, without: tuple[str, ...] = ()
) -> Callable[[Path], Path]:
    """Return a writer of a dump with some databases changed and some left out."""

    def write(root: Path) -> Path:
        databases = dict(_healthy_databases())
        kept = {name: content for name, content in databases.items() if name not in without}
        return write_line_databases(
            root, {**kept, **{name: change(databases[name]) for name, change in changes.items()}}
        )

    return write


def _with_statements(
    name: str, statements: tuple[str, ...], *, without: tuple[str, ...] = ()
) -> Callable[[Path], Path]:
    return _with_changes({name: lambda content: after(content, statements)}, without=without)


def _with_story(story: Callable[[], LineAccount]) -> Callable[[Path], Path]:
    return lambda root: write_line_databases(root, line_android_databases(story()))


def _empty_folder(root: Path) -> Path:
    (root / "data" / "data" / PACKAGE).mkdir(parents=True)
    return root


def _folders_as_databases(root: Path) -> Path:
    for name in (_MESSAGES, _SEALING, _SWITCH):
        (root / "data" / "data" / PACKAGE / "databases" / name).mkdir(parents=True)
    return root


ANDROID_VARIANTS = (
    *(_variant(name, reason, _with_changes(changes), damaged=True) for name, reason, changes in _BYTES),
    *(
        _variant(name, reason, _with_statements(where, sql), damaged=damaged)
        for name, reason, damaged, where, sql in _STATEMENTS
    ),
    *(
        _variant(name, reason, _with_statements(where, sql, without=(_MESSAGES,)), damaged=damaged)
        for name, reason, damaged, where, sql in _WITHOUT_MESSAGES
    ),
    *(_variant(name, reason, _with_story(story), damaged=False) for name, reason, story in _STORIES),
    _variant("no-messages-database", "not in the acquisition", _with_changes({}, without=(_MESSAGES,)), damaged=False),
    _variant("empty-folder", "not in the acquisition", _empty_folder, damaged=False),
    _variant("folders-as-databases", "not a regular file", _folders_as_databases, damaged=True),
)
