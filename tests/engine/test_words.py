"""What a scan's words deny, neither MVT's checks nor the second reader find in its results.

More cases than the suite has: `MVTCASE_WORDS_CASES=20000 pytest tests/engine/test_words.py`.
"""

from __future__ import annotations

import json
import logging
import os
import random
from typing import TYPE_CHECKING

import pytest

from mvtcase.engine import words
from mvtcase.engine.worker.match.matcher import FastIndicators
from mvtcase.engine.worker.reader.index import FILE_NAME, StoredIndex, ValueIndex
from mvtcase.engine.worker.reader.known import Known
from mvtcase.engine.worker.reader.roles import Role
from mvtcase.engine.worker.reader.terms import terms_of, terms_of_path
from mvtcase.matchset import Collection, MatchSet
from mvtcase.workflow.joins import ASKING, News
from mvtcase_readers.values import Place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.engine

CASES = int(os.environ.get("MVTCASE_WORDS_CASES", "5"))
CHECKS = (
    "check_url", "check_process", "check_email", "check_file_name", "check_file_path", "check_file_path_process",
    "check_profile", "check_file_hash", "check_app_certificate_hash", "check_app_id", "check_android_property_name",
)  # fmt: skip
SPOKEN = (
    "news",
    "mail",
    "up-date",
    "cdn",
    "free",
    "xn--bcher-kva",
    "b\u00fccher",
    "com",
    "example",
    "org",
    "gmail",
    "a1",
)


def _name(chance: random.Random, least: int = 1, most: int = 3) -> str:
    return ".".join(chance.choice(SPOKEN) for _ in range(chance.randint(least, most)))


def _indicator(chance: random.Random) -> tuple[str, str]:
    """Return a random indicator, some of them as people write them."""
    address = ".".join(str(chance.randint(1, 254)) for _ in range(4))
    kind, value = chance.choice((
        ("domains", f"{_name(chance)}.{chance.choice(('com', 'org', 'example'))}"),
        ("domains", address),
        ("urls", f"https://{_name(chance, 2)}/{chance.choice(('x', 'b?c=d', ''))}"),
        ("emails", f"{_name(chance)}@{_name(chance, 2)}"),
        ("processes", chance.choice(("bh", "roleaboutd", "a_very_long_process_name", "com.evil.daemon", "two words"))),
        ("file_names", chance.choice(("implant", "evil.plist", ".hidden", "a b.dat"))),
        ("file_paths", f"/private/var/{chance.choice(('db/evil', 'tmp/x/', 'evil.d/rs', 'mobile'))}"),
        ("app_ids", chance.choice((f"com.{_name(chance)}", "flatapp"))),
        ("files_sha256", f"{chance.getrandbits(256):064x}"),
        ("files_md5", f"{chance.getrandbits(128):032x}"),
        ("app_cert_hashes", f"{chance.getrandbits(256):064x}"),
        ("ios_profile_ids", "76DAB334-7E17-475D-A5D6-0794EB5818A5"),
        ("android_property_names", f"sys.{_name(chance)}.note"),
    ))  # fmt: skip
    return kind, chance.choice((value, value, value.upper() if kind != "processes" else value))


def _as_hex(value: str) -> str:
    numbers = [part for part in value.split(".") if part.isdigit()]
    return f"http://0x{''.join(f'{int(each):02x}' for each in numbers)}/" if len(numbers) == 4 else value


WRITTEN: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    str.lower,
    _as_hex,
    *(
        form.format
        for form in (
            "https://www.{}/x?y=1", "http://u@a.b.{}:8080/", "not{}", "see {}, now.", "/private/var/x/{}/y", "{}x",
            "SysContainerDomain-{}", "{}-Xy12==", "{}.MainActivity", "AppDomain-{}/Library", "\n\t{}\n", "{0}{0}",
        )
    ),
    lambda value: value.replace(".", "[.]"),
    lambda value: value.replace("@", "+tag@"),
    lambda value: value.replace("/", "%2F"),
    lambda value: value[:16],
    lambda value: value[:15],
    lambda value: value[4:9],
    lambda value: value.removeprefix("https://"),
    lambda value: value.removeprefix("/private"),
    lambda value: ":".join(value[at : at + 2] for at in range(0, len(value), 2)),
    lambda value: "".join(reversed(value)),
)  # fmt: skip


def _results(folder: Path, texts: list[str], chance: random.Random) -> Path:
    """Write texts as a module's records and as a value index, in every role they might stand in."""
    (folder / "mvt/backup").mkdir(parents=True)
    records = [{"isodate": "2026-01-01", "text": each, "more": [each, {"deep": each}]} for each in texts]
    for name in ("sms", *ASKING):
        path = folder / "mvt/backup" / (name if name.endswith(".json") else f"{name}.json")
        path.write_text(json.dumps(records, ensure_ascii=chance.random() < 0.5), "utf-8")
    index = ValueIndex(Known.of(MatchSet(collections=()), {}))
    for text in texts:
        role = chance.choice(list(Role))
        for term in (*terms_of(text, role), *terms_of(text, Role.FREE, raw=True), *terms_of_path(text)):
            list(index.see(term, 0, "x", str(role), Place))
    index.write(folder / "mvt" / FILE_NAME, [("x", "x")], {"hashes": ["md5", "sha1", "sha256"]})
    return folder


def _found(results: Path, texts: list[str], kind: str, value: str) -> bool:
    matchset = MatchSet(collections=(Collection(id="1", name="n", file_name="f", values={kind: (value,)}),))
    indicators = FastIndicators.from_matchset(matchset, logging.getLogger("words"))
    if any(getattr(indicators, check)(each) for check in CHECKS for each in texts):
        return True
    known = (Known.of(matchset, {}, android=android) for android in (False, True))
    return any(True for each in known for _ in StoredIndex(results / "mvt" / FILE_NAME).hits(each))


def test_what_words_deny_nobody_finds(tmp_path: Path) -> None:
    """For random indicators, written in the ways that MVT or the second reader look through, and for others."""
    counted = [0, 0]
    for seed in range(CASES):
        chance = random.Random(seed)  # noqa: S311 - the same cases each time
        entries = [_indicator(chance) for _ in range(6)]
        texts = [chance.choice(WRITTEN)(value) for _, value in chance.sample(entries, 3)]
        results = _results(tmp_path / str(seed), texts, chance)
        news = {entry: News.of([entry]) for entry in entries}
        searched = {entry for entry, each in news.items() if each.standing(results)}
        words.write_words(results)
        for entry, each in news.items():
            found, stands = _found(results, texts, *entry), each.standing(results)
            counted[0] += found
            counted[1] += not stands
            assert stands or not found, (seed, entry, texts)
            assert entry in searched or not stands, (seed, entry, texts)
    assert min(counted) > CASES  # both answers were put to the test
