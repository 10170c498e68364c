"""MVT modules that read LINE: links against indicators, and whether Letter Sealing (end-to-end encryption) was on.

Registered in MVT's entry-point group `mvt.modules`, so plain `mvt-ios` and `mvt-android` run them too. What each value
means and how sure that is stands in `docs/line.md`. More messengers that MVT leaves out are read as MVT reads WhatsApp:
WhatsApp Business and Viber of iPhones, and these and WhatsApp of Android.
"""

from __future__ import annotations

from typing import Any


def modules() -> list[type[Any]]:
    """Return the module classes; MVT calls this through the entry point.

    Imported late: `mvt-android` also loads this package to register its command, at every keystroke of a completion.
    """
    from .android_fs import LineAndroidFS  # noqa: PLC0415 - see above
    from .messengers import ViberIOS, WhatsappBusiness  # noqa: PLC0415 - see above
    from .messengers_android import AndroidMessengers  # noqa: PLC0415 - see above
    from .modules_android import LineAndroidQF, LineBugreport  # noqa: PLC0415 - see above
    from .modules_ios import LineIOS  # noqa: PLC0415 - see above

    return [LineIOS, LineAndroidFS, LineAndroidQF, LineBugreport, WhatsappBusiness, ViberIOS, AndroidMessengers]
