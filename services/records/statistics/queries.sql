-- name: figures
-- $1 group by: department, dataset or month  $2 from or NULL  $3 to or NULL  $4 department or NULL  $5 dataset or NULL
-- Rows of uploads by the day of the upload, entries by hand by the day of the entry, revocations by their own day.
WITH closing AS (
    -- Rows that corrected an earlier upload's: they were reported, and are stored, there, as long as its data has not been deleted.
    SELECT o.closed_by_upload_id AS upload_id, count(*) AS rows,
           count(*) FILTER (WHERE n.mended OR n.outcome = 'closed') AS first_rejected
    FROM ledger o
    JOIN upload u ON u.upload_id = o.upload_id AND u.data_deleted_at IS NULL
    LEFT JOIN ledger n ON n.upload_id = o.closed_by_upload_id AND n.origin_upload_id = o.upload_id AND n.origin_row = o.row
    WHERE o.closed_by_upload_id IS NOT NULL
    GROUP BY o.closed_by_upload_id
), parts AS (
    SELECT CASE $1::text WHEN 'department' THEN u.department_code WHEN 'dataset' THEN u.dataset_code
                         ELSE to_char(u.uploaded_at, 'YYYY-MM') END AS key,
           u.total - coalesce(c.rows, 0) AS reported, 0 AS by_hand,
           u.inserted + u.updated + u.unchanged - coalesce(c.rows, 0) AS stored,
           u.rejected, CASE WHEN u.deleted_at IS NULL THEN u.rejected - u.ignored ELSE 0 END AS waiting,
           u.first_rejected - coalesce(c.first_rejected, 0) AS first_rejected, u.on_time, u.late, 0 AS revoked
    FROM upload u
    LEFT JOIN closing c ON c.upload_id = u.upload_id
    WHERE u.state IN ('stored', 'partly_stored', 'rejected') AND u.data_deleted_at IS NULL
      AND ($2::date IS NULL OR u.uploaded_at >= $2::date)
      AND ($3::date IS NULL OR u.uploaded_at < $3::date + 1)
      AND ($4::text IS NULL OR u.department_code = $4)
      AND ($5::text IS NULL OR u.dataset_code = $5)
    UNION ALL
    SELECT CASE $1 WHEN 'department' THEN r.department_code WHEN 'dataset' THEN r.dataset_code
                   ELSE to_char(r.created_at, 'YYYY-MM') END,
           1, 1, 1, 0, 0, 0, (d.due_on >= r.created_at::date)::integer, (d.due_on < r.created_at::date)::integer, 0
    FROM record r
    LEFT JOIN calendar_day d ON d.day = r.decided_on
    WHERE r.source_upload_id IS NULL AND r.state <> 'deleted'
      AND ($2 IS NULL OR r.created_at >= $2)
      AND ($3 IS NULL OR r.created_at < $3 + 1)
      AND ($4 IS NULL OR r.department_code = $4)
      AND ($5 IS NULL OR r.dataset_code = $5)
    UNION ALL
    SELECT CASE $1 WHEN 'department' THEN r.department_code WHEN 'dataset' THEN r.dataset_code
                   ELSE to_char(r.revoked_at, 'YYYY-MM') END,
           0, 0, 0, 0, 0, 0, 0, 0, 1
    FROM record r
    WHERE r.state = 'revoked'
      AND ($2 IS NULL OR r.revoked_at >= $2)
      AND ($3 IS NULL OR r.revoked_at < $3 + 1)
      AND ($4 IS NULL OR r.department_code = $4)
      AND ($5 IS NULL OR r.dataset_code = $5)
), summed AS (
    SELECT p.key, sum(p.reported)::bigint AS reported, sum(p.by_hand)::bigint AS by_hand,
           sum(p.stored)::bigint AS stored,
           sum(p.rejected)::bigint AS rejected, sum(p.waiting)::bigint AS waiting, sum(p.first_rejected)::bigint AS first_rejected,
           coalesce(sum(p.on_time), 0)::bigint AS on_time, coalesce(sum(p.late), 0)::bigint AS late,
           sum(p.revoked)::bigint AS revoked
    FROM parts p
    GROUP BY p.key
)
SELECT m.*, coalesce(o.name, s.name, m.key) AS label
FROM summed m
LEFT JOIN department o ON $1 = 'department' AND o.code = m.key
LEFT JOIN dataset s ON $1 = 'dataset' AND s.code = m.key AND s.is_current
ORDER BY m.key;

-- name: home
-- $1 department, or NULL for all of them
SELECT (SELECT coalesce(sum(u.rejected - u.ignored), 0)::bigint
        FROM upload u
        WHERE ($1::text IS NULL OR u.department_code = $1) AND u.state IN ('partly_stored', 'rejected')
          AND u.rejected > u.ignored AND u.data_deleted_at IS NULL AND u.deleted_at IS NULL) AS rows_waiting,
       (SELECT count(*)
        FROM upload u
        WHERE ($1 IS NULL OR u.department_code = $1) AND u.state IN ('received', 'checking', 'storing')) AS uploads_running,
       (SELECT count(*)
        FROM upload u
        WHERE ($1 IS NULL OR u.department_code = $1) AND u.state = 'awaiting_confirmation') AS awaiting_confirmation,
       (SELECT count(*)
        FROM record r
        WHERE ($1 IS NULL OR r.department_code = $1) AND r.state = 'published' AND r.published_until IS NOT NULL
          AND r.published_until BETWEEN current_date AND current_date + 30) AS ending_soon,
       (SELECT coalesce(sum(t.records), 0)::bigint
        FROM record_tally t
        WHERE $1 IS NULL OR t.department_code = $1) AS records;
