"""Which files of the evidence each module opened, by Python's own audit events: that is a module's claim on them."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_NAME = "opened.jsonl"
MAX_OPENED = 200_000
"""Files of one module that are kept."""

MANIFEST = "Manifest.db"


class Opened:
    """Hears of every file opened below the evidence; installed once, since an audit hook cannot be taken away."""

    def __init__(self, target: Path, folder: Path) -> None:
        self._root = os.path.abspath(target)  # noqa: PTH100 - compared as text with what is opened
        self._names: set[str] | None = None
        self._inside: str | None = None
        self._record = folder / FILE_NAME

    def install(self) -> None:
        """Begin to listen."""
        sys.addaudithook(self._heard)

    @contextmanager
    def by(self, part: str, slug: str) -> Iterator[dict[str, Any]]:
        """Write down what is opened in the block as a module's; what the caller puts into the dict goes along."""
        facts: dict[str, Any] = {}
        outer, self._names = self._names, set()
        try:
            yield facts
        finally:
            names, self._names = self._names, outer
            # Every module of a backup asks the Manifest where its file is; what a command opened, its modules read.
            names |= outer or set()
            names |= {self._inside} if self._inside else set()
            kept = sorted(name for name in names if slug == "manifest" or name != MANIFEST)
            self._append({"part": part, "slug": slug, "files": kept, **facts})

    @contextmanager
    def by_command(self) -> Iterator[None]:
        """Count what a command opens for its modules as theirs."""
        outer, self._names = self._names, set()
        try:
            yield
        finally:
            self._names = outer

    @contextmanager
    def as_of(self, name: str) -> Iterator[None]:
        """Count what modules do in the block as a claim on an acquisition inside this one, packed as it may be."""
        self._inside = name
        try:
            yield
        finally:
            self._inside = None

    def note(self, name: str) -> None:
        """Hear of a file that a module got without opening it itself."""
        if self._names is not None and len(self._names) < MAX_OPENED:
            self._names.add(name)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._names is None or event not in {"open", "sqlite3.connect"}:
            return
        path = arguments[0]
        if isinstance(path, (str, bytes)):
            text = os.fsdecode(path)
            if text.startswith("file:"):
                text = "/" + unquote(text.removeprefix("file:").partition("?")[0]).lstrip("/")
            # Cases hold paths with `..` in them, which MVT carries on.
            text = os.path.normpath(text) if "/../" in text else text
            if text.startswith(f"{self._root}{os.sep}"):
                self.note(os.path.normpath(text[len(self._root) + 1 :]))
            elif text == self._root:
                self.note(os.path.basename(text))  # noqa: PTH119 - a text, not a Path

    def _append(self, line: dict[str, Any]) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        with os.fdopen(os.open(self._record, flags, 0o600), "ab") as record:
            record.write(json.dumps(line).encode("ascii", "backslashreplace") + b"\n")


def read_opened(folder: Path) -> list[dict[str, Any]]:
    """Return what all workers of a scan wrote down, nothing where the file is not there."""
    try:
        lines = (folder / FILE_NAME).read_bytes().splitlines()
    except OSError:
        return []
    return [json.loads(line) for line in lines if line.endswith(b"}")]
