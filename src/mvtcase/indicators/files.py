"""A file's bytes read as an indicator set, whichever of the formats it has; bounded, and never half."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

from mvtcase.errors import IndicatorFileError, InputError
from mvtcase.indicators.ledger import DEFAULT_COLLECTION
from mvtcase.indicators.verdicts import IndicatorType
from mvtcase_readers.regular import open_untouched

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.indicators.ledger import Reading

MIB = 1 << 20
MAX_FILE_BYTES = 512 * MIB
"""Half a million indicators with their relationships take about 400 MB as STIX."""

PACK_MAGIC = b"PK\x03\x04"
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!")


_HASHES = {
    "md5": IndicatorType.FILES_MD5,
    "sha1": IndicatorType.FILES_SHA1,
    "sha256": IndicatorType.FILES_SHA256,
}
"""Endings of lists of hashes of files, as ESET publishes them."""


def read_bytes(path: Path, *, limit: int = MAX_FILE_BYTES) -> bytes:
    """Return a file's bytes. Raises `IndicatorFileError` when it is missing, no regular file, or over the limit."""
    try:
        descriptor = open_untouched(path.resolve())
    except OSError as error:
        raise IndicatorFileError("{path} cannot be read: {strerror}.", path=path, strerror=error.strerror) from error
    try:
        _require_file(path, os.fstat(descriptor), limit)
        with os.fdopen(descriptor, "rb", closefd=False) as handle:
            data = handle.read(limit + 1)
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise _too_large(path, limit)  # it grew while it was read
    return data


def _require_file(path: Path, found: os.stat_result, limit: int) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IndicatorFileError("{path} is a folder.", hint="Name the files in it one by one.", path=path)
    if not stat.S_ISREG(found.st_mode):
        raise IndicatorFileError("{path} is no regular file.", path=path)
    if found.st_size > limit:
        raise _too_large(path, limit)


def _too_large(path: Path, limit: int) -> IndicatorFileError:
    return IndicatorFileError("{path} is larger than {limit} MiB and is not read.", path=path, limit=limit // MIB)


def read_set(data: bytes, file_name: str, *, kind: str | None = None, family: str = "") -> Reading:
    """Return the account of a set's bytes.

    `kind` is the type of all values of a list (any word `worded_kind` knows), `family` names the collection of what
    the file itself puts under no family. Raises `IndicatorFileError` when the bytes are no set at all, `InputError`
    when `kind` is no type.
    """
    reading = _read(_text(data, file_name), data, file_name, _chosen(kind), family)
    if not family:
        return reading
    named = tuple(replace(e, name=family) if e.name == DEFAULT_COLLECTION[1] else e for e in reading.collections)
    families = tuple(dict.fromkeys((family, *reading.origin.families)))
    return replace(reading, collections=named, origin=replace(reading.origin, families=families))


def _read(text: str, data: bytes, file_name: str, chosen: str | None, family: str) -> Reading:
    stem = file_name.rpartition(".")[0] or file_name
    name = family or stem
    # Most calls of the program read no set, and what reads them is slow to load.
    from mvtcase.indicators import foreign, listings, lists, misp, stix, tables, types  # noqa: PLC0415

    foreign.refuse_foreign(text, data, file_name)
    if _looks_like_json(text.lstrip()[:512], file_name):
        held = stix.parsed(text, file_name)
        foreign.refuse_old_stix(held, data, file_name)
        if misp.is_event(held):
            return misp.read_events(held, file_name)
        return (
            listings.read_tinycheck(held, name) if listings.is_tinycheck(held) else stix.read_objects(held, file_name)
        )
    if lists.is_rule_list(text):
        return lists.read_rules(text, name)
    if file_name.lower().endswith((".yaml", ".yml")):
        return listings.read_yaml(text, file_name)
    if tables.looks_like_table(text, file_name):
        return tables.read_table(text, name, file_name, kind=chosen)
    told = chosen or types.stem_kind(stem) or _HASHES.get(file_name.lower().rpartition(".")[2])
    if told is None and lists.is_prose(text):
        raise foreign.no_set(file_name)
    return lists.read_list(text, name, kind=told)


def _chosen(kind: str | None) -> str | None:
    if kind is None:
        return None
    from mvtcase.indicators.types import worded_kind  # noqa: PLC0415  # slow to load, and rarely needed

    chosen = worded_kind(kind)
    if chosen is None:
        raise InputError(
            "{kind!r} is no type of indicator.", hint="Types: domain, url, ip, email, process, …", kind=kind
        )
    return chosen


def _text(data: bytes, file_name: str) -> str:
    if data.startswith(PACK_MAGIC):
        raise IndicatorFileError(
            "{file_name} is a zip archive.", hint="A pack of sets is imported as a whole.", file_name=file_name
        )
    if data.startswith(_COMPRESSED):
        raise IndicatorFileError("{file_name} is compressed.", hint="Unpack it first.", file_name=file_name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise IndicatorFileError(
            "{file_name} is not UTF-8 text (byte {start}).", file_name=file_name, start=error.start
        ) from None
    if "\0" in text:
        raise IndicatorFileError("{file_name} is no text: it holds NUL bytes.", file_name=file_name)
    if not text.strip():
        raise IndicatorFileError("{file_name} is empty.", file_name=file_name)
    return text


def _looks_like_json(head: str, file_name: str) -> bool:
    named = file_name.lower().endswith((".json", ".stix", ".stix2"))
    return named or head.startswith("{") or (head.startswith("[") and head[1:].lstrip()[:1] in {"{", "]", ""})
