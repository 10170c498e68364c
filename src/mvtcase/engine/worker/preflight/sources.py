"""What a module opened: every database goes through one method of MVT's, so it can be checked, counted and replaced."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvt.common.module import DatabaseCorruptedError

from mvtcase.engine.worker.preflight.accounts import RULES
from mvtcase.engine.worker.preflight.json_recovery import repaired_json
from mvtcase.engine.worker.preflight.recovery import Repair, repaired_copy
from mvtcase.engine.worker.safety.guards import OF_MODULES
from mvtcase.wording import Reason, together
from mvtcase_readers.regular import UnreadableError, check_regular
from mvtcase_readers.sqlite import check_tables, connect

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from mvt.common.module import MVTModule
    from typing_extensions import Self

MANIFEST = "Manifest.db"
RECORD_FILES = ("packages.json", "files.json", "_sms_backup", "_mms_backup")
"""Names of Android files that hold one JSON record for each package, file or message."""


class Sources:
    """The databases one module opens; the Manifest only counts for the module that examines it."""

    def __init__(
        self,
        module: MVTModule,
        copies: Replacements | None = None,
        on_content: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._copies = copies
        self._on_content = on_content
        self.paths: list[Path] = []
        self._slug = str(module.get_slug())
        self._root = Path(module.target_path) if module.target_path else None
        self.contents: set[str] = set()
        read_content = getattr(module, "_get_file_content", None)
        if read_content is not None:
            module._get_file_content = self._noted(module, read_content)  # noqa: SLF001 - the one way Android modules read files
        if hasattr(module, "_open_sqlite_db"):
            module._open_sqlite_db = self._hardened  # noqa: SLF001 - the one method all of MVT's iOS modules open databases by

    def _hardened(self, file_path: str) -> sqlite3.Connection:
        """Return a connection that may only read, in place of MVT's."""
        path = Path(file_path)
        try:
            check_regular(path, self._root)
            self._note(path)
            connection = connect(self._copies.of(path) if self._copies else path, bounds=OF_MODULES)
        except UnreadableError as error:
            raise DatabaseCorruptedError(str(error)) from error
        # A text that is no UTF-8 has to break the module, so that its second try sets it right and says so.
        connection.text_factory = str
        return connection

    @property
    def any(self) -> bool:
        """Whether the module opened anything that could be set right."""
        return bool(self.paths or self.contents)

    def _noted(self, module: MVTModule, read_content: Callable[[str], bytes]) -> Callable[[str], bytes]:
        def noted(file_path: str) -> bytes:
            check_in_folder(module, file_path)
            content = read_content(file_path)
            self._on_content(file_path)
            if file_path.endswith(RECORD_FILES):
                self.contents.add(file_path)
            return content

        return noted

    def _note(self, path: Path) -> None:
        if path in self.paths or (path.name == MANIFEST and self._slug != "manifest"):
            return
        rule = RULES.get(self._slug)
        if rule is not None:
            check_tables(path, rule.tables)
        self.paths.append(path)


def check_in_folder(reader: Any, file_path: str) -> None:  # noqa: ANN401 - a module or command of MVT's
    """Raise `DatabaseCorruptedError` when what MVT is going to read from a folder is no regular file in it.

    `reader` is whatever holds the folder as `parent_path` or `target_path`; one that reads an archive passes.
    """
    folder = getattr(reader, "parent_path", None)
    if folder is None or getattr(reader, "archive", None) is not None:
        return
    try:
        check_regular(Path(folder) / file_path, Path(folder))
    except UnreadableError as error:
        raise DatabaseCorruptedError(str(error)) from error


class Replacements:
    """Working copies that a second try reads in place of the databases that broke the first."""

    def __init__(self, sources: Sources, *, fill_times: bool) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="recovery-")
        self._originals = set(sources.paths)
        self._contents = set(sources.contents)
        self._fill_times = fill_times
        self._copies: dict[Path, tuple[Path, Repair]] = {}
        self._repairs: list[Repair] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    @property
    def sentence(self) -> Reason:
        """What was done to all copies, in words."""
        return together(*(repair.sentence for repair in self._repairs))

    def install(self, module: MVTModule) -> None:
        """Make a module read right content where it would read what broke it; databases are for `Sources`."""
        if self._contents:
            module._get_file_content = self._reading(module._get_file_content)  # noqa: SLF001 - as in Sources

    def _reading(self, read_content: Callable[[str], bytes]) -> Callable[[str], bytes]:
        def reading(file_path: str) -> bytes:
            content = read_content(file_path)
            if file_path not in self._contents:
                return content
            right, repair = repaired_json(content)
            self._repairs.append(repair)
            return right

        return reading

    def of(self, source: Path) -> Path:
        """Return the working copy of a database that broke the module, and any other database itself."""
        if source not in self._originals:
            return source
        if source not in self._copies:
            target = Path(self._folder.name) / f"{len(self._copies)}.db"
            repair = repaired_copy(source, target, fill_times=self._fill_times)
            self._repairs.append(repair)
            self._copies[source] = (target, repair)
        return self._copies[source][0]
