"""What a shell completes beside verbs and options: ids of the case, names of groups and sets, kinds and formats.

It opens nothing that would ask or change: a sealed case completes nothing, and no case is migrated by a key.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mvtcase.errors import MvtcaseError
from mvtcase.escape import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mvtcase.store.folder import Workspace

    _Words = Callable[[Any, str], Iterable[str]]

_ROWS = {
    "official": "official.id",
    "into": "official.id",
    "person": "official.id",
    "device": "device.id",
    "acquisition": "acquisition.id",
    "scan": "scan.id",
    "after": "scan.id",
    "finding": "finding.id",
    "report": "report.id",
    "entry": "allow_entry.id",
    "allowed": "allow_entry.id",
    "group": "affected_group.name",
    "indicator": "finding.indicator_value",
    "module": "finding.module",
    "family": "finding.indicator_family",
}
"""From which table and column an option or argument is completed, by its name."""
_OF_VERB = {
    "device move to": "official.id",
    "acquisition move to": "official.id",
    "diff before": "scan.id",
    "report supersede by": "report.id",
}
"""The same for names that mean something else at other verbs."""


def complete(command: Any, verb: str = "") -> None:  # noqa: ANN401  # typer's own classes are private
    """Let the shell complete the options and arguments of a verb that the case or the program knows values of."""
    for each in command.params:
        own = f"{verb} {each.name}"
        source = _OF_VERB.get(own) or _ROWS.get(each.name)
        words = _from_rows(*source.split(".")) if source else _WORDS.get(own) or _WORDS.get(each.name)
        if words is not None and each.type_descriptor.choices is None:
            each._custom_shell_complete = _answering(words)  # noqa: SLF001  # typer takes it at the declaration only


def _answering(words: _Words) -> Callable[[Any, Any, str], list[str]]:
    def answer(context: Any, _option: object, begun: str) -> list[str]:  # noqa: ANN401  # as above
        try:  # what would steer a terminal is completed to nobody
            return [str(each) for each in words(context, begun) if each.startswith(begun) and visible(each) == each]
        except (MvtcaseError, OSError):
            return []

    return answer


def _workspace(context: Any) -> Workspace:  # noqa: ANN401  # as above
    from mvtcase.store.folder import find_workspace

    named = context.find_root().params.get("workspace") or os.environ.get("MVTCASE_WORKSPACE")
    return find_workspace(named or None, Path.cwd())


def _from_rows(table: str, column: str) -> _Words:
    def read(context: Any, begun: str) -> Iterator[str]:  # noqa: ANN401  # as above
        from mvtcase.store.store import glimpse

        named = context.find_root().params.get("case") or os.environ.get("MVTCASE_CASE")
        for folder in _workspace(context).case_folders():
            if named in {None, "", folder.slug}:
                yield from glimpse(folder, table, column, begun)

    return read


def _cases(context: Any, _begun: str) -> Iterator[str]:  # noqa: ANN401  # as above
    return (folder.slug for folder in _workspace(context).case_folders())


def _sets(context: Any, _begun: str) -> Iterator[str]:  # noqa: ANN401  # as above
    from mvtcase.indicators.library import IndicatorLibrary

    return iter(IndicatorLibrary(_workspace(context).iocs).names())


def _export_formats(_context: object, _begun: str) -> Iterable[str]:
    from mvtcase.workflow.exports import ExportFormat

    return ExportFormat


def _report_kinds(_context: object, _begun: str) -> Iterable[str]:
    from mvtcase.workflow.editions import Kind

    return Kind


def _report_formats(_context: object, _begun: str) -> Iterable[str]:
    from mvtcase.report.render import Format

    return Format


def _seen_kinds(_context: object, _begun: str) -> Iterable[str]:
    from mvtcase.workflow.observations import KINDS

    return KINDS


_WORDS: dict[str, _Words] = {
    "case": _cases,
    "iocs": _sets,
    "sets": _sets,
    "set_": _sets,
    "iocs show name": _sets,
    "iocs enable name": _sets,
    "iocs disable name": _sets,
    "export form": _export_formats,
    "report write kind": _report_kinds,
    "report write formats": _report_formats,
    "observe add kind": _seen_kinds,
}
