"""Floods of alerts: a module that raises the same over and over is kept short, and what is left out is counted.

One row with a far key makes MVT raise hundreds of thousands of alerts; each costs memory here, in the parent and in the
case. The first of a kind and the last few go out as they are.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mvt.common.alerts import Alert
    from mvt.common.module import MVTModule

FIRST = 5000
LAST = 5
MOST = 50_000
"""Alerts of one module that go out; after them only the first `LAST` of a kind not seen before."""

MOST_KINDS = 500
"""Kinds of alert of one module that are told apart; a hostile module's evidence may word every alert anew."""

MOST_MISSING = 5000
"""Process ids without an entry that MVT tells of one by one; no phone in use has a gap like that."""

_VARIABLE = re.compile(r"\"[^\"]*\"|\([^)]*\)|\d+")
_OTHERS = ("", "", "")

Kind = tuple[str, str, str]
"""Alerts that are of one kind: level, message without its names and numbers, matched indicator."""


@dataclass(slots=True)
class _Group:
    seen: int = 0
    left: int = 0
    held: deque[Alert] = field(default_factory=lambda: deque(maxlen=LAST))


class Floods:
    """Counts one module's alerts by kind and says which go out."""

    def __init__(self) -> None:
        self._groups: dict[Kind, _Group] = {}
        self._sent = 0

    def begin(self) -> None:
        """Forget the module before."""
        self._groups.clear()
        self._sent = 0

    def admits(self, alert: Alert, indicator: str) -> bool:
        """Return whether an alert goes out at once; one that does not is counted, and the last few are held."""
        kind = (alert.level.name, _VARIABLE.sub("…", str(alert.message)[:300]), indicator)
        if kind not in self._groups and len(self._groups) >= MOST_KINDS:
            kind = _OTHERS
        group = self._groups.setdefault(kind, _Group())
        group.seen += 1
        if group.seen <= (FIRST if self._sent < MOST else LAST):
            self._sent += 1
            return True
        group.left += 1
        group.held.append(alert)
        return False

    def ends(self) -> Iterator[tuple[str, int, tuple[Alert, ...]]]:
        """Yield the message, the number left out and the last few of each kind that flooded, once."""
        flooded = [(kind[1], group) for kind, group in self._groups.items() if group.held]
        self._groups.clear()
        for message, group in flooded:
            yield message, group.left - len(group.held), tuple(group.held)


def bound_missing(module: MVTModule, tell: Callable[[int], None]) -> None:
    """Keep a usage module from walking over every number between two far process ids; its comparison goes on.

    `tell` hears how many ids have no entry where MVT's own look for them is left out.
    """
    find = getattr(module, "find_deleted", None)
    if find is None:
        return

    def bounded() -> None:
        known = {entry["proc_id"] for entry in module.results if entry.get("proc_id")}
        missing = max(known) - min(known) - len(known) if known else 0
        if missing > MOST_MISSING:
            tell(missing)
        else:
            find()

    module.find_deleted = bounded
