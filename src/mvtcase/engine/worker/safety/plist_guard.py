"""What MVT must not be handed: property lists that contain themselves or unfold without end.

Python's reader makes a few hundred bytes into objects that share their parts; whoever writes them out as JSON fills the
memory, or never ends. Raising where such a list is read fails its module, and that is a gap.
"""

from __future__ import annotations

import plistlib
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_VALUES = 3_000_000
MAX_DEPTH = 200


class HostilePlistError(ValueError):
    """A property list that no program of a phone writes."""


def install() -> None:
    """Make every property list that is read from now on a bounded one; `plistlib.loads` reads by `plistlib.load`."""
    plistlib.load = _guarded(plistlib.load)


def check_plist(held: object) -> None:
    """Raise `HostilePlistError` when a value contains itself, is nested too deeply or unfolds to too many values."""
    above: list[int] = []
    pending: list[Iterator[object]] = [iter((held,))]
    values = 0
    while pending:
        for value in pending[-1]:
            values += 1
            inside = _inside(value)
            if inside is None:
                continue
            if id(value) in above:
                raise HostilePlistError("the property list contains itself")
            if len(above) >= MAX_DEPTH:
                raise HostilePlistError(f"the property list is nested in more than {MAX_DEPTH} levels")
            above.append(id(value))
            pending.append(inside)
            break
        else:
            pending.pop()
            del above[-1:]
        if values > MAX_VALUES:
            raise HostilePlistError(f"the property list unfolds to more than {MAX_VALUES} values")


def _inside(value: object) -> Iterator[object] | None:
    if isinstance(value, dict):
        return iter(value.values())
    return iter(value) if isinstance(value, list) else None


def _guarded(load: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(load)
    def guarded(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - plistlib's own signature
        held = load(*arguments, **options)
        check_plist(held)
        return held

    return guarded
