"""The whole program, asked about one input at a time: a case for each in one workspace, and what `status` says."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from builders.planted_ios import PASSWORD
from builders.stix_bundles import PATTERNS
from mvtcase.cli import app

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from mvtcase.phones.plants import PlantKind

ACCUSING = frozenset({"confirmed", "targeted", "indicator_match", "suspicious"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the program said of one input."""

    status: str
    completeness: str = ""
    findings: tuple[Mapping[str, Any], ...] = ()
    gaps: tuple[str, ...] = ()
    leads: int = 0
    seconds: float = 0.0
    refused: str = ""

    @property
    def rules(self) -> tuple[str, ...]:
        """Return what was found, shortest form first: rule or title, module, rating or level."""
        return tuple(
            f"{one.get('rule') or one['title'][:70]} [{one['module']} {one.get('rating') or one['level']}]"
            for one in self.findings
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """What a recheck with a set published later found, and what only a scan with that set did: indicator and module."""

    found: frozenset[tuple[str, str]]
    missed: frozenset[tuple[str, str]]
    gaps: tuple[str, ...]
    seconds: float


@dataclass(slots=True)
class Bench:
    """A workspace with indicator sets, in which each input gets a case of its own."""

    folder: Path
    sets: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not (self.folder / "workspace").exists():
            self.call("init", self.folder / "workspace")
            self.secret.write_text(PASSWORD)  # once: several processes share the folder

    @property
    def secret(self) -> Path:
        """Return the file with the password of encrypted backups."""
        return self.folder / "password"

    def add_set(self, path: Path) -> None:
        """Import an indicator file and use it for every input from now on."""
        self.sets += [one["name"] for one in self.call("iocs", "import", path)["imported"]]

    def only_these(self) -> None:
        """Switch every other set off: a set that an input was not compared with makes its answer stale."""
        for one in self.call("iocs", "list")["sets"]:
            if one["name"] not in self.sets:
                self.call("iocs", "disable", one["name"])

    def call(self, *words: object) -> dict[str, Any]:
        """Return the data of one call. Raises `RuntimeError` with the error it ended in."""
        out, err = io.StringIO(), io.StringIO()
        place = () if words[0] == "init" else ("-w", self.folder / "workspace")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = app.run([str(word) for word in (*place, "--json", "--yes", "--examiner", "Bench", *words)])
        try:
            envelope = json.loads(out.getvalue())
        except ValueError:
            raise RuntimeError(f"{words[0]} ended {code}: {err.getvalue()[-400:]}") from None
        if code > 1:
            raise RuntimeError(f"{words[0]} ended {code}: {json.dumps(envelope.get('error') or envelope)[:400]}")
        return dict(envelope["data"])

    def ask(self, evidence: Iterable[Path], **options: object) -> Said:
        """Return what the program says of a phone whose acquisitions are these paths."""
        began = time.monotonic()
        case = f"c{uuid.uuid4().hex[:10]}"
        try:
            return self._ask(case, list(evidence), began, options)
        except RuntimeError as refusal:
            return Said(status="refused", seconds=time.monotonic() - began, refused=str(refusal))
        finally:
            # Every call looks at all cases of a workspace: one that is done with would slow the next.
            shutil.rmtree(self.folder / "workspace" / "cases" / case, ignore_errors=True)

    def ask_later(self, evidence: Path, earlier: str) -> Later:
        """Return how a recheck with the bench's sets, of a scan with an earlier one, differs from a scan with them."""
        began = time.monotonic()
        case = f"c{uuid.uuid4().hex[:10]}"
        within = ("--case", case)
        sets = [word for name in self.sets if name != earlier for word in ("--iocs", name)]
        try:
            self._registered(case, [evidence])
            self._scanned(within, ("--all", "--iocs", earlier))
            recheck = self.call(*within, "recheck", "run", "--all", *sets)
            found = self._indicators(within)
            acquisitions = [one["id"] for one in self.call(*within, "acquisition", "list")["acquisitions"]]
            self._scanned(within, (*acquisitions, *sets))
            gaps = [f"{gap['module']}: {gap['reason']}" for one in recheck["scans"] for gap in one["gaps"]]
            both = self._indicators(within)
        finally:
            shutil.rmtree(self.folder / "workspace" / "cases" / case, ignore_errors=True)
        return Later(found=found, missed=both - found, gaps=tuple(gaps), seconds=time.monotonic() - began)

    def _indicators(self, within: tuple[str, ...]) -> frozenset[tuple[str, str]]:
        findings = self.call(*within, "finding", "list")["findings"]
        return frozenset((one["indicator"]["value"], one["module"]) for one in findings if one["indicator"])

    def _ask(self, case: str, evidence: list[Path], began: float, options: Mapping[str, object]) -> Said:
        within = ("--case", case)
        self._registered(case, evidence)
        more = [word for name, value in options.items() for word in (f"--{name}", value)]
        return self._said(within, self._scanned(within, ("--all", *more)), began)

    def _registered(self, case: str, evidence: Iterable[Path]) -> None:
        within = ("--case", case)
        self.call("case", "new", case, "--slug", case)
        official = self.call(*within, "official", "add", "--name", "Invented Person")["official"]["id"]
        self.call(
            *within, "consent", "record", official, "--by", "Invented Person", "--scope", "all",
            "--method", "oral_witnessed", "--informed", "nature,privacy,retention,disposal",
        )  # fmt: skip
        for path in evidence:
            self.call(*within, "acquisition", "add", path, "--official", official)

    def _scanned(self, within: tuple[str, ...], more: Iterable[object]) -> dict[str, Any]:
        return self.call(*within, "scan", "run", "--jobs", 1, "--password-file", self.secret, *more)

    def _said(self, within: tuple[str, ...], scan: Mapping[str, Any], began: float) -> Said:
        official = self.call(*within, "status")["officials"][0]
        gaps = [f"{gap['module']} {gap['outcome']}: {gap['reason']}" for one in scan["scans"] for gap in one["gaps"]]
        gaps += [
            f"{gap['module']} {gap['outcome']}: {gap['reason']}" for one in official["devices"] for gap in one["gaps"]
        ]
        return Said(
            status=official["status"],
            completeness=" ".join(sorted({one["completeness"] for one in scan["scans"]})),
            findings=tuple(self.call(*within, "finding", "list")["findings"]),
            gaps=tuple(dict.fromkeys(gaps)),
            leads=int(official.get("leads", 0) or 0),
            seconds=time.monotonic() - began,
        )


def stix(path: Path, indicators: Mapping[PlantKind, Iterable[str]], family: str = "Invented") -> Path:
    """Write a STIX 2 bundle of these indicators by type, and return its path."""
    malware = f"malware--{uuid.uuid5(uuid.NAMESPACE_URL, family)}"
    objects: list[dict[str, object]] = [{"type": "malware", "id": malware, "name": family, "is_family": False}]
    for kind, values in indicators.items():
        for value in values:
            name = f"indicator--{uuid.uuid5(uuid.NAMESPACE_URL, f'{kind}/{value}')}"
            pattern = f"[{PATTERNS[kind]}='{value}']"
            objects.append(
                {
                    "type": "indicator",
                    "id": name,
                    "pattern": pattern,
                    "pattern_type": "stix",
                    "indicator_types": ["malicious-activity"],
                }
            )
            relation = f"relationship--{uuid.uuid5(uuid.NAMESPACE_URL, f'r/{kind}/{value}')}"
            objects.append(
                {
                    "type": "relationship",
                    "id": relation,
                    "relationship_type": "indicates",
                    "source_ref": name,
                    "target_ref": malware,
                }
            )
    path.write_text(json.dumps({"type": "bundle", "id": f"bundle--{uuid.uuid4()}", "objects": objects}))
    return path
