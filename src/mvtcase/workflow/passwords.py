"""Passwords of registered examiners, for a console that others than this machine's user reach; kept hashed.

They are the workspace's and not the case's: a case is copied, bundled and handed on, and a hash that travels can be
guessed at in peace. No name stands in the file, nor a hash of one, since beside sealed cases there shall be none: an
entry has a random id, and name and password together open it. What the chain of custody holds is that one was set, for
whom, by whom, and the id of the entry.
"""

from __future__ import annotations

import base64
import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mvtcase.canon import canonical_json, new_uuid, person_key
from mvtcase.errors import ConflictError, InputError, NotFoundError, StoreError, WorkspaceError, WrongKeyError
from mvtcase.files import write_atomically
from mvtcase.keys import locks
from mvtcase.model import ExaminerRole
from mvtcase.store import queries
from mvtcase.store.store import Store
from mvtcase.wording import do, say
from mvtcase.workflow.desk import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mvtcase.engine.job import Secret
    from mvtcase.model import Examiner
    from mvtcase.store.folder import Workspace
    from mvtcase.workflow.desk import Desk

FILE = "passwords.json"
MIN_LENGTH, MAX_LENGTH = 12, 1024
"""Signs of a password: fewer are guessed, and more are an attack on the hash."""
_COST = locks.USUAL
_NOBODY = {"memory_kib": 65536, "passes": 3, "lanes": 4, "salt": "A" * 24, "nonce": "A" * 16, "data": "A" * 24}
"""What a password is tried on where there is none, so that an answer takes as long."""
_SET = "examiner.may_sign_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordSet:
    """What `examiner password` returns: whose it is, and whether the person can sign in now."""

    examiner: Examiner
    signs_in: bool


def change(desk: Desk, named: str, password: Secret | None) -> Outcome[PasswordSet]:
    """Set an examiner's password, or take it away; the person does it, or a lead of the case."""
    with desk.open_case(to_change=True) as store:
        register = queries.examiners(store)
        one = next((each for each in register if each.id == named or each.person_key == person_key(named)), None)
        if one is None:
            raise NotFoundError("Nobody is registered as {named!r}.", named=named)
        own = _member(store, desk.actor)
        if own is None or (own.id != one.id and own.role is not ExaminerRole.LEAD):
            raise ConflictError("Only {name} or a lead sets this password.", name=one.name)
        known, owners = _read(desk.workspace), _owners(desk)
        # An entry that no case at hand names may be this person's, out of a case that is sealed to us: it goes too.
        left = {each: known[each] for each in known if owners.get(each, one).person_key != one.person_key}
        added = {} if password is None else _entry(one.name, password, left)
        action = "examiner.signs_in_no_more" if password is None else _SET
        with store.change(action, actor=desk.actor, subject=one.id, entry=next(iter(added), None)):
            write_atomically(desk.workspace.path / FILE, json.dumps(left | added, indent=1).encode())
    lost = len(known.keys() - owners.keys())
    forgotten = say("Passwords that no case at hand names were taken away: {n}.", n=lost)
    return Outcome(data=PasswordSet(examiner=one, signs_in=password is not None), messages=(forgotten,) if lost else ())


def _entry(name: str, password: Secret, beside: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a new entry under its id; it shares its salt with the others, so that signing in costs one guess."""
    entry, salt = new_uuid(), next((base64.b64decode(each["salt"]) for each in beside.values()), b"")
    opens = _both(name, _strong(password))
    return {entry: locks.lock(name.encode(), opens, bound_to=entry.encode(), cost=_COST, salt=salt)}


def _owners(desk: Desk) -> dict[str, Examiner]:
    """Return whose password each entry is, as all cases say that can be read here."""
    found: dict[str, Examiner] = {}
    for folder in desk.workspace.case_folders():
        # A case that cannot be read, damaged or sealed, must not stand in the way of the others.
        with contextlib.suppress(NotFoundError, StoreError), Store.open(folder) as store:
            people = {each.id: each for each in queries.examiners(store)}
            for each in queries.custody_events(store):
                if each.action == _SET and each.subject in people:
                    found[str(each.payload.get("entry"))] = people[each.subject]
    return found


def _strong(password: Secret) -> str:
    if not MIN_LENGTH <= len(password.value) <= MAX_LENGTH:
        raise InputError("A password has {least} to {most} signs.", least=MIN_LENGTH, most=MAX_LENGTH)
    return password.value


def recognised(workspace: Workspace, name: str, password: Secret) -> str | None:
    """Return the name of the examiner whose name and password these are, None otherwise, after the same time."""
    if len(password.value) > MAX_LENGTH:
        return None
    known = [(entry.encode(), locked) for entry, locked in _read(workspace).items()] or [(b"", _NOBODY)]
    try:
        return locks.unlock_any(known, _both(name, password.value)).decode()
    except WrongKeyError:
        return None


def _both(name: str, password: str) -> str:
    """Return what opens an entry: whoever has the file can try no name without the password."""
    return canonical_json([person_key(name), password])


def admitted(desk: Desk) -> bool:
    """Return whether the examiner is in the case's register and works on it; where nobody keeps one, nobody is."""
    with desk.open_case() as store:
        return _member(store, desk.actor) is not None


def require_somebody(desk: Desk) -> None:
    """Raise `InputError` unless a case of the workspace has a registered examiner with a password."""
    owners = _owners(desk)
    if any(entry in owners and owners[entry].active for entry in _read(desk.workspace)):
        return
    raise InputError(
        "No registered examiner has a password.",
        hint=say("{0}, then {1}.", do("examiner add", "NAME"), do("examiner password", "NAME")),
    )


def _member(store: Store, name: str) -> Examiner | None:
    register = queries.examiners(store)
    return next((each for each in register if each.active and each.person_key == person_key(name)), None)


def _read(workspace: Workspace) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads((workspace.path / FILE).read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise WorkspaceError("{path} cannot be read: {error}.", path=workspace.path / FILE, error=error) from error
    return {str(key): dict(one) for key, one in found.items()} if isinstance(found, dict) else {}
