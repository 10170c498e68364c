"""Links in messages of WhatsApp, WhatsApp Business and Viber in a dump of an Android phone, which MVT does not read.

WhatsApp keeps them in `msgstore.db`: tables `message`, `chat` and `jid`, before 2021 in `messages` alone. Viber keeps
them in `viber_messages`: `messages`, with who wrote in `participants` and `participants_info` (ALEAPP's artefacts).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvt.common.utils import check_for_links
from mvt.plugin import DatabaseCorruptedError, DatabaseNotFoundError

from mvtcase_readers.regular import UnreadableError

from .android_fs import COMMAND
from .messengers import LinkedMessages
from .sqlite_reader import DatabaseFile, expressions, open_database
from .times import isodate, plausible_ms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase_readers.sqlite import Database, Row

MOST_MESSAGES, MOST_TEXT = 2_000_000, 65_536
STORES = {
    "com.whatsapp": "databases/msgstore.db",
    "com.whatsapp.w4b": "databases/msgstore.db",
    "com.viber.voip": "databases/viber_messages",
}
_PLACES = ("", "data/", "user/*/", "data/data/", "data/user/*/", "*/data/data/", "*/data/user/*/")
_WHATSAPP = """
SELECT m._id, substr(m.text_data, 1, ?), m.timestamp, m.from_me, j.user FROM message m
LEFT JOIN chat c ON c._id = m.chat_row_id
LEFT JOIN jid j ON j._id = ifnull(nullif(m.sender_jid_row_id, 0), c.jid_row_id) ORDER BY m._id DESC LIMIT ?
"""
_WHATSAPP_BEFORE = """
SELECT _id, substr(data, 1, ?), timestamp, key_from_me, ifnull(nullif(remote_resource, ''), key_remote_jid)
FROM messages ORDER BY _id DESC LIMIT ?
"""


class AndroidMessengers(LinkedMessages):
    """Compares the links in messages, each with who wrote it and when."""

    slug = "messengers_android"
    supported_commands = (("android", COMMAND),)

    def run(self) -> None:
        """Read every store.

        Raises `DatabaseNotFoundError` where there is none, `DatabaseCorruptedError` where one could not be read.
        """
        self.results: list[dict[str, Any]] = []
        stores = list(_stores(Path(self.target_path)))
        failed = [said for app, path in stores if (said := self._read(app, path))]
        if failed:
            raise DatabaseCorruptedError("; ".join(failed))
        if not stores:
            raise DatabaseNotFoundError("no messages of WhatsApp or Viber are in this file system dump")

    def _read(self, app: str, path: Path) -> str:
        """Keep a store's messages, as far as they go; return why not all of them could be read."""
        try:
            self.results.extend(_messages(app, path, Path(self.target_path)))
        except UnreadableError as error:
            return f"{app}: {error.reason}"
        return ""


def _stores(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield each app's store of every Android user once: `data/data` and `data/user/0` may be one folder."""
    seen = set()
    for app, name in STORES.items():
        for path in (path for place in _PLACES for path in sorted(root.glob(f"{place}{app}/{name}"))):
            folders = (path, *path.parents[: len(path.relative_to(root).parts) - 1])
            if path.is_file() and not any(each.is_symlink() for each in folders):
                status = path.stat()
                if (status.st_dev, status.st_ino) not in seen:
                    seen.add((status.st_dev, status.st_ino))
                    yield app, path


def _messages(app: str, path: Path, root: Path) -> Iterator[dict[str, Any]]:
    with open_database(DatabaseFile(path=path)) as database:
        for row in _rows(app, database):
            yield _message(app, path.relative_to(root).as_posix(), row)
        if database.faults:
            raise UnreadableError(database.faults[0], damaged=True)


def _rows(app: str, database: Database) -> Iterator[Row]:
    if app == "com.viber.voip":
        return database.rows(_viber(database), MOST_TEXT, MOST_MESSAGES)
    if database.columns("message") is not None:
        database.require("message", "text_data", "timestamp", "from_me", "chat_row_id", "sender_jid_row_id")
        database.require("chat", "jid_row_id")
        database.require("jid", "user")
        return database.rows(_WHATSAPP, MOST_TEXT, MOST_MESSAGES)
    database.require("messages", "data", "timestamp", "key_from_me", "key_remote_jid", "remote_resource")
    return database.rows(_WHATSAPP_BEFORE, MOST_TEXT, MOST_MESSAGES)


def _viber(database: Database) -> str:
    """Return the query that fits the columns: a version's name for the moment, and who wrote where that is told."""
    columns = database.require("messages", "body", "send_type", "participant_id")
    (when,) = expressions(columns, "msg_date") if "msg_date" in columns else expressions(columns, "date")
    joined = database.columns("participants") is not None and database.columns("participants_info") is not None
    number = "i.number" if joined else "NULL"
    joins = (
        "LEFT JOIN participants p ON p._id = m.participant_id "
        "LEFT JOIN participants_info i ON i._id = p.participant_info_id"
        if joined
        else ""
    )
    select = f"SELECT m._id, substr(m.body, 1, ?), m.{when}, m.send_type, {number} FROM messages m {joins}"  # noqa: S608 - fixed names
    return f"{select} ORDER BY m._id DESC LIMIT ?"


def _message(app: str, file: str, row: Row) -> dict[str, Any]:
    number, text, when, sent, sender = row
    body = text if isinstance(text, str) else ""
    return {
        "app": app,
        "file": file,
        "id": number,
        "text": body,
        "links": list(dict.fromkeys(check_for_links(body))),
        "isodate": isodate(plausible_ms(when)),
        "direction": "sent" if sent == 1 else "received",
        "sender": sender if isinstance(sender, str) and sent != 1 else None,
    }
