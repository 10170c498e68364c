"""The table of sources: complete, without doubles, and honest about absence."""

from __future__ import annotations

import pytest

from mvt_plugin_sysdiagnose import layouts
from mvt_plugin_sysdiagnose.layouts import SOURCES, State, judge_absence
from mvt_plugin_sysdiagnose.modules import MODULES


def test_every_source_belongs_to_exactly_one_module() -> None:
    """No source is forgotten and none is read twice."""
    read = [reading.source.key for module in MODULES for reading in module.readings]
    assert sorted(read) == sorted(source.key for source in SOURCES)
    assert len(read) == len(set(read))


def test_every_module_has_its_own_slug_and_command() -> None:
    """MVT writes results by slug and picks modules by command."""
    assert len({module.slug for module in MODULES}) == len(MODULES)
    assert all(module.supported_commands == (("ios", "check-sysdiagnose"),) for module in MODULES)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.key)
def test_layouts_are_in_order(source: layouts.Source) -> None:
    """Version ranges of a source follow each other without overlap."""
    ends = [layout.last for layout in source.layouts]
    for layout, following in zip(source.layouts, source.layouts[1:], strict=False):
        assert layout.last is not None
        assert layout.last < following.first
    assert None not in ends[:-1]
    assert all(pattern and not pattern.startswith("/") for pattern in source.patterns)


@pytest.mark.parametrize(
    ("source", "version", "companions", "state"),
    [
        (layouts.PS, 17, False, State.MISSING),
        (layouts.PS, None, False, State.MISSING),
        (layouts.APP_STORE, 26, False, State.ABSENT_ON_VERSION),
        (layouts.APP_STORE, 17, False, State.MISSING),
        (layouts.APP_STORE, None, False, State.MISSING),
        (layouts.APP_UPDATES, 14, False, State.ABSENT_ON_VERSION),
        (layouts.DATA_USAGE, 18, False, State.ABSENT_ON_VERSION),
        (layouts.PROFILES, 18, True, State.EMPTY),
        (layouts.PROFILES, 18, False, State.MISSING),
        (layouts.SHUTDOWN_LOG, 26, False, State.MISSING),
        (layouts.SHUTDOWN_LOG, 99, False, State.MISSING),
        (layouts.PS, 13, False, State.ABSENT_ON_VERSION),
    ],
)
def test_absence_is_judged_by_version_and_companions(
    source: layouts.Source,
    version: int | None,
    companions: bool,  # noqa: FBT001 - parametrised
    state: State,
) -> None:
    """Not on this version, none installed, and missing: three answers, each with a reason."""
    judged, reason = judge_absence(source, version=version, has_companions=companions)
    assert judged is state
    assert reason
