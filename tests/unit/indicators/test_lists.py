"""Plain lists and tables: the type guessed where one answer is left, given, or read from a column."""

from __future__ import annotations

import pytest

from mvtcase.errors import IndicatorFileError, InputError
from mvtcase.indicators.files import read_set
from mvtcase.indicators.guessing import guessed_kind
from mvtcase.indicators.lists import GUESSED
from mvtcase.indicators.verdicts import Refused


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("https://evil.example/x", "urls"),
        ("hxxp://evil[.]example", "urls"),
        ("who[at]evil[.]example", "emails"),
        ("/private/var/tmp/evil", "file_paths"),
        ("192.0.2.1", "ipv4-addr"),
        ("192[.]0[.]2[.]0/24", "ipv4-addr"),
        ("0f8fad5b-d9cb-469f-a165-70867728950e", "ios_profile_ids"),
        ("evil[.]example", "domains"),
        ("evil.example/path", "domains"),
        ("com.evil.helper", "app_ids"),
        ("evil.plist", "file_names"),
    ],
)
def test_guesses(value: str, kind: str) -> None:
    """A form that leaves one answer gives it."""
    assert guessed_kind(value) == kind


@pytest.mark.parametrize("value", ["evild", "com.evil.online", "com.evil", "two words"])
def test_no_guess(value: str) -> None:
    """A form that leaves several answers gives none."""
    assert isinstance(guessed_kind(value), Refused)


@pytest.mark.parametrize("value", ["ab" * 16, "ab" * 20, "ab" * 32, "ab" * 13, "AB:" * 19 + "AB"])
def test_a_hash_is_never_guessed(value: str) -> None:
    """A file's hash and an app's certificate look the same: whoever imports must say which."""
    guess = guessed_kind(value)
    assert isinstance(guess, Refused)
    assert "give the type" in guess.reason


def test_a_guess_is_told_for_its_line() -> None:
    """Every guessed line stands in the passport with what it was taken for."""
    reading = read_set(b"evil.example\n/private/var/tmp/evil\n", "notes.txt")
    told = [(each.where, each.type, each.note) for each in reading.adjustments]
    assert told == [("line 1", "domains", GUESSED), ("line 2", "file_paths", GUESSED)]


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("domains.txt", "evil.sh", "domains"),
        ("v4_validation_domains.txt", "evil.com.co", "domains"),
        ("hosts", "0.0.0.0 evil.example", "domains"),
        ("quad9_blocklist.txt", "com.evil.app", "domains"),
        ("ip-addresses.txt", "192.0.2.7", "domains"),
        ("processes.txt", "com.apple.avcapture", "processes"),
        ("package_names.txt", "com.evil.online", "app_ids"),
        ("package_cert_hashes.txt", "ab" * 32, "app_cert_hashes"),
        ("sha256.txt", "ab" * 32, "files_sha256"),
        ("file_paths.txt", "/data/local/tmp/dropbox", "file_paths"),
        ("file_names.txt", "evil.example", "file_names"),
        ("files.txt", "roleaccountd.plist", "file_names"),
        ("android_properties.txt", "sys.brand.note", "android_property_names"),
        ("config_profiles.txt", "76DAB334-7E17-475D-A5D6-0794EB5818A5", "ios_profile_ids"),
        ("emails.txt", "who@evil.example", "emails"),
    ],
)
def test_the_name_of_a_list_tells_its_type(name: str, value: str, kind: str) -> None:
    """Publishers name their lists for what they hold; the form of a value would often say something else."""
    reading = read_set(value.encode(), name)
    assert reading.counts() == {kind: 1}
    assert GUESSED not in {each.note for each in reading.adjustments}


def test_list() -> None:
    """Comments and empty lines are no values, every other line is booked."""
    text = "\ufeff# comment\n\nevil[.]example  # why\r\n; other\n//x\nevild\nEvil.example\n"
    reading = read_set(text.encode(), "list.txt")
    assert (reading.in_file, reading.usable, reading.duplicates, len(reading.unusable)) == (3, 1, 1, 1)
    assert reading.unusable[0].where == "line 6"
    assert reading.collections[0].name == "list"


def test_list_of_one_kind() -> None:
    """A given type holds for every line."""
    reading = read_set(b"evild\nother\n", "list.txt", kind="process")
    assert reading.counts() == {"processes": 2}


def test_unknown_kind() -> None:
    """A type that is none is an error of the call."""
    with pytest.raises(InputError):
        read_set(b"evild\n", "list.txt", kind="nonsense")


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_table(mark: str) -> None:
    """A table is read by its columns, whatever separates them, and families become collections."""
    rows = [
        ["Type", "Value", "Family", "Comment"],
        ["domain", '"evil[.]example"', "Evil", "x"],
        ["sha256", "ab" * 32, "", ""],
        ["yara", "rule", "", ""],
        ["", "evil.example", "", ""],
        ["process"],
    ]
    reading = read_set("\n".join(mark.join(row) for row in rows).encode(), "table.csv")
    assert [each.name for each in reading.collections] == ["Evil", "table"]
    assert (reading.in_file, reading.usable, len(reading.unusable)) == (5, 2, 3)
    assert reading.origin.families == ("Evil",)


def test_table_without_types() -> None:
    """A table without a type column needs the type given."""
    data = b"value,comment\nevild,x\n"
    with pytest.raises(IndicatorFileError, match="column"):
        read_set(data, "table.csv")
    assert read_set(data, "table.csv", kind="process").counts() == {"processes": 1}


def test_table_by_its_header() -> None:
    """A table is known by its header under any file name."""
    assert read_set(b"type,value\ndomain,evil.example\n", "x.txt").format == "table"


@pytest.mark.parametrize("kind", [None, "domain", "url", "email", "app", "certificate"])
def test_long_lines_cost_no_time(kind: str | None) -> None:
    """Lines made to be slow are read in linear time: a quadratic one would not end."""
    lines = [
        "x" + " " * 8000 + "y",
        "[ . " * 2000,
        "\\" * 8000,
        "(" * 8000,
        "a@" * 4000,
        "-." * 4000,
        "x" + " " * 200_000,
    ]
    reading = read_set("\n".join(lines * 50).encode(), "list.txt", kind=kind)
    assert reading.in_file == len(lines) * 50


def test_huge_cell() -> None:
    """A cell over the reader's bound is a clear error."""
    with pytest.raises(IndicatorFileError, match="damaged table"):
        read_set(b"type,value\ndomain," + b"a" * 200_000 + b"\n", "x.csv")


RULES = """# of a proxy
payload:
  - DOMAIN-SUFFIX,evil.example,REJECT
  - 'DOMAIN,full.evil.example'
  - IP-CIDR,192.0.2.7/32,no-resolve
  - IP-CIDR,192.0.2.0/24
  - DOMAIN-KEYWORD,evil
  - PROCESS-NAME,evild
  - GEOIP,CN
"""


@pytest.mark.parametrize("name", ["rules.yaml", "domains.list", "surge.txt"])
def test_rule_lists_of_proxies_give_domains_and_addresses(name: str) -> None:
    """As Clash and Surge write them (wiki.metacubex.one); keywords, countries and processes are told, and no values."""
    text = RULES if name.endswith("yaml") else RULES.replace("  - ", "").replace("payload:\n", "").replace("'", "")
    reading = read_set(text.encode(), name)
    (collection,) = reading.collections
    assert {kind: set(values) for kind, values in collection.values.items() if values} == {
        "domains": {"evil.example", "full.evil.example", "192.0.2.7"}
    }
    assert [each.given.split(",")[0].lstrip("- ") for each in reading.unusable] == [
        "IP-CIDR", "DOMAIN-KEYWORD", "PROCESS-NAME", "GEOIP",
    ]  # fmt: skip


def test_a_table_of_domains_is_no_rule_list() -> None:
    """A header that says `domain` and `ip` stays one of a table."""
    assert read_set(b"DOMAIN,IP\nevil.example,192.0.2.7\n", "t.csv").origin is not None
