"""Comparing records: which checks fit which field, one alert per name and source, and checks that fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from mvt_plugin_sysdiagnose.matching import Matcher, subjects

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Ioc:
    """An indicator as MVT's own class has it."""

    value: str
    name: str = "TestSpy"


@dataclass(frozen=True)
class Match:
    """A match as MVT's own class has it."""

    ioc: Ioc
    message: str


class FakeIndicators:
    """Matches the values of a set in the checks of a set; `asked` counts every question."""

    def __init__(self, *values: str, checks: tuple[str, ...] = (), domains: tuple[str, ...] = ("d.example",)) -> None:
        self.values = values
        self.checks = checks
        self.domains = domains
        self.asked: list[tuple[str, str]] = []

    def get_iocs(self, kind: str) -> Iterator[Ioc]:
        """Yield the indicators of one kind."""
        yield from (Ioc(value) for value in {"domains": self.domains, "urls": self.values}.get(kind, ()))

    def __getattr__(self, check: str) -> Any:
        def ask(value: str) -> Match | None:
            self.asked.append((check, value))
            if value == "poison":
                raise KeyError(value)
            hit = value.rsplit("/", 1)[-1] in self.values and (not self.checks or check in self.checks)
            return Match(Ioc(value.rsplit("/", 1)[-1]), f"{check} {value}") if hit else None

        return ask


def _record(**fields: object) -> dict[str, Any]:
    return {"record": "process", "isodate": "", "source": "ps", "file": "ps.txt", **fields}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"process": "bh"}, {("check_process", "bh"), ("check_file_path", "bh")}),
        (
            {"process": "bh", "path": "/t/bh"},
            {
                ("check_process", "bh"),
                ("check_process", "/t/bh"),
                ("check_file_path", "/t/bh"),
                ("check_file_path_process", "/t/bh"),
            },
        ),
        ({"bundle_id": "a.b.c"}, {("check_app_id", "a.b.c"), ("check_process", "a.b.c")}),
        ({"urls": ["x.example"]}, {("check_url", "x.example")}),
        ({"profile_ids": ["LONG-ENOUGH", "A"]}, {("check_profile", "LONG-ENOUGH")}),
        ({"parent": "bh"}, {("check_process", "bh")}),
        ({}, set()),
    ],
)
def test_every_field_has_its_checks(fields: dict[str, object], expected: set[tuple[str, str]]) -> None:
    """Short profile identifiers are left out: MVT's check would find one letter in every indicator."""
    assert set(subjects(_record(**fields))) == expected


def test_other_readings_of_a_command_are_compared_too() -> None:
    """A command with blanks is compared whole and by its first word."""
    asked = set(subjects(_record(path="/t/bh -x", other_paths=["/t/bh"])))
    assert ("check_process", "/t/bh") in asked
    assert ("check_process", "/t/bh -x") in asked


def test_one_name_in_one_source_is_one_hit_with_its_window() -> None:
    """Several checks and several records of one name join; the hit tells how many, where and when."""
    records = [
        _record(process="bh", isodate="2024-01-02 00:00:00", file="b"),
        _record(process="bh", path="/t/bh", isodate="2024-01-01 00:00:00", file="a"),
        _record(process="bh", path="/u/bh", isodate="2024-01-03 00:00:00", last_seen="2024-02-01 00:00:00", file="a"),
    ]
    (hit,) = Matcher(FakeIndicators("bh")).hits(records)
    event = hit.event()
    assert (event["matching_records"], event["first_seen"], event["last_seen"]) == (
        3,
        "2024-01-01 00:00:00",
        "2024-02-01 00:00:00",
    )
    assert (event["paths"], event["files"]) == (["/t/bh", "/u/bh"], ["b", "a"])
    assert event["path"] == "/t/bh"


def test_sources_and_indicators_stay_apart() -> None:
    """The same process in two sources, or two indicators on one record, are separate hits."""
    records = [_record(process="bh"), _record(process="bh", source="taskinfo"), _record(process="x", parent="bh")]
    assert len(Matcher(FakeIndicators("bh", "x")).hits(records)) == 3


def test_a_value_is_asked_for_once() -> None:
    """A thousand equal records cost one question per check."""
    indicators = FakeIndicators("bh")
    Matcher(indicators).hits(_record(process="cloudd") for _ in range(1000))
    assert len(indicators.asked) == 2


def test_a_check_that_raises_is_remembered_and_the_others_go_on() -> None:
    """One value that MVT cannot take leaves the rest compared."""
    matcher = Matcher(FakeIndicators("bh"))
    hits = matcher.hits([_record(process="poison"), _record(process="bh")])
    assert [hit.indicator.value for hit in hits] == ["bh"]
    assert "KeyError" in matcher.failures["check_process"]


def test_without_domains_urls_are_compared_exactly() -> None:
    """The URL check of a set without domains would raise in MVT: it is not called."""
    indicators = FakeIndicators("https://x.example/a", domains=())
    (hit,) = Matcher(indicators).hits([_record(urls=["https://x.example/a", "https://x.example/b"])])
    assert hit.indicator.value == "https://x.example/a"
    assert indicators.asked == []
