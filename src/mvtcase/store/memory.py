"""What a server read of cases and need not read again: it holds for as long as a case stays as it was."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

MAX_KEPT = 24
"""How many things are remembered; the one that nobody asked for the longest is forgotten first."""
Thing = TypeVar("Thing")


@dataclass(kw_only=True)
class _Kept:
    """One thing that was read; `state` is the event that the case stood at, and one thread reads at a time."""

    reading: threading.Lock = field(default_factory=threading.Lock)
    state: str | None = None
    thing: Any = None


class Memory:
    """Remembers what was read of cases; every change of a case is an event of its chain, which tells what is old.

    What is remembered is shared by threads: only values that nobody changes belong here.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._finding = threading.Lock()

    def of(
        self,
        key: Hashable,
        state: Callable[[], str],
        read: Callable[[], Thing],
        renew: Callable[[Thing, str], Thing | None],
    ) -> Thing:
        """Return what `read` gives, or gave before when the case stands where it stood then, as `state` tells.

        `key` names case and thing, and whatever the thing depends on outside of the case. A thing that is old goes to
        `renew` first, with the state it was read at; where that gives None it is read anew. Who asks for a thing that
        another thread is reading waits for it.
        """
        kept = self._place(key)
        with kept.reading:
            at = state()
            if kept.state != at:
                renewed = renew(kept.thing, kept.state) if kept.state is not None else None
                kept.thing = read() if renewed is None else renewed
                kept.state = at
            return cast("Thing", kept.thing)

    def _place(self, key: Hashable) -> _Kept:
        with self._finding:
            kept = self._kept.setdefault(key, _Kept())
            self._kept.move_to_end(key)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
            return kept
