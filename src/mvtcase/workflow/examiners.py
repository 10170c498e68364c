"""The register of examiners: who may work on a case, in what role; where nobody is registered, anybody may."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mvtcase.canon import person_key, spelled
from mvtcase.errors import ConflictError, InputError, NotFoundError
from mvtcase.keys import identities, wrapping
from mvtcase.keys.identities import is_public_key
from mvtcase.model import ExaminerRole
from mvtcase.store import incoming, queries
from mvtcase.wording import do, say
from mvtcase.workflow import sealed
from mvtcase.workflow.desk import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from mvtcase.engine.job import Secret
    from mvtcase.model import Examiner
    from mvtcase.store.store import Change, Store
    from mvtcase.workflow.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """The examiners of a case."""

    examiners: tuple[Examiner, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKeys:
    """The public keys of an identity file: the age key opens, the Ed25519 key signs."""

    file: Path
    public_keys: tuple[str, ...]


def identity(path: Path, passphrase: Callable[[], Secret]) -> Outcome[PublicKeys]:
    """Return the public keys of an identity file, which is made under a new passphrase where there is none.

    Raises `InputError` for an empty passphrase, `WrongKeyError` for a file that is no identity.
    """
    if not path.exists():
        chosen = passphrase().value
        if not chosen:
            raise InputError("An identity needs a passphrase.")
        identities.make(path, chosen)
    return Outcome(data=PublicKeys(file=path, public_keys=identities.public_keys(path)))


def add(desk: Desk, name: str, role: ExaminerRole, keys: Sequence[str] = ()) -> Outcome[Register]:
    """Register an examiner; whoever registers the first one is registered too, as lead.

    From then on nobody else changes the case, and only a lead changes the register. With an age key among the public
    `keys`, the person opens a sealed case.
    """
    if not spelled(name):
        raise InputError("An examiner needs a name.")
    for each in keys:
        if not is_public_key(each):
            raise InputError("{given!r} is no public key.", hint="age1… opens, ed25519:… signs.", given=each)
    with desk.open_case(to_change=True) as store:
        known = {each.person_key for each in queries.examiners(store)}
        if person_key(name) in known:
            raise ConflictError("{name} is registered already.", name=spelled(name))
        _require_lead(store, desk.actor)
        with store.change("examiner.registered", actor=desk.actor) as change:
            if not known and person_key(name) != person_key(desk.actor):
                _insert(change, desk.actor, ExaminerRole.LEAD, by=desk.actor)
            elif not known:
                role = ExaminerRole.LEAD
            change.payload["subject"] = _insert(change, name, role, by=desk.actor, keys=keys)
            _let_in(desk, store, change, keys)
        incoming.settle_keys(store)
        return Outcome(data=Register(examiners=queries.examiners(store)))


def _let_in(desk: Desk, store: Store, change: Change, keys: Sequence[str]) -> None:
    """Wrap the key of a sealed case for somebody's age key, and let the chain name the new key file."""
    people = [each for each in keys if each.startswith("age1")]
    if store.folder.sealed and people:
        folder = store.folder
        secret = desk.keys.secret_of(folder.key_file)
        change.payload["keys_sha256"] = wrapping.let_in(folder.key_file, secret, people, folder.next_keys)
        desk.keys.keep(folder.next_keys, secret)


def remove(desk: Desk, named: str) -> Outcome[Register]:
    """Say that an examiner works on the case no more; a sealed case gets a new key that the person has not.

    Raises `NotFoundError` and `ConflictError`. Asked again after an interruption, it goes on.
    """
    outcome = change_examiner(desk, named, active=False)
    if not desk.case_folder().sealed:
        return outcome
    formed = sealed.rekey(desk, sealed.Wish())
    return replace(
        outcome,
        messages=(
            say("The case has a new key and lies in {folder}.", folder=formed.data.folder),
            say("An old passphrase opens it no more; a recovery key does until {0} makes a new one.", do("case rekey")),
        ),
    )


def _insert(change: Change, name: str, role: ExaminerRole, *, by: str, keys: Sequence[str] = ()) -> str:
    added = change.new_id("examiner")
    change.insert(
        "examiner",
        id=added,
        name=spelled(name),
        person_key=person_key(name),
        role=role,
        registered_at=change.at,
        registered_by=by,
        public_keys=list(keys),
    )
    return added


def _require_lead(store: Store, actor: str) -> None:
    register = queries.examiners(store)
    if register and not any(_is(each, actor) and each.role is ExaminerRole.LEAD for each in register):
        raise ConflictError("Only a lead changes the register of examiners, and {actor} is none.", actor=actor)


def _is(examiner: Examiner, name: str) -> bool:
    return examiner.active and examiner.person_key == person_key(name)


def change_examiner(
    desk: Desk, named: str, *, role: ExaminerRole | None = None, active: bool | None = None
) -> Outcome[Register]:
    """Change an examiner's role, or say that the person works on the case no more, or again; one lead must be left."""
    given = {"role": role, "active": active}
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        raise InputError("Nothing to change was given.", hint=say("See {0}.", do("examiner set", help=True)))
    with desk.open_case(to_change=True) as store:
        _require_lead(store, desk.actor)
        register = queries.examiners(store)
        one = next((each for each in register if each.id == named or each.person_key == person_key(named)), None)
        if one is None:
            raise NotFoundError("Nobody is registered as {named!r}.", named=named)
        steps_down = role not in {None, ExaminerRole.LEAD} or active is False
        others = [each for each in register if each.id != one.id and each.active and each.role is ExaminerRole.LEAD]
        if steps_down and not others:
            raise ConflictError("{one} is the only lead.", hint="Make another one first.", one=one.name)
        with store.change("examiner.changed", actor=desk.actor, subject=one.id, columns=",".join(changes)) as change:
            change.update("examiner", one.uuid, **changes)
            if active and not one.active:
                _let_in(desk, store, change, one.public_keys)
        incoming.settle_keys(store)
        still = active is False and store.folder.sealed
        told = (say("{name} still has the key of this case: {0} makes a new one.", do("case rekey"), name=one.name),)
        return Outcome(data=Register(examiners=queries.examiners(store)), messages=told if still else ())


def list_examiners(desk: Desk) -> Outcome[Register]:
    """Return the register, empty where nobody keeps one."""
    with desk.open_case() as store:
        return Outcome(data=Register(examiners=queries.examiners(store)))
