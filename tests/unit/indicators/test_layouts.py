"""Layouts in which indicators are published: tables by column, TinyCheck, apps in YAML; what is none says so."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest

from mvtcase.canon import sha256_bytes
from mvtcase.errors import IndicatorFileError, MvtcaseError
from mvtcase.indicators import known
from mvtcase.indicators.catalog import builtin_folder
from mvtcase.indicators.files import read_set
from mvtcase.indicators.passport import Details

COUNTS = Path(__file__).with_name("published_counts.tsv")
PUBLISHED = Path(os.environ.get("MVTCASE_PUBLISHED", "/nonexistent"))
"""Where checkouts of the repositories that the table names lie, each named `<owner>+<name>`."""


def test_columns_named_for_their_type() -> None:
    """Each is read as what its header says, and families make collections; other columns are named as unread."""
    text = f"SHA256,Package Name,Certificate,Version,App\n{'ab' * 32},com.spy,{'cd' * 20},9,Spy\n{'ef' * 32},,,1,\n"
    reading = read_set(text.encode(), "samples.csv")
    assert reading.counts() == {"app_cert_hashes": 1, "app_ids": 1, "files_sha256": 2}
    assert [each.name for each in reading.collections] == ["Spy", "samples"]
    assert reading.origin.families == ("Spy",)
    assert any("version" in each for each in reading.remarks)


_HASHES = f'"{"ab" * 32},{"cd" * 20},{"ef" * 16}"'


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("domain_name,ip_address\nevil.example,192.0.2.1\n", {"domains": 2}),
        ("MD5,,C2,Malware Family\n" + "ab" * 16 + ",,c2.example,Evil\n", {"domains": 1, "files_md5": 1}),
        ("File,MD5\nputty.exe [stage 1]," + "ab" * 16 + "\n", {"files_md5": 1}),
        ("type,indicator,app\ndomain,evil.example,Spy\n", {"domains": 1}),
        ("evil.example\nwho@evil.example\n", {"domains": 1, "emails": 1}),
        (
            "type,value,category\nurl,https://research.example/report,External analysis\ndomain,a.example,\n",
            {"domains": 1},
        ),
        ("type,value\nlink,https://research.example/report\ndomain,a.example\n", {"domains": 1}),
        (
            f"value,entity_type\nevil.example,hostname\n192.0.2.1,ipaddress\nspy.apk,file\n{_HASHES},file\n",
            {"domains": 2, "file_names": 1, "files_md5": 1, "files_sha1": 1, "files_sha256": 1},
        ),
    ],
)
def test_tables_as_they_are_published(text: str, counts: dict[str, int]) -> None:
    """By their first line, whatever they are called; what a report links to is no indicator."""
    assert read_set(text.encode(), "table.csv").counts() == counts


@pytest.mark.parametrize(
    ("name", "text", "counts"),
    [
        ("samples.sha256", f"{'ab' * 32}\n", {"files_sha256": 1}),
        ("samples.md5", f"{'ab' * 16} (the loader)\n{'cd' * 16} - a later one\n", {"files_md5": 2}),
        ("words.txt", "rule\nruler\nevil.example\n", {"domains": 1}),
    ],
)
def test_lists_as_they_are_published(name: str, text: str, counts: dict[str, int]) -> None:
    """An ending tells the hash, a note behind a hash is none of it, and a word alone makes no rule."""
    assert read_set(text.encode(), name).counts() == counts


def test_tinycheck() -> None:
    """Its tags are collections; what MVT has no check for is listed."""
    rows = [("domain", "evil.example"), ("ip4addr", "192.0.2.1"), ("snort", "alert …")]
    entries = [{"type": kind, "value": value, "tag": "stalkerware", "tlp": "white"} for kind, value in rows]
    reading = read_set(json.dumps({"iocs": entries}).encode(), "iocs.json")
    assert (reading.counts(), len(reading.unusable)) == ({"domains": 2}, 1)
    assert reading.origin.families == ("stalkerware",)


APPS = """
- name: SpyApp
  type: stalkerware
  packages: [com.spy.app]
  certificates: [ABABABABABABABABABABABABABABABABABABABAB]
  websites: [spyapp.example]
  distribution: [download.example]
  c2: {domains: [c2.example], ips: [192.0.2.1]}
"""


def test_apps_in_yaml() -> None:
    """Packages, certificates and servers are compared; the vendor's site is what a curious person opens."""
    reading = read_set(APPS.encode(), "ioc.yaml")
    assert reading.counts() == {"app_cert_hashes": 1, "app_ids": 1, "domains": 2}
    assert [each.given for each in reading.unusable] == ["spyapp.example", "download.example"]
    assert all(each.reason.startswith("context:") for each in reading.unusable)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("set.xml", "<stix:STIX_Package xmlns:stix='x'/>", "STIX 1 is not read"),
        ("set.ioc", "<?xml version='1.0'?><ioc xmlns='http://schemas.mandiant.com/2010/ioc'/>", "OpenIOC is not read"),
        ("page.txt", "<!doctype html>", "web page"),
        ("set.txt", 'import "pe"\nrule Evil : spy\n{\n strings:\n}\n', "YARA rules are not read"),
        ("set.yar", "rule x {}", "YARA rules are not read"),
        ("x.rules", "alert tcp any any -> any any (msg:1;)", "network sensor are not read"),
        ("README.md", "# Indicators\nevil.example", "a text or a program"),
        ("README.adoc", "= Indicators\nhttps://research.example/report", "a text or a program"),
        (
            "LICENSE",
            "All rights are reserved\nsee the page\nhttps://research.example/report\nfor what they mean\n",
            "a text or a program",
        ),
        ("export.json", '{"id": "x:STIXPackage-1", "version": "1.1.1", "stix_header": {}}', "STIX 1 is not read"),
        ("indicators.yaml", "indicators:\n- name: x\n", "names indicator sets"),
        ("vendor.yaml", "- company: x\n", "no list of apps"),
        ("bomb.yaml", "- &a [x]\n- *a\n", "uses aliases"),
        ("broken.yaml", "a: [\n", "no readable YAML"),
        ("table.csv", "Group ID,Function\n1,x\n", "no column"),
    ],
)
def test_what_is_no_set_is_named(name: str, text: str, said: str) -> None:
    """The error says what the file is; nothing in it is guessed to be an indicator."""
    with pytest.raises(IndicatorFileError, match=said):
        read_set(text.encode(), name)


def test_a_published_file_is_known_by_its_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Publisher, licence, address and day come from the table; a person's own words stand before them."""
    data = b"<stix:STIX_Package/>"
    place = {"repository": "citizenlab/malware-indicators", "date": "2016-08-24", "title": "A report"}
    files = [
        known.KnownFile(sha256=sha256_bytes(data), path="201608_NSO_Group/stix.xml", **place),
        known.KnownFile(sha256="b" * 64, path="201608_NSO_Group/iocs.csv", **place),
    ]
    monkeypatch.setattr(known, "_table", lambda: {each.sha256: each for each in files})
    told = known.completed(Details(publisher="ours"), "b" * 64)
    assert (told.publisher, told.licence, told.published_at) == ("ours", "CC-BY-NC-SA-4.0", "2016-08-24")
    with pytest.raises(IndicatorFileError, match="STIX 1") as raised:
        read_set(data, "stix.xml")
    assert "201608_NSO_Group/iocs.csv" in str(raised.value.hint)


def test_the_table_of_known_files_is_whole() -> None:
    """Every row has a hash of its own, a repository with a publisher, and a day."""
    with (builtin_folder() / known.TABLE).open(encoding="utf-8", newline="") as handle:
        rows = [known.KnownFile(**row) for row in csv.DictReader(handle, dialect="excel-tab")]
    assert len({each.sha256 for each in rows}) == len(rows) > 200
    assert all(each.details.publisher and each.details.licence and len(each.date) == 10 for each in rows)


def _outcome(path: Path) -> str:
    try:
        reading = read_set(path.read_bytes(), path.name)
    except MvtcaseError as error:
        return str(error).removeprefix(f"{path.name}: ").removeprefix(f"{path.name} ")[:60]
    context = sum(each.reason.startswith("context:") for each in reading.unusable)
    counts = ", ".join(f"{count} {kind}" for kind, count in reading.counts().items()) or "nothing to compare"
    return f"{counts}; {context} context, {len(reading.unusable) - context} unusable"


@pytest.mark.shared
def test_every_published_file_is_read_rightly_or_refused_by_name() -> None:
    """What each file of six public repositories gave, at the commits named: values by type, context rows, refusals."""
    if not PUBLISHED.is_dir():
        pytest.skip("the published repositories are not at hand (MVTCASE_PUBLISHED)")
    with COUNTS.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, dialect="excel-tab"))
    found = [(row["path"], _outcome(PUBLISHED / row["repository"].replace("/", "+") / row["path"])) for row in rows]
    assert found == [(row["path"], row["outcome"]) for row in rows]
