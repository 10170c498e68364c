"""Open a case, and change it: every change and its custody event stand or fall in one transaction."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from mvtcase.canon import StrEnum, canonical_json, new_uuid, person_key, ran_for, storable_text, timestamp, utc_now
from mvtcase.errors import (
    CaseDamagedError,
    CaseLockedError,
    CaseReadOnlyError,
    CaseTooNewError,
    ConflictError,
    NotFoundError,
    StoreError,
)
from mvtcase.store import custody, earlier, migrations, schema, words
from mvtcase.store.folder import CASE_FILE, CaseFolder
from mvtcase.store.view import copy_into, module_for, opened, unlock
from mvtcase.wording import do, say

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
    from types import TracebackType

    from typing_extensions import Self

    from mvtcase.canon import Clock
    from mvtcase.model import CustodyEvent, Json
    from mvtcase.store.memory import Memory, Thing

Written: TypeAlias = "Mapping[str, Sequence[str]]"
"""UUIDs of rows that were written, by table."""
_FEW_ROWS = 500
"""How many rows may have been written for what was known before to be mended."""
READ_ALONE = "person.read"
"""The event that says only that somebody read: the case behind it is as it was."""
LOCK_WAIT_SECONDS = 15.0
MOST_COMPLETED = 500
_MAX_STORED_INTEGER = (1 << 63) - 1
_PREFIXES = {
    "case_file": "C",
    "affected_group": "G",
    "official": "O",
    "consent": "K",
    "device": "D",
    "acquisition": "A",
    "indicator_set": "I",
    "scan": "S",
    "disposition": "V",
    "observation": "B",
    "note": "N",
    "report": "R",
    "examiner": "E",
    "allow_entry": "L",
    "tombstone": "T",
    "decision": "M",
    "handover": "H",
}
_PLACED = frozenset({"scan", "disposition", "observation"})
"""Tables whose order says what counts."""


class Change:
    """One transaction in the making: rows written here are named by the custody event `sequence` that ends it."""

    def __init__(self, connection: sqlite3.Connection, at: str, *, sequence: int) -> None:
        self.at = at
        self.sequence = sequence
        self.payload: dict[str, Json] = {}
        self._connection = connection
        self._written: list[tuple[str, str]] = []
        self._given: dict[str, int] = {}

    def new_id(self, table: str) -> str:
        """Return the next short human id of a table, such as `O-0007`; the same one until a row with it is written.

        What was destroyed keeps its id: nothing else is ever given it. Where the order of numbers says what came later,
        numbers go on from the highest that any laptop gave.
        """
        prefix = _PREFIXES[table]
        if table not in self._given:
            number = f"CAST(substr(id, {len(prefix) + 2}) AS INTEGER)"
            number = f"max({number}, coalesce(place, 0))" if table in _PLACED else number
            query = f"SELECT max({number}) FROM {table}"  # noqa: S608  # own names
            gone = "SELECT max(CAST(substr(ids ->> ?, ?) AS INTEGER)) FROM tombstone"
            (last,), (destroyed,) = (
                self._connection.execute(query).fetchone(),
                self._connection.execute(gone, (f"$.{table}", len(prefix) + 2)).fetchone(),
            )
            self._given[table] = max(last or 0, destroyed or 0)
        return f"{prefix}-{self._given[table] + 1:04d}"

    def insert(self, table: str, /, **columns: object) -> str:
        """Write a new row and return its UUID: a new one, unless `uuid` names that of a row from another laptop."""
        uuid = str(columns.get("uuid") or new_uuid())
        values = {"uuid": uuid, **{name: stored(value) for name, value in columns.items()}}
        for name in (name for name in values if (table, name) in schema.PACKED):
            values[name] = schema.packed(str(values[name]))
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        self._execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608  # own names
        self._written.append((table, uuid))
        if columns.get("id") == f"{_PREFIXES.get(table)}-{self._given.get(table, -1) + 1:04d}":
            self._given[table] += 1
        else:
            self._given.pop(table, None)
        return uuid

    def update(self, table: str, uuid: str, /, **columns: object) -> None:
        """Change columns of a row. Raises `NotFoundError` when it is not there."""
        values = {name: stored(value) for name, value in columns.items()}
        assignments = ", ".join(f"{name} = ?" for name in values)
        statement = f"UPDATE {table} SET {assignments} WHERE uuid = ?"  # noqa: S608  # own names
        earlier.keep(self._connection, self.sequence, table, (uuid,), values)
        if self._execute(statement, (*values.values(), uuid)).rowcount != 1:
            raise NotFoundError("There is no row {uuid} in {table}.", uuid=uuid, table=table)
        self._written.append((table, uuid))

    def delete(self, table: str, uuids: Sequence[str], *, for_good: bool = False) -> None:
        """Delete rows, whose guards were taken away; the event names each with a seal that says so.

        What is deleted for good is kept nowhere: the case cannot be read any more as it was before.
        """
        marks = "WHERE uuid IN (SELECT value FROM json_each(?))"
        if not for_good:
            earlier.keep(self._connection, self.sequence, table, uuids)
        self._execute(f"DELETE FROM {table} {marks}", (canonical_json(list(uuids)),))  # noqa: S608  # own names
        self._written += [(table, uuid) for uuid in uuids]

    def forget(self, uuids: Collection[str], names: Sequence[str] = ()) -> None:
        """Keep nothing of what rows said before this, nor whatever holds one of these texts: it has to go."""
        earlier.forget(self._connection, uuids, names)

    def _execute(self, statement: str, values: Sequence[object]) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)

    def written(self) -> list[custody.WrittenRow]:
        """Return the rows written so far, each once, with their present digests."""
        written = dict.fromkeys(self._written)
        by_table: dict[str, list[str]] = {}
        for table, uuid in written:
            by_table.setdefault(table, []).append(uuid)
        sealed = {table: custody.row_digests(self._connection, table, uuids) for table, uuids in by_table.items()}
        return [
            custody.WrittenRow(table=table, uuid=uuid, digest=sealed[table].get(uuid, custody.GONE))
            for table, uuid in written
        ]


def stored(value: object) -> object:
    """Return a value in the form SQLite keeps it: words as text, truth as 0 or 1, structures as canonical JSON.

    SQLite takes neither lone surrogates, which become visible escapes, nor integers past 64 bits, which become the
    largest there is; inside of a structure they stay as they are.
    """
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, int):
        return max(-_MAX_STORED_INTEGER, min(value, _MAX_STORED_INTEGER))
    if value is None or isinstance(value, bytes):
        return value
    return canonical_json(value)


class Store:
    """A case that is open; use it in a `with` block."""

    def __init__(self, folder: CaseFolder, connection: sqlite3.Connection, clock: Clock) -> None:
        self.folder = folder
        self.clock = clock
        self.connection = connection
        self.read_only = False
        self.memory: Memory | None = None
        self.chain: tuple[tuple[int, str], tuple[CustodyEvent, ...]] | None = None
        """What a server remembers of cases; a call that ends with its answer has none."""
        self._together = False

    @classmethod
    def create(cls, folder: CaseFolder, *, clock: Clock = utc_now) -> Self:
        """Return a new, empty case in a folder that holds none. Raises `StoreError` when it does."""
        folder.create()
        if folder.case_file.exists():
            raise StoreError("{case_file} exists already.", hint="Choose another slug.", case_file=folder.case_file)
        os.close(os.open(folder.case_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with _translated(folder):
            folder = opened(folder)
            store = cls(folder, _connect(folder.case_file, folder.key), clock)
            try:
                with migrations.migrating(store.connection):
                    pass
            except BaseException:
                store.close()
                raise
            return store

    @classmethod
    def open(cls, folder: CaseFolder, *, clock: Clock = utc_now) -> Self:
        """Return an existing case, migrated to this release; on a read-only medium a copy of it in memory.

        Raises `NotFoundError`, `CaseDamagedError`, `CaseTooNewError` or `CaseLockedError`.
        """
        if not folder.case_file.is_file():
            raise NotFoundError(
                "There is no {case_file} in {folder}.",
                hint=say("{0} shows the cases.", do("case list")),
                case_file=CASE_FILE,
                folder=folder.path,
            )
        with _translated(folder):
            folder = opened(folder)
            connect = _connect if folder.writable else _copied
            store = cls(folder, connect(folder.case_file, folder.key), clock)
            store.read_only = not folder.writable
            try:
                _refuse_unknown_steps(store.connection, folder)
                if not migrations.is_current(store.connection):
                    store._migrate()
            except BaseException:
                store.close()
                raise
            return store

    def _migrate(self) -> None:
        with migrations.migrating(self.connection) as steps:
            if steps and not self.read_only:
                custody.append(
                    self.connection,
                    at=timestamp(self.clock()),
                    actor="mvtcase",
                    action="case.migrated",
                    subject="",
                    payload={"steps": list(steps)},
                    rows=(),
                )

    @contextlib.contextmanager
    def change(self, action: str, *, actor: str, subject: str = "", **payload: Json) -> Iterator[Change]:
        """Give a `Change` to write rows with; on leaving, append the custody event and commit both, or neither.

        `subject` may be filled in later as `change.payload["subject"]`. Raises `CaseLockedError` when another process
        holds the case for longer than the wait, `StoreError` when a row breaks a rule of the schema.
        """
        if self.read_only:
            raise CaseReadOnlyError("The case {slug} is on a medium that cannot be written to.", slug=self.folder.slug)
        with contextlib.nullcontext() if self._together else self._transaction():
            connection = self.connection
            change = Change(connection, timestamp(self.clock()), sequence=custody.head(connection)[0] + 1)
            if ran := ran_for(self.clock):
                change.payload["clock"] = ran
            change.payload.update(payload)
            yield change
            subject = str(change.payload.pop("subject", subject))
            change.payload |= self._registered(actor)
            custody.append(
                connection,
                at=change.at,
                actor=storable_text(actor),
                action=action,
                subject=subject,
                payload=change.payload,
                rows=change.written(),
            )

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Let the changes made meanwhile stand or fall as one; each keeps a custody event of its own.

        What one of them raises undoes all.
        """
        with self._transaction():
            self._together = True
            try:
                yield
            finally:
                self._together = False

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with _translated(self.folder):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                _refuse_moved(self.folder)
                yield
                self.folder.flush()
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def _registered(self, actor: str) -> dict[str, Json]:
        """Return the id under which an actor is registered, where a register is kept."""
        query = "SELECT id FROM examiner WHERE person_key = ? AND active"
        row = self.connection.execute(query, (person_key(storable_text(actor)),)).fetchone()
        return {} if row is None else {"examiner_id": row["id"]}

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep everybody else from writing to the case; this store only reads meanwhile."""
        with _translated(self.folder):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                self.connection.execute("ROLLBACK")

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection inside one read transaction, so that several queries see the same state.

        Inside of a change that is the change's own: it sees what was written so far.
        """
        with _translated(self.folder):
            if self.connection.in_transaction:
                yield self.connection
                return
            self.connection.execute("BEGIN")
            try:
                yield self.connection
            finally:
                self.connection.execute("ROLLBACK")

    def rows(self, query: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        """Return the rows of a query of this floor; texts are looked for in the form in which they are kept."""
        kept = tuple(storable_text(each) if isinstance(each, str) else each for each in values)
        with _translated(self.folder):
            return list(self.connection.execute(query, kept))

    def add(self, statement: str, values: Sequence[object]) -> None:
        """Add to what stands beside the chain, such as a signature, which speaks for itself and is no event."""
        with _translated(self.folder):
            self.connection.execute(statement, values)

    def remembered(
        self,
        key: Hashable,
        read: Callable[[], Thing],
        renew: Callable[[Thing, Written], Thing | None] = lambda _thing, _written: None,
    ) -> Thing:
        """Return what `read` gives, or what it gave a server before the case changed; see `Memory`.

        `renew` gets what was known and the rows written since, and returns what holds now, None where it cannot tell.
        """
        if self.memory is None:
            return read()

        def renewed(known: Thing, state: str) -> Thing | None:
            written = self._written_since(state)
            return None if written is None else renew(known, written)

        return self.memory.of((self.folder.path, key), self._newest_change, read, renewed)

    def _written_since(self, event: str) -> Written | None:
        """Return the rows written since an event, by its digest; None where it is not here, or they are many."""
        known = self.rows("SELECT sequence FROM custody_event WHERE digest = ?", (event,))
        query = "SELECT DISTINCT table_name, row_uuid FROM custody_row WHERE sequence > ? LIMIT ?"
        rows = self.rows(query, (known[0]["sequence"], _FEW_ROWS + 1)) if known else []
        if not known or len(rows) > _FEW_ROWS:
            return None
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(row["table_name"], []).append(row["row_uuid"])
        return found

    def _newest_change(self) -> str:
        """Return the digest of the newest event that changed the case: all that came before it follows from it."""
        newest = "SELECT digest FROM custody_event WHERE action <> ? ORDER BY sequence DESC LIMIT 1"
        return "".join(row["digest"] for row in self.rows(newest, (READ_ALONE,)))

    def index_words(self) -> None:
        """Bring the index of words up to date, before a search."""
        with _translated(self.folder):
            words.catch_up(self.connection)

    def run_alone(self, *statements: str) -> None:
        """Run statements of this floor outside of any transaction, such as one that writes the whole file anew."""
        with _translated(self.folder):
            for each in statements:
                self.connection.execute(each)

    def copy_to(self, path: Path, key: bytes | None = None) -> None:
        """Write a consistent copy of the case file, for its owner alone, in clear or under a key of its own."""
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        if not self.folder.key and not key:
            self.rows("VACUUM INTO ?", (str(path),))
            return
        module = module_for(True)
        try:
            with contextlib.closing(module.connect(path, isolation_level=None)) as target:
                unlock(target, key)
                copy_into(target, self.folder.case_file, self.folder.key)
        except module.Error as error:
            raise StoreError(
                "The case {slug} could not be copied: {error}.", slug=self.folder.slug, error=error
            ) from error

    def verify(self) -> tuple[custody.Difference, ...]:
        """Return every difference between the chain and the stored rows."""
        with _translated(self.folder):
            return custody.verify(self.connection)

    def custody_head(self) -> str:
        """Return the digest of the newest custody event."""
        return custody.head(self.connection)[1]

    @contextlib.contextmanager
    def as_of(self, head: str) -> Iterator[Store]:
        """Give the case as it was at a head of its chain: a copy in memory, to read.

        Raises `ConflictError` where what it held was destroyed since, or was changed before releases kept that.
        """
        with _translated(self.folder), contextlib.closing(_in_memory(self.folder.key)) as memory:
            if self.folder.key:
                copy_into(memory, self.folder.case_file, self.folder.key)
            else:
                self.connection.backup(memory)
            known = memory.execute("SELECT sequence FROM custody_event WHERE digest = ?", (head,)).fetchone()
            differing = earlier.put_back(memory, known["sequence"]) if known else ()
            if not known or differing:
                raise ConflictError(
                    "The case cannot be read as it was then. Rows that were destroyed since, or changed by a release "
                    "that did not keep what they said: {n}.",
                    n=len(differing),
                )
            yield Store(self.folder, memory, self.clock)

    def close(self) -> None:
        """Close the case file, and destroy the view of a sealed case."""
        self.connection.close()
        self.folder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and not self.read_only:
                self.folder.flush()  # what was written after the last commit
        finally:
            self.close()


def glimpse(folder: CaseFolder, table: str, column: str, begun: str) -> list[str]:
    """Return values of a column that begin so, for a shell to complete: nothing is asked, migrated or written.

    A sealed case, and one that cannot be read so, gives none.
    """
    if folder.sealed:
        return []
    query = (
        f"SELECT DISTINCT {column} FROM {table} WHERE substr({column}, 1, length(?1)) = ?1 "  # noqa: S608  # own names
        f"ORDER BY length({column}), {column} LIMIT {MOST_COMPLETED}"
    )
    try:
        with contextlib.closing(sqlite3.connect(f"{folder.case_file.resolve().as_uri()}?mode=ro", uri=True)) as opened:
            return [str(value) for (value,) in opened.execute(query, (begun,))]
    except sqlite3.Error:
        return []


def _copied(path: Path, key: bytes | None) -> sqlite3.Connection:
    """Return a connection to a copy in memory: SQLite itself needs a place to write beside a file in WAL mode."""
    memory = _in_memory(key)
    with tempfile.TemporaryDirectory(prefix="mvtcase-") as private:
        for each in (path, path.with_name(f"{path.name}-wal")):
            if each.is_file():
                shutil.copyfile(each, Path(private) / each.name)
        if key is None:
            with contextlib.closing(sqlite3.connect(Path(private) / path.name)) as source:
                source.backup(memory)
        else:  # SQLCipher makes no backup from an encrypted file to one in clear
            copy_into(memory, Path(private) / path.name, key)
    memory.execute("PRAGMA foreign_keys = ON")
    return memory


def _in_memory(key: bytes | None) -> sqlite3.Connection:
    module = module_for(key)
    memory = schema.connect(module, ":memory:")
    memory.execute("PRAGMA trusted_schema = OFF")
    memory.row_factory = module.Row
    return memory


def _connect(path: os.PathLike[str], key: bytes | None) -> sqlite3.Connection:
    module = module_for(key)
    connection = schema.connect(module, path, timeout=LOCK_WAIT_SECONDS)
    try:
        unlock(connection, key)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    connection.row_factory = module.Row
    return connection


def _refuse_moved(folder: CaseFolder) -> None:
    """Raise `CaseLockedError` where the file of an open store is gone: what is written to it would be lost."""
    if not folder.case_file.exists():
        raise CaseLockedError("The case {slug} was sealed or opened meanwhile.", slug=folder.slug)


def _refuse_unknown_steps(connection: sqlite3.Connection, folder: CaseFolder) -> None:
    applied = migrations.applied(connection)
    if not applied:
        raise CaseDamagedError(
            "{case_file} is a SQLite file but no case.", hint="Restore it from a backup.", case_file=folder.case_file
        )
    if applied - {migrations.name_of(step) for step in migrations.STEPS}:
        raise CaseTooNewError("A later release of mvtcase wrote {case_file}.", case_file=folder.case_file)


@contextlib.contextmanager
def _translated(folder: CaseFolder) -> Iterator[None]:
    """Turn SQLite's errors into ours."""
    sqlite = module_for(folder.sealed)
    try:
        yield
    except sqlite.IntegrityError as error:
        raise StoreError("The case refused a row: {error}.", error=error) from error
    except sqlite.OperationalError as error:
        if re.search(r"locked|busy", str(error)):
            raise CaseLockedError("Another process is writing to the case {slug}.", slug=folder.slug) from error
        if refused := words.refused(error):
            raise refused from None
        raise StoreError(
            "The case {slug} could not be read or written: {error}.", slug=folder.slug, error=error
        ) from error
    except sqlite.DatabaseError as error:
        raise CaseDamagedError(
            "{case_file} is damaged: {error}.",
            hint="Keep the file as it is and restore a backup beside it.",
            case_file=folder.case_file,
            error=error,
        ) from error
