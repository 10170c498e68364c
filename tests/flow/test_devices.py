"""Devices: told by their marks, however these are written, and never under two officials."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.errors import ConflictError, ConsentMissingError, InputError, NotFoundError
from mvtcase.model import DeviceIdentity, DeviceState, Platform
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.wording import do
from mvtcase.workflow import acquisitions, custody, devices, observations, officials, reports, scans, status

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.flow.conftest import FakeEngine

    from mvtcase.engine.job import EngineResult
    from mvtcase.workflow.desk import Desk

PHONE = IosPhone(seed=5)


def _add(desk: Desk, official: str = "O-0001", **identity: Any) -> dict[str, Any]:
    data: Any = devices.add(desk, official, label="", identity=DeviceIdentity(**identity)).json
    return dict(data["device"])


def _devices(desk: Desk) -> list[dict[str, Any]]:
    data: Any = devices.list_devices(desk).json
    return list(data["devices"])


@pytest.fixture
def register(desk: Desk, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Give a function that registers the same phone's backup, its content changed by `messages`."""

    def add(official: str = "O-0001", *, device: str | None = None, messages: int = 2) -> dict[str, Any]:
        path = build_ios_backup(tmp_path / "evidence" / f"{messages}", IosPhone(seed=5, messages=messages)).path
        wish = acquisitions.Registration(official=official, device=device)
        data: Any = acquisitions.add(desk, path, wish).json
        return dict(data["acquisition"])

    return add


@pytest.mark.parametrize(
    "known",
    [
        {"udid": PHONE.udid.lower()},
        {"serial": f" {PHONE.serial.lower()} "},
        {"imei": PHONE.imei},
        {"serial": PHONE.serial, "imei": PHONE.imei, "udid": PHONE.udid},
    ],
    ids=["udid", "serial", "imei", "all"],
)
def test_an_acquisition_finds_its_phone_by_any_mark(
    desk: Desk, register: Callable[..., dict[str, Any]], known: dict[str, str]
) -> None:
    """In any spelling; what was not known is learnt, what was known stays."""
    _add(desk, **known)
    assert register()["device"] == "D-0001"
    (device,) = _devices(desk)
    assert (device["platform"], device["identity"]["platform"]) == ("ios", "ios")
    assert device["identity"]["product_type"] == PHONE.product_type
    custody.verify(desk)


def test_a_second_backup_of_a_phone_is_of_the_same_device(desk: Desk, register: Callable[..., dict[str, Any]]) -> None:
    """Two acquisitions, one device, whose name is its model and not its owner's."""
    assert register()["device"] == register(messages=3)["device"]
    (device,) = _devices(desk)
    assert device["label"] == PHONE.product_name or PHONE.product_type in device["label"]
    assert PHONE.device_name not in device["label"]


def test_one_phone_under_two_officials_is_an_error_that_says_so(
    desk: Desk, join: Callable[..., str], register: Callable[..., dict[str, Any]]
) -> None:
    """Both are named, and nothing is registered."""
    register()
    other = join("Bo Example")
    with pytest.raises(ConflictError, match=r"D-0001.*O-0001.*not O-0002"):
        register(other, messages=3)
    with pytest.raises(ConflictError, match="O-0001"):
        _add(desk, other, serial=PHONE.serial)
    assert len(_devices(desk)) == 1


def test_a_device_named_against_the_evidence_is_refused(
    desk: Desk, register: Callable[..., dict[str, Any]], join: Callable[..., str]
) -> None:
    """Another mark, another platform, another official, or a known phone under another's name."""
    _add(desk, serial="OTHER1")
    _add(desk, platform=Platform.ANDROID)
    with pytest.raises(ConflictError, match="serial"):
        register(device="D-0001")
    with pytest.raises(ConflictError, match="platform"):
        register(device="D-0002")
    _add(desk, join("Bo Example"), imei="1")
    with pytest.raises(ConflictError, match="O-0002"):
        register(device="D-0003")
    with pytest.raises(NotFoundError):
        register(device="D-0099")
    register()
    _add(desk)
    with pytest.raises(ConflictError, match="identity"):
        register(device="D-0005", messages=3)


def test_a_device_without_marks_can_be_named(desk: Desk, register: Callable[..., dict[str, Any]]) -> None:
    """And gets its marks from the acquisition."""
    _add(desk)
    assert register(device="D-0001")["device"] == "D-0001"
    assert register(messages=3)["device"] == "D-0001"


def test_one_phone_entered_twice_by_hand_asks_which(desk: Desk, register: Callable[..., dict[str, Any]]) -> None:
    """The hint can be followed."""
    _add(desk, serial=PHONE.serial)
    _add(desk, imei=PHONE.imei)
    with pytest.raises(ConflictError, match="D-0001, D-0002") as caught:
        register()
    assert caught.value.hint.steps[0] == do(device="DEVICE")
    assert register(device="D-0002")["device"] == "D-0002"


@pytest.mark.parametrize("blank", ["", " ", "\t", "\u3000"])
def test_blanks_are_no_mark(desk: Desk, blank: str) -> None:
    """Two phones without a serial are two phones."""
    _add(desk, serial=blank, udid=blank)
    _add(desk, serial=blank)
    _add(desk, imei="1", serial=blank)
    assert [each["fingerprint"][:5] for each in _devices(desk)] == ["uuid:", "uuid:", "imei:"]


def test_the_same_mark_twice_is_a_conflict(desk: Desk) -> None:
    """A phone is in the case once."""
    _add(desk, udid="AbC")
    with pytest.raises(ConflictError, match="already"):
        _add(desk, udid="aBc")


def test_what_became_of_a_device_changes_its_officials_status(
    desk: Desk, register: Callable[..., dict[str, Any]]
) -> None:
    """No trace needs a phone in use."""
    register()
    scans.run(desk, scans.Request())

    def now() -> str:
        data: Any = status.status(desk).json
        return str(data["officials"][0]["status"])

    assert now() == "no_trace"
    data: Any = devices.change_device(desk, "D-0001", state=DeviceState.REPLACED, label="old", owner="Ministry").json
    assert (data["device"]["state"], data["device"]["label"], data["device"]["owner"]) == (
        "replaced",
        "old",
        "Ministry",
    )
    assert now() == "inconclusive"
    _add(desk, serial="NEW1")
    assert now() == "inconclusive"
    with pytest.raises(InputError):
        devices.change_device(desk, "D-0001", state=None, label=None, owner=None)


def test_a_device_is_shown_by_incident_line(
    desk: Desk, register: Callable[..., dict[str, Any]], engine: FakeEngine, match: EngineResult
) -> None:
    """The lines hold every finding of the phone, each once; so many findings are shown without lines."""
    engine.answer = match
    scans.run(desk, scans.Request(acquisitions=(register()["id"],)))
    whole, lined = devices.show(desk, "D-0001").data, devices.show(desk, "D-0001", by_line=True).data
    assert whole.findings > 0
    assert sorted(each.id for each in whole.device.findings) == sorted(f for each in lined.lines for f in each.findings)
    assert (lined.device.findings, lined.lines, lined.findings) == ((), whole.lines, whole.findings)
    assert devices.show(desk, "D-0001", limit=1).data.lines == ()
    person = officials.show(desk, "O-0001", by_line=True).data
    assert (person.official.findings, person.lines) == ((), whole.lines)


def test_a_device_is_shown_with_what_was_taken_from_it(desk: Desk, register: Callable[..., dict[str, Any]]) -> None:
    """Acquisitions and the gap that none was scanned."""
    register()
    data: Any = devices.show(desk, "D-0001").json["device"]
    assert [each["id"] for each in data["acquisitions"]] == ["A-0001"]
    (gap,) = data["gaps"]
    assert (gap["module"], gap["outcome"]) == ("acquisition A-0001", "not_run")
    assert gap["reason"] == "registered, and no scan of it was run yet"
    with pytest.raises(NotFoundError):
        devices.show(desk, "D-0009")


def test_a_phone_under_the_wrong_official_is_put_under_the_right_one(
    desk: Desk, join: Callable[..., str], register: Callable[..., dict[str, Any]], match: EngineResult
) -> None:
    """Everything found on it goes with it, reports that told of the wrong one are named, nothing is left."""
    join("Bo Example")
    engine: Any = desk.engine
    engine.answer = match
    earlier: Any = reports.write(desk, "letter", target="O-0001", formats=("json",)).json
    register()
    devices.change_device(desk, "D-0001", state=None, label="Aldith Fernvale's phone", owner=None)
    scans.run(desk, scans.Request())
    seen = observations.Seen(kind="suspicious_message", value="a link", device="D-0001")
    observations.add(desk, "O-0001", seen)
    written: Any = [
        reports.write(desk, "letter", target="O-0001", formats=("json",)).json,
        reports.write(desk, "incident", formats=("html",)).json,
    ]
    ids = [each["id"] for data in written for each in data["reports"]]
    done: Any = devices.move(desk, "D-0001", to="O-0002", reason="the labels were swapped").json
    assert (done["device"]["official"], done["moved_from"], done["outdated"]) == ("O-0002", "O-0001", ids)
    assert earlier["reports"][0]["id"] not in done["outdated"]
    wrong, right = status.status(desk).json["officials"]
    assert (wrong["status"], wrong["devices"]) == ("not_examined", [])
    assert right["status"] == "indicator_match"
    assert "Aldith" not in str(right)
    of_wrong: Any = officials.show(desk, "O-0001").json["official"]
    assert (of_wrong["findings"], of_wrong["observations"], of_wrong["devices"]) == ([], [], [])
    letter: Any = reports.write(desk, "letter", target="O-0002", formats=("json",)).json["reports"][0]
    assert "Aldith" not in Path(letter["path"]).read_text()
    listed: Any = reports.list_reports(desk).json["reports"]
    assert {each["id"] for each in listed if each["outdated"]} == set(ids)
    event: Any = custody.log(desk).json["events"]
    moved = next(each for each in event if each["action"] == "device.moved")
    assert (moved["payload"]["before"], moved["payload"]["after"]) == ("O-0001", "O-0002")
    custody.verify(desk)


def test_a_phone_is_moved_only_to_somebody_who_agreed(desk: Desk, register: Callable[..., dict[str, Any]]) -> None:
    """A reason is needed, another person, and that person's consent."""
    officials.add(desk, officials.Person(name="Bo Example"))
    register()
    with pytest.raises(ConsentMissingError):
        devices.move(desk, "D-0001", to="O-0002", reason="swapped")
    with pytest.raises(ConflictError, match="already"):
        devices.move(desk, "D-0001", to="O-0001", reason="swapped")
    with pytest.raises(InputError, match="why"):
        devices.move(desk, "D-0001", to="O-0002", reason="")
