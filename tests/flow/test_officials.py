"""Officials: added, changed, imported from a roster in whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.errors import ConflictError, InputError, NotFoundError
from mvtcase.model import Publication, RosterState
from mvtcase.workflow import custody, groups, officials

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.workflow.desk import Desk


def _all(desk: Desk) -> list[dict[str, Any]]:
    data: Any = officials.list_officials(desk).json
    return list(data["officials"])


def _import(desk: Desk, path: Path, text: str | bytes) -> list[dict[str, Any]]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    data: Any = officials.import_csv(desk, path).json
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
        (b"Name\nBo\n", "unknown columns Name"),
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
    monkeypatch.setattr(officials, "MAX_PEOPLE", 3)
    with pytest.raises(InputError, match="more than 3"):
        _import(desk, tmp_path / "r.csv", "name\n" + "Bo\n" * 4)
    assert len(_import(desk, tmp_path / "r.csv", "name\n" + "Bo\n" * 3)) == 3
    monkeypatch.setattr(officials, "MAX_CSV_BYTES", 4)
    with pytest.raises(InputError, match="larger"):
        officials.import_csv(desk, tmp_path / "r.csv")
    with pytest.raises(NotFoundError):
        officials.import_csv(desk, tmp_path)


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
