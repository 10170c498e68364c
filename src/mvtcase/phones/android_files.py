"""The files that the androidqf tool writes beside bugreport and backup: packages, files, processes, settings, mounts.

Layouts follow androidqf's own sources (mvt-project/androidqf). It writes `processes.txt`, MVT reads `ps.txt`, as older
releases wrote it; both are here, so that MVT's module has something to read.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import timedelta
from typing import TYPE_CHECKING

from mvtcase.phones.android_damage import AndroidDamage
from mvtcase.phones.android_phone import FIRST_APP_UID
from mvtcase.phones.plants import PlantKind

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from mvtcase.phones.android_phone import AndroidApp, AndroidPhone
    from mvtcase.phones.android_spots import Placement

ANDROIDQF_VERSION = "v1.9.0"
_ODD_TIMESTAMP = 10**17  # beyond what a datetime can hold
_HASHES = {PlantKind.FILES_MD5: "md5", PlantKind.FILES_SHA1: "sha1", PlantKind.FILES_SHA256: "sha256"}
_CERTIFICATE_FIELD = {32: "Md5", 40: "Sha1", 64: "Sha256"}
_USER_IDS = {"root": 0, "system": 1000}
_KERNEL = ("kthreadd", "rcu_preempt", "kworker/0:0H", "ksoftirqd/0", "migration/0")
_DAEMONS = (
    "/system/bin/init", "/system/bin/logd", "/system/bin/servicemanager", "/system/bin/vold", "zygote64", "netd",
    "surfaceflinger", "system_server", "com.android.systemui", "com.android.phone", "adbd",
)  # fmt: skip
_MOUNTS = (
    "/dev/block/dm-6 on / type erofs (ro,seclabel,relatime)",
    "/dev/block/dm-7 on /system_ext type erofs (ro,seclabel,relatime)",
    "/dev/block/dm-8 on /product type erofs (ro,seclabel,relatime)",
    "/dev/block/dm-9 on /vendor type erofs (ro,seclabel,relatime)",
    "tmpfs on /dev type tmpfs (rw,seclabel,nosuid,relatime,size=5812312k,mode=755)",
    "proc on /proc type proc (rw,relatime,gid=3009,hidepid=invisible)",
    "/dev/block/dm-53 on /data type f2fs (rw,seclabel,nosuid,nodev,noatime)",
    "/dev/fuse on /storage/emulated type fuse (rw,nosuid,nodev,noexec,noatime,user_id=0)",
)
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "global": {
        "adb_enabled": "1",
        "airplane_mode_on": "0",
        "package_verifier_user_consent": "1",
        "upload_apk_enable": "1",
        "verifier_verify_adb_installs": "1",
        "wifi_on": "1",
    },
    "secure": {
        "accessibility_enabled": "0",
        "advanced_protection_mode": "1",
        "default_input_method": "com.google.android.inputmethod.latin/.LatinIME",
        "lock_screen_lock_after_timeout": "5000",
        "user_setup_complete": "1",
    },
    "system": {"font_scale": "1.0", "screen_brightness": "102", "screen_off_timeout": "60000"},
}
"""The settings of a phone that MVT's `settings` modules find nothing to say about."""


def properties(phone: AndroidPhone, planted: tuple[str, ...]) -> str:
    """Return the output of `getprop` with the planted property names in it."""
    values = {
        "gsm.sim.operator.alpha": "Example Mobile",
        "gsm.sim.operator.iso-country": "tw",
        "persist.sys.locale": phone.locale,
        "persist.sys.timezone": phone.timezone_name,
        "ro.boot.serialno": phone.serial_number,
        "ro.boot.verifiedbootstate": "green",
        "ro.build.display.id": phone.build_id,
        "ro.build.fingerprint": phone.fingerprint,
        "ro.build.id": phone.build_id,
        "ro.build.type": "user",
        "ro.build.version.incremental": phone.incremental,
        "ro.build.version.release": phone.android_version,
        "ro.build.version.sdk": str(phone.sdk),
        "ro.build.version.security_patch": phone.security_patch,
        "ro.product.brand": phone.brand,
        "ro.product.cpu.abi": "arm64-v8a",
        "ro.product.device": phone.device,
        "ro.product.locale": phone.locale,
        "ro.product.manufacturer": phone.manufacturer,
        "ro.product.model": phone.model,
        "ro.product.name": phone.device,
        "ro.product.vendor.manufacturer": phone.manufacturer,
        "ro.product.vendor.model": phone.model,
        "ro.product.vendor.name": phone.device,
        "ro.serialno": phone.serial_number,
        **dict.fromkeys(planted, "1"),
    }
    return "".join(f"[{name}]: [{value}]\n" for name, value in sorted(values.items()))


def packages(phone: AndroidPhone, placement: Placement) -> list[dict[str, object]]:
    """Return the rows of packages.json."""
    rng = phone.random("packages")
    rows = [_package(rng, app, FIRST_APP_UID + number) for number, app in enumerate(phone.apps)]
    rows += [_added_package(rng, name) for name in placement.at("aqf_packages", PlantKind.APP_IDS)]
    for value in placement.at("aqf_packages", PlantKind.APP_CERT_HASHES):
        rows.append(_added_package(rng, "org.example.signed", certificate=value))
    for value in placement.at("aqf_packages", PlantKind.FILES_SHA256):
        rows.append(_added_package(rng, "org.example.hashed", sha256=value))
    return rows


def _package(rng: random.Random, app: AndroidApp, uid: int) -> dict[str, object]:
    folder = (
        f"/system/priv-app/{app.package}" if app.system else f"/data/app/~~{_token(rng)}==/{app.package}-{_token(rng)}"
    )
    return {
        "name": app.package,
        "files": [_apk(rng, f"{folder}/base.apk")],
        "installer": app.installer,
        "uid": uid,
        "disabled": app.disabled,
        "system": app.system,
        "third_party": not app.system,
    }


def _added_package(rng: random.Random, name: str, *, certificate: str = "", sha256: str = "") -> dict[str, object]:
    apk = _apk(rng, f"/data/app/~~{_token(rng)}==/{name}/base.apk")
    if sha256:
        apk["sha256"] = sha256
    if certificate:
        apk["certificate"] = {**_certificate(rng), _CERTIFICATE_FIELD.get(len(certificate), "Sha256"): certificate}
    return {
        "name": name,
        "files": [apk],
        "installer": "com.android.vending",
        "uid": 10499,
        "disabled": False,
        "system": False,
        "third_party": True,
    }


def _apk(rng: random.Random, path: str) -> dict[str, object]:
    content = rng.randbytes(64)
    names = ("md5", "sha1", "sha256", "sha512")
    return {
        "path": path,
        "local_name": "",
        **{name: hashlib.new(name, content, usedforsecurity=False).hexdigest() for name in names},
        "error": "",
        "verified_certificate": True,
        "certificate": _certificate(rng),
        "certificate_error": "",
        "trusted_certificate": True,
    }


def _certificate(rng: random.Random) -> dict[str, object]:
    owner = "C=GB, O=Example Apps, CN=Example Signing"
    return {
        **{field: rng.randbytes(length // 2).hex() for length, field in _CERTIFICATE_FIELD.items()},
        "ValidFrom": "2019-03-01T00:00:00Z",
        "ValidTo": "2049-03-01T00:00:00Z",
        "Issuer": owner,
        "Subject": owner,
        "SignatureAlgorithm": "SHA256-RSA",
        "SerialNumber": rng.getrandbits(31),
    }


def _token(rng: random.Random) -> str:
    return "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789", k=22))


def files(phone: AndroidPhone, placement: Placement, *, odd_timestamp: bool = False) -> list[dict[str, object]]:
    """Return the rows of files.json; with `odd_timestamp` one row's time is far beyond the calendar."""
    rng = phone.random("files")
    paths = [f"/sdcard/DCIM/Camera/PXL_202611{day:02d}_071533.jpg" for day in range(1, 15)]
    paths += [f"/sdcard/Android/media/{app.package}/.nomedia" for app in phone.apps if not app.system]
    paths += ["/sdcard/Download/agenda.pdf", "/system/bin/sh", "/system/etc/hosts", "/data/local/tmp/collector"]
    paths += placement.at("aqf_files", PlantKind.FILE_PATHS)
    paths += [f"/sdcard/Download/{name}" for name in placement.at("aqf_files", PlantKind.FILE_NAMES)]
    rows = [_file(rng, phone, path) for path in paths]
    for kind, field in _HASHES.items():
        for value in placement.at("aqf_files", kind):
            rows.append({**_file(rng, phone, f"/sdcard/Download/notes-{len(rows)}.bin"), field: value})
    if odd_timestamp:
        rows[len(rows) // 2]["modified_time"] = _ODD_TIMESTAMP
    return rows


def _file(rng: random.Random, phone: AndroidPhone, path: str) -> dict[str, object]:
    modified = int((phone.taken_at - timedelta(minutes=rng.randrange(10, 40000))).timestamp())
    return {
        "path": path,
        "size": rng.randrange(1, 4_000_000),
        "mode": "-rw-rw----",
        "user_id": 10000 + rng.randrange(400),
        "user_name": "",
        "group_id": 1015,
        "group_name": "",
        "changed_time": modified,
        "modified_time": modified,
        "access_time": modified + 60,
        "error": "",
        "context": "u:object_r:media_rw_data_file:s0",
        "sha1": rng.randbytes(20).hex(),
        "sha256": rng.randbytes(32).hex(),
        "sha512": "",
        "md5": rng.randbytes(16).hex(),
    }


def running(phone: AndroidPhone, planted: tuple[str, ...]) -> list[tuple[str, int, str]]:
    """Return what runs on the phone as user, process id and name, with the planted names at the end."""
    kernel = [("root", 2 + number, f"[{name}]") for number, name in enumerate(_KERNEL)]
    daemons = [("root" if "init" in name else "system", 310 + 37 * n, name) for n, name in enumerate(_DAEMONS)]
    user_apps = [app.package for app in phone.apps if not app.system]
    apps = [(f"u0_a{100 + number}", 4200 + 11 * number, name) for number, name in enumerate((*user_apps, *planted))]
    return [("root", 1, "init"), *kernel, *daemons, *apps]


def process_table(phone: AndroidPhone, planted: tuple[str, ...]) -> str:
    """Return the output of `ps -A`."""
    rows = [f"{'USER':<15}{'PID':>6}{'PPID':>6}{'VSZ':>9}{'RSS':>8} WCHAN            ADDR S NAME"]
    rows += [
        f"{user:<15}{pid:>6}{1:>6}{pid * 1021:>9}{pid * 13:>8} do_epoll_wait       0 S {name}"
        for user, pid, name in running(phone, planted)
    ]
    return "".join(f"{row}\n" for row in rows)


def collector_processes(phone: AndroidPhone, planted: tuple[str, ...]) -> str:
    """Return androidqf's processes.txt, the JSON that its collector on the phone prints (its cmd/ps.go)."""
    return json.dumps([_collected_process(*row) for row in running(phone, planted)], indent=1)


def _collected_process(user: str, pid: int, name: str) -> dict[str, object]:
    # /proc/PID/stat keeps fifteen characters of a name; the command line has it whole, but kernel threads have none.
    command = name.strip("[]")
    return {
        "pid": pid,
        "uid": _USER_IDS[user] if user in _USER_IDS else 10000 + int(user.removeprefix("u0_a")),
        "ppid": 1,
        "pgroup": pid,
        "psid": 0,
        "filename": f"({command.rsplit('/', 1)[-1][-15:]})",
        "priority": 20,
        "state": "S",
        "user_time": pid % 400,
        "kernel_time": pid % 100,
        "path": "",
        "context": "",
        "previous_context": "",
        "command_line": [] if name.startswith("[") else [command],
        "env": None,
        "cwd": "",
    }


def settings(namespace: str, phone: AndroidPhone, placement: Placement) -> str:
    """Return the output of `settings list` for one namespace; planted domains are private DNS servers, in `global`."""
    values = setting_values(namespace, phone)
    if namespace == "global":
        hosts = placement.at("aqf_settings")
        values |= {f"private_dns_specifier{number or ''}": host for number, host in enumerate(hosts)}
    return "".join(f"{name}={value}\n" for name, value in values.items())


def logcat(phone: AndroidPhone, placement: Placement) -> str:
    """Return the output of `logcat`, which no MVT module reads."""
    stamp = f"{phone.wall_clock:%m-%d %H:%M:%S}"
    lines = ("I boot: ready", *(f"D NetworkClient: fetch {value} failed" for value in placement.at("logcat")))
    rows = [f"{stamp}.{number + 120:03d}  1042  1042 {line}" for number, line in enumerate(lines)]
    return "".join(f"{row}\n" for row in ("--------- beginning of main", *rows))


def setting_values(namespace: str, phone: AndroidPhone) -> dict[str, str]:
    """Return one namespace of the phone's settings; enabled accessibility services show in `secure`."""
    values = dict(SETTINGS[namespace])
    if namespace == "secure":
        values["android_id"] = phone.random("android id").randbytes(8).hex()
    if namespace == "secure" and phone.enabled_accessibility:
        values["accessibility_enabled"] = "1"
        values["enabled_accessibility_services"] = ":".join(phone.enabled_accessibility)
    return values


def mounts(placement: Placement) -> list[str]:
    """Return the lines of mounts.json."""
    added = [*placement.at("mounts", PlantKind.FILE_PATHS)]
    added += [f"/mnt/vendor/{name}" for name in placement.at("mounts", PlantKind.FILE_NAMES)]
    return [*_MOUNTS, *(f"tmpfs on {point} type tmpfs (ro,seclabel,relatime)" for point in added)]


def acquisition(phone: AndroidPhone) -> str:
    """Return acquisition.json."""
    started = phone.taken_at
    return json.dumps(
        {
            "uuid": phone.acquisition_uuid,
            "androidqf_version": ANDROIDQF_VERSION,
            "storage_path": "",
            "started": f"{started:%Y-%m-%dT%H:%M:%S}.104233Z",
            "completed": f"{started + timedelta(minutes=14):%Y-%m-%dT%H:%M:%S}.870112Z",
            "collector": {
                "ExePath": "/data/local/tmp/collector",
                "Installed": False,
                "Adb": {"ExePath": "adb", "Serial": phone.serial_number},
                "Architecture": "arm64-v8a",
            },
            "tmp_dir": "/data/local/tmp/",
            "sdcard": "/sdcard/",
            "cpu": "arm64-v8a",
            "adb_host_public_key": phone.adb_host_key,
        },
        indent=1,
    )


def hash_list(members: Mapping[str, bytes]) -> bytes:
    """Return hashes.csv: name and SHA-256 of every other file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        (name, hashlib.sha256(data).hexdigest()) for name, data in members.items()
    )
    return text.getvalue().encode()


def without_field(rows: list[dict[str, object]], field: str, damage: AndroidDamage | None) -> list[dict[str, object]]:
    """Return the rows, the middle one without a field when the damage is `MISSING_FIELD`."""
    if damage is AndroidDamage.MISSING_FIELD:
        del rows[len(rows) // 2][field]
    return rows
