"""LINE in synthetic evidence: stories about Letter Sealing, files that tell them, and databases that tell nothing.

One import for what `line_stories`, `line_ios`, `line_android` and `line_variants` hold.
"""

from __future__ import annotations

from builders.line_android import line_android_databases, write_line_android_fs, write_line_databases
from builders.line_variants import LINE_VARIANTS, LineVariant
from mvtcase.phones.line_ios import line_ios_files, write_line_backup, write_line_ios_fs
from mvtcase.phones.line_stories import (
    LAST_DAY,
    ContentType,
    LineAccount,
    LineChat,
    LineChatKind,
    LineMessage,
    healthy_account,
    single_peer_unsealed,
    two_accounts,
    unsealed_from,
    with_link,
    with_login_notice,
    with_message,
    with_messages,
    with_new_key,
)

__all__ = [
    "LAST_DAY",
    "LINE_VARIANTS",
    "ContentType",
    "LineAccount",
    "LineChat",
    "LineChatKind",
    "LineMessage",
    "LineVariant",
    "healthy_account",
    "line_android_databases",
    "line_ios_files",
    "single_peer_unsealed",
    "two_accounts",
    "unsealed_from",
    "with_link",
    "with_login_notice",
    "with_message",
    "with_messages",
    "with_new_key",
    "write_line_android_fs",
    "write_line_backup",
    "write_line_databases",
    "write_line_ios_fs",
]
