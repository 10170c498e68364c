"""What vouches for a chain of custody from outside: lists of keys, time stamps, other laptops' bundles, signatures.

Whoever owns a case can put an older copy of it back, signatures and all. What they cannot reach is a head that was
printed, stamped by an authority, or taken over by another laptop.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import TYPE_CHECKING

from mvtcase.errors import BundleError, InputError
from mvtcase.files import write_atomically
from mvtcase.keys import SIGNS
from mvtcase.store import queries
from mvtcase.store.custody import Difference
from mvtcase.wording import say
from mvtcase_readers.regular import read_bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from mvtcase.keys.identities import Identity
    from mvtcase.store.store import Store

MAX_BYTES = 1 << 20
MINISIG = ".minisig"
_UNTRUSTED, _TRUSTED = "untrusted comment: ", "trusted comment: "
_WHOLE, _HASHED = b"Ed", b"ED"


def read_keys(path: Path) -> dict[str, str]:
    """Return the signing keys that a list of keys holds, each with whose it is. Raises `InputError`.

    A line holds a name and one or more public keys; what follows a # is a remark.
    """
    from mvtcase.keys.identities import is_public_key  # noqa: PLC0415  # slow to load, and few calls bring a list

    try:
        text = read_bounded(path, MAX_BYTES).decode()
    except (OSError, ValueError) as error:
        raise InputError("{path} cannot be read as a list of keys: {error}.", path=path, error=error) from error
    found: dict[str, str] = {}
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        keys = [each for each in words if is_public_key(each)]
        if words and not keys:
            raise InputError("A line of {path} holds no public key: {line!r}.", path=path, line=line[:80])
        name = " ".join(each for each in words if each not in keys)
        found |= {each: name for each in keys if each.startswith(SIGNS)}
    return found


def differences(store: Store, path: Path) -> Iterator[Difference]:
    """Yield what another laptop's bundle, or a time stamp, knows of this chain that the chain no longer holds."""
    from mvtcase.workflow import bundle_files, stamps  # noqa: PLC0415  # slow to load, and rarely needed

    known = {each.digest: each.sequence for each in queries.custody_events(store)}
    try:
        label = bundle_files.read_label(path)
    except BundleError:
        yield from stamps.differences(store, path)
        return
    if wrong := bundle_files.wrong_chunks(path, label):
        chunks = ", ".join(map(str, wrong))
        yield Difference(where=f"bundle {path.name}", what=f"chunk {chunks} is not what was signed")
    own = queries.custody_events(store)[0].digest
    told = [{"genesis": label.told["genesis"], "head": label.told["head"]}, *label.told["merged"]]
    of_this = [str(each["head"]) for each in told if each["genesis"] == own]
    for head in of_this:
        if head not in known:
            what = "is not in the chain any more: its end was cut off, or an older copy was put back"
            yield Difference(where=f"head {head[:16]} that {path.name} names", what=what)
    if not of_this:
        yield Difference(where=f"bundle {path.name}", what="knows nothing of this chain")


def _key_id(key: str) -> bytes:
    """Return the eight bytes that tell keys apart in minisign files; derived, so that a key always has the same."""
    return hashlib.sha256(bytes.fromhex(key)).digest()[:8]


def minisign_key(key: str) -> str:
    """Return an Ed25519 public key (64 hex digits) as minisign writes it: one line of base64."""
    return base64.b64encode(_WHOLE + _key_id(key) + bytes.fromhex(key)).decode()


def minisign(data: bytes, identity: Identity, comment: str) -> bytes:
    """Return a detached signature in minisign's format (prehashed), with a comment that is signed too."""
    signature = identity.signing_key.sign(hashlib.blake2b(data).digest())
    line = base64.b64encode(_HASHED + _key_id(identity.verify_key) + signature).decode()
    trusted = " ".join(comment.split())
    whole = base64.b64encode(identity.signing_key.sign(signature + trusted.encode())).decode()
    told = f"{_UNTRUSTED}signature of mvtcase, key {identity.verify_key}"
    return f"{told}\n{line}\n{_TRUSTED}{trusted}\n{whole}\n".encode()


def sign_file(path: Path, identity: Identity, comment: str) -> Path:
    """Write a detached signature beside a file, as `FILE.minisig`, and return where it is."""
    signature = path.with_name(path.name + MINISIG)
    write_atomically(signature, minisign(path.read_bytes(), identity, comment))
    return signature


def wrong_signature(path: Path, keys: Mapping[str, str] | None) -> str:
    """Return what is wrong with the detached signature beside a file, empty when it fits or there is none."""
    beside = path.with_name(path.name + MINISIG)
    if not beside.is_file() or not path.is_file():
        return ""
    signature = read_bounded(beside, MAX_BYTES)
    key = signature.split(b"\n")[0].rpartition(b" ")[2].decode("ascii", "replace")
    if keys is not None and f"{SIGNS}{key}" not in keys:
        return f"is by {key}, which is not on the list of keys"
    return unlike_minisign(path.read_bytes(), signature, key)


def how_to_check(names: Sequence[str], key: str, word: Callable[[object], str]) -> str:
    """Return the page that tells whoever has a signed file how to check it, without this program."""
    told = (
        say("How to check this"),
        say("Beside each file lies its signature, with the ending .minisig. Anybody can check it with the free program "
            "minisign (https://jedisct1.github.io/minisign/):"),
        *(f"    minisign -V -P {minisign_key(key)} -m {name}" for name in names),
        say("It must say: Signature and comment signature verified."),
        say("That holds for this key only. Compare the key with its owner by telephone or in person, not by the way "
            "the file came:"),
        f"    {minisign_key(key)}",
        say("A signature says who vouches for the file, and that no byte of it was changed since. It does not say that "
            "what the file says is true."),
    )  # fmt: skip
    return "\n\n".join(word(each) for each in told) + "\n"


def unlike_minisign(data: bytes, signature: bytes, key: str) -> str:
    """Return how a minisign signature does not fit data and key (64 hex digits), empty when it does."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  # slow to load, and few cases are signed
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415  # as above

    try:
        _, line, comment, whole = signature.decode().splitlines()[:4]
        kind, key_id, signed = struct.unpack("2s8s64s", base64.b64decode(line, validate=True))
        trusted = comment.removeprefix(_TRUSTED).encode()
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(signed, hashlib.blake2b(data).digest() if kind == _HASHED else data)
        public.verify(base64.b64decode(whole, validate=True), signed + trusted)
    except (InvalidSignature, ValueError, struct.error):
        return "does not fit the file: one of the two was changed or swapped"
    return "" if key_id == _key_id(key) else "names another key"
