"""The Android modules: bug reports, AndroidQF acquisitions, file system dumps, and the command."""

from __future__ import annotations

import json
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from mvt.common.command import Command
from mvt.plugin import DatabaseNotFoundError

from builders.line import (
    LAST_DAY,
    healthy_account,
    line_android_databases,
    unsealed_from,
    with_new_key,
    write_line_android_fs,
)
from mvt_plugin_line import modules
from mvt_plugin_line.android_files import app_result, line_block
from mvt_plugin_line.android_fs import CmdAndroidCheckLineFS, LineAndroidFS
from mvt_plugin_line.cli import command
from mvt_plugin_line.modules_android import LineAndroidQF, LineBugreport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_WHEN = LAST_DAY - timedelta(days=10)
_DUMP = """DUMP OF SERVICE package:
Packages:
  Package [com.example.other] (aa):
    versionName=9.9
  Package [jp.naver.line.android] (1b2c3d):
    userId=10123
    versionCode=110110300 minSdk=21 targetSdk=30
    versionName=11.11.3
    timeStamp=2021-07-12 10:11:12
    lastUpdateTime=2021-07-12 10:11:13
    installerPackageName=com.android.vending
    User 0: ceDataInode=1 installed=true hidden=false
      firstInstallTime=2020-03-01 08:00:00
  Package [com.example.last] (cc):
    versionName=1.0

Hidden system packages:
"""


def _bugreport(folder: Path, dump: str) -> zipfile.ZipFile:
    path = folder / "bugreport.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("dumpState_1.log", dump)
    return zipfile.ZipFile(path)


@pytest.fixture
def run_bugreport(tmp_path: Path, run_line: Callable[..., Any]) -> Callable[[str], Any]:
    """Return a function that runs the bug report module over a dump."""

    def run(dump: str) -> Any:
        with _bugreport(tmp_path, dump) as archive:
            return run_line(LineBugreport, tmp_path, zip_archive=archive, zip_files=archive.namelist())

    return run


def test_version_installer_and_times_come_from_a_bug_report(run_bugreport: Callable[[str], Any]) -> None:
    """The app's record has what the dump prints, and sealing cannot be told."""
    run = run_bugreport(_DUMP)
    (app,) = run.of("line_app")
    assert (app["version_name"], app["installer"]) == ("11.11.3", "com.android.vending")
    assert (app["first_install"], app["last_update"]) == ("2020-03-01 08:00:00", "2021-07-12 10:11:13")
    assert app["time_basis"] == "device_local"
    assert run.summary["sealing"] == "unknown"
    assert "carries no app databases" in run.summary["reason"]
    assert run.errors == []


def test_a_bug_report_inside_an_acquisition_leaves_the_verdict_to_it(
    tmp_path: Path, run_line: Callable[..., Any]
) -> None:
    """MVT gives a nested bug report no path; one phone then has one "cannot tell", the acquisition's."""
    with _bugreport(tmp_path, _DUMP) as archive:
        run = run_line(LineBugreport, None, zip_archive=archive, zip_files=archive.namelist())
    assert len(run.of("line_app")) == 1
    assert run.of("line_sealing_summary") == []


def test_a_bug_report_without_line_is_a_normal_absence(run_bugreport: Callable[[str], Any]) -> None:
    """A list of packages without LINE is an absence."""
    with pytest.raises(DatabaseNotFoundError):
        run_bugreport("DUMP OF SERVICE package:\nPackages:\n  Package [com.example.other] (aa):\n")


@pytest.mark.parametrize("dump", ["", "nothing of use"])
def test_a_bug_report_without_packages_is_a_gap(dump: str, run_bugreport: Callable[[str], Any]) -> None:
    """Where the list itself is missing, an error is logged and nothing is claimed."""
    run = run_bugreport(dump)
    assert run.errors
    assert run.of("line_gap")[0]["damaged"]
    assert run.of("line_sealing_summary") == []


def test_a_package_block_ends_where_the_next_begins() -> None:
    """Another package's version is not taken for LINE's, and a block without end is bounded."""
    block = line_block(_DUMP.encode())
    assert block is not None
    assert "1.0" not in block
    endless = line_block(_DUMP.split("com.example.last", maxsplit=1)[0].encode() + b"    x=1\n" * 100_000)
    assert endless is not None
    assert app_result(endless, "test")["version_name"] == "11.11.3"


@pytest.fixture
def acquisition(tmp_path: Path) -> Path:
    """Return an AndroidQF folder with LINE in its package lists."""
    folder = tmp_path / "acq"
    folder.mkdir()
    packages = [{"name": "jp.naver.line.android", "installer": "com.android.vending", "files": []}]
    (folder / "packages.json").write_text(json.dumps(packages), encoding="utf-8")
    (folder / "dumpsys.txt").write_text(_DUMP, encoding="utf-8")
    return folder


def _names(folder: Path) -> list[str]:
    return [path.relative_to(folder.parent).as_posix() for path in folder.rglob("*") if not path.is_dir()]


def test_androidqf_gives_the_app_and_says_that_there_is_no_database(
    acquisition: Path, run_line: Callable[..., Any]
) -> None:
    """An ordinary acquisition tells the version and not the sealing."""
    run = run_line(LineAndroidQF, acquisition, parent_path=str(acquisition.parent), files=_names(acquisition))
    assert run.of("line_app")[0]["version_name"] == "11.11.3"
    assert run.rules() == ["R7"]


def test_androidqf_reads_databases_of_a_folder(acquisition: Path, run_line: Callable[..., Any]) -> None:
    """Databases that somebody put into the folder are read, and no second summary is made."""
    write_line_android_fs(acquisition, unsealed_from(healthy_account(), _WHEN))
    run = run_line(LineAndroidQF, acquisition, parent_path=str(acquisition.parent), files=_names(acquisition))
    assert run.summary["sealing"] == "changed_on_off"


def test_androidqf_reads_databases_of_an_archive(acquisition: Path, run_line: Callable[..., Any]) -> None:
    """The same in a zip; a member that is cut costs its database alone."""
    write_line_android_fs(acquisition, unsealed_from(healthy_account(), _WHEN))
    path = acquisition.parent / "acq.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in _names(acquisition):
            archive.write(acquisition.parent / name, name)
    with zipfile.ZipFile(path) as archive:
        run = run_line(LineAndroidQF, path, archive=archive, files=archive.namelist())
    assert run.summary["sealing"] == "changed_on_off"
    with zipfile.ZipFile(path) as archive:
        archive.getinfo(next(name for name in archive.namelist() if name.endswith("naver_line"))).CRC ^= 1
        run = run_line(LineAndroidQF, path, archive=archive, files=archive.namelist())
    assert any("naver_line could not be unpacked" in error for error in run.errors)
    assert run.summary["basis"] == "R1"


@pytest.mark.parametrize("content", [b"{", b"[" * 100_000, b"null", b"[1, {}]"])
def test_androidqf_survives_a_broken_package_list(
    acquisition: Path, content: bytes, run_line: Callable[..., Any]
) -> None:
    """A broken list costs the installer alone: the dump still tells the version."""
    (acquisition / "packages.json").write_bytes(content)
    run = run_line(LineAndroidQF, acquisition, parent_path=str(acquisition.parent), files=_names(acquisition))
    assert run.of("line_app")[0]["version_name"] == "11.11.3"


def test_androidqf_without_line_is_a_normal_absence(tmp_path: Path, run_line: Callable[..., Any]) -> None:
    """Nothing of LINE anywhere is an absence."""
    with pytest.raises(DatabaseNotFoundError):
        run_line(LineAndroidQF, tmp_path, parent_path=str(tmp_path), files=[])


def test_every_strong_rule_speaks_over_a_dump(tmp_path: Path, run_line: Callable[..., Any]) -> None:
    """An account that went off and got a new key shows R1, R2, R3, R5 and R6."""
    account = with_new_key(unsealed_from(healthy_account(), _WHEN), _WHEN + timedelta(days=2))
    run = run_line(LineAndroidFS, write_line_android_fs(tmp_path, account))
    assert set(run.rules()) == {"R1", "R2", "R3", "R5", "R6"}
    assert run.of("line_account")[0]["switch_e2ee_enable"] == 0


def test_every_android_user_has_a_summary(tmp_path: Path, run_line: Callable[..., Any]) -> None:
    """A work profile's LINE is reported beside the first user's."""
    write_line_android_fs(tmp_path, healthy_account())
    write_line_android_fs(tmp_path, unsealed_from(healthy_account(seed=2), _WHEN), user=10)
    run = run_line(LineAndroidFS, tmp_path)
    found = {each["account"]: each["sealing"] for each in run.of("line_sealing_summary")}
    assert found == {"android-user-0": "on", "android-user-10": "changed_on_off"}


def test_a_dump_without_line_is_a_normal_absence(tmp_path: Path, run_line: Callable[..., Any]) -> None:
    """An empty dump is an absence."""
    with pytest.raises(DatabaseNotFoundError):
        run_line(LineAndroidFS, tmp_path)


def test_the_command_runs_from_python(tmp_path: Path) -> None:
    """The command class is an MVT command: it runs the module and stores its results."""
    write_line_android_fs(tmp_path / "dump", unsealed_from(healthy_account(), _WHEN))
    run = CmdAndroidCheckLineFS(target_path=str(tmp_path / "dump"), results_path=str(tmp_path / "out"))
    run.run()
    assert isinstance(run, Command)
    assert [type(module).__name__ for module in run.executed] == ["LineAndroidFS"]
    assert (tmp_path / "out" / "line_android_fs.json").exists()
    assert (tmp_path / "out" / "timeline.csv").read_text(encoding="utf-8").startswith('"UTC Timestamp"')


def test_the_command_line_takes_a_dump(tmp_path: Path) -> None:
    """The click command runs to its end and stores results."""
    write_line_android_fs(tmp_path / "dump", healthy_account())
    ran = CliRunner().invoke(command, ["--output", str(tmp_path / "out"), str(tmp_path / "dump")])
    assert ran.exit_code == 0, ran.output
    assert (tmp_path / "out" / "line_android_fs.json").exists()


def test_the_package_gives_its_modules_to_mvt() -> None:
    """Every module names the commands it runs in, and no two share a slug."""
    found = modules()
    assert len({each.get_slug() for each in found}) == len(found) == 7
    pairs = {pair for each in found for pair in each.supported_commands}
    assert pairs == {
        ("ios", "check-backup"),
        ("ios", "check-fs"),
        ("android", "check-line-fs"),
        ("android", "check-androidqf"),
        ("android", "check-bugreport"),
    }


def test_databases_are_built_the_same_twice() -> None:
    """The builder gives equal bytes for equal stories, so that a finding's digest is stable."""
    assert line_android_databases(healthy_account(seed=4)) == line_android_databases(healthy_account(seed=4))
