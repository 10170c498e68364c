"""The verbs, one function each: they join the floors below and return values for the faces above to print."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from mvtcase.workflow import acquisitions as acquisitions
    from mvtcase.workflow import allowing as allowing
    from mvtcase.workflow import attachments as attachments
    from mvtcase.workflow import bundles as bundles
    from mvtcase.workflow import canary as canary
    from mvtcase.workflow import cases as cases
    from mvtcase.workflow import claims as claims
    from mvtcase.workflow import clusters as clusters
    from mvtcase.workflow import consents as consents
    from mvtcase.workflow import correlation as correlation
    from mvtcase.workflow import custody as custody
    from mvtcase.workflow import demo as demo
    from mvtcase.workflow import devices as devices
    from mvtcase.workflow import diffs as diffs
    from mvtcase.workflow import doctor as doctor
    from mvtcase.workflow import enrolment as enrolment
    from mvtcase.workflow import examiners as examiners
    from mvtcase.workflow import exports as exports
    from mvtcase.workflow import findings as findings
    from mvtcase.workflow import groups as groups
    from mvtcase.workflow import guide as guide
    from mvtcase.workflow import handovers as handovers
    from mvtcase.workflow import iocs as iocs
    from mvtcase.workflow import merges as merges
    from mvtcase.workflow import misplaced as misplaced
    from mvtcase.workflow import observations as observations
    from mvtcase.workflow import officials as officials
    from mvtcase.workflow import owners as owners
    from mvtcase.workflow import passwords as passwords
    from mvtcase.workflow import pruning as pruning
    from mvtcase.workflow import purges as purges
    from mvtcase.workflow import rechecks as rechecks
    from mvtcase.workflow import report_life as report_life
    from mvtcase.workflow import reports as reports
    from mvtcase.workflow import roster as roster
    from mvtcase.workflow import scans as scans
    from mvtcase.workflow import sealed as sealed
    from mvtcase.workflow import sealing as sealing
    from mvtcase.workflow import seeking as seeking
    from mvtcase.workflow import slices as slices
    from mvtcase.workflow import stamps as stamps
    from mvtcase.workflow import status as status
    from mvtcase.workflow import timeline as timeline
    from mvtcase.workflow import triage as triage


def __getattr__(name: str) -> ModuleType:
    """Return a noun's verbs, imported when they are first asked for: a face answers `--help` without them."""
    if name.startswith("_"):
        raise AttributeError(name)
    return importlib.import_module(f"{__name__}.{name}")
