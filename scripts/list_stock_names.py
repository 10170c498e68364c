"""Write `findings/stock_names.json`: published names that real phones carry as well, with where and on how many.

Run `python scripts/list_stock_names.py FOLDER SETS` with a folder of path lists (zipped CSV files with a column `path`,
one list of all files of one phone each) and a folder of STIX 2 sets. Only names of processes and files that stand in a
set and in a list are written, each with the folders it stands in, ids replaced by `*`: nothing else of the lists.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import zipfile
from collections import defaultdict
from pathlib import Path

TABLE = Path(__file__).resolve().parents[1] / "src" / "mvtcase" / "findings" / "stock_names.json"
_PUBLISHED = re.compile(r"\[(?:process:name|file:name)\s*=\s*'([^']+)'\]")
_ID = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F-]{22}")


def main(lists: Path, sets: Path) -> None:
    """Write the table."""
    names = {
        name for path in sorted(sets.glob("*.stix2")) for name in _PUBLISHED.findall(path.read_text(encoding="utf-8"))
    }
    places: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    phones = sorted(lists.glob("*.csv.zip"))
    for phone in phones:
        for path in _paths(phone):
            parts = path.strip("/").split("/")
            for number, part in enumerate(parts):
                if part in names:
                    places[part][_ID.sub("*", "/".join(parts[:number]))].add(phone.name)
    table = [
        {
            "name": name,
            "places": [
                {"folder": folder, "phones": f"{len(seen)} of {len(phones)}"} for folder, seen in sorted(found.items())
            ],
            "source": "path lists of public iOS test images (abrignoni/iLEAPP, MIT)",
        }
        for name, found in sorted(places.items())
    ]
    TABLE.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _paths(phone: Path) -> list[str]:
    with zipfile.ZipFile(phone) as archive:
        name = next(each for each in archive.namelist() if each.endswith(".csv") and "__MACOSX" not in each)
        text = archive.read(name).decode("utf-8", "replace")
    return [row["path"] for row in csv.DictReader(io.StringIO(text)) if row.get("path")]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
