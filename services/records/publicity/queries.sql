-- Planned by the values given (shared.db.planning). Lists and searches begin with the same four:
-- $1 department or NULL  $2 region or NULL  $3 decided on or after, or NULL  $4 decided on or before, or NULL

-- part: shown
r.state = 'published' AND (r.published_until IS NULL OR r.published_until >= current_date)

-- part: wanted
{shown}
  AND ($1::text IS NULL OR r.department_code = $1)
  AND ($2::text IS NULL OR r.region = $2)
  AND ($3::date IS NULL OR r.decided_on >= $3)
  AND ($4::date IS NULL OR r.decided_on <= $4)

-- part: named
((r.name LIKE $7 AND (r.dataset_code = ANY ($5::text[]) OR (r.dataset_code = ANY ($6::text[]) AND r.name = $8)))
   OR (r.document LIKE $9 AND r.values ->> ($10::jsonb ->> r.dataset_code) = r.document
       AND NOT translate(r.document, '０１２３４５６７８９Ｘｘ－', '0123456789XX-') ~ ALL ($11::text[])
       AND (r.dataset_code <> ALL ($12::text[]) OR NOT tells_subject(r.document, r.name, r.identifiers))))

-- name: current_datasets
SELECT definition::text AS definition FROM dataset WHERE is_current ORDER BY code;

-- name: list_public
-- $5 datasets  $6 offset + size  $7 offset  $8 size
SELECT one.record_id
FROM record_tally t
CROSS JOIN LATERAL (
    SELECT r.record_id
    FROM record r
    WHERE r.dataset_code = t.dataset_code AND r.department_code = t.department_code
      AND {wanted}
    ORDER BY r.record_id DESC
    LIMIT $6
) one
WHERE t.dataset_code = ANY ($5::text[]) AND ($1::text IS NULL OR t.department_code = $1)
ORDER BY one.record_id DESC
OFFSET $7
LIMIT $8;

-- name: list_few
-- $5 datasets  $6 look for no more than this  $7 offset  $8 size
-- Decision dates have an index of their own: where few are left, all of them, then the page.
WITH found AS MATERIALIZED (
    SELECT r.record_id
    FROM record r
    WHERE r.dataset_code = ANY ($5::text[]) AND {wanted}
    LIMIT $6
)
SELECT (SELECT count(*) FROM found) AS total,
       ARRAY(SELECT f.record_id FROM found f ORDER BY f.record_id DESC OFFSET $7 LIMIT $8) AS ids;

-- name: count_public
-- $5 datasets  $6 count no further than this
SELECT count(*)
FROM (
    SELECT 1
    FROM record_tally t
    CROSS JOIN LATERAL (
        SELECT 1
        FROM record r
        WHERE r.dataset_code = t.dataset_code AND r.department_code = t.department_code
          AND {wanted}
        LIMIT $6
    ) one
    WHERE t.dataset_code = ANY ($5::text[]) AND ($1::text IS NULL OR t.department_code = $1)
    LIMIT $6
) counted;

-- name: estimate_public
-- The planner's idea of how many there are.
EXPLAIN (FORMAT JSON)
SELECT 1
FROM record r
WHERE r.dataset_code = ANY ($5::text[])
  AND {wanted};

-- name: search_newest
-- $5 datasets searched by part of the name  $6 datasets searched by the whole name  $7 LIKE pattern  $8 whole name
-- $9 LIKE pattern of the document number, or NULL  $10 datasets searched by it → its field (JSON)  $11 numbers the public sees
-- masked (regular expressions that all match)  $12 datasets of persons  $13 look at this many
-- A document number is found only as it is shown: by the field of today, and where nothing in it is masked.
WITH newest AS MATERIALIZED (
    SELECT one.record_id
    FROM record_tally t
    CROSS JOIN LATERAL (
        SELECT r.record_id
        FROM record r
        WHERE r.dataset_code = t.dataset_code AND r.department_code = t.department_code
          AND {wanted}
        ORDER BY r.record_id DESC
        LIMIT $13
    ) one
    WHERE (t.dataset_code = ANY ($5::text[] || $6::text[]) OR $10::jsonb ? t.dataset_code)
      AND ($1::text IS NULL OR t.department_code = $1)
    ORDER BY one.record_id DESC
    LIMIT $13
)
SELECT (SELECT count(*) FROM newest) AS seen,
       coalesce(array_agg(r.record_id ORDER BY r.record_id DESC), '{}') AS ids
FROM newest
CROSS JOIN LATERAL (SELECT * FROM record WHERE record_id = newest.record_id LIMIT 1) r
WHERE {named};

-- name: search_names
-- $5 to $12 as in search_newest  $13 the one or two characters sought, or NULL where trigrams serve  $14 offset  $15 size
WITH found AS MATERIALIZED (
    SELECT r.record_id
    FROM record r
    WHERE {named}
      AND ($13::text IS NULL OR string_to_array(r.name, NULL) @> string_to_array($13, NULL))
      AND {wanted}
)
SELECT (SELECT count(*) FROM found) AS total,
       ARRAY(SELECT f.record_id FROM found f ORDER BY f.record_id DESC OFFSET $14 LIMIT $15) AS ids;

-- name: walk_names
-- $5 to $12 as in search_newest  $13 offset  $14 size. For names that many have: newest first until the page is full.
SELECT r.record_id
FROM record r
WHERE {named}
  AND {wanted}
ORDER BY r.record_id DESC
OFFSET $13
LIMIT $14;

-- name: estimate_names
-- $5 to $12 as in search_newest. The planner's idea of how many there are.
EXPLAIN (FORMAT JSON)
SELECT 1
FROM record r
WHERE {named}
  AND {wanted};

-- name: search_codes
-- $5 datasets → the fields of their codes that everybody may read (JSON)  $6 code of an enterprise  $7 offset  $8 size
WITH found AS MATERIALIZED (
    SELECT r.record_id
    FROM record r
    WHERE r.identifiers @> ARRAY[$6::text]
      AND EXISTS (SELECT FROM jsonb_array_elements_text($5::jsonb -> r.dataset_code) AS field
                  WHERE r.values ->> field = $6)
      AND {wanted}
)
SELECT (SELECT count(*) FROM found) AS total,
       ARRAY(SELECT f.record_id FROM found f ORDER BY f.record_id DESC OFFSET $7 LIMIT $8) AS ids;

-- name: list_departments
-- $1 datasets. Those that have reported to them; which records are on show changes from day to day.
SELECT p.code, p.name
FROM department p
WHERE EXISTS (SELECT FROM record_tally t
              WHERE t.department_code = p.code AND t.dataset_code = ANY ($1::text[]) AND t.records > 0)
ORDER BY p.name, p.code;

-- name: get_public
-- $1 records, in the order wanted
SELECT r.record_id, r.dataset_code, r.department_code, coalesce(p.name, r.department_code) AS department_name, r.values,
       r.created_at, r.published_until
FROM unnest($1::bigint[]) WITH ORDINALITY AS wanted (record_id, place)
JOIN record r ON r.record_id = wanted.record_id
LEFT JOIN department p ON p.code = r.department_code
WHERE {shown}
ORDER BY wanted.place;

-- name: public_figures
-- $1 datasets. What is on show: the living less the revoked and those whose period is over; and what this month brought.
SELECT t.dataset_code,
       sum(t.records)::bigint - coalesce(max(g.records), 0) AS records,
       -- Some of them have been taken down since, or were over when they came.
       least(sum(t.records)::bigint - coalesce(max(g.records), 0), coalesce(max(u.inserted), 0) + coalesce(max(h.records), 0)) AS this_month
FROM record_tally t
LEFT JOIN (
    SELECT dataset_code, count(*) AS records
    FROM (SELECT dataset_code FROM record WHERE state = 'revoked'
          UNION ALL
          SELECT dataset_code FROM record WHERE state = 'published' AND published_until < current_date) gone
    GROUP BY dataset_code
) g USING (dataset_code)
LEFT JOIN (
    SELECT dataset_code, sum(inserted)::bigint AS inserted
    FROM upload
    WHERE uploaded_at >= date_trunc('month', now()) AND data_deleted_at IS NULL AND applied_at IS NOT NULL
    GROUP BY dataset_code
) u USING (dataset_code)
LEFT JOIN (
    SELECT dataset_code, count(*) AS records
    FROM record
    WHERE source_upload_id IS NULL AND created_at >= date_trunc('month', now()) AND state = 'published'
    GROUP BY dataset_code
) h USING (dataset_code)
WHERE t.dataset_code = ANY ($1::text[])
GROUP BY t.dataset_code
ORDER BY t.dataset_code;
