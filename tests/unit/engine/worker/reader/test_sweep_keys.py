"""When a string in the evidence is an indicator, and when it is a part of something longer or a mere word."""

from __future__ import annotations

import pytest

from mvtcase.engine.worker.reader.sweep_keys import keys_of, stands_alone
from mvtcase.matchset import Collection, MatchSet
from mvtcase.model import EvidenceKind

WHOLE = {
    "domains": [
        b"https://evil.example.com/x",
        b"www.evil.example.com",
        b"mail to a@evil.example.com.",
        b"evil.example.com",
        b"EVIL.example.COM:8443",
        b"u=https%3A%2F%2Fevil.example.com%2Fx",
        b"\\u002fevil.example.com",
        b"\\nevil.example.com\\n",
        b"\0evil.example.com\0",
    ],
    "emails": [b"<Mallory@evil.example.com>", b"mailto:mallory@evil.example.com"],
    "app_ids": [b"/data/app/net.example.evil-1/base.apk", b'"net.example.evil"', b"package:net.example.evil\n"],
    "file_paths": [b'"/private/var/tmp/evil"', b"open /private/var/tmp/evil/agent", b"/private/var/tmp/evil\n"],
    "processes": [
        b"/usr/libexec/evilprocessd",
        b"kernel: evilprocessd[213]",
        b'"evilprocessd"',
        b"1234 S evilprocessd\n",
        b"\0evilprocessd\0",
        b"\x5cevilprocessd rest",
    ],
    "urls": [b"see https://evil.example.com/drop now", b'"https://evil.example.com/drop?x=1"'],
}
PART = {
    "domains": [
        b"notevil.example.com",
        b"evil.example.community",
        b"evil.example.com.example.org",
        b"evil.example.com-cdn.net",
        b"my-evil.example.com",
    ],
    "emails": [b"xmallory@evil.example.com", b"mallory@evil.example.company"],
    "app_ids": [b"net.example.evil.helper", b"com.net.example.evil", b"net.example.evilness"],
    "file_paths": [b"/mnt/private/var/tmp/evil", b"/private/var/tmp/evil-doer", b"/private/var/tmp/evil.txt"],
    "processes": [
        b"an evilprocessd in a sentence",
        b"evilprocessd2[4]",
        b"/usr/libexec/evilprocessd.helper",
        b"\x07evilprocessd\x00",
    ],
    "urls": [b"https://evil.example.com/dropper"],
}
VALUES = {
    "domains": "evil.example.com",
    "emails": "mallory@evil.example.com",
    "app_ids": "net.example.evil",
    "file_paths": "/private/var/tmp/evil",
    "processes": "evilprocessd",
    "urls": "https://evil.example.com/drop",
}


def judged(text: bytes, type_: str) -> bool:
    """Return whether the first place of the type's value in a text counts."""
    value = VALUES[type_].encode()
    start = text.lower().index(value)
    return stands_alone(text, start, start + len(value), type_)


@pytest.mark.parametrize(("type_", "text"), [(type_, text) for type_, texts in WHOLE.items() for text in texts])
def test_a_whole_component_counts(type_: str, text: bytes) -> None:
    """Beside marks, blanks, escapes and the ends of a text it is the indicator."""
    assert judged(text, type_)


@pytest.mark.parametrize(("type_", "text"), [(type_, text) for type_, texts in PART.items() for text in texts])
def test_a_part_of_something_longer_does_not_count(type_: str, text: bytes) -> None:
    """A longer host, address, path or name is another one, and a program's name in a sentence is a word."""
    assert not judged(text, type_)


def test_a_short_domain_must_stand_in_text() -> None:
    """A film's bytes spell five letters now and then; a link's do not happen by chance."""
    assert stands_alone(b'href="9o.gg/x" ', 6, 11, "domains")
    assert not stands_alone(b"\x91\x02\xf79o.gg\x00\xff\x81", 3, 8, "domains")


def sought(**values: tuple[str, ...]) -> dict[bytes, str]:
    """Return what is looked for of one collection's values, with the types."""
    collections = (
        Collection(id="1", name="First", file_name="first.stix2", values=values),
        Collection(id="2", name="Second", values=values),
    )
    found = keys_of(MatchSet(collections=collections), {"first.stix2": "first"}, EvidenceKind.IOS_BACKUP)
    assert {key.fields["family"] for key in found.values()} <= {"First"}
    return {needle: key.type for needle, key in found.items()}


def test_words_and_stock_names_are_not_looked_for() -> None:
    """Short names, names with blanks, ids without a dot, folders of every phone and daemons of every Android."""
    assert sought(
        processes=("bh", "gatekeeperd", "Two Words Here", "roleaboutd"),
        app_ids=("ordinary", "xx.an", "com.serv.services"),
        file_paths=("/var/l/", "/private", "/data/local/tmp/wd/"),
        domains=("a.io", "9o.gg"),
        files_sha256=("0" * 64,),
    ) == {
        b"roleaboutd": "processes",
        b"com.serv.services": "app_ids",
        b"/data/local/tmp/wd": "file_paths",
        b"9o.gg": "domains",
    }


def test_the_value_is_kept_as_the_set_writes_it() -> None:
    """The alert names value, type, family and set; only the search is in lower case."""
    values = {"emails": ("Mallory@Evil.example.com",)}
    collection = Collection(id="1", name="Family", file_name="a.stix2", values=values)
    (key,) = keys_of(MatchSet(collections=(collection,)), {"a.stix2": "named"}, EvidenceKind.ANDROIDQF).values()
    assert dict(key.fields) == {
        "value": "Mallory@Evil.example.com",
        "type": "emails",
        "family": "Family",
        "set": "named",
    }
