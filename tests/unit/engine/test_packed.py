"""Results that were packed: every reader gets the bytes of before, whatever is cut off, damaged or planted."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import zstandard

from mvtcase.engine import results_folder
from mvtcase.engine.events import iterate_events
from mvtcase.engine.packed import left_files, open_result, read_result, result_bytes
from mvtcase.engine.results_folder import changed_since_hashed, pack, unpacked, write_hashes
from mvtcase.files import destroy
from mvtcase_readers.regular import UnreadableError

ROWS = json.dumps([{"url": f"https://host-{number}.example/"} for number in range(2_000)]).encode()
EVENTS = b'{"event":"done"}\n' * 500


def _results(folder: Path, rows: bytes = ROWS) -> Path:
    results = folder / "results"
    (results / "mvt").mkdir(parents=True)
    (results / "mvt/sms.json").write_bytes(rows)
    (results / "mvt/info.json").write_bytes(b"{}")
    (results / "mvt/values.jsonl.gz").write_bytes(os.urandom(9_000))
    (results / "events.jsonl").write_bytes(EVENTS)
    (results / "words.bin").write_bytes(bytes(9_000))
    write_hashes(results)
    return results


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Give a results folder that was hashed."""
    return _results(tmp_path / "S-0001")


def _names(results: Path) -> set[str]:
    return {str(each.relative_to(results)) for each in results.rglob("*") if each.is_file()}


def test_larger_files_are_packed_and_read_as_before(results: Path, tmp_path: Path) -> None:
    """Small and dense ones stay; names, sizes, bytes, events and hashes are what they were, and so is a copy."""
    before = {each: each.read_bytes() for each in left_files(results)}
    pack(results)
    small = {"mvt/info.json", "mvt/values.jsonl.gz", "words.bin", "results.sha256"}
    assert _names(results) == {"mvt/sms.json.zst", "events.jsonl.zst", *small}
    assert (results / "mvt/sms.json.zst").stat().st_size < len(ROWS) / 5
    assert {each: read_result(each, 1 << 20) for each in left_files(results)} == before
    assert result_bytes(results / "mvt/sms.json") == len(ROWS)
    assert len(list(iterate_events(results / "events.jsonl"))) == 500
    assert changed_since_hashed(results) == []
    copy = unpacked(results, tmp_path / "copy")
    assert {each.relative_to(copy): each.read_bytes() for each in left_files(copy)} == {
        each.relative_to(results): data for each, data in before.items()
    }
    assert changed_since_hashed(copy) == []
    assert unpacked(copy, tmp_path / "again") == copy
    with pytest.raises(UnreadableError, match="larger"):
        read_result(results / "mvt/sms.json", 100)


def test_equal_files_of_the_scan_before_are_shared(results: Path, tmp_path: Path) -> None:
    """They are one file on the disk; taking the earlier scan away leaves the later one whole."""
    pack(results)
    again = _results(tmp_path / "S-0002")
    pack(again, results)
    assert (again / "mvt/sms.json.zst").samefile(results / "mvt/sms.json.zst")
    destroy(results)
    assert changed_since_hashed(again) == []
    assert read_result(again / "mvt/sms.json", 1 << 20) == ROWS


def test_a_damaged_file_of_before_is_not_shared(results: Path, tmp_path: Path) -> None:
    """What the later scan left stays whole, whatever became of the earlier one's."""
    pack(results)
    (results / "mvt/sms.json.zst").write_bytes(zstandard.ZstdCompressor().compress(b"other"))
    again = _results(tmp_path / "S-0002")
    pack(again, results)
    assert changed_since_hashed(results) == [("mvt/sms.json", "was changed")]
    assert changed_since_hashed(again) == []


@pytest.mark.parametrize("at", range(6))
def test_whatever_is_cut_off_half_way_is_whole_and_goes_on(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """A kill at any step leaves each file readable and as hashed; the next try ends what the first began."""
    steps = 0

    def killed(real: object) -> object:
        def step(*arguments: object, **named: object) -> object:
            nonlocal steps
            steps += 1
            if steps > at:
                raise KeyboardInterrupt
            return real(*arguments, **named)  # type: ignore[operator]  # a function

        return step

    with monkeypatch.context() as patched:
        for place, name in ((Path, "replace"), (Path, "unlink"), (results_folder, "sync_folder")):
            patched.setattr(place, name, killed(getattr(place, name)))
        patched.setattr(results_folder, "destroy", lambda _folder: None)  # a kill cleans up nothing
        with pytest.raises(KeyboardInterrupt):
            pack(results)
    assert changed_since_hashed(results) == []
    assert read_result(results / "mvt/sms.json", 1 << 20) == ROWS
    pack(results)
    assert not (results / "mvt/sms.json").exists()
    assert not list(tmp_path.rglob(".packing"))
    assert changed_since_hashed(results) == []


def test_what_does_not_fit_the_list_stays_as_it_is(results: Path) -> None:
    """A file that was changed since it was hashed keeps its own form, and is told."""
    (results / "mvt/sms.json").write_bytes(ROWS + b" ")
    pack(results)
    assert "mvt/sms.json" in _names(results)
    assert changed_since_hashed(results) == [("mvt/sms.json", "was changed")]


def test_a_file_that_the_worker_called_so_itself_is_no_packed_one(tmp_path: Path) -> None:
    """It is held to its own hash, and the file beside it keeps its form."""
    results = _results(tmp_path / "S-0001")
    (results / "mvt/sms.json.zst").write_bytes(b"planted" * 1_000)
    write_hashes(results)
    pack(results)
    assert {"mvt/sms.json", "mvt/sms.json.zst"} <= _names(results)
    assert changed_since_hashed(results) == []
    assert read_result(results / "mvt/sms.json", 1 << 20) == ROWS


def test_what_somebody_put_in_place_of_a_packed_file_is_told_and_bounded(results: Path) -> None:
    """Another content, a file cut short and a bomb are changes; reading one is an error, or ends at its bound."""
    pack(results)
    path, whole = results / "mvt/sms.json.zst", (results / "mvt/sms.json.zst").read_bytes()
    bomb = zstandard.ZstdCompressor().compress(bytes(64 << 20))
    for forged in (whole[:-40], zstandard.ZstdCompressor().compress(b"[]"), b"no frame", bomb):
        path.write_bytes(forged)
        assert changed_since_hashed(results) == [("mvt/sms.json", "was changed")]
    with open_result(results / "mvt/sms.json") as handle:
        assert len(handle.read(1_000)) == 1_000
    path.write_bytes(whole[:-40])
    with pytest.raises(OSError, match="damaged"), open_result(results / "mvt/sms.json") as handle:
        handle.read()
    path.unlink()
    assert changed_since_hashed(results) == [("mvt/sms.json", "is missing")]
