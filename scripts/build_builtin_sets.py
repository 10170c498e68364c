"""Restate published indicator values as tables of our own: `iocs/<set>.csv`, one row a value.

Run `python scripts/build_builtin_sets.py FOLDER` over a folder with the published STIX files named in `SOURCES`; the
same files give the same tables. Values are facts; nothing else of a file is taken: no descriptions, no ids. Publisher,
address and licence stand in `iocs/catalog.toml`, the attribution in `iocs/LICENSE-SETS.md`. `report` and `date` say
where and when a value was first published.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

IOCS = Path(__file__).resolve().parents[1] / "iocs"
COLUMNS = ("type", "value", "family", "report", "date")
TARGETS = "Amnesty International, Amnesty International Among Targets of NSO-powered Campaign"
METHOD = "Amnesty International, Forensic Methodology Report"
LATER = "Amnesty International, additions to the Pegasus indicators"
CYTROX = "Amnesty International, Cytrox Predator indicators"
SOURCES: dict[str, dict[str, str]] = {
    "pegasus": {
        "2021-07-18": METHOD,
        "2018-08-01": TARGETS,
        **dict.fromkeys(("2021-12-06", "2022-01-31", "2022-02-11", "2022-02-17", "2022-03-21", "2022-04-05"), LATER),
        **dict.fromkeys(("2022-04-19", "2022-04-25", "2022-07-14", "2024-01-26"), LATER),
    },
    "cytrox": {"2021-12-16": CYTROX, "2022-04-19": CYTROX, "2022-05-23": CYTROX, "2023-07-28": CYTROX},
    "android_campaign_2023": {"2023-03-29": "Amnesty International, Android mercenary spyware campaign"},
    "wintego_helios": {"2024-05-02": "Amnesty International, Wintego Helios indicators"},
    "novispy": {"2024-12-16": "Amnesty International, A Digital Prison (Serbia)"},
    "candiru": {"2025-08-08": "MVT indicators, Candiru DevilsTongue"},
    "cellebrite": {"2026-01-22": "MVT indicators, Cellebrite"},
    "darksword": {"2026-03-30": "MVT indicators, DarkSword iOS exploit chain"},
    "eaglemsgspy": {"2025-06-25": "MVT indicators after Lookout, EagleMsgSpy"},
    "kingspawn": {"2023-04-11": "MVT indicators after Microsoft and The Citizen Lab, QuaDream KingsPawn"},
    "operation_triangulation": {"2023-10-23": "MVT indicators after Kaspersky, Operation Triangulation"},
    "predator": {"2026-02-17": "MVT indicators, Intellexa Predator"},
    "rcs": {"2022-06-24": "MVT indicators after Google and Lookout, RCS Lab"},
    "wyrmspy_dragonegg": {"2023-08-17": "MVT indicators after Lookout, WyrmSpy and DragonEgg"},
}
"""By set, the days on which values of it were first published, each with the report; the first is that of the rest.

The days of Amnesty's sets are those of the versions of their files in its repository.
"""

FIRST_PUBLISHED: dict[str, dict[str, str]] = {
    "pegasus": {
        "2021-12-06": "fnotifyd keybrd tisppd updaterd wifip2ppd",
        "2022-01-31": (
            "GoldenGate ameliehaggart@gmail.com arvidamelia1@gmail.com jlmvskrd "
            "martin.vdm78@gmail.com meliastahl@gmail.com passsd sylianosliatsos84@gmail.com "
            "yvonne.wechsler61@gmail.com"
        ),
        "2022-02-11": "mitchkremer14@outlook.com payload weertlaura1@outlook.com",
        "2022-02-17": ("awizo.info holiday-sun.net loginverify.net newsportal24.online oneadjump.com sale-2019.com"),
        "2022-03-21": "krystynajasinska86@gmail.com",
        "2022-04-05": (
            "akhbar-almasdar.com akhbar-islamyah.com akhbarnew.com al-nusr.net "
            "al-taleanewsonline.net al7erak247.com al7eraknews.com alrainew.com "
            "arabia-islamion.com cozmo-store.net hona-alrabe3.com khilafah-islamic.com "
            "login-service.net mangoutlet.net mobiles-security.net rss-me.com talabatt.net "
            "unsubscribe-now.net"
        ),
        "2022-04-19": (
            "123tramites.com adsmetrics.co infoquiz.net nnews.co redirstats.com statsads.co statsupplier.com"
        ),
        "2022-04-25": "bakkere268@gmail.com smithsonrobert080@gmail.com",
        "2022-07-14": "accountsecurities.org brfstagingd",
        "2024-01-26": "natalymarinova@proton.me stagegrad",
    },
    "cytrox": {
        "2022-04-19": (
            "/data/local/tmp/wd/ /data/local/tmp/wd/fs.db /private/var/tmp/UserEventAgent "
            "/private/var/tmp/com.apple.WebKit.Networking /private/var/tmp/hooker "
            "/private/var/tmp/takePhoto edolio5.com"
        ),
        "2022-05-23": "contents-domain.com redirecting.page",
        "2023-07-28": (
            "efsyn.news emvolio-gov.gr flash.gr.com inews.gr.com insurance.gr.com "
            "live24.gr.com lubentv.com tokoulouri.live tvxs.news vouliwatch.gr.com"
        ),
    },
}
"""Values that came after a set's first report. What was published before it keeps the day that its row has."""


def source_of(name: str, kind: str, value: str, kept: Mapping[tuple[str, str], str]) -> tuple[str, str]:
    """Return the report that first published a value, and its day.

    Raises `ValueError` when a row names a day that the table of sources lacks.
    """
    later = (day for day, values in FIRST_PUBLISHED.get(name, {}).items() if value in values.split())
    days = SOURCES[name]
    day = next(later, kept.get((kind, value), next(iter(days))))
    if day not in days:
        raise ValueError(f"{name}: {value} is said to be of {day}, which is no report's day")
    return days[day], day


def table(bundle: dict[str, Any], name: str, kept: Mapping[tuple[str, str], str]) -> str:
    """Return a bundle's values as a CSV table, sorted, each once, with the report that first published it.

    `kept` gives the days of the table before it. Raises `ValueError` for a pattern that is no single comparison, since
    a value must not be lost in silence, and for a source that is none.
    """
    named = {each["id"]: each.get("name", "") for each in bundle["objects"] if each["type"] == "malware"}
    family = next(iter(named.values()), "")
    patterns = {_comparison(each["pattern"]) for each in bundle["objects"] if each["type"] == "indicator"}
    rows = [(kind, value, family, *source_of(name, kind, value, kept)) for kind, value in patterns]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(sorted(rows))
    return out.getvalue()


def days_of(path: Path) -> dict[tuple[str, str], str]:
    """Return by type and value the day that each row of a table names."""
    with path.open(encoding="utf-8", newline="") as handle:
        return {(row["type"], row["value"]): row["date"] for row in csv.DictReader(handle)}


def _comparison(pattern: str) -> tuple[str, str]:
    left, found, right = pattern.strip().strip("[]").partition("=")
    value = right.strip()
    if not found or value[:1] not in {"'", '"'} or value[-1:] != value[:1] or value[0] in value[1:-1]:
        raise ValueError(f"no single comparison: {pattern}")
    return left.strip(), value[1:-1]


def main(folder: Path) -> None:
    """Write the tables from the published files in a folder."""
    for name in SOURCES:
        bundle = json.loads((folder / f"{name}.stix2").read_text("utf-8"))
        path = IOCS / f"{name}.csv"
        path.write_text(table(bundle, name, days_of(path)), encoding="utf-8")
        print(name, len([each for each in bundle["objects"] if each["type"] == "indicator"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
