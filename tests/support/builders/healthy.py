"""Healthy phones with ordinary noise, alone and several together, and the same with one real trace among the noise."""

from __future__ import annotations

from functools import cache, partial
from itertools import cycle, islice
from typing import TYPE_CHECKING

from builders.healthy_android import ANDROID_NOISES, build_noisy_android
from builders.healthy_inputs import HEALTHY_INDICATORS
from builders.healthy_ios import IOS_NOISES, build_noisy_ios
from builders.healthy_sysdiagnose import SYSDIAGNOSE_NOISES, build_noisy_sysdiagnose
from builders.planted_android import PLACES as ANDROID_PLACES
from builders.planted_android import trace_in
from builders.planted_inputs import INDICATORS, SoundInput, numbered
from builders.planted_ios_system import SYSTEM
from builders.planted_ios_talk import TALK
from builders.planted_sysdiagnose import PLACES as SYSDIAGNOSE_PLACES
from mvtcase.model import EvidenceKind
from mvtcase.phones.android_spots import AndroidEvidence
from mvtcase.phones.ios_phone import Desk, IosPhone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from builders.healthy_android import AndroidNoise
    from builders.healthy_ios import IosNoise
    from builders.healthy_sysdiagnose import SysdiagnoseNoise
    from builders.planted_places import Place
    from mvtcase.phones.ios_phone import PhoneFile

_TYPICAL_IOS: dict[str, tuple[str, ...]] = {
    "legislator in Taipei": ("redirect under a second", "short links visited", "everyday talk in zh-TW", "names in data usage", "holes in row numbers"),
    "ministry phone": ("device management", "notification settings by a profile", "a meeting with notes", "names in data usage"),
    "journalist": ("forwarded news", "pages about a domain", "bookmarks to reports", "a researcher's report"),
    "ad blocker and betas": ("ad blocker's lists", "TestFlight, marketplaces and managed apps", "apps without a bundle id in their metadata"),
    "worried friend": ("Apple's warning forwarded by a friend", "forwarded news in WhatsApp", "short links"),
    "names everywhere": ("names in an app's data", "location bundles", "names in data usage"),
}  # fmt: skip
_TYPICAL_ANDROID: dict[str, tuple[str, ...]] = {
    "Samsung in Taiwan": ("Samsung phone", "popular apps in Taiwan", "carrier's preloaded apps", "updater switched off", "Samsung's overlays"),
    "old Xiaomi": ("Xiaomi phone", "patch level over six months old", "Xiaomi's mounts", "other stores and managed installers"),
    "developer's Pixel": ("a developer's files", "developer options on", "com.android.shell vibrates", "apps that asked to install packages"),
    "assistive phone": ("TalkBack and a password manager", "apps that were removed", "crashes of system daemons", "patch level over six months old"),
    "newsreader": ("forwarded news", "ad blocker's hosts file", "news in the log", "short links in messages"),
    "plain acquisition": ("processes.json", "no backup was made", "files of names that indicators use"),
}  # fmt: skip


def healthy() -> list[SoundInput]:
    """Return every one: alone, together, and with a trace."""
    return numbered([*_ios(), *_android(), *_sysdiagnose()])


def _given(
    half: str, form: EvidenceKind, name: str, group: str, build: object, source: str, *, typical: bool = False
) -> SoundInput:
    return SoundInput(
        name=f"{form}: {name}", half=half, group=group, kind=form, build=build, source=source,  # type: ignore[arg-type]
        indicators=HEALTHY_INDICATORS, typical=typical, slow="20,000" in name,
    )  # fmt: skip


def _ios() -> Iterator[SoundInput]:
    by_name = {noise.name: noise for noise in IOS_NOISES}
    sets: list[tuple[str, tuple[IosNoise, ...], bool]] = [(noise.name, (noise,), False) for noise in IOS_NOISES]
    sets += [(name, tuple(by_name[each] for each in members), True) for name, members in _TYPICAL_IOS.items()]
    traces = cycle(_ios_traces())
    for seed, (name, noises, typical) in enumerate(sets, 200):
        group = "typical" if typical else name
        for form in noises[0].forms:
            if any(form not in noise.forms for noise in noises):
                continue
            build = partial(build_noisy_ios, form, noises, seed)
            yield _given("healthy", form, name, group, build, noises[0].source, typical=typical)
            for place, value in _fitting(noises, form, traces, 3 if not typical else 5):
                traced = partial(_ios_with_trace, form, noises, seed, place, value)
                yield _given(
                    "real trace",
                    form,
                    f"{name}, {place.name} {value[:24]}",
                    group,
                    traced,
                    place.source,
                    typical=typical,
                )


def _ios_traces() -> list[tuple[Place, str]]:
    # Order and stride only spread the classes over the noises.
    places = (*TALK, *SYSTEM)
    return [
        (place, INDICATORS[kind][0]) for place in places[::7] + places[1::5] + places[3::4] for kind in place.kinds[:1]
    ]


def _fitting(
    noises: tuple[IosNoise, ...], form: EvidenceKind, traces: Iterator[tuple[Place, str]], count: int
) -> list[tuple[Place, str]]:
    """Return the next traces that this evidence can hold and whose files no noise has."""
    taken = {_spot(file) for noise in noises for make in noise.files for file in make(_DESK)}
    missing = {name for noise in noises for name in noise.missing}
    found: list[tuple[Place, str]] = []
    for place, value in islice(traces, 120):
        files = _files_of(place, value)
        fits = all(path if form is EvidenceKind.IOS_FILE_SYSTEM else domain for _, _, domain, path in files)
        if (
            fits
            and not missing & {source for _, source, _, _ in files}
            and not taken & {spot for spot, _, _, _ in files}
        ):
            found.append((place, value))
        if len(found) == count:
            break
    return found


_DESK = Desk.of(IosPhone(seed=1, messages=2, photos=0), {})


@cache
def _files_of(place: Place, value: str) -> tuple[tuple[str, str, str, str], ...]:
    return tuple((_spot(file), file.source, file.domain, file.device_path) for file in place.build(_DESK, value))


def _spot(file: PhoneFile) -> str:
    return file.device_path or f"{file.domain}/{file.relative_path}"


def _ios_with_trace(
    form: EvidenceKind, noises: tuple[IosNoise, ...], seed: int, place: Place, value: str, folder: Path
) -> Path:
    desk = Desk.of(IosPhone(seed=seed, messages=60), {})
    return build_noisy_ios(form, noises, seed, folder, extra=tuple(place.build(desk, value)))


def _android() -> Iterator[SoundInput]:
    by_name = {noise.name: noise for noise in ANDROID_NOISES}
    sets: list[tuple[str, tuple[AndroidNoise, ...], bool]] = [(noise.name, (noise,), False) for noise in ANDROID_NOISES]
    sets += [(name, tuple(by_name[each] for each in members), True) for name, members in _TYPICAL_ANDROID.items()]
    rounds = {form: cycle([place for place in ANDROID_PLACES if form in place.forms]) for form in _ANDROID_FORMS}
    for seed, (name, noises, typical) in enumerate(sets, 40):
        group = "typical" if typical else name
        for form in (EvidenceKind.ANDROIDQF,) if typical else noises[0].forms:
            build = partial(build_noisy_android, form, noises, seed)
            yield _given("healthy", form, name, group, build, noises[0].source, typical=typical)
            dropped = {name for noise in noises for name in noise.drop}
            wanted = (place for place in rounds[form] if not dropped or place.part is AndroidEvidence.ANDROIDQF)
            for place in islice(wanted, 2 if not typical else 4):
                value = place.value()
                traced = partial(_android_with_trace, form, noises, seed, place.name, value)
                yield _given(
                    "real trace",
                    form,
                    f"{name}, {place.name} {value[:24]}",
                    group,
                    traced,
                    place.source,
                    typical=typical,
                )


_ANDROID_FORMS = (
    EvidenceKind.ANDROIDQF,
    EvidenceKind.BUGREPORT,
    EvidenceKind.ANDROID_BACKUP,
    EvidenceKind.INTRUSION_LOGS,
)


def _android_with_trace(
    form: EvidenceKind, noises: tuple[AndroidNoise, ...], seed: int, name: str, value: str, folder: Path
) -> Path:
    place = next(each for each in ANDROID_PLACES if each.name == name)
    return build_noisy_android(form, noises, seed, folder, trace=trace_in(form, place, value))


def _sysdiagnose() -> Iterator[SoundInput]:
    form = EvidenceKind.SYSDIAGNOSE
    places = cycle(SYSDIAGNOSE_PLACES)
    for seed, noise in enumerate(SYSDIAGNOSE_NOISES, 60):
        yield _given(
            "healthy", form, noise.name, noise.name, partial(build_noisy_sysdiagnose, (noise,), seed), noise.source
        )
        for name, source, kinds, edit in islice(places, 2):
            value = INDICATORS[kinds[0]][0]
            if name == "shutdown log" and noise.edits:
                continue
            traced = partial(_sysdiagnose_with_trace, noise, seed, name, value)
            yield _given("real trace", form, f"{noise.name}, {name} {value[:24]}", noise.name, traced, source)
            del edit


def _sysdiagnose_with_trace(noise: SysdiagnoseNoise, seed: int, name: str, value: str, folder: Path) -> Path:
    edit = next(edit for each, _, _, edit in SYSDIAGNOSE_PLACES if each == name)
    return build_noisy_sysdiagnose((noise,), seed, folder, trace=lambda members: edit(members, value))
