"""The steps that bring a case file to this release's schema; released steps are never edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils import Migrations

from mvtcase.store import schema, views

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("mvtcase")


@migrations()
def m001_create_case(db: Database) -> None:
    """Create tables, indexes, triggers and views."""
    for statement in (*schema.TABLES, *schema.INDEXES, *schema.triggers(), *views.VIEWS):
        db.execute(statement.strip())


def known_names() -> frozenset[str]:
    """Return the names of all steps this release knows."""
    return frozenset(step.name for step in migrations._migrations)  # noqa: SLF001  # the library offers no public list
