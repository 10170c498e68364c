"""Values and what they are compared with: however a text writes an address, and nothing that only looks like one."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mvtcase.engine.worker.reader.known import DOUBT, Known
from mvtcase.engine.worker.reader.named import named_in
from mvtcase.engine.worker.reader.paths import backup_path, rooted
from mvtcase.engine.worker.reader.roles import Role, role_of
from mvtcase.engine.worker.reader.spellings import spellings
from mvtcase.engine.worker.reader.terms import Sort, _raw, may_hold, terms_of, terms_of_path
from mvtcase.matchset import Collection, MatchSet

VALUES = {
    "domains": (
        "tly.link",
        "evil.example",
        "xn--e1aybc.example",
        "91.1.2.3",
        "github.io",
        "www.only.example",
        "bit.ly",
    ),
    "urls": ("http://link.example/abc",),
    "emails": ("bad@mail.example",),
    "processes": ("bh", "fservernetd", "ReminderIntentsUIExtension", "BackupAgent"),
    "file_paths": ("/private/var/tmp/hooker", "/data/local/tmp/wd/"),
    "file_names": ("roleaccountd.plist",),
    "app_ids": ("com.gu.activity", "xx.an", "com.ab.c", "com.android.server"),
    "ios_profile_ids": ("76DAB334-7E17-475D-A5D6-0794EB5818A5", "org.bad.profile"),
    "files_sha256": ("a" * 64,),
    "app_cert_hashes": ("3ac97735164824657b683e805133b1274b2dedabf9fdd6aa9aca31089d501e64",),
    "android_property_names": ("sys.brand.note",),
}
KNOWN = Known.of(
    MatchSet(collections=(Collection(id="1", name="Invented", file_name="invented.stix2", values=VALUES),)),
    {"invented.stix2": "invented"},
    android=True,
)


def found(text: str, role: str = "", *, raw: bool = False) -> dict[str, str]:
    """Return the indicators that a value hits, each with the sort of term that hit it."""
    return {
        str(match.indicator["value"]): term.sort.name
        for term in terms_of(text, role_of(role), raw=raw)
        for match in KNOWN.matches(term)
    }


@pytest.mark.parametrize(
    "text",
    [
        "see https://x.evil.example/a?b=c now",
        "EVIL.EXAMPLE.",
        "看evil.example吧",
        "請到https://evil.example。謝謝",
        "看\uff45\uff56\uff49\uff4c\uff0e\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45",
        "evil。example",
        "evil｡example/a",
        "ev\u00adil.example",
        "evil\u200b.example",
        "https%3A%2F%2Fevil.example%2Fa",
        "https%25253A%25252F%25252Fevil%25252Eexample",
        "https://www.google.com/url?q=https://evil.example/a&sa=D",
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fevil.example%2Fa",
        "https://r.example/?go=" + base64.b64encode(b"https://evil.example/a").decode(),
        "https://r.example/" + base64.urlsafe_b64encode(b"https://evil.example/a").decode(),
        "https:\\/\\/evil.example\\/a",
        "\\u0065vil.example",
        "evil&#46;example",
        "evil=2Eexample",
        "ev=\r\nil.example",
        "user@evil.example",
        "https://google.com@evil.example/",
        "https://evil.example:8443/",
        "key=evil.example;",
        "[evil.example]",
        '{"host":"evil.example"}',
    ],
)
def test_a_host_is_found_however_it_is_written(text: str) -> None:
    """Case, stops, invisible characters, encodings inside each other, redirects and glued text hide no host."""
    assert "evil.example" in found(text)


def test_a_class_of_an_app_names_the_app() -> None:
    """As `service list` of Android prints the interfaces behind its services; what only begins alike does not."""
    for text in ("2\tkeeper: [com.gu.activity.IWatch]", "com.gu.activity.sync.Uploader$Task"):
        assert "com.gu.activity" in found(text)
    assert found("com.android.server.am.ActivityManagerService") == {}
    assert found("com.gu.activity.other") == found("com.gu.activityOther.IWatch") == {}


@pytest.mark.parametrize(
    "text",
    [
        "https://itly.link/x",
        "notevil.example",
        "evil.example.org",
        "evil-example",
        "shop.github.io",
        "only.example",
        "bit.ly.example",
        "see bh and hooker",
        "/private/var/tmp/hookers",
        "xbad@mail.example",
        "http://link.example/abcd",
    ],
)
def test_what_only_looks_like_an_indicator_is_none(text: str) -> None:
    """Labels, paths and addresses are compared whole; nothing is widened that many people share."""
    assert found(text) == {}


def test_an_address_is_found_in_any_base() -> None:
    """An IPv4 address in decimal, hexadecimal and octal is the one that a set names."""
    for host in ("91.1.2.3", "1526792707", "0x5b010203", "0x5b.1.2.3", "0133.1.2.3", "91.0x10203"):
        assert "91.1.2.3" in found(f"http://{host}/a"), host


def test_an_address_is_found_with_its_port_behind_a_dot() -> None:
    """`netstat` of macOS and iOS joins them so; a number more, or a longer one, is a version."""
    assert "91.1.2.3" in found("tcp4  0  0  192.168.1.5.50001  91.1.2.3.443  ESTABLISHED")
    assert not found("release 91.1.2.3.4.5, 1.91.1.2.3, 91.1.2.30.1")


def test_an_address_is_found_inside_one_of_ipv6() -> None:
    """Browsers write it in hexadecimal (RFC 4291), networks without IPv4 below 64:ff9b:: (RFC 6052)."""
    for text in (
        "http://[::ffff:5b01:203]/a",
        "to ::FFFF:5b01:203 now",
        "64:ff9b::5b01:203",
        "http://[64:ff9b::5B01:203]:8080/",
    ):
        assert "91.1.2.3" in found(text), text
    assert not found("std::ffff:5b01:203:4, 2001:db8::5b01:203")


def test_an_international_name_is_found_in_letters_and_as_dns_has_it() -> None:
    """Both ways of writing an international name meet."""
    assert "xn--e1aybc.example" in found("тест.example")
    assert "xn--e1aybc.example" in found("XN--E1AYBC.example")


@pytest.mark.parametrize(
    ("text", "role", "value"),
    [
        ("bh", "ZPROCNAME", "bh"),
        ("/usr/libexec/x", "ZPROCNAME", None),
        ("bh", "text", None),
        ("terminusd/fservernetd", "zprocname", "fservernetd"),
        ("fservernetd[31]: started", "", "fservernetd"),
        ("ReminderIntentsU", "process", "ReminderIntentsUIExtension"),
        ("BackupAgent", "process", None),
        ("com.gu.activity:remote", "cmdline", "com.gu.activity"),
        ("AppDomain-com.gu.activity", "domain", "com.gu.activity"),
        ("/data/app/~~x==/com.gu.activity-Qw==/base.apk", "", "com.gu.activity"),
        ("xx.an", "bundle_id", "xx.an"),
        ("private/var/tmp/hooker", "path", "/private/var/tmp/hooker"),
        ("filesystem2/tmp/hooker/a", "", "/private/var/tmp/hooker"),
        ("C:\\dump\\private\\var\\tmp\\hooker", "path", "/private/var/tmp/hooker"),
        ("opened /var/tmp/hooker (1)", "", "/private/var/tmp/hooker"),
        ("roleaccountd.plist", "transfer_name", "roleaccountd.plist"),
        ("76dab334-7e17-475d-a5d6-0794eb5818a5", "", "76DAB334-7E17-475D-A5D6-0794EB5818A5"),
        ("ORG.bad.profile", "PayloadIdentifier", "org.bad.profile"),
        ("bad+news@Mail.example", "", "bad@mail.example"),
        ("mailto:bad@mail.example?subject=x", "", "bad@mail.example"),
        ("3A:C9:77:35:16:48:24:65:7B:68:3E:80:51:33:B1:27:4B:2D:ED:AB:F9:FD:D6:AA:9A:CA:31:08:9D:50:1E:64",
         "", VALUES["app_cert_hashes"][0]),
        ("A" * 64, "sha256", "a" * 64),
        ("[sys.brand.note]: [1]", "", "sys.brand.note"),
        ("HTTPS://LINK.example/abc?x=1", "", "http://link.example/abc"),
    ],
)  # fmt: skip
def test_each_type_is_compared_where_it_can_stand(text: str, role: str, value: str | None) -> None:
    """Short names count only where programs are named; ids, paths and hashes in every layout."""
    assert (set(found(text, role)) == {value}) if value else not found(text, role)


def test_a_page_about_a_host_is_no_visit_to_it() -> None:
    """A search for an indicator's host, or a report on it, speaks of the host; a redirect leads to it."""
    assert found("https://www.virustotal.com/gui/domain/evil.example") == {"evil.example": "ABOUT"}
    assert found("https://www.google.com/search?client=safari&q=%22evil.example%22") == {"evil.example": "ABOUT"}
    assert found("https://urlscan.io/search/#evil.example") == {"evil.example": "ABOUT"}
    assert found("https://www.google.com/search?q=what%20is%20evil.example&hl=zh") == {"evil.example": "ABOUT"}
    assert found("https://evil-example.cdn.ampproject.org/c/s/evil.example/a") == {"evil.example": "DOTTED"}
    assert found("https://r.example/?url=evil.example") == {"evil.example": "DOTTED"}
    assert found("https://r.example/?url=https://evil.example")["evil.example"] == "DOTTED"


def test_a_defanged_host_is_a_mention() -> None:
    """What a report wrote to be harmless is found and marked."""
    for text in ("hxxp://evil[.]example/a", "evil[dot]example", "evil(.)example"):
        (term,) = (each for each in terms_of(text, Role.FREE) if each.sort is Sort.DOTTED and list(KNOWN.matches(each)))
        assert term.defanged, text


@pytest.mark.parametrize(
    ("text", "doubtful"),
    [
        ("evil.example", False),
        ("a/evil.example/b", False),
        ("xevil.example", True),
        ("evil.examplex", True),
        ("ztly.link", True),
    ],
)
def test_among_bytes_a_doubtful_neighbour_never_means_silence(text: str, *, doubtful: bool) -> None:
    """In bytes of no known form the letter beside a value may be a neighbour's: it is told with the doubt."""
    (match,) = (match for term in terms_of(text, Role.FREE, raw=True) for match in KNOWN.matches(term))
    assert match.doubtful is doubtful
    assert (match.how == DOUBT) is doubtful


def test_paths_of_every_layout_are_one() -> None:
    """Dumps, partitions, mounts, Windows and backups name one path in many ways."""
    for path in (
        "/var/tmp/x",  # noqa: S108 - a phone's path
        "private/var/tmp/x",
        "/tmp/x",  # noqa: S108 - a phone's path
        "filesystem2/tmp/x",
        "D:\\case\\filesystem1\\private\\var\\tmp\\x",
    ):
        assert rooted(path) == "/private/var/tmp/x", path
    for path in ("/sdcard/x", "/data/media/0/x", "dump/storage/emulated/0/x"):
        assert rooted(path) == "/storage/emulated/0/x", path
    assert backup_path("HomeDomain", "Library/SMS/sms.db") == "/private/var/mobile/Library/SMS/sms.db"
    assert backup_path("AppDomain-org.example", "Documents/a").endswith("/Data/Application/org.example/Documents/a")


def test_a_website_s_folder_names_its_host() -> None:
    """WebKit names folders after the site that keeps data in them."""
    terms = list(terms_of_path("/private/var/mobile/Library/WebKit/https_evil.example_0.localstorage"))
    assert any(match.indicator["value"] == "evil.example" for term in terms for match in KNOWN.matches(term))


_CODED = st.lists(st.sampled_from(["percent", "entity", "json", "base64"]), max_size=3)


@given(_CODED, st.sampled_from(["see {} now", "看{}吧", '{{"u": "{}"}}', "a={}&b", "{}"]))
def test_encodings_inside_each_other_are_undone(forms: list[str], frame: str) -> None:
    """However up to three encodings of a link are nested, its host is found."""
    text = "https://evil.example/a"
    for form in forms:
        if form == "percent":
            text = quote(text, safe="")
        elif form == "entity":
            text = "".join(f"&#{ord(letter)};" if letter in ":/." else letter for letter in text)
        elif form == "json":
            text = text.replace("/", "\\/")
        elif "&" not in text and "\\" not in text:
            text = f"https://r.example/?q={base64.urlsafe_b64encode(text.encode()).decode()}"
    assert "evil.example" in found(frame.format(text)), text


@given(
    text=st.text(max_size=300), role=st.sampled_from(["", "path", "zprocname", "bundleid", "guid"]), raw=st.booleans()
)
def test_any_text_is_taken_apart(text: str, role: str, *, raw: bool) -> None:
    """No text of the evidence ends the reading."""
    for term in terms_of(text, role_of(role), raw=raw):
        list(KNOWN.matches(term))
    assert all(spelling.text is not None for spelling in spellings(text))


def test_the_name_of_preferences_is_the_apps() -> None:
    """An app id of two labels names its preferences too; a bare word there names nothing."""
    folder = "/private/var/mobile/Library/Preferences"
    named = {term.text for term in terms_of_path(f"{folder}/xx.an.plist") if term.sort is Sort.NAME}
    assert named == {"xx.an"}
    assert not [term for term in terms_of_path(f"{folder}/bh.plist") if term.sort is Sort.NAME]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (b"11-20 08:01:02.003  1042  1042 I Service : bh payload 7", []),
        (b"I/Service: bh payload", []),
        (b"Service: bh is down again", []),
        (b"Process: bh", [b"bh"]),
        (b"Process: bh running", [b"bh"]),
        (b"exe: bh pid 7", [b"bh"]),
        (b"11-20 08:01:02.003  1042  1042 I Watch : process: bh", [b"bh"]),
        (b'audit: comm="bh" exe="x"', [b"bh"]),
    ],
)
def test_a_tag_of_a_log_and_the_first_word_of_a_sentence_name_no_process(line: bytes, named: list[bytes]) -> None:
    """A component called Service that writes of something says nothing of a process of that name."""
    assert [name for name, _, _ in named_in(line)][:1] == named


AROUND = (
    *(
        "i",
        "AppDomain-",
        "group.",
        "ABCDE12345.",
        "/sdcard/",
        "/filesystem2/",
        "/data/user/0/",
        "/var/",
        "/tmp/",  # noqa: S108 - a path on a phone
        "C:\\",
        "/x/",
    ),
    *(
        ".",
        "-abc==",
        ":443/a?x=y#z",
        "+tag@",
        "@",
        "www.",
        "https://",
        ".Main",
        "/",
        "\\",
        " ",
        "_",
        "é",
        "3",
        "0x5b.1.2.3",
        "",
        "%2e",
    ),
)
ALL_VALUES = [value for values in VALUES.values() for value in values]
MOUNTS = {"file_paths": ("/storage/emulated/0", "/private/var")}
NO_PART = {"file_names": ("...",)}


@pytest.mark.parametrize("more", [{}, MOUNTS, NO_PART], ids=["usual", "mounts", "a value without letters"])
@example(["i", "com.ab.c"], Role.APP)
@given(
    st.lists(st.sampled_from([*ALL_VALUES, *(value.upper() for value in ALL_VALUES), *AROUND]), min_size=1, max_size=5),
    st.sampled_from(sorted(Role)),
)
def test_what_is_passed_over_by_its_parts_is_no_indicator(
    more: dict[str, tuple[str, ...]], pieces: list[str], role: Role
) -> None:
    """A term without a part that some indicator has would not have been one if it had been compared."""
    sets = MatchSet(collections=(Collection(id="1", name="I", file_name="i.stix2", values={**VALUES, **more}),))
    known = Known.of(sets, {}, android=True)
    text = "".join(pieces)
    for term in (*terms_of(text, role), *terms_of_path(f"/{text}")):
        assert list(known.matches(term)) == list(known._checks[term.sort](term.text)), term


@given(
    st.lists(
        st.sampled_from([*ALL_VALUES, *AROUND, "aHR0cHM6Ly9l", "[.]", "hxxp", "&#46;", "\u3002", "\uff0e"]), max_size=6
    )
)
def test_runs_of_bytes_that_are_passed_over_hold_nothing(pieces: list[str]) -> None:
    """What shows none of the signs gives no term."""
    text = "".join(pieces)
    assert may_hold(text) or not list(_raw(text)), text
