"""LINE's smaller stores: pages, searches, contacts and files, what a match in each would show, and damage."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from builders.healthy_inputs import REPORTED, news
from builders.line import LAST_DAY, healthy_account, line_ios_files, with_message, write_line_backup, write_line_ios_fs
from builders.line_stores import STORE_SCHEMAS, SmallStores, line_store_files
from builders.line_variant import after, noise
from mvt_plugin_line.modules_ios import LineIOS
from mvtcase.findings.normalise import evidence_class
from mvtcase.findings.ratings import rate
from mvtcase.model import EvidenceClass, IndicatorRef, Level, Rating, RawAlert
from mvtcase.phones.line_ios import APP_DOMAIN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.phones.ios_phone import PhoneFile

_HOST, _FILE = "evil.example.com", "implant.bin"
_AT = LAST_DAY - timedelta(days=3)
_FULL = SmallStores(
    pages=((_AT, f"https://{_HOST}/a", "立法院"), (_AT, "https://www.ly.gov.tw/", f"a report on {_HOST}")),
    searches=((_AT, f"what is {_HOST}"), (_AT, "天氣")),
    contacts=((_AT, f"call me at https://{_HOST}", "+886900000000"), (_AT, "王小明", "+886900000001")),
    files=((_AT, _FILE, "u" + "0a" * 16), (_AT, "IMG_0001.jpg", "u" + "0b" * 16)),
)


class _Match:
    def __init__(self, value: str) -> None:
        self.message = f"found {value}"
        self.ioc = type("Ioc", (), {"value": value})()


class _Indicators:
    """Hosts and file names, compared as MVT would."""

    def __init__(self, *hosts: str) -> None:
        self.hosts = hosts

    def check_url(self, url: str) -> _Match | None:
        return next(
            (_Match(host) for host in self.hosts if f"//{host}/" in f"//{url.partition('://')[2] or url}/"), None
        )

    def check_file_name(self, name: str) -> _Match | None:
        return _Match(name) if name == _FILE else None

    def check_email(self, _email: str) -> None:
        return None


def _files(stores: SmallStores) -> list[PhoneFile]:
    account = healthy_account(seed=2)
    return [*line_ios_files(account), *line_store_files(account.mid, stores)]


def _class_of(alert: Any) -> tuple[EvidenceClass, Rating]:
    kind = "file_names" if alert.matched_indicator.value == _FILE else "domains"
    seen = RawAlert(
        event_time="",
        module="line_ios",
        level=Level.CRITICAL,
        message=alert.message,
        event=alert.event,
        indicator=IndicatorRef(value=alert.matched_indicator.value, type=kind, family="", set="s"),
    )
    return evidence_class(seen), rate(seen)[0]


@pytest.mark.parametrize("is_backup", [True, False])
def test_each_store_is_read_and_says_what_it_shows(
    tmp_path: Path,
    run_line: Callable[..., Any],
    is_backup: bool,  # noqa: FBT001 - parametrised
) -> None:
    """An opened page is exposure, a contact's link and a sent file an attempt, a search a mention."""
    write = write_line_backup if is_backup else write_line_ios_fs
    run = run_line(LineIOS, write(tmp_path, _files(_FULL)), indicators=_Indicators(_HOST), is_backup=is_backup)
    found = {alert.event["record"]: alert for alert in run.alerts if alert.matched_indicator is not None}
    assert {record: _class_of(alert) for record, alert in found.items()} == {
        "line_page_visit": (EvidenceClass.EXPOSURE, Rating.UNRATED),
        "line_search": (EvidenceClass.ATTEMPT, Rating.MENTION),
        "line_matched_contact": (EvidenceClass.ATTEMPT, Rating.UNRATED),
        "line_attachment": (EvidenceClass.ATTEMPT, Rating.UNRATED),
    }
    assert {alert.event["isodate"] for alert in found.values()} == {"2021-07-17 09:00:00.000000"}
    assert len([each for each in run.of("line_page_visit") if each["links"]]) == 2
    assert "王小明" not in str(run.results)
    assert "天氣" not in str(run.results)
    assert run.errors == []


def test_stores_of_the_other_domain_and_empty_ones_are_read(tmp_path: Path, run_line: Callable[..., Any]) -> None:
    """Contacts lie in the app's own domain; a store that was never used is no gap."""
    account = healthy_account(seed=2)
    stores = [replace(file, domain=APP_DOMAIN) for file in line_store_files(account.mid, replace(_FULL, pages=()))]
    run = run_line(LineIOS, write_line_backup(tmp_path, [*line_ios_files(account), *stores]), is_backup=True)
    assert len(run.of("line_matched_contact")) == 1
    assert run.of("line_gap") == []


@pytest.mark.parametrize("place", list(STORE_SCHEMAS))
def test_a_damaged_store_is_an_error_and_costs_itself_alone(
    place: str, tmp_path: Path, run_line: Callable[..., Any]
) -> None:
    """What is no database, and one without the table, is told by name; messages are read all the same."""
    files = _files(_FULL)
    (number,) = [index for index, file in enumerate(files) if file.relative_path.endswith(place)]
    for content in (noise(4096), after(line_ios_files(healthy_account())[1].content, ())):
        files[number] = replace(files[number], content=content)
        run = run_line(LineIOS, write_line_backup(tmp_path / str(len(content)), files), is_backup=True)
        assert [each["source"] for each in run.of("line_gap") if each["damaged"]] == [place]
        assert run.summary["sealing"] == "on"


def test_a_message_that_lists_indicators_is_a_mention(tmp_path: Path, run_line: Callable[..., Any]) -> None:
    """Forwarded news names a dozen domains, or three: one alert, no status; with a link they are attempts."""
    base = healthy_account(seed=2)
    one, two, three = REPORTED[:3]
    told = (
        (news()[0], Rating.MENTION, 1),
        (f"報導指出 {one}、{two} 與 {three} 為惡意網域", Rating.MENTION, 1),
        (f"看 https://{one}/x {two} {three}", Rating.UNRATED, 3),
        (f"看 {one}", Rating.UNRATED, 1),
    )
    for number, (text, rating, alerts) in enumerate(told):
        folder = tmp_path / str(number)
        backup = write_line_backup(folder, line_ios_files(with_message(base, text, LAST_DAY)))
        run = run_line(LineIOS, backup, indicators=_Indicators(*REPORTED), is_backup=True)
        found = [_class_of(alert)[1] for alert in run.alerts if alert.matched_indicator is not None]
        assert found == [rating] * alerts
