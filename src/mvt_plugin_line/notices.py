"""LINE's own messages about logins, verification codes and account moves.

LINE's official account sends a reminder at an account move or a login to LINE's services (help.line.me, zh-Hant,
contents 20000265 and 20000263). The exact templates, above all that of 2021, were not found: these are words.
"""

from __future__ import annotations

import re
from enum import Enum

OFFICIAL_NAMES = frozenset({"line", "line service messages", "line服務訊息"})
"""Names of LINE's own accounts, folded."""


class NoticeKind(str, Enum):
    """What LINE told the user."""

    ACCOUNT_MOVE = "account_move"
    LOGIN = "login"
    CODE = "verification_code"
    LETTER_SEALING = "letter_sealing"


_WORDS = (
    (
        NoticeKind.ACCOUNT_MOVE,
        (
            "移動帳號",
            "帳號移動",
            "移動您的帳號",
            "引き継",
            "アカウントの引継",
            "account was transferred",
            "transferred your account",
        ),
    ),
    (
        NoticeKind.LOGIN,
        (
            "登入提醒",
            "登入通知",
            "已登入",
            "其他裝置登入",
            "ログインした",
            "ログインしました",
            "logged in",
            "new login",
        ),
    ),
    (NoticeKind.CODE, ("認證碼", "驗證碼", "認証番号", "認証コード", "verification code")),
    (NoticeKind.LETTER_SEALING, ("letter sealing", "訊息保護", "トークの暗号化")),
)
_PATTERNS = tuple((kind, re.compile("|".join(map(re.escape, words)), re.IGNORECASE)) for kind, words in _WORDS)
_MOST_TEXT = 20_000


def notice_kind(text: str) -> NoticeKind | None:
    """Return what a text of LINE's own account is about, or None when it is no notice known here."""
    searched = text[:_MOST_TEXT]
    return next((kind for kind, pattern in _PATTERNS if pattern.search(searched)), None)


def is_official_name(name: str) -> bool:
    """Return whether a chat's name is one LINE uses for its own accounts."""
    return name.strip().casefold() in OFFICIAL_NAMES
