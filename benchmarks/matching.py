"""MVT's matching against ours, side by side in one process.

    python benchmarks/matching.py                 prints the tables
    python benchmarks/matching.py --markdown      writes them into docs/benchmarks.md
    python benchmarks/matching.py --quick         small sizes only, to see that it runs

Stock MVT is measured on samples of the lookups (bounded by time) and the figure is per lookup; where even one run of
stock would take too long, the table says "extrapolated". Ours is always measured in full.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import platform
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

# MVT writes a settings file when it is imported, and must not resolve links.
_OWN_FOLDER = tempfile.mkdtemp(prefix="mvtcase-benchmark-")
os.environ |= {
    "MVT_CONFIG_FOLDER": _OWN_FOLDER,
    "MVT_DATA_FOLDER": _OWN_FOLDER,
    "MVT_NETWORK_ACCESS_ALLOWED": "false",
}

from mvt.common.indicators import Indicators  # noqa: E402 - after the settings above

from mvtcase.engine.worker.match.compiled import matchset_collections  # noqa: E402 - as above
from mvtcase.engine.worker.match.loader import load_collections  # noqa: E402 - as above
from mvtcase.engine.worker.match.matcher import FastIndicators, stock_from_matchset  # noqa: E402 - as above
from mvtcase.matchset import MatchSet, read_matchset, write_matchset  # noqa: E402 - as above

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

LOG = logging.getLogger("benchmark")
SIZES = (1_500, 7_000, 50_000, 500_000)
RECORDS = (10_000, 100_000, 1_000_000)
LARGEST_STOCK_LOAD = 7_000
STOCK_SECONDS = 1.0
"""How long stock may take for one row; what it did by then is the sample."""

COMPILED = "compiled form"
OURS_LOOKUPS = 50_000
MOST_DISTINCT = 100_000
COLLECTIONS = 20
MISSES_PER_HIT = 1_000

REAL_SHARES: Mapping[str, float] = {
    "domain-name:value": 0.945,
    "process:name": 0.0152,
    "email-addr:value": 0.0119,
    "file:path": 0.0084,
    "file:hashes.sha256": 0.0134,
    "app:id": 0.0031,
    "file:name": 0.0015,
    "app:cert.sha256": 0.0006,
    "android-property:name": 0.0005,
    "configuration-profile:id": 0.0004,
}
"""The shares of the 5,449 indicators Amnesty and partners have published, all sets together."""

BROAD_SHARES: Mapping[str, float] = {
    "domain-name:value": 0.40,
    "url:value": 0.20,
    "file:hashes.sha256": 0.15,
    "process:name": 0.05,
    "email-addr:value": 0.05,
    "file:path": 0.05,
    "file:name": 0.04,
    "app:id": 0.03,
    "app:cert.sha256": 0.01,
    "android-property:name": 0.01,
    "configuration-profile:id": 0.01,
}
"""A commercial or MISP feed: fewer domains, many exact URLs and file hashes."""

PHONE: Mapping[str, float] = {
    "check_file_path": 0.45,
    "check_url": 0.25,
    "check_process": 0.20,
    "check_app_id": 0.04,
    "check_file_hash": 0.03,
    "check_email": 0.01,
    "check_file_path_process": 0.01,
    "check_app_certificate_hash": 0.005,
    "check_android_property_name": 0.003,
    "check_profile": 0.002,
}
"""What a scan asks: mostly paths of a backup or a file listing, then URLs of messages and histories, then processes."""

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
ENDINGS = ("com", "net", "org", "info", "co.uk", "io", "xyz", "live", "com.br", "in")
FOLDERS = (
    "private",
    "var",
    "mobile",
    "Library",
    "Caches",
    "Containers",
    "Data",
    "Application",
    "tmp",
    "db",
    "usr",
    "libexec",
)


class Source:
    """Invents indicators and the values found on phones, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.hosts = [self.domain() for _ in range(3_000)]

    def word(self, least: int = 4, most: int = 14) -> str:
        """Return a word of letters and digits."""
        return "".join(self.chance.choices(LETTERS, k=self.chance.randint(least, most)))

    def domain(self) -> str:
        """Return a domain name, one in four with a subdomain."""
        name = f"{self.word()}.{self.chance.choice(ENDINGS)}"
        return f"{self.word(2, 5)}.{name}" if self.chance.random() < 0.25 else name

    def path(self) -> str:
        """Return an absolute path of three to eight parts."""
        parts = self.chance.choices(FOLDERS, k=self.chance.randint(2, 7))
        return "/" + "/".join([*parts, self.word()])

    def digest(self) -> str:
        """Return a hex SHA-256."""
        return f"{self.chance.getrandbits(256):064x}"

    def package(self) -> str:
        """Return an app id."""
        return f"com.{self.word(4, 8)}.{self.word(4, 10)}"

    def url(self) -> str:
        """Return a URL as messages and histories hold them; a few are shortened, bare addresses or no URLs."""
        kind = self.chance.random()
        host = self.chance.choice(self.hosts)
        if kind < 0.03:
            return f"https://bit.ly/{self.word()}"
        if kind < 0.05:
            return f"http://{self.chance.randrange(256)}.{self.chance.randrange(256)}.1.2:8080/{self.word()}"
        if kind < 0.06:
            return f"{self.word()} {self.word()}"
        www = "www." if kind < 0.4 else ""
        return f"https://{www}{host}/{self.word()}/{self.word()}?{self.word(2, 4)}={self.word(8, 30)}"

    def value(self, key: str) -> str:
        """Return an indicator's value for the left side of a pattern."""
        makers: dict[str, Callable[[], str]] = {
            "domain-name:value": self.domain,
            "url:value": lambda: f"http://{self.domain()}/{self.word()}",
            "email-addr:value": lambda: f"{self.word()}@{self.domain()}",
            "file:path": self.path,
            "app:id": self.package,
            "configuration-profile:id": lambda: f"{self.package()}.{self.word(8, 20)}",
            "android-property:name": lambda: f"persist.{self.word()}.{self.word()}",
        }
        if "hashes" in key or "cert" in key:
            return self.digest()
        return makers.get(key, self.word)()

    def question(self, check: str) -> str:
        """Return a value a module would ask this check about."""
        makers: dict[str, Callable[[], str]] = {
            "check_url": self.url,
            "check_email": lambda: f"{self.word()}@{self.chance.choice(self.hosts)}",
            "check_file_path": self.path,
            "check_file_path_process": self.path,
            "check_process": lambda: self.chance.choice([self.word(4, 20), self.path()]),
            "check_file_hash": self.digest,
            "check_app_certificate_hash": self.digest,
            "check_profile": lambda: f"{self.package()}.{self.word(8, 20)}",
            "check_android_property_name": lambda: f"ro.{self.word()}.{self.word()}",
        }
        return makers.get(check, self.package)()


def bundle(count: int, shares: Mapping[str, float], source: Source) -> dict[str, Any]:
    """Return a STIX bundle shaped as the real ones: families, indicators and one relationship for each indicator."""
    families = [{"type": "malware", "id": f"malware--{n}", "name": f"family {n}"} for n in range(COLLECTIONS)]
    keys = source.chance.choices(list(shares), weights=list(shares.values()), k=count)
    indicators = [
        {"type": "indicator", "id": f"indicator--{n:08}", "pattern": f"[{key}='{source.value(key)}']"}
        for n, key in enumerate(keys)
    ]
    relationships = [
        {"type": "relationship", "source_ref": entry["id"], "target_ref": f"malware--{n % COLLECTIONS}"}
        for n, entry in enumerate(indicators)
    ]
    return {"type": "bundle", "objects": [*families, *indicators, *relationships]}


def seconds(work: Callable[[], object], runs: int = 1) -> float:
    """Return the wall-clock seconds of the fastest of some runs."""
    fastest = float("inf")
    for _ in range(runs):
        gc.collect()
        start = time.perf_counter()
        work()
        fastest = min(fastest, time.perf_counter() - start)
    return fastest


def per_lookup(indicators: Any, questions: Sequence[tuple[str, str]], limit: float) -> tuple[float, int]:  # noqa: ANN401 - MVT's untyped class
    """Return seconds per lookup over as many questions as fit into the limit, and how many these were."""
    calls = [(getattr(indicators, check), value) for check, value in questions]
    done = 0
    start = time.perf_counter()
    for call, value in calls:
        call(value)
        done += 1
        if done % 16 == 0 and time.perf_counter() - start > limit:
            break
    return (time.perf_counter() - start) / done, done


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table: what was measured, and both times in seconds."""

    size: int
    what: str
    stock: float
    ours: float
    note: str = ""

    def cells(self, shown: Callable[[float], str]) -> list[str]:
        """Return the line's cells, times written by `shown`."""
        ratio = self.stock / self.ours
        return [f"{self.size:,}", self.what, shown(self.stock), shown(self.ours), f"{ratio:,.0f} x", self.note]


def measure_loading(sizes: Sequence[int], folder: Path) -> list[Row]:
    """Return how long loading takes: STIX in both classes, and the compiled form against stock's STIX."""
    rows = []
    known: tuple[int, float] | None = None
    for size in sizes:
        stix, compiled = folder / f"{size}.stix2", folder / f"{size}.matchset"
        stix.write_text(json.dumps(bundle(size, REAL_SHARES, Source(size))), encoding="utf-8")
        collections = load_collections([str(stix)])
        write_matchset(compiled, matchset_collections(collections), ["0" * 64])
        note = ""
        if size <= LARGEST_STOCK_LOAD or known is None:
            stock = seconds(lambda path=str(stix): Indicators(LOG).parse_stix2(path))  # type: ignore[misc]
            known = (size, stock)
        else:
            stock = known[1] * (size / known[0]) ** 2
            note = "stock extrapolated (quadratic)"
        linear = seconds(lambda path=str(stix): FastIndicators(LOG).parse_stix2(path), runs=3)  # type: ignore[misc]
        ready = seconds(lambda path=compiled: FastIndicators.from_matchset(read_matchset(path), LOG), runs=3)  # type: ignore[misc]
        rows += [
            Row(size=size, what="STIX, ours linear", stock=stock, ours=linear, note=note),
            Row(size=size, what=COMPILED, stock=stock, ours=ready, note=note),
        ]
    return rows


def made_set(size: int, shares: Mapping[str, float], folder: Path) -> MatchSet:
    """Return a match set of so many indicators, loaded as a scan would load it."""
    stix = folder / "set.stix2"
    stix.write_text(json.dumps(bundle(size, shares, Source(size))), encoding="utf-8")
    return MatchSet(collections=tuple(matchset_collections(load_collections([str(stix)]))))


def planted(matchset: MatchSet, check: str, kinds: Mapping[str, str], source: Source) -> Iterator[tuple[str, str]]:
    """Yield questions for one check without end, one in a thousand of them an indicator itself."""
    held = [value for collection in matchset.collections for value in collection.values.get(kinds[check], ())]
    while True:
        hit = held and source.chance.randrange(MISSES_PER_HIT) == 0
        yield check, source.chance.choice(held) if hit else source.question(check)


KINDS = {
    "check_url": "domains",
    "check_process": "processes",
    "check_email": "emails",
    "check_file_path": "file_paths",
    "check_file_path_process": "processes",
    "check_file_hash": "files_sha256",
    "check_app_certificate_hash": "app_cert_hashes",
    "check_app_id": "app_ids",
    "check_profile": "ios_profile_ids",
    "check_android_property_name": "android_property_names",
}


def mixed(matchset: MatchSet, count: int) -> list[tuple[str, str]]:
    """Return questions in the shares a phone asks them; beyond 100,000 the same ones come again."""
    source = Source(count)
    streams = {check: planted(matchset, check, KINDS, source) for check in PHONE}
    checks = source.chance.choices(list(PHONE), weights=list(PHONE.values()), k=min(count, MOST_DISTINCT))
    distinct = [next(streams[check]) for check in checks]
    return list(islice(cycle(distinct), count))


def compared(size: int, what: str, stock: Any, ours: Any, questions: Sequence[tuple[str, str]]) -> Row:  # noqa: ANN401 - as above
    """Return the row of some questions, asked of stock for a while and of ours all of them once."""
    slow, sample = per_lookup(stock, questions, STOCK_SECONDS)
    fast, _ = per_lookup(ours, questions, 60)
    return Row(size=size, what=what, stock=slow, ours=fast, note=f"stock sample {sample:,}")


def measure_lookups(size: int, shares: Mapping[str, float], folder: Path, records: Sequence[int]) -> Iterator[Row]:
    """Yield the first check (both build their indexes then), each check by itself, and the mix of a phone."""
    matchset = made_set(size, shares, folder)
    stock, ours = stock_from_matchset(matchset, LOG), FastIndicators.from_matchset(matchset, LOG)
    yield Row(
        size=size,
        what="first check of each kind (indexes built)",
        stock=seconds(lambda: [getattr(stock, check)("http://1.2.3.4/none") for check in PHONE]),
        ours=seconds(lambda: [getattr(ours, check)("http://1.2.3.4/none") for check in PHONE]),
    )
    for check in PHONE:
        questions = list(islice(planted(matchset, check, KINDS, Source(7)), OURS_LOOKUPS))
        yield compared(size, check, stock, ours, questions)
    source = Source(8)
    unseen = [("check_url", f"https://{source.domain()}/{source.word()}") for _ in range(OURS_LOOKUPS)]
    yield compared(size, "check_url, no host twice", stock, ours, unseen)
    for count in records:
        questions = mixed(matchset, count)
        slow, sample = per_lookup(stock, questions, 2 * STOCK_SECONDS)
        fast = per_lookup(ours, questions, 600)[0]
        whole = f"{text(slow * count)}{'' if sample == count else ' (extrapolated)'} against {text(fast * count)}"
        note = f"stock sample {sample:,}; whole run {whole}"
        yield Row(size=size, what=f"**mix of a phone, {count:,} records**", stock=slow, ours=fast, note=note)


def text(duration: float) -> str:
    """Return seconds as people read them."""
    for unit, factor in (("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3)):
        if duration >= factor:
            return f"{duration / factor:,.1f} {unit}"
    return f"{duration * 1e6:,.2f} µs"


def table(rows: Sequence[Row]) -> str:
    """Return a Markdown table of the rows."""
    header = ["indicators", "what", "stock", "ours", "ratio", "note"]
    lines = [header, ["---:", "---", "---:", "---:", "---:", "---"], *(row.cells(text) for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine() -> str:
    """Return one sentence about what the figures were taken on."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        cpu = names[0] if names else cpu
    return (
        f"{cpu}, {os.cpu_count()} cores shared with other work, Python {platform.python_version()}, {platform.system()}"
    )


def written(loading: Sequence[Row], real: Sequence[Row], broad: Sequence[Row], took: float) -> str:
    """Return the section of docs/benchmarks.md."""
    return f"""{START}
## Matching

Written by `python benchmarks/matching.py --markdown`. Machine: {machine()}; the run took {text(took)}.
"Stock" is `mvt.common.indicators.Indicators` of MVT 2026.10.26 in the same process. Stock is timed on as many lookups
as fit into {STOCK_SECONDS:.0f} to {2 * STOCK_SECONDS:.0f} s for each row; ours on all of them. One question in a
thousand is a hit; the URLs are of 3,000 hosts, but where the row says otherwise. A million records are
{MOST_DISTINCT:,} different ones asked ten times.

{in_short(loading, real)}

### Loading

{table(loading)}

Stock compares every indicator with every relationship; the linear loader and the compiled form do not. Indexes are
built by the first check that needs them; the first row of each size below says how long that takes.

### Lookups, shares of the published sets

94.5 % of the indicators are domains, as in the sets Amnesty and its partners have published. MVT finds domains with an
automaton, so `check_url` costs stock the same at every size: nearly all of it is taking the URL apart, which ours does
only for URLs of an unusual shape and once for each host. The other checks walk every indicator of their type. MVT's
automaton of half a million domains takes about 320 MB and 2 to 5 s to build; our set of anchors in its place, for URLs
that cannot be parsed, about 90 MB with its map and 0.2 s.

{table(real)}

### Lookups, shares of a broad feed

40 % domains, 20 % exact URLs, 15 % file hashes, as commercial and MISP feeds have them. Here stock's `check_url` walks
the exact URLs too.

{table(broad)}
{END}"""


def in_short(loading: Sequence[Row], real: Sequence[Row]) -> str:
    """Return one line for each size: how many times faster the mix of a phone and loading are."""
    lines = []
    for size in sorted({row.size for row in real}):
        mixes = [row.stock / row.ours for row in real if row.size == size and row.what.startswith("**")]
        compiled = next(row for row in loading if row.size == size and row.what == COMPILED)
        lines.append(
            f"* {size:,} indicators: the mix of a phone is {min(mixes):,.0f} to {max(mixes):,.0f} times faster; "
            f"the compiled form loads in {text(compiled.ours)}, {compiled.stock / compiled.ours:,.0f} times faster "
            f"than stock reads STIX{' (extrapolated)' if compiled.note else ''}."
        )
    return "\n".join(lines)


START, END = "<!-- matching: begin -->", "<!-- matching: end -->"


def replace_section(page: Path, section: str) -> None:
    """Write the section into the page, in the place of its former self or at the end."""
    old = page.read_text(encoding="utf-8") if page.is_file() else "# Benchmarks\n"
    before, found, rest = old.partition(START)
    after = rest.partition(END)[2] if found else "\n"
    page.write_text(f"{before.rstrip()}\n\n{section}{after}", encoding="utf-8")


def main() -> None:
    """Run all measurements and print or write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markdown", action="store_true", help="write the tables into docs/benchmarks.md")
    parser.add_argument("--quick", action="store_true", help="small sizes and few records only")
    options = parser.parse_args()
    sizes, records = (SIZES[:2], RECORDS[:1]) if options.quick else (SIZES, RECORDS)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        loading = measure_loading(sizes, folder)
        print(table(loading), file=sys.stderr)
        real = [row for size in sizes for row in shown(measure_lookups(size, REAL_SHARES, folder, records))]
        broad = [row for size in sizes for row in shown(measure_lookups(size, BROAD_SHARES, folder, records[:1]))]
    section = written(loading, real, broad, time.perf_counter() - start)
    if options.markdown:
        replace_section(Path(__file__).parents[1] / "docs" / "benchmarks.md", section)
    else:
        print(section)


def shown(rows: Iterator[Row]) -> Iterator[Row]:
    """Yield the rows on, each printed to stderr as it comes."""
    for row in rows:
        print(" | ".join(row.cells(text)), file=sys.stderr, flush=True)
        yield row


if __name__ == "__main__":
    main()
