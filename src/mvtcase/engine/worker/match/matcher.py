"""A drop-in for MVT's `Indicators` that gives MVT's answers without walking every indicator for every record.

The answers are those of `mvt.common.indicators.Indicators` of release 2026.10.26, quirks included: the messages with
their misspellings, which collection wins, the sixteen-character process names, path prefixes without a boundary. The
differential tests hold the two classes against each other.

One difference is meant. Without any domain among the indicators MVT leaves its automaton unbuilt, and every URL check
that gets past the exact URLs raises `AttributeError`, which ends the module that asked. Here such a check returns None:
there is no domain to match.
"""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING, Any

from mvt.common.indicators import Indicator, IndicatorMatch, Indicators
from mvt.common.url import URL

from mvtcase.engine.worker.match.compiled import collections_of
from mvtcase.engine.worker.match.domains import (
    MAX_CACHED_NAME,
    SHARED_HOSTING,
    SHORTENERS,
    KnownURL,
    address_of,
    has_public_suffix,
    holds_suffix,
    plain_host,
    registered_domain,
)
from mvtcase.engine.worker.match.loader import read_stix
from mvtcase.engine.worker.match.lookup import TRUNCATED_NAME_LENGTH, IndicatorIndex
from mvtcase.engine.worker.match.matches import WitnessedIndicators, asking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from logging import Logger

    from mvtcase.engine.worker.match.matches import OnMatch
    from mvtcase.matchset import MatchSet

HASH_TYPES = {32: "files_md5", 40: "files_sha1"}
"""The list MVT looks a hash up in, by the hash's length; every other length means `files_sha256`."""


MAX_UNMATCHED = 16_384
"""How many addresses without a match are remembered before all are forgotten."""


@asking
class FastIndicators(Indicators):
    """MVT's indicators with an index for each check.

    Values that are no `str` go to MVT's own code, so they get its answers and its exceptions. `on_match` hears of
    every match that a check returns to a module: the name of the check of one value, that value, the match. The
    collections may be added to by `parse_stix2` and the loading methods that call it, but not be changed in place
    after the first check.
    """

    def __init__(self, log: Logger, on_match: OnMatch | None = None) -> None:
        super().__init__(log)
        self.on_match = on_match
        self._process_iocs: tuple[Indicator, ...] | None = None
        self._automata: dict[object, Any] = {}
        self._unmatched: set[str] = set()
        self._index = IndicatorIndex(self.ioc_collections)

    @classmethod
    def from_matchset(cls, matchset: MatchSet, log: Logger, on_match: OnMatch | None = None) -> FastIndicators:
        """Return the indicators of a match set, ready to be given to a command as `iocs`."""
        indicators = cls(log, on_match)
        fill(indicators, matchset)
        indicators._reindex()
        return indicators

    def parse_stix2(self, file_path: str) -> None:
        """Add the indicators of a STIX file in linear time; raises what MVT raises, and then adds no collection."""
        try:
            loaded = read_stix(file_path, self.log)
        except Exception:  # noqa: BLE001 - whatever is wrong with the file, MVT's own code decides what happens then
            super().parse_stix2(file_path)
            loaded = []
        self.ioc_collections.extend(loaded)
        self.total_ioc_count += sum(collection["count"] for collection in loaded)
        self._reindex()

    def get_iocs(self, ioc_type: str) -> Iterator[Indicator]:
        """Return an iterator over the indicators of a type; process names, which MVT walks itself, are built once."""
        if ioc_type != "processes":
            walk: Iterator[Indicator] = super().get_iocs(ioc_type)
            return walk
        if self._process_iocs is None:
            self._process_iocs = tuple(super().get_iocs(ioc_type))
        return iter(self._process_iocs)

    def get_ioc_matcher(self, ioc_type: str | None = None, ioc_list: Any = None) -> Any:  # noqa: ANN401 - an automaton
        """Return MVT's automaton of a type or of a hashable series of indicators, kept as long as this object is.

        MVT's own cache for it keeps the object and all its indicators alive after their use.
        """
        key = (ioc_type, ioc_list)
        if key not in self._automata:
            self._automata.clear()
            self._automata[key] = Indicators.get_ioc_matcher.__wrapped__(self, ioc_type, ioc_list)
        return self._automata[key]

    def check_url(self, url: object) -> IndicatorMatch | None:
        """Return the match of a URL: exact URL, domain, registered domain, or any text when it cannot be parsed."""
        if not isinstance(url, str):
            # MVT's cache hashes the argument first, so an unhashable one raises TypeError.
            hash(url)
            return None
        match = self._match_url(url) if url else None
        return None if match is None else self._told("check_url", url, match)

    def check_process(self, process: object) -> IndicatorMatch | None:
        """Return the match of a process name, whole or cut to sixteen characters, whichever indicator comes first."""
        if type(process) is not str:
            return self._told("check_process", process, super().check_process(process))
        if not process:
            return None
        name = base_name(process)
        whole = self._index.processes.get(name)
        cut = self._index.truncated_processes.get(name) if len(name) == TRUNCATED_NAME_LENGTH else None
        if cut is not None and (whole is None or cut < whole):
            start = f'Found a truncated known suspicious process name "{process}" matching indicators from '
            return self._found("check_process", process, "processes", cut, start)
        if whole is None:
            return None
        start = f'Found a known suspicious process name "{process}" matching indicators from '
        return self._found("check_process", process, "processes", whole, start)

    def check_email(self, email: object) -> IndicatorMatch | None:
        """Return the match of an e-mail address, case ignored."""
        if type(email) is not str:
            return self._told("check_email", email, super().check_email(email))
        position = self._index.emails.get(email.lower()) if email else None
        if position is None:
            return None
        start = f'Found a known suspicious email address "{email}" matching indicators from '
        return self._found("check_email", email, "emails", position, start)

    def check_file_name(self, file_name: object) -> IndicatorMatch | None:
        """Return the match of a file name."""
        if type(file_name) is not str:
            return self._told("check_file_name", file_name, super().check_file_name(file_name))
        position = self._index.file_names.get(file_name) if file_name else None
        if position is None:
            return None
        start = f'Found a known suspicious file name "{file_name}" matching indicators from '
        return self._found("check_file_name", file_name, "file_names", position, start)

    def check_file_path(self, file_path: object) -> IndicatorMatch | None:
        """Return the match of a path: its file name first, then the paths it starts with."""
        if type(file_path) is not str:
            # Only the file name of such a value can match, and check_file_name tells of that.
            return super().check_file_path(file_path)
        if not file_path:
            return None
        name = base_name(file_path)
        position = self._index.file_names.get(name) if name else None
        if position is not None:
            start = f'Found a known suspicious file name "{name}" matching indicators from '
            return self._found("check_file_path", file_path, "file_names", position, start)
        position = self._index.file_paths.find(file_path)
        if position is None:
            return None
        start = f'Found a known suspicious file path "{file_path}" matching indicators form '
        return self._found("check_file_path", file_path, "file_paths", position, start)

    def check_file_path_process(self, file_path: object) -> IndicatorMatch | None:
        """Return the match of a path that has a process name for one of its components."""
        if type(file_path) is not str:
            return self._told("check_file_path_process", file_path, super().check_file_path_process(file_path))
        if not file_path:
            return None
        processes = self._index.processes
        position = min((processes[part] for part in file_path.split("/") if part in processes), default=None)
        if position is None:
            return None
        start = f'Found known suspicious process name mentioned in file at path "{file_path}" matching indicators from '
        return self._found("check_file_path_process", file_path, "processes", position, start)

    def check_profile(self, profile_uuid: object) -> IndicatorMatch | None:
        """Return the match of a profile id that is part of an indicator."""
        if type(profile_uuid) is not str:
            return self._told("check_profile", profile_uuid, super().check_profile(profile_uuid))
        position = self._index.profiles.find(profile_uuid) if profile_uuid else None
        if position is None:
            return None
        start = f'Found a known suspicious profile ID "{profile_uuid}" matching indicators from '
        return self._found("check_profile", profile_uuid, "ios_profile_ids", position, start)

    def check_file_hash(self, file_hash: object) -> IndicatorMatch | None:
        """Return the match of a file hash, its type told by its length."""
        if type(file_hash) is not str:
            return self._told("check_file_hash", file_hash, super().check_file_hash(file_hash))
        kind = HASH_TYPES.get(len(file_hash), "files_sha256")
        position = getattr(self._index, kind).get(file_hash.lower()) if file_hash else None
        if position is None:
            return None
        start = f'Found a known suspicious file with hash "{file_hash}" matching indicators from '
        return self._found("check_file_hash", file_hash, kind, position, start)

    def check_app_certificate_hash(self, cert_hash: object) -> IndicatorMatch | None:
        """Return the match of a certificate hash, case ignored."""
        if type(cert_hash) is not str:
            return self._told("check_app_certificate_hash", cert_hash, super().check_app_certificate_hash(cert_hash))
        position = self._index.app_cert_hashes.get(cert_hash.lower()) if cert_hash else None
        if position is None:
            return None
        start = f'Found a known suspicious app certfificate with hash "{cert_hash}" matching indicators from '
        return self._found("check_app_certificate_hash", cert_hash, "app_cert_hashes", position, start)

    def check_app_id(self, app_id: object) -> IndicatorMatch | None:
        """Return the match of an app id, case ignored."""
        if type(app_id) is not str:
            return self._told("check_app_id", app_id, super().check_app_id(app_id))
        position = self._index.app_ids.get(app_id.lower()) if app_id else None
        if position is None:
            return None
        start = f'Found a known suspicious app with ID "{app_id}" matching indicators from '
        return self._found("check_app_id", app_id, "app_ids", position, start)

    def check_android_property_name(self, property_name: object) -> IndicatorMatch | None:
        """Return the match of a property name, case ignored; unlike elsewhere the empty name is looked up."""
        if type(property_name) is not str:
            match = super().check_android_property_name(property_name)
            return self._told("check_android_property_name", property_name, match)
        position = self._index.android_property_names.get(property_name.lower())
        if position is None:
            return None
        start = f'Found a known suspicious Android property "{property_name}" matching indicators from '
        return self._found("check_android_property_name", property_name, "android_property_names", position, start)

    def _reindex(self) -> None:
        self._index = IndicatorIndex(self.ioc_collections)
        self._unmatched.clear()
        self._automata.clear()
        self._process_iocs = None

    def _indicator(self, kind: str, position: int) -> Indicator:
        column = self._index.column(kind)
        collection = self.ioc_collections[column.owner(position)]
        return Indicator(
            value=column.values[position],
            type=kind,
            name=collection["name"],
            stix2_file_name=collection["stix2_file_name"],
        )

    def _found(self, check: str, value: str, kind: str, position: int, start: str) -> IndicatorMatch:
        ioc = self._indicator(kind, position)
        return self._told(check, value, IndicatorMatch(ioc=ioc, message=f'{start}"{ioc.name}"'))

    def _told(self, check: str, value: object, match: IndicatorMatch | None) -> IndicatorMatch | None:
        if match is not None and self.on_match is not None:
            self.on_match(check, value, match)
        return match

    def _match_url(self, url: str) -> IndicatorMatch | None:
        position = self._index.urls.get(url)
        if position is not None:
            return self._url_match("urls", position, f"Found a known suspicious URL {url}")
        address = address_of(url)
        if address in self._unmatched:
            return None
        plain = plain_host(url)
        if plain is None:
            return self._match_parsed_url(url)
        domain, host = plain
        if not has_public_suffix(host):
            return self._match_text(url)
        if domain in SHORTENERS:
            return self._match_parsed_url(url, KnownURL(url, domain, registered_domain(host) or ""))
        return self._match_host(url, address, domain, host)

    def _match_host(self, url: str, address: str, domain: str, host: str) -> IndicatorMatch | None:
        domains = self._index.domains
        # MVT cuts `www.` from links and not from indicators, so a published `www.` host would never be met.
        met = domain if domain in domains else host if host.startswith("www.") else ""
        if met in domains:
            return self._url_match("domains", domains[met], f"Found a known suspicious domain {url}")
        if holds_suffix(domains, host):
            return self._match_registered(url, registered_domain(host))
        self._remember_unmatched(address)
        return None

    def _remember_unmatched(self, address: str) -> None:
        """Keep the address of a plain URL whose host matches nothing: the next URL of it needs no second look."""
        if len(self._unmatched) >= MAX_UNMATCHED:
            self._unmatched.clear()
        if 0 < len(address) <= MAX_CACHED_NAME:
            self._unmatched.add(address)

    def _match_parsed_url(self, url: str, known: URL | None = None) -> IndicatorMatch | None:
        """Return what MVT returns for a shortened link or a URL of no plain shape; the steps are MVT's own."""
        try:
            original = known or URL(url)
            if original.check_if_shortened():
                unshortened = original.unshorten()
                self.log.debug("Found a shortened URL %s -> %s", url, unshortened)
                if unshortened is None:
                    self.log.warning("Unable to unshorten URL %s", url)
                    return None
                if not unshortened:
                    # With the network off, always; MVT fails to parse the empty text and searches the link instead.
                    return self._match_text(url)
                final = URL(unshortened)
                if final.check_if_shortened():
                    self.log.debug(
                        "Original URL %s appears to shorten another shortened URL %s ... checking!", url, final.url
                    )
                    match = self._match_url(final.url)
                    self.resolved_urls[url] = self.resolved_urls.get(final.url, final.url)
                    return match
                self.resolved_urls[url] = final.url
            else:
                final = original
        except Exception:  # noqa: BLE001 - MVT takes every failure, of the parser or of the network, for a URL to search as text
            return self._match_text(url)
        return self._match_domains(original, final)

    def _match_domains(self, original: URL, final: URL) -> IndicatorMatch | None:
        domains = self._index.domains
        domain = final.domain.lower()
        shortened = f" shortened as {original.url}" if original.is_shortened and original.url != final.url else ""
        # As in `_match_host`: a published `www.` host is met by itself.
        met = domain if domain in domains else f"www.{domain}" if f"//www.{domain}" in final.url.lower() else ""
        if met in domains:
            return self._url_match("domains", domains[met], f"Found a known suspicious domain {final.url}{shortened}")
        return self._match_registered(final.url, final.top_level.lower(), shortened)

    def _match_registered(self, url: str, registered: str | None, shortened: str = "") -> IndicatorMatch | None:
        position = self._index.domains.get(registered or "")
        if position is None or registered in SHARED_HOSTING or registered in SHORTENERS:
            return None
        # MVT's sentence loses its article where a shortened link is named.
        article = "" if shortened else "a "
        start = f"Found a sub-domain with {article}suspicious top level {url}{shortened}"
        return self._url_match("domains", position, start)

    def _match_text(self, url: str) -> IndicatorMatch | None:
        position = self._index.domains_in_text.find(url)
        if position is None:
            return None
        return self._url_match("domains", position, f"Maybe found a known suspicious domain {url}")

    def _url_match(self, kind: str, position: int, start: str) -> IndicatorMatch:
        ioc = self._indicator(kind, position)
        return IndicatorMatch(ioc=ioc, message=f'{start} matching indicator "{ioc.value}" from "{ioc.name}"')


def base_name(path: str) -> str:
    """Return what `os.path.basename` returns, without its detours where a path has one separator only."""
    return path[path.rfind("/") + 1 :] if os.path is posixpath else os.path.basename(path)  # noqa: PTH119 - MVT's own test


def fill(indicators: Indicators, matchset: MatchSet) -> None:
    """Give the collections of a match set to an `Indicators` object, as if it had parsed them."""
    indicators.ioc_collections.extend(collections_of(matchset))
    indicators.total_ioc_count += matchset.count


def stock_from_matchset(matchset: MatchSet, log: Logger, on_match: OnMatch | None = None) -> Indicators:
    """Return MVT's own `Indicators` with the collections of a match set, for `--stock-matcher`.

    With `on_match` it is a subclass that tells of every match and answers as MVT does.
    """
    indicators = Indicators(log) if on_match is None else WitnessedIndicators(log, on_match)
    fill(indicators, matchset)
    return indicators
