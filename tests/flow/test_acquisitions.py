"""Acquisitions: registered once, found again, copied with verified hashes, and watched for changes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.errors import (
    ConflictError,
    EvidenceHostileError,
    EvidenceMissingError,
    InputError,
    NotFoundError,
    SeveralEvidenceError,
    UnknownEvidenceError,
)
from mvtcase.model import AcquisitionState, ConsentMethod, ConsentPoint
from mvtcase.phones.adb_backup import build_adb_backup
from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.bugreport import build_bugreport
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.workflow import acquisitions, consents, custody, officials, owners, scans, status
from mvtcase.workflow.desk import OutcomeStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from mvtcase.workflow.acquisitions import OneAcquisition
    from mvtcase.workflow.desk import Desk, Outcome


def _add(desk: Desk, path: Path, official: str = "O-0001", **wish: Any) -> Outcome[OneAcquisition]:
    return acquisitions.add(desk, path, acquisitions.Registration(official=official, **wish))


def _one(outcome: Any) -> dict[str, Any]:
    return dict(outcome.json["acquisition"])


def _many(outcome: Any) -> list[dict[str, Any]]:
    return list(outcome.json["acquisitions"])


def _folders(desk: Desk) -> list[str]:
    return sorted(each.name for each in (desk.case_folder().path / "acquisitions").iterdir())


def _actions(desk: Desk) -> list[str]:
    data: Any = custody.log(desk).json
    return [each["action"] for each in data["events"]]


def test_an_acquisition_carries_kind_identity_and_manifest(desk: Desk, backup: Path) -> None:
    """Counts and bytes are those of the folder, and nothing was copied."""
    one = _one(_add(desk, backup))
    files = [each for each in backup.rglob("*") if each.is_file()]
    assert (one["id"], one["device"], one["kind"], one["encrypted"]) == ("A-0001", "D-0001", "ios_backup", False)
    assert (one["files"], one["bytes"]) == (len(files), sum(each.stat().st_size for each in files))
    assert one["identity"]["udid"] == IosPhone(seed=1).udid
    assert (one["path"], one["imported"]) == (str(backup), False)
    assert one["acquired_at"] == one["identity"]["last_backup_at"]
    assert [each.name for each in desk.case_folder().acquisition("A-0001").iterdir()] == ["manifest.jsonl"]


def test_the_same_bytes_twice_are_one_acquisition(desk: Desk, backup: Path, tmp_path: Path) -> None:
    """At the same place, and as a copy while the first is still there."""
    _add(desk, backup)
    shutil.copytree(backup, tmp_path / "copy")
    for again in (backup, tmp_path / "copy"):
        outcome = _add(desk, again)
        assert _one(outcome)["path"] == str(backup)
        assert "A-0001 already" in outcome.messages[0]
    assert _folders(desk) == ["A-0001"]
    assert _actions(desk).count("acquisition.registered") == 1


def test_evidence_that_moved_is_found_again(desk: Desk, backup: Path, tmp_path: Path) -> None:
    """Its new place is recorded under custody, and it can be scanned there."""
    _add(desk, backup)
    backup.rename(tmp_path / "elsewhere")
    with pytest.raises(EvidenceMissingError):
        scans.run(desk, scans.Request())
    outcome = _add(desk, tmp_path / "elsewhere")
    assert _one(outcome)["path"] == str(tmp_path / "elsewhere")
    assert "new place" in " ".join(map(str, outcome.messages))
    scans.run(desk, scans.Request())
    assert "acquisition.moved" in _actions(desk)
    custody.verify(desk)


def test_the_same_bytes_under_another_official_are_a_conflict(
    desk: Desk, join: Callable[..., str], tmp_path: Path
) -> None:
    """Even where the evidence says nothing of the phone it was taken from."""
    path = build_adb_backup(tmp_path / "backup.ab", AndroidPhone(seed=1)).path
    assert not any(_one(_add(desk, path))["identity"][mark] for mark in ("udid", "serial", "imei"))
    other = join("Bo Example")
    with pytest.raises(ConflictError, match="A-0001 of O-0001"):
        _add(desk, path, other)


def test_importing_copies_every_byte(desk: Desk, backup: Path, tmp_path: Path) -> None:
    """The copy is private, verified, and stands for the original when that is gone."""
    one = _one(_add(desk, backup, copy_in=True))
    copy = Path(one["path"])
    assert one["imported"]
    assert copy.is_relative_to(desk.case_folder().acquisition("A-0001"))
    originals = {each.relative_to(backup): each.read_bytes() for each in backup.rglob("*") if each.is_file()}
    assert {each.relative_to(copy): each.read_bytes() for each in copy.rglob("*") if each.is_file()} == originals
    assert {each.stat().st_mode & 0o077 for each in copy.rglob("*")} == {0}
    shutil.rmtree(backup)
    scans.run(desk, scans.Request())
    assert acquisitions.verify(desk, []).status is OutcomeStatus.SUCCESS


def test_importing_what_is_registered_says_that_nothing_was_copied(desk: Desk, backup: Path) -> None:
    """Whoever wipes the medium afterwards was told."""
    _add(desk, backup)
    outcome = _add(desk, backup, copy_in=True)
    assert _one(outcome)["imported"] is False
    assert "Nothing was copied" in " ".join(map(str, outcome.messages))


def test_links_are_never_imported(desk: Desk, backup: Path) -> None:
    """A copy that would leave something out is refused, and leaves nothing behind."""
    (backup / "link").symlink_to("/etc/hostname")
    with pytest.raises(EvidenceHostileError):
        _add(desk, backup, copy_in=True)
    assert _folders(desk) == []
    outcome = _add(desk, backup)
    assert "1 entry is no regular file" in outcome.messages[0]


def test_several_phones_in_a_folder_are_listed_and_registered_one_by_one(
    desk: Desk, join: Callable[..., str], tmp_path: Path
) -> None:
    """With nothing left out the outcome is success; the messages are hints."""
    for seed in (1, 2, 3):
        build_ios_backup(tmp_path / "usb" / f"phone-{seed}", IosPhone(seed=seed, messages=2))
    with pytest.raises(SeveralEvidenceError, match="phone-2"):
        _add(desk, tmp_path / "usb")
    outcome = acquisitions.add_all(desk, tmp_path / "usb", acquisitions.Registration(official="O-0001"))
    assert [each["id"] for each in _many(outcome)] == ["A-0001", "A-0002", "A-0003"]
    assert outcome.status is OutcomeStatus.SUCCESS


def test_one_phone_that_cannot_be_registered_stops_no_other(
    desk: Desk, join: Callable[..., str], tmp_path: Path
) -> None:
    """It is named, and the outcome is partial; none at all is an error."""
    for seed in (1, 2):
        build_ios_backup(tmp_path / "usb" / f"phone-{seed}", IosPhone(seed=seed, messages=2))
    _add(desk, tmp_path / "usb" / "phone-1", join("Bo Example"))
    outcome = acquisitions.add_all(desk, tmp_path / "usb", acquisitions.Registration(official="O-0001"))
    assert [each["official"] for each in _many(outcome)] == ["O-0001"]
    assert outcome.status is OutcomeStatus.PARTIAL
    assert any("phone-1" in message and "O-0002" in message for message in outcome.messages)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="Nothing below"):
        acquisitions.add_all(desk, tmp_path / "empty", acquisitions.Registration(official="O-0001"))


def test_what_is_no_evidence_is_refused_and_leaves_nothing(desk: Desk, tmp_path: Path) -> None:
    """The error says what was tried."""
    (tmp_path / "x.txt").write_text("x")
    with pytest.raises(UnknownEvidenceError):
        _add(desk, tmp_path / "x.txt")
    with pytest.raises(NotFoundError):
        _add(desk, build_ios_backup(tmp_path / "p", IosPhone(seed=1, messages=2)).path, "O-0099")
    assert _folders(desk) == []


def test_verifying_tells_changed_missing_and_added_files(
    desk: Desk, add_phone: Callable[..., str], tmp_path: Path
) -> None:
    """Each altered phone with its differences; every look is a custody event."""
    for seed in (1, 2, 3):
        add_phone(seed=seed)
    assert acquisitions.verify(desk, []).status is OutcomeStatus.SUCCESS
    first, second, third = (tmp_path / "evidence" / f"phone-O-0001-{seed}" for seed in (1, 2, 3))
    data = (first / "Info.plist").read_bytes()
    (first / "Info.plist").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    (first / "Status.plist").unlink()
    (first / "new.txt").write_text("new")
    shutil.rmtree(second)
    outcome = acquisitions.verify(desk, [])
    looked = {each["id"]: each for each in _many(outcome)}
    assert outcome.status is OutcomeStatus.PARTIAL
    assert {each["path"]: each["what"] for each in looked["A-0001"]["differences"]} == {
        "Info.plist": "changed",
        "Status.plist": "missing",
        "new.txt": "added",
    }
    assert "missing" in looked["A-0002"]["differences"][0]["what"]
    assert looked["A-0003"]["unchanged"]
    assert third.exists()
    assert _actions(desk)[-3:] == ["acquisition.found_altered", "acquisition.found_altered", "acquisition.verified"]
    assert [each["id"] for each in _many(acquisitions.verify(desk, ["A-0003"]))] == ["A-0003"]


def test_a_manifest_that_was_changed_is_found(desk: Desk, add_phone: Callable[..., str]) -> None:
    """By verifying the original and by verifying the chain."""
    added = add_phone()
    manifest = desk.case_folder().manifest(added)
    manifest.write_bytes(manifest.read_bytes().replace(b"Info.plist", b"Infx.plist"))
    (looked,) = _many(acquisitions.verify(desk, []))
    assert looked["unchanged"] is False
    with pytest.raises(Exception, match="manifest of A-0001"):
        custody.verify(desk)


def test_setting_aside_takes_a_reason_and_changes_the_status(desk: Desk, add_phone: Callable[..., str]) -> None:
    """It no longer counts, in either direction, until it counts again."""
    add_phone(seed=1)
    scans.run(desk, scans.Request())

    def now() -> list[str]:
        data: Any = status.status(desk).json
        return [each["status"] for each in data["officials"][0]["devices"]]

    assert now() == ["no_trace"]
    with pytest.raises(InputError):
        acquisitions.set_aside(desk, "A-0001", state=AcquisitionState.SET_ASIDE, reason=" ")
    outcome = acquisitions.set_aside(desk, "A-0001", state=AcquisitionState.SET_ASIDE, reason="wrong phone")
    assert (_one(outcome)["state"], _one(outcome)["state_reason"]) == ("set_aside", "wrong phone")
    assert now() == ["not_examined"]
    acquisitions.set_aside(desk, "A-0001", state=AcquisitionState.REGISTERED, reason="right after all")
    assert now() == ["no_trace"]
    assert _actions(desk)[-2:] == ["acquisition.set_aside", "acquisition.registered"]


def test_an_acquisition_is_shown_with_its_scans(desk: Desk, add_phone: Callable[..., str]) -> None:
    """State and completeness of each."""
    added = add_phone()
    scans.run(desk, scans.Request())
    data: Any = acquisitions.show(desk, added).json
    assert data["scans"] == [{"id": "S-0001", "state": "finished", "completeness": "full"}]
    assert Path(data["manifest"]).is_file()
    assert len(_many(acquisitions.list_acquisitions(desk))) == 1


def test_a_path_that_is_no_text_is_refused_before_anything_is_hashed(desk: Desk, tmp_path: Path) -> None:
    """The case could not find it again; the error says what to do."""
    odd = tmp_path / "phone-\udcff"
    build_ios_backup(odd, IosPhone(seed=1))
    with pytest.raises(InputError, match=r"phone-\\udcff is no UTF-8") as caught:
        acquisitions.add(desk, odd, acquisitions.Registration(official="O-0001"))
    assert "Mount" in caught.value.hint


def test_what_was_left_out_is_said(desk: Desk, backup: Path) -> None:
    """Whoever gives a folder with more in it than the evidence hears of the rest at once."""
    (backup.parent / "notes.docx").write_bytes(b"x")
    messages = " ".join(map(str, _add(desk, backup.parent).messages))
    assert "notes.docx" in messages
    assert "Next:" in messages


def _usb(tmp_path: Path, *seeds: int) -> Path:
    for seed in seeds:
        build_ios_backup(tmp_path / "usb" / f"phone-{seed}", IosPhone(seed=seed, messages=2))
    return tmp_path / "usb"


def test_a_table_says_whose_each_phone_of_a_folder_is(desk: Desk, join: Callable[..., str], tmp_path: Path) -> None:
    """By the folder's name or what is printed on the phone; a phone it does not name is not registered."""
    join("Bo Example")
    rows = f"folder,序號,official\nphone-1,,O-0002\n,{IosPhone(seed=2).serial},O-0001\n"
    (tmp_path / "owners.csv").write_text(rows)
    outcome = acquisitions.add_all(
        desk,
        _usb(tmp_path, 1, 2, 3),
        acquisitions.Registration(official=""),
        whose=owners.read(tmp_path / "owners.csv"),
    )
    assert [each["official"] for each in _many(outcome)] == ["O-0002", "O-0001"]
    assert outcome.status is OutcomeStatus.PARTIAL
    assert any("does not say whose phone-3" in str(message) for message in outcome.messages)
    (tmp_path / "owners.csv").write_text("folder,official\nphone-1,\n")
    with pytest.raises(InputError, match="line 2"):
        owners.read(tmp_path / "owners.csv")


def test_only_a_phone_that_the_case_does_not_know_is_asked_about(
    desk: Desk, join: Callable[..., str], tmp_path: Path
) -> None:
    """What was said once is not asked again."""
    join("Bo Example")
    _add(desk, _usb(tmp_path, 1, 2) / "phone-1", "O-0002")
    asked: list[str] = []

    def whose(phone: owners.Phone) -> str:
        asked.append(str(phone))
        return "O-0001"

    acquisitions.add_all(desk, tmp_path / "usb", acquisitions.Registration(official=""), whose=whose)
    assert len(asked) == 1
    assert asked[0].startswith("phone-2 (")
    assert IosPhone(seed=2).serial in asked[0]


def test_who_did_not_agree_yet_is_not_named_by_the_phone(desk: Desk, backup: Path) -> None:
    """It is registered with a warning; the phone's name and number come in when the person has agreed."""
    officials.add(desk, officials.Person(role="Envoy"))
    outcome = _add(desk, backup, "O-0002")
    assert "no scan runs before" in str(outcome.messages[0])
    phone = IosPhone(seed=1)

    def told() -> tuple[Any, ...]:
        known: Any = acquisitions.list_acquisitions(desk).json["acquisitions"][0]["identity"]
        return known["name"], known["phone_number"], known["udid"]

    assert told() == (None, None, phone.udid)
    assert phone.device_name.encode() not in b"".join(
        each.read_bytes() for each in desk.workspace.cases.rglob("case.sqlite*")
    )
    record = {"method": ConsentMethod.WRITTEN, "scope": "phone", "informed": frozenset(ConsentPoint)}
    consents.record(desk, "O-0002", by="Bo Example", **record)  # type: ignore[arg-type]  # as the lines above say
    scans.run(desk, scans.Request())
    assert told()[0] == phone.device_name
    custody.verify(desk)


@pytest.mark.parametrize("kept", ["serial", "android_id", "build"])
def test_acquisitions_of_one_android_phone_are_one_device(desk: Desk, tmp_path: Path, kept: str) -> None:
    """A bugreport tells its phone by the serial, by Android's own number, or at least by the build."""
    phone = AndroidPhone()
    folder = build_androidqf(tmp_path / "acquisition", phone).path
    report = build_bugreport(tmp_path / "report", phone, folder=True).path
    (text,) = report.glob("bugreport-*.txt")
    told = text.read_text()
    if kept != "serial":
        told = told.replace(phone.serial_number, "")
    if kept == "build":
        told = told.replace("name:android_id", "name:other")
    text.write_text(told)
    first, second = _add(desk, folder), _add(desk, report)
    assert _one(first)["device"] == _one(second)["device"] == "D-0001"
    said = " ".join(map(str, second.messages))
    assert ("its build is that of D-0001" in said) is (kept == "build")


def test_an_acquisition_that_names_no_phone_asks_for_the_device(desk: Desk, tmp_path: Path) -> None:
    """A backup by adb says nothing of its phone: the message names the option that does."""
    phone = AndroidPhone()
    _add(desk, build_androidqf(tmp_path / "acquisition", phone).path)
    nameless = build_adb_backup(tmp_path / "phone.ab", phone).path
    said = " ".join(map(str, _add(desk, nameless).messages))
    assert "does not say which phone" in said
    assert "D-0001" in said


def test_a_number_that_many_phones_have_tells_none(desk: Desk, tmp_path: Path) -> None:
    """Cheap phones leave the factory with one serial for all."""
    for number, name in enumerate(("one", "other")):
        _add(desk, build_androidqf(tmp_path / name, AndroidPhone(seed=number, serial="0123456789ABCDEF")).path)
    assert [each["device"] for each in _many(acquisitions.list_acquisitions(desk))] == ["D-0001", "D-0002"]
