"""Reach: what an acquisition could have shown, measured from what its modules read."""

from __future__ import annotations

import pytest

from mvtcase.kinds import EvidenceKind, Trace
from mvtcase.model import ModuleOutcome, ModuleRun
from mvtcase.model.reach import NO_RECORDS, NOT_CARRIED, Reach, measured, merged, sentence, suffices


def run(slug: str, outcome: ModuleOutcome = ModuleOutcome.CHECKED, records: int = 3, *times: str) -> ModuleRun:
    """Return a module run with records, and with the first and last time of theirs where given."""
    first, last = times or (None, None)
    return ModuleRun(
        module=slug, slug=slug, origin="", part="backup", outcome=outcome, records=records,
        first_time=first, last_time=last,
    )  # fmt: skip


def reach_of(*runs: ModuleRun, kind: EvidenceKind = EvidenceKind.IOS_BACKUP) -> dict[Trace, Reach]:
    """Return the reach of an acquisition by class."""
    return {each.trace: each for each in measured(kind, runs)}


def test_every_class_of_traces_is_told_carried_or_not() -> None:
    """What is not named could be taken for carried."""
    assert list(reach_of()) == list(Trace)
    assert {each.basis for each in reach_of().values()} == {NOT_CARRIED}


def test_the_span_of_a_class_is_that_of_all_its_modules() -> None:
    """From the first record of any to the last of any, with the modules as the basis."""
    found = reach_of(
        run("datausage", ModuleOutcome.CHECKED, 9, "2026-08-12 01:00:00", "2026-11-20 09:00:00"),
        run("os_analytics_ad_daily", ModuleOutcome.CHECKED, 9, "2026-08-10 01:00:00", "2026-11-19 09:00:00"),
    )[Trace.EXECUTION]
    assert (found.from_, found.to) == ("2026-08-10 01:00:00", "2026-11-20 09:00:00")
    assert found.basis == "datausage, os_analytics_ad_daily"


def test_the_basis_says_which_records_give_the_times() -> None:
    """A list without times carries its class and widens no span."""
    kind = EvidenceKind.IOS_FILE_SYSTEM
    timed = run("datausage", ModuleOutcome.CHECKED, 9, "2026-08-12 01:00:00", "2026-11-20 09:00:00")
    found = measured(kind, [run("shutdown_log"), timed, run("filesystem")])
    both = {each.trace: each for each in merged([found, measured(kind, [run("netusage")])])}
    assert reach_of(run("shutdown_log"), timed, kind=kind)[Trace.EXECUTION].basis == (
        "datausage; without times: shutdown_log"
    )
    assert both[Trace.EXECUTION].basis == "datausage; without times: shutdown_log, netusage"
    assert (both[Trace.PERSISTENCE].basis, both[Trace.PERSISTENCE].from_) == ("without times: filesystem", None)
    assert both[Trace.PERSISTENCE].is_carried


def test_a_span_has_its_words() -> None:
    """Days, with the year where it changes."""
    found = reach_of(run("datausage", ModuleOutcome.CHECKED, 9, "2026-08-10 01:00:00", "2026-11-20 09:00:00"))[
        Trace.EXECUTION
    ]
    assert found.words == "processes 10 Aug to 20 Nov 2026"


@pytest.mark.parametrize("outcome", list(ModuleOutcome))
def test_only_what_was_read_is_carried(outcome: ModuleOutcome) -> None:
    """A module that failed, or that found its source empty, could have shown nothing."""
    found = reach_of(run("sms", outcome))[Trace.MESSAGE]
    read = outcome in {ModuleOutcome.CHECKED, ModuleOutcome.EXTRACTED, ModuleOutcome.RECOVERED}
    assert found.is_carried is read
    nothing = reach_of(run("sms", outcome, 0))[Trace.MESSAGE]
    assert nothing.basis == (NO_RECORDS if read or outcome is ModuleOutcome.EMPTY else NOT_CARRIED)


def test_a_module_of_another_kind_counts_for_nothing() -> None:
    """A slug means what the kind says it means."""
    assert not any(each.is_carried for each in reach_of(run("aqf_processes")).values())


@pytest.mark.parametrize(
    ("slug", "kind", "enough"),
    [
        ("datausage", EvidenceKind.IOS_BACKUP, True),
        ("sysdiagnose_processes", EvidenceKind.SYSDIAGNOSE, True),
        ("aqf_collected_processes", EvidenceKind.ANDROIDQF, True),
        ("security_event", EvidenceKind.INTRUSION_LOGS, True),
        ("dns_event", EvidenceKind.INTRUSION_LOGS, False),
        ("sms", EvidenceKind.ANDROID_BACKUP, False),
        ("line_android_fs", EvidenceKind.ANDROID_FILE_SYSTEM, False),
    ],
)
def test_only_traces_of_programs_that_ran_suffice(slug: str, kind: EvidenceKind, enough: bool) -> None:  # noqa: FBT001 - a parametrised fact
    """Two messages, or one app's data, say nothing of spyware."""
    assert suffices(measured(kind, [run(slug)])) is enough


def test_the_reach_of_several_acquisitions_is_that_of_all() -> None:
    """What one carries, the phone carries."""
    backup = measured(
        EvidenceKind.IOS_BACKUP, [run("sms", ModuleOutcome.CHECKED, 2, "2019-01-03 00:00:00", "2026-01-01 00:00:00")]
    )
    logs = measured(EvidenceKind.SYSDIAGNOSE, [run("sysdiagnose_processes")])
    both = {each.trace: each for each in merged([backup, logs])}
    assert both[Trace.MESSAGE].words == "messages and calls 3 Jan 2019 to 1 Jan 2026"
    assert both[Trace.EXECUTION].words == "processes as acquired"
    assert not both[Trace.PROFILE].is_carried
    assert merged([]) == ()


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-05-03 00:00:00", "2026-05-03 23:00:00", "processes on 3 May 2026"),
        ("2025-05-03 00:00:00", "2026-05-03 23:00:00", "processes 3 May 2025 to 3 May 2026"),
        (None, None, "processes as acquired"),
    ],
)
def test_a_span_is_written_in_days(first: str | None, last: str | None, words: str) -> None:
    """As a person would say it."""
    assert Reach(trace=Trace.EXECUTION, from_=first, to=last, basis="datausage").words == words


def test_a_reach_in_words_names_what_is_carried_first() -> None:
    """And leaves nothing out."""
    text = sentence(measured(EvidenceKind.IOS_BACKUP, [run("datausage"), run("sms", ModuleOutcome.EMPTY, 0)]))
    assert text.startswith("processes as acquired; messages and calls: no records; links opened, files on the phone, ")
    assert text.endswith("settings: not carried")
