"""Two published layouts of their own: TinyCheck's JSON, and the YAML in which stalkerware apps are described."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from mvtcase.errors import IndicatorFileError
from mvtcase.indicators.ledger import Ledger, Origin, Shelf
from mvtcase.indicators.misp import book
from mvtcase.indicators.types import ADDRESS
from mvtcase.indicators.verdicts import IndicatorType, Refused, Stock, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mvtcase.indicators.ledger import Reading

MAX_YAML_CHARACTERS = 1 << 20

_OF_AN_APP = {"packages": IndicatorType.APP_IDS, "certificates": IndicatorType.APP_CERT_HASHES}
_OF_ITS_SERVERS = {"domains": IndicatorType.DOMAINS, "ips": ADDRESS, "ip": ADDRESS}
_ABOUT_AN_APP = {
    "websites": "context: the vendor's own site, which whoever reads about the app visits",
    "distribution": "context: where the app is offered, and no server of it",
    "certificate_organizations": "context: a name in a certificate",
    "certificate_cname_re": "context: a pattern for names in certificates",
}


def is_tinycheck(data: object) -> bool:
    """Return whether a JSON value is a list of indicators as TinyCheck reads it."""
    return isinstance(data, dict) and isinstance(data.get("iocs"), list)


def read_tinycheck(data: Any, name: str) -> Reading:  # noqa: ANN401 - what a JSON file holds
    """Return the account of TinyCheck's JSON; a tag is a collection."""
    ledger, shelves = Ledger(), dict[str, Shelf]()
    for number, entry in enumerate(data["iocs"], 1):
        row = entry if isinstance(entry, dict) else {}
        tag = shortened(str(row.get("tag") or name))
        shelf = shelves.setdefault(tag, Shelf(str(len(shelves)), tag))
        book(ledger, shelf, {**row, "to_ids": True}, f"entry {number}")
    return ledger.reading("TinyCheck JSON", list(shelves.values()), Origin(families=tuple(shelves)))


def read_yaml(text: str, file_name: str) -> Reading:
    """Return the account of a YAML list of apps, each a collection.

    Raises `IndicatorFileError` when it is no such list: an index of sets, or anything else.
    """
    held = _loaded(text, file_name)
    if isinstance(held, dict) and isinstance(held.get("indicators"), list):
        raise IndicatorFileError(
            "{file_name} names indicator sets, and holds none itself.",
            hint="Fetch the sets that it names.",
            file_name=file_name,
        )
    listed = held if isinstance(held, list) else []
    apps = [each for each in listed if isinstance(each, dict) and isinstance(each.get("name"), str)]
    if not any({"packages", "certificates", "c2"} & set(each) for each in apps):
        raise IndicatorFileError("{file_name} is YAML, and no list of apps with indicators.", file_name=file_name)
    ledger, shelves = Ledger(), list[Shelf]()
    for number, app in enumerate(apps):
        shelves.append(Shelf(str(number), shortened(app["name"])))
        _book_app(ledger, shelves[-1], app)
    return ledger.reading("YAML", shelves, Origin(families=tuple(dict.fromkeys(each.name for each in shelves))))


def _book_app(ledger: Ledger, shelf: Shelf, app: dict[str, Any]) -> None:
    named = app.get("c2")
    servers: dict[str, Any] = named if isinstance(named, dict) else {}
    for source, kinds in ((app, _OF_AN_APP), (servers, _OF_ITS_SERVERS)):
        for key, kind in kinds.items():
            for value in _texts(source.get(key)):
                book(ledger, shelf, {"type": kind, "value": value, "to_ids": True}, f"{shelf.name}, {key}")
    for key, reason in _ABOUT_AN_APP.items():
        for value in _texts(app.get(key)):
            ledger.open(1)
            ledger.refuse(Refused(reason=reason), where=f"{shelf.name}, {key}", given=value, stock=Stock.DROPS)


def _texts(values: object) -> Iterator[str]:
    listed: Iterable[object] = values if isinstance(values, list) else [values]
    return (each for each in listed if isinstance(each, str))


class _PlainLoader(yaml.SafeLoader):
    """YAML without aliases: a few lines of them can stand for more values than a machine holds."""

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 - as PyYAML declares it
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it uses aliases")
        return super().compose_node(parent, index)


def _loaded(text: str, file_name: str) -> object:
    if len(text) > MAX_YAML_CHARACTERS:
        raise IndicatorFileError("{file_name} is too large for YAML.", file_name=file_name)
    try:
        return yaml.load(text, Loader=_PlainLoader)  # noqa: S506 - a safe loader with less
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise IndicatorFileError(
            "{file_name} is no readable YAML: {error}.", file_name=file_name, error=shortened(str(error))
        ) from None
