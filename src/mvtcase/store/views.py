"""Views for a person who opens `case.sqlite` in a SQLite browser: the status of devices, officials and groups in words.

They say in SQL what `findings.status` says in Python; tests/unit/store/test_views.py holds the two together.
"""

from __future__ import annotations

from mvtcase.kinds import TRACES, Trace

_RAN = ", ".join(f"'{slug}'" for slug, trace in sorted(TRACES.items()) if trace is Trace.EXECUTION)

VIEWS = (
    """
CREATE VIEW finding_state AS
-- Every finding with where its review stands: the latest disposition counts; "confirmed" needs two examiners in a row.
WITH ranked AS (
  SELECT finding, verdict, examiner,
         row_number() OVER (PARTITION BY finding ORDER BY length(id) DESC, id DESC) AS newest
  FROM disposition
), latest AS (SELECT * FROM ranked WHERE newest = 1),
streak AS (
  SELECT r.finding, count(DISTINCT lower(trim(r.examiner))) AS examiners
  FROM ranked r
  WHERE r.verdict = 'confirmed' AND NOT EXISTS (
    SELECT 1 FROM ranked later
    WHERE later.finding = r.finding AND later.newest < r.newest AND later.verdict <> 'confirmed')
  GROUP BY r.finding
)
SELECT f.*, CASE
    WHEN l.verdict IS NULL THEN 'open'
    WHEN l.verdict <> 'confirmed' THEN l.verdict
    WHEN s.examiners >= 2 THEN 'confirmed'
    ELSE 'confirmed_once' END AS state
FROM finding f LEFT JOIN latest l ON l.finding = f.id LEFT JOIN streak s ON s.finding = f.id
""",
    f"""
CREATE VIEW acquisition_coverage AS
-- Every acquisition that counts, with its latest finished scan (no recheck), its completeness, traces and what is due.
WITH latest AS (
  SELECT a.id AS acquisition, a.device, a.kind,
    (SELECT s.id FROM scan s WHERE s.acquisition = a.id AND s.state = 'finished' AND s.recheck_of IS NULL
     ORDER BY coalesce(s.sequence, 0) DESC, length(s.id) DESC, s.id DESC LIMIT 1) AS scan
  FROM acquisition a WHERE a.state = 'registered'
), answering AS (
  -- A scan answers for itself, and a finished recheck that has no gap of its own for the scan it rests on.
  SELECT id AS scan, id AS answer FROM scan
  UNION ALL
  SELECT r.recheck_of, r.id FROM scan r WHERE r.state = 'finished' AND r.completeness <> 'blind' AND NOT EXISTS (
    SELECT module, reason FROM gap WHERE scan = r.id EXCEPT SELECT module, reason FROM gap WHERE scan = r.recheck_of)
)
SELECT l.acquisition, l.device, l.kind, l.scan, s.completeness,
  EXISTS (SELECT 1 FROM module_run m WHERE m.scan = l.scan AND m.records > 0
    AND m.outcome IN ('checked','extracted','recovered') AND m.slug IN ({_RAN})) AS sees_execution,
  (SELECT count(*) FROM indicator_set i, case_file c WHERE l.scan IS NOT NULL AND instr(c.active_sets, i.sha256)
    AND (c.fixed_sets IS NULL OR instr(c.fixed_sets, '"' || i.name || '"'))
    AND NOT EXISTS (SELECT 1 FROM answering x JOIN scan_set u ON u.scan = x.answer
      WHERE x.scan = l.scan AND u.indicator_set = i.id)) AS sets_due
FROM latest l LEFT JOIN scan s ON s.id = l.scan
""",  # noqa: S608  # slugs of our own
    """
CREATE VIEW device_status AS
-- Every device with its detection status and completeness.
WITH coverage AS (
  SELECT device,
    max(completeness IS NOT NULL) AS examined,
    min(coalesce(completeness, 'blind') = 'full') AS every_full,
    max(coalesce(completeness, 'blind') <> 'blind') AS any_sight,
    max(sees_execution) AND NOT max(sets_due) AS enough
  FROM acquisition_coverage GROUP BY device
), standing AS (
  SELECT device,
    max(evidence_class IN ('execution','artefact') AND state = 'confirmed') AS confirmed,
    max(evidence_class IN ('attempt','exposure') AND state IN ('confirmed','confirmed_once')) AS targeted,
    max(evidence_class <> 'posture' AND indicator_value IS NOT NULL
        AND evidence_class <> 'heuristic' AND state NOT IN ('false_positive','benign')) AS matched,
    max(evidence_class = 'heuristic' AND level IN ('MEDIUM','HIGH','CRITICAL')
        AND state NOT IN ('false_positive','benign')) AS suspicious
  FROM finding_state GROUP BY device
)
SELECT d.id AS device, d.label, d.platform, d.official, d.state AS device_state,
  CASE
    WHEN t.confirmed THEN 'confirmed'
    WHEN t.targeted THEN 'targeted'
    WHEN t.matched THEN 'indicator_match'
    WHEN t.suspicious THEN 'suspicious'
    WHEN NOT coalesce(c.examined, 0) THEN 'not_examined'
    WHEN c.every_full AND c.enough THEN 'no_trace'
    ELSE 'inconclusive' END AS status,
  CASE WHEN NOT coalesce(c.examined, 0) THEN 'blind' WHEN c.every_full THEN 'full'
       WHEN c.any_sight THEN 'partial' ELSE 'blind' END AS completeness
FROM device d LEFT JOIN coverage c ON c.device = d.id LEFT JOIN standing t ON t.device = d.id
""",
    """
CREATE VIEW official_status AS
-- Every official with the worst status of the devices; no trace needs a device in use, and every one of them examined.
WITH worst AS (
  SELECT official,
    min(CASE status WHEN 'confirmed' THEN 1 WHEN 'targeted' THEN 2 WHEN 'indicator_match' THEN 3
        WHEN 'suspicious' THEN 4 WHEN 'inconclusive' THEN 5 WHEN 'no_trace' THEN 6 ELSE 7 END) AS rank,
    max(status = 'not_examined' AND device_state = 'in_use') OR NOT max(device_state = 'in_use') AS waiting
  FROM device_status GROUP BY official
)
SELECT o.id AS official, o.pseudonym, o.name, o.role, o.roster,
  CASE
    WHEN w.rank = 1 THEN 'confirmed' WHEN w.rank = 2 THEN 'targeted' WHEN w.rank = 3 THEN 'indicator_match'
    WHEN w.rank = 4 THEN 'suspicious' WHEN w.rank = 5 THEN 'inconclusive'
    WHEN w.rank = 6 AND w.waiting THEN 'inconclusive' WHEN w.rank = 6 THEN 'no_trace'
    ELSE 'not_examined' END AS status
FROM official o LEFT JOIN worst w ON w.official = o.id
""",
    """
CREATE VIEW group_status AS
-- How many officials of each group stand at each status; groups are counts, never worst-of.
SELECT g.id AS affected_group, g.name, g.parent, s.status, count(*) AS officials
FROM affected_group g JOIN membership m ON m.affected_group = g.id JOIN official_status s ON s.official = m.official
GROUP BY g.id, s.status
""",
)
