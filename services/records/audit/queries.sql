-- name: add_audit
INSERT INTO audit (actor, user_id, department_code, action, object, reason, address)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: clear_audit
-- $1 days  $2 at most. What another persister is at work on is left to it.
DELETE FROM audit
WHERE audit_id IN (SELECT audit_id
                   FROM audit
                   WHERE at < now() - make_interval(days => $1::integer)
                   ORDER BY at
                   LIMIT $2
                   FOR UPDATE SKIP LOCKED);

-- part: wanted
-- Planned by the values given (shared.db.planning).
-- $1 since  $2 before  $3 part of the actor, or NULL  $4 action or kind of it  $5 department (NULL: any)
($1::timestamptz IS NULL OR at >= $1)
  AND ($2::timestamptz IS NULL OR at < $2)
  AND ($3::text IS NULL OR (string_to_array(lower(actor), NULL) @> string_to_array(lower($3), NULL)
                           AND strpos(lower(actor), lower($3)) > 0))
  AND ($4::text IS NULL OR action = $4 OR starts_with(action, $4 || '.'))
  AND ($5::text IS NULL OR department_code = $5)

-- name: list_audit
-- $6 limit
SELECT at, actor, action, object, reason, department_code, address
FROM audit
WHERE {wanted}
ORDER BY at DESC, audit_id DESC
LIMIT $6;

-- name: count_audit
-- $6 count no further than this. In the order of the list, so that the plan is the same: of what is common it reads the newest only.
SELECT count(*) FROM (SELECT 1 FROM audit WHERE {wanted} ORDER BY at DESC LIMIT $6) counted;

-- name: estimate_audit
-- The planner's idea of how many there are.
EXPLAIN (FORMAT JSON) SELECT 1 FROM audit WHERE {wanted};
