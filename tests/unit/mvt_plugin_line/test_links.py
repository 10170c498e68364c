"""Links, bare domains and e-mail addresses in texts."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvt_plugin_line.checks import is_domain, is_shortened
from mvt_plugin_line.links import MOST_CANDIDATES, MOST_LINKS, find, plain


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://a.example.com/x?y=1#z now", ("https://a.example.com/x?y=1#z",)),
        ("(http://a.example.com).", ("http://a.example.com",)),
        ("HTTPS://A.example.com", ("HTTPS://A.example.com",)),
        ("看https://a.example.com/x謝謝", ("https://a.example.com/x", "https://a.example.com/x謝謝")),
        ("https://a.example.com謝謝", ("https://a.example.com", "https://a.example.com謝謝")),
        ("https://例子.example.com/", ("https://例子.example.com/",)),
        ("no link here", ()),
    ],
)
def test_links_are_found_with_and_without_spaces(text: str, links: tuple[str, ...]) -> None:
    """A link in text without spaces is given up to the first foreign character, and as MVT would cut it."""
    assert find(text, is_domain).links == links


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        ("visit evil.example.com today", ("evil.example.com",)),
        ("請看evil.example.com謝謝", ("evil.example.com",)),
        ("evil.example.com/path?x=1, ok", ("evil.example.com/path?x=1",)),
        ("version 1.2.3 and file.nosuchending", ()),
        ("someone@example.org", ()),
        ("https://a.example.com", ()),
        ("end.of sentence", ()),
    ],
)
def test_bare_domains_count_when_their_ending_is_public(text: str, domains: tuple[str, ...]) -> None:
    """A domain without http is found when MVT's URL class accepts it, and not inside a link or an address."""
    assert find(text, is_domain).domains == domains


def test_addresses_are_found() -> None:
    """An e-mail address is found once."""
    assert find("to: a.b+c@example.org, a.b+c@example.org", is_domain).emails == ("a.b+c@example.org",)


def test_a_message_full_of_links_is_bounded() -> None:
    """Thousands of links in one message leave a bounded number."""
    text = " ".join(f"https://h{number}.example.com/" for number in range(5_000))
    found = find(text, is_domain)
    assert (len(found.links), found.partly) == (MOST_LINKS, True)
    assert not find("https://a.example.com", is_domain).partly


@pytest.mark.parametrize(
    "text",
    [
        "a." * 40_000,
        "a" * 60_000 + ".",
        "a@" * 30_000,
        "http://" * 9_000,
        "-." * 30_000,
        "https%3a%2f%2f" * 4_000,
        "?a=b.co" * 9_000,
    ],
)
def test_hostile_texts_end(text: str) -> None:
    """Texts that make a careless pattern quadratic are answered, whatever the answer is."""
    assert len(find(text, is_domain).links) <= MOST_LINKS


def test_questions_about_suffixes_are_bounded() -> None:
    """A text of thousands of words with dots asks a bounded number of times."""
    asked: list[str] = []

    def ask(text: str) -> bool:
        asked.append(text)
        return False

    assert find("a.bc " * 12_000, ask).partly
    assert len(asked) == MOST_CANDIDATES


@given(st.text(max_size=300))
def test_any_text_is_searched_without_an_error(text: str) -> None:
    """No text raises, and what is found is part of it or of what its escapes stand for."""
    found = find(text, is_domain)
    read = text + plain(text) + unquote(plain(text))
    assert all(each in read for each in (*found.links, *found.domains, *found.emails))


@pytest.mark.parametrize(
    ("text", "target"),
    [
        (r'{"uri":"https:\/\/evil.example.com\/a"}', "https://evil.example.com/a"),
        (r"https:\u002F\u002fevil.example.com\u002Fa", "https://evil.example.com/a"),
        ("https://line.me/R/nv/?u=https%3A%2F%2Fevil.example.com%2Fa%3Fb%3D1&t=2", "https://evil.example.com/a?b=1"),
        ("line://nv/web?u=https%3a%2f%2fevil.example.com%2fa", "https://evil.example.com/a"),
        ("https://www.google.com/url?q=https://evil.example.com/a", "https://evil.example.com/a"),
        (
            "https://l.facebook.com/l.php?u=https%3A%2F%2Fline.me%2FR%2Fnv%2F%3Fu%3Dhttps%253A%252F%252Fevil.example.com",
            "https://evil.example.com",
        ),
        (
            "intent://x#Intent;S.browser_fallback_url=https%3A%2F%2Fevil.example.com%2Fa;end",
            "https://evil.example.com/a;end",
        ),
        ("https://line.me/R/nv/?u=evil.example.com/a", "evil.example.com/a"),
    ],
)
def test_a_target_behind_another_link_or_an_escape_is_found(text: str, target: str) -> None:
    """Redirects and JSON hide a link; MVT's comparison would see the host in front alone."""
    found = find(text, is_domain)
    assert target in (*found.links, *found.domains)


def test_shortened_links_are_known() -> None:
    """MVT's list of shorteners tells a link whose target is unknown offline."""
    assert is_shortened("https://bit.ly/abc")
    assert not is_shortened("https://example.com/abc")
    assert not is_shortened("")
