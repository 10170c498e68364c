"""A console that others reach: over TLS, for registered examiners with passwords, each with the rights of the role."""

from __future__ import annotations

import http.client
import ipaddress
import json
import re
import ssl
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from browsing import Answer, Browser, serving
from mvtcase import workflow
from mvtcase.engine.job import Secret
from mvtcase.errors import ConflictError, InputError
from mvtcase.keys import locks
from mvtcase.model import ExaminerRole, FindingState, Verdict
from mvtcase.web.console import Console
from mvtcase.web.door import COOKIE_UNDER_TLS, TRIES, Door
from mvtcase.web.listening import LOOPBACK, Tls, listen, read_tls
from mvtcase.workflow import passwords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import FakeEngine  # type: ignore[import-not-found]  # of this folder
    from mvtcase.engine.job import EngineResult
    from mvtcase.workflow.desk import Desk

ROLES = {"Ada": ExaminerRole.LEAD, "Ben": ExaminerRole.EXAMINER, "Cy": ExaminerRole.REVIEWER, "Di": ExaminerRole.READER}


def password_of(name: str) -> str:
    """Return the password of an invented examiner."""
    return f" {name} likes long words "


@dataclass
class Visitor(Browser):
    """A browser over TLS."""

    tls: Tls | None = None

    def connection(self) -> http.client.HTTPConnection:
        """Return a connection that trusts the one certificate."""
        assert self.tls is not None
        context = ssl.create_default_context(cafile=str(self.tls.certificate))
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=context)

    def sign_in(self, name: str, password: str = "", **headers: str) -> Answer:
        """Sign in, and keep cookie and key of forms where that was right."""
        form = urlencode({"name": name, "password": password or password_of(name)})
        answer = self.ask("POST", "/enter", form, **headers)
        if answer.status == 303:
            self.cookie = answer.headers["set-cookie"].partition(";")[0]
            self.form_key = re.findall(r'name="form_key" value="([^"]+)"', self.ask("GET", "/").text)[0]
        return answer


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """Give a certificate of our own for this machine's loopback address."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "console")])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return read_tls(certificate, private)


@pytest.fixture
def registered(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Give a desk at a case with four registered examiners, one of each role, each with a password."""
    monkeypatch.setattr(passwords, "_COST", locks.Cost(memory_kib=64, passes=1, lanes=1))
    for name, role in ROLES.items():
        if name != "Ada":
            workflow.examiners.add(desk, name, role)
    for name in ROLES:
        passwords.change(desk, name, Secret(value=password_of(name)))
    return desk


@pytest.fixture
def visitor(registered: Desk, tls: Tls, tmp_path: Path) -> Iterator[Callable[[], Visitor]]:
    """Give a function that makes a browser of a console that others reach."""
    (tmp_path / "evidence").mkdir(exist_ok=True)
    console = Console(
        desk=replace(registered, examiner="Root"), door=Door(), names=frozenset(), shared=True, tls=True,
        evidence_root=tmp_path / "evidence", wait_seconds=10.0,
    )  # fmt: skip
    place = listen(LOOPBACK, 0, tls)
    with serving(console, place, tls):
        yield lambda: Visitor(place.listening.getsockname()[1], tls=tls)


@pytest.fixture
def found(registered: Desk, engine: FakeEngine, match: EngineResult, add_phone: Callable[..., str]) -> str:
    """Give the id of a finding."""
    add_phone()
    engine.answer = match
    workflow.scans.run(registered, workflow.scans.Request())
    return str(workflow.findings.list_findings(registered).data.findings[0].id)


def test_only_names_and_passwords_let_in(visitor: Callable[[], Visitor]) -> None:
    """A wrong password, an unknown name, no name and a token open nothing, and read alike."""
    refused = [visitor().sign_in(*each) for each in (("Ada", "wrong"), ("Nobody", "x"), ("", "x"))]
    assert {each.status for each in refused} == {403}
    assert len({each.text for each in refused}) == 1
    assert visitor().ask("GET", "/enter?token=x").status == 200
    one = visitor()
    assert one.ask("GET", "/").status == 401
    cookie = one.sign_in("ada", password_of("Ada")).headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE_UNDER_TLS}=")
    assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"))
    assert "Domain" not in cookie
    assert one.read("people").status == 200


def test_guessing_a_password_is_stopped(visitor: Callable[[], Visitor]) -> None:
    """After ten tries the right password is refused too, with the answer that says why."""
    answers = [visitor().sign_in("Ben", f"guess {number}").status for number in range(TRIES)]
    assert answers == [403] * TRIES
    assert visitor().sign_in("Ben").status == 429


def test_a_session_planted_before_is_worth_nothing(visitor: Callable[[], Visitor]) -> None:
    """A cookie that somebody else chose or had is never the one that a person's session gets (session fixation)."""
    planted = visitor()
    planted.cookie = f"{COOKIE_UNDER_TLS}=planted"
    assert planted.sign_in("Ada").status == 303
    assert "planted" not in planted.cookie
    first = planted.cookie
    again = visitor()
    again.cookie = first
    again.sign_in("Ben")
    assert again.cookie != first
    planted.cookie = first
    assert planted.read("people").status == 401, "the session that the browser had is over"


def test_another_page_signs_nobody_in(visitor: Callable[[], Visitor]) -> None:
    """A page elsewhere cannot sign a browser in as somebody else, nor can one under TLS be reached from one without."""
    one = visitor()
    assert one.sign_in("Ada", Origin="https://evil.example").status == 403
    assert one.sign_in("Ada", Origin=f"http://127.0.0.1:{one.port}").status == 403


def test_each_does_what_the_role_allows(visitor: Callable[[], Visitor], registered: Desk, found: str) -> None:
    """A reader reads and changes nothing; the others' actions are written down under their own names."""
    for name, role in ROLES.items():
        one = visitor()
        one.sign_in(name)
        assert one.read("people/O-0001").status == 200
        done = [
            one.do("dispose", finding=found, verdict="benign", reason="an update"),
            one.do("note", text="a remark"),
            one.do("recheck"),
            one.do("stop", work="1"),
        ]
        own = [each.action for each in workflow.custody.log(registered).data.events if each.actor == name]
        assert "person.read" in own
        assert {each.status for each in done} == {400 if role is ExaminerRole.READER else 303}
        changed = {"finding.disposed", "note.added"} & {*own}
        assert len(changed) == (0 if role is ExaminerRole.READER else 2)
    events = workflow.custody.log(registered).data.events
    assert "Root" not in {each.actor for each in events}, "nobody works under the name that the server was started with"


def test_nobody_is_the_second_examiner_of_a_judgement_of_ones_own(
    visitor: Callable[[], Visitor], registered: Desk, found: str
) -> None:
    """Who judged first and confirms again stays one examiner; another one is the second."""
    one, other = visitor(), visitor()
    one.sign_in("Cy")
    for _ in range(2):
        one.do("dispose", finding=found, verdict=Verdict.CONFIRMED, reason="seen")
    assert workflow.findings.show(registered, found).data.finding.status is FindingState.CONFIRMED_ONCE
    assert "Another examiner" in one.read(f"findings/{found}").text
    other.sign_in("Ben")
    assert "Another examiner" not in other.read(f"findings/{found}").text
    other.do("dispose", finding=found, verdict=Verdict.CONFIRMED, reason="seen too")
    assert workflow.findings.show(registered, found).data.finding.status is FindingState.CONFIRMED


def test_cases_of_others_are_not_there(visitor: Callable[[], Visitor], registered: Desk) -> None:
    """A case in whose register a person is not is neither listed nor opened, and one that became inactive is out."""
    workflow.cases.new(replace(registered, case=None), "Another", slug="another")
    one = visitor()
    one.sign_in("Ben")
    assert [each["slug"] for each in json.loads(one.ask("GET", "/?as=json").text)["data"]["cases"]] == ["line-2021"]
    for path in ("/c/another/", "/c/another/people", "/c/another/progress", "/c/another/choose/O-0001"):
        assert one.ask("GET", path).status == 404
    assert one.read("people").status == 200
    workflow.examiners.change_examiner(replace(registered, case="line-2021"), "Ben", active=False)
    assert one.read("people").status == 404


def test_a_path_of_the_server_is_not_registered_from_elsewhere(visitor: Callable[[], Visitor], tmp_path: Path) -> None:
    """Who signs in names evidence below the folder of evidence, and nothing else that the server can read."""
    (tmp_path / "evidence" / "out").symlink_to("/etc")
    one = visitor()
    one.sign_in("Ada")
    for path in ("/etc/passwd", "../workspace", "out", str(tmp_path / "evidence" / ".." / "workspace"), "a\0b"):
        assert one.do("register", official="O-0001", path=path).status == 404


def test_a_password_is_set_by_the_person_or_a_lead(registered: Desk) -> None:
    """Nobody else sets it, a short one is refused, and what is kept and told of it is no password."""
    with pytest.raises(ConflictError, match="lead"):
        passwords.change(replace(registered, examiner="Ben"), "Cy", Secret(value="long enough to be one"))
    with pytest.raises(InputError, match="signs"):
        passwords.change(registered, "Cy", Secret(value="short"))
    passwords.change(replace(registered, examiner="Cy"), "cy", Secret(value="a new one of Cy's"))
    known = passwords.recognised(registered.workspace, "CY", Secret(value="a new one of Cy's"))
    assert known == "Cy"
    kept = registered.workspace.path / passwords.FILE
    assert kept.stat().st_mode & 0o077 == 0
    assert "a new one" not in kept.read_text()
    assert not re.search(r"\b(ada|ben|cy)\b", kept.read_text(), re.IGNORECASE), "a stolen workspace names nobody"
    salts = {each["salt"] for each in json.loads(kept.read_text()).values()}
    assert len(salts) == 1, "signing in costs one guess, however many there are"
    assert passwords.recognised(registered.workspace, "Cy", Secret(value="another of Cy's")) is None
    assert passwords.recognised(registered.workspace, "Nobody", Secret(value="a new one of Cy's")) is None
    assert "a new one" not in str(workflow.custody.log(registered).data)
    passwords.change(registered, "Cy", None)
    assert passwords.recognised(registered.workspace, "Cy", Secret(value="a new one of Cy's")) is None
    workflow.custody.verify(registered)


def test_an_old_password_opens_nothing_once_there_is_a_new_one(registered: Desk) -> None:
    """Not even where it was set in another case, or in one that nobody here can read; the others' stay."""
    kept = registered.workspace.path / passwords.FILE
    workflow.cases.new(registered, "Second")
    registered = replace(registered, case="line-2021")
    second = replace(registered, case="second")
    workflow.examiners.add(second, "Cy", ExaminerRole.EXAMINER)
    passwords.change(second, "Cy", Secret(value="a new one of Cy's"))
    assert passwords.recognised(registered.workspace, "Cy", Secret(value=password_of("Cy"))) is None
    assert passwords.recognised(registered.workspace, "Ben", Secret(value=password_of("Ben"))) == "Ben"
    (foreign,) = {
        entry for entry in json.loads(kept.read_text()) if entry not in str(workflow.custody.log(registered).data)
    }
    second.case_folder().case_file.write_bytes(b"sealed to us")
    told = passwords.change(registered, "Ben", Secret(value="a new one of Ben's"))
    assert foreign not in kept.read_text()
    assert str(told.messages[0]).endswith("taken away: 1.")
    assert passwords.recognised(registered.workspace, "Cy", Secret(value="a new one of Cy's")) is None


def test_a_console_for_others_needs_somebody_with_a_password(desk: Desk, tls: Tls) -> None:
    """Without a registered examiner who has one, or with files that are no certificate, it does not begin."""
    with pytest.raises(InputError, match="password"):
        passwords.require_somebody(desk)
    with pytest.raises(InputError, match="TLS"):
        read_tls(tls.certificate, tls.certificate)
