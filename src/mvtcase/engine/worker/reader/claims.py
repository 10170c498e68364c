"""Claims: who read each acquired file, with how many rows and how far, or nobody.

Written compactly beside the results; the scan keeps the sums and the files that nobody read.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from mvtcase import kinds
from mvtcase.engine.safe_json import safe_text
from mvtcase.engine.worker.run.opened import read_opened
from mvtcase.wording import Reason, why
from mvtcase_readers.values import Extent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mvtcase.engine.worker.reader.files import Acquired
    from mvtcase.model import EvidenceKind, Json

MAX_LISTED = 50
MAX_NAMED_GAPS = 20
AT_ONCE = 500
"""Lines that are packed in one go."""
NOT_READ = "not_read"
"""What stands in place of an extent where the second reader did not come to a file."""

MISSING = "missing"
_READ = frozenset({Extent.FULL, Extent.BOUNDED, Extent.DAMAGED, Extent.SKIMMED})


@dataclass(slots=True, kw_only=True)
class Claim:
    """One file: its modules with the number of their records, and how far the second reader read it."""

    file: Acquired
    extent: str = NOT_READ
    form: str = ""
    values: int = 0
    note: str = ""
    modules: dict[str, int] = field(default_factory=dict)
    telling: bool | None = None
    """Whether the file must not go unread; None until somebody asked."""
    sha256: bytes = b""
    """Of the whole file as it was read; empty where it was not read to its end."""

    @property
    def is_unclaimed(self) -> bool:
        """Whether nobody read it."""
        return not self.modules and self.extent not in _READ

    @property
    def shown(self) -> str:
        """Its name for a person."""
        return self.file.place or self.file.name

    def line(self) -> dict[str, Json]:
        """Return it as it is stored, without what is empty."""
        fields: dict[str, Json] = {
            "file": safe_text(self.file.name, 1000),
            "place": self.file.place,
            "bytes": self.file.size,
            "reader": self.extent,
            "form": self.form,
            "values": self.values,
            "note": self.note,
            "modules": dict(self.modules),
        }
        return {key: value for key, value in fields.items() if value or key == "bytes"}


@dataclass(slots=True)
class Claims:
    """All claims of a scan."""

    kind: EvidenceKind
    claims: list[Claim] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    compared_nothing: list[tuple[str, Claim]] = field(default_factory=list)
    """Modules that extracted without comparing, each with a source of theirs."""

    def add_modules(self, folder: Path) -> None:
        """Add what the modules opened, as their scan wrote it down."""
        by_name = {name: claim for claim in self.claims for name in (claim.file.place, claim.file.name)}
        only = self.claims[0] if len(self.claims) == 1 else None
        for run in read_opened(folder):
            # The one file of an acquisition may have been opened before any module ran.
            for name in run["files"] or ([""] if run.get("records") else []):
                claim = by_name.get(name) or only
                if claim is not None:
                    claim.modules[run["slug"]] = max(claim.modules.get(run["slug"], 0), int(run.get("records") or 0))
                    if not run.get("compared", True) and run.get("records"):
                        self.compared_nothing.append((str(run.get("module", run["slug"])), claim))

    def summary(self) -> dict[str, Json]:
        """Return the sums, and the files that nobody read, telling ones first, then large ones."""
        unclaimed = [claim for claim in self.claims if claim.is_unclaimed]
        unclaimed.sort(key=lambda claim: (not self._tells(claim), -claim.file.size, claim.file.name))
        extents: dict[str, int] = defaultdict(int)
        for claim in self.claims:
            extents[claim.extent] += 1
        return {
            "files": len(self.claims),
            "claimed": sum(bool(claim.modules) for claim in self.claims),
            "second_reader": extents[str(Extent.FULL)],
            "extents": dict(extents),
            "missing": len(self.missing),
            "unclaimed_files": len(unclaimed),
            "unclaimed": [
                {"path": safe_text(claim.shown, 500), "bytes": claim.file.size, "telling": self._tells(claim)}
                for claim in unclaimed[:MAX_LISTED]
            ],
        }

    def gaps(self) -> Iterator[tuple[str, Reason]]:
        """Yield module and reason of what should have been read and was not: telling files, sources nobody compared."""
        unread = [
            claim for claim in self.claims if not claim.modules and claim.extent != Extent.FULL and self._tells(claim)
        ]
        for claim in unread[:MAX_NAMED_GAPS]:
            yield "second reader", why("reader.telling", file=claim.shown, how=why(f"read.{claim.extent}"))
        if len(unread) > MAX_NAMED_GAPS:
            yield "second reader", why("reader.more_telling", count=len(unread) - MAX_NAMED_GAPS)
        for module, claim in dict(self.compared_nothing).items():
            if claim.extent not in {Extent.FULL, Extent.SKIMMED}:
                yield module, why("reader.uncompared", file=claim.shown, how=why(f"read.{claim.extent}"))

    def _tells(self, claim: Claim) -> bool:
        if claim.telling is None:
            places = {claim.shown, claim.file.name, claim.file.rooted}
            claim.telling = any(map(kinds.of(self.kind).telling_trace, places))
        return claim.telling

    def write(self, path: Path) -> None:
        """Write all claims as lines of JSON, in the order of the files."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(path, flags, 0o600), "wb") as raw, gzip.GzipFile("", "wb", 6, raw, 0) as packed:
            lines = (json.dumps(line) for line in self._lines())
            while some := list(islice(lines, AT_ONCE)):
                packed.write(("\n".join(some) + "\n").encode("ascii", "backslashreplace"))

    def _lines(self) -> Iterator[dict[str, Any]]:
        yield from (claim.line() for claim in self.claims)
        yield from (
            {"file": "", "place": safe_text(place, 500), "reader": MISSING, "bytes": 0} for place in self.missing
        )
