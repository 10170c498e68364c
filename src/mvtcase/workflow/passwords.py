"""Passwords of registered examiners, for a console that others than this machine's user reach; kept hashed.

They are the workspace's and not the case's: a case is copied, bundled and handed on, and a hash that travels can be
guessed at in peace. No name stands in the file, since beside sealed cases there shall be none: an entry is found by a
hash of the name, and its password unlocks how the name is spelled. What the chain of custody holds is that one was set,
for whom and by whom.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mvtcase.canon import person_key, sha256_bytes
from mvtcase.errors import ConflictError, InputError, NotFoundError, StoreError, WorkspaceError, WrongKeyError
from mvtcase.files import write_atomically
from mvtcase.keys import locks
from mvtcase.model import ExaminerRole
from mvtcase.store import queries
from mvtcase.wording import do, say
from mvtcase.workflow.desk import Outcome

if TYPE_CHECKING:
    from mvtcase.engine.job import Secret
    from mvtcase.model import Examiner
    from mvtcase.store.folder import Workspace
    from mvtcase.store.store import Store
    from mvtcase.workflow.desk import Desk

FILE = "passwords.json"
MIN_LENGTH, MAX_LENGTH = 12, 1024
"""Signs of a password: fewer are guessed, and more are an attack on the hash."""
_COST = locks.USUAL
_NOBODY = {"memory_kib": 65536, "passes": 3, "lanes": 4, "salt": "A" * 24, "nonce": "A" * 16, "data": "A" * 24}
"""What the password of an unknown name is tried on, so that an answer takes as long."""


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
        known = _read(desk.workspace)
        if password is None:
            known.pop(_entry(one.name), None)
        else:
            entry = _entry(one.name)
            known[entry] = locks.lock(one.name.encode(), _strong(password), bound_to=entry.encode(), cost=_COST)
        action = "examiner.may_sign_in" if password else "examiner.signs_in_no_more"
        with store.change(action, actor=desk.actor, subject=one.id):
            write_atomically(desk.workspace.path / FILE, json.dumps(known, ensure_ascii=False, indent=1).encode())
    return Outcome(data=PasswordSet(examiner=one, signs_in=password is not None))


def _strong(password: Secret) -> str:
    if not MIN_LENGTH <= len(password.value) <= MAX_LENGTH:
        raise InputError("A password has {least} to {most} signs.", least=MIN_LENGTH, most=MAX_LENGTH)
    return password.value


def recognised(workspace: Workspace, name: str, password: Secret) -> str | None:
    """Return the name of the examiner whose name and password these are, None otherwise, after the same time."""
    if len(password.value) > MAX_LENGTH:
        return None
    entry = _entry(name)
    try:
        return locks.unlock(_read(workspace).get(entry, _NOBODY), password.value, bound_to=entry.encode()).decode()
    except WrongKeyError:
        return None


def _entry(name: str) -> str:
    return sha256_bytes(f"examiner: {person_key(name)}".encode())


def admitted(desk: Desk) -> bool:
    """Return whether the examiner is in the case's register and works on it; where nobody keeps one, nobody is."""
    with desk.open_case() as store:
        return _member(store, desk.actor) is not None


def require_somebody(desk: Desk) -> None:
    """Raise `InputError` unless a case of the workspace has a registered examiner with a password."""
    known = _read(desk.workspace)
    for folder in desk.workspace.case_folders():
        # A case that cannot be read, damaged or sealed, must not stand in the way of the others.
        with contextlib.suppress(NotFoundError, StoreError), replace(desk, case=folder.slug).open_case() as store:
            if any(each.active and _entry(each.name) in known for each in queries.examiners(store)):
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
