"""Purging: nothing of the person is left in the workspace, the chain still verifies, and a kill is made good."""

from __future__ import annotations

import os
import signal
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.errors import ConflictError, InputError, NotFoundError
from mvtcase.model import ConsentMethod, ConsentPoint, Verdict
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.store import purging
from mvtcase.store.folder import CaseFolder
from mvtcase.store.store import Store
from mvtcase.workflow import (
    acquisitions,
    consents,
    custody,
    exports,
    findings,
    observations,
    officials,
    purges,
    reports,
    roster,
    scans,
    status,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mvtcase.engine.job import EngineResult
    from mvtcase.workflow.desk import Desk

NAME, CONTACT, PSEUDONYM = "Bo Uncommonname", "+886 955 010 203", "Heron-77"
PHONE = IosPhone(seed=7, messages=2, device_name="Uncommonname's iPhone")
MARKS = (
    NAME,
    CONTACT,
    PSEUDONYM,
    "Uncommonname",
    PHONE.udid,
    PHONE.serial,
    PHONE.imei,
    "signed by hand",
    "a rare text",
)


def _yes(_plan: purges.Purge) -> bool:
    return True


@pytest.fixture
def filled(desk: Desk, tmp_path: Path, add_phone: Callable[..., str], match: EngineResult) -> Desk:
    """Give a case of two people with everything that a case can hold of the second, in copies and free texts too."""
    engine: Any = desk.engine
    engine.answer = match
    add_phone("O-0001", seed=1)
    scans.run(desk, scans.Request())
    event: Any = {"proc_name": "bh", "text": "a rare text"}
    engine.answer = replace(match, alerts=(replace(match.alerts[0], event=event),))
    officials.add(desk, officials.Person(name=NAME, contact=CONTACT, pseudonym=PSEUDONYM, groups=("Legislature",)))
    (tmp_path / "form.txt").write_text("signed by hand")
    consents.record(
        desk, "O-0002", by=NAME, method=ConsentMethod.WRITTEN, scope="phone", informed=frozenset(ConsentPoint),
        document=tmp_path / "form.txt", retain_until="2027-01-01T00:00:00.000000Z",
    )  # fmt: skip
    place = build_ios_backup(tmp_path / "evidence" / "uncommon", PHONE).path
    acquisitions.add(desk, place, acquisitions.Registration(official="O-0002", copy_in=True))
    place = build_ios_backup(tmp_path / "evidence" / "again", replace(PHONE, messages=3)).path
    acquisitions.add(desk, place, acquisitions.Registration(official="O-0002", label=f"phone of {NAME}"))
    scans.run(desk, scans.Request(everything=True))
    for acquisition in ("A-0002", "A-0003"):
        folder = _home(desk) / "scans" / f"S-{int(acquisition[2:]):04d}" / "results"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "values.bin").write_bytes(b"\0" + NAME.encode())
    observations.add(desk, "O-0002", observations.Seen(kind="suspicious_message", value="a rare text", note=NAME))
    custody.note(desk, f"Spoke with {NAME} today.")
    listed: Any = findings.list_findings(desk).json
    for one in listed["findings"]:
        why = f"{NAME} says so" if one["official"] == "O-0002" else "ask somebody"
        findings.dispose(desk, one["id"], verdict=Verdict.NEEDS_EXPERT, reason=why)
    reports.write(desk, "letter", target="O-0002", formats=("json", "html"))
    reports.write(desk, "letter", target="O-0001", formats=("json",))
    reports.write(desk, "incident", formats=("json",))
    exports.export(desk, "csv", edition="internal")
    return desk


def _home(desk: Desk) -> Path:
    return desk.workspace.cases / "line-2021"


def _holding(desk: Desk) -> list[str]:
    """Return every file of the workspace that holds a mark of the person, as text, as JSON or as SQLite keeps it."""
    needles = {form for mark in MARKS for form in (mark.encode(), mark.lower().encode(), mark.encode("utf-16-le"))}
    return [
        str(path.relative_to(desk.workspace.path))
        for path in sorted(desk.workspace.path.rglob("*"))
        if path.is_file() and any(needle in path.read_bytes() for needle in needles)
    ]


def test_nothing_of_a_purged_person_is_left_but_the_tombstone(filled: Desk) -> None:
    """Evidence copies, results, attachments, findings, words in notes, free pages and the log: all are searched."""
    assert len(_holding(filled)) > 5
    consents.withdraw(filled, "O-0002", reason=f"{NAME} changed the mind")
    done = purges.purge_official(filled, "O-0002", reason="consent withdrawn", confirm=_yes).data
    assert (done.left, _holding(filled)) == ((), [])
    (stone,) = done.tombstones
    assert (stone.official, stone.grounds, stone.state) == ("O-0002", "withdrawn", "done")
    assert stone.counts["files"] > 3
    assert stone.counts["finding"] == 1
    custody.verify(filled)
    assert not {each.name for each in (_home(filled) / "acquisitions").iterdir()} & {"A-0002", "A-0003"}


@pytest.mark.parametrize("edition", ["internal", "named"])
def test_a_person_who_withdrew_leaves_reports_but_for_a_number(filled: Desk, edition: str) -> None:
    """From that moment, before anything is destroyed: in no row by any name, and in the numbers all the same."""
    consents.withdraw(filled, "O-0002")
    (report,) = reports.write(filled, "incident", formats=("md",), edition=edition).data.reports
    text = Path(report.path).read_text("utf-8")
    assert not [mark for mark in (NAME, "Uncommonname", PSEUDONYM, PHONE.serial) if mark in text]
    assert "Aldith Fernvale" in text
    shown: Any = status.status(filled).json
    assert sum(shown["counts"].values()) == 2


def test_what_others_hold_stays_as_it_was(filled: Desk) -> None:
    """The other person's phone, findings, letter and status; a note keeps all but the name."""
    before: Any = status.status(filled).json["officials"][0]
    purges.purge_official(filled, "O-0002", reason="asked for", confirm=_yes, at_request=True)
    after: Any = status.status(filled).json
    assert after["officials"] == [before]
    listed: Any = reports.list_reports(filled).json["reports"]
    there = {each["id"]: each["file"] for each in listed}
    assert list(there.values()).count("as written") == 1
    assert [each["outdated"] for each in listed if each["file"] == "missing"] == [
        "its file was destroyed with T-0001"
    ] * 3
    with Store.open(filled.case_folder()) as store:
        assert [row["text"] for row in store.rows("SELECT text FROM note")] == ["Spoke with [T-0001] today."]


def test_copies_that_no_purge_reaches_are_told(filled: Desk) -> None:
    """Originals and backups; the one that was copied in is destroyed."""
    done = purges.purge_official(filled, "O-0002", reason="asked for", confirm=_yes, at_request=True)
    told = [each.what for each in done.data.outside]
    assert told == ["the original of A-0003", "an export", "backups and snapshots of this disk"]
    assert not list((_home(filled) / "exports").iterdir())
    assert "evidence/again" in str(done.messages[0])


def test_an_id_of_somebody_purged_is_never_given_again(filled: Desk, add_phone: Callable[..., str]) -> None:
    """Neither the person's nor a phone's: old papers would lead to somebody else."""
    purges.purge_official(filled, "O-0002", reason="asked for", confirm=_yes, at_request=True)
    added: Any = officials.add(filled, officials.Person(name="Cy")).json
    assert added["official"]["id"] == "O-0003"
    assert add_phone("O-0001", seed=9) == "A-0004"
    with pytest.raises(NotFoundError):
        officials.show(filled, "O-0002")
    with pytest.raises(ConflictError, match="was destroyed"):
        purges.purge_official(filled, "O-0002", reason="again", confirm=_yes, at_request=True)
    custody.verify(filled)


def test_nobody_is_purged_without_a_ground_a_reason_and_a_yes(filled: Desk) -> None:
    """A withdrawal, the end of the time agreed, or the person's wish."""
    head = custody.log(filled).json["head"]
    with pytest.raises(ConflictError, match="withdrew nothing"):
        purges.purge_official(filled, "O-0002", reason="why not", confirm=_yes)
    with pytest.raises(InputError):
        purges.purge_official(filled, "O-0002", reason="", confirm=_yes, at_request=True)
    seen: list[purges.Purge] = []

    def no(plan: purges.Purge) -> bool:
        seen.append(plan)
        return False

    purges.purge_official(filled, "O-0002", reason="asked for", confirm=no, at_request=True)
    assert custody.log(filled).json["head"] == head
    assert "acquisitions/A-0002" in seen[0].files


def test_the_end_of_the_time_agreed_is_a_ground(filled: Desk) -> None:
    """Withdrawn or not."""
    later = replace(filled, clock=lambda: datetime(2027, 1, 2, tzinfo=timezone.utc))
    done = purges.purge_official(later, "O-0002", reason="time over", confirm=_yes).data
    assert done.tombstones[0].grounds == "expired"


def test_what_is_due_for_destruction_is_listed(filled: Desk) -> None:
    """When the time agreed comes to its end, and at once when somebody withdrew."""

    def due(days: int) -> list[tuple[str, str | None]]:
        found = roster.due(filled, within=timedelta(days=days)).data.due
        return [(each.official, each.by) for each in found if "destroys the data" in str(each.why)]

    assert due(1) == []
    assert due(60) == [("O-0002", "2027-01-01T00:00:00.000000Z")]
    consents.withdraw(filled, "O-0002")
    assert due(1) == [("O-0002", None)]


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_a_purge_that_was_killed_ends_when_started_again(
    filled: Desk, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the tombstone, in the middle of the files, before and after the rows went: kill -9, then the verb again."""
    target = {1: "_empty", 2: "remove", 3: "_empty", 4: "forget_pages"}[step]
    place: Any = {2: CaseFolder, 4: purging}.get(step, purges)
    real, calls = getattr(place, target), []

    def killed(*given: Any, **more: Any) -> Any:
        calls.append(given)
        if step == 3:
            real(*given, **more)
        if step != 2 or len(calls) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **more)

    child = os.fork()
    if child == 0:  # pragma: no cover  # killed
        monkeypatch.setattr(place, target, killed)
        purges.purge_official(filled, "O-0002", reason="asked for", confirm=_yes, at_request=True)
        os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    assert _holding(filled) or step == 4
    done = purges.purge_official(filled, "O-0002", reason="asked for", confirm=_yes, at_request=True).data
    assert (done.left, _holding(filled)) == ((), [])
    assert done.tombstones[0].state == "done"
    custody.verify(filled)


def test_a_whole_case_is_purged_and_closed(filled: Desk) -> None:
    """Nobody is left, the chain verifies, and the case takes no new work."""
    done = purges.purge_case(filled, reason="the inquiry is over", confirm=_yes).data
    assert [each.grounds for each in done.tombstones] == ["case", "case"]
    assert _holding(filled) == []
    assert b"Aldith" not in (_home(filled) / "case.sqlite").read_bytes()
    assert status.status(replace(filled, case="line-2021")).json["officials"] == []
    custody.verify(replace(filled, case="line-2021"))


def test_a_forged_tombstone_covers_up_nothing(filled: Desk) -> None:
    """A row deleted by hand, and an event changed by hand, are found although somebody was purged."""
    purges.purge_official(filled, "O-0002", reason="asked for", confirm=_yes, at_request=True)
    with sqlite3.connect(_home(filled) / "case.sqlite") as forger:
        for (name,) in forger.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            forger.execute(f"DROP TRIGGER {name}")
        forger.execute("UPDATE custody_event SET actor = 'Eve' WHERE sequence = 6")
    forger.close()
    with Store.open(filled.case_folder()) as store:
        told = [each.what for each in store.verify()]
    assert "its content does not give its digest" in told
