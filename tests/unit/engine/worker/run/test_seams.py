"""The seams as a whole: all of them are there in the pinned release, and all are off on another."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from mvtcase.engine.versions import PINNED_MVT, SEAMS_FOR
from mvtcase.phones.android_damage import AndroidDamage
from mvtcase.phones.android_phone import AndroidPhone
from mvtcase.phones.bugreport import Layout, Writing, build_bugreport

LOOK = """
import json, sys
from mvtcase.engine.worker.run import commands, seams
seams.SEAMS_FOR = sys.argv[1]
on = seams.install()
from mvt.common import command, module, utils
from mvt.ios.modules.mixed import sms
from mvt.ios.modules.backup import manifest
from mvt_plugin_line import android_fs
owned = [module.MVTModule.save_to_json, module.MVTModule._deduplicate_timeline, command.Command._store_alerts,
    command.save_timeline, android_fs.save_timeline, utils.convert_unix_to_iso, manifest.convert_datetime_to_iso,
    sms.convert_mactime_to_iso.__globals__["convert_datetime_to_iso"], manifest.Manifest.serialize, manifest.URL]
print(json.dumps([on, [each.__module__.partition(".")[0] for each in owned], type(manifest.plistlib).__name__]))
"""


def looked(release: str, tmp_path: Any) -> Any:
    """Return whose functions MVT runs in a process of its own, with the seams proven on a release."""
    environment = {"MVT_CONFIG_FOLDER": str(tmp_path), "MVT_DATA_FOLDER": str(tmp_path), "PATH": ""}
    run = subprocess.run(
        [sys.executable, "-c", LOOK, release], capture_output=True, text=True, check=True, env=environment
    )
    return json.loads(run.stdout)


def test_the_seams_reach_every_name_of_the_proven_release(tmp_path: Any) -> None:
    """Modules that took a function's name for themselves get the faster one, plugins too."""
    on, owners, plists = looked(SEAMS_FOR, tmp_path)
    assert (on, set(owners), plists) == (True, {"mvtcase"}, "BlobReader")


def test_another_release_keeps_its_own_functions(tmp_path: Any) -> None:
    """What was proven on one release is not believed of the next."""
    on, owners, plists = looked("2026.1.1", tmp_path)
    assert (on, plists) == (False, "module")
    assert set(owners) <= {"mvt"}


def test_the_seams_are_proven_on_the_pinned_release() -> None:
    """A new pin stays slow until the differential tests ran on it and this line was raised."""
    assert SEAMS_FOR == PINNED_MVT


READ = """
import logging, sys, zipfile
from mvtcase.engine.worker.run import seams
seams.read_unusual_bugreports()
from mvt.android.cmd_check_bugreport import CmdAndroidCheckBugreport
from mvt.android.modules.bugreport import BUGREPORT_MODULES
counts = []
for path in sys.argv[1:]:
    command = CmdAndroidCheckBugreport(target_path=path)
    command.init()
    counts.append({})
    for each in BUGREPORT_MODULES:
        module = each(log=logging.getLogger("x"))
        command.module_init(module)
        module.run()
        counts[-1][each.__name__] = len(module.results)
print(__import__("json").dumps(counts))
"""


def test_a_bugreport_gives_the_same_records_however_it_is_written(tmp_path: Any) -> None:
    """With digits of another language, priorities in headings, without an entry, under Samsung's name of it."""
    paths = [tmp_path / f"{each}.zip" for each in (*Writing, "samsung", "unnamed")]
    for path, writing in zip(paths, Writing, strict=False):
        build_bugreport(path, AndroidPhone(), writing=writing)
    build_bugreport(paths[-2], AndroidPhone(), layout=Layout.SAMSUNG_UNNAMED)
    build_bugreport(paths[-1], AndroidPhone(), writing=Writing.ARABIC, damage=AndroidDamage.NO_ENTRY_POINT)
    environment = {"MVT_CONFIG_FOLDER": str(tmp_path), "MVT_DATA_FOLDER": str(tmp_path), "PATH": ""}
    run = subprocess.run(
        [sys.executable, "-c", READ, *map(str, paths)], capture_output=True, text=True, check=True, env=environment
    )
    usual, *others = json.loads(run.stdout.splitlines()[-1])
    assert usual["DumpsysPackages"] and usual["DumpsysAppops"] and usual["Processes"]  # noqa: PT018 - all are there
    assert others == [usual] * 4
