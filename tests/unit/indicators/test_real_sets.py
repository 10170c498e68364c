"""The real sets beside the checkout: nothing in them unexplained, and as many indicators as MVT itself counts."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from mvtcase.indicators.files import read_set

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mvtcase.indicators.library import IndicatorLibrary

READ_WITH_MVT = """
import json, logging, sys
logging.disable(logging.CRITICAL)
from mvt.common.indicators import Indicators
def read(path):
    stock = Indicators()
    stock.parse_stix2(path)
    named = ("id", "name", "description", "stix2_file_name", "stix2_file_path", "count")
    return [
        [each["id"], each["name"], {kind: values for kind, values in each.items() if kind not in named and values}]
        for each in stock.ioc_collections
    ]
print(json.dumps({path: read(path) for path in sys.argv[1:]}))
"""


def read_with_mvt(paths: Sequence[Path], home: Path) -> dict[str, Any]:
    """Return the collections that MVT's own reader makes of each file: id, name, values by type."""
    environment = os.environ | {"MVT_CONFIG_FOLDER": str(home), "MVT_DATA_FOLDER": str(home), "HOME": str(home)}
    command = [sys.executable, "-c", READ_WITH_MVT, *map(str, paths)]
    answer = subprocess.run(command, capture_output=True, check=True, env=environment, timeout=120)
    result: dict[str, Any] = json.loads(answer.stdout)
    return result


def ours(path: Path) -> list[Any]:
    """Return the collections that we make of a file, in the same form."""
    reading = read_set(path.read_bytes(), path.name)
    return [
        [each.id, each.name, {kind: list(values) for kind, values in each.values.items()}]
        for each in reading.collections
    ]


def random_bundle(chance: random.Random) -> bytes:
    """Return a bundle of reports, malware and relationships that overlap, with values that repeat."""
    malware = [f"malware--{n}" for n in range(chance.randrange(4))]
    indicators = [f"indicator--{n}" for n in range(chance.randrange(12))]
    lefts = ["domain-name:value", "process:name", "file:name", "app:id", "url:value", "email-addr:value"]
    values = ["evil.example", "other.example", "third.example"]
    objects: list[dict[str, Any]] = [{"type": "malware", "id": each, "name": f"M {each}"} for each in malware]
    for number in range(chance.randrange(3)):
        refs = chance.sample(indicators, chance.randrange(len(indicators) + 1))
        objects.append({"type": "report", "id": f"report--{number}", "name": f"R {number}", "object_refs": refs})
    for each in indicators:
        pattern = f"[{chance.choice(lefts)} = '{chance.choice(values)}']"
        objects.append({"type": "indicator", "id": each, "pattern": pattern})
        targets = chance.sample([*malware, "elsewhere"], chance.randrange(len(malware) + 2))
        objects += [{"type": "relationship", "source_ref": each, "target_ref": target} for target in targets]
    chance.shuffle(objects)
    return json.dumps({"objects": objects or [{"type": "x"}]}).encode()


@pytest.mark.shared
def test_nothing_unexplained(real_sets: tuple[Path, ...], indicator_library: IndicatorLibrary) -> None:
    """Every indicator of every real set is compared; where the form differs, a note says so."""
    for path in real_sets:
        passport = indicator_library.import_file(path).passport
        assert passport.in_file + passport.extra == passport.usable + passport.duplicates + len(passport.unusable)
        assert (passport.unusable, passport.extra) == ((), 0)
        assert passport.stock.get("loads", 0) == passport.in_file - len(passport.adjustments)
        if path.name == "pegasus.stix2":
            assert passport.usable == 1549
    total = sum(each.usable for each in indicator_library.active())
    assert indicator_library.compile(indicator_library.active()).total == total


@pytest.mark.shared
@pytest.mark.engine
def test_same_collections_as_mvt(real_sets: tuple[Path, ...], tmp_path: Path) -> None:
    """Each real set gives MVT's collections in MVT's order; what is adjusted is in the account and changes no count."""
    theirs = read_with_mvt(real_sets, tmp_path)
    for path in real_sets:
        reading = read_set(path.read_bytes(), path.name)
        stock = theirs[str(path)]
        assert reading.usable == sum(len(values) for *_, held in stock for values in held.values())
        if not reading.adjustments:
            assert ours(path) == stock


@pytest.mark.engine
def test_same_grouping_as_mvt(tmp_path: Path) -> None:
    """A hundred random bundles of overlapping reports, malware and duplicates are grouped as MVT groups them."""
    chance = random.Random(7)  # noqa: S311 - seeded, so that a failure can be repeated
    paths = []
    for number in range(100):
        path = tmp_path / f"{number}.stix2"
        path.write_bytes(random_bundle(chance))
        paths.append(path)
    theirs = read_with_mvt(paths, tmp_path)
    assert {str(path): ours(path) for path in paths} == theirs
    assert sum(len(each) for each in theirs.values()) > 100
