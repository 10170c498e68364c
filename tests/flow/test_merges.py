"""Random histories on two laptops: whoever merges first, both cases come to say the same, and nothing counts twice."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laptops import keys_of, new_identity, send
from mvtcase.errors import ConflictError
from mvtcase.keys import locks, wrapping
from mvtcase.keys.ring import Keys
from mvtcase.model import Publication, Verdict
from mvtcase.phones import IosPhone, build_ios_backup
from mvtcase.store import merging, queries
from mvtcase.store.folder import Workspace
from mvtcase.workflow import (
    acquisitions,
    cases,
    custody,
    findings,
    merges,
    observations,
    officials,
    scans,
    sealed,
    status,
)
from mvtcase.workflow.observations import Seen

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.flow.conftest import FakeEngine

    from mvtcase.engine.job import EngineResult
    from mvtcase.keys.identities import Identity
    from mvtcase.workflow.desk import Desk

EXAMPLES = int(os.environ.get("MVTCASE_MERGE_EXAMPLES", "0"))
"""How many histories: each takes a minute, so only a run by hand takes any."""
_DONE = ("add", "rename", "publish", "judge", "observe", "scan", "phone", "send")
STEPS = st.lists(
    st.tuples(st.sampled_from(("taipei", "taichung")), st.sampled_from(_DONE), st.integers(0, 5)),
    min_size=2,
    max_size=9,
)


@pytest.fixture
def keys() -> tuple[Identity, Identity]:
    """Give the keys of the examiners on both laptops."""
    return new_identity(), new_identity()


@pytest.fixture
def two(
    desk: Desk,
    add_phone: Callable[..., str],
    engine: FakeEngine,
    match: EngineResult,
    tmp_path: Path,
    keys: tuple[Identity, Identity],
) -> Path:
    """Give a folder with two laptops: one with a phone that matched, the other with that case merged in."""
    engine.answer = match
    taipei = replace(desk, identity=keys[0])
    add_phone()
    scans.run(taipei, scans.Request())
    workspace = Workspace(tmp_path / "taichung")
    workspace.create()
    shutil.copytree(desk.workspace.iocs, workspace.iocs, dirs_exist_ok=True)
    taichung = replace(taipei, workspace=workspace, examiner="Bo", identity=keys[1])
    cases.new(taichung, "LINE 2021", slug="line-2021")
    _take(taichung, taipei, tmp_path / "post")
    return tmp_path


def _take(target: Desk, source: Desk, post: Path) -> None:
    """Send everything from one laptop to the other, and merge it."""
    name = {"Ada": "taipei", "Bo": "taichung"}[source.actor]
    path = send(source, target, post, name, evidence=False)
    merges.take_in(target, path, merges.Wish(keys=keys_of(post, source, target)))


def _do(desk: Desk, other: Desk, what: str, number: int, post: Path) -> None:
    """Take one step of a history; the second phone is registered on both laptops, for whomever."""
    with desk.open_case() as store:
        people, found = queries.officials(store), queries.findings(store)
    one = people[number % len(people)].id
    if what == "add":
        officials.add(desk, officials.Person(name=f"Person {number}"))
    elif what == "rename":
        officials.change_official(desk, one, {"name": f"{desk.actor} {number}"})
    elif what == "publish":
        officials.change_official(desk, one, {"publication": list(Publication)[number % 4]})
    elif what == "judge":
        who = replace(desk, examiner=f"{desk.actor} {number}", identity=None)
        findings.dispose(who, found[0].id, verdict=list(Verdict)[number % 4], reason="Looked.")
    elif what == "observe":
        value = ("none", "mail")[number % 2]
        observations.add(desk, one, Seen(kind="apple.threat_notification", value=value, at="2026-09-02T00:00:00Z"))
    elif what == "scan":
        scans.run(desk, scans.Request(acquisitions=("A-0001",)))
    elif what == "phone":
        with contextlib.suppress(ConflictError):  # it is somebody else's here
            acquisitions.add(desk, post.parent / "second", acquisitions.Registration(official=one))
    else:
        _take(other, desk, post)


def _says(desk: Desk) -> tuple[Any, ...]:
    """Return what a case says: its content, counts, and each person's status, whatever the short ids."""
    with desk.open_case() as store:
        content = merging.content_of(store)
        uuids = {each.id: each.uuid for each in queries.officials(store)}
    shown: Any = status.status(desk).json
    return content, shown["counts"], {uuids[each["id"]]: each["status"] for each in shown["officials"]}


@pytest.mark.slow
@pytest.mark.skipif(not EXAMPLES, reason="takes minutes: MVTCASE_MERGE_EXAMPLES says how many histories")
def test_merged_in_either_order_and_again_two_laptops_say_the_same(
    two: Path, desk: Desk, keys: tuple[Identity, Identity], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And both chains verify; a third exchange changes nothing; either laptop's case may be sealed."""
    keep, opens = two / "kept", Keys(ask=lambda _: "words")
    monkeypatch.setattr(wrapping, "USUAL", locks.Cost(memory_kib=64, passes=1, lanes=1))
    build_ios_backup(two / "second", IosPhone(seed=2))
    pair = {
        "taipei": replace(desk, identity=keys[0], workspace=replace(desk.workspace, keys=opens)),
        "taichung": replace(desk, workspace=Workspace(two / "taichung", opens), examiner="Bo", identity=keys[1]),
    }
    for one in pair.values():
        name = one.workspace.path.name
        shutil.copytree(one.workspace.path, keep / name)
        sealed.seal(one, sealed.Wish(passphrase="words"))
        shutil.copytree(one.workspace.path, keep / f"{name}-sealed")

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS, st.booleans(), st.sets(st.sampled_from(("taipei", "taichung"))))
    def check(steps: list[tuple[str, str, int]], other_first: bool, closed: set[str]) -> None:  # noqa: FBT001  # hypothesis gives it
        for name, one in pair.items():
            shutil.rmtree(one.workspace.path, ignore_errors=True)
            form = "-sealed" if name in closed else ""
            shutil.copytree(keep / f"{one.workspace.path.name}{form}", one.workspace.path)
        post = Path(tempfile.mkdtemp(dir=two))
        for where, what, number in steps:
            _do(pair[where], pair["taichung" if where == "taipei" else "taipei"], what, number, post)
        first, second = (pair["taichung"], pair["taipei"]) if other_first else (pair["taipei"], pair["taichung"])
        for _ in range(2):
            _take(first, second, post)
            _take(second, first, post)
        said = _says(first)
        assert said == _says(second)
        _take(first, second, post)
        assert _says(first) == said
        with first.open_case() as store:
            assert len({each.fingerprint for each in queries.devices(store)}) == len(queries.devices(store))
        for one in (first, second):
            custody.verify(one, keys=keys_of(post, *pair.values()))

    check()
