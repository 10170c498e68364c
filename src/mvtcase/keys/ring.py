"""What opens sealed cases in this process; what wraps and unwraps (`keys.wrapping`) is loaded for those alone."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from mvtcase.canon import canonical_json
from mvtcase.errors import CaseSealedError, WrongKeyError
from mvtcase_readers.regular import read_bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from mvtcase.keys.identities import Identity

Opened = TypeVar("Opened")
FORMAT = "mvtcase-keys/1"
KEYS_FILE = "keys"
GRAIN = 64 << 10
"""No file of a sealed case has a size finer than this."""
_MOST_BYTES = 1 << 20
_BARE = re.compile(r"AGE-SECRET-KEY-1([0-9A-Z]*)", re.IGNORECASE)
_BARE_SIGNS = 58


def read_keys(path: Path) -> dict[str, Any]:
    """Return what a key file says. Raises `CaseSealedError` where it cannot be read as one."""
    try:
        told = json.loads(read_bounded(path, _MOST_BYTES))
        sound = told["format"] == FORMAT and isinstance(told["wrapped"], list)
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        sound = False
    if not sound:
        raise CaseSealedError("The key file {path} is damaged.", hint="Restore it from a backup.", path=path)
    return dict(told)


class Keys:
    """The keys of one process: an identity file, somebody to ask for passphrases, and what they opened so far.

    Secrets stay in the memory of this process. `ask` gets what a passphrase is for and returns it, None without one.
    """

    def __init__(
        self, identity_file: Path | None = None, *, ask: Callable[[str], str | None] = lambda _: None, tries: int = 1
    ) -> None:
        self.identity_file = identity_file
        self._ask = ask
        self._tries = tries
        self._identity: Identity | None = None
        self._opened: dict[str, str | CaseSealedError] = {}
        self._lock = threading.RLock()

    def identity(self) -> Identity | None:
        """Return the examiner's identity, None where no file is named. Raises `WrongKeyError` and `NotFoundError`."""
        with self._lock:
            if self._identity is None and self.identity_file is not None and not self._bare():
                from mvtcase.keys import identities  # noqa: PLC0415  # slow to load, and few calls hold a key

                path = self.identity_file
                identities.public_keys(path)  # what is no identity file is told before anybody types a passphrase
                self._identity = self._tried(path.name, lambda passphrase: identities.load(path, passphrase))
                if self._identity is None:
                    raise WrongKeyError("{path} needs its passphrase.", path=path)
            return self._identity

    def _tried(self, named: str, opens: Callable[[str], Opened]) -> Opened | None:
        """Ask for a passphrase until it opens something, None where nobody gives one. Raises `WrongKeyError`."""
        for left in reversed(range(self._tries)):
            if not (passphrase := self._ask(named)):
                return None
            try:
                return opens(passphrase)
            except WrongKeyError:
                if not left:
                    raise
        return None

    def _bare(self) -> str:
        """Return the age key that stands in the file in clear, as a recovery key typed from paper does, spaces or not.

        Raises `WrongKeyError` for one that is mistyped: it says so itself.
        """
        if self.identity_file is None or not self.identity_file.is_file():
            return ""
        text = read_bounded(self.identity_file, _MOST_BYTES).decode("utf-8", "replace")
        found = _BARE.search("".join(text.split()))
        if found is None:
            return ""
        import pyrage  # noqa: PLC0415  # slow to load, and few calls hold a key

        key = found[0].upper()
        try:
            pyrage.x25519.Identity.from_str(key)
        except pyrage.IdentityError as error:
            raise WrongKeyError(
                "The key in {path} is mistyped: {n} signs stand after AGE-SECRET-KEY-1, {right} are right.",
                hint="Compare it with the paper sign by sign; no B, I, O and no further 1 occurs in it.",
                path=self.identity_file,
                n=len(found[1]),
                right=_BARE_SIGNS,
            ) from error
        return key

    def secret_of(self, path: Path) -> str:
        """Return the key of the case whose key file this is. Raises `CaseSealedError` where nothing here opens it."""
        with self._lock:
            told = read_keys(path)
            known = hashlib.sha256(canonical_json(told).encode()).hexdigest()
            if known not in self._opened:
                try:
                    self._opened[known] = self._unwrapped(told, path.parent.name)
                except CaseSealedError as error:  # nobody is asked again in this process
                    self._opened[known] = error
            found = self._opened[known]
        if isinstance(found, CaseSealedError):
            raise found
        return found

    def keep(self, path: Path, secret: str) -> None:
        """Remember the key of a case that this process has made."""
        known = hashlib.sha256(canonical_json(read_keys(path)).encode()).hexdigest()
        self._opened[known] = secret

    def _unwrapped(self, told: dict[str, Any], named: str) -> str:
        from mvtcase.keys import locks  # noqa: PLC0415  # slow to load, and few cases are sealed

        secret = self._bare()
        if not secret and (identity := self.identity()) is not None:
            secret = identity.age_secret
        if secret and (found := _opened_with(secret, told["wrapped"])) is not None:
            return found
        found = None
        try:
            if told["locked"]:
                found = self._tried(named, lambda passphrase: locks.unlock(told["locked"], passphrase).decode())
        except WrongKeyError as error:  # as a sealed case: another one of the workspace may open with it
            raise CaseSealedError("The passphrase does not open the case {slug}.", slug=named) from error
        if found is None:
            raise CaseSealedError("The case {slug} is sealed.", slug=named)
        return found


def _opened_with(secret: str, wrapped: Sequence[str]) -> str | None:
    """Return the case's key out of the first wrapping that an age key opens."""
    import pyrage  # noqa: PLC0415  # slow to load, and few cases are sealed

    own = pyrage.x25519.Identity.from_str(secret)
    for each in wrapped:
        try:
            return bytes(pyrage.decrypt(base64.b64decode(each), [own])).decode()
        except (pyrage.DecryptError, ValueError):  # noqa: PERF203  # wrapped for somebody else: only trying tells
            continue
    return None
