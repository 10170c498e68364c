"""Publication levels and the veil over free text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvtcase.model import Device, DeviceIdentity, Group, Official, Platform, Publication
from mvtcase.report.publication import HIDDEN, Face, Veil, face_of, is_withheld, shown_indicator

if TYPE_CHECKING:
    from mvtcase.casebook import Casebook, OfficialStanding

PERSON = Official(
    id="O-0001", uuid="o1", pseudonym="P-77AA01", name="Yseulda Thornquist", role="Chief Whip", contact="y@mail.example"
)


@pytest.fixture
def standing(book: Casebook) -> OfficialStanding:
    """Give an official with one telling device."""
    device = Device(
        id="D-0001",
        uuid="d1",
        official="O-0001",
        label="Yseulda's phone",
        platform=Platform.IOS,
        fingerprint="serial:C39XK2",
        owner="Ministry of Tides",
        identity=DeviceIdentity(
            name="Yseulda iPhone",
            model="iPhone 13",
            serial="C39XK2",
            imei="490154203237518",
            phone_number="+447700900123",
        ),
    )
    one = book.officials[0]
    return replace(one, official=PERSON, devices=(replace(one.devices[0], device=device),))


def _veil(standing: OfficialStanding, level: Publication, *, name: str = PERSON.name) -> Veil:
    return Veil([replace(standing, official=replace(PERSON, publication=level, name=name))])


@pytest.mark.parametrize(
    ("level", "face"),
    [
        (Publication.NAMED, Face(who="Yseulda Thornquist", role="Chief Whip")),
        (Publication.ROLE, Face(who="P-77AA01", role="Chief Whip")),
        (Publication.COUNTED, None),
        (Publication.WITHHELD, None),
    ],
)
def test_each_level_shows_what_it_says(level: Publication, face: Face | None) -> None:
    """Name and role, pseudonym and role, or nothing."""
    official = replace(PERSON, publication=level)
    assert face_of(official) == face
    assert is_withheld(official) is (level is Publication.WITHHELD)


@pytest.mark.parametrize(
    "text",
    [
        "Yseulda Thornquist",
        "yseulda THORNQUIST",
        "Thornquist wrote",
        "write to y@mail.example now",
        "write to y[@]mail[.]example now",
        "on Yseulda's phone",
        "C39XK2",
        "imei 490154203237518.",
        "+447700900123",
        "+44 7700 900-123",
        "07700 900 123",
        "Ministry of Tides",
        "P-77AA01",
        "the Chief Whip",
    ],
)
def test_nothing_personal_passes_the_veil_of_a_withheld_official(standing: OfficialStanding, text: str) -> None:
    """Name and its parts, contact, device names, serials, numbers in any spelling, pseudonym and role are covered."""
    shown = _veil(standing, Publication.WITHHELD).text(f"Message: {text}")
    assert HIDDEN in shown
    for part in ("yseulda", "thornquist", "y@", "c39", "4901", "7700", "900", "tides", "77aa", "whip"):
        assert part not in shown.casefold()


@pytest.mark.parametrize("level", list(Publication))
def test_contact_and_numbers_are_covered_at_every_level(standing: OfficialStanding, level: Publication) -> None:
    """Even who may be named keeps contact, serials and telephone numbers."""
    shown = _veil(standing, level).text("y@mail.example C39XK2 +447700900123 490154203237518")
    assert shown == " ".join([HIDDEN] * 4)


def test_what_may_be_shown_is_not_covered(standing: OfficialStanding) -> None:
    """The name of who may be named and the pseudonym of who may be shown by role stay, as do ordinary words."""
    assert _veil(standing, Publication.NAMED).text("Yseulda Thornquist, iPhone 13") == "Yseulda Thornquist, iPhone 13"
    assert _veil(standing, Publication.ROLE).text("P-77AA01, Chief Whip") == "P-77AA01, Chief Whip"
    assert _veil(standing, Publication.WITHHELD).text("Thornquists iPhone 13") == "Thornquists iPhone 13"


def test_a_role_that_somebody_else_shows_is_no_secret(standing: OfficialStanding) -> None:
    """A withheld legislator does not blot the word out where other legislators stand by role."""
    other = replace(PERSON, id="O-0002", publication=Publication.ROLE)
    veil = Veil([standing, replace(standing, official=other)])
    assert "Chief Whip" in veil.text("the Chief Whip")


def test_a_device_owner_that_is_also_a_group_is_no_secret(standing: OfficialStanding) -> None:
    """The ministry that owns the phone may be the affected group itself; a person who owns it is covered."""
    ministry = Group(id="G-0009", uuid="g9", name="Ministry of Tides")
    veil = Veil([replace(standing, groups=(ministry,))])
    assert veil.text("Ministry of Tides") == "Ministry of Tides"
    assert Veil([standing]).text("Ministry of Tides") == HIDDEN


def test_names_without_word_borders_are_covered_inside_a_text(standing: OfficialStanding) -> None:
    """Chinese has no spaces."""
    assert _veil(standing, Publication.WITHHELD, name="林月燈").text("給林月燈的訊息") == f"給{HIDDEN}的訊息"


def test_links_and_known_indicators_cannot_be_clicked(standing: OfficialStanding) -> None:
    """URLs of any scheme, bare www hosts, addresses and every indicator of the case are defanged; files are not."""
    veil = Veil([standing], ["evil.example"])
    shown = veil.text("https://a.example/x www.b.example c@d.example evil.example sms.db ftp://e.example")
    assert shown == ("hxxps://a[.]example/x www[.]b[.]example c[@]d[.]example evil[.]example sms.db ftp://e[.]example")


def test_the_veil_covers_no_part_of_an_indicator(standing: OfficialStanding) -> None:
    """Though somebody is called like a part of it; an address of theirs at that domain is covered as a whole."""
    person = replace(
        PERSON, name="Evil Brack", contact="evil.brack@update.evil.example", publication=Publication.WITHHELD
    )
    paths = ["/private/var/Evil", "bh"]
    veil = Veil([replace(standing, official=person)], ["update.evil.example"], unclickable=paths)
    assert veil.text("from https://update.evil.example/a by Evil") == (
        f"from hxxps://update[.]evil[.]example/a by {HIDDEN}"
    )
    assert veil.text("update[.]evil[.]example, /private/var/Evil") == "update[.]evil[.]example, /private/var/Evil"
    assert veil.text("to evil.brack@update.evil.example, Evil Brackbh") == f"to {HIDDEN}, {HIDDEN} Brackbh"


@pytest.mark.parametrize("model", ["iPhone 16", None])
def test_a_phone_that_nobody_renamed_takes_no_model_from_a_text(standing: OfficialStanding, model: str | None) -> None:
    """It is called iPhone, as every new one; one that was renamed is covered under that name."""
    (phone,) = standing.devices
    identity = replace(phone.device.identity, name="iPhone", model=model)
    named = replace(phone.device, label="iPhone of Aldith", identity=identity)
    veil = Veil([replace(standing, devices=(replace(phone, device=named),))])
    assert veil.text("iPhone 16, and the iPhone of Aldith") == f"iPhone 16, and the {HIDDEN}"


def test_a_veiled_text_has_no_control_character_and_an_end(standing: OfficialStanding) -> None:
    """Escapes are shown, and a text of a megabyte becomes a line."""
    veil = Veil([standing])
    assert veil.text("\x1b[31m\u202eabc\n") == "\\x1b[31m\\u202eabc\\n"
    assert len(veil.text("x" * 1_000_000, limit=50)) == 50


def test_ids_of_line_accounts_are_covered(standing: OfficialStanding) -> None:
    """A mid leads to a person, also to one who is in no case; a hash of another length stays."""
    shown = Veil([standing]).text(f"chat u{'0a' * 16} and group c{'1b' * 16}, sha256 {'ab' * 32}")
    assert shown == f"chat {HIDDEN} and group {HIDDEN}, sha256 {'ab' * 32}"


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_contact_never_passes_whatever_stands_around_it(before: str, after: str) -> None:
    """Any neighbours but letters and digits, which would make it another word."""
    veil = Veil([_plain()])
    assert "quill@mail.example" not in veil.text(f"{before} quill@mail.example {after}")


def _plain() -> OfficialStanding:
    from builders import report_example as example  # noqa: PLC0415  # a fixture cannot stand beside 'given'

    one = example.casebook().officials[6]
    return replace(one, official=replace(one.official, contact="quill@mail.example"))


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        ("evil.example", "domains", "evil[.]example"),
        ("http://evil.example/a", "urls", "hxxp://evil[.]example/a"),
        ("com.bad.app", "app_ids", "com.bad.app"),
        ("/private/var/db/x.plist", "file_paths", "/private/var/db/x.plist"),
        ("a\u202eb", "processes", "a\\u202eb"),
        ("evil.example", "of-a-new-kind", "evil[.]example"),
    ],
)
def test_indicators_are_defanged_by_type(value: str, kind: str, shown: str) -> None:
    """What could be clicked is broken; names of files and apps stay readable; an unknown type counts as clickable."""
    assert shown_indicator(value, kind) == shown
