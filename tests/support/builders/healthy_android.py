"""Healthy Android phones with what ordinary ones show: each noise by itself, and several together.

Facts restated: ops and services as AOSP's dumpsys prints them, package names of Samsung, Xiaomi and Taiwanese carriers as
their stores list them, the Pixel bugreport of sonyxperiadev/ChkBugReport (com.android.shell with VIBRATE).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from builders.healthy_inputs import REPORTED, SHORTENERS, TALK, block_lists, news, short_news
from builders.planted_android import (
    androidqf,
    backup,
    backup_bytes_of,
    bugreport,
    bugreport_bytes_of,
    dumped,
    file_edit,
    intrusion_logs,
    json_edit,
    message_edit,
    section,
    text_edit,
)
from builders.planted_inputs import replaced
from mvtcase.model import EvidenceKind
from mvtcase.phones.android_dumpsys import Crash, tombstone_text
from mvtcase.phones.android_phone import DEFAULT_APPS, AndroidApp, AndroidMessage, AndroidPhone
from mvtcase.phones.bugreport import text_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Members = dict[str, bytes]
    Edit = Callable[[Members, str], None]

_AQF, _BUG, _AB, _LOG = (
    EvidenceKind.ANDROIDQF,
    EvidenceKind.BUGREPORT,
    EvidenceKind.ANDROID_BACKUP,
    EvidenceKind.INTRUSION_LOGS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AndroidNoise:
    """One thing that healthy Android phones show: fields of the phone, and edits by the part of the evidence."""

    name: str
    source: str
    forms: tuple[EvidenceKind, ...] = (_AQF,)
    phone: dict[str, object] = field(default_factory=dict)
    apps: tuple[AndroidApp, ...] = ()
    aqf: tuple[Edit, ...] = ()
    bug: tuple[Edit, ...] = ()
    ab: tuple[Edit, ...] = ()
    log: tuple[Edit, ...] = ()
    drop: tuple[str, ...] = ()


def build_noisy_android(
    form: EvidenceKind,
    noises: tuple[AndroidNoise, ...],
    seed: int,
    folder: Path,
    trace: Callable[[Members], None] | None = None,
) -> Path:
    """Return the phone as evidence of a kind; `trace` is done last to the files of the outermost container."""
    phone = AndroidPhone(seed=seed, apps=(*DEFAULT_APPS, *(app for noise in noises for app in noise.apps)))
    for noise in noises:
        phone = replace(phone, **noise.phone)  # type: ignore[arg-type]

    def edit(part: str) -> Callable[[Members], None]:
        def all_of(members: Members) -> None:
            for noise in noises:
                for change in getattr(noise, part):
                    change(members, "")

        return all_of

    def whole(members: Members) -> None:
        if form is _AQF:
            _edit_inside(members, phone, noises, edit)
        edit(_PART[form])(members)
        _drop(members, noises)
        if trace is not None:
            trace(members)

    build = {_AQF: androidqf, _BUG: bugreport, _AB: backup, _LOG: intrusion_logs}[form]
    return build(folder, phone, whole)


def _drop(members: Members, noises: tuple[AndroidNoise, ...]) -> None:
    for name in (name for noise in noises for name in noise.drop):
        for each in [each for each in members if each == name or each.startswith(f"{name}/")]:
            del members[each]


def _edit_inside(
    members: Members,
    phone: AndroidPhone,
    noises: tuple[AndroidNoise, ...],
    edit: Callable[[str], Callable[[Members], None]],
) -> None:
    if any(noise.bug for noise in noises):
        members["bugreport.zip"] = bugreport_bytes_of(phone, edit("bug"))
    if any(noise.ab for noise in noises):
        members["backup.ab"] = backup_bytes_of(members["backup.ab"], edit("ab"))


_PART = {_AQF: "aqf", _BUG: "bug", _AB: "ab", _LOG: "log"}


def _replaced(part: str, old: str, new: str) -> Edit:
    def edit(members: Members, _value: str) -> None:
        name = text_name(AndroidPhone()) if part == "dumpstate" else part
        name = next(each for each in members if each == name or (part == "dumpstate" and each.startswith("bugreport-")))
        members[name] = replaced(members[name], old, new)

    return edit


def _in_dumpstate(change: Edit) -> Edit:
    """Return an edit of the long text, whatever the phone's name for it is."""

    def edit(members: Members, value: str) -> None:
        real = next(each for each in members if each.startswith("bugreport-"))
        shown = text_name(AndroidPhone(seed=8))
        members[shown] = members.pop(real)
        change(members, value)
        members[real] = members.pop(shown)

    return edit


def _ops(package: str, *rows: tuple[str, str]) -> Edit:
    text = f"  Uid u0a901:\n    state=cch\n    capability=LCMNP\n    Package {package}:"
    for operation, mode in rows:
        kind = "Access" if mode == "allow" else "Reject"
        text += f"\n      {operation} ({mode}): \n          null=[\n            {kind}: [fg-s] 2026-11-19 08:30:12.123 (-25h0m0s0ms)\n          ]"
    return _in_dumpstate(dumped("appops", text.replace("{", "{{").replace("}", "}}")))


def _shell_ops(_members: Members, _value: str) -> None:
    """Nothing: the section is added by `_ops`."""


def _tombstone(number: int, process: str, uid: int) -> Edit:
    crash = Crash(phone=AndroidPhone(), process=process, number=number, uid=uid)
    return file_edit(f"FS/data/tombstones/tombstone_2{number}", lambda _: tombstone_text(crash).encode())


def _no_services(members: Members, value: str) -> None:
    _replaced("dumpstate", "installedServiceCount=1}", "installedServiceCount=0}")(members, value)
    name = next(each for each in members if each.startswith("bugreport-"))
    lines = members[name].decode().split("\n")
    members[name] = "\n".join(
        "     installed services: {}" if "installed services:" in line else line for line in lines
    ).encode()


def _android_10(members: Members, value: str) -> None:
    """ChkBugReport's Pixel: no list of installed services beside the count, two trusted computers without a root."""
    _replaced("dumpstate", "installedServiceCount=1}", "installedServiceCount=0}")(members, value)
    name = next(each for each in members if each.startswith("bugreport-"))
    lines = members[name].decode().split("\n")
    kept = [line for line in lines if not line.strip().startswith(("installed services:", "<keyStore", "</keyStore"))]
    keys = [line for line in kept if line.strip().startswith("<adbKey")]
    members[name] = "\n".join(kept).replace(keys[0], f"{keys[0]}\n{keys[0]}").encode()


def _disabled(rows: list[dict[str, object]], _value: str) -> None:
    for name in ("com.wssyncmldm", "com.sec.android.soagent", "com.android.updater"):
        rows.append({**rows[0], "name": name, "system": True, "third_party": False, "disabled": True, "uid": 10888})


def _preloads(rows: list[dict[str, object]], _value: str) -> None:
    # Apps of carriers and makers lie in /product, /odm or /data/preload and name no installer.
    for name in (
        "com.emome.hamiapps",
        "com.fetself",
        "com.taiwanmobile.myaccount",
        "com.facebook.appmanager",
        "com.netflix.partner.activation",
    ):
        rows.append({**rows[-1], "name": name, "installer": "null", "system": False, "third_party": True, "uid": 10889})


def _stores(rows: list[dict[str, object]], _value: str) -> None:
    for number, installer in enumerate(
        ("com.sec.android.app.samsungapps", "com.xiaomi.mipicks", "com.huawei.appmarket", "com.amazon.venezia", "org.fdroid.fdroid",
         "com.google.android.apps.work.clouddpc", "com.microsoft.windowsintune.companyportal", "com.google.android.packageinstaller")
    ):  # fmt: skip
        rows.append({**rows[-1], "name": f"tw.example.app{number}", "installer": installer, "uid": 10900 + number})


def _developer(rows: list[dict[str, object]], _value: str) -> None:
    for path in (
        "/data/local/tmp/scrcpy-server.jar",
        "/data/local/tmp/.studio/bin/installer",
        "/data/local/tmp/perfetto.trace",
        "/data/local/tmp/minicap",
        "/data/local/tmp/app-debug.apk",
    ):
        rows.append({**rows[-1], "path": path, "mode": "-rwxr-xr-x"})


def _payload(rows: list[dict[str, object]], _value: str) -> None:
    for path in (
        "/sdcard/Download/ota/payload",
        "/sdcard/Android/data/org.example.maps/files/bh/tiles.db",
        "/data/app/~~x==/a/payload",
    ):
        rows.append({**rows[-1], "path": path})


def _mount_rows(*rows: str) -> Edit:
    def edit(members: Members, _value: str) -> None:
        members["mounts.json"] = json.dumps([*json.loads(members["mounts.json"]), *rows]).encode()

    return edit


def _event(kind: str, event: dict[str, object]) -> Edit:
    def edit(members: Members, _value: str) -> None:
        newest = max(each for each in members if each.endswith(".txt"))
        moment = int((AndroidPhone().taken_at - timedelta(hours=3)).timestamp() * 1000) * (
            10**6 if kind == "security_event" else 1
        )
        members[newest] += (json.dumps({kind: {"event_id": 8888, "event_time": moment, **event}}) + "\n").encode()

    return edit


_HOSTS = "\n".join(
    [f"0.0.0.0 ads{number}.tracker.example.com" for number in range(2000)] + [f"0.0.0.0 {host}" for host in REPORTED]
)


def _messages(count: int) -> tuple[AndroidMessage, ...]:
    start = AndroidPhone().taken_at
    return tuple(
        AndroidMessage(
            sender=f"+8869{number % 40:08d}", body=TALK[number % len(TALK)], at=start - timedelta(minutes=7 * number)
        )
        for number in range(count)
    )


def _no_backup(members: Members, _value: str) -> None:
    """Who answers `No backup` has the question in the log, nothing of a backup after it, and none in the list."""
    log = replaced(members["command.log"], "Backup completed!", "Would you like to take a backup of the device?")
    rows = [row for row in members["hashes.csv"].split(b"\n") if b"backup.ab" not in row]
    members |= {"command.log": log, "hashes.csv": b"\n".join(rows)}


def _few_blocked() -> tuple[Edit, ...]:
    def added(name: str, data: bytes) -> Edit:
        return file_edit(f"apps/org.adaway/f/{name}", lambda _: data)

    return tuple(added(name, data) for name, data in block_lists().items())


def _newer(members: Members, _value: str) -> None:
    """Androidqf 1.8 and later writes processes.json alone."""
    members["processes.json"] = members.pop("processes.txt")
    members.pop("ps.txt", None)


ANDROID_NOISES: tuple[AndroidNoise, ...] = (
    AndroidNoise(name="nothing special", source="the base phone", forms=(_AQF, _BUG, _AB, _LOG)),
    AndroidNoise(name="patch level over six months old", source="most phones in use", forms=(_AQF, _BUG), phone={"security_patch": "2025-10-05"}),
    AndroidNoise(
        name="com.android.shell vibrates", source="ChkBugReport's Pixel bugreport", forms=(_AQF, _BUG),
        bug=(_ops("com.android.shell", ("VIBRATE", "allow"), ("READ_EXTERNAL_STORAGE", "allow"), ("WRITE_EXTERNAL_STORAGE", "allow")),),
    ),
    AndroidNoise(
        name="apps that asked to install packages", source="AOSP, REQUEST_INSTALL_PACKAGES", forms=(_AQF, _BUG),
        bug=(_ops("com.android.chrome", ("REQUEST_INSTALL_PACKAGES", "ignore")), _ops("com.google.android.apps.nbu.files", ("REQUEST_INSTALL_PACKAGES", "allow")), _ops("org.telegram.messenger", ("REQUEST_INSTALL_PACKAGES", "ignore"))),
    ),
    AndroidNoise(
        name="crashes of system daemons", source="AOSP tombstones", forms=(_AQF, _BUG),
        bug=(_tombstone(1, "/system/bin/surfaceflinger", 1000), _tombstone(2, "/vendor/bin/hw/android.hardware.sensors-service.multihal", 1000), _tombstone(3, "/system/bin/netd", 0)),
    ),
    AndroidNoise(
        name="TalkBack and a password manager", source="Google Play", forms=(_AQF, _BUG),
        phone={"enabled_accessibility": ("com.google.android.marvin.talkback/.TalkBackService", "com.x8bit.bitwarden/com.x8bit.bitwarden.Accessibility.AccessibilityService")},
        apps=(AndroidApp(package="com.x8bit.bitwarden"),),
    ),
    AndroidNoise(name="no accessibility service installed", source="phones without TalkBack", forms=(_AQF, _BUG), bug=(_no_services,)),
    AndroidNoise(name="Android 10's services and computers", source="sonyxperiadev/ChkBugReport, Pixel bugreport", forms=(_AQF, _BUG), bug=(_android_10,)),
    AndroidNoise(name="apps that were removed", source="AOSP, BatteryStats daily", forms=(_AQF, _BUG), bug=(_replaced("dumpstate", "    Package changes:\n", "    Package changes:\n      Update com.example.game vers=0\n      Update tw.com.momo vers=0\n"),)),
    AndroidNoise(name="carrier's preloaded apps", source="Taiwanese carriers' apps on Google Play", aqf=(json_edit("packages.json", _preloads),)),
    AndroidNoise(name="other stores and managed installers", source="the makers' stores", aqf=(json_edit("packages.json", _stores),)),
    AndroidNoise(name="a developer's files", source="scrcpy, Android Studio, perfetto", aqf=(json_edit("files.json", _developer),)),
    AndroidNoise(name="files of names that indicators use", source="A/B updates' payload, tiles", aqf=(json_edit("files.json", _payload),)),
    AndroidNoise(name="Samsung's overlays", source="One UI mounts", aqf=(_mount_rows("overlay on /product/overlay type overlay (ro,seclabel,relatime,lowerdir=/product/overlay)", "tmpfs on /apex type tmpfs (rw,seclabel,nosuid,nodev,noexec,relatime)", "/dev/block/sda20 on /efs type ext4 (rw,seclabel,nosuid,nodev,noatime)"),)),
    AndroidNoise(name="Xiaomi's mounts", source="HyperOS mounts", aqf=(_mount_rows("/dev/block/dm-12 on /mi_ext type erofs (ro,seclabel,relatime)", "overlay on /system/app type overlay (ro,seclabel,relatime,lowerdir=/mnt/vendor/mi_ext/system/app)", "tmpfs on /mnt/vendor type tmpfs (rw,seclabel,relatime)"),)),
    AndroidNoise(name="updater switched off", source="people who put off updates", aqf=(json_edit("packages.json", _disabled),)),
    AndroidNoise(name="developer options on", source="AndroidQF needs USB debugging", aqf=(text_edit("settings_global.txt", "development_settings_enabled=1\npackage_verifier_enable=0\npackage_verifier_user_consent=-1"),)),
    AndroidNoise(name="unknown sources in the past", source="AOSP Settings", aqf=(text_edit("settings_secure.txt", "install_non_market_apps=1\naccessibility_enabled=1"),)),
    AndroidNoise(name="advanced protection off", source="most phones", aqf=(_replaced("settings_secure.txt", "advanced_protection_mode=1", "advanced_protection_mode=0"),)),
    AndroidNoise(name="hotel portal", source="Android, certificate failures", forms=(_LOG,), log=(_event("security_event", {"cert_validation_failure": "java.security.cert.CertPathValidatorException: Trust anchor not found"}),)),
    AndroidNoise(name="ministry's certificate", source="Android, managed trust", forms=(_LOG,), log=(_event("security_event", {"cert_authority_installed": {"success": True, "subject": "CN=Ministry Root CA,O=Example,C=TW"}}),)),
    AndroidNoise(name="short links looked up", source="t.co and others", forms=(_LOG,), log=tuple(_event("dns_event", {"package_name": "com.android.chrome", "hostname": host, "ip_addresses": ["/192.0.2.1"], "ip_addresses_count": 1}) for host in SHORTENERS)),
    AndroidNoise(name="forwarded news", source="press reports that name domains", forms=(_AB, _AQF), ab=tuple(message_edit(False, text) for text in news())),
    AndroidNoise(name="short links in messages", source="t.co and others", forms=(_AB, _AQF), ab=tuple(message_edit(False, f"看這個 https://{host}/3xAmp1e") for host in SHORTENERS)),
    AndroidNoise(name="ad blocker's hosts file", source="StevenBlack hosts syntax", forms=(_AB, _AQF), ab=(file_edit("apps/org.adaway/f/hosts", lambda _: _HOSTS.encode()),)),
    AndroidNoise(name="news that names a few", source="press reports that name domains", forms=(_AB, _AQF), ab=tuple(message_edit(False, text) for text in short_news())),
    AndroidNoise(name="filters that block a few", source="manuals of AdGuard, dnsmasq and unbound", forms=(_AB, _AQF), ab=_few_blocked()),
    AndroidNoise(name="crashes of other daemons", source="AOSP and Qualcomm tombstones", forms=(_AQF, _BUG), bug=(_tombstone(4, "/vendor/bin/hw/vendor.qti.camera.provider-service_64", 1047), _tombstone(5, "media.swcodec", 1046), _tombstone(6, "/vendor/bin/cnss-daemon", 1000))),
    AndroidNoise(name="everyday talk in zh-TW", source="invented", forms=(_AB, _AQF), ab=tuple(message_edit(False, text) for text in TALK)),
    AndroidNoise(name="20,000 messages", source="scale of a busy phone", forms=(_AB, _AQF), phone={"messages": _messages(20_000)}),
    AndroidNoise(name="no backup was made", source="androidqf modules/backup.go", aqf=(_no_backup,), drop=("backup.ab",)),
    AndroidNoise(name="no intrusion logs", source="Android before 16", drop=("intrusion_logs",), phone={"android_version": "14", "sdk": 34}),
    AndroidNoise(name="processes.json", source="androidqf v1.8.0", aqf=(_newer,)),
    AndroidNoise(name="news in the log", source="logcat of a browser", aqf=(text_edit("logcat.txt", f"11-20 09:12:01.231  4211  4230 D Reader  : article mentions {', '.join(REPORTED)}"),)),
    AndroidNoise(name="long system log", source="AOSP dumpstate", forms=(_BUG,), bug=(_in_dumpstate(section("SYSTEM LOG (logcat -v threadtime)", "\n".join(f"11-20 08:01:02.{number % 1000:03d}  1042  1042 I Service : bh payload {number}" for number in range(4000)))),)),
    AndroidNoise(name="Samsung phone", source="One UI", forms=(_AQF, _BUG), phone={"brand": "samsung", "manufacturer": "samsung", "model": "SM-S928B", "device": "e3q", "locale": "zh-TW"}, apps=(AndroidApp(package="com.samsung.android.messaging", system=True, installer="null"), AndroidApp(package="com.sec.android.app.samsungapps", system=True, installer="null"))),
    AndroidNoise(name="Xiaomi phone", source="HyperOS", forms=(_AQF, _BUG), phone={"brand": "Xiaomi", "manufacturer": "Xiaomi", "model": "23116PN5BC", "device": "shennong", "locale": "zh-TW"}, apps=(AndroidApp(package="com.miui.securitycenter", system=True, installer="null"), AndroidApp(package="com.xiaomi.mipicks", system=True, installer="null"))),
    AndroidNoise(name="popular apps in Taiwan", source="Google Play", forms=(_AQF, _BUG), apps=tuple(AndroidApp(package=name) for name in ("com.shopee.tw", "com.cathaybk.koko.android", "tw.gov.moi.tfido", "com.jkos.app", "com.facebook.katana", "com.google.android.youtube", "com.chinatrust.mobilebank", "tw.com.gamer.android.activecenter"))),
)  # fmt: skip
"""Each noise by itself, in each kind of evidence that shows it."""
