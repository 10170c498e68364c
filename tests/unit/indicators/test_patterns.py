"""Patterns: the plain form read as the grammar reads it, the others split only where that changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mvtcase.indicators.patterns import (
    MAX_GRAMMAR_CHARS,
    Comparison,
    Unreadable,
    read_by_grammar,
    read_pattern,
    read_plain,
)

PLAIN = [
    "[domain-name:value='evil.example']",
    "[domain-name:value = 'evil.example']",
    "  [ domain-name:value\t=\n'evil.example' ]  ",
    "[file:hashes.'SHA-256' = 'ab']",
    "[file:hashes.SHA256 = 'ab']",
    "[url:value = 'http://evil.example/?a=b&c=d']",
    r"[process:name = 'it\'s']",
    r"[windows-registry-key:key = 'HKLM\\Evil']",
    "[file:name = '[x] AND y']",
    "[file:name = '']",
    "[app:cert.sha256='ab']",
    "[configuration-profile:id='A-1']",
    "[android-property:name='sys.evil']",
    "[file:name = 'a' OR file:name = 'b=c']",
    "[file:name='a'] OR [file:name='b'OR file:path = '/x']",
]


@pytest.mark.parametrize("pattern", PLAIN)
@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_plain_equals_grammar(pattern: str, version: str) -> None:
    """The quick way gives what the grammar gives."""
    plain = read_plain(pattern)
    assert plain is not None
    assert plain == read_by_grammar(pattern, version=version)


@settings(max_examples=300, deadline=None)
@given(
    left=st.sampled_from(["domain-name:value", "file:hashes.'SHA-256'", "file:name", "in:like", "x-y:and", "a:b.c"]),
    value=st.text(alphabet="ab'\\=\"[](). \t", max_size=12),
    space=st.sampled_from(["", " ", "  "]),
)
def test_plain_never_disagrees(left: str, value: str, space: str) -> None:
    """Whatever the quick way reads, the grammar reads the same."""
    pattern = f"[{space}{left}{space}={space}'{value}'{space}]"
    plain = read_plain(pattern)
    if plain is not None:
        assert plain == read_by_grammar(pattern)


@settings(max_examples=200, deadline=None)
@given(
    pieces=st.lists(
        st.sampled_from(
            ["[", "]", "(", " OR ", "OR", " AND ", "a:b='x'", "c:d.'E-F' = 'y=z'", r"g:h='it\'s OR a:b'", " "]
        ),
        max_size=9,
    )
)
def test_plain_chains_never_disagree(pieces: list[str]) -> None:
    """Chains of OR in any arrangement are read as the grammar reads them, or left to it."""
    pattern = "[a:b='x'" + "".join(pieces)
    plain = read_plain(pattern)
    if plain is not None:
        assert plain == read_by_grammar(pattern)


def test_long_chain() -> None:
    """An OR of thousands, on which the grammar's parser runs out of depth, is read."""
    pattern = "[" + " OR ".join(f"file:name = 'f{number}'" for number in range(5000)) + "]"
    assert len(read_pattern(pattern)) == 5000


@pytest.mark.parametrize(
    "pattern",
    [
        " " * 150_000 + "x",
        "[a:b=" + " " * 150_000 + "x",
        "[a:b='x'" + " " * 150_000 + "x",
        "a:b=x" + " " * 150_000 + "]x",
    ],
)
def test_spaces_cost_no_time(pattern: str) -> None:
    """Runs of spaces are read in linear time: a quadratic one would not end."""
    assert len(read_pattern(pattern)) == 1


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        ("[file:name = 'a' OR file:name = 'b=c']", ["a", "b=c"]),
        ("[file:name = 'a'] OR [file:name = 'b']", ["a", "b"]),
        ("[file:name IN ('a', 'b', 'c')]", ["a", "b", "c"]),
        ("[((file:name = 'a'))]", ["a"]),
        ('[file:name = "a"]', ["a"]),
        ("file:name = 'a'", ["a"]),
        ("[file:name = a]", ["a"]),
        ("[file:hashes.SHA-256 = 'a']", ["a"]),
        ("[process:name = 'C:\\x']", ["C:\\x"]),
    ],
)
def test_values(pattern: str, values: list[str]) -> None:
    """OR and IN are split, and forms outside the grammar that can mean one thing only are read."""
    parts = read_pattern(pattern)
    assert [part.value for part in parts if isinstance(part, Comparison)] == values
    assert len(parts) == len(values)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("[file:name = 'a' AND file:size = 5]", "AND"),
        ("[file:name = 'a'] AND [file:name = 'b']", "AND"),
        ("[file:name = 'a'] FOLLOWEDBY [file:name = 'b']", "FOLLOWEDBY"),
        ("[file:name LIKE 'a%']", "LIKE"),
        ("[file:name MATCHES '^a']", "MATCHES"),
        ("[file:name != 'a']", "NOT"),
        ("[file:name NOT = 'a']", "NOT"),
        ("[file:name NOT IN ('a')]", "NOT IN"),
        ("[file:size > 5]", "greater-or-less"),
        ("[ipv4-addr:value ISSUBSET '192.0.2.0/24']", "ISSUBSET"),
        ("[ipv4-addr:value ISSUPERSET '192.0.2.0/24']", "ISSUPERSET"),
        ("[EXISTS file:name]", "EXISTS"),
        ("[file:name = 'a'] WITHIN 5 SECONDS", "WITHIN"),
        ("[file:name = 'a'] REPEATS 2 TIMES", "REPEATS"),
        ("[file:name = 'a'] START t'2020-01-01T00:00:00Z' STOP t'2021-01-01T00:00:00Z'", "START"),
        ("[file:size = 5]", "no text"),
        ("[file:name = 'it's']", "not a STIX pattern"),
        ("", "not a STIX pattern"),
        ("nonsense", "not a STIX pattern"),
        ("[" * 5000, "not a STIX pattern"),
        ("[" + "(" * 4000 + "a:b='x'" + ")" * 4000 + "]", "nested"),
        ("[a:b LIKE '" + "x" * MAX_GRAMMAR_CHARS + "']", "longer"),
    ],
)
def test_unreadable(pattern: str, reason: str) -> None:
    """What asks for more than one value alone gives one reason and no value."""
    parts = read_pattern(pattern)
    assert len(parts) == 1
    assert isinstance(parts[0], Unreadable)
    assert reason in parts[0].reason


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_a_usable_branch_beside_an_unusable_one(version: str) -> None:
    """One branch of an OR is enough for the whole, so it is kept when another cannot be."""
    parts = read_pattern("[file:name = 'a' OR (file:name = 'b' AND file:size = 5)]", version=version)
    assert [type(part) for part in parts] == [Comparison, Unreadable]


def test_or_under_and_is_not_split() -> None:
    """An OR that is one side of an AND gives no value."""
    parts = read_pattern("[a:b = 'x'] AND ([a:b = 'y'] OR [a:b = 'z'])")
    assert [type(part) for part in parts] == [Unreadable]


def test_mixed_list() -> None:
    """The texts of a list are kept and what is no text is refused by itself."""
    parts = read_pattern("[a:b IN ('x', 5)]")
    assert [type(part) for part in parts] == [Comparison, Unreadable]
