"""LINE in AndroidQF acquisitions and bug reports: the installed app, and its databases where there are any."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from mvt.plugin import AndroidQFModule, BugReportModule, DatabaseNotFoundError

from mvtcase_readers.regular import UnreadableError, check_regular
from mvtcase_readers.trees import parse_json

from .android_db import read_account
from .android_files import PACKAGE, Folder, app_result, has_packages, label_of, line_block, listed_databases
from .checks import LineChecks, is_domain
from .records import Account, Gap, Platform

MOST_MEMBER_BYTES = 2 << 30
"""A database inside an archive is unpacked up to this size, a dump read up to a quarter of it."""
_NO_DATABASES = Gap(
    source="databases",
    reason="this acquisition carries no app databases; ask for the lock sign on the screen (docs/line.md)",
)


class _AndroidApp(LineChecks):
    """Shared by both modules: the app record, and R7 where the app is there without its databases."""

    def add_app(self, dump: bytes, source: str, installer: str | None = None) -> bool:
        """Keep LINE's record and return whether the dump says that LINE is installed."""
        block = line_block(dump)
        if block is not None:
            self.results.append(app_result(block, source, installer))
        elif not has_packages(dump):
            self.add_gaps(
                [Gap(source=source, reason="holds no list of installed packages", damaged=True)], Platform.ANDROID
            )
        return block is not None

    def add_no_databases(self) -> None:
        """Keep the result that sealing cannot be told."""
        self.add_account(Account(platform=Platform.ANDROID, label="android", mid=None, gaps=(_NO_DATABASES,)))


class LineBugreport(_AndroidApp, BugReportModule):
    """Reads LINE's version, installer and install times; a bug report never carries app databases."""

    slug = "line_bugreport"
    supported_commands = (("android", "check-bugreport"),)

    def run(self) -> None:
        """Read the app's record; raises `DatabaseNotFoundError` when LINE is not installed."""
        dump = None if self._too_large() else self._get_dumpstate_file()
        if not dump:
            gap = Gap(source="bugreport", reason="no dumpstate file, or one too large to read", damaged=True)
            self.add_gaps([gap], Platform.ANDROID)
            return
        if self.add_app(dump, "bugreport"):
            # Inside an AndroidQF acquisition (no path of its own) that one's module says it already.
            if self.target_path is not None:
                self.add_no_databases()
        elif not self.results:
            raise DatabaseNotFoundError("LINE is not among the installed packages")

    def _too_large(self) -> bool:
        if self.zip_archive is None:
            return False
        return any(member.file_size > MOST_MEMBER_BYTES // 4 for member in self.zip_archive.infolist())


class LineAndroidQF(_AndroidApp, AndroidQFModule):
    """Reads LINE's app record, and its databases where somebody put them into the acquisition (a rooted phone)."""

    slug = "line_androidqf"
    supported_commands = (("android", "check-androidqf"),)

    def run(self) -> None:
        """Read databases and app record; raises `DatabaseNotFoundError` when LINE is in neither."""
        folders = listed_databases(self.files)
        with ExitStack() as stack:
            for place, names in sorted(folders.items()):
                files = self._files(names, stack)
                self.add_account(read_account(Folder(label=label_of(place), files=files), is_domain))
        installed = self._add_installed()
        if installed and not folders:
            self.add_no_databases()
        if not self.results:
            raise DatabaseNotFoundError(self._absence())

    def _absence(self) -> str:
        """Return what can be said where nothing of LINE was found: that it is absent only where packages are listed."""
        if self._lists("dumpsys.txt") or self._lists("packages.json"):
            return "LINE is not among the installed packages, and no database of it is in this acquisition"
        return "no database of LINE is in this acquisition, nor a list of packages that tells whether it is installed"

    def _lists(self, name: str) -> list[str]:
        found: list[str] = self._get_files_by_pattern(f"*/{name}") or self._get_files_by_pattern(name)
        return found[:1]

    def _files(self, names: dict[str, str], stack: ExitStack) -> dict[str, Path]:
        if self.archive is None:
            return {name: Path(self.parent_path or ".") / listed for name, listed in names.items()}
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mvt_line_")))
        return {name: self._unpacked(listed, place / name) for name, listed in names.items()}

    def _unpacked(self, member: str, target: Path) -> Path:
        """Unpack one database; one too large or impossible to unpack is left out, and its absence becomes the gap."""
        archive = self.archive
        if archive is None:
            return target
        try:
            if archive.getinfo(member).file_size <= MOST_MEMBER_BYTES:
                with archive.open(member) as source, target.open("wb") as copy:
                    shutil.copyfileobj(source, copy)
        except Exception as error:  # noqa: BLE001 - zipfile and zlib raise many kinds on hostile archives
            target.unlink(missing_ok=True)
            self.log.error("LINE database %s could not be unpacked: %s", member, error)  # noqa: TRY400 - no traceback needed
        return target

    def _add_installed(self) -> bool:
        installer = self._installer()
        for dump in self._lists("dumpsys.txt"):
            content = self._bounded(dump)
            if content is not None and self.add_app(content, "dumpsys.txt", installer):
                return True
        return installer is not None

    def _installer(self) -> str | None:
        """Return who installed LINE (`unknown` where unsaid), None when LINE is not in `packages.json`."""
        for name in self._lists("packages.json"):
            content = self._bounded(name)
            try:
                packages = parse_json(content) if content is not None else []
            except UnreadableError:
                gap = Gap(source="packages.json", reason="no readable JSON", damaged=True)
                self.add_gaps([gap], Platform.ANDROID)
                return None
            for package in packages if isinstance(packages, list) else []:
                if isinstance(package, dict) and package.get("name") == PACKAGE:
                    return str(package.get("installer") or "unknown")[:200]
        return None

    def _bounded(self, name: str) -> bytes | None:
        """Return a file's content, None (and a gap) when it is too large or cannot be read."""
        try:
            size = self.archive.getinfo(name).file_size if self.archive else self._regular_size(name)
            if size <= MOST_MEMBER_BYTES // 4:
                content: bytes = self._get_file_content(name)
                return content
            reason = "too large to read"
        except Exception as error:  # noqa: BLE001 - zipfile and zlib raise many kinds on hostile archives
            reason = f"cannot be read ({error.__class__.__name__})"
        self.add_gaps([Gap(source=name.rsplit("/", 1)[-1], reason=reason, damaged=True)], Platform.ANDROID)
        return None

    def _regular_size(self, name: str) -> int:
        return check_regular(Path(self.parent_path or ".") / name)
