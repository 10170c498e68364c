"""Another language is a catalogue and nothing else: reasons, limitations and errors come out in it."""

from __future__ import annotations

import importlib.util
import io
import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from mvtcase.cli.state import command
from mvtcase.engine.coverage import Known, assess
from mvtcase.errors import ConflictError
from mvtcase.kinds import KINDS
from mvtcase.model import EvidenceKind
from mvtcase.wording import (
    Kept,
    count,
    do,
    language_of,
    languages,
    reason_of,
    say,
    spoken,
    translator,
    why,
)
from mvtcase.wording.english import SENTENCES

SCRIPT = Path(__file__).parents[3] / "scripts" / "catalogues.py"
TOLD = {
    "no indicator was loaded": "⟪kein Merkmal geladen⟫",
    "{there:# record|# records} in the source, {examined} examined": "⟪{examined} von {there}⟫",
    "the module did not run, although {sentence}": "⟪lief nicht, obwohl {sentence}⟫",
    "iOS writes shutdown.log at every shutdown": "⟪stets shutdown.log⟫",
    "A sysdiagnose carries no messages, no browsing history and no app data.": "⟪nie Nachrichten⟫",
    "The case {slug} is closed.": "⟪{slug} ist zu⟫",
    "Use {0} first.": "⟪zuerst {0}⟫",
    "the module failed: {error}": "⟪{mistake}⟫",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of catalogues with one of an invented language."""
    catalogue = Catalog(locale="de")
    for english, other in TOLD.items():
        catalogue.add(english, other)
    catalogue.add("the module did not run", "⟪unsicher⟫", flags=("fuzzy",))
    written = io.BytesIO()
    write_po(written, catalogue)
    place = tmp_path / "de" / "LC_MESSAGES"
    place.mkdir(parents=True)
    (place / "mvtcase.po").write_bytes(written.getvalue())
    return tmp_path


def test_gaps_and_limitations_come_out_in_another_language(folder: Path) -> None:
    """As the judge gives them, and what a kind of evidence says of itself too."""
    judged = assess(
        kind=EvidenceKind.SYSDIAGNOSE, finished=True, indicators_loaded=0, modules=(), known=Known(second_reader=False)
    )
    tongue = translator("de", folder)
    words = [tongue.word(gap.reason) for gap in judged.gaps]
    assert "⟪kein Merkmal geladen⟫" in words
    assert "⟪lief nicht, obwohl ⟪stets shutdown.log⟫⟫" in words
    assert tongue.word(judged.limitations[0]) == "⟪nie Nachrichten⟫"
    assert "no indicator was loaded" in [gap.reason for gap in judged.gaps]


def test_errors_come_out_in_another_language(folder: Path) -> None:
    """With their steps as the face makes them."""
    error = ConflictError("The case {slug} is closed.", hint=say("Use {0} first.", do("case reopen")), slug="lai")
    tongue = translator("de", folder)
    assert tongue.word(error.message) == "⟪lai ist zu⟫"
    assert tongue.word(error.hint, command) == "⟪zuerst 'mvtcase case reopen'⟫"
    assert str(error) == "The case lai is closed."


def test_what_a_case_keeps_is_worded_when_it_is_shown(folder: Path) -> None:
    """A reason that was stored reads in any language; one of version 0.1.0 is the words it was."""
    kept = why("module.counted", there=9, examined=4).data
    assert translator("de", folder).word(reason_of(kept)) == "⟪4 von 9⟫"
    assert translator("de", folder).word(reason_of("it failed")) == "it failed"


def test_what_a_catalogue_lacks_or_has_wrong_stays_english(folder: Path) -> None:
    """An unsure translation counts as none, and one with other parameters is no translation."""
    tongue = translator("de", folder)
    assert tongue.word(why("outcome.not_run")) == "the module did not run"
    assert tongue.word(why("worker.status", status=1)) == "the worker ended with status 1"
    assert tongue.word(why("module.failed", error="x")) == "the module failed: x"


def test_a_language_is_found_by_its_own_or_its_wider_name(folder: Path) -> None:
    """`de_AT` reads `de`; a language without a catalogue reads English."""
    assert languages(folder) == ("en", "de")
    assert translator("de_AT", folder).language == "de"
    assert translator("fr", folder).language == translator().language == "en"
    assert languages() == ("en", "zh-TW")


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("zh_TW.UTF-8", "zh-TW"),
        ("zh-tw", "zh-TW"),
        ("zh_Hant_TW", "zh-TW"),
        ("zh", "zh-TW"),
        ("zh_CN.UTF-8", None),
        ("en_GB.UTF-8", "en"),
        ("C.UTF-8", None),
        ("POSIX", None),
        ("", None),
    ],
)
def test_a_person_names_a_language_in_many_ways(name: str, language: str | None) -> None:
    """As the environment does, or by hand; simplified characters are not given traditional ones."""
    assert language_of(name) == language


def test_the_first_variable_that_is_set_names_the_language() -> None:
    """Ours before the system's, and in the system's own order."""
    assert spoken({"LANG": "zh_TW.UTF-8"}) == "zh-TW"
    assert spoken({"LC_ALL": "en_US.UTF-8", "LANG": "zh_TW.UTF-8"}) == "en"
    assert spoken({"MVTCASE_LANGUAGE": "zh-TW", "LC_ALL": "en_US.UTF-8"}) == "zh-TW"
    assert spoken({"LC_ALL": "C", "LANG": "zh_TW.UTF-8"}) is None
    assert spoken({}) is None


def test_a_language_with_three_forms_counts_in_three(tmp_path: Path) -> None:
    """By the rule that the catalogue itself gives; English has its two without a catalogue."""
    catalogue = Catalog(locale="pl")
    catalogue.add(("{n} gap", "{n} gaps"), ("{n} luka", "{n} luki", "{n} luk"))
    place = tmp_path / "pl" / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "mvtcase.po").open("wb") as handle:
        write_po(handle, catalogue)
    tongue = translator("pl", tmp_path)
    told = [tongue.word(say("{gaps}.", gaps=count("{n} gap", "{n} gaps", n))) for n in (1, 3, 5)]
    assert told == ["1 luka.", "3 luki.", "5 luk."]
    assert [str(count("{n} gap", "{n} gaps", n)) for n in (0, 1, 2)] == ["0 gaps", "1 gap", "2 gaps"]


def test_what_a_case_keeps_as_a_sentence_is_known_again(folder: Path) -> None:
    """By its words; what no catalogue knows stays as it was written, and so does what evidence says."""
    tongue = translator("de", folder)
    assert tongue.word(say("{error}", error=Kept("The case lai is closed."))) == "⟪lai ist zu⟫"
    assert tongue.word(say("{error}", error="The case lai is closed.")) == "The case lai is closed."
    assert tongue.again("Nobody ever said this.") == "Nobody ever said this."


@pytest.fixture(scope="module")
def script() -> Any:
    """The script that keeps catalogues up to date."""
    spec = importlib.util.spec_from_file_location("catalogues", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_catalogue_holds_every_kind_of_sentence(script: Any) -> None:
    """Reasons, what kinds of evidence say, errors, hints, messages, help, tables, templates and counted things."""
    told = {sentence for sentence, _ in script.sentences()}
    assert {"Start a case.", "Where; default: here.", "last scan", "no_trace", "Officials", "Usage:"} <= told
    assert {"Bottom line", "Dear {who},", "No limit on disclosure.", ("{n} gap", "{n} gaps")} <= told
    assert {each for each in SENTENCES.values() if re.search(r"[a-z] [a-z]", each)} <= told
    for kind in KINDS:
        assert {each.text for each in kind.limitations} <= told
    assert {"A judgement needs its reason.", "{0} shows the cases.", "Next: {0}.", "Check the path."} <= told


def test_a_new_language_is_made_and_kept_by_the_script(script: Any, tmp_path: Path) -> None:
    """What was translated stays when the catalogue is brought up to date."""
    path = script.update("de", tmp_path)
    text = path.read_text("utf-8")
    assert 'msgid "no indicator was loaded"\nmsgstr ""' in text
    told = text.replace(
        'msgid "no indicator was loaded"\nmsgstr ""', 'msgid "no indicator was loaded"\nmsgstr "nichts"'
    )
    path.write_text(told, "utf-8")
    script.update("de", tmp_path)
    translator.cache_clear()
    assert translator("de", tmp_path).word(why("indicators.none")) == "nichts"
