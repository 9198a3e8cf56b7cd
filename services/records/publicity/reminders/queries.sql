-- name: ended
-- Records whose last day on show was in the past week, by department, dataset and day.
SELECT r.department_code, r.dataset_code, coalesce(d.name, r.dataset_code) AS dataset_name, r.published_until,
       count(*) AS records
FROM record r
LEFT JOIN dataset d ON d.code = r.dataset_code AND d.is_current
WHERE r.state = 'published' AND r.published_until IS NOT NULL
  AND r.published_until BETWEEN current_date - 7 AND current_date - 1
GROUP BY r.department_code, r.dataset_code, d.name, r.published_until
ORDER BY r.published_until, r.department_code, r.dataset_code;

-- name: waiting_uploads
-- $1 department, or NULL for all of them  $2 only of the last month? With rows nobody has mended or set aside.
SELECT waiting.uploads, d.definition::text AS definition
FROM (SELECT u.dataset_code, u.dataset_version, array_agg(u.upload_id) AS uploads
      FROM upload u
      WHERE ($1::text IS NULL OR u.department_code = $1) AND u.state IN ('partly_stored', 'rejected')
        AND u.rejected > u.ignored AND u.data_deleted_at IS NULL AND u.deleted_at IS NULL
        AND (NOT $2::boolean OR u.uploaded_at > now() - interval '30 days')
      GROUP BY u.dataset_code, u.dataset_version) waiting
JOIN dataset d ON d.code = waiting.dataset_code AND d.version = waiting.dataset_version;

-- name: waiting_rows
-- $1 uploads  $2 the field of the decision date of each
-- The date may be one that does not exist (02-30): it is counted from the first of its month.
-- Of the rows that wait: those due within three working days, those whose day has passed, and of these the ones that
-- could still be on time when they were sent.
SELECT u.upload_id, u.department_code, u.user_id, u.file_name,
       count(*) FILTER (WHERE due.due_on >= current_date) AS near,
       count(*) FILTER (WHERE due.due_on < current_date) AS late,
       count(*) FILTER (WHERE due.due_on < current_date AND due.due_on >= u.uploaded_at::date) AS late_since,
       min(due.due_on) FILTER (WHERE due.due_on >= current_date) AS next_due_on
FROM unnest($1::uuid[], $2::text[]) AS wanted (upload_id, field)
JOIN upload u ON u.upload_id = wanted.upload_id
JOIN ledger l ON l.upload_id = wanted.upload_id AND l.outcome = 'rejected'
CROSS JOIN LATERAL (
    SELECT CASE WHEN l.values ->> wanted.field ~ '^(19|20|21)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$'
                THEN due_on((left(l.values ->> wanted.field, 8) || '01')::date + right(l.values ->> wanted.field, 2)::integer - 1)
           END AS due_on
) due
WHERE due.due_on < current_date OR working_days_between(current_date, due.due_on) <= 3
GROUP BY u.upload_id
ORDER BY u.uploaded_at;
