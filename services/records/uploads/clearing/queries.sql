-- name: next_upload
-- $1 days since it became records. Two persisters never take the same one.
SELECT upload_id
FROM upload
WHERE applied_at < now() - make_interval(days => $1::integer) AND rows_cleared_at IS NULL
ORDER BY applied_at
LIMIT 1
FOR NO KEY UPDATE SKIP LOCKED;

-- name: clear_rows
-- Rows of which nothing was ever said and that nothing else points to: each is a record, found by its source.
DELETE FROM ledger
WHERE upload_id = $1 AND outcome = 'accepted' AND NOT warned AND NOT mended AND origin_upload_id IS NULL;

-- name: mark_cleared
UPDATE upload SET rows_cleared_at = now() WHERE upload_id = $1;

-- name: clear_messages
-- $1 days  $2 at most. The oldest have the lowest numbers.
DELETE FROM message
WHERE message_id IN (SELECT message_id
                     FROM (SELECT message_id, created_at FROM message ORDER BY message_id LIMIT $2) oldest
                     WHERE created_at < now() - make_interval(days => $1::integer));
