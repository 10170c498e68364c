"""What all tests share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from mvtcase.store import store

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator


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
