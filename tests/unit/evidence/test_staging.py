"""Whatever is brought, MVT is handed plain files; what was left out is a gap, and the original is untouched."""

from __future__ import annotations

import os
import shutil
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pyrage
import pytest

from mvtcase.errors import EvidenceHostileError, EvidenceMissingError, PasswordError, UnknownEvidenceError
from mvtcase.evidence.intake import Identified, Staged, identify, stage
from mvtcase.evidence.walk import walk
from mvtcase.model import EvidenceKind, ModuleOutcome
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_damage import AndroidDamage
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.bugreport import build_bugreport
from mvtcase.phones.intrusion_logs import build_intrusion_logs
from mvtcase.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

IN_PLACE = [
    "ios", "ios_encrypted", "ios_fs", "sysdiagnose_folder", "androidqf", "bugreport", "bugreport_samsung",
    "bugreport_folder", "ab", "ab_encrypted",
]  # fmt: skip
UNPACKED = {
    "sysdiagnose": "sysdiagnose.log",
    "androidqf_zip": "getprop.txt",
    "androidqf_flat_zip": "getprop.txt",
    "age": "getprop.txt",
}


@pytest.fixture
def staged_of(tmp_path: Path, evidence_of: Mapping[str, Path]) -> Callable[..., Staged]:
    """Return a function that identifies and stages a path into a working folder, with the test's age key."""

    def staged(path: Path, limits: Limits | None = None, key: Path | None = None) -> Staged:
        work = tmp_path / "work"
        work.mkdir(mode=0o700)
        return stage(identify(path), work, limits or Limits(), age_identity=key or evidence_of["key"])

    return staged


def _reasons(staged: Staged) -> str:
    return "\n".join(gap.reason for gap in staged.problems)


def _names(folder: Path) -> set[str]:
    return {entry.path for entry in walk(folder)}


@pytest.mark.parametrize("form", ["folder", "tar", "zip"])
def test_what_has_no_content_is_told_by_its_name(tmp_path: Path, staged_of: Callable[..., Staged], form: str) -> None:
    """Links come with what they lead to, empty folders are there, whatever the dump came in."""
    dump = tmp_path / "dump"
    (dump / "private/var/mobile/Library").mkdir(parents=True)
    (dump / "private/var/mobile/Library/a.txt").write_text("a")
    (dump / "private/var/tmp/empty").mkdir(parents=True)
    (dump / "private/var/tmp/outside").symlink_to("/usr/bin")

    staged = staged_of(dump if form == "folder" else _archived(dump, form))

    assert staged.names == (("private/var/tmp/outside", "/usr/bin"),)
    assert (staged.target / "private/var/tmp/empty").is_dir()
    assert not (staged.target / "private/var/tmp/outside").is_symlink()


def _archived(dump: Path, form: str) -> Path:
    path = dump.with_suffix(f".{form}")
    if form == "tar":
        with tarfile.open(path, "w") as archive:
            archive.add(dump, "")
        return path
    with zipfile.ZipFile(path, "w") as packed:
        for entry in sorted(dump.rglob("*")):
            info = zipfile.ZipInfo(
                str(entry.relative_to(dump)) + ("/" if entry.is_dir() and not entry.is_symlink() else "")
            )
            info.create_system, info.external_attr = 3, entry.lstat().st_mode << 16
            packed.writestr(
                info, str(entry.readlink()) if entry.is_symlink() else b"" if entry.is_dir() else entry.read_bytes()
            )
    return path


@pytest.mark.parametrize("name", IN_PLACE)
def test_plain_evidence_is_used_in_place(
    evidence_of: Mapping[str, Path], staged_of: Callable[..., Staged], name: str
) -> None:
    """Healthy folders, bugreport zips and .ab files are used where they are, with no gap."""
    staged = staged_of(evidence_of[name])
    assert (staged.target, staged.in_place, staged.problems) == (evidence_of[name], True, ())


@pytest.mark.parametrize("name", UNPACKED)
def test_archives_are_unpacked_privately(
    evidence_of: Mapping[str, Path], staged_of: Callable[..., Staged], name: str
) -> None:
    """A healthy archive becomes one folder with the files at its top, private, with no gap."""
    staged = staged_of(evidence_of[name])
    assert staged.problems == ()
    assert (staged.target / UNPACKED[name]).is_file()
    modes = {path.stat().st_mode & 0o777 for path in staged.target.rglob("*")}
    assert modes <= {0o700, 0o600}
    assert not staged.in_place


def test_unpacked_acquisition_equals_the_folder(
    evidence_of: Mapping[str, Path], staged_of: Callable[..., Staged]
) -> None:
    """The unpacked zip has the same files and bytes as the folder of the same phone."""
    staged = staged_of(evidence_of["androidqf_zip"])
    original = evidence_of["androidqf"]
    assert _names(staged.target) == _names(original)
    assert all((staged.target / name).read_bytes() == (original / name).read_bytes() for name in _names(original))


def test_members_keep_their_times(staged_of: Callable[..., Staged], tmp_path: Path) -> None:
    """A zip member's wall clock becomes the file's time read as UTC; MVT reports it in its log timestamps."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("top/getprop.txt", (2026, 1, 2, 3, 4, 6)), b"x")
        archive.writestr(zipfile.ZipInfo("top/packages.json", (1980, 0, 0, 0, 0, 0)), b"[]")
    staged = staged_of(path)
    assert (staged.target / "getprop.txt").stat().st_mtime == 1767323046
    assert staged.problems == ()


def test_wrapped_bugreport_is_taken_out(evidence_of: Mapping[str, Path], staged_of: Callable[..., Staged]) -> None:
    """Of a manufacturer's zip MVT is handed the bugreport zip inside."""
    staged = staged_of(evidence_of["bugreport_wrapped"])
    assert staged.problems == ()
    assert "main_entry.txt" in zipfile.ZipFile(staged.target).namelist()


@pytest.mark.parametrize("name", ["logs", "logs_zip"])
def test_intrusion_logs_are_copied_and_unpacked(
    evidence_of: Mapping[str, Path], staged_of: Callable[..., Staged], name: str
) -> None:
    """Folder and zip of logs become one private folder in which no zip is left."""
    staged = staged_of(evidence_of[name])
    names = _names(staged.target)
    assert any(each.endswith(".txt") for each in names)
    assert not any(each.endswith(".zip") for each in names)
    assert staged.problems == ()


@pytest.mark.parametrize("name", [*IN_PLACE, *UNPACKED, "bugreport_wrapped", "logs", "logs_zip"])
def test_staging_leaves_the_original_alone(
    evidence_of: Mapping[str, Path],
    staged_of: Callable[..., Staged],
    state_of: Callable[[Path], dict[str, tuple[int, int, bytes]]],
    name: str,
) -> None:
    """No byte, name, mode, modification or link count of the evidence changes."""
    before = state_of(evidence_of[name])
    staged_of(evidence_of[name])
    assert state_of(evidence_of[name]) == before
    links = {path.lstat().st_nlink for path in evidence_of[name].rglob("*") if path.is_file()}
    assert links <= {1}


@pytest.mark.parametrize("name", ["ios", "androidqf", "sysdiagnose_folder", "bugreport_folder"])
def test_links_and_pipes_are_left_out(
    evidence_of: Mapping[str, Path], staged_of: Callable[..., Staged], tmp_path: Path, name: str
) -> None:
    """A folder with a pipe, a link to a file of ours and one to a device is mirrored without them, each a gap."""
    folder = tmp_path / evidence_of[name].name
    shutil.copytree(evidence_of[name], folder)
    secret = tmp_path / "secret"
    secret.write_text("the analyst's own")
    healthy = _names(folder)
    os.mkfifo(folder / "pipe.txt")
    (folder / "settings_stolen.txt").symlink_to(secret)
    (folder / "zero").symlink_to("/dev/zero")
    (folder / "everything").symlink_to("/")
    staged = staged_of(folder)
    assert not staged.in_place
    assert _names(staged.target) == healthy
    assert all((staged.target / each).read_bytes() == (folder / each).read_bytes() for each in healthy)
    assert not any(path.is_symlink() for path in staged.target.rglob("*"))
    assert [gap.outcome for gap in staged.problems] == [ModuleOutcome.DENIED] * 4
    assert "pipe.txt: is a pipe" in _reasons(staged)
    assert "settings_stolen.txt: is a link" in _reasons(staged)


def test_mirror_keeps_times(evidence_of: Mapping[str, Path], staged_of: Callable[..., Staged], tmp_path: Path) -> None:
    """The copies in a mirror have the originals' modification times, which MVT reports."""
    folder = tmp_path / "androidqf"
    shutil.copytree(evidence_of["androidqf"], folder)
    os.mkfifo(folder / "pipe")
    staged = staged_of(folder)
    assert (staged.target / "getprop.txt").stat().st_mtime_ns == (folder / "getprop.txt").stat().st_mtime_ns


def test_too_deep_folders_are_left_out(
    evidence_of: Mapping[str, Path], staged_of: Callable[..., Staged], nested: Callable[[str, int], Path]
) -> None:
    """Two thousand nested folders, on which MVT's own walk dies, are left out with a gap; the rest is examined."""
    folder = nested("d", 2000)
    for path in evidence_of["androidqf"].iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    staged = staged_of(folder)
    assert "deeper than 64 folders" in _reasons(staged)
    assert "getprop.txt" in _names(staged.target)
    assert not any(name.startswith("d/") for name in _names(staged.target))


def test_folders_that_are_too_long_for_a_copy_stop_nothing(
    evidence_of: Mapping[str, Path], nested: Callable[[str, int], Path], tmp_path: Path
) -> None:
    """A path that just fits where the evidence lies does not below our own folder: a gap, and its names are kept."""
    folder = nested("d" * 200, (4090 - len(str(tmp_path / "nested"))) // 201)
    for path in evidence_of["androidqf"].iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    os.mkfifo(folder / "pipe")
    work = tmp_path / ("w" * 200)
    work.mkdir()
    staged = stage(identify(folder), work, Limits())
    assert "getprop.txt" in _names(staged.target)
    assert "File name too long" in _reasons(staged)
    assert any(len(name) > 3000 for name, _ in staged.names)


def test_ordinary_links_of_a_dump_are_no_gap(
    evidence_of: Mapping[str, Path], staged_of: Callable[..., Staged], tmp_path: Path
) -> None:
    """The links every file system has, inside the dump or to nowhere here, neither cost a copy nor make a gap."""
    dump = tmp_path / "dump"
    shutil.copytree(evidence_of["ios_fs"], dump)
    (dump / "var").symlink_to("private/var")
    (dump / "tmp").symlink_to("/private/var/absent-on-this-machine")
    staged = staged_of(dump)
    assert (staged.target, staged.problems) == (dump, ())


def test_links_of_a_dump_that_hide_or_leave(
    evidence_of: Mapping[str, Path], staged_of: Callable[..., Staged], tmp_path: Path
) -> None:
    """A link in place of a database is a gap, and one that leads out of the dump forces a mirror without it."""
    dump = tmp_path / "dump"
    shutil.copytree(evidence_of["ios_fs"], dump)
    folder = dump / "private/var/mobile/Library/SMS"
    shutil.move(folder / "sms.db", dump / "elsewhere")
    (folder / "sms.db").symlink_to(dump / "elsewhere")
    (dump / "private/var/etc").symlink_to("/etc")
    staged = staged_of(dump)
    assert not staged.in_place
    assert "SMS/sms.db: is a link" in _reasons(staged)
    assert "private/var/etc: is a link" in _reasons(staged)
    assert not (staged.target / "private/var/etc").exists()


@pytest.mark.parametrize(
    "damage", [AndroidDamage.BAD_CRC, AndroidDamage.PASSWORD, AndroidDamage.TRUNCATED, AndroidDamage.NOISE]
)
def test_damaged_bugreport_is_packed_anew(
    staged_of: Callable[..., Staged], tmp_path: Path, damage: AndroidDamage
) -> None:
    """A bugreport with damage is handed over as what of it can be read, with a gap; MVT never meets the damage."""
    path = build_bugreport(tmp_path / "bugreport.zip", AndroidPhone(), damage=damage).path
    if damage is AndroidDamage.NOISE:
        path.write_bytes(b"PK\x03\x04" + path.read_bytes()[4:])
    staged = staged_of(path)
    assert staged.problems
    assert staged.target != path
    with zipfile.ZipFile(staged.target) as archive:
        assert archive.testzip() is None


def test_readable_members_survive_a_bad_one(staged_of: Callable[..., Staged], tmp_path: Path) -> None:
    """Of a bugreport with bad checksums every byte is still examined, with its time, and the damage is a gap."""
    healthy = build_bugreport(tmp_path / "healthy.zip", AndroidPhone()).path
    damaged = build_bugreport(tmp_path / "damaged.zip", AndroidPhone(), damage=AndroidDamage.BAD_CRC).path
    staged = staged_of(damaged)
    with zipfile.ZipFile(healthy) as one, zipfile.ZipFile(staged.target) as other:
        assert [(info.filename, info.date_time) for info in one.infolist()] == [
            (info.filename, info.date_time) for info in other.infolist()
        ]
        assert all(one.getinfo(name).file_size == other.getinfo(name).file_size for name in one.namelist())
        assert other.read("main_entry.txt") == one.read("main_entry.txt")
    assert {gap.outcome for gap in staged.problems} == {ModuleOutcome.DAMAGED}


@pytest.mark.parametrize("part", ["bugreport.zip", "intrusion_logs"])
def test_damaged_archive_inside_androidqf_is_mended(
    staged_of: Callable[..., Staged], tmp_path: Path, part: str
) -> None:
    """A folder whose nested archive is damaged is mirrored with that archive mended, and the damage is a gap."""
    damage = {part: AndroidDamage.BAD_CRC if part == "bugreport.zip" else AndroidDamage.BAD_NESTED_ZIP}
    folder = build_androidqf(tmp_path / "androidqf", AndroidPhone(), damage=damage).path
    staged = staged_of(folder)
    assert not staged.in_place
    assert part in _reasons(staged) or staged.problems[0].outcome is ModuleOutcome.DAMAGED
    with zipfile.ZipFile(staged.target / "bugreport.zip") as archive:
        assert archive.testzip() is None
    assert not any(name.startswith("intrusion_logs") and name.endswith(".zip") for name in _names(staged.target))


@pytest.mark.parametrize("name", ["bugreport.txt", "bugreport-tokay-2026-11-20.txt", "bugreport.zip"])
def test_a_bare_bugreport_inside_androidqf_is_packed_for_mvt(
    staged_of: Callable[..., Staged], tmp_path: Path, name: str
) -> None:
    """MVT opens `bugreport.zip` alone; the text stays what it was, and nothing about it is a gap."""
    folder = build_androidqf(tmp_path / "androidqf", AndroidPhone()).path
    with zipfile.ZipFile(folder / "bugreport.zip") as archive:
        text = archive.read(archive.read("main_entry.txt").decode())
    (folder / "bugreport.zip").unlink()
    (folder / name).write_bytes(text)
    staged = staged_of(folder)
    with zipfile.ZipFile(staged.target / "bugreport.zip") as archive:
        assert [archive.read(each) for each in archive.namelist()] == [text]
    assert staged.problems == ()
    assert (folder / name).read_bytes() == text


def test_bad_nested_log_archive_is_a_gap(staged_of: Callable[..., Staged], tmp_path: Path) -> None:
    """One unreadable zip among the intrusion logs is a gap; all readable logs are handed over."""
    path = build_intrusion_logs(tmp_path / "logs", AndroidPhone(), damage=AndroidDamage.BAD_NESTED_ZIP).path
    staged = staged_of(path)
    assert [gap.outcome for gap in staged.problems] == [ModuleOutcome.DAMAGED]
    assert any(name.endswith(".txt") for name in _names(staged.target))


def test_age_archive_gives_the_identity(evidence_of: Mapping[str, Path], staged_of: Callable[..., Staged]) -> None:
    """A decrypted archive is an AndroidQF acquisition whose phone is known now; the plain zip is gone again."""
    staged = staged_of(evidence_of["age"])
    assert identify(staged.target).kind is EvidenceKind.ANDROIDQF
    assert staged.identity is not None
    assert staged.identity.model == "Pixel 9"
    assert not any(
        path.suffix == ".zip" and path.name != "bugreport.zip" for path in staged.target.parents[2].iterdir()
    )


def test_age_archive_needs_the_right_key(
    evidence_of: Mapping[str, Path], staged_of: Callable[..., Staged], tmp_path: Path
) -> None:
    """Without a key, with another one, and with a file that holds none, the error says so."""
    with pytest.raises(PasswordError):
        stage(identify(evidence_of["age"]), tmp_path, Limits())
    other = tmp_path / "other.txt"
    other.write_text(str(pyrage.x25519.Identity.generate()))
    with pytest.raises(PasswordError, match="could not be decrypted"):
        stage(identify(evidence_of["age"]), tmp_path, Limits(), age_identity=other)
    for content in ("", "# only a comment\n", "AGE-SECRET-KEY-1NONSENSE\n", "-----BEGIN OPENSSH PRIVATE KEY-----\n"):
        other.write_text(content)
        with pytest.raises(PasswordError):
            stage(identify(evidence_of["age"]), tmp_path, Limits(), age_identity=other)


def test_age_archive_of_something_else(staged_of: Callable[..., Staged], tmp_path: Path) -> None:
    """A decrypted archive that is no acquisition is said to be none."""
    key = pyrage.x25519.Identity.generate()
    (tmp_path / "own.txt").write_text(str(key))
    (tmp_path / "x.zip.age").write_bytes(pyrage.encrypt(b"holiday pictures", [key.to_public()]))
    with pytest.raises(UnknownEvidenceError):
        staged_of(tmp_path / "x.zip.age", key=tmp_path / "own.txt")


def test_truncated_age_archive_is_a_gap(
    evidence_of: Mapping[str, Path], staged_of: Callable[..., Staged], tmp_path: Path
) -> None:
    """An age archive cut short is decrypted as far as it goes, and is never without a gap."""
    cut = tmp_path / "cut.age"
    data = evidence_of["age"].read_bytes()
    # age seals 64 KiB at a time: the first pieces must stay whole.
    key = evidence_of["key"]
    cut.write_bytes(data[: len(data) - 100])
    try:
        staged = staged_of(cut, key=key)
    except UnknownEvidenceError:
        return
    assert staged.problems


def test_evidence_that_went_away(tmp_path: Path, evidence_of: Mapping[str, Path]) -> None:
    """Evidence that is gone or became a link since it was identified is an error."""
    gone = Identified(kind=EvidenceKind.IOS_BACKUP, root=tmp_path / "gone")
    with pytest.raises(EvidenceMissingError):
        stage(gone, tmp_path, Limits())
    (tmp_path / "gone").symlink_to(evidence_of["ios"])
    with pytest.raises(EvidenceHostileError):
        stage(gone, tmp_path, Limits())


def test_mirror_stops_at_the_budget(
    evidence_of: Mapping[str, Path], staged_of: Callable[..., Staged], tmp_path: Path
) -> None:
    """A mirror larger than the temporary disk allows stops there with a gap."""
    folder = tmp_path / "backup"
    shutil.copytree(evidence_of["ios"], folder)
    os.mkfifo(folder / "pipe")
    staged = staged_of(folder, Limits(temporary_bytes=10_000, archive_members=20))
    assert "larger than the bound for temporary disk" in _reasons(staged)


def test_steps_are_told(evidence_of: Mapping[str, Path], tmp_path: Path) -> None:
    """Who listens hears what takes long."""
    heard: list[str] = []
    stage(identify(evidence_of["sysdiagnose"]), tmp_path, Limits(), on_progress=heard.append)
    assert heard == ["unpacking the archive"]
