"""How files keep a value so that it is not to be seen in their bytes, or not by itself: after public descriptions.

Each returns the smallest file of its form; nothing is taken from what our own readers accept.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import lzma
import plistlib
import struct
import tarfile
import zipfile
import zlib

from builders.planted_forms import lz4_block, tables
from builders.planted_inputs import HASHED, INDICATORS
from builders.planted_places import Place, both, device
from mvtcase.phones.plants import PlantKind

_APP = "private/var/mobile/Containers/Data/Application/6C5E2E91-2F6A-4E1D-9C6E-3F9B6A0E7D21"
_NOISE = bytes(range(128, 256))


def network_state(host: str) -> bytes:
    """Return Chrome's `Network Persistent State`: whose page asked stands as a pickle in base64 (chromium, base/pickle.h)."""
    text = f"https://{host}".encode()
    body = struct.pack("<I", len(text)) + text + b"\0" * (-len(text) % 4)
    asked_by = base64.b64encode(struct.pack("<I", len(body)) + body).decode()
    server = {"anonymization": [asked_by, False], "server": "https://fonts.example.org", "supports_spdy": True}
    return json.dumps({"net": {"http_server_properties": {"servers": [server], "version": 5}}}).encode()


def certificate(host: str) -> bytes:
    """Return the beginning of a certificate: its serial number, its issuer's name, when it holds (RFC 5280, DER)."""
    name = host.encode()
    common = b"\x06\x03\x55\x04\x03\x0c" + bytes([len(name)]) + name
    issuer = b"\x30" + bytes([len(common) + 4]) + b"\x31" + bytes([len(common) + 2]) + b"\x30" + bytes([len(common)])
    return b"\x30\x82\x02\x10\x02\x14" + _NOISE[:20] + issuer + common + b"\x30\x1e\x17\x0d260101000000Z" + _NOISE


def pem(host: str) -> bytes:
    """Return a certificate as text (RFC 7468)."""
    coded = base64.b64encode(certificate(host)).decode()
    lines = [coded[start : start + 64] for start in range(0, len(coded), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""]).encode()


def big_endian(host: str) -> bytes:
    """Return a text in big-endian UTF-16 among bytes of a table, as keys of IndexedDB are kept (chromium)."""
    return b"\x01\x02\x81\xff" * 60 + host.encode("utf-16-be") + b"A\x02\x81\xff" * 60


def picture(host: str) -> bytes:
    """Return a PNG with a packed text (PNG §11.3.3)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    text = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(f"<x:xmpmeta>https://{host}/a</x:xmpmeta>".encode())
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"iTXt", text)
        + chunk(b"IDAT", zlib.compress(b"\0\0"))
        + chunk(b"IEND", b"")
    )


def attachment_part(host: str) -> bytes:
    """Return a part of a mail that Apple's Mail keeps by itself, coded as it came (`.emlxpart`)."""
    return base64.encodebytes(b"a long text before the link, " * 3 + f"see https://{host}/login for more".encode())


def coded_program(content: bytes) -> bytes:
    """Return a program as a dropper's settings carry it."""
    return json.dumps({"name": "update", "payload": base64.b64encode(content).decode()}).encode()


def changed_files(path: str) -> bytes:
    """Return a page of `.fseventsd` (osxfsevents, FSEventsParser): paths without their first slash."""
    paths = ("private/var/mobile/x", path.lstrip("/"), "private/var/y")
    body = b"".join(each.encode() + b"\0" + b"AAAAAAAA\x01\x00\x80\x00BBBBBBBB" for each in paths)
    return gzip.compress(b"2SLD" + bytes(4) + struct.pack("<I", 12 + len(body)) + body)


def came_from(host: str) -> bytes:
    """Return a tar that keeps where a file was loaded from (libarchive, `SCHILY.xattr`)."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("a.txt")
        member.pax_headers = {"SCHILY.xattr.com.apple.metadata:kMDItemWhereFroms": f"https://{host}/a"}
        archive.addfile(member, io.BytesIO())
    return packed.getvalue()


def signed_profile(profile: str) -> bytes:
    """Return a profile in the signed form that servers hand out (RFC 5652 around a property list)."""
    content = plistlib.dumps({"PayloadType": "Configuration", "PayloadUUID": profile, "PayloadContent": []})
    return (
        b"\x30\x82\x09\x10\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\x04\x82"
        + struct.pack(">H", len(content))
        + content
        + _NOISE
    )


def file_link(path: str) -> bytes:
    """Return preferences with a link to a file, as every app keeps what it opened last (RFC 8089)."""
    return plistlib.dumps({"lastOpened": f"file://{path}"}, fmt=plistlib.FMT_BINARY)


def behind_a_photo(packed: bytes) -> bytes:
    """Return a photo with something hung behind its end."""
    return b"\xff\xd8\xff\xe0" + bytes(300) + b"\xff\xd9" + packed


def zipped_text(host: str) -> bytes:
    """Return a zip of a text that is not to be seen in its bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", f"https://{host}/a " * 50)
    return packed.getvalue()


def package(host: str) -> bytes:
    """Return a package of Debian's as jailbreaks install them: an `ar` archive of a packed tar (deb(5))."""
    data = lzma.compress(f"see https://{host}/a ".encode() * 20)
    head = f"{'data.tar.xz':<16}{1790000000:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n"
    return b"!<arch>\n" + head.encode() + data


def searched(host: str) -> str:
    """Return a link as Bing's results have it: two letters before the base64 of where it leads."""
    target = base64.urlsafe_b64encode(f"https://{host}/a".encode()).decode().rstrip("=")
    return f"https://www.bing.com/ck/a?!&&p=0a1b&u=a1{target}&ntb=1"


def printed_data(host: str) -> bytes:
    """Return a line of a log with data as Apple's `NSLog` prints them, in groups of four bytes."""
    digits = f"https://{host}".encode().hex()
    return f"got <{' '.join(digits[start : start + 8] for start in range(0, len(digits), 8))}>\n".encode()


def page(host: str) -> bytes:
    """Return a page of Spotlight's store, packed with LZ4 in Apple's framing (libyal/dtformats, Spotlight store)."""
    head, _, rest = host.partition(".")
    text = f"{head} {head}. {rest} .{rest} {head}.{rest} and more of what a note says".encode()
    packed = lz4_block(text)
    block = b"bv41" + struct.pack("<II", len(text), len(packed)) + packed + b"bv4$"
    return b"8tsd" + bytes(range(256)) * 8 + b"2pbd" + struct.pack("<IIII", 4096, 60, 7, 0) + block + bytes(range(256))


def large_picture() -> bytes:
    """Return the bytes of a large photo."""
    return b"\xff\xd8\xff\xe0" + _NOISE * 600


_LINKS = (PlantKind.DOMAINS,)
KEPT: tuple[Place, ...] = (
    Place("network state of Chrome", "chromium, net/http", _LINKS, lambda _, value: both("AppDomain-com.google.chrome.ios", "Library/Application Support/Google/Chrome/Default/Network Persistent State", f"{_APP}/Library/Application Support/Google/Chrome/Default/Network Persistent State", network_state(_bare(value)))),
    Place("certificate as text", "RFC 7468", _LINKS, lambda _, value: both("AppDomain-org.example.riverbus", "Documents/ca.pem", f"{_APP}/Documents/ca.pem", pem(_bare(value)))),
    Place("certificate", "RFC 5280", _LINKS, lambda _, value: both("AppDomain-org.example.riverbus", "Documents/ca.cer", f"{_APP}/Documents/ca.cer", certificate(_bare(value)))),
    Place("big-endian text among bytes", "chromium, IndexedDB", _LINKS, lambda _, value: both("AppDomain-org.example.riverbus", "Library/keys.bin", f"{_APP}/Library/keys.bin", big_endian(_bare(value)))),
    Place("packed text of a picture", "PNG §11.3.3", _LINKS, lambda _, value: both("CameraRollDomain", "Media/DCIM/100APPLE/IMG_0901.PNG", "private/var/mobile/Media/DCIM/100APPLE/IMG_0901.PNG", picture(_bare(value)))),
    Place("part of a mail by itself", "RFC 2045, emlxpart", _LINKS, lambda _, value: [device("private/var/mobile/Library/Mail/ABC/INBOX.mbox/Messages/31.2.emlxpart", attachment_part(_bare(value)))]),
    Place("changed files", "FSEventsParser", (PlantKind.FILE_PATHS,), lambda _, value: [device(".fseventsd/0000000000a1b2c3", changed_files(value))]),
    Place("link to a file", "RFC 8089", (PlantKind.FILE_PATHS,), lambda _, value: both("AppDomain-org.example.riverbus", "Library/Preferences/last.plist", f"{_APP}/Library/Preferences/last.plist", file_link(value))),
    Place("tar with extended attributes", "libarchive", _LINKS, lambda _, value: both("AppDomain-org.example.riverbus", "Documents/b.tar", f"{_APP}/Documents/b.tar", came_from(_bare(value)))),
    Place("signed profile", "RFC 5652", (PlantKind.IOS_PROFILE_IDS,), lambda _, value: both("MediaDomain", "Media/Downloads/x.mobileconfig", "private/var/mobile/Media/Downloads/x.mobileconfig", signed_profile(value))),
    Place("program in base64", "published hashes", tuple(HASHED), lambda _, value: both("AppDomain-org.example.riverbus", "Documents/p.json", f"{_APP}/Documents/p.json", coded_program(_content(value)))),
    Place("zip behind a photo", "APPNOTE.TXT, zips are read from their end", _LINKS, lambda _, value: both("CameraRollDomain", "Media/DCIM/100APPLE/IMG_0902.JPG", "private/var/mobile/Media/DCIM/100APPLE/IMG_0902.JPG", behind_a_photo(zipped_text(_bare(value))))),
    Place("package of a jailbreak", "deb(5)", _LINKS, lambda _, value: [device("private/var/cache/apt/archives/x.deb", package(_bare(value)))]),
    Place("result of a search", "Bing's links", _LINKS, lambda _, value: both("AppDomain-org.example.riverbus", "Documents/b.db", f"{_APP}/Documents/b.db", tables("CREATE TABLE n(id INTEGER PRIMARY KEY, t TEXT);", ("INSERT INTO n VALUES (1, ?)", (searched(_bare(value)),))))),
    Place("data in a log", "Apple, NSData's description", _LINKS, lambda _, value: [device("private/var/mobile/Library/Logs/app.log", printed_data(_bare(value)))]),
    Place("page of Spotlight's store", "libyal/dtformats", _LINKS, lambda _, value: [device("private/var/mobile/Library/Spotlight/CoreSpotlight/Priority/index.spotlightV2/store.db", page(_bare(value)))]),
    Place("client of locationd", "iLEAPP, clients.plist", (PlantKind.FILE_PATHS,), lambda _, value: [device("private/var/root/Library/Caches/locationd/clients.plist", plistlib.dumps({f"e{value}:": {"Whitelisted": False}}))]),
    Place("hash in base64", "RFC 4648", (PlantKind.FILES_SHA256,), lambda _, value: both("AppDomain-org.example.riverbus", "Documents/h.json", f"{_APP}/Documents/h.json", json.dumps({"hash": base64.b64encode(bytes.fromhex(value)).decode()}).encode())),
    Place("mailbox", "RFC 5092", (PlantKind.EMAILS,), lambda _, value: [device("private/var/mobile/Library/Mail/Envelope Index", tables("CREATE TABLE mailboxes(ROWID INTEGER PRIMARY KEY, url TEXT);", ("INSERT INTO mailboxes VALUES (1, ?)", (f"imap://{value.replace('@', '%40')}@imap.example.org/INBOX",))))]),
    Place("link with its port", "RFC 3986 §3.2.3", (PlantKind.URLS,), lambda _, value: both("AppDomain-org.example.riverbus", "Documents/n.db", f"{_APP}/Documents/n.db", tables("CREATE TABLE n(id INTEGER PRIMARY KEY, t TEXT);", ("INSERT INTO n VALUES (1, ?)", (value.replace(".org/", ".org:443/"),))))),
)  # fmt: skip
"""Places of such files on an iPhone."""


def _bare(value: str) -> str:
    return value.removeprefix("https://").split("/")[0]


def _content(value: str) -> bytes:
    return next(data for kind, data in HASHED.items() if INDICATORS[kind] == (value,))
