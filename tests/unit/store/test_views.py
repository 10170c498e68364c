"""The SQL views say the same as the Python tables, over a case of many random officials, phones and findings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from inventing import SETS, invented_case
from mvtcase import casebook, model
from mvtcase.findings.review import state_of
from mvtcase.store import queries
from mvtcase.store.folder import CaseFolder, Workspace
from mvtcase.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mvtcase.casebook import Casebook

OFFICIALS = 220


@pytest.fixture(scope="module", params=range(3))
def big_case(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Store]:
    """Give a case in which every status and state occurs; it is only read."""
    workspace = Workspace(tmp_path_factory.mktemp("views"))
    fixed = ("set-1", "set-3") if request.param == 2 else None
    with invented_case(workspace, request.param, officials=OFFICIALS, fixed=fixed) as store:
        yield store


def _book(store: Store) -> Casebook:
    sets = {
        f"set-{number}": model.IndicatorSet(name=f"set-{number}", sha256=str(number) * 64, version="1")
        for number, active in SETS.items()
        if active
    }
    return casebook.read(store, casebook.Newest(sets=sets, tools={}))


def _same_numbers(store: Store) -> None:
    columns = "status, dismissed, leads FROM"
    devices = {tuple(row) for row in store.rows(f"SELECT device, {columns} device_status")}
    officials = {tuple(row) for row in store.rows(f"SELECT official, {columns} official_status")}
    book = _book(store)
    assert officials == {(one.official.id, str(one.status), one.dismissed, one.leads) for one in book.officials}
    assert devices == {
        (each.device.id, str(each.status), each.dismissed, each.leads) for one in book.officials for each in one.devices
    }


def test_the_views_know_a_team_of_one(big_case: Store, tmp_path: Path) -> None:
    """Where the case says that one examiner is enough, they count as the program does."""
    folder = CaseFolder(tmp_path / "alone")
    folder.create()
    big_case.connection.execute("VACUUM INTO ?", (str(folder.case_file),))
    with Store.open(folder) as store:
        with store.change("case.single_examiner", actor="Ada") as change:
            change.update("case_file", queries.case_file(store).uuid, single_examiner="nobody else")
        viewed = {row["id"]: row["state"] for row in store.rows("SELECT id, state FROM finding_state")}
        assert viewed == {one.id: str(state_of(one)) for one in queries.findings(store)}
        assert not {"confirmed_once", "dismissed_once"} & set(viewed.values())
        _same_numbers(store)


def test_the_view_of_findings_says_what_the_review_says(big_case: Store) -> None:
    """Where each finding stands, two spellings of one examiner counted once."""
    viewed = {row["id"]: row["state"] for row in big_case.rows("SELECT id, state FROM finding_state")}
    assert viewed == {one.id: str(state_of(one)) for one in queries.findings(big_case)}
    assert set(viewed.values()) == {str(each) for each in model.FindingState}


def test_the_view_of_devices_says_what_the_status_table_says(big_case: Store) -> None:
    """Status and completeness of every phone, and what stands beside them."""
    _same_numbers(big_case)
    rows = big_case.rows("SELECT device, status, completeness FROM device_status")
    standings = [each for one in _book(big_case).officials for each in one.devices]
    assert {row["device"]: (row["status"], row["completeness"]) for row in rows} == {
        each.device.id: (str(each.status), str(each.completeness)) for each in standings
    }
    assert {row["status"] for row in rows} == {str(each) for each in model.Status}
    assert {row["completeness"] for row in rows} == {str(each) for each in model.Completeness}


def test_the_view_of_acquisitions_counts_the_sets_that_are_due(big_case: Store) -> None:
    """What a recheck answered for is not due; what a case is not held to is not either."""
    rows = big_case.rows("SELECT device, max(sets_due) AS due FROM acquisition_coverage GROUP BY device")
    standings = {each.device.id: each for one in _book(big_case).officials for each in one.devices}
    assert {row["device"]: bool(row["due"]) for row in rows} == {
        name: each.due is not None for name, each in standings.items() if each.acquisitions
    }
    assert {bool(row["due"]) for row in rows} == {True, False}


def test_the_view_of_officials_says_what_the_status_table_says(big_case: Store) -> None:
    """The worst of the phones, and no trace only where each phone in use was examined."""
    rows = {row["official"]: row["status"] for row in big_case.rows("SELECT official, status FROM official_status")}
    assert rows == {one.official.id: str(one.status) for one in _book(big_case).officials}
    assert set(rows.values()) == {str(each) for each in model.Status}


def test_the_view_of_groups_counts_their_own_officials(big_case: Store) -> None:
    """A count for each group and status, none for what does not occur."""
    rows = big_case.rows("SELECT affected_group, status, officials FROM group_status")
    expected = Counter((group, str(one.status)) for one in _book(big_case).officials for group in one.official.groups)
    assert {(row["affected_group"], row["status"]): row["officials"] for row in rows} == expected


def test_an_indicator_without_a_value_is_an_indicator_in_both(big_case: Store) -> None:
    """An empty text is no null: whoever reads the file and whoever reads the program see the same."""
    rows = big_case.rows("SELECT id, indicator_value FROM finding")
    by_id = {one.id: one for one in queries.findings(big_case)}
    assert all((row["indicator_value"] is None) == (by_id[row["id"]].indicator is None) for row in rows)
