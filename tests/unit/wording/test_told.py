"""Steps and messages: data below the faces, a sentence when somebody asks for one."""

from __future__ import annotations

import copy

import pytest

from mvtcase.errors import CaseLockedError, ConflictError
from mvtcase.wording import NO_REASON, Message, Step, do, reason_of, say, text_of, together, why
from mvtcase.wording.catalogues import Translator
from mvtcase.wording.told import filled


def test_a_step_is_a_verb_with_its_arguments_and_options() -> None:
    """Options are named as people name them: hyphens for underscores, nothing for one at the end."""
    assert do("iocs import", "FILE", dry_run=True, import_="x") == Step(
        verb="iocs import", arguments=("FILE",), options={"dry-run": True, "import": "x"}
    )


def test_a_message_is_worded_with_its_steps_and_parameters() -> None:
    """In the messages that it quotes too; braces in a parameter stay what they are."""
    inner = say("{0} shows {what}.", do("case list"), what="{them}")
    told = say("{place}: {inner}", place="a", inner=inner)
    assert str(told) == "a: 'case list' shows {them}."
    assert told.worded(lambda step: step.verb.upper()) == "a: CASE LIST shows {them}."
    assert "shows" in told


def test_a_sentence_without_parameters_is_left_as_it_is() -> None:
    """Braces of a path in it are no parameters; a number keeps its format."""
    assert str(say("{n:g} s, {m}", n=2.50, m=3)) == "2.5 s, 3"
    assert str(say("There is no {x}.")) == "There is no {x}."
    assert not Message()


def test_an_error_words_its_parameters() -> None:
    """And tells message and hint in one where another goes on."""
    error = ConflictError("{path} exists.", hint=say("Use {0}.", do(output="FILE")), path="a{b}")
    assert str(error) == "a{b} exists."
    assert str(error.whole) == "a{b} exists. Use 'output FILE'."
    assert str(ConflictError("x").whole) == "x"
    assert CaseLockedError("x").hint == CaseLockedError.default_hint


def test_a_reason_is_its_english_sentence_and_knows_its_code() -> None:
    """It can be compared, searched and joined like any text; a copy is the same reason."""
    reason = why("module.counted", there=3, examined=1)
    assert reason == "3 records in the source, 1 examined"
    assert copy.deepcopy(reason).data == {"code": "module.counted", "params": {"there": 3, "examined": 1}}
    assert text_of("words").data == {"code": "text", "params": {"text": "words"}}
    assert not NO_REASON


def test_reasons_are_read_back_as_they_were_kept() -> None:
    """Those inside others too."""
    reason = together(why("mvt.times", what=why("mvt.lines"), count=2), why("mvt.events"), why("mvt.events"))
    assert reason == "lines were left out (2 times); events were left out"
    assert reason_of(reason.data).data == reason.data
    assert together(why("mvt.lines"), "").code == "mvt.lines"
    assert together() == ""


_OF_NONE = {"code": "x", "params": {"a": None}}


@pytest.mark.parametrize(
    "data",
    [
        None,
        7,
        [],
        {"code": 1, "params": {}},
        {"code": "x"},
        {"code": "x", "params": []},
        {"code": "x", "params": {"a": None}},
    ],
)
def test_what_is_no_reason_is_one_all_the_same(data: object) -> None:
    """A worker that was taken over writes what it likes; a gap must not get lost over it."""
    assert reason_of(data) == why("reason.unreadable") != ""


def test_a_code_that_is_not_known_is_shown_as_it_is() -> None:
    """With its parameters; nothing in it is taken for a template."""
    assert reason_of({"code": "new.{x}", "params": {"a": "{b}", "n": 2}}) == "[new.{x}] {b} 2"


def test_a_deep_reason_is_not_followed() -> None:
    """Nesting has a bound."""
    deep: object = "x"
    for _ in range(500):
        deep = {"code": "mvt.times", "params": {"what": deep, "count": 1}}
    assert reason_of(deep) == why("reason.unreadable")


def test_texts_among_the_parameters_can_be_changed() -> None:
    """Paths of this machine are cut out of all of them."""
    reason = together(why("module.failed", error="/here/x"), why("mvt.times", what=text_of("/here/y"), count=2))
    assert reason.mapped(lambda text: text.replace("/here/", "")) == "the module failed: x; y (2 times)"


@pytest.mark.parametrize(
    ("n", "told"),
    [
        (1, "1 gap is open"),
        ("1", "1 gap is open"),
        (3, "3 gaps are open"),
        ("fewer than 5", "fewer than 5 gaps are open"),
    ],
)
def test_a_parameter_has_the_form_of_its_number(n: object, told: str) -> None:
    """In English of two; a language that needs none writes the number alone, and what a case keeps is known again."""
    message = say("{n:# gap is|# gaps are} open", n=n)
    assert str(message) == told
    assert message.worded(str, lambda _: "缺口 {n} 個") == f"缺口 {n} 個"
    tongue = Translator("zh-TW", {"{n:# gap is|# gaps are} open somewhere": ("某處有缺口 {n} 個",)})
    assert tongue.again(f"{told} somewhere") == f"某處有缺口 {n} 個"


def test_chinese_is_closed_up_around_chinese_and_nothing_else() -> None:
    """Between Chinese and a number stands a space, between Chinese and Chinese none; values stay as they are."""
    told = {"{n} of {who}": "其中 {n} 位在 {who} 的名冊上"}
    for n, who, expected in (
        ("少於 5", "立法院", "其中少於 5 位在立法院的名冊上"),
        (5, "Office 1", "其中 5 位在 Office 1 的名冊上"),
        ("5 以上", "立法 院", "其中 5 以上位在立法 院的名冊上"),
    ):
        assert filled("{n} of {who}", lambda text: told.get(text, text), n=n, who=who) == expected
        assert filled("{n} of {who}", str, n=n, who=who) == f"{n} of {who}"
