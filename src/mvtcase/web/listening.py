"""How a console listens: on which address, under which names, with TLS, and with no patience for who sends nothing."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn
from cryptography import x509
from uvicorn.protocols.http.h11_impl import H11Protocol

from mvtcase.errors import InputError
from mvtcase.wording import do, say

if TYPE_CHECKING:
    from asyncio import BaseTransport
    from pathlib import Path

    from starlette.applications import Starlette

LOOPBACK = "127.0.0.1"
USUAL = {True: 443, False: 80}
"""The port that browsers leave out of a name, with TLS and without."""
BACKLOG = 256
MAX_CONNECTIONS = 1000
"""How many connections are served at a time; the next one is told to come again."""
QUIET_SECONDS = 15.0
"""How long a connection may be open without a whole request on its way; after up to twice that it is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The certificate that a console shows, and the key to it; `names` are those that the certificate is for."""

    certificate: Path
    key: Path
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a console listens: the socket, and the names that a browser may call it by, each with its port."""

    listening: socket.socket
    names: frozenset[str]
    address: str


def is_loopback(address: str) -> bool:
    """Return whether nobody but this machine reaches an address. Raises `InputError` for what is no IP address."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        raise InputError("{given!r} is no IP address of this machine.", given=address) from None


def read_tls(certificate: Path, key: Path) -> Tls:
    """Return a certificate that fits its key, with the names in it. Raises `InputError`."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        named = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound) as error:
        raise InputError(
            "{certificate} and {key} cannot be used for TLS: {error}.",
            hint="Both are PEM files, and the certificate names the address under 'subject alternative name'.",
            certificate=certificate,
            key=key,
            error=error,
        ) from error
    addresses = map(str, named.get_values_for_type(x509.IPAddress))
    return Tls(certificate=certificate, key=key, names=(*named.get_values_for_type(x509.DNSName), *addresses))


def listen(address: str, port: int, tls: Tls | None = None) -> Place:
    """Return a listening socket. Raises `InputError` when the address or port cannot be had."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address, port))
    except OSError as error:
        listening.close()
        raise InputError(
            "Port {port} cannot be used: {error}.", hint=say("Try {0}.", do(port="0")), port=port, error=error.strerror
        ) from error
    listening.listen(BACKLOG)
    at = listening.getsockname()[1]
    own = (ipaddress.ip_address(address).compressed, "localhost")
    hosts = [f"[{each}]" if ":" in each else each.lower() for each in (tls.names if tls else own)]
    names = {f"{each}:{at}" for each in hosts} | ({*hosts} if at == USUAL[tls is not None] else set())
    return Place(listening=listening, names=frozenset(names), address=f"{'https' if tls else 'http'}://{hosts[0]}:{at}")


class Hurried(H11Protocol):
    """HTTP/1.1 for clients that come to the point: who opens a connection and sends no whole request is cut off."""

    _quiet = False

    def connection_made(self, transport: BaseTransport) -> None:
        """Begin to watch a new connection."""
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn says a narrower one
        self.loop.call_later(QUIET_SECONDS, self._look)

    def _look(self) -> None:
        """Close the connection when it was quiet at the last look too; a request being answered is not quiet."""
        if self.transport.is_closing():
            return
        quiet = self.cycle is None or self.cycle.response_complete
        if quiet and self._quiet:
            self.transport.close()
            return
        self._quiet = quiet
        self.loop.call_later(QUIET_SECONDS, self._look)


def server(site: Starlette, tls: Tls | None = None) -> uvicorn.Server:
    """Return the server of a console. What is asked for is not logged: addresses hold ids of people."""
    return uvicorn.Server(
        uvicorn.Config(
            site,
            http=Hurried,
            ws="none",
            log_level="error",
            access_log=False,
            server_header=False,
            lifespan="on",
            timeout_keep_alive=5,
            limit_concurrency=MAX_CONNECTIONS,
            h11_max_incomplete_event_size=64 << 10,
            ssl_certfile=tls.certificate if tls else None,
            ssl_keyfile=tls.key if tls else None,
        )
    )
