"""Results of a module: plain dictionaries that survive JSON, and from which a later `check-iocs` can judge again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from .records import ChatState, EntryKind
from .times import iso_utc, isodate

if TYPE_CHECKING:
    from .course import Course
    from .records import Account, Chat, Entry, Gap, LinkMessage, Notice, Run
    from .rules import RuleFinding
    from .verdict import Verdict


Result = dict[str, Any]

ACCOUNT = "line_account"
CHAT = "line_chat"
LINK = "line_message_link"
NOTICE = "line_notice"
GAP = "line_gap"
RULE = "line_rule"
SUMMARY = "line_sealing_summary"
APP = "line_app"
MENTION = "mention"
VISIT = EntryKind.VISIT.value
LINKED = frozenset({LINK, *(kind.value for kind in EntryKind)})
"""Records that carry links, domains and addresses."""

MOST_RUNS = 50
"""Newest runs given of one chat."""


def mid_hash(mid: str | None) -> str | None:
    """Return the hex SHA-256 of a LINE id, so that an account can be told apart without being named."""
    return None if mid is None else hashlib.sha256(mid.encode("utf-8", "surrogatepass")).hexdigest()


def account_results(account: Account, verdict: Verdict) -> list[Result]:
    """Return every record of one account, exactly one `line_sealing_summary` first."""
    base = {"platform": account.platform.value, "account_mid_hash": mid_hash(account.mid), "account": account.label}
    found = [
        summary_result(account, verdict),
        account_result(account),
        *(_rule(each) for each in verdict.findings),
        *(_gap(each) for each in account.gaps),
        *(_chat(each, verdict.course) for each in account.chats),
        *(_link(each) for each in account.links),
        *(_entry(each) for each in account.entries),
        *(_notice(each) for each in account.notices),
    ]
    return [{"record": each["record"], **base, **each} for each in found]


def summary_result(account: Account, verdict: Verdict) -> Result:
    """Return the one record an orchestrator files as an observation; times are ISO UTC or None."""
    summary = verdict.summary
    return {
        "record": SUMMARY,
        "platform": account.platform.value,
        "account_mid_hash": mid_hash(account.mid),
        "sealing": summary.sealing.value,
        "basis": summary.basis,
        "last_sealed": iso_utc(summary.last_sealed_ms),
        "first_unsealed": iso_utc(summary.first_unsealed_ms),
        "resealed": iso_utc(summary.resealed_ms),
        "reason": summary.reason,
        "chats_total": len(account.chats),
        "chats_sealed": verdict.count(ChatState.SEALED),
        "chats_unsealed": verdict.count(ChatState.UNSEALED),
        "chats_unknown": verdict.count(ChatState.UNKNOWN),
        "isodate": isodate(summary.first_unsealed_ms),
    }


def account_result(account: Account) -> Result:
    """Return what one account's data held, counts and raw preference values, without any verdict."""
    return {
        "record": ACCOUNT,
        "isodate": "",
        "sources": list(account.sources),
        "switch_e2ee_enable": account.switch,
        "own_keys": [{"key_id": key.key_id, "created": iso_utc(key.created_ms)} for key in account.own_keys],
        "own_keys_known": account.own_keys_known,
        "messages_complete": account.messages_complete,
        "counts": dict(account.counts),
        "preferences": dict(account.preferences),
    }


def gap_result(gap: Gap, platform: str) -> Result:
    """Return a gap that belongs to no account."""
    return {**_gap(gap), "platform": platform, "account_mid_hash": None, "account": ""}


def _gap(gap: Gap) -> Result:
    return {
        "record": GAP,
        "isodate": "",
        "source": gap.source,
        "reason": gap.reason,
        "damaged": gap.damaged,
        "rows": gap.rows,
    }


def _rule(finding: RuleFinding) -> Result:
    return {
        "record": RULE,
        "rule": finding.rule.id,
        "level": finding.rule.level.name,
        "sentence": finding.sentence,
        "inference": finding.rule.inference,
        "evidence_class": "posture",
        "chats": list(finding.chats),
        "last_sealed": iso_utc(finding.last_sealed_ms),
        "first_unsealed": iso_utc(finding.first_unsealed_ms),
        "resealed": iso_utc(finding.resealed_ms),
        "isodate": isodate(finding.at_ms),
    }


def _chat(chat: Chat, course: Course) -> Result:
    runs = course.runs.get(chat.mid, ())
    state = course.states.get(chat.mid, ChatState.UNKNOWN)
    basis = None if state is ChatState.UNKNOWN else "messages" if runs else "key_record"
    return {
        "record": CHAT,
        "chat": chat.mid,
        "kind": chat.kind.value,
        "sealing": state.value,
        "sealing_basis": basis,
        "runs": [_run(run) for run in runs[-MOST_RUNS:]],
        "messages": chat.messages,
        "sealed_messages": sum(mark.sealed for mark in chat.marks),
        "unsealed_messages": sum(not mark.sealed for mark in chat.marks),
        "left_out": chat.left_out,
        "two_way": chat.two_way,
        "key_record_usable": chat.usable,
        "key_record_content_types": chat.content_types,
        "last_message": iso_utc(chat.last_ms),
        "isodate": isodate(chat.last_ms),
    }


def _run(run: Run) -> Result:
    return {
        "sealed": run.sealed,
        "first": iso_utc(run.first_ms),
        "last": iso_utc(run.last_ms),
        "messages": run.messages,
    }


def _link(message: LinkMessage) -> Result:
    return {
        "record": LINK,
        "chat": message.chat,
        "sender": message.sender,
        "sender_name": message.sender_name,
        "outgoing": message.outgoing,
        "links": list(message.links),
        "domains": list(message.domains),
        "emails": list(message.emails),
        "text": message.text,
        "raw_time": message.raw_time,
        "isodate": isodate(message.at_ms),
    }


_PLACE_CLASSES = {
    EntryKind.VISIT: "exposure",
    EntryKind.SEARCH: MENTION,
    EntryKind.CONTACT: "attempt",
    EntryKind.ATTACHMENT: "attempt",
}
"""What a match in a record would show; the other records follow from their module."""


def _entry(entry: Entry) -> Result:
    return {
        "record": entry.kind.value,
        "place_class": _PLACE_CLASSES[entry.kind],
        "links": list(entry.links),
        "domains": list(entry.domains),
        "emails": list(entry.emails),
        "file_name": entry.file_name,
        "text": entry.text,
        "raw_time": entry.raw_time,
        "isodate": isodate(entry.at_ms),
    }


def _notice(notice: Notice) -> Result:
    return {
        "record": NOTICE,
        "chat": notice.chat,
        "kind": notice.kind,
        "text": notice.text,
        "raw_time": notice.raw_time,
        "isodate": isodate(notice.at_ms),
    }
