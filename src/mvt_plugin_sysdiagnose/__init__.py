"""MVT modules that compare an iPhone's sysdiagnose with indicators.

MVT's own `check-sysdiagnose` reads the device's details only. These modules read the shutdown logs, process lists,
crash reports, configuration profiles, activation and installation logs and network usage, and check each with MVT's
`Indicators`. They work in plain MVT as soon as the wheel is installed.
"""

from __future__ import annotations

from .modules import MODULES

__all__ = ["MODULES"]
