"""Claims over a case: what was acquired and read by nobody, and who read each file of a scan."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

from mvtcase.engine.events import CLAIMS_FILE
from mvtcase.workflow import claims, scans

if TYPE_CHECKING:
    from collections.abc import Callable

    from mvtcase.workflow.desk import Desk

LINES: tuple[dict[str, Any], ...] = (
    {"file": "packages.json", "bytes": 9, "modules": {"aqf_packages": 3}, "reader": "full"},
    {"file": "processes.json", "bytes": 7, "reader": "encrypted"},
    {"file": "su_17.txt", "bytes": 1, "reader": "full"},
)


def _kept(desk: Desk, scan: str, *lines: object) -> None:
    folder = desk.case_folder().results(scan) / "mvt"
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / CLAIMS_FILE).write_bytes(gzip.compress(text.encode()))


def test_a_case_says_what_was_acquired_and_read_by_nobody(desk: Desk, add_phone: Callable[..., str]) -> None:
    """Worst first: read by nobody before read by no module; what a module read is not listed."""
    for seed in (1, 2):
        add_phone(seed=seed)
    scans.run(desk, scans.Request(everything=True))
    _kept(desk, "S-0001", *LINES)
    _kept(desk, "S-0002", *LINES[:2])
    data = claims.coverage(desk).data
    assert [(each.file, each.acquisitions, each.by_no_module, each.by_nobody) for each in data.files] == [
        ("processes.json", 2, 2, 2),
        ("su_#.txt", 1, 1, 0),
    ]
    assert [each.file for each in claims.files(desk, "S-0001").data.files] == [each["file"] for each in LINES]


def test_what_a_worker_wrote_as_claims_stops_nothing(desk: Desk, add_phone: Callable[..., str]) -> None:
    """No file, lines of another shape and a torn archive give fewer claims and no error."""
    add_phone()
    scans.run(desk, scans.Request())
    assert claims.coverage(desk).data.files == ()
    _kept(desk, "S-0001", [], {"file": 1, "modules": 3}, LINES[1])
    assert [each.file for each in claims.coverage(desk).data.files] == ["processes.json"]
    path = desk.case_folder().results("S-0001") / "mvt" / CLAIMS_FILE
    path.write_bytes(path.read_bytes()[:-9])
    claims.coverage(desk)
