"""What is an indicator file for other programs, or none at all, told by name instead of being guessed line by line."""

from __future__ import annotations

import re

from mvtcase.canon import sha256_bytes
from mvtcase.errors import IndicatorFileError
from mvtcase.indicators.known import same_set
from mvtcase.wording import say

_HEAD = 16_384
_XML = (
    ("STIX 1 is not read.", re.compile(r"<(?:\w+:)?STIX_Package\b")),
    ("OpenIOC is not read.", re.compile(r"<ioc[ >]|schemas\.mandiant\.com|<OpenIOC\b")),
)
_YARA = re.compile(r"^[ \t]*(?:(?:private|global)[ \t]+)*rule[ \t]+\w+\s*(?::[\w\s]+)?\{?\s*$", re.MULTILINE)
_SENSOR = re.compile(r"^\s*#?\s*(?:alert|drop|reject|pass)\s+(?:tcp|udp|ip|icmp|http|dns|tls|smtp)\s", re.MULTILINE)
_NO_LISTS = (".md", ".adoc", ".rst", ".pdf", ".docx", ".py", ".sh", ".js", ".go", ".rb")
_TABLES = (".csv", ".tsv", ".json", ".stix", ".stix2")


def refuse_foreign(text: str, data: bytes, file_name: str) -> None:
    """Raise `IndicatorFileError` with a true sentence for what this program does not read as indicators."""
    head, lower = text[:_HEAD], file_name.lower()
    if head.lstrip().startswith("<"):
        _refuse_xml(head, data, file_name)
    if lower.endswith(_TABLES):
        return
    if lower.endswith((".yar", ".yara")) or _YARA.search(head):
        raise _not_read("YARA rules are not read.", data, file_name, _RULES)
    if lower.endswith((".snort", ".rules")) or _SENSOR.search(head):
        raise _not_read("Rules of a network sensor are not read.", data, file_name, _RULES)
    if lower.endswith(_NO_LISTS) or lower == "requirements.txt" or head.startswith("#!"):
        raise no_set(file_name)


def refuse_old_stix(held: object, data: bytes, file_name: str) -> None:
    """Raise `IndicatorFileError` where a JSON file holds a package of STIX 1, as older exports of MISP do."""
    if isinstance(held, dict) and "stix_header" in held:
        raise _not_read(_XML[0][0], data, file_name, _OTHER_FORMS)


def no_set(file_name: str) -> IndicatorFileError:
    """Return the error for a text that speaks of indicators, or of anything, instead of listing them."""
    return IndicatorFileError(
        "{file_name} is a text or a program, and no indicator set.",
        hint="Name the file that lists the values.",
        file_name=file_name,
    )


_OTHER_FORMS = "Most publishers give the same set as STIX 2, MISP JSON or CSV."
_RULES = "Rules look at whole files or at traffic; MVT compares single values."


def _refuse_xml(head: str, data: bytes, file_name: str) -> None:
    said = next((said for said, pattern in _XML if pattern.search(head)), "")
    if said:
        raise _not_read(said, data, file_name, _OTHER_FORMS)
    raise IndicatorFileError(
        "{file_name} is a web page or XML, and no indicator set.",
        hint="Fetch the raw file, not the page.",
        file_name=file_name,
    )


def _not_read(said: str, data: bytes, file_name: str, otherwise: str) -> IndicatorFileError:
    url = same_set(sha256_bytes(data))
    hint = say("The same set is published as {url}.", url=url) if url else say(otherwise)
    return IndicatorFileError("{file_name}: {said}", hint=hint, file_name=file_name, said=say(said))
