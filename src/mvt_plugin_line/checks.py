"""What all modules of this package share: results to alerts, to the timeline and to MVT's list of URLs.

Alerts are made from the stored results alone, so `check-iocs` on older results raises them again.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mvt.common.url import URL
from mvt.plugin import Alert, AlertLevel, MVTModule

from . import rows as kinds
from .rows import account_results, gap_result
from .verdict import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .records import Account, Gap, Platform
    from .rows import Result

LIST_LENGTH, NAMED_LENGTH = 10, 3
"""Different indicators in one message that make it a list, and a report where none of them is written as a link."""
MOST_NOTICE_ALERTS = 50
"""Notices alerted one by one; the rest are counted in one alert and stay in the results."""


@lru_cache(maxsize=4096)
def is_domain(text: str) -> bool:
    """Return whether MVT's own URL class finds a host with a public suffix in a text without `http://`."""
    try:
        return bool(URL(text).domain)
    except Exception:  # noqa: BLE001 - the URL class raises what its `tld` library raises on any odd text
        return False


def is_shortened(url: str) -> bool:
    """Return whether MVT counts a link among shortened ones, whose target is unknown while the network is off."""
    try:
        return bool(URL(url).check_if_shortened())
    except Exception:  # noqa: BLE001 - as in is_domain
        return False


class LineChecks(MVTModule):
    """Alerts, timeline and URLs from LINE records; a module of this package adds `run`."""

    results: list[Result]

    def add_account(self, account: Account) -> None:
        """Judge one account and keep its records; what is damaged is logged as an error, for absence it is not."""
        found = account_results(account, judge(account))
        for result in found:
            if result["record"] in kinds.LINKED:
                result["shortened"] = [url for url in (*result["links"], *result["domains"]) if is_shortened(url)]
        self.results.extend(found)
        self.log_gaps(account.gaps, account.label)

    def add_gaps(self, gaps: Iterable[Gap], platform: Platform) -> None:
        """Keep and log gaps that belong to no account."""
        listed = tuple(gaps)
        self.results.extend(gap_result(gap, platform.value) for gap in listed)
        self.log_gaps(listed, "the phone")

    def log_gaps(self, gaps: Iterable[Gap], label: str) -> None:
        """Log each gap: an error where something exists and is damaged, for information otherwise."""
        for gap in gaps:
            say = self.log.error if gap.damaged else self.log.info
            say("LINE data of %s could not be fully read: %s: %s", label, gap.source, gap.reason)

    def check_indicators(self) -> None:
        """Compare what each record carries with the indicators, then raise posture alerts."""
        failed = [words for result in self.results for words in self._compare(result)] if self.indicators else []
        self._raise_rules()
        self._raise_notices()
        if failed:
            self.log.error("%d LINE values could not be compared with the indicators: %s", len(failed), failed[0])

    def _compare(self, result: Result) -> list[str]:
        """Raise one CRITICAL alert for each indicator that a record matches; return what could not be compared.

        A message that names many of them is a list or a report, which nobody opens: one alert, for information.
        """
        matched: dict[str, Any] = {}
        named = set(result.get("domains", ()))
        few = NAMED_LENGTH
        failed = []
        for check, value in self._comparisons(result):
            try:
                match = check(value)
            except Exception as error:  # noqa: BLE001 - MVT raises on sets without a domain; the other values still count
                failed.append(f"{error.__class__.__name__}: {error}")
                continue
            if match:
                matched.setdefault(match.ioc.value, match)
                few = few if value in named else LIST_LENGTH
        if len(matched) >= few:
            event = {**result, "place_class": kinds.MENTION, "values": sorted(matched)}
            message = f"LINE: a message lists {len(matched)} indicators"
            self._alert(AlertLevel.LOW, message, event, matched_indicator=next(iter(matched.values())).ioc)
            return failed
        for match in matched.values():
            self.alertstore.critical(
                f"LINE: {match.message}", str(result.get("isodate", "")), result, matched_indicator=match.ioc
            )
        return failed

    def _comparisons(self, result: Result) -> list[tuple[Callable[[str], Any], str]]:
        record = result.get("record")
        check_url = self.indicators.check_url
        if record == kinds.CHAT:
            return [(check_url, result["chat"])]
        if record not in kinds.LINKED:
            return []
        urls = [*result["links"], *result["domains"], result.get("sender") or ""]
        found: list[tuple[Callable[[str], Any], str]] = [(check_url, url) for url in urls if url]
        if name := result.get("file_name"):
            found.append((self.indicators.check_file_name, name))
        return [*found, *((self.indicators.check_email, email) for email in result["emails"])]

    def _raise_rules(self) -> None:
        for result in self.results:
            if result.get("record") == kinds.RULE:
                level = AlertLevel.__members__.get(str(result.get("level")), AlertLevel.INFORMATIONAL)
                self._alert(level, f"LINE {result['rule']}: {result['sentence']}", result)

    def _raise_notices(self) -> None:
        notices = [result for result in self.results if result.get("record") == kinds.NOTICE]
        for notice in notices[:MOST_NOTICE_ALERTS]:
            words = str(notice["kind"]).replace("_", " ")
            self._alert(
                AlertLevel.INFORMATIONAL,
                f"LINE notice ({words}): ask the user whether this was their own doing",
                notice,
            )
        rest = notices[MOST_NOTICE_ALERTS:]
        if rest:
            self._alert(AlertLevel.INFORMATIONAL, f"LINE sent {len(rest)} more notices, listed in the results", rest[0])

    def _alert(self, level: Any, message: str, result: Result, **more: Any) -> None:  # noqa: ANN401 - MVT is untyped
        alert = Alert(
            level=level,
            module=self.get_slug(),
            message=message,
            event_time=str(result.get("isodate", "")),
            event=result,
            **more,
        )
        self.alertstore.add(alert)

    def collect_url_results(self) -> None:
        """List every link of a message for MVT's `urls.json`."""
        for result in self.results:
            if result.get("record") in kinds.LINKED:
                for url in (*result["links"], *result["domains"]):
                    self.add_url_result(url, result.get("isodate"), "line")

    def serialize(self, record: Result) -> list[dict[str, Any]]:
        """Return a record's timeline entries: messages with links, notices and rule findings that carry a time."""
        words = self._words(record)
        when = record.get("isodate")
        if not words or not when:
            return []
        return [{"timestamp": when, "module": self.__class__.__name__, "event": record["record"], "data": words}]

    @staticmethod
    def _words(record: Result) -> str:
        kind = record.get("record")
        if kind == kinds.LINK:
            return f"LINE message with links: {', '.join((*record['links'], *record['domains']))}"
        if kind == kinds.VISIT:
            return f"Page opened in LINE: {', '.join((*record['links'], *record['domains']))}"
        if kind == kinds.NOTICE:
            return f"LINE notice: {record['kind']}"
        if kind == kinds.RULE:
            return f"LINE {record['rule']}: {record['sentence']}"
        return ""
