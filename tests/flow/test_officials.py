"""Officials: added, changed, imported from a roster in whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.errors import ConflictError, InputError, NotFoundError
from mvtcase.model import Publication, RosterState
from mvtcase.workflow import custody, enrolment, groups, officials, rosters

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.workflow.desk import Desk


def _all(desk: Desk) -> list[dict[str, Any]]:
    data: Any = officials.list_officials(desk).json
    return list(data["officials"])


def _import(desk: Desk, path: Path, text: str | bytes) -> list[dict[str, Any]]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    data: Any = enrolment.import_roster(desk, path, confirm=lambda _: True).json
    return list(data["officials"])


def test_pseudonyms_say_nothing_and_are_unique(desk: Desk) -> None:
    """A random one where none is given; a taken one is a conflict."""
    officials.add(desk, officials.Person(name="Bo Example", pseudonym="Heron"))
    with pytest.raises(ConflictError):
        officials.add(desk, officials.Person(name="Cy Example", pseudonym=" Heron "))
    pseudonyms = [each["pseudonym"] for each in _all(desk)]
    assert pseudonyms[1] == "Heron"
    assert len(set(pseudonyms)) == 2
    assert "Aldith" not in pseudonyms[0]


def test_a_pseudonym_like_an_id_takes_nobody_elses_place(desk: Desk) -> None:
    """What is said of O-0003 is said of O-0003."""
    officials.add(desk, officials.Person(name="Bo", pseudonym="O-0003"))
    officials.add(desk, officials.Person(name="Cy"))
    shown: Any = officials.show(desk, "O-0003").json["official"]
    assert shown["name"] == "Cy"


def test_an_official_is_changed_column_by_column(desk: Desk) -> None:
    """What is not named stays, and groups are added once."""
    groups.add(desk, "Ministry")
    officials.change_official(desk, "O-0001", {"role": "Envoy", "publication": "role"}, ("Ministry", "Ministry"))
    officials.change_official(desk, "O-0001", {}, ("Legislature",))
    shown: Any = officials.show(desk, "O-0001").json["official"]
    assert (shown["name"], shown["role"], shown["publication"]) == ("Aldith Fernvale", "Envoy", "role")
    assert shown["groups"] == ["Legislature", "Ministry"]
    with pytest.raises(InputError):
        officials.change_official(desk, "O-0001", {})
    with pytest.raises(NotFoundError):
        officials.change_official(desk, "O-0001", {}, ("Nowhere",))
    custody.verify(desk)


def test_a_roster_is_imported_whole(desk: Desk, tmp_path: Path) -> None:
    """Every column, quoted commas, several groups, blanks around cells."""
    groups.add(desk, "Ministry")
    added = _import(
        desk,
        tmp_path / "r.csv",
        "name,role,groups,publication,contact,pseudonym,roster\n"
        '"Example, Bo",Envoy, Ministry ; Legislature ,role,+1 555,Heron,refused\n'
        "Cy,,,,,,\n",
    )
    assert [each["id"] for each in added] == ["O-0002", "O-0003"]
    first, second = added
    assert (first["name"], first["role"], first["contact"], first["pseudonym"]) == (
        "Example, Bo",
        "Envoy",
        "+1 555",
        "Heron",
    )
    assert sorted(first["groups"]) == ["G-0001", "G-0002"]
    assert (first["publication"], first["roster"]) == (Publication.ROLE, RosterState.REFUSED)
    assert (second["publication"], second["roster"]) == (Publication.WITHHELD, RosterState.INVITED)


@pytest.mark.parametrize(
    "head",
    [b"\xef\xbb\xbfname,role\r\n", b"role,name\n", b"name,role\n\n\n"],
    ids=["bom-and-crlf", "other-order", "empty-lines"],
)
def test_a_spreadsheets_ways_of_writing_are_read(desk: Desk, tmp_path: Path, head: bytes) -> None:
    """A byte-order mark, other line ends and empty lines say nothing."""
    row = b"Envoy,Bo\n" if head.startswith(b"role") else b"Bo,Envoy\r\n"
    (added,) = _import(desk, tmp_path / "r.csv", head + row)
    assert (added["name"], added["role"]) == ("Bo", "Envoy")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"name,salary\nBo,1\n", "unknown columns salary"),
        (b"name,name\nBo,Cy\n", "a column twice"),
        (b"", "no columns"),
        (b"name\n", "names nobody"),
        (b"name,role\nBo,Envoy,extra\n", "line 2: more cells"),
        (b"name,publication\nBo,role\nCy,loud\n", "line 3: 'loud'"),
        (b"name,roster\n\n\nBo,lost\n", "line 4: 'lost'"),
        (b"name,role\n,\n", "line 2: nothing"),
        (b"name,groups\nBo,\nCy,Nowhere\n", "Nowhere"),
        (b"name,pseudonym\nBo,Heron\nCy,Heron\n", "taken"),
        (b'name\n"Bo\n', "unexpected end"),
        (b"name\n\xff\xfe\n", "not UTF-8"),
        (b"name\n" + b"x" * 200_000 + b"\n", "field larger"),
    ],
)
def test_a_roster_with_one_wrong_line_adds_nobody(desk: Desk, tmp_path: Path, text: bytes, why: str) -> None:
    """The line is named, and the case is as it was."""
    before = _all(desk), custody.log(desk).json["head"]
    with pytest.raises((InputError, NotFoundError), match=why):
        _import(desk, tmp_path / "r.csv", text)
    assert (_all(desk), custody.log(desk).json["head"]) == before


def test_no_roster_is_endless(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes and people have a bound; a folder is no file."""
    monkeypatch.setattr(rosters, "MAX_ROWS", 3)
    with pytest.raises(InputError, match="more than 3"):
        _import(desk, tmp_path / "r.csv", "name\n" + "Bo\n" * 4)
    assert len(_import(desk, tmp_path / "r.csv", "name\n" + "Bo\n" * 3)) == 3
    monkeypatch.setattr(rosters, "MAX_TABLE_BYTES", 4)
    with pytest.raises(InputError, match="larger"):
        _import(desk, tmp_path / "r.csv", "name\n")
    with pytest.raises(NotFoundError):
        enrolment.import_roster(desk, tmp_path, confirm=lambda _: True)


def test_a_formula_in_a_roster_stays_the_text_it_is(desk: Desk, tmp_path: Path) -> None:
    """It is stored as written; only what leaves as a table is escaped."""
    (added,) = _import(desk, tmp_path / "r.csv", "name,role\n=HYPERLINK(1),<script>alert(1)</script>\n")
    assert (added["name"], added["role"]) == ("=HYPERLINK(1)", "<script>alert(1)</script>")


def test_an_official_is_shown_with_all_that_is_known(desk: Desk, add_phone: Callable[..., str]) -> None:
    """Devices with status, consents, findings and observations."""
    add_phone()
    shown: Any = officials.show(desk, "O-0001").json["official"]
    assert [each["status"] for each in shown["devices"]] == ["not_examined"]
    assert [each["given_by"] for each in shown["consents"]] == ["Aldith Fernvale"]
    assert (shown["findings"], shown["observations"]) == ([], [])


ROSTER = (
    "編號,姓名,職稱,單位,電話,電子郵件,公開程度\n"
    "L-01,林小明,立法委員,Legislature,0912345678,lin@example.org,僅職稱\n"
    "L-02,王大同,秘書長,Legislature;秘書處,0223456789,,\n"
)


def _workbook(path: Path) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for line in ROSTER.splitlines():
        book.active.append([*line.split(","), None])
    book.active.append([None] * 9)
    book.save(path)
    return path


def test_one_roster_in_four_forms_is_one_roster(desk: Desk, tmp_path: Path) -> None:
    """With and without a byte-order mark, as Big5 and as a workbook: the first adds, the others change nothing."""
    groups.add(desk, "秘書處")
    forms = {name: tmp_path / f"{name}.csv" for name in ("utf-8", "utf-8-sig", "big5", "utf-16")}
    for encoding, path in forms.items():
        path.write_text(ROSTER, encoding)
    first, *others = (*forms.values(), _workbook(tmp_path / "roster.xlsx"))
    done: Any = enrolment.import_roster(desk, first, confirm=lambda _: False).json
    assert [each["name"] for each in done["officials"]] == ["林小明", "王大同"]
    before = _all(desk), custody.log(desk).json["head"]
    for path in others:
        again: Any = enrolment.import_roster(desk, path, confirm=lambda _: False).json
        assert (again["new"], again["changed"], again["unchanged"]) == ([], [], ["O-0002", "O-0003"])
    assert (_all(desk), custody.log(desk).json["head"]) == before
    one, two = before[0][1:]
    assert (one["register_id"], one["role"], one["publication"]) == ("L-01", "立法委員", "role")
    assert one["contact"] == "0912345678, lin@example.org"
    assert two["groups"] == ["G-0001", "G-0002"]


def test_a_changed_roster_shows_what_would_change_before_it_does(desk: Desk, tmp_path: Path) -> None:
    """Nothing happens without a yes; with it the columns that differ do, and an empty cell says nothing."""
    path = tmp_path / "r.csv"
    _import(desk, path, "id,name,role,contact\n7,Bo Example,Envoy,+1 555\n")
    path.write_text("id,name,role,contact,groups\n7,Bo Example,Minister,,Ministry\n8,Cy Example,Envoy,,\n")
    seen: list[enrolment.Imported] = []
    with pytest.raises(NotFoundError, match="Ministry"):
        enrolment.import_roster(desk, path, confirm=lambda _: True)
    before = _all(desk)
    enrolment.import_roster(desk, path, add_groups=True, confirm=_noting(seen))
    enrolment.import_roster(desk, path, add_groups=True, dry_run=True, confirm=lambda _: True)
    assert _all(desk) == before
    (told,) = seen
    assert told.new == ("Cy Example",)
    assert [(each.column, each.before, each.after) for each in told.changed[0].differences] == [
        ("role", "Envoy", "Minister"),
        ("groups", "", "Ministry"),
    ]
    enrolment.import_roster(desk, path, add_groups=True, confirm=lambda _: True)
    _, bo, cy = _all(desk)
    assert (bo["role"], bo["contact"], bo["groups"]) == ("Minister", "+1 555", ["G-0002"])
    assert cy["name"] == "Cy Example"
    custody.verify(desk)


def test_somebody_known_by_name_and_role_alone_is_asked_about(desk: Desk, tmp_path: Path) -> None:
    """Whoever says no changes nothing; who says yes gives the entry its id, and is not asked again."""
    path = tmp_path / "r.csv"
    officials.add(desk, officials.Person(name="Bo Example", role="Envoy"))
    path.write_text("id,name,role\n7, bo  example ,envoy\n")
    asked: list[enrolment.Imported] = []
    enrolment.import_roster(desk, path, confirm=_noting(asked))
    assert (len(_all(desk)), asked[0].by_name) == (2, ("O-0002",))
    enrolment.import_roster(desk, path, confirm=lambda _: True)
    again: Any = enrolment.import_roster(desk, path, confirm=lambda _: False).json
    assert (again["by_name"], again["unchanged"]) == ([], ["O-0002"])
    namesake = enrolment.import_roster(desk, _written(path, "id,name,role\n9,Bo Example,Clerk\n"), confirm=bool)
    assert "Bo Example" in str(namesake.messages[0])


def _noting(seen: list[enrolment.Imported]) -> Callable[[enrolment.Imported], bool]:
    """Return somebody who looks at what would be done, and says no."""

    def no(told: enrolment.Imported) -> bool:
        seen.append(told)
        return False

    return no


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_decided_persons_word_is_not_undone_by_a_roster(desk: Desk, tmp_path: Path) -> None:
    """The roster says where somebody stood when it was written; the case knows the latest."""
    _import(desk, tmp_path / "r.csv", "id,name,roster\n7,Bo,unreachable\n")
    officials.change_official(desk, "O-0002", {"roster": "refused"})
    again: Any = enrolment.import_roster(desk, tmp_path / "r.csv", confirm=lambda _: True).json
    assert again["unchanged"] == ["O-0002"]


def test_an_empty_roster_is_written_and_read_back(desk: Desk, tmp_path: Path) -> None:
    """Both forms have headers in both languages, and every one of them is understood."""
    for name in ("r.csv", "r.xlsx"):
        heads = enrolment.template(tmp_path / name)
        with pytest.raises(InputError, match="names nobody"):
            enrolment.import_roster(desk, tmp_path / name, confirm=lambda _: True)
        with pytest.raises(ConflictError):
            enrolment.template(tmp_path / name)
    (added,) = _import(desk, tmp_path / "filled.csv", f"{heads}7,Bo,Envoy,,0912,,,\n")
    assert (added["name"], added["contact"], added["register_id"]) == ("Bo", "0912", "7")
    with pytest.raises(InputError):
        enrolment.template(tmp_path / "r.pdf")


def test_what_only_looks_like_a_workbook_is_refused(desk: Desk, tmp_path: Path) -> None:
    """An archive of something else, and one that unpacks without end."""
    import zipfile  # noqa: PLC0415  # only here

    path = tmp_path / "r.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("x", "x")
    with pytest.raises(InputError, match="no workbook"):
        enrolment.import_roster(desk, path, confirm=lambda _: True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("x", b"\0" * (rosters.MAX_UNPACKED_BYTES + 1))
    with pytest.raises(InputError, match="holds more"):
        enrolment.import_roster(desk, path, confirm=lambda _: True)


def test_two_entries_of_one_person_become_one(desk: Desk, add_phone: Callable[..., str], tmp_path: Path) -> None:
    """Phones, consents and groups go over, either id leads to the person, and the roster finds both."""
    groups.add(desk, "Ministry")
    _import(desk, tmp_path / "r.csv", "id,name,role,groups\n7,A. Fernvale,Envoy,Ministry\n")
    add_phone("O-0001")
    done: Any = officials.merge(desk, "O-0001", into="O-0002", reason="one person, two spellings").json
    assert done["merged"] == "O-0001"
    (one,) = _all(desk)
    assert (one["id"], one["name"], one["roster"]) == ("O-0002", "A. Fernvale", "consented")
    assert one["groups"] == ["G-0001", "G-0002"] or one["groups"] == ["G-0002", "G-0001"]
    shown: Any = officials.show(desk, "O-0001").json["official"]
    assert shown["id"] == "O-0002"
    assert [len(shown[each]) for each in ("devices", "consents")] == [1, 1]
    again: Any = enrolment.import_roster(
        desk, _written(tmp_path / "r.csv", "name\nAldith Fernvale\n"), confirm=lambda _: True
    ).json
    assert again["by_name"] == ["O-0002"]
    with pytest.raises(ConflictError):
        officials.merge(desk, "O-0002", into="O-0001", reason="again")
    custody.verify(desk)


def test_two_entries_with_two_words_are_not_merged(desk: Desk) -> None:
    """One agreed and the other refused: which is the latest, only the person knows."""
    officials.add(desk, officials.Person(name="Aldith Fernvale", roster=RosterState.REFUSED))
    with pytest.raises(ConflictError, match="latest word"):
        officials.merge(desk, "O-0002", into="O-0001", reason="one person")
    with pytest.raises(InputError):
        officials.merge(desk, "O-0002", into="O-0001", reason=" ")


def test_a_mistyped_official_is_removed_and_the_name_with_it(desk: Desk) -> None:
    """Only where nothing is attached; the id is never given again."""
    officials.add(desk, officials.Person(name="Mistyped Person", contact="+1 555"))
    officials.remove(desk, "O-0002", reason="typed twice")
    assert len(_all(desk)) == 1
    with pytest.raises(NotFoundError):
        officials.show(desk, "O-0002")
    officials.add(desk, officials.Person(name="Bo"))
    assert _all(desk)[-1]["id"] == "O-0003"
    with pytest.raises(ConflictError, match="1 consents"):
        officials.remove(desk, "O-0001", reason="typed twice")
    custody.verify(desk)
