"""Backups whose `Line.sqlite` is damaged, foreign, or silent about sealing."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

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
from mvtcase.phones.line_ios import line_file, line_ios_files, preference_file, write_line_backup
from mvtcase.phones.line_stories import ContentType, LineChatKind
from mvtcase.phones.sqlite_files import database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.phones.ios_phone import PhoneFile
    from mvtcase.phones.line_stories import LineAccount

_LINE = "Line.sqlite"
_NOT_SQLITE = "not a SQLite database"
_BROKEN = "SQLite says"
_NO_TIME = "with a readable time"
_ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x"

_BYTES: tuple[tuple[str, str, Callable[[bytes], bytes]], ...] = (
    ("empty-file", "empty (0 bytes)", lambda _: b""),
    ("half-file", _BROKEN, lambda line: line[: len(line) // 2]),
    ("header-only", _BROKEN, lambda line: line[:100]),
    ("fifty-bytes", _BROKEN, lambda line: line[:50]),
    ("noise", _NOT_SQLITE, lambda _: noise(8192)),
    ("zeros", _NOT_SQLITE, lambda _: bytes(8192)),
    ("header-destroyed", _NOT_SQLITE, lambda line: overwritten(line, 0, b"\xff" * 16)),
    ("wrong-page-size", _BROKEN, lambda line: overwritten(line, 16, b"\x00\x07")),
    ("schema-page-noise", _BROKEN, lambda line: overwritten(line, 100, noise(3900))),
    ("pages-of-ones", _BROKEN, lambda line: overwritten(line, 4096, b"\xff" * (len(line) - 4096))),
    ("pages-of-noise", _BROKEN, lambda line: overwritten(line, 4096, noise(len(line) - 4096))),
    ("web-page", _NOT_SQLITE, lambda _: b"<!DOCTYPE html><title>Not found</title>" * 40),
    ("no-tables", "ZCHAT is missing", lambda _: database("CREATE TABLE z (x); DROP TABLE z;", {})),
    ("another-app", "ZCHAT is missing", lambda _: database(FOREIGN_SCHEMA, {})),
)

_BROKEN_SCHEMA: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("no-message-table", "table ZMESSAGE is missing", ("DROP TABLE ZMESSAGE",)),
    ("no-chat-table", "table ZCHAT is missing", ("DROP TABLE ZCHAT",)),
    (
        "endless-view",
        "no plain table",
        (
            "DROP TABLE ZMESSAGE",
            f"CREATE VIEW ZMESSAGE AS {_ENDLESS} AS Z_PK, 1 AS ZCHAT, x AS ZTIMESTAMP, 0 AS ZCONTENTTYPE FROM n",
        ),
    ),
    (
        "view",
        "no plain table",
        ("ALTER TABLE ZMESSAGE RENAME TO Z", "CREATE VIEW ZMESSAGE AS SELECT * FROM Z"),
    ),
    (
        "virtual-table",
        "no plain table",
        (
            "DROP TABLE ZMESSAGE",
            "CREATE VIRTUAL TABLE ZMESSAGE USING fts5(Z_PK, ZCHAT, ZTIMESTAMP, ZCONTENTTYPE, ZTEXT)",
        ),
    ),
    ("no-time-column", "lacks ZTIMESTAMP", ("ALTER TABLE ZMESSAGE DROP COLUMN ZTIMESTAMP",)),
)

_SILENT: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("no-metadata-column", "ZCONTENTMETADATA", ("ALTER TABLE ZMESSAGE DROP COLUMN ZCONTENTMETADATA",)),
    (
        "no-sender-column",
        "ZSENDER",
        ("ALTER TABLE ZMESSAGE DROP COLUMN ZSENDER", "UPDATE ZMESSAGE SET ZSENDSTATUS = 0"),
    ),
    ("text-times", _NO_TIME, ("UPDATE ZMESSAGE SET ZTIMESTAMP = 'yesterday'",)),
    ("zero-times", _NO_TIME, ("UPDATE ZMESSAGE SET ZTIMESTAMP = 0",)),
    ("far-times", _NO_TIME, ("UPDATE ZMESSAGE SET ZTIMESTAMP = 9223372036854775807",)),
    ("null-times", _NO_TIME, ("UPDATE ZMESSAGE SET ZTIMESTAMP = NULL",)),
    ("metadata-zeros", "could not be read", ("UPDATE ZMESSAGE SET ZCONTENTMETADATA = zeroblob(80)",)),
    ("metadata-text", "could not be read", ("UPDATE ZMESSAGE SET ZCONTENTMETADATA = 'e2eeVersion=2'",)),
    (
        "metadata-cut",
        "could not be read",
        ("UPDATE ZMESSAGE SET ZCONTENTMETADATA = substr(ZCONTENTMETADATA, 1, 60)",),
    ),
    ("no-metadata", "no message says it was sealed", ("UPDATE ZMESSAGE SET ZCONTENTMETADATA = NULL",)),
    ("no-chat-key", "wrong type", ("UPDATE ZMESSAGE SET ZCHAT = NULL",)),
    ("text-as-blob", "wrong type", ("UPDATE ZMESSAGE SET ZTEXT = x'ff00ff'",)),
    ("no-messages", "no written text", ("DELETE FROM ZMESSAGE",)),
    ("no-rows", "no chat", ("DELETE FROM ZMESSAGE", "DELETE FROM ZCHAT")),
    ("one-message", "do not show", ("DELETE FROM ZMESSAGE WHERE Z_PK > 1",)),
)

_STORIES: tuple[tuple[str, str, Callable[[], LineAccount]], ...] = (
    ("never-sealed", "no message says it was sealed", lambda: every_message(lambda m: replace(m, sealed=False))),
    ("only-images", "no written text", lambda: every_message(lambda m: replace(m, content=ContentType.IMAGE))),
    ("only-restored", "no written text", lambda: every_message(lambda m: replace(m, restored=True))),
    ("only-migrated", "no written text", lambda: every_message(lambda m: replace(m, content=ContentType.MIGRATED))),
    ("only-groups", "only groups", lambda: only_chats(LineChatKind.GROUP)),
    ("only-official", "only groups", lambda: only_chats(LineChatKind.OFFICIAL)),
    ("only-open-chat", "only groups", lambda: only_chats(LineChatKind.OPEN_CHAT)),
    ("two-chats-turned", "too few chats", two_chats_turned),
)


def _variant(name: str, reason: str, write: Callable[[Path], Path], *, damaged: bool) -> LineVariant:
    return LineVariant(name=name, evidence=LineEvidence.IOS_BACKUP, reason=reason, damaged=damaged, write=write)


@lru_cache(maxsize=1)
def _healthy_files() -> tuple[PhoneFile, ...]:
    return line_ios_files(base_account())


def _healthy_line() -> bytes:
    return _healthy_files()[0].content


def _with_line(change: Callable[[bytes], bytes], *, sealing: bool) -> Callable[[Path], Path]:
    """Return a writer of a backup whose `Line.sqlite` was changed, with a healthy `E2EEData.sqlite` if `sealing`."""

    def write(folder: Path) -> Path:
        files = [file for file in _healthy_files() if sealing or not file.relative_path.endswith("E2EEData.sqlite")]
        content = change(_healthy_line())
        changed = [replace(file, content=content) if file.relative_path.endswith(_LINE) else file for file in files]
        return write_line_backup(folder, changed)

    return write


def _with_statements(statements: tuple[str, ...]) -> Callable[[Path], Path]:
    return _with_line(lambda line: after(line, statements), sealing=True)


def _with_story(story: Callable[[], LineAccount]) -> Callable[[Path], Path]:
    return lambda folder: write_line_backup(folder, line_ios_files(story(), sealing=False))


def _without_line(folder: Path) -> Path:
    files = [file for file in _healthy_files() if not file.relative_path.endswith(_LINE)]
    return write_line_backup(folder, files)


def _emptied_place(folder: Path) -> Path:
    """Write a backup, take `Line.sqlite` out of it, and return where it was."""
    files = _healthy_files()
    write_line_backup(folder, files)
    file = next(file for file in files if file.relative_path.endswith(_LINE))
    place = folder / file.file_id[:2] / file.file_id
    place.unlink()
    return place


def _missing_file(folder: Path) -> Path:
    _emptied_place(folder)
    return folder


def _linked_file(folder: Path) -> Path:
    place = _emptied_place(folder)
    outside = folder / "elsewhere"
    outside.write_bytes(_healthy_line())
    place.symlink_to(outside)
    return folder


def _folder_as_file(folder: Path) -> Path:
    _emptied_place(folder).mkdir()
    return folder


def _pipe_as_file(folder: Path) -> Path:
    os.mkfifo(_emptied_place(folder))
    return folder


def _no_account(folder: Path) -> Path:
    return write_line_backup(folder, [preference_file("group.com.linecorp.line.plist", b"not a list")])


def _old_layout(folder: Path) -> Path:
    return write_line_backup(folder, [line_file("Documents/talk.sqlite", _healthy_line())])


IOS_VARIANTS = (
    *(_variant(name, reason, _with_line(change, sealing=False), damaged=True) for name, reason, change in _BYTES),
    *(
        _variant(f"{name}-with-keys", reason, _with_line(change, sealing=True), damaged=True)
        for name, reason, change in _BYTES[:4]
    ),
    *(_variant(name, reason, _with_statements(sql), damaged=True) for name, reason, sql in _BROKEN_SCHEMA),
    *(_variant(name, reason, _with_statements(sql), damaged=False) for name, reason, sql in _SILENT),
    *(_variant(name, reason, _with_story(story), damaged=False) for name, reason, story in _STORIES),
    _variant("missing-file", "the file is missing", _missing_file, damaged=True),
    _variant("symbolic-link", "not a regular file", _linked_file, damaged=True),
    _variant("folder", "not a regular file", _folder_as_file, damaged=True),
    _variant("pipe", "not a regular file", _pipe_as_file, damaged=True),
    _variant("no-messages-database", "not in the acquisition", _without_line, damaged=False),
    _variant("no-account", "no account folder", _no_account, damaged=False),
    _variant("old-layout", "no account folder", _old_layout, damaged=False),
)
