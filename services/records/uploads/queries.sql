-- name: see_department
-- A department as the signed identity names it.
INSERT INTO department (code, name, region)
VALUES ($1, $2, $3)
ON CONFLICT (code) DO UPDATE
SET name = excluded.name, region = coalesce(nullif(excluded.region, ''), department.region), seen_at = now()
WHERE department.name <> excluded.name OR (excluded.region <> '' AND department.region <> excluded.region);

-- name: add_upload
-- Safe to repeat with the same id. The same file counts within department and dataset, unless
-- nothing came of it or its data was deleted.
INSERT INTO upload (upload_id, dataset_code, dataset_version, department_code, department_name, user_id, user_name,
                    file_name, file_size, sha256, mode, on_duplicate, dry_run, request_id, same_file_as)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
        (SELECT o.upload_id
         FROM upload o
         WHERE o.department_code = $4 AND o.sha256 = $10 AND o.dataset_code = $2 AND o.data_deleted_at IS NULL
           AND o.state NOT IN ('failed', 'cancelled')
         ORDER BY o.uploaded_at DESC
         LIMIT 1))
ON CONFLICT (upload_id) DO NOTHING;

-- part: whole
-- Each by its name: the answer to `*` changes when a later version adds a column, and the statements this one has prepared fail.
u.upload_id, u.dataset_code, u.dataset_version, u.department_code, u.department_name, u.user_id, u.user_name, u.file_name,
  u.file_size, u.sha256, u.mode, u.on_duplicate, u.dry_run, u.state, u.same_file_as, u.uploaded_at, u.progressed_at, u.attempts,
  u.rows_total, u.rows_done, u.batches_done, u.batches_total, u.total, u.inserted, u.updated, u.unchanged, u.rejected, u.warned,
  u.ignored, u.corrected, u.first_rejected, u.on_time, u.late, u.failure_code, u.failure_message, u.notices, u.columns,
  u.applied_at, u.finished_at, u.deleted_at, u.data_deleted_at, u.request_id, u.rows_cleared_at, u.published_again_at,
  u.emptied_at, u.uploaded_at::date AS uploaded_on, d.name AS dataset_name

-- name: get_upload
-- $1 upload  $2 department, or NULL for any
SELECT {whole}
FROM upload u
JOIN dataset d ON d.code = u.dataset_code AND d.version = u.dataset_version
WHERE u.upload_id = $1 AND ($2::text IS NULL OR u.department_code = $2);

-- name: lock_upload
-- The same, until the transaction ends nobody else's. Take lock_keys first.
SELECT {whole}
FROM upload u
JOIN dataset d ON d.code = u.dataset_code AND d.version = u.dataset_version
WHERE u.upload_id = $1
FOR NO KEY UPDATE OF u;

-- name: lock_keys
-- Whoever adds, removes or re-keys records of a dataset and department waits here. Taken before any row lock.
SELECT pg_advisory_xact_lock(hashtextextended($1::text || '/' || $2::text, 0));

-- part: wanted
-- Planned by the values given (shared.db.planning).
-- $1 department or NULL  $2 dataset or NULL  $3 state or NULL  $4 from or NULL  $5 to or NULL  $6 deleted ones too?
-- $7 two_publicity, other or NULL  $8 what waits (rows, confirmation, processing) or NULL  $9 content of the file or NULL
-- $10 what the figures count (rows, rejected; see figures of statistics) or NULL
($1::text IS NULL OR u.department_code = $1)
  AND ($2::text IS NULL OR u.dataset_code = $2)
  AND ($3::text IS NULL OR u.state = $3)
  AND ($4::date IS NULL OR u.uploaded_at >= $4::date)
  AND ($5::date IS NULL OR u.uploaded_at < $5::date + 1)
  AND ($6::boolean OR $10::text IS NOT NULL OR u.deleted_at IS NULL)
  AND ($7::text IS NULL OR (d.category IN ('licence', 'penalty')) = ($7 = 'two_publicity'))
  AND ($8::text IS NULL
       OR ($8 = 'rows' AND u.state IN ('partly_stored', 'rejected') AND u.rejected > u.ignored AND u.data_deleted_at IS NULL)
       OR ($8 = 'confirmation' AND u.state = 'awaiting_confirmation')
       OR ($8 = 'processing' AND u.state IN ('received', 'checking', 'storing')))
  AND ($9::text IS NULL OR u.sha256 = $9)
  AND ($10::text IS NULL
       OR (u.state IN ('stored', 'partly_stored', 'rejected') AND u.data_deleted_at IS NULL AND ($10 = 'rows' OR u.rejected > 0)))

-- name: list_uploads
-- $11 page size  $12 offset
SELECT {whole}
FROM upload u
JOIN dataset d ON d.code = u.dataset_code AND d.version = u.dataset_version
WHERE {wanted}
ORDER BY u.uploaded_at DESC, u.upload_id
LIMIT $11 OFFSET $12;

-- name: count_uploads
-- $11 count no further than this. In the order of the list, so that the plan is the same: of what is common it reads the newest only.
SELECT count(*)
FROM (
    SELECT 1
    FROM upload u
    JOIN dataset d ON d.code = u.dataset_code AND d.version = u.dataset_version
    WHERE {wanted}
    ORDER BY u.uploaded_at DESC
    LIMIT $11
) counted;

-- name: estimate_uploads
-- The planner's idea of how many there are.
EXPLAIN (FORMAT JSON)
SELECT 1
FROM upload u
JOIN dataset d ON d.code = u.dataset_code AND d.version = u.dataset_version
WHERE {wanted};

-- name: drop_batches
-- The inbox of an upload that has come to an end.
DELETE FROM ledger_batch WHERE upload_id = $1;

-- name: tally
-- $1 dataset  $2 department  $3 living records more (or fewer)
INSERT INTO record_tally AS t (dataset_code, department_code, records)
VALUES ($1, $2, $3)
ON CONFLICT (dataset_code, department_code) DO UPDATE SET records = t.records + excluded.records;
