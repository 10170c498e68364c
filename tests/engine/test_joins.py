"""A recheck without a replay says what a replay says, through the real MVT; what can match is replayed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.phones.android import build_androidqf
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.phones.plants import Plant, PlantKind
from mvtcase.phones.sysdiagnose import SysdiagnosePhone, build_sysdiagnose
from mvtcase.workflow import joins
from mvtcase.workflow.joins import JOINED, Joiner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.engine

OLD = (Plant(PlantKind.DOMAINS, "known.example.net"), Plant(PlantKind.PROCESSES, "knownknownd"))
LATER = (Plant(PlantKind.DOMAINS, "later.example.org"), Plant(PlantKind.PROCESSES, "laterlaterd"))


def _said(responder: Any, scan: dict[str, Any]) -> list[str]:
    """Return what a recheck raised, in an order of its own; the text around a value is no part of an alert."""
    raised = responder.alerts(scan["id"])
    for each in raised:
        if isinstance(each["event"], dict):
            each["event"].pop("context", None)
    keys = ("part", "module", "level", "message", "event", "indicator")
    return sorted(json.dumps([each[key] for key in keys], sort_keys=True) for each in raised)


def _rechecked(responder: Any, scans: list[str]) -> list[dict[str, Any]]:
    """Return the rechecks of scans, in the order of the phones."""
    done: list[dict[str, Any]] = responder("recheck", "run", *scans)["scans"]
    return sorted(done, key=lambda each: str(each["acquisition"]))


@pytest.fixture(scope="module")
def scanned(
    start_responder: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Any, list[str], Path]:
    """Return a responder with three phones that were scanned with the sets of then, and a place for files."""
    responder, place = start_responder(), tmp_path_factory.mktemp("joins")
    for each in OLD:
        responder("iocs", "add", each.value, "--type", each.kind, "--source", "a partner", "--reason", "a trial")
    plants = (*OLD, *LATER)
    phones = [
        build_ios_backup(place / "ios", IosPhone(seed=901, plants=plants)).path,
        build_androidqf(place / "android", AndroidPhone(seed=902, plants=plants)).path,
        build_sysdiagnose(place / "logs", SysdiagnosePhone(plants=OLD), archive=False).path,
    ]
    scans = [responder.scan(path)["id"] for path in phones]
    lines = "\n".join(f"host{number}.nowhere.example" for number in range(1000))
    (place / "thousand_domains.txt").write_text(lines, "utf-8")
    responder("iocs", "import", place / "thousand_domains.txt")
    return responder, scans, place


def test_a_join_says_what_a_replay_says(scanned: tuple[Any, list[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same alerts, level by level, the same completeness and gaps; and no worker runs for it."""
    responder, scans, _ = scanned
    joined = _rechecked(responder, scans)
    assert all(each["command"].endswith(JOINED) for each in joined)
    monkeypatch.setattr(Joiner, "answer", lambda *_: None)
    replayed = _rechecked(responder, scans)
    assert not any(each["command"].endswith(JOINED) for each in replayed)
    for one, other in zip(joined, replayed, strict=True):
        assert _said(responder, one) == _said(responder, other)
        assert [one[key] for key in ("completeness", "status", "indicators_loaded", "findings")] == [
            other[key] for key in ("completeness", "status", "indicators_loaded", "findings")
        ]
        assert sorted(map(str, one["gaps"])) == sorted(map(str, other["gaps"]))


def test_what_can_match_is_replayed(scanned: tuple[Any, list[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A phone that holds a new indicator is compared by MVT and found; one that does not is not.

    Modules that nothing new can match in are not run again, and the answer is that of running all.
    """
    responder, scans, place = scanned
    (place / "late_domains.txt").write_text("later.example.org", "utf-8")
    responder("iocs", "import", place / "late_domains.txt")
    rechecks = _rechecked(responder, scans)
    assert [each["command"].endswith(JOINED) for each in rechecks] == [False, False, True]
    for each in rechecks[:2]:
        assert any("later.example.org" in line for line in _said(responder, each))
        assert 0 < _started(responder, each) < len(each["modules"]) / 2
    monkeypatch.setattr(joins, "_heard_of_others", lambda *_: ())
    for one, whole in zip(rechecks[:2], _rechecked(responder, scans[:2]), strict=True):
        assert _started(responder, whole) == len(whole["modules"])
        assert _said(responder, one) == _said(responder, whole)
        assert [one[key] for key in SAME] == [whole[key] for key in SAME]
        assert _examined(one) == _examined(whole)


SAME = ("completeness", "status", "indicators_loaded", "findings", "gaps", "limitations")


def _examined(scan: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return what became of each module; how long it took, and what it said on the way, is that of its last run."""
    keys = ("part", "slug", "outcome", "records", "alerts", "reason", "first_time", "last_time")
    return sorted(tuple(each[key] for key in keys) for each in scan["modules"])


def _started(responder: Any, scan: dict[str, Any]) -> int:
    """Return how many modules a worker ran for a scan."""
    (events,) = responder.workspace.glob(f"cases/*/scans/{scan['id']}/results/events.jsonl")
    return int(events.read_bytes().count(b'{"event":"started",'))
