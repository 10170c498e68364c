"""The command `mvt-android check-line-fs`, registered in MVT's entry-point group `mvt.android.cli_plugins`.

Nothing heavy is imported before the command runs: MVT loads this module at every start.
"""

from __future__ import annotations

import click


@click.command("check-line-fs", short_help="Check LINE in an Android file system dump (Letter Sealing, links)")
@click.option("--iocs", "-i", type=click.Path(exists=True), multiple=True, help="Path to an indicators file (STIX2)")
@click.option("--output", "-o", type=click.Path(exists=False), help="Folder to store the results in")
@click.option("--verbose", "-v", is_flag=True, help="Verbose mode")
@click.argument("dump_path", type=click.Path(exists=True))
def command(iocs: tuple[str, ...], output: str | None, verbose: bool, dump_path: str) -> None:  # noqa: FBT001 - click
    """Check LINE in an Android file system dump: Letter Sealing and links.

    DUMP_PATH is the dump's root, its data partition, or LINE's own folder.
    """
    from mvt.common.module_loader import load_custom_modules  # noqa: PLC0415 - see the module's docstring
    from mvt.common.utils import set_verbose_logging  # noqa: PLC0415

    from .android_fs import CmdAndroidCheckLineFS  # noqa: PLC0415

    set_verbose_logging(verbose)
    run = CmdAndroidCheckLineFS(
        target_path=dump_path, results_path=output, ioc_files=iocs, custom_modules=load_custom_modules()
    )
    run.run()
    run.show_alerts_brief()
    run.show_support_message()
