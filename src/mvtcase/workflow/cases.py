"""Workspaces and cases: make, list, show, close, reopen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.errors import ConflictError, InputError
from mvtcase.model import CaseState, Tlp
from mvtcase.store import queries
from mvtcase.store.folder import Workspace, slug_of
from mvtcase.store.store import Store
from mvtcase.workflow import shapes
from mvtcase.workflow.desk import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.model import Json
    from mvtcase.workflow.desk import Desk


def init(folder: Path) -> Outcome:
    """Make a workspace; an existing one is left as it is."""
    workspace = Workspace(folder.expanduser().absolute())
    workspace.create()
    return Outcome(
        data={"workspace": str(workspace.path)},
        messages=("Next: 'mvtcase case new TITLE' in this folder starts a case.",),
    )


def new(
    desk: Desk, title: str, *, slug: str | None = None, tlp: str = Tlp.AMBER_STRICT, description: str = ""
) -> Outcome:
    """Start a case. Raises `ConflictError` when the slug is taken, `InputError` on an unknown marking."""
    if not title.strip():
        raise InputError("A case needs a title.")
    actor, marking = desk.actor, read_tlp(tlp)
    folder = desk.workspace.new_case_folder(slug or slug_of(title))
    with (
        Store.create(folder, clock=desk.clock) as store,
        store.change("case.created", actor=actor, subject="C-0001", title=title) as change,
    ):
        change.insert(
            "case_file",
            id=change.new_id("case_file"),
            slug=folder.slug,
            title=title.strip(),
            description=description,
            tlp=marking,
            state=CaseState.OPEN,
            created_at=change.at,
            created_by=actor,
        )
    with Store.open(folder) as store:
        return Outcome(
            data={"case": shapes.case(queries.case_file(store)), "folder": str(folder.path)},
            messages=("Next: 'mvtcase group add NAME', then 'mvtcase official add'.",),
        )


def read_tlp(text: str) -> Tlp:
    """Return the TLP 2.0 marking a text names, with or without `TLP:`. Raises `InputError`."""
    wanted = text.upper().removeprefix("TLP:").replace("_", "+")
    try:
        return Tlp(wanted)
    except ValueError:
        raise InputError(f"{text!r} is no TLP 2.0 marking.", hint=f"Use one of {', '.join(Tlp)}.") from None


def list_cases(desk: Desk) -> Outcome:
    """Return all cases of the workspace."""
    listed: list[Json] = []
    for folder in desk.workspace.case_folders():
        with Store.open(folder) as store:
            listed.append({**shapes.case(queries.case_file(store)), "folder": str(folder.path)})
    return Outcome(data={"cases": listed})


def show(desk: Desk) -> Outcome:
    """Return one case with how much it holds."""
    with desk.open_case() as store:
        return Outcome(
            data={
                "case": shapes.case(queries.case_file(store)),
                "folder": str(store.folder.path),
                "officials": len(queries.officials(store)),
                "groups": [shapes.plain(each) for each in queries.groups(store)],
                "devices": len(queries.devices(store)),
                "acquisitions": len(queries.acquisitions(store)),
                "scans": len(queries.scans(store)),
                "findings": len(queries.findings(store)),
                "custody_head": store.custody_head(),
            }
        )


def close(desk: Desk) -> Outcome:
    """Close a case, so that nothing changes it until it is reopened."""
    return _set_state(desk, CaseState.CLOSED, "case.closed")


def reopen(desk: Desk) -> Outcome:
    """Reopen a closed case."""
    return _set_state(desk, CaseState.OPEN, "case.reopened")


def _set_state(desk: Desk, state: CaseState, action: str) -> Outcome:
    with desk.open_case() as store:
        one = queries.case_file(store)
        if one.state is state:
            raise ConflictError(f"The case {one.slug} is {state} already.")
        with store.change(action, actor=desk.actor, subject=one.id) as change:
            change.update("case_file", one.uuid, state=state)
        return Outcome(data={"case": shapes.case(queries.case_file(store))})
