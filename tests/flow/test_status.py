"""Status of a case and of its groups, and what exit code follows."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase import casebook
from mvtcase.errors import NotFoundError
from mvtcase.model import Status, Verdict
from mvtcase.store.memory import Memory
from mvtcase.store.sought import Sought
from mvtcase.workflow import correlation, custody, findings, groups, observations, scans, status, timeline
from mvtcase.workflow.desk import OutcomeStatus
from mvtcase.workflow.seeking import Wish
from mvtcase.workflow.status import worst_exit_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.flow.conftest import FakeEngine

    from mvtcase.casebook import Newest, Overview
    from mvtcase.engine.job import EngineResult
    from mvtcase.store.store import Store
    from mvtcase.workflow.desk import Desk


def _data(desk: Desk, group: str | None = None) -> dict[str, Any]:
    return dict(status.status(desk, group=group).json)


@pytest.fixture
def groups_and_phones(
    desk: Desk,
    join: Callable[..., str],
    add_phone: Callable[..., str],
    engine: FakeEngine,
    match: EngineResult,
) -> Desk:
    """Give a desk: no trace in the legislature, a match in a caucus inside it, a ministry not examined."""
    groups.add(desk, "Caucus", parent="Legislature")
    groups.add(desk, "Ministry")
    join("Bo Example", "Caucus")
    join("Cy Example", "Ministry", "Caucus")
    join("Di Example", "Ministry")
    scans.run(desk, scans.Request(acquisitions=(add_phone(),)))
    engine.answer = match
    scans.run(desk, scans.Request(acquisitions=(add_phone("O-0002", seed=2),)))
    return desk


def test_counts_are_over_officials_and_name_every_status(groups_and_phones: Desk) -> None:
    """The case's line."""
    data = _data(groups_and_phones)
    assert data["counts"] == {
        **dict.fromkeys(map(str, Status), 0),
        "no_trace": 1,
        "indicator_match": 1,
        "not_examined": 2,
    }
    assert data["case"]["slug"] == "line-2021"
    assert len(data["custody_head"]) == 64
    assert status.status(groups_and_phones).status is OutcomeStatus.PARTIAL


def test_a_group_holds_the_groups_inside_it(groups_and_phones: Desk) -> None:
    """By name or id, each official once, the counts over those alone."""
    for group, people in {
        "Legislature": ["O-0001", "O-0002", "O-0003"],
        "Caucus": ["O-0002", "O-0003"],
        "G-0003": ["O-0003", "O-0004"],
    }.items():
        data = _data(groups_and_phones, group)
        assert [each["id"] for each in data["officials"]] == people
        assert sum(data["counts"].values()) == len(people)


def test_a_group_that_is_none_is_an_error(groups_and_phones: Desk) -> None:
    """A typing error is no empty group."""
    with pytest.raises(NotFoundError):
        _data(groups_and_phones, "Legislatur")


def test_everybody_examined_in_full_is_success(desk: Desk, add_phone: Callable[..., str]) -> None:
    """And before that it is partial."""
    assert status.status(desk).status is OutcomeStatus.PARTIAL
    add_phone()
    scans.run(desk, scans.Request())
    assert status.status(desk).status is OutcomeStatus.SUCCESS


def test_a_second_phone_not_examined_leaves_no_statement(desk: Desk, add_phone: Callable[..., str]) -> None:
    """No trace on one phone says nothing of the other."""
    add_phone(seed=1)
    scans.run(desk, scans.Request())
    add_phone(seed=2)
    (official,) = _data(desk)["officials"]
    assert official["status"] == "inconclusive"
    assert [each["status"] for each in official["devices"]] == ["no_trace", "not_examined"]


def test_the_worst_status_gives_the_exit_code() -> None:
    """10 for a match or worse, 11 for something unusual, 12 for no statement, whatever else there is."""
    codes = {
        Status.CONFIRMED: 10,
        Status.TARGETED: 10,
        Status.INDICATOR_MATCH: 10,
        Status.SUSPICIOUS: 11,
        Status.INCONCLUSIVE: 12,
        Status.NO_TRACE: 0,
        Status.NOT_EXAMINED: 0,
    }
    assert worst_exit_code([]) == 0
    for pair in itertools.product(codes, repeat=2):
        worst = min(pair, key=list(Status).index)
        assert worst_exit_code(pair) == codes[worst]


def test_a_server_reads_again_only_who_changed(groups_and_phones: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each change status, timeline and links are those that a call without a memory gives."""
    plain, server = groups_and_phones, replace(groups_and_phones, memory=Memory())
    whole: list[str] = []
    read_anew = casebook._overview

    def counted(store: Store, newest: Newest, of: str | None) -> Overview:
        whole.extend(["whole"] if of is None and store.memory is not None else [])
        return read_anew(store, newest, of)

    monkeypatch.setattr(casebook, "_overview", counted)
    (finding,) = findings.list_findings(plain, Wish(sought=Sought(official="O-0002"))).data.findings
    judge = partial(findings.dispose, plain, finding.id, reason="Looked at.")
    note = partial(custody.note, plain, "Seen.")
    seen = partial(observations.add, plain, "O-0002", observations.Seen(kind="x.note", value="asked"))
    _ask_alike(plain, server)
    for change in (partial(judge, verdict=Verdict.BENIGN), note, partial(judge, verdict=Verdict.CONFIRMED), seen):
        change()
        _ask_alike(plain, server)
    assert whole == ["whole"]
    groups.add(plain, "Another")
    _ask_alike(plain, server)
    assert whole == ["whole"] * 2, "a change that is nobody's own has the whole read again"


def _ask_alike(plain: Desk, server: Desk) -> None:
    for ask in (status.status, timeline.timeline, correlation.links):
        assert ask(server).json == ask(plain).json
