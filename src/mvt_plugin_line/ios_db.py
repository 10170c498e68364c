"""One LINE account of an iPhone, read from `Line.sqlite` and `E2EEData.sqlite` (Core Data databases).

Columns and meanings: `docs/line.md`. Every end-to-end encryption column is optional, and no source shows where iOS
keeps `e2eeVersion`: it is looked for in each message's metadata, and its absence alone tells nothing.
"""

from __future__ import annotations

import plistlib
import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.trees import parse_plist

from .ios_files import MESSAGES, SEALING, Folder, Listed, readable_preferences
from .ios_stores import read_stores
from .links import may_link
from .messages import NO_MID, ChatHead, Collector, Message, kind_of_mid, raw, text_of
from .records import Account, ChatKind, Gap, OwnKey, Platform
from .sqlite_reader import expressions, lacking, open_database

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mvtcase_readers.sqlite import Database, Row

MOST_MESSAGES = 1_000_000
"""Newest message rows read of one account; more is a gap."""
MOST_CHATS = 200_000
_MOST_TEXT = 65_536
_TEXT = 0
"""The content type that tells: a place may be shared from another service, pictures are sealed another way."""
_MIGRATED = 106
"""Empty placeholders that a migration leaves (rule R8). 17 is a RICH message here; Android's column `type` differs."""
_KIND = {0: ChatKind.DIRECT, 1: ChatKind.GROUP, 2: ChatKind.GROUP, 4: ChatKind.NEVER_SEALED, 100: ChatKind.NEVER_SEALED}
_MID_BYTES = 17
Held = dict[str, tuple[bool, int | str | None]]
"""By chat: whether LINE holds a current sealing key, and the content types as stored."""
_SEAL_WORDS = re.compile("e2ee|seal|encrypt", re.IGNORECASE)
_KNOWN_PREFERENCES = frozenset({"migrationDate", "LineAccountType"})


def read_account(folder: Folder, preferences: tuple[Listed, ...], is_domain: Callable[[str], bool]) -> Account:
    """Return everything read of one account; what could not be read is in its `gaps`, nothing is raised."""
    gaps: list[Gap] = [
        Gap(source=copy, reason="a second copy, not read: the first domain wins") for copy in folder.copies
    ]
    usable, keys = _read_sealing(folder, gaps)
    collector = Collector(is_domain=is_domain, heads={})
    complete = _read_messages(folder, usable, collector, gaps)
    facts = _read_preferences(preferences, gaps)
    entries, unread = read_stores(folder, is_domain)
    # Stored times of own keys were 0 on every phone a source describes, so no time is taken from them.
    return Account(
        platform=Platform.IOS,
        label=f"ios-P_{folder.mid[:6]}…",
        mid=folder.known_mid,
        chats=collector.chats(),
        own_keys=keys,
        messages_complete=complete,
        links=tuple(collector.links),
        entries=entries,
        notices=tuple(collector.notices),
        gaps=(*gaps, *unread, *collector.gaps()),
        counts=tuple(sorted(collector.counts.items())),
        preferences=facts,
        # Without the folder's name, which is the account's id.
        sources=tuple(f"{listed.domain}: {name}" for name, listed in folder.files.items() if listed.path),
    )


def _read_messages(folder: Folder, usable: Held, collector: Collector, gaps: list[Gap]) -> bool:
    """Read `Line.sqlite` into the collector and return whether it was read to its end."""
    before = len(gaps)
    try:
        with open_database(folder.database(f"Messages/{MESSAGES}")) as database:
            chats, collector.heads = _chats(database, usable, gaps)
            _messages(database, chats, _users(database, gaps), collector, gaps)
            gaps.extend(Gap(source=MESSAGES, reason=fault, damaged=True) for fault in database.faults)
    except UnreadableError as error:
        gaps.append(Gap(source=MESSAGES, reason=error.reason, damaged=error.damaged))
    return not any(gap.source == MESSAGES for gap in gaps[before:])


def _chats(database: Database, usable: Held, gaps: list[Gap]) -> tuple[dict[int, str], dict[str, ChatHead]]:
    """Return the chats' ids by row key and their heads; without the table messages are still searched for links."""
    by_key: dict[int, str] = {}
    heads: dict[str, ChatHead] = {}
    try:
        columns = database.require("ZCHAT", "Z_PK", "ZMID")
    except UnreadableError as error:
        gaps.append(Gap(source=MESSAGES, reason=error.reason, damaged=error.damaged))
        return by_key, heads
    (kind,) = expressions(columns, "ZTYPE")
    query = f"SELECT Z_PK, substr(ZMID, 1, 80), {kind} FROM ZCHAT LIMIT ?"  # noqa: S608 - fixed names
    for key, mid, stored in database.rows(query, MOST_CHATS):
        if isinstance(key, int) and isinstance(mid, str) and mid:
            held, types = usable.get(mid, (None, None))
            by_key[key] = mid
            heads[mid] = ChatHead(
                mid=mid, kind=_kind(mid, stored), usable=held, had_key=held is not None, content_types=types
            )
    return by_key, heads


def _kind(mid: str, stored: object) -> ChatKind:
    """Return a chat's kind by its stored type, by its id where none is stored."""
    known = _KIND.get(stored, ChatKind.UNKNOWN) if isinstance(stored, int) else ChatKind.DIRECT
    return kind_of_mid(mid) if known is ChatKind.DIRECT else known


def _users(database: Database, gaps: list[Gap]) -> dict[int, tuple[str, str]]:
    """Return the senders' ids and names by their row key; a missing table costs the names alone."""
    try:
        columns = database.require("ZUSER", "Z_PK", "ZMID")
    except UnreadableError as error:
        gaps.append(Gap(source=f"{MESSAGES} senders", reason=error.reason, damaged=error.damaged))
        return {}
    (name,) = expressions(columns, "ZNAME", cut=400)
    rows = database.rows(f"SELECT Z_PK, substr(ZMID, 1, 80), {name} FROM ZUSER LIMIT ?", MOST_CHATS)  # noqa: S608 - fixed
    return {key: (_string(mid), _string(called)) for key, mid, called in rows if isinstance(key, int)}


def _messages(
    database: Database,
    chats: Mapping[int, str],
    users: Mapping[int, tuple[str, str]],
    collector: Collector,
    gaps: list[Gap],
) -> None:
    columns = database.require("ZMESSAGE")
    essential = lacking(columns, "ZMESSAGE", "ZCHAT", "ZTIMESTAMP", "ZCONTENTTYPE")
    gaps.extend(Gap(source=MESSAGES, reason=reason, damaged=True) for reason in essential)
    optional = lacking(columns, "ZMESSAGE", "ZTEXT", "ZCONTENTMETADATA", "ZSENDER")
    gaps.extend(Gap(source=f"{MESSAGES} columns", reason=reason) for reason in optional)
    wanted = expressions(columns, "ZCHAT", "ZTIMESTAMP", "ZCONTENTTYPE", "ZSENDER", "ZSENDSTATUS")
    wanted += expressions(columns, "ZTEXT", "ZCONTENTMETADATA", cut=_MOST_TEXT)
    query = f"SELECT {', '.join(wanted)} FROM ZMESSAGE ORDER BY rowid DESC LIMIT ?"  # noqa: S608 - fixed names
    has_metadata = "zcontentmetadata" in columns
    for read, row in enumerate(database.rows(query, MOST_MESSAGES + 1)):
        if read >= MOST_MESSAGES:
            gaps.append(Gap(source=MESSAGES, reason=f"only the newest {MOST_MESSAGES} messages were read"))
            break
        collector.add(_message(row, chats, users, has_metadata=has_metadata))


def _message(
    row: Row, chats: Mapping[int, str], users: Mapping[int, tuple[str, str]], *, has_metadata: bool
) -> Message:
    """Return a row as a message; a sender's row key without a user row stays unnamed."""
    chat_key, at, content_type, sender_key, status, stored, blob = row
    text, odd = text_of(stored)
    sender, name = users.get(sender_key, ("", "")) if isinstance(sender_key, int) else ("", "")
    outgoing = None if sender_key is None and status != 1 else sender_key is None
    version, restored, values = _metadata(blob) if has_metadata else (None, False, ())
    known = chats.get(chat_key) if isinstance(chat_key, int) else None
    return Message(
        chat=known or f"{NO_MID}{raw(chat_key)}",
        sender=sender or None,
        sender_name=name,
        outgoing=outgoing,
        time=at,
        text=text,
        extra=values,
        sealable=content_type == _TEXT and outgoing is not None,
        sealed=version,
        left_out=content_type == _MIGRATED or restored,
        odd=odd or not isinstance(content_type, int) or not isinstance(chat_key, int),
    )


def _metadata(blob: object) -> tuple[bool | None, bool, tuple[str, ...]]:
    """Return whether a row's metadata says sealed (None: unreadable), whether it was restored, and its links."""
    if blob is None or blob == b"":
        return False, False, ()
    if not isinstance(blob, bytes):
        return None, False, ()
    return _parsed_metadata(blob)


@lru_cache(maxsize=4096)
def _parsed_metadata(blob: bytes) -> tuple[bool | None, bool, tuple[str, ...]]:
    entries = metadata_entries(blob)
    if entries is None:
        return None, False, ()
    links = tuple(value for value in entries.values() if may_link(value))
    restored = entries.get("restored", "").lower() == "true"
    return sealed_version(entries.get("e2eeVersion")), restored, links


def sealed_version(value: str | None) -> bool | None:
    """Return what a stored `e2eeVersion` says: True for 1 and 2, False where absent, None for anything else."""
    if value is None:
        return False
    return True if value in {"1", "2"} else None


def metadata_entries(blob: bytes) -> dict[str, str] | None:
    """Return the texts of a metadata property list, keyed archive or flat; None when it is neither."""
    content = _property_list(blob)
    if not isinstance(content, dict):
        return None
    objects = content.get("$objects")
    return _flat(content) if objects is None else _archived(objects)


def _property_list(blob: bytes) -> object:
    """Return a property list's content, None where the bytes are none."""
    try:
        return parse_plist(blob)
    except UnreadableError:
        return None


def _flat(content: dict[object, object]) -> dict[str, str]:
    return {str(key): str(value) for key, value in content.items() if isinstance(value, (str, int))}


def _archived(objects: object) -> dict[str, str] | None:
    """Return the dictionary that a keyed archive holds at `$objects[1]`."""
    if not isinstance(objects, list) or len(objects) < 2:  # noqa: PLR2004 - the root is the second object
        return None
    root = objects[1]
    if not isinstance(root, dict):
        return None
    keys, values = root.get("NS.keys"), root.get("NS.objects")
    if not isinstance(keys, list) or not isinstance(values, list):
        return None
    pairs = [(_object(objects, key), _object(objects, value)) for key, value in zip(keys, values, strict=False)]
    return {str(key): str(value) for key, value in pairs if isinstance(key, str) and isinstance(value, (str, int))}


def _object(objects: list[object], reference: object) -> object:
    if isinstance(reference, plistlib.UID):
        return objects[reference.data] if reference.data < len(objects) else None
    return reference


def _read_sealing(folder: Folder, gaps: list[Gap]) -> tuple[Held, tuple[OwnKey, ...]]:
    """Return, by chat, whether LINE holds a current sealing key, and the account's own key rows (never the keys)."""
    usable: Held = {}
    keys: list[OwnKey] = []
    odd: Counter[str] = Counter()
    try:
        with open_database(folder.database(f"Messages/{SEALING}")) as database:
            database.require("ZE2EECHAT", "ZMIDDATA", "ZCURRENTKEYID")
            for middata, key_id, types in _sealing_rows(database):
                mid = mid_of(middata)
                if mid is None or not isinstance(key_id, (int, type(None))):
                    odd["rows"] += 1
                    continue
                usable[mid] = (bool(key_id and key_id > 0), types if isinstance(types, (int, str)) else None)
            keys.extend(_own_keys(database, folder.mid))
            gaps.extend(Gap(source=SEALING, reason=fault, damaged=True) for fault in database.faults)
    except UnreadableError as error:
        gaps.append(Gap(source=SEALING, reason=error.reason, damaged=error.damaged))
    if odd["rows"]:
        gaps.append(Gap(source=SEALING, reason=f"{odd['rows']} chat rows of an unknown form", rows=odd["rows"]))
    return usable, tuple(keys)


def _sealing_rows(database: Database) -> list[Row]:
    columns = database.columns("ZE2EECHAT") or frozenset()
    (types,) = expressions(columns, "ZCONTENTTYPES")
    return list(
        database.rows(f"SELECT substr(ZMIDDATA, 1, 64), ZCURRENTKEYID, {types} FROM ZE2EECHAT LIMIT ?", MOST_CHATS)  # noqa: S608 - fixed
    )


def _own_keys(database: Database, own_mid: str) -> list[OwnKey]:
    columns = database.columns("ZE2EEKEY")
    if columns is None or not {"zmiddata", "zkeyid"} <= columns:
        return []
    rows = database.rows("SELECT substr(ZMIDDATA, 1, 64), ZKEYID FROM ZE2EEKEY LIMIT ?", MOST_CHATS)
    return [
        OwnKey(key_id=key_id, created_ms=None)
        for middata, key_id in rows
        if mid_of(middata) == own_mid and isinstance(key_id, int)
    ]


def mid_of(middata: object) -> str | None:
    """Return the id a `ZMIDDATA` value stands for: a type byte (0 is `u`, others were not seen) and 16 bytes."""
    if not isinstance(middata, bytes) or len(middata) != _MID_BYTES:
        return None
    prefix = "u" if middata[0] == 0 else f"type{middata[0]}-"
    return prefix + middata[1:].hex()


def _read_preferences(preferences: tuple[Listed, ...], gaps: list[Gap]) -> tuple[tuple[str, str], ...]:
    """Return preference values whose key speaks of sealing or of a migration, as raw facts."""
    found: dict[str, str] = {}
    for listed in preferences:
        try:
            content = _property_list(readable_preferences(listed))
        except UnreadableError as error:
            gaps.append(Gap(source=listed.relative_path, reason=error.reason))
            continue
        if not isinstance(content, dict):
            gaps.append(Gap(source=listed.relative_path, reason="no readable property list"))
            continue
        found.update(_telling(content))
    return tuple(sorted(found.items()))


def _telling(content: dict[object, object]) -> dict[str, str]:
    return {
        str(key)[:200]: str(value)[:200]
        for key, value in content.items()
        if (_SEAL_WORDS.search(str(key)[:200]) or key in _KNOWN_PREFERENCES)
        and not isinstance(value, (dict, list, bytes))
    }


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
