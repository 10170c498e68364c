"""Hostile archives cost no more than their bounds, write nowhere else, and never pass silently."""

from __future__ import annotations

import gzip
import io
import os
import stat
import struct
import tarfile
import warnings
import zipfile
from typing import TYPE_CHECKING, TypeAlias

import pytest

from mvtcase.evidence import archives
from mvtcase.evidence.unpack import (
    MAX_GAPS,
    Budget,
    MemberProblem,
    Notes,
    safe_parts,
    shown,
    sound_zip,
    unpack_tar,
    unpack_zip,
)
from mvtcase.evidence.walk import walk
from mvtcase.model import ModuleOutcome
from mvtcase.settings import Limits
from mvtcase.wording import text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MIB = 1 << 20
Unpacked: TypeAlias = "Callable[..., tuple[dict[str, bytes], Notes]]"


@pytest.fixture
def unpacked(tmp_path: Path) -> Callable[..., tuple[dict[str, bytes], Notes]]:
    """Return a function that unpacks an archive and gives the files written and what was noted."""

    def run(path: Path, **bounds: int) -> tuple[dict[str, bytes], Notes]:
        target = tmp_path / "out" / "deep" / "target"
        target.mkdir(parents=True)
        notes = Notes()
        unpack = unpack_zip if path.suffix == ".zip" else unpack_tar
        unpack(path, target, Budget.of(Limits(**bounds)), notes)
        found = {entry.path: (target / entry.path).read_bytes() for entry in walk(target) if entry.what == "file"}
        assert {entry.what for entry in walk(tmp_path / "out")} <= {"file"}
        assert sum(1 for _ in walk(tmp_path / "out")) == len(found), "something was written outside the target"
        return found, notes

    return run


def _reasons(notes: Notes) -> str:
    return "\n".join(gap.reason for gap in notes.gaps())


OUTSIDE = ["../up", "a/../../up", "/absolute", "..\\up", "C:\\up", "C:/up", "a/.."]
BAD_NAMES = [*OUTSIDE, "/", ".", "./", "n" * 300, "/".join("d" * 70), "x/" + "y/" * 600 + "z", "a\0b", "\ud800"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_names_are_refused(name: str) -> None:
    """A path that leaves, names nothing, nests too deep or cannot be written is refused."""
    with pytest.raises(MemberProblem):
        safe_parts(name)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a/b", ("a", "b")),
        ("./a//b/", ("a", "b")),
        ("a\\b", ("a", "b")),
        ("…/\udcff\n", ("…", "\udcff\n")),
        ("..a", ("..a",)),
    ],
)
def test_odd_but_harmless_names_are_taken(name: str, parts: tuple[str, ...]) -> None:
    """Dots, doubled slashes, backslashes, undecodable bytes and newlines are no reason to lose a file."""
    assert safe_parts(name) == parts


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("form", ["zip", "tar"])
def test_traversal_writes_nothing_outside(
    unpacked: Unpacked, zip_at: Callable[..., Path], tar_at: Callable[..., Path], name: str, form: str
) -> None:
    """A member that climbs out is a gap; its neighbours are unpacked and nothing is written outside."""
    members = {name: b"evil", "top/good": b"good"}
    path = zip_at("a.zip", members) if form == "zip" else tar_at("a.tar.gz", list(members.items()))
    files, notes = unpacked(path)
    assert files == {"top/good": b"good"}
    assert [gap.outcome for gap in notes.gaps()] == [ModuleOutcome.DENIED]


def test_tar_links_and_devices_are_left_out(unpacked: Unpacked, tar_at: Callable[..., Path]) -> None:
    """Links, hard links, devices and pipes are gaps, and a file through a link's name lands in a plain folder."""
    odd = []
    for name, kind in (("etc", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE), ("zero", tarfile.CHRTYPE),
                       ("disk", tarfile.BLKTYPE), ("pipe", tarfile.FIFOTYPE)):  # fmt: skip
        info = tarfile.TarInfo(f"top/{name}")
        info.type, info.linkname = kind, "/etc"
        odd.append(info)
    files, notes = unpacked(tar_at("a.tar.gz", [*odd, ("top/etc/passwd", b"mine")]))
    assert files == {"top/etc/passwd": b"mine"}
    assert len(notes.gaps()) == 5


def test_zip_links_are_left_out(unpacked: Unpacked, tmp_path: Path) -> None:
    """A zip member whose attributes say link or pipe is a gap."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, kind in (("link", stat.S_IFLNK), ("pipe", stat.S_IFIFO), ("file", stat.S_IFREG)):
            info = zipfile.ZipInfo(name)
            info.external_attr = (kind | 0o777) << 16
            archive.writestr(info, b"/etc/passwd")
    files, notes = unpacked(path)
    assert set(files) == {"file"}
    assert len(notes.gaps()) == 2


@pytest.mark.parametrize("form", ["zip", "tar"])
def test_first_of_two_equal_names_stays(
    unpacked: Unpacked, tmp_path: Path, tar_at: Callable[..., Path], form: str
) -> None:
    """Of two members of one name the first is kept and the second a gap; a file never replaces a folder."""
    members = [("top/a", b"first"), ("top/./a", b"second"), ("top/a/b", b"below a file")]
    if form == "tar":
        path = tar_at("a.tar.gz", members)
    else:
        path = tmp_path / "a.zip"
        with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
            warnings.simplefilter("ignore")
            for name, data in members:
                archive.writestr(name, data)
    files, notes = unpacked(path)
    assert files == {"top/a": b"first"}
    assert len(notes.gaps()) == 2


def test_zip_bomb_stops_with_a_gap(
    unpacked: Unpacked, zip_at: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A zip over the ratio stops there: what came before is kept, the bomb itself is not, and a gap says so."""
    monkeypatch.setattr("mvtcase.evidence.unpack.RATIO_FLOOR_BYTES", MIB)
    path = zip_at("a.zip", {"good": b"good", "bomb": bytes(8 * MIB), "after": b"after"})
    files, notes = unpacked(path, archive_ratio=20)
    assert files == {"good": b"good"}
    assert "20 times its size" in _reasons(notes)


def test_shared_bytes_of_a_zip_are_counted_each_time(
    unpacked: Unpacked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A zip whose directory names one member's bytes a hundred times is stopped, or its members are refused."""
    monkeypatch.setattr("mvtcase.evidence.unpack.RATIO_FLOOR_BYTES", MIB)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", bytes(MIB))
        info = archive.infolist()[0]
        for number in range(100):
            twin = zipfile.ZipInfo(f"{number:03}")
            for name in ("compress_type", "CRC", "compress_size", "file_size", "header_offset"):
                setattr(twin, name, getattr(info, name))
            archive.filelist.append(twin)
    files, notes = unpacked(path, archive_ratio=20)
    assert sum(map(len, files.values())) < 3 * MIB
    assert notes.gaps()


@pytest.mark.parametrize("form", ["zip", "tar"])
def test_total_bytes_and_members_are_bounded(
    unpacked: Unpacked, zip_at: Callable[..., Path], tar_at: Callable[..., Path], form: str
) -> None:
    """Too many bytes in all stop the unpacking with a gap."""
    members = {f"top/{number}": os.urandom(50_000) for number in range(10)}
    path = zip_at("a.zip", members) if form == "zip" else tar_at("a.tar.gz", list(members.items()))
    files, notes = unpacked(path, temporary_bytes=200_000)
    assert 1 <= len(files) <= 4
    assert "more than" in _reasons(notes)


@pytest.mark.parametrize("form", ["zip", "tar"])
def test_members_are_bounded(
    unpacked: Unpacked, zip_at: Callable[..., Path], tar_at: Callable[..., Path], form: str
) -> None:
    """Too many members stop the unpacking with a gap."""
    members = {f"top/{number}": b"x" for number in range(50)}
    path = zip_at("a.zip", members) if form == "zip" else tar_at("a.tar.gz", list(members.items()))
    files, notes = unpacked(path, archive_members=10)
    assert len(files) == 10
    assert "more members" in _reasons(notes)


@pytest.mark.parametrize("form", ["zip", "tar"])
def test_one_member_is_bounded(
    unpacked: Unpacked, zip_at: Callable[..., Path], tar_at: Callable[..., Path], form: str
) -> None:
    """A member over the bound of one file is left out, its neighbours are not."""
    members = {"top/big": bytes(100_000), "top/small": b"x"}
    path = zip_at("a.zip", members) if form == "zip" else tar_at("a.tar.gz", list(members.items()))
    files, notes = unpacked(path, file_bytes=50_000)
    assert set(files) == {"top/small"}
    assert "claims 100000 bytes" in _reasons(notes)


def test_lying_zip_size_does_not_pass(unpacked: Unpacked, zip_at: Callable[..., Path]) -> None:
    """A member that says 1 byte and unpacks to a million gives no more than it says, and is noted as damaged."""
    path = zip_at("a.zip", {"lie": bytes(MIB)})
    data = bytearray(path.read_bytes())
    central = data.rfind(b"PK\x01\x02")
    data[central + 24 : central + 28] = struct.pack("<I", 1)
    path.write_bytes(bytes(data))
    files, notes = unpacked(path)
    assert sum(map(len, files.values())) <= 1
    assert [gap.outcome for gap in notes.gaps()] == [ModuleOutcome.DAMAGED]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unbounded_compression_is_refused(unpacked: Unpacked, tmp_path: Path, method: int) -> None:
    """bzip2 and LZMA, which zipfile unpacks without a bound, are gaps."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("good", b"good")
        archive.writestr("odd", bytes(1000), compress_type=method)
    files, notes = unpacked(path)
    assert files == {"good": b"good"}
    assert "phones do not use" in _reasons(notes)


def test_gzip_bomb_stops_with_a_gap(
    unpacked: Unpacked, tar_at: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tar.gz over the ratio stops there and keeps what came before."""
    monkeypatch.setattr(archives, "RATIO_FLOOR_BYTES", MIB)
    files, notes = unpacked(tar_at("a.tar.gz", [("top/good", b"good"), ("top/bomb", bytes(8 * MIB))]), archive_ratio=20)
    assert files == {"top/good": b"good"}
    assert [gap.outcome for gap in notes.gaps()] == [ModuleOutcome.DENIED]


def _header(name: bytes, size: bytes, kind: bytes = b"0") -> bytes:
    header = bytearray(512)
    header[: len(name)] = name
    header[100:108], header[108:116], header[116:124] = b"0000644\0", b"0000000\0", b"0000000\0"
    header[124 : 124 + len(size)] = size
    header[136:148] = b"00000000000\0"
    header[156:157] = kind
    header[257:265] = b"ustar\x0000"
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def _sparse_100_gigabytes() -> bytes:
    header = bytearray(_header(b"top/sparse", b"00000000000\0", b"S"))
    header[257:265] = b"ustar  \0"
    header[483:495] = b"\x80" + (100 << 30).to_bytes(11, "big")
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


_TARS = {
    "sparse": _sparse_100_gigabytes(),
    "pax header of gigabytes": _header(b"pax", b"77777777777\0", b"x") + bytes(8 * MIB),
    "long name of gigabytes": _header(b"././@LongLink", b"77777777777\0", b"L") + b"x" * (8 * MIB),
    "negative size": _header(b"top/back", b"\xff" * 11 + b"\x00") + bytes(512),
    "pax chain": _header(b"pax", b"00000000000\0", b"x") * 3000,
    "size beyond the end": _header(b"top/short", b"00000100000\0") + b"only this",
    "broken header": _header(b"top/x", b"00000000000\0")[:148] + b"999999\0 " + bytes(356),
    "noise": bytes(range(1, 256)) * 10,
}


@pytest.mark.parametrize("tail", _TARS.values(), ids=_TARS)
@pytest.mark.parametrize("packed", [True, False])
def test_lying_tar_headers_are_noted(unpacked: Unpacked, tmp_path: Path, tail: bytes, packed: bool) -> None:  # noqa: FBT001 - a case of the table
    """After a sound member, each lying or broken header is a gap, quickly and without the bytes it claims."""
    data = _header(b"top/good", b"00000000004\0") + b"good" + bytes(508) + tail + bytes(1024)
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(data) if packed else data)
    files, notes = unpacked(path)
    assert files["top/good"] == b"good"
    assert sum(map(len, files.values())) < 100_000
    assert notes.gaps()


def test_lost_end_is_noted(unpacked: Unpacked, tar_at: Callable[..., Path]) -> None:
    """An archive cut exactly between two members, and one with another behind its end mark, are not whole."""
    _, notes = unpacked(tar_at("cut.tar.gz", [("top/a", b"x" * 512)], tail=b""))
    assert "end mark" in _reasons(notes)


def test_second_archive_behind_the_end_is_noted(unpacked: Unpacked, tar_at: Callable[..., Path]) -> None:
    """Members hidden behind the end mark do not pass unseen."""
    hidden = _header(b"top/hidden", b"00000000000\0")
    files, notes = unpacked(tar_at("two.tar.gz", [("top/a", b"x" * 512)], tail=bytes(1024) + hidden + bytes(1024)))
    assert set(files) == {"top/a"}
    assert "more data follows" in _reasons(notes)


@pytest.mark.parametrize("cut", [30, 200, 5000, -4])
def test_truncated_gzip_keeps_what_came_before(unpacked: Unpacked, tar_at: Callable[..., Path], cut: int) -> None:
    """A tar.gz cut anywhere, its checksum alone included, is noted as damaged and unpacked as far as it goes."""
    path = tar_at("a.tar.gz", [("top/a", b"first"), ("top/b", os.urandom(20_000)), ("top/c", b"last")])
    path.write_bytes(path.read_bytes()[:cut])
    files, notes = unpacked(path)
    assert set(files) <= {"top/a", "top/b", "top/c"}
    assert [gap.outcome for gap in notes.gaps()] == [ModuleOutcome.DAMAGED]


def test_plain_and_empty_tars(unpacked: Unpacked, tmp_path: Path) -> None:
    """A tar without gzip is read too."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        info = tarfile.TarInfo("top/a")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))
    (tmp_path / "a.tar").write_bytes(raw.getvalue())
    files, notes = unpacked(tmp_path / "a.tar")
    assert (files, notes.gaps()) == ({"top/a": b"abc"}, ())


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), bytes(range(100, 200))])
def test_no_zip_at_all(unpacked: Unpacked, tmp_path: Path, content: bytes) -> None:
    """What is no readable zip is a gap; an empty but well-formed one has nothing to lose."""
    (tmp_path / "a.zip").write_bytes(content)
    files, notes = unpacked(tmp_path / "a.zip")
    assert files == {}
    assert bool(notes.gaps()) is (len(content) != 22)


def test_sound_zip_is_used_as_it_is(zip_at: Callable[..., Path], tmp_path: Path) -> None:
    """A zip that can be read to its end is not packed anew."""
    path = zip_at("a.zip", {"a": b"x", "folder/b": b"y"})
    assert sound_zip(path, tmp_path / "new.zip", Limits(), Notes()) == path
    assert not (tmp_path / "new.zip").exists()


def test_gaps_are_bounded_and_printable() -> None:
    """A hundred thousand bad members give a bounded list that counts the rest, in printable words."""
    notes = Notes()
    for number in range(MAX_GAPS + 5):
        notes.add(f"\x1b[31m\u202e\udcff{number}", text_of("is odd"))
    assert len(notes.gaps()) == MAX_GAPS + 1
    assert notes.gaps()[-1].reason == "5 more entries were left out"
    assert notes.gaps()[0].reason.isprintable()
    assert len(shown("x" * 10_000)) < 200
