"""Whether this machine can do the work: versions, sandbox, indicator sets, reports."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mvtcase.engine import box
from mvtcase.engine.versions import PINNED_MVT, SEAMS_FOR
from mvtcase.errors import MvtcaseError
from mvtcase.evidence import intake
from mvtcase.files import absolute
from mvtcase.kinds import of
from mvtcase.kinds.layouts import LAYOUTS
from mvtcase.report import fonts
from mvtcase.report.layout import paper
from mvtcase.settings import Limits
from mvtcase.store.view import memory_folder
from mvtcase.wording import Kept, Message, Said, count, do, said, say
from mvtcase.workflow.desk import Outcome, OutcomeStatus
from mvtcase_readers.drift import drifts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mvtcase.workflow.desk import Desk
    from mvtcase_readers.drift import Drift

MIN_FREE_BYTES = 5 << 30
NOT_THERE = said("not installed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: whether it is as it should be, what was seen, and what to do otherwise."""

    name: str
    good: bool
    seen: str | Message
    hint: str | Message = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What `doctor` returns."""

    checks: tuple[Check, ...]


def examine(desk: Desk | None, evidence: Path | None = None) -> Outcome[Checks]:
    """Return what was looked at; partial when something would keep a scan from being trusted.

    With `evidence` it is also compared with what is known of its kind. Raises the `EvidenceError` that says why it
    cannot be used.
    """
    checks = [_python(), _mvt(), _speed(), _plugins(), _sqlite(), _views(), _sandbox(), _reports(), _fonts()]
    checks += [] if evidence is None else list(_drift(absolute(evidence)))
    if desk is not None:
        checks += [_sets(desk), _disk(desk), _examiner(desk)]
    bad = [each for each in checks if not each.good]
    return Outcome(
        data=Checks(checks=tuple(checks)),
        status=OutcomeStatus.PARTIAL if bad else OutcomeStatus.SUCCESS,
        messages=tuple(
            say("{check}: {hint}", check=name, hint=hint)
            for (name, _), hint in {(each.name, str(each.hint)): each.hint for each in bad}.items()
        ),
    )


def _drift(evidence: Path) -> Iterator[Check]:
    """Yield what in evidence is not laid out as the readers expect, or one check that nothing is."""
    found = intake.identify(evidence)
    known = LAYOUTS.get(found.kind)
    seen: list[Drift] = []
    if known is not None and not found.encrypted:
        with tempfile.TemporaryDirectory(prefix="mvtcase-drift-") as folder:
            staged = intake.stage(found, Path(folder), Limits())
            seen = drifts(staged.target, known)
    told = said("nothing is known of its layout") if known is None else said("as the readers expect")
    if not seen:
        yield Check(
            name=said("layout"), good=True, seen=say("{kind}: {told}", kind=Said(of(found.kind).words), told=told)
        )
    for each in seen:
        yield Check(
            name=said("drift"),
            good=False,
            seen=say("{file}: {what}", file=each.file, what=Kept(each.what)),
            hint=say("Please report it with the version of phone and tool, and nothing of its contents."),
        )


def _python() -> Check:
    return Check(name="python", good=True, seen=platform.python_version())


def _mvt() -> Check:
    seen = _version("mvt")
    return Check(
        name="mvt",
        good=seen == PINNED_MVT,
        seen=seen,
        hint=say("Install mvt=={pinned}: no other release is known here.", pinned=PINNED_MVT),
    )


def _speed() -> Check:
    on = _version("mvt") == SEAMS_FOR
    return Check(
        name=said("faster functions"),
        good=on,
        seen=said("on") if on else said("off"),
        hint=say("Scans are slower: they were compared with mvt=={proven} only.", proven=SEAMS_FOR),
    )


def _plugins() -> Check:
    expected = {"mvt_plugin_androidqf", "mvt_plugin_line", "mvt_plugin_sysdiagnose"}
    present = {each.name for each in importlib.metadata.entry_points(group="mvt.modules")}
    foreign = sorted(present - expected)
    good = expected <= present and not foreign
    seen = ", ".join(sorted(present)) or said("none")
    return Check(name=said("mvt plugins"), good=good, seen=seen, hint=_plugin_hint(foreign))


def _plugin_hint(foreign: list[str]) -> Message:
    if foreign:
        return say("Plugins of unknown origin are refused unless allowed: {names}.", names=", ".join(foreign))
    return say("Reinstall mvtcase: its own MVT plugins are not registered.")


def _sqlite() -> Check:
    return Check(
        name="sqlite",
        good=sqlite3.sqlite_version_info >= (3, 37),
        seen=sqlite3.sqlite_version,
        hint=say("STRICT tables need SQLite 3.37 or newer."),
    )


def _views() -> Check:
    """Say where what a sealed case unpacks lies while a verb works: nowhere is no fault, the disk is wiped then."""
    memory = memory_folder()
    seen = str(memory) if memory else said("no private memory here: working folders lie on the disk and are wiped")
    return Check(name=said("sealed cases"), good=True, seen=seen)


def _sandbox() -> Check:
    seen = box.available()
    return Check(
        name=said("sandbox"),
        good=seen != box.NONE,
        seen=Said(seen) if seen == box.NONE else seen,
        hint=say("Install bubblewrap, or use a Linux with Landlock: without either only limits protect the worker."),
    )


def _reports() -> Check:
    """Say which WeasyPrint makes PDFs, once it found its libraries; they are the system's and not the package's."""
    try:
        seen, good = paper.version(), True
    except (ImportError, OSError) as error:
        seen, good = str(error), False
    return Check(
        name=said("pdf reports"),
        good=good,
        seen=seen,
        hint=say("Install weasyprint and Pango (Debian: libpango-1.0-0, libpangoft2-1.0-0, libharfbuzz-subset0)."),
    )


def _fonts() -> Check:
    found = fonts.of_chinese()
    return Check(
        name=said("cjk fonts"),
        good=found != (),
        seen=said("unknown: fc-list is missing") if found is None else found[0] if found else said("none"),
        hint=say("Install Noto Sans CJK (Debian: fonts-noto-cjk): a PDF in Chinese cannot be made without."),
    )


def _sets(desk: Desk) -> Check:
    def look() -> Message:
        active = desk.library.active()
        usable = count("{n} usable indicator", "{n} usable indicators", sum(each.usable for each in active))
        return say("{sets}, {usable}", sets=count("{n} active set", "{n} active sets", len(active)), usable=usable)

    return _tried(
        said("indicator sets"), look, hint=say("{0} and {1} bring sets in.", do("iocs list"), do("iocs import"))
    )


def _disk(desk: Desk) -> Check:
    free = shutil.disk_usage(desk.workspace.path).free
    return Check(
        name=said("disk"),
        good=free >= MIN_FREE_BYTES,
        seen=say("{free} GiB free", free=free >> 30),
        hint=say("Unpacking and decrypting need room: at least as much as the largest phone."),
    )


def _examiner(desk: Desk) -> Check:
    return _tried(
        said("examiner"),
        lambda: count("{n} letter", "{n} letters", len(desk.actor)),
        hint=say("Say who is working: {0}, MVTCASE_EXAMINER or the settings file.", do(examiner="NAME")),
    )


def _tried(name: str, look: Callable[[], Message], *, hint: Message) -> Check:
    try:
        return Check(name=name, good=True, seen=look())
    except MvtcaseError as error:
        return Check(name=name, good=False, seen=error.message, hint=error.hint or hint)


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return NOT_THERE
