"""Sealed cases: nothing to read for a thief, everything for who holds a key, and whole whenever a process is killed."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.flow.conftest import START, Clock

from laptops import keys_of as listed
from laptops import send
from mvtcase.canon import sha256_file
from mvtcase.engine.job import Secret
from mvtcase.engine.results_folder import write_hashes
from mvtcase.errors import CaseDamagedError, CaseSealedError, ChainBrokenError, ConflictError, InputError, WrongKeyError
from mvtcase.files import regular_files
from mvtcase.keys import identities, locks, ring, wrapping
from mvtcase.keys.ring import Keys
from mvtcase.model import ExaminerRole
from mvtcase.phones import IosPhone, build_ios_backup
from mvtcase.store import incoming, queries, vault, view
from mvtcase.store.folder import Workspace
from mvtcase.workflow import (
    acquisitions,
    attachments,
    bundles,
    cases,
    custody,
    examiners,
    exports,
    handovers,
    merges,
    passwords,
    rechecks,
    report_life,
    reports,
    scans,
    sealed,
    slices,
    witnesses,
)
from mvtcase.workflow.desk import Desk
from mvtcase.workflow.sealed import Wish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.flow.conftest import FakeEngine

    from mvtcase.engine.job import ScanJob

CHEAP = locks.Cost(memory_kib=64, passes=1, lanes=1)
MESSAGE = b'[{"text": "meet me at the harbour", "number": "+886912000111"}]' * 3000
SECRETS = (b"Aldith", b"Fernvale", b"harbour", b"912000111", b"LINE 2021", b"line-2021", b"sms.json", b"O-0001")


@pytest.fixture(autouse=True)
def in_a_place_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let views lie in the test's own folder, and let a passphrase cost little."""
    (tmp_path / "memory").mkdir()
    monkeypatch.setattr(view, "MEMORY", tmp_path / "memory")
    monkeypatch.setattr(wrapping, "USUAL", CHEAP)


def keys_of(path: Path, name: str) -> Keys:
    """Return the keys of somebody, whose identity is made when it is first used."""
    file = path / f"{name}.identity"
    if not file.exists():
        identities.make(file, "words", cost=CHEAP)
    return Keys(file, ask=lambda _: "words")


def at(desk: Desk, keys: Keys) -> Desk:
    """Return the desk of a process that has these keys."""
    return replace(desk, workspace=replace(desk.workspace, keys=keys))


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """Give a place where the case of all these tests is kept once it is made."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "made"


@pytest.fixture
def full(engine: FakeEngine, tmp_path: Path, template: Path, request: pytest.FixtureRequest) -> Desk:
    """Give the desk of a case that holds a scan's results and an attachment, and that Ada may seal."""

    def leave_results(job: ScanJob) -> None:
        (job.results / "mvt").mkdir(parents=True)
        (job.results / "mvt" / "sms.json").write_bytes(MESSAGE)

    engine.before = leave_results
    if not template.exists():
        own = at(request.getfixturevalue("desk"), keys_of(tmp_path, "ada"))
        evidence = build_ios_backup(template.parent / "evidence", IosPhone(seed=1)).path
        acquisitions.add(own, evidence, acquisitions.Registration(official="O-0001"))
        scans.run(own, scans.Request(acquisitions=("A-0001",)))
        (tmp_path / "form.pdf").write_bytes(b"signed by Aldith Fernvale")
        attachments.keep(own.case_folder(), tmp_path / "form.pdf")
        shutil.copytree(tmp_path / "workspace", template)
        shutil.copy(tmp_path / "ada.identity", template.parent)
    else:
        shutil.copytree(template, tmp_path / "workspace")
        shutil.copy(template.parent / "ada.identity", tmp_path)
    workspace = Workspace(tmp_path / "workspace", keys_of(tmp_path, "ada"))
    clock = Clock(START + timedelta(days=1))
    return Desk(
        workspace=workspace,
        examiner="Ada",
        clock=clock,
        engine=engine,
        with_control=False,
        sandbox=lambda: "bubblewrap",
    )


def held(folder: Path) -> dict[str, str]:
    """Return the hash of every file of a case but its database."""
    kept = (each for each in regular_files(folder) if each.parent.name != "working" and "case.sqlite" not in each.name)
    return {str(each.relative_to(folder)): sha256_file(each) for each in kept if each.name != "scan.lock"}


def test_a_stolen_workspace_shows_nothing(full: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """No name, number, message or file name stands in any byte or name of it, and no size is finer than 64 KiB."""
    reports.write(full, "incident")
    before = b"".join(each.read_bytes() for each in regular_files(full.workspace.cases))
    assert all(word in before for word in (b"Aldith", b"harbour", b"912000111")), "the search finds what is there"
    sealed.seal(full, Wish())
    scans.show(full, "S-0001")
    examiners.add(full, "Blandina Roe", ExaminerRole.EXAMINER)
    monkeypatch.setattr(passwords, "_COST", CHEAP)
    passwords.change(full, "Blandina Roe", Secret(value="long enough to be one"))
    secrets = (*SECRETS, b"Blandina", b"blandina")
    for path in full.workspace.path.rglob("*"):
        assert not [word for word in secrets if word.lower() in str(path.name).lower().encode()], path
        if path.is_file():
            data = path.read_bytes()
            assert not [word for word in secrets if word in data], path
            assert path.stat().st_size % ring.GRAIN == 0 or full.workspace.cases not in path.parents, path
    nobody = at(full, Keys())
    assert cases.list_cases(nobody).json["cases"] == []
    with pytest.raises(CaseSealedError):
        cases.show(nobody)


def test_every_verb_works_on_a_sealed_case(full: Desk, tmp_path: Path, match: Any, engine: FakeEngine) -> None:
    """It is scanned, rechecked, reported, exported and verified as an open one; nothing of it is left in memory."""
    sealed.seal(full, Wish())
    engine.answer = match
    scans.run(full, scans.Request(acquisitions=("A-0001",)))
    rechecks.run(full, rechecks.Request(scans=("S-0001",)))
    written = reports.write(full, "incident").json["reports"][0]
    with full.open_case() as store:
        assert (store.folder.results("S-0002") / "mvt" / "sms.json").read_bytes() == MESSAGE
        assert not Path(written["path"]).exists()
        assert b"<html" in store.folder.file(str(Path(written["path"]).relative_to(store.folder.home))).read_bytes()
    exports.export(full, "csv", output=tmp_path / "out.csv", edition="internal")
    with pytest.raises(InputError):
        exports.export(full, "csv", edition="internal")
    assert custody.verify(full).json["holds"]
    assert cases.show(replace(full, case="line-2021")).json["case"]["slug"] == "line-2021"
    assert regular_files(tmp_path / "memory") == []


def test_what_is_sealed_and_opened_again_is_what_it_was(full: Desk) -> None:
    """Every file comes back byte for byte, and the chain tells both steps."""
    before = held(full.case_folder().home)
    sealed.seal(full, Wish())
    assert not (full.workspace.cases / "line-2021").exists()
    sealed.unseal(full)
    assert held(full.workspace.cases / "line-2021") == before
    with full.open_case() as store:
        assert [each.action for each in queries.custody_events(store)][-2:] == ["case.sealed", "case.unsealed"]
    assert custody.verify(full).json["holds"]


def test_a_removed_examiner_opens_it_no_more(full: Desk, tmp_path: Path) -> None:
    """Who was let in opens the case until removed; the passphrase goes with them, the recovery key stays."""
    lin = keys_of(tmp_path, "lin")
    paper = sealed.seal(full, Wish(recovery=True, passphrase="words of the case")).json["recovery_key"]
    with pytest.raises(CaseSealedError):
        cases.show(at(full, lin))
    assert lin.identity_file is not None
    examiners.add(full, "Lin", ExaminerRole.EXAMINER, identities.public_keys(lin.identity_file))
    said = Keys(ask=lambda _: "words of the case")
    for keys in (lin, said):
        assert cases.show(at(full, keys)).json["case"]["id"] == "C-0001"
    examiners.remove(full, "Lin")
    for keys in (keys_of(tmp_path, "lin"), Keys(ask=lambda _: "words of the case")):
        with pytest.raises((CaseSealedError, InputError)):
            cases.show(at(full, keys))
    (tmp_path / "paper").write_text(f"from the safe:\n{paper.lower()}\n")
    assert cases.show(at(full, Keys(tmp_path / "paper"))).json["case"]["id"] == "C-0001"
    examiners.change_examiner(full, "Lin", active=True)
    assert cases.show(at(full, keys_of(tmp_path, "lin"))).json["case"]["id"] == "C-0001"
    assert "still has the key" in str(examiners.change_examiner(full, "Lin", active=False).messages[0])
    assert custody.verify(full).json["holds"]


def test_a_changed_key_file_and_a_swapped_crate_are_named(full: Desk) -> None:
    """A wrapping taken out, or one crate put in another's place, is found by verify."""
    sealed.seal(full, Wish(recovery=True))
    home = full.case_folder().home
    sound = (home / "keys").read_bytes()
    told = ring.read_keys(home / "keys")
    wrapping._write(home / "keys", {**told, "wrapped": told["wrapped"][:1]})
    with pytest.raises(ChainBrokenError, match="key file"):
        custody.verify(full)
    (home / "keys").write_bytes(sound)
    with full.open_case() as store:
        assert isinstance(store.folder, view.SealedFolder)
        one, other = map(store.folder.vault.crate, ("acquisitions/A-0001", "scans/S-0001"))
    sound = one.read_bytes()
    one.write_bytes(other.read_bytes())
    with pytest.raises(ChainBrokenError, match=f"sealed/{one.name}: what is sealed of acquisitions/A-0001 is damaged"):
        custody.verify(full)
    other.write_bytes(b"torn" + other.read_bytes()[4:])
    one.with_name("f" * 32).write_bytes(sound)
    with pytest.raises(ChainBrokenError, match=rf"sealed/{other.name}: is damaged.*f{{32}}: is damaged, or no part of"):
        custody.verify(full)
    torn = other.read_bytes()
    with full.open_case(to_change=True) as store:
        with pytest.raises(CaseDamagedError, match=other.name):
            store.folder.results("S-0001")
        with store.change("note.added", actor="Ada"):
            pass
    assert other.read_bytes() == torn, "a change seals nothing in the place of what is damaged"


def test_a_passphrase_that_does_not_fit_is_told_and_may_be_typed_again(full: Desk, tmp_path: Path) -> None:
    """Of an identity as of a case: who types has three tries, a file has one; nobody is asked twice for one case."""
    asked: list[str] = []
    file = tmp_path / "ada.identity"
    keys_of(tmp_path, "ada").identity()

    def typed(file: Path | None, *answers: str, tries: int = 3) -> Keys:
        left = iter(answers)

        def ask(what: str) -> str:
            asked.append(what)
            return next(left)

        return Keys(file, ask=ask, tries=tries)

    assert typed(file, "wrong", "wrong", "words").identity() is not None
    for keys in (typed(file, "wrong", "wrong", "wrong"), typed(file, "wrong", tries=1)):
        with pytest.raises(WrongKeyError, match="does not fit"):
            keys.identity()
    sealed.seal(full, Wish(passphrase="words"))
    asked.clear()
    stranger = at(full, typed(None, "wrong", "wrong", "wrong"))
    for _ in range(2):
        with pytest.raises(CaseSealedError, match="passphrase does not open"):
            cases.show(stranger)
    assert asked == [full.case_folder().slug] * 3
    assert cases.show(at(full, typed(None, "wrong", "words"))).data.officials


def test_a_recovery_key_opens_as_people_type_it(full: Desk, tmp_path: Path) -> None:
    """In small letters, in groups, over two lines; one that is mistyped is told as such."""
    key = str(sealed.seal(full, Wish(recovery=True)).data.recovery_key)
    typed = tmp_path / "typed"
    for text in (key, f"{key.lower()[:30]} {key.lower()[30:50]}\n {key.lower()[50:]}\n"):
        typed.write_text(text)
        assert cases.show(at(full, Keys(typed))).data.officials
    for text in (key[:-1], key[:-1] + ("Q" if key[-1] != "Q" else "P"), "AGE-SECRET-KEY-1"):
        typed.write_text(text)
        with pytest.raises(WrongKeyError, match="mistyped"):
            cases.show(at(full, Keys(typed)))


def test_nothing_is_sealed_that_nobody_could_open_or_that_is_no_part_of_it(full: Desk) -> None:
    """Without any key the case stays open, and a stranger's file in its folder is not destroyed with it."""
    with pytest.raises(CaseSealedError):
        sealed.seal(at(full, Keys()), Wish())
    (full.case_folder().home / "notes.txt").write_text("mine")
    with pytest.raises(ConflictError, match=r"notes\.txt"):
        sealed.seal(full, Wish())
    assert [each.name for each in full.workspace.cases.iterdir() if each.name[0] != "."] == ["line-2021"]


def test_a_full_disk_leaves_the_case_as_it_was(full: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was half made is gone, and the open case still counts."""
    before = held(full.case_folder().home)

    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(vault.Vault, "write", no_room)
        with pytest.raises(OSError, match="No space"):
            sealed.seal(full, Wish())
    assert held(full.case_folder().home) == before
    assert [each.name for each in full.workspace.cases.iterdir() if each.name[0] != "."] == ["line-2021"]


def test_a_sealed_case_takes_no_copy_of_evidence(full: Desk, backup: Path) -> None:
    """What would lie in clear, or be lost with the view, is refused at once; evidence that stays outside is taken."""
    sealed.seal(full, Wish())
    wish = acquisitions.Registration(official="O-0001", copy_in=True)
    for verb in (acquisitions.add, acquisitions.add_all):
        with pytest.raises(ConflictError, match="takes no copy"):
            verb(full, backup, wish)
    assert len(acquisitions.list_acquisitions(full).json["acquisitions"]) == 1
    acquisitions.add(full, backup, replace(wish, copy_in=False))
    assert custody.verify(full).json["holds"]


def test_signatures_of_released_reports_are_kept_sealed(full: Desk, tmp_path: Path) -> None:
    """They are written after the event that speaks of the release, and are there when the case is opened again."""
    signing = replace(full, identity=full.keys.identity())
    examiners.add(signing, "Bo", ExaminerRole.EXAMINER)
    sealed.seal(signing, Wish())
    file = reports.write(signing, "incident", formats=("html",)).json["reports"][0]["path"]
    report_life.review(replace(full, examiner="Bo"), "R-0001")
    report_life.release(signing, "R-0001", output=tmp_path / "out")
    report_life.release(signing, "R-0001", output=tmp_path / "again")
    assert {each.name for each in (tmp_path / "out").iterdir()} == {
        each.name for each in (tmp_path / "again").iterdir()
    }
    assert b"<html" in (tmp_path / "out" / Path(file).name).read_bytes()
    with pytest.raises(ConflictError, match="exists already"):
        report_life.release(signing, "R-0001", output=tmp_path / "out")
    name = Path(file).name
    with full.open_case() as store:
        held = {each for each in store.folder.listed("reports") if store.folder.file(each).is_file()}
        assert {f"reports/{name}{witnesses.MINISIG}", "reports/R-0001-how-to-check.txt"} <= held
        keys = listed(tmp_path, signing)
        assert not witnesses.wrong_signature(tmp_path / "out" / name, witnesses.read_keys(keys))
        assert not witnesses.wrong_signature(store.folder.file(f"reports/{name}"), witnesses.read_keys(keys))
    assert custody.verify(full).json["holds"]
    report_life.erratum(full, "R-0001", "Another name.")
    with full.open_case() as store:
        assert not [each for each in store.folder.listed("reports") if each.endswith((witnesses.MINISIG, "check.txt"))]
    assert custody.verify(full).json["holds"]
    report_life.erratum(signing, "R-0001", "And another.")
    sealed.unseal(signing)
    with full.open_case() as store:
        assert not witnesses.wrong_signature(store.folder.reports / name, witnesses.read_keys(keys))
        assert (store.folder.reports / f"{name}{witnesses.MINISIG}").is_file()


def test_bundles_leave_a_sealed_case_whole_and_enter_none(
    full: Desk, tmp_path: Path, match: Any, engine: FakeEngine
) -> None:
    """Only to a place that is named; and what could not be kept sealed says which verb comes first."""
    own = replace(full, identity=full.keys.identity())
    assert own.identity is not None

    def leave_hashed_results(job: ScanJob) -> None:
        (job.results / "mvt").mkdir(parents=True)
        (job.results / "mvt" / "sms.json").write_bytes(MESSAGE)
        engine.answer = replace(match, results_sha256=write_hashes(job.results))

    engine.before = leave_hashed_results
    scans.run(own, scans.Request(acquisitions=("A-0001",)))
    with own.open_case() as store:
        (finding,) = store.rows("SELECT id FROM finding")
    sealed.seal(own, Wish())
    to = (own.identity.recipient,)
    with pytest.raises(InputError, match="unasked"):
        bundles.export(own, bundles.Wish(to=to))
    with pytest.raises(InputError, match="unasked"):
        slices.cut(own, finding["id"], to=to)
    path = send(own, own, tmp_path / "post", "taipei", evidence=True)
    slices.cut(own, finding["id"], to=to, output=tmp_path / "slice")
    assert custody.verify(own).json["holds"]
    handing = handovers.Handing(giver="Ada", taker="Bo", item="D-0001", reason="court")
    with pytest.raises(InputError, match="unasked"):
        handovers.hand_over(own, handing)
    form = handovers.hand_over(own, replace(handing, output=tmp_path / "form.html")).data.handover.form
    assert b"court" in Path(form).read_bytes()
    for sealed_too in (None, Wish()):
        other = replace(own, case=f"there-{bool(sealed_too)}".lower())
        cases.new(other, "There", slug=other.case, sealed=sealed_too)
        assert merges.take_in(other, path, merges.Wish(keys=listed(tmp_path, own))).data.merged
        assert cases.show(other).data.findings == 1
        with other.open_case() as store:
            assert store.folder.sealed == bool(sealed_too)
            assert (store.folder.results("S-0002") / "mvt" / "sms.json").read_bytes() == MESSAGE
            (one, *_) = queries.acquisitions(store)
            assert one.imported != bool(sealed_too)
        assert custody.verify(other).data.holds
    assert regular_files(tmp_path / "memory") == []


def test_a_killed_import_leaves_nothing_in_a_sealed_case(
    full: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed once its files are sealed and before the merge is committed: the next verb removes them."""
    own = replace(full, identity=full.keys.identity())
    path = send(own, own, tmp_path / "post", "taipei")
    other = replace(own, case="there")
    cases.new(other, "There", slug="there", sealed=Wish())
    wish = merges.Wish(keys=listed(tmp_path, own))

    def units() -> list[str]:
        with other.open_case() as store:
            assert isinstance(store.folder, view.SealedFolder)
            return sorted(store.folder.vault.units())

    child = os.fork()
    if child == 0:
        real = incoming.seal
        monkeypatch.setattr(incoming, "seal", lambda *given: (real(*given), os._exit(9)))
        merges.take_in(other, path, wish)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    home = other.case_folder().home
    assert list((home / "sealed").iterdir()), "files were sealed"
    assert units() == []
    assert merges.take_in(other, path, wish).data.merged
    assert units() == ["acquisitions/A-0001"]
    assert not list(home.glob(".merging-*"))
    assert custody.verify(other).data.holds


def die_at(step: int, act: Callable[[], object]) -> bool:
    """Do something in a child that ends without a goodbye at its n-th call that changes the disk; True when it did."""
    child = os.fork()
    if child == 0:
        left = [step]
        for name in ("fsync", "rename", "replace", "unlink", "mkdir", "rmdir"):
            real = getattr(os, name)

            def counted(*args: Any, _real: Any = real, **wish: Any) -> Any:
                left[0] -= 1
                if left[0] == 0:
                    os._exit(9)
                return _real(*args, **wish)

            setattr(os, name, counted)
        try:
            act()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.parametrize("action", ["seal", "unseal", "rekey"])
def test_a_kill_at_any_moment_loses_nothing(full: Desk, action: str) -> None:
    """Killed at steps from the first to the last, there is always one whole case, in the old form or the new."""
    before = held(full.case_folder().home)
    if action != "seal":
        sealed.seal(full, Wish())
    acts: dict[str, Callable[[], object]] = {
        "seal": lambda: sealed.seal(full, Wish()),
        "unseal": lambda: sealed.unseal(full),
        "rekey": lambda: sealed.rekey(full, Wish()),
    }
    step = 1
    while die_at(step, acts[action]):
        assert len(full.workspace.case_folders()) == 1, step
        if full.case_folder().sealed:
            assert cases.show(full).json["case"]["id"] == "C-0001", step
        else:
            assert held(full.case_folder().home) == before, step
        assert len([each for each in full.workspace.cases.iterdir() if each.name[0] != "."]) == 1, step
        if full.case_folder().sealed != (action != "seal"):  # done all but the last words: start over
            break
        step += 40
    assert step > 40
    if full.case_folder().sealed:
        sealed.unseal(full)
    assert held(full.case_folder().home) == before


def test_what_a_killed_scan_had_said_is_sealed_with_the_next_verb(full: Desk, engine: FakeEngine) -> None:
    """The events lie in a view that nobody holds any more: they are kept, and the view is destroyed."""
    sealed.seal(full, Wish())

    def die(job: ScanJob) -> None:
        (job.results / "mvt").mkdir(parents=True)
        (job.results / "events.jsonl").write_bytes(b'{"event": "job"}\n')
        os._exit(9)

    child = os.fork()
    if child == 0:
        engine.before = die
        try:
            scans.run(full, scans.Request(acquisitions=("A-0001",)))
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    cases.show(full)
    with full.open_case() as store:
        assert (store.folder.results("S-0002") / "events.jsonl").read_bytes() == b'{"event": "job"}\n'
