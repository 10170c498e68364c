"""Ask the programs that define each format whether they accept our exports: `python scripts/validate_exports.py VENV`.

The validators' pins do not fit ours, so they live in an environment of their own, made once by
`python -m venv VENV && VENV/bin/pip install stix2-validator case-utils pymisp`. LibreOffice opens DOCX and XLSX where
it is installed. All are of the invented example case and of the hostile one, exports in every edition.
The exit status is the number of files that were not accepted.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from builders import report_example, report_hostile
from mvtcase.report import case_uco, exchange, misp, stix
from mvtcase.report.incident import incident
from mvtcase.report.publication import Edition
from mvtcase.report.render import Format, render
from mvtcase.report.view import view_of
from mvtcase.wording import languages

if TYPE_CHECKING:
    from collections.abc import Iterator

READ_BY_PYMISP = """
import sys
from pymisp import MISPEvent
event = MISPEvent()
event.load_file(sys.argv[1])
assert event.objects or event.attributes
assert all(each._known_template for each in event.objects)
"""


def write(folder: Path) -> Iterator[tuple[str, Path]]:
    """Write the exports and yield each with the name of its format."""
    for name, book in (("example", report_example.casebook()), ("hostile", report_hostile.casebook())):
        for edition in Edition:
            view = view_of(book, replace(report_example.occasion(), edition=edition))
            named = edition is not Edition.OUTSIDE
            for form, made in (
                ("stix", stix.as_stix(view, with_names=named)),
                ("misp", misp.as_misp(view)),
                ("case-uco", case_uco.as_case_uco(view, with_names=named)),
            ):
                path = folder / f"{name}-{edition}-{form}.{'jsonld' if form == 'case-uco' else 'json'}"
                path.write_bytes(made.data)
                yield form, path


def write_office(folder: Path) -> Iterator[tuple[str, Path]]:
    """Write DOCX and XLSX of an incident report in both languages, and of exports, and yield each with its format."""
    for name, book, occasion in (
        ("example", report_example.casebook(), report_example.inside()),
        ("hostile", report_hostile.casebook(), report_hostile.inside()),
    ):
        for language in languages():
            facts = incident(book, replace(occasion, language=language), report_example.sealing())
            for form in (Format.DOCX, Format.XLSX):
                path = folder / f"{name}-{language}.{form}"
                path.write_bytes(render(facts, "incident", form))
                yield "office", path
        path = folder / f"{name}-findings.xlsx"
        path.write_bytes(exchange.as_xlsx(view_of(book, occasion), with_names=True).data)
        yield "office", path


def ask(tools: Path, form: str, path: Path) -> bool:
    """Return whether a format's own program accepts a file; what it says is printed where it does not."""
    calls = {
        "stix": [str(tools / "stix2_validator"), "--strict", str(path)],
        "misp": [str(tools / "python"), "-c", READ_BY_PYMISP, str(path)],
        "case-uco": [str(tools / "case_validate"), str(path)],
        "office": ["soffice", "--headless", "--convert-to", "pdf", "--outdir", str(path.parent), str(path)],
    }
    done = subprocess.run(calls[form], capture_output=True, text=True, check=False)
    made = form != "office" or path.with_suffix(".pdf").exists()  # LibreOffice fails with success
    path.with_suffix(".pdf").unlink(missing_ok=True)
    print(f"{'accepted' if made and done.returncode == 0 else 'REFUSED'}  {path.name}")
    if not made or done.returncode:
        print(done.stdout[-2000:], done.stderr[-2000:])
    return made and done.returncode == 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        files = [*write(Path(place)), *(write_office(Path(place)) if shutil.which("soffice") else ())]
        sys.exit(sum(not ask(Path(sys.argv[1]) / "bin", form, path) for form, path in files))
