"""Where an indicator says nothing by itself: names that systems carry, pages about a host."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mvtcase.model import IndicatorRef, Json

_NAMED = frozenset({"processes", "file_names"})
_HOSTS = frozenset({"domains", "urls"})
_PATHS = ("path", "relative_path", "on_phone", "found", "file_path")
_APP_DATA = re.compile(
    r"/?(?:private/)?var/(?:mobile/)?containers/(?:data|bundle|shared)/"
    r"|/?(?:storage/emulated/\d+|sdcard|mnt/sdcard|data/media/\d+)/|/?data/(?:data|user/\d+|user_de/\d+|app)/"
    r"|appdomain(?:group|plugin)?-|/?(?:private/)?var/mobileasset/",
    re.IGNORECASE,
)
"""Where apps keep their own things: no program of the system starts from there under such a name."""


@cache
def stock_names() -> Mapping[str, tuple[str, ...]]:
    """Return the published names that phones carry as well, each with the folders they stand in (`*` for an id)."""
    text = resources.files("mvtcase.findings").joinpath("stock_names.json").read_text(encoding="utf-8")
    return {each["name"]: tuple(place["folder"] for place in each["places"]) for each in json.loads(text)}


def of_the_system(indicator: IndicatorRef, event: Mapping[str, Json]) -> bool:
    """Return whether a name was only seen as a file or folder where systems keep one, or in an app's own data.

    A process that ran or crashed is never excused, nor a file of that name anywhere else.
    """
    if indicator.type not in _NAMED or indicator.value not in stock_names():
        return False
    if str(event.get("place_class")) == "execution":
        return False
    paths = [path for path in _texts(event, _PATHS) if indicator.value in path]
    domain = str(event.get("domain") or "")
    return bool(paths) and all(_ordinary(f"{domain}/{path}" if domain else path, indicator.value) for path in paths)


def _ordinary(path: str, name: str) -> bool:
    if _APP_DATA.match(path):
        return True
    folder = path.strip("/").rpartition("/")[0]
    return path.endswith(f"/{name}") and any(_fits(folder, place) for place in stock_names()[name])


def _fits(folder: str, place: str) -> bool:
    return re.fullmatch("[^/]+".join(map(re.escape, place.split("*"))), folder) is not None


def only_about(indicator: IndicatorRef, event: Mapping[str, Json]) -> bool:
    """Return whether a host stands in the title of a page about it; the second reader tells links about one itself."""
    # A title that is nothing but an address is that of a page without one: it was opened.
    is_title = _TITLE.fullmatch(str(event.get("column"))) is not None
    return is_title and indicator.type in _HOSTS and len(str(event.get("context")).split()) > 1


_TITLE = re.compile(r"(?:page_|z)?titles?", re.IGNORECASE)
"""Columns of a page's or bookmark's title: the address itself stands in another column of the same row."""


def _texts(event: Mapping[str, Json], names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        value = event.get(name)
        if isinstance(value, str) and value:
            yield value
