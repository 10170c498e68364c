"""Traditional Chinese as used in Taiwan: whole, with the same parameters, and in the words of the glossary."""

from __future__ import annotations

import importlib.util
import re
import string
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from babel.messages.pofile import read_po

from mvtcase.wording import text_of, together, translator
from mvtcase.wording.catalogues import LOCALE

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
PO = LOCALE / "zh_TW" / "LC_MESSAGES" / "mvtcase.po"
FORBIDDEN = re.compile(r"\b(clean(?! up)|safe|infected)\b|安全|乾淨|干净|中毒", re.IGNORECASE)
"""What the data cannot support, in both languages."""
NOT_OF_TAIWAN = re.compile(
    r"信息|軟件|硬件|數據庫|數據結構|鏈接|屏幕|默認|用戶(?!端)|網絡|程序員|文件夾|短信|視頻|服務器|內存|打印|登陸"
)
"""Words of another Chinese-speaking country for which Taiwan has its own."""
SIMPLIFIED = re.compile("[这个们为时发现对没么过还进请确认开关设备报间应该数样讯证锁链录]")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!]|[\u4e00-\u9fff]\(|\)[\u4e00-\u9fff]|[\u4e00-\u9fff]\.(?!\w)")
FIXES = "run 'python scripts/catalogues.py zh_TW' and translate what is empty in the .po file"


def _pairs() -> Iterator[tuple[str, str]]:
    with PO.open("rb") as handle:
        catalogue = read_po(handle)
    for each in catalogue:
        if each.id:
            english = each.id if isinstance(each.id, str) else each.id[0]
            yield english, each.string if isinstance(each.string, str) else next(iter(each.string or ("",)))


PAIRS = dict(_pairs())


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _tags(text: str) -> list[str]:
    return sorted(re.findall(r"</?\w+>|\*\*|`", text))


def _marking(text: str) -> list[str]:
    return sorted(re.findall(r"TLP:\{?\w*\}?|AMBER\+STRICT|\b(?:RED|GREEN|CLEAR)\b", text))


@pytest.fixture(scope="module")
def said() -> set[str]:
    """Every English sentence that the source holds."""
    spec = importlib.util.spec_from_file_location("catalogues", ROOT / "scripts" / "catalogues.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {each if isinstance(each, str) else each[0] for each, _ in module.sentences()}


def test_every_sentence_is_translated(said: set[str]) -> None:
    """A new sentence without a translation, or with an unsure one, fails here."""
    assert len(said) > 1500
    assert sorted(each for each in said if not PAIRS.get(each)) == [], FIXES
    assert "fuzzy" not in PO.read_text("utf-8")


def _fault(english: str, told: str) -> str:
    """Return what is wrong with a translation, empty where nothing is."""
    for name, of in (("parameters", _names), ("tags", _tags), ("marking", _marking)):
        if of(english) != of(told):
            return name
    wrong = (FORBIDDEN, NOT_OF_TAIWAN, SIMPLIFIED, HALF_WIDTH)
    return next((str(found) for each in wrong if (found := each.search(told))), "")


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ("共 {n} 個", ""),
        ("共個", "parameters"),
        ("共 {n} 個{m}", "parameters"),
        ("<b>共</b> {n} 個", "tags"),
        ("TLP:RED 共 {n} 個", "marking"),
        ("這支手機 {n} 很安全", "安全"),
        ("{n} 個信息", "信息"),
        ("{n} 个", "个"),
        ("共 {n} 個案件,等待", "件,"),
    ],
)
def test_a_fault_is_seen(told: str, fault: str) -> None:
    """Missing and extra parameters, tags, markings, forbidden and foreign words, half-width signs."""
    assert fault in _fault("{n} in all", told)
    assert bool(fault) == bool(_fault("{n} in all", told))


def test_every_translation_is_sound() -> None:
    """Same parameters and tags, no forbidden word, no word of another country, punctuation of full width."""
    assert {told: fault for english, told in PAIRS.items() if told and (fault := _fault(english, told))} == {}
    assert [english for english in PAIRS if FORBIDDEN.search(english)] == []


def test_what_tools_say_most_often_is_told_in_chinese() -> None:
    """Why a module read nothing is its own text or MVT's, kept as it was said; what nobody knows stays as it is."""
    word = translator("zh-TW").word
    told = word(together(text_of("no app was copied"), text_of("file is not a database")))
    assert ("沒有複製任何 App" in told, told.endswith("檔案不是資料庫"), ";" in told) == (True, True, False)
    assert word(text_of("someone called it names")) == "someone called it names"


def _terms() -> Iterator[tuple[str, tuple[str, ...]]]:
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    table = text.partition("| English | 臺灣用語 |")[2].partition("\n\n")[0]
    for line in table.strip().splitlines()[1:]:
        english, chinese = (each.strip() for each in line.strip("|").split("|"))
        yield english, tuple(each.strip() for each in chinese.split("、"))


@pytest.mark.parametrize(("english", "chinese"), list(_terms()), ids=str)
def test_the_catalogue_follows_the_glossary(english: str, chinese: tuple[str, ...]) -> None:
    """Where the English sentence has the word, the Chinese one has that of the glossary, or the English one to type."""
    word = re.compile(rf"(?<![\w{{.-]){re.escape(english)}s?(?![\w}}-])", re.IGNORECASE)
    using = {each: told for each, told in PAIRS.items() if told and word.search(each)}
    assert using
    assert [told for told in using.values() if not any(each in told for each in (*chinese, english))] == []
