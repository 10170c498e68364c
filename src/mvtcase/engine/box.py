"""The sandbox a worker is started in; this stub applies none and says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - part of the record's public annotations

from typing_extensions import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What a boxed worker may touch: paths it may read, paths it may write, and nothing of the network."""

    read_only: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    temporary: Path | None = None
    temporary_bytes: int = 0


class Wrap(Protocol):
    """A function that turns a command line into one that runs in a box, and names the sandbox."""

    def __call__(self, argv: list[str], box: Box, /) -> tuple[list[str], str]:
        """Return the wrapped command line and the sandbox's name, `none` where there is no sandbox."""


def wrap(argv: list[str], box: Box, /) -> tuple[list[str], str]:
    """Return the command line unchanged: this release applies the process limits alone."""
    del box
    return argv, "none"
