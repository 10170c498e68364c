"""The library: imports whole or not at all, versions kept, sets chosen, compiled, packed, found stale."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import stat
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.errors import (
    AmbiguousError,
    IndicatorFileError,
    IndicatorSetMissingError,
    InputError,
    NoUsableIndicatorError,
)
from mvtcase.indicators import packs
from mvtcase.indicators.compiling import file_names
from mvtcase.indicators.library import NEW, NEW_VERSION, UNCHANGED, IndicatorLibrary
from mvtcase.indicators.passport import Details, passport_from_json
from mvtcase.indicators.versions import safe_file_name, set_name
from mvtcase.matchset import read_matchset, write_matchset

if TYPE_CHECKING:
    from collections.abc import Callable

A, B, C = (f"[domain-name:value='{letter}.example']" for letter in "abc")
STARTER = "pegasus-starter"


def test_fresh_library_holds_the_built_in_set(indicator_library: IndicatorLibrary) -> None:
    """A new workspace scans with the built-in set, and nothing is written for asking."""
    assert indicator_library.names() == (STARTER,)
    (passport,) = indicator_library.active()
    assert passport.built_in
    assert passport.usable
    assert not indicator_library.folder.exists()


def test_import_same_changed(indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path]) -> None:
    """The same bytes are a no-op; changed ones are a new version that says what changed; the old one stays."""
    first = indicator_library.import_file(bundle_file(A, B))
    assert (first.state, first.added) == (NEW, (("domains", "a.example"), ("domains", "b.example")))
    again = indicator_library.import_file(bundle_file(A, B))
    assert (again.state, again.passport) == (UNCHANGED, first.passport)
    second = indicator_library.import_file(bundle_file(B, C))
    assert second.state == NEW_VERSION
    assert (second.added, second.removed) == ((("domains", "c.example"),), (("domains", "a.example"),))
    assert indicator_library.versions("invented") == (first.passport, second.passport)
    assert indicator_library.get("invented") == second.passport
    assert indicator_library.get("invented", first.passport.sha256[:10]) == first.passport
    old = indicator_library.compile([first.passport])
    assert read_matchset(old.matchset_path).collections[0].values["domains"] == ("a.example", "b.example")


def test_passport_survives_the_disk(indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path]) -> None:
    """A passport read again is the one that was written, reasons and adjustments included."""
    patterns = (A, '[domain-name:value="b.example"]', "[file:name LIKE 'x']", "[file:name='evil.plist']")
    details = Details(title="Title", publisher="Lab", licence="CC0-1.0", tlp="AMBER", references=("https://x.example",))
    passport = indicator_library.import_file(bundle_file(*patterns), details=details).passport
    (kept,) = indicator_library.versions("invented")
    assert kept == passport
    assert passport_from_json(passport.to_json()) == passport
    assert (kept.title, kept.publisher, kept.tlp, kept.families) == ("Title", "Lab", "AMBER", ("Invented",))
    assert kept.version == f"2026-01-02-{kept.sha256[:8]}"
    assert kept.stock == {"aborts": 1, "loads": 2, "mangles": 1}
    pinned = kept.to_indicator_set()
    assert (pinned.usable, pinned.unusable, pinned.counts) == (3, 1, {"domains": 2, "file_names": 1})


@pytest.mark.parametrize("text", ["", "[]", "5", "{}", '{"name": "x"}', "{", "[" * 50_000])
def test_no_passport(text: str) -> None:
    """What is no passport is refused as such."""
    with pytest.raises(ValueError, match=r"passport|Expecting"):
        passport_from_json(text)


def test_import_is_private_and_leaves_nothing_half(
    indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failing disk leaves no version and no remains; an import is readable by its owner only."""

    def fail(*_: Any) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr("mvtcase.indicators.versions.sync_folder", fail)
        with pytest.raises(OSError, match="disk full"):
            indicator_library.import_file(bundle_file(A))
    assert indicator_library.versions("invented") == ()
    assert not list((indicator_library.folder / "sets" / "invented").iterdir())
    indicator_library.import_file(bundle_file(A))
    files = [each for each in (indicator_library.folder / "sets" / "invented").rglob("*") if each.is_file()]
    assert len(files) == 2
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
    assert (indicator_library.folder / "sets" / ".gitignore").read_text().endswith("*\n")


def test_a_compiled_set_is_counted_against_the_passports(
    indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path]
) -> None:
    """An indicator taken out of the cache, its own count and digest made anew, is put back: the passport has it."""
    passport = indicator_library.import_file(bundle_file(A)).passport
    compiled = indicator_library.compile([passport])
    matchset = read_matchset(compiled.matchset_path)
    (collection,) = matchset.collections
    write_matchset(compiled.matchset_path, [replace(collection, values={})], matchset.sources)
    again = indicator_library.compile([passport])
    assert again.total == passport.usable == read_matchset(again.matchset_path).count


def test_damage_is_seen_and_mended(indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path]) -> None:
    """A changed file or passport stops whoever asks for the set; importing it again mends it."""
    path = bundle_file(A)
    passport = indicator_library.import_file(path).passport
    home = indicator_library.folder / "sets" / "invented" / passport.sha256[:16]
    (home / "invented.stix2").write_bytes(b"{}")
    with pytest.raises(IndicatorFileError, match="changed on disk"):
        indicator_library.compile([passport])
    assert indicator_library.import_file(path).state == NEW
    assert indicator_library.compile([passport]).total == 1
    (home / "passport.json").write_text("{}")
    with pytest.raises(IndicatorFileError, match="damaged"):
        indicator_library.list_sets()
    indicator_library.import_file(path)
    assert len(indicator_library.list_sets()) == 2


def test_passport_of_an_earlier_reader(indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path]) -> None:
    """A passport that an earlier reader wrote is made anew from the file; its import keeps its time."""
    passport = indicator_library.import_file(bundle_file(A, B)).passport
    home = indicator_library.folder / "sets" / "invented" / passport.sha256[:16]
    (home / "passport.json").write_text(replace(passport, reader=0, usable=99).to_json())
    assert indicator_library.get("invented") == passport


def test_names(indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path]) -> None:
    """Names are plain; an unknown one is missing."""
    assert set_name("Évil Set/../2024") == "vil-set-..-2024"
    assert safe_file_name("../../etc/passport.json") == "set-passport.json"
    assert safe_file_name("..") == "set-file"
    with pytest.raises(InputError):
        set_name("../..")
    with pytest.raises(IndicatorSetMissingError):
        indicator_library.get("nothing")
    with pytest.raises(IndicatorSetMissingError):
        indicator_library.get("../sets")
    with pytest.raises(IndicatorSetMissingError):
        indicator_library.get(STARTER, "ffffffffffff")


def test_ambiguous_version(indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path]) -> None:
    """A prefix that fits several versions is not guessed at."""
    first, second = (indicator_library.import_file(bundle_file(each)).passport for each in (A, B))
    common = "" if first.sha256[0] != second.sha256[0] else first.sha256[0]
    if common:
        with pytest.raises(AmbiguousError):
            indicator_library.get("invented", common)
    else:
        assert indicator_library.get("invented", second.sha256[0]) == second


def test_choice_and_switches(indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path]) -> None:
    """All latest sets are active but those switched off; named ones come in the order named."""
    first = indicator_library.import_file(bundle_file(A)).passport
    second = indicator_library.import_file(bundle_file(B)).passport
    assert [each.name for each in indicator_library.active()] == [STARTER, "invented"]
    indicator_library.switch(STARTER, on=False)
    assert indicator_library.active() == (second,)
    assert indicator_library.active([f"invented@{first.sha256[:12]}", STARTER, "invented"])[0] == first
    assert [each.name for each in indicator_library.active(["invented", STARTER])] == ["invented", STARTER]
    indicator_library.switch(STARTER, on=True)
    assert len(indicator_library.active()) == 2
    with pytest.raises(IndicatorSetMissingError):
        indicator_library.active(["nothing"])
    with pytest.raises(IndicatorSetMissingError):
        indicator_library.switch("nothing", on=False)
    (indicator_library.folder / "disabled.json").write_text("[]")
    with pytest.raises(IndicatorFileError):
        indicator_library.active()


def test_compile(indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path], tmp_path: Path) -> None:
    """A match set names each set by a file name of its own and counts what its passports say."""
    other = tmp_path / "elsewhere"
    other.mkdir()
    indicator_library.import_file(bundle_file(A, B))
    shutil.copy(bundle_file(A, C), other / "INVENTED.stix2")
    indicator_library.import_file(other / "INVENTED.stix2", name="second")
    compiled = indicator_library.compile(indicator_library.active(["invented", "second"]))
    assert compiled.total == 4 == sum(each.usable for each in compiled.sets)
    assert dict(compiled.set_names) == {"invented.stix2": "invented", "INVENTED~2.stix2": "second"}
    matchset = read_matchset(compiled.matchset_path)
    assert [each.file_name for each in matchset.collections] == ["invented.stix2", "INVENTED~2.stix2"]
    assert matchset.sources == tuple(each.sha256 for each in compiled.sets)
    turned = indicator_library.compile(indicator_library.active(["second", "invented"]))
    assert turned.key != compiled.key
    assert str(tmp_path) not in compiled.matchset_path.read_text()


def test_compiled_form_is_kept_and_mended(
    indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole compiled form is used without reading the sets again; a damaged one is written anew."""
    indicator_library.import_file(bundle_file(A))
    passports = indicator_library.active()
    compiled = indicator_library.compile(passports)
    compiled.matchset_path.write_bytes(b"damaged")
    assert indicator_library.compile(passports) == compiled
    monkeypatch.setattr(IndicatorLibrary, "reading", None)
    assert indicator_library.compile(passports) == compiled


def test_nothing_to_compile(indicator_library: IndicatorLibrary) -> None:
    """No sets at all are refused."""
    with pytest.raises(NoUsableIndicatorError):
        indicator_library.compile([])


def test_file_names_of_many(indicator_library: IndicatorLibrary) -> None:
    """Equal file names are numbered."""
    (passport,) = indicator_library.active()
    assert file_names([passport] * 3) == [
        "pegasus-starter.stix2",
        "pegasus-starter~2.stix2",
        "pegasus-starter~3.stix2",
    ]


def test_a_kept_copy_of_a_built_in_set_that_was_altered_is_told(indicator_library: IndicatorLibrary) -> None:
    """Though scans read the built-in one while it is of the same version."""
    (one,) = indicator_library.list_sets()
    kept = indicator_library._versions
    kept.add(one, indicator_library.data(one))
    assert not indicator_library.is_altered(one.name, one.sha256)
    (kept._home(one) / one.file_name).write_bytes(b"evil.example")
    assert indicator_library.is_altered(one.name, one.sha256)
    assert not indicator_library.is_altered(one.name, "0" * 64)


def test_built_in_set_of_an_earlier_release(
    indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path], tmp_path: Path
) -> None:
    """The built-in set a scan used stays at hand when the next release brings another, and is then stale."""
    builtin = tmp_path / "earlier"
    builtin.mkdir()
    shutil.copy(bundle_file(A), builtin / "pegasus-starter.stix2")
    (builtin / "catalog.toml").write_text(f'[[builtin]]\nname = "{STARTER}"\nfile = "pegasus-starter.stix2"\n')
    earlier = IndicatorLibrary(indicator_library.folder, builtin=builtin)
    used = earlier.compile(earlier.active()).sets[0]
    earlier.compile(earlier.active())
    assert len(earlier.versions(STARTER)) == 1
    assert indicator_library.staleness(used) == indicator_library.get(STARTER)
    kept = indicator_library.get(STARTER, used.sha256)
    assert indicator_library.compile([kept]).total == 1
    assert [each.name for each in indicator_library.active()] == [STARTER]
    assert indicator_library.active()[0].built_in


def _import_and_compile(folder: str, path: str) -> tuple[str, int]:
    library = IndicatorLibrary(Path(folder))
    library.import_file(Path(path))
    compiled = library.compile(library.active())
    return compiled.key, compiled.total


def test_processes_at_once(indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path]) -> None:
    """Processes that import and compile the same at the same time all succeed with the same result."""
    path = str(bundle_file(A, B, C))
    with multiprocessing.get_context("fork").Pool(4) as pool:
        results = pool.starmap(_import_and_compile, [(str(indicator_library.folder), path)] * 8)
    assert len(set(results)) == 1
    assert len(indicator_library.versions("invented")) == 1
    home = indicator_library.folder / "sets" / "invented"
    assert [each.name for each in home.iterdir() if each.name.startswith(".")] == []


def test_staleness(indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path]) -> None:
    """A scan's set is stale when a later version is at hand, and not when it came from a later library."""
    old = indicator_library.import_file(bundle_file(A)).passport
    assert indicator_library.staleness(old.to_indicator_set()) is None
    new = indicator_library.import_file(bundle_file(B)).passport
    assert indicator_library.staleness(old.to_indicator_set()) == new
    assert indicator_library.staleness(new.to_indicator_set()) is None
    unknown = replace(new.to_indicator_set(), sha256="0" * 64)
    assert indicator_library.staleness(unknown) == new
    assert indicator_library.staleness(replace(unknown, published_at="2027-01-01T00:00:00Z")) is None
    assert indicator_library.staleness(replace(unknown, name="nothing")) is None


def test_lint_reports_what_an_import_would(
    indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path], tmp_path: Path
) -> None:
    """Lint gives the passport an import would give and imports nothing."""
    report = indicator_library.lint(bundle_file(A, "[file:name LIKE 'x']"))
    assert report.importable
    assert report.passport is not None
    assert (report.passport.usable, len(report.passport.unusable)) == (1, 1)
    assert not indicator_library.folder.exists()
    listed = tmp_path / "names.txt"
    listed.write_text("evild\n")
    assert not indicator_library.lint(listed).importable
    assert indicator_library.lint(listed, "process").importable


def test_pack(indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path], tmp_path: Path) -> None:
    """A pack carries every set to another library, which then compiles the same; packing twice gives the same bytes."""
    indicator_library.import_file(bundle_file(A), details=Details(publisher="Lab", licence="CC0-1.0"))
    listed = tmp_path / "names.txt"
    listed.write_text("evild\n")
    indicator_library.import_file(listed, kind="process")
    pack, again = tmp_path / "a.pack", tmp_path / "b.pack"
    assert len(indicator_library.pack(pack)) == 3
    indicator_library.pack(again)
    assert pack.read_bytes() == again.read_bytes()
    assert packs.is_pack(pack)
    assert not packs.is_pack(listed)
    assert not packs.is_pack(tmp_path)
    other = IndicatorLibrary(tmp_path / "other")
    assert [each.state for each in other.import_pack(pack)] == [UNCHANGED, NEW, NEW]
    assert [each.state for each in other.import_pack(pack)] == [UNCHANGED] * 3
    assert other.get("invented").publisher == "Lab"
    assert other.compile(other.active()).key == indicator_library.compile(indicator_library.active()).key


def test_pack_of_another_release(
    indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path], tmp_path: Path
) -> None:
    """Another release's built-in set comes in as a version of ours; the later publication is the latest."""
    builtin = tmp_path / "builtin"
    builtin.mkdir()
    shutil.copy(bundle_file(A), builtin / "pegasus-starter.stix2")
    (builtin / "catalog.toml").write_text(f'[[builtin]]\nname = "{STARTER}"\nfile = "pegasus-starter.stix2"\n')
    IndicatorLibrary(tmp_path / "theirs", builtin=builtin).pack(tmp_path / "their.pack")
    (outcome,) = indicator_library.import_pack(tmp_path / "their.pack")
    assert outcome.passport in indicator_library.versions(STARTER)


def test_an_import_overtakes_the_built_in_set_when_published_later(
    indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path]
) -> None:
    """What is imported under a built-in set's name is a version of it; if published later, the latest."""
    built_in = indicator_library.get(STARTER)
    newer = indicator_library.import_file(bundle_file(A), name=STARTER, details=Details(published_at="2999-01-01"))
    assert newer.state == NEW_VERSION
    assert newer.removed
    assert indicator_library.versions(STARTER) == (built_in, newer.passport)


def test_an_older_import_does_not_overtake_the_built_in_set(
    indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path]
) -> None:
    """An earlier publication stays at hand for who names it; the built-in set remains the latest."""
    built_in = indicator_library.get(STARTER)
    older = indicator_library.import_file(bundle_file(A), name=STARTER, details=Details(published_at="1999-01-01"))
    assert indicator_library.versions(STARTER) == (older.passport, built_in)


def _rewritten(pack: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(pack) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    manifest = json.loads(members["manifest.json"])
    change(manifest, members)
    members["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(pack, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def _tampered(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    members[manifest["sets"][-1]["member"]] += b" "


def _missing(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    del members[manifest["sets"][-1]["member"]]


def _other_format(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    manifest["version"] = 99


def _no_list(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    manifest["sets"] = 5


def _too_many(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    manifest["sets"] = manifest["sets"] * 1001


def _no_passport(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    manifest["sets"][-1]["passport"] = "{}"


@pytest.mark.parametrize("change", [_tampered, _missing, _other_format, _no_list, _too_many, _no_passport])
def test_damaged_pack(
    change: Callable[[dict[str, Any], dict[str, bytes]], None],
    indicator_library: IndicatorLibrary,
    bundle_file: Callable[..., Path],
    tmp_path: Path,
) -> None:
    """A pack with anything wrong is refused as a whole."""
    indicator_library.import_file(bundle_file(A))
    indicator_library.import_file(bundle_file(B, name="second.stix2"))
    pack = tmp_path / "x.pack"
    indicator_library.pack(pack)
    _rewritten(pack, change)
    other = IndicatorLibrary(tmp_path / "other")
    with pytest.raises(IndicatorFileError, match="pack"):
        other.import_pack(pack)
    assert other.names() == (STARTER,)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"PK\x03\x04" + b"\xff" * 200, b"text"])
def test_no_pack(data: bytes, indicator_library: IndicatorLibrary, tmp_path: Path) -> None:
    """What is no archive is a clear error."""
    (tmp_path / "x.pack").write_bytes(data)
    with pytest.raises(IndicatorFileError, match="pack"):
        indicator_library.import_pack(tmp_path / "x.pack")


def test_hostile_names_in_a_pack(
    indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path], tmp_path: Path
) -> None:
    """Names in a pack never become paths outside the library."""
    indicator_library.import_file(bundle_file(A))
    pack = tmp_path / "x.pack"
    indicator_library.pack(pack)

    def hostile(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        passport = json.loads(manifest["sets"][-1]["passport"])
        manifest["sets"][-1]["passport"] = json.dumps(
            passport | {"name": "../../outside", "file_name": "../../../evil.stix2"}
        )

    _rewritten(pack, hostile)
    other = IndicatorLibrary(tmp_path / "deep" / "other")
    outcome = other.import_pack(pack)[-1]
    assert (outcome.passport.name, outcome.passport.file_name) == ("outside", "evil.stix2")
    inside = other.folder / "sets" / "outside" / outcome.passport.sha256[:16] / "evil.stix2"
    assert list(tmp_path.rglob("evil.stix2")) == [inside]


def test_a_set_is_named_for_the_nearest_folder_that_says_more(
    tmp_path: Path, indicator_library: IndicatorLibrary
) -> None:
    """Each report of one publisher keeps `indicators/iocs.csv`: none takes the place of another."""
    names = set()
    for report in ("2023 Bamboo", "2024 Bamboo"):
        path = tmp_path / report / "indicators" / "iocs.csv"
        path.parent.mkdir(parents=True)
        path.write_text(f"domain\n{report[:4]}.example\n")
        names.add(indicator_library.import_file(path).passport.name)
    assert names == {"2023-bamboo-iocs", "2024-bamboo-iocs"}
