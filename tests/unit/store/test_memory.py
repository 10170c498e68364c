"""What a server remembers of a case is what the case holds, and is shared by those who ask."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from mvtcase.store.folder import Workspace
from mvtcase.store.memory import MAX_KEPT, Memory
from mvtcase.store.store import READ_ALONE, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give an open case that a server reads."""
    workspace = Workspace(tmp_path / "work")
    workspace.create()
    with Store.create(workspace.new_case_folder("one")) as made:
        with made.change("begun", actor="Ada"):
            pass
        made.memory = Memory()
        yield made


def test_it_holds_until_the_case_changes(store: Store) -> None:
    """The same thing is read once; after any event but that somebody read, it is read anew."""
    reads: list[str] = []

    def read() -> int:
        reads.append("read")
        return len(reads)

    assert [store.remembered("a", read), store.remembered("a", read)] == [1, 1]
    with store.change(READ_ALONE, actor="Ada"):
        pass
    assert store.remembered("a", read) == 1
    with store.change("finding.disposed", actor="Ada"):
        pass
    assert store.remembered("a", read) == 2
    assert store.remembered("b", read) == 3, "another thing is read for itself"


def test_a_call_without_a_server_reads_each_time(store: Store) -> None:
    """Nothing is remembered where nobody keeps it."""
    store.memory = None
    reads = iter(range(9))
    assert [store.remembered("a", lambda: next(reads)), store.remembered("a", lambda: next(reads))] == [0, 1]


def test_cases_are_kept_apart(store: Store, tmp_path: Path) -> None:
    """The same thing of another case is another thing, even where both cases stand at no event yet."""
    with Store.create(Workspace(tmp_path / "work").new_case_folder("two")) as other:
        other.memory = store.memory
        assert store.remembered("a", lambda: "one") == "one"
        assert other.remembered("a", lambda: "two") == "two"


def test_what_nobody_asks_for_is_forgotten(store: Store) -> None:
    """No more is kept than so many things, the newest."""
    for number in range(MAX_KEPT + 1):
        store.remembered(number, lambda: "first")
    assert store.remembered(0, lambda: "again") == "again"
    assert store.remembered(MAX_KEPT, lambda: "again") == "first"


def test_what_fails_is_not_remembered(store: Store) -> None:
    """A reading that ends in an error is done anew by the next who asks."""
    with pytest.raises(ZeroDivisionError):
        store.remembered("a", lambda: 1 // 0)
    assert store.remembered("a", lambda: "read") == "read"


def test_many_who_ask_at_once_wait_for_one_reading(store: Store) -> None:
    """Readers who all open one page cost one reading."""
    reads: list[int] = []
    answers: list[str] = []

    def read() -> str:
        reads.append(1)
        return "read"

    def ask() -> None:
        with Store.open(store.folder) as own:
            own.memory = store.memory
            answers.append(own.remembered("a", read))

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert answers == ["read"] * 20
    assert len(reads) == 1
