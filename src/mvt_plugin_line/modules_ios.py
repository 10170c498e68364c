"""The iOS module: LINE in an iTunes or Finder backup (`check-backup`) and in a file system dump (`check-fs`)."""

from __future__ import annotations

from pathlib import Path

from mvt.plugin import DatabaseCorruptedError, DatabaseNotFoundError, IOSExtraction

from mvtcase_readers.regular import UnreadableError

from .checks import LineChecks, is_domain
from .ios_db import read_account
from .ios_files import Presence, in_backup, in_dump
from .records import Account, Gap, Platform

_NO_ACCOUNT = Gap(
    source="LINE", reason="the app left data, but no account folder: not logged in, or a version unknown here"
)


class LineIOS(LineChecks, IOSExtraction):
    """Reads every LINE account: links for the indicator check, and whether Letter Sealing was on."""

    slug = "line_ios"
    supported_commands = (("ios", "check-backup"), ("ios", "check-fs"))

    def run(self) -> None:
        """Read every account; raises `DatabaseNotFoundError` when there is no LINE in the acquisition."""
        presence = self._presence()
        self.add_gaps(presence.gaps, Platform.IOS)
        if not presence.seen and any(gap.damaged for gap in presence.gaps):
            raise DatabaseCorruptedError("the list of the backup's files could not be read to its end")
        if not presence.seen:
            raise DatabaseNotFoundError("LINE is not in this acquisition")
        for folder in presence.folders:
            self.add_account(read_account(folder, presence.preferences, is_domain))
        if not presence.folders:
            self.add_account(Account(platform=Platform.IOS, label="ios", mid=None, gaps=(_NO_ACCOUNT,)))
        self.log.info("Read %d LINE accounts", len(presence.folders))

    def _presence(self) -> Presence:
        if not self.target_path:
            raise DatabaseNotFoundError("no acquisition was given")
        if not self.is_backup:
            return in_dump(Path(self.target_path))
        if not (Path(self.target_path) / "Manifest.db").exists():
            raise DatabaseNotFoundError("the backup has no Manifest.db")
        try:
            return in_backup(Path(self.target_path))
        except UnreadableError as error:
            raise DatabaseCorruptedError(f"Manifest.db: {error.reason}") from error
