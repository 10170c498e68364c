"""Control evidence of iPhones under the real MVT: every module fed, nothing raised on the healthy, each plant seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from builders.stix_bundles import ANCHOR, write_stix_bundle
from mvtcase.phones.damage import Damage
from mvtcase.phones.encrypted import encrypt_ios_backup
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_fs import build_ios_file_system
from mvtcase.phones.ios_phone import IosPhone, Oddity
from mvtcase.phones.ios_spots import SPOTS, IosEvidence
from mvtcase.phones.plants import Plant, PlantKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase.phones.plants import BuiltEvidence, Planted

pytestmark = pytest.mark.engine

PROBE = Path(__file__).with_name("control_ios_probe.py")
HARMLESS_LEVELS = {"INFORMATIONAL", "LOW"}
BACKUP_MODULES, FILE_SYSTEM_MODULES = 28, 35
VALUES = {
    PlantKind.DOMAINS: "lure-{}.example.org",
    PlantKind.URLS: "https://shared-{0}.example.net/kit/{0}",
    PlantKind.EMAILS: "agent{}@lure.example",
    PlantKind.PROCESSES: "ctlproc{}d",
    PlantKind.FILE_NAMES: "ctl{}.bin",
    PlantKind.FILE_PATHS: "/private/var/root/ctl{}/loader",
    PlantKind.APP_IDS: "org.example.ctl{}",
    PlantKind.IOS_PROFILE_IDS: "0C0FFEE0-0000-4000-8000-0000000000{:02d}",
}
ODDITY_LEVELS = {
    Oddity.DELETED_PROCESS: ("datausage", "HIGH"),
    Oddity.FAST_REDIRECT: ("safari_history", "MEDIUM"),
    Oddity.THREAT_NOTIFICATION: ("sms", "HIGH"),
    Oddity.TEMPORARY_ATTACHMENT: ("sms_attachments", "MEDIUM"),
    Oddity.SIDELOADED_APP: ("applications", "MEDIUM"),
    Oddity.HIDING_PROFILE: ("configuration_profiles", "MEDIUM"),
    Oddity.NULLS_IN_LOOKUP: ("id_status_cache", "HIGH"),
    Oddity.BACKDATED_INVITATION: ("calendar", "HIGH"),
}
BUILDERS: dict[IosEvidence, tuple[str, Callable[[Path, IosPhone], BuiltEvidence]]] = {
    IosEvidence.BACKUP: ("check-backup", build_ios_backup),
    IosEvidence.FILE_SYSTEM: ("check-fs", build_ios_file_system),
}


@dataclass(frozen=True)
class Answer:
    """What MVT said of one piece of evidence."""

    modules: dict[str, dict[str, Any]]
    errors: list[str]

    def alerts(self, *, above: set[str]) -> list[tuple[str, str, str]]:
        """Return module, level and message of each alert whose level is not among `above`."""
        return [
            (slug, alert["level"], alert["message"])
            for slug, module in self.modules.items()
            for alert in module["alerts"]
            if alert["level"] not in above
        ]

    def reports(self, planted: Planted) -> bool:
        """Say whether the expected module raised an alert of that indicator."""
        alerts = self.modules[planted.module]["alerts"]
        return any(alert["indicator"] == planted.plant.value for alert in alerts)


Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Return a function that runs MVT over some evidence in one child process, with plants as indicators."""
    own = str(tmp_path_factory.mktemp("mvt"))
    environment = {
        **os.environ,
        "MVT_CONFIG_FOLDER": own,
        "MVT_DATA_FOLDER": own,
        "MVT_NETWORK_ACCESS_ALLOWED": "false",
    }
    with subprocess.Popen(
        [sys.executable, str(PROBE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        told, heard = child.stdin, child.stdout

        def run(folder: Path, command: str, target: Path, plants: tuple[Plant, ...], **more: str) -> Answer:
            indicators = write_stix_bundle(folder / "planted.stix2", plants)
            found = folder / "answer.json"
            job = {"command": command, "target": str(target), "indicators": str(indicators), "answer": str(found)}
            told.write(json.dumps({**job, **more}) + "\n")
            told.flush()
            assert "answered\n" in iter(heard.readline, ""), "MVT ended early"
            return Answer(**json.loads(found.read_text(encoding="utf-8")))

        yield run


def everything(evidence: IosEvidence) -> tuple[Plant, ...]:
    """Return a plant of its own value for each kind at each spot of a form of evidence."""
    pairs = [(kind, name) for name, spot in SPOTS.items() if evidence in spot.evidence for kind in sorted(spot.kinds)]
    return tuple(Plant(kind, VALUES[kind].format(number), name) for number, (kind, name) in enumerate(pairs))


@pytest.fixture(scope="module", params=list(IosEvidence))
def form(request: pytest.FixtureRequest) -> IosEvidence:
    """Return each form of evidence in turn."""
    return IosEvidence(request.param)


@pytest.fixture(scope="module")
def healthy(form: IosEvidence, ask: Ask, tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """Return MVT's answer on a healthy phone."""
    folder = tmp_path_factory.mktemp("healthy")
    command, build = BUILDERS[form]
    return ask(folder, command, build(folder / "evidence", IosPhone()).path, ())


@pytest.fixture(scope="module")
def planted(form: IosEvidence, ask: Ask, tmp_path_factory: pytest.TempPathFactory) -> tuple[BuiltEvidence, Answer]:
    """Return a phone with a plant of each kind at each spot, and MVT's answer on it."""
    folder = tmp_path_factory.mktemp("planted")
    command, build = BUILDERS[form]
    plants = everything(form)
    evidence = build(folder / "evidence", IosPhone(plants=plants))
    return evidence, ask(folder, command, evidence.path, plants)


def test_every_module_is_fed(form: IosEvidence, healthy: Answer) -> None:
    """No module of check-backup or check-fs is without records, and none dies: there is none that cannot be fed."""
    expected = BACKUP_MODULES if form is IosEvidence.BACKUP else FILE_SYSTEM_MODULES
    assert len(healthy.modules) == expected
    assert [slug for slug, module in healthy.modules.items() if module["records"] == 0] == []
    assert healthy.errors == []


def test_key_modules_have_dozens_of_records(healthy: Answer) -> None:
    """The volumes are those of a phone in use."""
    wanted = {"sms": 40, "whatsapp": 20, "safari_history": 30, "datausage": 15, "interaction_c": 30, "contacts": 20}
    assert {slug: healthy.modules[slug]["records"] >= least for slug, least in wanted.items()} == dict.fromkeys(
        wanted, True
    )


def test_healthy_phone_raises_nothing_above_low(healthy: Answer) -> None:
    """Neither a heuristic nor an indicator speaks."""
    assert healthy.alerts(above=HARMLESS_LEVELS) == []
    assert not any(alert["indicator"] for module in healthy.modules.values() for alert in module["alerts"])


def test_every_plant_is_reported_by_its_module(planted: tuple[BuiltEvidence, Answer]) -> None:
    """Each planted indicator is named by the module the builder promised; only what was said to pass passes."""
    evidence, answer = planted
    seen = {(entry.plant, answer.reports(entry)) for entry in evidence.planted}
    assert seen == {(entry.plant, entry.reported_by_mvt) for entry in evidence.planted}
    assert answer.errors == []


def test_default_spots_cover_each_kind(tmp_path: Path, form: IosEvidence, ask: Ask) -> None:
    """A plant without a spot is reported too, for each kind that this evidence can hold."""
    kinds = [kind for kind in VALUES if not (kind is PlantKind.IOS_PROFILE_IDS and form is IosEvidence.FILE_SYSTEM)]
    plants = tuple(Plant(kind, VALUES[kind].format(7)) for kind in kinds)
    command, build = BUILDERS[form]
    evidence = build(tmp_path / "evidence", IosPhone(plants=plants))
    answer = ask(tmp_path, command, evidence.path, plants)
    assert [entry.plant.kind for entry in evidence.planted if not answer.reports(entry)] == []


def test_oddities_are_heuristic_alerts(tmp_path: Path, ask: Ask) -> None:
    """Each oddity raises MVT's own heuristic at its level, without any indicator."""
    evidence = build_ios_backup(tmp_path / "evidence", IosPhone(oddities=frozenset(Oddity)))
    answer = ask(tmp_path, "check-backup", evidence.path, ())
    raised = {(slug, level) for slug, level, _ in answer.alerts(above=HARMLESS_LEVELS)}
    assert raised == set(ODDITY_LEVELS.values())
    assert set(ODDITY_LEVELS) == set(Oddity)


def test_decrypted_backup_is_the_plain_one(tmp_path: Path, ask: Ask) -> None:
    """MVT decrypts the encrypted control backup and finds in it what was planted."""
    plants = (Plant(PlantKind.DOMAINS, "lure-1.example.org"), Plant(PlantKind.PROCESSES, "ctlprocd"))
    evidence = build_ios_backup(tmp_path / "plain", IosPhone(plants=plants))
    encrypt_ios_backup(evidence.path, tmp_path / "encrypted", "letmein")
    target = tmp_path / "decrypted"
    target.mkdir()
    (target / "Info.plist").write_bytes((evidence.path / "Info.plist").read_bytes())
    encrypted = {"encrypted": str(tmp_path / "encrypted"), "password": "letmein"}
    answer = ask(tmp_path, "check-backup", target, plants, **encrypted)
    assert all(answer.reports(entry) for entry in evidence.planted)
    assert min(module["records"] for module in answer.modules.values()) > 0


def test_what_mvt_does_with_damaged_messages(tmp_path: Path, ask: Ask) -> None:
    """One odd row silences a module, a missing table too: the planted link is not reported."""
    plants = (Plant(PlantKind.DOMAINS, "lure-1.example.org"),)
    for number, damage in enumerate((Damage.BAD_UTF8_ROW, Damage.TABLE_MISSING)):
        folder = tmp_path / str(number)
        folder.mkdir()
        evidence = build_ios_backup(folder / "evidence", IosPhone(plants=plants), damage={"sms": damage})
        answer = ask(folder, "check-backup", evidence.path, plants)
        assert answer.modules["sms"] == {"records": 0, "alerts": []}
        assert bool(answer.errors) is (damage is Damage.BAD_UTF8_ROW)


def test_anchor_is_never_planted(healthy: Answer) -> None:
    """The domain that keeps MVT's matcher alive is in no evidence."""
    assert ANCHOR.value not in json.dumps(healthy.modules)
