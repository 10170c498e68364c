"""The telling part of an indicator stands wherever MVT, or the second reader, could match it."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.engine import words
from mvtcase.workflow import joins
from mvtcase.workflow.joins import News

if TYPE_CHECKING:
    from pathlib import Path


def _stands(results: Path, kind: str, value: str) -> bool:
    """Return whether a value may match in results, which their words never deny where a search finds it."""
    news = News.of([(kind, value)])
    found = news.standing(results)
    words.write_words(results)
    by_words = news.standing(results)
    assert found >= by_words
    return bool(by_words)


def _results(folder: Path, held: object, terms: str = "") -> Path:
    (folder / "mvt/backup").mkdir(parents=True)
    for name in ("sms", "profile_events"):
        (folder / f"mvt/backup/{name}.json").write_text(json.dumps(held), "utf-8")
    with gzip.open(folder / "mvt/values.jsonl.gz", "wt") as packed:
        packed.write('{"format": "mvtcase-values/1"}\n[]\n' + terms)
    return folder


@pytest.mark.parametrize(
    ("kind", "value", "held"),
    [
        ("domains", "evil.example", "https://a.EVIL.example/x?y"),
        ("domains", "www.evil.example", "see evil.example"),
        ("domains", "evil.example:8443", "http://evil.example:8443/"),
        ("domains", "bücher.example", "https://bücher.example/"),
        ("domains", "bücher.example", "https://xn--bcher-kva.example/"),
        ("domains", "xn--bcher-kva.example", "https://bücher.example/"),
        ("urls", "https://evil.example/a?b=c", "HTTPS://Evil.Example/a?b=c"),
        ("urls", "http://user@www.evil.example:80/x", "http://user@www.evil.example:80/x"),
        ("emails", "Who@Evil.example", "who@evil.example"),
        ("emails", "who@evil.example", "who+shop@evil.example"),
        ("emails", "kate@evil.example", "\u212aate@evil.example"),
        ("domains", "bücher.example", "https://BÜCHER.example/"),
        ("domains", "evil.example", "notevil.example"),
        ("app_cert_hashes", "AB:" * 19 + "AB", {"certificate": "ab:" * 19 + "ab"}),
        ("ios_profile_ids", "com.example.0001", ["0001"]),
        ("processes", "averylongprocessname", "/usr/libexec/averylongprocess"),
        ("processes", "bh", "/private/var/tmp/bh"),
        ("file_names", "payload.plist", "private/var/tmp/payload.plist"),
        ("file_paths", "/private/var/tmp/evil/", "var/tmp/evilx/y"),
        ("file_paths", "/data/local/tmp/dropbox", {"path": "data/local/tmp/dropbox"}),
        ("app_ids", "com.Evil.app", {"package_name": "com.evil.app"}),
        ("app_cert_hashes", "AB:" * 19 + "AB", {"certificate": {"sha1": "ab" * 20}}),
        ("files_sha256", "AB" * 32, ["ab" * 32]),
        ("android_property_names", "sys.brand.note", "[sys.brand.note]: [1]"),
    ],
)
def test_what_could_match_is_seen(kind: str, value: str, held: object, tmp_path: Path) -> None:
    """In a module's results, in any case, as JSON writes it."""
    assert _stands(_results(tmp_path, held), kind, value)


@pytest.mark.parametrize(
    ("kind", "value", "held"),
    [
        ("domains", "evil.example", "https://good.example/"),
        ("processes", "bh", "the bhutan embassy"),
        ("file_names", "evil.plist", "good.plist"),
    ],
)
def test_what_cannot_match_is_not_replayed(kind: str, value: str, held: object, tmp_path: Path) -> None:
    """A short name counts as a whole word only."""
    assert not _stands(_results(tmp_path, held), kind, value)


def test_the_value_index_is_searched_too(tmp_path: Path) -> None:
    """What no module stores, the second reader took out of a file."""
    assert _stands(_results(tmp_path, [], '["devil.example", [[0, "x", "y"]]]\n'), "domains", "evil.example")


def test_words_spare_the_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no word of an indicator stands no file is opened; words of another form, or none, are no answer."""
    results = _results(tmp_path, "https://news.example.com/", '["rthe_evil.bin", [[0, "x", "y"]]]\n')
    words.write_words(results)
    monkeypatch.setattr(joins, "_stands_in", lambda *_: frozenset({"backup/sms.json"}))
    entries = [
        ("domains", "newest.example.com"),
        ("processes", "vile"),
        ("file_names", "evil.bin2"),
        ("emails", "a@b.c"),
    ]
    assert [News.of([each]).standing(results) for each in entries] == [frozenset()] * 4
    assert News.of([("processes", "the_evil")]).standing(results)
    (results / words.FILE_NAME).write_bytes(b"mvtcase-words/0\n" + bytes(24))
    assert News.of(entries[:1]).standing(results)


def test_a_part_over_the_border_of_two_pieces_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are searched in pieces that overlap."""
    monkeypatch.setattr(joins, "PIECE", 16)
    assert _stands(_results(tmp_path, "x" * 100 + " evil.example"), "domains", "evil.example")


def test_too_much_to_search_is_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound never says that nothing is there."""
    monkeypatch.setattr(joins, "MAX_FILE", 10)
    assert News.of([("domains", "evil.example")]).standing(_results(tmp_path, "good " * 10))


def _events(folder: Path, *events: dict[str, Any], done: bool = True) -> Path:
    folder.mkdir(exist_ok=True)
    told = [{"event": "job", "kind": "ios_backup", "command": "x"}, {"event": "hello", "tools": {}, "indicators": 1}]
    ending = [{"event": "done", "error": None}] if done else []
    (folder / "events.jsonl").write_text("".join(f"{json.dumps(e)}\n" for e in [*told, *events, *ending]), "utf-8")
    return folder


def _alert(message: str, **more: Any) -> dict[str, Any]:
    return {"event": "alert", "module": "sms", "level": "LOW", "message": message, "data": {"n": message}, **more}


def test_a_replay_raises_what_was_raised_while_comparing(tmp_path: Path) -> None:
    """Not what reading the phone raised; what MVT wrote to an alert afterwards goes to the right one."""
    amended = {"event": "amended", "back": 2, "message": "b", "data": {"n": "later"}}
    raised = (_alert("a"), _alert("b", checked=True), _alert("c", checked=False))
    ledger = joins._replayed(_events(tmp_path, *raised, amended, _alert("d", source="sweep")))
    assert ledger is not None
    assert [(each.message, each.event) for each in ledger.alerts] == [("b", {"n": "later"}), ("d", {"n": "d"})]


@pytest.mark.parametrize(
    ("events", "done"),
    [
        ([{"event": "lost", "reason": "x", "outcome": "failed"}], True),
        ([], False),
        ([{"event": "finished", "part": "p", "slug": "s", "module": "M", "outcome": "damaged"}], True),
    ],
)
def test_a_scan_that_did_not_go_straight_is_replayed(events: list[dict[str, Any]], done: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a case of the test
    """A lost worker, no end, a damaged source: what a replay says of those it must say itself."""
    assert joins._replayed(_events(tmp_path, *events, done=done)) is None
