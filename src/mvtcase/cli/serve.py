"""`mvtcase serve`: the web console, for one browser on this machine."""

from __future__ import annotations

import socket
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase.cli import output
from mvtcase.cli.state import state_of, tongue
from mvtcase.errors import InputError
from mvtcase.wording import do, say

if TYPE_CHECKING:
    from starlette.applications import Starlette

HOST = "127.0.0.1"
PORT = 8642
_BACKLOG = 256


def register(app: typer.Typer) -> None:
    """Add the verb of this module to the program."""
    app.command("serve")(serve)


def serve(
    context: typer.Context,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes any that is free.")] = PORT,
    open_: Annotated[bool, typer.Option("--open", help="Open the address in this machine's browser.")] = False,
    evidence_root: Annotated[
        Path | None, typer.Option("--evidence-root", metavar="FOLDER", help="Choose acquisitions from below it.")
    ] = None,
) -> None:
    """Show the cases of this workspace in a browser on this machine: people, queue, reports, custody.

    Nobody else reaches it: it answers on the loopback address only, to the one browser that opens the printed address.
    """
    from mvtcase.web.door import ENTER, Door
    from mvtcase.web.site import Console, make_site

    desk = state_of(context).desk()
    if not desk.actor:
        raise InputError("Nobody is named as examiner.")
    if evidence_root is not None and not evidence_root.is_dir():
        raise InputError("There is no folder {folder}.", folder=evidence_root)
    listening = _listen(port)
    at = listening.getsockname()[1]
    door = Door()
    names = frozenset({f"{HOST}:{at}", f"localhost:{at}"})
    site = make_site(Console(desk=desk, door=door, names=names, evidence_root=evidence_root, tongue=tongue()))
    address = f"http://{HOST}:{at}{ENTER}?token={door.new_token()}"
    output.say([say("The console is open at {address}", address=address)])
    output.say(
        [say("The address lets one browser in, once. Ctrl-C ends the console; scans that run are stopped and kept.")]
    )
    if open_:
        webbrowser.open(address)
    _run(site, listening)


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise InputError(
            "Port {port} cannot be used: {error}.", hint=say("Try {0}.", do(port="0")), port=port, error=error.strerror
        ) from error
    listening.listen(_BACKLOG)
    return listening


def _run(site: Starlette, listening: socket.socket) -> None:
    """Serve until Ctrl-C. What is asked for is not logged: addresses hold ids of people."""
    import uvicorn

    config = uvicorn.Config(
        site,
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_keep_alive=5,
        h11_max_incomplete_event_size=64 << 10,
    )
    uvicorn.Server(config).run(sockets=[listening])
