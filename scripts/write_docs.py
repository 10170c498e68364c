"""Write the generated pages of docs/ from what they describe: the commands, the store, the errors, real runs.

`make docs` runs it; tests/unit/test_docs.py fails when a page is not what it would write.
"""

from __future__ import annotations

import importlib
import sqlite3
import sys
import tempfile
from contextlib import suppress
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.testing import CliRunner

from mvtcase import errors
from mvtcase.cli.app import DEFECT, MACHINE_FAILED, app
from mvtcase.cli.state import words
from mvtcase.findings import ratings
from mvtcase.findings.status import WORDS
from mvtcase.kinds import KINDS, KeyModule, Kind
from mvtcase.settings import Limits, Settings
from mvtcase.store.folder import CaseFolder
from mvtcase.store.store import Store
from mvtcase.workflow.status import EXIT_CODES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

sys.path.insert(0, str(Path(__file__).parent))
json_page, json_schemas = map(importlib.import_module, ("json_page", "json_schemas"))  # scripts/ is no package

DOCS = Path(__file__).parent.parent / "docs"
GENERATED = "<!-- Written by scripts/write_docs.py ('make docs'); do not edit by hand. -->\n\n"
HELP_COLUMNS = 80


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of texts; a bar in a cell is escaped."""
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    lines = [" | ".join(each) for each in (columns, ["---"] * len(columns), *cells)]
    return "".join(f"| {line} |\n" for line in lines)


def cli_page() -> str:
    """Return docs/cli.md: every verb's own help, the settings, the environment, the exit codes."""
    group: Any = _commands()
    intro = (
        "# Commands\n\nOptions of the program stand before the verb or behind it: `mvtcase --case NAME status`, "
        "`mvtcase status --case NAME`. People read tables on stdout; progress and notes go to "
        "stderr. With `--json` stdout holds one envelope: [json.md](json.md). Errors: [errors.md](errors.md).\n\n"
    )
    parts = [
        GENERATED + intro,
        _exit_codes(),
        _settings(),
        "## mvtcase\n\n",
        _help_block(()),
    ]
    for name, command in group.commands.items():
        parts.append(f"## mvtcase {name}\n\n{_help_block((name,))}")
        parts += [f"### mvtcase {name} {verb}\n\n{_help_block((name, verb))}" for verb in _verbs_of(command)]
    return "".join(parts)


def _verbs_of(command: Any) -> Sequence[str]:  # noqa: ANN401  # typer's own classes are private
    return tuple(getattr(command, "commands", {}))


def verbs() -> Iterator[str]:
    """Yield every verb as the envelope names it: `scan run`."""
    group: Any = _commands()
    for name, command in group.commands.items():
        yield from [f"{name} {verb}" for verb in _verbs_of(command)] or [name]


@cache
def _commands() -> object:
    """Return the tree of all commands, which takes a while to make."""
    return typer.main.get_command(app)


def _help_block(arguments: Sequence[str]) -> str:
    command: Any = _commands()
    with CliRunner().isolation(env={"COLUMNS": str(HELP_COLUMNS)}) as (out, *_):
        with suppress(SystemExit):
            command.main([*arguments, "--help"], prog_name="mvtcase")
        shown = out.getvalue().decode()
    text = "\n".join(line.rstrip() for line in shown.strip().splitlines())
    return f"```text\n{text}\n```\n\n"


def _exit_codes() -> str:
    worst = {code: [str(status) for status, each in EXIT_CODES.items() if each == code] for code in EXIT_CODES.values()}
    rows = [
        ("0", "done, everything examined"),
        ("1", "done, with gaps: something was not examined, or one of several could not be done"),
        *((str(code), f"{name}: see [errors.md](errors.md)") for code, name in _error_groups().items() if code > 1),
        *((str(code), f"with `--exit-code`: worst status {' or '.join(names)}") for code, names in worst.items()),
        (str(DEFECT), "a defect of mvtcase itself"),
        (str(MACHINE_FAILED), "the disk or a path refused"),
        ("130", "stopped with Ctrl-C; what was finished is stored"),
    ]
    return f"## Exit codes\n\n{markdown_table(('code', 'meaning'), rows)}\n"


def _error_groups() -> Mapping[int, str]:
    return {each.exit_status: each.__name__ for each in _tree(errors.MvtcaseError) if "." not in each.code}


def _settings() -> str:
    environment = {
        "MVTCASE_WORKSPACE": "the workspace, as `--workspace`",
        "MVTCASE_CASE": "the case, as `--case`",
        "MVTCASE_EXAMINER": "who is working, as `--examiner`",
        "MVTCASE_SETTINGS": "another settings file",
        "NO_COLOR": "no colours",
    }
    rows = [(f"`{name}`", _default_of(name, value)) for name, value in _defaults(Settings(), leave_out={"limits"})]
    bounds = [(f"`limits.{name}`", _default_of(name, value)) for name, value in _defaults(Limits())]
    return (
        "## Environment and settings\n\n"
        + markdown_table(("variable", "says"), [(f"`{name}`", what) for name, what in environment.items()])
        + "\nThe settings file is `settings.toml` in the user's configuration folder (`mvtcase` below it). Names under "
        "`limits` stand in a table `[limits]`. Seconds grow with the evidence by `seconds_per_gib`.\n\n"
        + markdown_table(("name", "default"), rows + bounds)
        + "\n"
    )


def _defaults(record: Settings | Limits, leave_out: Collection[str] = ()) -> list[tuple[str, object]]:
    return [(each.name, getattr(record, each.name)) for each in fields(record) if each.name not in leave_out]


def _default_of(name: str, value: object) -> str:
    if name == "jobs":
        return "number of cores"
    if isinstance(value, int) and name.endswith("_bytes"):
        return f"{value >> 30} GiB"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:,}" if isinstance(value, int) else "(empty)"


def _tree(cls: type[errors.MvtcaseError]) -> Iterator[type[errors.MvtcaseError]]:
    for each in cls.__subclasses__():
        yield each
        yield from _tree(each)


def errors_page() -> str:
    """Return docs/errors.md: the tree, and each code with exit status, meaning and hint."""
    drawn = (errors.__doc__ or "").partition("\n\n")[2].strip()
    rows = [
        (
            f"`{each.code}`",
            str(each.exit_status),
            each.__name__,
            (each.__doc__ or "").strip(),
            words(each.default_hint) or "—",
        )
        for each in _tree(errors.MvtcaseError)
    ]
    return (
        GENERATED + "# Errors\n\nAn error stops a verb; what happened to a module is data (`outcome` and `reason` of a "
        "module run, see [method.md](method.md)). Every error has a stable code, an exit status, a sentence that says "
        "what happened to what, and mostly a hint. With `--json` it comes as `errors[]{code, message, hint, step}`; "
        "`step` is the verb to take next, its arguments and options as data (no verb: the same call with these).\n\n"
        f"```text\n{drawn}\n```\n\n"
        + markdown_table(("code", "exit", "class", "meaning", "hint, where the message gives no closer one"), rows)
        + "\nThree more codes appear only in the envelope: `input.usage` (exit 2), a call that the parser refuses; "
        f"`machine` (exit {MACHINE_FAILED}), the disk or a path refused; `stopped` (exit 130), Ctrl-C.\n"
    )


def schema_page() -> str:
    """Return docs/schema.md, read back from the SQL that a new case file keeps."""
    with tempfile.TemporaryDirectory() as home:
        folder = CaseFolder(Path(home) / "case")
        Store.create(folder).close()
        connection = sqlite3.connect(folder.case_file)
        try:
            return GENERATED + _schema_of(connection)
        finally:
            connection.close()


def _schema_of(connection: sqlite3.Connection) -> str:
    stored: dict[str, list[tuple[str, str]]] = {}
    for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name"):
        if sql and not name.startswith(("sqlite_", "_sqlite")):
            stored.setdefault(kind, []).append((name, sql))
    tables = [each for each in stored["table"] if "STRICT" in each[1]]
    guards = sorted({name.rsplit("_no_", 1)[0] for name, _ in stored["trigger"] if name.endswith("_no_update")})
    intro = (
        "# The case file\n\n`case.sqlite` is one SQLite database (3.37 or newer): STRICT tables, foreign keys on, WAL. "
        "It can be opened in any SQLite browser; the comments below stand in its own SQL. Read only a copy, or open it "
        "read-only: a change made outside mvtcase is found by `custody verify`.\n\n"
        "Every row has a `uuid` (UUIDv7), so that two field laptops' copies of a case can be merged. JSON columns hold "
        "canonical JSON.\n\n"
        "## Rules the database keeps by itself\n\n"
        "* No row of any table can be deleted (triggers), but by a purge, which takes them away and puts them back.\n"
        f"* No row of these can be changed (triggers): {', '.join(f'`{name}`' for name in guards)}; "
        "whose an observation or a roster mark is can be put right.\n"
        "* Every enumerated column has a CHECK; every reference is a foreign key.\n\n## Views\n\n"
    )
    parts = [
        intro,
        *(_view(connection, name, sql) for name, sql in stored["view"]),
        "## Tables\n\n",
        *(_table(name, sql) for name, sql in tables),
    ]
    return "".join(parts)


def _view(connection: sqlite3.Connection, name: str, sql: str) -> str:
    columns = ", ".join(f"`{row[1]}`" for row in connection.execute(f"PRAGMA table_info({name})"))
    return f"### {name}\n\n{_comment(sql)}\n\nColumns: {columns}.\n\n"


def _comment(sql: str) -> str:
    return next((line.strip().removeprefix("-- ") for line in sql.splitlines() if line.strip().startswith("-- ")), "")


def _table(name: str, sql: str) -> str:
    body = sql[sql.index("(") + 1 : sql.rindex(")")].strip().splitlines()[1:]
    rows, rules = columns_of(body)
    more = "".join(f"\n`{rule}`\n" for rule in rules)
    return f"### {name}\n\n{_comment(sql)}\n\n{markdown_table(('column', 'type', 'rule', 'is'), rows)}{more}\n"


def columns_of(lines: Sequence[str]) -> tuple[list[tuple[str, str, str, str]], list[str]]:
    """Return a table's columns as (name, type, rule, comment) and the rules that stand after them.

    Raises `ValueError` on a column without a comment.
    """
    rows, rules, pending = [], [], ""
    for line in lines:
        code, mark, comment = line.strip().partition("-- ")
        pending = f"{pending} {code.strip()}".strip()
        if mark:
            name, kind, *rest = pending.rstrip(",").split(" ", 2)
            rows.append((f"`{name}`", kind, f"`{rest[0]}`" if rest else "", comment.strip()))
            pending = ""
        elif pending.startswith(("UNIQUE (", "PRIMARY KEY (")):
            rules.append(pending.rstrip(","))
            pending = ""
    if pending:
        raise ValueError(f"a column without a comment: {pending}")
    return rows, rules


def status_block() -> str:
    """Return the words of each status as a table."""
    return markdown_table(("status", "in words"), [(f"`{each}`", words) for each, words in WORDS.items()])


def key_modules_block() -> str:
    """Return two tables: the kinds of evidence with their limitations, and the key modules with their kinds."""
    kinds = [(f"`{kind.name}`", f"`{kind.command.line}`", _never_in(kind), _compared(kind)) for kind in KINDS]
    of_row: dict[KeyModule, list[str]] = {}
    for kind in KINDS:
        for row in kind.key_modules:
            of_row.setdefault(replace(row, part="", source=""), []).append(f"`{kind.name}`")
    modules = [(f"`{row.slug}`", row.reason + _exception_of(row), ", ".join(names)) for row, names in of_row.items()]
    return (
        markdown_table(("kind of evidence", "MVT's command", "never in it", "compared"), kinds)
        + "\n"
        + markdown_table(("key module", "every phone feeds it because", "in"), modules)
    )


def ratings_block() -> str:
    """Return the record of every rule as a table, and below it what is known and harmless, each with its source."""
    rows = [
        (each.says, f"`{each.rating}`", f"{each.common}: {each.evidence}", each.causes, each.unusual, f"`{each.id}`")
        for each in sorted(ratings.rules(), key=lambda each: each.id)
    ]
    sources: dict[tuple[str, str], list[str]] = {}
    for rule, values in ratings.known().items():
        for value, source in values.items():
            sources.setdefault((rule, source), []).append(f"`{value}`")
    listed = [(f"`{rule}`", source, ", ".join(values)) for (rule, source), values in sources.items()]
    columns = ("what it says", "weight", "how common, and by what evidence", "innocent causes", "unusual when", "rule")
    return markdown_table(columns, rows) + "\n" + markdown_table(("rule", "source", "known there"), listed)


def _never_in(kind: Kind) -> str:
    never_whole = f"Never `full`: {kind.never_whole}." if kind.never_whole else ""
    return " ".join((*kind.limits(()), never_whole)).strip()


def _compared(kind: Kind) -> str:
    return ", ".join(sorted(name.replace("_", " ") for name in kind.compared_types))


def _exception_of(row: KeyModule) -> str:
    stand_in = f" (or `{row.stand_in}` in its place)" if row.stand_in else ""
    return stand_in + (" (may be empty)" if row.may_be_empty else "")


def with_blocks(text: str) -> str:
    """Return a page with what stands between `<!-- NAME: begin -->` and `<!-- NAME: end -->` written anew."""
    for name, write in {"statuses": status_block, "key modules": key_modules_block, "ratings": ratings_block}.items():
        begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
        if begin in text:
            before, after = text.split(begin, maxsplit=1)[0], text.split(end)[1]
            text = f"{before}{begin}{write()}{end}{after}"
    return text


def pages(home: Path) -> dict[Path, str]:
    """Return every generated page, by its path; the runs behind docs/json.md take place in the empty folder `home`."""
    return {
        DOCS / "cli.md": cli_page(),
        DOCS / "errors.md": errors_page(),
        DOCS / "schema.md": schema_page(),
        DOCS / "json.md": GENERATED + json_page.page(home, list(verbs())),
        **json_schemas.pages(DOCS / "json"),
        DOCS / "method.md": with_blocks((DOCS / "method.md").read_text("utf-8")),
    }


def main() -> None:
    """Write the pages that changed and say which."""
    with tempfile.TemporaryDirectory() as home:
        for path, text in pages(Path(home)).items():
            if not path.exists() or path.read_text("utf-8") != text:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, "utf-8")
                print(f"wrote {path.relative_to(DOCS.parent)}")


if __name__ == "__main__":
    main()
