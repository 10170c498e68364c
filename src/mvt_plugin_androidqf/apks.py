"""Who signed the apps that AndroidQF copied, and what they hash to: the copies themselves, not what a list says.

In its encrypted mode androidqf leaves the certificates of apps unread (`modules/packages.go`), and a list can be
altered. Schemes: "APK Signature Scheme v2" and "v3" of Android's documentation; of v1 the signature block file
`META-INF/*.RSA|DSA|EC`, a PKCS #7 whose certificates are found by their DER headers.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from mvt.plugin import AndroidQFModule, DatabaseNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARTLY_READ = "Examined in part or not at all: %s (%s)"
_MAGIC = b"APK Sig Block 42"
_SCHEMES = frozenset({0x7109871A, 0xF05368C0, 0x1B93AD61})
"""Ids of the blocks of v2, v3 and v3.1."""

_MOST_BYTES = 1 << 30
_MOST_CERTIFICATES = 20
_MOST_BLOCK = 16 << 20
_V1 = re.compile(r"META-INF/[^/]{1,200}\.(?:RSA|DSA|EC)")
_END = b"PK\x05\x06"
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    ValueError,
    KeyError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)


class AQFCopiedApps(AndroidQFModule):
    """Compares the hashes, the certificates and the names of the apps in `apks/`."""

    slug = "aqf_copied_apps"
    supported_commands = (("android", "check-androidqf"),)

    def run(self) -> None:
        """Read every copy; raises `DatabaseNotFoundError` where none was made."""
        self.results: list[dict[str, Any]] = []
        names = [name for name in self.files if "/apks/" in f"/{name}".replace("\\", "/") and name.endswith(".apk")]
        if not names:
            raise DatabaseNotFoundError("no app was copied")
        for name in names:
            self.results.append(self._app(name))

    def _app(self, name: str) -> dict[str, Any]:
        data: bytes = self._get_file_content(name)
        shown = name.rsplit("/", 1)[-1]
        certificates = self._certificates(shown, data)
        return {
            "file": shown,
            # `org.example.app_base.apk`: what follows the package is the name of one of its parts.
            "package": shown.removesuffix(".apk").split("_", 1)[0],
            **{kind: hashlib.new(kind, data, usedforsecurity=False).hexdigest() for kind in ("md5", "sha1", "sha256")},
            "certificates": [
                {kind: hashlib.new(kind, each, usedforsecurity=False).hexdigest() for kind in ("md5", "sha1", "sha256")}
                for each in certificates
            ],
        }

    def _certificates(self, shown: str, data: bytes) -> list[bytes]:
        try:
            found = list(dict.fromkeys(certificates_of(data)))
        except _DAMAGE as error:
            self.log.error(_PARTLY_READ, shown, f"{type(error).__name__}: {error}")  # noqa: TRY400 - no traceback needed
            return []
        if not found:
            self.log.error(_PARTLY_READ, shown, "no certificate was found in it")
        return found

    def check_indicators(self) -> None:
        """Compare name, hashes and certificates; the first that matches tells of an app."""
        for result in self.results if self.indicators else ():
            match = next(filter(None, self._matches(result)), None)
            if match:
                self.alertstore.critical(match.message, "", result, matched_indicator=match.ioc)

    def _matches(self, result: dict[str, Any]) -> Iterator[Any]:
        yield self.indicators.check_app_id(result["package"])
        for kind in ("sha256", "sha1", "md5"):
            yield self.indicators.check_file_hash(result[kind])
            for certificate in result["certificates"]:
                yield self.indicators.check_app_certificate_hash(certificate[kind])


def certificates_of(data: bytes) -> Iterator[bytes]:
    """Yield the certificates, in DER, that an app is signed with by any scheme. Raises what damage raises."""
    for scheme, block in _signing_blocks(data):
        if scheme in _SCHEMES:
            yield from _block_certificates(block)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            if _V1.fullmatch(info.filename) and info.file_size <= _MOST_BLOCK:
                yield from _pkcs7_certificates(archive.read(info))


def _signing_blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield id and bytes of each pair in the block before the zip's directory, nothing where there is no such block."""
    end = data.rfind(_END)
    if end < 0 or end + 20 > len(data):
        return
    directory = int.from_bytes(data[end + 16 : end + 20], "little")
    if data[directory - 16 : directory] != _MAGIC:
        return
    size = int.from_bytes(data[directory - 24 : directory - 16], "little")
    at, stop = directory - size, directory - 24
    while 0 <= at < stop - 12:
        length, scheme = struct.unpack_from("<QI", data, at)
        yield scheme, data[at + 12 : min(at + 8 + length, stop)]
        at += 8 + max(length, 4)


def _block_certificates(block: bytes) -> Iterator[bytes]:
    for signer in _prefixed(next(_prefixed(block), b"")):
        signed = next(_prefixed(signer), b"")
        parts = _prefixed(signed)
        next(parts, b"")  # the digests
        yield from list(_prefixed(next(parts, b"")))[:_MOST_CERTIFICATES]


def _prefixed(data: bytes) -> Iterator[bytes]:
    """Yield the parts of a sequence in which each is preceded by its length."""
    at = 0
    while at + 4 <= len(data):
        length = int.from_bytes(data[at : at + 4], "little")
        yield data[at + 4 : at + 4 + length]
        at += 4 + length


def _pkcs7_certificates(data: bytes) -> Iterator[bytes]:
    """Yield the certificates in the `[0]` set of a PKCS #7 SignedData: SEQUENCE, [0], SEQUENCE, …, [0] of SEQUENCEs."""
    content = _inside(data, 0x30)
    signed = _inside(_inside(_after_first(content), 0xA0), 0x30)
    for tag, whole, held in _elements(signed):
        if tag == 0xA0:  # noqa: PLR2004 - the context tag of the certificates
            yield from [each for inner, each, _ in _elements(held) if inner == 0x30][:_MOST_CERTIFICATES]  # noqa: PLR2004 - a SEQUENCE
            return
        del whole


def _inside(data: bytes, wanted: int) -> bytes:
    return next((held for tag, _, held in _elements(data) if tag == wanted), b"")


def _after_first(data: bytes) -> bytes:
    first = next(_elements(data), None)
    return data[len(first[1]) :] if first is not None else b""


def _elements(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield tag, whole bytes and content of each DER element."""
    at = 0
    while at + 2 <= len(data):
        length, header = data[at + 1], 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[at + 2 : at + 2 + count], "big")
            header += count
        yield data[at], data[at : at + header + length], data[at + header : at + header + length]
        at += header + length
