-- name: next_upload
-- $1 days since it became records. Two persisters never take the same one.
SELECT upload_id
FROM upload
WHERE applied_at < now() - make_interval(days => $1::integer) AND rows_cleared_at IS NULL
ORDER BY applied_at
LIMIT 1
FOR NO KEY UPDATE SKIP LOCKED;

-- name: clear_rows
-- Rows of which nothing was ever said and that nothing else points to: each is a record, found by its source. $1 upload  $2 at most
DELETE FROM ledger
WHERE upload_id = $1
  AND row IN (SELECT row
              FROM ledger
              WHERE upload_id = $1 AND outcome = 'accepted' AND NOT warned AND NOT mended AND origin_upload_id IS NULL
              LIMIT $2);

-- name: mark_cleared
UPDATE upload SET rows_cleared_at = now() WHERE upload_id = $1;

-- name: next_to_empty
-- $1 days since it was sent. Those under way are left alone.
SELECT upload_id, state, applied_at IS NOT NULL AS applied
FROM upload
WHERE uploaded_at < now() - make_interval(days => $1::integer) AND emptied_at IS NULL
  AND state NOT IN ('received', 'checking', 'storing')
ORDER BY uploaded_at
LIMIT 1
FOR NO KEY UPDATE SKIP LOCKED;

-- name: drop_rows
-- Of an upload that never became records; where another upload has closed a row, figures need to know. What keeps the upload from
-- being applied goes last: nobody can apply what is left of it meanwhile. $1 upload  $2 at most
DELETE FROM ledger
WHERE upload_id = $1
  AND row IN (SELECT row
              FROM ledger
              WHERE upload_id = $1 AND outcome <> 'closed'
              ORDER BY outcome = 'rejected'
              LIMIT $2);

-- name: empty_rows
-- Which row became which record stays, for undoing; what was never mended can be mended no more. $1 upload  $2 at most
UPDATE ledger
SET values = '{}', problems = NULL, outcome = CASE outcome WHEN 'rejected' THEN 'ignored' ELSE outcome END
WHERE upload_id = $1
  AND row IN (SELECT row
              FROM ledger
              WHERE upload_id = $1 AND (values <> '{}' OR problems IS NOT NULL OR outcome = 'rejected')
              LIMIT $2);

-- name: mark_emptied
-- Nothing waits to be mended any more.
UPDATE upload SET emptied_at = now(), ignored = rejected WHERE upload_id = $1;

-- name: clear_messages
-- $1 days  $2 at most. The oldest have the lowest numbers.
DELETE FROM message
WHERE message_id IN (SELECT message_id
                     FROM (SELECT message_id, created_at FROM message ORDER BY message_id LIMIT $2) oldest
                     WHERE created_at < now() - make_interval(days => $1::integer));
