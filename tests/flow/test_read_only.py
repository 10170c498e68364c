"""A case on a medium that cannot be written to is read, verified and reported from, and stays as it is."""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.errors import CaseReadOnlyError
from mvtcase.store.folder import CaseFolder
from mvtcase.workflow import custody, exports, findings, reports, scans, status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.flow.conftest import FakeEngine

    from mvtcase.engine.job import EngineResult
    from mvtcase.workflow.desk import Desk


def _content(folder: Path) -> dict[str, str]:
    files = (each for each in folder.rglob("*") if each.is_file())
    return {str(each): hashlib.sha256(each.read_bytes()).hexdigest() for each in files}


@pytest.fixture
def scanned(desk: Desk, add_phone: Callable[..., str], engine: FakeEngine, match: EngineResult) -> Desk:
    """Give a desk whose case holds a finished scan with a finding."""
    engine.answer = match
    add_phone()
    scans.run(desk, scans.Request())
    return desk


@pytest.fixture(params=["claimed", "mounted"])
def sealed(scanned: Desk, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Give the desk with its case read-only: as the system says, or mounted so where this machine lets us."""
    folder = str(scanned.workspace.path)
    if request.param == "claimed":
        monkeypatch.setattr(CaseFolder, "writable", False)
        yield scanned
        return
    if subprocess.run(["mount", "--bind", "-o", "ro", folder, folder], check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let tests mount")
    try:
        yield scanned
    finally:
        subprocess.run(["umount", folder], check=True)


def test_it_is_read_verified_and_reported_from(sealed: Desk, tmp_path: Path) -> None:
    """With the same numbers and the head that the file holds; nothing in the folder changes."""
    before = _content(sealed.workspace.path)
    told: Any = status.status(sealed).json
    assert told["officials"][0]["status"] == "indicator_match"
    assert len(findings.list_findings(sealed).json["findings"]) == 1
    verified = custody.verify(sealed).json
    written: Any = reports.write(sealed, "incident", formats=("json",), output=tmp_path / "out").json["reports"]
    assert str(verified["head"]) in (tmp_path / "out" / "R-0001-incident-internal.json").read_text()
    assert json.loads((tmp_path / "out" / "R-0001-incident-internal.json").read_text())
    assert written[0]["path"] == str(tmp_path / "out" / "R-0001-incident-internal.json")
    assert exports.export(sealed, "csv", output=tmp_path / "out.csv", edition="internal").json["export"]
    assert _content(sealed.workspace.path) == before


def test_what_would_change_it_is_refused_plainly(sealed: Desk) -> None:
    """The error says what can be done instead."""
    with pytest.raises(CaseReadOnlyError) as caught:
        custody.note(sealed, "A remark.")
    assert "copy" in caught.value.hint
    with pytest.raises(CaseReadOnlyError):
        reports.write(sealed, "incident")


def test_a_scan_that_was_cut_off_is_not_passed_over(
    scanned: Desk, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its alerts cannot be filed, no verb states a result without them."""

    def crash(_job: object) -> None:
        raise RuntimeError

    engine.before = crash
    with pytest.raises(RuntimeError):
        scans.run(scanned, scans.Request(acquisitions=("A-0001",)))
    monkeypatch.setattr(CaseFolder, "writable", False)
    for verb in (status.status, custody.verify, lambda desk: exports.export(desk, "csv", edition="internal")):
        with pytest.raises(CaseReadOnlyError, match="S-0002"):
            verb(replace(scanned, examiner="Ada"))


def test_what_lies_in_the_write_ahead_log_is_read_too(scanned: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A medium pulled out of a laptop that was switched off holds it beside the file."""
    with scanned.open_case() as store:
        custody.note(scanned, "In the log alone.")
        assert store.folder.case_file.with_name("case.sqlite-wal").stat().st_size > 0
        monkeypatch.setattr(CaseFolder, "writable", False)
        told: Any = custody.log(scanned).json
        assert told["events"][-1]["action"] == "note.added"
