"""What a column, key or field holds by its name, and what sort of trace a place in the evidence is."""

from __future__ import annotations

import re
from functools import lru_cache

import ahocorasick

from mvtcase.canon import StrEnum


class Role(StrEnum):
    """What a column, key or field names."""

    PROCESS = "process"
    APP = "app"
    FILE = "file"
    PROFILE = "profile"
    ROW_ID = "row_id"
    FREE = "free"


@lru_cache(maxsize=65_536)
def role_of(name: str) -> Role:
    """Return what a column, key path or field of this name holds; most hold free text."""
    last = _SEPARATORS.split(name.lower())[-1] if name else ""
    squeezed = last.replace("_", "").replace("-", "")
    for role, pattern in _ROLES:
        if pattern.fullmatch(squeezed):
            return role
    # A table of processes, or a list of files, calls its column just `name`.
    above = name.lower()[: -len(last) or None] if squeezed in _BARE else ""
    return next((role for role, pattern in _ABOVE if above and pattern.search(above)), Role.FREE)


class PlaceClass(StrEnum):
    """What a hit at a place would show, in the words of the evidence classes."""

    MESSAGE = "attempt"
    HISTORY = "exposure"
    RUNNING = "execution"
    PRESENT = "artefact"
    UNKNOWN = "heuristic"


def is_record_of_processes(file: str) -> bool:
    """Return whether a file, by its place on the phone, records which processes ran or crashed."""
    return (None, PlaceClass.RUNNING) in _classes_of(file)


def place_class(file: str, table: str, role: str) -> PlaceClass:
    """Return what sort of trace stands in a table and column or key of a file, by its place on the phone."""
    within = f"{table}.{role}".lower()
    for tables, found in _classes_of(file):
        if tables is None or tables.search(within):
            return found
    return _class_within(within)


@lru_cache(maxsize=4096)
def _classes_of(file: str) -> tuple[tuple[re.Pattern[str] | None, PlaceClass], ...]:
    """Return what a file's place says, of all or some of its tables; its columns are asked about one by one."""
    path = file.lower()
    found = {number for _, number in _PARTS.iter(path)}
    if path.endswith(_MAILS):
        found.add(_OF_MESSAGES)
    return tuple(_CLASSES[number] for number in sorted(found))


@lru_cache(maxsize=65_536)
def _class_within(within: str) -> PlaceClass:
    return PlaceClass.RUNNING if _RUNNING_WITHIN.search(within) else PlaceClass.UNKNOWN


_SEPARATORS = re.compile(r"[./:\[\]\s]+")
_BARE = frozenset({"name", "value", "key", "args", "arguments", "user", "title", "ztitle", "zname", "label"})
_ABOVE = (
    (Role.PROCESS, re.compile(r"proc(?:ess)?|daemon|running|\btasks?\b|launch")),
    (Role.FILE, re.compile(r"media|attach|document|file|download|upload|recent|photo|drive|asset|items?\b")),
)
"""What a plain name names, by what stands above it: the table, or the key of the list."""

_ROLES = (
    (Role.ROW_ID, re.compile(r"z?(?:row|message|chat|asset|record)?(?:guid|uuid|fileid)|zuniqueid|zpk")),
    (Role.PROFILE, re.compile(r"payload(?:identifier|uuid)|profile(?:id|identifier|uuid|name)?|installedprofile\w*")),
    (
        Role.PROCESS,
        re.compile(
            r"z?(?:proc|process|processes|procname|processname|proccmd|executable\w*|command|cmd|cmdline|commandline|comm"
            r"|binary\w*|image(?:name|path)|program\w*|daemon\w*|launchlabel|servicename|coalitionname|responsibleproc"
            r"|parentproc|exe|argv0?|processpath|procpath|crashedprocess|tombstoneprocess|appname)"
        ),
    ),
    (
        Role.APP,
        re.compile(
            r"z?(?:cf)?(?:bundle(?:id|identifier|name)?|app(?:id|lication)?(?:id|identifier)?|package(?:name|id)?|client"
            r"|pkg(?:name)?|sourcebundleid|itembundleid|originatingbundleid|appbundleid|owner|clientid|caller|domain"
            r"|installer|valuestring|streamname|identifier|sourceid|appidentifier|softwareversionbundleid)"
        ),
    ),
    (
        Role.FILE,
        re.compile(
            r"z?(?:\w*path\w*|file|filename|\w*filename|transfername|attachment\w*|displayname|originalname|medialocalpath"
            r"|localname|localuri|localfile|data1?path|target|symlink|mountpoint|dest|destination|src|_data|data)"
        ),
    ),
)  # fmt: skip

_RUNNING = (
    "shutdown.log", "ps.txt", "ps_thread", "launchctl", "/anr/", "dropbox/", "/top.txt", "processes.txt",
    "processes.json", "tombstone", ".ips", "crash", "diagnosticreports", "osanalytics", "addaily", "datausage",
    "netusage", "powerlog", "plsql", "spindump", "tailspin", "taskinfo", "jetsam", "stacks-", "usagestats", "battery",
    "microstackshots", "perfetto", "procstats", "/proc/",
)  # fmt: skip
_OF_SOME_TABLES = ("knowledgec", "biome", "segb", "coreduet")
_IN_MESSENGERS = ("browser history", "browserhistory")
"""LINE keeps one among its messages."""

_MESSAGES = (
    "sms.db", "chatstorage.sqlite", "mmssms", "telephony", "bugle", "msgstore", "wa.db", "naver", "/line",
    "line.sqlite", "talk.sqlite", "callhistory", "call_history", "calllog", "interactionc", "/mail/", "mbox",
    "envelope", "protected index", "addressbook", "contacts", "calendar", "accounts3", "accounts.db", "idstatuscache",
    "telegram", "signal", "viber", "messenger", "wechat", "deliverednotifications", "usernotif", "facetime",
    "_sms_backup", "_mms_backup", "sms.json", "voicemail", "notestore", "notesstore", "recents", "imessage", "message",
)  # fmt: skip
_MAILS = (".eml", ".emlx")
_HISTORY = (
    "history", "cookies", "favicon", "cache.db", "browserstate", "observations.db", "resourcelog", "safaritabs",
    "bookmarks", "indexeddb", "localstorage", "websitedata", "web data", "webkit", "browser.db", "places.sqlite",
    "top sites", "network action predictor", "intrusion", "dns", "connect_event", "persitepreferences", "siteprefs",
    "login data", "visited", "tabs", "hsts", "app_webview", "chrome", "firefox", "safari",
)  # fmt: skip
_APPS = (
    "packages.xml", "packages.list", "packages.json", "package-restrictions", "device_polic", "device_owner",
    "appops.xml", "runtime-permissions", "/jobs.xml",
)  # fmt: skip
_CLASSES = (
    (None, PlaceClass.RUNNING),
    (re.compile(r"app|bundle|valuestring|stream"), PlaceClass.RUNNING),
    (None, PlaceClass.HISTORY),
    (None, PlaceClass.MESSAGE),
    (None, PlaceClass.HISTORY),
    (None, PlaceClass.PRESENT),
)
"""What the places say that hold one of the parts below, the first first."""

_OF_MESSAGES = 3


def _parts() -> ahocorasick.Automaton:
    """Return what finds all parts in one pass over a path; a part of two classes counts for the first."""
    parts = ahocorasick.Automaton()
    for number, words in reversed(
        list(enumerate((_RUNNING, _OF_SOME_TABLES, _IN_MESSENGERS, _MESSAGES, _HISTORY, _APPS)))
    ):
        for word in words:
            parts.add_word(word, number)
    parts.make_automaton()
    return parts


_PARTS = _parts()
_RUNNING_WITHIN = re.compile(r"zproc|process|running|app_usage|usage_stats")
