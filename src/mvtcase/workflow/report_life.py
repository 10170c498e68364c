"""The life of a report after it was written: reviewed, released, superseded, corrected, compared, made again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mvtcase.canon import person_key, sha256_bytes
from mvtcase.errors import ConflictError, InputError, NotFoundError
from mvtcase.files import write_atomically
from mvtcase.model import ReportState
from mvtcase.report import kept
from mvtcase.report.facts import Life
from mvtcase.report.publication import Edition
from mvtcase.report.render import Format, as_json, render_all
from mvtcase.store import queries
from mvtcase.store.folder import PRIVATE_FOLDER
from mvtcase.wording import Said, do, say, translator
from mvtcase.workflow import report_files, reports, witnesses
from mvtcase.workflow.desk import Outcome
from mvtcase.workflow.editions import ALLOWED
from mvtcase.workflow.recording import require_decided
from mvtcase.workflow.report_making import look_of, look_over, made_again, occasion_again

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.store.store import Store
    from mvtcase.wording import Message
    from mvtcase.workflow.desk import Desk
    from mvtcase.workflow.report_files import Written

_NEXT = {ReportState.DRAFT: ReportState.REVIEWED, ReportState.REVIEWED: ReportState.RELEASED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """One file made again from the case: `same` when its bytes are those that the chain names."""

    id: str
    format: str
    sha256: str
    same: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuild:
    """What `report rebuild` returns."""

    files: tuple[Rebuilt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that two reports say differently."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What `report diff` returns."""

    before: str
    after: str
    differences: tuple[Difference, ...]


def review(desk: Desk, named: str) -> Outcome[reports.ReportsShown]:
    """Mark a draft as reviewed; its writer cannot review it, and one that the case has left behind is refused."""
    with desk.open_case(to_change=True) as store:
        found = _found(store, named)
        if person_key(found.report.written_by) == person_key(desk.actor):
            raise ConflictError(
                "{report} was written by {written_by}.",
                hint="Another examiner reviews it.",
                report=found.report.id,
                written_by=found.report.written_by,
            )
        return _advance(desk, store, found, ReportState.REVIEWED)


def release(desk: Desk, named: str, *, output: Path | None = None) -> Outcome[reports.ReportsShown]:
    """Mark a reviewed report as released; its files must be what was written, and the case what it speaks of.

    With `output` a copy of them goes there, with signatures; of a sealed case, and of a report released before, too.
    """
    with desk.open_case(to_change=True) as store:
        found = _found(store, named)
        if output is None or found.report.state is not ReportState.RELEASED:
            require_decided(store)
            outcome = _advance(desk, store, found, ReportState.RELEASED)
        else:
            outcome = Outcome(data=reports.shown(store, [named]))
        if output is not None:
            _give_out(desk, store, _found(store, named), output.expanduser().absolute())
        return outcome


def _give_out(desk: Desk, store: Store, found: Written, output: Path) -> None:
    """Copy the files of a released report, with their signatures and the page on these, to a folder."""
    if changed := [each for each in found.files if report_files.file_state(store.folder, each) != "as written"]:
        raise ConflictError("The file of {report} is {found}.", report=found.report.id,
                            found=report_files.file_state(store.folder, changed[0]))  # fmt: skip
    page = f"reports/{found.report.id}{report_files.HOW_TO_CHECK}"
    names = [page, *(each.path + end for each in found.files for end in ("", witnesses.MINISIG))]
    sources = [path for path in map(store.folder.file, names) if path.is_file()]
    if there := [each for each in sources if (output / each.name).exists()]:
        raise ConflictError("{path} exists already.", path=output / there[0].name)
    with store.change("report.given_out", actor=desk.actor, subject=found.report.id):
        output.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        for each in sources:
            write_atomically(output / each.name, each.read_bytes())


def _advance(desk: Desk, store: Store, found: Written, state: ReportState) -> Outcome[reports.ReportsShown]:
    report = found.report
    if _NEXT.get(report.state) is not state:
        raise ConflictError(
            "{report} is {state} and cannot become {state_2}.", report=report.id, state=report.state, state_2=state
        )
    if report.outdated:
        raise ConflictError(
            "{report} has to be superseded: {why}.", hint="Write it again.", report=report.id, why=report.outdated
        )
    for file in found.files:
        if (held := report_files.file_state(store.folder, file)) != "as written":
            raise ConflictError(
                "The file of {report} is {found}.", hint="Write the report again.", report=report.id, found=held
            )
    since = _since(store, found)
    _require_fresh(desk, store, found, since)
    with store.change(f"report.{state}", actor=desk.actor, subject=report.id, sha256=report.sha256) as change:
        change.payload |= _laid_out(desk, store, found, _advanced(found.life, state, desk.actor, change.at))
        seen = {f"{state}_by": desk.actor, f"{state}_at": change.at}
        change.update("report", report.uuid, state=state, sha256=_first(change.payload, report.sha256), **seen)
    none = say("Nothing was changed in the case since it was written.")
    _sign_files(desk, store, report.id)
    return Outcome(data=reports.shown(store, [report.id]), messages=(since or none,))


def _advanced(life: Life, state: ReportState, by: str, at: str) -> Life:
    if state is ReportState.REVIEWED:
        return replace(life, state=str(state), reviewed_by=by, reviewed_at=at)
    return replace(life, state=str(state), released_by=by, released_at=at)


def _since(store: Store, found: Written) -> Message | None:
    """Return what happened in the case since a report was written, None where nothing did."""
    events = queries.custody_events(store)
    written = next((each.sequence for each in events if each.digest == found.report.custody_head), 0)
    later = Counter(each.action for each in events[written:] if not each.action.startswith(report_files.REPORT_EVENTS))
    told = ", ".join(f"{number} × {action}" for action, number in sorted(later.items()))
    return say("In the case since it was written: {events}.", events=told) if later else None


def _require_fresh(desk: Desk, store: Store, found: Written, since: Message | None) -> None:
    """Raise `ConflictError` where the case would not say any more what the report says."""
    if not found.wish or found.facts is None:
        return
    written = as_json(_without_life(_kept_facts(store, found)))
    try:
        now = as_json(_without_life(made_again(store, found, desk.newest())))
    except ConflictError as error:
        raise ConflictError(
            "{report} may not leave as it is: {error}", hint="Write it again.", report=found.report.id, error=error
        ) from error
    parts = sorted(name for name in written if name != "custody" and written[name] != now.get(name))
    if parts:
        raise ConflictError(
            "{report} is stale: the case has moved on in {parts}. {since}",
            hint=say("Write it again with {0}.", do("report write", found.report.kind)),
            report=found.report.id,
            parts=tuple(Said(each.replace("_", " ")) for each in parts),
            since=since or "",
        )


def _without_life(facts: Any) -> Any:  # noqa: ANN401  # the facts of any kind
    """Return facts as they were before anybody looked at them: its own life makes no report stale."""
    return replace(facts, details=replace(facts.details, life=Life()))


def _kept_facts(store: Store, found: Written) -> Any:  # noqa: ANN401  # the facts of any kind
    """Return what a report says, from the file that keeps it. Raises `ConflictError` when that is not as it was."""
    if found.facts is None or report_files.file_state(store.folder, found.facts) != "as written":
        raise ConflictError(
            "What {report} says was not kept, or was changed since.",
            hint="Write the report again.",
            report=found.report.id,
        )
    return kept.read(found.report.kind, store.folder.file(found.facts.path).read_bytes())


def _laid_out(desk: Desk, store: Store, found: Written, life: Life, *new: str) -> dict[str, Any]:
    """Lay a report out again with where it stands now, and return what the chain says of its files.

    Of a released one only `new` texts are looked over: what left is not called back by a level that was lowered since,
    and just then it has to be superseded. Reports of 0.1.0 keep their file as it is: what they say was not kept.
    """
    if not found.wish:
        return {}
    facts = _kept_facts(store, found)
    facts = replace(facts, details=replace(facts.details, life=life))
    formats = [Format(file.format) for file in found.files]
    look = look_of(desk.settings)
    made = render_all(facts, found.report.kind, formats, look)
    pages = [(file.path.rpartition("/")[2], page) for file, (_, page) in zip(found.files, made, strict=True)]
    if found.wish["edition"] == Edition.OUTSIDE:
        book, occasion = occasion_again(store, found)
        look_over(book, replace(occasion, life=life), [("new.md", text.encode()) for text in new]
                  if found.was_released else pages)  # fmt: skip
    return {
        "look": look.digest,
        "files": [
            reports.filed(store, name, file.format, [page])
            for (name, page), file in zip(pages, found.files, strict=True)
        ],
    }


def _sign_files(desk: Desk, store: Store, named: str) -> None:
    """Sign the files of a report that was released, with a page on how to check that; without keys, unsign them.

    A file that was laid out anew has no signature any more: the one before is for other bytes.
    """
    found = _found(store, named)
    page = f"{found.files[0].path.rpartition('/')[0]}/{named}{report_files.HOW_TO_CHECK}"
    if not found.was_released or desk.identity is None:
        for inside in (*(each.path + witnesses.MINISIG for each in found.files), page):
            store.folder.remove(inside)
        return
    paths = [store.folder.file(each.path) for each in found.files]
    for path in paths:
        witnesses.sign_file(path, desk.identity, f"{path.name} {named} {desk.actor}")
    word = translator(desk.language_of(queries.case_file(store))).word
    told = witnesses.how_to_check([each.name for each in paths], desk.identity.verify_key, word)
    write_atomically(store.folder.file(page), told.encode())


def _first(payload: dict[str, Any], otherwise: str) -> str:
    files = payload.get("files")
    return str(files[0]["sha256"]) if files else otherwise


def supersede(desk: Desk, named: str, *, by: str) -> Outcome[reports.ReportsShown]:
    """Mark a report as replaced by a newer one of the same kind and target, which must have been released."""
    with desk.open_case(to_change=True) as store:
        old, new = _found(store, named), _found(store, by)
        if old.report.state is ReportState.SUPERSEDED or _number(new) <= _number(old):
            raise ConflictError(
                "{new} cannot replace {old}, which is {state}.",
                new=new.report.id,
                old=old.report.id,
                state=old.report.state,
            )
        if (old.report.kind, old.report.target) != (new.report.kind, new.report.target):
            raise ConflictError("{new} is not about what {old} is about.", new=new.report.id, old=old.report.id)
        if new.report.state is not ReportState.RELEASED:
            raise ConflictError(
                "{new} is {state}: only a released report replaces another.",
                hint=say("Use {0} and {1} first.", do("report review", by), do("report release", by)),
                new=new.report.id,
                state=new.report.state,
            )
        with store.change("report.superseded", actor=desk.actor, subject=old.report.id, by=new.report.id) as change:
            life = replace(old.life, state=str(ReportState.SUPERSEDED), superseded_by=new.report.id)
            change.payload |= _laid_out(desk, store, old, life)
            change.update(
                "report",
                old.report.uuid,
                state=ReportState.SUPERSEDED,
                sha256=_first(change.payload, old.report.sha256),
            )
        with store.change("report.supersedes", actor=desk.actor, subject=new.report.id, old=old.report.id) as change:
            replaced = ", ".join(filter(None, (new.life.supersedes, old.report.id)))
            change.payload |= _laid_out(desk, store, new, replace(new.life, supersedes=replaced))
            change.update(
                "report", new.report.uuid, supersedes=old.report.id, sha256=_first(change.payload, new.report.sha256)
            )
        for each in (old.report.id, new.report.id):
            _sign_files(desk, store, each)
        return Outcome(data=reports.shown(store, [old.report.id, new.report.id]))


def _number(found: Written) -> int:
    return int(found.report.id.partition("-")[2])


def erratum(desk: Desk, named: str, text: str) -> Outcome[reports.ReportsShown]:
    """Add a correction to a released report; it stands on its first page from now on."""
    if not text.strip():
        raise InputError("An erratum needs a text.")
    with desk.open_case(to_change=True) as store:
        found = _found(store, named)
        if not found.was_released:
            raise ConflictError(
                "{report} is {state}: what was not released is written again.",
                report=found.report.id,
                state=found.report.state,
            )
        with store.change("report.erratum", actor=desk.actor, subject=found.report.id, text=text.strip()) as change:
            errata = (*found.life.errata, (desk.actor, change.at, text.strip()))
            change.payload |= _laid_out(desk, store, found, replace(found.life, errata=errata), text, desk.actor)
            change.update(
                "report", found.report.uuid, erratum=text.strip(), sha256=_first(change.payload, found.report.sha256)
            )
        _sign_files(desk, store, found.report.id)
        return Outcome(data=reports.shown(store, [found.report.id]))


def rebuild(desk: Desk, named: str) -> Outcome[Rebuild]:
    """Make a report again from the case as it was at the head that the report prints; tell whether its bytes are so.

    What happened since is told. Where the case of then cannot be had any more, that is told, and the case of now taken.
    """
    with desk.open_case() as store:
        found = _found(store, named)
        if not found.wish:
            raise ConflictError("{report} is of a release that kept too little for this.", report=found.report.id)
        facts, lacking = _made_of_then(store, found)
        formats, made = [Format(file.format) for file in found.files], []
        look = look_of(desk.settings)
        pages = render_all(facts, found.report.kind, formats, look)
        for file, (_, page) in zip(found.files, pages, strict=True):
            digest = sha256_bytes(page)
            made.append(Rebuilt(id=found.report.id, format=file.format, sha256=digest, same=digest == file.sha256))
        told = (*lacking, *filter(None, (_since(store, found),)), *_by_another_release(desk, found))
        if found.look not in {None, look.digest}:
            told = (*told, say("The logo or the templates are not those it was laid out with: pages can differ."))
        return Outcome(data=Rebuild(files=tuple(made)), messages=told)


def _by_another_release(desk: Desk, found: Written) -> tuple[Message, ...]:
    """Return a note where another release wrote a report: its words and pages are that release's."""
    then, now = found.wish["newest"]["tools"].get("mvtcase", ""), desk.newest().tools["mvtcase"]
    if then == now:
        return ()
    return (say("mvtcase {then} wrote it, and this is {now}: words and pages can differ.", then=then, now=now),)


def _made_of_then(store: Store, found: Written) -> tuple[Any, tuple[Message, ...]]:
    """Return the facts of a report made of the case at its head, and why it is the case of now where it is that."""
    try:
        with store.as_of(found.report.custody_head) as then:
            return made_again(then, found), ()
    except ConflictError as error:
        now = say("{error} What follows was made of the case as it is now.", error=error.message)
        return made_again(store, found), (now,)


def diff(desk: Desk, named: str, *, before: str | None = None) -> Outcome[Differences]:
    """Return what a report says otherwise than the one before it of the same kind, target and language."""
    with desk.open_case() as store:
        after = _found(store, named)
        old = _found(store, before) if before else _before(store, after)
        one, other = as_json(_kept_facts(store, old)), as_json(_kept_facts(store, after))
        notes = () if old.wish.get("language") == after.wish.get("language") else (_OTHER_WORDS,)
    told = [each for name, key, value in _COMPARED for each in _differences(name, key, value, one, other)]
    return Outcome(
        data=Differences(before=old.report.id, after=after.report.id, differences=tuple(told)), messages=notes
    )


_OTHER_WORDS = say("The two are in different languages: words differ where what they say does not.")


_COMPARED = (
    ("tallies", "words", "count"),
    ("people", "who", "words"),
    ("lines", "title", "state"),
    ("indicators", "indicator", "findings"),
    ("modules", "module", "words"),
)
"""Lists that are compared: what names an entry, and what is compared of it."""


def _differences(part: str, key: str, value: str, one: Any, other: Any) -> list[Difference]:  # noqa: ANN401  # JSON
    old, new = _entries(one.get(part), key, value), _entries(other.get(part), key, value)
    return [
        Difference(what=f"{part}: {name}", before=old.get(name, ""), after=new.get(name, ""))
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    ]


def _entries(rows: Any, key: str, value: str) -> dict[str, str]:  # noqa: ANN401  # JSON
    """Return what each name stands at: two of one name, such as two people's same message, at both."""
    told: dict[str, list[str]] = {}
    for each in (each for each in rows or () if isinstance(each, dict)):
        name = each[key]["value"] if isinstance(each[key], dict) else each[key]
        told.setdefault(str(name), []).append(str(each[value]))
    return {name: ", ".join(sorted(values)) for name, values in told.items()}


def _before(store: Store, after: Written) -> Written:
    same = [
        each
        for each in report_files.written(store)
        if (each.report.kind, each.report.target) == (after.report.kind, after.report.target)
        and all(each.wish.get(name) == after.wish.get(name) for name in ("edition", "language"))
        and _number(each) < _number(after)
    ]
    if not same:
        raise NotFoundError(
            "There is no report before {report} of its kind, edition, target and language.", report=after.report.id
        )
    return same[-1]


def allow(desk: Desk, item: str, reason: str) -> Outcome[reports.Reports]:
    """Let the text of one finding or observation stand in reports that leave the case team; the chain says why."""
    if not reason.strip():
        raise InputError("Letting a text out needs a reason.")
    with desk.open_case(to_change=True) as store:
        known = {each.id for each in queries.findings(store)} | {each.id for each in queries.observations(store)}
        if item not in known:
            raise NotFoundError("This case holds no finding or observation {named!r}.", named=item)
        with store.change(ALLOWED, actor=desk.actor, subject=item, reason=reason.strip()):
            pass  # the chain alone keeps it
    return reports.list_reports(desk)


def _found(store: Store, named: str) -> Written:
    for each in report_files.written(store):
        if each.report.id == named:
            return each
    raise NotFoundError(
        "This case holds no report {named!r}.", hint=say("{0} shows the reports.", do("report list")), named=named
    )
