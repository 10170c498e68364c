"""What Dask may take in from others: plain data and the one registered task, never an object that runs code.

Dask pickles what it sends, and whoever unpickles runs what the sender wants: a node that fell to hostile evidence would
own the coordinator with its first answer. So in each process of a cluster the unpickler knows a handful of names only,
messages are msgpack, nodes lack the doors by which clients run code, and nothing answers over HTTP.
"""

from __future__ import annotations

import contextlib
import io
import pickle
import ssl
from typing import TYPE_CHECKING, Any

from mvtcase.cluster.keys import CA_CERTIFICATE, CERTIFICATE, KEY
from mvtcase.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from distributed.security import Security

    from mvtcase.cluster.keys import Keys

TASK = ("mvtcase.cluster.node", "run_task")
KNOWN = frozenset(
    {
        TASK,
        ("builtins", "bytes"),
        ("builtins", "list"),
        ("dask._expr", "Expr._reconstruct"),
        ("dask._expr", "LLGExpr"),
        ("dask._task_spec", "Task"),
        ("distributed.scheduler", "NoValidWorkerError"),
        ("distributed.scheduler", "NoWorkerError"),
    }
)
"""All that may be named in what is unpickled: what Dask wraps a task in, and its word that no node would take it."""

DOORS = (
    "run",
    "run_coroutine",
    "upload_file",
    "plugin-add",
    "actor_execute",
    "actor_attribute",
    "update_data",
    "benchmark_disk",
)
"""A worker's calls that run or write what a client sends."""

SERIALIZERS = ("msgpack",)
SCHEME = "tls://"


class _Unpickler(pickle.Unpickler):
    """Reads pickles that name nothing but what is known."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - as in the standard library
        if (module, name) not in KNOWN:
            raise pickle.UnpicklingError(f"{module}.{name} is not taken from a cluster")
        return super().find_class(module, name)


def _loads(data: bytes, /, *, buffers: Any = (), **_options: Any) -> Any:  # noqa: ANN401 - stands in for pickle.loads
    return _Unpickler(io.BytesIO(data), buffers=buffers).load()


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Let this process unpickle nothing but what is known; meant for a process that does nothing else meanwhile.

    Raises `InputError` where Dask is not installed.
    """
    try:
        # Imported before, because Dask unpickles functions of its own while it is being imported.
        import dask
        import distributed  # noqa: F401
    except ImportError as error:
        raise InputError(
            "Dask Distributed is not installed.", hint="Install mvtcase with its extra: mvtcase[cluster]."
        ) from error
    before = pickle.loads
    pickle.loads = _loads  # type: ignore[assignment]
    settings = {"distributed.scheduler.no-workers-timeout": "5 minutes", "distributed.comm.retry.count": 3}
    try:
        with dask.config.set(settings):
            yield
    finally:
        pickle.loads = before


def security(keys: Keys) -> Security:
    """Return Dask's security for a machine's keys: TLS 1.3, both sides show a certificate of the CA."""
    from distributed.security import Security

    own = {
        f"tls_{role}_{what}": keys.path(name)
        for role in ("scheduler", "worker", "client")
        for what, name in (("cert", CERTIFICATE), ("key", KEY))
    }
    return Security(
        require_encryption=True,
        tls_ca_file=keys.path(CA_CERTIFICATE),
        tls_min_version=ssl.TLSVersion.TLSv1_3,
        **own,
    )


def require_tls(address: str) -> str:
    """Return an address that is reached over TLS. Raises `InputError` for any other: plain connections are refused."""
    if not address.startswith(SCHEME) or ":" not in address.removeprefix(SCHEME):
        raise InputError(
            "{address} is no address of a cluster.",
            hint="Give tls://HOST:PORT; nothing else is spoken.",
            address=address,
        )
    return address
