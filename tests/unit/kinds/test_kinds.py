"""Every kind of evidence says everything of itself, and no table forgets one."""

from __future__ import annotations

import fnmatch
from dataclasses import MISSING, fields

import pytest

from mvtcase import kinds
from mvtcase.kinds import KINDS, EvidenceKind, KeyModule, Kind, Platform, Trace
from mvtcase.kinds.example import example
from mvtcase.kinds.record import Command, Limitation, part_name

EVERY = (*KINDS, example(EvidenceKind.BUGREPORT))
each_kind = pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.words)


def test_the_registry_holds_exactly_the_kinds_there_are() -> None:
    """In the order of the enum, each once, and each found by its name."""
    assert [kind.name for kind in KINDS] == list(EvidenceKind)
    assert all(kinds.of(name).name is name for name in EvidenceKind)


@pytest.mark.parametrize("record", [Kind, KeyModule, Command, Limitation])
def test_nothing_of_a_kind_has_a_default(record: type) -> None:
    """What a new kind leaves out is named by mypy, not filled in."""
    assert all(each.default is MISSING and each.default_factory is MISSING for each in fields(record))


@each_kind
def test_every_kind_has_key_modules_with_reason_and_source(kind: Kind) -> None:
    """A kind without key modules could only ever be blind, and a row without its reason cannot be judged."""
    assert kind.key_modules
    assert all(row.reason and row.source and row.slug for row in kind.key_modules)
    assert {row.part for row in kind.key_modules} <= {kind.command.part, *kind.command.parts}
    assert {row.slug for row in kind.key_modules} <= set(kind.traces)


@each_kind
def test_every_kind_says_what_it_never_carries(kind: Kind) -> None:
    """Every report can name the limits of its evidence, in sentences."""
    assert kind.limits(())
    assert all(text.endswith(".") for text in kind.limits(()))


@each_kind
def test_every_kind_has_words_indicators_and_telling_files(kind: Kind) -> None:
    """What reports call it, what detectors look for, what can match in it, and what must not go unread."""
    assert kind.words
    assert kind.looks_for
    assert kind.compared_types
    assert kind.telling
    assert kind.platform is kind.command.platform
    assert kind.platform is not Platform.UNKNOWN
    assert part_name(kind.command.name) in {kind.command.part, "line_fs"}


def test_two_kinds_never_share_words() -> None:
    """A reader of a report can tell them apart."""
    assert len({kind.words for kind in KINDS}) == len(KINDS)


def test_no_two_kinds_disagree_on_what_a_module_holds() -> None:
    """The class of a finding is told by the module alone."""
    for kind in KINDS:
        assert dict(kind.traces).items() <= dict(kinds.TRACES).items()


def test_every_trace_has_words_and_is_carried_by_some_kind() -> None:
    """A class of traces that nothing carries could never be in a reach."""
    assert all(trace.words for trace in Trace)
    assert set(kinds.TRACES.values()) == set(Trace)


def test_a_limitation_goes_when_it_does_not_hold() -> None:
    """Whoever read calls is not told that the backup carries none."""
    facts = kinds.of(EvidenceKind.IOS_BACKUP)
    assert "An unencrypted iTunes backup carries no calls." in facts.limits({"sms"})
    assert "An unencrypted iTunes backup carries no calls." not in facts.limits({"sms", "calls"})


@pytest.mark.parametrize(
    ("kind", "place", "trace"),
    [
        (EvidenceKind.IOS_BACKUP, "HomeDomain-Library/SMS/sms.db", Trace.MESSAGE),
        (EvidenceKind.IOS_FILE_SYSTEM, "private/var/mobile/Library/SMS/sms.db", Trace.MESSAGE),
        (
            EvidenceKind.IOS_BACKUP,
            "AppDomainGroup-group.com.linecorp.line-Library/Application Support/PrivateStore/P_u1/Messages/Line.sqlite",
            Trace.MESSAGE,
        ),
        (EvidenceKind.ANDROIDQF, "processes.json", Trace.EXECUTION),
        (EvidenceKind.ANDROIDQF, "case-1/processes.json", Trace.EXECUTION),
        (EvidenceKind.ANDROIDQF, "apks/com.example.apk", None),
        (EvidenceKind.IOS_BACKUP, "CameraRollDomain-Media/DCIM/100APPLE/IMG_0001.HEIC", None),
    ],
)
def test_telling_files_are_known_by_their_place(kind: EvidenceKind, place: str, trace: Trace | None) -> None:
    """Wherever the acquisition's top folder lies."""
    assert kinds.of(kind).telling_trace(place) is trace


@pytest.mark.parametrize("kind", list(EvidenceKind))
def test_the_quick_look_at_a_place_says_what_the_patterns_say(kind: EvidenceKind) -> None:
    """Places made of the patterns themselves, whole, cut and changed, are told as each pattern by itself tells them."""
    telling = kinds.of(kind).telling
    places = [
        change(pattern.replace("*", middle))
        for pattern in telling
        for middle in ("", "a/b", "Library/", "x\n")
        for change in (str, str.upper, lambda place: place + "x", lambda place: place[1:], lambda place: f"a/{place}")
    ]
    for place in places:
        told = next((trace for pattern, trace in telling.items() if fnmatch.fnmatchcase(place, pattern)), None)
        assert kinds.of(kind).telling_trace(place) is told
