"""Restate published indicator values as tables of our own: `iocs/<set>.csv`, one row a value.

Run `python scripts/build_builtin_sets.py FOLDER` over a folder with the published STIX files named in `SETS`; the same
files give the same tables. Values are facts; nothing else of a file is taken: no descriptions, no ids. Publisher,
address and licence stand in `iocs/catalog.toml`, the attribution in `iocs/LICENSE-SETS.md`. `date` is the day from
which on the file calls the value valid.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

IOCS = Path(__file__).resolve().parents[1] / "iocs"
COLUMNS = ("type", "value", "family", "report", "date")
AMNESTY_METHOD = "Amnesty International, Forensic Methodology Report, 2021-07-18, as updated"
SETS: dict[str, str] = {
    "pegasus": AMNESTY_METHOD,
    "cytrox": "Amnesty International, Cytrox Predator indicators, 2021-12-16, as updated",
    "android_campaign_2023": "Amnesty International, Android mercenary spyware campaign, 2023-03-29",
    "wintego_helios": "Amnesty International, Wintego Helios indicators, 2024-05-02",
    "novispy": "Amnesty International, A Digital Prison (Serbia), 2024-12-16",
    "candiru": "MVT indicators, Candiru DevilsTongue",
    "cellebrite": "MVT indicators, Cellebrite",
    "darksword": "MVT indicators, DarkSword iOS exploit chain",
    "eaglemsgspy": "MVT indicators after Lookout, EagleMsgSpy",
    "kingspawn": "MVT indicators after Microsoft and The Citizen Lab, QuaDream KingsPawn",
    "operation_triangulation": "MVT indicators after Kaspersky, Operation Triangulation",
    "predator": "MVT indicators, Intellexa Predator",
    "rcs": "MVT indicators after Google and Lookout, RCS Lab",
    "wyrmspy_dragonegg": "MVT indicators after Lookout, WyrmSpy and DragonEgg",
}
"""The published sets that are restated, and the report that a row names."""


def table(bundle: dict[str, Any], report: str) -> str:
    """Return a bundle's values as a CSV table, sorted, each once.

    Raises `ValueError` for a pattern that is no single comparison, since a value must not be lost in silence.
    """
    named = {each["id"]: each.get("name", "") for each in bundle["objects"] if each["type"] == "malware"}
    family = next(iter(named.values()), "")
    rows = {
        (*_comparison(each["pattern"]), family, report, str(each.get("valid_from", ""))[:10])
        for each in bundle["objects"]
        if each["type"] == "indicator"
    }
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(sorted(rows))
    return out.getvalue()


def _comparison(pattern: str) -> tuple[str, str]:
    left, found, right = pattern.strip().strip("[]").partition("=")
    value = right.strip()
    if not found or value[:1] not in {"'", '"'} or value[-1:] != value[:1] or value[0] in value[1:-1]:
        raise ValueError(f"no single comparison: {pattern}")
    return left.strip(), value[1:-1]


def main(folder: Path) -> None:
    """Write the tables from the published files in a folder."""
    for name, report in SETS.items():
        bundle = json.loads((folder / f"{name}.stix2").read_text("utf-8"))
        (IOCS / f"{name}.csv").write_text(table(bundle, report), encoding="utf-8")
        print(name, len([each for each in bundle["objects"] if each["type"] == "indicator"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
