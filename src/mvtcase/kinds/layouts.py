"""What each kind of evidence is known to look like, to tell where tools and phones have moved on.

Sources: structures and file names in mvt-project/androidqf (tags v1.6.2 to v1.8.3, and its merged pull requests); the
parsers of the EC-DIGIT-CSIRC sysdiagnose framework; Chromium's `history_database`; the paths of two public
test phones of iOS 16; public listings of the schemas of sms.db, Safari's History.db and TCC.db. A name that is missing
here is told as drift on every phone that has it: add it.
"""

from __future__ import annotations

from hashlib import sha1
from typing import TYPE_CHECKING

from mvtcase.kinds.words import EvidenceKind
from mvtcase_readers.drift import Known

if TYPE_CHECKING:
    from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.lower().split())


_RECORDS = {
    ("packages.json", ""): _words("name files installer uid disabled system third_party"),
    ("files.json", ""): _words(
        "path size mode user_id user_name group_id group_name changed_time modified_time access_time error "
        "context sha1 sha256 sha512 md5"
    ),
    ("processes.json", ""): _words(
        "pid uid ppid pgroup psid filename priority state user_time kernel_time path context previous_context "
        "command_line env cwd"
    ),
    ("acquisition.json", ""): _words(
        "uuid androidqf_version storage_path started completed collector tmp_dir sdcard cpu streaming_mode "
        "status module_results adb_host_public_key"
    ),
    ("ps.txt", ""): _words("USER PID PPID VSZ RSS WCHAN ADDR PC S NAME CMD UID STIME C TTY TIME LABEL"),
}
_BROWSERS = _words(
    "id url title visit_count typed_count last_visit_time hidden favicon_id visit_time from_visit transition "
    "segment_id visit_duration incremented_omnibox_typed_score opener_visit originator_cache_guid "
    "originator_visit_id originator_from_visit originator_opener_visit is_known_to_sync "
    "consider_for_ntp_most_visited external_referrer_url visited_link_id app_id publicly_routable is_indexed"
)
_ANDROIDQF = Known(
    names={
        "": _words(
            "acquisition.json command.log hashes.csv packages.json apks getprop.txt dumpsys.txt processes.txt "
            "processes.json ps.txt services.txt files.json settings_*.txt selinux.txt env.txt "
            "root_binaries.json mounts.json logcat.txt logcat_old.txt logs tmp backup.ab bugreport.zip "
            "intrusion_logs browser_history apex init_scripts magisk_modules key.txt adb_host_key.pub"
        ),
    },
    starts={
        "packages.json": rb"\[",
        "files.json": rb"\[|null",
        "processes.json": rb"\[",
        "mounts.json": rb"\[|null",
        "root_binaries.json": rb"\[|null",
        "acquisition.json": rb"\{",
        "getprop.txt": rb"\[[\w.]",
        "backup.ab": rb"ANDROID BACKUP",
        "bugreport.zip": rb"PK",
    },
    columns={
        **_RECORDS,
        ("browser_history/com.android.chrome/Default/History", "urls"): _BROWSERS,
        ("browser_history/com.android.chrome/Default/History", "visits"): _BROWSERS,
    },
)
_EXTRA = ("shutdown*.log", "logdata.statistics.*", "logd.*.log", "version.plist", ".migrated")
_SYSDIAGNOSE = Known(
    names={
        "system_logs.logarchive/Extra": _EXTRA,
        "logs/MobileLockdown": ("lockdownd.log*",),
        "logs/MobileInstallation": ("mobile_installation.log*",),
    },
    starts={
        "ps.txt": rb"USER ",
        "ps_thread.txt": rb"USER ",
        "remotectl_dumpstate.txt": rb"Local device",
        "transparency.log": rb"\{",
    },
    columns={
        ("ps.txt", ""): _words("USER UID PRSNA PID PPID F %CPU %MEM PRI NI VSZ RSS WCHAN TT STAT STARTED TIME COMMAND"),
        ("ps_thread.txt", ""): _words("USER PID TT %CPU STAT PRI STIME UTIME COMMAND"),
        ("system_logs.logarchive/Extra/logdata.statistics.0.jsonl", ""): _words(
            "type file unixTime totalBytes processList uuid"
        ),
    },
)
_MESSAGE = _words(
    "rowid guid text replace service_center handle_id subject country attributedbody version type service "
    "account account_guid error date date_read date_delivered is_delivered is_finished is_emote is_from_me "
    "is_empty is_delayed is_auto_reply is_prepared is_read is_system_message is_sent has_dd_results "
    "is_service_message is_forward was_downgraded is_archive cache_has_attachments cache_roomnames "
    "was_data_detected was_deduplicated is_audio_message is_played date_played item_type other_handle "
    "group_title group_action_type share_status share_direction is_expirable expire_state message_action_type "
    "message_source associated_message_guid associated_message_type associated_message_emoji "
    "balloon_bundle_id payload_data expressive_send_style_id associated_message_range_location "
    "associated_message_range_length time_expressive_send_played message_summary_info ck_sync_state "
    "ck_record_id ck_record_change_tag destination_caller_id sr_ck_sync_state sr_ck_record_id "
    "sr_ck_record_change_tag is_corrupt reply_to_guid sort_id is_spam has_unseen_mention "
    "thread_originator_guid thread_originator_part syndication_ranges was_delivered_quietly "
    "did_notify_recipient synced_syndication_ranges date_retracted date_edited was_detonated part_count "
    "is_stewie is_kt_verified is_sos is_critical bia_reference_id fallback_hash is_pending_satellite_send "
    "needs_relay schedule_type schedule_state sent_or_received_off_grid date_recovered is_time_sensitive "
    "ck_chat_id index_state is_safety_check"
)
_HOME = {
    ("Library/SMS/sms.db", "message"): _MESSAGE,
    ("Library/Safari/History.db", "history_items"): _words(
        "id url domain_expansion visit_count daily_visit_counts weekly_visit_counts autocomplete_triggers "
        "should_recompute_derived_visit_counts visit_count_score status_code"
    ),
    ("Library/Safari/History.db", "history_visits"): _words(
        "id history_item visit_time title load_successful http_non_get synthesized redirect_source "
        "redirect_destination origin generation attributes score"
    ),
    ("Library/TCC/TCC.db", "access"): _words(
        "service client client_type allowed prompt_count auth_value auth_reason auth_version csreq policy_id "
        "indirect_object_identifier_type indirect_object_identifier indirect_object_code_identity flags "
        "last_modified pid pid_version boot_uuid last_reminded"
    ),
}
_DATABASES = {
    "Library/SMS": ("sms.db", "com.apple.messages.geometrycache_v*.plist"),
    "Library/TCC": ("TCC.db",),
    "Library/CoreDuet/People": ("interactionC.db",),
    "Library/CallHistoryDB": (
        *("CallHistory.storedata", "CallHistoryTemp.storedata", "com.apple.callhistory.databaseInfo.plist"),
    ),
    "Library/AddressBook": ("AddressBook.sqlitedb", "AddressBookImages.sqlitedb"),
}
"""The files of folders that hold hardly anything else; iPhones of iOS 16 in two public lists of paths."""

_SIDECARS = ("*-wal", "*-shm", "*-journal", "*.lock")


def _home(start: str) -> dict[str, tuple[str, ...]]:
    return {f"{start}/{folder}": (*names, *_SIDECARS) for folder, names in _DATABASES.items()}


_MANIFEST = {
    ("Manifest.db", "Files"): _words("fileID domain relativePath flags file"),
    ("Manifest.db", "Properties"): _words("key value"),
}


def _in_backup(path: str) -> str:
    """Return where a backup keeps a file of the home folder: by the hash of its domain and path."""
    name = sha1(f"HomeDomain-{path}".encode(), usedforsecurity=False).hexdigest()
    return f"{name[:2]}/{name}"


_BACKUP = Known(
    names=_home("HomeDomain"),
    starts={"Manifest.db": rb"SQLite format 3\0"},
    columns=_MANIFEST | {(_in_backup(path), table): columns for (path, table), columns in _HOME.items()},
)
_DUMP = Known(
    names=_home("private/var/mobile") | {"private/var/db/diagnostics": (*_EXTRA, "*.tracev3", "logd*.log")},
    starts={},
    columns={(f"private/var/mobile/{path}", table): columns for (path, table), columns in _HOME.items()},
)

LAYOUTS: Mapping[EvidenceKind, Known] = {
    EvidenceKind.ANDROIDQF: _ANDROIDQF,
    EvidenceKind.ANDROIDQF_AGE: _ANDROIDQF,
    EvidenceKind.SYSDIAGNOSE: _SYSDIAGNOSE,
    EvidenceKind.IOS_BACKUP: _BACKUP,
    EvidenceKind.IOS_BACKUP_ENCRYPTED: _BACKUP,
    EvidenceKind.IOS_FILE_SYSTEM: _DUMP,
}
"""The kinds of which enough is known to tell what is new."""
