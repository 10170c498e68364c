"""The keys of a cluster: a private CA, a certificate for each machine, and age keys for what travels between them.

One folder for each machine, to be carried there by hand; the CA's own key stays where it was made. Everybody checks
everybody: a machine is let in by a certificate of this CA and by nothing else.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pyrage
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mvtcase.errors import ConflictError, InputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mvtcase.canon import Clock

CA_CERTIFICATE, CA_KEY = "ca.pem", "ca-key.pem"
CERTIFICATE, KEY, IDENTITY, RECIPIENTS = "cert.pem", "key.pem", "age.txt", "recipients.json"
COORDINATOR, SCHEDULER = "coordinator", "scheduler"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The folder of one machine: its certificate and key, its age identity, and whom it encrypts to."""

    folder: Path
    identity: pyrage.x25519.Identity | None
    recipients: tuple[pyrage.x25519.Recipient, ...]

    @property
    def name(self) -> str:
        """The machine's name in the cluster."""
        return self.folder.resolve().name

    def path(self, name: str) -> str:
        """Return the path of one of the folder's files."""
        return str(self.folder / name)


def read_keys(folder: Path) -> Keys:
    """Return one machine's keys. Raises `NotFoundError` where one is missing, `InputError` on one that is none."""
    missing = [name for name in (CA_CERTIFICATE, CERTIFICATE, KEY) if not (folder / name).is_file()]
    if missing:
        raise NotFoundError("{folder} holds no {missing}.", folder=folder, missing=", ".join(missing))
    identity, recipients = folder / IDENTITY, folder / RECIPIENTS
    try:
        told = json.loads(recipients.read_text("utf-8")) if recipients.is_file() else {}
        return Keys(
            folder=folder,
            identity=pyrage.x25519.Identity.from_str(identity.read_text("ascii").strip())
            if identity.is_file()
            else None,
            recipients=tuple(pyrage.x25519.Recipient.from_str(str(each)) for each in told.values()),
        )
    except (ValueError, OSError, AttributeError, pyrage.IdentityError, pyrage.RecipientError) as error:
        raise InputError("The keys in {folder} cannot be read: {error}.", folder=folder, error=error) from error


def make_keys(folder: Path, nodes: Sequence[str], *, days: int, clock: Clock) -> tuple[Path, ...]:
    """Make a cluster's keys, or those of further nodes of one, and return the folders to carry to the machines.

    The first call makes the CA, the coordinator's and the scheduler's folders as well; coordinators must get their
    folder anew when a node is added. Raises `InputError` for a name that is none, `ConflictError` for one twice.
    """
    odd = [each for each in nodes if not _NAME.fullmatch(each) or each in {COORDINATOR, SCHEDULER}]
    if odd:
        raise InputError("{name} cannot be the name of a node.", hint="Use a-z, 0-9 and hyphens.", name=odd[0])
    twice = [each for each in nodes if (folder / each).exists()]
    if twice:
        raise ConflictError("There is a node {name} already.", name=twice[0])
    now = clock()
    until = now + timedelta(days=days)
    new = not (folder / CA_KEY).exists()
    if new:
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        _make_ca(folder, now, until)
    made = [*((COORDINATOR, SCHEDULER) if new else ()), *dict.fromkeys(nodes)]
    for each in made:
        _make_machine(folder, each, now, until)
    _introduce(folder, [each for each in made if each not in {COORDINATOR, SCHEDULER}])
    return tuple(folder / each for each in made)


def _make_ca(folder: Path, now: datetime, until: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mvtcase authority")])
    certificate = (
        _builder(name, name, key, now, until)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(folder / CA_KEY, _pem(key))
    _write(folder / CA_CERTIFICATE, certificate.public_bytes(serialization.Encoding.PEM))


def _make_machine(folder: Path, name: str, now: datetime, until: datetime) -> None:
    loaded = serialization.load_pem_private_key((folder / CA_KEY).read_bytes(), password=None)
    ca = x509.load_pem_x509_certificate((folder / CA_CERTIFICATE).read_bytes())
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise InputError("The CA's key in {folder} is of another kind.", folder=folder)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    # Dask's parts are both: who listens also connects.
    use = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    certificate = (
        _builder(subject, ca.subject, key, now, min(until, ca.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(use, critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(loaded, hashes.SHA256())
    )
    own = folder / name
    own.mkdir(mode=0o700)
    _write(own / CA_CERTIFICATE, (folder / CA_CERTIFICATE).read_bytes())
    _write(own / CERTIFICATE, certificate.public_bytes(serialization.Encoding.PEM))
    _write(own / KEY, _pem(key))
    if name != SCHEDULER:  # it passes on what it cannot open
        _write(own / IDENTITY, f"{pyrage.x25519.Identity.generate()}\n".encode("ascii"))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    until: datetime,
) -> x509.CertificateBuilder:
    # An hour of leeway: the clocks of laptops in the field differ.
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(until)
    )


def _introduce(folder: Path, nodes: Sequence[str]) -> None:
    """Tell each new node the coordinator's public key, and the coordinator those of all nodes."""
    coordinator = folder / COORDINATOR
    for each in nodes:
        _write(folder / each / RECIPIENTS, _listed({COORDINATOR: _public(coordinator)}))
    known = coordinator / RECIPIENTS
    told: dict[str, str] = json.loads(known.read_text("utf-8")) if known.exists() else {}
    known.unlink(missing_ok=True)
    _write(known, _listed(told | {each: _public(folder / each) for each in nodes}))


def _listed(recipients: dict[str, str]) -> bytes:
    return json.dumps(recipients, indent=1, sort_keys=True).encode("ascii") + b"\n"


def _public(machine: Path) -> str:
    return str(pyrage.x25519.Identity.from_str((machine / IDENTITY).read_text("ascii").strip()).to_public())


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        handle.write(data)
