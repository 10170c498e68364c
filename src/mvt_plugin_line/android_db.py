"""LINE of one Android user, read from `naver_line`, `e2ee`, `line_general_key_value` and `contact`.

Columns and meanings: `docs/line.md`. Keys (`pubkey`, `prikey`) and ciphertext (`chunks`) are never selected, and
SQLite is told to refuse them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase_readers.regular import UnreadableError

from .android_files import CONTACTS, MESSAGES, SEALING, SWITCH, Folder
from .ios_db import sealed_version
from .links import may_link
from .messages import NO_MID, ChatHead, Collector, Message, kind_of_mid, raw, text_of
from .records import Account, ChatKind, Gap, OwnKey, Platform
from .sqlite_reader import expressions, lacking, open_database
from .times import plausible_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    from mvtcase_readers.sqlite import Database, Row

MOST_MESSAGES = 1_000_000
MOST_ROWS = 200_000
_MOST_TEXT = 65_536
_TEXT = 0
"""Of `attachement_type`, whose numbers are those of iOS: 17 is a RICH message there."""
_UNDECRYPTED = 17
"""Of `type`: a message that could not be decrypted."""
_NO_MESSAGE = frozenset({13, 27, 28, 38})
"""Chat events and unsent messages."""
_GROUP_TYPE = 3

Peers = dict[str, tuple[bool, str | int | None]]
Keys = dict[str, list[OwnKey]]


def read_account(folder: Folder, is_domain: Callable[[str], bool]) -> Account:
    """Return everything read of one Android user's LINE; what could not be read is in its `gaps`, nothing is raised."""
    gaps: list[Gap] = []
    switch = _read_switch(folder, gaps)
    peers, keys = _read_sealing(folder, gaps)
    names = _read_contacts(folder, gaps)
    collector = Collector(is_domain=is_domain, heads={})
    complete = _read_messages(folder, (peers, keys), names, collector, gaps)
    own_mid, own = _own(keys, {*peers, *names, *collector.heads, *collector.senders})
    return Account(
        platform=Platform.ANDROID,
        label=folder.label,
        mid=own_mid,
        chats=collector.chats(),
        switch=switch,
        own_keys=own,
        own_keys_known=own_mid is not None,
        messages_complete=complete,
        links=tuple(collector.links),
        notices=tuple(collector.notices),
        gaps=(*gaps, *collector.gaps()),
        counts=tuple(sorted(collector.counts.items())),
        sources=tuple(str(name) for name in sorted(folder.files)),
    )


def _own(keys: Keys, others: set[str]) -> tuple[str | None, tuple[OwnKey, ...]]:
    """Return the account's id and keys: the one key owner that is no peer, contact or sender (an inference)."""
    owners = [mid for mid in keys if mid not in others]
    if len(owners) != 1:
        return None, ()
    return owners[0], tuple(sorted(keys[owners[0]], key=lambda key: (key.created_ms or 0, key.key_id or 0)))


def _read_switch(folder: Folder, gaps: list[Gap]) -> int | None:
    """Return `E2EE_ENABLE`: 1 or 0, None when it is absent, unreadable, or says two things."""
    try:
        with open_database(folder.database(SWITCH)) as database:
            database.require("key_value_int", "key", "value")
            rows = list(database.rows("SELECT value FROM key_value_int WHERE key = 'E2EE_ENABLE' LIMIT 10"))
            gaps.extend(Gap(source=SWITCH, reason=fault, damaged=True) for fault in database.faults)
            if database.faults:
                return None
    except UnreadableError as error:
        gaps.append(Gap(source=SWITCH, reason=error.reason, damaged=error.damaged))
        return None
    values = {str(value) for (value,) in rows}
    if values in ({"0"}, {"1"}):
        return int(values.pop())
    reason = "E2EE_ENABLE was never synchronised to this phone" if not values else "E2EE_ENABLE is neither 0 nor 1"
    gaps.append(Gap(source=SWITCH, reason=reason, rows=len(rows)))
    return None


def _read_sealing(folder: Folder, gaps: list[Gap]) -> tuple[Peers, Keys]:
    """Return the last state of each peer and every key row without its keys."""
    peers: Peers = {}
    keys: Keys = {}
    try:
        with open_database(folder.database(SEALING)) as database:
            odd = _peers(database, peers)
            _keys(database, keys)
            gaps.extend(Gap(source=SEALING, reason=fault, damaged=True) for fault in database.faults)
            if odd:
                gaps.append(Gap(source=SEALING, reason=f"{odd} peers of an unknown form", rows=odd))
    except UnreadableError as error:
        gaps.append(Gap(source=SEALING, reason=error.reason, damaged=error.damaged))
    return peers, keys


def _peers(database: Database, peers: Peers) -> int:
    columns = database.require("userinfo", "mid", "usable")
    (types,) = expressions(columns, "types", cut=200)
    odd = 0
    query = f"SELECT substr(mid, 1, 80), usable, {types} FROM userinfo LIMIT ?"  # noqa: S608 - fixed names
    for mid, usable, kinds in database.rows(query, MOST_ROWS):
        if isinstance(mid, str) and usable in (0, 1):
            peers[mid] = (usable == 1, kinds if isinstance(kinds, (str, int)) else None)
        else:
            odd += 1
    return odd


def _keys(database: Database, keys: Keys) -> None:
    columns = database.columns("keystore")
    if columns is None or not {"mid", "key_id", "created_time"} <= columns:
        return
    for mid, key_id, created in database.rows(
        "SELECT substr(mid, 1, 80), key_id, created_time FROM keystore LIMIT ?", MOST_ROWS
    ):
        if isinstance(mid, str):
            key = OwnKey(key_id=key_id if isinstance(key_id, int) else None, created_ms=plausible_ms(created))
            keys.setdefault(mid, []).append(key)


def _read_contacts(folder: Folder, gaps: list[Gap]) -> dict[str, str]:
    """Return the names of contacts from the newer `contact` database; it is optional, so its absence is no gap."""
    if CONTACTS not in folder.files:
        return {}
    try:
        with open_database(folder.database(CONTACTS)) as database:
            database.require("contacts", "mid", "profile_name")
            rows = database.rows(
                "SELECT substr(mid, 1, 80), substr(profile_name, 1, 400) FROM contacts LIMIT ?", MOST_ROWS
            )
            names = _names(rows)
            gaps.extend(Gap(source=CONTACTS, reason=fault, damaged=True) for fault in database.faults)
            return names
    except UnreadableError as error:
        gaps.append(Gap(source=CONTACTS, reason=error.reason, damaged=error.damaged))
        return {}


def _names(rows: object) -> dict[str, str]:
    return {mid: name for mid, name in rows if isinstance(mid, str) and isinstance(name, str)}  # type: ignore[attr-defined]


def _read_messages(
    folder: Folder, held: tuple[Peers, Keys], names: dict[str, str], collector: Collector, gaps: list[Gap]
) -> bool:
    """Read `naver_line` into the collector and return whether it was read to its end."""
    before = len(gaps)
    try:
        with open_database(folder.database(MESSAGES)) as database:
            names = {**_old_contacts(database), **names}
            collector.heads = _heads(database, held, names)
            _messages(database, names, collector, gaps)
            gaps.extend(Gap(source=MESSAGES, reason=fault, damaged=True) for fault in database.faults)
    except UnreadableError as error:
        gaps.append(Gap(source=MESSAGES, reason=error.reason, damaged=error.damaged))
        collector.heads = collector.heads or {mid: _head(mid, "", None, held) for mid in held[0]}
    return not any(gap.source == MESSAGES for gap in gaps[before:])


def _old_contacts(database: Database) -> dict[str, str]:
    columns = database.columns("contacts")
    if columns is None or not {"m_id", "server_name"} <= columns:
        return {}
    return _names(
        database.rows("SELECT substr(m_id, 1, 80), substr(server_name, 1, 400) FROM contacts LIMIT ?", MOST_ROWS)
    )


def _heads(database: Database, held: tuple[Peers, Keys], names: dict[str, str]) -> dict[str, ChatHead]:
    heads = {mid: _head(mid, names.get(mid, ""), None, held) for mid in held[0]}
    columns = database.columns("chat")
    if columns is None or "chat_id" not in columns:
        return heads
    (called,) = expressions(columns, "chat_name", cut=400)
    (kind,) = expressions(columns, "type")
    query = f"SELECT substr(chat_id, 1, 80), {called}, {kind} FROM chat LIMIT ?"  # noqa: S608 - fixed names
    for mid, name, chat_type in database.rows(query, MOST_ROWS):
        if isinstance(mid, str) and mid:
            known = name if isinstance(name, str) and name else names.get(mid, "")
            heads[mid] = _head(mid, known, chat_type, held)
    return heads


def _head(mid: str, name: str, chat_type: object, held: tuple[Peers, Keys]) -> ChatHead:
    peers, keys = held
    usable, types = peers.get(mid, (None, None))
    kind = ChatKind.GROUP if chat_type == _GROUP_TYPE and kind_of_mid(mid) is ChatKind.DIRECT else kind_of_mid(mid)
    return ChatHead(mid=mid, kind=kind, name=name, usable=usable, had_key=mid in keys, content_types=types)


def _messages(database: Database, names: dict[str, str], collector: Collector, gaps: list[Gap]) -> None:
    columns = database.require("chat_history")
    essential = lacking(columns, "chat_history", "chat_id", "created_time", "attachement_type")
    gaps.extend(Gap(source=MESSAGES, reason=reason, damaged=True) for reason in essential)
    optional = lacking(columns, "chat_history", "content", "parameter", "from_mid", "type")
    gaps.extend(Gap(source=f"{MESSAGES} columns", reason=reason) for reason in optional)
    # `substr` makes a text of a number, so numbers are taken whole.
    wanted = expressions(columns, "created_time", "attachement_type", "type")
    wanted += expressions(columns, "chat_id", "from_mid", cut=80)
    wanted.append("server_id IS NOT NULL" if "server_id" in columns else "1")
    wanted += expressions(columns, "content", "parameter", cut=_MOST_TEXT)
    query = f"SELECT {', '.join(wanted)} FROM chat_history ORDER BY rowid DESC LIMIT ?"  # noqa: S608 - fixed names
    knows_sender = "from_mid" in columns
    for read, row in enumerate(database.rows(query, MOST_MESSAGES + 1)):
        if read >= MOST_MESSAGES:
            gaps.append(Gap(source=MESSAGES, reason=f"only the newest {MOST_MESSAGES} messages were read"))
            break
        collector.add(_message(row, names, collector, knows_sender=knows_sender))


def _message(row: Row, names: dict[str, str], collector: Collector, *, knows_sender: bool) -> Message:
    """Return a row as a message."""
    at, attachment, kind, chat, stored_sender, accepted, content, parameter = row
    text, odd = text_of(content)
    sender, odd_sender = text_of(stored_sender)
    entries = parameters(parameter)
    _count_trouble(kind, entries, collector)
    content_type = attachment if isinstance(attachment, int) else 0
    known = chat if isinstance(chat, str) and chat else None
    return Message(
        chat=known or f"{NO_MID}{raw(chat)}",
        sender=sender or None,
        sender_name=names.get(sender, ""),
        outgoing=(not sender) if knows_sender else None,
        time=at,
        text=text,
        extra=tuple(value for value in (entries or {}).values() if may_link(value)),
        sealable=content_type == _TEXT and kind not in _NO_MESSAGE and (sender != "" or bool(accepted)),
        sealed=None if entries is None else sealed_version(entries.get("e2eeVersion")),
        left_out=kind == _UNDECRYPTED or (entries or {}).get("restored", "").lower() == "true",
        odd=odd or odd_sender or known is None or not isinstance(attachment, (int, type(None))),
    )


def _count_trouble(kind: object, entries: dict[str, str] | None, collector: Collector) -> None:
    """Count undecryptable messages and their reasons: many of them at once can go with a new key."""
    if kind != _UNDECRYPTED:
        return
    collector.counts["undecryptable_messages"] += 1
    for reason in ("IS_VERIFICATION_HMAC_FAILURE", "IS_UNREAD_AT_RESTORE_FROM_MESSAGE_BOX"):
        if reason in (entries or {}):
            collector.counts[f"undecryptable_{reason.lower()}"] += 1


def parameters(value: object) -> dict[str, str] | None:
    """Return a `parameter` text (key, tab, value, tab, …) as a dictionary; None when it is not of that form."""
    if value is None or value == "":
        return {}
    if not isinstance(value, str) or "\x00" in value:
        return None
    parts = value.split("\t")
    if parts[-1] == "" and len(parts) % 2:
        parts.pop()
    if len(parts) % 2:
        return None
    return dict(zip(parts[::2], parts[1::2], strict=True))
