"""Coverage: every row of the tables, and the one function that says full, partial or blind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mvtcase import kinds
from mvtcase.engine.coverage import GAP_OUTCOMES, Judgement, Known, assess, is_examined
from mvtcase.model import Completeness, EvidenceKind, Gap, ModuleOutcome, ModuleRun
from mvtcase.phones import android_spots, ios_spots
from mvtcase.wording import Reason

WHOLE = [kind for kind in EvidenceKind if not kinds.of(kind).never_whole]
ENCRYPTED = EvidenceKind.IOS_BACKUP_ENCRYPTED
EXAMINED = {ModuleOutcome.CHECKED, ModuleOutcome.EXTRACTED}


def all_examined(kind: EvidenceKind) -> list[ModuleRun]:
    """Return a run for every key module, each examined."""
    return [
        ModuleRun(
            module=row.slug.title(), slug=row.slug, origin="", part=row.part, outcome=ModuleOutcome.CHECKED, records=1
        )
        for row in kinds.of(kind).key_modules
    ]


def completeness_of(
    runs: list[ModuleRun], *, kind: EvidenceKind = ENCRYPTED, finished: bool = True, loaded: int = 5
) -> tuple[Completeness, tuple[Gap, ...]]:
    """Return what `assess` says of some runs of an encrypted backup."""
    judged = assess(kind=kind, finished=finished, indicators_loaded=loaded, modules=runs, extra_gaps=())
    return judged.completeness, judged.gaps


def test_a_kind_that_is_parsed_only_in_part_is_never_full() -> None:
    """Of an Android file system only LINE is read: a person must not be told that nothing was found on the phone."""
    kind = EvidenceKind.ANDROID_FILE_SYSTEM
    judged = assess(kind=kind, finished=True, indicators_loaded=1, modules=all_examined(kind))
    assert judged.completeness is Completeness.PARTIAL
    assert "AndroidQF" in judged.gaps[0].reason


@pytest.mark.parametrize("kind", WHOLE)
def test_all_key_modules_examined_is_full(kind: EvidenceKind) -> None:
    """A healthy phone reaches full in every kind that is parsed as a whole."""
    judged = assess(
        kind=kind,
        finished=True,
        indicators_loaded=1,
        modules=all_examined(kind),
    )
    assert (judged.completeness, judged.gaps) == (Completeness.FULL, ())


@pytest.mark.parametrize("outcome", [each for each in ModuleOutcome if each not in EXAMINED])
def test_any_key_module_not_examined_is_a_gap(outcome: ModuleOutcome) -> None:
    """Whatever keeps a key module from being examined makes the scan partial and is named."""
    runs = all_examined(ENCRYPTED)
    runs[0] = replace(runs[0], outcome=outcome, records=0)
    completeness, gaps = completeness_of(runs)
    assert completeness is Completeness.PARTIAL
    assert [(gap.module, gap.outcome) for gap in gaps] == [(runs[0].module, outcome)]
    assert gaps[0].reason


@pytest.mark.parametrize("outcome", list(ModuleOutcome))
def test_other_modules_are_gaps_by_their_outcome(outcome: ModuleOutcome) -> None:
    """An app that is not on the phone is no gap; one whose data is damaged is."""
    runs = [
        *all_examined(ENCRYPTED),
        ModuleRun(module="Whatsapp", slug="whatsapp", origin="", part="backup", outcome=outcome),
    ]
    completeness, gaps = completeness_of(runs)
    expected = outcome in GAP_OUTCOMES
    assert bool(gaps) is expected
    assert completeness is (Completeness.PARTIAL if expected else Completeness.FULL)


def test_an_empty_key_module_counts_when_its_source_is_known_to_be_empty() -> None:
    """A phone without attachments is examined; one where nothing was counted is not."""
    runs = all_examined(ENCRYPTED)
    runs[0] = replace(runs[0], outcome=ModuleOutcome.EMPTY, records=0, source_rows=0)
    assert completeness_of(runs)[0] is Completeness.FULL
    runs[0] = replace(runs[0], source_rows=None)
    assert completeness_of(runs)[0] is Completeness.PARTIAL


def test_fewer_records_than_rows_is_a_gap_on_any_module() -> None:
    """The difference is written out in numbers."""
    runs = all_examined(ENCRYPTED)
    runs.append(
        ModuleRun(
            module="Whatsapp", slug="whatsapp", origin="", part="backup",
            outcome=ModuleOutcome.CHECKED, records=398, source_rows=412,
        )
    )  # fmt: skip
    completeness, gaps = completeness_of(runs)
    assert completeness is Completeness.PARTIAL
    assert gaps[0].reason == "412 records in the source, 398 examined"


@pytest.mark.parametrize(("records", "rows", "gaps"), [(9, 10, 1), (10, 10, 0), (11, 10, 0), (None, 1, 1)])
def test_one_missing_record_is_a_gap_and_none_missing_is_not(records: int | None, rows: int, gaps: int) -> None:
    """The bound lies between none and one."""
    runs = all_examined(ENCRYPTED)
    runs[0] = replace(runs[0], records=records, source_rows=rows)
    assert len(completeness_of(runs)[1]) == gaps


def test_more_records_than_rows_is_no_gap() -> None:
    """A join may give several records for a row."""
    runs = all_examined(ENCRYPTED)
    runs[0] = replace(runs[0], records=5, source_rows=3)
    assert completeness_of(runs)[0] is Completeness.FULL


def test_a_missing_key_module_is_a_gap() -> None:
    """A key module that never ran is named with the reason why it should have."""
    runs = all_examined(ENCRYPTED)[1:]
    completeness, gaps = completeness_of(runs)
    assert completeness is Completeness.PARTIAL
    assert gaps[0].outcome is ModuleOutcome.NOT_RUN
    assert "although" in gaps[0].reason


def test_a_missing_part_is_one_gap() -> None:
    """An AndroidQF acquisition without a bugreport has one hole, not one for each of its modules."""
    runs = [run for run in all_examined(EvidenceKind.ANDROIDQF) if run.part != "bugreport"]
    gap = Gap(module="bugreport", outcome=ModuleOutcome.NO_SOURCE, reason="no bugreport.zip")
    judged = assess(kind=EvidenceKind.ANDROIDQF, finished=True, indicators_loaded=1, modules=runs, extra_gaps=[gap])
    assert (judged.completeness, judged.gaps) == (Completeness.PARTIAL, (gap,))


def test_an_extra_gap_alone_makes_a_scan_partial() -> None:
    """What the pre-flight found counts although every module was content."""
    gap = Gap(module="preflight", outcome=ModuleOutcome.DAMAGED, reason="a link in the evidence")
    judged = assess(
        kind=ENCRYPTED,
        finished=True,
        indicators_loaded=1,
        modules=all_examined(ENCRYPTED),
        extra_gaps=[gap],
    )
    assert (judged.completeness, judged.gaps) == (Completeness.PARTIAL, (gap,))


def test_an_unfinished_scan_is_blind() -> None:
    """Whatever was examined before the end, the scan cannot be leaned on."""
    runs = all_examined(ENCRYPTED)
    assert completeness_of(runs, finished=False)[0] is Completeness.BLIND


def test_a_scan_without_indicators_is_blind_and_says_why() -> None:
    """Nothing can be found with nothing to look for."""
    completeness, gaps = completeness_of(all_examined(ENCRYPTED), loaded=0)
    assert completeness is Completeness.BLIND
    assert gaps[-1].module == "indicators"


@pytest.mark.parametrize("outcome", [each for each in ModuleOutcome if each not in EXAMINED])
def test_a_scan_without_one_examined_key_module_is_blind(outcome: ModuleOutcome) -> None:
    """A sysdiagnose read without the plugin's modules, a folder one level too high: all the same."""
    runs = [replace(run, outcome=outcome) for run in all_examined(ENCRYPTED)]
    assert completeness_of(runs)[0] is Completeness.BLIND


def test_a_sysdiagnose_without_our_modules_is_blind() -> None:
    """MVT's only module on a sysdiagnose describes the phone and compares nothing."""
    run = ModuleRun(
        module="SysdiagnoseInfo",
        slug="sysdiagnose_info",
        origin="",
        part="sysdiagnose",
        outcome=ModuleOutcome.EXTRACTED,
    )
    assert completeness_of([run], kind=EvidenceKind.SYSDIAGNOSE)[0] is Completeness.BLIND


def test_crash_logs_may_be_absent_from_a_healthy_sysdiagnose() -> None:
    """The one key module that may be empty without a count, because nothing tells a phone without crashes apart."""
    rows = {row.slug: row for row in kinds.of(EvidenceKind.SYSDIAGNOSE).key_modules}
    run = ModuleRun(module="X", slug="sysdiagnose_crashes", origin="", part="sysdiagnose", outcome=ModuleOutcome.EMPTY)
    assert is_examined(run, rows["sysdiagnose_crashes"])
    assert not is_examined(run, rows["sysdiagnose_processes"])


def test_an_unencrypted_backup_needs_no_safari_history_and_an_encrypted_one_does() -> None:
    """Website history is what iOS puts into encrypted backups only."""
    plain = {row.slug for row in kinds.of(EvidenceKind.IOS_BACKUP).key_modules}
    encrypted = {row.slug for row in kinds.of(EvidenceKind.IOS_BACKUP_ENCRYPTED).key_modules}
    assert "safari_history" in encrypted - plain
    assert plain < encrypted


@pytest.mark.parametrize("own", [ModuleOutcome.EMPTY, ModuleOutcome.NO_SOURCE, None])
def test_todays_list_of_processes_stands_in_for_the_older_one(own: ModuleOutcome | None) -> None:
    """Androidqf writes processes.txt nowadays; MVT looks for ps.txt and finds nothing, which is then no gap."""
    runs = [each for each in all_examined(EvidenceKind.ANDROIDQF) if each.slug != "aqf_processes"]
    if own is not None:
        runs.append(ModuleRun(module="P", slug="aqf_processes", origin="", part="androidqf", outcome=own))
    other = ModuleRun(
        module="C", slug="aqf_collected_processes", origin="", part="androidqf", outcome=ModuleOutcome.CHECKED
    )
    assert completeness_of([*runs, other], kind=EvidenceKind.ANDROIDQF) == (Completeness.FULL, ())
    unread = replace(other, outcome=ModuleOutcome.NO_SOURCE)
    assert completeness_of([*runs, unread], kind=EvidenceKind.ANDROIDQF)[0] is Completeness.PARTIAL


@pytest.mark.parametrize(
    ("kind", "code", "slug"),
    [
        (EvidenceKind.ANDROIDQF, "androidqf.none_chosen", "sms"),
        (EvidenceKind.ANDROIDQF, "androidqf.before_bugreports", "dumpsys_packages"),
        (EvidenceKind.IOS_FILE_SYSTEM, "shutdown.none", "shutdown_log"),
        (EvidenceKind.SYSDIAGNOSE, "shutdown.none", "sysdiagnose_shutdown_log"),
    ],
)
def test_what_a_phone_or_its_owner_did_not_give_is_a_limitation(kind: EvidenceKind, code: str, slug: str) -> None:
    """A backup not chosen, a report not taken, a log that no restart leaves: no gap; damage and others stay one."""

    def judged(outcome: ModuleOutcome, *told: str, other: str = "") -> Completeness:
        runs = [
            replace(run, outcome=outcome if run.slug in {slug, other} else run.outcome) for run in all_examined(kind)
        ]
        known = Known(told=frozenset(told))
        return assess(kind=kind, finished=True, indicators_loaded=1, modules=runs, known=known).completeness

    assert judged(ModuleOutcome.NO_SOURCE) is Completeness.PARTIAL
    assert judged(ModuleOutcome.NO_SOURCE, code) is Completeness.FULL
    assert judged(ModuleOutcome.DAMAGED, code) is Completeness.PARTIAL
    another = next(row.slug for row in kinds.of(kind).key_modules if row.slug != slug)
    assert judged(ModuleOutcome.NO_SOURCE, code, other=another) is Completeness.PARTIAL


def test_excuses_alone_examine_nothing() -> None:
    """A scan of which nothing was examined is blind, whatever excuses there are."""
    runs = [replace(run, outcome=ModuleOutcome.NO_SOURCE) for run in all_examined(EvidenceKind.SYSDIAGNOSE)]
    known = Known(told=frozenset({"shutdown.none"}))
    judged = assess(kind=EvidenceKind.SYSDIAGNOSE, finished=True, indicators_loaded=1, modules=runs, known=known)
    assert judged.completeness is Completeness.BLIND


def test_a_stand_in_excuses_no_damage() -> None:
    """A list of processes that is there and broken was not examined, whatever another list says."""
    runs = [each for each in all_examined(EvidenceKind.ANDROIDQF) if each.slug != "aqf_processes"]
    runs.append(ModuleRun(module="P", slug="aqf_processes", origin="", part="androidqf", outcome=ModuleOutcome.FAILED))
    other = ModuleRun(
        module="C", slug="aqf_collected_processes", origin="", part="androidqf", outcome=ModuleOutcome.CHECKED
    )
    assert completeness_of([*runs, other], kind=EvidenceKind.ANDROIDQF)[0] is Completeness.PARTIAL


IPHONE_SPOTS = {
    str(kind)
    for spot in ios_spots.SPOTS.values()
    if ios_spots.IosEvidence.BACKUP in spot.evidence
    for kind in spot.kinds
}
ANDROID_SPOTS = {str(kind) for spot in android_spots.SPOTS.values() if spot.reported for kind in spot.kinds}


def test_every_type_that_control_evidence_can_hold_is_compared() -> None:
    """The table is no narrower than what the engine tests show MVT to find."""
    assert kinds.of(EvidenceKind.IOS_BACKUP).compared_types >= IPHONE_SPOTS
    assert kinds.of(EvidenceKind.ANDROIDQF).compared_types >= ANDROID_SPOTS - {"emails"}


def judgement(kind: EvidenceKind = ENCRYPTED, **known: Any) -> Judgement:
    """Return what is said of a scan that examined everything, unless what else is known speaks against it."""
    return assess(kind=kind, finished=True, indicators_loaded=1, modules=all_examined(kind), known=Known(**known))


@pytest.mark.parametrize("kind", WHOLE)
def test_sets_without_a_fitting_type_compare_nothing_in_every_kind(kind: EvidenceKind) -> None:
    """One fitting indicator is enough; none of the right type is as good as none at all."""
    compared = kinds.of(kind).compared_types
    assert judgement(kind, counts={min(compared): 1, "unheard_of": 9}).completeness is Completeness.FULL
    assert judgement(kind, counts=dict.fromkeys(compared, 0)).completeness is Completeness.BLIND
    foreign = judgement(kind, counts={"unheard_of": 9})
    assert foreign.completeness is Completeness.BLIND
    assert "unheard_of" in foreign.gaps[0].reason


def test_what_was_lost_on_the_way_to_the_worker_is_a_gap() -> None:
    """A link that was not followed, a file that could not be decrypted."""
    gap = Gap(module="aa/link", outcome=ModuleOutcome.NOT_RUN, reason="is a link")
    judged = judgement(problems=(gap,))
    assert (judged.completeness, judged.gaps) == (Completeness.PARTIAL, (gap,))


def test_without_the_second_reader_nothing_is_full() -> None:
    """It alone looks where MVT is known to look past."""
    judged = judgement(second_reader=False)
    assert judged.completeness is Completeness.PARTIAL
    assert [gap.module for gap in judged.gaps] == ["sweep"]


@pytest.mark.parametrize("base", list(Completeness))
def test_a_recheck_is_never_more_complete_than_the_scan_it_rests_on(base: Completeness) -> None:
    """What was not examined then is not examined now, and its gaps stand."""
    gap = Gap(module="sms", outcome=ModuleOutcome.DAMAGED, reason="sms.db is damaged")
    gaps = () if base is Completeness.FULL else (gap,)
    judged = judgement(base=base, base_gaps=gaps)
    assert (judged.completeness, judged.gaps) == (base, gaps)


def test_a_gap_is_told_once() -> None:
    """The recheck finds the same hole as the scan before it."""
    gap = Gap(module="sms", outcome=ModuleOutcome.DAMAGED, reason="sms.db is damaged")
    judged = judgement(base=Completeness.PARTIAL, base_gaps=(gap,), problems=(gap,))
    assert judged.gaps == (gap,)


def _told(judged: Judgement) -> list[tuple[str, ModuleOutcome, str, dict[str, Any]]]:
    return [(gap.module, gap.outcome, gap.code, dict(gap.params)) for gap in judged.gaps]


def test_every_gap_of_the_judges_own_is_told_whole() -> None:
    """Module, outcome, code and parameters: what a report words rests on each of them."""
    known = Known(counts={"domains": 0, "app_ids": 0}, second_reader=False)
    kind = EvidenceKind.ANDROID_FILE_SYSTEM
    facts = kinds.of(kind)
    judged = assess(kind=kind, finished=True, indicators_loaded=1, modules=[], known=known)
    not_run = ModuleOutcome.NOT_RUN
    assert _told(judged) == [
        ("line_android_fs", not_run, "module.absent", {"sentence": facts.key_modules[0].reason}),
        ("file system", not_run, "kind.never_whole", {"sentence": facts.never_whole}),
        ("sweep", not_run, "reader.off", {}),
        ("indicators", not_run, "indicators.uncompared", {"held": "none"}),
    ]


def test_what_the_sets_hold_instead_is_named() -> None:
    """The examiner sees which types there were, in order, when none of them could match; none at all says so."""
    judged = judgement(counts={"app_cert_hashes": 2, "android_property_names": 1, "domains": 0})
    held = "android_property_names, app_cert_hashes"
    assert _told(judged) == [("indicators", ModuleOutcome.NOT_RUN, "indicators.uncompared", {"held": held})]
    nothing = assess(kind=ENCRYPTED, finished=True, indicators_loaded=0, modules=all_examined(ENCRYPTED))
    assert _told(nothing) == [("indicators", ModuleOutcome.NOT_RUN, "indicators.none", {})]


@pytest.mark.parametrize(("records", "rows", "told"), [(None, 3, (3, 0)), (2, 3, (3, 2)), (0, 1, (1, 0))])
def test_how_many_rows_were_missed_is_told(records: int | None, rows: int, told: tuple[int, int]) -> None:
    """There were so many rows, and so many were examined."""
    runs = all_examined(ENCRYPTED)
    runs[0] = replace(runs[0], records=records, source_rows=rows)
    judged = assess(kind=ENCRYPTED, finished=True, indicators_loaded=1, modules=runs)
    counted = {"there": told[0], "examined": told[1]}
    assert _told(judged) == [(runs[0].module, ModuleOutcome.CHECKED, "module.counted", counted)]


@pytest.mark.parametrize("outcome", sorted(GAP_OUTCOMES))
def test_a_gap_without_a_reason_of_its_own_says_what_its_outcome_means(outcome: ModuleOutcome) -> None:
    """A reason that the module gave stands as it is; without one the outcome's own words do."""
    first, *others = all_examined(ENCRYPTED)
    first = replace(first, outcome=outcome)
    plain = assess(kind=ENCRYPTED, finished=True, indicators_loaded=1, modules=[first, *others])
    given = assess(
        kind=ENCRYPTED, finished=True, indicators_loaded=1, modules=[replace(first, reason="given"), *others]
    )
    assert [gap.code for gap in plain.gaps] == [f"outcome.{outcome}"]
    assert [(gap.code, gap.reason) for gap in given.gaps] == [("text", "given")]


def test_limitations_are_those_of_what_was_not_read() -> None:
    """A kind's limitation is a reason of the catalogue, and goes where records of it were read after all."""
    kind = EvidenceKind.IOS_BACKUP
    limits, ran = kinds.of(kind).limitations, {run.slug for run in all_examined(kind)}
    read = next(slug for limit in limits for slug in limit.unless if slug not in ran)
    run = ModuleRun(module="M", slug=read, origin="", part="backup", outcome=ModuleOutcome.CHECKED, records=1)

    def told(*runs: ModuleRun) -> list[tuple[str, object]]:
        judged = assess(kind=kind, finished=True, indicators_loaded=1, modules=[*all_examined(kind), *runs])
        return [(each.code, each.params["sentence"]) for each in judged.limitations if isinstance(each, Reason)]

    everything = [("kind.limit", limit.text) for limit in limits if not ran & limit.unless]
    assert told() == everything
    assert told(run) == [("kind.limit", limit.text) for limit in limits if not {*ran, read} & limit.unless]
    assert len(told(run)) < len(everything)
    for unread in (replace(run, records=0), replace(run, outcome=ModuleOutcome.FAILED)):
        assert told(unread) == everything


def test_one_module_that_examined_is_not_blind() -> None:
    """Of all key modules one examined its source: that is little, and not nothing."""
    first, *others = all_examined(ENCRYPTED)
    failed = [replace(run, outcome=ModuleOutcome.FAILED) for run in others]
    assert completeness_of([first, *failed])[0] is Completeness.PARTIAL


def test_a_stand_in_alone_is_not_blind() -> None:
    """Where only what stands in for a key module examined, something was examined."""
    runs = [replace(run, outcome=ModuleOutcome.FAILED) for run in all_examined(EvidenceKind.ANDROIDQF)]
    runs = [run for run in runs if run.slug != "aqf_processes"]
    other = ModuleRun(
        module="C", slug="aqf_collected_processes", origin="", part="androidqf", outcome=ModuleOutcome.CHECKED
    )
    assert completeness_of([*runs, other], kind=EvidenceKind.ANDROIDQF)[0] is Completeness.PARTIAL
