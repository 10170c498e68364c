"""Facts that several kinds have in common: types of indicators, modules that read the same files of a phone."""

from __future__ import annotations

from mvtcase.kinds.words import Trace

FILES = frozenset({"file_names", "file_paths"})
LINKS = frozenset({"domains", "urls"})
HASHES = frozenset({"files_md5", "files_sha1", "files_sha256"})
ON_IPHONES = FILES | LINKS | {"emails", "processes", "app_ids", "ios_profile_ids"}
ON_ANDROID = FILES | {"app_ids", "processes", "android_property_names"}

MVT_RECORDS = "MVT docs/ios/records.md"
MVT_MODULES = "MVT 2026.10.26, what the module reads"

IOS_ALWAYS = {
    "sms": "the Messages app cannot be removed and keeps sms.db from the first start",
    "sms_attachments": "the attachments stand in the same sms.db",
    "datausage": "iOS counts the mobile data of every process in DataUsage.sqlite",
    "tcc": "iOS records the permissions of apps in TCC.db",
    "os_analytics_ad_daily": "iOS keeps daily counters of processes in this property list",
}
"""Why every iPhone feeds these modules, by whichever way its files were taken."""

IOS_ENCRYPTED = {
    "safari_history": "Safari cannot be removed and keeps History.db",
    "interaction_c": "iOS records interactions with people in interactionC.db",
    "calls": "iOS keeps the list of calls, also of those over apps",
}
"""The same for what iOS leaves out of unencrypted backups (Apple, "About encrypted backups")."""

IOS_TRACES = {
    **dict.fromkeys(
        ("sms", "sms_attachments", "whatsapp", "whatsapp_business", "viber_ios", "line_ios", "calendar", "calls"),
        Trace.MESSAGE,
    ),
    **dict.fromkeys(
        (
            "safari_history",
            "safari_browser_state",
            "chrome_history",
            "chrome_favicon",
            "firefox_history",
            "firefox_favicon",
            "webkit_resource_load_statistics",
            "webkit_session_resource_log",
        ),
        Trace.LINK_OPENED,
    ),
    **dict.fromkeys(("datausage", "os_analytics_ad_daily"), Trace.EXECUTION),
    **dict.fromkeys(("applications", "tcc", "locationd_clients", "shortcuts"), Trace.APP),
    **dict.fromkeys(("contacts", "whatsapp_contacts", "id_status_cache", "interaction_c"), Trace.ACCOUNT),
    "global_preferences": Trace.POSTURE,
}
"""What the modules hold that read the same files out of a backup and out of a dump."""

IOS_TELLING = {
    "*Library/SMS/sms.db": Trace.MESSAGE,
    "*/ChatStorage.sqlite": Trace.MESSAGE,
    "*/PrivateStore/P_*/Messages/Line.sqlite": Trace.MESSAGE,
    "*com.viber/database/Contacts.data": Trace.MESSAGE,
    "*/lightspeed-userDatabases/*.db": Trace.MESSAGE,
    "*/DB/MM.sqlite": Trace.MESSAGE,
    "*Library/CallHistoryDB/CallHistory.storedata": Trace.MESSAGE,
    "*Library/Mail/Envelope Index": Trace.MESSAGE,
    "*.emlx": Trace.MESSAGE,
    "*Library/Safari/History.db": Trace.LINK_OPENED,
    "*/observations.db": Trace.LINK_OPENED,
    "*Library/Databases/DataUsage.sqlite": Trace.EXECUTION,
    "*/com.apple.osanalytics.addaily.plist": Trace.EXECUTION,
    "*/knowledgeC.db": Trace.EXECUTION,
    "*Library/TCC/TCC.db": Trace.APP,
    "*Library/CoreDuet/People/interactionC.db": Trace.ACCOUNT,
    "*/com.apple.identityservices.idstatuscache.plist": Trace.ACCOUNT,
    "*Library/AddressBook/AddressBook.sqlitedb": Trace.ACCOUNT,
    "*Library/ConfigurationProfiles/*": Trace.PROFILE,
}

BUGREPORT_ALWAYS = {
    "dumpsys_packages": "every dumpstate describes the installed packages",
    "dumpsys_activities": "every package with a face declares activities",
    "dumpsys_receivers": "system packages declare receivers",
    "dumpsys_appops": "App-Ops keeps a record for every package",
    "dumpsys_accessibility": "the accessibility service answers on every phone",
}
AB_ALWAYS = {"sms": "the telephony provider's messages are what MVT reads of a backup"}

BUGREPORT_TRACES = {
    **dict.fromkeys(("processes", "tombstones", "dumpsys_battery_history"), Trace.EXECUTION),
    **dict.fromkeys(
        (
            "dumpsys_packages",
            "dumpsys_activities",
            "dumpsys_receivers",
            "dumpsys_appops",
            "dumpsys_accessibility",
            "dumpsys_platform_compat",
            "dumpsys_battery_daily",
            "dbinfo",
            "line_bugreport",
        ),
        Trace.APP,
    ),
    **dict.fromkeys(("bugreport_timestamps", "mounts"), Trace.PERSISTENCE),
    "dumpsys_adb_state": Trace.ACCOUNT,
    **dict.fromkeys(("settings", "dumpsys_get_prop"), Trace.POSTURE),
}
INTRUSION_LOG_TRACES = {
    **dict.fromkeys(("dns_event", "connect_event"), Trace.LINK_OPENED),
    "security_event": Trace.EXECUTION,
}
