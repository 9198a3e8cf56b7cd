-- name: lazy_commit
-- Batches need not reach the disk before the broker is told: if the server loses the last second of them, the upload stands
-- still and the sweep has it read again. Applying commits in full.
SET LOCAL synchronous_commit TO off;

-- name: start_checking
-- $1 upload  $2 rows below the header  $3 notices  $4 columns. May come late: then only what mending needs is kept.
UPDATE upload
SET state = CASE state WHEN 'received' THEN 'checking' ELSE state END,
    rows_total = coalesce(rows_total, $2),
    notices = $3::text::jsonb,
    columns = $4::text::jsonb,
    progressed_at = now()
WHERE upload_id = $1 AND (columns = '{}' OR state IN ('received', 'checking', 'storing'));

-- name: claim_batch
-- The inbox: no row when the batch is known, or the upload finished or unknown.
INSERT INTO ledger_batch (upload_id, batch)
SELECT upload_id, $2
FROM upload
WHERE upload_id = $1 AND state IN ('received', 'checking', 'storing')
ON CONFLICT DO NOTHING;

-- name: count_batch
-- $1 upload  $2 rows  $3 rejected  $4 warned. No row when the upload has ended since the batch was claimed.
UPDATE upload
SET state = CASE state WHEN 'received' THEN 'checking' ELSE state END,
    batches_done = batches_done + 1,
    rows_done = rows_done + $2,
    total = total + $2,
    rejected = rejected + $3,
    first_rejected = first_rejected + $3,
    warned = warned + $4,
    progressed_at = now()
WHERE upload_id = $1 AND state IN ('received', 'checking', 'storing');

-- name: end_checking
-- $1 upload  $2 batches  $3 rows
UPDATE upload
SET state = 'storing', batches_total = $2, rows_total = $3, progressed_at = now()
WHERE upload_id = $1 AND state IN ('received', 'checking', 'storing');

-- name: is_complete
SELECT state IN ('received', 'checking', 'storing') AND batches_done >= batches_total
FROM upload
WHERE upload_id = $1;

-- name: fail_upload
-- $1 upload  $2 code  $3 reason
UPDATE upload
SET state = 'failed', failure_code = $2, failure_message = $3, finished_at = now(), progressed_at = now(),
    total = 0, rejected = 0, first_rejected = 0, warned = 0
WHERE upload_id = $1 AND state IN ('received', 'checking', 'storing');

-- name: drop_ledger
DELETE FROM ledger WHERE upload_id = $1;
