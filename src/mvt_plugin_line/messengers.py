"""Links in the messages of WhatsApp Business and Viber on iPhones, which MVT 2026.10.26 does not look for.

WhatsApp Business keeps the same `ChatStorage.sqlite` as WhatsApp in an app group of its own; MVT's module reads one
such file, the other's. Viber keeps its messages in `Contacts.data` of its app group, table `ZVIBERMESSAGE`: text in
`ZTEXT`, moment in `ZDATE` (iLEAPP's artefact for Viber, run on iOS 13 to 18).
"""

from __future__ import annotations

import hashlib
from typing import Any

from mvt.common.utils import check_for_links, convert_mactime_to_iso
from mvt.ios.modules.mixed.whatsapp import WHATSAPP_ROOT_PATHS, Whatsapp
from mvt.plugin import DatabaseNotFoundError, IOSExtraction, MVTModule

COMMANDS = (("ios", "check-backup"), ("ios", "check-fs"))
MOST_MESSAGES = 2_000_000
BUSINESS = "AppDomainGroup-group.net.whatsapp.WhatsAppSMB.shared"
VIBER, VIBER_FILE = "AppDomainGroup-group.viber.share.container", "com.viber/database/Contacts.data"
_VIBER_PLACE = f"private/var/mobile/Containers/Shared/AppGroup/*/{VIBER_FILE}"


def backup_id(domain: str, path: str) -> str:
    """Return the name that a backup gives a file: the hash of its domain and path."""
    return hashlib.sha1(f"{domain}-{path}".encode(), usedforsecurity=False).hexdigest()


class WhatsappBusiness(Whatsapp):
    """Compares the links of WhatsApp Business as MVT does those of WhatsApp."""

    slug = "whatsapp_business"
    supported_commands = COMMANDS
    replaces = None

    def _find_ios_database(self, backup_ids: list[str] | None = None, root_paths: list[str] | None = None) -> None:
        """Take the business app's database; of a dump whose app groups say no names, any but the one that MVT reads."""
        del backup_ids, root_paths
        found = self._get_backup_file_from_id(backup_id(BUSINESS, "ChatStorage.sqlite")) if self.is_backup else None
        others = [] if self.is_backup else list(self._get_fs_files_from_patterns(WHATSAPP_ROOT_PATHS))[1:]
        self.file_path = found or next(iter(others), None)
        if self.file_path is None:
            raise DatabaseNotFoundError("WhatsApp Business is not in this acquisition")

    def _find_lid_db_path(self) -> str | None:
        """Leave the other app's list of numbers alone."""
        return None


class LinkedMessages(MVTModule):
    """Compares the links of the messages that a module read, and lists those with links in the timeline."""

    def check_indicators(self) -> None:
        """Compare every link."""
        for result in self.results if self.indicators else ():
            for link in result["links"]:
                match = self.indicators.check_url(link)
                if match:
                    self.alertstore.critical(match.message, result["isodate"], result, matched_indicator=match.ioc)
                    break

    def serialize(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return a message with links for the timeline."""
        if not record["links"] or not record["isodate"]:
            return {}
        said = ", ".join(record["links"])
        words = f"{record['app']}, {record['direction']}: {said}" if "app" in record else said
        return {"timestamp": record["isodate"], "module": self.__class__.__name__, "event": "message", "data": words}


class ViberIOS(LinkedMessages, IOSExtraction):
    """Compares the links in Viber's messages."""

    slug = "viber_ios"
    supported_commands = COMMANDS

    def run(self) -> None:
        """Read every message; raises `DatabaseNotFoundError` where there is no Viber."""
        self.results: list[dict[str, Any]] = []
        found = self._get_backup_file_from_id(backup_id(VIBER, VIBER_FILE)) if self.is_backup else None
        self.file_path = found or next(iter(self._get_fs_files_from_patterns([_VIBER_PLACE])), None)
        if self.file_path is None:
            raise DatabaseNotFoundError("Viber is not in this acquisition")
        connection = self._open_sqlite_db(self.file_path)
        try:
            rows = connection.execute("SELECT Z_PK, ZTEXT, ZDATE, ZSTATE FROM ZVIBERMESSAGE LIMIT ?", (MOST_MESSAGES,))
            self.results.extend(_message(*row) for row in rows)
        finally:
            connection.close()


def _message(number: object, text: object, when: object, state: object) -> dict[str, Any]:
    body = text if isinstance(text, str) else ""
    return {
        "id": number,
        "text": body,
        "links": list(dict.fromkeys(check_for_links(body))),
        "isodate": convert_mactime_to_iso(when) if isinstance(when, (int, float)) and when else "",
        "direction": {"received": "received", "send": "sent", "delivered": "sent"}.get(str(state), ""),
    }
