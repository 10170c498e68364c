"""docs/json.md: the envelope, and the keys of every verb's data with an example, drawn from real runs of every verb.

Clock, ids, hashes, paths and larger counts differ from run to run; stand-ins take their place.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from typing import TYPE_CHECKING, Any
from unittest import mock

from mvtcase.cli.app import run
from mvtcase.phones import Damage, IosPhone, Plant, PlantKind, build_ios_backup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

EXAMINER, REVIEWER = "Ada Example", "Ben Example"
CONSENT = ("--informed", "nature,privacy,retention,disposal")
NOT_RUN = {
    "demo": "`workspace`, `evidence`, `reports[]` (paths), `custody_head`; `status`, `sealing`, `scans[]` as below.",
    "canary plan": "`folder`, `platform`, `markers[]{name, type, value, how, reader}`.",
    "canary check": "`acquisition`, `scan`, `sightings[]{name, value, reader, seen, seen_by[]}`.",
    "cluster keys": "`folders[]`.",
    "examiner identity": "`file`, `public_keys[]`.",
    "examiner remove": "`examiners[]` as of `examiner list`.",
    "case seal": "`case`, `folder`, `sealed`, `people` (with a key of their own), `recovery_key` (shown this once).",
    "case unseal": "as of `case seal`.",
    "case rekey": "as of `case seal`.",
    "bundle export": "`export` as of that verb; with `--to` a `bundle`.",
    "bundle inspect": "`bundle` as of `bundle export --to`; with `--verify` `checks[]{what, holds, seen}`.",
    "bundle import": "`origin`, `merged`, rows by table in `new`, `newer`, `same`, `conflicts`; `decisions[]`.",
    "bundle decisions": "`decisions[]{id, kind, about, said, kept, reason}`.",
    "bundle decide": "`decisions[]` as of `bundle decisions`.",
    "bundle slice": "`bundle` as of `bundle export --to`.",
    "custody sign": "`events`, `head`, `signed_by`.",
    "custody timestamp": "`head`, `event`, `authority`, `at`, `path`.",
    "iocs add": "`imported[]` as of `iocs import`, with one set.",
    "iocs update": "`imported[]` as of `iocs import`, each with `url` and `etag`; `failed[]{name, url, reason}`.",
}
"""Verbs that no run stands behind, because they take a minute or a network; what their data hold."""
UNTOLD = "No run stands behind this verb yet: add one to `scripts/json_page.py`."

OPAQUE = frozenset({"detail", "event", "payload", "extra"})
"""Keys whose value has the shape that the evidence or the event gives it."""

SHAPES = (
    ("status", ""),
    ("status", "case"),
    ("scan run", "scans[]"),
    ("finding list", "findings[]"),
    ("acquisition add", "acquisition"),
    ("device add", "device"),
    ("official add", "official"),
    ("consent record", "consent"),
    ("observe add", "observation"),
    ("report write", "reports[]"),
    ("iocs list", "sets[]"),
)
"""Where a record that several verbs show is described: the verb, and the key below `data`."""

STAND_INS = {
    "python": "3.11.7",
    "sandbox": "bubblewrap",
    "seen": "3.11.7",
    "tools": {"mvt": "2026.10.26", "mvtcase": "0.1.0"},
    "good": True,
    "days": {"2026-11-24": 8},
}
MAX_EXAMPLE = 60
_PATTERNS = (
    (
        re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"),
        "01a20b71-3b2c-7311-a102-8f971f426440",
    ),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"), "2026-11-24T01:02:03.000004Z"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "9f86d081884c7d65…"),
    (re.compile(r"\b(pegasus|example) [0-9a-f]{12}\b"), r"\1 9f86d081884c"),
    (re.compile(r"\b(\d{4}-\d\d-\d\d)-[0-9a-f]{8}\b"), "2026-11-24-9f86d081"),
    (re.compile(r"\b\d{8}T\d{6}\b"), "20261124T010203"),
    (re.compile(r"\bF-[0-9a-f]{16}\b"), "F-0123456789abcdef"),
    (re.compile(r"\bP-[0-9A-F]{6}\b"), "P-7A3C19"),
)


def page(home: Path, verbs: Sequence[str]) -> str:
    """Return the page; the runs take place in the empty folder `home`. Raises `RuntimeError` when one fails."""
    seen = play(home)
    shown = [each for verb in verbs for each in (verb, f"{verb} --sealing") if each in {*verbs, *seen}]
    return "".join([_envelope(seen), *(_verb(verb, seen) for verb in shown)])


def _envelope(seen: Mapping[str, Mapping[str, Any]]) -> str:
    refused = json.dumps(stood_in(seen["(error)"], ""), indent=2)
    return (
        "# JSON\n\n"
        "With `--json` a verb prints one envelope on stdout and nothing else there. `status` is `success`, `partial` "
        "(done, and something was not examined or could not be done) or `error`; then `errors` says why and the exit "
        "status is the error's ([errors.md](errors.md)).\n\n"
        f"```json\n{refused}\n```\n\n"
        "Below: the keys of each verb's `data`, with an example from a real run on synthetic evidence. `[]` stands for "
        "every item of a list, `…` for what was cut. Ids, hashes, times, paths and counts above nine are stand-ins. "
        f"The keys {', '.join(f'`{name}`' for name in sorted(OPAQUE))} hold what the evidence or event gives them.\n\n"
        "What a verb prints is described by its JSON Schema too: [json/](json/), one file a verb, which the tests hold "
        "against what the verbs print.\n\n"
        "A key may be added; renaming or removing one raises the number in `schema` and gets a changelog line.\n\n"
    )


def _verb(verb: str, seen: Mapping[str, Mapping[str, Any]]) -> str:
    if verb not in seen:
        return f"## {verb}\n\n{NOT_RUN.get(verb, UNTOLD)}\n\n"
    known = {name: keys for name, keys in _shapes(seen).items() if not name.endswith(f"`{verb}`")}
    rows = [f"| `{path}` | {text} |\n" for path, text in flat(stood_in(seen[verb]["data"], ""), "data", known)]
    return f"## {verb}\n\n| key | example |\n| --- | --- |\n{''.join(rows)}\n"


def _shapes(seen: Mapping[str, Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """Return the keys of the records that several verbs show, by where they are described."""
    return {
        f"{_key(path)} of `{verb}`": frozenset(_record(seen[verb]["data"], path.rstrip("[]"))) for verb, path in SHAPES
    }


def _key(path: str) -> str:
    return f"`data.{path}`" if path else "`data`"


def _record(data: Mapping[str, Any], path: str) -> Mapping[str, object]:
    found = data[path] if path else data
    return overlaid(found) if isinstance(found, list) else found


def _example(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False).replace("|", "\\|")
    text = text if len(text) <= MAX_EXAMPLE else f"{text[: MAX_EXAMPLE - 1]}…"
    return f"`{text}`" if "`" not in text else text.replace("`", "'")


def flat(value: object, path: str, known: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, str]]:
    """Yield every key of nested data with an example; the items of a list are laid over each other.

    A record whose keys are all `known` from another verb is named once, with what it has beyond them.
    """
    name = path.rpartition(".")[2]
    if isinstance(value, dict) and value and name not in OPAQUE:
        shape = max(
            (each for each in known if known[each] <= set(value)), key=lambda each: len(known[each]), default=""
        )
        if shape:
            yield path, f"as {shape}" + (", and:" if set(value) > known[shape] else "")
        for key, item in value.items():
            if not shape or key not in known[shape]:
                yield from flat(item, f"{path}.{key}", known)
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        yield from flat(overlaid(value), f"{path}[]", known)
    elif isinstance(value, list):
        yield f"{path}[]", _example(value[0] if value else [])
    else:
        yield path, _example({} if name in OPAQUE else value)


def overlaid(items: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Return one item with the keys of all, each with the first value that says something."""
    merged: dict[str, object] = {}
    for item in items:
        for key, value in item.items():
            if merged.get(key) in (None, "", [], {}, 0):
                merged[key] = value
    return merged


def stood_in(value: Any, name: str) -> Any:  # noqa: ANN401  # JSON goes in and comes out
    """Return data with a stand-in wherever two runs differ."""
    if name in STAND_INS:
        return STAND_INS[name]
    if isinstance(value, dict):
        return {key: stood_in(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [stood_in(item, name) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        return value if abs(value) <= 9 and not name.endswith("_ms") else 42  # noqa: PLR2004  # one digit
    text = str(value)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def play(home: Path) -> dict[str, dict[str, Any]]:
    """Run every verb once on synthetic phones and return its envelope, paths below `home` shortened to `DIR`."""
    phones = _phones(home)
    (home / "roster.csv").write_text("name,role,groups\nMin Example,Legislator,Legislature\n", "utf-8")
    (home / "set.csv").write_text("type,value\ndomains,bad.example\ndomains,http//no domain\n", "utf-8")
    work = home / "workspace"
    seen: dict[str, dict[str, Any]] = {}
    environment = {"MVTCASE_SETTINGS": str(home / "none.toml"), "MVTCASE_WORKSPACE": str(work), "MVTCASE_CASE": ""}
    with mock.patch.dict(os.environ, environment):
        for line in _story(home, work, phones):
            arguments = [_finding_of(seen) if each == "FINDING" else each for each in line]
            envelope = _call(arguments, home)
            verb = str(envelope["command"]) if envelope["status"] != "error" else "(error)"
            seen.setdefault("status --sealing" if "--sealing" in line else verb, envelope)
    return seen


def _phones(home: Path) -> tuple[Path, Path]:
    """Build two phones with the same indicator on them; the first one's messages are damaged."""
    plants = (Plant(PlantKind.PROCESSES, "bh"),)
    first = build_ios_backup(home / "phone-1", IosPhone(seed=1, plants=plants), damage={"sms": Damage.NOISE})
    return first.path, build_ios_backup(home / "phone-2", IosPhone(seed=2, plants=plants)).path


def _finding_of(seen: Mapping[str, Mapping[str, Any]]) -> str:
    matched = [each for each in seen["finding list"]["data"]["findings"] if each["indicator"]]
    return str(matched[0]["id"])


def _call(arguments: Sequence[str], home: Path) -> dict[str, Any]:
    out, err = io.StringIO(), io.StringIO()
    name = REVIEWER if arguments[:2] == ["report", "review"] else EXAMINER
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        run(["--json", "--examiner", name, *arguments])
    envelope: dict[str, Any] = json.loads(out.getvalue().replace(str(home), "DIR"))
    expected = arguments[-1] == "S-9999"
    if (envelope["status"] == "error") is not expected:
        raise RuntimeError(f"{arguments}: {envelope['errors']}")
    return envelope


def _story(home: Path, work: Path, phones: tuple[Path, Path]) -> list[list[str]]:
    return [
        *_enrolment(home, work),
        *_examination(home, phones),
        *_evaluation(),
        ["--case", "line-2021", "scan", "show", "S-9999"],
    ]


def _enrolment(home: Path, work: Path) -> list[list[str]]:
    return [
        ["init", str(work)],
        ["doctor"],
        ["case", "new", "LINE 2021", "--slug", "line-2021"],
        ["case", "list"],
        ["examiner", "add", REVIEWER, "--role", "reviewer"],
        ["examiner", "set", REVIEWER, "--role", "examiner"],
        ["examiner", "password", REVIEWER, "--remove"],
        ["examiner", "list"],
        ["group", "add", "Legislature"],
        ["group", "list"],
        ["official", "add", "--name", "Lin Example", "--role", "Legislator", "--group", "Legislature"],
        ["official", "import", str(home / "roster.csv")],
        ["official", "set", "O-0001", "--publication", "role"],
        ["official", "add", "--name", "M. Example"],
        ["official", "merge", "O-0003", "--into", "O-0002", "--reason", "one person, two spellings"],
        ["official", "add", "--name", "Mni Example"],
        ["official", "remove", "O-0004", "--reason", "mistyped"],
        ["official", "list"],
        ["consent", "record", "O-0001", "--by", "Lin Example", "--scope", "device examination", *CONSENT],
        ["consent", "show", "O-0001"],
        ["device", "add", "O-0002", "--label", "old phone"],
        ["device", "set", "D-0001", "--state", "lost"],
        ["device", "add", "O-0002", "--label", "tablet"],
        ["device", "move", "D-0002", "--to", "O-0001", "--reason", "the labels were swapped"],
        ["iocs", "list"],
        ["iocs", "lint", str(home / "set.csv")],
        ["iocs", "import", str(home / "set.csv"), "--name", "example"],
        ["iocs", "show", "example"],
        ["iocs", "disable", "example"],
        ["iocs", "enable", "example"],
        ["iocs", "pack", str(home / "sets.pack")],
    ]


def _examination(home: Path, phones: tuple[Path, Path]) -> list[list[str]]:
    del home
    return [
        ["iocs", "selftest", "--iocs", "pegasus"],
        ["acquisition", "add", str(phones[0]), "--official", "O-0001", "--label", "phone 1"],
        ["acquisition", "verify"],
        ["scan", "run", "A-0001", "--iocs", "pegasus"],
        ["recheck", "run", "S-0001", "--iocs", "pegasus"],
        ["recheck", "list"],
        ["scan", "list"],
        ["scan", "show", "S-0001"],
        ["acquisition", "list"],
        ["acquisition", "show", "A-0001"],
        ["device", "list"],
        ["device", "show", "D-0003"],
        ["finding", "list"],
        ["finding", "next"],
        ["finding", "assign", "FINDING", "--to", "Ben"],
        ["allow", "add", "--value", "bh", "--reason", "a tool of our own"],
        ["--examiner", REVIEWER, "allow", "agree", "L-0001"],
        ["allow", "list"],
        ["allow", "end", "L-0001", "--reason", "the tool is gone"],
        ["finding", "dispose", "FINDING", "--as", "confirmed", "--reason", "the process has no other source"],
        ["finding", "show", "FINDING"],
        ["finding", "list"],
        ["triage", str(phones[1]), "--official", "O-0002", "--consent-by", "Min Example", *CONSENT],
    ]


def _evaluation() -> list[list[str]]:
    return [
        ["observe", "add", "O-0001", "line.letter_sealing", "off", "--method", "screen", "--at", "2026-08-01"],
        ["observe", "list"],
        ["observe", "due", "--every", "1d"],
        ["official", "show", "O-0001"],
        ["status"],
        ["status", "--sealing"],
        ["roster"],
        ["case", "set", "--scan-interval", "30d"],
        ["case", "due", "--within", "60d"],
        ["report", "write", "incident", "--format", "json"],
        ["report", "write", "incident", "--format", "json"],
        ["report", "review", "R-0003"],
        ["report", "release", "R-0003"],
        ["report", "list"],
        ["report", "supersede", "R-0002", "--by", "R-0003"],
        ["report", "erratum", "R-0003", "It was Tuesday."],
        ["report", "diff", "R-0003"],
        ["report", "rebuild", "R-0003"],
        ["report", "allow", "B-0001", "--reason", "It names nobody."],
        ["timeline"],
        ["correlate"],
        ["coverage", "--files"],
        ["diff", "S-0001", "S-0002"],
        ["export", "csv"],
        ["custody", "note", "Handed over to the prosecutor."],
        ["custody", "handover", "--from", "Ada", "--to", "Ben", "--item", "D-0001", "--reason", "second lab"],
        ["custody", "log"],
        ["custody", "verify"],
        ["case", "show"],
        ["acquisition", "set", "A-0002", "--state", "set_aside", "--reason", "wrong phone"],
        ["consent", "withdraw", "O-0001"],
        ["official", "purge", "O-0001", "--reason", "consent withdrawn", "--yes"],
        ["case", "set", "--all-sets"],
        ["case", "close"],
        ["--case", "line-2021", "case", "reopen"],
        ["case", "purge", "--reason", "the inquiry is over", "--yes"],
    ]
