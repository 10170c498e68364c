"""A value planted anywhere, written in any way people and programs write it, ends as an alert, now and in a recheck."""

from __future__ import annotations

import base64
import gzip
import json
import random
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders.holders import ASCII_ONLY, HOLDERS, NAMED, WRAPPERS
from mvtcase.engine.events import CLAIMS_FILE
from mvtcase.engine.worker.reader import index
from mvtcase.engine.worker.reader.index import StoredIndex
from mvtcase.engine.worker.reader.known import Known
from mvtcase.matchset import Collection, MatchSet
from mvtcase.model import EvidenceKind
from reading import invented, of, reading, zipped

if TYPE_CHECKING:
    from collections.abc import Callable

DOMAIN, EMAIL, ADDRESS = "evil-host.example", "front.person@evil-mail.example", "198.51.100.23"
SETS = invented(domains=(DOMAIN, ADDRESS), emails=(EMAIL,))
EARLIER = MatchSet(collections=(Collection(id="1", name="Other", values={"domains": ("other.example",)}),))
LINK = f"https://{DOMAIN}/a/b?c=d"
WIDE = {number: number + 0xFEE0 for number in range(0x21, 0x7F)}


def _redirects(target: str) -> str:
    return f"https://go.example.net/out?u={target}&v=1"


def _packed(link: str) -> str:
    return base64.urlsafe_b64encode(link.encode()).decode().rstrip("=")


WRITTEN = {
    "as it is": LINK,
    "in capitals": LINK.upper(),
    "bare": DOMAIN,
    "a host below it": f"http://login.{DOMAIN}:8443/x",
    "with the root's dot": f"https://{DOMAIN}./a",
    "full-width": f"請點 {DOMAIN.translate(WIDE)} 謝謝",
    "ideographic stops": "evil-host。example",
    "half-width stops": f"https://{DOMAIN.replace('.', '｡')}/a",
    "a soft hyphen": "https://evil-\u00adhost.example/a",
    "zero-width": "https://evil\u200b-host.exam\u200dple/a",
    "percent-encoded": _redirects(quote(LINK, safe="")),
    "percent-encoded twice": _redirects(quote(quote(LINK, safe=""), safe="")),
    "percent-encoded thrice": _redirects(quote(quote(quote(LINK, safe=""), safe=""), safe="")),
    "base64 in a redirect": _redirects(_packed(LINK)),
    "made harmless": "hxxps://evil-host[.]example/a",
    "an address": EMAIL,
    "mailto": f"mailto:{EMAIL}?subject=x",
    "a plus-tag": EMAIL.replace("@", "+news@"),
    "four numbers": f"http://{ADDRESS}/x",
    "one number": "http://3325256727/x",
    "hexadecimal": "http://0xC6336417/x",
    "octal": "http://0306.063.0144.027/x",
}  # fmt: skip
"""A way to write an indicator, and a text that does."""


def _found(data: bytes, sets: MatchSet = SETS) -> tuple[bool, bool, dict[str, str]]:
    """Return whether a reading tells it, whether the stored index of a reading tells it later, and the claim."""
    with tempfile.TemporaryDirectory() as name:
        target = Path(name) / "evidence"
        target.mkdir()
        (target / "file.bin").write_bytes(data)
        results = target.with_name("results") / "mvt"
        before = of(reading(target, EvidenceKind.ANDROIDQF, EARLIER), "alert")
        later = [*StoredIndex(results / index.FILE_NAME).hits(Known.of(sets, {}))]
        events = of(reading(target, EvidenceKind.ANDROIDQF, sets), "alert")
        (claim,) = gzip.decompress((results / CLAIMS_FILE).read_bytes()).splitlines()
    assert before == []
    return bool(events), bool(later), json.loads(claim)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    holder=st.sampled_from(HOLDERS),
    wrappers=st.lists(st.sampled_from(WRAPPERS), max_size=3),
    way=st.sampled_from(sorted(WRITTEN)),
    seed=st.integers(0, 1 << 32),
)
def test_what_is_planted_anywhere_is_told(
    holder: Callable[[str, random.Random], bytes],
    wrappers: list[Callable[[bytes, random.Random], bytes]],
    way: str,
    seed: int,
) -> None:
    """An indicator in any spelling, form and nesting is told, now and from what is stored when its set comes later."""
    dice = random.Random(seed)  # noqa: S311 - a seeded fake
    text = WRITTEN[way] if WRITTEN[way].isascii() or holder not in ASCII_ONLY else LINK
    data = holder(text, dice)
    for wrapper in wrappers:
        data = wrapper(data, dice)
    found, found_later, claim = _found(data)
    assert found, claim
    assert found_later, claim


def _stream(shown: bytes) -> bytes:
    packed = zlib.compress(shown)
    head = b"%%PDF-1.7\n1 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(packed)
    return head + packed + b"\nendstream\nendobj\n%%EOF\n"


_ONE_NUMBER = f"{'a' * (ord('+') - 1)}漢字 http://3325256727/x".encode()
FOUND_ONCE = {
    "a PDF shows in pieces what a report made harmless": _stream(
        b"BT [(hxxps://e) -20 (vil-host[.]example/a)] TJ [(x)] TJ ET"
    ),
    "text of a typed stream whose first letter could be a length": b"\x04\x0bstreamtyped\x81\xe8\x03\x84\x01+"
    + bytes([len(_ONE_NUMBER)])
    + _ONE_NUMBER
    + b"\x86\x84\x02iI\x01\x10\x92",
    "a name of an attribute": f"<html><a href=請點 {DOMAIN.translate(WIDE)} 謝謝>here</a></html>".encode(),
    "a number in bytes of no known form": b"\x01\x02\xff\xfe\x9d" * 9 + b"http://3325256727/x\0\x01\xf1",
}
"""What the random test found once, and how it was written."""


@pytest.mark.parametrize("way", FOUND_ONCE)
def test_what_was_missed_once_is_told(way: str) -> None:
    """Each is found, and a sound PDF is not called damaged."""
    found, found_later, claim = _found(FOUND_ONCE[way])
    assert found
    assert found_later
    assert claim["reader"] != "damaged"


VALUES = {
    "processes": "msgsyncaidd",
    "app_ids": "net.harrow.sync",
    "file_paths": "/data/local/tmp/.harrow",
    "file_names": "evil_payload.bin",
    "ios_profile_ids": "org.evil.profile.A1",
    "files_sha256": "ab" * 32,
    "app_cert_hashes": "cd" * 32,
}
VALUE_SETS = invented(**{kind: (value,) for kind, value in VALUES.items()})
NAMES = {
    "processes": "ZPROCNAME proc procName process_name Process comm cmd cmdline executable executablePath daemon"
    " coalitionName responsibleProc parentProc",
    "app_ids": "bundle_id ZBUNDLEID app_id package packageName CFBundleIdentifier client itemBundleId identifier owner",
    "file_paths": "path filePath ZPATH _data filename destination mountpoint text",
    "file_names": "filename ZFILENAME transfer_name path title",
    "ios_profile_ids": "PayloadIdentifier ProfileIdentifier profile_id InstalledProfileIdentifier",
    "files_sha256": "sha256 hash ZHASH text",
    "app_cert_hashes": "sha256 certificate fingerprint text",
}
"""Names under which Core Data, crash reports, logs, Android's databases and collectors keep such a value."""


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_is_told_under_each_name_that_holds_its_kind(kind: str) -> None:
    """Keys, columns, elements and words before a colon say what a value is, in every form that has them."""
    places = [(name, form) for form in NAMED for name in NAMES[kind].split()][:: 1 if kind == "processes" else 3]
    found = {(name, form.__name__): _found(form(name, VALUES[kind]), VALUE_SETS)[:2] for name, form in places}
    assert [place for place, (now, later) in found.items() if not (now and later)] == []


NAMING = {
    "app_ids": "Download/net.harrow.sync.apk shared_prefs/net.harrow.sync_preferences.xml a/net.harrow.sync.plist",
    "processes": "Library/Logs/CrashReporter/msgsyncaidd-2026-11-01-120000.ips",
    "ios_profile_ids": "ConfigurationProfiles/profile-org.evil.profile.A1.stub",
    "domains": "a/https_evil-host.example_0.localstorage IndexedDB/https_www.evil-host.example_0.indexeddb/LOG",
}
"""Names of files and folders that iOS, Android and browsers make of what they belong to."""


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, held in NAMING.items() for path in held.split()])
def test_a_name_of_a_file_tells_what_it_is_made_of(kind: str, path: str, tmp_path: Path) -> None:
    """Lying there, packed, or only listed."""
    value = {**VALUES, "domains": DOMAIN}[kind]
    sets = MatchSet(collections=(Collection(id="1", name="I", file_name="i.stix2", values={kind: (value,)}),))
    for number, (name, content) in enumerate(
        [(path, b"x"), ("a.zip", zipped(path, b"x")), ("list.txt", f"-rw root root 1 /data/{path}\n".encode())]
    ):
        target = tmp_path / str(number) / "evidence"
        (target / name).parent.mkdir(parents=True)
        (target / name).write_bytes(content)
        assert of(reading(target, EvidenceKind.ANDROIDQF, sets), "alert"), name


def test_a_row_of_a_list_without_its_heading_names_its_program() -> None:
    """A `ps.txt` that was cut or put together is read too."""
    row = "u0_a99           7070     1  900000   9000 do_epoll_wait       0 S msgsyncaidd\n"
    assert _found(row.encode(), VALUE_SETS)[:2] == (True, True)


@pytest.mark.parametrize("name", [f"{DOMAIN}.pdf", f"Download/{DOMAIN}.html"])
def test_a_file_called_after_a_host_is_no_contact_with_it(name: str, tmp_path: Path) -> None:
    """Whoever saved a report under the host's name did not visit the host."""
    target = tmp_path / "evidence"
    (target / name).parent.mkdir(parents=True)
    (target / name).write_bytes(b"x")
    assert of(reading(target, EvidenceKind.ANDROIDQF, SETS), "alert") == []
