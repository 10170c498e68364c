"""MVT modules for what today's androidqf collects and MVT's own modules do not read.

MVT 2026.10.26 looks for the running processes in `ps.txt`, as androidqf wrote it years ago; later ones wrote
`processes.txt`, and since v1.8.0 they write `processes.json` (androidqf, `modules/processes.go`). Without this module
no process of a present-day acquisition is compared with any indicator. Nor does MVT read the histories of browsers and
the copies of apps that newer releases collect. The modules work in plain MVT as soon as the wheel is installed.
"""

from __future__ import annotations

from .apks import AQFCopiedApps
from .browsing import AQFBrowserHistory
from .processes import AQFCollectedProcesses

MODULES = [AQFCollectedProcesses, AQFBrowserHistory, AQFCopiedApps]

__all__ = ["MODULES", "AQFBrowserHistory", "AQFCollectedProcesses", "AQFCopiedApps"]
