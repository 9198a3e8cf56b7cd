-- name: current_dataset
SELECT definition::text
FROM dataset
WHERE code = $1 AND is_current;

-- name: dataset_version
SELECT definition::text
FROM dataset
WHERE code = $1 AND version = $2;

-- name: may_read
-- $1 code  $2 department. May the department report the dataset, or has it records in it?
SELECT definition -> 'departments' = '"*"'::jsonb
    OR definition -> 'departments' @> to_jsonb($2::text)
    OR EXISTS (SELECT FROM record_tally t WHERE t.dataset_code = d.code AND t.department_code = $2)
FROM dataset d
WHERE code = $1 AND is_current;

-- name: list_datasets
-- $1 department, or NULL for all  $2 category or NULL  $3 subject or NULL  $4 page size  $5 offset
SELECT definition::text, created_at, created_by, count(*) OVER () AS total
FROM dataset d
WHERE is_current
  AND ($1::text IS NULL
       OR definition -> 'departments' = '"*"'::jsonb
       OR definition -> 'departments' @> to_jsonb($1::text)
       OR EXISTS (SELECT FROM record_tally t WHERE t.dataset_code = d.code AND t.department_code = $1))
  AND ($2::text IS NULL OR category = $2)
  AND ($3::text IS NULL OR subject = $3)
ORDER BY category, code
LIMIT $4 OFFSET $5;

-- name: count_datasets
-- The same filters: the total of a page beyond the last.
SELECT count(*)
FROM dataset d
WHERE is_current
  AND ($1::text IS NULL
       OR definition -> 'departments' = '"*"'::jsonb
       OR definition -> 'departments' @> to_jsonb($1::text)
       OR EXISTS (SELECT FROM record_tally t WHERE t.dataset_code = d.code AND t.department_code = $1))
  AND ($2::text IS NULL OR category = $2)
  AND ($3::text IS NULL OR subject = $3);

-- name: list_versions
SELECT version, is_current, created_at, created_by, definition::text
FROM dataset
WHERE code = $1
ORDER BY version DESC;

-- name: has_records
-- Living or on their way: an upload under way has rows with keys of its version.
SELECT EXISTS (SELECT FROM record_tally WHERE dataset_code = $1 AND records > 0)
    OR EXISTS (SELECT FROM upload WHERE dataset_code = $1 AND (state IN ('received', 'checking', 'storing', 'awaiting_confirmation')
                                                              OR rejected > ignored AND data_deleted_at IS NULL));

-- name: lock_dataset
-- Two new versions of one dataset at once get two numbers.
SELECT pg_advisory_xact_lock(hashtextextended('dataset:' || $1::text, 0));

-- name: newest_version
SELECT version, created_by, definition::text
FROM dataset
WHERE code = $1
ORDER BY version DESC
LIMIT 1;

-- name: retire_version
UPDATE dataset SET is_current = false WHERE code = $1 AND is_current;

-- name: add_version
INSERT INTO dataset (code, version, name, category, subject, definition, created_by)
VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7);
