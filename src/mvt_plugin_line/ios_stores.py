"""LINE's smaller stores on an iPhone: pages opened in its own browser, searches, matched contacts, files of messages.

Tables and columns: the LEAPP module of 2026-09 and pa_script (`docs/line.md`). A store that is not there is no gap:
versions and habits decide whether LINE makes one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase_readers.regular import UnreadableError

from .links import find
from .messages import MOST_EXCERPT, MOST_KEPT, raw
from .records import Entry, EntryKind, Gap
from .sqlite_reader import expressions, open_database
from .times import cocoa_ms, plausible_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mvtcase_readers.sqlite import Database, Row

    from .ios_files import Folder

_TAG = 1 << 61
"""Added to some times of attachments; nobody says why."""
_MOST_TEXT = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class _Store:
    """One store: its table, the column of its time, the columns that are searched, and what a row of it is.

    `name` is the column of a file's name, `label` one that is shown and not searched: a page's title names what it is
    about. `source` is what to read from, where it is more than the table.
    """

    place: str
    kind: EntryKind
    table: str
    time: str
    texts: tuple[str, ...]
    name: str = "NULL"
    label: str = "NULL"
    source: str = ""


_VISITS = "ZBROWSERHISTORYPAGEEVENT"
_STORES = (
    _Store(
        place="Browser History/BrowserHistory.sqlite",
        kind=EntryKind.VISIT,
        table="ZBROWSERHISTORYPAGEMETADATA",
        time="ZVISITEDDATE",
        texts=("ZPAGEURL",),
        label="ZPAGETITLE",
        # A page without a visit is kept: the row of the visit may have been aged out.
        source=f"ZBROWSERHISTORYPAGEMETADATA AS page LEFT JOIN {_VISITS} AS visit ON visit.ZPAGEMETADATA = page.Z_PK",
    ),
    _Store(
        place="Search Data/SearchData.sqlite",
        kind=EntryKind.SEARCH,
        table="ZRECENTSEARCHKEYWORD",
        time="ZTIME",
        texts=("ZSEARCHKEYWORD",),
    ),
    _Store(
        place="Contacts Syncing/Contacts.sqlite",
        kind=EntryKind.CONTACT,
        table="ZMANAGEDCNCONTACT",
        time="ZCREATEDAT",
        texts=("ZNAME", "ZSORTABLENAME", "ZPHONENUMBER", "ZMID"),
    ),
    _Store(
        place="Messages/MessageAttachmentInfo.sqlite",
        kind=EntryKind.ATTACHMENT,
        table="ZMESSAGEATTACHMENTINFO",
        time="ZTIMESTAMP",
        texts=(),
        name="ZFILENAME",
    ),
)


def read_stores(folder: Folder, is_domain: Callable[[str], bool]) -> tuple[tuple[Entry, ...], tuple[Gap, ...]]:
    """Return what the smaller stores of an account hold that can be compared, and what could not be read of them."""
    entries: list[Entry] = []
    gaps: list[Gap] = []
    for store in _STORES:
        if store.place not in folder.files:
            continue
        try:
            with open_database(folder.database(store.place)) as database:
                entries.extend(_entries(database, store, is_domain))
                gaps.extend(Gap(source=store.place, reason=fault, damaged=True) for fault in database.faults)
        except UnreadableError as error:
            gaps.append(Gap(source=store.place, reason=error.reason, damaged=error.damaged))
    if len(entries) > MOST_KEPT:
        gaps.append(Gap(source="smaller stores", reason=f"only {MOST_KEPT} of {len(entries)} entries are kept"))
    return tuple(entries[:MOST_KEPT]), tuple(gaps)


def _entries(database: Database, store: _Store, is_domain: Callable[[str], bool]) -> Iterator[Entry]:
    columns = database.require(store.table)
    joined = database.columns(_VISITS) if store.source else frozenset()
    wanted = expressions(columns | (joined or frozenset()), store.time)
    wanted += expressions(columns, store.name, store.label, *store.texts, cut=_MOST_TEXT)
    source = store.source if joined else store.table
    if not columns & {each.lower() for each in (*store.texts, store.name)}:
        raise UnreadableError(f"table {store.table} has none of the columns known")
    query = f"SELECT {', '.join(wanted)} FROM {source} LIMIT ?"  # noqa: S608 - fixed names
    for row in database.rows(query, MOST_KEPT + 1):
        entry = _entry(row, store, is_domain)
        if entry is not None:
            yield entry


def _entry(row: Row, store: _Store, is_domain: Callable[[str], bool]) -> Entry | None:
    """Return a row as an entry, None where it holds nothing that an indicator can name."""
    at, (name, label, *texts) = row[0], (each if isinstance(each, str) else "" for each in row[1:])
    found = find("\n".join(texts), is_domain)
    if not found and not name:
        return None
    return Entry(
        kind=store.kind,
        at_ms=_moment(at, store.kind),
        raw_time=raw(at),
        text=" ".join(filter(None, (label, *texts)))[:MOST_EXCERPT],
        links=found.links,
        domains=found.domains,
        emails=found.emails,
        file_name=name[:MOST_EXCERPT],
    )


def _moment(value: object, kind: EntryKind) -> int | None:
    if kind is not EntryKind.ATTACHMENT:
        return cocoa_ms(value)
    tagged = isinstance(value, int) and value > _TAG
    return plausible_ms(value - _TAG if tagged and isinstance(value, int) else value)
