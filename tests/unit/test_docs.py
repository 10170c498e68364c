"""The documentation: generated pages are up to date, links lead somewhere, no word promises what data cannot hold."""

from __future__ import annotations

import importlib.util
import itertools
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "cases/README.md", ROOT / "iocs/README.md")
    if path.is_file()
)
FORBIDDEN = re.compile(r"\b(?:clean|safe|infected|uninfected|unsafe)\b|乾淨|安全無虞|受感染", re.IGNORECASE)
QUOTED = re.compile(r"\"[^\"\n]{1,60}\"|“[^”\n]{1,60}”|`[^`\n]+`")
"""A word in quotes or code is spoken of, not claimed: the rule itself has to name the words."""
OTHER_MEANING = re.compile(r"\bclean (?:clone|environment|machine)\b", re.IGNORECASE)
"""Said of a checkout or a child's environment, never of a phone."""
MACHINE_PATH = re.compile(r"(?<![\w.~])/(?:work|root|tmp|home/\w+|Users/\w+)(?:/[\w.-]+)+")
EXAMPLE_PATHS = frozenset({"/tmp/l", "/tmp/log"})  # noqa: S108  # indicators in docs/indicators.md
LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def writer() -> Any:
    """Give the script that writes the generated pages."""
    spec = importlib.util.spec_from_file_location("write_docs", ROOT / "scripts/write_docs.py")
    assert spec is not None
    assert spec.loader is not None
    before = list(sys.path)
    try:
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = before
    return module


@pytest.mark.engine
def test_generated_pages_are_what_the_script_would_write(writer: Any, tmp_path: Path) -> None:
    """Each generated page is, letter for letter, what `make docs` writes from the code as it is."""
    stale = [
        path.name
        for path, text in writer.pages(tmp_path).items()
        if not path.is_file() or path.read_text("utf-8") != text
    ]
    assert stale == [], "run 'make docs'"


def test_a_column_without_a_comment_is_noticed(writer: Any) -> None:
    """The schema page cannot be written while a column says nothing of itself."""
    with pytest.raises(ValueError, match="without a comment: silent TEXT"):
        writer.columns_of(["told TEXT, -- what it is", "silent TEXT"])


def test_keys_of_nested_data_are_named_once(writer: Any) -> None:
    """Items of a list are laid over each other, and a record described elsewhere is named instead of repeated."""
    data = {"gaps": [{"reason": ""}, {"reason": "lost"}], "case": {"id": "C-0001", "more": 1}, "empty": []}
    known = {"`data.case` of `status`": frozenset({"id"})}
    assert list(writer.json_page.flat(data, "data", known)) == [
        ("data.gaps[].reason", '`"lost"`'),
        ("data.case", "as `data.case` of `status`, and:"),
        ("data.case.more", "`1`"),
        ("data.empty[]", "`[]`"),
    ]


def test_what_differs_from_run_to_run_gets_a_stand_in(writer: Any) -> None:
    """Times, hashes, ids and larger counts of two runs come out alike; words and small numbers stay."""
    one = {
        "at": "2026-11-24T03:04:05.678901Z",
        "sha256": "ab" * 32,
        "id": "F-1289966a2339d2d9",
        "files": 40,
        "kind": "x",
    }
    two = {
        "at": "2027-01-01T00:00:00.000000Z",
        "sha256": "cd" * 32,
        "id": "F-30856f2d31be6020",
        "files": 41,
        "kind": "x",
    }
    assert writer.json_page.stood_in(one, "") == writer.json_page.stood_in(two, "")
    assert writer.json_page.stood_in({"events": 7, "duration_ms": 7}, "") == {"events": 7, "duration_ms": 42}


def faults(paths: Iterable[Path], found: Callable[[Path], Iterable[object]]) -> dict[str, list[object]]:
    """Return what is wrong with each file, by its path."""
    wrong = {str(path.relative_to(ROOT)): list(found(path)) for path in paths}
    return {name: each for name, each in wrong.items() if each}


def test_no_word_promises_what_the_data_cannot_hold() -> None:
    """No page calls a phone by a word that a scan cannot support; the rule itself may quote them."""
    assert len(PAGES) > 50
    assert faults(PAGES, lambda page: forbidden(page.read_text("utf-8"))) == {}


def forbidden(text: str) -> Iterator[str]:
    """Yield the lines that use a forbidden word outside of quotes."""
    for line in text.splitlines():
        spoken = OTHER_MEANING.sub("", QUOTED.sub("", line))
        if FORBIDDEN.search(spoken):
            yield line


@pytest.mark.parametrize("line", ["The phone is clean.", "You are safe now", "an Infected device", "手機乾淨"])
def test_the_word_check_can_fail(line: str) -> None:
    """A claim in any of the forbidden words is noticed."""
    assert list(forbidden(line)) == [line]


@pytest.mark.parametrize("line", ['Never say "clean" or "safe".', "`make clean`", "runs on a clean clone", "cleaned"])
def test_the_word_check_allows_quoting_the_rule(line: str) -> None:
    """Quoting a word, code, and words that only contain one are no claims."""
    assert list(forbidden(line)) == []


def test_every_link_inside_the_repository_resolves() -> None:
    """A relative link names a file that exists and, with a fragment, a heading in it."""

    def broken(page: Path) -> Iterator[str]:
        return (target for target in links(page.read_text("utf-8")) if not resolves(page, target))

    assert faults(PAGES, broken) == {}


def links(text: str) -> Iterator[str]:
    """Yield the relative targets of a page's links and images."""
    for target in LINK.findall(FENCE.sub("", text)):
        if not re.match(r"[a-z]+:", target):
            yield target


def resolves(page: Path, target: str) -> bool:
    """Return whether a link from a page leads to a file of the repository and to a heading there."""
    name, _, fragment = target.partition("#")
    path = (page.parent / name).resolve() if name else page
    if not path.is_relative_to(ROOT) or not path.exists():
        return False
    return not fragment or fragment in {anchor(line) for line in path.read_text("utf-8").splitlines()}


def anchor(line: str) -> str | None:
    """Return the fragment that a heading gets, None for any other line."""
    heading = re.match(r"#{1,6} +(.+)", line)
    return re.sub(r"[^\w\- ]", "", heading[1].strip().lower()).replace(" ", "-") if heading else None


def test_the_link_check_can_fail() -> None:
    """A missing file, a missing heading and a way out of the repository are noticed."""
    page = ROOT / "docs/index.md"
    assert resolves(page, "method.md#outcomes-of-a-module")
    assert not resolves(page, "nowhere.md")
    assert not resolves(page, "method.md#nothing")
    assert not resolves(page, "../../outside.md")


def test_every_page_is_reachable_from_the_readme() -> None:
    """A reader who follows links from the README comes to every page."""
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md" or not page.is_file():
            continue
        seen.add(page)
        targets = [target.partition("#")[0] for target in links(page.read_text("utf-8"))]
        waiting += [(page.parent / target).resolve() for target in targets if target]
    lonely = {path.relative_to(ROOT) for path in (ROOT / "docs").rglob("*.md")} - {p.relative_to(ROOT) for p in seen}
    assert lonely == set()


def test_no_page_names_a_path_of_a_machine() -> None:
    """Documentation speaks of no folder of the machine it was written on."""

    def named(page: Path) -> set[str]:
        return {match[0].rstrip(".") for match in MACHINE_PATH.finditer(page.read_text("utf-8"))} - EXAMPLE_PATHS

    assert faults(PAGES, named) == {}


def test_pictures_are_small_and_shown() -> None:
    """Each picture is under 300 KB and stands in a page."""
    shown = {target for page in PAGES for target in links(page.read_text("utf-8"))}
    for picture in (ROOT / "docs/images").glob("*"):
        assert picture.stat().st_size < 300_000, picture.name
        assert any(target.endswith(f"images/{picture.name}") for target in shown), picture.name


def test_every_option_says_what_it_is_for() -> None:
    """No option of any verb stands in docs/cli.md without a word about it."""
    lines = (ROOT / "docs/cli.md").read_text("utf-8").splitlines()
    mute = [
        option
        for option, following in itertools.pairwise(lines)
        if re.fullmatch(r"  (?:-\w, )?--[\w-]+(?: \S+)?", option) and not following.startswith("        ")
    ]
    assert mute == []


NAMED_FILE = re.compile(
    r"(?<![\w/.<-])(?<!MVT )(?<!MVT's documentation, `)(?:docs|scripts|tests|benchmarks|iocs|src)/[\w./-]*\w"
    r"|\b[A-Z][A-Z-]+\.md\b|\bDESIGN\b"
)
"""A file of this repository, spoken of in a docstring or comment."""
SOURCES = sorted(path for folder in ("src", "scripts", "benchmarks") for path in (ROOT / folder).rglob("*.py"))


def test_the_code_points_at_no_file_that_is_not_here() -> None:
    """What a docstring or comment sends the reader to is in the repository."""

    def missing(path: Path) -> Iterator[str]:
        for name in NAMED_FILE.findall(path.read_text("utf-8")):
            if not (ROOT / name).exists() and not (ROOT / name.rstrip(".")).exists():
                yield name

    assert len(SOURCES) > 300
    assert faults(SOURCES, missing) == {}
