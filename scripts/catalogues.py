"""Bring the catalogues of other languages up to date: `python scripts/catalogues.py zh_TW` makes or updates that one.

Every sentence people read is collected: the reasons, what the kinds of evidence say of themselves, what reports, tables
and help say, and the texts of errors, hints and messages where the source gives them. A new language is its `.po` file
below the folder `locale` of the wording package and nothing else; what it lacks stays English.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer.main
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

import mvtcase
from mvtcase import errors, kinds, model
from mvtcase.canon import StrEnum
from mvtcase.cli import app
from mvtcase.correlate import MEANING
from mvtcase.findings.ratings import rules
from mvtcase.kinds.words import Trace
from mvtcase.model import reach, records
from mvtcase.report import device, group, incident, letter, publication
from mvtcase.report import sentences as report
from mvtcase.report.narrative import METHODS
from mvtcase.report.numbers import COUNTED
from mvtcase.report.phrases import phrases
from mvtcase.wording import Said
from mvtcase.wording.catalogues import DOMAIN, LOCALE
from mvtcase.wording.english import SENTENCES
from mvtcase.workflow import cases, editions, exports, iocs, triage
from mvtcase_readers import drift

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SOURCE = Path(mvtcase.__file__).parent
TEMPLATES = SOURCE / "web" / "templates"
TELLING = {"say", "sentence", "Said", "DatabaseNotFoundError", "DatabaseCorruptedError"} | {
    name for name in vars(errors) if name.endswith("Error")
}
"""The names of calls whose first argument, or argument `hint`, people read."""
ASKING = {"ask", "confirm"}
TABLES = {"table", "record", "records", "facts"}
UNCHANGED = (model.Tlp, model.Level)
"""Closed sets whose words are the same in every language."""
SHOWN_WHOLE = (
    *(each for each in vars(records).values() if is_dataclass(each) and isinstance(each, type)),
    *(exports.ExportShown, cases.Place, iocs.WholeSet, records.DeviceIdentity),
)
"""Records whose fields a table names without being told which."""
OF_TOOLS = (
    *("unable to find the module's database file", "file is not a database", "database disk image is malformed"),
    *("disk I/O error", "file is encrypted or is not a database"),
)
"""What MVT and SQLite say most often; of our own plugins, what they raise."""
_GUESSED = "(inference: no published source states this)"
OF_LINE = (
    f"R3: {{chats}} chats went unsealed together {_GUESSED}",
    f"R3: {{chats}} chats were unsealed from {{first}} and are sealed again since {{last}} {_GUESSED}",
    f"R2: the last messages of {{chats}} one-to-one chats are sealed {_GUESSED}",
    f"R5: nearly all of {{peers}} active chats are held as not sealable {_GUESSED}",
    "R1: the account switch E2EE_ENABLE reads 0 (off)",
    "R1: the account switch E2EE_ENABLE reads 1 (on) on this phone",
    "R7: contradiction: nearly all of {peers} active chats are held as not sealable, other data says sealed",
    "R7: databases: this acquisition carries no app databases",
    *("it carries no time", "the account switch reads off", "yet the account switch reads on", "no chat could be read"),
    "ask for the lock sign on the screen (docs/line.md)",
    "too few chats speak about the change to tell the account from its peers",
    "the messages do not show how sealing stood at the end",
    "no written text with a readable time, and only those show sealing",
    "no message says it was sealed, so the missing mark tells nothing",
    "LINE holds keys for {held} of {peers} active chats, which does not show that it uses them",
    *("no account switch is known on iOS", "LINE account {account}"),
)
"""What the plugin for LINE writes into the note of an observation, piece by piece."""
PLUGINS = ("mvt_plugin_androidqf", "mvt_plugin_line", "mvt_plugin_sysdiagnose")
FRAME = (
    *("No such command {name}. Did you mean {other}?", "No such option: {name} (Possible options: {other})"),
    *("Usage:", "Options:", "Arguments:", "Commands:", "[required]", "Show this message and exit.", "[default: "),
    *("[OPTIONS]", "No such option: {name}", "No such command {name}.", "Missing argument {name}.", "Missing command."),
    *("Missing option {name}.", "Option {name} requires an argument.", "Invalid value for {name}: {why}"),
    *("Got unexpected extra argument ({names})", "Got unexpected extra arguments ({names})"),
)
"""What the library that reads the command line writes by itself."""


@functools.cache
def sentences() -> tuple[tuple[str | tuple[str, str], str], ...]:
    """Return every sentence with where it stands; a pair where English has a form for one thing and one for several."""
    return tuple((text, place) for text, place in _all() if _tells(text if isinstance(text, str) else text[0]))


def _tells(text: str) -> bool:
    return bool(re.search(r"[A-Za-z.,;:()]", re.sub(r"\{[^{}]*\}", "", text)))


def _all() -> Iterator[tuple[str | tuple[str, str], str]]:
    yield from ((sentence, code) for code, sentence in SENTENCES.items())
    for kind in kinds.KINDS:
        told = (*(each.text for each in kind.limitations), *(each.reason for each in kind.key_modules))
        yield from ((each, str(kind.name)) for each in (*told, kind.never_whole, kind.words) if each)
    yield from ((each, "reach") for each in (*(each.words for each in Trace), reach.NO_RECORDS, reach.NOT_CARRIED))
    yield from ((each, "report") for each in (*METHODS.values(), *MEANING.values()))
    yield from ((pair, "report") for pair in COUNTED.values())
    yield from ((each, "report") for each in _marked(vars(report)))
    yield from ((each, "triage") for each in triage.QUESTIONS.values())
    yield from ((each, rule.id) for rule in rules() for each in (rule.says, rule.common, rule.causes, rule.unusual))
    yield from ((each, "words") for each in (*_words(), *drift.WORDS.values()))
    yield from ((each, "help") for each in (*_helped(typer.main.get_command(app.app)), *FRAME))
    yield from ((each, "tools") for each in (*OF_TOOLS, *OF_LINE))
    for path in sorted(each for name in PLUGINS for each in (SOURCE.parent / name).rglob("*.py")):
        yield from ((text, path.name) for text in _told_in(ast.parse(path.read_text("utf-8"))) if "%" not in text)
    for path in sorted(SOURCE.rglob("*.py")):
        place, tree = str(path.relative_to(SOURCE)), ast.parse(path.read_text("utf-8"))
        yield from ((text, place) for text in _told_in(tree))
        if path.parent.name == "cli" and path.name not in {"output.py", "app.py"}:
            yield from ((text, place) for text in _drawn_in(tree))
    for path in sorted(TEMPLATES.glob("*.j2")):
        found = phrases(path.read_text("utf-8"), markdown=".md." in path.name)
        yield from ((text, path.name) for text in found)


def _marked(value: object) -> Iterator[str]:
    """Yield the fixed sentences among some values."""
    if isinstance(value, Said):
        yield str(value)
    elif isinstance(value, (tuple, dict)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _marked(each)


def _words() -> Iterator[str]:
    """Yield the words of closed sets as tables show them, and the names of fields."""
    for each in (*vars(model).values(), editions.Kind, publication.Edition):
        if isinstance(each, type) and issubclass(each, StrEnum) and each not in UNCHANGED:
            yield from map(str, each)
    yield from (str(each).replace("_", " ") for each in model.Status)
    for record in (*SHOWN_WHOLE, incident.IncidentFacts, group.GroupFacts, letter.LetterFacts, device.DeviceFacts):
        yield from (each.name.replace("_", " ") for each in fields(record))


def _helped(command: Any) -> Iterator[str]:  # noqa: ANN401  # typer's own classes are private
    """Yield what the help of a command and of all below it says."""
    yield from (inspect.cleandoc(each) for each in (command.help, command.epilog) if each)
    yield from filter(None, (getattr(each, "help", None) for each in command.params))
    for each in getattr(command, "commands", {}).values():
        yield from _helped(each)


def _told_in(tree: ast.AST) -> Iterator[str | tuple[str, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name == "count" and len(texts := list(_texts(node.args[:2]))) > 1:
            yield texts[0], texts[1]
        elif name == "said":
            yield from _texts(inner for each in node.args for inner in ast.walk(each))
        elif name == "Difference":
            yield from _texts(each.value for each in node.keywords if each.arg == "what")
        elif name in TELLING | ASKING:
            yield from _texts([*node.args[:1], *(each.value for each in node.keywords if each.arg == "hint")])


def _drawn_in(tree: ast.AST) -> Iterator[str]:
    """Yield the titles of tables, and the names of their columns."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TABLES:
            yield from _texts(node.args[:1])
        if isinstance(node, ast.Tuple) and len(node.elts) > 1 and all(map(_is_text, node.elts)):
            yield from (each.replace("_", " ") for each in _texts(node.elts))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _texts(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for each in nodes:
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value:
            yield each.value


def template() -> Catalog:
    """Return the catalogue of all sentences without a translation."""
    catalogue = Catalog(domain=DOMAIN, project=DOMAIN, charset="utf-8")
    found = [text for text, _ in sentences()]
    pairs = {text[0]: text for text in found if not isinstance(text, str)}
    for text in found:
        catalogue.add(pairs.get(text, text) if isinstance(text, str) else text)
    return catalogue


def update(language: str, folder: Path = LOCALE) -> Path:
    """Make or update a language's catalogue and return its path; translations of sentences still said stay."""
    path = folder / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue = Catalog(locale=language, domain=DOMAIN, fuzzy=False)
    if path.is_file():
        with path.open("rb") as handle:
            catalogue = read_po(handle, locale=language, domain=DOMAIN)
    catalogue.update(template(), no_fuzzy_matching=True)
    with path.open("wb") as handle:
        write_po(
            handle, catalogue, sort_output=True, no_location=True, ignore_obsolete=True, omit_header=False, width=0
        )
    return path


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        print(f"wrote {update(wanted)}")
