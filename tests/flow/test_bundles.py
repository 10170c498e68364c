"""Bundles between laptops: sealed for some, signed by one, merged without counting anything twice."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from laptops import CRAFTED, forged, keys_of, new_identity, records_of, relabelled, send
from mvtcase.engine.results_folder import write_hashes
from mvtcase.errors import BundleError, ConflictError, InputError, WrongKeyError
from mvtcase.model import ConsentMethod, ConsentPoint, Verdict
from mvtcase.store import incoming, merging, queries
from mvtcase.store.folder import Workspace
from mvtcase.workflow import (
    acquisitions,
    bundles,
    cases,
    consents,
    custody,
    exports,
    findings,
    groups,
    merges,
    officials,
    report_life,
    reports,
    scans,
    status,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.flow.conftest import FakeEngine

    from mvtcase.engine.job import EngineResult, ScanJob
    from mvtcase.workflow.desk import Desk


@pytest.fixture
def taipei(desk: Desk, add_phone: Callable[..., str], engine: FakeEngine, match: EngineResult) -> Desk:
    """Give Ada's laptop with one phone that matched an indicator."""
    engine.answer = match
    made = replace(desk, identity=new_identity())
    add_phone()
    scans.run(made, scans.Request())
    return made


@pytest.fixture
def taichung(taipei: Desk, tmp_path: Path) -> Desk:
    """Give Bo's laptop with an empty case of the same name."""
    workspace = Workspace(tmp_path / "taichung")
    workspace.create()
    made = replace(taipei, workspace=workspace, examiner="Bo", identity=new_identity())
    cases.new(made, "LINE 2021", slug="line-2021")
    return made


def take(target: Desk, source: Desk, path: Path) -> merges.Merged:
    """Merge a bundle into a laptop's case that knows the keys of both."""
    return merges.take_in(target, path, merges.Wish(keys=keys_of(path.parent, source, target))).data


def content(desk: Desk) -> list[Any]:
    """Return what a case says, whatever its short ids."""
    with desk.open_case() as store:
        return merging.content_of(store)


def counts(desk: Desk) -> Any:
    """Return how many officials stand at each status."""
    return status.status(desk).json["counts"]


@pytest.fixture
def post(tmp_path: Path) -> Path:
    """Give a folder for what goes from laptop to laptop."""
    (tmp_path / "post").mkdir()
    return tmp_path / "post"


def test_a_case_comes_to_another_laptop_whole(taipei: Desk, taichung: Desk, post: Path) -> None:
    """With evidence, results, status and a chain that verifies; a second import changes nothing."""
    path = send(taipei, taichung, post, "taipei")
    done = take(taichung, taipei, path)
    assert (done.merged, done.new["official"], done.new["finding"]) == (True, 1, 1)
    assert content(taichung) == content(taipei)
    assert counts(taichung) == counts(taipei)
    verified = custody.verify(taichung)
    with taichung.open_case() as store:
        (one,) = queries.acquisitions(store)
        assert one.imported
        assert (store.folder.acquisition(one.id) / "evidence").is_dir()
        assert not list((store.folder.path / "incoming").glob("*"))
    again = take(taichung, taipei, path)
    assert again.new == {}
    assert custody.verify(taichung).json["head"] == verified.json["head"]


def test_only_who_it_is_for_opens_it_and_only_a_known_signer_is_believed(
    taipei: Desk, taichung: Desk, post: Path
) -> None:
    """Anybody sees what it is and by whom; the rest takes the right key, and a signer that somebody vouches for."""
    path = send(taipei, taichung, post, "taipei")
    shown = bundles.inspect(taichung, path).data.bundle
    assert (shown.origin, shown.examiner, shown.counts["finding"]) == ("taipei", "Ada", 1)
    with pytest.raises(BundleError, match="nobody here knows"):
        merges.take_in(taichung, path, merges.Wish())
    stranger = replace(taichung, identity=new_identity())
    with pytest.raises(WrongKeyError):
        take(stranger, taipei, path)
    assert b"Fernvale" not in path.read_bytes()
    assert content(taichung) == []
    custody.verify(taichung)


def test_the_same_phone_on_two_laptops_is_one_phone_and_a_decision(taipei: Desk, taichung: Desk, post: Path) -> None:
    """Two people, one phone: whose it is waits for a person; findings are not counted twice, whoever merges."""
    groups.add(taichung, "Legislature")
    person = str(officials.add(taichung, officials.Person(name="Berta Quill")).json["official"]["id"])
    consents.record(taichung, person, by="Berta Quill", method=ConsentMethod.WRITTEN, scope="device examination",
                    informed=frozenset(ConsentPoint))  # fmt: skip
    with taipei.open_case() as store:
        (path,) = (Path(each.path) for each in queries.acquisitions(store))
    acquisitions.add(taichung, path, acquisitions.Registration(official=person))
    scans.run(taichung, scans.Request())
    ours, theirs = send(taipei, taichung, post, "taipei"), send(taichung, taipei, post, "taichung")
    take(taichung, taipei, ours)
    done = take(taipei, taichung, theirs)
    assert content(taichung) == content(taipei)
    assert counts(taichung) == counts(taipei)
    with taipei.open_case() as store:
        assert len(queries.devices(store)) == len(queries.findings(store)) == 1
        assert len(queries.officials(store)) == 2
        assert queries.acquisition(store, "A-0001@taichung").id == "A-0002"
    (open_one,) = (each for each in done.decisions if each.kind == "phone")
    assert {each["official"] for each in open_one.said.values()} == {"O-0001", "O-0002"}
    assert any("decision is open" in str(each) for each in status.status(taipei).messages)
    draft = reports.write(taipei, "incident").data.reports[0].id
    report_life.review(replace(taipei, examiner="Second Examiner", identity=None), draft)
    with pytest.raises(ConflictError, match="decision is open"):
        report_life.release(replace(taipei, examiner="Second Examiner", identity=None), draft)
    with pytest.raises(ConflictError, match="decision is open"):
        exports.export(taipei, "csv")
    merges.decide(taipei, open_one.id, "taichung", "Asked both.")
    with taipei.open_case() as store:
        assert {each.official for each in queries.acquisitions(store)} == {"O-0002"}
    custody.verify(taipei)
    custody.verify(taichung)


def test_what_was_changed_on_both_sides_waits_for_a_person(taipei: Desk, taichung: Desk, post: Path) -> None:
    """Two names of one person: one holds until it is decided, on both laptops the same; the decision travels."""
    there = send(taipei, taichung, post, "taipei")
    take(taichung, taipei, there)
    officials.change_official(taichung, "O-0001@taipei", {"name": "A. Fernvale"})
    officials.change_official(taipei, "O-0001", {"name": "Aldith F."})
    take(taipei, taichung, send(taichung, taipei, post, "taichung"))
    take(taichung, taipei, send(taipei, taichung, post, "taipei"))
    assert content(taichung) == content(taipei)
    (open_one,) = merges.decisions(taipei).data.decisions
    assert (open_one.kind, open_one.kept) == ("values", None)
    assert {each["name"] for each in open_one.said.values()} == {"A. Fernvale", "Aldith F."}
    merges.decide(taipei, open_one.id, "here", "Asked her.")
    take(taichung, taipei, send(taipei, taichung, post, "taipei"))
    assert content(taichung) == content(taipei)
    with taichung.open_case() as store:
        assert queries.official(store, "O-0001@taipei").name == "Aldith F."
    assert [each.kept for each in merges.decisions(taipei).data.decisions] == ["here"]


def test_two_judgements_without_knowledge_of_each_other_stand_until_somebody_looks_again(
    taipei: Desk, taichung: Desk, post: Path
) -> None:
    """Confirmed here and dismissed by two there: on both laptops the finding stands, alike."""
    take(taichung, taipei, send(taipei, taichung, post, "taipei"))
    with taipei.open_case() as store:
        (one,) = queries.findings(store)
    findings.dispose(taipei, one.id, verdict=Verdict.CONFIRMED, reason="Seen it.")
    for who in ("Bo", "Di"):
        findings.dispose(replace(taichung, examiner=who), one.id, verdict=Verdict.FALSE_POSITIVE, reason="Known app.")
    ours, theirs = send(taipei, taichung, post, "taipei"), send(taichung, taipei, post, "taichung")
    take(taichung, taipei, ours)
    take(taipei, taichung, theirs)
    assert content(taichung) == content(taipei)
    assert counts(taichung) == counts(taipei)
    assert counts(taipei)["indicator_match"] == 1
    assert [each.kind for each in merges.decisions(taipei).data.decisions] == ["judgement"]
    custody.verify(taipei)
    custody.verify(taichung)


def test_a_preview_and_a_no_change_nothing(taipei: Desk, taichung: Desk, post: Path) -> None:
    """What would come is told, and the case is as it was."""
    path = send(taipei, taichung, post, "taipei")
    before = custody.verify(taichung).json["head"]
    shown = merges.take_in(taichung, path, merges.Wish(keys=keys_of(post, taipei), preview=True)).data
    assert (shown.merged, shown.new["finding"]) == (False, 1)
    refused = merges.take_in(taichung, path, merges.Wish(keys=keys_of(post, taipei)), confirm=lambda _: False).data
    assert refused.merged is False
    assert custody.verify(taichung).json["head"] == before
    assert content(taichung) == []


def test_some_people_travel_without_the_others(
    taipei: Desk, taichung: Desk, post: Path, join: Callable[..., str]
) -> None:
    """Nothing of anybody else is in the bundle, and the chain still links to its head."""
    other = join("Benedikt Marlow")
    path = send(taipei, taichung, post, "taipei", officials=("O-0001",), evidence=False)
    take(taichung, taipei, path)
    with taichung.open_case() as store:
        assert [each.name for each in queries.officials(store)] == ["Aldith Fernvale"]
        told = str([row["event"] for row in store.rows("SELECT event FROM custody_origin")])
    assert other not in told
    custody.verify(taichung)
    take(taichung, taipei, send(taipei, taichung, post, "taipei", evidence=False))
    assert content(taichung) == content(taipei)


def test_a_changed_byte_anywhere_is_refused(taipei: Desk, taichung: Desk, post: Path) -> None:
    """In the sealed part, the label, the signature, the ends: with one code, and nothing taken."""
    path = send(taipei, taichung, post, "taipei", evidence=False)
    data = path.read_bytes()
    for place in (3, 40, len(data) // 2, len(data) - 200, len(data) - 60, len(data) - 20, len(data) - 3):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(BundleError):
            take(taichung, taipei, path)
    path.write_bytes(data[:-500])
    with pytest.raises(BundleError):
        take(taichung, taipei, path)
    assert content(taichung) == []


def test_an_older_copy_of_the_same_case_is_no_bundle_of_another(taipei: Desk, post: Path) -> None:
    """There is nothing to merge."""
    path = send(taipei, taipei, post, "taipei")
    with pytest.raises(ConflictError, match="older copy"):
        take(taipei, taipei, path)


def test_an_import_that_is_cut_off_leaves_nothing_or_is_finished_by_the_next_verb(
    taipei: Desk, taichung: Desk, post: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before its commit nothing of it is left; after that every file comes to its place."""
    path = send(taipei, taichung, post, "taipei")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(merging.Merge, "_follow_phones", killed)
        with pytest.raises(KeyboardInterrupt):
            take(taichung, taipei, path)
    assert content(taichung) == []
    with monkeypatch.context() as patch:
        patch.setattr(incoming, "_put_in_place", killed)
        with pytest.raises(KeyboardInterrupt):
            take(taichung, taipei, path)
    assert content(taichung) == content(taipei)
    custody.verify(taichung)
    assert not [each for each in (taichung.case_folder().path / "incoming").iterdir() if each.is_dir()]


def test_crafted_bundles_of_known_signers_are_refused_and_change_nothing(
    engine: FakeEngine, match: EngineResult, request: pytest.FixtureRequest, post: Path, tmp_path: Path
) -> None:
    """A stolen key, a turned colleague: whatever is put into a bundle, no file is written outside and no row taken."""

    def keep(job: ScanJob) -> None:
        (job.results / "mvt").mkdir(parents=True)
        (job.results / "mvt" / "sms.json").write_bytes(b"[]")
        engine.answer = replace(match, results_sha256=write_hashes(job.results))

    engine.before = keep
    taipei, taichung = (request.getfixturevalue(each) for each in ("taipei", "taichung"))
    honest = send(taipei, taichung, post, "taipei")
    records = records_of(honest, taichung.identity, tmp_path / "opened")
    before = {str(each) for each in tmp_path.rglob("*")}
    taken = []
    ours, theirs = taipei.identity, taichung.identity
    large = {**records, "case.json": bytes(60 << 20)}
    crafted: dict[str, Callable[[], Path]] = {
        what: partial(forged, honest, change(records), ours, theirs) for what, change in CRAFTED.items()
    }
    crafted["a label that promises a terabyte"] = partial(relabelled, honest, ours, bytes=1 << 40)
    crafted["more bytes than the label says"] = partial(relabelled, honest, ours, bytes=1000)
    crafted["more files than the label says"] = partial(relabelled, honest, ours, files=2)
    crafted["somebody else's signature"] = partial(relabelled, honest, new_identity())
    crafted["a bomb"] = lambda: relabelled(forged(honest, large, ours, theirs), ours, bytes=1 << 20)
    for what, make in crafted.items():
        try:
            take(taichung, taipei, make())
        except BundleError:
            continue
        taken.append(what)
    assert taken == []
    after = {str(each) for each in tmp_path.rglob("*")} - before
    assert {each for each in after if "/post/" not in each and ".lock" not in each} == {
        str(taichung.case_folder().path / "incoming")
    }
    assert content(taichung) == []
    take(taichung, taipei, forged(honest, records, taipei.identity, taichung.identity))
    assert content(taichung) == content(taipei)


def test_files_of_a_bundle_replace_none_that_the_row_here_names(taipei: Desk, tmp_path: Path) -> None:
    """A laptop that says other things of the same scan cannot put its results in the place of ours."""
    with taipei.open_case() as store:
        (row,) = store.rows("SELECT uuid, id FROM acquisition")
        staged = tmp_path / "staged" / "acquisitions" / row["uuid"]
        staged.mkdir(parents=True)
        (staged / "manifest.jsonl").write_bytes(b"{}")
        incoming._put_in_place(store, tmp_path / "staged")
        assert staged.is_dir()
    assert custody.verify(taipei).data.holds


def test_a_bundle_is_internal_and_says_so(taipei: Desk, post: Path) -> None:
    """Another edition would have to leave out what the chain seals: it is refused, with what is made for outside."""
    assert taipei.identity is not None
    path = send(taipei, taipei, post, "taipei", evidence=False, edition="internal")
    assert bundles.inspect(taipei, path).data.bundle.edition == "internal"
    for edition in ("outside", "named"):
        with pytest.raises(InputError, match="nothing in them can be left out"):
            bundles.export(taipei, bundles.Wish(to=(taipei.identity.recipient,), edition=edition))
        with pytest.raises(InputError, match="nothing in them can be left out"):
            exports.export(taipei, exports.BUNDLE, with_names=True, edition=edition)
    assert exports.export(taipei, exports.BUNDLE, with_names=True).data.export.edition == "internal"
