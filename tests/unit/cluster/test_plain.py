"""What Dask may take in, keys, and parcels: whoever sends them."""

from __future__ import annotations

import os
import pickle
import ssl
from typing import TYPE_CHECKING

import pytest

from mvtcase.canon import sha256_bytes, utc_now
from mvtcase.cluster import node, parcels
from mvtcase.cluster.keys import make_keys, read_keys
from mvtcase.cluster.plain import KNOWN, TASK, guarded, require_tls, security
from mvtcase.errors import ConflictError, EngineError, InputError, NotFoundError
from mvtcase.settings import Limits

pytest.importorskip("distributed", reason="the extra mvtcase[cluster] is not installed")

from distributed.protocol.core import dumps as dask_dumps
from distributed.protocol.core import loads as dask_loads
from distributed.protocol.serialize import ToPickle, deserialize, serialize, to_serialize

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.cluster.keys import Keys


class _Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.putenv, ("X",)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Keys, Keys]:
    """Give the keys of a coordinator and of a node."""
    make_keys(tmp_path / "keys", ["alpha"], days=1, clock=utc_now)
    return read_keys(tmp_path / "keys/coordinator"), read_keys(tmp_path / "keys/alpha")


@pytest.mark.parametrize("wrap", [to_serialize, ToPickle])
def test_an_answer_that_would_run_code_is_refused(wrap: type) -> None:
    """A node's answer that names a function is not unpickled, whichever way Dask carries it."""
    frames = dask_dumps({"result": wrap(_Bomb())})
    with guarded(), pytest.raises(pickle.UnpicklingError, match="putenv is not taken"):
        dask_loads([bytes(each) for each in frames])


def test_plain_answers_and_the_registered_task_pass() -> None:
    """Lists of bytes come through, and of functions the one task, which `node` has."""
    with guarded():
        answer = deserialize(*serialize([b"digest", b"sealed"], serializers=["msgpack"]))
        assert answer == [b"digest", b"sealed"]
        assert pickle.loads(pickle.dumps(node.run_task)) is node.run_task  # noqa: S301 - what is tested
    assert TASK in KNOWN
    assert pickle.loads(pickle.dumps(os.putenv)) is os.putenv  # noqa: S301 - as it was before


def test_both_sides_show_a_certificate(pair: tuple[Keys, Keys]) -> None:
    """Each role of Dask asks the other side for a certificate of the CA, over TLS 1.3."""
    for role in ("scheduler", "worker", "client"):
        context = security(pair[0]).get_connection_args(role)["ssl_context"]
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.minimum_version is ssl.TLSVersion.TLSv1_3


@pytest.mark.parametrize("address", ["tcp://10.0.0.1:8786", "10.0.0.1:8786", "ws://h:1", "tls://host", "inproc://"])
def test_nothing_but_tls_is_spoken(address: str) -> None:
    """An address of another scheme, plain TCP above all, is refused."""
    with pytest.raises(InputError, match="no address of a cluster"):
        require_tls(address)


def test_keys_are_made_once_and_nodes_are_added(tmp_path: Path) -> None:
    """Files are private, a name is given once, the coordinator learns of nodes that come later."""
    make_keys(tmp_path / "keys", ["alpha"], days=1, clock=utc_now)
    made = make_keys(tmp_path / "keys", ["beta"], days=1, clock=utc_now)
    assert [each.name for each in made] == ["beta"]
    assert len(read_keys(tmp_path / "keys/coordinator").recipients) == 2
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").rglob("*") if path.is_file()} == {0o600}
    with pytest.raises(ConflictError, match="a node beta already"):
        make_keys(tmp_path / "keys", ["beta"], days=1, clock=utc_now)
    with pytest.raises(InputError, match="cannot be the name"):
        make_keys(tmp_path / "keys", ["../up"], days=1, clock=utc_now)
    with pytest.raises(NotFoundError, match=r"holds no ca\.pem"):
        read_keys(tmp_path)


def test_a_parcel_opens_for_whom_it_was_sealed_and_for_nobody_else(tmp_path: Path, pair: tuple[Keys, Keys]) -> None:
    """Word and files arrive; the sender cannot open it, the password is not in its bytes, a changed byte is seen."""
    coordinator, alpha = pair
    (tmp_path / "matchset").write_bytes(b"values")
    sealed = parcels.seal(tmp_path, {"password": "geheim-1987"}, [("matchset", tmp_path / "matchset")], coordinator)
    (tmp_path / "in").mkdir()
    word = parcels.opened(tmp_path / "in", sealed, alpha, Limits())
    assert (word["password"], (tmp_path / "in/matchset").read_bytes()) == ("geheim-1987", b"values")
    assert b"geheim-1987" not in b"".join(sealed)
    assert b"geheim-1987" not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    digest, word_sealed, whole = sealed
    for odd in (
        [digest, word_sealed, whole[:-1]],
        [],
        [b"", b""],
        None,
        [sha256_bytes(b"x").encode(), b"x"],
        "text",
        [1, 2],
    ):
        with pytest.raises(EngineError, match="What came"):
            parcels.opened(tmp_path / "in", odd, alpha, Limits())
    with pytest.raises(EngineError, match="no parcel for this machine"):
        parcels.opened(tmp_path / "in", sealed, coordinator, Limits())
