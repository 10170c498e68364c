"""The AndroidQF builder: same specification, same bytes; parts left out and damaged as asked, never in silence."""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyrage
import pytest

from mvtcase.phones.android import (
    AndroidDamage,
    AndroidPhone,
    age_identity,
    build_androidqf,
    build_androidqf_zip,
    encrypt_age,
)
from mvtcase.phones.plants import Plant, PlantKind

if TYPE_CHECKING:
    from collections.abc import Callable

PHONE = AndroidPhone(seed=7)
PACKAGE = Plant(PlantKind.APP_IDS, "com.planted.app")


def tree(folder: Path) -> dict[str, tuple[bytes, float]]:
    """Return every file below a folder with its bytes and its modification time."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_phone_gives_the_same_folder(tmp_path: Path) -> None:
    """Two builds of one specification agree in names, bytes and modification times."""
    first, second = (build_androidqf(tmp_path / name, PHONE).path for name in ("a", "b"))
    assert tree(first) == tree(second)


def test_the_same_phone_gives_the_same_zip(tmp_path: Path) -> None:
    """Two archives of one specification are the same bytes."""
    first, second = (build_androidqf_zip(tmp_path / name, PHONE).path.read_bytes() for name in ("a.zip", "b.zip"))
    assert first == second


def test_another_seed_is_another_phone(tmp_path: Path) -> None:
    """Seeds differ in identity and content."""
    other = AndroidPhone(seed=8)
    assert PHONE.serial_number != other.serial_number
    assert PHONE.imei_number != other.imei_number
    first, second = (build_androidqf(tmp_path / str(phone.seed), phone).path for phone in (PHONE, other))
    assert (first / "files.json").read_bytes() != (second / "files.json").read_bytes()


def test_a_plant_changes_only_its_own_part(tmp_path: Path) -> None:
    """A planted package shows in packages.json (and the hash list) and nowhere else."""
    before = tree(build_androidqf(tmp_path / "before", PHONE).path)
    after = tree(build_androidqf(tmp_path / "after", PHONE.with_plants(PACKAGE)).path)
    assert {name for name in before if before[name] != after[name]} == {"packages.json", "hashes.csv"}


def test_planted_names_module_and_place(tmp_path: Path) -> None:
    """The builder says which module must report a plant and where a person finds it."""
    built = build_androidqf(tmp_path / "aqf", PHONE.with_plants(PACKAGE))
    assert [(found.plant, found.module) for found in built.planted] == [(PACKAGE, "aqf_packages")]
    assert "packages.json" in built.planted[0].where


def test_hashes_csv_covers_every_other_file(tmp_path: Path) -> None:
    """The hash list holds the true digest of every file but itself."""
    folder = build_androidqf(tmp_path / "aqf", PHONE).path
    listed = dict(csv.reader((folder / "hashes.csv").read_text(encoding="utf-8").splitlines()))
    present = {name: hashlib.sha256(data).hexdigest() for name, (data, _) in tree(folder).items()}
    del present["hashes.csv"]
    assert listed == present


def test_acquisition_json_carries_the_identity(tmp_path: Path) -> None:
    """The acquisition's own record holds its id, its start in UTC and the examiner's public key."""
    folder = build_androidqf(tmp_path / "aqf", PHONE).path
    record = json.loads((folder / "acquisition.json").read_text(encoding="utf-8"))
    assert record["uuid"] == PHONE.acquisition_uuid
    assert record["started"].startswith("2026-11-20T09:30:00")
    assert record["adb_host_public_key"] == PHONE.adb_host_key


def test_both_process_lists_name_the_same_processes(tmp_path: Path) -> None:
    """MVT reads ps.txt, androidqf writes processes.txt: both hold the same process ids and the plant."""
    phone = PHONE.with_plants(Plant(PlantKind.PROCESSES, "plantedd"))
    folder = build_androidqf(tmp_path / "aqf", phone).path
    listed = json.loads((folder / "processes.txt").read_text(encoding="utf-8"))
    table = [line.split() for line in (folder / "ps.txt").read_text(encoding="utf-8").splitlines()[1:]]
    assert [row["pid"] for row in listed] == [int(row[1]) for row in table]
    assert listed[-1]["command_line"] == ["plantedd"]
    assert table[-1][-1] == "plantedd"


def test_missing_parts_are_not_written(tmp_path: Path) -> None:
    """A part named as missing, file or folder, does not exist afterwards; the rest does."""
    missing = ("bugreport.zip", "logs", "hashes.csv")
    folder = build_androidqf(tmp_path / "aqf", PHONE, missing=missing).path
    assert not [part for part in missing if (folder / part).exists()]
    assert (folder / "packages.json").is_file()


@pytest.mark.parametrize("wrong", [{"missing": ("sms.db",)}, {"damage": {"sms.db": AndroidDamage.EMPTY}}])
def test_an_unknown_part_is_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    """A mistyped part raises instead of building healthy evidence in silence."""
    with pytest.raises(ValueError, match=r"sms\.db"):
        build_androidqf(tmp_path / "aqf", PHONE, **wrong)  # type: ignore[arg-type]  # two shapes of one mistake


def test_a_damage_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    """AndroidDamage that only another part's builder can do raises."""
    with pytest.raises(ValueError, match="bodyless_message"):
        build_androidqf(tmp_path / "aqf", PHONE, damage={"getprop.txt": AndroidDamage.BODYLESS_MESSAGE})


@pytest.mark.parametrize("damage", [AndroidDamage.ODD_TIMESTAMP, AndroidDamage.MISSING_FIELD])
@pytest.mark.parametrize("part", ["getprop.txt", "logs"])
def test_record_damage_needs_records(tmp_path: Path, part: str, damage: AndroidDamage) -> None:
    """AndroidDamage to one record raises on a part that has no such records."""
    with pytest.raises(ValueError, match=str(damage)):
        build_androidqf(tmp_path / "aqf", PHONE, damage={part: damage})


@pytest.mark.parametrize(
    ("damage", "is_so"),
    [
        (AndroidDamage.SYMLINK, Path.is_symlink),
        (AndroidDamage.FIFO, Path.is_fifo),
        (AndroidDamage.FOLDER, Path.is_dir),
        (AndroidDamage.UNREADABLE, lambda path: not path.stat().st_mode & 0o777),
    ],
)
def test_something_else_stands_in_place_of_a_file(
    tmp_path: Path, damage: AndroidDamage, is_so: Callable[[Path], bool]
) -> None:
    """A link, a pipe, a folder or a file without rights is where the part should be; a zip cannot hold one."""
    folder = build_androidqf(tmp_path / "aqf", PHONE, damage={"packages.json": damage}).path
    assert is_so(folder / "packages.json")
    assert not is_so(folder / "files.json")
    with pytest.raises(ValueError, match=str(damage)):
        build_androidqf_zip(tmp_path / "a.zip", PHONE, damage={"packages.json": damage})


def test_a_link_leads_outside(tmp_path: Path) -> None:
    """The link's target holds the content and lies outside of the acquisition."""
    damage = {"packages.json": AndroidDamage.SYMLINK}
    folder = build_androidqf(tmp_path / "aqf", PHONE, damage=damage, outside=tmp_path / "elsewhere").path
    assert (folder / "packages.json").resolve().parent == tmp_path / "elsewhere"


def test_an_unknown_part_cannot_be_a_link(tmp_path: Path) -> None:
    """A mistyped part raises for what stands in place of files too."""
    with pytest.raises(ValueError, match=r"sms\.db"):
        build_androidqf(tmp_path / "aqf", PHONE, damage={"sms.db": AndroidDamage.FIFO})


def test_the_hash_list_tells_of_byte_damage(tmp_path: Path) -> None:
    """A file damaged after the acquisition no longer agrees with hashes.csv, which can be damaged too."""
    folder = build_androidqf(tmp_path / "aqf", PHONE, damage={"getprop.txt": AndroidDamage.TRUNCATED}).path
    listed = dict(csv.reader((folder / "hashes.csv").read_text(encoding="utf-8").splitlines()))
    wrong = [name for name in listed if hashlib.sha256((folder / name).read_bytes()).hexdigest() != listed[name]]
    assert wrong == ["getprop.txt"]
    other = build_androidqf(tmp_path / "other", PHONE, damage={"hashes.csv": AndroidDamage.EMPTY}).path
    assert (other / "hashes.csv").read_bytes() == b""


def test_a_plant_without_a_place_is_refused(tmp_path: Path) -> None:
    """No Android module compares e-mail addresses, so planting one raises."""
    with pytest.raises(ValueError, match="emails"):
        build_androidqf(tmp_path / "aqf", PHONE.with_plants(Plant(PlantKind.EMAILS, "x@example.org")))


@pytest.mark.parametrize("top_folder", [True, False])
def test_the_zip_has_its_top_folder_or_not(tmp_path: Path, *, top_folder: bool) -> None:
    """Members lie below the acquisition's id, or at the top as androidqf writes them."""
    archive = build_androidqf_zip(tmp_path / "a.zip", PHONE, top_folder=top_folder).path
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
    prefix = f"{PHONE.acquisition_uuid}/" if top_folder else ""
    assert f"{prefix}packages.json" in names
    assert all(name.startswith(prefix) for name in names)


def test_the_archive_itself_can_be_damaged(tmp_path: Path) -> None:
    """A truncated archive no longer opens as a zip."""
    path = build_androidqf_zip(tmp_path / "a.zip", PHONE, archive_damage=AndroidDamage.TRUNCATED).path
    assert not zipfile.is_zipfile(path)


def test_age_needs_the_identity(tmp_path: Path) -> None:
    """The encrypted archive opens with its own identity to the same bytes, and with no other."""
    plain = build_androidqf_zip(tmp_path / "a.zip", PHONE, top_folder=False).path
    identity = age_identity()
    sealed = encrypt_age(plain, identity)
    assert sealed.name == "a.zip.age"
    assert pyrage.decrypt(sealed.read_bytes(), [pyrage.x25519.Identity.from_str(identity)]) == plain.read_bytes()
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed.read_bytes(), [pyrage.x25519.Identity.from_str(age_identity())])


def test_the_folder_is_never_reused(tmp_path: Path) -> None:
    """Building into a folder that exists raises, so two acquisitions cannot mix."""
    build_androidqf(tmp_path / "aqf", PHONE)
    with pytest.raises(FileExistsError):
        build_androidqf(tmp_path / "aqf", PHONE)


def test_the_phone_shows_its_identity_in_getprop_and_bugreport(tmp_path: Path) -> None:
    """Serial, model and build are readable where a tool looks for them."""
    phone = replace(PHONE, serial="R5CT10ABCDE", model="SM-S911B", brand="samsung", imei="001010123456789")
    folder = build_androidqf(tmp_path / "aqf", phone).path
    properties = (folder / "getprop.txt").read_text(encoding="utf-8")
    assert "[ro.serialno]: [R5CT10ABCDE]" in properties
    assert "[ro.product.model]: [SM-S911B]" in properties
    assert phone.fingerprint in properties
    assert "001010123456789" in (folder / "dumpsys.txt").read_text(encoding="utf-8")
