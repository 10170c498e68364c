"""Databases damaged at random: always an answer, never an invented flip."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest

from builders.line import healthy_account, line_android_databases, line_ios_files, write_line_backup
from mvt_plugin_line import android_db, ios_db
from mvt_plugin_line.android_files import Folder as AndroidFolder
from mvt_plugin_line.ios_files import Folder as IosFolder
from mvt_plugin_line.ios_files import Listed, in_backup
from mvt_plugin_line.rows import account_results
from mvt_plugin_line.verdict import judge
from mvtcase_readers.regular import UnreadableError

if TYPE_CHECKING:
    from pathlib import Path

    from mvt_plugin_line.records import Account

_BUILT = healthy_account(seed=1, messages=40)
_LINE, _SEALING = (file.content for file in line_ios_files(_BUILT)[:2])
_ANDROID = line_android_databases(_BUILT)


def _dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same damage each time is the point


def _damaged(content: bytes, rng: random.Random) -> bytes:
    """Return a database with bytes flipped, a block of noise or zeros, a missing end, or two pages swapped."""
    data = bytearray(content)
    start, size = rng.randrange(len(data)), rng.randrange(1, 6000)
    match rng.choice(("bytes", "noise", "zeros", "end", "pages")):
        case "bytes":
            for _ in range(rng.choice((1, 20, 400))):
                data[rng.randrange(len(data))] = rng.randrange(256)
        case "noise":
            data[start : start + size] = rng.randbytes(min(size, len(data) - start))
        case "zeros":
            data[start : start + size] = bytes(min(size, len(data) - start))
        case "end":
            del data[start:]
        case _:
            one, two = (rng.randrange(len(data) // 4096) * 4096 for _ in range(2))
            data[one : one + 4096], data[two : two + 4096] = data[two : two + 4096], data[one : one + 4096]
    return bytes(data)


def _check(account: Account) -> None:
    verdict = judge(account)
    assert verdict.summary.sealing.value in {"on", "unknown"}
    assert not {"R1", "R3"} & {finding.rule.id for finding in verdict.findings}
    assert json.dumps(account_results(account, verdict))


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_iphone_database_gives_an_answer(seed: int, tmp_path: Path) -> None:
    """A healthy account's database, damaged, says on or unknown and raises nothing."""
    rng = _dice(seed)
    (tmp_path / "line").write_bytes(_damaged(_LINE, rng))
    (tmp_path / "sealing").write_bytes(_damaged(_SEALING, rng) if seed % 2 else _SEALING)
    files = {
        f"Messages/{name}": Listed(domain="d", relative_path=name, path=tmp_path / stored)
        for name, stored in (("Line.sqlite", "line"), ("E2EEData.sqlite", "sealing"))
    }
    _check(ios_db.read_account(IosFolder(mid=_BUILT.mid, files=files), (), lambda _: False))


@pytest.mark.parametrize("seed", range(40))
def test_damaged_android_databases_give_an_answer(seed: int, tmp_path: Path) -> None:
    """The same for Android, with any of the databases damaged."""
    rng = _dice(seed)
    for name, content in _ANDROID.items():
        (tmp_path / name).write_bytes(_damaged(content, rng) if rng.random() < 0.7 else content)
    folder = AndroidFolder(label="android", files={name: tmp_path / name for name in _ANDROID})
    _check(android_db.read_account(folder, lambda _: False))


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_manifest_gives_an_answer(seed: int, tmp_path: Path) -> None:
    """What a damaged list of files still shows is read as usual, or the list is refused with a reason."""
    backup = write_line_backup(tmp_path, line_ios_files(_BUILT))
    manifest = backup / "Manifest.db"
    manifest.write_bytes(_damaged(manifest.read_bytes(), _dice(seed)))
    refused, accounts = _accounts(backup)
    assert refused or accounts is not None
    for account in accounts or ():
        _check(account)


def _accounts(backup: Path) -> tuple[str, list[Account] | None]:
    try:
        presence = in_backup(backup)
    except UnreadableError as error:
        return error.reason, None
    return "", [ios_db.read_account(folder, presence.preferences, lambda _: False) for folder in presence.folders]


def test_a_log_of_noise_is_passed_over(tmp_path: Path) -> None:
    """A write-ahead log that belongs to nothing changes nothing."""
    (tmp_path / "line").write_bytes(_LINE)
    (tmp_path / "wal").write_bytes(_dice(1).randbytes(9000))
    files = {
        f"Messages/{name}": Listed(domain="d", relative_path=name, path=tmp_path / stored)
        for name, stored in (("Line.sqlite", "line"), ("Line.sqlite-wal", "wal"))
    }
    account = ios_db.read_account(IosFolder(mid=_BUILT.mid, files=files), (), lambda _: False)
    assert judge(account).summary.sealing.value == "on"
