-- What a caller may see: all that its department has, and of others what is on show.
-- $1 the caller's department, or NULL for every record  $2 datasets of which something is public

-- part: in_sight
($1::text IS NULL OR r.department_code = $1
   OR (r.dataset_code = ANY ($2::text[]) AND r.state = 'published'
       AND (r.published_until IS NULL OR r.published_until >= current_date)))

-- name: by_code
-- $3 code  $4 most  $5 datasets → the fields of their codes that are shown, if masked (JSON): another department's record is
-- found by no other
SELECT r.record_id, r.dataset_code, r.department_code, r.name, r.identifiers
FROM record r
WHERE r.identifiers @> ARRAY[$3::text] AND r.state <> 'deleted'
  AND {in_sight}
  AND ($1 IS NULL OR r.department_code = $1
       OR EXISTS (SELECT FROM jsonb_array_elements_text($5::jsonb -> r.dataset_code) AS field WHERE r.values ->> field = $3))
ORDER BY r.record_id DESC
LIMIT $4;

-- name: newest_by_name
-- $3 LIKE pattern  $4 most  $5 look at this many  $6 datasets of persons  $7 the whole name
-- Another department's person is found by the whole name only, for it is shown masked.
SELECT r.record_id, r.dataset_code, r.department_code, r.name, r.identifiers
FROM (SELECT * FROM record ORDER BY record_id DESC LIMIT $5) r
WHERE r.name LIKE $3 AND r.state <> 'deleted'
  AND {in_sight}
  AND ($1 IS NULL OR r.department_code = $1 OR r.name = $7 OR r.dataset_code <> ALL ($6::text[]))
ORDER BY r.record_id DESC
LIMIT $4;

-- name: by_name
-- $3 LIKE pattern  $4 most  $5 the one or two characters sought, or NULL where trigrams serve  $6 datasets of persons
-- $7 the whole name
WITH found AS MATERIALIZED (
    SELECT r.record_id, r.dataset_code, r.department_code, r.name, r.identifiers
    FROM record r
    WHERE r.name LIKE $3 AND ($5::text IS NULL OR string_to_array(r.name, NULL) @> string_to_array($5, NULL))
      AND r.state <> 'deleted'
      AND {in_sight}
      AND ($1 IS NULL OR r.department_code = $1 OR r.name = $7 OR r.dataset_code <> ALL ($6::text[]))
)
SELECT * FROM found ORDER BY record_id DESC LIMIT $4;

-- name: by_id
-- $3 record
SELECT r.record_id, r.dataset_code, r.department_code, r.name, r.identifiers
FROM record r
WHERE r.record_id = $3 AND r.state <> 'deleted'
  AND {in_sight};

-- name: related
-- $3 codes of the subjects found  $4 most  $5 as in by_code
-- One look by index a code: of two hundred together the planner expects so many records that it would walk all there are;
-- OFFSET 0 keeps it from joining the other way round.
SELECT DISTINCT ON (one.record_id) one.*
FROM unnest($3::text[]) AS code
CROSS JOIN LATERAL (
    SELECT r.record_id, r.dataset_code, r.department_code, r.name, r.identifiers
    FROM record r
    WHERE r.identifiers @> ARRAY[code] AND r.state <> 'deleted'
      AND {in_sight}
      AND ($1 IS NULL OR r.department_code = $1
           OR EXISTS (SELECT FROM jsonb_array_elements_text($5::jsonb -> r.dataset_code) AS field WHERE r.values ->> field = code))
    OFFSET 0
) one
ORDER BY one.record_id DESC
LIMIT $4;

-- name: namesakes
-- Records without any code, by their names, one by one as in related. $3 names  $4 most
SELECT one.*
FROM unnest($3::text[]) AS wanted (name)
CROSS JOIN LATERAL (
    SELECT r.record_id, r.dataset_code, r.department_code, r.name, r.identifiers
    FROM record r
    WHERE r.name = wanted.name AND r.identifiers = '{}' AND r.state <> 'deleted'
      AND {in_sight}
    OFFSET 0
) one
ORDER BY one.record_id DESC
LIMIT $4;

-- name: estimate_names
-- $1 LIKE pattern. The planner's idea of how many there are.
EXPLAIN (FORMAT JSON) SELECT 1 FROM record WHERE name LIKE $1;
