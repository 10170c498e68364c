"""Time stamps of an authority (RFC 3161) for the head of the chain: only a hash leaves, and only when asked for."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.canon import sha256_bytes, timestamp
from mvtcase.errors import ConflictError, InputError
from mvtcase.files import write_atomically
from mvtcase.store import custody, queries
from mvtcase.store.custody import Difference
from mvtcase.wording import do, say
from mvtcase.workflow.desk import Outcome
from mvtcase_readers.regular import read_bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cryptography import x509
    from rfc3161_client import TimeStampResponse

    from mvtcase.store.store import Store
    from mvtcase.workflow.desk import Desk

MAX_BYTES = 1 << 20
TIMEOUT_SECONDS = 30
_MEDIA = "application/timestamp-query"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What `custody timestamp` returns: which head was stamped, when, by whom; `path` holds the answer as it came."""

    head: str
    event: int
    authority: str
    at: str
    path: str


def ask(address: str, request: bytes) -> bytes:
    """Return an authority's answer. Raises `ConflictError` when it gives none."""
    import requests  # noqa: PLC0415  # nothing else here goes online

    try:
        answer = requests.post(
            address, data=request, headers={"Content-Type": _MEDIA}, timeout=TIMEOUT_SECONDS, stream=True,
            allow_redirects=False,
        )  # fmt: skip
        answer.raise_for_status()
        return bytes(answer.raw.read(MAX_BYTES, decode_content=True))
    except (requests.RequestException, OSError) as error:
        raise ConflictError("{address} gave no time stamp: {error}.", address=address, error=error) from error


def stamp(
    desk: Desk, authority: str, roots: Path, *, output: Path, ask: Callable[[str, bytes], bytes] = ask
) -> Outcome[Stamp]:
    """Have the head of the chain stamped by an authority whose root certificates are in a PEM file.

    All that leaves is a request over the hash of the head. The answer is checked, kept beside the chain, and written to
    `output`, for a place that the owner of the case cannot reach.
    """
    if not authority.startswith(("http://", "https://")):
        raise InputError("{authority!r} is no address of a time stamp authority.", authority=authority)
    if output.exists():
        raise ConflictError("{path} exists already.", path=output)
    with desk.open_case(to_change=True) as store:
        sequence, head = custody.head(store.connection)
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # noqa: PLC0415  # few cases have stamps

        request = TimestampRequestBuilder().data(head.encode()).hash_algorithm(HashAlgorithm.SHA256).build()
        data = ask(authority, request.as_bytes())
        response = _decoded(data, authority)
        at = _checked(response, head, _roots(roots), authority)
        if response.tst_info.nonce != request.nonce:
            raise ConflictError("{name} answers another request.", name=authority)
        write_atomically(output, data)
        store.add(
            "INSERT OR IGNORE INTO custody_timestamp (digest, sequence, authority, at, response) VALUES (?,?,?,?,?)",
            (head, sequence, authority, at, base64.b64encode(data).decode()),
        )
        told = say(
            "Keep {path} where the owner of this case cannot change it; check with {0}.",
            do("custody verify", against=output.name),
            path=output,
        )
        made = Stamp(head=head, event=sequence, authority=authority, at=at, path=str(output))
        return Outcome(data=made, messages=(told,))


def _decoded(data: bytes, name: str) -> TimeStampResponse:
    from rfc3161_client import decode_timestamp_response  # noqa: PLC0415  # as above

    try:
        return decode_timestamp_response(data)
    except ValueError as error:
        raise InputError("{name} holds no time stamp.", name=name) from error


def _roots(path: Path) -> list[x509.Certificate]:
    from cryptography import x509  # noqa: PLC0415  # as above

    try:
        return list(x509.load_pem_x509_certificates(read_bounded(path, MAX_BYTES)))
    except (OSError, ValueError) as error:
        raise InputError("{path} holds no certificates (PEM).", path=path) from error


def _checked(response: TimeStampResponse, head: str, roots: list[x509.Certificate], name: str) -> str:
    """Return when a head was stamped. Raises `ConflictError` where the stamp is not by such an authority, for it."""
    from rfc3161_client import VerifierBuilder  # noqa: PLC0415  # as above
    from rfc3161_client.errors import VerificationError  # noqa: PLC0415  # as above

    builder = VerifierBuilder()
    for each in roots:
        builder = builder.add_root_certificate(each)
    try:
        builder.build().verify_message(response, head.encode())
    except (VerificationError, ValueError) as error:
        raise ConflictError("The time stamp of {name} does not hold: {error}.", name=name, error=error) from error
    return timestamp(response.tst_info.gen_time)


def differences(store: Store, path: Path) -> Iterator[Difference]:
    """Yield that the head in a time stamp is not in the chain; the hash in it must be that of one of its heads."""
    response = _decoded(read_bounded(path, MAX_BYTES), path.name)
    imprint = response.tst_info.message_imprint.message.hex()
    if imprint not in {sha256_bytes(each.digest.encode()) for each in queries.custody_events(store)}:
        what = "stamped a head that is not in the chain any more: its end was cut off, or an older copy was put back"
        yield Difference(where=f"time stamp {path.name}", what=what)
