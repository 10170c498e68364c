"""Every reason in English, by its code: why something was not examined, what limits a scan, how a module ended.

A code stays what it is, because cases keep it; its sentence may be said better. Parameters stand in braces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT = "text"
"""The code of a reason that is words alone: of cases that 0.1.0 wrote, and of what another program said."""

GENERAL = {
    TEXT: "{text}",
    "several": "{reasons}",
    "reason.unreadable": "a reason was given that cannot be read",
    "kind.limit": "{sentence}",
    "kind.never_whole": "{sentence}",
}
OUTCOMES = {
    "outcome.no_source": "the source is not in this acquisition",
    "outcome.empty": "no record was read, and nothing tells an empty source from a lost one",
    "outcome.not_run": "the module did not run",
    "outcome.failed": "the module failed",
    "outcome.damaged": "the source is damaged",
    "outcome.denied": "the source could not be read",
    "outcome.timed_out": "the module did not end in its time",
    "outcome.recovered": "the source is damaged; what could be recovered was examined",
    "module.absent": "the module did not run, although {sentence}",
    "module.counted": "{there:# record|# records} in the source, {examined} examined",
    "module.memory": "the module needed more than {gib} GiB of memory; raise memory_bytes in the settings file",
    "module.flood": "it raised the same alert over and over: the first and the last were kept, {count} of the kind"
    " “{message}” only counted",
    "module.missing_ids": "{count} process ids between the lowest and the highest have no entry, which no phone in use"
    " leaves: they were not told one by one",
    "module.failed": "the module failed: {error}",
    "module.damaged": "the source is damaged or encrypted: {error}",
    "module.denied": "the source could not be read: {error}",
    "module.malformed": "the database is damaged: SQLite calls it malformed",
    "module.not_compared": "{records:# record was|# records were} read, comparing with the indicators failed: {error}",
    "module.unaccounted": "the source is there, no record was read of it, and nothing says that it is empty",
    "module.blank": "{count} of its files could not be read and stand in its results empty",
}
COVERAGE = {
    "indicators.none": "no indicator was loaded",
    "indicators.uncompared": (
        "the sets hold no indicator of a type that this kind of evidence is compared with (they hold: {held})"
    ),
    "reader.off": "the second reader was switched off: links without http:// and what no module reads were not read",
    "reader.off_limit": "The second reader was switched off: what no module reads was not compared with indicators.",
    "reader.late": "time was up: {done} of {total} bytes were read",
    "reader.folder": "the folder {folder} could not be listed",
    "reader.fatal": "{file} could not be read: reading it ended the worker",
    "reader.unsent": (
        "{count:# more place of an indicator was found by the second reader and is|# more places of indicators "
        "were found by the second reader and are} not listed."
    ),
    "reader.telling": "{file}: read by no module, and by the second reader {how}",
    "reader.more_telling": "{count:# more telling file was|# more telling files were} not read in full",
    "reader.uncompared": "it compares nothing, and the second reader read {file} {how}",
    "reader.no_index": (
        "the values that the second reader took apart are not stored and could not be compared ({error})"
    ),
    "reader.inside": (
        "{file} is an acquisition of its own ({kind}): its values were compared, and no module examined it; register "
        "it as well"
    ),
    "reader.unkept": (
        "{count:# value of the earlier scan was|# values of the earlier scan were} not stored and could not be compared"
    ),
    "reader.cut": "{value} stands in more places than the earlier scan kept; read the evidence again to see all",
    "reader.skimmed": (
        "The earlier scan knew no form of {count:# file|# files}, or did not read them: a recheck compares "
        "what was readable in them, and nothing that is coded there."
    ),
    "reader.unhashed": "the earlier scan took no {hashes} of the files",
    "reader.notification": (
        "{file} holds what reads like a threat notification by {vendor}, from {vendor}'s sender: look at it, and "
        "record it as an observation if it is one."
    ),
    "read.not_read": "not at all",
    "read.bounded": "up to a bound",
    "read.skimmed": "as bytes of no known form",
    "read.encrypted": "not: it is encrypted",
    "read.unknown_form": "as bytes, since nobody here can take its form apart",
    "read.too_deep": "as bytes, since it stands inside too many other files",
    "read.damaged": "in part: it is damaged",
    "read.unreadable": "not: the system did not give its bytes",
    "reach.too_narrow": "too narrow: the data hold no traces of programs that ran, and spyware is a program that runs",
    "reach.list": "{one}, {other}",
    "reach.span": "{traces} {begin} to {end}",
    "reach.on": "{traces} on {day}",
    "reach.acquired": "{traces} as acquired",
    "reach.absent": "{traces}: {why}",
    "reach.no_trace": "no trace found in: {reach}",
    "links.unresolved": (
        "{count:# shortened link|# shortened links} could not be resolved, because the examination runs offline."
    ),
    "bodies.read": (
        "{count:# message has its|# messages have their} text in a form that MVT does not compare: only the "
        "second reader does."
    ),
    "bodies.unread": (
        "{count:# message has its|# messages have their} text in a form that MVT does not compare, and the "
        "second reader that does is switched off"
    ),
    "scan.none": "registered, and no scan of it was run yet",
    "scan.unfinished": "scan {scan} did not finish ({state}): {error}",
    "scan.no_reason": "no reason was recorded",
}
RUNS = {
    "command.early": "the command ended early: {error}",
    "command.unopened": "it could not be opened: {error}",
    "command.crashed": "{error}",
    "command.summary": "MVT's summary files are incomplete: {error} in {what}.",
    "androidqf.no_bugreport": "the acquisition holds no bugreport.zip",
    "androidqf.before_bugreports": (
        "AndroidQF took no bug report before v1.7, and this is of such a release: most of what apps did is out of reach"
    ),
    "androidqf.none_chosen": (
        "AndroidQF was told to take no backup, or took none: no SMS was examined, and messages are out of reach"
    ),
    "shutdown.none": (
        "there is no shutdown log: since iOS 26 it does not outlive a restart, so this phone was restarted lately. "
        "What ran before that restart and was closed by it is out of reach"
    ),
    "androidqf.no_backup": "the acquisition holds no backup.ab: no SMS was examined",
    "recheck.limit": "A recheck compares what the earlier scan stored; it looks at nothing else on the phone.",
    "recheck.read_again": ("The modules' stored results were compared, and the second reader read the evidence again."),
    "recheck.unfinished": "the earlier scan did not come to its end",
    "worker.signal": "the worker was ended by {signal}",
    "worker.unconfined": "The examination ran without a sandbox: had the evidence taken over a parser, it could have"
    " read this machine's files, reached its network, and changed what this examination says.",
    "worker.left": "{name} of the scan's results cannot be read, nor what it says of Letter Sealing: {error}.",
    "worker.killed": "the worker was ended from outside (SIGKILL), most likely because the machine ran out of memory",
    "worker.too_much": "the worker said more than is kept: {count} of its events were left out",
    "control.despite": "the positive control of this kind of evidence missed {missed}; the examiner went on: {reason}",
    "worker.status": "the worker ended with status {status}",
    "worker.scan_late": "the scan did not end within {seconds} seconds",
    "worker.late": "it did not end within {seconds} seconds",
    "worker.files": "it made more than {count} files",
    "worker.disk": "it wrote more than {bytes} bytes of temporary files",
    "decrypt.manifest": "Manifest.db is damaged, {done:# file was|# files were} decrypted: {error}",
    "decrypt.missing": "{count:# file that Manifest.db lists is|# files that Manifest.db lists are} not in the backup",
    "decrypt.more": "{count:# more file|# more files} could not be decrypted",
    "decrypt.file": "{file} could not be decrypted: {error}",
}
LOGGED = {
    "mvt.times": "{what} ({count:once|# times})",
    "mvt.example": "{what}: {example}",
    "mvt.error": "MVT logged an error",
    "mvt.missing_files": "{text}",
    "mvt.no_message_table": "sms.db has no message table",
    "mvt.no_attachment_table": "sms.db has no attachment table",
    "mvt.contacts": "the contact table could not be read",
    "mvt.interactions": "the interactions table could not be read",
    "mvt.net_usage": "a NetUsage database was skipped",
    "mvt.shortcuts": "the shortcuts database has an unknown form",
    "mvt.webkit": "a WebKit observations database could not be read",
    "mvt.no_webkit": "no WebKit observations database",
    "mvt.whatsapp_chats": "the WhatsApp chat list could not be read",
    "mvt.whatsapp_contacts": "the WhatsApp contacts database lacks its table",
    "mvt.no_whatsapp_contacts": "no WhatsApp contacts database",
    "mvt.manifest_file": "a file that the Manifest lists is missing",
    "mvt.rebuilt": "read from a copy that the sqlite3 shell rebuilt",
    "mvt.backup_folder": "the backup folder could not be listed",
    "mvt.manifest_record": "the Manifest's record of a file could not be read",
    "mvt.partly_read": "a source was read in part or not at all",
    "mvt.lacking": "a source that this iOS version has is missing",
    "mvt.no_packages": "no packages.json",
    "mvt.no_dumpstate": "no dumpstate file",
    "mvt.no_tombstones": "no tombstones",
    "mvt.no_getprop": "no getprop.txt",
    "mvt.no_mounts": "no mounts.json",
    "mvt.no_root_binaries": "no root_binaries.json",
    "mvt.no_adb_state": "no ADB state",
    "mvt.no_adb_keys": "no ADB keys",
    "mvt.no_json_lines": "lines that are no JSON were left out",
    "mvt.lines": "lines were left out",
    "mvt.events": "events were left out",
    "mvt.archive": "an archive that could not be opened was left out",
    "mvt.log_files": "the log files could not be read",
    "mvt.dumpstate": "the dumpstate file could not be read",
    "mvt.backup": "the backup could not be opened",
}
LOOKED = {
    "file.odd": "{file} {what}",
    "file.more_odd": "{count:# more file is|# more files are} empty or cut",
    "file.empty": "is empty: it was not examined",
    "file.few_processes": "lists fewer than {count} processes, which no running phone has: it is not whole",
    "file.cut": "ends in the middle of a line: its end was not examined",
    "file.cut_restart": "ends in the middle of a restart: the processes of the last one were not examined",
    "messenger.encrypted": (
        "{app} keeps its messages encrypted, and {count:# file|# files} such as {file} could not be read"
    ),
    "messenger.signal": "Signal: a backup opens with the 30 digits that the phone showed when it was set up, in a "
    "program made for such backups; the key of the database lies in the phone's keychain or keystore, which is in no "
    "acquisition. Look at its linked devices and its chats on the screen",
    "drift": "drift: {file}: {what}, which no reader here knows; please report it with the version of phone and tool",
    "backup.folder": "{file} is a folder in place of a file",
    "backup.no_files": "Manifest.db lists no file at all, which no real backup's does",
    "backup.odd_names": (
        "{count:# file in Manifest.db has a name|# files in Manifest.db have names} that no backup gives a file"
    ),
    "backup.unlisted": (
        "{count:# file of the backup is|# files of the backup are} not listed in Manifest.db: most modules "
        "do not find what is not"
    ),
    "backup.other_device": (
        "Info.plist is of another device than Manifest.plist: its apps and numbers are not those of this backup"
    ),
    "androidqf.unreadable": "what AndroidQF says of its acquisition cannot be read: {error}",
    "androidqf.unfinished": "AndroidQF did not come to its end: acquisition.json tells no time of completion",
    "androidqf.status": "AndroidQF calls its own acquisition {status}",
    "androidqf.module": "AndroidQF says that it did not acquire {name} whole: {status}, {error}",
    "androidqf.more_modules": "{count:# more part was|# more parts were} not acquired whole, as AndroidQF says",
    "androidqf.short_list": "{file} lists {count} where {other} of the same acquisition has {more}: it is not whole",
    "backup.few_described_apps": "{installed} apps are installed, and only {described} are described",
    "backup.unfinished": "Status.plist says that the backup was not finished: {state}",
    "backup.no_device": "Info.plist names no device: it is not the one of a backup",
    "backup.undescribed_apps": (
        "Info.plist lists installed apps and describes none of them: MVT examines the descriptions alone"
    ),
    "pair.differs": "unsealed on the phone of {fallen} and sealed on that of {kept} at the same time",
    "pair.others": (
        "unsealed on both phones; the other chats of {fallen} were unsealed too, those of {kept} stayed sealed"
    ),
    "pair.contradiction": "the chat and the other chats of both phones contradict each other",
    "pair.both": "unsealed on both phones, and so were the other chats of both",
    "pair.silent": "unsealed on both phones, and their other chats do not tell them apart",
    "pair.alone": "only one of the two phones has texts of that time",
    "backup.no_line": (
        "LINE is installed and nothing of it is in the backup: it was never opened, or was left out. Ask which."
    ),
    "backup.date": ("Info.plist dates the backup to {date}, which cannot be: times may be those of a wrong clock."),
    "logs.empty_day": "{file} is empty: the events of that day are lost",
    "androidqf.altered": "{file} is not as AndroidQF took it: its hash is not the listed one",
    "androidqf.missing": "{file} is listed in {list} and is not there",
    "androidqf.no_apps": (
        "{count:# app that AndroidQF copied from the phone is|# apps that AndroidQF copied from the phone are} "
        "not in the acquisition."
    ),
    "androidqf.more": "{count:# more file is|# more files are} not as {list} lists them",
    "archive.twins": (
        "{count:# member of the archive has|# members of the archive have} the name of another: only one of each "
        "was examined"
    ),
    "bugreport.section": "the bugreport's section {section} {what}",
    "bugreport.no_section": "the bugreport has no section {section}",
    "section.missing": "is missing",
    "section.error": "holds an error message of the phone instead of its content",
    "section.empty": "is empty",
    "section.cut": "is cut: its end is missing",
    "ab.bomb": "backup.ab unfolds to more than {gib} GiB; it was not examined",
    "ab.data": "the compressed data of backup.ab are damaged: {error}",
    "ab.data_cut": "the compressed data of backup.ab end before their end: messages may be missing",
    "ab.cut": "the archive in backup.ab ends before its end: messages may be missing",
    "ab.damaged": "the archive in backup.ab is damaged: {error}",
    "ab.file_cut": "a file in backup.ab is cut: messages may be missing",
}
STAGED = {
    "staging.entry": "{entry}: {what}",
    "staging.more": "{count:# more entry was|# more entries were} left out",
    "staging.unread": "cannot be read: {error}",
    "staging.uncopied": "cannot be copied whole: {error}",
    "staging.nested": "is an archive inside more than {depth} others; it was not examined",
    "staging.cut": "is damaged: {error}; what came before was examined",
    "staging.no_room": (
        "this and all after it was not examined: the folder holds links or pipes and had to be copied, and the copy is "
        "larger than the bound for temporary disk"
    ),
    "entry.link": "is a link; links are not followed, so what should be here was not examined",
    "entry.pipe": "is a pipe in place of a file",
    "entry.socket": "is a socket in place of a file",
    "entry.device": "is a device in place of a file",
    "entry.unreadable": "cannot be read (permissions, damage of the medium, or a path too long)",
    "entry.deep": "lies deeper than {depth} folders",
    "archive.cut": "the archive ends in the middle of a file",
    "archive.backwards": "a header points backwards",
    "archive.header_bytes": "a header claims more bytes than any real one has",
    "archive.compressed": "the compressed data is damaged ({error})",
    "archive.bytes": "it unpacks to more than {count} bytes",
    "archive.ratio": "it unpacks to more than {ratio} times its size",
    "archive.ratio_bound": "it unpacks to more than {ratio} times its size; the rest was not unpacked",
    "archive.bound": "it unpacks to more than the bound allows; the rest was not unpacked",
    "archive.members": "more members than the bound allows; the rest was not unpacked",
    "archive.no_end": "the archive ends without its end mark: what follows was lost or cannot be read",
    "archive.more": "more data follows the end mark of the archive",
    "archive.no_tar": "it is no readable tar archive ({error})",
    "archive.no_zip": "is no readable zip archive ({error}); nothing in it was examined",
    "archive.header": "a header is damaged ({error})",
    "member.twin": "the archive holds two of this name; the first was examined",
    "member.folder": "a file has the name of its folder",
    "member.outside": "its path leads out of the archive",
    "member.no_name": "its name is none",
    "member.deep": "it nests deeper than {depth} folders or its path is longer than any real one",
    "member.odd_name": "its name cannot be written",
    "member.long_name": "its name is longer than any real one",
    "member.link": "is a link; it was not unpacked",
    "member.device": "is a device or pipe; it was not unpacked",
    "member.sparse": "is a sparse file, whose size its header makes up; it was not unpacked",
    "member.no_file": "is a link, device or pipe; it was not unpacked",
    "member.bytes": "claims {count} bytes, which is outside the bounds",
    "member.error": "cannot be unpacked: {error}",
    "member.damaged": "is damaged ({error}); only what could be read was examined",
    "member.password": "is protected by a password",
    "member.compression": "is compressed in a way (number {number}) that phones do not use",
    "staged.copied": "the folder holds links, pipes or devices; a private copy of its files was examined",
    "staged.mended": (
        "an archive inside cannot be read to its end; a private copy without its unreadable parts was examined"
    ),
    "staged.unpacked": "the archive was unpacked",
    "staged.joined": "{count} partitions were joined in a private copy, each where the phone has it",
    "staged.entry": "no entry of the bugreport names its long text; {file} was taken for it",
    "staged.inner": "the bugreport is {file} inside the manufacturer's archive",
    "staged.packed_anew": "the archive was packed anew without its unreadable parts",
    "staged.logs": "the logs were copied and the archives among them unpacked",
    "staged.decrypted": "the archive was decrypted and unpacked",
}
DATABASES = {
    "database.no_row": "the source holds no row, although {what}",
    "database.counts": "iOS counts the data of its own processes on every phone in use",
    "database.lists": "every backup lists files",
    "database.faults": "the database is damaged inside, what could be read was examined: {faults}",
    "database.no_column": "the table {table} has no column {column}",
    "database.bytes": "bytes where texts belong, in {count:# row|# rows} of {table}: not compared",
    "database.malformed": "SQLite calls it malformed",
    "database.no_log": "its write-ahead log is none: what was written last cannot be read",
    "database.log_page": "its write-ahead log has an impossible page size",
    "database.log_cut": "its write-ahead log is cut: {count:# page|# pages} written last cannot be read",
    "copy.set_right": (
        "{count:# value of the wrong kind was|# values of the wrong kind were} set right in a working copy: {where}"
    ),
    "copy.lost": "the database is damaged: {count:# row|# rows} could be saved, others are lost",
    "copy.plain": "it was read from a working copy without the database's own views and triggers",
    "joins.visits": (
        "{count:# visit is of a page that is not there, and was|# visits are of pages that are not there, and "
        "were} left out"
    ),
    "joins.pages": "{count:# page has no visit at all, and was|# pages have no visit at all, and were} left out",
    "joins.messages": (
        "{count:# message names a correspondent that is not there, and was|# messages name a correspondent that "
        "is not there, and were} left out"
    ),
    "joins.usage": "{count:# row of usage is of a process that is|# rows of usage are of processes that are} not there",
    "joins.actions": (
        "{count:# action is of a shortcut that is not there, and was|# actions are of shortcuts that are not "
        "there, and were} left out"
    ),
}
SENTENCES: Mapping[str, str] = GENERAL | OUTCOMES | COVERAGE | RUNS | LOGGED | LOOKED | STAGED | DATABASES
