"""Laying out: hostile text stays text in every format and kind, nothing is loaded, and a missing value is an error."""

from __future__ import annotations

import contextlib
import ctypes.util
import html.parser
import io
import json
import re
import sys
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docx
import openpyxl
import pytest
import weasyprint
from pypdfium2 import PdfDocument

from builders import report_example as example
from builders import report_hostile as hostile
from mvtcase.casebook import Remedy, Stale
from mvtcase.errors import RenderError
from mvtcase.kinds.ios_backup import IOS_BACKUP
from mvtcase.model import Completeness, EvidenceClass, Status
from mvtcase.report import kept, plain_words
from mvtcase.report.document import Table, plain, stacked
from mvtcase.report.incident import incident
from mvtcase.report.layout import html as layout
from mvtcase.report.layout import narrow, paper, source
from mvtcase.report.layout.markdown import markdown, markdown_text
from mvtcase.report.letter import letter
from mvtcase.report.pages.parts import moment
from mvtcase.report.render import PAGES, Format, Look, as_json, render, to_keep
from mvtcase.wording import say, translator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mvtcase.casebook import Casebook, OfficialStanding
    from mvtcase.report.incident import IncidentFacts

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]")


def _html(facts: object, kind: str) -> str:
    return render(facts, kind, Format.HTML).decode()


class _Page(html.parser.HTMLParser):
    """Gathers elements, their attributes and the text of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one element."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note some text."""
        self.words.append(data)


def test_hostile_text_makes_no_element_and_no_handler(hostile_report: tuple[str, object]) -> None:
    """Every kind of report: no script, image, link or handler; each text is there to be read, and the page is XML."""
    kind, facts = hostile_report
    text = _html(facts, kind)
    assert source._tree(text) is not None
    page = _Page(text)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "link", "iframe", "object", "form", "input", "base", "use", "foreignobject"}
    names = {name for _, attributes in page.elements for name in attributes}
    assert not {name for name in names if name.startswith("on")}
    assert all((attributes.get("href") or "#").startswith("#") for _, attributes in page.elements)
    assert any(each in "".join(page.words) for each in ("<script>", hostile.RAN, "HYPERLINK", "{{ 7"))
    assert [tag for tag, _ in page.elements].count("style") == 1


def test_every_hostile_text_can_be_read_in_an_incident_report() -> None:
    """The trial is no empty one: each text, broken where it is a link, stands somewhere in the page."""
    facts = incident(hostile.casebook(), hostile.inside(), example.sealing())
    words = "".join(_Page(_html(facts, "incident")).words)
    for text in (
        "<script>document",
        "<img src=x onerror",
        "</style><script src",
        "<svg onload",
        "javascript:",
        "\\u202e",
    ):
        assert text in words, text
    assert "=HYPERLINK" in words
    assert "hxxp://beacon[.]example" in words


@pytest.mark.parametrize("form", [Format.HTML, Format.MARKDOWN, Format.JSON])
def test_no_control_character_reaches_a_file(hostile_report: tuple[str, object], form: Format) -> None:
    """Escape sequences, bidi overrides and zero-width characters are shown as codes in every format."""
    kind, facts = hostile_report
    text = render(facts, kind, form).decode()
    values = json.dumps(json.loads(text), ensure_ascii=False) if form is Format.JSON else text
    assert not CONTROLS.search(values)
    assert any(each in values for each in ("u202e", hostile.RAN, "HYPERLINK", "7 * 7"))


def test_hostile_text_makes_no_markup_in_markdown(hostile_report: tuple[str, object]) -> None:
    """No HTML, no link, no table cell and no heading can come from a value."""
    kind, facts = hostile_report
    for line in markdown(PAGES[kind](facts)).splitlines():
        assert not re.search(r"(?<!\\)<[a-zA-Z/]", line)
        assert not re.search(r"(?<!\\)\]\(", line)
        assert not re.search(r"(?<![\\:])https?://", line)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a|b", r"a\|b"),
        ("# not a heading", r"\# not a heading"),
        ("- not a list", r"\- not a list"),
        ("12. not a list", r"12\. not a list"),
        ("well-known (text), at 10:30", "well-known (text), at 10:30"),
        ("two\nlines", "two lines"),
        ("<b>", r"\<b\>"),
    ],
)
def test_markdown_values_are_text(value: str, shown: str) -> None:
    """Signs with a meaning get a backslash, ordinary writing stays readable."""
    assert markdown_text(value) == shown


def test_the_page_forbids_itself_everything(facts: IncidentFacts) -> None:
    """A strict policy, no referrer, no index, and nothing that names another host."""
    page = _Page(_html(facts, "incident"))
    metas = {
        attributes.get("http-equiv") or attributes.get("name"): attributes
        for tag, attributes in page.elements
        if tag == "meta"
    }
    policy = metas["Content-Security-Policy"]["content"] or ""
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert metas["referrer"]["content"] == "no-referrer"
    style = _html(facts, "incident").partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_the_marking_stands_in_the_margin_of_every_page(facts: IncidentFacts) -> None:
    """Top and bottom by margin boxes in the colours of TLP 2.0."""
    text = _html(facts, "incident")
    for place in ("top", "bottom"):
        assert f'@{place}-right {{ content: "TLP\\3a AMBER\\2b STRICT"' in text
    assert "color: #ffc000" in text


def test_the_bottom_line_comes_first_and_matches_before_the_unexamined(facts: IncidentFacts) -> None:
    """In HTML and in Markdown; the finding stands before who was not examined, coverage behind both."""
    for text in (_html(facts, "incident"), markdown(PAGES["incident"](facts))):
        body = text.partition("</nav>")[2] or text
        wanted = [
            "How sure this is",
            "What comes next",
            "Aldith Ashgrove",
            "Gwendra Greywillow",
            "What it does not mean",
        ]
        wanted.append("means only as much as what was looked at")
        places = [body.index(each) for each in wanted]
        assert places == sorted(places)


def test_css_strings_cannot_end_early() -> None:
    """A quote, a brace or an end of style becomes a code."""
    assert layout.css_string('a"}</style>é') == "a\\22 \\7d \\3c \\2f style\\3e \\e9 "


def test_times_of_our_clock_are_written_for_people() -> None:
    """Ours without fractions and with their zone, others as given."""
    assert _shown("2026-11-24T09:30:00.000000Z") == "2026-11-24 09:30:00 UTC"
    assert _shown("after 2026-11-24T09:30:00Z.") == "after 2026-11-24 09:30:00 UTC."
    assert _shown("2026-06-14 09:12:44.000000") == "2026-06-14 09:12:44"
    assert _shown("2026-06-14 09:12:44.120000") == "2026-06-14 09:12:44.120000"
    assert _shown("yesterday") == "yesterday"


def _shown(text: str) -> str:
    return plain(moment(text), translator())


def test_json_carries_its_schema_and_the_same_facts(facts: IncidentFacts) -> None:
    """What a program reads is what people read."""
    told = json.loads(render(facts, "incident", Format.JSON))
    assert told["schema"] == "mvtcase-report/2"
    assert told["counted"] == facts.counted
    assert [each["status"] for each in told["tallies"]] == [each.status for each in facts.tallies]


def test_an_organisations_own_template_goes_before_ours(facts: IncidentFacts, tmp_path: Path) -> None:
    """Its page is used; one that asks for what is not there is an error, and no hole is printed as nothing."""
    own = tmp_path / "page.html.j2"
    own.write_text("<p>OURS {{ document.properties.report }}</p>{{ body }}")
    look = Look(templates=tmp_path)
    assert render(facts, "incident", Format.HTML, look).startswith(b"<p>OURS R-0001</p>")
    own.write_text("{{ document.novel }}")
    with pytest.raises(RenderError, match="laid out"):
        render(facts, "incident", Format.HTML, look)
    own.write_text("{{ ''.__class__.__mro__ }}")
    with pytest.raises(RenderError, match="laid out"):
        render(facts, "incident", Format.HTML, look)


def test_paper_is_spared_what_only_a_screen_shows(
    facts: IncidentFacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Links to the parts, the bar above and the line below; a style sheet of somebody's own may show them on paper."""
    pages: list[str] = []

    def printed(page: str, _style: str, *, own: bool) -> bytes:
        pages.append(page)
        return str(own).encode()

    monkeypatch.setattr(layout, "printed", printed)
    (tmp_path / "style.css").write_text("nav { display: block }")
    assert render(facts, "incident", Format.PDF) == b"True"
    assert render(facts, "incident", Format.PDF, Look(templates=tmp_path)) == b"True"
    parts = ("<nav", '<div class="marking"', "<footer", 'name="viewport"')
    assert [[each in page for each in parts] for page in pages] == [[False] * 4, [True] * 4]
    (tmp_path / "page.html.j2").write_text("{{ body }}")
    assert render(facts, "incident", Format.PDF, Look(templates=tmp_path)) == b"False"


def test_a_logo_stands_in_the_page_itself(facts: IncidentFacts, tmp_path: Path) -> None:
    """As data, so that nothing is loaded; what is no picture is refused."""
    picture = tmp_path / "logo.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    assert b'src="data:image/png;base64,' in render(facts, "incident", Format.HTML, Look(logo=picture))
    with pytest.raises(RenderError, match="logo"):
        render(facts, "incident", Format.HTML, Look(logo=tmp_path / "logo.gif"))


def test_every_colour_of_text_can_be_read() -> None:
    """WCAG 2: at least 4.5 to 1, of text on paper and of white on the colours of statuses, light and dark."""
    light, _, dark = (Path(layout.__file__).parents[1] / "templates/style.css").read_text().partition("scheme: dark)")
    for sheet in (light, dark):
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", sheet))
        for text in ("ink", "soft", "faint", "accent"):
            assert min(_contrast(colours[text], colours[ground]) for ground in ("paper", "wash")) >= 4.5, text
        for status in Status:
            assert _contrast("#ffffff", colours[status]) >= 4.5, status


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("form", [Format.DOCX, Format.XLSX])
def test_office_files_hold_the_same_and_nothing_that_runs(facts: IncidentFacts, form: Format) -> None:
    """Opened by their own libraries; no macro, no link, no formula; the same report gives the same bytes."""
    made = render(facts, "incident", form)
    assert render(facts, "incident", form) == made
    with zipfile.ZipFile(io.BytesIO(made)) as packed:
        names = packed.namelist()
        whole = b"".join(packed.read(name) for name in names)
    assert not [each for each in names if "vba" in each.lower() or "externalLink" in each]
    assert b'TargetMode="External"' not in whole
    assert b"<f>" not in whole
    if form is Format.DOCX:
        opened = docx.Document(io.BytesIO(made))
        told = "\n".join([*(each.text for each in opened.paragraphs), *_cells(opened)])
        properties = opened.core_properties
        (result,) = (each for each in opened.paragraphs if each.text == " ".join(facts.summary.bottom_line))
        font: Any = opened.styles[result.style.name if result.style else ""]
        assert (font.font.italic, font.font.size.pt) == (False, 12)
        assert set(opened.styles.element.xpath("//w:lang/@w:val")) == {"en"}
    else:
        sheets = openpyxl.load_workbook(io.BytesIO(made))
        properties = sheets.properties
        assert {sheet.oddHeader.center.text for sheet in sheets} == {"TLP:AMBER+STRICT"}
        people = sheets["People"]
        assert people.row_dimensions[2].height >= 30, "a status, then what stands beside it"
        assert all(sheet.sheet_properties.pageSetUpPr.fitToPage for sheet in sheets)
        told = "\n".join(str(cell.value) for sheet in sheets for row in sheet.iter_rows() for cell in row)
        assert {"People", "Indicators", "Timeline"} <= set(sheets.sheetnames)
    assert properties.title.startswith("Incident report: ")
    assert (properties.keywords, properties.language) == ("TLP:AMBER+STRICT", "en")
    assert re.findall(rb"<Application>([^<]*)", whole) == [b"mvtcase"]
    for text in ("Aldith Ashgrove", "update[.]evil[.]example", "TLP:AMBER+STRICT", "R-0001"):
        assert text in told, text


def test_the_first_sheet_is_in_the_language_of_the_report(facts: IncidentFacts) -> None:
    """Which report it is, in which edition and since when, as people of Taiwan read it."""
    chinese = replace(facts, details=replace(facts.details, language="zh-TW"))
    (first, *_) = openpyxl.load_workbook(io.BytesIO(render(chinese, "incident", Format.XLSX)))
    told = {str(name): str(value) for name, value in first.iter_rows(values_only=True) if name}
    assert {"報告": "R-0001", "版別": "內部", "狀態": "草稿"}.items() <= told.items()
    assert told["撰寫時間"].startswith("2026年")


def _cells(opened: Any) -> list[str]:
    return [cell.text for table in opened.tables for row in table.rows for cell in row.cells]


def test_what_a_report_says_is_read_back_as_it_was(book: Casebook, facts: IncidentFacts) -> None:
    """The kept JSON gives the same records again, of hostile text too."""
    spoiled = incident(hostile.casebook(), hostile.inside(), example.sealing())
    for each in (facts, spoiled):
        assert kept.read("incident", b"".join(to_keep(each))) == each
        assert json.loads(b"".join(to_keep(each))) == json.loads(render(each, "incident", Format.JSON)) == as_json(each)
    note = letter(book, replace(example.inside(kind="letter"), official=book.officials[0].official), {})
    assert kept.read("letter", render(note, "letter", Format.JSON)) == note
    with pytest.raises(RenderError, match="cannot be read"):
        kept.read("incident", b"{}")


def test_a_pdf_is_made_and_loads_nothing(facts: IncidentFacts) -> None:
    """WeasyPrint makes it; its metadata say where it stands; an address in the page is refused or left out."""
    with PdfDocument(render(facts, "incident", Format.PDF)) as made:
        assert [made.get_metadata_value(each) for each in ("mvtcasereport", "mvtcasestate")] == ["R-0001", "draft"]
    with pytest.raises(ValueError, match="loads nothing"):
        paper.printed(f'<html lang=en><title>A</title><img src="http://{hostile.BEACON}/img" alt="">', "")


def test_a_pdf_holds_the_logo_and_a_narrow_chinese_font() -> None:
    """Both are served from memory: 200 bytes of a picture, and of a font of megabytes what two words need."""
    logo = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><path d='M0 0h9v9z'/></svg>"
    frame = "<html lang=zh-TW><title>A</title><p style='font-family: \"Noto Sans CJK TC\"'>手機 <b>{}</b>"
    plain, with_logo = (paper.printed(frame.format(each), "") for each in ("君", f'君<img src="{logo}" alt="logo">'))
    assert len(plain) < len(with_logo)
    if narrow.of_weight(narrow.OURS, 400):
        held = b"".join(map(zlib.decompress, re.findall(rb"/FlateDecode.*?stream\n(.*?)\nendstream", plain, re.DOTALL)))
        used = set(re.findall(rb"/BaseFont ?/\w+\+mvtcase-CJK([\w-]*)", held))
        assert {b"", b"-frequent-Bold"} <= used


@pytest.mark.parametrize("style", ["", "i { float: footnote }", "@page { @top-left-corner { content: 'x' } }"])
def test_what_a_page_has_not_is_left_out_unseen(style: str) -> None:
    """A PDF is the same to the byte as with all of a browser's defaults; notes and margins in use are kept."""
    page = "<html lang=en><title>A</title><p>one <i>two</i><ul><li>three</ul>"
    whole = weasyprint.HTML(string=page).write_pdf(
        pdf_variant=paper.VARIANT, custom_metadata=True, stylesheets=[weasyprint.CSS(string=style)]
    )
    assert paper.printed(page, style) == whole


@pytest.mark.parametrize("text", ["a &lt;b&gt;<br>c &#34;林&#34;", "\x0c", "<i>unclosed"])
def test_our_own_page_is_the_same_by_the_faster_way(text: str) -> None:
    """Read as XML, or where a text has what XML has not by WeasyPrint itself, it gives the same bytes."""
    drawing = '<svg viewBox="0 0 9 9" width="9" height="9" role="img" aria-label="spread"><path d="M0 0h9v9z"/></svg>'
    page = '<!doctype html>\n<html lang="en"><head><meta name="author" content="A"><title>A</title></head><body>\n'
    page = f"{page}<p>{text}</p>\n<figure>{drawing}</figure></body></html>\n"
    assert paper.printed(page, "", own=True) == paper.printed(page, "")


def test_lines_in_a_cell_are_lines_on_paper() -> None:
    """Those that its text has stand below each other, and no others."""
    row = "<tr><td class=n>one\r more<br>\n <b>two</b><br>three</td></tr><tr><td>four\nfive</td></tr>"
    with PdfDocument(paper.printed(f"<html lang=en><title>A</title><table>{row}</table>", "")) as made:
        told = made[0].get_textpage().get_text_range()
    assert told.splitlines() == ["one more", "two", "three", "four five"]


def test_a_pdf_that_cannot_be_made_says_what_to_do_instead(
    facts: IncidentFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing system libraries are a render error with the way out."""
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(RenderError) as caught:
        render(facts, "incident", Format.PDF)
    assert "html" in caught.value.hint


def test_a_letter_is_by_name_and_speaks_of_nobody_else(book: Casebook) -> None:
    """Each of the nine letters holds its own person's name, whatever others may be shown, and nobody else's."""
    for standing in book.officials:
        occasion = replace(example.inside(kind="letter"), official=standing.official)
        text = _html(letter(book, occasion, example.sealing()), "letter")
        assert f"Dear {standing.official.name}" in text
        for other in book.officials:
            assert other.official.pseudonym not in text
            assert other is standing or other.official.name not in text


JARGON = frozenset({
    "MVT", "module", "indicator", "IOC", "STIX", "TLP", "hash", "SHA-256", "digest", "custody", "acquisition", "gap",
    "sysdiagnose", "AndroidQF", "bugreport", "finding", "heuristic", "posture", "artefact", "alert", "CRITICAL", "rule",
    "sweep", "lead", "mention", "claim", "coverage", "telemetry", "payload", "exploit", "zero-click", "zero-day", "C2",
    "implant", "persistence", "execution", "exposure", "process", "daemon", "plist", "SQLite", "database", "schema",
    "parser", "regex", "timestamp", "UTC", "epoch", "metadata", "UDID", "IMEI", "kernel", "sandbox", "root",
    "jailbreak",
    "bootloader", "binary", "APK", "MDM", "forensic", "triage", "false-positive", "disposition", "pseudonym",
})  # fmt: skip


_TRADE_OF_TAIWAN = """
    模組 指標 雜湊 摘要值 監管鏈 證物 採證 缺口 發現項目 啟發式 規則 鑑識 解析 資料庫
    時間戳記 後設資料 中繼資料 序號 核心 沙箱 沙盒 越獄 開機載入程式 二進位 酬載 漏洞利用
    零點擊 零時差 植入程式 持續性 常駐 行程 處理程序 執行緒 守護程式 設定檔 描述檔
    正規表示式 誤判 誤報 分類處置 處置 代號 化名 涵蓋範圍 覆蓋率 遙測 線索 警示 嚴重等級
    命令與控制 網域 憑證 金鑰 加密 日誌 傾印 快取 封包 惡意程式 入侵指標 威脅情資 攻擊鏈
    軌跡類別 韌體
"""
JARGON_OF_TAIWAN = frozenset(_TRADE_OF_TAIWAN.split())
"""The same in Traditional Chinese, as the trade says it in Taiwan."""


def test_a_letter_has_no_word_that_a_person_would_have_to_look_up(book: Casebook) -> None:
    """None of sixty words of the trade in either language, at any status; a letter without a trace lists nothing."""
    assert len(JARGON) >= 60
    assert len(JARGON_OF_TAIWAN) >= 60
    english = re.compile("|".join(rf"\b{re.escape(each)}s?\b" for each in JARGON), re.IGNORECASE)
    for standing in (each for one in book.officials for each in _lives_of(one)):
        occasion = replace(example.inside(kind="letter"), official=standing.official)
        there = replace(book, officials=(standing,))
        note = letter(there, occasion, example.sealing())
        text = markdown(PAGES["letter"](note))
        assert english.findall(text) == [], standing.status
        assert ("What we found" in text) is bool(note.found)
        assert standing.status is not Status.NO_TRACE or not note.found
        assert bool(note.explained) == bool(standing.dismissed)
        chinese = markdown(PAGES["letter"](letter(there, replace(occasion, language="zh-TW"), example.sealing())))
        assert [each for each in (*JARGON_OF_TAIWAN, "2026-") if each in chinese] == [], standing.status


def _lives_of(one: OfficialStanding) -> Iterator[OfficialStanding]:
    """Yield a person as they stand, withdrawn, with an agreement that ended, and to be compared anew."""
    yield one
    then = "2026-11-23T09:00:00Z"
    yield replace(one, consents=tuple(replace(each, withdrawn_at=then) for each in one.consents))
    yield replace(one, consents=tuple(replace(each, expires_at=then) for each in one.consents))
    newer = Stale(what="starter", used="1", newer="2", remedy=Remedy.RECHECK)
    yield replace(
        one, devices=tuple(replace(each, completeness=Completeness.FULL, stale=(newer,)) for each in one.devices)
    )


def test_a_letter_does_not_say_of_one_sort_of_traces_that_it_was_shown_and_was_not(book: Casebook) -> None:
    """Where one of several places of messages was damaged, a part of them could not be read."""
    whole, damaged = book.officials[0], next(each for one in book.officials for each in one.devices if each.gaps)
    one = replace(whole, devices=(replace(whole.devices[0], gaps=damaged.gaps),))
    occasion = replace(example.inside(kind="letter"), official=one.official)
    (seen,) = letter(replace(book, officials=(one,)), occasion, example.sealing()).looked_at
    assert ("messages" in seen.could_show, "messages" in seen.could_not) == (True, False)
    assert seen.in_part == "messages you received"


def test_a_letter_names_what_an_unencrypted_copy_left_out(book: Casebook) -> None:
    """A sort of traces that was looked at holds others that such a copy never carries: calls beside messages."""
    (whole,) = (each for each in book.officials[:1])
    scans = tuple(
        replace(each, limitations=tuple(one.text for one in IOS_BACKUP.limitations)) for each in whole.devices[0].latest
    )
    one = replace(whole, devices=(replace(whole.devices[0], latest=scans),))
    occasion = replace(example.inside(kind="letter"), official=one.official)
    note = letter(replace(book, officials=(one,)), occasion, example.sealing())
    assert note.looked_at[0].could_not.endswith("pages opened in Safari, calls")
    assert "calls" not in note.looked_at[0].could_show
    assert "calls. " not in markdown(PAGES["letter"](note)).partition("It could not show")[0]


def test_what_was_only_sent_to_a_person_is_not_said_to_have_been_found_on_the_phone(book: Casebook) -> None:
    """A link in a message is no program that ran; with one thing more than messages it is the graver sentence."""
    matched = next(one for one in book.officials if one.status is Status.INDICATOR_MATCH)
    own = [each for each in book.findings if each.official == matched.official.id and each.indicator]
    occasion = replace(example.inside(kind="letter"), official=matched.official)

    def result(*classes: EvidenceClass) -> str:
        told = tuple(replace(own[0], id=f"F-{kind}", evidence_class=kind) for kind in classes)
        there = replace(book, officials=(matched,), findings=told)
        return letter(there, occasion, example.sealing()).result

    assert result(EvidenceClass.ATTEMPT) == plain_words.ONLY_SENT
    graver = plain_words.RESULT[Status.INDICATOR_MATCH]
    assert {result(EvidenceClass.EXECUTION), result(EvidenceClass.ATTEMPT, EvidenceClass.ARTEFACT)} == {graver}


def test_a_letter_says_what_became_of_the_agreement_and_asks_for_nothing_that_was_withdrawn(book: Casebook) -> None:
    """Withdrawn: since when, and no step that asks for a copy; ended: since when; else: how to withdraw it."""
    one = next(each for each in book.officials if each.status is Status.INCONCLUSIVE)
    stands, withdrawn, ended, waiting = (
        letter(
            replace(book, officials=(each,)),
            replace(example.inside(kind="letter"), official=each.official),
            example.sealing(),
        )
        for each in _lives_of(one)
    )
    assert "You can withdraw that at any time" in stands.consent
    assert "take another copy" in stands.steps[0]
    assert (
        withdrawn.consent
        == "You withdrew your agreement on 23 November 2026. Nothing of yours has been examined since."
    )
    assert not [each for each in withdrawn.steps if "copy" in each]
    assert "you can agree again" in " ".join(withdrawn.steps)
    assert ended.consent.startswith("Your agreement ended on 23 November 2026.")
    assert waiting.result.startswith("We cannot tell you yet: more has become known")
    assert not [each for each in waiting.steps if "take another copy" in each]


def test_a_letter_fits_two_pages_however_much_was_found(book: Casebook) -> None:
    """Three hundred findings of many sorts, four phones; one cause is told once."""
    one = book.officials[0]
    device = one.devices[0]
    many = tuple(
        replace(each, id=f"F-{number}-{each.id}", rule=f"rule-{number}", module=f"module{number}", official="O-0001")
        for number in range(30)
        for each in book.findings
    )
    phones = tuple(replace(device, status=device.status) for _ in range(4))
    crowded = replace(book, officials=(replace(one, devices=phones), *book.officials[1:]), findings=many)
    note = letter(crowded, replace(example.inside(kind="letter"), official=one.official), example.sealing())
    assert len(note.found) == len(set(note.found)) <= 8
    assert 1 <= len(weasyprint.HTML(string=_html(note, "letter")).render().pages) <= 2


def test_a_letter_without_a_person_is_a_mistake_of_the_caller(book: Casebook) -> None:
    """There is no letter to nobody."""
    with pytest.raises(ValueError, match="one official"):
        letter(book, example.inside(kind="letter"), {})


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Python asks no compiler for a library")
def test_libraries_are_found_without_starting_a_compiler(capsys: pytest.CaptureFixture[str]) -> None:
    """What Python asks for a library's short name is asked again afterwards, after an error too; nothing is printed."""
    asked = ctypes.util.find_library
    told = contextlib.suppress(OSError)
    with told, paper._by_full_names():
        assert ctypes.util.find_library("c") is None
        sys.stdout.write("WeasyPrint could not import some external libraries.")
        raise OSError
    assert (ctypes.util.find_library, capsys.readouterr().out) == (asked, "")


def test_columns_below_others_stand_there_with_their_heads_and_alone_in_a_workbook() -> None:
    """What says nothing is left out below; a number's column stays one."""
    table = Table(
        name="T",
        head=("a", "b", "n", "c"),
        rows=(("1", say("{n} more", n=2), "3", "4"), ("5", "–", "7", "8")),
        under=((1, 0),),
    )
    made = stacked(replace(table, numbers=frozenset({2})))
    assert [plain(each, translator("en")) for each in made.head] == ["a", "n", "c"]
    assert made.numbers == {1}
    assert [plain(row[0], translator("en")) for row in made.rows] == ["1\nb: 2 more", "5"]
    assert [len(row) for row in table.rows] == [4, 4]
    told = stacked(replace(table, under=(), beside=((3, 1),), left_out=frozenset({0})))
    assert [plain(each, translator("en")) for each in told.head] == ["b, c", "n"]
    assert [plain(row[0], translator("en")) for row in told.rows] == ["2 more, 4", "–, 8"]
