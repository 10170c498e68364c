"""Which apps and servers the phone's network is led through: VPN, filter and DNS settings, and associated domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvt_plugin_sysdiagnose.bounds import MAX_LINE_CHARACTERS, MAX_PLIST_NODES
from mvt_plugin_sysdiagnose.texts import is_bundle, is_host, plain
from mvtcase_readers.regular import lines
from mvtcase_readers.trees import parse_plist, walk

from .result import Parsed, record

if TYPE_CHECKING:
    from mvt_plugin_sysdiagnose.archive import Content
    from mvt_plugin_sysdiagnose.device import Device

_MAX_DISTINCT = 20_000


def parse_network_extensions(content: Content, device: Device) -> Parsed:
    """Return one `network_setting` per address or bundle in a settings file. Raises `ValueError` on damage."""
    held = parse_plist(content.data, walked=True)
    texts = dict.fromkeys(value for _, value in walk(held, MAX_PLIST_NODES) if isinstance(value, str))
    records = []
    for text in list(texts)[:_MAX_DISTINCT]:
        if "://" in text or is_host(text):
            records.append(record("network_setting", device.creation_stamp, urls=[plain(text)]))
        elif is_bundle(text):
            records.append(record("network_setting", device.creation_stamp, bundle_id=plain(text)))
    problem = f"only the first {_MAX_DISTINCT} distinct values were kept" if len(texts) > _MAX_DISTINCT else ""
    return Parsed(records=records, problem=problem)


def parse_associated_domains(content: Content, device: Device) -> Parsed:
    """Return one `associated_domain` per app and domain that `swcutil` listed."""
    known = b"Service:" in content.data or b"DATABASE" in content.data or not content.data.strip()
    parsed = Parsed(problem="" if known else "it is no list of associated domains")
    app = ""
    for line in lines(content.data, MAX_LINE_CHARACTERS):
        key, _, value = line.strip().partition(":")
        value = value.strip()
        if key == "App ID" and value:
            # The first label is the developer's team.
            app = value.split(".", 1)[-1]
        elif key == "Domain" and value:
            domain = value.split(" ", 1)[0].removeprefix("*.").split("?", 1)[0]
            parsed.records.append(
                record("associated_domain", device.creation_stamp, bundle_id=plain(app), urls=[plain(domain)])
            )
    return parsed
