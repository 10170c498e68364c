"""The indexes against the plain walks they stand for."""

from __future__ import annotations

import ahocorasick
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mvtcase.engine.worker.match.lookup import (
    Column,
    ContainerIndex,
    IndicatorIndex,
    PrefixIndex,
    TextIndex,
    first_positions,
    last_positions,
)

SHORT = st.text(alphabet="ab.", max_size=5)
LONG = st.text(alphabet="ab", max_size=40)
MANY = settings(max_examples=300, deadline=None, database=None)


def containers(values: list[str]) -> tuple[ContainerIndex, ContainerIndex]:
    """Return the index as it works for few values and as it works for many."""
    few, many = ContainerIndex(values), ContainerIndex(values)
    few._small, many._small = True, False
    return few, many


def test_first_positions_keep_the_lowest_and_last_positions_the_highest() -> None:
    """A key that stands twice has its first place in one map and its last in the other."""
    assert first_positions(["a", "b", "a"]) == {"a": 0, "b": 1}
    assert last_positions(["a", "b", "a"]) == {"a": 2, "b": 1}
    assert first_positions([]) == last_positions([]) == {}


def test_column_knows_which_list_a_position_comes_from() -> None:
    """Empty lists between the others do not shift the owners."""
    column = Column([(), ("a", "b"), (), (), ("c",), ()])
    assert column.values == ["a", "b", "c"]
    assert [column.owner(position) for position in range(3)] == [1, 1, 4]


@MANY
@given(values=st.lists(SHORT, max_size=12), text=st.text(alphabet="ab.", max_size=8))
def test_prefix_index_finds_the_earliest_prefix(values: list[str], text: str) -> None:
    """The position is that of the first value the text starts with, as a walk over all of them finds it."""
    walk = next((position for position, value in enumerate(values) if text.startswith(value)), None)
    assert PrefixIndex(values).find(text) == walk


@MANY
@given(values=st.lists(LONG, max_size=12), data=st.data())
def test_container_index_finds_the_earliest_container(values: list[str], data: st.DataObject) -> None:
    """The position is that of the first value containing the text, whether short, long or cut out of a value."""
    text = data.draw(st.text(alphabet="ab\n", min_size=1, max_size=20), label="any text")
    questions = [text]
    if values:
        whole = data.draw(st.sampled_from(values), label="held")
        start = data.draw(st.integers(min_value=0, max_value=len(whole)), label="start")
        questions += [cut for cut in (whole, whole[start:], whole[:start], whole[start : start + 16]) if cut]
    for asked in questions:
        walk = next((position for position, value in enumerate(values) if asked in value), None)
        assert all(index.find(asked) == walk for index in containers(values)), asked


def test_container_index_answers_with_the_earliest_of_several_alignments() -> None:
    """Of two values that hold the text at different offsets the earlier one is the answer, in either order."""
    text = "0123456789abcdef"
    for values in (["x" + text, "xxx" + text, text], [text, "xx" + text], ["xxxxx" + text + "y", text]):
        assert [index.find(text) for index in containers(["no", *values])] == [1, 1]


@MANY
@given(words=st.lists(st.text(alphabet="abA.", max_size=9), max_size=12), text=st.text(alphabet="abA.", max_size=24))
def test_text_index_finds_what_the_automaton_meets_first(words: list[str], text: str) -> None:
    """The position is that of the first word an Aho-Corasick automaton yields whose lower-case form is in the text."""
    positions = last_positions(words)
    automaton = ahocorasick.Automaton()
    for word, position in positions.items():
        automaton.add_word(word, position)
    automaton.make_automaton()
    met = automaton.iter(text) if len(automaton) else ()
    expected = next((position for _, position in met if words[position].lower() in text), None)
    assert TextIndex(positions).find(text) == expected


def test_index_reads_every_type_and_builds_each_once() -> None:
    """Types that a collection lacks are empty, and an index asked for twice is the same object."""
    index = IndicatorIndex([{"emails": ["A@b.example"]}, {"app_ids": ["Com.Example"], "emails": ["a@B.example"]}])
    assert index.emails == {"a@b.example": 0}
    assert index.app_ids == {"com.example": 0}
    assert index.domains == index.urls == index.processes == {}
    assert index.emails is index.emails
    assert index.column("emails").owner(1) == 1


@pytest.mark.parametrize(
    ("names", "expected"),
    [(["a" * 15], {}), (["a" * 16], {"a" * 16: 0}), (["b", "a" * 17, "a" * 16], {"a" * 16: 1})],
)
def test_truncated_names_are_those_with_sixteen_characters(names: list[str], expected: dict[str, int]) -> None:
    """Only names of sixteen characters or more can have been cut to sixteen, and the first of them counts."""
    assert IndicatorIndex([{"processes": names}]).truncated_processes == expected


def test_prefix_index_survives_deep_nesting() -> None:
    """Thousands of values that are prefixes of each other need no recursion."""
    values = ["a" * length for length in range(3000, 0, -1)]
    assert PrefixIndex(values).find("a" * 4000) == 0
    assert PrefixIndex(values).find("b") is None
