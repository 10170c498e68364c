"""Every kind of evidence through the command line and the real MVT: healthy phones show no trace, planted ones do."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from builders.line import healthy_account, with_link, write_line_android_fs
from builders.stix_bundles import write_stix_bundle
from mvtcase.phones.adb_backup import build_adb_backup
from mvtcase.phones.android import age_identity, build_androidqf, build_androidqf_zip, encrypt_age
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.androidqf_layouts import AndroidQFLayout
from mvtcase.phones.bugreport import Layout, build_bugreport
from mvtcase.phones.encrypted import encrypt_ios_backup
from mvtcase.phones.intrusion_logs import build_intrusion_logs
from mvtcase.phones.ios import ENCRYPTED_ONLY, build_ios_backup
from mvtcase.phones.ios_fs import build_ios_file_system
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.plants import Plant, PlantKind
from mvtcase.phones.sysdiagnose import SysdiagnosePhone, build_sysdiagnose

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.engine

LINK = Plant(PlantKind.DOMAINS, "planted.example.net")
PROCESS = Plant(PlantKind.PROCESSES, "plantedd")
APP = Plant(PlantKind.APP_IDS, "net.example.planted")
PASSWORD = "wisteria-42"
IDENTITY = age_identity()
TAKEN_LAST = "2026-11-01"
"""Before this day all synthetic backups, dumps and sysdiagnoses are taken."""

MODERN = ("ps.txt",)
"""What androidqf wrote years ago and no longer does."""

Plants = tuple[Plant, ...]


def ios_encrypted(path: Path, seed: int, plants: Plants) -> Path:
    """Build an encrypted backup and leave nothing of the plain one beside it."""
    plain = build_ios_backup(path.parent.parent / "plain" / path.name, IosPhone(seed=seed, plants=plants))
    return encrypt_ios_backup(plain.path, path, PASSWORD)


def sysdiagnose(path: Path, seed: int, plants: Plants, *, archive: bool) -> Path:
    """Build a sysdiagnose as the archive that iOS makes or as somebody unpacked it."""
    return build_sysdiagnose(path, SysdiagnosePhone(seed=seed, plants=plants), archive=archive).path


def qf_zip(path: Path, seed: int, plants: Plants) -> Path:
    """Build the zip that androidqf writes itself: without a folder at its top."""
    phone = AndroidPhone(seed=seed, plants=plants)
    return build_androidqf_zip(path.with_suffix(".zip"), phone, top_folder=False, missing=MODERN).path


def qf_age(path: Path, seed: int, plants: Plants) -> Path:
    """Build the encrypted archive that androidqf writes where a key.txt lies beside it."""
    plain = qf_zip(path, seed, plants)
    encrypted = encrypt_age(plain, IDENTITY)
    plain.unlink()
    return encrypted


def android_files(path: Path, seed: int, plants: Plants) -> Path:
    """Build an Android file system with LINE's databases."""
    account = healthy_account(seed=seed)
    return write_line_android_fs(path, with_link(account, f"https://{LINK.value}/x") if plants else account)


@dataclass(frozen=True)
class Shown:
    """What can be planted in a kind of evidence, and the classes of what is then found."""

    plants: Plants
    classes: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One way evidence reaches a responder: how it is built, what it is told to be, what it can show."""

    build: Callable[..., Path]
    kind: str
    shown: Shown
    healthy: str = "no_trace"
    examined: str = "full"


PHONE = Shown((LINK, PROCESS, APP), frozenset({"attempt", "execution", "artefact"}))
BROWSED = Shown(PHONE.plants, PHONE.classes | {"exposure"})
REPORT = Shown((PROCESS, APP), frozenset({"execution", "artefact"}))
MESSAGES = Shown((LINK,), frozenset({"attempt"}))
LOGS = Shown((LINK,), frozenset({"exposure"}))
SYSTEM = Shown((PROCESS,), frozenset({"execution"}))


def _ios(path: Path, seed: int, plants: Plants) -> Path:
    return build_ios_backup(path, IosPhone(seed=seed, plants=plants), missing=ENCRYPTED_ONLY).path


def _dump(path: Path, seed: int, plants: Plants) -> Path:
    return build_ios_file_system(path, IosPhone(seed=seed, plants=plants)).path


def _partitions(path: Path, seed: int, plants: Plants) -> Path:
    """Build a dump as UFED writes it: the system in one folder, what lies at /private/var in another, both in a zip."""
    whole = _dump(path.parent.parent / "plain" / f"{path.name}-{seed}" / "filesystem1", seed, plants)
    (whole / "private" / "var").rename(whole.with_name("filesystem2"))
    return Path(shutil.make_archive(str(path), "zip", whole.parent))


def _qf_of(path: Path, seed: int, plants: Plants, *, layout: AndroidQFLayout) -> Path:
    visited = (f"https://{LINK.value}/opened",) if plants else ()
    return build_androidqf(path, AndroidPhone(seed=seed, plants=plants), layout=layout, visited=visited).path


def _qf(path: Path, seed: int, plants: Plants, **options: Any) -> Path:
    return build_androidqf(path, AndroidPhone(seed=seed, plants=plants), missing=MODERN, **options).path


def _report(path: Path, seed: int, plants: Plants, **options: Any) -> Path:
    path = path if options.get("folder") else path.with_suffix(".zip")
    return build_bugreport(path, AndroidPhone(seed=seed, plants=plants), **options).path


def _backup(path: Path, seed: int, plants: Plants, password: str | None = None) -> Path:
    return build_adb_backup(path.with_suffix(".ab"), AndroidPhone(seed=seed, plants=plants), password=password).path


def _logs(path: Path, seed: int, plants: Plants, *, zipped: bool) -> Path:
    path = path.with_suffix(".zip") if zipped else path
    return build_intrusion_logs(path, AndroidPhone(seed=seed, plants=plants), zipped=zipped).path


def _with(build: Callable[..., Path], **options: Any) -> Callable[..., Path]:
    return lambda path, seed, plants: build(path, seed, plants, **options)


KINDS = {
    "ios-backup": Kind(build=_ios, kind="ios_backup", shown=PHONE),
    "ios-backup-encrypted": Kind(build=ios_encrypted, kind="ios_backup_encrypted", shown=PHONE),
    "ios-dump-in-partitions": Kind(build=_partitions, kind="ios_file_system", shown=PHONE),
    "ios-dump": Kind(build=_dump, kind="ios_file_system", shown=PHONE),
    "sysdiagnose-archive": Kind(build=_with(sysdiagnose, archive=True), kind="sysdiagnose", shown=SYSTEM),
    "sysdiagnose-folder": Kind(build=_with(sysdiagnose, archive=False), kind="sysdiagnose", shown=SYSTEM),
    "androidqf-folder": Kind(build=_qf, kind="androidqf", shown=PHONE),
    "androidqf-v1.7": Kind(build=_with(_qf_of, layout=AndroidQFLayout.V1_7), kind="androidqf", shown=PHONE),
    "androidqf-today": Kind(build=_with(_qf_of, layout=AndroidQFLayout.TODAY), kind="androidqf", shown=BROWSED),
    "androidqf-zip": Kind(build=qf_zip, kind="androidqf", shown=PHONE),
    "androidqf-age": Kind(build=qf_age, kind="androidqf_age", shown=PHONE),
    "androidqf-locked-backup": Kind(build=_with(_qf, backup_password=PASSWORD), kind="androidqf", shown=PHONE),
    "bugreport-zip": Kind(build=_report, kind="bugreport", shown=REPORT),
    "bugreport-folder": Kind(build=_with(_report, folder=True), kind="bugreport", shown=REPORT),
    "bugreport-wrapped": Kind(build=_with(_report, wrapped=True), kind="bugreport", shown=REPORT),
    "bugreport-samsung": Kind(build=_with(_report, layout=Layout.SAMSUNG), kind="bugreport", shown=REPORT),
    # Messages alone are too narrow a look, however completely they were read.
    "android-backup": Kind(build=_backup, kind="android_backup", healthy="inconclusive", shown=MESSAGES),
    "android-backup-encrypted": Kind(
        build=_with(_backup, password=PASSWORD), kind="android_backup", healthy="inconclusive", shown=MESSAGES
    ),
    "intrusion-logs-folder": Kind(build=_with(_logs, zipped=False), kind="intrusion_logs", shown=LOGS),
    "intrusion-logs-zip": Kind(build=_with(_logs, zipped=True), kind="intrusion_logs", shown=LOGS),
    # Of an Android file system LINE alone is read: never enough to say that nothing was found.
    "android-files": Kind(
        build=android_files, kind="android_file_system", healthy="inconclusive", examined="partial", shown=MESSAGES
    ),
}


def snapshot(root: Path) -> list[tuple[str, int, int, int]]:
    """Return names, sizes, modes and times of modification of everything below a folder."""
    entries = sorted(root.rglob("*"))
    return [(str(each), (one := each.lstat()).st_size, one.st_mode, one.st_mtime_ns) for each in entries]


class Trial:
    """All kinds, healthy and planted, in one case: each official's status and the findings by device."""

    def __init__(self, root: Path, responder: Any) -> None:
        self.root = root
        self.responder = responder
        (root / "evidence" / "healthy").mkdir(parents=True)
        (root / "evidence" / "planted").mkdir()
        (root / "plain").mkdir()
        responder("iocs", "import", write_stix_bundle(root / "planted.stix2", (LINK, PROCESS, APP)))
        self.acquisitions: dict[tuple[str, str], dict[str, Any]] = {}
        for number, (name, kind) in enumerate(KINDS.items()):
            self._register(name, "healthy", kind.build(root / "evidence" / "healthy" / name, 2 * number + 1, ()))
            planted = root / "evidence" / "planted" / name
            self._register(name, "planted", kind.build(planted, 2 * number + 2, kind.shown.plants))
        self.before = snapshot(root / "evidence")
        self.envelope = responder.typed("scan", "run", "--all", "--jobs", "2", *self._keys())
        self.scans = {each["acquisition"]: each for each in self.envelope["data"]["scans"]}
        self.found = responder.findings()

    def _register(self, name: str, state: str, path: Path) -> None:
        official = self.responder.enrol()
        added = self.responder("acquisition", "add", path, "--official", official)["acquisition"]
        self.acquisitions[name, state] = added

    def _keys(self) -> tuple[object, ...]:
        for name, text in (("password", PASSWORD), ("identity", IDENTITY)):
            (self.root / name).write_text(f"{text}\n", "utf-8")
            (self.root / name).chmod(0o600)
        return ("--password-file", self.root / "password", "--age-identity", self.root / "identity")

    def scan(self, name: str, state: str) -> dict[str, Any]:
        """Return the scan of one phone."""
        scan: dict[str, Any] = self.scans[self.acquisitions[name, state]["id"]]
        return scan

    def matches(self, name: str, state: str) -> list[dict[str, Any]]:
        """Return the findings on one phone that name an indicator."""
        device = self.acquisitions[name, state]["device"]
        return [each for each in self.found if each["device"] == device and each["indicator"]]


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory, start_responder: Callable[[], Any]) -> Trial:
    """Return a case in which every kind was registered and scanned."""
    return Trial(tmp_path_factory.mktemp("kinds"), start_responder())


@pytest.mark.parametrize("name", KINDS)
def test_a_healthy_phone_shows_what_its_kind_can(name: str, trial: Trial) -> None:
    """Everything that kind should carry was examined, and nothing is made out of ordinary content."""
    scan = trial.scan(name, "healthy")
    assert trial.acquisitions[name, "healthy"]["kind"] == KINDS[name].kind
    assert (scan["status"], scan["completeness"]) == (KINDS[name].healthy, KINDS[name].examined), scan["gaps"]
    assert bool(scan["gaps"]) is (KINDS[name].examined != "full")
    assert trial.matches(name, "healthy") == []


@pytest.mark.parametrize("name", KINDS)
def test_no_reach_lies_after_the_phone_was_taken(name: str, trial: Trial) -> None:
    """These phones were all acquired weeks before today: a later time is that of a file on this machine."""
    reach = trial.scan(name, "healthy")["reach"]
    last = AndroidPhone().wall_clock if "ios" not in name and "sys" not in name else TAKEN_LAST
    assert [each for each in reach if (each["to"] or "") > f"{last}"] == []
    assert [each for each in reach if each["to"] and each["basis"].startswith("without times")] == []


@pytest.mark.parametrize("name", KINDS)
def test_what_is_planted_is_found_and_classed(name: str, trial: Trial) -> None:
    """Every planted indicator becomes a finding that names it, of the class its place gives it."""
    kind = KINDS[name]
    matches = trial.matches(name, "planted")
    assert {each["indicator"]["value"] for each in matches} == {plant.value for plant in kind.shown.plants}
    assert {each["evidence_class"] for each in matches} == kind.shown.classes
    assert {each["indicator"]["set"] for each in matches} == {"planted"}
    assert trial.scan(name, "planted")["status"] == "indicator_match"


def test_a_dozen_healthy_inputs_reach_no_trace(trial: Trial) -> None:
    """A tool that calls every phone inconclusive would be of no use."""
    shown = [trial.scan(name, "healthy")["status"] for name in KINDS]
    assert shown.count("no_trace") >= 12
    assert trial.envelope["errors"] == []


def test_no_evidence_was_touched(trial: Trial) -> None:
    """Names, sizes, modes and times are as they were, and registration says so of every byte."""
    assert snapshot(trial.root / "evidence") == trial.before
    assert all(each["unchanged"] for each in trial.responder("acquisition", "verify")["acquisitions"])


def test_no_password_and_no_plain_text_stays(trial: Trial) -> None:
    """Neither the passwords nor what they opened is left in the workspace."""
    left = [path for path in trial.responder.workspace.rglob("*") if path.is_file()]
    assert len(left) > 100
    words = (PASSWORD.encode(), IDENTITY.encode())
    assert [path for path in left if any(word in path.read_bytes() for word in words)] == []
    assert [path for path in left if "working" in path.parts] == []


def test_what_the_case_keeps_is_private(trial: Trial) -> None:
    """Nobody else on the machine can read the case: files 0600, folders 0700."""
    home = trial.responder.workspace / "cases" / "trial"
    open_to_others = [path for path in (home, *home.rglob("*")) if path.lstat().st_mode & 0o077]
    assert os.name != "posix" or open_to_others == []


def test_a_folder_of_several_phones_is_registered_one_by_one(trial: Trial) -> None:
    """It is refused with a list of what it holds, and taken with `--recursive`."""
    folder = trial.root / "several"
    _ios(folder / "first" / "phone", 301, ())
    _qf(folder / "second", 302, ())
    official = trial.responder.enrol()
    refused = trial.responder.typed("acquisition", "add", folder, "--official", official)
    assert (refused["exit"], refused["errors"][0]["code"]) == (3, "evidence.several")
    added = trial.responder("acquisition", "add", folder, "--official", official, "--recursive", status="success")
    assert {each["kind"] for each in added["acquisitions"]} == {"ios_backup", "androidqf"}


@pytest.mark.parametrize("spot", ["attributed_body", "sms_bare_link"])
def test_where_mvt_reads_without_comparing_the_second_reader_speaks(
    spot: str, trial: Trial, start_responder: Callable[[], Any]
) -> None:
    """A link that MVT's module passes over is no trace of nothing: the phone needs a look."""
    phone = IosPhone(seed=310, plants=(Plant(LINK.kind, LINK.value, spot),))
    built = build_ios_backup(trial.root / spot, phone, missing=ENCRYPTED_ONLY)
    responder = start_responder()
    responder("iocs", "import", trial.root / "planted.stix2")
    scan = responder.scan(built.path, "--iocs", "planted")
    assert scan["status"] == "indicator_match"
    matched = [each for each in responder.findings() if each["indicator"]]
    assert [(each["evidence_class"], each["level"]) for each in matched] == [("attempt", "HIGH")]
