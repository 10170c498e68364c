"""Outside editions over seeded rosters: nobody's identity comes out, no number is untrue, none singles a person out."""

from __future__ import annotations

import io
import os
import random
import re
import zipfile
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from builders import report_example as example
from mvtcase.errors import ConflictError, RenderError
from mvtcase.model import Group, IndicatorRef, Publication, Status
from mvtcase.report import evidence, exchange, net
from mvtcase.report.crowds import EXAMINED, LADDER, TOTAL, Crowd, Given, band, parts
from mvtcase.report.group import group
from mvtcase.report.incident import incident
from mvtcase.report.layout.paper import printed
from mvtcase.report.net import require_nobody, require_nobody_in, texts_of, texts_of_file
from mvtcase.report.publication import Edition, face_of
from mvtcase.report.render import Format, render
from mvtcase.report.spellings import BROKEN, joined
from mvtcase.report.view import SeenLink, view_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mvtcase.casebook import Casebook, OfficialStanding
    from mvtcase.report.group import GroupFacts
    from mvtcase.report.incident import IncidentFacts

SEEDS = int(os.environ.get("MVTCASE_ROSTERS", "12"))
"""How many rosters are tried; a thousand take minutes: `MVTCASE_ROSTERS=1000`."""
SURNAMES = ("Lin", "Will", "May", "Link", "Thornquist", "Li", "Saltmarsh", "Grace", "Phones", "O'Brackwater")
GIVEN = ("Example", "Yseulda", "An", "Case", "Report", "Jo", "Éloïse", "Halvor", "Open", "Bo")
CHINESE = ("王小明", "林月燈", "陳大文", "歐陽小雨", "李安", "張指標")
FEWEST = 5


def _roster(seed: int) -> Casebook:
    """Return a case of 5 to 60 invented people with names of all sorts, mixed levels, nested and overlapping groups."""
    chance = random.Random(seed)  # noqa: S311  # seeded on purpose
    base = example.casebook()
    groups = tuple(
        Group(
            id=f"G-{n:04d}",
            uuid=f"g{n}",
            name=f"Committee {n}",
            parent=chance.choice([None, f"G-{n - 1:04d}"]) if n > 1 else None,
        )
        for n in range(1, chance.randint(2, 5))
    )
    hidden = chance.choice([0.2, 0.6, 1.0])
    people = tuple(_person(chance, number, base, groups, hidden) for number in range(chance.randint(5, 60)))
    findings = tuple(
        replace(each, id=f"F-{one.official.id}-{each.id}", official=one.official.id, device=device.device.id,
                title=f"Message from {one.official.name} at {one.official.contact}")
        for one in people for device in one.devices for taken in device.acquisitions
        for each in base.findings if each.device == taken.device
    )  # fmt: skip
    return replace(base, groups=groups, officials=people, findings=findings, scans=(), observations=())


def _person(
    chance: random.Random, number: int, base: Casebook, groups: tuple[Group, ...], hidden: float
) -> OfficialStanding:
    one = chance.choice(base.officials)
    name = chance.choice(CHINESE) if chance.random() < 0.4 else f"{chance.choice(GIVEN)} {chance.choice(SURNAMES)}"
    level = chance.choice([Publication.COUNTED, Publication.WITHHELD])
    if chance.random() > hidden:
        level = chance.choice([Publication.NAMED, Publication.ROLE])
    mine = tuple(each for each in groups if chance.random() < 0.5)
    official = replace(
        one.official,
        id=f"O-{number:04d}",
        name=name,
        pseudonym=f"P-{seed_text(chance)}",
        contact=f"{seed_text(chance).lower()}@mail.example.org",
        publication=level,
        groups=tuple(each.id for each in mine),
    )
    devices = tuple(
        replace(each, device=replace(each.device, id=f"D-{number:04d}", official=official.id, label=f"{name}'s phone",
                identity=replace(each.device.identity, serial=seed_text(chance), udid=f"0-{seed_text(chance)}")))
        for each in one.devices
    )  # fmt: skip
    return replace(one, official=official, groups=mine, devices=devices)


def seed_text(chance: random.Random) -> str:
    """Return eight letters that no word is."""
    return "".join(chance.choice("XQZVKJ0123456789") for _ in range(8))


def _reports(book: Casebook) -> Iterator[tuple[IncidentFacts | GroupFacts, bytes]]:
    """Yield each outside edition that can be written after those before it were released, and what it says."""
    before: list[Given] = []
    everybody = frozenset(one.official.id for one in book.officials)
    for number, about in enumerate((None, *book.groups, None)):
        kind = "group" if about else "incident"
        occasion = replace(example.occasion(kind=kind), edition=Edition.OUTSIDE, group=about, before=tuple(before))
        try:
            facts = group(book, occasion, {}) if about else incident(book, occasion, {})
        except ConflictError:
            continue
        for each in facts.numbers:
            inside = frozenset(one.official.id for one in book.members(each.key)) if each.key else everybody
            counts = tuple(cell.count for cell in each.cells)
            before.append(Given(report=f"R-{number}", key=each.key, rung=each.rung, counts=counts, people=inside))
        yield facts, render(facts, kind, Format.JSON)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_outside_editions_of_a_roster_give_nobody_away(seed: int) -> None:
    """No identity in any text, every exact number the true one, and no two of them differ by one to four people."""
    book = _roster(seed)
    statuses = {one.official.id: one.status for one in book.officials}
    named = {one.official.name for one in book.officials if one.official.publication is Publication.NAMED}
    hiding = {
        one.official.id
        for one in book.officials
        if one.official.publication in {Publication.COUNTED, Publication.WITHHELD}
    }
    cells: list[tuple[frozenset[str], frozenset[str]]] = []
    for facts, said in _reports(book):
        text = said.decode().encode().decode("unicode_escape").casefold()
        for one in book.officials:
            naming = facts.details.kind == "incident"
            for secret in {*_secrets(one, naming=naming)} - (named if naming else set()):
                assert not re.search(rf"(?<![a-z]){re.escape(secret.casefold())}(?![a-z])", text), (seed, secret)
        view = view_of(book, replace(example.occasion(), edition=Edition.OUTSIDE))
        require_nobody(view, texts_of(said))
        for given in facts.numbers:
            inside = book.members(given.key) if given.key else book.officials
            people = frozenset(one.official.id for one in inside)
            for cell, merged in zip(given.cells, LADDER[given.rung], strict=True):
                assert cell.count == sum(statuses[each] in merged for each in people)
                cells.append((people, frozenset(map(str, merged))))
    for (some, which), (other, what) in combinations(cells, 2):
        if which == what:
            for apart in (some - other, other - some) if some <= other or other <= some else ():
                number = sum(str(statuses[each]) in which for each in apart & hiding)
                assert number == 0 or number >= FEWEST, (seed, sorted(which), number)
    for people, which in cells:
        number = sum(str(statuses[each]) in which for each in people & hiding)
        assert number == 0 or number >= FEWEST, (seed, sorted(which), number)


def _secrets(one: OfficialStanding, *, naming: bool) -> Iterator[str]:
    """Yield what must never stand anywhere: identities always, names where they may not be shown."""
    yield one.official.contact
    for device in one.devices:
        yield from filter(None, (device.device.identity.serial, device.device.identity.udid))
    if one.official.publication is not Publication.NAMED or not naming:
        yield one.official.name
    if one.official.publication in {Publication.COUNTED, Publication.WITHHELD} or not naming:
        yield one.official.pseudonym


def test_a_report_on_one_person_shown_is_written_beside_any_other() -> None:
    """It hides nobody, so that no number of it is compared with those of the case, then or later."""
    book = example.crowd()
    one = next(each.official for each in book.officials if each.official.publication is Publication.NAMED)
    everybody = frozenset(each.official.id for each in book.officials)
    before = Given(report="R-0001", key="", rung=4, counts=(40, 14), people=everybody)
    occasion = replace(example.occasion(), edition=Edition.OUTSIDE, official=one, before=(before,))
    facts = incident(book, occasion, {})
    assert (facts.counted, facts.numbers) == (1, ())


def test_numbers_that_moved_by_one_are_refused_though_everybody_is_shown() -> None:
    """Somebody who was hidden when the released report counted them would stand out by the difference."""
    people = frozenset("abcdef")
    stands = {each: Status.CONFIRMED if each in "abc" else Status.NO_TRACE for each in people}
    counts = tuple({Status.CONFIRMED: 2, Status.NO_TRACE: 4}.get(status, 0) for (status,) in LADDER[0])
    before = Given(report="R-0001", key="", rung=0, counts=counts, people=people)
    with pytest.raises(ConflictError):
        Crowd(statuses=stands, hiding=(frozenset(),), before=(before,)).rung(people)


@pytest.mark.parametrize(
    ("rows", "hidden"),
    [("abcdef", ""), ("abcdeg", "uvwxyz")],
)  # fmt: skip
def test_a_row_that_changed_moves_no_number_of_the_hidden(rows: str, hidden: str) -> None:
    """Both reports show the person and the status; of those who are in no row nothing is told by the difference."""
    people = frozenset(rows + hidden)
    stands = {each: Status.CONFIRMED if each == "a" else Status.NO_TRACE for each in people}
    then = dict.fromkeys(rows, Status.NO_TRACE)
    counts = tuple(len(people) if status is Status.NO_TRACE else 0 for (status,) in LADDER[0])
    before = Given(report="R-0001", key="", rung=0, counts=counts, people=people, rows=then)
    assert Crowd(statuses=stands, hiding=(frozenset(hidden),), before=(before,)).rung(people) == 0
    unknown = replace(before, rows={})
    with pytest.raises(ConflictError):
        Crowd(statuses=stands, hiding=(frozenset(hidden),), before=(unknown,)).rung(people)


def test_who_had_a_row_and_is_hidden_now_is_not_told_by_the_difference() -> None:
    """The earlier report shows the person's status, and the numbers of now would tell that it is the same."""
    people = frozenset("abcdefghijk")
    stands = dict.fromkeys(people, Status.NO_TRACE)
    counts = tuple(11 if status is Status.NO_TRACE else 0 for (status,) in LADDER[0])
    then = dict.fromkeys("abcde", Status.NO_TRACE) | {"f": Status.SUSPICIOUS}
    moved = tuple(count - (status is Status.NO_TRACE) + (status is Status.SUSPICIOUS)
                  for count, (status,) in zip(counts, LADDER[0], strict=True))  # fmt: skip
    before = Given(report="R-0001", key="", rung=0, counts=moved, people=people, rows=then)
    crowd = Crowd(statuses=stands, hiding=(frozenset("fghijk"),), before=(before,))
    assert crowd.rung(people) == EXAMINED


def test_who_had_a_row_and_is_hidden_now_hides_nobody() -> None:
    """Five matched and are in no row, and an earlier report has the row of one of them: four are left."""
    book = example.crowd()
    by_status = {one.status: one for one in book.officials}
    matched, none = by_status[Status.INDICATOR_MATCH], by_status[Status.NO_TRACE]
    people = tuple(
        replace(one, official=replace(one.official, id=f"O-{n:04d}", publication=Publication.WITHHELD))
        for n, one in enumerate([matched] * 5 + [none] * 6)
    )
    book = replace(book, officials=people)
    view = view_of(book, replace(example.occasion(), edition=Edition.OUTSIDE))
    everybody = frozenset(one.official.id for one in people)
    assert view.crowd().rung(everybody) == 0
    stands = {one.official.id: one.status for one in people}
    before = replace(_given(everybody, stands, EXAMINED), rows={"O-0000": Status.INDICATOR_MATCH})
    view = replace(view, occasion=replace(view.occasion, before=(before,)))
    assert view.crowd().rung(everybody) == EXAMINED
    assert view.crowd(rows=False).rung(everybody) == EXAMINED


def test_numbers_that_moved_are_seen_beside_those_of_another_group_of_the_same_people() -> None:
    """Two groups came to hold the same people: the one's numbers less those the other gave before tell who joined."""
    statuses = {f"O-{n}": Status.NOT_EXAMINED if n < 6 else Status.NO_TRACE for n in range(20)}
    everybody = frozenset(statuses)
    then = tuple({Status.NOT_EXAMINED: 10, Status.NO_TRACE: 14}.get(each, 0) for (each,) in LADDER[0])
    before = Given(report="R-0001", key="G-0001", rung=0, counts=then, people=everybody)
    crowd = Crowd(statuses=statuses, hiding=(everybody,), before=(before,))
    assert crowd.rung(everybody) == TOTAL


def _given(people: frozenset[str], stands: Mapping[str, Status], rung: int = 0) -> Given:
    counts = tuple(sum(stands[each] in cell for each in people) for cell in LADDER[rung])
    return Given(report="R-0001", key="G-0001", rung=rung, counts=counts, people=people)


def test_who_is_in_none_of_several_groups_is_not_told_by_the_whole() -> None:
    """Each group beside the case leaves enough people; both together leave two, of whom one matched an indicator."""
    matched, unseen = Status.INDICATOR_MATCH, Status.NOT_EXAMINED
    stands = {f"O-{n:02d}": matched if n % 2 else unseen for n in range(22)}
    everybody = frozenset(stands)
    one, other = (frozenset(f"O-{n:02d}" for n in range(first, first + 10)) for first in (0, 10))
    crowd = Crowd(statuses=stands, hiding=(everybody,), before=(_given(one, stands),))
    assert crowd.rung(everybody) == 0
    with pytest.raises(ConflictError):
        replace(crowd, before=(*crowd.before, _given(other, stands))).rung(everybody)
    both = replace(crowd, before=(_given(everybody, stands), _given(one, stands)))
    with pytest.raises(ConflictError):
        both.rung(other)
    assert list(both.groups({"G-0002": other}, everybody, 0)) == []


def test_what_moved_by_enough_in_two_cells_can_have_moved_by_too_few_in_both() -> None:
    """Five more here and seven more there are twelve who were examined, less ten before: two of them are new."""
    matched, inconclusive, unseen = Status.INDICATOR_MATCH, Status.INCONCLUSIVE, Status.NOT_EXAMINED
    then = [matched] * 20 + [inconclusive] * 9 + [unseen] * 12
    now = [matched] * 15 + [inconclusive] * 14 + [unseen] * 12 + [inconclusive] * 2
    stands = {f"O-{n:02d}": each for n, each in enumerate(now)}
    everybody = frozenset(stands)
    counts = tuple(sum(each in cell for each in then) for cell in LADDER[0])
    before = Given(report="R-0001", key="", rung=0, counts=counts, people=everybody)
    with pytest.raises(ConflictError):
        Crowd(statuses=stands, hiding=(everybody,), before=(before,)).rung(everybody)


@pytest.mark.parametrize(
    ("numbers", "seen", "told"),
    [
        ((5, 1), (0, 0), ("1–6", "1–6")),
        ((1, 10, 0), (0, 0, 0), ("1–11", "1–11", 0)),
        ((9, 4), (0, 0), ("1–13", "1–13")),
        ((5, 5, 1), (0, 0, 0), ("1–11", "1–11", "1–11")),
        ((5, 1), (0, 1), ("5 to 9", "fewer than 5")),
        ((5, 2), (0, 0), ("5 to 9", "fewer than 5")),
        ((7, 6), (0, 0), ("5 to 9", "5 to 9")),
        ((), (), ()),
    ],
)
def test_bands_of_parts_do_not_pin_a_few_people(
    numbers: tuple[int, ...], seen: tuple[int, ...], told: tuple[int | str, ...]
) -> None:
    """Where the number of all of them leaves the parts of a few only one number, spans are as wide as the whole."""
    assert parts(numbers, seen) == told


def test_what_is_told_of_so_few_people_is_their_number_alone() -> None:
    """Six people, one of them examined: "5 to 9 of 6 not examined" beside a scan would say that it is one."""
    base = example.casebook()
    by_status = {one.status: one for one in base.officials}
    seen, unseen = by_status[Status.NO_TRACE], by_status[Status.NOT_EXAMINED]
    people = tuple(
        replace(one, official=replace(one.official, id=f"O-{n:04d}", publication=Publication.WITHHELD))
        for n, one in enumerate((seen, *(unseen,) * 5))
    )
    book = replace(base, officials=people, findings=(), observations=())
    facts = group(book, replace(example.occasion(kind="group"), edition=Edition.OUTSIDE), {})
    assert facts.numbers[0].rung == TOTAL
    text = render(facts, "group", Format.MARKDOWN).decode()
    assert not re.search("fewer than|5 to 9|[0-9]–[0-9]", text.replace("as fewer than 5, or", ""))
    assert "some officials of 6 on the roster not examined so far" in text


def test_bands_tell_nought_as_it_is_and_hide_one_to_four() -> None:
    """Zero is zero; everything else is a span of at least four."""
    assert [band(number) for number in (0, 1, 4, 5, 9, 10, 99, 100)] == [
        0, "fewer than 5", "fewer than 5", "5 to 9", "5 to 9", "10 to 19", "50 to 99", "100 or more",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["Lin Example", "Lin%20Example", "Lin_Example_passport.pdf", "LinExample", "Example, Lin",
     "E\u0301loi\u0308se Thornquist", "給小明的訊息", "王小明", "000080301234567890ab", "qzvkj123"],
)  # fmt: skip
def test_the_last_net_sees_a_name_in_every_form(book: Casebook, text: str) -> None:
    """Encoded, joined, reversed, decomposed, the given name alone, a UDID without its hyphen; inside file names too."""
    first = book.officials[0]
    for name in ("Lin Example", "Éloïse Thornquist", "王小明"):
        device = first.devices[0].device
        identity = replace(device.identity, udid="00008030-1234567890AB", serial="QZVKJ123")
        phone = replace(first.devices[0], device=replace(device, identity=identity))
        person = replace(first.official, name=name, publication=Publication.WITHHELD)
        view = view_of(
            replace(book, officials=(replace(first, official=person, devices=(phone,)),)), example.occasion()
        )
        try:
            require_nobody(view, (f"see {text} here",))
        except RenderError:
            return
    pytest.fail(text)


@pytest.mark.parametrize("text", ["iPhone 16, iOS 26", "update[.]evil[.]example", "no trace was found in the report"])
def test_the_last_net_leaves_evidence_and_our_own_words_alone(book: Casebook, text: str) -> None:
    """A person called Phone, Report or like an indicator takes no model, no sentence and no indicator with them."""
    first = book.officials[0]
    for name in ("Report Phone", "Trace Found", "Evil Example"):
        person = replace(first.official, name=name, publication=Publication.WITHHELD)
        view = view_of(replace(book, officials=(replace(first, official=person),)), example.occasion())
        require_nobody(view, (text,))


@pytest.mark.parametrize("name", ["王紀錄", "方法", "Group Report", "Letter Sealing", "Manifest Example"])
@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_a_name_that_is_a_word_of_ours_stops_no_report(name: str, language: str) -> None:
    """It stands in what every report says; where it stands elsewhere it is seen."""
    book = example.crowd()
    last = book.officials[-1]
    assert last.official.publication is Publication.WITHHELD
    called = replace(last, official=replace(last.official, name=name))
    book = replace(book, officials=(*book.officials[:-1], called))
    occasion = replace(example.occasion(), edition=Edition.OUTSIDE, language=language)
    made = render(incident(book, occasion, {}), "incident", Format.MARKDOWN)
    view = view_of(book, occasion)
    require_nobody_in(view, [("R-0001-incident-outside.md", made)])
    if name in {"王紀錄", "Manifest Example"}:
        with pytest.raises(RenderError):
            require_nobody(view, [f"the phone of {name}'s friend"])


def test_names_beside_each_other_are_no_third_name(book: Casebook) -> None:
    """Two people who may be shown, in a list: "Bo Thornquist, Letter May" tells of no Letter Thornquist."""
    levels = (Publication.NAMED, Publication.NAMED, Publication.WITHHELD)
    names = ("Bo Thornquist", "Letter May", "Letter Thornquist")
    people = tuple(
        replace(one, official=replace(one.official, name=name, publication=level))
        for one, name, level in zip(book.officials, names, levels, strict=False)
    )
    view = view_of(replace(book, officials=people), example.occasion())
    require_nobody(view, ["(among them Bo Thornquist, Letter May)"])
    with pytest.raises(RenderError):
        require_nobody(view, ["(among them Bo Thornquist, Letter May), and Thornquist, Letter"])


def test_what_is_taken_out_of_a_line_does_not_depend_on_the_next() -> None:
    """The last line is read as all others, since texts stand in no order: a sentence of ours that begins at its end."""
    for piece in sorted(net._own_pieces())[::20]:
        cut = joined(piece)[:-1]
        alone, first = (net._without_own(each, is_joined=True) for each in (cut, f"{cut}\nz"))
        assert alone == first[: len(cut)], piece


def test_an_indicator_of_nothing_but_marks_hides_nobody(book: Casebook) -> None:
    """Of two apostrophes nothing is left to compare: taken out of a text they would be everywhere."""
    found = next(one for one in book.findings if one.indicator)
    ref = IndicatorRef(value="''", type="processes", family="\u200b", set="ours")
    view = view_of(replace(book, findings=(replace(found, indicator=ref),)), example.occasion())
    with pytest.raises(RenderError):
        require_nobody(view, [next(one.official.name for one in book.officials if not face_of(one.official))])


def test_an_indicator_blinds_nobody_to_names_that_hold_it(book: Casebook) -> None:
    """`bh` is a process of Pegasus, and two letters of a name."""
    found = next(one for one in book.findings if one.indicator)
    ref = IndicatorRef(value="bh", type="processes", family="Pegasus", set="ours")
    first = book.officials[0]
    person = replace(first.official, name="Abhinav Bhattqx", publication=Publication.WITHHELD)
    book = replace(book, findings=(replace(found, indicator=ref),), officials=(replace(first, official=person),))
    view = view_of(book, example.occasion())
    require_nobody(view, ["bh ran, and 程序bh"])
    with pytest.raises(RenderError):
        require_nobody(view, ["the phone of Abhinav Bhattqx"])


def test_the_last_net_takes_indicators_out_where_they_stand_alone() -> None:
    """At both ends of a text, beside Chinese characters and marks; not within a word or a number."""
    told = net._without_whole("bh 1bh abha 程序bh, bh", "bh")
    assert told.split("\n") == ["", " 1bh abha 程序", ", ", ""]


def test_rows_are_in_no_order_that_tells_more_than_bands() -> None:
    """Two indicators with one and with three people in no row are both "fewer than 5": which is first says nothing."""
    book = example.crowd()
    sample = next(one for one in book.findings if one.indicator and one.indicator.type == "domains")
    hidden = [one.official.id for one in book.officials if not face_of(one.official)][:4]
    assert sample.indicator
    refs = [replace(sample.indicator, value=f"{each}.example") for each in "ab"]
    found = tuple(
        replace(sample, id=f"F-{n}", official=one, indicator=refs[n > 0], dispositions=())
        for n, one in enumerate(hidden)
    )
    links = [
        SeenLink(kind="indicator", meaning="x", value=ref.value, officials=tuple(hidden[n:]), findings=4)
        for n, ref in reversed([*enumerate(refs)])
    ]
    for edition, told in ((Edition.INTERNAL, "ba"), (Edition.OUTSIDE, "ab")):
        view = view_of(replace(book, findings=found), replace(example.occasion(), edition=edition))
        assert "".join(each.indicator.value[0] for each in evidence.indicators(view)) == told
        assert "".join(each.value[0] for each in evidence.links(view, links)) == told


@pytest.mark.parametrize("kind", ["incident", "group"])
def test_times_of_few_who_are_in_no_row_are_not_told(kind: str) -> None:
    """Five have an indicator, and four of them a row: the first time that is in no row is the fifth's."""
    book = example.crowd()
    ref = next(one.indicator for one in book.findings if one.indicator)
    shown = [one for one in book.officials if face_of(one.official)]
    hidden = [one for one in book.officials if not face_of(one.official)]
    sample = next(one for one in book.findings if one.indicator == ref)
    for rows, few in ((4, 1), (1, 5), (5, 0)):
        those = (*shown[:rows], *hidden[:few])
        found = tuple(
            replace(sample, id=f"F-{n}", official=one.official.id, dispositions=(), event_time=f"2026-01-{n + 1:02d}")
            for n, one in enumerate(those)
        )
        view = view_of(replace(book, findings=found), replace(example.occasion(), edition=Edition.OUTSIDE),
                       rows=kind == "incident")  # fmt: skip
        (row,) = evidence.indicators(view)
        hiding = few if kind == "incident" else rows + few
        assert (row.first_seen is None) is (0 < hiding < FEWEST), (rows, few)


def test_an_export_covers_no_part_of_an_indicator(book: Casebook) -> None:
    """However people withheld are called: what was matched is what was published."""
    first = book.officials[0]
    person = replace(first.official, name="Example Evil", publication=Publication.WITHHELD)
    view = view_of(replace(book, officials=(replace(first, official=person), *book.officials[1:])), example.occasion())
    assert "update[.]evil[.]example" in exchange.as_csv(view, with_names=False).data.decode()


@pytest.mark.parametrize("form", list(Format))
def test_the_last_net_reads_finished_files_of_every_format(form: Format) -> None:
    """A title that names somebody withheld is seen in the bytes, though styled, escaped, packed or printed."""
    book = example.crowd()
    named = next(one.official.name for one in book.officials if one.official.publication is Publication.WITHHELD)
    occasion = replace(example.occasion(kind="group"), edition=Edition.OUTSIDE, group=book.groups[0])
    facts = group(book, occasion, {})
    view = view_of(book, occasion, rows=False)
    plain = render(facts, "group", form)
    require_nobody_in(view, [(f"R-0001-group-outside.{form}", plain)])
    told = replace(facts, details=replace(facts.details, title=f"About {named} & others"))
    with pytest.raises(RenderError, match="must not be told"):
        require_nobody_in(view, [(f"R-0001-group-outside.{form}", render(told, "group", form))])


@pytest.mark.parametrize(
    "place",
    ["<!-- Lin Example -->", "<svg><title>Lin Example</title></svg>", "<img src='Lin%20Example.png' alt=''>",
     "<p data-who='Lin Example'>", "<p aria-description='Lin Example'>", "<style>a { } /* Lin Example */</style>",
     "<p>Lin <b>Exam</b>ple"],
)  # fmt: skip
def test_a_page_is_read_where_nobody_looks(place: str) -> None:
    """Comments, drawings' titles, addresses of pictures, attributes; what a page is styled with is no text."""
    page = f"<style>.card {{ color: black }}</style><img src='data:image/png;base64,Lin+Example'>{place}"
    read = " ".join(texts_of_file("a.html", page.encode())).replace("%20", " ")
    assert read.count("Lin Example") == 1
    assert "black" not in read


@pytest.mark.parametrize(
    "part",
    ['<sheet name="Lin Example" sheetId="1"/>', "<definedName name='Lin Example'>x</definedName>",
     '<wp:docPr id="1" descr="Lin Example"/>', '<w:comment w:author="Lin Example"/>', "<w:t>Lin </w:t><w:t>Example"],
)  # fmt: skip
def test_a_document_is_read_where_nobody_looks(part: str) -> None:
    """Names of sheets and of ranges, alternative texts, authors of comments, runs of one sentence."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("xl/workbook.xml", part)
        archive.writestr("xl/styles.xml", '<font name="Calibri"/>')
    read = " ".join(texts_of_file("a.xlsx", held.getvalue()))
    assert "Lin Example" in read
    assert "Calibri" not in read


def test_a_name_that_a_line_of_a_printed_page_breaks_is_whole_again() -> None:
    """At a space, between Chinese characters and at a hyphen; the title and bookmarks are read with the page."""
    style = "@page { size: 30mm; margin: 2mm } body { font: 4mm monospace; overflow-wrap: anywhere }"
    page = "<html lang=en><title>A title</title><h1>Head</h1><p>Zelda Thorn<p>王大大大大大大大小明<p>Anne-Ivorscale"
    texts = list(texts_of_file("a.pdf", printed(page, style)))
    assert {"A title", "Head"} <= set(texts)
    read = " ".join(" ".join(texts).replace(BROKEN, " ").split())
    assert "Zelda Thorn" in read
    assert "王大大大大大大大小明" in read.replace(" ", "")
    assert "Anne-Ivorscale" in read


def test_the_last_net_reads_names_of_files(book: Casebook) -> None:
    """Somebody who calls the export after a person is told."""
    with pytest.raises(RenderError, match="must not be told"):
        require_nobody_in(view_of(book, example.occasion()), [("Jorvik_Ivorscale.csv", b"")])


def test_what_runs_over_the_edge_of_a_page_is_read_too() -> None:
    """Nobody sees it on the page, and everybody who copies the text or opens the file in a program does."""
    page = (
        "<html lang=en><title>A title</title><p style='white-space: nowrap'>"
        + "wide " * 200
        + "Lin Example</p><p style='position: absolute; left: 99in'>Wu Example</p>"
    )
    texts = " ".join(" ".join(texts_of_file("a.pdf", printed(page, "@page { size: A4 }"))).replace(BROKEN, " ").split())
    assert "Lin Example" in texts
    assert "Wu Example" in texts


@pytest.mark.parametrize("kind", ["incident", "group"])
def test_letter_sealing_is_given_of_no_group_that_is_not_given_apart(kind: str) -> None:
    """A group of one: its row would say how that person's account is set, and whether something was found too."""
    book = example.crowd()
    alone = Group(id="G-0009", uuid="g9", name="Bureau of one", parent="G-0001")
    last = book.officials[-1]
    assert face_of(last.official) is None
    person = replace(last.official, groups=(*last.official.groups, alone.id))
    joined_in = replace(last, official=person, groups=(*last.groups, alone))
    book = replace(book, groups=(*book.groups, alone), officials=(*book.officials[:-1], joined_in))
    sealed = {one.official.id: example.sealing()["O-0001"] for one in book.officials}
    occasion = replace(example.occasion(kind=kind), edition=Edition.OUTSIDE)
    facts: IncidentFacts | GroupFacts = incident(book, occasion, sealed)
    if kind == "group":
        facts = group(book, replace(occasion, group=book.groups[0]), sealed)
    assert facts.sealing
    apart = [each.group for each in facts.groups if each.total is not None]
    assert "Bureau of one" in {each.group for each in facts.groups} - set(apart), apart
    assert [each.group for each in facts.sealing.groups][1:] == apart
