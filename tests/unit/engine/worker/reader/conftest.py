"""What the tests of the second reader share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    """Return an empty folder of evidence."""
    folder = tmp_path / "evidence"
    folder.mkdir()
    return folder
