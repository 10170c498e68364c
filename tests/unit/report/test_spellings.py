"""Names, addresses and numbers as people, phones and other programs spell them: found, and nothing else is."""

from __future__ import annotations

import unicodedata

import pytest

from mvtcase.report.spellings import BROKEN, RUNS, WORDS, Read, folded, is_named, joined, of_contact


def _read(text: str, *, known: frozenset[str] = frozenset(), own: str = "") -> Read:
    told = folded(text)
    words, runs = frozenset(WORDS.findall(told.replace("_", " "))), frozenset(RUNS.findall(told))
    return Read(text=told, run=joined(told), runs=runs, words=words, known=known, own=own)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("José Núñez", unicodedata.normalize("NFD", "the file of José Núñez.pdf")),
        ("José Núñez", "JOSENUNEZ.pdf"),
        ("Lin Exampler", "\uff2c\uff49\uff4e\u3000\uff25xampler"),
        ("Aldith Fernvale", "Al\u200bdith Fern\u00advale"),
        ("Cathal O'Hare", "O\u2019Hare, C."),
        ("林佳龍", "林佳龙 寄来"),
        ("王国强", "給國強的訊息"),
        ("林佳龍", "林\u200b佳\u200b龍"),
        ("林佳龍", "Lin_Chia-lung_passport.pdf"),
        ("林佳龍", "LIN, Jialong"),
        ("王國強", "Wang Kuo-ch'iang"),
        ("歐陽菲菲", "Feifei Ouyang"),
        ("蔡英文", "tsai.yingwen@mail"),
        ("曾國城", "Zeng Guocheng"),
        ("曾國城", "Tseng Kuo-ch'eng"),
        ("林佳龍 Lin Chia-lung", "about 林佳龍."),
        ("林佳龍 Lin Chia-lung", "about Chialung."),
        ("Lin Chia-lung (林佳龍)", "佳龍"),
        ("Lin Chia-lung", "chialung.lin"),
        ("Lin Jia-long", "Jialong's phone"),
        ("Wan Long", "long, wan"),
        ("Halvor Thornquist", f"of Halvor{BROKEN}Thornquist"),
    ],
)
def test_a_name_is_seen_however_it_is_spelt(name: str, text: str) -> None:
    """Other script, accents, invisible characters, order, romanisation, one part alone, over the end of a line."""
    assert is_named(name, _read(text))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Wan Long", "a long way"),
        ("Ip Hone", "iPhone 16 Pro"),
        ("Case Report", f"report{BROKEN}case"),
        ("Report Phone", "a report"),
        ("應用程", "應用程式"),
        ("李安", "liang"),
        ("", "anything"),
    ],
)
def test_words_of_ours_and_models_are_no_names(name: str, text: str) -> None:
    """However people are called: labels one below the other, a model, a heading, a longer word."""
    known = frozenset({"iphone", "case", "report", "phone", "way", "long"})
    assert not is_named(name, _read(text, known=known, own=joined(folded("應用程式"))))


@pytest.mark.parametrize(
    ("contact", "text"),
    [
        ("a.buxton@gov.example", "a.buxton+news@gov.example"),
        ("a.buxton+news@gov.example", "A.Buxton%40gov[.]example"),
        ("mail: a.buxton@gov.example; tel 0912-345-678", "abuxton@gov.example"),
        ("mail: a.buxton@gov.example; tel 0912-345-678", "+886 912.345.678"),
        ("0912-345-678", "00886912345678"),
        ("+886912345678", "(0912) 345 678"),
        ("+886912345678", "\u0660\u0669\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668"),
    ],
)
def test_an_address_and_a_number_are_seen_however_they_are_written(contact: str, text: str) -> None:
    """With a tag, encoded, defanged, one of several, with another prefix, in digits of another script."""
    run = joined(folded(text))
    assert any(each in run for each in of_contact(contact))


def test_what_is_said_of_a_number_is_no_number() -> None:
    """A contact gives away by its addresses and numbers, not by the words between them."""
    told = list(of_contact("Office of the Speaker, mail: a.buxton@gov.example"))
    assert "office" not in told
    assert "mail" not in told
