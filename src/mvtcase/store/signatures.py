"""Signed heads: who vouched for the chain of custody up to which event, so that a chain built anew is told apart.

A signature is no event, or signing would never end: it stands beside the chain and says which head it is for. Whoever
owns the file can take signatures away, and the head is then an unsigned one; nobody can make another's.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.canon import GENESIS, canonical_json, person_key, timestamp
from mvtcase.keys import SIGNS
from mvtcase.store import custody, queries
from mvtcase.store.custody import Difference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mvtcase.keys.identities import Identity
    from mvtcase.store.store import Store

STATEMENT = "mvtcase-head/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """One signature under a head; `public_key` is the signer's, `ed25519:…`."""

    digest: str
    sequence: int
    examiner: str
    public_key: str
    signature: str
    at: str


def statement(digest: str, sequence: int, examiner: str, at: str) -> bytes:
    """Return the bytes that an examiner signs: which head, under what name, and when."""
    told = {"what": STATEMENT, "head": digest, "events": sequence, "examiner": examiner, "at": at}
    return canonical_json(told).encode()


def sign_head(store: Store, identity: Identity, examiner: str) -> bool:
    """Sign the newest event, once for each key, and tell whether there was anything to sign."""
    sequence, digest = custody.head(store.connection)
    key = f"{SIGNS}{identity.verify_key}"
    query = "SELECT 1 FROM custody_signature WHERE digest = ? AND public_key = ?"
    if store.rows(query, (digest, key)):
        return False
    at = timestamp(store.clock())
    signature = base64.b64encode(identity.signing_key.sign(statement(digest, sequence, examiner, at))).decode()
    store.add(
        "INSERT OR IGNORE INTO custody_signature (digest, sequence, examiner, public_key, signature, at) "
        "VALUES (?,?,?,?,?,?)",
        (digest, sequence, examiner, key, signature, at),
    )
    return True


def signed(store: Store) -> tuple[Signed, ...]:
    """Return every signature, oldest head first."""
    names = ", ".join(Signed.__slots__)
    rows = store.rows(f"SELECT {names} FROM custody_signature ORDER BY sequence, public_key")  # noqa: S608  # own names
    return tuple(Signed(**dict(row)) for row in rows)


def differences(store: Store, keys: Mapping[str, str] | None) -> Iterator[Difference]:
    """Yield what is wrong with the signatures of a chain; with a list of keys, also what nobody on it vouches for."""
    heads = {each.digest: each.sequence for each in queries.custody_events(store)}
    for each in signed(store):
        if what := _wrong(each, heads, keys):
            yield Difference(where=f"signature of {each.examiner} under event {each.sequence}", what=what)
    if keys is None:
        return
    yield from _registered_otherwise(store, keys)
    covered, newest = covered_to(store, keys), max(heads.values(), default=0)
    if covered < newest:
        which = "no event" if not covered else f"the events after {covered}"
        what = "no head of this chain is" if not covered else f"not one of the heads {covered + 1} to {newest} is"
        yield Difference(where=which, what=f"{what} signed by anybody on the list of keys")


def _wrong(one: Signed, heads: Mapping[str, int], keys: Mapping[str, str] | None) -> str:
    if heads.get(one.digest) != one.sequence:
        return "is for a head that is not in this chain: the chain was built anew, or cut"
    if not _fits(one):
        return "does not fit: it was changed or swapped"
    if keys is not None and one.public_key not in keys:
        return f"is by {one.public_key}, which is not on the list of keys"
    if keys is not None and keys[one.public_key] and person_key(keys[one.public_key]) != person_key(one.examiner):
        return f"is by the key of {keys[one.public_key]}"
    return ""


def _fits(one: Signed) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  # slow to load, and many chains are unsigned
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415  # as above

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(one.public_key.removeprefix(SIGNS)))
        said = statement(one.digest, one.sequence, one.examiner, one.at)
        key.verify(base64.b64decode(one.signature, validate=True), said)
    except (InvalidSignature, ValueError):
        return False
    return True


def _registered_otherwise(store: Store, keys: Mapping[str, str]) -> Iterator[Difference]:
    """Yield the registered keys of people on the list that the list does not hold, or holds for somebody else."""
    named = {person_key(name) for name in keys.values() if name}
    for each in queries.examiners(store):
        for key in (key for key in each.public_keys if key.startswith(SIGNS)):
            other = keys.get(key)
            if other is None and each.person_key in named:
                yield Difference(where=f"key of {each.name}", what="is not the one on the list of keys")
            elif other and person_key(other) != each.person_key:
                yield Difference(where=f"key of {each.name}", what=f"is {other}'s on the list of keys")


def covered_to(store: Store, keys: Mapping[str, str] | None) -> int:
    """Return the number of the newest event under which a good signature stands, 0 for none."""
    heads = {each.digest: each.sequence for each in queries.custody_events(store)}
    return max((each.sequence for each in signed(store) if not _wrong(each, heads, keys)), default=0)


def unlike_origins(store: Store) -> Iterator[Difference]:
    """Yield what is wrong with the chains of other laptops that were merged: links, digests, and where they end."""
    for origin in store.rows("SELECT * FROM origin ORDER BY id"):
        previous, number = GENESIS, 0
        for number, event in enumerate(custody.origin_events(store.connection, origin["id"]), start=1):
            if what := custody.broken_link(event, number, previous):
                yield Difference(where=f"event {number} of {origin['id']}", what=what)
            previous = str(event.get("digest"))
        if (previous, number) != (origin["head"], origin["events"]):
            yield Difference(where=f"chain of {origin['id']}", what="does not end at the head that was merged")
