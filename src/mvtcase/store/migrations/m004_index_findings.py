"""Add what finds and orders findings: the key of the incident line and the severity, indexes, and the search for words.

Both columns are computed from the row itself by SQLite, so nothing can be filed under a wrong one and no seal covers
them. The index of words (FTS5) follows the findings by triggers that note which words it does not hold yet: no trigger
of a file reaches a virtual table itself, since a file's schema is not trusted here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mvtcase.store.migrations.m002_add_claims import rebuild

if TYPE_CHECKING:
    import sqlite3

_RULE = "substr(rule, 1, instr(rule || ' + ', ' + ') - 1)"
"""The rule of a finding and the thing it names, without the rule that spoke of the same thing."""
_IDENTITY = "substr(rule, 1, instr(rule || ' ', ' ') - 1)"
_FOLDER = f"rtrim({_RULE}, replace({_RULE}, '/', ''))"


def _without_digits(text: str) -> str:
    for digit in "0123456789":
        text = f"replace({text}, '{digit}', '')"
    return text


_LINE = f"""evidence_class || '|' || module || '|' || rating || '|' || CASE
    WHEN indicator_value IS NOT NULL
      THEN 'i:' || coalesce(indicator_type, '') || ':' || indicator_value || ':' || {_IDENTITY}
    WHEN rule = '' OR {_IDENTITY} = 'not-yet-rated' THEN 't:' || {_without_digits("title")}
    WHEN rating IN ('context','posture','mention') THEN 'r:' || {_IDENTITY}
    WHEN instr({_RULE}, '/') THEN 'r:' || {_without_digits(_FOLDER)}
    ELSE 'r:' || {_without_digits(_RULE)} END"""
_SEVERITY = """10 * CASE
    WHEN indicator_value IS NOT NULL AND evidence_class IN ('execution','artefact') THEN 5
    WHEN indicator_value IS NOT NULL AND evidence_class IN ('attempt','exposure') THEN 4
    WHEN evidence_class = 'heuristic' AND rating IN ('','suspicious') THEN 3
    WHEN rating = 'lead' THEN 2 WHEN rating = 'mention' THEN 1 ELSE 0 END
    + CASE level WHEN 'CRITICAL' THEN 4 WHEN 'HIGH' THEN 3 WHEN 'MEDIUM' THEN 2 WHEN 'LOW' THEN 1 ELSE 0 END"""

_NEW_COLUMNS = f"""
  line TEXT GENERATED ALWAYS AS ({_LINE}) VIRTUAL, -- what findings of one incident line have in common
  severity INTEGER GENERATED ALWAYS AS ({_SEVERITY}) VIRTUAL, -- how grave it is before anybody judged it"""
_STATEMENTS = (
    "CREATE INDEX idx_finding_line ON finding(device, line, severity, id)",
    "CREATE INDEX idx_finding_weight ON finding(device, evidence_class, level, rating, indicator_value, id)",
    "CREATE INDEX idx_finding_severity ON finding(device, severity DESC, id)",
    "CREATE INDEX idx_finding_official ON finding(official)",
    "CREATE INDEX idx_finding_first_scan ON finding(first_scan)",
    "CREATE INDEX idx_finding_indicator ON finding(indicator_value) WHERE indicator_value IS NOT NULL",
    "CREATE INDEX idx_finding_lead ON finding(device, rule) WHERE rating = 'lead'",
    "CREATE INDEX idx_scan_running ON scan(id) WHERE state = 'running'",
    "CREATE INDEX idx_scan_device ON scan(device)",
    "CREATE INDEX idx_acquisition_device ON acquisition(device)",
    "CREATE INDEX idx_device_official ON device(official)",
    "CREATE INDEX idx_consent_official ON consent(official)",
    """
CREATE TABLE finding_number (
  -- A number for each finding that stays, for the index of words; the findings' hidden row numbers can change.
  number INTEGER PRIMARY KEY, -- the row of the index
  finding TEXT NOT NULL UNIQUE, -- the finding
  indexed INTEGER NOT NULL DEFAULT 0 CHECK (indexed IN (0,1)) -- whether the index holds its words as they are now
) STRICT
""",
    "CREATE INDEX idx_finding_number_waiting ON finding_number(number) WHERE NOT indexed",
    "CREATE VIRTUAL TABLE finding_text USING fts5(title, value, context, tokenize='trigram')",
    """
CREATE TRIGGER finding_words_added AFTER INSERT ON finding BEGIN
  INSERT INTO finding_number (finding) VALUES (new.id) ON CONFLICT DO UPDATE SET indexed = 0;
END
""",
    """
CREATE TRIGGER finding_words_changed AFTER UPDATE OF title, indicator_value, detail ON finding BEGIN
  UPDATE finding_number SET indexed = 0 WHERE finding = old.id;
END
""",
    """
CREATE TRIGGER finding_words_gone AFTER DELETE ON finding BEGIN
  UPDATE finding_number SET indexed = 0 WHERE finding = old.id;
END
""",
    "INSERT INTO finding_number (finding) SELECT id FROM finding ORDER BY rowid",
)


def apply(connection: sqlite3.Connection) -> None:
    """Add columns, indexes, and the index of words, which fills itself before the first search."""
    rebuild(connection, "finding", "\n  first_scan ", f"{_NEW_COLUMNS}\n  first_scan ")
    for statement in _STATEMENTS:
        connection.execute(statement.strip())
