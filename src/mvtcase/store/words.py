"""The index of words: every finding's title, indicator and context can be searched (FTS5, three letters and more).

Triggers of the file note each finding whose words the index does not hold as they are; a search brings it up to date
first, so that recording a scan costs nothing for it.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from mvtcase.errors import InputError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

INDEX = ("finding_number", "finding_text")
"""How the names of the tables begin that hold nothing but the index: no seal covers them."""
SHORTEST = 3
"""Letters of the shortest text that the index knows; shorter ones are looked for in its texts one by one."""
MAX_QUERY = 500
_WORDS = """
SELECT n.number, f.title, coalesce(f.indicator_value, '') AS value,
  coalesce((SELECT group_concat(atom, ' ') FROM json_tree(f.detail) WHERE type = 'text'), '') AS context
FROM finding_number n JOIN finding f ON f.id = n.finding
"""
_MATCHING = (
    "f.id IN (SELECT finding FROM finding_number WHERE number IN "
    "(SELECT rowid FROM finding_text WHERE finding_text MATCH ?))"
)
_HOLDING = (
    "f.id IN (SELECT finding FROM finding_number WHERE number IN (SELECT rowid FROM finding_text "
    "WHERE instr(lower(title || ' ' || value || ' ' || context), lower(?))))"
)
_OPERATORS = re.compile(r'["()]|\b(?:AND|OR|NOT|NEAR)\b')


def catch_up(connection: sqlite3.Connection) -> None:
    """Bring the index up to date with every finding that was added, changed or taken out since."""
    if not connection.execute("SELECT 1 FROM finding_number WHERE NOT indexed LIMIT 1").fetchone():
        return
    with _one_transaction(connection):
        connection.execute(
            "DELETE FROM finding_text WHERE rowid IN (SELECT number FROM finding_number WHERE NOT indexed)"
        )
        connection.execute(f"INSERT INTO finding_text (rowid, title, value, context) {_WORDS} WHERE NOT n.indexed")
        connection.execute("DELETE FROM finding_number WHERE NOT indexed AND finding NOT IN (SELECT id FROM finding)")
        connection.execute("UPDATE finding_number SET indexed = 1 WHERE NOT indexed")


def wipe(connection: sqlite3.Connection) -> None:
    """Bring the index up to date and write it anew, so that no word is left in it of findings that are gone."""
    catch_up(connection)
    connection.execute("INSERT INTO finding_text (finding_text) VALUES ('rebuild')")


@contextlib.contextmanager
def _one_transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Give a transaction of its own, or the one that is open."""
    own = not connection.in_transaction
    if own:
        connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if own:
            connection.execute("ROLLBACK")
        raise
    if own:
        connection.execute("COMMIT")


def differences(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield how the index differs from the findings: what it does not know is never found by a search."""
    (unknown,) = connection.execute(
        "SELECT count(*) FROM finding WHERE id NOT IN (SELECT finding FROM finding_number)"
    ).fetchone()
    if unknown:
        yield f"does not know {unknown} findings"
    (other,) = connection.execute(
        f"SELECT count(*) FROM ({_WORDS} WHERE n.indexed) w LEFT JOIN finding_text t ON t.rowid = w.number "  # noqa: S608
        "WHERE (w.title, w.value, w.context) IS NOT (t.title, t.value, t.context)"
    ).fetchone()
    if other:
        yield f"holds other words than {other} findings"
    try:
        connection.execute("INSERT INTO finding_text (finding_text) VALUES ('integrity-check')")
    except connection.DatabaseError as error:
        yield f"is damaged: {error}"


def matching(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the SQL condition on `f.id` that a search for a text is, with its values.

    Plain words must all occur; with quotes, brackets or the operators AND, OR, NOT it is a query of FTS5. Raises
    `InputError` where there is no text.
    """
    said = " ".join(text.split())[:MAX_QUERY]
    if not said:
        raise InputError("There is no text to look for.", hint="Give one word or more.")
    if _OPERATORS.search(said):
        return _MATCHING, (said,)
    longer = " ".join(f'"{word}"' for word in said.split() if len(word) >= SHORTEST)
    shorter = [word for word in said.split() if len(word) < SHORTEST]
    parts = [*([_MATCHING] if longer else []), *[_HOLDING] * len(shorter)]
    return " AND ".join(parts), (*([longer] if longer else []), *shorter)


def refused(error: sqlite3.OperationalError) -> InputError | None:
    """Return what is wrong with a search that FTS5 refused, None for any other error."""
    if not re.search(r"fts5|unterminated string|no such column|unknown special query", str(error)):
        return None
    return InputError(
        "The text to look for is no query: {error}.",
        hint='Plain words must all occur; else put "words that stand together" in quotes, joined by AND, OR, NOT.',
        error=error,
    )
