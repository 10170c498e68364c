"""The schema of release 0.1.0 as SQL text; every column has a comment, which SQLite keeps and docs/schema.md prints.

Frozen: a case that 0.1.0 wrote has exactly these tables, and the seals of its rows cover exactly these columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_TABLES = (
    """
CREATE TABLE case_file (
  -- The one inquiry this file holds ("case" is a keyword of SQL).
  uuid TEXT PRIMARY KEY, -- UUIDv7, distinct across field laptops
  id TEXT NOT NULL UNIQUE, -- short human id, C-0001
  slug TEXT NOT NULL UNIQUE, -- name of the case folder
  title TEXT NOT NULL, -- what people call the inquiry
  description TEXT NOT NULL DEFAULT '', -- free text
  tlp TEXT NOT NULL CHECK (tlp IN ('RED','AMBER+STRICT','AMBER','GREEN','CLEAR')), -- Traffic Light Protocol 2.0 marking
  state TEXT NOT NULL CHECK (state IN ('open','closed')), -- whether the case takes new work
  created_at TEXT NOT NULL, -- UTC
  created_by TEXT NOT NULL -- examiner
) STRICT
""",
    """
CREATE TABLE affected_group (
  -- A party caucus, ministry or office whose members are affected; groups nest.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  id TEXT NOT NULL UNIQUE, -- short human id, G-0001
  name TEXT NOT NULL UNIQUE, -- as shown in reports
  parent TEXT REFERENCES affected_group(id) -- the group this one belongs to
) STRICT
""",
    """
CREATE TABLE official (
  -- A data owner: the person who uses the phone.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  id TEXT NOT NULL UNIQUE, -- short human id, O-0001
  pseudonym TEXT NOT NULL UNIQUE, -- stands for the person where the name may not be shown
  name TEXT NOT NULL DEFAULT '', -- the person's name; never in logs
  role TEXT NOT NULL DEFAULT '', -- office held
  contact TEXT NOT NULL DEFAULT '', -- how to reach the person; never in reports
  publication TEXT NOT NULL CHECK (publication IN ('named','role','counted','withheld')), -- how much a report may show
  roster TEXT NOT NULL CHECK (roster IN ('invited','consented','refused','unreachable','withdrawn')) -- where they stand
) STRICT
""",
    """
CREATE TABLE membership (
  -- Which official belongs to which group; an official may be in several.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  official TEXT NOT NULL REFERENCES official(id), -- who
  affected_group TEXT NOT NULL REFERENCES affected_group(id), -- in what group
  UNIQUE (official, affected_group)
) STRICT
""",
    """
CREATE TABLE consent (
  -- The data owner's consent that the MVT License 1.1, section 3.0, demands before any scan.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  id TEXT NOT NULL UNIQUE, -- short human id, K-0001
  official TEXT NOT NULL REFERENCES official(id), -- the data owner
  given_by TEXT NOT NULL, -- who gave it, as written on the form
  method TEXT NOT NULL CHECK (method IN ('written','electronic','oral_witnessed')), -- how it was given
  scope TEXT NOT NULL, -- what was consented to
  informed_nature INTEGER NOT NULL CHECK (informed_nature IN (0,1)), -- informed of the nature of the procedure
  informed_privacy INTEGER NOT NULL CHECK (informed_privacy IN (0,1)), -- informed of the privacy implications
  informed_retention INTEGER NOT NULL CHECK (informed_retention IN (0,1)), -- informed of the retention policy
  informed_disposal INTEGER NOT NULL CHECK (informed_disposal IN (0,1)), -- informed of the disposal policy
  device_owner TEXT NOT NULL DEFAULT '', -- who owns the device where it is not the data owner
  given_at TEXT NOT NULL, -- UTC
  expires_at TEXT, -- UTC; null = until withdrawn
  withdrawn_at TEXT, -- UTC; null = stands
  withdrawal_reason TEXT NOT NULL DEFAULT '', -- as given
  document_sha256 TEXT, -- hash of the signed form kept in attachments/
  recorded_by TEXT NOT NULL -- examiner
) STRICT
""",
    """
CREATE TABLE device (
  -- One phone or tablet.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  id TEXT NOT NULL UNIQUE, -- short human id, D-0001
  official TEXT NOT NULL REFERENCES official(id), -- who uses it
  label TEXT NOT NULL, -- what people call it
  platform TEXT NOT NULL CHECK (platform IN ('ios','android','unknown')), -- operating system family
  fingerprint TEXT NOT NULL UNIQUE, -- udid:…, serial:…, imei:… or uuid:…; never changes once given
  state TEXT NOT NULL CHECK (state IN ('in_use','replaced','lost','unavailable')), -- what became of it
  owner TEXT NOT NULL DEFAULT '', -- the device owner where it is not the official
  identity TEXT NOT NULL -- JSON: name, model, product_type, os_version, udid, serial, imei … as last read
) STRICT
""",
    """
CREATE TABLE acquisition (
  -- One taking of data from one device.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  id TEXT NOT NULL UNIQUE, -- short human id, A-0001
  device TEXT NOT NULL REFERENCES device(id), -- what it was taken from
  official TEXT NOT NULL REFERENCES official(id), -- whose data it is
  kind TEXT NOT NULL CHECK (kind IN ('ios_backup','ios_backup_encrypted','ios_file_system','sysdiagnose','androidqf',
    'androidqf_age','bugreport','android_backup','intrusion_logs','android_file_system')), -- as the detectors told
  path TEXT NOT NULL, -- where the original is
  encrypted INTEGER NOT NULL CHECK (encrypted IN (0,1)), -- needs a password or key to be read
  files INTEGER NOT NULL, -- number of files hashed
  bytes INTEGER NOT NULL, -- their size together
  manifest_sha256 TEXT NOT NULL, -- digest over the manifest of every file's sha256
  identity TEXT NOT NULL, -- JSON: the device's identity as this acquisition tells it
  acquired_at TEXT, -- when it was taken, as told or read; null = unknown
  registered_at TEXT NOT NULL, -- UTC
  registered_by TEXT NOT NULL, -- examiner
  imported INTEGER NOT NULL CHECK (imported IN (0,1)), -- whether the original is a verified copy in the case folder
  state TEXT NOT NULL CHECK (state IN ('registered','set_aside')), -- whether it counts for the device's status
  state_reason TEXT NOT NULL DEFAULT '' -- why it was set aside
) STRICT
""",
    """
CREATE TABLE indicator_set (
  -- One pinned version of an indicator set that a scan of this case named.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  id TEXT NOT NULL UNIQUE, -- short human id, I-0001
  name TEXT NOT NULL, -- name of the set
  sha256 TEXT NOT NULL UNIQUE, -- of the original bytes
  version TEXT NOT NULL, -- label of this version
  publisher TEXT NOT NULL DEFAULT '', -- who published it
  source_url TEXT NOT NULL DEFAULT '', -- where it came from
  licence TEXT NOT NULL DEFAULT '', -- under which terms
  published_at TEXT, -- as the publisher says
  imported_at TEXT, -- UTC; null = built in
  usable INTEGER NOT NULL, -- indicators that can be compared
  unusable INTEGER NOT NULL, -- indicators that cannot, each with a reason in the passport
  counts TEXT NOT NULL, -- JSON: usable indicators by type
  families TEXT NOT NULL -- JSON: names of malware families or reports
) STRICT
""",
    """
CREATE TABLE scan (
  -- One MVT command over one acquisition with named indicator sets.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  id TEXT NOT NULL UNIQUE, -- short human id, S-0001
  acquisition TEXT NOT NULL REFERENCES acquisition(id), -- what was examined
  device TEXT NOT NULL REFERENCES device(id), -- whose device it is
  kind TEXT NOT NULL, -- kind of evidence at the time
  command TEXT NOT NULL, -- MVT command
  state TEXT NOT NULL CHECK (state IN ('running','finished','failed','interrupted')), -- what became of it
  completeness TEXT NOT NULL CHECK (completeness IN ('full','partial','blind')), -- how much was examined
  indicators_loaded INTEGER NOT NULL DEFAULT 0, -- as the worker counted them
  tools TEXT NOT NULL DEFAULT '{}', -- JSON: versions of mvt, mvtcase, plugins, python, sqlite
  sandbox TEXT NOT NULL DEFAULT 'none', -- the box the worker ran in
  control_passed_at TEXT, -- when the positive control of these sets last passed; null = never
  started_at TEXT NOT NULL, -- UTC
  finished_at TEXT, -- UTC
  duration_ms INTEGER NOT NULL DEFAULT 0, -- wall time
  examiner TEXT NOT NULL, -- who ran it
  error TEXT, -- why it failed
  recheck_of TEXT REFERENCES scan(id), -- the earlier scan whose stored results this one re-checked
  limitations TEXT NOT NULL DEFAULT '[]', -- JSON: what this kind of evidence never carries
  results_sha256 TEXT -- digest over the manifest of the kept result files
) STRICT
""",
    """
CREATE TABLE scan_set (
  -- Which indicator sets a scan compared with.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  scan TEXT NOT NULL REFERENCES scan(id), -- the scan
  indicator_set TEXT NOT NULL REFERENCES indicator_set(id), -- the pinned set
  UNIQUE (scan, indicator_set)
) STRICT
""",
    """
CREATE TABLE module_run (
  -- One module in one scan, and its outcome.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  scan TEXT NOT NULL REFERENCES scan(id), -- the scan
  ordinal INTEGER NOT NULL, -- place in the run, from 0
  module TEXT NOT NULL, -- class name
  slug TEXT NOT NULL, -- MVT's short name
  origin TEXT NOT NULL, -- package and version the module came from
  part TEXT NOT NULL DEFAULT '', -- the command it ran under
  outcome TEXT NOT NULL DEFAULT 'not_run' CHECK (outcome IN ('checked','extracted','empty','no_source','recovered',
    'denied','damaged','failed','timed_out','not_run')), -- what became of it
  records INTEGER, -- records extracted; null = unknown
  source_rows INTEGER, -- rows counted in the source by our own reader; null = not counted
  alerts INTEGER NOT NULL DEFAULT 0, -- alerts it raised
  error TEXT, -- exception class and text
  reason TEXT NOT NULL DEFAULT '', -- the outcome in words
  messages TEXT NOT NULL DEFAULT '[]', -- JSON: warnings and errors it logged
  duration_ms INTEGER NOT NULL DEFAULT 0, -- wall time
  UNIQUE (scan, ordinal)
) STRICT
""",
    """
CREATE TABLE gap (
  -- Something that should have been examined in a scan and was not.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  scan TEXT NOT NULL REFERENCES scan(id), -- the scan
  ordinal INTEGER NOT NULL, -- order of report, from 0
  module TEXT NOT NULL, -- the module, or the part of the evidence
  outcome TEXT NOT NULL CHECK (outcome IN ('checked','extracted','empty','no_source','recovered','denied','damaged',
    'failed','timed_out','not_run')), -- what became of it
  reason TEXT NOT NULL -- in words a person understands
) STRICT
""",
    """
CREATE TABLE alert (
  -- What MVT said, verbatim; append-only.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  scan TEXT NOT NULL REFERENCES scan(id), -- the scan
  ordinal INTEGER NOT NULL, -- order of raising, from 0
  source TEXT NOT NULL CHECK (source IN ('mvt','sweep')), -- who raised it
  part TEXT NOT NULL DEFAULT '', -- the command it was raised under
  module TEXT NOT NULL, -- slug as MVT names it
  level TEXT NOT NULL CHECK (level IN ('INFORMATIONAL','LOW','MEDIUM','HIGH','CRITICAL')), -- MVT's level; no verdict
  message TEXT NOT NULL, -- verbatim
  event_time TEXT NOT NULL, -- verbatim, often empty
  event TEXT NOT NULL, -- JSON, verbatim
  indicator_value TEXT, -- the indicator that matched; null = none
  indicator_type TEXT, -- its MVT type
  indicator_family TEXT, -- its malware family or report
  indicator_set TEXT, -- the set it came in
  witnessed INTEGER NOT NULL DEFAULT 0 CHECK (witnessed IN (0,1)), -- known from the check call, not from the alert
  UNIQUE (scan, ordinal)
) STRICT
""",
    """
CREATE TABLE finding (
  -- The unit of review, built from alerts; its identity survives re-scans.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  id TEXT NOT NULL UNIQUE, -- F- and the first 16 digits of the hash of what it is about
  device TEXT NOT NULL REFERENCES device(id), -- where
  official TEXT NOT NULL REFERENCES official(id), -- whose
  evidence_class TEXT NOT NULL CHECK (evidence_class IN ('attempt','exposure','execution','artefact','heuristic',
    'posture')), -- what it would show if it holds
  level TEXT NOT NULL CHECK (level IN ('INFORMATIONAL','LOW','MEDIUM','HIGH','CRITICAL')), -- highest of its alerts
  module TEXT NOT NULL, -- slug of the module that raised it
  title TEXT NOT NULL, -- one line
  indicator_value TEXT, -- the indicator that matched; null = none
  indicator_type TEXT, -- its MVT type
  indicator_family TEXT, -- its malware family or report
  indicator_set TEXT, -- the set it came in
  event_time TEXT, -- the device's time of the event; null = unknown
  event_time_basis TEXT NOT NULL CHECK (event_time_basis IN ('utc','device_local','unknown')), -- clock it was read from
  detail TEXT NOT NULL, -- JSON: the event
  first_scan TEXT NOT NULL REFERENCES scan(id) -- the scan that first found it
) STRICT
""",
    """
CREATE TABLE finding_alert (
  -- Which alerts a finding was built from.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  finding TEXT NOT NULL REFERENCES finding(id), -- the finding
  alert TEXT NOT NULL UNIQUE REFERENCES alert(uuid) -- the alert
) STRICT
""",
    """
CREATE TABLE disposition (
  -- An examiner's judgement on a finding; append-only, the latest stands.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  id TEXT NOT NULL UNIQUE, -- short human id, V-0001
  finding TEXT NOT NULL REFERENCES finding(id), -- on what
  verdict TEXT NOT NULL CHECK (verdict IN ('confirmed','false_positive','benign','needs_expert')), -- the judgement
  reason TEXT NOT NULL, -- why
  examiner TEXT NOT NULL, -- whose judgement
  at TEXT NOT NULL -- UTC
) STRICT
""",
    """
CREATE TABLE observation (
  -- Something a responder or the program saw and recorded; append-only, corrected by a later one.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  id TEXT NOT NULL UNIQUE, -- short human id, B-0001
  official TEXT NOT NULL REFERENCES official(id), -- about whom
  device TEXT REFERENCES device(id), -- on which device; null = the account or unknown
  kind TEXT NOT NULL, -- line.letter_sealing, apple.threat_notification, …
  value TEXT NOT NULL, -- what was seen
  method TEXT NOT NULL DEFAULT '', -- screen, statement, backup
  at TEXT NOT NULL, -- UTC; when it was so
  recorded_at TEXT NOT NULL, -- UTC; when it was written down
  recorded_by TEXT NOT NULL, -- examiner, or mvtcase
  note TEXT NOT NULL DEFAULT '', -- free text
  attachment_sha256 TEXT, -- hash of the file kept in attachments/
  attachment_name TEXT NOT NULL DEFAULT '', -- its original name
  scan TEXT REFERENCES scan(id) -- the scan that saw it; null = a person did
) STRICT
""",
    """
CREATE TABLE note (
  -- A free remark in the chain of custody.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  id TEXT NOT NULL UNIQUE, -- short human id, N-0001
  text TEXT NOT NULL, -- the remark
  at TEXT NOT NULL, -- UTC
  examiner TEXT NOT NULL -- who made it
) STRICT
""",
    """
CREATE TABLE report (
  -- One written report file.
  uuid TEXT PRIMARY KEY, -- UUIDv7
  id TEXT NOT NULL UNIQUE, -- short human id, R-0001
  kind TEXT NOT NULL, -- incident, …
  format TEXT NOT NULL, -- html, json, …
  target TEXT NOT NULL DEFAULT '', -- group or official it is about; empty = the case
  path TEXT NOT NULL, -- relative to the case folder
  sha256 TEXT NOT NULL, -- of the file as written
  state TEXT NOT NULL CHECK (state IN ('draft','reviewed','released','superseded')), -- where it stands
  custody_head TEXT NOT NULL, -- head digest of the chain when it was written
  supersedes TEXT REFERENCES report(id), -- the report it replaces
  written_at TEXT NOT NULL, -- UTC
  written_by TEXT NOT NULL -- examiner
) STRICT
""",
    """
CREATE TABLE custody_event (
  -- One link of the hash chain. It shows accidents and careless edits; whoever owns the file can rebuild it.
  sequence INTEGER PRIMARY KEY, -- from 1, without holes
  uuid TEXT NOT NULL UNIQUE, -- UUIDv7
  at TEXT NOT NULL, -- UTC
  actor TEXT NOT NULL, -- examiner
  action TEXT NOT NULL, -- scan.finished, …
  subject TEXT NOT NULL, -- id of what it is about
  payload TEXT NOT NULL, -- canonical JSON; rows_sha256 covers the custody_row entries of this event
  previous TEXT NOT NULL UNIQUE, -- digest of the event before; 64 zeros for the first
  digest TEXT NOT NULL UNIQUE -- sha256 over the canonical JSON of all other columns
) STRICT
""",
    """
CREATE TABLE custody_row (
  -- Which row an event wrote, and the row's digest after it; append-only.
  sequence INTEGER NOT NULL REFERENCES custody_event(sequence) DEFERRABLE INITIALLY DEFERRED, -- the event
  ordinal INTEGER NOT NULL, -- order of writing in the event, from 0
  table_name TEXT NOT NULL, -- the table
  row_uuid TEXT NOT NULL, -- the row
  row_sha256 TEXT NOT NULL, -- sha256 over the canonical JSON of table name and row
  PRIMARY KEY (sequence, ordinal)
) STRICT, WITHOUT ROWID
""",
)

_INDEXES = (
    "CREATE INDEX idx_alert_scan ON alert(scan)",
    "CREATE INDEX idx_module_run_scan ON module_run(scan)",
    "CREATE INDEX idx_gap_scan ON gap(scan)",
    "CREATE INDEX idx_scan_acquisition ON scan(acquisition)",
    "CREATE INDEX idx_finding_device ON finding(device)",
    "CREATE INDEX idx_finding_alert_finding ON finding_alert(finding)",
    "CREATE INDEX idx_disposition_finding ON disposition(finding)",
    "CREATE INDEX idx_observation_official ON observation(official, kind, at)",
    "CREATE INDEX idx_custody_row_row ON custody_row(table_name, row_uuid)",
)

_APPEND_ONLY = (
    "alert",
    "finding_alert",
    "module_run",
    "gap",
    "scan_set",
    "indicator_set",
    "disposition",
    "observation",
    "note",
    "custody_event",
    "custody_row",
)
"""Tables whose rows are never changed."""

_CHANGEABLE = (
    "case_file",
    "affected_group",
    "official",
    "membership",
    "consent",
    "device",
    "acquisition",
    "scan",
    "finding",
    "report",
)
"""Tables whose rows change, each time under a custody event, and are never deleted."""


def apply(connection: sqlite3.Connection) -> None:
    """Create tables, indexes and the triggers that forbid changing append-only rows and deleting any row."""
    forbidding = [(table, "UPDATE", "is append-only") for table in _APPEND_ONLY]
    forbidding += [(table, "DELETE", "keeps every row") for table in (*_APPEND_ONLY, *_CHANGEABLE)]
    triggers = [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} {why}'); END"
        for table, verb, why in forbidding
    ]
    for statement in (*_TABLES, *_INDEXES, *triggers):
        connection.execute(statement.strip())
