"""What the LINE modules said of each account's Letter Sealing, read from a scan's kept results."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mvtcase.canon import parse_timestamp, timestamp
from mvtcase.workflow.observations import LETTER_SEALING, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_RESULT_BYTES = 64 << 20
MAX_ACCOUNTS = 16
SUMMARY = "line_sealing_summary"


def sealing_seen(results: Path, device: str) -> tuple[Seen, ...]:
    """Return the observations that a scan's LINE results amount to, none where LINE was not read.

    A change from on to off becomes two, so that the bounds of its window stand in the case; what the modules could not
    tell becomes `unknown` with the reason. Damaged results are passed over: the module's outcome tells of them.
    """
    summaries = [record for path in sorted(results.glob("mvt/*/line_*.json")) for record in _summaries(path)]
    return tuple(seen for record in summaries[:MAX_ACCOUNTS] for seen in _seen(record, device))


def _summaries(path: Path) -> Iterator[dict[str, Any]]:
    if path.is_symlink() or path.stat().st_size > MAX_RESULT_BYTES:
        return
    try:
        records = json.loads(path.read_text("utf-8"))
    except ValueError:
        return
    for record in records if isinstance(records, list) else ():
        if isinstance(record, dict) and record.get("record") == SUMMARY:
            yield record


def _seen(record: dict[str, Any], device: str) -> Iterator[Seen]:
    note = f"{record.get('basis', '')}: {record.get('reason', '')}; account {record.get('account', '')}".strip()
    last_sealed, first_unsealed = _moment(record.get("last_sealed")), _moment(record.get("first_unsealed"))

    def seen(value: str, at: str | None) -> Seen:
        return Seen(kind=LETTER_SEALING, value=value, method="backup", at=at, note=note[:2000], device=device)

    match record.get("sealing"):
        case "changed_on_off":
            yield seen("on", last_sealed)
            yield seen("off", first_unsealed)
        case "on":
            if first_unsealed is not None:  # it was off for a while and came back
                yield seen("off", first_unsealed)
            yield seen("on", last_sealed)
        case "off":
            yield seen("off", first_unsealed)
        case _:
            yield seen("unknown", None)


def _moment(text: object) -> str | None:
    """Return a time of the results in our form, None where it is none."""
    try:
        return timestamp(parse_timestamp(str(text)))
    except ValueError:
        return None
