"""Words of LINE's own notices, and times that no value may break."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvt_plugin_line.notices import NoticeKind, is_official_name, notice_kind
from mvt_plugin_line.times import EARLIEST_MS, LATEST_MS, iso_utc, isodate, minute, plausible_ms


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("登入通知 您的帳號已在其他裝置登入。", NoticeKind.LOGIN),
        ("他の端末で、LINEにログインしたことを通知するメッセージです。", NoticeKind.LOGIN),
        ("You have logged in to LINE on another device.", NoticeKind.LOGIN),
        ("請勿將認證碼告訴他人", NoticeKind.CODE),
        ("移動帳號 您的帳號已移動", NoticeKind.ACCOUNT_MOVE),
        ("Letter Sealing has changed", NoticeKind.LETTER_SEALING),
        ("三點開會", None),
    ],
)
def test_notices_are_told_by_their_words(text: str, kind: NoticeKind | None) -> None:
    """The words of help pages are recognised, an ordinary message is not."""
    assert notice_kind(text) is kind


@pytest.mark.parametrize(("name", "official"), [("LINE", True), (" line ", True), ("Aldith", False), ("", False)])
def test_official_names_are_folded(name: str, official: bool) -> None:  # noqa: FBT001 - parametrised
    """LINE's own name is recognised in any case."""
    assert is_official_name(name) is official


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1_625_907_600_000, 1_625_907_600_000),
        ("1625907600000", 1_625_907_600_000),
        (0, None),
        (-5, None),
        (2**63 - 1, None),
        ("9" * 400, None),
        ("noon", None),
        (None, None),
        (b"1625907600000", None),
        (1.5e12, None),
        (True, None),
    ],
)
def test_only_times_a_message_can_have_are_taken(value: object, expected: int | None) -> None:
    """Digits as text and integers count, everything else is no time."""
    assert plausible_ms(value) == expected


def test_times_are_written_in_utc() -> None:
    """The forms of results, events and sentences agree."""
    assert iso_utc(1_625_907_600_123) == "2021-07-10T09:00:00.123000Z"
    assert isodate(1_625_907_600_123) == "2021-07-10 09:00:00.123000"
    assert minute(1_625_907_600_123) == "2021-07-10 09:00 UTC"
    assert (iso_utc(None), isodate(None)) == (None, "")


@given(st.integers())
def test_no_number_breaks_a_time(value: int) -> None:
    """Any integer is a time within bounds or none, and every time has a text."""
    at = plausible_ms(value)
    assert at is None or EARLIEST_MS <= at <= LATEST_MS
    assert minute(value).endswith("UTC")
