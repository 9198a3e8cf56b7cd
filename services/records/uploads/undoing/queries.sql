-- part: reported_again
-- Another upload that still counts found the record as it was then, and so reported it too.
SELECT
FROM ledger l
JOIN upload s ON s.upload_id = l.upload_id
WHERE l.record_id = t.record_id AND l.outcome = 'unchanged' AND l.upload_id <> $1 AND s.data_deleted_at IS NULL

-- name: plan
-- What becomes of each living record this upload ($1) made or changed, or was the last to report after the data of who made it
-- so was deleted.
-- It is the upload's own while its present values are the upload's, nobody has touched it by hand since they were written, even
-- if later uploads came and were undone in between, and no other upload has reported the same; others are kept.
-- An own record goes back to the newest state before that no deleted data has made, or that was kept when that data was deleted
-- (target: the revision that holds it), or, where there is none, it goes.
WITH touched AS (
    SELECT record_id, min(row) AS row
    FROM (SELECT record_id, source_row AS row FROM record WHERE source_upload_id = $1
          UNION ALL
          SELECT record_id, row FROM revision WHERE upload_id = $1 AND action = 'updated'
          UNION ALL
          SELECT l.record_id, l.row
          FROM ledger l
          JOIN record r ON r.record_id = l.record_id
          JOIN upload x ON x.upload_id = r.changed_by_upload_id
          WHERE l.upload_id = $1 AND l.outcome = 'unchanged' AND x.data_deleted_at IS NOT NULL) AS either
    GROUP BY record_id
)
SELECT t.record_id, t.row, target.revision AS target,
       (x.upload_id = $1 OR x.data_deleted_at IS NOT NULL) IS TRUE
       AND NOT EXISTS (
           SELECT
           FROM revision h
           WHERE h.record_id = t.record_id AND h.upload_id IS NULL AND h.revision > coalesce(written.revision, 1))
       AND NOT EXISTS ({reported_again} AND s.applied_at >= coalesce(written.at, x.applied_at)) AS own
FROM touched t
JOIN record r ON r.record_id = t.record_id
LEFT JOIN upload x ON x.upload_id = r.changed_by_upload_id
LEFT JOIN LATERAL (
    SELECT max(m.revision) AS revision, max(m.at) AS at
    FROM revision m
    WHERE m.record_id = t.record_id AND m.upload_id = x.upload_id AND m.action = 'updated'
) written ON true
LEFT JOIN LATERAL (
    SELECT v.revision
    FROM revision v
    LEFT JOIN upload u ON u.upload_id = v.before_changed_by_upload_id
    WHERE v.record_id = t.record_id AND v.action = 'updated' AND v.before_changed_by_upload_id IS DISTINCT FROM x.upload_id
      AND v.before_changed_by_upload_id IS DISTINCT FROM $1
      AND (u.data_deleted_at IS NULL
           OR EXISTS (
               SELECT
               FROM revision h
               WHERE h.record_id = v.record_id AND h.upload_id IS NULL AND h.revision < v.revision AND h.revision > (
                   SELECT coalesce(max(m.revision), 1)
                   FROM revision m
                   WHERE m.record_id = v.record_id AND m.upload_id = u.upload_id AND m.action = 'updated'))
           OR EXISTS ({reported_again} AND s.applied_at >= u.applied_at AND s.applied_at <= v.at))
    ORDER BY v.revision DESC
    LIMIT 1
) target ON true
WHERE r.state <> 'deleted'
ORDER BY t.row, t.record_id;

-- name: revise_removed
-- $1 upload  $2 records  $3 their rows  $4 user  $5 its name
INSERT INTO revision (record_id, revision, action, by, by_name, upload_id, row, before, after,
                      before_changed_by_upload_id, before_dataset_version)
SELECT r.record_id, r.revision + 1, 'undone', $4, $5, $1, t.row, r.values, NULL, r.changed_by_upload_id,
       r.dataset_version
FROM unnest($2::bigint[], $3::integer[]) AS t (record_id, row)
JOIN record r ON r.record_id = t.record_id;

-- name: remove
-- $1 records  $2 user  $3 its name
UPDATE record
SET state = 'deleted', revision = revision + 1, updated_at = now(), updated_by = $2, updated_by_name = $3
WHERE record_id = ANY ($1::bigint[]);

-- name: revise_restored
-- $1 upload  $2 records  $3 their rows  $4 the revisions that hold the earlier state  $5 user  $6 its name
INSERT INTO revision (record_id, revision, action, by, by_name, upload_id, row, before, after,
                      before_changed_by_upload_id, before_dataset_version)
SELECT r.record_id, r.revision + 1, 'undone', $5, $6, $1, t.row, r.values, v.before, r.changed_by_upload_id,
       r.dataset_version
FROM unnest($2::bigint[], $3::integer[], $4::integer[]) AS t (record_id, row, target)
JOIN record r ON r.record_id = t.record_id
JOIN revision v ON v.record_id = t.record_id AND v.revision = t.target;

-- name: versions
-- $1 records  $2 their targets. The dataset versions their earlier values were written by.
SELECT DISTINCT v.before_dataset_version
FROM unnest($1::bigint[], $2::integer[]) AS t (record_id, target)
JOIN revision v ON v.record_id = t.record_id AND v.revision = t.target;

-- name: restore
-- $1 records  $2 their targets  $3 the dataset version that is restored here  $4 category  $5 user  $6 its name
-- Field codes: $7 name  $8 region  $9 document  $10 decided_on  $11 valid_until  $12 severity  $13 … $24 identifiers.
UPDATE record r
SET dataset_version = v.before_dataset_version,
    name = coalesce(v.before ->> $7::text, ''),
    identifiers = array_remove(ARRAY[v.before ->> $13::text, v.before ->> $14::text, v.before ->> $15::text,
                                     v.before ->> $16::text, v.before ->> $17::text, v.before ->> $18::text,
                                     v.before ->> $19::text, v.before ->> $20::text, v.before ->> $21::text,
                                     v.before ->> $22::text, v.before ->> $23::text, v.before ->> $24::text], NULL),
    region = coalesce(v.before ->> $8::text, ''),
    document = coalesce(v.before ->> $9::text, ''),
    decided_on = (v.before ->> $10::text)::date,
    published_until = publicity_end($4, (v.before ->> $10)::date, (v.before ->> $11::text)::date,
                                    coalesce(v.before ->> $12::text, '')),
    values = v.before,
    revision = r.revision + 1,
    changed_by_upload_id = v.before_changed_by_upload_id,
    updated_at = now(),
    updated_by = $5,
    updated_by_name = $6
FROM unnest($1::bigint[], $2::integer[]) AS t (record_id, target)
JOIN revision v ON v.record_id = t.record_id AND v.revision = t.target
WHERE r.record_id = t.record_id AND v.before_dataset_version = $3;

-- name: reopen_origins
-- Rows of other uploads that this one ($1) had corrected, and the rows those had closed, wait again; what they had been counted
-- as, by upload. Where this one's row has itself been corrected by a later upload, they are closed by that one from now on.
WITH RECURSIVE path AS (
    SELECT ARRAY[n.upload_id] AS via, n.origin_upload_id AS upload_id, n.origin_row AS row, n.outcome AS fate,
           n.closed_by_upload_id AS later
    FROM ledger n
    WHERE n.upload_id = $1 AND n.origin_upload_id IS NOT NULL
      AND n.outcome IN ('accepted', 'updated', 'unchanged', 'closed')
    UNION ALL
    SELECT p.via || o.upload_id, o.origin_upload_id, o.origin_row, p.fate, p.later
    FROM path p
    JOIN ledger o ON o.upload_id = p.upload_id AND o.row = p.row
    WHERE o.origin_upload_id IS NOT NULL AND o.upload_id <> ALL (p.via)
      AND (o.outcome IN ('rejected', 'ignored') OR o.outcome = 'closed' AND o.closed_by_upload_id = ANY (p.via))
), reopened AS (
    UPDATE ledger o
    SET outcome = CASE WHEN p.fate = 'closed' THEN 'closed' WHEN u.emptied_at IS NULL THEN 'rejected' ELSE 'ignored' END,
        closed_by_upload_id = CASE WHEN p.fate <> 'closed' THEN NULL
                                   WHEN o.closed_by_upload_id = $1 THEN p.later
                                   ELSE o.closed_by_upload_id END,
        record_id = CASE WHEN p.fate = 'closed' THEN o.record_id END
    FROM path p
    JOIN upload u ON u.upload_id = p.upload_id
    WHERE o.upload_id = p.upload_id AND o.row = p.row AND o.outcome = 'closed' AND o.closed_by_upload_id = ANY (p.via)
    RETURNING o.upload_id, p.fate
)
SELECT upload_id,
       count(*) FILTER (WHERE fate = 'accepted') AS inserted,
       count(*) FILTER (WHERE fate = 'updated') AS updated,
       count(*) FILTER (WHERE fate = 'unchanged') AS unchanged
FROM reopened
GROUP BY upload_id
ORDER BY upload_id;

-- name: correctors
-- Uploads of the dataset ($2) and department ($3) that still count and have a good row for one that waits again. $1 whose rows
SELECT DISTINCT n.upload_id
FROM upload u
JOIN ledger n ON n.upload_id = u.upload_id AND n.origin_upload_id = ANY ($1::uuid[])
JOIN ledger o ON o.upload_id = n.origin_upload_id AND o.row = n.origin_row
WHERE u.dataset_code = $2 AND u.department_code = $3 AND u.applied_at IS NOT NULL AND u.data_deleted_at IS NULL
  AND n.outcome IN ('accepted', 'updated', 'unchanged') AND o.outcome = 'rejected'
ORDER BY n.upload_id;

-- name: mark_undone
UPDATE upload SET data_deleted_at = now() WHERE upload_id = $1;

-- name: mark_deleted
UPDATE upload SET deleted_at = coalesce(deleted_at, now()) WHERE upload_id = $1;
