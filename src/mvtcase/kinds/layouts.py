"""What each kind of evidence is known to look like, to tell where tools and phones have moved on.

Sources: structures and file names in mvt-project/androidqf (tags v1.6.2 to v1.8.3, and its merged pull requests); the
parsers of the EC-DIGIT-CSIRC sysdiagnose framework; Chromium's `history_database`; the paths of two public
test phones of iOS 16; public listings of the schemas of sms.db, Safari's History.db and TCC.db. A name that is missing
here is told as drift on every phone that has it: add it. Of archives: AOSP's `FullBackup`, `TelephonyBackupAgent` and
`dumpstate.cpp`; of intrusion logs, the service that writes them and MVT's list of events; of LINE, the columns and
tables of public converters and of a published model of the whole `naver_line`.
"""

from __future__ import annotations

from dataclasses import replace
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


_LINE_MESSAGES = (
    *("Line.sqlite", "LineSquare.sqlite", "E2EEData.sqlite", "MediaMessageData.sqlite", "MessageExt.sqlite"),
    *("UserDataModel.sqlite", "UnifiedGroup.sqlite", "ChatExt.sqlite", "MessageAttachmentInfo.sqlite", *_SIDECARS),
)
_LINE_COLUMNS = {
    ("Line.sqlite", "ZMESSAGE"): _words(
        "z_pk z_ent z_opt zcontenttype zreadcount zsendstatus ztimestamp zchat zsender zlatitude zlongitude zid "
        "zmessagetype ztext zcontentmetadata zthumbnail"
    ),
    ("Line.sqlite", "ZCHAT"): _words(
        "z_pk z_ent z_opt zalert ze2eecontenttypes zenable zlastreceivedmessageid zlive zreaduptomessageid "
        "zreaduptomessageidsynced zsessionid zsortorder ztype zunread zmetadata zexpireinterval zlastupdated "
        "zinputtext zinvitermid zlastmessage zmid zskin"
    ),
    ("E2EEData.sqlite", "ZE2EECHAT"): _words(
        "z_pk z_ent z_opt zcontenttypes zcurrentkeyid zsequencenumber zversion zmiddata"
    ),
    ("E2EEData.sqlite", "ZE2EEKEY"): _words(
        "z_pk z_ent z_opt zcreatedtime zkeyid zenckeyid zversion zkeydata zmiddata"
    ),
}
_CONTENT_TYPES = frozenset({*range(23), 106, 112})
"""The types of LINE's interface (ten published copies of the enumeration), 106 left by a move, 112 newer pictures."""

_LINE_VALUES = {
    ("Line.sqlite", "ZMESSAGE", "ZCONTENTTYPE"): _CONTENT_TYPES,
    # With one person, a room, a group, an official account, one's own notes.
    ("Line.sqlite", "ZCHAT", "ZTYPE"): frozenset({0, 1, 2, 4, 100}),
}
_LINE_TABLES = {
    # Of other subjects the names are not all known; a new table of messages, chats or sealing is what counts.
    "Line.sqlite": ("ZMESSAGE", "ZCHAT", "Z_*", "Z[!_CEM]*", "ZCONTACT*"),
    "E2EEData.sqlite": ("ZE2EECHAT", "ZE2EEKEY", "Z_*"),
}


def _with_line(known: Known, group: str) -> Known:
    """Return what is known of a backup or dump, with what is known of LINE's messages where its app group lies."""
    folder = f"{group}/Library/Application Support/PrivateStore/P_*/Messages"
    return replace(
        known,
        names={**known.names, folder: _LINE_MESSAGES},
        columns={
            **known.columns,
            **{(f"{folder}/{name}", table): columns for (name, table), columns in _LINE_COLUMNS.items()},
        },
        tables={f"{folder}/{name}": tables for name, tables in _LINE_TABLES.items()},
        values={(f"{folder}/{name}", table, column): values for (name, table, column), values in _LINE_VALUES.items()},
    )


_BACKUP = Known(
    names=_home("HomeDomain"),
    starts={"Manifest.db": rb"SQLite format 3\0"},
    columns=_MANIFEST | {(f"HomeDomain/{path}", table): columns for (path, table), columns in _HOME.items()},
)
_DUMP = Known(
    names=_home("private/var/mobile") | {"private/var/db/diagnostics": (*_EXTRA, "*.tracev3", "logd*.log")},
    starts={},
    columns={(f"private/var/mobile/{path}", table): columns for (path, table), columns in _HOME.items()},
)
_NAVER_LINE = {
    "chat_history": _words(
        "id server_id type chat_id from_mid content created_time delivered_time status sent_count read_count "
        "location_name location_address location_phone location_latitude location_longitude attachement_image "
        "attachement_image_height attachement_image_width attachement_image_size attachement_type "
        "attachement_local_uri parameter chunks"
    ),
    "chat": _words(
        "chat_id chat_name owner_mid last_from_mid last_message last_created_time message_count read_message_count "
        "latest_mentioned_position type is_notification skin_key input_text input_text_metadata hide_member p_timer "
        "last_message_display_time mid_p is_archived read_up is_groupcalling latest_announcement_seq "
        "announcement_view_status last_message_meta_data chat_room_bgm_data chat_room_bgm_checked "
        "chat_room_should_show_bgm_badge unread_type_and_count"
    ),
}
_NAVER_TABLES = _words(
    "android_metadata chat chat_history chat_member chat_notification contacts group_home groups membership "
    "more_menu_item_status multiple_image_message_mapping my_theme permanent_tasks reactions setting sticker "
    "sticker_* sticon* version room_master_table"
)
_SEALING = {
    "userinfo": _words("mid key_id usable types spec_version sequence_number"),
    "keystore": _words("version mid key_id created_time pubkey prikey"),
}
_NAVER_FILES = (
    *_words(
        "naver_line line_general_key_value as_dic_2 read_notification e2ee call_history buddy beacon user_log square "
        "shop chat_app chat_announcement sticon things_user_device things_automation group_album liff contact"
    ),
    *_SIDECARS,
    "*.*",
)
"""LINE's own databases (the list of names in the app, and `contact` of newer versions); libraries' have endings."""

_ANDROID_DATA = ("data/data", "data/user/*", "data")


def _android_line() -> Known:
    folders = [f"{data}/jp.naver.line.android/databases" for data in _ANDROID_DATA]
    return Known(
        names=dict.fromkeys(folders, _NAVER_FILES),
        starts={},
        columns={
            (f"{folder}/{name}", table): columns
            for folder in folders
            for name, tables in (("naver_line", _NAVER_LINE), ("e2ee", _SEALING))
            for table, columns in tables.items()
        },
        tables={f"{folder}/naver_line": _NAVER_TABLES for folder in folders},
        values={(f"{folder}/naver_line", "chat_history", "attachement_type"): _CONTENT_TYPES for folder in folders},
    )


_TELEPHONY = "apps/com.android.providers.telephony/d_f"
_MESSAGE_KEYS = _words("self_phone date date_sent read archived recipients sms_recipients subject")
_ANDROID_BACKUP = Known(
    names={
        "": ("apps/", "shared/"),
        "apps/*": _words("_manifest _meta a/ c/ d_c/ d_db/ d_f/ d_nb/ d_r/ d_sp/ db/ ef/ f/ k/ nb/ obb/ r/ sp/"),
        _TELEPHONY: ("[0-9]*_sms_backup", "[0-9]*_mms_backup"),
    },
    starts={},
    columns={
        (f"{_TELEPHONY}/*_sms_backup", ""): _MESSAGE_KEYS | _words("address body status type"),
        (f"{_TELEPHONY}/*_mms_backup", ""): _MESSAGE_KEYS
        | _words(
            "sub sub_cs m_type v msg_box ct_l tr_id mms_addresses mms_body mms_charset attachments smil mime_type "
            "filename"
        ),
    },
)
_EVENTS = _words(
    "event_id event_time adb_shell_cmd adb_shell_interactive adb_sync_recv_file adb_sync_send_file app_process_start "
    "backup_service_toggled bluetooth_connection bluetooth_disconnection camera_policy_set cert_authority_installed "
    "cert_authority_removed cert_validation_failure crypto_self_test_completed key_destruction key_generated "
    "key_import key_imported key_integrity_violation keyguard_disabled_features_set keyguard_dismiss_auth_attempt "
    "keyguard_dismissed keyguard_secured log_buffer_size_critical logging_started logging_stopped "
    "max_password_attempts_set max_screen_lock_timeout_set media_mount media_mounted media_unmount media_unmounted "
    "nfc_disabled nfc_enabled os_shutdown os_startup package_installed package_uninstalled package_updated "
    "password_changed password_complexity_required password_complexity_set password_expiration_set "
    "password_history_length_set remote_lock user_restriction_added user_restriction_removed wifi_connection "
    "wifi_disconnection wipe_failure"
)
_PACKAGE_FIELDS = _words("package_name version_code user_id")
_LOG_FIELDS = (
    _words("security_event dns_event connect_event")
    | {f"security_event.{event}" for event in _EVENTS}
    | {f"security_event.package_{done}.{key}" for done in ("installed", "updated") for key in _PACKAGE_FIELDS}
    | {f"security_event.package_uninstalled.{key}" for key in _PACKAGE_FIELDS}
    | {
        f"dns_event.{key}"
        for key in _words("event_id event_time package_name hostname ip_addresses ip_addresses_count")
    }
    | {f"connect_event.{key}" for key in _words("event_id event_time package_name port ip_address")}
)
_LOGS = ("*.txt", "*.zip", "*/")
_LOG_DEPTHS = ("", "*/", "*/*/")
_INTRUSION_LOGS = Known(
    names={depth.rstrip("/"): _LOGS for depth in _LOG_DEPTHS},
    starts={},
    columns={(f"{depth}*.txt", ""): _LOG_FIELDS for depth in _LOG_DEPTHS},
)
_THREADS = _words(
    "LABEL USER PID TID PPID VSZ RSS WCHAN ADDR S PRI NI RTPRIO SCH PCY TIME CMD UID STIME C TTY NAME CPU"
)
_BUGREPORT = Known(
    names={
        # Of a report as Android writes it; manufacturers' own have names of their own.
        "": _words(
            "main_entry.txt version.txt title.txt description.txt dumpstate_log.txt dumpstate-*.txt dumpstate_board.* "
            "bugreport-*.txt bugreport-*.zip *.png fs/ proto/ lshal-debug/ visible_windows.zip systrace*.txt lpdump* "
            "traces*.txt limited_info.txt"
        )
        | {"FS/"},
    },
    starts={"version.txt": rb"\d"},
    columns={(f"{folder}bugreport-*.txt", "PROCESSES"): _THREADS for folder in ("", "*/")},
    anchor="main_entry.txt",
)
_LINE_BACKUP = _with_line(_BACKUP, "AppDomainGroup-group.com.linecorp.line")

LAYOUTS: Mapping[EvidenceKind, Known] = {
    EvidenceKind.ANDROIDQF: _ANDROIDQF,
    EvidenceKind.ANDROIDQF_AGE: _ANDROIDQF,
    EvidenceKind.SYSDIAGNOSE: _SYSDIAGNOSE,
    EvidenceKind.IOS_BACKUP: _LINE_BACKUP,
    EvidenceKind.IOS_BACKUP_ENCRYPTED: _LINE_BACKUP,
    EvidenceKind.IOS_FILE_SYSTEM: _with_line(_DUMP, "private/var/mobile/Containers/Shared/AppGroup/*"),
    EvidenceKind.ANDROID_FILE_SYSTEM: _android_line(),
    EvidenceKind.ANDROID_BACKUP: _ANDROID_BACKUP,
    EvidenceKind.INTRUSION_LOGS: _INTRUSION_LOGS,
    EvidenceKind.BUGREPORT: _BUGREPORT,
}
"""The kinds of which enough is known to tell what is new."""
