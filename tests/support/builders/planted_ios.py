"""Sound iPhones, each with one value in one place, as backups and as file system dumps."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

from builders import planted_inputs as given
from builders.planted_inputs import SoundInput
from builders.planted_ios_system import SYSTEM
from builders.planted_ios_talk import TALK
from builders.planted_kept import KEPT
from mvtcase.model import EvidenceKind
from mvtcase.phones.encrypted import encrypt_ios_backup
from mvtcase.phones.ios import ENCRYPTED_ONLY, build_ios_backup
from mvtcase.phones.ios_fs import build_ios_file_system
from mvtcase.phones.ios_phone import Desk, IosPhone
from mvtcase.phones.plants import PlantKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    from builders.planted_places import Place

PASSWORD = "planted password"
_WRITTEN_IN = (
    "message text",
    "attributedBody only",
    "note",
    "WhatsApp message",
    "mail as emlx",
    "message in the write-ahead log only",
)
_ALSO = {PlantKind.PROCESSES: (given.SHORT_PROCESS,), PlantKind.APP_IDS: (given.SHORT_APP,)}
_SIXTEEN = ("network use of a process", "use of the net by name", "jetsam report")
"""Where iOS keeps sixteen characters of a name (MVT's own source says so of network use)."""

_HASHES = frozenset({PlantKind.FILES_MD5, PlantKind.FILES_SHA1, PlantKind.FILES_SHA256})
_VALUES: dict[PlantKind, str] = {kind: values[0] for kind, values in given.INDICATORS.items()}
_PHONE = IosPhone(seed=8, messages=8, photos=2)


def planted_ios() -> Iterator[SoundInput]:
    """Yield the iPhones: every place with every class that it can hold, then the ways of writing a value."""
    places = (*TALK, *SYSTEM, *KEPT)
    for number, place in enumerate(places):
        for kind in place.kinds:
            yield from _of(place, kind, _as_written(place, kind, number), "")
            for other in _ALSO.get(kind, ()):
                yield from _of(place, kind, other, "short ", both_kinds=False)
        if place.name in _SIXTEEN:
            yield from _of(place, PlantKind.PROCESSES, given.LONG_PROCESS[:16], "cut at sixteen ")
    by_name = {place.name: place for place in places}
    for number, (name, text) in enumerate({**given.WRITTEN_DOMAIN, **given.WRITTEN_EMAIL}.items()):
        kind = (
            PlantKind.EMAILS if name in given.WRITTEN_EMAIL and text is given.WRITTEN_EMAIL[name] else PlantKind.DOMAINS
        )
        for place_name in (_WRITTEN_IN[number % 6], _WRITTEN_IN[(number + 1) % 6]):
            yield from _of(by_name[place_name], kind, text, f"{name} ", both_kinds=False)


def _as_written(place: Place, kind: PlantKind, number: int) -> str:
    # A domain stands bare in every other place that could hold a link, as people and lists write it.
    link = PlantKind.URLS in place.kinds and kind is PlantKind.DOMAINS and number % 2
    return f"https://{_VALUES[kind]}/a" if link else _VALUES[kind]


def _of(place: Place, kind: PlantKind, value: str, how: str, *, both_kinds: bool = True) -> Iterator[SoundInput]:
    forms = _forms(place, _VALUES[kind if kind in _HASHES else place.kinds[0]])
    for form in forms if both_kinds else forms[-1:]:
        yield SoundInput(
            name=f"{form}: {how}{kind} in {place.name}",
            half="planted",
            group=str(kind),
            kind=form,
            build=partial(_build, form, place, value),
            source=place.source,
        )


@cache
def _forms(place: Place, value: str) -> tuple[EvidenceKind, ...]:
    files = place.build(Desk.of(_PHONE, {}), value)
    forms = []
    if any(file.domain for file in files):
        hidden = any(file.source in ENCRYPTED_ONLY for file in files)
        forms.append(EvidenceKind.IOS_BACKUP_ENCRYPTED if hidden else EvidenceKind.IOS_BACKUP)
    if any(file.device_path for file in files):
        forms.append(EvidenceKind.IOS_FILE_SYSTEM)
    return tuple(forms)


def _build(form: EvidenceKind, place: Place, value: str, folder: Path) -> Path:
    return build_ios(form, replace(_PHONE, extra_files=tuple(place.build(Desk.of(_PHONE, {}), value))), folder)


def build_ios(
    form: EvidenceKind,
    phone: IosPhone,
    folder: Path,
    *,
    missing: Collection[str] = (),
    after: Iterable[Callable[[Path], None]] = (),
) -> Path:
    """Return the phone as evidence of this kind, written into a folder; `after` changes what lies unhashed in it."""
    if form is EvidenceKind.IOS_FILE_SYSTEM:
        return build_ios_file_system(folder / "phone", phone, missing=missing).path
    hidden = () if form is EvidenceKind.IOS_BACKUP_ENCRYPTED else ENCRYPTED_ONLY
    plain = build_ios_backup(folder / "plain", phone, missing=(*missing, *hidden)).path
    for change in after:
        change(plain)
    return plain if form is EvidenceKind.IOS_BACKUP else encrypt_ios_backup(plain, folder / "encrypted", PASSWORD)
