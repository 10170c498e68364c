"""A scheduler and two nodes as processes of their own, over mutual TLS; their engine is a fake, Dask is not."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from mvtcase.canon import utc_now
from mvtcase.cluster import coordinator, parcels
from mvtcase.cluster.keys import make_keys, read_keys
from mvtcase.engine.job import Secret
from mvtcase.errors import EngineError, EvidenceAlteredError
from mvtcase.phones.ios import build_ios_backup
from mvtcase.phones.ios_phone import IosPhone
from mvtcase.workflow import acquisitions, findings, rechecks, scans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from mvtcase.cluster.coordinator import Cluster
    from mvtcase.workflow.desk import Desk

pytest.importorskip("distributed", reason="the extra mvtcase[cluster] is not installed")

NODE = Path(__file__).parent.parent / "support" / "fake_node.py"
PASSWORD = "Wort-das-niemand-sagt-1987"
SECONDS = 240

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Running:
    """A running cluster: where it listens, its keys, and the folder of its machines' logs and work."""

    address: str
    folder: Path
    processes: list[subprocess.Popen[bytes]]

    def joined(self) -> AbstractContextManager[Cluster]:
        """Return the cluster as its coordinator joins it."""
        return coordinator.connected(self.address, read_keys(self.folder / "keys/coordinator"))

    def left(self) -> list[str]:
        """Return what lies in the nodes' folders beside their own scratch folders."""
        return [str(path) for path in self.folder.glob("work/*/work-*/*") if path.name != "dask-scratch-space"]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Give a scheduler and the nodes `alpha` and `beta`, which see the tests' evidence at its own path."""
    folder = tmp_path_factory.mktemp("cluster")
    base = tmp_path_factory.getbasetemp()
    make_keys(folder / "keys", ["alpha", "beta"], days=2, clock=utc_now)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"tls://127.0.0.1:{port}"
    scheduler = ("-m", "mvtcase", "cluster", "scheduler", "--host", "127.0.0.1", "--port", str(port), "--keys")
    running = Running(address=address, folder=folder, processes=[])
    commands = {"scheduler": [*scheduler, str(folder / "keys/scheduler")]}
    for name in ("alpha", "beta"):
        commands[name] = [
            str(NODE), address, str(folder / "keys" / name), str(folder / "work" / name), f"{base}={base}",
        ]  # fmt: skip
    try:
        for name, command in commands.items():
            with (folder / f"{name}.log").open("wb") as log:
                running.processes.append(
                    subprocess.Popen([sys.executable, *command], stdout=log, stderr=log, cwd=folder)
                )
        _until(lambda: (folder / "scheduler.log").read_text().count("Starting worker compute stream") >= 2)
        yield running
    finally:
        for process in running.processes:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def nodes(cluster: Running) -> Iterator[Cluster]:
    """Give the cluster as its coordinator joined it once."""
    with cluster.joined() as joined:
        yield joined


def _until(happened: Callable[[], T | None]) -> T:
    until = time.monotonic() + SECONDS
    while not (it := happened()):
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.05)
    return it


def _scan(desk: Desk, nodes: Cluster, acquisition: str, **wish: object) -> str:
    request = scans.Request(acquisitions=(acquisition,), cluster=nodes, password=Secret(value=PASSWORD), **wish)  # type: ignore[arg-type]  # as the test says
    return scans.run(desk, request).data.scans[0].id


def test_what_a_node_found_is_filed_here_and_nothing_stays_there(
    cluster: Running, nodes: Cluster, desk: Desk, add_phone: Callable[..., str]
) -> None:
    """The alert becomes a finding, the results are those the node hashed, and the nodes' folders are empty."""
    scan = _scan(desk, nodes, add_phone())
    again = rechecks.run(desk, rechecks.Request(scans=(scan,), cluster=nodes)).data
    found = findings.list_findings(desk).data
    assert nodes.slots == 2
    assert [each.indicator.value for each in found.findings if each.indicator] == ["bh"]
    assert (desk.case_folder().results(scan) / "results.sha256").is_file()
    assert (len(again.explained), again.newly_matching) == (1, ())
    assert not cluster.left()


def test_small_evidence_travels_along_where_no_node_has_it(nodes: Cluster, desk: Desk) -> None:
    """A phone outside of the mapped folders is sent sealed; one that was altered since is refused by the node."""
    with tempfile.TemporaryDirectory() as elsewhere:
        path = build_ios_backup(Path(elsewhere) / "phone", IosPhone(seed=3)).path
        added = acquisitions.add(desk, path, acquisitions.Registration(official="O-0001"))
        acquisition = str(added.json["acquisition"]["id"])
        scan = scans.show(desk, _scan(desk, nodes, acquisition)).data.scan
        assert (scan.error, scan.sandbox) == (None, "bubblewrap")
        (path / "Info.plist").write_bytes(b"another")
        with pytest.raises(EvidenceAlteredError, match=r"(alpha|beta): .*Info\.plist"):
            _scan(desk, nodes, acquisition)


def test_a_node_of_another_release_is_refused_by_name(nodes: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything begins the coordinator says which node has which version of what."""
    monkeypatch.setattr(parcels, "tools", lambda: {"mvt": "1.0"})
    with pytest.raises(EngineError, match=r"(alpha|beta) has other versions.*mvt 2026\.10\.26, not 1\.0"):
        nodes.greet()


def test_who_has_no_certificate_of_the_ca_is_not_let_in(
    cluster: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys of another CA open nothing: neither joins nor is joined."""
    monkeypatch.setattr(coordinator, "JOIN_SECONDS", 1)
    make_keys(tmp_path / "keys", ["gamma"], days=2, clock=utc_now)
    for name in ("coordinator", "gamma"):
        joined = coordinator.connected(cluster.address, read_keys(tmp_path / "keys" / name))
        with pytest.raises(EngineError, match="cannot be joined"), joined:
            pass


def test_a_stopped_scan_ends_on_the_node_and_leaves_nothing(
    cluster: Running, nodes: Cluster, desk: Desk, add_phone: Callable[..., str]
) -> None:
    """A batch that is stopped reaches the node that examines, whose folder is wiped."""
    acquisition = add_phone()
    held = _hold(desk, acquisition)
    stop = threading.Event()
    raised: list[BaseException] = []

    def run() -> None:
        try:
            _scan(desk, nodes, acquisition, stop=stop)
        except scans.StoppedError as error:
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    _until(held.exists)
    stop.set()
    thread.join(SECONDS)
    assert raised
    assert not cluster.left()
    assert [each.state for each in scans.list_scans(desk).data.scans] == ["interrupted"]


def test_a_lost_node_loses_nothing_and_two_are_told(
    cluster: Running, nodes: Cluster, desk: Desk, add_phone: Callable[..., str]
) -> None:
    """The phone of a killed node is examined by the other; when that is killed too the scan failed, with its reason."""
    acquisition = add_phone()
    held = _hold(desk, acquisition)
    done: list[str] = []
    thread = threading.Thread(target=lambda: done.append(_scan(desk, nodes, acquisition)), daemon=True)
    thread.start()
    _kill(cluster, held)
    held.with_name("hold").unlink()
    thread.join(SECONDS)
    assert scans.show(desk, done[0]).data.scan.state == "finished"
    assert len(findings.list_findings(desk).data.findings) == 1

    _start_again(cluster)
    held.with_name("hold").touch()
    killer = threading.Thread(target=_kill, args=(cluster, held, 2), daemon=True)
    killer.start()
    with pytest.raises(EngineError, match="lost, and so was the one that tried again"):
        _scan(desk, nodes, acquisition)
    killer.join(SECONDS)
    assert scans.list_scans(desk).data.scans[-1].state == "failed"


def test_the_password_is_in_no_log(cluster: Running) -> None:
    """Nothing that any machine wrote holds the password of every order, the killed ones' folders included."""
    logs = [path for path in cluster.folder.rglob("*") if path.is_file() and "keys" not in path.parts]
    assert len([each for each in logs if each.suffix == ".log"]) >= 3
    assert not [path for path in logs if PASSWORD.encode() in path.read_bytes()]


def _hold(desk: Desk, acquisition: str) -> Path:
    """Hold a phone on the node that examines it and return the file that says which process that is."""
    path = Path(acquisitions.show(desk, acquisition).data.acquisition.path)
    path.with_name("hold").touch()
    return path.with_name("held")


def _kill(cluster: Running, held: Path, times: int = 1) -> None:
    """Kill the node that holds a phone, and the one that holds it next, so many times; whatever goes wrong, let go."""
    try:
        for _ in range(times):
            process = _until(lambda: _holding(cluster, held))
            process.kill()
            process.wait()
    except BaseException:
        held.with_name("hold").unlink()  # or who waits for the phone waits for ever
        raise


def _holding(cluster: Running, held: Path) -> subprocess.Popen[bytes] | None:
    """Return the node at work on a held phone; a killed one's word is still there until another's takes its place."""
    pid = int(held.read_text()) if held.exists() else 0
    return next((each for each in cluster.processes if each.pid == pid and each.poll() is None), None)


def _start_again(cluster: Running) -> None:
    """Start the node again that was killed."""
    (lost,) = (each for each in cluster.processes if each.poll() is not None)
    log = cluster.folder / "scheduler.log"
    before = log.read_text().count("Starting worker compute stream")
    with (cluster.folder / "again.log").open("wb") as output:
        cluster.processes.append(subprocess.Popen(lost.args, stdout=output, stderr=output, cwd=cluster.folder))
    _until(lambda: log.read_text().count("Starting worker compute stream") > before)
