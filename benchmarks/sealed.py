"""Sealed cases under load: how fast one is sealed and opened, and what is left of it after kill -9 at any moment.

Run by hand: `python benchmarks/sealed.py --kills 250 --full 100 --gigabytes 2`. Results stand in docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mvtcase.canon import sha256_file
from mvtcase.errors import MvtcaseError
from mvtcase.files import destroy, regular_files
from mvtcase.keys import identities
from mvtcase.keys.ring import Keys
from mvtcase.store import merging
from mvtcase.store.folder import Workspace
from mvtcase.workflow import bundles, cases, custody, groups, merges, sealed
from mvtcase.workflow.desk import Desk
from mvtcase.workflow.sealed import Wish
from mvtcase.workflow.status import status

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = "four plain words here"
ACTS = ("export", "import", "seal", "rekey", "unseal")
SIZE = 1_500_000
"""Bytes of the results of each of the four scans of a case that is killed: small, so that many kills take minutes."""


def desk_at(home: Path) -> Desk:
    """Return the desk of a new workspace with an open case and an identity."""
    identities.make(home / "own.identity", WORDS)
    workspace = Workspace(home / "w", keys=Keys(home / "own.identity", ask=lambda _: WORDS))
    workspace.create()
    desk = Desk(workspace=workspace, examiner="Ada", case="measured")
    cases.new(desk, "Measured", slug="measured")
    groups.add(desk, "Group")
    return desk


def fill(desk: Desk, count: int, size: int) -> None:
    """Put results into the case that look like MVT's: one file of JSON for each of `count` scans."""
    line = b'{"isodate": "2026-09-01 01:02:03", "proc_name": "process-%d", "wifi_in": %d, "bundle": "com.example.%d"}\n'
    rng = random.Random(1)
    for number in range(count):
        folder = desk.case_folder().home / "scans" / f"S-{number + 1:04d}" / "results" / "mvt"
        folder.mkdir(parents=True)
        block = b"".join(line % (rng.getrandbits(20), rng.getrandbits(40), rng.getrandbits(24)) for _ in range(40_000))
        with (folder / "datausage.json").open("wb") as out:
            for _ in range(max(1, size // len(block))):
                out.write(block)


def held(folder: Path) -> dict[str, str]:
    """Return the hash of every file of the scans of an open case."""
    return {str(each.relative_to(folder)): sha256_file(each) for each in regular_files(folder / "scans")}


def timed(what: str, act: Callable[[], object], size: int = 0) -> float:
    """Do something, and print how long it took, of the clock and of a core, and how many megabytes a second that is."""
    began, worked = time.monotonic(), time.process_time()
    act()
    took, worked = time.monotonic() - began, time.process_time() - worked
    rates = f", {size / took / 1e6:.0f} MB/s, {size / worked / 1e6:.0f} MB for each second of a core" if size else ""
    print(f"{what}: {took:.2f} s, {worked:.2f} s of a core{rates}", flush=True)
    return took


def fresh(desk: Desk) -> Desk:
    """Return the desk of another process, which has opened nothing yet."""
    keys = Keys(desk.keys.identity_file, ask=lambda _: WORDS)
    return replace(desk, workspace=replace(desk.workspace, keys=keys))


def measure(home: Path, gigabytes: float) -> None:
    """Print throughput and opening times."""
    desk = desk_at(home)
    fill(desk, 24, int(gigabytes * 1e9 / 24))
    size = sum(each.stat().st_size for each in regular_files(desk.case_folder().home))
    status(desk)
    plain = min(timed("status, open", lambda: status(desk)) for _ in range(3))
    timed(f"seal {size / 1e9:.1f} GB", lambda: sealed.seal(desk, Wish()), size)
    timed("open with key derivation", lambda: cases.show(fresh(desk)))
    closed = min(timed("status, sealed", lambda: status(desk)) for _ in range(3))
    print(f"status sealed / open: {closed / plain:.2f}")
    timed("rekey", lambda: sealed.rekey(desk, Wish()), size)
    timed("unseal", lambda: sealed.unseal(desk), size)


class Laptops:
    """Two laptops: one whose case is sealed, opened, re-keyed and exported, one that takes its bundle in."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.one = desk_at(home)
        fill(self.one, 4, SIZE)
        self.bundle, self.keys, self.number = home / "one.mvtbundle", home / "keys.txt", 0
        own = self.one.keys.identity()
        require(own is not None, "an identity")
        self.own = cast("identities.Identity", own)
        self.keys.write_text(f"Ada {' '.join(self.own.public_keys)}\n")
        self.export(self.bundle)
        self.sound, self.content = held(self.one.case_folder().home), content(self.one)
        self.other, self.was = self.one, ""

    def export(self, path: Path) -> None:
        """Write a bundle of the case of the first laptop."""
        bundles.export(replace(self.one, identity=self.own), bundles.Wish(to=(self.own.recipient,), output=path))

    def take(self) -> None:
        """Take the bundle in on the second laptop."""
        merges.take_in(replace(self.other, identity=self.own), self.bundle, merges.Wish(keys=self.keys))

    def next(self) -> tuple[str, Callable[[], object]]:
        """Return what is done next, ready to be done."""
        self.number += 1
        what = ACTS[self.number % len(ACTS)]
        if what == "export":
            out = self.home / f"out-{self.number}.mvtbundle"
            return what, lambda: self.export(out)
        if what == "import":
            self.other = replace(self.one, case=f"taken-{self.number}")
            cases.new(self.other, "Taken", slug=self.other.case, sealed=Wish() if self.number % 2 else None)
            return what, self.take
        if what == "seal" and self.one.case_folder().sealed:
            sealed.unseal(self.one)
        elif what != "seal" and not self.one.case_folder().sealed:
            sealed.seal(self.one, Wish())
        self.was = self.one.case_folder().slug
        acts = {"seal": sealed.seal, "rekey": sealed.rekey}
        return what, lambda: acts[what](self.one, Wish()) if what in acts else sealed.unseal(self.one)

    def check(self, what: str) -> bool:
        """Raise `AssertionError` where something is half or lost; return whether what was done came to its end."""
        cases_folder = self.one.workspace.cases
        require(custody.verify(self.one).data.holds, "the chain holds")
        require(content(self.one) == self.content, "the case holds what it held")
        half = [each for each in cases_folder.iterdir() if "." in each.name[1:] and each.is_dir()]
        require(not half, f"no half case: {half}")
        if what == "export":
            made = self.home / f"out-{self.number}.mvtbundle"
            done = made.exists() and not bundles.inspect(self.one, made).data.bundle.wrong_chunks
            require(done == made.exists(), "a bundle is whole")
            for each in self.home.glob("*out-*"):
                each.unlink()
            return done
        if what == "import":
            done = content(self.other) != []
            require(not done or content(self.other) == self.content, "a merge is whole")
            self.take()
            require(content(self.other) == self.content, "the next import ends it")
            require(custody.verify(self.other).data.holds, "the other chain holds")
            destroy(self.other.case_folder().home)
            return done
        return self.one.case_folder().slug != self.was

    def end(self) -> None:
        """Open the case again and compare every file with what it was at first."""
        if self.one.case_folder().sealed:
            sealed.unseal(self.one)
        require(held(self.one.case_folder().home) == self.sound, "every file is what it was")


def content(desk: Desk) -> list[Any]:
    """Return what a case says, whatever its short ids."""
    with desk.open_case() as store:
        return merging.content_of(store)


def require(holds: bool, what: str) -> None:  # noqa: FBT001  # reads as the sentence it is
    """Raise `AssertionError` where something does not hold."""
    if not holds:
        raise AssertionError(what)


def in_child(act: Callable[[], object], kill_after: float = math.inf, watch: Callable[[], object] = int) -> bool:
    """Do something in a process of its own, which may fail; tell whether it had to be killed after so many seconds."""
    began, child = time.monotonic(), os.fork()
    if child == 0:
        try:
            with contextlib.suppress(MvtcaseError, OSError):
                act()
            os._exit(0)
        except BaseException:  # noqa: BLE001  # told, and counted by the parent
            traceback.print_exc()
        finally:
            os._exit(1)
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0):
        watch()
        if time.monotonic() - began > kill_after:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.002)
    code = os.waitstatus_to_exitcode(ended[1])
    require(code in {0, -signal.SIGKILL}, "what fails says so as our errors do")
    return code != 0


def kill(home: Path, kills: int) -> None:
    """Kill each of the five at random moments, and look whether everything is whole each time."""
    laptops, rng, ends = Laptops(home), random.Random(16), Counter[str]()
    spans: dict[str, float] = {}
    while ends.total() < kills:
        what, act = laptops.next()
        began = time.monotonic()
        moment = rng.choice((rng.uniform(0, 1), rng.uniform(0.8, 1.2)))  # the end is where one form becomes the other
        killed = in_child(act, kill_after=moment * spans.get(what, math.inf))
        if not killed:
            spans[what] = time.monotonic() - began
        done = laptops.check(what)
        if killed:
            ends[f"{what} {'done' if done else 'as before'}"] += 1
    laptops.end()
    print(f"killed, and nothing half or lost: {dict(sorted(ends.items()))}", flush=True)


def at_most_taken(home: Path, act: Callable[[], object]) -> int:
    """Do something, and return how many bytes of the disk it took at most."""
    free = shutil.disk_usage(home).free
    seen = [free]
    in_child(act, watch=lambda: seen.append(shutil.disk_usage(home).free))
    return free - min(seen)


def fill_up(home: Path, times: int) -> None:
    """Let the disk be full at random moments: a file system of its own, which takes a mount, so root."""
    size = 160 << 20
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(home)], check=True)
    try:
        laptops, rng, ends = Laptops(home), random.Random(17), Counter[str]()
        needs: dict[str, int] = {}
        for _ in range(times + len(ACTS)):
            what, act = laptops.next()
            if what not in needs:
                needs[what] = at_most_taken(home, act)
                laptops.check(what)
                continue
            room = rng.randrange(int(needs[what] * 1.1))
            (home / "filler").write_bytes(bytes(max(0, shutil.disk_usage(home).free - room)))
            in_child(act)
            (home / "filler").unlink()
            ends[f"{what} {'done' if laptops.check(what) else 'as before'}"] += 1
        laptops.end()
    finally:
        subprocess.run(["umount", str(home)], check=True)
    print(f"disk full, and nothing half or lost: {dict(sorted(ends.items()))}", flush=True)


def main() -> None:
    """Measure, then kill, then fill the disk up."""
    wish = argparse.ArgumentParser(description=__doc__)
    wish.add_argument("--kills", type=int, default=200)
    wish.add_argument("--full", type=int, default=0, metavar="TIMES", help="let the disk be full so often (as root)")
    wish.add_argument("--gigabytes", type=float, default=2.0)
    asked = wish.parse_args()
    for act, amount in ((measure, asked.gigabytes), (kill, asked.kills), (fill_up, asked.full)):
        with tempfile.TemporaryDirectory() as home:
            if amount:
                act(Path(home), amount)


if __name__ == "__main__":
    main()
