"""What newer releases of androidqf collect: histories of browsers and copies of apps, in every layout there was."""

from __future__ import annotations

import hashlib
import io
import logging
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from mvt.common.indicators import Indicators
from mvt.common.module import DatabaseNotFoundError

from mvt_plugin_androidqf import MODULES, AQFBrowserHistory, AQFCopiedApps
from mvt_plugin_androidqf.apks import certificates_of
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.androidqf_layouts import AndroidQFLayout, apk
from mvtcase.phones.plants import Plant, PlantKind

if TYPE_CHECKING:
    from pathlib import Path

CERTIFICATE = b"0\x03certificate"


def run(module: type[Any], home: Path, **planted: str) -> tuple[Any, list[str]]:
    """Return the module after it ran over an acquisition's folder, and what it logged as errors."""
    errors: list[str] = []
    log = logging.Logger("test")  # noqa: LOG001 - a logger of this run alone
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: errors.append(record.getMessage())  # type: ignore[method-assign]  # keeps the words
    log.addHandler(handler)
    instance = module(target_path=str(home), log=log)
    names = [str(path.relative_to(home.parent)) for path in sorted(home.rglob("*")) if path.is_file()]
    instance.from_dir(str(home.parent), names)
    instance.indicators = Indicators(log=log)
    collection = instance.indicators._new_collection("1", "Invented", "", "invented.stix2", "invented.stix2")
    for kind, value in planted.items():
        collection[kind].append(value)
    instance.indicators.ioc_collections.append(collection)
    instance.run()
    instance.check_indicators()
    return instance, [each for each in errors if each.startswith("Examined in part")]


@pytest.mark.parametrize("layout", AndroidQFLayout)
def test_a_planted_process_is_found_in_the_layout_of_every_release(tmp_path: Path, layout: AndroidQFLayout) -> None:
    """By MVT's module in the oldest, by ours in all others."""
    phone = AndroidPhone(plants=(Plant(PlantKind.PROCESSES, "plantedd", "aqf_processes"),))
    home = build_androidqf(tmp_path / "acquisition", phone, layout=layout).path
    lists = {path.name for path in home.iterdir()} & {"ps.txt", "processes.txt", "processes.json"}
    assert len(lists) == 1
    if lists == {"ps.txt"}:
        assert "plantedd" in (home / "ps.txt").read_text()
        return
    module, errors = run(MODULES[0], home, processes="plantedd")
    assert [alert.matched_indicator for alert in module.alertstore.alerts]
    assert errors == []


def test_a_page_visited_is_found_with_its_time(tmp_path: Path) -> None:
    """Every page of the history is compared, as a link that was opened."""
    page = "https://evil.example.net/p/1"
    home = build_androidqf(tmp_path / "acquisition", AndroidPhone(), layout=AndroidQFLayout.TODAY, visited=(page,)).path
    module, errors = run(AQFBrowserHistory, home, urls=page, domains="evil.example.net")
    assert [alert.event["url"] for alert in module.alertstore.alerts] == [page]
    assert module.alertstore.alerts[0].event_time.startswith("2026-11-")
    assert len(module.results) == 4
    assert errors == []


def test_what_is_no_history_is_told(tmp_path: Path) -> None:
    """A file in the folder that cannot be read is an error in the log, and hides no other."""
    home = build_androidqf(tmp_path / "acquisition", AndroidPhone(), layout=AndroidQFLayout.TODAY).path
    (home / "browser_history" / "broken").write_bytes(b"no database")
    module, errors = run(AQFBrowserHistory, home, domains="evil.example.net")
    assert len(module.results) == 3
    assert len(errors) == 1


@pytest.mark.parametrize("kind", ["md5", "sha1", "sha256"])
def test_an_app_is_known_by_who_signed_it(tmp_path: Path, kind: str) -> None:
    """The certificate is read from the copy, by each hash that indicators come in."""
    home = build_androidqf(tmp_path / "acquisition", AndroidPhone(), layout=AndroidQFLayout.TODAY).path
    digest = hashlib.new(kind, CERTIFICATE, usedforsecurity=False).hexdigest()
    module, errors = run(AQFCopiedApps, home, app_cert_hashes=digest)
    assert [alert.event["file"] for alert in module.alertstore.alerts] == ["org.example.notes.apk"]
    assert errors == []


def test_an_app_is_known_by_its_bytes_and_its_name(tmp_path: Path) -> None:
    """A copy's own hash is compared, whatever packages.json says of it; so is the package it is named for."""
    home = build_androidqf(tmp_path / "acquisition", AndroidPhone(), layout=AndroidQFLayout.TODAY).path
    copy = home / "apks" / "org.example.notes.apk"
    digest = hashlib.sha256(copy.read_bytes()).hexdigest()
    assert run(AQFCopiedApps, home, files_sha256=digest)[0].alertstore.alerts
    assert run(AQFCopiedApps, home, app_ids="org.example.notes")[0].alertstore.alerts


def test_a_certificate_of_the_first_scheme_is_read() -> None:
    """META-INF holds a PKCS #7: an object identifier, then SignedData with the certificates as its first [0]."""
    held = bytes.fromhex("3003020105")
    signed = b"\x30" + bytes([3 + 2 + len(held) + 2]) + bytes.fromhex("020101") + b"\xa0" + bytes([len(held)]) + held
    signed += bytes.fromhex("3100")
    content = bytes.fromhex("06012a") + b"\xa0" + bytes([len(signed)]) + signed
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("META-INF/CERT.RSA", b"\x30" + bytes([len(content)]) + content)
    assert list(certificates_of(buffer.getvalue())) == [held]


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06", b"no archive" * 9, apk(b"", {"a": b"b"})[:-9]])
def test_a_broken_app_is_told_and_hides_no_other(tmp_path: Path, data: bytes) -> None:
    """Its bytes are hashed and its name compared all the same."""
    home = build_androidqf(tmp_path / "acquisition", AndroidPhone(), layout=AndroidQFLayout.TODAY).path
    (home / "apks" / "org.example.broken.apk").write_bytes(data)
    module, errors = run(AQFCopiedApps, home)
    assert len(module.results) == 2
    assert len(errors) == 1


@pytest.mark.parametrize("module", [AQFBrowserHistory, AQFCopiedApps])
def test_where_nothing_was_collected_the_module_says_so(tmp_path: Path, module: type[Any]) -> None:
    """Older releases and phones that are not rooted have none: that is no damage."""
    home = build_androidqf(tmp_path / "acquisition", AndroidPhone(), layout=AndroidQFLayout.V1_8).path
    with pytest.raises(DatabaseNotFoundError):
        run(module, home)
