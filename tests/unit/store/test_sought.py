"""Finding the work in SQL says what the program says, reads no table from end to end, and finds words."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from mvtcase import casebook, model
from mvtcase.errors import InputError
from mvtcase.findings.lines import group_lines, line_key, severity
from mvtcase.store import queries, sought, words
from mvtcase.store.sought import LineFound, Sought

if TYPE_CHECKING:
    from mvtcase.store.store import Store

RULES = (
    "",
    "not-yet-rated",
    "fast-redirect",
    "app-outside-store org.example.a1",
    "tmp /data/local/tmp/x7 + other-rule",
)
SEED = 20261128
HELD = {"text": "立法院長的訊息, see https://lure.example/x", "n": [1, {"deep": "needle"}]}


@pytest.fixture
def case_of_many(small_case: Store) -> Store:
    """Give a case with two hundred findings of every sort on two phones, some of them judged."""
    dice = random.Random(SEED)  # noqa: S311  # the same case every time
    with small_case.change("invented", actor="Ada") as change:
        change.insert("device", id="D-0002", official="O-0001", label="b", platform="ios", fingerprint="b",
                      state="in_use", identity={})  # fmt: skip
        for number in range(200):
            value = dice.choice((None, None, "lure.example", "bh"))
            change.insert(
                "finding", id=f"F-{number:04d}", device=dice.choice(("D-0001", "D-0002")), official="O-0001",
                evidence_class=dice.choice([*model.EvidenceClass]), level=dice.choice([*model.Level]),
                module=dice.choice(("sms", "safari_history")), title=f"Redirect {dice.randint(1, 3)} of 立法院長",
                indicator_value=value, indicator_type=value and "domains", event_time_basis="unknown",
                event_time=dice.choice((None, "2026-08-03 10:00:00", "2026-08-19T10:00:00")),
                detail=HELD if number == 7 else {}, first_scan="S-0001",
                rating=dice.choice([*model.Rating]), rule=dice.choice(RULES),
            )  # fmt: skip
            for verdict in dice.sample([*model.Verdict], dice.choice((0, 0, 1, 2))):
                change.insert("disposition", id=change.new_id("disposition"), finding=f"F-{number:04d}",
                              verdict=verdict, reason="r", examiner=dice.choice(("Ada", "Ben")), at="2026")  # fmt: skip
    return small_case


def test_lines_in_sql_are_the_lines_of_the_program(case_of_many: Store) -> None:
    """The same key and severity for every finding, and so the same lines in the same order."""
    findings = queries.findings(case_of_many)
    told = {row["id"]: (row["line"], row["severity"]) for row in case_of_many.rows("SELECT * FROM finding")}
    assert told == {one.id: (line_key(one), severity(one)) for one in findings}
    grouped = group_lines(findings)
    assert len(grouped) > 20
    assert sought.lines(case_of_many, Sought()) == tuple(LineFound(device=e.device, key=e.key) for e in grouped)
    counted = sought.numbers(case_of_many, Sought())
    assert counted == sought.Numbers(findings=200, lines=len(grouped), undisposed=sum(each.waiting for each in grouped))


def test_pages_together_are_all_lines(case_of_many: Store) -> None:
    """No line is on two pages or on none, and a page holds its findings whole."""
    every = sought.lines(case_of_many, Sought())
    pages = [sought.lines(case_of_many, Sought(), limit=7, skipped=place) for place in range(0, len(every), 7)]
    assert tuple(each for page in pages for each in page) == every
    inside = sought.within(sought.condition(case_of_many, Sought()), pages[0])
    assert {(one.device, line_key(one)) for one in queries.findings(case_of_many, inside)} == {
        (each.device, each.key) for each in pages[0]
    }


def test_a_page_is_as_long_as_one_likes(case_of_many: Store) -> None:
    """More lines than SQLite nests conditions are read at once."""
    every = sought.every_line(case_of_many)
    asked = [*every, *(LineFound(device="D-0001", key=f"none {number}") for number in range(3000))]
    among = sought.within(sought.condition(case_of_many, Sought()), asked)
    assert len(queries.findings(case_of_many, among)) == len(queries.findings(case_of_many))


@pytest.mark.parametrize(
    ("wish", "fits"),
    [
        (Sought(status=model.FindingState.OPEN), lambda one: not one.dispositions),
        (Sought(undisposed=True), lambda one: not one.dispositions),
        (Sought(level=model.Level.HIGH), lambda one: one.level.rank >= 3),
        (Sought(module="sms", device="D-0002"), lambda one: (one.module, one.device) == ("sms", "D-0002")),
        (Sought(indicator="bh"), lambda one: one.indicator is not None and one.indicator.value == "bh"),
        (Sought(evidence_class=model.EvidenceClass.ATTEMPT), lambda one: one.evidence_class == "attempt"),
        (Sought(group="G-0001"), lambda _one: True),
        (Sought(group="G-0002"), lambda _one: False),
        (Sought(since="2999-01-01"), lambda _one: False),
        (Sought(assignee="Ada"), lambda _one: False),
    ],
)
def test_a_wish_finds_what_fits_and_nothing_else(case_of_many: Store, wish: Sought, fits: object) -> None:
    """Compared with the same wish in Python."""
    found = queries.findings(case_of_many, sought.condition(case_of_many, wish))
    assert callable(fits)
    assert found == tuple(one for one in queries.findings(case_of_many) if fits(one))


@pytest.mark.parametrize(
    "text", ["needle", "lure.example/x", "立法院長的", "息", '"see https" AND needle', "NEEDLE see"]
)
def test_words_are_found_wherever_they_stand(case_of_many: Store, text: str) -> None:
    """In titles, indicators and what the evidence says, in any script, whatever their number of letters."""
    found = queries.findings(case_of_many, sought.condition(case_of_many, Sought(text=text)))
    assert "F-0007" in {one.id for one in found}


def test_the_index_follows_every_change(case_of_many: Store) -> None:
    """A finding that was changed is found by its new words alone, and the chain's check says when it is not."""
    assert queries.findings(case_of_many, sought.condition(case_of_many, Sought(text="needle")))
    with case_of_many.change("changed", actor="Ada") as change:
        (uuid,) = (row["uuid"] for row in case_of_many.rows("SELECT uuid FROM finding WHERE id = 'F-0007'"))
        change.update("finding", uuid, detail={"text": "thimble"})
    for text, there in (("needle", False), ("thimble", True)):
        found = queries.findings(case_of_many, sought.condition(case_of_many, Sought(text=text)))
        assert bool(found) is there
    assert list(words.differences(case_of_many.connection)) == []
    case_of_many.connection.execute("UPDATE finding_text SET context = 'hidden' WHERE context LIKE '%thimble%'")
    assert [each.what for each in case_of_many.verify()] == ["holds other words than 1 findings"]


@pytest.mark.parametrize("text", ['"unfinished', "needle AND", "(", "  "])
def test_what_is_no_query_is_told(case_of_many: Store, text: str) -> None:
    """As a mistake in the call, not as a damaged case."""
    with pytest.raises(InputError):
        queries.findings(case_of_many, sought.condition(case_of_many, Sought(text=text)))


@pytest.mark.parametrize(
    "wish",
    [
        Sought(device="D-0001"),
        Sought(official="O-0001"),
        Sought(indicator="bh"),
        Sought(text="needle"),
        Sought(line=LineFound(device="D-0001", key="k")),
    ],
)
def test_hot_queries_read_no_table_from_end_to_end(case_of_many: Store, wish: Sought) -> None:
    """What somebody asks for by name is looked up."""
    found = sought.condition(case_of_many, wish)
    plan = case_of_many.rows(f"EXPLAIN QUERY PLAN SELECT f.id FROM finding f {found.text}", found.values)
    assert not [row["detail"] for row in plan if row["detail"].split(" USING ")[0] == "SCAN f"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT device, evidence_class, level, rating, indicator_value IS NOT NULL, count(*) FROM finding GROUP BY 1,2",
        "SELECT f.device, f.line FROM finding f GROUP BY f.device, f.line ORDER BY max(f.severity)",
        "SELECT id, device, rule FROM finding WHERE rating = 'lead'",
        "SELECT id FROM scan WHERE state = 'running'",
        "SELECT * FROM disposition WHERE finding = 'F-1'",
        "SELECT * FROM acquisition WHERE device = 'D-1'",
        "SELECT * FROM consent WHERE official = 'O-1'",
    ],
)
def test_what_every_verb_asks_is_answered_from_an_index(case_of_many: Store, query: str) -> None:
    """The numbers beside a status, the lines of a case, the leads, what is running: never by reading every row."""
    plan = " / ".join(row["detail"] for row in case_of_many.rows(f"EXPLAIN QUERY PLAN {query}"))
    assert "INDEX" in plan


def test_lonely_leads_in_sql_are_those_of_the_program(small_case: Store) -> None:
    """What one phone alone shows of five or more of its kind, over phones of two kinds and rules of every sort."""
    dice = random.Random(SEED)  # noqa: S311  # the same case every time
    rules = ["app-outside-store", "no-such-rule x", *(f"accessibility-service org.example.a{n}" for n in range(5)),
             *(f"accessibility-service Org.Example.A{n}" for n in range(2))]  # fmt: skip
    with small_case.change("invented", actor="Ada") as change:
        for number in range(2, 14):
            device, kind = f"D-{number:04d}", "ios_backup" if number < 9 else "bugreport"
            change.insert("device", id=device, official="O-0001", label="b", platform="ios", fingerprint=device,
                          state="in_use", identity={})  # fmt: skip
            change.insert(
                "acquisition", id=f"A-{number:04d}", device=device, official="O-0001", kind=kind, path="/nowhere",
                encrypted=False, files=1, bytes=1, manifest_sha256="0" * 64, identity={"platform": "ios"},
                registered_at="2026", registered_by="Ada", imported=False, state="registered",
            )  # fmt: skip
            change.insert("scan", id=f"S-{number:04d}", acquisition=f"A-{number:04d}", device=device, kind=kind,
                          command="", state="finished", started_at="2026", examiner="Ada", completeness="full",
                          )  # fmt: skip
            for place, rule in enumerate(dice.sample(rules, 3)):
                change.insert(
                    "finding", id=f"F-{number:02d}{place}", device=device, official="O-0001",
                    evidence_class="heuristic", level="MEDIUM", module="m", title="t", event_time_basis="unknown",
                    detail={}, first_scan=f"S-{number:04d}", rating="lead", rule=rule,
                )  # fmt: skip
    found = queries.findings(small_case)
    expected = casebook._lonely(found, ((each.kind, each.device) for each in queries.scans(small_case)))
    assert casebook.lonely(small_case) == expected != set()
