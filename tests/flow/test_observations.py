"""Observations: what was seen on a screen or told, with what goes beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.canon import sha256_bytes, timestamp
from mvtcase.errors import ConflictError, InputError, NotFoundError
from mvtcase.model import Publication
from mvtcase.workflow import custody, observations, officials, reports, status
from mvtcase.workflow.observations import KINDS, LETTER_SEALING, Seen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.workflow.desk import Desk


def _add(desk: Desk, seen: Seen, official: str = "O-0001") -> dict[str, Any]:
    data: Any = observations.add(desk, official, seen).json
    return dict(data["observation"])


def _list(desk: Desk, **which: Any) -> list[dict[str, Any]]:
    data: Any = observations.list_observations(desk, **which).json
    return list(data["observations"])


@pytest.mark.parametrize("kind", [*KINDS, "x.two_step", "x.2"])
def test_known_kinds_and_those_of_ones_own_are_recorded(desk: Desk, kind: str) -> None:
    """With who saw it, when it was so and when it was written down."""
    value = min(KINDS.get(kind) or {"seen"})
    one = _add(desk, Seen(kind=kind, value=f"{value}", method="screen", at="2026-11-01T00:00:00.000000Z", note="n"))
    assert (one["id"], one["kind"], one["value"], one["method"], one["note"]) == ("B-0001", kind, value, "screen", "n")
    assert one["at"] == "2026-11-01T00:00:00.000000Z" < one["recorded_at"]
    assert (one["recorded_by"], one["scan"]) == ("Ada", None)


def test_a_mistyped_kind_is_told_with_the_nearest(desk: Desk) -> None:
    """It would be counted nowhere; whoever means a kind of their own says so."""
    with pytest.raises(InputError) as told:
        _add(desk, Seen(kind="line.leter_sealing", value="off"))
    assert "line.letter_sealing?" in str(told.value.hint)
    assert "x.line.leter_sealing" in str(told.value.hint)


@pytest.mark.parametrize(
    "seen",
    [
        Seen(kind=LETTER_SEALING, value="maybe"),
        Seen(kind=LETTER_SEALING, value="ON"),
        Seen(kind="ios.lockdown_mode", value="yes"),
        Seen(kind="line.version", value="  "),
        Seen(kind="Line.Version", value="1"),
        Seen(kind="x", value="1"),
        Seen(kind="line.leter_sealing", value="off"),
        Seen(kind="a b", value="1"),
        Seen(kind="line.version\n", value="1"),
        Seen(kind="line.version", value="1", method="telepathy"),
    ],
    ids=lambda seen: f"{seen.kind!r} {seen.value!r} {seen.method}",
)
def test_what_has_no_meaning_is_refused(desk: Desk, seen: Seen) -> None:
    """An unknown value of a closed set, a kind or method that is none."""
    with pytest.raises(InputError):
        _add(desk, seen)
    assert _list(desk) == []


def test_nothing_is_seen_in_the_future(desk: Desk) -> None:
    """A mistyped year would hide that somebody is due."""
    now = desk.clock()
    with pytest.raises(InputError, match="future"):
        _add(desk, Seen(kind=LETTER_SEALING, value="on", at=timestamp(now + timedelta(days=400))))
    _add(desk, Seen(kind=LETTER_SEALING, value="on", at=timestamp(now + timedelta(hours=10))))


def test_a_screenshot_is_kept_by_its_hash_and_once(desk: Desk, tmp_path: Path) -> None:
    """The same picture twice is one file; custody notices when it changes."""
    picture = tmp_path / "=cmd|'.png"
    picture.write_bytes(b"pixels")
    seen = Seen(kind=LETTER_SEALING, value="off", attachment=picture)
    first, second = _add(desk, seen), _add(desk, seen)
    digest = sha256_bytes(b"pixels")
    assert first["attachment_sha256"] == second["attachment_sha256"] == digest
    assert first["attachment_name"] == "=cmd|'.png"
    kept = list(desk.case_folder().attachments.iterdir())
    assert [each.name for each in kept] == [digest]
    custody.verify(desk)
    kept[0].unlink()
    with pytest.raises(Exception, match="attachment"):
        custody.verify(desk)


def test_a_screenshot_has_a_bound(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is larger is refused, and nothing of it stays."""
    from mvtcase.workflow import attachments  # noqa: PLC0415  # only this test lowers the bound

    monkeypatch.setattr(attachments, "MAX_ATTACHMENT_BYTES", 10)
    (tmp_path / "big.png").write_bytes(b"x" * 11)
    with pytest.raises(InputError, match="larger"):
        _add(desk, Seen(kind="x.y", value="1", attachment=tmp_path / "big.png"))
    assert list(desk.case_folder().attachments.iterdir()) == []


def test_an_observation_on_somebody_elses_phone_is_refused(
    desk: Desk, join: Callable[..., str], add_phone: Callable[..., str]
) -> None:
    """Official and device must belong together."""
    add_phone()
    other = join("Bo Example")
    with pytest.raises(ConflictError):
        _add(desk, Seen(kind="line.version", value="1", device="D-0001"), other)
    with pytest.raises(NotFoundError):
        _add(desk, Seen(kind="line.version", value="1", device="D-0009"))
    assert _add(desk, Seen(kind="line.version", value="1", device="D-0001"))["device"] == "D-0001"


def test_observations_are_listed_by_the_time_they_speak_of(desk: Desk, join: Callable[..., str]) -> None:
    """Whenever they were written down."""
    other = join("Bo Example")
    for at, kind, official in (
        ("2026-03-01", "line.version", "O-0001"),
        ("2026-01-01", "line.version", other),
        ("2026-02-01", LETTER_SEALING, "O-0001"),
    ):
        _add(desk, Seen(kind=kind, value="on", at=f"{at}T00:00:00.000000Z"), official)
    assert [each["id"] for each in _list(desk)] == ["B-0002", "B-0003", "B-0001"]
    assert [each["id"] for each in _list(desk, official="O-0001")] == ["B-0003", "B-0001"]
    assert [each["id"] for each in _list(desk, kind="line.version")] == ["B-0002", "B-0001"]


@pytest.mark.parametrize("kind", [each for each in KINDS if each.endswith(".threat_notification")])
def test_a_threat_notification_makes_the_official_suspicious(desk: Desk, kind: str) -> None:
    """Examined or not, with the notification beside the status; seen by two it is an attack on the person."""
    seen = Seen(kind=kind, value="mail", method="screen", at="2026-11-01T00:00:00.000000Z")
    _add(desk, seen)
    told: Any = status.status(desk).json["officials"][0]
    assert (told["status"], [each["kind"] for each in told["notifications"]]) == ("suspicious", [kind])
    _add(replace(desk, examiner=" ADA "), seen)
    assert status.status(desk).json["officials"][0]["status"] == "suspicious"
    _add(replace(desk, examiner="Ben"), seen)
    assert status.status(desk).json["officials"][0]["status"] == "targeted"
    (written,) = reports.write(desk, "letter", target="O-0001", formats=("md",)).data.reports
    text = (desk.case_folder().path / written.path).read_text("utf-8")
    assert "you were warned by" in text
    assert "warned you" in text
    assert "seen by two" in status.status(desk).json["officials"][0]["status_words"]
    _add(desk, replace(seen, value="none"))
    assert status.status(desk).json["officials"][0]["status"] == "not_examined"


def test_a_threat_notification_stands_in_summary_and_recommendations(desk: Desk) -> None:
    """Of people shown only in counts too, as a number."""
    officials.change_official(desk, "O-0001", {"publication": Publication.COUNTED})
    for number in range(12):
        person = officials.Person(name=f"Person {number}", publication=Publication.COUNTED)
        officials.add(desk, person)
    _add(desk, Seen(kind="apple.threat_notification", value="mail"))
    with pytest.raises(ConflictError, match="single people out"):
        reports.write(desk, "incident", formats=("md",), edition="outside")
    (written,) = reports.write(desk, "incident", formats=("md",)).data.reports
    text = (desk.case_folder().path / written.path).read_text("utf-8")
    assert "1 official was warned by Apple with a threat notification" in text
    assert "1 of them by a vendor's threat notification alone" in text
    assert "No attack has been confirmed so far" in text
    assert "**warned by a vendor's threat notification** 1 official" in text
