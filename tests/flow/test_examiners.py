"""The register of examiners: whoever is in it works on the case, and the second pair of eyes is another one of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine.job import Secret
from mvtcase.errors import ConflictError, InputError, NotFoundError, WrongKeyError
from mvtcase.keys import identities
from mvtcase.model import ExaminerRole, Verdict
from mvtcase.workflow import custody, examiners, findings, officials, scans, status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.engine.job import EngineResult
    from mvtcase.workflow.desk import Desk


def _register(desk: Desk) -> list[tuple[str, str]]:
    data: Any = examiners.list_examiners(desk).json
    return [(each["name"], each["role"]) for each in data["examiners"]]


def test_without_a_register_anybody_works_on_a_case(desk: Desk) -> None:
    """A case of before keeps working."""
    assert _register(desk) == []
    officials.add(replace(desk, examiner="Somebody Else"), officials.Person(name="Bo"))


def test_whoever_registers_the_first_examiner_is_lead(desk: Desk) -> None:
    """Names are kept in one spelling, and nobody is in the register twice."""
    examiners.add(desk, "  Ben   Ａｌｐｈａ ", ExaminerRole.REVIEWER)  # noqa: RUF001  # full width, as some keyboards write
    assert _register(desk) == [("Ada", "lead"), ("Ben Alpha", "reviewer")]
    with pytest.raises(ConflictError, match="already"):
        examiners.add(desk, "BEN ALPHA", ExaminerRole.LEAD)
    with pytest.raises(InputError):
        examiners.add(desk, " ", ExaminerRole.LEAD)
    custody.verify(desk)


def test_only_a_lead_changes_the_register_and_one_is_left(desk: Desk) -> None:
    """The last lead cannot step down."""
    examiners.add(desk, "Ada", ExaminerRole.EXAMINER)
    examiners.add(desk, "Ben", ExaminerRole.EXAMINER)
    assert _register(desk) == [("Ada", "lead"), ("Ben", "examiner")]
    with pytest.raises(ConflictError, match="Only a lead"):
        examiners.add(replace(desk, examiner="Ben"), "Cy", ExaminerRole.EXAMINER)
    with pytest.raises(ConflictError, match="only lead"):
        examiners.change_examiner(desk, "Ada", active=False)
    with pytest.raises(NotFoundError):
        examiners.change_examiner(desk, "Cy", active=False)
    with pytest.raises(InputError):
        examiners.change_examiner(desk, "Ben")
    examiners.change_examiner(desk, "E-0002", role=ExaminerRole.LEAD)
    examiners.change_examiner(desk, "ada", role=ExaminerRole.READER)
    assert _register(desk) == [("Ada", "reader"), ("Ben", "lead")]


def test_the_second_examiner_is_another_registered_one(
    desk: Desk, add_phone: Callable[..., str], match: EngineResult
) -> None:
    """Neither the same person in another spelling, nor a stranger, nor a reader, nor one who left lifts a match."""
    engine: Any = desk.engine
    engine.answer = match
    add_phone()
    scans.run(desk, scans.Request())
    for name, role in (("Ben", ExaminerRole.REVIEWER), ("Cy", ExaminerRole.READER), ("Di", ExaminerRole.EXAMINER)):
        examiners.add(desk, name, role)
    examiners.change_examiner(desk, "Di", active=False)
    data: Any = findings.list_findings(desk).json
    (finding,) = (each["id"] for each in data["findings"])

    def dismissed_by(name: str) -> str:
        findings.dispose(replace(desk, examiner=name), finding, verdict=Verdict.FALSE_POSITIVE, reason="a test file")
        standing: Any = status.status(desk).json["officials"][0]
        return str(standing["status"])

    assert dismissed_by("Ada") == "indicator_match"
    assert dismissed_by(" ADA") == "indicator_match"
    for name, why in (("Eve", "not among"), ("Cy", "reader"), ("Di", "not among")):
        with pytest.raises(ConflictError, match=why):
            dismissed_by(name)
    assert dismissed_by("ben") != "indicator_match"


def test_an_examiner_makes_keys_once_and_tells_the_public_halves(tmp_path: Path) -> None:
    """Under a passphrase that has letters; what is there already is printed and not made anew."""
    file = tmp_path / "ada.identity"
    with pytest.raises(InputError, match="needs a passphrase"):
        examiners.identity(file, lambda: Secret(value=""))
    assert not file.exists()
    made = examiners.identity(file, lambda: Secret(value="long and dull")).data
    assert made.public_keys == identities.load(file, "long and dull").public_keys
    assert examiners.identity(file, lambda: Secret(value="another")).data == made
    (tmp_path / "other").write_text("no identity", "utf-8")
    with pytest.raises(WrongKeyError):
        examiners.identity(tmp_path / "other", lambda: Secret(value="x"))
