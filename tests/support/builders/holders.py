"""What a text can stand in: forms, encodings and containers, each made by the rules of its form and seeded.

The writers are others than the authors of our readers: the standard library, LZ4, a few lines after a published form.
"""

from __future__ import annotations

import base64
import bz2
import csv
import gzip
import io
import json
import lzma
import plistlib
import sqlite3
import struct
import tarfile
import tempfile
import zipfile
import zlib
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import lz4.frame

if TYPE_CHECKING:
    import random
    from collections.abc import Callable


def _filler(dice: random.Random, size: int = 40) -> str:
    return "".join(dice.choice("abcdefgh 0123,.é漢字") for _ in range(dice.randrange(size)))


# What holds a text: each returns bytes.


def _lines(text: str, dice: random.Random) -> bytes:
    lines = [_filler(dice) for _ in range(dice.randrange(6))]
    lines.insert(dice.randrange(len(lines) + 1), f"{_filler(dice)} {text} {_filler(dice)}")
    encoding = dice.choice(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "big5"])
    # Big5 has no half-width stop, and no soft hyphen.
    encoding = encoding if text.encode(encoding, "ignore").decode(encoding) == text else "utf-8"
    return dice.choice(["\n", "\r\n"]).join(lines).encode(encoding, "ignore")


def _tree(text: str, dice: random.Random) -> list[Any] | dict[str, Any]:
    held: Any = text
    for _ in range(dice.randrange(1, 6)):
        held = [_filler(dice), held, 7] if dice.random() < 0.5 else {_filler(dice): 1, "k": held, "z": _filler(dice)}
    return {text: held} if dice.random() < 0.1 else held


def _json(text: str, dice: random.Random) -> bytes:
    written = json.dumps(_tree(text, dice), ensure_ascii=dice.random() < 0.5, indent=dice.choice([None, 2]))
    if dice.random() < 0.5:
        written = written.replace("/", "\\/")
    if dice.random() < 0.3:
        written = written.replace(".example", "\\u002eexample")
    if dice.random() < 0.3:
        written = "\n".join(['{"a": "b"}', written.replace("\n", " "), '{"c": "d"}'])
    if dice.random() < 0.1:
        written = written + '{"cut": ["here'
    return written.encode(dice.choice(["utf-8", "utf-16"]))


def _plist(text: str, dice: random.Random) -> bytes:
    held = _tree(text, dice)
    return plistlib.dumps(held, fmt=dice.choice([plistlib.FMT_BINARY, plistlib.FMT_XML]))


def _keyed_archive(text: str, dice: random.Random) -> bytes:
    objects: list[object] = ["$null", {"NS.string": plistlib.UID(2), "$class": plistlib.UID(3)}, text, {"$classes": []}]
    objects.extend(_filler(dice) for _ in range(4))
    archive = {
        "$archiver": "NSKeyedArchiver",
        "$objects": objects,
        "$top": {"root": plistlib.UID(1)},
        "$version": 100000,
    }
    return plistlib.dumps(archive, fmt=plistlib.FMT_BINARY)


def _markup(text: str, dice: random.Random) -> bytes:
    written = escape(text)
    if dice.random() < 0.4:
        written = written.replace(".", dice.choice(["&#46;", "&#x2e;", "&period;"]))
    place = dice.randrange(5)
    if place == 0:
        body = f"<a x='1' href=\"{written}\">here</a>"
    elif place == 1:
        # Without quotes a value ends at a blank: what follows is read as names of attributes.
        body = f"<a href={written}>here</a>"
    elif place == 2:
        cut = f"<b>{written[:12]}</b>{written[12:]}"
        body = f"<p>{_filler(dice)} {cut}</p>" if "&" not in written else f"<p>{written}</p>"
    elif place == 3:
        body = f"<!-- {text} --><x/>"
    else:
        body = f"<s><![CDATA[{text}]]></s>"
    return f"<?xml version='1.0'?><root>{escape(_filler(dice))}{body}</root>".encode()


def _table(text: str, dice: random.Random) -> bytes:
    made = io.StringIO()
    writer = csv.writer(made, delimiter=dice.choice(",;\t"), quoting=dice.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
    writer.writerow(["name", "value", "note"])
    for row in range(dice.randrange(1, 5)):
        writer.writerow([row, text, f'say "{_filler(dice)}"'])
    return made.getvalue().encode()


def _mail(text: str, dice: random.Random) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = "a@b.example"
    message["To"] = "c@d.example"
    place = dice.randrange(5)
    message["Subject"] = f"漢字 {text} é" if place == 0 else _filler(dice).replace("\n", " ")
    coding = dice.choice(["base64", "quoted-printable"])
    message.set_content(f"{_filler(dice)}\n{text if place == 1 else ''} é", cte=coding)
    if place == 2:
        message.add_alternative(f"<a href='{escape(text)}'>漢字</a>", subtype="html", cte=coding)
    if place == 3:
        message.add_attachment(zlib.compress(text.encode()), maintype="application", subtype="x", filename="a.bin")
    if place == 4:
        message["X-Long"] = f"{'word ' * 20}{text} {'word ' * 20}"
    data = message.as_bytes()
    return f"{len(data)}\n".encode() + data + plistlib.dumps({"flags": 1}) if dice.random() < 0.3 else data


def _card(text: str, dice: random.Random) -> bytes:
    way = dice.randrange(3)
    if way == 0:
        lines = [f"URL;TYPE=work:{text}"]
    elif way == 1:
        lines = ["NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:" + "".join(f"={byte:02X}" for byte in text.encode())]
    else:
        lines = [f"PHOTO;ENCODING=b:{base64.b64encode(zlib.compress(text.encode())).decode()}"]
    folded = "\r\n".join(line if len(line) < 60 else f"{line[:50]}\r\n {line[50:]}" for line in lines)
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:漢字\r\n{folded}\r\nEND:VCARD\r\n".encode()


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _protobuf(text: str, dice: random.Random) -> bytes:
    held = text.encode()
    for _ in range(dice.randrange(1, 6)):
        parts = [_varint(1 << 3) + _varint(dice.randrange(1 << 40)), _varint(3 << 3 | 1) + struct.pack("<d", 1.5)]
        parts.append(_varint(2 << 3 | 2) + _varint(len(held)) + held)
        held = b"".join(parts)
    return held


def _pdf(text: str, dice: random.Random) -> bytes:
    # After ISO 32000-1: an address in an annotation, in a packed stream of objects, or shown in pieces.
    escaped = text.replace("(", "\\(").replace(")", "\\)")
    way = dice.randrange(5)
    uri = f"<< /Type /Annot /A << /S /URI /URI ({escaped}) >> >>".encode()
    if way == 0:
        return b"%PDF-1.7\n1 0 obj\n" + uri + b"\nendobj\ntrailer\n<< >>\n%%EOF\n"
    if way == 1:
        uri = b"<< /URI <" + text.encode().hex().encode() + b"> >>"
    if way == 2:
        uri = f"BT [({escaped[:9]}) -20 ({escaped[9:]})] TJ ET".encode()
    if way == 3:
        uri = b"<< /URI (" + "".join(f"\\{byte:03o}" for byte in text.encode()).encode() + b") >>"
    packed = zlib.compress(uri)
    name = b"/FlateDecode"
    if way == 4:
        packed, name = base64.a85encode(packed) + b"~>", b"[/ASCII85Decode /FlateDecode]"
    head = b"<< /Type /ObjStm /Length " + str(len(packed)).encode() + b" /Filter " + name + b" >>"
    return b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n" + head + b"\nstream\n" + packed + b"\nendstream\nendobj\n%%EOF\n"


def _typedstream(text: str, dice: random.Random) -> bytes:
    raw = text.encode() if dice.random() < 0.5 else (_filler(dice, 300) + " " + text).encode()
    size = bytes([len(raw)]) if len(raw) < 128 else b"\x81" + struct.pack("<H", len(raw))
    return (
        b"\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x12NSAttributedString\0\x84\x84\x08NSObject\0\x85\x92"
        b"\x84\x84\x84\x08NSString\x01\x94\x84\x01+"
        + size
        + raw
        + b"\x86\x84\x02iI\x01\x10\x92\x84\x84\x84\x0cNSDictionary\0"
    )


def _segb(text: str, dice: random.Random) -> bytes:
    records = [_protobuf(_filler(dice) + "x" * 9, dice), _protobuf(text, dice)]
    if dice.random() < 0.5:
        out = b"\0" * 52 + b"SEGB"
        for record in records:
            out += struct.pack("<iIddII", len(record), 1, 7e8, 7e8, 0, 0) + record + b"\0" * (-len(record) % 8)
        return out
    body, ends = b"", []
    for record in records:
        body += b"\0" * (-len(body) % 4) + struct.pack("<II", 0, 0) + record
        ends.append(len(body))
    table = b"".join(struct.pack("<IId", end, 1, 7e8) for end in ends)
    return struct.pack("<4sId16x", b"SEGB", 2, 7e8) + body + table


HOLDERS: list[Callable[[str, random.Random], bytes]] = [
    *(_lines, _json, _plist, _keyed_archive, _markup, _table, _mail, _card, _protobuf, _pdf, _typedstream, _segb),
]
"""Each writes a text into a file of its form."""

ASCII_ONLY = frozenset({_pdf})
"""Forms that write other letters in another way than these few lines do."""


# What holds bytes: each returns bytes.


def in_database(data: bytes | str, dice: random.Random) -> bytes:
    """Return a database of random shape with the data in a cell, live, moved or freed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        made = sqlite3.connect(path, isolation_level=None)
        made.execute(f"PRAGMA page_size={dice.choice([512, 1024, 4096, 65536])}")
        made.execute(f"PRAGMA encoding='{dice.choice(['UTF-8', 'UTF-16le', 'UTF-16be'])}'")
        vacuum = dice.randrange(3)
        made.executescript(f"PRAGMA auto_vacuum={vacuum}; PRAGMA synchronous=OFF; PRAGMA secure_delete=OFF")
        made.execute("BEGIN")
        without = dice.random() < 0.3
        made.execute(f"CREATE TABLE t (k TEXT PRIMARY KEY, a, b) {'WITHOUT ROWID' if without else ''}")
        made.execute("CREATE INDEX i ON t (b)")
        for row in range(dice.randrange(1, 60)):
            made.execute("INSERT INTO t VALUES (?, ?, ?)", (f"k{row:03}", _filler(dice), row))
        cells: list[bytes | str | int] = [f"key{_filler(dice)}", _filler(dice), data]
        if dice.random() < 0.3 and isinstance(data, str):
            cells = [data, 5, _filler(dice)]
        made.execute("INSERT OR REPLACE INTO t VALUES (?, ?, ?)", cells)
        made.execute("COMMIT")
        if dice.random() < 0.3:
            # With everything else: every page is freed as it stands, unless the file is made shorter at once (1).
            drops = isinstance(data, str) and len(data) < 100 and vacuum != 1
            made.execute("DROP TABLE t" if drops else "VACUUM")
        made.close()
        return path.read_bytes()


def _in_zip(data: bytes, dice: random.Random) -> bytes:
    made = io.BytesIO()
    method = dice.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    with zipfile.ZipFile(made, "w", method) as archive:
        archive.writestr("first.txt", "first")
        archive.writestr("folder/second", data)
    return made.getvalue()


def _in_tar(data: bytes, dice: random.Random) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=dice.choice([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])) as archive:
        member = tarfile.TarInfo("folder/" + "long" * dice.choice([1, 60]))
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return made.getvalue()


def _in_backup(data: bytes, dice: random.Random) -> bytes:
    packed = dice.random() < 0.5
    tar = _in_tar(data, dice)
    return b"ANDROID BACKUP\n5\n" + (b"1" if packed else b"0") + b"\nnone\n" + (zlib.compress(tar) if packed else tar)


def _apple_lz4(data: bytes, _: random.Random) -> bytes:
    packed: bytes = lz4.block.compress(data, store_size=False)
    return b"bv41" + struct.pack("<II", len(data), len(packed)) + packed + b"bv4$"


def _in_plist_data(data: bytes, dice: random.Random) -> bytes:
    return plistlib.dumps({"payload": [data, 1]}, fmt=dice.choice([plistlib.FMT_BINARY, plistlib.FMT_XML]))


def _in_protobuf(data: bytes, dice: random.Random) -> bytes:
    return _varint(5 << 3) + b"\x07" + _varint(9 << 3 | 2) + _varint(len(data)) + data + b"\x12\x04text"


WRAPPERS: list[Callable[[bytes, random.Random], bytes]] = [
    *(in_database, _in_zip, _in_tar, _in_backup, _apple_lz4, _in_plist_data, _in_protobuf),
    *(lambda data, _, pack=pack: pack(data) for pack in (gzip.compress, zlib.compress, bz2.compress, lzma.compress)),
    lambda data, _: lz4.frame.compress(data),
    lambda data, _: json.dumps({"blob": base64.b64encode(data).decode()}).encode(),
]
"""Each puts bytes into a container."""


# What holds a value under a name: each returns bytes.


def _named_json(name: str, value: str) -> bytes:
    return json.dumps([{"a": 1, name: "x"}, {name: value, "z": 2}]).encode()


def _named_lines_of_json(name: str, value: str) -> bytes:
    return f"{json.dumps({name: 'x'})}\n{json.dumps({name: value})}\n".encode()


def _named_plist(name: str, value: str) -> bytes:
    return plistlib.dumps({"list": [{name: value, "n": 1}]}, fmt=plistlib.FMT_BINARY)


def _named_in_keyed_archive(name: str, value: str) -> bytes:
    # As NSKeyedArchiver writes a dictionary; equal texts are one object, whatever they stand under.
    uid = plistlib.UID
    held = {"NS.keys": [uid(5), uid(2)], "NS.objects": [uid(3), uid(3)], "$class": uid(4)}
    objects = ["$null", held, name, value, {"$classname": "NSDictionary", "$classes": ["NSDictionary"]}, "title"]
    archive = {"$archiver": "NSKeyedArchiver", "$version": 100000, "$top": {"root": uid(1)}, "$objects": objects}
    return plistlib.dumps(archive, fmt=plistlib.FMT_BINARY)


def _named_column(name: str, value: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        made = sqlite3.connect(path)
        made.execute(f'CREATE TABLE t (id INTEGER PRIMARY KEY, "{name}" TEXT, n INT)')
        made.executemany("INSERT INTO t VALUES (?, ?, 3)", [(1, "x"), (2, value)])
        made.commit()
        made.close()
        return path.read_bytes()


def _named_table(name: str, value: str) -> bytes:
    made = io.StringIO()
    csv.writer(made).writerows([["id", name, "n"], [1, "x", 2], [2, value, 3]])
    return made.getvalue().encode()


def _named_element(name: str, value: str) -> bytes:
    return f"<?xml version='1.0'?><root><item><{name}>{value}</{name}></item></root>".encode()


def _named_attribute(name: str, value: str) -> bytes:
    return f"<?xml version='1.0'?><root><item {name}=\"{value}\"/></root>".encode()


def _named_line(name: str, value: str) -> bytes:
    return f"a: 1\n{name}: {value}\nz: 3\n".encode()


def _named_in_log(name: str, value: str) -> bytes:
    return f"11-20 08:01:02.003 1042 1042 I Tag: {name}={value} done\n".encode()


NAMED: list[Callable[[str, str], bytes]] = [
    *(_named_json, _named_lines_of_json, _named_plist, _named_in_keyed_archive, _named_column, _named_table),
    *(_named_element, _named_attribute, _named_line, _named_in_log),
]
"""Each writes a value under a name, of a key, column, element or word before a colon, into a file of its form."""
