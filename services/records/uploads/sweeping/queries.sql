-- name: complete_uploads
-- Everything in the ledger, but whoever was to apply it is gone. $1 seconds of stillness that grow with the attempts.
SELECT upload_id, attempts
FROM upload
WHERE state IN ('received', 'checking', 'storing') AND batches_done >= batches_total
  AND progressed_at < now() - make_interval(secs => $1::float8 * attempts)
ORDER BY uploaded_at;

-- name: next_stalled_upload
-- $1 seconds of stillness that grow with the attempts  $2 seconds after which waiting is long. Two persisters never take
-- the same one.
SELECT u.upload_id, u.dataset_code, u.dataset_version, u.department_code, u.file_size, u.sha256, u.uploaded_at,
       u.attempts, u.state, u.request_id,
       coalesce(u.published_again_at, u.uploaded_at) < now() - make_interval(secs => $2::float8) AS long_waiting
FROM upload u
WHERE u.state IN ('received', 'checking', 'storing') AND batches_done IS DISTINCT FROM batches_total
  AND u.progressed_at < now() - make_interval(secs => $1::float8 * u.attempts)
ORDER BY u.uploaded_at
LIMIT 1
FOR NO KEY UPDATE SKIP LOCKED;

-- name: oldest_unfinished
SELECT coalesce(extract(epoch FROM now() - min(uploaded_at)), 0)::float8
FROM upload
WHERE state IN ('received', 'checking', 'storing');

-- name: count_attempt
UPDATE upload SET attempts = attempts + 1, progressed_at = now() WHERE upload_id = $1;

-- name: publish_in_spite
UPDATE upload SET progressed_at = now(), published_again_at = now() WHERE upload_id = $1;

-- name: put_off
-- It waits in a queue: no attempt has been spent.
UPDATE upload SET progressed_at = now() WHERE upload_id = $1;
