"""Alerts from stored results: matches, failures of the matcher, notices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from builders.line import (
    LAST_DAY,
    LineAccount,
    healthy_account,
    line_ios_files,
    with_login_notice,
    with_message,
    write_line_backup,
)
from mvt_plugin_line.checks import MOST_NOTICE_ALERTS
from mvt_plugin_line.modules_ios import LineIOS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class _Ioc:
    value: str


@dataclass(frozen=True)
class _Match:
    ioc: _Ioc
    message: str


class _Indicators:
    """Stands for MVT's indicators: matches by substring, or fails as MVT does on a set without domains."""

    def __init__(self, *values: str, broken: bool = False) -> None:
        self.values = values
        self.broken = broken
        self.asked: list[str] = []

    def check_url(self, url: str) -> _Match | None:
        self.asked.append(url)
        if self.broken:
            raise AttributeError("Not an Aho-Corasick automaton yet")
        return next((_Match(_Ioc(value), f"found {value}") for value in self.values if value in url), None)

    check_email = check_url

    def get_expanded_url(self, url: str) -> str | None:
        return None


@pytest.fixture
def run_with(tmp_path: Path, run_line: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that runs the module over an account with indicators."""

    def run(account: LineAccount, indicators: _Indicators) -> Any:
        backup = write_line_backup(tmp_path / "backup", line_ios_files(account))
        return run_line(LineIOS, backup, is_backup=True, indicators=indicators)

    return run


def test_one_alert_for_each_indicator_of_a_message(run_with: Callable[..., Any]) -> None:
    """A link given in two cuts is one alert, an address beside it another."""
    account = with_message(healthy_account(), "看https://evil.example.com/x謝謝 mail bad@example.net", LAST_DAY)
    run = run_with(account, _Indicators("evil.example.com", "bad@example.net"))
    critical = [alert for alert in run.alerts if alert.level.name == "CRITICAL"]
    assert [alert.matched_indicator.value for alert in critical] == ["evil.example.com", "bad@example.net"]
    assert all(alert.event["isodate"] == alert.event_time for alert in critical)


def test_senders_and_chats_are_compared_too(run_with: Callable[..., Any]) -> None:
    """The sender of a link and every chat's id go through the check."""
    account = with_message(healthy_account(), "https://a.example.com", LAST_DAY)
    indicators = _Indicators()
    run_with(account, indicators)
    assert {chat.mid for chat in account.chats} <= set(indicators.asked)


def test_a_matcher_that_fails_is_an_error_and_posture_is_still_raised(run_with: Callable[..., Any]) -> None:
    """MVT raises on every URL when a set has no domain: that is said, and nothing else is lost."""
    account = with_message(with_login_notice(healthy_account(), LAST_DAY), "https://a.example.com", LAST_DAY)
    run = run_with(account, _Indicators(broken=True))
    assert any("could not be compared with the indicators" in error for error in run.errors)
    assert any("LINE notice (login)" in alert.message for alert in run.alerts)


def test_notices_are_alerted_in_bounds(run_with: Callable[..., Any]) -> None:
    """Hundreds of notices give a bounded number of alerts, and the last one counts the rest."""
    account = healthy_account()
    for minute in range(MOST_NOTICE_ALERTS + 20):
        account = with_login_notice(account, LAST_DAY - timedelta(minutes=minute))
    run = run_with(account, _Indicators())
    notices = [alert for alert in run.alerts if alert.level.name == "INFORMATIONAL"]
    assert len(notices) == MOST_NOTICE_ALERTS + 1
    assert "20 more notices" in notices[-1].message


def test_links_are_listed_for_mvt(run_with: Callable[..., Any]) -> None:
    """MVT's list of URLs holds every link with its time, and shortened ones are marked in the results."""
    account = with_message(healthy_account(), "https://bit.ly/abc", LAST_DAY)
    run = run_with(account, _Indicators())
    run.module.collect_url_results()
    assert [(each["url"], each["source"]) for each in run.module.url_results] == [("https://bit.ly/abc", "line")]
    assert run.of("line_message_link")[0]["shortened"] == ["https://bit.ly/abc"]


def test_stored_results_of_another_version_do_not_break_the_check() -> None:
    """A record of an unknown kind, and a rule with an unknown level, are passed over or raised for information."""
    rule = {"record": "line_rule", "rule": "R9", "level": "LOUD", "sentence": "new", "isodate": ""}
    module = LineIOS(results=[{"record": "something new"}, rule])
    module.check_indicators()
    assert [alert.level.name for alert in module.alertstore.alerts] == ["INFORMATIONAL"]
