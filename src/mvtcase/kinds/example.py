"""A living example: what a new kind of evidence says of itself. Tests hold it to the same rules as the real ones.

A new kind is a member of `words.EvidenceKind`, a file like this one in the list of `mvtcase.kinds`, a reader like
`evidence/readers/example.py` in the list of `mvtcase.evidence.readers`, and a builder in `phones/`. Leave a field out,
and mypy names it.
"""

from __future__ import annotations

from mvtcase.kinds.record import Command, Kind, key_modules, never
from mvtcase.kinds.shared import FILES, MVT_MODULES
from mvtcase.kinds.words import EvidenceKind, Opener, Platform, Trace


def example(name: EvidenceKind) -> Kind:
    """Return a made-up kind: a folder with notes.txt, examined by MVT's command for bug reports."""
    return Kind(
        name=name,
        # What reports call it, and what a person is told that the program looks for.
        words="example collection",
        looks_for="a folder with notes.txt",
        platform=Platform.ANDROID,
        # Which MVT command examines it. A command that MVT does not have is one more line in the worker's table.
        command=Command(platform=Platform.ANDROID, name="check-bugreport", part="bugreport", parts=()),
        # What a person must give to open it, and what it is once it is open.
        opener=Opener.NOTHING,
        named_by_manifest=False,
        links_are_normal=False,
        # Modules that every phone feeds, each with the reason and the source of that fact. None examined: blind.
        key_modules=key_modules("bugreport", MVT_MODULES, {"dumpsys_packages": "every phone has packages"}),
        # What it never carries. The sentence goes away where one of the named modules read something after all.
        limitations=(never("An example carries no messages.", "sms"),),
        never_whole="",
        # Without an indicator of one of these types a scan compared nothing and is blind.
        compared_types=FILES,
        # Which traces its modules hold: the reach of "no trace found in …" is measured by these.
        traces={"processes": Trace.EXECUTION, "dumpsys_packages": Trace.APP},
        # Files that are a gap when nobody read them.
        telling={"*notes.txt": Trace.APP},
    )
