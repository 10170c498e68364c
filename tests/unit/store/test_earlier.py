"""The case as it was at a head of its chain: put back from what was kept, and held to the seals of then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mvtcase.errors import ConflictError
from mvtcase.store import queries

if TYPE_CHECKING:
    from mvtcase.store.store import Store


@pytest.fixture
def renamed(small_case: Store) -> tuple[str, Store]:
    """Give a head of a case, and the case after its official was renamed twice and another one added."""
    head = small_case.custody_head()
    (one,) = queries.officials(small_case)
    for name in ("Bo Fernvale", "Cy Fernvale"):
        with small_case.change("official.changed", actor="Ada", subject=one.id) as change:
            change.update("official", one.uuid, name=name)
    with small_case.change("official.added", actor="Ada") as change:
        change.insert("official", id="O-0002", pseudonym="P-2", publication="role", roster="invited")
    return head, small_case


def test_a_case_is_read_as_it_was_at_a_head(renamed: tuple[str, Store]) -> None:
    """Rows say what they said, later ones are not there, and the case itself is as it was."""
    head, store = renamed
    with store.as_of(head) as then:
        assert [one.name for one in queries.officials(then)] == ["Aldith Fernvale"]
        assert then.custody_head() == head
        assert [each.digest for each in queries.custody_events(then)][-1] == head
    assert [one.name for one in queries.officials(store)] == ["Cy Fernvale", ""]
    assert not store.verify()


@pytest.mark.parametrize("forged", ['{"name":"Eve"}', '{"uuid; DROP TABLE official":"x"}', "{}"])
def test_what_was_kept_and_altered_is_refused(renamed: tuple[str, Store], forged: str) -> None:
    """The seals of then decide what a row said, and what is kept names no column that is not ours."""
    head, store = renamed
    with pytest.raises(Exception, match="append-only"):
        store.add("UPDATE custody_before SET was = ?", (forged,))
    store.run_alone("DROP TRIGGER custody_before_no_update")
    store.add("UPDATE custody_before SET was = ?", (forged,))
    with pytest.raises(ConflictError, match="as it was then"), store.as_of(head):
        pass


def test_a_head_of_another_chain_is_refused(small_case: Store) -> None:
    """There is nothing to put back to."""
    with pytest.raises(ConflictError), small_case.as_of("f" * 64):
        pass
