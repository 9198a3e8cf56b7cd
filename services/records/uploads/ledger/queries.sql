-- part: as_shown
-- With the record a row has become, and the day it was reported by then.
l.row, shown_outcome(l.outcome, l.mended, $2) AS outcome, l.values::text, l.problems::text,
       coalesce(k.record_id, r.record_id) AS record_id, coalesce(k.created_at, r.created_at)::date AS reported_on

-- part: with_record
LEFT JOIN record k ON k.record_id = l.record_id AND k.state <> 'deleted'
LEFT JOIN record r ON r.source_upload_id = l.upload_id AND r.source_row = l.row AND r.state <> 'deleted'

-- name: list_rows
-- $1 upload  $2 applied?  $3 outcome as shown, or NULL  $4 page size  $5 offset
SELECT {as_shown}
FROM (SELECT *
      FROM ledger
      WHERE upload_id = $1 AND ($3::text IS NULL OR shown_outcome(outcome, mended, $2::boolean) = $3)
      ORDER BY row
      LIMIT $4 OFFSET $5) l
{with_record}
ORDER BY l.row;

-- name: count_rows
SELECT count(*)
FROM ledger
WHERE upload_id = $1 AND ($3::text IS NULL OR shown_outcome(outcome, mended, $2::boolean) = $3);

-- name: list_problem_rows
-- The rows with something to say, by their own index. $6 severity or NULL; the rest as in list_rows.
SELECT {as_shown}
FROM (SELECT *
      FROM ledger
      WHERE upload_id = $1 AND (outcome <> 'accepted' OR warned OR mended)
        AND ($3::text IS NULL OR shown_outcome(outcome, mended, $2::boolean) = $3)
        AND ($6::text IS NULL OR problems @> jsonb_build_array(jsonb_build_object('severity', $6)))
      ORDER BY row
      LIMIT $4 OFFSET $5) l
{with_record}
ORDER BY l.row;

-- name: count_problem_rows
SELECT count(*)
FROM ledger
WHERE upload_id = $1 AND (outcome <> 'accepted' OR warned OR mended)
  AND ($3::text IS NULL OR shown_outcome(outcome, mended, $2::boolean) = $3)
  AND ($4::text IS NULL OR problems @> jsonb_build_array(jsonb_build_object('severity', $4)));

-- name: get_row
SELECT {as_shown}
FROM ledger l
{with_record}
WHERE l.upload_id = $1 AND l.row = $3;

-- name: deadlines
-- $1 decision dates  $2 the day they were reported, or today while they wait.
SELECT d.day, due_on(d.day) AS due_on, coalesce(working_days_between($2, due_on(d.day)), due_on(d.day) - $2) AS days,
       coalesce((SELECT bool_or(c.provisional) FROM calendar_day c WHERE c.day BETWEEN d.day AND due_on(d.day)), false)
           AS provisional
FROM unnest($1::date[]) AS d (day);

-- name: rejected_rows
-- $1 upload  $2 last row seen  $3 how many
SELECT row, values::text, coalesce(problems, '[]')::text AS problems
FROM ledger
WHERE upload_id = $1 AND outcome = 'rejected' AND row > $2
ORDER BY row
LIMIT $3;

-- name: compare_rows
-- $1 upload  $2 dataset  $3 department  $4 on_duplicate  $5 forecast or NULL  $6 page size  $7 offset
SELECT *
FROM (
    SELECT l.row, r.record_id, r.values::text AS before, l.values::text AS after,
           CASE
               WHEN r.record_id IS NULL THEN 'inserted'
               WHEN $4::text = 'reject' THEN 'rejected'
               WHEN $4 = 'skip' OR r.values = l.values THEN 'unchanged'
               ELSE 'updated'
           END AS forecast
    FROM ledger l
    LEFT JOIN LATERAL (
        SELECT record_id, values
        FROM record
        WHERE dataset_code = $2 AND department_code = $3 AND key >= l.key AND key <= l.key AND state <> 'deleted'
        ORDER BY key -- see applying/queries.sql, match_rows
        LIMIT 1
    ) r ON true
    WHERE l.upload_id = $1 AND l.outcome = 'accepted'
) compared
WHERE $5::text IS NULL OR forecast = $5
ORDER BY row
LIMIT $6 OFFSET $7;

-- name: count_compared
SELECT count(*)
FROM (
    SELECT CASE
               WHEN r.record_id IS NULL THEN 'inserted'
               WHEN $4::text = 'reject' THEN 'rejected'
               WHEN $4 = 'skip' OR r.values = l.values THEN 'unchanged'
               ELSE 'updated'
           END AS forecast
    FROM ledger l
    LEFT JOIN LATERAL (
        SELECT record_id, values
        FROM record
        WHERE dataset_code = $2 AND department_code = $3 AND key >= l.key AND key <= l.key AND state <> 'deleted'
        ORDER BY key -- see applying/queries.sql, match_rows
        LIMIT 1
    ) r ON true
    WHERE l.upload_id = $1 AND l.outcome = 'accepted'
) compared
WHERE $5::text IS NULL OR forecast = $5;
