"""Where an indicator can be planted on an iPhone, and which MVT module must then report it.

A spot is named as the slug of the module that reads it. Three spots of sms.db have names of our own: MVT's `sms` module
passes over what stands there.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvtcase.canon import StrEnum
from mvtcase.phones.ios_phone import Written
from mvtcase.phones.plants import Plant, Planted, PlantKind

if TYPE_CHECKING:
    from collections.abc import Iterable


class IosEvidence(StrEnum):
    """The forms in which an iPhone's content reaches an examiner."""

    BACKUP = "backup"
    FILE_SYSTEM = "file_system"


_BOTH = frozenset(IosEvidence)
_BACKUP = frozenset({IosEvidence.BACKUP})
_DUMP = frozenset({IosEvidence.FILE_SYSTEM})
_LINKS = frozenset({PlantKind.DOMAINS, PlantKind.URLS})
_DOMAINS = frozenset({PlantKind.DOMAINS})
_PROCESSES = frozenset({PlantKind.PROCESSES})
_FILES = frozenset({PlantKind.FILE_NAMES, PlantKind.FILE_PATHS})


@dataclass(frozen=True, slots=True)
class Spot:
    """What a spot can hold, in which evidence it exists, and a sentence for people."""

    kinds: frozenset[PlantKind]
    evidence: frozenset[IosEvidence]
    where: str


SPOTS: dict[str, Spot] = {
    "sms": Spot(_LINKS, _BOTH, "link in a received message, sms.db"),
    "attributed_body": Spot(_LINKS, _BOTH, "link only in the attributedBody of a received message, sms.db"),
    "sms_bare_link": Spot(_DOMAINS, _BOTH, "link without http:// in a received message, sms.db"),
    "sms_without_handle": Spot(_LINKS, _BOTH, "link in a message without a correspondent, sms.db"),
    "sms_attachments": Spot(_FILES, _BOTH, "file name of a received attachment, sms.db"),
    "whatsapp": Spot(_LINKS, _BOTH, "link in a received WhatsApp message, ChatStorage.sqlite"),
    "safari_history": Spot(_LINKS, _BOTH, "visit in Safari's History.db"),
    "safari_browser_state": Spot(_LINKS, _BOTH, "open tab in Safari's BrowserState.db"),
    "safari_favicon": Spot(_LINKS, _DUMP, "page of a Safari favicon, Favicons.db"),
    "webkit_resource_load_statistics": Spot(_DOMAINS, _BOTH, "observed domain in WebKit's observations.db"),
    "webkit_session_resource_log": Spot(_LINKS, _BOTH, "origin in WebKit's full_browsing_session_resourceLog.plist"),
    "webkit_indexeddb": Spot(_DOMAINS, _DUMP, "folder of a site in WebKit's IndexedDB"),
    "webkit_local_storage": Spot(_DOMAINS, _DUMP, "file of a site in WebKit's LocalStorage"),
    "webkit_safari_view_service": Spot(_DOMAINS, _DUMP, "folder of a site in SafariViewService's WebsiteData"),
    "cache_files": Spot(_LINKS, _DUMP, "cached response in an app's Cache.db"),
    "chrome_history": Spot(_LINKS, _BOTH, "visit in Chrome's History"),
    "chrome_favicon": Spot(_LINKS, _BOTH, "page of a favicon in Chrome's Favicons"),
    "firefox_history": Spot(_LINKS, _BOTH, "visit in Firefox's browser.db"),
    "firefox_favicon": Spot(_LINKS, _BOTH, "favicon in Firefox's browser.db"),
    "shortcuts": Spot(_LINKS, _BOTH, "URL opened by a shortcut, Shortcuts.sqlite"),
    "manifest": Spot(_FILES | _DOMAINS, _BACKUP, "path of a file listed in Manifest.db"),
    "filesystem": Spot(_FILES | _PROCESSES, _DUMP, "path of a file in the dump"),
    "datausage": Spot(_PROCESSES, _BOTH, "process in DataUsage.sqlite"),
    "netusage": Spot(_PROCESSES, _DUMP, "process in netusage.sqlite"),
    "os_analytics_ad_daily": Spot(_PROCESSES, _BOTH, "process in com.apple.osanalytics.addaily.plist"),
    "tcc": Spot(_PROCESSES, _BOTH, "client in TCC.db"),
    "locationd_clients": Spot(_PROCESSES | _FILES, _BOTH, "client in locationd's clients.plist"),
    "shutdown_log": Spot(_PROCESSES | _FILES, _DUMP, "remaining client in shutdown.log"),
    "analytics": Spot(_PROCESSES | _LINKS, _DUMP, "event in Keychains/Analytics"),
    "id_status_cache": Spot(frozenset({PlantKind.EMAILS}), _BOTH, "address looked up, idstatuscache.plist"),
    "calendar": Spot(frozenset({PlantKind.EMAILS}), _BOTH, "organiser of an event, Calendar.sqlitedb"),
    "applications": Spot(frozenset({PlantKind.APP_IDS, PlantKind.PROCESSES}), _BOTH, "installed app, iTunesMetadata"),
    "configuration_profiles": Spot(
        frozenset({PlantKind.IOS_PROFILE_IDS}), _BACKUP, "UUID of an installed configuration profile"
    ),
    "profile_events": Spot(
        frozenset({PlantKind.IOS_PROFILE_IDS, PlantKind.PROCESSES}), _BACKUP, "operation in MCProfileEvents.plist"
    ),
}
"""Every spot. MVT 2026.10.26 checks no file hash on iOS, so there is none for hashes."""

_PREFERRED: dict[PlantKind, tuple[str, ...]] = {
    PlantKind.DOMAINS: ("sms",),
    PlantKind.URLS: ("sms",),
    PlantKind.EMAILS: ("id_status_cache",),
    PlantKind.PROCESSES: ("datausage",),
    PlantKind.FILE_NAMES: ("manifest", "filesystem"),
    # Not `filesystem`: MVT compares the dump's relative paths with indicators that begin with a slash.
    PlantKind.FILE_PATHS: ("manifest", "shutdown_log"),
    PlantKind.APP_IDS: ("applications",),
    PlantKind.IOS_PROFILE_IDS: ("configuration_profiles",),
}

_PASSED_OVER = frozenset({"attributed_body", "sms_bare_link", "sms_without_handle"})

_UNREPORTED = frozenset({
    *((name, kind) for name in _PASSED_OVER for kind in _LINKS),
    ("filesystem", PlantKind.FILE_PATHS),
    # MVT takes the link out of the text of a dictionary, closing brace included: the domain matches, the URL does not.
    ("shortcuts", PlantKind.URLS),
})  # fmt: skip
"""What MVT 2026.10.26 reads but never compares with indicators, or compares in a form that cannot match."""


def plantable(evidence: IosEvidence) -> tuple[PlantKind, ...]:
    """Return the kinds of indicator that have a default spot in a form of evidence."""
    return tuple(kind for kind in PlantKind if _default_spot(kind, evidence))


def place(plants: Iterable[Plant], evidence: IosEvidence) -> tuple[dict[str, tuple[Written, ...]], tuple[Planted, ...]]:
    """Return the values to write at each spot, and the record of where each plant goes.

    At spots that hold links a domain becomes a link to it. Raises `ValueError` for a plant this evidence cannot hold.
    """
    values: defaultdict[str, list[Written]] = defaultdict(list)
    planted = []
    for plant in plants:
        name = plant.spot or _default_spot(plant.kind, evidence)
        spot = SPOTS.get(name)
        if spot is None or plant.kind not in spot.kinds or evidence not in spot.evidence:
            raise ValueError(f"an iOS {evidence} has no place for {plant.kind} at {plant.spot or 'any spot'}")
        values[name].append(Written(kind=plant.kind, value=_as_written(plant, spot)))
        planted.append(
            Planted(
                plant=plant,
                module="sms" if name in _PASSED_OVER else name,
                where=spot.where,
                reported_by_mvt=(name, plant.kind) not in _UNREPORTED,
            )
        )
    # The same value planted twice at one spot is written once: many tables hold a page or a domain only once.
    return {name: tuple(dict.fromkeys(entries)) for name, entries in values.items()}, tuple(planted)


def _default_spot(kind: PlantKind, evidence: IosEvidence) -> str:
    return next((name for name in _PREFERRED.get(kind, ()) if evidence in SPOTS[name].evidence), "")


def _as_written(plant: Plant, spot: Spot) -> str:
    if plant.kind is PlantKind.DOMAINS and PlantKind.URLS in spot.kinds:
        return f"https://{plant.value}/r/4fQ2x"
    if plant.kind is PlantKind.FILE_NAMES:
        return f"/private/var/tmp/{plant.value}"
    return plant.value
