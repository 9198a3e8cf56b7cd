-- Planned by the values given (plan_by_values of entries).

-- part: shown
r.state = 'published' AND (r.published_until IS NULL OR r.published_until >= current_date)

-- part: named
((r.name LIKE $3 AND (r.dataset_code = ANY ($1::text[]) OR (r.dataset_code = ANY ($2::text[]) AND r.name = $4)))
   OR (r.document LIKE $5 AND r.values ->> ($6::jsonb ->> r.dataset_code) = r.document
       AND NOT translate(r.document, '０１２３４５６７８９Ｘｘ－', '0123456789XX-') ~ ALL ($7::text[])
       AND (r.dataset_code <> ALL ($8::text[]) OR NOT tells_subject(r.document, r.name, r.identifiers))))

-- name: current_datasets
SELECT definition::text AS definition FROM dataset WHERE is_current ORDER BY code;

-- name: list_public
-- $1 datasets  $2 offset + size  $3 offset  $4 size
SELECT one.record_id
FROM record_tally t
CROSS JOIN LATERAL (
    SELECT r.record_id
    FROM record r
    WHERE r.dataset_code = t.dataset_code AND r.department_code = t.department_code
      AND {shown}
    ORDER BY r.record_id DESC
    LIMIT $2
) one
WHERE t.dataset_code = ANY ($1::text[])
ORDER BY one.record_id DESC
OFFSET $3
LIMIT $4;

-- name: count_public
-- $1 datasets  $2 count no further than this
SELECT count(*)
FROM (
    SELECT 1
    FROM record_tally t
    CROSS JOIN LATERAL (
        SELECT 1
        FROM record r
        WHERE r.dataset_code = t.dataset_code AND r.department_code = t.department_code
          AND {shown}
        LIMIT $2
    ) one
    WHERE t.dataset_code = ANY ($1::text[])
    LIMIT $2
) counted;

-- name: estimate_public
-- The planner's idea of how many there are.
EXPLAIN (FORMAT JSON)
SELECT 1
FROM record r
WHERE r.dataset_code = ANY ($1::text[])
  AND {shown};

-- name: search_newest
-- $1 datasets searched by part of the name  $2 datasets searched by the whole name  $3 LIKE pattern  $4 whole name
-- $5 LIKE pattern of the document number, or NULL  $6 datasets searched by it → its field (JSON)  $7 numbers the public sees
-- masked (regular expressions that all match)  $8 datasets of persons  $9 look at this many
-- A document number is found only as it is shown: by the field of today, and where nothing in it is masked.
WITH newest AS MATERIALIZED (
    SELECT one.record_id
    FROM record_tally t
    CROSS JOIN LATERAL (
        SELECT r.record_id
        FROM record r
        WHERE r.dataset_code = t.dataset_code AND r.department_code = t.department_code
          AND {shown}
        ORDER BY r.record_id DESC
        LIMIT $9
    ) one
    WHERE t.dataset_code = ANY ($1::text[] || $2::text[]) OR $6::jsonb ? t.dataset_code
    ORDER BY one.record_id DESC
    LIMIT $9
)
SELECT (SELECT count(*) FROM newest) AS seen,
       coalesce(array_agg(r.record_id ORDER BY r.record_id DESC), '{}') AS ids
FROM newest
CROSS JOIN LATERAL (SELECT * FROM record WHERE record_id = newest.record_id LIMIT 1) r
WHERE {named};

-- name: search_names
-- $1 to $8 as in search_newest  $9 the one or two characters sought, or NULL where trigrams serve  $10 offset  $11 size
WITH found AS MATERIALIZED (
    SELECT r.record_id
    FROM record r
    WHERE {named}
      AND ($9::text IS NULL OR string_to_array(r.name, NULL) @> string_to_array($9, NULL))
      AND {shown}
)
SELECT (SELECT count(*) FROM found) AS total,
       ARRAY(SELECT f.record_id FROM found f ORDER BY f.record_id DESC OFFSET $10 LIMIT $11) AS ids;

-- name: walk_names
-- $1 to $8 as in search_newest  $9 offset  $10 size. For names that many have: newest first until the page is full.
SELECT r.record_id
FROM record r
WHERE {named}
  AND {shown}
ORDER BY r.record_id DESC
OFFSET $9
LIMIT $10;

-- name: estimate_names
-- $1 to $8 as in search_newest. The planner's idea of how many there are.
EXPLAIN (FORMAT JSON)
SELECT 1
FROM record r
WHERE {named}
  AND {shown};

-- name: search_codes
-- $1 datasets → the fields of their codes that everybody may read (JSON)  $2 code of an enterprise  $3 offset  $4 size
WITH found AS MATERIALIZED (
    SELECT r.record_id
    FROM record r
    WHERE r.identifiers @> ARRAY[$2::text]
      AND EXISTS (SELECT FROM jsonb_array_elements_text($1::jsonb -> r.dataset_code) AS field
                  WHERE r.values ->> field = $2)
      AND {shown}
)
SELECT (SELECT count(*) FROM found) AS total,
       ARRAY(SELECT f.record_id FROM found f ORDER BY f.record_id DESC OFFSET $3 LIMIT $4) AS ids;

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
