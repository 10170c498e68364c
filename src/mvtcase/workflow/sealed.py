"""Seal a case, open it for good, put it under a new key: a copy in another form that takes its place, whole or not."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mvtcase.canon import person_key, sha256_file
from mvtcase.errors import CaseLockedError, ConflictError, CustodyError
from mvtcase.keys import ring
from mvtcase.model import ExaminerRole
from mvtcase.store import incoming, queries
from mvtcase.store.folder import CASE_FILE, PRIVATE_FOLDER, CaseFolder, Move, held_lock, moving
from mvtcase.store.store import Store
from mvtcase.store.vault import UNITS, Vault, files_of, units_below
from mvtcase.store.view import SealedFolder, case_key
from mvtcase.wording import do, say
from mvtcase.workflow.desk import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from mvtcase.keys.identities import Identity
    from mvtcase.model import CaseFile, Json
    from mvtcase.store.store import Change
    from mvtcase.wording import Message
    from mvtcase.workflow.desk import Desk

_OURS = {*UNITS, CASE_FILE, f"{CASE_FILE}-wal", f"{CASE_FILE}-shm", "working"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a case is to be opened besides by the identities of its examiners."""

    passphrase: str = ""
    recovery: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Formed:
    """A case in its new form; `recovery_key` is shown this once and kept nowhere."""

    case: CaseFile
    folder: str
    sealed: bool
    people: int
    recovery_key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A new key of a case, the recovery key to show once, and how many people hold it."""

    secret: str
    paper: str | None
    people: int


def new_name() -> str:
    """Return a folder name for a sealed case, which tells nothing."""
    return f"sealed-{secrets.token_hex(6)}"


def prepare(
    folder: CaseFolder, own: Identity | None, people: tuple[str, ...], wish: Wish, recovery: str = ""
) -> Prepared:
    """Write the key file of a new sealed case. Raises `CaseSealedError` where nobody could open it."""
    from mvtcase.keys import wrapping  # noqa: PLC0415  # slow to load, and few calls seal

    secret, paper = wrapping.new_secret(), wrapping.new_secret() if wish.recovery else None
    recipients = tuple(dict.fromkeys((*([own.recipient] if own else ()), *people)))
    holders = wrapping.Holders(
        recipients=recipients,
        passphrase=wish.passphrase,
        recovery=wrapping.public_half(paper) if paper else recovery,
    )
    folder.home.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    wrapping.write_keys(folder.key_file, secret, holders)
    folder.keys.keep(folder.key_file, secret)
    return Prepared(secret=secret, paper=paper, people=len(recipients))


def told(paper: str | None) -> tuple[Message, ...]:
    """Return what to tell whoever sealed a case."""
    lost = say("Without a key nobody opens this case again, and nobody can help.")
    if paper is None:
        return (lost,)
    return (say("Recovery key, shown this once: {key}. Write it on paper and lock it away.", key=paper), lost)


def keep_own_keys(store: Store, change: Change, own: Identity | None, name: str) -> None:
    """Write the public keys of whoever works here into the register, as lead where nobody is registered yet."""
    register = queries.examiners(store)
    one = next((each for each in register if each.person_key == person_key(name)), None)
    if own is None or (register and one is None):
        return
    if one is not None:
        if not one.public_keys:
            change.update("examiner", one.uuid, public_keys=list(own.public_keys))
        return
    change.insert(
        "examiner",
        id=change.new_id("examiner"),
        name=name,
        person_key=person_key(name),
        role=ExaminerRole.LEAD,
        registered_at=change.at,
        registered_by=name,
        public_keys=list(own.public_keys),
    )


def key_sum(folder: CaseFolder) -> str:
    """Return the SHA-256 of a sealed case's key file, with which the chain names who can open it."""
    return hashlib.sha256(folder.key_file.read_bytes()).hexdigest()


def seal(desk: Desk, wish: Wish) -> Outcome[Formed]:
    """Seal an open case: the sealed one is verified before the open one is destroyed. Raises `ConflictError`."""
    if desk.case_folder().sealed:
        raise ConflictError("This case is sealed.", hint=say("{0} gives it a new key.", do("case rekey")))
    return _sealed(desk, wish, "case.sealed")


def rekey(desk: Desk, wish: Wish) -> Outcome[Formed]:
    """Put a sealed case under a new key, which only its active examiners get. Raises `ConflictError`.

    An old passphrase opens it no more; a recovery key does, until a new one is made.
    """
    folder = desk.case_folder()
    if not folder.sealed:
        raise ConflictError("This case is not sealed.", hint=say("{0} seals it.", do("case seal")))
    return _sealed(desk, wish, "case.rekeyed", recovery=str(ring.read_keys(folder.key_file)["recovery"]))


def _sealed(desk: Desk, wish: Wish, action: str, recovery: str = "") -> Outcome[Formed]:
    name = new_name()
    own = desk.keys.identity()
    with _source(desk) as store, moving(desk.workspace.cases, Move(old=store.folder.slug, new=name)) as home:
        _refuse_foreign(store)
        register = [each for each in queries.examiners(store) if each.active]
        people = tuple(key for each in register for key in each.public_keys if key.startswith("age1"))
        made = CaseFolder(home, desk.keys)
        given = prepare(made, own, people, wish, recovery)
        store.copy_to(made.case_file, case_key(given.secret))
        target, source = Vault(home, given.secret), store.folder
        _each(_units(source), partial(_into_crate, source, target))
        _verify(store, made)
        case = _event(desk, made, action, own, {"people": given.people})
    return Outcome(data=_formed(desk, case, name, given.people, given.paper), messages=told(given.paper))


def unseal(desk: Desk) -> Outcome[Formed]:
    """Open a sealed case for good: its files lie in clear again. Raises `ConflictError`."""
    if not desk.case_folder().sealed:
        raise ConflictError("This case is not sealed.")
    with _source(desk) as store:
        name = queries.case_file(store).slug
        if (desk.workspace.cases / name).exists():
            name = f"{name}-{secrets.token_hex(3)}"
        with moving(desk.workspace.cases, Move(old=store.folder.slug, new=name)) as home:
            made = CaseFolder(home, desk.keys)
            made.create()
            store.copy_to(made.case_file)
            assert isinstance(store.folder, SealedFolder)  # noqa: S101  # asked above
            _each(_units(store.folder), partial(_out_of_crate, store.folder.vault, home))
            _verify(store, made)
            case = _event(desk, made, "case.unsealed", None, {})
    return Outcome(data=_formed(desk, case, name, 0, None))


@contextlib.contextmanager
def _source(desk: Desk) -> Iterator[Store]:
    """Give the case as it is, held so that nobody writes to it or scans until it is in its new form."""
    with contextlib.ExitStack() as held:
        store = held.enter_context(Store.open(desk.case_folder(), clock=desk.clock))
        desk.require_registered(store)
        incoming.settle(store)
        for each in queries.acquisitions(store):
            if not held.enter_context(held_lock(store.folder.scan_lock(each.id))):
                raise CaseLockedError("{id} is being scanned.", id=each.id)
        with store.alone():
            yield store


def _refuse_foreign(store: Store) -> None:
    """Raise `ConflictError` where sealing would destroy what it does not keep."""
    if any(each.imported for each in queries.acquisitions(store)):
        raise ConflictError(
            "The case holds copies of evidence, which a sealed case cannot.",
            hint="Keep evidence on an encrypted medium of its own.",
        )
    others = () if store.folder.sealed else sorted(store.folder.home.iterdir())
    if foreign := [each.name for each in others if each.name not in _OURS and not _is_empty(each)]:
        raise ConflictError(
            "The folder of the case holds what is no part of it: {names}.",
            hint="Take it out first.",
            names=", ".join(foreign),
        )


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not any(path.iterdir())


def _units(folder: CaseFolder) -> list[str]:
    return sorted(folder.vault.units() if isinstance(folder, SealedFolder) else units_below(folder.home))


def _each(units: Sequence[str], carry: Callable[[str], bool]) -> None:
    """Carry every unit over, several at once. Raises `CustodyError` where one is not there, byte for byte, afterwards.

    What takes the time lets other threads run: hashing, packing and encrypting.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            whole = all(pool.map(carry, units))
        finally:
            pool.shutdown(cancel_futures=True)
    if not whole:
        raise _differs()


def _into_crate(source: CaseFolder, target: Vault, unit: str) -> bool:
    taken = (
        target.take_over(unit, source.vault) if isinstance(source, SealedFolder) else target.write(unit, source.home)
    )
    return taken == target.sums(unit)


def _out_of_crate(source: Vault, home: Path, unit: str) -> bool:
    source.read(unit, home)
    found = {each.relative_to(home).as_posix(): sha256_file(each) for each in files_of(home, unit)}
    return source.sums(unit) == found


def _verify(store: Store, made: CaseFolder) -> None:
    """Raise `CustodyError` where the new form does not hold every row and unit of the old one."""
    with Store.open(made) as new:
        same = new.custody_head() == store.custody_head() and set(new.verify()) == set(store.verify())
        if not same or _units(store.folder) != _units(new.folder):
            raise _differs()


def _differs() -> CustodyError:
    return CustodyError("The copy differs from the case; the case stays as it was.")


def _event(desk: Desk, made: CaseFolder, action: str, own: Identity | None, payload: dict[str, Json]) -> CaseFile:
    if made.sealed:
        payload["keys_sha256"] = key_sum(made)
    with Store.open(made, clock=desk.clock) as store:
        case = queries.case_file(store)
        with store.change(action, actor=desk.actor, subject=case.id, **payload) as change:
            keep_own_keys(store, change, own, desk.actor)
        desk.sign(store)
        return case


def _formed(desk: Desk, case: CaseFile, name: str, people: int, paper: str | None) -> Formed:
    folder = str(desk.workspace.cases / name)
    sealed = (desk.workspace.cases / name / ring.KEYS_FILE).is_file()
    return Formed(case=case, folder=folder, sealed=sealed, people=people, recovery_key=paper)
