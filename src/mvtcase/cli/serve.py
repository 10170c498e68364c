"""`mvtcase serve`: the web console, for one browser on this machine or for registered examiners who sign in."""

from __future__ import annotations

import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvtcase import workflow
from mvtcase.cli import output
from mvtcase.cli.state import command, state_of, tongue
from mvtcase.errors import InputError
from mvtcase.wording import do, say

if TYPE_CHECKING:
    from mvtcase.web.listening import Tls
    from mvtcase.wording import Message
    from mvtcase.workflow.desk import Desk

PORT = 8642


def serve(
    context: typer.Context,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes any that is free.")] = PORT,
    open_: Annotated[bool, typer.Option("--open", help="Open the address in this machine's browser.")] = False,
    evidence_root: Annotated[
        Path | None, typer.Option("--evidence-root", metavar="FOLDER", help="Choose acquisitions from below it.")
    ] = None,
    listen: Annotated[
        str, typer.Option("--listen", metavar="ADDRESS", help="IP address to answer on, for examiners with passwords.")
    ] = "127.0.0.1",
    tls_cert: Annotated[
        Path | None, typer.Option("--tls-cert", metavar="FILE", help="Certificate (PEM) that names the address.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", metavar="FILE", help="Its key (PEM).")] = None,
    unsandboxed: Annotated[
        bool, typer.Option("--unsandboxed", help="Go on where no sandbox works; reports say what that means.")
    ] = False,
) -> None:
    """Show the cases of this workspace in a browser: people, queue, reports, custody.

    Nobody else reaches it: it answers on the loopback address only, to the one browser that opens the printed address.
    With another address it takes TLS, and registered examiners who sign in with their passwords.
    """
    from mvtcase.web import listening
    from mvtcase.web.console import Console
    from mvtcase.web.door import ENTER, Door
    from mvtcase.web.site import make_site

    desk = replace(state_of(context).desk(), unsandboxed=unsandboxed)
    if evidence_root is not None and not evidence_root.is_dir():
        raise InputError("There is no folder {folder}.", folder=evidence_root)
    tls, shared = _tls(tls_cert, tls_key), not listening.is_loopback(listen)
    _require_means(desk, tls, shared=shared)
    place, door = listening.listen(listen, port, tls), Door()
    console = Console(
        desk=desk, door=door, names=place.names, evidence_root=evidence_root, shared=shared, tls=tls is not None,
        tongue=tongue(), typed=command,
    )  # fmt: skip
    address = place.address if shared else f"{place.address}{ENTER}?token={door.new_token()}"
    output.say([say("The console is open at {address}", address=address), _how(shared=shared)])
    if open_:
        webbrowser.open(address)
    listening.server(make_site(console), tls).run(sockets=[place.listening])


def _tls(certificate: Path | None, key: Path | None) -> Tls | None:
    from mvtcase.web.listening import read_tls

    if (certificate is None) is not (key is None):
        raise InputError("A certificate and its key go together.")
    return read_tls(certificate, key) if certificate and key else None


def _require_means(desk: Desk, tls: Tls | None, *, shared: bool) -> None:
    """Raise `InputError` where the console would be open to more than it can tell apart."""
    if not shared:
        if not desk.actor:
            raise InputError("Nobody is named as examiner.")
        return
    if tls is None:
        raise InputError(
            "Others than this machine's user reach that address: it takes TLS.",
            hint=say("Use {0}.", do(tls_cert="FILE", tls_key="FILE")),
        )
    workflow.passwords.require_somebody(desk)


def _how(*, shared: bool) -> Message:
    if shared:
        return say("Registered examiners sign in with their passwords. Ctrl-C ends the console and the scans that run.")
    return say("The address lets one browser in, once. Ctrl-C ends the console; scans that run are stopped and kept.")
