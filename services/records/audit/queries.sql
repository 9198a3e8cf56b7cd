-- name: add_audit
INSERT INTO audit (actor, user_id, department_code, action, object, reason, address)
VALUES ($1, $2, $3, $4, $5, $6, $7);
