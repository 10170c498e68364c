"""The sample for the positive control: fixed, of every type that can be planted, from all sets in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mvtcase.indicators.sampling import plantable_samples, sample_for_control, why_not_plantable
from mvtcase.matchset import Collection

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.indicators.library import IndicatorLibrary


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("domains", "evil.example.com", ""),
        ("domains", "evil.tw", ""),
        ("domains", "192.0.2.1", "host"),
        ("domains", "nodot", "host"),
        ("domains", "evil.com:80", "host"),
        ("domains", "evil.invalidending", "ending"),
        ("urls", "https://evil.com/a?b=c", ""),
        ("urls", "https://evil.com/(x)", "cut"),
        ("processes", "evild", ""),
        ("processes", "a" * 16, "16"),
        ("processes", "two words", "other characters"),
        ("emails", "nobody", "ordinary"),
        ("file_paths", "Library/x", "relative"),
        ("files_sha256", "ab" * 32, ""),
    ],
)
def test_what_can_be_planted(kind: str, value: str, reason: str) -> None:
    """Values that MVT may read otherwise once planted are left out, with a reason."""
    told = why_not_plantable(kind, value)
    assert (reason in told) if reason else (told == "")


def test_samples_are_bounded_and_fixed() -> None:
    """A large set keeps a bounded sample, the same whatever the order of its values."""
    values = tuple(f"d{number}.com" for number in range(500))
    one, other = (
        plantable_samples([Collection(id="1", name="x", values={"domains": each})]) for each in (values, values[::-1])
    )
    assert one == other
    assert len(one["domains"]) == 24


def test_sample_takes_sets_in_turn(indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path]) -> None:
    """Every usable type is sampled, and of a type every set in turn."""
    indicator_library.import_file(
        bundle_file("[domain-name:value='evil.com']", "[app:id='com.evil.app']", "[process:name='evild']")
    )
    passports = indicator_library.active()
    sample = sample_for_control([each.samples for each in passports], per_type=2)
    assert sample == sample_for_control([each.samples for each in passports], per_type=2)
    assert ("domains", "evil.com") in sample
    assert {kind for kind, _ in sample} == {kind for each in passports for kind in each.counts}
    assert all(sum(each[0] == kind for each in sample) <= 2 for kind, _ in sample)


def test_overshadowed_paths(indicator_library: IndicatorLibrary, bundle_file: Callable[..., Path]) -> None:
    """A path that another indicator stands before is not planted: MVT would name the other."""
    indicator_library.import_file(
        bundle_file(
            "[file:path='/private/var/tmp/evil/']",
            "[file:path='/private/var/tmp/evil/inner']",
            "[file:path='/private/var/tmp/other.plist']",
            "[file:name='other.plist']",
        )
    )
    sample = sample_for_control([each.samples for each in indicator_library.active(["invented"])])
    assert ("file_paths", "/private/var/tmp/evil/") in sample
    assert len([each for each in sample if each[0] == "file_paths"]) == 1
