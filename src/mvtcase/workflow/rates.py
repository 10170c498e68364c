"""Base rates: on how many phones of one kind in the case a thing stands that a finding is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.casebook import latest_finished
from mvtcase.engine.results_folder import carried
from mvtcase.model import AcquisitionState
from mvtcase.store import queries

if TYPE_CHECKING:
    from mvtcase.model import EvidenceKind, Finding
    from mvtcase.store.store import Store

ENOUGH = 5
"""Phones of one kind below which a rate says nothing."""
_NAMING = frozenset(
    {"proc_name", "process", "process_name", "bundle_id", "package_name", "client", "identifier", "label", "path"}
    | {"uuid", "program", "sha256", "certificate", "thumbprint", "app_id"}
)
"""Fields of an event that name a process, profile, app, launch item or certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseRate:
    """How many phones of a kind the case has whose values are kept, and how many carry what a finding is about."""

    kind: EvidenceKind
    phones: int
    carrying: int
    words: str


def base_rate(store: Store, finding: Finding) -> BaseRate | None:
    """Return how common a finding's thing is here; None where the finding names none or the phones are too few."""
    named = {value for key, value in finding.detail.items() if key.lower() in _NAMING and isinstance(value, str)}
    if not named:
        return None
    (kind,) = (each.kind for each in queries.scans(store, among=(finding.first_scan,), in_full=False))
    seen: dict[str, bool] = {}
    latest = latest_finished(queries.scans(store, in_full=False))
    for each in queries.acquisitions(store):
        scan = latest.get(each.id) if each.state is AcquisitionState.REGISTERED else None
        held = carried(store.folder.results(scan.id), named) if scan is not None and scan.kind is kind else None
        if held is not None:
            seen[each.device] = seen.get(each.device, each.device == finding.device) or bool(held)
    if len(seen) < ENOUGH or finding.device not in seen:
        return None
    carrying = sum(seen.values())
    return BaseRate(kind=kind, phones=len(seen), carrying=carrying, words=_words(carrying, len(seen)))


def _words(carrying: int, phones: int) -> str:
    if carrying == 1:
        return f"only on this phone, of {phones} of its kind here"
    most = " (most)" if carrying * 2 > phones else ""
    return f"on {carrying} of {phones} phones of its kind here{most}"
