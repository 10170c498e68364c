"""Workspaces and cases: make, list, show, hold to indicator sets, close, reopen."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mvtcase.errors import ConflictError, InputError, NotFoundError, StoreError
from mvtcase.files import destroy
from mvtcase.model import CaseFile, CaseState, Tlp
from mvtcase.settings import save_settings
from mvtcase.store import queries
from mvtcase.store.folder import Workspace, slug_of
from mvtcase.store.store import Store
from mvtcase.wording import do, language_of, languages, say
from mvtcase.workflow import payloads
from mvtcase.workflow import sealed as sealing_of_cases
from mvtcase.workflow.desk import Outcome, OutcomeStatus, readable
from mvtcase.workflow.sealing import read_interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mvtcase.model import Group, Json
    from mvtcase.store.folder import CaseFolder
    from mvtcase.workflow.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What `init` returns."""

    workspace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneCase:
    """What is written down about a case."""

    case: CaseFile


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase(OneCase):
    """What `case new` returns; a recovery key is shown this once."""

    folder: str
    recovery_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeCase(OneCase):
    """What `case show` returns: a case with how much it holds."""

    folder: str
    officials: int
    groups: tuple[Group, ...]
    devices: int
    acquisitions: int
    scans: int
    findings: int
    custody_head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCase(CaseFile):
    """A case with its place."""

    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """What `case list` returns."""

    cases: tuple[ListedCase, ...]


def init(folder: Path, organisation: Mapping[str, str] | None = None) -> Outcome[Place]:
    """Make a workspace; an existing one is left as it is.

    What is told of an organisation (`organisation`, `contact`, `logo`, `language`) goes into the settings file, for the
    pages of reports. Raises `InputError` on a logo that is not there and on a language that there is not.
    """
    told = {name: value.strip() for name, value in (organisation or {}).items() if value.strip()}
    if told.get("logo") and not Path(told["logo"]).expanduser().is_file():
        raise InputError("There is no logo at {path}.", path=told["logo"])
    if told.get("language") and language_of(told["language"]) is None:
        raise InputError(
            "There is no language {given}.",
            hint=say("Use one of {language}.", language=", ".join(languages())),
            given=told["language"],
        )
    workspace = Workspace(folder.expanduser().absolute())
    workspace.create()
    kept = (say("Reports name the organisation as {path} says.", path=save_settings(told)),) if told else ()
    return Outcome(
        data=Place(workspace=str(workspace.path)),
        messages=(*kept, say("Next: {0} in this folder starts a case.", do("case new", "TITLE"))),
    )


def new(
    desk: Desk,
    title: str,
    *,
    slug: str | None = None,
    tlp: str = Tlp.AMBER_STRICT,
    description: str = "",
    sealed: sealing_of_cases.Wish | None = None,
) -> Outcome[NewCase]:
    """Start a case, encrypted where it is to be `sealed`.

    Raises `ConflictError` when the slug is taken, `InputError` on an unknown marking.
    """
    if not title.strip():
        raise InputError("A case needs a title.")
    actor, marking = desk.actor, read_tlp(tlp)
    called = slug or slug_of(title)
    # The folder of a sealed case tells nobody what people call it.
    folder = desk.workspace.new_case_folder(sealing_of_cases.new_name() if sealed else called)
    own, paper = desk.keys.identity() if sealed else None, None
    number = _next_id(desk.workspace)
    with contextlib.ExitStack() as making:
        making.enter_context(_whole_or_not_at_all(folder))
        if sealed:
            paper = sealing_of_cases.prepare(folder, own, (), sealed).paper
        store = making.enter_context(Store.create(folder, clock=desk.clock))
        change = making.enter_context(store.change("case.created", actor=actor, subject=number, title=title))
        if sealed:
            change.payload["keys_sha256"] = sealing_of_cases.key_sum(folder)
            sealing_of_cases.keep_own_keys(store, change, own, actor)
        change.insert(
            "case_file",
            id=number,
            slug=called,
            title=title.strip(),
            description=description,
            tlp=marking,
            state=CaseState.OPEN,
            created_at=change.at,
            created_by=actor,
            language=read_language(desk.language) if desk.language else None,
        )
    with Store.open(folder, clock=desk.clock) as store:
        desk.sign(store)
        return Outcome(
            data=NewCase(case=queries.case_file(store), folder=str(folder.home), recovery_key=paper),
            messages=(
                *(sealing_of_cases.told(paper) if sealed else ()),
                say("Next: {0}, then {1}.", do("group add", "NAME"), do("official add")),
            ),
        )


@contextlib.contextmanager
def _whole_or_not_at_all(folder: CaseFolder) -> Iterator[None]:
    """Remove a new case's folder when the case could not be made in it, so that its name stays free."""
    try:
        yield
    except BaseException:
        destroy(folder.path)
        raise


def _next_id(workspace: Workspace) -> str:
    """Return an id that no readable case of the workspace has, so that '--case ID' means one of them."""
    numbers = [int(one.id.rpartition("-")[2]) for each in workspace.case_folders() if (one := readable(each))]
    return f"C-{max(numbers, default=0) + 1:04d}"


def _readable(workspace: Workspace) -> Iterator[tuple[CaseFile | None, CaseFolder, str]]:
    """Give every case with its folder; None and the reason where it cannot be read."""
    for folder in workspace.case_folders():
        try:
            with Store.open(folder) as store:
                one = queries.case_file(store)
        except (NotFoundError, StoreError, ValueError, TypeError) as error:  # noqa: PERF203  # one damaged case hides no other
            yield None, folder, str(error)
        else:
            yield one, folder, ""


def read_tlp(text: str) -> Tlp:
    """Return the TLP 2.0 marking a text names, with or without `TLP:`. Raises `InputError`."""
    wanted = text.upper().removeprefix("TLP:").replace("_", "+")
    try:
        return Tlp(wanted)
    except ValueError:
        raise InputError(
            "{given!r} is no TLP 2.0 marking.", hint=say("Use one of {tlp}.", tlp=", ".join(Tlp)), given=text
        ) from None


def list_cases(desk: Desk) -> Outcome[Cases]:
    """Return all cases of the workspace; one that cannot be read is named, and hides none of the others."""
    found = list(_readable(desk.workspace))
    unreadable = tuple(
        say("The case {slug} cannot be read: {why}", slug=folder.slug, why=why)
        for one, folder, why in found
        if one is None
    )
    listed = tuple(
        payloads.filled(ListedCase, one, folder=str(folder.home)) for one, folder, _ in found if one is not None
    )
    return Outcome(
        data=Cases(cases=listed),
        status=OutcomeStatus.PARTIAL if unreadable else OutcomeStatus.SUCCESS,
        messages=unreadable,
    )


def show(desk: Desk) -> Outcome[WholeCase]:
    """Return one case with how much it holds."""
    with desk.open_case() as store:
        return Outcome(
            data=WholeCase(
                case=queries.case_file(store),
                folder=str(store.folder.home),
                officials=len(queries.officials(store)),
                groups=queries.groups(store),
                devices=len(queries.devices(store)),
                acquisitions=len(queries.acquisitions(store)),
                scans=len(queries.scan_ids(store)),
                findings=queries.number_of_findings(store),
                custody_head=store.custody_head(),
            )
        )


def hold_to(desk: Desk, names: Sequence[str] | None, *, every: bool = False) -> Outcome[OneCase]:
    """Hold a case to some indicator sets, or to every active one: results go stale by these alone.

    Raises `InputError` when neither or both are asked for, and `IndicatorSetMissingError` for an unknown name.
    """
    if (names is not None) is every:
        raise InputError("Which sets?", hint=say("Name them with {0}, or use {1}.", do(sets="A,B"), do(all_sets=True)))
    fixed: list[Json] | None = None if names is None else [desk.library.get(each).name for each in dict.fromkeys(names)]
    with desk.open_case(to_change=True) as store:
        one = queries.case_file(store)
        with store.change("case.sets_fixed", actor=desk.actor, subject=one.id, sets=fixed) as change:
            change.update("case_file", one.uuid, fixed_sets=fixed)
        return Outcome(data=OneCase(case=queries.case_file(store)))


def set_single_examiner(desk: Desk, reason: str | None) -> Outcome[OneCase]:
    """Let one examiner's judgement be enough in a case, for a reason that every report prints; an empty one: two again.

    Raises `InputError` without any.
    """
    if reason is None:
        raise InputError("What should change?", hint=say("Give a reason with {0}.", do(single_examiner="REASON")))
    why = reason.strip() or None
    with desk.open_case(to_change=True) as store:
        one = queries.case_file(store)
        with store.change("case.examiners_set", actor=desk.actor, subject=one.id, single_examiner=why) as change:
            change.update("case_file", one.uuid, single_examiner=why)
        return Outcome(data=OneCase(case=queries.case_file(store)))


def set_interval(desk: Desk, every: str) -> Outcome[OneCase]:
    """Set after how long a scan is due again (`30d`, `4w`); an empty text makes age no reason. Raises `InputError`."""
    days = read_interval(every).days if every.strip() else None
    with desk.open_case(to_change=True) as store:
        one = queries.case_file(store)
        with store.change("case.interval", actor=desk.actor, subject=one.id, days=days) as change:
            change.update("case_file", one.uuid, scan_interval_days=days)
        return Outcome(data=OneCase(case=queries.case_file(store)))


def set_shown(desk: Desk, *, language: str | None = None, time_zone: str | None = None) -> Outcome[OneCase]:
    """Set the language that a case's reports are written in, and the time zone that its times are shown in.

    Raises `InputError` for a language without a catalogue and an unknown zone.
    """
    chosen: dict[str, Json] = {}
    if language is not None:
        chosen["language"] = read_language(language)
    if time_zone is not None:
        chosen["time_zone"] = read_zone(time_zone)
    with desk.open_case(to_change=True) as store:
        one = queries.case_file(store)
        with store.change("case.shown_in", actor=desk.actor, subject=one.id, **chosen) as change:
            change.update("case_file", one.uuid, **chosen)
        return Outcome(data=OneCase(case=queries.case_file(store)))


def read_language(text: str) -> str:
    """Return the language at hand that a text names. Raises `InputError`."""
    if (found := language_of(text)) is not None:
        return found
    raise InputError(
        "There is no language {given!r}.", hint=say("Use one of {known}.", known=", ".join(languages())), given=text
    )


def read_zone(text: str) -> str:
    """Return the time zone that a text names. Raises `InputError`."""
    try:
        return ZoneInfo(text.strip()).key
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise InputError(
            "There is no time zone {given!r}.", hint="Name one as Asia/Taipei or UTC.", given=text
        ) from None


def close(desk: Desk) -> Outcome[OneCase]:
    """Close a case, so that nothing changes it until it is reopened."""
    return _set_state(desk, CaseState.CLOSED, "case.closed")


def reopen(desk: Desk) -> Outcome[OneCase]:
    """Reopen a closed case; where none is named and none is open, the only closed one is meant."""
    if desk.case is None and not any(one.state is CaseState.OPEN for one, _, _ in _readable(desk.workspace) if one):
        desk = replace(desk, case=desk.case_folder(CaseState.CLOSED).slug)
    return _set_state(desk, CaseState.OPEN, "case.reopened")


def _set_state(desk: Desk, state: CaseState, action: str) -> Outcome[OneCase]:
    with desk.open_case() as store:
        one = queries.case_file(store)
        if one.state is state:
            raise ConflictError("The case {slug} is {state} already.", slug=one.slug, state=state)
        with store.change(action, actor=desk.actor, subject=one.id) as change:
            change.update("case_file", one.uuid, state=state)
        return Outcome(data=OneCase(case=queries.case_file(store)))
