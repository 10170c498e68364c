"""Workspaces and cases: made, listed, closed, reopened, and never mistaken for each other."""

from __future__ import annotations

import resource
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.errors import (
    AmbiguousError,
    CaseDamagedError,
    ConflictError,
    InputError,
    NotFoundError,
    StoreError,
    WorkspaceError,
)
from mvtcase.model import Tlp
from mvtcase.settings import load_settings
from mvtcase.store.folder import CASE_FILE
from mvtcase.workflow import cases, custody, findings, groups
from mvtcase.workflow.desk import OutcomeStatus

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.workflow.desk import Desk


def _case(outcome: Any) -> dict[str, Any]:
    return dict(outcome.json["case"])


def test_a_workspace_is_made_once_and_left_as_it_is(tmp_path: Path) -> None:
    """Making it again loses nothing."""
    cases.init(tmp_path / "w")
    (tmp_path / "w" / "cases" / "kept").mkdir()
    assert cases.init(tmp_path / "w").json["workspace"] == str(tmp_path / "w")
    assert (tmp_path / "w" / "cases" / "kept").is_dir()


def test_a_workspace_over_a_file_is_refused(tmp_path: Path) -> None:
    """The error says what is in the way."""
    (tmp_path / "w").write_text("x")
    with pytest.raises(WorkspaceError):
        cases.init(tmp_path / "w")


@pytest.mark.parametrize(
    ("text", "marking"),
    [
        ("RED", Tlp.RED),
        ("tlp:amber+strict", Tlp.AMBER_STRICT),
        ("AMBER_STRICT", Tlp.AMBER_STRICT),
        ("TLP:CLEAR", Tlp.CLEAR),
        ("green", Tlp.GREEN),
    ],
)
def test_a_marking_is_read_as_people_write_it(text: str, marking: Tlp) -> None:
    """With or without its prefix, in any case."""
    assert cases.read_tlp(text) is marking


@pytest.mark.parametrize("text", ["", "WHITE", "AMBER STRICT", "TLP:", "REDD"])
def test_an_unknown_marking_is_refused_with_the_known_ones(text: str) -> None:
    """TLP 1.0's WHITE is none of TLP 2.0."""
    with pytest.raises(InputError) as caught:
        cases.read_tlp(text)
    assert "AMBER+STRICT" in caught.value.hint


def test_a_case_needs_a_title_and_a_known_marking(desk: Desk) -> None:
    """What is refused leaves no folder behind."""
    with pytest.raises(InputError):
        cases.new(desk, "  ")
    with pytest.raises(InputError):
        cases.new(desk, "Other", tlp="WHITE")
    assert [folder.slug for folder in desk.workspace.case_folders()] == ["line-2021"]


def test_a_case_needs_somebody_who_makes_it(desk: Desk) -> None:
    """Every custody event has an actor."""
    with pytest.raises(InputError, match="examiner"):
        cases.new(replace(desk, examiner=" "), "Other")
    assert len(desk.workspace.case_folders()) == 1


def test_a_closed_case_is_read_and_not_changed(desk: Desk) -> None:
    """Until it is reopened, by its name."""
    assert _case(cases.close(desk))["state"] == "closed"
    with pytest.raises(NotFoundError):
        groups.add(desk, "Ministry")
    named = replace(desk, case="line-2021")
    with pytest.raises(ConflictError, match="closed"):
        groups.add(named, "Ministry")
    assert cases.show(named).json["officials"] == 1
    with pytest.raises(ConflictError):
        cases.close(named)
    assert _case(cases.reopen(named))["state"] == "open"
    groups.add(desk, "Ministry")
    with pytest.raises(ConflictError):
        cases.reopen(desk)
    actions = [event["action"] for event in _events(desk)]
    assert actions[-3:] == ["case.closed", "case.reopened", "group.added"]


def test_the_only_case_is_reopened_without_being_named(desk: Desk) -> None:
    """Where it is closed, no other can be meant."""
    cases.close(desk)
    assert _case(cases.reopen(desk))["state"] == "open"


def _events(desk: Desk) -> list[dict[str, Any]]:
    data: Any = custody.log(desk).json
    return list(data["events"])


def test_two_cases_are_told_apart_by_slug_and_id(desk: Desk) -> None:
    """Each has an id of its own in the workspace, and without a name neither is guessed."""
    second = _case(cases.new(desk, "Other inquiry", slug="other"))
    assert second["id"] == "C-0002"
    with pytest.raises(AmbiguousError, match="line-2021, other"):
        cases.show(desk)
    assert _case(cases.show(replace(desk, case="C-0002")))["slug"] == "other"
    assert _case(cases.show(replace(desk, case="line-2021")))["id"] == "C-0001"
    with pytest.raises(NotFoundError):
        cases.show(replace(desk, case="C-0009"))


def test_one_id_in_two_cases_is_never_guessed_between(desk: Desk) -> None:
    """A case brought from another laptop may have the id of one here."""
    cases.new(desk, "Other inquiry", slug="other")
    other = replace(desk, case="other")
    with other.open_case() as store, store.change("case.renumbered", actor="Ada") as change:
        change.update("case_file", _case(cases.show(other))["uuid"], id="C-0001")
    with pytest.raises(AmbiguousError, match="line-2021, other"):
        cases.show(replace(desk, case="C-0001"))


def test_a_damaged_case_hides_no_other(desk: Desk) -> None:
    """It is named in the list, and the others are reached by slug and id."""
    folder = desk.workspace.cases / "another"
    folder.mkdir()
    (folder / CASE_FILE).write_bytes(b"noise" * 1000)
    listed = cases.list_cases(desk)
    assert [each["slug"] for each in _list(listed, "cases")] == ["line-2021"]
    assert listed.status is OutcomeStatus.PARTIAL
    assert "another" in listed.messages[0]
    assert _case(cases.show(replace(desk, case="line-2021")))["id"] == "C-0001"
    assert _case(cases.show(replace(desk, case="C-0001")))["slug"] == "line-2021"
    with pytest.raises(CaseDamagedError):
        cases.show(replace(desk, case="another"))
    assert _case(cases.new(replace(desk, case=None), "Third"))["id"] == "C-0002"


def _list(outcome: Any, name: str) -> list[dict[str, Any]]:
    return list(outcome.json[name])


def test_a_taken_slug_is_a_conflict_and_the_case_stays(desk: Desk) -> None:
    """Nothing is ever made over something."""
    with pytest.raises(ConflictError):
        cases.new(desk, "LINE 2021")
    assert cases.show(desk).json["officials"] == 1


def test_groups_nest_and_names_are_unique(desk: Desk) -> None:
    """A group stands inside another by name or id."""
    inner: Any = groups.add(desk, "Caucus", parent="Legislature").json["group"]
    innermost: Any = groups.add(desk, "Whips", parent=inner["id"]).json["group"]
    assert innermost["parent"] == inner["id"] == "G-0002"
    with pytest.raises(ConflictError):
        groups.add(desk, " Caucus ")
    with pytest.raises(NotFoundError):
        groups.add(desk, "Lost", parent="Nowhere")
    with pytest.raises(InputError):
        groups.add(desk, "\t")
    assert [each["name"] for each in _list(groups.list_groups(desk), "groups")] == ["Legislature", "Caucus", "Whips"]


def test_a_group_named_like_an_id_takes_nobody_elses_place(desk: Desk) -> None:
    """An id always means the group that has it."""
    groups.add(desk, "G-0003")
    third: Any = groups.add(desk, "Ministry").json["group"]
    assert third["id"] == "G-0003"
    inside: Any = groups.add(desk, "Inside", parent="G-0003").json["group"]
    assert inside["parent"] == third["id"]
    with desk.open_case() as store:
        from mvtcase.store import queries  # noqa: PLC0415  # only this look needs it

        assert queries.group(store, "G-0003").name == "Ministry"


def test_nothing_is_found_in_a_new_case(desk: Desk) -> None:
    """Empty lists, and a chain that holds."""
    told = findings.list_findings(desk).json
    assert (told["findings"], told["lines"]) == ([], [])
    assert told["found"] == {"findings": 0, "lines": 0, "undisposed": 0}
    assert custody.verify(desk).json["holds"] is True


def test_a_damaged_or_foreign_neighbour_never_blocks_the_one_case(desk: Desk) -> None:
    """Without '--case' the one that can be read is meant; alone, the damaged one says what is wrong with it."""
    for name, content in (("noise", b"noise" * 1000), ("empty", b"")):
        (desk.workspace.cases / name).mkdir()
        (desk.workspace.cases / name / CASE_FILE).write_bytes(content)
    foreign = desk.workspace.cases / "foreign"
    foreign.mkdir()
    with sqlite3.connect(foreign / CASE_FILE) as other:
        other.execute("CREATE TABLE _sqlite_migrations (migration_set TEXT, name TEXT)")
        other.execute("INSERT INTO _sqlite_migrations VALUES ('mvtcase', 'm001_create_case')")
    assert _case(cases.show(desk))["slug"] == "line-2021"
    (desk.workspace.cases / "line-2021" / CASE_FILE).unlink()
    for name in ("noise", "foreign"):
        (desk.workspace.cases / name / CASE_FILE).unlink()
    with pytest.raises(CaseDamagedError):
        cases.show(desk)


@pytest.mark.parametrize("room", [0, 4_096, 40_000, 120_000])
def test_a_case_that_the_disk_has_no_room_for_leaves_nothing(desk: Desk, room: int) -> None:
    """A clear error, no half-made folder, and the name is free as before."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        with pytest.raises((StoreError, OSError)):
            cases.new(desk, "No room", slug="no-room")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not (desk.workspace.cases / "no-room").exists()
    assert _case(cases.new(desk, "No room", slug="no-room"))["id"] == "C-0002"


def test_init_keeps_what_it_is_told_of_the_organisation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the settings file, whose other lines stay; a logo that is not there leaves everything as it was."""
    held = tmp_path / "settings.toml"
    held.write_text(
        'examiner = "Ada"\norganisation = "Old"\n[limits]\nfile_bytes = 5\n[[help_lines]]\n'
        'name = "Line"\ncontact = "help@line.example"\nchecked_on = "2026-11-01"\n'
    )
    monkeypatch.setenv("MVTCASE_SETTINGS", str(held))
    cases.init(tmp_path / "w", {"organisation": 'Example "CERT"', "contact": "cert@example.org", "language": "zh-TW"})
    told = load_settings()
    assert (told.organisation, told.contact, told.language) == ('Example "CERT"', "cert@example.org", "zh-TW")
    assert (told.examiner, told.limits.file_bytes) == ("Ada", 5)
    assert told.help_lines[0].contact == "help@line.example"
    with pytest.raises(InputError, match="no logo"):
        cases.init(tmp_path / "x", {"logo": str(tmp_path / "none.png")})
    assert not (tmp_path / "x").exists()
