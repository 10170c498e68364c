"""`mvtcase cluster`: keys, scheduler, worker; and how `scan run` and `recheck run` join a cluster."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import output
from mvtcase.cli.state import state_of
from mvtcase.errors import InputError
from mvtcase.wording import do, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase.cluster.coordinator import Cluster

app = typer.Typer(no_args_is_help=True, help="A cluster: other machines that examine phones for this one, over TLS.")

PORT = 8786
DAYS = 365
GIB = 1 << 30

ClusterOption = Annotated[
    str | None, typer.Option("--cluster", metavar="ADDRESS", help="Let the nodes of a cluster do it: tls://HOST:PORT.")
]
ClusterKeys = Annotated[
    Path | None, typer.Option("--cluster-keys", metavar="FOLDER", help="The coordinator's folder of 'cluster keys'.")
]
OwnKeys = Annotated[Path, typer.Option("--keys", metavar="FOLDER", help="This machine's folder of 'cluster keys'.")]


@app.command("keys")
def keys(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where the keys are made; the CA's own key stays there.")],
    node: Annotated[list[str], typer.Option("--node", metavar="NAME", help="A machine; may be given again.")],
    days: Annotated[int, typer.Option("--days", min=1, help="How long the certificates are valid.")] = DAYS,
) -> None:
    """Make a private CA and a folder of keys for each machine, or keys of further nodes for a CA made before."""
    state = state_of(context)
    outcome = workflow.clusters.make_keys(folder, node, days=days)
    output.show(state, outcome, lambda data: [output.table("Keys", ("folder",), [[each] for each in data.folders])])


@app.command("scheduler")
def scheduler(
    own_keys: OwnKeys,
    host: Annotated[str, typer.Option("--host", help="The address to listen at.")] = "0.0.0.0",  # noqa: S104 - nodes are elsewhere; TLS lets in who has a certificate
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port to listen at.")] = PORT,
) -> None:
    """Be the cluster's scheduler until Ctrl-C: it hands sealed orders to nodes, and can open none of them."""
    from mvtcase.cluster.keys import read_keys
    from mvtcase.cluster.node import schedule

    read = read_keys(own_keys)
    output.say([say("Nodes and coordinators join at {address}.", address=f"tls://{host}:{port}")])
    schedule(host, port, read)


@app.command("worker")
def worker(
    address: Annotated[str, typer.Argument(help="The scheduler: tls://HOST:PORT.")],
    own_keys: OwnKeys,
    folder: Annotated[Path, typer.Option("--folder", help="Where it works; wiped after each phone.")],
    evidence_map: Annotated[
        list[str] | None,
        typer.Option("--evidence-map", metavar="A=B", help="The coordinator's folder A is B here; may be given again."),
    ] = None,
    slots: Annotated[int, typer.Option("--slots", min=1, help="Phones at once.")] = 1,
    memory: Annotated[float, typer.Option("--memory", min=0.5, help="GiB of memory for them all.")] = 8.0,
    disk: Annotated[float | None, typer.Option("--disk", min=1, help="GiB of disk; default: all that is free.")] = None,
    unsandboxed: Annotated[
        bool, typer.Option("--unsandboxed", help="Go on where no sandbox works; reports say what that means.")
    ] = False,
) -> None:
    """Be a node of a cluster until Ctrl-C: examine phones for its coordinator, and keep nothing of them."""
    from mvtcase.cluster import node
    from mvtcase.cluster.keys import read_keys
    from mvtcase.cluster.plain import require_tls
    from mvtcase.engine import box
    from mvtcase.errors import NoSandboxError

    if not unsandboxed and box.available() == box.NONE:
        raise NoSandboxError("Nothing on this machine confines the worker that reads hostile evidence.")
    me = node.Node(keys=read_keys(own_keys), folder=folder.absolute(), evidence=node.evidence_maps(evidence_map or ()))
    room = node.free_disk(folder) if disk is None else int(disk * GIB)
    output.say([say("This is node {name}; it joins {address}.", name=me.keys.name, address=address)])
    node.serve(require_tls(address), me, slots=slots, memory_bytes=int(memory * GIB), disk_bytes=room)


@contextlib.contextmanager
def joined(address: str | None, folder: Path | None) -> Iterator[Cluster | None]:
    """Give the cluster that a call names, None where it names none. Raises `InputError` where its keys are missing."""
    if address is None:
        yield None
        return
    if folder is None:
        raise InputError("A cluster needs its keys.", hint=say("Name them with {0}.", do(cluster_keys="FOLDER")))
    from mvtcase.cluster.coordinator import connected
    from mvtcase.cluster.keys import read_keys

    with connected(address, read_keys(folder)) as cluster:
        yield cluster
