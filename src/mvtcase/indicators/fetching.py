"""Files fetched over https with bounds on size, time and redirects."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import requests

from mvtcase.errors import UpdateError
from mvtcase.indicators.files import MIB

if TYPE_CHECKING:
    from collections.abc import Callable

    Fetch = Callable[[str], "Fetched"]

MAX_FETCHED_BYTES = 256 * MIB
MAX_REDIRECTS = 5
CONNECT_SECONDS = 10
READ_SECONDS = 20
TOTAL_SECONDS = 300
_CHUNK_BYTES = 1 << 16
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What an address gave: the last address after redirects, the bytes, and the server's tag for them."""

    url: str
    data: bytes
    etag: str = ""


class HttpsFetcher:
    """Fetches files; every address on the way must be https, or plain http to 127.0.0.1 when that is allowed."""

    def __init__(
        self,
        *,
        allow_loopback_http: bool = False,
        max_bytes: int = MAX_FETCHED_BYTES,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._allow_loopback_http = allow_loopback_http
        self._max_bytes = max_bytes
        self._total_seconds = total_seconds

    def __call__(self, url: str) -> Fetched:
        """Return what an address gives. Raises `UpdateError` with the reason it could not be had.

        A server that sends a byte now and then never lets a read time out, in the headers neither, so the clock is kept
        outside: the thread that is still reading then is left behind and ends with the program.
        """
        got: list[Fetched | UpdateError] = []
        reading = threading.Thread(target=lambda: got.append(self._fetched(url)), daemon=True)
        reading.start()
        reading.join(self._total_seconds)
        if not got:
            raise self._too_slow(url)
        if isinstance(got[0], UpdateError):
            raise got[0]
        return got[0]

    def _fetched(self, url: str) -> Fetched | UpdateError:
        try:
            return self._followed(url, time.monotonic() + self._total_seconds)
        except (requests.RequestException, OSError, ValueError) as error:
            return UpdateError("{url} could not be fetched: {error}.", url=url, error=_plain(error))
        except UpdateError as error:
            return error

    def _followed(self, url: str, deadline: float) -> Fetched:
        with requests.Session() as session:
            for _ in range(MAX_REDIRECTS + 1):
                self._require_secure(url)
                with session.get(
                    url, stream=True, allow_redirects=False, timeout=(CONNECT_SECONDS, READ_SECONDS)
                ) as answer:
                    if answer.status_code not in _REDIRECTS:
                        return self._body(url, answer, deadline)
                    url = urljoin(url, answer.headers.get("Location", ""))
        raise UpdateError("{url} redirects more than {max_redirects} times.", url=url, max_redirects=MAX_REDIRECTS)

    def _body(self, url: str, answer: requests.Response, deadline: float) -> Fetched:
        if answer.status_code != _OK:
            raise UpdateError(
                "{url} could not be fetched: the server answered {status_code}.",
                url=url,
                status_code=answer.status_code,
            )
        data = bytearray()
        for piece in answer.iter_content(_CHUNK_BYTES):
            data += piece
            if len(data) > self._max_bytes:
                raise UpdateError(
                    "{url} is larger than {max_bytes} bytes and was not fetched.", url=url, max_bytes=self._max_bytes
                )
            if time.monotonic() > deadline:
                raise self._too_slow(url)
        return Fetched(url=url, data=bytes(data), etag=answer.headers.get("ETag", "")[:200])

    def _too_slow(self, url: str) -> UpdateError:
        return UpdateError(
            "{url} took longer than {total_seconds:g} seconds.", url=url, total_seconds=self._total_seconds
        )

    def _require_secure(self, url: str) -> None:
        parts = urlsplit(url)
        loopback = parts.scheme == "http" and parts.hostname == "127.0.0.1" and self._allow_loopback_http
        if not loopback and (parts.scheme != "https" or not parts.hostname):
            raise UpdateError("{url} is not fetched: only https is.", url=url)


def _plain(error: Exception) -> str:
    """Return an error's kind in words; the libraries' own texts hold object addresses."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "the server's certificate was not accepted"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the answer was cut short"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return type(error).__name__
