"""Every fault that synthetic iPhone evidence can have: the list from which corpora of damaged inputs are made."""

from __future__ import annotations

from mvtcase.phones.damage import Damage, possible_damages
from mvtcase.phones.ios import phone_files, top_level
from mvtcase.phones.ios_fs import dump_files
from mvtcase.phones.ios_phone import Desk, IosPhone
from mvtcase.phones.ios_spots import IosEvidence


def ios_faults(evidence: IosEvidence) -> dict[str, tuple[Damage, ...]]:
    """Return the faults that each source of a form of evidence can have, by the source's name.

    Each pair is accepted as `damage={source: fault}` by the form's builder.
    """
    desk = Desk.of(IosPhone(), {})
    if evidence is IosEvidence.FILE_SYSTEM:
        files = dump_files(desk)
    else:
        listed = [file for file in phone_files(desk) if file.domain]
        files = [*listed, *top_level(desk, listed)]
    return {file.source: possible_damages(file.content, file.anatomy) for file in files}
