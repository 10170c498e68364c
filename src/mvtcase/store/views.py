"""Views for a person who opens `case.sqlite` in a SQLite browser: the status of devices, officials and groups in words.

They say in SQL what `findings.status` says in Python; tests/unit/store/test_views.py holds the two together.
Only the program compares phones with each other: a lead that one phone alone shows is a lead here.
"""

from __future__ import annotations

from mvtcase.kinds import TRACES, Trace

_RAN = ", ".join(f"'{slug}'" for slug, trace in sorted(TRACES.items()) if trace is Trace.EXECUTION)

VIEWS = (
    """
CREATE VIEW finding_state AS
-- Every finding with where its review stands: the latest judgement counts; what changes much takes two who agree.
-- That is: to confirm, and to dismiss a CRITICAL or HIGH finding or an indicator's. Where the case says so, one does.
-- What was confirmed stays so until it is dismissed for good.
WITH judged AS (
  SELECT finding, verdict, lower(trim(examiner)) AS who,
    CASE WHEN verdict IN ('false_positive','benign') THEN 'dismissed' ELSE verdict END AS side,
    row_number() OVER (
      PARTITION BY finding ORDER BY coalesce(place, CAST(substr(id, 3) AS INTEGER)) DESC, uuid DESC) AS newest
  FROM disposition
), ranked AS (
  SELECT *, newest - row_number() OVER (PARTITION BY finding, side ORDER BY newest) AS run FROM judged
), runs AS (
  SELECT finding, side, min(newest) AS newest, count(DISTINCT who) AS examiners FROM ranked GROUP BY finding, side, run
), weighed AS (
  SELECT f.id AS finding, r.side, r.newest,
    r.examiners >= (SELECT CASE WHEN count(single_examiner) THEN 1 ELSE 2 END FROM case_file)
      OR (r.side = 'dismissed' AND f.indicator_value IS NULL AND f.level NOT IN ('HIGH','CRITICAL')) AS enough
  FROM finding f JOIN runs r ON r.finding = f.id
), settled AS (
  SELECT finding,
    min(CASE WHEN enough AND side = 'confirmed' THEN newest END) AS confirmed,
    min(CASE WHEN enough AND side = 'dismissed' THEN newest END) AS dismissed
  FROM weighed GROUP BY finding
)
SELECT f.*, CASE
    WHEN l.verdict IS NULL THEN 'open'
    WHEN s.confirmed < coalesce(s.dismissed, s.confirmed + 1) THEN 'confirmed'
    WHEN s.dismissed = 1 THEN l.verdict
    WHEN l.side = 'needs_expert' THEN 'needs_expert'
    WHEN l.side = 'confirmed' THEN 'confirmed_once'
    ELSE 'dismissed_once' END AS state
FROM finding f
LEFT JOIN judged l ON l.finding = f.id AND l.newest = 1
LEFT JOIN settled s ON s.finding = f.id
""",
    f"""
CREATE VIEW acquisition_coverage AS
-- Every acquisition that counts, with its latest finished scan (no recheck), its completeness, traces and what is due.
WITH latest AS (
  SELECT a.id AS acquisition, a.device, a.kind,
    (SELECT s.id FROM scan s WHERE s.acquisition = a.id AND s.state = 'finished' AND s.recheck_of IS NULL
     ORDER BY coalesce(s.place, CAST(substr(s.id, 3) AS INTEGER)) DESC, s.uuid DESC LIMIT 1) AS scan
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
    max(evidence_class IN ('attempt','exposure') AND state = 'confirmed') AS targeted,
    max(evidence_class <> 'posture' AND indicator_value IS NOT NULL
        AND evidence_class <> 'heuristic' AND state NOT IN ('false_positive','benign')) AS matched,
    max(evidence_class = 'heuristic' AND level IN ('MEDIUM','HIGH','CRITICAL') AND rating IN ('','suspicious')
        AND state NOT IN ('false_positive','benign')) AS suspicious,
    sum(state IN ('false_positive','benign')) AS dismissed,
    sum(rating = 'lead' AND state NOT IN ('false_positive','benign')) AS leads
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
       WHEN c.any_sight THEN 'partial' ELSE 'blind' END AS completeness,
  coalesce(t.dismissed, 0) AS dismissed, coalesce(t.leads, 0) AS leads
FROM device d LEFT JOIN coverage c ON c.device = d.id LEFT JOIN standing t ON t.device = d.id
""",
    """
CREATE VIEW official_status AS
-- Every official with the worst status of the devices, made worse by a vendor's threat notification that people saw.
-- No trace needs a device in use, and every one of them examined.
WITH heard AS (
  SELECT official, count(DISTINCT lower(trim(recorded_by))) AS people
  FROM observation o
  WHERE kind GLOB '*.threat_notification' AND recorded_by <> 'mvtcase' AND lower(trim(value)) NOT IN ('no','none')
    AND NOT EXISTS (
      SELECT 1 FROM observation later
      WHERE later.official = o.official AND later.kind = o.kind AND later.at = o.at AND later.recorded_by <> 'mvtcase'
        AND (coalesce(later.place, CAST(substr(later.id, 3) AS INTEGER)), later.uuid)
          > (coalesce(o.place, CAST(substr(o.id, 3) AS INTEGER)), o.uuid) AND lower(trim(later.value)) IN ('no','none'))
  GROUP BY official
), told AS (
  SELECT official, CASE WHEN people >= (SELECT CASE WHEN count(single_examiner) THEN 1 ELSE 2 END FROM case_file)
    THEN 2 ELSE 4 END AS rank FROM heard
), worst AS (
  SELECT official, sum(dismissed) AS dismissed, sum(leads) AS leads,
    min(CASE status WHEN 'confirmed' THEN 1 WHEN 'targeted' THEN 2 WHEN 'indicator_match' THEN 3
        WHEN 'suspicious' THEN 4 WHEN 'inconclusive' THEN 5 WHEN 'no_trace' THEN 6 ELSE 7 END) AS rank,
    max(status = 'not_examined' AND device_state = 'in_use') OR NOT max(device_state = 'in_use') AS waiting
  FROM device_status GROUP BY official
)
SELECT o.id AS official, o.pseudonym, o.name, o.role, o.roster,
  CASE
    WHEN w.rank = 1 THEN 'confirmed' WHEN w.rank = 2 OR h.rank = 2 THEN 'targeted'
    WHEN w.rank = 3 THEN 'indicator_match' WHEN w.rank = 4 OR h.rank = 4 THEN 'suspicious'
    WHEN w.rank = 5 THEN 'inconclusive'
    WHEN w.rank = 6 AND w.waiting THEN 'inconclusive' WHEN w.rank = 6 THEN 'no_trace'
    ELSE 'not_examined' END AS status,
  coalesce(w.dismissed, 0) AS dismissed, coalesce(w.leads, 0) AS leads
FROM official o LEFT JOIN worst w ON w.official = o.id LEFT JOIN told h ON h.official = o.id
WHERE o.state = 'active'
""",
    """
CREATE VIEW group_status AS
-- How many officials of each group stand at each status; groups are counts, never worst-of.
SELECT g.id AS affected_group, g.name, g.parent, s.status, count(*) AS officials
FROM affected_group g JOIN membership m ON m.affected_group = g.id JOIN official_status s ON s.official = m.official
GROUP BY g.id, s.status
""",
)
