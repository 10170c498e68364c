"""How much a finding weighs by the rule that raised it: one table of rules, and small tables of what is known there.

`rules.json` has a record for every rule of the pinned MVT and of our plugins (`scripts/list_rules.py` compares them);
`known.json` has, by rule, what the system, the makers and well-known programs are called, each with its source.
A rule without a record weighs as something suspicious: it is not yet rated.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Protocol

from mvtcase.findings.stock import of_the_system, only_about
from mvtcase.model import AlertSource, Level, Rating
from mvtcase.wording import Message, Said, Titled, say

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from mvtcase.model import Finding, IndicatorRef, Json, RawAlert

NOT_YET_RATED = "not-yet-rated"
MENTION, AMONG_BYTES = "mention", "indicator-among-bytes"
NAME_OF_THE_SYSTEM = "name-of-the-system"
OF_INDICATORS: Mapping[str, Message] = {
    MENTION: say("A text names the indicator, such as a report, a list or a search. Nobody was led to it."),
    AMONG_BYTES: say("What may be the indicator stands among other bytes of a file whose form is not known."),
    NAME_OF_THE_SYSTEM: say("Every phone carries this name in this place, or an app has it in its own data."),
    NOT_YET_RATED: say("This rule is not yet rated, so it weighs as suspicious."),
}
"""What is said of a finding whose weight comes from the indicator's place and not from a rule."""

LINE = "line_"
"""How the slugs of the modules that read LINE begin."""

ONLY_HERE = "only-here"
PHONES_TO_COMPARE = 5
"""From how many examined phones of one kind on it says something that a thing stands on one of them only."""

CLOSE_SECONDS = 5
"""How far apart two leads may lie and still be about one moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The record of one rule, for people: what it says, how common it is and by what evidence, and what is innocent.

    `template` is the alert's message with `{}` for what is put in, `source` the file that raises it. `object` says
    which of these is the thing that the alert is about, 0 for none; `compare` whether it says something that the thing
    stands on one phone of a case only.
    """

    id: str
    source: str
    template: str
    rating: Rating
    says: Said
    common: Said
    evidence: str
    causes: Said
    unusual: Said
    object: int
    compare: bool

    def match(self, message: str) -> re.Match[str] | None:
        """Return the match of a whole message with this rule's text, None for any other."""
        return _pattern(self.template).fullmatch(message)

    def thing(self, message: str) -> str:
        """Return what a message of this rule is about, empty where it names nothing."""
        found = self.match(message) if self.object else None
        return found.group(self.object).strip() if found else ""


@cache
def _pattern(template: str) -> re.Pattern[str]:
    pieces = " ".join(template.split()).split("{}")
    return re.compile("(.*?)".join(map(re.escape, pieces)), re.DOTALL)


@cache
def rules() -> tuple[Rule, ...]:
    """Return every record, the longest text first: it says most."""
    read = sorted(_table("rules.json"), key=lambda each: -len(each["template"]))
    told = ("says", "common", "causes", "unusual")
    return tuple(
        Rule(**each | {"rating": Rating(each["rating"])} | {name: Said(each[name]) for name in told}) for each in read
    )


def _table(name: str) -> Any:  # noqa: ANN401 - our own tables, whose form a test holds
    return json.loads(resources.files("mvtcase.findings").joinpath(name).read_text(encoding="utf-8"))


@cache
def known() -> Mapping[str, Mapping[str, str]]:
    """Return, by rule, what is known and harmless there, each with its source."""
    return {
        rule: {value: each["source"] for each in tables for value in each["values"]}
        for rule, tables in _table("known.json").items()
    }


def rule_named(name: str) -> Rule | None:
    """Return the record that a finding's `rule` names, None without one."""
    return _by_id().get(name.partition(" ")[0])


@cache
def _by_id() -> Mapping[str, Rule]:
    return {rule.id: rule for rule in reversed(rules())}


def in_words(finding: Finding) -> Message:
    """Return in one sentence why a finding weighs what it weighs, empty for a plain match of an indicator."""
    identity, _, thing = finding.rule.partition(" ")
    together = finding.rule.partition(" + ")[2]
    if together == ONLY_HERE:
        return say("Of at least five phones of its kind in this case, this one alone shows it.")
    if together:
        return say("Another rule speaks of the same thing or moment: {rule}.", rule=together)
    if identity in OF_INDICATORS:
        return OF_INDICATORS[identity]
    record = rule_named(finding.rule)
    if record is None:
        return Message()
    source = known().get(record.id, {}).get(thing)
    if source:
        return say("{says} Known here: {source}.", says=Message(record.says), source=source)
    return Message(record.says)


def heading(own: str, rule: str, indicator: IndicatorRef | None, *, alone: bool = True) -> Titled:
    """Return the title of a finding: its own, which is English, or what its indicator or its rule says elsewhere.

    What the rule found is named where the title is `alone` and stands for no others.
    """
    record, thing = rule_named(rule), rule.partition(" + ")[0].partition(" ")[2]
    if indicator is not None:
        told = say("Published indicator {value} ({family})", value=indicator.value, family=indicator.family or UNKNOWN)
    elif record is None:
        told = Message(own)
    elif alone and thing:
        told = say("{says} ({thing})", says=record.says, thing=thing)
    else:
        told = Message(record.says)
    return Titled(told.text, params=told.params, own=own)


UNKNOWN = Said("unknown")


def rate(alert: RawAlert) -> tuple[Rating, str]:
    """Return how much an alert weighs, and the rule: its id, then the thing that it is about where there is one.

    An indicator weighs by itself, except where its text alone is seen: a mention, or a name that the system itself
    carries.
    """
    event = alert.event if isinstance(alert.event, dict) else {}
    if alert.indicator is not None:
        return _of_indicator(alert, alert.indicator, event)
    message = " ".join(alert.message.split())
    for rule in rules():
        if rule.match(message):
            thing = rule.thing(message)
            weight = _judged(rule, thing, message, event)
            return weight, f"{rule.id} {thing}".strip()
    return Rating.UNRATED, NOT_YET_RATED


def _of_indicator(alert: RawAlert, indicator: IndicatorRef, event: Mapping[str, Json]) -> tuple[Rating, str]:
    tells_its_place = alert.source is AlertSource.SWEEP or alert.module.startswith(LINE)
    said = str(event.get("place_class") or "") if tells_its_place else ""
    if said == "mention" or (said and only_about(indicator, event)):
        return Rating.MENTION, MENTION
    if said == "lead":
        return Rating.LEAD, AMONG_BYTES
    if of_the_system(indicator, event):
        return Rating.CONTEXT, f"{NAME_OF_THE_SYSTEM} {indicator.value}"
    return Rating.UNRATED, ""


def _judged(rule: Rule, thing: str, message: str, event: Mapping[str, Json]) -> Rating:
    if thing in known().get(rule.id, {}):
        return Rating.CONTEXT
    judge = _JUDGES.get(rule.id)
    return (judge(thing, message, event) or rule.rating) if judge else rule.rating


def _asked(_thing: str, message: str, _event: Mapping[str, Json]) -> Rating | None:
    # A refused request is recorded under the same rule as a granted one.
    return Rating.CONTEXT if _REFUSED.search(message) else None


_REFUSED = re.compile(r" set to '(?:reject|ignore|deny|denied|default)\w*' ", re.IGNORECASE)


def _service(_thing: str, message: str, _event: Mapping[str, Json]) -> Rating | None:
    return Rating.CONTEXT if message.endswith("(installed, not enabled)") else None


_SYSTEM_FOLDERS = (
    *(
        "/system/",
        "/product/",
        "/vendor/",
        "/odm/",
        "/oem/",
        "/system_ext/",
        "/apex/",
        "/carrier/",
        "/prism/",
        "/optics/",
    ),
    *("/mi_ext/", "/my_", "/cust/", "/data/preload/", "/preload/", "/data/miui/", "/hw_product/"),
)


def _preloaded(_thing: str, _message: str, event: Mapping[str, Json]) -> Rating | None:
    files = event.get("files")
    paths = [each.get("path") for each in files if isinstance(each, dict)] if isinstance(files, list) else []
    return Rating.CONTEXT if paths and all(str(path).startswith(_SYSTEM_FOLDERS) for path in paths) else None


def _temporary_file(thing: str, message: str, _event: Mapping[str, Json]) -> Rating | None:
    inner = thing.removeprefix("/data/local/tmp/").split("/")
    if inner[0] in {".studio", "perf", "dalvik-cache", "perfetto-traces"}:
        return Rating.CONTEXT
    hidden = any(part.startswith(".") for part in inner)
    return Rating.SUSPICIOUS if hidden and message.startswith("Found executable ") else None


def _store(_thing: str, _message: str, event: Mapping[str, Json]) -> Rating | None:
    return Rating.CONTEXT if str(event.get("sourceApp")) in known()["app-outside-store"] else None


def _warning(_thing: str, _message: str, event: Mapping[str, Json]) -> Rating | None:
    sender = " ".join(str(event.get(name) or "") for name in ("phone_number", "handle", "sender", "account")).lower()
    from_apple = re.search(r"(?:^|[\s:])threat-notifications@(?:[\w-]+\.)*apple\.com(?:\s|$)", sender)
    return None if from_apple else Rating.MENTION


def _meeting(_thing: str, _message: str, event: Mapping[str, Json]) -> Rating | None:
    # QuaDream's invitations came from somebody else and were dated back (Citizen Lab, 2023).
    starts, noted = str(event.get("start_date") or ""), str(event.get("last_modified") or "")
    invited = bool(event.get("participant_email"))
    return Rating.SUSPICIOUS if invited and starts and noted[:10] > starts[:10] else None


def _without_binary(thing: str, _message: str, _event: Mapping[str, Json]) -> Rating | None:
    parts = thing.split("/")
    usual = thing.startswith(("com.apple.", "MISSING [", "MANIPULATED [")) or len(thing) == _CUT
    return Rating.CONTEXT if usual or len(parts) > 1 or parts[0] in known()["no-binary"] else None


_CUT = 16
"""Letters that iOS keeps of a process's name."""


def _overlay(thing: str, _message: str, event: Mapping[str, Json]) -> Rating | None:
    read_only = event.get("is_read_write") is False
    return (
        Rating.CONTEXT if read_only and thing.startswith(("/product", "/vendor", "/system_ext", "/system/")) else None
    )


_JUDGES: Mapping[str, Callable[[str, str, Mapping[str, Json]], Rating | None]] = {
    "asked-to-install": _asked,
    "accessibility-service": _service,
    "installed-without-store": _preloaded,
    "file-in-temporary-folder": _temporary_file,
    "app-outside-store": _store,
    "apple-warning": _warning,
    "calendar-meeting": _meeting,
    "no-binary": _without_binary,
    "mount-options": _overlay,
}


def weigh_together(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings of one scan; leads that two rules give about one thing or moment weigh as suspicious.

    Such a finding's `rule` names the other rule behind a plus sign.
    """
    leads = [one for one in findings if one.rating is Rating.LEAD and one.level.rank >= Level.MEDIUM.rank]
    partners = {one.id: other for one in leads if (other := _partner(one, leads))}
    return tuple(
        replace(one, rating=Rating.SUSPICIOUS, rule=f"{one.rule} + {partners[one.id]}") if one.id in partners else one
        for one in findings
    )


def _partner(lead: Finding, leads: Sequence[Finding]) -> str:
    """Return the rule of another lead about the same thing or moment, empty without one.

    Two rules that nearly all phones show fall together by chance: their moments say nothing.
    """
    mine, thing = _identity_and_thing(lead.rule)
    for other in leads:
        theirs, same = _identity_and_thing(other.rule)
        by_chance = _is_everywhere(lead.rule) and _is_everywhere(other.rule)
        at_once = not by_chance and _close(lead.event_time, other.event_time)
        if mine != theirs and ((thing and thing == same) or at_once):
            return theirs
    return ""


def _is_everywhere(rule: str) -> bool:
    record = rule_named(rule)
    return record is not None and record.common == "nearly all phones"


def _identity_and_thing(rule: str) -> tuple[str, str]:
    identity, _, thing = rule.partition(" ")
    # A component names its package before the slash, a process its binary after the last one.
    name = thing.partition("/")[0] or thing.rpartition("/")[2]
    return identity, name.casefold()


def _close(one: str | None, other: str | None) -> bool:
    if not one or not other:
        return False
    try:
        return abs((_moment(one) - _moment(other)).total_seconds()) <= CLOSE_SECONDS
    except (ValueError, TypeError):
        return False


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class Ruled(Protocol):
    """A finding as far as comparing phones needs it."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def device(self) -> str:
        """Where it stands."""

    @property
    def rule(self) -> str:
        """The rule that rated it."""

    @property
    def rating(self) -> Rating:
        """How much it weighs."""


def is_compared(rule: str) -> bool:
    """Return whether it says something that the thing a finding's rule names stands on one phone of a case only."""
    record = rule_named(rule)
    return record is not None and record.compare and " " in rule


def only_here(findings: Mapping[str, Sequence[Ruled]], phones: Collection[str]) -> frozenset[str]:
    """Return the leads that stand on one phone only, by id, where at least five of its kind were examined.

    `findings` are those of each device, `phones` the devices of one kind that were examined. Only rules whose record
    says so are asked: processes, profiles, apps, authorities, mounts, accessibility services.
    """
    if len(phones) < PHONES_TO_COMPARE:
        return frozenset()
    seen: dict[str, dict[str, list[str]]] = {}
    for device in phones:
        for one in findings.get(device, ()):
            if one.rating is Rating.LEAD and is_compared(one.rule):
                seen.setdefault(one.rule.casefold(), {}).setdefault(device, []).append(one.id)
    alone = (by_device for by_device in seen.values() if len(by_device) == 1)
    return frozenset(name for by_device in alone for names in by_device.values() for name in names)
