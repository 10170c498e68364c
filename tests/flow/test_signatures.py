"""Who vouches for a chain: ten ways to tamper with a case, each told by a third party that holds nothing but keys."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from laptops import keys_of, new_identity, send
from mvtcase.canon import canonical_json, parse_timestamp
from mvtcase.engine.results_folder import write_hashes
from mvtcase.errors import ChainBrokenError, ConflictError, WrongKeyError
from mvtcase.model import ExaminerRole
from mvtcase.store import custody as chain
from mvtcase.store import queries, schema, signatures
from mvtcase.store.folder import Workspace
from mvtcase.workflow import (
    bundle_files,
    cases,
    custody,
    examiners,
    exports,
    handovers,
    iocs,
    report_life,
    reports,
    scans,
    slices,
    stamps,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from tests.flow.conftest import FakeEngine

    from mvtcase.engine.job import EngineResult, ScanJob
    from mvtcase.store.store import Store
    from mvtcase.workflow.desk import Desk


@pytest.fixture
def signed(desk: Desk, add_phone: Callable[..., str], engine: FakeEngine, match: EngineResult, tmp_path: Path) -> Desk:
    """Give Ada's case with a phone, results, a released report, a bundle and a register; its head is signed."""

    def keep(job: ScanJob) -> None:
        (job.results / "mvt").mkdir(parents=True)
        (job.results / "mvt" / "datausage.json").write_text('[{"proc_name": "bh", "isodate": "2026-09-01 01:02:03"}]')
        engine.answer = replace(match, results_sha256=write_hashes(job.results))

    engine.before = keep
    made = replace(desk, identity=new_identity())
    examiners.add(made, "Bo", ExaminerRole.EXAMINER)
    add_phone()
    scans.run(made, scans.Request())
    reports.write(made, "incident", formats=("html",))
    bo = replace(made, examiner="Bo", identity=new_identity())
    report_life.review(bo, "R-0001")
    report_life.release(made, "R-0001")
    send(made, made, made.case_folder().path / "exports", "taipei", evidence=False)
    (tmp_path / "listed").mkdir()
    keys_of(tmp_path / "listed", made, bo)
    return made


@pytest.fixture
def keys(signed: Desk, tmp_path: Path) -> Path:
    """Give the list of keys that a third party holds."""
    del signed
    return tmp_path / "listed" / "keys.txt"


def _open(store: Store) -> sqlite3.Connection:
    """Take the guards away, as a forger would."""
    for (name,) in store.connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        store.connection.execute(f"DROP TRIGGER {name}")
    store.connection.execute("PRAGMA foreign_keys = OFF")
    return store.connection


def _close(store: Store) -> None:
    for (kind, _), text in schema.expected().items():
        if kind == "trigger":
            store.connection.execute(text)


def _forged(desk: Desk, *statements: str) -> None:
    with replace(desk, identity=None).open_case() as store:
        for each in statements:
            _open(store).execute(each)
        _close(store)


def _rebuild(desk: Desk) -> None:
    """Lower a finding and build the chain anew over it, every digest right; the signatures are left."""
    with replace(desk, identity=None).open_case() as store:
        connection = _open(store)
        connection.execute("UPDATE official SET name = 'Nobody'")
        (uuid,) = connection.execute("SELECT uuid FROM official").fetchone()
        seal = chain.row_digests(connection, "official", [uuid])[uuid]
        connection.execute("UPDATE custody_row SET row_sha256 = ? WHERE row_uuid = ?", (seal, uuid))
        previous = "0" * 64
        for event in queries.custody_events(store):
            rows = [
                chain.WrittenRow(table=t, uuid=u, digest=d)
                for t, u, d in connection.execute(
                    "SELECT table_name, row_uuid, row_sha256 FROM custody_row WHERE sequence = ? ORDER BY ordinal",
                    (event.sequence,),
                )
            ]
            payload = {**event.payload, "rows_sha256": chain.rows_digest(rows)}
            made = replace(event, payload=payload, previous=previous)
            previous = chain.event_digest(made)
            connection.execute(
                "UPDATE custody_event SET payload = ?, previous = ?, digest = ? WHERE sequence = ?",
                (canonical_json(payload), made.previous, previous, event.sequence),
            )
        connection.execute("UPDATE report SET custody_head = ?", (previous,))
        _close(store)


def _swap_report(desk: Desk) -> None:
    (path,) = desk.case_folder().reports.glob("R-0001*.html")
    path.write_text("<p>nothing was found</p>")


def _swap_signature(desk: Desk) -> None:
    _forged(
        desk,
        "UPDATE custody_signature SET signature = (SELECT signature FROM custody_signature ORDER BY sequence LIMIT 1) "
        "WHERE sequence = (SELECT max(sequence) FROM custody_signature)",
    )


def _alter_set(desk: Desk) -> None:
    for path in desk.workspace.iocs.rglob("tiny.txt"):
        path.chmod(0o600)
        path.write_text("roleaboutd\n")


def _alter_result(desk: Desk) -> None:
    (desk.case_folder().results("S-0001") / "mvt" / "datausage.json").write_text("[]")


def _swap_chunk(desk: Desk) -> None:
    (path,) = (desk.case_folder().path / "exports").glob("*.mvtbundle")
    data = bytearray(path.read_bytes())
    data[300] ^= 1
    path.write_bytes(data)


def _alter_keys(desk: Desk) -> None:
    (list_of_keys,) = desk.workspace.path.parent.glob("listed/keys.txt")
    other = new_identity().public_keys[1]
    lines = list_of_keys.read_text().splitlines()
    list_of_keys.write_text("\n".join([lines[0], f"Ada {other}", *lines[2:]]))


TAMPERINGS: dict[str, tuple[Callable[[Desk], None], str]] = {
    "row changed": (lambda desk: _forged(desk, "UPDATE device SET label = 'x'"), "device .* differs"),
    "event deleted": (lambda desk: _forged(desk, "DELETE FROM custody_event WHERE sequence = 3"), "where event 3 is"),
    "chain rebuilt": (_rebuild, "a head that is not in this chain"),
    "report swapped": (_swap_report, "report R-0001, html: the file is missing or changed"),
    "signature swapped": (_swap_signature, "does not fit: it was changed or swapped"),
    "set altered": (_alter_set, "indicator set tiny"),
    "result file altered": (_alter_result, "results of S-0001: .*datausage"),
    "bundle chunk swapped": (_swap_chunk, "bundle .*chunk 1 is not what was signed"),
    "key list altered": (_alter_keys, "is not on the list of keys"),
}


def test_a_third_party_tells_each_tampering_by_its_name(signed: Desk, keys: Path, tmp_path: Path) -> None:
    """With a list of public keys and no secret; untouched, the case holds."""
    stranger, places = replace(signed, identity=None, examiner="Third"), ("workspace", "listed")
    for name in places:
        shutil.copytree(tmp_path / name, tmp_path / "kept" / name)
    for tampering, (tamper, told) in TAMPERINGS.items():
        assert custody.verify(stranger, keys=keys).json["holds"] is True
        tamper(signed)
        with pytest.raises(ChainBrokenError) as refused:
            custody.verify(stranger, keys=keys)
        assert re.search(told, str(refused.value)), tampering
        for name in places:
            shutil.rmtree(tmp_path / name)
            shutil.copytree(tmp_path / "kept" / name, tmp_path / name)


def test_a_cut_end_takes_a_witness_from_outside_and_the_output_says_so(
    signed: Desk, keys: Path, tmp_path: Path
) -> None:
    """An older copy put back holds by itself; the newest head, and another laptop's bundle, say that it is older."""
    stranger = replace(signed, identity=None)
    shutil.copytree(signed.case_folder().path, tmp_path / "older")
    custody.note(signed, "Later.")
    (tmp_path / "post").mkdir()
    bundle = send(signed, signed, tmp_path / "post", "taipei", evidence=False)
    head = custody.verify(stranger, keys=keys).json["head"]
    custody.verify(stranger, keys=keys, against=bundle)
    shutil.rmtree(signed.case_folder().path)
    shutil.copytree(tmp_path / "older", signed.workspace.cases / "line-2021")
    outcome = custody.verify(stranger, keys=keys)
    assert any("cut off, or an older copy put back" in str(each) for each in outcome.messages)
    with pytest.raises(ChainBrokenError, match="is not in the chain"):
        custody.verify(stranger, keys=keys, head=head)
    with pytest.raises(ChainBrokenError, match="an older copy was put back"):
        custody.verify(stranger, keys=keys, against=bundle)


def test_what_ran_without_keys_is_told_and_with_a_list_of_keys_refused(signed: Desk, keys: Path) -> None:
    """Until somebody signs the head."""
    stranger = replace(signed, identity=None)
    custody.note(stranger, "Without my keys.")
    outcome = custody.verify(stranger)
    assert any("signed by nobody" in str(each) for each in outcome.messages)
    with pytest.raises(ChainBrokenError, match=r"not one of the heads .* is signed by anybody on the list"):
        custody.verify(stranger, keys=keys)
    with pytest.raises(WrongKeyError):
        custody.sign(stranger)
    custody.sign(signed)
    assert custody.verify(stranger, keys=keys).json["signed_to"] == custody.verify(stranger).json["events"]


def test_an_event_names_the_registered_examiner(signed: Desk) -> None:
    """By the id in the register, beside the name."""
    events = custody.log(signed).data.events
    assert events[-1].payload["examiner_id"] == "E-0001"


@pytest.mark.skipif(shutil.which("minisign") is None, reason="needs minisign")
def test_minisign_itself_accepts_a_released_report_and_an_export(signed: Desk) -> None:
    """As the page beside them tells; one byte changed, and it refuses."""
    (page,) = signed.case_folder().reports.glob("*-how-to-check.txt")
    (line,) = (each.split() for each in page.read_text().splitlines() if "minisign -V" in each)
    report = signed.case_folder().reports / line[-1]
    exports.export(signed, "json", edition="internal")
    (export,) = (signed.case_folder().path / "exports").glob("*.json")
    for path in (report, export):
        call = ["minisign", "-V", "-P", line[3], "-m", str(path)]
        assert subprocess.run(call, capture_output=True, check=False).returncode == 0  # fixed arguments
        path.write_bytes(path.read_bytes() + b" ")
        assert subprocess.run(call, capture_output=True, check=False).returncode != 0  # as above


def test_a_handover_is_written_down_printed_and_its_signed_form_kept(signed: Desk, tmp_path: Path) -> None:
    """The form names who, what and why in a chain that goes on; a form is attached once."""
    wish = handovers.Handing(giver="Ada", taker="Lab <2>", item="A-0001", reason="second look")
    one = handovers.hand_over(signed, wish).data.handover
    page = (signed.case_folder().path / "exports" / "H-0001-handover.html").read_text()
    assert (one.device, "Lab &lt;2&gt;" in page, "manifest" in page) == ("D-0001", True, True)
    (tmp_path / "scan.png").write_bytes(b"signed")
    assert handovers.attach(signed, "H-0001", tmp_path / "scan.png").data.handover.scan_sha256 is not None
    with pytest.raises(ConflictError):
        handovers.attach(signed, "H-0001", tmp_path / "scan.png")
    custody.verify(signed)
    (path,) = signed.case_folder().attachments.glob("*")
    path.write_bytes(b"another")
    with pytest.raises(ChainBrokenError, match="attachment"):
        custody.verify(signed)


class Authority:
    """A time stamp authority of the tests' own, made and run with openssl."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        key, root_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root, signer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in ("Root", "Stamps"))
        only = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        certificates = [
            _certificate(root, root, root_key.public_key(), root_key, None),
            _certificate(signer, root, key.public_key(), root_key, only),
        ]
        for name, each in zip(("root.pem", "signer.pem"), certificates, strict=True):
            (folder / name).write_bytes(each.public_bytes(serialization.Encoding.PEM))
        form = serialization.PrivateFormat.PKCS8
        secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        (folder / "key.pem").write_bytes(secret)
        (folder / "serial").write_text("01")
        (folder / "tsa.cnf").write_text(
            "[tsa]\ndefault_tsa=one\n[one]\nserial=serial\ncrypto_device=builtin\nsigner_cert=signer.pem\n"
            "signer_key=key.pem\nsigner_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\n"
            "ordering=yes\ntsa_name=yes\n"
        )

    def answer(self, _address: str, request: bytes) -> bytes:
        """Return a time stamp for a request."""
        (self.folder / "request.tsq").write_bytes(request)
        call = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "request.tsq", "-out", "answer.tsr"]
        subprocess.run(call, cwd=self.folder, check=True, capture_output=True)  # fixed arguments
        return (self.folder / "answer.tsr").read_bytes()


def _certificate(subject: x509.Name, issuer: x509.Name, public: Any, key: Any, usage: Any) -> x509.Certificate:
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=usage is None, path_length=None), critical=True)
    )
    if usage is not None:
        made = made.add_extension(usage, critical=True)
    return made.sign(key, hashes.SHA256())


def test_every_verb_ends_with_a_signed_head(signed: Desk, tmp_path: Path) -> None:
    """Also one that starts a case, scans it, or brings a set into the workspace and notes that in its cases."""

    def signed_to_the_end(desk: Desk) -> bool:
        with replace(desk, identity=None).open_case() as store:
            return signatures.covered_to(store, None) == chain.head(store.connection)[0]

    cases.new(signed, "Second")
    assert signed_to_the_end(replace(signed, case="second"))
    first = replace(signed, case="line-2021")
    scans.run(first, scans.Request())
    assert signed_to_the_end(first)
    (tmp_path / "own.txt").write_text("own.example\n")
    iocs.import_files(first, [tmp_path / "own.txt"])
    assert custody.log(replace(first, identity=None)).data.events[-1].action == "sets.noted"
    assert signed_to_the_end(first)


def test_nobody_works_with_the_identity_of_another(signed: Desk, keys: Path) -> None:
    """It is refused; a console that several people share works for them, and signs as who started it."""
    cy, dee = new_identity(), new_identity()
    for name, own in (("Cy", cy), ("Dee", dee)):
        examiners.add(signed, name, ExaminerRole.EXAMINER, own.public_keys)
        keys.write_text(f"{keys.read_text()}\n{name} {' '.join(own.public_keys)}")
    other = replace(signed, examiner="Cy", identity=dee)
    with pytest.raises(ConflictError, match="not the one that Cy is registered with"):
        custody.note(other, "As somebody else.")
    custody.note(replace(other, identity=cy), "As myself.")
    custody.note(replace(other, shared=True), "In the console.")
    held = custody.verify(signed, keys=keys).data
    assert (held.signed_to, {"Cy", "Dee"} - {*held.signed_by}) == (held.events, set())


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_a_time_stamp_is_a_witness_and_only_a_hash_leaves(signed: Desk, tmp_path: Path) -> None:
    """An authority of our own stamps the head; a chain that lost it is told, another authority is not believed."""
    (tmp_path / "tsa").mkdir()
    (tmp_path / "other").mkdir()
    authority, other = Authority(tmp_path / "tsa"), Authority(tmp_path / "other")
    asked: list[bytes] = []

    def ask(address: str, request: bytes) -> bytes:
        asked.append(request)
        return authority.answer(address, request)

    shutil.copytree(signed.case_folder().path, tmp_path / "older")
    custody.note(signed, "Later.")
    stamp, root = tmp_path / "head.tsr", tmp_path / "tsa" / "root.pem"
    with pytest.raises(ConflictError, match="does not hold"):
        stamps.stamp(signed, "https://tsa", tmp_path / "other" / "root.pem", output=stamp, ask=ask)
    del other
    made = stamps.stamp(signed, "https://tsa", root, output=stamp, ask=ask).data
    assert len(asked[-1]) < 100
    assert made.head == custody.log(signed).data.head
    held = custody.verify(signed, against=stamp).data
    behind = parse_timestamp(made.at) - timedelta(hours=2)
    custody.note(replace(signed, clock=lambda: behind), "Written after the stamp.")
    jump = custody.log(signed).data.clock_jumps[-1]
    assert (jump.event, jump.by, jump.since, jump.seconds) == (held.events + 1, "time stamp", made.at, -7200)
    shutil.rmtree(signed.case_folder().path)
    shutil.copytree(tmp_path / "older", signed.workspace.cases / "line-2021")
    with pytest.raises(ChainBrokenError, match="stamped a head that is not in the chain"):
        custody.verify(signed, against=stamp)


def test_another_lab_checks_one_finding_without_the_person(signed: Desk, tmp_path: Path) -> None:
    """Seals, the finding's id, the indicator and the record hold; no name is in it; a changed row is told."""
    lab = replace(signed, workspace=Workspace(tmp_path / "lab"), identity=new_identity(), examiner="Lab")
    lab.workspace.create()
    assert lab.identity is not None
    with signed.open_case() as store:
        (one,) = queries.findings(store)
    path = tmp_path / "one.mvtbundle"
    slices.cut(signed, one.id, to=(lab.identity.recipient,), output=path)
    seen = slices.check(lab, path).data
    told = {each.what: each.holds for each in seen.checks}
    assert (seen.finding, seen.holds) == (one.id, True)
    assert {told[each] for each in ("seals", "finding from its alerts", "indicator in the alerts", "records")} == {True}
    assert told["indicator in the set"] is None, "this lab lacks the set"
    folder = tmp_path / "opened"
    folder.mkdir()
    bundle_files.unpack(path, bundle_files.read_label(path), lab.identity, folder)
    assert not any(b"Fernvale" in each.read_bytes() for each in folder.rglob("*") if each.is_file())
    inside = json.loads((folder / "slice" / "finding.json").read_text())
    inside["rows"]["finding"][0]["level"] = "LOW"
    files = [("slice/finding.json", json.dumps(inside).encode())]
    assert signed.identity is not None
    label = {**bundle_files.read_label(path).told}
    bundle_files.write(tmp_path / "two.mvtbundle", iter(files), label, [lab.identity.recipient], signed.identity)
    assert {each.what: each.holds for each in slices.check(lab, tmp_path / "two.mvtbundle").data.checks}[
        "seals"
    ] is False
