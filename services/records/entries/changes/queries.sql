-- name: find_records
-- $1 records  $2 department or NULL for every one. The pairs whose keys are to be locked, always in the same order.
SELECT DISTINCT dataset_code, department_code
FROM record
WHERE record_id = ANY ($1::bigint[]) AND ($2::text IS NULL OR department_code = $2)
ORDER BY dataset_code, department_code;

-- name: lock_records
-- $1 records  $2 department or NULL for every one. Take lock_keys first.
SELECT record_id, dataset_code, dataset_version, department_code, state, key, values, revision, changed_by_upload_id,
       updated_at, updated_by_name
FROM record
WHERE record_id = ANY ($1::bigint[]) AND ($2::text IS NULL OR department_code = $2)
ORDER BY record_id
FOR NO KEY UPDATE;

-- name: find_key
-- $1 dataset  $2 department  $3 key. The living record that has it.
SELECT record_id
FROM record
WHERE dataset_code = $1 AND department_code = $2 AND key = $3 AND state <> 'deleted';

-- name: publication
-- $1 category  $2 decided on  $3 valid until  $4 severity. Until when it would be shown, and the seven working days.
SELECT publicity_end($1, $2::date, $3::date, $4) AS published_until, d.due_on, d.due_on >= current_date AS on_time,
       working_days_between(current_date, d.due_on) AS days, c.provisional
FROM (SELECT due_on($2::date) AS due_on) d
LEFT JOIN calendar_day c ON c.day = d.due_on;

-- name: add_record
-- $1 dataset  $2 version  $3 category  $4 department  $5 key  $6 name  $7 identifiers  $8 region  $9 document
-- $10 decided on  $11 valid until  $12 severity  $13 values  $14 user  $15 its name. No row when the key is taken.
INSERT INTO record (dataset_code, dataset_version, department_code, key, name, identifiers, region, document, decided_on,
                    published_until, values, created_by, created_by_name, updated_by, updated_by_name)
VALUES ($1, $2, $4, $5, $6, $7, $8, $9, $10, publicity_end($3::text, $10, $11::date, $12::text), $13, $14, $15, $14, $15)
ON CONFLICT (dataset_code, department_code, key) WHERE state <> 'deleted' DO NOTHING
RETURNING record_id;

-- name: change_record
-- $1 record  $2 version  $3 category  $4 key  $5 name  $6 identifiers  $7 region  $8 document  $9 decided on
-- $10 valid until  $11 severity  $12 values  $13 user  $14 its name
UPDATE record
SET dataset_version = $2, key = $4, name = $5, identifiers = $6, region = $7, document = $8, decided_on = $9,
    published_until = publicity_end($3::text, $9, $10::date, $11::text), values = $12, revision = revision + 1,
    changed_by_upload_id = NULL, updated_at = now(), updated_by = $13, updated_by_name = $14
WHERE record_id = $1;

-- name: revoke_records
-- $1 records  $2 reason  $3 user  $4 its name
UPDATE record
SET state = 'revoked', revoked_at = now(), revoked_by_name = $4, revocation_reason = $2, revision = revision + 1,
    updated_at = now(), updated_by = $3, updated_by_name = $4
WHERE record_id = ANY ($1::bigint[]);

-- name: restore_record
-- $1 record  $2 user  $3 its name
UPDATE record
SET state = 'published', revoked_at = NULL, revoked_by_name = NULL, revocation_reason = NULL, revision = revision + 1,
    updated_at = now(), updated_by = $2, updated_by_name = $3
WHERE record_id = $1;

-- name: delete_record
-- $1 record  $2 user  $3 its name
UPDATE record
SET state = 'deleted', revision = revision + 1, updated_at = now(), updated_by = $2, updated_by_name = $3
WHERE record_id = $1;

-- name: add_revision
-- $1 record  $2 revision  $3 action  $4 user  $5 its name  $6 reason  $7 before  $8 after  $9 upload its values were from
-- $10 dataset version before
INSERT INTO revision (record_id, revision, action, by, by_name, reason, before, after, before_changed_by_upload_id,
                      before_dataset_version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);
