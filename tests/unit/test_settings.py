"""Settings: defaults, the file, and what a file may not say."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from mvtcase.errors import InputError
from mvtcase.settings import GIB, Limits, Settings, load_settings, settings_path

if TYPE_CHECKING:
    from pathlib import Path


def _load(path: Path, text: str | bytes) -> Settings:
    file = path / "settings.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_settings(file)


def test_without_a_file_the_defaults_stand(tmp_path: Path) -> None:
    """And with an empty one."""
    assert load_settings(tmp_path / "none.toml") == Settings() == _load(tmp_path, "")
    assert Settings().jobs >= 1


def test_a_file_says_what_it_says_and_no_more(tmp_path: Path) -> None:
    """Names it leaves out keep their defaults."""
    read = _load(tmp_path, 'examiner = "Ada"\njobs = 3\n[limits]\nwall_seconds = 60\n')
    assert (read.examiner, read.jobs, read.organisation) == ("Ada", 3, "")
    assert read.limits == Limits(wall_seconds=60)


@pytest.mark.parametrize(
    "text",
    [
        "examiner =",
        b"\xff\xfe",
        "colour = 'red'",
        "examiner = 5",
        "jobs = 0",
        "jobs = -1",
        "jobs = 1.5",
        "jobs = true",
        "jobs = '2'",
        "limits = 5",
        "limits = [1]",
        "[limits]\nwall_minutes = 5",
        "[limits]\nmemory_bytes = 0",
        "[limits.inner]\nx = 1",
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, text: str | bytes) -> None:
    """A typing error is never a silent default."""
    with pytest.raises(InputError, match=r"settings\.toml"):
        _load(tmp_path, text)


def test_the_environment_names_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the user's own folder is looked in."""
    monkeypatch.setenv("MVTCASE_SETTINGS", str(tmp_path / "mine.toml"))
    (tmp_path / "mine.toml").write_text('contact = "desk@example.org"')
    assert load_settings().contact == "desk@example.org"
    monkeypatch.delenv("MVTCASE_SETTINGS")
    assert settings_path().name == "settings.toml"
    assert settings_path().parent.name == "mvtcase"


def test_time_grows_with_the_evidence_and_nothing_else_does() -> None:
    """By the seconds for each GiB."""
    limits = Limits()
    scaled = limits.scaled(3 * GIB)
    changed = {each.name for each in fields(Limits) if getattr(scaled, each.name) != getattr(limits, each.name)}
    assert changed == {"wall_seconds", "cpu_seconds", "module_seconds"}
    assert scaled.wall_seconds - limits.wall_seconds == 3 * limits.seconds_per_gib
    assert limits.scaled(0) == limits
