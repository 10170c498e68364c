"""What a module opened: every database goes through one method of MVT's, so it can be checked, counted and replaced."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvt.common.module import DatabaseCorruptedError

from mvtcase.engine.worker.accounts import RULES
from mvtcase.engine.worker.databases import UnfitDatabaseError, check_regular, check_tables
from mvtcase.engine.worker.recovery import Repair, repaired_copy

if TYPE_CHECKING:
    from collections.abc import Callable

    from mvt.common.module import MVTModule
    from typing_extensions import Self

MANIFEST = "Manifest.db"


class Sources:
    """The databases one module opens; the Manifest only counts for the module that examines it."""

    def __init__(self, module: MVTModule) -> None:
        self.paths: list[Path] = []
        self._slug = str(module.get_slug())
        self._root = Path(module.target_path) if module.target_path else None
        open_database = getattr(module, "_open_sqlite_db", None)
        if open_database is not None:
            module._open_sqlite_db = self._checked(open_database)  # noqa: SLF001 - as below

    def _checked(self, open_database: Callable[[str], sqlite3.Connection]) -> Callable[[str], sqlite3.Connection]:
        def checked(file_path: str) -> sqlite3.Connection:
            path = Path(file_path)
            try:
                check_regular(path, self._root)
                self._note(path)
            except UnfitDatabaseError as error:
                raise DatabaseCorruptedError(str(error)) from error
            return open_database(file_path)

        return checked

    def _note(self, path: Path) -> None:
        if path in self.paths or (path.name == MANIFEST and self._slug != "manifest"):
            return
        rule = RULES.get(self._slug)
        if rule is not None:
            check_tables(path, rule.tables)
        self.paths.append(path)


class Replacements:
    """Working copies that a second try reads in place of the databases that broke the first."""

    def __init__(self, paths: list[Path], *, fill_times: bool) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="recovery-")
        self._originals = set(paths)
        self._fill_times = fill_times
        self._copies: dict[Path, tuple[Path, Repair]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    @property
    def sentence(self) -> str:
        """What was done to all copies, in words."""
        return "; ".join(dict.fromkeys(repair.sentence for _, repair in self._copies.values()))

    def install(self, module: MVTModule) -> None:
        """Make a module read copies where it would read the databases that broke it."""
        open_database = module._open_sqlite_db  # noqa: SLF001 - the one method all of MVT's iOS modules open databases by

        def replaced(file_path: str) -> Any:  # noqa: ANN401 - a connection of MVT's or ours
            if Path(file_path) not in self._originals:
                return open_database(file_path)
            return sqlite3.connect(f"{self._copy(Path(file_path)).as_uri()}?mode=ro", uri=True)

        module._open_sqlite_db = replaced  # noqa: SLF001 - as above

    def _copy(self, source: Path) -> Path:
        if source not in self._copies:
            target = Path(self._folder.name) / f"{len(self._copies)}.db"
            self._copies[source] = (target, repaired_copy(source, target, fill_times=self._fill_times))
        return self._copies[source][0]
