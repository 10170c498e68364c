"""Forms with few writers outside of phones: built here by their published descriptions."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib

import lz4.block
import pytest

from mvtcase_readers.values import Batch, Extent, Place, Reading, Value, read_values

SOUGHT = "https://evil.example/stage"


def _read(data: bytes) -> tuple[Reading, dict[str, Reading], list[Value]]:
    values: list[Value] = []
    readings: dict[str, Reading] = {}

    def take(batch: Batch) -> None:
        values.extend(batch.values())

    return read_values(data, tick=lambda _: None, take=take, say=readings.__setitem__), readings, values


def _chunk(tag: int, data: bytes) -> bytes:
    return struct.pack("<IIQ", tag, 0x11, len(data)) + data + b"\0" * (-len(data) % 8)


def _log_entry(*texts: bytes) -> bytes:
    items, tail = b"", b""
    for text in texts:
        items += struct.pack("<BBHH", 0x22, 4, len(tail), len(text) + 1)
        tail += text + b"\0"
    body = struct.pack("<I", 77) + struct.pack("<BB", 0, len(texts)) + items + tail
    entry = struct.pack("<BBHIQIHH", 4, 0, 0x20A, 9, 1, 5, 0, len(body)) + body
    return entry + b"\0" * (-len(entry) % 8)


def test_texts_of_a_unified_log_are_whole() -> None:
    """A text in a log entry of a packed set of chunks begins and ends where the program's argument did."""
    public = _log_entry(b"first", SOUGHT.encode()) + _log_entry(b"other")
    firehose = struct.pack("<QIBBHHHHBBQ", 1, 2, 0, 0, 0, 16 + len(public), 4096, 0, 0, 0, 0) + public
    plain = _chunk(0x6001, firehose) + _chunk(0x6004, b"\1\2\3\0com.example.subsystem\0")
    packed = lz4.block.compress(plain, store_size=False)
    framed = b"bv41" + struct.pack("<II", len(plain), len(packed)) + packed + b"bv4$"
    data = _chunk(0x1000, b"\0" * 0xD0) + _chunk(0x600B, b"\1\0catalogue.example\0") + _chunk(0x600D, framed)
    reading, _, values = _read(data)
    assert (reading.form, reading.extent) == ("tracev3", Extent.FULL)
    whole = {value.text for value in values if value.whole}
    assert {SOUGHT, "first", "other", "com.example.subsystem", "catalogue.example"} <= whole


def _snappy(data: bytes) -> bytes:
    out, size = b"", len(data)
    while size > 127:
        out, size = out + bytes([size & 127 | 128]), size >> 7
    out += bytes([size])
    for start in range(0, len(data), 60):
        part = data[start : start + 60]
        out += bytes([len(part) - 1 << 2]) + part

    return out


@pytest.mark.parametrize("packed", [False, True])
def test_a_sorted_table_of_leveldb_is_read(*, packed: bool) -> None:
    """Keys that share a beginning and values of a table are given whole, packed by Snappy or not."""

    def block(*entries: tuple[int, bytes, bytes]) -> bytes:
        body = b"".join(bytes([shared, len(key), len(value)]) + key + value for shared, key, value in entries)
        return body + struct.pack("<II", 0, 1)

    def stored(data: bytes) -> bytes:
        return (_snappy(data) + b"\1" if packed else data + b"\0") + b"crc "

    first = stored(block((0, b"https://first.example/", b"\1"), (8, b"second.example/", SOUGHT.encode())))
    index = stored(block((0, b"z", bytes([0, len(first) - 5]))))
    footer = bytes([0, 0, len(first), len(index) - 5]) + b"\0" * 36 + bytes.fromhex("57fb808b247547db")
    reading, _, values = _read(first + index + footer)
    assert (reading.form, reading.extent) == ("leveldb", Extent.FULL)
    assert {"https://first.example/", "https://second.example/", SOUGHT} <= {value.text for value in values}


def test_a_message_text_keeps_its_edges_in_a_typed_stream() -> None:
    """A bare host of 43 to 45 letters in a message is whole: its length is a letter too."""
    for text in ("a" * 32 + ".example", "b" * 37 + ".example", "https://" + "c" * 200 + ".example/"):
        raw = text.encode()
        size = bytes([len(raw)]) if len(raw) < 128 else b"\x81" + struct.pack("<H", len(raw))
        data = (
            b"\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x08NSString\x01\x94\x84\x01+" + size + raw + b"\x86"
        )
        assert any(value.text == text and value.whole for value in _read(data)[2])


def test_what_cannot_be_taken_apart_says_so() -> None:
    """Unknown packings, encrypted documents and backups are told, never passed over."""
    assert _read(b"7z\xbc\xaf\x27\x1c" + bytes(40))[0].extent is Extent.UNKNOWN_FORM
    assert _read(b"ANDROID BACKUP\n5\n1\nAES-256\n" + bytes(40))[0].extent is Extent.ENCRYPTED
    assert _read(b"%PDF-1.4\n1 0 obj <<>> endobj trailer << /Encrypt 5 0 R >>")[0].extent is Extent.ENCRYPTED
    reading, _, values = _read(b"\x80\x81\x01\x02" + SOUGHT.encode() + b"\x01\xff\xfe\x02" + SOUGHT.encode("utf-16-le"))
    assert reading.extent is Extent.SKIMMED
    assert sum(value.text.endswith(SOUGHT) and not value.whole for value in values) == 2


def test_the_second_mail_of_a_mailbox_and_a_folded_parameter() -> None:
    """Every mail of a mailbox is read, and names written in several pieces are put together."""
    mail = (
        "From a@b.example Mon\nFrom: a@b.example\nSubject: one\n\nhello\n\n"
        "From c Tue\nSubject: =?utf-8?q?two=2Eexample?=\n"
        'Content-Disposition: attachment;\n filename*0="evil";\n filename*1=".example"\n\nbody\n'
    )
    values = _read(mail.encode())[2]
    assert {"two.example", "evil.example"} <= {value.text for value in values}
    assert [value.role for value in values if value.text == "two.example"] == ["subject"]


def test_places_are_those_of_the_first_step_in_a_cell() -> None:
    """A container in a container is a step of the path; a member's name is a value of its own."""
    assert Place().within("a.zip").within("b.db").inside == "a.zip!b.db"
    assert Place(table="t", row=1, column="c").within("gzip").at_key("url").key == "gzip.url"
    data = b"text " + zlib.compress(b"x")
    assert _read(data)[0].extent is not Extent.UNREADABLE


def test_bytes_beside_what_an_archive_lists_are_skimmed() -> None:
    """What stands before, between or after members, or after a compressed stream, is given, and full is not said."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in ("a", "b"):
            member = tarfile.TarInfo(name)
            member.size = 600
            archive.addfile(member, io.BytesIO(b"x" * 600))
    data = bytearray(packed.getvalue())
    data[1536:2048] = SOUGHT.encode().ljust(512, b"?")
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as made:
        made.writestr("a", "b")
    for evidence in (bytes(data), gzip.compress(b"x") + b"\1" + SOUGHT.encode(), b"PK\3\4" + zipped.getvalue()[4:]):
        reading, _, values = _read(evidence)
        if SOUGHT.encode() in evidence:
            assert reading.extent is Extent.SKIMMED
            assert any(SOUGHT in value.text for value in values)
        else:
            assert reading.extent is Extent.FULL


def test_a_tar_without_a_sound_header_is_not_full() -> None:
    """Bytes that only carry a tar's mark are no tar that was read in full."""
    assert _read(b"a" * 257 + b"ustar" + SOUGHT.encode() * 40)[0].extent is not Extent.FULL


@pytest.mark.parametrize(
    "record",
    [
        b"\xff" + struct.pack("<I", len(SOUGHT)) + SOUGHT.encode() + b"\x91",
        b"\xff" + struct.pack("<I", len(SOUGHT)) + SOUGHT.encode() + b"next field",
        b"\xff" + struct.pack("<IB", len(SOUGHT), 1) + SOUGHT.encode() + b"\x91",
        b"\xff" + struct.pack(">H", len(SOUGHT)) + SOUGHT.encode() + b"\x91",
        b"\xff" + bytes([len(SOUGHT)]) + SOUGHT.encode() + b"\x91",
        b"\xff\0" + SOUGHT.encode() + b"\0\x91",
        b"\xff\1" + bytes([45]) + b"a" * 33 + b"evil.example" + b"\x91",
    ],
)
def test_a_text_in_an_unknown_form_is_whole_where_its_ends_are_known(record: bytes) -> None:
    """A length before a text, or zeros around it, say where it begins and ends, in a form that nobody knows too."""
    reading, _, values = _read(b"\x80\x01\x02" + record + b"\xc1\x02\x80\x01")
    assert reading.extent is Extent.SKIMMED
    assert any(value.whole and value.text in {SOUGHT, "a" * 33 + "evil.example"} for value in values)


def test_an_address_in_angle_brackets_is_no_element() -> None:
    """What stands in a page as an address or link in angle brackets is a value, though it looks like an element."""
    values = _read(b"<p>write to <lena@evil.example> or <https://evil.example/a> <x evil.example></p>")[2]
    assert {"lena@evil.example", "https://evil.example/a", "evil.example"} <= {value.text for value in values}


def test_cookies_keep_their_fields_apart() -> None:
    """Domain, name, path and value of a cookie are values of their own, with their roles."""
    texts = [b"evil.example\0", b"sid\0", b"/stage\0", b"v\0"]
    starts = [56, 56 + 13, 56 + 13 + 4, 56 + 13 + 4 + 7]
    body = struct.pack("<IIII", starts[-1] + 2, 0, 0, 0) + struct.pack("<IIII", *starts) + bytes(8)
    body += struct.pack("<dd", 8e8, 7e8) + b"".join(texts)
    page = b"\0\0\1\0" + struct.pack("<III", 1, 16, 0) + body
    data = b"cook" + struct.pack(">II", 1, len(page)) + page + b"\0\0\0\0\7\x17\x20\5"
    reading, _, values = _read(data)
    assert (reading.form, reading.extent) == ("cookies", Extent.FULL)
    assert {("evil.example", "domain"), ("/stage", "path")} <= {(value.text, value.role) for value in values}


def test_colours_of_a_terminal_do_not_hide_a_word() -> None:
    """A coloured log gives each word without the escapes that stand before it or in its middle."""
    *_, values = _read(b"plain line\nopen \x1b[01;31mhttps://evil\x1b[m\x1b[K.example/stage\x1b[0m now\n")
    assert f"open {SOUGHT} now" in {value.text for value in values}


def test_the_name_in_the_head_of_a_packed_file_is_given() -> None:
    """A gzip file says the name of what was packed, as a path."""
    packed = io.BytesIO()
    with gzip.GzipFile("agentd.dylib", "wb", fileobj=packed) as file:
        file.write(b"nothing else")
    *_, values = _read(packed.getvalue())
    assert ("agentd.dylib", "path") in {(value.text, value.role) for value in values}
