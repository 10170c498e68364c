"""What the LINE modules said of each account's Letter Sealing, read from a scan's kept results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mvtcase.canon import parse_timestamp, timestamp
from mvtcase.engine.events import MVT_FOLDER
from mvtcase.engine.safe_json import safe_text
from mvtcase.wording import why
from mvtcase.workflow.observations import LETTER_SEALING, Seen
from mvtcase_readers.regular import UnreadableError
from mvtcase_readers.trees import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_RESULT_BYTES = 64 << 20
MAX_ACCOUNTS = 16
SUMMARY = "line_sealing_summary"


def sealing_seen(results: Path, device: str) -> tuple[tuple[Seen, ...], tuple[str, ...]]:
    """Return the observations that a scan's LINE results amount to, and a sentence for each file that cannot be read.

    A change from on to off becomes two, so that the bounds of its window stand in the case; what the modules could not
    tell becomes `unknown` with the reason. What a worker wrote is read as hostile, like evidence.
    """
    read = [_summaries(path) for path in _result_files(results / MVT_FOLDER)]
    summaries = [record for records, _ in read for record in records]
    seen = tuple(seen for record in summaries[:MAX_ACCOUNTS] for seen in _seen(record, device))
    return seen, tuple(sentence for _, sentence in read if sentence)[:MAX_ACCOUNTS]


def _result_files(root: Path) -> list[Path]:
    """Return everything in the parts' folders that has the name of a LINE result, whatever it is; links are refused."""
    folders = [folder for folder in sorted(root.glob("*")) if folder.is_dir() and not folder.is_symlink()]
    return [path for folder in folders for path in sorted(folder.glob("line_*.json"))]


def _summaries(path: Path) -> tuple[list[dict[str, Any]], str]:
    """Return the summaries of a result file, and a sentence when it cannot be read."""
    try:
        records = read_json(path, MAX_RESULT_BYTES)
    except UnreadableError as error:
        return [], why("worker.left", name=safe_text(path.name, 100), error=error.reason)
    listed = records if isinstance(records, list) else []
    return [record for record in listed if isinstance(record, dict) and record.get("record") == SUMMARY], ""


def _seen(record: dict[str, Any], device: str) -> Iterator[Seen]:
    note = f"{record.get('basis', '')}: {record.get('reason', '')}; account {record.get('account', '')}".strip()
    last_sealed, first_unsealed = _moment(record.get("last_sealed")), _moment(record.get("first_unsealed"))

    def seen(value: str, at: str | None) -> Seen:
        return Seen(kind=LETTER_SEALING, value=value, method="backup", at=at, note=safe_text(note, 2000), device=device)

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
