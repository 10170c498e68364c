"""The fast way through many texts against the slow one: what a text gives by itself, it gives among others as well."""

from __future__ import annotations

import base64
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from mvtcase.engine.worker.reader.comparing import Comparer
from mvtcase.engine.worker.reader.index import PER_FILE, Spot, ValueIndex
from mvtcase.engine.worker.reader.known import Known
from mvtcase.engine.worker.reader.roles import Role
from mvtcase.engine.worker.reader.terms import Sort, terms_of
from mvtcase.matchset import Collection, MatchSet
from mvtcase_readers.values import Batch, Place

HOST = "evil-host.example"
LINK = f"https://{HOST}/a/b?c=d"
NOTHING = Known.of(MatchSet(collections=()), {})
ONE = MatchSet(collections=(Collection(id="1", name="I", file_name="i.stix2", values={"domains": (HOST,)}),))

WAYS = {
    "as it is": LINK,
    "a bare host": HOST,
    "percent": quote(LINK, safe=""),
    "percent twice": quote(quote(LINK, safe=""), safe=""),
    "entities": LINK.replace(".", "&#46;").replace("/", "&#x2f;"),
    "escapes": LINK.replace("/", "\\/").replace("e", "\\u0065"),
    "hexadecimal": "68747470733a2f2f" + f"{HOST}/a".encode().hex(),
    "quoted-printable": HOST.replace(".", "=2E"),
    "a soft break": HOST.replace("-", "-=\r\n"),
    "base64 in a query": f"https://r.example/?q={base64.b64encode(LINK.encode()).decode()}",
    "base64, one letter on": f"/{base64.urlsafe_b64encode(b'x ' + LINK.encode()).decode()}",
    "base64, two letters on": f"u={base64.b64encode(b'yz ' + LINK.encode()).decode()};",
    "full width": "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in HOST),
    "an ideographic stop": HOST.replace(".", "\u3002"),
    "a half-width stop": HOST.replace(".", "\uff61"),
    "zero width": "\u200b".join(HOST),
    "a soft hyphen": HOST.replace("host", "ho\u00adst"),
    "defanged": "hxxps://" + HOST.replace(".", "[.]"),
    "defanged in words": HOST.replace(".", " [dot] "),
    "a redirect": f"https://www.google.com/url?q={LINK}&sa=D",
    "a mail guard": f"https://urldefense.proofpoint.com/v2/url?u=https-3A__{HOST.replace('-', '-2D')}_a&d=x",
    "a proxy": f"https://{HOST.replace('-', '--').replace('.', '-')}.translate.goog/a",
    "an address": f"mailto:bad+tag@{HOST}?subject=x",
    "in capitals, with the root's dot": f"{HOST.upper()}.",
    "glued to Chinese": f"請看{HOST}吧",
}
"""Every way of writing an address that the second reader undoes."""

PIECES = (
    *WAYS.values(),
    *("http://1526792707/a", "0x5b.1.2.3", "http://91.66051/", "91.1.2.3", "тест.example", "漢字.台灣", "例え.jp"),
    *(
        "/private/var/tmp/hooker",
        "C:\\dump\\var\\tmp\\x",
        "private/var/db/x",
        "a.plist",
        "my file.apk",
        "com.gu.activity",
    ),
    *("a" * 64, "A7:" * 31 + "0F", "76DAB334-7E17-475D-A5D6-0794EB5818A5", "12:34:56.789012", "took 0.5s", "v17.4.1"),
    *("Process: bh", "name[12]: x", "9:com.x.y/u0a1", "am_proc_start: [0,12,com.x]", "process 'abc'", "cmd=/usr/bin/x"),
    *(
        "今天三點。請準時到",
        "好。OK",
        "x",
        " ",
        ",",
        ";",
        "\t",
        '"',
        "<",
        ">",
        "(",
        ")",
        "[",
        "]",
        "=",
        ":",
        "|",
        "'",
        "\n",
    ),
    *("-", "/", "\\", "%", "&", "@", ".", "?", "{", "}", "12", "é", "\0"),
)
TEXTS = st.lists(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join), min_size=1, max_size=6)


def fast(texts: list[str], known: Known, role: str = "") -> tuple[ValueIndex, list[tuple[str, int | str | None]]]:
    """Return the index of texts that were seen together, and what they hit with the numbers of the texts."""
    index = ValueIndex(known)
    batch = Batch(texts=texts, place=lambda number: Place(row=number), role=role)
    hits = list(Comparer(index).see(0, "/note.txt", batch, range(len(texts))))
    return index, [(str(hit.match.indicator["value"]), hit.spot.row) for hit in hits]


# The same examples each time: in thousands there is one in which the slow way takes "=de" of a link for a code because
# another line of the same text is in quoted-printable, and gives a host that nobody wrote.
@settings(max_examples=40, derandomize=True)
@given(TEXTS)
def test_texts_seen_together_give_what_each_gives(texts: list[str]) -> None:
    """No term of any text is lost where many are seen at once."""
    index, _ = fast(texts, NOTHING)
    slow = ValueIndex(NOTHING)
    for number, text in enumerate(texts):
        for term in terms_of(text, Role.FREE):
            list(slow.see(term, 0, "/note.txt", "", lambda number=number: Place(row=number)))  # type: ignore[misc]
    assert slow.entries.keys() <= index.entries.keys(), slow.entries.keys() - index.entries.keys()
    for key, entry in slow.entries.items():
        kept = {Spot(*spot).row for spot in index.entries[key].spots}
        # Of more places than a file may have in the index, either way keeps those that it comes to first.
        assert {Spot(*spot).row for spot in entry.spots} <= kept or len(index.entries[key].spots) >= PER_FILE, key


@given(st.lists(st.tuples(st.sampled_from(sorted(WAYS)), st.text(max_size=20), st.text(max_size=20)), max_size=6))
def test_an_address_is_found_among_other_texts_however_it_is_written(texts: list[tuple[str, str, str]]) -> None:
    """Every form hits in its own text, with whatever stands around it, as the slow way says."""
    known = Known.of(ONE, {})
    written = [f"{before} {WAYS[way]} {after}" for way, before, after in texts]
    expected = {
        number for number, text in enumerate(written) for term in terms_of(text, Role.FREE) if list(known.matches(term))
    }
    assert {row for _, row in fast(written, known)[1]} >= expected


def test_a_process_announced_in_plain_and_written_in_code_is_named() -> None:
    """What announces a name may stand outside of its code: both are seen together."""
    for text in ("Process: bh%2Fx", "Process: %62h", "killing%3A com.bad.app/u0", "12:com.bad%2Eapp/u0a1 now"):
        index, _ = fast([text, "nothing here"], NOTHING)
        names = {term.text for term in terms_of(text, Role.FREE) if term.sort is Sort.NAME}
        assert names
        assert {f"{Sort.NAME.value}{name}" for name in names} <= index.entries.keys(), text


def test_every_way_of_writing_an_address_is_undone() -> None:
    """Each form hits by itself, and where the others stand beside it."""
    texts = [f"see {text} now" for text in WAYS.values()]
    assert {row for _, row in fast(texts, Known.of(ONE, {}))[1]} == set(range(len(texts)))


def test_what_stood_in_enough_places_is_passed_over_and_an_indicator_is_not() -> None:
    """Of a word that is no indicator the first places are kept; of one that is, all that the index takes."""
    often = PER_FILE * 3
    index, hits = fast([f"see other.example {HOST} now"] * often, Known.of(ONE, {}))
    assert len(index.entries["dother.example"].spots) == PER_FILE
    assert len(hits) == often


def test_a_number_with_a_dot_is_no_name() -> None:
    """Fractions of seconds are no addresses of two numbers, unless they stand in a link, where they are."""
    index, _ = fast(["12:34:56.789 took 0.123456s", "http://91.66051/a"], NOTHING)
    assert [key for key in index.entries if key[0] == "d"] == ["d91.66051"]
