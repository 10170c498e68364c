"""Bring the catalogues of other languages up to date: `python scripts/catalogues.py de` makes or updates German.

Every sentence people read is collected: the reasons, what the kinds of evidence say of themselves, and the texts of
errors, hints and messages where the source gives them. A new language is its `.po` file below
the folder `locale` of the wording package and nothing else; what it lacks stays English.
"""

from __future__ import annotations

import ast
import itertools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

import mvtcase
from mvtcase import errors, kinds
from mvtcase.findings.status import WORDS
from mvtcase.report.narrative import COUNTED, METHODS
from mvtcase.wording.catalogues import DOMAIN, LOCALE
from mvtcase.wording.english import SENTENCES

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(mvtcase.__file__).parent
TELLING = {"say"} | {name for name in vars(errors) if name.endswith("Error")}
"""The names of calls whose first argument, or argument `hint`, people read."""


def sentences() -> Iterator[tuple[str, str]]:
    """Yield every sentence with where it stands."""
    for code, sentence in SENTENCES.items():
        yield sentence, code
    for kind in kinds.KINDS:
        told = (*(each.text for each in kind.limitations), *(each.reason for each in kind.key_modules))
        yield from ((each, str(kind.name)) for each in (*told, kind.never_whole) if each)
    yield from ((each, "report") for each in (*METHODS.values(), *WORDS.values(), *itertools.chain(*COUNTED.values())))
    for path in sorted(SOURCE.rglob("*.py")):
        place = str(path.relative_to(SOURCE))
        yield from ((text, place) for text in _told_in(ast.parse(path.read_text("utf-8"))))


def _told_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TELLING:
            said = [*node.args[:1], *(each.value for each in node.keywords if each.arg == "hint")]
            for each in said:
                if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value:
                    yield each.value


def template() -> Catalog:
    """Return the catalogue of all sentences without a translation."""
    catalogue = Catalog(domain=DOMAIN, project=DOMAIN, charset="utf-8")
    for sentence, place in sentences():
        catalogue.add(sentence, locations=[(place, 1)])
    return catalogue


def update(language: str, folder: Path = LOCALE) -> Path:
    """Make or update a language's catalogue and return its path; translations stay, those no longer needed too."""
    path = folder / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue = Catalog(locale=language, domain=DOMAIN)
    if path.is_file():
        with path.open("rb") as handle:
            catalogue = read_po(handle, locale=language, domain=DOMAIN)
    catalogue.update(template())
    with path.open("wb") as handle:
        write_po(handle, catalogue, sort_output=True, include_lineno=False)
    return path


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        print(f"wrote {update(wanted)}")
