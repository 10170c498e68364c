"""What a finding would show if it holds: by what the module holds (`mvtcase.kinds`) and the type of the indicator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.kinds import TRACES, Trace
from mvtcase.model import AlertSource, EvidenceClass

if TYPE_CHECKING:
    from mvtcase.model import RawAlert

SILENT = frozenset({EvidenceClass.HEURISTIC, EvidenceClass.POSTURE})
"""Classes that say nothing of an indicator."""
_LINKS = frozenset({"domains", "urls"})
_OF_PLACES = {
    str(each): each
    for each in (EvidenceClass.ATTEMPT, EvidenceClass.EXPOSURE, EvidenceClass.EXECUTION, EvidenceClass.ARTEFACT)
}
"""What the second reader may say of a place; `lead` and `mention` are heuristic."""

_LINE = "line_"
"""How the slugs of the modules that read LINE begin."""


def evidence_class(alert: RawAlert) -> EvidenceClass:
    """Return the evidence class of an alert.

    With an indicator, by where it was found and its type: a process that ran is execution, a link that somebody sent an
    attempt, a link that the phone opened exposure, anything else that is or was on the phone an artefact. Without,
    posture for settings, heuristic for the rest. What the second reader found says itself what its place shows; where
    the place says nothing it is heuristic.
    """
    if alert.source is AlertSource.SWEEP:
        named = str(alert.event.get("place_class")) if isinstance(alert.event, dict) else ""
        return _OF_PLACES.get(named, EvidenceClass.HEURISTIC)
    slug = alert.module.lower()
    if alert.indicator is None:
        is_posture = TRACES.get(slug) is Trace.POSTURE or slug.startswith(_LINE)
        return EvidenceClass.POSTURE if is_posture else EvidenceClass.HEURISTIC
    return _with_indicator(TRACES.get(slug), alert.indicator.type)


def _with_indicator(trace: Trace | None, kind: str) -> EvidenceClass:
    if kind in _LINKS:
        return EvidenceClass.ATTEMPT if trace in {Trace.MESSAGE, Trace.ACCOUNT} else EvidenceClass.EXPOSURE
    if kind == "emails":
        return EvidenceClass.ATTEMPT
    if kind in {"processes", "app_ids"} and trace is Trace.EXECUTION:
        return EvidenceClass.EXECUTION
    return EvidenceClass.ARTEFACT
