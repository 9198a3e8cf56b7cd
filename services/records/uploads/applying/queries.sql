-- name: plan_for_many
-- A ledger that has just been filled is unknown to the planner's statistics, and a plan made for a small table may be kept
-- too long: plan each time, and look records up by index whatever the statistics say.
SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_seqscan', 'off', true),
       set_config('enable_sort', 'off', true);

-- name: first_day_on_time
-- $1 when the rows were reported, NULL for now. A decision on or after the answer is reported within its seven working days.
SELECT coalesce(min(c.day), reported.day)
FROM (SELECT coalesce($1::timestamptz, now())::date AS day) reported
LEFT JOIN calendar_day c ON c.due_on >= reported.day
GROUP BY reported.day;

-- name: has_records
-- Has the department living records of the dataset at all? The tally is exact.
SELECT EXISTS (SELECT FROM record_tally WHERE dataset_code = $1 AND department_code = $2 AND records > 0);

-- name: match_rows
-- Settles the rows whose key a living record has; what stays 'accepted' is new.
-- $1 upload  $2 first row  $3 last row  $4 only these, or NULL  $5 dataset  $6 department  $7 on_duplicate
-- $8 first field of the key  $9 its column, or NULL  $10 its label  $11 severity and $12 message of duplicate_existing
-- LATERAL and LIMIT make it one look a row, ORDER BY key (without sorting) one into record_key: for a department that is new to
-- the statistics record_list looks as cheap, and reads all of its records for each row. ctid leads back without a second search.
WITH hit AS MATERIALIZED (
    SELECT l.ctid AS place, r.record_id, r.values = l.values AS same
    FROM ledger l
    CROSS JOIN LATERAL (
        SELECT record_id, values
        FROM record
        WHERE dataset_code = $5 AND department_code = $6 AND key >= l.key AND key <= l.key AND state <> 'deleted'
        ORDER BY key
        LIMIT 1
    ) r
    WHERE l.upload_id = $1 AND l.row BETWEEN $2 AND $3 AND ($4::integer[] IS NULL OR l.row = ANY ($4))
      AND l.outcome = 'accepted'
), matched AS (
    UPDATE ledger l
    SET outcome = CASE
            WHEN $7::text = 'reject' THEN 'rejected'
            WHEN $7 = 'skip' OR hit.same THEN 'unchanged'
            ELSE 'updated'
        END,
        record_id = CASE WHEN $7 <> 'reject' THEN hit.record_id END,
        warned = l.warned OR $7 = 'skip',
        problems = CASE
            WHEN $7 = 'update' THEN l.problems
            ELSE coalesce(l.problems, '[]') || jsonb_build_object(
                'severity', $11::text, 'cell', $9::text || l.row, 'field', $8::text, 'label', $10::text,
                'code', 'duplicate_existing', 'value', coalesce(l.values ->> $8, ''), 'message', $12::text,
                'suggestion', NULL)
        END
    FROM hit
    WHERE l.ctid = hit.place
    RETURNING l.outcome
)
SELECT count(*) FILTER (WHERE outcome = 'updated') AS updated,
       count(*) FILTER (WHERE outcome = 'unchanged') AS unchanged,
       count(*) FILTER (WHERE outcome = 'rejected') AS rejected
FROM matched;

-- name: insert_rows
-- $1 upload  $2 first row  $3 last row  $4 only these, or NULL  $5 dataset  $6 version  $7 category  $8 department
-- $9 user  $10 its name  $11 first day on time. Field codes: $12 name  $13 region  $14 document  $15 decided_on
-- $16 valid_until  $17 severity  $18 … $29 identifiers. $30 when they were reported, NULL for now
-- The rule table is asked once for each decision date and severity, and only for penalties; a look-up, not a join, so that
-- no plan can make it slow.
WITH ends AS MATERIALIZED (
    SELECT jsonb_object_agg(decided_on || severity, publicity_end($7::text, decided_on::date, NULL, severity)) AS days
    FROM (SELECT DISTINCT values ->> $15::text AS decided_on, coalesce(values ->> $17::text, '') AS severity
          FROM ledger
          WHERE upload_id = $1 AND row BETWEEN $2 AND $3 AND outcome = 'accepted' AND $7::text = 'penalty') AS d
    WHERE decided_on IS NOT NULL
), added AS (
    INSERT INTO record (dataset_code, dataset_version, department_code, key, name, identifiers, region, document,
                        decided_on, published_until, values, source_upload_id, source_row, changed_by_upload_id,
                        created_at, created_by, created_by_name, updated_by, updated_by_name)
    SELECT $5::text, $6::integer, $8::text, l.key, coalesce(l.values ->> $12::text, ''),
           array_remove(ARRAY[l.values ->> $18::text, l.values ->> $19::text, l.values ->> $20::text,
                              l.values ->> $21::text, l.values ->> $22::text, l.values ->> $23::text,
                              l.values ->> $24::text, l.values ->> $25::text, l.values ->> $26::text,
                              l.values ->> $27::text, l.values ->> $28::text, l.values ->> $29::text], NULL),
           coalesce(l.values ->> $13::text, ''), coalesce(l.values ->> $14::text, ''),
           (l.values ->> $15::text)::date,
           CASE WHEN (l.values ->> $16::text)::date < '2099-12-31' THEN (l.values ->> $16)::date
                ELSE ((SELECT days FROM ends) ->> ((l.values ->> $15) || coalesce(l.values ->> $17::text, '')))::date
           END,
           l.values, l.upload_id, l.row, l.upload_id, coalesce($30::timestamptz, now()), $9::text, $10::text, $9, $10
    FROM ledger l
    WHERE l.upload_id = $1 AND l.row BETWEEN $2 AND $3 AND ($4::integer[] IS NULL OR l.row = ANY ($4))
      AND l.outcome = 'accepted'
    RETURNING decided_on
)
SELECT count(*) AS inserted,
       count(*) FILTER (WHERE decided_on >= $11::date) AS on_time,
       count(*) FILTER (WHERE decided_on < $11::date) AS late
FROM added;

-- name: revise_rows
-- What the updated records were before. $1 upload  $2 first row  $3 last row  $4 only these, or NULL  $5 user  $6 its name
INSERT INTO revision (record_id, revision, action, by, by_name, upload_id, row, before, after,
                      before_changed_by_upload_id, before_dataset_version)
SELECT r.record_id, r.revision + 1, 'updated', $5, $6, l.upload_id, l.row, r.values, l.values,
       r.changed_by_upload_id, r.dataset_version
FROM ledger l
JOIN record r ON r.record_id = l.record_id
WHERE l.upload_id = $1 AND l.row BETWEEN $2 AND $3 AND ($4::integer[] IS NULL OR l.row = ANY ($4))
  AND l.outcome = 'updated'
FOR NO KEY UPDATE OF r;

-- name: update_rows
-- The parameters of insert_rows without $8 department and $11 first day on time: $5 version  $6 category  $7 user
-- $8 its name  $9 … $14 name, region, document, decided_on, valid_until, severity  $15 … $26 identifiers.
WITH ends AS MATERIALIZED (
    SELECT jsonb_object_agg(decided_on || severity, publicity_end($6::text, decided_on::date, NULL, severity)) AS days
    FROM (SELECT DISTINCT values ->> $12::text AS decided_on, coalesce(values ->> $14::text, '') AS severity
          FROM ledger
          WHERE upload_id = $1 AND row BETWEEN $2 AND $3 AND outcome = 'updated' AND $6::text = 'penalty') AS d
    WHERE decided_on IS NOT NULL
)
UPDATE record r
SET dataset_version = $5,
    name = coalesce(l.values ->> $9::text, ''),
    identifiers = array_remove(ARRAY[l.values ->> $15::text, l.values ->> $16::text, l.values ->> $17::text,
                                     l.values ->> $18::text, l.values ->> $19::text, l.values ->> $20::text,
                                     l.values ->> $21::text, l.values ->> $22::text, l.values ->> $23::text,
                                     l.values ->> $24::text, l.values ->> $25::text, l.values ->> $26::text], NULL),
    region = coalesce(l.values ->> $10::text, ''),
    document = coalesce(l.values ->> $11::text, ''),
    decided_on = (l.values ->> $12::text)::date,
    published_until = CASE WHEN (l.values ->> $13::text)::date < '2099-12-31' THEN (l.values ->> $13)::date
        ELSE ((SELECT days FROM ends) ->> ((l.values ->> $12) || coalesce(l.values ->> $14::text, '')))::date
    END,
    values = l.values,
    revision = r.revision + 1,
    changed_by_upload_id = l.upload_id,
    updated_at = now(),
    updated_by = $7,
    updated_by_name = $8
FROM ledger l
WHERE l.upload_id = $1 AND l.row BETWEEN $2 AND $3 AND ($4::integer[] IS NULL OR l.row = ANY ($4))
  AND l.outcome = 'updated' AND r.record_id = l.record_id;

-- name: forecast
-- What confirming would do, were it done now. $1 upload  $2 dataset  $3 department  $4 on_duplicate
SELECT count(*) FILTER (WHERE r.record_id IS NULL) AS inserted,
       count(*) FILTER (WHERE $4::text = 'update' AND r.values <> l.values) AS updated,
       count(*) FILTER (WHERE r.record_id IS NOT NULL AND ($4 = 'skip' OR $4 = 'update' AND r.values = l.values))
           AS unchanged,
       count(*) FILTER (WHERE r.record_id IS NOT NULL AND $4 = 'reject') AS rejected
FROM ledger l
LEFT JOIN LATERAL (
    SELECT record_id, values
    FROM record
    WHERE dataset_code = $2 AND department_code = $3 AND key >= l.key AND key <= l.key AND state <> 'deleted'
    ORDER BY key
    LIMIT 1
) r ON true
WHERE l.upload_id = $1 AND l.outcome = 'accepted';

-- part: still_counts
(u.state IN ('stored', 'partly_stored', 'rejected') AND u.data_deleted_at IS NULL)

-- name: has_origins
SELECT EXISTS (SELECT FROM ledger WHERE upload_id = $1 AND origin_upload_id IS NOT NULL);

-- name: close_origins
-- Rejected rows of earlier uploads that rows of this one correct, and the rows those were to correct themselves; each is closed by
-- the upload that came next and still counts. $1 upload  $2 dataset  $3 department
WITH RECURSIVE corrected AS (
    SELECT n.upload_id AS by, n.origin_upload_id AS upload_id, n.origin_row AS row, n.outcome AS fate,
           coalesce(n.record_id, r.record_id) AS record_id
    FROM ledger n
    LEFT JOIN record r ON r.source_upload_id = n.upload_id AND r.source_row = n.row AND r.state <> 'deleted'
    WHERE n.upload_id = $1 AND n.origin_upload_id IS NOT NULL AND n.outcome IN ('accepted', 'updated', 'unchanged')
    UNION
    SELECT CASE WHEN {still_counts} THEN o.upload_id ELSE c.by END, o.origin_upload_id, o.origin_row, c.fate, c.record_id
    FROM corrected c
    JOIN ledger o ON o.upload_id = c.upload_id AND o.row = c.row
    JOIN upload u ON u.upload_id = o.upload_id
    WHERE o.origin_upload_id IS NOT NULL AND o.outcome IN ('rejected', 'ignored')
      AND u.dataset_code = $2 AND u.department_code = $3
), closed AS (
    UPDATE ledger o
    SET outcome = 'closed', closed_by_upload_id = c.by, record_id = c.record_id
    FROM corrected c
    JOIN upload u ON u.upload_id = c.upload_id
    WHERE u.dataset_code = $2 AND u.department_code = $3 AND u.upload_id <> $1 AND {still_counts}
      AND o.upload_id = c.upload_id AND o.row = c.row AND o.outcome IN ('rejected', 'ignored')
    RETURNING o.upload_id, c.fate
)
SELECT upload_id,
       count(*) FILTER (WHERE fate = 'accepted') AS inserted,
       count(*) FILTER (WHERE fate = 'updated') AS updated,
       count(*) FILTER (WHERE fate = 'unchanged') AS unchanged
FROM closed
GROUP BY upload_id
ORDER BY upload_id;

-- name: settle
-- Counts and state after rows have met their fate. An ignored row stays among the rejected.
-- $1 upload  $2 inserted  $3 updated  $4 unchanged  $5 on time  $6 late: how many more
WITH now_rejected AS (
    SELECT count(*) FILTER (WHERE l.outcome IN ('rejected', 'ignored')) AS rejected,
           count(*) FILTER (WHERE l.outcome = 'ignored') AS ignored,
           count(*) FILTER (WHERE shown_outcome(l.outcome, l.mended, a.applied_at IS NOT NULL) = 'corrected') AS corrected,
           count(*) FILTER (WHERE l.warned) AS warned
    FROM ledger l
    JOIN upload a ON a.upload_id = l.upload_id
    WHERE l.upload_id = $1 AND (l.outcome <> 'accepted' OR l.warned OR l.mended)
)
UPDATE upload u
SET rejected = n.rejected, ignored = n.ignored, corrected = n.corrected, warned = n.warned,
    inserted = u.inserted + $2, updated = u.updated + $3, unchanged = u.unchanged + $4,
    on_time = u.on_time + $5, late = u.late + $6,
    state = CASE
        WHEN u.state NOT IN ('stored', 'partly_stored', 'rejected') OR u.applied_at IS NULL THEN u.state
        WHEN n.rejected = 0 THEN 'stored'
        WHEN u.inserted + $2 + u.updated + $3 + u.unchanged + $4 > 0 THEN 'partly_stored'
        ELSE 'rejected'
    END
FROM now_rejected n
WHERE u.upload_id = $1;

-- name: finish
-- $1 upload  $2 applied? What was forecast is forgotten; settle counts what has become true.
UPDATE upload
SET state = 'rejected', applied_at = CASE WHEN $2::boolean THEN now() END, finished_at = now(), progressed_at = now(),
    rows_total = total, rows_done = total, inserted = 0, updated = 0, unchanged = 0
WHERE upload_id = $1;

-- name: await_confirmation
-- $1 upload  $2 inserted  $3 updated  $4 unchanged: the forecast  $5 rows the forecast rejects
UPDATE upload
SET state = 'awaiting_confirmation', inserted = $2, updated = $3, unchanged = $4, rejected = rejected + $5,
    rows_total = total, rows_done = total, progressed_at = now()
WHERE upload_id = $1;

-- name: cancel
-- Nothing was stored; the rejected rows stay to be read.
UPDATE upload
SET state = 'cancelled', inserted = 0, updated = 0, unchanged = 0, finished_at = now(), progressed_at = now()
WHERE upload_id = $1;

-- name: waiting_rows
-- Rows nobody has mended or set aside.
SELECT count(*) FROM ledger WHERE upload_id = $1 AND outcome = 'rejected';

-- name: merge_search_indexes
-- What inserts left in the waiting lists of the GIN indexes, merged in one go and off the path of an upload.
SELECT gin_clean_pending_list('record_name'::regclass) + gin_clean_pending_list('record_identifiers'::regclass)
       + gin_clean_pending_list('record_chars'::regclass);
