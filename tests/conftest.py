"""What all tests share."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from mvtcase.indicators import library
from mvtcase.indicators.files import read_set
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.store import migrations, store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


# Whoever runs the tests, they read English; a test of another language asks for it.
os.environ |= {"LC_ALL": "C.UTF-8", "MVTCASE_LANGUAGE": ""}

# No test measures time, and a loaded machine is no failure.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def no_waiting_for_the_disk() -> Iterator[None]:
    """Leave out the forcing of bytes to the disk: no test cuts the power, and it was two thirds of their time.

    A killed process loses nothing by it. Child processes force as ever.
    """
    connect = store._connect

    def connect_without_waiting(path: os.PathLike[str], key: bytes | None) -> sqlite3.Connection:
        connection = connect(path, key)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        patch.setattr(store, "_connect", connect_without_waiting)
        yield


@pytest.fixture(scope="session", autouse=True)
def sets_are_read_once() -> Iterator[None]:
    """Read each indicator file once: every test's workspace read the thousands of built-in values anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "read_set", functools.lru_cache(maxsize=64)(read_set))
        yield


@pytest.fixture(scope="session", autouse=True)
def new_cases_are_copied() -> Iterator[None]:
    """Take the steps to today's schema once, and copy the empty case for every test after that."""
    migrate = migrations.migrating
    empty: list[sqlite3.Connection] = []

    @contextlib.contextmanager
    def migrating(connection: sqlite3.Connection) -> Iterator[tuple[str, ...]]:
        is_new = type(connection) is sqlite3.Connection and not _tables(connection)
        if is_new and empty:
            empty[0].backup(connection)
            yield tuple(migrations.name_of(step) for step in migrations.STEPS)
            return
        with migrate(connection) as names:
            yield names
        if is_new:
            empty.append(sqlite3.connect(":memory:", check_same_thread=False))
            connection.backup(empty[0])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "migrating", migrating)
        yield
    for each in empty:
        each.close()


def _tables(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


@pytest.fixture(scope="session")
def phone_at(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Give a function that lays a healthy synthetic backup at a path: built once, copied after that."""
    home = tmp_path_factory.mktemp("phones")

    def lay(path: Path, **about: Any) -> Path:
        built = home / "-".join(f"{name}-{value}" for name, value in sorted(about.items()))
        if not built.exists():
            build_ios_backup(built, IosPhone(**about))
        return Path(shutil.copytree(built, path))

    return lay
