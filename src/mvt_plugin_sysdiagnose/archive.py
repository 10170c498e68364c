"""The files of one sysdiagnose, opened so that a hostile one can neither hang nor mislead the reader."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mvtcase_readers.regular import UnreadableError, read_head

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The bytes of one file of the archive, cut at the limit it was read with.

    `path` is the file on disk, None while it is still inside a tar archive.
    """

    name: str
    data: bytes
    truncated: bool = False
    path: str | None = None


class Archive:
    """The names and bytes of a sysdiagnose, whether MVT opened a folder or an archive."""

    def __init__(self, *, names: list[str], parent: str | None, tar: tarfile.TarFile | None = None) -> None:
        self.names = names
        self._parent = parent
        self._tar = tar

    @classmethod
    def of_module(cls, module: Any) -> Archive:  # noqa: ANN401 - MVT's modules are untyped
        """Return the archive that MVT's command handed to a module."""
        if module.tar is not None:
            return cls(names=list(module.tar_files), parent=None, tar=module.tar)
        return cls(names=list(module.files), parent=module.parent_path)

    @property
    def root(self) -> str:
        """The name of the top folder, "" when the sysdiagnose is empty."""
        return self.names[0].replace("\\", "/").split("/", 1)[0] if self.names else ""

    def find(self, patterns: Iterable[str]) -> list[str]:
        """Return the sorted names whose end matches a pattern, in which `*` stands for part of one component.

        AppleDouble companions (`._name`) are no evidence and are left out.
        """
        found: set[str] = set()
        for pattern in patterns:
            compiled = compiled_pattern(pattern)
            found.update(name for name in self.names if compiled.search(name))
        return sorted(name for name in found if not name.rsplit("/", 1)[-1].startswith("._"))

    def read(self, name: str, limit: int) -> Content:
        """Return at most `limit` bytes of a regular file. Raises `UnreadableError`; links are never followed."""
        try:
            if self._tar is not None:
                return self._read_member(self._tar, name, limit)
            return self._read_file(name, limit)
        except (OSError, KeyError, EOFError) as error:
            raise UnreadableError(f"{type(error).__name__}: {error}") from error

    @staticmethod
    def _read_member(tar: tarfile.TarFile, name: str, limit: int) -> Content:
        member = tar.getmember(name)
        handle = tar.extractfile(member) if member.isreg() else None
        if handle is None:
            raise UnreadableError("not a regular file")
        with handle:
            data = handle.read(limit + 1)
        return Content(name=name, data=data[:limit], truncated=len(data) > limit)

    def _read_file(self, name: str, limit: int) -> Content:
        path = os.path.join(self._parent or "", name)  # noqa: PTH118 - a component `..` must stay as it is
        data = read_head(path, limit + 1)
        return Content(name=name, data=data[:limit], truncated=len(data) > limit, path=path)


def compiled_pattern(pattern: str) -> re.Pattern[str]:
    """Return the expression for a path pattern that must match whole components up to the end of a name."""
    body = "[^/]*".join(re.escape(part) for part in re.sub(r"\*+", "*", pattern).split("*"))
    return re.compile(f"(?:^|/){body}$")
