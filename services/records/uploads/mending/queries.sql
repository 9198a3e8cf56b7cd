-- name: waiting_row
-- A row that may be mended or set aside, until the transaction ends nobody else's.
SELECT row, outcome, values::text
FROM ledger
WHERE upload_id = $1 AND row = $2
FOR UPDATE;

-- name: rows_with_value
-- $1 upload  $2 field  $3 value, empty for none
SELECT row, outcome, values::text
FROM ledger
WHERE upload_id = $1 AND outcome = 'rejected' AND coalesce(values ->> $2, '') = $3
ORDER BY row
FOR UPDATE;

-- name: rows_with_keys
-- Good rows of the upload with one of these keys: in a file a key comes once.
SELECT key, min(row) AS row
FROM ledger
WHERE upload_id = $1 AND key = ANY ($2::uuid[]) AND outcome IN ('accepted', 'updated', 'unchanged')
GROUP BY key;

-- name: write_rows
-- $1 upload  $2 rows  $3 good?  $4 warned?  $5 keys  $6 values  $7 problems
UPDATE ledger l
SET outcome = CASE WHEN m.good THEN 'accepted' ELSE 'rejected' END,
    mended = m.good,
    warned = m.warned,
    key = m.key,
    values = m.values::jsonb,
    problems = m.problems::jsonb
FROM unnest($2::integer[], $3::boolean[], $4::boolean[], $5::uuid[], $6::text[], $7::text[])
     AS m (row, good, warned, key, values, problems)
WHERE l.upload_id = $1 AND l.row = m.row;

-- name: ignore_row
UPDATE ledger SET outcome = 'ignored' WHERE upload_id = $1 AND row = $2 AND outcome = 'rejected';
