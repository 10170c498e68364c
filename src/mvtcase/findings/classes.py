"""What a finding would show if it holds: one table of (place, indicator type), one of modules without indicator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.model import AlertSource, EvidenceClass

if TYPE_CHECKING:
    from mvtcase.model import RawAlert

RUNNING = "running"
MESSAGES = "messages"
BROWSING = "browsing"
CONTACTS = "contacts"

_LINE_MODULES = frozenset({"line_ios", "line_android_fs", "line_androidqf", "line_bugreport"})

_PLACES: dict[str, frozenset[str]] = {
    # Where a name stands because a process of that name ran.
    RUNNING: frozenset(
        {
            "datausage",
            "net_datausage",
            "netusage",
            "osanalytics_addaily",
            "os_analytics_ad_daily",
            "shutdown_log",
            "shutdownlog",
            "analytics",
            "tombstones",
            "aqf_collected_processes",
            "aqf_processes",
            "processes",
            "bug_report_processes",
            "sysdiagnose_shutdown_log",
            "sysdiagnose_processes",
            "sysdiagnose_crashes",
            "sysdiagnose_network_usage",
        }
    ),
    # Where a link stands because somebody sent it.
    MESSAGES: frozenset({"sms", "sms_attachments", "whatsapp", "calendar", "calls", *_LINE_MODULES}),
    # Where a link stands because the phone opened it or looked it up.
    BROWSING: frozenset(
        {
            "safari_history",
            "safari_browser_state",
            "safari_favicon",
            "chrome_history",
            "chrome_favicon",
            "firefox_history",
            "firefox_favicon",
            "webkit_resource_load_statistics",
            "webkit_session_resource_log",
            "webkit_indexeddb",
            "webkit_local_storage",
            "webkit_safari_view_service",
            "cache_files",
            "dns_event",
            "connect_event",
        }
    ),
    # Where an address stands because the phone dealt with that account.
    CONTACTS: frozenset({"id_status_cache", "idstatuscache", "interaction_c", "interactionc", "contacts"}),
}

_LINKS = frozenset({"domains", "urls"})
_PROCESSES = frozenset({"processes"})
_POSTURE_MODULES = frozenset(
    # Settings and patch levels that a person may have chosen: they make a phone easier to attack and show no attack.
    {
        "settings",
        "aqf_settings",
        "getprop",
        "aqf_getprop",
        "bug_report_getprop",
        "dumpsys_getprop",
        "global_preferences",
    }
)


def place_of(module: str) -> str | None:
    """Return what kind of place a module reads, None for any other."""
    slug = module.lower()
    for place, modules in _PLACES.items():
        if slug in modules:
            return place
    return None


def evidence_class(alert: RawAlert) -> EvidenceClass:
    """Return the evidence class of an alert.

    With an indicator, by where it was found and its type: a running process is execution, a link in a message an
    attempt, a link that was opened exposure, anything else that is or was on the phone an artefact. Without, posture
    for settings, heuristic for the rest. What only the sweep saw is heuristic: a string says nothing of what it was
    there for.
    """
    if alert.source is AlertSource.SWEEP:
        return EvidenceClass.HEURISTIC
    if alert.indicator is None:
        return _without_indicator(alert.module.lower())
    return _with_indicator(place_of(alert.module), alert.indicator.type)


def _without_indicator(slug: str) -> EvidenceClass:
    if slug in _POSTURE_MODULES or slug in _LINE_MODULES:
        return EvidenceClass.POSTURE
    return EvidenceClass.HEURISTIC


def _with_indicator(place: str | None, kind: str) -> EvidenceClass:
    if kind in _LINKS:
        return EvidenceClass.ATTEMPT if place in {MESSAGES, CONTACTS} else EvidenceClass.EXPOSURE
    if kind == "emails":
        return EvidenceClass.ATTEMPT
    if kind in {*_PROCESSES, "app_ids"} and place == RUNNING:
        return EvidenceClass.EXECUTION
    return EvidenceClass.ARTEFACT
