"""Our matcher against MVT's own class: the same answer to every check, on random sets and on the real ones.

The values are made of a few words so that they collide: shared between collections, prefixes of each other, cut to
sixteen characters. Each generated example asks every check about many values, because building the two objects is what
takes the time.
"""

from __future__ import annotations

import dataclasses
import logging
import random
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mvt.common.config import settings as mvt_settings
from mvt.common.url import URL

from mvtcase.engine.worker.match.compiled import matchset_collections
from mvtcase.engine.worker.match.loader import load_collections
from mvtcase.engine.worker.match.matcher import FastIndicators, stock_from_matchset
from mvtcase.engine.worker.match.matches import WITNESSED_CHECKS
from mvtcase.matchset import INDICATOR_TYPES, Collection, MatchSet
from shared import REAL_SETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

pytestmark = pytest.mark.engine

LOG = logging.getLogger("test.matcher")
CHECKS = (*WITNESSED_CHECKS, "check_domain")

LABELS = ("a", "b", "evil", "web", "x-y", "login", "bücher", "xn--bcher-kva", "co", "1", "10")
SUFFIXES = ("com", "co.uk", "net", "uk", "ck", "np", "invalid", "kawasaki.jp", "1")
NAMES = ("bh", "roleaboutd", "com.apple.WebKit.Networking", "ABSCARRYLOG", "a" * 16, "a" * 17, "a" * 15, "msgacntd", "")
FOLDERS = ("", "/", "private", "var", "db", "tmp/", "a", "aa", "Library", "é", "\udc80")
SCHEMES = (
    "http://",
    "https://",
    "https://",
    "",
    "",
    "HTTP://",
    "//",
    "ftp://",
    "a+b://",
    "http:/",
    " http://",
    "http://u@",
    "u:p@",
    "http://a/b@",
)
RESTS = ("", "", "/", "/a?b=c", "//", "/maps/x", "?q=1", "#f", "\\x", "?u=http://[", " ", "\n")
ASKS_FOR: dict[str, tuple[str, ...]] = {
    "check_url": ("domains", "domains", "domains", "urls"),
    "check_domain": ("domains", "urls"),
    "check_process": ("processes",),
    "check_email": ("emails",),
    "check_file_name": ("file_names",),
    "check_file_path": ("file_paths", "file_names"),
    "check_file_path_process": ("processes",),
    "check_profile": ("ios_profile_ids",),
    "check_file_hash": ("files_md5", "files_sha1", "files_sha256"),
    "check_app_certificate_hash": ("app_cert_hashes",),
    "check_app_id": ("app_ids",),
    "check_android_property_name": ("android_property_names",),
}
MESSAGES = (
    "Found a known suspicious URL",
    "Found a known suspicious domain",
    "Found a sub-domain with a suspicious top level",
    "Maybe found a known suspicious domain",
    "Found a known suspicious process name",
    "Found a truncated known suspicious process name",
    "Found a known suspicious email address",
    "Found a known suspicious file name",
    "Found a known suspicious file path",
    "Found known suspicious process name mentioned in file",
    "Found a known suspicious profile ID",
    "Found a known suspicious file with hash",
    "Found a known suspicious app certfificate",
    "Found a known suspicious app with ID",
    "Found a known suspicious Android property",
)
"""The start of each sentence MVT has for a match, but for the two of shortened links that were resolved."""

ODD_TEXTS = ("", " ", "\n", "\x00", "\ud800", "İ", "ß", "K", "Σ", "ς", "\u200b", "%", "[", "]", "@", ":", "//", "://")


class Maker:
    """Makes values and questions out of a seeded source, few enough words that they meet."""

    def __init__(self, seed: int) -> None:
        self.last_url = ""
        self.chance = random.Random(seed)  # noqa: S311 - a seeded source is the point

    def domain(self) -> str:
        """Return a domain name, now and then an address or one with a dot at its end.

        None is shared by many or begins with `www`: there ours differs from MVT on purpose (`match/domains.py`).
        """
        labels = self.chance.choices(LABELS, k=self.chance.randrange(3))
        domain = ".".join([*labels, self.chance.choice(SUFFIXES)])
        return self.chance.choice([domain] * 8 + [domain.upper(), "1.2.3.4", domain + ".", domain + ":80"])

    def name(self) -> str:
        """Return a process or file name, often cut short."""
        name = self.chance.choice(NAMES)
        return self.chance.choice([name, name, name[:16], name[: self.chance.randrange(20)], name.upper(), name + "d"])

    def path(self) -> str:
        """Return a path whose parts repeat."""
        parts = [self.chance.choice(FOLDERS) for _ in range(self.chance.randrange(5))]
        return "/".join([*parts, self.name()])

    def text(self) -> str:
        """Return a text of few letters, of a length some index cares about."""
        alphabet = "abAB-1./é\n"
        return "".join(self.chance.choices(alphabet, k=self.chance.choice([1, 2, 7, 8, 15, 16, 17, 36])))

    def hash(self) -> str:
        """Return something as long as a hash."""
        digits = self.chance.choice("aAbB") * self.chance.choice([31, 32, 32, 40, 40, 64, 64])
        return self.chance.choice([digits, digits[:-1] + "İ"])

    def url(self, domain: str | None = None) -> str:
        """Return a URL of a domain, sometimes damaged."""
        host = domain if domain is not None else self.domain()
        parts = [
            self.chance.choice(SCHEMES),
            self.chance.choice(["", "", "", "www.", "web.", "a.b."]) if domain is not None else "",
            host,
            self.chance.choice([""] * 6 + [":80", ":", ":x", ":99999"]),
            self.chance.choice([*RESTS, "/" + self.domain()]),
        ]
        url = "".join(parts)
        return url if self.chance.random() < 0.9 else self.damaged(url)

    def damaged(self, text: str) -> str:
        """Return the text with something odd put into it."""
        place = self.chance.randrange(len(text) + 1)
        return text[:place] + self.chance.choice(ODD_TEXTS) + text[place + self.chance.randrange(2) :]

    def value(self, kind: str) -> str:
        """Return a value for a list of this type."""
        if kind.startswith("files_") or kind == "app_cert_hashes":
            return self.hash()
        makers = {
            "domains": self.domain,
            "urls": self.url,
            "processes": self.name,
            "file_names": self.name,
            "file_paths": self.path,
        }
        return makers.get(kind, self.text)()

    def matchset(self) -> MatchSet:
        """Return a random set of one to four collections that share values."""
        kinds = self.chance.sample(INDICATOR_TYPES, self.chance.choice([3, 8, len(INDICATOR_TYPES)]))
        return MatchSet(
            collections=tuple(self.collection(number, kinds) for number in range(self.chance.randrange(1, 5)))
        )

    def collection(self, number: int, kinds: Sequence[str]) -> Collection:
        """Return a collection holding values of these types."""
        values = {kind: self.values(kind) for kind in kinds}
        return Collection(
            id=f"malware--{number}", name=f"family {number}", file_name=f"{number % 2}.stix2", values=values
        )

    def values(self, kind: str) -> tuple[str, ...]:
        """Return up to five distinct values, rarely the empty one too."""
        made = [self.value(kind) for _ in range(self.chance.randrange(6))]
        return tuple(dict.fromkeys([*made, ""] if self.chance.random() < 0.03 else made))

    def questions(self, matchset: MatchSet, count: int) -> Iterator[tuple[str, str]]:
        """Yield pairs of a check and what it is asked, mostly near to what the set holds."""
        held = {
            kind: [v for coll in matchset.collections for v in coll.values.get(kind, ())] for kind in INDICATOR_TYPES
        }
        for _ in range(count):
            check = self.chance.choice(CHECKS)
            yield check, self.question(check, held)

    def question(self, check: str, held: Mapping[str, Sequence[str]]) -> str:
        """Return a value for a check, mostly made of one that the set holds."""
        kind = self.chance.choice(ASKS_FOR[check])
        made = self.chance.choice(held[kind]) if held[kind] and self.chance.random() < 0.7 else self.value(kind)
        if kind == "domains" and self.chance.random() < 0.8:
            made = self.url(made)
        if check == "check_file_path_process":
            made = self.chance.choice([f"/usr/{made}/x", f"{made}/", f"//{made}", made])
        made = self.varied(made)
        if kind != "domains":
            return made
        # One address comes with many endings, so that what is remembered of it is put to use.
        self.last_url, before = made, self.last_url
        return made if self.chance.random() < 0.7 else before.partition("?")[0] + self.chance.choice(RESTS)

    def varied(self, text: str) -> str:
        """Return the text or a near miss of it."""
        if self.chance.random() < 0.5:
            return text
        return self.chance.choice(
            [text.upper(), text.lower(), self.damaged(text), text[:16], text[3:], f"/a/{text}", f"{text}/b", f"{text}b"]
        )


def answer(indicators: Any, check: str, value: object) -> tuple[object, ...]:
    """Return all there is to an answer, or the class of the exception in its place."""
    try:
        match = getattr(indicators, check)(value)
    except Exception as error:  # noqa: BLE001 - whatever MVT raises is its answer
        if isinstance(error, AttributeError) and "Not an Aho-Corasick automaton" in str(error):
            # The one difference that is meant: MVT fails where no domain is loaded.
            assert not any(any(collection["domains"]) for collection in indicators.ioc_collections)
            return ("none",)
        return ("raised", type(error))
    if isinstance(match, list):
        return tuple(match)
    if match is None:
        return ("none",)
    return (match.message, *dataclasses.astuple(match.ioc), type(match), type(match.ioc))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forbid MVT to resolve shortened links, as the worker does."""
    monkeypatch.setattr(mvt_settings, "NETWORK_ACCESS_ALLOWED", False)


def assert_equal_answers(matchset: MatchSet, questions: Iterable[tuple[str, object]]) -> Counter[str]:
    """Ask both classes all questions, compare answers and witnesses, and return the sentences MVT matched with."""
    told: tuple[list[Any], list[Any]] = ([], [])
    stock = stock_from_matchset(matchset, LOG, on_match=lambda *heard: told[0].append(heard))
    fast = FastIndicators.from_matchset(matchset, LOG, on_match=lambda *heard: told[1].append(heard))
    sentences: Counter[str] = Counter()
    for check, value in questions:
        expected = answer(stock, check, value)
        assert answer(fast, check, value) == expected, (check, value, matchset)
        sentences.update(start for start in MESSAGES if str(expected[0]).startswith(start))
    assert told[0] == told[1]
    return sentences


def test_random_sets_get_mvts_answers() -> None:
    """All checks answer as MVT's do on random sets: 220,000 questions, each of MVT's sentences among the answers."""
    asked: list[int] = []
    sentences: Counter[str] = Counter()

    @settings(max_examples=400, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(min_value=0, max_value=2**64))
    def ask(seed: int) -> None:
        maker = Maker(seed)
        matchset = maker.matchset()
        questions = list(maker.questions(matchset, 550))
        sentences.update(assert_equal_answers(matchset, questions))
        asked.append(len(questions))

    ask()
    assert sum(asked) >= 200_000
    # Questions that never match would prove nothing about matches.
    assert {start: count for start, count in sentences.items() if count > 100}.keys() == set(MESSAGES)


WORDS = st.text(alphabet=st.sampled_from("ab.AB/-:@[]%K\ud800 \n0İk"), max_size=12)


@settings(max_examples=300, deadline=None, database=None)
@given(
    values=st.lists(st.lists(WORDS, max_size=4, unique=True), min_size=1, max_size=3),
    asked=st.lists(WORDS, min_size=1, max_size=6),
    kind=st.sampled_from([kind for kinds in ASKS_FOR.values() for kind in kinds]),
    scheme=st.sampled_from(["", "http://", "https://www.", "//", "http:/"]),
    suffix=st.sampled_from(["", ".com", ".co.uk", ".b.ck", "."]),
)
def test_short_texts_get_mvts_answers(
    values: list[list[str]], asked: list[str], kind: str, scheme: str, suffix: str
) -> None:
    """Texts that hypothesis can shrink, in every type of list, are matched as MVT matches them."""
    checks = [check for check, kinds in ASKS_FOR.items() if kind in kinds]
    tail = suffix if kind == "domains" else ""
    collections = tuple(
        Collection(
            id=str(number), name=f"n{number}", file_name="f", values={kind: tuple(word + tail for word in words)}
        )
        for number, words in enumerate(values)
    )
    texts = [text for word in asked for text in (word, scheme + word + suffix, scheme + word + suffix + "/x")]
    texts += [value + end for words in values for value in words for end in ("", suffix, "x")]
    assert_equal_answers(MatchSet(collections=collections), [(check, text) for check in checks for text in texts])


ODD_VALUES: tuple[object, ...] = (
    None,
    0,
    5,
    True,
    1.5,
    b"",
    b"a",
    b"a" * 16,
    b"a" * 32,
    (),
    ("a",),
    [],
    ["a"],
    {},
    {"a": 1},
    PurePosixPath("/a/bh"),
    object,
)


@pytest.mark.parametrize("value", ODD_VALUES, ids=repr)
def test_values_that_are_no_text_get_mvts_answers_and_exceptions(value: object) -> None:
    """Whatever a module hands over in place of a text has the outcome it has with MVT, exceptions included."""
    everything = dict.fromkeys(INDICATOR_TYPES, ("a", "bh", "a" * 16, "1.2.3.4"))
    for values in (everything, {"domains": ("1.2.3.4",)}):
        held = MatchSet(collections=(Collection(id="1", name="n", values=values),))
        stock, fast = stock_from_matchset(held, LOG), FastIndicators.from_matchset(held, LOG)
        for check in (*CHECKS, "check_urls", "check_domains", "check_processes", "check_url_batches"):
            assert answer(fast, check, value) == answer(stock, check, value), check


@given(seed=st.integers(min_value=0, max_value=2**32))
@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_lists_and_batches_get_mvts_answers(seed: int) -> None:
    """Checks of many values return the match of the first value that has one, batch by batch."""
    maker = Maker(seed)
    matchset = maker.matchset()
    # Where no domain is loaded MVT's exception takes the whole batch with it; the test of single values covers these.
    assume(any(any(collection.values.get("domains", ())) for collection in matchset.collections))
    asked = [value for check, value in maker.questions(matchset, 60) if check in {"check_url", "check_process"}]
    batches = [asked[:3], None, [], asked[3:9], [*asked[9:], *asked]]
    stock, fast = stock_from_matchset(matchset, LOG), FastIndicators.from_matchset(matchset, LOG)
    for batch in batches:
        for check in ("check_urls", "check_domains", "check_processes"):
            assert answer(fast, check, batch) == answer(stock, check, batch)
    assert fast.check_url_batches(batches) == stock.check_url_batches(batches)


def test_walks_over_indicators_are_mvts() -> None:
    """Modules that walk the indicators themselves see MVT's, in MVT's order, and the same totals."""
    for seed in range(20):
        matchset = Maker(seed).matchset()
        stock, fast = stock_from_matchset(matchset, LOG), FastIndicators.from_matchset(matchset, LOG)
        for kind in (*INDICATOR_TYPES, "no such type"):
            assert list(fast.get_iocs(kind)) == list(stock.get_iocs(kind))
            assert list(fast.get_iocs(kind)) == list(stock.get_iocs(kind))
            words = fast.get_ioc_matcher(kind)
            assert sorted(words.keys()) == sorted(stock.get_ioc_matcher(kind).keys())
        assert fast.ioc_collections == stock.ioc_collections
        assert fast.total_ioc_count == stock.total_ioc_count == matchset.count


def test_automaton_requests_fail_as_mvts() -> None:
    """An automaton of nothing or of an unhashable list is refused with MVT's exception, one of a tuple is built."""
    matchset = Maker(3).matchset()
    for indicators in (stock_from_matchset(matchset, LOG), FastIndicators.from_matchset(matchset, LOG)):
        with pytest.raises(ValueError, match="Must provide"):
            indicators.get_ioc_matcher()
        with pytest.raises(TypeError, match="unhashable"):
            indicators.get_ioc_matcher(ioc_list=[])


RESOLVED = {
    "http://bit.ly/evil": "http://www.evil.com/x",
    "http://bit.ly/sub": "https://a.evil.com/x",
    "http://bit.ly/twice": "http://t.co/evil",
    "http://t.co/evil": "http://evil.com",
    "http://bit.ly/dead": "",
    "http://bit.ly/none": None,
    "http://bit.ly/plain": "http://example.org/",
    "http://bit.ly/exact": "http://t.co/exact",
}


def test_resolved_links_get_mvts_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Links resolved by a network are matched, worded and remembered as MVT does, also one behind another."""
    monkeypatch.setattr(mvt_settings, "NETWORK_ACCESS_ALLOWED", True)
    monkeypatch.setattr(URL, "unshorten", lambda self: RESOLVED[self.url])
    values = {"domains": ("evil.com", "bit.ly"), "urls": ("http://t.co/exact",)}
    matchset = MatchSet(collections=(Collection(id="1", name="n", file_name="f", values=values),))
    told: tuple[list[Any], list[Any]] = ([], [])
    stock = stock_from_matchset(matchset, LOG, on_match=lambda *heard: told[0].append(heard))
    fast = FastIndicators.from_matchset(matchset, LOG, on_match=lambda *heard: told[1].append(heard))
    links = [*RESOLVED, "http://bit.ly/unknown", "https://goo.gl/maps/evil"]
    for link in links:
        assert answer(fast, "check_url", link) == answer(stock, "check_url", link)
        assert fast.get_expanded_url(link) == stock.get_expanded_url(link)
    assert any("shortened as" in match.message for _, _, match in told[1])
    assert fast.resolved_urls == stock.resolved_urls != {}
    assert told[0] == told[1]
    assert fast.check_url_batches([links[:2], links]) == stock.check_url_batches([links[:2], links])


def test_sets_without_a_domain_match_what_they_hold() -> None:
    """Where MVT's URL checks fail for want of a domain, ours returns None, and both find an exact URL."""
    matchset = MatchSet(collections=(Collection(id="1", name="n", values={"urls": ("http://a.example/x",)}),))
    stock, fast = stock_from_matchset(matchset, LOG), FastIndicators.from_matchset(matchset, LOG)
    assert fast.check_url("http://a.example/x") == stock.check_url("http://a.example/x") is not None
    with pytest.raises(AttributeError, match="Aho-Corasick"):
        stock.check_url("http://b.example/x")
    assert fast.check_url("http://b.example/x") is None
    assert fast.check_url("no url at all") is None


def test_each_module_may_set_the_log() -> None:
    """MVT gives each module's log to the indicators, and what a check has to say goes there."""
    fast = FastIndicators.from_matchset(Maker(1).matchset(), LOG)
    heard: list[str] = []
    module_log = logging.getLogger("test.matcher.module")

    def hear(record: logging.LogRecord) -> bool:
        heard.append(record.getMessage())
        return True

    module_log.addFilter(hear)
    module_log.setLevel(logging.DEBUG)
    fast.log = module_log
    fast.check_url("https://bit.ly/x")
    assert heard == ["Found a shortened URL https://bit.ly/x -> "]


@pytest.mark.shared
@pytest.mark.skipif(not REAL_SETS.is_dir(), reason="the real indicator sets are not beside the checkout")
def test_real_sets_get_mvts_answers() -> None:
    """With all real sets loaded, their own values and variations of them are matched as MVT matches them."""
    paths = sorted(str(path) for path in REAL_SETS.glob("*.stix2"))
    matchset = MatchSet(collections=tuple(matchset_collections(load_collections(paths))))
    assert matchset.count > 5_000
    sentences = assert_equal_answers(matchset, Maker(2026).questions(matchset, 4_000))
    assert sentences.total() > 1_000
