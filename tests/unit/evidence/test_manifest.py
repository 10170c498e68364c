"""The manifest covers every file, leaves the evidence as it is, and one changed byte is noticed."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mvtcase.errors import EvidenceAlteredError, EvidenceHostileError, EvidenceMissingError
from mvtcase.evidence import manifest as manifests
from mvtcase.evidence.manifest import (
    Difference,
    DifferenceKind,
    Irregular,
    compare,
    copy_evidence,
    hash_evidence,
    read_manifest,
    require_unchanged,
)
from mvtcase_readers.regular import open_untouched

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ODD_NAMES = ("a\nb", "tab\t", "\udcff\udcfe", "\u202eexe.txt", "a.b", "a-", "a", "\x1b[31m", "'\"")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder of odd names, an empty file, a nested folder and a big file."""
    root = tmp_path / "evidence"
    (root / "a folder" / "nested").mkdir(parents=True)
    for name in ODD_NAMES:
        (root / name).write_bytes(os.fsencode(name))
    (root / "a folder" / "nested" / "big").write_bytes(b"b" * (3 << 20))
    (root / "empty").write_bytes(b"")
    return root


def test_manifest_holds_every_file(tree: Path, tmp_path: Path) -> None:
    """Every file is there with size and SHA-256, odd names included, and the digest is that of the manifest file."""
    made = hash_evidence(tree, tmp_path / "m.jsonl")
    entries = {entry.path: entry for entry in read_manifest(tmp_path / "m.jsonl")}
    expected = {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}
    assert set(entries) == expected
    assert made.files == len(expected) == len(ODD_NAMES) + 2
    assert made.bytes == sum(path.stat().st_size for path in tree.rglob("*") if path.is_file())
    assert made.digest == hashlib.sha256((tmp_path / "m.jsonl").read_bytes()).hexdigest()
    assert entries["a\nb"].sha256 == hashlib.sha256(b"a\nb").hexdigest()
    assert (tmp_path / "m.jsonl").stat().st_mode & 0o777 == 0o600
    assert made.irregular == ()


def test_single_file_is_hashed(tree: Path, tmp_path: Path) -> None:
    """A file as evidence has one entry with an empty path, and compares as a folder does."""
    made = hash_evidence(tree / "a", tmp_path / "m")
    assert [(entry.path, entry.size) for entry in read_manifest(tmp_path / "m")] == [("", 1)]
    assert compare(tree / "a", tmp_path / "m", made.digest) == ()
    (tree / "a").write_bytes(b"b")
    assert compare(tree / "a", tmp_path / "m", made.digest)[0].what is DifferenceKind.CHANGED


def test_same_evidence_gives_the_same_digest(tree: Path, tmp_path: Path) -> None:
    """Hashing twice, and hashing a copy that keeps times, gives one digest."""
    first = hash_evidence(tree, tmp_path / "one")
    shutil.copytree(tree, tmp_path / "copy")
    assert first.digest == hash_evidence(tree, tmp_path / "two").digest
    assert first.digest == hash_evidence(tmp_path / "copy", tmp_path / "three").digest


def test_irregular_entries_are_listed_and_not_opened(tree: Path, tmp_path: Path) -> None:
    """Links, pipes and sockets are listed with what they are; nothing is followed and nothing waits."""
    os.mkfifo(tree / "pipe")
    (tree / "link").symlink_to("/dev/zero")
    (tree / "loop").symlink_to(tree)
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(tree)  # a socket's path has 108 bytes
        listener.bind("socket")
        os.chdir(here)
        made = hash_evidence(tree, tmp_path / "m")
    assert made.irregular == (
        Irregular("link", "link"),
        Irregular("loop", "link"),
        Irregular("pipe", "fifo"),
        Irregular("socket", "socket"),
    )
    assert made.irregular_count == 4
    assert made.files == len(ODD_NAMES) + 2


def test_evidence_is_left_as_it_is(
    tree: Path, tmp_path: Path, state_of: Callable[[Path], dict[str, tuple[int, int, bytes]]]
) -> None:
    """Hashing and comparing change no byte, mode or modification time, and for root or owner no access time."""
    before = state_of(tree)
    paths = [tree, *tree.rglob("*")]
    for path in paths:
        os.utime(path, ns=(10**18, path.stat().st_mtime_ns))
    made = hash_evidence(tree, tmp_path / "m")
    require_unchanged(tree, tmp_path / "m", made.digest)
    assert {path.stat().st_atime_ns for path in paths} == {10**18}
    assert state_of(tree) == before


def test_what_was_read_is_not_read_again(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash of whoever read a file counts, right or wrong; files that nobody read are read now."""
    made = hash_evidence(tree, tmp_path / "m")
    read = {entry.path: entry.sha256 for entry in read_manifest(tmp_path / "m") if entry.sha256}
    opened: list[str] = []

    def opening(path: Path | str) -> int:
        opened.append(str(path))
        return open_untouched(path)

    monkeypatch.setattr("mvtcase.evidence.manifest.open_untouched", opening)
    assert compare(tree, tmp_path / "m", made.digest, read=read) == ()
    assert opened == [str(tmp_path / "m")]
    first, second = sorted(read)[:2]
    del read[first]
    (difference,) = compare(tree, tmp_path / "m", made.digest, read={**read, second: "0" * 64})
    assert (difference.path, difference.detail) == (second, "same size, other bytes")
    assert opened[2:] == [f"{tree}/{first}"]


def test_names_and_sizes_are_compared_without_reading(tree: Path, tmp_path: Path) -> None:
    """Other bytes of the same size pass there, a file of another size does not."""
    made = hash_evidence(tree, tmp_path / "m")
    victim = next(path for path in sorted(tree.rglob("*")) if path.is_file() and path.stat().st_size)
    victim.write_bytes(bytes(each ^ 1 for each in victim.read_bytes()))
    assert compare(tree, tmp_path / "m", made.digest, bytes_too=False) == ()
    victim.write_bytes(victim.read_bytes() + b"1")
    assert compare(tree, tmp_path / "m", made.digest, bytes_too=False)


def test_deep_folders_are_walked(nested: Callable[[str, int], Path], tmp_path: Path) -> None:
    """Two thousand nested folders are no recursion, and the file in them is hashed."""
    root = nested("d", 2000)
    made = hash_evidence(root, tmp_path / "m")
    assert made.files == 1
    assert compare(root, tmp_path / "m", made.digest) == ()


def test_folders_beyond_the_longest_path_are_unreadable(nested: Callable[[str, int], Path], tmp_path: Path) -> None:
    """Folders nested deeper than any path reaches are listed as unreadable, and the rest is hashed."""
    root = nested("d" * 200, 60)
    (root / "z").write_bytes(b"x")
    made = hash_evidence(root, tmp_path / "m")
    assert made.files == 1
    assert [each.what for each in made.irregular] == ["unreadable"]


def test_every_difference_is_told(tree: Path, tmp_path: Path) -> None:
    """A byte, a size, a lost file, a new one and a file turned link are each told by path."""
    made = hash_evidence(tree, tmp_path / "m")
    big = tree / "a folder" / "nested" / "big"
    data = bytearray(big.read_bytes())
    data[-1] ^= 1
    big.write_bytes(bytes(data))
    (tree / "a").write_bytes(b"longer")
    (tree / "a.b").unlink()
    (tree / "new").mkdir()
    (tree / "new" / "file").write_bytes(b"")
    (tree / "empty").unlink()
    (tree / "empty").symlink_to("a")
    found = {each.path: each.what for each in compare(tree, tmp_path / "m", made.digest)}
    assert found == {
        "a": DifferenceKind.CHANGED,
        "a folder/nested/big": DifferenceKind.CHANGED,
        "a.b": DifferenceKind.MISSING,
        "empty": DifferenceKind.IRREGULAR,
        "new/file": DifferenceKind.ADDED,
    }
    with pytest.raises(EvidenceAlteredError, match="is not what was registered"):
        require_unchanged(tree, tmp_path / "m", made.digest)


def test_file_become_folder_and_back(tmp_path: Path) -> None:
    """A file that became a folder is missing, and what lies in the folder is new."""
    root = tmp_path / "e"
    root.mkdir()
    (root / "x").write_bytes(b"1")
    made = hash_evidence(root, tmp_path / "m")
    (root / "x").unlink()
    (root / "x").mkdir()
    (root / "x" / "y").write_bytes(b"1")
    found = compare(root, tmp_path / "m", made.digest)
    assert [(each.path, each.what) for each in found] == [
        ("x", DifferenceKind.MISSING),
        ("x/y", DifferenceKind.ADDED),
    ]


def test_times_alone_are_no_difference(tree: Path, tmp_path: Path) -> None:
    """Another modification time or mode, as a copy on another medium has, does not make evidence altered."""
    made = hash_evidence(tree, tmp_path / "m")
    os.utime(tree / "a", (1, 1))
    (tree / "a").chmod(0o400)
    assert compare(tree, tmp_path / "m", made.digest) == ()


def test_changed_manifest_is_noticed(tree: Path, tmp_path: Path) -> None:
    """A manifest that is gone or was edited is told as such, and scanning is refused."""
    made = hash_evidence(tree, tmp_path / "m")
    (tmp_path / "m").write_bytes((tmp_path / "m").read_bytes()[:-2] + b" \n")
    assert [each.what for each in compare(tree, tmp_path / "m", made.digest)] == [DifferenceKind.MANIFEST]
    with pytest.raises(EvidenceAlteredError, match="not the manifest that was registered"):
        require_unchanged(tree, tmp_path / "m", made.digest)
    (tmp_path / "m").unlink()
    with pytest.raises(EvidenceAlteredError, match="cannot be read"):
        require_unchanged(tree, tmp_path / "m", made.digest)


@pytest.mark.parametrize("line", [b"{}\n", b"[]\n", b"nonsense\n", b"\xff\n"])
def test_lines_that_are_none_are_refused(tmp_path: Path, line: bytes) -> None:
    """A manifest of anything else than manifest lines raises an error of ours."""
    (tmp_path / "m").write_bytes(line)
    with pytest.raises(EvidenceAlteredError):
        list(read_manifest(tmp_path / "m"))


def test_missing_evidence_is_told(tree: Path, tmp_path: Path) -> None:
    """Evidence that is gone is missing, not altered, and a failed hashing leaves no manifest behind."""
    made = hash_evidence(tree, tmp_path / "m")
    shutil.move(tree, tmp_path / "elsewhere")
    with pytest.raises(EvidenceMissingError):
        require_unchanged(tree, tmp_path / "m", made.digest)
    with pytest.raises(EvidenceMissingError):
        hash_evidence(tree, tmp_path / "other")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "m"]


def test_many_differences_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Differences over the bound are counted in one last entry."""
    monkeypatch.setattr(manifests, "MAX_LISTED", 3)
    root = tmp_path / "e"
    root.mkdir()
    made = hash_evidence(root, tmp_path / "m")
    for number in range(10):
        (root / str(number)).write_bytes(b"")
    found = compare(root, tmp_path / "m", made.digest)
    assert len(found) == 4
    assert found[-1] == Difference(path="", what=DifferenceKind.MORE, detail="7 more")


def test_progress_reaches_the_total(tree: Path, tmp_path: Path) -> None:
    """Progress names files and bytes done and ends at the bytes in all."""
    heard: list[tuple[int, int, int | None]] = []
    made = hash_evidence(tree, tmp_path / "m", on_progress=lambda *numbers: heard.append(numbers))
    assert heard[-1] == (made.files, made.bytes, made.bytes)
    assert heard == sorted(heard)


def test_memory_does_not_grow_with_files(tmp_path: Path) -> None:
    """Four thousand more files in many folders cost less than 100 bytes of peak memory each."""

    def peak(folders: int) -> int:
        root = tmp_path / f"e{folders}"
        for number in range(folders):
            (root / f"{number:03}").mkdir(parents=True)
            for name in range(40):
                (root / f"{number:03}" / str(name)).write_bytes(b"")
        tracemalloc.start()
        hash_evidence(root, tmp_path / f"m{folders}")
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    small = peak(2)
    assert peak(102) - small < 4000 * 100


def test_import_copies_and_verifies(tree: Path, tmp_path: Path) -> None:
    """An imported copy has the same bytes and times, private modes, and the same manifest."""
    os.utime(tree / "a", ns=(10**18, 10**18 + 7))
    made = hash_evidence(tree, tmp_path / "m")
    copy_evidence(tree, tmp_path / "copy", tmp_path / "m")
    assert compare(tmp_path / "copy", tmp_path / "m", made.digest) == ()
    assert (tmp_path / "copy" / "a").stat().st_mtime_ns == 10**18 + 7
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "copy").rglob("*") if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "copy").rglob("*") if path.is_file()} == {0o600}


def test_import_of_one_file(tree: Path, tmp_path: Path) -> None:
    """A single file is imported under the target's own name."""
    hash_evidence(tree / "a", tmp_path / "m")
    copy_evidence(tree / "a", tmp_path / "in" / "a.zip", tmp_path / "m")
    assert (tmp_path / "in" / "a.zip").read_bytes() == b"a"


def test_import_refuses_links_and_changes(tree: Path, tmp_path: Path) -> None:
    """A link is not imported, and a file that changed since hashing stops the import."""
    hash_evidence(tree, tmp_path / "before")
    (tree / "a").write_bytes(b"A")
    with pytest.raises(EvidenceAlteredError, match="copy was stopped"):
        copy_evidence(tree, tmp_path / "one", tmp_path / "before")
    (tree / "a").unlink()
    (tree / "a").symlink_to("/etc/hostname")
    hash_evidence(tree, tmp_path / "after")
    with pytest.raises(EvidenceHostileError, match="is link"):
        copy_evidence(tree, tmp_path / "two", tmp_path / "after")


@pytest.mark.parametrize("name", ["ios", "androidqf_zip", "sysdiagnose"])
def test_control_evidence_round_trips(evidence_of: Mapping[str, Path], tmp_path: Path, name: str) -> None:
    """Evidence of the builders is unchanged after hashing, by its own manifest."""
    made = hash_evidence(evidence_of[name], tmp_path / "m")
    require_unchanged(evidence_of[name], tmp_path / "m", made.digest)
    assert made.files >= 1
