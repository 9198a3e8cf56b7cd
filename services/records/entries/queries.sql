-- The filters of a list are the same everywhere, and planned by their values (shared.db.planning), so that one that is not given
-- costs nothing:
-- $1 dataset or NULL  $2 department or NULL  $3 state or NULL for all but deleted  $4 region or NULL  $5 from or NULL
-- $6 to or NULL  $7 by hand (true), by upload (false) or NULL  $8 values to hold, or NULL  $9 the day $5 and $6 are about
-- $10 reported on time (true), late (false) or NULL

-- part: owned
($1::text IS NULL OR r.dataset_code = $1) AND ($2::text IS NULL OR r.department_code = $2)

-- part: narrowed
($4::text IS NULL OR r.region = $4)
  AND ($5::date IS NULL OR ($9::text = 'decided' AND r.decided_on >= $5) OR ($9 = 'reported' AND r.created_at >= $5)
       OR ($9 = 'revoked' AND r.revoked_at >= $5) OR ($9 = 'ending' AND r.published_until >= $5))
  AND ($6::date IS NULL OR ($9 = 'decided' AND r.decided_on <= $6) OR ($9 = 'reported' AND r.created_at < $6 + 1)
       OR ($9 = 'revoked' AND r.revoked_at < $6 + 1) OR ($9 = 'ending' AND r.published_until <= $6))
  AND ($7::boolean IS NULL OR (r.source_upload_id IS NULL) = $7)
  AND ($8::jsonb IS NULL OR r.values @> $8)
  AND ($10::boolean IS NULL OR (due_on(r.decided_on) >= r.created_at::date) = $10)

-- part: of_state
($3::text IS NULL
  OR ($3 = 'published' AND r.state = 'published' AND (r.published_until IS NULL OR r.published_until >= current_date))
  OR ($3 = 'expired' AND r.state = 'published' AND r.published_until < current_date)
  OR ($3 = 'revoked' AND r.state = 'revoked')
  OR ($3 = 'deleted' AND r.state = 'deleted'))

-- part: listed
r.state <> 'deleted'
  AND {of_state}
  AND {narrowed}

-- name: list_ids
-- $11 offset + size  $12 offset  $13 size
-- Each dataset and department in use gives its newest, walked in the index alone; the newest of these are the page.
SELECT one.record_id
FROM record_tally t
CROSS JOIN LATERAL (
    SELECT r.record_id
    FROM record r
    WHERE r.dataset_code = t.dataset_code AND r.department_code = t.department_code AND {listed}
    ORDER BY r.record_id DESC
    LIMIT $11
) one
WHERE ($1::text IS NULL OR t.dataset_code = $1) AND ($2::text IS NULL OR t.department_code = $2)
ORDER BY one.record_id DESC
OFFSET $12
LIMIT $13;

-- name: newest_id
SELECT coalesce(max(record_id), 0) FROM record;

-- name: list_newest
-- $11 newer than this  $12 how many. Over all departments: where the newest of all hold the page already.
SELECT r.record_id
FROM record r
WHERE r.record_id > $11 AND {owned} AND {listed}
ORDER BY r.record_id DESC
LIMIT $12;

-- name: count_tally
SELECT coalesce(sum(t.records), 0)::bigint
FROM record_tally t
WHERE ($1::text IS NULL OR t.dataset_code = $1) AND ($2::text IS NULL OR t.department_code = $2);

-- name: count_ids
-- $11 count no further than this
SELECT count(*)
FROM (
    SELECT 1
    FROM record_tally t
    CROSS JOIN LATERAL (
        SELECT 1
        FROM record r
        WHERE r.dataset_code = t.dataset_code AND r.department_code = t.department_code AND {listed}
        LIMIT $11
    ) one
    WHERE ($1::text IS NULL OR t.dataset_code = $1) AND ($2::text IS NULL OR t.department_code = $2)
    LIMIT $11
) counted;

-- name: estimate_ids
-- The planner's idea of how many there are.
EXPLAIN (FORMAT JSON)
SELECT 1
FROM record r
WHERE {owned} AND {listed};

-- name: list_deleted_ids
-- $1 to $10 as above, $3 without meaning  $11 LIKE pattern of the name or NULL  $12 that of the document number or NULL
-- $13 code or NULL  $14 at most
SELECT r.record_id
FROM record r
WHERE {owned} AND r.state = 'deleted'
  AND {of_state}
  AND {narrowed}
  AND ($11::text IS NULL OR r.name LIKE $11 OR r.document LIKE $12 OR r.identifiers @> ARRAY[$13::text])
ORDER BY r.record_id DESC
LIMIT $14;

-- name: search_newest
-- $11 look at this many  $12 LIKE pattern of the name  $13 that of the document number, or NULL
-- A name that many have is found at once among the newest; `seen` says how many were looked at. LATERAL and LIMIT make it one
-- look by key a record: these few thousand are cheaper that way however small the table is.
WITH newest AS MATERIALIZED (
    SELECT one.record_id
    FROM record_tally t
    CROSS JOIN LATERAL (
        SELECT r.record_id
        FROM record r
        WHERE r.dataset_code = t.dataset_code AND r.department_code = t.department_code AND {listed}
        ORDER BY r.record_id DESC
        LIMIT $11
    ) one
    WHERE ($1::text IS NULL OR t.dataset_code = $1) AND ($2::text IS NULL OR t.department_code = $2)
    ORDER BY one.record_id DESC
    LIMIT $11
)
SELECT (SELECT count(*) FROM newest) AS seen,
       coalesce(array_agg(r.record_id ORDER BY r.record_id DESC), '{}') AS ids
FROM newest
CROSS JOIN LATERAL (SELECT * FROM record WHERE record_id = newest.record_id LIMIT 1) r
WHERE r.name LIKE $12 OR r.document LIKE $13;

-- name: list_few
-- $11 look for no more than this  $12 offset  $13 size
-- Over all departments, where the filter has an index of its own (days, revoked): all of them, then the page.
WITH found AS MATERIALIZED (
    SELECT r.record_id
    FROM record r
    WHERE {owned} AND {listed}
    LIMIT $11
)
SELECT (SELECT count(*) FROM found) AS total,
       ARRAY(SELECT f.record_id FROM found f ORDER BY f.record_id DESC OFFSET $12 LIMIT $13) AS ids;

-- name: search_names
-- $11 LIKE pattern of the name  $12 that of the document number, or NULL
-- $13 the one or two characters sought, or NULL where trigrams serve  $14 offset  $15 size
-- For names that few have: all of them, then the page.
WITH found AS MATERIALIZED (
    SELECT r.record_id
    FROM record r
    WHERE (r.name LIKE $11 OR r.document LIKE $12)
      AND ($13::text IS NULL OR string_to_array(r.name, NULL) @> string_to_array($13, NULL))
      AND {owned} AND {listed}
)
SELECT (SELECT count(*) FROM found) AS total,
       ARRAY(SELECT f.record_id FROM found f ORDER BY f.record_id DESC OFFSET $14 LIMIT $15) AS ids;

-- name: walk_names
-- $11 and $12 as in search_names  $13 offset  $14 size. For names that many have: newest first until the page is full.
SELECT r.record_id
FROM record r
WHERE (r.name LIKE $11 OR r.document LIKE $12)
    AND {owned} AND {listed}
ORDER BY r.record_id DESC
OFFSET $13
LIMIT $14;

-- name: estimate_names
-- $11 and $12 as in search_names. The planner's idea of how many there are.
EXPLAIN (FORMAT JSON)
SELECT 1
FROM record r
WHERE (r.name LIKE $11 OR r.document LIKE $12)
    AND {owned} AND {listed};

-- name: search_codes
-- $11 code of an enterprise or person  $12 offset  $13 size
WITH found AS MATERIALIZED (
    SELECT r.record_id
    FROM record r
    WHERE r.identifiers @> ARRAY[$11::text]
      AND {owned} AND {listed}
)
SELECT (SELECT count(*) FROM found) AS total,
       ARRAY(SELECT f.record_id FROM found f ORDER BY f.record_id DESC OFFSET $12 LIMIT $13) AS ids;

-- name: get_records
-- $1 ids, in the order wanted  $2 department or NULL for every one
SELECT r.record_id, r.dataset_code, r.dataset_version, r.department_code, r.state, r.name, r.identifiers, r.region, r.decided_on,
       r.published_until, r.values, r.revision, r.source_upload_id, r.source_row, r.created_at, r.created_by, r.created_by_name,
       r.updated_at, r.updated_by, r.updated_by_name, r.revoked_at, r.revoked_by_name, r.revocation_reason,
       coalesce(r.published_until < current_date, false) AS over,
       d.name AS dataset_name, coalesce(p.name, r.department_code) AS department_name,
       due.due_on, c.provisional, due.due_on >= r.created_at::date AS on_time,
       working_days_between(r.created_at::date, due.due_on) AS days
FROM unnest($1::bigint[]) WITH ORDINALITY AS wanted (record_id, place)
JOIN record r ON r.record_id = wanted.record_id
LEFT JOIN dataset d ON d.code = r.dataset_code AND d.version = r.dataset_version
LEFT JOIN department p ON p.code = r.department_code
CROSS JOIN LATERAL (SELECT due_on(r.decided_on) AS due_on) due
LEFT JOIN calendar_day c ON c.day = due.due_on
WHERE $2::text IS NULL OR r.department_code = $2
ORDER BY wanted.place;

-- name: export_records
-- $11 at most  $12 LIKE pattern of the name or NULL  $13 that of the document number or NULL  $14 code or NULL
SELECT r.record_id, r.dataset_code, r.dataset_version, r.department_code, r.state, r.name, r.identifiers, r.region, r.decided_on,
       r.published_until, r.values, r.revision, r.source_upload_id, r.source_row, r.created_at, r.created_by, r.created_by_name,
       r.updated_at, r.updated_by, r.updated_by_name, r.revoked_at, r.revoked_by_name, r.revocation_reason,
       coalesce(r.published_until < current_date, false) AS over,
       d.name AS dataset_name, coalesce(p.name, r.department_code) AS department_name,
       due.due_on, c.provisional, due.due_on >= r.created_at::date AS on_time,
       working_days_between(r.created_at::date, due.due_on) AS days
FROM record r
LEFT JOIN dataset d ON d.code = r.dataset_code AND d.version = r.dataset_version
LEFT JOIN department p ON p.code = r.department_code
CROSS JOIN LATERAL (SELECT due_on(r.decided_on) AS due_on) due
LEFT JOIN calendar_day c ON c.day = due.due_on
WHERE {owned} AND (r.state <> 'deleted' OR $3 = 'deleted') AND {of_state}
  AND {narrowed}
  AND ($12::text IS NULL OR r.name LIKE $12 OR r.document LIKE $13)
  AND ($14::text IS NULL OR r.identifiers @> ARRAY[$14])
ORDER BY r.record_id DESC
LIMIT $11;

-- name: list_revisions
SELECT revision, action, at, by, by_name, reason, upload_id, row, before, after
FROM revision
WHERE record_id = $1
ORDER BY revision DESC;
