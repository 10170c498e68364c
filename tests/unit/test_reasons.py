"""Steps and messages: data below the faces, a sentence when somebody asks for one."""

from __future__ import annotations

from mvtcase.errors import CaseLockedError, ConflictError
from mvtcase.reasons import Message, Step, do, say


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
    """Braces of a path in it are no parameters."""
    assert str(say("There is no {x}.")) == "There is no {x}."
    assert not Message()


def test_an_error_words_its_parameters() -> None:
    """And tells message and hint in one where another goes on."""
    error = ConflictError("{path} exists.", hint=say("Use {0}.", do(output="FILE")), path="a{b}")
    assert str(error) == "a{b} exists."
    assert str(error.whole) == "a{b} exists. Use 'output FILE'."
    assert str(ConflictError("x").whole) == "x"
    assert CaseLockedError("x").hint == CaseLockedError.default_hint
