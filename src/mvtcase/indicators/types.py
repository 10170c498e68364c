"""The names under which files give a type: STIX left sides, MVT's list names, and the words people and MISP use."""

from __future__ import annotations

import re

from mvtcase.indicators.values import weigh, weigh_address
from mvtcase.indicators.verdicts import IndicatorType, Refused, Usable

ADDRESS = "ipv4-addr"
"""An IPv4 address: MVT keeps it among the domains."""

_LEFTS: dict[str, str] = {
    "domain-name:value": IndicatorType.DOMAINS,
    "ipv4-addr:value": ADDRESS,
    "process:name": IndicatorType.PROCESSES,
    "email-addr:value": IndicatorType.EMAILS,
    "file:name": IndicatorType.FILE_NAMES,
    "file:path": IndicatorType.FILE_PATHS,
    "file:hashes.md5": IndicatorType.FILES_MD5,
    "file:hashes.sha1": IndicatorType.FILES_SHA1,
    "file:hashes.sha256": IndicatorType.FILES_SHA256,
    "app:cert.md5": IndicatorType.APP_CERT_HASHES,
    "app:cert.sha1": IndicatorType.APP_CERT_HASHES,
    "app:cert.sha256": IndicatorType.APP_CERT_HASHES,
    "app:id": IndicatorType.APP_IDS,
    "configuration-profile:id": IndicatorType.IOS_PROFILE_IDS,
    "android-property:name": IndicatorType.ANDROID_PROPERTY_NAMES,
    "url:value": IndicatorType.URLS,
}

_WORDS: dict[str, str] = {
    "domain": IndicatorType.DOMAINS,
    "hostname": IndicatorType.DOMAINS,
    "host": IndicatorType.DOMAINS,
    "fqdn": IndicatorType.DOMAINS,
    "ip": ADDRESS,
    "ipv4": ADDRESS,
    "ip4addr": ADDRESS,
    "ip-src": ADDRESS,
    "ip-dst": ADDRESS,
    "ipaddress": ADDRESS,
    "address": ADDRESS,
    ADDRESS: ADDRESS,
    "url": IndicatorType.URLS,
    "uri": IndicatorType.URLS,
    "email": IndicatorType.EMAILS,
    "e-mail": IndicatorType.EMAILS,
    "email-src": IndicatorType.EMAILS,
    "email-dst": IndicatorType.EMAILS,
    "account": IndicatorType.EMAILS,
    "process": IndicatorType.PROCESSES,
    "filename": IndicatorType.FILE_NAMES,
    "file": IndicatorType.FILE_NAMES,
    "filepath": IndicatorType.FILE_PATHS,
    "path": IndicatorType.FILE_PATHS,
    "md5": IndicatorType.FILES_MD5,
    "sha1": IndicatorType.FILES_SHA1,
    "sha-1": IndicatorType.FILES_SHA1,
    "sha256": IndicatorType.FILES_SHA256,
    "sha-256": IndicatorType.FILES_SHA256,
    "hash": IndicatorType.FILES_SHA256,
    "certificate": IndicatorType.APP_CERT_HASHES,
    "cert": IndicatorType.APP_CERT_HASHES,
    "x509-fingerprint-md5": IndicatorType.APP_CERT_HASHES,
    "x509-fingerprint-sha1": IndicatorType.APP_CERT_HASHES,
    "x509-fingerprint-sha256": IndicatorType.APP_CERT_HASHES,
    "app": IndicatorType.APP_IDS,
    "package": IndicatorType.APP_IDS,
    "bundle": IndicatorType.APP_IDS,
    "mobile-application-id": IndicatorType.APP_IDS,
    "profile": IndicatorType.IOS_PROFILE_IDS,
    "property": IndicatorType.ANDROID_PROPERTY_NAMES,
}


_HEADERS = """
domain domains domain_name hostname host fqdn ip ips ip_address ipv4 url email email_address md5 sha1 sha256 sha-256
package package_name certificate process process_name file_path
"""
_COLUMNS = frozenset(_HEADERS.split())
"""Headers of columns that hold nothing but values of one type; `file`, `hash` or `app` alone do not say enough."""

_STEMS: dict[str, str] = {
    **dict.fromkeys(("domain", "domains", "hostnames", "hosts", "hosts_full", "blocklist"), IndicatorType.DOMAINS),
    **dict.fromkeys(("ip", "ips", "ip_addresses"), ADDRESS),
    **dict.fromkeys(("url", "urls"), IndicatorType.URLS),
    **dict.fromkeys(("emails", "email_addresses", "accounts"), IndicatorType.EMAILS),
    **dict.fromkeys(("processes", "process_names"), IndicatorType.PROCESSES),
    **dict.fromkeys(("file_names", "filenames", "files"), IndicatorType.FILE_NAMES),
    **dict.fromkeys(("file_paths", "filepaths", "paths"), IndicatorType.FILE_PATHS),
    **dict.fromkeys(("package_names", "packages", "app_ids", "bundle_ids"), IndicatorType.APP_IDS),
    **dict.fromkeys(
        ("package_cert_hashes", "app_cert_hashes", "cert_hashes", "certificates"), IndicatorType.APP_CERT_HASHES
    ),
    **dict.fromkeys(("android_properties", "android_property_names"), IndicatorType.ANDROID_PROPERTY_NAMES),
    **dict.fromkeys(("config_profiles", "configuration_profiles", "ios_profile_ids"), IndicatorType.IOS_PROFILE_IDS),
    "md5": IndicatorType.FILES_MD5,
    "sha1": IndicatorType.FILES_SHA1,
    "sha256": IndicatorType.FILES_SHA256,
}
"""What publishers call the lists of one type."""

_NO_NAMES = frozenset({"iocs", "ioc", "indicators", "misp", "misp_event", "samples", "network", "malware", "watchware"})
"""Names that a file of every other report has as well."""


def stem_kind(stem: str) -> str | None:
    """Return the type that the name of a list says, such as `v4_domains` or `ip-addresses`; None when it says none."""
    words = [each for each in re.split(r"[^a-z0-9]+", stem.lower()) if each]
    endings = ("_".join(words[place:]) for place in range(len(words)))
    return next((_STEMS[each] for each in endings if each in _STEMS), None)


def is_common_stem(stem: str) -> bool:
    """Return whether files of several reports have this name, so that it names no set."""
    return stem.lower() in _NO_NAMES or stem.lower().replace("-", "_") in _STEMS


def column_kind(header: str) -> str | None:
    """Return the type of all values of a column by its header, None where it does not say one."""
    return IndicatorType.DOMAINS if header == "c2" else worded_kind(header) if header in _COLUMNS else None


def normal_left(left: str) -> str:
    """Return a pattern's left side with the name of a hash as MVT writes it: small, without quotes and hyphens."""
    for separator in ("hashes.", "cert."):
        prefix, found, algorithm = left.partition(separator)
        if found:
            return prefix + separator + algorithm.replace("'", "").replace("-", "").lower()
    return left


def left_kind(left: str) -> str | None:
    """Return the kind a STIX left side means to MVT, None where MVT has no list for it."""
    return _LEFTS.get(normal_left(left))


def worded_kind(word: str) -> str | None:
    """Return the kind that a word means in `--type` or in a CSV's type column, None when it means none."""
    plain = word.strip().strip("[]").lower()
    known = set(IndicatorType)
    underscored = plain.replace("-", "_").replace(" ", "_")
    if underscored in known:
        return underscored
    singular = underscored.replace("_name", "").replace("_id", "")
    return (
        _WORDS.get(plain)
        or left_kind(plain)
        or _WORDS.get(plain.removesuffix("s"))
        or _WORDS.get(singular)
        or (
            IndicatorType(f"{underscored}s") if f"{underscored}s" in known else _WORDS.get(underscored.replace("_", ""))
        )
    )


def weigh_as(kind: str, value: str) -> Usable | Refused:
    """Return what a value of a kind becomes; `kind` is one that `left_kind` or `worded_kind` gave."""
    return weigh_address(value) if kind == ADDRESS else weigh(IndicatorType(kind), value)
