"""What findings weigh: every rule of the pinned release has a record, what most phones show accuses nobody."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.findings import ratings
from mvtcase.findings.ratings import Rule, heading, known, only_here, rate, rule_named, rules, weigh_together
from mvtcase.findings.stock import only_about
from mvtcase.model import AlertSource, EvidenceClass, Finding, IndicatorRef, Level, Rating, RawAlert
from mvtcase.wording import translator

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOT = Path(__file__).parents[3]


def _list_rules() -> Any:
    spec = importlib.util.spec_from_file_location("list_rules", _ROOT / "scripts" / "list_rules.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_rule_of_the_pinned_release_has_a_record_and_every_record_a_rule() -> None:
    """A rule that a new release brings is noticed here; until then it weighs as suspicious."""
    there = {tuple(rule) for rule in _list_rules().rules()}
    assert {(rule.source, rule.template) for rule in rules()} == there


def test_records_say_everything_in_words_and_name_their_evidence() -> None:
    """No record rests on nothing."""
    texts = [text for rule in rules() for text in (rule.says, rule.common, rule.evidence, rule.causes, rule.unusual)]
    assert all(texts)
    assert len({rule.id for rule in rules()}) == len(rules())
    assert all(" " not in rule.id for rule in rules())


def test_known_names_belong_to_rules_and_have_sources() -> None:
    """An exception without a rule or a source would excuse anything."""
    assert set(known()) <= {rule.id for rule in rules()}
    assert all(source for table in known().values() for source in table.values())


def _rated(message: str, event: dict[str, Any] | None = None, module: str = "x") -> tuple[Rating, str]:
    return rate(RawAlert(module=module, level=Level.MEDIUM, message=message, event_time="", event=event or {}))


_OLD_PATCHES = "This phone has not received security updates for more than six months (last update: 2025-10-05)."


@pytest.mark.parametrize(
    ("message", "event", "expected"),
    [
        ("A rule nobody wrote a record for", {}, Rating.UNRATED),
        ("Redirect took less than a second! (200.0 milliseconds)", {}, Rating.LEAD),
        (_OLD_PATCHES, {}, Rating.POSTURE),
        ("Risky package 'com.android.shell' had 'VIBRATE' permission set to 'access' at 2026", {}, Rating.CONTEXT),
        ("Risky package 'com.android.shell' had 'RECORD_AUDIO' permission set to 'access' at 2026", {}, Rating.LEAD),
        ("Package 'org.x' had risky permission 'REQUEST_INSTALL_PACKAGES' set to 'reject' at 2026", {}, Rating.CONTEXT),
        ("Package 'org.x' had risky permission 'REQUEST_INSTALL_PACKAGES' set to 'access' at 2026", {}, Rating.LEAD),
        (
            "Package 'com.android.chrome' had risky permission 'REQUEST_INSTALL_PACKAGES' set to 'access' at 2026",
            {},
            Rating.CONTEXT,
        ),
        ('Found root binary "su" at path "/system/xbin/su"', {}, Rating.SUSPICIOUS),
        ('Found executable file at suspicious path "/data/local/tmp/scrcpy-server.jar"', {}, Rating.CONTEXT),
        ('Found executable file at suspicious path "/data/local/tmp/.stage/loader"', {}, Rating.SUSPICIOUS),
        ('Found file at suspicious path "/data/local/tmp/notes"', {}, Rating.LEAD),
        ("Could not find the binary associated with the process with name configd", {}, Rating.CONTEXT),
        ("Could not find the binary associated with the process with name agentx", {}, Rating.LEAD),
        ("Potential Quadream exploit event identified: 1", {"summary": "Meeting"}, Rating.LEAD),
        (
            "Potential Quadream exploit event identified: 1",
            {"participant_email": "a@example.org", "start_date": "2026-01-01", "last_modified": "2026-03-01"},
            Rating.SUSPICIOUS,
        ),
        ("Apple warning about state-sponsored attack received on 2026", {"phone_number": "+8869"}, Rating.MENTION),
        (
            "Apple warning about state-sponsored attack received on 2026",
            {"phone_number": "threat-notifications@apple.com"},
            Rating.SUSPICIOUS,
        ),
    ],
)  # fmt: skip
def test_a_message_weighs_what_its_record_and_what_is_known_say(
    message: str, event: dict[str, Any], expected: Rating
) -> None:
    """Exceptions are exact: a name that is known, a request that was refused, a sender that is Apple."""
    assert _rated(message, event)[0] is expected


def test_a_hostile_name_cannot_borrow_another_rule() -> None:
    """The text that a process chose stands inside its own rule's text, whatever it says."""
    name = "Lockdown mode enabled"
    message = f"Potentially suspicious crash in process '{name}' running as UID '0' in tombstone 't' at 2026"
    assert _rated(message)[1].startswith("system-crash ")


def _alert(type_: str, value: str, event: dict[str, Any], source: AlertSource = AlertSource.MVT) -> RawAlert:
    indicator = IndicatorRef(value=value, type=type_, family="x", set="x")
    return RawAlert(
        module="x", level=Level.HIGH, message="m", event_time="", event=event, indicator=indicator, source=source
    )


@pytest.mark.parametrize(
    ("path", "excused"),
    [
        ("usr/libexec/BackupAgent", True),
        ("private/var/db/staging/BackupAgent", False),
        ("usr/libexec/BackupAgent/x", False),
        ("private/var/containers/Bundle/Application/A/TikTok.app/X.bundle/BackupAgent/a", True),
    ],
)
def test_a_name_that_systems_carry_is_excused_in_its_own_place_only(path: str, excused: bool) -> None:  # noqa: FBT001
    """A program of that name anywhere else still matches."""
    rating, _ = rate(_alert("processes", "BackupAgent", {"path": path}))
    assert (rating is Rating.CONTEXT) is excused


def test_a_process_that_ran_is_never_excused() -> None:
    """What ran under a stock name is the published thing itself."""
    event = {"place_class": "execution", "path": "usr/libexec/BackupAgent"}
    assert rate(_alert("processes", "BackupAgent", event, AlertSource.SWEEP))[0] is Rating.UNRATED


def test_the_title_of_a_page_is_about_a_host_and_its_address_leads_there() -> None:
    """A bookmark named after a host is none of it; a title that is nothing but a host is left as it is."""
    event = {
        "place_class": "exposure",
        "column": "title",
        "context": "Report on bad.example.net",
        "found": "bad.example.net",
    }
    assert rate(_alert("domains", "bad.example.net", event, AlertSource.SWEEP))[0] is Rating.MENTION
    bare = {**event, "context": "bad.example.net"}
    assert rate(_alert("domains", "bad.example.net", bare, AlertSource.SWEEP))[0] is Rating.UNRATED


def _finding(identity: str, rule: str, moment: str | None = None, device: str = "D-1") -> Finding:
    return Finding(
        id=identity, device=device, official="O-1", evidence_class=EvidenceClass.HEURISTIC, level=Level.MEDIUM,
        module="x", title="t", rating=Rating.LEAD, rule=rule, event_time=moment,
    )  # fmt: skip


def _weights(*findings: Finding) -> list[Rating]:
    return [one.rating for one in weigh_together(findings)]


def test_what_nearly_all_phones_show_falls_together_by_chance() -> None:
    """A redirect and a name without a binary at one second say nothing; either with something rarer does."""
    moment = "2026-10-01T08:00:00.000000Z"
    redirect, name = _finding("F-1", "fast-redirect", moment), _finding("F-2", "no-binary triald", moment)
    authority = _finding("F-3", "authority-installed", moment)
    assert _weights(redirect, name) == [Rating.LEAD, Rating.LEAD]
    assert _weights(redirect, authority) == [Rating.SUSPICIOUS, Rating.SUSPICIOUS]


def test_leads_of_two_rules_about_one_thing_or_moment_weigh_as_suspicious() -> None:
    """One rule that speaks twice is one lead; two rules about one app are two."""
    app = _finding("F-1", "installed-without-store org.x")
    service = _finding("F-2", "accessibility-service org.x/.Watch")
    other = _finding("F-3", "accessibility-service org.y/.Watch")
    assert _weights(app, service) == [Rating.SUSPICIOUS] * 2
    assert _weights(app, other) == [Rating.LEAD] * 2
    assert _weights(app, replace(app, id="F-4")) == [Rating.LEAD] * 2
    assert weigh_together((app, service))[0].rule == "installed-without-store org.x + accessibility-service"
    close = (
        _finding("F-5", "fast-redirect", "2026-05-09T06:10:00Z"),
        _finding("F-6", "system-crash x", "2026-05-09T06:10:03Z"),
    )
    assert _weights(*close) == [Rating.SUSPICIOUS] * 2


@pytest.mark.parametrize(("phones", "expected"), [(4, 0), (5, 1)])
def test_what_stands_on_one_phone_of_five_is_told(phones: int, expected: int) -> None:
    """Fewer phones say nothing about what is usual."""
    devices = [f"D-{number}" for number in range(phones)]
    findings: dict[str, Sequence[Finding]] = {
        device: (_finding(f"F-{device}", "no-binary usual", device=device),) for device in devices
    }
    findings["D-1"] = (*findings["D-1"], _finding("F-odd", "no-binary odd", device="D-1"))
    assert len(only_here(findings, devices)) == expected


def test_the_rule_of_a_finding_leads_back_to_its_record() -> None:
    """`finding show` prints the record of a rule by the name that the finding keeps."""
    found = rule_named("no-binary agentx + fast-redirect")
    assert isinstance(found, Rule)
    assert found.id == "no-binary"
    assert rule_named(ratings.NOT_YET_RATED) is None


def test_the_tables_are_sorted_and_small() -> None:
    """They are read by people."""
    folder = _ROOT / "src" / "mvtcase" / "findings"
    assert all((folder / name).stat().st_size < 60_000 for name in ("rules.json", "known.json", "stock_names.json"))
    keys = [
        (each["source"], each["template"]) for each in json.loads((folder / "rules.json").read_text(encoding="utf-8"))
    ]
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    ("title", "about"),
    [("What evil.example is", True), ("https://evil.example/a", False), ("evil.example", False)],
)
def test_a_title_that_is_an_address_was_opened(title: str, about: bool) -> None:  # noqa: FBT001  # of a table
    """A page without a title has its address there; only words beside it make it a page about the address."""
    host = IndicatorRef(value="evil.example", type="domains", family="F", set="s")
    assert only_about(host, {"column": "title", "context": title, "found": "evil.example"}) is about


def test_a_title_is_as_it_was_written_in_english_and_what_its_rule_says_elsewhere() -> None:
    """The thing is named where the title stands for one finding; what no rule knows keeps its words."""
    own, chinese = "LINE R3: Most one-to-one chats went unsealed together", translator("zh-TW").word
    told = heading(own, "line-r3", None)
    assert {str(told), translator("en").word(told)} == {own}
    assert chinese(told) == "這個帳號的 Letter Sealing 極可能被關閉過。"
    profile = "profile-event org.example + no-binary"
    assert chinese(heading("On …", profile, None)) == "org.example：一個組態描述檔被安裝、變更或移除。"
    assert chinese(heading("On …", profile, None, alone=False)) == "一個組態描述檔被安裝、變更或移除。"
    assert chinese(heading("A new check", "not-yet-rated", None)) == "A new check"
    ref = IndicatorRef(value="bh", type="processes", family="", set="pegasus")
    assert chinese(heading("Found bh", "", ref)).startswith("已公布的指標 bh")
