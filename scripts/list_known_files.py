"""List published indicator files by hash in `iocs/known-files.tsv`: an import then knows where a file comes from.

Run `python scripts/list_known_files.py FOLDER`, over a folder with git copies of the repositories in `REPOSITORIES`,
each named `<owner>+<name>`. Hash, place, title and day of each file are written, nothing of its content. Of the
repositories whose sets are updated in place every version of a STIX file is listed, of the others the newest.
"""

from __future__ import annotations

import csv
import hashlib
import re
import subprocess
import sys
from operator import itemgetter
from pathlib import Path

IOCS = Path(__file__).resolve().parents[1] / "iocs"
COLUMNS = ("sha256", "repository", "path", "date", "title")
REPOSITORIES = (
    "AmnestyTech/investigations",
    "AssoEchap/stalkerware-indicators",
    "citizenlab/malware-indicators",
    "mvt-project/mvt-indicators",
)
_SETS = re.compile(r"(?:\.(?:csv|txt|stix2|json|xml|ioc|yaml)|/hosts(?:_full)?)\Z")
_NO_SETS = re.compile(r"requirements|scripts/|vendors/|indicators(?:_yaml_entry)?\.(?:yaml|txt)\Z|android_tlv_list")
_ROW = re.compile(r"\|\s*\[(?P<folder>[^\]]+)\]\([^)]*\)\s*\|\s*\[(?P<title>[^\]]+)\]")
_HEADING = re.compile(r"^#\s+(.+)$", re.MULTILINE)


Row = tuple[str, str, str, str, str]


class Repository:
    """A git copy of a published repository."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._folder = folder

    def git(self, *arguments: str) -> bytes:
        """Return what git answers."""
        command = ["git", "--git-dir", str(self._folder), *arguments]
        return subprocess.run(command, check=True, capture_output=True).stdout

    def text(self, path: str) -> str:
        """Return a file of the newest version, empty when it has none."""
        try:
            return self.git("show", f"HEAD:{path}").decode("utf-8", "replace")
        except subprocess.CalledProcessError:
            return ""

    def rows(self) -> set[Row]:
        """Return a row for each version of each file that is listed."""
        titles = self._titles()
        rows: set[Row] = set()
        for path in (
            self.git("-c", "core.quotePath=false", "ls-tree", "-r", "--name-only", "HEAD").decode().splitlines()
        ):
            if not _SETS.search(f"/{path}") or _NO_SETS.search(path):
                continue
            title = titles.get(path.partition("/")[0]) or self._heading(path)
            for commit, day in self._versions(path):
                digest = self._digest(commit, path)
                if digest:
                    rows.add((digest, self.name, path, day, title))
        return rows

    def _titles(self) -> dict[str, str]:
        found = _ROW.finditer(self.text("README.md"))
        return {each["folder"]: each["title"].strip('"\u201c\u201d ') for each in found}

    def _heading(self, path: str) -> str:
        folder = path.rpartition("/")[0]
        heading = _HEADING.search(self.text(f"{folder}/README.md")) if folder else None
        return heading[1].strip() if heading else (folder or self.name.partition("/")[2])

    def _versions(self, path: str) -> list[tuple[str, str]]:
        every = path.endswith(".stix2") and self.name != "AssoEchap/stalkerware-indicators"
        limit = () if every else ("-1",)
        lines = self.git("log", *limit, "--format=%H %cs", "HEAD", "--", path).decode().splitlines()
        return [(commit, day) for commit, _, day in (line.partition(" ") for line in lines)]

    def _digest(self, commit: str, path: str) -> str:
        try:
            return hashlib.sha256(self.git("show", f"{commit}:{path}")).hexdigest()
        except subprocess.CalledProcessError:  # deleted there, or too large for this copy
            return ""


def _place(row: Row) -> tuple[str, str, str]:
    return row[1], row[2], row[3]


def main(folder: Path) -> None:
    """Write the table."""
    rows = {row for name in REPOSITORIES for row in Repository(name, folder / name.replace("/", "+") / "repo").rows()}
    newest: dict[str, Row] = {row[0]: row for row in sorted(rows, key=itemgetter(3), reverse=True)}
    listed = sorted(newest.values(), key=_place)
    with (IOCS / "known-files.tsv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, dialect="excel-tab", lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(listed)
    print(len(newest), "files")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
